//! Ctrl-C: the first one asks the job to stop, the second one ends the process.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::cli::Failure;
use crate::run::Stop;

/// A wish to stop that SIGINT, SIGTERM and SIGHUP express.
pub fn stop() -> Result<Stop, Failure> {
    let stop = Stop::default();
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // Registered first, so that it sees the flag as the signal before left it.
        flag::register_conditional_shutdown(signal, 128 + signal, stop.flag())?;
        flag::register(signal, stop.flag())?;
    }
    Ok(stop)
}
