//! What a substitution, a job or the left side of `|| true` reaches: whether a program in it may fail unseen.
//!
//! A program's failure is lost where nobody looks at its status, or where its failure is turned into one of the whole
//! (`exit 1`, `return 1`, `false`, `cmd && echo yes` as the last). What handles its failures (`cmd || echo none`) and what
//! only computes loses nothing.

use crate::bash::syntax::{
    Command, CommandKind, ListOp, PartKind, Pipeline, Sequence, Simple, Statement, Word,
};
use crate::bash::visit::Visitor;

use super::Pass;
use super::names::{Substitutions, command_name, is_true};

/// What a body reaches.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// A program whose status nobody inside looks at.
    untested: Option<String>,
    /// A program whose status is looked at.
    tested: Option<String>,
    /// Whether it fails on purpose.
    fails: bool,
}

impl Tally {
    fn lost(self) -> Option<String> {
        self.untested.or(self.tested.filter(|_| self.fails))
    }

    fn add(&mut self, other: &Self, tested: bool) {
        let into = if tested { &mut self.tested } else { &mut self.untested };
        if into.is_none() {
            into.clone_from(&other.untested);
        }
        if self.tested.is_none() {
            self.tested.clone_from(&other.tested);
        }
        self.fails |= other.fails;
    }
}

impl<'s> Pass<'s> {
    /// The program whose failure is lost where nobody looks at the status of `body`.
    pub(super) fn loses(&mut self, body: &'s Sequence) -> Option<String> {
        let mut tally = Tally::default();
        self.tally(body, false, true, &mut tally);
        tally.lost()
    }

    /// The same for a statement.
    pub(super) fn statement_loses(&mut self, statement: &'s Statement) -> Option<String> {
        let mut tally = Tally::default();
        self.tally_list(statement, false, true, &mut tally);
        tally.lost()
    }

    /// The same for a pipeline.
    pub(super) fn pipeline_loses(&mut self, pipeline: &'s Pipeline) -> Option<String> {
        let mut tally = Tally::default();
        self.tally_pipeline(pipeline, false, true, &mut tally);
        tally.lost()
    }

    /// The same for a command.
    pub(super) fn command_loses(&mut self, command: &'s Command) -> Option<String> {
        let mut tally = Tally::default();
        self.tally_command(command, false, true, &mut tally);
        tally.lost()
    }

    /// `tested`: somebody inside looks at the status; `last`: it is the status of the whole.
    fn tally(&mut self, body: &'s Sequence, tested: bool, last: bool, tally: &mut Tally) {
        for (index, statement) in body.statements.iter().enumerate() {
            let next = body.statements.get(index + 1);
            if statement.background {
                continue;
            }
            let read = next.is_some_and(|next| self.status_reader(next).is_some());
            self.tally_list(statement, tested || read, last && next.is_none(), tally);
        }
    }

    fn tally_list(&mut self, statement: &'s Statement, tested: bool, last: bool, tally: &mut Tally) {
        let mut pipeline = &statement.first;
        for (op, behind) in &statement.rest {
            if !(*op == ListOp::Or && is_true(behind, &self.functions)) {
                let mut inner = Tally::default();
                self.tally_pipeline(pipeline, true, false, &mut inner);
                // `cmd && echo yes` fails where `cmd` does.
                inner.fails |= last && *op == ListOp::And && inner.tested.is_some() && !has_or(statement);
                tally.add(&inner, true);
            }
            pipeline = behind;
        }
        if !statement.rest.is_empty() && is_true(pipeline, &self.functions) {
            return;
        }
        self.tally_pipeline(pipeline, tested, last, tally);
    }

    fn tally_pipeline(&mut self, pipeline: &'s Pipeline, tested: bool, last: bool, tally: &mut Tally) {
        let tested = tested || pipeline.negated;
        for stage in &pipeline.stages {
            self.tally_command(stage, tested, last, tally);
        }
    }

