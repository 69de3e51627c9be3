//! What is known on one path through a script, and how paths that agree on what matters are joined.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::value::{Content, MOST_CHOICES, Place, Source, Sym, Symbols, Value};

/// A shell option's state on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Switch {
    /// Off.
    #[default]
    Off,
    /// On.
    On,
    /// Not known.
    Unknown,
}

/// The options that rules ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Options {
    /// `set -e`
    pub errexit: Switch,
    /// `set -u`
    pub nounset: Switch,
    /// `set -o pipefail`
    pub pipefail: Switch,
    /// `set -x`
    pub xtrace: Switch,
}

/// A typed confirmation that a path has passed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confirmation {
    /// The typed text equals one with the target's name or id in it.
    Named,
    /// The typed text equals this constant: it confirms only commands that name it.
    Constant(String),
}

/// The positional parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters {
    /// `$1`, `$2`, ... as far as they are known.
    pub list: Vec<Value>,
    /// What every further parameter is like; `None` where there are no more.
    pub rest: Option<Value>,
    /// How many unknown parameters `shift` has dropped.
    pub shifted: u32,
}

/// What is known on one path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// Variables.
    pub vars: Rc<BTreeMap<Rc<str>, Content>>,
    /// Names that `unset` removed.
    pub unset: Rc<BTreeSet<Rc<str>>>,
    /// Names that stand for another variable.
    pub references: Rc<BTreeMap<Rc<str>, Rc<str>>>,
    /// Variables to put back when the functions return, innermost last.
    pub scopes: Vec<Rc<BTreeMap<Rc<str>, Option<Content>>>>,
    /// Positional parameters.
    pub params: Rc<Parameters>,
    /// Outcomes of tests on unknown values, by the test.
    pub outcomes: Rc<BTreeMap<String, bool>>,
    /// Ids that an anchored check has passed.
    pub checked: Rc<BTreeSet<Sym>>,
    /// Whether `--apply` was among the arguments.
    pub apply: bool,
    /// Typed confirmations.
    pub confirmed: Rc<BTreeSet<Confirmation>>,
    /// Options in force.
    pub options: Options,
    /// Functions, by the index of their definition.
    pub functions: Rc<BTreeMap<Rc<str>, usize>>,
    /// Whether the last command succeeded, where that is known.
    pub last: Option<bool>,
    /// Traps: signal, text, and where it was set.
    pub traps: Rc<BTreeMap<String, (Value, Place)>>,
}

impl State {
    /// Sets a variable, and the one that it stands for.
    pub fn set(&mut self, name: &str, content: Content) {
        if let Some(target) = self.references.get(name).cloned().filter(|target| target.as_ref() != name) {
            self.set_one(&target, content.clone());
        }
        self.set_one(name, content);
    }

    fn set_one(&mut self, name: &str, content: Content) {
        if self.unset.contains(name) {
            Rc::make_mut(&mut self.unset).remove(name);
        }
        Rc::make_mut(&mut self.vars).insert(Rc::from(name), content);
    }

    /// Removes a variable.
    pub fn unset(&mut self, name: &str) {
        Rc::make_mut(&mut self.vars).remove(name);
        Rc::make_mut(&mut self.unset).insert(Rc::from(name));
    }

    /// Makes a variable local to the innermost function.
    pub fn localise(&mut self, name: &str) {
        self.stand_alone(name);
        let old = self.vars.get(name).cloned();
        if let Some(scope) = self.scopes.last_mut() {
            Rc::make_mut(scope).entry(Rc::from(name)).or_insert(old);
        }
    }

    /// Leaves the innermost function.
    pub fn leave_scope(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        for (name, old) in scope.iter() {
            self.stand_alone(name);
            match old {
                Some(content) => self.set(name, content.clone()),
                None => {
                    Rc::make_mut(&mut self.vars).remove(name);
                }
            }
        }
    }

    /// Makes a name stand for another variable.
    pub fn refer(&mut self, name: &str, target: &str) {
        Rc::make_mut(&mut self.references).insert(Rc::from(name), Rc::from(target));
    }

    fn stand_alone(&mut self, name: &str) {
        if self.references.contains_key(name) {
            Rc::make_mut(&mut self.references).remove(name);
        }
    }

