//! Bash as text in, our own syntax out: the only module that knows a parser.
//!
//! Two parsers read every script. `shuck-parser` is lowered to [`syntax`]; tree-sitter-bash yields an independent
//! outline of the commands that must agree. What either could not read, or where they disagree, is an
//! [`Unread`] region: it may do anything, and nothing that rests on it is ever called clean.

pub mod syntax;

use crate::source::Span;
use syntax::Script;

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
