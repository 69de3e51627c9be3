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
}

impl From<MinimumRung> for Rung {
    fn from(rung: MinimumRung) -> Self {
        match rung {
            MinimumRung::S1 => Self::S1,
            MinimumRung::S2 => Self::S2,
            MinimumRung::S3 => Self::S3,
        }
    }
}
