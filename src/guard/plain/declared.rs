//! `declare` and its like: which variables they set, and what the shell evaluates by them.

use crate::bash::is_shells_own;
use crate::bash::syntax::{Assignment, Declare, Operand, Value};
use crate::commands::HOLE;

use super::super::environment::{Class, class};
use super::{Plain, known_text, value_text};

impl Plain<'_> {
    /// Looks at one.
    pub(super) fn declare(&mut self, declare: &Declare) {
        let keyword = declare.keyword.plain().unwrap_or_default();
        for assignment in &declare.assignments {
            self.set(&assignment.target.name, None, assignment.span, true);
        }
        let mut exported = keyword == "export";
        let is_print = |operand: &Operand| matches!(operand, Operand::Flag(word) if word.plain().as_deref() == Some("-p"));
        let prints_only =
            ["declare", "typeset"].contains(&keyword.as_str()) && declare.operands.iter().any(is_print);
        let array = declare.operands.iter().any(|operand| {
            matches!(operand, Operand::Flag(word)
            if word.plain().is_none_or(|flags| flags.contains(['a', 'A'])))
        });
        for operand in &declare.operands {
            match operand {
                Operand::Flag(word) => {
                    let flags = word.plain().unwrap_or_else(|| "n".to_owned());
                    exported |= flags.starts_with('-') && flags.contains('x');
                    let counts = !flags.contains('n') && self.declares_numbers(declare);
                    if flags.contains(['i', 'n']) && !(keyword == "export" && flags == "-n") && !counts {
                        let what = format!("`{keyword} {flags}` makes the shell evaluate values later");
                        self.ask("evaluated-later", word.span, what);
                    }
                }
                // It is printed, as it is.
                Operand::Name(name) if prints_only && !self.names.matches(&name.name) => {}
                // It keeps its value, which was judged where it was given; others see it from now on.
                Operand::Name(name) if exported && class(&name.name) != Class::Own => {}
                Operand::Name(name) => self.set(&name.name, None, name.span, exported),
                Operand::Assignment(assignment) => {
                    let value = value_text(assignment);
                    self.set(&assignment.target.name, value.as_deref(), assignment.span, exported);
                    let name = assignment.target.name.as_str();
                    let own = is_shells_own(name) || name.starts_with("BASH_");
                    if array || own || self.arrays.contains(name) {
                        self.elements(assignment);
                    }
                }
                Operand::Dynamic(word) => {
                    let what = format!("which variable `{keyword}` sets is not known");
                    self.ask("computed-name", word.span, what);
                }
            }
        }
        let prints = declare.operands.iter().all(|operand| matches!(operand, Operand::Flag(_)));
        if prints && keyword != "local" {
            let shows_functions = declare.operands.iter().any(
                |operand| matches!(operand, Operand::Flag(word) if word.plain().is_some_and(|flags| flags.contains(['f', 'F']))),
            );
            if !shows_functions {
                let what = format!("`{keyword}` prints every variable, secrets too");
                self.ask("prints-secret", declare.keyword.span, what);
            }
        }
    }

    /// A value for an array: as a text in parentheses it is read as a list of elements, with all that stands in it.
    fn elements(&mut self, assignment: &Assignment) {
        let Value::Scalar(word) = &assignment.value else { return };
        let texts = self.constants.texts(word).unwrap_or_else(|| vec![known_text(&word.parts)]);
        let lists = |text: &&String| text.starts_with('(') || text.starts_with(HOLE);
        if self.numbers.fills_with_numbers(&word.parts) && !texts.iter().any(|text| text.starts_with('(')) {
            return;
        }
        let Some(text) = texts.iter().find(lists) else { return };
        if text.starts_with('(') {
            self.looks.evaluated.push((self.at(assignment.span), format!("a={text}")));
        }
        let what =
            format!("the value of the array `{}` may be a list that holds commands", assignment.target.name);
        self.ask("evaluated-later", assignment.span, what);
    }

    /// Whether all variables that it declares are only given numbers.
    fn declares_numbers(&self, declare: &Declare) -> bool {
        declare.operands.iter().all(|operand| match operand {
            Operand::Flag(_) => true,
            Operand::Name(name) => self.numbers.is_given_numbers(&name.name),
            Operand::Assignment(assignment) => self.numbers.is_given_numbers(&assignment.target.name),
            Operand::Dynamic(_) => false,
        })
    }
}
