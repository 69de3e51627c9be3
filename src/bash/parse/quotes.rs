//! Quotes, and the text in double quotes and heredocs.

use super::parts::Parts;
use super::{Fault, Parser, Read};
use crate::bash::ansi;
use crate::bash::syntax::{Part, PartKind};

impl Parser<'_> {
    pub(super) fn single_quotes(&mut self, parts: &mut Parts) -> Read<()> {
        let start = self.at;
        let rest = self.text.get(start + 1..).unwrap_or_default();
        let Some(length) = rest.iter().position(|byte| *byte == b'\'') else {
            return Err(self.unclosed(start, "the single quote that starts here is never closed"));
        };
        self.at = start + length + 2;
        let text = self.slice(start + 1, self.at - 1).to_owned();
        parts.push(Part { kind: PartKind::Quoted(text), span: self.span(start, self.at) });
        Ok(())
    }

    /// `$'...'`
    pub(super) fn ansi_quotes(&mut self, parts: &mut Parts) -> Read<()> {
        let start = self.at;
        let Some(length) = ansi::len(self.slice(start, self.text.len())) else {
            return Err(self.unclosed(start, "the quote that starts here is never closed"));
        };
        self.at += length;
        let text = ansi::decode(self.slice(start + 2, self.at - 1));
        parts.push(Part { kind: PartKind::Quoted(text), span: self.span(start, self.at) });
        Ok(())
    }

    /// `"..."`, or `$"..."` where a dollar sign stands here.
    pub(super) fn double_quotes(&mut self, parts: &mut Parts) -> Read<()> {
        let start = self.at;
        self.take(b"$");
        self.at += 1;
        let inside = self.deeper(|parser| {
            let mut inside = Parts::default();
            loop {
                parser.plain_until(b"\"\\`$", &mut inside);
                match parser.peek() {
                    None => {
                        return Err(
                            parser.unclosed(start, "the double quote that starts here is never closed")
                        );
                    }
                    Some(b'"') => {
                        parser.at += 1;
                        return Ok(inside.finish());
                    }
                    Some(b'\\') => parser.quoted_backslash(b"$`\"\\", &mut inside),
                    Some(b'`') => parser.backticks(true, &mut inside)?,
                    Some(_) => parser.dollar(true, &mut inside)?,
                }
            }
        })?;
        parts.push(Part { kind: PartKind::DoubleQuoted(inside), span: self.span(start, self.at) });
        Ok(())
    }

    /// A backslash that quotes only `characters` and line feeds.
    pub(super) fn quoted_backslash(&mut self, characters: &[u8], parts: &mut Parts) {
        let start = self.at;
        match self.peek_at(1) {
            Some(b'\n') => {
                self.at += 2;
                parts.vanish(self.span(start, self.at));
            }
            Some(next) if characters.contains(&next) => {
                self.at += 2;
                parts.plain(self.slice(start + 1, self.at), self.span(start, self.at));
            }
            _ => {
                self.at += 1;
                parts.plain("\\", self.span(start, self.at));
            }
        }
    }

    /// Text to the end of what is in view, in which only backslashes and `special` count.
    pub(super) fn quoted_text(&mut self, special: &[u8], parts: &mut Parts) -> Read<()> {
        loop {
            self.plain_until(special, parts);
            match self.peek() {
                None => return Ok(()),
                Some(b'`') => self.backticks(true, parts)?,
                Some(_) => self.dollar(true, parts)?,
            }
        }
    }

    /// The body of a heredoc, to the end of the text that is in view.
    pub(super) fn heredoc_parts(&mut self, strip_tabs: bool, parts: &mut Parts) -> Read<()> {
        let special: &[u8] = if strip_tabs { b"\\`$\n" } else { b"\\`$" };
        self.skip_tabs(strip_tabs, parts);
        loop {
            self.plain_until(special, parts);
            match self.peek() {
                None => return Ok(()),
                Some(b'\n') => {
                    let span = self.span(self.at, self.at + 1);
                    self.at += 1;
                    parts.plain("\n", span);
                    self.skip_tabs(strip_tabs, parts);
                }
                Some(b'\\') => {
                    let joins = self.peek_at(1) == Some(b'\n');
                    self.quoted_backslash(b"$`\\", parts);
                    self.skip_tabs(strip_tabs && joins, parts);
                }
                Some(b'`') => self.backticks(true, parts)?,
                Some(_) => self.dollar(true, parts)?,
            }
        }
    }

    fn skip_tabs(&mut self, strip: bool, parts: &mut Parts) {
        let start = self.at;
        while strip && self.peek() == Some(b'\t') {
            self.at += 1;
        }
        if self.at > start {
            parts.vanish(self.span(start, self.at));
        }
    }

    fn unclosed(&mut self, start: usize, reason: &'static str) -> Fault {
        self.at = self.text.len();
        Fault { at: start, end: self.at, reason: reason.into() }
    }

    pub(super) fn unclosed_expansion(&mut self) -> Fault {
        let start = self.at;
        self.unclosed(start, "an expansion `${` before this is never closed: `}` is missing")
    }
}
