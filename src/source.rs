//! Text and places in it: a file's path in its repository, its text, byte spans, lines and columns.
//!
//! This module never reads a file; whoever does hands the text in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A path relative to the project root, with `/` between its parts and no `.` or `..` in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RepoPath(String);

impl RepoPath {
    /// Takes a relative path as text; a leading `./` is dropped.
    pub fn new(path: impl Into<String>) -> Self {
        let path = path.into();
        match path.strip_prefix("./") {
            Some(rest) => Self(rest.to_owned()),
            None => Self(path),
        }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `other`, or lies in the folder of that path; the empty path is the root.
    pub fn is_in(&self, other: &Self) -> bool {
        let rest = self.0.strip_prefix(&other.0);
        rest.is_some_and(|rest| rest.is_empty() || other.0.is_empty() || rest.starts_with('/'))
    }

    /// The last part of the path.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A range of bytes in a text: from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`. Texts over 4 GiB are refused before they get here.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Number of bytes.
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it holds no byte.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `other` lies wholly inside.
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two share at least one byte.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The same span, `offset` bytes later.
    #[must_use]
    pub fn shifted(self, offset: u32) -> Self {
        Self { start: self.start.saturating_add(offset), end: self.end.saturating_add(offset) }
    }

    /// The bytes of `text` that the span covers; empty where it does not fit the text.
    pub fn slice(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A place as people count it: both numbers from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A file's text with its path and line index.
#[derive(Debug, Clone)]
pub struct SourceText {
    path: RepoPath,
    text: String,
    line_starts: Vec<u32>,
}

impl SourceText {
    /// Indexes `text`. Texts of 4 GiB and more cannot be addressed and must be refused before.
    pub fn new(path: RepoPath, text: String) -> Self {
        let mut line_starts = vec![0];
        line_starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .filter_map(|(at, _)| u32::try_from(at + 1).ok()),
        );
        Self { path, text, line_starts }
    }

    /// Where the text comes from.
    pub fn path(&self) -> &RepoPath {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line (from 1) that holds the byte at `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    /// The first and the last line (from 1) of a span.
    pub fn lines(&self, span: Span) -> (u32, u32) {
        (self.line(span.start), self.line(span.end.saturating_sub(1).max(span.start)))
    }

    /// Line and column of the byte at `offset`; past the end it is the end.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.line_starts[line as usize - 1] as usize;
        let end = (offset as usize).clamp(start, self.text.len().max(start));
        let columns = self.text.get(start..end).map_or(end - start, |part| part.chars().count());
        Position { line, column: u32::try_from(columns).unwrap_or(u32::MAX).saturating_add(1) }
    }

    /// The bytes of line `line` (from 1), without its line feed; empty where there is no such line.
    pub fn line_span(&self, line: u32) -> Span {
        let Some(index) = (line as usize).checked_sub(1) else { return Span::default() };
        let Some(start) = self.line_starts.get(index).copied() else { return Span::default() };
        let text_end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let end = self.line_starts.get(index + 1).map_or(text_end, |next| next - 1);
        Span::new(start, end)
    }
}
