//! Unread regions: widened from the place of a fault to the smallest statement around it, never dropped.

use super::parse::Parsed;
use super::syntax::{Redirect, Script, Statement, Target};
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
    if unread.is_empty() {
        return Reading { script, unread };
    }
    let places = Places::of(&script, text);
    let unread: Vec<Unread> = unread
        .into_iter()
        .map(|region| Unread { span: places.widened(region.span, text), reason: region.reason })
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

/// Regions that overlap become one, with the first reason.
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

/// Where a statement begins behind blanks, separators and comments; `at_most` where the fault is.
fn statement_start(text: &str, at_most: usize) -> usize {
    let mut start = 0;
    loop {
        let rest = &text[start..];
        start += rest.len() - rest.trim_start_matches([' ', '\t', '\n', ';']).len();
        match text[start..].find('\n') {
            Some(line) if text[start..].starts_with('#') && start + line < at_most => start += line,
            _ => return start,
        }
    }
}

/// The statements of a script by their places: there may be as many faults as statements.
struct Places {
    /// By their start, outer ones first, each with the number of the one around it.
    statements: Vec<(Span, Option<usize>)>,
    /// Where they end, and where bodies of heredocs do, in order.
    ends: Vec<u32>,
}

impl Places {
    fn of(script: &Script, text: &str) -> Self {
        let mut gatherer = Gatherer::default();
        visit::walk_sequence(&mut gatherer, &script.body);
        let mut spans = gatherer.statements;
        spans.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        // Behind a heredoc's body stands the line of its delimiter.
        let behind = |body: &Span| {
            let rest = text.get(body.end as usize..).unwrap_or_default();
            body.end + u32::try_from(rest.find('\n').unwrap_or(rest.len())).unwrap_or_default()
        };
        let bodies = gatherer.bodies.iter().map(behind);
        let mut ends: Vec<u32> = spans.iter().map(|span| span.end).chain(bodies).collect();
        ends.sort_unstable();
        let mut places = Self { statements: Vec::with_capacity(spans.len()), ends };
        let mut around: Vec<usize> = Vec::new();
        for span in spans {
            while around.last().is_some_and(|last| !places.statements[*last].0.contains(span)) {
                around.pop();
            }
            places.statements.push((span, around.last().copied()));
            around.push(places.statements.len() - 1);
        }
        places
    }

    /// The smallest statement around `span`; where there is none, the text between the statements around it.
    fn widened(&self, span: Span, text: &str) -> Span {
        let next = self.statements.partition_point(|(place, _)| place.start <= span.start);
        let mut inner = next.checked_sub(1);
        while let Some((place, around)) = inner.map(|index| self.statements[index]) {
            if place.contains(span) && place.end > span.start {
                return place;
            }
            inner = around;
        }
        let ended = self.ends.partition_point(|end| *end <= span.start);
        let before = ended.checked_sub(1).map_or(0, |index| self.ends[index]);
        let behind = self.statements.partition_point(|(place, _)| place.start < span.end);
        let whole = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let after = self.statements.get(behind).map_or(whole, |(place, _)| place.start);
        let between = Span::new(before.min(span.start), after.max(span.end));
        let inner = between.slice(text);
        let fault = usize::try_from(span.start - between.start).unwrap_or(0);
        let start = statement_start(inner, fault);
        let end = inner.trim_end().len();
        if start >= end {
            return span;
        }
        let offset = |at: usize| between.start + u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(offset(start), offset(end)).to(span)
    }
}

#[derive(Default)]
struct Gatherer {
    statements: Vec<Span>,
    /// Bodies of heredocs.
    bodies: Vec<Span>,
}

impl<'s> Visitor<'s> for Gatherer {
    fn statement(&mut self, statement: &'s Statement) {
        self.statements.push(statement.span);
        visit::walk_statement(self, statement);
    }

    fn redirect(&mut self, redirect: &'s Redirect) {
        if let Target::HereDocument(document) = &redirect.target {
            self.bodies.push(document.body_span());
        }
        visit::walk_redirect(self, redirect);
    }
}
