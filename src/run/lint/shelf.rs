//! The scripts that other scripts source, each read once: from the disk, or from the index where that is what counts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::bash::syntax::Script;
use crate::bash::{self, Witness};
use crate::facts::{Library, Sourced};
use crate::lint::dialect;
use crate::lint::kept::Digest;
use crate::repo::changes::Changes;
use crate::repo::{Project, read};
use crate::source::{RepoPath, SourceText};

use super::memory::Listener;

/// Finds what scripts source.
pub(in crate::run) struct Shelf<'a> {
    project: &'a Project,
    pub(in crate::run) witness: &'a dyn Witness,
    /// Where what is staged counts, and not what lies on the disk.
    changes: Option<&'a Mutex<Changes>>,
    scripts: Mutex<HashMap<RepoPath, Option<Arc<Sourced>>>>,
    digests: Mutex<HashMap<RepoPath, Text>>,
}

/// The second parser was silent about a text: what follows from it may be otherwise next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unsure;

/// What is known of a text that can be sourced.
#[derive(Debug, Clone, Copy)]
enum Text {
    /// There is none.
    Missing,
    /// The hash of it.
    Known(Digest),
    /// See [`Unsure`].
    Unsure,
}

impl<'a> Shelf<'a> {
    pub(in crate::run) fn new(project: &'a Project, witness: &'a dyn Witness) -> Self {
        Self { project, witness, changes: None, scripts: Mutex::default(), digests: Mutex::default() }
    }

    pub(in crate::run) fn of_changes(
        project: &'a Project,
        witness: &'a dyn Witness,
        changes: &'a Mutex<Changes>,
    ) -> Self {
        Self { changes: Some(changes), ..Self::new(project, witness) }
    }

    fn text(&self, path: &RepoPath) -> Option<SourceText> {
        if path.as_str().split('/').any(|part| part == "..") {
            return None;
        }
        let outside = path.as_str().starts_with('/');
        if let Some(changes) = self.changes {
            let mut changes = changes.lock().unwrap_or_else(PoisonError::into_inner);
            if changes.is_staged() {
                if outside {
                    return None;
                }
                let bytes = changes.in_index(path)?;
                return Some(SourceText::new(path.clone(), read::decode(bytes).ok()?));
            }
        }
        // Only a script outside the project asks for what lies outside: it was named, and so is what belongs to it.
        read::text(path.clone(), &self.project.root().join(path.as_str())).ok()
    }

    fn read(&self, path: &RepoPath) -> Option<Script> {
        let source = self.text(path);
        let Some(source) = source else {
            self.note(path, Text::Missing);
            return None;
        };
        let dialect = dialect(source.text(), path.as_str());
        let witness = Listener::new(self.witness);
        let script = bash::read(source.text(), dialect, &witness).script;
        self.note(path, if witness.heard_silence() { Text::Unsure } else { Text::of(&source) });
        Some(script)
    }

    /// The hash of the text at `path`; `None` where there is none.
    pub(super) fn digest(&self, path: &RepoPath) -> Result<Option<Digest>, Unsure> {
        let known = self.digests.lock().unwrap_or_else(PoisonError::into_inner).get(path).copied();
        let text = known.unwrap_or_else(|| {
            let text = self.text(path).as_ref().map_or(Text::Missing, Text::of);
            self.note(path, text);
            text
        });
        match text {
            Text::Missing => Ok(None),
            Text::Known(digest) => Ok(Some(digest)),
            Text::Unsure => Err(Unsure),
        }
    }

    fn note(&self, path: &RepoPath, text: Text) {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone(), text);
    }
}

impl Text {
    fn of(source: &SourceText) -> Self {
        Self::Known(*blake3::hash(source.text().as_bytes()).as_bytes())
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

    fn is_checked(&self, path: &RepoPath) -> bool {
        !path.as_str().starts_with('/') && !self.project.settings().exclude.matches(path.as_str())
    }
}
