//! A line now and then while a run takes long, where no bar shows what it does.

use std::time::{Duration, Instant};

use crate::event::{Event, Status};
use crate::report::plain;

/// So long nothing is said.
const SILENT: Duration = Duration::from_secs(20);

/// When something was said last.
#[derive(Debug)]
pub struct Pulse {
    silent: Duration,
    said: Instant,
}

impl Default for Pulse {
    fn default() -> Self {
        Self { silent: SILENT, said: Instant::now() }
    }
}

impl Pulse {
    /// Takes in one event, which `status` has folded already; answers what to say of the run, where that is due.
    pub fn event(&mut self, event: &Event, status: &Status) -> Option<String> {
        if self.said.elapsed() < self.silent {
            return None;
        }
        let line = match event {
            Event::GreenSought { what, runs } => {
                format!("seeking {}: {runs} runs so far, none of them ended well enough", plain::line(what))
            }
            Event::TrialFinished(trial) => {
                let run = status.run.as_ref()?;
                let (done, planned, red) = (run.executed + run.skipped, run.planned, run.red);
                let name = plain::line(trial.harness.as_str());
                format!("running {name}: {done} of {planned} trials so far, {red} red")
            }
            _ => return None,
        };
        self.said = Instant::now();
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_search_is_heard_and_a_short_one_is_not() {
        let event = Event::GreenSought { what: "x.sh".to_owned(), runs: 7 };
        let mut pulse = Pulse { silent: Duration::ZERO, said: Instant::now() };
        let line = pulse.event(&event, &Status::default()).expect("it is due");
        assert!(line.contains("x.sh: 7 runs"), "{line}");
        assert_eq!(pulse.event(&Event::LintFinished, &Status::default()), None);
        assert_eq!(Pulse::default().event(&event, &Status::default()), None);
    }
}
