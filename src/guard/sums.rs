//! `let`: arithmetic that stands in words.

use crate::bash;
use crate::bash::syntax::{Command, CommandKind, Script, Simple, Word};
use crate::bash::visit;

use super::plain::Plain;

impl Plain<'_> {
    /// `let`: each of its words is an expression.
    pub(super) fn sum(&mut self, command: &Command, simple: &Simple) {
        let at = self.at(command.span);
        let expressions = summed(simple);
        let known = self.looks.sums.entry(at).or_insert(true);
        *known &= expressions.is_some();
        let host = self.host.replace(at);
        for expression in expressions.iter().flatten() {
            visit::walk_script(self, expression);
        }
        self.host = host;
    }
}

/// The expressions of a `let`, each as the command that is the same; `None` where one is not known.
pub(super) fn summed(simple: &Simple) -> Option<Vec<Script>> {
    let (first, words) = simple.words.split_first()?;
    if first.plain().as_deref() != Some("let") || words.is_empty() {
        return None;
    }
    let expression = |word: &Word| {
        let plain = |c: char| c.is_ascii_alphanumeric() || " _=+-*/%<>!&|^~?:,()".contains(c);
        let text = word.plain().filter(|text| !word.braces && text.chars().all(plain))?;
        let reading = bash::parse(&format!("(( {text} ))"));
        let alone = match reading.script.body.statements.as_slice() {
            [statement] => {
                let stages = statement.first.stages.as_slice();
                statement.rest.is_empty()
                    && matches!(stages, [Command { kind: CommandKind::Arithmetic(_), .. }])
            }
            _ => false,
        };
        (alone && reading.unread.is_empty()).then_some(reading.script)
    };
    words.iter().map(expression).collect()
}
