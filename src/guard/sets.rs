//! Every way in which texts set variables, in one list: whatever must know the values of a variable reads it, and forgets none.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::bash::syntax::{
    Arithmetic, Assignment, Command, CommandKind, Declare, Element, Expression, Fd, Operand, Parameter,
    ParameterOp, Part, Pipeline, Redirect, Script, Simple, Subscript, Test, Value, Word,
};
use crate::bash::visit::{self, Visitor};
use crate::bash::{counts_bytes, is_name};
use crate::commands::HOLE;
use crate::source::Span;

use super::builtins::{self, SETTING};
use super::keyed::is_keyed;
use super::listing::{Reader, readers, substituted};
use super::plain::known_text;
use super::sums;

/// What a variable is given.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'s> {
    /// Anything.
    Anything,
    /// Nothing: `unset x`, `local x`.
    Nothing,
    /// All of its value.
    Word(&'s Word),
    /// A value where it has none: `${x:=word}`.
    Default(&'s Word),
    /// What is put behind the value that it has.
    Piece(&'s Word),
    /// A single element.
    Element(&'s Word),
    /// Elements, which may come behind others.
    Elements(&'s [Element]),
    /// It is made an array, of which nothing more is said.
    Array,
    /// One word of a loop after the other.
    Each(&'s [Word]),
    /// What arithmetic comes to.
    Number,
    /// A sum with the number that it held; `up`: it grows.
    Counted { up: bool },
    /// What a loop reads of that output; `several`: a word of a line, not all of it. `nul`: a NUL ends each.
    Line { source: &'s [Command], nul: bool, several: bool },
    /// The lines of that output, one element each.
    Lines(&'s [Command]),
}

/// A variable that is set.
#[derive(Debug)]
pub(super) struct Set<'s> {
    pub name: Cow<'s, str>,
    pub given: Given<'s>,
    /// The text that says so, by its number; `None` where it is known by what runs.
    pub text: Option<usize>,
}

/// Behind these another one of the shell's own commands may stand.
const WRAPPERS: [&str; 3] = ["command", "builtin", "eval"];

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Sets<'s> {
    list: Vec<Set<'s>>,
    /// Commands of the text at hand of which the list tells what they set.
    told: FxHashSet<Span>,
    /// Whether there is a command of which it does not.
    untold: bool,
    /// Loops' own `read` commands of the text at hand.
    read: FxHashSet<Span>,
    /// Its number.
    text: Option<usize>,
    /// Whether some text defines functions.
    functions: bool,
}

impl<'s> Sets<'s> {
    /// What these texts set: each with the command that carries it, and the words of the shell's own commands that run.
    pub(super) fn of<'b>(
        texts: impl Iterator<Item = (Option<Span>, &'s Script)>,
        run: impl Iterator<Item = (Span, &'b [String])>,
    ) -> Self {
        let mut sets = Self::default();
        let mut told = FxHashSet::default();
        let (mut hosts, mut untold) = (FxHashSet::default(), FxHashSet::default());
        for (number, (host, script)) in texts.enumerate() {
            sets.text = Some(number);
            visit::walk_script(&mut sets, script);
            sets.read.clear();
            let seen = std::mem::take(&mut sets.told);
            match host {
                None => told.extend(seen),
                Some(host) => {
                    let all = if std::mem::take(&mut sets.untold) { &mut untold } else { &mut hosts };
                    all.insert(host);
                }
            }
            sets.untold = false;
        }
        // What a text calls that another one defines is told of neither.
        if !sets.functions {
            told.extend(hosts.difference(&untold));
        }
        sets.text = None;
        // By words that others hold, in functions, behind wrappers: as they are run.
        for (_, words) in run.filter(|(at, _)| !told.contains(at)) {
            sets.by_names(words);
        }
        sets
    }

    /// In the order of the texts.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Set<'s>> {
        self.list.iter()
    }

    /// Names of arrays.
    pub(super) fn arrays(&self) -> FxHashSet<&str> {
        let is_array = |set: &&Set<'_>| {
            matches!(set.given, Given::Array | Given::Element(_) | Given::Elements(_) | Given::Lines(_))
        };
        self.list.iter().filter(is_array).map(|set| set.name.as_ref()).collect()
    }

    /// The variables that are only given a single value, which is written; a hole for the value of the others.
    pub(super) fn values(&self) -> BTreeMap<String, String> {
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        for Set { name, given, .. } in &self.list {
            let value = match given {
                Given::Word(word) => word.plain(),
                _ => None,
            };
            let value = value.unwrap_or_else(|| HOLE.to_string());
            let known = values.entry(name.clone().into_owned()).or_insert_with(|| value.clone());
            if *known != value {
                *known = HOLE.to_string();
            }
        }
        values
    }

    fn set(&mut self, name: impl Into<Cow<'s, str>>, given: Given<'s>) {
        self.list.push(Set { name: name.into(), given, text: self.text });
    }

    /// What one of the shell's own commands sets by the names that it is given.
    fn simple(&mut self, command: &'s Command, simple: &'s Simple) {
        let Some(first) = simple.words.first() else { return };
        let text = |word: &Word| if word.braces { None } else { word.plain() };
        let Some(name) = text(first) else {
            self.untold = true;
            return;
        };
        if !SETTING.contains(&name.as_str()) && !WRAPPERS.contains(&name.as_str()) {
            return;
        }
        if let Some((name, source)) = mapped(simple, command) {
            self.told.insert(command.span);
            return self.set(name, Given::Lines(source));
        }
        if name == "let" {
            return self.sum(command, simple);
        }
        let words: Vec<String> =
            simple.words.iter().map(|word| text(word).unwrap_or_else(|| HOLE.to_string())).collect();
        let known = match words.get(1) {
            // Whatever the values are, it sets nothing.
            Some(format) if name == "printf" && !format.starts_with('-') && !counts_bytes(format) => {
                &words[..2]
            }
            _ => &words,
        };
        if WRAPPERS.contains(&name.as_str()) || known.iter().any(|word| word.contains(HOLE)) {
            self.untold = true;
            return;
        }
        self.told.insert(command.span);
        if !self.read.contains(&command.span) {
            self.by_names(&words);
        }
    }

    /// What one of the shell's own commands sets that is given names.
    fn by_names(&mut self, words: &[String]) {
        let program = words.first().map_or("", String::as_str);
        let fills = |word: &String| word.starts_with('-') && word.contains('a');
        let array =
            ["mapfile", "readarray"].contains(&program) || program == "read" && words.iter().any(fills);
        for name in builtins::sets(words).into_iter().filter(|name| is_name(name)) {
            self.set(name.to_owned(), if program == "unset" { Given::Nothing } else { Given::Anything });
            if array {
                self.set(name.to_owned(), Given::Array);
            }
        }
    }

    /// `let`: each of its words is an expression.
    fn sum(&mut self, command: &'s Command, simple: &'s Simple) {
        let Some(expressions) = sums::summed(simple) else {
            for text in simple.words.iter().skip(1).map(|word| known_text(&word.parts)) {
                self.named_in(&text);
            }
            return;
        };
        self.told.insert(command.span);
        for script in &expressions {
            let commands = script.body.statements.iter().flat_map(|statement| &statement.first.stages);
            for command in commands {
                if let CommandKind::Arithmetic(Arithmetic { expression: Some(expression), .. }) =
                    &command.kind
                {
                    self.expression(expression);
                }
            }
        }
    }

    fn expression(&mut self, expression: &Expression) {
        each_sum(expression, &mut |name, given| self.set(name.to_owned(), given));
    }

    /// A text that is evaluated as arithmetic and not read here: where it sets something, it may be any of its names.
    fn evaluated(&mut self, parts: &[Part]) {
        let text = known_text(parts);
        if text.contains('=') || text.contains("++") || text.contains("--") {
            self.named_in(&text);
        }
    }

    fn named_in(&mut self, text: &str) {
        let names =
            text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|name| is_name(name));
        for name in names {
            self.set(name.to_owned(), Given::Anything);
        }
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Binary(_, op, _) if op == "=~" => self.set("BASH_REMATCH", Given::Anything),
            Test::Binary(left, op, right) if op.starts_with('-') => {
                self.evaluated(&left.parts);
                self.evaluated(&right.parts);
            }
            Test::Not(inner) => self.test(inner),
            Test::And(a, b) | Test::Or(a, b) => {
                self.test(a);
                self.test(b);
            }
            Test::Word(_) | Test::Unary(..) | Test::Binary(..) => {}
        }
    }

    fn declared(&mut self, declare: &'s Declare) {
        let keyword = declare.keyword.plain().unwrap_or_default();
        let shows = |operand: &Operand| {
            matches!(operand, Operand::Flag(word)
            if word.plain().is_none_or(|flags| flags.contains(['p', 'f', 'F'])))
        };
        let hides = ["local", "declare", "typeset"].contains(&keyword.as_str())
            && !is_keyed(declare)
            && !declare.operands.iter().any(shows);
        let flagged = |operand: &Operand| {
            matches!(operand, Operand::Flag(word)
            if word.plain().is_none_or(|flags| flags.starts_with('-') && flags.contains(['a', 'A'])))
        };
        let array = declare.operands.iter().any(flagged);
        for operand in &declare.operands {
            match operand {
                Operand::Name(name) | Operand::Assignment(Assignment { target: name, .. }) if array => {
                    self.set(name.name.as_str(), Given::Array);
                }
                _ => {}
            }
            match operand {
                Operand::Name(name) if hides => self.set(name.name.as_str(), Given::Nothing),
                Operand::Dynamic(word) => {
                    let text = known_text(&word.parts);
                    self.named_in(text.split('=').next().unwrap_or_default());
                }
                // Assignments are walked to.
                Operand::Name(_) | Operand::Flag(_) | Operand::Assignment(_) => {}
            }
        }
    }
}

impl<'s> Visitor<'s> for Sets<'s> {
    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        for Reader { read, name, others, nul, source } in readers(pipeline) {
            self.read.insert(read);
            self.set(name, Given::Line { source, nul, several: !others.is_empty() });
            for other in others {
                self.set(other, Given::Anything);
            }
        }
        visit::walk_pipeline(self, pipeline);
    }

    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Simple(simple) => self.simple(command, simple),
            CommandKind::Declare(declare) => self.declared(declare),
            CommandKind::For(each) | CommandKind::Select(each) => {
                let given = each.words.as_deref().map_or(Given::Anything, Given::Each);
                self.set(each.variable.name.as_str(), given);
                if matches!(command.kind, CommandKind::Select(_)) {
                    self.set(each.variable.name.as_str(), Given::Nothing);
                    self.set("REPLY", Given::Anything);
                }
            }
            CommandKind::Coproc(coproc) => {
                let name = coproc.name.as_deref().unwrap_or("COPROC");
                self.set(name, Given::Number);
                self.set(format!("{name}_PID"), Given::Number);
            }
            CommandKind::Test(test) => self.test(test),
            CommandKind::Function(_) => self.functions = true,
            _ => {}
        }
        visit::walk_command(self, command);
    }

    fn redirect(&mut self, redirect: &'s Redirect) {
        if let Some(Fd::Variable(name)) = &redirect.fd {
            self.set(name.as_str(), Given::Number);
        }
        visit::walk_redirect(self, redirect);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        let given = match &assignment.value {
            Value::Scalar(word) if assignment.target.subscript.is_some() => Given::Element(word),
            Value::Scalar(word) if assignment.append => Given::Piece(word),
            Value::Scalar(word) => Given::Word(word),
            Value::Array(elements) => Given::Elements(elements),
        };
        self.set(assignment.target.name.as_str(), given);
        if let Some(Subscript::Index(word)) = assignment.target.subscript.as_deref() {
            self.evaluated(&word.parts);
        }
        visit::walk_assignment(self, assignment);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
        if let ParameterOp::Assign { word, .. } = &parameter.op {
            self.set(parameter.name.as_str(), Given::Default(word));
        }
        if let Some(Subscript::Index(word)) = &parameter.subscript {
            self.evaluated(&word.parts);
        }
        visit::walk_parameter(self, parameter);
    }

    fn arithmetic(&mut self, arithmetic: &'s Arithmetic) {
        match &arithmetic.expression {
            Some(expression) => self.expression(expression),
            None => self.evaluated(&arithmetic.parts),
        }
        visit::walk_parts(self, &arithmetic.parts);
    }
}

