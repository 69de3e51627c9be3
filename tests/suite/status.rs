//! `status` tells what `--all` told of this very tree, and nothing of any other; `--changed` what a run told of harnesses on
//! which nothing has changed.

#![expect(clippy::disallowed_macros, reason = "a test that is skipped says why")]

use std::fs;
use std::process::Output;

use crate::folder::Folder;

const SCRIPT: &str = "#!/usr/bin/env bash\n# Deletes a server.\n# Error regime: set -euo pipefail\nset -euo pipefail\nopenstack server show a\n";

const HARNESS: &str = "version = 1\nscript = \"a.sh\"\n[[stub]]\nargv = \"openstack server show a\"\n[[case]]\nname = \"run\"\n";

fn project() -> Folder {
    let folder = Folder::new();
    folder.write("a.sh", SCRIPT);
    folder.write("b.sh", SCRIPT);
    folder.write("harnesses/a.toml", HARNESS);
    folder.write("harnesses/b.toml", HARNESS.replace("a.sh", "b.sh"));
    folder
}

fn ran(folder: &Folder, words: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = folder.gauntlet(words).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("a report is UTF-8");
    (status.code().expect("it ends by itself"), text(stdout), text(stderr))
}

#[test]
fn a_status_is_that_of_this_very_tree_or_none() {
    let folder = project();
    let (code, out, err) = ran(&folder, &["status"]);
    assert_eq!(code, 2);
    assert!(err.contains("not run: nothing is known of this tree"), "{out}{err}");

    let all = ran(&folder, &["--all"]);
    assert_eq!(all.0, 0, "{}{}", all.1, all.2);
    let status = ran(&folder, &["status"]);
    assert_eq!((status.0, &status.1), (0, &all.1));
    assert_eq!(
        ran(&folder, &["status", "--output-format", "json"]).1,
        ran(&folder, &["--all", "--output-format", "json"]).1
    );

    // Whatever changes, it is another tree; and back it is the old one.
    for (path, text) in [
        ("a.sh", SCRIPT.replace(" a\n", " b\n")),
        ("new.txt", String::new()),
        ("gauntlet.toml", "version = 1\n".to_owned()),
    ] {
        let before = fs::read(folder.path(path)).ok();
        folder.write(path, text);
        assert_eq!(ran(&folder, &["status"]).0, 2, "{path}");
        match before {
            Some(before) => drop(folder.write(path, before)),
            None => fs::remove_file(folder.path(path)).expect("it was written"),
        }
        assert_eq!(ran(&folder, &["status"]).0, 0, "{path}");
    }
}

#[test]
fn a_red_tree_stays_red_and_shows_what_it_showed_in_every_format() {
    let folder = project();
    folder.write("a.sh", SCRIPT.replace("show a", "show a || true"));
    folder.write("c.sh", "#!/bin/bash\necho <&>\n");
    let all = ran(&folder, &["--all"]);
    let status = ran(&folder, &["status"]);
    assert_eq!((status.0, &status.1), (all.0, &all.1));
    assert!(status.1.contains("red[swallowed]") && status.1.contains("fail["), "{}", status.1);
    for (format, part) in [
        ("jsonl", "\"type\":\"summary\""),
        ("junit", "<failure type=\"swallowed\""),
        ("html", "<span class=red>swallowed</span>"),
        ("markdown", "- **swallowed** `a/run/openstack#1/exit/once`"),
    ] {
        let (code, out, _) = ran(&folder, &["status", "--output-format", format]);
        assert_eq!(code, all.0, "{format}");
        assert!(out.contains(part), "{format}: {out}");
        assert!(format != "html" || !out.contains("<&>"), "{out}");
    }
    let page = ran(&folder, &["--all", "--output-format", "html"]).1;
    assert!(page.starts_with("<!doctype html>") && page.contains("b: "), "{page}");
}

#[test]
fn what_is_kept_and_damaged_is_not_told() {
    let folder = project();
    assert_eq!(ran(&folder, &["--all"]).0, 0);
    let mut damaged = 0;
    for entry in fs::read_dir(folder.cache().join("gauntlet")).expect("it is kept there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|end| end == "status") {
            let text = fs::read(&path).expect("it is a file");
            fs::write(&path, String::from_utf8_lossy(&text).replace("propagated", "recovered"))
                .expect("it is ours");
            damaged += 1;
        }
    }
    assert_eq!((damaged, ran(&folder, &["status"]).0), (1, 2));
}

