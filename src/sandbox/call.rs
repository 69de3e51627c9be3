//! What every call that the whole program makes does in the same way: who called, under which name, how it prints and dies.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{SocketAddr, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::brief::{Call, Kind, Leads};
use super::caller::{self, Told};
use super::{places, root};

/// Variables that are the stubs' own.
pub const OWN_VARIABLES: &[&str] = &[
    "GAUNTLET_AT",
    "GAUNTLET_OUTER",
    "GAUNTLET_BEHIND",
    "GAUNTLET_CWD",
    "BASH_ENV",
    places::LIMIT,
    places::TAKEN_OVER,
    places::ROOT,
];

/// The number of SIGPIPE.
pub const SIGPIPE: u32 = 13;

/// The device of `/dev/null`, as `stat` tells it: major 1, minor 3.
const NULL: u64 = (1 << 8) | 3;

/// Where calls connect.
pub fn address() -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(caller::socket(root::root()))
}

/// A connection to whoever answers.
pub fn connect() -> io::Result<UnixStream> {
    UnixStream::connect_addr(&address()?)
}

/// The call that this process is.
pub fn this(called: &str, words: &[OsString]) -> Call {
    let words = words.iter().map(|word| word.to_string_lossy().into_owned());
    Call {
        argv: std::iter::once(called.to_owned()).chain(words).collect(),
        program: program(called),
        folder: This.folder().unwrap_or_else(|| "/".to_owned()),
        at: caller(),
        output: leads(io::stdout()),
        input: leads(io::stdin()),
        limit: std::env::var(places::LIMIT).ok().and_then(|number| number.parse().ok()),
        whole: false,
    }
}

/// The name under which this binary was executed: `argv[0]` is the caller's to choose.
pub fn program(called: &str) -> String {
    let executed = fs::read_link("/proc/self/exe").unwrap_or_default();
    caller::program(&root::told(&executed.to_string_lossy()), called)
}

/// What a descriptor leads to; `None` where that cannot be told.
pub fn leads(descriptor: impl AsFd) -> Option<Leads> {
    let file = File::from(descriptor.as_fd().try_clone_to_owned().ok()?);
    let about = file.metadata().ok()?;
    let kind = match about.file_type() {
        kind if kind.is_fifo() || kind.is_socket() => Kind::Pipe,
        kind if kind.is_char_device() && about.rdev() == NULL => Kind::Null,
        _ => Kind::File,
    };
    Some((about.dev(), about.ino(), kind))
}

/// This process.
struct This;

impl Told for This {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn folder(&self) -> Option<String> {
        std::env::current_dir().ok().map(|path| path.display().to_string())
    }

    fn exists(&self, path: &str) -> bool {
        Path::new(path).exists()
    }
}

/// Which line of which script calls.
pub fn caller() -> Option<(String, u32)> {
    caller::caller(&This)
}

/// How printing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printed {
    /// All of it is printed.
    All,
    /// Whoever read it is gone.
    BrokenPipe,
    /// It could not be written.
    Failed,
}

/// Prints to stdout.
pub fn print(bytes: &[u8]) -> Printed {
    if bytes.is_empty() {
        return Printed::All;
    }
    let printed = io::stdout().as_fd().try_clone_to_owned().map(File::from);
    match printed.and_then(|mut to| to.write_all(bytes)) {
        Ok(()) => Printed::All,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Printed::BrokenPipe,
        Err(_) => Printed::Failed,
    }
}

/// All of stdin.
pub fn read_stdin() -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    io::stdin().read_to_end(&mut read)?;
    Ok(read)
}

/// How a call ends that would have ended so, by the way its printing went: exit code and signal.
pub fn ended(program: &str, printed: Printed, (exit, signal): (u8, Option<u32>)) -> (u8, Option<u32>) {
    match printed {
        Printed::All => (exit, signal),
        Printed::BrokenPipe if !sigpipe_is_ignored() => (141, Some(SIGPIPE)),
        Printed::BrokenPipe | Printed::Failed => {
            let _ = writeln!(io::stderr(), "{program}: write error");
            (1, None)
        }
    }
}

/// Whether the caller ignores SIGPIPE, and its children with it. Rust's runtime has overwritten our own.
fn sigpipe_is_ignored() -> bool {
    let parent = std::os::unix::process::parent_id();
    // The caller is gone, or has become this call: the supervisor's own mask says nothing of it.
    parent != 1 && ignores(parent, SIGPIPE)
}

/// Whether a process ignores a signal.
pub fn ignores(process: u32, signal: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mut lines = status.lines();
    let mask = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

/// Dies by this signal. Returns only where that cannot be had.
///
/// Rust's runtime ignores SIGPIPE, and giving it back its meaning is `unsafe`; a shell that is executed gets it back from
/// the standard library.
pub fn die(signal: u32) -> io::Error {
    let mut command = Command::new(root::at(places::BASH));
    for name in OWN_VARIABLES {
        command.env_remove(name);
    }
    command.arg("-c").arg(format!("kill -{signal} $$")).exec()
}

/// What a real shell is started as.
pub fn shell(program: &str, called: &str, words: &[OsString], bash_env: &str) -> io::Error {
    Command::new(root::text(&format!("{}/{program}", places::PRIVATE)))
        .arg0(called)
        .args(words)
        .env("BASH_ENV", bash_env)
        .env_remove(places::TAKEN_OVER)
        .env_remove(places::ROOT)
        .exec()
}
