//! `shuck-parser`'s tree, lowered once to our own syntax.
//!
//! Statements and the places of words are taken from shuck. Everything inside a word is checked against the bytes: an
//! expansion must stand where the tree says, begin and end with its own signs, and the text between must hold none.
//! Where that fails the text is parsed anew on its own; where that fails too it is an unread region. This module
//! never guesses and never leaves out.

mod arithmetic;
mod commands;
mod compound;
mod conditional;
mod parameters;
mod redirects;
mod words;

use shuck_ast as ast;
use shuck_parser::parser::{ParseStatus, Parser, ShellDialect, ShellProfile};

use super::limits;
use super::map::Map;
use super::syntax::{Script, Sequence, Statement};
use super::{Dialect, Unread};
use crate::source::Span;

/// Levels of texts parsed anew within texts parsed anew (backticks within backticks); more is an unread region.
const MAX_NESTED_TEXTS: u32 = 12;

/// What one text lowers to.
pub(super) struct Lowered {
    pub(super) script: Script,
    /// Regions as narrow as they are known; not yet widened to statements.
    pub(super) unread: Vec<Unread>,
}

/// Parses and lowers a whole text.
pub(super) fn lower(text: &str, dialect: Dialect) -> Lowered {
    let mut source = without_late_descriptors(without_escaped_braces(text));
    let mut rounds = 0;
    let (script, mut out) = loop {
        let mut out =
            Out { unread: Vec::new(), comments: Vec::new(), hide: Vec::new(), heredocs: Vec::new(), dialect };
        let body = nested(&source, text, Map::shifted(0), 0, &mut out);
        let mut comments = std::mem::take(&mut out.comments);
        comments.sort_unstable();
        comments.dedup();
        let script = Script { body, comments };
        for gap in super::coverage::gaps(&script, &out.heredocs, text) {
            let reason =
                if gap.slice(text).contains('\r') { CARRIAGE_RETURN } else { super::coverage::REASON };
            out.unread.push(Unread { span: gap, reason: reason.to_owned() });
            stray_braces(&source, gap, &mut out.hide);
        }
        out.hide.retain(|at| matches!(source.as_bytes().get(*at as usize), Some(b'{' | b'}')));
        rounds += 1;
        if out.hide.is_empty() || rounds > MAX_ROUNDS {
            break (script, out);
        }
        for at in out.hide {
            source.replace_range(at as usize..=at as usize, HIDDEN);
        }
    };
    super::strict::check(&script, text, &mut out.unread);
    for (at, _) in text.match_indices('\0') {
        let at = clamp(at);
        out.unread.push(Unread { span: Span::new(at, at + 1), reason: NUL.to_owned() });
    }
    for at in out.hide {
        let reason = "too many unbalanced braces: quote them".to_owned();
        out.unread.push(Unread { span: Span::new(at, at + 1), reason });
    }
    out.unread.sort_by_key(|region| (region.span, region.reason.clone()));
    out.unread.dedup();
    Lowered { script, unread: out.unread }
}

/// How often a text is read again with more braces hidden.
const MAX_ROUNDS: u32 = 50;

/// What stands for a hidden brace: an ordinary character of the same length.
const HIDDEN: &str = "_";

/// Hides braces after a backslash, at which shuck ends words. Literal text is read from the original all the same.
fn without_escaped_braces(text: &str) -> String {
    let mut bytes: Vec<char> = Vec::with_capacity(text.len());
    let mut escaped = false;
    for character in text.chars() {
        bytes.push(if escaped && matches!(character, '{' | '}') { '_' } else { character });
        escaped = character == '\\' && !escaped;
    }
    bytes.into_iter().collect()
}

/// Hides the descriptor of `done 3<<EOF`, which shuck takes for a word. The redirection finds it again.
fn without_late_descriptors(source: String) -> String {
    let ends = ["done", "fi", "esac", "}", ")", "]]"];
    let mut bytes = source.clone().into_bytes();
    for (at, _) in source.match_indices("<<") {
        let before = source.get(..at).unwrap_or_default();
        let blanks = before.trim_end_matches(|c: char| c.is_ascii_digit());
        let word = blanks.trim_end_matches([' ', '\t']);
        if blanks.len() < before.len()
            && word.len() < blanks.len()
            && ends.iter().any(|end| word.ends_with(end))
        {
            bytes.get_mut(blanks.len()..at).unwrap_or_default().fill(b' ');
        }
    }
    String::from_utf8(bytes).unwrap_or(source)
}

/// shuck ends a word at some braces. Where a gap starts right at a word's end, the braces of that word, and the one
/// that the gap starts with, are to be hidden. Those of `${...}` stay.
fn stray_braces(source: &str, gap: Span, hide: &mut Vec<u32>) {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')');
    let bytes = source.as_bytes();
    let from = gap.start as usize;
    if !gap.is_empty() && bytes.get(from).is_none_or(blank) {
        return;
    }
    let start = bytes.get(..from).and_then(|before| before.iter().rposition(blank)).map_or(0, |at| at + 1);
    let end =
        bytes.get(from..).and_then(|after| after.iter().position(blank)).map_or(bytes.len(), |at| from + at);
    if start == from {
        return;
    }
    let mut expansions = 0;
    for at in start..end {
        match bytes[at] {
            b'{' if at > start && bytes[at - 1] == b'$' => expansions += 1,
            b'}' if expansions > 0 => expansions -= 1,
            b'{' | b'}' => hide.push(clamp(at)),
            _ => {}
        }
    }
}

