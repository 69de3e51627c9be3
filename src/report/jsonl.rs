//! The form for programs that read as it happens, version 1: a JSON object a line, its kind in `type`.

use std::io::{self, Write};

use serde::Serialize;

use crate::event::{Event, NotReached, SkipReason, Status, StoppedBy};
use crate::report::Report;
use crate::report::json::{JsonFinding, JsonTrial, Summary};

/// A JSON object a line.
#[derive(Debug, Default)]
pub struct Jsonl;

#[derive(Debug, Serialize)]
struct Line<'a> {
    version: u8,
    #[serde(flatten)]
    body: Body<'a>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Body<'a> {
    Finding(JsonFinding),
    Trial(JsonTrial),
    NotReached(&'a NotReached),
    NotChecked { what: &'a str, reason: &'a str },
    Skipped { path: &'a str, shell: &'a str },
    Stopped { by: StoppedBy, not_run: &'a [String] },
    Summary(Summary),
}

fn line(body: Body<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { version: 1, body })?;
    writeln!(out)
}

impl Report for Jsonl {
    fn event(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::FileChecked { findings, .. } => {
                findings.iter().try_for_each(|finding| line(Body::Finding(JsonFinding::of(finding)), out))
            }
            Event::TrialFinished(trial) => line(Body::Trial(JsonTrial::of(trial)), out),
            Event::HarnessFinished { not_reached, .. } => {
                not_reached.iter().try_for_each(|call| line(Body::NotReached(call), out))
            }
            Event::NotChecked { what, reason } => line(Body::NotChecked { what, reason }, out),
            Event::FileSkipped { path, reason: SkipReason::OtherShell(shell) } => {
                line(Body::Skipped { path: path.as_str(), shell }, out)
            }
            Event::Interrupted { by, not_run } => line(Body::Stopped { by: *by, not_run }, out),
            Event::LintStarted { .. }
            | Event::LintFinished
            | Event::GuardTested { .. }
            | Event::RunStarted { .. }
            | Event::GreenSought { .. }
            | Event::HarnessStarted { .. }
            | Event::TrialsPlanned { .. } => Ok(()),
        }
    }

    fn finish(&mut self, status: &Status, out: &mut dyn Write) -> io::Result<()> {
        line(Body::Summary(Summary::of(status)), out)
    }
}
