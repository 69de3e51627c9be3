//! Functions that hand on what they are given: `run() { echo "+ $*"; "$@"; }`.

use std::collections::BTreeSet;

use crate::bash::syntax::{Command, CommandKind, Script, Simple, Word};
use crate::bash::visit::{Visitor, walk_command, walk_script};
use crate::commands::Tables;

/// The functions of a script in which a command has `"$@"`, besides those that only show it.
pub(super) fn wrappers(script: &Script) -> BTreeSet<String> {
    let mut search = Search::default();
    walk_script(&mut search, script);
    search.found
}

/// Whether a program takes credentials: what a function is given runs from there on.
pub(super) fn is_program(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    let secrets = Tables::builtin().secrets();
    secrets.credential_options.iter().any(|entry| entry.programs.iter().any(|program| program == name))
        || secrets.credential_calls.iter().any(|call| call.split_whitespace().next() == Some(name))
}

#[derive(Default)]
struct Search {
    /// The functions around, innermost last.
    around: Vec<String>,
    found: BTreeSet<String>,
}

impl<'s> Visitor<'s> for Search {
    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Function(function) => {
                self.around.push(function.name.clone());
                walk_command(self, command);
                self.around.pop();
                return;
            }
            CommandKind::Simple(simple) if hands_on(simple) => self.found.extend(self.around.last().cloned()),
            _ => {}
        }
        walk_command(self, command);
    }
}

fn hands_on(simple: &Simple) -> bool {
    const SHOW: [&str; 5] = ["echo", "printf", "log", "die", "set"];
    let first = simple.words.first().and_then(Word::plain).unwrap_or_default();
    !SHOW.contains(&first.as_str()) && simple.words.iter().any(Word::is_given_list)
}
