//! The threads that check files.

use std::num::NonZeroUsize;

use rayon::{ThreadPoolBuildError, ThreadPoolBuilder};

/// Stack of each thread, in bytes: a script is followed by recursion, through its functions too. Only what is used of it
/// takes memory.
const STACK_BYTES: usize = 64 << 20;

/// Starts the threads: so many, or one for each core. Fails where there are some already.
pub fn start(jobs: Option<NonZeroUsize>) -> Result<(), ThreadPoolBuildError> {
    let threads = jobs.map_or(0, NonZeroUsize::get);
    ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build_global()
}