#[test]
fn only_what_has_changed_is_run_again_and_the_whole_is_told() {
    let folder = project();
    let whole = ran(&folder, &["run", "--output-format", "json"]);
    let kept = ran(&folder, &["run", "--changed", "--output-format", "json"]);
    assert_eq!(kept.1.replace("\"kept\":2", "\"kept\":0"), whole.1);
    assert!(kept.2.contains("kept a: nothing has changed") && kept.2.contains("kept b"), "{}", kept.2);

    folder.write("a.sh", SCRIPT.replace("show a", "show a || true"));
    let (code, out, err) = ran(&folder, &["run", "--changed"]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(
        err.contains("ran a") && err.contains("kept b") && out.contains("kept from before: 1 of 2"),
        "{out}{err}"
    );
    // Red is kept as red.
    let (code, out, err) = ran(&folder, &["run", "--changed"]);
    assert!(code == 1 && err.contains("kept a") && out.contains("red[swallowed]"), "{code}{out}{err}");
    folder.write("harnesses/b.toml", format!("{}env = {{ X = \"1\" }}\n", HARNESS.replace("a.sh", "b.sh")));
    assert!(ran(&folder, &["run", "--changed"]).2.contains("ran b"));
    for settings in ["[run]\nmutating = [\"frob\"]\n", "[[tools]]\nname = \"frob\"\nwrite = [\"**\"]\n"] {
        folder.write("gauntlet.toml", format!("version = 1\n{settings}"));
        let err = ran(&folder, &["run", "--changed"]).2;
        assert!(err.contains("ran a") && err.contains("ran b"), "{err}");
    }
}

#[test]
fn a_change_is_seen_however_late_in_a_large_file_and_behind_a_link() {
    let folder = project();
    let large = |end: &str| "x".repeat(11 << 20) + end;
    folder.write("data/large.txt", large("a"));
    folder.write("data/one/x.txt", "1");
    folder.write("data/two/x.txt", "2");
    let link = folder.path("data/link");
    std::os::unix::fs::symlink("one", &link).expect("the folder is ours");
    folder.write("harnesses/a.toml", HARNESS.replace("[[stub]]", "files = [\"data/**\"]\n[[stub]]"));
    assert_eq!(ran(&folder, &["run", "a", "--results", "r.jsonl"]).0, 0);
    let second = ran(&folder, &["run", "a", "--changed"]).2;
    assert!(second.contains("kept a"), "{second}");
    folder.write("data/large.txt", large("b"));
    assert!(ran(&folder, &["run", "a", "--changed"]).2.contains("ran a"));
    fs::remove_file(&link).expect("it is ours");
    std::os::unix::fs::symlink("two", &link).expect("the folder is ours");
    assert!(ran(&folder, &["run", "a", "--changed"]).2.contains("ran a"));
}

#[test]
fn the_seed_changes_nothing_that_is_told() {
    let folder = project();
    let plain = ran(&folder, &["run", "--output-format", "json", "--jobs", "1"]).1;
    for seed in ["1", "2"] {
        assert_eq!(ran(&folder, &["run", "--output-format", "json", "--jobs", "1", "--seed", seed]).1, plain);
    }
}

#[test]
fn parts_are_cut_by_time_and_only_parts_of_one_cut_are_merged() {
    let folder = project();
    for name in ["c", "d"] {
        folder.write(format!("{name}.sh"), SCRIPT);
        folder.write(format!("harnesses/{name}.toml"), HARNESS.replace("a.sh", &format!("{name}.sh")));
    }
    assert_eq!(ran(&folder, &["run", "--partition", "1/2", "--timings", "t.json"]).0, 2);
    assert_eq!(ran(&folder, &["run", "--timings", "t.json"]).0, 0);
    let measured: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path("t.json")).expect("it was written"))
            .expect("it is JSON");
    assert_eq!(measured.as_object().map(serde_json::Map::len), Some(4));

    folder.write("t.json", "{\"a\": 9000, \"b\": 3000, \"c\": 3000, \"d\": 2000}\n");
    let first = ran(&folder, &["run", "--partition", "1/2", "--timings", "t.json", "--results", "1.jsonl"]);
    assert_eq!(first.2.lines().filter(|line| line.starts_with("ran ")).collect::<Vec<_>>(), ["ran a"]);
    ran(&folder, &["run", "--partition", "2/2", "--timings", "t.json", "--results", "2.jsonl"]);
    assert_eq!(ran(&folder, &["merge", "1.jsonl", "2.jsonl"]).0, 0);
    // Cut by number instead, the second part would hold c and d only.
    ran(&folder, &["run", "--partition", "2/2", "--results", "other.jsonl"]);
    let merged = ran(&folder, &["merge", "1.jsonl", "other.jsonl"]);
    assert!(merged.0 == 2 && merged.2.contains("is of another plan"), "{}{}", merged.1, merged.2);
}

#[test]
fn a_shell_opens_in_the_world_of_a_trial_as_the_script_left_it() {
    let folder = project();
    folder.write("a.sh", SCRIPT.replace("openstack", "echo left >/tmp/left\nopenstack"));
    let gauntlet = env!("CARGO_BIN_EXE_gauntlet");
    let words = format!("{gauntlet} repro a/run/openstack#1/exit/once --shell");
    let mut script = assert_cmd::Command::new("script");
    script
        .args(["-qec", &words, "/dev/null"])
        .current_dir(folder.path(""))
        .timeout(std::time::Duration::from_mins(1));
    script.write_stdin("cat /tmp/left; openstack server show a && echo \"answered $?\"; nosuch; test -e /etc/shadow || echo sealed; exit\n");
    let output = match script.output() {
        Ok(output) => output,
        Err(error) => {
            println!("skipped: {error} (Debian: util-linux, bsdutils)");
            return;
        }
    };
    let shown = String::from_utf8_lossy(&output.stdout);
    for part in ["propagated", "\nleft", "\nanswered 0", "\nsealed", "nosuch: command not found"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(output.status.code(), Some(0), "{shown}");
}
