//! Commands: what each does with the statuses of what it holds.

use crate::bash::syntax::{
    Assignment, Case, Command, CommandKind, Declare, For, Operand, Part, PartKind, Sequence, Simple,
    Subscript, Test, Word,
};
use crate::bash::visit::Visitor;
use crate::source::Span;

use super::around::{Acts, Around};
use super::later::Later;
use super::names::{self, Substitutions, command_name, duplicated, input_given, output_leaves};
use super::{Pass, Throw, UseKind};

impl<'s> Pass<'s> {
    pub(super) fn command(&mut self, command: &'s Command, outside: Around) {
        let mut around = outside;
        if output_leaves(command) {
            around.captured = false;
        }
        self.redirects(command, outside);
        if input_given(command) {
            let same = outside.descriptor.filter(|(_, number)| duplicated(command) == Some(*number));
            around.stdin = same.map(|(of, _)| of);
            // A job of a function whose call is redirected has none of that.
            around.given |= !matches!(command.kind, CommandKind::Simple(_));
        }
        match &command.kind {
            CommandKind::Simple(simple) => self.simple(command, simple, around),
            CommandKind::Declare(declare) => self.declare(command, declare, around),
            CommandKind::Group(body) | CommandKind::Subshell(body) => self.sequence(body, around),
            CommandKind::If(conditional) => {
                for (condition, body) in &conditional.branches {
                    self.condition(condition, around, UseKind::Condition);
                    self.sequence(body, around);
                }
                if let Some(body) = &conditional.otherwise {
                    self.sequence(body, around);
                }
            }
            CommandKind::While(repeat) => {
                let inner = self.in_loop(command, around);
                self.later.push(Later::Condition(&repeat.condition));
                self.condition(&repeat.condition, inner, UseKind::Condition);
                self.sequence(&repeat.body, inner.unseen());
                self.later.pop();
            }
            CommandKind::For(each) | CommandKind::Select(each) => self.for_loop(command, each, around),
            CommandKind::ArithmeticFor(each) => {
                let mut parts = Substitutions::default();
                for arithmetic in each.header.iter().flatten() {
                    parts.arithmetic(arithmetic);
                }
                self.masked(&parts.found, command.span, around, || Throw::Test);
                let inner = self.in_loop(command, around);
                self.sequence(&each.body, inner.unseen());
            }
            CommandKind::Case(case) => self.case(command, case, around),
            CommandKind::Test(_) | CommandKind::Arithmetic(_) => {
                let mut parts = Substitutions::default();
                match &command.kind {
                    CommandKind::Test(test) => test_words(test, &mut parts),
                    CommandKind::Arithmetic(arithmetic) => parts.arithmetic(arithmetic),
                    _ => {}
                }
                self.masked(&parts.found, command.span, around, || Throw::Test);
            }
            CommandKind::Function(_) => {}
            CommandKind::Coproc(coproc) => {
                let alone = Around { used: None, acts: Acts::Call, captured: false, stdin: None, ..around };
                self.pipeline(&coproc.body, alone, None, Acts::Call);
            }
        }
    }

    fn simple(&mut self, command: &'s Command, simple: &'s Simple, around: Around) {
        if simple.words.is_empty() {
            self.assigned(command.span, &simple.assignments, around);
            return;
        }
        let name = command_name(simple);
        let mut parts = Substitutions::default();
        simple.assignments.iter().for_each(|assignment| parts.assignment(assignment));
        simple.words.iter().for_each(|word| parts.word(word));
        let test = matches!(name.as_deref(), Some("[" | "test" | "let"));
        let how = || {
            if test { Throw::Test } else { Throw::Argument(name.clone().unwrap_or_default()) }
        };
        self.masked(&parts.found, command.span, around, how);
        self.steal(command, simple, around);
        match name.as_deref() {
            Some("trap") => {
                self.err_trap(simple);
                let later = std::mem::take(&mut self.later);
                self.carried(command.span, Around { acts: Acts::Call, captured: false, ..Around::top() });
                self.later = later;
            }
            Some("eval") => self.carried(command.span, around),
            Some(name) => self.call(command, simple, name, around),
            None => {}
        }
    }

    /// `trap 'exit 1' ERR`: from here on a failure ends the script, as under errexit.
    fn err_trap(&mut self, simple: &Simple) {
        let words: Vec<String> = simple.words.iter().map(|word| word.plain().unwrap_or_default()).collect();
        let [_, text, signals @ ..] = words.as_slice() else { return };
        if self.entering > 0 || !signals.iter().any(|signal| signal == "ERR") {
            return;
        }
        let first = text.split_whitespace().next().unwrap_or_default();
        let exits = text.split([' ', ';', '\n', '{', '}', '\t']).any(|word| word == "exit");
        self.err_exits = exits || self.always_dies(first);
    }

