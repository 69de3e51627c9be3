//! Later tests: whether what `cmd || true` was to bring about is looked at after it.
//!
//! `out=$(cmd) || true` is tested where `$out` is, `cmd >file || true` where the file is, and what a command does to a
//! file or a service where a file test names the same thing, or a condition that only asks.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::syntax::{
    Assignment, Command, CommandKind, Fd, For, Operand, Pipeline, RedirectOp, Sequence, Simple, Statement,
    Target, Word,
};
use crate::bash::visit::{Visitor, walk_assignment, walk_command};
use crate::source::Span;

use super::commands::plain;
use super::conditions::InConditions;
use super::names::{Looked, command_name, is_true, mentions};
use super::objects::{Line, as_written};
use super::search::Search;
use super::sourced::Key;
use super::{Pass, Throw};

/// What runs after the command in hand.
#[derive(Clone, Copy)]
pub(super) enum Later<'s> {
    /// The statements behind it.
    Statements(&'s [Statement]),
    /// The condition of the loop around it.
    Condition(&'s Sequence),
}

/// What a command was to bring about.
#[derive(Default, Clone)]
pub(super) struct Aim {
    /// Variables that it sets.
    pub made: Vec<String>,
    /// Files that it writes.
    pub files: Vec<String>,
    /// The commands that run.
    pub lines: Vec<Rc<Line>>,
}

/// A `cmd || true` in a function, untested there: each caller may look at the variables and files, and knows nothing of
/// what ran.
pub(super) struct Open {
    at: Span,
    program: String,
    aim: Aim,
}

/// Those of a body, in the order of the text.
pub(super) type Opens = BTreeMap<Span, Rc<Open>>;

/// Whether a body tests what it is given: the body, the numbers of the words, the functions around it.
pub(super) type Handed = FxHashMap<(Key, Vec<String>, u32), bool>;

impl<'s> Pass<'s> {
    /// `cmd || true`
    pub(super) fn or_true(&mut self, statement: &'s Statement, pipeline: &'s Pipeline) {
        // What another file holds is reported there.
        if self.elsewhere() {
            return;
        }
        let Some(program) = self.pipeline_loses(pipeline) else { return };
        let mut aiming = Aiming { pass: self, aim: Aim::default() };
        for one in statement.pipelines().filter(|one| !is_true(one, &self.functions)) {
            aiming.pipeline(one);
        }
        let mut aim = aiming.aim;
        aim.made.extend(self.sinks.iter().flatten().map(|name| (*name).to_owned()));
        if !self.is_tested(&aim) {
            aim.lines.clear();
            self.leave(Rc::new(Open { at: self.reported(pipeline.span), program, aim }));
        }
    }

    /// What a body leaves untested, without its own variables: no caller sees those.
    pub(super) fn left(&mut self, body: &'s Command, open: Opens) {
        let mut own = Own::default();
        own.command(body);
        let seen = open.into_iter().map(|(at, open)| {
            if !open.aim.made.iter().any(|name| own.names.contains(name.as_str())) {
                return (at, open);
            }
            let mut aim = open.aim.clone();
            aim.made.retain(|name| !own.names.contains(name.as_str()));
            (at, Rc::new(Open { at, program: open.program.clone(), aim }))
        });
        self.left.entry(std::ptr::from_ref(body)).or_default().extend(seen);
    }

    /// A call of a function: what it left untested has to be tested behind each.
    pub(super) fn answer_for(&mut self, body: &Command) {
        let Some(left) = self.left.get(&std::ptr::from_ref(body)) else { return };
        let is_open = |open: &&Rc<Open>| {
            !self.open.contains_key(&open.at)
                && !self.noted.contains(&(open.at, discriminant(&Throw::OrTrue)))
                && !self.is_tested(&open.aim)
        };
        let open: Vec<Rc<Open>> = left.values().filter(is_open).cloned().collect();
        for open in open {
            self.leave(open);
        }
    }

    fn leave(&mut self, open: Rc<Open>) {
        if self.entering > 0 {
            self.open.entry(open.at).or_insert(open);
        } else {
            self.throw_at(open.at, Throw::OrTrue, open.program.clone());
        }
    }

    /// Whether what comes later tests what was aimed at.
    fn is_tested(&self, aim: &Aim) -> bool {
        self.later.iter().any(|later| {
            let mut search = Search::new(self, aim.clone(), 0);
            match later {
                Later::Statements(statements) => search.indexed(statements, &self.index(statements)),
                Later::Condition(condition) => search.conditional(condition),
            }
            search.found
        })
    }

    /// A command is read to find a later test.
    pub(super) fn looks(&self) {
        self.looked.set(self.looked.get() + 1);
    }

    /// A command's line, read once.
    pub(super) fn line(&self, simple: &'s Simple) -> Rc<Line> {
        let read = || Rc::new(Line::of(&simple.words.iter().collect::<Vec<&Word>>(), self.tables));
        Rc::clone(self.lines.borrow_mut().entry(std::ptr::from_ref(simple)).or_insert_with(read))
    }
}

/// The variables that a body declares its own.
#[derive(Default)]
struct Own<'s> {
    names: FxHashSet<&'s str>,
}

