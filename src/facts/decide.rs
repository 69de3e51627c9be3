//! Conditions: which paths a test lets through, and what each side learns from it.

mod equality;
mod expressions;

use crate::bash::syntax::{Arithmetic, Expression, Part, PartKind, Test, Word};
use crate::commands::{HOLE, glob};

use super::Gates;
use super::arithmetic::number_of;
use super::state::{Options, State, Switch, symbol_mark};
use super::value::{Place, Sym, Value};
use super::walk::{Out, Walk};

use equality::equals;
pub(super) use expressions::KnownRegex;

/// The paths on which a test holds, and the others.
type Split = (Vec<State>, Vec<State>);

/// Both tests hold: the second is made where the first one holds.
fn and((first, mut no): Split, mut second: impl FnMut(State) -> Split) -> Split {
    let mut yes = Vec::new();
    for state in first {
        let (both, more) = second(state);
        yes.extend(both);
        no.extend(more);
    }
    (yes, no)
}

/// One of two tests holds: the second is made where the first one does not.
fn or((yes, no): Split, mut second: impl FnMut(State) -> Split) -> Split {
    let turned = |(yes, no): Split| (no, yes);
    turned(and((no, yes), |state| turned(second(state))))
}

impl<'a> Walk<'a> {
    /// `[[ ... ]]`: the paths on which it holds, and the others.
    pub(super) fn decide(&mut self, test: &'a Test, mut state: State) -> Split {
        match test {
            Test::Word(word) => {
                let value = self.value(word, &mut state);
                let (empty, full) = is_empty(&value, state);
                (full, empty)
            }
            Test::Unary(op, word) => {
                let value = self.value(word, &mut state);
                unary(op, &value, state)
            }
            Test::Binary(left, op, right) => {
                let subject = self.value(left, &mut state);
                match op.as_str() {
                    "=" | "==" => self.matches(&subject, right, state),
                    "!=" => {
                        let (yes, no) = self.matches(&subject, right, state);
                        (no, yes)
                    }
                    "=~" => self.matches_regex(&subject, right, state),
                    _ => {
                        let other = self.value(right, &mut state);
                        compare(&subject, op, &other, state)
                    }
                }
            }
            Test::Not(inner) => {
                let (yes, no) = self.decide(inner, state);
                (no, yes)
            }
            Test::And(a, b) => and(self.decide(a, state), |state| self.decide(b, state)),
            Test::Or(a, b) => or(self.decide(a, state), |state| self.decide(b, state)),
        }
    }

    /// `(( ... ))`
    pub(super) fn arithmetic_test(&mut self, arithmetic: &'a Arithmetic, mut state: State) -> Out {
        for part in &arithmetic.parts {
            self.part_value(part, &mut state);
        }
        let Some(expression) = arithmetic.expression.as_deref() else { return Out::either(state) };
        let (ok, fail) = self.truth(expression, state);
        Out { ok, fail }
    }

    fn truth(&mut self, expression: &'a Expression, mut state: State) -> Split {
        match expression {
            Expression::Unary(op, inner) if op == "!" => {
                let (yes, no) = self.truth(inner, state);
                return (no, yes);
            }
            Expression::Binary(a, op, b) if op == "&&" => {
                return and(self.truth(a, state), |state| self.truth(b, state));
            }
            Expression::Binary(a, op, b) if op == "||" => {
                return or(self.truth(a, state), |state| self.truth(b, state));
            }
            _ => {}
        }
        let number = self.number(expression, &mut state);
        if let Some(number) = number {
            self.arithmetic_assignments(expression, &mut state);
            return if number != 0 { (vec![state], Vec::new()) } else { (Vec::new(), vec![state]) };
        }
        if let Some(holds) = self.above_zero_decides(expression, &mut state) {
            self.arithmetic_assignments(expression, &mut state);
            return if holds { (vec![state], Vec::new()) } else { (Vec::new(), vec![state]) };
        }
        let key = self.expression_key(expression, &mut state);
        self.arithmetic_assignments(expression, &mut state);
        match key {
            Some(key) => assumed(&format!("number {key}"), state),
            None => (vec![state.clone()], vec![state]),
        }
    }

