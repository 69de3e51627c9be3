//! Tools that nobody knows and that are told something to run: every field that may be a part of it is read, or told of.

use serde_json::{Map, Value};

use super::request::Call;

/// Fields that change nothing of what runs.
const IDLE: [&str; 13] = [
    "command",
    "description",
    "explanation",
    "reason",
    "title",
    "timeout",
    "timeout_ms",
    "timeoutMs",
    "run_in_background",
    "is_background",
    "isBackground",
    "dangerouslyDisableSandbox",
    "persistent",
];

/// Fields that hold more words of the command.
const WORDS: [&str; 3] = ["args", "argv", "arguments"];

/// Fields that may hold a text which runs.
const TEXTS: [&str; 9] =
    ["cmd", "script", "commands", "shell_command", "code", "then", "stdin", "input", "run"];

/// The agent's own tools, whose texts are for itself or for another agent.
const KNOWN: [&str; 16] = [
    "Agent",
    "Task",
    "Skill",
    "SlashCommand",
    "WebFetch",
    "WebSearch",
    "TodoWrite",
    "TodoRead",
    "AskUserQuestion",
    "ExitPlanMode",
    "EnterPlanMode",
    "BashOutput",
    "TaskOutput",
    "KillShell",
    "KillBash",
    "ToolSearch",
];

/// What a tool is told besides its command; `None` where nothing is.
pub(super) fn with_command(command: &str, input: &Map<String, Value>) -> Option<Call> {
    let more = || input.iter().filter(|(name, _)| !IDLE.contains(&name.as_str()));
    more().next()?;
    let mut call = Call::default();
    for (name, value) in more() {
        match words(value) {
            Some(words) if WORDS.contains(&name.as_str()) => {
                // As words of their own, or joined to a text by whoever starts a shell.
                let quoted = shlex::try_join(words.iter().copied()).ok();
                call.readings.extend(quoted.map(|rest| format!("{command} {rest}")));
                call.readings.push(format!("{command} {}", words.join(" ")));
            }
            _ => call.unread.push(name.clone()),
        }
        if TEXTS.contains(&name.as_str()) {
            call.beside.extend(words(value).into_iter().map(|words| words.join(" ")));
        }
    }
    if call.readings.is_empty() {
        call.readings.push(command.to_owned());
    }
    Some(call)
}

/// What an unknown tool without a command is told to run; `None` where it has no field for that.
pub(super) fn without_command(tool: &str, input: &Map<String, Value>) -> Option<Call> {
    if KNOWN.contains(&tool) {
        return None;
    }
    let mut call = Call::default();
    for (name, value) in input {
        let text = TEXTS[..5].contains(&name.as_str());
        let list = WORDS.contains(&name.as_str()) && value.is_array();
        if text || list {
            call.beside.extend(words(value).map(|words| words.join(" ")));
            call.unread.push(name.clone());
        }
    }
    (!call.unread.is_empty()).then_some(call)
}

/// A text, or the texts of a list.
fn words(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(list) => list.iter().map(Value::as_str).collect(),
        _ => None,
    }
}
