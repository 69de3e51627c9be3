//! Names and shapes: which functions there are, what a command is called, whether a statement reads `$?`.

use std::collections::hash_map::Entry;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::syntax::{
    Command, CommandKind, Fd, Parameter, Part, PartKind, Pipeline, Redirect, RedirectOp, Script, Sequence,
    Simple, Statement, Target, Value, Word,
};
use crate::bash::visit::{Visitor, walk_command, walk_parameter, walk_part, walk_script};
use crate::source::Span;

use super::UseKind;
use super::objects::as_written;
use super::sourced::Key;

/// Every function of a script, by name.
#[derive(Default)]
pub(super) struct Functions<'s> {
    pub bodies: Bodies<'s>,
    /// Whether something sets `inherit_errexit`, alone or with the POSIX mode.
    pub inherits: bool,
    /// Whether something lets functions inherit the `ERR` trap.
    pub errtrace: bool,
    /// The texts of traps.
    pub trapped: Vec<String>,
}

impl<'s> Functions<'s> {
    pub fn gather(&mut self, script: &'s Script) {
        walk_script(self, script);
    }

    /// Adds functions of sourced files that the script does not define itself; which they are.
    pub fn add(&mut self, sourced: Bodies<'s>) -> FxHashSet<Key> {
        let mut added = FxHashSet::default();
        for (name, bodies) in sourced {
            if let Entry::Vacant(free) = self.bodies.entry(name) {
                added.extend(bodies.iter().map(|body| std::ptr::from_ref::<Command>(body)));
                free.insert(bodies);
            }
        }
        added
    }
}

impl<'s> Visitor<'s> for Functions<'s> {
    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Function(function) = &command.kind {
            self.bodies.entry(function.name.as_str()).or_default().push(&function.body);
        }
        if let CommandKind::Simple(simple) = &command.kind
            && command_name(simple).is_some_and(|name| matches!(name.as_str(), "shopt" | "set"))
        {
            let words = || simple.words.iter().filter_map(Word::plain);
            self.inherits |= words().any(|word| ["inherit_errexit", "posix"].contains(&word.as_str()))
                && words().any(|word| word.starts_with('-') && word.contains(['s', 'o']));
            self.errtrace |= words().any(|word| {
                word == "errtrace" || word.starts_with('-') && !word.starts_with("--") && word.contains('E')
            });
        }
        if let CommandKind::Simple(simple) = &command.kind
            && command_name(simple).is_some_and(|name| name == "trap")
        {
            self.trapped.extend(simple.words.get(1).map(as_written));
        }
        walk_command(self, command);
    }
}

/// The first word, where it is plain text.
pub(super) fn command_name(simple: &Simple) -> Option<String> {
    simple.words.first().and_then(Word::plain)
}

/// Functions, by name.
pub(super) type Bodies<'s> = FxHashMap<&'s str, Vec<&'s Command>>;

/// Whether a pipeline succeeds and does nothing more: `true`, `:`, in braces or in a function perhaps, `(exit 0)`.
pub(super) fn is_true(pipeline: &Pipeline, functions: &Bodies<'_>) -> bool {
    let [command] = pipeline.stages.as_slice() else { return false };
    !pipeline.negated && succeeds(command, functions, DEEPEST_TRUE)
}

/// Functions in functions that a `true` is looked for in.
const DEEPEST_TRUE: u32 = 4;

fn succeeds(command: &Command, functions: &Bodies<'_>, depth: u32) -> bool {
    let only = |body: &Sequence, does: &dyn Fn(&Command) -> bool| match body.statements.as_slice() {
        [Statement { rest, first: Pipeline { negated: false, stages, .. }, .. }] => {
            rest.is_empty() && matches!(stages.as_slice(), [inner] if does(inner))
        }
        _ => false,
    };
    let alone = |body| only(body, &|inner| succeeds(inner, functions, depth));
    match &command.kind {
        CommandKind::Simple(simple) => {
            let words: Vec<String> = simple.words.iter().map_while(Word::plain).collect();
            let prefixes =
                words.iter().take_while(|word| matches!(word.as_str(), "command" | "builtin")).count();
            let Some(name) = words.get(prefixes).map(String::as_str) else { return false };
            if prefixes == 0
                && let Some(bodies) = functions.get(name)
            {
                return depth > 0 && bodies.iter().all(|body| succeeds(body, functions, depth - 1));
            }
            matches!(name, "true" | ":" | "/bin/true" | "/usr/bin/true")
        }
        CommandKind::Group(body) => alone(body),
        CommandKind::Subshell(body) => alone(body) || only(body, &|inner| is_plainly(inner, &["exit", "0"])),
        _ => false,
    }
}