    /// What a test of a number gives of which only is known that it is above zero: `(( n ))`, `(( n == 0 ))`.
    fn above_zero_decides(&mut self, expression: &'a Expression, state: &mut State) -> Option<bool> {
        let (number, holds) = match expression {
            Expression::Binary(number, op, limit) => {
                let Expression::Number(limit) = limit.as_ref() else { return None };
                (number.as_ref(), decided_above_zero(op, limit)?)
            }
            number => (number, true),
        };
        let value = match number {
            Expression::Variable(name, None) => {
                self.variable(name, Place { file: 0, span: crate::source::Span::default() }, state)
            }
            Expression::Word(word) => self.value(word, state),
            _ => return None,
        };
        state.is_above_zero(&value).then_some(holds)
    }

    /// What identifies an expression over unknown values; `None` where it assigns.
    fn expression_key(&mut self, expression: &'a Expression, state: &mut State) -> Option<String> {
        Some(match expression {
            Expression::Number(text) => text.clone(),
            Expression::Variable(name, None) => {
                key(&self.variable(name, Place { file: 0, span: crate::source::Span::default() }, state))
            }
            Expression::Variable(name, Some(index)) => key(&self.number_element(name, index, state)?),
            Expression::Word(word) => key(&self.value(word, state)),
            Expression::Unary(op, inner) if !op.starts_with("++") && !op.starts_with("--") => {
                format!("{op}({})", self.expression_key(inner, state)?)
            }
            Expression::Binary(a, op, b) => {
                format!("({} {op} {})", self.expression_key(a, state)?, self.expression_key(b, state)?)
            }
            _ => return None,
        })
    }

    /// A word as a pattern for `subject` (in `[[ == ]]` and `case`).
    pub(super) fn matches(&mut self, subject: &Value, pattern: &'a Word, mut state: State) -> Split {
        let value = self.value(pattern, &mut state);
        let case = state.options.nocasematch;
        let is_text = !active_glob(&pattern.parts) && !expands_to_pattern(&pattern.parts, &value);
        let (yes, mut no) = if is_text {
            let (left, right) = self.told_apart(subject, &value);
            equals(&left, &right, case != Switch::Off, state, self.context.gates)
        } else {
            self.matches_pattern(subject, &value, case != Switch::Off, state)
        };
        // Whether the case of letters matters is not known.
        if case == Switch::Unknown && no.is_empty() && value.text != "*" && value.text != subject.text {
            no.clone_from(&yes);
        }
        (yes, no)
    }

    fn matches_pattern(&mut self, subject: &Value, pattern: &Value, folds: bool, state: State) -> Split {
        if pattern.text == "*" {
            return (vec![state], Vec::new());
        }
        let told = pattern.text.strip_prefix('*').and_then(|rest| rest.strip_suffix('*'));
        if let Some(name) = told.filter(|name| tells_of_option(subject, name)) {
            return option_is_on(name, state);
        }
        let (subject, value) = (&folded(subject, folds), &folded(pattern, folds));
        let plain = !value.text.contains(['[', '(', HOLE]);
        if let (true, Some(text)) = (plain, subject.constant()) {
            return if glob(&value.text, text) {
                (vec![state], Vec::new())
            } else {
                (Vec::new(), vec![state])
            };
        }
        let matches = if folds { "matches in any case" } else { "matches" };
        let (mut yes, no) = assumed(&format!("{} {matches} {}", key(subject), key(value)), state);
        let core = value.text.trim_matches('*').trim();
        if subject.from_args && self.context.gates.lets_change(core) {
            for state in &mut yes {
                state.apply = true;
            }
        }
        (yes, no)
    }
}

