//! Commands in the background, and whether anybody asks for their status.
//!
//! `wait` without a job gives no job's status. A job is asked for where its `$!` goes into a `wait`, by way of variables,
//! lists and loops perhaps, where it is killed on purpose, or where a `wait -n` in a loop takes whichever ends.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::syntax::{
    Assignment, Command, CommandKind, Operand, Part, PartKind, Script, Sequence, Simple, Statement, Value,
    Word,
};
use crate::bash::visit::{Visitor, walk_assignment, walk_command, walk_script, walk_statement};
use crate::commands::Tables;
use crate::source::Span;

use super::names::{Named, command_name, output_leaves};
use super::{Pass, Throw};

/// A command in the background, the loop around it, and the function or subshell whose job it is.
struct Job<'s> {
    statement: &'s Statement,
    around: Option<Span>,
    shell: Shell,
}

/// Whose jobs they are, and where that ends.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Shell {
    /// The script's own.
    #[default]
    Script,
    /// Those that one function starts: others wait for them too.
    Function(Span),
    /// A subshell's: nobody outside can wait for them.
    Sub(Span),
}

/// Where `$!` goes.
enum Kept<'s> {
    /// Into a `wait`, or into the hands of another command.
    Asked,
    /// Into a variable, which holds one at a time or all of them.
    In { name: &'s str, all: bool },
}

/// A `wait`, or `jobs -p`.
struct Wait {
    at: Span,
    around: Option<Span>,
    shell: Shell,
    kind: WaitKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum WaitKind {
    /// Without a job.
    All,
    /// `wait -n`, `wait %%`: for one, whichever it is.
    One,
    /// For a job by its number.
    Numbered,
    /// For the job that has this place among those that were started (`wait %2`).
    Job(usize),
    /// `jobs -p`, not what `jobs` shows: the numbers of all.
    Listed,
}

/// What has to do with jobs, in the order of the text.
#[derive(Default)]
struct Jobs<'s> {
    started: Vec<Job<'s>>,
    read: Vec<(Span, Kept<'s>)>,
    waits: Vec<Wait>,
    /// The loop around the command in hand.
    around: Option<Span>,
    /// Whose jobs the command in hand starts.
    shell: Shell,
    /// The branches of each `if` and `case`: only one of them runs.
    branches: Vec<Vec<Span>>,
    /// What variables hold: the right side may be held by the left.
    flows: Vec<(&'s str, &'s str)>,
    /// Variables that a `wait`, a `kill` or a function is given, each with the loop around that.
    given: Vec<(&'s str, Option<Span>)>,
    numbers: Numbers<'s>,
}

/// The variables that the text of a trap names.
fn named_in_text(word: Option<&Word>) -> impl Iterator<Item = &str> {
    let text = match word.map(|word| word.parts.as_slice()) {
        Some([Part { kind: PartKind::Quoted(text) | PartKind::Literal(text), .. }]) => text.as_str(),
        _ => "",
    };
    text.split('$').skip(1).map(|rest| {
        let rest = rest.trim_start_matches('{');
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        &rest[..end]
    })
}

/// The numbers of jobs, as `%1` names them.
#[derive(Default)]
struct Numbers<'s> {
    /// The jobs by number, those that were waited for left out.
    jobs: Vec<Option<usize>>,
    /// Which job's `$!` a variable holds.
    kept: FxHashMap<&'s str, usize>,
    /// Above 0 where a command may run or not, or more than once.
    unsure: u32,
    /// Whether such a command has started a job.
    forever: bool,
}

impl<'s> Numbers<'s> {
    /// A job gets the number behind the highest that is in use.
    fn start(&mut self, job: usize) {
        while self.jobs.last().is_some_and(Option::is_none) {
            self.jobs.pop();
        }
        self.jobs.push(Some(job));
    }

    fn keep(&mut self, name: &'s str, list: bool) {
        match self.jobs.iter().flatten().last() {
            Some(job) if !list => drop(self.kept.insert(name, *job)),
            _ => drop(self.kept.remove(name)),
        }
    }

