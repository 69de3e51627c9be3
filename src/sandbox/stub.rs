//! A call, from the caller's side: says what was called, does what it is told, says what happened.
//!
//! It decides nothing. It is started once for every external command of a script, so it does little.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::wire::{self, Deed, Hello, Order, Shape, TargetKind, Tell, Words};
use super::{capture, clock, desk, journal, places};

mod limit;

/// Variables that are the stubs' own.
const OWN_VARIABLES: &[&str] =
    &["GAUNTLET_AT", "GAUNTLET_OUTER", "GAUNTLET_CWD", "BASH_ENV", limit::VARIABLE];

/// How much of a program's output is held back until it ends.
const HELD: u64 = 1024 * 1024;

/// How long a call that does not read its stdin waits for whoever feeds it to have begun.
const FEEDER: u16 = 100;

/// The role's `main`.
pub(super) fn serve(called: &OsStr, words: impl Iterator<Item = OsString>) -> ExitCode {
    let called_as = called.to_string_lossy().into_owned();
    let words: Vec<OsString> = words.collect();
    let call = Call { program: program(&called_as), called: called_as, words };
    match call.make() {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "gauntlet: {}: the world does not answer: {error}", call.program);
            ExitCode::from(126)
        }
    }
}

/// The name under which this binary was executed: `argv[0]` is the caller's to choose.
fn program(called: &str) -> String {
    let executed = fs::read_link("/proc/self/exe").unwrap_or_default();
    let name = executed.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let nameless = executed == Path::new(places::STUB) || name.is_empty();
    if nameless { called.rsplit('/').next().unwrap_or_default().to_owned() } else { name }
}

struct Call {
    called: String,
    program: String,
    words: Vec<OsString>,
}

/// How a call ends.
enum Ending {
    Code(u8),
    /// By this signal.
    Signal(Signal),
}

impl Call {
    fn make(&self) -> io::Result<ExitCode> {
        let mut stream = UnixStream::connect_addr(&desk::address()?)?;
        wire::send_value(&mut stream, &Tell::Call(self.hello()))?;
        let mut stdin = None;
        let mut order = next(&mut stream)?;
        if order == Order::ReadStdin {
            let mut read = Vec::new();
            io::stdin().read_to_end(&mut read)?;
            wire::send_value(&mut stream, &Tell::Stdin(String::from_utf8_lossy(&read).into_owned()))?;
            stdin = Some(read);
            order = next(&mut stream)?;
        }
        if let Order::Special { now, bash_env } = &order {
            // Nothing of it is recorded.
            drop(stream);
            return self.special(*now, bash_env);
        }
        if let Order::Limit(number) = order {
            return limit::run(&self.called, &self.words, number, stream);
        }
        if let Order::Interrupted { signal, group, then } = order {
            let is_of_the_group = nix::unistd::getpgrp().as_raw() == group;
            if let Some(signal) =
                signal.and_then(|raw| Signal::try_from(raw).ok()).filter(|_| is_of_the_group)
            {
                // Whoever ignores it lives on: a job in the background ignores SIGINT.
                kill(Pid::this(), signal)?;
            }
            order = *then;
        }
        let (ending, deed) = match order {
            Order::Reply(words) => self.reply(&words, stdin.is_some()),
            Order::Handler { text, feed, writes, shape, placed } => {
                let feed = if feed { stdin } else { None };
                self.handler(&text, feed, &writes, &shape, placed)?
            }
            Order::Real { shape } => self.real(&shape)?,
            Order::Hang => loop {
                // `timeout` ends this, or the trial.
                nix::unistd::pause();
            },
            Order::Limit(_)
            | Order::Expired
            | Order::Interrupted { .. }
            | Order::Die
            | Order::ReadStdin
            | Order::Special { .. } => {
                (Ending::Signal(Signal::SIGKILL), Deed { exit: 137, ..Deed::default() })
            }
        };
        wire::send_value(&mut stream, &Tell::Done(deed))?;
        drop(stream);
        end(&ending)
    }

    fn hello(&self) -> Hello {
        let words = self.words.iter().map(|word| word.to_string_lossy().into_owned());
        Hello {
            argv: std::iter::once(self.called.clone()).chain(words).collect(),
            program: self.program.clone(),
            at: caller(),
            output: capture::target(io::stdout()),
            limit: std::env::var(limit::VARIABLE).ok().and_then(|number| number.parse().ok()),
        }
    }

    fn reply(&self, words: &Words, has_read: bool) -> (Ending, Deed) {
        if !has_read {
            wait_for_feeder();
        }
        let _ = io::stderr().write_all(words.stderr.as_bytes());
        let mut exit = words.exit;
        if let Err(error) = write_files(&words.writes) {
            let _ = writeln!(io::stderr(), "{}: {error}", self.program);
            exit = exit.max(1);
        }
        match print(words.stdout.as_bytes()) {
            Printed::All => (Ending::Code(exit), Deed { exit: exit.into(), ..Deed::default() }),
            printed => self.unprinted(&printed),
        }
    }

