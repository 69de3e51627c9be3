//! What people read of a sweep: each call that may fail unnoticed once, with all the ways in which it may, in the order
//! of the lines.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::event::{Event, LACKING, NotReached, PLACED, Status, Trial, TrialKind, UNUSED};
use crate::fault::Persistence;
use crate::report::{Report, plain};
use crate::verdict::Verdict;

/// The form for people.
#[derive(Debug, Default)]
pub struct SweepText {
    red: Vec<Trial>,
    calls: BTreeSet<String>,
    /// Trials in which the script noticed the fault and ended with 0 all the same.
    recovered: usize,
    script: String,
    /// The guessed answers that the script took.
    assumed: Vec<String>,
    /// What was put into its world.
    placed: Vec<String>,
    /// Parts of the script that were not there.
    lacking: Vec<String>,
    /// Answers of the command line that answered nothing.
    unused: Vec<String>,
    /// The calls that no run made.
    not_reached: Vec<NotReached>,
}

/// So many calls that were not reached are shown.
const SHOWN_CALLS: usize = 20;

/// So many guesses are shown.
const SHOWN_GUESSES: usize = 12;

impl Report for SweepText {
    fn event(&mut self, event: &Event, _out: &mut dyn Write) -> io::Result<()> {
        if let Event::HarnessFinished { not_reached, .. } = event {
            self.not_reached.extend_from_slice(not_reached);
        }
        if let Event::TrialFinished(trial) = event {
            if matches!(trial.kind, TrialKind::Green) && !trial.verdict.is_red() {
                for line in &trial.aftermath {
                    if let Some(text) = line.strip_prefix(PLACED) {
                        self.placed.push(text.to_owned());
                    } else if let Some(text) = line.strip_prefix(LACKING) {
                        self.lacking.push(text.to_owned());
                    } else if let Some(text) = line.strip_prefix(UNUSED) {
                        self.unused.push(format!("--stub {text}"));
                    } else {
                        self.assumed.push(line.clone());
                    }
                }
            }
            if let Some(path) = &trial.path
                && self.script.is_empty()
            {
                path.file_name().clone_into(&mut self.script);
            }
            if matches!(trial.kind, TrialKind::Fault(..)) {
                self.calls.insert(call(trial));
            }
            self.recovered += usize::from(trial.verdict == Verdict::Recovered);
            if trial.verdict.is_red() {
                self.red.push((**trial).clone());
            }
        }
        Ok(())
    }

    fn finish(&mut self, status: &Status, out: &mut dyn Write) -> io::Result<()> {
        let mut groups: BTreeMap<(String, u32, Vec<String>, &'static str), Vec<&Trial>> = BTreeMap::new();
        for trial in &self.red {
            let path = trial.path.as_ref().map(ToString::to_string).unwrap_or_default();
            let key = (path, trial.line.unwrap_or_default(), trial.argv.clone(), trial.verdict.word());
            groups.entry(key).or_default().push(trial);
        }
        for trials in groups.values_mut() {
            trials.sort_by_key(|trial| trial.kind);
            group(trials, out)?;
        }
        let lists = [
            ("guessed", &self.assumed),
            ("placed", &self.placed),
            ("lacking", &self.lacking),
            ("unused", &self.unused),
        ];
        for (head, lines) in lists {
            for (index, line) in lines.iter().take(SHOWN_GUESSES).enumerate() {
                let head = if index == 0 { head } else { "" };
                let cut: String = plain::line(line).chars().take(160).collect();
                writeln!(out, "{head:9} {cut}")?;
            }
            if lines.len() > SHOWN_GUESSES {
                writeln!(out, "{:9} ... and {} more", "", lines.len() - SHOWN_GUESSES)?;
            }
        }
        for NotReached { path, line, call } in self.not_reached.iter().take(SHOWN_CALLS) {
            writeln!(out, "not reached: {}:{line} {}", plain::line(path.as_str()), plain::line(call))?;
        }
        if self.not_reached.len() > SHOWN_CALLS {
            writeln!(out, "not reached: ... and {} more", self.not_reached.len() - SHOWN_CALLS)?;
        }
        self.summary(status, out)
    }
}

impl SweepText {
    /// What comes of a failure that is red, in one half-sentence for all of them.
    fn and_then(&self) -> &'static str {
        let passes = self.red.iter().any(|trial| trial.verdict == Verdict::Swallowed);
        if passes { "and be taken for a success" } else { "and the script does or says what it must not" }
    }

