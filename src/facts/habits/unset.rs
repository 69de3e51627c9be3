//! Whether a script may expand what is not set: a walk over its ways that notes what is surely set on each of them.
//!
//! Functions are walked where they are called, with the words that they are called with. What is not followed (`eval`,
//! files that are sourced) may expand anything.

mod assign;
mod expand;
mod functions;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::syntax::{
    Arithmetic, Arm, ArmEnd, Case, Command, CommandKind, Coproc, Declare, Fd, For, If, ListOp, Operand,
    Parameter, Part, PartKind, Pipeline, Redirect, RedirectOp, Script, Sequence, Simple, Statement, Target,
    Test, While, Word,
};
use crate::bash::visit::{self, Visitor};
use crate::source::Span;

use super::bound::Bound;
use super::names::{self, Names};
use super::told::{self as tests, Told};

/// More commands than this are not walked.
const MOST_STEPS: usize = 20_000;

/// Whether it may.
pub(super) fn may_be(script: &Script) -> bool {
    let names = Names::of(script);
    if names.lost {
        return true;
    }
    let mut walk = Walk::new(&names);
    walk.run(&script.body);
    walk.functions_left();
    walk.unproven
}

/// What is set where a command succeeded, and where it failed.
type Ends = (Bound, Bound);

struct Walk<'s> {
    names: &'s Names,
    now: Bound,
    functions: FxHashMap<&'s str, Vec<&'s Command>>,
    /// Those that were walked.
    walked: FxHashSet<usize>,
    /// What is set where a function returns, innermost last.
    returns: Vec<Bound>,
    /// What is set where a loop is left, innermost last.
    breaks: Vec<Bound>,
    /// The functions that run, with what was set when they were called.
    running: Vec<(usize, Bound)>,
    /// Calls that were walked: what was set before and behind them.
    calls: Vec<(usize, Bound, Bound)>,
    /// The variable of `getopts` and its options.
    getopts: FxHashMap<String, String>,
    steps: usize,
    unproven: bool,
}

impl<'s> Walk<'s> {
    fn new(names: &'s Names) -> Self {
        Self {
            names,
            now: Bound::default(),
            functions: FxHashMap::default(),
            walked: FxHashSet::default(),
            returns: vec![Bound::nowhere()],
            breaks: Vec::new(),
            running: Vec::new(),
            calls: Vec::new(),
            getopts: FxHashMap::default(),
            steps: 0,
            unproven: false,
        }
    }

    fn same(&self) -> Ends {
        (self.now.clone(), self.now.clone())
    }

    /// Statements one after another; what is set where the last one succeeded, and where it failed.
    fn run(&mut self, sequence: &'s Sequence) -> Ends {
        let mut ends = self.same();
        for statement in &sequence.statements {
            ends = self.list(statement);
            self.now = ends.0.clone().join(ends.1.clone());
        }
        ends
    }

    fn list(&mut self, statement: &'s Statement) -> Ends {
        if statement.background {
            self.apart(|walk| {
                walk.pipelines(statement);
            });
            self.now.add("!");
            return self.same();
        }
        self.pipelines(statement)
    }

    fn pipelines(&mut self, statement: &'s Statement) -> Ends {
        let (mut yes, mut no) = self.one_pipeline(&statement.first);
        for (op, pipeline) in &statement.rest {
            self.now = if *op == ListOp::And { yes.clone() } else { no.clone() };
            let ends = self.one_pipeline(pipeline);
            match op {
                ListOp::And => (yes, no) = (ends.0, no.join(ends.1)),
                ListOp::Or => (yes, no) = (yes.join(ends.0), ends.1),
            }
        }
        (yes, no)
    }

    fn one_pipeline(&mut self, pipeline: &'s Pipeline) -> Ends {
        let ends = match pipeline.stages.as_slice() {
            [command] => self.one(command),
            stages => {
                for stage in stages {
                    self.apart(|walk| {
                        walk.one(stage);
                    });
                }
                self.same()
            }
        };
        if pipeline.negated { (ends.1, ends.0) } else { ends }
    }

    /// What runs in a shell of its own, and leaves nothing behind.
    fn apart(&mut self, inner: impl FnOnce(&mut Self)) {
        let now = self.now.clone();
        let breaks = std::mem::take(&mut self.breaks);
        self.returns.push(Bound::nowhere());
        inner(self);
        self.returns.pop();
        self.breaks = breaks;
        self.now = now;
    }

