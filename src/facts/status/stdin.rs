//! Loops that read their stdin, and the commands in them that swallow it.

use crate::bash::syntax::{
    Command, CommandKind, Part, PartKind, Pipeline, Sequence, Simple, Statement, Word,
};
use crate::bash::visit::{Visitor, walk_command, walk_part, walk_statement};
use crate::source::Span;

use super::super::programs::is_shell;
use super::super::value::Place;

use super::around::Around;
use super::names::{MapfileOptions, ReadOptions, Substitutions, command_name, duplicated, input_given};
use super::sourced::Beyond;
use super::{Pass, Theft};

/// Functions are followed that deep.
const DEEPEST: u32 = 8;

/// Finds the first command of a text that has the text's own stdin, and of which something is said.
pub(super) struct Readers<F, T> {
    ask: F,
    pub found: Option<T>,
    /// Whether jobs are looked at too: a shell that runs a text gives its own no stdin.
    jobs: bool,
}

impl<'s, T, F: FnMut(&'s Command, &'s Simple) -> Option<T>> Readers<F, T> {
    pub(super) fn new(ask: F) -> Self {
        Self { ask, found: None, jobs: true }
    }
}

impl<'s, T, F: FnMut(&'s Command, &'s Simple) -> Option<T>> Visitor<'s> for Readers<F, T> {
    // What runs in `<(...)` and `>(...)` reads its own pipe.
    fn part(&mut self, part: &'s Part) {
        if !matches!(part.kind, PartKind::Process(_)) {
            walk_part(self, part);
        }
    }

    fn statement(&mut self, statement: &'s Statement) {
        if self.jobs || !statement.background {
            walk_statement(self, statement);
        }
    }

    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        pipeline.stages.first().into_iter().for_each(|first| self.command(first));
    }

    fn command(&mut self, command: &'s Command) {
        if self.found.is_some() || input_given(command) {
            return;
        }
        match &command.kind {
            CommandKind::Function(_) => {}
            CommandKind::Simple(simple) => {
                self.found = (self.ask)(command, simple);
                walk_command(self, command);
            }
            _ => walk_command(self, command),
        }
    }
}

impl<'s> Pass<'s> {
    /// What stands around the inside of a loop.
    pub(super) fn in_loop(&self, command: &'s Command, around: Around) -> Around {
        let reads = match &command.kind {
            CommandKind::While(repeat) => {
                self.takes_lines(&repeat.condition, 0) || self.takes_lines(&repeat.body, 0)
            }
            CommandKind::For(each) => self.takes_lines(&each.body, 0),
            CommandKind::ArithmeticFor(each) => self.takes_lines(&each.body, 0),
            _ => false,
        };
        // A loop in another file is judged there.
        if self.elsewhere() {
            return if reads { Around { stdin: None, ..around } } else { around };
        }
        let around = if reads { Around { stdin: Some(command.span), ..around } } else { around };
        let descriptor = match &command.kind {
            CommandKind::While(repeat) => reads_descriptor(&repeat.condition),
            _ => None,
        };
        match descriptor {
            Some(number) => Around { descriptor: Some((command.span, number)), ..around },
            None => around,
        }
    }

    /// Whether a `read` in it takes a line of the stdin that it was given.
    fn takes_lines(&self, body: &'s Sequence, depth: u32) -> bool {
        body.statements.iter().any(|statement| {
            let first = |pipeline: &'s Pipeline| pipeline.stages.first();
            statement.pipelines().filter_map(first).any(|command| self.takes_line(command, depth))
        })
    }

    fn takes_line(&self, command: &'s Command, depth: u32) -> bool {
        if input_given(command) || depth > DEEPEST {
            return false;
        }
        match &command.kind {
            CommandKind::Simple(simple) if simple.words.is_empty() => captures_line(simple),
            CommandKind::Simple(simple) => match command_name(simple).as_deref() {
                Some("mapfile" | "readarray") => {
                    let options = MapfileOptions::of(simple);
                    options.limited && !options.elsewhere
                }
                Some("read") => {
                    let options = ReadOptions::of(simple);
                    !options.elsewhere && !options.prompts
                }
                Some(name) => {
                    let bodies = self.functions.get(name);
                    bodies
                        .is_some_and(|bodies| bodies.iter().any(|body| self.function_takes(body, depth + 1)))
                }
                None => false,
            },
            CommandKind::Group(body) | CommandKind::Subshell(body) => self.takes_lines(body, depth),
            CommandKind::If(conditional) => {
                conditional.branches.iter().any(|(condition, body)| {
                    self.takes_lines(condition, depth) || self.takes_lines(body, depth)
                }) || conditional.otherwise.as_ref().is_some_and(|body| self.takes_lines(body, depth))
            }
            CommandKind::Case(case) => case.arms.iter().any(|arm| self.takes_lines(&arm.body, depth)),
            // An inner loop that reads is judged by itself.
            _ => false,
        }
    }

    fn function_takes(&self, body: &'s Command, depth: u32) -> bool {
        let key = std::ptr::from_ref(body);
        if let Some(known) = self.taking.borrow().get(&key) {
            return *known;
        }
        self.taking.borrow_mut().insert(key, false);
        let takes = self.takes_line(body, depth);
        self.taking.borrow_mut().insert(key, takes);
        takes
    }

