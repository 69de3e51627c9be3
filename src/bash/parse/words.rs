//! Unquoted words, and the words inside `${...}`.

use super::parts::{Parts, has_braces};
use super::{Parser, Read};
use crate::bash::syntax::{Element, Part, PartKind, Value, Word};
use crate::source::Span;

/// What is special about a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing.
    Plain,
    /// Behind `==` in `[[`: extended patterns count whatever is switched on.
    Pattern,
    /// Behind `=~`: parentheses and `|` are plain, and blanks too between parentheses.
    Regex,
}

/// Bytes that are nothing but themselves in an unquoted word.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let special = b" \t\n;&|<>()\\'\"`$";
    let mut at = 0;
    while at < special.len() {
        plain[special[at] as usize] = false;
        at += 1;
    }
    plain
};

const EXTENDED: &str =
    "bash reads this pattern only after `shopt -s extglob`: switch it on at the top, or write it another way";

impl Parser<'_> {
    /// Whether patterns such as `!(x)` are read here.
    pub(super) fn extended(&self) -> bool {
        self.map.is_some() || self.at >= self.extended_from
    }

    /// An unquoted word; empty where none starts here.
    pub(super) fn word(&mut self) -> Read<Word> {
        self.word_of(Form::Plain)
    }

    pub(super) fn word_of(&mut self, form: Form) -> Read<Word> {
        self.rest_of_word(self.at, form, Parts::default())
    }

    /// The first word of a command: a subscript behind its name may hold blanks.
    pub(super) fn command_word(&mut self) -> Read<Word> {
        let start = self.at;
        let name_end = self.name_end(start);
        let mut parts = Parts::default();
        if name_end > start && self.text.get(name_end) == Some(&b'[') {
            parts.plain(self.slice(start, name_end + 1), self.span(start, name_end + 1));
            self.at = name_end + 1;
            self.arithmetic_parts(super::arithmetic::End::Bracket, &mut parts)?;
            if self.peek() != Some(b']') {
                let reason = "the subscript that starts in this word never ends: close it with `]`, or quote the bracket";
                return Err(super::Fault { at: start, end: self.at, reason: reason.into() });
            }
        }
        self.rest_of_word(start, Form::Plain, parts)
    }

    /// The word that started at `start` and has these parts so far.
    fn rest_of_word(&mut self, start: usize, form: Form, mut parts: Parts) -> Read<Word> {
        self.word_parts(form, &mut parts)?;
        let end = parts.end();
        let parts = parts.finish();
        let first = self.span(start, start + usize::from(end.is_some())).start;
        let braces = has_braces(&parts);
        Ok(Word { braces, span: Span::new(first, end.unwrap_or(first)), parts })
    }

    fn word_parts(&mut self, form: Form, parts: &mut Parts) -> Read<()> {
        loop {
            let start = self.at;
            let rest = self.text.get(start..).unwrap_or_default();
            let run = rest.iter().position(|byte| !PLAIN[usize::from(*byte)]).unwrap_or(rest.len());
            if run > 0 {
                self.at += run;
                parts.plain(self.slice(start, self.at), self.span(start, self.at));
            }
            match self.peek() {
                None => return Ok(()),
                Some(b'<' | b'>') if self.starts_process() => self.process(parts)?,
                Some(b'(') => match form {
                    Form::Regex => self.group(parts)?,
                    _ if run > 0 && self.opens_group(form) => self.group(parts)?,
                    _ => return Ok(()),
                },
                Some(b'|') if form == Form::Regex => {
                    let span = self.span(self.at, self.at + 1);
                    self.at += 1;
                    parts.plain("|", span);
                }
                Some(byte) if super::cursor::ends_word(byte) => return Ok(()),
                Some(_) => self.special(parts)?,
            }
        }
    }

    /// A backslash, quotes or an expansion in unquoted text.
    pub(super) fn special(&mut self, parts: &mut Parts) -> Read<()> {
        match self.peek() {
            Some(b'\\') => {
                self.backslash(parts);
                Ok(())
            }
            Some(b'\'') => self.single_quotes(parts),
            Some(b'"') => self.double_quotes(parts),
            Some(b'`') => self.backticks(false, parts),
            _ => self.dollar(false, parts),
        }
    }

    /// Whether the parenthesis here opens an extended pattern: right behind one of `?*+@!`.
    fn opens_group(&mut self, form: Form) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.text.get(at));
        if !matches!(before, Some(b'?' | b'*' | b'+' | b'@' | b'!')) {
            return false;
        }
        if form == Form::Plain && !self.extended() {
            // bash takes the parenthesis of `f*()` for a function's; anything else it rejects.
            if self.peek_at(1) == Some(b')') {
                return false;
            }
            if self.extended_from == usize::MAX {
                self.note(self.at - 1, self.at + 1, EXTENDED);
            }
        }
        true
    }

    /// Parentheses in which blanks and operators are plain text, up to the one that closes them.
    fn group(&mut self, parts: &mut Parts) -> Read<()> {
        self.deeper(|parser| {
            let open = parser.at;
            let mut depth = 0_u32;
            loop {
                let start = parser.at;
                match parser.peek() {
                    None => {
                        let reason = "the parenthesis that starts here is never closed";
                        return Err(super::Fault { at: open, end: parser.at, reason: reason.into() });
                    }
                    Some(b'(') => depth += 1,
                    Some(b')') => depth -= 1,
                    Some(b'\\' | b'\'' | b'"' | b'`' | b'$') => {
                        parser.special(parts)?;
                        continue;
                    }
                    Some(b'<' | b'>') if parser.starts_process() => {
                        parser.process(parts)?;
                        continue;
                    }
                    Some(_) => {
                        let rest = parser.text.get(start..).unwrap_or_default();
                        let run = rest
                            .iter()
                            .position(|byte| {
                                matches!(byte, b'(' | b')' | b'\\' | b'\'' | b'"' | b'`' | b'$' | b'<' | b'>')
                            })
                            .unwrap_or(rest.len())
                            .max(1);
                        parser.at += run;
                        parts.plain(parser.slice(start, parser.at), parser.span(start, parser.at));
                        continue;
                    }
                }
                parser.at += 1;
                parts.plain(parser.slice(start, parser.at), parser.span(start, parser.at));
                if depth == 0 {
                    return Ok(());
                }
            }
        })
    }

    /// A word behind `eval`, `alias` or `let`, in which bash takes `name=(...)` for one word.
    pub(super) fn word_with_arrays(&mut self) -> Read<Word> {
        let start = self.at;
        // Shortcut, and more: what is no array is read once, or nested words would be read twice at every level.
        let name_end = self.name_end(start);
        let rest = self.text.get(name_end..).unwrap_or_default();
        let behind = rest.strip_prefix(b"+").unwrap_or(rest);
        if !behind.starts_with(b"=(") && rest.first() != Some(&b'[') {
            return self.word();
        }
        let mark = self.mark();
        let Some(assignment) = self.assignment(false)? else { return self.word() };
        let Value::Array(elements) = assignment.value else {
            self.back_to(mark)?;
            return self.word();
        };
        let mut parts = Parts::default();
        let mut at = start;
        for Element { key, value } in elements {
            for part in key.into_iter().flat_map(|key| key.parts).chain(value.parts) {
                let from = usize::try_from(part.span.start).unwrap_or(at);
                if self.map.is_none() && from >= at {
                    parts.plain(self.slice(at, from), self.span(at, from));
                    at = part.span.end as usize;
                }
                parts.push(part);
            }
        }
        if self.map.is_none() {
            parts.plain(self.slice(at, self.at), self.span(at, self.at));
        }
        let span = self.span(start, self.at);
        Ok(Word { parts: parts.finish(), braces: false, span })
    }

    /// A backslash in unquoted text, with what it quotes.
    pub(super) fn backslash(&mut self, parts: &mut Parts) {
        let start = self.at;
        let next = self.slice(start + 1, self.text.len()).chars().next();
        match next {
            Some('\n') => {
                self.at += 2;
                parts.vanish(self.span(start, self.at));
            }
            Some(quoted) => {
                self.at += 1 + quoted.len_utf8();
                let kind = PartKind::Quoted(quoted.to_string());
                parts.push(Part { kind, span: self.span(start, self.at) });
            }
            None => {
                self.at += 1;
                parts.plain("\\", self.span(start, self.at));
            }
        }
    }

    /// Plain bytes up to one that `special` holds.
    pub(super) fn plain_until(&mut self, special: &[u8], parts: &mut Parts) -> bool {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let run = rest.iter().position(|byte| special.contains(byte)).unwrap_or(rest.len());
        if run > 0 {
            self.at += run;
            parts.plain(self.slice(start, self.at), self.span(start, self.at));
        }
        run > 0
    }

    /// The text behind an operator of `${...}`, up to `}` or, where it is given, an unquoted `/`.
    /// `quoted`: within double quotes or a heredoc, so that `'` is plain and a backslash quotes little.
    pub(super) fn operand(&mut self, quoted: bool, slash: bool) -> Read<Word> {
        let start = self.at;
        let mut parts = Parts::default();
        if slash && self.peek() == Some(b'/') {
            // A pattern may start with the slash.
            self.at += 1;
            parts.plain("/", self.span(start, self.at));
        }
        loop {
            let special: &[u8] = match (quoted, slash) {
                (true, _) if self.posix => b"}\\\"`$",
                (true, _) => b"}\\\"`$'",
                (false, true) => b"}\\'\"`$/<>",
                (false, false) => b"}\\'\"`$<>",
            };
            self.plain_until(special, &mut parts);
            match self.peek() {
                None => return Err(self.unclosed_expansion()),
                Some(b'}') => break,
                Some(b'/') if slash => break,
                Some(b'<' | b'>') if self.starts_process() => self.process(&mut parts)?,
                Some(byte @ (b'<' | b'>')) => {
                    let span = self.span(self.at, self.at + 1);
                    self.at += 1;
                    parts.plain(if byte == b'<' { "<" } else { ">" }, span);
                }
                Some(b'\\') if quoted && !self.posix && self.peek_at(1) == Some(b'\'') => {
                    let start = self.at;
                    self.at += 2;
                    parts.plain("\\'", self.span(start, self.at));
                }
                Some(b'\\') if quoted => self.quoted_backslash(b"$`\"\\}", &mut parts),
                Some(b'\'') if quoted => self.plain_quotes(&mut parts)?,
                Some(b'`') => self.backticks(quoted, &mut parts)?,
                Some(b'$') => self.dollar(quoted, &mut parts)?,
                Some(_) => self.special(&mut parts)?,
            }
        }
        Ok(Word { parts: parts.finish(), braces: false, span: self.span(start, self.at) })
    }

    /// `'...'` in `"${x:-'...'}"`: bash looks for the quote that closes it, and then takes both for plain text.
    fn plain_quotes(&mut self, parts: &mut Parts) -> Read<()> {
        let start = self.at;
        let rest = self.text.get(start + 1..).unwrap_or_default();
        let Some(length) = rest.iter().position(|byte| *byte == b'\'') else {
            let reason = "the single quote that starts here is never closed: bash needs that even within double quotes";
            self.at = self.text.len();
            return Err(super::Fault { at: start, end: self.at, reason: reason.into() });
        };
        let text = self.text;
        let close = start + 1 + length;
        self.text = text.get(..close).unwrap_or_default();
        parts.plain("'", self.span(start, start + 1));
        self.at = start + 1;
        let mark = self.mark();
        let mut inside = Parts::default();
        let read = self.quoted_text(b"`$", &mut inside);
        self.text = text;
        if read.is_err() && self.stopped.is_none() {
            // bash looks into this text only when it runs, and fails then.
            self.back_to(mark)?;
            self.note(start, close + 1, super::parameters::BAD_SUBSTITUTION);
            inside = Parts::default();
        }
        self.at = close + 1;
        parts.append(inside);
        parts.plain("'", self.span(close, close + 1));
        Ok(())
    }
}
