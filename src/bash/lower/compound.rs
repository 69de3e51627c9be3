//! Compound commands and functions.

use shuck_ast as ast;

use super::commands::cover;
use super::{Lowering, clamp, clamped, nested, plain};
use crate::bash::map::Map;
use crate::bash::syntax::{
    Arithmetic, ArithmeticFor, Arm, ArmEnd, Case, CommandKind, Coproc, For, Function, If, Name, While,
};
use crate::bash::text::Mode;
use crate::source::Span;

/// What a compound command lowers to: its kind and its bytes in the original, where they are known.
type Lowered = (CommandKind, Option<Span>);

impl Lowering<'_, '_> {
    pub(super) fn compound(&mut self, compound: &ast::CompoundCommand, statement: &ast::Stmt) -> Lowered {
        match compound {
            ast::CompoundCommand::If(command) => self.if_command(command),
            ast::CompoundCommand::For(command) => self.for_command(command),
            ast::CompoundCommand::ArithmeticFor(command) => self.arithmetic_for(command),
            ast::CompoundCommand::While(command) => {
                self.loop_command(false, &command.condition, &command.body, command.span, command.done_span)
            }
            ast::CompoundCommand::Until(command) => {
                self.loop_command(true, &command.condition, &command.body, command.span, command.done_span)
            }
            ast::CompoundCommand::Case(command) => self.case_command(command),
            ast::CompoundCommand::Select(command) => self.select(command),
            ast::CompoundCommand::Subshell(body) => {
                let span = self.bracketed(body, b'(', b')');
                (CommandKind::Subshell(self.sequence(body)), span)
            }
            ast::CompoundCommand::BraceGroup(body) => {
                let span = self.bracketed(body, b'{', b'}');
                (CommandKind::Group(self.sequence(body)), span)
            }
            ast::CompoundCommand::Arithmetic(command) => self.double_parentheses(command),
            ast::CompoundCommand::Conditional(command) => {
                let span = plain(command.left_bracket_span).to(plain(command.right_bracket_span));
                (CommandKind::Test(self.condition(&command.expression)), Some(self.span(span)))
            }
            ast::CompoundCommand::Coproc(command) => self.coproc(command),
            ast::CompoundCommand::Time(_) => {
                self.unread(
                    plain(statement.span),
                    "`time` could not be read here: put the timed command in braces",
                );
                (CommandKind::Simple(crate::bash::syntax::Simple::default()), None)
            }
            ast::CompoundCommand::Repeat(_)
            | ast::CompoundCommand::Foreach(_)
            | ast::CompoundCommand::Always(_) => {
                self.unread(plain(statement.span), "this is zsh, not bash: use a loop that bash knows");
                (CommandKind::Simple(crate::bash::syntax::Simple::default()), None)
            }
        }
    }

    /// `((`: arithmetic, or a subshell in a subshell where the parentheses inside do not pair up.
    fn double_parentheses(&mut self, command: &ast::ArithmeticCommand) -> Lowered {
        let mut whole = plain(command.left_paren_span).to(plain(command.right_paren_span));
        // Where it is no arithmetic after all, shuck's end may lie one byte late.
        while !self.slice(whole).ends_with("))") && whole.len() > 4 {
            whole.end -= 1;
        }
        let inner = Span::new(whole.start + 2, whole.end - 2);
        if command.expr_ast.is_none() && !paired(self.slice(inner)) {
            let inside = Span::new(whole.start + 1, whole.end - 1);
            let text = self.slice(inside).to_owned();
            let map = self.map.then(&Map::shifted(i64::from(inside.start)));
            let body = nested(&text, inside.slice(self.literal), map, self.depth + 1, self.out);
            return (CommandKind::Subshell(body), Some(self.span(whole)));
        }
        let arithmetic = self.arithmetic(inner, command.expr_ast.as_ref(), None, Mode::Arithmetic);
        (CommandKind::Arithmetic(arithmetic), Some(self.span(whole)))
    }

    fn if_command(&mut self, command: &ast::IfCommand) -> Lowered {
        let mut branches = vec![(self.sequence(&command.condition), self.sequence(&command.then_branch))];
        for (condition, body) in &command.elif_branches {
            branches.push((self.sequence(condition), self.sequence(body)));
        }
        let otherwise = command.else_branch.as_ref().map(|body| self.sequence(body));
        let end = match command.syntax {
            ast::IfSyntax::ThenFi { fi_span, .. } => fi_span,
            ast::IfSyntax::Brace { right_brace_span, .. } => right_brace_span,
        };
        let span = Span::new(plain(command.span).start, plain(end).end);
        (CommandKind::If(If { branches, otherwise }), Some(self.span(span)))
    }