    fn unprinted(&self, printed: &Printed) -> (Ending, Deed) {
        match printed {
            Printed::BrokenPipe if !sigpipe_is_ignored() => {
                (Ending::Signal(Signal::SIGPIPE), Deed { exit: 141, broken_pipe: true, ..Deed::default() })
            }
            _ => {
                let _ = writeln!(io::stderr(), "{}: write error", self.program);
                let broken_pipe = matches!(printed, Printed::BrokenPipe);
                (Ending::Code(1), Deed { exit: 1, broken_pipe, ..Deed::default() })
            }
        }
    }

    fn handler(
        &self,
        text: &str,
        feed: Option<Vec<u8>>,
        writes: &[(String, String)],
        shape: &Shape,
        placed: bool,
    ) -> io::Result<(Ending, Deed)> {
        if feed.is_none() {
            wait_for_feeder();
        }
        if let Err(error) = write_files(writes) {
            let _ = writeln!(io::stderr(), "{}: {error}", self.program);
        }
        let mut command = Command::new(places::BASH);
        command
            .arg0("bash")
            .arg("-c")
            .arg(text)
            .arg(&self.called)
            .args(&self.words)
            .env("STATE", places::STATE);
        for name in OWN_VARIABLES {
            command.env_remove(name);
        }
        if let Some((file, line)) = caller().filter(|_| placed) {
            command.env("GAUNTLET_OUTER", format!("{file}:{line}"));
        }
        self.relay(command, feed, Feeding::Given, shape)
    }

    fn real(&self, shape: &Shape) -> io::Result<(Ending, Deed)> {
        let mut command = Command::new(format!("{}/{}", places::REAL, self.program));
        command.arg0(&self.called).args(&self.words);
        for name in OWN_VARIABLES {
            command.env_remove(name);
        }
        self.relay(command, None, Feeding::Own, shape)
    }

    /// Runs a program and passes its output on.
    fn relay(
        &self,
        mut command: Command,
        feed: Option<Vec<u8>>,
        feeding: Feeding,
        shape: &Shape,
    ) -> io::Result<(Ending, Deed)> {
        command.stdout(Stdio::piped()).stdin(match (&feed, feeding) {
            (Some(_), _) => Stdio::piped(),
            (None, Feeding::Own) => Stdio::inherit(),
            (None, Feeding::Given) => Stdio::null(),
        });
        let mut child = command.spawn()?;
        let feeder = child.stdin.take().zip(feed).map(|(mut to, bytes)| {
            // It may end without reading: that is its right.
            std::thread::spawn(move || drop(to.write_all(&bytes)))
        });
        let mut from = child.stdout.take().expect("it was piped");
        // Printed in one piece: in how many the program printed it would decide whether a consumer that closes early
        // kills it. What never ends is passed on as it comes.
        let mut said = Vec::new();
        (&mut from).take(HELD).read_to_end(&mut said)?;
        let whole = String::from_utf8_lossy(&said);
        let text = shape.of(&whole);
        let mut printed = if *shape == Shape::Whole { print(&said) } else { print(text.as_bytes()) };
        let mut chunk = vec![0; 16 * 1024];
        while matches!(printed, Printed::All) && matches!(shape, Shape::Whole | Shape::Padded) {
            let read = from.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            printed = print(&chunk[..read]);
        }
        // Closed before waiting: a program that still prints must notice.
        drop(from);
        let status = child.wait()?;
        if let Some(feeder) = feeder {
            let _ = feeder.join();
        }
        let stdout = Some(journal::head(&text));
        if !matches!(printed, Printed::All) {
            let (ending, deed) = self.unprinted(&printed);
            return Ok((ending, Deed { stdout, ..deed }));
        }
        match shape {
            Shape::Full { exit, stderr } => {
                let _ = io::stderr().write_all(stderr.as_bytes());
                let deed = Deed { exit: (*exit).into(), stdout, ..Deed::default() };
                return Ok((Ending::Code(*exit), deed));
            }
            Shape::Garbage => return Ok((Ending::Code(0), Deed { stdout, ..Deed::default() })),
            Shape::Whole | Shape::Padded | Shape::Half => {}
        }
        let (ending, exit) = match (status.code(), status.signal().and_then(|raw| Signal::try_from(raw).ok()))
        {
            (Some(code), _) => (Ending::Code(u8::try_from(code & 0xff).unwrap_or(1)), code),
            (None, Some(signal)) => (Ending::Signal(signal), 128 + signal as i32),
            (None, None) => (Ending::Code(1), 1),
        };
        Ok((ending, Deed { exit, stdout, ..Deed::default() }))
    }

