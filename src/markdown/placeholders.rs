//! Gaps to fill in: `<HOST>`, `<server-id>`; not `<in>`. They are told from redirections by what stands in and around them.
//!
//! This module knows no more of a shell than that.

use std::ops::Range;

/// The text with a word in the place of each placeholder, as many bytes long; `None` where there is none.
pub(super) fn filled(content: &str) -> Option<String> {
    let gaps = placeholders(content);
    if gaps.is_empty() {
        return None;
    }
    let mut text = content.to_owned();
    for gap in gaps {
        let word = "X".repeat(gap.len());
        text.replace_range(gap, &word);
    }
    Some(text)
}

fn placeholders(content: &str) -> Vec<Range<usize>> {
    let mut gaps: Vec<Range<usize>> = Vec::new();
    for (at, _) in content.match_indices('<') {
        let behind_last = gaps.last().is_none_or(|last| last.end <= at);
        if let Some(length) = length(&content[..at], &content[at..])
            && behind_last
        {
            gaps.push(at..at + length);
        }
    }
    gaps
}

/// The length of the placeholder at the start of `rest`. `<<EOF >file` and `<IN >OUT` are redirections.
fn length(before: &str, rest: &str) -> Option<usize> {
    let inside = &rest[1..rest.find('>')?];
    let behind = &rest[inside.len() + 2..];
    let trimmed = inside.trim() == inside && !inside.is_empty();
    if before.ends_with(['<', '>', '&']) || !trimmed {
        return None;
    }
    let capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || "_- ".contains(c);
    let small = |c: char| c.is_ascii_alphanumeric() || "_-. ".contains(c);
    let is_name = inside.chars().all(capital)
        || (inside.chars().all(small)
            && inside.starts_with(|c: char| c.is_ascii_alphabetic())
            // One small word may be a file's name.
            && inside.contains(['-', '_', ' '])
            && stands_alone(before, behind));
    is_name.then_some(inside.len() + 2)
}

/// Whether what is around `<small>` shows that it is no pair of redirections: `<in> out` reads a file and writes one.
fn stands_alone(before: &str, behind: &str) -> bool {
    let opens = before.chars().next_back().is_none_or(|c| c.is_whitespace() || "\"'=/:@.-_([,".contains(c));
    let line = behind.split('\n').next().unwrap_or_default();
    let closes = match line.chars().next() {
        None => true,
        Some(' ' | '\t') => {
            let next = line.trim_start();
            next.is_empty() || next.starts_with(['-', '|', ';', '&', '<', '>', '#', '\\', '"', '\''])
        }
        Some(c) => "\"'/:.,);|-_@=]".contains(c),
    };
    opens && closes
}
