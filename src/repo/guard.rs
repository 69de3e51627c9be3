//! The guard's files: texts of a folder, hashes, the stamp.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

/// Where an absolute path leads when its links are followed: those of its folder, where the file itself is not there yet.
pub fn real_path(path: &str) -> Option<String> {
    let path = Path::new(path);
    let beside = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    let real = path.canonicalize().ok().or_else(beside)?;
    Some(real.to_string_lossy().into_owned())
}

/// The absolute paths of the running program: the one by which it was started, and the one to which that leads.
pub fn own_programs() -> Vec<String> {
    let real = std::env::current_exe().ok();
    let told = std::env::args_os().next().map(std::path::PathBuf::from).filter(|path| path.is_absolute());
    let mut paths: Vec<String> =
        real.into_iter().chain(told).map(|path| path.to_string_lossy().into_owned()).collect();
    paths.dedup();
    paths
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

/// One hash over a version, a text, and what the file system says of a folder's files that end so: their sizes, their
/// places on the disk, and when they were last changed. `None` where that cannot be told, or a file was changed just now:
/// one that changes again in the same moment would look the same.
pub fn listing(version: &str, text: Option<&str>, folder: &Path, end: &str) -> Option<String> {
    const SETTLED: Duration = Duration::from_secs(2);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.checked_sub(SETTLED)?.as_secs();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).ok()? {
        let path = entry.ok()?.path();
        if path.extension().is_some_and(|known| known == end) {
            let known = path.metadata().ok()?;
            if u64::try_from(known.ctime()).ok()? >= now {
                return None;
            }
            let times = [known.mtime(), known.mtime_nsec(), known.ctime(), known.ctime_nsec()];
            let place = [known.dev(), known.ino(), known.len()];
            files.push((path.file_name()?.to_owned(), times, place));
        }
    }
    files.sort();
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(version.as_bytes());
    part(text.unwrap_or_default().as_bytes());
    for (name, times, place) in files {
        part(name.as_encoded_bytes());
        for number in times {
            part(&number.to_le_bytes());
        }
        for number in place {
            part(&number.to_le_bytes());
        }
    }
    Some(hasher.finalize().to_hex().to_string())
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

/// The longest log; a longer one is put aside, under a name of its own.
const MOST_LOG_BYTES: u64 = 8 << 20;

/// Appends a line to a log.
pub fn append(path: &Path, line: &str) -> std::io::Result<()> {
    if path.metadata().is_ok_and(|known| known.len() > MOST_LOG_BYTES) {
        std::fs::rename(path, path.with_extension("old.jsonl"))?;
    }
    if let Some(folder) = path.parent()
        && !folder.is_dir()
    {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join(".gitignore"), "*\n")?;
    }
    // One write: lines of hooks that run side by side do not mix.
    std::fs::OpenOptions::new().create(true).append(true).open(path)?.write_all(line.as_bytes())
}

/// Appends a line to a file of cases, which ends in a line end.
pub fn append_case(path: &Path, line: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let open = text(path).is_some_and(|text| !text.is_empty() && !text.ends_with('\n'));
    let start = if open { "\n" } else { "" };
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?
        .write_all(format!("{start}{line}").as_bytes())
}

/// Replaces a settings file, and keeps what it was under a name that is told.
pub fn replace_with_backup(path: &Path, after: &str) -> std::io::Result<Option<std::path::PathBuf>> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut kept = None;
    if target.is_file() {
        let name = |number: u32| {
            let number = if number == 0 { String::new() } else { format!(".{number}") };
            path.with_extension(format!("json.before-gauntlet{number}"))
        };
        let free = (0..1000).map(name).find(|path| !path.exists());
        let free = free.ok_or_else(|| std::io::Error::other("there are too many backups"))?;
        std::fs::copy(&target, &free)?;
        kept = Some(free);
    }
    let mut file = tempfile::NamedTempFile::new_in(target.parent().unwrap_or(folder))?;
    file.write_all(after.as_bytes())?;
    let mode = target.metadata().map_or_else(|_| Permissions::from_mode(0o644), |known| known.permissions());
    file.as_file().set_permissions(mode)?;
    file.persist(&target).map_err(|error| error.error)?;
    Ok(kept)
}

/// Where a program of that name is found by `PATH`.
pub fn on_path(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
