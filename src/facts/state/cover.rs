//! Whether one path stands for another: whoever reads no more than some names, and its parameters, finds on the other
//! nothing that it may not find on the one.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use crate::commands::HOLE;
use crate::facts::ids::id_name;
use crate::facts::value::{Content, Source, Sym, Symbols, Value};

use super::{Parameters, State, holds, marked, passed, same_or_equal};

/// More names than these are any: to pass them on at every call would take the square of the script's length.
const MOST_READ: usize = 256;

/// The variables that a function was seen to read, and the functions that it was seen to call.
#[derive(Debug, Clone, Default)]
pub struct Reads {
    variables: FxHashSet<Rc<str>>,
    functions: FxHashSet<Rc<str>>,
    any: bool,
}

impl Reads {
    /// Whoever reads anything.
    pub fn everything() -> Self {
        Self { any: true, ..Self::default() }
    }

    /// Notes that a variable is read.
    pub fn variable(&mut self, name: &str) {
        if !self.any && !self.variables.contains(name) {
            self.variables.insert(Rc::from(name));
            self.limit();
        }
    }

    /// Notes that a name is looked up among the functions.
    pub fn function(&mut self, name: &str) {
        if !self.any && !self.functions.contains(name) {
            self.functions.insert(Rc::from(name));
            self.limit();
        }
    }

    /// Notes what another reads.
    pub fn add(&mut self, other: &Self) {
        self.any |= other.any;
        if !self.any {
            self.variables.extend(other.variables.iter().cloned());
            self.functions.extend(other.functions.iter().cloned());
        }
        self.limit();
    }

    /// The names that are looked up among the functions; `None` where they may be any.
    pub fn functions(&self) -> Option<impl Iterator<Item = &Rc<str>>> {
        (!self.any).then(|| self.functions.iter())
    }

    /// Whether to look each variable up takes less than to find what differs.
    fn are_few(&self) -> bool {
        const FEW: usize = 16;
        !self.any && self.variables.len() <= FEW
    }

    fn has(&self, name: &str) -> bool {
        self.any || self.variables.contains(name)
    }

    fn calls(&self, name: &str) -> bool {
        self.any || self.functions.contains(name)
    }

    fn limit(&mut self) {
        self.any |= self.variables.len() + self.functions.len() > MOST_READ;
        if self.any {
            self.variables.clear();
            self.functions.clear();
        }
    }
}

impl State {
    /// Whether a variable is local to the innermost function.
    pub fn is_local(&self, name: &str) -> bool {
        self.scope.as_ref().is_some_and(|scope| scope.saved.contains_key(name))
    }

    /// Whether the same gates were passed, the same options are in force, and the same can be read.
    pub fn is_alike(&self, other: &Self) -> bool {
        self.apply == other.apply
            && self.options == other.options
            && (Rc::ptr_eq(&self.rare, &other.rare)
                || self.rare.confirmed == other.rare.confirmed && self.rare.inputs == other.rare.inputs)
    }

