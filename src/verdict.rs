//! The words of the verdict table. What earns which is judged in `trial`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a trial showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Non-zero exit, no mutation after the fault, no claim of success.
    Propagated,
    /// Exit 0, and the harness declares this recovery with its reason.
    Recovered,
    /// A free trial, or a green run, that did what it must.
    Passed,
    /// Exit 0 as if nothing had happened.
    Swallowed,
    /// A mutating call came after the fault.
    MutatedAfter,
    /// The output claims success after the fault.
    ClaimedSuccess,
    /// A file is left that the harness says must not be.
    Residue,
    /// The script outlived its deadline.
    Hung,
    /// The planned fault never happened.
    NotFired,
    /// The trace differs before the fault.
    Diverged,
    /// A canary secret appeared in an argv, in output or in a file.
    Leaked,
    /// An unplanned command ran.
    Escaped,
    /// The green run did not meet an expectation, or a free trial did what it must not.
    Failed,
    /// A call of the green run that no stub answers.
    Unstubbed,
    /// A call that the harness expects never came.
    Unmet,
    /// Two green runs made different calls.
    Nondeterministic,
    /// Not run, because the green run is red.
    Skipped,
}

impl Verdict {
    /// Whether the verdict makes the run red.
    pub fn is_red(self) -> bool {
        !matches!(self, Self::Propagated | Self::Recovered | Self::Passed)
    }

    /// The word of reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Propagated => "propagated",
            Self::Recovered => "recovered",
            Self::Passed => "passed",
            Self::Swallowed => "swallowed",
            Self::MutatedAfter => "mutated-after",
            Self::ClaimedSuccess => "claimed-success",
            Self::Residue => "residue",
            Self::Hung => "hung",
            Self::NotFired => "not-fired",
            Self::Diverged => "diverged",
            Self::Leaked => "leaked",
            Self::Escaped => "escaped",
            Self::Failed => "failed",
            Self::Unstubbed => "unstubbed",
            Self::Unmet => "unmet",
            Self::Nondeterministic => "nondeterministic",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
