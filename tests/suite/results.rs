//! `--results`, `--partition` and `merge`: what was run can be put together again, and what was not is said.

use std::fs;
use std::process::Output;

use assert_cmd::Command;
use gauntlet::event::Rung;

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
    assert_eq!(code(&gauntlet(&folder, &["run", "--partition", "0/2"])), 2);
    let beyond = gauntlet(&folder, &["run", "--partition", "1/18446744073709551615"]);
    assert_eq!(code(&beyond), 2, "{}", all(&beyond));
    assert!(all(&beyond).contains("at most"), "{}", all(&beyond));
    // More parts than there are trials.
    let nothing = gauntlet(&folder, &["run", "--partition", "2/60000"]);
    assert_eq!(code(&nothing), 2, "{}", all(&nothing));
    let twice = gauntlet(&folder, &["merge", "1.jsonl", "2.jsonl", "1.jsonl"]);
    assert_eq!(code(&twice), 2);
    assert!(all(&twice).contains("1/2 is there twice"), "{}", all(&twice));
}

/// One harness with a recovery that only one of its trials shows, and a stub that nothing calls.
fn one_harness(recovery: &str) -> Folder {
    let folder = Folder::new();
    folder.write("gauntlet.toml", "version = 1\n");
    folder.write(
        "a.sh",
        "#!/usr/bin/env bash\nset -euo pipefail\nkubectl get pods -o name >/dev/null || kubectl get pods >/dev/null\nfetch x\nopenstack server delete a || true\n",
    );
    folder.write(
        "harnesses/a.toml",
        format!(
            "version = 1\nscript = \"a.sh\"\n[[stub]]\nargv = \"kubectl get pods **\"\nstdout = \"pod/x\"\n[[stub]]\nargv = \"fetch *\"\n[[stub]]\nargv = \"openstack server delete a\"\n[[stub]]\nargv = \"nobody\"\n[[case]]\nname = \"run\"\n{recovery}"
        ),
    );
    folder
}

const ASKED_AGAIN: &str = "[[recovery]]\nprogram = \"kubectl\"\nargv = \"kubectl get pods -o name\"\nkind = \"exit\"\nreason = \"asked again\"\n";

#[test]
fn parts_of_one_harness_make_the_same_bytes_as_the_whole() {
    for recovery in [ASKED_AGAIN.to_owned(), ASKED_AGAIN.replace("kubectl get pods -o name", "kubectl never")]
    {
        let folder = one_harness(&recovery);
        let ran = gauntlet(&folder, &["run", "--results", "whole.jsonl"]);
        assert_eq!(code(&ran), 1, "{}", all(&ran));
        for of in [2, 3, 7] {
            let files: Vec<String> = (1..=of).map(|part| format!("{part}-{of}.jsonl")).collect();
            for (part, file) in (1..=of).zip(&files) {
                let ran =
                    gauntlet(&folder, &["run", "--partition", &format!("{part}/{of}"), "--results", file]);
                assert!(!all(&ran).contains("ALL GREEN"), "{}", all(&ran));
            }
            for format in ["text", "json", "jsonl", "junit", "html"] {
                let words = ["merge", "--output-format", format];
                let whole = gauntlet(&folder, &[&words[..], &["whole.jsonl"]].concat());
                let files: Vec<&str> = files.iter().map(String::as_str).collect();
                let parts = gauntlet(&folder, &[&words[..], &files].concat());
                assert_eq!(
                    (stdout(&parts), code(&parts)),
                    (stdout(&whole), code(&whole)),
                    "{of} parts, {format}"
                );
            }
            let less = gauntlet(&folder, &["merge", &files[0]]);
            assert_eq!(code(&less), 2, "{}", all(&less));
        }
        // Each trial is in one part, and none holds them all.
        let trials = |file: &str| {
            let text = fs::read_to_string(folder.path(file)).expect("it was written");
            text.lines().filter(|line| line.contains("\"type\":\"trial\"")).count()
        };
        assert!(trials("1-2.jsonl") > 3 && trials("2-2.jsonl") > 3, "{}", all(&ran));
        // The stub that nobody calls, and a recovery that no part has seen, only the whole tells.
        let unseen = 1 + usize::from(recovery.contains("never"));
        assert_eq!(trials("1-2.jsonl") + trials("2-2.jsonl") + unseen, trials("whole.jsonl"));
    }
}

#[test]
fn parts_that_found_other_trials_to_run_are_no_whole() {
    let folder = one_harness(ASKED_AGAIN);
    for part in ["1/2", "2/2"] {
        gauntlet(&folder, &["run", "--partition", part, "--results", &format!("{}.jsonl", &part[..1])]);
    }
    let text = fs::read_to_string(folder.path("2.jsonl")).expect("it was written");
    let (_, rest) = text.split_once("\"trials\":\"").expect("what the part planned");
    let other = text.replace(&rest[..8], "00000000");
    folder.write("other.jsonl", other);
    let merged = gauntlet(&folder, &["merge", "1.jsonl", "other.jsonl"]);
    assert_eq!(code(&merged), 2);
    assert!(all(&merged).contains("did not find the same trials"), "{}", all(&merged));
}

#[test]
fn a_red_green_run_is_told_once_however_it_is_cut() {
    let folder = one_harness("");
    folder.write("a.sh", "#!/usr/bin/env bash\nexit 3\n");
    let whole = gauntlet(&folder, &["run", "--output-format", "json"]);
    assert_eq!(code(&whole), 1, "{}", all(&whole));
    for part in ["1/3", "2/3", "3/3"] {
        let ran =
            gauntlet(&folder, &["run", "--partition", part, "--results", &format!("{}.jsonl", &part[..1])]);
        assert_eq!(code(&ran), 1, "each part says so: {}", all(&ran));
    }
    let merged = gauntlet(&folder, &["merge", "1.jsonl", "2.jsonl", "3.jsonl", "--output-format", "json"]);
    assert_eq!((stdout(&merged), code(&merged)), (stdout(&whole), 1));
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
        gauntlet::sandbox::probe(Some(env!("CARGO_BIN_EXE_gauntlet").as_ref()), Rung::S3).expect("a sandbox");
    let ran = gauntlet(&folder, &["run", "a", "--minimum-rung", "S1"]);
    let expected = if rung == Rung::S1 { 1 } else { 2 };
    assert_eq!(code(&ran), expected, "{}", all(&ran));
    assert!(all(&ran).contains(&rung.to_string()));
}
