//! A script as checks see it, and the way in which they report.

use crate::bash::syntax::{CommandKind, Sequence};
use crate::bash::{self, Dialect, Unread, Witness};
use crate::catalogue::Rule;
use crate::facts::{self, Context, Observations};
use crate::finding::{Advice, Finding, Label, Severity};
use crate::source::{SourceText, Span};

/// Where a script stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// It is a file.
    File,
    /// It is a fence of a runbook.
    Fence,
}

/// A script with everything that is known of it.
pub(super) struct Script<'s> {
    pub source: &'s SourceText,
    pub form: Form,
    pub dialect: Dialect,
    pub unread: Vec<Unread>,
    /// Comments before the first statement, in order.
    pub header: Vec<Span>,
    /// Whether it only defines functions for others.
    pub library: bool,
    pub seen: Observations,
}

impl<'s> Script<'s> {
    /// Reads `text`, which is `source` or a part of it at the same place.
    pub fn read(
        source: &'s SourceText,
        text: &str,
        form: Form,
        context: &Context<'_>,
        witness: &dyn Witness,
    ) -> Self {
        let dialect = dialect(text, source.path().as_str());
        let reading = bash::read(text, dialect, witness);
        let seen = facts::observe(source.path(), &reading.script, context);
        let first_statement = reading.script.body.statements.first().map(|statement| statement.span);
        let before = first_statement.map_or(u32::MAX, |span| span.start);
        let header =
            reading.script.comments.iter().copied().filter(|comment| comment.end <= before).collect();
        let in_lib = source.path().as_str().split('/').rev().skip(1).any(|part| part == "lib");
        let library = in_lib || only_defines(&reading.script.body);
        Self { source, form, dialect, unread: reading.unread, header, library, seen }
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> &str {
        span.slice(self.source.text())
    }
}

/// The dialect that the first line or the file's name asks for.
pub fn dialect(text: &str, path: &str) -> Dialect {
    let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let Some(line) = first.strip_prefix("#!") else {
        return match path.rsplit_once('.') {
            Some((_, "ksh")) => Dialect::Ksh,
            Some((_, "dash")) => Dialect::Posix,
            _ => Dialect::Bash,
        };
    };
    let mut words = line.split_ascii_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let name = match words.next() {
        Some("env") => words.find(|word| !word.starts_with('-') && !word.contains('=')),
        Some("busybox") => words.next(),
        other => other,
    };
    match name {
        Some("sh" | "dash" | "ash" | "posh" | "yash") => Dialect::Posix,
        Some("ksh" | "ksh93" | "mksh" | "lksh" | "pdksh") => Dialect::Ksh,
        _ => Dialect::Bash,
    }
}

/// Whether every statement is a function definition, a constant, or a guard against being read twice.
fn only_defines(body: &Sequence) -> bool {
    let mut functions = 0;
    for statement in &body.statements {
        let [command] = statement.first.stages.as_slice() else { return false };
        match &command.kind {
            CommandKind::Function(_) => functions += 1,
            CommandKind::Declare(_) => {}
            CommandKind::Simple(simple) if simple.words.is_empty() => {}
            CommandKind::Test(_) if !statement.rest.is_empty() => {}
            _ => return false,
        }
    }
    functions > 0
}

/// Takes the findings of one rule.
pub(super) struct Report<'r> {
    pub rule: &'static Rule,
    pub severity: Severity,
    pub source: &'r SourceText,
    pub findings: &'r mut Vec<Finding>,
}

impl Report<'_> {
    /// One finding, with labels beside the primary one.
    pub fn add(&mut self, at: Span, label: &str, secondary: Vec<(Span, String)>, advice: Advice) {
        let secondary = secondary
            .into_iter()
            .filter(|(span, _)| !span.is_empty())
            .map(|(span, text)| Label::new(self.source, span, text))
            .collect();
        self.findings.push(Finding {
            code: self.rule.code,
            rule: self.rule.slug,
            severity: self.severity,
            path: self.source.path().clone(),
            primary: Label::new(self.source, at, label),
            secondary,
            advice,
            fingerprint: String::new(),
        });
    }
}

/// Gives each finding its identity: rule, path, the statement's words, and which of equal ones it is.
pub(super) fn fingerprint(source: &SourceText, findings: &mut [Finding]) {
    let mut seen: Vec<(u16, String)> = Vec::new();
    for finding in findings {
        let statement: Vec<&str> = finding.primary.span.slice(source.text()).split_whitespace().collect();
        let key = format!("{}\n{}\n{}", finding.rule, finding.path, statement.join(" "));
        let count = if let Some((count, _)) = seen.iter_mut().find(|(_, known)| *known == key) {
            *count += 1;
            *count
        } else {
            seen.push((0, key.clone()));
            0
        };
        let hash = blake3::hash(format!("{key}\n{count}").as_bytes());
        hash.to_hex()[..32].clone_into(&mut finding.fingerprint);
    }
}
