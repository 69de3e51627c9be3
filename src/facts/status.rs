//! Whose status is looked at, whose is thrown away, and who reads whose stdin.
//!
//! One pass over the script in which every function is entered once for each way of being called: whether its status is
//! used, whether errexit acts in it, whether its output is captured, and which loop reads the same stdin. What the walk
//! noted ([`super::places`]) says which options are in force at a place and what a command comes to. Nothing here
//! reports: `lint/checks` are filters over what is listed here.

mod around;
mod background;
mod bodies;
mod commands;
mod conditions;
mod index;
mod later;
mod names;
mod objects;
mod reach;
mod reading;
mod relies;
mod search;
mod sourced;
mod stdin;
mod wrapped;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::mem::{Discriminant, discriminant};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::Dialect;
use crate::bash::syntax::{Pipeline, Script, Sequence, Simple, Statement};
use crate::commands::Tables;
use crate::source::Span;

use super::places::{Places, Ran, Regime};
use super::value::Place;

use around::{Acts, Around};
use index::Index;
use later::{Handed, Later, Opens};
use objects::Line;
use reach::Tally;
use sourced::Key;

/// Who looks at a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Use {
    /// By what.
    pub kind: UseKind,
    /// Whether a `!` turns it round.
    pub negated: bool,
}

/// By what a status is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UseKind {
    /// `if`, `elif`, `while`, `until`
    Condition,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `!` and nothing more
    Not,
    /// `set -e`
    Errexit,
    /// `$?` in the next command
    Read,
    /// `$?` in the next command, which keeps it, and it is at most printed.
    Shown,
    /// `PIPESTATUS` in the next command: each command of the pipeline by itself.
    Each,
    /// It is the last of a function that nothing calls: whoever calls it may look.
    Caller,
    /// `|| true`: it is thrown away on purpose.
    Discarded,
}

/// A pipeline of several commands.
#[derive(Debug, Clone)]
pub struct Pipe {
    /// Where.
    pub at: Span,
    /// Who looks at its status.
    pub used: Vec<Use>,
    /// Whether a command substitution captures its output.
    pub captured: bool,
    /// Whether `PIPESTATUS` is read right behind it.
    pub each_read: bool,
    /// The options in force.
    pub regime: Regime,
    /// Its commands.
    pub stages: Vec<Stage>,
    /// The function of a sourced file that holds it, where `at` is the call of that.
    pub within: Option<String>,
}

/// A command of a pipeline.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Where.
    pub at: Span,
    /// The program or command; `None` where it has no name.
    pub name: Option<String>,
    /// Whether it is a program, not a function or a command of the shell.
    pub external: bool,
    /// Whether it writes into the pipe behind it, and its own end by SIGPIPE is seen.
    pub writes: bool,
    /// How it may leave the pipe before it before its end, where it may.
    pub early: Option<String>,
}

/// A command whose failure is thrown away.
#[derive(Debug, Clone)]
pub struct Thrown {
    /// What throws it away.
    pub at: Span,
    /// How.
    pub how: Throw,
    /// The program that fails unseen, as far as it can be named.
    pub program: String,
}

/// How a failure is thrown away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Throw {
    /// `local x=$(cmd)`; the builtin.
    Declared(String),
    /// `echo "$(cmd)"`, also in a heredoc or a prefix assignment; the command.
    Argument(String),
    /// `[[ $(cmd) == x ]]`, `(( $(cmd) ))`
    Test,
    /// `for x in $(cmd)`
    Loop,
    /// `case $(cmd) in`
    Case,
    /// `< <(cmd)`
    Process,
    /// `cmd & wait`
    Background,
    /// `cmd || true`
    OrTrue,
    /// `x=$(cmd)` where nobody looks.
    Assigned,
    /// `x=$(a)$(b)`: only the last one's status remains.
    NotLast,
    /// `x[$(cmd)]=1`
    Key,
    /// `if f` where `f` relies on errexit: the function (empty for a group), and a command in it that may fail unseen, unless
    /// that stands in another file.
    Tested(String, Option<Span>),
}

