//! Whether a script leans on options that are not in force: what would change if `nounset` or `pipefail` were.
//!
//! It errs on one side only: a script that might lean on them is said to.

use rustc_hash::FxHashSet;

use crate::bash::is_name;
use crate::bash::syntax::{
    Arithmetic, Command, CommandKind, Declare, Expression, Name, Operand, Parameter, ParameterOp, Part,
    PartKind, Pipeline, Script, Sequence, Simple, Statement, Test, Word,
};
use crate::bash::visit::{self, Visitor};
use crate::source::Span;

/// Variables that bash sets itself, or that every session has.
const ALWAYS_SET: &[&str] = &[
    "@",
    "*",
    "#",
    "?",
    "-",
    "$",
    "0",
    "_",
    "HOME",
    "PATH",
    "PWD",
    "IFS",
    "UID",
    "EUID",
    "PPID",
    "RANDOM",
    "SECONDS",
    "LINENO",
    "SHELL",
    "HOSTNAME",
    "OSTYPE",
    "OPTIND",
    "BASH",
    "BASHPID",
    "BASH_SOURCE",
    "BASH_VERSION",
    "BASH_VERSINFO",
    "EPOCHSECONDS",
    "EPOCHREALTIME",
    "SHLVL",
    "HOSTTYPE",
    "MACHTYPE",
    "PIPESTATUS",
    "BASH_COMMAND",
    "BASH_SUBSHELL",
];

/// What a script leans on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    /// It may expand a variable that is not set.
    pub unset: bool,
    /// A pipeline's status decides something, and another command than the last has a part in it under `pipefail`.
    pub pipelines: bool,
}

/// What `script` leans on. With `errexit`, the status of every pipeline decides whether it goes on.
pub fn habits(script: &Script, errexit: bool) -> Habits {
    let mut set = Assigned::default();
    set.sequence(&script.body);
    let mut seen =
        Leaning { set: set.names, errexit, habits: Habits { unset: set.computed, pipelines: false } };
    seen.sequence(&script.body);
    if let Some(last) = script.body.statements.last() {
        // The script's own status is that of its last pipeline.
        seen.decides(last.rest.last().map_or(&last.first, |(_, pipeline)| pipeline));
    }
    seen.habits
}

/// The variables that are set on every way through the construct which they are set in.
#[derive(Default)]
struct Assigned {
    names: FxHashSet<String>,
    /// Constructs around that may not run.
    doubtful: usize,
    /// Whether names are set that are only known when it runs.
    computed: bool,
}

impl Assigned {
    fn set(&mut self, name: &str) {
        if self.doubtful == 0 {
            self.names.insert(name.to_owned());
        }
    }

    fn words(&mut self, simple: &Simple) {
        let texts: Vec<Option<String>> = simple.words.iter().map(Word::plain).collect();
        let text = |at: usize| texts.get(at).and_then(Option::as_deref);
        match text(0) {
            // With `-a` they are arrays, and an empty one counts as not set in old versions of bash.
            Some("read" | "mapfile" | "readarray" | "getopts") => {
                texts[1..].iter().flatten().filter(|word| is_name(word)).for_each(|word| self.set(word));
                self.set("REPLY");
                self.set("MAPFILE");
                self.set("OPTARG");
            }
            Some("printf") if text(1) == Some("-v") => {
                if let Some(name) = text(2) {
                    self.set(name);
                }
            }
            Some("eval" | "source" | "." | "unset") => self.computed = true,
            _ => {}
        }
    }
}

impl<'s> Visitor<'s> for Assigned {
    fn statement(&mut self, statement: &'s Statement) {
        self.pipeline(&statement.first);
        self.doubtful += 1;
        statement.rest.iter().for_each(|(_, pipeline)| self.pipeline(pipeline));
        self.doubtful -= 1;
    }

    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        let apart = usize::from(pipeline.stages.len() > 1);
        self.doubtful += apart;
        visit::walk_pipeline(self, pipeline);
        self.doubtful -= apart;
    }

    fn command(&mut self, command: &'s Command) {
        let doubtful = match &command.kind {
            CommandKind::Simple(simple) => {
                if simple.words.is_empty() {
                    simple.assignments.iter().for_each(|it| self.set(&it.target.name));
                } else {
                    self.words(simple);
                }
                0
            }
            CommandKind::Declare(declare) => {
                for operand in &declare.operands {
                    if let Operand::Assignment(assignment) = operand {
                        self.set(&assignment.target.name);
                    }
                }
                0
            }
            // Inside the loop it is set; after one that never came round it is not, and nobody expands it there.
            CommandKind::For(command) | CommandKind::Select(command) => {
                self.set(&command.variable.name);
                1
            }
            CommandKind::While(command) => {
                self.sequence(&command.condition);
                1
            }
            CommandKind::If(_)
            | CommandKind::Case(_)
            | CommandKind::Subshell(_)
            | CommandKind::ArithmeticFor(_) => 1,
            _ => 0,
        };
        self.doubtful += doubtful;
        visit::walk_command(self, command);
        self.doubtful -= doubtful;
    }
}

/// Looks for what would change.
struct Leaning {
    set: FxHashSet<String>,
    errexit: bool,
    habits: Habits,
}

impl Leaning {
    fn decides(&mut self, pipeline: &Pipeline) {
        let quiet = |command: &Command| match &command.kind {
            CommandKind::Simple(simple) => {
                matches!(simple.words.first().and_then(Word::plain).as_deref(), Some("printf" | "echo"))
            }
            _ => false,
        };
        if let Some((_, producers)) = pipeline.stages.split_last() {
            self.habits.pipelines |= !producers.iter().all(quiet);
        }
    }

