//! The form for Jenkins: the XML of `JUnit`, a suite for each file and each harness, a case for each rule and each trial.
//!
//! What passes is a case too, so that nobody can thin the rules unseen. Only elements and attributes stand here that
//! the schema of Jenkins' xunit plugin knows.

use std::io::{self, Write};

use crate::event::{Event, NotReached, SkipReason, Status, Trial, TrialKind};
use crate::finding::{Finding, Severity, Suppressed};
use crate::id::HarnessName;
use crate::report::Report;
use crate::report::xml::Xml;
use crate::source::RepoPath;
use crate::verdict::Verdict;

/// The XML of `JUnit`, written as it happens: a suite at a time is in memory.
#[derive(Debug, Default)]
pub struct Junit {
    begun: bool,
    /// The trials of the harness that runs.
    cases: Vec<Case>,
    harness: String,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Passed,
    Failed,
    Errored,
    Skipped,
}

#[derive(Debug)]
struct Case {
    name: String,
    class: String,
    end: End,
    /// The kind of failure, its first line, all of it; of a passed case the last is what it printed.
    kind: String,
    message: String,
    text: String,
}

impl Case {
    fn new(name: &str, class: &str, end: End, kind: &str, message: &str, text: String) -> Self {
        let own = str::to_owned;
        Self { name: own(name), class: own(class), end, kind: own(kind), message: own(message), text }
    }
}

impl Junit {
    fn begin(&mut self, xml: &mut Xml<'_>) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            xml.declaration()?;
            xml.open("testsuites", &[("name", "gauntlet")])?;
        }
        Ok(())
    }

    fn suite(&mut self, name: &str, cases: &[Case], out: &mut dyn Write) -> io::Result<()> {
        let mut xml = Xml::new(out);
        self.begin(&mut xml)?;
        let number = |end: End| cases.iter().filter(|case| case.end == end).count().to_string();
        xml.open(
            "testsuite",
            &[
                ("name", name),
                ("tests", &cases.len().to_string()),
                ("failures", &number(End::Failed)),
                ("errors", &number(End::Errored)),
                ("skipped", &number(End::Skipped)),
            ],
        )?;
        for case in cases {
            write_case(case, &mut xml)?;
        }
        xml.close("testsuite")
    }

    /// The suite of the harness that ran up to here.
    fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let cases = std::mem::take(&mut self.cases);
        if cases.is_empty() {
            return Ok(());
        }
        let name = std::mem::take(&mut self.harness);
        self.suite(&name, &cases, out)
    }
}

impl Report for Junit {
    fn event(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::FileChecked { path, findings, suppressed, rules, .. } => {
                let cases: Vec<Case> =
                    rules.iter().map(|rule| lint_case(rule, path, findings, suppressed)).collect();
                self.suite(path.as_str(), &cases, out)
            }
            Event::FileSkipped { path, reason: SkipReason::OtherShell(shell) } => {
                let message = format!("a script of {shell}, which is not read here");
                let case = Case::new("all rules", &class(path), End::Skipped, shell, &message, String::new());
                self.suite(path.as_str(), &[case], out)
            }
            Event::NotChecked { what, reason } => {
                let message = format!("{what} {reason}");
                let case =
                    Case::new("checked", "gauntlet", End::Errored, "not-checked", &message, message.clone());
                self.suite(what, &[case], out)
            }
            Event::TrialFinished(trial) => {
                trial.harness.as_str().clone_into(&mut self.harness);
                self.cases.push(trial_case(trial));
                Ok(())
            }
            Event::HarnessFinished { name, not_reached, .. } => {
                self.cases.extend(not_reached.iter().map(|call| not_reached_case(name, call)));
                self.flush(out)
            }
            Event::Interrupted { by, not_run } => {
                self.flush(out)?;
                let text = not_run.join("\n");
                let message = format!("stopped {by} before the end");
                let case = Case::new("finished", "gauntlet", End::Errored, "stopped", &message, text);
                self.suite("gauntlet", &[case], out)
            }
            Event::LintStarted { .. }
            | Event::LintFinished
            | Event::GuardTested { .. }
            | Event::RunStarted { .. }
            | Event::GreenSought { .. }
            | Event::HarnessStarted { .. }
            | Event::TrialsPlanned { .. } => Ok(()),
        }
    }

    fn finish(&mut self, _status: &Status, out: &mut dyn Write) -> io::Result<()> {
        self.flush(out)?;
        let mut xml = Xml::new(out);
        self.begin(&mut xml)?;
        xml.close("testsuites")
    }
}

