//! `gauntlet generate`: what other programs read about this one.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Subcommand;

use crate::catalogue;
use crate::cli::{Failure, rule, second_opinion};
use crate::repo::Project;
use crate::settings;

/// `gauntlet generate`.
#[derive(Debug, Subcommand)]
pub enum GenerateCommand {
    /// The JSON schema of gauntlet.toml, the rules of this repository included: editors complete and check with it.
    ///
    /// Exit codes: 0 printed, 2 a rule of this repository cannot be read, or its gauntlet.toml.
    Schema,
}

/// Runs it.
pub fn generate(command: &GenerateCommand) -> Result<ExitCode, Failure> {
    let GenerateCommand::Schema = command;
    rule::load(&Project::locate(&[], false)?, &second_opinion::witness())?;
    let rules = catalogue::all().map(|rule| (rule.slug, rule.code.to_string()));
    let schema = serde_json::to_string_pretty(&settings::schema(rules))?;
    match writeln!(io::stdout(), "{schema}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("failed to write stdout: {error}; the schema is cut off").into())
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}
