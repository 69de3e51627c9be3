//! `gauntlet repro`.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;

use crate::cli::output::say;
use crate::cli::rung::MinimumRung;
use crate::cli::{Failure, second_opinion};
use crate::event::Rung;
use crate::repo::Project;
use crate::report::replay;
use crate::run::gauntlet::{self, sealed};

/// Options of `gauntlet repro`.
#[derive(Debug, Args)]
pub struct ReproArgs {
    /// The trial, as the report of a run names it: HARNESS/CASE/PROGRAM#K/KIND/once.
    #[arg(value_name = "TRIAL-ID")]
    trial: String,
    /// Then run it once more and open a shell in its world, as the script left it. Calls are answered by the harness's
    /// stubs, and none fails. The world ends with the shell.
    #[arg(long)]
    shell: bool,
    /// The weakest sandbox that will do (default: `run.minimum_rung` of the settings).
    #[arg(long, value_name = "RUNG")]
    minimum_rung: Option<MinimumRung>,
}

/// Runs it. The exit code is the trial's colour.
pub fn repro(args: &ReproArgs) -> Result<ExitCode, Failure> {
    let project = Project::locate(&[], false)?;
    let worlds = sealed::worlds(None);
    let again = gauntlet::repeat(
        &project,
        &args.trial,
        args.minimum_rung.map(Rung::from),
        &second_opinion::witness(),
        &worlds,
    )
    .map_err(|reason| format!("failed to repeat a trial: {reason}"))?;
    let shown = replay::Shown { trial: &again.trial, calls: &again.calls, record: &again.record };
    let mut out = anstream::AutoStream::auto(std::io::stdout());
    // A reader that went away does not change the outcome.
    let _ = replay::write(&shown, &mut out).and_then(|()| out.flush());
    if args.shell {
        say("\na shell in the world of this trial, after its end; `exit` leaves it");
        let (needs, plan) = &again.scene;
        worlds.visit(needs, plan).map_err(|reason| format!("failed to open a shell: {reason}"))?;
    }
    Ok(ExitCode::from(u8::from(again.trial.verdict.is_red())))
}
