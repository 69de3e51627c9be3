//! Words: expansions where shuck found them, checked against the bytes, and the literal text between.

use shuck_ast as ast;
use shuck_parser::parser::Parser;

use super::{Lowering, MAX_NESTED_TEXTS, TOO_DEEP, clamp, clamped, nested, plain};
use crate::bash::map::Map;
use crate::bash::syntax::{Part, PartKind, ProcessSubstitution, Sequence, Substitution, Word};
use crate::bash::text::{self, Mode};
use crate::source::Span;

/// Quotes that may be hidden in one text that is parsed anew.
const MAX_HIDDEN_QUOTES: u32 = 64;

/// An expansion or quoted text of shuck's tree.
#[derive(Clone, Copy)]
pub(super) enum Expansion<'a> {
    Single,
    Double(&'a [ast::WordPartNode]),
    Variable(&'a ast::Name),
    Parameter(&'a ast::ParameterExpansion),
    Command(&'a ast::StmtSeq, bool),
    Arithmetic(Option<&'a ast::ArithmeticExprNode>, &'a ast::Word, ast::ArithmeticExpansionSyntax),
    Process(&'a ast::StmtSeq, bool),
    Unknown,
}

/// One with its place in the text that shuck saw.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) expansion: Expansion<'a>,
    pub(super) span: Span,
}

/// All that is no literal text.
pub(super) fn expansions(parts: &[ast::WordPartNode]) -> Vec<Found<'_>> {
    parts.iter().filter_map(expansion).collect()
}

fn expansion(node: &ast::WordPartNode) -> Option<Found<'_>> {
    let expansion = match &node.kind {
        ast::WordPart::Literal(_) => return None,
        ast::WordPart::SingleQuoted { .. } => Expansion::Single,
        ast::WordPart::DoubleQuoted { parts, .. } => Expansion::Double(parts),
        ast::WordPart::Variable(name) => Expansion::Variable(name),
        ast::WordPart::Parameter(parameter) => Expansion::Parameter(parameter),
        ast::WordPart::CommandSubstitution { body, syntax } => {
            Expansion::Command(body, *syntax == ast::CommandSubstitutionSyntax::Backtick)
        }
        ast::WordPart::ArithmeticExpansion { expression_ast, expression_word_ast, syntax, .. } => {
            Expansion::Arithmetic(expression_ast.as_deref(), expression_word_ast, *syntax)
        }
        ast::WordPart::ProcessSubstitution { body, is_input } => Expansion::Process(body, *is_input),
        _ => Expansion::Unknown,
    };
    Some(Found { expansion, span: plain(node.span) })
}

fn pattern_expansions<'a>(pattern: &'a ast::Pattern, found: &mut Vec<Found<'a>>) {
    for part in &pattern.parts {
        match &part.kind {
            ast::PatternPart::Word(word) => found.extend(expansions(&word.parts)),
            ast::PatternPart::Group { patterns, .. } => {
                for inner in patterns {
                    pattern_expansions(inner, found);
                }
            }
            ast::PatternPart::Literal(_)
            | ast::PatternPart::AnyString
            | ast::PatternPart::AnyChar
            | ast::PatternPart::CharClass(_) => {}
        }
    }
}

impl Lowering<'_, '_> {
    pub(super) fn word(&mut self, word: &ast::Word) -> Word {
        self.whole_word(plain(word.span), expansions(&word.parts), word.has_active_brace_expansion())
    }

    /// Words of one command. Two that touch are one: shuck splits a word at some braces.
    pub(super) fn words(&mut self, words: &[&ast::Word]) -> Vec<Word> {
        let mut lowered = Vec::with_capacity(words.len());
        let mut rest = words.iter().peekable();
        while let Some(word) = rest.next() {
            let mut span = plain(word.span);
            let mut found = expansions(&word.parts);
            let mut braces = word.has_active_brace_expansion();
            while let Some(next) = rest.next_if(|next| plain(next.span).start == span.end && !span.is_empty())
            {
                span.end = plain(next.span).end;
                found.extend(expansions(&next.parts));
                braces = true;
            }
            lowered.push(self.whole_word(span, found, braces));
        }
        lowered
    }

