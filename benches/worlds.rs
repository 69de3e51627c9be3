//! What a trial costs in CPU time, beside other ways to run a script with stand-ins: plain bash with compiled stubs on `PATH`,
//! bwrap with bash stubs, bats-core with mocks on `PATH`; and what a repository of 26 harnesses costs.
//!
//! `cargo bench --bench worlds`. User and system time of all processes, from `getrusage`: many trials less one, so that
//! what is built once does not count; the cheapest of some rounds. `GAUNTLET_BENCH_BATS_MOCK` names the `stub.bash` of
//! bats-mock, where that library is to be run too.

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
use std::time::{Duration, Instant};

use gauntlet::commands::Tables;
use gauntlet::sandbox::{Setup, Worker};
use gauntlet::trial::world::{Plan, Stub};
use nix::sys::prctl::set_child_subreaper;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::sys::wait::waitpid;

const CALLS: usize = 20;
const TRIALS: usize = 40;
const ROUNDS: usize = 5;
/// How many harnesses the repository has.
const HARNESSES: usize = 26;

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
    if let [_, role, folder, calls, trials] = &words[..]
        && role == "gauntlet-trials"
    {
        let number = |text: &String| text.parse().expect("a number");
        return trials_of_ours(Path::new(folder), number(calls), number(trials));
    }
    // What a container leaves behind counts too.
    set_child_subreaper(true).expect("Linux has it");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let at = folder.path();
    script(at, "x.sh", CALLS);
    script(at, "none/x.sh", 0);
    let bash_stub = format!("#!/bin/bash\nprintf '%s\\n' \"$*\" >>{}\necho ok\n", "${JOURNAL:-/tmp/journal}");
    write(at, "bash/curl", &bash_stub, true);
    let ours = per_trial(|trials| ours(at, CALLS, trials));
    tell("a trial", ours, ours);
    tell("a trial of no call", per_trial(|trials| self::ours(&at.join("none"), 0, trials)), ours);
    if let Some(stubs) = compiled(at) {
        tell("plain bash, compiled stubs on PATH", per_trial(|trials| plain(at, &stubs, trials)), ours);
    }
    tell("plain bash, bash stubs on PATH", per_trial(|trials| plain(at, &at.join("bash"), trials)), ours);
    if found("bwrap") {
        tell("bwrap, bash stubs on PATH", per_trial(|trials| bwrap(at, trials)), ours);
    }
    if found("bats") {
        tell("bats-core, bash mocks on PATH", per_trial(|trials| bats(at, trials, None)), ours);
        if let Some(library) = std::env::var_os("GAUNTLET_BENCH_BATS_MOCK") {
            let library = PathBuf::from(library);
            tell("bats-core with bats-mock", per_trial(|trials| bats(at, trials, Some(&library))), ours);
        }
    }
    repository(at);
}

fn script(folder: &Path, name: &str, calls: usize) {
    let text = format!("set -euo pipefail\n{}", "curl -fsS https://192.0.2.1/\n".repeat(calls));
    write(folder, name, &text, false);
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
    while waitpid(None, None).is_ok() {}
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts");
    let us = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    f64::from(u32::try_from(us).expect("less than an hour")) / 1000.0
}

/// What a run of it costs.
fn cost(mut command: Command) -> f64 {
    let before = spent();
    let ran = command.stdin(Stdio::null()).stdout(Stdio::null()).status().expect("it starts");
    assert!(ran.success(), "{command:?}");
    spent() - before
}

/// What a trial costs: many of them less one.
fn per_trial(command: impl Fn(usize) -> Command) -> f64 {
    let many = f64::from(u32::try_from(TRIALS).expect("a small number"));
    let round = || (cost(command(TRIALS + 1)) - cost(command(1))) / many;
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
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

fn ours(folder: &Path, calls: usize, trials: usize) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.arg("gauntlet-trials").arg(folder).arg(calls.to_string()).arg(trials.to_string());
    command
}

/// This many trials of ours in one world.
fn trials_of_ours(folder: &Path, calls: usize, trials: usize) {
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
        assert_eq!(worker.run(&plan).expect("the trial can be run").calls.len(), calls);
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

/// A suite of that many tests, each of which runs the script with a mock on `PATH`: one of our own, or the library's.
fn bats(folder: &Path, trials: usize, library: Option<&Path>) -> Command {
    let script = folder.join("x.sh");
    let (setup, before, after) = match library {
        None => (
            format!(
                "PATH=\"{}/bash:$PATH\"; export JOURNAL=\"$BATS_TEST_TMPDIR/journal\";",
                folder.display()
            ),
            String::new(),
            format!("[ \"$(wc -l <\"$JOURNAL\")\" -eq {CALLS} ]"),
        ),
        Some(library) => (
            format!("load \"{}\"", library.display()),
            format!("stub curl {};", "\"* : echo ok\" ".repeat(CALLS)),
            "unstub curl".to_owned(),
        ),
    };
    let mut text = format!("setup() {{ {setup} }}\n");
    if library.is_some() {
        text = format!("{setup}\n");
    }
    for number in 0..trials {
        let _ = writeln!(
            text,
            "@test \"{number}\" {{ {before} run bash {}; [ \"$status\" -eq 0 ]; {after}; }}",
            script.display()
        );
    }
    let name = format!("{trials}-{}.bats", library.is_some());
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

/// The reference repository's files and harnesses, copied under other names until there are enough of them: a whole run.
fn repository(folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let at = folder.join("repository");
    write(&at, "gauntlet.toml", "version = 1\n", false);
    let source = root.join("fixtures/cloud-ops");
    for entry in walkdir::WalkDir::new(&source).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(root).expect("it lies in it").display().to_string();
            write(&at, &name, &std::fs::read_to_string(entry.path()).expect("it is text"), true);
        }
    }
    let mut harnesses: Vec<PathBuf> = std::fs::read_dir(root.join("harnesses"))
        .expect("it is there")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    harnesses.sort();
    for (number, harness) in (0..HARNESSES).zip(harnesses.iter().cycle()) {
        let name = harness.file_stem().expect("it has a name").display();
        let text = std::fs::read_to_string(harness).expect("it is text");
        write(&at, &format!("harnesses/{name}-{number}.toml"), &text, false);
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_gauntlet"));
    command.arg("run").current_dir(&at).env("XDG_CACHE_HOME", at.join("cache")).stderr(Stdio::null());
    let begun = Instant::now();
    let spent = cost(command);
    println!(
        "{HARNESSES} harnesses, all faults: {:.0} s, {:.0} s of CPU time",
        begun.elapsed().as_secs_f64(),
        spent / 1000.0
    );
}