/// `test` and `[`, over the values of their words (without the closing `]`).
pub(super) fn bracket(words: &[Value], state: State, gates: &Gates) -> Split {
    let behind_first = |op| words.iter().position(|word| word.constant() == Some(op)).filter(|at| *at > 0);
    if let Some(at) = behind_first("-o") {
        return or(bracket(&words[..at], state, gates), |state| bracket(&words[at + 1..], state, gates));
    }
    if let Some(at) = behind_first("-a") {
        return and(bracket(&words[..at], state, gates), |state| bracket(&words[at + 1..], state, gates));
    }
    match words {
        [] => (Vec::new(), vec![state]),
        [bang, rest @ ..] if bang.constant() == Some("!") && !rest.is_empty() => {
            let (yes, no) = bracket(rest, state, gates);
            (no, yes)
        }
        [value] => {
            let (empty, full) = is_empty(value, state);
            (full, empty)
        }
        [op, value] => unary(op.constant().unwrap_or_default(), value, state),
        [left, op, right] => match op.constant().unwrap_or_default() {
            "=" | "==" => equals(left, right, false, state, gates),
            "!=" => {
                let (yes, no) = equals(left, right, false, state, gates);
                (no, yes)
            }
            other => compare(left, other, right, state),
        },
        _ => (vec![state.clone()], vec![state]),
    }
}

/// What identifies a value: its text, with the symbols in the holes.
fn key(value: &Value) -> String {
    let mut syms = value.syms.iter();
    let mut text = String::new();
    for c in value.text.chars() {
        match (c == HOLE).then(|| syms.next()).flatten() {
            Some(sym) => text.push_str(&symbol_mark(*sym)),
            None => text.push(c),
        }
    }
    text
}

/// Splits on a test of which only the outcome's identity is known.
fn assumed(test: &str, state: State) -> Split {
    if test.contains(&symbol_mark(Sym::VOLATILE)) {
        return (vec![state.clone()], vec![state]);
    }
    if test.contains(&symbol_mark(Sym::FAILED)) {
        return match failed_holds(&test.replace(&symbol_mark(Sym::FAILED), "?")) {
            Some(true) => (vec![state], Vec::new()),
            Some(false) => (Vec::new(), vec![state]),
            None => (vec![state.clone()], vec![state]),
        };
    }
    let mut no = state.clone();
    let mut yes = state;
    let may_hold = yes.assume(test, true);
    let may_fail = no.assume(test, false);
    (if may_hold { vec![yes] } else { Vec::new() }, if may_fail { vec![no] } else { Vec::new() })
}

/// What comparing a number above zero with a limit gives, where that decides it.
fn decided_above_zero(op: &str, limit: &str) -> Option<bool> {
    match (op, limit) {
        ("!=" | ">" | "-ne" | "-gt", "0") | (">=" | "-ge", "0" | "1") => Some(true),
        ("==" | "<=" | "-eq" | "-le", "0") | ("<" | "-lt", "0" | "1") => Some(false),
        _ => None,
    }
}

/// What a test of a status that is not zero gives, the status written `?`.
fn failed_holds(test: &str) -> Option<bool> {
    match test {
        "number ?" | "number (? != 0)" | "number (? > 0)" | "number (? >= 1)" | "? -gt 0" | "? -ge 1" => {
            Some(true)
        }
        "? is 0" | "? -eq 0" | "empty ?" | "number !(?)" | "number (? == 0)" | "? -le 0" | "? -lt 1" => {
            Some(false)
        }
        _ => None,
    }
}

fn is_empty(value: &Value, state: State) -> Split {
    if let Some(text) = value.constant() {
        return if text.is_empty() { (vec![state], Vec::new()) } else { (Vec::new(), vec![state]) };
    }
    let full = !value.choices.is_empty() && value.choices.iter().all(|text| !text.is_empty());
    if full || value.text.chars().any(|c| c != HOLE) {
        return (Vec::new(), vec![state]);
    }
    assumed(&format!("empty {}", key(value)), state)
}

