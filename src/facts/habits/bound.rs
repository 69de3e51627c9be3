//! What is surely set at a place of a script: variables, elements of arrays, functions, positional parameters.

use std::rc::Rc;

use rustc_hash::FxHashSet;

/// Variables that bash sets itself, or that every session has.
pub(super) const ALWAYS_SET: &[&str] = &[
    "@",
    "*",
    "#",
    "?",
    "-",
    "$",
    "0",
    "_",
    "HOME",
    "PATH",
    "PWD",
    "IFS",
    "UID",
    "EUID",
    "PPID",
    "RANDOM",
    "SECONDS",
    "LINENO",
    "SHELL",
    "HOSTNAME",
    "OSTYPE",
    "OPTIND",
    "BASH",
    "BASHPID",
    "BASH_SOURCE",
    "BASH_VERSION",
    "BASH_VERSINFO",
    "EPOCHSECONDS",
    "EPOCHREALTIME",
    "SHLVL",
    "HOSTTYPE",
    "MACHTYPE",
    "PIPESTATUS",
    "BASH_COMMAND",
    "BASH_SUBSHELL",
];

/// What is surely set on every way to a place. A name `a[@]` means an array that was assigned, `a[3]` that element, `f()`
/// that function.
#[derive(Debug, Clone, Default)]
pub(super) struct Bound {
    pub names: FxHashSet<Rc<str>>,
    /// How many positional parameters there are at least.
    pub count: usize,
    /// No way leads here.
    pub dead: bool,
}

impl Bound {
    /// Where nothing comes by.
    pub fn nowhere() -> Self {
        Self { dead: true, ..Self::default() }
    }

    /// What holds where two ways meet.
    pub fn join(self, other: Self) -> Self {
        match (self.dead, other.dead) {
            (true, _) => other,
            (_, true) => self,
            _ => Self {
                names: self.names.into_iter().filter(|name| other.names.contains(name)).collect(),
                count: self.count.min(other.count),
                dead: false,
            },
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether `$name` is surely set.
    pub fn variable(&self, name: &str) -> bool {
        match name.parse::<usize>() {
            Ok(number) => number <= self.count,
            Err(_) => ALWAYS_SET.contains(&name) || self.has(name),
        }
    }

    pub fn add(&mut self, name: &str) {
        if !self.has(name) {
            self.names.insert(Rc::from(name));
        }
    }

    /// Forgets a variable with all its elements.
    pub fn forget(&mut self, name: &str) {
        self.names.retain(|known| known.split('[').next() != Some(name));
    }

    /// Whether everything that holds in `other` holds here.
    pub fn covers(&self, other: &Self) -> bool {
        self.count >= other.count && other.names.iter().all(|name| self.names.contains(name))
    }
}
