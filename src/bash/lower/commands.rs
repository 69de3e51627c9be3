//! Statements, lists, pipelines and simple commands.

use shuck_ast as ast;

use super::{Lowering, clamp, plain};
use crate::bash::syntax::{
    Assignment, Command, CommandKind, Declare, Element, Fd, ListOp, Name, Operand, Part, PartKind, Pipeline,
    Redirect, RedirectOp, Simple, Statement, Subscript, Target, Value, Word,
};
use crate::bash::text::Mode;
use crate::source::Span;

impl Lowering<'_, '_> {
    pub(super) fn statement(&mut self, statement: &ast::Stmt) -> Statement {
        self.comments(&statement.leading_comments);
        if let Some(comment) = statement.inline_comment {
            self.comments(&[comment]);
        }
        let background = matches!(statement.terminator, Some(ast::StmtTerminator::Background(_)));
        let mut links = Vec::new();
        let mut left = statement;
        while let Some((binary, op)) = list_link(left) {
            links.push((op, &*binary.right));
            left = &binary.left;
        }
        let first = self.pipeline(left);
        let mut rest = Vec::with_capacity(links.len());
        for (op, right) in links.into_iter().rev() {
            if list_link(right).is_some() {
                self.unread(
                    plain(right.span),
                    "this list of commands could not be read: write it as separate statements",
                );
            }
            self.comments(&right.leading_comments);
            let pipeline = self.pipeline(right);
            rest.push((op, pipeline));
        }
        let span = rest.last().map_or(first.span, |(_, last)| first.span.to(last.span));
        Statement { first, rest, background, span }
    }

    /// A pipeline with the `!` and `time` before it.
    pub(super) fn pipeline(&mut self, statement: &ast::Stmt) -> Pipeline {
        let mut pipeline =
            Pipeline { negated: false, timed: false, stages: Vec::new(), span: Span::default() };
        let prefix = self.prefixes(statement, &mut pipeline).map(|start| self.map.at(start));
        let first = pipeline.stages.first().map(|stage| stage.span);
        let last = pipeline.stages.last().map(|stage| stage.span);
        pipeline.span = if let (Some(first), Some(last)) = (first, last) {
            Span::new(prefix.unwrap_or(first.start).min(first.start), last.end)
        } else {
            let text = super::clamped(plain(statement.span), self.source);
            let trimmed = self.slice(text).trim_end_matches([' ', '\t', '\n', ';', '&', '|']).len();
            self.span(Span::new(text.start, text.start + clamp(trimmed)))
        };
        pipeline
    }

    /// Takes `!` and `time` off, then the stages. Returns where the first of them stands, if there is one.
    fn prefixes(&mut self, statement: &ast::Stmt, pipeline: &mut Pipeline) -> Option<u32> {
        let mut start = None;
        if statement.negated {
            let at = plain(statement.span).start;
            pipeline.negated = !pipeline.negated;
            start = Some(at);
            self.joined_over_line_feed(at + 1, command_start(&statement.command));
        }
        if let ast::Command::Compound(ast::CompoundCommand::Time(time)) = &statement.command {
            let at = plain(time.span).start;
            pipeline.timed = true;
            if let Some(inner) = &time.command {
                self.joined_over_line_feed(at + 4, Some(plain(inner.span).start));
                self.comments(&inner.leading_comments);
                self.prefixes(inner, pipeline);
            }
            if !statement.redirects.is_empty() {
                self.unread(
                    plain(statement.span),
                    "a redirection on `time` could not be read: put the command in braces",
                );
            }
            return start.or(Some(at));
        }
        start.or(self.stages(statement, pipeline))
    }

    /// A lone `!` or `time` ends at the line feed; shuck joins it with the next line.
    fn joined_over_line_feed(&mut self, from: u32, to: Option<u32>) {
        let Some(to) = to else { return };
        let between = Span::new(from, to.max(from));
        let text = self.slice(between).replace("\\\n", "");
        if text.trim_start_matches([' ', '\t']).starts_with('\n') {
            self.unread(
                between,
                "a lone `!` or `time` on its line: remove it or write its command on the same line",
            );
        }
    }

