//! Sourced files: a large one is summed up once in a run, and never walked again by each script that sources it.
//!
//! A summary says what a file does when it is sourced by a script of which nothing is known: the variables it sets, the
//! functions it defines, the options it changes, what it runs, how it ends. A small file, and one that is part of a
//! script's gates (it reads the arguments or what the operator typed), is still walked in place, with all that is known
//! of its caller. Functions are walked where they are called, whoever defined them.

mod again;
mod exposures;
pub(super) mod functions;
mod once;
mod overrides;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::bash::syntax::{Command, CommandKind, Function, Script, Statement};
use crate::bash::visit::{Visitor, walk_command, walk_statement};
use crate::commands::Effect;
use crate::source::{RepoPath, Span};

pub(super) use again::Began;
pub(super) use exposures::leave_to_their_files;

use super::calls::Line;
use super::ids::{Extent, extent};
use super::invocations::Invocation;
use super::observe::{Observation, Switched};
use super::state::{Options, Parameters, State, passed};
use super::value::{Content, Flow, Place, Source, Value};
use super::walk::{Arenas, Body, Definition, Out, Walk};

/// A file with fewer statements is walked in place.
const SMALL: u32 = 150;

/// Files that source each other beyond this are not looked into.
const MOST_IN_A_ROUND: usize = 24;

/// Nor beyond so many statements.
const MOST_STATEMENTS_IN_A_ROUND: u32 = 6_000;

/// The statements that are walked for a summary before calls in it are summed up in turn.
const MOST_FOLLOWED: u32 = 1_000;

/// A file that scripts source, read once, with its summary as soon as somebody has needed it.
#[derive(Debug, Default)]
pub struct Sourced {
    script: Script,
    extent: Extent,
    summary: OnceLock<Summary>,
    functions: OnceLock<functions::Functions>,
    exposures: exposures::Own,
    read_before: Option<String>,
    arms: functions::Arms,
}

impl Sourced {
    /// A file that was read.
    pub fn new(script: Script) -> Self {
        let (extent, read_before) = (extent(&script), once::read_before(&script));
        Self { script, extent, read_before, ..Self::default() }
    }

    /// Notes that the file was not read before, where nothing is known of the variable that would tell.
    pub(super) fn not_read_yet(&self, state: &mut State) {
        if let Some(name) = self.read_before.as_deref().filter(|name| !state.vars.contains_key(name)) {
            state.unset(name);
        }
    }

    /// Whether a command in it may name an object by its id.
    pub(super) fn ids(&self) -> bool {
        self.extent.ids
    }

    /// What was read.
    pub fn script(&self) -> &Script {
        &self.script
    }
}

/// What a file does to whoever sources it.
#[derive(Debug, Default)]
pub(super) struct Summary {
    vars: BTreeMap<String, Held>,
    functions: BTreeMap<String, Shared>,
    /// Options on its way out; unknown where it leaves the caller's.
    options: Options,
    switches: Vec<Switched>,
    seen: Vec<Observation>,
    invocations: Vec<Invocation>,
    /// Functions that it exports to other shells.
    exported: Vec<String>,
    succeeds: bool,
    fails: bool,
    /// The ways in which it ends its caller.
    exits: Vec<Option<bool>>,
    /// Whether it changes the caller's positional parameters.
    parameters: bool,
    /// An `EXIT` trap that it sets.
    trap: Option<Trap>,
    /// Whether it is part of a gate: nothing of that can be told without its caller.
    gates: bool,
    /// Whether it runs text that is not read: any variable of the caller's may have changed.
    unsettles: bool,
    /// Every file that it, and whatever it sources, asked for.
    asked: BTreeSet<RepoPath>,
}

/// Summaries that were cut short because files source each other, until the file is done where that began.
pub(super) type Round = Rc<RefCell<Cut>>;

