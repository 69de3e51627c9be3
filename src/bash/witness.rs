//! The second opinion: does the outline of tree-sitter-bash say what the lowered script says?
//!
//! First the whole text is compared. Where that is disputed, the statement is looked at on its own, level by level:
//! its text alone, every statement list inside it replaced by one word, so that a fault of tree-sitter's in one place
//! says nothing about another; then the lists inside in the same way. What is still disputed is settled by the list of
//! known faults alone: the construct that tree-sitter is known to misread is neutralised, and the rest must agree.
//! What is disputed after that is an unread region over that statement and no more. So is a statement on which the
//! witness says nothing, because it crashes or takes too long.

use super::Unread;
use super::known_faults::{self, Edit};
use super::outline::{self, Outline, Outlined};
use super::syntax::{
    Command, CommandKind, Part, PartKind, Redirect, Script, Sequence, Simple, Statement, Target,
};
use super::testimony::{Question, Silence, Witness};
use super::visit::{self, Visitor};
use crate::source::Span;

/// Compares the script with the witness, who has said `whole` of the whole text and is asked about the rest.
/// Statements inside `known` regions are unread already.
pub(super) fn disputes(
    script: &Script,
    text: &str,
    known: &[Unread],
    whole: &Result<Outline, Silence>,
    witness: &dyn Witness,
) -> Vec<Unread> {
    let bytes = text.as_bytes();
    let agrees = |it: &&Statement| whole.as_ref().is_ok_and(|whole| agrees_as_part(whole, it, bytes));
    let open: Vec<&Statement> = script.body.statements.iter().filter(|it| !agrees(it)).collect();
    if let Err(silence) = whole
        && script.body.statements.is_empty()
        && !text.trim().is_empty()
    {
        // There is nothing smaller to ask about.
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        return vec![Unread { span: Span::new(0, end), reason: silence.to_string() }];
    }
    if open.is_empty() {
        return Vec::new();
    }
    let masked = outline::masked(bytes);
    let asker = Asker { witness, losses: u32::from(whole.is_err()) };
    let mut judge = Judge::new(&masked, script, known, asker);
    judge.statements(open);
    judge.found
}

/// Whether the witness disputes any statement of the script as long as the list of known faults is not asked.
#[cfg(test)]
pub(super) fn disputed_without_list(script: &Script, text: &str) -> bool {
    fn disputed(judge: &mut Judge<'_>, statement: &Statement) -> bool {
        let level = Level::of(statement, judge.text, &judge.bodies);
        let agrees = judge.agree(&[(&level, Vec::new())]);
        agrees != [Ok(true)]
            || level.children.iter().flat_map(|child| &child.statements).any(|inner| disputed(judge, inner))
    }
    let masked = outline::masked(text.as_bytes());
    let witness = super::testimony::InProcess::new();
    let asker = Asker { witness: &witness, losses: 0 };
    let mut judge = Judge::new(&masked, script, &[], asker);
    script.body.statements.iter().any(|statement| disputed(&mut judge, statement))
}

const REASON: &str = "two parsers read this statement differently: write it more plainly (one command a line, \
quotes around words, redirections at the end)";

/// Asks the witness about many texts at a time: each question costs two switches between processes.
struct Asker<'w> {
    witness: &'w dyn Witness,
    /// Questions that were not answered.
    losses: u32,
}

/// Questions about one script that may stay without an answer: each of them may have cost the whole time that a text
/// has. What has not been asked then is unread.
const MOST_LOSSES: u32 = 8;

/// Bytes of text in one question, beside a text that is larger alone.
const QUESTION_BYTES: usize = 1 << 20;

