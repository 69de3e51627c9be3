//! Functions that are handed to one which tests what it runs: `step() { if ! "$@"; then exit 1; fi; }`.

use crate::bash::syntax::{Command, CommandKind, Pipeline, Sequence, Simple, Statement, Word};
use crate::bash::visit::{Visitor, walk_command, walk_statement};

use super::{Pass, Throw};

impl<'s> Pass<'s> {
    /// A call hands a function to one that tests it: where it relies on errexit, that is off in it.
    pub(super) fn tested_by_wrapper(&mut self, call: &'s Command, simple: &'s Simple, body: &'s Command) {
        let mut tests = Tests(false);
        let mut handed = simple.words.iter().skip(1).filter_map(Word::plain);
        let Some(name) = handed.find(|name| self.functions.contains_key(name.as_str())) else { return };
        tests.command(body);
        if !tests.0 {
            return;
        }
        for handed in self.functions.get(name.as_str()).cloned().unwrap_or_default() {
            if std::ptr::eq(handed, body) {
                continue;
            }
            if let Some((at, program)) = self.relies_on_errexit(handed) {
                let at = Some(at).filter(|_| !self.is_sourced(handed));
                self.throw(call.span, Throw::Tested(name.clone(), at), program);
            }
        }
    }
}

/// Whether `"$@"` stands where its status is looked at.
struct Tests(bool);

impl Tests {
    fn pipeline(&mut self, pipeline: &Pipeline) {
        if let [stage] = pipeline.stages.as_slice()
            && let CommandKind::Simple(simple) = &stage.kind
        {
            self.0 |= simple.words.first().is_some_and(Word::is_given_list);
        }
    }

    fn condition(&mut self, condition: &Sequence) {
        condition
            .statements
            .iter()
            .flat_map(Statement::pipelines)
            .for_each(|pipeline| self.pipeline(pipeline));
    }
}

impl<'s> Visitor<'s> for Tests {
    fn statement(&mut self, statement: &'s Statement) {
        let pipelines: Vec<&Pipeline> = statement.pipelines().collect();
        let before = pipelines.len().saturating_sub(1);
        for (at, pipeline) in pipelines.into_iter().enumerate() {
            if at < before || pipeline.negated {
                Tests::pipeline(self, pipeline);
            }
        }
        walk_statement(self, statement);
    }

    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::If(conditional) => {
                conditional.branches.iter().for_each(|(condition, _)| self.condition(condition));
            }
            CommandKind::While(repeat) => self.condition(&repeat.condition),
            CommandKind::Function(_) => return,
            _ => {}
        }
        walk_command(self, command);
    }
}
