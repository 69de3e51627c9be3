//! Lists, statements and pipelines.

use super::{Fault, Parser, Read};
use crate::bash::syntax::{
    Command, Fd, ListOp, Part, PartKind, Pipeline, Redirect, RedirectOp, Sequence, Statement, Target, Word,
};
use crate::source::Span;

/// What ends a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Until {
    /// Reserved words, as bits of their place in [`ENDS`].
    words: u8,
    /// `)`
    pub(super) parenthesis: bool,
    /// `;;`, `;&`, `;;&`
    pub(super) arm: bool,
    /// `}`, whatever follows it: the end of `${ list; }`.
    brace: bool,
}

/// Reserved words that end lists.
const ENDS: [&str; 8] = ["then", "elif", "else", "fi", "do", "done", "esac", "}"];

impl Until {
    /// A list that one of these words ends.
    pub(super) const fn words(words: &[&str]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < words.len() {
            let mut index = 0;
            while index < ENDS.len() {
                if same(words[at], ENDS[index]) {
                    bits |= 1 << index;
                }
                index += 1;
            }
            at += 1;
        }
        Self { words: bits, parenthesis: false, arm: false, brace: false }
    }

    /// A list in parentheses.
    pub(super) const PARENTHESIS: Self = Self { words: 0, parenthesis: true, arm: false, brace: false };

    /// The list of an arm of `case`.
    pub(super) const ARM: Self = Self { arm: true, ..Self::words(&["esac"]) };

    /// The list of `${ list; }`.
    pub(super) const BRACE: Self = Self { words: 0, parenthesis: false, arm: false, brace: true };

    fn holds(self, index: usize) -> bool {
        self.words & (1 << index) != 0
    }

    fn and(self, other: Self) -> Self {
        Self {
            words: self.words | other.words,
            parenthesis: self.parenthesis || other.parenthesis,
            arm: self.arm || other.arm,
            brace: self.brace || other.brace,
        }
    }
}

/// Whether two words are the same, at compile time.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

