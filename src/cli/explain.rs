//! `gauntlet explain`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;

use crate::catalogue;
use crate::cli::{Failure, rule, second_opinion};
use crate::nearest::suggestion;
use crate::repo::Project;

/// Options of `gauntlet explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A rule, by slug or code.
    #[arg(value_name = "RULE")]
    rule: String,
}

/// Runs it.
pub fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    // A rule of the repository that cannot be read must not keep anybody from reading about the others.
    if catalogue::find(&args.rule).is_none() {
        rule::load(&Project::locate(&[], false)?, &second_opinion::witness())?;
    }
    let Some(rule) = catalogue::find(&args.rule) else {
        let known: Vec<&str> = catalogue::all().map(|rule| rule.slug).collect();
        return Err(
            format!("failed to find the rule `{}`: {}", args.rule, suggestion(&args.rule, known)).into()
        );
    };
    let page = format!("{} {}: {}\n\n{}", rule.code, rule.slug, rule.summary, rule.page);
    match writeln!(io::stdout(), "{}", page.trim_end()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("failed to write stdout: {error}; the page is cut off").into())
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}
