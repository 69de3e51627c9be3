//! What the kernel is asked, without a C library: for the program in `stub/` only.
//!
//! Everything that is `unsafe` in the project is here and in `sys/start.rs`. What is offered is safe: descriptors are plain
//! numbers, slices are checked, errors are the kernel's numbers.

#![allow(unsafe_code, reason = "it is what a C library would do")]

mod start;

use std::ffi::CString;
use std::vec;
use std::vec::Vec;

use start::{call, numbers};
pub use start::Process;

/// A descriptor.
pub type Fd = usize;
/// Standard input.
pub const STDIN: Fd = 0;
/// Standard output.
pub const STDOUT: Fd = 1;
/// Standard error.
pub const STDERR: Fd = 2;

/// The signal of a pipe that nobody reads.
pub const SIGPIPE: u8 = 13;

/// An error number of the kernel (`errno(3)`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub i32);

/// Nobody reads the pipe.
pub const EPIPE: Errno = Errno(32);
/// A message that no frame can hold (`EMSGSIZE`).
pub const TOO_LONG: Errno = Errno(90);
/// A message that nobody understands (`EBADMSG`).
pub const DAMAGED: Errno = Errno(74);
const EINTR: Errno = Errno(4);
/// A connection that ended too early (`EPIPE` would be the script's).
const ENDED: Errno = Errno(104);

/// The current folder's descriptor, for calls that take one (`AT_FDCWD`).
const HERE: usize = -100_isize as usize;

/// Longer paths are not asked for (`PATH_MAX`).
const LONGEST_PATH: usize = 4096;

/// Reads what is there, up to the length of `into`.
fn read(from: Fd, into: &mut [u8]) -> Result<usize, Errno> {
    loop {
        // SAFETY: the kernel writes no more than the length of a slice that is ours.
        match unsafe { call(numbers::READ, [from, into.as_mut_ptr() as usize, into.len(), 0, 0]) } {
            Err(EINTR) => {}
            read => return read,
        }
    }
}

/// Fills `into`.
pub fn read_exact(from: Fd, mut into: &mut [u8]) -> Result<(), Errno> {
    while !into.is_empty() {
        match read(from, into)? {
            0 => return Err(ENDED),
            some => into = &mut into[some..],
        }
    }
    Ok(())
}

/// Everything until the end.
pub fn read_to_end(from: Fd) -> Result<Vec<u8>, Errno> {
    let mut all = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match read(from, &mut chunk)? {
            0 => return Ok(all),
            some => all.extend_from_slice(&chunk[..some]),
        }
    }
}

/// Writes all of it.
pub fn write_all(to: Fd, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        // SAFETY: the kernel reads no more than the length of the slice.
        match unsafe { call(numbers::WRITE, [to, bytes.as_ptr() as usize, bytes.len(), 0, 0]) } {
            Err(EINTR) => {}
            written => bytes = &bytes[written?..],
        }
    }
    Ok(())
}

/// A connection to whoever listens at this abstract name.
pub fn connect(name: &[u8]) -> Result<Fd, Errno> {
    const UNIX: usize = 1;
    const STREAM_CLOEXEC: usize = 1 | 0o2_000_000;
    const DUPLICATE_CLOEXEC: usize = 1030;
    // SAFETY: no memory is named.
    let mut socket = unsafe { call(numbers::SOCKET, [UNIX, STREAM_CLOEXEC, 0, 0, 0]) }?;
    if socket <= STDERR {
        // The caller has closed that one: it stays closed.
        let low = socket;
        // SAFETY: no memory is named.
        socket = unsafe { call(numbers::FCNTL, [low, DUPLICATE_CLOEXEC, STDERR + 1, 0, 0]) }?;
        // SAFETY: no memory is named.
        let _ = unsafe { call(numbers::CLOSE, [low, 0, 0, 0, 0]) };
    }
    let mut address = vec![1, 0, 0];
    address.extend_from_slice(name);
    // SAFETY: the kernel reads no more than the length of the vector.
    unsafe { call(numbers::CONNECT, [socket, address.as_ptr() as usize, address.len(), 0, 0]) }?;
    Ok(socket)
}

/// The path of this program.
pub fn executed() -> Vec<u8> {
    let mut path = vec![0; LONGEST_PATH];
    let (link, room) = (c"/proc/self/exe".as_ptr() as usize, path.as_mut_ptr() as usize);
    // SAFETY: the path ends with a zero, and the kernel writes no more than the length of the vector.
    let length = unsafe { call(numbers::READLINKAT, [HERE, link, room, LONGEST_PATH, 0]) }.unwrap_or(0);
    path.truncate(length);
    path
}

