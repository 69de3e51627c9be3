//! How many trials a second does the gauntlet run, next to the same script under plain bash with stubs on its `PATH`?
//!
//! A run builds its worlds, compares the green runs, lets every call fail and judges: `trials.rs` has the cost of one
//! trial alone. The stubs of plain bash are shell scripts, as one writes them by hand: they isolate and record nothing.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark of the world: it writes scripts to a folder of its own and starts them"
)]

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use divan::Bencher;
use divan::counter::ItemsCount;
use gauntlet::bash::InProcess;
use gauntlet::event::Event;
use gauntlet::repo::Project;
use gauntlet::run::Stop;
use gauntlet::run::gauntlet::{Request, run, sealed};
use tempfile::TempDir;

const GAUNTLET: &str = env!("CARGO_BIN_EXE_gauntlet");

/// How many external commands the script calls.
const CALLS: [usize; 3] = [1, 5, 20];

fn main() {
    divan::main();
}

/// A script whose every call is captured and tested.
fn script(calls: usize) -> String {
    let mut text = String::from(
        "#!/usr/bin/env bash\n# Error regime: set -uo pipefail, capture-then-test\nset -uo pipefail\n",
    );
    for call in 0..calls {
        let _ = writeln!(text, "answer=$(juju show-unit app/{call} </dev/null) || exit 1");
        text.push_str("[[ $answer == up ]] || exit 1\n");
    }
    text.push_str("printf 'all units are up\\n'\n");
    text
}

/// A project with that script, a harness for it, and a folder of stubs.
fn project(calls: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it has a parent")).expect("folders can be made");
        fs::write(path, text).expect("files can be written");
    };
    write("gauntlet.toml", "version = 1\n");
    write("x.sh", &script(calls));
    write(
        "harnesses/x.toml",
        "version = 1\nscript = \"x.sh\"\nsuccess = [\"all units are up\"]\n[[stub]]\nargv = \"juju show-unit *\"\nstdout = \"up\\n\"\n[[case]]\nname = \"up\"\nexpect.stdout = [\"all units are up\"]\n",
    );
    write("bin/juju", "#!/bin/sh\n[ \"$1\" = show-unit ] || exit 127\necho up\n");
    let stub = folder.path().join("bin/juju");
    fs::set_permissions(stub, fs::Permissions::from_mode(0o755)).expect("it is ours");
    folder
}

/// The yardstick.
#[divan::bench(args = CALLS, sample_count = 40)]
fn plain_bash(bencher: Bencher<'_, '_>, calls: usize) {
    let folder = project(calls);
    bencher.counter(ItemsCount::new(1_usize)).bench_local(|| {
        let output = Command::new("/bin/bash")
            .arg(folder.path().join("x.sh"))
            .env_clear()
            .env("PATH", folder.path().join("bin"))
            .stdin(Stdio::null())
            .output()
            .expect("bash can be started");
        assert!(output.status.success(), "{output:?}");
    });
}

/// A whole run, from the harness file to the verdicts: worlds are built, green runs are compared, every call fails.
#[divan::bench(args = CALLS, sample_count = 3, sample_size = 1)]
fn whole_run(bencher: Bencher<'_, '_>, calls: usize) {
    let folder = project(calls);
    let trials = judged(folder.path());
    bencher.counter(ItemsCount::new(trials)).bench_local(|| assert_eq!(judged(folder.path()), trials));
}

/// Runs the project's harness on all cores; how many trials were judged, none of them red.
fn judged(root: &Path) -> usize {
    let project = Project::locate(&[root.to_path_buf()], false).expect("it is a project");
    let worlds = sealed::worlds(Some(GAUNTLET.into()));
    let mut trials = 0;
    run(
        &project,
        &Request::default(),
        &InProcess::new(),
        &worlds,
        &Stop::default(),
        &mut |event| match event {
            Event::TrialFinished(trial) => {
                assert!(!trial.verdict.is_red(), "{}: {}", trial.id, trial.explanation);
                trials += 1;
            }
            Event::NotChecked { what, reason } => panic!("{what}: {reason}"),
            _ => {}
        },
    );
    assert!(trials > 0, "nothing was run");
    trials
}
