//! Whether a function relies on errexit: a program in it may fail, nobody looks, and more follows.

use crate::bash::syntax::{
    Command, CommandKind, ListOp, PartKind, Pipeline, Redirect, RedirectOp, Sequence, Simple, Statement, Word,
};
use crate::bash::visit::{Visitor, walk_command};
use crate::source::Span;

use super::Pass;
use super::names::{StatusReader, Substitutions, command_name};

/// Functions are followed that deep.
const DEEPEST: u32 = 12;

/// A command, and its program.
pub(super) type Found = Option<(Span, String)>;

impl<'s> Pass<'s> {
    /// A command in the body that errexit guards and nothing else does.
    pub(super) fn relies_on_errexit(&mut self, body: &'s Command) -> Found {
        self.function_relies(body, 0)
    }

    /// `last`: the status of the command is that of the whole.
    fn relying(&mut self, command: &'s Command, last: bool, depth: u32) -> Found {
        if depth > DEEPEST {
            return None;
        }
        match &command.kind {
            CommandKind::Group(body) | CommandKind::Subshell(body) => self.relying_in(body, last, depth),
            CommandKind::If(conditional) => {
                let bodies = conditional.branches.iter().map(|(_, body)| body).chain(&conditional.otherwise);
                bodies.into_iter().find_map(|body| self.relying_branch(body, last, depth))
            }
            CommandKind::While(repeat) => self.relying_in(&repeat.body, false, depth),
            CommandKind::For(each) | CommandKind::Select(each) => self.relying_in(&each.body, false, depth),
            CommandKind::ArithmeticFor(each) => self.relying_in(&each.body, false, depth),
            CommandKind::Case(case) => {
                case.arms.iter().find_map(|arm| self.relying_branch(&arm.body, last, depth))
            }
            CommandKind::Simple(simple) if simple.words.is_empty() => {
                let mut parts = Substitutions::default();
                simple.assignments.iter().for_each(|assignment| parts.assignment(assignment));
                let PartKind::Command(substitution) = &parts.found.last()?.kind else { return None };
                if last {
                    return None;
                }
                let program = self.loses(&substitution.body)?;
                self.errexit_at(command.span).then_some((command.span, program))
            }
            CommandKind::Simple(simple) => {
                let name = command_name(simple);
                let bodies = name.and_then(|name| self.functions.get(name.as_str()).cloned());
                if let Some(bodies) = bodies {
                    let inside = bodies.iter().find_map(|body| self.function_relies(body, depth + 1));
                    if inside.is_some() || last {
                        return inside.map(|(_, program)| (command.span, program));
                    }
                }
                if last || hardly_fails(command, simple) {
                    return None;
                }
                let program = self.command_loses(command)?;
                self.errexit_at(command.span).then_some((command.span, program))
            }
            _ => None,
        }
    }

    fn function_relies(&mut self, body: &'s Command, depth: u32) -> Found {
        let sourced = self.is_sourced(body);
        let key = (std::ptr::from_ref(body), sourced && self.regime.errexit.on);
        if let Some(known) = self.relying.get(&key) {
            return known.clone();
        }
        // A call of itself adds nothing to what the function relies on.
        self.relying.insert(key, None);
        // Of a function of another file the options are known at its call only.
        if sourced && switches_errexit(body) {
            return None;
        }
        let file = self.file_of(body);
        let file = self.file.replace(file);
        let found = self.relying(body, true, depth);
        self.file.set(file);
        self.relying.insert(key, found.clone());
        found
    }

    fn relying_in(&mut self, body: &'s Sequence, last: bool, depth: u32) -> Found {
        body.statements.iter().enumerate().find_map(|(index, statement)| {
            let next = body.statements.get(index + 1);
            let last = match next.map(|next| self.status_reader(next)) {
                None => last,
                Some(Some(StatusReader::Command | StatusReader::Each)) => return None,
                Some(Some(StatusReader::Return)) => true,
                Some(None) => false,
            };
            if statement.background { None } else { self.relying_list(statement, last, depth) }
        })
    }

    /// A branch that ends in a failure on purpose needs no errexit to be seen failing.
    fn relying_branch(&mut self, body: &'s Sequence, last: bool, depth: u32) -> Found {
        let fails = body.statements.last().is_some_and(|statement| self.fails_on_purpose(statement));
        if fails { None } else { self.relying_in(body, last, depth) }
    }

