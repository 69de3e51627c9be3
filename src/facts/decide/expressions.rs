//! Tests by regular expressions, and which of them check an id.

use std::collections::BTreeSet;
use std::rc::Rc;

use regex::Regex;

use crate::bash::syntax::{PartKind, Word};

use super::super::state::{State, Switch, symbol_mark};
use super::super::value::{Content, Sym, Value};
use super::super::walk::Walk;
use super::{Split, assumed, key, option_is_on, tells_of_option};

impl<'a> Walk<'a> {
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

    pub(super) fn matches_regex(&mut self, subject: &Value, pattern: &'a Word, mut state: State) -> Split {
        let value = self.value(pattern, &mut state);
        if let Some(flow) = &subject.secret {
            let group = Value::unknown(Sym::VOLATILE).with(|value| value.secret = Some(Rc::clone(flow)));
            state.set("BASH_REMATCH", Content::Many(group));
        } else if state.vars.contains_key("BASH_REMATCH") {
            state.unset("BASH_REMATCH");
        }
        if let Some(name) = value.constant().filter(|name| tells_of_option(subject, name)) {
            return option_is_on(name, state);
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

    /// Whether the path has passed an anchored check of the value that lets ids of one of these forms through.
    pub(in super::super) fn is_of_form(&self, sym: Sym, samples: &[String], state: &State) -> bool {
        let prefix = matched_by(&symbol_mark(sym));
        let is_check = |test: &str| {
            let known = self.regexes.get(&test[prefix.len()..]).and_then(|known| known.regex.as_ref());
            known.is_some_and(|regex| samples.iter().any(|sample| is_anchored(regex, sample)))
        };
        !samples.is_empty() && state.any_holds(sym, &prefix, |test| !is_check(test))
    }
}

/// How the test of a value by a regular expression begins, as a path knows it.
fn matched_by(subject: &str) -> String {
    format!("{subject} =~ ")
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

/// A regular expression of the script.
#[derive(Clone)]
pub(in super::super) struct KnownRegex {
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
