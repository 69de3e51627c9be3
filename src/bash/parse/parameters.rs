//! `${...}`: every operator with its operands.

use super::arithmetic::End;
use super::{Parser, Read};
use crate::bash::syntax::{Parameter, ParameterOp, Subscript, Word};

/// Why such an expansion is unread.
pub(super) const BAD_SUBSTITUTION: &str = "bash has no such expansion and fails when it gets here (bad substitution): correct what stands in `${ }`";

impl Parser<'_> {
    /// What stands behind `${`, with the `}`; `None` where bash knows no such expansion.
    pub(super) fn parameter(&mut self, quoted: bool) -> Read<Option<Parameter>> {
        match self.peek() {
            Some(b'#') => {
                let mark = self.mark();
                self.at += 1;
                if let Some((name, subscript)) = self.name_and_subscript()?
                    && self.take(b"}")
                {
                    let op = ParameterOp::Length;
                    return Ok(Some(Parameter { name, subscript, indirect: false, op }));
                }
                self.back_to(mark)?;
            }
            Some(b'!') => {
                let mark = self.mark();
                self.at += 1;
                let named = self.peek().is_some_and(Self::starts_name);
                if let Some((name, subscript)) = self.name_and_subscript()? {
                    let special = name.bytes().all(|byte| !byte.is_ascii_alphanumeric() && byte != b'_');
                    if !special || self.peek() == Some(b'}') || matches!(name.as_str(), "@" | "*" | "#") {
                        return self.indirect(name, subscript, named, quoted);
                    }
                }
                self.back_to(mark)?;
            }
            _ => {}
        }
        let Some((name, subscript)) = self.name_and_subscript()? else { return Ok(None) };
        let Some(op) = self.operation(quoted)? else { return Ok(None) };
        Ok(Some(Parameter { name, subscript, indirect: false, op }))
    }

    /// Behind `${!name`.
    fn indirect(
        &mut self,
        name: String,
        subscript: Option<Subscript>,
        named: bool,
        quoted: bool,
    ) -> Read<Option<Parameter>> {
        let all = matches!(subscript, Some(Subscript::All | Subscript::Star));
        if all && self.take(b"}") {
            return Ok(Some(Parameter { name, subscript, indirect: false, op: ParameterOp::Keys }));
        }
        if named && subscript.is_none() && (self.take(b"@}") || self.take(b"*}")) {
            return Ok(Some(Parameter { name, subscript, indirect: false, op: ParameterOp::Names }));
        }
        let op = self.operation(quoted)?;
        Ok(op.map(|op| Parameter { name, subscript, indirect: true, op }))
    }

    fn name_and_subscript(&mut self) -> Read<Option<(String, Option<Subscript>)>> {
        let start = self.at;
        while self.take(b"\\\n") {}
        let from = self.at;
        let end = self.name_end(from);
        if end > from {
            self.at = end;
            let mut name = self.slice(from, end).to_owned();
            while self.take(b"\\\n") {
                let more = self.at;
                let rest = self.text.get(more..).unwrap_or_default();
                let letters =
                    rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                self.at += letters;
                name.push_str(self.slice(more, self.at));
            }
            let subscript = if self.peek() == Some(b'[') { self.subscript(true)? } else { None };
            return Ok(Some((name, subscript)));
        }
        let rest = self.text.get(from..).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let length = match rest.first() {
            _ if digits > 0 => digits,
            Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => 1,
            _ => {
                self.at = start;
                return Ok(None);
            }
        };
        self.at += length;
        Ok(Some((self.slice(from, self.at).to_owned(), None)))
    }

    /// The operator with its operands and the `}`.
    fn operation(&mut self, quoted: bool) -> Read<Option<ParameterOp>> {
        while self.take(b"\\\n") {}
        let Some(first) = self.peek() else { return Err(self.unclosed_expansion()) };
        let start = self.at;
        self.at += 1;
        let op = match first {
            b'}' => return Ok(Some(ParameterOp::Plain)),
            b':' => match self.peek() {
                Some(sign @ (b'-' | b'=' | b'+' | b'?')) => {
                    self.at += 1;
                    self.alternative(sign, true, quoted)?
                }
                _ => self.part_of_value()?,
            },
            b'-' | b'=' | b'+' | b'?' => self.alternative(first, false, quoted)?,
            b'#' => {
                self.take(b"#");
                ParameterOp::TrimPrefix { pattern: self.operand(false, false)? }
            }
            b'%' => {
                self.take(b"%");
                ParameterOp::TrimSuffix { pattern: self.operand(false, false)? }
            }
            b'/' => self.replacement()?,
            b'^' => self.case_change(b"^", "^^", "^")?,
            b',' => self.case_change(b",", ",,", ",")?,
            b'~' => self.case_change(b"~", "~~", "~")?,
            b'@' => match (self.peek(), self.peek_at(1)) {
                (Some(letter), Some(b'}')) if letter.is_ascii_alphabetic() => {
                    self.at += 1;
                    ParameterOp::Transform(char::from(letter))
                }
                _ => {
                    self.at = start;
                    return Ok(None);
                }
            },
            _ => {
                self.at = start;
                return Ok(None);
            }
        };
        if self.take(b"}") { Ok(Some(op)) } else { Err(self.unclosed_expansion()) }
    }

    fn alternative(&mut self, sign: u8, colon: bool, quoted: bool) -> Read<ParameterOp> {
        let word = self.operand(quoted, false)?;
        Ok(match sign {
            b'-' => ParameterOp::Default { colon, word },
            b'=' => ParameterOp::Assign { colon, word },
            b'+' => ParameterOp::Alternate { colon, word },
            _ => ParameterOp::Error { colon, word },
        })
    }

    fn replacement(&mut self) -> Read<ParameterOp> {
        let all = self.take(b"/");
        let pattern = self.operand(false, true)?;
        let replacement = if self.take(b"/") {
            self.operand(false, false)?
        } else {
            let end = self.span(self.at, self.at);
            Word { parts: Vec::new(), braces: false, span: end }
        };
        Ok(ParameterOp::Replace { all, pattern, replacement })
    }

    fn case_change(&mut self, sign: &[u8], twice: &'static str, once: &'static str) -> Read<ParameterOp> {
        let op = if self.take(sign) { twice } else { once };
        Ok(ParameterOp::Case { op, pattern: self.operand(false, false)? })
    }

    /// `offset[:length]`
    fn part_of_value(&mut self) -> Read<ParameterOp> {
        let offset = self.arithmetic_until(End::Slice)?;
        let length = if self.take(b":") { Some(self.arithmetic_until(End::SliceLength)?) } else { None };
        Ok(ParameterOp::Slice { offset, length })
    }
}
