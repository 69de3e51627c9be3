//! Queries on the second parser's tree: shape rules that are written as text.
//!
//! The tree is wrong where it is disputed, so a match there proves nothing, and neither does its absence: it is
//! withheld, and the place is told. No type of the parser leaves this module.

use std::sync::Arc;

use super::outline::Outline;
use super::syntax::{Sequence, Statement};
use super::testimony::{Question, Silence, Testimony, Witness};
use super::visit::Visitor;
use super::witness;
use super::{Reading, Unread};
use crate::source::{Position, Span};
use run::QueryAnswer;

mod roots;
pub(super) mod run;

/// A query that compiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(super) text: Arc<str>,
}

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// It is not well formed, or asks for what cannot be.
    #[error("line {}, column {}: {message}", at.line, at.column)]
    Invalid {
        /// Where, for people.
        at: Position,
        /// Where, as an offset in bytes.
        offset: u32,
        /// What is wrong.
        message: String,
    },
    /// The second parser did not answer.
    #[error("the query could not be compiled: {0}")]
    Silent(Silence),
}

impl Query {
    /// Compiles a query. The compiler is C code too, so the witness is asked.
    pub fn compile(text: &str, witness: &dyn Witness) -> Result<Self, QueryError> {
        let text: Arc<str> = Arc::from(text);
        let question = Question { texts: Vec::new(), queries: vec![Arc::clone(&text)] };
        let testimony = witness.ask(question).wait().map_err(QueryError::Silent)?;
        match testimony.queries.into_iter().next() {
            Some(QueryAnswer::Ran { .. }) => match roots::uncaptured(&text) {
                None => Ok(Self { text }),
                Some(offset) => Err(invalid(&text, offset, UNCAPTURED.to_owned())),
            },
            Some(QueryAnswer::Faulty(fault)) => Err(invalid(&text, fault.offset, fault.message)),
            None => Err(QueryError::Silent(Silence::Garbled)),
        }
    }
}

/// Why a pattern must capture its outermost node: else a match could reach into a disputed statement unseen.
const UNCAPTURED: &str = "the outermost node of a pattern must be captured (write `@name` behind it): its place is the match's place";

fn invalid(text: &str, offset: u32, message: String) -> QueryError {
    let before = text.get(..offset as usize).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let number = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
    let at = Position {
        line: number(before.matches('\n').count()),
        column: number(before[line_start..].chars().count()),
    };
    QueryError::Invalid { at, offset: u32::try_from(before.len()).unwrap_or(u32::MAX), message }
}

/// A text with what queries found in it.
#[derive(Debug, Clone, Default)]
pub struct Searched {
    /// What the text says.
    pub reading: Reading,
    /// The matches of each query, in the order of the queries; within one, by place.
    pub matches: Vec<Vec<Match>>,
    /// Where nothing can be said: matches that touch these places were left out, and others may be missing there.
    pub withheld: Vec<Unread>,
}

/// One match of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Which pattern of the query it is.
    pub pattern: u32,
    /// Name and place of every captured node, in the order of the text.
    pub captures: Vec<(String, Span)>,
}

const DISPUTED: &str =
    "two parsers read this statement differently, so no query is run on it: write it more plainly";
const TOO_MANY: &str = "a query finds more than can be held here: make it more exact";

/// What is known where nothing was read.
pub(super) fn nothing_searched(reading: Reading, queries: usize) -> Searched {
    let withheld = if queries > 0 { reading.unread.clone() } else { Vec::new() };
    Searched { reading, matches: vec![Vec::new(); queries], withheld }
}

