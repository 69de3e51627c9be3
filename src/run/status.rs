//! The job `status`: runs nothing, and tells again what the last `--all` on this very tree told.

use crate::event::Event;
use crate::repo::store::{Store, program};
use crate::repo::{Project, read, tree};
use crate::report::kept::{self, Lines};
use crate::run::Sink;
use crate::run::gauntlet::{Request, stamp};

/// So many trees of a project are remembered.
const TREES: usize = 16;

/// Where what `--all` told is kept, and under which key.
#[derive(Debug)]
pub struct Shelf {
    store: Store,
    key: String,
}

impl Shelf {
    /// The place of this tree, of this program and of this day where that matters; an error where there is none.
    pub fn of(project: &Project, today: &str) -> Result<Self, String> {
        let store = Store::open(project.root(), "status", TREES)
            .ok_or("there is no folder to keep results in: set HOME or XDG_CACHE_HOME")?;
        let tree = tree::read(project.root())?;
        // What harnesses name may lie outside of what git knows.
        let plan = stamp(project, &Request::default())
            .map_or_else(|(what, reason)| format!("{what}: {reason}"), |stamp| stamp.plan);
        let day = if tree.dated { today } else { "any day" };
        Ok(Self { store, key: format!("{}\n{}\n{plan}\n{day}", program(), tree.hash) })
    }

    /// Keeps what was told. Only where the tree is still the same it is the truth.
    pub fn keep(&self, project: &Project, today: &str, told: Lines) {
        if Self::of(project, today).is_ok_and(|now| now.key == self.key) {
            self.store.put(&self.key, &told.into_bytes());
        }
    }
}

/// Tells what was kept.
pub fn status(project: &Project, today: &str, sink: &mut Sink<'_>) {
    let not_run = |reason: String| Event::NotChecked { what: "not run:".to_owned(), reason };
    let shelf = match Shelf::of(project, today) {
        Ok(shelf) => shelf,
        Err(reason) => return sink(not_run(reason)),
    };
    let text =
        |path: &crate::source::RepoPath| read::text(path.clone(), &project.root().join(path.as_str())).ok();
    let kept = shelf.store.get(&shelf.key).and_then(|bytes| kept::revive(&bytes, &text));
    match kept {
        Some(events) => events.into_iter().for_each(sink),
        None => sink(not_run(
            "nothing is known of this tree as it is with this gauntlet: run `gauntlet --all`".to_owned(),
        )),
    }
}
