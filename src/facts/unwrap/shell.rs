//! A shell's own words: `bash -c TEXT`, `sh -eo pipefail -s`, `bash FILE`.

use crate::commands::{Role, Takes, Wrapper};

use super::super::value::Value;
use super::{Inner, Opaque, Part, Piece, shown};

/// What a shell's words say.
#[derive(Default)]
struct Said {
    command: bool,
    stdin: bool,
    nothing: bool,
    /// What its options set, as words of `set`.
    set: Vec<String>,
}

/// Reads the words of a program that is a shell.
pub(super) fn read(name: &str, wrapper: &Wrapper, pieces: &[Piece]) -> Inner {
    let mut said = Said::default();
    let end = match options(wrapper, pieces, &mut said) {
        Ok(end) => end,
        Err(opaque) => return Inner::Opaque(opaque),
    };
    if said.nothing {
        return Inner::Itself;
    }
    match behind(&said, &pieces[end..], false) {
        Ok(part) if wrapper.doubt.is_some() && !is_bash_too(&part) => {
            Inner::Opaque(Opaque::because("a shell whose language is not read"))
        }
        Ok(part) => {
            let doubt = wrapper.doubt.clone();
            Inner::Runs {
                link: name.to_owned(),
                options: Vec::new(),
                parts: vec![part],
                and_itself: false,
                doubt,
            }
        }
        Err(opaque) => Inner::Opaque(opaque),
    }
}

/// Whether text for a shell of another language can be read as bash.
fn is_bash_too(part: &Part) -> bool {
    match part {
        Part::Text { text, .. } => crate::bash::parse(&text.text).unread.is_empty(),
        _ => true,
    }
}

/// What a shell runs that is given these words (`su USER WORDS`).
pub(super) fn arguments(pieces: &[Piece], remote: bool) -> Part {
    let tables = crate::commands::Tables::builtin();
    let Some(wrapper) = tables.wrappers("sh").first() else {
        return Part::Unknown("no shell is known".to_owned());
    };
    let mut said = Said::default();
    let part = options(wrapper, pieces, &mut said).and_then(|end| behind(&said, &pieces[end..], remote));
    part.unwrap_or_else(|opaque| Part::Unknown(opaque.reason))
}

/// What runs, once the options are read.
fn behind(said: &Said, rest: &[Piece], remote: bool) -> Result<Part, Opaque> {
    let values =
        |pieces: &[Piece]| -> Vec<Value> { pieces.iter().map(|piece| piece.value.clone()).collect() };
    if said.command {
        let Some((text, params)) = rest.split_first() else {
            return Err(Opaque::because("`-c` lacks its text"));
        };
        if text.value.splits && text.value.constant().is_none() {
            let reason =
                format!("`{}` is not quoted: where the text ends cannot be told", shown(&text.value));
            return Err(Opaque { reason, word: text.from, guesses: Vec::new() });
        }
        let zero = params.first().map(|piece| piece.value.clone());
        let params = values(params.get(1..).unwrap_or_default());
        return Ok(Part::Text { text: text.value.clone(), zero, params, set: said.set.clone(), remote });
    }
    match rest {
        [] => Ok(Part::Stdin { params: Vec::new(), set: said.set.clone(), remote }),
        _ if said.stdin => Ok(Part::Stdin { params: values(rest), set: said.set.clone(), remote }),
        [file, ..] if file.value.constant().is_none() && file.value.splits => {
            let reason = format!("`{}` is not quoted: it may be options or a script", shown(&file.value));
            Err(Opaque { reason, word: file.from, guesses: Vec::new() })
        }
        [file, ..] if file.value.constant() == Some("/dev/stdin") => {
            Ok(Part::Stdin { params: values(&rest[1..]), set: said.set.clone(), remote })
        }
        _ => Ok(Part::File(rest.to_vec())),
    }
}

/// Reads the options; gives where they end.
fn options(wrapper: &Wrapper, pieces: &[Piece], said: &mut Said) -> Result<usize, Opaque> {
    let mut at = 0;
    let mut long_may_follow = true;
    while let Some(piece) = pieces.get(at) {
        let text = piece.value.text.as_str();
        if text == "--" || text == "-" {
            return Ok(at + 1);
        }
        if !text.starts_with(['-', '+']) || text.len() == 1 {
            break;
        }
        let Some(word) = piece.value.constant() else {
            let reason = format!("which options `{}` has cannot be told", shown(&piece.value));
            return Err(Opaque { reason, word: piece.from, guesses: Vec::new() });
        };
        if let Some(option) = long(wrapper, word) {
            if !long_may_follow {
                return Err(Opaque::because(format!("`{word}` may stand only before the short options")));
            }
            said.nothing |= option.role == Role::Nothing;
            at += if option.takes == Takes::Value { 2 } else { 1 };
            continue;
        }
        if word.starts_with("--") {
            let name = &wrapper.name;
            return Err(Opaque::because(format!("`{word}` is no option of `{name}` that is known here")));
        }
        long_may_follow = false;
        at += 1;
        for _ in 0..letters(wrapper, word, said)? {
            if let Some(name) = pieces.get(at).and_then(|piece| piece.value.constant()) {
                said.set.extend([format!("{}o", &word[..1]), name.to_owned()]);
            }
            at += 1;
        }
    }
    Ok(at.min(pieces.len()))
}

/// A bundle of short options; gives how many of the next words are values.
fn letters(wrapper: &Wrapper, word: &str, said: &mut Said) -> Result<usize, Opaque> {
    let mut values = 0;
    for letter in word.chars().skip(1) {
        match letter {
            'o' | 'O' => values += 1,
            'c' if word.starts_with('-') => said.command = true,
            's' if word.starts_with('-') => said.stdin = true,
            _ => {
                let Ok(option) = wrapper.option(&wrapper.options, &format!("-{letter}")) else {
                    let name = &wrapper.name;
                    let reason = format!("`-{letter}` is no option of `{name}` that is known here");
                    return Err(Opaque::because(reason));
                };
                said.nothing |= option.role == Role::Nothing && word.starts_with('-');
                if "aefuCE".contains(letter) {
                    said.set.push(format!("{}{letter}", &word[..1]));
                }
            }
        }
    }
    Ok(values)
}

/// A long option, which bash takes with one dash too.
fn long<'w>(wrapper: &'w Wrapper, word: &str) -> Option<&'w crate::commands::Opt> {
    let name = word.trim_start_matches('-');
    let spelling = format!("--{name}");
    (word.len() > 2 && word.starts_with('-'))
        .then(|| wrapper.option(&wrapper.options, &spelling).ok())
        .flatten()
        .filter(|option| option.names.contains(&spelling))
}
