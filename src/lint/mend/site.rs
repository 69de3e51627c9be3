//! What stands around a command or a pipeline in the syntax.

use crate::bash::syntax::{Command, CommandKind, Pipeline, Script, Sequence, Statement};
use crate::bash::visit::{self, Visitor};
use crate::source::Span;

/// A place in the syntax.
pub(super) struct Site<'s> {
    /// The statement that it is a part of.
    pub statement: &'s Statement,
    /// Its pipeline.
    pub pipeline: &'s Pipeline,
    /// Whether it stands in a function.
    pub in_function: bool,
    stage: usize,
    role: Role<'s>,
}

/// What the statements of a sequence are for.
#[derive(Clone, Copy)]
enum Role<'s> {
    /// They run one after another.
    Body,
    /// They are asked for their status, where nothing can stand before them.
    Asked,
    /// The only one is the condition of an `if` that has this statement for itself.
    AskedBy(&'s Statement),
}

impl<'s> Site<'s> {
    /// The command; the first of the pipeline where the whole pipeline was asked for.
    pub fn command(&self) -> &'s Command {
        &self.pipeline.stages[self.stage]
    }

    /// The statement before which another one can stand that always runs before this place: where the place comes first
    /// in a list, or is the whole condition of an `if`.
    pub fn host(&self) -> Option<Span> {
        let first = std::ptr::eq(&raw const self.statement.first, self.pipeline);
        match self.role {
            _ if !first || self.statement.background => None,
            Role::Body => Some(self.statement.span),
            Role::AskedBy(asking) => Some(asking.span),
            Role::Asked => None,
        }
    }
}

/// The first command or pipeline at exactly that place.
pub(super) fn site(script: &Script, at: Span) -> Option<Site<'_>> {
    // What stands in a here-document is the only place that no statement around it covers.
    [true, false].into_iter().find_map(|covered| {
        let mut finder =
            Finder { at, covered, role: Role::Body, statements: Vec::new(), functions: 0, found: None };
        visit::walk_script(&mut finder, script);
        finder.found
    })
}

struct Finder<'s> {
    at: Span,
    /// Whether only statements that cover the place are looked at.
    covered: bool,
    /// Of the next sequence.
    role: Role<'s>,
    /// Around the place in hand, innermost last.
    statements: Vec<(&'s Statement, Role<'s>)>,
    functions: u32,
    found: Option<Site<'s>>,
}

impl<'s> Finder<'s> {
    fn asked(&mut self, condition: &'s Sequence, role: Role<'s>) {
        self.role = role;
        self.sequence(condition);
        self.role = Role::Body;
    }
}

impl<'s> Visitor<'s> for Finder<'s> {
    fn sequence(&mut self, sequence: &'s Sequence) {
        let role = std::mem::replace(&mut self.role, Role::Body);
        for statement in &sequence.statements {
            if self.found.is_some() {
                return;
            }
            if self.covered && !statement.span.contains(self.at) {
                continue;
            }
            self.statements.push((statement, role));
            self.statement(statement);
            self.statements.pop();
        }
    }

    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        let stage = if pipeline.span == self.at || stages(pipeline) == Some(self.at) {
            Some(0)
        } else {
            pipeline.stages.iter().position(|stage| stage.span == self.at)
        };
        match (stage, self.statements.last(), pipeline.stages.is_empty()) {
            (Some(stage), Some((statement, role)), false) => {
                self.found =
                    Some(Site { statement, pipeline, in_function: self.functions > 0, stage, role: *role });
            }
            _ => visit::walk_pipeline(self, pipeline),
        }
    }

    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::If(branches) => {
                let alone = self.statements.last().map(|(statement, _)| *statement).filter(|statement| {
                    let [only] = statement.first.stages.as_slice() else { return false };
                    std::ptr::eq(only, command) && !statement.first.negated
                });
                for (index, (condition, body)) in branches.branches.iter().enumerate() {
                    let role = match alone {
                        Some(statement) if index == 0 && condition.statements.len() == 1 => {
                            Role::AskedBy(statement)
                        }
                        _ => Role::Asked,
                    };
                    self.asked(condition, role);
                    self.sequence(body);
                }
                if let Some(body) = &branches.otherwise {
                    self.sequence(body);
                }
            }
            CommandKind::While(command) => {
                self.asked(&command.condition, Role::Asked);
                self.sequence(&command.body);
            }
            CommandKind::Function(function) => {
                self.functions += 1;
                self.command(&function.body);
                self.functions -= 1;
            }
            _ => visit::walk_command(self, command),
        }
    }
}

/// From the first command's start to the last one's end: without a `!`.
fn stages(pipeline: &Pipeline) -> Option<Span> {
    Some(Span::new(pipeline.stages.first()?.span.start, pipeline.stages.last()?.span.end))
}
