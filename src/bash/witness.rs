//! The second opinion: does the outline of tree-sitter-bash say what the lowered script says?
//!
//! First the whole text is compared. Where that is disputed, the statement is looked at on its own, level by level:
//! its text alone, every statement list inside it replaced by one word, so that a fault of tree-sitter's in one place
//! says nothing about another; then the lists inside in the same way. What is still disputed is settled by the list of
//! known faults alone: the construct that tree-sitter is known to misread is neutralised, and the rest must agree.
//! What is disputed after that is an unread region over that statement and no more.

use super::Unread;
use super::known_faults::{self, Edit};
use super::outline::{self, Outline, Outlined};
use super::syntax::{
    Command, CommandKind, Part, PartKind, Redirect, Script, Sequence, Simple, Statement, Target,
};
use super::visit::{self, Visitor};
use crate::source::Span;

/// Compares the script with the witness. Statements inside `known` regions are unread already.
pub(super) fn disputes(script: &Script, text: &str, known: &[Unread]) -> Vec<Unread> {
    let masked = outline::masked(text);
    let mut judge = Judge { text: &masked, comments: &script.comments, known, found: Vec::new() };
    let whole = outline::outline(&masked);
    for statement in &script.body.statements {
        if whole.as_ref().is_some_and(|whole| agrees_as_part(whole, statement, &masked)) {
            continue;
        }
        judge.statement(statement);
    }
    judge.found
}

/// Whether the witness disputes any statement of the script as long as the list of known faults is not asked.
#[cfg(test)]
pub(super) fn disputed_without_list(script: &Script, text: &str) -> bool {
    fn disputed(judge: &Judge<'_>, statement: &Statement) -> bool {
        let level = Level::of(statement, judge.text);
        !judge.level_agrees(&level, &[])
            || level.children.iter().flat_map(|child| &child.statements).any(|inner| disputed(judge, inner))
    }
    let masked = outline::masked(text);
    let judge = Judge { text: &masked, comments: &script.comments, known: &[], found: Vec::new() };
    script.body.statements.iter().any(|statement| disputed(&judge, statement))
}

const REASON: &str = "two parsers read this statement differently: write it more plainly (one command a line, \
quotes around words, redirections at the end)";

struct Judge<'t> {
    text: &'t [u8],
    comments: &'t [Span],
    known: &'t [Unread],
    found: Vec<Unread>,
}

impl Judge<'_> {
    fn statement(&mut self, statement: &Statement) {
        if self.known.iter().any(|region| region.span.contains(statement.span)) {
            return;
        }
        let level = Level::of(statement, self.text);
        if !self.level_agrees(&level, &[]) {
            let edits = known_faults::edits(statement, self.comments, self.text);
            if edits.is_empty() || !self.level_agrees(&level, &edits) {
                self.found.push(Unread { span: statement.span, reason: REASON.to_owned() });
                return;
            }
        }
        for child in level.children {
            for inner in &child.statements {
                self.statement(inner);
            }
        }
    }

    /// Shows the witness the statement alone, lists replaced by words, heredocs away, `edits` made.
    fn level_agrees(&self, level: &Level<'_>, edits: &[Edit]) -> bool {
        let span = level.span;
        let Some(text) = self.text.get(span.start as usize..span.end as usize) else { return false };
        let mut text = text.to_vec();
        let words: Vec<Span> = level.children.iter().map(|child| self.stand_in(child.span)).collect();
        for (child, word) in level.children.iter().zip(&words) {
            fill(&mut text, span, Edit { keep_lines: false, ..Edit::blank(child.span) });
            fill(&mut text, span, Edit::word(*word));
            if word.end < child.span.end {
                fill(&mut text, span, Edit::sign(word.end, b';'));
            }
        }
        let edits: Vec<Edit> = level.heredocs.iter().chain(edits).copied().collect();
        let in_child = |edit: &&Edit| level.children.iter().any(|child| child.span.contains(edit.span));
        for edit in edits.iter().filter(|edit| !in_child(edit)) {
            fill(&mut text, span, *edit);
        }
        text.push(b'\n');
        let Some(outline) = outline::outline(&text) else { return false };
        if !outline.errors.is_empty() {
            return false;
        }
        let hidden = |place: Span| edits.iter().any(|edit| edit.span.contains(place) && edit.span != place);
        let mut ours: Vec<Outlined> =
            level.commands.iter().filter(|it| !hidden(it.words[0])).cloned().collect();
        for (_, word) in level.children.iter().zip(&words).filter(|(child, _)| !hidden(child.span)) {
            ours.push(Outlined { words: vec![*word], start_only: false });
        }
        ours.sort_by_key(|command| command.words[0]);
        let theirs = outline.commands.into_iter().map(|command| Outlined {
            words: command.words.into_iter().map(|word| word.shifted(span.start)).collect(),
            start_only: command.start_only,
        });
        same(&ours, &theirs.collect::<Vec<_>>(), self.text)
    }
}

