//! The walk: every feasible path through a script, statement by statement.
//!
//! A walk is an abstract execution. It keeps a few [`State`]s, one for each way of reaching a place that a rule
//! could tell apart, and writes an observation wherever something execs or a file is written. It never runs
//! anything and never reports; checks read the observations.

mod shells;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use typed_arena::Arena;

use crate::bash::syntax::{
    Command, CommandKind, ListOp, Pipeline, RedirectOp, Script, Sequence, Statement, Subscript, Test,
};
use crate::commands::Tables;
use crate::source::{RepoPath, Span};

use super::Context;
use super::library::{Shared, Sourced, Summary};
use super::observe::Observations;
use super::secret_names::SecretNames;
use super::state::{Confirmation, State, Switch, settle, settle_further};
use super::value::{CHILD, Content, Flow, Place, Source, Sym, Symbols, Value};

pub(super) use super::state::Stdin;
pub(super) use shells::Ended;

/// The paths on which a command succeeded, and those on which it failed.
#[derive(Debug, Default, Clone)]
pub(super) struct Out {
    pub ok: Vec<State>,
    pub fail: Vec<State>,
}

impl Out {
    /// Whoever comes next does not look at the status.
    pub fn both(mut self) -> Vec<State> {
        self.ok.append(&mut self.fail);
        self.ok
    }

    pub fn extend(&mut self, other: Self) {
        self.ok.extend(other.ok);
        self.fail.extend(other.fail);
    }

    pub fn either(state: State) -> Self {
        Self { ok: vec![state.clone()], fail: vec![state] }
    }

    pub fn success(state: State) -> Self {
        Self { ok: vec![state], fail: Vec::new() }
    }
}

/// What `break` and `continue` carry out of a loop's body.
#[derive(Debug, Default)]
pub(super) struct Jumps {
    pub breaks: Vec<State>,
    pub continues: Vec<State>,
    /// The items of lists that the loop has in hand.
    pub items: Vec<Sym>,
}

/// A call that is being followed.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub call: Place,
    pub function: Option<usize>,
    pub name: Rc<str>,
}

/// A text that is read besides the script: a payload, or a sourced file.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// The place that carries it (payloads only).
    pub host: Option<Place>,
    /// Its file (the script and what it sources).
    pub path: Option<RepoPath>,
}

/// A function's definition.
#[derive(Clone, Copy)]
pub(super) struct Definition<'a> {
    pub name: &'a str,
    pub body: Body<'a>,
    pub file: u16,
}

/// A function's body.
#[derive(Clone, Copy)]
pub(super) enum Body<'a> {
    /// It is at hand.
    Here(&'a Command),
    /// It is in a file that was summed up, and not called yet.
    Elsewhere(&'a Shared),
}

/// What lives as long as a walk.
#[derive(Default)]
pub(super) struct Arenas {
    /// Payloads.
    pub scripts: Arena<Script>,
    /// Sourced files.
    pub sourced: Arena<Arc<Sourced>>,
    /// Summaries that hold for this walk only.
    pub summaries: Arena<Rc<Summary>>,
    /// What functions of sourced files do for a word.
    pub effects: Arena<Arc<super::library::functions::Effects>>,
}

/// What a substitution has printed so far.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub values: Vec<Value>,
    pub opaque: bool,
    /// Whether it is what a pipe hands to the next command.
    pub piped: bool,
    pub secret: Option<Rc<Flow>>,
    pub from_args: bool,
    pub own_file: bool,
    pub ends_in_status: bool,
    /// The command that printed a secret.
    pub secret_at: Option<Place>,
    /// Whether it can name nothing: a count, a time, random text.
    pub nameless: bool,
    /// Whether it is random text.
    pub random: bool,
    /// The known texts that programs in it were asked about, by way of variables.
    pub about: Vec<Rc<str>>,
    /// The folder below which all is that it printed.
    pub below: Option<Value>,
    /// The variables that evaluating it sets, where it is known of the program that printed it.
    pub sets: Option<&'static [String]>,
    /// Whether it is what a program copied from the terminal.
    pub typed: bool,
    /// Programs that it looked up: what it printed may be the path of one of them.
    pub found: Vec<String>,
}

/// Finds the scripts that a script sources.
pub trait Library {
    /// The script read from `path`, relative to the project root; `None` where there is none.
    fn script(&self, path: &RepoPath) -> Option<Arc<Sourced>>;

    /// Whether that file is checked for its own sake, too.
    fn is_checked(&self, _path: &RepoPath) -> bool {
        true
    }
}

/// A library without files.
#[derive(Debug, Default)]
pub struct NoLibrary;

impl Library for NoLibrary {
    fn script(&self, _path: &RepoPath) -> Option<Arc<Sourced>> {
        None
    }
}

