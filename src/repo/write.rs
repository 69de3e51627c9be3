//! Replaces a file's text: whole or not at all, with the mode it had, and only if nobody changed it meanwhile.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::repo::{Problem, read};
use crate::source::RepoPath;

/// Puts `after` in the place of `before`. Behind a link it is the link's target that is replaced.
pub fn replace(path: &RepoPath, on_disk: &Path, before: &str, after: &str) -> Result<(), Problem> {
    let now = read::text(path.clone(), on_disk)?;
    if now.text() != before {
        return Err(problem(path, "changed while it was worked on; it was left alone: run this again"));
    }
    if fs::metadata(on_disk).is_ok_and(|metadata| metadata.nlink() > 1) {
        return Err(problem(
            path,
            "has another name (a hard link), which would keep the old text; it was left alone: make it a file of its own",
        ));
    }
    let written = || -> std::io::Result<()> {
        let target = on_disk.canonicalize()?;
        let folder = target.parent().unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(after.as_bytes())?;
        file.as_file().set_permissions(fs::metadata(&target)?.permissions())?;
        file.as_file().sync_all()?;
        file.persist(&target).map_err(|error| error.error)?;
        Ok(())
    };
    written().map_err(|error| {
        problem(
            path,
            &format!("could not be written: {error}; it is as it was: make room, or its folder writable"),
        )
    })
}

/// Writes a file that is not there yet.
pub fn create(path: &RepoPath, on_disk: &Path, text: &str) -> Result<(), Problem> {
    let written = || -> std::io::Result<()> {
        let folder = on_disk.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        // A temporary file is its owner's alone; this one belongs to everybody who reads the project.
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        file.as_file().sync_all()?;
        file.persist_noclobber(on_disk).map_err(|error| error.error)?;
        Ok(())
    };
    written().map_err(|error| {
        problem(path, &format!("could not be written: {error}; make room, or its folder writable"))
    })
}

/// Takes a file away.
pub fn remove(path: &RepoPath, on_disk: &Path) -> Result<(), Problem> {
    fs::remove_file(on_disk)
        .map_err(|error| problem(path, &format!("could not be removed: {error}; make its folder writable")))
}

fn problem(path: &RepoPath, reason: &str) -> Problem {
    Problem { what: path.as_str().to_owned(), reason: reason.to_owned() }
}