    fn fails_on_purpose(&mut self, statement: &'s Statement) -> bool {
        let [command] = statement.first.stages.as_slice() else { return false };
        let CommandKind::Simple(simple) = &command.kind else { return false };
        let Some(name) = command_name(simple) else { return false };
        match name.as_str() {
            "return" | "exit" => {
                simple.words.get(1).is_some_and(|code| code.plain().is_none_or(|code| code != "0"))
            }
            "false" => true,
            _ => self.always_dies(&name),
        }
    }

    fn relying_list(&mut self, statement: &'s Statement, last: bool, depth: u32) -> Found {
        let (pipeline, before) = match statement.rest.split_last() {
            Some(((op, pipeline), _)) => (pipeline, Some(*op)),
            None => (&statement.first, None),
        };
        // What stands behind `||` handles a failure; the rest of a list is looked at by what follows.
        if pipeline.negated || before == Some(ListOp::Or) {
            return None;
        }
        self.relying_pipeline(pipeline, last, depth)
    }

    fn relying_pipeline(&mut self, pipeline: &'s Pipeline, last: bool, depth: u32) -> Found {
        match pipeline.stages.as_slice() {
            [command] => self.relying(command, last, depth),
            _ if last => None,
            stages => stages.iter().find_map(|stage| {
                let program = self.command_loses(stage)?;
                self.errexit_at(pipeline.span).then_some((pipeline.span, program))
            }),
        }
    }

    /// Whether errexit is on where a command stands; in a sourced file's function it is what it is at the call.
    fn errexit_at(&self, at: Span) -> bool {
        let regime = if self.elsewhere() { Some(self.regime) } else { self.regime_at(at) };
        regime.is_some_and(|regime| regime.errexit.on)
    }

    /// Whether a function of the script ends the shell, and not well.
    pub(super) fn always_dies(&self, name: &str) -> bool {
        let Some(bodies) = self.functions.get(name) else { return false };
        bodies.iter().all(|body| {
            let CommandKind::Group(body) = &body.kind else { return false };
            let last = body.statements.last().and_then(|statement| statement.first.stages.first());
            let Some(CommandKind::Simple(simple)) = last.map(|command| &command.kind) else { return false };
            command_name(simple).is_some_and(|name| name == "exit")
                && simple.words.get(1).is_some_and(|code| code.plain().is_none_or(|code| code != "0"))
        })
    }
}

/// Whether a statement is a `set` that switches errexit on.
pub(super) fn switches_errexit_on(statement: &Statement) -> bool {
    let ([], [command]) = (statement.rest.as_slice(), statement.first.stages.as_slice()) else {
        return false;
    };
    let CommandKind::Simple(simple) = &command.kind else { return false };
    let words: Vec<String> = simple.words.iter().filter_map(Word::plain).collect();
    let short = |word: &String| word.starts_with('-') && !word.starts_with("--") && word.contains('e');
    let named = |pair: &[String]| pair[0].starts_with('-') && pair[0].ends_with('o') && pair[1] == "errexit";
    words.first().is_some_and(|name| name == "set")
        && (words.iter().any(short) || words.windows(2).any(named))
}

/// Whether a `set` of its own may switch errexit.
fn switches_errexit(body: &Command) -> bool {
    struct Switches(bool);
    impl<'s> Visitor<'s> for Switches {
        fn command(&mut self, command: &'s Command) {
            if let CommandKind::Simple(simple) = &command.kind
                && command_name(simple).is_some_and(|name| name == "set")
            {
                let word = |word: &Word| {
                    word.plain().is_some_and(|word| {
                        word == "errexit" || word.starts_with(['-', '+']) && word.contains('e')
                    })
                };
                self.0 |= simple.words.iter().skip(1).any(word);
            }
            walk_command(self, command);
        }
    }
    let mut switches = Switches(false);
    switches.command(body);
    switches.0
}

/// `sleep`, and `cat` of a text in the script: nobody relies on errexit for them.
fn hardly_fails(command: &Command, simple: &Simple) -> bool {
    let from_here =
        |redirect: &Redirect| matches!(redirect.op, RedirectOp::HereDocument | RedirectOp::HereString);
    match command_name(simple).as_deref() {
        Some("sleep") => true,
        Some("cat") => simple.words.len() == 1 && command.redirects.iter().any(from_here),
        _ => false,
    }
}
