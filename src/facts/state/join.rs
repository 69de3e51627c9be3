//! Joining paths that agree on what matters: what both know remains, and a value that differs is unknown.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::facts::value::{Content, MOST_CHOICES, Source, Sym, Symbols, Value};

use super::traits::Traits;
use super::{Parameters, Scope, State, holds, same_or_equal};

impl State {
    fn depth(&self) -> u32 {
        self.scope.as_ref().map_or(0, |scope| scope.depth)
    }

    /// Whether two paths differ in nothing that a rule asks about.
    fn agrees(&self, other: &Self, strict: bool, symbols: &Symbols) -> bool {
        Rc::ptr_eq(&self.known, &other.known)
            || self.apply == other.apply
                && self.options == other.options
                && self.depth() == other.depth()
                && (Rc::ptr_eq(&self.rare, &other.rare)
                    || self.rare.confirmed == other.rare.confirmed
                        && self.rare.named.same_left(&other.rare.named)
                        && self.rare.traps == other.rare.traps
                        && self.rare.references == other.rare.references)
                && (!strict
                    || same_or_equal(&self.checked, &other.checked)
                    || (self.covers(other, symbols) && other.covers(self, symbols)))
    }

    /// Whether a join loses no check of `other`: what only `other` has checked came from joins of its own (the flags
    /// that earlier branches set), is not held here, and stands there for variables that need no check here either.
    fn covers(&self, other: &Self, symbols: &Symbols) -> bool {
        let mut extra = other.checked.difference(&self.checked);
        extra.all(|sym| {
            matches!(symbols.source(*sym), Source::Joined(_))
                && !self.stands_for(*sym)
                && self.passed_wherever(*sym, other)
        })
    }

    /// Whether every variable that holds the symbol on the other path needs no check on this one.
    fn passed_wherever(&self, sym: Sym, other: &Self) -> bool {
        let index = self.index.borrow();
        index.holders.get(&sym).into_iter().flatten().all(|name| {
            !other.vars.get(name).is_some_and(|content| holds(content, sym))
                || self.vars.get(name).is_some_and(|content| passed(content, &self.checked))
        })
    }

    /// Whether a variable, one that a function has put aside, or a parameter holds the symbol.
    fn stands_for(&self, sym: Sym) -> bool {
        let index = self.index.borrow();
        let names = || index.holders.get(&sym).into_iter().flatten();
        let scopes = || std::iter::successors(self.scope.as_ref(), |scope| scope.outer.as_ref());
        let mut params = self.params.list.iter().chain(&self.params.rest);
        names().any(|name| {
            self.vars.get(name).is_some_and(|content| holds(content, sym))
                || scopes().any(|scope| {
                    scope.saved.get(name).and_then(Option::as_ref).is_some_and(|content| holds(content, sym))
                })
        }) || params.any(|value| value.syms.contains(&sym))
    }

    /// Joins a path that agrees into this one.
    fn absorb(&mut self, other: &Self, symbols: &mut Symbols) {
        if self.last != other.last {
            self.last = None;
        }
        if Rc::ptr_eq(&self.known, &other.known) {
            return;
        }
        if !self.rare.exported.is_superset(&other.rare.exported) {
            let more = other.rare.exported.iter().cloned();
            self.rare_mut().exported.extend(more);
        }
        if self.rare.named != other.rare.named {
            self.rare_mut().named.join(&other.rare.named, symbols);
        }
        if self.rare.shaped != other.rare.shaped {
            let more: Vec<_> =
                other.rare.shaped.iter().map(|(name, shape)| (Rc::clone(name), *shape)).collect();
            self.rare_mut().shaped.extend(more);
        }
        if self.rare.inputs != other.rare.inputs {
            self.join_inputs(other);
        }
        let mut checked = Rc::clone(&self.checked);
        if !same_or_equal(&checked, &other.checked) {
            checked = Rc::new(checked.intersection(&other.checked).copied().collect());
        }
        let common = self.join_vars(other, &mut checked, symbols);
        if !Rc::ptr_eq(&self.checked, &checked) {
            self.checked = checked;
        }
        self.join_outcomes(other);
        for (name, joined, traits) in common {
            self.take_over(&name, joined, traits);
        }
        if !same_or_equal(&self.params, &other.params) {
            let joined = join_parameters(&self.params, &other.params, symbols);
            self.params = Rc::new(joined);
        }
        if !self.functions.same(&other.functions) {
            let mut functions = self.functions.clone();
            other.functions.differences(&self.functions, &mut |name, theirs, mine| {
                if let Some(index) = theirs.filter(|_| theirs != mine) {
                    functions.insert(name, *index);
                }
            });
            self.functions = functions;
        }
        if let (Some(mine), Some(theirs)) = (&self.scope, &other.scope)
            && let Some(joined) = join_scopes(mine, theirs)
        {
            self.scope = Some(joined);
        }
    }