/// Keeps the matches that touch nothing disputed: neither `misread` nor what is unread.
pub(super) fn sift(
    heard: &Result<Testimony, Silence>,
    misread: Vec<Unread>,
    reading: Reading,
    text: &str,
    queries: usize,
) -> Searched {
    let mut searched = nothing_searched(reading, queries);
    if queries == 0 {
        return searched;
    }
    searched.withheld.extend(misread);
    let answers = heard.as_ref().map_or(&[][..], |testimony| &testimony.queries);
    for (answer, kept) in answers.iter().zip(&mut searched.matches) {
        let (names, found) = match answer {
            QueryAnswer::Ran { names, found, cut: false } => (names, found),
            QueryAnswer::Ran { .. } => {
                searched.withheld.push(everywhere(text, TOO_MANY.to_owned()));
                continue;
            }
            // It compiled before, so it does now.
            QueryAnswer::Faulty(fault) => {
                searched.withheld.push(everywhere(text, fault.message.clone()));
                continue;
            }
        };
        let withheld = &searched.withheld;
        let clean = |place: Span| !withheld.iter().any(|region| touch(region.span, place));
        for one in found.iter().filter(|one| one.captures.iter().all(|(_, place)| clean(*place))) {
            let name = |at: u32| names.get(at as usize).cloned().unwrap_or_default();
            let captures = one.captures.iter().map(|(at, place)| (name(*at), *place)).collect();
            kept.push(Match { pattern: one.pattern, captures });
        }
        kept.sort_by_key(|one| one.captures.first().map(|(_, place)| *place));
    }
    searched.withheld.sort_by_key(|region| region.span);
    // The same place, but for blank space at its end, is withheld once.
    searched.withheld.dedup_by(|region, before| {
        let rest = Span::new(before.span.end, region.span.end);
        before.span.start == region.span.start && rest.slice(text).trim().is_empty()
    });
    searched
}

fn everywhere(text: &str, reason: String) -> Unread {
    Unread { span: Span::new(0, u32::try_from(text.len()).unwrap_or(u32::MAX)), reason }
}

/// Whether two places share a byte, or one of them is an empty place in the other.
fn touch(one: Span, other: Span) -> bool {
    one.overlaps(other) || one.contains(other) || other.contains(one)
}

/// The smallest statements that the tree of the whole text misreads: their own commands are not those that we read, or
/// the tree is broken there. What surrounds them is trusted as far as it agrees.
pub(super) fn misread(heard: &Result<Testimony, Silence>, reading: &Reading, text: &str) -> Vec<Unread> {
    let whole = match heard {
        Ok(testimony) => testimony.outlines.first().and_then(Option::as_ref).ok_or(Silence::GaveUp),
        Err(silence) => Err(silence.clone()),
    };
    let whole = match whole {
        Ok(whole) => whole,
        Err(silence) => return vec![everywhere(text, silence.to_string())],
    };
    let mut finder = Misread { whole, text: text.as_bytes(), found: Vec::new() };
    finder.all(&reading.script.body.statements);
    // An error that no such statement holds, between two statements or in a comment, stands for itself.
    let strays = whole.errors.iter().filter(|error| !finder.found.iter().any(|it| touch(*it, **error)));
    let strays: Vec<Span> = strays.copied().collect();
    finder.found.extend(strays);
    finder.found.into_iter().map(|span| Unread { span, reason: DISPUTED.to_owned() }).collect()
}

struct Misread<'o> {
    whole: &'o Outline,
    text: &'o [u8],
    found: Vec<Span>,
}

impl Misread<'_> {
    fn all(&mut self, statements: &[Statement]) {
        for statement in statements {
            if witness::agrees_as_part(self.whole, statement, self.text) {
                continue;
            }
            let mut lists = Lists(Vec::new());
            lists.statement(statement);
            if lists.0.is_empty() || !witness::agrees_outside(self.whole, statement, &lists.0, self.text) {
                self.found.push(witness::extent(statement));
                continue;
            }
            for list in lists.0 {
                self.all(&list.statements);
            }
        }
    }
}

/// The statement lists right inside a statement.
struct Lists<'s>(Vec<&'s Sequence>);

impl<'s> Visitor<'s> for Lists<'s> {
    fn sequence(&mut self, sequence: &'s Sequence) {
        if !sequence.statements.is_empty() {
            self.0.push(sequence);
        }
    }
}