    /// A word between blanks. A line continuation right after it is part of it where it ends in plain text, as after
    /// any other character of such text; after quotes and expansions it is not. The word holds no plain blank.
    fn whole_word(&mut self, span: Span, found: Vec<Found<'_>>, braces: bool) -> Word {
        let mut span = clamped(span, self.source);
        while let Some(shorter) = self.slice(span).strip_suffix("\\\n") {
            let backslashes = shorter.len() - shorter.trim_end_matches('\\').len();
            if backslashes % 2 == 1 || found.iter().any(|one| one.span.end > span.end - 2) {
                break;
            }
            let plain_before =
                !shorter.is_empty() && found.last().is_none_or(|last| last.span.end < span.end - 2);
            if plain_before {
                break;
            }
            let plain_before =
                !shorter.is_empty() && found.last().is_none_or(|last| last.span.end < span.end - 2);
            if plain_before {
                break;
            }
            span.end -= 2;
        }
        let plain_end = !span.is_empty() && found.last().is_none_or(|last| last.span.end < span.end);
        if plain_end && self.source.get(span.end as usize..).is_some_and(|after| after.starts_with("\\\n")) {
            span.end += 2;
        }
        let plain_end = found.last().is_none_or(|last| last.span.end < span.end) && !span.is_empty();
        if plain_end && self.source.get(span.end as usize..).is_some_and(|after| after.starts_with("\\\n")) {
            span.end += 2;
        }
        let word = self.word_at(span, found, braces, Mode::Plain);
        self.swallowed(&word, span);
        word
    }

    /// shuck reads on after some unbalanced braces, over blanks and line feeds. Then the braces of this word are
    /// hidden and the whole text is read again.
    fn swallowed(&mut self, word: &Word, span: Span) {
        let mut braces = Vec::new();
        for part in &word.parts {
            let PartKind::Literal(text) = &part.kind else { continue };
            if text.contains(['(', '$']) {
                return;
            }
            let blank = text.find([' ', '\t', '\n']);
            let inside =
                part.span.start..part.span.end.min(part.span.start + clamp(blank.unwrap_or(text.len())));
            if part.span.len() as usize == text.len() {
                let at = text.bytes().zip(inside).filter(|(byte, _)| matches!(byte, b'{' | b'}'));
                braces.extend(at.map(|(_, at)| at));
            }
            if blank.is_some() {
                if self.depth == 0 && !braces.is_empty() {
                    self.out.hide.append(&mut braces);
                } else {
                    self.lost(span);
                }
                return;
            }
        }
    }

    pub(super) fn pattern(&mut self, pattern: &ast::Pattern, mode: Mode) -> Word {
        let mut found = Vec::new();
        pattern_expansions(pattern, &mut found);
        self.word_at(plain(pattern.span), found, false, mode)
    }

    /// The word at `span`.
    pub(super) fn word_at(&mut self, span: Span, found: Vec<Found<'_>>, braces: bool, mode: Mode) -> Word {
        let span = clamped(span, self.source);
        let parts = self.fill(span, found, mode);
        Word { parts, braces, span: self.span(span) }
    }

    /// The parts of the text at `span`: the expansions, and what lies between read as literal text.
    pub(super) fn fill(&mut self, span: Span, found: Vec<Found<'_>>, mode: Mode) -> Vec<Part> {
        let span = clamped(span, self.source);
        let (unread, comments) = (self.out.unread.len(), self.out.comments.len());
        if let Some(parts) = self.try_fill(span, found, mode) {
            return parts;
        }
        self.out.unread.truncate(unread);
        self.out.comments.truncate(comments);
        if self.fallback {
            self.lost(span);
            return self.raw(span);
        }
        self.anew(span, mode)
    }

    fn try_fill(&mut self, span: Span, found: Vec<Found<'_>>, mode: Mode) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        let mut at = span.start;
        for one in found {
            if one.span.start < at || one.span.end > span.end || !self.stands(&one) {
                return None;
            }
            self.literal(Span::new(at, one.span.start), mode, &mut parts)?;
            let kind = self.expand(&one, mode)?;
            parts.push(Part { kind, span: self.span(one.span) });
            at = one.span.end;
        }
        self.literal(Span::new(at, span.end), mode, &mut parts)?;
        Some(parts)
    }

