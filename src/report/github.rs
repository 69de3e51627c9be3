//! The form for GitHub's workflows: commands in the log that become annotations on the changed lines.
//!
//! GitHub shows ten annotations of a kind for a step and drops the others without a word. The first ten are commands
//! here; what is beyond them is a plain line in the log, and is summed up.

use std::io::{self, Write};

use crate::event::{Event, Status};
use crate::finding::{Finding, Severity};
use crate::report::{Report, plain};

/// How many annotations of a kind GitHub shows for one step.
const SHOWN: usize = 10;

/// Workflow commands.
#[derive(Debug, Default)]
pub struct Github {
    /// The project's folder in the repository, with a `/` at its end: annotations count from the repository's root.
    prefix: String,
    errors: usize,
    warnings: usize,
}

impl Github {
    /// `prefix` is the project's folder in its repository; empty where it is the whole repository.
    pub fn new(prefix: &str) -> Self {
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Self { prefix, ..Self::default() }
    }

    fn finding(&mut self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let (word, count) = match finding.severity {
            Severity::Fail => ("error", &mut self.errors),
            Severity::Warn => ("warning", &mut self.warnings),
        };
        *count += 1;
        let advice = &finding.advice;
        let (start, end) = (finding.primary.start, finding.primary.end);
        if *count > SHOWN {
            return writeln!(
                out,
                "{word} {}{}:{}:{}: {} {}: {}",
                self.prefix,
                plain::line(finding.path.as_str()),
                start.line,
                start.column,
                finding.code,
                finding.rule,
                plain::line(&advice.message)
            );
        }
        let columns = if start.line == end.line {
            format!(",col={},endColumn={}", start.column, end.column)
        } else {
            String::new()
        };
        let message = format!("{}\nwhy: {}\ninstead: {}", advice.message, advice.why, advice.instead);
        writeln!(
            out,
            "::{word} file={},line={},endLine={}{columns},title={}::{}",
            property(&format!("{}{}", self.prefix, finding.path)),
            start.line,
            end.line,
            property(&format!("{} {}", finding.code, finding.rule)),
            data(&message)
        )
    }

    fn error(&mut self, message: &str, out: &mut dyn Write) -> io::Result<()> {
        self.errors += 1;
        if self.errors > SHOWN {
            return writeln!(out, "error {}", plain::line(message));
        }
        writeln!(out, "::error title=not checked::{}", data(message))
    }
}

impl Report for Github {
    fn event(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::FileChecked { findings, .. } => {
                findings.iter().try_for_each(|finding| self.finding(finding, out))
            }
            Event::NotChecked { what, reason } => self.error(&format!("{what} {reason}"), out),
            Event::Interrupted { by, .. } => self.error(&format!("stopped {by} before the end"), out),
            Event::LintStarted { .. }
            | Event::FileSkipped { .. }
            | Event::LintFinished
            | Event::GuardTested { .. }
            | Event::RunStarted { .. }
            | Event::GreenSought { .. }
            | Event::HarnessStarted { .. }
            | Event::TrialsPlanned { .. }
            | Event::TrialFinished(_)
            | Event::HarnessFinished { .. } => Ok(()),
        }
    }

    fn finish(&mut self, status: &Status, out: &mut dyn Write) -> io::Result<()> {
        let more = self.errors.saturating_sub(SHOWN) + self.warnings.saturating_sub(SHOWN);
        if more > 0 {
            writeln!(
                out,
                "::notice title=gauntlet::{more} more than GitHub shows as annotations: they are in the log of this step"
            )?;
        }
        let Some(lint) = &status.lint else { return Ok(()) };
        writeln!(
            out,
            "gauntlet lint: {} fail, {} warn, {} files, {} unparsed, {} suppressed, {} not checked",
            lint.fail,
            lint.warn,
            lint.scripts + lint.runbooks,
            lint.unparsed,
            lint.suppressed,
            status.not_checked
        )
    }
}

/// A command's text: what would end it or be taken for an escape is escaped.
fn data(text: &str) -> String {
    plain::block(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A command's property: what would end it is escaped too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