    /// The job that a word of a `wait` names, where that is known; it is waited for.
    fn take(&mut self, word: &'s Word) -> Option<usize> {
        let named = match only_variable(word) {
            Some("!") => self.jobs.iter().flatten().last().copied(),
            Some(name) => self.kept.get(name).copied(),
            None => {
                let text = word.plain()?;
                match text.strip_prefix('%')? {
                    "" | "%" | "+" => self.jobs.iter().flatten().last().copied(),
                    number => {
                        let number: usize = number.parse().ok()?;
                        self.jobs.get(number.checked_sub(1)?).copied().flatten()
                    }
                }
            }
        };
        for job in &mut self.jobs {
            if named.is_some() && *job == named {
                *job = None;
            }
        }
        named
    }
}

/// Where a sequence stands.
fn extent(body: &Sequence) -> Option<Span> {
    Some(Span::new(body.statements.first()?.span.start, body.statements.last()?.span.end))
}

/// Whether a job is one that nobody can wait for, since it has no end: `tail -f log &`.
fn runs_for_ever(job: &Statement) -> bool {
    let [Command { kind: CommandKind::Simple(simple), .. }] = job.first.stages.as_slice() else {
        return false;
    };
    let words: Vec<String> = simple.words.iter().map(|word| word.plain().unwrap_or_default()).collect();
    job.rest.is_empty() && Tables::builtin().follows(&words)
}

/// The variable that a word is, without a subscript.
fn only_variable(word: &Word) -> Option<&str> {
    let parts = match word.parts.as_slice() {
        [Part { kind: PartKind::DoubleQuoted(parts), .. }] => parts,
        parts => parts,
    };
    match parts {
        [Part { kind: PartKind::Parameter(parameter), .. }] if parameter.subscript.is_none() => {
            Some(&parameter.name)
        }
        _ => None,
    }
}

/// Whether a word is one job's number.
fn is_one(word: &Word) -> bool {
    only_variable(word).is_some_and(|name| !matches!(name, "@" | "*"))
        && matches!(word.parts.as_slice(), [Part { kind: PartKind::DoubleQuoted(_), .. }])
}

impl<'s> Jobs<'s> {
    /// What a `wait` with words waits for: of several the last one tells.
    fn waited_for(&mut self, simple: &'s Simple) -> WaitKind {
        let mut last = None;
        for word in &simple.words[1..] {
            last = self.numbers.take(word);
        }
        let by_number = simple.words.last().and_then(Word::plain).is_some_and(|word| word.starts_with('%'));
        match last {
            _ if !by_number => WaitKind::Numbered,
            Some(job) if self.numbers.unsure == 0 && !self.numbers.forever => WaitKind::Job(job),
            _ => WaitKind::One,
        }
    }

    fn assigned(&mut self, assignment: &'s Assignment) {
        let name = assignment.target.name.as_str();
        let list = assignment.append
            || assignment.target.subscript.is_some()
            || matches!(assignment.value, Value::Array(_));
        for other in Named::by(|named| named.assignment(assignment)) {
            if other == "!" {
                self.numbers.keep(name, list);
                self.read.push((assignment.span, Kept::In { name, all: list }));
            } else {
                self.flows.push((name, other));
            }
        }
    }

