//! Arithmetic over what is known.

use crate::bash::syntax::{Arithmetic, Expression};
use crate::commands::HOLE;
use crate::source::Span;

use super::state::State;
use super::value::{Content, Place, Source, Value};
use super::walk::Walk;

impl<'a> Walk<'a> {
    /// Walks an arithmetic text for its substitutions and assignments; the value is a number.
    pub(super) fn arithmetic_value(
        &mut self,
        arithmetic: &'a Arithmetic,
        span: Span,
        state: &mut State,
    ) -> Value {
        for part in &arithmetic.parts {
            self.part_value(part, state);
        }
        let mut number = None;
        if let Some(expression) = &arithmetic.expression {
            self.arithmetic_assignments(expression, state);
            number = self.number(expression, state);
        }
        if let Some(number) = number {
            return Value::known(number.to_string());
        }
        let sym = self.symbols.of(Source::Computed(self.place(span)));
        let sign = match &arithmetic.expression {
            Some(expression) => self.sign(expression, state),
            None => Sign::Any,
        };
        state.set_above_zero(sym, sign == Sign::AboveZero);
        Value::unknown(sym)
    }

    /// What is known of the sign of a number that is not known.
    fn sign(&mut self, expression: &'a Expression, state: &mut State) -> Sign {
        let of_value = |value: &Value, state: &State| match value.constant().and_then(number_of) {
            Some(number) => Sign::of(number),
            None if state.is_above_zero(value) => Sign::AboveZero,
            None => Sign::Any,
        };
        match expression {
            Expression::Number(text) => number_of(text).map_or(Sign::Any, Sign::of),
            Expression::Variable(name, None) => {
                let value = self.variable(name, Place { file: 0, span: Span::default() }, state);
                of_value(&value, state)
            }
            Expression::Word(word) => of_value(&self.value(word, state), state),
            Expression::Binary(a, op, b) if op == "+" => {
                let (a, b) = (self.sign(a, state), self.sign(b, state));
                a.plus(b)
            }
            _ => Sign::Any,
        }
    }

    /// Assignments and increments inside an expression.
    pub(super) fn arithmetic_assignments(&mut self, expression: &'a Expression, state: &mut State) {
        match expression {
            Expression::Number(_) | Expression::Variable(..) | Expression::Word(_) => {}
            Expression::Unary(op, inner) => {
                self.arithmetic_assignments(inner, state);
                if op == "++" || op == "--" {
                    self.step(inner, op, state);
                }
            }
            Expression::Postfix(inner, op) => self.step(inner, op, state),
            Expression::Binary(a, _, b) => {
                self.arithmetic_assignments(a, state);
                self.arithmetic_assignments(b, state);
            }
            Expression::Conditional(a, b, c) => {
                for inner in [a, b, c] {
                    self.arithmetic_assignments(inner, state);
                }
            }
            Expression::Assign(target, op, value) => {
                self.arithmetic_assignments(value, state);
                let number = if op == "=" { self.number(value, state) } else { None };
                match (target.as_ref(), number) {
                    (Expression::Variable(name, None), Some(number)) => {
                        state.set(name, Content::Scalar(Value::known(number.to_string())));
                    }
                    (Expression::Variable(name, Some(index)), Some(_)) => {
                        self.assign_number(name, index, number, state);
                    }
                    _ => {
                        let sign = match op.as_str() {
                            "=" => self.sign(value, state),
                            "+=" => self.sign(target, state).plus(self.sign(value, state)),
                            _ => Sign::Any,
                        };
                        self.forget_number(target, sign, state);
                    }
                }
            }
        }
    }

    /// `x++`, `--x`: another number.
    fn step(&mut self, target: &'a Expression, op: &str, state: &mut State) {
        let up = if op == "++" { Sign::AboveZero } else { Sign::Any };
        let sign = self.sign(target, state).plus(up);
        self.forget_number(target, sign, state);
    }

    fn forget_number(&mut self, target: &'a Expression, sign: Sign, state: &mut State) {
        if let Expression::Variable(name, Some(index)) = target {
            self.assign_number(name, index, None, state);
        } else if let Expression::Variable(name, None) = target {
            let sym = self.symbols.joined(name);
            state.renew(sym, &mut self.symbols);
            state.set(name, Content::Scalar(Value::unknown(sym)));
            state.set_above_zero(sym, sign == Sign::AboveZero);
        }
    }