impl<'s> Visitor<'s> for Own<'s> {
    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Declare(declare) => {
                let global = |operand: &Operand| matches!(operand, Operand::Flag(word) if word.plain().is_some_and(|flag| flag.contains('g')));
                let keyword = declare.keyword.plain().unwrap_or_default();
                if ["local", "declare", "typeset"].contains(&keyword.as_str())
                    && !declare.operands.iter().any(global)
                {
                    self.names.extend(declare.operands.iter().filter_map(declared));
                }
            }
            CommandKind::Function(_) => return,
            _ => {}
        }
        walk_command(self, command);
    }
}

pub(super) fn declared(operand: &Operand) -> Option<&str> {
    match operand {
        Operand::Name(name) => Some(&name.name),
        Operand::Assignment(assignment) => Some(&assignment.target.name),
        Operand::Flag(_) | Operand::Dynamic(_) => None,
    }
}

/// The variables that a statement gives a value which has nothing to do with the old one.
pub(super) fn overwritten(statement: &Statement) -> Vec<&str> {
    let ([], [command]) = (statement.rest.as_slice(), statement.first.stages.as_slice()) else {
        return Vec::new();
    };
    let is_new = |assignment: &&Assignment| !assignment.append;
    let target = |assignment| -> &str {
        let assignment: &Assignment = assignment;
        &assignment.target.name
    };
    let mut names: Vec<&str> = match &command.kind {
        CommandKind::Simple(simple) if simple.words.is_empty() => {
            simple.assignments.iter().filter(is_new).map(target).collect()
        }
        CommandKind::Simple(simple) if is_reader(simple) => {
            simple.words[1..].iter().filter_map(plain).collect()
        }
        CommandKind::Declare(declare) => {
            let local = declare.keyword.plain().is_some_and(|keyword| keyword == "local");
            let sets = |operand: &&Operand| match operand {
                Operand::Assignment(assignment) => !assignment.append,
                _ => local,
            };
            declare.operands.iter().filter(sets).filter_map(declared).collect()
        }
        CommandKind::For(each) => return renewed(each).into_iter().collect(),
        _ => Vec::new(),
    };
    names.retain(|name| !mentions(&[Looked::Command(command)], &[name]));
    names
}

/// The variable of a loop, unless it goes through what that held.
pub(super) fn renewed(each: &For) -> Option<&str> {
    let name = each.variable.name.as_str();
    let names_it = |word| mentions(&[Looked::Word(word)], &[name]);
    (!each.words.iter().flatten().any(names_it)).then_some(name)
}

/// Whether a command reads into the variables that it is given.
pub(super) fn is_reader(simple: &Simple) -> bool {
    command_name(simple).is_some_and(|name| matches!(name.as_str(), "read" | "mapfile" | "readarray"))
}

/// Finds out what a command was to bring about.
struct Aiming<'p, 's> {
    pass: &'p Pass<'s>,
    aim: Aim,
}

impl<'s> Visitor<'s> for Aiming<'_, 's> {
    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Simple(simple) => {
                if let Some(name) = command_name(simple) {
                    if is_reader(simple) || name == "printf" {
                        let words = simple.words.iter().skip(1).filter_map(Word::plain);
                        self.aim.made.extend(words.filter(|text| !text.starts_with('-')));
                    } else if !self.pass.tables.is_pure(&name) {
                        self.aim.lines.push(self.pass.line(simple));
                    }
                }
            }
            CommandKind::Function(_) => return,
            _ => {}
        }
        for redirect in &command.redirects {
            let writes = matches!(
                redirect.op,
                RedirectOp::Output
                    | RedirectOp::Append
                    | RedirectOp::Clobber
                    | RedirectOp::OutputBoth
                    | RedirectOp::AppendBoth
            );
            let stdout = !matches!(redirect.fd, Some(Fd::Number(0)));
            if let (true, true, Target::Word(word)) = (writes, stdout, &redirect.target) {
                self.aim.files.extend(Some(as_written(word)).filter(|text| text != "/dev/null"));
            }
        }
        walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        self.aim.made.push(assignment.target.name.clone());
        walk_assignment(self, assignment);
    }
}
