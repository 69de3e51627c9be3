//! What holds of every place in a reading, whatever the text: shared by the tests and the fuzzer (`fuzz/`).

use gauntlet::bash::syntax::{
    Arithmetic, Assignment, Command, CommandKind, Parameter, Part, Pipeline, Redirect, Sequence, Statement,
    Target, Word,
};
use gauntlet::bash::visit::{self, Visitor};
use gauntlet::bash::{self, Reading};
use gauntlet::source::Span;

/// What is wrong with the places of a reading; empty where nothing is.
pub fn complaints(reading: &Reading, text: &str) -> Vec<String> {
    let whole = Span::new(0, u32::try_from(text.len()).unwrap_or(u32::MAX));
    let mut checker = Checker { text, within: whole, last: 0, wrong: Vec::new() };
    visit::walk_script(&mut checker, &reading.script);
    let mut before = 0;
    for comment in &reading.script.comments {
        checker.place("comment", *comment);
        if !comment.slice(text).starts_with('#') || comment.start < before {
            checker.wrong.push(format!("comment at {comment:?} does not start with `#`, or is out of order"));
        }
        before = comment.start;
    }
    let mut before = 0;
    for region in &reading.unread {
        checker.place("unread region", region.span);
        if region.reason.is_empty() || region.span.start < before {
            checker.wrong.push(format!("unread region {region:?} has no reason, or is out of order"));
        }
        before = region.span.start;
    }
    for words in bash::command_words(&reading.script) {
        for pair in words.windows(2) {
            if pair[1].start < pair[0].end {
                checker.wrong.push(format!("words {:?} and {:?} are out of order", pair[0], pair[1]));
            }
        }
    }
    checker.wrong
}

struct Checker<'t> {
    text: &'t str,
    /// The node around.
    within: Span,
    /// Where the sibling before ends.
    last: u32,
    wrong: Vec<String>,
}

impl Checker<'_> {
    fn place(&mut self, name: &str, span: Span) {
        let bounds = [span.start, span.end].map(|at| self.text.is_char_boundary(at as usize));
        if span.start > span.end || bounds != [true, true] {
            self.wrong.push(format!("{name} at {span:?} is no part of the text"));
        }
    }

    /// Checks a node, then what is inside of it. `ordered`: whether it must stand behind its sibling.
    fn node(&mut self, name: &str, span: Span, ordered: bool, inside: impl FnOnce(&mut Self)) {
        self.place(name, span);
        if !self.within.contains(span) {
            self.wrong.push(format!("{name} at {span:?} is outside of what holds it, {:?}", self.within));
        }
        if ordered && span.start < self.last {
            self.wrong.push(format!("{name} at {span:?} starts before its sibling ends, at {}", self.last));
        }
        let within = std::mem::replace(&mut self.within, span);
        self.last = span.start;
        inside(self);
        self.within = within;
        self.last = span.end;
    }
}

impl<'s> Visitor<'s> for Checker<'_> {
    fn sequence(&mut self, it: &'s Sequence) {
        self.node("sequence", it.span, false, |checker| visit::walk_sequence(checker, it));
    }
    fn statement(&mut self, it: &'s Statement) {
        self.node("statement", it.span, true, |checker| visit::walk_statement(checker, it));
    }
    fn pipeline(&mut self, it: &'s Pipeline) {
        self.node("pipeline", it.span, true, |checker| visit::walk_pipeline(checker, it));
    }
    fn command(&mut self, it: &'s Command) {
        self.node("command", it.span, true, |checker| {
            if let CommandKind::Function(function) = &it.kind {
                checker.node("name of a function", function.name_span, true, |_| {});
            }
            visit::walk_command(checker, it);
        });
    }
    fn redirect(&mut self, it: &'s Redirect) {
        // `|&` stands for a redirection that nobody wrote.
        if it.span.is_empty() {
            return;
        }
        self.node("redirection", it.span, false, |checker| match &it.target {
            Target::Word(word) => checker.word(word),
            Target::HereDocument(document) => {
                checker.node("delimiter", document.delimiter.span, true, |_| {});
                let body = document.body_span();
                checker.within = body;
                checker.node("body", body, false, |checker| visit::walk_parts(checker, document.body()));
            }
        });
    }
    fn assignment(&mut self, it: &'s Assignment) {
        self.node("assignment", it.span, false, |checker| visit::walk_assignment(checker, it));
    }
    fn word(&mut self, it: &'s Word) {
        self.node("word", it.span, false, |checker| visit::walk_parts(checker, &it.parts));
    }
    fn part(&mut self, it: &'s Part) {
        self.node("part", it.span, true, |checker| visit::walk_part(checker, it));
    }
    fn parameter(&mut self, it: &'s Parameter, span: Span) {
        self.node("parameter", span, false, |checker| visit::walk_parameter(checker, it));
    }
    fn arithmetic(&mut self, it: &'s Arithmetic) {
        self.node("arithmetic", it.span, false, |checker| visit::walk_parts(checker, &it.parts));
    }
}
