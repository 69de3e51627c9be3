//! What one file showed, as bytes that can be kept, and the key under which they still hold.
//!
//! A key names everything that a verdict depends on, but for the files that are sourced: which those are is known only
//! afterwards ([`Checked::asked`]). This module never reads or writes a file.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Checked, Linter, Record};
use crate::catalogue::{self, Rule};
use crate::event::FileKind;
use crate::finding::{Advice, Allowance, Edit, Finding, Fix, Label, Severity, Suppressed};
use toml::Spanned;

use crate::settings::{LintSettings, Settings, ToolSettings};

use crate::source::{Position, RepoPath, SourceText, Span};

/// A hash of everything that something depends on.
pub type Digest = [u8; 32];

impl Linter {
    /// What is the same for all files of a run: what the rules are, and what the settings tell them.
    pub fn digest(&self) -> Digest {
        // Taken apart whole, so that a new field cannot be forgotten here. What is left out is in `key`, or put upon the
        // findings later (`standing`).
        let Self {
            force: _,
            settings,
            secret_names: _,
            gates,
            record: _,
            suppressions,
            today: _,
            shapes,
            left_out: _,
        } = self;
        let Settings { lint, version: _, members: _, exclude, tools, ledger: _, run: _, guard: _ } = settings;
        let LintSettings {
            secret_names,
            own_files,
            select: _,
            ignore: _,
            severity: _,
            paths: _,
            allow: _,
            gates: _,
        } = lint;
        let known: Vec<&Rule> = catalogue::all().collect();
        let tools: Vec<&ToolSettings> = tools.iter().map(Spanned::get_ref).collect();
        let all = (
            known,
            secret_names,
            own_files.patterns(),
            exclude.patterns(),
            gates,
            tools,
            suppressions,
            shapes,
        );
        *blake3::hash(format!("{all:?}").as_bytes()).as_bytes()
    }

    /// What is this file's own.
    pub fn key(&self, source: &SourceText, kind: FileKind) -> Digest {
        let rules = self.force.within(source.path().as_str());
        let mut findings = Vec::new();
        if matches!(kind, FileKind::Script | FileKind::Removed) {
            // What the rules of the whole project say of it, not all that they looked at: a new changelog entry for one
            // script then leaves the others as they are.
            self.judge_project(&rules, source, &mut findings);
        }
        let excused = match &self.record {
            Some(Record::Diff(diff)) => diff.excused.get(source.path()),
            Some(Record::Tree { .. }) | None => None,
        };
        let today = source.text().contains("until=").then_some(&self.today);
        let rules: Vec<(&str, Severity)> =
            rules.iter().map(|(rule, severity)| (rule.slug, *severity)).collect();
        let all = (source.path(), kind, rules, self.record.is_some(), findings, excused, today);
        let mut hasher = blake3::Hasher::new();
        hasher.update(format!("{all:?}").as_bytes());
        // No text holds a NUL.
        hasher.update(&[0]);
        hasher.update(source.text().as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// What [`Checked::keep`] made bytes of; `None` where they are none of its bytes.
    pub fn revive(&self, bytes: &[u8], path: &RepoPath, kind: FileKind) -> Option<Checked> {
        let file: KeptFile<'_> = postcard::from_bytes(bytes).ok()?;
        let findings = file.findings.iter().map(|kept| kept.revive(path)).collect::<Option<_>>()?;
        let suppressed = file.suppressed.iter().map(|kept| kept.revive(path)).collect::<Option<_>>()?;
        let rules = self.asked_of(&self.force.within(path.as_str()), kind);
        Some(Checked { findings, suppressed, rules, unparsed: file.unparsed, asked: BTreeSet::new() })
    }
}

impl Checked {
    /// As bytes, without the rules that were asked and the files that it depends on.
    pub fn keep(&self) -> Option<Vec<u8>> {
        let suppressed = self.suppressed.iter().map(|suppressed| KeptSuppressed {
            finding: KeptFinding::of(&suppressed.finding),
            by: suppressed.by,
            reason: &suppressed.reason,
        });
        let file = KeptFile {
            findings: self.findings.iter().map(KeptFinding::of).collect(),
            suppressed: suppressed.collect(),
            unparsed: self.unparsed,
        };
        postcard::to_stdvec(&file).ok()
    }
}

/// [`Checked`].
#[derive(Serialize, Deserialize)]
struct KeptFile<'a> {
    #[serde(borrow)]
    findings: Vec<KeptFinding<'a>>,
    suppressed: Vec<KeptSuppressed<'a>>,
    unparsed: usize,
}

/// [`Suppressed`].
#[derive(Serialize, Deserialize)]
struct KeptSuppressed<'a> {
    #[serde(borrow)]
    finding: KeptFinding<'a>,
    by: Allowance,
    reason: &'a str,
}

/// [`Finding`], without the path, which the file has, and the code, which the rule has.
#[derive(Serialize, Deserialize)]
struct KeptFinding<'a> {
    rule: &'a str,
    severity: Severity,
    #[serde(borrow)]
    primary: KeptLabel<'a>,
    secondary: Vec<KeptLabel<'a>>,
    message: &'a str,
    why: &'a str,
    instead: &'a str,
    fix: Option<Vec<(Span, &'a str)>>,
    legacy: bool,
    fingerprint: &'a str,
}

/// [`Label`].
#[derive(Serialize, Deserialize)]
struct KeptLabel<'a> {
    span: Span,
    start: Position,
    end: Position,
    text: &'a str,
}

impl KeptSuppressed<'_> {
    fn revive(&self, path: &RepoPath) -> Option<Suppressed> {
        Some(Suppressed { finding: self.finding.revive(path)?, by: self.by, reason: self.reason.to_owned() })
    }
}

impl<'a> KeptFinding<'a> {
    fn of(finding: &'a Finding) -> Self {
        let edits = |fix: &'a Fix| fix.edits.iter().map(|edit| (edit.span, edit.text.as_str())).collect();
        Self {
            rule: finding.rule,
            severity: finding.severity,
            primary: KeptLabel::of(&finding.primary),
            secondary: finding.secondary.iter().map(KeptLabel::of).collect(),
            message: &finding.advice.message,
            why: &finding.advice.why,
            instead: &finding.advice.instead,
            fix: finding.fix.as_ref().map(edits),
            legacy: finding.legacy,
            fingerprint: &finding.fingerprint,
        }
    }

    fn revive(&self, path: &RepoPath) -> Option<Finding> {
        let rule = catalogue::all().find(|rule| rule.slug == self.rule)?;
        let edits = |edits: &Vec<(Span, &str)>| Fix {
            edits: edits.iter().map(|(span, text)| Edit { span: *span, text: (*text).to_owned() }).collect(),
        };
        Some(Finding {
            code: rule.code,
            rule: rule.slug,
            severity: self.severity,
            path: path.clone(),
            primary: self.primary.revive(),
            secondary: self.secondary.iter().map(KeptLabel::revive).collect(),
            advice: Advice {
                message: self.message.to_owned(),
                why: self.why.to_owned(),
                instead: self.instead.to_owned(),
            },
            fix: self.fix.as_ref().map(edits),
            legacy: self.legacy,
            fingerprint: self.fingerprint.to_owned(),
        })
    }
}

impl<'a> KeptLabel<'a> {
    fn of(label: &'a Label) -> Self {
        Self { span: label.span, start: label.start, end: label.end, text: &label.text }
    }

    fn revive(&self) -> Label {
        Label { span: self.span, start: self.start, end: self.end, text: self.text.to_owned() }
    }
}