    fn simple(&mut self, command: &'s Command, simple: &'s Simple) {
        if simple.words.is_empty() {
            return;
        }
        let name = command_name(simple);
        let argument = simple.words.get(1);
        let text = argument.and_then(Word::plain).unwrap_or_default();
        let kind = match name.as_deref() {
            Some("wait") if argument.is_none() => Some(WaitKind::All),
            Some("wait") if text.starts_with("-n") => Some(WaitKind::One),
            Some("wait") => Some(self.waited_for(simple)),
            Some("jobs") if text.starts_with('-') && text.contains('p') => Some(WaitKind::Listed),
            _ => None,
        };
        if kind == Some(WaitKind::All) {
            self.numbers = Numbers { unsure: self.numbers.unsure, ..Numbers::default() };
        }
        self.waits.extend(kind.map(|kind| Wait {
            at: command.span,
            around: self.around,
            shell: self.shell,
            kind,
        }));
        let tells = matches!(name.as_deref(), Some("echo" | "printf" | "log" | "true" | ":"));
        let leaves = output_leaves(command);
        match name.as_deref() {
            Some("trap") => self.given.extend(named_in_text(argument).map(|name| (name, None))),
            // It is nobody's child any more.
            Some("disown") => self.read.push((command.span, Kept::Asked)),
            _ => {}
        }
        // Of several jobs `wait` tells what the last came to.
        let last = simple.words.len().saturating_sub(1);
        let unheard = |index: usize, word: &Word| {
            name.as_deref() == Some("wait") && index < last && !text.starts_with('-') && is_one(word)
        };
        let words = || simple.words.iter().enumerate().filter(|(index, word)| !unheard(*index, word));
        for named in Named::by(|named| words().for_each(|(_, word)| named.word(word))) {
            if named == "!" {
                self.read.push((command.span, Kept::Asked));
            } else if !tells || leaves {
                self.given.push((named, self.around));
            }
        }
    }

    /// The variables whose jobs somebody asks for.
    fn asked_for(&self) -> FxHashSet<&'s str> {
        let mut asked: FxHashSet<&str> = self.given.iter().map(|(name, _)| *name).collect();
        loop {
            let known = asked.len();
            asked.extend(
                self.flows
                    .iter()
                    .filter(|(into, _)| asked.contains(into))
                    .map(|(_, from)| *from)
                    .collect::<Vec<_>>(),
            );
            if asked.len() == known {
                return asked;
            }
        }
    }
}

impl<'s> Visitor<'s> for Jobs<'s> {
    fn statement(&mut self, statement: &'s Statement) {
        if statement.background {
            self.numbers.start(self.started.len());
            self.started.push(Job { statement, around: self.around, shell: self.shell });
        }
        walk_statement(self, statement);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        self.assigned(assignment);
        walk_assignment(self, assignment);
    }

    fn command(&mut self, command: &'s Command) {
        let outer = (self.around, self.shell);
        match &command.kind {
            CommandKind::Simple(simple) => self.simple(command, simple),
            CommandKind::Declare(declare) => {
                for operand in &declare.operands {
                    if let Operand::Dynamic(word) = operand {
                        let names = Named::by(|named| named.word(word));
                        self.read.extend(names.contains(&"!").then_some((command.span, Kept::Asked)));
                    }
                }
            }
            CommandKind::For(each) => {
                let words = each.words.iter().flatten();
                let from = Named::by(|named| words.for_each(|word| named.word(word)));
                self.flows.extend(from.into_iter().map(|from| (each.variable.name.as_str(), from)));
                self.around = Some(command.span);
            }
            CommandKind::While(_) | CommandKind::ArithmeticFor(_) | CommandKind::Select(_) => {
                self.around = Some(command.span);
            }
            CommandKind::Function(_) => (self.around, self.shell) = (None, Shell::Function(command.span)),
            CommandKind::Subshell(_) => self.shell = Shell::Sub(command.span),
            CommandKind::If(conditional) => {
                let bodies = conditional.branches.iter().map(|(_, body)| body);
                self.branches.push(bodies.chain(&conditional.otherwise).filter_map(extent).collect());
            }
            CommandKind::Case(case) => {
                self.branches.push(case.arms.iter().filter_map(|arm| extent(&arm.body)).collect());
            }
            _ => {}
        }
        // What a branch, a loop or a function starts may be there or not.
        let plain = matches!(command.kind, CommandKind::Simple(_) | CommandKind::Group(_));
        self.numbers.unsure += u32::from(!plain);
        let started = self.started.len();
        walk_command(self, command);
        self.numbers.unsure -= u32::from(!plain);
        self.numbers.forever |= !plain && self.started.len() > started && self.numbers.unsure == 0;
        (self.around, self.shell) = outer;
    }
}

