//! The first process of a world's own pid namespace: builds the root once, then starts one supervisor a trial.
//!
//! It ends with the runner, whose end closes its stdin; everything in the world ends with it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, StdinLock, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{chdir, pivot_root, sethostname};

use super::blueprint::Blueprint;
use super::supervisor::ground;
use super::wire::{self, Reply};
use super::{places, shells};

/// Where the host's root is while the new one is built.
const OLD: &str = "/old";

/// Devices of the world.
const DEVICES: &[&str] = &["null", "zero", "full"];

/// Devices that say the same in every run.
pub(super) const CHANCE: &[&str] = &["random", "urandom"];

/// How much they say.
const CHANCE_BYTES: usize = 1024 * 1024;

/// The program of `stub/`; empty where it could not be built.
pub(super) static SMALL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/stub"));

/// Files of `/etc`.
const ETC: &[(&str, &str)] = &[
    ("passwd", "root:x:0:0:root:/root:/bin/bash\nop:x:1000:1000:op:/home/op:/bin/bash\n"),
    ("group", "root:x:0:\nop:x:1000:\n"),
    ("hosts", "127.0.0.1 localhost\n"),
    ("hostname", "world\n"),
    ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
];

/// The role's `main`.
pub(super) fn serve(rung: Option<&OsStr>) -> ExitCode {
    let rung = rung.unwrap_or_default();
    let (mut from, mut to) = (io::stdin().lock(), io::stdout().lock());
    let own = match build(&mut from) {
        Ok(own) => own,
        Err(reason) => {
            let _ = wire::send_value(&mut to, &Reply::Failed(reason));
            return ExitCode::FAILURE;
        }
    };
    if wire::send_value(&mut to, &Reply::Ready).is_err() {
        return ExitCode::FAILURE;
    }
    let mut start = |plan: &[u8]| {
        let _ = plan;
        begin(&own, rung)
    };
    answer_plans(&mut from, &mut to, Parting::Kill, &mut start)
}

/// How a supervisor is got rid of when the runner is gone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// It is killed, and its namespace with it.
    Kill,
    /// It is told, by the end of its stdin, and kills what it has started.
    Tell,
}

/// Serves the runner until it is gone, with a root that is built once in a folder of the host.
pub(super) fn serve_folder(
    folder: Option<&OsStr>,
    parting: Parting,
    build: fn(&mut StdinLock<'_>, &Path) -> Result<tempfile::TempDir, String>,
    start: impl Fn(&Path, &[u8]) -> Result<Child, String>,
) -> ExitCode {
    let folder = Path::new(folder.unwrap_or_else(|| OsStr::new("/tmp")));
    let (mut from, mut to) = (io::stdin().lock(), io::stdout().lock());
    let root = match build(&mut from, folder) {
        Ok(root) => root,
        Err(reason) => {
            let _ = wire::send_value(&mut to, &Reply::Failed(reason));
            return ExitCode::FAILURE;
        }
    };
    if wire::send_value(&mut to, &Reply::Ready).is_err() {
        return ExitCode::FAILURE;
    }
    let code = answer_plans(&mut from, &mut to, parting, &mut |plan| start(root.path(), plan));
    // The folder goes before the process does.
    ground::make_removable(root.path());
    drop(root);
    code
}

/// Serves the runner until it is gone. `start` starts the supervisor of a trial.
fn answer_plans(
    from: &mut impl Read,
    to: &mut impl Write,
    parting: Parting,
    start: &mut dyn FnMut(&[u8]) -> Result<Child, String>,
) -> ExitCode {
    // Seeds first, then plans; a frame of seeds is announced by an empty frame.
    let mut seeds = Vec::new();
    while let Ok(Some(frame)) = wire::receive(from) {
        if frame.is_empty() {
            match wire::receive(from) {
                Ok(Some(packed)) => seeds = packed,
                _ => break,
            }
            continue;
        }
        let sent = match start(&frame).and_then(|supervisor| run(supervisor, &seeds, &frame, parting)) {
            Ok(Some(record)) => wire::send(to, &record),
            Ok(None) => break,
            Err(reason) => wire::send_value(to, &Reply::Failed(reason)),
        };
        if sent.is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}

/// Builds the root and moves into it. Returns the keeper's own pid namespace.
fn build(from: &mut impl Read) -> Result<File, String> {
    // The landlord's death must be ours too; the runner's closes stdin.
    let step = |what: &str, error: &dyn std::fmt::Display| format!("cannot {what}: {error}");
    set_pdeathsig(Signal::SIGKILL).map_err(|error| step("ask for a signal when the parent dies", &error))?;
    let blueprint: Blueprint = wire::receive_value(from)
        .map_err(|error| step("read the blueprint", &error))?
        .ok_or("the runner is gone")?;
    let own = File::open("/proc/self/ns/pid").map_err(|error| step("open the pid namespace", &error))?;
    enter_root().map_err(|error| step("make a root of its own", &error))?;
    furnish(&blueprint, Path::new("/"), Path::new(OLD), "")?;
    devices().map_err(|error| format!("cannot make /dev of the world: {error}"))?;
    // A user namespace may mount `/proc` only where one is in sight; the host's goes away now.
    let closed = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), closed, None::<&str>)
        .map_err(|error| step("mount /proc", &error))?;
    umount2(OLD, MntFlags::MNT_DETACH).map_err(|error| step("let the host's root go", &error))?;
    fs::remove_dir(OLD).map_err(|error| step("let the host's root go", &error))?;
    let sealed = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID;
    mount(None::<&str>, "/", None::<&str>, sealed, None::<&str>)
        .map_err(|error| step("make the root read-only", &error))?;
    sethostname("world").map_err(|error| step("set the host name", &error))?;
    Ok(own)
}

