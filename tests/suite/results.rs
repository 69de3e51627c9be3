//! `--results`, `--partition` and `merge`: what was run can be put together again, and what was not is said.

use std::fs;
use std::process::Output;

use assert_cmd::Command;

use crate::folder::Folder;

const SCRIPT: &str = "#!/usr/bin/env bash
set -euo pipefail
t=$(mktemp)
trap 'rm -f \"$t\"' EXIT
fetch -o \"$t\"
openstack server delete a || true
";

const HARNESS: &str = "version = 1
[[stub]]
argv = \"fetch -o *\"
[[stub]]
argv = \"openstack server delete a\"
[[case]]
name = \"run\"
";

/// Three scripts with their harnesses.
fn project() -> Folder {
    let folder = Folder::new();
    folder.write("gauntlet.toml", "version = 1\n");
    for name in ["a", "b", "c"] {
        folder.write(format!("{name}.sh"), SCRIPT);
        let harness = HARNESS.replace("version = 1", &format!("version = 1\nscript = \"{name}.sh\""));
        folder.write(format!("harnesses/{name}.toml"), &harness);
    }
    folder
}

fn gauntlet(folder: &Folder, words: &[&str]) -> Output {
    let mut command = Command::cargo_bin("gauntlet").expect("the binary is built");
    command.current_dir(folder.path("")).args(words).output().expect("it runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ends by itself")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn all(output: &Output) -> String {
    stdout(output) + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn two_runs_and_any_number_of_jobs_give_the_same_bytes() {
    let folder = project();
    let run = |jobs: &str, file: &str| {
        let ran = gauntlet(&folder, &["run", "--jobs", jobs, "--results", file]);
        assert_eq!(code(&ran), 1, "{}", all(&ran));
        fs::read(folder.path(file)).expect("it was written")
    };
    let first = run("1", "first.jsonl");
    assert_eq!(String::from_utf8_lossy(&first), String::from_utf8_lossy(&run("3", "second.jsonl")));
    assert!(String::from_utf8_lossy(&first).contains("/tmp/XXXXXX"), "a random name was there to be settled");
    // What is in the file stays.
    let twice = run("2", "first.jsonl");
    assert_eq!(twice, [first.clone(), first].concat());
}

#[test]
fn parts_make_a_whole_and_a_missing_part_does_not() {
    let folder = project();
    let whole = gauntlet(&folder, &["run", "--output-format", "json"]);
    for part in ["1/2", "2/2"] {
        let file = format!("{}.jsonl", &part[..1]);
        let ran = gauntlet(&folder, &["run", "--partition", part, "--results", &file]);
        assert_eq!(code(&ran), 1, "{}", all(&ran));
    }
    let merged = gauntlet(&folder, &["merge", "2.jsonl", "1.jsonl", "--output-format", "json"]);
    assert_eq!(code(&merged), 1, "{}", all(&merged));
    let steady = |text: &str| -> serde_json::Value {
        let text = gauntlet::trial::world::steady(text);
        serde_json::from_str(&text).expect("it is JSON")
    };
    assert_eq!(steady(&stdout(&merged)), steady(&stdout(&whole)));

    let half = gauntlet(&folder, &["merge", "1.jsonl"]);
    assert_eq!(code(&half), 2);
    assert!(all(&half).contains("2/2 is missing"), "{}", all(&half));
    assert_eq!(code(&gauntlet(&folder, &["run", "--partition", "4/4"])), 2);
    assert_eq!(code(&gauntlet(&folder, &["run", "--partition", "0/2"])), 2);
}

#[test]
fn a_run_that_was_cut_off_and_one_of_another_state_are_no_part() {
    let folder = project();
    for part in ["1/2", "2/2"] {
        gauntlet(&folder, &["run", "--partition", part, "--results", &format!("{}.jsonl", &part[..1])]);
    }
    let text = fs::read_to_string(folder.path("2.jsonl")).expect("it was written");
    // Killed in the middle of a line.
    folder.write("cut.jsonl", &text[..text.len() - 30]);
    let cut = gauntlet(&folder, &["merge", "1.jsonl", "cut.jsonl"]);
    assert_eq!(code(&cut), 2);
    assert!(all(&cut).contains("2/2 did not come to its end"), "{}", all(&cut));
    // Run again: the last that came to its end counts.
    folder.write("again.jsonl", format!("{}\n{text}", text.lines().next().expect("a line")));
    assert_eq!(code(&gauntlet(&folder, &["merge", "1.jsonl", "again.jsonl"])), 1);

    folder.write("c.sh", SCRIPT.replace(" || true", ""));
    gauntlet(&folder, &["run", "--partition", "2/2", "--results", "other.jsonl"]);
    let other = gauntlet(&folder, &["merge", "1.jsonl", "other.jsonl"]);
    assert_eq!(code(&other), 2);
    assert!(all(&other).contains("is of another plan"), "{}", all(&other));
    folder.write("no.jsonl", "{}\n");
    assert_eq!(code(&gauntlet(&folder, &["merge", "no.jsonl"])), 2);
    assert_eq!(code(&gauntlet(&folder, &["merge", "nowhere.jsonl"])), 2);
}

#[test]
fn less_than_the_demanded_rung_is_an_error() {
    let folder = project();
    let rung =
        gauntlet::sandbox::probe_with(Some(env!("CARGO_BIN_EXE_gauntlet").as_ref())).expect("a sandbox");
    let ran = gauntlet(&folder, &["run", "a", "--minimum-rung", "S1"]);
    let expected = if rung == gauntlet::event::Rung::S1 { 1 } else { 2 };
    assert_eq!(code(&ran), expected, "{}", all(&ran));
    assert!(all(&ran).contains(&rung.to_string()));
}
