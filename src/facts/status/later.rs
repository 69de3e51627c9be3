//! Later tests: whether what `cmd || true` was to bring about is looked at after it.
//!
//! `out=$(cmd) || true` is tested where `$out` is, `cmd >file || true` where the file is, and what a command does to a
//! file or a service where a file test names the same thing, or a condition that only asks.

use crate::bash::syntax::{
    Assignment, Command, CommandKind, Fd, ListOp, Parameter, ParameterOp, Part, PartKind, Pipeline,
    RedirectOp, Sequence, Statement, Target, Test, Word,
};
use crate::bash::visit::{Visitor, walk_assignment, walk_command, walk_parameter, walk_part, walk_parts};
use crate::commands::{Effect, HOLE, Tables};
use crate::source::Span;

use super::names::{Named, Substitutions, command_name, is_true};
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
#[derive(Default)]
struct Aim {
    /// Variables that it sets, files that it writes.
    made: Vec<String>,
    /// Other variables among its arguments.
    named: Vec<String>,
    /// Its arguments as they are written.
    written: Vec<String>,
}

impl<'s> Pass<'s> {
    /// `cmd || true`
    pub(super) fn or_true(&mut self, statement: &'s Statement, pipeline: &'s Pipeline) {
        let Some(program) = self.pipeline_loses(pipeline) else { return };
        let mut aim = Aim::default();
        aim.statement(statement);
        aim.made.extend(self.sinks.iter().flatten().map(|name| (*name).to_owned()));
        let errexit = self.regime.errexit.on;
        if self.later.iter().any(|later| aim.tested_in(*later, self.tables, errexit)) {
            return;
        }
        self.throw(pipeline.span, Throw::OrTrue, program);
    }
}

impl Aim {
    fn tested_in(&self, later: Later<'_>, tables: &Tables, errexit: bool) -> bool {
        let mut search =
            Search { aim: self, tables, errexit, told: Vec::new(), condition: false, found: false };
        match later {
            Later::Statements(statements) => {
                for statement in statements {
                    search.statement(statement);
                }
            }
            Later::Condition(condition) => search.conditional(condition),
        }
        search.found
    }
}

impl<'s> Visitor<'s> for Aim {
    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Simple(simple) => {
                if let Some(name) = command_name(simple) {
                    let makes = matches!(name.as_str(), "read" | "mapfile" | "readarray" | "printf");
                    for word in simple.words.iter().skip(1) {
                        let Some(text) = word.plain() else {
                            self.written.push(as_written(word));
                            continue;
                        };
                        let text = text.trim_end_matches('/').to_owned();
                        if makes && !text.starts_with('-') {
                            self.made.push(text);
                        } else if text.len() > 2 && !text.starts_with('-') {
                            self.written.push(text);
                        }
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
                self.made.extend(word.plain().filter(|text| text != "/dev/null"));
                self.made.extend(variables(word).into_iter().map(str::to_owned));
            }
        }
        walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        self.made.push(assignment.target.name.clone());
        walk_assignment(self, assignment);
    }

    fn word(&mut self, word: &'s Word) {
        self.named.extend(naming(word).into_iter().filter(|name| !self.made.contains(name)));
        walk_parts(self, &word.parts);
    }
}

/// A word's text, with the names of its variables.
fn as_written(word: &Word) -> String {
    fn add(parts: &[Part], text: &mut String) {
        for part in parts {
            match &part.kind {
                PartKind::Literal(literal) | PartKind::Quoted(literal) => text.push_str(literal),
                PartKind::DoubleQuoted(parts) => add(parts, text),
                PartKind::Parameter(parameter) if matches!(parameter.op, ParameterOp::Plain) => {
                    text.push(HOLE);
                    text.push_str(&parameter.name);
                    text.push(HOLE);
                }
                _ => text.push(HOLE),
            }
        }
    }
    let mut text = String::new();
    add(&word.parts, &mut text);
    text.truncate(text.trim_end_matches('/').len());
    text
}

/// The variables that a word names something by: none behind which a path goes on, which names something else.
fn naming(word: &Word) -> Vec<String> {
    let text = as_written(word);
    let last = text.rsplit('/').next().unwrap_or_default();
    let alone = |name: &&str| last.contains(&format!("{HOLE}{name}{HOLE}"));
    variables(word).into_iter().filter(alone).map(str::to_owned).collect()
}

fn variables(word: &Word) -> Vec<&str> {
    Named::by(|named| named.word(word))
}

/// Looks for a test of what was aimed at.
struct Search<'a> {
    aim: &'a Aim,
    tables: &'a Tables,
    errexit: bool,
    /// Variables that were set since to what a command told of it.
    told: Vec<String>,
    /// Whether somebody looks at the status of what is being read.
    condition: bool,
    found: bool,
}

impl Search<'_> {
    fn conditional(&mut self, condition: &Sequence) {
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
        self.found |= Self::names(words, &self.aim.made) || Self::names(words, &self.told);
    }

    /// Whether a word names what the command was given, or something that is called by it.
    fn given(&self, words: &[&Word]) -> bool {
        let Aim { named, written, .. } = self.aim;
        words.iter().any(|word| {
            let text = as_written(word);
            let last = text.rsplit('/').next().unwrap_or_default();
            naming(word).iter().any(|name| named.contains(name))
                || written.iter().any(|written| *written == text || written == last)
        })
    }

    /// Whether a command is given the same, and only asks. What changes something is no test of what was changed before.
    fn asks_of_it(&self, words: &[&Word]) -> bool {
        let text = |word: &&Word| word.plain().unwrap_or_else(|| HOLE.to_string());
        let texts: Vec<String> = words.iter().map(text).collect();
        self.given(&words[1.min(words.len())..]) && self.tables.effect(&texts) != Effect::Mutate
    }

    /// Whether the last of a substitution's commands does.
    fn asks(&self, body: &Sequence) -> bool {
        let Some(statement) = body.statements.last() else { return false };
        statement.first.stages.iter().any(|command| {
            let CommandKind::Simple(simple) = &command.kind else { return false };
            // What only computes asks nobody.
            let pure = command_name(simple).is_some_and(|name| self.tables.is_pure(&name));
            !pure && self.asks_of_it(&simple.words.iter().collect::<Vec<&Word>>())
        })
    }

    /// `-e "$file"` and the like.
    fn file_test(&mut self, op: &str, word: &Word) {
        const OPS: [&str; 16] =
            ["-a", "-b", "-c", "-d", "-e", "-f", "-g", "-h", "-L", "-p", "-r", "-s", "-S", "-u", "-w", "-x"];
        if OPS.contains(&op) {
            self.found |= self.given(&[word]);
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

impl<'s> Visitor<'s> for Search<'_> {
    fn statement(&mut self, statement: &'s Statement) {
        let outer = self.condition;
        let mut pipeline = &statement.first;
        for (op, behind) in &statement.rest {
            self.condition = outer || !(*op == ListOp::Or && is_true(behind));
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
                        self.found |= self.asks_of_it(&words);
                    }
                    for redirect in &command.redirects {
                        if let Target::Word(word) = &redirect.target {
                            self.made(&[word]);
                        }
                    }
                } else if name == "cd" && self.errexit {
                    // Where it is not there, errexit ends the script as any test would.
                    self.found |= self.given(&words[1..]);
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
        if asked.found.iter().any(tells) {
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
