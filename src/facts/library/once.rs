//! Files that return at once where they were read before: `[[ -n ${LIB_READ:-} ]] && return`, and further down `LIB_READ=1`.
//! Whoever starts the script has no such variable: with one, none of the file's functions would be there.

use crate::bash::syntax::{Assignment, CommandKind, Operand, Parameter, Script, Statement, Value, Word};
use crate::bash::visit::{Visitor, walk_parameter, walk_statement};
use crate::source::Span;

/// The variable by which a file tells that it was read before.
pub(super) fn read_before(script: &Script) -> Option<String> {
    let statements = &script.body.statements;
    let (at, statement) = statements.iter().enumerate().find(|(_, statement)| !is_plain(statement))?;
    let mut looked = Looked::default();
    looked.statement(statement);
    let mut names = looked.names.into_iter();
    let (Some(name), None, true) = (names.next(), names.next(), looked.returns) else { return None };
    statements[at + 1..].iter().any(|statement| assigns(statement, name)).then(|| name.to_owned())
}

/// Whether a statement only sets something.
fn is_plain(statement: &Statement) -> bool {
    let [command] = statement.first.stages.as_slice() else { return false };
    let sets = match &command.kind {
        CommandKind::Declare(_) => true,
        CommandKind::Simple(simple) => {
            simple.words.is_empty()
                || simple.words[0].plain().is_some_and(|name| name == "set" || name == "shopt")
        }
        _ => false,
    };
    sets && statement.rest.is_empty()
}

fn assigns(statement: &Statement, name: &str) -> bool {
    let [command] = statement.first.stages.as_slice() else { return false };
    let target = match &command.kind {
        CommandKind::Simple(simple) if simple.words.is_empty() => {
            return simple.assignments.iter().any(|assignment| marks(assignment, name));
        }
        CommandKind::Declare(declare) => &declare.operands,
        _ => return false,
    };
    target.iter().any(|operand| matches!(operand, Operand::Assignment(assignment) if marks(assignment, name)))
}

/// Whether it is given a text that says yes: one that says no, or nothing, is a setting's default.
fn marks(assignment: &Assignment, name: &str) -> bool {
    let Value::Scalar(word) = &assignment.value else { return false };
    let yes = word.plain().is_some_and(|text| !["", "0", "no", "false", "off"].contains(&text.as_str()));
    assignment.target.name == name && yes
}

/// What a statement asks about, and whether it may return.
#[derive(Default)]
struct Looked<'s> {
    names: Vec<&'s str>,
    returns: bool,
}

impl<'s> Visitor<'s> for Looked<'s> {
    fn statement(&mut self, statement: &'s Statement) {
        for pipeline in statement.pipelines() {
            self.returns |= pipeline.stages.iter().any(|command| {
                matches!(&command.kind, CommandKind::Simple(simple)
                    if simple.words.first().and_then(Word::plain).as_deref() == Some("return"))
            });
        }
        walk_statement(self, statement);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _: Span) {
        if !self.names.contains(&parameter.name.as_str()) {
            self.names.push(&parameter.name);
        }
        walk_parameter(self, parameter);
    }
}
