//! What a trial left in its writable folders: files to hand back, texts to look for. Bounded, and it follows no link.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::wire::Seed;
use super::{places, root};
use crate::trial::pattern;

/// Files looked at, and bytes of each.
const FILES: usize = 20_000;
const BYTES: u64 = 4 * 1024 * 1024;

/// The contents of the files asked for, where they are.
pub(super) fn collect(paths: &[String]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for path in paths {
        if let Some(content) = content(&root::at(path)) {
            files.insert(path.clone(), String::from_utf8_lossy(&content).into_owned());
        }
    }
    files
}

/// The files of a folder, with what is in them; an error where anything else is in it.
pub(super) fn plain_files(folder: &str) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_file() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        files.push((entry.path(), fs::read(entry.path())?));
    }
    Ok(files)
}

/// Which texts are in which files; a file that is as it was before the trial does not count.
pub(super) fn find(texts: &[String], seeds: &[Seed]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if texts.iter().all(String::is_empty) {
        return found;
    }
    let seeds: BTreeMap<&str, &Seed> = seeds.iter().map(|seed| (seed.path.as_str(), seed)).collect();
    let walk = places::WRITABLE.iter().chain(&[places::ETC]).flat_map(|folder| {
        walkdir::WalkDir::new(root::at(folder)).sort_by_file_name().into_iter().filter_map(Result::ok)
    });
    for entry in walk.filter(|entry| entry.file_type().is_file()).take(FILES) {
        let Some(content) = content(entry.path()) else { continue };
        let path = root::told(&entry.path().to_string_lossy());
        if seeds.get(path.as_str()).is_some_and(|seed| seed.content == content) {
            continue;
        }
        for text in texts.iter().filter(|text| !text.is_empty()) {
            if contains(&content, text.as_bytes()) {
                found.push((text.clone(), path.clone()));
            }
        }
    }
    found
}

/// What is there that one of the globs names and that was not there `before`: path, a digest of its content, or what it
/// is where it is no file.
pub(super) fn left(globs: &[String], before: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut left = BTreeMap::new();
    if globs.is_empty() {
        return left;
    }
    let walk = places::WRITABLE.iter().chain(&[places::ETC]).flat_map(|folder| {
        walkdir::WalkDir::new(root::at(folder)).min_depth(1).into_iter().filter_map(Result::ok)
    });
    for entry in walk.take(FILES) {
        let path = root::told(&entry.path().to_string_lossy());
        if before.contains(&path) || !globs.iter().any(|glob| pattern::glob(glob, &path)) {
            continue;
        }
        let what = match content(entry.path()) {
            Some(content) => blake3::hash(&content).to_hex().to_string(),
            None if entry.file_type().is_dir() => "a folder".to_owned(),
            None => "no plain file".to_owned(),
        };
        left.insert(path, what);
    }
    left
}

fn content(path: &Path) -> Option<Vec<u8>> {
    use std::io::Read;

    // A fifo would wait for a writer for ever.
    if !fs::symlink_metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return true };
    haystack
        .iter()
        .enumerate()
        .filter(|(_, byte)| *byte == first)
        .any(|(at, _)| haystack[at..].starts_with(needle))
}