/// What was cut short in a round.
#[derive(Debug, Default)]
pub(super) struct Cut {
    summaries: FxHashMap<RepoPath, Rc<Summary>>,
    /// The statements that were walked for them.
    statements: u32,
}

impl Cut {
    fn is_full(&self) -> bool {
        self.summaries.len() >= MOST_IN_A_ROUND || self.statements >= MOST_STATEMENTS_IN_A_ROUND
    }
}

/// The text of a trap.
#[derive(Debug)]
enum Trap {
    Known(String),
    Unknown,
}

/// A variable's content after the file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Held {
    /// A known text.
    Text(String),
    /// Anything else.
    Unknown(Marks),
}

/// What is known of a content that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each says something else of one value")]
struct Marks {
    many: bool,
    secret: bool,
    from_args: bool,
    own_file: bool,
    /// Whether it passed an id check, or needs none.
    checked: bool,
}

impl Marks {
    /// Those of a text that is known.
    const OF_TEXT: Self =
        Self { many: false, secret: false, from_args: false, own_file: false, checked: true };

    fn or(self, other: Self) -> Self {
        Self {
            many: self.many || other.many,
            secret: self.secret || other.secret,
            from_args: self.from_args || other.from_args,
            own_file: self.own_file && other.own_file,
            checked: self.checked && other.checked,
        }
    }
}

/// Where a function is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shared {
    pub path: RepoPath,
    pub body: Span,
}

impl Held {
    fn of(content: &Content, checked: bool) -> Self {
        if let Content::Scalar(value) = content
            && let Some(text) = value.constant()
        {
            return Self::Text(text.to_owned());
        }
        let values = content.values();
        Self::Unknown(Marks {
            many: !matches!(content, Content::Scalar(_)),
            secret: values.iter().any(|value| value.secret.is_some()),
            from_args: values.iter().any(|value| value.from_args),
            own_file: !values.is_empty() && values.iter().all(|value| value.surely_own()),
            checked,
        })
    }

    /// What holds where either does.
    fn or(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        let marks = |held: Self| match held {
            Self::Text(_) => Marks::OF_TEXT,
            Self::Unknown(marks) => marks,
        };
        Self::Unknown(marks(self).or(marks(other)))
    }

    /// What holds where some path has left the variable as it was.
    fn or_as_it_was(&mut self) {
        if let Self::Unknown(marks) = self {
            marks.checked = false;
        }
    }
}

