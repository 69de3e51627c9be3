//! `timeout` on the world's clock: runs its command until the supervisor says that the limit has passed.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitCode};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::super::wire::Order;
use super::{clock, next, places};
use crate::trial::world::TIMED_OUT;

/// How long a command has for its end before SIGKILL follows, where that was asked for.
const KILL_AFTER: Duration = Duration::from_millis(100);

/// Runs `timeout WORDS...` under the limit of that number.
pub(super) fn run(
    called: &str,
    words: &[OsString],
    number: usize,
    mut stream: UnixStream,
) -> io::Result<ExitCode> {
    let texts: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let Some(told) = clock::limited(&texts) else { return Ok(ExitCode::from(125)) };
    let mut command = Command::new(&words[told.command]);
    command
        .args(&words[told.command + 1..])
        .env(places::LIMIT, number.to_string())
        .env_remove(places::TAKEN_OVER)
        .env_remove(places::ROOT);
    if !told.foreground {
        command.process_group(0);
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let name = words[told.command].to_string_lossy();
            let _ = writeln!(io::stderr(), "{called}: failed to run command '{name}': {error}");
            let missing = error.kind() == io::ErrorKind::NotFound;
            return Ok(ExitCode::from(if missing { 127 } else { 126 }));
        }
    };
    let id = i32::try_from(child.id()).map_err(io::Error::other)?;
    let whom = Pid::from_raw(if told.foreground { id } else { -id });
    let signal = named(&told.signal);
    let expired = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&expired);
    let kill_after = told.kill_after;
    // It ends with this process.
    std::thread::spawn(move || {
        if matches!(next(&mut stream), Ok(Order::Expired)) {
            noted.store(true, Ordering::SeqCst);
            let _ = kill(whom, signal);
            if kill_after {
                std::thread::sleep(KILL_AFTER);
                let _ = kill(whom, Signal::SIGKILL);
            }
        }
    });
    let status = child.wait()?;
    let own = status.code().or_else(|| status.signal().map(|raw| 128 + raw)).unwrap_or(1);
    let own = u8::try_from(own & 0xff).unwrap_or(1);
    let over = expired.load(Ordering::SeqCst);
    Ok(ExitCode::from(match (over, told.preserve_status, signal) {
        (false, ..) | (true, true, _) => own,
        (true, false, Signal::SIGKILL) => 137,
        (true, false, _) => TIMED_OUT,
    }))
}

fn named(text: &str) -> Signal {
    let number = text.parse::<i32>().ok().and_then(|raw| Signal::try_from(raw).ok());
    let name = || Signal::from_str(&format!("SIG{}", text.trim_start_matches("SIG"))).ok();
    number.or_else(name).unwrap_or(Signal::SIGTERM)
}
