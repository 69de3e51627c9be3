//! What a sweep that takes long has found so far: each call that may fail unnoticed is told on stderr as soon as it is known.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::event::{Event, Trial};
use crate::report::plain;

/// Who waits no longer than this reads the report.
const SHORT: Duration = Duration::from_secs(5);

/// What was found, and what was told of it.
#[derive(Debug, Default)]
pub struct Found {
    begun: Option<Instant>,
    known: BTreeSet<(Option<u32>, Vec<String>, &'static str)>,
    untold: Vec<String>,
}

impl Found {
    /// Takes in one event; answers what to say of it, and of those before it.
    pub fn event(&mut self, event: &Event) -> Vec<String> {
        match event {
            // Only a sweep looks for a green run.
            Event::GreenSought { .. } => drop(self.begun.get_or_insert_with(Instant::now)),
            Event::TrialFinished(trial) if trial.verdict.is_red() && self.is_new(trial) => {
                let said = plain::line(&trial.explanation);
                self.untold.push(format!("so far: red[{}]: {said}", trial.verdict));
            }
            _ => {}
        }
        let is_long = self.begun.is_some_and(|begun| begun.elapsed() >= SHORT);
        if is_long { std::mem::take(&mut self.untold) } else { Vec::new() }
    }

    fn is_new(&mut self, trial: &Trial) -> bool {
        self.known.insert((trial.line, trial.argv.clone(), trial.verdict.word()))
    }
}
