//! What is known on one path through a script, and how paths that agree on what matters are joined.

mod cover;
mod index;
mod inputs;
mod join;
mod options;
mod traits;
mod turns;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use crate::bash::is_shells_own;

use super::map::Map;
use super::naming::Named;
use super::value::{Content, Place, Source, Sym, Symbols, Value};

use index::marked;

pub use cover::Reads;
pub use index::{Index, MARK, symbol_mark};
pub use inputs::{Descriptor, Stdin};
pub(super) use join::{join_contents, passed};
pub use join::{settle, settle_further};
pub use options::{Options, Switch};

/// A typed confirmation that a path has passed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confirmation {
    /// The typed text equals one with the target's name or id in it.
    Named,
    /// The operator typed the same twice: it confirms only commands that name it.
    Again,
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

/// What is known on one path. A copy shares it until one of the two is changed.
#[derive(Debug, Clone)]
pub struct State {
    /// Whether the last command succeeded, where that is known.
    pub last: Option<bool>,
    known: Rc<Known>,
}

/// What is known on one path, field by field.
#[derive(Debug, Clone)]
pub struct Known {
    /// Variables.
    pub vars: Map<Content>,
    /// Positional parameters.
    pub params: Rc<Parameters>,
    /// Outcomes of tests on unknown values, by the test.
    pub outcomes: Map<bool>,
    /// Ids that an anchored check has passed.
    pub checked: Rc<BTreeSet<Sym>>,
    /// Functions, by the index of their definition.
    pub functions: Map<usize>,
    /// Variables to put back when the innermost function returns.
    scope: Option<Rc<Scope>>,
    /// Whether `--apply` was among the arguments.
    pub apply: bool,
    /// Options in force.
    pub options: Options,
    /// What seldom changes.
    pub rare: Rc<Rare>,
    index: Rc<RefCell<Index>>,
}

/// What a variable's attribute makes of what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// `declare -i`: a number, added where text would be appended.
    Number,
    /// `declare -l`
    Lower,
    /// `declare -u`, `declare -c`
    Upper,
}

impl Shape {
    /// Whether the attribute leaves that text as it is.
    pub fn keeps(self, text: &str) -> bool {
        match self {
            Self::Number => text == "0" || text.parse::<i64>().is_ok() && !text.starts_with(['0', '+']),
            Self::Lower => text == text.to_lowercase(),
            Self::Upper => text == text.to_uppercase(),
        }
    }
}

/// What seldom changes on a path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rare {
    /// Names that `unset` removed.
    pub unset: BTreeSet<Rc<str>>,
    /// Names that stand for another variable.
    pub references: BTreeMap<Rc<str>, Rc<str>>,
    /// Variables that other programs get.
    pub exported: BTreeSet<Rc<str>>,
    /// Typed confirmations.
    pub confirmed: BTreeSet<Confirmation>,
    /// The variables that the typed text named.
    pub named: Named,
    /// Variables whose attributes change what they are given (`declare -i`).
    pub shaped: BTreeMap<Rc<str>, Shape>,
    /// What can be read from descriptors that were opened to stay.
    pub inputs: BTreeMap<Descriptor, Stdin>,
    /// Traps: signal, text, and where it was set.
    pub traps: BTreeMap<String, (Value, Place)>,
}

/// What the variables that a function made local held before.
#[derive(Debug, Clone, Default)]
struct Scope {
    saved: Map<Option<Content>>,
    outer: Option<Rc<Scope>>,
    depth: u32,
    /// The options to put back (`local -`).
    options: Option<Options>,
}

impl Deref for State {
    type Target = Known;

    fn deref(&self) -> &Known {
        &self.known
    }
}

impl DerefMut for State {
    fn deref_mut(&mut self) -> &mut Known {
        Rc::make_mut(&mut self.known)
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&*self.known, &*other.known);
        self.last == other.last
            && (Rc::ptr_eq(&self.known, &other.known)
                || a.apply == b.apply
                    && a.options == b.options
                    && same_or_equal(&a.checked, &b.checked)
                    && same_or_equal(&a.rare, &b.rare)
                    && same_or_equal(&a.params, &b.params)
                    && same_scope(a.scope.as_ref(), b.scope.as_ref())
                    && a.functions == b.functions
                    && a.outcomes == b.outcomes
                    && a.vars == b.vars)
    }
}

