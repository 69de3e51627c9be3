//! Conditions: what an answer is compared with, and whether it is better that they are equal.

use super::names::last_of;
use super::{Fact, Flow, Outcome, Source};
use crate::bash::syntax::{
    Case, Command, CommandKind, Expression, ListOp, ParameterOp, Part, PartKind, Pipeline, Sequence,
    Statement, Test, Word,
};
use crate::commands::Tables;
use crate::source::Span;

/// What follows from a condition.
#[derive(Debug, Clone, Copy)]
struct Fork {
    yes: Outcome,
    no: Outcome,
    /// Whether it stands in an `if`, a `while` or an `until`.
    decides: bool,
}

impl Fork {
    fn not(self) -> Self {
        Self { yes: self.no, no: self.yes, ..self }
    }
}

impl Flow<'_> {
    /// `a && b || c`: what follows from each pipeline.
    pub(super) fn list(&mut self, statement: &Statement) {
        let pipelines: Vec<&Pipeline> = statement.pipelines().collect();
        for (index, pipeline) in pipelines.iter().enumerate() {
            let next = |op: ListOp| {
                statement.rest[index..]
                    .iter()
                    .find(|(own, _)| *own == op)
                    .map(|(_, pipeline)| self.after(pipeline))
            };
            let directly = statement.rest.get(index).map(|(op, _)| *op);
            let yes = if directly == Some(ListOp::And) { next(ListOp::And) } else { None };
            let no = next(ListOp::Or);
            let does = |(op, other): &&(ListOp, Pipeline)| *op == ListOp::Or && self.does_something(other);
            let then = |(op, other): &(ListOp, Pipeline)| *op == ListOp::And && self.does_something(other);
            let decides = statement.rest[index..].iter().any(|part| does(&part))
                || statement.rest.get(index).is_some_and(then);
            let fork = Fork { yes: yes.unwrap_or(Outcome::Goes), no: no.unwrap_or(Outcome::Goes), decides };
            self.condition(pipeline, fork);
        }
    }

    pub(super) fn compound(&mut self, command: &Command) {
        match &command.kind {
            CommandKind::If(branch) => {
                let otherwise = branch.otherwise.as_ref().map_or(Outcome::Goes, |body| self.outcome(body));
                let count = branch.branches.len();
                for (index, (condition, body)) in branch.branches.iter().enumerate() {
                    let no = if index + 1 == count { otherwise } else { Outcome::Goes };
                    let fork = Fork { yes: self.outcome(body), no, decides: true };
                    self.last_of(condition, fork);
                }
            }
            CommandKind::While(whilst) => {
                self.loops.push(command.span);
                let fork = Fork { yes: Outcome::Skips, no: Outcome::Succeeds, decides: true };
                let fork = if whilst.until { fork.not() } else { fork };
                if let [statement] = whilst.condition.statements.as_slice()
                    && statement.rest.is_empty()
                    && let [stage] = statement.first.stages.as_slice()
                    && whilst.until == statement.first.negated
                {
                    let mut sources = self.sources_of_command(stage);
                    if let CommandKind::Simple(simple) = &stage.kind
                        && simple.words.is_empty()
                    {
                        for assignment in &simple.assignments {
                            if let crate::bash::syntax::Value::Scalar(word) = &assignment.value {
                                sources.extend(self.sources(word));
                            }
                        }
                    }
                    sources.retain(|source| !matches!(source, Source::Variable(_)));
                    self.fact(&sources, &Fact::Loops);
                }
                self.last_of(&whilst.condition, fork);
            }
            CommandKind::For(each) => {
                self.loops.push(command.span);
                let words = each.words.iter().flatten().filter_map(|word| self.constant(word));
                let paths: Vec<String> =
                    words.filter(|text| text.starts_with('/') && text.contains('*')).collect();
                self.globs.extend(paths);
            }
            CommandKind::Case(case) => self.case(case, command.span),
            _ => {}
        }
    }

    fn last_of(&mut self, condition: &Sequence, fork: Fork) {
        let Some(statement) = condition.statements.last() else { return };
        for pipeline in statement.pipelines() {
            self.condition(pipeline, fork);
        }
    }

    fn condition(&mut self, pipeline: &Pipeline, fork: Fork) {
        let fork = if pipeline.negated { fork.not() } else { fork };
        let Some(last) = pipeline.stages.last() else { return };
        // `cmd || true` throws the status away; a body that does something looks at it.
        if fork.yes != fork.no || fork.decides {
            let sources = self.asked(last);
            self.fact(&sources, &Fact::Tested);
        }
        match &last.kind {
            CommandKind::Test(test) => self.test(test, fork),
            CommandKind::Arithmetic(arithmetic) => {
                if let Some(expression) = &arithmetic.expression {
                    self.arithmetic(expression, fork);
                }
            }
            CommandKind::Group(body) | CommandKind::Subshell(body) => self.last_of(body, fork),
            CommandKind::Simple(simple) => match self.program(last).as_deref() {
                Some("[" | "test") => {
                    let words: Vec<&Word> = simple.words.iter().skip(1).collect();
                    self.bracket(&words, fork);
                }
                Some("grep" | "egrep" | "fgrep") if fork.yes < fork.no => {
                    self.unwanted.insert(last.span.start);
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn test(&mut self, test: &Test, fork: Fork) {
        match test {
            Test::Not(inner) => self.test(inner, fork.not()),
            Test::And(left, right) | Test::Or(left, right) => {
                self.test(left, fork);
                self.test(right, fork);
            }
            Test::Word(word) => self.equal(word, Some(String::new()), fork.not()),
            Test::Unary(op, word) => match op.as_str() {
                "-n" => self.equal(word, Some(String::new()), fork.not()),
                "-z" => self.equal(word, Some(String::new()), fork),
                _ => {}
            },
            Test::Binary(left, op, right) => self.binary(left, op, right, fork),
        }
    }

    /// `[ ... ]` without groups: `-a` and `-o` divide it.
    fn bracket(&mut self, words: &[&Word], fork: Fork) {
        let plain = |word: &Word| word.plain().unwrap_or_default();
        for part in words.split(|word| matches!(plain(word).as_str(), "-a" | "-o" | "]")) {
            match part {
                [not, rest @ ..] if plain(not) == "!" => self.bracket(rest, fork.not()),
                [word] => self.equal(word, Some(String::new()), fork.not()),
                [op, word] if plain(op) == "-n" => self.equal(word, Some(String::new()), fork.not()),
                [op, word] if plain(op) == "-z" => self.equal(word, Some(String::new()), fork),
                [left, op, right] => self.binary(left, &plain(op), right, fork),
                _ => {}
            }
        }
    }

    fn binary(&mut self, left: &Word, op: &str, right: &Word, fork: Fork) {
        let (subject, other) = if self.sources(left).is_empty() { (right, left) } else { (left, right) };
        if let Some(shape) = self.constant(other).and_then(|text| shape_of_others(&text)) {
            // `[[ $size == *[!0-9]* ]]`: what has nothing but those is better, or is not.
            let better = match op {
                "=" | "==" => fork.no > fork.yes,
                "!=" => fork.yes > fork.no,
                _ => false,
            };
            if better {
                let sources = self.sources(subject);
                self.fact(&sources, &Fact::Shape(shape));
            }
            return;
        }
        match op {
            "=" | "==" => self.equal(subject, self.held_against(subject, other), fork),
            "!=" => self.equal(subject, self.held_against(subject, other), fork.not()),
            "=~" => {
                let sources = self.sources(left);
                if let Some(expression) = self.expression(right)
                    && fork.yes >= fork.no
                {
                    self.fact(&sources, &Fact::Shape(expression));
                }
            }
            "-eq" | "-ne" | "-gt" | "-ge" | "-lt" | "-le" => {
                let number = self.constant(right).and_then(|text| text.parse().ok());
                let sources = self.sources(left);
                let op = op.trim_start_matches('-');
                match measured(&left.parts) {
                    Some(name) => self.length(name, op, number, fork),
                    None => self.number(&sources, op, number, fork),
                }
            }
            _ => {}
        }
    }

    /// The text that what `subject` takes in is held against: `[ "x$state" = xready ]` is about `ready`.
    fn held_against(&self, subject: &Word, other: &Word) -> Option<String> {
        let text = self.constant(other).and_then(|text| unglobbed(&text))?;
        let (before, after) = around(subject);
        let inner = text.strip_prefix(&before).and_then(|rest| rest.strip_suffix(&after));
        inner.map(str::to_owned)
    }

    fn equal(&mut self, word: &Word, text: Option<String>, fork: Fork) {
        let Some(text) = text else { return };
        let sources = self.sources(word);
        if text.is_empty() {
            self.fact(&sources, &Fact::Looked);
        }
        let fact = match fork.yes.cmp(&fork.no) {
            std::cmp::Ordering::Greater => Fact::Good(2, text),
            std::cmp::Ordering::Less => Fact::Bad(text),
            // Nothing is what an answer is not, unless the script says so.
            std::cmp::Ordering::Equal if text.is_empty() => return,
            std::cmp::Ordering::Equal => Fact::Good(1, text),
        };
        self.fact(&sources, &fact);
    }

    /// `${#name} -ge 8`: how long the text should be.
    fn length(&mut self, name: &str, op: &str, number: Option<u64>, fork: Fork) {
        let Some(number) = number.filter(|number| *number <= LONGEST) else { return };
        let shape = match better(op, fork) {
            "eq" => format!("^[0-9a-f]{{{number}}}$"),
            "ge" => format!("^[0-9a-f]{{{number},}}$"),
            "gt" => format!("^[0-9a-f]{{{},}}$", number + 1),
            _ => return,
        };
        if number > 0 {
            self.fact(&[Source::Variable(name.to_owned())], &Fact::Shape(shape));
        }
    }

    fn number(&mut self, sources: &[Source], op: &str, number: Option<u64>, fork: Fork) {
        let Some(number) = number else { return };
        let op = better(op, fork);
        let good = match op {
            "eq" | "ge" | "le" => number,
            "ne" | "gt" => number + 1,
            _ => number.saturating_sub(1),
        };
        self.fact(sources, &Fact::Good(if fork.yes == fork.no { 1 } else { 2 }, good.to_string()));
    }

    fn arithmetic(&mut self, expression: &Expression, fork: Fork) {
        match expression {
            Expression::Unary(op, inner) if op == "!" => self.arithmetic(inner, fork.not()),
            Expression::Binary(left, op, right) if op == "&&" || op == "||" => {
                self.arithmetic(left, fork);
                self.arithmetic(right, fork);
            }
            Expression::Binary(left, op, right) => {
                let measured = match &**left {
                    Expression::Word(word) => measured(&word.parts),
                    _ => None,
                };
                let name = match op.as_str() {
                    "==" => "eq",
                    "!=" => "ne",
                    ">" => "gt",
                    ">=" => "ge",
                    "<" => "lt",
                    "<=" => "le",
                    _ => return,
                };
                let sources = self.sources_of_expression(left);
                let number = match &**right {
                    Expression::Number(text) => text.parse().ok(),
                    Expression::Variable(name, None) => {
                        self.constants.get(name).cloned().flatten().and_then(|text| text.parse().ok())
                    }
                    Expression::Word(word) => self.constant(word).and_then(|text| text.parse().ok()),
                    _ => None,
                };
                match measured {
                    Some(subject) => self.length(subject, name, number, fork),
                    None => self.number(&sources, name, number, fork),
                }
            }
            Expression::Variable(..) | Expression::Word(_) => {
                let sources = self.sources_of_expression(expression);
                self.number(&sources, "ne", Some(0), fork);
            }
            _ => {}
        }
    }

    fn sources_of_expression(&self, expression: &Expression) -> Vec<Source> {
        match expression {
            Expression::Variable(name, _) => vec![Source::Variable(name.clone())],
            Expression::Word(word) => self.sources(word),
            _ => Vec::new(),
        }
    }

    fn case(&mut self, case: &Case, span: Span) {
        let sources = self.sources(&case.word);
        if sources.is_empty() {
            return;
        }
        let in_loop = self.loops.iter().any(|around| around.start < span.start && span.end <= around.end);
        let rest = case
            .arms
            .iter()
            .filter(|arm| arm.patterns.iter().any(|word| word.plain().as_deref() == Some("*")));
        let rest: Vec<Outcome> = rest.map(|arm| self.outcome(&arm.body)).collect();
        let rest_succeeds = rest.contains(&Outcome::Succeeds);
        // Who is skipped does less than who is none of these.
        let rest_goes_on = rest.iter().all(|outcome| *outcome > Outcome::Skips);
        for arm in &case.arms {
            let outcome = self.outcome(&arm.body);
            // `while :; do case $state in BUILD) ;; *) break ;; esac; sleep 5; done`: it waits as long as it is that.
            let waits = in_loop && rest_succeeds && outcome < Outcome::Succeeds && self.is_idle(&arm.body);
            for pattern in &arm.patterns {
                if let Some(shape) = self.constant(pattern).and_then(|text| shape_of_others(&text)) {
                    if outcome == Outcome::Fails {
                        self.fact(&sources, &Fact::Shape(shape));
                    }
                    continue;
                }
                let Some(text) =
                    self.constant(pattern).filter(|text| text != "*").and_then(|text| unglobbed(&text))
                else {
                    continue;
                };
                let fact = match outcome {
                    Outcome::Fails => Fact::Bad(text),
                    _ if waits => Fact::Bad(text),
                    Outcome::Skips if rest_goes_on => Fact::Bad(text),
                    Outcome::Succeeds => Fact::Good(3, text),
                    Outcome::Goes => Fact::Good(2, text),
                    Outcome::Skips => Fact::Good(1, text),
                };
                self.fact(&sources, &fact);
            }
        }
    }

    /// Whether a body does nothing but pass time, or speak.
    fn is_idle(&self, body: &Sequence) -> bool {
        const IDLE: [&str; 6] = ["sleep", ":", "true", "echo", "printf", "continue"];
        let commands = body.statements.iter().flat_map(Statement::pipelines);
        commands.flat_map(|pipeline| &pipeline.stages).all(|command| {
            matches!(command.kind, CommandKind::Simple(_))
                && self.program(command).is_some_and(|name| IDLE.contains(&name.as_str()))
        })
    }

    /// Whether a pipeline calls a program: it does something about a failure, and does not only speak of it.
    fn does_something(&self, pipeline: &Pipeline) -> bool {
        pipeline.stages.iter().flat_map(last_of).any(|(command, _)| {
            self.by_span.contains_key(&command.span.start)
                && self.program(command).is_some_and(|name| !Tables::builtin().real_tools().contains(&name))
        })
    }

    fn after(&self, pipeline: &Pipeline) -> Outcome {
        pipeline.stages.last().map_or(Outcome::Goes, |command| self.outcome_of_command(command))
    }

    /// How a body ends.
    fn outcome(&self, body: &Sequence) -> Outcome {
        let mut outcome = Outcome::Goes;
        for statement in body.statements.iter().filter(|statement| statement.rest.is_empty()) {
            match self.after(&statement.first) {
                Outcome::Goes => {}
                ended => outcome = ended,
            }
        }
        outcome
    }

    fn outcome_of_command(&self, command: &Command) -> Outcome {
        match &command.kind {
            CommandKind::Group(body) | CommandKind::Subshell(body) => self.outcome(body),
            CommandKind::Simple(_) => {
                let name = self.program(command).unwrap_or_default();
                let arguments = self.arguments(command);
                let code = arguments.first().cloned().flatten();
                match name.as_str() {
                    "exit" => match code.as_deref() {
                        Some("0") => Outcome::Skips,
                        None if arguments.is_empty() => Outcome::Skips,
                        _ => Outcome::Fails,
                    },
                    "return" => match code.as_deref() {
                        Some("0") => Outcome::Succeeds,
                        None if arguments.is_empty() => Outcome::Skips,
                        _ => Outcome::Fails,
                    },
                    "false" => Outcome::Fails,
                    "break" => Outcome::Succeeds,
                    "continue" => Outcome::Skips,
                    _ if self.failing.contains(&name) => Outcome::Fails,
                    _ => Outcome::Goes,
                }
            }
            _ => Outcome::Goes,
        }
    }
}

/// A longer text is asked for by nobody.
const LONGEST: u64 = 256;

/// The comparison of numbers that leads on.
fn better(op: &str, fork: Fork) -> &str {
    if fork.yes >= fork.no {
        return op;
    }
    match op {
        "eq" => "ne",
        "ne" => "eq",
        "gt" => "le",
        "ge" => "lt",
        "lt" => "ge",
        _ => "gt",
    }
}

/// The variable of which a word is the length: `${#name}`.
fn measured(parts: &[Part]) -> Option<&str> {
    match parts {
        [Part { kind: PartKind::DoubleQuoted(inner), .. }] => measured(inner),
        [Part { kind: PartKind::Parameter(parameter), .. }]
            if matches!(parameter.op, ParameterOp::Length) && parameter.subscript.is_none() =>
        {
            Some(&parameter.name)
        }
        _ => None,
    }
}

/// What no text is that `*[!0-9]*` matches, as an expression.
fn shape_of_others(pattern: &str) -> Option<String> {
    let inside = pattern.strip_prefix("*[")?.strip_suffix("]*")?;
    let set = inside.strip_prefix(['!', '^']).filter(|set| !set.is_empty())?;
    let set = set.replace('\\', "\\\\").replace('&', "\\&").replace('~', "\\~");
    let is_plain = !set.replace("[:", "").replace(":]", "").contains(['[', ']']);
    is_plain.then(|| format!("^[{set}]+$"))
}

/// What stands in a word before its first expansion and behind its last one.
fn around(word: &Word) -> (String, String) {
    fn add(parts: &[Part], (before, after, expanded): (&mut String, &mut String, &mut bool)) {
        for part in parts {
            match &part.kind {
                PartKind::Literal(text) | PartKind::Quoted(text) if *expanded => after.push_str(text),
                PartKind::Literal(text) | PartKind::Quoted(text) => before.push_str(text),
                PartKind::DoubleQuoted(inner) => add(inner, (before, after, expanded)),
                _ => {
                    *expanded = true;
                    after.clear();
                }
            }
        }
    }
    let (mut before, mut after, mut expanded) = (String::new(), String::new(), false);
    add(&word.parts, (&mut before, &mut after, &mut expanded));
    if expanded { (before, after) } else { (String::new(), String::new()) }
}

/// The text that a pattern is about; `None` where it is about many.
fn unglobbed(pattern: &str) -> Option<String> {
    let text = one_of_each_class(pattern.trim_matches('*'))?;
    (!text.contains(['*', '?', '[', '('])).then_some(text)
}

/// `[yY][eE][sS]` is about `yes`.
fn one_of_each_class(pattern: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('[') {
        let inside = rest[at + 1..].split(']').next()?;
        let first = inside.chars().next().filter(|c| !matches!(c, '!' | '^' | '['))?;
        text.push_str(&rest[..at]);
        text.push(first);
        rest = rest.get(at + inside.len() + 2..)?;
    }
    Some(text + rest)
}
