//! Jobs: each turns work into one ordered stream of events. One file a job.
//!
//! A job never prints and never chooses an exit code; whoever takes its events does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::event::{Event, StoppedBy};

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

/// The wish to stop: a job looks at it between two pieces of work, and says in [`Event::Interrupted`] what it left undone.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    wish: Arc<AtomicBool>,
    half: Arc<AtomicBool>,
    spent: Arc<AtomicBool>,
}

impl Stop {
    /// Whether to stop.
    pub fn wanted(&self) -> bool {
        self.wish.load(Ordering::Relaxed) || self.spent.load(Ordering::Relaxed)
    }

    /// Who wants it.
    pub fn by(&self) -> StoppedBy {
        if self.wish.load(Ordering::Relaxed) { StoppedBy::User } else { StoppedBy::Budget }
    }

    /// Whether half of the budget is spent: what only prepares the work comes to its end then.
    pub fn hurries(&self) -> bool {
        self.half.load(Ordering::Relaxed)
    }

    /// The user's flag, for a signal handler to set.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.wish)
    }

    /// Half of the budget is spent; the second time all of it is.
    pub fn spend_half(&self) {
        if self.half.swap(true, Ordering::Relaxed) {
            self.spent.store(true, Ordering::Relaxed);
        }
    }
}
