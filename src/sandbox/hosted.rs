//! Rungs without namespaces: the world is a folder of the host, and `/` of the script is the host's.
//!
//! At S4 Landlock and seccomp deny what lies outside of the folder; a denied program or file fails, nothing takes its place.
//! At S5 nothing is denied: whatever the script does not call by its bare name, it does to the host.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use super::wire::{self, Reply};
use super::{bwrap, keeper, places, root};
use crate::event::Rung;

/// Serves the runner until it is gone.
pub(super) fn serve(rung: Rung, folder: Option<&OsStr>) -> ExitCode {
    let folder = Path::new(folder.unwrap_or_else(|| OsStr::new("/tmp")));
    let (mut from, mut to) = (io::stdin().lock(), io::stdout().lock());
    let root = match bwrap::build(&mut from, folder, true) {
        Ok(root) => root,
        Err(reason) => {
            let _ = wire::send_value(&mut to, &Reply::Failed(reason));
            return ExitCode::FAILURE;
        }
    };
    if wire::send_value(&mut to, &Reply::Ready).is_err() {
        return ExitCode::FAILURE;
    }
    let code =
        keeper::answer_plans(&mut from, &mut to, keeper::Parting::Tell, &mut |_| start(rung, root.path()));
    // The folder goes before the process does.
    drop(root);
    code
}

/// Whether this process is a call of such a world: the small program has become it, and it lies in the world's folder. It
/// learns where that is.
pub(super) fn is_call() -> bool {
    let Some(root) = std::env::var(root::VARIABLE).ok().filter(|root| root.starts_with('/')) else {
        return false;
    };
    let taken_over = std::env::var_os(super::call::TAKEN_OVER).is_some();
    let is_there = std::env::current_exe().is_ok_and(|path| path.starts_with(&root));
    if taken_over && is_there {
        root::set(&root);
    }
    taken_over && is_there
}

/// Starts the supervisor of a trial.
fn start(rung: Rung, root: &Path) -> Result<Child, String> {
    Command::new(root.join(&places::SUPERVISOR_PATH[1..]))
        .arg0(places::SUPERVISOR)
        .arg(rung.to_string())
        .arg(root)
        .env_clear()
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start the supervisor: {error}"))
}
