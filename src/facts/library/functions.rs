//! Functions of sourced files: what each does to a caller of whom nothing is known, found once in a run.
//!
//! A call takes this instead of walking a large function of such a file, or any once the script's budget is spent: hundreds
//! of small scripts that source one large library would walk all of it, each of them. All functions of a file are walked in
//! one round, each with unknown words, and what they call in other files is walked in place: no answer depends on which
//! script asked first. A function that does one of several things, told by a word, is walked once more for each such word.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::bash::syntax::{Case, Command, CommandKind, Part, PartKind};
use crate::source::{RepoPath, Span};

use super::super::calls::Line;
use super::super::ids::Extent;
use super::super::observe::Observation;
use super::super::state::{Options, Parameters, State, Switch, join_contents};
use super::super::summary::{Learnt, Runs};
use super::super::value::{Content, Place, Source, Value};
use super::super::walk::{Arenas, Body, Ended, Frame, Out, Output, Walk};
use super::{Held, Shared, Sourced, Trap, function_at};

/// What the functions of a file do.
#[derive(Debug, Default)]
pub(super) struct Functions {
    /// By the places of their bodies.
    effects: FxHashMap<Span, Effects>,
    /// Those that the file leaves defined, by name.
    pub(super) defined: BTreeMap<String, Shared>,
    /// Every file that they asked for.
    asked: BTreeSet<RepoPath>,
}

/// What a function does.
#[derive(Debug, Default)]
pub(in super::super) struct Effects {
    /// Statements that its walk took.
    cost: u32,
    succeeds: bool,
    fails: bool,
    exits: Vec<Option<bool>>,
    /// The variables that it may set, and whether it always does.
    set: BTreeMap<String, (Held, bool)>,
    any_set: bool,
    options: Vec<Options>,
    functions: BTreeMap<String, Shared>,
    /// An `EXIT` trap that it sets.
    trap: Option<Trap>,
    runs: Runs,
    program: Option<String>,
    change: Option<Observation>,
    prints_secret: bool,
    /// Whether its caller matters: it checks something for it, asks the operator, or runs the words that it is given.
    telling: bool,
    /// The names that it looks up among the functions; `None` where they may be any.
    pub(super) calls: Option<Vec<String>>,
}

/// What a function that does one of several things does for one word, by the place of its body.
pub(super) type Arms = Mutex<FxHashMap<(Span, String), Arc<Effects>>>;

/// The `case` of a function that does one of several things, told by a word: it is most of it.
fn dispatcher(body: &Command) -> Option<&Case> {
    const FEW: usize = 3;
    let CommandKind::Group(body) = &body.kind else { return None };
    let stages = body.statements.iter().filter(|statement| statement.rest.is_empty());
    stages.flat_map(|statement| &statement.first.stages).find_map(|command| match &command.kind {
        CommandKind::Case(case) if case.arms.len() >= FEW => Some(case),
        _ => None,
    })
}

/// Whether it has an arm for that very word.
fn names(case: &Case, word: &str) -> bool {
    fn is(pattern: &[Part], word: &str) -> bool {
        match pattern {
            [part] => match &part.kind {
                PartKind::Literal(text) | PartKind::Quoted(text) => text == word,
                PartKind::DoubleQuoted(parts) => is(parts, word),
                _ => false,
            },
            _ => false,
        }
    }
    case.arms.iter().flat_map(|arm| &arm.patterns).any(|pattern| is(&pattern.parts, word))
}

impl<'a> Walk<'a> {
    /// The outcome of a call of another file's function that was not walked yet; `None` where it has to be.
    pub(in super::super) fn shared_call(
        &mut self,
        index: usize,
        file: u16,
        line: &Line,
        state: &State,
    ) -> Option<Out> {
        const SMALL: u32 = 16;
        const LARGE: u32 = 40;
        let Body::Here(body) = self.definitions[index].body else { return None };
        let text = &self.texts[usize::from(file)];
        if self.alone && !self.arm || file == 0 || text.host.is_some() {
            return None;
        }
        let path = text.path.clone()?;
        let (_, sourced) = (*self.libraries.get(&path)?)?;
        let spent = self.budget == 0 && !self.arm;
        if !spent && sourced.extent.statements < super::SMALL {
            return None;
        }
        let first = line.args().first().and_then(Value::constant);
        let functions = self.functions_of(&path, sourced);
        let effects = match (first, dispatcher(body)) {
            // Arms that lead to each other would never end.
            (Some(word), Some(case)) if !self.arm && names(case, word) => {
                self.arm_of(&path, sourced, body.span, word)?
            }
            (Some(_), Some(_)) => return None,
            _ => functions.effects.get(&body.span)?,
        };
        let secret = || line.args().iter().any(|value| value.secret.is_some());
        if effects.telling || effects.cost <= SMALL && secret() || effects.cost < LARGE && !spent {
            return None;
        }
        // What was found out about them depends on these files.
        self.asked.extend(functions.asked.iter().cloned());
        let overrides = self.overrides(functions, effects, state);
        let mut out = self.apply_effects(effects, line, state);
        out.extend(self.may_call(overrides, line, state));
        Some(out)
    }

