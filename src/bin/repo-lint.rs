//! `gauntlet lint` under the name that operators know.

#![expect(clippy::disallowed_methods, reason = "the one place that reads the arguments")]

use std::process::ExitCode;

fn main() -> ExitCode {
    // The second parser runs in a process of its own, which is this binary too.
    if let Some(code) = gauntlet::witness::dispatch() {
        return code;
    }
    gauntlet::cli::repo_lint(std::env::args_os())
}
