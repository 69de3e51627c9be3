//! Secrets on the argv of commands in sourced files: where such a file is checked itself and shows the exposure, it is that
//! file's, and whoever calls it has nothing to mend.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::source::{RepoPath, Span};

use super::super::observe::Observations;
use super::super::walk::{Arenas, Walk};
use super::super::{Context, ids};
use super::Sourced;

/// The commands of a file that show a secret to whoever checks the file by itself.
pub(super) type Own = OnceLock<BTreeSet<Span>>;

/// Takes out of what was seen in a script the exposures that the files have which it sources.
pub(in crate::facts) fn leave_to_their_files(seen: &mut Observations, context: &Context<'_>) {
    for observation in &mut seen.list {
        let Some((path, span)) = observation.origin.take() else { continue };
        if !context.library.is_checked(&path) {
            continue;
        }
        let Some(sourced) = context.library.script(&path) else { continue };
        if sourced.exposures(&path, context).contains(&span) {
            observation.exposed.clear();
        }
    }
}

impl Sourced {
    fn exposures(&self, path: &RepoPath, context: &Context<'_>) -> &BTreeSet<Span> {
        self.exposures.get_or_init(|| {
            let arenas = Arenas::default();
            let mut walk = Walk::new(&arenas, context, path, ids::extent(&self.script));
            walk.whole_script(&self.script);
            let shown =
                walk.observations.list.iter().filter(|seen| !seen.elsewhere && !seen.exposed.is_empty());
            shown.map(|seen| seen.at).collect()
        })
    }
}
