//! The baseline: findings that are older than their rule, kept as documented warnings.
//!
//! An entry is known by rule, path and statement (the finding's fingerprint), never by a line, so that edits elsewhere
//! in the file change nothing. This module is handed the file's text and hands back the new one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::finding::Finding;
use crate::lint::suppress;
use crate::source::RepoPath;

/// The name of the baseline's file, beside the settings.
pub const FILE_NAME: &str = "gauntlet-baseline.toml";

/// What a new file begins with.
const HEAD: &str = "\
# Findings that are older than their rule: `gauntlet lint` reports them as warnings. Written by
# `gauntlet lint --write-baseline`, which keeps each `reason`; an entry that matches nothing any more fails.
version = 1
";

/// One finding that the baseline documents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The rule's slug.
    pub rule: String,
    /// The file.
    pub path: String,
    /// The finding's identity.
    pub fingerprint: String,
    /// What was found, for people.
    pub message: String,
    /// Why it stands, where somebody says so.
    pub reason: Option<String>,
}

/// A baseline as it was read.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    entries: Vec<(Entry, Range<usize>)>,
    by_fingerprint: HashMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    #[serde(default)]
    legacy: Vec<Spanned<Entry>>,
}

/// What is wrong with the text of a baseline, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineError {
    /// What is wrong, without the place.
    pub message: String,
    /// The bytes it is about.
    pub span: Range<usize>,
}

/// Why a baseline was not written: it would grow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grows {
    /// The findings that would come in.
    pub new: Vec<Finding>,
}

impl Baseline {
    /// Reads the text of a baseline.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let wrong = |message: String, span: Range<usize>| BaselineError { message, span };
        let file: File = toml::from_str(text)
            .map_err(|error| wrong(error.message().to_owned(), error.span().unwrap_or(0..0)))?;
        if file.version != 1 {
            return Err(wrong(
                format!("version {} is not known: this gauntlet reads version 1", file.version),
                0..0,
            ));
        }
        let mut baseline = Self::default();
        for entry in file.legacy {
            let span = entry.span();
            let entry = entry.into_inner();
            if is_beyond(&entry.rule) {
                return Err(wrong(
                    format!("`{}` is beyond every baseline: remove the entry", entry.rule),
                    span,
                ));
            }
            baseline.by_fingerprint.insert(entry.fingerprint.clone(), baseline.entries.len());
            baseline.entries.push((entry, span));
        }
        Ok(baseline)
    }

    /// The entries, in the order of the file, with the place of each.
    pub fn entries(&self) -> &[(Entry, Range<usize>)] {
        &self.entries
    }

    /// The number of the entry that documents a finding.
    pub(super) fn position(&self, finding: &Finding) -> Option<usize> {
        let at = *self.by_fingerprint.get(&finding.fingerprint)?;
        let (entry, _) = self.entries.get(at)?;
        (entry.rule == finding.rule && entry.path == finding.path.as_str() && !is_beyond(finding.rule))
            .then_some(at)
    }

    /// The text of the baseline that documents `findings`, and nothing else of what was `asked`; an empty text where
    /// there is nothing to document. Only with `growth` may findings come in that were not there before.
    pub fn renewed(
        old: Option<&Self>,
        findings: &[Finding],
        asked: &BTreeMap<RepoPath, BTreeSet<&'static str>>,
        growth: bool,
    ) -> Result<String, Grows> {
        let findings = || findings.iter().filter(|finding| !is_beyond(finding.rule));
        let new: Vec<Finding> =
            findings().filter(|f| old.is_some_and(|old| old.position(f).is_none())).cloned().collect();
        if !growth && !new.is_empty() {
            return Err(Grows { new });
        }
        let known = |finding: &Finding| Some(&old?.entries.get(old?.position(finding)?)?.0);
        let mut entries: Vec<Entry> = findings()
            .map(|finding| {
                // What is said of it is kept: a line number in a message must not change the file.
                known(finding).cloned().unwrap_or_else(|| Entry {
                    rule: finding.rule.to_owned(),
                    path: finding.path.to_string(),
                    fingerprint: finding.fingerprint.clone(),
                    message: finding.advice.message.clone(),
                    reason: None,
                })
            })
            .collect();
        // A rule that was not asked has not answered.
        let not_asked = |entry: &Entry| {
            asked
                .get(&RepoPath::new(entry.path.as_str()))
                .is_some_and(|rules| !rules.contains(entry.rule.as_str()))
        };
        let old = old.into_iter().flat_map(|old| &old.entries).map(|(entry, _)| entry);
        entries.extend(old.filter(|entry| not_asked(entry)).cloned());
        entries.sort_by(|a, b| (&a.path, &a.rule, &a.fingerprint).cmp(&(&b.path, &b.rule, &b.fingerprint)));
        Ok(text(&entries))
    }
}

/// L0 is beyond the baseline, and so is what is wrong with suppressions: one must not vouch for the other.
fn is_beyond(rule: &str) -> bool {
    rule == "unparsed" || rule == suppress::RULE
}

fn text(entries: &[Entry]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut file = HEAD.to_owned();
    for entry in entries {
        let _ = write!(
            file,
            "\n[[legacy]]\nrule = {}\npath = {}\nfingerprint = {}\nmessage = {}\n",
            quoted(&entry.rule),
            quoted(&entry.path),
            quoted(&entry.fingerprint),
            quoted(&entry.message)
        );
        if let Some(reason) = &entry.reason {
            let _ = writeln!(file, "reason = {}", quoted(reason));
        }
    }
    file
}
