//! The first process of a world: makes its namespaces, starts the keeper in them, and waits.
//!
//! It owns no file and speaks to nobody unless something fails.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use nix::sched::{CloneFlags, unshare};

use super::places;
use super::wire::{self, Reply};
use crate::event::Rung;

/// The role's `main`.
/// `folder` is where a world's root may be built on the host.
pub(super) fn serve(rung: Option<&OsStr>, folder: Option<&OsStr>) -> ExitCode {
    match house(rung.and_then(OsStr::to_str), folder) {
        Ok(code) => code,
        Err(reason) => {
            let _ = wire::send_value(&mut io::stdout().lock(), &Reply::Failed(reason));
            ExitCode::FAILURE
        }
    }
}

fn house(word: Option<&str>, folder: Option<&OsStr>) -> Result<ExitCode, String> {
    let rung = word.and_then(Rung::parse).ok_or("this role is the sandbox's own")?;
    close_the_rest().map_err(|error| format!("cannot close inherited descriptors: {error}"))?;
    if rung == Rung::S3 {
        // It makes its namespaces itself, anew for each trial.
        return Ok(super::bwrap::serve(folder));
    }
    if rung.is_hosted() {
        return Ok(super::hosted::serve(rung, folder));
    }
    if rung == Rung::S2 {
        enter_user_namespace(0)?;
    }
    let kinds = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWPID;
    unshare(kinds)
        .map_err(|error| format!("cannot make mount, net, ipc, uts and pid namespaces: {error}"))?;
    let status = Command::new("/proc/self/exe")
        .arg0(places::KEEPER)
        .arg(rung.to_string())
        .env_clear()
        .status()
        .map_err(|error| format!("cannot start the keeper in the new namespaces: {error}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whatever the caller left open is not the world's.
fn close_the_rest() -> io::Result<()> {
    let open: Vec<i32> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2) {
        // The folder's own descriptor is closed by now.
        let _ = nix::unistd::close(descriptor);
    }
    Ok(())
}

/// Unshares a user namespace in which the caller is `user`.
pub(super) fn enter_user_namespace(user: u32) -> Result<(), String> {
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|error| format!("cannot make a user namespace: {error}"))?;
    let write = |file: &str, text: String| {
        std::fs::OpenOptions::new()
            .write(true)
            .open(file)
            .and_then(|mut open| open.write_all(text.as_bytes()))
            .map_err(|error| format!("cannot write {file} of the user namespace: {error}"))
    };
    write("/proc/self/setgroups", "deny".to_owned())?;
    write("/proc/self/uid_map", format!("{user} {uid} 1"))?;
    write("/proc/self/gid_map", format!("{user} {gid} 1"))
}
