//! The job `--all`: every part that is built, one after another, in the order of the status block.

use std::sync::Arc;

use crate::bash::Witness;
use crate::event::Event;
use crate::lint::Linter;
use crate::repo::Project;
use crate::run::gauntlet::{self, Request, Worlds};
use crate::run::guard;
use crate::run::lint::{Extent, lint};
use crate::run::{Sink, Stop};

/// Runs every part; the user's wish to stop ends it between two parts too.
pub fn all(
    project: &Project,
    linter: Linter,
    witness: &dyn Witness,
    worlds: &Arc<dyn Worlds>,
    stop: &Stop,
    sink: &mut Sink<'_>,
) {
    lint(project, &Extent::project(), linter, witness, stop, sink);
    if stop.wanted() {
        return sink(Event::Interrupted { not_run: vec!["every harness".to_owned()] });
    }
    guard::guard(project, witness, sink);
    gauntlet::run(project, &Request::default(), witness, worlds, stop, sink);
}
