//! Words: their constant text, what they take in, and the pattern that the words of a call will fit.

use super::{Flow, Source};
use crate::bash::syntax::{Parameter, ParameterOp, Part, PartKind, Subscript, Word};

impl Flow<'_> {
    /// The text of a word, where constants and the script's arguments tell it.
    pub(super) fn constant(&self, word: &Word) -> Option<String> {
        if word.braces {
            return None;
        }
        let mut text = String::new();
        self.constant_parts(&word.parts, &mut text).then_some(text)
    }

    fn constant_parts(&self, parts: &[Part], text: &mut String) -> bool {
        parts.iter().all(|part| match &part.kind {
            PartKind::Literal(plain) | PartKind::Quoted(plain) => {
                text.push_str(plain);
                true
            }
            PartKind::DoubleQuoted(inner) => self.constant_parts(inner, text),
            PartKind::Parameter(parameter) => match self.constant_parameter(parameter) {
                Some(value) => {
                    text.push_str(&value);
                    true
                }
                None => false,
            },
            _ => false,
        })
    }

    /// The expression on the right of `=~`: what is quoted there is meant as it is.
    pub(super) fn expression(&self, word: &Word) -> Option<String> {
        let mut text = String::new();
        for part in &word.parts {
            match &part.kind {
                PartKind::Literal(plain) => text.push_str(plain),
                PartKind::Quoted(plain) => text.push_str(&regex::escape(plain)),
                PartKind::DoubleQuoted(inner) => {
                    let mut plain = String::new();
                    if !self.constant_parts(inner, &mut plain) {
                        return None;
                    }
                    text.push_str(&regex::escape(&plain));
                }
                _ if !self.constant_parts(std::slice::from_ref(part), &mut text) => return None,
                _ => {}
            }
        }
        Some(text)
    }

    fn constant_parameter(&self, parameter: &Parameter) -> Option<String> {
        if parameter.indirect || parameter.subscript.is_some() {
            return None;
        }
        let own = self.constants.get(&parameter.name).cloned().flatten().or_else(|| {
            let position: usize = parameter.name.parse().ok()?;
            self.args.get(position.checked_sub(1)?).cloned()
        });
        match &parameter.op {
            ParameterOp::Plain | ParameterOp::Error { .. } => own,
            ParameterOp::Default { word, .. } | ParameterOp::Assign { word, .. } => {
                let unset = !self.constants.contains_key(&parameter.name);
                own.or_else(|| self.constant(word).filter(|_| unset))
            }
            _ => None,
        }
    }

    /// Where the text of a word comes from.
    pub(super) fn sources(&self, word: &Word) -> Vec<Source> {
        let mut found = Vec::new();
        self.sources_of_parts(&word.parts, &mut found);
        found
    }

    pub(super) fn sources_of_parts(&self, parts: &[Part], found: &mut Vec<Source>) {
        for part in parts {
            match &part.kind {
                PartKind::DoubleQuoted(inner) => self.sources_of_parts(inner, found),
                PartKind::Command(substitution) => found.extend(self.sources_of_body(&substitution.body)),
                PartKind::Process(substitution) if substitution.input => {
                    found.extend(self.sources_of_body(&substitution.body));
                }
                PartKind::Parameter(parameter) if !matches!(parameter.op, ParameterOp::Length) => {
                    found.push(Source::Variable(parameter.name.clone()));
                }
                PartKind::Arithmetic(arithmetic) => self.sources_of_parts(&arithmetic.parts, found),
                _ => {}
            }
        }
    }

    /// The words as an argv pattern.
    pub(super) fn pattern(&self, words: &[Word]) -> Vec<String> {
        let mut pattern: Vec<String> = Vec::new();
        for (index, word) in words.iter().enumerate() {
            let text = self.glob(word, index == 0);
            if text != "**" || pattern.last().map(String::as_str) != Some("**") {
                pattern.push(text);
            }
        }
        pattern
    }

    fn glob(&self, word: &Word, is_program: bool) -> String {
        if let Some(text) = self.constant(word)
            && !(word.parts.iter().any(|part| matches!(part.kind, PartKind::Parameter(_)))
                && text.contains(' '))
        {
            let globs = word
                .parts
                .iter()
                .any(|part| matches!(&part.kind, PartKind::Literal(text) if text.contains(['*', '?'])));
            return if globs { "**".to_owned() } else { escaped(&text) };
        }
        if !is_program && (word.braces || splits(&word.parts, false)) {
            return "**".to_owned();
        }
        let mut text = String::new();
        glob_parts(&word.parts, &mut text);
        if text.is_empty() { "*".to_owned() } else { text }
    }
}

fn glob_parts(parts: &[Part], text: &mut String) {
    for part in parts {
        match &part.kind {
            PartKind::Literal(plain) | PartKind::Quoted(plain) => text.push_str(&escaped(plain)),
            PartKind::DoubleQuoted(inner) => glob_parts(inner, text),
            _ if text.ends_with('*') => {}
            _ => text.push('*'),
        }
    }
}

/// Whether the word may become several words, or none.
fn splits(parts: &[Part], quoted: bool) -> bool {
    parts.iter().any(|part| match &part.kind {
        PartKind::DoubleQuoted(inner) => splits(inner, true),
        PartKind::Parameter(parameter) => {
            !quoted || parameter.name == "@" || matches!(parameter.subscript, Some(Subscript::All))
        }
        PartKind::Command(_) => !quoted,
        _ => false,
    })
}

/// The text with everything that globs made plain.
pub fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut text, c| {
        if "*?[\\".contains(c) {
            text.push('\\');
        }
        text.push(c);
        text
    })
}
