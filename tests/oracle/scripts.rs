//! The scripts to compare.

use std::fs;
use std::path::{Path, PathBuf};

use gauntlet::repo::read;
use gauntlet::repo::shebang::{self, Shebang};
use walkdir::WalkDir;

/// Fewer scripts than this, and the machine was not searched.
pub const MINIMUM: usize = 20;

const FOLDERS: &[&str] = &["/usr", "/etc", "/opt", "/lib", "/bin", "/sbin", "/var/lib"];

/// The paths that a file lists, one a line.
pub fn listed(list: &Path) -> Result<Vec<PathBuf>, String> {
    let text = fs::read_to_string(list).map_err(|error| format!("{}: {error}", list.display()))?;
    Ok(text.lines().filter(|line| !line.is_empty()).map(PathBuf::from).collect())
}

/// Every file whose first line asks for a shell of the Bourne family, maintainer scripts of packages included. Links are
/// not followed: what they lead to is found under its own name.
pub fn of_the_machine() -> Vec<PathBuf> {
    let folders = FOLDERS.iter().map(Path::new).filter(|folder| folder.is_dir() && !folder.is_symlink());
    let mut found: Vec<PathBuf> = folders
        .flat_map(|folder| WalkDir::new(folder).into_iter().filter_map(Result::ok))
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .filter(|path| {
            read::start(path).is_ok_and(|start| matches!(shebang::read(&start), Shebang::Shell(_)))
        })
        .collect();
    found.sort_unstable();
    found
}
