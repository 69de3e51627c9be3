//! Which names and tests a symbol is found in.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::value::{Content, Source, Sym, Symbols};
use super::State;

/// Where a symbol may be found: what ever held it, and which tests were ever made of it, on any path of a walk. It lets
/// a path forget a symbol without looking through everything that is known.
#[derive(Debug, Default)]
pub struct Index {
    pub(super) held: FxHashSet<(Sym, Rc<str>)>,
    pub(super) holders: FxHashMap<Sym, Vec<Rc<str>>>,
    pub(super) known_tests: FxHashSet<Rc<str>>,
    pub(super) tests: FxHashMap<Sym, Vec<Rc<str>>>,
    /// The elements of a list that were told apart by their numbers.
    pub(super) parts: FxHashMap<Sym, Vec<Sym>>,
    /// The list that each of those is an element of.
    pub(super) lists: FxHashMap<Sym, Sym>,
}

impl Index {
    pub(super) fn hold(&mut self, name: &Rc<str>, content: &Content) {
        for value in content.values() {
            for sym in &value.syms {
                if self.held.insert((*sym, Rc::clone(name))) {
                    self.holders.entry(*sym).or_default().push(Rc::clone(name));
                }
            }
        }
    }

    pub(super) fn add_test(&mut self, test: &str) {
        if self.known_tests.contains(test) {
            return;
        }
        let test: Rc<str> = Rc::from(test);
        self.known_tests.insert(Rc::clone(&test));
        for sym in marked(&test) {
            let tests = self.tests.entry(sym).or_default();
            if tests.last() != Some(&test) {
                tests.push(Rc::clone(&test));
            }
        }
    }
}

impl State {
    /// The symbol of the element of that number of a list: a check of one says nothing of another.
    pub fn part(&self, list: Sym, number: &str, symbols: &mut Symbols) -> Sym {
        let part = symbols.of(Source::At(list, Rc::from(number)));
        let mut index = self.index.borrow_mut();
        if index.lists.insert(part, list).is_none() {
            index.parts.entry(list).or_default().push(part);
        }
        part
    }

    /// The list that the symbol stands for an element of.
    pub fn list_of(&self, part: Sym) -> Option<Sym> {
        self.index.borrow().lists.get(&part).copied()
    }

    /// The list is another one: so are its elements.
    pub(super) fn renew_parts(&mut self, list: Sym, symbols: &mut Symbols) {
        let parts = self.index.borrow().parts.get(&list).cloned().unwrap_or_default();
        for part in parts {
            self.renew(part, symbols);
        }
    }
}

/// How a test's text names a symbol.
pub fn symbol_mark(sym: Sym) -> String {
    format!("{MARK}{}{MARK_END}", sym.number())
}

/// Begins a symbol in a test's text.
pub const MARK: char = '\u{1}';
/// Ends it.
const MARK_END: char = '\u{2}';

/// The symbols that a test's text names.
pub(super) fn marked(test: &str) -> impl Iterator<Item = Sym> {
    test.split(MARK).skip(1).filter_map(|rest| rest.split(MARK_END).next()?.parse().ok().map(Sym::numbered))
}