impl<'a> Walk<'a> {
    /// The summary of a large file; `None` where it is to be walked in place.
    pub(super) fn summary_of(&mut self, path: &RepoPath, sourced: &'a Sourced) -> Option<&'a Summary> {
        const DEEPEST: usize = 8;
        if sourced.extent.statements < SMALL && self.budget > 0 {
            return None;
        }
        let known = match sourced.summary.get() {
            Some(known) => known,
            None if self.sourcing.contains(path) || self.sourcing.len() >= DEEPEST => {
                let at = self.sourcing.iter().position(|other| other == path).unwrap_or(0);
                return Some(self.cut_short(at));
            }
            None => self.sum_up(path, sourced),
        };
        // A summary that another script's walk made asks for nothing any more, and depends on it all the same.
        self.asked.extend(known.asked.iter().cloned());
        // Past the budget files that source each other are not walked in each other without end.
        let summed = self.budget == 0 && (self.alone || self.is_deep_in_files());
        (!known.gates || summed).then_some(known)
    }

    /// Sums up a file. What was cut short because files source each other is only kept by the file where the round
    /// began: no summary may depend on which script asked first.
    ///
    /// What was cut is remembered until the round ends: files that all source each other would otherwise be summed up
    /// once for each way through them.
    fn sum_up(&mut self, path: &RepoPath, sourced: &'a Sourced) -> &'a Summary {
        let depth = self.sourcing.len();
        let round = if depth == 0 { Round::default() } else { Rc::clone(&self.round) };
        let known = round.borrow().summaries.get(path).cloned();
        if let Some(known) = known {
            self.cut_at = 0;
            return self.arenas.summaries.alloc(known);
        }
        // A link to a folder around it gives one file any number of paths.
        if round.borrow().is_full() {
            return self.cut_short(0);
        }
        let arenas = Arenas::default();
        let mut walk = Walk::new(&arenas, self.context, path, sourced.extent);
        // No summary waits for another file's functions: that file's may be waiting for this summary.
        walk.alone = true;
        // Whether it checks ids is asked for whoever sources it.
        walk.ids = true;
        walk.sourcing.clone_from(&self.sourcing);
        walk.sourcing.push(path.clone());
        walk.round = Rc::clone(&round);
        walk.levels = self.levels;
        // What it does is told once to all who source it: its functions need no more walks than that.
        walk.budget = walk.budget.min(MOST_FOLLOWED);
        let mut summary = walk.summary(sourced);
        summary.asked = walk.asked();
        if walk.cut_at < depth {
            self.cut_at = self.cut_at.min(walk.cut_at);
            let summary = Rc::new(summary);
            let mut cut = round.borrow_mut();
            cut.statements = cut.statements.saturating_add(walk.steps);
            cut.summaries.insert(path.clone(), Rc::clone(&summary));
            return self.arenas.summaries.alloc(summary);
        }
        sourced.summary.get_or_init(|| summary)
    }

    /// A file of which nothing is said, because it is being summed up around here: by the file at that place.
    fn cut_short(&mut self, at: usize) -> &'a Summary {
        self.cut_at = self.cut_at.min(at);
        self.arenas.summaries.alloc(Rc::new(Summary { succeeds: true, ..Summary::default() }))
    }

    fn is_deep_in_files(&self) -> bool {
        const DEEP: usize = 2;
        self.frames.iter().filter(|frame| frame.function.is_none()).count() > DEEP
    }

    /// Every file that this walk asked for, and those that made the summaries which it took over.
    pub(super) fn asked(&mut self) -> BTreeSet<RepoPath> {
        self.asked.extend(self.libraries.keys().cloned());
        std::mem::take(&mut self.asked)
    }

    fn summary(&mut self, sourced: &'a Sourced) -> Summary {
        let mut start = self.nothing_known();
        sourced.not_read_yet(&mut start);
        let script = &sourced.script;
        self.returns.push(Out::default());
        let mut out = self.sequence(&script.body, vec![start.clone()], false);
        out.extend(self.returns.pop().unwrap_or_default());
        let mut summary =
            Summary { succeeds: !out.ok.is_empty(), fails: !out.fail.is_empty(), ..Summary::default() };
        let exits = self.exits.pop().unwrap_or_default().paths;
        for (_, zero) in &exits {
            if !summary.exits.contains(zero) {
                summary.exits.push(*zero);
            }
        }
        let ends = out.both();
        let changed = |options: Options| options.changed_from(start.options);
        let options = ends.iter().map(|end| changed(end.options));
        summary.options = options.reduce(Options::common).unwrap_or_else(|| changed(start.options));
        for end in &ends {
            self.add_end(&mut summary, end, &start, false);
        }
        // What was checked on the way out matters to nobody but a trap, for which `apply_summary` sees to it.
        for (end, _) in &exits {
            self.add_end(&mut summary, end, &start, true);
        }
        for (name, held) in &mut summary.vars {
            if ends.iter().any(|end| end.vars.get(name).is_none()) {
                held.or_as_it_was();
            }
        }
        summary.switches = std::mem::take(&mut self.observations.switches);
        let counts = |seen: &Observation| {
            seen.effect == Effect::Mutate || !seen.exposed.is_empty() || !seen.unchecked.is_empty()
        };
        summary.seen = std::mem::take(&mut self.observations.list).into_iter().filter(counts).collect();
        summary.invocations = self.observations.invocations.take();
        summary.unsettles = self.unsettled;
        summary.exported = self.way.exported.iter().map(ToString::to_string).collect();
        summary
    }

    fn add_end(&self, summary: &mut Summary, end: &State, start: &State, leaves: bool) {
        summary.gates |= end.apply
            || !end.rare.confirmed.is_empty()
            || end.checked.iter().any(|sym| self.symbols.comes_from_caller(*sym));
        summary.parameters |= end.params != start.params;
        if let Some((text, _)) = end.rare.traps.get("EXIT") {
            let known = text.constant().map(|text| Trap::Known(text.to_owned()));
            summary.trap = Some(known.unwrap_or(Trap::Unknown));
        }
        for (name, content) in end.vars.iter() {
            summary.gates |= content.values().iter().any(|value| value.typed);
            let held = Held::of(content, leaves || passed(content, &end.checked));
            match summary.vars.get_mut(name.as_ref()) {
                Some(known) => *known = known.clone().or(held),
                None => drop(summary.vars.insert(name.to_string(), held)),
            }
        }
        for (name, index) in end.functions.iter() {
            if let Some(shared) = self.shared_definition(*index) {
                summary.functions.insert(name.to_string(), shared);
            }
        }
    }

    /// Where a function is defined, for other walks.
    fn shared_definition(&self, index: usize) -> Option<Shared> {
        let definition = &self.definitions[index];
        match definition.body {
            Body::Elsewhere(shared) => Some(shared.clone()),
            Body::Here(body) => {
                let path = self.texts[usize::from(definition.file)].path.clone()?;
                Some(Shared { path, body: body.span })
            }
        }
    }

    /// Does to the caller what the file does; `file` is its text's number.
    pub(super) fn apply_summary(
        &mut self,
        summary: &'a Summary,
        file: u16,
        line: &Line,
        mut state: State,
    ) -> Out {
        let (at, _) = self.report_span(Place { file, span: line.place.span });
        for switch in &summary.switches {
            self.observations.switched(Switched { at, contained: true, ..switch.clone() });
        }
        for invocation in &summary.invocations {
            self.invoked_again(invocation, at);
        }
        self.way.exported.extend(summary.exported.iter().map(|name| Rc::from(name.as_str())));
        for seen in &summary.seen {
            self.see_again(seen.clone(), Place { file, span: seen.at }, at, &state);
        }
        state.options = summary.options.over(state.options);
        if summary.parameters {
            let sym = self.symbols.of(Source::Computed(line.place));
            let rest = Value::unknown(sym).with(|value| value.from_args = true);
            state.params = Parameters { list: Vec::new(), rest: Some(rest), shifted: 0 }.into();
        }
        if let Some(text) = &summary.trap {
            let text = self.trap_text(text, line.place);
            state.rare_mut().traps.insert("EXIT".to_owned(), (text, line.place));
        }
        let checked = Rc::clone(&state.checked);
        if summary.unsettles {
            self.may_set(None, line.place, &mut state);
        }
        for (name, held) in &summary.vars {
            self.set_held(name, held, line.place, &mut state);
        }
        for (name, shared) in &summary.functions {
            let index = self.define_elsewhere(name, shared);
            state.functions.insert(name, index);
        }
        for zero in &summary.exits {
            let mut leaving = state.clone();
            leaving.checked = Rc::clone(&checked);
            self.leave(vec![leaving], *zero);
        }
        match (summary.succeeds, summary.fails) {
            (true, true) => Out::either(state),
            (true, false) => Out::success(state),
            (false, true) => Out { ok: Vec::new(), fail: vec![state] },
            (false, false) => Out::default(),
        }
    }

    fn trap_text(&mut self, trap: &Trap, place: Place) -> Value {
        match trap {
            Trap::Known(text) => Value::known(text.as_str()),
            Trap::Unknown => Value::unknown(self.symbols.of(Source::Computed(place))),
        }
    }

    fn set_held(&mut self, name: &str, held: &Held, place: Place, state: &mut State) {
        let content = self.held(name, held, place);
        let joined = self.symbols.joined(name);
        state.set_anew(name, joined, content, &mut self.symbols);
        if let Held::Unknown(Marks { checked: true, .. }) = held {
            state.check(joined);
        }
    }

    fn held(&mut self, name: &str, held: &Held, place: Place) -> Content {
        match held {
            Held::Text(text) => Content::Scalar(Value::known(text.as_str())),
            Held::Unknown(Marks { many, secret, from_args, own_file, .. }) => {
                let sym = self.symbols.joined(name);
                let value = Value::unknown(sym).with(|value| {
                    value.from_args = *from_args;
                    value.own_file = *own_file;
                    value.secret = secret.then(|| {
                        Flow::start(
                            place,
                            format!("`${name}`"),
                            format!("the file sourced here puts a secret into `{name}`"),
                        )
                    });
                });
                if *own_file {
                    self.own_symbols.insert(sym);
                }
                if *many { Content::Many(value) } else { Content::Scalar(value) }
            }
        }
    }

    /// What was seen at that place elsewhere, with the gates that whoever leads there has passed.
    pub(super) fn see_again(&mut self, mut seen: Observation, place: Place, at: Span, state: &State) {
        seen.at = at;
        seen.elsewhere = true;
        seen.top_level = false;
        seen.dead = self.dead;
        seen.remote |= self.remote > 0;
        seen.missing.apply &= !state.apply && !self.dead;
        seen.missing.phrase &= state.rare.confirmed.is_empty() && !self.dead;
        for exposure in &mut seen.exposed {
            exposure.span = at;
            exposure.way.iter_mut().for_each(|step| step.span = at);
        }
        seen.unchecked.iter_mut().for_each(|id| id.span = at);
        if self.dead {
            seen.unchecked.clear();
        }
        self.observations.record(place, seen);
    }

    fn define_elsewhere(&mut self, name: &'a str, shared: &'a Shared) -> usize {
        let key = std::ptr::from_ref(shared).addr();
        if let Some(index) = self.shared.get(&key) {
            return *index;
        }
        let index = self.definitions.len();
        self.definitions.push(Definition { name, body: Body::Elsewhere(shared), file: u16::MAX });
        self.shared.insert(key, index);
        index
    }

    /// A function's body, and the number of its text; `None` where its file has gone.
    pub(super) fn body_of(&mut self, index: usize) -> Option<(&'a Command, u16)> {
        let definition = self.definitions[index];
        match definition.body {
            Body::Here(body) => Some((body, definition.file)),
            Body::Elsewhere(shared) => {
                let (file, sourced) = self.library_text(&shared.path)?;
                let body = function_at(&sourced.script, shared.body)?;
                self.definitions[index] = Definition { name: definition.name, body: Body::Here(body), file };
                Some((body, file))
            }
        }
    }
}

/// The body of a function that is defined at that place.
fn function_at(script: &Script, body: Span) -> Option<&Command> {
    struct Search<'s> {
        body: Span,
        found: Option<&'s Command>,
    }
    impl<'s> Visitor<'s> for Search<'s> {
        fn statement(&mut self, statement: &'s Statement) {
            if self.found.is_none() && statement.span.contains(self.body) {
                walk_statement(self, statement);
            }
        }
        fn command(&mut self, command: &'s Command) {
            if !command.span.contains(self.body) {
                return;
            }
            match &command.kind {
                CommandKind::Function(Function { body, .. }) if body.span == self.body => {
                    self.found = Some(body);
                }
                _ => walk_command(self, command),
            }
        }
    }
    let statements = &script.body.statements;
    let at = statements.partition_point(|statement| statement.span.start <= body.start).checked_sub(1)?;
    let mut search = Search { body, found: None };
    search.statement(&statements[at]);
    search.found
}
