//! Bash as text in, our own syntax out: the only module that knows a parser.
//!
//! Two parsers read every script. Our own makes [`syntax`] of it; tree-sitter-bash yields an independent
//! outline of the commands that must agree. What either could not read, or where they disagree, is an
//! [`Unread`] region: it may do anything, and nothing that rests on it is ever called clean.

mod ansi;
mod known_faults;
mod limits;
mod map;
mod outline;
mod parse;
mod places;
mod plain;
pub mod query;
mod regions;
pub mod syntax;
mod testimony;
pub mod visit;
mod witness;

use std::panic::AssertUnwindSafe;

use crate::source::Span;
pub use plain::{counts_bytes, is_name, is_shells_own};
use query::{Query, Searched};
use syntax::Script;
pub use testimony::{InProcess, Pending, Question, SecondParser, Silence, Testimony, Witness};
pub use visit::command_words;

/// What one text turned out to say.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The script, as far as it was understood.
    pub script: Script,
    /// What was not: sorted by place.
    pub unread: Vec<Unread>,
}

/// A region that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The smallest statement around it.
    pub span: Span,
    /// Why, in words that tell what to rewrite.
    pub reason: String,
}

/// Which shell a text is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// bash
    #[default]
    Bash,
    /// sh, dash, ash
    Posix,
    /// ksh, mksh
    Ksh,
}

/// Reads a text with both parsers: what they do not agree on is unread, as is what neither understands.
pub fn read(text: &str, dialect: Dialect, witness: &dyn Witness) -> Reading {
    search(text, dialect, witness, &[]).reading
}

/// Reads a text and runs queries on the second parser's tree of it.
pub fn search(text: &str, dialect: Dialect, witness: &dyn Witness, queries: &[Query]) -> Searched {
    let queries: Vec<_> = queries.iter().map(|query| query.text.clone()).collect();
    let count = queries.len();
    // Asked first, so that both parsers work at the same time.
    let answer = witness.ask(Question { texts: vec![text.as_bytes().to_vec()], queries });
    parsed(text, dialect, |mut reading| {
        let mut heard = answer.wait();
        let misread = if count > 0 { query::misread(&heard, &reading, text) } else { Vec::new() };
        let whole = match &mut heard {
            Ok(testimony) => testimony.outlines.pop().flatten().ok_or(Silence::GaveUp),
            Err(silence) => Err(silence.clone()),
        };
        let disputes = witness::disputes(&reading.script, text, &reading.unread, &whole, witness);
        regions::add(&mut reading, disputes);
        query::sift(&heard, misread, reading, text, count)
    })
    .unwrap_or_else(|| query::nothing_searched(regions::nothing_read(text, regions::PARSER_FAILED), count))
}

/// Parses a text without the second opinion: for the text that a command hands to another shell.
pub fn parse(text: &str) -> Reading {
    parsed(text, Dialect::Bash, |reading| reading)
        .unwrap_or_else(|| regions::nothing_read(text, regions::PARSER_FAILED))
}

/// Whether two readings are whole and of the same commands: their comments, blank space and places may differ.
pub fn same_commands(one: &Reading, other: &Reading) -> bool {
    // The syntax prints as what it is: without the places, equal prints are equal trees.
    let commands = |reading: &Reading| places::without(&format!("{:?}", reading.script.body));
    one.unread.is_empty() && other.unread.is_empty() && commands(one) == commands(other)
}

/// Levels that are read on the stack of whoever asks; deeper texts get a stack of their own.
const SHALLOW: u32 = 50;

/// Stack of the thread that reads deep texts: far more than [`parse::DEEPEST`] levels use.
const STACK_BYTES: usize = 64 << 20;

/// Parses a text, then does `more`, where neither can overflow the stack. `None` where a parser failed.
fn parsed<R: Send>(text: &str, dialect: Dialect, more: impl FnOnce(Reading) -> R + Send) -> Option<R> {
    let shallow = AssertUnwindSafe(|| parse::parse(text, dialect, SHALLOW));
    let first = std::panic::catch_unwind(shallow).ok()?;
    if !first.unread.iter().any(|region| region.reason == parse::TOO_DEEP) {
        return Some(more(regions::settle(first, text)));
    }
    drop(first);
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || more(regions::settle(parse::parse(text, dialect, parse::DEEPEST), text)))
            .ok()
            .and_then(|thread| thread.join().ok())
    })
}