/// Whether a text is `$-` and the other one the letter of an option that is followed, or `$SHELLOPTS` and its name.
fn tells_of_option(text: &Value, name: &str) -> bool {
    let options = match text.names.as_slice() {
        [of] => text.symbol().is_some().then_some(of.as_ref()),
        _ => None,
    };
    let is_letter = name.len() == 1;
    Options::default().named(name).is_some()
        && (options == Some("-") && is_letter || options == Some("SHELLOPTS") && !is_letter)
}

/// `[[ $- == *x* ]]`, `[ -o xtrace ]`: which paths have the option on; where that was not known, it is now.
pub(super) fn option_is_on(name: &str, mut state: State) -> Split {
    let mut off = state.clone();
    match state.options.named(name).map(|switch| (*switch, switch)) {
        Some((Switch::On, _)) => (vec![state], Vec::new()),
        Some((Switch::Off, _)) => (Vec::new(), vec![state]),
        Some((Switch::Unknown, switch)) => {
            *switch = Switch::On;
            if let Some(switch) = off.options.named(name) {
                *switch = Switch::Off;
            }
            (vec![state], vec![off])
        }
        None => (vec![state], vec![off]),
    }
}

fn unary(op: &str, value: &Value, state: State) -> Split {
    match op {
        "-o" => option_is_on(value.constant().unwrap_or_default(), state),
        "-z" => is_empty(value, state),
        "-n" => {
            let (empty, full) = is_empty(value, state);
            (full, empty)
        }
        _ => (vec![state.clone()], vec![state]),
    }
}

fn compare(left: &Value, op: &str, right: &Value, state: State) -> Split {
    let numbers = (number(left), number(right));
    let holds = match (op, numbers) {
        ("-eq", (Some(a), Some(b))) => Some(a == b),
        ("-ne", (Some(a), Some(b))) => Some(a != b),
        ("-lt", (Some(a), Some(b))) => Some(a < b),
        ("-le", (Some(a), Some(b))) => Some(a <= b),
        ("-gt", (Some(a), Some(b))) => Some(a > b),
        ("-ge", (Some(a), Some(b))) => Some(a >= b),
        _ => match (right.constant(), state.is_above_zero(left)) {
            (Some(limit), true) => decided_above_zero(op, limit),
            _ => None,
        },
    };
    match holds {
        Some(true) => (vec![state], Vec::new()),
        Some(false) => (Vec::new(), vec![state]),
        None if op == "-ne" => {
            let (yes, no) = assumed(&format!("{} -eq {}", key(left), key(right)), state);
            (no, yes)
        }
        None => assumed(&format!("{} {op} {}", key(left), key(right)), state),
    }
}

fn number(value: &Value) -> Option<i64> {
    let text = value.constant()?;
    let digits = text.trim().trim_start_matches(['-', '+']);
    // What `010` is depends on who compares, and only `[[` reads `0x8`.
    if digits.len() > 1 && digits.starts_with('0') { None } else { number_of(text) }
}

/// A value as a test sees it: in small letters where their case does not matter.
fn folded(value: &Value, folds: bool) -> Value {
    if folds { value.clone().with(|value| value.text = value.text.to_lowercase()) } else { value.clone() }
}

/// Whether an unquoted part holds a glob character.
fn active_glob(parts: &[Part]) -> bool {
    parts.iter().any(|part| matches!(&part.kind, PartKind::Literal(text) if text.contains(['*', '?', '['])))
}

/// Whether an unquoted expansion may bring glob characters of its own: its value is a pattern then, and `*` equals all.
fn expands_to_pattern(parts: &[Part], value: &Value) -> bool {
    let expands = |part: &Part| matches!(part.kind, PartKind::Parameter(_) | PartKind::Command(_));
    parts.iter().any(expands) && value.constant().is_none_or(|text| text.contains(['*', '?', '[']))
}
