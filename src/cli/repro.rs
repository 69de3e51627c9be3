//! `gauntlet repro`.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use crate::cli::{Failure, second_opinion};
use crate::repo::Project;
use crate::report::replay;
use crate::run::gauntlet::{self, sealed};

/// Options of `gauntlet repro`.
#[derive(Debug, Args)]
pub struct ReproArgs {
    /// The trial, as the report of a run names it: HARNESS/CASE/PROGRAM#K/KIND/once.
    #[arg(value_name = "TRIAL-ID")]
    trial: String,
}

/// Runs it. The exit code is the trial's colour.
pub fn repro(args: &ReproArgs) -> Result<ExitCode, Failure> {
    let project = Project::locate(&[], false)?;
    let again = gauntlet::repeat(&project, &args.trial, &second_opinion::witness(), &sealed::worlds(None))
        .map_err(|reason| format!("failed to repeat a trial: {reason}"))?;
    let shown = replay::Shown { trial: &again.trial, calls: &again.calls, record: &again.record };
    let mut out = anstream::AutoStream::auto(std::io::stdout());
    // A reader that went away does not change the outcome.
    let _ = replay::write(&shown, &mut out).and_then(|()| out.flush());
    Ok(ExitCode::from(u8::from(again.trial.verdict.is_red())))
}