    fn stages(&mut self, statement: &ast::Stmt, pipeline: &mut Pipeline) -> Option<u32> {
        let mut links = Vec::new();
        let mut left = statement;
        let mut start = None;
        let mut outermost = true;
        while let ast::Command::Binary(binary) = &left.command
            && matches!(binary.op, ast::BinaryOp::Pipe | ast::BinaryOp::PipeAll)
            && (outermost || !left.negated)
        {
            links.push((binary.op, plain(binary.op_span), &*binary.right));
            left = &binary.left;
            outermost = false;
        }
        if !outermost && (left.negated || is_time(left)) {
            start = self.prefixes(left, pipeline);
        } else {
            let first = self.stage(left);
            pipeline.stages.push(first);
        }
        for (op, op_span, right) in links.into_iter().rev() {
            if op == ast::BinaryOp::PipeAll
                && let Some(before) = pipeline.stages.last_mut()
            {
                let at = self.map.at(op_span.start);
                before.redirects.push(both_into_pipe(Span::new(at, at)));
            }
            self.comments(&right.leading_comments);
            let stage = if is_time(right) { self.time_stage(right) } else { self.stage(right) };
            pipeline.stages.push(stage);
        }
        start
    }

    /// After `|`, `time` is a command's name.
    fn time_stage(&mut self, statement: &ast::Stmt) -> Command {
        let ast::Command::Compound(ast::CompoundCommand::Time(time)) = &statement.command else {
            return self.stage(statement);
        };
        let start = plain(time.span).start;
        let name = Span::new(start, start + 4);
        let mut words = vec![self.word_at(name, Vec::new(), false, Mode::Plain)];
        let Some(inner) = &time.command else {
            let span = words[0].span;
            return Command {
                kind: CommandKind::Simple(Simple { assignments: Vec::new(), words }),
                redirects: Vec::new(),
                span,
            };
        };
        let mut command = self.stage(inner);
        let gap = Span::new(start + 4, plain(inner.span).start.max(start + 4));
        if let Some(at) = self.slice(gap).find("-p") {
            let flag = gap.start + clamp(at);
            words.push(self.word_at(Span::new(flag, flag + 2), Vec::new(), false, Mode::Plain));
        }
        match &mut command.kind {
            CommandKind::Simple(simple) if simple.assignments.is_empty() && !inner.negated => {
                words.append(&mut simple.words);
                simple.words = words;
            }
            _ => self.unread(
                plain(statement.span),
                "`time` after `|` is a command's name: put the timed part in braces",
            ),
        }
        command.span.start = command.span.start.min(self.map.at(start));
        command
    }

    /// One command of a pipeline.
    pub(super) fn stage(&mut self, statement: &ast::Stmt) -> Command {
        let mut redirects = self.redirects(&statement.redirects);
        let (mut kind, mut span) = match &statement.command {
            ast::Command::Simple(simple) => self.simple(simple),
            ast::Command::Builtin(builtin) => self.builtin(builtin, &statement.redirects),
            ast::Command::Decl(clause) => self.declare(clause),
            ast::Command::Compound(compound) => self.compound(compound, statement),
            ast::Command::Function(function) => self.function(function),
            ast::Command::Binary(_) | ast::Command::AnonymousFunction(_) => {
                self.unread(
                    plain(statement.span),
                    "this command could not be read: write it as separate statements",
                );
                (CommandKind::Simple(Simple::default()), None)
            }
        };
        if let CommandKind::Simple(simple) = &mut kind {
            descriptors(simple, &mut redirects);
        }
        for redirect in &redirects {
            span = Some(span.map_or(redirect.span, |whole| whole.to(redirect.span)));
        }
        redirects.sort_by_key(|redirect| redirect.span.start);
        let span = span.unwrap_or_else(|| self.span(super::clamped(plain(statement.span), self.source)));
        Command { kind, redirects, span }
    }