    fn summary(&self, status: &Status, out: &mut dyn Write) -> io::Result<()> {
        let Some(run) = &status.run else { return writeln!(out, "sweep     NOT DONE (see stderr)") };
        let rung = run.rung.map_or_else(|| "none".to_owned(), |rung| rung.to_string());
        let calls = count(self.calls.len(), "call", "calls");
        let faults = count(run.faults, "fault", "faults");
        if let Some(by) = status.interrupted {
            let (done, planned, red) = (run.executed + run.skipped, run.planned, run.red);
            return writeln!(
                out,
                "sweep     NOT COMPLETE: stopped {by}, {done} of {planned} trials judged ({calls} failed at least once), {red} of them red   rung {rung}"
            );
        }
        if let Some(reason) = run.incomplete() {
            return writeln!(out, "sweep     NOT COMPLETE: {reason}   rung {rung}");
        }
        let recovered = match self.recovered {
            0 => String::new(),
            some => format!(", {some} recovered"),
        };
        let tried = format!(
            "{} swallowed{recovered})   {} inapplicable   rung {rung}",
            run.swallowed, run.inapplicable
        );
        if self.calls.is_empty() && status.not_checked > 0 {
            return writeln!(out, "sweep     NOT DONE (see stderr)   rung {rung}");
        }
        if run.red == 0 && status.not_checked == 0 {
            let style = Style::new().bold().fg_color(Some(AnsiColor::Green.into()));
            let mut left = match run.not_reached {
                0 => String::new(),
                1 => " but for 1 call that was not reached".to_owned(),
                more => format!(" but for {more} calls that were not reached"),
            };
            if !self.lacking.is_empty() {
                let and = if left.is_empty() { "but for" } else { "and" };
                let parts = count(self.lacking.len(), "part that was", "parts that were");
                left += &[" ", and, " ", &parts, " not there"].concat();
            }
            return writeln!(out, "sweep     {style}ALL GREEN{style:#}{left} ({calls}, {faults}, {tried}");
        }
        let style = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let red: BTreeSet<String> =
            self.red.iter().filter(|trial| matches!(trial.kind, TrialKind::Fault(..))).map(call).collect();
        writeln!(
            out,
            "sweep     {style}RED{style:#}: {} of {calls} of {} may fail {} ({} of {faults} red, {tried}",
            red.len(),
            plain::line(&self.script),
            self.and_then(),
            run.red
        )
    }
}

/// One call and one verdict, with every fault that earns it.
fn group(trials: &[&Trial], out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = trials.first() else { return Ok(()) };
    let style = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    writeln!(out, "{style}red[{}]{style:#}: {}", first.verdict, plain::line(&first.explanation))?;
    let mut kinds: Vec<String> = Vec::new();
    for trial in trials {
        let kind = match trial.kind {
            TrialKind::Fault(kind, Persistence::Once) => kind.word().to_owned(),
            TrialKind::Fault(kind, Persistence::Forever) => format!("{kind} for ever"),
            TrialKind::Free(kind) => kind.word().to_owned(),
            TrialKind::Green => "without a fault".to_owned(),
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    writeln!(out, "  faults  {}", kinds.join(", "))?;
    if matches!(first.kind, TrialKind::Green) {
        for (index, line) in first.aftermath.iter().enumerate() {
            writeln!(out, "  {:7} {}", if index == 0 { "then" } else { "" }, plain::line(line))?;
        }
    }
    if let Some(repeat) = &first.repeat {
        writeln!(out, "  repeat  {}", plain::line(repeat))?;
    }
    writeln!(out)
}

/// The call of the green run that a trial is about.
fn call(trial: &Trial) -> String {
    trial.id.as_str().split('/').nth(2).unwrap_or_default().to_owned()
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
