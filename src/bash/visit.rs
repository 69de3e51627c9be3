//! A walk over our syntax in the order of the text, into every command: those in substitutions, heredocs, arithmetic,
//! subscripts, process substitutions and operands of `${...}` too.
//!
//! A visitor overrides what it looks at and calls the `walk_*` function of that node to go on inside.

use super::syntax::{
    Arithmetic, Assignment, Command, CommandKind, Name, Operand, Parameter, ParameterOp, Part, PartKind,
    Pipeline, Redirect, Script, Sequence, Simple, Statement, Subscript, Target, Test, Value, Word,
};
use crate::source::Span;

/// What looks at nodes on a walk. Every method's default walks on.
pub trait Visitor<'s> {
    /// Statements one after another: a body, a condition, what a substitution runs.
    fn sequence(&mut self, sequence: &'s Sequence) {
        walk_sequence(self, sequence);
    }
    /// A statement.
    fn statement(&mut self, statement: &'s Statement) {
        walk_statement(self, statement);
    }
    /// A pipeline.
    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        walk_pipeline(self, pipeline);
    }
    /// A command with its redirections.
    fn command(&mut self, command: &'s Command) {
        walk_command(self, command);
    }
    /// A redirection.
    fn redirect(&mut self, redirect: &'s Redirect) {
        walk_redirect(self, redirect);
    }
    /// An assignment.
    fn assignment(&mut self, assignment: &'s Assignment) {
        walk_assignment(self, assignment);
    }
    /// A word.
    fn word(&mut self, word: &'s Word) {
        walk_parts(self, &word.parts);
    }
    /// A part of a word or of a heredoc's body.
    fn part(&mut self, part: &'s Part) {
        walk_part(self, part);
    }
    /// A parameter expansion.
    fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
        walk_parameter(self, parameter);
    }
    /// An arithmetic text.
    fn arithmetic(&mut self, arithmetic: &'s Arithmetic) {
        walk_parts(self, &arithmetic.parts);
    }
}

/// Walks every statement of a script.
pub fn walk_script<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, script: &'s Script) {
    visitor.sequence(&script.body);
}

/// Walks the statements of a sequence.
pub fn walk_sequence<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, sequence: &'s Sequence) {
    for statement in &sequence.statements {
        visitor.statement(statement);
    }
}

/// Walks the pipelines of a statement.
pub fn walk_statement<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, statement: &'s Statement) {
    visitor.pipeline(&statement.first);
    for (_, pipeline) in &statement.rest {
        visitor.pipeline(pipeline);
    }
}

/// Walks the commands of a pipeline.
pub fn walk_pipeline<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, pipeline: &'s Pipeline) {
    for command in &pipeline.stages {
        visitor.command(command);
    }
}

/// Walks what is inside a command; redirections that stand before its words come first.
pub fn walk_command<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, command: &'s Command) {
    let leading = match &command.kind {
        CommandKind::Simple(simple) => {
            let first = simple.words.first().map_or(u32::MAX, |word| word.span.start);
            command.redirects.iter().take_while(|redirect| redirect.span.start < first).count()
        }
        _ => 0,
    };
    let (before, after) = command.redirects.split_at(leading);
    for redirect in before {
        visitor.redirect(redirect);
    }
    walk_kind(visitor, &command.kind);
    for redirect in after {
        visitor.redirect(redirect);
    }
}

fn walk_kind<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, kind: &'s CommandKind) {
    match kind {
        CommandKind::Simple(simple) => {
            walk_assignments(visitor, &simple.assignments);
            walk_words(visitor, &simple.words);
        }
        CommandKind::Declare(declare) => {
            walk_assignments(visitor, &declare.assignments);
            visitor.word(&declare.keyword);
            for operand in &declare.operands {
                match operand {
                    Operand::Flag(word) | Operand::Dynamic(word) => visitor.word(word),
                    Operand::Name(name) => walk_name(visitor, name),
                    Operand::Assignment(assignment) => visitor.assignment(assignment),
                }
            }
        }
        CommandKind::Group(body) | CommandKind::Subshell(body) => visitor.sequence(body),
        CommandKind::If(command) => {
            for (condition, body) in &command.branches {
                visitor.sequence(condition);
                visitor.sequence(body);
            }
            if let Some(body) = &command.otherwise {
                visitor.sequence(body);
            }
        }
        CommandKind::While(command) => {
            visitor.sequence(&command.condition);
            visitor.sequence(&command.body);
        }
        CommandKind::For(command) | CommandKind::Select(command) => {
            walk_name(visitor, &command.variable);
            if let Some(words) = &command.words {
                walk_words(visitor, words);
            }
            visitor.sequence(&command.body);
        }
        CommandKind::ArithmeticFor(command) => {
            for arithmetic in command.header.iter().flatten() {
                visitor.arithmetic(arithmetic);
            }
            visitor.sequence(&command.body);
        }
        CommandKind::Case(command) => {
            visitor.word(&command.word);
            for arm in &command.arms {
                walk_words(visitor, &arm.patterns);
                visitor.sequence(&arm.body);
            }
        }
        CommandKind::Test(test) => walk_test(visitor, test),
        CommandKind::Arithmetic(arithmetic) => visitor.arithmetic(arithmetic),
        CommandKind::Function(function) => visitor.command(&function.body),
        CommandKind::Coproc(coproc) => visitor.pipeline(&coproc.body),
    }
}