    fn simple(&mut self, simple: &ast::SimpleCommand) -> (CommandKind, Option<Span>) {
        let assignments = self.assignments(&simple.assignments);
        let named = (!plain(simple.name.span).is_empty()).then_some(&simple.name);
        let all: Vec<&ast::Word> = named.into_iter().chain(&simple.args).collect();
        let words = self.words(&all);
        let span = cover(assignments.iter().map(|one| one.span).chain(words.iter().map(|word| word.span)));
        (CommandKind::Simple(Simple { assignments, words }), span)
    }

    fn assignments(&mut self, assignments: &[ast::Assignment]) -> Vec<Assignment> {
        assignments.iter().map(|assignment| self.assignment(assignment)).collect()
    }

    fn builtin(
        &mut self,
        builtin: &ast::BuiltinCommand,
        redirects: &[ast::Redirect],
    ) -> (CommandKind, Option<Span>) {
        let (name, first, rest, assignments, span) = match builtin {
            ast::BuiltinCommand::Break(it) => ("break", &it.depth, &it.extra_args, &it.assignments, it.span),
            ast::BuiltinCommand::Continue(it) => {
                ("continue", &it.depth, &it.extra_args, &it.assignments, it.span)
            }
            ast::BuiltinCommand::Return(it) => ("return", &it.code, &it.extra_args, &it.assignments, it.span),
            ast::BuiltinCommand::Exit(it) => ("exit", &it.code, &it.extra_args, &it.assignments, it.span),
        };
        let assignments = self.assignments(assignments);
        let mut words = Vec::with_capacity(rest.len() + 2);
        let before = redirects.iter().map(|redirect| super::redirects::extent(redirect, self.source));
        let known: Vec<Span> = match builtin {
            ast::BuiltinCommand::Break(it) => {
                it.assignments.iter().map(assignment_extent).chain(before).collect()
            }
            ast::BuiltinCommand::Continue(it) => {
                it.assignments.iter().map(assignment_extent).chain(before).collect()
            }
            ast::BuiltinCommand::Return(it) => {
                it.assignments.iter().map(assignment_extent).chain(before).collect()
            }
            ast::BuiltinCommand::Exit(it) => {
                it.assignments.iter().map(assignment_extent).chain(before).collect()
            }
        };
        let mut start = plain(span).start;
        for redirect in redirects {
            start = start.min(super::redirects::extent(redirect, self.source).start);
        }
        match self.keyword(name, start, known) {
            Some(at) => words.push(self.word_at(at, Vec::new(), false, Mode::Plain)),
            None => self.unread(plain(span), "the name of this command could not be found: write it plainly"),
        }
        let all: Vec<&ast::Word> = first.iter().chain(rest).collect();
        words.append(&mut self.words(&all));
        let span = cover(assignments.iter().map(|one| one.span).chain(words.iter().map(|word| word.span)));
        (CommandKind::Simple(Simple { assignments, words }), span)
    }

    /// Finds a builtin's name, which shuck's tree leaves out: the first text that is no assignment or redirection.
    fn keyword(&self, name: &str, start: u32, mut known: Vec<Span>) -> Option<Span> {
        known.sort_unstable();
        let mut at = start as usize;
        loop {
            let rest = self.source.get(at..)?;
            if let Some(skipped) = rest.strip_prefix("\\\n") {
                at = self.source.len() - skipped.len();
                continue;
            }
            let first = rest.bytes().next()?;
            if first == b' ' || first == b'\t' {
                at += 1;
                continue;
            }
            if let Some(span) = known.iter().find(|span| span.start as usize == at && !span.is_empty()) {
                at = span.end as usize;
                continue;
            }
            return rest.starts_with(name).then(|| Span::new(clamp(at), clamp(at + name.len())));
        }
    }

