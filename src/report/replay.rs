//! One trial, told in full: every call beside the green run's, everything that was printed, the verdict.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::event::Trial;
use crate::report::plain;
use crate::trial::judge::exit_code;
use crate::trial::story::TraceLine;
use crate::trial::world::Record;

/// What is told.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The verdict.
    pub trial: &'a Trial,
    /// The calls beside the green run's.
    pub calls: &'a [TraceLine],
    /// What happened.
    pub record: &'a Record,
}

/// Writes it.
pub fn write(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Shown { trial, calls, record } = shown;
    let bold = Style::new().bold();
    writeln!(out, "{bold}{}{bold:#}", plain::line(trial.id.as_str()))?;
    writeln!(out, "\ncalls (- green run only, + this run only, ! failed on purpose)")?;
    if calls.is_empty() {
        writeln!(out, "  none")?;
    }
    for call in *calls {
        let style = match call.mark {
            '-' => Style::new().fg_color(Some(AnsiColor::Red.into())),
            '+' => Style::new().fg_color(Some(AnsiColor::Green.into())),
            '!' => Style::new().bold().fg_color(Some(AnsiColor::Yellow.into())),
            _ => Style::new(),
        };
        writeln!(out, "{style}{} {}{style:#}", call.mark, plain::line(&call.text))?;
    }
    for (name, text) in [("stdout", &record.stdout), ("stderr", &record.stderr)] {
        writeln!(out, "\n{name}{}", if text.is_empty() { ": nothing" } else { "" })?;
        for line in text.lines() {
            writeln!(out, "  {}", plain::line(line))?;
        }
    }
    match exit_code(record.end) {
        Some(code) => writeln!(out, "\nexit {code}")?,
        None => writeln!(out, "\nstopped at its deadline")?,
    }
    let colour = if trial.verdict.is_red() { AnsiColor::Red } else { AnsiColor::Green };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    writeln!(out, "{style}{}{style:#}: {}", trial.verdict, plain::line(&trial.explanation))
}
