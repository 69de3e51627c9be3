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

    /// The map of a text derived from the text that `self` leads back: `inner` leads its `length` bytes there.
    pub(super) fn then(&self, inner: &Self, length: u32) -> Self {
        let mut starts: Vec<u32> = inner.stretches.iter().map(|(start, _)| *start).collect();
        // Only what starts within the derived text cuts a stretch of it.
        let (from, to) = (inner.at(0), inner.at(length));
        let first = self.stretches.partition_point(|(start, _)| *start <= from);
        for (start, _) in self.stretches.iter().skip(first).take_while(|(start, _)| *start <= to) {
            let index = inner
                .stretches
                .partition_point(|(begin, offset)| i64::from(*begin) + offset < i64::from(*start));
            if let Some((_, offset)) = index.checked_sub(1).and_then(|index| inner.stretches.get(index)) {
                starts.push(clamp(i64::from(*start) - offset));
            }
        }
        starts.sort_unstable();
        starts.dedup();
        let stretches = starts
            .into_iter()
            .map(|start| {
                let middle = i64::from(start) + inner.offset(start);
                (start, inner.offset(start) + self.offset(clamp(middle)))
            })
            .collect();
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
