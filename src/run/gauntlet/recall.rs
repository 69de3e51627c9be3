//! What a harness told before, for `--changed`: kept under a hash of everything that its trials depend on.
//!
//! That is the program, the settings of `run`, the rung, the harness file, the script and every file of its world, and
//! every program and library of this machine that its world holds.

use crate::event::{Event, Rung};
use crate::repo::Project;
use crate::repo::store::{Store, program};
use crate::report::kept::{self, Lines};
use crate::run::gauntlet::{Needs, Piece, Worlds, plan};
use crate::verdict::Verdict;

/// So many harnesses of a project are remembered.
const HARNESSES: usize = 1_000;

/// What is remembered of a project's harnesses.
pub(super) struct Memory<'p> {
    project: &'p Project,
    store: Option<Store>,
    rung: Rung,
}

impl<'p> Memory<'p> {
    pub fn open(project: &'p Project, rung: Rung) -> Self {
        Self { project, store: Store::open(project.root(), "trials", HARNESSES), rung }
    }

    /// The key under which a harness's trials still hold; `None` where they depend on what cannot be told.
    pub fn key(&self, piece: &Piece, needs: &Needs, worlds: &dyn Worlds) -> Option<String> {
        let Piece { path, from, to, of } = piece;
        let files = plan::digest(self.project, std::slice::from_ref(path)).ok()?;
        let part = if piece.is_whole() { String::new() } else { format!(" {from}-{to}/{of}") };
        let machine = worlds.fingerprint(needs).ok()?;
        Some(format!("{}\n{}\n{path}{part}\n{files}\n{machine}", program(), self.rung))
    }

    /// What the harness told under that key.
    pub fn recall(&self, key: &str) -> Option<Vec<Event>> {
        let bytes = self.store.as_ref()?.get(key)?;
        let mut events = kept::revive(&bytes, &|_| None)?;
        match events.last_mut() {
            Some(Event::HarnessFinished { kept, .. }) => *kept = true,
            _ => return None,
        }
        Some(events)
    }

    /// Keeps what a harness told, where it would tell the same again.
    pub fn keep(&self, key: &str, told: Told) {
        if let (Some(store), false) = (&self.store, told.uncertain) {
            store.put(key, &told.lines.into_bytes());
        }
    }
}

/// What a harness tells while it runs.
#[derive(Default)]
pub(super) struct Told {
    lines: Lines,
    uncertain: bool,
}

impl Told {
    pub fn add(&mut self, event: &Event) {
        self.lines.add(event);
        // What depends on how fast the machine is, or on chance, is found out anew each time.
        if let Event::TrialFinished(trial) = event {
            let chance = [Verdict::Hung, Verdict::Nondeterministic, Verdict::NotFired, Verdict::Diverged];
            self.uncertain |= chance.contains(&trial.verdict);
        }
    }
}