/// Levels below which no further call is followed, and no further text read: the walk needs stack for each. A text of
/// its own has at most as many as the parser allows.
const MOST_LEVELS: u32 = 600;

/// What a statement of a sourced file takes off the budget: what it does is also found once for all who source it.
const SOURCED_STATEMENT: u32 = 4;

/// The walk's own state.
pub(super) struct Walk<'a> {
    pub arenas: &'a Arenas,
    pub context: &'a Context<'a>,
    /// The files that are being summed up, one for another, outermost first.
    pub sourcing: Vec<RepoPath>,
    /// The outermost of them that this walk would have had to sum up again.
    pub cut_at: usize,
    /// What was cut short in the round of files in hand.
    pub round: super::library::Round,
    /// Definitions that came from summaries, by their address there.
    pub shared: FxHashMap<usize, usize>,
    pub library: &'a dyn Library,
    pub tables: &'static Tables,
    pub secret_names: &'a SecretNames,
    pub own_files: &'a dyn Fn(&str) -> bool,
    pub texts: Vec<Text>,
    pub known_texts: Vec<super::texts::Known<'a>>,
    pub libraries: FxHashMap<RepoPath, Option<(u16, &'a Sourced)>>,
    /// Files that summaries asked for.
    pub asked: BTreeSet<RepoPath>,
    pub definitions: Vec<Definition<'a>>,
    /// Their indexes, by text and body.
    pub defined: FxHashMap<Place, usize>,
    pub called: FxHashSet<usize>,
    /// Functions of the script that are walked in the place of another file's.
    pub overriding: Vec<usize>,
    /// Simple commands and declarations that the walk came to, where somebody asks.
    pub reached: Option<FxHashSet<Place>>,
    pub symbols: Symbols,
    /// What literals are worth, by the addresses of their parts.
    pub literals: FxHashMap<usize, Value>,
    /// What the script's own `mktemp` made.
    pub own_symbols: FxHashSet<Sym>,
    pub observations: Observations,
    pub places: super::places::Places,
    pub exits: Vec<Ended>,
    pub no_errexit: u32,
    pub returns: Vec<Out>,
    pub loops: Vec<Jumps>,
    pub frames: Vec<Frame>,
    pub way: super::invocations::Way,
    pub outputs: Vec<Output>,
    pub stdins: Vec<Stdin>,
    pub file: u16,
    /// Names of variables that were asked about: whether they tell of a secret.
    pub secret_by_name: FxHashMap<Rc<str>, bool>,
    pub regexes: FxHashMap<String, super::decide::KnownRegex>,
    /// Statements that are walked before calls are only summed up.
    pub budget: u32,
    /// Whether a command may name an object by its id, as far as the texts are known.
    pub ids: bool,
    /// Whether it sums up a sourced file or its functions: no other file's functions are shared in it, only walked.
    pub alone: bool,
    /// Whether it is that of one arm of a function: what the functions of its file do was found out before.
    pub arm: bool,
    /// Where the walk of the function began that is found out about for everybody.
    pub began: Option<super::library::Began>,
    /// Statements that were walked; unlike the budget it never stands still.
    pub steps: u32,
    /// Unknown values that were seen to be secrets: in a text with several, they tell which parts are.
    pub secret_symbols: FxHashSet<Sym>,
    /// What unknown values are by default, or may be, as far as that was seen.
    pub defaults: FxHashMap<Sym, Vec<String>>,
    /// The folders below which all that a list names was found (`find /srv/x`).
    pub found_below: FxHashMap<Sym, Value>,
    /// Above 0 while what a trap runs is walked.
    pub in_traps: u32,
    /// What traps were seen to run that is neither a function yet nor a tool of the tables.
    pub missed: BTreeSet<Rc<str>>,
    /// Descriptors that the script opened under a name (`exec {fd}>file`).
    pub descriptors: FxHashSet<Sym>,
    /// Whether text was run that is not read, and so any variable may have changed.
    pub unsettled: bool,
    /// The variables that are read from the terminal itself.
    pub terminal: FxHashSet<Rc<str>>,
    /// Commands around the one in hand, through calls and texts too: the walk recurses into each.
    pub levels: u32,
    pub summaries: FxHashMap<usize, super::summary::Summary>,
    /// What was seen in each walk of a function that has ended.
    pub seen: Vec<super::summary::Seen>,
    /// Calls that are followed when the script has ended.
    pub waiting: BTreeMap<usize, Vec<super::put_off::Waiting>>,
    pub subshells: u32,
    pub remote: u32,
    pub dead: bool,
    pub last_substitution: Option<Out>,
    pub piped_in: Option<Value>,
    /// Whether the shell that is about to start is told to trace.
    pub traces: bool,
    /// The command in hand.
    pub at_command: Place,
    /// The first command of the pipeline that the command in hand reads from.
    pub piped_from: Option<Place>,
    /// The traps that may run at any command.
    pub handlers: super::handlers::Handlers,
    /// Where output goes, innermost last.
    pub outlets: Vec<super::outlets::Outlets>,
}

