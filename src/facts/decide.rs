//! Conditions: which paths a test lets through, and what each side learns from it.

use std::collections::BTreeSet;
use std::rc::Rc;

use regex::Regex;

use crate::bash::syntax::{Arithmetic, Expression, Part, PartKind, Test, Word};
use crate::commands::{HOLE, glob};

use super::Gates;
use super::arithmetic::number_of;
use super::state::{Confirmation, MARK, State, Switch, symbol_mark};
use super::value::{Content, Place, Sym, Value};
use super::walk::{Out, Walk};

type Split = (Vec<State>, Vec<State>);

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
            Test::And(a, b) => {
                let (yes, mut no) = self.decide(a, state);
                let mut both = Vec::new();
                for state in yes {
                    let (yes, more) = self.decide(b, state);
                    both.extend(yes);
                    no.extend(more);
                }
                (both, no)
            }
            Test::Or(a, b) => {
                let (mut yes, no) = self.decide(a, state);
                let mut neither = Vec::new();
                for state in no {
                    let (more, no) = self.decide(b, state);
                    yes.extend(more);
                    neither.extend(no);
                }
                (yes, neither)
            }
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
                let (yes, mut no) = self.truth(a, state);
                let mut both = Vec::new();
                for state in yes {
                    let (yes, more) = self.truth(b, state);
                    both.extend(yes);
                    no.extend(more);
                }
                return (both, no);
            }
            Expression::Binary(a, op, b) if op == "||" => {
                let (mut yes, no) = self.truth(a, state);
                let mut neither = Vec::new();
                for state in no {
                    let (more, no) = self.truth(b, state);
                    yes.extend(more);
                    neither.extend(no);
                }
                return (yes, neither);
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

    /// A regular expression, compiled and tried once.
    fn expression(&mut self, text: &str) -> KnownRegex {
        if let Some(known) = self.regexes.get(text) {
            return known.clone();
        }
        let regex = posix_regex(text);
        let checks_ids = regex.as_ref().is_some_and(|regex| is_id_check(regex, text));
        let known = KnownRegex { regex, checks_ids };
        self.regexes.insert(text.to_owned(), known.clone());
        known
    }

    fn matches_regex(&mut self, subject: &Value, pattern: &'a Word, mut state: State) -> Split {
        let value = self.value(pattern, &mut state);
        if let Some(flow) = &subject.secret {
            let group = Value::unknown(Sym::VOLATILE).with(|value| value.secret = Some(Rc::clone(flow)));
            state.set("BASH_REMATCH", Content::Many(group));
        } else if state.vars.contains_key("BASH_REMATCH") {
            state.unset("BASH_REMATCH");
        }
        // Quoted text matches itself; a single quoted character is an escape.
        let quoted = pattern.parts.iter().any(|part| match &part.kind {
            PartKind::DoubleQuoted(_) => true,
            PartKind::Quoted(text) => text.chars().count() > 1,
            _ => false,
        });
        let known = value.constant().filter(|_| !quoted).map(|text| self.expression(text));
        let (mut yes, no) = match (subject.constant(), &known) {
            (Some(text), Some(known)) => match &known.regex {
                Some(regex) if regex.is_match(text) => (vec![state], Vec::new()),
                Some(_) if state.options.nocasematch != Switch::Off => (vec![state.clone()], vec![state]),
                Some(_) => (Vec::new(), vec![state]),
                None => (vec![state.clone()], vec![state]),
            },
            // A quoted expression is text: it is another test than the same one without quotes.
            _ if quoted => assumed(&format!("{} =~ quoted {}", key(subject), key(&value)), state),
            _ => assumed(&format!("{}{}", matched_by(&key(subject)), key(&value)), state),
        };
        let checks = known.is_some_and(|known| known.checks_ids);
        if let (true, Some(sym)) = (checks, subject.symbol()) {
            for state in &mut yes {
                state.check(sym);
            }
        }
        if !quoted
            && subject.from_args
            && value.constant().is_some_and(|regex| {
                self.context.gates.lets_change(regex.trim_matches(|c: char| "^$() ".contains(c)))
            })
        {
            for state in &mut yes {
                state.apply = true;
            }
        }
        (yes, no)
    }
}

/// How the test of a value by a regular expression begins, as a path knows it.
fn matched_by(subject: &str) -> String {
    format!("{subject} =~ ")
}

impl Walk<'_> {
    /// Whether the path has passed an anchored check of the value that lets ids of one of these forms through.
    pub(super) fn is_of_form(&self, sym: Sym, samples: &[String], state: &State) -> bool {
        let prefix = matched_by(&symbol_mark(sym));
        let is_check = |test: &str| {
            let known = self.regexes.get(&test[prefix.len()..]).and_then(|known| known.regex.as_ref());
            known.is_some_and(|regex| samples.iter().any(|sample| is_anchored(regex, sample)))
        };
        !samples.is_empty() && state.any_holds(sym, &prefix, |test| !is_check(test))
    }
}

