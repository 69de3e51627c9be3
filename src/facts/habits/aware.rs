//! Scripts that look at themselves: at the options in force, at who runs them, at their own text.

use rustc_hash::FxHashSet;

use crate::bash::syntax::{
    Arithmetic, Case, Command, CommandKind, Declare, Operand, Parameter, ParameterOp, Redirect, Script,
    Simple, Target, Test, Word,
};
use crate::bash::visit::{self, Visitor};
use crate::source::Span;

use super::bound::ALWAYS_SET;
use super::names::{self, Names};
use super::told;

/// Who gets `$0` and does not read that file.
const NAMES_ONLY: &[&str] =
    &["[", "basename", "dirname", "echo", "exec", "printf", "readlink", "realpath", "test"];

/// What a script looks at.
#[derive(Debug, Default)]
pub(super) struct Aware {
    /// The options, who runs it; or it takes away what counts as always there.
    pub depends: bool,
    /// Its own text.
    pub reads_itself: bool,
    functions: FxHashSet<String>,
    unset: Vec<String>,
    /// How many functions are around.
    inside: usize,
}

/// What `script` and its traps look at.
pub(super) fn of(script: &Script) -> Aware {
    let names = Names::of(script);
    let mut aware = Aware::default();
    visit::walk_script(&mut aware, script);
    for text in names.traps.values() {
        visit::walk_script(&mut aware, text);
    }
    let gone = |name: &String| aware.functions.contains(name) || ALWAYS_SET.contains(&name.as_str());
    aware.depends |= aware.unset.iter().any(gone);
    aware
}

impl Aware {
    fn simple(&mut self, simple: &Simple) {
        let known = names::command(simple);
        let operands = known.as_ref().map_or_else(|| simple.words.get(1..).unwrap_or_default(), |it| it.1);
        let name = known.as_ref().map_or("", |it| it.0.as_str());
        self.reads_itself |=
            name == "caller" || !NAMES_ONLY.contains(&name) && operands.iter().any(is_own_file);
        let plain: Vec<String> = operands.iter().map(|word| word.plain().unwrap_or_default()).collect();
        let words: Vec<&str> = plain.iter().map(String::as_str).collect();
        let flagged = |letter: char| words.iter().any(|word| word.starts_with('-') && word.contains(letter));
        match name {
            "[" | "test" => {
                let asks = |at: usize| {
                    words[at] == "-o" && (at == 0 || ["!", "(", "-a", "-o"].contains(&words[at - 1]))
                };
                self.depends |= (0..words.len()).any(asks);
                self.looks(operands);
            }
            "shopt" => self.depends |= flagged('o'),
            "set" => self.depends |= words.last().is_some_and(|last| ["-o", "+o"].contains(last)),
            // Outside of functions it is for a file that is sourced.
            "return" => self.depends |= self.inside == 0,
            "unset" => {
                self.depends |= flagged('f');
                self.unset.extend(plain);
            }
            _ => {}
        }
    }

    /// A test of how the script was called.
    fn looks(&mut self, words: &[Word]) {
        let mut caller = Caller(false);
        for word in words {
            caller.word(word);
        }
        self.depends |= caller.0;
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Word(word) => self.looks(std::slice::from_ref(word)),
            Test::Unary(op, word) => {
                self.depends |= op == "-o";
                self.looks(std::slice::from_ref(word));
            }
            Test::Binary(left, _, right) => [left, right].iter().for_each(|word| {
                self.looks(std::slice::from_ref(*word));
            }),
            Test::Not(inner) => self.test(inner),
            Test::And(left, right) | Test::Or(left, right) => {
                self.test(left);
                self.test(right);
            }
        }
    }

    fn declare(&mut self, declare: &Declare) {
        let keyword = declare.keyword.plain().unwrap_or_default();
        if !["export", "readonly"].contains(&keyword.as_str()) {
            let own = |operand: &Operand| match operand {
                Operand::Name(name) => ALWAYS_SET.contains(&name.name.as_str()),
                _ => false,
            };
            self.depends |= declare.operands.iter().any(own);
        }
    }
}

impl<'s> Visitor<'s> for Aware {
    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Simple(simple) => self.simple(simple),
            CommandKind::Declare(declare) => self.declare(declare),
            CommandKind::Test(test) => self.test(test),
            CommandKind::Case(Case { word, .. }) => self.looks(std::slice::from_ref(word)),
            CommandKind::Coproc(_) => self.depends = true,
            CommandKind::Function(function) => {
                self.functions.insert(function.name.clone());
                self.inside += 1;
                visit::walk_command(self, command);
                self.inside -= 1;
                return;
            }
            _ => {}
        }
        visit::walk_command(self, command);
    }

    fn redirect(&mut self, redirect: &'s Redirect) {
        if let Target::Word(word) = &redirect.target {
            self.reads_itself |= is_own_file(word);
        }
        visit::walk_redirect(self, redirect);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _: Span) {
        self.depends |= parameter.name == "-";
        visit::walk_parameter(self, parameter);
    }

    fn arithmetic(&mut self, arithmetic: &'s Arithmetic) {
        let mut caller = Caller(false);
        visit::walk_parts(&mut caller, &arithmetic.parts);
        self.depends |= caller.0;
        visit::walk_parts(self, &arithmetic.parts);
    }
}

/// `"$0"`, `"${BASH_SOURCE[0]}"`
fn is_own_file(word: &Word) -> bool {
    told::only(word).is_some_and(|it| {
        ["0", "BASH_SOURCE"].contains(&it.name.as_str()) && matches!(it.op, ParameterOp::Plain)
    })
}

/// Whether words say who runs the script.
struct Caller(bool);

impl<'s> Visitor<'s> for Caller {
    fn parameter(&mut self, parameter: &'s Parameter, _: Span) {
        self.0 |= ["0", "BASH_SOURCE", "FUNCNAME"].contains(&parameter.name.as_str());
        visit::walk_parameter(self, parameter);
    }
}
