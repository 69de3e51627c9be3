//! `find`'s expression: which words are tests, and where commands stand among them.

use crate::commands::Wrapper;

use super::super::value::Value;
use super::{Inner, Opaque, Part, Piece, shown, substituted};

/// Reads the words. `added` stands for a file that it finds.
pub(super) fn read(wrapper: &Wrapper, pieces: &[Piece], added: &Value) -> Inner {
    let expression = &wrapper.expression;
    let (mut at, roots) = match front(pieces) {
        Ok(front) => front,
        Err(opaque) => return unclear(wrapper, pieces, added, opaque),
    };
    // What it finds is the script's own only below folders that are.
    let own = !roots.is_empty() && roots.iter().all(|root| root.value.surely_own());
    let found = added.clone().with(|value| value.own_file = own);
    let mut parts = Vec::new();
    while let Some(piece) = pieces.get(at) {
        let Some(word) = piece.value.constant() else {
            let reason = format!("`{}` may be any part of the expression", shown(&piece.value));
            return unclear(
                wrapper,
                &pieces[at + 1..],
                &found,
                Opaque { reason, word: piece.from, guesses: Vec::new() },
            );
        };
        let is = |words: &[String]| words.iter().any(|known| known == word);
        if is(&expression.commands) {
            match command(word, &pieces[at + 1..], &found) {
                Ok((length, part)) => {
                    parts.push(part);
                    at += 1 + length;
                }
                Err(opaque) => return Inner::Opaque(opaque),
            }
        } else if is(&expression.alone) {
            at += 1;
        } else if is(&expression.one)
            || expression.one_from.iter().any(|start| word.starts_with(start.as_str()))
        {
            at += 2;
        } else if is(&expression.two) {
            at += 3;
        } else {
            let reason = format!("`{word}` is no part of an expression of `find` that is known here");
            return unclear(wrapper, &pieces[at + 1..], &found, Opaque::because(reason));
        }
    }
    if parts.is_empty() {
        return Inner::Itself;
    }
    Inner::Runs { link: wrapper.name.clone(), options: Vec::new(), parts, and_itself: true, doubt: None }
}

/// An expression that cannot be read: what seems to be a command in the rest of it must not be overlooked.
fn unclear(wrapper: &Wrapper, rest: &[Piece], found: &Value, mut opaque: Opaque) -> Inner {
    let is_action = |piece: &Piece| wrapper.expression.commands.contains(&piece.value.text);
    let parts: Vec<Part> = rest
        .iter()
        .enumerate()
        .filter(|(_, piece)| is_action(piece))
        .filter_map(|(at, piece)| command(&piece.value.text, &rest[at + 1..], found).ok())
        .map(|(_, part)| part)
        .collect();
    if !parts.is_empty() {
        let link = wrapper.name.clone();
        opaque.guesses =
            vec![Inner::Runs { link, options: Vec::new(), parts, and_itself: false, doubt: None }];
    }
    Inner::Opaque(opaque)
}

/// The options and folders in front of the expression: where it starts, and the folders.
fn front(pieces: &[Piece]) -> Result<(usize, &[Piece]), Opaque> {
    let mut at = 0;
    while let Some(piece) = pieces.get(at) {
        match piece.value.text.as_str() {
            "-H" | "-L" | "-P" => at += 1,
            "-D" => at += 2,
            text if text.starts_with("-O") => at += 1,
            "--" => {
                at += 1;
                break;
            }
            _ => break,
        }
    }
    let start = at.min(pieces.len());
    let length = pieces[start..]
        .iter()
        .take_while(|piece| {
            let text = piece.value.text.as_str();
            !(["(", "!", ","].contains(&text) || text.starts_with('-') && text.len() > 1)
        })
        .count();
    let roots = &pieces[start..start + length];
    let unclear =
        roots.iter().find(|root| root.value.splits && root.value.names.iter().any(|name| is_bag(name)));
    if let Some(root) = unclear {
        let reason = format!("`{}` may be folders or any part of the expression", shown(&root.value));
        return Err(Opaque { reason, word: root.from, guesses: Vec::new() });
    }
    Ok((start + length, roots))
}

fn is_bag(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["opt", "arg", "flag", "expr", "filter"].iter().any(|part| name.contains(part))
}

/// The command behind `-exec`, up to `;` or a `+` behind `{}`: how many words it takes, and what runs.
fn command(action: &str, rest: &[Piece], found: &Value) -> Result<(usize, Part), Opaque> {
    let mut end = None;
    for (at, piece) in rest.iter().enumerate() {
        let Some(word) = piece.value.constant() else {
            if piece.value.splits {
                let reason = format!("`{}` may hold the end of `{action}`", shown(&piece.value));
                return Err(Opaque { reason, word: piece.from, guesses: Vec::new() });
            }
            continue;
        };
        let after_files = at > 0 && rest[at - 1].value.constant() == Some("{}");
        if word == ";" || (word == "+" && after_files && !action.starts_with("-ok")) {
            end = Some((at, word == "+"));
            break;
        }
    }
    let Some((end, many)) = end else {
        return Err(Opaque::because(format!("`{action}` lacks the `;` that ends its command")));
    };
    if end == 0 {
        return Err(Opaque::because(format!("`{action}` lacks its command")));
    }
    let mut pieces = rest[..end].to_vec();
    for piece in &mut pieces {
        if !piece.value.text.contains("{}") {
            continue;
        }
        let alone = piece.value.text == "{}";
        let mut value = substituted(&piece.value, "{}", found);
        value.splits |= many && alone;
        *piece = Piece { value, from: piece.from, whole: false };
    }
    Ok((end + 1, Part::Words { pieces, remote: false }))
}