    /// A command. Where one of its redirections fails, it does not run.
    fn one(&mut self, command: &'s Command) -> Ends {
        self.steps += 1;
        self.unproven |= self.steps > MOST_STEPS;
        if self.now.dead || self.unproven {
            return self.same();
        }
        command.redirects.iter().for_each(|redirect| self.redirect(redirect));
        if !command.redirects.iter().any(may_fail) {
            return self.performed(command);
        }
        let before = self.now.clone();
        let (yes, no) = self.performed(command);
        let no = no.join(before);
        self.now = yes.clone().join(no.clone());
        (yes, no)
    }

    fn performed(&mut self, command: &'s Command) -> Ends {
        match &command.kind {
            CommandKind::Simple(simple) => return self.simple(simple),
            CommandKind::Declare(declare) => self.declare(declare),
            CommandKind::Group(body) => return self.run(body),
            CommandKind::Subshell(body) => self.apart(|walk| {
                walk.run(body);
            }),
            CommandKind::If(inner) => self.choose(inner),
            CommandKind::While(inner) => self.repeat(inner),
            CommandKind::For(inner) => self.each(inner, false),
            CommandKind::Select(inner) => self.each(inner, true),
            CommandKind::ArithmeticFor(inner) => {
                let [first, test, step] = &inner.header;
                if let Some(it) = first {
                    self.arithmetic(it);
                }
                self.around(&[&inner.body]);
                if let Some(it) = test {
                    self.arithmetic(it);
                }
                let left = self.now.clone();
                self.breaks.push(Bound::nowhere());
                self.run(&inner.body);
                if let Some(it) = step {
                    self.arithmetic(it);
                }
                self.leave(left);
            }
            CommandKind::Case(case) => self.case(case),
            CommandKind::Test(test) => return self.test(test),
            CommandKind::Arithmetic(inner) => {
                self.arithmetic(inner);
                return match &inner.expression {
                    Some(expression) => self.told(&tests::arithmetic(expression)),
                    None => self.same(),
                };
            }
            CommandKind::Function(function) => self.define(function),
            CommandKind::Coproc(coproc) => self.coproc(coproc),
        }
        self.same()
    }

    fn told(&self, told: &Told) -> Ends {
        let (mut yes, mut no) = self.same();
        told.yes.iter().for_each(|fact| fact.add_to(&mut yes));
        told.no.iter().for_each(|fact| fact.add_to(&mut no));
        (yes, no)
    }

