//! What a script does with what its commands print: which variable takes it, what it is compared with, what reads it.
//!
//! One walk over the syntax, without regard to the order of things: a variable's every comparison counts for every
//! command whose output it may hold. That is too much, and enough for a guess.

mod awk;
mod conditions;
mod names;
mod readers;
mod shell;
mod words;

pub(super) use shell::SHELL;
pub use words::escaped;

use std::collections::{BTreeMap, BTreeSet};

use super::Hint;
use crate::bash::syntax::{
    Assignment, Command, CommandKind, Part, PartKind, Pipeline, Script, Sequence, Statement, Value, Word,
};
use crate::bash::visit::{
    Visitor, walk_assignment, walk_command, walk_part, walk_pipeline, walk_script, walk_statement,
};
use crate::commands::{Effect, Tables};
use crate::source::{SourceText, Span};

/// Where a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// The command with that number.
    Command(usize),
    /// Whatever a function prints.
    Function(String),
    /// A variable.
    Variable(String),
}

/// Something that is known of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fact {
    Captured,
    Fed,
    /// This text leads on; how surely.
    Good(u8, String),
    Bad(String),
    Shape(String),
    Wanted(String),
    Unwanted(String),
    Tested,
    /// Somebody looks whether it is empty.
    Looked,
    Filter(String),
    /// So many columns are read, and this is between them.
    Columns(usize, Option<char>),
    /// This column is taken.
    Column(usize),
    /// This column must hold that.
    Cell(usize, String),
    Loops,
    /// The first line is read over.
    Header,
    /// The shell reads it as commands.
    Evaluated,
}

/// How a body ends, as far as a guess must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Fails,
    Skips,
    Goes,
    Succeeds,
}

/// The walk.
pub(super) struct Flow<'s> {
    source: &'s SourceText,
    file: String,
    args: &'s [String],
    /// Every command that may be external, in the order of the text.
    pub hints: Vec<Hint>,
    by_span: BTreeMap<u32, usize>,
    functions: Vec<(String, Span)>,
    /// The commands whose status is that of the function: where each begins, and its name.
    last: BTreeMap<String, Vec<(u32, Option<String>)>>,
    /// Functions that end the script with a failure.
    failing: BTreeSet<String>,
    constants: BTreeMap<String, Option<String>>,
    /// Variable, where its text comes from, which column of it.
    variables: Vec<(String, Vec<Source>, Option<usize>)>,
    /// Variables that a command fills, whatever it is.
    filled: BTreeSet<String>,
    facts: Vec<(Source, Fact)>,
    /// Pipelines whose last stage must not find anything.
    unwanted: BTreeSet<u32>,
    /// The loops that the walk has come to.
    loops: Vec<Span>,
    sourced: BTreeSet<u32>,
    globs: BTreeSet<String>,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Found {
    /// The commands of the script, each with what becomes of its answer.
    pub hints: Vec<Hint>,
    /// Texts that lead on where an operator types them.
    pub typed: Vec<String>,
    /// Variables without which the script does not go on, with what it wants them to hold; empty where any text will do.
    pub demanded: BTreeMap<String, String>,
    /// The lines on which a file is read as part of the script.
    pub sourced: BTreeSet<u32>,
    /// Patterns of files that a loop goes through, by their whole paths.
    pub globs: BTreeSet<String>,
}

/// Walks a script. `file` is how the world names it.
pub fn hints(source: &SourceText, file: &str, script: &Script, args: &[String]) -> Found {
    let mut flow = Flow {
        source,
        file: file.to_owned(),
        args,
        hints: Vec::new(),
        by_span: BTreeMap::new(),
        functions: Vec::new(),
        last: BTreeMap::new(),
        failing: [
            "die",
            "fail",
            "fatal",
            "abort",
            "usage",
            "bail",
            "panic",
            "error_exit",
            "err_exit",
            "croak",
        ]
        .map(str::to_owned)
        .into(),
        constants: BTreeMap::new(),
        variables: Vec::new(),
        filled: BTreeSet::new(),
        facts: Vec::new(),
        unwanted: BTreeSet::new(),
        loops: Vec::new(),
        sourced: BTreeSet::new(),
        globs: BTreeSet::new(),
    };
    walk_script(&mut names::Names { flow: &mut flow }, script);
    walk_script(&mut flow, script);
    let typed = flow.typed();
    let demanded = flow.demanded();
    flow.merge();
    Found { hints: flow.hints, typed, demanded, sourced: flow.sourced, globs: flow.globs }
}

