//! `gauntlet lint` under the name that operators know.

#![expect(clippy::disallowed_methods, reason = "the one place that reads the arguments")]

use std::process::ExitCode;

fn main() -> ExitCode {
    gauntlet::cli::repo_lint(std::env::args_os())
}
