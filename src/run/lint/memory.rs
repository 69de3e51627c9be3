//! What the lint before this one found, for the files on which nothing has changed since.
//!
//! A verdict is kept with the hash of every file that its script sources, or would have sourced, had it been there. One
//! that the second parser was silent about is not kept: it may be silent for once only.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Shelf;
use crate::bash::{Pending, Question, Silence, Testimony, Witness};
use crate::event::FileKind;
use crate::lint::kept::Digest;
use crate::lint::{Checked, Linter};
use crate::repo::Project;
use crate::repo::cache::{Dependency, Entry, Pack};
use crate::source::{RepoPath, SourceText};

/// What is known from before, and what is new.
pub(super) struct Memory {
    pack: Pack,
    fresh: Mutex<BTreeMap<String, Entry<'static>>>,
}

impl Memory {
    /// What is kept for these rules; `None` where nothing can be.
    pub(super) fn open(project: &Project, linter: &Linter) -> Option<Self> {
        Some(Self { pack: Pack::open(project.root(), &linter.digest())?, fresh: Mutex::default() })
    }

    /// Judges the file, or remembers what was found in it.
    pub(super) fn check(
        &self,
        source: &SourceText,
        kind: FileKind,
        linter: &Linter,
        library: &Shelf<'_>,
    ) -> Checked {
        let key = linter.key(source, kind);
        if let Some(checked) = self.recall(&key, source, kind, linter, library) {
            return checked;
        }
        let witness = Listener::new(library.witness);
        let checked = linter.check(source, kind, library, &witness);
        if !witness.heard_silence()
            && let Some(entry) = entry(key, &checked, library)
        {
            let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
            fresh.insert(source.path().to_string(), entry);
        }
        checked
    }

    fn recall(
        &self,
        key: &Digest,
        source: &SourceText,
        kind: FileKind,
        linter: &Linter,
        library: &Shelf<'_>,
    ) -> Option<Checked> {
        let (kept, sources, bytes) = self.pack.get(source.path().as_str())?;
        let same = |(path, digest): &Dependency| library.digest(&RepoPath::new(path.as_str())) == Ok(*digest);
        if kept != key || !sources.iter().all(same) {
            return None;
        }
        linter.revive(bytes, source.path(), kind)
    }

    /// Keeps what is new; of the old what these `files` hold, or all where they are not the whole project.
    pub(super) fn save(self, files: Option<&HashSet<&str>>) {
        let fresh = self.fresh.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.pack.save(fresh, |name| files.is_none_or(|files| files.contains(name)));
    }
}

fn entry(key: Digest, checked: &Checked, library: &Shelf<'_>) -> Option<Entry<'static>> {
    let source = |path: &RepoPath| Some((path.to_string(), library.digest(path).ok()?));
    let sources = checked.asked.iter().map(source).collect::<Option<_>>()?;
    Some(Entry { key, sources, bytes: Cow::Owned(checked.keep()?) })
}

/// Hands questions on, and hears whether one stayed without an answer.
pub(super) struct Listener<'w> {
    witness: &'w dyn Witness,
    silence: AtomicBool,
}

impl<'w> Listener<'w> {
    pub(super) fn new(witness: &'w dyn Witness) -> Self {
        Self { witness, silence: AtomicBool::new(false) }
    }

    pub(super) fn heard_silence(&self) -> bool {
        self.silence.load(Ordering::Relaxed)
    }
}

impl Witness for Listener<'_> {
    fn ask(&self, question: Question) -> Box<dyn Pending + '_> {
        Box::new(Heard { pending: self.witness.ask(question), silence: &self.silence })
    }
}

/// An answer to come, listened to.
struct Heard<'w> {
    pending: Box<dyn Pending + 'w>,
    silence: &'w AtomicBool,
}

impl Pending for Heard<'_> {
    fn wait(self: Box<Self>) -> Result<Testimony, Silence> {
        let answer = self.pending.wait();
        if answer.is_err() {
            self.silence.store(true, Ordering::Relaxed);
        }
        answer
    }
}
