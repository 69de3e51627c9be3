//! Jobs: each turns work into one ordered stream of events. One file a job.
//!
//! A job never prints and never chooses an exit code; whoever takes its events does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::event::Event;

pub mod all;
pub mod fix;
pub mod gauntlet;
pub mod guard;
pub mod lint;
pub mod parse;
pub mod rules;
pub mod status;

/// Where a job's events go, in order.
pub type Sink<'a> = dyn FnMut(Event) + 'a;

/// The user's wish to stop: a job looks at it between two pieces of work, and says in
/// [`Event::Interrupted`] what it left undone.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Whether to stop.
    pub fn wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag, for a signal handler to set.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}