    fn test(&mut self, test: &'s Test) -> Ends {
        match test {
            Test::And(left, right) => {
                let (yes, no) = self.test(left);
                self.now = yes;
                let (both, second) = self.test(right);
                (both, no.join(second))
            }
            Test::Or(left, right) => {
                let (yes, no) = self.test(left);
                self.now = no;
                let (second, neither) = self.test(right);
                (yes.join(second), neither)
            }
            Test::Not(inner) => {
                let (yes, no) = self.test(inner);
                (no, yes)
            }
            Test::Word(word) | Test::Unary(_, word) => {
                self.word(word);
                self.told(&tests::test(test))
            }
            Test::Binary(left, op, right) => {
                self.word(left);
                self.word(right);
                if ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"].contains(&op.as_str()) {
                    self.number(left);
                    self.number(right);
                }
                self.told(&tests::test(test))
            }
        }
    }

    fn choose(&mut self, inner: &'s If) {
        let mut end = Bound::nowhere();
        for (condition, body) in &inner.branches {
            let (yes, no) = self.run(condition);
            self.now = yes;
            self.run(body);
            end = end.join(std::mem::replace(&mut self.now, no));
        }
        if let Some(body) = &inner.otherwise {
            self.run(body);
        }
        self.now = end.join(self.now.clone());
    }

    /// A second time round a loop, there may be fewer positional parameters than the first time.
    fn around(&mut self, bodies: &[&'s Sequence]) {
        let mut shifts = Shifts(false);
        for body in bodies {
            shifts.sequence(body);
        }
        if shifts.0 {
            self.now.count = 0;
        }
    }

    fn repeat(&mut self, inner: &'s While) {
        self.around(&[&inner.condition, &inner.body]);
        self.breaks.push(Bound::nowhere());
        let (yes, no) = self.run(&inner.condition);
        let (body, left) = if inner.until { (no, yes) } else { (yes, no) };
        self.now = body;
        self.run(&inner.body);
        self.leave(left);
    }

    /// Behind a loop that was left in one of these ways.
    fn leave(&mut self, left: Bound) {
        let broken = self.breaks.pop().unwrap_or_else(Bound::nowhere);
        self.now = left.join(broken);
    }

    fn each(&mut self, inner: &'s For, asks: bool) {
        let sure = match &inner.words {
            Some(words) => {
                for word in words {
                    self.word(word);
                }
                self.fields(words) > 0
            }
            None => self.now.count > 0,
        };
        self.around(&[&inner.body]);
        let name = &inner.variable.name;
        self.forget_index(name);
        let mut left = self.now.clone();
        self.set(name);
        if asks {
            self.set("REPLY");
        } else {
            if sure {
                left = self.now.clone();
            }
            self.index(name, inner.words.as_deref());
        }
        self.breaks.push(Bound::nowhere());
        self.run(&inner.body);
        self.leave(left);
    }

    fn case(&mut self, case: &'s Case) {
        self.word(&case.word);
        let mut start = self.now.clone();
        if case.arms.iter().any(|arm| arm.end != ArmEnd::Break) {
            self.around(&case.arms.iter().map(|arm| &arm.body).collect::<Vec<_>>());
            start = self.now.clone();
        }
        let mut end = Bound::nowhere();
        let mut before: Vec<&Arm> = Vec::new();
        for arm in &case.arms {
            self.now = start.clone();
            arm.patterns.iter().for_each(|word| self.word(word));
            self.arm(case, arm, &before);
            self.run(&arm.body);
            end = end.join(std::mem::take(&mut self.now));
            before.push(arm);
        }
        let any = |arm: &Arm| arm.patterns.iter().any(|pattern| pattern.plain().as_deref() == Some("*"));
        self.now = if case.arms.iter().any(any) { end } else { end.join(start) };
    }

    fn coproc(&mut self, coproc: &'s Coproc) {
        self.apart(|walk| {
            walk.one_pipeline(&coproc.body);
        });
        let name = coproc.name.as_deref().unwrap_or("COPROC");
        for set in ["", "[@]", "[0]", "[1]", "_PID"] {
            self.set(&format!("{name}{set}"));
        }
        self.now.add("!");
    }

    fn simple(&mut self, simple: &'s Simple) -> Ends {
        if simple.words.is_empty() {
            simple.assignments.iter().for_each(|assignment| self.assigned(assignment));
            return self.same();
        }
        simple.assignments.iter().for_each(|assignment| visit::walk_assignment(self, assignment));
        simple.words.iter().for_each(|word| self.word(word));
        let Some((name, operands)) = names::command(simple) else {
            // It may be any of the functions.
            let all: Vec<Vec<&'s Command>> = self.functions.values().cloned().collect();
            let count = self.fields(&simple.words[1..]);
            let before = self.now.clone();
            for bodies in all {
                self.now = before.clone();
                self.call(&bodies, count);
            }
            self.now = before;
            return self.same();
        };
        let bodies = self.functions.get(name.as_str()).cloned();
        if let Some(bodies) = bodies.filter(|_| simple.words.len() == operands.len() + 1) {
            let before = self.now.clone();
            simple.assignments.iter().for_each(|it| self.set(&it.target.name));
            let count = self.fields(operands);
            self.call(&bodies, count);
            for assignment in &simple.assignments {
                if !before.has(&assignment.target.name) {
                    self.now.forget(&assignment.target.name);
                }
            }
            if !before.has(&format!("{name}()")) {
                self.now = before.join(self.now.clone());
            }
            return self.same();
        }
        match name.as_str() {
            "exec" if !operands.is_empty() => self.now = Bound::nowhere(),
            "return" => {
                let now = std::mem::replace(&mut self.now, Bound::nowhere());
                if let Some(returned) = self.returns.last_mut() {
                    *returned = std::mem::take(returned).join(now);
                }
            }
            "break" => {
                let now = std::mem::replace(&mut self.now, Bound::nowhere());
                for left in &mut self.breaks {
                    *left = std::mem::take(left).join(now.clone());
                }
            }
            "exit" | "continue" => self.now = Bound::nowhere(),
            ":" | "true" => return (self.now.clone(), Bound::nowhere()),
            "false" => return (Bound::nowhere(), self.now.clone()),
            "[" | "test" => return self.told(&tests::bracket(operands)),
            "shift" => {
                let by = match operands {
                    [] => Some(1),
                    [by, ..] => by.plain().and_then(|by| by.parse().ok()),
                };
                self.now.count = by.map_or(0, |by: usize| self.now.count.saturating_sub(by));
            }
            "set" => self.positionals(operands),
            "trap" => self.trap(operands),
            "getopts" => {
                let options = operands.first().and_then(Word::plain);
                if let (Some(options), Some(name)) = (options, operands.get(1).and_then(Word::plain)) {
                    self.getopts.insert(name, options);
                }
                self.targets(&name, operands);
            }
            _ => self.targets(&name, operands),
        }
        self.same()
    }

    /// `set -- a b`, and `set a b`.
    fn positionals(&mut self, operands: &'s [Word]) {
        let flag = |word: &Word| word.plain().is_some_and(|text| text.starts_with(['-', '+']));
        match operands.iter().position(|word| word.plain().as_deref() == Some("--")) {
            Some(at) => self.now.count = self.fields(&operands[at + 1..]),
            None if operands.first().is_some_and(|first| !flag(first)) => {
                self.now.count = self.fields(operands);
            }
            None => {}
        }
    }

    fn declare(&mut self, declare: &'s Declare) {
        declare.assignments.iter().for_each(|assignment| visit::walk_assignment(self, assignment));
        // All words are expanded before any is assigned.
        for operand in &declare.operands {
            match operand {
                Operand::Flag(word) | Operand::Dynamic(word) => self.word(word),
                Operand::Assignment(assignment) => visit::walk_assignment(self, assignment),
                Operand::Name(_) => {}
            }
        }
        let read_only = |operand: &Operand| match operand {
            Operand::Flag(word) => word.plain().is_none_or(|flag| flag.contains('r')),
            _ => false,
        };
        let constant =
            declare.keyword.plain().as_deref() == Some("readonly") || declare.operands.iter().any(read_only);
        for operand in &declare.operands {
            match operand {
                Operand::Assignment(assignment) => self.assigned(assignment),
                // From here on nothing sets it.
                Operand::Name(name) => self.unproven |= constant && !self.now.variable(&name.name),
                Operand::Flag(_) | Operand::Dynamic(_) => {}
            }
        }
    }
}

