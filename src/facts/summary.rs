//! Calls in sum: what a function did the last time it was walked, for the calls after that.
//!
//! A script that calls large functions from many places has more paths than anybody could follow. Such a function is
//! walked a few times; after that a call only marks, on everything that the function was seen to do, the gates that
//! the calling path lacks, and sets what the function sets. It never makes a mutation look better guarded than it is.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::commands::{Effect, HOLE};

use super::calls::Line;
use super::map::Map;
use super::state::State;
use super::value::Content;
use super::walk::{Out, Walk};

/// What walks of one function showed.
#[derive(Debug, Default)]
pub(super) struct Summary {
    walks: u32,
    /// Statements that the longest walk took.
    cost: u32,
    succeeds: bool,
    fails: bool,
    /// Whether it may end the shell.
    leaves: bool,
    /// The variables that it set, with their last content.
    set: BTreeMap<Rc<str>, Content>,
    /// Indexes of what was seen in it, in what it calls too.
    seen: BTreeSet<usize>,
}

/// Where a walk of a function started.
pub(super) struct Start {
    vars: Map<Content>,
    steps: u32,
    left: u32,
}

impl Walk<'_> {
    /// Notes where a walk starts; [`Walk::summarise`] ends it.
    pub(super) fn start_of_call(&mut self, state: &State) -> Start {
        self.observations.in_calls.push(BTreeSet::new());
        Start { vars: state.vars.clone(), steps: self.steps, left: self.left }
    }

    /// Learns from a walk of the function.
    pub(super) fn summarise(&mut self, index: usize, start: &Start, out: &Out) {
        let summary = self.summaries.entry(index).or_default();
        summary.walks += 1;
        summary.cost = summary.cost.max(self.steps.saturating_sub(start.steps));
        summary.succeeds |= !out.ok.is_empty();
        summary.fails |= !out.fail.is_empty();
        summary.leaves |= self.left > start.left;
        for state in out.ok.iter().chain(&out.fail) {
            state.vars.differences(&start.vars, &mut |name, after, before| {
                if let Some(content) = after.filter(|_| after != before) {
                    summary.set.insert(Rc::clone(name), content.clone());
                }
            });
        }
        let seen = self.observations.in_calls.pop().unwrap_or_default();
        if let Some(outer) = self.observations.in_calls.last_mut() {
            outer.extend(&seen);
        }
        summary.seen.extend(seen);
    }

    /// A call past the budget: nobody looked where its words go. Secrets among them count as exposed where the function
    /// runs programs with words that are not known, and ids as unchecked where it changes something.
    pub(super) fn not_followed(&mut self, index: usize, line: &Line, state: &State) {
        let Some(summary) = self.summaries.get(&index) else { return };
        let seen = || summary.seen.iter().map(|index| &self.observations.list[*index]);
        let execs = seen().any(|seen| seen.exec_words.iter().any(|word| word.contains(HOLE)));
        let changes = seen().any(|seen| seen.effect == Effect::Mutate);
        if execs || changes {
            self.observe_unfollowed(line, execs, changes, state);
        }
    }

    /// The outcome of a call of a function that was walked often enough; `None` where it is to be walked.
    pub(super) fn summarised(&mut self, index: usize, state: &State) -> Option<Out> {
        const ENOUGH_WALKS: u32 = 12;
        const LARGE: u32 = 40;
        const SMALL: u32 = 16;
        let summary = self.summaries.get(&index)?;
        let known = summary.walks >= ENOUGH_WALKS && summary.cost >= LARGE;
        // Past the budget the small ones are walked all the same: the checks are among them.
        if !known && (self.budget > 0 || summary.cost <= SMALL) {
            return None;
        }
        for index in &summary.seen {
            let seen = &mut self.observations.list[*index];
            if seen.effect == Effect::Mutate && !self.dead {
                seen.missing.apply |= !state.apply;
                seen.missing.phrase |= state.rare.confirmed.is_empty();
            }
        }
        if let Some(outer) = self.observations.in_calls.last_mut() {
            outer.extend(&summary.seen);
        }
        let mut after = state.clone();
        for (name, content) in &summary.set {
            if after.vars.get(name) != Some(content) {
                after.set(name, content.clone());
            }
        }
        let mut out = Out::default();
        let leaves = summary.leaves;
        if summary.succeeds {
            out.ok.push(after.clone());
        }
        if summary.fails {
            out.fail.push(after.clone());
        }
        if leaves {
            self.leave(vec![after], None);
        }
        Some(out)
    }
}
