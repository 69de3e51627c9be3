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
    /// The tool's own answer that what was asked for is not there.
    Absent,
    /// The tool's own failure to reach or to log in to whom it asks.
    Unreachable,
    /// Exit 0 and no output.
    Empty,
    /// Exit 0 and the first half of the output.
    Truncated,
    /// Exit 0 and something else than what was asked for: the error page of a proxy.
    Garbage,
    /// The reply is padded over the pipe's capacity, so that a consumer that closes early kills the producer.
    Sigpipe,
    /// What the tool writes into the world is written in part: the disk is full.
    DiskFull,
    /// The script gets a signal while the call runs.
    Interrupt(Interruption),
    /// The tool does not answer before the time limit of its call.
    Hang,
}

/// The signal that interrupts a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interruption {
    /// SIGINT, as from a terminal: to the script and what it runs.
    Int,
    /// SIGTERM, as from `kill`: to the script alone.
    Term,
    /// SIGHUP, as from a terminal that goes away: to the script and what it runs.
    Hup,
}

impl FaultKind {
    /// Every kind, in the order in which a sweep tries them.
    pub const ALL: [Self; 14] = [
        Self::Exit,
        Self::Signal,
        Self::Missing,
        Self::Absent,
        Self::Unreachable,
        Self::Empty,
        Self::Truncated,
        Self::Garbage,
        Self::Sigpipe,
        Self::DiskFull,
        Self::Interrupt(Interruption::Int),
        Self::Interrupt(Interruption::Term),
        Self::Interrupt(Interruption::Hup),
        Self::Hang,
    ];

    /// The word of reports and harness files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Signal => "signal",
            Self::Missing => "missing",
            Self::Absent => "absent",
            Self::Unreachable => "unreachable",
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::Garbage => "garbage",
            Self::Sigpipe => "sigpipe",
            Self::DiskFull => "disk-full",
            Self::Interrupt(_) => "interrupt",
            Self::Hang => "hang",
        }
    }

    /// The part of a trial's id: the word, and the signal of an interrupt.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Interrupt(Interruption::Int) => "interrupt-int",
            Self::Interrupt(Interruption::Term) => "interrupt-term",
            Self::Interrupt(Interruption::Hup) => "interrupt-hup",
            _ => self.word(),
        }
    }

    /// Whether only the trial shows if there is such a fault: whether a reader closes early, whether a script ignores
    /// a signal.
    pub fn may_not_apply(self) -> bool {
        matches!(self, Self::Sigpipe | Self::Interrupt(_))
    }
}

impl Interruption {
    /// The name of the signal.
    pub fn signal(self) -> &'static str {
        match self {
            Self::Int => "SIGINT",
            Self::Term => "SIGTERM",
            Self::Hup => "SIGHUP",
        }
    }

    /// Its number.
    pub fn number(self) -> i32 {
        match self {
            Self::Int => 2,
            Self::Term => 15,
            Self::Hup => 1,
        }
    }

    /// Whether what the script runs gets it too.
    pub fn reaches_the_call(self) -> bool {
        self != Self::Term
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
    /// A second run after a success: no mutation.
    Idempotent,
}

impl FreeTrial {
    /// The word of reports and ids.
    pub fn word(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::WrongPhrase => "wrong-phrase",
            Self::MalformedId => "malformed-id",
            Self::Canary => "canary",
            Self::Idempotent => "idempotent",
        }
    }
}