/// A command that swallows what a loop around it still has to read.
#[derive(Debug, Clone)]
pub struct Theft {
    /// The command.
    pub at: Span,
    /// Its program.
    pub program: String,
    /// The loop.
    pub of: Span,
    /// The function of a sourced file that runs it, where `at` is the call of that.
    pub within: Option<String>,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Statuses {
    /// Pipelines of several commands.
    pub pipes: Vec<Pipe>,
    /// Failures that are thrown away.
    pub thrown: Vec<Thrown>,
    /// Stolen input.
    pub thefts: Vec<Theft>,
    /// Commands that were read to find later tests: what it costs.
    pub looked: u32,
}

/// Reads a script with what the walk noted.
pub(super) fn statuses<'s>(
    script: &'s Script,
    places: &'s Places,
    texts: Texts<'s>,
    sourced: names::Bodies<'s>,
    dialect: Dialect,
) -> Statuses {
    let mut functions = names::Functions::default();
    functions.gather(script);
    let elsewhere = functions.add(sourced);
    let mut pass = Pass {
        places,
        texts,
        file: Cell::new(0),
        host: None,
        tables: Tables::builtin(),
        inherits: functions.inherits || dialect != Dialect::Bash,
        errtrace: functions.errtrace,
        err_exits: false,
        trapped: functions.trapped,
        functions: functions.bodies,
        sourced: elsewhere,
        known: FxHashMap::default(),
        beyond: Vec::new(),
        entered: FxHashSet::default(),
        called: FxHashSet::default(),
        entering: 0,
        tallies: FxHashMap::default(),
        relying: FxHashMap::default(),
        reading: RefCell::default(),
        taking: RefCell::default(),
        draining: RefCell::default(),
        noted: FxHashSet::default(),
        pipe_at: FxHashMap::default(),
        out: Statuses::default(),
        later: Vec::new(),
        open: BTreeMap::new(),
        left: FxHashMap::default(),
        handed: RefCell::default(),
        lines: RefCell::default(),
        indexes: RefCell::default(),
        looked: Cell::new(0),
        sinks: Vec::new(),
        regime: Regime::default(),
    };
    pass.sequence(&script.body, Around::top());
    pass.uncalled();
    pass.background(script);
    pass.out.looked = pass.looked.get();
    pass.out
}

/// The texts that the script's commands carry, by the command: each with its number.
pub(super) type Texts<'s> = FxHashMap<Place, Vec<(u16, &'s Script)>>;

/// The pass.
struct Pass<'s> {
    places: &'s Places,
    texts: Texts<'s>,
    /// The text in hand, and the command of the script that carries it.
    file: Cell<u16>,
    host: Option<Span>,
    tables: &'static Tables,
    /// Whether the script lets substitutions inherit errexit.
    inherits: bool,
    /// Whether functions inherit the `ERR` trap, and whether one that is set ends the script.
    errtrace: bool,
    err_exits: bool,
    /// The texts of traps.
    trapped: Vec<String>,
    functions: names::Bodies<'s>,
    /// Those of them that sourced files hold, and what they do to their callers.
    sourced: FxHashSet<Key>,
    known: sourced::Known,
    beyond: Vec<sourced::Beyond>,
    /// Bodies that were entered, each with its way of being called.
    entered: FxHashSet<(Key, Around)>,
    called: FxHashSet<Key>,
    /// How many functions are around the command in hand.
    entering: u32,
    /// What is known of functions, by their bodies.
    tallies: FxHashMap<Key, Tally>,
    relying: FxHashMap<(Key, bool), relies::Found>,
    reading: RefCell<FxHashMap<Key, reading::Reads>>,
    taking: RefCell<FxHashMap<Key, bool>>,
    draining: RefCell<FxHashMap<Key, bool>>,
    noted: FxHashSet<(Span, Discriminant<Throw>)>,
    pipe_at: FxHashMap<Place, usize>,
    out: Statuses,
    /// What runs after the command in hand, innermost last, in the same function.
    later: Vec<Later<'s>>,
    /// What the function in hand has left untested so far, and what those that were read have.
    open: Opens,
    left: FxHashMap<Key, Opens>,
    handed: RefCell<Handed>,
    /// Lines that were read, by their commands.
    lines: RefCell<FxHashMap<*const Simple, Rc<Line>>>,
    /// What the lists of statements name, by their ends.
    indexes: RefCell<FxHashMap<*const Statement, Rc<Index>>>,
    looked: Cell<u32>,
    /// Variables that take what the substitution in hand prints, innermost last.
    sinks: Vec<Vec<&'s str>>,
    /// The options last seen: those of a place that no path leads to.
    regime: Regime,
}

impl<'s> Pass<'s> {
    /// Statements one after another; the last one's status is theirs.
    fn sequence(&mut self, sequence: &'s Sequence, mut around: Around) {
        for (index, statement) in sequence.statements.iter().enumerate() {
            let rest = &sequence.statements[index + 1..];
            let mut here = around;
            if let Some(next) = rest.first() {
                here.used = self.status_reader(next).and_then(|reader| match reader {
                    names::StatusReader::Command => self.fate(rest).map(|kind| Use { kind, negated: false }),
                    names::StatusReader::Each => Some(Use { kind: UseKind::Each, negated: false }),
                    names::StatusReader::Return => around.returns,
                });
            }
            self.later.push(Later::Statements(rest));
            self.statement(statement, here, rest.first());
            self.later.pop();
            if around.acts == Acts::Substitution && relies::switches_errexit_on(statement) {
                around.acts = Acts::Yes;
            }
            if stdin::replaces_input(statement) {
                around.stdin = None;
            }
        }
    }

    /// A condition: errexit acts on none of it, and its last status is looked at.
    fn condition(&mut self, condition: &'s Sequence, around: Around, kind: UseKind) {
        let tested = Around { used: Some(Use { kind, negated: false }), ..around.ignored() };
        for statement in &condition.statements {
            for pipeline in statement.pipelines() {
                if let [command] = pipeline.stages.as_slice() {
                    self.tested_group(command, tested, around.acts);
                }
            }
        }
        self.sequence(condition, tested);
    }

