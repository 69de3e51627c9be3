//! Files that hold credentials by their names, and the commands that show what is in them.

use rustc_hash::FxHashSet;

use crate::commands::{HOLE, Tables, beyond, glob, shows_files, tells_nothing};
use crate::facts::{Close, Ending, Invocation, SecretNames};

use super::decide::argv;
use super::own::{is_part, widened};

/// Whether a file holds credentials by its own name, or by its folder's.
fn is_secret_file(path: &str) -> bool {
    is_in_secret_folder(path) || has_secret_name(path) || is_key(path) || is_process(path)
}

/// `/proc/self`: whoever reads all that is in it reads the environment.
fn is_process(path: &str) -> bool {
    let Some((folder, name)) = path.trim_end_matches('/').rsplit_once('/') else { return false };
    let number = || !name.is_empty() && name.chars().all(|c| c.is_ascii_digit() || c == HOLE);
    match folder.trim_end_matches('/') {
        "/proc" => ["self", "thread-self"].contains(&name) || number(),
        "" => name == "proc",
        _ => false,
    }
}

/// Whether a path is a folder of secrets, or something below one that is not known to be plain.
fn is_in_secret_folder(path: &str) -> bool {
    if !path.contains(['/', '.']) {
        return false;
    }
    let path = path.trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let below = |folder: &&str| {
        let begins = |at: usize| {
            let mut rest = parts[at..].iter();
            folder.split('/').all(|name| rest.next().is_some_and(|part| is_part(part, name)))
        };
        (0..parts.len()).any(begins)
    };
    beyond::SECRET_FOLDERS.iter().any(below) && !beyond::PLAIN_THERE.iter().any(|end| path.ends_with(end))
}

fn has_secret_name(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or(path);
    let unclear = last.contains(['*', '?', '[', HOLE]);
    let named = || {
        beyond::SECRET_FILES.contains(&last)
            || unclear && beyond::SECRET_FILES.contains(&last.trim_matches('*'))
            || unclear && beyond::SECRET_FILES.iter().any(|known| is_part(last, known))
    };
    let below = || {
        let fits = |tail: &str| {
            beyond::SECRET_PATHS.iter().any(|known| glob(known, tail) || may_be_below(known, tail))
        };
        path.contains('/') && tails(path).any(fits)
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
    // Each pattern has one of these.
    let may_fit = last.contains(['.', '_']);
    path.ends_with(".keyring")
        || settings
        || dotenv
        || named()
        || below()
        || may_fit && beyond::SECRET_GLOBS.iter().any(|pattern| glob(pattern, last))
        || unclear && nearly_names_one(last)
}

/// Whether a pattern of paths, of whose first folder some is written, has this one among them.
fn may_be_below(known: &str, pattern: &str) -> bool {
    let first = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    if !pattern.contains(['*', '?', '[', HOLE]) || !is_part(&first(pattern), &first(known)) {
        return false;
    }
    let is = |(name, part): (&str, &str)| glob(name, part) || glob(&widened(part), name);
    known.split('/').count() == pattern.split('/').count() && known.split('/').zip(pattern.split('/')).all(is)
}

/// A path, and what is left of it behind each of its folders.
fn tails(path: &str) -> impl Iterator<Item = &str> {
    std::iter::once(path).chain(path.match_indices('/').map(|(at, _)| &path[at + 1..]))
}

/// `server.key`, `ca-key.pem`: not a certificate, not a public key.
fn is_key(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((stem, end)) = name.rsplit_once('.') else { return false };
    let stem = stem.to_ascii_lowercase();
    match end {
        "key" => !stem.is_empty(),
        "pem" => stem.contains("key") && !stem.contains("pub") || stem.contains("private") || stem == "*",
        _ => false,
    }
}

/// The file of secrets that a command shows, where it is given one.
pub(super) fn shown<'w>(words: &'w [String], names: &SecretNames) -> Option<&'w str> {
    if !shows_files(words) {
        return None;
    }
    Tables::builtin().may_be_files(words).into_iter().find(|word| names_secret(word, names))
}

