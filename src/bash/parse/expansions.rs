//! `$x`, `$(...)`, backticks, `<(...)`; `${...}` and arithmetic are read in files of their own.

use super::lists::Until;
use super::parts::Parts;
use super::{Fault, Parser, Read, clamp};
use crate::bash::map::Map;
use crate::bash::syntax::{
    Parameter, ParameterOp, Part, PartKind, ProcessSubstitution, Sequence, Substitution,
};

impl Parser<'_> {
    /// What a dollar sign starts. `quoted`: within double quotes or a heredoc.
    pub(super) fn dollar(&mut self, quoted: bool, parts: &mut Parts) -> Read<()> {
        let start = self.at;
        while self.text.get(self.at + 1..).is_some_and(|rest| rest.starts_with(b"\\\n")) {
            self.at += 2;
        }
        let sign = self.at;
        let kind = match self.peek_at(1) {
            Some(b'(') => self.parenthesised()?,
            Some(b'{') => self.braced(quoted)?,
            Some(b'[') => self.bracketed()?,
            Some(b'\'') if !quoted => return self.ansi_quotes(parts),
            Some(b'"') if !quoted => return self.double_quotes(parts),
            Some(byte) if Self::starts_name(byte) => {
                self.at = self.name_end(sign + 1);
                variable(self.slice(sign + 1, self.at))
            }
            Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => {
                self.at += 2;
                variable(self.slice(sign + 1, self.at))
            }
            _ => {
                self.at = start + 1;
                parts.plain("$", self.span(start, self.at));
                return Ok(());
            }
        };
        parts.push(Part { kind, span: self.span(start, self.at) });
        Ok(())
    }

    /// `$((...))` or `$(...)`.
    fn parenthesised(&mut self) -> Read<PartKind> {
        if self.peek_at(2) == Some(b'(')
            && let Some(arithmetic) = self.double_parentheses(3)?
        {
            return Ok(PartKind::Arithmetic(arithmetic));
        }
        self.at += 2;
        let body = self.substitution()?;
        Ok(PartKind::Command(Substitution { body, backticks: false }))
    }

    /// The list of a substitution behind its parenthesis, and the one that closes it.
    fn substitution(&mut self) -> Read<Sequence> {
        let waiting = std::mem::take(&mut self.pending);
        let body = self.deeper(|parser| {
            parser.parentheses += 1;
            let body = parser.list(Until::PARENTHESIS);
            parser.parentheses -= 1;
            parser.close_parenthesis()?;
            Ok(body)
        });
        self.unclosed_heredocs();
        self.pending = waiting;
        body
    }

    /// `<(...)` and `>(...)`
    pub(super) fn process(&mut self, parts: &mut Parts) -> Read<()> {
        let start = self.at;
        let input = self.peek() == Some(b'<');
        self.at += 2;
        let body = self.substitution()?;
        let kind = PartKind::Process(ProcessSubstitution { body, input });
        parts.push(Part { kind, span: self.span(start, self.at) });
        Ok(())
    }

    /// Backticks: the backslashes that they eat go, then the text is read on its own.
    pub(super) fn backticks(&mut self, quoted: bool, parts: &mut Parts) -> Read<()> {
        let start = self.at;
        let mut at = start + 1;
        let mut escaped = false;
        loop {
            match self.text.get(at) {
                None => {
                    let reason = "the backtick that starts here is never closed";
                    self.at = self.text.len();
                    return Err(Fault { at: start, end: self.at, reason: reason.into() });
                }
                Some(b'`') => break,
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                Some(_) => at += 1,
            }
        }
        self.at = at + 1;
        let inside = self.slice(start + 1, at);
        let shift = Map::shifted(i64::from(clamp(start + 1)));
        let (text, map) = if escaped { unescaped(inside, quoted, shift) } else { (inside.to_owned(), shift) };
        let map = match &self.map {
            Some(outer) => outer.then(&map, clamp(text.len())),
            None => map,
        };
        let body = self.deeper(|parser| Ok(parser.nested(&text, map)))?;
        let kind = PartKind::Command(Substitution { body, backticks: true });
        parts.push(Part { kind, span: self.span(start, self.at) });
        Ok(())
    }

    /// Reads a text of its own, whose places `map` leads back.
    fn nested(&mut self, text: &str, map: Map) -> Sequence {
        let mut inner = Parser::new(text, Some(map), self.deepest);
        inner.posix = self.posix;
        inner.depth = self.depth;
        inner.arithmetics = self.arithmetics;
        inner.fuel = self.fuel;
        let body = inner.list(Until::default());
        inner.unclosed_heredocs();
        self.stopped = self.stopped.or(inner.stopped);
        self.fuel = inner.fuel;
        self.comments.append(&mut inner.comments);
        self.unread.append(&mut inner.unread);
        body
    }

    /// `${`
    fn braced(&mut self, quoted: bool) -> Read<PartKind> {
        let start = self.at;
        if matches!(self.peek_at(2), Some(b' ' | b'\t' | b'\n' | b'|')) {
            self.at += 3;
            let body = self.deeper(|parser| {
                let body = parser.list(Until::BRACE);
                parser.blanks();
                if parser.take(b"}") { Ok(body) } else { Err(parser.unclosed_expansion()) }
            })?;
            return Ok(PartKind::Command(Substitution { body, backticks: false }));
        }
        let mark = self.mark();
        self.at += 2;
        if let Some(parameter) = self.deeper(|parser| parser.parameter(quoted))? {
            return Ok(PartKind::Parameter(Box::new(parameter)));
        }
        self.back_to(mark)?;
        self.at += 2;
        self.bad_substitution(start, quoted)
    }

    /// What stands in `${...}` is none of bash's expansions: it fails when it runs.
    fn bad_substitution(&mut self, start: usize, quoted: bool) -> Read<PartKind> {
        let inside = self.at;
        self.deeper(|parser| parser.operand(quoted, false))?;
        self.at += 1;
        self.note(start, self.at, super::parameters::BAD_SUBSTITUTION);
        Ok(variable(self.slice(inside, self.at - 1)))
    }
}

/// The inside of backticks without the backslashes that they eat, and where its bytes come from.
fn unescaped(inside: &str, quoted: bool, shift: Map) -> (String, Map) {
    let raw = inside.as_bytes();
    let base = shift.at(0);
    let mut map = shift;
    let mut text: Vec<u8> = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        let next = raw.get(at + 1);
        if *byte == b'\\'
            && matches!(next, Some(b'$' | b'`' | b'\\' | b'"'))
            && (quoted || next != Some(&b'"'))
        {
            at += 1;
            let offset = i64::from(base) + i64::from(clamp(at)) - i64::from(clamp(text.len()));
            map.push(clamp(text.len()), offset);
            if next == Some(&b'"') {
                map.sign(clamp(text.len()));
            }
            text.push(raw[at]);
            at += 1;
            continue;
        }
        text.push(*byte);
        at += 1;
    }
    (String::from_utf8_lossy(&text).into_owned(), map)
}

/// `$name`
pub(super) fn variable(name: &str) -> PartKind {
    PartKind::Parameter(Box::new(Parameter {
        name: name.to_owned(),
        subscript: None,
        indirect: false,
        op: ParameterOp::Plain,
    }))
}
