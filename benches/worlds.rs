//! What one trial of a script with 20 calls costs in CPU time, beside other ways to run it with stand-ins: plain bash with
//! compiled stubs on `PATH`, bwrap with bash stubs, bats-core with mocks on `PATH`.
//!
//! `cargo bench --bench worlds`. User and system time of all processes, from `getrusage`: many trials less one, so that
//! what is built once does not count; the cheapest of some rounds.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "a benchmark starts programs, writes files and says what it measured"
)]

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use gauntlet::commands::Tables;
use gauntlet::sandbox::{Setup, Worker};
use gauntlet::trial::world::{Plan, Stub};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

const CALLS: usize = 20;
const TRIALS: usize = 40;
const ROUNDS: usize = 5;

/// A stub in C: appends its words to a journal, answers.
const COMPILED: &str = r#"#include <fcntl.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
    int journal = open(JOURNAL, O_WRONLY | O_CREAT | O_APPEND, 0644);
    for (int i = 0; i < argc; i++) {
        if (write(journal, argv[i], strlen(argv[i])) < 0 || write(journal, " ", 1) < 0) return 2;
    }
    return write(journal, "\n", 1) < 0 || write(1, "ok\n", 3) < 0;
}
"#;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if let [_, role, folder, trials] = &words[..]
        && role == "gauntlet-trials"
    {
        return trials_of_ours(Path::new(folder), trials.parse().expect("a number"));
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let at = folder.path();
    write(
        at,
        "x.sh",
        &format!("set -euo pipefail\n{}", "curl -fsS https://192.0.2.1/\n".repeat(CALLS)),
        false,
    );
    let bash_stub = format!("#!/bin/bash\nprintf '%s\\n' \"$*\" >>{}\necho ok\n", "${JOURNAL:-/tmp/journal}");
    write(at, "bash/curl", &bash_stub, true);
    let ours = per_trial(|trials| {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.arg("gauntlet-trials").arg(at).arg(trials.to_string());
        command
    });
    tell("a trial", ours, ours);
    if let Some(stubs) = compiled(at) {
        tell("plain bash, compiled stubs on PATH", per_trial(|trials| plain(at, &stubs, trials)), ours);
    }
    tell("plain bash, bash stubs on PATH", per_trial(|trials| plain(at, &at.join("bash"), trials)), ours);
    if found("bwrap") {
        tell("bwrap, bash stubs on PATH", per_trial(|trials| bwrap(at, trials)), ours);
    }
    if found("bats") {
        tell("bats-core, bash mocks on PATH", per_trial(|trials| bats(at, trials)), ours);
    }
}

fn write(folder: &Path, name: &str, text: &str, executable: bool) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("it has a parent")).expect("folders can be made");
    std::fs::write(&path, text).expect("files can be written");
    let mode = if executable { 0o755 } else { 0o644 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("the file is ours");
}

/// CPU milliseconds of all that ended below this process so far.
fn spent() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts");
    let us = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    f64::from(u32::try_from(us).expect("less than an hour")) / 1000.0
}

/// What a trial costs: many of them less one.
fn per_trial(command: impl Fn(usize) -> Command) -> f64 {
    let cost = |trials: usize| {
        let before = spent();
        let status = command(trials).stdin(Stdio::null()).stdout(Stdio::null()).status().expect("it starts");
        assert!(status.success(), "{:?}", command(trials));
        spent() - before
    };
    let many = f64::from(u32::try_from(TRIALS).expect("a small number"));
    (0..ROUNDS).map(|_| (cost(TRIALS + 1) - cost(1)) / many).fold(f64::INFINITY, f64::min)
}

fn tell(name: &str, cost: f64, ours: f64) {
    println!("{name:36} {cost:6.1} ms   a trial costs {:.2} times that", ours / cost);
}

fn found(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|folder| folder.join(program).exists());
    if !is_there {
        println!("{program} is not on this machine");
    }
    is_there
}

