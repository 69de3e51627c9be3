//! The form for people: findings with their source line, red trials with what happened next, then the status.

use std::fmt::Write as _;
use std::io::{self, Write};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Level, Renderer, Snippet};

use crate::event::{Event, LintStatus, RunStatus, Status, Trial, TrialKind};
use crate::finding::{Finding, Label, Severity};
use crate::report::statistics::Statistics;
use crate::report::{Report, plain};
use crate::source::SourceText;

/// What stands at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// One line a part.
    Summary,
    /// The line of a sweep: see [`crate::report::sweep`].
    Sweep,
    /// The status block of `--all`, with the commit that is checked out.
    Block {
        /// The commit, where there is one.
        head: Option<String>,
    },
}

/// The form for people.
#[derive(Debug)]
pub struct Text {
    renderer: Renderer,
    ending: Ending,
    /// Counts for each rule, shown instead of the findings.
    statistics: Option<Statistics>,
}

impl Text {
    /// `coloured`: whether whoever reads it sees colours.
    pub fn new(ending: Ending, coloured: bool) -> Self {
        let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
        Self { renderer: renderer.decor_style(DecorStyle::Ascii), ending, statistics: None }
    }

    /// Shows a count for each rule instead of each finding.
    #[must_use]
    pub fn with_statistics(self) -> Self {
        Self { statistics: Some(Statistics::default()), ..self }
    }

    fn finding(&self, finding: &Finding, source: &SourceText, out: &mut dyn Write) -> io::Result<()> {
        let level = match finding.severity {
            Severity::Fail => Level::ERROR.with_name(Some("fail")),
            Severity::Warn => Level::WARNING.with_name(Some("warn")),
        };
        let view = View::of(finding, source);
        let snippet = Snippet::source(view.text.as_str())
            .line_start(view.first_line)
            .path(plain::line(finding.path.as_str()))
            .annotations(view.annotations());
        let group = level
            .primary_title(plain::line(&finding.advice.message))
            .id(format!("{} {}", finding.code, finding.rule))
            .element(snippet)
            .element(Level::NOTE.with_name(Some("why")).message(plain::block(&finding.advice.why)))
            .element(Level::HELP.with_name(Some("instead")).message(plain::block(&finding.advice.instead)));
        let group = if finding.legacy {
            group.element(Level::NOTE.with_name(Some("legacy")).message("the baseline documents it"))
        } else {
            group
        };
        writeln!(out, "{}\n", self.renderer.render(&[group]))
    }
}

impl Report for Text {
    fn event(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        if let (Some(statistics), Event::FileChecked { .. }) = (&mut self.statistics, event) {
            statistics.fold(event);
            return Ok(());
        }
        match event {
            Event::FileChecked { findings, source: Some(source), .. } => {
                findings.iter().try_for_each(|finding| self.finding(finding, source, out))
            }
            Event::TrialFinished(trial) if trial.verdict.is_red() => red_trial(trial, out),
            Event::LintStarted { .. }
            | Event::FileChecked { .. }
            | Event::FileSkipped { .. }
            | Event::NotChecked { .. }
            | Event::LintFinished
            | Event::GuardTested { .. }
            | Event::RunStarted { .. }
            | Event::GreenSought { .. }
            | Event::HarnessStarted { .. }
            | Event::TrialsPlanned { .. }
            | Event::TrialFinished(_)
            | Event::HarnessFinished { .. }
            | Event::Interrupted { .. } => Ok(()),
        }
    }

    fn finish(&mut self, status: &Status, out: &mut dyn Write) -> io::Result<()> {
        if let Some(statistics) = &self.statistics {
            statistics.write(out)?;
        }
        if let Ending::Block { head } = &self.ending {
            let head = head.as_deref().unwrap_or("none");
            let rung = status
                .run
                .as_ref()
                .and_then(|run| run.rung)
                .map_or("none".to_owned(), |rung| rung.to_string());
            writeln!(out, "gauntlet {}  HEAD {head}  rung {rung}", env!("CARGO_PKG_VERSION"))?;
        }
        if let Some(lint) = &status.lint {
            writeln!(out, "lint      {}", lint_line(lint))?;
        }
        if let Some(guard) = &status.guard {
            writeln!(out, "guard     {}/{} cases", guard.cases - guard.failed, guard.cases)?;
        }
        if let Some(run) = &status.run {
            writeln!(out, "harness   {}", harness_line(run, status))?;
            if self.ending == Ending::Summary && run.planned > 0 {
                writeln!(out, "trials    {}", trials_line(run))?;
            }
        }
        if status.not_checked > 0 {
            writeln!(
                out,
                "unchecked {}",
                count(
                    status.not_checked,
                    "thing that could not be checked (see stderr)",
                    "things that could not be checked (see stderr)"
                )
            )?;
        }
        if let Some(by) = status.interrupted {
            writeln!(out, "stopped   {by} before the end")?;
        }
        Ok(())
    }
}

/// The part of a source that a snippet shows, control characters escaped, and the labels moved along.
struct View {
    text: String,
    first_line: usize,
    marks: Vec<(bool, std::ops::Range<usize>, String)>,
}

