//! The command line: arguments in, jobs run, reports out, an exit code back. One file a subcommand.
//!
//! Only this module renders errors (what, why, what to do) and only here are exit codes chosen:
//! 0 clean, 1 at least one fail or red trial, 2 could not check.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is where the program speaks: stdout, stderr, report files"
)]

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

pub mod all;
pub mod crew;
pub mod explain;
pub mod fix;
pub mod found;
pub mod generate;
pub mod guard;
pub mod interrupt;
pub mod lint;
pub mod merge;
pub mod new;
pub mod output;
pub mod parse;
pub mod pulse;
pub mod repro;
pub mod rule;
pub mod run;
pub mod rung;
pub mod second_opinion;
pub mod show;
pub mod status;
pub mod sweep;
pub mod timings;
pub mod unaided;

use output::{OutputArgs, RunFormat};

/// Could not check: usage, settings, unreadable, nothing checked.
const COULD_NOT_CHECK: u8 = 2;

/// Why a command could not do its work, in words for the user.
pub type Failure = Box<dyn std::error::Error>;

/// Keeps a repository of operations scripts honest.
///
/// Exit codes: 0 clean (warnings alone too), 1 at least one failing finding or red trial, 2 could not check
/// (usage, settings, unreadable files, nothing checked, stopped by Ctrl-C; a second Ctrl-C ends at once with 130).
#[derive(Debug, Parser)]
#[command(
    name = "gauntlet",
    version,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
struct Gauntlet {
    /// Everything: lint, run, and the status block.
    #[arg(long, required = true)]
    all: bool,
    /// Ask the changelog for what changed since the merge base with this revision, not for every script.
    #[arg(long, value_name = "REV", requires = "all")]
    base: Option<String>,
    #[command(flatten)]
    output: OutputArgs<RunFormat>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check scripts and runbooks against the house rules.
    Lint(lint::LintArgs),
    /// Answer a coding agent before a tool call (a `PreToolUse` hook of Claude Code): JSON on stdin, a decision on stdout.
    ///
    /// Exit codes: 0 with a decision on stdout, 2 blocked.
    Guard(guard::GuardArgs),
    /// Tell what a rule forbids, why, and what to write instead.
    Explain(explain::ExplainArgs),
    /// Run every harness in a sealed world, with each call of its script failing in turn.
    Run(run::RunArgs),
    /// Find the calls that may fail without a script noticing: no harness, no real tool, one command.
    Sweep(sweep::SweepArgs),
    /// Test the rules that this repository writes itself.
    #[command(subcommand)]
    Rule(rule::RuleCommand),
    /// Write the first version of a rule.
    #[command(subcommand)]
    New(new::NewCommand),
    /// Write what other programs read about this one.
    #[command(subcommand)]
    Generate(generate::GenerateCommand),
    /// Print the places (byte offsets) of the words of every simple command.
    Parse(parse::ParseArgs),
    /// Fold the results of several runs of one plan into one report.
    Merge(merge::MergeArgs),
    /// Tell what the last `gauntlet --all` told of this very tree; nothing is run.
    Status(status::StatusArgs),
    /// Repeat one trial and show what the script did.
    Repro(repro::ReproArgs),
}

/// Checks scripts and runbooks against the house rules (the same as `gauntlet lint`).
///
/// Exit codes: 0 clean (warnings alone too), 1 at least one failing finding, 2 could not check.
#[derive(Debug, Parser)]
#[command(name = "repo-lint", version)]
struct RepoLint {
    #[command(flatten)]
    lint: lint::LintArgs,
}

/// The command `gauntlet`.
pub fn gauntlet(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    with::<Gauntlet>(words, |gauntlet, matches| match gauntlet.command {
        Some(Command::Lint(args)) => lint::lint(&args, subcommand(matches)),
        Some(Command::Guard(args)) => guard::guard(&args),
        Some(Command::Explain(args)) => explain::explain(&args),
        Some(Command::Run(args)) => run::run(&args, subcommand(matches)),
        Some(Command::Sweep(args)) => sweep::sweep(&args, subcommand(matches)),
        Some(Command::Rule(command)) => rule::rule(&command),
        Some(Command::New(command)) => new::new(&command),
        Some(Command::Generate(command)) => {
            generate::generate(&command, [Gauntlet::command(), RepoLint::command()])
        }
        Some(Command::Parse(args)) => parse::parse(&args),
        Some(Command::Merge(args)) => merge::merge(&args, subcommand(matches)),
        Some(Command::Status(args)) => status::status(&args, subcommand(matches)),
        Some(Command::Repro(args)) => repro::repro(&args),
        None => all::all(&gauntlet.output, gauntlet.base.as_deref(), matches),
    })
}

/// The command `repo-lint`.
pub fn repo_lint(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    with::<RepoLint>(words, |repo_lint, matches| lint::lint(&repo_lint.lint, matches))
}

/// Parses `words` and does `work`; a failure is rendered here and nowhere else.
fn with<P>(
    words: impl IntoIterator<Item = OsString>,
    work: impl FnOnce(P, &ArgMatches) -> Result<ExitCode, Failure>,
) -> ExitCode
where
    P: Args + CommandFactory + FromArgMatches,
{
    let parsed = P::command().try_get_matches_from(words).and_then(|matches| {
        P::from_arg_matches(&matches)
            .map(|args| (args, matches))
            .map_err(|error| error.format(&mut P::command()))
    });
    match parsed {
        Ok((args, matches)) => work(args, &matches).unwrap_or_else(|failure| {
            output::say(&format!("error: {failure}"));
            ExitCode::from(COULD_NOT_CHECK)
        }),
        Err(error) => usage(&error),
    }
}

/// Help and version go to stdout with 0; everything else is a mistake.
fn usage(error: &clap::Error) -> ExitCode {
    // A reader that went away is no reason to fail.
    let printed = error.print();
    match (error.kind(), printed) {
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Ok(())) => ExitCode::SUCCESS,
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Err(error))
            if error.kind() == std::io::ErrorKind::BrokenPipe =>
        {
            ExitCode::SUCCESS
        }
        _ => ExitCode::from(COULD_NOT_CHECK),
    }
}

fn subcommand(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, matches)| matches)
}