fn same_or_equal<T: PartialEq>(a: &Rc<T>, b: &Rc<T>) -> bool {
    Rc::ptr_eq(a, b) || a == b
}

fn same_scope(a: Option<&Rc<Scope>>, b: Option<&Rc<Scope>>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            Rc::ptr_eq(a, b)
                || a.depth == b.depth
                    && a.options == b.options
                    && a.saved == b.saved
                    && same_scope(a.outer.as_ref(), b.outer.as_ref())
        }
        _ => false,
    }
}

impl State {
    /// The start of a walk, or of a shell that knows nothing of the one around it; all of a walk share an index.
    pub fn start(params: Parameters, index: Rc<RefCell<Index>>) -> Self {
        let known = Known {
            vars: Map::default(),
            params: Rc::new(params),
            outcomes: Map::default(),
            checked: Rc::default(),
            functions: Map::default(),
            scope: None,
            apply: false,
            options: Options::default(),
            rare: Rc::default(),
            index,
        };
        Self { last: None, known: Rc::new(known) }
    }

    /// A start in the same walk.
    pub fn afresh(&self, params: Parameters) -> Self {
        Self::start(params, Rc::clone(&self.index))
    }

    /// What seldom changes, to be changed.
    pub fn rare_mut(&mut self) -> &mut Rare {
        Rc::make_mut(&mut self.rare)
    }

    /// Whether a function is being walked.
    pub fn in_function(&self) -> bool {
        self.scope.is_some()
    }

    /// Sets a variable, and the one that it stands for.
    pub fn set(&mut self, name: &str, content: Content) {
        if is_shells_own(name) {
            return;
        }
        if !self.rare.references.is_empty()
            && let Some(target) =
                self.rare.references.get(name).cloned().filter(|target| target.as_ref() != name)
        {
            self.set_one(&target, content.clone());
        }
        self.set_one(name, content);
    }

    fn set_one(&mut self, name: &str, content: Content) {
        if self.rare.unset.contains(name) {
            self.rare_mut().unset.remove(name);
        }
        let unknown = content.values().iter().any(|value| !value.syms.is_empty());
        self.vars.insert(name, content);
        if unknown && let Some((name, content)) = self.vars.entry(name) {
            self.index.borrow_mut().hold(name, content);
        }
    }

    /// Removes a variable.
    pub fn unset(&mut self, name: &str) {
        self.vars.remove(name);
        if !self.rare.unset.contains(name) {
            self.rare_mut().unset.insert(Rc::from(name));
        }
    }

    /// Makes a variable local to the innermost function.
    pub fn localise(&mut self, name: &str) {
        self.stand_alone(name);
        if self.scope.as_ref().is_none_or(|scope| scope.saved.contains_key(name)) {
            return;
        }
        let old = self.vars.get(name).cloned();
        if let Some(scope) = &mut self.scope {
            Rc::make_mut(scope).saved.insert(name, old);
        }
        self.forget_named(name);
    }

    /// Enters a function.
    pub fn enter_scope(&mut self) {
        let outer = self.scope.take();
        let depth = outer.as_ref().map_or(1, |outer| outer.depth + 1);
        self.scope = Some(Rc::new(Scope { saved: Map::default(), outer, depth, options: None }));
    }

    /// `local -`: the options are put back when the innermost function returns.
    pub fn localise_options(&mut self) {
        let options = self.options;
        if let Some(scope) = &mut self.scope {
            Rc::make_mut(scope).options.get_or_insert(options);
        }
    }

    /// Whether the innermost function puts the options back when it returns (`local -`).
    pub fn options_are_local(&self) -> bool {
        self.scope.as_ref().is_some_and(|scope| scope.options.is_some())
    }

