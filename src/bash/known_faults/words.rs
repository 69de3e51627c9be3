//! What is misread in words: backticks, expansions, patterns, odd characters.

use super::{Edit, Site};
use crate::bash::syntax::{Command, CommandKind, ParameterOp, Part, PartKind, Word};
use crate::bash::witness;
use crate::source::Span;

pub(super) fn backslashed_backticks(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    match site {
        Site::Part(part) if witness::backslashed(part, text) => vec![Edit::word(part.span)],
        _ => Vec::new(),
    }
}

pub(super) fn odd_substitution(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    match site {
        Site::Part(Part { kind: PartKind::Command(substitution), span }) if !substitution.backticks => {
            let sign = text.get(span.start as usize + 1);
            let empty = substitution.body.statements.is_empty();
            if empty || sign != Some(&b'(') { vec![Edit::word(*span)] } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

pub(super) fn touching_backticks(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    match site {
        Site::Part(part @ Part { kind: PartKind::Command(substitution), span }) if substitution.backticks => {
            let before = text.get(..span.start as usize).unwrap_or_default();
            let after = text.get(span.end as usize..).unwrap_or_default();
            let quote = |byte: Option<&u8>| matches!(byte, Some(b'`' | b'"' | b'\''));
            let blank = |byte: &&u8| !matches!(byte, b' ' | b'\t');
            let backtick = |byte: Option<&u8>| byte == Some(&b'`');
            let empty = substitution.body.statements.is_empty();
            if empty
                || quote(before.last())
                || quote(after.first())
                || backtick(before.iter().rev().find(blank))
                || backtick(after.iter().find(blank))
            {
                vec![Edit::word(part.span)]
            } else {
                Vec::new()
            }
        }
        _ => Vec::new(),
    }
}

pub(super) fn parameter_operator(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let Site::Parameter(parameter, span) = site else { return Vec::new() };
    let plain =
        matches!(parameter.op, ParameterOp::Plain) && parameter.subscript.is_none() && !parameter.indirect;
    let braced = text.get(span.start as usize + 1) == Some(&b'{');
    if plain || !braced { Vec::new() } else { vec![Edit::word(span)] }
}

pub(super) fn arithmetic(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Arithmetic(arithmetic) => vec![Edit::word(arithmetic.span)],
        // An assignment, which is no command either, in the place of `(())`.
        Site::Command(Command { kind: CommandKind::Arithmetic(arithmetic), span, .. })
            if arithmetic.span.is_empty() =>
        {
            vec![Edit::word(*span), Edit::sign(span.start + 1, b'=')]
        }
        Site::Part(Part { kind: PartKind::Arithmetic(arithmetic), span }) if arithmetic.span.is_empty() => {
            vec![Edit::word(*span)]
        }
        _ => Vec::new(),
    }
}

pub(super) fn continued_word(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let Site::Word(word) = site else { return Vec::new() };
    let start = word.span.start;
    let inside = text.get(start as usize..word.span.end as usize).unwrap_or_default();
    let places = inside.windows(2).enumerate().filter(|(_, pair)| pair == b"\\\n").map(|(at, _)| at);
    places
        .filter_map(|at| u32::try_from(at).ok())
        .filter(|at| start + at + 2 < word.span.end)
        .map(|at| Edit::word(Span::new(start + at, start + at + 2)))
        .collect()
}

pub(super) fn extended_pattern(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Part(Part { kind: PartKind::Literal(text), span }) if text.contains(['(', ')', '|']) => {
            vec![Edit::word(*span)]
        }
        _ => Vec::new(),
    }
}

pub(super) fn assignment(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Assignment(assignment) = site else { return Vec::new() };
    as_assignment(assignment.span)
}

pub(super) fn as_assignment(span: Span) -> Vec<Edit> {
    if span.len() < 2 {
        return Vec::new();
    }
    vec![Edit::word(span), Edit::sign(span.start + 1, b'=')]
}

pub(super) fn braces(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Part(Part { kind: PartKind::Literal(text), span }) if text.contains(['{', '}']) => {
            vec![Edit::word(*span)]
        }
        _ => Vec::new(),
    }
}

pub(super) fn operators_as_words(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Command(Command { kind: CommandKind::Simple(simple), .. }) = site else { return Vec::new() };
    let start = |word: &Word| match word.parts.first().map(|part| &part.kind) {
        Some(PartKind::Literal(text)) => text.bytes().next(),
        _ => None,
    };
    let bracket = simple.words.first().is_some_and(|word| start(word) == Some(b'['));
    let odd = |word: &&Word| bracket || start(word) == Some(b'=');
    simple.words.iter().filter(odd).map(|word| Edit::word(word.span)).collect()
}

pub(super) fn odd_characters(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let Site::Part(part) = site else { return Vec::new() };
    let bytes = text.get(part.span.start as usize..part.span.end as usize).unwrap_or_default();
    match &part.kind {
        PartKind::Literal(text) if text == "-" => vec![Edit::word(part.span)],
        PartKind::Quoted(_) if bytes.first() == Some(&b'\\') => vec![Edit::word(part.span)],
        PartKind::Literal(_) if bytes.iter().any(|byte| b"$~[]=:@#?%".contains(byte) || *byte < b' ') => {
            vec![Edit::word(part.span)]
        }
        _ => Vec::new(),
    }
}

/// A word of one plain literal.
pub(super) fn literal(word: &Word) -> Option<&str> {
    match word.parts.as_slice() {
        [Part { kind: PartKind::Literal(text), .. }] => Some(text),
        _ => None,
    }
}

pub(super) fn reserved_start(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Command(Command { kind: CommandKind::Simple(simple), .. }) = site else { return Vec::new() };
    let Some(name) = simple.words.first() else { return Vec::new() };
    let reserved =
        ["case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "select"];
    let reserved =
        |text: &str| reserved.contains(&text) || ["then", "until", "while", "time"].contains(&text);
    match name.parts.as_slice() {
        [Part { kind: PartKind::Literal(text), .. }, _, ..] if reserved(text) => vec![Edit::word(name.span)],
        _ => Vec::new(),
    }
}