    fn functions_of(&self, path: &RepoPath, sourced: &'a Sourced) -> &'a Functions {
        sourced.functions.get_or_init(|| {
            let arenas = Arenas::default();
            self.walk_apart(&arenas, path, sourced.extent).all_functions(path, sourced)
        })
    }

    /// What a function does whose first word is that one; `None` where it says nothing of its own.
    fn arm_of(&self, path: &RepoPath, sourced: &'a Sourced, body: Span, word: &str) -> Option<&'a Effects> {
        let key = (body, word.to_owned());
        let known = sourced.arms.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let effects = if let Some(known) = known {
            known
        } else {
            // Whoever else finds it out meanwhile finds the same: nobody waits for it.
            let arenas = Arenas::default();
            let functions = self.functions_of(path, sourced);
            let mut walk = self.walk_apart(&arenas, path, sourced.extent);
            walk.arm = true;
            let found = Arc::new(walk.one_arm(functions, sourced, path, body, word)?);
            sourced.arms.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&found));
            found
        };
        Some(self.arenas.effects.alloc(effects))
    }

    /// A walk of a file for everybody.
    fn walk_apart<'w>(&'w self, arenas: &'w Arenas, path: &RepoPath, extent: Extent) -> Walk<'w> {
        let mut walk = Walk::new(arenas, self.context, path, extent);
        walk.alone = true;
        walk.levels = self.levels;
        walk.budget = 0;
        walk
    }

    /// Walks each function of a file, in the order in which they stand there.
    fn all_functions(&mut self, path: &RepoPath, sourced: &'a Sourced) -> Functions {
        let mut start = self.nothing_known();
        let summary = match sourced.summary.get() {
            Some(known) => known,
            None => self.sum_up(path, sourced),
        };
        let mut defined: Vec<(&str, &Shared)> =
            summary.functions.iter().map(|(name, shared)| (name.as_str(), shared)).collect();
        defined.sort_by_key(|(_, shared)| shared.body);
        for (name, shared) in defined {
            let own = || function_at(&sourced.script, shared.body);
            let index = match (shared.path == *path).then(own).flatten() {
                Some(body) => self.define(name, body),
                None => self.define_elsewhere(name, shared),
            };
            start.functions.insert(name, index);
        }
        let mut all = Functions { defined: summary.functions.clone(), ..Functions::default() };
        let mut index = 0;
        while index < self.definitions.len() {
            let definition = self.definitions[index];
            if let (Body::Here(body), 0) = (definition.body, definition.file) {
                let words = self.any_words();
                let effects = self.one_function(index, body, words, start.clone());
                all.effects.extend(effects.map(|effects| (body.span, effects)));
            }
            index += 1;
        }
        all.asked = self.asked();
        all
    }

    /// Walks a function with a word that is known, when all that its file defines is there.
    fn one_arm(
        &mut self,
        functions: &'a Functions,
        sourced: &'a Sourced,
        path: &RepoPath,
        body: Span,
        word: &str,
    ) -> Option<Effects> {
        let mut start = self.nothing_known();
        for (name, shared) in &functions.defined {
            let index = self.define_elsewhere(name, shared);
            start.functions.insert(name, index);
        }
        let index = *functions
            .defined
            .iter()
            .find(|(_, shared)| shared.body == body && &shared.path == path)
            .map(|(name, _)| start.functions.get(name.as_str()))??;
        let body = function_at(&sourced.script, body)?;
        let mut words = self.any_words();
        words.list.push(Value::known(word));
        self.one_function(index, body, words, start)
    }

    /// A start of which nothing is known.
    pub(super) fn nothing_known(&mut self) -> State {
        let unknown = Switch::Unknown;
        let mut start = State::start(self.any_words(), Rc::default());
        start.options = Options {
            errexit: unknown,
            nounset: unknown,
            pipefail: unknown,
            xtrace: unknown,
            // Who sets it says so where it matters.
            nocasematch: Switch::Off,
        };
        start
    }

