//! Traps that run while the script goes on: for signals, `DEBUG`, `ERR` and `RETURN`. Whatever such a text may set, any
//! command behind it may find set.

use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::builtins::unknown_parameters;
use super::state::{State, join_contents};
use super::summary::MOST_SET;
use super::value::{Content, Place, Value};
use super::walk::{Ended, Walk};

/// The traps of a walk, whichever shell they were set in.
#[derive(Debug, Default)]
pub(super) struct Handlers {
    /// Their texts, and where they were set.
    texts: Vec<(Value, Place)>,
    /// What they may set variables to.
    set: BTreeMap<Rc<str>, Content>,
    /// Whether they may set any variable.
    any: bool,
    /// Whether they may set the positional parameters.
    parameters: bool,
    /// Functions that were defined since.
    defined: FxHashSet<usize>,
}

impl Walk<'_> {
    /// A trap is set that may run at any command from here on.
    pub(super) fn handled(&mut self, text: &Value, place: Place, state: &State) {
        if !self.handlers.texts.iter().any(|(known, at)| known == text && *at == place) {
            self.handlers.texts.push((text.clone(), place));
        }
        self.handler_runs(text, place, state);
    }

    /// A function is defined: traps that asked for it in vain run it from here on. Where every command must be judged for
    /// sure, any trap may run it, one that knew another function of that name too.
    pub(super) fn handlers_may_call(&mut self, function: usize, name: &str, state: &State) {
        if self.handlers.texts.is_empty() {
            return;
        }
        let all = self.reached.is_some() && self.handlers.defined.insert(function);
        let texts = if all {
            self.handlers.texts.clone()
        } else if self.missed.contains(name) {
            state
                .rare
                .traps
                .iter()
                .filter(|(signal, _)| *signal != "EXIT")
                .map(|(_, known)| known.clone())
                .collect()
        } else {
            Vec::new()
        };
        for (text, place) in texts {
            self.handler_runs(&text, place, state);
        }
    }

    /// A trap may run here: what it sets may be set.
    pub(super) fn interrupted(&mut self, state: &mut State) {
        if self.handlers.parameters {
            let any = Value::unknown(self.symbols.joined("@"));
            state.params = Rc::new(unknown_parameters(&any));
        }
        if self.handlers.any {
            state.forget_variables();
            return;
        }
        for (name, set) in &self.handlers.set {
            let joined = self.symbols.joined(name);
            let before = match state.vars.get(name) {
                Some(content) => content.clone(),
                None if state.rare.unset.contains(name) => Content::Scalar(Value::default()),
                None => Content::Scalar(self.symbols.expanded(name)),
            };
            let content = join_contents(&before, set, joined, &mut self.symbols).0;
            state.set_anew(name, joined, content, &mut self.symbols);
        }
    }

    fn handler_runs(&mut self, text: &Value, place: Place, state: &State) {
        self.handler_runs_from(text, place, state);
        // When it runs the script may have set anything else: whoever must prove something of every command sees that too.
        if self.reached.is_some() {
            let mut start = state.clone();
            start.forget_variables();
            start.params = Rc::new(unknown_parameters(&Value::unknown(self.symbols.joined("@"))));
            start.last = None;
            self.handler_runs_from(text, place, &start);
        }
    }

    fn handler_runs_from(&mut self, text: &Value, place: Place, start: &State) {
        self.exits.push(Ended::default());
        let loops = std::mem::take(&mut self.loops);
        let ends = self.trapped(text, place, start.clone());
        self.loops = loops;
        self.exits.pop();
        for end in ends {
            self.note_set(start, &end);
        }
    }

    fn note_set(&mut self, start: &State, end: &State) {
        self.handlers.parameters |= end.params != start.params;
        let mut changes: Vec<(Rc<str>, Content)> = Vec::new();
        end.vars.differences(&start.vars, &mut |name, after, before| {
            if after != before {
                let gone = Content::Scalar(Value::default());
                changes.push((Rc::clone(name), after.cloned().unwrap_or(gone)));
            }
        });
        let removed = end.rare.unset.difference(&start.rare.unset);
        changes.extend(removed.map(|name| (Rc::clone(name), Content::Scalar(Value::default()))));
        for (name, content) in changes {
            let joined = self.symbols.joined(&name);
            let content = match self.handlers.set.get(&name) {
                Some(known) => join_contents(known, &content, joined, &mut self.symbols).0,
                None => content,
            };
            self.handlers.set.insert(name, content);
        }
        // To join them all at each command would take the square of the script's length.
        self.handlers.any |= self.handlers.set.len() > MOST_SET;
    }
}

impl Handlers {
    /// Whether they may set anything.
    pub(super) fn set_something(&self) -> bool {
        self.parameters || self.any || !self.set.is_empty()
    }
}
