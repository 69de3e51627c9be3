//! A rung, as it is typed.

use clap::ValueEnum;

use crate::event::Rung;

/// The weakest sandbox that will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum MinimumRung {
    /// Namespaces, as root.
    S1,
    /// Namespaces through an unprivileged user namespace.
    S2,
    /// Namespaces that the program bwrap makes.
    S3,
    /// Landlock and seccomp: what lies outside of the world is denied, not replaced.
    S4,
    /// PATH only: what a script does not call by its bare name, it does to this machine.
    S5,
}

impl From<MinimumRung> for Rung {
    fn from(rung: MinimumRung) -> Self {
        match rung {
            MinimumRung::S1 => Self::S1,
            MinimumRung::S2 => Self::S2,
            MinimumRung::S3 => Self::S3,
            MinimumRung::S4 => Self::S4,
            MinimumRung::S5 => Self::S5,
        }
    }
}
