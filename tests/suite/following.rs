//! Nothing that is found is lost because a script is long: calls that change nothing, put in front of its main part, leave all
//! that was seen behind them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use gauntlet::bash;
use gauntlet::commands::Effect;
use gauntlet::facts::{Library, NoLibrary, Sourced};
use gauntlet::source::RepoPath;

use crate::shared_functions::follow;

const HEAD: &str = r#"#!/usr/bin/env bash
set -uo pipefail
APPLY=0 p=
for a in "$@"; do case $a in --apply) APPLY=1 ;; *) p=$a ;; esac; done
read -r -s -p "password: " password
"#;

const HELPERS: &str = r#"log() { printf '%s %s\n' "$(date +%T)" "$*"; }
die() { log "$*"; exit 1; }
"#;

/// What stands before the calls, what stands behind them, and how many places behind them must be found.
const SHAPES: [(&str, &str, &str, usize); 22] = [
    (
        "a function of which the first path takes a branch that leaves",
        "",
        r#"main() {
  (( APPLY )) || exit 0
  kubectl delete pod "$p"
  curl -fsS -u "x:$password" https://h/x
  echo "$password"
}
main
"#,
        3,
    ),
    (
        "a function that runs its words",
        "run() { if (( APPLY )); then \"$@\"; else log \"would run $*\"; fi; }\n",
        "run kubectl delete pod \"$p\"\nrun kubectl delete ns \"$p\"\n",
        2,
    ),
    (
        "a function that runs functions",
        "one() { :; :; :; :; :; :; :; :; :; :; :; :; :; :; :; :; :; :; :; :; }\nrun() { log \"$1\"; \"$@\"; }\nrun one\nrun one\nrun one\n",
        "two() { kubectl delete pod \"$p\"; }\nrun two\n",
        1,
    ),
    (
        "a function that pipes its words to a shell",
        "run() { log \"$1\"; echo \"$*\" | bash; }\nrun date\nrun date -u\nrun uptime\n",
        "run kubectl delete pod x\n",
        0,
    ),
    (
        "a function that hands its words to one that runs them",
        "inner() { \"$@\"; }\nrun() { log \"$1\"; inner \"$@\"; }\nrun date\nrun date -u\nrun uptime\n",
        "run kubectl delete pod \"$p\"\n",
        1,
    ),
    (
        "a function that hands its words to one that comes later",
        "run() { log \"$1\"; inner \"$@\"; }\ninner() { \"$@\"; }\nrun date\nrun date -u\nrun uptime\n",
        "run kubectl delete pod \"$p\"\n",
        1,
    ),
    (
        "a function that hands its words to itself",
        "run() { if [[ $1 == -n ]]; then shift; run \"$@\"; else log \"$1\"; \"$@\"; fi; }\nrun date\nrun -n date\nrun -n uptime\n",
        "run -n kubectl delete pod \"$p\"\n",
        1,
    ),
    ("a gate", "gate() { (( APPLY )) || { log dry; exit 0; }; }\n", "gate\nkubectl delete pod \"$p\"\n", 1),
    (
        "a gate that returns",
        "gate() {\n  if (( ! APPLY )); then\n    log dry\n    return 1\n  fi\n}\n",
        "gate || exit 0\nkubectl delete pod \"$p\"\n",
        1,
    ),
    (
        "one of several things, told by a word",
        "act() {\n  case $1 in\n    show) kubectl get pod \"$p\" ;;\n    drop)\n      kubectl delete pod \"$p\"\n      ;;\n  esac\n}\nact show\n",
        "act show\nact drop\n",
        0,
    ),
    (
        "one of several things, told by a variable that is set later",
        "send() {\n  if [[ -n $body ]]; then\n    curl -fsS -u \"x:$body\" https://h/x\n  fi\n}\nbody=\nsend\n",
        "body=$password\nsend\n",
        0,
    ),
    (
        "a list that is filled later",
        "all() {\n  for x in \"${list[@]}\"; do\n    kubectl delete pod \"$x\"\n  done\n}\nlist=()\nall\n",
        "list=(a b)\nall\n",
        0,
    ),
    (
        "a program that is set later",
        "go() {\n  $tool \"$p\"\n}\ntool=echo\ngo\n",
        "tool=\"kubectl delete pod\"\ngo\n",
        0,
    ),
    (
        "a function that is defined anew",
        "work() {\n  act\n}\nact() { :; }\nwork\n",
        "act() { kubectl delete pod \"$p\"; }\nwork\n",
        1,
    ),
    (
        "options that are read behind the calls",
        "yes=0\n",
        "for a in \"$@\"; do case $a in --yes) yes=1 ;; --apply) APPLY=1 ;; esac; done\n(( yes && APPLY )) || exit 0\necho \"$password\"\n",
        1,
    ),
    (
        "options that a function reads behind the calls",
        "parse() { while (( $# )); do case $1 in --one) one=1 ;; --two) two=1 ;; esac; shift; done; }\n",
        "one=0 two=0\nparse \"$@\"\nif (( one )) && (( two )); then\n  kubectl delete ns \"$p\"\nfi\n",
        1,
    ),
    (
        "a function that calls itself with another word",
        "act() {\n  case $1 in\n    a) act b ;;\n    b) act c ;;\n    c) act d ;;\n    d)\n      kubectl delete pod \"$p\"\n      ;;\n  esac\n}\n",
        "act a\n",
        0,
    ),
    (
        "a gate in a loop that asks until it is right",
        "ask() { local typed=; until [[ $typed == yes ]]; do read -r typed; done; }\n",
        "ask\nkubectl delete pod \"$p\"\n",
        1,
    ),
    (
        "a function that is captured first, and not later",
        "token() {\n  local t=$(vault read -field=secret_id auth/x)\n  printf '%s\\n' \"$t\"\n}\nseen=$(token)\n",
        "token > /run/x\ntoken\n",
        0,
    ),
    (
        "a function that is given a text first that changes nothing",
        "sql() {\n  mysql --batch app\n}\nsql <<< 'SELECT 1'\n",
        "sql <<'E'\nDROP TABLE users;\nE\n",
        0,
    ),
    (
        "one that is given a text by two others",
        "sql() { mysql --batch app; }\nsee() { sql; }\nsee <<< 'SELECT 1'\n",
        "see <<< 'DROP TABLE users'\n",
        0,
    ),
    (
        "a trap",
        "cleanup() {\n  if [[ -n $made ]]; then\n    kubectl delete pod \"$made\"\n  fi\n}\nmade=\ncleanup\n",
        "made=$p\ntrap cleanup EXIT\n",
        0,
    ),
];

