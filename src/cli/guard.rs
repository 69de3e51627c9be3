//! `gauntlet guard`: the hook, and what users need around it.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::bash::InProcess;
use crate::cli::{Failure, output};
use crate::guard::{Decision, Verdict, decide};
use crate::report::plain;
use crate::run::guard::{CaseFile, Guarded, read_cases};

pub mod hook;
mod install;
mod past;
mod probe;

/// Options of `gauntlet guard`.
#[derive(Debug, Args)]
pub struct GuardArgs {
    #[command(subcommand)]
    command: Option<GuardCommand>,
}

/// `gauntlet guard`.
#[derive(Debug, Subcommand)]
enum GuardCommand {
    /// Tell what is decided on a command, and why: what runs in the end, by way of what, and the rule.
    ///
    /// Exit codes: 0 whatever the decision is, 2 the policy cannot be used.
    Explain(ExplainArgs),
    /// Try the policy's cases, and disguises of each denied one.
    ///
    /// Exit codes: 0 all hold, 1 a case does not, or a disguised command would run, 2 there are none.
    Test(TestArgs),
    /// Put the guard into the agent's settings, beside others' hooks, with permission rules that hold without it.
    ///
    /// Exit codes: 0 it is there, 2 it could not be written, or the policy's cases do not hold.
    Install(install::InstallArgs),
    /// Take the guard's entry and rules out of the agent's settings.
    ///
    /// Exit codes: 0 it is not there, 2 it could not be written.
    Uninstall(install::InstallArgs),
    /// Look at the entries in the agent's settings, and try each as the agent would.
    ///
    /// Exit codes: 0 all is well, 1 something would let a tool run.
    Check(install::CheckArgs),
    /// Tell what was decided in recorded sessions, how often it asks, why, and what another policy changes.
    ///
    /// Exit codes: 0 whatever was decided, 2 there is no call in them.
    Replay(past::ReplayArgs),
    /// Tell why something was decided, from the log.
    ///
    /// Exit codes: 0 it is told, 2 there is no such decision.
    Why(past::WhyArgs),
    /// Make a case of a decision in the log.
    ///
    /// Exit codes: 0 it is written, 2 it is not.
    NewCase(past::NewCaseArgs),
}

#[derive(Debug, Args)]
struct ExplainArgs {
    /// One JSON object.
    #[arg(long)]
    json: bool,
    /// The command: one word is shell text, several are joined by blanks.
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

#[derive(Debug, Args)]
struct TestArgs {
    /// Files of cases; without any, fixtures/guard/*.jsonl.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Runs it.
pub fn guard(args: &GuardArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        None => Ok(hook::supervise()),
        Some(GuardCommand::Explain(args)) => explain(args),
        Some(GuardCommand::Test(args)) => test(args),
        Some(GuardCommand::Install(args)) => install::change(args, true),
        Some(GuardCommand::Uninstall(args)) => install::change(args, false),
        Some(GuardCommand::Check(args)) => install::check(args),
        Some(GuardCommand::Replay(args)) => past::replayed(args),
        Some(GuardCommand::Why(args)) => past::why(args),
        Some(GuardCommand::NewCase(args)) => past::new_case(args),
    }
}

/// The folder that the policy is looked for from: never what a request says.
fn folder() -> PathBuf {
    let named = std::env::var_os("CLAUDE_PROJECT_DIR").filter(|named| !named.is_empty()).map(PathBuf::from);
    named.or_else(|| std::env::current_dir().ok()).unwrap_or_default()
}

fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let guarded = Guarded::load(&folder())?;
    let here = std::env::current_dir().map(|here| here.to_string_lossy().into_owned()).unwrap_or_default();
    let text = args.command.join(" ");
    let verdict = decide(&text, &guarded.policy(&here), &InProcess::new());
    if args.json {
        print(&format!("{}\n", json(&verdict)))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines = vec![format!("{}: {}", verdict.decision, plain::line(&verdict.text()))];
    for reason in &verdict.reasons {
        let shown =
            if reason.invocation.is_empty() { reason.what.as_str() } else { reason.invocation.as_str() };
        lines.push(format!(
            "  {:5}  {}-{}  {}  [{}]",
            reason.decision.word(),
            reason.at.start,
            reason.at.end,
            plain::line(shown),
            reason.rule
        ));
        if !reason.invocation.is_empty() && !reason.what.is_empty() {
            lines.push(format!("         {}", plain::line(&reason.what)));
        }
        if !reason.instead.is_empty() {
            lines.push(format!("         instead: {}", plain::line(&reason.instead)));
        }
    }
    lines.push(String::new());
    print(&lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn json(verdict: &Verdict) -> serde_json::Value {
    let reasons: Vec<serde_json::Value> = verdict
        .reasons
        .iter()
        .map(|reason| {
            serde_json::json!({
                "decision": reason.decision.word(),
                "rule": reason.rule,
                "span": [reason.at.start, reason.at.end],
                "invocation": reason.invocation,
                "what": reason.what,
                "instead": reason.instead,
            })
        })
        .collect();
    serde_json::json!({
        "version": 1,
        "decision": verdict.decision.word(),
        "reason": verdict.text(),
        "reasons": reasons,
    })
}

fn test(args: &TestArgs) -> Result<ExitCode, Failure> {
    let guarded = Guarded::load(&folder())?;
    let files: Vec<CaseFile> = if args.files.is_empty() {
        guarded.cases()?
    } else {
        let read = |path: &PathBuf| {
            let shown = path.display().to_string();
            let text =
                std::fs::read_to_string(path).map_err(|error| format!("failed to read {shown}: {error}"))?;
            read_cases(&shown, &text)
        };
        args.files.iter().map(read).collect::<Result<_, String>>()?
    };
    if files.iter().all(|file| file.cases.is_empty()) {
        return Err(format!(
            "failed to find a case to try: write one in {}/NAME.jsonl, a line such as {{\"command\":\"maas list\",\"decision\":\"deny\"}}",
            crate::run::guard::CASES
        )
        .into());
    }
    let tested = guarded.test(&files, true, &InProcess::new());
    let mut lines = Vec::new();
    for failure in &tested.failures {
        lines.push(format!(
            "{}: wanted {}, got {}: {}\n    {}",
            failure.place,
            failure.wanted,
            failure.got,
            plain::line(&failure.command),
            plain::line(&failure.reason)
        ));
    }
    for escaped in &tested.escaped {
        lines.push(format!("a disguised command would run: {}", plain::line(escaped)));
    }
    let held = tested.cases - tested.failures.len();
    lines.push(format!("guard {held}/{} cases", tested.cases));
    lines.push(format!(
        "disguises of denied commands: {} tried, {} would run",
        tested.mutants,
        tested.escaped.len()
    ));
    lines.push(String::new());
    print(&lines.join("\n"))?;
    let good = tested.failures.is_empty() && tested.escaped.is_empty();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("failed to write stdout: {error}").into())
        }
        _ => Ok(()),
    }
}

/// What the hook prints: the contract's one object.
fn contract(decision: Decision, reason: &str) -> String {
    let object = serde_json::json!({
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": decision.word(),
            "permissionDecisionReason": reason,
        }
    });
    format!("{object}\n")
}

/// Says on stderr what the agent reads.
fn tell(reason: &str) {
    output::say(reason);
}
