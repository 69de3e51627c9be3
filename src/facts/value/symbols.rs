//! The identities of unknown values, and where each comes from.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{Place, Value};

/// The identity of an unknown value: two values with the same symbol are the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sym(u32);

/// Where an unknown value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A variable of the environment.
    Environment(Rc<str>),
    /// A positional parameter of the script.
    Argument(u32),
    /// Something that is computed at a place: a substitution, a `read`.
    Computed(Place),
    /// An element of the list that a symbol stands for.
    Element(Sym),
    /// The field of that number of a line, or of what is read together: a value of its own.
    Field(Sym, u32),
    /// What a `read` of that line got where the input ended first: a part of one, or nothing.
    Partial(Sym),
    /// The element of that number of the list that a symbol stands for.
    At(Sym, Rc<str>),
    /// What a symbol stood for before it came to stand for a newer value (rounds of a loop).
    Older(Sym),
    /// The items of a list that a loop has seen, where the symbol stands for the one in hand.
    Earlier(Sym),
    /// A variable after two paths with different values have met.
    Joined(Rc<str>),
    /// Something that differs each time it is asked (`$?`, `$RANDOM`): no two of its values are the same.
    Volatile,
    /// A status that is not zero, whichever.
    Failed,
}

impl Sym {
    /// The symbol of [`Source::Volatile`]: nothing is ever assumed of it.
    pub const VOLATILE: Self = Self(0);

    /// The symbol of [`Source::Failed`].
    pub const FAILED: Self = Self(1);

    /// Its number.
    pub fn number(self) -> u32 {
        self.0
    }

    /// The symbol with that number.
    pub fn numbered(number: u32) -> Self {
        Self(number)
    }
}

/// Gives every source one symbol.
#[derive(Debug)]
pub struct Symbols {
    sources: Vec<Source>,
    known: FxHashMap<Source, Sym>,
    /// Those of the commonest sources, by name: looking one up must not cost a copy of the name.
    environment: FxHashMap<Rc<str>, Sym>,
    joined: FxHashMap<Rc<str>, Sym>,
    /// Values that are one variable of the environment and nothing else.
    inherited: FxHashMap<Sym, Value>,
    /// The same, with the variable's name in their history.
    expanded: FxHashMap<Sym, Value>,
    /// Joins that were made: most are of the same two values, over and over.
    joins: FxHashMap<(usize, usize, Sym), Join>,
}

/// A join that was made. It keeps both sides alive: they are known by their addresses.
#[derive(Debug)]
struct Join {
    _sides: [Value; 2],
    value: Value,
}

impl Default for Symbols {
    fn default() -> Self {
        Self {
            sources: vec![Source::Volatile, Source::Failed],
            known: FxHashMap::default(),
            environment: FxHashMap::default(),
            joined: FxHashMap::default(),
            inherited: FxHashMap::default(),
            expanded: FxHashMap::default(),
            joins: FxHashMap::default(),
        }
    }
}

impl Symbols {
    /// The symbol of `source`.
    pub fn of(&mut self, source: Source) -> Sym {
        match &source {
            Source::Environment(name) => return self.environment(name),
            Source::Joined(name) => return self.joined(name),
            Source::Volatile => return Sym::VOLATILE,
            Source::Failed => return Sym::FAILED,
            _ => {}
        }
        if let Some(sym) = self.known.get(&source) {
            return *sym;
        }
        let sym = self.add(source.clone());
        self.known.insert(source, sym);
        sym
    }

    /// The symbol of a variable of the environment.
    pub fn environment(&mut self, name: &str) -> Sym {
        if let Some(sym) = self.environment.get(name) {
            return *sym;
        }
        let name: Rc<str> = Rc::from(name);
        let sym = self.add(Source::Environment(Rc::clone(&name)));
        self.environment.insert(name, sym);
        sym
    }