fn write_case(case: &Case, xml: &mut Xml<'_>) -> io::Result<()> {
    let attributes = [("name", case.name.as_str()), ("classname", case.class.as_str())];
    let detail = [("type", case.kind.as_str()), ("message", case.message.as_str())];
    let element = match case.end {
        End::Passed if case.text.is_empty() => return xml.empty("testcase", &attributes),
        End::Passed => None,
        End::Failed => Some("failure"),
        End::Errored => Some("error"),
        End::Skipped => Some("skipped"),
    };
    xml.open("testcase", &attributes)?;
    match element {
        None => xml.text("system-out", &[], &case.text)?,
        Some(element) => xml.text(element, &detail, &case.text)?,
    }
    xml.close("testcase")
}

/// Jenkins takes what stands before the last dot for a package.
fn class(path: &RepoPath) -> String {
    format!("lint.{}", path.as_str().replace('.', "_").replace('/', "."))
}

/// One rule in one file. Warnings are no failures: they are what the case printed.
fn lint_case(rule: &str, path: &RepoPath, findings: &[Finding], suppressed: &[Suppressed]) -> Case {
    let class = class(path);
    let own: Vec<&Finding> = findings.iter().filter(|finding| finding.rule == rule).collect();
    let text = own.iter().map(|finding| words(finding)).collect::<Vec<_>>().join("\n");
    let mut fails = own.iter().filter(|finding| finding.severity == Severity::Fail);
    if let Some(first) = fails.next() {
        let more = fails.count();
        let rest = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        let message = format!("{}{rest}", first.advice.message);
        return Case::new(rule, &class, End::Failed, &first.code.to_string(), &message, text);
    }
    let allowed = suppressed.iter().find(|suppressed| suppressed.finding.rule == rule);
    if let (Some(allowed), true) = (allowed, own.is_empty()) {
        let message = format!("allowed: {}", allowed.reason);
        return Case::new(rule, &class, End::Skipped, "suppressed", &message, words(&allowed.finding));
    }
    Case::new(rule, &class, End::Passed, "", "", text)
}

fn words(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Fail => "fail",
        Severity::Warn => "warn",
    };
    let at = finding.primary.start;
    let advice = &finding.advice;
    format!(
        "{}:{}:{}: {severity}: {}\n  why: {}\n  instead: {}",
        finding.path, at.line, at.column, advice.message, advice.why, advice.instead
    )
}

/// A call that no run made, so that nothing is known of it.
fn not_reached_case(harness: &HarnessName, call: &NotReached) -> Case {
    let NotReached { path, line, call } = call;
    let name = format!("{path}:{line} {call}");
    let message = "no run made this call, so that it was not made to fail";
    Case::new(&name, &run_class(harness), End::Skipped, "not-reached", message, name.clone())
}

fn run_class(harness: &HarnessName) -> String {
    format!("run.{}", harness.as_str().replace('.', "_"))
}

fn trial_case(trial: &Trial) -> Case {
    let id = trial.id.as_str();
    let name = id.split_once('/').map_or(id, |(_, rest)| rest);
    let class = run_class(&trial.harness);
    let end = match trial.verdict {
        Verdict::Skipped => End::Skipped,
        verdict if verdict.is_red() => End::Failed,
        _ => End::Passed,
    };
    if end == End::Passed {
        // Of a sweep's green run: what was guessed, and what was put there.
        let text =
            if matches!(trial.kind, TrialKind::Green) { trial.aftermath.join("\n") } else { String::new() };
        return Case::new(name, &class, end, "", "", text);
    }
    let mut text = trial.aftermath.join("\n");
    if let Some(repeat) = &trial.repeat {
        text = format!("{text}\nrepeat: {repeat}");
    }
    Case::new(name, &class, end, trial.verdict.word(), &trial.explanation, text)
}
