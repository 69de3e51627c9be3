//! `gauntlet run`.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::{ArgMatches, Args};

use crate::cli::output::{OutputArgs, Outputs};
use crate::cli::{Failure, interrupt};
use crate::event::Event;
use crate::repo::Project;
use crate::report::text::Ending;

/// Options of `gauntlet run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Harnesses by name (the file's stem); without any, all of them.
    #[arg(value_name = "HARNESS")]
    harnesses: Vec<String>,
    /// How many trials run at the same time (default: one for each core).
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs it.
pub fn run(args: &RunArgs, matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let project = Project::locate(&[], false)?;
    let mut outputs = Outputs::open(&args.output, matches, &Ending::Summary)?;
    let _stop = interrupt::stop()?;
    // The job hangs in here: project, names, jobs, stop, and `&mut |event| outputs.event(&event)`.
    let what = if args.harnesses.is_empty() { "every harness".to_owned() } else { args.harnesses.join(", ") };
    let reason =
        format!("of {}: the job is not built in ({:?} at a time)", project.root().display(), args.jobs);
    outputs.event(&Event::NotChecked { what, reason });
    Ok(outputs.finish())
}
