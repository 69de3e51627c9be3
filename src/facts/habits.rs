//! Whether a script leans on options that are not in force: what would change if `nounset` or `pipefail` were.
//!
//! It errs on one side only: a script that might lean on them is said to.

mod aware;
mod bound;
mod names;
mod pipelines;
mod told;
mod unset;

use crate::bash::syntax::Script;

/// What a script leans on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    /// It may expand a variable that is not set.
    pub unset: bool,
    /// A pipeline's status decides something, and another command than the last has a part in it under `pipefail`.
    pub pipelines: bool,
    /// It looks at the options, at who runs it, or takes away what is taken for granted here.
    pub aware: bool,
}

/// What `script` leans on. With `errexit`, the status of every pipeline decides whether it goes on.
pub fn habits(script: &Script, errexit: bool) -> Habits {
    Habits {
        unset: unset::may_be(script),
        pipelines: pipelines::decide(script, errexit),
        aware: aware::of(script).depends,
    }
}

/// Whether `script` reads its own text, so that a line more changes what it does.
pub fn reads_itself(script: &Script) -> bool {
    aware::of(script).reads_itself
}