impl Judge<'_> {
    /// The word that stands for a list: one byte later where the witness would not take a plain word right there.
    fn stand_in(&self, list: Span) -> Span {
        let before = list.start.checked_sub(1).and_then(|at| self.text.get(at as usize));
        let apart = before.is_none_or(|byte| byte.is_ascii_whitespace() || b"(`;&|".contains(byte));
        let closed = self.text.get(list.end as usize) == Some(&b'}');
        if list.len() < 3 {
            return list;
        }
        Span::new(list.start + u32::from(!apart), list.end - u32::from(closed))
    }
}

fn fill(text: &mut [u8], base: Span, edit: Edit) {
    let start = edit.span.start.saturating_sub(base.start) as usize;
    let end = (edit.span.end.saturating_sub(base.start) as usize).min(text.len()).max(start);
    let mut escaped = false;
    for byte in text.get_mut(start..end).unwrap_or_default() {
        let kept = edit.keep_lines && *byte == b'\n' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        if !kept {
            *byte = edit.with;
        }
    }
}

/// Whether the outline of the whole text says the same of this statement as the script does.
fn agrees_as_part(whole: &Outline, statement: &Statement, text: &[u8]) -> bool {
    let extent = extent(statement);
    if whole.errors.iter().any(|error| error.overlaps(extent) || extent.contains(*error)) {
        return false;
    }
    let mut ours = Gatherer { commands: Vec::new(), backslashed: false, text };
    ours.statement(statement);
    if ours.backslashed {
        return false;
    }
    ours.commands.sort_by_key(|command| command.words[0]);
    let from = whole.commands.partition_point(|command| command.words[0].start < extent.start);
    let to = whole.commands.partition_point(|command| command.words[0].start < extent.end);
    same(&ours.commands, whole.commands.get(from..to).unwrap_or_default(), text)
}

/// The statement with its heredocs.
fn extent(statement: &Statement) -> Span {
    struct Extent(Span);
    impl<'s> Visitor<'s> for Extent {
        fn redirect(&mut self, redirect: &'s Redirect) {
            if let Target::HereDocument(document) = &redirect.target {
                self.0 = self.0.to(document.body_span());
            }
            visit::walk_redirect(self, redirect);
        }
    }
    let mut extent = Extent(statement.span);
    extent.statement(statement);
    extent.0
}

fn same(ours: &[Outlined], theirs: &[Outlined], text: &[u8]) -> bool {
    ours.len() == theirs.len()
        && ours.iter().zip(theirs).all(|(one, other)| {
            if one.start_only || other.start_only {
                return one.words[0].start == other.words[0].start;
            }
            one.words.len() == other.words.len()
                && one
                    .words
                    .iter()
                    .zip(&other.words)
                    .all(|(one, other)| trimmed(*one, text) == trimmed(*other, text))
        })
}

/// Without line continuations at the end, which belong to no word.
fn trimmed(mut word: Span, text: &[u8]) -> Span {
    while text.get(word.start as usize..word.end as usize).is_some_and(|word| word.ends_with(b"\\\n")) {
        word.end -= 2;
    }
    word
}

