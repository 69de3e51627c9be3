//! The sealed world: what a script meets in it, what is written down, and that nothing outlives it.
//!
//! Every test runs on each rung with namespaces that this machine gives; `hosted` has those without.

#![expect(clippy::disallowed_macros, reason = "a test that fails shows what the world said")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gauntlet::commands::Tables;
use gauntlet::event::Rung;
use gauntlet::sandbox::{Setup, Worker, rung_works};
use gauntlet::trial::world::{Plan, Record, Stub};

mod calls;
mod escapes;
mod faults;
mod hosted;
mod seal;

const GAUNTLET: &str = env!("CARGO_BIN_EXE_gauntlet");

/// The rungs that work here.
fn rungs() -> Vec<Rung> {
    static RUNGS: OnceLock<Vec<Rung>> = OnceLock::new();
    let works = |rung: &Rung| rung_works(*rung, Some(Path::new(GAUNTLET))).is_ok();
    let rungs = RUNGS.get_or_init(|| [Rung::S1, Rung::S2, Rung::S3].into_iter().filter(works).collect());
    assert!(!rungs.is_empty(), "{:?}", gauntlet::sandbox::probe(Some(Path::new(GAUNTLET)), Rung::S3));
    rungs.clone()
}

/// A script and what its world is made of.
struct Case {
    folder: tempfile::TempDir,
    setup: Setup,
    plan: Plan,
}

impl Case {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let tables = Tables::builtin();
        let mut case = Self {
            folder,
            setup: Setup {
                real: tables.real_tools().to_vec(),
                journalled: tables.journalled_tools().to_vec(),
                stubs: vec!["curl".to_owned(), "openstack".to_owned()],
                executable: Some(PathBuf::from(GAUNTLET)),
                ..Setup::default()
            },
            plan: Plan {
                command: vec!["bash".to_owned(), "/repo/x.sh".to_owned()],
                deadline_ms: 20_000,
                ..Plan::default()
            },
        };
        case.file("x.sh", script);
        case
    }

    fn file(&mut self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("the temporary folder is writable");
        self.setup.files.push((path, format!("/repo/{name}")));
    }

    fn executable(&self, name: &str) {
        use std::os::unix::fs::PermissionsExt;

        let path = self.folder.path().join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("the file is ours");
    }

    fn stub(mut self, argv: &str, stdout: &str) -> Self {
        self.plan.stubs.push(stub(argv, stdout));
        self
    }

    fn run(&self, rung: Rung) -> Record {
        let mut worker = Worker::start_at(&self.setup, rung).expect("the world can be built");
        worker.run(&self.plan).expect("the trial can be run")
    }

    /// Runs on every rung; all must say the same.
    fn everywhere(&self, check: impl Fn(&Record)) {
        self.on(&rungs(), check);
    }

    /// Runs on these rungs; all must say the same.
    fn on(&self, rungs: &[Rung], check: impl Fn(&Record)) {
        for &rung in rungs {
            let record = self.run(rung);
            println!("{rung}: {record:#?}");
            check(&record);
        }
    }
}

fn stub(argv: &str, stdout: &str) -> Stub {
    Stub {
        argv: argv.split(' ').map(str::to_owned).collect(),
        stdout: stdout.to_owned(),
        writes: BTreeMap::new(),
        ..Stub::default()
    }
}