/// Swaps the root for an empty tmpfs; the host's is at [`OLD`].
fn enter_root() -> nix::Result<()> {
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    // Any folder does: once the tmpfs is the root, the host's folder is uncovered again.
    let world =
        |options: &str| mount(Some("world"), "/tmp", Some("tmpfs"), MsFlags::MS_NOSUID, Some(options));
    // What starts again and again is mapped faster from large pages, where the kernel has them.
    world("mode=0755,huge=within_size").or_else(|_| world("mode=0755"))?;
    nix::unistd::mkdir("/tmp/old", nix::sys::stat::Mode::S_IRWXU)?;
    pivot_root("/tmp", "/tmp/old")?;
    chdir("/")
}

/// Fills the root at `base` from the host's root at `host`. `seen`: how its own path begins for those who are in it.
pub(super) fn furnish(blueprint: &Blueprint, base: &Path, host: &Path, seen: &str) -> Result<(), String> {
    let at = |path: &str, error: io::Error| format!("cannot make {path} of the world: {error}");
    let inside = |path: &str| base.join(path.trim_start_matches('/'));
    let folder = |path: &str| fs::create_dir_all(inside(path)).map_err(|error| at(path, error));
    for path in ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/lib", "/etc", "/proc", "/dev/pts"] {
        folder(path)?;
    }
    if !blueprint.folders.contains("root") {
        folder("/root")?;
    }
    for path in places::WRITABLE.iter().chain(&[places::REAL, places::STATE]) {
        folder(path)?;
    }
    for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
        let target = format!("/usr/{name}");
        folder(&target)?;
        symlink(&target[1..], inside(name)).map_err(|error| at(name, error))?;
    }
    // They are links into a folder that is fresh for every trial.
    for name in &blueprint.folders {
        let path = inside(name);
        if !path.exists() {
            let up = "../".repeat(name.matches('/').count());
            path.parent().map_or(Ok(()), fs::create_dir_all).map_err(|error| at(name, error))?;
            symlink(format!("{up}{}/{name}", &places::ELSEWHERE[1..]), path)
                .map_err(|error| at(name, error))?;
        }
    }
    for (source, targets) in &blueprint.copies {
        let most = blueprint.stub_length.filter(|_| targets.contains(places::WHOLE));
        let from = host.join(source.strip_prefix("/").unwrap_or(source));
        copy(&from, targets, most.unwrap_or(u64::MAX), base)
            .map_err(|error| at(&source.to_string_lossy(), error))?;
    }
    link(&inside(places::WHOLE), &inside(places::SUPERVISOR_PATH))
        .map_err(|error| at(places::SUPERVISOR_PATH, error))?;
    stub(&inside(places::STUB), &inside(places::WHOLE)).map_err(|error| at(places::STUB, error))?;
    for path in &blueprint.stubs {
        link(&inside(places::STUB), &inside(path)).map_err(|error| at(path, error))?;
    }
    for (name, text) in ETC {
        let path = format!("/etc/{name}");
        fs::write(inside(&path), text).map_err(|error| at(&path, error))?;
    }
    for form in shells::Form::all() {
        let path = form.path();
        fs::write(inside(&path), shells::seen(&form.text(), seen)).map_err(|error| at(&path, error))?;
    }
    fs::write(inside(places::BASH_ENV_PLAIN), shells::seen(shells::UNTRACED, seen))
        .map_err(|error| at(places::BASH_ENV_PLAIN, error))?;
    fs::write(inside(places::NOTHING), "").map_err(|error| at(places::NOTHING, error))?;
    let mut bytes = vec![0; CHANCE_BYTES];
    blake3::Hasher::new().update(b"gauntlet").finalize_xof().fill(&mut bytes);
    fs::write(inside(places::CHANCE), bytes).map_err(|error| at(places::CHANCE, error))
}

/// The stub: the small program of `stub/`; where it could not be built, the whole one is the stub.
fn stub(path: &Path, whole: &Path) -> io::Result<()> {
    if SMALL.is_empty() {
        return link(whole, path);
    }
    fs::write(path, SMALL)?;
    fs::set_permissions(path, Permissions::from_mode(0o755))
}

