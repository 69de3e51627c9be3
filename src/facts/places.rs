//! What the walk notes at each place of the script: the options in force there, on every path, and which programs run.
//!
//! [`super::status`] asks it which options a pipeline meets and what a command comes to; it never walks by itself.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::commands::Reading;
use crate::source::Span;

use super::calls::Line;
use super::state::{State, Switch};
use super::value::Place;
use super::walk::Walk;

/// What is seen of an option on all paths to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Some path comes with it.
    pub on: bool,
    /// Some path comes without it.
    pub off: bool,
}

impl Seen {
    fn add(&mut self, switch: Switch) {
        match switch {
            Switch::On => self.on = true,
            Switch::Off => self.off = true,
            Switch::Unknown => (self.on, self.off) = (true, true),
        }
    }
}

/// The options that decide whose failure is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Regime {
    /// `set -e`
    pub errexit: Seen,
    /// `set -o pipefail`
    pub pipefail: Seen,
}

/// What a command comes to, on all paths.
#[derive(Debug, Clone, Default)]
pub(super) struct Ran {
    /// A program that is more than a pure tool; its name is empty where it is not known.
    pub external: Option<String>,
    /// How it reads a pipe.
    pub reading: Option<Reading>,
    /// A program that swallows its stdin.
    pub swallows: Option<String>,
}

/// Everything noted.
#[derive(Debug, Default)]
pub(super) struct Places {
    regimes: FxHashMap<Place, Regime>,
    runs: FxHashMap<Place, Ran>,
    walked: FxHashSet<Place>,
}

impl Places {
    /// The options at a pipeline; `None` where no path leads.
    pub fn regime(&self, pipeline: Place) -> Option<Regime> {
        self.regimes.get(&pipeline).copied()
    }

    /// Whether a path leads to the simple command.
    pub fn walked(&self, command: Place) -> bool {
        self.walked.contains(&command)
    }

    /// What the command comes to; `None` where it runs no program, as far as was seen.
    pub fn ran(&self, command: Place) -> Option<&Ran> {
        self.runs.get(&command)
    }
}

impl Walk<'_> {
    /// Whether the text in hand is the script, or a text that the script holds.
    fn notes_here(&self) -> bool {
        self.file == 0 || self.texts[usize::from(self.file)].host.is_some()
    }

    /// Notes the options in force before a pipeline.
    pub(super) fn note_regime(&mut self, pipeline: Span, states: &[State]) {
        if !self.notes_here() {
            return;
        }
        let regime = self.places.regimes.entry(self.place(pipeline)).or_default();
        for state in states {
            regime.errexit.add(state.options.errexit);
            regime.pipefail.add(state.options.pipefail);
        }
    }

    /// Notes that a path leads to a simple command.
    pub(super) fn note_command(&mut self, command: Span) {
        if self.notes_here() {
            self.places.walked.insert(self.place(command));
        }
    }

    /// Notes that a call at that place in the script comes to a program, elsewhere.
    pub(super) fn note_carried(&mut self, at: Span, program: &str) {
        let ran = self.places.runs.entry(Place { file: 0, span: at }).or_default();
        ran.external.get_or_insert_with(|| program.to_owned());
    }

    /// Notes that a program is about to run.
    pub(super) fn note_program(&mut self, line: &Line) {
        if self.way.guessed() {
            return;
        }
        let (at, _) = self.report_span(line.place);
        if at.is_empty() {
            return;
        }
        let tables = self.tables;
        let name = line.name().map_or("", |name| name.rsplit('/').next().unwrap_or(name));
        let wraps = !tables.wrappers(name).is_empty();
        let here = line.place.file == self.file && self.notes_here();
        if !tables.is_pure(name)
            && let Some(call) = self.observations.in_calls.last_mut()
        {
            call.runs_program(name);
        }
        let names_less = |known: &String| known.is_empty() || here && !tables.wrappers(known).is_empty();
        let carrier = Place { file: 0, span: at };
        for place in [line.place, carrier].into_iter().take(1 + usize::from(line.place.file != 0)) {
            let ran = self.places.runs.entry(place).or_default();
            if !tables.is_pure(name) && ran.external.as_ref().is_none_or(names_less) {
                ran.external = Some(name.to_owned());
            }
        }
        if !here || self.remote > 0 {
            return;
        }
        let ran = self.places.runs.entry(line.place).or_default();
        let words: Vec<&str> = line.argv().iter().map(|value| value.text.as_str()).collect();
        if tables.reads_all(name) || !wraps {
            let reading = if tables.reads_all(name) { Reading::Whole } else { tables.reading(&words) };
            let known = ran.reading.get_or_insert_with(|| reading.clone());
            if reading == Reading::Whole {
                *known = reading;
            }
        }
        if ran.swallows.is_none() && tables.swallows_stdin(&words) {
            ran.swallows = Some(name.to_owned());
        }
    }
}
