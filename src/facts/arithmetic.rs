//! Arithmetic over what is known.

use crate::bash::syntax::{Arithmetic, Expression};
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
        match number {
            Some(number) => Value::known(number.to_string()),
            None => Value::unknown(self.symbols.of(Source::Computed(self.place(span)))),
        }
    }

    /// Assignments and increments inside an expression.
    pub(super) fn arithmetic_assignments(&mut self, expression: &'a Expression, state: &mut State) {
        match expression {
            Expression::Number(_) | Expression::Variable(..) | Expression::Word(_) => {}
            Expression::Unary(op, inner) => {
                self.arithmetic_assignments(inner, state);
                if op == "++" || op == "--" {
                    self.forget_number(inner, state);
                }
            }
            Expression::Postfix(inner, _) => self.forget_number(inner, state),
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
                    _ => self.forget_number(target, state),
                }
            }
        }
    }

    fn forget_number(&mut self, target: &'a Expression, state: &mut State) {
        if let Expression::Variable(name, Some(index)) = target {
            self.assign_number(name, index, None, state);
        } else if let Expression::Variable(name, None) = target {
            let sym = self.symbols.joined(name);
            state.renew(sym, &mut self.symbols);
            state.set(name, Content::Scalar(Value::unknown(sym)));
        }
    }

    /// The value of an expression over known numbers.
    pub(super) fn number(&mut self, expression: &'a Expression, state: &mut State) -> Option<i64> {
        match expression {
            Expression::Number(text) => text.trim().parse().ok(),
            Expression::Variable(name, None) => {
                let value = self.variable(name, Place { file: 0, span: Span::default() }, state);
                let text = value.constant()?.trim();
                if text.is_empty() { Some(0) } else { text.parse().ok() }
            }
            Expression::Variable(name, Some(index)) => {
                let value = self.number_element(name, index, state)?;
                let text = value.constant()?.trim();
                if text.is_empty() { Some(0) } else { text.parse().ok() }
            }
            Expression::Word(word) => {
                let value = self.value(word, state);
                let text = value.constant()?.trim();
                if text.is_empty() { Some(0) } else { text.parse().ok() }
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
