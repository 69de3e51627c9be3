//! What is set, and how many fields words come to at least.

use crate::bash::syntax::{
    Arithmetic, Arm, Assignment, Case, Parameter, ParameterOp, Part, PartKind, Sequence, Subscript, Value,
    Word,
};
use crate::bash::visit::{self, Visitor};

use super::Walk;
use super::expand::divides;
use crate::facts::habits::names::{self, Target};
use crate::facts::habits::told::{self as tests, Fact};

impl<'s> Walk<'s> {
    /// A variable is set, unless an `unset` somewhere may take it away again.
    pub(super) fn set(&mut self, name: &str) {
        let base = name.split('[').next().unwrap_or_default();
        if !self.names.unset.contains(base) {
            self.now.add(name);
        }
    }

    /// Whether the elements of an array are known from its one assignment.
    fn assigned_once(&self, name: &str) -> bool {
        self.names.arrays.get(name).is_none_or(|times| *times == 1)
    }

    pub(super) fn assigned(&mut self, assignment: &'s Assignment) {
        visit::walk_assignment(self, assignment);
        let mut fails = Fails(false);
        visit::walk_assignment(&mut fails, assignment);
        if fails.0 {
            return;
        }
        let name = assignment.target.name.as_str();
        match (&assignment.value, assignment.target.subscript.as_deref()) {
            (Value::Scalar(_), None) if !self.names.arrays.contains_key(name) => self.set(name),
            // Of an array, it is the first element.
            (Value::Scalar(_), None) => {
                if self.assigned_once(name) {
                    self.set(name);
                }
            }
            (Value::Scalar(_), Some(subscript)) => {
                self.set(&format!("{name}[@]"));
                if let Subscript::Index(index) = subscript {
                    self.subscript(name, index);
                    if let (Some(index), true) = (index.plain(), self.assigned_once(name)) {
                        self.set(&format!("{name}[{index}]"));
                    }
                }
            }
            (Value::Array(elements), _) => {
                self.set(&format!("{name}[@]"));
                if !assignment.append && self.assigned_once(name) {
                    let keyless = elements.iter().take_while(|element| element.key.is_none());
                    let words: Vec<&Word> = keyless.map(|element| &element.value).collect();
                    let count: usize = words.iter().map(|word| self.field(word)).sum();
                    if count > 0 {
                        self.set(name);
                    }
                    (0..count).for_each(|index| self.set(&format!("{name}[{index}]")));
                }
            }
        }
    }

    /// What a builtin sets.
    pub(super) fn targets(&mut self, name: &str, operands: &[Word]) {
        if name == "getopts" {
            self.now.forget("OPTARG");
        }
        if may_leave(name, operands) {
            return;
        }
        for target in names::targets(name, operands) {
            match target {
                Target::Scalar(name) => self.set(&name),
                Target::Array(name) => self.set(&format!("{name}[@]")),
            }
        }
    }

    /// `for i in "${!a[@]}"`: in the loop, `${a[$i]}` is set.
    pub(super) fn index(&mut self, name: &str, words: Option<&'s [Word]>) {
        let Some([word]) = words else { return };
        let Some(parameter) = keys(word) else { return };
        if !self.names.assigned.contains(name) && self.assigned_once(&parameter.name) {
            self.set(&format!("{}[${name}]", parameter.name));
        }
    }

    /// The variable of a loop has another value from here on.
    pub(super) fn forget_index(&mut self, name: &str) {
        let end = format!("[${name}]");
        self.now.names.retain(|known| !known.ends_with(&end));
    }

    /// How many fields words come to, at least.
    pub(super) fn fields(&self, words: &[Word]) -> usize {
        words.iter().map(|word| self.field(word)).sum()
    }

    fn field(&self, word: &Word) -> usize {
        if word.braces {
            return 0;
        }
        let solid = |part: &Part| match &part.kind {
            PartKind::Literal(text) => !text.is_empty() && !text.contains(['*', '?', '[']),
            PartKind::Quoted(_) => true,
            PartKind::DoubleQuoted(parts) => !parts.iter().any(|part| match &part.kind {
                PartKind::Parameter(parameter) => is_list(parameter),
                _ => false,
            }),
            _ => false,
        };
        if word.parts.iter().any(solid) {
            return 1;
        }
        match tests::only(word) {
            Some(it) if it.name == "@" && matches!(it.op, ParameterOp::Plain) && is_quoted(word) => {
                self.now.count
            }
            _ => 0,
        }
    }

