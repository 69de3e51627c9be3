//! How the commands of a pipeline read: which of them may leave the pipe before its end.

use crate::bash::syntax::{
    Command, CommandKind, ListOp, PartKind, Pipeline, Sequence, Simple, Statement, Word,
};
use crate::bash::visit::{Visitor, walk_command};
use crate::commands::Reading;

use super::super::programs::is_shell;
use super::super::value::Place;
use super::names::{
    MapfileOptions, ReadOptions, Substitutions, command_name, input_given, is_true, output_leaves,
};
use super::stdin::{Readers, plain_words};
use super::{Pass, Stage};

/// How something reads its stdin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reads {
    /// Not at all.
    Nothing,
    /// It may stop before the end.
    Early(String),
    /// To the end.
    Whole,
}

impl Reads {
    /// One after the other.
    fn then(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Whole => Self::Whole,
            Self::Nothing => next(),
            Self::Early(how) => match next() {
                Self::Whole => Self::Whole,
                _ => Self::Early(how),
            },
        }
    }
}

/// Functions are followed that deep.
const DEEPEST: u32 = 8;

impl<'s> Pass<'s> {
    /// The stages of a pipeline, as far as they matter.
    pub(super) fn stages(&self, pipeline: &'s Pipeline) -> Vec<Stage> {
        let mut stages = Vec::new();
        for (index, command) in pipeline.stages.iter().enumerate() {
            let early = if index == 0 { None } else { self.leaves_early(command) };
            stages.push(Stage {
                at: command.span,
                name: self.stage_name(command),
                external: self.runs_program(command),
                writes: !output_leaves(command) && !self.is_shielded(command),
                early,
            });
        }
        stages
    }

    /// `{ producer || true; }`: its end by SIGPIPE is not the group's.
    fn is_shielded(&self, command: &Command) -> bool {
        let (CommandKind::Group(body) | CommandKind::Subshell(body)) = &command.kind else { return false };
        let last = body.statements.last().and_then(|statement| statement.rest.last());
        matches!(last, Some((ListOp::Or, pipeline)) if is_true(pipeline, &self.functions))
    }

    fn leaves_early(&self, command: &'s Command) -> Option<String> {
        if input_given(command) {
            return Some("it reads something else than the pipe".to_owned());
        }
        match self.reads(command, 0) {
            Reads::Early(how) => Some(how),
            Reads::Nothing => Some("it reads nothing of the pipe".to_owned()),
            Reads::Whole => None,
        }
    }

    fn stage_name(&self, command: &'s Command) -> Option<String> {
        let CommandKind::Simple(simple) = &command.kind else { return None };
        let ran = || self.ran(command.span).and_then(|ran| ran.external.clone());
        command_name(simple).or_else(ran).filter(|name| !name.is_empty())
    }

    /// Whether a stage is a program; one of a group's own commands counts, those of functions do not.
    fn runs_program(&self, command: &'s Command) -> bool {
        struct Programs<'p, 's> {
            pass: &'p Pass<'s>,
            found: bool,
        }
        impl<'s> Visitor<'s> for Programs<'_, 's> {
            fn command(&mut self, command: &'s Command) {
                match &command.kind {
                    CommandKind::Simple(simple) => self.found |= self.pass.program(command, simple),
                    CommandKind::Function(_) => {}
                    _ => walk_command(self, command),
                }
            }
        }
        let mut programs = Programs { pass: self, found: false };
        programs.command(command);
        programs.found
    }

    /// Whether a command is a program of its own, a pure tool too.
    fn program(&self, command: &Command, simple: &Simple) -> bool {
        let named = command_name(simple);
        if let Some(name) = &named {
            if self.functions.contains_key(name.as_str()) {
                return false;
            }
            if !crate::facts::builtins::is_builtin(name) {
                return true;
            }
        }
        self.ran(command.span).is_some_and(|ran| ran.external.is_some())
            || (named.is_none() && !simple.words.is_empty() && !self.walked(command.span))
    }