/// Whether a command is these words.
fn is_plainly(command: &Command, words: &[&str]) -> bool {
    let CommandKind::Simple(simple) = &command.kind else { return false };
    let written: Vec<String> = simple.words.iter().filter_map(Word::plain).collect();
    written.len() == simple.words.len() && written == words
}

/// Who reads the status of the command before.
pub(super) enum StatusReader {
    /// A command that names `$?`.
    Command,
    /// A command that names `PIPESTATUS`.
    Each,
    /// `return`, `return $?`: the function's caller.
    Return,
}

/// Whether a statement reads the status of what ran before it.
fn status_reader(next: &Statement) -> Option<StatusReader> {
    let command = next.first.stages.first()?;
    if let CommandKind::Simple(simple) = &command.kind
        && let Some(name) = command_name(simple)
        && name == "return"
    {
        let passes = simple.words.get(1).is_none_or(|word| mentions(&[Looked::Word(word)], &["?"]));
        return passes.then_some(StatusReader::Return);
    }
    if reads_first(command, &["?"]) {
        return Some(StatusReader::Command);
    }
    reads_first(command, &["PIPESTATUS"]).then_some(StatusReader::Each)
}

impl<'s> super::Pass<'s> {
    /// Whether a statement reads the status of what ran before it, by itself or in the function that it calls first.
    pub(super) fn status_reader(&self, next: &'s Statement) -> Option<StatusReader> {
        let by_itself = status_reader(next);
        if by_itself.is_some() {
            return by_itself;
        }
        let CommandKind::Simple(simple) = &next.first.stages.first()?.kind else { return None };
        let bodies = self.functions.get(command_name(simple)?.as_str())?;
        let reads = bodies.iter().any(|body| reads_first(body, &["?"]));
        reads.then_some(StatusReader::Command)
    }
}

/// The variable in which `name=$?` keeps a status, where the statement does nothing else.
fn kept_in(statement: &Statement) -> Option<&str> {
    let ([], [command]) = (statement.rest.as_slice(), statement.first.stages.as_slice()) else { return None };
    let CommandKind::Simple(Simple { words, assignments, .. }) = &command.kind else { return None };
    let ([], [assignment], Value::Scalar(word)) =
        (words.as_slice(), assignments.as_slice(), &assignments.first()?.value)
    else {
        return None;
    };
    mentions(&[Looked::Word(word)], &["?"]).then_some(assignment.target.name.as_str())
}

/// Whether a statement gives a variable another value and does nothing else.
pub(super) fn assigns(statement: &Statement, name: &str) -> bool {
    let ([], [command]) = (statement.rest.as_slice(), statement.first.stages.as_slice()) else {
        return false;
    };
    let CommandKind::Simple(Simple { words, assignments, .. }) = &command.kind else { return false };
    words.is_empty()
        && assignments.iter().any(|assignment| assignment.target.name == name && !assignment.append)
}

impl super::Pass<'_> {
    /// Who looks at the status that the first of these statements reads; nobody where it is overwritten before anybody can.
    pub(super) fn fate(&self, statements: &[Statement]) -> Option<UseKind> {
        let Some((Some(name), rest)) = statements.split_first().map(|(first, rest)| (kept_in(first), rest))
        else {
            return Some(UseKind::Read);
        };
        let mut shown = false;
        for statement in rest {
            let commands: Vec<&Command> =
                statement.pipelines().flat_map(|pipeline| &pipeline.stages).collect();
            let looks = |command: &&Command| match &command.kind {
                CommandKind::Simple(simple) if !simple.words.is_empty() => {
                    let called = command_name(simple);
                    let runs_others = called.is_none_or(|called| {
                        self.functions.contains_key(called.as_str())
                            || matches!(called.as_str(), "eval" | "source" | ".")
                    });
                    runs_others || mentions(&[Looked::Command(command)], &[name])
                }
                _ => mentions(&[Looked::Command(command)], &[name]),
            };
            let looking: Vec<&Command> = commands.into_iter().filter(looks).collect();
            if looking.iter().any(|command| !self.only_shows(command)) {
                return Some(UseKind::Read);
            }
            shown |= !looking.is_empty();
            if assigns(statement, name) {
                return shown.then_some(UseKind::Shown);
            }
        }
        // At the end of the script nobody is left, but for functions and traps (whose texts are only searched for the name).
        let in_function = |body: &&Command| mentions(&[Looked::Command(body)], &[name]);
        let ends = self.entering == 0
            && self.later.is_empty()
            && !self.trapped.iter().any(|text| text.contains(name))
            && !self.functions.values().flatten().any(in_function);
        Some(if ends { UseKind::Shown } else { UseKind::Read })
    }

    /// Whether a command prints its words, and nobody takes that.
    fn only_shows(&self, command: &Command) -> bool {
        let CommandKind::Simple(simple) = &command.kind else { return false };
        let shows = |name: &String| {
            matches!(name.as_str(), "echo" | "printf") && !self.functions.contains_key(name.as_str())
        };
        command_name(simple).as_ref().is_some_and(shows) && !output_leaves(command)
    }
}

