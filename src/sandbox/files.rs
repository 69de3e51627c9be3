//! Which files calls have filled, and which of them a later call is given: a dump that is uploaded, a document that is
//! applied.
//!
//! Files are known by their inodes, so one that was moved in the meantime is known too.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::brief::{Call as Hello, Kind, Leads};
use super::root;
use crate::commands::Tables;
use crate::trial::world::{Answer, Call};

/// The files of one trial.
#[derive(Default)]
pub(super) struct Files {
    /// The call by its place in the journal, and the file that its output went to.
    filled: Vec<(usize, (u64, u64))>,
}

impl Files {
    /// The earlier calls whose files `hello` is given. It is then one of them itself: `call` is its place.
    pub fn given(&mut self, call: usize, hello: &Hello) -> Vec<usize> {
        let mut given = Vec::new();
        if !self.filled.is_empty() {
            let words = hello.argv.iter().skip(1);
            let named = words.flat_map(|word| paths(word, &hello.folder)).filter_map(|path| id(&path));
            let files: Vec<(u64, u64)> = named.chain(file(hello.input)).collect();
            let own = file(hello.output);
            let read = |(_, filled): &&(usize, (u64, u64))| files.contains(filled) && own != Some(*filled);
            given.extend(self.filled.iter().filter(read).map(|(call, _)| *call));
        }
        self.filled.extend(file(hello.output).map(|filled| (call, filled)));
        given
    }
}

/// What lies below a mount point goes with the last of these calls, where it takes away what an earlier one mounted there:
/// both only said that they did. Not where the world's files lie among the host's: a link in the folder's name could lead
/// out of it, and this process may write there.
pub(super) fn unmount(calls: &[Call], folder: &str) {
    let Some((last, earlier)) = calls.split_last() else { return };
    let speaks = |call: &Call, names: &[&str]| {
        let mut words = call.argv.iter().take(2).map(|word| word.rsplit('/').next().unwrap_or(word));
        words.any(|word| names.contains(&word))
    };
    let is_guess = last.answer == Answer::Guess && last.exit == 0;
    if !is_guess || !speaks(last, &["umount", "unmount"]) || !root::root().is_empty() {
        return;
    }
    let mounted: Vec<(&[String], &str, bool)> = { earlier.iter() }
        .filter(|call| speaks(call, &["mount"]) && call.exit == 0 && call.answer != Answer::Fault)
        .map(|call| (call.argv.as_slice(), "", true))
        .collect();
    if !Tables::builtin().puts_back(&mounted, &last.argv) {
        return;
    }
    let named = last.argv.iter().skip(1).filter(|word| !word.starts_with('-'));
    for path in named.map(|word| Path::new(folder).join(word)).filter(|path| path.is_dir()) {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            // What cannot be removed stays, and the script meets it.
            let _ = if is_folder { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        }
    }
}

fn file(leads: Option<Leads>) -> Option<(u64, u64)> {
    leads.filter(|leads| leads.2 == Kind::File).map(|(dev, ino, _)| (dev, ino))
}

fn id(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|found| (found.dev(), found.ino()))
}

/// The paths that a word may name in a folder: `FILE`, `--file=FILE`, `@FILE`, `--set-file=key=FILE`.
fn paths(word: &str, folder: &str) -> Vec<PathBuf> {
    let value = word.rsplit('=').next().unwrap_or(word);
    let candidates = [word, value, value.trim_start_matches('@')];
    let is_name = |name: &&str| !name.is_empty() && !name.starts_with('-') && name.len() < 4096;
    candidates.into_iter().filter(is_name).map(|name| Path::new(folder).join(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_given_what_its_words_and_its_stdin_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        fs::write(path("dump"), "x").expect("it is written");
        let target = |name: &str| {
            let (dev, ino) = id(&folder.path().join(name))?;
            Some((dev, ino, Kind::File))
        };
        let hello = |words: &[&str], input, output| Hello {
            argv: words.iter().map(|&word| word.to_owned()).collect(),
            program: words[0].to_owned(),
            folder: folder.path().display().to_string(),
            output,
            input,
            ..Hello::default()
        };
        let mut files = Files::default();
        assert!(files.given(0, &hello(&["dump"], None, target("dump"))).is_empty());
        fs::rename(path("dump"), path("whole")).expect("it is moved");
        let whole = path("whole");
        assert_eq!(files.given(1, &hello(&["put", &whole], None, None)), [0]);
        assert_eq!(files.given(2, &hello(&["put", &format!("--body=@{whole}")], None, None)), [0]);
        assert_eq!(files.given(3, &hello(&["put"], target("whole"), None)), [0]);
        assert_eq!(files.given(4, &hello(&["put", "whole"], None, None)), [0]);
        assert!(files.given(5, &hello(&["put", &path("other")], None, None)).is_empty());
    }
}