fn walk_words<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, words: &'s [Word]) {
    for word in words {
        visitor.word(word);
    }
}

fn walk_assignments<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, assignments: &'s [Assignment]) {
    for assignment in assignments {
        visitor.assignment(assignment);
    }
}

fn walk_test<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, test: &'s Test) {
    match test {
        Test::Word(word) | Test::Unary(_, word) => visitor.word(word),
        Test::Binary(left, _, right) => {
            visitor.word(left);
            visitor.word(right);
        }
        Test::Not(inner) => walk_test(visitor, inner),
        Test::And(left, right) | Test::Or(left, right) => {
            walk_test(visitor, left);
            walk_test(visitor, right);
        }
    }
}

/// Walks the target of a redirection.
pub fn walk_redirect<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, redirect: &'s Redirect) {
    match &redirect.target {
        Target::Word(word) => visitor.word(word),
        Target::HereDocument(document) => walk_parts(visitor, document.body()),
    }
}

/// Walks the subscript and the value of an assignment.
pub fn walk_assignment<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, assignment: &'s Assignment) {
    walk_name(visitor, &assignment.target);
    match &assignment.value {
        Value::Scalar(word) => visitor.word(word),
        Value::Array(elements) => {
            for element in elements {
                if let Some(key) = &element.key {
                    visitor.word(key);
                }
                visitor.word(&element.value);
            }
        }
    }
}

fn walk_name<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, name: &'s Name) {
    if let Some(subscript) = &name.subscript {
        walk_subscript(visitor, subscript);
    }
}

fn walk_subscript<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, subscript: &'s Subscript) {
    if let Subscript::Index(word) = subscript {
        visitor.word(word);
    }
}

/// Walks parts side by side.
pub fn walk_parts<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, parts: &'s [Part]) {
    for part in parts {
        visitor.part(part);
    }
}

/// Walks what is inside a part.
pub fn walk_part<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, part: &'s Part) {
    match &part.kind {
        PartKind::Literal(_) | PartKind::Quoted(_) => {}
        PartKind::DoubleQuoted(parts) => walk_parts(visitor, parts),
        PartKind::Parameter(parameter) => visitor.parameter(parameter, part.span),
        PartKind::Command(substitution) => visitor.sequence(&substitution.body),
        PartKind::Arithmetic(arithmetic) => visitor.arithmetic(arithmetic),
        PartKind::Process(substitution) => visitor.sequence(&substitution.body),
    }
}

/// Walks the subscript and the operands of a parameter expansion.
pub fn walk_parameter<'s, V: Visitor<'s> + ?Sized>(visitor: &mut V, parameter: &'s Parameter) {
    if let Some(subscript) = &parameter.subscript {
        walk_subscript(visitor, subscript);
    }
    match &parameter.op {
        ParameterOp::Plain
        | ParameterOp::Length
        | ParameterOp::Keys
        | ParameterOp::Names
        | ParameterOp::Transform(_) => {}
        ParameterOp::Default { word, .. }
        | ParameterOp::Assign { word, .. }
        | ParameterOp::Alternate { word, .. }
        | ParameterOp::Error { word, .. } => visitor.word(word),
        ParameterOp::TrimPrefix { pattern }
        | ParameterOp::TrimSuffix { pattern }
        | ParameterOp::Case { pattern, .. } => {
            visitor.word(pattern);
        }
        ParameterOp::Replace { pattern, replacement, .. } => {
            visitor.word(pattern);
            visitor.word(replacement);
        }
        ParameterOp::Slice { offset, length } => {
            visitor.arithmetic(offset);
            if let Some(length) = length {
                visitor.arithmetic(length);
            }
        }
    }
}

/// The words of every simple command and declaration, in the order of the text: command name and arguments, without
/// assignments before the name and redirections. `let` is arithmetic, like `((`, and left out.
pub fn command_words(script: &Script) -> Vec<Vec<Span>> {
    struct Gatherer(Vec<Vec<Span>>);
    impl<'s> Visitor<'s> for Gatherer {
        fn command(&mut self, command: &'s Command) {
            let words: Vec<Span> = match &command.kind {
                CommandKind::Simple(simple) if is_let(simple) => Vec::new(),
                CommandKind::Simple(simple) => simple.words.iter().map(|word| word.span).collect(),
                CommandKind::Declare(declare) => std::iter::once(declare.keyword.span)
                    .chain(declare.operands.iter().map(|operand| match operand {
                        Operand::Flag(word) | Operand::Dynamic(word) => word.span,
                        Operand::Name(name) => name.span,
                        Operand::Assignment(assignment) => assignment.span,
                    }))
                    .collect(),
                _ => Vec::new(),
            };
            if !words.is_empty() {
                self.0.push(words);
            }
            walk_command(self, command);
        }
    }
    let mut gatherer = Gatherer(Vec::new());
    walk_script(&mut gatherer, script);
    gatherer.0
}

fn is_let(simple: &Simple) -> bool {
    simple.words.first().is_some_and(
        |word| matches!(word.parts.as_slice(), [Part { kind: PartKind::Literal(text), .. }] if text == "let"),
    )
}