/// What our script says of one command, in the witness's terms.
fn outlined(command: &Command, text: &[u8]) -> Option<Outlined> {
    match &command.kind {
        CommandKind::Simple(simple) => {
            let first = simple.words.first()?.span;
            let name = text.get(first.start as usize..first.end as usize);
            let start_only = matches!(name, Some(b"let" | b"["));
            let words = if start_only { vec![first] } else { spans(simple) };
            Some(Outlined { words, start_only })
        }
        CommandKind::Declare(declare) => {
            Some(Outlined { words: vec![declare.keyword.span], start_only: true })
        }
        _ => None,
    }
}

fn spans(simple: &Simple) -> Vec<Span> {
    simple.words.iter().map(|word| word.span).collect()
}

struct Gatherer<'t> {
    commands: Vec<Outlined>,
    /// Whether there are backticks with backslashes: what is in them the witness sees in another way.
    backslashed: bool,
    text: &'t [u8],
}

impl<'s> Visitor<'s> for Gatherer<'_> {
    fn command(&mut self, command: &'s Command) {
        self.commands.extend(outlined(command, self.text));
        visit::walk_command(self, command);
    }

    fn part(&mut self, part: &'s Part) {
        self.backslashed |= backslashed(part, self.text);
        visit::walk_part(self, part);
    }
}

/// Whether these are backticks with a backslash that goes before what is in them is read.
pub(super) fn backslashed(part: &Part, text: &[u8]) -> bool {
    let inside = text.get(part.span.start as usize..part.span.end as usize).unwrap_or_default();
    matches!(&part.kind, PartKind::Command(substitution) if substitution.backticks)
        && inside.windows(2).any(|pair| pair[0] == b'\\' && matches!(pair[1], b'$' | b'`' | b'\\' | b'"'))
}

/// A statement without the insides of the lists in it.
struct Level<'s> {
    span: Span,
    commands: Vec<Outlined>,
    children: Vec<&'s Sequence>,
    /// Heredocs, which are looked at apart: operators with delimiters at this level, and every body in the statement.
    heredocs: Vec<Edit>,
}

impl<'s> Level<'s> {
    fn of(statement: &'s Statement, text: &[u8]) -> Self {
        let level =
            Level { span: statement.span, commands: Vec::new(), children: Vec::new(), heredocs: Vec::new() };
        let mut gatherer = LevelGatherer { level, text };
        gatherer.statement(statement);
        let mut bodies = Bodies { text, found: Vec::new() };
        bodies.statement(statement);
        gatherer.level.heredocs.extend(bodies.found.into_iter().map(Edit::blank));
        gatherer.level
    }
}

struct LevelGatherer<'s, 't> {
    level: Level<'s>,
    text: &'t [u8],
}

impl<'s> Visitor<'s> for LevelGatherer<'s, '_> {
    fn sequence(&mut self, sequence: &'s Sequence) {
        if !sequence.statements.is_empty() {
            self.level.children.push(sequence);
        }
    }

    fn command(&mut self, command: &'s Command) {
        self.level.commands.extend(outlined(command, self.text));
        visit::walk_command(self, command);
    }

    fn redirect(&mut self, redirect: &'s Redirect) {
        if matches!(redirect.target, Target::HereDocument(_)) {
            self.level.heredocs.push(Edit::blank(redirect.span));
        }
        visit::walk_redirect(self, redirect);
    }

    fn part(&mut self, part: &'s Part) {
        // In backticks with backslashes the witness sees other text than bash does: a known fault, looked at there.
        if !backslashed(part, self.text) {
            visit::walk_part(self, part);
        }
    }
}

/// The bodies of all heredocs, each to the end of its delimiter's line.
struct Bodies<'t> {
    text: &'t [u8],
    found: Vec<Span>,
}

impl<'s> Visitor<'s> for Bodies<'_> {
    fn redirect(&mut self, redirect: &'s Redirect) {
        if let Target::HereDocument(document) = &redirect.target {
            let body = document.body_span();
            let after = self.text.get(body.end as usize..).unwrap_or_default();
            let line = after.iter().position(|byte| *byte == b'\n').map_or(after.len(), |at| at + 1);
            self.found.push(Span::new(
                body.start,
                body.end.saturating_add(u32::try_from(line).unwrap_or(u32::MAX)),
            ));
        }
        visit::walk_redirect(self, redirect);
    }
}
