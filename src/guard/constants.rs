//! Variables of which every value is written in the text.

use rustc_hash::FxHashMap;

use crate::bash::is_shells_own;
use crate::bash::syntax::{Parameter, ParameterOp, Part, PartKind, Word};

use super::sets::{Given, Set, Sets};

/// More values than these are not told.
const MOST: usize = 64;

/// What is known of the texts' variables.
#[derive(Debug, Default)]
pub(super) struct Constants {
    /// By name: `None` where some value is not written.
    variables: FxHashMap<String, Option<Vec<String>>>,
}

impl Constants {
    /// From all that the texts set.
    pub(super) fn of(sets: &Sets<'_>) -> Self {
        let mut constants = Self::default();
        for Set { name, given, .. } in sets.iter() {
            let values = match given {
                Given::Word(word) => word.plain().filter(|_| !word.braces).map(|value| vec![value]),
                Given::Each(words) => each(words),
                Given::Nothing => Some(vec![String::new()]),
                _ => None,
            };
            constants.set(name, values);
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
}

/// The words of a loop, where all of them are written.
fn each(words: &[Word]) -> Option<Vec<String>> {
    let globs = |word: &Word| {
        word.parts
            .iter()
            .any(|part| matches!(&part.kind, PartKind::Literal(text) if text.contains(['*', '?', '[', '~'])))
    };
    let known = |word: &Word| word.plain().filter(|_| !word.braces && !globs(word));
    words.iter().map(known).collect()
}
