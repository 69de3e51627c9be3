//! What is wrong with a harness file, shown where it stands.

use std::fmt;
use std::ops::Range;

use crate::source::{Position, RepoPath, SourceText, Span};

/// A harness file that says nothing sensible: what, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarnessError {
    /// The file.
    pub path: RepoPath,
    /// Where in it.
    pub position: Position,
    /// The line that holds it.
    pub line: String,
    /// How many characters of the line are meant.
    pub width: usize,
    /// What is wrong.
    pub what: String,
    /// Why that matters.
    pub why: String,
    /// What to do.
    pub instead: String,
}

/// What, why and what to do, before the place is known.
#[derive(Debug, Clone)]
pub(super) struct Complaint {
    pub span: Range<usize>,
    pub what: String,
    pub why: String,
    pub instead: String,
}

impl HarnessError {
    pub(super) fn new(path: &RepoPath, text: &str, complaint: Complaint) -> Self {
        let source = SourceText::new(path.clone(), text.to_owned());
        let offset = |at: usize| u32::try_from(at.min(text.len())).unwrap_or(u32::MAX);
        let span = Span::new(offset(complaint.span.start), offset(complaint.span.end));
        let position = source.position(span.start);
        let line_span = source.line_span(position.line);
        let end = span.end.clamp(span.start, line_span.end.max(span.start));
        let width = Span::new(span.start, end).slice(text).chars().count().max(1);
        Self {
            path: path.clone(),
            position,
            line: line_span.slice(text).trim_end_matches('\r').to_owned(),
            width,
            what: complaint.what,
            why: complaint.why,
            instead: complaint.instead,
        }
    }
}

impl fmt::Display for HarnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        let indent: String =
            self.line.chars().take(column as usize - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        writeln!(f, "{}:{line}:{column}: {}", self.path, self.what)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {}", self.line)?;
        writeln!(f, "{gutter} | {indent}{}", "^".repeat(self.width))?;
        writeln!(f, "why: {}", self.why)?;
        write!(f, "do: {}", self.instead)
    }
}

impl std::error::Error for HarnessError {}
