//! `gauntlet lint`.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read, Write as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{ArgMatches, Args};

use crate::bash::Witness;
use crate::cli::output::{LintFormat, OutputArgs, Outputs, Setting, say};
use crate::cli::{Failure, crew, fix, interrupt, rule, second_opinion, show};
use crate::lint::Linter;
use crate::repo::Project;
use crate::repo::changes::{Changes, Range};
use crate::repo::read::SIZE_LIMIT_MIB;
use crate::repo::unused;
use crate::report::plain;
use crate::report::text::Ending;
use crate::run;
use crate::run::Stop;
use crate::run::lint::{Extent, NoBaseline};

/// Options of `gauntlet lint`.
#[derive(Debug, Args)]
pub struct LintArgs {
    /// Files and folders; without any, the whole project.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only these rules, by slug or code.
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = trimmed)]
    select: Vec<String>,
    /// All but these rules, by slug or code.
    #[arg(long, value_name = "RULE", value_delimiter = ',', value_parser = trimmed)]
    ignore: Vec<String>,
    /// Leave gauntlet.toml and suppressions out of it.
    #[arg(long)]
    isolated: bool,
    /// Write what can be repaired without changing what a script does, then check what is left.
    #[arg(long, conflicts_with = "stdin_filename")]
    fix: bool,
    /// Show what `--fix` would write, as a diff, and write nothing; exit code 1 where that is anything.
    #[arg(long, conflicts_with = "stdin_filename")]
    diff: bool,
    /// Document every failing finding of the project in gauntlet-baseline.toml: it warns from then on.
    #[arg(long, conflicts_with_all = ["paths", "staged", "base", "stdin_filename", "isolated", "fix", "diff"])]
    write_baseline: bool,
    /// Let `--write-baseline` add to a baseline that is there already.
    #[arg(long, requires = "write_baseline")]
    allow_baseline_growth: bool,
    /// Show what is in force and where that is said (the default, gauntlet.toml, the command line), for these files their
    /// rules too, and check nothing.
    #[arg(long, conflicts_with_all = [
        "fix", "diff", "write_baseline", "statistics", "staged", "base", "stdin_filename", "output_format", "output_file",
    ])]
    show_settings: bool,
    /// How many files are checked at the same time, 1 to 256 (default: one for each core).
    #[arg(long, value_name = "N", value_parser = crew::jobs)]
    jobs: Option<NonZeroUsize>,
    /// Check every file anew, and keep nothing for the next time.
    #[arg(long)]
    no_cache: bool,
    /// A count for each rule: the text shows it instead of the findings, the JSON has it besides.
    #[arg(long)]
    statistics: bool,
    /// Only what is staged for the next commit, as it is staged.
    #[arg(long, conflicts_with_all = ["base", "stdin_filename", "fix", "diff"])]
    staged: bool,
    /// Only what changed since the merge base with this revision, what is not committed yet included.
    #[arg(long, value_name = "REV", conflicts_with_all = ["stdin_filename", "fix", "diff"])]
    base: Option<String>,
    /// The message of the commit that is being made (what git hands to the hook commit-msg): its trailer
    /// `No-Changelog: REASON` counts.
    #[arg(long, value_name = "FILE", requires = "staged")]
    commit_message: Option<PathBuf>,
    /// Check the text on stdin, as if it were this file.
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    stdin_filename: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs<LintFormat>,
}

/// Runs it.
pub fn lint(args: &LintArgs, matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let named: Vec<PathBuf> = args.paths.iter().chain(&args.stdin_filename).cloned().collect();
    let mut project = Project::locate(&named, args.isolated)?;
    let extent = extent(args, &mut project)?;
    let witness = second_opinion::witness();
    let linter = linter(&project, &args.select, &args.ignore, &witness)?;
    if args.show_settings {
        let asked = show::Asked { select: &args.select, ignore: &args.ignore };
        return print(&show::settings(&project, &linter, asked, &args.paths)?);
    }
    let setting = Setting { ending: Ending::Summary, prefix: project.prefix(), statistics: args.statistics };
    crew::start(args.jobs)?;
    let stop = interrupt::stop()?;
    if args.diff {
        return fix::diff(&project, &args.paths, &linter, &witness, &stop);
    }
    if args.fix
        && let Some(failed) = fix::write(&project, &args.paths, &linter, &witness, &stop)
    {
        return Ok(failed);
    }
    let linter = if args.write_baseline {
        write_baseline(args, &mut project, linter, &witness, &stop)?;
        self::linter(&project, &args.select, &args.ignore, &witness)?
    } else {
        linter
    };
    let mut outputs = Outputs::open(&args.output, matches, &setting)?;
    if matches!(&extent, Extent::Paths(paths) if paths.is_empty()) {
        tell_unused(&project);
    }
    if !args.no_cache {
        project.remember();
    }
    run::lint::lint(&project, &extent, linter, &witness, &stop, &mut |event| outputs.event(&event));
    Ok(outputs.finish())
}