    /// Whether an `ERR` trap ends the script where a command fails here: in functions only with `set -E`.
    fn ends_by_trap(&self, around: Around) -> bool {
        self.err_exits && around.acts.guards() && (self.entering == 0 || self.errtrace)
    }

    /// A call of one of the script's functions.
    fn call(&mut self, command: &'s Command, simple: &'s Simple, name: &str, around: Around) {
        let Some(bodies) = self.functions.get(name).cloned() else { return };
        for body in bodies {
            self.steal_by_wrapper(command, simple, body, around);
            self.tested_by_wrapper(command, simple, body);
            if around.acts == Acts::Here
                && let Some((at, program)) = self.relies_on_errexit(body)
            {
                let at = Some(at).filter(|_| !self.is_sourced(body));
                self.throw(command.span, Throw::Tested(name.to_owned(), at), program);
            }
            let inside = around.called(self.inherits);
            if self.is_sourced(body) {
                self.enter_sourced(command.span, name, body, inside);
            } else {
                self.enter(body, inside);
            }
        }
    }

    /// `{ a; b; } || die`: the same as a function, written where it is tested.
    pub(super) fn tested_group(&mut self, command: &'s Command, around: Around, before: Acts) {
        let newly =
            around.acts == Acts::Here && matches!(before, Acts::Yes | Acts::Captured | Acts::Substitution);
        if !newly || !matches!(command.kind, CommandKind::Group(_) | CommandKind::Subshell(_)) {
            return;
        }
        if let Some((at, program)) = self.relies_on_errexit(command) {
            self.throw(command.span, Throw::Tested(String::new(), Some(at)), program);
        }
    }

    /// Assignments and nothing more: the last substitution's status is theirs.
    fn assigned(&mut self, at: Span, assignments: &'s [Assignment], around: Around) {
        let mut parts = Substitutions::default();
        for assignment in assignments {
            parts.assignment(assignment);
        }
        let mut keys = Substitutions::default();
        for assignment in assignments {
            if let Some(Subscript::Index(key)) = assignment.target.subscript.as_deref() {
                keys.word(key);
            }
        }
        let is_key = |part: &Part| keys.found.iter().any(|key| key.span == part.span);
        let gives_status = |part: &&&Part| matches!(part.kind, PartKind::Command(_)) && !is_key(part);
        let last = parts.found.iter().rev().find(gives_status).map(|part| part.span);
        self.sinks.push(assignments.iter().map(|assignment| assignment.target.name.as_str()).collect());
        for part in &parts.found {
            let PartKind::Command(substitution) = &part.kind else {
                self.masked(&[part], at, around, || Throw::Process);
                continue;
            };
            if is_key(part) {
                self.masked(&[part], at, around, || Throw::Key);
                continue;
            }
            if last != Some(part.span) {
                self.masked(&[part], at, around, || Throw::NotLast);
                continue;
            }
            let nobody =
                around.used.is_none_or(|used| matches!(used.kind, UseKind::Errexit | UseKind::Shown));
            let goes_on = self.regime.errexit.off && !self.ends_by_trap(around);
            let unseen = around.lost || nobody && (goes_on || around.acts == Acts::Here);
            if unseen && let Some(program) = self.loses(&substitution.body) {
                self.throw(at, Throw::Assigned, program);
            }
            if around.acts == Acts::Here {
                self.tested_substitution(at, &substitution.body);
            }
            let regime = self.regime;
            self.sequence(&substitution.body, around.substituted(around.used));
            self.regime = regime;
        }
        self.sinks.pop();
    }

    /// `if x=$(f)`: a function that relies on errexit, as if it were tested itself.
    fn tested_substitution(&mut self, at: Span, body: &'s Sequence) {
        let [statement] = body.statements.as_slice() else { return };
        let ([], [command]) = (statement.rest.as_slice(), statement.first.stages.as_slice()) else { return };
        let CommandKind::Simple(simple) = &command.kind else { return };
        let Some(name) = command_name(simple) else { return };
        let bodies = self.functions.get(name.as_str()).cloned().unwrap_or_default();
        for body in bodies {
            if let Some((inside, program)) = self.relies_on_errexit(body) {
                let inside = Some(inside).filter(|_| !self.is_sourced(body));
                self.throw(at, Throw::Tested(name, inside), program);
                return;
            }
        }
    }