    /// Whether what descriptors read is the same on both.
    pub fn reads_the_same_input(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.rare, &other.rare) || self.rare.inputs == other.rare.inputs
    }

    /// Whether whoever reads that finds on `other` nothing that it may not find here.
    pub fn is_as_wide_as(&self, other: &Self, reads: &Reads, symbols: &mut Symbols) -> bool {
        if Rc::ptr_eq(&self.known, &other.known) {
            return true;
        }
        if !self.parameters_stand_for(other, symbols) {
            return false;
        }
        let stands_for = |name: &Rc<str>, known: &mut Symbols| {
            content_stands_for(&self.held(name, known), &other.held(name, known), known.joined(name))
        };
        let changed = |known: &mut Symbols| {
            if self.vars.same(&other.vars) {
                return true;
            }
            if reads.are_few() {
                return reads
                    .variables
                    .iter()
                    .all(|name| self.vars.get(name) == other.vars.get(name) || stands_for(name, known));
            }
            // Both have most in common: what differs is found without looking each name up.
            self.vars.differences_while(&other.vars, &mut |name, mine, theirs| {
                mine == theirs || !reads.has(name) || stands_for(name, known)
            })
        };
        let functions = self.functions.same(&other.functions)
            || self.functions.differences_while(&other.functions, &mut |name, mine, theirs| {
                mine == theirs || !reads.calls(name)
            });
        functions && changed(symbols) && self.knows_no_more(other, reads, symbols)
    }

    /// This path with nothing known of what differs on the other, in all that is read: it stands for both.
    pub fn widened(&self, other: &Self, reads: &Reads, symbols: &mut Symbols) -> Self {
        let mut both = self.clone();
        let mut checked: Vec<Sym> =
            self.checked.iter().filter(|sym| other.checked.contains(sym)).copied().collect();
        both.params = Rc::new(self.parameters_with(other, symbols));
        let mut names: Vec<Rc<str>> = reads.variables.iter().cloned().collect();
        if reads.any {
            self.vars.differences(&other.vars, &mut |name, _, _| names.push(Rc::clone(name)));
        }
        names.sort_unstable();
        for name in names {
            let (mine, theirs) = (self.held(&name, symbols), other.held(&name, symbols));
            let joined = symbols.joined(&name);
            if mine == theirs || content_stands_for(&mine, &theirs, joined) {
                continue;
            }
            if passed(&mine, &self.checked) && passed(&theirs, &other.checked) {
                checked.push(joined);
            }
            both.set_anew(&name, joined, content_with(&mine, &theirs, joined), symbols);
        }
        let mut outcomes = both.outcomes.clone();
        both.outcomes.differences(&other.outcomes, &mut |test, mine, theirs| {
            if mine.is_some() && mine != theirs {
                outcomes.remove(test);
            }
        });
        both.outcomes = outcomes;
        both.checked = Rc::new(checked.into_iter().collect());
        both
    }

    /// What a variable holds, as whoever reads it finds it.
    fn held(&self, name: &str, symbols: &mut Symbols) -> Content {
        match self.vars.get(name) {
            Some(content) => content.clone(),
            None if self.rare.unset.contains(name) => Content::Scalar(Value::default()),
            None => Content::Scalar(symbols.expanded(name)),
        }
    }

    /// Whether nothing was found out here, about what is read, that was not found out about what stands there on the other.
    fn knows_no_more(&self, other: &Self, reads: &Reads, symbols: &Symbols) -> bool {
        let index = self.index.borrow();
        let is_read = |sym: Sym| {
            let mut holders = index.holders.get(&sym).into_iter().flatten();
            holders.any(|name| reads.has(name) && self.vars.get(name).is_some_and(|held| holds(held, sym)))
                || self.params.list.iter().chain(&self.params.rest).any(|value| value.syms.contains(&sym))
                || matches!(symbols.source(sym), Source::Environment(name)
                    if reads.has(name) && !self.vars.contains_key(name))
        };
        let outcomes = self.outcomes.same(&other.outcomes)
            || self.outcomes.differences_while(&other.outcomes, &mut |test, mine, theirs| {
                mine.is_none() || mine == theirs || !marked(test).any(is_read)
            });
        outcomes
            && (same_or_equal(&self.checked, &other.checked)
                || self.checked.difference(&other.checked).all(|sym| !is_read(*sym)))
    }

    fn parameters_stand_for(&self, other: &Self, symbols: &mut Symbols) -> bool {
        if Rc::ptr_eq(&self.params, &other.params) {
            return true;
        }
        let (mine, theirs) = (&*self.params, &*other.params);
        let mut further = theirs.list.get(mine.list.len()..).unwrap_or_default().iter().chain(&theirs.rest);
        mine.list.len() <= theirs.list.len()
            && mine.shifted == theirs.shifted
            && mine
                .list
                .iter()
                .zip(&theirs.list)
                .enumerate()
                .all(|(at, (a, b))| value_stands_for(a, b, parameter(at, symbols)))
            && match &mine.rest {
                None => theirs.rest.is_none() && mine.list.len() == theirs.list.len(),
                Some(rest) => {
                    let joined = further_parameter(symbols);
                    further.all(|value| value_stands_for(rest, value, joined))
                }
            }
    }

    fn parameters_with(&self, other: &Self, symbols: &mut Symbols) -> Parameters {
        let (mine, theirs) = (&*self.params, &*other.params);
        let length = mine.list.len().min(theirs.list.len());
        let both = mine.list.iter().zip(&theirs.list).enumerate();
        let list = both.map(|(at, (a, b))| value_with(a, b, parameter(at, symbols))).collect();
        let joined = further_parameter(symbols);
        let further = mine.list[length..].iter().chain(&theirs.list[length..]);
        let further = further.chain(&mine.rest).chain(&theirs.rest).cloned();
        let rest = further.reduce(|so_far, value| value_with(&so_far, &value, joined));
        let rest = rest.map(|rest| unknown_like(rest, joined));
        Parameters { list, rest, shifted: mine.shifted.max(theirs.shifted) }
    }
}

