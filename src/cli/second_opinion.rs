//! The second parser for whoever reads scripts: in processes of its own, and said on stderr where that cannot be.

use crate::cli::output;
use crate::witness::{Contained, Limits, WithoutWorker};

/// The witness of a command.
///
/// Where no process can be started the command goes on with the parser inside of it: a crash would then end it, but
/// with an exit code that is not 0, so nothing is taken for clean.
pub fn witness() -> Contained {
    Contained::new(Limits::default(), WithoutWorker::ReadHere, |reason| {
        output::say(&format!(
            "warning: the second parser could not get a process of its own ({reason}): it runs inside this one, and \
             should it crash on a script, this run ends with it"
        ));
    })
}
