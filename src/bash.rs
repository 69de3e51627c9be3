//! Bash as text in, our own syntax out: the only module that knows a parser.
//!
//! Two parsers read every script. `shuck-parser` is lowered to [`syntax`]; tree-sitter-bash yields an independent
//! outline of the commands that must agree. What either could not read, or where they disagree, is an
//! [`Unread`] region: it may do anything, and nothing that rests on it is ever called clean.

mod ansi;
mod known_faults;
mod map;
mod outline;
mod parse;
mod regions;
pub mod syntax;
pub mod visit;
mod witness;

use crate::source::Span;
use syntax::Script;
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
pub fn read(text: &str, dialect: Dialect) -> Reading {
    parsed(text, dialect, |mut reading| {
        let disputes = witness::disputes(&reading.script, text, &reading.unread);
        regions::add(&mut reading, disputes);
        reading
    })
}

/// Parses a text without the second opinion: for the text that a command hands to another shell.
pub fn parse(text: &str) -> Reading {
    parsed(text, Dialect::Bash, |reading| reading)
}

/// Levels that are read on the stack of whoever asks; deeper texts get a stack of their own.
const SHALLOW: u32 = 50;

/// Stack of the thread that reads deep texts: far more than [`parse::DEEPEST`] levels use.
const STACK_BYTES: usize = 64 << 20;

/// Parses a text, then does `more`, where neither can overflow the stack.
fn parsed(text: &str, dialect: Dialect, more: impl Fn(Reading) -> Reading + Send + Sync) -> Reading {
    let read = |deepest| {
        let parsed = parse::parse(text, dialect, deepest);
        let too_deep = parsed.unread.iter().any(|region| region.reason == parse::TOO_DEEP);
        (deepest == SHALLOW && too_deep, parsed)
    };
    let (again, parsed) = read(SHALLOW);
    if !again {
        return more(regions::settle(parsed, text));
    }
    drop(parsed);
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || more(regions::settle(read(parse::DEEPEST).1, text)))
            .ok()
            .and_then(|thread| thread.join().ok())
    })
    .unwrap_or_else(|| regions::nothing_read(text, regions::PARSER_FAILED))
}
