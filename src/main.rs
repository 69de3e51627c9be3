//! The `gauntlet` command.

#![expect(clippy::disallowed_methods, reason = "the one place that reads the arguments")]

use std::path::Path;
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
    let mut words = std::env::args_os().peekable();
    // One binary under two names: a link or a copy is what its name says.
    let name = words.peek().and_then(|name| Path::new(name).file_name());
    if name.is_some_and(|name| name == "repo-lint") {
        return gauntlet::cli::repo_lint(words);
    }
    gauntlet::cli::gauntlet(words)
}
