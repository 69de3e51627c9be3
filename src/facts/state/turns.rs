//! Turns of a loop over a list: all of its items have one symbol, so what is known of it must hold for each of them.

use std::rc::Rc;

use crate::facts::value::{Source, Sym, Symbols};

use super::{State, symbol_mark};

impl State {
    /// A turn begins: its item has passed no check yet, whatever the last one did. Whether each item before it has is
    /// kept by a symbol of its own. `variable` is about to hold the item; what else holds the last one keeps what is
    /// known of it.
    pub fn begin_turn(&mut self, item: Sym, variable: &str, first: bool, symbols: &mut Symbols) {
        let earlier = symbols.of(Source::Earlier(item));
        if first || self.checked.contains(&item) {
            self.check(earlier);
        } else {
            self.uncheck(earlier);
        }
        let mut copies = self.held_by(item);
        copies.retain(|name| name.as_ref() != variable);
        self.hold_older(item, copies, symbols);
        self.uncheck(item);
    }

    /// The symbol is about to stand for the next line of a list: no test of the last one says anything of it.
    pub fn next_line(&mut self, line: Sym) {
        let some = format!("some {}", symbol_mark(line));
        let lines = self.outcomes.get(some.as_str()).copied();
        self.forget_outcomes(line);
        if let Some(lines) = lines {
            self.assume(&some, lines);
        }
    }

    /// A turn has come to its end: an item that passed its check stands for all only where each before it did.
    pub fn end_turn(&mut self, item: Sym, symbols: &mut Symbols) {
        let earlier = symbols.of(Source::Earlier(item));
        if !self.checked.contains(&earlier) && self.checked.contains(&item) {
            let held = self.held_by(item);
            self.hold_older(item, held, symbols);
            self.uncheck(item);
        }
        self.uncheck(earlier);
    }

    /// No further item is there: what holds for each of those that were seen holds for all.
    pub fn end_items(&mut self, item: Sym, symbols: &mut Symbols) {
        let earlier = symbols.of(Source::Earlier(item));
        if self.checked.contains(&earlier) {
            self.check(item);
        } else {
            self.uncheck(item);
        }
        self.uncheck(earlier);
    }

    /// The loop is left within a turn: the item in hand stays what it is, and of the others nothing is known.
    pub fn leave_turn(&mut self, item: Sym, symbols: &mut Symbols) {
        let held = self.held_by(item);
        if !held.is_empty() && self.rare.named.holds(item) {
            let older = symbols.of(Source::Older(item));
            self.rare_mut().named.renew(item, older);
        }
        self.hold_older(item, held, symbols);
        self.uncheck(item);
        self.uncheck(symbols.of(Source::Earlier(item)));
    }

    /// These variables hold what the symbol stood for so far, with all that was known of that.
    pub(super) fn hold_older(&mut self, sym: Sym, held: Vec<Rc<str>>, symbols: &mut Symbols) {
        if held.is_empty() {
            return;
        }
        let older = symbols.of(Source::Older(sym));
        let others = !self.held_by(older).is_empty();
        let checked = self.checked.contains(&sym) && (!others || self.checked.contains(&older));
        self.forget(older);
        for name in held {
            let Some(mut content) = self.vars.get(&name).cloned() else { continue };
            for value in content.values_mut().iter_mut().filter(|value| value.syms.contains(&sym)) {
                value.syms.iter_mut().filter(|old| **old == sym).for_each(|old| *old = older);
            }
            self.index.borrow_mut().hold(&name, &content);
            self.vars.insert(&name, content);
        }
        if checked {
            self.check(older);
        }
    }

    fn uncheck(&mut self, sym: Sym) {
        if self.checked.contains(&sym) {
            Rc::make_mut(&mut self.checked).remove(&sym);
        }
    }
}
