//! The `gauntlet` command.

#![expect(clippy::disallowed_methods, reason = "the one place that reads the arguments")]

use std::process::ExitCode;

fn main() -> ExitCode {
    // Every call of a script in a trial's world starts this binary: its roles there come before anything else.
    if let Some(code) = gauntlet::sandbox::dispatch() {
        return code;
    }
    if let Some(code) = gauntlet::witness::dispatch() {
        return code;
    }
    if let Some(code) = gauntlet::cli::guard::hook::dispatch() {
        return code;
    }
    gauntlet::cli::gauntlet(std::env::args_os())
}
