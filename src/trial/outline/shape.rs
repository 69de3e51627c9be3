//! One script's shape, by lines.

use std::collections::BTreeSet;

use super::early::closes_early;
use super::in_world;
use crate::bash::syntax::{
    Command, CommandKind, Part, PartKind, Pipeline, Script, Sequence, Simple, Statement, Target, Word,
};
use crate::bash::visit::{Visitor, walk_command, walk_part, walk_pipeline, walk_script, walk_statement};
use crate::commands::Tables;
use crate::facts::{Payload, payload};
use crate::source::{SourceText, Span};

/// A range of lines, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lines {
    first: u32,
    last: u32,
}

impl Lines {
    fn of(source: &SourceText, span: Span) -> Self {
        let (first, last) = source.lines(span);
        Self { first, last }
    }

    /// Whether the last of them comes no later than the line.
    pub fn end_by(self, line: u32) -> bool {
        self.last <= line
    }

    /// Whether the line is one of them.
    pub fn hold(self, line: u32) -> bool {
        (self.first..=self.last).contains(&line)
    }
}

/// A stage of a pipeline with a later stage that may close early.
#[derive(Debug, Clone)]
pub(super) struct Feeder {
    pub lines: Lines,
    /// What it calls.
    pub names: BTreeSet<String>,
}

/// A stage of a pipeline.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    pub lines: Lines,
    /// What it calls.
    pub names: BTreeSet<String>,
}

/// What a process of its own does.
#[derive(Debug, Clone)]
pub(super) struct Child {
    pub lines: Lines,
    /// The program that runs it, where one does: `ssh`, `xargs`, `sudo`.
    pub carrier: Option<String>,
    /// What it calls.
    pub names: BTreeSet<String>,
    /// Whether nobody waits for it: `>(...)`, `... &`.
    pub unwaited: bool,
    /// Whether it reads what others print: `>(...)`.
    pub reads_output: bool,
    /// The signals that do not reach it, where they are for all that the script runs.
    pub out_of_reach: Vec<&'static str>,
}

/// A function.
#[derive(Debug, Clone)]
pub(super) struct FunctionShape {
    pub name: String,
    pub lines: Lines,
    /// What its body calls.
    pub names: BTreeSet<String>,
}

/// A statement of a block.
#[derive(Debug, Clone)]
pub(super) struct StatementShape {
    pub lines: Lines,
    pub background: bool,
    /// Whether `wait` is called in it.
    pub waits: bool,
    /// What it calls.
    pub names: BTreeSet<String>,
}

/// A sequence of statements.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub statements: Vec<StatementShape>,
    /// The block and statement that it stands in.
    pub parent: Option<(usize, usize)>,
    pub is_loop: bool,
}

/// So many texts may stand in each other.
const NESTED: usize = 3;

/// One script's shape.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// Where it stands in the world.
    pub file: String,
    pub feeders: Vec<Feeder>,
    /// The pipelines of several stages.
    pub pipelines: Vec<Vec<Stage>>,
    /// What a process of its own does: it goes on when the script alone is told to stop.
    pub children: Vec<Child>,
    pub functions: Vec<FunctionShape>,
    pub blocks: Vec<Block>,
    /// Whether calls may run beside each other.
    pub parallel: bool,
    /// What runs when the script ends or fails.
    pub traps: Vec<Trap>,
    /// What is called anywhere but in a trap.
    pub called: BTreeSet<String>,
}

/// A trap that runs at the end, or when something fails.
#[derive(Debug, Clone)]
pub(super) struct Trap {
    /// What its text calls.
    pub names: BTreeSet<String>,
    /// The commands of its text, as argv patterns.
    pub commands: Vec<Vec<String>>,
}

