//! `[[ ... ]]`.

use super::words::Form;
use super::{Parser, Read};
use crate::bash::syntax::{Part, PartKind, Test, Word};

/// Operators between two words, beside `<` and `>`.
const BINARY: [&str; 13] =
    ["=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];

/// Letters of the operators before one word.
const UNARY: &[u8] = b"abcdefghknoprstuvwxzGLNORS";

impl Parser<'_> {
    /// Behind `[[`, with the `]]`.
    pub(super) fn conditional_command(&mut self) -> Read<Test> {
        self.parentheses += 1;
        let test = self.deeper(Self::either);
        self.parentheses -= 1;
        let test = test?;
        self.lines()?;
        if self.take_word("]]") {
            return Ok(test);
        }
        let found = self.token_name();
        let reason = format!("`]]` is missing, and {found} stands there: close the test before, or quote it");
        Err(self.broken_at(self.token_end(), reason))
    }

    fn either(&mut self) -> Read<Test> {
        let mut terms = vec![self.both()?];
        loop {
            self.lines()?;
            if !self.operator(b"||") {
                return Ok(joined(terms, Test::Or));
            }
            terms.push(self.both()?);
        }
    }

    fn both(&mut self) -> Read<Test> {
        let mut terms = vec![self.term()?];
        loop {
            self.lines()?;
            if !self.operator(b"&&") {
                return Ok(joined(terms, Test::And));
            }
            terms.push(self.term()?);
        }
    }

    fn term(&mut self) -> Read<Test> {
        self.lines()?;
        let pattern = self.peek_at(1) == Some(b'(') && self.extended();
        if !pattern && self.take_word("!") {
            return Ok(Test::Not(Box::new(self.deeper(Self::term)?)));
        }
        if self.take(b"(") {
            let test = self.deeper(Self::either)?;
            self.lines()?;
            self.close_parenthesis()?;
            return Ok(test);
        }
        let word = self.operand_of_test(Form::Plain)?;
        self.lines()?;
        if let Some(operator) = unary(&word)
            && !self.ends_term()
        {
            return Ok(Test::Unary(operator, self.operand_of_test(Form::Plain)?));
        }
        match self.binary() {
            Some(operator) => {
                self.lines()?;
                let form = match operator.as_str() {
                    "=~" => Form::Regex,
                    "=" | "==" | "!=" => Form::Pattern,
                    _ => Form::Plain,
                };
                let right = self.operand_of_test(form)?;
                Ok(Test::Binary(word, operator, right))
            }
            None => Ok(Test::Word(word)),
        }
    }

    fn ends_term(&self) -> bool {
        self.is_word("]]").is_some()
            || self.starts_with(b"&&")
            || self.starts_with(b"||")
            || matches!(self.peek(), None | Some(b')'))
    }

    /// Takes an operator between two words.
    fn binary(&mut self) -> Option<String> {
        for sign in [b"<", b">"] {
            if !self.starts_process() && self.take(sign) {
                return Some(String::from_utf8_lossy(sign).into_owned());
            }
        }
        let operator = BINARY.iter().find(|operator| self.is_word(operator).is_some())?;
        self.take_word(operator);
        Some((*operator).to_owned())
    }

    fn operand_of_test(&mut self, form: Form) -> Read<Word> {
        if self.is_word("]]").is_none() {
            let word = self.word_of(form)?;
            if !word.span.is_empty() {
                return Ok(word);
            }
        }
        let found = self.token_name();
        let reason = format!("{found} stands in `[[ ]]` where a word is expected: quote it");
        Err(self.broken_at(self.token_end(), reason))
    }
}

/// Terms joined by an operator, two by two: as many levels as the number of terms would be more than a stack holds, and
/// how they are grouped makes no difference.
fn joined(mut terms: Vec<Test>, join: fn(Box<Test>, Box<Test>) -> Test) -> Test {
    while terms.len() > 1 {
        let mut left = terms.into_iter();
        let mut pairs = Vec::with_capacity(left.len() / 2 + 1);
        while let Some(one) = left.next() {
            pairs.push(match left.next() {
                Some(other) => join(Box::new(one), Box::new(other)),
                None => one,
            });
        }
        terms = pairs;
    }
    terms.pop().unwrap_or_else(|| Test::Word(Word::default()))
}

/// The operator that a word alone is.
fn unary(word: &Word) -> Option<String> {
    let [Part { kind: PartKind::Literal(text), .. }] = word.parts.as_slice() else { return None };
    match text.as_bytes() {
        [b'-', letter] if UNARY.contains(letter) => Some(text.clone()),
        _ => None,
    }
}
