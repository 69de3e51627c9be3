//! Files that hold credentials by their names, and the commands that show what is in them.

use crate::commands::{HOLE, beyond, glob, shows_files, tells_nothing};
use crate::facts::{Ending, Invocation, SecretNames};

/// The shortest start of a name before a `*` that may stand for the rest of it.
const LEAST: usize = 2;

/// Whether a file holds credentials, whatever is read of it.
pub(super) fn is_secret_file(path: &str) -> bool {
    is_in_secret_folder(path) || has_secret_name(path) || is_key(path)
}

/// Whether a path is a folder of secrets, or something below one that is not known to be plain.
fn is_in_secret_folder(path: &str) -> bool {
    if !path.contains(['/', '.']) {
        return false;
    }
    let path = path.trim_end_matches('/');
    let below = |folder: &&str| {
        let wanted: Vec<&str> = folder.split('/').collect();
        let parts: Vec<&str> = path.split('/').collect();
        parts
            .windows(wanted.len())
            .any(|window| window.iter().zip(&wanted).all(|(part, name)| may_be(part, name)))
    };
    beyond::SECRET_FOLDERS.iter().any(below) && !beyond::PLAIN_THERE.iter().any(|end| path.ends_with(end))
}

/// Whether a part of a path is that name, or a glob that may come to it.
fn may_be(part: &str, name: &str) -> bool {
    let begins = |start: usize| start >= LEAST && name.starts_with(&part[..start]);
    part == name
        || part.find(['*', '?', '[', HOLE]).is_some_and(begins)
            && glob(&part.replace([HOLE, '[', ']'], "*"), name)
}

fn has_secret_name(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or(path);
    let known = |known: &&str| {
        let whole = path.strip_suffix(*known).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        whole || !known.contains('/') && may_be(last, known)
    };
    let settings = ["openrc", "novarc", "keystonerc"].iter().any(|name| {
        last.strip_suffix(".sh")
            .unwrap_or(last)
            .strip_suffix(name)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with(['-', '_', '.']))
    });
    let dotenv = last.strip_prefix(".env.").is_some_and(|kind| {
        !["example", "sample", "template", "dist", "defaults", "schema"]
            .iter()
            .any(|plain| kind.ends_with(plain))
    });
    path.ends_with(".keyring") || settings || dotenv || beyond::SECRET_FILES.iter().any(known)
}

/// `server.key`, `ca-key.pem`: not a certificate, not a public key.
fn is_key(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((stem, end)) = name.rsplit_once('.') else { return false };
    let stem = stem.to_ascii_lowercase();
    match end {
        "key" => !stem.is_empty(),
        "pem" => stem.contains("key") && !stem.contains("pub") || stem == "*",
        _ => false,
    }
}

/// The file of secrets that a command shows, where it is given one.
pub(super) fn shown<'w>(words: &'w [String], names: &SecretNames) -> Option<&'w String> {
    if !shows_files(words) {
        return None;
    }
    let program = super::strict::base(words);
    let pattern = pattern_of(program, words);
    let args = words.iter().enumerate().skip(1).filter(|(index, _)| Some(*index) != pattern);
    args.map(|(_, word)| word).find(|word| names_secret(word, names))
}

/// Where the pattern stands that a program looks for: it is no file.
fn pattern_of(program: &str, words: &[String]) -> Option<usize> {
    let searches = [
        "grep", "egrep", "fgrep", "zgrep", "rg", "ag", "ack", "sed", "awk", "gawk", "mawk", "nawk", "jq",
        "yq",
    ];
    let given =
        words.iter().any(|word| ["-e", "-f", "--regexp", "--file", "--expression"].contains(&word.as_str()));
    (searches.contains(&program) && !given)
        .then(|| {
            words.iter().enumerate().skip(1).find(|(_, word)| !word.starts_with('-')).map(|(index, _)| index)
        })
        .flatten()
}

/// Whether a word names a file of secrets: itself, behind an option's `=`, or in a commit or an archive.
fn names_secret(word: &str, names: &SecretNames) -> bool {
    let whole = word.rsplit('=').next().unwrap_or(word);
    let inner = whole.rsplit(':').next().unwrap_or(whole);
    [whole, inner].iter().any(|path| names_one(path, names))
}

fn names_one(path: &str, names: &SecretNames) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let plain_end = beyond::PLAIN_ENDS.iter().any(|end| name.ends_with(end));
    if path.contains(char::is_whitespace) || path.starts_with('-') || plain_end && !is_in_secret_folder(path)
    {
        return has_secret_name(path) && name.ends_with("openrc.sh");
    }
    let is_path = path.contains('/') || path.starts_with('.');
    is_secret_file(path) || is_path && names.path_matches(path)
}

/// Whether one of a text's commands names a folder of secrets, and another one shows files whose names come from elsewhere.
pub(super) fn passed_on<'i>(invocations: &[&'i Invocation]) -> Option<&'i Invocation> {
    let names_folder =
        |invocation: &&&Invocation| words_of(invocation).iter().skip(1).any(|word| is_in_secret_folder(word));
    let source = invocations.iter().find(names_folder)?;
    let from_elsewhere = |invocation: &&&Invocation| {
        let words = words_of(invocation);
        let fed = invocation.chain.iter().any(|link| ["xargs", "parallel"].contains(&link.name.as_str()));
        let unknown = words.iter().skip(1).any(|word| word.contains(HOLE));
        invocation.at != source.at && (fed || unknown) && shows_files(words)
    };
    invocations.iter().find(from_elsewhere).copied()
}

/// Whether a wrapper on the way hands files of secrets to a command that shows what is in them.
pub(super) fn handed(invocation: &Invocation) -> bool {
    let words = words_of(invocation);
    let secret = |word: &String| {
        let file = word.rsplit('=').next().unwrap_or(word);
        is_in_secret_folder(file) || has_secret_name(file.strip_prefix("-a").unwrap_or(file))
    };
    let finds = ["find", "fd", "xargs", "parallel"];
    let mut links = invocation.chain.iter().filter(|link| finds.contains(&link.name.as_str()));
    let feeds = |name: &str| name == "xargs";
    links.any(|link| link.words.iter().any(secret) && (feeds(&link.name) || !tells_nothing(words)))
}

fn words_of(invocation: &Invocation) -> &[String] {
    match &invocation.ending {
        Ending::Program(words) => words,
        Ending::Script(_) | Ending::Opaque { .. } | Ending::Builtin(_) => &[],
    }
}
