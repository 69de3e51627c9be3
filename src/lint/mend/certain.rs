//! Whether a failure can only mean that something is wrong. Where it may be an answer (`grep`, `readlink`, a function, a
//! program of which nothing is known), no repair may make it end the script.

use crate::bash::syntax::{Command, CommandKind, Function, Statement, Value, Word};
use crate::bash::visit::{self, Visitor};
use crate::commands::Tables;

use super::super::script::Script;

/// Whether each command that expands a value fails only where something is wrong.
pub(super) fn value(script: &Script<'_>, value: &Value) -> bool {
    let Value::Scalar(word) = value else { return false };
    let mut look = Look::new(script);
    look.word(word);
    look.certain
}

/// The same of one command.
pub(super) fn command(script: &Script<'_>, command: &Command) -> bool {
    let mut look = Look::new(script);
    look.command(command);
    look.certain
}

struct Look {
    /// The functions of the script: they may answer by their status.
    functions: Vec<String>,
    certain: bool,
}

impl Look {
    fn new(script: &Script<'_>) -> Self {
        let mut functions = Functions(Vec::new());
        visit::walk_script(&mut functions, &script.syntax);
        Self { functions: functions.0, certain: true }
    }

    fn is_certain(&self, command: &Command) -> bool {
        let CommandKind::Simple(simple) = &command.kind else { return false };
        let words: Vec<String> = simple.words.iter().map(|word| word.plain().unwrap_or_default()).collect();
        // Who does not want to hear of a failure counts on it.
        command.redirects.is_empty()
            && !words.first().is_some_and(|name| self.functions.contains(name))
            && Tables::builtin().fails_only_where_wrong(&words)
    }
}

impl<'s> Visitor<'s> for Look {
    fn statement(&mut self, statement: &'s Statement) {
        let plain = statement.rest.is_empty() && !statement.background && !statement.first.negated;
        self.certain &= plain;
        visit::walk_statement(self, statement);
    }

    fn command(&mut self, command: &'s Command) {
        self.certain &= self.is_certain(command);
        visit::walk_command(self, command);
    }

    fn word(&mut self, word: &'s Word) {
        visit::walk_parts(self, &word.parts);
    }
}

/// The names of all functions.
struct Functions(Vec<String>);

impl<'s> Visitor<'s> for Functions {
    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Function(Function { name, .. }) = &command.kind {
            self.0.push(name.clone());
        }
        visit::walk_command(self, command);
    }
}
