//! The answer to a request: the verdict, and what it comes to in the session's mode.

use crate::bash::Witness;

use super::decide::decide;
use super::own;
use super::policy::Policy;
use super::request::{Malformed, Mode, Request, Work};
use super::secret_files;
use super::verdict::{Decision, Reason, Verdict, capped};

/// Tools that only look.
const READERS: [&str; 5] = ["Glob", "LS", "BashOutput", "TaskOutput", "ToolSearch"];

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
        Work::Shell(command) => {
            let verdict = decide(command, policy, witness);
            let decision = match verdict.decision {
                Decision::Ask => policy.when_asking(request.mode),
                decided => decided,
            };
            let mut reason = verdict.text();
            if decision != verdict.decision {
                let mode = request.mode.word();
                reason = capped(&format!(
                    "{reason}. In the mode `{mode}` nobody is asked, so it does not run: leave it to the user"
                ));
            }
            Answer { decision, reason, verdict }
        }
        Work::Look(paths) => match paths.iter().find(|path| secret_files::is_told_by_name(path)) {
            Some(path) => {
                let what = format!("`{path}` holds a secret by its name");
                let verdict = Verdict::plain(Decision::Ask, "prints-secret", what, "");
                Answer { decision: policy.when_asking(request.mode), ..plain(verdict) }
            }
            None => plain(Verdict::plain(Decision::Allow, "reader", "", "")),
        },
        Work::File { path, text, edits } => file(request, policy, path, text.as_deref(), edits, findings),
        Work::Other if request.tool.contains("update_settings") || request.tool.contains("Config") => {
            plain(Verdict::plain(Decision::Ask, "settings", "a tool changes settings", ""))
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
        let verdict = Verdict::of(told);
        let decision = policy.when_asking(request.mode);
        let reason = verdict.text();
        return Answer { decision, reason, verdict };
    }
    if request.mode == Mode::AcceptEdits {
        return plain(Verdict::plain(Decision::Allow, "edit", "", ""));
    }
    // No opinion, as above.
    plain(Verdict::plain(Decision::Ask, "edit", format!("`{path}` is written"), ""))
}

fn plain(verdict: Verdict) -> Answer {
    Answer { decision: verdict.decision, reason: verdict.text(), verdict }
}
