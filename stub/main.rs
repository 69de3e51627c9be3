//! A call of a script in a trial's world, in a program so small that it starts in no time: `build.rs` compiles it and the
//! `gauntlet` binary holds it.
//!
//! It says what was called and prints what it is told. Whatever is more than that it leaves to the `gauntlet` binary, which it
//! becomes: that takes the call over where this one left it.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

#[path = "../src/sandbox/brief.rs"]
mod brief;
#[path = "../src/sandbox/call.rs"]
mod call;
#[path = "../src/sandbox/places.rs"]
mod places;
#[path = "../src/sandbox/relay.rs"]
mod relay;

use brief::{Call, Hears, Says};
use call::Printed;

/// A connection to whoever answers.
type Stream = std::os::unix::net::UnixStream;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let called = words.next().unwrap_or_default().to_string_lossy().into_owned();
    let words: Vec<OsString> = words.collect();
    let this = call::this(&called, &words);
    let program = this.program.clone();
    match make(this, &called, &words) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "gauntlet: {program}: the world does not answer: {error}");
            ExitCode::from(126)
        }
    }
}

fn make(this: Call, called: &str, words: &[OsString]) -> io::Result<ExitCode> {
    let program = this.program.clone();
    let mut stream = call::connect()?;
    say(&mut stream, &Says::Call(this))?;
    let mut stdin = None;
    let mut order = hear(&mut stream)?;
    if order == Hears::ReadStdin {
        let read = call::read_stdin()?;
        say(&mut stream, &Says::Stdin(read.clone()))?;
        stdin = Some(read);
        order = hear(&mut stream)?;
    }
    match order {
        Hears::Reply { stdout, stderr, exit } => {
            if !stderr.is_empty() {
                let _ = io::stderr().write_all(&stderr);
            }
            end(&program, call::print(&stdout), (exit, None), None, stream)
        }
        Hears::Handler { text, feed, placed, behind } => {
            let command = relay::handler(&text, called, words, placed, behind.as_ref());
            let relayed = relay::relay(command, stdin.filter(|_| feed), false, None, true)?;
            end(&program, relayed.printed, relay::ending(relayed.status), Some(relayed.said), stream)
        }
        Hears::Real => {
            let relayed = relay::relay(relay::real(&program, called, words), None, true, None, true)?;
            end(&program, relayed.printed, relay::ending(relayed.status), Some(relayed.said), stream)
        }
        Hears::Shell { bash_env } => Err(call::shell(&program, called, words, &bash_env)),
        Hears::TakenOver(number) => Err(Command::new(places::WHOLE)
            .arg0(called)
            .args(words)
            .env(call::TAKEN_OVER, format!("{number}:{program}"))
            .exec()),
        Hears::ReadStdin => Err(io::Error::other("it asks twice")),
    }
}

/// Says how it ended, and ends so.
fn end(
    program: &str,
    printed: Printed,
    ended: (u8, Option<u32>),
    stdout: Option<Vec<u8>>,
    mut stream: Stream,
) -> io::Result<ExitCode> {
    let broken_pipe = printed == Printed::BrokenPipe;
    let (exit, signal) = call::ended(program, printed, ended);
    say(&mut stream, &Says::Done { exit, broken_pipe, stdout })?;
    drop(stream);
    match signal {
        Some(signal) => Err(call::die(signal)),
        None => Ok(ExitCode::from(exit)),
    }
}

fn say(stream: &mut Stream, said: &Says) -> io::Result<()> {
    let body = said.bytes();
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_le_bytes(), body.as_slice()].concat())
}

fn hear(stream: &mut Stream) -> io::Result<Hears> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut body = vec![0; u32::from_le_bytes(length) as usize];
    stream.read_exact(&mut body)?;
    Hears::read(&body).ok_or_else(|| io::Error::other("it says what nobody understands"))
}
