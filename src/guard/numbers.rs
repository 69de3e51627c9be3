//! Which variables can only hold numbers.
//!
//! Bash evaluates the value of a variable in arithmetic, and a value such as `a[$(command)]` runs the command. So
//! arithmetic is inert only over variables that every assignment of the texts gives a number.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::syntax::{
    Arithmetic, Assignment, Command, CommandKind, Declare, Expression, For, Operand, Parameter, ParameterOp,
    Part, PartKind, Script, Sequence, Subscript, Value, Word,
};
use crate::bash::visit::{self, Visitor};
use crate::bash::{is_name, is_shells_own};
use crate::source::Span;

use super::builtins::{SETTING, named};
use super::sums::summed;

/// What is known of the texts' variables.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// By name: whether every assignment gives a number.
    variables: FxHashMap<String, bool>,
    /// Associative arrays: their keys are not evaluated.
    keyed: FxHashSet<String>,
    /// Whether a loop takes its words from an array.
    from_arrays: bool,
    /// Whether one of the shell's own numbers is given something else: it is taken for a number nowhere then.
    own_are_lost: bool,
}

/// The shell's own numbers.
const OWN: [&str; 12] =
    ["#", "?", "$", "!", "RANDOM", "SRANDOM", "SECONDS", "LINENO", "BASHPID", "EPOCHSECONDS", "UID", "EUID"];

