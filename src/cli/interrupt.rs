//! What stops a job before its end. Ctrl-C: the first one asks the job to stop, a second one ends the process. And a budget.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::cli::Failure;
use crate::run::Stop;

/// Signals that come so close together are one wish: `timeout` sends its signal to the process and to the group of it.
const ONE_WISH: Duration = Duration::from_millis(200);

/// A wish to stop that SIGINT, SIGTERM and SIGHUP express.
pub fn stop() -> Result<Stop, Failure> {
    let stop = Stop::default();
    let heard = Arc::new(AtomicBool::new(false));
    let (mut news, writer) = UnixStream::pair()?;
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // Registered first, so that it sees the flag as the signal before left it.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&heard))?;
        flag::register(signal, stop.flag())?;
        low_level::pipe::register(signal, writer.try_clone()?)?;
    }
    thread::spawn(move || {
        if news.read_exact(&mut [0]).is_ok() {
            thread::sleep(ONE_WISH);
            heard.store(true, Ordering::Relaxed);
        }
    });
    Ok(stop)
}

/// Lets the job end what only prepares its work when that has taken so long.
pub fn hurry(stop: &Stop, after: Duration) {
    let stop = stop.clone();
    thread::spawn(move || {
        thread::sleep(after);
        stop.spend_half();
    });
}

/// Lets the job stop when it has taken so long.
pub fn after(stop: &Stop, budget: Duration) {
    let stop = stop.clone();
    thread::spawn(move || {
        for _ in 0..2 {
            thread::sleep(budget / 2);
            stop.spend_half();
        }
    });
}
