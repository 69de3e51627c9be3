//! What a trial shows does not depend on the signals that whoever started the runner has ignored.

use std::process::Command;

use crate::folder::Folder;

/// The trials of a run, with the runner started by these words.
fn trials(folder: &Folder, start: &[&str]) -> serde_json::Value {
    let (program, words) = start.split_first().expect("a program");
    let output = Command::new(program)
        .args(words)
        .arg(assert_cmd::cargo::cargo_bin!("gauntlet"))
        .args(["run", "--output-format", "json"])
        .current_dir(folder.path("."))
        .output()
        .expect("coreutils' env");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    report["trials"].clone()
}

#[test]
fn a_runner_that_ignores_signals_runs_the_same_trials() {
    let folder = Folder::new();
    folder.write("gauntlet.toml", "version = 1\n");
    folder.write("x.sh", "#!/usr/bin/env bash\nset -euo pipefail\nfetch a\n");
    folder.write(
        "harnesses/x.toml",
        "version = 1\nscript = \"x.sh\"\n[[stub]]\nargv = \"fetch a\"\n[[case]]\nname = \"run\"\n",
    );
    let usual = trials(&folder, &["env", "--default-signal=HUP,INT,QUIT"]);
    let interrupts =
        usual.as_array().expect("trials").iter().filter(|trial| trial["kind"] == "interrupt").count();
    assert_eq!(interrupts, 3, "{usual}");
    assert_eq!(trials(&folder, &["env", "--ignore-signal=HUP,INT,QUIT"]), usual);
}
