//! Nothing lost: every byte between the words, commands and statements of a lowered script must be a separator that
//! belongs there, a comment or a heredoc.
//!
//! This is the check that makes a parser's silent slip loud. It knows no parser.

use super::syntax::{
    Assignment, Command, CommandKind, Operand, Part, PartKind, Pipeline, Script, Sequence, Statement, Value,
};
use super::visit::{self, Visitor};
use crate::source::Span;

/// Why such a gap is unread.
pub(super) const REASON: &str =
    "this text was not understood as part of any command: write it on lines of its own";

/// The gaps that hold what no separator explains.
pub(super) fn gaps(script: &Script, heredocs: &[Span], text: &str) -> Vec<Span> {
    let mut skipped: Vec<Span> = script.comments.iter().chain(heredocs).copied().collect();
    skipped.sort_unstable();
    let mut checker = Checker { text, skipped, found: Vec::new() };
    checker.sequence(&script.body);
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let (first, last) = match (script.body.statements.first(), script.body.statements.last()) {
        (Some(first), Some(last)) => (first.span.start, last.span.end),
        _ => (end, end),
    };
    checker.gap(0, first, &[]);
    checker.gap(last, end, &[]);
    checker.found
}

/// Whether the text is nothing but the end of one statement: one `;`, `&` or line feed, and blank space.
fn ends_statement(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '\t']);
    let rest = rest.strip_prefix([';', '&']).unwrap_or(rest);
    rest.bytes().all(|byte| b" \t\n".contains(&byte))
}

struct Checker<'t> {
    text: &'t str,
    /// Comments and heredocs, by place.
    skipped: Vec<Span>,
    found: Vec<Span>,
}

impl Checker<'_> {
    /// The gap may hold blank space, `;`, `&` and, once, one of `signs`; with no signs, line feeds too.
    fn gap(&mut self, from: u32, to: u32, signs: &[&str]) {
        let rest = self.rest(from, to);
        let fits = if signs.is_empty() {
            let edge = from == 0 || to as usize == self.text.len();
            ends_statement(&rest) && (edge || rest.contains(['\n', ';', '&']))
        } else {
            signs.contains(&rest.trim_matches([' ', '\t', '\n']))
        };
        if !fits {
            self.found.push(Span::new(from, to));
        }
    }

    /// The text of a gap without comments, heredocs and line continuations.
    fn rest(&self, from: u32, to: u32) -> String {
        let mut rest = String::new();
        let mut at = from;
        // A heredoc around `from` does not hide what is in it: only those that start in the gap do.
        let index = self.skipped.partition_point(|span| span.start < from);
        for next in self.skipped.get(index..).unwrap_or_default().iter().take_while(|next| next.start < to) {
            if next.start >= at {
                rest.push_str(Span::new(at, next.start).slice(self.text));
                at = next.end;
            }
        }
        rest.push_str(Span::new(at.min(to), to).slice(self.text));
        rest.replace("\\\n", "")
    }

    /// What stands between the brackets of a list and its statements.
    fn inside(&mut self, whole: Span, body: &Sequence) {
        let (Some(first), Some(last)) = (body.statements.first(), body.statements.last()) else {
            return self.lines(whole.start, whole.end);
        };
        self.lines(whole.start, first.span.start);
        if !ends_statement(&self.rest(last.span.end, whole.end)) {
            self.found.push(Span::new(last.span.end, whole.end));
        }
    }

    /// A gap that may hold blank space, line feeds and comments.
    fn lines(&mut self, from: u32, to: u32) {
        if from > to || !self.rest(from, to).bytes().all(|byte| b" \t\n".contains(&byte)) {
            self.found.push(Span::new(from.min(to), to.max(from)));
        }
    }

    fn blanks(&mut self, from: u32, to: u32) {
        let between = Span::new(from, to).slice(self.text).replace("\\\n", "");
        if from > to || !between.bytes().all(|byte| byte == b' ' || byte == b'\t') {
            self.found.push(Span::new(from.min(to), to.max(from)));
        }
    }
}

impl<'s> Visitor<'s> for Checker<'_> {
    fn sequence(&mut self, sequence: &'s Sequence) {
        for pair in sequence.statements.windows(2) {
            self.gap(pair[0].span.end, pair[1].span.start, &[]);
        }
        visit::walk_sequence(self, sequence);
    }

    fn statement(&mut self, statement: &'s Statement) {
        let mut end = statement.first.span.end;
        for (op, pipeline) in &statement.rest {
            let sign = match op {
                super::syntax::ListOp::And => "&&",
                super::syntax::ListOp::Or => "||",
            };
            self.gap(end, pipeline.span.start, &[sign]);
            end = pipeline.span.end;
        }
        visit::walk_statement(self, statement);
    }

    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        for pair in pipeline.stages.windows(2) {
            self.gap(pair[0].span.end, pair[1].span.start, &["|", "|&"]);
        }
        visit::walk_pipeline(self, pipeline);
    }

    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Simple(_) | CommandKind::Declare(_) = &command.kind {
            let mut spans: Vec<Span> =
                command.redirects.iter().map(|it| it.span).filter(|it| !it.is_empty()).collect();
            spans.extend(word_spans(&command.kind));
            spans.sort_unstable();
            for pair in spans.windows(2) {
                self.blanks(pair[0].end, pair[1].start);
            }
        }
        visit::walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        if let Value::Array(elements) = &assignment.value
            && elements.iter().all(|element| element.key.is_none())
        {
            let open = assignment.target.span.end + if assignment.append { 3 } else { 2 };
            let mut at = open;
            for element in elements {
                self.lines(at, element.value.span.start);
                at = element.value.span.end;
            }
            self.lines(at, assignment.span.end.saturating_sub(1));
        }
        visit::walk_assignment(self, assignment);
    }

    fn part(&mut self, part: &'s Part) {
        // Inside backticks with backslashes the places are right, but backslashes stand between them.
        if let PartKind::Command(substitution) = &part.kind
            && substitution.backticks
            && part.span.slice(self.text).contains('\\')
        {
            return;
        }
        match &part.kind {
            PartKind::Command(substitution) => {
                let open = if substitution.backticks { 1 } else { 2 };
                self.inside(Span::new(part.span.start + open, part.span.end - 1), &substitution.body);
            }
            PartKind::Process(substitution) => {
                self.inside(Span::new(part.span.start + 2, part.span.end - 1), &substitution.body);
            }
            _ => {}
        }
        visit::walk_part(self, part);
    }
}

fn word_spans(kind: &CommandKind) -> Vec<Span> {
    match kind {
        CommandKind::Simple(simple) => {
            simple.assignments.iter().map(|it| it.span).chain(simple.words.iter().map(|it| it.span)).collect()
        }
        CommandKind::Declare(declare) => declare
            .assignments
            .iter()
            .map(|it| it.span)
            .chain([declare.keyword.span])
            .chain(declare.operands.iter().map(|operand| match operand {
                Operand::Flag(word) | Operand::Dynamic(word) => word.span,
                Operand::Name(name) => name.span,
                Operand::Assignment(assignment) => assignment.span,
            }))
            .collect(),
        _ => Vec::new(),
    }
}
