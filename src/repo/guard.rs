//! The guard's files: texts of a folder, hashes, the stamp.

use std::io::Write;
use std::path::Path;

/// The longest file that is read for the guard.
const MOST_BYTES: u64 = 16 << 20;

/// A file's text, where it can be read.
pub fn text(path: &Path) -> Option<String> {
    let known = path.metadata().ok()?;
    if !known.is_file() || known.len() > MOST_BYTES {
        return None;
    }
    std::fs::read_to_string(path).ok()
}

/// Whether it is a folder.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// The names and texts of a folder's files that end so, by name. None where there is no folder.
pub fn texts(folder: &Path, end: &str) -> Result<Vec<(String, String)>, String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut texts = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|known| known != end) {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = text(&path).ok_or_else(|| format!("{} cannot be read as text", path.display()))?;
        texts.push((name, text));
    }
    texts.sort();
    Ok(texts)
}

/// Whether a file has that BLAKE3 hash.
pub fn has_hash(path: &Path, hash: &str) -> bool {
    std::fs::read(path).is_ok_and(|bytes| blake3::hash(&bytes).to_hex().as_str() == hash.trim())
}

/// One hash over texts and a version.
pub fn stamp(version: &str, texts: &[(String, Option<String>)]) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(version.as_bytes());
    for (name, text) in texts {
        part(name.as_bytes());
        part(text.as_deref().unwrap_or_default().as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// Writes a stamp; it only saves time, so that a failure is none.
pub fn write_stamp(path: &Path, stamp: &str) {
    let Some(folder) = path.parent() else { return };
    if std::fs::create_dir_all(folder).is_err() {
        return;
    }
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        let _ = std::fs::write(&ignore, "*\n");
    }
    if let Ok(mut file) = tempfile::NamedTempFile::new_in(folder)
        && file.write_all(stamp.as_bytes()).is_ok()
    {
        let _ = file.persist(path);
    }
}
