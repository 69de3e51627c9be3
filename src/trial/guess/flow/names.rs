//! The first walk over a script: which commands, functions and constants it has.

use std::collections::BTreeSet;

use super::super::{Hint, Reader};
use super::{Flow, SHELL, Source};
use crate::bash::syntax::{
    Assignment, Command, CommandKind, Part, PartKind, Sequence, Simple, Target, Value, Word,
};
use crate::bash::visit::{Visitor, walk_assignment, walk_command};

/// The first walk: commands, functions, constants.
pub(super) struct Names<'f, 's> {
    pub flow: &'f mut Flow<'s>,
}

impl<'s> Visitor<'s> for Names<'_, '_> {
    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Simple(simple) if !simple.words.is_empty() => {
                self.flow.remember(command, simple);
            }
            CommandKind::Function(function) => {
                self.flow.functions.push((function.name.clone(), function.body.span));
                let last = last_of(&function.body).into_iter().map(|(command, simple)| {
                    (command.span.start, simple.words.first().and_then(Word::plain))
                });
                self.flow.last.entry(function.name.clone()).or_default().extend(last);
                if let CommandKind::Group(body) | CommandKind::Subshell(body) = &function.body.kind
                    && exits(body)
                {
                    self.flow.failing.insert(function.name.clone());
                }
            }
            _ => {}
        }
        walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        if let Value::Scalar(word) = &assignment.value {
            let text = self.flow.constant(word);
            let name = assignment.target.name.clone();
            match self.flow.constants.get(&name) {
                None => {
                    self.flow.constants.insert(name, text);
                }
                Some(known) if *known == text => {}
                Some(_) => {
                    self.flow.constants.insert(name, None);
                }
            }
        }
        walk_assignment(self, assignment);
    }
}

/// The simple commands whose status is that of the command.
pub(super) fn last_of(command: &Command) -> Vec<(&Command, &Simple)> {
    match &command.kind {
        CommandKind::Simple(simple) => vec![(command, simple)],
        CommandKind::Group(body) | CommandKind::Subshell(body) => last_of_body(body),
        CommandKind::If(branch) => {
            let otherwise = branch.otherwise.iter().flat_map(last_of_body);
            branch.branches.iter().flat_map(|(_, body)| last_of_body(body)).chain(otherwise).collect()
        }
        CommandKind::Case(case) => case.arms.iter().flat_map(|arm| last_of_body(&arm.body)).collect(),
        _ => Vec::new(),
    }
}

/// The same of a body.
pub(super) fn last_of_body(body: &Sequence) -> Vec<(&Command, &Simple)> {
    let Some(statement) = body.statements.last() else { return Vec::new() };
    statement.pipelines().filter_map(|pipeline| pipeline.stages.last()).flat_map(last_of).collect()
}

/// Whether a function's body ends the script with a failure, whatever happens.
fn exits(body: &Sequence) -> bool {
    body.statements.iter().any(|statement| {
        statement.rest.is_empty()
            && statement.first.stages.iter().any(|stage| match &stage.kind {
                CommandKind::Simple(simple) => {
                    let words: Vec<Option<String>> = simple.words.iter().map(Word::plain).collect();
                    words.first() == Some(&Some("exit".to_owned()))
                        && words.get(1) != Some(&Some("0".to_owned()))
                }
                _ => false,
            })
    })
}

impl Flow<'_> {
    fn remember(&mut self, command: &Command, simple: &Simple) {
        let span = command.span;
        let first = simple.words.first().and_then(|word| self.constant(word));
        if matches!(first.as_deref(), Some("." | "source")) {
            self.sourced.insert(self.source.line(span.start));
        }
        if first.as_deref().is_some_and(|name| SHELL.contains(&name)) {
            return;
        }
        let lines = self.source.lines(span);
        let hint = Hint {
            words: self.pattern(&simple.words),
            file: self.file.clone(),
            lines,
            texts: self.texts(command, simple),
            reader: Reader::default(),
        };
        self.by_span.insert(span.start, self.hints.len());
        self.hints.push(hint);
    }

    /// The commands whose status the command's is.
    pub(super) fn asked(&self, command: &Command) -> Vec<Source> {
        let mut found = Vec::new();
        let mut functions = BTreeSet::new();
        for (own, simple) in last_of(command) {
            if simple.words.is_empty() {
                let words = simple.assignments.iter().filter_map(|assignment| match &assignment.value {
                    Value::Scalar(word) => Some(word),
                    Value::Array(_) => None,
                });
                for body in words.flat_map(|word| substituted(&word.parts)) {
                    found.extend(last_of_body(body).into_iter().flat_map(|(own, simple)| {
                        self.asked_of(
                            own.span.start,
                            simple.words.first().and_then(Word::plain),
                            &mut functions,
                        )
                    }));
                }
            } else {
                let name = simple.words.first().and_then(Word::plain);
                found.extend(self.asked_of(own.span.start, name, &mut functions));
            }
        }
        found
    }

    fn asked_of(&self, start: u32, name: Option<String>, seen: &mut BTreeSet<String>) -> Vec<Source> {
        match name.as_ref().and_then(|name| self.last.get(name)) {
            Some(last) if seen.insert(name.unwrap_or_default()) => {
                last.iter().flat_map(|(start, name)| self.asked_of(*start, name.clone(), seen)).collect()
            }
            Some(_) => Vec::new(),
            None => self.by_span.get(&start).map(|hint| Source::Command(*hint)).into_iter().collect(),
        }
    }

    /// The texts of several lines that the command is given, as words and on stdin.
    fn texts(&self, command: &Command, simple: &Simple) -> Vec<(u32, usize)> {
        let documents = command.redirects.iter().filter_map(|redirect| match &redirect.target {
            Target::HereDocument(document) => Some(document.body_span()),
            Target::Word(_) => None,
        });
        simple
            .words
            .iter()
            .map(|word| word.span)
            .chain(documents)
            .map(|span| (self.source.line(span.start), span.slice(self.source.text()).matches('\n').count()))
            .filter(|(_, feeds)| *feeds > 0)
            .collect()
    }
}

/// The command substitutions of a word.
fn substituted(parts: &[Part]) -> Vec<&Sequence> {
    parts
        .iter()
        .flat_map(|part| match &part.kind {
            PartKind::DoubleQuoted(inner) => substituted(inner),
            PartKind::Command(substitution) => vec![&substitution.body],
            _ => Vec::new(),
        })
        .collect()
}