    /// Leaves the innermost function.
    pub fn leave_scope(&mut self) {
        let Some(scope) = self.scope.take() else { return };
        for (name, old) in scope.saved.iter() {
            self.stand_alone(name);
            self.forget_named(name);
            match old {
                Some(content) => {
                    // Of the function's own variable of that name something else was known.
                    self.forget_traits(content);
                    self.set(name, content.clone());
                }
                None => self.vars.remove(name),
            }
        }
        if let Some(options) = scope.options {
            // `set` is what `local -` is about, and no `shopt`.
            self.options = Options { nocasematch: self.options.nocasematch, ..options };
        }
        self.scope.clone_from(&scope.outer);
    }

    /// Makes a name stand for another variable.
    pub fn refer(&mut self, name: &str, target: &str) {
        self.rare_mut().references.insert(Rc::from(name), Rc::from(target));
    }

    fn stand_alone(&mut self, name: &str) {
        if self.rare.references.contains_key(name) {
            self.rare_mut().references.remove(name);
        }
    }

    /// A symbol is about to stand for a new value: copies of the old one go on as another symbol, with what was
    /// known of them.
    pub fn renew(&mut self, sym: Sym, symbols: &mut Symbols) {
        if sym == Sym::VOLATILE || sym == Sym::FAILED {
            return;
        }
        self.renew_parts(sym, symbols);
        if self.rare.named.holds(sym) {
            let older = symbols.of(Source::Older(sym));
            self.rare_mut().named.renew(sym, older);
        }
        let held = self.held_by(sym);
        self.hold_older(sym, held, symbols);
        self.forget(sym);
    }

    /// Sets a variable to a value that has nothing to do with what `joined` stood for before.
    pub fn set_anew(&mut self, name: &str, joined: Sym, content: Content, symbols: &mut Symbols) {
        let known = self.outcomes.is_empty() && self.checked.is_empty();
        if known && self.vars.get(name) == Some(&content) {
            return;
        }
        if holds(&content, joined) {
            if self.held_by(joined).iter().any(|holder| holder.as_ref() != name) {
                self.renew(joined, symbols);
            } else {
                self.renew_parts(joined, symbols);
                self.forget(joined);
            }
        }
        if self.vars.get(name) != Some(&content) {
            self.set(name, content);
        }
    }

    /// Any variable may hold anything now; one that held a secret still may.
    pub fn forget_variables(&mut self) {
        let mut kept = Map::default();
        for (name, content) in self.vars.iter() {
            if content.values().iter().any(|value| value.secret.is_some()) {
                kept.insert(name, content.clone());
            }
        }
        self.vars = kept;
        self.outcomes = Map::default();
        self.checked = Rc::default();
        if !self.rare.unset.is_empty() {
            self.rare_mut().unset.clear();
        }
    }

    /// Something that is not followed may set these variables: what the script gave them is what they may still hold.
    /// Gives their names, and those of what was unsettled before.
    pub fn unsettle(&mut self, may_set: &dyn Fn(&str) -> bool, symbols: &mut Symbols) -> Vec<Rc<str>> {
        let known = |content: &Content| match content {
            Content::Scalar(value) => value.constant().is_some() && value.secret.is_none() && !value.own_file,
            Content::Keyed(_) => true,
            Content::Array(_) | Content::Many(_) => false,
        };
        let mut unsettled = |name: &str, content: &Content| match content {
            Content::Scalar(value) => {
                !value.fallbacks.is_empty() && value.symbol().is_some_and(|sym| sym == symbols.joined(name))
            }
            _ => false,
        };
        let mut again = Vec::new();
        let mut names = Vec::new();
        for (name, content) in self.vars.iter().filter(|(name, _)| may_set(name)) {
            if known(content) {
                names.push(Rc::clone(name));
            } else if unsettled(name, content) {
                again.push(Rc::clone(name));
            }
        }
        for name in &names {
            let sym = symbols.joined(name);
            let content = match self.vars.get(name) {
                Some(Content::Scalar(value)) => {
                    let text = value.text.clone();
                    Content::Scalar(Value::unknown(sym).with(|value| value.fallbacks.push(text)))
                }
                Some(Content::Keyed(keyed)) => {
                    let secret = keyed.values().iter().find_map(|value| value.secret.clone());
                    Content::Many(Value::unknown(sym).with(|value| value.secret = secret))
                }
                _ => continue,
            };
            self.set_anew(name, sym, content, symbols);
        }
        if self.rare.unset.iter().any(|name| may_set(name)) {
            self.rare_mut().unset.retain(|name| !may_set(name));
        }
        names.append(&mut again);
        names
    }

