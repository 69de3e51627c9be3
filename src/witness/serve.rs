//! The worker: reads questions from stdin until there are none, and answers on stdout.
//!
//! It says nothing to anybody else; its stderr is a pipe on which the asking side finds why it died.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, close};

use super::frame;
use crate::bash::SecondParser;

/// The role's `main`.
pub(super) fn serve(memory_bytes: Option<&OsStr>) -> ExitCode {
    let served = confine(memory_bytes).and_then(|()| answer());
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = write!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Gives up what a parser has no use for.
fn confine(memory_bytes: Option<&OsStr>) -> io::Result<()> {
    let bytes = memory_bytes.and_then(OsStr::to_str).and_then(|text| text.parse().ok());
    let bytes: u64 = bytes.ok_or_else(|| io::Error::other("this role is gauntlet's own"))?;
    // The limit says nothing to a program that collects core files; what cannot be dumped it does not get.
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    set_dumpable(false)?;
    // What the allocator has only reserved counts as address space, too: the limit is for what comes on top.
    let most = reserved_bytes().saturating_add(bytes);
    setrlimit(Resource::RLIMIT_AS, most, most)?;
    close_inherited();
    std::thread::Builder::new().stack_size(WATCH_STACK_BYTES).spawn(end_with_parent)?;
    Ok(())
}

/// The address space that this process has by now; 0 where nobody tells.
fn reserved_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")?.trim().strip_suffix(" kB"));
    size.and_then(|kilobytes| kilobytes.trim().parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Whatever the caller's caller left open: a lock or the end of a pipe would be held for as long as the worker lives.
fn close_inherited() {
    let Ok(folder) = std::fs::read_dir("/proc/self/fd") else { return };
    let numbers = folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let numbers: Vec<i32> = numbers.filter(|number| *number > 2).collect();
    for number in numbers {
        // One of them was the folder's own, which is closed by now.
        let _ = close(number);
    }
}

const WATCH_STACK_BYTES: usize = 64 << 10;

/// Kills this process when nobody holds the other end of its stdin: in the midst of a parse it would not notice.
///
/// Not `PR_SET_PDEATHSIG`: that signal comes when the thread ends that started the worker, which may be long before its
/// process does.
fn end_with_parent() {
    let stdin = io::stdin();
    loop {
        let mut watched = [PollFd::new(stdin.as_fd(), PollFlags::empty())];
        let polled = poll(&mut watched, PollTimeout::NONE);
        let gone = watched[0].any().unwrap_or(true);
        if polled.is_ok() && gone {
            let _ = kill(Pid::this(), Signal::SIGKILL);
        }
    }
}

fn answer() -> io::Result<()> {
    let mut from = io::stdin().lock();
    // Not `io::stdout`, which looks for line feeds to flush at.
    let mut to = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    to.write_all(&frame::GREETING)?;
    let mut parser = SecondParser::default();
    while let Some(question) = frame::read(&mut from)? {
        let answer = parser.answer(&question).ok_or_else(|| io::Error::other("a question that is none"))?;
        to.write_all(&frame::framed(&answer)?)?;
    }
    Ok(())
}
