//! A line now and then while a run takes long, where no bar shows what it does; and how long the rest takes.

use std::time::{Duration, Instant};

use crate::event::{Event, Status, TrialKind};
use crate::report::plain;

/// So long nothing is said: at first, and later.
const SILENT: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(20)];

/// When it began, and when something was said last.
#[derive(Debug)]
pub struct Pulse {
    silent: Duration,
    said: Instant,
    begun: Instant,
    /// When the first trial began.
    trials: Option<Instant>,
}

impl Default for Pulse {
    fn default() -> Self {
        let now = Instant::now();
        Self { silent: SILENT[0], said: now, begun: now, trials: None }
    }
}

impl Pulse {
    /// Takes in one event, which `status` has folded already; answers what to say of the run, where that is due.
    pub fn event(&mut self, event: &Event, status: &Status) -> Option<String> {
        if matches!(event, Event::RunStarted { .. }) {
            self.trials = Some(Instant::now());
        }
        if self.said.elapsed() < self.silent {
            return None;
        }
        let line = match event {
            Event::GreenSought { what, runs } => {
                format!("looking for a run of {} that ends well: {runs} tried so far", plain::line(what))
            }
            Event::TrialFinished(trial) if trial.kind != TrialKind::Green => {
                let run = status.run.as_ref()?;
                let (done, planned, red) = (run.executed + run.skipped, run.planned, run.red);
                let name = plain::line(trial.harness.as_str());
                let left = self.rest(status).map(|rest| format!(", about {} left", span(rest)));
                format!(
                    "running {name}: {done} of {planned} trials so far, {red} red{}",
                    left.unwrap_or_default()
                )
            }
            _ => return None,
        };
        (self.said, self.silent) = (Instant::now(), SILENT[1]);
        Some(line)
    }

    /// How long the trials take that are left, at the pace of those before.
    fn rest(&self, status: &Status) -> Option<Duration> {
        let run = status.run.as_ref()?;
        let done = u32::try_from(run.executed).ok().filter(|done| *done > 0)?;
        let left = u32::try_from(run.planned.checked_sub(run.executed + run.skipped)?).ok()?;
        Some(self.trials?.elapsed() / done * left)
    }

    /// How long all of it takes, at that pace and with some room.
    pub fn whole(&self, status: &Status) -> Option<String> {
        let whole = self.begun.elapsed() + self.rest(status)?;
        Some(span(whole + whole / 5))
    }
}

/// A time as `--budget` takes it, rounded up.
pub fn span(time: Duration) -> String {
    match time.as_secs() + 1 {
        seconds @ 0..100 => format!("{seconds}s"),
        seconds => format!("{}m", seconds.div_ceil(60)),
    }
}

/// Reads `90`, `90s`, `5m`, `1h`.
pub fn budget(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time: write 90s, 5m or 1h");
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(wrong()),
    };
    let number = number.parse::<u32>().map_err(|_| wrong())?;
    if number == 0 { Err(wrong()) } else { Ok(Duration::from_secs(u64::from(number) * seconds)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_search_is_heard_and_a_short_one_is_not() {
        let event = Event::GreenSought { what: "x.sh".to_owned(), runs: 7 };
        let mut pulse = Pulse { silent: Duration::ZERO, ..Pulse::default() };
        let line = pulse.event(&event, &Status::default()).expect("it is due");
        assert!(line.contains("x.sh that ends well: 7 tried"), "{line}");
        assert_eq!(pulse.event(&Event::LintFinished, &Status::default()), None);
        assert_eq!(Pulse::default().event(&event, &Status::default()), None);
    }

    #[test]
    fn a_budget_is_a_time() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("5m", 300), ("1h", 3600)] {
            assert_eq!(budget(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "0", "0m", "m", "5 m", "-1", "5d", "1h30m", "99999999999"] {
            assert!(budget(text).is_err(), "{text}");
        }
        assert_eq!(span(Duration::from_secs(3)), "4s");
        assert_eq!(span(Duration::from_secs(400)), "7m");
    }
}