    /// `let TEXT`: what the text assigns to is a number; it is known where a number is all that is assigned.
    pub(super) fn let_set(&mut self, text: &Value, state: &mut State) {
        if text.text.starts_with(HOLE) {
            self.any_flag_set(text, state);
        }
        for name in assigned_in(&text.text) {
            let plain =
                text.text.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).and_then(number_of);
            let sym = self.symbols.joined(name);
            state.renew(sym, &mut self.symbols);
            let value = match plain {
                Some(number) => Value::known(number.to_string()),
                None => Value::unknown(sym),
            };
            state.set(name, Content::Scalar(value));
        }
    }

    /// The value of an expression over known numbers.
    pub(super) fn number(&mut self, expression: &'a Expression, state: &mut State) -> Option<i64> {
        match expression {
            Expression::Number(text) => number_of(text),
            Expression::Variable(name, None) => {
                let value = self.variable(name, Place { file: 0, span: Span::default() }, state);
                number_of(value.constant()?)
            }
            Expression::Variable(name, Some(index)) => {
                let value = self.number_element(name, index, state)?;
                number_of(value.constant()?)
            }
            Expression::Word(word) => {
                let value = self.value(word, state);
                number_of(value.constant()?)
            }
            Expression::Unary(op, inner) => {
                let number = self.number(inner, state)?;
                match op.as_str() {
                    "!" => Some(i64::from(number == 0)),
                    "-" => number.checked_neg(),
                    "+" => Some(number),
                    _ => None,
                }
            }
            Expression::Binary(a, op, b) => {
                let (a, b) = (self.number(a, state)?, self.number(b, state)?);
                arithmetic(a, op, b)
            }
            Expression::Conditional(test, yes, no) => {
                let test = self.number(test, state)?;
                self.number(if test != 0 { yes } else { no }, state)
            }
            Expression::Postfix(..) | Expression::Assign(..) => None,
        }
    }
}

/// What is known of the sign of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Any,
    /// It is 0.
    Zero,
    AboveZero,
}

impl Sign {
    fn of(number: i64) -> Self {
        match number {
            0 => Self::Zero,
            1.. => Self::AboveZero,
            _ => Self::Any,
        }
    }

    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::Zero, other) => other,
            (Self::AboveZero, _) => Self::AboveZero,
        }
    }
}

/// A number as the shell's arithmetic reads it: nothing is 0, `010` is 8; a number to another base is not followed.
pub(super) fn number_of(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (radix, digits) = match digits.strip_prefix('0') {
        None if digits.is_empty() => return text.is_empty().then_some(0),
        None | Some("") => (10, digits),
        Some(rest) => rest.strip_prefix(['x', 'X']).map_or((8, rest), |hex| (16, hex)),
    };
    // A further sign is no digit.
    let number = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    i64::from_str_radix(digits, radix).ok().filter(|_| number)?.checked_mul(sign)
}

/// The variables that an arithmetic text assigns to.
fn assigned_in(text: &str) -> Vec<&str> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = Vec::new();
    let mut at = 0;
    while let Some(start) =
        text[at..].find(|c: char| c.is_ascii_alphabetic() || c == '_').map(|from| at + from)
    {
        let end = text[start..].find(|c: char| !in_name(c)).map_or(text.len(), |length| start + length);
        at = end;
        let mut behind = text[end..].trim_start();
        if let Some((index, rest)) = behind.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let _ = index;
            behind = rest.trim_start();
        }
        let before = text[..start].trim_end();
        let steps = |text: &str, end: bool| {
            ["++", "--"].iter().any(|step| if end { text.ends_with(step) } else { text.starts_with(step) })
        };
        let operator = behind.trim_start_matches(['+', '-', '*', '/', '%', '<', '>', '&', '^', '|']);
        let compares = ["<=", ">="].iter().any(|op| behind.starts_with(op));
        let assigns = operator.starts_with('=') && !operator.starts_with("==") && !compares;
        if assigns || steps(behind, false) || steps(before, true) {
            names.push(&text[start..end]);
        }
    }
    names
}

fn arithmetic(a: i64, op: &str, b: i64) -> Option<i64> {
    Some(match op {
        "+" => a.checked_add(b)?,
        "-" => a.checked_sub(b)?,
        "*" => a.checked_mul(b)?,
        "==" => i64::from(a == b),
        "!=" => i64::from(a != b),
        "<" => i64::from(a < b),
        "<=" => i64::from(a <= b),
        ">" => i64::from(a > b),
        ">=" => i64::from(a >= b),
        "&&" => i64::from(a != 0 && b != 0),
        "||" => i64::from(a != 0 || b != 0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::number_of;

    #[test]
    fn a_number_is_digits_behind_one_sign() {
        for (text, wanted) in [
            ("", Some(0)),
            ("-", None),
            ("0", Some(0)),
            ("-12", Some(-12)),
            ("010", Some(8)),
            ("-0x1F", Some(-31)),
            ("--9223372036854775808", None),
            ("-+5", None),
            ("0-1", None),
            ("0x", None),
            ("0x-1", None),
        ] {
            assert_eq!(number_of(text), wanted, "{text:?}");
        }
    }
}
