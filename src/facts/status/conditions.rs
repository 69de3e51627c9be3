//! Commands whose status somebody looks at: what stands in conditions.

use crate::bash::syntax::{Command, CommandKind, ListOp, Pipeline, Sequence, Statement};
use crate::bash::visit::{Visitor, walk_pipeline};

use super::Pass;
use super::names::is_true;

/// A visitor that knows whether somebody looks at the status of what it is at.
pub(super) trait InConditions<'s>: Visitor<'s> {
    fn pass(&self) -> &Pass<'s>;

    fn condition(&mut self) -> &mut bool;

    fn conditional(&mut self, condition: &'s Sequence) {
        let outer = std::mem::replace(self.condition(), true);
        self.sequence(condition);
        *self.condition() = outer;
    }

    fn list(&mut self, statement: &'s Statement) {
        let outer = *self.condition();
        let mut pipeline = &statement.first;
        for (op, behind) in &statement.rest {
            let ignored = *op == ListOp::Or && is_true(behind, &self.pass().functions);
            *self.condition() = outer || !ignored;
            self.pipeline(pipeline);
            pipeline = behind;
        }
        *self.condition() = outer;
        self.pipeline(pipeline);
    }

    fn stages(&mut self, pipeline: &'s Pipeline) {
        let outer = *self.condition();
        *self.condition() |= pipeline.negated;
        walk_pipeline(self, pipeline);
        *self.condition() = outer;
    }

    /// Goes through an `if` or a `while`, where the command is one.
    fn conditions_of(&mut self, command: &'s Command) -> bool {
        match &command.kind {
            CommandKind::If(conditional) => {
                for (condition, body) in &conditional.branches {
                    self.conditional(condition);
                    self.sequence(body);
                }
                if let Some(body) = &conditional.otherwise {
                    self.sequence(body);
                }
            }
            CommandKind::While(repeat) => {
                self.conditional(&repeat.condition);
                self.sequence(&repeat.body);
            }
            _ => return false,
        }
        true
    }
}
