//! `gauntlet lint`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Args};

use crate::cli::output::{OutputArgs, Outputs};
use crate::cli::{Failure, interrupt};
use crate::event::FileKind;
use crate::repo::Project;
use crate::report::text::Ending;
use crate::run;
use crate::run::lint::{Check, Checked};
use crate::source::SourceText;

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

/// Finds nothing.
pub struct Nothing;

impl Check for Nothing {
    fn check(&self, _source: &SourceText, _kind: FileKind) -> Checked {
        Checked::default()
    }
}

/// Runs it.
pub fn lint(args: &LintArgs, matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let project = Project::locate(&args.paths, args.isolated)?;
    let mut outputs = Outputs::open(&args.output, matches, &Ending::Summary)?;
    let stop = interrupt::stop()?;
    in_pool(args.jobs, || {
        run::lint::lint(&project, &args.paths, &Nothing, &stop, &mut |event| outputs.event(&event));
    })?;
    Ok(outputs.finish())
}

fn in_pool<T>(jobs: Option<NonZeroUsize>, work: impl FnOnce() -> T) -> Result<T, Failure> {
    let threads = jobs.map_or(0, NonZeroUsize::get);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    Ok(work())
}
