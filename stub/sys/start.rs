//! The first instructions of the program, its memory, and how the kernel is called.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::{asm, global_asm};
use core::ffi::{CStr, c_char};
use core::sync::atomic::{AtomicUsize, Ordering};

use std::ffi::CString;
use std::format;
use std::vec::Vec;

use super::Errno;

// The kernel leaves the words and the environment on the stack.
#[cfg(target_arch = "x86_64")]
global_asm!(".globl _start", "_start:", "xor %ebp, %ebp", "mov %rsp, %rdi", "and $-16, %rsp", "call {0}", sym begin, options(att_syntax));
#[cfg(target_arch = "aarch64")]
global_asm!(".globl _start", "_start:", "mov x29, xzr", "mov x0, sp", "bl {0}", sym begin);

/// Numbers of calls (`asm/unistd.h`).
#[cfg(target_arch = "x86_64")]
pub mod numbers {
    pub const READ: usize = 0;
    pub const WRITE: usize = 1;
    pub const CLOSE: usize = 3;
    pub const MMAP: usize = 9;
    pub const SIGACTION: usize = 13;
    pub const SIGPROCMASK: usize = 14;
    pub const SOCKET: usize = 41;
    pub const CONNECT: usize = 42;
    pub const EXECVE: usize = 59;
    pub const FCNTL: usize = 72;
    pub const GETCWD: usize = 79;
    pub const EXIT_GROUP: usize = 231;
    pub const READLINKAT: usize = 267;
    pub const FACCESSAT: usize = 269;
    pub const PPOLL: usize = 271;
    pub const STATX: usize = 332;
}

/// Numbers of calls (`asm-generic/unistd.h`).
#[cfg(target_arch = "aarch64")]
pub mod numbers {
    pub const GETCWD: usize = 17;
    pub const FCNTL: usize = 25;
    pub const FACCESSAT: usize = 48;
    pub const CLOSE: usize = 57;
    pub const READ: usize = 63;
    pub const WRITE: usize = 64;
    pub const PPOLL: usize = 73;
    pub const READLINKAT: usize = 78;
    pub const EXIT_GROUP: usize = 94;
    pub const SIGACTION: usize = 134;
    pub const SIGPROCMASK: usize = 135;
    pub const SOCKET: usize = 198;
    pub const CONNECT: usize = 203;
    pub const EXECVE: usize = 221;
    pub const MMAP: usize = 222;
    pub const STATX: usize = 291;
}

/// Calls the kernel.
///
/// # Safety
/// What the call of that number does to the memory that its words name must be sound.
pub unsafe fn call(number: usize, words: [usize; 5]) -> Result<usize, Errno> {
    // SAFETY: the caller's.
    answer(unsafe { raw(number, [words[0], words[1], words[2], words[3], words[4], 0]) })
}

fn answer(told: isize) -> Result<usize, Errno> {
    // The kernel's errors are -4095 to -1.
    match i32::try_from(told) {
        Ok(error @ -4095..=-1) => Err(Errno(-error)),
        _ => Ok(told.cast_unsigned()),
    }
}

#[cfg(target_arch = "x86_64")]
unsafe fn raw(number: usize, words: [usize; 6]) -> isize {
    let told: isize;
    // SAFETY: the kernel changes no register but these; what it does to memory is the caller's.
    unsafe {
        asm!(
            "syscall", inlateout("rax") number => told,
            in("rdi") words[0], in("rsi") words[1], in("rdx") words[2],
            in("r10") words[3], in("r8") words[4], in("r9") words[5],
            lateout("rcx") _, lateout("r11") _, options(nostack),
        );
    }
    told
}

#[cfg(target_arch = "aarch64")]
unsafe fn raw(number: usize, words: [usize; 6]) -> isize {
    let told: isize;
    // SAFETY: the kernel changes no register but this one; what it does to memory is the caller's.
    unsafe {
        asm!(
            "svc 0", in("x8") number, inlateout("x0") words[0] => told,
            in("x1") words[1], in("x2") words[2], in("x3") words[3], in("x4") words[4], in("x5") words[5],
            options(nostack),
        );
    }
    told
}

/// The words and the environment of this process, as the kernel left them.
pub struct Process {
    argv: &'static [*const c_char],
    environment: &'static [*const c_char],
}

impl Process {
    /// The words that it was started with.
    pub fn argv(&self) -> impl Iterator<Item = &'static [u8]> {
        self.argv.iter().map(|word| bytes(*word))
    }

    /// The value of a variable.
    pub fn variable(&self, name: &str) -> Option<&'static [u8]> {
        self.environment.iter().find_map(|entry| bytes(*entry).strip_prefix(name.as_bytes())?.strip_prefix(b"="))
    }

    /// Becomes another program, with its own words and environment but for these variables. Returns where it cannot.
    pub fn become_program(&self, path: &str, changes: &[(&str, Option<&str>)]) -> Errno {
        const NONE: *const c_char = core::ptr::null();
        let text = |text: &str| CString::new(text).unwrap_or_default();
        let path = text(path);
        let added: Vec<CString> = changes
            .iter()
            .filter_map(|(name, value)| value.map(|value| text(&format!("{name}={value}"))))
            .collect();
        let is_changed = |entry: *const c_char| {
            let name = bytes(entry).split(|byte| *byte == b'=').next();
            changes.iter().any(|(changed, _)| name == Some(changed.as_bytes()))
        };
        let kept = self.environment.iter().copied().filter(|entry| !is_changed(*entry));
        let environment: Vec<*const c_char> =
            kept.chain(added.iter().map(|entry| entry.as_ptr())).chain([NONE]).collect();
        let argv: Vec<*const c_char> = self.argv.iter().copied().chain([NONE]).collect();
        let words = [path.as_ptr() as usize, argv.as_ptr() as usize, environment.as_ptr() as usize, 0, 0];
        // SAFETY: the path ends with a zero, both lists end with null, what they name lives on.
        unsafe { call(numbers::EXECVE, words) }.err().unwrap_or(Errno(0))
    }
}

