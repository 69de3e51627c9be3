//! Calls in sum: what a function did when it was walked, for the calls after that.
//!
//! A script that calls large functions from many places has more paths than anybody could follow. Such a function is
//! walked a few times; after that a call only marks, on everything that the function was seen to do, the gates that
//! the calling path lacks, and sets what the function sets. It never makes a mutation look better guarded than it is,
//! and no value of another call known.
//!
//! Nothing here is transitive: a walk knows what it saw itself and which walks and summaries it went by. Each of them
//! is marked once for each gate, however many functions lead there.

mod course;
mod learnt;
mod starts;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::commands::{Effect, HOLE};

use super::calls::Line;
use super::observe::{Missing, Observation};
use super::state::{Options, Parameters, Reads, State, join_contents};
use super::value::{Content, Flow, Place, Sym, Value};
use super::walk::{Out, Walk};

pub(super) use course::Course;
pub(super) use learnt::Learnt;
use starts::Matters;
use starts::Starts;
pub(super) use starts::{Call, Company, Ends};

/// A function that may set more variables than this may have set any: to list them at each call would take the square
/// of the script's length.
pub(super) const MOST_SET: usize = 96;

/// What walks of one function showed.
#[derive(Debug, Default)]
pub(super) struct Summary {
    walks: u32,
    /// Statements that the longest walk took.
    cost: u32,
    /// The same without those of the functions that it called.
    own_cost: u32,
    succeeds: bool,
    fails: bool,
    exits: Exits,
    /// The variables that it may set.
    set: BTreeMap<Rc<str>, Setting>,
    /// Whether they are too many to be listed.
    any_set: bool,
    /// The options that its walks changed; unknown where they left the caller's.
    options: Vec<Options>,
    /// The functions that it defines.
    functions: BTreeMap<Rc<str>, usize>,
    /// The traps that it leaves, where it sets any.
    traps: Option<BTreeMap<String, (Value, Place)>>,
    /// Its walks in which something was seen, by number.
    seen: Vec<usize>,
    runs: Runs,
    carries: Carries,
    /// Whether a path came out of it with a gate passed or an id checked.
    guards: bool,
    /// Whether it runs words that it is given.
    hands_on: bool,
    /// From where it was walked.
    starts: Starts,
    matters: Matters,
    /// A secret that it was seen to print, and was not given.
    prints: Option<Rc<Flow>>,
    /// Whether it was seen to print a secret that it was given.
    prints_given: bool,
    /// How many of them were marked already, gate by gate.
    marked: [usize; 2],
}

/// A gate that a path may lack.
#[derive(Debug, Clone, Copy)]
enum Gate {
    Apply,
    Phrase,
}

/// A variable after a call.
#[derive(Debug)]
struct Setting {
    content: Content,
    /// The symbol that its unknown values go by.
    joined: Sym,
    /// Whether every path of every walk set it.
    always: bool,
}

/// What a function runs, at the least.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Runs {
    /// Programs with words that are not known.
    unknown_words: bool,
    /// Something that mutates.
    mutates: bool,
    /// Words that it was given.
    given: bool,
    /// One branch only, where what was known told which: another call may take the other.
    decided: bool,
}

impl Runs {
    /// Whether it runs words that it was given.
    pub(super) fn given(self) -> bool {
        self.given
    }

    fn add(&mut self, other: Self) {
        self.unknown_words |= other.unknown_words;
        self.mutates |= other.mutates;
        self.given |= other.given;
        self.decided |= other.decided;
    }
}

/// What is noted at the call of a function that is defined elsewhere.
#[derive(Debug, Clone, Default)]
struct Carries {
    /// A program that it runs.
    program: Option<Rc<str>>,
    /// Something that it changes: an observation, by index.
    change: Option<usize>,
    /// The gates that some path to a change lacks in it.
    missing: Missing,
}

impl Carries {
    fn add(&mut self, other: &Self) {
        self.change = self.change.or(other.change);
        self.missing.add(other.missing);
        if self.program.is_none() {
            self.program.clone_from(&other.program);
        }
    }
}

