//! The job `lint`: every script and runbook, in parallel, as events in the order of their paths.
//!
//! Memory is bounded by the files that are worked on at one time (and the libraries that they source), never by the
//! project.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::bash::Witness;
use crate::bash::syntax::Script;
use crate::event::{Event, FileKind};
use crate::facts::{Library, Sourced};
use crate::lint::{Linter, Record, dialect};
use crate::repo::discover::{Candidate, discover};
use crate::repo::{Problem, Project, read, rules};
use crate::run::{Sink, Stop};
use crate::source::RepoPath;
use crate::{bash, changelog, markdown};

/// How many files a thread gets before their events are handed on.
const FILES_A_THREAD: usize = 16;

/// Lints `paths`, or the whole project where there are none.
pub fn lint(
    project: &Project,
    paths: &[PathBuf],
    linter: Linter,
    witness: &dyn Witness,
    stop: &Stop,
    sink: &mut Sink<'_>,
) {
    let found = discover(project, paths);
    sink(Event::LintStarted { files: found.files.len() });
    for (path, reason) in found.skipped {
        sink(Event::FileSkipped { path, reason });
    }
    for problem in found.problems {
        sink(not_checked(problem));
    }
    let linter = match linter.wants_record().then(|| record(project, paths)).flatten() {
        Some(record) => linter.with_record(record),
        None => linter,
    };
    let shelf = Shelf::new(project, witness);
    let mut any = false;
    let batch = FILES_A_THREAD * rayon::current_num_threads();
    for (index, files) in found.files.chunks(batch).enumerate() {
        if stop.wanted() {
            let not_run = found.files[index * batch..].iter().map(|file| file.path.to_string()).collect();
            return sink(Event::Interrupted { not_run });
        }
        let events: Vec<Option<Event>> =
            files.par_iter().map(|file| check_file(file, &linter, &shelf)).collect();
        for event in events.into_iter().flatten() {
            any = true;
            sink(event);
        }
    }
    if !any {
        sink(nothing(project, paths));
    }
    sink(Event::LintFinished);
}

/// What the rules of the whole project need; `None` where only files are asked about, or nothing is known of a project.
fn record(project: &Project, paths: &[PathBuf]) -> Option<Record> {
    if project.is_isolated() || !paths.iter().all(|path| project.is_own_folder(path)) {
        return None;
    }
    let whole = discover(project, &[]);
    let ledger = &project.settings().ledger;
    let mut record = Record::default();
    for file in whole.files {
        if !file.runbook {
            record.scripts.push(file.path);
        } else if ledger.changelogs.matches(file.path.as_str())
            // One that cannot be read is reported where it is linted.
            && let Ok(source) = read::text(file.path, &file.on_disk)
        {
            record.entries.extend(changelog::entries(source.path(), source.text(), &ledger.prefixes));
        }
    }
    Some(record)
}

/// `None` where there is nothing to check in it: Markdown without a shell fence is no runbook, unless it was named.
fn check_file(file: &Candidate, linter: &Linter, shelf: &Shelf<'_>) -> Option<Event> {
    let source = match read::text(file.path.clone(), &file.on_disk) {
        Ok(source) => source,
        Err(problem) => return Some(not_checked(problem)),
    };
    let kind = file.kind();
    // Examples of rules are wrong on purpose.
    if kind == FileKind::Runbook && !file.named && rules::is_page(&source) {
        return None;
    }
    if kind == FileKind::Runbook && !file.named && markdown::shell_fences(source.text()).is_empty() {
        return None;
    }
    // One file that trips over a bug of ours must not take the verdict on all others with it.
    let Ok(checked) = catch_unwind(AssertUnwindSafe(|| linter.check(&source, kind, shelf, shelf.witness)))
    else {
        let reason =
            "made the linter fail, which is a bug in gauntlet; report it, and exclude the file until then";
        return Some(Event::NotChecked { what: file.path.to_string(), reason: reason.to_owned() });
    };
    Some(Event::FileChecked {
        path: file.path.clone(),
        kind,
        source: (!checked.findings.is_empty()).then(|| Arc::new(source)),
        findings: checked.findings,
        suppressed: checked.suppressed,
        unparsed: checked.unparsed,
    })
}

fn not_checked(problem: Problem) -> Event {
    Event::NotChecked { what: problem.what, reason: problem.reason }
}

fn nothing(project: &Project, paths: &[PathBuf]) -> Event {
    let places: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let what = if places.is_empty() { project.root().display().to_string() } else { places.join(", ") };
    let reason = "holds no shell script and no runbook to check; name other files or folders".to_owned();
    Event::NotChecked { what, reason }
}

/// The scripts that other scripts source, each read once.
pub(super) struct Shelf<'a> {
    project: &'a Project,
    pub(super) witness: &'a dyn Witness,
    scripts: Mutex<HashMap<RepoPath, Option<Arc<Sourced>>>>,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(project: &'a Project, witness: &'a dyn Witness) -> Self {
        Self { project, witness, scripts: Mutex::default() }
    }

    fn read(&self, path: &RepoPath) -> Option<Script> {
        // What lies outside the project is not this project's to vouch for.
        if path.as_str().starts_with('/') || path.as_str().split('/').any(|part| part == "..") {
            return None;
        }
        let source = read::text(path.clone(), &self.project.root().join(path.as_str())).ok()?;
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
