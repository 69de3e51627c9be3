//! Our own parser of bash: text in, [`syntax`](super::syntax) out, in one pass over the bytes.
//!
//! It follows bash's own `parse.y` where the manual is silent: reserved words count only where a command may start,
//! `((` is arithmetic only where it ends in `))`, a heredoc's body starts after the next line feed that is a token.
//! A statement that breaks becomes an unread region, and reading goes on behind it. Time is linear in the text:
//! nothing is read more than a bounded number of times, and what is nested too deeply ends the reading.

mod arithmetic;
mod arrays;
mod case;
mod commands;
mod compound;
mod conditional;
mod cursor;
mod expansions;
mod expression;
mod heredocs;
mod lists;
mod parameters;
mod parts;
mod quotes;
mod recover;
mod redirects;
mod simple;
mod words;

use std::borrow::Cow;

use super::map::Map;
use super::syntax::Script;
use super::{Dialect, Unread};
use crate::source::Span;
use heredocs::Pending;
use lists::Until;

/// What one text reads as.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) script: Script,
    /// Regions that break, as narrow as they are known.
    pub(super) unread: Vec<Unread>,
}

/// Levels of constructs within constructs that are read; scripts that people wrote stay below 40.
pub(super) const DEEPEST: u32 = 250;

/// How often a byte may be read again, all in all: `((` is tried as arithmetic first, each level of it anew.
const MAX_REREADS_PER_BYTE: usize = 64;

/// Parses a whole text, down to `deepest` levels.
pub(super) fn parse(text: &str, dialect: Dialect, deepest: u32) -> Parsed {
    let mut parser = Parser::new(text, None, deepest);
    parser.posix = dialect == Dialect::Posix;
    parser.fuel = 100_000_usize.saturating_add(text.len().saturating_mul(MAX_REREADS_PER_BYTE));
    parser.script()
}

/// Why a construct could not be read.
#[derive(Debug)]
struct Fault {
    /// Where it breaks.
    at: usize,
    /// After the token that breaks it.
    end: usize,
    /// What is wrong, and what to write.
    reason: Cow<'static, str>,
}

type Read<T> = Result<T, Fault>;

/// Why what is nested beyond [`DEEPEST`] is unread.
pub(super) const TOO_DEEP: &str =
    "nested too deeply to be read: move the inner part into a function or a variable";

const NUL: &str = "a NUL byte stands in this text: bash drops it; remove it";

const TOO_LONG: &str = "this takes too long to be read: put spaces between its parentheses, or split it";

struct Parser<'t> {
    /// What is read: the whole text, or up to the end of the heredoc's body that is being read.
    text: &'t [u8],
    /// The whole text.
    whole: &'t str,
    /// The next byte.
    at: usize,
    /// Leads places back to the original, where the text is not the original itself.
    map: Option<Map>,
    /// Whether the shell is one of those for which `'` is a plain character in `"${x:-it's}"`; bash's must be closed.
    posix: bool,
    depth: u32,
    deepest: u32,
    /// Arithmetic texts around.
    arithmetics: u32,
    /// Steps left for what is read again.
    fuel: usize,
    /// Why the reading ends here, where it does: too deep or too long.
    stopped: Option<&'static str>,
    /// Where patterns such as `!(x)` start to be read as bash reads them with `extglob`.
    extended_from: usize,
    /// What ends the lists around, as far as no parenthesis stands between.
    open: Until,
    /// Parentheses around that `)` may close.
    parentheses: u32,
    /// Heredocs whose bodies start after the next line feed.
    pending: Vec<Pending>,
    comments: Vec<Span>,
    unread: Vec<Unread>,
}

impl<'t> Parser<'t> {
    fn new(whole: &'t str, map: Option<Map>, deepest: u32) -> Self {
        Self {
            text: whole.as_bytes(),
            whole,
            at: 0,
            map,
            posix: false,
            depth: 0,
            deepest,
            arithmetics: 0,
            fuel: 0,
            stopped: None,
            extended_from: whole.find("extglob").unwrap_or(usize::MAX),
            open: Until::default(),
            parentheses: 0,
            pending: Vec::new(),
            comments: Vec::new(),
            unread: Vec::new(),
        }
    }

    fn script(mut self) -> Parsed {
        let body = self.list(Until::default());
        if self.stopped.is_some() || self.at < self.text.len() {
            let span = self.span(self.at, self.whole.len());
            self.unread.push(Unread { span, reason: self.stopped.unwrap_or(TOO_DEEP).to_owned() });
        }
        self.unclosed_heredocs();
        for (at, _) in self.whole.match_indices('\0') {
            self.note(at, at + 1, NUL);
        }
        let mut comments = std::mem::take(&mut self.comments);
        comments.sort_unstable();
        comments.dedup();
        Parsed { script: Script { body, comments }, unread: self.unread }
    }

    /// Reads something one level further in.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= self.deepest {
            self.stopped = Some(TOO_DEEP);
        }
        if let Some(reason) = self.stopped {
            return Err(self.fault(reason));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Takes a reading back, as far as [`Parser::fuel`] goes.
    fn back_to(&mut self, mark: Mark) -> Read<()> {
        let again = self.at.saturating_sub(mark.at);
        self.at = mark.at;
        self.comments.truncate(mark.comments);
        self.unread.truncate(mark.unread);
        self.pending.truncate(mark.pending);
        let Some(fuel) = self.fuel.checked_sub(again) else {
            self.stopped = Some(TOO_LONG);
            return Err(self.fault(TOO_LONG));
        };
        self.fuel = fuel;
        Ok(())
    }

    fn mark(&self) -> Mark {
        Mark {
            at: self.at,
            comments: self.comments.len(),
            unread: self.unread.len(),
            pending: self.pending.len(),
        }
    }

    /// A span of this text as one of the original.
    fn span(&self, start: usize, end: usize) -> Span {
        let span = Span::new(clamp(start), clamp(end));
        self.map.as_ref().map_or(span, |map| map.span(span))
    }

    /// Text of this text.
    fn slice(&self, start: usize, end: usize) -> &'t str {
        self.whole.get(start..end).unwrap_or_default()
    }

    fn fault(&self, reason: impl Into<Cow<'static, str>>) -> Fault {
        Fault { at: self.at, end: self.at, reason: reason.into() }
    }

    /// Marks a region without ending the statement.
    fn note(&mut self, start: usize, end: usize, reason: &str) {
        let span = self.span(start, end);
        self.unread.push(Unread { span, reason: reason.to_owned() });
    }
}

/// A place to go back to.
#[derive(Clone, Copy)]
struct Mark {
    at: usize,
    comments: usize,
    unread: usize,
    pending: usize,
}

/// An offset as `u32`; texts of 4 GiB and more never get here.
fn clamp(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