    /// Joins the variables; gives what both sides of one that differs have in common.
    fn join_vars(
        &mut self,
        other: &Self,
        checked: &mut Rc<BTreeSet<Sym>>,
        symbols: &mut Symbols,
    ) -> Vec<(Rc<str>, Sym, Traits)> {
        if self.vars.same(&other.vars) {
            return Vec::new();
        }
        let mut vars = self.vars.clone();
        let mut renewed = Vec::new();
        let mut common = Vec::new();
        self.vars.differences(&other.vars, &mut |name, mine, theirs| {
            if mine == theirs {
                return;
            }
            let joined = symbols.joined(name);
            let (content, known) = match (mine, theirs) {
                (Some(a), Some(b)) => {
                    let traits = self.traits(a);
                    if traits != Traits::default() {
                        common.push((Rc::clone(name), joined, traits.both(other.traits(b))));
                    }
                    let both = passed(a, &self.checked) && passed(b, &other.checked);
                    if both != checked.contains(&joined) {
                        // What was checked of an earlier meeting is not this one.
                        let checked = Rc::make_mut(checked);
                        if both {
                            checked.insert(joined)
                        } else {
                            checked.remove(&joined)
                        };
                    }
                    let (mut content, known) = join_contents(a, b, joined, symbols);
                    if both && !passed(&content, checked) {
                        // An item that only one side has was checked there.
                        rename(&mut content, checked, joined);
                    }
                    (content, known)
                }
                (Some(one), None) | (None, Some(one)) => {
                    let unset = self.rare.unset.contains(name) || other.rare.unset.contains(name);
                    // By its name it is known afterwards that the variable may still hold what it was started with.
                    let missing = if unset { Value::default() } else { symbols.expanded(name) };
                    join_contents(one, &Content::Scalar(missing), joined, symbols)
                }
                (None, None) => return,
            };
            if mine != Some(&content) {
                renewed.push(joined);
                if let Content::Keyed(keyed) = &content {
                    renewed.extend(keyed.values().iter().filter_map(Value::symbol));
                }
                if !known {
                    self.index.borrow_mut().hold(name, &content);
                }
                vars.insert(name, content);
            }
        });
        self.vars = vars;
        for joined in renewed {
            self.forget_outcomes(joined);
        }
        common
    }

    fn join_outcomes(&mut self, other: &Self) {
        if self.outcomes.same(&other.outcomes) {
            return;
        }
        let mut outcomes = self.outcomes.clone();
        self.outcomes.differences(&other.outcomes, &mut |test, mine, theirs| {
            if mine.is_some() && mine != theirs {
                outcomes.remove(test);
            }
        });
        self.outcomes = outcomes;
    }
}

/// Puts the joined symbol in the place of those that have passed no check.
fn rename(content: &mut Content, checked: &BTreeSet<Sym>, joined: Sym) {
    if let Content::Many(value) = content
        && value.symbol().is_some_and(|sym| !checked.contains(&sym))
    {
        value.syms = vec![joined];
    }
}

/// What two functions' calls put back when they return, where that is more than the first puts back.
fn join_scopes(a: &Rc<Scope>, b: &Rc<Scope>) -> Option<Rc<Scope>> {
    if Rc::ptr_eq(a, b) {
        return None;
    }
    let mut more = None;
    a.saved.differences(&b.saved, &mut |name, mine, theirs| {
        if let (None, Some(old)) = (mine, theirs) {
            more.get_or_insert_with(|| a.saved.clone()).insert(name, old.clone());
        }
    });
    let outer = match (&a.outer, &b.outer) {
        (Some(mine), Some(theirs)) => join_scopes(mine, theirs),
        _ => None,
    };
    let options = a.options.or(b.options);
    if more.is_none() && outer.is_none() && options == a.options {
        return None;
    }
    let saved = more.unwrap_or_else(|| a.saved.clone());
    Some(Rc::new(Scope { saved, outer: outer.or_else(|| a.outer.clone()), depth: a.depth, options }))
}

/// Whether a variable's content is known, or passed a check.
pub(in crate::facts) fn passed(content: &Content, checked: &BTreeSet<Sym>) -> bool {
    match content {
        Content::Scalar(value) | Content::Many(value) => {
            value.constant().is_some() || value.symbol().is_some_and(|sym| checked.contains(&sym))
        }
        Content::Array(_) | Content::Keyed(_) => content.values().iter().all(|value| {
            value.constant().is_some() || value.symbol().is_some_and(|sym| checked.contains(&sym))
        }),
    }
}

/// What a variable holds after two paths have met, and whether the same was asked before.
pub(in crate::facts) fn join_contents(
    a: &Content,
    b: &Content,
    joined: Sym,
    symbols: &mut Symbols,
) -> (Content, bool) {
    if let (Content::Scalar(a), Content::Scalar(b)) = (a, b) {
        let (value, known) = symbols.join(a, b, joined);
        return (Content::Scalar(value), known);
    }
    if let (Content::Keyed(a), Content::Keyed(b)) = (a, b) {
        let name = match symbols.source(joined) {
            Source::Joined(name) => Rc::clone(name),
            _ => Rc::from(""),
        };
        // Elements are values of their own.
        let both = a.join(b, |key| symbols.joined(&format!("{name}[{key}]")));
        if let Some(both) = both {
            return (Content::Keyed(both), false);
        }
    }
    (join_lists(a, b, joined), false)
}

