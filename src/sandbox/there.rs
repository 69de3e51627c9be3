//! What is there before a script starts, besides the files of its repository.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::path::Path;

/// Puts files with their content and folders there, where the world lets them be.
pub(super) fn put(there: &BTreeMap<String, Option<String>>, owner: Option<u32>) -> io::Result<()> {
    for (path, content) in there {
        let path = Path::new(path);
        match content {
            Some(content) if !path.exists() => {
                folders(path.parent().unwrap_or(path), owner)?;
                fs::write(path, content)?;
                chown(path, owner, owner)?;
            }
            Some(_) => {}
            None => folders(path, owner)?,
        }
    }
    Ok(())
}

/// Makes a folder and those that it stands in.
pub(super) fn folders(path: &Path, owner: Option<u32>) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        folders(parent, owner)?;
    }
    fs::create_dir(path)?;
    chown(path, owner, owner)
}