impl Trap {
    /// Reads `trap TEXT CONDITION...`.
    fn of(simple: &Simple) -> Option<Self> {
        let words: Vec<Option<String>> = simple.words.iter().map(Word::plain).collect();
        let operands: Vec<&Option<String>> =
            words.iter().skip(1).skip_while(|word| word.as_deref() == Some("--")).collect();
        let (text, conditions) = operands.split_first()?;
        let ends = |condition: &str| {
            let name = condition.to_ascii_uppercase();
            ["EXIT", "0", "ERR", "INT", "TERM", "HUP"].contains(&name.trim_start_matches("SIG"))
        };
        if words.first()?.as_deref() != Some("trap")
            || !conditions.iter().any(|word| word.as_deref().is_some_and(ends))
        {
            return None;
        }
        let text = if let Some(text) = text {
            text.clone()
        } else {
            // `trap "rm -rf '$folder'" EXIT`: what is expanded when the trap is set may be any text.
            let is_text = |word: &&Word| word.plain().as_deref() != Some("--");
            open_text(&simple.words.iter().skip(1).find(is_text)?.parts)
        };
        let script = crate::bash::parse(&text).script;
        let mut commands = Commands::default();
        walk_script(&mut commands, &script);
        Some(Self { names: names_in(|names| walk_script(names, &script)), commands: commands.0 })
    }
}

/// The text of a word, with a variable in the place of what is not known.
pub(in crate::trial) fn open_text(parts: &[Part]) -> String {
    fn add(parts: &[Part], text: &mut String) {
        for part in parts {
            match &part.kind {
                PartKind::Literal(plain) | PartKind::Quoted(plain) => text.push_str(plain),
                PartKind::DoubleQuoted(inner) => add(inner, text),
                _ => text.push_str("$x"),
            }
        }
    }
    let mut text = String::new();
    add(parts, &mut text);
    text
}

/// The simple commands of a text, as argv patterns.
#[derive(Default)]
struct Commands(Vec<Vec<String>>);

impl<'s> Visitor<'s> for Commands {
    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Simple(simple) = &command.kind
            && simple.words.first().is_some_and(|word| word.plain().is_some())
        {
            self.0.push(
                simple.words.iter().map(|word| word.plain().unwrap_or_else(|| "**".to_owned())).collect(),
            );
        }
        walk_command(self, command);
    }
}

impl Shape {
    pub fn of(source: &SourceText, script: &Script) -> Self {
        let mut shape = Self {
            file: in_world(source),
            feeders: Vec::new(),
            pipelines: Vec::new(),
            children: Vec::new(),
            functions: Vec::new(),
            blocks: Vec::new(),
            parallel: false,
            traps: Vec::new(),
            called: BTreeSet::new(),
        };
        let mut survey = Survey { source, shape: &mut shape, lines: Vec::new() };
        walk_script(&mut survey, script);
        for words in survey.lines {
            let Some((first, rest)) = words.split_first() else { continue };
            // `retry f x`: what a function is given it may call.
            if shape.functions.iter().any(|function| function.name == *first) {
                shape.called.extend(rest.iter().cloned());
            }
            shape.called.insert(first.clone());
        }
        shape.block(source, &script.body, None, false);
        shape
    }

    fn block(&mut self, source: &SourceText, body: &Sequence, parent: Option<(usize, usize)>, is_loop: bool) {
        let number = self.blocks.len();
        let statements = body.statements.iter().map(|statement| {
            let names = names_in(|names| names.statement(statement));
            StatementShape {
                lines: Lines::of(source, statement.span),
                background: statement.background,
                waits: names.contains("wait"),
                names,
            }
        });
        self.blocks.push(Block { statements: statements.collect(), parent, is_loop });
        for (index, statement) in body.statements.iter().enumerate() {
            for command in statement.pipelines().flat_map(|pipeline| &pipeline.stages) {
                self.inside(source, command, (number, index));
            }
        }
    }

