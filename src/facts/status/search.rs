//! The search for a later test of what a command was to bring about.

use std::collections::BTreeSet;

use crate::bash::is_name;
use crate::bash::syntax::{
    Assignment, Command, CommandKind, Parameter, ParameterOp, Part, PartKind, Pipeline, RedirectOp, Sequence,
    Simple, Statement, Target, Test, Value, Word,
};
use crate::bash::visit::{Visitor, walk_assignment, walk_command, walk_parameter, walk_part};
use crate::commands::Effect;
use crate::source::Span;

use super::Pass;
use super::conditions::InConditions;
use super::index::{Index, Key, Kind, key, objects};
use super::later::{Aim, is_reader, overwritten, renewed};
use super::names::{Substitutions, command_name};
use super::objects::{alike, as_written, same};

/// The variable that an assignment copies, whole.
fn copied(assignment: &Assignment) -> Option<&str> {
    match &assignment.value {
        Value::Scalar(word) if !assignment.append => only(&word.parts),
        _ => None,
    }
}

/// The variable that some parts are, and nothing more.
fn only(parts: &[Part]) -> Option<&str> {
    match parts {
        [Part { kind: PartKind::Parameter(parameter), .. }] => Some(&parameter.name),
        [Part { kind: PartKind::DoubleQuoted(parts), .. }] => only(parts),
        _ => None,
    }
}