/// Whether a regular expression lets the sample through, and nothing that has something in front of it or behind it.
fn is_anchored(regex: &Regex, sample: &str) -> bool {
    let odd = ["", "-", "../x", "*", "x y"].map(str::to_owned);
    let more = [
        format!("{sample}\n"),
        format!("{sample}\nx"),
        format!("x\n{sample}"),
        format!("-{sample}"),
        format!(" {sample}"),
        format!("{sample} "),
        format!("{sample}/x"),
        format!("{sample};x"),
    ];
    regex.is_match(sample) && !odd.iter().chain(&more).any(|wrong| regex.is_match(wrong))
}

/// `test` and `[`, over the values of their words (without the closing `]`).
pub(super) fn bracket(words: &[Value], state: State, gates: &Gates) -> Split {
    if let Some(at) = words.iter().position(|word| word.constant() == Some("-o")).filter(|at| *at > 0) {
        let (mut yes, no) = bracket(&words[..at], state, gates);
        let mut neither = Vec::new();
        for state in no {
            let (more, no) = bracket(&words[at + 1..], state, gates);
            yes.extend(more);
            neither.extend(no);
        }
        return (yes, neither);
    }
    if let Some(at) = words.iter().position(|word| word.constant() == Some("-a")).filter(|at| *at > 0) {
        let (yes, mut no) = bracket(&words[..at], state, gates);
        let mut both = Vec::new();
        for state in yes {
            let (yes, more) = bracket(&words[at + 1..], state, gates);
            both.extend(yes);
            no.extend(more);
        }
        return (both, no);
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

fn unary(op: &str, value: &Value, state: State) -> Split {
    match op {
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

/// Equality, where it `folds` but for the case of letters, and what a path learns from it: the apply mode, the typed
/// confirmation.
fn equals(left: &Value, right: &Value, folds: bool, state: State, gates: &Gates) -> Split {
    let (a, b) = (folded(left, folds), folded(right, folds));
    if let (Some(a), Some(b)) = (a.constant(), b.constant()) {
        return if a == b { (vec![state], Vec::new()) } else { (Vec::new(), vec![state]) };
    }
    let none = |known: &Value, other: &Value| known.constant() == Some("0") && state.is_above_zero(other);
    if differs(&a, &b) || differs(&b, &a) || none(&a, &b) || none(&b, &a) {
        return (Vec::new(), vec![state]);
    }
    let (left, right) = (&without_prefix(left, right), &without_prefix(right, left));
    let (left, right) = if left.constant().is_some() { (right, left) } else { (left, right) };
    let (left, right) = if right.typed && !left.typed { (right, left) } else { (left, right) };
    let (subject, object) = (key(&folded(left, folds)), key(&folded(right, folds)));
    // What is alike but for the case of letters is another thing to know than what is the same.
    let prefix = format!("{subject} {} ", if folds { "resembles" } else { "is" });
    let test = match (subject.as_str(), object.as_str()) {
        ("", _) => format!("empty {object}"),
        (_, "") => format!("empty {subject}"),
        _ => format!("{prefix}{object}"),
    };
    let (mut yes, no) = assumed(&test, state);
    if right.constant().is_some() {
        let others = |known: &str| *known == test || !constant_rest(known, &prefix);
        let empty = format!("empty {subject}");
        yes.retain(|state| object.is_empty() || state.outcomes.get(empty.as_str()) != Some(&true));
        yes.retain(|state| !left.syms.first().is_some_and(|sym| state.any_holds(*sym, &prefix, others)));
    }
    for state in &mut yes {
        let fallback = |text: &String| Some(text.as_str()) == right.constant();
        state.apply |= left.from_args
            && !left.fallbacks.iter().any(fallback)
            && (right.constant().is_some_and(|word| gates.lets_change(word))
                || is_long_option(left, right, state, gates));
        // Of a text that was not typed yet, too, it is known that nothing else was.
        let sides = if is_nothing(right) { (right, left) } else { (left, right) };
        let (left, right) = sides;
        let secret = left.secret.is_some() || right.secret.is_some();
        if left.typed && right.typed && !is_nothing(left) && !secret {
            Walk::confirm(state, Confirmation::Again);
            state.names_typed(left);
            state.names_typed(right);
        } else if left.typed && (!right.typed || is_nothing(left)) {
            match right.constant() {
                Some(phrase) => Walk::confirm(state, Confirmation::Constant(phrase.to_owned())),
                None if may_name(right) => {
                    Walk::confirm(state, Confirmation::Named);
                    state.names_typed(right);
                }
                None => {}
            }
        }
    }
    (yes, no)
}

/// Whether the operator was asked, or will be, and has typed nothing.
fn is_nothing(value: &Value) -> bool {
    value.typed && value.constant() == Some("")
}

/// `--apply` and the like by way of `getopts "n:-:"`: the option is `-`, its argument `apply`.
fn is_long_option(left: &Value, right: &Value, state: &State, gates: &Gates) -> bool {
    let Some(word) = right.constant() else { return false };
    let behind_dash = || state.outcomes.iter().any(|(test, holds)| *holds && test.ends_with(" is -"));
    let lets = |word: &str| gates.lets_change(&format!("--{word}"));
    // `"$opt$OPTARG"`: the option and its argument in one word.
    let both = || left.syms.len() == 2 && left.text.chars().all(|c| c == HOLE);
    left.names.iter().any(|name| name.as_ref() == "OPTARG")
        && (lets(word) && behind_dash() || word.strip_prefix('-').is_some_and(lets) && both())
}

/// Whether a text that is known is none that the other value can have: it begins or ends otherwise.
fn differs(known: &Value, other: &Value) -> bool {
    let Some(known) = known.constant() else { return false };
    let mut parts = other.text.split(HOLE);
    let (Some(first), Some(last)) = (parts.next(), parts.next_back()) else { return false };
    known.len() < first.len() + last.len() || !known.starts_with(first) || !known.ends_with(last)
}

/// A value without the text that another one begins with, too (`x"$answer"` and `xname`).
fn without_prefix(value: &Value, other: &Value) -> Value {
    let same = value.text.chars().zip(other.text.chars()).take_while(|(a, b)| a == b && *a != HOLE);
    let length: usize = same.map(|(c, _)| c.len_utf8()).sum();
    if length == 0 {
        return value.clone();
    }
    value.clone().with(|value| {
        let behind = |text: &String| text.strip_prefix(&value.text[..length]).map(str::to_owned);
        let rest = value.fallbacks.iter().filter_map(behind);
        value.fallbacks = rest.filter(|text| !text.is_empty()).collect();
        value.text.replace_range(..length, "");
    })
}

/// Whether a phrase that is not known may name its target: it is not random, and no `yes` by default.
fn may_name(phrase: &Value) -> bool {
    let agrees = |text: &String| ["y", "yes", "ok", "true", "1"].contains(&text.to_ascii_lowercase().trim());
    phrase.syms.iter().any(|sym| ![Sym::VOLATILE, Sym::FAILED].contains(sym))
        && !phrase.fallbacks.iter().any(agrees)
}

/// Whether what follows `prefix` in a test is a constant.
fn constant_rest(test: &str, prefix: &str) -> bool {
    !test[prefix.len()..].contains(MARK)
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

/// A regular expression of the script.
#[derive(Clone)]
pub(super) struct KnownRegex {
    regex: Option<Regex>,
    checks_ids: bool,
}

fn posix_regex(text: &str) -> Option<Regex> {
    Regex::new(&format!("(?s){text}")).ok()
}

/// Whether a regular expression lets only whole ids through: 32 lower-case hexadecimal digits, or a dashed UUID.
///
/// The expression is tried on texts that an id check must refuse: other lengths, capitals, another line, a dash.
fn is_id_check(regex: &Regex, text: &str) -> bool {
    const HEX: &str = "0123456789abcdef0123456789abcdef";
    const UUID: &str = "01234567-89ab-cdef-0123-456789abcdef";
    let ids = [HEX, UUID];
    if !ids.iter().any(|id| regex.is_match(id)) {
        return false;
    }
    let mut refused: BTreeSet<String> =
        BTreeSet::from([String::new(), "a".to_owned(), "-".to_owned(), "../x".to_owned()]);
    // What stands in it as text may be an optional part of it (`^(user-)?[0-9a-f]{32}$`).
    for part in text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_:./ ".contains(c))) {
        let only_id = ids.iter().any(|id| id.contains(part));
        for id in ids.into_iter().filter(|_| !part.is_empty() && !only_id) {
            refused.insert(format!("{part}{id}"));
            refused.insert(format!("{id}{part}"));
        }
    }
    for id in ids {
        refused.insert(id[1..].to_owned());
        refused.insert(format!("{id}0"));
        refused.insert(id.to_uppercase());
        refused.insert(format!("{id}\n"));
        refused.insert(format!("{id}\nx"));
        refused.insert(format!("x\n{id}"));
        refused.insert(format!("-{}", &id[1..]));
        refused.insert(format!(" {id}"));
        refused.insert(format!("{id} "));
        refused.insert(format!("{}g", &id[1..]));
    }
    !refused.iter().any(|wrong| regex.is_match(wrong))
}
