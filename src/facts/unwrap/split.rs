//! `env -S`: one text into words, by the rules of its own documentation.

use crate::commands::HOLE;

use super::super::value::{Sym, Value};

/// The words of a text, or why it has none.
pub(super) fn words(value: &Value) -> Result<Vec<Value>, String> {
    let mut reader = Reader { value, syms: value.syms.iter().copied(), words: Vec::new(), word: None };
    let mut chars = value.text.chars().peekable();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'' | '"', None) => {
                quote = Some(c);
                reader.word();
            }
            (_, Some(open)) if c == open => quote = None,
            ('\\', Some('\'')) => match chars.next() {
                Some(escaped @ ('\'' | '\\')) => reader.push(escaped),
                Some(other) => {
                    reader.push('\\');
                    reader.push(other);
                }
                None => return Err("its text ends in a backslash".to_owned()),
            },
            ('\\', _) => match chars.next() {
                Some('c') if quote.is_none() => break,
                Some('_') if quote.is_some() => reader.push(' '),
                Some('_') => reader.end(),
                Some('n') => reader.push('\n'),
                Some('t') => reader.push('\t'),
                Some('f') => reader.push('\u{c}'),
                Some('r') => reader.push('\r'),
                Some('v') => reader.push('\u{b}'),
                Some(escaped @ ('#' | '$' | '"' | '\'' | '\\')) => reader.push(escaped),
                other => {
                    let other = other.map(String::from).unwrap_or_default();
                    return Err(format!("`\\{other}` is no escape of `env -S`"));
                }
            },
            ('$', None | Some('"')) => {
                let named = chars.next() == Some('{') && chars.by_ref().any(|c| c == '}');
                if !named {
                    return Err("only `${NAME}` is expanded by `env -S`".to_owned());
                }
                reader.unknown();
            }
            ('#', None) if reader.word.is_none() => break,
            (c, None) if c.is_ascii_whitespace() => reader.end(),
            (HOLE, _) => reader.hole(),
            (c, _) => reader.push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote in the text of `env -S` is not closed".to_owned());
    }
    reader.end();
    Ok(reader.words)
}

struct Reader<'v, I> {
    value: &'v Value,
    syms: I,
    words: Vec<Value>,
    word: Option<Value>,
}

impl<I: Iterator<Item = Sym>> Reader<'_, I> {
    fn word(&mut self) -> &mut Value {
        let like = self.value;
        self.word.get_or_insert_with(|| {
            like.clone().with(|word| {
                word.text.clear();
                word.syms.clear();
                word.splits = false;
                word.choices.clear();
            })
        })
    }

    fn push(&mut self, c: char) {
        self.word().text.push(c);
    }

    /// What was not known of the text may hold blanks of its own.
    fn hole(&mut self) {
        let sym = self.syms.next();
        let word = self.word();
        word.text.push(HOLE);
        word.syms.extend(sym);
        word.splits = true;
    }

    /// A variable of the environment: one word, whatever is in it.
    fn unknown(&mut self) {
        let word = self.word();
        word.text.push(HOLE);
        word.syms.push(Sym::VOLATILE);
    }

    fn end(&mut self) {
        self.words.extend(self.word.take());
    }
}
