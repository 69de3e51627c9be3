//! Text that is downloaded or decoded and then run.

use crate::commands::beyond;
use crate::facts::{Ending, Invocation};

/// What to do instead.
pub(super) const INSTEAD: &str =
    "write it to a file, show the file to the user, and ask to run it by its name";

/// Whether what an invocation prints is downloaded or decoded.
pub(super) fn feeds(invocation: &Invocation) -> bool {
    let words = match &invocation.ending {
        Ending::Program(words) | Ending::Opaque { words, .. } => words,
        Ending::Builtin(_) | Ending::Script(_) => return false,
    };
    let Some((program, args)) = words.split_first() else { return false };
    let program = base(program);
    let decodes = |word: &String| {
        let short = word.starts_with('-') && !word.starts_with("--") && word.contains(['d', 'D']);
        short || word.len() > 3 && "--decode".starts_with(word.as_str())
    };
    match program {
        "openssl" => args.iter().any(|word| word == "-d" || word == "-decrypt" || word == "base64"),
        "xxd" => {
            args.iter().any(|word| word.starts_with("-r") || word.starts_with("-p") && word.contains('r'))
        }
        "base64" | "base32" | "basenc" | "gbase64" | "gzip" | "bzip2" | "xz" | "zstd" | "gpg" | "lz4" => {
            args.iter().any(decodes)
        }
        "gunzip" | "zcat" | "bunzip2" | "bzcat" | "unxz" | "xzcat" | "uudecode" | "zstdcat" | "rev"
        | "tr" => true,
        _ => beyond::DOWNLOADS.contains(&program),
    }
}

/// Whether an invocation runs text of which nothing is known.
pub(super) fn runs_unknown(invocation: &Invocation) -> bool {
    let shell =
        |name: &str| beyond::SHELLS.contains(&base(name.split_whitespace().next().unwrap_or_default()));
    match &invocation.ending {
        Ending::Opaque { words, .. } => {
            invocation.chain.last().is_some_and(|link| shell(&link.name))
                || words.first().is_some_and(|word| shell(word))
        }
        Ending::Script(words) => words.first().is_some_and(|file| {
            file.starts_with("/dev/fd/") || file.starts_with("/proc/self/fd/") || file == "/dev/stdin"
        }),
        Ending::Program(words) => {
            let names = words.first().is_some_and(|word| beyond::INTERPRETERS.contains(&base(word)));
            names
                && (words.len() == 1
                    || words[1..]
                        .iter()
                        .all(|word| word == "-" || word.starts_with("/dev/fd/") || word == "/dev/stdin"))
        }
        Ending::Builtin(_) => false,
    }
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
