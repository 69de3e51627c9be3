//! A call of a script in a trial's world, in a program so small that it starts in no time: `build.rs` compiles it and the
//! `gauntlet` binary holds it.
//!
//! It says what was called and prints what it is told. Whatever is more than that it leaves to the `gauntlet` binary, which it
//! becomes: that takes the call over where this one left it.
//!
//! It has no C library: what that asks of the processor before `main` would be most of the time that a call takes. So the
//! kernel is asked directly (`sys`, which alone is not checked by the compiler); everything else is safe.

#![no_std]
#![no_main]
#![no_builtins]
#![deny(unsafe_code)]

// The modules that it shares with the library say `std`; they need no more of it than this.
extern crate alloc as std;

use std::borrow::ToOwned;
use std::format;
use std::string::String;
use std::vec::Vec;

#[path = "../src/sandbox/brief.rs"]
mod brief;
#[path = "../src/sandbox/caller.rs"]
mod caller;
#[path = "../src/sandbox/places.rs"]
mod places;
mod sys;

use brief::{Call, Hears, Kind, Says};
use caller::Told;
use sys::{Errno, Fd, Process};

/// Where a call cannot be made: what a shell says of a program that cannot be executed.
const BROKEN: u8 = 126;

impl Told for Process {
    fn variable(&self, name: &str) -> Option<String> {
        String::from_utf8(Process::variable(self, name)?.to_owned()).ok()
    }

    fn folder(&self) -> Option<String> {
        String::from_utf8(sys::folder()?).ok()
    }

    fn exists(&self, path: &str) -> bool {
        sys::exists(path)
    }
}

/// What the process does from its first instruction on.
fn main(process: &Process) -> u8 {
    // Whoever reads the answer may be gone: that is told first, and died of then.
    let pipe = sys::hold_back_sigpipe();
    let called = process.argv().next().unwrap_or_default();
    let called = String::from_utf8_lossy(called).into_owned();
    let executed = String::from_utf8_lossy(&sys::executed()).into_owned();
    let root = root(&executed);
    let program = caller::program(executed.strip_prefix(root).unwrap_or(&executed), &called);
    match make(process, &program, root, &pipe) {
        Ok(code) => code,
        Err(Errno(number)) => {
            let text = format!("gauntlet: {program}: the world does not answer: error {number}\n");
            let _ = sys::write_all(sys::STDERR, text.as_bytes());
            BROKEN
        }
    }
}

/// The folder that is the world's `/`: empty where it is this process's own, else the one above that has the stub.
fn root(executed: &str) -> &str {
    let ends = executed.match_indices('/').map(|(at, _)| &executed[..at]);
    { ends }.find(|root| sys::exists(&format!("{root}{}", places::STUB))).unwrap_or_default()
}

fn make(process: &Process, program: &str, root: &str, pipe: &sys::HeldBack) -> Result<u8, Errno> {
    let stream = sys::connect(&caller::socket(root))?;
    say(stream, &Says::Call(this(process, program)))?;
    let mut has_read = false;
    loop {
        match hear(stream)? {
            Hears::ReadStdin => {
                has_read = true;
                // What cannot be read (it is closed, it is a folder) has nothing in it.
                say(stream, &Says::Stdin(sys::read_to_end(sys::STDIN).unwrap_or_default()))?;
            }
            Hears::Reply { waits, stdout, stderr, exit } => {
                if waits && !has_read {
                    sys::wait_for_input(sys::STDIN, places::FEEDER.into());
                }
                let _ = sys::write_all(sys::STDERR, &stderr);
                return Ok(end(program, sys::write_all(sys::STDOUT, &stdout), exit, stream, pipe));
            }
            Hears::Shell { bash_env } => {
                let shell = format!("{root}{}/{program}", places::PRIVATE);
                pipe.let_go();
                return Err(process.become_program(&shell, &[("BASH_ENV", Some(&bash_env)), (places::TAKEN_OVER, None)]));
            }
            Hears::TakenOver(number) => {
                let number = format!("{number}:{program}");
                pipe.let_go();
                let whole = format!("{root}{}", places::WHOLE);
                let found = Some(root).filter(|root| !root.is_empty());
                return Err(process.become_program(&whole, &[(places::TAKEN_OVER, Some(&number)), (places::ROOT, found)]));
            }
        }
    }
}

/// The call that this process is.
fn this(process: &Process, program: &str) -> Call {
    let leads = |descriptor| {
        let about = sys::about(descriptor)?;
        let kind = if about.is_pipe {
            Kind::Pipe
        } else if about.is_null {
            Kind::Null
        } else {
            Kind::File
        };
        Some((about.device, about.inode, kind))
    };
    Call {
        argv: process.argv().map(|word| String::from_utf8_lossy(word).into_owned()).collect(),
        program: program.to_owned(),
        folder: Told::folder(process).unwrap_or_else(|| "/".to_owned()),
        at: caller::caller(process),
        output: leads(sys::STDOUT),
        input: leads(sys::STDIN),
        limit: Told::variable(process, places::LIMIT).and_then(|number| number.parse().ok()),
        whole: false,
    }
}

/// Says how it ended, and ends so: the exit code, where it did not die.
fn end(program: &str, printed: Result<(), Errno>, exit: u8, stream: Fd, pipe: &sys::HeldBack) -> u8 {
    let is_gone = printed == Err(sys::EPIPE);
    let dies = is_gone && !pipe.is_ignored();
    let exit = match printed {
        Ok(()) => exit,
        Err(_) if dies => 128 + sys::SIGPIPE,
        Err(_) => {
            let _ = sys::write_all(sys::STDERR, format!("{program}: write error\n").as_bytes());
            1
        }
    };
    // Whoever is told may be gone itself: then nobody asks.
    let _ = say(stream, &Says::Done { exit, broken_pipe: is_gone });
    if dies {
        pipe.let_go();
    }
    exit
}

fn say(stream: Fd, said: &Says) -> Result<(), Errno> {
    let body = said.bytes();
    let length = u32::try_from(body.len()).map_err(|_| sys::TOO_LONG)?;
    let mut frame = Vec::with_capacity(body.len() + 4);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&body);
    sys::write_all(stream, &frame)
}

fn hear(stream: Fd) -> Result<Hears, Errno> {
    let mut length = [0; 4];
    sys::read_exact(stream, &mut length)?;
    let mut body = std::vec![0; u32::from_le_bytes(length) as usize];
    sys::read_exact(stream, &mut body)?;
    Hears::read(&body).ok_or(sys::DAMAGED)
}