impl<'s> Pass<'s> {
    /// `cmd & wait`: the wait asks nobody how it went.
    pub(super) fn background(&mut self, script: &'s Script) {
        let mut jobs = Jobs::default();
        walk_script(&mut jobs, script);
        if jobs.waits.is_empty() || jobs.started.is_empty() {
            return;
        }
        let asked = jobs.asked_for();
        let unasked = (0..jobs.started.len()).filter(|job| !jobs.is_asked_for(*job, &asked)).collect();
        for index in jobs.left_by_waits(unasked) {
            if !jobs.is_waited_by(&jobs.started[index]) || runs_for_ever(jobs.started[index].statement) {
                continue;
            }
            let job = jobs.started[index].statement;
            if let Some(program) = self.statement_loses(job) {
                self.throw(job.span, Throw::Background, program);
            }
        }
    }
}

impl Jobs<'_> {
    /// Whether there is a `wait` that might have asked for the job: one of the same function or subshell; without a job,
    /// anywhere in the job's shell.
    fn is_waited_by(&self, job: &Job<'_>) -> bool {
        self.waits.iter().any(|wait| match (wait.kind, job.shell) {
            (WaitKind::All | WaitKind::One, Shell::Sub(shell)) => shell.contains(wait.at),
            (WaitKind::All | WaitKind::One, _) => true,
            _ => wait.shell == job.shell,
        })
    }

    /// Whether two places are in different branches, so that only one of them runs.
    fn excludes(&self, one: Span, other: Span) -> bool {
        self.branches.iter().any(|bodies| {
            let of = |at: Span| bodies.iter().position(|body| body.contains(at));
            of(one).is_some_and(|branch| of(other).is_some_and(|other| other != branch))
        })
    }

    fn is_asked_for(&self, index: usize, asked: &FxHashSet<&str>) -> bool {
        let Job { statement, around, .. } = &self.started[index];
        // Not one inside of it, nor one of another branch.
        let mut later = self.started[index + 1..].iter().map(|job| job.statement.span);
        let follows =
            |later: &Span| later.start >= statement.span.end && !self.excludes(statement.span, *later);
        let next = later.find(follows).map_or(u32::MAX, |later| later.start);
        let kept = |(at, kept): &(Span, Kept<'_>)| {
            at.start >= statement.span.end
                && at.start < next
                && match kept {
                    Kept::Asked => true,
                    Kept::In { name, all } => {
                        asked.contains(name) && (*all || self.is_in_time(name, *around))
                    }
                }
        };
        // `jobs -p` and a `wait -n` that comes round take whichever ends; `wait %1` takes its job.
        let takes_all = |wait: &Wait| match wait.kind {
            WaitKind::Listed => true,
            WaitKind::One => wait.around.is_some() && !self.leaves_some(wait, *around),
            WaitKind::Job(job) => job == index,
            WaitKind::All | WaitKind::Numbered => false,
        };
        self.read.iter().any(kept) || self.waits.iter().any(takes_all)
    }

    /// Whether a `wait -n` in the loop that starts the jobs takes one for each only once there are many, so that the last of
    /// them are left to a `wait` behind the loop, which asks for none.
    fn leaves_some(&self, one: &Wait, around: Option<Span>) -> bool {
        let within = |start: &Span| one.around.is_some_and(|around| start.contains(around));
        let Some(start) = around.filter(within) else { return false };
        self.waits.iter().any(|wait| wait.kind == WaitKind::All && wait.at.start >= start.end)
    }

    /// Of jobs that nobody asks for by their numbers, those that are left when each `wait -n` has taken one.
    fn left_by_waits(&self, mut jobs: Vec<usize>) -> Vec<usize> {
        for wait in self.waits.iter().filter(|wait| wait.kind == WaitKind::One && wait.around.is_none()) {
            let started = |job: &usize| self.started[*job].statement.span.end <= wait.at.start;
            if let Some(first) = jobs.iter().position(started) {
                jobs.remove(first);
            }
        }
        jobs
    }

    /// Whether a variable that holds one number is given on before the loop around its job comes round.
    fn is_in_time(&self, name: &str, around: Option<Span>) -> bool {
        let Some(around) = around else { return true };
        let inside = |other: &Option<Span>| other.is_some_and(|other| around.contains(other));
        self.given.iter().any(|(given, at)| *given == name && inside(at))
            || self.flows.iter().any(|(_, from)| *from == name)
    }
}
