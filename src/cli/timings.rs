//! How long harnesses took: written by a whole run, read by runs of a part.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use crate::cli::Failure;
use crate::event::Event;

/// A stopwatch for harnesses, in milliseconds of real time.
#[derive(Debug, Default)]
pub struct Stopwatch {
    begun: Option<Instant>,
    took: BTreeMap<String, u64>,
}

impl Stopwatch {
    /// Takes in one event.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::HarnessStarted { .. } => self.begun = Some(Instant::now()),
            Event::HarnessFinished { name, kept: false, .. } => {
                if let Some(begun) = self.begun.take() {
                    let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                    self.took.insert(name.to_string(), took);
                }
            }
            _ => {}
        }
    }

    /// Writes what was measured over what the file knows of the same harnesses.
    pub fn write(self, path: &Path) -> Result<(), Failure> {
        let mut all = if path.exists() { read(path)? } else { BTreeMap::new() };
        all.extend(self.took);
        let text = serde_json::to_string_pretty(&all)? + "\n";
        std::fs::write(path, text).map_err(|error| {
            format!("failed to write {}: {error}; give a file that can be written", path.display())
        })?;
        Ok(())
    }
}

/// What a whole run wrote.
pub fn read(path: &Path) -> Result<BTreeMap<String, u64>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        format!("failed to read {}: {error}; a whole run with the same --timings writes it", path.display())
    })?;
    serde_json::from_str(&text).map_err(|error| {
        format!("failed to understand {}: {error}; it is {{\"HARNESS\": MILLISECONDS}}", path.display())
            .into()
    })
}