/// Whether a statement reads `PIPESTATUS` before anything else runs.
pub(super) fn reads_pipestatus(next: &Statement) -> bool {
    next.first.stages.first().is_some_and(|command| reads_first(command, &["PIPESTATUS"]))
}

/// Whether what a command evaluates first names one of the parameters.
fn reads_first(command: &Command, names: &[&str]) -> bool {
    let in_sequence = |statement: Option<&Statement>| {
        statement
            .and_then(|statement| statement.first.stages.first())
            .is_some_and(|command| reads_first(command, names))
    };
    match &command.kind {
        CommandKind::If(conditional) => {
            in_sequence(conditional.branches.first().and_then(|(condition, _)| condition.statements.first()))
        }
        CommandKind::While(repeat) => in_sequence(repeat.condition.statements.first()),
        CommandKind::Group(body) | CommandKind::Subshell(body) => in_sequence(body.statements.first()),
        CommandKind::Case(case) => mentions(&[Looked::Word(&case.word)], names),
        CommandKind::For(each) => {
            let words = each.words.as_deref().unwrap_or_default();
            words.iter().any(|word| mentions(&[Looked::Word(word)], names))
        }
        CommandKind::Simple(_)
        | CommandKind::Declare(_)
        | CommandKind::Test(_)
        | CommandKind::Arithmetic(_) => mentions(&[Looked::Command(command)], names),
        _ => false,
    }
}

/// The variables that a text names.
#[derive(Default)]
pub(super) struct Named<'s> {
    names: Vec<&'s str>,
}

impl<'s> Visitor<'s> for Named<'s> {
    fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
        self.names.push(&parameter.name);
        walk_parameter(self, parameter);
    }
}

impl<'s> Named<'s> {
    pub fn by(look: impl FnOnce(&mut Self)) -> Vec<&'s str> {
        let mut named = Self::default();
        look(&mut named);
        named.names
    }
}

/// What is looked through.
pub(super) enum Looked<'l> {
    Word(&'l Word),
    Command(&'l Command),
}

/// Whether an expansion (or arithmetic) names one of the parameters.
pub(super) fn mentions(looked: &[Looked<'_>], names: &[&str]) -> bool {
    struct Search<'n> {
        names: &'n [&'n str],
        found: bool,
    }
    impl<'s> Visitor<'s> for Search<'_> {
        fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
            self.found |= self.names.contains(&parameter.name.as_str());
            walk_parameter(self, parameter);
        }
        fn arithmetic(&mut self, arithmetic: &'s crate::bash::syntax::Arithmetic) {
            for part in &arithmetic.parts {
                if let PartKind::Literal(text) = &part.kind {
                    self.found |= text
                        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                        .any(|word| self.names.contains(&word));
                }
                walk_part(self, part);
            }
        }
    }
    let mut search = Search { names, found: false };
    for item in looked {
        match item {
            Looked::Word(word) => search.word(word),
            Looked::Command(command) => search.command(command),
        }
    }
    search.found
}

/// The substitutions in some words, in the order of the text, without those inside other substitutions.
#[derive(Default)]
pub(super) struct Substitutions<'s> {
    pub found: Vec<&'s Part>,
}

impl<'s> Visitor<'s> for Substitutions<'s> {
    fn part(&mut self, part: &'s Part) {
        match &part.kind {
            PartKind::Command(_) | PartKind::Process(_) => self.found.push(part),
            _ => walk_part(self, part),
        }
    }
    // The commands inside of what is looked through are none of its own words.
    fn sequence(&mut self, _sequence: &'s crate::bash::syntax::Sequence) {}
}

