//! What can be made to go wrong in a trial, and how often.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The tool's usual failure: its exit code and a line on stderr.
    Exit,
    /// The tool is killed (SIGKILL).
    Signal,
    /// The tool is not there (127).
    Missing,
    /// Exit 0 and no output.
    Empty,
    /// The reply is padded over the pipe's capacity, so that a consumer that closes early kills the producer.
    Sigpipe,
}

impl FaultKind {
    /// Every kind, in the order in which a sweep tries them.
    pub const ALL: [Self; 5] = [Self::Exit, Self::Signal, Self::Missing, Self::Empty, Self::Sigpipe];

    /// The word of reports, ids and harness files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Signal => "signal",
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::Sigpipe => "sigpipe",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How long a fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Persistence {
    /// One call fails.
    Once,
    /// That call fails, and every later one with the same words from the same line.
    Forever,
}

impl Persistence {
    /// The word of reports and ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Forever => "forever",
        }
    }
}

/// A trial that every harness gets without its author writing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FreeTrial {
    /// Without `--apply`: no mutation.
    Audit,
    /// Another typed phrase: no mutation.
    WrongPhrase,
    /// A malformed id: no mutation and a non-zero exit.
    MalformedId,
    /// No canary secret in an argv, in output or in a file.
    Canary,
}

impl FreeTrial {
    /// The word of reports and ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::WrongPhrase => "wrong-phrase",
            Self::MalformedId => "malformed-id",
            Self::Canary => "canary",
        }
    }
}
