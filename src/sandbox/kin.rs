//! The processes of a trial, where no pid namespace holds them: whoever descends from the supervisor.
//!
//! It is their subreaper: who loses his parent becomes its child, so nobody gets away.

use std::collections::BTreeMap;
use std::os::fd::AsFd;
use std::{fs, io};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::root;

/// So often it is looked for survivors: a process that is made while others die is found by the next look.
const LOOKS: usize = 1000;

/// Makes orphans this process's own.
pub(super) fn adopt() -> nix::Result<()> {
    set_child_subreaper(true)
}

/// Whether the keeper of such a world is gone: its end of this process's stdin is closed.
pub(super) fn is_forsaken() -> bool {
    let stdin = io::stdin();
    let mut keeper = [PollFd::new(stdin.as_fd(), PollFlags::empty())];
    !root::root().is_empty()
        && poll(&mut keeper, PollTimeout::ZERO).is_ok()
        && keeper[0].revents().is_some_and(|told| told.intersects(PollFlags::POLLHUP | PollFlags::POLLERR))
}

/// All descendants of this process.
pub(super) fn descendants() -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // Behind the name, which may hold anything: the state, the parent.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        if let Some(parent) = parent {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![std::process::id()];
    while let Some(id) = open.pop() {
        let own = children.remove(&id).unwrap_or_default();
        found.extend_from_slice(&own);
        open.extend(own);
    }
    found
}

/// Kills them all, and buries them.
pub(super) fn kill_all() {
    for _ in 0..LOOKS {
        let all = descendants();
        for id in &all {
            if let Ok(id) = i32::try_from(*id) {
                let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
            }
        }
        let any = Pid::from_raw(-1);
        while matches!(waitpid(any, Some(WaitPidFlag::WNOHANG)), Ok(status) if status != WaitStatus::StillAlive)
        {
        }
        if all.is_empty() {
            return;
        }
    }
}
