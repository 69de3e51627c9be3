//! What is known of a value that is not known: that it is a number above zero, that it is not empty, that a list has
//! elements. It is kept as outcomes of tests, so that it goes when the symbol comes to stand for something else.

use std::rc::Rc;

use crate::facts::value::{Content, Sym, Value};

use super::{State, symbol_mark};

/// What both sides of a join may have in common although their values differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traits {
    above_zero: bool,
    filled: bool,
    has_elements: bool,
}

impl Traits {
    pub fn both(self, other: Self) -> Self {
        Self {
            above_zero: self.above_zero && other.above_zero,
            filled: self.filled && other.filled,
            has_elements: self.has_elements && other.has_elements,
        }
    }
}

impl State {
    /// Whether a value is a number above zero, whichever.
    pub fn is_above_zero(&self, value: &Value) -> bool {
        match value.constant() {
            Some(text) => above_zero(text),
            None if !value.choices.is_empty() => value.choices.iter().all(|text| above_zero(text)),
            None => value
                .symbol()
                .is_some_and(|sym| sym == Sym::FAILED || self.any_holds(sym, ABOVE_ZERO, |_| false)),
        }
    }

    /// Notes that what the symbol stands for is a number above zero, or that this is not known.
    pub fn set_above_zero(&mut self, sym: Sym, is: bool) {
        if sym == Sym::VOLATILE || sym == Sym::FAILED {
            return;
        }
        let test = format!("{ABOVE_ZERO}{}", symbol_mark(sym));
        if is {
            self.assume(&test, true);
        } else if self.outcomes.contains_key(test.as_str()) {
            self.outcomes.remove(test.as_str());
        }
    }

    /// Whether a list has elements, however many.
    pub fn has_elements(&self, content: &Content) -> bool {
        match content {
            Content::Scalar(_) => false,
            Content::Array(values) => values.iter().any(|value| !value.splits),
            Content::Keyed(keyed) => !keyed.values().is_empty(),
            Content::Many(value) => {
                value.symbol().is_some_and(|sym| self.any_holds(sym, HAS_ELEMENTS, |_| false))
            }
        }
    }

    /// Notes that a list has elements, where nothing but the variable's own joins goes by its symbol.
    pub fn set_has_elements(&mut self, content: &Content, joined: Sym) {
        self.forget_traits(content);
        if let Content::Many(value) = content
            && value.symbol() == Some(joined)
        {
            self.assume(&format!("{HAS_ELEMENTS}{}", symbol_mark(joined)), true);
        }
    }

    /// What was known of a number, or of a list's length, need not hold any more.
    pub fn forget_traits(&mut self, content: &Content) {
        if self.outcomes.is_empty() {
            return;
        }
        let index = Rc::clone(&self.index);
        let index = index.borrow();
        for sym in content.values().iter().filter_map(Value::symbol) {
            for test in index.tests.get(&sym).into_iter().flatten() {
                let is_trait = test.starts_with(ABOVE_ZERO) || test.starts_with(HAS_ELEMENTS);
                if is_trait && self.outcomes.contains_key(test) {
                    self.outcomes.remove(test);
                }
            }
        }
    }

    pub(super) fn traits(&self, content: &Content) -> Traits {
        match content {
            Content::Scalar(value) => Traits {
                above_zero: self.is_above_zero(value),
                filled: self.is_filled(value),
                ..Traits::default()
            },
            lists => Traits { has_elements: self.has_elements(lists), ..Traits::default() },
        }
    }

    fn is_filled(&self, value: &Value) -> bool {
        match value.constant() {
            Some(text) => !text.is_empty(),
            None if value.text.chars().any(|c| c != crate::commands::HOLE) => true,
            None if !value.choices.is_empty() => value.choices.iter().all(|text| !text.is_empty()),
            None => value.symbol().is_some_and(|sym| sym == Sym::FAILED || self.is_known_filled(sym)),
        }
    }

    fn is_known_filled(&self, sym: Sym) -> bool {
        if self.outcomes.is_empty() {
            return false;
        }
        let index = self.index.borrow();
        let mut tests = index.tests.get(&sym).into_iter().flatten();
        tests.any(|test| {
            let whole = test.strip_prefix("empty ").is_some_and(|rest| rest == symbol_mark(sym));
            whole && self.outcomes.get(test) == Some(&false)
        })
    }

    /// What both sides of a join had in common, and nothing else, holds for what came of it.
    pub(super) fn take_over(&mut self, name: &str, joined: Sym, traits: Traits) {
        if let Some(content) = self.vars.get(name).cloned() {
            self.forget_traits(&content);
        }
        if traits.above_zero {
            self.set_above_zero(joined, true);
        }
        if traits.filled {
            self.assume(&format!("empty {}", symbol_mark(joined)), false);
        }
        if traits.has_elements {
            self.assume(&format!("{HAS_ELEMENTS}{}", symbol_mark(joined)), true);
        }
    }
}

/// Whether a text is a number above zero, written as one.
fn above_zero(text: &str) -> bool {
    text.starts_with(|c: char| ('1'..='9').contains(&c))
        && text.len() < 19
        && text.bytes().all(|c| c.is_ascii_digit())
}

const ABOVE_ZERO: &str = "above zero ";
const HAS_ELEMENTS: &str = "has elements ";