    fn declare(&mut self, clause: &ast::DeclClause) -> (CommandKind, Option<Span>) {
        let assignments = self.assignments(&clause.assignments);
        let keyword = self.word_at(plain(clause.variant_span), Vec::new(), false, Mode::Plain);
        let mut operands = Vec::with_capacity(clause.operands.len());
        let mut spans = vec![keyword.span];
        spans.extend(assignments.iter().map(|assignment| assignment.span));
        for operand in &clause.operands {
            let operand = match operand {
                ast::DeclOperand::Flag(word) => Operand::Flag(self.word(word)),
                ast::DeclOperand::Name(name) => Operand::Name(self.name(name, true)),
                ast::DeclOperand::Assignment(assignment) => Operand::Assignment(self.assignment(assignment)),
                ast::DeclOperand::Dynamic(word) => Operand::Dynamic(self.word(word)),
            };
            spans.push(match &operand {
                Operand::Flag(word) | Operand::Dynamic(word) => word.span,
                Operand::Name(name) => name.span,
                Operand::Assignment(assignment) => assignment.span,
            });
            operands.push(operand);
        }
        let touching =
            spans.iter().any(|one| spans.iter().any(|other| one.end == other.start && !one.is_empty()));
        if touching {
            self.lost(plain(clause.span));
        }
        let span = cover(spans.into_iter());
        (CommandKind::Declare(Declare { assignments, keyword, operands }), span)
    }

    pub(super) fn assignment(&mut self, assignment: &ast::Assignment) -> Assignment {
        let target = self.name(&assignment.target, false);
        let mut whole = assignment_extent(assignment);
        let value = match &assignment.value {
            ast::AssignmentValue::Scalar(word) => Value::Scalar(self.word(word)),
            ast::AssignmentValue::Compound(array) => Value::Array(self.elements(&array.elements)),
        };
        if let Value::Array(_) = &value
            && !self.slice(whole).ends_with(')')
            && let Some(found) = self.closing(whole.end, b')')
        {
            whole.end = found;
        }
        let mut span = self.span(whole);
        if let Value::Scalar(word) = &value {
            span = span.to(Span::new(span.start, word.span.end.max(span.start)));
        }
        Assignment { target, append: assignment.append, value, span }
    }

    fn elements(&mut self, elements: &[ast::ArrayElem]) -> Vec<Element> {
        if elements.iter().all(|element| matches!(element, ast::ArrayElem::Sequential(_))) {
            let words: Vec<&ast::Word> = elements.iter().map(|element| &element.value().word).collect();
            return self.words(&words).into_iter().map(|value| Element { key: None, value }).collect();
        }
        elements.iter().map(|element| self.element(element)).collect()
    }

    fn element(&mut self, element: &ast::ArrayElem) -> Element {
        let key = match element {
            ast::ArrayElem::Sequential(_) => None,
            ast::ArrayElem::Keyed { key, .. } | ast::ArrayElem::KeyedAppend { key, .. } => {
                Some(match self.subscript(key) {
                    Subscript::Index(word) => word,
                    Subscript::All | Subscript::Star => {
                        let span = plain(key.syntax_source_text().span());
                        self.word_at(span, Vec::new(), false, Mode::Plain)
                    }
                })
            }
        };
        Element { key, value: self.word(&element.value().word) }
    }

    /// A name with its subscript; `whole` where the reference's span is its own (in `${...}` it is the expansion's).
    pub(super) fn name(&mut self, name: &ast::VarRef, whole: bool) -> Name {
        let subscript = name.subscript.as_deref().map(|subscript| Box::new(self.subscript(subscript)));
        let mut span = plain(name.name_span);
        if let Some(subscript) = name.subscript.as_deref() {
            let inner = plain(subscript.syntax_source_text().span());
            if inner.start >= span.end {
                span.end = inner.end + 1;
            }
        } else if whole {
            span = plain(name.span);
        }
        Name { name: name.name.as_str().to_owned(), subscript, span: self.span(span) }
    }

