//! Redirections and heredocs.

use shuck_ast as ast;

use super::words::{Expansion, Found};
use super::{Lowering, clamp, clamped, plain};
use crate::bash::map::Map;
use crate::bash::syntax::{Fd, HereDocument, Redirect, RedirectOp, Target, Word};
use crate::bash::text::Mode;
use crate::source::Span;

impl Lowering<'_, '_> {
    pub(super) fn redirects(&mut self, redirects: &[ast::Redirect]) -> Vec<Redirect> {
        let mut lowered = Vec::with_capacity(redirects.len());
        let mut skip: Option<Span> = None;
        for redirect in redirects {
            let span = plain(redirect.span);
            // shuck reads `&>>f` as `>>f 2>&1`, the second within the first.
            if skip.is_some_and(|outer| outer.contains(span)) {
                continue;
            }
            let both = redirect.kind == ast::RedirectKind::Append && self.slice(span).starts_with("&>>");
            if both {
                skip = Some(span);
            }
            lowered.push(self.redirect(redirect, both));
        }
        lowered
    }

    fn redirect(&mut self, redirect: &ast::Redirect, both: bool) -> Redirect {
        let mut extent = extent(redirect, self.source);
        let op = if both { RedirectOp::AppendBoth } else { operator(redirect.kind) };
        let before = self.literal.get(..extent.start as usize).unwrap_or_default();
        let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let hidden = before.get(before.len() - digits..).unwrap_or_default().parse().ok();
        let hidden = hidden.filter(|_| {
            !self.source.get(..before.len()).unwrap_or_default().ends_with(|c: char| c.is_ascii_digit())
        });
        if hidden.is_some() {
            extent.start -= clamp(digits);
        }
        let fd = match (&redirect.fd_var, redirect.fd.or(hidden)) {
            (Some(name), _) => Some(Fd::Variable(name.as_str().to_owned())),
            (None, Some(number)) => Some(Fd::Number(number)),
            (None, None) => None,
        };
        let target = match &redirect.target {
            ast::RedirectTarget::Word(word) if plain(word.span).is_empty() => {
                let text = self.slice(extent);
                let tail = text
                    .trim_start_matches(|c: char| c != '<' && c != '>')
                    .trim_start_matches(['<', '>', '&', '|']);
                let start = extent.end - clamp(tail.trim_start_matches([' ', '\t']).len());
                Target::Word(self.word_at(Span::new(start, extent.end), Vec::new(), false, Mode::Plain))
            }
            ast::RedirectTarget::Word(word) => {
                extent.end = extent.end.max(plain(word.span).end);
                Target::Word(self.word(word))
            }
            ast::RedirectTarget::Heredoc(heredoc) => {
                let delimiter = plain(heredoc.delimiter.span);
                extent.end = extent.end.max(delimiter.end);
                Target::HereDocument(self.here_document(heredoc))
            }
        };
        Redirect { fd, op, target, span: self.span(extent) }
    }

    fn here_document(&mut self, heredoc: &ast::Heredoc) -> HereDocument {
        let delimiter: Word = self.word(&heredoc.delimiter.raw);
        let quoted = !heredoc.delimiter.expands_body;
        let strip_tabs = heredoc.delimiter.strip_tabs;
        let span = clamped(plain(heredoc.body.span), self.source);
        let mode = if strip_tabs { Mode::Tabbed } else { Mode::HereDocument };
        let body = if quoted {
            let text = span.slice(self.literal);
            let text = if strip_tabs { without_tabs(text) } else { text.to_owned() };
            let span = self.span(span);
            let kind = crate::bash::syntax::PartKind::Literal(text);
            if span.is_empty() { Vec::new() } else { vec![crate::bash::syntax::Part { kind, span }] }
        } else {
            let found = heredoc.body.parts.iter().filter_map(part).collect();
            self.fill(span, found, mode)
        };
        let after = self.source.get(span.end as usize..).unwrap_or_default();
        let line = Span::new(span.start, span.end + clamp(after.find('\n').map_or(after.len(), |at| at + 1)));
        let last = after.split('\n').next().unwrap_or_default();
        let last = if strip_tabs { last.trim_start_matches('\t') } else { last };
        if last.trim_end_matches(')') != heredoc.delimiter.cooked.as_str().trim_end_matches(')') {
            self.unread(
                plain(heredoc.delimiter.span),
                "this heredoc is never closed: end it with its delimiter on a line of its own",
            );
        }
        let line = self.span(line);
        self.out.heredocs.push(line);
        HereDocument { delimiter, quoted, strip_tabs, body, body_span: self.span(span) }
    }