    fn inside(&mut self, source: &SourceText, command: &Command, at: (usize, usize)) {
        match &command.kind {
            CommandKind::Group(body) | CommandKind::Subshell(body) => {
                self.block(source, body, Some(at), false);
            }
            CommandKind::If(branch) => {
                for (condition, body) in &branch.branches {
                    self.block(source, condition, Some(at), false);
                    self.block(source, body, Some(at), false);
                }
                if let Some(body) = &branch.otherwise {
                    self.block(source, body, Some(at), false);
                }
            }
            CommandKind::While(whilst) => {
                self.block(source, &whilst.condition, Some(at), true);
                self.block(source, &whilst.body, Some(at), true);
            }
            CommandKind::For(each) | CommandKind::Select(each) => {
                self.block(source, &each.body, Some(at), true);
            }
            CommandKind::ArithmeticFor(count) => self.block(source, &count.body, Some(at), true),
            CommandKind::Case(case) => {
                for arm in &case.arms {
                    self.block(source, &arm.body, Some(at), false);
                }
            }
            // A function's callers are not its parents: what it leaves running is looked for in it alone.
            CommandKind::Function(function) => match &function.body.kind {
                CommandKind::Group(body) | CommandKind::Subshell(body) => {
                    self.block(source, body, None, false);
                }
                _ => self.inside(source, &function.body, at),
            },
            CommandKind::Simple(_)
            | CommandKind::Declare(_)
            | CommandKind::Test(_)
            | CommandKind::Arithmetic(_)
            | CommandKind::Coproc(_) => {}
        }
    }
}

/// Walks a script for pipelines, functions and what runs beside it.
struct Survey<'a> {
    source: &'a SourceText,
    shape: &'a mut Shape,
    /// The words of the simple commands that are no traps.
    lines: Vec<Vec<String>>,
}

impl Survey<'_> {
    fn child(&mut self, span: Span, names: BTreeSet<String>, unwaited: bool) {
        let lines = Lines::of(self.source, span);
        let (reads_output, out_of_reach) = (false, Vec::new());
        self.shape.children.push(Child { lines, carrier: None, names, unwaited, reads_output, out_of_reach });
    }

    /// A command that runs another one: what that calls.
    fn carried(&mut self, simple: &Simple, command: &Command) {
        let words: Vec<String> = simple.words.iter().map(|word| open_text(&word.parts)).collect();
        let Some((carrier, rest)) = words.split_first() else { return };
        let carrier = carrier.rsplit('/').next().unwrap_or(carrier);
        if Tables::builtin().wrappers(carrier).is_empty() {
            return;
        }
        let mut lines = Lines::of(self.source, command.span);
        let mut texts: Vec<String> = rest.to_vec();
        for redirect in &command.redirects {
            if let Target::HereDocument(document) = &redirect.target {
                lines.last = lines.last.max(Lines::of(self.source, document.body_span()).last);
                texts.push(open_text(document.body()));
            }
        }
        // A word may be a name or a text that names, and so may its words: `sh`, `-c`, `a; b "$1"`.
        let mut names: BTreeSet<String> = rest.iter().cloned().collect();
        for _ in 0..NESTED {
            let inner = texts.iter().map(|text| crate::bash::parse(text).script);
            let found: BTreeSet<String> =
                inner.flat_map(|script| names_in(|names| walk_script(names, &script))).collect();
            texts = found.iter().filter(|name| name.contains(char::is_whitespace)).cloned().collect();
            names.extend(found);
        }
        names.remove(carrier);
        let carrier = Some(carrier.to_owned());
        let tables = Tables::builtin();
        let out_of_reach = (0..words.len()).flat_map(|at| tables.out_of_reach(&words[at..])).collect();
        let (unwaited, reads_output) = (false, false);
        self.shape.children.push(Child { lines, carrier, names, unwaited, reads_output, out_of_reach });
    }

    /// What a command hands to a shell elsewhere has pipelines of its own, all on the carrier's lines.
    fn payload(&mut self, simple: &Simple, span: Span) {
        struct Pipelines(Vec<Vec<BTreeSet<String>>>);
        impl<'s> Visitor<'s> for Pipelines {
            fn pipeline(&mut self, pipeline: &'s Pipeline) {
                if pipeline.stages.len() > 1 {
                    let stages = pipeline.stages.iter();
                    self.0.push(stages.map(|stage| names_in(|names| names.command(stage))).collect());
                }
                walk_pipeline(self, pipeline);
            }
        }
        let words: Vec<String> = simple.words.iter().map(|word| open_text(&word.parts)).collect();
        match payload(&words) {
            Some(Payload::Text { text, .. }) if text.contains(['|', '&']) => {
                let mut found = Pipelines(Vec::new());
                walk_script(&mut found, &crate::bash::parse(&text).script);
                self.shape.parallel = true;
                let lines = Lines::of(self.source, span);
                let stages =
                    |stages: Vec<_>| stages.into_iter().map(|names| Stage { lines, names }).collect();
                self.shape.pipelines.extend(found.0.into_iter().map(stages));
            }
            // What stands on stdin is not looked at.
            Some(Payload::Stdin { .. }) => self.shape.parallel = true,
            _ => {}
        }
    }
}

