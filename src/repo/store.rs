//! What a run keeps for later ones, by key, in the user's own cache folder, never in the project.
//!
//! What is damaged counts as not there, and what cannot be written is left. This module does not know what it keeps.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A larger file is none that was written here.
const MOST_BYTES: u64 = 1 << 30;

/// What is kept of one project, of one kind.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
    project: String,
    kind: &'static str,
    most: usize,
}

impl Store {
    /// The store of the project at `root` for things of that kind, at most so many; `None` where nothing can be kept.
    pub fn open(root: &Path, kind: &'static str, most: usize) -> Option<Self> {
        let folder = super::cache::folder()?;
        let project = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex()[..16].to_owned();
        Some(Self { folder, project, kind, most })
    }

    /// What was kept under that key; `None` where it is not there or not whole.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let opened = super::read::open(&self.file(key)).ok()?;
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(opened, MOST_BYTES), &mut bytes).ok()?;
        let (sum, rest) = bytes.split_first_chunk::<32>()?;
        (blake3::hash(rest).as_bytes() == sum).then(|| rest.to_vec())
    }

    /// Keeps `bytes` under that key; answers whether it could.
    pub fn put(&self, key: &str, bytes: &[u8]) -> bool {
        self.write(key, bytes).is_ok()
    }

    fn file(&self, key: &str) -> PathBuf {
        let key = blake3::hash(key.as_bytes()).to_hex();
        self.folder.join(format!("{}-{}.{}", self.project, &key[..32], self.kind))
    }

    fn write(&self, key: &str, bytes: &[u8]) -> io::Result<()> {
        // What a script printed may hold secrets: nobody else's business.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let mut file = NamedTempFile::new_in(&self.folder)?;
        file.write_all(blake3::hash(bytes).as_bytes())?;
        file.write_all(bytes)?;
        file.persist(self.file(key)).map_err(|error| error.error)?;
        self.tidy()
    }

    /// Removes the oldest where there are too many.
    fn tidy(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let ours = name.to_str().is_some_and(|name| name.starts_with(&self.project))
                && Path::new(&name).extension().is_some_and(|end| end == self.kind);
            if ours {
                files.push((entry.metadata()?.modified()?, entry.path()));
            }
        }
        files.sort();
        let many = files.len().saturating_sub(self.most);
        files.into_iter().take(many).try_for_each(|(_, path)| fs::remove_file(path))
    }
}

/// Which program runs: another one, even of the same version, has another word here.
pub fn program() -> String {
    match fs::metadata("/proc/self/exe") {
        Ok(program) => format!(
            "{} {} {} {} {}",
            env!("CARGO_PKG_VERSION"),
            program.len(),
            program.mtime(),
            program.mtime_nsec(),
            program.ino()
        ),
        // Whoever does not know itself remembers nothing.
        Err(_) => format!("{:?}", std::time::SystemTime::now()),
    }
}
