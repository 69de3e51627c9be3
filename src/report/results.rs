//! The results of a run as lines that are only ever appended: what one run wrote, `merge` folds with what others wrote.
//!
//! A run begins with a line that says of which plan it is, and ends with a line; what lies between belongs to it. A run that
//! was killed has no last line. Nothing in it depends on the number of threads, or on names that are random.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::event::{Cut, Event, Rung, Status, Trial};
use crate::id::{HarnessName, TrialId};
use crate::report::Report;
use crate::trial::claim::is_end_notice;
use crate::trial::world::steady;

/// What a run was to do: two runs of the same plan can be merged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// A hash of all that the trials depend on.
    pub plan: String,
    /// Which part of it, from 1, and of how many.
    pub partition: (usize, usize),
    /// The harnesses of that part.
    pub harnesses: Vec<String>,
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Run {
        version: u32,
        #[serde(flatten)]
        stamp: Stamp,
        rung: Rung,
    },
    Planned {
        harness: HarnessName,
        count: usize,
    },
    Trial(Box<Trial>),
    Harness {
        name: HarnessName,
        inapplicable: usize,
        declared: usize,
        unbounded: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cut: Option<Box<Cut>>,
    },
    NotChecked {
        what: String,
        reason: String,
    },
    End {
        planned: usize,
        executed: usize,
        red: usize,
    },
}

/// The version of the lines.
const VERSION: u32 = 1;

/// Writes the lines of one run.
#[derive(Debug)]
pub struct Results {
    stamp: Stamp,
    stopped: bool,
}

impl Results {
    /// The results of a run of that plan.
    pub fn new(stamp: Stamp) -> Self {
        Self { stamp, stopped: false }
    }
}

fn write(line: &Line, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    writeln!(out)?;
    // Whoever is killed has lost nothing.
    out.flush()
}

impl Report for Results {
    fn event(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        let line = match event {
            Event::RunStarted { rung, .. } => {
                Line::Run { version: VERSION, stamp: self.stamp.clone(), rung: *rung }
            }
            Event::TrialsPlanned { name, count } => Line::Planned { harness: name.clone(), count: *count },
            Event::TrialFinished(trial) => Line::Trial(Box::new(settled(trial))),
            // Whether it ran now or before changes nothing of what it showed.
            Event::HarnessFinished {
                name,
                inapplicable,
                declared,
                unbounded,
                kept: _,
                cut,
                not_reached: _,
            } => Line::Harness {
                name: name.clone(),
                inapplicable: *inapplicable,
                declared: *declared,
                unbounded: *unbounded,
                cut: cut.clone().map(|mut cut| {
                    cut.unless_seen = cut.unless_seen.iter().map(settled).collect();
                    cut
                }),
            },
            Event::NotChecked { what, reason } => {
                Line::NotChecked { what: what.clone(), reason: reason.clone() }
            }
            Event::Interrupted { .. } => {
                self.stopped = true;
                return Ok(());
            }
            Event::LintStarted { .. }
            | Event::FileChecked { .. }
            | Event::FileSkipped { .. }
            | Event::LintFinished
            | Event::GuardTested { .. }
            | Event::GreenSought { .. }
            | Event::HarnessStarted { .. } => return Ok(()),
        };
        write(&line, out)
    }

    fn finish(&mut self, status: &Status, out: &mut dyn Write) -> io::Result<()> {
        match &status.run {
            // A run that was stopped has no end.
            Some(run) if !self.stopped => {
                write(&Line::End { planned: run.planned, executed: run.executed, red: run.red }, out)
            }
            _ => Ok(()),
        }
    }
}

/// The trial without what differs from run to run.
fn settled(trial: &Trial) -> Trial {
    let mut trial = trial.clone();
    trial.aftermath.retain(|line| !is_end_notice(line));
    let texts = trial.argv.iter_mut().chain(trial.aftermath.iter_mut());
    for text in texts.chain([&mut trial.explanation]) {
        *text = steady(text);
    }
    trial
}

/// One run, as it stands in a file.
#[derive(Debug)]
struct Run {
    stamp: Stamp,
    rung: Rung,
    lines: Vec<Line>,
    ended: bool,
    /// Which of the files holds it.
    file: usize,
}