impl<'s> Visitor<'s> for Survey<'_> {
    fn statement(&mut self, statement: &'s Statement) {
        self.shape.parallel |= statement.background;
        if statement.background {
            self.child(statement.span, names_in(|names| names.statement(statement)), true);
        }
        walk_statement(self, statement);
    }

    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        let several = pipeline.stages.iter().filter(|stage| may_be_recorded(stage)).count() > 1;
        self.shape.parallel |= several;
        for (index, stage) in pipeline.stages.iter().enumerate() {
            if pipeline.stages[index + 1..].iter().any(closes_early) {
                let names = names_in(|names| names.command(stage));
                self.shape.feeders.push(Feeder { lines: Lines::of(self.source, stage.span), names });
            }
        }
        if pipeline.stages.len() > 1 {
            self.child(pipeline.span, names_in(|names| names.pipeline(pipeline)), false);
            let stage = |stage: &Command| Stage {
                lines: Lines::of(self.source, stage.span),
                names: names_in(|names| names.command(stage)),
            };
            self.shape.pipelines.push(pipeline.stages.iter().map(stage).collect());
        }
        walk_pipeline(self, pipeline);
    }

    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Function(function) => self.shape.functions.push(FunctionShape {
                name: function.name.clone(),
                lines: Lines::of(self.source, function.body.span),
                names: names_in(|names| names.command(&function.body)),
            }),
            CommandKind::Coproc(_) => self.shape.parallel = true,
            CommandKind::Subshell(_) => {
                self.child(command.span, names_in(|names| names.command(command)), false);
            }
            CommandKind::Simple(simple) => {
                if let Some(trap) = Trap::of(simple) {
                    self.shape.traps.push(trap);
                } else {
                    self.payload(simple, command.span);
                    self.carried(simple, command);
                    self.lines.push(simple.words.iter().filter_map(Word::plain).collect());
                }
            }
            _ => {}
        }
        walk_command(self, command);
    }

    fn part(&mut self, part: &'s Part) {
        self.shape.parallel |= matches!(part.kind, PartKind::Process(_));
        let body = match &part.kind {
            PartKind::Process(substitution) => Some((&substitution.body, !substitution.input)),
            PartKind::Command(substitution) => Some((&substitution.body, false)),
            _ => None,
        };
        if let Some((body, unwaited)) = body {
            self.child(part.span, names_in(|names| names.sequence(body)), unwaited);
            self.shape.children.last_mut().expect("it was just added").reads_output = unwaited;
        }
        walk_part(self, part);
    }
}

/// Whether a stage may make a call that is recorded: it is no text tool and no plain builtin.
fn may_be_recorded(stage: &Command) -> bool {
    let builtin = ["printf", "echo", "read", "true", "false", ":", "test", "[", "set", "cd"];
    let real = Tables::builtin().real_tools();
    names_in(|names| names.command(stage))
        .iter()
        .any(|name| !builtin.contains(&name.as_str()) && !real.iter().any(|tool| tool == name))
}

/// Collects the names of the commands that are called.
#[derive(Default)]
struct Names {
    found: BTreeSet<String>,
}

impl<'s> Visitor<'s> for Names {
    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Simple(simple) = &command.kind {
            // Wrappers call a later word: `timeout 5 f`, `if ! retry f x`.
            self.found.extend(simple.words.iter().filter_map(Word::plain));
        }
        walk_command(self, command);
    }
}

fn names_in(walk: impl FnOnce(&mut Names)) -> BTreeSet<String> {
    let mut names = Names::default();
    walk(&mut names);
    names.found
}
