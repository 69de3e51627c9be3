//! Rungs without namespaces: the world is a folder of the host, and `/` of the script is the host's.
//!
//! At S4 Landlock and seccomp deny what lies outside of the folder; a denied program or file fails, nothing takes its place.
//! At S5 nothing is denied: whatever the script does not call by its bare name, it does to the host.

use std::ffi::{OsStr, OsString};
use std::io::{self, StdinLock, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use super::{bwrap, confine, keeper, places, root};
use crate::event::Rung;

/// Serves the runner until it is gone.
pub(super) fn serve(rung: Rung, folder: Option<&OsStr>) -> ExitCode {
    let start = |root: &Path, _: &[u8]| start(rung, root);
    keeper::serve_folder(folder, keeper::Parting::Tell, build, start)
}

fn build(from: &mut StdinLock<'_>, folder: &Path) -> Result<tempfile::TempDir, String> {
    if keeper::SMALL.is_empty() {
        return Err("the stub could not be built for this processor, and such a world needs it".to_owned());
    }
    std::fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let folder =
        folder.canonicalize().map_err(|error| format!("cannot use {}: {error}", folder.display()))?;
    let shown = folder.display().to_string();
    if !is_plain(&shown) {
        return Err(format!(
            "the cache folder {shown} has characters in its path that shells read: set XDG_CACHE_HOME to another"
        ));
    }
    bwrap::build(from, &folder, true)
}

/// Whether this process is a call of such a world: the small program has become it, and it lies in the world's folder. It
/// learns where that is.
pub(super) fn is_call() -> bool {
    let Some(root) = std::env::var(places::ROOT).ok().filter(|root| root.starts_with('/')) else {
        return false;
    };
    let taken_over = std::env::var_os(places::TAKEN_OVER).is_some();
    // Exactly that file: who can set variables of the guard's process must not turn it into something else.
    let whole = Path::new(&root).join(&places::WHOLE[1..]);
    let is_there = std::env::current_exe().is_ok_and(|path| path == whole);
    if taken_over && is_there {
        root::set(&root);
    }
    taken_over && is_there
}

/// The script's process at S4: in a domain below the supervisor's, so that it cannot signal that. The words are the
/// program, its `argv[0]`, its arguments.
pub(super) fn become_script(mut words: impl Iterator<Item = OsString>) -> ExitCode {
    let said = match (confine::keep_below(), words.next(), words.next()) {
        (Ok(()), Some(program), Some(called)) => {
            Command::new(program).arg0(called).args(words).exec().to_string()
        }
        (Err(reason), ..) => reason,
        _ => "this role is the sandbox's own".to_owned(),
    };
    let _ = writeln!(io::stderr(), "gauntlet: the script cannot be started: {said}");
    ExitCode::from(126)
}

/// What can be a part of a world's path: it stands in `PATH`, and in text that shells read.
fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._+-@%=,".contains(&byte))
}

/// Starts the supervisor of a trial.
fn start(rung: Rung, root: &Path) -> Result<Child, String> {
    // This very program, not what lies in the folder: a script may have had its hands on that.
    Command::new("/proc/self/exe")
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
