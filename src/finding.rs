//! A finding: what a rule has to say about one place.
//!
//! A finding cannot be built without saying what is wrong, why it matters here, what to write instead, and where.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::RuleCode;
use crate::source::{Position, RepoPath, SourceText, Span};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Reported; the exit code stays 0.
    Warn,
    /// Reported; the exit code is 1.
    Fail,
}

/// A place in the finding's file, with the words that stand beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Bytes of the file.
    pub span: Span,
    /// Where the span starts.
    pub start: Position,
    /// Where the span ends (the place after its last character).
    pub end: Position,
    /// What to say there; empty for a bare underline.
    pub text: String,
}

impl Label {
    /// A label over `span` of `source`.
    pub fn new(source: &SourceText, span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            start: source.position(span.start),
            end: source.position(span.end.max(span.start)),
            text: text.into(),
        }
    }
}

/// The three parts of every message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Why it matters here.
    pub why: String,
    /// What to write instead.
    pub instead: String,
}

/// A change that repairs what a finding is about: replacements that belong together.
///
/// It is offered only where the script does the same as before as long as nothing fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// The replacements, in the order of their places, none over another.
    pub edits: Vec<Edit>,
}

/// The replacement of some bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The bytes that go; an empty span inserts.
    pub span: Span,
    /// What comes.
    pub text: String,
}

/// One finding of one rule in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's code.
    pub code: RuleCode,
    /// The rule's slug.
    pub rule: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// The file.
    pub path: RepoPath,
    /// Where it stands.
    pub primary: Label,
    /// The way the value took, the gate that is missing, the call that runs it.
    pub secondary: Vec<Label>,
    /// What, why, instead.
    pub advice: Advice,
    /// What repairs it, where that can be done safely.
    pub fix: Option<Fix>,
    /// Whether the baseline documents it as older than the rule: it then warns.
    pub legacy: bool,
    /// Identifies the finding across edits elsewhere in the file: 32 hexadecimal digits.
    pub fingerprint: String,
}

/// Who allowed a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Allowance {
    /// A comment in the text.
    Comment,
    /// `[[lint.allow]]` in the settings.
    Settings,
    /// The trailer `No-Changelog:` of a commit message.
    Trailer,
}

/// A finding that somebody allowed: reported as such, and without weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// What was found.
    pub finding: Finding,
    /// Who allowed it.
    pub by: Allowance,
    /// On what grounds.
    pub reason: String,
}

impl Finding {
    /// The order of every report: path, place, rule.
    pub fn sort_key(&self) -> (&RepoPath, Span, RuleCode, &str) {
        (&self.path, self.primary.span, self.code, &self.advice.message)
    }
}
