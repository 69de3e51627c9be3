//! After a break: what is unread, and where reading goes on.

use super::{Fault, Parser};
use crate::bash::Unread;

const CARRIAGE_RETURN: &str = "a carriage return stands at the end of a line, and bash takes it for a part of the word: convert the file to LF line ends";

impl Parser<'_> {
    /// Notes the statement that begins there as unread, up to its line's end or to what ends a list around it; `from` is
    /// where the one before it ended.
    pub(super) fn recover(&mut self, from: usize, begins: usize, fault: Fault) {
        // A fault of the statement as a whole has no place of its own.
        let first = self.first_byte(begins);
        let start = if fault.at > from { first.min(fault.at) } else { first };
        let reason = if self.slice(start, self.line_end(fault.end)).contains("\r\n") {
            CARRIAGE_RETURN.to_owned()
        } else {
            fault.reason.into_owned()
        };
        self.at = self.at.max(fault.at);
        if self.at > from && self.at_an_end() && fault.end <= fault.at {
            self.leave(start, self.at.max(fault.end), reason);
            return;
        }
        self.at = self.at.max(fault.end);
        let mut inner = 0_u32;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => break,
                b'(' => inner += 1,
                b')' if inner > 0 => inner -= 1,
                b')' if self.parentheses > 0 => break,
                b'\\' if self.peek_at(1) == Some(b'\n') => self.at += 1,
                _ => {}
            }
            self.at += 1;
        }
        if self.at == from {
            self.at += 1;
        }
        let end = self.at.min(self.text.len());
        self.at = end;
        self.leave(start, end, reason);
    }

    fn leave(&mut self, start: usize, end: usize, reason: String) {
        let blank = self.slice(start, end).trim_end().len();
        let span = self.span(start, (start + blank).max(start + usize::from(blank == 0 && end > start)));
        self.unread.push(Unread { span, reason });
    }

    /// The first byte of a statement behind blanks and line feeds.
    fn first_byte(&self, from: usize) -> usize {
        let mut at = from;
        while let Some(byte) = self.text.get(at) {
            match byte {
                b' ' | b'\t' | b'\n' => at += 1,
                b'#' => at = self.line_end(at),
                _ => break,
            }
        }
        at
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        from + rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1)
    }
}
