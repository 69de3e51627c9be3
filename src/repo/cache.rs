//! What a lint keeps for the next one: a file for each project, in the user's own cache folder, never in the project.
//!
//! It is a help and nothing else. What cannot be read, or is not whole, counts as not there; what cannot be written is
//! left. A file is only ever replaced whole, so whoever reads one beside a run that writes it sees the old or the new.
//! This module does not know what it keeps.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::lint::kept::Digest;

/// Says what follows, and in which form.
const MAGIC: &[u8; 16] = b"gauntlet-kept-1\n";

/// Bytes of the checksum.
const SUM: usize = 32;

/// How many files a project has at most: one for each way in which it is linted.
const MOST_FILES: usize = 4;

/// A larger file is none that was written here.
const MOST_BYTES: u64 = 1 << 30;

/// A file that something depends on, with the hash of its text; `None` where there was no such file.
pub type Dependency = (String, Option<Digest>);

/// What was kept, as it was read.
#[derive(Debug)]
pub struct Pack {
    file: PathBuf,
    /// The start of the names of this project's files.
    project: String,
    bytes: Vec<u8>,
    entries: HashMap<String, Place>,
}

/// One file's entry in the index.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    key: Digest,
    sources: Vec<Dependency>,
    at: Range<usize>,
}

/// What is kept of one file.
#[derive(Debug, Clone)]
pub struct Entry<'p> {
    /// Under which it holds.
    pub key: Digest,
    /// What it depends on besides.
    pub sources: Vec<Dependency>,
    /// What is kept.
    pub bytes: std::borrow::Cow<'p, [u8]>,
}

impl Pack {
    /// What is kept for the project at `root` under `circumstances`; `None` where nothing can be.
    ///
    /// Another program, even of the same version, is another circumstance.
    pub fn open(root: &Path, circumstances: &Digest) -> Option<Self> {
        let folder = folder()?;
        let program = fs::metadata("/proc/self/exe").ok()?;
        let program =
            (env!("CARGO_PKG_VERSION"), program.len(), program.mtime(), program.mtime_nsec(), program.ino());
        let circumstances = blake3::hash(format!("{program:?} {circumstances:?}").as_bytes());
        let project = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex()[..16].to_owned();
        let file = folder.join(format!("{project}-{}.lint", &circumstances.to_hex()[..16]));
        let (bytes, entries) = read(&file).unwrap_or_default();
        Some(Self { file, project, bytes, entries })
    }

    /// What is kept under that name.
    pub fn get(&self, name: &str) -> Option<(&Digest, &[Dependency], &[u8])> {
        let place = self.entries.get(name)?;
        Some((&place.key, &place.sources, self.bytes.get(place.at.clone())?))
    }

    /// Puts `fresh` to what was kept and writes it, where that is anything new; of the old only what `stays` says.
    pub fn save(self, fresh: BTreeMap<String, Entry<'_>>, stays: impl Fn(&str) -> bool) {
        let old = self.entries.len();
        let mut all = fresh;
        let news = !all.is_empty();
        for (name, place) in &self.entries {
            let Some(bytes) = self.bytes.get(place.at.clone()) else { continue };
            if stays(name) && !all.contains_key(name) {
                let sources = place.sources.clone();
                all.insert(name.clone(), Entry { key: place.key, sources, bytes: bytes.into() });
            }
        }
        if news || all.len() != old {
            // Not being able to is no failure of the lint.
            drop(self.write(all));
        }
    }

    fn write(&self, all: BTreeMap<String, Entry<'_>>) -> io::Result<()> {
        let (mut index, mut blob) = (BTreeMap::new(), Vec::new());
        for (name, entry) in all {
            let start = blob.len();
            blob.extend_from_slice(&entry.bytes);
            index.insert(name, Place { key: entry.key, sources: entry.sources, at: start..blob.len() });
        }
        let index = postcard::to_stdvec(&index).map_err(io::Error::other)?;
        let length = u64::try_from(index.len()).map_err(io::Error::other)?.to_le_bytes();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&length).update(&index).update(&blob);
        let folder = self.file.parent().unwrap_or(Path::new("."));
        // Scripts may hold secrets that findings quote around: nobody else's business.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut file = NamedTempFile::new_in(folder)?;
        for part in [MAGIC.as_slice(), hasher.finalize().as_bytes(), &length, &index, &blob] {
            file.write_all(part)?;
        }
        file.persist(&self.file).map_err(|error| error.error)?;
        self.tidy(folder)
    }

    /// Removes the project's oldest files where there are too many.
    fn tidy(&self, folder: &Path) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let ours = name.to_str().is_some_and(|name| name.starts_with(&self.project))
                && Path::new(&name).extension().is_some_and(|end| end == "lint");
            if ours {
                files.push((entry.metadata()?.modified()?, entry.path()));
            }
        }
        files.sort();
        let many = files.len().saturating_sub(MOST_FILES);
        files.into_iter().take(many).try_for_each(|(_, path)| fs::remove_file(path))
    }
}

/// The user's cache folder for this program.
pub(super) fn folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("gauntlet"))
}

/// The bytes behind the index, and the index; `None` where the file is not there or not whole.
fn read(file: &Path) -> Option<(Vec<u8>, HashMap<String, Place>)> {
    let opened = super::read::open(file).ok()?;
    if opened.metadata().ok()?.len() > MOST_BYTES {
        return None;
    }
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(opened, MOST_BYTES), &mut bytes).ok()?;
    let rest = bytes.strip_prefix(MAGIC.as_slice())?;
    let (sum, rest) = rest.split_first_chunk::<SUM>()?;
    if blake3::hash(rest).as_bytes() != sum {
        return None;
    }
    let (length, rest) = rest.split_first_chunk::<8>()?;
    let (index, blob) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let entries = postcard::from_bytes(index).ok()?;
    let start = bytes.len() - blob.len();
    bytes.drain(..start);
    Some((bytes, entries))
}
