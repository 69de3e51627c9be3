//! What the lines above a fence say of it: `CHECK (read-only)`.
//!
//! This module reads headings and lines of text; it knows no shell.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// `CHECK (read-only)`, however it is set.
static CHECK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\bCHECK[*_`]*\s*\(\s*[*_`]*read[- ]only[*_`]*\s*\)").expect("the pattern is well formed")
});

/// Another label of the same form: `APPLY (mutates)`, `CHANGE (needs approval)`.
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[\s>#*_`-]*[A-Z][A-Z -]+[*_`]*\s*\([^)]*\)").expect("the pattern is well formed")
});

/// A heading's level.
fn level(line: &str) -> Option<usize> {
    let line = line.trim_start_matches([' ', '>']);
    let level = line.len() - line.trim_start_matches('#').len();
    ((1..=6).contains(&level) && line[level..].starts_with([' ', '\t'])).then_some(level)
}

/// For each fence (its whole range, in order), whether it is labelled as a check that only reads.
///
/// The label stands on a line between the fence before and this one. One in a heading holds for every fence of its
/// section, until another label or a heading that ends the section.
pub(super) fn labelled(text: &str, fences: &[Range<usize>]) -> Vec<bool> {
    let mut section: Option<usize> = None;
    let mut at = 0;
    let mut labels = Vec::new();
    for fence in fences {
        let between = text.get(at..fence.start).unwrap_or_default();
        let mut own = None;
        for line in between.lines() {
            let check = CHECK.is_match(line);
            if let Some(level) = level(line) {
                own = None;
                if check {
                    section = Some(level);
                } else if section.is_some_and(|known| level <= known) || OTHER.is_match(line) {
                    section = None;
                }
            } else if check {
                own = Some(true);
            } else if OTHER.is_match(line) {
                own = Some(false);
            }
        }
        labels.push(own.unwrap_or(section.is_some()));
        at = fence.end;
    }
    labels
}
