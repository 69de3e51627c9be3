//! Whether the status of a pipeline decides anything, where `pipefail` could make it another.

use crate::bash::syntax::{
    Command, CommandKind, Parameter, Pipeline, Script, Sequence, Simple, Statement, Value, Word,
};
use crate::bash::visit::{self, Visitor};
use crate::source::Span;

/// Whether it does. With `errexit`, that of every pipeline decides whether the script goes on.
pub(super) fn decide(script: &Script, errexit: bool) -> bool {
    let mut seen = Asked { errexit, before: Before::Nothing, decides: false, anything: false, any: false };
    seen.sequence(&script.body);
    // The script's own status is that of its last pipeline.
    seen.last_of(&script.body);
    seen.decides || seen.anything && seen.any
}

/// What ran last where a status is asked for.
#[derive(Clone, Copy)]
enum Before<'s> {
    /// Nothing whose status is not looked at anyway.
    Nothing,
    /// This statement.
    Statement(&'s Statement),
    /// It is not followed.
    Anything,
}

struct Asked<'s> {
    errexit: bool,
    before: Before<'s>,
    /// A status that `pipefail` may change decides something.
    decides: bool,
    /// The status of something that is not followed does.
    anything: bool,
    /// There is a pipeline whose status `pipefail` may change.
    any: bool,
}

impl<'s> Asked<'s> {
    /// The status of a pipeline decides something.
    fn decided_by(&mut self, pipeline: &'s Pipeline) {
        self.decides |= fails_early(pipeline);
        if let Some(last) = pipeline.stages.last() {
            self.command_decides(last);
        }
    }

    /// That of a command does: of one that holds others, the last of those.
    fn command_decides(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Group(body) | CommandKind::Subshell(body) => self.last_of(body),
            CommandKind::If(command) => {
                command.branches.iter().for_each(|(_, body)| self.last_of(body));
                command.otherwise.iter().for_each(|body| self.last_of(body));
            }
            CommandKind::While(command) => self.last_of(&command.body),
            CommandKind::For(command) | CommandKind::Select(command) => self.last_of(&command.body),
            CommandKind::ArithmeticFor(command) => self.last_of(&command.body),
            CommandKind::Case(case) => case.arms.iter().for_each(|arm| self.last_of(&arm.body)),
            CommandKind::Simple(simple) if simple.words.first().is_none_or(|name| name.plain().is_none()) => {
                self.substitutions_decide(simple);
            }
            _ => {}
        }
    }

    /// `x=$(a | b)` has the status of what it substitutes, and so has `$(a | b)` where that says nothing.
    fn substitutions_decide(&mut self, simple: &'s Simple) {
        let mut inside = Substitutions(Vec::new());
        for assignment in &simple.assignments {
            match &assignment.value {
                Value::Scalar(word) => inside.word(word),
                Value::Array(elements) => elements.iter().for_each(|element| inside.word(&element.value)),
            }
        }
        simple.words.iter().for_each(|word| inside.word(word));
        inside.0.into_iter().for_each(|body| self.last_of(body));
    }

    fn last_of(&mut self, sequence: &'s Sequence) {
        if let Some(last) = sequence.statements.last() {
            self.statement_decides(last);
        }
    }

    fn statement_decides(&mut self, statement: &'s Statement) {
        statement.pipelines().for_each(|pipeline| self.decided_by(pipeline));
    }

    /// The status of what ran before is looked at.
    fn asked(&mut self) {
        match self.before {
            Before::Nothing => {}
            Before::Statement(statement) => self.statement_decides(statement),
            Before::Anything => self.anything = true,
        }
    }

    fn within(&mut self, before: Before<'s>, bodies: &[&'s Sequence]) {
        for body in bodies {
            self.before = before;
            self.sequence(body);
        }
    }

    fn simple(&mut self, simple: &Simple) {
        let plain: Vec<Option<String>> = simple.words.iter().map(Word::plain).collect();
        let words: Vec<&str> = plain.iter().map(|word| word.as_deref().unwrap_or("\0")).collect();
        match words.as_slice() {
            ["exit" | "return"] => self.asked(),
            // It runs where a pipeline failed; and whatever looks at a status in it may see any.
            ["trap", .., "ERR"] | ["eval" | "source" | ".", ..] => self.anything = true,
            ["trap", text, ..] if text.contains("$?") || text.contains("exit") || *text == "\0" => {
                self.anything = true;
            }
            _ => {}
        }
    }
}

impl<'s> Visitor<'s> for Asked<'s> {
    fn sequence(&mut self, sequence: &'s Sequence) {
        let around = self.before;
        for statement in &sequence.statements {
            self.statement(statement);
            self.before = Before::Statement(statement);
        }
        self.before = around;
    }

    fn statement(&mut self, statement: &'s Statement) {
        if self.errexit || !statement.rest.is_empty() || statement.background {
            self.decided_by(&statement.first);
        }
        if self.errexit || statement.rest.len() > 1 || statement.background {
            statement.rest.iter().for_each(|(_, pipeline)| self.decided_by(pipeline));
        }
        self.pipeline(&statement.first);
        for (_, pipeline) in &statement.rest {
            // What ran before it in the list decides anyway.
            self.before = Before::Nothing;
            self.pipeline(pipeline);
        }
    }

    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        self.any |= fails_early(pipeline);
        visit::walk_pipeline(self, pipeline);
    }

    fn command(&mut self, command: &'s Command) {
        let around = self.before;
        match &command.kind {
            CommandKind::If(inner) => {
                for (condition, body) in &inner.branches {
                    self.last_of(condition);
                    self.sequence(condition);
                    self.within(Before::Nothing, &[body]);
                    // The next condition comes after this one, whose status is looked at.
                    self.before = Before::Nothing;
                }
                self.within(Before::Nothing, &inner.otherwise.iter().collect::<Vec<_>>());
                command.redirects.iter().for_each(|redirect| self.redirect(redirect));
            }
            CommandKind::While(inner) => {
                self.last_of(&inner.condition);
                self.within(Before::Anything, &[&inner.condition]);
                self.within(Before::Nothing, &[&inner.body]);
                command.redirects.iter().for_each(|redirect| self.redirect(redirect));
            }
            CommandKind::For(_) | CommandKind::Select(_) | CommandKind::ArithmeticFor(_) => {
                self.before = Before::Anything;
                visit::walk_command(self, command);
            }
            CommandKind::Function(function) => {
                // Who calls it may look at its status.
                self.command_decides(&function.body);
                self.before = Before::Anything;
                visit::walk_command(self, command);
            }
            CommandKind::Simple(simple) => {
                self.simple(simple);
                visit::walk_command(self, command);
            }
            _ => visit::walk_command(self, command),
        }
        self.before = around;
    }

    fn parameter(&mut self, parameter: &'s Parameter, _: Span) {
        if parameter.name == "?" {
            self.asked();
        }
        visit::walk_parameter(self, parameter);
    }
}

/// Whether a command before the last may fail: one that only prints does, too, where nobody reads to the end.
fn fails_early(pipeline: &Pipeline) -> bool {
    pipeline.stages.len() > 1
}

/// What the substitutions of words run, those inside of others left out.
struct Substitutions<'s>(Vec<&'s Sequence>);

impl<'s> Visitor<'s> for Substitutions<'s> {
    fn sequence(&mut self, sequence: &'s Sequence) {
        self.0.push(sequence);
    }
}
