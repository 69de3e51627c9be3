//! What is kept of a decision: one JSON object a line, without what may be a secret.

use serde::{Deserialize, Serialize};

use crate::commands::Tables;
use crate::facts::SecretNames;

use super::answer::Answer;
use super::request::{Request, Work};

/// Stands for what was left out.
pub const REDACTED: &str = "[redacted]";

/// The longest text that is kept of a command.
const MOST_BYTES: usize = 4000;

/// A decision that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// Its name, for `gauntlet guard why`.
    pub id: String,
    /// Seconds since 1970.
    pub time: u64,
    /// The session.
    pub session: String,
    /// The tool.
    pub tool: String,
    /// The permission mode.
    pub mode: String,
    /// What was decided.
    pub decision: String,
    /// The rules that it follows from.
    pub rules: Vec<String>,
    /// The command, or the file that is written.
    pub subject: String,
    /// Why.
    pub reason: String,
}

impl Logged {
    /// What is kept of an answer. `id` and `time` are the caller's.
    pub fn new(id: String, time: u64, request: &Request, answer: &Answer) -> Self {
        let names = SecretNames::new(Tables::builtin(), &[]);
        let mut rules: Vec<String> = answer.verdict.deciding().map(|reason| reason.rule.clone()).collect();
        rules.dedup();
        let exposed = rules.iter().any(|rule| rule == "secret-on-argv");
        let subject = match &request.work {
            Work::Shell(command) if exposed => bare(command),
            Work::Shell(command) => redacted(command, &names),
            Work::Call(call) if exposed => {
                call.readings.iter().map(|text| bare(text)).collect::<Vec<_>>().join("; ")
            }
            Work::Call(call) => redacted(&call.readings.join("; "), &names),
            Work::File { path, .. } => path.clone(),
            Work::Look(_) | Work::Other => String::new(),
        };
        let reason = if exposed { REDACTED.to_owned() } else { redacted(&answer.reason, &names) };
        Self {
            id,
            time,
            session: request.session.clone(),
            tool: request.tool.clone(),
            mode: request.mode.word().to_owned(),
            decision: answer.decision.word().to_owned(),
            rules,
            subject: shortened(subject),
            reason: shortened(reason),
        }
    }

    /// The line that is kept.
    pub fn line(&self) -> String {
        serde_json::to_string(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// Reads a line.
    pub fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    /// Whether something was left out of the command.
    pub fn is_redacted(&self) -> bool {
        self.subject.contains(REDACTED)
    }
}

/// A command with a secret on it: its words that are names of programs and options.
fn bare(command: &str) -> String {
    let plain = |word: &str| {
        let option = word.starts_with('-') && !word.contains('=');
        let name =
            word.len() < 16 && word.bytes().all(|byte| byte.is_ascii_lowercase() || b"-_.".contains(&byte));
        option && word.bytes().filter(u8::is_ascii_digit).count() < 2 && word.len() < 24 || name
    };
    let mut shown: Vec<&str> = Vec::new();
    let mut after_option = false;
    for word in command.split_whitespace().take(40) {
        let keep = plain(word) && !after_option;
        shown.push(if keep { word } else { REDACTED });
        after_option = word.starts_with('-');
    }
    shown.join(" ")
}

/// A text without what may be a secret by its form or by the name in front of it.
fn redacted(text: &str, names: &SecretNames) -> String {
    let mut out = String::with_capacity(text.len());
    let mut secret_next = false;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let bare = word.trim_matches(['"', '\'', '`', ';', ',', ')', '(']);
        let space = &piece[word.len()..];
        let name = bare.trim_start_matches('-').trim_end_matches(':').replace('-', "_");
        let told = secret_next && !bare.starts_with('-') && !bare.starts_with(['$', '|', '&', '<', '>']);
        if told || looks_random(bare) {
            out.push_str(REDACTED);
            secret_next = bare == "Bearer" || bare == "Basic";
        } else if let Some((before, after)) =
            bare.split_once(['=', ':']).filter(|(_, after)| !after.is_empty())
        {
            let tells = names.matches(&before.trim_start_matches('-').replace(['-', '.'], "_"));
            let address = after.starts_with("//") && after.contains('@');
            if tells && !after.starts_with(['$', '@', '/']) || address {
                out.push_str(before);
                out.push('=');
                out.push_str(REDACTED);
            } else {
                out.push_str(word);
            }
            secret_next = false;
        } else {
            out.push_str(word);
            let tells = names.matches(&name) || ["Bearer", "Basic", "Authorization:"].contains(&bare);
            secret_next = tells && (bare.starts_with('-') || bare.ends_with(':') || bare.starts_with('B'));
        }
        out.push_str(space);
    }
    out
}

/// Whether a word looks as if nobody could have thought of it: a token, a key.
fn looks_random(word: &str) -> bool {
    const LONG: usize = 20;
    let inner = word.rsplit(['=', ':']).next().unwrap_or(word);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/_-.".contains(&byte);
    let digits = inner.bytes().filter(u8::is_ascii_digit).count();
    let letters = inner.bytes().filter(u8::is_ascii_alphabetic).count();
    let mixed = inner.bytes().any(|byte| byte.is_ascii_uppercase())
        && inner.bytes().any(|byte| byte.is_ascii_lowercase());
    inner.len() >= LONG
        && inner.bytes().all(plain)
        && !inner.contains('/')
        && digits >= 4
        && letters >= 4
        && (mixed || digits >= 8 && !inner.contains('-'))
}

fn shortened(mut text: String) -> String {
    if text.len() > MOST_BYTES {
        let end = (0..=MOST_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push_str(REDACTED);
    }
    text
}
