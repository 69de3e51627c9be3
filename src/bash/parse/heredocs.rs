//! Heredocs: their delimiters, and their bodies behind the next line feed.

use std::sync::{Arc, OnceLock};

use super::parts::Parts;
use super::{Parser, Read};
use crate::bash::syntax::{HereBody, HereDocument, Part, PartKind, Word};

/// A heredoc whose body was not reached yet.
#[derive(Debug)]
pub(super) struct Pending {
    delimiter: String,
    quoted: bool,
    strip_tabs: bool,
    body: Arc<OnceLock<HereBody>>,
    /// The operator, for what is said where no body follows.
    at: (usize, usize),
}

const UNCLOSED: &str = "this heredoc is never closed: end it with its delimiter on a line of its own";

impl Parser<'_> {
    /// A heredoc's operator and delimiter; its body is read behind the next line feed.
    pub(super) fn heredoc(&mut self, delimiter: Word, strip_tabs: bool, at: (usize, usize)) -> HereDocument {
        let start = at.1;
        let raw = self.slice(start, self.at);
        let raw = raw.get(..delimiter.span.len() as usize).unwrap_or(raw);
        // A line that goes on quotes nothing: `<<E\` with a line end behind it is `<<E`.
        let joined = raw.replace("\\\n", "");
        let quoted = joined.contains(['\'', '"', '\\']);
        let text = if quoted { unquoted(&delimiter.parts, raw) } else { joined };
        let body = Arc::new(OnceLock::new());
        self.pending.push(Pending { delimiter: text, quoted, strip_tabs, body: Arc::clone(&body), at });
        HereDocument { delimiter, quoted, strip_tabs, content: body }
    }

    /// Reads the bodies of all heredocs that wait.
    pub(super) fn bodies(&mut self) -> Read<()> {
        for pending in std::mem::take(&mut self.pending) {
            let start = self.at;
            let (end, next) = self.extent(&pending);
            let Some(next) = next else {
                self.note(pending.at.0, pending.at.1, UNCLOSED);
                self.fill(&pending, start, end)?;
                self.at = self.text.len();
                continue;
            };
            self.fill(&pending, start, end)?;
            self.at = next;
        }
        Ok(())
    }

    /// Heredocs that the text ends before.
    pub(super) fn unclosed_heredocs(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            self.note(pending.at.0, pending.at.1, UNCLOSED);
            let span = self.span(self.at, self.at);
            let _ = pending.body.set(HereBody { parts: Vec::new(), span });
        }
    }

    /// Where the body that starts here ends, and where its delimiter's line ends.
    fn extent(&self, pending: &Pending) -> (usize, Option<usize>) {
        let mut at = self.at;
        let mut joined = false;
        while at < self.text.len() {
            let rest = self.text.get(at..).unwrap_or_default();
            let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let line = rest.get(..length).unwrap_or_default();
            let tabs =
                if pending.strip_tabs { line.iter().take_while(|byte| **byte == b'\t').count() } else { 0 };
            let line = line.get(tabs..).unwrap_or_default();
            if !joined {
                if line == pending.delimiter.as_bytes() {
                    return (at, Some((at + tabs + line.len() + 1).min(self.text.len())));
                }
                // In `$(...)` bash lets the parenthesis stand on the delimiter's line.
                if self.parentheses > 0
                    && let Some(behind) = line.strip_prefix(pending.delimiter.as_bytes())
                    && behind.contains(&b')')
                {
                    return (at, Some(at + tabs + pending.delimiter.len()));
                }
            }
            let backslashes = line.iter().rev().take_while(|byte| **byte == b'\\').count();
            joined = !pending.quoted && backslashes % 2 == 1;
            at += length + 1;
        }
        (self.text.len(), None)
    }

    /// Reads the body's text, for expansions where its delimiter is not quoted.
    fn fill(&mut self, pending: &Pending, start: usize, end: usize) -> Read<()> {
        let mut parts = Parts::default();
        if pending.quoted {
            let text = self.slice(start, end);
            let text = if pending.strip_tabs { without_tabs(text) } else { text.to_owned() };
            if end > start {
                let span = self.span(start, end);
                parts.push(Part { kind: PartKind::Literal(text), span });
            }
        } else {
            let text = self.text;
            self.text = text.get(..end).unwrap_or_default();
            self.at = start;
            let waiting = std::mem::take(&mut self.pending);
            let read = self.heredoc_parts(pending.strip_tabs, &mut parts);
            self.pending = waiting;
            self.text = text;
            read?;
        }
        let span = self.span(start, end);
        let _ = pending.body.set(HereBody { parts: parts.finish(), span });
        Ok(())
    }
}

/// A delimiter without its quotes; expansions in it stay text.
fn unquoted(parts: &[Part], raw: &str) -> String {
    let mut text = String::new();
    for part in parts {
        match &part.kind {
            PartKind::Literal(inner) | PartKind::Quoted(inner) => text.push_str(inner),
            PartKind::DoubleQuoted(inner) => text.push_str(&unquoted(inner, raw)),
            _ => return raw.replace(['\'', '"', '\\'], ""),
        }
    }
    text
}

fn without_tabs(text: &str) -> String {
    text.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect()
}