impl<'a> Walk<'a> {
    /// Whether it is so deep in calls and texts that nothing further is followed.
    pub(super) fn too_deep(&self) -> bool {
        self.levels > MOST_LEVELS
    }

    pub(super) fn place(&self, span: Span) -> Place {
        Place { file: self.file, span }
    }

    pub(super) fn settle(&mut self, states: Vec<State>) -> Vec<State> {
        if states.len() < 2 {
            states
        } else if self.ids && !self.dead && self.budget > 0 {
            settle(states, &mut self.symbols)
        } else {
            settle_further(states, &mut self.symbols)
        }
    }

    /// Runs statements one after another. `tested`: whoever is around looks at the status, so errexit is off.
    pub(super) fn sequence(&mut self, sequence: &'a Sequence, states: Vec<State>, tested: bool) -> Out {
        let mut out = Out { ok: states, fail: Vec::new() };
        for statement in &sequence.statements {
            let states = self.settle(out.both());
            if states.is_empty() {
                return Out::default();
            }
            out = self.statement(statement, states, tested);
            out.ok = self.settle(std::mem::take(&mut out.ok));
            out.fail = self.settle(std::mem::take(&mut out.fail));
        }
        out
    }

    fn statement(&mut self, statement: &'a Statement, states: Vec<State>, tested: bool) -> Out {
        // A file that is sourced has its own turn.
        let sourced = self.file != 0 && self.texts[usize::from(self.file)].host.is_none();
        self.budget = self.budget.saturating_sub(if sourced { SOURCED_STATEMENT } else { 1 });
        self.steps = self.steps.saturating_add(1);
        if statement.background {
            for state in states.clone() {
                self.subshell(&state, &mut |walk, inner| walk.chain(statement, vec![inner], true));
            }
            return Out { ok: states, fail: Vec::new() };
        }
        self.chain(statement, states, tested)
    }

    fn chain(&mut self, statement: &'a Statement, states: Vec<State>, tested: bool) -> Out {
        let mut out = self.pipeline(&statement.first, states, tested || !statement.rest.is_empty());
        for (index, (op, pipeline)) in statement.rest.iter().enumerate() {
            let last = index + 1 == statement.rest.len();
            let (run, keep) = match op {
                ListOp::And => (std::mem::take(&mut out.ok), std::mem::take(&mut out.fail)),
                ListOp::Or => (std::mem::take(&mut out.fail), std::mem::take(&mut out.ok)),
            };
            let run = self.settle(run);
            let next =
                if run.is_empty() { Out::default() } else { self.pipeline(pipeline, run, tested || !last) };
            out = next;
            match op {
                ListOp::And => out.fail.extend(keep),
                ListOp::Or => out.ok.extend(keep),
            }
        }
        out
    }

    pub(super) fn pipeline(&mut self, pipeline: &'a Pipeline, states: Vec<State>, tested: bool) -> Out {
        self.note_regime(pipeline.span, &states);
        let tested = tested || pipeline.negated;
        self.no_errexit += u32::from(tested);
        let mut out = match pipeline.stages.as_slice() {
            [] => Out { ok: states, fail: Vec::new() },
            [command] => self.command_on(command, states),
            several => {
                let mut out = Out::default();
                for state in states {
                    out.extend(self.stages(several, state));
                }
                out
            }
        };
        self.no_errexit -= u32::from(tested);
        if pipeline.negated {
            std::mem::swap(&mut out.ok, &mut out.fail);
        }
        out.ok.iter_mut().for_each(|state| state.last = Some(true));
        out.fail.iter_mut().for_each(|state| state.last = Some(false));
        if !tested && self.no_errexit == 0 {
            let (stops, goes): (Vec<State>, Vec<State>) =
                out.fail.into_iter().partition(|state| state.options.errexit == Switch::On);
            out.fail = goes;
            self.leave(stops, Some(false));
        }
        out
    }

    fn command_on(&mut self, command: &'a Command, states: Vec<State>) -> Out {
        let mut out = Out::default();
        for state in states {
            out.extend(self.command(command, state));
        }
        out
    }

    /// Runs one command on one path.
    pub(super) fn command(&mut self, command: &'a Command, state: State) -> Out {
        let around = self.enter_command(command);
        self.levels += 1;
        let out = self.redirected(command, state);
        self.levels -= 1;
        self.leave_command(command, &around);
        out
    }

