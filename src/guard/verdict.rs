//! The verdict: a decision, and for each thing that was looked at what was decided of it and why.

use std::fmt;

use crate::source::Span;

/// The longest text that the hook's contract takes.
const LONGEST: usize = 10_000;

/// Reasons of one kind that are told; the rest is counted.
const TOLD: usize = 5;

/// What happens to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// It runs.
    Allow,
    /// The user is asked.
    Ask,
    /// It does not run.
    Deny,
}

impl Decision {
    /// The word of the hook's contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }

    /// The decision of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Allow, Self::Ask, Self::Deny].into_iter().find(|decision| decision.word() == word)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What was decided of one thing, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The decision.
    pub decision: Decision,
    /// The rule that it follows from: a word for one that is built in, the rule and its place for one of the policy.
    pub rule: String,
    /// What is so.
    pub what: String,
    /// What to do instead; empty where there is nothing to say.
    pub instead: String,
    /// Where in the text.
    pub at: Span,
    /// What runs in the end, by way of which wrappers; empty for what is no command.
    pub invocation: String,
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The strictest of the reasons' decisions.
    pub decision: Decision,
    /// The reasons, in the order of the text.
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// The verdict that follows from these reasons.
    pub fn of(mut reasons: Vec<Reason>) -> Self {
        reasons.sort_by_key(|reason| (reason.at, std::cmp::Reverse(reason.decision)));
        reasons.dedup();
        let decision = reasons.iter().map(|reason| reason.decision).max().unwrap_or(Decision::Allow);
        Self { decision, reasons }
    }

    /// A verdict for one reason that is about no command.
    pub fn plain(decision: Decision, rule: &str, what: impl Into<String>, instead: &str) -> Self {
        Self::of(vec![Reason {
            decision,
            rule: rule.to_owned(),
            what: what.into(),
            instead: instead.to_owned(),
            at: Span::default(),
            invocation: String::new(),
        }])
    }

    /// The reasons that made the decision.
    pub fn deciding(&self) -> impl Iterator<Item = &Reason> {
        self.reasons.iter().filter(|reason| reason.decision == self.decision)
    }

    /// The reason as the user or the agent reads it.
    pub fn text(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for reason in self.deciding() {
            let mut part = reason.what.clone();
            if !reason.instead.is_empty() {
                part.push_str(": ");
                part.push_str(&reason.instead);
            }
            if !part.is_empty() && !parts.contains(&part) {
                parts.push(part);
            }
        }
        let text = match self.decision {
            Decision::Allow => "only reads, by the tables of gauntlet".to_owned(),
            Decision::Ask | Decision::Deny => {
                let more = parts.len().saturating_sub(TOLD);
                parts.truncate(TOLD);
                let told = parts.join("; ");
                if more > 0 { format!("{told}; and {more} more") } else { told }
            }
        };
        capped(&format!("gauntlet: {text}"))
    }
}

/// The text, shortened to what the contract takes.
pub(super) fn capped(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let mark = " [...]";
    let mut end = LONGEST - mark.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{mark}", &text[..end])
}
