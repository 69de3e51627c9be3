//! A shell for a person in the world of a trial, after its end: what is typed and shown is carried between the person's
//! terminal and one of the world's own.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};

use super::capture::without_waiting;
use super::terminal::Terminal;
use super::{SandboxError, Setup, Worker};
use crate::trial::world::{Plan, Record};

/// How long somebody may stay.
pub(super) const LONGEST_MS: u64 = 12 * 60 * 60 * 1000;

/// What runs: a shell at the world's terminal, whatever its own descriptors are.
pub(super) const SHELL: &str =
    r"PS1='(world) \w \$ ' exec bash --noprofile --norc -i </dev/tty >/dev/tty 2>&1";

/// The person's terminal, as the supervisor has it.
pub(super) struct Relay {
    terminal: File,
    gone: bool,
}

impl Relay {
    /// The terminal is the stderr that this process was started with.
    pub fn open() -> io::Result<Self> {
        let terminal = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        without_waiting(&terminal)?;
        Ok(Self { terminal, gone: false })
    }

    /// The descriptor to wait on.
    pub fn waiting(&self) -> Option<BorrowedFd<'_>> {
        (!self.gone).then(|| self.terminal.as_fd())
    }

    /// Whether nobody sits there any more.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// Carries both ways what is there.
    pub fn carry(&mut self, world: &mut Terminal) {
        let shown = world.shown.take();
        let mut rest = shown.as_slice();
        while !rest.is_empty() && !self.gone {
            match self.terminal.write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let until = nix::poll::PollTimeout::from(100_u8);
                    let fd = nix::poll::PollFd::new(self.terminal.as_fd(), nix::poll::PollFlags::POLLOUT);
                    let _ = nix::poll::poll(&mut [fd], until);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.gone = true,
            }
        }
        let mut chunk = [0; 4096];
        match self.terminal.read(&mut chunk) {
            Ok(0) => self.gone = true,
            Ok(read) => world.typed.add(&chunk[..read]),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(_) => self.gone = true,
        }
    }
}

/// The person's terminal while the shell has it: every key goes to the world. Dropped, it is as it was.
struct Raw {
    terminal: File,
    before: Termios,
}

impl Raw {
    fn of(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut modes = before.clone();
        cfmakeraw(&mut modes);
        tcsetattr(&terminal, SetArg::TCSADRAIN, &modes)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, SetArg::TCSADRAIN, &self.before);
    }
}

/// Runs a plan in a world of its own, then opens a shell in it at this process's terminal; returns when that ends.
pub fn visit(setup: &Setup, plan: &Plan) -> Result<Record, SandboxError> {
    let open = || File::options().read(true).write(true).open("/dev/tty");
    let terminal = open()
        .map_err(|error| SandboxError::Trial(format!("there is no terminal to open a shell at ({error})")))?;
    let mut worker = Worker::start_with(setup, Some(open()?.into()))?;
    let raw = Raw::of(terminal)?;
    let record = worker.run(&Plan { shell: true, ..plan.clone() });
    drop(raw);
    record
}
