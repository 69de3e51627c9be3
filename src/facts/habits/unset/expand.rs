//! What is expanded: parameters, and the variables of arithmetic.

use crate::bash::is_name;
use crate::bash::syntax::{Expression, Parameter, ParameterOp, Part, PartKind, Subscript, Word};
use crate::bash::visit;

use super::Walk;
use crate::facts::habits::bound::Bound;

impl<'s> Walk<'s> {
    pub(super) fn expanded(&mut self, parameter: &'s Parameter) {
        if self.now.dead {
            return;
        }
        let name = parameter.name.as_str();
        if let Some(Subscript::Index(index)) = &parameter.subscript {
            self.subscript(name, index);
        }
        match &parameter.op {
            ParameterOp::Keys | ParameterOp::Names => {}
            _ if parameter.indirect => self.unproven = true,
            // The other value may never be expanded: what it assigns does not count.
            ParameterOp::Default { .. } => {
                let before = self.now.clone();
                visit::walk_parameter(self, parameter);
                self.now = before;
            }
            ParameterOp::Alternate { .. } => {
                let before = self.now.clone();
                self.proved(parameter);
                visit::walk_parameter(self, parameter);
                self.now = before;
            }
            ParameterOp::Assign { .. } | ParameterOp::Error { .. } => {
                let before = self.now.clone();
                visit::walk_parameter(self, parameter);
                self.now = before;
                self.proved(parameter);
            }
            ParameterOp::Length if is_whole(parameter) && !["@", "*"].contains(&name) => {
                self.unproven |= !self.now.has(&format!("{name}[@]"));
            }
            _ => {
                self.unproven |= !self.is_set(parameter);
                visit::walk_parameter(self, parameter);
            }
        }
    }

    /// From here on it is set.
    fn proved(&mut self, parameter: &Parameter) {
        match parameter.name.parse::<usize>() {
            Ok(number) => self.now.count = self.now.count.max(number),
            Err(_) if parameter.subscript.is_none() => self.set(&parameter.name),
            Err(_) => {}
        }
    }

    fn is_set(&self, parameter: &Parameter) -> bool {
        let name = parameter.name.as_str();
        let in_function = !self.running.is_empty();
        match &parameter.subscript {
            // The stack of calls has something in each of its arrays.
            None if name == "FUNCNAME" => in_function,
            None => self.now.variable(name),
            Some(Subscript::All | Subscript::Star) => {
                self.now.variable(name)
                    || self.now.has(&format!("{name}[@]"))
                    || ["FUNCNAME", "BASH_LINENO", "BASH_ARGV"].contains(&name)
            }
            Some(Subscript::Index(index)) => {
                let key = index_text(index);
                match (name, key.as_str()) {
                    ("FUNCNAME" | "BASH_LINENO" | "BASH_SOURCE", "0" | "1") if in_function => true,
                    ("BASH_SOURCE" | "PIPESTATUS", "0")
                    | ("BASH_VERSINFO", "0" | "1" | "2" | "3" | "4" | "5") => true,
                    _ => self.now.has(&format!("{name}[{key}]")) || key == "0" && self.now.has(name),
                }
            }
        }
    }

    /// A subscript is arithmetic, unless the array has words for keys.
    pub(super) fn subscript(&mut self, array: &str, index: &Word) {
        if !self.names.keyed.contains(array) {
            self.number(index);
        }
    }

    /// An operand that is read as arithmetic.
    pub(super) fn number(&mut self, word: &Word) {
        if let Some(text) = word.plain() {
            self.names_in(&text);
        }
    }

    fn names_in(&mut self, text: &str) {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        for name in words.filter(|word| is_name(word)) {
            self.unproven |= !self.now.variable(name);
        }
    }

    pub(super) fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Number(_) | Expression::Word(_) => {}
            Expression::Variable(name, None) => self.unproven |= !self.now.variable(name),
            Expression::Variable(name, Some(index)) => {
                self.expression(index);
                let key = match &**index {
                    Expression::Number(number) => number.clone(),
                    Expression::Variable(index, None) => format!("${index}"),
                    _ => String::new(),
                };
                self.unproven |= !self.now.has(&format!("{name}[{key}]"));
            }
            Expression::Unary(op, inner) => {
                self.expression(inner);
                if ["++", "--"].contains(&op.as_str()) {
                    self.stored(inner);
                }
            }
            Expression::Postfix(inner, _) => self.expression(inner),
            Expression::Assign(left, op, right) => {
                self.expression(right);
                if op != "=" {
                    self.expression(left);
                }
                if !divides(expression) {
                    self.stored(left);
                }
            }
            Expression::Binary(left, op, right) => {
                self.expression(left);
                let before = self.now.clone();
                self.expression(right);
                if ["&&", "||"].contains(&op.as_str()) {
                    self.now = before;
                }
            }
            Expression::Conditional(test, yes, no) => {
                self.expression(test);
                let before = self.now.clone();
                self.expression(yes);
                let first: Bound = std::mem::replace(&mut self.now, before);
                self.expression(no);
                self.now = first.join(self.now.clone());
            }
        }
    }

    fn stored(&mut self, target: &Expression) {
        match target {
            Expression::Variable(name, None) => self.set(name),
            Expression::Variable(name, Some(index)) => {
                self.expression(index);
                self.set(&format!("{name}[@]"));
            }
            _ => {}
        }
    }
}

/// Whether an expression divides by what may be nothing: it then fails, and what it is for is not assigned.
pub(super) fn divides(expression: &Expression) -> bool {
    let nothing = |by: &Expression| match by {
        Expression::Number(number) => !number.bytes().any(|digit| (b'1'..=b'9').contains(&digit)),
        _ => true,
    };
    match expression {
        Expression::Number(_) | Expression::Word(_) | Expression::Variable(_, None) => false,
        Expression::Variable(_, Some(inner))
        | Expression::Unary(_, inner)
        | Expression::Postfix(inner, _) => divides(inner),
        Expression::Assign(left, op, right) | Expression::Binary(left, op, right) => {
            ["/", "%", "**", "/=", "%="].contains(&op.as_str()) && nothing(right)
                || divides(left)
                || divides(right)
        }
        Expression::Conditional(test, yes, no) => divides(test) || divides(yes) || divides(no),
    }
}

fn is_whole(parameter: &Parameter) -> bool {
    matches!(parameter.subscript, Some(Subscript::All | Subscript::Star))
}

/// A subscript as names of elements have it: `3`, `$i`.
fn index_text(index: &Word) -> String {
    match index.parts.as_slice() {
        [Part { kind: PartKind::Parameter(parameter), .. }]
            if matches!(parameter.op, ParameterOp::Plain) && parameter.subscript.is_none() =>
        {
            format!("${}", parameter.name)
        }
        [Part { kind: PartKind::DoubleQuoted(parts), .. }] => match parts.as_slice() {
            [Part { kind: PartKind::Parameter(parameter), .. }]
                if matches!(parameter.op, ParameterOp::Plain) && parameter.subscript.is_none() =>
            {
                format!("${}", parameter.name)
            }
            _ => index.plain().unwrap_or_default(),
        },
        _ => index.plain().unwrap_or_default(),
    }
}
