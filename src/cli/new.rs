//! `gauntlet new`: the first version of something that people go on writing.

use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::{Failure, rule};

/// `gauntlet new`.
#[derive(Debug, Subcommand)]
pub enum NewCommand {
    /// A rule of this repository: a page in rules/ with a query, what to say, and examples.
    Rule(rule::NewArgs),
}

/// Runs it.
pub fn new(command: &NewCommand) -> Result<ExitCode, Failure> {
    let NewCommand::Rule(args) = command;
    rule::new(args)
}
