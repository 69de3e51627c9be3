//! Statuses, pipes and stdin of functions that another file defines: what they do to whoever calls them is said at the call.

use std::sync::Arc;

use gauntlet::bash;
use gauntlet::facts::{Library, Sourced, Throw};
use gauntlet::source::RepoPath;

use crate::shared_functions::follow;

struct Files;

impl Library for Files {
    fn script(&self, path: &RepoPath) -> Option<Arc<Sourced>> {
        let mut text = LIBRARY.to_owned();
        match path.as_str() {
            "lib/small.sh" => {}
            // Large enough to be summed up.
            "lib/large.sh" => text.push_str(&"x=1\n".repeat(400)),
            _ => return None,
        }
        Some(Arc::new(Sourced::new(bash::parse(&text).script)))
    }
}

const LIBRARY: &str = r#"
restart() { docker stop "$1"; docker rm "$1"; docker run -d "$1"; }
restart_all() { for name in a b; do restart "$name"; done; }
careful() { docker stop "$1" || return 1; docker rm "$1" || return 1; }
no_errexit() { set +e; docker stop "$1"; docker rm "$1"; }
has() { docker ps | grep -q "$1"; }
has_captured() { local list; list=$(docker ps) || return 2; grep -q "$1" <<<"$list"; }
remote() { ssh "$1" uptime; }
remote_by_way() { echo "$1"; remote "$1"; }
remote_quiet() { ssh -n "$1" uptime; }
own_loop() { while read -r host; do ssh "$host" uptime; done <hosts; }
"#;

/// The lines (from 1 behind the head) with a failure thrown away, a pipe that is left early, a theft.
fn found(file: &str, text: &str) -> [Vec<usize>; 3] {
    let head = format!("set -euo pipefail\nsource ./lib/{file}.sh\n");
    let script = format!("{head}{text}");
    let seen = follow(&Files, &script);
    let line = |at: u32| script[..at as usize].matches('\n').count() - 1;
    let mut thrown: Vec<usize> = Vec::new();
    for one in &seen.statuses.thrown {
        if let Throw::Tested(_, inside) = &one.how {
            assert_eq!(*inside, None, "what stands in another file has no line here");
            thrown.push(line(one.at.start));
        }
    }
    let early = |pipe: &&gauntlet::facts::Pipe| pipe.stages.iter().any(|stage| stage.early.is_some());
    let pipes = seen.statuses.pipes.iter().filter(early).map(|pipe| line(pipe.at.start)).collect();
    let thefts = seen.statuses.thefts.iter().map(|theft| line(theft.at.start)).collect();
    let mut all = [thrown, pipes, thefts];
    for lines in &mut all {
        lines.sort_unstable();
    }
    all
}

#[test]
fn a_function_of_another_file_that_relies_on_errexit_is_reported_where_it_is_tested() {
    let text = "if restart a; then echo ok; fi\nrestart b || echo no\nrestart c\nif careful d; then echo ok; fi\n\
                restart_all || exit 1\nno_errexit e || exit 1\nhas_captured f || exit 1\n";
    for file in ["small", "large"] {
        assert_eq!(found(file, text)[0], [1, 2, 5], "{file}");
    }
}

#[test]
fn a_pipe_in_a_function_of_another_file_lies_to_whoever_tests_it() {
    let text =
        "if has a; then echo ok; fi\nhas_captured b || exit 1\nif ! has c; then echo ok; fi\nhas d || true\n";
    for file in ["small", "large"] {
        assert_eq!(found(file, text)[1], [1, 3], "{file}");
    }
}

#[test]
fn a_function_of_another_file_takes_the_stdin_of_the_loop_that_calls_it() {
    let text = "while read -r h; do\n  remote \"$h\"\n  remote_quiet \"$h\"\n  own_loop\ndone <list\n\
                while read -r h; do\n  remote_by_way \"$h\"\ndone <list\nremote a\n";
    for file in ["small", "large"] {
        assert_eq!(found(file, text)[2], [2, 7], "{file}");
    }
}

#[test]
fn the_scripts_own_function_of_that_name_is_meant() {
    let text = "restart() { docker restart \"$1\"; }\nif restart a; then echo ok; fi\n";
    assert_eq!(found("small", text)[0], [0; 0]);
}