/// The array that `mapfile -t NAME < <(commands)` fills, and the commands.
fn mapped<'s>(simple: &Simple, command: &'s Command) -> Option<(String, &'s [Command])> {
    let words: Vec<String> = simple.words.iter().map(Word::plain).collect::<Option<_>>()?;
    let [program, option, name] = words.as_slice() else { return None };
    let fills = ["mapfile", "readarray"].contains(&program.as_str()) && option == "-t" && is_name(name);
    let source = substituted(command).filter(|_| fills && simple.assignments.is_empty())?;
    Some((name.clone(), source))
}

/// Calls `on` with each variable that an expression sets.
pub(super) fn each_sum<'e>(expression: &'e Expression, on: &mut dyn FnMut(&'e str, Given<'static>)) {
    let mut target = |target: &'e Expression, given: Given<'static>| {
        if let Expression::Variable(name, _) = target {
            on(name, given);
        }
    };
    let counted = |op: &str| Given::Counted { up: ["++", "+="].contains(&op) };
    match expression {
        Expression::Unary(op, inner) | Expression::Postfix(inner, op)
            if ["++", "--"].contains(&op.as_str()) =>
        {
            target(inner, counted(op));
        }
        Expression::Assign(left, op, _) if op == "=" => target(left, Given::Number),
        Expression::Assign(left, op, _) => target(left, counted(op)),
        _ => {}
    }
    match expression {
        Expression::Number(_) | Expression::Variable(_, None) | Expression::Word(_) => {}
        Expression::Variable(_, Some(inner))
        | Expression::Unary(_, inner)
        | Expression::Postfix(inner, _) => {
            each_sum(inner, on);
        }
        Expression::Binary(a, _, b) | Expression::Assign(a, _, b) => {
            each_sum(a, on);
            each_sum(b, on);
        }
        Expression::Conditional(a, b, c) => {
            for inner in [a, b, c] {
                each_sum(inner, on);
            }
        }
    }
}