    /// `bash`, `sleep`, `date`: not recorded.
    fn special(&self, now: u64, bash_env: &str) -> io::Result<ExitCode> {
        let texts = || self.words.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>();
        match self.program.as_str() {
            "sleep" if clock::valid(&texts()) => Ok(ExitCode::SUCCESS),
            "sleep" => {
                let _ = writeln!(io::stderr(), "sleep: invalid time interval");
                Ok(ExitCode::FAILURE)
            }
            "timeout" => {
                let _ = writeln!(
                    io::stderr(),
                    "timeout: invalid words\nTry 'timeout --help' for more information."
                );
                Ok(ExitCode::from(125))
            }
            "date" => {
                let date = format!("{}/date", places::REAL);
                let words = clock::date_words(&date, texts(), now);
                Err(Command::new(date).arg0(&self.called).args(words).exec())
            }
            shell => Err(Command::new(format!("{}/{shell}", places::PRIVATE))
                .arg0(&self.called)
                .args(&self.words)
                .env("BASH_ENV", bash_env)
                .exec()),
        }
    }
}

/// Where a program's stdin comes from when it was not read for it.
#[derive(Clone, Copy)]
enum Feeding {
    /// The call's own.
    Own,
    /// None.
    Given,
}

/// The next order.
fn next(stream: &mut UnixStream) -> io::Result<Order> {
    wire::receive_value(stream)?.ok_or_else(|| io::Error::other("the supervisor is gone"))
}

/// Which line of which script calls: what the shell's `DEBUG` trap said last.
fn caller() -> Option<(String, u32)> {
    let variable = |name: &str| std::env::var(name).ok();
    let place = |text: &str| {
        let (file, line) = text.rsplit_once(':')?;
        let line: u32 = line.parse().ok()?;
        (!file.is_empty()).then(|| (file.to_owned(), line))
    };
    let (file, line) = variable("GAUNTLET_AT")
        .and_then(|text| place(&text))
        .or_else(|| variable("GAUNTLET_OUTER").and_then(|text| place(&text)))?;
    if file.starts_with('/') {
        return Some((tidy(&file), line));
    }
    // As it was named when the shell started; a library may have been named later, from another folder.
    let bases =
        [variable("GAUNTLET_CWD"), std::env::current_dir().ok().map(|path| path.display().to_string())];
    let found = bases
        .into_iter()
        .flatten()
        .map(|base| format!("{base}/{file}"))
        .find(|path| Path::new(path).exists());
    Some((found.map_or(file, |path| tidy(&path)), line))
}

/// Without `.` and `x/..`.
fn tidy(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    format!("/{}", parts.join("/"))
}

enum Printed {
    All,
    BrokenPipe,
    Failed,
}

fn print(mut bytes: &[u8]) -> Printed {
    while !bytes.is_empty() {
        match nix::unistd::write(io::stdout().as_fd(), bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(nix::errno::Errno::EINTR) => {}
            Err(nix::errno::Errno::EPIPE) => return Printed::BrokenPipe,
            Err(_) => return Printed::Failed,
        }
    }
    Printed::All
}

/// A call at the end of a pipe that exits before its producer has begun would kill it: sometimes. Waits until the pipe
/// has something in it or is closed, and leaves it there.
fn wait_for_feeder() {
    let pipe = capture::target(io::stdin()).is_some_and(|target| target.kind == TargetKind::Pipe);
    if pipe {
        let stdin = io::stdin();
        let _ = poll(&mut [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)], PollTimeout::from(FEEDER));
    }
}

fn write_files(writes: &[(String, String)]) -> io::Result<()> {
    for (path, text) in writes {
        if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.exists()) {
            // Where it cannot be made, the file says why.
            let _ = fs::create_dir_all(folder);
        }
        fs::write(path, text).map_err(|error| io::Error::other(format!("cannot write {path}: {error}")))?;
    }
    Ok(())
}

/// Whether the caller ignores SIGPIPE, and its children with it. Rust's runtime has overwritten our own.
fn sigpipe_is_ignored() -> bool {
    const BIT: u64 = 1 << (Signal::SIGPIPE as u64 - 1);
    let parent = nix::unistd::getppid();
    if parent.as_raw() == 1 {
        // The caller is gone, or has become this call: the supervisor's own mask says nothing of it.
        return false;
    }
    let status = fs::read_to_string(format!("/proc/{parent}/status")).unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & BIT != 0)
}

fn end(ending: &Ending) -> io::Result<ExitCode> {
    match ending {
        Ending::Code(code) => Ok(ExitCode::from(*code)),
        Ending::Signal(Signal::SIGKILL) => {
            kill(Pid::this(), Signal::SIGKILL)?;
            Ok(ExitCode::from(137))
        }
        // Rust's runtime ignores SIGPIPE, and giving it back its meaning is `unsafe`; a shell that is executed gets
        // it back from the standard library.
        Ending::Signal(signal) => {
            let mut command = Command::new(places::BASH);
            for name in OWN_VARIABLES {
                command.env_remove(name);
            }
            Err(command.arg("-c").arg(format!("kill -{} $$", *signal as i32)).exec())
        }
    }
}
