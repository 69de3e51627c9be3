//! Tries an installed entry as the agent starts it: what it says to a command that reads, to one that is denied, to what
//! is no request, and what happens where it cannot start, is short of memory, or gets no answer in time.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::guard::Found;

use super::install::Told;

/// The hook's timeout must be longer than the guard's own deadline.
pub(super) const LEAST_TIMEOUT_SECONDS: u64 = 12;

/// Memory in KiB in which the guard cannot even begin.
const TOO_LITTLE_KIB: u32 = 60_000;

/// Tries it, in the project's root.
pub(super) fn try_entry(found: &Found, root: &Path, quick: bool, told: &mut Told) {
    let allowed = request("ls");
    let denied = request("maas list");
    let tries: [(&str, &str, bool); 3] = [
        ("lets a command run that reads", &allowed, false),
        ("blocks `maas list`", &denied, true),
        ("blocks what is no request", "{\"tool_name\":\"Bash\",\"tool_input\":{\"command\":null}}", true),
    ];
    for (what, input, blocks) in tries {
        judge(what, blocks, run(&mut starts(found, root), input), told);
    }
    let mut starved = Command::new("sh");
    let line = line(found);
    starved.current_dir(root).args(["-c", &format!("ulimit -v {TOO_LITTLE_KIB}; {line}")]);
    let output = run(&mut starved, &allowed);
    let blocked = output.as_ref().is_ok_and(blocks);
    // Where the process could not do anything, it is the entry that must block.
    if blocked || found.blocks {
        told.good("blocks where it is short of memory");
    } else {
        told.bad("where it is short of memory the tool runs");
    }
    if found.args.is_none() {
        let mut missing = Command::new("sh");
        missing.current_dir(root).args(["-c", &found.command]).env("PATH", "/nonexistent");
        let output = run(&mut missing, &allowed);
        let absolute = found.command.starts_with('/');
        if absolute || output.as_ref().is_ok_and(|output| output.status.code() == Some(2)) {
            told.good("blocks where the program is missing");
        } else {
            told.bad("where the program is missing the tool runs: write `|| exit 2` behind it");
        }
    } else if found.blocks {
        told.good("blocks where the program is missing (by `onFailure`, which Claude Code keeps)");
    }
    if quick {
        return;
    }
    let mut silent = starts(found, root);
    silent.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let answered = silent.spawn().and_then(|mut child| {
        // Nobody ends the request: it must decide by itself.
        let held = child.stdin.take();
        let output = child.wait_with_output();
        drop(held);
        output
    });
    judge("decides by itself where the request never ends", true, answered, told);
}

fn judge(what: &str, must_block: bool, output: std::io::Result<Output>, told: &mut Told) {
    match output {
        Err(error) => told.bad(format!("it cannot be started: {error}")),
        Ok(output) if must_block && blocks(&output) => told.good(what),
        Ok(output) if !must_block && allows(&output) => told.good(what),
        Ok(output) => told.bad(format!(
            "it should be one that {what}, and ended with {} and said {}",
            output.status,
            String::from_utf8_lossy(&output.stdout).trim()
        )),
    }
}

fn request(command: &str) -> String {
    serde_json::json!({
        "session_id": "gauntlet-guard-check", "cwd": "/", "permission_mode": "default",
        "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": { "command": command },
        "tool_use_id": "gauntlet-guard-check",
    })
    .to_string()
}

fn starts(found: &Found, root: &Path) -> Command {
    let (program, args) = match &found.args {
        Some(args) => (found.command.as_str(), args.clone()),
        None => ("sh", vec!["-c".to_owned(), found.command.clone()]),
    };
    let mut command = Command::new(program);
    command.args(args);
    command.current_dir(root).env("CLAUDE_PROJECT_DIR", root);
    command
}

/// The entry as a line for a shell.
fn line(found: &Found) -> String {
    let quoted = |word: &String| format!("'{}'", word.replace('\'', r"'\''"));
    match &found.args {
        Some(args) => std::iter::once(&found.command).chain(args).map(quoted).collect::<Vec<_>>().join(" "),
        None => found.command.clone(),
    }
}

fn run(command: &mut Command, input: &str) -> std::io::Result<Output> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends early has said what it has to say.
        let _ = stdin.write_all(input.as_bytes());
    }
    child.wait_with_output()
}

fn decision(output: &Output) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    Some(value.pointer("/hookSpecificOutput/permissionDecision")?.as_str()?.to_owned())
}

fn blocks(output: &Output) -> bool {
    output.status.code() == Some(2)
}

fn allows(output: &Output) -> bool {
    output.status.success() && decision(output).as_deref() == Some("allow")
}
