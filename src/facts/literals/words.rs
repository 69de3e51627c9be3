//! Commands as their texts: what runs, what each word says.

use std::borrow::Cow;

use crate::bash::syntax::{Command, CommandKind, ParameterOp, Part, PartKind, Word};
use crate::commands::{HOLE, Tables, matches_words};

use super::super::credentials::{Place, is_credential};
use super::Given;

/// The default of a word that is one expansion: `${1:-text}`.
pub(super) fn default_of(word: &Word) -> Option<&Word> {
    let part = match word.parts.as_slice() {
        [Part { kind: PartKind::DoubleQuoted(parts), .. }] => match parts.as_slice() {
            [part] => part,
            _ => return None,
        },
        [part] => part,
        _ => return None,
    };
    match &part.kind {
        PartKind::Parameter(parameter) => match &parameter.op {
            ParameterOp::Default { word, .. } | ParameterOp::Assign { word, .. } => Some(word),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a command shows its words or its heredoc to whoever runs the script.
pub(super) fn is_shown(command: &Command) -> bool {
    let CommandKind::Simple(simple) = &command.kind else { return false };
    let first = simple.words.first().map(text_of).unwrap_or_default();
    ["cat", "echo", "printf", "more", "less", ":", "usage", "log", "die", "read"].contains(&first.as_ref())
}

/// The program that the words run, wrappers left out.
pub(super) fn program_of(texts: &[Cow<'_, str>]) -> String {
    const WRAPPERS: [&str; 9] =
        ["sudo", "env", "command", "exec", "nohup", "time", "timeout", "xargs", "doas"];
    let name = |text: &Cow<'_, str>| text.rsplit('/').next().unwrap_or_default().to_owned();
    let mut words = texts.iter().filter(|text| !text.contains('='));
    let Some(first) = words.next().map(name) else { return String::new() };
    if !WRAPPERS.contains(&first.as_ref()) {
        return first;
    }
    let known = Tables::builtin();
    let is_program = |text: &String| {
        let secrets = known.secrets();
        let takes = |list: &[String]| list.contains(text);
        secrets.credential_options.iter().any(|entry| takes(&entry.programs)) || known.tool(text).is_some()
    };
    words.map(name).find(is_program).unwrap_or(first)
}

/// A credential among the operands of a program that takes it there.
pub(super) fn operand(texts: &[Cow<'_, str>]) -> Option<Given> {
    let mut words: Vec<&str> = texts.iter().map(Cow::as_ref).collect();
    while words.first().is_some_and(|first| ["sudo", "command"].contains(first)) {
        words.remove(0);
    }
    let first = words.first_mut()?;
    *first = first.rsplit('/').next().unwrap_or(first);
    let last = *words.last().filter(|last| !last.starts_with('-'))?;
    let calls = &Tables::builtin().secrets().credential_calls;
    let program = words[0].to_owned();
    calls
        .iter()
        .any(|call| matches_words(call, &words))
        .then(|| {
            let sure = Tables::builtin().secrets().sure_calls.iter().any(|call| matches_words(call, &words));
            let place = if sure { Place::Sure } else { Place::Certain };
            is_credential(last.trim_start_matches("pass:"), place).then_some(Given::Operand(program))
        })
        .flatten()
}

/// `db-password`, `db.password` and `dbPassword` as `db_password`.
pub(in super::super) fn snake(name: &str) -> String {
    let mut snake = String::new();
    let mut small = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && small {
            snake.push('_');
        }
        small = c.is_ascii_lowercase() || c.is_ascii_digit();
        snake.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    snake
}

/// A word's text, a hole for everything that is not literal.
pub(super) fn text_of(word: &Word) -> Cow<'_, str> {
    text_of_parts(&word.parts)
}

/// The text of parts; most words are one text, which is not copied.
pub(super) fn text_of_parts(parts: &[Part]) -> Cow<'_, str> {
    fn add(parts: &[Part], text: &mut String) {
        for part in parts {
            match &part.kind {
                PartKind::Literal(part) | PartKind::Quoted(part) => text.push_str(part),
                PartKind::DoubleQuoted(parts) => add(parts, text),
                _ => text.push(HOLE),
            }
        }
    }
    match parts {
        [] => Cow::Borrowed(""),
        [Part { kind: PartKind::Literal(text) | PartKind::Quoted(text), .. }] => Cow::Borrowed(text),
        [Part { kind: PartKind::DoubleQuoted(parts), .. }] => text_of_parts(parts),
        _ => {
            let mut text = String::new();
            add(parts, &mut text);
            Cow::Owned(text)
        }
    }
}
