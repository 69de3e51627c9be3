//! Where the world's `/` is: on most rungs the process's own root, on those without mounts (S4, S5) a folder of the host.
//!
//! A process learns it once. What the script and its calls say is told without that folder, so that a trial's record reads
//! as on any other rung.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::places;

static ROOT: OnceLock<String> = OnceLock::new();

/// Says where it is, before anything asks.
pub(super) fn set(root: &str) {
    let _ = ROOT.set(root.trim_end_matches('/').to_owned());
}

/// The folder; empty where it is the process's own root.
pub(super) fn root() -> &'static str {
    ROOT.get().map_or("", String::as_str)
}

/// Where a path of the world is for this process.
pub(super) fn at(path: &str) -> PathBuf {
    PathBuf::from(text(path))
}

/// The same, as text.
pub(super) fn text(path: &str) -> String {
    format!("{}{path}", root())
}

/// A text as it would be if the folder were the root. A longer name that only begins like the folder's is another one.
pub(super) fn told(text: &str) -> String {
    if root().is_empty() { text.to_owned() } else { without(text, root()) }
}

fn without(text: &str, root: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(root) {
        let behind = &rest[at + root.len()..];
        told.push_str(&rest[..at]);
        match behind.chars().next() {
            Some('/') => {}
            Some(c) if c.is_alphanumeric() || "-_.".contains(c) => told.push_str(root),
            _ => told.push('/'),
        }
        rest = behind;
    }
    told.push_str(rest);
    told
}

/// A word that is a path of the world, for this process; any other as it is.
pub(super) fn word(word: &str) -> String {
    let ours = places::WRITABLE.iter().chain(&[places::PRIVATE]);
    let is_ours = { ours }
        .any(|folder| word.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if is_ours { text(word) } else { word.to_owned() }
}

/// `PATH` of the world.
pub(super) fn path() -> String {
    places::PATH.split(':').map(text).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folder_itself_is_left_out() {
        let told = |text| without(text, "/c/world-x");
        assert_eq!(told("/c/world-x/tmp/a:/c/world-x/b"), "/tmp/a:/b");
        assert_eq!(told("/c/world-x"), "/");
        assert_eq!(told("in /c/world-x\n"), "in /\n");
        assert_eq!(told("/c/world-x-backup/y"), "/c/world-x-backup/y");
    }
}
