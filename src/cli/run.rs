//! `gauntlet run`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Args};

use crate::cli::output::{OutputArgs, Outputs, RunFormat, Setting};
use crate::cli::rung::MinimumRung;
use crate::cli::timings::{self, Stopwatch};
use crate::cli::{Failure, interrupt, second_opinion};
use crate::event::Rung;
use crate::repo::Project;
use crate::report::results::Results;
use crate::report::text::Ending;
use crate::run::gauntlet::{self, Partition, Request};

/// Options of `gauntlet run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Harnesses by name (the file's stem); without any, all of them.
    #[arg(value_name = "HARNESS")]
    harnesses: Vec<String>,
    /// How many trials run at the same time, 1 to 256 (default: one for each core).
    #[arg(long, value_name = "N", value_parser = crate::cli::crew::jobs)]
    jobs: Option<NonZeroUsize>,
    /// Run only this part of the trials: PART/OF, from 1. `gauntlet merge` puts the parts together.
    #[arg(long, value_name = "PART/OF", value_parser = Partition::parse)]
    partition: Option<Partition>,
    /// Append the results to this file as they come, a JSON object a line; what is in it stays.
    #[arg(long, value_name = "F.jsonl")]
    results: Option<PathBuf>,
    /// Run only the harnesses on which something has changed since they last ran: their own file, the script and all that
    /// comes along, the tools of this machine, gauntlet. Of the others what they told then is told again.
    #[arg(long)]
    changed: bool,
    /// How long each harness takes, as JSON. Without --partition it is written; with it, parts are cut so that they take
    /// about as long, which needs the same file for each part.
    #[arg(long, value_name = "F.json")]
    timings: Option<PathBuf>,
    /// Shuffle the order in which trials are begun. What is told, and in which order, stays the same.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The weakest sandbox that will do (default: `run.minimum_rung` of the settings).
    #[arg(long, value_enum, value_name = "RUNG")]
    minimum_rung: Option<MinimumRung>,
    #[command(flatten)]
    output: OutputArgs<RunFormat>,
}

/// Runs it.
pub fn run(args: &RunArgs, matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let project = Project::locate(&[], false)?;
    let setting = Setting { ending: Ending::Summary, prefix: project.prefix(), statistics: false };
    let mut outputs = Outputs::open(&args.output, matches, &setting)?;
    let stop = interrupt::stop()?;
    let request = Request {
        names: args.harnesses.clone(),
        jobs: args.jobs.map(NonZeroUsize::get),
        partition: args.partition,
        minimum_rung: args.minimum_rung.map(Rung::from),
        changed: args.changed,
        seed: args.seed,
        timings: match (&args.timings, args.partition) {
            (Some(path), Some(_)) => Some(timings::read(path)?),
            _ => None,
        },
    };
    if let Some(path) = &args.results {
        let stamp = gauntlet::stamp(&project, &request)
            .map_err(|(what, reason)| format!("failed to plan the run: {what}: {reason}"))?;
        outputs.append(Box::new(Results::new(stamp)), path)?;
    }
    let worlds = gauntlet::sealed::worlds(None);
    let witness = second_opinion::witness();
    let mut stopwatch = Stopwatch::default();
    gauntlet::run(&project, &request, &witness, &worlds, &stop, &mut |event| {
        stopwatch.event(&event);
        outputs.event(&event);
    });
    let code = outputs.finish();
    if let (Some(path), None) = (&args.timings, args.partition) {
        stopwatch.write(path)?;
    }
    Ok(code)
}