/// Whether the command's stdout goes anywhere but into the pipe or capture behind it.
pub(super) fn output_leaves(command: &Command) -> bool {
    let mut leaves = false;
    let mut errors_stay = false;
    for redirect in &command.redirects {
        let onto_stdout = matches!(redirect.fd, None | Some(Fd::Number(1)));
        match redirect.op {
            RedirectOp::Output | RedirectOp::Clobber | RedirectOp::Append if onto_stdout => leaves = true,
            RedirectOp::OutputBoth | RedirectOp::AppendBoth => {
                leaves = true;
                errors_stay = false;
            }
            RedirectOp::DuplicateOutput => {
                let target = match &redirect.target {
                    Target::Word(word) => word.plain().unwrap_or_default(),
                    Target::HereDocument(_) => String::new(),
                };
                match (&redirect.fd, target.as_str()) {
                    (Some(Fd::Number(2)), "1") => errors_stay |= !leaves,
                    (None | Some(Fd::Number(1)), "1") => {}
                    (None | Some(Fd::Number(1)), _) => leaves = true,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    leaves && !errors_stay
}

/// What the options of a `read` say.
#[derive(Default)]
pub(super) struct ReadOptions {
    /// It reads another descriptor.
    pub elsewhere: bool,
    /// The number of that descriptor.
    pub descriptor: Option<u32>,
    /// It asks a question.
    pub prompts: bool,
    /// It reads to the end: its delimiter is none.
    pub whole: bool,
}

impl ReadOptions {
    pub fn of(simple: &Simple) -> Self {
        let mut options = Self::default();
        let mut words = simple.words.iter().skip(1).map(as_written);
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-') else { break };
            let Some(at) = letters.find(['p', 't', 'u', 'd', 'n', 'N', 'i', 'a']) else { continue };
            let attached = &letters[at + 1..];
            let value =
                if attached.is_empty() { words.next().unwrap_or_default() } else { attached.to_owned() };
            match &letters[at..=at] {
                "d" => options.whole = value.is_empty(),
                "p" => options.prompts = true,
                "u" => {
                    options.elsewhere = value != "0";
                    options.descriptor = value.parse().ok();
                }
                _ => {}
            }
        }
        options
    }
}

/// What the options of a `mapfile` say.
#[derive(Default)]
pub(super) struct MapfileOptions {
    /// It reads another descriptor.
    pub elsewhere: bool,
    /// The number of that descriptor.
    pub descriptor: Option<u32>,
    /// It takes no more than a number of lines.
    pub limited: bool,
}

impl MapfileOptions {
    pub fn of(simple: &Simple) -> Self {
        let mut options = Self::default();
        let mut words = simple.words.iter().skip(1).map(as_written);
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-') else { break };
            let Some(at) = letters.find(['d', 'n', 'O', 's', 'u', 'C', 'c']) else { continue };
            let (letter, attached) = letters[at..].split_at(1);
            let value =
                if attached.is_empty() { words.next().unwrap_or_default() } else { attached.to_owned() };
            match letter {
                "n" => options.limited = value != "0",
                "u" => {
                    options.elsewhere = value != "0";
                    options.descriptor = value.parse().ok();
                }
                _ => {}
            }
        }
        options
    }
}

/// The descriptor that a redirection makes the command's stdin (`<&3`).
pub(super) fn duplicated(command: &Command) -> Option<u32> {
    let input = |redirect: &&Redirect| {
        redirect.op == RedirectOp::DuplicateInput && matches!(redirect.fd, None | Some(Fd::Number(0)))
    };
    let Target::Word(word) = &command.redirects.iter().rfind(input)?.target else { return None };
    word.plain()?.parse().ok()
}

/// Whether a redirection gives the command another stdin.
pub(super) fn input_given(command: &Command) -> bool {
    if duplicated(command) == Some(0) {
        return false;
    }
    command.redirects.iter().any(|redirect| {
        let stdin = matches!(redirect.fd, None | Some(Fd::Number(0)));
        let reads = matches!(
            redirect.op,
            RedirectOp::Input
                | RedirectOp::ReadWrite
                | RedirectOp::DuplicateInput
                | RedirectOp::HereString
                | RedirectOp::HereDocument
        );
        stdin && reads
    })
}
