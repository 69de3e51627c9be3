//! Unread regions: widened from the place of a fault to the smallest statement around it, never dropped.

use super::parse::Parsed;
use super::syntax::{Script, Statement};
use super::visit::{self, Visitor};
use super::{Reading, Unread};
use crate::source::Span;

/// Why a text that broke the parser is unread.
pub(super) const PARSER_FAILED: &str =
    "the parser failed on this text: split it, and report it as a fault of gauntlet";

/// A reading of a text of which nothing was read.
pub(super) fn nothing_read(text: &str, reason: &str) -> Reading {
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let region = Unread { span: Span::new(0, end), reason: reason.to_owned() };
    Reading { script: Script::default(), unread: vec![region] }
}

/// Widens the faults of a parsed text to statements.
pub(super) fn settle(parsed: Parsed, text: &str) -> Reading {
    let Parsed { script, unread } = parsed;
    let unread: Vec<Unread> = unread
        .into_iter()
        .map(|region| Unread { span: widened(&script, region.span, text), reason: region.reason })
        .collect();
    Reading { script, unread: merged(unread) }
}

/// Adds regions to a reading.
pub(super) fn add(reading: &mut Reading, more: Vec<Unread>) {
    if !more.is_empty() {
        let mut unread = std::mem::take(&mut reading.unread);
        unread.extend(more);
        reading.unread = merged(unread);
    }
}

/// Regions that overlap become one, with the first reason that says more than that something is left over.
fn merged(mut unread: Vec<Unread>) -> Vec<Unread> {
    unread.sort_by_key(|region| region.span);
    let mut kept: Vec<Unread> = Vec::with_capacity(unread.len());
    for region in unread {
        match kept.last_mut() {
            Some(last) if last.span.overlaps(region.span) || last.span == region.span => {
                last.span = last.span.to(region.span);
            }
            _ => kept.push(region),
        }
    }
    kept
}

/// The smallest statement around `span`; where there is none, the text between the statements around it.
pub(super) fn widened(script: &Script, span: Span, text: &str) -> Span {
    let mut finder =
        Finder { span, smallest: None, before: 0, after: u32::try_from(text.len()).unwrap_or(u32::MAX) };
    visit::walk_sequence(&mut finder, &script.body);
    if let Some(smallest) = finder.smallest {
        return smallest;
    }
    let between = Span::new(finder.before.min(span.start), finder.after.max(span.end));
    let inner = between.slice(text);
    let start = inner.len() - inner.trim_start_matches([' ', '\t', '\n', ';']).len();
    let end = inner.trim_end().len();
    if start >= end {
        return span;
    }
    let offset = |at: usize| between.start + u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(start), offset(end)).to(span)
}

struct Finder {
    span: Span,
    smallest: Option<Span>,
    before: u32,
    after: u32,
}

impl<'s> Visitor<'s> for Finder {
    fn statement(&mut self, statement: &'s Statement) {
        let place = statement.span;
        if place.contains(self.span) && place.end > self.span.start {
            if self.smallest.is_none_or(|smallest| place.len() <= smallest.len()) {
                self.smallest = Some(place);
            }
        } else if place.end <= self.span.start {
            self.before = self.before.max(place.end);
        } else if place.start >= self.span.end {
            self.after = self.after.min(place.start);
        }
        visit::walk_statement(self, statement);
    }
}