/// The events of all these files (name, text) together, as if one run had told them; what is missing is told too.
///
/// Of each file only the runs count that are of the same plan as its last one; of each part the last that came to its end.
pub fn merge(files: &[(String, String)]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut problem = |what: &str, reason: String| {
        events.push(Event::NotChecked { what: what.to_owned(), reason });
    };
    let mut runs: Vec<Run> = Vec::new();
    for (file, (name, text)) in files.iter().enumerate() {
        match read(text, file) {
            Ok(found) if found.is_empty() => {
                problem(name, "holds no run: was it written by --results?".to_owned());
            }
            Ok(mut found) => {
                let plan = found.last().map(|run| run.stamp.plan.clone()).unwrap_or_default();
                found.retain(|run| run.stamp.plan == plan);
                if let Some(other) = runs.iter().find(|run| run.stamp.plan != plan) {
                    let (here, there) = (short(&plan), short(&other.stamp.plan));
                    let reason = format!(
                        "is of another plan ({here}, the files before it are of {there}): the scripts, the harnesses or gauntlet differ; run every part on the same state"
                    );
                    problem(name, reason);
                    continue;
                }
                runs.extend(found);
            }
            Err(reason) => problem(name, reason),
        }
    }
    let mut parts: BTreeMap<(usize, usize), Run> = BTreeMap::new();
    let mut begun: BTreeSet<(usize, usize)> = BTreeSet::new();
    for run in runs {
        begun.insert(run.stamp.partition);
        if !run.ended {
            continue;
        }
        let ((part, of), file) = (run.stamp.partition, run.file);
        let other = parts.insert(run.stamp.partition, run).filter(|other| other.file != file);
        if let Some(other) = other {
            let (here, there) = (&files[file].0, &files[other.file].0);
            problem(
                "partition",
                format!("{part}/{of} is there twice, in {there} and in {here}: merge one of them"),
            );
        }
    }
    let of: BTreeSet<usize> = begun.iter().map(|(_, of)| *of).collect();
    if of.len() > 1 {
        let counts: Vec<String> = of.iter().map(ToString::to_string).collect();
        problem(
            "partition",
            format!("the runs were cut into {} parts: merge those of one cut", counts.join(" and ")),
        );
    }
    for of in of {
        for part in 1..=of {
            if parts.contains_key(&(part, of)) {
                continue;
            }
            let reason = if begun.contains(&(part, of)) { "did not come to its end" } else { "is missing" };
            problem(
                "partition",
                format!("{part}/{of} {reason}: run it with --partition {part}/{of} --results FILE"),
            );
        }
    }
    told(parts.into_values().collect(), events)
}

/// The events of runs, harness by harness; `before` are the problems.
fn told(parts: Vec<Run>, before: Vec<Event>) -> Vec<Event> {
    let mut events = Vec::new();
    let Some(rung) = parts.iter().map(|run| run.rung).max() else { return before };
    let mut harnesses: BTreeMap<String, Gathered> = BTreeMap::new();
    for run in &parts {
        for name in &run.stamp.harnesses {
            harnesses.entry(name.clone()).or_default().parts += 1;
        }
    }
    let mut later = before;
    for line in parts.into_iter().flat_map(|run| run.lines) {
        match line {
            Line::Planned { harness, count } => {
                harnesses.entry(harness.to_string()).or_default().planned += count;
            }
            Line::Trial(trial) => harnesses.entry(trial.harness.to_string()).or_default().add(*trial),
            Line::Harness { name, inapplicable, declared, unbounded, cut } => {
                let gathered = harnesses.entry(name.to_string()).or_default();
                gathered.finished += 1;
                for (sum, more) in gathered.counts.iter_mut().zip([inapplicable, declared, unbounded]) {
                    *sum += more;
                }
                gathered.cuts.extend(cut.map(|cut| *cut));
            }
            Line::NotChecked { what, reason } => later.push(Event::NotChecked { what, reason }),
            Line::Run { .. } | Line::End { .. } => {}
        }
    }
    events.push(Event::RunStarted { rung, harnesses: harnesses.len(), part: None });
    for (name, gathered) in harnesses {
        // A name that is none has no end either: the run counts as incomplete.
        if let Some(name) = HarnessName::parse(&name) {
            gathered.tell(&name, &mut events, &mut later);
        }
    }
    events.extend(later);
    events
}

