//! Events as lines that can be kept and told again, whole: what `--all` keeps for `status`, and a run for `--changed`.

use std::io::{self, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalogue;
use crate::event::{Cut, Event, FileKind, NotReached, Rung, SkipReason, Status, StoppedBy, Trial};
use crate::finding::{Advice, Allowance, Finding, Fix, Label, Severity, Suppressed};
use crate::id::HarnessName;
use crate::report::Report;
use crate::source::{RepoPath, SourceText};

/// An event, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Kept {
    LintStarted {
        files: usize,
    },
    FileChecked {
        path: RepoPath,
        kind: FileKind,
        shown: bool,
        findings: Vec<KeptFinding>,
        suppressed: Vec<(KeptFinding, Allowance, String)>,
        rules: Vec<String>,
        unparsed: usize,
    },
    FileSkipped {
        path: RepoPath,
        reason: SkipReason,
    },
    NotChecked {
        what: String,
        reason: String,
    },
    LintFinished,
    GuardTested {
        cases: usize,
        failures: Vec<String>,
    },
    RunStarted {
        rung: Rung,
        harnesses: usize,
        part: Option<(usize, usize)>,
    },
    GreenSought {
        what: String,
        runs: usize,
    },
    HarnessStarted {
        name: HarnessName,
    },
    TrialsPlanned {
        name: HarnessName,
        count: usize,
    },
    TrialFinished(Box<Trial>),
    HarnessFinished {
        name: HarnessName,
        inapplicable: usize,
        declared: usize,
        unbounded: usize,
        kept: bool,
        cut: Option<Box<Cut>>,
        #[serde(default)]
        not_reached: Vec<NotReached>,
    },
    Interrupted {
        #[serde(default)]
        by: StoppedBy,
        not_run: Vec<String>,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptFinding {
    rule: String,
    severity: Severity,
    path: RepoPath,
    primary: Label,
    secondary: Vec<Label>,
    advice: Advice,
    fix: Option<Fix>,
    legacy: bool,
    fingerprint: String,
}

impl KeptFinding {
    fn of(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.to_owned(),
            severity: finding.severity,
            path: finding.path.clone(),
            primary: finding.primary.clone(),
            secondary: finding.secondary.clone(),
            advice: finding.advice.clone(),
            fix: finding.fix.clone(),
            legacy: finding.legacy,
            fingerprint: finding.fingerprint.clone(),
        }
    }

    fn revive(self) -> Option<Finding> {
        let rule = catalogue::all().find(|rule| rule.slug == self.rule)?;
        Some(Finding {
            code: rule.code,
            rule: rule.slug,
            severity: self.severity,
            path: self.path,
            primary: self.primary,
            secondary: self.secondary,
            advice: self.advice,
            fix: self.fix,
            legacy: self.legacy,
            fingerprint: self.fingerprint,
        })
    }
}

impl Kept {
    fn of(event: &Event) -> Self {
        match event.clone() {
            Event::LintStarted { files } => Self::LintStarted { files },
            Event::FileChecked { path, kind, source, findings, suppressed, rules, unparsed } => {
                Self::FileChecked {
                    path,
                    kind,
                    shown: source.is_some(),
                    findings: findings.iter().map(KeptFinding::of).collect(),
                    suppressed: suppressed
                        .iter()
                        .map(|one| (KeptFinding::of(&one.finding), one.by, one.reason.clone()))
                        .collect(),
                    rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
                    unparsed,
                }
            }
            Event::FileSkipped { path, reason } => Self::FileSkipped { path, reason },
            Event::NotChecked { what, reason } => Self::NotChecked { what, reason },
            Event::LintFinished => Self::LintFinished,
            Event::GuardTested { cases, failures } => Self::GuardTested { cases, failures },
            Event::RunStarted { rung, harnesses, part } => Self::RunStarted { rung, harnesses, part },
            Event::GreenSought { what, runs } => Self::GreenSought { what, runs },
            Event::HarnessStarted { name } => Self::HarnessStarted { name },
            Event::TrialsPlanned { name, count } => Self::TrialsPlanned { name, count },
            Event::TrialFinished(trial) => Self::TrialFinished(trial),
            Event::HarnessFinished { name, inapplicable, declared, unbounded, kept, cut, not_reached } => {
                Self::HarnessFinished { name, inapplicable, declared, unbounded, kept, cut, not_reached }
            }
            Event::Interrupted { by, not_run } => Self::Interrupted { by, not_run },
        }
    }

    fn revive(self, read: &dyn Fn(&RepoPath) -> Option<SourceText>) -> Option<Event> {
        Some(match self {
            Self::LintStarted { files } => Event::LintStarted { files },
            Self::FileChecked { path, kind, shown, findings, suppressed, rules, unparsed } => {
                let known = |slug: String| Some(catalogue::all().find(|rule| rule.slug == slug)?.slug);
                let suppressed = suppressed
                    .into_iter()
                    .map(|(finding, by, reason)| Some(Suppressed { finding: finding.revive()?, by, reason }));
                Event::FileChecked {
                    source: if shown { Some(Arc::new(read(&path)?)) } else { None },
                    path,
                    kind,
                    findings: findings.into_iter().map(KeptFinding::revive).collect::<Option<_>>()?,
                    suppressed: suppressed.collect::<Option<_>>()?,
                    rules: rules.into_iter().map(known).collect::<Option<Vec<_>>>()?.into(),
                    unparsed,
                }
            }
            Self::FileSkipped { path, reason } => Event::FileSkipped { path, reason },
            Self::NotChecked { what, reason } => Event::NotChecked { what, reason },
            Self::LintFinished => Event::LintFinished,
            Self::GuardTested { cases, failures } => Event::GuardTested { cases, failures },
            Self::RunStarted { rung, harnesses, part } => Event::RunStarted { rung, harnesses, part },
            Self::GreenSought { what, runs } => Event::GreenSought { what, runs },
            Self::HarnessStarted { name } => Event::HarnessStarted { name },
            Self::TrialsPlanned { name, count } => Event::TrialsPlanned { name, count },
            Self::TrialFinished(trial) => Event::TrialFinished(trial),
            Self::HarnessFinished { name, inapplicable, declared, unbounded, kept, cut, not_reached } => {
                Event::HarnessFinished { name, inapplicable, declared, unbounded, kept, cut, not_reached }
            }
            Self::Interrupted { by, not_run } => Event::Interrupted { by, not_run },
        })
    }
}

/// Events as lines.
#[derive(Debug, Default)]
pub struct Lines(Vec<u8>);

impl Lines {
    /// Takes in one more event.
    pub fn add(&mut self, event: &Event) {
        // Nothing in an event can fail to be written to memory.
        let _ = serde_json::to_writer(&mut self.0, &Kept::of(event));
        self.0.push(b'\n');
    }

    /// All of them.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl Report for Lines {
    fn event(&mut self, event: &Event, _out: &mut dyn Write) -> io::Result<()> {
        self.add(event);
        Ok(())
    }

    fn finish(&mut self, _status: &Status, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.0)
    }
}

/// The events that were kept; `read` gives the texts that findings are shown in. `None` where one of them is not to be
/// understood: half of what was kept is nothing.
pub fn revive(bytes: &[u8], read: &dyn Fn(&RepoPath) -> Option<SourceText>) -> Option<Vec<Event>> {
    let lines = std::str::from_utf8(bytes).ok()?.lines();
    lines.map(|line| serde_json::from_str::<Kept>(line).ok()?.revive(read)).collect()
}