/// The folder in which this process runs.
pub fn folder() -> Option<Vec<u8>> {
    let mut path = vec![0; LONGEST_PATH];
    // SAFETY: the kernel writes no more than the length of the vector.
    let length = unsafe { call(numbers::GETCWD, [path.as_mut_ptr() as usize, LONGEST_PATH, 0, 0, 0]) }.ok()?;
    // With the zero at its end.
    path.truncate(length.saturating_sub(1));
    path.starts_with(b"/").then_some(path)
}

/// Whether there is a file of that path.
pub fn exists(path: &str) -> bool {
    let Ok(path) = CString::new(path) else { return false };
    // SAFETY: the path ends with a zero.
    unsafe { call(numbers::FACCESSAT, [HERE, path.as_ptr() as usize, 0, 0, 0]) }.is_ok()
}

/// What a descriptor leads to.
pub struct About {
    /// The device, as `makedev(3)` makes it.
    pub device: u64,
    /// The inode.
    pub inode: u64,
    /// A pipe or a socket.
    pub is_pipe: bool,
    /// `/dev/null`.
    pub is_null: bool,
}

/// What `descriptor` leads to; `None` where that cannot be told.
pub fn about(descriptor: Fd) -> Option<About> {
    const EMPTY_PATH: usize = 0x1000;
    const BASIC: usize = 0x7ff;
    let mut told = [0_u8; 256];
    let path = c"".as_ptr() as usize;
    // SAFETY: the path ends with a zero; `struct statx` has 256 bytes, whatever the processor.
    unsafe { call(numbers::STATX, [descriptor, path, EMPTY_PATH, BASIC, told.as_mut_ptr() as usize]) }.ok()?;
    let word = |at: usize| told.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_ne_bytes);
    let inode = told.get(32..40).and_then(|bytes| bytes.try_into().ok()).map(u64::from_ne_bytes)?;
    let mode = u16::from_ne_bytes([told[28], told[29]]) & 0o170_000;
    let (special, own) = ((word(128)?, word(132)?), (u64::from(word(136)?), u64::from(word(140)?)));
    let (major, minor) = own;
    Some(About {
        device: (major & !0xfff) << 32 | (major & 0xfff) << 8 | (minor & !0xff) << 12 | minor & 0xff,
        inode,
        is_pipe: matches!(mode, 0o010_000 | 0o140_000),
        is_null: mode == 0o020_000 && special == (1, 3),
    })
}

/// Waits until there is something to read or nobody writes any more, but no longer than so many milliseconds.
pub fn wait_for_input(from: Fd, milliseconds: i32) {
    let mut asked = [0_u8; 8];
    asked[..4].copy_from_slice(&i32::try_from(from).unwrap_or(-1).to_ne_bytes());
    // POLLIN.
    asked[4] = 1;
    let mut time = [i64::from(milliseconds / 1000), i64::from(milliseconds % 1000) * 1_000_000];
    let (asked, time) = (asked.as_mut_ptr() as usize, time.as_mut_ptr() as usize);
    // SAFETY: one `struct pollfd` of 8 bytes, one `struct timespec` of 16, no mask. An interrupted wait is a short wait.
    let _ = unsafe { call(numbers::PPOLL, [asked, 1, time, 0, 0]) };
}

/// SIGPIPE waits, from when this is made until it is let go.
pub struct HeldBack {
    ignored: bool,
}

/// The mask in which SIGPIPE alone is set.
const PIPE_MASK: [u64; 1] = [1 << (SIGPIPE - 1)];

/// Lets SIGPIPE wait.
pub fn hold_back_sigpipe() -> HeldBack {
    const BLOCK: usize = 0;
    let mut action = [0_usize; 4];
    let signal = usize::from(SIGPIPE);
    // SAFETY: the kernel writes one `struct sigaction`: a handler, flags, perhaps a restorer, a mask of 8 bytes.
    let told = unsafe { call(numbers::SIGACTION, [signal, 0, action.as_mut_ptr() as usize, 8, 0]) };
    // SAFETY: the kernel reads a mask of 8 bytes.
    let _ = unsafe { call(numbers::SIGPROCMASK, [BLOCK, PIPE_MASK.as_ptr() as usize, 0, 8, 0]) };
    HeldBack { ignored: told.is_ok() && action[0] == 1 }
}

impl HeldBack {
    /// Whether the caller ignores the signal, and its calls with it.
    pub fn is_ignored(&self) -> bool {
        self.ignored
    }

    /// Lets it come: whoever wrote into a pipe that nobody reads dies here.
    pub fn let_go(&self) {
        const UNBLOCK: usize = 1;
        // SAFETY: the kernel reads a mask of 8 bytes.
        let _ = unsafe { call(numbers::SIGPROCMASK, [UNBLOCK, PIPE_MASK.as_ptr() as usize, 0, 8, 0]) };
    }
}
