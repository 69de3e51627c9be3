//! Queries on the side where the C code is: compiled, and run on the tree of a text.

use tree_sitter::{Query, QueryCursor, QueryErrorKind, StreamingIterator, Tree};

use super::super::outline::{language, place};
use crate::source::Span;

/// Captures that one query may find in one text, and states that it may be in at one time.
const MOST_CAPTURES: usize = 100_000;
const MOST_STATES: u32 = 1_024;

/// The most bytes that the answer to one query has, its messages and names included.
pub(in crate::bash) const ANSWER_BYTES: usize = MOST_CAPTURES * 24 + (1 << 16);

/// A query that compiled, or why it did not.
pub(in crate::bash) type Compiled = Result<Query, Fault>;

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::bash) struct Fault {
    /// Offset in its text.
    pub offset: u32,
    pub message: String,
}

/// What came of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::bash) enum QueryAnswer {
    Faulty(Fault),
    Ran {
        /// The names of its captures.
        names: Vec<String>,
        found: Vec<Found>,
        /// Whether there is more than may be.
        cut: bool,
    },
}

/// One match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::bash) struct Found {
    pub pattern: u32,
    /// Each with the number of its name.
    pub captures: Vec<(u32, Span)>,
}

/// Compiles a query for tree-sitter-bash.
pub(in crate::bash) fn compile(text: &str) -> Compiled {
    let number = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    let query = Query::new(&language(), text).map_err(|error| {
        let what = error.message.trim_matches('"');
        let (offset, message) = match error.kind {
            QueryErrorKind::NodeType => (error.offset, format!("tree-sitter-bash has no node `{what}`")),
            QueryErrorKind::Field => (error.offset, format!("tree-sitter-bash has no field `{what}`")),
            QueryErrorKind::Capture => (error.offset, format!("no node is captured as `{what}`")),
            QueryErrorKind::Structure => (error.offset, "such a node can never stand here".to_owned()),
            QueryErrorKind::Syntax => (error.offset, "this is no query".to_owned()),
            QueryErrorKind::Predicate | QueryErrorKind::Language => {
                (line_start(text, error.row), error.message)
            }
        };
        Fault { offset: number(offset), message }
    })?;
    // A condition that nothing checks would let a rule match more than it says.
    for pattern in 0..query.pattern_count() {
        let unknown =
            query.general_predicates(pattern).first().map(|predicate| predicate.operator.to_string());
        let property = query.property_predicates(pattern).first();
        if let Some(name) =
            unknown.or_else(|| property.map(|(_, is)| if *is { "is?" } else { "is-not?" }.to_owned()))
        {
            let offset = number(query.start_byte_for_pattern(pattern));
            return Err(Fault { offset, message: format!("there is no predicate `#{name}`") });
        }
    }
    Ok(query)
}

fn line_start(text: &str, row: usize) -> usize {
    text.split_inclusive('\n').take(row).map(str::len).sum()
}

/// An answer without matches yet.
pub(in crate::bash) fn start(compiled: &Compiled) -> QueryAnswer {
    match compiled {
        Err(fault) => QueryAnswer::Faulty(fault.clone()),
        Ok(query) => {
            let names = query.capture_names().iter().map(|&name| name.to_owned()).collect();
            QueryAnswer::Ran { names, found: Vec::new(), cut: false }
        }
    }
}

/// Adds the matches in the tree of a text. `text` is the text as it was written: what a predicate compares is not
/// masked.
pub(in crate::bash) fn run(compiled: &Compiled, tree: &Tree, text: &[u8], answer: &mut QueryAnswer) {
    let (Ok(query), QueryAnswer::Ran { found, cut, .. }) = (compiled, answer) else { return };
    let mut cursor = QueryCursor::new();
    cursor.set_match_limit(MOST_STATES);
    let mut captured = 0;
    let mut matches = cursor.matches(query, tree.root_node(), text);
    while let Some(one) = matches.next() {
        captured += one.captures().len();
        if captured > MOST_CAPTURES {
            *cut = true;
            break;
        }
        found.push(Found {
            pattern: u32::try_from(one.pattern_index).unwrap_or(u32::MAX),
            captures: one.captures().iter().map(|capture| (capture.index, place(capture.node))).collect(),
        });
    }
    drop(matches);
    *cut |= cursor.did_exceed_match_limit();
}
