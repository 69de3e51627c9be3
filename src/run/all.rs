//! The job `--all`: every part that is built, one after another, in the order of the status block. What it told is kept
//! for `status`.

use std::sync::Arc;

use crate::bash::Witness;
use crate::event::Event;
use crate::lint::Linter;
use crate::repo::Project;
use crate::report::kept::Lines;
use crate::run::gauntlet::{self, Request, Worlds};
use crate::run::guard;
use crate::run::lint::{Extent, lint};
use crate::run::status::Shelf;
use crate::run::{Sink, Stop};

/// What the parts are run with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The second parser.
    pub witness: &'a dyn Witness,
    /// Where harnesses run.
    pub worlds: &'a Arc<dyn Worlds>,
    /// The user's wish to stop.
    pub stop: &'a Stop,
}

/// Runs every part; the user's wish to stop ends it between two parts too. `today` is the date, and
/// `extent` is the project, its record asked of the tree or of a branch.
pub fn all(
    project: &Project,
    extent: &Extent,
    linter: Linter,
    today: &str,
    means: &Means<'_>,
    sink: &mut Sink<'_>,
) {
    let Means { witness, worlds, stop } = *means;
    // The tree as it is now: what changes while this runs is another tree.
    let shelf = Shelf::of(project, today);
    let mut told = Lines::default();
    let mut listen = |event: Event| {
        told.add(&event);
        sink(event);
    };
    lint(project, extent, linter, witness, stop, &mut listen);
    if stop.wanted() {
        return listen(Event::Interrupted { by: stop.by(), not_run: vec!["every harness".to_owned()] });
    }
    guard::guard(project, witness, &mut listen);
    gauntlet::run(project, &Request::default(), witness, worlds, stop, &mut listen);
    // What was told of a branch is not what is told of the tree.
    let whole = matches!(extent, Extent::Paths(_));
    if let (Ok(shelf), false, true) = (shelf, stop.wanted(), whole) {
        shelf.keep(project, today, told);
    }
}