impl Asker<'_> {
    /// The outline of each text. Where a question about several stays without an answer, each is asked about alone, so
    /// that one text says nothing about the others.
    fn outlines(&mut self, texts: Vec<Vec<u8>>) -> Vec<Result<Outline, Silence>> {
        let mut outlines = Vec::with_capacity(texts.len());
        let mut batch: Vec<Vec<u8>> = Vec::new();
        let mut bytes = 0;
        for text in texts {
            if !batch.is_empty() && bytes + text.len() > QUESTION_BYTES {
                outlines.extend(self.batch(std::mem::take(&mut batch)));
                bytes = 0;
            }
            bytes += text.len();
            batch.push(text);
        }
        outlines.extend(self.batch(batch));
        outlines
    }

    fn batch(&mut self, texts: Vec<Vec<u8>>) -> Vec<Result<Outline, Silence>> {
        let count = texts.len();
        if count == 0 {
            return Vec::new();
        }
        // What comes back from a lost question is asked again: the texts are kept for that.
        let kept = if count > 1 { texts.clone() } else { Vec::new() };
        match self.ask(texts) {
            Ok(outlines) => outlines.into_iter().map(|outline| outline.ok_or(Silence::GaveUp)).collect(),
            Err(silence @ Silence::Unavailable(_)) => vec![Err(silence); count],
            Err(silence) if count == 1 => vec![Err(silence)],
            Err(_) => {
                let alone = |text| {
                    self.ask(vec![text])
                        .and_then(|mut outlines| outlines.pop().flatten().ok_or(Silence::GaveUp))
                };
                kept.into_iter().map(alone).collect()
            }
        }
    }

    fn ask(&mut self, texts: Vec<Vec<u8>>) -> Result<Vec<Option<Outline>>, Silence> {
        if self.losses >= MOST_LOSSES {
            return Err(Silence::GaveUp);
        }
        let count = texts.len();
        let answer = self.witness.ask(Question { texts, queries: Vec::new() }).wait();
        let answer = answer.and_then(|testimony| {
            if testimony.outlines.len() == count { Ok(testimony.outlines) } else { Err(Silence::Garbled) }
        });
        self.losses += u32::from(answer.is_err());
        answer
    }
}

struct Judge<'t> {
    text: &'t [u8],
    comments: &'t [Span],
    known: &'t [Unread],
    /// The bodies of all heredocs: one may stand in the midst of a statement that its operator is no part of.
    bodies: Vec<Span>,
    asker: Asker<'t>,
    found: Vec<Unread>,
}

impl<'t> Judge<'t> {
    fn new(text: &'t [u8], script: &'t Script, known: &'t [Unread], asker: Asker<'t>) -> Self {
        let mut bodies = Bodies { text, found: Vec::new() };
        visit::walk_script(&mut bodies, script);
        let mut bodies = bodies.found;
        bodies.sort_unstable();
        Self { text, comments: &script.comments, known, bodies, asker, found: Vec::new() }
    }

    /// Judges statements, then the statements inside them, and so on: all of one depth in one question.
    fn statements(&mut self, mut open: Vec<&Statement>) {
        while !open.is_empty() {
            open.retain(|it| !self.known.iter().any(|region| region.span.contains(it.span)));
            let levels: Vec<Level<'_>> =
                open.iter().map(|it| Level::of(it, self.text, &self.bodies)).collect();
            let plain: Vec<_> = levels.iter().map(|level| (level, Vec::new())).collect();
            let mut verdicts = self.agree(&plain);
            let mut doubtful = Vec::new();
            let mut neutralised = Vec::new();
            for (index, statement) in open.iter().enumerate() {
                if verdicts[index] != Ok(true) {
                    let edits = known_faults::edits(statement, self.comments, self.text);
                    if !edits.is_empty() {
                        doubtful.push(index);
                        neutralised.push((&levels[index], edits));
                    }
                }
            }
            for (index, verdict) in doubtful.into_iter().zip(self.agree(&neutralised)) {
                verdicts[index] = verdict;
            }
            let mut next = Vec::new();
            for ((statement, level), verdict) in open.iter().zip(&levels).zip(verdicts) {
                let reason = match verdict {
                    Ok(true) => {
                        next.extend(level.children.iter().flat_map(|child| &child.statements));
                        continue;
                    }
                    Ok(false) => REASON.to_owned(),
                    Err(silence) => silence.to_string(),
                };
                self.found.push(Unread { span: statement.span, reason });
            }
            open = next;
        }
    }