    /// The symbol of a variable after different values have met.
    pub fn joined(&mut self, name: &str) -> Sym {
        if let Some(sym) = self.joined.get(name) {
            return *sym;
        }
        let name: Rc<str> = Rc::from(name);
        let sym = self.add(Source::Joined(Rc::clone(&name)));
        self.joined.insert(name, sym);
        sym
    }

    /// The value of a variable of the environment.
    pub fn inherited(&mut self, name: &str) -> Value {
        let sym = self.environment(name);
        self.inherited.entry(sym).or_insert_with(|| Value::unknown(sym)).clone()
    }

    /// What the expansion of a variable of the environment gives.
    pub fn expanded(&mut self, name: &str) -> Value {
        let sym = self.environment(name);
        if let Some(known) = self.expanded.get(&sym) {
            return known.clone();
        }
        let value = Value::unknown(sym).with(|value| value.names.push(Rc::from(name)));
        self.expanded.insert(sym, value.clone());
        value
    }

    /// What a variable is after two paths with these values have met, and whether the same was asked before.
    pub fn join(&mut self, a: &Value, b: &Value, joined: Sym) -> (Value, bool) {
        const MOST_JOINS: usize = 1 << 14;
        if Rc::ptr_eq(&a.0, &b.0) {
            return (a.clone(), true);
        }
        let key = (Rc::as_ptr(&a.0).addr(), Rc::as_ptr(&b.0).addr(), joined);
        if let Some(known) = self.joins.get(&key) {
            return (known.value.clone(), true);
        }
        let mut value = a.join(b, joined);
        // The same address again is what makes the next comparison cheap.
        for side in [a, b] {
            if value == *side {
                value = side.clone();
                break;
            }
        }
        if self.joins.len() >= MOST_JOINS {
            self.joins.clear();
        }
        self.joins.insert(key, Join { _sides: [a.clone(), b.clone()], value: value.clone() });
        (value, false)
    }

    /// The symbol of `source`, where it has one.
    pub fn known(&self, source: &Source) -> Option<Sym> {
        self.known.get(source).copied()
    }

    fn add(&mut self, source: Source) -> Sym {
        let sym = Sym(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        self.sources.push(source);
        sym
    }

    /// Whether it stands for something that whoever calls, or sources, has as well: a word, a variable of theirs.
    pub fn comes_from_caller(&self, sym: Sym) -> bool {
        match self.source(sym) {
            Source::Environment(_) | Source::Argument(_) => true,
            Source::Element(of)
            | Source::Field(of, _)
            | Source::Partial(of)
            | Source::Older(of)
            | Source::Earlier(of)
            | Source::At(of, _) => self.comes_from_caller(*of),
            Source::Computed(_) | Source::Joined(_) | Source::Volatile | Source::Failed => false,
        }
    }

    /// The symbol of a variable of the environment, where it has one.
    pub fn known_environment(&self, name: &str) -> Option<Sym> {
        self.environment.get(name).copied()
    }

    /// Where the list comes from that it stands for an element of, or it itself.
    pub fn root(&self, sym: Sym) -> &Source {
        match self.source(sym) {
            Source::Element(of) | Source::At(of, _) | Source::Older(of) | Source::Earlier(of) => {
                self.root(*of)
            }
            other => other,
        }
    }

    /// Whether it stands for one of the script's own words, or for all of them.
    pub fn is_of_words(&self, sym: Sym) -> bool {
        matches!(self.root(sym), Source::Argument(_))
    }

    /// Whether it stands for every item of a list, or for a field of every line.
    pub fn is_of_list(&self, sym: Sym) -> bool {
        match self.source(sym) {
            Source::Element(_) => true,
            Source::Field(line, _) => matches!(self.source(*line), Source::Element(_)),
            _ => false,
        }
    }

    /// What the symbol stands for.
    pub fn source(&self, sym: Sym) -> &Source {
        &self.sources[sym.0 as usize]
    }
}
