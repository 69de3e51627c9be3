//! Programs that print variables of the environment: all of them, or some by their names.

use std::borrow::Cow;

use crate::commands::{HOLE, Tables};
use crate::facts::SecretNames;

/// Whether a command prints the environment, or a variable of a secret's name.
pub(super) fn is_printed(words: &[String], names: &SecretNames) -> bool {
    let args = words.get(1..).unwrap_or_default();
    let program = super::strict::base(words);
    match program {
        "env" | "printenv" => {
            let asked = args.iter().filter(|word| !word.starts_with('-'));
            let (count, secret) = asked.fold((0, false), |(count, secret), name| {
                (count + 1, secret || names.matches(name) || name.contains(HOLE))
            });
            count == 0 || secret || program == "env"
        }
        "jq" | "gojq" | "jaq" if is_told_by_another(words) => true,
        "jq" | "gojq" | "jaq" => {
            let is_name = |at: usize| {
                at > 0 && ["--arg", "--argjson", "--slurpfile", "--rawfile"].contains(&args[at - 1].as_str())
            };
            let mut texts = args.iter().enumerate().filter(|(at, _)| !is_name(*at));
            texts.any(|(_, text)| shows_variables(text, names))
        }
        // A program of jq's among their options.
        "gh" => Tables::builtin()
            .values_of(words, &["-q", "--jq"])
            .into_iter()
            .any(|text| text.contains(HOLE) || shows_variables(text, names)),
        "yq" if evaluates_unknown(words) => true,
        "yq" => args.iter().any(|text| {
            ["env(", "strenv("].iter().any(|call| calls_with_secret(text, call, names))
                || names_variables(text, &["$ENV", "env"], names)
        }),
        "awk" | "gawk" | "mawk" | "nawk" => {
            args.iter().any(|text| names_variables(text, &["ENVIRON"], names))
        }
        "envsubst" => args.iter().any(|text| names_secret(text, names)),
        "ps" => shows_environments(words),
        _ => false,
    }
}

/// Whether a program of jq names the environment.
fn shows_variables(text: &str, names: &SecretNames) -> bool {
    names_variables(&without_comments(text), &["$ENV", "env"], names)
}

/// Whether jq's program is not known.
fn is_told_by_another(words: &[String]) -> bool {
    Tables::builtin().operands(words).first().is_some_and(|program| program.contains(HOLE))
}

/// Whether the expression of `yq` is not known.
fn evaluates_unknown(words: &[String]) -> bool {
    let operands = Tables::builtin().operands(words);
    let mut rest = operands.iter().skip_while(|word| ["e", "ea", "eval", "eval-all"].contains(word));
    rest.next().is_some_and(|expression| expression.contains(HOLE)) && rest.next().is_some()
}

/// A program of jq without its comments, unless a string holds more of the program.
fn without_comments(text: &str) -> Cow<'_, str> {
    if !text.contains('#') || text.contains("\\(") {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '#' if !quoted => {
                if chars.by_ref().any(|c| c == '\n') {
                    kept.push('\n');
                }
                continue;
            }
            '\\' if quoted => {
                kept.push(c);
                kept.extend(chars.next());
                continue;
            }
            '"' => quoted = !quoted,
            _ => {}
        }
        kept.push(c);
    }
    Cow::Owned(kept)
}

/// Whether a text has one of these names for the environment, and takes all of it or a secret from it.
fn names_variables(text: &str, all: &[&str], names: &SecretNames) -> bool {
    all.iter().any(|name| {
        text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let behind = &text[at + name.len()..];
            let part_of_another = |c: char| c.is_ascii_alphanumeric() || "_.$\"".contains(c);
            let follows =
                behind.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || "_\"".contains(c));
            // `env/x.yaml`, `a/env`, `prod-env`: a file.
            let divided = behind.starts_with('/') && !behind.starts_with("//")
                || text[..at].ends_with('-')
                || text[..at].ends_with('/') && !text[..at].ends_with("//");
            // `{env: .env}`: a key.
            let is_key = *name == "env" && behind.trim_start().starts_with(':');
            let is_file = *name == "env" && divided || is_key;
            !before.is_some_and(part_of_another) && !follows && !is_file && !takes_harmless(behind, names)
        })
    })
}

/// Whether what stands behind takes one variable whose name tells of no secret: `.HOME`, `["HOME"]`.
fn takes_harmless(behind: &str, names: &SecretNames) -> bool {
    let ways = [(".", ""), ("[\"", "\"]"), ("(", ")")];
    let way = ways.iter().find_map(|(start, end)| Some((behind.strip_prefix(start)?, *end)));
    let Some((name, closes)) = way else { return false };
    let name = name.trim_start();
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    // `["TO" + "KEN"]` is another one.
    end > 0 && !names.matches(&name[..end]) && name[end..].trim_start().starts_with(closes)
}

/// Whether a command puts every variable into what it reads, whose name stands there: `envsubst`, where no word says which.
pub(super) fn puts_all(words: &[String]) -> bool {
    super::strict::base(words) == "envsubst" && !words.iter().any(|word| word.contains('$'))
}

/// `$DB_PASSWORD`, `${DB_PASSWORD}`
pub(super) fn names_secret(text: &str, names: &SecretNames) -> bool {
    text.split('$').skip(1).any(|rest| {
        let name = rest.trim_start_matches('{');
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
        names.matches(&name[..end])
    })
}

fn calls_with_secret(text: &str, call: &str, names: &SecretNames) -> bool {
    text.match_indices(call).any(|(at, _)| {
        let name = text[at + call.len()..].split(')').next().unwrap_or_default();
        names.matches(name.trim()) || name.contains(HOLE)
    })
}

/// `ps e`, `ps auxe`: the letter without a dash shows the environment of each process.
fn shows_environments(words: &[String]) -> bool {
    let mut value = false;
    for word in Tables::builtin().operands(words) {
        if std::mem::take(&mut value) {
            continue;
        }
        if word.starts_with(HOLE) {
            return true;
        }
        let letters: String = word.chars().take_while(|letter| !VALUES.contains(*letter)).collect();
        if letters.contains('e') && word.chars().all(|c| c.is_ascii_alphabetic()) {
            return true;
        }
        value = letters.len() + 1 == word.len() && word.chars().all(|c| c.is_ascii_alphabetic());
    }
    // `ps -auxe`: where there is no user of that name, the letters count as if they had no dash.
    let user = |word: &String| {
        let letters = word.strip_prefix('-').and_then(|letters| letters.split_once('u'));
        letters.is_some_and(|(front, name)| {
            name.contains('e')
                && format!("{front}{name}").chars().all(|c| c.is_ascii_alphabetic() && c != 'o')
        })
    };
    words.iter().skip(1).any(user)
}

/// Letters without a dash that take the rest of their word, or the next one, as their value.
const VALUES: &str = "opUtqOk";
