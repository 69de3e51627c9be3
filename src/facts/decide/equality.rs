//! Equality, and what a path learns from it.

use crate::commands::HOLE;

use super::super::Gates;
use super::super::state::{Confirmation, MARK, State};
use super::super::value::{Sym, Value};
use super::super::walk::Walk;
use super::{Split, assumed, folded, key};

/// Equality, where it `folds` but for the case of letters, and what a path learns from it: the apply mode, the typed
/// confirmation.
pub(super) fn equals(left: &Value, right: &Value, folds: bool, state: State, gates: &Gates) -> Split {
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