    fn reads(&self, command: &'s Command, depth: u32) -> Reads {
        if input_given(command) {
            return Reads::Nothing;
        }
        match &command.kind {
            CommandKind::Simple(simple) => self.simple_reads(command, simple, depth),
            CommandKind::Group(body) | CommandKind::Subshell(body) => self.sequence_reads(body, depth),
            CommandKind::If(conditional) => {
                let mut reads = Reads::Nothing;
                for (condition, body) in &conditional.branches {
                    reads = reads
                        .then(|| self.sequence_reads(condition, depth))
                        .then(|| self.sequence_reads(body, depth));
                }
                match &conditional.otherwise {
                    Some(body) => reads.then(|| self.sequence_reads(body, depth)),
                    None => reads,
                }
            }
            CommandKind::While(repeat) => self.loop_reads(Some(&repeat.condition), &repeat.body, depth),
            CommandKind::For(each) | CommandKind::Select(each) => {
                match self.sequence_reads(&each.body, depth) {
                    Reads::Whole => Reads::Whole,
                    reads => reads,
                }
            }
            CommandKind::ArithmeticFor(each) => self.sequence_reads(&each.body, depth),
            CommandKind::Case(case) => case
                .arms
                .iter()
                .fold(Reads::Nothing, |reads, arm| reads.then(|| self.sequence_reads(&arm.body, depth))),
            CommandKind::Declare(declare) => {
                let mut parts = Substitutions::default();
                for operand in &declare.operands {
                    if let crate::bash::syntax::Operand::Assignment(assignment) = operand {
                        parts.assignment(assignment);
                    }
                }
                self.parts_read(&parts, depth)
            }
            CommandKind::Coproc(_)
            | CommandKind::Test(_)
            | CommandKind::Arithmetic(_)
            | CommandKind::Function(_) => Reads::Nothing,
        }
    }

    fn parts_read(&self, parts: &Substitutions<'s>, depth: u32) -> Reads {
        parts.found.iter().fold(Reads::Nothing, |reads, part| match &part.kind {
            PartKind::Command(substitution) => reads.then(|| self.sequence_reads(&substitution.body, depth)),
            _ => reads,
        })
    }

    fn sequence_reads(&self, body: &'s Sequence, depth: u32) -> Reads {
        body.statements.iter().fold(Reads::Nothing, |reads, statement| {
            statement.pipelines().fold(reads, |reads, pipeline| {
                reads
                    .then(|| pipeline.stages.first().map_or(Reads::Nothing, |first| self.reads(first, depth)))
            })
        })
    }

    fn simple_reads(&self, command: &'s Command, simple: &'s Simple, depth: u32) -> Reads {
        let mut parts = Substitutions::default();
        simple.assignments.iter().for_each(|assignment| parts.assignment(assignment));
        simple.words.iter().for_each(|word| parts.word(word));
        let first = self.parts_read(&parts, depth);
        if simple.words.is_empty() {
            return first;
        }
        let own = self.words_read(command, simple, depth);
        match (first, own) {
            // Nobody knows whether most programs read at all: what reads the pipe is the command itself.
            (Reads::Whole, Reads::Early(how)) if !self.parts_drain(&parts, depth) => Reads::Early(how),
            (first, own) => first.then(|| own),
        }
    }

    /// Whether a substitution takes all that the command around it would read.
    fn parts_drain(&self, parts: &Substitutions<'s>, depth: u32) -> bool {
        parts.found.iter().any(|part| match &part.kind {
            PartKind::Command(substitution) => self.drains(&substitution.body, depth),
            _ => false,
        })
    }

    /// How a command reads, without what is substituted in its words.
    fn words_read(&self, command: &'s Command, simple: &'s Simple, depth: u32) -> Reads {
        let Some(name) = command_name(simple) else { return self.program_reads(command, simple, depth) };
        if let Some(bodies) = self.functions.get(name.as_str()) {
            if depth >= DEEPEST {
                return Reads::Whole;
            }
            return bodies.last().map_or(Reads::Whole, |body| self.function_reads(body, depth + 1));
        }
        match name.as_str() {
            "read" => {
                let options = ReadOptions::of(simple);
                if options.elsewhere {
                    Reads::Nothing
                } else if options.whole {
                    Reads::Whole
                } else {
                    Reads::Early("`read` takes one line".to_owned())
                }
            }
            "mapfile" | "readarray" => match MapfileOptions::of(simple) {
                MapfileOptions { elsewhere: true, .. } => Reads::Nothing,
                MapfileOptions { limited: true, .. } => {
                    Reads::Early(format!("`{name} -n` takes a number of lines"))
                }
                _ => Reads::Whole,
            },
            name if crate::facts::builtins::is_builtin(name) => {
                let runs_others = matches!(name, "eval" | "source" | "." | "command" | "builtin" | "exec");
                if runs_others { self.program_reads(command, simple, depth) } else { Reads::Nothing }
            }
            _ => self.program_reads(command, simple, depth),
        }
    }