/// Copies the first `most` bytes of a file to the first target below `base`; the others are links to it.
fn copy(from: &Path, targets: &BTreeSet<String>, most: u64, base: &Path) -> io::Result<()> {
    let mut first: Option<PathBuf> = None;
    for target in targets {
        let target = base.join(target.trim_start_matches('/'));
        if let Some(first) = &first {
            link(first, &target)?;
            continue;
        }
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut content = Vec::new();
        File::open(from)?.take(most).read_to_end(&mut content)?;
        let mut file = File::create(&target)?;
        // A file of a known length gets large pages.
        file.set_len(content.len() as u64)?;
        file.write_all(&content)?;
        fs::set_permissions(&target, Permissions::from_mode(0o755))?;
        first = Some(target);
    }
    Ok(())
}

fn link(original: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(original, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::hard_link(original, path)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

fn devices() -> io::Result<()> {
    for name in DEVICES {
        let path = format!("/dev/{name}");
        File::create(&path)?;
        let host = format!("{OLD}/dev/{name}");
        mount(Some(host.as_str()), path.as_str(), None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    }
    for name in CHANCE {
        link(Path::new(places::CHANCE), Path::new(&format!("/dev/{name}")))?;
    }
    // A machine without a terminal still has it; a container may not.
    if Path::new(&format!("{OLD}/dev/tty")).exists() {
        File::create("/dev/tty")?;
        let bind = MsFlags::MS_BIND;
        mount(Some(format!("{OLD}/dev/tty").as_str()), "/dev/tty", None::<&str>, bind, None::<&str>)?;
    }
    symlink("pts/ptmx", "/dev/ptmx")?;
    for (name, target) in [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")]
    {
        symlink(target, format!("/dev/{name}"))?;
    }
    Ok(())
}

/// Starts the supervisor of one trial in a pid namespace of its own.
fn begin(own: &File, rung: &OsStr) -> Result<Child, String> {
    let step = |what: &str, error: &dyn std::fmt::Display| format!("cannot {what}: {error}");
    unshare(CloneFlags::CLONE_NEWPID).map_err(|error| step("make a pid namespace", &error))?;
    let started = Command::new(places::WHOLE)
        .arg0(places::SUPERVISOR)
        .arg(rung)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    // The next trial needs a pid namespace of its own; back to the keeper's first.
    setns(own.as_fd(), CloneFlags::CLONE_NEWPID)
        .map_err(|error| step("leave the trial's pid namespace", &error))?;
    started.map_err(|error| step("start the supervisor", &error))
}

/// Runs one trial: its supervisor's reply, or `None` where the runner is gone.
fn run(
    mut supervisor: Child,
    seeds: &[u8],
    plan: &[u8],
    parting: Parting,
) -> Result<Option<Vec<u8>>, String> {
    let step = |what: &str, error: &dyn std::fmt::Display| format!("cannot {what}: {error}");
    let asked = {
        let to = supervisor.stdin.as_mut().expect("it was spawned with a pipe");
        wire::send(to, seeds).and_then(|()| wire::send(to, plan))
    };
    let reply = asked.and_then(|()| answer(&mut supervisor));
    // Dead or not: nothing of the trial outlives this.
    drop(supervisor.stdin.take());
    if parting == Parting::Kill {
        let _ = supervisor.kill();
    }
    let status = supervisor.wait();
    match reply {
        Ok(Heard::Reply(reply)) => Ok(Some(reply)),
        Ok(Heard::RunnerGone) => Ok(None),
        Ok(Heard::Nothing) => Err(match status {
            Ok(status) => format!("the supervisor ended without a record ({status})"),
            Err(error) => format!("the supervisor ended without a record ({error})"),
        }),
        Err(error) => Err(step("speak to the supervisor", &error)),
    }
}

enum Heard {
    Reply(Vec<u8>),
    RunnerGone,
    Nothing,
}

/// Waits for the supervisor's reply, or for the runner's end: it sends nothing while a trial runs.
fn answer(supervisor: &mut Child) -> io::Result<Heard> {
    let from = supervisor.stdout.as_mut().expect("it was spawned with a pipe");
    let runner = io::stdin();
    let mut buffer = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let mut waiting =
            [PollFd::new(from.as_fd(), PollFlags::POLLIN), PollFd::new(runner.as_fd(), PollFlags::empty())];
        poll(&mut waiting, PollTimeout::NONE)?;
        if waiting[1].any().unwrap_or(true) {
            return Ok(Heard::RunnerGone);
        }
        let read = from.read(&mut chunk)?;
        buffer.write_all(&chunk[..read])?;
        if let Some(reply) = wire::take(&mut buffer) {
            return Ok(Heard::Reply(reply));
        }
        if read == 0 {
            return Ok(Heard::Nothing);
        }
    }
}