/// Folders to which the commands of a walk change, whatever names them.
pub(super) fn folders(close: &Close) -> impl Iterator<Item = String> {
    let words = close.seen.invocations.all().iter().filter_map(|invocation| match &invocation.ending {
        Ending::Builtin(words) if ["cd", "pushd"].contains(&super::strict::base(words)) => Some(words),
        _ => None,
    });
    words.flat_map(|words| words.iter().skip(1)).cloned()
}

/// The folder of which a command shows a file of secrets: one of these, to which the text may change, or one to which a wrapper
/// on the way does.
pub(super) fn shown_in(
    folders: &[String],
    invocation: &Invocation,
    words: &[String],
    names: &SecretNames,
) -> Option<String> {
    let folders: Vec<String> = folders.iter().cloned().chain(moved_to(invocation)).collect();
    if folders.is_empty() || !shows_files(words) {
        return None;
    }
    let files = Tables::builtin().may_be_files(words);
    files.into_iter().find_map(|file| is_below(&folders, file, names)).map(str::to_owned)
}

/// The folders to which wrappers may change: `env -C`, `sudo -D`.
pub(super) fn moved_to(invocation: &Invocation) -> impl Iterator<Item = String> {
    let changing = |name: &str| ["env", "sudo", "doas"].contains(&name);
    let words = invocation.chain.iter().filter(move |link| changing(&link.name)).flat_map(|link| &link.words);
    let folder = |word: &String| {
        let value = word.rsplit('=').next().unwrap_or(word);
        ["-C", "-D"].iter().find_map(|option| value.strip_prefix(option)).unwrap_or(value).to_owned()
    };
    words.map(folder)
}

/// The folder from which a path leads to a file of secrets, where one of these does.
pub(super) fn is_below<'f>(folders: &'f [String], path: &str, names: &SecretNames) -> Option<&'f str> {
    let relative = !path.starts_with(['/', '~', '-']) && !path.is_empty();
    let whole = |folder: &str| format!("{}/{path}", folder.trim_end_matches('/'));
    folders.iter().map(String::as_str).find(|folder| relative && holds_secret(&whole(folder), names))
}

/// Whether a word names a file of secrets: itself, behind an option's `=`, or in a commit or an archive.
pub(super) fn names_secret(word: &str, names: &SecretNames) -> bool {
    let whole = word.rsplit('=').next().unwrap_or(word);
    let inner = whole.rsplit(':').next().unwrap_or(whole);
    holds_secret(whole, names) || inner.len() < whole.len() && holds_secret(inner, names)
}

/// Whether a path is that of a file of secrets, with the names that are built in.
pub(super) fn is_told_by_name(path: &str) -> bool {
    holds_secret(path, &SecretNames::new(Tables::builtin(), &[]))
}

/// Whether a path is that of a file of secrets: by its own name, by its folder's, or by what is said of one in its parts.
pub(super) fn holds_secret(path: &str, names: &SecretNames) -> bool {
    let documents = Tables::builtin().secrets().documents.iter().map(String::as_str);
    let plain_end = beyond::PLAIN_ENDS.iter().copied().chain(documents).any(|end| path.ends_with(end));
    if path.starts_with('-') || plain_end && !is_in_secret_folder(path) {
        return has_secret_name(path);
    }
    let is_path = path.contains('/') || path.starts_with('.');
    is_secret_file(path) || is_path && (names.path_matches(path) || holds_many(path))
}

/// `secrets/db`: a folder that is named for several of them.
fn holds_many(path: &str) -> bool {
    let (folders, _) = path.rsplit_once('/').unwrap_or_default();
    folders.split('/').any(|folder| beyond::PLURAL_FOLDERS.contains(&folder.to_ascii_lowercase().as_str()))
}

/// Whether a word that stands for files names such ones, as itself or as a pattern.
fn may_name_secrets(word: &str, names: &SecretNames) -> bool {
    let is_path = !word.contains(char::is_whitespace) && !word.contains("://");
    is_pattern_of_secrets(word) || is_path && names_secret(word, names)
}