impl Parser<'_> {
    /// Statements up to what ends the list, which is left standing. What breaks is noted, and reading goes on.
    pub(super) fn list(&mut self, until: Until) -> Sequence {
        let outer = self.open;
        self.open = if until.parenthesis || until.brace { until } else { outer.and(until) };
        let mut statements = Vec::new();
        let start = self.at;
        while self.stopped.is_none() {
            let from = self.at;
            let mut begins = from;
            let read = self.lines().and_then(|()| {
                // Bodies of heredocs may stand in between.
                begins = self.at;
                if self.ends(until) {
                    return Ok(None);
                }
                let statement = self.statement()?;
                Ok(Some(statement))
            });
            match read {
                Ok(Some(statement)) => statements.push(statement),
                Ok(None) => break,
                Err(_) if self.stopped.is_some() => break,
                Err(fault) => self.recover(from, begins, fault),
            }
        }
        self.open = outer;
        let span = match (statements.first(), statements.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => self.span(start, start),
        };
        Sequence { statements, span }
    }

    /// The list of a construct that must hold a statement.
    pub(super) fn body(&mut self, until: Until, of: &str) -> Read<Sequence> {
        let start = self.at;
        let noted = self.unread.len();
        let body = self.list(until);
        if body.statements.is_empty() && self.unread.len() == noted && self.stopped.is_none() {
            let reason = format!("this {of} holds no command: bash does not accept that, write `:` there");
            return Err(Fault { at: start, end: self.token_end(), reason: reason.into() });
        }
        Ok(body)
    }

    /// Whether the list ends here: at the end of the text, at what ends it, or at what ends a list around it.
    fn ends(&self, until: Until) -> bool {
        match self.peek() {
            None => true,
            Some(b')') => until.parenthesis || self.parentheses > 0,
            Some(b';') => self.open.arm && matches!(self.peek_second(), Some(b';' | b'&')),
            Some(b'}') if self.open.brace => true,
            Some(b'}' | b't' | b'e' | b'f' | b'd' | b'\\') => self.ending_word(self.open),
            Some(_) => false,
        }
    }

    fn ending_word(&self, until: Until) -> bool {
        until.words != 0
            && ENDS.iter().enumerate().any(|(index, word)| until.holds(index) && self.is_word(word).is_some())
    }

    /// Whether reading can go on here after a break: at what ends one of the lists around.
    pub(super) fn at_an_end(&self) -> bool {
        self.ends(self.open)
    }

    /// A statement with the `;` or `&` that ends it.
    fn statement(&mut self) -> Read<Statement> {
        if let Some((word, end)) = self.reserved(&ENDS) {
            let reason = format!("`{word}` stands here without what it ends: remove it, or open it before");
            return Err(self.broken_at(end, reason));
        }
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            self.blanks();
            let op = if self.operator(b"&&") {
                ListOp::And
            } else if self.operator(b"||") {
                ListOp::Or
            } else {
                break;
            };
            self.lines()?;
            rest.push((op, self.pipeline()?));
        }
        let span = rest.last().map_or(first.span, |(_, last)| first.span.to(last.span));
        let background = self.separator()?;
        Ok(Statement { first, rest, background, span })
    }

    /// What ends a statement. Returns whether it is `&`.
    fn separator(&mut self) -> Read<bool> {
        match self.peek() {
            Some(b';') if self.open.arm && matches!(self.peek_second(), Some(b';' | b'&')) => Ok(false),
            Some(b';') if self.peek_second() != Some(b';') => {
                self.at += 1;
                Ok(false)
            }
            Some(b'&') => {
                self.at += 1;
                Ok(true)
            }
            None | Some(b'\n') => Ok(false),
            _ if self.at_an_end() => Ok(false),
            _ => {
                let name = self.token_name();
                let reason = format!("{name} cannot follow what stands before it: bash does not accept this");
                Err(self.broken_at(self.token_end(), reason))
            }
        }
    }

    fn pipeline(&mut self) -> Read<Pipeline> {
        let start = self.at;
        let mut pipeline =
            Pipeline { negated: false, timed: false, stages: Vec::new(), span: Span::default() };
        let end = self.prefixes(&mut pipeline);
        if end == start || !self.no_command_here() {
            pipeline.stages.push(self.command()?);
            self.stages(&mut pipeline.stages)?;
        }
        let prefix = (end > start).then(|| self.span(start, end));
        let commands = pipeline.stages.first().zip(pipeline.stages.last());
        let commands = commands.map(|(first, last)| first.span.to(last.span));
        pipeline.span = match (prefix, commands) {
            (Some(prefix), Some(commands)) => prefix.to(commands),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => self.span(start, start),
        };
        Ok(pipeline)
    }

    /// `!` and `time` with its options. Returns where the last of them ends.
    fn prefixes(&mut self, pipeline: &mut Pipeline) -> usize {
        let mut end = self.at;
        loop {
            if self.is_word("!").is_some() && !(self.peek_at(1) == Some(b'(') && self.extended()) {
                self.at += 1;
                pipeline.negated = !pipeline.negated;
            } else if self.take_word("time") {
                pipeline.timed = true;
                end = self.at;
                self.blanks();
                if self.take_word("-p") {
                    end = self.at;
                    self.blanks();
                }
                if self.take_word("--") {
                    end = self.at;
                    self.blanks();
                }
                continue;
            } else {
                return end;
            }
            end = self.at;
            self.blanks();
        }
    }

    /// Whether a lone `!` or `time` ends here.
    fn no_command_here(&self) -> bool {
        match self.peek() {
            None | Some(b'\n' | b';' | b')') => true,
            Some(b'&') => self.peek_at(1) != Some(b'>'),
            _ => false,
        }
    }

    fn stages(&mut self, stages: &mut Vec<Command>) -> Read<()> {
        loop {
            self.blanks();
            let mark = self.at;
            if self.operator(b"||") {
                self.at = mark;
                return Ok(());
            }
            if self.operator(b"|&") {
                let span = self.span(mark, mark);
                if let Some(before) = stages.last_mut() {
                    before.redirects.push(both_into_pipe(span));
                }
            } else if !self.operator(b"|") {
                return Ok(());
            }
            self.lines()?;
            stages.push(self.command()?);
        }
    }

    /// A break at the token that starts here; reading goes on at `end`.
    pub(super) fn broken_at(
        &mut self,
        end: usize,
        reason: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Fault {
        Fault { at: self.at, end, reason: reason.into() }
    }
}

/// What `|&` means: `2>&1` after all other redirections of the stage before it.
fn both_into_pipe(span: Span) -> Redirect {
    let one = Part { kind: PartKind::Literal("1".to_owned()), span };
    Redirect {
        fd: Some(Fd::Number(2)),
        op: RedirectOp::DuplicateOutput,
        target: Target::Word(Word { parts: vec![one], braces: false, span }),
        span,
    }
}
