//! Credentials on a command line, however its words were put together: known ones, and what nobody knows in a place where
//! only a credential can stand.

use crate::bash;
use crate::commands::{HOLE, Tables, matches_words};
use crate::facts::{Given, SecretNames, literals};

/// What stands for an unknown text: a credential where one belongs, no credential where only a name tells of one.
const UNKNOWN: &str = "Hunter2x";

/// Ends of options whose value names a thing, whatever else their name says.
const NAMING: [&str; 4] = ["-id", "-name", "-arn", "-version-stage"];

/// Programs whose operands are lists of pairs, divided by blanks.
const BLANKS: [&str; 6] = ["psql", "pg_dump", "pg_dumpall", "pg_restore", "createdb", "pgbench"];

/// Whether a credential stands on a command line.
pub(super) fn has_credential(words: &[String], names: &SecretNames) -> bool {
    if !may_have(words) {
        return false;
    }
    let mut texts: Vec<String> = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let naming = index.checked_sub(1).is_some_and(|before| names_a_thing(&words[before]));
        let stand_in =
            if naming || names_a_thing(word.split('=').next().unwrap_or_default()) { "x" } else { UNKNOWN };
        // `-u "$login"`: all of `user:password` is in it.
        let mark = index.checked_sub(1).and_then(|before| mark_behind(words, before));
        let word = match mark {
            Some(mark) if word.chars().eq([HOLE]) => format!("user{mark}{UNKNOWN}"),
            _ => word.replace(HOLE, stand_in),
        };
        // A header that stands attached to its option (`--header=...`, `-H...`) is read apart from it.
        let attached = word.split_once('=').map(|(_, value)| value).or_else(|| word.strip_prefix("-H"));
        let header = attached.filter(|value| value.contains(": ")).map(str::to_owned);
        texts.push(word);
        texts.extend(header);
    }
    if words.first().is_some_and(|program| BLANKS.contains(&base(program))) {
        let pairs = texts.iter().filter(|word| word.contains(' ') && word.contains('='));
        let pairs: Vec<String> = pairs.flat_map(|word| word.split_whitespace().map(str::to_owned)).collect();
        texts.extend(pairs);
    }
    let quoted: Vec<String> = texts.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
    let script = bash::parse(&quoted.join(" ")).script;
    let takes_pairs = takes_pairs(words);
    literals(&script, names).iter().any(|literal| match literal.given {
        Given::PrivateKey => false,
        Given::Name(_) => takes_pairs,
        _ => true,
    })
}

/// What to do instead of giving a secret on that line: by the word that carries it, where that can be told.
pub(super) fn instead<'t>(words: &[String], names: &SecretNames) -> &'t str {
    let texts: Vec<&str> = words.iter().map(String::as_str).collect();
    let calls = || Tables::builtin().secrets().safe.iter().filter(|safe| matches_words(&safe.call, words));
    // The word without which the line has no credential, else the first of which something is not known.
    let without = |index: &usize| {
        let mut fewer = words.to_vec();
        "x".clone_into(&mut fewer[*index]);
        !has_credential(&fewer, names)
    };
    let known = has_credential(words, names).then(|| (1..words.len()).find(without)).flatten();
    let carrier = known.or_else(|| words.iter().position(|word| word.contains(HOLE)));
    let safe =
        carrier.and_then(|index| calls().find(|safe| safe.fits(&texts, index))).or_else(|| calls().next());
    safe.map_or("give it on stdin, in a file or in the environment", |safe| &safe.instead)
}

/// Whether a command line is worth a look.
fn may_have(words: &[String]) -> bool {
    let Some((program, args)) = words.split_first() else { return false };
    let program = base(program);
    let secrets = Tables::builtin().secrets();
    let named = |list: &[String]| list.iter().any(|name| name.split(' ').next() == Some(program));
    named(&secrets.credential_calls)
        || secrets.credential_options.iter().any(|options| named(&options.programs))
        || args.iter().any(|word| {
            word.contains("://") || word.contains(": ") || word.len() > 30 || word.starts_with("--")
        })
        || takes_pairs(words) && args.iter().any(|word| word.contains('='))
}

/// Whether `password=...` among a program's words gives it a credential, and is no text about one.
fn takes_pairs(words: &[String]) -> bool {
    let program = words.first().map_or("", |word| base(word));
    ["env", "sudo", "doas"].contains(&program)
        || Tables::builtin().secrets().pair_programs.iter().any(|known| known == program)
}

/// What stands between a name and the credential in the value of the option at `index`.
fn mark_behind(words: &[String], index: usize) -> Option<&'static str> {
    let (program, option) = (base(words.first()?), words.get(index)?);
    let table = &Tables::builtin().secrets().credential_options;
    let mut known = table
        .iter()
        .filter(|known| known.programs.iter().any(|name| name == program))
        .filter(|known| known.until.is_none() && known.between.is_none());
    let tables = Tables::builtin();
    let is_one = |known: &String| tables.takes_next(program, option, known);
    known.find(|known| known.options.iter().any(is_one)).and_then(|known| known.after.as_deref())
}

fn names_a_thing(option: &str) -> bool {
    option.starts_with("--") && NAMING.iter().any(|end| option.ends_with(end))
}

fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}