    /// Whether the witness agrees about each statement alone, with the edits made.
    fn agree(&mut self, levels: &[(&Level<'_>, Vec<Edit>)]) -> Vec<Result<bool, Silence>> {
        let shown: Vec<Shown> = levels.iter().map(|(level, edits)| level.shown(edits, self.text)).collect();
        let (texts, ours): (Vec<_>, Vec<_>) = shown.into_iter().map(|it| (it.text, it.ours)).unzip();
        let heard = self.asker.outlines(texts);
        let pairs = levels.iter().zip(ours).zip(heard);
        pairs
            .map(|(((level, _), ours), theirs)| {
                let theirs = theirs?;
                let base = level.span.start;
                Ok(theirs.errors.is_empty() && same(ours.commands(), theirs.commands(), base, self.text))
            })
            .collect()
    }
}

/// A statement alone, as the witness is shown it, and what we say of that text.
struct Shown {
    text: Vec<u8>,
    ours: Outline,
}

impl Level<'_> {
    /// The statement alone: lists replaced by words, heredocs away, `edits` made.
    fn shown(&self, edits: &[Edit], whole: &[u8]) -> Shown {
        let span = self.span;
        let mut text = whole.get(span.start as usize..span.end as usize).unwrap_or_default().to_vec();
        let words: Vec<Span> = self.children.iter().map(|child| stand_in(child.span, whole)).collect();
        for (child, word) in self.children.iter().zip(&words) {
            fill(&mut text, span, Edit::nothing(child.span));
            fill(&mut text, span, Edit::word(*word));
            if word.end < child.span.end {
                fill(&mut text, span, Edit::sign(word.end, b';'));
            }
        }
        // An edit of what is in a heredoc must not bring text back where nothing is left.
        let in_heredoc = |edit: &&Edit| self.heredocs.iter().any(|it| it.span.contains(edit.span));
        let outside = edits.iter().filter(|edit| !in_heredoc(edit));
        let edits: Vec<Edit> = self.heredocs.iter().chain(outside).copied().collect();
        let in_child = |edit: &&Edit| self.children.iter().any(|child| child.span.contains(edit.span));
        for edit in edits.iter().filter(|edit| !in_child(edit)) {
            fill(&mut text, span, *edit);
        }
        text.push(b'\n');
        let hidden = |place: Span| edits.iter().any(|edit| edit.span.contains(place) && edit.span != place);
        let mut ours = Outline::default();
        for command in self.commands.commands().filter(|it| !hidden(it.words[0])) {
            ours.push(command.start_only, command.words.iter().copied());
        }
        for (_, word) in self.children.iter().zip(&words).filter(|(child, _)| !hidden(child.span)) {
            ours.push(false, [*word]);
        }
        ours.sort();
        Shown { text, ours }
    }
}

/// The word that stands for a list: apart from what touches the list, where the witness would take both for one word.
fn stand_in(list: Span, text: &[u8]) -> Span {
    let before = list.start.checked_sub(1).and_then(|at| text.get(at as usize));
    let apart = before.is_none_or(|byte| byte.is_ascii_whitespace() || b"(`;&|".contains(byte));
    let closed = text.get(list.end as usize) == Some(&b'}');
    if list.len() < 3 {
        return list;
    }
    Span::new(list.start + u32::from(!apart), list.end - u32::from(closed))
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
pub(super) fn agrees_as_part(whole: &Outline, statement: &Statement, text: &[u8]) -> bool {
    agrees_outside(whole, statement, &[], text)
}

/// The same, but what is inside `lists` is left out of it.
pub(super) fn agrees_outside(
    whole: &Outline,
    statement: &Statement,
    lists: &[&Sequence],
    text: &[u8],
) -> bool {
    let extent = extent(statement);
    let outside = |place: Span| !lists.iter().any(|list| list.span.contains(place));
    let broken = |error: &Span| (error.overlaps(extent) || extent.contains(*error)) && outside(*error);
    if whole.errors.iter().any(broken) {
        return false;
    }
    let mut ours = Gatherer { commands: Outline::default(), backslashed: false, lists, text };
    ours.statement(statement);
    if ours.backslashed {
        return false;
    }
    ours.commands.sort();
    let theirs = whole.within(extent).filter(|command| outside(command.words[0]));
    same(ours.commands.commands(), theirs, 0, text)
}

/// The statement with its heredocs.
pub(super) fn extent(statement: &Statement) -> Span {
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

/// Whether two outlines are the same, theirs being of a text that starts at `base` in ours.
fn same<'o>(
    mut ours: impl Iterator<Item = Outlined<'o>>,
    mut theirs: impl Iterator<Item = Outlined<'o>>,
    base: u32,
    text: &[u8],
) -> bool {
    loop {
        let (one, other) = match (ours.next(), theirs.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) => (one, other),
            _ => return false,
        };
        if one.start_only || other.start_only {
            if one.words[0].start != other.words[0].shifted(base).start {
                return false;
            }
            continue;
        }
        let alike = |(one, other): (&Span, &Span)| {
            let other = other.shifted(base);
            *one == other || trimmed(*one, text) == trimmed(other, text)
        };
        if one.words.len() != other.words.len() || !one.words.iter().zip(other.words).all(alike) {
            return false;
        }
    }
}

/// Without line continuations at the end, which belong to no word.
fn trimmed(mut word: Span, text: &[u8]) -> Span {
    while text.get(word.start as usize..word.end as usize).is_some_and(|word| word.ends_with(b"\\\n")) {
        word.end -= 2;
    }
    word
}

/// Adds what our script says of one command, in the witness's terms.
fn outlined(command: &Command, text: &[u8], to: &mut Outline) {
    match &command.kind {
        CommandKind::Simple(simple) => {
            let Some(first) = simple.words.first() else { return };
            let name = text.get(first.span.start as usize..first.span.end as usize);
            if matches!(name, Some(b"let" | b"[")) {
                to.push(true, [first.span]);
            } else {
                to.push(false, spans(simple));
            }
        }
        CommandKind::Declare(declare) => to.push(true, [declare.keyword.span]),
        _ => {}
    }
}

fn spans(simple: &Simple) -> impl Iterator<Item = Span> {
    simple.words.iter().map(|word| word.span)
}

struct Gatherer<'t> {
    commands: Outline,
    /// Whether there are backticks with backslashes: what is in them the witness sees in another way.
    backslashed: bool,
    /// Lists that are left out.
    lists: &'t [&'t Sequence],
    text: &'t [u8],
}

