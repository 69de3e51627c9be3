//! From where a function was walked, and how it came out: a call that is not walked is one of those that were.
//!
//! What decides in a function is what it reads: its words, variables, what was found out about them, and the gates that its
//! caller has passed. A call that comes with something else may take a branch that no walk has taken. The first few such
//! calls are walked as they are; after them one is walked that stands for all that came before, and for this one.

use crate::facts::state::{Reads, State};
use crate::facts::value::Symbols;

use super::Exits;

/// The ways in which a function ends.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::facts) struct Ends {
    pub(super) succeeds: bool,
    pub(super) fails: bool,
    pub(super) exits: Exits,
}

/// A walk's start.
#[derive(Debug)]
struct Start {
    /// What was known there; the parameters are the function's own.
    from: State,
    /// How many walks it stands for that differ.
    joins: u32,
    ends: Ends,
}

/// The starts of a function's walks.
#[derive(Debug, Default)]
pub(super) struct Starts {
    pub reads: Reads,
    list: Vec<Start>,
}

/// What is known of a call before it is followed.
#[derive(Debug)]
pub(in crate::facts) enum Call {
    /// Walks have shown all that it does.
    Seen(Ends),
    /// It differs from those that were walked.
    Differs,
    /// So many differ that what stands for all of them is to be walked, from here.
    Join(State),
}

impl Starts {
    /// What is known of a call that starts from there. Calls that differ are walked one by one up to `few`.
    pub(super) fn look(&self, from: &State, few: usize, symbols: &mut Symbols) -> Call {
        // What stands for so many that differ stands for all.
        const MANY: u32 = 4;
        let mut alike = self.list.iter().filter(|start| start.from.is_alike(from));
        let seen = alike
            .clone()
            .find(|start| start.joins >= MANY || start.from.is_as_wide_as(from, &self.reads, symbols));
        if let Some(seen) = seen {
            return Call::Seen(seen.ends);
        }
        if alike.clone().count() < few && alike.all(|start| start.joins == 0) {
            return Call::Differs;
        }
        let alike = self.list.iter().filter(|start| start.from.is_alike(from));
        Call::Join(
            alike.fold(from.clone(), |so_far, start| so_far.widened(&start.from, &self.reads, symbols)),
        )
    }

    /// Notes a walk; `joined`: it stands for all that came before it.
    pub(super) fn add(&mut self, from: State, joined: bool, ends: Ends) {
        const KEPT: usize = 2;
        let mut joins = 0;
        if joined {
            self.list.retain(|start| {
                let alike = start.from.is_alike(&from);
                joins = joins.max(if alike { start.joins + 1 } else { 0 });
                !alike
            });
        } else {
            let alike = |start: &Start| start.joins == 0 && start.from.is_alike(&from);
            if self.list.iter().filter(|start| alike(start)).count() >= KEPT
                && let Some(oldest) = self.list.iter().position(alike)
            {
                self.list.remove(oldest);
            }
        }
        self.list.push(Start { from, joins, ends });
    }
}
