//! The shape of an arithmetic text: operators by their precedence, expansions as operands.

use crate::bash::syntax::{Expression, Part, PartKind, Substitution, Word};
use crate::source::Span;

/// Operands and operators that one expression may have; beyond that only its parts are known.
const MOST_TOKENS: usize = 2_000;

/// Levels of parentheses, prefixes and right-leaning operators.
const DEEPEST: u32 = 100;

/// Binary operators with their binding strength; longer ones stand before those that they start with.
const BINARY: [(&str, u8); 20] = [
    ("**", 14),
    ("<<", 11),
    (">>", 11),
    ("<=", 10),
    (">=", 10),
    ("==", 9),
    ("!=", 9),
    ("&&", 5),
    ("||", 4),
    ("*", 13),
    ("/", 13),
    ("%", 13),
    ("+", 12),
    ("-", 12),
    ("<", 10),
    (">", 10),
    ("&", 8),
    ("^", 7),
    ("|", 6),
    (",", 1),
];

const ASSIGN: [&str; 11] = ["<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "^=", "|=", "="];

const TERNARY: u8 = 3;
const ASSIGNMENT: u8 = 2;
const PREFIX: u8 = 15;

/// Reads the parts of an arithmetic text; `None` where they are no expression.
pub(super) fn read(parts: &[Part]) -> Option<Expression> {
    let mut reader = Reader { parts, index: 0, at: 0, tokens: 0, depth: 0 };
    let expression = reader.expression(0)?;
    reader.blanks();
    (reader.index >= parts.len()).then_some(expression)
}

struct Reader<'p> {
    parts: &'p [Part],
    index: usize,
    /// Offset in the literal at `index`.
    at: usize,
    tokens: usize,
    depth: u32,
}

impl<'p> Reader<'p> {
    /// What is left of the literal here; `None` at an expansion or the end.
    fn text(&self) -> Option<&'p str> {
        match self.parts.get(self.index).map(|part| &part.kind) {
            Some(PartKind::Literal(text)) => text.get(self.at..),
            _ => None,
        }
    }

    fn blanks(&mut self) {
        while let Some(text) = self.text() {
            let rest = text.trim_start();
            self.at += text.len() - rest.len();
            if !rest.is_empty() {
                return;
            }
            self.index += 1;
            self.at = 0;
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.text().is_some_and(|text| text.starts_with(sign));
        if found {
            self.at += sign.len();
        }
        found
    }

    fn expression(&mut self, least: u8) -> Option<Expression> {
        self.depth += 1;
        self.tokens += 1;
        let expression =
            if self.depth > DEEPEST || self.tokens > MOST_TOKENS { None } else { self.climb(least) };
        self.depth -= 1;
        expression
    }

    fn climb(&mut self, least: u8) -> Option<Expression> {
        let mut left = self.prefixed()?;
        loop {
            self.blanks();
            self.tokens += 1;
            let Some(text) = self.text().filter(|_| self.tokens <= MOST_TOKENS) else { break };
            if let Some(op) = ASSIGN.iter().find(|op| text.starts_with(**op) && !text.starts_with("==")) {
                if least > ASSIGNMENT || !matches!(left, Expression::Variable(..) | Expression::Word(_)) {
                    break;
                }
                self.at += op.len();
                let value = self.expression(ASSIGNMENT)?;
                left = Expression::Assign(Box::new(left), (*op).to_owned(), Box::new(value));
            } else if text.starts_with('?') {
                if least > TERNARY {
                    break;
                }
                self.at += 1;
                let yes = self.expression(0)?;
                self.blanks();
                if !self.take(":") {
                    return None;
                }
                let no = self.expression(TERNARY)?;
                left = Expression::Conditional(Box::new(left), Box::new(yes), Box::new(no));
            } else {
                let Some((op, strength)) = BINARY.iter().find(|(op, _)| text.starts_with(op)) else { break };
                if *strength < least {
                    break;
                }
                self.at += op.len();
                // `**` leans right, all others left.
                let right = self.expression(if *op == "**" { *strength } else { strength + 1 })?;
                left = Expression::Binary(Box::new(left), (*op).to_owned(), Box::new(right));
            }
        }
        (self.tokens <= MOST_TOKENS).then_some(left)
    }

    fn prefixed(&mut self) -> Option<Expression> {
        self.blanks();
        for op in ["++", "--", "!", "~", "+", "-"] {
            if self.take(op) {
                let operand = self.expression(PREFIX)?;
                return Some(Expression::Unary(op.to_owned(), Box::new(operand)));
            }
        }
        let operand = self.operand()?;
        self.blanks();
        for op in ["++", "--"] {
            if matches!(operand, Expression::Variable(..)) && self.take(op) {
                return Some(Expression::Postfix(Box::new(operand), op.to_owned()));
            }
        }
        Some(operand)
    }

    fn operand(&mut self) -> Option<Expression> {
        if self.take("(") {
            let inner = self.expression(0)?;
            self.blanks();
            return self.take(")").then_some(inner);
        }
        let start = (self.index, self.at);
        let mut letters = String::new();
        let mut expanded = false;
        loop {
            match self.parts.get(self.index).map(|part| &part.kind) {
                Some(PartKind::Literal(text)) => {
                    let rest = text.get(self.at..)?;
                    let run = rest
                        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '#' | '@' | '.')))
                        .unwrap_or(rest.len());
                    letters.push_str(&rest[..run]);
                    self.at += run;
                    if run < rest.len() {
                        break;
                    }
                }
                Some(_) => expanded = true,
                None => break,
            }
            self.index += 1;
            self.at = 0;
        }
        if expanded {
            return Some(Expression::Word(self.word_from(start)));
        }
        let first = letters.chars().next()?;
        if first.is_ascii_digit() {
            return Some(Expression::Number(letters));
        }
        if !letters.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return None;
        }
        if self.text().is_some_and(|text| text.starts_with('[')) {
            self.at += 1;
            let index = self.expression(0)?;
            self.blanks();
            return self.take("]").then(|| Expression::Variable(letters, Some(Box::new(index))));
        }
        Some(Expression::Variable(letters, None))
    }

    /// The parts since `start` as a word, without the bodies of the substitutions in it.
    fn word_from(&self, start: (usize, usize)) -> Word {
        let mut parts = Vec::new();
        for (index, part) in self.parts.iter().enumerate().take(self.index + 1).skip(start.0) {
            match &part.kind {
                PartKind::Literal(text) => {
                    let from = if index == start.0 { start.1 } else { 0 };
                    let to = if index == self.index { self.at } else { text.len() };
                    let text = text.get(from..to).unwrap_or_default();
                    if !text.is_empty() {
                        parts.push(Part { kind: PartKind::Literal(text.to_owned()), span: part.span });
                    }
                }
                _ if index < self.index => parts.push(shallow(part)),
                _ => {}
            }
        }
        let span = match (parts.first(), parts.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::default(),
        };
        Word { parts, braces: false, span }
    }
}

/// A part without what runs in it: the parts of the text have that.
fn shallow(part: &Part) -> Part {
    let kind = match &part.kind {
        PartKind::Command(substitution) => {
            PartKind::Command(Substitution { backticks: substitution.backticks, ..Substitution::default() })
        }
        PartKind::Process(_) => PartKind::Literal(String::new()),
        PartKind::DoubleQuoted(parts) => PartKind::DoubleQuoted(parts.iter().map(shallow).collect()),
        other => other.clone(),
    };
    Part { kind, span: part.span }
}
