//! The threads that check files.

use std::num::NonZeroUsize;

use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};

/// Stack of each thread, in bytes: a script is followed by recursion, through its functions too. Only what is used of it
/// takes memory.
const STACK_BYTES: usize = 64 << 20;

/// More at the same time only take memory.
const MOST: usize = 256;

/// What `--jobs` was given.
pub fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    let jobs: NonZeroUsize = text.parse().map_err(|_| format!("give a number from 1 to {MOST}"))?;
    if jobs.get() > MOST { Err(format!("at most {MOST} run at the same time")) } else { Ok(jobs) }
}

/// Starts the threads: so many, or one for each core. Fails where there are some already.
pub fn start(jobs: Option<NonZeroUsize>) -> Result<(), ThreadPoolBuildError> {
    let threads = jobs.map_or(0, NonZeroUsize::get);
    ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build_global()
}
