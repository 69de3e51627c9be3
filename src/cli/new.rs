//! `gauntlet new`: the first version of something that people go on writing.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::output::say;
use crate::cli::unaided::UnaidedArgs;
use crate::cli::{Failure, rule, second_opinion};
use crate::run::gauntlet;

/// `gauntlet new`.
#[derive(Debug, Subcommand)]
pub enum NewCommand {
    /// A rule of this repository: a page in rules/ with a query, what to say, and examples.
    Rule(rule::NewArgs),
    /// A harness for a script: its calls with guessed answers, a case for each of its options, its gate.
    Harness(HarnessArgs),
}

/// Options of `gauntlet new harness`.
#[derive(Debug, Args)]
pub struct HarnessArgs {
    #[command(flatten)]
    unaided: UnaidedArgs,
}

/// Runs it.
pub fn new(command: &NewCommand) -> Result<ExitCode, Failure> {
    match command {
        NewCommand::Rule(args) => rule::new(args),
        NewCommand::Harness(args) => harness(args),
    }
}

fn harness(args: &HarnessArgs) -> Result<ExitCode, Failure> {
    let request = args.unaided.request();
    let drafted =
        gauntlet::new_harness(&request, &second_opinion::witness(), &gauntlet::sealed::worlds(None))
            .map_err(|reason| format!("failed to write a harness: {} {reason}", request.script.display()))?;
    let name = drafted.path.file_name().trim_end_matches(".toml").to_owned();
    say(&format!(
        "{} is written, with the cases {}: put what the tools really say, then run `gauntlet run {name}`",
        drafted.path,
        drafted.cases.join(", ")
    ));
    if let Some(why_not) = drafted.why_not {
        let seen = why_not.split_once(": ").map_or(why_not.as_str(), |(_, rest)| rest);
        say(&format!("its first case holds what was seen, which is no success: {seen}"));
    }
    Ok(ExitCode::SUCCESS)
}