/// The variable that a word is in any case, also where it is empty: `"$x"`, `"$@"`.
fn quoted(word: &Word) -> Option<&str> {
    match word.parts.as_slice() {
        [Part { kind: PartKind::DoubleQuoted(parts), .. }] => match parts.as_slice() {
            [Part { kind: PartKind::Parameter(parameter), .. }] if parameter.subscript.is_none() => {
                Some(&parameter.name)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Looks for a test of what was aimed at.
pub(super) struct Search<'p, 's> {
    pass: &'p Pass<'s>,
    aim: Aim,
    /// Variables that were set since to what a command told of it.
    told: Vec<String>,
    /// Whether somebody looks at the status of what is being read.
    condition: bool,
    pub found: bool,
    /// Functions around what is being read.
    depth: u32,
}

impl<'p, 's> Search<'p, 's> {
    pub fn new(pass: &'p Pass<'s>, aim: Aim, depth: u32) -> Self {
        Self { pass, aim, told: Vec::new(), condition: false, found: false, depth }
    }

    /// Statements that run one after the other.
    pub fn statements(&mut self, statements: &'s [Statement]) {
        for statement in statements {
            self.behind(statement);
        }
    }

    /// The same, where it is known which of them name what.
    pub fn indexed(&mut self, statements: &'s [Statement], index: &Index) {
        let mut keys = self.keys(index);
        let mut left = statements.len();
        while let Some(place) = index.next(&keys, left).filter(|_| !self.found) {
            let known = (self.aim.made.len(), self.told.len());
            self.behind(&statements[statements.len() - place]);
            if known != (self.aim.made.len(), self.told.len()) {
                keys = self.keys(index);
            }
            left = place - 1;
        }
    }

    /// A statement without any of these is none of a test.
    fn keys(&self, index: &Index) -> Vec<Key> {
        let variables = self.aim.made.iter().chain(&self.told);
        let mut keys: Vec<Key> = variables.map(|name| key(Kind::Variable, name.as_str())).collect();
        keys.extend(self.aim.files.iter().map(|file| key(Kind::Word, alike(file))));
        for line in &self.aim.lines {
            keys.extend(line.files().map(|word| key(Kind::Tested, alike(word))));
            let objects = objects(line);
            if line.wants_all(!self.aim.made.is_empty()) {
                keys.extend(objects.into_iter().min_by_key(|key| index.at(*key).len()));
            } else {
                keys.extend(objects);
            }
        }
        keys
    }

    /// The next statement: what it sets anew is no longer what was made.
    fn behind(&mut self, statement: &'s Statement) {
        let told = self.told.len();
        self.statement(statement);
        let names = overwritten(statement);
        if !names.is_empty() {
            let kept = |name: &String| !names.contains(&name.as_str());
            self.aim.made.retain(kept);
            let new = self.told.split_off(told);
            self.told.retain(kept);
            self.told.extend(new);
        }
    }

    /// Whether a word names something of these, as a variable or as text.
    fn names(words: &[&Word], of: &[String]) -> bool {
        let says = |name: &String| of.contains(name);
        words.iter().any(|word| {
            word.plain().is_some_and(|text| is_name(&text) && of.contains(&text))
                || names_in(&word.parts).iter().any(says)
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
        self.aim.lines.iter().any(|line| line.names_file(&text))
    }

    /// Whether a command is about the same, and only asks. What changes something is no test of what was changed before.
    fn asks_of_it(&self, simple: &'s Simple) -> bool {
        if self.aim.lines.is_empty() {
            return false;
        }
        let line = self.pass.line(simple);
        // Where its output was taken, that is what it was run for.
        let taken = !self.aim.made.is_empty();
        line.effect != Effect::Mutate && self.aim.lines.iter().any(|of| of.is_told_by(&line, taken))
    }

    fn is_of_it(&self, name: &str) -> bool {
        self.aim.made.iter().chain(&self.told).any(|known| known == name)
    }

    /// A function is given what was made: it may test that for its caller.
    fn handed_on(&mut self, name: &str, words: &'s [Word]) {
        /// Functions are followed that deep.
        const DEEPEST: u32 = 3;
        let Some(bodies) = self.pass.functions.get(name).filter(|_| self.depth < DEEPEST) else { return };
        let mut numbers: BTreeSet<usize> = BTreeSet::new();
        for (number, word) in words.iter().enumerate().skip(1) {
            if quoted(word) == Some("@") {
                let mine = self.aim.made.iter().filter_map(|name| name.parse::<usize>().ok());
                numbers.extend(mine.map(|mine| number + mine - 1));
            } else if Self::names(&[word], &self.aim.made) || Self::names(&[word], &self.told) {
                numbers.insert(number);
            }
        }
        if !numbers.is_empty() {
            self.found |= bodies.iter().any(|body| self.tests_given(body, &numbers));
        }
    }

    /// Whether a function tests one of the words that it is given, by their numbers.
    fn tests_given(&self, body: &'s Command, numbers: &BTreeSet<usize>) -> bool {
        let mut shifts = Shifts::default();
        shifts.command(body);
        let last = numbers.last().copied().unwrap_or_default();
        let mut made: Vec<String> = if shifts.found {
            (1..=last).map(|number| number.to_string()).collect()
        } else {
            numbers.iter().map(usize::to_string).collect()
        };
        made.extend(["@", "*"].map(str::to_owned));
        let key = (std::ptr::from_ref(body), made.clone(), self.depth);
        if let Some(known) = self.pass.handed.borrow().get(&key) {
            return *known;
        }
        let aim = Aim { made, ..Aim::default() };
        let mut inside = Search::new(self.pass, aim, self.depth + 1);
        match &body.kind {
            CommandKind::Group(body) => inside.statements(&body.statements),
            _ => inside.command(body),
        }
        self.pass.handed.borrow_mut().insert(key, inside.found);
        inside.found
    }

    /// Whether the last of a substitution's commands does.
    fn asks(&self, body: &'s Sequence) -> bool {
        let Some(statement) = body.statements.last() else { return false };
        statement.first.stages.iter().any(|command| {
            let CommandKind::Simple(simple) = &command.kind else { return false };
            // What only computes asks nobody.
            let pure = command_name(simple).is_some_and(|name| self.pass.tables.is_pure(&name));
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

impl<'s> InConditions<'s> for Search<'_, 's> {
    fn pass(&self) -> &Pass<'s> {
        self.pass
    }

    fn condition(&mut self) -> &mut bool {
        &mut self.condition
    }
}

impl<'s> Visitor<'s> for Search<'_, 's> {
    fn statement(&mut self, statement: &'s Statement) {
        self.list(statement);
    }

    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        self.stages(pipeline);
    }

    fn command(&mut self, command: &'s Command) {
        if self.found {
            return;
        }
        self.pass.looks();
        if self.conditions_of(command) {
            return;
        }
        match &command.kind {
            CommandKind::Test(test) => self.test(test),
            CommandKind::Arithmetic(arithmetic) => {
                let names = names_in(&arithmetic.parts);
                self.found |= names.iter().any(|name| self.aim.made.contains(name));
            }
            CommandKind::Case(case) => self.made(&[&case.word]),
            CommandKind::For(each) => {
                let whole = |word: &'s Word| quoted(word).is_some_and(|name| self.is_of_it(name));
                let passes = match &each.words {
                    Some(words) => words.iter().any(whole),
                    None => self.is_of_it("@"),
                };
                let made = self.aim.made.clone();
                if passes {
                    self.told.push(each.variable.name.clone());
                } else {
                    self.aim.made.retain(|name| renewed(each) != Some(name));
                }
                walk_command(self, command);
                self.aim.made = made;
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
                    if !is_reader(simple) && name != "getopts" {
                        self.made(&words);
                        self.found |= self.asks_of_it(simple);
                    }
                    for redirect in &command.redirects {
                        let reads = matches!(redirect.op, RedirectOp::Input | RedirectOp::HereString);
                        if let (true, Target::Word(word)) = (reads, &redirect.target) {
                            self.made(&[word]);
                        }
                    }
                } else if name == "cd" && self.pass.regime.errexit.on {
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
        let copies = copied(assignment).is_some_and(|name| self.is_of_it(name));
        if copies || asked.found.iter().any(tells) {
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

/// Whether a text has a `shift` of its own.
#[derive(Default)]
struct Shifts {
    found: bool,
}

impl<'s> Visitor<'s> for Shifts {
    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Function(_) => return,
            CommandKind::Simple(simple) => {
                self.found |= command_name(simple).is_some_and(|name| name == "shift");
            }
            _ => {}
        }
        walk_command(self, command);
    }
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

pub(super) fn bare_names(parts: &[Part]) -> Vec<String> {
    let mut names = Vec::new();
    for part in parts {
        // A path names no variable.
        if let PartKind::Literal(text) = &part.kind
            && !text.contains('/')
        {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            names.extend(words.filter(|word| is_name(word)).map(str::to_owned));
        }
    }
    names
}
