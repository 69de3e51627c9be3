//! Loops whose turns each have another item of one list under the same symbol: "check all, then delete all" holds where
//! each turn checked its own, and a flag that one turn sets says nothing of the others.

use super::state::State;
use super::value::{Source, Sym, Value};
use super::walk::{Out, Walk};

/// The variables that a loop's condition reads lines into, and the lists that these turned out to be items of.
pub(super) struct Read<'n> {
    names: &'n [&'n str],
    start: State,
    found: Vec<(&'n str, Sym)>,
    first: bool,
}

impl<'n> Read<'n> {
    /// A loop that reads into `names`, started on that path.
    pub fn new(names: &'n [&'n str], state: &State) -> Self {
        Self { names, start: state.clone(), found: Vec::new(), first: true }
    }
}

impl Walk<'_> {
    /// Before the condition reads: what comes round is about to get the next line.
    pub(super) fn begin_read(&mut self, read: &mut Read<'_>, states: &mut [State]) {
        for (name, item) in &read.found {
            // The next line is another one: tests of the last say nothing of it. That there are lines stays true.
            let in_turns = self.ids && !read.start.checked.contains(item);
            self.in_hand(Some(*item).filter(|_| in_turns));
            for state in states.iter_mut() {
                state.next_line(*item);
                if in_turns {
                    state.begin_turn(*item, name, false, &mut self.symbols);
                }
            }
        }
    }

    /// Behind the condition: which paths go on with a line, and which end because there is none.
    pub(super) fn end_read(&mut self, read: &mut Read<'_>, ends: &mut [State], goes: &mut [State]) {
        let first = std::mem::replace(&mut read.first, false);
        if first {
            for name in read.names {
                let item = goes.iter().find_map(|state| state.vars.get(name)?.scalar().symbol());
                let is_item = |sym: &Sym| self.symbols.is_of_list(*sym);
                read.found.extend(item.filter(is_item).map(|item| (*name, item)));
            }
        }
        if !self.ids {
            return;
        }
        for (name, item) in &read.found {
            if read.start.checked.contains(item) {
                continue;
            }
            if first {
                // Of no lines, each has passed.
                self.in_hand(Some(*item));
                let earlier = self.symbols.of(Source::Earlier(*item));
                for state in ends.iter_mut().chain(goes.iter_mut()) {
                    state.check(earlier);
                }
            }
            for state in ends.iter_mut() {
                let holds = state.vars.get(name).and_then(|content| content.scalar().symbol()) == Some(*item);
                if holds {
                    state.leave_turn(*item, &mut self.symbols);
                } else {
                    state.end_items(*item, &mut self.symbols);
                }
            }
        }
    }

    /// Where each of the script's words has passed a check, each of those that are left has: `$1`, and what `shift` makes
    /// of it.
    pub(super) fn words_checked(&mut self, state: &mut State) {
        /// Words that are told apart by their numbers.
        const MOST_WORDS: u32 = 9;
        let Some(all) = self.symbols.known(&Source::Argument(0)) else { return };
        let of_script = state.params.rest.as_ref().and_then(Value::symbol) == Some(all);
        if of_script && self.symbols.each_checked(all, state) {
            let from = state.params.shifted + 1;
            for number in from..from + MOST_WORDS {
                state.check(self.symbols.of(Source::Argument(number)));
            }
        }
    }

    /// The innermost loop has an item in hand.
    pub(super) fn in_hand(&mut self, item: Option<Sym>) {
        if let (Some(item), Some(innermost)) = (item, self.loops.last_mut())
            && !innermost.items.contains(&item)
        {
            innermost.items.push(item);
        }
    }

    /// These paths have left a loop within a turn.
    pub(super) fn leave_turns(&mut self, items: &[Sym], states: &mut [State]) {
        for item in items {
            for state in states.iter_mut() {
                state.leave_turn(*item, &mut self.symbols);
            }
        }
    }

    /// How many paths have returned from the innermost function by now.
    pub(super) fn returned_so_far(&self) -> (usize, usize) {
        self.returns.last().map_or((0, 0), |returns| (returns.ok.len(), returns.fail.len()))
    }

    /// Those that have returned since have left a loop within a turn.
    pub(super) fn returned_within(&mut self, items: &[Sym], (ok, fail): (usize, usize)) {
        let Some(mut returns) = self.returns.pop() else { return };
        let Out { ok: succeeded, fail: failed } = &mut returns;
        self.leave_turns(items, succeeded.get_mut(ok..).unwrap_or_default());
        self.leave_turns(items, failed.get_mut(fail..).unwrap_or_default());
        self.returns.push(returns);
    }
}