    /// Whether the bytes at the place of an expansion are one of its kind.
    fn stands(&self, found: &Found<'_>) -> bool {
        let text = self.slice(found.span);
        let (starts, ends): (&[&str], &str) = match found.expansion {
            Expansion::Single => (&["'", "$'"], "'"),
            Expansion::Double(_) => (&["\"", "$\""], "\""),
            Expansion::Variable(_) => (&["$"], ""),
            Expansion::Parameter(_) => (&["${"], "}"),
            Expansion::Command(_, true) => (&["`"], "`"),
            Expansion::Command(_, false) => (&["$(", "${ ", "${\n", "${|", "${\t"], ""),
            Expansion::Arithmetic(_, _, ast::ArithmeticExpansionSyntax::DollarParenParen) => (&["$(("], ")"),
            Expansion::Arithmetic(_, _, ast::ArithmeticExpansionSyntax::LegacyBracket) => (&["$["], "]"),
            Expansion::Process(_, true) => (&["<("], ")"),
            Expansion::Process(_, false) => (&[">("], ")"),
            Expansion::Unknown => return false,
        };
        let least =
            starts.iter().find(|start| text.starts_with(**start)).map(|start| start.len() + ends.len());
        least.is_some_and(|least| text.len() >= least) && text.ends_with(ends)
    }

    fn literal(&mut self, span: Span, mode: Mode, parts: &mut Vec<Part>) -> Option<()> {
        if span.is_empty() {
            return Some(());
        }
        let at_line_start =
            span.start == 0 || self.literal.as_bytes().get(span.start as usize - 1) == Some(&b'\n');
        for piece in text::pieces(span.slice(self.literal), mode, at_line_start)? {
            let place = Span::new(span.start + clamp(piece.start), span.start + clamp(piece.end));
            let kind = match (piece.double, piece.quoted) {
                (true, _) => PartKind::DoubleQuoted(Vec::new()),
                (false, true) => PartKind::Quoted(piece.text),
                (false, false) => PartKind::Literal(piece.text),
            };
            parts.push(Part { kind, span: self.span(place) });
        }
        Some(())
    }

    fn raw(&mut self, span: Span) -> Vec<Part> {
        let text = span.slice(self.literal).to_owned();
        vec![Part { kind: PartKind::Literal(text), span: self.span(span) }]
    }