fn bytes(text: *const c_char) -> &'static [u8] {
    // SAFETY: words and variables end with a zero, and stay where the kernel left them; nothing writes there.
    unsafe { CStr::from_ptr(text) }.to_bytes()
}

/// The program from its first instruction on. The stack begins with the number of words, the words, null, the environment,
/// null (`execve(2)`, System V ABI).
///
/// # Safety
/// `stack` is where the stack was when the process began.
unsafe extern "C" fn begin(stack: *const usize) -> ! {
    // SAFETY: the layout above.
    let process = unsafe {
        let count = *stack;
        let argv = stack.add(1).cast::<*const c_char>();
        let environment = argv.add(count + 1);
        let mut variables = 0;
        while !(*environment.add(variables)).is_null() {
            variables += 1;
        }
        Process {
            argv: core::slice::from_raw_parts(argv, count),
            environment: core::slice::from_raw_parts(environment, variables),
        }
    };
    exit(crate::main(&process))
}

fn exit(code: u8) -> ! {
    loop {
        // SAFETY: no memory is named.
        let _ = unsafe { call(numbers::EXIT_GROUP, [code.into(), 0, 0, 0, 0]) };
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    exit(crate::BROKEN)
}

/// Memory that is taken and never given back: the process is gone in no time.
struct Heap {
    next: AtomicUsize,
    end: AtomicUsize,
}

#[global_allocator]
static HEAP: Heap = Heap { next: AtomicUsize::new(0), end: AtomicUsize::new(0) };

/// So much is asked of the kernel at least; what is not written to costs nothing.
const PIECE: usize = 1 << 20;

// SAFETY: every piece is handed out once, as large and as aligned as it was asked for.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // There is one thread.
        let aligned = |at: usize| at.next_multiple_of(layout.align());
        let mut start = aligned(self.next.load(Ordering::Relaxed));
        if start.saturating_add(layout.size()) > self.end.load(Ordering::Relaxed) {
            const READ_WRITE: usize = 1 | 2;
            const PRIVATE_ANONYMOUS: usize = 2 | 0x20;
            let size = (layout.size() + layout.align()).max(PIECE);
            let words = [0, size, READ_WRITE, PRIVATE_ANONYMOUS, usize::MAX, 0];
            // SAFETY: the kernel chooses a place where nothing is.
            let Ok(piece) = answer(unsafe { raw(numbers::MMAP, words) }) else { return core::ptr::null_mut() };
            self.end.store(piece + size, Ordering::Relaxed);
            start = aligned(piece);
        }
        self.next.store(start + layout.size(), Ordering::Relaxed);
        start as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let start = place as usize;
        let is_last = start + layout.size() == self.next.load(Ordering::Relaxed);
        if is_last && start.saturating_add(size) <= self.end.load(Ordering::Relaxed) {
            self.next.store(start + size, Ordering::Relaxed);
            return place;
        }
        // SAFETY: the caller's; the new size is sound with the same alignment.
        let larger = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !larger.is_null() {
            // SAFETY: both are ours, and at least as long as the shorter of both sizes.
            unsafe { core::ptr::copy_nonoverlapping(place, larger, layout.size().min(size)) };
        }
        larger
    }
}

/// What the compiler calls instead of copying itself. `build.rs` forbids it to make these calls of themselves.
mod memory {
    /// Copies `count` bytes between places that do not overlap.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
        // SAFETY: the caller's; an overlap does no harm.
        unsafe { memmove(to, from, count) }
    }

    /// Copies `count` bytes.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
        let backwards = (from as usize) < (to as usize);
        for step in 0..count {
            let at = if backwards { count - 1 - step } else { step };
            // SAFETY: the caller's.
            unsafe { *to.add(at) = *from.add(at) };
        }
        to
    }

    /// Sets `count` bytes.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
        for at in 0..count {
            // SAFETY: the caller's.
            unsafe { *to.add(at) = byte.to_ne_bytes()[if cfg!(target_endian = "little") { 0 } else { 3 }] };
        }
        to
    }

    /// Compares `count` bytes.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
        for at in 0..count {
            // SAFETY: the caller's.
            let (left, right) = unsafe { (*left.add(at), *right.add(at)) };
            if left != right {
                return i32::from(left) - i32::from(right);
            }
        }
        0
    }

    /// Whether `count` bytes differ.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, count: usize) -> i32 {
        // SAFETY: the caller's.
        unsafe { memcmp(left, right, count) }
    }

    /// The length of a text that ends with a zero.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn strlen(text: *const core::ffi::c_char) -> usize {
        let mut length = 0;
        // SAFETY: the caller's.
        while unsafe { *text.add(length) } != 0 {
            length += 1;
        }
        length
    }
}