fn join_lists(a: &Content, b: &Content, joined: Sym) -> Content {
    match (a, b) {
        (Content::Array(a), Content::Array(b)) if same_shape(a, b) => {
            let join = |(a, b): (&Value, &Value)| a.join(b, joined).with(|value| value.splits = a.splits);
            Content::Array(a.iter().zip(b).map(join).collect())
        }
        (Content::Array(a), Content::Array(b)) => grown(a, b, joined)
            .map_or_else(|| Content::Many(any_of(elements_of(a, b), joined)), Content::Array),
        _ => {
            let mut all = elements(a);
            all.extend(elements(b));
            // Of an array with known keys, one by another key may be none.
            if [a, b].iter().any(|side| matches!(side, Content::Keyed(_))) {
                all.push(Value::default());
            }
            Content::Many(any_of(all, joined))
        }
    }
}

fn elements_of(a: &[Value], b: &[Value]) -> Vec<Value> {
    a.iter().chain(b).cloned().collect()
}

/// A command that grows by options: what it starts with stays known, and the rest where it is one of a few. `None`
/// where nothing of it is known.
fn grown(a: &[Value], b: &[Value], joined: Sym) -> Option<Vec<Value>> {
    let start = known_start(a, b);
    let (rest_a, rest_b) = (&a[start..], &b[start..]);
    let mut choices = match (rest_choices(rest_a), rest_choices(rest_b)) {
        (Some(a), Some(b)) => [a, b].concat(),
        _ => Vec::new(),
    };
    choices.sort();
    choices.dedup();
    if choices.len() > MOST_CHOICES {
        choices.clear();
    }
    if start == 0 && choices.is_empty() {
        return None;
    }
    let value = any_of(elements_of(rest_a, rest_b), joined);
    let value = if value.constant().is_some() { value.join(&Value::default(), joined) } else { value };
    let mut values = a[..start].to_vec();
    values.push(value.with(|value| {
        value.splits = true;
        value.choices = choices;
    }));
    Some(values)
}

/// All that the rest of an array may be, its words with blanks between them, where they hold none themselves.
fn rest_choices(rest: &[Value]) -> Option<Vec<String>> {
    let mut all = vec![String::new()];
    for value in rest {
        let ends: Vec<String> = match value.constant() {
            Some(text) if !value.splits && !text.is_empty() && !text.contains(char::is_whitespace) => {
                vec![text.to_owned()]
            }
            None if value.splits && !value.choices.is_empty() => value.choices.clone(),
            _ => return None,
        };
        all = all
            .iter()
            .flat_map(|start| ends.iter().map(move |end| format!("{start} {end}").trim().to_owned()))
            .collect();
        if all.len() > MOST_CHOICES {
            return None;
        }
    }
    Some(all)
}

/// Whether two arrays have as many elements, as far as they can be counted.
fn same_shape(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.splits == b.splits)
}

/// How many constants two arrays start with in common.
fn known_start(a: &[Value], b: &[Value]) -> usize {
    let same =
        |(a, b): &(&Value, &Value)| a.constant().is_some() && a.text == b.text && !a.splits && !b.splits;
    a.iter().zip(b).take_while(same).count()
}

/// The element that stands for any of these.
fn any_of(values: Vec<Value>, joined: Sym) -> Value {
    values.into_iter().reduce(|so_far, value| so_far.join(&value, joined)).unwrap_or_default()
}

fn elements(content: &Content) -> Vec<Value> {
    content.values().to_vec()
}

fn join_parameters(a: &Parameters, b: &Parameters, symbols: &mut Symbols) -> Parameters {
    let joined = symbols.of(Source::Joined(Rc::from("@")));
    let length = a.list.len().min(b.list.len());
    let list = a.list[..length].iter().zip(&b.list[..length]).map(|(a, b)| a.join(b, joined)).collect();
    let mut rest = None;
    let further = a.list[length..].iter().chain(&b.list[length..]).chain(&a.rest).chain(&b.rest);
    for value in further {
        rest = Some(rest.map_or_else(|| value.clone(), |so_far: Value| so_far.join(value, joined)));
    }
    Parameters { list, rest, shifted: a.shifted.max(b.shifted) }
}

/// Joins the paths that agree, so that their number stays small.
pub fn settle(states: Vec<State>, symbols: &mut Symbols) -> Vec<State> {
    const MOST_PATHS: usize = 24;
    let settled = settle_by(states, symbols, true);
    if settled.len() > MOST_PATHS { settle_further(settled, symbols) } else { settled }
}

/// Joins paths that have passed other id checks, too.
pub fn settle_further(states: Vec<State>, symbols: &mut Symbols) -> Vec<State> {
    settle_by(states, symbols, false)
}

fn settle_by(states: Vec<State>, symbols: &mut Symbols, strict: bool) -> Vec<State> {
    let mut settled: Vec<State> = Vec::with_capacity(states.len().min(4));
    for state in states {
        match settled.iter_mut().find(|other| other.agrees(&state, strict, symbols)) {
            Some(other) => other.absorb(&state, symbols),
            None => settled.push(state),
        }
    }
    settled
}
