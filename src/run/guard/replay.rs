//! Decisions over recorded sessions: what a policy would have asked, and how two policies differ.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::bash::Witness;
use crate::guard::{self, Decision, Work};
use crate::repo::guard as files;

use super::Guarded;

/// What came of the calls in transcripts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Calls that the guard looks at, by decision.
    pub decisions: BTreeMap<Decision, usize>,
    /// Calls of other tools.
    pub others: usize,
    /// Lines that are no JSON.
    pub unread: usize,
    /// Why it asked or denied: how often.
    pub reasons: BTreeMap<String, usize>,
    /// Commands that another policy decides otherwise: this one's decision, the other's, how often.
    pub differences: BTreeMap<(String, Decision, Decision), usize>,
}

impl Replayed {
    /// Calls that were decided.
    pub fn calls(&self) -> usize {
        self.decisions.values().sum()
    }

    fn of(&self, decision: Decision) -> usize {
        self.decisions.get(&decision).copied().unwrap_or_default()
    }

    /// How many of a thousand calls would have asked.
    pub fn asked_per_mille(&self) -> usize {
        (self.of(Decision::Ask) * 1000).checked_div(self.calls()).unwrap_or_default()
    }

    /// The reasons, the most frequent first.
    pub fn top(&self) -> Vec<(&str, usize)> {
        let mut top: Vec<(&str, usize)> =
            self.reasons.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
        top.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        top
    }
}

/// Replays a transcript; `other` is a second policy to compare with.
pub fn replay(
    path: &Path,
    guarded: &Guarded,
    other: Option<&Guarded>,
    witness: &dyn Witness,
    into: &mut Replayed,
) -> Result<(), String> {
    let text = files::text(path).ok_or_else(|| format!("{} cannot be read as text", path.display()))?;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let Ok(value) = serde_json::from_str::<Value>(line) else {
            into.unread += 1;
            continue;
        };
        let folder = value.get("cwd").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mode = value.get("permissionMode").and_then(Value::as_str).unwrap_or("default").to_owned();
        for call in calls(&value) {
            one(call, &folder, &mode, guarded, other, witness, into);
        }
    }
    Ok(())
}

/// The calls of tools in a line of a transcript: the content of an assistant's message, or the line itself.
fn calls(line: &Value) -> Vec<&Value> {
    let content = line.pointer("/message/content").or_else(|| line.get("content")).and_then(Value::as_array);
    let is_call = |value: &&Value| value.get("type").and_then(Value::as_str) == Some("tool_use");
    let direct = line.get("tool_name").is_some().then_some(line);
    content.into_iter().flatten().filter(is_call).chain(direct).collect()
}

fn one(
    call: &Value,
    folder: &str,
    mode: &str,
    guarded: &Guarded,
    other: Option<&Guarded>,
    witness: &dyn Witness,
    into: &mut Replayed,
) {
    let name = call.get("name").or_else(|| call.get("tool_name")).cloned().unwrap_or_default();
    let input = call.get("input").or_else(|| call.get("tool_input")).cloned().unwrap_or_default();
    let request =
        serde_json::json!({ "cwd": folder, "permission_mode": mode, "tool_name": name, "tool_input": input });
    let Ok(request) = guard::parse(request.to_string().as_bytes()) else {
        *into.decisions.entry(Decision::Deny).or_default() += 1;
        *into.reasons.entry("malformed".to_owned()).or_default() += 1;
        return;
    };
    if matches!(request.work, Work::Look(_) | Work::Other) {
        into.others += 1;
        return;
    }
    let answer = guarded.answer(&request, witness);
    *into.decisions.entry(answer.decision).or_default() += 1;
    if answer.decision != Decision::Allow {
        let mut rules: Vec<String> = answer
            .verdict
            .deciding()
            .map(|reason| {
                let program = reason.invocation.rsplit(" > ").next().unwrap_or_default();
                let program = program.split_whitespace().next().unwrap_or_default();
                if program.is_empty() { reason.rule.clone() } else { format!("{}: {program}", reason.rule) }
            })
            .collect();
        rules.sort();
        rules.dedup();
        for rule in rules {
            *into.reasons.entry(rule).or_default() += 1;
        }
    }
    if let Some(other) = other {
        let theirs = other.answer(&request, witness).decision;
        if theirs != answer.decision {
            let subject = match &request.work {
                Work::Shell(command) => command.clone(),
                Work::Call(call) => call.readings.first().cloned().unwrap_or_default(),
                Work::File { path, .. } => path.clone(),
                Work::Look(_) | Work::Other => String::new(),
            };
            *into.differences.entry((subject, answer.decision, theirs)).or_default() += 1;
        }
    }
}