/// The ways in which a function ends its shell: with zero, not with zero, with an unknown status.
#[derive(Debug, Clone, Copy, Default)]
struct Exits([bool; 3]);

impl Exits {
    const ALL: [Option<bool>; 3] = [Some(true), Some(false), None];

    fn note(&mut self, zero: Option<bool>) {
        let at = Self::ALL.iter().position(|known| *known == zero).unwrap_or(2);
        self.0[at] = true;
    }

    fn add(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine |= theirs);
    }

    fn statuses(self) -> impl Iterator<Item = Option<bool>> {
        Self::ALL.into_iter().zip(self.0).filter(|(_, seen)| *seen).map(|(zero, _)| zero)
    }
}

/// What was seen in one walk of a function.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Indexes of what it saw itself.
    own: Vec<usize>,
    /// The calls in it.
    calls: Vec<Within>,
    runs: Runs,
    carries: Carries,
    exits: Exits,
    /// How many shells were around it.
    shells: usize,
    /// Whether it was marked, gate by gate.
    marked: [bool; 2],
    /// Whether all that it changes is carried, not only what another file's functions change.
    all: bool,
    /// What it read.
    reads: Reads,
    /// Statements that the calls in it took.
    steps_of_calls: u32,
    /// Whether a command in it is given words that it was given.
    passes: bool,
    matters: Matters,
    /// Whether it runs words that it was given, itself or by a function that it passes them to.
    hands_on: bool,
}

/// A call in a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// It was walked: the walk's number.
    Walk(usize),
    /// It was summed up, when so many walks of that function had seen something.
    Sum { function: usize, seen: usize },
}

impl Seen {
    /// Notes something that runs in it.
    pub(super) fn note(&mut self, index: usize, observation: &Observation) {
        if self.own.last() != Some(&index) {
            self.own.push(index);
        }
        self.runs.unknown_words |= observation.exec_words.iter().any(|word| word.contains(HOLE));
        self.runs.mutates |= observation.effect == Effect::Mutate;
        if observation.effect == Effect::Mutate && (observation.elsewhere || self.all) {
            self.carries.missing.add(observation.missing);
            self.carries.change.get_or_insert(index);
        }
    }

    /// Notes a program that runs in it.
    pub(super) fn runs_program(&mut self, name: &str) {
        if self.carries.program.is_none() {
            self.carries.program = Some(Rc::from(name));
        }
    }

    /// Notes that it runs what it was given.
    pub(super) fn runs_given(&mut self) {
        self.runs.given = true;
        self.hands_on = true;
    }

    /// Notes that a command in it is given all the words that it was given: what it does depends on them.
    pub(super) fn hands_list_on(&mut self) {
        self.passes = true;
        self.hands_on = true;
    }

    /// Notes that a command in it is given words that it was given.
    pub(super) fn passes_words(&mut self) {
        self.passes = true;
    }

    /// Notes that a test in it had one outcome only.
    pub(super) fn decided(&mut self) {
        self.runs.decided = true;
    }

    /// Notes that a secret is written in it, whoever sees it.
    pub(super) fn tells(&mut self) {
        self.matters.tells = true;
    }

    /// Notes that something in it reads stdin and tells the operator from others.
    pub(super) fn asks(&mut self) {
        self.matters.asks = true;
    }

    /// Notes that it ends its shell, `shells` of which are around.
    pub(super) fn exits(&mut self, shells: usize, zero: Option<bool>) {
        if self.shells == shells {
            self.exits.note(zero);
        }
    }

    fn goes_by(&mut self, call: Within, runs: Runs, hands_on: bool, carries: &Carries) {
        self.hands_on |= hands_on && self.passes;
        if self.calls.last() != Some(&call) {
            self.calls.push(call);
        }
        self.runs.add(runs);
        self.carries.add(carries);
    }
}

/// Where a walk of a function started.
pub(super) struct Start {
    state: State,
    args: Vec<Value>,
    params: Rc<Parameters>,
    steps: u32,
    company: Company,
    /// Whether it stands for all starts before it.
    pub joined: bool,
}

