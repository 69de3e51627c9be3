//! `gauntlet --all`.

use std::process::ExitCode;
use std::sync::Mutex;

use clap::ArgMatches;

use crate::cli::output::{OutputArgs, Outputs, RunFormat, Setting};
use crate::cli::{Failure, crew, interrupt, lint, second_opinion};
use crate::repo::changes::{Changes, Range};
use crate::repo::{Project, git};
use crate::report::text::Ending;
use crate::run;
use crate::run::lint::Extent;

/// Runs it.
pub fn all(
    output: &OutputArgs<RunFormat>,
    base: Option<&str>,
    matches: &ArgMatches,
) -> Result<ExitCode, Failure> {
    let mut project = Project::locate(&[], false)?;
    let extent = match base {
        Some(base) => {
            let changes = Changes::of(&mut project, &Range::Since(base.to_owned()), None)?;
            Extent::Branch { changes: Box::new(Mutex::new(changes)) }
        }
        None => Extent::project(),
    };
    let witness = second_opinion::witness();
    let linter = lint::linter(&project, &[], &[], &witness)?;
    let ending = Ending::Block { head: git::head(project.root()) };
    let setting = Setting { ending, prefix: project.prefix(), statistics: false };
    let mut outputs = Outputs::open(output, matches, &setting)?;
    lint::tell_unused(&project);
    crew::start(None)?;
    let stop = interrupt::stop()?;
    let worlds = run::gauntlet::sealed::worlds(None);
    let means = run::all::Means { witness: &witness, worlds: &worlds, stop: &stop };
    run::all::all(&project, &extent, linter, &lint::today()?, &means, &mut |event| {
        outputs.event(&event);
    });
    Ok(outputs.finish())
}
