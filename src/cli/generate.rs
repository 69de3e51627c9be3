//! `gauntlet generate`: what other programs read about this one.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, Subcommand};
use clap_complete::Shell;

use crate::catalogue::{self, Scope};
use crate::cli::{Failure, rule, second_opinion};
use crate::finding::Severity;
use crate::repo::Project;
use crate::settings;

/// `gauntlet generate`.
#[derive(Debug, Subcommand)]
pub enum GenerateCommand {
    /// The manual pages of gauntlet and repo-lint, one for each subcommand, into a folder.
    ///
    /// Exit codes: 0 written, 2 the folder cannot be written.
    Man {
        /// The folder, which must exist: `man/man1`, `/usr/local/share/man/man1`.
        folder: PathBuf,
    },
    /// The completions of a shell for gauntlet, names of rules included: `source <(gauntlet generate completions bash)`.
    ///
    /// Exit codes: 0 printed.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// The JSON schema of gauntlet.toml, the rules of this repository included: editors complete and check with it.
    ///
    /// Exit codes: 0 printed, 2 a rule of this repository cannot be read, or its gauntlet.toml.
    Schema,
    /// The index of all rules as Markdown, the rules of this repository included.
    ///
    /// Exit codes: 0 printed, 2 a rule of this repository cannot be read, or its gauntlet.toml.
    Docs,
}

/// Runs it; `programs` are the command lines that there are, `gauntlet` first.
pub fn generate(command: &GenerateCommand, programs: [Command; 2]) -> Result<ExitCode, Failure> {
    match command {
        GenerateCommand::Man { folder } => man(folder, programs),
        GenerateCommand::Completions { shell } => {
            let [gauntlet, _] = programs;
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut complete(gauntlet), "gauntlet", &mut text);
            print(&String::from_utf8_lossy(&text), "the completions are")
        }
        GenerateCommand::Schema => {
            own_rules()?;
            let rules = catalogue::all().map(|rule| (rule.slug, rule.code.to_string()));
            let schema = serde_json::to_string_pretty(&settings::schema(rules))?;
            print(&format!("{schema}\n"), "the schema is")
        }
        GenerateCommand::Docs => {
            own_rules()?;
            print(&index(), "the index is")
        }
    }
}

fn own_rules() -> Result<(), Failure> {
    rule::load(&Project::locate(&[], false)?, &second_opinion::witness())?;
    Ok(())
}

fn print(text: &str, what: &str) -> Result<ExitCode, Failure> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("failed to write stdout: {error}; {what} cut off").into())
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn man(folder: &PathBuf, programs: [Command; 2]) -> Result<ExitCode, Failure> {
    for program in programs {
        // A page of `help` tells nothing.
        clap_mangen::generate_to(program.disable_help_subcommand(true), folder).map_err(|error| {
            format!(
                "failed to write manual pages into {}: {error}; name a folder that exists and can be written",
                folder.display()
            )
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The command with the rules as what may stand where a rule is named.
fn complete(gauntlet: Command) -> Command {
    let rules = || PossibleValuesParser::new(catalogue::all().map(|rule| rule.slug));
    let named = move |arg: Arg| arg.value_parser(rules());
    gauntlet
        .mut_subcommand("explain", |explain| explain.mut_arg("rule", named))
        .mut_subcommand("lint", |lint| lint.mut_arg("select", named).mut_arg("ignore", named))
}

/// All rules as a table.
fn index() -> String {
    let mut text = "# The rules\n\n\
        <!-- Written by `gauntlet generate docs`; a test compares them. -->\n\n\
        `gauntlet explain RULE` tells why, and what to write instead.\n\n\
        | code | rule | forbids | looks at | fences too | weighs |\n|---|---|---|---|---|---|\n"
        .to_owned();
    for rule in catalogue::all() {
        let scope = match rule.scope {
            Scope::Script => "each file",
            Scope::Project => "the project",
        };
        let weighs = match rule.severity {
            Severity::Fail => "fail",
            Severity::Warn => "warn",
        };
        let fences = if rule.fences { "yes" } else { "no" };
        let (code, slug, summary) = (&rule.code, rule.slug, rule.summary.replace('|', "\\|"));
        let _ = writeln!(
            text,
            "| {code} | [`{slug}`](../rules/{slug}.md) | {summary} | {scope} | {fences} | {weighs} |"
        );
    }
    text
}
