//! What a trial may use: processes, memory, processor time, descriptors.
//!
//! The kernel's own limits come first. What they do not bound for a whole trial (memory, and processes where the kernel is
//! old) is looked at from time to time; `/proc` shows the trial's own processes only.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, setrlimit};

use super::{kin, root};

/// Processes of one trial.
const PROCESSES: usize = 500;
/// Process numbers of one trial: a bound that a fork bomb cannot outrun.
const NUMBERS: &str = "2048";
/// The first Linux in which each pid namespace has process numbers of its own: before, this would change the host.
const OWN_NUMBERS: (u32, u32) = (6, 14);
/// Processes of the script's user, where he is not root.
const OF_THE_USER: u64 = 8000;
/// Memory of all of them.
const MEMORY_BYTES: u64 = 1024 * 1024 * 1024;
/// Address space of each.
const ADDRESSES_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Processor time of each, in seconds.
const CPU_SECONDS: u64 = 120;
/// Descriptors of each.
const DESCRIPTORS: u64 = 1024;
/// How often it is looked.
const EVERY: Duration = Duration::from_millis(50);

/// Bounds every process that this one starts.
pub(super) fn bound() -> nix::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    for (resource, most) in [
        (Resource::RLIMIT_AS, ADDRESSES_BYTES),
        (Resource::RLIMIT_CPU, CPU_SECONDS),
        (Resource::RLIMIT_NOFILE, DESCRIPTORS),
        (Resource::RLIMIT_NPROC, OF_THE_USER),
    ] {
        // What the runner itself was given may be less.
        let (_, hard) = nix::sys::resource::getrlimit(resource)?;
        let most = most.min(hard);
        setrlimit(resource, most, most)?;
    }
    Ok(())
}

/// Bounds the process numbers of this pid namespace, where it has some of its own. Returns whether it has.
pub(super) fn few_processes() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut parts = release.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    version >= OWN_NUMBERS && fs::write("/proc/sys/kernel/pid_max", NUMBERS).is_ok()
}

/// Looks whether a trial keeps within its bounds.
pub(super) struct Watchdog {
    looked: Instant,
}

impl Watchdog {
    pub fn new() -> Self {
        Self { looked: Instant::now() }
    }

    /// When it wants to look again.
    pub fn next(&self) -> Instant {
        self.looked + EVERY
    }

    /// Why the trial must end, where it must. It looks only when its time has come.
    pub fn objection(&mut self) -> Option<String> {
        if Instant::now() < self.next() {
            return None;
        }
        self.looked = Instant::now();
        let processes = processes()?;
        if processes.len() > PROCESSES {
            return Some(format!("more than {PROCESSES} processes"));
        }
        let pages: u64 = processes.iter().filter_map(|id| resident(*id)).sum();
        let bytes = pages.saturating_mul(4096);
        (bytes > MEMORY_BYTES).then(|| format!("more than {} MiB of memory", MEMORY_BYTES >> 20))
    }
}

/// The trial's processes.
fn processes() -> Option<Vec<u32>> {
    if !root::root().is_empty() {
        return Some(kin::descendants());
    }
    let numbers = fs::read_dir("/proc").ok()?.filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.to_str()?.parse::<u32>().ok()
    });
    Some(numbers.collect())
}

/// Pages of a process that are its own.
fn resident(id: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/statm")).ok()?;
    let mut words = text.split(' ').skip(1).map(|word| word.parse::<u64>().ok());
    let (resident, shared) = (words.next()??, words.next()??);
    Some(resident.saturating_sub(shared))
}
