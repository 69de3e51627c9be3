//! Variables of which every value is written in the text.

use rustc_hash::FxHashMap;

use crate::bash::is_shells_own;
use crate::bash::syntax::{
    Arithmetic, Assignment, Command, CommandKind, For, Parameter, ParameterOp, Part, PartKind, Script, Value,
    Word,
};
use crate::bash::visit::{self, Visitor};

use super::builtins::{SETTING, named};
use super::plain::assigned;

/// More values than these are not told.
const MOST: usize = 64;

/// What is known of the texts' variables.
#[derive(Debug, Default)]
pub(super) struct Constants {
    /// By name: `None` where some value is not written.
    variables: FxHashMap<String, Option<Vec<String>>>,
}

impl Constants {
    /// Reads all assignments of these texts.
    pub(super) fn of<'s>(scripts: impl Iterator<Item = &'s Script>) -> Self {
        let mut constants = Self::default();
        for script in scripts {
            visit::walk_script(&mut constants, script);
        }
        constants
    }

    /// All texts to which a word may come; `None` where they are not known.
    pub(super) fn texts(&self, word: &Word) -> Option<Vec<String>> {
        if word.braces {
            return None;
        }
        self.joined(&word.parts)
    }

    fn joined(&self, parts: &[Part]) -> Option<Vec<String>> {
        let mut texts = vec![String::new()];
        for part in parts {
            let next = match &part.kind {
                PartKind::Literal(text) | PartKind::Quoted(text) => vec![text.clone()],
                PartKind::DoubleQuoted(inner) => self.joined(inner)?,
                PartKind::Parameter(parameter) => self.values(parameter)?.clone(),
                _ => return None,
            };
            texts =
                texts.iter().flat_map(|text| next.iter().map(move |more| format!("{text}{more}"))).collect();
            if texts.len() > MOST {
                return None;
            }
        }
        Some(texts)
    }

    fn values(&self, parameter: &Parameter) -> Option<&Vec<String>> {
        let plain = matches!(parameter.op, ParameterOp::Plain)
            && !parameter.indirect
            && parameter.subscript.is_none()
            && !is_shells_own(&parameter.name);
        self.variables.get(&parameter.name).filter(|_| plain)?.as_ref()
    }

    fn set(&mut self, name: &str, values: Option<Vec<String>>) {
        let known = self.variables.entry(name.to_owned()).or_insert_with(|| Some(Vec::new()));
        *known = known.take().zip(values).map(|(mut all, more)| {
            all.extend(more);
            all
        });
    }

    fn loop_over(&mut self, each: &For) {
        let globs = |word: &Word| {
            word.parts.iter().any(
                |part| matches!(&part.kind, PartKind::Literal(text) if text.contains(['*', '?', '[', '~'])),
            )
        };
        let words = each.words.as_ref().and_then(|words| {
            let known = |word: &Word| word.plain().filter(|_| !word.braces && !globs(word));
            words.iter().map(known).collect::<Option<Vec<String>>>()
        });
        self.set(&each.variable.name, words);
    }
}

impl<'s> Visitor<'s> for Constants {
    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::For(each) => self.loop_over(each),
            CommandKind::Select(each) => {
                self.set(&each.variable.name, None);
                self.set("REPLY", None);
            }
            // Whatever names a variable may set it.
            CommandKind::Simple(simple) => {
                let sets = |first: String| SETTING.contains(&first.as_str());
                if simple.words.first().is_some_and(|first| first.plain().is_none_or(sets)) {
                    for word in simple.words.iter().skip(1).filter_map(Word::plain) {
                        for name in named(&word).split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
                            self.set(name, None);
                        }
                    }
                }
            }
            _ => {}
        }
        visit::walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        let value = match &assignment.value {
            Value::Scalar(word) if assignment.target.subscript.is_none() && !assignment.append => {
                word.plain().filter(|_| !word.braces)
            }
            _ => None,
        };
        self.set(&assignment.target.name, value.map(|value| vec![value]));
        visit::walk_assignment(self, assignment);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _span: crate::source::Span) {
        if let ParameterOp::Assign { .. } = &parameter.op {
            self.set(&parameter.name, None);
        }
        visit::walk_parameter(self, parameter);
    }

    fn arithmetic(&mut self, arithmetic: &'s Arithmetic) {
        for name in arithmetic.expression.iter().flat_map(|expression| assigned(expression)) {
            self.set(name, None);
        }
        visit::walk_parts(self, &arithmetic.parts);
    }
}