impl<'s> Visitor<'s> for Gatherer<'_> {
    fn sequence(&mut self, sequence: &'s Sequence) {
        if !self.lists.iter().any(|list| std::ptr::eq(*list, sequence)) {
            visit::walk_sequence(self, sequence);
        }
    }

    fn command(&mut self, command: &'s Command) {
        outlined(command, self.text, &mut self.commands);
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
    commands: Outline,
    children: Vec<&'s Sequence>,
    /// Heredocs, which are looked at apart: operators with delimiters at this level, and every body in the statement.
    heredocs: Vec<Edit>,
}

impl<'s> Level<'s> {
    fn of(statement: &'s Statement, text: &[u8], all_bodies: &[Span]) -> Self {
        let level = Level {
            span: statement.span,
            commands: Outline::default(),
            children: Vec::new(),
            heredocs: Vec::new(),
        };
        let mut gatherer = LevelGatherer { level, text };
        gatherer.statement(statement);
        let mut bodies = Bodies { text, found: Vec::new() };
        bodies.statement(statement);
        gatherer.level.heredocs.extend(bodies.found.into_iter().map(Edit::nothing));
        let first = all_bodies.partition_point(|body| body.start < statement.span.start);
        let others = all_bodies.iter().skip(first).take_while(|body| body.start < statement.span.end);
        gatherer.level.heredocs.extend(others.map(|body| Edit::nothing(*body)));
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
        outlined(command, self.text, &mut self.level.commands);
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
