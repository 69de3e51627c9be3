//! The sealed world that scripts run in: namespaces, a root of its own, stubs at every name, a journal of the calls.
//!
//! The binary re-executes itself for every role ([`dispatch`]), so nothing here needs `unsafe`. This module decides
//! nothing about what a call means; it carries out a [`Plan`] and hands back a [`Record`].
//! `docs/sandbox.md` has the picture.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is the world: processes, mounts and files are its subject"
)]

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::event::Rung;
use crate::trial::world::Plan;

mod blueprint;
mod brief;
mod bwrap;
mod call;
mod caller;
mod capture;
mod clock;
mod confine;
mod desk;
mod failing;
mod files;
mod hosted;
mod journal;
mod keeper;
mod kin;
mod landlord;
mod libraries;
mod limits;
mod lines;
mod places;
mod relay;
mod root;
mod search;
mod shells;
mod stub;
mod supervisor;
mod terminal;
mod visit;
mod watchdog;
mod wire;
mod worker;

pub use visit::visit;
pub use worker::Worker;

/// What a world is built from.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Files that every trial finds fresh: path on the host, path in the world (below `/repo`, `/home`, `/tmp`,
    /// `/var`, `/run` or `/dev/shm`).
    pub files: Vec<(PathBuf, String)>,
    /// Text tools that run for real and unrecorded.
    pub real: Vec<String>,
    /// Tools that run for real, but recorded and faultable.
    pub journalled: Vec<String>,
    /// Names that must exist as stubs, besides every other name that the host has. A name with folders is put there.
    pub stubs: Vec<String>,
    /// Programs of the host that run for real and unrecorded, whatever else is said of their names.
    pub tools: Vec<String>,
    /// Files and folders of the host that are in the world at the same paths.
    pub host: Vec<PathBuf>,
    /// Names of folders at the root that a script may write to, besides those that every world has.
    pub folders: Vec<String>,
    /// The `gauntlet` binary, where it is not the running program.
    pub executable: Option<PathBuf>,
    /// Whether a rung without namespaces will do, and which is the weakest.
    pub weakest: Option<Rung>,
}

/// Why there is no world, or no record of a trial.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The machine gives no namespaces.
    #[error(
        "it gives no namespaces: as root: {as_root}; in a user namespace: {reason}; by bwrap: {by_bwrap}{hosted}. Give it one of: root; an \
         unprivileged user namespace (sysctl user.max_user_namespaces above 0, and on Ubuntu 23.10 and later \
         kernel.apparmor_restrict_unprivileged_userns=0); in a container `--privileged`, or `--security-opt \
         seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined`; or take less: \
         `--minimum-rung S4` (Landlock and seccomp deny what lies outside), `--minimum-rung S5` (nothing is denied: only where \
         the machine may be lost)"
    )]
    NoRung {
        /// What went wrong in a user namespace.
        reason: String,
        /// What went wrong without one.
        as_root: String,
        /// What went wrong with the program `bwrap`.
        by_bwrap: String,
        /// What went wrong on the rungs without namespaces, where they were tried.
        hosted: String,
    },
    /// A program that the world cannot do without is not on this machine.
    #[error("{0} is not on this machine, and this world cannot be built without it: install it")]
    Missing(String),
    /// A file that the world needs could not be read.
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file is wanted where a trial cannot have one.
    #[error("{0} cannot be a file of the world: only {writable} are fresh for each trial", writable = places::WRITABLE.join(", "))]
    Misplaced(String),
    /// The shared libraries of a program could not be told.
    #[error("cannot tell the shared libraries of {program}: {reason}")]
    Libraries {
        /// The program.
        program: PathBuf,
        /// What the dynamic loader said.
        reason: String,
    },
    /// The world could not be built.
    #[error("the world could not be built: {0}")]
    Build(String),
    /// A trial could not be run, or its record was lost.
    #[error("the trial could not be run: {0}")]
    Trial(String),
    /// The sandbox's process could not be started or spoken to.
    #[error("the sandbox's process failed: {0}")]
    Io(#[from] io::Error),
}

/// Finds out how strong a sandbox this machine gives, by building a throw-away world and starting a trial in it.
/// `executable` is the `gauntlet` binary where this program is not it. Rungs without namespaces are tried only where one as
/// weak as `weakest` will do.
pub fn probe(executable: Option<&Path>, weakest: Rung) -> Result<Rung, SandboxError> {
    let as_root = if nix::unistd::geteuid().is_root() {
        match rung_works(Rung::S1, executable) {
            Ok(()) => return Ok(Rung::S1),
            Err(error) => error.to_string(),
        }
    } else {
        "not tried, this is not root".to_owned()
    };
    let mut failed = Vec::new();
    for rung in [Rung::S2, Rung::S3, Rung::S4, Rung::S5] {
        if rung.is_hosted() && rung > weakest {
            break;
        }
        match rung_works(rung, executable) {
            Ok(()) => return Ok(rung),
            Err(error) => failed.push(error.to_string()),
        }
    }
    let mut failed = failed.into_iter();
    let mut next = || failed.next().unwrap_or_default();
    Err(SandboxError::NoRung {
        as_root,
        reason: next(),
        by_bwrap: next(),
        hosted: failed.flat_map(|reason| ["; without: ".to_owned(), reason]).collect(),
    })
}

/// A hash of everything of this machine that a world of `setup` is made of: kernel, programs, libraries, names.
pub fn fingerprint(setup: &Setup) -> Result<String, SandboxError> {
    use std::os::unix::fs::MetadataExt;

    let blueprint = blueprint::Blueprint::of(setup)?;
    let mut hasher = blake3::Hasher::new();
    let kernel = nix::sys::utsname::uname().map_err(io::Error::from)?;
    hasher.update(format!("{} {blueprint:?}", kernel.release().display()).as_bytes());
    for path in blueprint.copies.keys() {
        let told = path.metadata().map_err(|error| SandboxError::Unreadable { path: path.clone(), error })?;
        hasher.update(
            format!("{:?}", (told.len(), told.mtime(), told.mtime_nsec(), told.ino(), told.mode()))
                .as_bytes(),
        );
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// Whether `rung` can be had: does everything that a trial needs but the script.
pub fn rung_works(rung: Rung, executable: Option<&Path>) -> Result<(), SandboxError> {
    let setup = Setup { executable: executable.map(Path::to_path_buf), ..Setup::default() };
    let mut worker = Worker::start_at(&setup, rung)?;
    worker.run(&Plan { deadline_ms: 10_000, ..Plan::default() }).map(|_| ())
}

/// Serves the roles for which the binary executes itself; `None` for a process that is none of them.
///
/// It must be the first thing in `main`: every call of a script costs one start of this binary.
pub fn dispatch() -> Option<ExitCode> {
    let mut words = std::env::args_os();
    let name = words.next().unwrap_or_default();
    match name.to_str() {
        Some(places::LANDLORD) => Some(landlord::serve(words.next().as_deref(), words.next().as_deref())),
        Some(places::KEEPER) => Some(keeper::serve(words.next().as_deref())),
        Some(places::SUPERVISOR | places::SUPERVISOR_PATH) => {
            Some(supervisor::serve(words.next().as_deref(), words.next().as_deref()))
        }
        Some(places::BELOW) => Some(hosted::become_script(words)),
        _ if Path::new(places::STUB).exists() => Some(stub::serve(&name, words)),
        _ => hosted::is_call().then(|| stub::serve(&name, words)),
    }
}
