//! What bash rejects although both parsers take it: parentheses in the middle of plain words, and extended patterns
//! where nothing switches them on.
//!
//! It knows no parser; it looks at the lowered script alone.

use super::Unread;
use super::syntax::{
    Assignment, Command, CommandKind, Part, PartKind, Redirect, Script, Target, Value, Word,
};
use super::visit::{self, Visitor};

const PARENTHESIS: &str = "an unquoted parenthesis stands inside a word: quote it";
const OPERATOR: &str = "an unquoted operator or blank stands inside a word: quote it";
const SUBSCRIPT: &str =
    "the subscript that starts in this word never ends: close it with `]`, or quote the bracket";
const TARGET: &str = "this redirection leads nowhere: name its file or descriptor";
const PATTERN: &str = "this arm of the `case` has no pattern: write one";
const EXTENDED: &str =
    "bash reads this pattern only after `shopt -s extglob`: switch it on at the top, or write it another way";

/// Adds a region for every such word.
pub(super) fn check(script: &Script, text: &str, unread: &mut Vec<Unread>) {
    let mut checker = Checker { extended: text.contains("extglob"), found: Vec::new() };
    visit::walk_script(&mut checker, script);
    unread.append(&mut checker.found);
}

struct Checker {
    /// Whether the script speaks of extended patterns at all: then it is taken to switch them on in time.
    extended: bool,
    found: Vec<Unread>,
}

impl Checker {
    /// Looks at the plain text of a word; `assigns` where `name=(` may stand in it.
    fn plain(&mut self, word: &Word, assigns: bool) {
        let mut before = None;
        // What could not be read inside the word has been said.
        if word.parts.iter().any(|part| matches!(&part.kind, PartKind::Literal(text) if text.contains("${")))
        {
            return;
        }
        for part in &word.parts {
            let PartKind::Literal(text) = &part.kind else {
                before = Some('"');
                continue;
            };
            for character in text.chars() {
                if character == '(' {
                    let group = matches!(before, Some('?' | '*' | '+' | '@' | '!'));
                    let array = assigns && before == Some('=');
                    if group && self.extended || array {
                        return;
                    }
                    let reason = if group { EXTENDED } else { PARENTHESIS };
                    self.found.push(Unread { span: part.span, reason: reason.to_owned() });
                    return;
                }
                if matches!(character, '|' | ';' | '&' | '<' | '>' | ' ' | '\t' | '\n') {
                    self.found.push(Unread { span: part.span, reason: OPERATOR.to_owned() });
                    return;
                }
                before = Some(character);
            }
        }
    }
}

impl<'s> Visitor<'s> for Checker {
    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::Simple(simple) => {
                let assigns = simple.words.first().is_some_and(assignment_builtin);
                if let Some(word) = simple.words.first()
                    && open_subscript(word)
                {
                    self.found.push(Unread { span: word.span, reason: SUBSCRIPT.to_owned() });
                }
                for word in &simple.words {
                    self.plain(word, assigns);
                }
            }
            CommandKind::For(it) | CommandKind::Select(it) => {
                for word in it.words.iter().flatten() {
                    self.plain(word, false);
                }
            }
            CommandKind::Case(case) => {
                if case.arms.iter().any(|arm| arm.patterns.is_empty()) {
                    self.found.push(Unread { span: command.span, reason: PATTERN.to_owned() });
                }
                for pattern in case.arms.iter().flat_map(|arm| &arm.patterns) {
                    self.plain(pattern, false);
                }
            }
            _ => {}
        }
        visit::walk_command(self, command);
    }

    fn redirect(&mut self, redirect: &'s Redirect) {
        if let Target::Word(word) = &redirect.target
            && word.parts.is_empty()
        {
            self.found.push(Unread { span: redirect.span, reason: TARGET.to_owned() });
        }
        visit::walk_redirect(self, redirect);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        match &assignment.value {
            Value::Scalar(word) => self.plain(word, false),
            Value::Array(elements) => elements.iter().for_each(|element| self.plain(&element.value, false)),
        }
        visit::walk_assignment(self, assignment);
    }
}

/// Whether a command's name starts like an element of an array and the subscript never ends.
fn open_subscript(word: &Word) -> bool {
    let Some(Part { kind: PartKind::Literal(text), .. }) = word.parts.first() else { return false };
    let Some((name, rest)) = text.split_once('[') else { return false };
    let identifier = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    let closed = rest.contains(']')
        || word
            .parts
            .iter()
            .skip(1)
            .any(|part| matches!(&part.kind, PartKind::Literal(text) if text.contains(']')));
    identifier && !closed
}

/// Builtins, beside the declarations, that take `name=(...)` as an argument.
fn assignment_builtin(word: &Word) -> bool {
    let [Part { kind: PartKind::Literal(name), .. }] = word.parts.as_slice() else { return false };
    matches!(name.as_str(), "alias" | "eval" | "let")
}
