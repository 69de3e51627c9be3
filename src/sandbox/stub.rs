//! A call, from the caller's side: says what was called, does what it is told, says what happened.
//!
//! It decides nothing. What most calls need the program in `stub/` does; this one does all that a call can need.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::brief::{self, Kind, Says};
use super::call::{self, Printed};
use super::wire::{self, Deed, Order, Shape, Tell, Words};
use super::{clock, journal, places, relay, root};

mod limit;
mod temporary;

/// The role's `main`.
pub(super) fn serve(called: &OsStr, words: impl Iterator<Item = OsString>) -> ExitCode {
    let called = called.to_string_lossy().into_owned();
    let words: Vec<OsString> = words.collect();
    let taken_over = std::env::var(places::TAKEN_OVER).ok().and_then(|text| {
        let (number, program) = text.split_once(':')?;
        Some((number.parse().ok()?, program.to_owned()))
    });
    let (number, program) = taken_over
        .map_or_else(|| (None, call::program(&called)), |(number, program)| (Some(number), program));
    let call = Call { called, program, words };
    match call.make(number) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "gauntlet: {}: the world does not answer: {error}", call.program);
            ExitCode::from(126)
        }
    }
}

struct Call {
    called: String,
    program: String,
    words: Vec<OsString>,
}

/// The signal that nobody survives.
const SIGKILL: u32 = Signal::SIGKILL as u32;

/// How a call ends.
enum Ending {
    Code(u8),
    /// By this signal.
    Signal(u32),
}

impl Call {
    /// `number`: of the call that a smaller program has begun.
    fn make(&self, number: Option<usize>) -> io::Result<ExitCode> {
        let mut stream = call::connect()?;
        if let Some(number) = number {
            wire::send_value(&mut stream, &Tell::TakeOver(number))?;
        } else {
            let this = brief::Call { whole: true, ..call::this(&self.called, &self.words) };
            wire::send(&mut stream, &Says::Call(this).bytes())?;
        }
        let mut stdin = None;
        let mut order = next(&mut stream)?;
        if let Order::Fed(read) = order {
            stdin = Some(read);
            order = next(&mut stream)?;
        }
        if order == Order::ReadStdin {
            let read = call::read_stdin()?;
            wire::send(&mut stream, &Says::Stdin(read.clone()).bytes())?;
            stdin = Some(read);
            order = next(&mut stream)?;
        }
        // Nothing of these is recorded.
        match &order {
            Order::Exit { exit, stderr } => {
                let _ = io::stderr().write_all(stderr.as_bytes());
                return Ok(ExitCode::from(*exit));
            }
            Order::Shell { bash_env } => {
                return Err(call::shell(&self.program, &self.called, &self.words, bash_env));
            }
            Order::Special { now } => {
                drop(stream);
                return self.special(*now);
            }
            _ => {}
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
            Order::Handler { text, feed, writes, shape, placed, behind } => {
                let feed = if feed { stdin } else { None };
                self.handler(&text, feed, &writes, &shape, (placed, behind.as_ref()))?
            }
            Order::Real { shape, before } => self.real(&shape, before)?,
            Order::Hang => loop {
                // `timeout` ends this, or the trial.
                nix::unistd::pause();
            },
            Order::Limit(_)
            | Order::Expired
            | Order::Interrupted { .. }
            | Order::Die
            | Order::ReadStdin
            | Order::Fed(_)
            | Order::Exit { .. }
            | Order::Shell { .. }
            | Order::Special { .. } => (Ending::Signal(SIGKILL), Deed { exit: 137, ..Deed::default() }),
        };
        wire::send_value(&mut stream, &Tell::Done(deed))?;
        drop(stream);
        end(&ending)
    }

    fn reply(&self, words: &Words, has_read: bool) -> (Ending, Deed) {
        if !has_read {
            wait_for_feeder();
        }
        let _ = io::stderr().write_all(words.stderr.as_bytes());
        let mut exit = words.exit;
        if let Err(error) = write_files(&words.writes, words.guessed) {
            let _ = writeln!(io::stderr(), "{}: {error}", self.program);
            exit = exit.max(1);
        }
        match call::print(words.stdout.as_bytes()) {
            Printed::All => (Ending::Code(exit), Deed { exit: exit.into(), ..Deed::default() }),
            printed => self.unprinted(printed),
        }
    }