impl Numbers {
    /// Reads all assignments of these texts.
    pub(super) fn of<'s>(scripts: impl Iterator<Item = &'s Script> + Clone) -> Self {
        let mut numbers = Self::default();
        for script in scripts.clone() {
            visit::walk_script(&mut numbers, script);
        }
        // What an array may hold is known only when all of its assignments are.
        if numbers.from_arrays {
            for script in scripts {
                visit::walk_script(&mut numbers, script);
            }
        }
        numbers
    }

    fn assigned(&mut self, name: &str, number: bool) {
        // What `grep -n` says of a file that is no text begins with such a word.
        self.own_are_lost |= OWN.contains(&name) && !number || ["grep", "Binary"].contains(&name);
        *self.variables.entry(name.to_owned()).or_insert(true) &= number;
    }

    /// Whether the parameter can only hold a number.
    fn is_number(&self, name: &str) -> bool {
        match self.variables.get(name) {
            Some(number) if !is_shells_own(name) => *number && !self.own_are_lost,
            _ => OWN.contains(&name),
        }
    }

    /// Whether a variable is given numbers, and nothing else.
    pub(super) fn is_given_numbers(&self, name: &str) -> bool {
        self.variables.get(name) == Some(&true) && !is_shells_own(name)
    }

    /// Whether an arithmetic text evaluates nothing but numbers.
    pub(super) fn is_inert(&self, arithmetic: &Arithmetic) -> bool {
        self.parts_are_inert(&arithmetic.parts)
    }

    /// Whether what a subscript's word evaluates is only numbers.
    pub(super) fn is_inert_subscript(&self, array: &str, subscript: &Subscript) -> bool {
        match subscript {
            Subscript::All | Subscript::Star => true,
            Subscript::Index(word) => {
                self.parts_are_inert(&word.parts) || self.keyed.contains(array) && !has_commands(word)
            }
        }
    }

    /// Whether a word that is evaluated as arithmetic is only numbers.
    pub(super) fn is_inert_word(&self, word: &Word) -> bool {
        self.parts_are_inert(&word.parts)
    }

    /// Whether everything in a word that the shell splits is a number.
    pub(super) fn splits_numbers(&self, word: &Word) -> bool {
        word.parts.iter().all(|part| match &part.kind {
            PartKind::Parameter(parameter) => self.is_number_parameter(parameter),
            PartKind::Command(substitution) => prints_number(&substitution.body),
            _ => true,
        })
    }

    /// Whether all that is not written in a word is a number.
    pub(super) fn fills_with_numbers(&self, parts: &[Part]) -> bool {
        parts.iter().all(|part| match &part.kind {
            PartKind::Literal(_) | PartKind::Quoted(_) | PartKind::Arithmetic(_) => true,
            PartKind::DoubleQuoted(inner) => self.fills_with_numbers(inner),
            PartKind::Parameter(parameter) => self.is_number_parameter(parameter),
            PartKind::Command(substitution) => prints_number(&substitution.body),
            PartKind::Process(_) => false,
        })
    }

    fn parts_are_inert(&self, parts: &[Part]) -> bool {
        parts.iter().all(|part| match &part.kind {
            PartKind::Literal(text) | PartKind::Quoted(text) => {
                !text.contains(['\'', '"', '\\', '`']) && identifiers(text).all(|name| self.is_number(name))
            }
            PartKind::DoubleQuoted(parts) => self.parts_are_inert(parts),
            PartKind::Parameter(parameter) => self.is_number_parameter(parameter),
            PartKind::Command(substitution) => prints_number(&substitution.body),
            PartKind::Arithmetic(arithmetic) => self.is_inert(arithmetic),
            PartKind::Process(_) => false,
        })
    }

    fn is_number_parameter(&self, parameter: &Parameter) -> bool {
        let subscript = parameter
            .subscript
            .as_ref()
            .is_none_or(|subscript| self.is_inert_subscript(&parameter.name, subscript));
        if parameter.indirect || !subscript {
            return false;
        }
        match &parameter.op {
            ParameterOp::Length => true,
            ParameterOp::Plain => self.is_number(&parameter.name),
            ParameterOp::Default { word, .. } => {
                self.is_number(&parameter.name) && self.parts_are_inert(&word.parts)
            }
            _ => false,
        }
    }

    fn gives_number(word: &Word) -> bool {
        fn part(part: &Part) -> bool {
            match &part.kind {
                PartKind::Literal(text) | PartKind::Quoted(text) => {
                    text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit())
                }
                PartKind::DoubleQuoted(parts) => parts.iter().all(Numbers::part_gives_number),
                PartKind::Arithmetic(_) => true,
                PartKind::Parameter(parameter) => {
                    !parameter.indirect
                        && (matches!(parameter.op, ParameterOp::Length)
                            || matches!(parameter.op, ParameterOp::Plain)
                                && OWN.contains(&parameter.name.as_str()))
                }
                PartKind::Command(substitution) => prints_number(&substitution.body),
                PartKind::Process(_) => false,
            }
        }
        !word.braces && word.parts.iter().all(part) || is_range(word)
    }

    fn part_gives_number(part: &Part) -> bool {
        let word = Word { parts: vec![part.clone()], braces: false, span: part.span };
        Self::gives_number(&word)
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Number(_) | Expression::Variable(..) | Expression::Word(_) => {}
            Expression::Unary(_, inner) | Expression::Postfix(inner, _) => self.expression(inner),
            Expression::Binary(a, _, b) => {
                self.expression(a);
                self.expression(b);
            }
            Expression::Conditional(a, b, c) => {
                for inner in [a, b, c] {
                    self.expression(inner);
                }
            }
            Expression::Assign(target, op, value) => {
                if let (Expression::Variable(name, None), "=") = (target.as_ref(), op.as_str()) {
                    self.assigned(name, true);
                }
                self.expression(value);
            }
        }
    }

    fn loop_over(&mut self, each: &For) {
        // `"${numbers[@]}"`
        let element = |word: &Word| {
            matches!(word.parts.as_slice(), [Part { kind: PartKind::DoubleQuoted(inner), .. }]
                if matches!(inner.as_slice(), [Part { kind: PartKind::Parameter(parameter), .. }]
                    if matches!(parameter.subscript, Some(Subscript::All)) && self.is_number_parameter(parameter)))
        };
        let number = each
            .words
            .as_ref()
            .is_some_and(|words| words.iter().all(|word| Self::gives_number(word) || element(word)));
        self.from_arrays |= each.words.iter().flatten().any(element);
        self.assigned(&each.variable.name, number);
    }

    fn declared(&mut self, declare: &Declare) {
        let flag = |letter: char| {
            declare.operands.iter().any(
                |operand| matches!(operand, Operand::Flag(word) if word.plain().is_some_and(|text| text.contains(letter))),
            )
        };
        for operand in &declare.operands {
            match operand {
                Operand::Name(name) if flag('A') => {
                    self.keyed.insert(name.name.clone());
                }
                Operand::Assignment(assignment) if flag('A') => {
                    self.keyed.insert(assignment.target.name.clone());
                }
                _ => {}
            }
        }
    }
}

impl<'s> Visitor<'s> for Numbers {
    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::For(each) => self.loop_over(each),
            CommandKind::Select(each) => {
                self.loop_over(each);
                self.assigned("REPLY", false);
            }
            CommandKind::Declare(declare) => self.declared(declare),
            CommandKind::Simple(simple) => {
                for expression in summed(simple).iter().flatten() {
                    visit::walk_script(self, expression);
                }
                let words = simple.words.iter().skip(1).filter_map(Word::plain);
                let sets = simple.words.first().is_some_and(|first| {
                    let Some(name) = first.plain() else { return true };
                    // What `let` gives is a number.
                    name != "let" && SETTING.contains(&name.as_str())
                        || ["export", "declare", "local"].contains(&name.as_str())
                });
                if sets {
                    for word in words {
                        let name = named(&word);
                        if is_name(name) {
                            self.assigned(name, false);
                        }
                    }
                    self.assigned("REPLY", false);
                }
            }
            _ => {}
        }
        visit::walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        let number = match &assignment.value {
            Value::Scalar(word) => Self::gives_number(word),
            Value::Array(elements) => elements.iter().all(|element| Self::gives_number(&element.value)),
        };
        self.assigned(&assignment.target.name, number);
        visit::walk_assignment(self, assignment);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
        if let ParameterOp::Assign { word, .. } = &parameter.op {
            self.assigned(&parameter.name, Self::gives_number(word));
        }
        visit::walk_parameter(self, parameter);
    }

    fn arithmetic(&mut self, arithmetic: &'s Arithmetic) {
        if let Some(expression) = &arithmetic.expression {
            self.expression(expression);
        }
        visit::walk_parts(self, &arithmetic.parts);
    }
}