impl Walk<'_> {
    /// Notes of the function in hand whether a test had one outcome only.
    pub(super) fn note_decided(&mut self, decided: bool) {
        if decided && let Some(call) = self.observations.in_calls.last_mut() {
            call.decided();
        }
    }

    /// Notes where a walk starts; [`Walk::summarise`] ends it.
    pub(super) fn start_of_call(&mut self, args: &[Value], params: &Rc<Parameters>, state: &State) -> Start {
        let shells = self.exits.len();
        let mut seen = Seen { shells, all: self.alone, ..Seen::default() };
        // Whatever names a file depends on the folder.
        seen.reads.variable("PWD");
        self.observations.in_calls.push(seen);
        let params = Rc::clone(params);
        let company = self.company();
        Start { state: state.clone(), args: args.to_vec(), params, steps: self.steps, company, joined: false }
    }

    /// Notes that a variable is read.
    pub(super) fn note_read(&mut self, name: &str, state: &State) {
        if let Some(call) = self.observations.in_calls.last_mut()
            && !state.is_local(name)
        {
            call.reads.variable(name);
        }
    }

    /// Notes that a name is looked up among the functions.
    pub(super) fn note_looked_up(&mut self, name: &str) {
        if let Some(call) = self.observations.in_calls.last_mut() {
            call.reads.function(name);
        }
    }

    /// Learns from a walk of the function.
    pub(super) fn summarise(&mut self, index: usize, start: &Start, out: &Out) -> Ends {
        let mut seen = self.observations.in_calls.pop().unwrap_or_default();
        seen.own.sort_unstable();
        seen.own.dedup();
        let mut summary = self.summaries.remove(&index).unwrap_or_default();
        summary.walks += 1;
        let cost = self.steps.saturating_sub(start.steps);
        summary.cost = summary.cost.max(cost);
        summary.own_cost = summary.own_cost.max(cost.saturating_sub(seen.steps_of_calls));
        summary.succeeds |= !out.ok.is_empty();
        summary.fails |= !out.fail.is_empty();
        summary.exits.add(seen.exits);
        summary.runs.add(seen.runs);
        summary.hands_on |= seen.hands_on;
        summary.carries.add(&seen.carries);
        for state in out.ok.iter().chain(&out.fail) {
            self.add_outcome(&mut summary, state, start);
        }
        for (name, setting) in summary.set.iter_mut().filter(|(_, setting)| setting.always) {
            let missed = |end: &State| end.vars.get(name) == start.state.vars.get(name);
            setting.always = !out.ok.iter().chain(&out.fail).any(missed);
        }
        let number = self.seen.len();
        if let Some(outer) = self.observations.in_calls.last_mut() {
            if outer.shells == seen.shells {
                outer.exits.add(seen.exits);
            }
            outer.goes_by(Within::Walk(number), seen.runs, seen.hands_on, &seen.carries);
            outer.reads.add(&seen.reads);
            outer.matters.add(seen.matters);
            outer.steps_of_calls = outer.steps_of_calls.saturating_add(cost);
        }
        let ends = Ends { succeeds: !out.ok.is_empty(), fails: !out.fail.is_empty(), exits: seen.exits };
        let mut from = start.state.clone();
        from.params = Rc::clone(&start.params);
        summary.starts.reads.add(&seen.reads);
        summary.matters.add(seen.matters);
        summary.starts.add(from, start.company.clone(), seen.matters, start.joined, ends);
        summary.seen.push(number);
        self.seen.push(seen);
        self.summaries.insert(index, summary);
        ends
    }

    fn add_outcome(&mut self, summary: &mut Summary, end: &State, start: &Start) {
        let Start { state: start, args, .. } = start;
        summary.guards |= end.apply != start.apply
            || end.checked.difference(&start.checked).any(|sym| {
                let given = args.iter().any(|arg| arg.syms.contains(sym));
                given || start.knows(*sym) || end.knows(*sym) || self.symbols.comes_from_caller(*sym)
            })
            || end.rare.confirmed != start.rare.confirmed;
        let changed = end.options.changed_from(start.options);
        if !summary.options.contains(&changed) {
            summary.options.push(changed);
        }
        if !end.functions.same(&start.functions) {
            end.functions.differences(&start.functions, &mut |name, after, before| {
                if let Some(index) = after.filter(|_| after != before) {
                    summary.functions.insert(Rc::clone(name), *index);
                }
            });
        }
        if end.rare.traps != start.rare.traps {
            summary.traps = Some(end.rare.traps.clone());
        }
        if summary.any_set {
            return;
        }
        let first = summary.walks == 1;
        let mut left = MOST_SET;
        let symbols = &mut self.symbols;
        end.vars.differences_while(&start.vars, &mut |name, after, before| {
            if after == before {
                return true;
            }
            let gone = Content::Scalar(Value::default());
            let joined = symbols.joined(name);
            let content = forgotten(after.unwrap_or(&gone), args, joined);
            match summary.set.get_mut(name) {
                Some(known) => {
                    if known.content != content {
                        known.content = join_contents(&known.content, &content, joined, symbols).0;
                    }
                }
                None => drop(summary.set.insert(Rc::clone(name), Setting { content, joined, always: first })),
            }
            left -= 1;
            left > 0
        });
        if left == 0 || summary.set.len() > MOST_SET {
            summary.any_set = true;
            summary.set.clear();
        }
    }

    /// A call past the budget: nobody looked where its words go. Secrets among them count as exposed where the function
    /// runs programs with words that are not known, and ids as unchecked where it changes something.
    pub(super) fn not_followed(&mut self, index: usize, line: &Line, state: &State) {
        if let Some(summary) = self.summaries.get(&index) {
            self.unfollowed(line, summary.runs, state);
        }
    }

    /// The same, of a function that runs that.
    pub(super) fn unfollowed(&mut self, line: &Line, runs: Runs, state: &State) {
        let Runs { unknown_words, mutates, .. } = runs;
        if unknown_words || mutates {
            self.observe_unfollowed(line, unknown_words, mutates, state);
        }
    }

    /// The outcome of a call that is not walked. `ends`: how those came out that came with the same.
    pub(super) fn summed_up(
        &mut self,
        index: usize,
        line: &Line,
        ends: Option<Ends>,
        state: &State,
    ) -> Option<Out> {
        let summary = self.summaries.get(&index)?;
        let whole = Within::Sum { function: index, seen: summary.seen.len() };
        if let Some(outer) = self.observations.in_calls.last_mut() {
            let mut carries = summary.carries.clone();
            carries.missing.apply &= !state.apply && !self.dead;
            carries.missing.phrase &= state.rare.confirmed.is_empty() && !self.dead;
            outer.goes_by(whole, summary.runs, summary.hands_on, &carries);
            outer.reads.add(&summary.starts.reads);
            outer.matters.add(summary.matters);
        }
        // Where a walk came with the same gates, what it reached without them is known.
        if !self.dead && ends.is_none() {
            if !state.apply {
                self.mark(whole, Gate::Apply);
            }
            if state.rare.confirmed.is_empty() {
                self.mark(whole, Gate::Phrase);
            }
        }
        self.note_elsewhere(index, line, state);
        let summary = self.summaries.get(&index)?;
        let mut after = state.clone();
        let options = summary.options.iter().map(|changed| changed.over(state.options));
        after.options = options.reduce(Options::common).unwrap_or(state.options);
        for (name, function) in &summary.functions {
            after.functions.insert(name, *function);
        }
        if let Some(traps) = &summary.traps {
            after.rare_mut().traps.clone_from(traps);
        }
        if summary.any_set {
            after.forget_variables();
        }
        // What one walk left behind may come from what that very call was given.
        let trusted = summary.walks > 1 || line.args().is_empty();
        for (name, setting) in &summary.set {
            let joined = setting.joined;
            let known = is_known(&setting.content);
            let content = if known && !trusted {
                Content::Scalar(Value::unknown(joined))
            } else {
                setting.content.clone()
            };
            let content = match after.vars.get(name) {
                _ if setting.always => content,
                Some(old) => join_contents(old, &content, joined, &mut self.symbols).0,
                None => {
                    let old = Content::Scalar(self.symbols.inherited(name));
                    join_contents(&old, &content, joined, &mut self.symbols).0
                }
            };
            after.set_anew(name, joined, content, &mut self.symbols);
        }
        let Ends { succeeds, fails, exits } = ends.unwrap_or_else(|| {
            // Where words of the walks decided how it returned, those of this call may decide otherwise.
            let either = summary.runs.decided;
            Ends {
                succeeds: summary.succeeds || either,
                fails: summary.fails || either,
                exits: summary.exits,
            }
        });
        let mut out = Out::default();
        if succeeds {
            out.ok.push(after.clone());
        }
        if fails {
            out.fail.push(after.clone());
        }
        for zero in exits.statuses() {
            self.leave(vec![after.clone()], zero);
        }
        Some(out)
    }

    /// Notes at a call that is summed up what a walk would: where the function is defined elsewhere, the call is all of it
    /// that the script shows.
    fn note_elsewhere(&mut self, index: usize, line: &Line, state: &State) {
        let file = self.definitions[index].file;
        let (at, elsewhere) = self.report_span(line.place);
        if file == 0 || elsewhere {
            return;
        }
        let Some(Carries { program, change, missing }) =
            self.summaries.get(&index).map(|summary| summary.carries.clone())
        else {
            return;
        };
        if let Some(program) = program {
            self.note_carried(at, &program);
        }
        if let Some(mut seen) = change.and_then(|index| self.observations.list.get(index)).cloned() {
            seen.missing = missing;
            let place = Place { file, span: line.place.span };
            self.see_again(seen, place, at, state);
        }
    }

    /// Marks what was seen in a call, and in those that it goes by: some path comes there without the gate.
    fn mark(&mut self, call: Within, gate: Gate) {
        let (gate, lacking) = match gate {
            Gate::Apply => (0, Missing { apply: true, phrase: false }),
            Gate::Phrase => (1, Missing { apply: false, phrase: true }),
        };
        let mut waiting = vec![call];
        while let Some(call) = waiting.pop() {
            match call {
                Within::Sum { function, seen } => {
                    let Some(summary) = self.summaries.get_mut(&function) else { continue };
                    let from = summary.marked[gate];
                    waiting.extend(
                        summary.seen.get(from..seen).unwrap_or_default().iter().copied().map(Within::Walk),
                    );
                    summary.marked[gate] = from.max(seen);
                }
                Within::Walk(number) => {
                    let Some(walk) = self.seen.get_mut(number) else { continue };
                    if std::mem::replace(&mut walk.marked[gate], true) {
                        continue;
                    }
                    waiting.extend(&walk.calls);
                    for index in &walk.own {
                        self.observations.reached_without(*index, lacking);
                    }
                }
            }
        }
    }
}

fn is_known(content: &Content) -> bool {
    content.values().iter().all(|value| value.constant().is_some())
}

/// A content as another call may leave it: what is not known, or was handed over, is another value each time.
fn forgotten(content: &Content, args: &[Value], joined: Sym) -> Content {
    let given = |value: &Value| {
        let texts = args.iter().map(|arg| arg.text.as_str());
        texts.filter(|text| !text.is_empty()).any(|text| value.text.contains(text))
    };
    if is_known(content) && !content.values().iter().any(given) {
        return content.clone();
    }
    let values = content.values();
    let value = Value::unknown(joined).with(|value| {
        value.secret = values.iter().find_map(|value| value.secret.clone());
        value.from_args = values.iter().any(|value| value.from_args);
        value.own_file = values.iter().all(|value| value.surely_own());
        value.ends_in_status = values.iter().all(|value| value.ends_in_status);
        if let Some(first) = values.first() {
            value.names.clone_from(&first.names);
        }
    });
    if matches!(content, Content::Scalar(_)) { Content::Scalar(value) } else { Content::Many(value) }
}