/// Says which patterns of the settings fit nothing: what they were to leave out, or to take in, is not.
pub fn tell_unused(project: &Project) {
    for (key, pattern) in unused::patterns(project) {
        say(&format!(
            "warning: `{pattern}` in `{key}` of gauntlet.toml fits no file and no folder; correct it, or take it out"
        ));
    }
}

fn print(text: &str) -> Result<ExitCode, Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("failed to write stdout: {error}; the settings are cut off").into())
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Renews the baseline, or says why it stays as it is.
fn write_baseline(
    args: &LintArgs,
    project: &mut Project,
    linter: Linter,
    witness: &dyn Witness,
    stop: &Stop,
) -> Result<(), Failure> {
    let why = match run::lint::baseline(project, linter, witness, stop, args.allow_baseline_growth) {
        Ok(text) => match project.write_baseline(&text) {
            Ok(()) => return Ok(()),
            Err(problem) => format!("{} {}", problem.what, problem.reason),
        },
        Err(NoBaseline::Stopped) => "it was stopped before the end".to_owned(),
        Err(NoBaseline::NotChecked(problem)) => {
            format!("not everything could be checked: {} {}", plain::line(&problem.what), problem.reason)
        }
        Err(NoBaseline::Grows(grows)) => {
            let mut why = format!(
                "it would grow by {} (correct what is new, or add --allow-baseline-growth):",
                grows.new.len()
            );
            for finding in &grows.new {
                let (path, message) =
                    (plain::line(finding.path.as_str()), plain::line(&finding.advice.message));
                let line = finding.primary.start.line;
                let _ = write!(why, "\n  {path}:{line}: {} {}: {message}", finding.code, finding.rule);
            }
            why
        }
    };
    Err(format!("failed to write the baseline: {why}").into())
}

/// What the options ask to be linted.
fn extent(args: &LintArgs, project: &mut Project) -> Result<Extent, Failure> {
    let range = args.base.clone().map(Range::Since).or(args.staged.then_some(Range::Staged));
    if let Some(range) = range {
        let message = args.commit_message.as_ref().map(|file| {
            fs::read(file).map_err(|error| {
                format!("failed to read {}: {error}; name the file of the commit's message", file.display())
            })
        });
        let changes = Changes::of(project, &range, message.transpose()?.as_deref())?;
        return Ok(Extent::Changes { changes: Box::new(Mutex::new(changes)), paths: args.paths.clone() });
    }
    let Some(name) = args.stdin_filename.clone() else { return Ok(Extent::Paths(args.paths.clone())) };
    if is_null_device() {
        return Err("failed to read stdin: nothing is there (it is closed, or /dev/null); pipe the script's text into it".into());
    }
    let mut text = Vec::new();
    // One byte more than is taken, so that what is too large is told as such.
    io::stdin()
        .take(SIZE_LIMIT_MIB * 1024 * 1024 + 1)
        .read_to_end(&mut text)
        .map_err(|error| format!("failed to read stdin: {error}; pipe the script's text into it"))?;
    Ok(Extent::Text { name, text })
}

/// A rule's name: `L1, L2` are two.
#[expect(clippy::unnecessary_wraps, reason = "the form of a value parser")]
fn trimmed(name: &str) -> Result<String, Infallible> {
    Ok(name.trim().to_owned())
}

/// Whether stdin is /dev/null: that is what a closed one has become by the time we run.
fn is_null_device() -> bool {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let null = fs::metadata("/dev/null").map(|null| null.rdev());
    let stdin = fs::metadata("/dev/stdin").ok().filter(|stdin| stdin.file_type().is_char_device());
    stdin.is_some_and(|stdin| null.is_ok_and(|null| null == stdin.rdev()))
}

/// The linter as the project's settings, its own rules and the command line want it.
pub fn linter(
    project: &Project,
    select: &[String],
    ignore: &[String],
    witness: &dyn Witness,
) -> Result<Linter, Failure> {
    let shapes = rule::load(project, witness)?.into_iter().map(|own| (own.rule, own.query)).collect();
    let today = today()?;
    Ok(Linter::new(project.settings().clone(), select, ignore, !project.is_isolated(), today)?
        .with_shapes(shapes))
}

/// The date of this day (`YYYY-MM-DD`, UTC).
pub fn today() -> Result<String, Failure> {
    Ok(date(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()))
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
