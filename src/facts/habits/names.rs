//! What a script says about names anywhere, whatever the order in which it runs.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::is_name;
use crate::bash::syntax::{
    Arithmetic, Assignment, Command, CommandKind, Declare, Expression, Operand, Part, PartKind, Script,
    Simple, Value, Word,
};
use crate::bash::visit::{self, Visitor};

/// What it says.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// How often a whole array is assigned.
    pub arrays: FxHashMap<String, usize>,
    /// Variables that are set in another way than by a `for`.
    pub assigned: FxHashSet<String>,
    /// Arrays with words for keys.
    pub keyed: FxHashSet<String>,
    /// Variables that `unset` may take away.
    pub unset: FxHashSet<String>,
    /// Names that a function declares for itself without a value.
    pub bare_locals: FxHashSet<String>,
    /// Words of its texts: a function that is named in one may be called by it.
    pub said: FxHashSet<String>,
    /// What its traps run, by the word.
    pub traps: FxHashMap<usize, Script>,
    /// Something is not followed: `eval`, files that are sourced, `unset "$x"`.
    pub lost: bool,
}

impl Names {
    /// What `script` says.
    pub fn of(script: &Script) -> Self {
        let mut names = Self::default();
        visit::walk_script(&mut names, script);
        names
    }

    fn simple(&mut self, simple: &Simple) {
        simple.words.iter().skip(1).for_each(|word| self.said_by(word));
        let Some((name, operands)) = command(simple) else { return };
        match name.as_str() {
            "eval" | "source" | "." | "let" | "enable" | "alias" => self.lost = true,
            "unset" => {
                for word in operands {
                    match word.plain() {
                        Some(text) => {
                            self.unset.insert(text.split('[').next().unwrap_or_default().to_owned());
                        }
                        None => self.lost = true,
                    }
                }
            }
            "trap" => {
                if let Some(word) = trap_text(operands) {
                    let reading = crate::bash::parse(&written(word));
                    if reading.unread.is_empty() {
                        visit::walk_script(self, &reading.script);
                        self.traps.insert(std::ptr::from_ref(word).addr(), reading.script);
                    }
                }
            }
            _ => {
                for target in targets(&name, operands) {
                    match target {
                        Target::Scalar(name) => {
                            self.assigned.insert(name);
                        }
                        Target::Array(name) => *self.arrays.entry(name).or_default() += 1,
                    }
                }
            }
        }
    }

    fn said_by(&mut self, word: &Word) {
        let text = written(word);
        let apart = |c: char| c.is_whitespace() || ";&|()'\"`$=".contains(c);
        self.said.extend(text.split(apart).filter(|word| !word.is_empty()).map(str::to_owned));
    }

    fn declare(&mut self, declare: &Declare) {
        let keyed = declare.operands.iter().any(|operand| match operand {
            Operand::Flag(word) => {
                word.plain().is_some_and(|flag| flag.starts_with('-') && flag.contains('A'))
            }
            _ => false,
        });
        for operand in declare.operands.iter().filter(|_| keyed) {
            match operand {
                Operand::Name(name) => self.keyed.insert(name.name.clone()),
                Operand::Assignment(it) => self.keyed.insert(it.target.name.clone()),
                Operand::Flag(_) | Operand::Dynamic(_) => false,
            };
        }
        for operand in &declare.operands {
            match operand {
                Operand::Name(name) => {
                    self.bare_locals.insert(name.name.clone());
                }
                // `local -n`, or what is only known when it runs.
                Operand::Flag(word) => {
                    self.lost |= word.plain().is_none_or(|flag| flag.contains('n'));
                }
                Operand::Dynamic(_) => self.lost = true,
                Operand::Assignment(_) => {}
            }
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Number(_) | Expression::Word(_) | Expression::Variable(..) => {}
            Expression::Unary(_, inner) | Expression::Postfix(inner, _) => {
                self.target(inner);
                self.expression(inner);
            }
            Expression::Assign(left, _, right) => {
                self.target(left);
                self.expression(right);
            }
            Expression::Binary(left, _, right) => {
                self.expression(left);
                self.expression(right);
            }
            Expression::Conditional(test, yes, no) => {
                for inner in [test, yes, no] {
                    self.expression(inner);
                }
            }
        }
    }

