//! Rung S3: the program `bwrap` makes the namespaces and the mounts, anew for each trial.
//!
//! It is for machines that grant namespaces to that program and to nobody else (it may be setuid, or named in a profile). The
//! root is built once, in a folder of the user's cache, and is read-only in the world. The folder goes away with the process.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use super::blueprint::Blueprint;
use super::wire;
use super::{keeper, places, search};
use crate::event::Rung;
use crate::trial::world::Plan;

/// Size of each writable folder.
const FOLDER_BYTES: &str = "67108864";

/// Serves the runner until it is gone.
pub(super) fn serve(folder: Option<&OsStr>) -> ExitCode {
    keeper::serve_folder(folder, keeper::Parting::Kill, |from, folder| build(from, folder, false), start)
}

/// Builds a root in `folder`. `hosted`: it is never mounted as `/`, so what shells read first must name it.
pub(super) fn build(
    from: &mut impl io::Read,
    folder: &Path,
    hosted: bool,
) -> Result<tempfile::TempDir, String> {
    let blueprint: Blueprint = wire::receive_value(from)
        .map_err(|error| format!("cannot read the blueprint: {error}"))?
        .ok_or("the runner is gone")?;
    let made = std::fs::create_dir_all(folder)
        .and_then(|()| tempfile::Builder::new().prefix("world-").tempdir_in(folder));
    let root = made.map_err(|error| format!("cannot make a folder in {}: {error}", folder.display()))?;
    let name = root.path().display().to_string();
    keeper::furnish(&blueprint, root.path(), Path::new("/"), if hosted { &name } else { "" })?;
    Ok(root)
}

/// Where roots are built: in the user's own cache folder.
pub(super) fn folder() -> PathBuf {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    base.map_or_else(std::env::temp_dir, |base| base.join("gauntlet"))
}

/// Covers what `/proc` tells of the machine: all but the processes, which are the trial's own, and the folder with the one
/// setting by which the supervisor bounds their numbers.
fn covers(root: &Path) -> Vec<OsString> {
    let nothing = root.join(places::NOTHING.trim_start_matches('/'));
    let empty = root.join("root");
    let entries = |folder: &str| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut words = Vec::new();
    for entry in entries("/proc").chain(entries("/proc/sys")) {
        let (name, path) = (entry.file_name(), entry.path());
        let is_process = name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        let is_needed = ["/proc/sys", "/proc/sys/kernel"].map(Path::new).contains(&path.as_path());
        // A link leads to a process.
        let Some(kind) =
            entry.file_type().ok().filter(|kind| !kind.is_symlink() && !is_process && !is_needed)
        else {
            continue;
        };
        let cover = if kind.is_dir() { &empty } else { &nothing };
        words.extend(["--ro-bind".into(), cover.into(), path.into()]);
    }
    words
}

/// Starts the supervisor of a trial in a world of its own.
fn start(root: &Path, plan: &[u8]) -> Result<Child, String> {
    let plan: Plan =
        serde_json::from_slice(plan).map_err(|error| format!("cannot read the plan: {error}"))?;
    let user = if plan.as_root { 0 } else { places::USER }.to_string();
    let mut command = Command::new("bwrap");
    command.args(["--unshare-all", "--unshare-user", "--as-pid-1", "--die-with-parent"]);
    command.args(["--hostname", "world", "--cap-drop", "ALL", "--uid", &user, "--gid", &user]);
    command.arg("--ro-bind").arg(root).arg("/").args(["--proc", "/proc", "--dev", "/dev"]);
    command.args(covers(root));
    for folder in places::WRITABLE.iter().chain(&[places::STATE]) {
        let mode = if matches!(*folder, "/tmp" | "/dev/shm") { "1777" } else { "0755" };
        command.args(["--perms", mode, "--size", FOLDER_BYTES, "--tmpfs", folder]);
    }
    if let Ok(files) = search::plain_files(&format!("{}{}", root.display(), places::ETC)) {
        command.args(["--perms", "0755", "--size", FOLDER_BYTES, "--tmpfs", places::ETC]);
        for (path, _) in files {
            command
                .arg("--ro-bind")
                .arg(&path)
                .arg(Path::new(places::ETC).join(path.file_name().unwrap_or_default()));
        }
    }
    for name in keeper::CHANCE {
        command
            .arg("--ro-bind")
            .arg(root.join(places::CHANCE.trim_start_matches('/')))
            .arg(format!("/dev/{name}"));
    }
    // What is mounted in it stays as it is.
    command.args(["--remount-ro", "/dev"]);
    command.args(["--", places::SUPERVISOR_PATH]).arg(Rung::S3.to_string());
    command
        .env_clear()
        .env("PATH", places::PATH)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "bwrap is not on this machine (Debian: bubblewrap)".to_owned(),
            _ => format!("cannot start bwrap: {error}"),
        })
}
