//! `gauntlet guard why`, `new-case` and `replay`: what was decided, and what would have been.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::bash::InProcess;
use crate::cli::Failure;
use crate::guard::Decision;
use crate::report::plain;
use crate::run::guard::Guarded;
use crate::run::guard::replay::{Replayed, replay};

use super::{folder, print};

/// How many entries of the log are listed.
const LISTED: usize = 10;

/// How many commands of a difference are shown.
const SHOWN: usize = 50;

#[derive(Debug, Args)]
pub(super) struct WhyArgs {
    /// The beginning of a decision's id, or `last`; without it, the latest decisions are listed.
    #[arg(value_name = "ID")]
    id: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct NewCaseArgs {
    /// The beginning of a decision's id, or `last`.
    #[arg(value_name = "ID")]
    id: String,
    /// What it should be: allow, ask or deny; without it, what was decided.
    #[arg(long, value_name = "DECISION")]
    decision: Option<String>,
    /// The file of cases; without it, `from_log.jsonl` beside the project's others.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// Recorded sessions: Claude Code keeps them as JSON lines in ~/.claude/projects.
    #[arg(value_name = "TRANSCRIPT", required = true)]
    transcripts: Vec<PathBuf>,
    /// A settings file with another policy: show what it would decide otherwise.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// How many reasons are shown.
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
}

pub(super) fn why(args: &WhyArgs) -> Result<ExitCode, Failure> {
    let guarded = Guarded::load(&folder())?;
    let Some(id) = &args.id else {
        let logged = guarded.logged();
        let mut lines: Vec<String> = logged
            .iter()
            .rev()
            .take(LISTED)
            .map(|entry| format!("{}  {:5}  {}", entry.id, entry.decision, plain::line(&entry.subject)))
            .collect();
        lines.push(String::new());
        print(&lines.join("\n"))?;
        return Ok(ExitCode::SUCCESS);
    };
    let entry = guarded.entry(id)?;
    let mut text = format!(
        "{}  {} on a call of {} in the mode {}\n  {}\n  {}\n",
        entry.id,
        entry.decision,
        entry.tool,
        entry.mode,
        plain::line(&entry.subject),
        plain::line(&entry.reason)
    );
    for rule in &entry.rules {
        text.extend([format!("  rule: {}\n", plain::line(rule))]);
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn new_case(args: &NewCaseArgs) -> Result<ExitCode, Failure> {
    let guarded = Guarded::load(&folder())?;
    let entry = guarded.entry(&args.id)?;
    let decision = args.decision.as_deref().unwrap_or(&entry.decision);
    if Decision::from_word(decision).is_none() {
        return Err(format!("the decision `{decision}` is none: write allow, ask or deny").into());
    }
    let path = guarded.new_case(&entry, decision, args.file.as_deref())?;
    print(&format!("{} has the case: {} {}\n", path.display(), decision, plain::line(&entry.subject)))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn replayed(args: &ReplayArgs) -> Result<ExitCode, Failure> {
    let guarded = Guarded::load(&folder())?;
    let other = match &args.against {
        Some(path) => Some(Guarded::load(&folder())?.under(path)?),
        None => None,
    };
    let witness = InProcess::new();
    let mut seen = Replayed::default();
    for path in &args.transcripts {
        replay(path, &guarded, other.as_ref(), &witness, &mut seen)?;
    }
    let calls = seen.calls();
    if calls == 0 {
        return Err("failed to find a call in the transcripts that the guard looks at".to_owned().into());
    }
    let of = |decision| seen.decisions.get(&decision).copied().unwrap_or_default();
    let rate = seen.asked_per_mille();
    let mut text = format!(
        "{calls} calls: {} allow, {} ask, {} deny; {}.{} % ask\n{} calls of tools without a command\n",
        of(Decision::Allow),
        of(Decision::Ask),
        of(Decision::Deny),
        rate / 10,
        rate % 10,
        seen.others
    );
    if seen.unread > 0 {
        text.extend([format!("{} lines are no JSON\n", seen.unread)]);
    }
    for (reason, count) in seen.top().into_iter().take(args.top) {
        text.extend([format!("{count:6}  {}\n", plain::line(reason))]);
    }
    if args.against.is_some() {
        let count: usize = seen.differences.values().sum();
        text.extend([format!("{count} calls are decided otherwise by the other policy\n")]);
        for ((subject, ours, theirs), count) in seen.differences.iter().take(SHOWN) {
            text.extend([format!("{count:6}  {ours} -> {theirs}  {}\n", plain::line(subject))]);
        }
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
