//! `gauntlet lint`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Args};

use crate::cli::output::{OutputArgs, Outputs};
use crate::cli::{Failure, interrupt};
use crate::lint::Linter;
use crate::repo::Project;
use crate::report::text::Ending;
use crate::run;
use crate::run::lint::Target;

/// Options of `gauntlet lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Files and folders; without any, the whole project.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only these rules, by slug or code.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// All but these rules, by slug or code.
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Leave gauntlet.toml and suppressions out of it.
    #[arg(long)]
    isolated: bool,
    /// How many files are checked at the same time (default: one for each core).
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    output: OutputArgs,
}

/// The rules that are in force for `project`.
pub fn linter(
    project: &Project,
    select: &[String],
    ignore: &[String],
    suppressions: bool,
) -> Result<Linter, Failure> {
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    Ok(Linter::new(project.settings().clone(), select, ignore, suppressions, today)?)
}

/// Runs it.
pub fn lint(args: &LintArgs, matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let project = Project::locate(&args.paths, args.isolated)?;
    let linter = linter(&project, &args.select, &args.ignore, !args.isolated)?;
    let mut outputs = Outputs::open(&args.output, matches, &Ending::Summary)?;
    let stop = interrupt::stop()?;
    in_pool(args.jobs, || {
        let target = Target { paths: &args.paths, isolated: args.isolated };
        run::lint::lint(&project, target, linter, &stop, &mut |event| outputs.event(&event));
    })?;
    Ok(outputs.finish())
}

fn in_pool<T>(jobs: Option<NonZeroUsize>, work: impl FnOnce() -> T) -> Result<T, Failure> {
    let threads = jobs.map_or(0, NonZeroUsize::get);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    Ok(work())
}
