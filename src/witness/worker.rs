//! The asking side of one worker: starts it, talks to it without ever waiting for good, buries it.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use super::frame::{self, GREETING, HEAD};
use super::{Limits, NAME};
use crate::bash::Silence;

/// One process that parses.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    to: ChildStdin,
    from: ChildStdout,
    said: ChildStderr,
    /// What it sent and nobody has taken yet.
    received: Vec<u8>,
    chunk: Box<[u8]>,
    greeted: bool,
    buried: bool,
}

/// How an answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// The worker closed its end: it is dead, or about to be.
    Ended,
    TooSlow,
    Garbled,
}

/// How long a worker that has closed its pipes may take to die of what made it close them.
const DYING: Duration = Duration::from_secs(1);

/// Bytes that are asked for at a time: the size of a pipe.
const CHUNK: usize = 64 << 10;

impl Worker {
    /// Starts one: `program` with arguments, or this very binary.
    pub(super) fn start(program: Option<(&Path, &[OsString])>, limits: &Limits) -> io::Result<Self> {
        // Not `current_exe`: the link leads to the file that runs, even where an upgrade has just replaced it.
        let (program, args) = program.unwrap_or((Path::new("/proc/self/exe"), &[]));
        let mut command = Command::new(program);
        if args.is_empty() {
            command.arg0(NAME).arg(limits.memory_bytes.to_string());
        }
        let mut child = command
            .args(args)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A Ctrl-C on the terminal is the asking side's to handle.
            .process_group(0)
            .spawn()?;
        let (Some(to), Some(from), Some(said)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(io::Error::other("it was started without pipes"));
        };
        let chunk = vec![0; CHUNK].into_boxed_slice();
        let worker =
            Self { child, to, from, said, received: Vec::new(), chunk, greeted: false, buried: false };
        for end in [worker.to.as_fd(), worker.from.as_fd(), worker.said.as_fd()] {
            fcntl(end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        }
        Ok(worker)
    }

    /// Whether it runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Whether it has ever said that it is a worker.
    pub(super) fn greeted(&self) -> bool {
        self.greeted
    }

    /// Hands over a message. A worker that listens takes it as fast as it is written.
    pub(super) fn send(&mut self, message: &[u8], time: Duration) -> Result<(), Lost> {
        let framed = frame::framed(message).map_err(|_| Lost::TooSlow)?;
        let mut rest = framed.as_slice();
        while !rest.is_empty() {
            match self.to.write(rest) {
                Ok(0) => return Err(Lost::Ended),
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if !ready(self.to.as_fd(), PollFlags::POLLOUT, time * 2) {
                        return Err(Lost::TooSlow);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Lost::Ended),
            }
        }
        Ok(())
    }

    /// Waits for the answer, which has at most `limit` bytes, for as long as the worker has not used up its `time`.
    pub(super) fn receive(&mut self, limit: usize, time: Duration, patience: u32) -> Result<Vec<u8>, Lost> {
        let mut watch = Watch::new(time, patience);
        loop {
            // First of all: what came while nobody looked did come in time.
            if let Some(answer) = self.take(limit)? {
                return Ok(answer);
            }
            if self.fill()? {
                continue;
            }
            if !ready(self.from.as_fd(), PollFlags::POLLIN, watch.pause()) && watch.is_over(self.child.id()) {
                return Err(Lost::TooSlow);
            }
        }
    }

    /// The answer, where all of it is there.
    fn take(&mut self, limit: usize) -> Result<Option<Vec<u8>>, Lost> {
        if !self.greeted {
            let Some((greeting, rest)) = self.received.split_first_chunk() else { return Ok(None) };
            if *greeting != GREETING {
                return Err(Lost::Garbled);
            }
            self.received = rest.to_vec();
            self.greeted = true;
        }
        let Some(head) = self.received.first_chunk::<HEAD>() else { return Ok(None) };
        let length = u32::from_le_bytes(*head) as usize;
        // One question, one answer: what comes behind it is none.
        if length > limit || self.received.len() > length + HEAD {
            return Err(Lost::Garbled);
        }
        if self.received.len() < length + HEAD {
            return Ok(None);
        }
        let mut answer = std::mem::take(&mut self.received);
        answer.drain(..HEAD);
        Ok(Some(answer))
    }

    /// Takes what is there, without waiting; whether there was anything.
    fn fill(&mut self) -> Result<bool, Lost> {
        match self.from.read(&mut self.chunk) {
            Ok(0) => Err(Lost::Ended),
            Ok(count) => {
                self.received.extend_from_slice(&self.chunk[..count]);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
            Err(_) => Err(Lost::Ended),
        }
    }

    /// Ends it, and says what became of it.
    pub(super) fn bury(mut self, lost: Lost) -> Silence {
        if lost == Lost::Ended {
            // Its own end says why; ours would hide that.
            let since = Instant::now();
            while self.is_alive() && since.elapsed() < DYING {
                thread::sleep(Duration::from_millis(1));
            }
        }
        let status = self.end();
        let mut said = Vec::new();
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = self.said.read(&mut chunk) {
            said.extend_from_slice(&chunk[..count]);
            if said.len() > CHUNK {
                break;
            }
        }
        silence(lost, status, &String::from_utf8_lossy(&said))
    }

    fn end(&mut self) -> Option<ExitStatus> {
        self.buried = true;
        let _ = self.child.kill();
        self.child.wait().ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if !self.buried {
            self.end();
        }
    }
}

/// What a lost answer means.
fn silence(lost: Lost, status: Option<ExitStatus>, said: &str) -> Silence {
    match lost {
        Lost::TooSlow => return Silence::TooSlow,
        Lost::Garbled => return Silence::Garbled,
        Lost::Ended => {}
    }
    // What tree-sitter and Rust say before they abort.
    if said.contains("failed to allocate")
        || said.contains("failed to reallocate")
        || said.contains("memory allocation of")
    {
        return Silence::OutOfMemory;
    }
    let how = match status.map(|status| (status.signal(), status.code())) {
        Some((Some(signal), _)) => Signal::try_from(signal)
            .map_or_else(|_| format!("signal {signal}"), |signal| signal.as_str().to_owned()),
        Some((None, Some(code))) => format!("exit code {code}"),
        _ => "it ended".to_owned(),
    };
    let said = said.lines().next().unwrap_or_default();
    Silence::Crashed(if said.is_empty() { how } else { format!("{how}: {said}") })
}

/// The bare facts of a silence, where no statement is to blame.
pub(super) fn told(silence: &Silence) -> String {
    match silence {
        Silence::Crashed(how) => how.clone(),
        Silence::TooSlow => "it says nothing".to_owned(),
        Silence::Garbled => "it says something else".to_owned(),
        Silence::OutOfMemory => "it has too little memory".to_owned(),
        Silence::GaveUp | Silence::Unavailable(_) => silence.to_string(),
    }
}

/// Whether something can be read or written within a time. An interrupted wait is a wait.
fn ready(end: BorrowedFd<'_>, for_what: PollFlags, time: Duration) -> bool {
    let timeout = PollTimeout::try_from(time.as_millis().max(1)).unwrap_or(PollTimeout::MAX);
    match poll(&mut [PollFd::new(end, for_what)], timeout) {
        Ok(count) => count > 0,
        Err(Errno::EINTR) => true,
        Err(_) => false,
    }
}

/// How long a worker has worked, and how long it was waited for.
///
/// Processor time decides: on a busy machine, or one that was suspended, the same text must get the same answer. The
/// clock is for a worker that does not work at all.
struct Watch {
    since: Instant,
    time: Duration,
    patience: u32,
    /// Its processor time when its time had passed on the clock for the first time.
    used: Option<Duration>,
}

impl Watch {
    fn new(time: Duration, patience: u32) -> Self {
        Self { since: Instant::now(), time, patience, used: None }
    }

    fn pause(&self) -> Duration {
        self.time
    }

    fn is_over(&mut self, id: u32) -> bool {
        if self.since.elapsed() >= self.time * self.patience {
            return true;
        }
        let Some(used) = processor_time(id) else { return false };
        let before = *self.used.get_or_insert(used);
        used.saturating_sub(before) >= self.time
    }
}

/// What a process has used up.
fn processor_time(id: u32) -> Option<Duration> {
    let clock = clock_getcpuclockid(Pid::from_raw(i32::try_from(id).ok()?)).ok()?;
    let time = clock_gettime(clock).ok()?;
    Some(Duration::new(u64::try_from(time.tv_sec()).ok()?, u32::try_from(time.tv_nsec()).ok()?))
}
