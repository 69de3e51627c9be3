//! The scripts that other scripts source, each read once: from the disk, or from the index where that is what counts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::bash::syntax::Script;
use crate::bash::{self, Witness};
use crate::facts::{Library, Sourced};
use crate::lint::dialect;
use crate::repo::changes::Changes;
use crate::repo::{Project, read};
use crate::source::{RepoPath, SourceText};

/// Finds what scripts source.
pub(in crate::run) struct Shelf<'a> {
    project: &'a Project,
    pub(in crate::run) witness: &'a dyn Witness,
    /// Where what is staged counts, and not what lies on the disk.
    changes: Option<&'a Mutex<Changes>>,
    scripts: Mutex<HashMap<RepoPath, Option<Arc<Sourced>>>>,
}

impl<'a> Shelf<'a> {
    pub(in crate::run) fn new(project: &'a Project, witness: &'a dyn Witness) -> Self {
        Self { project, witness, changes: None, scripts: Mutex::default() }
    }

    pub(in crate::run) fn of_changes(
        project: &'a Project,
        witness: &'a dyn Witness,
        changes: &'a Mutex<Changes>,
    ) -> Self {
        Self { changes: Some(changes), ..Self::new(project, witness) }
    }

    fn text(&self, path: &RepoPath) -> Option<SourceText> {
        if let Some(changes) = self.changes {
            let mut changes = changes.lock().unwrap_or_else(PoisonError::into_inner);
            if changes.is_staged() {
                let bytes = changes.in_index(path)?;
                return Some(SourceText::new(path.clone(), read::decode(bytes).ok()?));
            }
        }
        read::text(path.clone(), &self.project.root().join(path.as_str())).ok()
    }

    fn read(&self, path: &RepoPath) -> Option<Script> {
        // What lies outside the project is not this project's to vouch for.
        if path.as_str().starts_with('/') || path.as_str().split('/').any(|part| part == "..") {
            return None;
        }
        let source = self.text(path)?;
        let dialect = dialect(source.text(), path.as_str());
        Some(bash::read(source.text(), dialect, self.witness).script)
    }
}

impl Library for Shelf<'_> {
    fn script(&self, path: &RepoPath) -> Option<Arc<Sourced>> {
        let known =
            |shelf: &Self| shelf.scripts.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(script) = known(self) {
            return script;
        }
        // Whoever is first to put it there wins: all share one summary.
        let script = self.read(path).map(|script| Arc::new(Sourced::new(script)));
        let mut scripts = self.scripts.lock().unwrap_or_else(PoisonError::into_inner);
        scripts.entry(path.clone()).or_insert(script).clone()
    }
}
