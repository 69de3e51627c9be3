//! Reads one file whole, or says why it cannot be checked and what to do.
//!
//! Nothing is read lossily: a replaced byte would be a character that the script does not have.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

use crate::repo::Problem;
use crate::repo::discover::{Candidate, Content};
use crate::source::{RepoPath, SourceText};

/// Larger files are no scripts that people wrote.
pub const SIZE_LIMIT_MIB: u64 = 10;

/// The text of a file, or why there is none.
pub fn text(path: RepoPath, on_disk: &Path) -> Result<SourceText, Problem> {
    match read_text(on_disk) {
        Ok(text) => Ok(SourceText::new(path, text)),
        Err(reason) => Err(Problem { what: path.as_str().to_owned(), reason }),
    }
}

/// The text of a file to check, or why there is none.
pub fn candidate(file: &Candidate) -> Result<SourceText, Problem> {
    match &file.content {
        Content::Disk(path) => text(file.path.clone(), path),
        Content::Given(bytes) => match decode(bytes.clone()) {
            Ok(text) => Ok(SourceText::new(file.path.clone(), text)),
            Err(reason) => Err(Problem { what: file.path.as_str().to_owned(), reason }),
        },
    }
}

fn read_text(path: &Path) -> Result<String, String> {
    decode(bytes(path)?)
}

/// The bytes of a file, cut behind the limit; the error says what to do.
pub fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let file =
        open(path).map_err(|error| format!("cannot be opened: {error}; make it readable, or exclude it"))?;
    let limit = SIZE_LIMIT_MIB * 1024 * 1024;
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read: {error}; make it readable, or exclude it"))?;
    Ok(bytes)
}

/// A hash of all that is in a file, however large; of a link to a folder, of where it leads. The error says what is wrong.
pub fn digest(path: &Path) -> Result<[u8; 32], String> {
    use std::os::unix::ffi::OsStrExt;

    let wrong = |error: io::Error| format!("cannot be read: {error}; make it readable");
    if path.is_dir() {
        let target = path.read_link().map_err(wrong)?;
        return Ok(*blake3::hash(target.as_os_str().as_bytes()).as_bytes());
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(open(path).map_err(wrong)?).map_err(wrong)?;
    Ok(*hasher.finalize().as_bytes())
}

/// Bytes as text; the error says what to do.
pub fn decode(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.len() as u64 > SIZE_LIMIT_MIB * 1024 * 1024 {
        return Err(format!("is larger than {SIZE_LIMIT_MIB} MiB; split it, or exclude it"));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let line = line_of(&bytes, at);
        return Err(format!(
            "has a NUL byte at offset {at} (line {line}), so it is no text; remove it, or exclude the file"
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = line_of(error.as_bytes(), at);
        format!("is not UTF-8 at byte offset {at} (line {line}); convert it (iconv -t UTF-8), or exclude it")
    })
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes[..at].split(|byte| *byte == b'\n').count()
}

/// Opens a regular file; never waits for the other end of a FIFO, whatever has been put in the file's place.
pub fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no regular file")) }
}

/// The first bytes of a file: enough for its first line.
pub fn start(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(256).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether the file may be executed by somebody.
pub fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    path.metadata().is_ok_and(|told| told.permissions().mode() & 0o111 != 0)
}