    fn declare(&mut self, command: &'s Command, declare: &'s Declare, around: Around) {
        let mut parts = Substitutions::default();
        declare.assignments.iter().for_each(|assignment| parts.assignment(assignment));
        let mut sinks = Vec::new();
        for operand in &declare.operands {
            match operand {
                Operand::Flag(word) | Operand::Dynamic(word) => parts.word(word),
                Operand::Name(_) => {}
                Operand::Assignment(assignment) => {
                    sinks.push(assignment.target.name.as_str());
                    parts.assignment(assignment);
                }
            }
        }
        let keyword = declare.keyword.plain().unwrap_or_default();
        self.sinks.push(sinks);
        self.masked(&parts.found, command.span, around, || Throw::Declared(keyword.clone()));
        self.sinks.pop();
    }

    fn for_loop(&mut self, command: &'s Command, each: &'s For, around: Around) {
        let mut parts = Substitutions::default();
        each.words.iter().flatten().for_each(|word| parts.word(word));
        self.masked(&parts.found, command.span, around, || Throw::Loop);
        let inner = self.in_loop(command, around);
        self.sequence(&each.body, inner.unseen());
    }

    fn case(&mut self, command: &'s Command, case: &'s Case, around: Around) {
        let mut parts = Substitutions::default();
        parts.word(&case.word);
        case.arms.iter().flat_map(|arm| &arm.patterns).for_each(|word: &Word| parts.word(word));
        self.masked(&parts.found, command.span, around, || Throw::Case);
        for arm in &case.arms {
            self.sequence(&arm.body, around);
        }
    }

    /// Substitutions in redirections: the command goes on whatever they came to.
    fn redirects(&mut self, command: &'s Command, around: Around) {
        if command.redirects.is_empty() {
            return;
        }
        let name = match &command.kind {
            CommandKind::Simple(simple) => command_name(simple).unwrap_or_default(),
            _ => String::new(),
        };
        let sinks = match &command.kind {
            CommandKind::Simple(simple) if matches!(name.as_str(), "read" | "mapfile" | "readarray") => {
                simple.words.iter().skip(1).filter_map(plain).collect()
            }
            _ => Vec::new(),
        };
        self.sinks.push(sinks);
        for redirect in &command.redirects {
            let mut parts = Substitutions::default();
            parts.redirect(redirect);
            // What is led into a loop stands at its end.
            let simple = matches!(command.kind, CommandKind::Simple(_) | CommandKind::Declare(_));
            let at = if simple { command.span } else { redirect.span };
            self.masked(&parts.found, at, around, || Throw::Argument(name.clone()));
        }
        self.sinks.pop();
    }

    /// Substitutions whose status nobody looks at. What only computes, and what handles its failures itself, loses none.
    fn masked(&mut self, parts: &[&'s Part], at: Span, around: Around, how: impl Fn() -> Throw) {
        for part in parts {
            let regime = self.regime;
            match &part.kind {
                PartKind::Command(substitution) => {
                    if let Some(program) = self.loses(&substitution.body) {
                        self.throw(at, how(), program);
                    }
                    self.sequence(&substitution.body, around.substituted(None));
                }
                PartKind::Process(process) => {
                    if process.input
                        && !self.waited_for()
                        && let Some(program) = self.loses(&process.body)
                    {
                        self.throw(part.span, Throw::Process, program);
                    }
                    let inner = Around { captured: false, ..around.substituted(None) };
                    // What is written into `>(...)` is its stdin.
                    let inner =
                        if process.input { inner } else { Around { stdin: None, given: true, ..inner } };
                    self.sequence(&process.body, inner);
                }
                _ => {}
            }
            self.regime = regime;
        }
    }

    /// Whether the next statement asks for the status of the process substitution: `wait $!`.
    fn waited_for(&self) -> bool {
        let Some(Later::Statements([next, ..])) = self.later.last() else { return false };
        let command = next.first.stages.first();
        let asked = match command.map(|command| &command.kind) {
            Some(CommandKind::If(conditional)) => conditional
                .branches
                .first()
                .and_then(|(condition, _)| condition.statements.first()?.first.stages.first()),
            _ => command,
        };
        asked.is_some_and(|asked| {
            matches!(&asked.kind, CommandKind::Simple(_))
                && names::mentions(&[names::Looked::Command(asked)], &["!"])
        })
    }
}

fn test_words<'s>(test: &'s Test, parts: &mut Substitutions<'s>) {
    match test {
        Test::Word(word) | Test::Unary(_, word) => parts.word(word),
        Test::Binary(left, _, right) => {
            parts.word(left);
            parts.word(right);
        }
        Test::Not(inner) => test_words(inner, parts),
        Test::And(left, right) | Test::Or(left, right) => {
            test_words(left, parts);
            test_words(right, parts);
        }
    }
}

/// A word that is plain text and no option.
pub(super) fn plain(word: &Word) -> Option<&str> {
    match word.parts.as_slice() {
        [Part { kind: PartKind::Literal(text), .. }] if !text.starts_with('-') => Some(text),
        _ => None,
    }
}