    /// `[...]` after a name or before an array element's value.
    pub(super) fn subscript(&mut self, subscript: &ast::Subscript) -> Subscript {
        match subscript.selector() {
            Some(ast::SubscriptSelector::At) => return Subscript::All,
            Some(ast::SubscriptSelector::Star) => return Subscript::Star,
            None => {}
        }
        let text = subscript.syntax_source_text();
        let span = plain(text.span());
        let found =
            subscript.word_ast().map(|word| super::words::expansions(&word.parts)).unwrap_or_default();
        Subscript::Index(self.word_at(span, found, false, Mode::Plain))
    }

    /// The first byte after the next `close`, over blank space and comments only.
    pub(super) fn closing(&self, from: u32, close: u8) -> Option<u32> {
        let bytes = self.source.as_bytes();
        let mut at = from as usize;
        loop {
            match bytes.get(at)? {
                b' ' | b'\t' | b'\n' | b';' => at += 1,
                b'\\' if bytes.get(at + 1) == Some(&b'\n') => at += 2,
                b'#' => at += bytes.get(at..)?.iter().position(|byte| *byte == b'\n')?,
                byte if *byte == close => return Some(clamp(at + 1)),
                _ => return None,
            }
        }
    }
}

fn list_link(statement: &ast::Stmt) -> Option<(&ast::BinaryCommand, ListOp)> {
    let ast::Command::Binary(binary) = &statement.command else { return None };
    let op = match binary.op {
        ast::BinaryOp::And => ListOp::And,
        ast::BinaryOp::Or => ListOp::Or,
        ast::BinaryOp::Pipe | ast::BinaryOp::PipeAll => return None,
    };
    Some((binary, op))
}

fn is_time(statement: &ast::Stmt) -> bool {
    matches!(statement.command, ast::Command::Compound(ast::CompoundCommand::Time(_)))
}

fn command_start(command: &ast::Command) -> Option<u32> {
    match command {
        ast::Command::Simple(it) if !plain(it.span).is_empty() => Some(plain(it.span).start),
        ast::Command::Binary(it) => Some(plain(it.span).start),
        _ => None,
    }
}

/// From the name to the end of the value, in the coordinates of the text that shuck saw.
fn assignment_extent(assignment: &ast::Assignment) -> Span {
    plain(assignment.span)
}

/// The smallest span over all.
pub(super) fn cover(spans: impl Iterator<Item = Span>) -> Option<Span> {
    spans.reduce(Span::to)
}

/// shuck takes the descriptor of `3<<EOF` for a word where the command has other words before it.
fn descriptors(simple: &mut Simple, redirects: &mut [Redirect]) {
    for redirect in redirects.iter_mut().filter(|redirect| redirect.fd.is_none()) {
        let Some(at) = simple
            .words
            .iter()
            .position(|word| word.span.end == redirect.span.start && !word.span.is_empty())
        else {
            continue;
        };
        let [Part { kind: PartKind::Literal(text), .. }] = simple.words[at].parts.as_slice() else {
            continue;
        };
        if let (true, Ok(number)) = (text.bytes().all(|byte| byte.is_ascii_digit()), text.parse()) {
            redirect.fd = Some(Fd::Number(number));
            redirect.span = redirect.span.to(simple.words[at].span);
            simple.words.remove(at);
        }
    }
}

/// What `|&` means: `2>&1` after all other redirections of the stage before it.
fn both_into_pipe(span: Span) -> Redirect {
    Redirect {
        fd: Some(Fd::Number(2)),
        op: RedirectOp::DuplicateOutput,
        target: Target::Word(Word {
            parts: vec![Part { kind: PartKind::Literal("1".to_owned()), span }],
            braces: false,
            span,
        }),
        span,
    }
}
