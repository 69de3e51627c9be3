//! The form for programs, version 1: one JSON object. Fields are only ever added.

use std::io::{self, Write};

use serde::Serialize;

use crate::event::{Event, NotReached, Status, Trial, TrialKind};
use crate::finding::{Finding, Severity};
use crate::report::Report;
use crate::report::statistics::{Row, Statistics};

/// One JSON object, written at the end.
#[derive(Debug, Default)]
pub struct Json {
    findings: Vec<JsonFinding>,
    trials: Vec<JsonTrial>,
    not_checked: Vec<JsonProblem>,
    not_reached: Vec<NotReached>,
    statistics: Option<Statistics>,
}

impl Json {
    /// With a count for each rule.
    #[must_use]
    pub fn with_statistics(self) -> Self {
        Self { statistics: Some(Statistics::default()), ..self }
    }
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    version: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<&'a [JsonFinding]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trials: Option<&'a [JsonTrial]>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_checked: &'a [JsonProblem],
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<Vec<&'a Row>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_reached: &'a [NotReached],
    summary: Summary,
}

/// What should have been checked and could not be.
#[derive(Debug, Serialize)]
struct JsonProblem {
    what: String,
    reason: String,
}

#[derive(Debug, Serialize)]
pub(super) struct JsonFinding {
    code: String,
    rule: &'static str,
    severity: Severity,
    path: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    message: String,
    why: String,
    instead: String,
    fingerprint: String,
}

#[derive(Debug, Serialize)]
pub(super) struct JsonTrial {
    id: String,
    harness: String,
    case: Option<String>,
    program: Option<String>,
    argv: Option<Vec<String>>,
    path: Option<String>,
    line: Option<u32>,
    occurrence: Option<u32>,
    kind: Option<&'static str>,
    persistence: Option<&'static str>,
    verdict: &'static str,
    red: bool,
    explanation: String,
}

/// The fields of lint and of run stand side by side; those of a part that did not run are absent.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    #[serde(flatten)]
    lint: Option<LintSummary>,
    #[serde(flatten)]
    run: Option<RunSummary>,
    not_checked: usize,
}

#[derive(Debug, Serialize)]
struct LintSummary {
    files: usize,
    fail: usize,
    warn: usize,
    suppressed: usize,
    unparsed: usize,
    legacy: usize,
}

#[derive(Debug, Serialize)]
struct RunSummary {
    harnesses: usize,
    planned: usize,
    executed: usize,
    red: usize,
    faults: usize,
    swallowed: usize,
    skipped: usize,
    inapplicable: usize,
    declared: usize,
    unbounded: usize,
    kept: usize,
    #[serde(skip_serializing_if = "is_none")]
    not_reached: usize,
    rung: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Report for Json {
    fn event(&mut self, event: &Event, _out: &mut dyn Write) -> io::Result<()> {
        if let Some(statistics) = &mut self.statistics {
            statistics.fold(event);
        }
        match event {
            Event::FileChecked { findings, .. } => self.findings.extend(findings.iter().map(JsonFinding::of)),
            Event::TrialFinished(trial) => self.trials.push(JsonTrial::of(trial)),
            Event::NotChecked { what, reason } => {
                self.not_checked.push(JsonProblem { what: what.clone(), reason: reason.clone() });
            }
            Event::HarnessFinished { not_reached, .. } => self.not_reached.extend_from_slice(not_reached),
            Event::LintStarted { .. }
            | Event::FileSkipped { .. }
            | Event::LintFinished
            | Event::GuardTested { .. }
            | Event::RunStarted { .. }
            | Event::GreenSought { .. }
            | Event::HarnessStarted { .. }
            | Event::TrialsPlanned { .. }
            | Event::Interrupted { .. } => {}
        }
        Ok(())
    }

    fn finish(&mut self, status: &Status, out: &mut dyn Write) -> io::Result<()> {
        // What is stale in the settings is known last, and stands at its place all the same.
        self.findings.sort_by(|a, b| a.path.cmp(&b.path));
        // Where no part came to anything, who looks for either list finds it empty, and the reason beside it.
        let none = status.lint.is_none() && status.run.is_none();
        let document = Document {
            version: 1,
            findings: (none || status.lint.is_some()).then_some(self.findings.as_slice()),
            trials: (none || status.run.is_some()).then_some(self.trials.as_slice()),
            not_checked: &self.not_checked,
            statistics: self.statistics.as_ref().map(Statistics::rows),
            not_reached: &self.not_reached,
            summary: Summary::of(status),
        };
        serde_json::to_writer(&mut *out, &document)?;
        writeln!(out)
    }
}

impl Summary {
    pub(super) fn of(status: &Status) -> Self {
        let lint = status.lint.as_ref().map(|lint| LintSummary {
            files: lint.scripts + lint.runbooks,
            fail: lint.fail,
            warn: lint.warn,
            suppressed: lint.suppressed,
            unparsed: lint.unparsed,
            legacy: lint.legacy,
        });
        let run = status.run.as_ref().map(|run| RunSummary {
            harnesses: run.harnesses,
            planned: run.planned,
            executed: run.executed,
            red: run.red,
            faults: run.faults,
            swallowed: run.swallowed,
            skipped: run.skipped,
            inapplicable: run.inapplicable,
            declared: run.declared,
            unbounded: run.unbounded,
            kept: run.kept,
            not_reached: run.not_reached,
            rung: run.rung.map(|rung| rung.to_string()),
        });
        Self { lint, run, not_checked: status.not_checked }
    }
}

impl JsonFinding {
    pub(super) fn of(finding: &Finding) -> Self {
        Self {
            code: finding.code.to_string(),
            rule: finding.rule,
            severity: finding.severity,
            path: finding.path.to_string(),
            line: finding.primary.start.line,
            column: finding.primary.start.column,
            end_line: finding.primary.end.line,
            end_column: finding.primary.end.column,
            message: finding.advice.message.clone(),
            why: finding.advice.why.clone(),
            instead: finding.advice.instead.clone(),
            fingerprint: finding.fingerprint.clone(),
        }
    }
}

impl JsonTrial {
    pub(super) fn of(trial: &Trial) -> Self {
        let (kind, persistence) = match trial.kind {
            TrialKind::Green => (None, None),
            TrialKind::Fault(kind, persistence) => (Some(kind.word()), Some(persistence.word())),
            TrialKind::Free(kind) => (Some(kind.word()), None),
        };
        Self {
            id: trial.id.to_string(),
            harness: trial.harness.to_string(),
            case: (!trial.case.is_empty()).then(|| trial.case.clone()),
            program: trial.program.clone(),
            argv: (!trial.argv.is_empty()).then(|| trial.argv.clone()),
            path: trial.path.as_ref().map(ToString::to_string),
            line: trial.line,
            occurrence: trial.occurrence,
            kind,
            persistence,
            verdict: trial.verdict.word(),
            red: trial.verdict.is_red(),
            explanation: trial.explanation.clone(),
        }
    }
}
