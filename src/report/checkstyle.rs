//! The form that most continuous integration reads: checkstyle's XML, one element a file with findings.

use std::io::{self, Write};

use crate::event::{Event, Status};
use crate::finding::{Finding, Severity};
use crate::report::Report;
use crate::report::xml::Xml;

/// Checkstyle's XML, written as it happens.
#[derive(Debug, Default)]
pub struct Checkstyle {
    begun: bool,
}

impl Checkstyle {
    fn begin(&mut self, xml: &mut Xml<'_>) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            xml.declaration()?;
            xml.open("checkstyle", &[("version", "4.3")])?;
        }
        Ok(())
    }
}

impl Report for Checkstyle {
    fn event(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        let mut xml = Xml::new(out);
        match event {
            Event::FileChecked { path, findings, .. } if !findings.is_empty() => {
                self.begin(&mut xml)?;
                xml.open("file", &[("name", path.as_str())])?;
                for finding in findings {
                    error(&mut xml, finding)?;
                }
                xml.close("file")
            }
            Event::NotChecked { what, reason } => {
                self.begin(&mut xml)?;
                xml.open("file", &[("name", what)])?;
                let message = format!("not checked: {what} {reason}");
                let source = "gauntlet.not-checked";
                xml.empty(
                    "error",
                    &[("line", "1"), ("severity", "error"), ("message", &message), ("source", source)],
                )?;
                xml.close("file")
            }
            Event::LintStarted { .. }
            | Event::FileChecked { .. }
            | Event::FileSkipped { .. }
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

    fn finish(&mut self, _status: &Status, out: &mut dyn Write) -> io::Result<()> {
        let mut xml = Xml::new(out);
        self.begin(&mut xml)?;
        xml.close("checkstyle")
    }
}

fn error(xml: &mut Xml<'_>, finding: &Finding) -> io::Result<()> {
    let severity = match finding.severity {
        Severity::Fail => "error",
        Severity::Warn => "warning",
    };
    let advice = &finding.advice;
    let message = format!("{}. Why: {}. Instead: {}", advice.message, advice.why, advice.instead);
    xml.empty(
        "error",
        &[
            ("line", &finding.primary.start.line.to_string()),
            ("column", &finding.primary.start.column.to_string()),
            ("severity", severity),
            ("message", &message),
            ("source", &format!("gauntlet.{}.{}", finding.code, finding.rule)),
        ],
    )
}
