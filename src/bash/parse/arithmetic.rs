//! Arithmetic texts: where they end, and the expansions in them.

use super::parts::Parts;
use super::{Fault, Parser, Read};
use crate::bash::syntax::{Arithmetic, Part, PartKind};

/// Levels of arithmetic within arithmetic whose shape is read: each holds what is inside of it twice.
const MOST_SHAPED: u32 = 6;

/// What ends an arithmetic text, outside brackets of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// `)`
    Parenthesis,
    /// `]`
    Bracket,
    /// `]`, or a byte that ends an unquoted word.
    BracketInWord,
    /// `;` or `)`, in the head of `for`.
    Semicolon,
    /// `:` or `}`
    Slice,
    /// `}`
    SliceLength,
}

impl Parser<'_> {
    /// `((...))` behind `open` bytes; `None`, with nothing read, where no `))` closes it: then these are commands.
    pub(super) fn double_parentheses(&mut self, open: usize) -> Read<Option<Arithmetic>> {
        let mark = self.mark();
        self.at += open;
        let read = self.arithmetic_until(End::Parenthesis);
        if self.stopped.is_some() {
            return read.map(Some);
        }
        if let Ok(arithmetic) = read
            && self.operator(b"))")
        {
            return Ok(Some(arithmetic));
        }
        self.back_to(mark)?;
        Ok(None)
    }

    /// `$[...]`
    pub(super) fn bracketed(&mut self) -> Read<PartKind> {
        let start = self.at;
        self.at += 2;
        let arithmetic = self.arithmetic_until(End::Bracket)?;
        if self.take(b"]") {
            return Ok(PartKind::Arithmetic(arithmetic));
        }
        let reason = "the arithmetic `$[` that starts here is never closed";
        Err(Fault { at: start, end: self.at, reason: reason.into() })
    }

    /// The three texts in the head of `for ((`, with the `))`.
    pub(super) fn arithmetic_header(&mut self) -> Read<[Option<Arithmetic>; 3]> {
        let mut header = [None, None, None];
        for (index, slot) in header.iter_mut().enumerate() {
            let arithmetic = self.arithmetic_until(End::Semicolon)?;
            let blank = arithmetic
                .parts
                .iter()
                .all(|part| matches!(&part.kind, PartKind::Literal(text) if text.trim().is_empty()));
            if !blank {
                *slot = Some(arithmetic);
            }
            let closed = if index < 2 { self.take(b";") } else { self.operator(b"))") };
            if !closed {
                let found = self.token_name();
                let reason =
                    format!("`for ((` holds three texts with `;` between them, and {found} stands there");
                return Err(self.broken_at(self.token_end(), reason));
            }
        }
        Ok(header)
    }

    pub(super) fn arithmetic_until(&mut self, end: End) -> Read<Arithmetic> {
        let start = self.at;
        let mut parts = Parts::default();
        self.arithmetics += 1;
        let read = self.deeper(|parser| parser.arithmetic_parts(end, &mut parts));
        self.arithmetics -= 1;
        read?;
        let parts = parts.finish();
        let shaped = self.arithmetics < MOST_SHAPED;
        let expression = if shaped { super::expression::read(&parts).map(Box::new) } else { None };
        Ok(Arithmetic { expression, parts, span: self.span(start, self.at) })
    }

    /// Literal text and expansions up to `end`, which is left standing.
    pub(super) fn arithmetic_parts(&mut self, end: End, parts: &mut Parts) -> Read<()> {
        let mut round = 0_u32;
        let mut square = 0_u32;
        let mut choices = 0_u32;
        let quotes = matches!(end, End::Bracket | End::BracketInWord);
        loop {
            self.plain_until(b"\\'\"`$()[]{};:?} \t\n|&<>", parts);
            let Some(byte) = self.peek() else { return self.ends_early(end) };
            match byte {
                b'(' => round += 1,
                b')' if round > 0 => round -= 1,
                b')' if matches!(end, End::Parenthesis | End::Semicolon) => return Ok(()),
                b'[' => square += 1,
                b']' if square > 0 => square -= 1,
                b']' if quotes => return Ok(()),
                b';' if end == End::Semicolon && round == 0 => return Ok(()),
                b'?' if end == End::Slice => choices += 1,
                b':' if choices > 0 => choices -= 1,
                b':' if end == End::Slice && round == 0 && square == 0 => return Ok(()),
                b'}' if matches!(end, End::Slice | End::SliceLength) => return Ok(()),
                b'\'' if quotes => {
                    self.single_quotes(parts)?;
                    continue;
                }
                b'\\' | b'"' | b'`' | b'$' => {
                    self.arithmetic_expansion(byte, quotes, parts)?;
                    continue;
                }
                _ if end == End::BracketInWord && super::cursor::ends_word(byte) => return Ok(()),
                _ => {}
            }
            let start = self.at;
            self.at += 1;
            parts.plain(self.slice(start, self.at), self.span(start, self.at));
        }
    }

    fn arithmetic_expansion(&mut self, byte: u8, quotes: bool, parts: &mut Parts) -> Read<()> {
        match byte {
            b'$' if !quotes && self.peek_at(1) == Some(b'\'') => {
                let span = self.span(self.at, self.at + 1);
                self.at += 1;
                parts.push(Part { kind: PartKind::Literal("$".to_owned()), span });
                Ok(())
            }
            _ => self.special(parts),
        }
    }

    fn ends_early(&self, end: End) -> Read<()> {
        match end {
            End::Bracket | End::BracketInWord => Ok(()),
            _ => Err(self.fault("the arithmetic before this is never closed")),
        }
    }
}