    fn function_reads(&self, body: &'s Command, depth: u32) -> Reads {
        let key = std::ptr::from_ref(body);
        if let Some(known) = self.reading.borrow().get(&key) {
            return known.clone();
        }
        self.reading.borrow_mut().insert(key, Reads::Nothing);
        let file = self.file.replace(self.file_of(body));
        let reads = self.reads(body, depth);
        self.file.set(file);
        self.reading.borrow_mut().insert(key, reads.clone());
        reads
    }

    fn program_reads(&self, command: &'s Command, simple: &'s Simple, depth: u32) -> Reads {
        if let Some(reads) = self.text_reads(command, simple, depth) {
            return reads;
        }
        let reading = match self.ran(command.span) {
            Some(ran) => ran.reading.clone().unwrap_or(Reading::Whole),
            None if self.walked(command.span) => Reading::Whole,
            None => self.tables.reading(&plain_words(&simple.words)),
        };
        match reading {
            Reading::Early(how) => Reads::Early(how),
            Reading::Whole => Reads::Whole,
        }
    }

    /// How the text reads that a shell on this machine is given (`bash -c 'head -n 1'`).
    fn text_reads(&self, command: &'s Command, simple: &'s Simple, depth: u32) -> Option<Reads> {
        let words = || simple.words.iter().filter_map(Word::plain);
        let base = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
        let is_text = |word: String| word.starts_with('-') && !word.starts_with("--") && word.contains('c');
        let elsewhere =
            |word: String| self.tables.wrappers(&base(&word)).iter().any(|wrapper| wrapper.remote);
        let shell = words().any(|word| is_shell(&base(&word)));
        if depth >= DEEPEST || !shell || !words().any(is_text) || words().any(elsewhere) {
            return None;
        }
        let texts = self.texts.get(&Place { file: self.file.get(), span: command.span })?;
        texts.iter().fold(None, |so_far, (file, script)| {
            let outer = self.file.replace(*file);
            let reads = self.sequence_reads(&script.body, depth + 1);
            self.file.set(outer);
            if matches!(so_far, Some(Reads::Early(_))) { so_far } else { Some(reads) }
        })
    }

    /// A loop reads to the end where only a `read` that finds nothing more ends it.
    fn loop_reads(&self, condition: Option<&'s Sequence>, body: &'s Sequence, depth: u32) -> Reads {
        let by_condition =
            condition.map_or(Reads::Nothing, |condition| self.sequence_reads(condition, depth));
        let mut by_body = self.sequence_reads(body, depth);
        // Nobody knows whether most programs read at all: those that drain what the loop reads are known.
        if by_body == Reads::Whole && !self.drains(body, depth) {
            by_body = Reads::Nothing;
        }
        if by_condition == Reads::Whole || by_body == Reads::Whole {
            return Reads::Whole;
        }
        if by_condition == Reads::Nothing && by_body == Reads::Nothing {
            return Reads::Nothing;
        }
        if leaves_loop(body, 1) {
            return Reads::Early("the loop may `break` before the end".to_owned());
        }
        if condition.is_some_and(|condition| by_condition != Reads::Nothing && ends_otherwise(condition)) {
            return Reads::Early("the loop may end before its input does".to_owned());
        }
        Reads::Whole
    }
}

impl<'s> Pass<'s> {
    /// Whether something in the text takes all that the loop around it reads.
    fn drains(&self, body: &'s Sequence, depth: u32) -> bool {
        let mut readers = Readers::new(|command, simple| self.command_drains(command, simple, depth));
        readers.sequence(body);
        readers.found.is_some()
    }