    fn for_command(&mut self, command: &ast::ForCommand) -> Lowered {
        let variable = match command.targets.as_slice() {
            [target] if target.name.is_some() => Name {
                name: target.name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
                subscript: None,
                span: self.span(plain(target.span)),
            },
            _ => {
                self.unread(
                    plain(command.span),
                    "the variable of this `for` could not be read: use one plain name",
                );
                Name { name: String::new(), subscript: None, span: self.span(plain(command.span)) }
            }
        };
        let words = command.words.as_ref().map(|words| self.words(&words.iter().collect::<Vec<_>>()));
        let body = self.sequence(&command.body);
        let end = match command.syntax {
            ast::ForSyntax::InDoDone { done_span, .. } | ast::ForSyntax::ParenDoDone { done_span, .. } => {
                done_span
            }
            ast::ForSyntax::InBrace { right_brace_span, .. }
            | ast::ForSyntax::ParenBrace { right_brace_span, .. } => right_brace_span,
            ast::ForSyntax::InDirect { .. } | ast::ForSyntax::ParenDirect { .. } => command.span,
        };
        let span = Span::new(plain(command.span).start, plain(end).end);
        (CommandKind::For(For { variable, words, body }), Some(self.span(span)))
    }

    fn select(&mut self, command: &ast::SelectCommand) -> Lowered {
        let name_span = plain(command.variable_span);
        let variable =
            Name { name: command.variable.as_str().to_owned(), subscript: None, span: self.span(name_span) };
        let words = self.words(&command.words.iter().collect::<Vec<_>>());
        // shuck does not tell `select x; do` from `select x in; do`.
        let rest = self.source.get(name_span.end as usize..).unwrap_or_default();
        let explicit = rest
            .trim_start()
            .strip_prefix("in")
            .is_some_and(|after| !after.starts_with(char::is_alphanumeric));
        let words = (explicit || !words.is_empty()).then_some(words);
        let body = self.sequence(&command.body);
        let span = Span::new(plain(command.span).start, plain(command.done_span).end);
        (CommandKind::Select(For { variable, words, body }), Some(self.span(span)))
    }

    fn arithmetic_for(&mut self, command: &ast::ArithmeticForCommand) -> Lowered {
        let edges = [
            (
                plain(command.left_paren_span).end,
                plain(command.first_semicolon_span).start,
                &command.init_ast,
            ),
            (
                plain(command.first_semicolon_span).end,
                plain(command.second_semicolon_span).start,
                &command.condition_ast,
            ),
            (
                plain(command.second_semicolon_span).end,
                plain(command.right_paren_span).start,
                &command.step_ast,
            ),
        ];
        let header = edges.map(|(start, end, tree)| {
            let span = Span::new(start, end.max(start));
            (!self.slice(span).trim().is_empty())
                .then(|| -> Arithmetic { self.arithmetic(span, tree.as_ref(), None, Mode::Arithmetic) })
        });
        let body = self.sequence(&command.body);
        let start = plain(command.span).start;
        let end = match command.done_span {
            Some(done) => plain(done).end,
            None => self.trimmed(plain(command.span)).end,
        };
        (CommandKind::ArithmeticFor(ArithmeticFor { header, body }), Some(self.span(Span::new(start, end))))
    }

    fn loop_command(
        &mut self,
        until: bool,
        condition: &ast::StmtSeq,
        body: &ast::StmtSeq,
        span: ast::Span,
        done: Option<ast::Span>,
    ) -> Lowered {
        let condition = self.sequence(condition);
        let body = self.sequence(body);
        let end = done.map_or_else(|| self.trimmed(plain(span)).end, |done| plain(done).end);
        let span = Span::new(plain(span).start, end);
        (CommandKind::While(While { until, condition, body }), Some(self.span(span)))
    }

