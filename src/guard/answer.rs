//! The answer to a request: the verdict, and what it comes to in the session's mode.

use crate::bash::Witness;

use super::decide::decide;
use super::own;
use super::places::why_not_edited;
use super::policy::Policy;
use super::request::{Call, Malformed, Mode, Request, Work};
use super::secret_files;
use super::verdict::{Decision, Reason, Verdict, capped};

/// Tools that only look.
const READERS: [&str; 3] = ["BashOutput", "TaskOutput", "ToolSearch"];

/// What the hook says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it comes to.
    pub decision: Decision,
    /// The reason, within the contract's limits.
    pub reason: String,
    /// What it follows from.
    pub verdict: Verdict,
}

/// Answers a request. `findings`: what lint says of the text that a file would have.
pub fn answer(request: &Request, policy: &Policy, witness: &dyn Witness, findings: &[String]) -> Answer {
    match &request.work {
        Work::Shell(command) => gated(decide(command, policy, witness), request.mode, policy),
        Work::Call(call) => gated(called(call, &request.tool, policy, witness), request.mode, policy),
        Work::Look(paths) => match paths.iter().find(|path| secret_files::is_told_by_name(path)) {
            Some(path) => {
                let what = format!("`{path}` holds a secret by its name");
                gated(Verdict::plain(Decision::Ask, "prints-secret", what, ""), request.mode, policy)
            }
            None => plain(Verdict::plain(Decision::Allow, "reader", "", "")),
        },
        Work::File { path, text, edits } => file(request, policy, path, text.as_deref(), edits, findings),
        Work::Other if request.tool.contains("update_settings") || request.tool.contains("Config") => {
            let verdict = Verdict::plain(Decision::Ask, "settings", "a tool changes settings", "");
            gated(verdict, request.mode, policy)
        }
        Work::Other if READERS.contains(&request.tool.as_str()) => {
            plain(Verdict::plain(Decision::Allow, "reader", "", ""))
        }
        // No opinion: what the session's mode does with an ask is what it would have done by itself.
        Work::Other => plain(Verdict::plain(
            Decision::Ask,
            "no-command",
            format!("the guard has no opinion on `{}`: it runs no command", request.tool),
            "",
        )),
    }
}

/// The answer to what is no request.
pub fn malformed(why: &Malformed) -> Answer {
    plain(Verdict::plain(
        Decision::Deny,
        "malformed",
        why.to_string(),
        "nothing runs without a request that can be read",
    ))
}

fn file(
    request: &Request,
    policy: &Policy,
    path: &str,
    text: Option<&str>,
    edits: &[(String, String)],
    findings: &[String],
) -> Answer {
    let switches_off = |text: &str| text.contains("disableAllHooks");
    let in_settings = path.rsplit('.').next() == Some("json")
        && path.contains("claude")
        && (text.is_some_and(switches_off) || edits.iter().any(|(_, new)| switches_off(new)));
    if policy.is_own(path, false) || in_settings {
        let what = format!("`{path}` belongs to the guard");
        return plain(Verdict::plain(Decision::Deny, "own-files", what, own::INSTEAD));
    }
    if !findings.is_empty() {
        let told: Vec<Reason> = findings
            .iter()
            .map(|finding| Reason {
                decision: Decision::Ask,
                rule: "lint".to_owned(),
                what: finding.clone(),
                instead: String::new(),
                at: crate::source::Span::default(),
                invocation: String::new(),
            })
            .collect();
        return gated(Verdict::of(told), request.mode, policy);
    }
    if let Some(why) = why_not_edited(path, &request.folder, policy) {
        return gated(Verdict::plain(Decision::Ask, "edit", why, ""), request.mode, policy);
    }
    if request.mode == Mode::AcceptEdits {
        let verdict = Verdict::plain(Decision::Allow, "edit", "", "");
        let reason =
            format!("gauntlet: `{path}` lies in the folder at hand, where the session accepts edits");
        return Answer { decision: verdict.decision, reason: capped(&reason), verdict };
    }
    // No opinion, as above.
    plain(Verdict::plain(Decision::Ask, "edit", format!("`{path}` is written"), ""))
}

/// What a tool comes to that is told more than a command: what each reading of it comes to, and what no field may hide.
fn called(call: &Call, tool: &str, policy: &Policy, witness: &dyn Witness) -> Verdict {
    let mut reasons: Vec<Reason> =
        call.readings.iter().flat_map(|text| decide(text, policy, witness).reasons).collect();
    let beside = call.beside.iter().flat_map(|text| decide(text, policy, witness).reasons);
    reasons.extend(beside.filter(|reason| reason.decision == Decision::Deny));
    if let Some(field) = call.unread.first() {
        let what = format!("what `{field}` is to `{tool}` is not known");
        reasons.extend(Verdict::plain(Decision::Ask, "unknown-tool", what, "").reasons);
    }
    Verdict::of(reasons)
}

/// The answer where an ask is more than no opinion: what it comes to in the session's mode.
fn gated(verdict: Verdict, mode: Mode, policy: &Policy) -> Answer {
    let decision = match verdict.decision {
        Decision::Ask => policy.when_asking(mode),
        decided => decided,
    };
    let mut reason = verdict.text();
    if decision != verdict.decision {
        let mode = mode.word();
        reason = capped(&format!(
            "{reason}. In the mode `{mode}` nobody is asked, so it does not run: leave it to the user"
        ));
    }
    Answer { decision, reason, verdict }
}

fn plain(verdict: Verdict) -> Answer {
    Answer { decision: verdict.decision, reason: verdict.text(), verdict }
}
