//! What a trial costs, beside the same script under plain bash with stubs on `PATH`.
//!
//! `cargo bench --bench trials`

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark starts programs and writes files"
)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use divan::Bencher;
use gauntlet::commands::Tables;
use gauntlet::sandbox::{Setup, Worker};
use gauntlet::trial::world::{Plan, Stub};

const CALLS: usize = 20;

fn main() {
    divan::main();
}

/// A script that calls `curl` so often.
fn script(folder: &Path, calls: usize) -> PathBuf {
    let path = folder.join("x.sh");
    let text = format!("set -euo pipefail\n{}", "curl -fsS https://192.0.2.1/\n".repeat(calls));
    std::fs::write(&path, text).expect("the temporary folder is writable");
    path
}

fn setup(script: PathBuf) -> Setup {
    Setup {
        files: vec![(script, "/repo/x.sh".to_owned())],
        real: Tables::builtin().real_tools().to_vec(),
        journalled: Tables::builtin().journalled_tools().to_vec(),
        stubs: vec!["curl".to_owned()],
        executable: Some(env!("CARGO_BIN_EXE_gauntlet").into()),
        ..Setup::default()
    }
}

/// Building a world: once a worker and harness.
#[divan::bench(sample_count = 20)]
fn world(bencher: Bencher) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let setup = setup(script(folder.path(), 0));
    bencher.bench_local(|| Worker::start(&setup).expect("the world can be built"));
}

/// A trial in a world that stands.
#[divan::bench(args = [0, CALLS], sample_count = 50)]
fn trial(bencher: Bencher, calls: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut worker = Worker::start(&setup(script(folder.path(), calls))).expect("the world can be built");
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
    bencher.bench_local(|| {
        let record = worker.run(&plan).expect("the trial can be run");
        assert_eq!(record.calls.len(), calls);
    });
}

/// The same script under plain bash; its stub is a bash script that answers and writes a line down.
#[divan::bench(args = [0, CALLS], sample_count = 50)]
fn plain_bash_with_stubs_on_path(bencher: Bencher, calls: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let script = script(folder.path(), calls);
    let stub = folder.path().join("curl");
    let journal = folder.path().join("journal");
    let text = format!("#!/bin/bash\nprintf '%s\\n' \"$*\" >>{}\necho ok\n", journal.display());
    std::fs::write(&stub, text).expect("the temporary folder is writable");
    std::fs::set_permissions(&stub, std::fs::Permissions::from_mode(0o755)).expect("the file is ours");
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    bencher.bench_local(|| {
        let status =
            Command::new("bash").arg(&script).env_clear().env("PATH", &path).stdout(Stdio::null()).status();
        assert!(status.expect("bash can be started").success());
    });
}
