//! Text that is no bash yet: a template's actions (`{{ if ... }}`, `{% for ... %}`) where commands stand.

use crate::bash::syntax::{Command, CommandKind, PartKind, Script, Statement};
use crate::bash::visit::{self, Visitor};
use crate::source::Span;

/// Why no rule can vouch for it.
pub(super) const REASON: &str =
    "this is an action of a template, and what bash gets is what it is rendered to";

/// The statements that are actions of a template.
pub(super) fn actions(script: &Script) -> Vec<Span> {
    let mut actions = Actions { statement: Span::default(), found: Vec::new() };
    visit::walk_script(&mut actions, script);
    actions.found
}

struct Actions {
    /// The statement in hand.
    statement: Span,
    found: Vec<Span>,
}

impl<'s> Visitor<'s> for Actions {
    fn statement(&mut self, statement: &'s Statement) {
        let around = std::mem::replace(&mut self.statement, statement.span);
        visit::walk_statement(self, statement);
        self.statement = around;
    }

    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Simple(simple) = &command.kind
            && let Some(PartKind::Literal(text)) =
                simple.words.first().and_then(|word| word.parts.first()).map(|part| &part.kind)
            && (text.starts_with("{{") || text.starts_with("{%"))
        {
            self.found.push(self.statement);
        }
        visit::walk_command(self, command);
    }
}