    fn one_function(
        &mut self,
        index: usize,
        body: &'a Command,
        words: Parameters,
        start: State,
    ) -> Option<Effects> {
        self.exits.push(Ended::default());
        self.outputs.push(Output::default());
        let name = Rc::from(self.definitions[index].name);
        let call = Place { file: 0, span: body.span };
        self.frames.push(Frame { call, function: Some(index), name });
        let words = Rc::new(words);
        self.begins(index, &words, &start);
        let began = self.start_of_call(&words.list, &words, &start);
        let out = self.in_function(body, 0, words, start);
        let learnt = self.learn_anew(index, &began, &out);
        self.frames.pop();
        let output = self.outputs.pop().unwrap_or_default();
        self.exits.pop();
        let secret = output.secret.is_some() || output.values.iter().any(|value| value.secret.is_some());
        Some(self.effects_of(learnt?, secret))
    }

    pub(super) fn any_words(&mut self) -> Parameters {
        let mut argument = Value::unknown(self.symbols.of(Source::Argument(0)));
        argument.from_args = true;
        Parameters { list: Vec::new(), rest: Some(argument), shifted: 0 }
    }

    fn effects_of(&self, learnt: Learnt, prints_secret: bool) -> Effects {
        let typed = |content: &Content| content.values().iter().any(|value| value.typed);
        let telling =
            learnt.guards || learnt.runs.given() || learnt.set.iter().any(|(_, content, _)| typed(content));
        let trap = learnt.trap.map(|text| match text.constant() {
            Some(text) => Trap::Known(text.to_owned()),
            None => Trap::Unknown,
        });
        let functions = learnt
            .functions
            .iter()
            .filter_map(|(name, index)| Some((name.to_string(), self.shared_definition(*index)?)));
        let set = learnt
            .set
            .iter()
            .map(|(name, content, always)| (name.to_string(), (Held::of(content, false), *always)));
        Effects {
            cost: learnt.cost,
            succeeds: learnt.succeeds,
            fails: learnt.fails,
            exits: learnt.exits,
            set: set.collect(),
            any_set: learnt.any_set,
            options: learnt.options,
            functions: functions.collect(),
            trap,
            runs: learnt.runs,
            program: learnt.program.map(|name| name.to_string()),
            change: learnt.change,
            prints_secret,
            telling,
            calls: learnt.calls.map(|names| names.iter().map(ToString::to_string).collect()),
        }
    }

    fn apply_effects(&mut self, effects: &'a Effects, line: &Line, state: &State) -> Out {
        let program = effects.program.as_deref();
        self.goes_by_shared(effects.runs, program, effects.prints_secret, effects.calls.as_deref());
        let place = line.place;
        // What a function of this script was given to run stands where it is given.
        let shown = if line.from_params { self.carrier(place, line.argv().first()) } else { place };
        let (at, _) = self.report_span(shown);
        if let Some(program) = &effects.program {
            self.note_carried(at, program);
        }
        if let Some(change) = &effects.change {
            self.see_again(change.clone(), Place { file: u16::MAX, span: change.at }, at, state);
        }
        self.unfollowed(line, effects.runs, state);
        if let Some(output) = self.outputs.last_mut() {
            output.opaque = true;
            if effects.prints_secret && output.secret.is_none() {
                let name = line.name().unwrap_or("the function");
                output.secret = Some(super::super::value::Flow::start(
                    place,
                    format!("`{name}`"),
                    format!("`{name}` prints a secret"),
                ));
            }
        }
        let mut after = state.clone();
        let options = effects.options.iter().map(|changed| changed.over(state.options));
        after.options = options.reduce(Options::common).unwrap_or(state.options);
        for (name, shared) in &effects.functions {
            let index = self.define_elsewhere(name, shared);
            after.functions.insert(name, index);
        }
        if let Some(trap) = &effects.trap {
            let text = self.trap_text(trap, place);
            after.rare_mut().traps.insert("EXIT".to_owned(), (text, place));
        }
        if effects.any_set {
            after.forget_variables();
        }
        for (name, (held, always)) in &effects.set {
            let joined = self.symbols.joined(name);
            let mut content = self.held(name, held, place);
            if !always {
                let old = match after.vars.get(name) {
                    Some(old) => old.clone(),
                    None => Content::Scalar(self.symbols.inherited(name)),
                };
                content = join_contents(&old, &content, joined, &mut self.symbols).0;
            }
            after.set_anew(name, joined, content, &mut self.symbols);
        }
        for zero in &effects.exits {
            self.leave(vec![after.clone()], *zero);
        }
        let ok = if effects.succeeds { vec![after.clone()] } else { Vec::new() };
        let fail = if effects.fails { vec![after] } else { Vec::new() };
        Out { ok, fail }
    }
}
