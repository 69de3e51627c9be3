//! From where a function was walked, and how it came out: a call that is not walked is one of those that were.
//!
//! What decides in a function is what it reads: its words, variables, what was found out about them, and the gates that its
//! caller has passed. A call that comes with something else may take a branch that no walk has taken. The first few such
//! calls are walked as they are; after them one is walked that stands for all that came before, and for this one.

use std::rc::Rc;

use crate::facts::outlets::{Outlet, Outlets};
use crate::facts::state::{Reads, State, Stdin};
use crate::facts::value::Symbols;

use super::Exits;

/// The ways in which a function ends.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::facts) struct Ends {
    pub(super) succeeds: bool,
    pub(super) fails: bool,
    pub(super) exits: Exits,
}

/// What a call finds around it that is no part of the path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::facts) struct Company {
    /// Whether somebody looks at what it writes to its stdout, and to its stderr.
    shown: [bool; 2],
    reads: Reading,
}

/// What it finds on its stdin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Reading {
    #[default]
    Operator,
    Terminal,
    /// That text.
    Text(Rc<str>),
    /// Something that is not known, perhaps a secret.
    Other {
        secret: bool,
    },
}

impl Reading {
    /// Whether only who asks there finds out anything.
    fn is_vague(&self) -> bool {
        matches!(self, Self::Operator | Self::Terminal | Self::Other { secret: false })
    }
}

impl Company {
    /// Of a call whose descriptors lead there, and that reads that.
    pub(in crate::facts) fn new(outlets: Option<&Outlets>, stdin: Option<&Stdin>) -> Self {
        let leads = |descriptor| outlets.is_some_and(|outlets| outlets.of(descriptor) != Outlet::Away);
        let reads = match stdin {
            None | Some(Stdin::Operator) => Reading::Operator,
            Some(Stdin::Terminal) => Reading::Terminal,
            Some(Stdin::Other(value)) => match value.constant() {
                Some(text) if value.secret.is_none() => Reading::Text(Rc::from(text)),
                _ => Reading::Other { secret: value.secret.is_some() },
            },
        };
        Self { shown: [1, 2].map(leads), reads }
    }

    /// The same, of whose stdin only so much is known.
    fn vaguely(&self) -> Self {
        let mut vague = self.clone();
        if let Reading::Text(_) = vague.reads {
            vague.reads = Reading::Other { secret: false };
        }
        vague
    }
}

/// What of the company mattered in a walk.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Matters {
    /// A secret was written, whoever saw it.
    pub tells: bool,
    /// Stdin was read by something that tells the operator from others.
    pub asks: bool,
}

impl Matters {
    pub(super) fn add(&mut self, other: Self) {
        self.tells |= other.tells;
        self.asks |= other.asks;
    }
}

/// A walk's start.
#[derive(Debug)]
struct Start {
    company: Company,
    matters: Matters,
    /// What was known there; the parameters are the function's own.
    from: State,
    /// How many walks it stands for that differ.
    joins: u32,
    ends: Ends,
}

/// The starts of a function's walks.
#[derive(Debug, Default)]
pub(super) struct Starts {
    pub reads: Reads,
    list: Vec<Start>,
}

/// What is known of a call before it is followed.
#[derive(Debug)]
pub(in crate::facts) enum Call {
    /// Walks have shown all that it does.
    Seen(Ends),
    /// It differs from those that were walked.
    Differs,
    /// So many differ that what stands for all of them is to be walked, from here.
    Join(State),
}

impl Start {
    /// Whether a walk from there has passed the same gates, and finds the same around it as far as that mattered.
    fn is_alike(&self, from: &State, company: &Company) -> bool {
        (!self.matters.tells || self.company.shown == company.shown)
            && (self.company.reads == company.reads
                || !self.matters.asks && self.company.reads.is_vague() && company.reads.is_vague())
            && self.from.is_alike(from)
    }
}

impl Starts {
    /// What is known of a call that starts from there. Calls that differ are walked one by one up to `few`.
    pub(super) fn look(&self, from: &State, company: Company, few: usize, symbols: &mut Symbols) -> Call {
        // What stands for so many that differ stands for any words; for so many more, for all.
        const ANY_WORDS: u32 = 4;
        const MANY: u32 = 16;
        let company = self.kept_apart(company);
        let mut alike = self.list.iter().filter(|start| start.is_alike(from, &company));
        let seen = alike.clone().find(|start| {
            start.joins >= MANY && !from.params.brings_secrets_to(&start.from.params)
                || start.from.is_as_wide_as(from, &self.reads, symbols)
        });
        if let Some(seen) = seen {
            return Call::Seen(seen.ends);
        }
        if alike.clone().count() < few && alike.all(|start| start.joins == 0) {
            return Call::Differs;
        }
        let alike = self.list.iter().filter(|start| start.is_alike(from, &company));
        let any_words = alike.clone().any(|start| start.joins >= ANY_WORDS);
        let widen = |so_far: State, start: &Start| so_far.widened(&start.from, &self.reads, symbols);
        let mut joined = alike.fold(from.clone(), widen);
        if any_words {
            joined.params = joined.params.any(symbols).into();
        }
        Call::Join(joined)
    }

    /// Notes a walk; `joined`: it stands for all that came before it.
    pub(super) fn add(&mut self, from: State, company: Company, matters: Matters, joined: bool, ends: Ends) {
        const KEPT: usize = 2;
        let company = self.kept_apart(company);
        let mut joins = 0;
        if joined {
            self.list.retain(|start| {
                let alike = start.is_alike(&from, &company);
                joins = joins.max(if alike { start.joins + 1 } else { 0 });
                !alike
            });
        } else {
            let alike = |start: &Start| start.joins == 0 && start.is_alike(&from, &company);
            if self.list.iter().filter(|start| alike(start)).count() >= KEPT
                && let Some(oldest) = self.list.iter().position(alike)
            {
                self.list.remove(oldest);
            }
        }
        self.list.push(Start { company, matters, from, joins, ends });
    }

    /// What a call finds around it, its text no longer told apart from others where there are many.
    fn kept_apart(&self, company: Company) -> Company {
        const MANY: usize = 16;
        let is_text = |company: &Company| matches!(company.reads, Reading::Text(_));
        let texts = || self.list.iter().map(|start| &start.company).filter(|other| is_text(other));
        let known = !is_text(&company) || texts().any(|other| *other == company) || texts().count() < MANY;
        if known { company } else { company.vaguely() }
    }
}