    fn statement(&mut self, statement: &'s Statement, around: Around, next: Option<&'s Statement>) {
        if statement.background {
            let mut alone = Around { used: None, ..around.ignored() };
            alone.acts = Acts::Call;
            if !around.given {
                alone.stdin = None;
            }
            self.list(statement, alone, None);
            return;
        }
        self.list(statement, around, next);
    }

    /// Pipelines joined by `&&` and `||`: all but the last are looked at by what stands behind them.
    fn list(&mut self, statement: &'s Statement, around: Around, next: Option<&'s Statement>) {
        use crate::bash::syntax::ListOp;
        let mut pipeline = &statement.first;
        for (op, behind) in &statement.rest {
            let masked = *op == ListOp::Or && names::is_true(behind, &self.functions);
            let kind = match op {
                _ if masked => UseKind::Discarded,
                ListOp::And => UseKind::And,
                ListOp::Or => UseKind::Or,
            };
            let here = Around { used: Some(Use { kind, negated: false }), ..around.ignored() };
            if masked {
                self.or_true(statement, pipeline);
            }
            self.pipeline(pipeline, here, None, around.acts);
            pipeline = behind;
        }
        self.pipeline(pipeline, around, next, around.acts);
    }

    /// One pipeline. `before`: whether errexit acted before the list around it began to look at its status.
    fn pipeline(
        &mut self,
        pipeline: &'s Pipeline,
        mut around: Around,
        next: Option<&'s Statement>,
        before: Acts,
    ) {
        if let Some(regime) = self.regime_at(pipeline.span) {
            self.regime = regime;
        }
        let regime = self.regime;
        if pipeline.negated {
            let kind = match around.used {
                Some(Use { kind, .. }) if kind != UseKind::Errexit => kind,
                _ => UseKind::Not,
            };
            let negated = !around.used.is_some_and(|used| used.negated);
            around = Around { used: Some(Use { kind, negated }), ..around.ignored() };
        }
        let nobody = around.used.is_none_or(|used| used.kind == UseKind::Each);
        around.lost = around.loses(self.inherits);
        if nobody && around.acts.guards() && regime.errexit.on {
            around.used = Some(Use { kind: UseKind::Errexit, negated: false });
        }
        if let [command] = pipeline.stages.as_slice() {
            self.tested_group(command, around, before);
            self.command(command, around);
            return;
        }
        self.note_pipe(pipeline, around, next, regime);
        for (index, stage) in pipeline.stages.iter().enumerate() {
            let last = index + 1 == pipeline.stages.len();
            let mut inner = around;
            if !last {
                inner.captured = false;
                if !regime.pipefail.on {
                    inner.used = None;
                }
            }
            if inner.acts == Acts::Here {
                inner.acts = Acts::Call;
            }
            if index > 0 {
                inner.stdin = None;
                inner.given = true;
            }
            self.command(stage, inner);
        }
    }

    fn note_pipe(
        &mut self,
        pipeline: &'s Pipeline,
        around: Around,
        next: Option<&'s Statement>,
        regime: Regime,
    ) {
        if self.elsewhere() {
            return self.note_sourced_pipe(pipeline, around);
        }
        let place = Place { file: self.file.get(), span: pipeline.span };
        let index = if let Some(index) = self.pipe_at.get(&place) {
            *index
        } else {
            let stages = self.stages(pipeline);
            let index = self.out.pipes.len();
            self.pipe_at.insert(place, index);
            let each_read = next.is_some_and(names::reads_pipestatus);
            let at = self.reported(pipeline.span);
            let (used, captured, within) = (Vec::new(), false, None);
            self.out.pipes.push(Pipe { at, used, captured, each_read, regime, stages, within });
            index
        };
        let pipe = &mut self.out.pipes[index];
        pipe.captured |= around.captured && !pipeline.stages.last().is_some_and(names::output_leaves);
        if let Some(used) = around.used
            && !pipe.used.contains(&used)
        {
            pipe.used.push(used);
        }
    }

    /// Where in the script something is reported: itself, or what carries it.
    fn reported(&self, at: Span) -> Span {
        self.host.unwrap_or(at)
    }

    fn ran(&self, command: Span) -> Option<&Ran> {
        self.places.ran(Place { file: self.file.get(), span: command })
    }

    fn walked(&self, command: Span) -> bool {
        self.places.walked(Place { file: self.file.get(), span: command })
    }

    fn regime_at(&self, pipeline: Span) -> Option<Regime> {
        self.places.regime(Place { file: self.file.get(), span: pipeline })
    }

    fn throw(&mut self, at: Span, how: Throw, program: String) {
        self.throw_at(self.reported(at), how, program);
    }

    fn throw_at(&mut self, at: Span, how: Throw, program: String) {
        if !self.elsewhere() && self.noted.insert((at, discriminant(&how))) {
            self.out.thrown.push(Thrown { at, how, program });
        }
    }
}
