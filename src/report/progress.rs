//! Progress on stderr: a bar on a terminal, quiet lines elsewhere.

use std::fmt;
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};

use crate::event::Event;
use crate::report::plain;

/// What is under way, shown while it is.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar where `terminal`, else nothing but a line a harness.
    pub fn new(terminal: bool) -> Self {
        Self { bar: terminal.then(bar) }
    }

    /// Takes in one event. Where there is no bar, answers with the line to log, if any.
    pub fn event(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::LintStarted { files } => self.start("lint", *files),
            Event::FileChecked { path, .. } => self.step(path.as_str()),
            Event::RunStarted { .. } => self.start("run", 0),
            Event::GreenSought { what, runs: 0 } => {
                self.start("seek", 0);
                self.show(what);
            }
            Event::GreenSought { what, runs } => {
                self.show(&format!("{what}: {runs} runs, none of them ended well so far"));
            }
            Event::HarnessStarted { name } => self.show(name.as_str()),
            Event::TrialsPlanned { count, .. } => self.extend(*count),
            Event::TrialFinished(trial) => self.step(trial.id.as_str()),
            Event::LintFinished | Event::Interrupted { .. } => self.clear(),
            Event::HarnessFinished { name, kept, .. } if self.bar.is_none() => {
                return Some(if *kept {
                    format!("kept {name}: nothing has changed")
                } else {
                    format!("ran {name}")
                });
            }
            Event::NotChecked { .. }
            | Event::GuardTested { .. }
            | Event::FileSkipped { .. }
            | Event::HarnessFinished { .. } => {}
        }
        None
    }

    /// Runs `write` while no bar is on the screen.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar off the screen.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn start(&self, part: &'static str, count: usize) {
        if let Some(bar) = &self.bar {
            bar.reset();
            bar.set_prefix(part);
            bar.set_length(count as u64);
            bar.set_position(0);
            bar.enable_steady_tick(Duration::from_millis(200));
        }
    }

    fn extend(&self, count: usize) {
        if let Some(bar) = &self.bar {
            bar.inc_length(count as u64);
        }
    }

    fn show(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(plain::line(what).into_owned());
        }
    }

    fn step(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        self.show(what);
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:5} {bar:30} {pos}/{len} {elapsed}{left} {wide_msg}")
        .expect("the template is a constant that a test renders")
        .with_key("left", |state: &ProgressState, out: &mut dyn fmt::Write| {
            if state.pos() > 0 && state.len().is_some_and(|len| len > state.pos()) {
                let _ = write!(out, " ({:#} left)", HumanDuration(state.eta()));
            }
        });
    ProgressBar::new(0).with_style(style)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_template_of_the_bar_is_well_formed() {
        super::bar().finish_and_clear();
    }
}