    fn condition(&mut self, sequence: &Sequence) {
        if let Some(last) = sequence.statements.last() {
            self.decides(&last.first);
            last.rest.iter().for_each(|(_, pipeline)| self.decides(pipeline));
        }
    }

    /// A variable that is tested may be unset on purpose.
    fn tested(&mut self, words: &[Word]) {
        for word in words {
            let mut bare = Bare(false);
            bare.word(word);
            self.habits.unset |= bare.0;
        }
    }
}

impl<'s> Visitor<'s> for Leaning {
    fn statement(&mut self, statement: &'s Statement) {
        if self.errexit || !statement.rest.is_empty() {
            self.decides(&statement.first);
        }
        if self.errexit || statement.rest.len() > 1 {
            statement.rest.iter().for_each(|(_, pipeline)| self.decides(pipeline));
        }
        visit::walk_statement(self, statement);
    }

    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        if pipeline.negated {
            self.decides(pipeline);
        }
        visit::walk_pipeline(self, pipeline);
    }

    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::If(command) => command.branches.iter().for_each(|(test, _)| self.condition(test)),
            CommandKind::While(command) => self.condition(&command.condition),
            CommandKind::Function(function) => {
                // Who calls it may look at its status.
                if let CommandKind::Group(body) | CommandKind::Subshell(body) = &function.body.kind {
                    self.condition(body);
                }
            }
            CommandKind::Simple(simple) => {
                if matches!(simple.words.first().and_then(Word::plain).as_deref(), Some("[" | "test")) {
                    self.tested(&simple.words[1..]);
                }
            }
            CommandKind::Case(case) => self.tested(std::slice::from_ref(&case.word)),
            CommandKind::Test(test) => self.test(test),
            CommandKind::Declare(declare) => self.declared(declare),
            _ => {}
        }
        visit::walk_command(self, command);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _: Span) {
        let certain = parameter.name.starts_with(|c: char| c.is_ascii_digit())
            || ALWAYS_SET.contains(&parameter.name.as_str())
            || self.set.contains(&parameter.name);
        let asked = matches!(
            parameter.op,
            ParameterOp::Default { .. }
                | ParameterOp::Assign { .. }
                | ParameterOp::Alternate { .. }
                | ParameterOp::Error { .. }
                | ParameterOp::Keys
                | ParameterOp::Names
        );
        // `$?`, looked at by hand, may be a pipeline's.
        self.habits.pipelines |= matches!(parameter.name.as_str(), "?" | "PIPESTATUS");
        self.habits.unset |= parameter.indirect || !certain && !asked;
        visit::walk_parameter(self, parameter);
    }

    fn part(&mut self, part: &'s Part) {
        if let PartKind::Command(substitution) = &part.kind {
            // Its status may be looked at.
            self.condition(&substitution.body);
        }
        visit::walk_part(self, part);
    }

    fn arithmetic(&mut self, arithmetic: &'s Arithmetic) {
        let mut names = Variables { set: &self.set, unknown: arithmetic.expression.is_none() };
        if let Some(expression) = &arithmetic.expression {
            names.look(expression);
        }
        self.habits.unset |= names.unknown;
        visit::walk_parts(self, &arithmetic.parts);
    }
}

impl Leaning {
    fn test(&mut self, test: &Test) {
        match test {
            Test::Word(word) | Test::Unary(_, word) => self.tested(std::slice::from_ref(word)),
            Test::Binary(left, _, right) => {
                self.tested(std::slice::from_ref(left));
                self.tested(std::slice::from_ref(right));
            }
            Test::Not(inner) => self.test(inner),
            Test::And(left, right) | Test::Or(left, right) => {
                self.test(left);
                self.test(right);
            }
        }
    }

    /// `local -n` and `declare "$x"` set what is only known when it runs.
    fn declared(&mut self, declare: &Declare) {
        for operand in &declare.operands {
            match operand {
                Operand::Flag(word) => {
                    self.habits.unset |= word.plain().is_none_or(|flag| flag.contains('n'));
                }
                Operand::Dynamic(_) => self.habits.unset = true,
                Operand::Name(Name { .. }) | Operand::Assignment(_) => {}
            }
        }
    }
}

/// Whether a positional parameter is expanded as it is.
struct Bare(bool);

impl<'s> Visitor<'s> for Bare {
    fn parameter(&mut self, parameter: &'s Parameter, _: Span) {
        let positional = parameter.name.starts_with(|c: char| c.is_ascii_digit()) && parameter.name != "0";
        self.0 |= positional
            && !matches!(parameter.op, ParameterOp::Default { .. } | ParameterOp::Alternate { .. });
        visit::walk_parameter(self, parameter);
    }
}

/// Variables of an arithmetic expression that may not be set.
struct Variables<'s> {
    set: &'s FxHashSet<String>,
    unknown: bool,
}

impl Variables<'_> {
    fn look(&mut self, expression: &Expression) {
        match expression {
            Expression::Variable(name, index) => {
                self.unknown |= !self.set.contains(name) && !ALWAYS_SET.contains(&name.as_str());
                if let Some(index) = index {
                    self.look(index);
                }
            }
            Expression::Number(_) | Expression::Word(_) => {}
            Expression::Unary(_, inner) | Expression::Postfix(inner, _) => self.look(inner),
            Expression::Binary(left, _, right) | Expression::Assign(left, _, right) => {
                self.look(left);
                self.look(right);
            }
            Expression::Conditional(test, yes, no) => {
                self.look(test);
                self.look(yes);
                self.look(no);
            }
        }
    }
}
