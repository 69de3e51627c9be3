//! The job `lint`: every script and runbook, in parallel, as events in the order of their paths.
//!
//! Memory is bounded by the files that are worked on at one time, never by the project.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::bash::{self, Dialect, syntax::Script};
use crate::changelog;
use crate::event::{Event, FileKind};
use crate::facts::Library;
use crate::lint::{Linter, Record};
use crate::repo::discover::{Candidate, Found, discover};
use crate::repo::{Problem, Project, read};
use crate::run::{Sink, Stop};
use crate::source::RepoPath;

/// How many files a thread gets before their events are handed on.
const FILES_A_THREAD: usize = 16;

/// What a lint is to look at.
#[derive(Debug, Clone, Copy)]
pub struct Target<'t> {
    /// Files and folders; without any, the whole project.
    pub paths: &'t [PathBuf],
    /// Whether settings and suppressions are left out: the rules of the whole project are left out with them.
    pub isolated: bool,
}

/// Lints the target.
pub fn lint(project: &Project, target: Target<'_>, mut linter: Linter, stop: &Stop, sink: &mut Sink<'_>) {
    let found = discover(project, target.paths);
    sink(Event::LintStarted { files: found.files.len() });
    if found.files.is_empty() {
        sink(nothing(project, target.paths));
    }
    let whole = !target.isolated && target.paths.iter().all(|path| path.is_dir());
    if whole && linter.wants_record() {
        let record = record(project, &found, sink);
        linter = linter.with_record(record);
    }
    for (path, reason) in found.skipped {
        sink(Event::FileSkipped { path, reason });
    }
    for problem in found.problems {
        sink(not_checked(problem));
    }
    let sourced = OnDisk { root: project.root() };
    let batch = FILES_A_THREAD * rayon::current_num_threads();
    for (index, files) in found.files.chunks(batch).enumerate() {
        if stop.wanted() {
            let not_run = found.files[index * batch..].iter().map(|file| file.path.to_string()).collect();
            return sink(Event::Interrupted { not_run });
        }
        let events: Vec<Event> = files.par_iter().map(|file| check_file(file, &linter, &sourced)).collect();
        events.into_iter().for_each(&mut *sink);
    }
    sink(Event::LintFinished);
}

/// Reads the changelogs, wherever in the project the target lies.
fn record(project: &Project, found: &Found, sink: &mut Sink<'_>) -> Record {
    let ledger = &project.settings().ledger;
    let scripts = found.files.iter().filter(|file| file.kind() == FileKind::Script).map(|file| file.path.clone());
    let mut record = Record { scripts: scripts.collect(), entries: Vec::new() };
    let all = discover(project, &[]);
    for file in all.files.iter().filter(|file| ledger.changelogs.matches(file.path.as_str())) {
        match read::text(file.path.clone(), &file.on_disk) {
            Ok(source) => record.entries.extend(changelog::entries(&file.path, source.text(), &ledger.prefixes)),
            Err(problem) => sink(not_checked(problem)),
        }
    }
    record
}

/// The scripts of the project, for those that source them.
struct OnDisk<'p> {
    root: &'p Path,
}

impl Library for OnDisk<'_> {
    fn script(&self, path: &RepoPath) -> Option<Script> {
        let on_disk = self.root.join(path.as_str());
        if !on_disk.is_file() {
            return None;
        }
        let source = read::text(path.clone(), &on_disk).ok()?;
        Some(bash::read(source.text(), Dialect::Bash).script)
    }
}

fn check_file(file: &Candidate, linter: &Linter, sourced: &OnDisk<'_>) -> Event {
    let source = match read::text(file.path.clone(), &file.on_disk) {
        Ok(source) => source,
        Err(problem) => return not_checked(problem),
    };
    // One file that trips over a bug of ours must not take the verdict on all others with it.
    let Ok(checked) = catch_unwind(AssertUnwindSafe(|| linter.check(&source, file.kind(), sourced))) else {
        let reason =
            "made the linter fail, which is a bug in gauntlet; report it, and exclude the file until then";
        return Event::NotChecked { what: file.path.to_string(), reason: reason.to_owned() };
    };
    Event::FileChecked {
        path: file.path.clone(),
        kind: file.kind(),
        source: (!checked.findings.is_empty()).then(|| Arc::new(source)),
        findings: checked.findings,
        suppressed: checked.suppressed,
        unparsed: checked.unparsed,
    }
}

fn not_checked(problem: Problem) -> Event {
    Event::NotChecked { what: problem.what, reason: problem.reason }
}

fn nothing(project: &Project, paths: &[PathBuf]) -> Event {
    let places: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let what = if places.is_empty() { project.root().display().to_string() } else { places.join(", ") };
    let reason =
        "holds no shell script and no Markdown file to check; name other files or folders".to_owned();
    Event::NotChecked { what, reason }
}
