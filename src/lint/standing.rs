//! What a project says about findings as a whole: file-wide suppressions of the settings, and the baseline.
//!
//! Both are applied file by file, in the order of the paths; what matched nothing in the end is a finding itself.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;

use crate::catalogue;
use crate::finding::{Allowance, Finding, Label, Severity, Suppressed};
use crate::lint::baseline::Baseline;
use crate::lint::script::fingerprint;
use crate::lint::stale::{Claim, Stale, Written};
use crate::lint::suppress;
use crate::settings::{AllowSettings, Globs, LintSettings};
use crate::source::{RepoPath, SourceText, Span};

/// Which part of a project is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// All of it: what matches nothing is stale.
    Whole,
    /// Some files: only what names one of them can be stale.
    Files,
    /// A change: what is asked of its record is asked anew each time, and is never legacy.
    Change,
    /// One text that is not in the project: nothing is stale.
    Text,
}

/// A file-wide suppression.
#[derive(Debug)]
struct Allow {
    setting: AllowSettings,
    claim: Claim,
    span: Span,
    used: bool,
}

/// The project's word on its findings.
#[derive(Debug)]
pub struct Standing {
    allows: Vec<Allow>,
    baseline: Baseline,
    /// The files of the tables that say what holds of the rules in some files, and where those tables stand.
    tables: Vec<(Globs, Span)>,
    /// Which entries of the baseline matched.
    matched: Vec<bool>,
    /// The rules that were asked of each file.
    asked: BTreeMap<RepoPath, BTreeSet<&'static str>>,
    coverage: Coverage,
    today: String,
}

impl Standing {
    /// What the settings and the baseline say, on the day `today`.
    pub fn new(
        settings: &LintSettings,
        baseline: Option<&Baseline>,
        coverage: Coverage,
        today: &str,
    ) -> Self {
        let allow = |allow: &Spanned<AllowSettings>| {
            let setting = allow.get_ref();
            let claim = Claim {
                rules: vec![setting.rule.clone()],
                reason: setting.reason.clone(),
                until: setting.until.clone(),
                unknown: None,
            };
            Allow { setting: setting.clone(), claim, span: span(allow.span()), used: false }
        };
        let baseline = baseline.cloned().unwrap_or_default();
        Self {
            allows: settings.allow.iter().map(allow).collect(),
            tables: settings
                .paths
                .iter()
                .map(|table| (table.get_ref().files.clone(), span(table.span())))
                .collect(),
            matched: vec![false; baseline.entries().len()],
            baseline,
            asked: BTreeMap::new(),
            coverage,
            today: today.to_owned(),
        }
    }

    /// Applies it to what one file showed. `rules` were asked of it.
    pub fn apply(
        &mut self,
        path: &RepoPath,
        rules: &[&'static str],
        findings: &mut Vec<Finding>,
        suppressed: &mut Vec<Suppressed>,
    ) {
        self.asked.insert(path.clone(), rules.iter().copied().collect());
        for mut finding in std::mem::take(findings) {
            if let Some(reason) = self.allowed(&finding) {
                suppressed.push(Suppressed { finding, by: Allowance::Settings, reason });
                continue;
            }
            let entry = self.baseline.position(&finding).filter(|_| !self.is_anew(finding.rule));
            if let Some(entry) = entry {
                self.matched[entry] = true;
                finding.severity = Severity::Warn;
                finding.legacy = true;
            }
            findings.push(finding);
        }
    }

    /// The reason of the suppressions that silence a finding; all that do are in use.
    fn allowed(&mut self, finding: &Finding) -> Option<String> {
        if finding.rule == "unparsed" {
            return None;
        }
        let mut reason = None;
        for allow in &mut self.allows {
            let same =
                allow.setting.rule == finding.rule && allow.setting.files.matches(finding.path.as_str());
            if same && allow.claim.counts(&self.today) {
                allow.used = true;
                reason = reason.or_else(|| allow.setting.reason.clone());
            }
        }
        reason
    }

    /// Whether a rule looks at the change itself.
    fn is_anew(&self, rule: &str) -> bool {
        let scope = catalogue::find(rule).map(|rule| rule.scope);
        self.coverage == Coverage::Change && scope == Some(catalogue::Scope::Project)
    }

    /// The rules that were asked of each file.
    pub fn asked(&self) -> &BTreeMap<RepoPath, BTreeSet<&'static str>> {
        &self.asked
    }

    /// What is wrong with the file-wide suppressions, as findings in the settings.
    pub fn stale_settings(&self, source: &SourceText, severity: Severity) -> Vec<Finding> {
        let mut stale = Vec::new();
        if self.coverage != Coverage::Whole {
            return stale;
        }
        for allow in &self.allows {
            let mut faults = allow.claim.faults(&self.today);
            let rule = allow.setting.rule.as_str();
            let asked = self.asked.values().any(|rules| rules.contains(rule));
            if faults.is_empty() && !allow.used && asked {
                faults.push(Stale::Unmatched { rule: rule.to_owned(), nearest: None });
            }
            stale.extend(faults.first().and_then(|fault| say(source, allow.span, fault, severity)));
        }
        for (files, span) in &self.tables {
            if !self.asked.keys().any(|path| files.matches(path.as_str())) {
                stale.extend(say(source, *span, &Stale::NoFile, severity));
            }
        }
        fingerprint(source, &mut stale);
        stale
    }

    /// The entries of the baseline that match nothing, as findings in it.
    pub fn stale_baseline(&self, source: &SourceText, severity: Severity) -> Vec<Finding> {
        let mut stale = Vec::new();
        for ((entry, span), matched) in self.baseline.entries().iter().zip(&self.matched) {
            let asked = match self.asked.get(&RepoPath::new(entry.path.as_str())) {
                Some(rules) => rules.contains(entry.rule.as_str()) && !self.is_anew(&entry.rule),
                None => self.coverage == Coverage::Whole,
            };
            if *matched || !asked || self.coverage == Coverage::Text {
                continue;
            }
            let fault = Stale::Unmatched { rule: entry.rule.clone(), nearest: None };
            if let Some(mut finding) = say(source, self::span(span.clone()), &fault, severity) {
                finding.advice.message = format!(
                    "this entry of the baseline matches nothing: `{}` finds no such statement in {}",
                    entry.rule, entry.path
                );
                "remove it, or renew the baseline: `gauntlet lint --write-baseline`"
                    .clone_into(&mut finding.advice.instead);
                stale.push(finding);
            }
        }
        fingerprint(source, &mut stale);
        stale
    }
}

fn span(bytes: Range<usize>) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(bytes.start), offset(bytes.end))
}

fn say(source: &SourceText, span: Span, fault: &Stale, severity: Severity) -> Option<Finding> {
    let rule = catalogue::find(suppress::RULE)?;
    Some(Finding {
        code: rule.code,
        rule: rule.slug,
        severity,
        path: source.path().clone(),
        primary: Label::new(source, span, ""),
        secondary: Vec::new(),
        advice: fault.advice(Written::Settings),
        fix: None,
        legacy: false,
        fingerprint: String::new(),
    })
}