/// What all parts tell of one harness.
#[derive(Debug, Default)]
struct Gathered {
    /// How many parts have a piece of it.
    parts: usize,
    /// How many of them came to its end.
    finished: usize,
    planned: usize,
    trials: Vec<Trial>,
    known: BTreeSet<TrialId>,
    /// Inapplicable, declared, unbounded.
    counts: [usize; 3],
    cuts: Vec<Cut>,
}

impl Gathered {
    /// A green run that is red every part tells.
    fn add(&mut self, trial: Trial) {
        if self.known.insert(trial.id.clone()) {
            self.trials.push(trial);
        } else {
            self.planned = self.planned.saturating_sub(1);
        }
    }

    fn tell(mut self, name: &HarnessName, events: &mut Vec<Event>, problems: &mut Vec<Event>) {
        if let Some(reason) = self.contradiction() {
            problems.push(Event::NotChecked { what: name.to_string(), reason });
        }
        // What no part has seen.
        let (first, others) = self
            .cuts
            .split_first()
            .map_or((&[][..], &[][..]), |(first, others)| (first.unless_seen.as_slice(), others));
        let unseen = |trial: &&Trial| {
            others.iter().all(|cut| cut.unless_seen.iter().any(|other| other.id == trial.id))
        };
        let unseen: Vec<Trial> = first.iter().filter(unseen).cloned().collect();
        self.planned += unseen.len();
        self.trials.extend(unseen);
        events.push(Event::HarnessStarted { name: name.clone() });
        events.push(Event::TrialsPlanned { name: name.clone(), count: self.planned });
        events.extend(self.trials.into_iter().map(|trial| Event::TrialFinished(Box::new(trial))));
        if self.finished == self.parts {
            let ([inapplicable, declared, unbounded], name) = (self.counts, name.clone());
            events.push(Event::HarnessFinished {
                name,
                inapplicable,
                declared,
                unbounded,
                kept: false,
                cut: None,
                not_reached: Vec::new(),
            });
        }
    }

    /// Why its pieces make no whole, where they do not.
    fn contradiction(&mut self) -> Option<String> {
        self.cuts.sort_by_key(|cut| cut.from);
        let first = self.cuts.first()?;
        if self.cuts.iter().any(|cut| cut.trials != first.trials) {
            let reason = "its parts did not find the same trials to run: its green runs differ from machine to machine, or from run to run";
            return Some(reason.to_owned());
        }
        let mut end = 0;
        for cut in &self.cuts {
            if cut.from != end || cut.of != first.of {
                break;
            }
            end = cut.to;
        }
        let gap = end != first.of && self.cuts.len() == self.parts;
        gap.then(|| "its parts do not fit together: run all of them anew".to_owned())
    }
}

/// The runs of one file. Its last line may have been cut off.
fn read(text: &str, file: usize) -> Result<Vec<Run>, String> {
    let mut runs: Vec<Run> = Vec::new();
    let count = text.lines().count();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line: Line = match serde_json::from_str(line) {
            Ok(line) => line,
            Err(_) if index + 1 == count && !text.ends_with('\n') => break,
            Err(error) => return Err(format!("line {} is no line of results: {error}", index + 1)),
        };
        match (line, runs.last_mut()) {
            (Line::Run { version, .. }, _) if version != VERSION => {
                return Err(format!(
                    "line {} is of version {version}; this gauntlet reads {VERSION}",
                    index + 1
                ));
            }
            (Line::Run { stamp, rung, .. }, _) => {
                runs.push(Run { stamp, rung, lines: Vec::new(), ended: false, file });
            }
            (_, None) => return Err(format!("line {} belongs to no run", index + 1)),
            (Line::End { .. }, Some(run)) => run.ended = true,
            (line, Some(run)) => run.lines.push(line),
        }
    }
    Ok(runs)
}

fn short(plan: &str) -> &str {
    plan.get(..12).unwrap_or(plan)
}
