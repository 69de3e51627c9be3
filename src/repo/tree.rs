//! The content of a whole project as one hash: every file that git knows or would add; without git, every file.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::git::Git;

/// What there is, and whether some of it may mean something else tomorrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// A hash of names, modes and contents.
    pub hash: String,
    /// Whether a file speaks of a day until which something holds.
    pub dated: bool,
}

/// Reads the tree of the project at `root`. The error says what could not be read.
pub fn read(root: &Path) -> Result<Tree, String> {
    let mut hasher = blake3::Hasher::new();
    let mut dated = false;
    for name in names(root)? {
        let path = root.join(&name);
        // A file that git knows may be removed, and a folder may be another repository: its files are not ours.
        let Ok(told) = path.symlink_metadata() else { continue };
        let content = if told.is_symlink() {
            fs::read_link(&path).map(|target| target.into_os_string().into_vec())
        } else if told.is_file() {
            fs::read(&path)
        } else {
            continue;
        };
        let content = content.map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        dated |= content.windows(5).any(|part| part == b"until");
        for part in [name.as_os_str().as_bytes(), &content] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        hasher.update(&(told.permissions().mode() & 0o111).to_le_bytes());
    }
    Ok(Tree { hash: hasher.finalize().to_hex().to_string(), dated })
}

fn names(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut names: Vec<PathBuf> = if let Ok(git) = Git::of(root) {
        let listed = git
            .answer(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .map_err(|error| error.to_string())?;
        let parts = listed.split(|byte| *byte == 0).filter(|part| !part.is_empty());
        parts.map(|part| PathBuf::from(OsString::from_vec(part.to_vec()))).collect()
    } else {
        let mut found = Vec::new();
        for entry in WalkDir::new(root).into_iter().filter_entry(|entry| entry.file_name() != ".git") {
            let entry = entry.map_err(|error| format!("the tree cannot be searched: {error}"))?;
            if !entry.file_type().is_dir()
                && let Ok(inside) = entry.path().strip_prefix(root)
            {
                found.push(inside.to_path_buf());
            }
        }
        found
    };
    names.sort();
    names.dedup();
    Ok(names)
}