/// Whether a jq program prints nothing but lengths.
fn counts(program: &str) -> bool {
    let last = program.rsplit('|').next().unwrap_or(program).trim();
    last == "length" && !program.contains([',', '(', '"', ';'])
}

/// The names in an arithmetic text.
fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '#' || c == '@'))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

fn has_commands(word: &Word) -> bool {
    fn commands(part: &Part) -> bool {
        match &part.kind {
            PartKind::Command(_) | PartKind::Process(_) | PartKind::Arithmetic(_) => true,
            PartKind::DoubleQuoted(parts) => parts.iter().any(commands),
            PartKind::Literal(_) | PartKind::Quoted(_) | PartKind::Parameter(_) => false,
        }
    }
    word.parts.iter().any(commands)
}

/// `{1..5}`
fn is_range(word: &Word) -> bool {
    word.plain().is_some_and(|text| {
        text.starts_with('{')
            && text.ends_with('}')
            && text.bytes().all(|byte| byte.is_ascii_digit() || b"{}.,-".contains(&byte))
    })
}

/// Whether these commands print the numbers of lines in one file: `grep -n text file | head -1 | cut -d: -f1`.
fn prints_line_numbers(stages: &[Command]) -> bool {
    let Some(lists) = super::starts::written(stages) else { return false };
    let lists: Vec<Vec<&str>> =
        lists.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
    let Some((first, filters)) = lists.split_first() else { return false };
    let keeps =
        |words: &Vec<&str>| matches!(words.as_slice(), ["head" | "tail", option] if option.starts_with('-'));
    let cuts =
        |words: &&Vec<&str>| matches!(words.as_slice(), ["cut", "-d:", "-f1"] | ["cut", "-d", ":", "-f1"]);
    let finds = match first.as_slice() {
        ["grep", option, pattern, file] => {
            ["-n", "-nE", "-En", "-nF", "-Fn", "-ni", "-in"].contains(option)
                && !pattern.starts_with('-')
                && !file.starts_with('-')
        }
        ["grep", "-n", "-m1", pattern, file] | ["grep", "-m1", "-n", pattern, file] => {
            !pattern.starts_with('-') && !file.starts_with('-')
        }
        _ => false,
    };
    finds
        && filters.iter().filter(|words| cuts(words)).count() == 1
        && filters.iter().all(|words| cuts(&words) || keeps(words))
}

/// Whether a substitution prints a number, or numbers.
fn prints_number(body: &Sequence) -> bool {
    let [statement] = body.statements.as_slice() else { return false };
    if prints_line_numbers(&statement.first.stages) && statement.rest.is_empty() {
        return true;
    }
    let Some(last) = statement.first.stages.last() else { return false };
    let CommandKind::Simple(simple) = &last.kind else { return false };
    let words: Option<Vec<String>> = simple.words.iter().map(Word::plain).collect();
    let Some(words) = words.filter(|_| statement.rest.is_empty()) else { return false };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_name = |word: &&str| !word.starts_with('-') && !word.contains(['*', '?', '[', '{', '~']);
    match words.as_slice() {
        ["wc", "-l" | "-c" | "-w" | "-m"]
        | ["nproc"]
        | ["date", "+%s" | "+%s%N"]
        | ["id", "-u" | "-g"]
        | ["stat", "-c", "%s" | "%Y" | "%a", _] => true,
        ["seq", numbers @ ..] => numbers.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_digit())),
        // One file: of several it prints the names, too.
        ["grep", option, rest @ ..] if rest.len() < 3 => {
            ["-c", "-ic", "-ci", "-vc", "-cv", "-cE", "-Ec", "--count"].contains(option)
                && rest.iter().all(is_name)
        }
        ["git", "rev-list", "--count", rest @ ..] => rest.iter().all(is_name),
        ["jq", program, file @ ..] | ["jq", "-r", program, file @ ..] if file.len() < 2 => {
            counts(program) && file.iter().all(is_name)
        }
        _ => false,
    }
}
