//! Words: their parts, and the expansions among them.

use crate::source::Span;

use super::{Arithmetic, Sequence, Subscript};

/// A word: parts side by side.
#[derive(Debug, Clone, Default)]
pub struct Word {
    /// The parts; none for an empty word.
    pub parts: Vec<Part>,
    /// Whether an unquoted brace expansion is in it.
    pub braces: bool,
    /// Its bytes.
    pub span: Span,
}

/// A part of a word.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Its bytes.
    pub span: Span,
}

/// The kinds of word parts.
#[derive(Debug, Clone)]
pub enum PartKind {
    /// Unquoted text without backslashes; glob characters are active. Inside double quotes and heredocs: plain text.
    Literal(String),
    /// Text that a backslash, `'...'` or `$'...'` quotes, decoded.
    Quoted(String),
    /// `"..."` and `$"..."`
    DoubleQuoted(Vec<Part>),
    /// `$x`, `${...}`
    Parameter(Box<Parameter>),
    /// `$(...)` and backticks
    Command(Substitution),
    /// `$((...))`, `$[...]`
    Arithmetic(Arithmetic),
    /// `<(...)`, `>(...)`
    Process(ProcessSubstitution),
}

/// `$(...)`.
#[derive(Debug, Clone, Default)]
pub struct Substitution {
    /// What runs.
    pub body: Sequence,
    /// Whether it is written with backticks.
    pub backticks: bool,
}

/// `<(...)` or `>(...)`.
#[derive(Debug, Clone)]
pub struct ProcessSubstitution {
    /// What runs.
    pub body: Sequence,
    /// `<(...)`: the command reads what the body prints.
    pub input: bool,
}

/// A parameter expansion.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The parameter: a name, a digit, or one of `@ * # ? - $ !`.
    pub name: String,
    /// The subscript.
    pub subscript: Option<Subscript>,
    /// `${!x...}`: the value of `x` names the parameter.
    pub indirect: bool,
    /// The operator.
    pub op: ParameterOp,
}

/// The operators of `${...}`.
#[derive(Debug, Clone)]
pub enum ParameterOp {
    /// None.
    Plain,
    /// `${#x}`
    Length,
    /// `${!x[@]}`
    Keys,
    /// `${!prefix@}`
    Names,
    /// `${x:-w}`, `${x-w}`: `colon` tells them apart.
    Default {
        /// Whether empty counts as unset.
        colon: bool,
        /// The other value.
        word: Word,
    },
    /// `${x:=w}`
    Assign {
        /// Whether empty counts as unset.
        colon: bool,
        /// The other value.
        word: Word,
    },
    /// `${x:+w}`
    Alternate {
        /// Whether empty counts as unset.
        colon: bool,
        /// The value where it is set.
        word: Word,
    },
    /// `${x:?w}`
    Error {
        /// Whether empty counts as unset.
        colon: bool,
        /// The message.
        word: Word,
    },
    /// `${x#p}`, `${x##p}`
    TrimPrefix {
        /// The pattern.
        pattern: Word,
    },
    /// `${x%p}`, `${x%%p}`
    TrimSuffix {
        /// The pattern.
        pattern: Word,
    },
    /// `${x/p/r}`, `${x//p/r}`
    Replace {
        /// Whether every match goes.
        all: bool,
        /// The pattern.
        pattern: Word,
        /// The replacement.
        replacement: Word,
    },
    /// `${x^p}`, `${x^^p}`, `${x,p}`, `${x,,p}`
    Case {
        /// The operator as written.
        op: &'static str,
        /// Which characters change; empty for all.
        pattern: Word,
    },
    /// `${x:o:l}`
    Slice {
        /// The offset.
        offset: Arithmetic,
        /// The length.
        length: Option<Arithmetic>,
    },
    /// `${x@Q}`: the letter.
    Transform(char),
}
