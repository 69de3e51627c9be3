//! Text that stands in pieces in another text, with the place of each piece.
//!
//! This module does not know what the texts say.

use std::ops::Range;

use crate::source::Span;

/// Pieces of a text, put together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Excerpt {
    text: String,
    /// Where each piece starts here, and where in the text that it was taken from.
    pieces: Vec<(u32, u32)>,
}

impl Excerpt {
    /// The pieces as one text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place of the byte at `at` in the text that this was taken from.
    pub fn offset(&self, at: u32) -> u32 {
        let index = self.pieces.partition_point(|(start, _)| *start <= at);
        self.pieces.get(index.saturating_sub(1)).map_or(at, |(start, place)| place + (at - start))
    }

    /// The place of a span: from its first byte to its last, with what stands between its pieces.
    pub fn span(&self, span: Span) -> Span {
        let start = self.offset(span.start);
        if span.is_empty() {
            return Span::new(start, start);
        }
        // What follows the last byte may be the start of another piece, far away.
        Span::new(start, self.offset(span.end - 1) + 1)
    }

    /// Adds `part`, which `original` has at `place`. Where it stands for something else there (a tab that is partly
    /// indentation becomes blanks), each of its bytes has the place of the whole.
    pub(super) fn add(&mut self, part: &str, original: &str, place: Range<usize>) {
        if original.get(place.clone()) == Some(part) {
            self.push(part, place.start);
        } else {
            for (index, character) in part.char_indices() {
                self.push(&part[index..index + character.len_utf8()], place.start);
            }
        }
    }

    /// Adds a piece of another excerpt.
    pub(super) fn take(&mut self, other: &Self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let next = other.pieces.partition_point(|(start, _)| *start as usize <= at);
            let end = other.pieces.get(next).map_or(range.end, |(start, _)| range.end.min(*start as usize));
            self.push(&other.text[at..end], other.offset(offset(at)) as usize);
            at = end;
        }
    }

    fn push(&mut self, part: &str, place: usize) {
        let (at, place) = (offset(self.text.len()), offset(place));
        let follows = self.pieces.last().is_some_and(|(start, last)| last + (at - start) == place);
        if !follows && !part.is_empty() {
            self.pieces.push((at, place));
        }
        self.text.push_str(part);
    }
}

/// Texts of 4 GiB and more are refused before they get here.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
