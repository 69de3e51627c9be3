//! `gauntlet merge`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Args};

use crate::cli::Failure;
use crate::cli::output::{OutputArgs, Outputs, RunFormat, Setting};
use crate::report::results;
use crate::report::text::Ending;

/// Options of `gauntlet merge`.
///
/// Folds the results of the parts of one plan (`gauntlet run --partition i/n --results F.jsonl`) into one report and one
/// exit code. A part that is missing, that did not come to its end, or that is of another state of the scripts makes it
/// incomplete: exit code 2.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Files that `--results` wrote.
    #[arg(value_name = "F.jsonl", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: OutputArgs<RunFormat>,
}

/// Runs it.
pub fn merge(args: &MergeArgs, matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let mut texts = Vec::new();
    for path in &args.files {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("failed to read {}: {error}", path.display()))?;
        texts.push((path.display().to_string(), text));
    }
    let setting = Setting { ending: Ending::Summary, prefix: String::new(), statistics: false };
    let mut outputs = Outputs::open(&args.output, matches, &setting)?;
    for event in results::merge(&texts) {
        outputs.event(&event);
    }
    Ok(outputs.finish())
}
