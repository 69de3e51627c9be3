//! What a diff asks to be linted: the scripts and runbooks that it changed, and the record of why.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::bash::Witness;
use crate::changelog;
use crate::event::{FileKind, SkipReason};
use crate::lint::{self, Diff, Record, Touch};
use crate::repo::changes::{Change, Changes, Side};
use crate::repo::discover::{Candidate, Content, Found, Kind, kind_of};
use crate::repo::{Problem, Project, read};
use crate::source::{RepoPath, SourceText};

/// The files to check, and what the rules of the whole project need to know.
pub(super) fn changed(project: &Project, changes: &mut Changes, witness: &dyn Witness) -> (Found, Record) {
    let mut found = Found { problems: std::mem::take(&mut changes.problems), ..Found::default() };
    let files = std::mem::take(&mut changes.files);
    let mut touches = HashMap::new();
    let mut ledger = Ledger::default();
    for change in &files {
        let before = side(change.before.as_ref(), changes, &mut found);
        let after = side(change.after.as_ref(), changes, &mut found);
        ledger.add(project, before.as_ref(), after.as_ref());
        if let Some(touch) = touch(change, before.as_ref(), after.as_ref(), witness)
            && let Some(path) = change.path()
        {
            touches.insert(path.clone(), touch);
        }
        match (before, after) {
            (_, Some(after)) => after.found(&mut found),
            (Some(Read { path, bytes, kind: Kind::Script }), None) if change.after.is_none() => {
                let content = Content::Given(bytes);
                found.files.push(Candidate { path, content, kind: FileKind::Removed, named: false });
            }
            _ => {}
        }
    }
    let mut entries = ledger.added();
    for entry in &mut entries {
        for commit in std::mem::take(&mut entry.commits) {
            if !changes.knows_commit(&commit) {
                entry
                    .missing
                    .push(format!("a `Revert:` that names the commit {commit}, which git does not know"));
            }
        }
    }
    let (known, excused) = (std::mem::take(&mut changes.known), std::mem::take(&mut changes.excused));
    (found, Record::Diff(Diff { entries, known, touches, excused }))
}

/// The paths of the command line that are nowhere: not on the disk, not in what git knows, not in what went.
pub(super) fn missing(project: &Project, changes: &Changes, paths: &[PathBuf]) -> Vec<Problem> {
    let gone = |path: &PathBuf| {
        let named = project.repo_paths(std::slice::from_ref(path));
        let holds = |known: &RepoPath| named.iter().any(|named| known.is_in(named));
        let sides = changes.files.iter().flat_map(|change| [&change.before, &change.after]).flatten();
        let lists = changes.known.iter().chain(sides.map(|side| &side.path));
        (!project.is_on_disk(path) && !lists.into_iter().any(holds)).then(|| Problem {
            what: path.display().to_string(),
            reason: "is neither on the disk nor in what changed; give a file or folder that is".to_owned(),
        })
    };
    paths.iter().filter_map(gone).collect()
}

/// One side of a change, where it is a file that is linted.
struct Read {
    path: RepoPath,
    bytes: Vec<u8>,
    kind: Kind,
}

impl Read {
    fn found(self, found: &mut Found) {
        let Self { path, bytes, kind } = self;
        let kind = match kind {
            Kind::Script => FileKind::Script,
            Kind::Runbook => FileKind::Runbook,
            Kind::OtherShell(shell) => return found.skipped.push((path, SkipReason::OtherShell(shell))),
        };
        found.files.push(Candidate { path, content: Content::Given(bytes), kind, named: false });
    }

    /// Its text; what is none is reported where it is linted.
    fn text(&self) -> Option<SourceText> {
        let text = read::decode(self.bytes.clone()).ok()?;
        Some(SourceText::new(self.path.clone(), text))
    }
}

fn side(side: Option<&Side>, changes: &mut Changes, found: &mut Found) -> Option<Read> {
    let side = side?;
    let mut bytes = None;
    let kind = kind_of(&side.path, || {
        let read = changes.bytes(side);
        let start = read.as_ref().map(|bytes| bytes[..bytes.len().min(256)].to_vec()).unwrap_or_default();
        bytes = Some(read);
        start
    })?;
    match bytes.unwrap_or_else(|| changes.bytes(side)) {
        Ok(bytes) => Some(Read { path: side.path.clone(), bytes, kind }),
        Err(reason) => {
            found.problems.push(Problem { what: side.path.to_string(), reason });
            None
        }
    }
}

/// How a script changed; `None` where it is none, or where only comments and blank space did.
fn touch(
    change: &Change,
    before: Option<&Read>,
    after: Option<&Read>,
    witness: &dyn Witness,
) -> Option<Touch> {
    let script = |read: &&Read| matches!(read.kind, Kind::Script);
    match (before.filter(script), after.filter(script)) {
        (None, None) => None,
        (None, Some(_)) => Some(Touch::Added),
        (Some(_), None) => Some(Touch::Removed),
        (Some(old), Some(_)) if change.path() != Some(&old.path) => Some(Touch::Renamed(old.path.clone())),
        (Some(old), Some(new)) => {
            let executable = |side: &Option<Side>| side.as_ref().is_some_and(|side| side.executable);
            if executable(&change.before) != executable(&change.after) {
                return Some(Touch::Mode);
            }
            let same = match (old.text(), new.text()) {
                (Some(old), Some(new)) => lint::same_commands(&old, &new, witness),
                _ => false,
            };
            (!same).then_some(Touch::Edited)
        }
    }
}

/// The changelog's entries on both sides.
#[derive(Default)]
struct Ledger {
    before: Vec<changelog::Entry>,
    after: Vec<changelog::Entry>,
}

impl Ledger {
    fn add(&mut self, project: &Project, before: Option<&Read>, after: Option<&Read>) {
        let settings = &project.settings().ledger;
        let entries = |read: Option<&Read>| {
            let read = read.filter(|read| settings.changelogs.matches(read.path.as_str()))?;
            let source = read.text()?;
            Some(changelog::entries(source.path(), source.text(), &settings.prefixes))
        };
        self.before.extend(entries(before).unwrap_or_default());
        self.after.extend(entries(after).unwrap_or_default());
    }

    /// The entries that are new: one that was there before, and was changed or moved, is not.
    fn added(self) -> Vec<changelog::Entry> {
        let Self { mut before, after } = self;
        let mut added = Vec::new();
        // What did not change at all is paired first, so that of two entries with one id the new one is found.
        let (same, rest): (Vec<_>, Vec<_>) = after.into_iter().partition(|entry| {
            let old = before.iter().position(|old| old.id == entry.id && old.text == entry.text);
            old.map(|at| before.swap_remove(at)).is_some()
        });
        drop(same);
        for entry in rest {
            match before.iter().position(|old| old.id == entry.id) {
                Some(at) => drop(before.swap_remove(at)),
                None => added.push(entry),
            }
        }
        added
    }
}
