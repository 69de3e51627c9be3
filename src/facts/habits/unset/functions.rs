//! Functions, walked where they are called; what a trap runs.

use std::rc::Rc;

use crate::bash::syntax::{Command, CommandKind, Function, Operand, Word};
use crate::bash::visit::{self, Visitor};

use super::Walk;
use crate::facts::habits::bound::Bound;
use crate::facts::habits::names;

impl<'s> Walk<'s> {
    pub(super) fn define(&mut self, function: &'s Function) {
        let bodies = self.functions.entry(&function.name).or_default();
        if !bodies.iter().any(|known| std::ptr::eq(*known, &raw const *function.body)) {
            bodies.push(&function.body);
        }
        self.now.add(&format!("{}()", function.name));
    }

    /// What a trap runs may run at once, and find nothing more than what is set here.
    pub(super) fn trap(&mut self, operands: &'s [Word]) {
        let Some(text) = names::trap_text(operands) else { return };
        let names = self.names;
        let Some(script) = names.traps.get(&std::ptr::from_ref(text).addr()) else {
            self.unproven = true;
            return;
        };
        self.apart(|walk| {
            names.bare_locals.iter().for_each(|name| walk.now.forget(name));
            for (function, _) in &walk.running.clone() {
                walk.locals_of(*function).iter().for_each(|(name, _)| walk.now.forget(name));
            }
            walk.now.count = 0;
            walk.run(&script.body);
        });
    }

    /// Calls a function, or one of those that have the name.
    pub(super) fn call(&mut self, bodies: &[&'s Command], count: usize) {
        let before = self.now.clone();
        let mut end = Bound::nowhere();
        for body in bodies {
            self.now = Bound { count, ..before.clone() };
            self.call_one(body);
            end = end.join(std::mem::take(&mut self.now));
        }
        end.count = before.count;
        self.now = end;
    }

    fn call_one(&mut self, body: &'s Command) {
        let key = std::ptr::from_ref(body).addr();
        let before = self.now.clone();
        if let Some((_, outer)) = self.running.iter().find(|(running, _)| *running == key) {
            // Inside of itself it may do nothing more than the first time.
            self.unproven |= !before.covers(outer);
            return;
        }
        let known = self.calls.iter().find(|(known, start, _)| *known == key && before.covers(start));
        if let Some((_, start, end)) = known {
            let more = end.names.iter().filter(|name| !start.names.contains(*name));
            self.now.names.extend(more.cloned());
            self.now.dead = end.dead;
            return;
        }
        self.walked.insert(key);
        let locals = locals(body);
        for (name, valued) in &locals {
            if !valued {
                self.now.forget(name);
            }
        }
        self.running.push((key, self.now.clone()));
        self.returns.push(Bound::nowhere());
        let breaks = std::mem::take(&mut self.breaks);
        self.one(body);
        self.breaks = breaks;
        let returned = self.returns.pop().unwrap_or_else(Bound::nowhere);
        self.running.pop();
        let mut end = std::mem::take(&mut self.now).join(returned);
        for (name, _) in &locals {
            end.forget(name);
            let own = |known: &&Rc<str>| known.split('[').next() == Some(name.as_str());
            end.names.extend(before.names.iter().filter(own).cloned());
        }
        self.calls.push((key, before, end.clone()));
        self.now = end;
    }

    fn locals_of(&self, function: usize) -> Vec<(String, bool)> {
        let all = self.functions.values().flatten();
        all.filter(|body| std::ptr::from_ref(**body).addr() == function)
            .flat_map(|body| locals(body))
            .collect()
    }

    /// Functions that nobody called, and that a text names: whoever calls them, nothing is known to be set.
    pub(super) fn functions_left(&mut self) {
        let names = self.names;
        let left: Vec<&'s Command> = self
            .functions
            .iter()
            .filter(|(name, _)| names.said.contains(**name) || **name == "command_not_found_handle")
            .flat_map(|(_, bodies)| bodies.iter().copied())
            .collect();
        for body in left {
            if !self.walked.contains(&std::ptr::from_ref(body).addr()) {
                self.now = Bound::default();
                self.call_one(body);
            }
        }
    }
}

/// The variables that a function declares for itself, and whether each always has a value there.
fn locals(body: &Command) -> Vec<(String, bool)> {
    struct Locals(Vec<(String, bool)>);
    impl<'s> Visitor<'s> for Locals {
        fn command(&mut self, command: &'s Command) {
            if let CommandKind::Declare(declare) = &command.kind
                && declare.keyword.plain().is_none_or(|word| !["export", "readonly"].contains(&word.as_str()))
            {
                for operand in &declare.operands {
                    match operand {
                        Operand::Name(name) => self.0.push((name.name.clone(), false)),
                        Operand::Assignment(it) => self.0.push((it.target.name.clone(), true)),
                        Operand::Flag(_) | Operand::Dynamic(_) => {}
                    }
                }
            }
            visit::walk_command(self, command);
        }
    }
    let mut locals = Locals(Vec::new());
    locals.command(body);
    locals.0
}
