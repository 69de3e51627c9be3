//! What a world's root consists of, worked out on the host before anything is sealed.
//!
//! It reads the host; it changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::wire::Seed;
use super::{SandboxError, Setup, clock, libraries, places};

/// Folders of the host that hold programs, and where they are in the world (merged `/usr`).
const HOST_BINS: &[(&str, &str)] = &[
    ("/usr/local/sbin", "/usr/local/sbin"),
    ("/usr/local/bin", "/usr/local/bin"),
    ("/usr/sbin", "/usr/sbin"),
    ("/usr/bin", "/usr/bin"),
    ("/sbin", "/usr/sbin"),
    ("/bin", "/usr/bin"),
    ("/snap/bin", "/snap/bin"),
];

/// Where a stub's name is put that the host need not have.
const STUB_BINS: &[&str] = &["/usr/bin", "/usr/sbin", "/usr/local/bin"];

/// Folders that hold the locale of the world, where the C library does not have it built in.
const LOCALES: &[&str] = &["/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8"];

/// What `stdbuf` preloads into the program that it runs.
const STDBUF: &[&str] = &["/usr/libexec/coreutils/libstdbuf.so", "/usr/lib/coreutils/libstdbuf.so"];

/// So many files of the host go into a world.
const MOST_HOST_FILES: usize = 20_000;

/// Loaders look there without a cache.
const PLAIN_FOLDERS: &[&str] = &["/lib", "/usr/lib", "/lib64", "/usr/lib64"];

/// The root of a world.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Blueprint {
    /// Files of the host: where they really are, where they go. All but the first are hard links.
    pub copies: BTreeMap<PathBuf, BTreeSet<String>>,
    /// How much of the `gauntlet` binary is worth copying.
    pub stub_length: Option<u64>,
    /// Names of the stub.
    pub stubs: BTreeSet<String>,
    /// Folders at the root that a script may write to, besides those that every world has.
    pub folders: BTreeSet<String>,
}

impl Blueprint {
    /// What `setup` needs.
    pub fn of(setup: &Setup) -> Result<Self, SandboxError> {
        let mut blueprint = Self::default();
        let executable = match &setup.executable {
            Some(path) => path.clone(),
            None => std::env::current_exe()?,
        };
        blueprint.program(&executable, places::WHOLE)?;
        blueprint.stub_length = libraries::loaded_length(&executable)?;
        blueprint.shells()?;
        let own = |name: &String| clock::OWN.contains(&name.as_str());
        for name in setup.real.iter().filter(|name| !setup.stubs.contains(name) && !own(name)) {
            if let Some((path, target)) = find(name) {
                blueprint.program(&path, &target)?;
            }
        }
        for library in STDBUF.iter().map(Path::new).filter(|path| path.exists()) {
            blueprint.copy(library, library.display().to_string())?;
        }
        for name in &setup.tools {
            let (path, target) = if name.starts_with('/') {
                (PathBuf::from(name), in_world(name))
            } else {
                find(name).ok_or_else(|| SandboxError::Missing(name.clone()))?
            };
            blueprint.program(&path, &target)?;
        }
        for path in &setup.host {
            blueprint.tree(path)?;
        }
        let date = "date".to_owned();
        let free = |name: &&String| !setup.tools.contains(*name);
        for name in setup.journalled.iter().chain([&date]).filter(free) {
            if let Some((path, _)) = find(name) {
                blueprint.program(&path, &format!("{}/{name}", places::REAL))?;
            }
            blueprint.stub(name);
        }
        let own = clock::OWN.iter().copied().filter(|name| !setup.tools.iter().any(|tool| tool == name));
        for name in setup.stubs.iter().map(String::as_str).chain(own) {
            blueprint.stub(name);
        }
        blueprint.host_names();
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"_-+./".contains(&b);
        let name = |folder: &&String| folder.bytes().all(fits) && !folder.contains("..");
        blueprint.folders.extend(setup.folders.iter().filter(name).cloned());
        // Who says how a program there answers wants it there; and what real tools need is there.
        let kept: Vec<&String> = setup.stubs.iter().chain(blueprint.copies.values().flatten()).collect();
        let holds = |folder: &String| {
            let below = |path: &&String| Path::new(path).starts_with(Path::new("/").join(folder));
            kept.iter().any(below)
        };
        let folders = blueprint.folders.iter().filter(|folder| !holds(folder)).cloned().collect();
        blueprint.folders = folders;
        let taken: BTreeSet<&String> = blueprint.copies.values().flatten().collect();
        blueprint.stubs.retain(|path| !taken.contains(path));
        Ok(blueprint)
    }

