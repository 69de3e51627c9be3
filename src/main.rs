//! The `gauntlet` command.

#![expect(clippy::disallowed_methods, reason = "the one place that reads the arguments")]

use std::process::ExitCode;

fn main() -> ExitCode {
    gauntlet::cli::gauntlet(std::env::args_os())
}
