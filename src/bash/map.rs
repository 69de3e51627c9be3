//! Where a derived text came from: offsets in a text that a parser was shown, led back to the original bytes.
//!
//! A nested text is most often a slice, at one offset. The inside of backticks loses its backslashes first, and then
//! each stretch between two of them has an offset of its own. This module never looks at a text.

use crate::source::Span;

/// Leads offsets of a derived text back to the original.
#[derive(Debug, Clone)]
pub(super) struct Map {
    /// Start of each stretch in the derived text, and what to add there to get the original offset.
    stretches: Vec<(u32, i64)>,
    /// Offsets in the derived text of characters whose backslash, taken away before them, is part of their place.
    signs: Vec<u32>,
}

impl Map {
    /// A text that starts `offset` bytes into the original (negative where bytes were put before it).
    pub(super) fn shifted(offset: i64) -> Self {
        Self { stretches: vec![(0, offset)], signs: Vec::new() }
    }

    /// From `derived` on, `offset` is what to add. Starts must grow.
    pub(super) fn push(&mut self, derived: u32, offset: i64) {
        self.stretches.push((derived, offset));
    }

    /// The character at `derived` had a backslash before it that is part of its place.
    pub(super) fn sign(&mut self, derived: u32) {
        self.signs.push(derived);
    }

    /// The map of a text of `len` bytes derived from the text that `self` leads back.
    pub(super) fn then(&self, inner: &Self, len: u32) -> Self {
        let mut stretches = Vec::with_capacity(inner.stretches.len());
        for (index, (begin, offset)) in inner.stretches.iter().enumerate() {
            let end = inner.stretches.get(index + 1).map_or(len, |next| next.0);
            // Both texts run in the same direction: the outer stretches within this one stand side by side.
            let (from, to) = (i64::from(*begin) + offset, i64::from(end) + offset);
            stretches.push((*begin, offset + self.offset(clamp(from))));
            let first = self.stretches.partition_point(|(start, _)| i64::from(*start) <= from);
            let within = self.stretches.iter().skip(first).take_while(|(start, _)| i64::from(*start) < to);
            stretches
                .extend(within.map(|(start, outer)| (clamp(i64::from(*start) - offset), offset + outer)));
        }
        Self { stretches, signs: inner.signs.clone() }
    }

    fn offset(&self, at: u32) -> i64 {
        let index = self.stretches.partition_point(|(start, _)| *start <= at);
        self.stretches.get(index.saturating_sub(1)).map_or(0, |(_, offset)| *offset)
    }

    /// Leads one offset back.
    pub(super) fn at(&self, at: u32) -> u32 {
        clamp(i64::from(at) + self.offset(at))
    }

    /// Leads a span back.
    pub(super) fn span(&self, span: Span) -> Span {
        let mut start = self.at(span.start);
        if span.is_empty() {
            return Span::new(start, start);
        }
        if self.signs.binary_search(&span.start).is_ok() {
            start = start.saturating_sub(1);
        }
        Span::new(start, self.at(span.end - 1).saturating_add(1))
    }
}

fn clamp(at: i64) -> u32 {
    u32::try_from(at.max(0)).unwrap_or(u32::MAX)
}
