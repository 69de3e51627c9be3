//! The parts of a word as they are read: literal text gathers, everything else closes it.

use crate::bash::syntax::{Part, PartKind};
use crate::source::Span;

/// Parts so far, with the literal text at their end still open.
#[derive(Debug, Default)]
pub(super) struct Parts {
    done: Vec<Part>,
    text: String,
    span: Option<Span>,
}

impl Parts {
    /// Adds unquoted text.
    pub(super) fn plain(&mut self, text: &str, span: Span) {
        self.text.push_str(text);
        self.span = Some(self.span.map_or(span, |open| open.to(span)));
    }

    /// A line continuation vanishes; it stretches the literal before it, if there is one.
    pub(super) fn vanish(&mut self, span: Span) {
        if let Some(open) = &mut self.span {
            *open = open.to(span);
        }
    }

    /// Adds a part.
    pub(super) fn push(&mut self, part: Part) {
        self.close();
        self.done.push(part);
    }

    /// Adds all parts of others.
    pub(super) fn append(&mut self, other: Self) {
        for part in other.finish() {
            match part {
                Part { kind: PartKind::Literal(text), span } => self.plain(&text, span),
                part => self.push(part),
            }
        }
    }

    fn close(&mut self) {
        if let Some(span) = self.span.take() {
            let kind = PartKind::Literal(std::mem::take(&mut self.text));
            self.done.push(Part { kind, span });
        }
    }

    /// Where the parts end.
    pub(super) fn end(&self) -> Option<u32> {
        self.span.or_else(|| self.done.last().map(|part| part.span)).map(|span| span.end)
    }

    /// All parts.
    pub(super) fn finish(mut self) -> Vec<Part> {
        self.close();
        self.done
    }
}

/// Whether an unquoted brace expansion is in a word of these parts: `{a,b}`, `{1..3}`.
pub(super) fn has_braces(parts: &[Part]) -> bool {
    // Whether there is a comma, the text inside, and how many parts that are no text stand before.
    let mut open: Vec<(bool, String, usize)> = Vec::new();
    let mut others = 0;
    for part in parts {
        let PartKind::Literal(text) = &part.kind else {
            others += 1;
            continue;
        };
        for character in text.chars() {
            match character {
                '{' => open.push((false, String::new(), others)),
                ',' => {
                    if let Some(last) = open.last_mut() {
                        last.0 = true;
                    }
                }
                '}' => {
                    if let Some((comma, inside, before)) = open.pop()
                        && (comma || before == others && is_range(&inside))
                    {
                        return true;
                    }
                }
                other => {
                    if let Some(last) = open.last_mut() {
                        last.1.push(other);
                    }
                }
            }
        }
    }
    false
}

/// `1..3`, `a..e`, `01..10..2`
fn is_range(inside: &str) -> bool {
    let ends: Vec<&str> = inside.split("..").collect();
    let number = |text: &&str| text.parse::<i64>().is_ok();
    let letter = |text: &&str| text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    matches!(ends.len(), 2 | 3)
        && (ends[..2].iter().all(number) || ends[..2].iter().all(letter))
        && ends.get(2).is_none_or(number)
}