    /// A heredoc's body parsed anew: as the body of a heredoc of our own.
    pub(super) fn here_document_anew(
        &mut self,
        span: Span,
        mode: Mode,
    ) -> Option<Vec<crate::bash::syntax::Part>> {
        const BEFORE: &str = ": <<GAUNTLET_END_OF_TEXT\n";
        let text = self.slice(span);
        let wrapped = format!("{BEFORE}{text}\nGAUNTLET_END_OF_TEXT\n");
        let offset = i64::from(span.start) - i64::try_from(BEFORE.len()).unwrap_or(0);
        let map = self.map.then(&Map::shifted(offset));
        let parsed = shuck_parser::parser::Parser::new(&wrapped).parse();
        let statement = parsed.file.body.stmts.first()?;
        let heredoc = statement.redirects.first()?.heredoc()?;
        let found: Vec<Found<'_>> = heredoc.body.parts.iter().filter_map(part).collect();
        let mut inner = Lowering {
            source: &wrapped,
            literal: &wrapped,
            map,
            depth: self.depth + 1,
            out: self.out,
            fallback: true,
            shallow: self.shallow,
        };
        let inside = Span::new(clamp(BEFORE.len()), clamp(BEFORE.len()) + span.len());
        Some(inner.fill(inside, found, mode))
    }
}

fn part(node: &ast::HeredocBodyPartNode) -> Option<Found<'_>> {
    let expansion = match &node.kind {
        ast::HeredocBodyPart::Literal(_) => return None,
        ast::HeredocBodyPart::Variable(name) => Expansion::Variable(name),
        ast::HeredocBodyPart::CommandSubstitution { body, syntax } => {
            Expansion::Command(body, *syntax == ast::CommandSubstitutionSyntax::Backtick)
        }
        ast::HeredocBodyPart::ArithmeticExpansion { expression_ast, expression_word_ast, syntax, .. } => {
            Expansion::Arithmetic(expression_ast.as_deref(), expression_word_ast, *syntax)
        }
        ast::HeredocBodyPart::Parameter(parameter) => Expansion::Parameter(parameter),
    };
    Some(Found { expansion, span: plain(node.span) })
}

/// The bytes of a redirection in the text that shuck saw, `{name}` included.
pub(super) fn extent(redirect: &ast::Redirect, source: &str) -> Span {
    let mut span = clamped(plain(redirect.span), source);
    if let Some(name) = redirect.fd_var_span {
        let name = plain(name);
        let open =
            if name.slice(source).starts_with('{') { name.start } else { name.start.saturating_sub(1) };
        span.start = span.start.min(open);
    }
    match &redirect.target {
        ast::RedirectTarget::Word(word) if !plain(word.span).is_empty() => {
            span.end = span.end.max(plain(word.span).end);
        }
        ast::RedirectTarget::Word(_) => {}
        ast::RedirectTarget::Heredoc(heredoc) => span.end = span.end.max(plain(heredoc.delimiter.span).end),
    }
    span
}

fn operator(kind: ast::RedirectKind) -> RedirectOp {
    match kind {
        ast::RedirectKind::Output => RedirectOp::Output,
        ast::RedirectKind::Clobber => RedirectOp::Clobber,
        ast::RedirectKind::Append => RedirectOp::Append,
        ast::RedirectKind::Input => RedirectOp::Input,
        ast::RedirectKind::ReadWrite => RedirectOp::ReadWrite,
        ast::RedirectKind::HereDoc | ast::RedirectKind::HereDocStrip => RedirectOp::HereDocument,
        ast::RedirectKind::HereString => RedirectOp::HereString,
        ast::RedirectKind::DupOutput => RedirectOp::DuplicateOutput,
        ast::RedirectKind::DupInput => RedirectOp::DuplicateInput,
        ast::RedirectKind::OutputBoth => RedirectOp::OutputBoth,
    }
}

fn without_tabs(text: &str) -> String {
    text.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect()
}
