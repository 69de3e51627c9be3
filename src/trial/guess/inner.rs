//! What becomes of the answers of commands that stand in texts which a script hands to shells elsewhere.

use super::payloads::{commands, found};
use super::{Hint, flow};
use crate::bash;
use crate::bash::syntax::{Command, CommandKind, Script, Target};
use crate::bash::visit::{Visitor, walk_command, walk_script};
use crate::facts::Payload;
use crate::source::SourceText;
use crate::trial::outline::open_text;

/// So many texts may stand in each other.
const DEPTH: usize = 3;

/// The commands of the texts in a script. `file` is how the world names it.
pub(super) fn hints(source: &SourceText, file: &str, script: &Script) -> Vec<Hint> {
    within(source, file, script, DEPTH)
}

fn within(source: &SourceText, file: &str, script: &Script, depth: usize) -> Vec<Hint> {
    let mut texts = Texts { source, found: Vec::new() };
    walk_script(&mut texts, script);
    let mut hints = Vec::new();
    for text in texts.found.into_iter().filter(|text| depth > 0 && commands(&text.held) > 1) {
        let inner = SourceText::new(source.path().clone(), text.held);
        let script = bash::parse(inner.text()).script;
        let own = flow::hints(&inner, file, &script, &[]).hints;
        for mut hint in own.into_iter().chain(within(&inner, file, &script, depth - 1)) {
            hint.lines = match text.first {
                Some(first) => (hint.lines.0 + first - 1, hint.lines.1 + first - 1),
                None => text.carrier,
            };
            hints.push(hint);
        }
    }
    hints
}

/// A text, the lines of the command that hands it on, and the line on which it begins where it has several.
struct Text {
    held: String,
    carrier: (u32, u32),
    first: Option<u32>,
}

struct Texts<'a> {
    source: &'a SourceText,
    found: Vec<Text>,
}

impl<'s> Visitor<'s> for Texts<'_> {
    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Simple(simple) = &command.kind {
            let span = command.span;
            let carrier = self.source.lines(span);
            let words: Vec<String> = simple.words.iter().map(|word| open_text(&word.parts)).collect();
            match found(&words) {
                Some(Payload::Text { text, .. }) => {
                    let feeds = text.matches('\n').count();
                    let holds = |word: &&bash::syntax::Word| {
                        feeds > 0 && word.span.slice(self.source.text()).matches('\n').count() == feeds
                    };
                    let first = simple.words.iter().find(holds).map(|word| self.source.line(word.span.start));
                    self.found.push(Text { held: text, carrier, first });
                }
                Some(Payload::Stdin { .. }) => {
                    for redirect in &command.redirects {
                        if let Target::HereDocument(document) = &redirect.target {
                            let text = open_text(document.body());
                            let first = Some(self.source.line(document.body_span().start));
                            self.found.push(Text { held: text, carrier, first });
                        }
                    }
                }
                None => {}
            }
        }
        walk_command(self, command);
    }
}