impl Flow<'_> {
    /// The program's name of a simple command.
    fn program(&self, command: &Command) -> Option<String> {
        let CommandKind::Simple(simple) = &command.kind else { return None };
        let name = self.constant(simple.words.first()?)?;
        Some(name.rsplit('/').next().unwrap_or(&name).to_owned())
    }

    fn arguments(&self, command: &Command) -> Vec<Option<String>> {
        let CommandKind::Simple(simple) = &command.kind else { return Vec::new() };
        simple.words.iter().skip(1).map(|word| self.constant(word)).collect()
    }

    fn fact(&mut self, sources: &[Source], fact: &Fact) {
        for source in sources {
            self.facts.push((source.clone(), fact.clone()));
        }
    }

    /// Where the output of a command comes from.
    fn sources_of_command(&self, command: &Command) -> Vec<Source> {
        match &command.kind {
            CommandKind::Simple(simple) => {
                let program = self.program(command).unwrap_or_default();
                if self.functions.iter().any(|(name, _)| *name == program) {
                    return vec![Source::Function(program)];
                }
                if program == "cat"
                    && let [_, file] = simple.words.as_slice()
                {
                    return vec![Source::Variable(self.file_name(file))];
                }
                if matches!(program.as_str(), "echo" | "printf") {
                    return simple.words.iter().skip(1).flat_map(|word| self.sources(word)).collect();
                }
                self.by_span.get(&command.span.start).map(|hint| Source::Command(*hint)).into_iter().collect()
            }
            CommandKind::Group(body) | CommandKind::Subshell(body) => self.sources_of_body(body),
            CommandKind::If(branch) => {
                branch.branches.iter().flat_map(|(_, body)| self.sources_of_body(body)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What a body prints; of several commands, those that print nothing are not asked for it.
    fn sources_of_body(&self, body: &Sequence) -> Vec<Source> {
        let pipelines: Vec<&Pipeline> = body.statements.iter().flat_map(Statement::pipelines).collect();
        let of = |pipelines: &[&Pipeline]| -> Vec<Source> {
            pipelines.iter().flat_map(|pipeline| self.sources_of_pipeline(pipeline)).collect()
        };
        let speaking: Vec<&Pipeline> =
            pipelines.iter().copied().filter(|pipeline| !self.is_silent(pipeline)).collect();
        let told = of(&speaking);
        if told.is_empty() { of(&pipelines) } else { told }
    }

    /// Whether a pipeline prints nothing where it ends well: its last command is told so, or changes something.
    fn is_silent(&self, pipeline: &Pipeline) -> bool {
        let Some(last) = pipeline.stages.last() else { return true };
        let Some(program) = self.program(last) else { return false };
        let arguments = self.arguments(last).into_iter().map(Option::unwrap_or_default);
        let words: Vec<String> = std::iter::once(program).chain(arguments).collect();
        let is_quiet = |word: &String| ["-q", "--quiet", "--silent"].contains(&word.as_str());
        words.iter().any(is_quiet) || Tables::builtin().effect(&words) == Effect::Mutate
    }

    /// What a pipeline prints is what its last stage makes of the stage before it, as long as that is a text tool.
    fn sources_of_pipeline(&self, pipeline: &Pipeline) -> Vec<Source> {
        for stage in pipeline.stages.iter().rev() {
            let program = self.program(stage).unwrap_or_default();
            let arguments = self.arguments(stage);
            let counts = matches!(program.as_str(), "wc" | "md5sum" | "sha256sum" | "base64")
                || program == "grep"
                    && arguments.iter().flatten().any(|word| {
                        word == "--count"
                            || word.starts_with('-') && !word.starts_with("--") && word.contains('c')
                    });
            if counts {
                return Vec::new();
            }
            let text = Tables::builtin().real_tools().contains(&program) || program == "jq";
            if !(text && pipeline.stages.len() > 1) {
                return self.sources_of_command(stage);
            }
        }
        Vec::new()
    }

    /// Texts that lead on where they stand in a variable that no command fills, surest first.
    fn typed(&self) -> Vec<String> {
        let mut texts: Vec<(u8, String)> = Vec::new();
        for (source, fact) in &self.facts {
            let filled = matches!(source, Source::Variable(name) if self.filled.contains(name));
            if filled || !self.commands_of(source, &mut BTreeSet::new()).is_empty() {
                continue;
            }
            match fact {
                Fact::Good(surely, text) if !text.is_empty() => texts.push((*surely, text.clone())),
                Fact::Shape(shape) => texts.extend(super::values::sample(shape).map(|text| (1, text))),
                _ => {}
            }
        }
        texts.sort_by_key(|(surely, _)| std::cmp::Reverse(*surely));
        texts.into_iter().map(|(_, text)| text).collect()
    }

    /// Variables that the script fails without.
    fn demanded(&self) -> BTreeMap<String, String> {
        let mut demanded = BTreeMap::new();
        for (source, fact) in &self.facts {
            let Source::Variable(name) = source else { continue };
            match fact {
                Fact::Bad(text) if text.is_empty() => {
                    demanded.entry(name.clone()).or_insert_with(String::new);
                }
                Fact::Good(2.., text) if !text.is_empty() => {
                    demanded.insert(name.clone(), text.clone());
                }
                Fact::Shape(shape) => {
                    if let Some(sample) = super::values::sample(shape) {
                        demanded.insert(name.clone(), sample);
                    }
                }
                _ => {}
            }
        }
        demanded
    }

    /// Takes over what is known of the variables and the functions.
    fn merge(&mut self) {
        let facts = std::mem::take(&mut self.facts);
        let mut strong: BTreeMap<usize, Vec<(u8, String)>> = BTreeMap::new();
        for (source, fact) in facts {
            let mut seen = BTreeSet::new();
            for (hint, column) in self.commands_of(&source, &mut seen) {
                let fact = match (&fact, column) {
                    // Who looks for that reads what a failure says: no answer of a call that went well holds it.
                    (Fact::Good(_, text) | Fact::Wanted(text), _) if tells_of_failure(text) => {
                        Fact::Unwanted(text.clone())
                    }
                    (Fact::Good(_, text), Some(column)) => Fact::Cell(column, text.clone()),
                    (Fact::Bad(_) | Fact::Shape(_) | Fact::Wanted(_), Some(_)) => continue,
                    _ => fact.clone(),
                };
                let reader = &mut self.hints[hint].reader;
                match fact {
                    Fact::Captured => reader.captured = true,
                    Fact::Fed => reader.fed = true,
                    Fact::Good(surely, text) => strong.entry(hint).or_default().push((surely, text)),
                    Fact::Bad(text) => add(&mut reader.bad, text),
                    Fact::Shape(text) => add(&mut reader.shapes, text),
                    Fact::Wanted(text) => add(&mut reader.wanted, text),
                    Fact::Unwanted(text) => add(&mut reader.unwanted, text),
                    Fact::Tested => reader.tested = true,
                    Fact::Looked => reader.looked = true,
                    Fact::Filter(text) => add(&mut reader.filters, text),
                    Fact::Columns(count, separator) => {
                        reader.columns = reader.columns.max(count);
                        reader.separator = reader.separator.or(separator);
                    }
                    Fact::Column(column) => reader.column = reader.column.or(Some(column)),
                    Fact::Cell(column, text) => {
                        if !reader.cells.iter().any(|(known, _)| *known == column) {
                            reader.cells.push((column, text));
                        }
                    }
                    Fact::Loops => reader.loops = true,
                    Fact::Header => reader.header = true,
                    Fact::Evaluated => reader.evaluated = true,
                }
            }
        }
        for (hint, mut texts) in strong {
            texts.sort_by_key(|(surely, _)| std::cmp::Reverse(*surely));
            let reader = &mut self.hints[hint].reader;
            for (surely, text) in texts {
                // What is only spoken of somewhere does not lead on where it is known not to.
                if surely > 1 || !reader.bad.contains(&text) {
                    add(&mut reader.good, text);
                }
            }
            reader.bad.retain(|bad| !reader.good.contains(bad));
        }
        let named: Vec<(String, Vec<Source>)> = self
            .variables
            .iter()
            .filter(|(name, _, column)| column.is_none() && !name.starts_with(readers::FILE))
            .map(|(name, sources, _)| (name.clone(), sources.clone()))
            .collect();
        for (name, sources) in named {
            for source in &sources {
                for (hint, _) in self.commands_of(source, &mut BTreeSet::new()) {
                    let reader = &mut self.hints[hint].reader;
                    reader.captured = true;
                    if reader.variable.is_none() {
                        reader.variable = Some(name.clone());
                    }
                }
            }
        }
    }

    /// The commands that a text may come from, and the column of their output.
    fn commands_of(&self, source: &Source, seen: &mut BTreeSet<String>) -> Vec<(usize, Option<usize>)> {
        match source {
            Source::Command(hint) => vec![(*hint, None)],
            Source::Function(name) => {
                if !seen.insert(format!("{name}()")) {
                    return Vec::new();
                }
                let bodies = self.functions.iter().filter(|(own, _)| own == name);
                bodies
                    .flat_map(|(_, body)| {
                        self.by_span.range(body.start..body.end).map(|(_, hint)| (*hint, None))
                    })
                    .collect()
            }
            Source::Variable(name) => {
                if !seen.insert(name.clone()) {
                    return Vec::new();
                }
                let mut found = Vec::new();
                for (_, sources, column) in self.variables.iter().filter(|(own, _, _)| own == name) {
                    for source in sources {
                        for (hint, inner) in self.commands_of(source, seen) {
                            found.push((hint, column.or(inner)));
                        }
                    }
                }
                found
            }
        }
    }
}

/// Whether a text is what tools say when something is not there or does not work.
fn tells_of_failure(text: &str) -> bool {
    const WORDS: [&str; 7] =
        ["could not", "cannot", "unable to", "denied", "refused", "failed", "unauthorized"];
    let text = spoken(text);
    tells_of_absence(&text) || WORDS.iter().any(|word| text.contains(word)) || text.starts_with("no ")
}

/// Whether a text is what tools say when something is not there.
pub(super) fn tells_of_absence(text: &str) -> bool {
    const WORDS: [&str; 7] =
        ["not found", "notfound", "no such", "does not exist", "doesn't exist", "not exist", "no user"];
    let text = spoken(text);
    WORDS.iter().any(|word| text.contains(word))
}

/// An expression as it is said: small letters, blanks for what may be anything.
fn spoken(text: &str) -> String {
    text.to_ascii_lowercase().replace(".*", " ").replace('.', " ")
}

fn runs_something(parts: &[Part]) -> bool {
    parts.iter().any(|part| match &part.kind {
        PartKind::DoubleQuoted(inner) => runs_something(inner),
        kind => matches!(kind, PartKind::Command(_)),
    })
}

fn add(list: &mut Vec<String>, text: String) {
    if !list.contains(&text) {
        list.push(text);
    }
}

impl<'s> Visitor<'s> for Flow<'s> {
    fn statement(&mut self, statement: &'s Statement) {
        self.list(statement);
        walk_statement(self, statement);
    }

    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        self.stages(pipeline);
        walk_pipeline(self, pipeline);
    }

    fn command(&mut self, command: &'s Command) {
        self.compound(command);
        self.redirected(command);
        walk_command(self, command);
    }

    fn part(&mut self, part: &'s Part) {
        if let PartKind::Process(process) = &part.kind
            && !process.input
        {
            self.fed_by_the_script(&process.body);
        }
        walk_part(self, part);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        let words: Vec<&Word> = match &assignment.value {
            Value::Scalar(word) => vec![word],
            Value::Array(elements) => elements.iter().map(|element| &element.value).collect(),
        };
        let sources: Vec<Source> = words.iter().flat_map(|word| self.sources(word)).collect();
        if words.iter().any(|word| runs_something(&word.parts)) {
            self.filled.insert(assignment.target.name.clone());
        }
        if !sources.is_empty() {
            let ran: Vec<Source> =
                sources.iter().filter(|source| !matches!(source, Source::Variable(_))).cloned().collect();
            self.fact(&ran, &Fact::Captured);
            self.variables.push((assignment.target.name.clone(), sources, None));
        }
        walk_assignment(self, assignment);
    }
}
