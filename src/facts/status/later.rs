//! Later tests: whether what `cmd || true` was to bring about is looked at after it.
//!
//! `out=$(cmd) || true` is tested where `$out` is, `cmd >file || true` where the file is, and what a command does to a
//! file or a service where a file test names the same thing, or a condition that only asks.

use crate::bash::syntax::{
    Assignment, Command, CommandKind, Fd, ListOp, Parameter, ParameterOp, Part, PartKind, Pipeline,
    RedirectOp, Sequence, Statement, Target, Test, Word,
};
use crate::bash::visit::{Visitor, walk_assignment, walk_command, walk_parameter, walk_part};
use crate::commands::{Effect, HOLE, Tables};
use crate::source::Span;

use super::names::{command_name, is_true};
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
    /// Other variables and words among its arguments.
    named: Vec<String>,
}

impl<'s> Pass<'s> {
    /// `cmd || true`
    pub(super) fn or_true(&mut self, statement: &'s Statement, pipeline: &'s Pipeline) {
        let Some(program) = self.pipeline_loses(pipeline) else { return };
        let mut aim = Aim::default();
        aim.statement(statement);
        aim.made.extend(self.sinks.iter().flatten().map(|name| (*name).to_owned()));
        if self.later.iter().any(|later| aim.tested_in(*later, self.tables)) {
            return;
        }
        self.throw(pipeline.span, Throw::OrTrue, program);
    }
}

impl Aim {
    fn tested_in(&self, later: Later<'_>, tables: &Tables) -> bool {
        let mut search = Search { aim: self, tables, condition: false, found: false };
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
                        let Some(text) = word.plain() else { continue };
                        let text = text.trim_end_matches('/').to_owned();
                        if makes && !text.starts_with('-') {
                            self.made.push(text);
                        } else if text.len() > 2 && !text.starts_with('-') {
                            self.named.push(text);
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
                self.made.extend(variables(word));
            }
        }
        walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        self.made.push(assignment.target.name.clone());
        walk_assignment(self, assignment);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
        if !self.made.contains(&parameter.name) {
            self.named.push(parameter.name.clone());
        }
        walk_parameter(self, parameter);
    }
}

fn variables(word: &Word) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'s> Visitor<'s> for Names {
        fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
            self.0.push(parameter.name.clone());
            walk_parameter(self, parameter);
        }
    }
    let mut names = Names(Vec::new());
    names.word(word);
    names.0
}

/// Looks for a test of what was aimed at.
struct Search<'a> {
    aim: &'a Aim,
    tables: &'a Tables,
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
            variables(word).iter().any(says)
                || word.plain().is_some_and(|text| of.iter().any(|name| text.trim_end_matches('/') == name))
                || arithmetic_names(word).iter().any(says)
        })
    }

    fn made(&mut self, words: &[&Word]) {
        self.found |= Self::names(words, &self.aim.made);
    }

    /// `-e "$file"` and the like.
    fn file_test(&mut self, op: &str, word: &Word) {
        const OPS: [&str; 16] =
            ["-a", "-b", "-c", "-d", "-e", "-f", "-g", "-h", "-L", "-p", "-r", "-s", "-S", "-u", "-w", "-x"];
        if OPS.contains(&op) {
            self.found |= Self::names(&[word], &self.aim.named);
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
                    self.made(&words);
                    for redirect in &command.redirects {
                        if let Target::Word(word) = &redirect.target {
                            self.made(&[word]);
                        }
                    }
                    // What changes something is no test of what was changed before.
                    let texts: Vec<String> =
                        words.iter().map(|word| word.plain().unwrap_or_else(|| HOLE.to_string())).collect();
                    let asks = self.tables.effect(&texts) != Effect::Mutate;
                    self.found |= asks && Self::names(&words[1.min(words.len())..], &self.aim.named);
                }
            }
            _ => {}
        }
        walk_command(self, command);
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
        if let PartKind::Literal(text) = &part.kind {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            names.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
        }
    }
    names
}