/// Whether a word is a pattern of names of which one may be such a file: `*.key`, `*id_rsa*`, `[.]env`, `.*\\.env$`.
fn is_pattern_of_secrets(word: &str) -> bool {
    let file = word.rsplit('=').next().unwrap_or(word);
    // Of a regular expression only what it has in common with a glob.
    let plain = file.replace("\\.", ".").to_ascii_lowercase();
    let bare = plain.trim_start_matches(['^', '*']).trim_end_matches(['$', '*']).trim_start_matches(".*");
    let others = [plain.as_str(), bare].into_iter().filter(|name| *name != file);
    is_secret_file(file) || others.into_iter().any(is_secret_file) || nearly_names_one(file)
}

/// Whether a glob has all but a few characters of such a name.
fn nearly_names_one(pattern: &str) -> bool {
    const MOST: usize = 2;
    let wide = widened(pattern);
    let known = wide.chars().filter(|c| !['*', '?'].contains(c)).count();
    // `.*`: all that begin with a dot, which only a dot finds.
    if known == 1 && wide.starts_with('.') && wide.contains(['*', '?']) {
        return true;
    }
    let near = |name: &&&str| known < name.len() && known + MOST >= name.len();
    let mut names = beyond::SECRET_FILES.iter().chain(beyond::SECRET_PATHS).filter(near);
    // `.??v`: of few names at all.
    let exactly = known == MOST && !wide.contains('*');
    (known > MOST || exactly) && names.any(|name| glob(&wide, name))
}

/// Whether one of a text's commands names files of secrets, and another one shows files whose names come from elsewhere.
///
/// `texts`: what is handed to commands in here-strings and heredocs, which may be such names too.
pub(super) fn passed_on<'i>(
    invocations: &[&'i Invocation],
    texts: &[String],
    names: &SecretNames,
) -> Option<&'i Invocation> {
    let names_one = |invocation: &&&Invocation| {
        let words = match &invocation.ending {
            Ending::Builtin(words) if ["test", "["].contains(&super::strict::base(words)) => &[],
            Ending::Builtin(words) => words.as_slice(),
            _ => argv(invocation).unwrap_or_default(),
        };
        let hidden =
            words.iter().skip(1).map(String::as_str).filter(|word| word.starts_with(['.', '\\', '^']));
        let files: FxHashSet<&str> = Tables::builtin().may_be_files(words).into_iter().collect();
        files.into_iter().any(|word| may_name_secrets(word, names))
            || hidden.into_iter().any(is_pattern_of_secrets)
            || finds_by_ending(words)
    };
    let source = invocations.iter().find(names_one).map(|invocation| invocation.at);
    // Long texts say the same words again.
    let words: FxHashSet<&str> = texts.iter().flat_map(|text| text.split_whitespace()).collect();
    let handed = words.into_iter().any(|word| may_name_secrets(word, names));
    if source.is_none() && !handed {
        return None;
    }
    let from_elsewhere = |invocation: &&&Invocation| {
        let words = argv(invocation).unwrap_or_default();
        let fed = invocation.chain.iter().any(|link| ["xargs", "parallel"].contains(&link.name.as_str()));
        let unknown = words.iter().skip(1).any(|word| word.contains(HOLE));
        Some(invocation.at) != source && (fed || unknown) && shows_files(words)
    };
    invocations.iter().find(from_elsewhere).copied()
}

/// `fd -e key`
fn finds_by_ending(words: &[String]) -> bool {
    let finds = ["fd", "fdfind"].contains(&super::strict::base(words));
    let endings = Tables::builtin().values_of(words, &["-e", "--extension"]);
    let secret =
        |ending: &str| is_secret_file(&format!("key.{ending}")) || is_secret_file(&format!(".{ending}"));
    finds && endings.into_iter().any(|ending| secret(ending.trim_start_matches('.')))
}

/// Whether a wrapper on the way hands files of secrets to a command that shows what is in them.
pub(super) fn handed(invocation: &Invocation, names: &SecretNames) -> bool {
    let words = argv(invocation).unwrap_or_default();
    let secret = |word: &String| {
        [word, word.strip_prefix("-a").unwrap_or(word)].iter().any(|word| may_name_secrets(word, names))
    };
    let finds = ["find", "fd", "xargs", "parallel"];
    let mut links = invocation.chain.iter().filter(|link| finds.contains(&link.name.as_str()));
    let feeds = |name: &str| name == "xargs";
    links.any(|link| link.words.iter().any(secret) && (feeds(&link.name) || !tells_nothing(words)))
}
