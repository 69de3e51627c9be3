//! Simple commands, declarations, and functions that start with their name.

use super::{Parser, Read};
use crate::bash::syntax::{
    Assignment, Command, CommandKind, Declare, Name, Operand, Part, PartKind, Redirect, Simple, Value, Word,
};
use crate::source::Span;

/// Builtins whose arguments are read as assignments.
const DECLARATIONS: [&str; 5] = ["declare", "typeset", "local", "export", "readonly"];

/// Other builtins among whose arguments bash reads `name=(...)`.
const TAKE_ARRAYS: [&str; 3] = ["alias", "eval", "let"];

/// What a simple command is made of, as it is read.
#[derive(Default)]
struct Made {
    assignments: Vec<Assignment>,
    words: Vec<Word>,
    operands: Vec<Operand>,
    redirects: Vec<Redirect>,
    /// Whether the first word is one of [`DECLARATIONS`].
    declares: bool,
    /// Whether it is one of [`TAKE_ARRAYS`].
    arrays: bool,
}

impl Parser<'_> {
    /// A simple command, or a function definition that starts with its name.
    pub(super) fn simple(&mut self) -> Read<Command> {
        let start = self.at;
        let mut made = Made::default();
        let mut end = start;
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                made.redirects.push(redirect);
                end = self.at;
                continue;
            }
            let from = self.at;
            if !self.next_word(&mut made)? {
                break;
            }
            end = self.at;
            if made.words.len() == 1 && made.operands.is_empty() && self.opens_function(&made)? {
                let name = made.words[0].span.len() as usize;
                return self.function_body(start, (from, (from + name).min(self.at)));
            }
        }
        if end == start {
            let found = self.token_name();
            let reason = format!("{found} stands where a command is expected");
            return Err(self.broken_at(self.token_end(), reason));
        }
        Ok(self.made(made, start, end))
    }

    /// One more assignment, word or operand; `false` where none starts here.
    fn next_word(&mut self, made: &mut Made) -> Read<bool> {
        if self.peek().is_none_or(super::cursor::ends_word) && !self.starts_process() {
            return Ok(false);
        }
        if made.words.is_empty() {
            if let Some(assignment) = self.assignment(true)? {
                made.assignments.push(assignment);
                return Ok(true);
            }
            let word = self.command_word()?;
            if let [Part { kind: PartKind::Literal(name), .. }] = word.parts.as_slice() {
                made.declares = DECLARATIONS.contains(&name.as_str());
                made.arrays = TAKE_ARRAYS.contains(&name.as_str());
            }
            made.words.push(word);
        } else if made.declares {
            let operand = self.operand_of_declaration()?;
            made.operands.push(operand);
        } else if made.arrays {
            let word = self.word_with_arrays()?;
            made.words.push(word);
        } else {
            let word = self.word()?;
            made.words.push(word);
        }
        Ok(true)
    }

    /// Whether `()` follows the first word.
    fn opens_function(&mut self, made: &Made) -> Read<bool> {
        let mark = self.at;
        self.blanks();
        if self.peek() != Some(b'(') {
            self.at = mark;
            return Ok(false);
        }
        let open = self.at;
        self.at += 1;
        self.blanks();
        if made.assignments.is_empty() && made.redirects.is_empty() && self.take(b")") {
            return Ok(true);
        }
        self.at = open;
        Err(self.broken_at(open + 1, "an unquoted parenthesis stands behind a word: quote it"))
    }

    fn made(&mut self, made: Made, start: usize, end: usize) -> Command {
        let mut span = self.span(start, end);
        // A word's place ends with its text, not with a line continuation behind it.
        let words = made.words.iter().map(|word| word.span).chain(made.operands.iter().map(operand_span));
        let rest = made.redirects.iter().map(|it| it.span).chain(made.assignments.iter().map(|it| it.span));
        if let Some(last) = words.chain(rest).map(|span| span.end).max() {
            span = Span::new(span.start, last);
        }
        let kind = if made.declares {
            let mut words = made.words.into_iter();
            let keyword = words.next().unwrap_or_default();
            CommandKind::Declare(Declare { assignments: made.assignments, keyword, operands: made.operands })
        } else {
            CommandKind::Simple(Simple { assignments: made.assignments, words: made.words })
        };
        Command { kind, redirects: made.redirects, span }
    }

    fn operand_of_declaration(&mut self) -> Read<Operand> {
        if matches!(self.peek(), Some(b'-' | b'+')) {
            return Ok(Operand::Flag(self.word()?));
        }
        if let Some(assignment) = self.assignment(false)? {
            return Ok(Operand::Assignment(assignment));
        }
        let mark = self.mark();
        let start = self.at;
        let name_end = self.name_end(start);
        if name_end > start {
            self.at = name_end;
            let opens = self.peek() == Some(b'[');
            let subscript = if opens { self.subscript(false)? } else { None };
            // A bracket that nothing closes makes no subscript: what stands behind it is a word like any other.
            let closed = opens == subscript.is_some();
            if closed && self.peek().is_none_or(super::cursor::ends_word) && !self.starts_process() {
                return Ok(Operand::Name(Name {
                    name: self.slice(start, name_end).to_owned(),
                    subscript: subscript.map(Box::new),
                    span: self.span(start, self.at),
                }));
            }
            self.back_to(mark)?;
        }
        Ok(Operand::Dynamic(self.word()?))
    }

    /// `name=value`, `name[subscript]+=value`, `name=(...)`, where one starts here. `first`: where a command may start,
    /// and a subscript may hold blanks.
    pub(super) fn assignment(&mut self, first: bool) -> Read<Option<Assignment>> {
        let start = self.at;
        let mut name_end = self.name_end(start);
        while name_end > start && self.text.get(name_end..).is_some_and(|rest| rest.starts_with(b"\\\n")) {
            let rest = self.text.get(name_end + 2..).unwrap_or_default();
            name_end +=
                2 + rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        }
        if name_end == start || !matches!(self.text.get(name_end), Some(b'=' | b'+' | b'[')) {
            return Ok(None);
        }
        let mark = self.mark();
        self.at = name_end;
        let subscript = if self.peek() == Some(b'[') { self.subscript(first)? } else { None };
        let target_end = self.at;
        let append = self.starts_with(b"+=");
        if !append && self.peek() != Some(b'=') {
            self.back_to(mark)?;
            return Ok(None);
        }
        self.at += if append { 2 } else { 1 };
        let target = Name {
            name: self.slice(start, name_end).replace("\\\n", ""),
            subscript: subscript.map(Box::new),
            span: self.span(start, target_end),
        };
        let value =
            if self.peek() == Some(b'(') { Value::Array(self.array()?) } else { Value::Scalar(self.word()?) };
        let mut span = self.span(start, self.at);
        if let Value::Scalar(word) = &value {
            span.end = word.span.end.max(target.span.end);
            if word.span.is_empty() {
                span.end = self.span(start, target_end + if append { 2 } else { 1 }).end;
            }
        }
        Ok(Some(Assignment { target, append, value, span }))
    }
}

fn operand_span(operand: &Operand) -> Span {
    match operand {
        Operand::Flag(word) | Operand::Dynamic(word) => word.span,
        Operand::Name(name) => name.span,
        Operand::Assignment(assignment) => assignment.span,
    }
}