/// One file that everything sources.
struct One(Arc<Sourced>);

impl Library for One {
    fn script(&self, path: &RepoPath) -> Option<Arc<Sourced>> {
        (path.as_str() == "lib.sh").then(|| Arc::clone(&self.0))
    }
}

/// What was found on a line.
type Found = BTreeSet<(usize, &'static str)>;

/// What a script shows, by line: changes that can be reached without a gate, secrets in an argv, secrets that are printed.
fn found(library: &dyn Library, text: &str) -> Found {
    let seen = follow(library, text);
    let line = |at: u32| text[..at as usize].matches('\n').count();
    let mut found = Found::new();
    for one in &seen.list {
        if one.effect == Effect::Mutate && one.missing.phrase {
            found.insert((line(one.at.start), "changes"));
        }
        found.extend(one.exposed.iter().map(|exposure| (line(exposure.span.start), "exposes")));
    }
    found.extend(seen.leaks.iter().map(|leak| (line(leak.at.start), "tells")));
    found
}

/// The shape with that many calls in it, and what is found, as if they were not there.
fn with_calls(library: &dyn Library, head: &str, behind: &str, calls: usize) -> Found {
    let mut text = head.to_owned();
    (0..calls).for_each(|n| writeln!(text, "log \"call {n}\"").expect("memory"));
    let before = head.matches('\n').count();
    found(library, &(text + behind))
        .into_iter()
        .map(|(line, what)| (if line < before { line } else { line - calls }, what))
        .collect()
}

/// Around the places where a walk's budget ends, whatever a call takes of it.
fn numbers() -> impl Iterator<Item = usize> {
    (1..40).step_by(5).chain((40..320).step_by(31))
}

#[test]
fn calls_that_change_nothing_lose_no_finding() {
    for (shape, before, behind, least) in SHAPES {
        let head = format!("{HEAD}{HELPERS}{before}");
        let all = with_calls(&NoLibrary, &head, behind, 0);
        let lines = head.matches('\n').count();
        assert!(!all.is_empty(), "{shape}: nothing is found");
        assert!(all.iter().filter(|(line, _)| *line >= lines).count() >= least, "{shape}: {all:?}");
        for calls in numbers() {
            let some = with_calls(&NoLibrary, &head, behind, calls);
            assert!(all.is_subset(&some), "{shape}: {all:?}, and with {calls} calls {some:?}");
        }
    }
}

#[test]
fn nor_do_calls_of_functions_that_another_file_defines() {
    let library = One(Arc::new(Sourced::new(bash::parse(HELPERS).script)));
    for (shape, before, behind, _) in SHAPES {
        let head = format!("source ./lib.sh\n{HEAD}{before}");
        let all = with_calls(&library, &head, behind, 0);
        for calls in numbers() {
            let some = with_calls(&library, &head, behind, calls);
            assert!(all.is_subset(&some), "{shape}: {all:?}, and with {calls} calls {some:?}");
        }
    }
}

#[test]
fn the_thirteenth_call_of_a_large_function_may_be_another_one() {
    let mut text = format!("{HEAD}{HELPERS}work() {{\n");
    for n in 0..50 {
        writeln!(text, "  if [[ $1 == {n} ]]; then log {n}; fi").expect("memory");
    }
    text.push_str("  if [[ $1 == drop ]]; then kubectl delete pod \"$p\"; fi\n}\n");
    (0..20).for_each(|n| writeln!(text, "work {n}").expect("memory"));
    text.push_str("work drop\n");
    assert!(found(&NoLibrary, &text).iter().any(|(_, what)| *what == "changes"));
}

#[test]
fn a_secret_among_many_messages_is_seen() {
    const VARIABLES: usize = 24;
    let mut text = format!("{HEAD}note() {{\n");
    (0..VARIABLES).for_each(|n| writeln!(text, "  seen{n}=\"$v{n}\"").expect("memory"));
    text.push_str("  printf '%s\\n' \"$@\" >&2\n}\n");
    (0..400).for_each(|n| writeln!(text, "note \"step {n}\"").expect("memory"));
    // Each of these calls finds something that all before it did not find.
    for n in 0..VARIABLES {
        writeln!(text, "v{n}=$(date +%{n})\nnote \"step {n}\"").expect("memory");
    }
    text.push_str("note \"logged in with $password\"\n");
    assert!(found(&NoLibrary, &text).iter().any(|(_, what)| *what == "tells"));
}

#[test]
fn a_secret_given_to_a_function_in_what_nothing_calls_is_found_where_it_leaks_however_long_that_is() {
    let login = "ask() { date > log; curl -fsS -H \"X-Of: $2\" \"https://h/$1\"; }\n";
    let mut text = format!("{HEAD}{login}");
    for n in 0..200 {
        writeln!(text, "unused{n}() {{ ask {n} x; ask {n} y; }}").expect("memory");
    }
    text.push_str("last() { ask 1 \"$password\"; }\n");
    let leaks: Vec<usize> = found(&NoLibrary, &text).iter().map(|(line, _)| *line).collect();
    assert_eq!(leaks, [HEAD.matches('\n').count()], "the line of `ask`, and no call of it");
}

#[test]
fn functions_below_two_dozen_others_are_followed() {
    let mut text = format!("{HEAD}{HELPERS}");
    for n in 0..40 {
        writeln!(text, "f{n}() {{ log {n}; f{} \"$@\"; }}", n + 1).expect("memory");
    }
    text.push_str("f40() { kubectl delete pod \"$1\"; }\nf0 \"$p\"\n");
    assert!(found(&NoLibrary, &text).iter().any(|(_, what)| *what == "changes"));
}

/// Files by name.
struct Named(Vec<(&'static str, Arc<Sourced>)>);

impl Library for Named {
    fn script(&self, path: &RepoPath) -> Option<Arc<Sourced>> {
        self.0.iter().find(|(name, _)| *name == path.as_str()).map(|(_, sourced)| Arc::clone(sourced))
    }

    fn is_checked(&self, path: &RepoPath) -> bool {
        !path.as_str().starts_with("vendor/")
    }
}

#[test]
fn a_secret_on_the_argv_of_a_sourced_files_command_is_that_files() {
    const API: &str = "get() {\n  local t\n  t=$(vault print token) || return 1\n  curl -H \"X-Vault-Token: $t\" \"$1\"\n}\n\
        with() { curl -H \"X-Auth-Token: $1\" \"$2\"; }\nkeyed() { vault write auth/x/login secret_id=\"$1\"; }\n\
        login() { openstack --os-password \"$1\" token issue; }\nany() { frob \"$1\"; }\n";
    let sourced = || Arc::new(Sourced::new(bash::parse(API).script));
    let library = Named(vec![("api.sh", sourced()), ("vendor/api.sh", sourced())]);
    let exposed = |text: &str| -> Vec<usize> {
        let found = found(&library, text).into_iter();
        found.filter(|(_, what)| *what == "exposes").map(|(line, _)| line).collect()
    };
    assert_eq!(exposed(API), [3, 5, 6, 7], "the file by itself: `any` is given anything");
    let calls = "get https://v\ntoken=$(vault print token)\nwith \"$token\" https://v\nkeyed \"$token\"\nlogin \"$token\"\nany \"$token\"\n";
    assert_eq!(
        exposed(&format!("source ./api.sh\n{calls}")),
        [6],
        "what the file does not show itself is the caller's"
    );
    assert_eq!(
        exposed(&format!("source ./vendor/api.sh\n{calls}")),
        [1, 3, 4, 5, 6],
        "nobody checks that file"
    );
}

#[test]
fn a_file_that_was_not_read_yet_defines_its_functions() {
    const GATES: &str = "die() { exit 1; }\nneed_apply() { (( APPLY )) || exit 0; }\n\
        confirm() { read -r t || die; [[ $t == \"$1\" ]] || die; }\n";
    let script = "source ./gates.sh\nAPPLY=0\n[[ ${1:-} == --apply ]] && APPLY=1\nneed_apply\nconfirm web\nlxc stop web\n";
    let gated = |head: &str, script: &str| {
        let library =
            Named(vec![("gates.sh", Arc::new(Sourced::new(bash::parse(&format!("{head}{GATES}")).script)))]);
        let seen = follow(&library, script);
        let stops = seen.list.iter().find(|one| one.effect == Effect::Mutate).expect("it stops");
        (!stops.missing.apply, !stops.missing.phrase)
    };
    for head in [
        "[[ -n ${GATES_READ:-} ]] && return 0\nGATES_READ=1\n",
        "set -u\nif [ -n \"${GATES_READ:-}\" ]; then\n  return\nfi\nreadonly GATES_READ=yes\n",
        "[[ -z ${GATES_READ:-} ]] || return 0\ndeclare -r GATES_READ=1\n",
    ] {
        assert_eq!(gated(head, script), (true, true), "{head}");
        assert_eq!(
            gated(head, &format!("GATES_READ=1\n{script}")),
            (false, false),
            "{head}: the script keeps the file from being read"
        );
    }
    let mode = script.replace("APPLY=0\n", "");
    assert!(
        !gated("[[ -n ${APPLY:-} ]] && return 0\nAPPLY=0\n", &mode).0,
        "what is inherited may be any setting"
    );
}