    fn command_drains(&self, command: &'s Command, simple: &'s Simple, depth: u32) -> Option<()> {
        let name = command_name(simple);
        let drains = match name.as_deref() {
            Some(name) if let Some(body) = self.functions.get(name).and_then(|bodies| bodies.last()) => {
                depth >= DEEPEST || self.function_drains(body, depth + 1)
            }
            Some("mapfile" | "readarray") => !MapfileOptions::of(simple).elsewhere,
            Some("read") => ReadOptions::of(simple).whole,
            _ => self.swallows_stdin(command, simple).is_some(),
        };
        drains.then_some(())
    }

    fn function_drains(&self, body: &'s Command, depth: u32) -> bool {
        let key = std::ptr::from_ref(body);
        if let Some(known) = self.draining.borrow().get(&key) {
            return *known;
        }
        self.draining.borrow_mut().insert(key, false);
        let file = self.file.replace(self.file_of(body));
        let mut readers = Readers::new(|command, simple| self.command_drains(command, simple, depth));
        readers.command(body);
        let drains = readers.found.is_some();
        self.file.set(file);
        self.draining.borrow_mut().insert(key, drains);
        drains
    }
}

/// Whether a condition that reads can end the loop otherwise than by the end of the input: `read -r x && [[ $x ]]`.
fn ends_otherwise(condition: &Sequence) -> bool {
    let Some(last) = condition.statements.last() else { return false };
    condition.statements.len() > 1 || last.rest.iter().any(|(op, _)| *op == ListOp::And)
}

/// Whether a loop's body leaves it, otherwise than where a `read` finds nothing more. `depth` loops are around.
fn leaves_loop(body: &Sequence, depth: u64) -> bool {
    body.statements.iter().any(|statement| leaves_by(statement, depth))
}

fn leaves_by(statement: &Statement, depth: u64) -> bool {
    let mut after_read = false;
    let pipelines = std::iter::once((None, &statement.first))
        .chain(statement.rest.iter().map(|(op, pipeline)| (Some(*op), pipeline)));
    for (op, pipeline) in pipelines {
        let at_the_end = after_read && op == Some(ListOp::Or);
        if !at_the_end
            && pipeline.stages.len() == 1
            && pipeline.stages.iter().any(|stage| leaves(stage, depth))
        {
            return true;
        }
        after_read = pipeline.stages.iter().any(is_read);
    }
    false
}

fn is_read(command: &Command) -> bool {
    matches!(&command.kind, CommandKind::Simple(simple) if command_name(simple).is_some_and(|name| name == "read"))
}

fn leaves(command: &Command, depth: u64) -> bool {
    match &command.kind {
        CommandKind::Simple(simple) => {
            let argument = simple.words.get(1).map(|word| word.plain().unwrap_or_default());
            match command_name(simple).as_deref() {
                Some("break") => argument.map_or(1, |levels| levels.parse().unwrap_or(1)) >= depth,
                // Where it fails on purpose, no status lies.
                Some("exit" | "return") => argument.is_none_or(|code| code == "0"),
                _ => false,
            }
        }
        CommandKind::Group(body) => leaves_loop(body, depth),
        CommandKind::If(conditional) => {
            conditional
                .branches
                .iter()
                .any(|(condition, body)| !ends_by_read(condition) && leaves_loop(body, depth))
                || conditional.otherwise.as_ref().is_some_and(|body| leaves_loop(body, depth))
        }
        CommandKind::While(repeat) => leaves_loop(&repeat.body, depth + 1),
        CommandKind::For(each) | CommandKind::Select(each) => leaves_loop(&each.body, depth + 1),
        CommandKind::ArithmeticFor(each) => leaves_loop(&each.body, depth + 1),
        CommandKind::Case(case) => case.arms.iter().any(|arm| leaves_loop(&arm.body, depth)),
        _ => false,
    }
}

/// `if ! read -r x; then`
fn ends_by_read(condition: &Sequence) -> bool {
    matches!(condition.statements.as_slice(), [statement]
        if statement.first.negated && statement.first.stages.iter().any(is_read))
}
