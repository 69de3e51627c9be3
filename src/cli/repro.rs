//! `gauntlet repro`.

use std::process::ExitCode;

use clap::Args;

use crate::cli::Failure;
use crate::repo::Project;

/// Options of `gauntlet repro`.
#[derive(Debug, Args)]
pub struct ReproArgs {
    /// The trial, as the report of a run names it: HARNESS/CASE/PROGRAM#K/KIND/once.
    #[arg(value_name = "TRIAL-ID")]
    trial: String,
}

/// Runs it.
pub fn repro(args: &ReproArgs) -> Result<ExitCode, Failure> {
    let project = Project::locate(&[], false)?;
    // The job hangs in here.
    Err(format!("failed to repeat {} of {}: the job is not built in", args.trial, project.root().display())
        .into())
}
