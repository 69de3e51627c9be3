//! What a test tells of the way behind it: `[ $# -lt 2 ]` that was false, `[ -n "${x:-}" ]` that was true.

use crate::bash::syntax::{Expression, Parameter, ParameterOp, Part, PartKind, Test, Word};

use super::bound::Bound;

/// What is surely set where a test was true, and where it was false.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub yes: Vec<Fact>,
    pub no: Vec<Fact>,
}

/// One thing that is surely set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fact {
    /// As many positional parameters, at least.
    Count(usize),
    /// A variable.
    Set(String),
}

impl Fact {
    /// Of a parameter.
    fn of(name: &str) -> Self {
        name.parse().map_or_else(|_| Self::Set(name.to_owned()), Self::Count)
    }

    /// Notes it.
    pub fn add_to(&self, bound: &mut Bound) {
        match self {
            Self::Count(count) => bound.count = bound.count.max(*count),
            Self::Set(name) => bound.add(name),
        }
    }
}

impl Told {
    fn yes(fact: Option<Fact>) -> Self {
        Self { yes: fact.into_iter().collect(), no: Vec::new() }
    }

    fn no(fact: Option<Fact>) -> Self {
        Self { yes: Vec::new(), no: fact.into_iter().collect() }
    }

    fn turned(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }
}

/// `[ ... ]` and `test ...`, by the operands.
pub(super) fn bracket(operands: &[Word]) -> Told {
    let operands = match operands.split_last() {
        Some((last, rest)) if last.plain().as_deref() == Some("]") => rest,
        _ => operands,
    };
    match operands {
        [not, rest @ ..] if rest.len() > 1 && not.plain().as_deref() == Some("!") => bracket(rest).turned(),
        [word] => Told::yes(held(word)),
        [op, word] => unary(&op.plain().unwrap_or_default(), word),
        [left, op, right] => binary(left, &op.plain().unwrap_or_default(), right),
        _ => Told::default(),
    }
}

/// `[[ ... ]]` without `&&` and `||`.
pub(super) fn test(test: &Test) -> Told {
    match test {
        Test::Word(word) => Told::yes(held(word)),
        Test::Unary(op, word) => unary(op, word),
        Test::Binary(left, op, right) => binary(left, op, right),
        Test::Not(inner) => self::test(inner).turned(),
        Test::And(..) | Test::Or(..) => Told::default(),
    }
}

/// `(( ... ))`
pub(super) fn arithmetic(expression: &Expression) -> Told {
    match expression {
        Expression::Word(word) if is_count(word) => Told::yes(Some(Fact::Count(1))),
        Expression::Unary(op, inner) if op == "!" => arithmetic(inner).turned(),
        Expression::Binary(left, op, right) => match (&**left, &**right) {
            (Expression::Word(word), Expression::Number(number)) if is_count(word) => counted(op, number),
            _ => Told::default(),
        },
        _ => Told::default(),
    }
}

fn unary(op: &str, word: &Word) -> Told {
    match op {
        "-n" => Told::yes(held(word)),
        "-z" => Told::no(held(word)),
        "-v" => Told::yes(word.plain().map(|name| Fact::of(&name))),
        _ => Told::default(),
    }
}

fn binary(left: &Word, op: &str, right: &Word) -> Told {
    if is_count(left) {
        return right.plain().map_or_else(Told::default, |number| counted(op, &number));
    }
    let solid = right.plain().is_some_and(|text| text.chars().any(char::is_alphanumeric));
    let empty = right.plain().is_some_and(|text| text.is_empty());
    match op {
        "=" | "==" if solid => Told::yes(held(left)),
        "=" | "==" if empty => Told::no(held(left)),
        "!=" if solid => Told::no(held(left)),
        "!=" if empty => Told::yes(held(left)),
        _ => Told::default(),
    }
}

/// `$#` compared with a number.
fn counted(op: &str, number: &str) -> Told {
    let Ok(number) = number.parse::<usize>() else { return Told::default() };
    let at_least = |count: usize| Some(Fact::Count(count));
    match op {
        "-eq" | "==" | "=" if number == 0 => Told::no(at_least(1)),
        "-eq" | "==" | "=" | "-ge" | ">=" => Told::yes(at_least(number)),
        "-ne" | "!=" if number == 0 => Told::yes(at_least(1)),
        "-ne" | "!=" | "-lt" | "<" => Told::no(at_least(number)),
        "-gt" | ">" => Told::yes(at_least(number + 1)),
        "-le" | "<=" => Told::no(at_least(number + 1)),
        _ => Told::default(),
    }
}

/// The parameter that is all of a word.
pub(super) fn only(word: &Word) -> Option<&Parameter> {
    let parts = match word.parts.as_slice() {
        [Part { kind: PartKind::DoubleQuoted(parts), .. }] => parts.as_slice(),
        parts => parts,
    };
    match parts {
        [Part { kind: PartKind::Parameter(parameter), .. }] if !parameter.indirect => Some(parameter),
        _ => None,
    }
}

/// Whether a word is `$#`.
pub(super) fn is_count(word: &Word) -> bool {
    only(word).is_some_and(|it| {
        it.name == "#" && matches!(it.op, ParameterOp::Plain)
            || ["@", "*"].contains(&it.name.as_str()) && matches!(it.op, ParameterOp::Length)
    })
}

/// What is set where a word like `"${x:-}"` or `"${x+set}"` is not empty.
pub(super) fn held(word: &Word) -> Option<Fact> {
    let parameter = only(word)?;
    let tells = match &parameter.op {
        ParameterOp::Default { word, .. } => word.parts.is_empty(),
        ParameterOp::Alternate { .. } => true,
        _ => false,
    };
    (tells && parameter.subscript.is_none()).then(|| Fact::of(&parameter.name))
}
