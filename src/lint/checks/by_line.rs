//! One finding a line: what the same rule finds beside it on that line is shown as a note.

use crate::finding::{Advice, Edit};
use crate::lint::script::{Report, Script};
use crate::source::Span;

/// A finding on its way.
pub(super) struct Found {
    pub at: Span,
    /// What is said of it where it stands beside another one.
    pub note: &'static str,
    pub advice: Advice,
    /// What repairs it; none where that is not safe.
    pub repair: Vec<Edit>,
}

pub(super) fn add_by_line(script: &Script<'_>, report: &mut Report<'_>, mut found: Vec<Found>) {
    found.sort_by_key(|found| (found.at.start, found.at.end));
    let mut found = found.into_iter().peekable();
    while let Some(first) = found.next() {
        let line = script.line(first.at);
        let mut secondary = Vec::new();
        while let Some(next) = found.next_if(|next| script.line(next.at) == line) {
            if next.at != first.at {
                secondary.push((next.at, next.note.to_owned()));
            }
        }
        report.add(first.at, "", secondary, first.advice);
        report.fix(first.repair);
    }
}