    /// A program that swallows stdin in the text of a shell that the command starts (`bash -c '...'`).
    fn swallows_in_text(&mut self, command: &'s Command, simple: &'s Simple) -> Option<String> {
        let shell = |word: String| is_shell(word.rsplit('/').next().unwrap_or(&word));
        if !simple.words.iter().filter_map(Word::plain).any(shell) {
            return None;
        }
        let texts = self.texts.get(&Place { file: self.file.get(), span: command.span })?.clone();
        texts.into_iter().find_map(|(file, script)| {
            let outer = self.file.replace(file);
            let mut readers = Readers::new(|command, simple| self.swallows_stdin(command, simple));
            readers.jobs = false;
            readers.sequence(&script.body);
            let found = readers.found;
            self.file.set(outer);
            found
        })
    }

    /// Notes a program that swallows the stdin of the loop around it.
    pub(super) fn steal(&mut self, command: &'s Command, simple: &'s Simple, around: Around) {
        let Some(of) = around.stdin else { return };
        // What a function was given to run is noted where it is given.
        if self.entering > 0 && self.runs_given(simple) {
            return;
        }
        let program = self.swallows_stdin(command, simple);
        let program = program.or_else(|| self.swallows_in_text(command, simple));
        let Some(program) = program else { return };
        self.stolen(command.span, program, of);
    }

    /// Notes a call that gives such a program to a function which runs what it is given (`run ssh host uptime`).
    pub(super) fn steal_by_wrapper(
        &mut self,
        call: &'s Command,
        simple: &'s Simple,
        body: &'s Command,
        around: Around,
    ) {
        let Some(of) = around.stdin else { return };
        let words = plain_words(&simple.words[1..]);
        if !self.tables.swallows_stdin(&words) {
            return;
        }
        let mut readers = Readers::new(|_, simple| self.runs_given(simple).then_some(()));
        readers.command(body);
        if readers.found.is_some() {
            self.stolen(call.span, words.first().cloned().unwrap_or_default(), of);
        }
    }

    /// Whether a command runs the words that its function was given, itself or by way of a program on this machine.
    fn runs_given(&self, simple: &Simple) -> bool {
        let Some(first) = simple.words.first() else { return false };
        let wraps = || first.plain().is_some_and(|name| !self.tables.wrappers(&name).is_empty());
        first.is_given_list()
            || wraps()
                && simple.words.iter().any(Word::is_given_list)
                && !self.tables.swallows_stdin(&plain_words(&simple.words))
    }

    fn stolen(&mut self, at: Span, program: String, of: Span) {
        if self.elsewhere() {
            self.beyond.push(Beyond::Theft(program, of));
            return;
        }
        let at = self.reported(at);
        if !self.out.thefts.iter().any(|theft| theft.at == at) {
            self.out.thefts.push(Theft { at, program, of, within: None });
        }
    }

    /// The program of a command that reads all of its stdin.
    pub(super) fn swallows_stdin(&self, command: &Command, simple: &Simple) -> Option<String> {
        match self.ran(command.span) {
            Some(ran) => ran.swallows.clone(),
            None if self.walked(command.span) => None,
            None => {
                let words = plain_words(&simple.words);
                self.tables.swallows_stdin(&words).then(|| words.first().cloned().unwrap_or_default())
            }
        }
    }
}

/// `line=$(head -n1)`: a line of the stdin that everybody has.
fn captures_line(simple: &Simple) -> bool {
    let mut parts = Substitutions::default();
    simple.assignments.iter().for_each(|assignment| parts.assignment(assignment));
    parts.found.iter().any(|part| {
        let PartKind::Command(substitution) = &part.kind else { return false };
        let first = substitution.body.statements.first().and_then(|first| first.first.stages.first());
        let Some(command) = first.filter(|command| !input_given(command)) else { return false };
        let CommandKind::Simple(simple) = &command.kind else { return false };
        let words = plain_words(&simple.words);
        let bare = |word: &String| word.starts_with('-') || word.bytes().all(|byte| byte.is_ascii_digit());
        matches!(words.first().map(String::as_str), Some("head" | "line")) && words[1..].iter().all(bare)
    })
}

/// The descriptor, other than stdin, from which a `read` or a `mapfile` in a condition takes lines.
fn reads_descriptor(condition: &Sequence) -> Option<u32> {
    let pipelines = condition.statements.iter().map(|statement| &statement.first);
    pipelines.filter_map(|pipeline| pipeline.stages.first()).find_map(|command| {
        let CommandKind::Simple(simple) = &command.kind else { return None };
        let descriptor = match command_name(simple)?.as_str() {
            "read" => ReadOptions::of(simple).descriptor,
            "mapfile" | "readarray" => MapfileOptions::of(simple).descriptor,
            _ => return None,
        };
        descriptor.or_else(|| duplicated(command)).filter(|number| *number > 0)
    })
}

/// The words' texts, a hole for those that are not plain.
pub(super) fn plain_words(words: &[Word]) -> Vec<String> {
    words.iter().map(|word| word.plain().unwrap_or_else(|| crate::commands::HOLE.to_string())).collect()
}

/// `exec </dev/null`: the shell goes on with another stdin.
pub(super) fn replaces_input(statement: &Statement) -> bool {
    let ([], [command]) = (statement.rest.as_slice(), statement.first.stages.as_slice()) else {
        return false;
    };
    let CommandKind::Simple(simple) = &command.kind else { return false };
    simple.words.len() == 1 && command_name(simple).is_some_and(|name| name == "exec") && input_given(command)
}