    /// Whether a test of the symbol led here.
    pub fn was_tested(&self, sym: Sym) -> bool {
        let index = self.index.borrow();
        let mut tests = index.tests.get(&sym).into_iter().flatten();
        tests.any(|test| self.outcomes.contains_key(test))
    }

    /// Whether a variable holds a symbol.
    pub fn knows(&self, sym: Sym) -> bool {
        !self.held_by(sym).is_empty()
    }

    /// The variables that hold a symbol.
    fn held_by(&self, sym: Sym) -> Vec<Rc<str>> {
        let index = self.index.borrow();
        let Some(names) = index.holders.get(&sym) else { return Vec::new() };
        let held = |name: &&Rc<str>| self.vars.get(name).is_some_and(|content| holds(content, sym));
        names.iter().filter(held).cloned().collect()
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
        if self.outcomes.is_empty() {
            return;
        }
        let index = Rc::clone(&self.index);
        for test in index.borrow().tests.get(&sym).into_iter().flatten() {
            if self.outcomes.contains_key(test) {
                self.outcomes.remove(test);
            }
        }
    }

    /// Whether a test that begins with `prefix` and names the symbol is known to hold, and is none that `but` says.
    pub fn any_holds(&self, sym: Sym, prefix: &str, but: impl Fn(&str) -> bool) -> bool {
        let index = self.index.borrow();
        index
            .tests
            .get(&sym)
            .into_iter()
            .flatten()
            .any(|test| test.starts_with(prefix) && self.outcomes.get(test) == Some(&true) && !but(test))
    }

    /// What the tests that begin with `prefix`, name the symbol and are known to hold say behind it.
    pub fn known_behind(&self, sym: Sym, prefix: &str) -> Option<String> {
        let index = self.index.borrow();
        let mut tests = index.tests.get(&sym).into_iter().flatten();
        tests.find_map(|test| {
            let rest = test.strip_prefix(prefix)?;
            (self.outcomes.get(test) == Some(&true)).then(|| rest.to_owned())
        })
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
            return *known == outcome;
        }
        self.index.borrow_mut().add_test(test);
        self.outcomes.insert(test, outcome);
        true
    }

    /// Takes over what a subshell learned on the path that led to its end (not its variables).
    pub fn learn(&mut self, inner: &Self, symbols: &mut Symbols) {
        let confirmed = inner.rare.confirmed != self.rare.confirmed;
        if inner.outcomes.same(&self.outcomes)
            && Rc::ptr_eq(&inner.checked, &self.checked)
            && inner.apply == self.apply
            && !confirmed
        {
            return;
        }
        // What the subshell set anew is still in this shell what it was: from here on the symbol is the new value's.
        let anew = |sym: &&Sym| !inner.checked.contains(sym) && self.knows(**sym);
        let anew: Vec<Sym> = self.checked.iter().filter(anew).copied().collect();
        let mut older = Vec::new();
        for sym in anew {
            self.renew(sym, symbols);
            older.extend(symbols.known(&Source::Older(sym)).filter(|older| self.checked.contains(older)));
        }
        self.outcomes = inner.outcomes.clone();
        let mut checked = Rc::clone(&inner.checked);
        if !older.is_empty() {
            Rc::make_mut(&mut checked).extend(older);
        }
        self.checked = checked;
        self.apply = inner.apply;
        if confirmed {
            let rare = self.rare_mut();
            rare.confirmed.clone_from(&inner.rare.confirmed);
            rare.named.clone_from(&inner.rare.named);
        }
    }
}

fn holds(content: &Content, sym: Sym) -> bool {
    content.values().iter().any(|value| value.syms.contains(&sym))
}
