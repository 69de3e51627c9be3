//! Which shared libraries a program needs: asked of the program's own dynamic loader.
//!
//! The loader (`ld.so --list`, the interpreter that the ELF header names) is the only one that knows its cache, its
//! default folders, `RUNPATH` and hardware variants; a reimplementation would be right on the machines it was tried on.
//! Programs with the same loader and the same needed names share the answer unless they carry a search path of their
//! own, so a world of a hundred tools costs about a dozen starts of the loader.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::SandboxError;

/// What a program's file says about its loading.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Needs {
    loader: PathBuf,
    names: Vec<String>,
    search: Option<String>,
}

/// What was asked before in this process.
struct Known {
    by_program: BTreeMap<PathBuf, Vec<PathBuf>>,
    by_needs: BTreeMap<Needs, Vec<PathBuf>>,
}

static KNOWN: Mutex<Known> = Mutex::new(Known { by_program: BTreeMap::new(), by_needs: BTreeMap::new() });

/// The loader and libraries of `program` (their paths as the loader will look for them); none where it is static or
/// a script.
pub(super) fn of(program: &Path) -> Result<Vec<PathBuf>, SandboxError> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(libraries) = known.by_program.get(program) {
        return Ok(libraries.clone());
    }
    let most = loaded_length(program)?.unwrap_or(0);
    let bytes = head(program, most)?;
    let libraries = match needs(&bytes) {
        None => Vec::new(),
        Some(needs) => match known.by_needs.get(&needs) {
            Some(libraries) => libraries.clone(),
            None => known.by_needs.entry(needs.clone()).or_insert(ask(&needs.loader, program)?).clone(),
        },
    };
    known.by_program.insert(program.to_path_buf(), libraries.clone());
    Ok(libraries)
}

/// How much of an ELF file is ever loaded: what follows (debug information) need not be copied.
pub(super) fn loaded_length(program: &Path) -> Result<Option<u64>, SandboxError> {
    let head = head(program, 64 * 1024)?;
    let Some(elf) = Elf::new(&head) else { return Ok(None) };
    let headers = (0..elf.header_count).filter_map(|index| elf.program_header(index));
    Ok(headers.map(|[_, offset, _, size]| offset + size).max())
}

fn head(program: &Path, most: u64) -> Result<Vec<u8>, SandboxError> {
    let mut head = Vec::new();
    std::fs::File::open(program)
        .and_then(|file| file.take(most).read_to_end(&mut head))
        .map_err(|error| SandboxError::Unreadable { path: program.to_path_buf(), error })?;
    Ok(head)
}

fn ask(loader: &Path, program: &Path) -> Result<Vec<PathBuf>, SandboxError> {
    let failed = |reason: String| SandboxError::Libraries { program: program.to_path_buf(), reason };
    let output = Command::new(loader)
        .arg("--list")
        .arg(program)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let mut libraries = vec![loader.to_path_buf()];
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        // `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)`, `/lib64/ld-linux-x86-64.so.2 (0x...)`
        let target = line.split_once(" => ").map_or(line, |(_, target)| target).trim();
        if target.contains("not found") {
            return Err(failed(line.trim().to_owned()));
        }
        let path = Path::new(target.split(" (0x").next().unwrap_or(target));
        if path.is_absolute() && !libraries.iter().any(|known| known == path) {
            libraries.push(path.to_path_buf());
        }
    }
    Ok(libraries)
}

/// Reads the loader, the needed names and the search path out of an ELF file; `None` where no loader is named.
fn needs(bytes: &[u8]) -> Option<Needs> {
    let elf = Elf::new(bytes)?;
    let headers: Vec<[u64; 4]> =
        (0..elf.header_count).filter_map(|index| elf.program_header(index)).collect();
    let of_kind = |wanted: u64| headers.iter().find(|[kind, ..]| *kind == wanted);
    let [_, offset, _, size] = of_kind(3)?;
    let loader = elf.text(usize::try_from(*offset).ok()?, usize::try_from(*size).ok()?)?;
    let in_file = |address: u64| {
        headers.iter().find_map(|[kind, offset, start, size]| {
            (*kind == 1 && (*start..start + size).contains(&address)).then(|| address - start + offset)
        })
    };
    let [_, offset, _, size] = of_kind(2)?;
    let step = elf.word();
    let entries: Vec<(u64, u64)> = (0..*size / (2 * step))
        .map_while(|index| {
            let at = usize::try_from(offset + index * 2 * step).ok()?;
            let tag = elf.number(at)?;
            (tag != 0).then(|| elf.number(at + usize::try_from(step).ok()?).map(|value| (tag, value)))?
        })
        .collect();
    let table = in_file(entries.iter().find(|(tag, _)| *tag == 5)?.1)?;
    let name = |at: u64| elf.text(usize::try_from(table + at).ok()?, 4096);
    let names = entries.iter().filter(|(tag, _)| *tag == 1).filter_map(|(_, at)| name(*at)).collect();
    let search = entries.iter().find(|(tag, _)| matches!(tag, 15 | 29)).and_then(|(_, at)| name(*at));
    // A search path may be relative to the program: then nobody shares its answer.
    let search = search.map(|path| format!("{path} of {}", blake3::hash(bytes)));
    Some(Needs { loader: PathBuf::from(loader), names, search })
}

/// A little-endian ELF file.
struct Elf<'a> {
    bytes: &'a [u8],
    wide: bool,
    header_at: usize,
    header_size: usize,
    header_count: usize,
}

impl<'a> Elf<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let wide = match bytes.get(..6)? {
            [0x7f, b'E', b'L', b'F', 2, 1] => true,
            [0x7f, b'E', b'L', b'F', 1, 1] => false,
            _ => return None,
        };
        let mut elf = Self { bytes, wide, header_at: 0, header_size: 0, header_count: 0 };
        elf.header_at = usize::try_from(elf.number(if wide { 32 } else { 28 })?).ok()?;
        elf.header_size = elf.half(if wide { 54 } else { 42 })?;
        elf.header_count = elf.half(if wide { 56 } else { 44 })?;
        Some(elf)
    }

    fn word(&self) -> u64 {
        if self.wide { 8 } else { 4 }
    }

    fn number(&self, at: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..)?;
        if self.wide {
            Some(u64::from_le_bytes(*bytes.first_chunk()?))
        } else {
            Some(u32::from_le_bytes(*bytes.first_chunk()?).into())
        }
    }

    fn half(&self, at: usize) -> Option<usize> {
        Some(u16::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?).into())
    }

    /// Kind, offset in the file, address, size in the file.
    fn program_header(&self, index: usize) -> Option<[u64; 4]> {
        let at = self.header_at + index * self.header_size;
        let kind = u32::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?).into();
        let [offset, address, size] = if self.wide { [8, 16, 32] } else { [4, 8, 16] };
        Some([kind, self.number(at + offset)?, self.number(at + address)?, self.number(at + size)?])
    }

    /// The text from `at` up to a zero byte, at most `most` bytes.
    fn text(&self, at: usize, most: usize) -> Option<String> {
        let bytes = self.bytes.get(at..)?;
        let bytes = &bytes[..bytes.len().min(most)];
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8(bytes[..end].to_vec()).ok()
    }
}