    /// What an arm of a `case` tells of what was looked at.
    pub(super) fn arm(&mut self, case: &'s Case, arm: &'s Arm, before: &[&'s Arm]) {
        let number = |pattern: &Word| pattern.plain().and_then(|text| text.parse::<usize>().ok());
        if tests::is_count(&case.word) {
            let least = arm.patterns.iter().map(number).min().flatten();
            let earlier: Vec<usize> =
                before.iter().flat_map(|arm| &arm.patterns).filter_map(number).collect();
            let open = (0..=earlier.len()).find(|count| !earlier.contains(count)).unwrap_or(0);
            let known = arm.patterns.iter().all(|pattern| number(pattern).is_some());
            let count = if known { least.unwrap_or(0) } else { open };
            Fact::Count(count).add_to(&mut self.now);
            return;
        }
        let solid = |pattern: &Word| {
            pattern.plain().is_some_and(|text| text.chars().any(|c| c.is_alphanumeric() || c == '-'))
        };
        if let Some(fact) = tests::held(&case.word).filter(|_| arm.patterns.iter().all(solid)) {
            fact.add_to(&mut self.now);
        }
        self.option(case, arm, before);
    }

    /// In the arm of an option with an argument, `OPTARG` is set.
    fn option(&mut self, case: &Case, arm: &Arm, before: &[&Arm]) {
        let Some(name) = tests::only(&case.word).filter(|it| matches!(it.op, ParameterOp::Plain)) else {
            return;
        };
        let Some(options) = self.getopts.get(&name.name) else { return };
        let silent = options.starts_with(':');
        let letters: Vec<char> = options.chars().filter(|c| *c != ':').collect();
        let takes = |letter: char| {
            let mut found = options.match_indices(letter);
            found.next().is_some_and(|(at, it)| options[at + it.len()..].starts_with(':'))
        };
        let had = |letter: &char| {
            let is_it = |pattern: &Word| pattern.plain().is_some_and(|text| text == letter.to_string());
            before.iter().flat_map(|arm| &arm.patterns).any(is_it)
        };
        let all_had = letters.iter().all(had);
        let fits = |pattern: &Word| {
            let literal = matches!(pattern.parts.as_slice(), [Part { kind: PartKind::Literal(_), .. }]);
            match pattern.plain().as_deref() {
                Some(":") => silent,
                Some("?") if !literal => silent,
                Some("?" | "*") => silent && all_had,
                Some(text) => {
                    let mut chars = text.chars();
                    matches!((chars.next(), chars.next()), (Some(letter), None) if takes(letter))
                }
                None => false,
            }
        };
        if arm.patterns.iter().all(fits) {
            self.now.add("OPTARG");
        }
    }
}

/// Whether arithmetic in what is assigned may fail.
struct Fails(bool);

impl<'s> Visitor<'s> for Fails {
    /// What a substitution runs fails for itself.
    fn sequence(&mut self, _: &'s Sequence) {}

    fn arithmetic(&mut self, arithmetic: &'s Arithmetic) {
        self.0 |= arithmetic.expression.as_deref().is_none_or(divides);
        visit::walk_parts(self, &arithmetic.parts);
    }
}

/// Whether a builtin may leave what it is to set: it only asks whether there is input (`read -t 0`), its descriptor may not
/// be open, nothing is there to print or to wait for.
fn may_leave(name: &str, operands: &[Word]) -> bool {
    let plain: Vec<Option<String>> = operands.iter().map(Word::plain).collect();
    let option = |text: &Option<String>, letter: char| {
        text.as_deref().is_some_and(|text| text.starts_with('-') && text.contains(letter))
    };
    let waits = |at: usize| {
        let time = plain.get(at + 1).and_then(|time| time.as_deref()?.parse::<f64>().ok());
        plain[at].as_deref().is_some_and(|text| text.ends_with('t')) && time.is_some_and(|time| time > 0.0)
    };
    match name {
        "read" => (0..plain.len()).any(|at| option(&plain[at], 'u') || option(&plain[at], 't') && !waits(at)),
        "mapfile" | "readarray" => plain.iter().any(|text| option(text, 'u')),
        "printf" => operands.len() < 3,
        "wait" => true,
        _ => false,
    }
}

/// The array of `"${!a[@]}"`.
fn keys(word: &Word) -> Option<&Parameter> {
    tests::only(word).filter(|it| matches!(it.op, ParameterOp::Keys))
}

fn is_quoted(word: &Word) -> bool {
    matches!(word.parts.as_slice(), [Part { kind: PartKind::DoubleQuoted(_), .. }])
}

fn is_list(parameter: &Parameter) -> bool {
    parameter.name == "@"
        || matches!(parameter.subscript, Some(Subscript::All))
        || parameter.indirect
        || matches!(parameter.op, ParameterOp::Keys | ParameterOp::Names)
}
