//! The job `--all`: every part that is built, one after another, in the order of the status block.

use std::sync::Arc;

use crate::repo::Project;
use crate::run::gauntlet::{self, Request, Worlds};
use crate::run::lint::{Check, lint};
use crate::run::{Sink, Stop};

/// Runs every part; the user's wish to stop ends it between two parts too.
pub fn all(project: &Project, check: &dyn Check, worlds: &Arc<dyn Worlds>, stop: &Stop, sink: &mut Sink<'_>) {
    lint(project, &[], check, stop, sink);
    if !stop.wanted() {
        gauntlet::run(project, &Request::default(), worlds, stop, sink);
    }
}
