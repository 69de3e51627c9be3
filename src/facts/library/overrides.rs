//! Functions that a script defines anew: what another file's function was found to do, it did with that file's own.
//!
//! What is called instead is walked where the other function is called, with any words: it may run there, or not.

use std::rc::Rc;

use super::super::calls::Line;
use super::super::state::State;
use super::super::summary::Call;
use super::super::value::Value;
use super::super::walk::{Body, Definition, Out, Walk};
use super::Shared;
use super::functions::{Effects, Functions};

impl Walk<'_> {
    /// The functions that it calls by name, and that are others here than where it was found out about.
    pub(super) fn overrides(&self, functions: &Functions, effects: &Effects, state: &State) -> Vec<usize> {
        let other = |name: &str| {
            let index = state.functions.get(name).copied()?;
            (!self.is_defined_there(index, functions.defined.get(name))).then_some(index)
        };
        match &effects.calls {
            Some(names) => names.iter().filter_map(|name| other(name)).collect(),
            None => state.functions.iter().filter_map(|(name, _)| other(name)).collect(),
        }
    }

    /// Whether a function is the one that is defined there.
    fn is_defined_there(&self, index: usize, there: Option<&Shared>) -> bool {
        let Some(there) = there else { return false };
        let Definition { body, file, .. } = self.definitions[index];
        match body {
            Body::Elsewhere(shared) => shared == there,
            Body::Here(body) => {
                body.span == there.body && self.texts[usize::from(file)].path.as_ref() == Some(&there.path)
            }
        }
    }

    /// Walks them, as far as walks have not shown what they do, and gives how they may end.
    pub(super) fn may_call(&mut self, overrides: Vec<usize>, line: &Line, state: &State) -> Out {
        let mut out = Out::default();
        for index in overrides {
            // What calls each other through such functions comes round.
            if self.overriding.contains(&index) {
                continue;
            }
            let mut from = state.clone();
            let given = Rc::new(self.any_words());
            from.params = Rc::clone(&given);
            let (mut from, joined) = match self.look(index, &from) {
                Call::Seen(_) => continue,
                Call::Differs => (from, false),
                Call::Join(from) => (from, true),
            };
            let Some(body) = self.body_of(index) else { continue };
            let given = std::mem::replace(&mut from.params, Rc::clone(&state.params));
            let named = Value::known(self.definitions[index].name);
            let call = Line { words: vec![named], spans: Vec::new(), at: 0, exec: None, ..line.bare() };
            self.called.insert(index);
            self.overriding.push(index);
            out.extend(self.follow(index, body, &call, &given, from, joined).0);
            self.overriding.pop();
        }
        out
    }
}