    fn target(&mut self, expression: &Expression) {
        if let Expression::Variable(name, _) = expression {
            self.assigned.insert(name.clone());
        }
    }
}

impl<'s> Visitor<'s> for Names {
    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Simple(simple) => self.simple(simple),
            CommandKind::Declare(declare) => self.declare(declare),
            _ => {}
        }
        visit::walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        let name = &assignment.target.name;
        self.assigned.insert(name.clone());
        if matches!(assignment.value, Value::Array(_)) && !assignment.append {
            *self.arrays.entry(name.clone()).or_default() += 1;
        }
        visit::walk_assignment(self, assignment);
    }

    fn arithmetic(&mut self, arithmetic: &'s Arithmetic) {
        if let Some(expression) = &arithmetic.expression {
            self.expression(expression);
        }
        visit::walk_parts(self, &arithmetic.parts);
    }
}

/// The name of a command and its operands, behind `command` and `builtin`; `None` where the name is not known.
pub(super) fn command(simple: &Simple) -> Option<(String, &[Word])> {
    let mut words = simple.words.as_slice();
    loop {
        let (first, rest) = words.split_first()?;
        let name = first.plain()?;
        if !matches!(name.as_str(), "command" | "builtin") || rest.is_empty() {
            return Some((name, rest));
        }
        words = rest;
    }
}

/// A variable that a builtin sets.
pub(super) enum Target {
    Scalar(String),
    Array(String),
}

/// What `read`, `mapfile`, `getopts`, `printf -v` and `wait -p` surely set.
pub(super) fn targets(name: &str, operands: &[Word]) -> Vec<Target> {
    let (with_value, array) = match name {
        "read" => ("adinNptu", Some('a')),
        "mapfile" | "readarray" => ("dnOsuCc", None),
        "getopts" => {
            let name = operands.get(1).and_then(Word::plain).filter(|name| is_name(name));
            return name.map(Target::Scalar).into_iter().collect();
        }
        "printf" | "wait" => {
            let flag = if name == "printf" { "-v" } else { "-p" };
            let [option, target, ..] = operands else { return Vec::new() };
            let target =
                target.plain().filter(|target| option.plain().as_deref() == Some(flag) && is_name(target));
            return target.map(Target::Scalar).into_iter().collect();
        }
        _ => return Vec::new(),
    };
    let mut set = Vec::new();
    let mut words = operands.iter();
    let mut elements = None;
    while let Some(word) = words.next() {
        let Some(text) = word.plain() else { continue };
        if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            if let Some(at) = letters.find(|letter| with_value.contains(letter)) {
                let attached = &letters[at + 1..];
                let value = if attached.is_empty() {
                    words.next().and_then(Word::plain)
                } else {
                    Some(attached.to_owned())
                };
                if letters[at..].chars().next() == array {
                    elements = value;
                }
            }
            continue;
        }
        if is_name(&text) {
            set.push(text);
        }
    }
    if name != "read" {
        return vec![Target::Array(set.pop().unwrap_or_else(|| "MAPFILE".to_owned()))];
    }
    match elements {
        Some(name) => vec![Target::Array(name)],
        None if set.is_empty() => vec![Target::Scalar("REPLY".to_owned())],
        None => set.into_iter().map(Target::Scalar).collect(),
    }
}

/// The text of `trap TEXT SIGNAL`, where it sets one.
pub(super) fn trap_text(operands: &[Word]) -> Option<&Word> {
    let operands = match operands {
        [first, rest @ ..] if first.plain().as_deref() == Some("--") => rest,
        all => all,
    };
    let [text, _, ..] = operands else { return None };
    (!text.plain().is_some_and(|text| text.is_empty() || text.starts_with('-'))).then_some(text)
}

/// The text of a word, with an `x` for what it expands: that is expanded once and for all where the word stands.
fn written(word: &Word) -> String {
    fn add(parts: &[Part], text: &mut String) {
        for part in parts {
            match &part.kind {
                PartKind::Literal(plain) | PartKind::Quoted(plain) => text.push_str(plain),
                PartKind::DoubleQuoted(inner) => add(inner, text),
                _ => text.push('x'),
            }
        }
    }
    let mut text = String::new();
    add(&word.parts, &mut text);
    text
}