/// This many trials of ours in one world.
fn trials_of_ours(folder: &Path, trials: usize) {
    let setup = Setup {
        files: vec![(folder.join("x.sh"), "/repo/x.sh".to_owned())],
        real: Tables::builtin().real_tools().to_vec(),
        journalled: Tables::builtin().journalled_tools().to_vec(),
        stubs: vec!["curl".to_owned()],
        executable: Some(env!("CARGO_BIN_EXE_gauntlet").into()),
        ..Setup::default()
    };
    let plan = Plan {
        command: vec!["bash".to_owned(), "/repo/x.sh".to_owned()],
        stubs: vec![Stub {
            argv: vec!["curl".to_owned(), "**".to_owned()],
            stdout: "ok\n".to_owned(),
            ..Stub::default()
        }],
        deadline_ms: 60_000,
        ..Plan::default()
    };
    let mut worker = Worker::start(&setup).expect("the world can be built");
    for _ in 0..trials {
        assert_eq!(worker.run(&plan).expect("the trial can be run").calls.len(), CALLS);
    }
    let first = PathBuf::from(format!("/proc/{}", worker.id()));
    drop(worker);
    // What nobody waits for is not counted.
    while first.exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The script so often under bash with these stubs.
fn plain(folder: &Path, stubs: &Path, trials: usize) -> Command {
    let mut command = Command::new("bash");
    command
        .args(["-c", "for ((i = 0; i < $1; i++)); do bash \"$2\" >/dev/null || exit 1; done", "-"])
        .arg(trials.to_string())
        .arg(folder.join("x.sh"))
        .env("PATH", format!("{}:/usr/bin:/bin", stubs.display()))
        .env("JOURNAL", folder.join("journal"));
    command
}

fn bwrap(folder: &Path, trials: usize) -> Command {
    let mut command = Command::new("bash");
    let each = "for ((i = 0; i < $1; i++)); do bwrap --unshare-all --die-with-parent --ro-bind / / --dev /dev --proc /proc \
                --tmpfs /tmp --ro-bind \"$2\" /tmp/x --setenv PATH /tmp/x/bash:/usr/bin:/bin bash /tmp/x/x.sh >/dev/null || exit 1; done";
    command.args(["-c", each, "-"]).arg(trials.to_string()).arg(folder);
    command
}

/// A suite of that many tests, each of which runs the script with a mock on `PATH`.
fn bats(folder: &Path, trials: usize) -> Command {
    let mut text = format!(
        "setup() {{ PATH=\"{0}/bash:$PATH\"; export JOURNAL=\"$BATS_TEST_TMPDIR/journal\"; }}\n",
        folder.display()
    );
    for number in 0..trials {
        let _ = writeln!(
            text,
            "@test \"{number}\" {{ run bash {0}/x.sh; [ \"$status\" -eq 0 ]; [ \"$(wc -l <\"$JOURNAL\")\" -eq {CALLS} ]; }}",
            folder.display()
        );
    }
    let name = format!("{trials}.bats");
    write(folder, &name, &text, false);
    let mut command = Command::new("bats");
    command.arg("--tap").arg(folder.join(name));
    command
}

/// A folder with the stub in C, where there is a compiler.
fn compiled(folder: &Path) -> Option<PathBuf> {
    write(folder, "stub.c", COMPILED, false);
    let stubs = folder.join("compiled");
    std::fs::create_dir_all(&stubs).expect("folders can be made");
    let journal = format!("-DJOURNAL=\"{}\"", folder.join("journal").display());
    let built = Command::new("cc")
        .args(["-O2", "-static", &journal, "-o"])
        .arg(stubs.join("curl"))
        .arg(folder.join("stub.c"))
        .status();
    match built {
        Ok(status) if status.success() => Some(stubs),
        other => {
            println!("no compiled stubs: cc: {other:?}");
            None
        }
    }
}
