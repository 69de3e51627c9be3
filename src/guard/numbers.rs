//! Which variables can only hold numbers.
//!
//! Bash evaluates the value of a variable in arithmetic, and a value such as `a[$(command)]` runs the command. So
//! arithmetic is inert only over variables that every assignment of the texts gives a number.

use rustc_hash::FxHashMap;

use crate::bash::is_shells_own;
use crate::bash::syntax::{
    Arithmetic, Command, CommandKind, Fd, Parameter, ParameterOp, Part, PartKind, Redirect, RedirectOp,
    Sequence, Subscript, Target, Word,
};

use super::keyed::Keyed;
use super::sets::{Given, Set, Sets};

/// What is known of the texts' variables.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// By name: whether every assignment gives a number.
    variables: FxHashMap<String, bool>,
    /// Associative arrays of the text at hand: their keys are not evaluated.
    keyed: Keyed,
    /// Whether a loop takes its words from an array.
    from_arrays: bool,
    /// Whether one of the shell's own numbers is given something else: it is taken for a number nowhere then.
    own_are_lost: bool,
}

/// The shell's own numbers.
const OWN: [&str; 12] =
    ["#", "?", "$", "!", "RANDOM", "SRANDOM", "SECONDS", "LINENO", "BASHPID", "EPOCHSECONDS", "UID", "EUID"];

impl Numbers {
    /// From all that the texts set.
    pub(super) fn of(sets: &Sets<'_>) -> Self {
        let mut numbers = Self::default();
        numbers.add(sets);
        // What an array may hold is known only when all of its assignments are.
        if numbers.from_arrays {
            numbers.add(sets);
        }
        numbers
    }

    fn add(&mut self, sets: &Sets<'_>) {
        for Set { name, given, .. } in sets.iter() {
            let number = match given {
                Given::Word(word) | Given::Default(word) | Given::Piece(word) | Given::Element(word) => {
                    Self::gives_number(word)
                }
                Given::Elements(elements) => {
                    elements.iter().all(|element| Self::gives_number(&element.value))
                }
                Given::Each(words) => self.loops_over_numbers(words),
                Given::Number => true,
                // Of what it was nothing is known by that.
                Given::Counted { .. } | Given::Nothing | Given::Array => continue,
                Given::Anything | Given::Line { .. } | Given::Lines(_) => false,
            };
            self.assigned(name, number);
        }
    }

    /// Looks at what stands in that text from now on.
    pub(super) fn enter(&mut self, keyed: Keyed) {
        self.keyed = keyed;
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
                self.parts_are_inert(&word.parts)
                    || self.keyed.contains(array, word.span) && !has_commands(word)
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

    /// Whether each word of a loop is a number.
    fn loops_over_numbers(&mut self, words: &[Word]) -> bool {
        // `"${numbers[@]}"`
        let element = |word: &Word| {
            matches!(word.parts.as_slice(), [Part { kind: PartKind::DoubleQuoted(inner), .. }]
                if matches!(inner.as_slice(), [Part { kind: PartKind::Parameter(parameter), .. }]
                    if matches!(parameter.subscript, Some(Subscript::All)) && self.is_number_parameter(parameter)))
        };
        let numbers = words.iter().all(|word| Self::gives_number(word) || element(word));
        let arrays = words.iter().any(element);
        self.from_arrays |= arrays;
        numbers
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
    // An error begins with a program's name, which may be a variable's.
    let errors = |stage: &Command| {
        let quiet = |redirect: &Redirect| {
            let reads =
                matches!(redirect.op, RedirectOp::Input | RedirectOp::HereString | RedirectOp::HereDocument);
            let drops = matches!(&redirect.target, Target::Word(word) if word.plain().as_deref() == Some("/dev/null"));
            reads || drops && redirect.fd == Some(Fd::Number(2))
        };
        !stage.redirects.iter().all(quiet)
    };
    if statement.first.stages.iter().any(errors) {
        return false;
    }
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
        ["wc", "-l" | "-c" | "-w" | "-m"] | ["nproc"] | ["date", "+%s" | "+%s%N"] | ["id", "-u" | "-g"] => {
            true
        }
        ["stat", "-c", "%s" | "%Y" | "%a", file] => !file.starts_with('-'),
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
