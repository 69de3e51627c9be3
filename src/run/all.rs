//! The job `--all`: every part that is built, one after another, in the order of the status block.

use crate::repo::Project;
use crate::run::lint::{Check, lint};
use crate::run::{Sink, Stop};

/// Runs every part; the user's wish to stop ends it between two parts too.
pub fn all(project: &Project, check: &dyn Check, stop: &Stop, sink: &mut Sink<'_>) {
    lint(project, &[], check, stop, sink);
}
