//! Which statements of a list name something: a search for a later test skips the others.
//!
//! A key is a hash of what is named; two things that are the same have the same key, so a statement without any of the
//! keys of what is looked for changes nothing for the search.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::bash::is_name;
use crate::bash::syntax::{
    Arithmetic, Assignment, Command, CommandKind, Parameter, Part, PartKind, Pipeline, Simple, Statement,
    Test, Word,
};
use crate::bash::visit::{Visitor, walk_assignment, walk_command, walk_parameter, walk_part, walk_parts};
use crate::source::Span;

use super::Pass;
use super::conditions::InConditions;
use super::later::declared;
use super::names::command_name;
use super::objects::{Line, alike, as_written};
use super::search::bare_names;

/// As what something is named.
#[derive(Clone, Copy, Hash)]
pub(super) enum Kind {
    Variable,
    Word,
    /// A word of a test that may be one of a file.
    Tested,
    /// What a command that may ask is about.
    Object,
    /// A whole command without objects.
    Line,
}

pub(super) type Key = u64;

pub(super) fn key(kind: Kind, what: impl Hash) -> Key {
    let mut hasher = FxHasher::default();
    (kind, what).hash(&mut hasher);
    hasher.finish()
}

/// The keys of what a line is about: whatever [`Line::is_told_by`] holds for has one of them.
pub(super) fn objects(line: &Line) -> Vec<Key> {
    let words: Vec<Key> = line.objects().map(|word| key(Kind::Object, alike(word))).collect();
    if words.is_empty() { vec![key(Kind::Line, line.words())] } else { words }
}

/// Where the statements of a list name what: each by the number of those from it to the list's end.
pub(super) struct Index {
    length: usize,
    places: FxHashMap<Key, Vec<usize>>,
}

impl Index {
    /// The statements that name one of these, in the order of the text.
    pub fn at(&self, key: Key) -> &[usize] {
        self.places.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The first with one of the keys, of the last so many.
    pub fn next(&self, keys: &[Key], of: usize) -> Option<usize> {
        let first = |key: &Key| {
            let places = self.at(*key);
            places.get(places.partition_point(|place| *place > of)).copied()
        };
        keys.iter().filter_map(first).max()
    }
}

impl<'s> Pass<'s> {
    /// The index of a list that these statements are the end of.
    pub(super) fn index(&self, statements: &'s [Statement]) -> Rc<Index> {
        let end = statements.as_ptr_range().end;
        if let Some(index) = self.indexes.borrow().get(&end).filter(|index| index.length >= statements.len())
        {
            return Rc::clone(index);
        }
        let mut index = Index { length: statements.len(), places: FxHashMap::default() };
        for (at, statement) in statements.iter().enumerate() {
            let mut mentions = Mentions { pass: self, condition: false, keys: FxHashSet::default() };
            mentions.statement(statement);
            for key in mentions.keys {
                index.places.entry(key).or_default().push(statements.len() - at);
            }
        }
        let index = Rc::new(index);
        self.indexes.borrow_mut().insert(end, Rc::clone(&index));
        index
    }
}

/// Gathers what a statement names, on the ways of a `Search`.
struct Mentions<'p, 's> {
    pass: &'p Pass<'s>,
    condition: bool,
    keys: FxHashSet<Key>,
}

impl<'s> Mentions<'_, 's> {
    fn variable(&mut self, name: &str) {
        self.keys.insert(key(Kind::Variable, name));
    }

    fn tested(&mut self, word: &Word) {
        self.keys.insert(key(Kind::Tested, alike(&as_written(word))));
    }

    fn test(&mut self, test: &'s Test) {
        match test {
            Test::Unary(_, word) => self.tested(word),
            Test::Word(_) | Test::Binary(..) => {}
            Test::Not(inner) => self.test(inner),
            Test::And(left, right) | Test::Or(left, right) => {
                self.test(left);
                self.test(right);
            }
        }
    }

    fn may_ask(&mut self, simple: &'s Simple) {
        if !simple.words.is_empty() {
            self.keys.extend(objects(&self.pass.line(simple)));
        }
    }
}

impl<'s> InConditions<'s> for Mentions<'_, 's> {
    fn pass(&self) -> &Pass<'s> {
        self.pass
    }

    fn condition(&mut self) -> &mut bool {
        &mut self.condition
    }
}

impl<'s> Visitor<'s> for Mentions<'_, 's> {
    fn statement(&mut self, statement: &'s Statement) {
        self.list(statement);
    }

    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        self.stages(pipeline);
    }

    fn command(&mut self, command: &'s Command) {
        self.pass.looks();
        if self.conditions_of(command) {
            return;
        }
        match &command.kind {
            CommandKind::Function(_) => return,
            CommandKind::Test(test) => self.test(test),
            CommandKind::Declare(declare) => {
                declare.operands.iter().filter_map(declared).for_each(|name| self.variable(name));
            }
            CommandKind::For(each) => {
                self.variable(&each.variable.name);
                if each.words.is_none() {
                    self.variable("@");
                }
            }
            CommandKind::Simple(simple) => {
                if command_name(simple).is_some_and(|name| matches!(name.as_str(), "[" | "test" | "cd")) {
                    simple.words.iter().for_each(|word| self.tested(word));
                }
                if self.condition {
                    self.may_ask(simple);
                }
            }
            _ => {}
        }
        walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        self.variable(&assignment.target.name);
        walk_assignment(self, assignment);
    }

    fn word(&mut self, word: &'s Word) {
        self.keys.insert(key(Kind::Word, alike(&as_written(word))));
        if let Some(name) = word.plain().filter(|text| is_name(text)) {
            self.variable(&name);
        }
        for name in bare_names(&word.parts) {
            self.variable(&name);
        }
        walk_parts(self, &word.parts);
    }

    fn part(&mut self, part: &'s Part) {
        if let PartKind::Command(substitution) = &part.kind
            && let Some(last) = substitution.body.statements.last()
        {
            for stage in &last.first.stages {
                if let CommandKind::Simple(simple) = &stage.kind {
                    self.may_ask(simple);
                }
            }
        }
        walk_part(self, part);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
        self.variable(&parameter.name);
        walk_parameter(self, parameter);
    }

    fn arithmetic(&mut self, arithmetic: &'s Arithmetic) {
        for name in bare_names(&arithmetic.parts) {
            self.variable(&name);
        }
        walk_parts(self, &arithmetic.parts);
    }
}