    fn case_command(&mut self, command: &ast::CaseCommand) -> Lowered {
        let word = self.word(&command.word);
        let mut arms = Vec::with_capacity(command.cases.len());
        for item in &command.cases {
            let patterns = item.patterns.iter().map(|pattern| self.pattern(pattern, Mode::Plain)).collect();
            let body = self.sequence(&item.body);
            let end = match item.terminator {
                ast::CaseTerminator::Break => ArmEnd::Break,
                ast::CaseTerminator::FallThrough => ArmEnd::FallThrough,
                ast::CaseTerminator::Continue | ast::CaseTerminator::ContinueMatching => ArmEnd::Continue,
            };
            arms.push(Arm { patterns, body, end });
        }
        let span = Span::new(plain(command.span).start, plain(command.esac_span).end);
        (CommandKind::Case(Case { word, arms }), Some(self.span(span)))
    }

    fn coproc(&mut self, command: &ast::CoprocCommand) -> Lowered {
        let name = command.name_span.map(|_| command.name.as_str().to_owned());
        let body = self.pipeline(&command.body);
        let start = self.map.at(plain(command.span).start);
        let span = Span::new(start, body.span.end.max(start));
        (CommandKind::Coproc(Coproc { name, body: Box::new(body) }), Some(span))
    }

    pub(super) fn function(&mut self, function: &ast::FunctionDef) -> Lowered {
        let header = plain(function.header.span());
        let (name, name_span) = if let [entry] = function.header.entries.as_slice() {
            (self.slice(plain(entry.word.span)).to_owned(), plain(entry.word.span))
        } else {
            self.unread(
                plain(function.span),
                "the name of this function could not be read: use one plain name",
            );
            (String::new(), header)
        };
        self.comments(&function.body.leading_comments);
        let body = self.stage(&function.body);
        let name_span = self.span(name_span);
        let span = cover([self.span(header), body.span].into_iter());
        (CommandKind::Function(Function { name, name_span, body: Box::new(body) }), span)
    }

    /// `span` without blank space at its end.
    pub(super) fn trimmed(&self, span: Span) -> Span {
        let span = clamped(span, self.source);
        Span::new(span.start, span.start + clamp(self.slice(span).trim_end().len()))
    }

    /// The bytes of a group or subshell: shuck's tree tells only what is inside.
    fn bracketed(&mut self, body: &ast::StmtSeq, open: u8, close: u8) -> Option<Span> {
        let whole = clamped(plain(body.span), self.source);
        let start = self.opening(body.stmts.first().map_or(whole.start, first_byte).min(whole.start), open);
        let mut end = self.trimmed(whole).end;
        if self.source.as_bytes().get((end as usize).wrapping_sub(1)) != Some(&close) || close == b'}' {
            end = self.closing(whole.end, close).unwrap_or(end);
        }
        Some(self.span(Span::new(start?, end)))
    }

    /// Where the bracket before `from` stands, over blank space, line continuations and comments.
    fn opening(&self, from: u32, open: u8) -> Option<u32> {
        let bytes = self.source.as_bytes();
        let mut at = from as usize;
        let mut line_end = false;
        loop {
            let line_start =
                bytes.get(..at)?.iter().rposition(|byte| *byte == b'\n').map_or(0, |before| before + 1);
            let line = self.source.get(line_start..at)?;
            let line = if line_end { without_comment(line, char::from(open)) } else { line };
            let line = line.trim_end_matches([' ', '\t', '\\']);
            if line.ends_with(char::from(open)) {
                return Some(clamp(line_start + line.len() - 1));
            }
            if !line.is_empty() || line_start == 0 {
                return None;
            }
            at = line_start - 1;
            line_end = true;
        }
    }
}

/// A line without the comment at its end, where the line is nothing else, or a comment after `open`.
fn without_comment(line: &str, open: char) -> &str {
    if line.trim_start_matches([' ', '\t']).starts_with('#') {
        return "";
    }
    for (at, _) in line.match_indices('#') {
        let before = line.get(..at).unwrap_or_default();
        let trimmed = before.trim_end_matches([' ', '\t']);
        if trimmed.ends_with(open) && (trimmed.len() < before.len() || open == '(') {
            return trimmed;
        }
    }
    line
}

/// Whether every parenthesis that closes has one that opened before it.
fn paired(text: &str) -> bool {
    let mut open = 0_u32;
    for byte in text.bytes() {
        match byte {
            b'(' => open += 1,
            b')' if open == 0 => return false,
            b')' => open -= 1,
            _ => {}
        }
    }
    true
}

/// The first byte of a statement, over the groups whose brackets its span leaves out.
fn first_byte(statement: &ast::Stmt) -> u32 {
    plain(statement.span).start
}
