//! `gauntlet lint`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{ArgMatches, Args};

use crate::bash::Witness;
use crate::cli::output::{OutputArgs, Outputs};
use crate::cli::{Failure, fix, interrupt, rule, second_opinion};
use crate::lint::Linter;
use crate::repo::Project;
use crate::report::text::Ending;
use crate::run;

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
    /// Write what can be repaired without changing what a script does, then check what is left.
    #[arg(long)]
    fix: bool,
    /// Show what `--fix` would write, as a diff, and write nothing; exit code 1 where that is anything.
    #[arg(long)]
    diff: bool,
    /// How many files are checked at the same time (default: one for each core).
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs it.
pub fn lint(args: &LintArgs, matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let project = Project::locate(&args.paths, args.isolated)?;
    let witness = second_opinion::witness();
    let linter = linter(&project, &args.select, &args.ignore, &witness)?;
    let threads = args.jobs.map_or(0, NonZeroUsize::get);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let stop = interrupt::stop()?;
    if args.diff {
        return fix::diff(&project, &args.paths, &linter, &witness, &stop);
    }
    if args.fix
        && let Some(failed) = fix::write(&project, &args.paths, &linter, &witness, &stop)
    {
        return Ok(failed);
    }
    let mut outputs = Outputs::open(&args.output, matches, &Ending::Summary)?;
    run::lint::lint(&project, &args.paths, linter, &witness, &stop, &mut |event| outputs.event(&event));
    Ok(outputs.finish())
}

/// The linter as the project's settings, its own rules and the command line want it.
pub fn linter(
    project: &Project,
    select: &[String],
    ignore: &[String],
    witness: &dyn Witness,
) -> Result<Linter, Failure> {
    let shapes = rule::load(project, witness)?.into_iter().map(|own| (own.rule, own.query)).collect();
    let today = date(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    Ok(Linter::new(project.settings().clone(), select, ignore, !project.is_isolated(), today)?
        .with_shapes(shapes))
}

/// The date (`YYYY-MM-DD`, UTC) of a moment in seconds since 1970.
fn date(seconds: u64) -> String {
    // Days since 1 March of year 0: leap days then come last in their year, and 400 years are a whole cycle.
    let days = seconds / 86_400 + 719_468;
    let (cycle, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carried) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", cycle * 400 + year + carried)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_767_225_599, "2025-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(seconds), expected, "{seconds}");
        }
    }
}
