//! What a walk of a function showed, for those who keep it in a form of their own.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::observe::Observation;
use super::super::state::{Options, Reads};
use super::super::value::{Content, Value};
use super::super::walk::{Out, Walk};
use super::{Runs, Start};

/// What one walk showed.
pub(in super::super) struct Learnt {
    pub cost: u32,
    pub succeeds: bool,
    pub fails: bool,
    pub exits: Vec<Option<bool>>,
    /// The variables that it may set, to what, and whether it always does.
    pub set: Vec<(Rc<str>, Content, bool)>,
    pub any_set: bool,
    pub options: Vec<Options>,
    pub functions: BTreeMap<Rc<str>, usize>,
    /// An `EXIT` trap that it leaves.
    pub trap: Option<Value>,
    pub runs: Runs,
    pub program: Option<Rc<str>>,
    pub change: Option<Observation>,
    pub guards: bool,
    /// The names that it looked up among the functions; `None` where they may be any.
    pub calls: Option<Vec<Rc<str>>>,
}

impl Walk<'_> {
    /// Learns from a walk of the function as if it were the first, and says what.
    pub(in super::super) fn learn_anew(&mut self, index: usize, start: &Start, out: &Out) -> Option<Learnt> {
        self.summaries.remove(&index);
        self.summarise(index, start, out);
        let summary = self.summaries.get(&index)?;
        let change = summary.carries.change.and_then(|index| self.observations.list.get(index));
        let change = change.cloned().map(|seen| Observation {
            missing: summary.carries.missing,
            unsettled_by: None,
            ..seen
        });
        let set = summary.set.iter();
        Some(Learnt {
            cost: summary.cost,
            succeeds: summary.succeeds,
            fails: summary.fails,
            exits: summary.exits.statuses().collect(),
            set: set.map(|(name, set)| (Rc::clone(name), set.content.clone(), set.always)).collect(),
            any_set: summary.any_set,
            options: summary.options.clone(),
            functions: summary.functions.clone(),
            trap: summary.traps.as_ref().and_then(|traps| traps.get("EXIT")).map(|(text, _)| text.clone()),
            runs: summary.runs,
            program: summary.carries.program.clone(),
            change,
            guards: summary.guards,
            calls: summary.starts.reads.functions().map(|names| names.cloned().collect()),
        })
    }

    /// Notes that the function in hand goes by one that was summed up elsewhere, and that looks up those names among the
    /// functions; `None`: any.
    pub(in super::super) fn goes_by_shared(
        &mut self,
        runs: Runs,
        program: Option<&str>,
        tells: bool,
        calls: Option<&[String]>,
    ) {
        if let Some(outer) = self.observations.in_calls.last_mut() {
            outer.runs.add(runs);
            outer.matters.tells |= tells;
            match calls {
                Some(names) => names.iter().for_each(|name| outer.reads.function(name)),
                None => outer.reads.add(&Reads::everything()),
            }
            if let Some(program) = program {
                outer.runs_program(program);
            }
        }
    }
}