/// What lowering gathers beside the tree.
struct Out {
    unread: Vec<Unread>,
    comments: Vec<Span>,
    /// Braces to hide before the text is read again.
    hide: Vec<u32>,
    /// Heredocs from the start of the body to the end of the delimiter's line, as offsets in the original.
    heredocs: Vec<Span>,
    dialect: Dialect,
}

/// Parses `source` and lowers it; `literal` is the same text with nothing masked.
fn nested(source: &str, literal: &str, map: Map, depth: u32, out: &mut Out) -> Sequence {
    let whole = map.span(Span::new(0, clamp(source.len())));
    if depth > MAX_NESTED_TEXTS {
        out.unread.push(Unread { span: whole, reason: TOO_DEEP.to_owned() });
        return Sequence { statements: Vec::new(), span: whole };
    }
    let parsed = parser(source, out.dialect).parse();
    if parsed.status != ParseStatus::Clean {
        if parsed.diagnostics.is_empty() {
            let message = parsed.terminal_error.as_ref().map_or_else(String::new, ToString::to_string);
            out.unread.push(Unread { span: whole, reason: diagnosis(&message) });
        }
        for diagnostic in &parsed.diagnostics {
            let span = map.span(clamped(plain(diagnostic.span), source));
            out.unread.push(Unread { span, reason: diagnosis(&diagnostic.message) });
        }
    }
    let mut lowering = Lowering { source, literal, map, depth, out, fallback: false, shallow: false };
    lowering.sequence(&parsed.file.body)
}

/// The reason for text that is nested beyond what is read.
pub(super) const TOO_DEEP: &str =
    "nested too deeply to be read: move the inner part into a function or a variable";

const CARRIAGE_RETURN: &str =
    "a carriage return stands at the end of a line: convert the file to LF line ends";

const NUL: &str = "a NUL byte stands in this text: bash drops it; remove it";

fn diagnosis(message: &str) -> String {
    if message.contains("too deep") || message.contains("too long") {
        return TOO_DEEP.to_owned();
    }
    if message.contains("fuel") {
        return "this text is too long to be read: split it".to_owned();
    }
    let message = message.strip_prefix("syntax error: ").unwrap_or(message);
    if message.is_empty() {
        return "bash cannot parse this: correct the syntax (`bash -n` names the place)".to_owned();
    }
    format!("this does not parse as bash ({message}): correct the syntax (`bash -n` names the place)")
}

/// A parser with budgets of our own: shuck's allow a text of many short lines too little.
fn parser(source: &str, dialect: Dialect) -> Parser<'_> {
    let profile = ShellProfile::native(shuck_dialect(dialect));
    Parser::with_limits_and_profile(source, limits::MAX_TREE_DEPTH, limits::fuel(source), profile)
}

fn shuck_dialect(dialect: Dialect) -> ShellDialect {
    match dialect {
        Dialect::Posix => ShellDialect::Posix,
        Dialect::Bash | Dialect::Ksh => ShellDialect::Bash,
    }
}

/// One text being lowered. Spans of the tree are offsets in `source`; `map` leads them to the original.
struct Lowering<'s, 'o> {
    /// What shuck saw.
    source: &'s str,
    /// The same, with nothing masked: what literal text is read from.
    literal: &'s str,
    map: Map,
    depth: u32,
    out: &'o mut Out,
    /// Whether this text is being parsed anew because its tree was wrong: then a fault is final.
    fallback: bool,
    /// Whether bodies of substitutions are left empty: in the words of an arithmetic shape, whose text has them.
    shallow: bool,
}

impl Lowering<'_, '_> {
    /// Leads a span of this text to the original.
    fn span(&self, span: Span) -> Span {
        self.map.span(span)
    }

    fn unread(&mut self, span: Span, reason: impl Into<String>) {
        let span = self.span(span);
        self.out.unread.push(Unread { span, reason: reason.into() });
    }

    /// Marks text whose tree contradicts its bytes.
    fn lost(&mut self, span: Span) {
        self.unread(span, "the inside of this word could not be read reliably: split it into simpler steps");
    }

    fn slice(&self, span: Span) -> &str {
        span.slice(self.source)
    }

    fn comments(&mut self, comments: &[ast::Comment]) {
        for comment in comments {
            let span = range(*comment);
            let text = self.slice(span);
            if text.starts_with('#') {
                let end = span.start + clamp(text.find('\n').unwrap_or(text.len()));
                let span = self.span(Span::new(span.start, end));
                self.out.comments.push(span);
            }
        }
    }

    /// Statements one after another.
    fn sequence(&mut self, sequence: &ast::StmtSeq) -> Sequence {
        self.comments(&sequence.leading_comments);
        let mut statements: Vec<Statement> = Vec::with_capacity(sequence.stmts.len());
        for statement in &sequence.stmts {
            statements.push(self.statement(statement));
        }
        self.comments(&sequence.trailing_comments);
        let span = if let (Some(first), Some(last)) = (statements.first(), statements.last()) {
            first.span.to(last.span)
        } else {
            let at = self.map.at(plain(sequence.span).start);
            Span::new(at, at)
        };
        Sequence { statements, span }
    }
}

/// A span of shuck's as ours, still in the coordinates of the text that shuck saw.
fn plain(span: ast::Span) -> Span {
    Span::new(clamp(span.start.offset()), clamp(span.end.offset()))
}

fn range(comment: ast::Comment) -> Span {
    Span::new(clamp(usize::from(comment.range.start())), clamp(usize::from(comment.range.end())))
}

fn clamped(span: Span, source: &str) -> Span {
    let len = clamp(source.len());
    Span::new(span.start.min(len), span.end.min(len))
}

/// An offset as `u32`; texts of 4 GiB and more never get here.
fn clamp(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