impl View {
    /// Only the lines between the first and the last label are copied: a file may be large.
    fn of(finding: &Finding, source: &SourceText) -> Self {
        let labels = || std::iter::once(&finding.primary).chain(&finding.secondary);
        let first = labels().map(|label| label.start.line).min().unwrap_or(1);
        let last = labels().map(|label| label.end.line).max().unwrap_or(first);
        let start = source.line_span(first).start as usize;
        let end = (source.line_span(last).end as usize).max(start);
        let original = source.text().get(start..end).unwrap_or_default();
        let mark = |index: usize, label: &Label| {
            let place = |offset: u32| {
                let until = (offset as usize).clamp(start, end) - start;
                plain::block(original.get(..until).unwrap_or(original)).len()
            };
            (
                index == 0,
                place(label.span.start)..place(label.span.end),
                plain::line(&label.text).into_owned(),
            )
        };
        let marks = labels().enumerate().map(|(index, label)| mark(index, label)).collect();
        Self { text: plain::block(original).into_owned(), first_line: first as usize, marks }
    }

    fn annotations(&self) -> impl Iterator<Item = Annotation<'_>> {
        self.marks.iter().map(|(primary, span, text)| {
            let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let label = (!text.is_empty()).then_some(text.as_str());
            kind.span(span.clone()).label(label)
        })
    }
}

fn red_trial(trial: &Trial, out: &mut dyn Write) -> io::Result<()> {
    let place = match (&trial.path, trial.line) {
        (Some(path), Some(line)) => format!("{}:{line}", plain::line(path.as_str())),
        (Some(path), None) => plain::line(path.as_str()).into_owned(),
        (None, _) => trial.harness.to_string(),
    };
    writeln!(out, "red[{}]: {}", trial.verdict, plain::line(&trial.explanation))?;
    writeln!(out, "  at      {place} (case {})", plain::line(&trial.case))?;
    if !trial.argv.is_empty() {
        writeln!(out, "  call    {}", plain::line(&trial.argv.join(" ")))?;
    }
    match trial.kind {
        TrialKind::Fault(kind, persistence) => writeln!(out, "  fault   {kind}, {}", persistence.word())?,
        TrialKind::Free(kind) => writeln!(out, "  trial   {}", kind.word())?,
        TrialKind::Green => writeln!(out, "  trial   without a fault")?,
    }
    for (index, line) in trial.aftermath.iter().enumerate() {
        let head = if index == 0 { "then" } else { "" };
        writeln!(out, "  {head:7} {}", plain::line(line))?;
    }
    if let Some(repeat) = &trial.repeat {
        writeln!(out, "  repeat  {}", plain::line(repeat))?;
    }
    writeln!(out)
}

pub(super) fn lint_line(lint: &LintStatus) -> String {
    let legacy = match lint.legacy {
        0 => String::new(),
        all if all == lint.warn => " (legacy, documented)".to_owned(),
        some => format!(" ({some} of them legacy, documented)"),
    };
    let mut text = format!(
        "{} fail, {} warn{legacy}   {}, {}, {} unparsed",
        lint.fail,
        lint.warn,
        count(lint.scripts, "script", "scripts"),
        count(lint.runbooks, "runbook", "runbooks"),
        lint.unparsed
    );
    if lint.suppressed > 0 {
        let _ = write!(text, ", {} suppressed", lint.suppressed);
    }
    if lint.removed > 0 {
        let _ = write!(text, ", {} removed", lint.removed);
    }
    if lint.skipped > 0 {
        let _ = write!(text, ", {} of other shells skipped", lint.skipped);
    }
    if !lint.finished {
        text += ", NOT FINISHED";
    }
    text
}

/// `ALL GREEN` only where the run is complete and nothing in it is red; otherwise the reason.
pub(super) fn harness_line(run: &RunStatus, status: &Status) -> String {
    if let Some(reason) = run.incomplete() {
        let left = status.interrupted.map(|by| format!(", stopped {by}")).unwrap_or_default();
        return format!("NOT COMPLETE: {reason}{left}");
    }
    let numbers = format!(
        "{}, {}, {} swallowed",
        count(run.harnesses, "harness", "harnesses"),
        count(run.faults, "fault", "faults"),
        run.swallowed
    );
    if run.red > 0 {
        let skipped = if run.skipped > 0 {
            format!(", {} skipped behind a red green run", run.skipped)
        } else {
            String::new()
        };
        return format!("RED: {}{skipped} ({numbers})", count(run.red, "trial", "trials"));
    }
    if let Some(by) = status.interrupted {
        return format!("NOT COMPLETE: stopped {by} ({numbers})");
    }
    if status.not_checked > 0 {
        let left = count(status.not_checked, "thing", "things");
        return format!("NOT COMPLETE: {left} could not be checked ({numbers})");
    }
    match run.part {
        // Only the whole is.
        Some((part, of)) => format!(
            "GREEN, as far as part {part} of {of} goes ({numbers}): gauntlet merge tells of the whole"
        ),
        None => format!("ALL GREEN ({numbers})"),
    }
}

/// What was tried, and what was not: so that nobody can thin the sweep unseen.
pub(super) fn trials_line(run: &RunStatus) -> String {
    let kept = match run.kept {
        0 => String::new(),
        kept => format!("   kept from before: {kept} of {}", count(run.harnesses, "harness", "harnesses")),
    };
    format!(
        "{} of {} run   faults: {} run, {} inapplicable, {} declared as recovered   calls without a time limit: {}   rung {}{kept}",
        run.executed,
        run.planned,
        run.faults,
        run.inapplicable,
        run.declared,
        run.unbounded,
        run.rung.map_or_else(|| "none".to_owned(), |rung| rung.to_string())
    )
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