impl Parameters {
    /// Whether there is a secret among these words, and none among the others.
    pub fn brings_secrets_to(&self, others: &Self) -> bool {
        let secret = |words: &Self| words.list.iter().chain(&words.rest).any(|value| value.secret.is_some());
        secret(self) && !secret(others)
    }

    /// Any words, of which no more is known than of all of these.
    pub fn any(&self, symbols: &mut Symbols) -> Self {
        let joined = further_parameter(symbols);
        let all = self.list.iter().chain(&self.rest).cloned();
        let rest = all.reduce(|so_far, value| value_with(&so_far, &value, joined));
        let rest = rest.map(|rest| unknown_like(rest, joined));
        Self { list: Vec::new(), rest, shifted: self.shifted }
    }
}

fn parameter(at: usize, symbols: &mut Symbols) -> Sym {
    symbols.joined(&format!("@{at}"))
}

fn further_parameter(symbols: &mut Symbols) -> Sym {
    symbols.joined("@...")
}

fn unknown_like(value: Value, joined: Sym) -> Value {
    if value.symbol().is_some() {
        return value;
    }
    let known = value.constant().map(str::to_owned);
    value.with(|value| {
        value.fallbacks.extend(known);
        value.text = String::from(HOLE);
        value.syms = vec![joined];
        value.choices.clear();
    })
}

fn content_stands_for(mine: &Content, theirs: &Content, joined: Sym) -> bool {
    let all = |mine: &[Value], theirs: &[Value]| {
        mine.len() == theirs.len() && mine.iter().zip(theirs).all(|(a, b)| value_stands_for(a, b, joined))
    };
    match (mine, theirs) {
        (Content::Scalar(a), Content::Scalar(b)) => value_stands_for(a, b, joined),
        (Content::Array(a), Content::Array(b)) => all(a, b),
        (Content::Keyed(a), Content::Keyed(b)) => a.keys() == b.keys() && all(a.values(), b.values()),
        (Content::Many(any), theirs) => {
            theirs.values().iter().all(|value| value_stands_for(any, value, joined))
        }
        _ => false,
    }
}

/// Whether one value is any of those that another may be; `joined` is what stands for any.
fn value_stands_for(mine: &Value, theirs: &Value, joined: Sym) -> bool {
    if mine == theirs {
        return true;
    }
    let same = mine.text == theirs.text && mine.syms == theirs.syms;
    let any = mine.symbol() == Some(joined);
    let choices = mine.choices.is_empty()
        || !theirs.choices.is_empty() && theirs.choices.iter().all(|text| mine.choices.contains(text));
    (same || any)
        && choices
        && (mine.secret.is_some() || theirs.secret.is_none())
        && (mine.from_args || !theirs.from_args)
        && (mine.splits || !theirs.splits)
        && (!mine.own_file || theirs.own_file && (mine.maybe_empty() || !theirs.maybe_empty()))
        && (!mine.typed || theirs.typed || theirs.constant() == Some(""))
        && (!mine.ends_in_status || theirs.ends_in_status)
        && theirs.names.iter().all(|name| !id_name(name) || mine.names.contains(name))
}

fn content_with(mine: &Content, theirs: &Content, joined: Sym) -> Content {
    if let (Content::Scalar(a), Content::Scalar(b)) = (mine, theirs) {
        return Content::Scalar(value_with(a, b, joined));
    }
    let all = mine.values().iter().chain(theirs.values()).cloned();
    let any = all.reduce(|so_far, value| value_with(&so_far, &value, joined)).unwrap_or_default();
    Content::Many(unknown_like(any, joined))
}

/// A value of which nothing is known that differs.
fn value_with(mine: &Value, theirs: &Value, joined: Sym) -> Value {
    let splits = mine.splits || theirs.splits;
    mine.join(theirs, joined).with(|value| {
        value.splits = splits;
        if value.syms == [joined] {
            value.choices.clear();
        }
    })
}
