//! For a comment on a change: the status block, then what is red, each in a line.

use std::io::{self, Write};

use crate::event::{Event, Outcome, SkipReason, Status};
use crate::finding::Severity;
use crate::report::html::rows;
use crate::report::{Report, plain};

/// So many lines of each part: a comment has an end.
const SHOWN: usize = 50;

/// Markdown, written at the end.
#[derive(Debug, Default)]
pub struct Markdown {
    problems: Vec<String>,
    red: Vec<String>,
    findings: Vec<String>,
}

/// Text as code: whatever it holds, it is no markup.
fn code(text: &str) -> String {
    let text = plain::line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

impl Report for Markdown {
    fn event(&mut self, event: &Event, _out: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::FileChecked { findings, .. } => {
                for finding in findings {
                    let word = match finding.severity {
                        Severity::Fail => "fail",
                        Severity::Warn => "warn",
                    };
                    let place = format!("{}:{}", finding.path, finding.primary.start.line);
                    self.findings.push(format!(
                        "- **{word}** {} {}: {}",
                        code(&place),
                        finding.rule,
                        code(&finding.advice.message)
                    ));
                }
            }
            Event::FileSkipped { path, reason: SkipReason::OtherShell(shell) } => {
                self.problems.push(format!("- not read: {} ({shell})", code(path.as_str())));
            }
            Event::NotChecked { what, reason } => {
                self.problems.push(format!("- **not checked** {}", code(&format!("{what} {reason}"))));
            }
            Event::GuardTested { failures, .. } => {
                let line = |failure: &String| format!("- **guard** {}", code(failure));
                self.problems.extend(failures.iter().map(line));
            }
            Event::TrialFinished(trial) if trial.verdict.is_red() => {
                self.red.push(format!(
                    "- **{}** {}: {}",
                    trial.verdict,
                    code(trial.id.as_str()),
                    code(&trial.explanation)
                ));
            }
            Event::Interrupted { by, not_run } => {
                self.problems.push(format!("- **stopped** {by}; not run: {}", code(&not_run.join(", "))));
            }
            Event::LintStarted { .. }
            | Event::LintFinished
            | Event::RunStarted { .. }
            | Event::GreenSought { .. }
            | Event::HarnessStarted { .. }
            | Event::TrialsPlanned { .. }
            | Event::TrialFinished(_)
            | Event::HarnessFinished { .. } => {}
        }
        Ok(())
    }

    fn finish(&mut self, status: &Status, out: &mut dyn Write) -> io::Result<()> {
        let word = match status.outcome() {
            Outcome::Clean => "clean",
            Outcome::Findings => "red",
            Outcome::CouldNotCheck => "could not check",
        };
        writeln!(out, "## gauntlet {}: {word}\n\n```text", env!("CARGO_PKG_VERSION"))?;
        for row in rows(status) {
            writeln!(out, "{}", plain::line(&row))?;
        }
        writeln!(out, "```")?;
        for (title, lines) in
            [("Not checked", &self.problems), ("Red trials", &self.red), ("Findings", &self.findings)]
        {
            if lines.is_empty() {
                continue;
            }
            writeln!(out, "\n### {title}\n")?;
            for line in lines.iter().take(SHOWN) {
                writeln!(out, "{line}")?;
            }
            if lines.len() > SHOWN {
                writeln!(out, "- and {} more", lines.len() - SHOWN)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn code_stays_code() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a `b` ``c``"), "``` a `b` ``c`` ```");
        assert_eq!(code("x\n# y"), "`x\\n# y`");
    }
}
