//! Later tests: whether what `cmd || true` was to bring about is looked at after it.
//!
//! `out=$(cmd) || true` is tested where `$out` is, `cmd >file || true` where the file is, and what a command does to a
//! file or a service where a file test names the same thing, or a condition that only asks.

use crate::bash::syntax::{
    Assignment, Command, CommandKind, Fd, ListOp, Parameter, ParameterOp, Part, PartKind, Pipeline,
    RedirectOp, Sequence, Simple, Statement, Target, Test, Value, Word,
};
use crate::bash::visit::{Visitor, walk_assignment, walk_command, walk_parameter, walk_part};
use crate::commands::{Effect, Tables};
use crate::source::Span;

use super::names::{Bodies, Looked, Substitutions, assigns, command_name, is_true, mentions};
use super::objects::{Line, as_written, same};
use super::{Pass, Throw};

/// What runs after the command in hand.
#[derive(Clone, Copy)]
pub(super) enum Later<'s> {
    /// The statements behind it.
    Statements(&'s [Statement]),
    /// The condition of the loop around it.
    Condition(&'s Sequence),
}

/// What a command was to bring about.
#[derive(Clone)]
struct Aim<'t> {
    tables: &'t Tables,
    /// Variables that it sets.
    made: Vec<String>,
    /// Files that it writes.
    files: Vec<String>,
    /// The commands that run.
    lines: Vec<Line>,
}

impl<'s> Pass<'s> {
    /// `cmd || true`
    pub(super) fn or_true(&mut self, statement: &'s Statement, pipeline: &'s Pipeline) {
        let Some(program) = self.pipeline_loses(pipeline) else { return };
        let mut aim = Aim { tables: self.tables, made: Vec::new(), files: Vec::new(), lines: Vec::new() };
        for one in statement.pipelines().filter(|one| !is_true(one, &self.functions)) {
            aim.pipeline(one);
        }
        aim.made.extend(self.sinks.iter().flatten().map(|name| (*name).to_owned()));
        let in_callers = Aim { lines: Vec::new(), ..aim.clone() };
        let tested = |later: &Later<'s>| self.tests(&aim, *later);
        let tested_by_caller = |later: &Later<'s>| self.tests(&in_callers, *later);
        if self.later.iter().any(tested) || self.callers.iter().any(tested_by_caller) {
            return;
        }
        self.throw(pipeline.span, Throw::OrTrue, program);
    }

    /// Whether what comes later tests what was aimed at.
    fn tests(&self, aim: &Aim<'_>, later: Later<'s>) -> bool {
        let mut search = Search {
            aim: aim.clone(),
            functions: &self.functions,
            errexit: self.regime.errexit.on,
            told: Vec::new(),
            condition: false,
            found: false,
            depth: 0,
        };
        match later {
            Later::Statements(statements) => {
                for statement in statements {
                    search.statement(statement);
                    search.aim.made.retain(|name| !overwrites(statement, name));
                }
            }
            Later::Condition(condition) => search.conditional(condition),
        }
        search.found
    }
}

/// Whether a statement gives a variable a value that has nothing to do with the old one.
fn overwrites(statement: &Statement, name: &str) -> bool {
    let commands = || statement.first.stages.iter();
    assigns(statement, name) && !commands().any(|command| mentions(&[Looked::Command(command)], &[name]))
}

impl<'s> Visitor<'s> for Aim<'_> {
    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Simple(simple) => {
                if let Some(name) = command_name(simple) {
                    if matches!(name.as_str(), "read" | "mapfile" | "readarray" | "printf") {
                        let words = simple.words.iter().skip(1).filter_map(Word::plain);
                        self.made.extend(words.filter(|text| !text.starts_with('-')));
                    } else if !self.tables.is_pure(&name) {
                        self.lines.push(Line::of(&simple.words.iter().collect::<Vec<&Word>>(), self.tables));
                    }
                }
            }
            CommandKind::Function(_) => return,
            _ => {}
        }
        for redirect in &command.redirects {
            let writes = matches!(
                redirect.op,
                RedirectOp::Output
                    | RedirectOp::Append
                    | RedirectOp::Clobber
                    | RedirectOp::OutputBoth
                    | RedirectOp::AppendBoth
            );
            let stdout = !matches!(redirect.fd, Some(Fd::Number(0)));
            if let (true, true, Target::Word(word)) = (writes, stdout, &redirect.target) {
                self.files.extend(Some(as_written(word)).filter(|text| text != "/dev/null"));
            }
        }
        walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        self.made.push(assignment.target.name.clone());
        walk_assignment(self, assignment);
    }
}