    fn expand(&mut self, found: &Found<'_>, mode: Mode) -> Option<PartKind> {
        let span = found.span;
        Some(match found.expansion {
            Expansion::Single => {
                let mut parts = Vec::new();
                self.literal(span, Mode::Plain, &mut parts)?;
                let [Part { kind: PartKind::Quoted(_), .. }] = parts.as_slice() else { return None };
                parts.pop()?.kind
            }
            Expansion::Double(inner) => {
                let open = if self.slice(span).starts_with('$') { 2 } else { 1 };
                let inside = Span::new(span.start + open, span.end - 1);
                let mode = if mode == Mode::Tabbed { mode } else { Mode::Double };
                PartKind::DoubleQuoted(self.fill(inside, expansions(inner), mode))
            }
            Expansion::Variable(name) => {
                let name = name.as_str().to_owned();
                let text = self.slice(span);
                if text.strip_prefix('$') != Some(name.as_str())
                    && text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) != Some(name.as_str())
                {
                    return None;
                }
                super::parameters::variable(name)
            }
            Expansion::Parameter(parameter) => self.parameter(parameter, span, mode)?,
            Expansion::Command(body, backticks) => {
                let body = if backticks && self.slice(span).contains('\\') {
                    self.backticks(span, mode)
                } else {
                    let open = if backticks { 1 } else { 2 };
                    self.body(body, Span::new(span.start + open, span.end - 1))
                };
                PartKind::Command(Substitution { body, backticks })
            }
            Expansion::Arithmetic(_, _, ast::ArithmeticExpansionSyntax::DollarParenParen)
                if !self.slice(span).ends_with("))") =>
            {
                let inside = Span::new(span.start + 2, span.end - 1);
                let text = self.slice(inside).to_owned();
                let map = self.map.then(&Map::shifted(i64::from(inside.start)));
                let body = if self.shallow {
                    Sequence::default()
                } else {
                    nested(&text, inside.slice(self.literal), map, self.depth + 1, self.out)
                };
                PartKind::Command(Substitution { body, backticks: false })
            }
            Expansion::Arithmetic(tree, word, syntax) => {
                let inside = match syntax {
                    ast::ArithmeticExpansionSyntax::DollarParenParen => {
                        Span::new(span.start + 3, span.end - 2)
                    }
                    ast::ArithmeticExpansionSyntax::LegacyBracket => Span::new(span.start + 2, span.end - 1),
                };
                PartKind::Arithmetic(self.arithmetic(inside, tree, Some(word), Mode::Arithmetic))
            }
            Expansion::Process(body, input) => PartKind::Process(ProcessSubstitution {
                body: self.body(body, Span::new(span.start + 2, span.end - 1)),
                input,
            }),
            Expansion::Unknown => return None,
        })
    }

    /// A list in brackets. shuck leaves out, without a word, what it could not parse there: then it is parsed on its
    /// own, and says so.
    fn body(&mut self, body: &ast::StmtSeq, inside: Span) -> Sequence {
        if self.shallow {
            return Sequence::default();
        }
        if body.stmts.is_empty() && !self.slice(inside).trim().is_empty() {
            let text = self.slice(inside).to_owned();
            let map = self.map.then(&Map::shifted(i64::from(inside.start)));
            return nested(&text, inside.slice(self.literal), map, self.depth + 1, self.out);
        }
        self.sequence(body)
    }

    /// Backticks with backslashes in them: the backslashes that backticks eat go, then the text is parsed on its own.
    fn backticks(&mut self, span: Span, mode: Mode) -> Sequence {
        if self.shallow {
            return Sequence::default();
        }
        let inside = Span::new(span.start + 1, span.end - 1);
        let raw = self.slice(inside).as_bytes();
        let quoted = matches!(mode, Mode::Double | Mode::DoubleOperand);
        let mut text: Vec<u8> = Vec::with_capacity(raw.len());
        let mut map = Map::shifted(i64::from(inside.start));
        let mut at = 0;
        while let Some(byte) = raw.get(at) {
            let next = raw.get(at + 1);
            if *byte == b'\\'
                && matches!(next, Some(b'$' | b'`' | b'\\' | b'"'))
                && (quoted || next != Some(&b'"'))
            {
                at += 1;
                let offset = i64::from(inside.start) + i64::from(clamp(at)) - i64::from(clamp(text.len()));
                map.push(clamp(text.len()), offset);
                if next == Some(&b'"') {
                    map.sign(clamp(text.len()));
                }
            }
            text.push(raw[at]);
            at += 1;
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        let map = self.map.then(&map);
        nested(&text, &text, map, self.depth + 1, self.out)
    }

    /// Text whose tree contradicts its bytes, parsed on its own.
    pub(super) fn anew(&mut self, span: Span, mode: Mode) -> Vec<Part> {
        if self.depth >= MAX_NESTED_TEXTS {
            self.unread(span, TOO_DEEP);
            return self.raw(span);
        }
        match mode {
            Mode::HereDocument | Mode::Tabbed => self.here_document_anew(span, mode).unwrap_or_else(|| {
                self.lost(span);
                self.raw(span)
            }),
            Mode::Double => self.wrapped_anew(span, "\"", mode),
            Mode::Plain | Mode::DoubleOperand | Mode::Arithmetic => self.wrapped_anew(span, "", mode),
        }
    }

    fn wrapped_anew(&mut self, span: Span, quote: &str, mode: Mode) -> Vec<Part> {
        let literal = format!("{quote}{}{quote}", span.slice(self.literal));
        let mut source = format!("{quote}{}{quote}", self.slice(span));
        let offset = i64::from(span.start) - i64::try_from(quote.len()).unwrap_or(0);
        let map = self.map.then(&Map::shifted(offset));
        // Where `'` is a plain character, it is hidden from shuck, one at a time.
        for _ in 0..MAX_HIDDEN_QUOTES {
            let word = Parser::parse_word_string(&source);
            let single =
                word.parts.iter().find(|part| matches!(part.kind, ast::WordPart::SingleQuoted { .. }));
            let hide = match (mode, single) {
                (Mode::DoubleOperand | Mode::Arithmetic, Some(part)) => {
                    let start = plain(part.span).start as usize;
                    source.get(start..).and_then(|rest| rest.find('\'')).map(|at| start + at)
                }
                _ => None,
            };
            if let Some(at) = hide {
                source.replace_range(at..=at, "_");
                continue;
            }
            let mut found = expansions(&word.parts);
            if let (false, [Found { expansion: Expansion::Double(parts), .. }]) =
                (quote.is_empty(), found.as_slice())
            {
                found = expansions(parts);
            }
            let inside = Span::new(clamp(quote.len()), clamp(source.len() - quote.len()));
            let mut inner = Lowering {
                source: &source,
                literal: &literal,
                map,
                depth: self.depth + 1,
                out: self.out,
                fallback: true,
                shallow: self.shallow,
            };
            return inner.fill(inside, found, mode);
        }
        self.lost(span);
        self.raw(span)
    }
}
