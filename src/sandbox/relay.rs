//! A program that a call runs in its own place: the text of a handler, or the real tool.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};

use super::call::{self, OWN_VARIABLES, Printed};
use super::{places, root};

/// How much of a program's output is held back until it ends.
const HELD: u64 = 1024 * 1024;

/// What came of it.
pub struct Relayed {
    /// What it said, as it was passed on.
    pub said: Vec<u8>,
    /// Whether that arrived.
    pub printed: Printed,
    /// How it ended.
    pub status: ExitStatus,
}

/// How a program's output is changed on its way.
pub type Change<'c> = &'c dyn Fn(&[u8]) -> Vec<u8>;

/// The text of a handler, for a call of these words. `placed`: its own calls stand where this one does; `behind`: so many lines
/// behind their own in the same file, which that value of `BASH_ENV` makes a shell say.
pub fn handler(
    text: &str,
    called: &str,
    words: &[OsString],
    placed: bool,
    behind: Option<&(i64, String)>,
) -> Command {
    let mut command = Command::new(root::at(places::BASH));
    command.arg0("bash").arg("-c").arg(text).arg(called).args(words);
    without_own_variables(&mut command);
    command.env("STATE", root::at(places::STATE));
    if let Some((file, line)) = call::caller().filter(|_| placed) {
        command.env("GAUNTLET_OUTER", format!("{file}:{line}"));
    }
    if let Some((lines, bash_env)) = behind {
        command.env("GAUNTLET_BEHIND", lines.to_string()).env("BASH_ENV", bash_env);
    }
    command
}

/// The real tool of that name.
pub fn real(program: &str, called: &str, words: &[OsString]) -> Command {
    let mut command = Command::new(root::text(&format!("{}/{program}", places::REAL)));
    command.arg0(called).args(words);
    without_own_variables(&mut command);
    command
}

fn without_own_variables(command: &mut Command) {
    for name in OWN_VARIABLES {
        command.env_remove(name);
    }
}

/// Runs a program and passes its output on.
///
/// `feed` is what it reads; without it, it reads the call's own stdin where `has_stdin` says so, else nothing. `change` is
/// what becomes of its output; what never ends is passed on unchanged where `endless` says so.
pub fn relay(
    mut command: Command,
    feed: Option<Vec<u8>>,
    has_stdin: bool,
    change: Option<Change<'_>>,
    endless: bool,
) -> io::Result<Relayed> {
    command.stdout(Stdio::piped()).stdin(match &feed {
        Some(_) => Stdio::piped(),
        None if has_stdin => Stdio::inherit(),
        None => Stdio::null(),
    });
    let mut child = command.spawn()?;
    let feeder = child.stdin.take().zip(feed).map(|(mut to, bytes)| {
        // It may end without reading: that is its right.
        std::thread::spawn(move || drop(to.write_all(&bytes)))
    });
    let mut from = child.stdout.take().ok_or_else(|| io::Error::other("it was started without a pipe"))?;
    // Printed in one piece: in how many the program printed it would decide whether a consumer that closes early
    // kills it. What never ends is passed on as it comes.
    let mut said = Vec::new();
    (&mut from).take(HELD).read_to_end(&mut said)?;
    let text = change.map_or(Cow::Borrowed(&said[..]), |change| Cow::Owned(change(&said)));
    let mut printed = call::print(&text);
    let mut chunk = vec![0; 16 * 1024];
    while printed == Printed::All && endless {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        printed = call::print(&chunk[..read]);
    }
    // Closed before waiting: a program that still prints must notice.
    drop(from);
    let status = child.wait()?;
    if let Some(feeder) = feeder {
        let _ = feeder.join();
    }
    Ok(Relayed { said: text.into_owned(), printed, status })
}

/// The exit code that a shell would see, and the signal where one ended the program.
pub fn ending(status: ExitStatus) -> (u8, Option<u32>) {
    let signal = status.signal().and_then(|signal| u32::try_from(signal).ok());
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    (u8::try_from(code & 0xff).unwrap_or(1), signal)
}