    fn redirected(&mut self, command: &'a Command, mut state: State) -> Out {
        if self.handlers.set_something() {
            self.interrupted(&mut state);
        }
        let is_compound = !matches!(command.kind, CommandKind::Simple(_) | CommandKind::Declare(_));
        if !is_compound {
            self.note_command(command.span);
            return self.simple_command(command, state);
        }
        let outer = state.clone();
        let stdin = self.redirections(command, &mut state);
        let quiet = Self::output_leaves(command);
        if quiet {
            self.outputs.push(Output::default());
        }
        self.stdins.push(stdin);
        let mut out = self.compound(command, state);
        Self::close(command, &outer, &mut out);
        self.leave_stdin(command);
        if quiet {
            self.outputs.pop();
        }
        out
    }

    /// Whether the command's stdout goes anywhere but to the surrounding capture.
    pub(super) fn output_leaves(command: &Command) -> bool {
        use crate::bash::syntax::Fd;
        command.redirects.iter().any(|redirect| {
            let stdout = matches!(redirect.fd, None | Some(Fd::Number(1)));
            stdout
                && matches!(
                    redirect.op,
                    RedirectOp::Output
                        | RedirectOp::Append
                        | RedirectOp::Clobber
                        | RedirectOp::DuplicateOutput
                        | RedirectOp::OutputBoth
                        | RedirectOp::AppendBoth
                )
        })
    }

    fn compound(&mut self, command: &'a Command, mut state: State) -> Out {
        match &command.kind {
            CommandKind::Simple(_) | CommandKind::Declare(_) => Out::success(state),
            CommandKind::Group(body) => self.sequence(body, vec![state], false),
            CommandKind::Subshell(body) => {
                self.observations.first(self.place(command.span), &state);
                self.subshell(&state, &mut |walk, inner| walk.sequence(body, vec![inner], false))
            }
            CommandKind::If(conditional) => self.conditional(conditional, state),
            CommandKind::While(repeat) => self.while_loop(repeat, state),
            CommandKind::For(each) => self.for_loop(each, state),
            CommandKind::Select(each) => self.select(each, state),
            CommandKind::ArithmeticFor(each) => {
                for part in each.header.iter().flatten() {
                    self.arithmetic_value(part, part.span, &mut state);
                }
                let body = &each.body;
                self.repeat(vec![state], &mut |_, states| (states.clone(), states), &mut |walk, states| {
                    walk.sequence(body, states, false).both()
                })
            }
            CommandKind::Case(case) => self.case(case, state),
            CommandKind::Test(test) => {
                self.observations.first(self.place(command.span), &state);
                self.test(test, state)
            }
            CommandKind::Arithmetic(arithmetic) => {
                self.observations.first(self.place(command.span), &state);
                let out = self.arithmetic_test(arithmetic, state);
                self.note_decided(out.ok.is_empty() || out.fail.is_empty());
                out
            }
            CommandKind::Function(function) => {
                let index = self.define(&function.name, &function.body);
                state.functions.insert(&function.name, index);
                self.handlers_may_call(index, &function.name, &state);
                Out::success(state)
            }
            CommandKind::Coproc(coproc) => {
                self.observations.first(self.place(command.span), &state);
                self.subshell(&state, &mut |walk, inner| walk.pipeline(&coproc.body, vec![inner], true));
                let name = coproc.name.as_deref().unwrap_or("COPROC");
                let ends = self.symbols.of(Source::Computed(self.place(command.span)));
                self.descriptors.insert(ends);
                state.set(name, Content::Many(Value::unknown(ends)));
                let name = format!("{name}_PID");
                let own = Value::unknown(self.symbols.of(Source::Computed(self.place(command.span))));
                state.set(&name, Content::Scalar(own.with(|value| value.about.push(Rc::from(CHILD)))));
                Out::success(state)
            }
        }
    }

    pub(super) fn define(&mut self, name: &'a str, body: &'a Command) -> usize {
        let file = self.file;
        let key = Place { file, span: body.span };
        if let Some(index) = self.defined.get(&key) {
            return *index;
        }
        let index = self.definitions.len();
        self.definitions.push(Definition { name, body: Body::Here(body), file });
        self.defined.insert(key, index);
        index
    }

    /// Notes a typed confirmation on a path.
    pub(super) fn confirm(state: &mut State, confirmation: Confirmation) {
        state.rare_mut().confirmed.insert(confirmation);
    }

    /// `[[ ... ]]`
    fn test(&mut self, test: &'a Test, state: State) -> Out {
        let (ok, fail) = self.decide(test, state);
        self.note_decided(ok.is_empty() || fail.is_empty());
        Out { ok, fail }
    }
}

/// The subscript's word, where it has one.
pub(super) fn index_word(subscript: Option<&Subscript>) -> Option<&crate::bash::syntax::Word> {
    match subscript {
        Some(Subscript::Index(word)) => Some(word),
        _ => None,
    }
}
