//! Functions of sourced files: what each does to a caller of whom nothing is known, found once in a run.
//!
//! A script whose budget is spent takes this instead of walking a function of such a file for the first time: hundreds
//! of small scripts that source one large library would walk all of it, each of them. All functions of a file are walked in
//! one round, each with unknown words, and what they call in other files is walked in place: no answer depends on which
//! script asked first.

use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::bash::syntax::{Command, CommandKind};
use crate::source::{RepoPath, Span};

use super::super::calls::Line;
use super::super::observe::Observation;
use super::super::state::{Options, Parameters, State, Switch, join_contents};
use super::super::summary::{Learnt, Runs};
use super::super::value::{Content, Place, Source, Value};
use super::super::walk::{Arenas, Body, Frame, Out, Output, Walk};
use super::{Held, Shared, Sourced, Trap};

/// What the functions of a file do, by the places of their bodies.
pub(super) type Functions = FxHashMap<Span, Effects>;

/// What a function does.
#[derive(Debug, Default)]
pub(super) struct Effects {
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
}

/// Whether a function does one of several things, told by a word: `case` with its arms is most of it.
fn dispatches(body: &Command) -> bool {
    const FEW: usize = 3;
    let CommandKind::Group(body) = &body.kind else { return false };
    let stages = body.statements.iter().filter(|statement| statement.rest.is_empty());
    stages
        .flat_map(|statement| &statement.first.stages)
        .any(|command| matches!(&command.kind, CommandKind::Case(case) if case.arms.len() >= FEW))
}

impl<'a> Walk<'a> {
    /// The outcome of a call past the budget, where the function is another file's and was not walked yet; `None` where it
    /// has to be.
    pub(in super::super) fn shared_call(
        &mut self,
        index: usize,
        file: u16,
        line: &Line,
        state: &State,
    ) -> Option<Out> {
        const SMALL: u32 = 16;
        let Body::Here(body) = self.definitions[index].body else { return None };
        let text = &self.texts[usize::from(file)];
        if self.budget > 0 || self.alone || file == 0 || text.host.is_some() {
            return None;
        }
        let path = text.path.clone()?;
        let (_, sourced) = (*self.libraries.get(&path)?)?;
        let effects = self.functions_of(&path, sourced).get(&body.span)?;
        let secret = || line.args().iter().any(|value| value.secret.is_some());
        let chosen = || line.args().first().is_some_and(|first| first.constant().is_some());
        if effects.telling || effects.cost <= SMALL && secret() || dispatches(body) && chosen() {
            return None;
        }
        Some(self.apply_effects(effects, line, state))
    }

    fn functions_of(&self, path: &RepoPath, sourced: &'a Sourced) -> &'a Functions {
        sourced.functions.get_or_init(|| {
            let arenas = Arenas::default();
            let mut walk = Walk::new(&arenas, self.context, path, sourced.extent);
            walk.alone = true;
            walk.levels = self.levels;
            walk.all_functions(sourced)
        })
    }

    /// Walks a file, then each of its functions.
    fn all_functions(&mut self, sourced: &'a Sourced) -> Functions {
        self.budget = 0;
        let unknown = Switch::Unknown;
        let anything = Options { errexit: unknown, nounset: unknown, pipefail: unknown, xtrace: unknown };
        let mut start = State::start(self.any_words(), Rc::default());
        start.options = anything;
        self.returns.push(Out::default());
        let mut out = self.sequence(&sourced.script.body, vec![start.clone()], false);
        out.extend(self.returns.pop().unwrap_or_default());
        let exits = self.exits.pop().unwrap_or_default();
        let ends = out.both().into_iter().chain(exits.into_iter().map(|(state, _)| state));
        for end in ends {
            end.functions.iter().for_each(|(name, index)| start.functions.insert(name, *index));
        }
        let mut all = Functions::default();
        let mut index = 0;
        while index < self.definitions.len() {
            let definition = self.definitions[index];
            if let (Body::Here(body), 0) = (definition.body, definition.file) {
                self.exits.push(Vec::new());
                self.outputs.push(Output::default());
                let name = Rc::from(definition.name);
                let call = Place { file: 0, span: body.span };
                self.frames.push(Frame { call, function: Some(index), name });
                let began = self.start_of_call(&[], &start);
                let params = Rc::new(self.any_words());
                let out = self.in_function(body, 0, params, start.clone());
                let learnt = self.learn_anew(index, &began, &out);
                self.frames.pop();
                let output = self.outputs.pop().unwrap_or_default();
                self.exits.pop();
                let secret =
                    output.secret.is_some() || output.values.iter().any(|value| value.secret.is_some());
                all.extend(learnt.map(|learnt| (body.span, self.effects_of(learnt, secret))));
            }
            index += 1;
        }
        all
    }

    fn any_words(&mut self) -> Parameters {
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
        let set =
            learnt.set.iter().map(|(name, content, always)| (name.to_string(), (Held::of(content), *always)));
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
        }
    }

    fn apply_effects(&mut self, effects: &'a Effects, line: &Line, state: &State) -> Out {
        self.goes_by_shared(effects.runs, effects.program.as_deref());
        let place = line.place;
        let (at, elsewhere) = self.report_span(place);
        if place.file == 0 || !elsewhere {
            if let Some(program) = &effects.program {
                self.note_carried(at, program);
            }
            if let Some(change) = &effects.change {
                self.see_again(change.clone(), Place { file: u16::MAX, span: change.at }, at, state);
            }
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
