//! Which files a program touches by its words: whether some of them are the guard's own. What it only reads, as the source of a
//! copy, is not touched.

use crate::commands::{Effect, HOLE, Judged, Tables, Written, beyond};
use crate::facts::Invocation;

use super::found;
use super::own;
use super::programs::{Programs, named};
use super::secret_files;
use super::strict;

impl Programs<'_> {
    /// How a program touches files of the guard, where it does.
    pub(super) fn touches_own(
        &self,
        words: &[String],
        judged: &Judged,
        invocation: &Invocation,
    ) -> Option<String> {
        let name = words[0].as_str();
        let copies = copies(words, judged) || sends(words);
        let records = own::only_records(name, words);
        let changes = strict::always_writes(name) || judged.effect != Effect::Read;
        let folders: Vec<String> =
            self.folders.iter().cloned().chain(secret_files::moved_to(invocation)).collect();
        let is_own =
            |path: &str| self.policy.is_own(path, self.moves) || self.policy.reaches_own(&folders, path);
        let belongs = |path: &str| format!("`{path}` belongs to the guard");
        // Files of which it is known that they are written.
        let mut files: Vec<String> =
            judged.files.iter().filter_map(|file| named(words, file)).map(str::to_owned).collect();
        files.extend(Tables::builtin().written_by_text(words).into_iter().map(str::to_owned));
        if copies {
            if sends(words) {
                files.extend(Tables::builtin().operands(words).last().map(|last| (*last).to_owned()));
            }
            files.extend(copied(words, &files));
        } else if keeps_originals(words) {
            files.clear();
        }
        let mut written = files.iter().filter(|_| !records);
        if let Some(file) = written.find(|file| is_own(file) || own::names_own(file) && copies) {
            return Some(belongs(file));
        }
        let here = judged.files.contains(&Written::Here);
        if here
            && !records
            && let Some(word) = words.iter().find(|word| is_own(word))
        {
            return Some(belongs(word));
        }
        let unknown = |text: &String| text.contains(HOLE);
        let handed = files.iter().any(unknown) || changes && !copies && words.iter().any(unknown);
        if (handed || words.iter().any(|word| word == "-delete")) && self.is_handed_own(words, invocation) {
            return Some("files of the guard are among what it changes".to_owned());
        }
        if copies {
            return own::acts_on_guard(words, false);
        }
        // What is sent is read.
        let sent = Tables::builtin().sent(words);
        let mut touching: Vec<String> = words.to_vec();
        for (_, word) in touching.iter_mut().enumerate().filter(|(index, _)| sent.contains(index)) {
            word.clear();
        }
        if let Some(why) = own::acts_on_guard(&touching, changes && !keeps_originals(words)) {
            return Some(why);
        }
        if !changes || records {
            return None;
        }
        let mut rest = touching.iter().skip(1);
        if let Some(word) = rest.clone().find(|word| self.policy.reaches_own(&folders, word)) {
            return Some(format!("{} there", belongs(word)));
        }
        let is_path = |word: &str| word.contains('/') || strict::always_writes(name);
        let linked = |word: &&String| is_path(word) && self.policy.leads_to_own(word, self.moves);
        rest.find(linked).map(|word| format!("`{word}` leads to what belongs to the guard"))
    }

    /// Whether files of the guard are among those that `find` or `xargs` hands to a program, or that `find` deletes.
    fn is_handed_own(&self, words: &[String], invocation: &Invocation) -> bool {
        let is_find = |name: &str| name.rsplit('/').next().unwrap_or(name) == "find";
        let by_itself = is_find(&words[0]) && found::finds_own(&words[1..]);
        let by_link = |name: &str, words: &[String]| is_find(name) && found::finds_own(words);
        by_itself
            || self.handed.contains(&invocation.at)
            || invocation.chain.iter().any(|link| by_link(&link.name, &link.words))
    }
}

/// Whether a line copies files to another machine, or from there: what it writes here is the last name.
fn sends(words: &[String]) -> bool {
    Tables::builtin().is_of(words, beyond::SENDS.iter().copied())
}

/// Whether a line packs files, and leaves them as they are.
fn keeps_originals(words: &[String]) -> bool {
    let args = || words.iter().skip(1);
    let long = |name: &str| args().any(|word| word.len() > 3 && name.starts_with(word.as_str()));
    let letter = |letter: char| {
        args().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
    };
    let unpacks = letter('d') || long("--decompress") || long("--uncompress");
    let keeps = match words[0].as_str() {
        "gzip" | "bzip2" | "xz" | "lzma" | "pigz" => letter('k') || long("--keep"),
        "zstd" | "lz4" => !long("--rm") && !letter('m'),
        _ => false,
    };
    keeps && !unpacks && !letter('o')
}

/// Whether a line copies files, and does nothing else: it writes what its table names as written, and only reads the rest. A
/// copy that is a link is none: who writes to it writes to the file.
fn copies(words: &[String], judged: &Judged) -> bool {
    let links = |word: &String| {
        if let Some(long) = word.strip_prefix("--") {
            return ["link", "symbolic-link"].iter().any(|name| !long.is_empty() && name.starts_with(long));
        }
        let letters = word.strip_prefix('-').unwrap_or_default();
        letters.chars().take_while(|letter| !"tS".contains(*letter)).any(|letter| "ls".contains(letter))
    };
    let of_it = Tables::builtin().is_of(words, beyond::COPIES.iter().copied());
    of_it
        && judged.effect <= Effect::Session
        && judged.files.iter().any(|file| matches!(file, Written::Word { .. }))
        && !(words[0] == "cp" && words.iter().skip(1).any(links))
}

/// What is written where files are copied to the folder at hand, or to one above it: each by its own name.
fn copied(words: &[String], files: &[String]) -> Vec<String> {
    let whole =
        |word: &&String| word.starts_with("--pa") || word.starts_with("-R") || word.starts_with("--rel");
    let keeps_folders = words.iter().skip(1).any(|word| whole(&word));
    let is_near = |folder: &&String| {
        let mut parts = folder.split('/');
        !folder.starts_with('/') && parts.all(|part| ["", ".", "..", "~"].contains(&part))
    };
    let sources = || words.iter().skip(1).filter(|word| !word.starts_with('-') && !files.contains(word));
    let named = |folder: &String, source: &String| {
        let name = if keeps_folders { source } else { source.rsplit('/').next().unwrap_or(source) };
        format!("{folder}/{name}")
    };
    let near = files.iter().filter(is_near);
    near.flat_map(|folder| sources().map(move |source| named(folder, source))).collect()
}
