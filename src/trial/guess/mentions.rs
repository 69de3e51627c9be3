//! The files that a script names.

use std::collections::BTreeSet;

use crate::bash::syntax::{
    Command, CommandKind, Parameter, ParameterOp, Part, PartKind, Script, Simple, Test, Word,
};
use crate::bash::visit::{Visitor, walk_command, walk_parameter, walk_parts, walk_script};
use crate::commands::Tables;
use crate::source::Span;

/// The texts that may name files beside the script: what words end in behind their last expansion. What is only printed names
/// none, nor does a quoted pattern.
pub fn mentions(script: &Script) -> BTreeSet<String> {
    struct Mentions(BTreeSet<String>);
    impl<'s> Visitor<'s> for Mentions {
        fn command(&mut self, command: &'s Command) {
            let speaks = |simple: &Simple| {
                simple.words.first().and_then(Word::plain).is_some_and(|name| name == "echo")
            };
            match &command.kind {
                CommandKind::Simple(simple) if speaks(simple) => {
                    simple.words.iter().for_each(|word| walk_parts(self, &word.parts));
                }
                // What a text is held against is no name of a file.
                CommandKind::Case(case) => {
                    self.word(&case.word);
                    for arm in &case.arms {
                        arm.patterns.iter().for_each(|word| walk_parts(self, &word.parts));
                        self.sequence(&arm.body);
                    }
                }
                CommandKind::Test(test) => held(self, test),
                _ => return walk_command(self, command),
            }
            command.redirects.iter().for_each(|redirect| self.redirect(redirect));
        }

        fn word(&mut self, word: &'s Word) {
            self.0.extend(mention(word));
            walk_parts(self, &word.parts);
        }

        fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
            match &parameter.op {
                ParameterOp::TrimPrefix { pattern } | ParameterOp::TrimSuffix { pattern } => {
                    walk_parts(self, &pattern.parts);
                }
                _ => walk_parameter(self, parameter),
            }
        }
    }
    fn held(mentions: &mut Mentions, test: &Test) {
        match test {
            Test::Not(inner) => held(mentions, inner),
            Test::And(left, right) | Test::Or(left, right) => {
                held(mentions, left);
                held(mentions, right);
            }
            Test::Word(word) | Test::Unary(_, word) => mentions.word(word),
            Test::Binary(left, op, right) => {
                mentions.word(left);
                match op.as_str() {
                    "==" | "=" | "!=" | "=~" => walk_parts(mentions, &right.parts),
                    _ => mentions.word(right),
                }
            }
        }
    }
    let mut found = Mentions(BTreeSet::new());
    walk_script(&mut found, script);
    found.0
}

/// The texts that may name files that are run, or read as a part of the script: what is called, and what shells, wrappers, and whoever
/// no table knows are given. What a tool copies or reads it does not run.
pub fn run(script: &Script) -> BTreeSet<String> {
    struct Run(BTreeSet<String>);
    impl<'s> Visitor<'s> for Run {
        fn command(&mut self, command: &'s Command) {
            if let CommandKind::Simple(simple) = &command.kind {
                let tables = Tables::builtin();
                let name = simple.words.first().and_then(Word::plain).unwrap_or_default();
                let starts = [".", "source", "bash", "sh", "dash", "ksh", "exec", "command"]
                    .contains(&name.as_str())
                    || !tables.wrappers(&name).is_empty()
                    || tables.tool(&name).is_none() && !tables.real_tools().contains(&name);
                let count = if starts { simple.words.len() } else { 1 };
                self.0.extend(simple.words.iter().take(count).filter_map(mention));
            }
            walk_command(self, command);
        }
    }
    let mut found = Run(BTreeSet::new());
    walk_script(&mut found, script);
    found.0.retain(|text| !text.contains('*'));
    found.0
}

/// The text in which a word ends behind its last expansion, where that may name a file.
fn mention(word: &Word) -> Option<String> {
    let mut tail = String::new();
    tail_of(&word.parts, &mut tail);
    let tail = tail.trim_start_matches("./").to_owned();
    (!tail.is_empty() && tail.len() < 200 && !tail.contains(['\n', ' '])).then_some(tail)
}

fn tail_of(parts: &[Part], tail: &mut String) {
    for part in parts {
        match &part.kind {
            PartKind::Literal(text) => tail.push_str(text),
            // A blank: no such text is looked at.
            PartKind::Quoted(text) => tail.push_str(&text.replace('*', " ")),
            PartKind::DoubleQuoted(inner) => {
                let mut own = String::new();
                tail_of(inner, &mut own);
                if inner.iter().any(|part| !matches!(part.kind, PartKind::Literal(_) | PartKind::Quoted(_))) {
                    tail.clear();
                }
                tail.push_str(&own.replace('*', " "));
            }
            _ => tail.clear(),
        }
    }
}
