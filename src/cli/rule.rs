//! `gauntlet rule test` and `gauntlet new rule`: the rules that a repository writes itself.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::bash::Witness;
use crate::catalogue;
use crate::cli::output::say;
use crate::cli::{Failure, second_opinion};
use crate::nearest::suggestion;
use crate::repo::{self, Problem, Project};
use crate::report::{place, plain};
use crate::run::rules::{self, Fault, OwnRule};

/// `gauntlet rule`.
#[derive(Debug, Subcommand)]
pub enum RuleCommand {
    /// Hold the rules in rules/*.md against the good and bad examples on their pages.
    ///
    /// Exit codes: 0 all hold, 1 an example does not, 2 a page is no rule, or there is none.
    Test(TestArgs),
}

/// Options of `gauntlet rule test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Rules, by slug, code or page; without any, all of the repository's.
    #[arg(value_name = "RULE")]
    rules: Vec<String>,
}

/// Options of `gauntlet new rule`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The rule's slug, so that "allow SLUG" reads right.
    #[arg(value_name = "SLUG")]
    slug: String,
}

/// Runs `gauntlet rule`.
pub fn rule(command: &RuleCommand) -> Result<ExitCode, Failure> {
    let RuleCommand::Test(args) = command;
    let project = Project::locate(&[], false)?;
    let witness = second_opinion::witness();
    let all = load(&project, &witness)?;
    let chosen = chosen(all, &args.rules)?;
    if chosen.is_empty() {
        return Err("failed to find a rule to test: no page in rules/ has a ```query fence; `gauntlet new rule SLUG` writes one".into());
    }
    let mut failed = false;
    let mut lines = Vec::new();
    for own in &chosen {
        let tested = rules::test(own, &witness);
        let path = plain::line(tested.path.as_str()).into_owned();
        for (line, what) in &tested.failures {
            failed = true;
            lines.push(format!("{path}:{line}: {}", plain::line(what)));
        }
        let verdict = if tested.failures.is_empty() { "holds" } else { "does not hold" };
        lines.push(format!(
            "{} {} {verdict}: {} bad, {} good",
            own.rule.code, own.rule.slug, tested.bad, tested.good
        ));
    }
    lines.push(String::new());
    print(&lines.join("\n"))?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The repository's rules; mistakes in their pages are told here, each with its line.
pub fn load(project: &Project, witness: &dyn Witness) -> Result<Vec<OwnRule>, Failure> {
    rules::load(project, witness).map_err(|faults| {
        let count = faults.len();
        for fault in faults {
            match fault {
                Fault::Unreadable(Problem { what, reason }) => {
                    say(&format!("error: {} {}", plain::line(&what), plain::block(&reason)));
                }
                Fault::Wrong { page, place, message } => say(&place::mistake(&page, place, &message)),
            }
        }
        let pages = if count == 1 { "a page" } else { "pages" };
        format!("failed to read {pages} in rules/: repair what is said above, or move the page elsewhere")
            .into()
    })
}

fn chosen(all: Vec<OwnRule>, names: &[String]) -> Result<Vec<OwnRule>, Failure> {
    if names.is_empty() {
        return Ok(all);
    }
    let mut chosen = Vec::new();
    for name in names {
        let fits = |own: &&OwnRule| {
            own.rule.slug == name
                || own.rule.code.to_string().eq_ignore_ascii_case(name)
                || own.path.as_str() == name.trim_start_matches("./")
        };
        let Some(found) = all.iter().find(fits) else {
            let why = if catalogue::rules().iter().any(|rule| rule.slug == name) {
                "it is built in, and its examples are tests of gauntlet itself".to_owned()
            } else if all.is_empty() {
                "no page in rules/ has a ```query fence".to_owned()
            } else {
                suggestion(name, all.iter().map(|own| own.rule.slug))
            };
            return Err(format!("failed to find the rule `{name}` in rules/: {why}").into());
        };
        chosen.push(found.clone());
    }
    Ok(chosen)
}

/// Runs `gauntlet new rule`.
pub fn new(args: &NewArgs) -> Result<ExitCode, Failure> {
    let project = Project::locate(&[], false)?;
    let witness = second_opinion::witness();
    let taken: Vec<_> = load(&project, &witness)?.iter().map(|own| own.rule.code).collect();
    let code = (0..u16::MAX - 100)
        .map(|next| crate::id::RuleCode::new(100 + next))
        .find(|code| !taken.contains(code))
        .unwrap_or(catalogue::FIRST_OWN_CODE);
    let page = TEMPLATE.replace("CODE", &code.to_string()).replace("SLUG", &args.slug);
    catalogue::own(&args.slug, &page)
        .map_err(|fault| format!("failed to make the rule: {}", fault.message))?;
    let path = repo::rules::create(&project, &args.slug, &page)
        .map_err(|Problem { what, reason }| format!("failed to make the rule: {what} {reason}"))?;
    print(&format!(
        "{path} is written: change its query and its examples, then run `gauntlet rule test {}`\n",
        args.slug
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("failed to write stdout: {error}").into())
        }
        _ => Ok(()),
    }
}

/// A rule that works, to be changed.
const TEMPLATE: &str = r#"+++
code = "CODE"
summary = "text that is evaluated as a command"
# What to say: {capture} stands for the text that the query captures under that name.
message = "`{call}` runs text as a command"
why = "whatever the text holds is executed with it"
instead = "call the command with an array: `\"${words[@]}\"`"
# The capture that the finding stands on.
at = "call"
# What to say beside other captures.
labels = { name = "this runs its arguments" }
# Whether it holds for the fences of runbooks too (the default).
fences = true
# "fail" (the default) or "warn".
severity = "fail"
+++

# SLUG

## What it does

Finds every `eval`. The query is tree-sitter's language over the grammar of tree-sitter-bash; the outermost node of each
pattern must be captured.

```query
(command
  name: (command_name) @name
  (#eq? @name "eval")) @call
```

## Why is this bad?

What the text holds is executed with it.

## Use instead

```bash bad
eval "$command"
```

```bash good
"${command[@]}"
```
"#;