    fn tally_command(&mut self, command: &'s Command, tested: bool, last: bool, tally: &mut Tally) {
        match &command.kind {
            CommandKind::Simple(simple) => self.tally_simple(command, simple, tested, tally),
            CommandKind::Group(body) | CommandKind::Subshell(body) => self.tally(body, tested, last, tally),
            CommandKind::If(conditional) => {
                for (condition, body) in &conditional.branches {
                    self.tally(condition, true, false, tally);
                    self.tally(body, tested, last, tally);
                }
                if let Some(body) = &conditional.otherwise {
                    self.tally(body, tested, last, tally);
                }
            }
            CommandKind::While(repeat) => {
                self.tally(&repeat.condition, true, false, tally);
                self.tally(&repeat.body, tested, false, tally);
            }
            CommandKind::For(each) | CommandKind::Select(each) => {
                self.tally(&each.body, tested, false, tally);
            }
            CommandKind::ArithmeticFor(each) => self.tally(&each.body, tested, false, tally),
            CommandKind::Case(case) => {
                for arm in &case.arms {
                    self.tally(&arm.body, tested, last, tally);
                }
            }
            CommandKind::Coproc(_)
            | CommandKind::Declare(_)
            | CommandKind::Test(_)
            | CommandKind::Arithmetic(_)
            | CommandKind::Function(_) => {}
        }
    }

    fn tally_simple(&mut self, command: &'s Command, simple: &'s Simple, tested: bool, tally: &mut Tally) {
        if simple.words.is_empty() {
            let mut parts = Substitutions::default();
            simple.assignments.iter().for_each(|assignment| parts.assignment(assignment));
            if let Some(PartKind::Command(substitution)) = parts.found.last().map(|part| &part.kind) {
                let mut inner = Tally::default();
                self.tally(&substitution.body, false, true, &mut inner);
                inner.fails = false;
                tally.add(&inner, tested);
            }
            return;
        }
        if let Some(name) = command_name(simple) {
            // What the walk saw a function of another file come to is more than its words tell.
            let seen = self.ran(command.span).is_some() || self.walked(command.span);
            let bodies = self.functions.get(name.as_str()).cloned();
            if let Some(bodies) =
                bodies.filter(|bodies| !seen || bodies.iter().any(|body| !self.is_sourced(body)))
            {
                for body in bodies {
                    let inner = self.function_tally(body);
                    tally.add(&inner, tested);
                }
                return;
            }
            match name.as_str() {
                "exit" | "return" => {
                    let code = simple.words.get(1).map(Word::plain);
                    tally.fails |= !matches!(code.as_ref().map(Option::as_deref), None | Some(Some("0")));
                }
                "false" => tally.fails = true,
                _ => {}
            }
        }
        if let Some(program) = self.external(command, simple) {
            let into = if tested { &mut tally.tested } else { &mut tally.untested };
            into.get_or_insert(program);
        }
    }

    fn function_tally(&mut self, body: &'s Command) -> Tally {
        let key = std::ptr::from_ref(body);
        if let Some(known) = self.tallies.get(&key) {
            return known.clone();
        }
        // A call of itself adds nothing to what the function reaches.
        self.tallies.insert(key, Tally::default());
        let mut tally = Tally::default();
        let file = self.file.replace(self.file_of(body));
        self.tally_command(body, false, true, &mut tally);
        self.file.set(file);
        self.tallies.insert(key, tally.clone());
        tally
    }

    /// The program that a command runs, where it is one whose failure matters.
    pub(super) fn external(&self, command: &Command, simple: &Simple) -> Option<String> {
        if command_name(simple).is_some_and(|name| name == "trap") {
            return None;
        }
        if let Some(ran) = self.ran(command.span) {
            let unknown = || "a program".to_owned();
            return ran.external.as_ref().map(|name| if name.is_empty() { unknown() } else { name.clone() });
        }
        if self.walked(command.span) {
            return None;
        }
        // No path leads here, or the walk did not note what runs: the word says it.
        let name = command_name(simple)?;
        let shell = crate::facts::builtins::is_builtin(&name) || self.functions.contains_key(name.as_str());
        let name = name.rsplit('/').next().unwrap_or(&name);
        (!shell && !self.tables.is_pure(name) && !name.is_empty()).then(|| name.to_owned())
    }
}

/// Whether a list goes on where its first command failed.
fn has_or(statement: &Statement) -> bool {
    statement.rest.iter().any(|(op, _)| *op == ListOp::Or)
}