    fn unprinted(&self, printed: Printed) -> (Ending, Deed) {
        let (exit, signal) = call::ended(&self.program, printed, (0, None));
        let deed = Deed { exit: exit.into(), broken_pipe: printed == Printed::BrokenPipe, ..Deed::default() };
        (signal.map_or(Ending::Code(exit), Ending::Signal), deed)
    }

    fn handler(
        &self,
        text: &str,
        feed: Option<Vec<u8>>,
        writes: &[(String, String)],
        shape: &Shape,
        (placed, behind): (bool, Option<&(i64, String)>),
    ) -> io::Result<(Ending, Deed)> {
        if feed.is_none() {
            wait_for_feeder();
        }
        if let Err(error) = write_files(writes, false) {
            let _ = writeln!(io::stderr(), "{}: {error}", self.program);
        }
        let command = relay::handler(text, &self.called, &self.words, placed, behind);
        self.relay(command, feed, false, (shape, &|said| said))
    }

    fn real(&self, shape: &Shape, before: usize) -> io::Result<(Ending, Deed)> {
        let command = relay::real(&self.program, &self.called, &self.words);
        if self.program == "mktemp" {
            let named = |said: String| temporary::settled(&said, &self.words, before);
            return self.relay(command, None, true, (shape, &named));
        }
        self.relay(command, None, true, (shape, &|said| said))
    }

    /// Runs a program and passes its output on: first what `own` makes of it, then the shape.
    fn relay(
        &self,
        command: Command,
        feed: Option<Vec<u8>>,
        has_stdin: bool,
        (shape, own): (&Shape, &dyn Fn(String) -> String),
    ) -> io::Result<(Ending, Deed)> {
        let change = |said: &[u8]| shape.of(&own(String::from_utf8_lossy(said).into_owned())).into_bytes();
        let changes = *shape != Shape::Whole || self.program == "mktemp";
        let change = changes.then_some(&change as relay::Change<'_>);
        let endless = matches!(shape, Shape::Whole | Shape::Padded);
        let relayed = relay::relay(command, feed, has_stdin, change, endless)?;
        let stdout = Some(journal::head(&String::from_utf8_lossy(&relayed.said)));
        if relayed.printed != Printed::All {
            let (ending, deed) = self.unprinted(relayed.printed);
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
        let (exit, signal) = relay::ending(relayed.status);
        let ending = signal.map_or(Ending::Code(exit), Ending::Signal);
        Ok((ending, Deed { exit: exit.into(), stdout, ..Deed::default() }))
    }

    /// `date`, and a `timeout` whose words say nothing: not recorded.
    fn special(&self, now: u64) -> io::Result<ExitCode> {
        if self.program == "timeout" {
            let _ =
                writeln!(io::stderr(), "timeout: invalid words\nTry 'timeout --help' for more information.");
            return Ok(ExitCode::from(125));
        }
        let words = self.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let date = root::text(&format!("{}/date", places::REAL));
        let words = clock::date_words(&date, words, now);
        Err(Command::new(date).arg0(&self.called).args(words).exec())
    }
}

/// The next order.
fn next(stream: &mut UnixStream) -> io::Result<Order> {
    wire::receive_value(stream)?.ok_or_else(|| io::Error::other("the supervisor is gone"))
}

/// A call at the end of a pipe that exits before its producer has begun would kill it: sometimes. Waits until the pipe
/// has something in it or is closed, and leaves it there.
fn wait_for_feeder() {
    let pipe = call::leads(io::stdin()).is_some_and(|(.., kind)| kind == Kind::Pipe);
    if pipe {
        let stdin = io::stdin();
        let _ = poll(&mut [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)], PollTimeout::from(places::FEEDER));
    }
}

fn write_files(writes: &[(String, String)], guessed: bool) -> io::Result<()> {
    for (path, text) in writes {
        let path = &root::word(path);
        // `tar -C "$folder"`: the words say no more than that it writes there.
        if guessed && Path::new(path).is_dir() {
            continue;
        }
        if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.exists()) {
            // Where it cannot be made, the file says why.
            let _ = fs::create_dir_all(folder);
        }
        fs::write(path, text).map_err(|error| io::Error::other(format!("cannot write {path}: {error}")))?;
    }
    Ok(())
}

fn end(ending: &Ending) -> io::Result<ExitCode> {
    match ending {
        Ending::Code(code) => Ok(ExitCode::from(*code)),
        Ending::Signal(SIGKILL) => {
            kill(Pid::this(), Signal::SIGKILL)?;
            Ok(ExitCode::from(137))
        }
        Ending::Signal(signal) => Err(call::die(*signal)),
    }
}
