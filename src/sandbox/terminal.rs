//! A pseudo-terminal for scripts that read `/dev/tty`: the supervisor leads the session, so the first terminal that it opens
//! is the session's.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;

use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::signal::{Signal, killpg};
use nix::sys::termios::{LocalFlags, OutputFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::{Pid, tcsetpgrp};

use super::capture::{Capture, Feed};

/// Typed after everything else: each is an end of file to whoever reads on.
const END: &str = "\u{4}";
/// So many readers find the end.
const ENDS: usize = 16;

/// The terminal of a trial.
pub(super) struct Terminal {
    /// What is typed.
    pub typed: Feed<File>,
    /// What was shown.
    pub shown: Capture<File>,
    /// Held open: while it is, who reads the other end is not told that nobody is there.
    line: File,
}

impl Terminal {
    /// Opens a terminal at which `text` is typed. It does not echo.
    pub fn open(text: &str) -> io::Result<Self> {
        let (master, line) = Self::pair()?;
        let mut modes = tcgetattr(&line)?;
        modes.local_flags.remove(LocalFlags::ECHO | LocalFlags::ECHOE | LocalFlags::ECHOK);
        modes.output_flags.remove(OutputFlags::OPOST);
        tcsetattr(&line, SetArg::TCSANOW, &modes)?;
        let typed = Feed::new(master.try_clone()?, format!("{text}{}", END.repeat(ENDS)))?;
        Ok(Self { typed, shown: Capture::new(master)?, line })
    }

    /// Opens a terminal at which somebody sits.
    pub fn attended() -> io::Result<Self> {
        let (master, line) = Self::pair()?;
        Ok(Self { typed: Feed::open(master.try_clone()?)?, shown: Capture::new(master)?, line })
    }

    fn pair() -> io::Result<(File, File)> {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        // Opened without O_NOCTTY: it becomes the controlling terminal.
        let line = OpenOptions::new().read(true).write(true).open(ptsname_r(&master)?)?;
        Ok((File::from(master.as_fd().try_clone_to_owned()?), line))
    }

    /// Puts the script in front: others would be stopped when they read. It may have been already.
    pub fn give_to(&self, group: Pid) -> io::Result<()> {
        tcsetpgrp(&self.line, group)?;
        killpg(group, Signal::SIGCONT)?;
        Ok(())
    }
}