    /// A symbol is about to stand for a new value: copies of the old one go on as another symbol, with what was
    /// known of them.
    pub fn renew(&mut self, sym: Sym, symbols: &mut Symbols) {
        if sym == Sym::VOLATILE || sym == Sym::FAILED {
            return;
        }
        let holds = |sym: Sym| {
            move |content: &Content| content.values().iter().any(|value| value.syms.contains(&sym))
        };
        if self.vars.values().any(holds(sym)) {
            let older = symbols.of(Source::Older(sym));
            let others = self.vars.values().any(holds(older));
            let checked = self.checked.contains(&sym) && (!others || self.checked.contains(&older));
            self.forget(older);
            for content in Rc::make_mut(&mut self.vars).values_mut() {
                for value in content.values_mut() {
                    value.syms.iter_mut().filter(|old| **old == sym).for_each(|old| *old = older);
                }
            }
            if checked {
                self.check(older);
            }
        }
        self.forget(sym);
    }

    /// Nothing that was known of a symbol holds any more.
    fn forget(&mut self, sym: Sym) {
        if self.checked.contains(&sym) {
            Rc::make_mut(&mut self.checked).remove(&sym);
        }
        self.forget_outcomes(sym);
    }

    /// No outcome of a test of the symbol holds any more.
    pub fn forget_outcomes(&mut self, sym: Sym) {
        let mark = symbol_mark(sym);
        if self.outcomes.keys().any(|test| test.contains(&mark)) {
            Rc::make_mut(&mut self.outcomes).retain(|test, _| !test.contains(&mark));
        }
    }

    /// Notes that an anchored check of the value was passed.
    pub fn check(&mut self, sym: Sym) {
        if !self.checked.contains(&sym) {
            Rc::make_mut(&mut self.checked).insert(sym);
        }
    }

    /// Notes the outcome of a test; `false` where the path is impossible.
    pub fn assume(&mut self, test: &str, outcome: bool) -> bool {
        if let Some(known) = self.outcomes.get(test) {
            *known == outcome
        } else {
            Rc::make_mut(&mut self.outcomes).insert(test.to_owned(), outcome);
            true
        }
    }

    /// Takes over what a subshell learned on the path that led to its end (not its variables).
    pub fn learn(&mut self, inner: &Self) {
        self.outcomes = Rc::clone(&inner.outcomes);
        self.checked = Rc::clone(&inner.checked);
        self.apply = inner.apply;
        self.confirmed = Rc::clone(&inner.confirmed);
    }

    /// Whether two paths differ in nothing that a rule asks about.
    fn agrees(&self, other: &Self, strict: bool, symbols: &Symbols) -> bool {
        self.apply == other.apply
            && self.confirmed == other.confirmed
            && self.options == other.options
            && self.traps == other.traps
            && self.scopes.len() == other.scopes.len()
            && self.references == other.references
            && (!strict
                || self.checked == other.checked
                || (self.covers(other, symbols) && other.covers(self, symbols)))
    }

    /// Whether a join loses no check of `other`: what only `other` has checked came from joins of its own (the flags
    /// that earlier branches set), is not held here, and stands there for variables that need no check here either.
    fn covers(&self, other: &Self, symbols: &Symbols) -> bool {
        let extra: BTreeSet<Sym> = other.checked.difference(&self.checked).copied().collect();
        let saved = self.scopes.iter().flat_map(|scope| scope.values().flatten());
        let params = self.params.list.iter().chain(&self.params.rest);
        extra.iter().all(|sym| matches!(symbols.source(*sym), Source::Joined(_)))
            && !self.vars.values().chain(saved).any(|content| holds(content, &extra))
            && !params.into_iter().any(|value| value.syms.iter().any(|sym| extra.contains(sym)))
            && other
                .vars
                .iter()
                .filter(|(_, content)| holds(content, &extra))
                .all(|(name, _)| self.vars.get(name).is_some_and(|content| passed(content, &self.checked)))
    }

