//! Redirections.

use super::cursor::ends_word;
use super::{Parser, Read};
use crate::bash::syntax::{Fd, Redirect, RedirectOp, Target};

/// Every operator, longer ones before those that they start with.
const OPERATORS: [(&[u8], RedirectOp); 12] = [
    (b"&>>", RedirectOp::AppendBoth),
    (b"&>", RedirectOp::OutputBoth),
    (b"<<<", RedirectOp::HereString),
    (b"<<-", RedirectOp::HereDocument),
    (b"<<", RedirectOp::HereDocument),
    (b"<&", RedirectOp::DuplicateInput),
    (b"<>", RedirectOp::ReadWrite),
    (b"<", RedirectOp::Input),
    (b">>", RedirectOp::Append),
    (b">|", RedirectOp::Clobber),
    (b">&", RedirectOp::DuplicateOutput),
    (b">", RedirectOp::Output),
];

impl Parser<'_> {
    /// Whether `<(` or `>(` stands here.
    pub(super) fn starts_process(&self) -> bool {
        matches!(self.peek(), Some(b'<' | b'>')) && self.peek_at(1) == Some(b'(')
    }

    /// A redirection, where one starts here.
    pub(super) fn redirect(&mut self) -> Read<Option<Redirect>> {
        let start = self.at;
        let fd = match self.peek() {
            Some(b'<' | b'>' | b'&') => None,
            Some(b'0'..=b'9') => Some(self.numbered()),
            Some(b'{') => Some(self.named()),
            _ => return Ok(None),
        };
        if fd == Some(None) || self.starts_process() {
            self.at = start;
            return Ok(None);
        }
        let fd = fd.flatten();
        let Some((sign, op)) = OPERATORS.iter().find(|(sign, _)| self.operator(sign)) else {
            self.at = start;
            return Ok(None);
        };
        self.blanks();
        let from = self.at;
        let word = self.word()?;
        if word.span.is_empty() {
            self.at = from;
            return Err(self.broken_at(
                from,
                "this redirection leads nowhere: name its file or descriptor behind the operator",
            ));
        }
        let span = crate::source::Span::new(self.span(start, start + 1).start, word.span.end);
        let target = if *op == RedirectOp::HereDocument {
            Target::HereDocument(self.heredoc(word, sign.ends_with(b"-"), (start, from)))
        } else {
            Target::Word(word)
        };
        Ok(Some(Redirect { fd, op: *op, target, span }))
    }

    /// Digits right before an operator.
    fn numbered(&mut self) -> Option<Fd> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !matches!(rest.get(digits), Some(b'<' | b'>')) {
            return None;
        }
        let number = self.slice(self.at, self.at + digits).parse().ok()?;
        self.at += digits;
        Some(Fd::Number(number))
    }

    /// `{name}` right before an operator.
    fn named(&mut self) -> Option<Fd> {
        let start = self.at + 1;
        let mut end = self.name_end(start);
        if end == start {
            return None;
        }
        if self.text.get(end) == Some(&b'[') {
            let rest = self.text.get(end..).unwrap_or_default();
            end += rest.iter().take_while(|byte| **byte != b']' && !ends_word(**byte)).count() + 1;
        }
        if self.text.get(end) != Some(&b'}') || !matches!(self.text.get(end + 1), Some(b'<' | b'>')) {
            return None;
        }
        self.at = end + 1;
        Some(Fd::Variable(self.slice(start, end).to_owned()))
    }
}
