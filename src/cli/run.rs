//! `gauntlet run`.

use std::num::NonZeroUsize;
use std::process::ExitCode;

use clap::{ArgMatches, Args};

use crate::cli::output::{OutputArgs, Outputs, RunFormat, Setting};
use crate::cli::{Failure, interrupt, second_opinion};
use crate::repo::Project;
use crate::report::text::Ending;
use crate::run::gauntlet::{self, Request};

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
    output: OutputArgs<RunFormat>,
}

/// Runs it.
pub fn run(args: &RunArgs, matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let project = Project::locate(&[], false)?;
    let setting = Setting { ending: Ending::Summary, prefix: project.prefix(), statistics: false };
    let mut outputs = Outputs::open(&args.output, matches, &setting)?;
    let stop = interrupt::stop()?;
    let request = Request { names: args.harnesses.clone(), jobs: args.jobs.map(NonZeroUsize::get) };
    let worlds = gauntlet::sealed::worlds(None);
    let witness = second_opinion::witness();
    gauntlet::run(&project, &request, &witness, &worlds, &stop, &mut |event| outputs.event(&event));
    Ok(outputs.finish())
}
