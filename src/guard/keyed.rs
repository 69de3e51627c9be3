//! Associative arrays: where in a text one surely is one, its keys are not evaluated.

use rustc_hash::FxHashSet;

use crate::bash::syntax::{
    Assignment, Command, CommandKind, Declare, Name, Operand, Script, Sequence, Statement,
};
use crate::bash::visit::{self, Visitor};
use crate::source::Span;

use super::sets::{Given, Sets};

/// What is known of a text's arrays.
#[derive(Debug, Default)]
pub(super) struct Keyed {
    /// By name: from the declaration to the end of the statements among which it stands.
    declared: Vec<(String, Span)>,
    /// Names that are given something before they are declared: they may be arrays with numbers, and stay so.
    early: FxHashSet<String>,
}

impl Keyed {
    /// Reads the text that has this number among those of `sets`.
    pub(super) fn of(script: &Script, text: usize, sets: &Sets<'_>) -> Self {
        let mut keyed = Self::default();
        visit::walk_script(&mut keyed, script);
        keyed.declared.retain(|(name, _)| {
            let undone = sets
                .iter()
                .filter(|set| set.name == name.as_str())
                .any(|set| set.text != Some(text) || replaces(&set.given));
            !undone && !keyed.early.contains(name)
        });
        keyed
    }

    /// Whether the array that is named at `at` is one.
    pub(super) fn contains(&self, name: &str, at: Span) -> bool {
        self.declared.iter().any(|(known, within)| known == name && within.contains(at))
    }
}

/// Whether what a variable is given takes away, or replaces, all that it was.
fn replaces(given: &Given<'_>) -> bool {
    matches!(given, Given::Nothing | Given::Anything | Given::Line { .. } | Given::Lines(_))
}

impl<'s> Visitor<'s> for Keyed {
    fn sequence(&mut self, sequence: &'s Sequence) {
        for statement in &sequence.statements {
            self.statement(statement);
            let within = Span { start: statement.span.start, end: sequence.span.end };
            let names = declares(statement).into_iter().map(|name| (name.name.clone(), within));
            self.declared.extend(names);
        }
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        let name = &assignment.target.name;
        if !self.declared.iter().any(|(known, _)| known == name) {
            self.early.insert(name.clone());
        }
        visit::walk_assignment(self, assignment);
    }

    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            // What it is given by its own declaration comes with it.
            CommandKind::Declare(declare) if is_keyed(declare) => {
                for operand in &declare.operands {
                    match operand {
                        Operand::Assignment(assignment) => visit::walk_assignment(self, assignment),
                        Operand::Flag(word) | Operand::Dynamic(word) => self.word(word),
                        Operand::Name(_) => {}
                    }
                }
            }
            _ => visit::walk_command(self, command),
        }
    }
}

/// The arrays that a statement declares, where it does nothing else.
fn declares(statement: &Statement) -> Vec<&Name> {
    let [command] = statement.first.stages.as_slice() else { return Vec::new() };
    let CommandKind::Declare(declare) = &command.kind else { return Vec::new() };
    if !statement.rest.is_empty() || statement.background || !is_keyed(declare) {
        return Vec::new();
    }
    let names = declare.operands.iter().filter_map(|operand| match operand {
        Operand::Name(name) => Some(name),
        Operand::Assignment(assignment) => Some(&assignment.target),
        Operand::Flag(_) | Operand::Dynamic(_) => None,
    });
    names.collect()
}

/// Whether a declaration makes associative arrays.
pub(super) fn is_keyed(declare: &Declare) -> bool {
    let is = |operand: &Operand| {
        matches!(operand, Operand::Flag(word)
            if word.plain().is_some_and(|text| text.starts_with('-') && text.contains('A')))
    };
    declare.operands.iter().any(is)
}
