//! What `/proc` tells of a machine, where a script reads it: the same on every machine, and nothing of this one.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};

use crate::sandbox::places;
use crate::trial::world::There;

/// The files below `/proc` that shall be there: path below it, content.
pub(super) fn told(there: &BTreeMap<String, There>) -> BTreeMap<&str, &str> {
    there
        .iter()
        .filter_map(|(path, thing)| match thing {
            There::File(content) => Some((path.strip_prefix("/proc/")?, content.as_str())),
            There::Folder | There::Program => None,
        })
        .collect()
}

/// Covers all that a whole `/proc` tells besides processes: with these files where they are of it, else with nothing.
pub(super) fn cover(files: &BTreeMap<&str, &str>) -> io::Result<()> {
    let own = Path::new(places::STATE).join(".proc");
    let nothing = own.join(".nothing");
    fs::create_dir_all(&nothing)?;
    for (path, content) in files {
        let path = own.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&own))?;
        fs::write(&path, content)?;
        // Who sets what the kernel does is root.
        fs::set_permissions(&path, Permissions::from_mode(0o666))?;
    }
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let is_process = entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit);
        let kind = entry.file_type()?;
        // A link leads to a process.
        if is_process || kind.is_symlink() {
            continue;
        }
        let told = own.join(entry.file_name());
        let cover: PathBuf = match (told.exists() && told.is_dir() == kind.is_dir(), kind.is_dir()) {
            (true, _) => told,
            (false, true) => nothing.clone(),
            (false, false) => places::NOTHING.into(),
        };
        mount(Some(&cover), &entry.path(), None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    }
    Ok(())
}