/// The variable that an assignment copies, whole.
fn copied(assignment: &Assignment) -> Option<&str> {
    fn only(parts: &[Part]) -> Option<&str> {
        match parts {
            [Part { kind: PartKind::Parameter(parameter), .. }] => Some(&parameter.name),
            [Part { kind: PartKind::DoubleQuoted(parts), .. }] => only(parts),
            _ => None,
        }
    }
    match &assignment.value {
        Value::Scalar(word) if !assignment.append => only(&word.parts),
        _ => None,
    }
}

/// Looks for a test of what was aimed at.
struct Search<'a, 's> {
    aim: Aim<'a>,
    functions: &'a Bodies<'s>,
    errexit: bool,
    /// Variables that were set since to what a command told of it.
    told: Vec<String>,
    /// Whether somebody looks at the status of what is being read.
    condition: bool,
    found: bool,
    /// Functions around what is being read.
    depth: u32,
}

impl<'s> Search<'_, 's> {
    fn conditional(&mut self, condition: &'s Sequence) {
        let outer = std::mem::replace(&mut self.condition, true);
        self.sequence(condition);
        self.condition = outer;
    }

    /// Whether a word names something of these, as a variable or as text.
    fn names(words: &[&Word], of: &[String]) -> bool {
        let says = |name: &String| of.contains(name);
        words.iter().any(|word| {
            word.plain().is_some_and(|text| of.iter().any(|name| text.trim_end_matches('/') == name))
                || arithmetic_names(word).iter().any(says)
        })
    }

    fn made(&mut self, words: &[&Word]) {
        let of_file = |word: &&Word| {
            let text = as_written(word);
            self.aim.files.iter().any(|file| same(file, &text))
        };
        self.found |= Self::names(words, &self.aim.made) || Self::names(words, &self.told);
        self.found |= words.iter().any(of_file);
    }

    /// Whether a word names a file that the command was given.
    fn given(&self, word: &Word) -> bool {
        let text = as_written(word);
        self.aim.lines.iter().any(|line| line.names_file(&text, self.aim.tables))
    }

    /// Whether a command is about the same, and only asks. What changes something is no test of what was changed before.
    fn asks_of_it(&self, simple: &Simple) -> bool {
        let tables = self.aim.tables;
        let line = Line::of(&simple.words.iter().collect::<Vec<&Word>>(), tables);
        let asks = line.effect(tables) != Effect::Mutate;
        // Where its output was taken, that is what it was run for.
        let taken = !self.aim.made.is_empty();
        asks && self.aim.lines.iter().any(|of| of.is_told_by(&line, taken, tables))
    }

    /// A function is given what was made: it may test that for its caller.
    fn handed_on(&mut self, name: &str, words: &[Word]) {
        /// Functions are followed that deep.
        const DEEPEST: u32 = 3;
        let Some(bodies) = self.functions.get(name).filter(|_| self.depth < DEEPEST) else { return };
        let takes = |word: &Word| Self::names(&[word], &self.aim.made) || Self::names(&[word], &self.told);
        let numbers = words.iter().enumerate().skip(1).filter(|(_, word)| takes(word));
        let made: Vec<String> = numbers.map(|(number, _)| number.to_string()).collect();
        if made.is_empty() {
            return;
        }
        for body in bodies {
            let mut inside = Search {
                aim: Aim { made: made.clone(), files: Vec::new(), lines: Vec::new(), ..self.aim },
                told: Vec::new(),
                condition: false,
                depth: self.depth + 1,
                ..*self
            };
            inside.command(body);
            self.found |= inside.found;
        }
    }

    /// Whether the last of a substitution's commands does.
    fn asks(&self, body: &Sequence) -> bool {
        let Some(statement) = body.statements.last() else { return false };
        statement.first.stages.iter().any(|command| {
            let CommandKind::Simple(simple) = &command.kind else { return false };
            // What only computes asks nobody.
            let pure = command_name(simple).is_some_and(|name| self.aim.tables.is_pure(&name));
            !pure && self.asks_of_it(simple)
        })
    }

    /// `-e "$file"` and the like.
    fn file_test(&mut self, op: &str, word: &Word) {
        const OPS: [&str; 16] =
            ["-a", "-b", "-c", "-d", "-e", "-f", "-g", "-h", "-L", "-p", "-r", "-s", "-S", "-u", "-w", "-x"];
        if OPS.contains(&op) {
            self.found |= self.given(word);
        }
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Word(word) => self.made(&[word]),
            Test::Unary(op, word) => {
                self.made(&[word]);
                self.file_test(op, word);
            }
            Test::Binary(left, _, right) => self.made(&[left, right]),
            Test::Not(inner) => self.test(inner),
            Test::And(left, right) | Test::Or(left, right) => {
                self.test(left);
                self.test(right);
            }
        }
    }
}