    /// The real shells at their private places, the stub under their names.
    fn shells(&mut self) -> Result<(), SandboxError> {
        for name in places::SHELLS {
            match find(name) {
                Some((path, _)) => self.program(&path, &format!("{}/{name}", places::PRIVATE))?,
                None if *name == "dash" => continue,
                None => return Err(SandboxError::Missing((*name).to_owned())),
            }
            self.stubs.insert(format!("/usr/bin/{name}"));
        }
        for folder in LOCALES {
            for entry in walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok) {
                if entry.path().is_file() {
                    self.copy(entry.path(), entry.path().to_string_lossy().into_owned())?;
                }
            }
        }
        Ok(())
    }

    fn stub(&mut self, name: &str) {
        if name.starts_with('/') {
            self.stubs.insert(in_world(name));
        } else if !name.contains('/') && !name.is_empty() {
            self.stubs.extend(STUB_BINS.iter().map(|folder| format!("{folder}/{name}")));
        }
    }

    /// Every other name that the host has becomes a stub too.
    fn host_names(&mut self) {
        for (folder, target) in HOST_BINS {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                if let Some(name) = entry.file_name().to_str() {
                    self.stubs.insert(format!("{target}/{name}"));
                }
            }
        }
    }

    /// A program with its libraries.
    fn program(&mut self, path: &Path, target: &str) -> Result<(), SandboxError> {
        let real = canonical(path)?;
        for library in libraries::of(&real)? {
            let there = in_world(&library.to_string_lossy());
            let folder = library.parent().unwrap_or(Path::new("/"));
            let plain = PLAIN_FOLDERS.iter().any(|plain| {
                folder == Path::new(plain) || folder.parent().is_some_and(|parent| parent == Path::new(plain))
            });
            if !plain && Path::new("/etc/ld.so.cache").exists() {
                self.copy(Path::new("/etc/ld.so.cache"), "/etc/ld.so.cache".to_owned())?;
            }
            self.copy(&library, there)?;
        }
        self.copy(&real, target.to_owned())
    }

    /// A file, or all that is in a folder. Programs bring their libraries.
    fn tree(&mut self, path: &Path) -> Result<(), SandboxError> {
        use std::os::unix::fs::PermissionsExt;

        if !path.exists() {
            return Err(SandboxError::Missing(path.display().to_string()));
        }
        let mut count = 0;
        for entry in walkdir::WalkDir::new(path).follow_links(true) {
            let unreadable = |error: walkdir::Error| SandboxError::Unreadable {
                path: path.to_path_buf(),
                error: error.into(),
            };
            let entry = entry.map_err(unreadable)?;
            if !entry.file_type().is_file() {
                continue;
            }
            count += 1;
            if count > MOST_HOST_FILES {
                return Err(SandboxError::Build(format!(
                    "{} holds more than {MOST_HOST_FILES} files: name what is needed of it",
                    path.display()
                )));
            }
            let target = in_world(&entry.path().to_string_lossy());
            let mode = entry.metadata().map_err(unreadable)?.permissions().mode();
            if mode & 0o111 == 0 {
                self.copy(entry.path(), target)?;
            } else {
                self.program(entry.path(), &target)?;
            }
        }
        Ok(())
    }

    fn copy(&mut self, path: &Path, target: String) -> Result<(), SandboxError> {
        self.copies.entry(canonical(path)?).or_default().insert(target);
        Ok(())
    }
}

/// The files of `setup`, read.
pub(super) fn seeds(setup: &Setup) -> Result<Vec<Seed>, SandboxError> {
    use std::os::unix::fs::PermissionsExt;

    let mut seeds = Vec::new();
    for (host, path) in &setup.files {
        let fits = places::WRITABLE
            .iter()
            .any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
        if !fits || path.split('/').any(|part| part == "..") {
            return Err(SandboxError::Misplaced(path.clone()));
        }
        let unreadable = |error| SandboxError::Unreadable { path: host.clone(), error };
        if host.is_dir() {
            // A link to a folder stays a link: what it leads to comes by its own name.
            let target = std::fs::read_link(host).map_err(unreadable)?;
            let content = std::os::unix::ffi::OsStringExt::into_vec(target.into_os_string());
            seeds.push(Seed { path: path.clone(), executable: false, link: true, content });
            continue;
        }
        let content = std::fs::read(host).map_err(unreadable)?;
        let mode = std::fs::metadata(host).map_err(unreadable)?.permissions().mode();
        seeds.push(Seed { path: path.clone(), executable: mode & 0o111 != 0, link: false, content });
    }
    Ok(seeds)
}

fn canonical(path: &Path) -> Result<PathBuf, SandboxError> {
    path.canonicalize().map_err(|error| SandboxError::Unreadable { path: path.to_path_buf(), error })
}

/// Where the host has the program `name`, and where it goes.
fn find(name: &str) -> Option<(PathBuf, String)> {
    HOST_BINS.iter().rev().find_map(|(folder, target)| {
        let path = Path::new(folder).join(name);
        path.is_file().then(|| (path, format!("{target}/{name}")))
    })
}

/// The path in a world whose `/bin`, `/sbin` and `/lib*` are links into `/usr`.
fn in_world(path: &str) -> String {
    let top = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let merged = matches!(top, "bin" | "sbin") || top.starts_with("lib");
    if merged { format!("/usr{path}") } else { path.to_owned() }
}
