//! Commands that a walk did not come to (a branch that it took for impossible, a function that nothing calls). They are judged
//! by themselves: nothing is let through because it is believed not to run.

use rustc_hash::FxHashSet;

use crate::bash::syntax::{Command, CommandKind, Pipeline, Script, Sequence, Statement, Word};
use crate::bash::visit::{self, Visitor};
use crate::facts::Close;
use crate::source::Span;

use super::Bench;

/// Commands of a text.
#[derive(Default)]
pub(super) struct Commands<'s> {
    /// Those that run something or declare variables.
    pub simple: Vec<&'s Command>,
    /// Those that define functions.
    functions: Vec<&'s Command>,
}

impl<'s> Visitor<'s> for Commands<'s> {
    fn command(&mut self, command: &'s Command) {
        match command.kind {
            CommandKind::Simple(_) | CommandKind::Declare(_) => self.simple.push(command),
            CommandKind::Function(_) => self.functions.push(command),
            _ => {}
        }
        visit::walk_command(self, command);
    }
}

impl Commands<'_> {
    /// The functions that a command names, and those that these name: of those in front of it and, where it stands in a function
    /// itself, of all; but none that is defined twice, which may be either.
    fn callable(&self, command: &Command) -> Vec<Command> {
        let at = command.span;
        let within = self.functions.iter().any(|function| function.span.contains(at));
        let once = |name: &str| {
            self.functions.iter().filter(|function| name_of(function) == Some(name)).count() == 1
        };
        // What is taken away may be gone already.
        let removes = |simple: &&&Command| matches!(&simple.kind, CommandKind::Simple(simple) if simple.words.first().and_then(Word::plain).is_none_or(|first| first == "unset"));
        let mut gone = Words::default();
        for simple in self.simple.iter().filter(removes) {
            gone.command(simple);
        }
        let mut named = Words::default();
        named.command(command);
        let mut callable: Vec<&Command> = Vec::new();
        loop {
            let is_more = |function: &&&Command| {
                (within || function.span.start < at.start)
                    && name_of(function)
                        .is_some_and(|name| named.0.contains(name) && !gone.0.contains(name) && once(name))
                    && !callable.iter().any(|known| known.span == function.span)
            };
            let Some(function) = self.functions.iter().find(is_more) else { break };
            callable.push(function);
            named.command(function);
        }
        callable.into_iter().cloned().collect()
    }
}

/// Words that commands consist of.
#[derive(Default)]
struct Words(FxHashSet<String>);

impl<'s> Visitor<'s> for Words {
    fn word(&mut self, word: &'s Word) {
        self.0.extend(word.plain());
        visit::walk_parts(self, &word.parts);
    }
}

fn name_of(command: &Command) -> Option<&str> {
    match &command.kind {
        CommandKind::Function(function) => Some(&function.name),
        _ => None,
    }
}

impl Bench<'_> {
    /// Walks the commands that were not come to.
    pub(super) fn unreached(&mut self, commands: &Commands<'_>, pieces: &mut Vec<Close>) {
        let close = &pieces[0];
        let mut left: Vec<(Span, Script, Vec<Command>)> = Vec::new();
        let mut covered: Vec<Span> = Vec::new();
        for command in &commands.simple {
            if !close.reached.contains(&command.span)
                && !covered.iter().any(|span| span.contains(command.span))
            {
                covered.push(command.span);
                left.push((command.span, script([(*command).clone()]), commands.callable(command)));
            }
        }
        for carried in &close.carried {
            let mut inner = Commands::default();
            visit::walk_script(&mut inner, &carried.script);
            let missed = inner.simple.into_iter().filter(|command| !carried.reached.contains(&command.span));
            left.extend(missed.map(|command| (carried.at, script([command.clone()]), Vec::new())));
        }
        for (at, alone, functions) in left {
            let mut inner = Commands::default();
            visit::walk_script(&mut inner, &alone);
            let commands = functions.into_iter().chain(
                alone.body.statements.iter().flat_map(|statement| statement.first.stages.iter().cloned()),
            );
            let mut close = self.walk(&script(commands));
            if !inner.simple.iter().all(|command| close.reached.contains(&command.span))
                || !close.carried.is_empty()
            {
                self.ask("not-followed", at, "a part of it was not followed".to_owned());
            }
            close.seen.invocations.place_all(at);
            pieces.push(close);
        }
    }
}

/// A script of these commands.
fn script(commands: impl IntoIterator<Item = Command>) -> Script {
    let statement = |command: Command| {
        let span = command.span;
        let first = Pipeline { negated: false, timed: false, stages: vec![command], span };
        Statement { first, rest: Vec::new(), background: false, span }
    };
    let statements: Vec<Statement> = commands.into_iter().map(statement).collect();
    let span = statements.last().map_or_else(Span::default, |statement| statement.span);
    Script { body: Sequence { statements, span }, comments: Vec::new() }
}