impl<'s> Visitor<'s> for Walk<'s> {
    /// What a substitution runs.
    fn sequence(&mut self, sequence: &'s Sequence) {
        self.apart(|walk| {
            walk.run(sequence);
        });
    }

    fn redirect(&mut self, redirect: &'s Redirect) {
        visit::walk_redirect(self, redirect);
        if let Some(Fd::Variable(name)) = &redirect.fd {
            self.set(name);
        }
    }

    fn parameter(&mut self, parameter: &'s Parameter, _: Span) {
        self.expanded(parameter);
    }

    fn arithmetic(&mut self, arithmetic: &'s Arithmetic) {
        visit::walk_parts(self, &arithmetic.parts);
        match &arithmetic.expression {
            Some(expression) => self.expression(expression),
            None => self.unproven = true,
        }
    }
}

/// Whether a redirection may fail: where it opens a file, or a descriptor that not every session has.
fn may_fail(redirect: &Redirect) -> bool {
    let Target::Word(word) = &redirect.target else { return false };
    match redirect.op {
        RedirectOp::HereString | RedirectOp::HereDocument => false,
        RedirectOp::DuplicateInput | RedirectOp::DuplicateOutput => {
            !word.plain().is_some_and(|text| ["0", "1", "2", "-"].contains(&text.as_str()))
        }
        _ => {
            let process = matches!(word.parts.as_slice(), [Part { kind: PartKind::Process(_), .. }]);
            !process && word.plain().as_deref() != Some("/dev/null")
        }
    }
}

/// Whether something takes positional parameters away.
struct Shifts(bool);

impl<'s> Visitor<'s> for Shifts {
    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Simple(simple) = &command.kind {
            let name = simple.words.first().map(Word::plain);
            self.0 |= match name {
                Some(Some(name)) => ["shift", "set", "command", "builtin"].contains(&name.as_str()),
                Some(None) | None => false,
            };
        }
        visit::walk_command(self, command);
    }
}
