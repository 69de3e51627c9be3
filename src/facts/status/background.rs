//! Commands in the background, and whether anybody asks for their status.

use crate::bash::syntax::{Command, CommandKind, Parameter, Script, Statement, Word};
use crate::bash::visit::{Visitor, walk_command, walk_parameter, walk_script, walk_statement};
use crate::source::Span;

use super::names::command_name;
use super::{Pass, Throw};

/// What has to do with jobs, in the order of the text.
#[derive(Default)]
struct Jobs<'s> {
    started: Vec<&'s Statement>,
    /// Where `$!` is read.
    read: Vec<Span>,
    /// A `wait` without a job.
    for_all: bool,
    /// A `wait` that gives the status of one.
    for_one: bool,
    /// `wait -n`, or `jobs -p`: whichever job it is.
    for_any: bool,
}

impl<'s> Visitor<'s> for Jobs<'s> {
    fn statement(&mut self, statement: &'s Statement) {
        if statement.background {
            self.started.push(statement);
        }
        walk_statement(self, statement);
    }

    fn parameter(&mut self, parameter: &'s Parameter, span: Span) {
        if parameter.name == "!" {
            self.read.push(span);
        }
        walk_parameter(self, parameter);
    }

    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Simple(simple) = &command.kind {
            let argument = simple.words.get(1);
            match command_name(simple).as_deref() {
                Some("wait") if argument.is_none() => self.for_all = true,
                Some("wait") => {
                    self.for_one = true;
                    self.for_any |= argument.and_then(Word::plain).is_some_and(|text| text.starts_with("-n"));
                }
                Some("jobs") => self.for_any = true,
                _ => {}
            }
        }
        walk_command(self, command);
    }
}

impl<'s> Pass<'s> {
    /// `cmd & wait`: the wait asks nobody how it went.
    pub(super) fn background(&mut self, script: &'s Script) {
        let mut jobs = Jobs::default();
        walk_script(&mut jobs, script);
        if !jobs.for_all {
            return;
        }
        for (index, job) in jobs.started.iter().enumerate() {
            let next = jobs.started.get(index + 1).map_or(u32::MAX, |next| next.span.start);
            let kept = jobs.read.iter().any(|read| read.start >= job.span.end && read.start < next);
            if jobs.for_one && (jobs.for_any || kept) {
                continue;
            }
            if let Some(program) = self.statement_loses(job) {
                self.throw(job.span, Throw::Background, program);
            }
        }
    }
}