    /// Joins a path that agrees into this one.
    fn absorb(&mut self, other: &Self, symbols: &mut Symbols) {
        if self.last != other.last {
            self.last = None;
        }
        let both: BTreeSet<Sym> = self.checked.intersection(&other.checked).copied().collect();
        let mut checked = both;
        if self.vars != other.vars {
            let names: BTreeSet<Rc<str>> = self.vars.keys().chain(other.vars.keys()).cloned().collect();
            let mut vars = BTreeMap::new();
            let mut renewed = Vec::new();
            for name in names {
                let joined = symbols.of(Source::Joined(Rc::clone(&name)));
                let content = match (self.vars.get(&name), other.vars.get(&name)) {
                    (Some(a), Some(b)) if a == b => a.clone(),
                    (Some(a), Some(b)) => {
                        if passed(a, &self.checked) && passed(b, &other.checked) {
                            checked.insert(joined);
                        }
                        join_contents(a, b, joined)
                    }
                    (Some(one), None) | (None, Some(one)) => {
                        let unset = self.unset.contains(&name) || other.unset.contains(&name);
                        let missing = if unset {
                            Value::default()
                        } else {
                            Value::unknown(symbols.of(Source::Environment(Rc::clone(&name))))
                        };
                        join_contents(one, &Content::Scalar(missing), joined)
                    }
                    (None, None) => continue,
                };
                if self.vars.get(&name) != Some(&content) {
                    renewed.push(joined);
                }
                vars.insert(name, content);
            }
            self.vars = Rc::new(vars);
            for joined in renewed {
                self.forget(joined);
            }
        }
        self.checked = Rc::new(checked);
        if self.outcomes != other.outcomes {
            let shared =
                self.outcomes.iter().filter(|(test, outcome)| other.outcomes.get(*test) == Some(outcome));
            self.outcomes = Rc::new(shared.map(|(test, outcome)| (test.clone(), *outcome)).collect());
        }
        if self.params != other.params {
            self.params = Rc::new(join_parameters(&self.params, &other.params, symbols));
        }
        if self.functions != other.functions {
            let mut functions = (*self.functions).clone();
            functions.extend(other.functions.iter().map(|(name, index)| (Rc::clone(name), *index)));
            self.functions = Rc::new(functions);
        }
        if self.scopes != other.scopes {
            for (mine, theirs) in self.scopes.iter_mut().zip(&other.scopes) {
                for (name, old) in theirs.iter() {
                    Rc::make_mut(mine).entry(Rc::clone(name)).or_insert_with(|| old.clone());
                }
            }
        }
    }
}

/// How a test's text names a symbol.
pub fn symbol_mark(sym: Sym) -> String {
    format!("<{sym:?}>")
}

fn holds(content: &Content, syms: &BTreeSet<Sym>) -> bool {
    let any = |value: &Value| value.syms.iter().any(|sym| syms.contains(sym));
    match content {
        Content::Scalar(value) | Content::Many(value) => any(value),
        Content::Array(values) => values.iter().any(any),
    }
}

fn passed(content: &Content, checked: &BTreeSet<Sym>) -> bool {
    match content {
        Content::Scalar(value) | Content::Many(value) => {
            value.constant().is_some() || value.symbol().is_some_and(|sym| checked.contains(&sym))
        }
        Content::Array(values) => values.iter().all(|value| {
            value.constant().is_some() || value.symbol().is_some_and(|sym| checked.contains(&sym))
        }),
    }
}

fn join_contents(a: &Content, b: &Content, joined: Sym) -> Content {
    match (a, b) {
        (Content::Scalar(a), Content::Scalar(b)) => Content::Scalar(a.join(b, joined)),
        (Content::Array(a), Content::Array(b)) if same_shape(a, b) => {
            let join = |(a, b): (&Value, &Value)| Value { splits: a.splits, ..a.join(b, joined) };
            Content::Array(a.iter().zip(b).map(join).collect())
        }
        (Content::Array(a), Content::Array(b)) => grown(a, b, joined)
            .map_or_else(|| Content::Many(any_of(elements_of(a, b), joined)), Content::Array),
        _ => {
            let mut all = elements(a);
            all.extend(elements(b));
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
    values.push(Value { splits: true, choices, ..value });
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
    match content {
        Content::Scalar(value) | Content::Many(value) => vec![value.clone()],
        Content::Array(values) => values.clone(),
    }
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
    let mut settled = settle_by(states, symbols, true);
    if settled.len() > MOST_PATHS {
        settled = settle_by(settled, symbols, false);
    }
    settled
}

fn settle_by(states: Vec<State>, symbols: &mut Symbols, strict: bool) -> Vec<State> {
    let mut settled: Vec<State> = Vec::with_capacity(states.len().min(4));
    for state in states {
        if settled.contains(&state) {
            continue;
        }
        match settled.iter_mut().find(|other| other.agrees(&state, strict, symbols)) {
            Some(other) => other.absorb(&state, symbols),
            None => settled.push(state),
        }
    }
    settled
}
