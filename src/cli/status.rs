//! `gauntlet status`.

use std::process::ExitCode;

use clap::{ArgMatches, Args};

use crate::cli::output::{OutputArgs, Outputs, Setting, StatusFormat};
use crate::cli::{Failure, lint, rule, second_opinion};
use crate::repo::{Project, git};
use crate::report::text::Ending;
use crate::run::status;

/// Options of `gauntlet status`.
///
/// Runs nothing: tells again what the last `gauntlet --all` told of this very tree, file by file, and of this very
/// program. Where there was none, it says "not run", and the exit code is 2.
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    output: OutputArgs<StatusFormat>,
}

/// Runs it.
pub fn status(args: &StatusArgs, matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let project = Project::locate(&[], false)?;
    // The project's own rules must be known before their findings can be told.
    rule::load(&project, &second_opinion::witness())?;
    let ending = Ending::Block { head: git::head(project.root()) };
    let setting = Setting { ending, prefix: project.prefix(), statistics: false };
    let mut outputs = Outputs::open(&args.output, matches, &setting)?;
    status::status(&project, &lint::today()?, &mut |event| outputs.event(&event));
    Ok(outputs.finish())
}
