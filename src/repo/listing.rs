//! Files of the project by glob, and the files of a folder: sorted, relative to the project root.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

use crate::source::RepoPath;

/// The files that a glob names (`*` stays within a folder, `**` crosses folders), sorted. The error says what to do.
pub fn matching(root: &Path, glob: &str) -> Result<Vec<RepoPath>, String> {
    let matcher = GlobBuilder::new(glob)
        .literal_separator(true)
        .build()
        .map_err(|error| format!("the glob {glob} cannot be read: {error}"))?
        .compile_matcher();
    let mut found = Vec::new();
    for entry in WalkDir::new(root.join(literal_folder(glob))).sort_by_file_name() {
        let entry = entry.map_err(|error| format!("cannot be searched for {glob}: {error}"))?;
        if entry.file_type().is_dir() {
            continue;
        }
        let Ok(inside) = entry.path().strip_prefix(root) else { continue };
        if let Some(text) = inside.to_str().filter(|_| matcher.is_match(inside)) {
            found.push(RepoPath::new(text));
        }
    }
    found.sort();
    Ok(found)
}

/// The files right in a folder whose names end with `ending`, sorted. A folder that is not there holds none.
pub fn in_folder(root: &Path, folder: &str, ending: &str) -> Result<Vec<RepoPath>, String> {
    let on_disk = root.join(folder);
    if on_disk.symlink_metadata().is_err() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in WalkDir::new(&on_disk).min_depth(1).max_depth(1) {
        let entry = entry.map_err(|error| format!("cannot be listed: {error}; make it readable"))?;
        let name = entry.file_name().to_str();
        if let Some(name) = name.filter(|name| name.ends_with(ending) && !entry.file_type().is_dir()) {
            found.push(RepoPath::new(format!("{}/{name}", folder.trim_end_matches('/'))));
        }
    }
    found.sort();
    Ok(found)
}

/// The folders of a glob before its first special character.
fn literal_folder(glob: &str) -> PathBuf {
    let special = |part: &&str| part.contains(['*', '?', '[', '{', '\\']);
    let parts: Vec<&str> = glob.split('/').collect();
    let literal = parts.iter().position(special).unwrap_or(parts.len()).min(parts.len() - 1);
    parts[..literal].iter().collect()
}