impl<'s> Visitor<'s> for Search<'_, 's> {
    fn statement(&mut self, statement: &'s Statement) {
        let outer = self.condition;
        let mut pipeline = &statement.first;
        for (op, behind) in &statement.rest {
            self.condition = outer || !(*op == ListOp::Or && is_true(behind, self.functions));
            self.pipeline(pipeline);
            pipeline = behind;
        }
        self.condition = outer;
        self.pipeline(pipeline);
    }

    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        let outer = self.condition;
        self.condition |= pipeline.negated;
        for stage in &pipeline.stages {
            self.command(stage);
        }
        self.condition = outer;
    }

    fn command(&mut self, command: &'s Command) {
        if self.found {
            return;
        }
        match &command.kind {
            CommandKind::Test(test) => self.test(test),
            CommandKind::Arithmetic(arithmetic) => {
                let names = names_in(&arithmetic.parts);
                self.found |= names.iter().any(|name| self.aim.made.contains(name));
            }
            CommandKind::Case(case) => self.made(&[&case.word]),
            CommandKind::If(conditional) => {
                for (condition, body) in &conditional.branches {
                    self.conditional(condition);
                    self.sequence(body);
                }
                if let Some(body) = &conditional.otherwise {
                    self.sequence(body);
                }
                return;
            }
            CommandKind::While(repeat) => {
                self.conditional(&repeat.condition);
                self.sequence(&repeat.body);
                return;
            }
            CommandKind::Function(_) => return,
            CommandKind::Simple(simple) => {
                let words: Vec<&Word> = simple.words.iter().collect();
                let name = command_name(simple).unwrap_or_default();
                self.handed_on(&name, &simple.words);
                if matches!(name.as_str(), "[" | "test") {
                    self.made(&words[1..]);
                    for pair in words.windows(2) {
                        if let Some(op) = pair[0].plain() {
                            self.file_test(&op, pair[1]);
                        }
                    }
                } else if self.condition {
                    // What is read into a variable is another value.
                    let reads = matches!(name.as_str(), "read" | "mapfile" | "readarray" | "getopts");
                    if !reads {
                        self.made(&words);
                        self.found |= self.asks_of_it(simple);
                    }
                    for redirect in &command.redirects {
                        let reads = matches!(redirect.op, RedirectOp::Input | RedirectOp::HereString);
                        if let (true, Target::Word(word)) = (reads, &redirect.target) {
                            self.made(&[word]);
                        }
                    }
                } else if name == "cd" && self.errexit {
                    // Where it is not there, errexit ends the script as any test would.
                    self.found |= words[1..].iter().any(|word| self.given(word));
                }
            }
            _ => {}
        }
        walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        let mut asked = Substitutions::default();
        asked.assignment(assignment);
        let tells =
            |part: &&Part| matches!(&part.kind, PartKind::Command(command) if self.asks(&command.body));
        let mine = |name: &str| self.aim.made.iter().chain(&self.told).any(|known| known == name);
        if asked.found.iter().any(tells) || copied(assignment).is_some_and(mine) {
            self.told.push(assignment.target.name.clone());
        }
        walk_assignment(self, assignment);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
        if matches!(parameter.op, ParameterOp::Error { .. }) {
            self.found |= self.aim.made.contains(&parameter.name);
        }
        walk_parameter(self, parameter);
    }
}

fn arithmetic_names(word: &Word) -> Vec<String> {
    names_in(&word.parts)
}

/// The variables that arithmetic names without a dollar sign, and those with one.
fn names_in(parts: &[Part]) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'s> Visitor<'s> for Names {
        fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
            self.0.push(parameter.name.clone());
            walk_parameter(self, parameter);
        }
        fn arithmetic(&mut self, arithmetic: &'s crate::bash::syntax::Arithmetic) {
            self.0.extend(bare_names(&arithmetic.parts));
            for part in &arithmetic.parts {
                walk_part(self, part);
            }
        }
    }
    let mut names = Names(bare_names(parts));
    for part in parts {
        names.part(part);
    }
    names.0
}

fn bare_names(parts: &[Part]) -> Vec<String> {
    let mut names = Vec::new();
    for part in parts {
        // A path names no variable.
        if let PartKind::Literal(text) = &part.kind
            && !text.contains('/')
        {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            names.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
        }
    }
    names
}
