//! The world made fresh for a trial: its mounts, the folders that a machine has, the files of the setup, and what else the
//! script shall find there.

mod kernel;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::super::wire::Seed;
use super::super::{keeper, places, root, search};
use crate::event::Rung;
use crate::trial::world::{Plan, There};

/// Fresh folders and a `/proc` that shows the trial's processes and nothing else of the machine.
pub(super) fn mounts(rung: Rung, plan: &Plan) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let closed = flags | MsFlags::MS_NOEXEC;
    let machine = kernel::told(&plan.there);
    let subset = if machine.is_empty() { Some("subset=pid") } else { None };
    match mount(Some("proc"), "/proc", Some("proc"), closed, subset) {
        // Before Linux 5.8: all of it, but nothing can be written.
        Err(Errno::EINVAL) => {
            mount(Some("proc"), "/proc", Some("proc"), closed | MsFlags::MS_RDONLY, None::<&str>)?;
        }
        mounted => mounted?,
    }
    let owner = if rung == Rung::S1 { format!(",uid={0},gid={0}", places::USER) } else { String::new() };
    for folder in places::WRITABLE.iter().chain(&[places::STATE]) {
        let mode = if matches!(*folder, "/tmp" | "/dev/shm") { "1777" } else { "0755" };
        let options = format!("size=64m,nr_inodes=16384,mode={mode}{owner}");
        mount(Some("scratch"), *folder, Some("tmpfs"), flags, Some(options.as_str()))?;
    }
    fresh_settings(flags, &owner)?;
    if !machine.is_empty() {
        kernel::cover(&machine).map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default()))?;
    }
    if plan.tty.is_some() || plan.shell {
        let options = Some("newinstance,ptmxmode=0666,mode=0620");
        let closed = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
        mount(Some("terminals"), "/dev/pts", Some("devpts"), closed, options)?;
    }
    Ok(())
}

/// Fresh folders where nothing can be mounted: what the last trial left is removed.
pub(super) fn cleared() -> io::Result<()> {
    // It would be the host's own folders.
    assert!(!root::root().is_empty(), "this world has a folder of its own");
    for folder in places::WRITABLE.iter().chain(&[places::STATE]) {
        let path = root::at(folder);
        no_links(folder)?;
        make_removable(&path);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&path)?,
        }
        let mode = if matches!(*folder, "/tmp" | "/dev/shm") { 0o1777 } else { 0o755 };
        fs::set_permissions(&path, Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// An error where a folder on the way to this one of the world is a link: a script may have put it there, and what is
/// removed would be the host's.
fn no_links(folder: &str) -> io::Result<()> {
    let way = Path::new(folder).ancestors().skip(1).filter(|folder| folder.parent().is_some());
    for folder in way {
        let path = root::at(&folder.to_string_lossy());
        if !fs::symlink_metadata(&path)?.is_dir() {
            return Err(io::Error::other(format!("{} is no folder any more", path.display())));
        }
    }
    Ok(())
}

/// Lets everything in a folder be removed: a script may have forbidden it to its own user.
pub(in super::super) fn make_removable(folder: &Path) {
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let locked = |about: fs::Metadata| about.is_dir() && about.permissions().mode() & 0o700 != 0o700;
        if fs::symlink_metadata(&folder).is_ok_and(locked) {
            let _ = fs::set_permissions(&folder, Permissions::from_mode(0o700));
        }
        let inside = fs::read_dir(&folder).into_iter().flatten().flatten();
        // A link to a folder is none.
        open.extend(
            inside
                .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
                .map(|entry| entry.path()),
        );
    }
}

/// `/etc` with the world's files in it, to be written to. Where the world has more of it than files it stays as it is.
fn fresh_settings(flags: MsFlags, owner: &str) -> nix::Result<()> {
    let Ok(files) = search::plain_files(places::ETC) else { return Ok(()) };
    let options = format!("size=16m,nr_inodes=4096,mode=0755{owner}");
    mount(Some("scratch"), places::ETC, Some("tmpfs"), flags, Some(options.as_str()))?;
    for (path, content) in files {
        fs::write(path, content)
            .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default()))?;
    }
    Ok(())
}

/// The folders that a machine has, and the files of the setup.
pub(super) fn plant(seeds: &[Seed], owner: Option<u32>) -> io::Result<()> {
    for (path, mode) in [
        ("/home/op", 0o755),
        ("/var/tmp", 0o1777),
        ("/var/log", 0o755),
        ("/var/lib", 0o755),
        ("/var/cache", 0o755),
        ("/var/backups", 0o755),
        ("/var/spool", 0o755),
        ("/run/lock", 0o1777),
    ] {
        folders(&root::at(path), owner)?;
        fs::set_permissions(root::at(path), Permissions::from_mode(mode))?;
    }
    let named = places::NAMED_IN.iter().filter_map(|folder| fs::read_dir(root::at(folder)).ok());
    for entry in named.flatten().flatten() {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        let own = target.components().skip_while(|part| *part == Component::ParentDir);
        let own = Path::new("/").join(own.collect::<PathBuf>());
        if own.starts_with(places::ELSEWHERE) && !own.components().any(|part| part == Component::ParentDir) {
            folders(&root::at(&own.to_string_lossy()), owner)?;
        }
    }
    symlink("../run", root::at("/var/run"))?;
    symlink("../run/lock", root::at("/var/lock"))?;
    for seed in seeds {
        let path = root::at(&seed.path);
        let path = path.as_path();
        folders(path.parent().unwrap_or(path), owner)?;
        if seed.link {
            symlink(OsStr::from_bytes(&seed.content), path)?;
            continue;
        }
        fs::write(path, &seed.content)?;
        fs::set_permissions(path, Permissions::from_mode(if seed.executable { 0o755 } else { 0o644 }))?;
        chown(path, owner, owner)?;
    }
    Ok(())
}

/// Puts things there, where the world lets them be: what cannot be put there is not there.
pub(super) fn put(there: &BTreeMap<String, There>, owner: Option<u32>) {
    for (path, thing) in there {
        let _ = put_one(&root::at(path), thing, owner);
    }
}

fn put_one(path: &Path, thing: &There, owner: Option<u32>) -> io::Result<()> {
    if *thing == There::Folder {
        return folders(path, owner);
    }
    if path.exists() {
        return Ok(());
    }
    folders(path.parent().unwrap_or(path), owner)?;
    match thing {
        There::Folder => {}
        There::File(content) => fs::write(path, content)?,
        // Its name tells the stub who it is. A large one is not worth a copy in each trial.
        There::Program if keeper::SMALL.is_empty() => return symlink(root::at(places::STUB), path),
        There::Program => {
            fs::write(path, keeper::SMALL)?;
            fs::set_permissions(path, Permissions::from_mode(0o755))?;
        }
    }
    chown(path, owner, owner)
}

/// Makes a folder and those that it stands in.
fn folders(path: &Path, owner: Option<u32>) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        folders(parent, owner)?;
    }
    fs::create_dir(path)?;
    chown(path, owner, owner)
}
