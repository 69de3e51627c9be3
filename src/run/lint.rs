//! The job `lint`: every script and runbook, in parallel, as events in the order of their paths.
//!
//! Memory is bounded by the files that are worked on at one time, never by the project.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::event::{Event, FileKind};
use crate::finding::Finding;
use crate::repo::discover::{Candidate, discover};
use crate::repo::{Problem, Project, read};
use crate::run::{Sink, Stop};
use crate::source::SourceText;

/// How many files a thread gets before their events are handed on.
const FILES_A_THREAD: usize = 16;

/// What one file showed.
#[derive(Debug, Default)]
pub struct Checked {
    /// Sorted.
    pub findings: Vec<Finding>,
    /// How many findings a suppression silenced.
    pub suppressed: usize,
    /// How many regions could not be read.
    pub unparsed: usize,
}

/// What judges one text.
pub trait Check: Sync {
    /// Judges one text.
    fn check(&self, source: &SourceText, kind: FileKind) -> Checked;
}

/// Lints `paths`, or the whole project where there are none.
pub fn lint(project: &Project, paths: &[PathBuf], check: &dyn Check, stop: &Stop, sink: &mut Sink<'_>) {
    let found = discover(project, paths);
    sink(Event::LintStarted { files: found.files.len() });
    for (path, reason) in found.skipped {
        sink(Event::FileSkipped { path, reason });
    }
    for problem in found.problems {
        sink(not_checked(problem));
    }
    if found.files.is_empty() {
        sink(nothing(project, paths));
    }
    let batch = FILES_A_THREAD * rayon::current_num_threads();
    for (index, files) in found.files.chunks(batch).enumerate() {
        if stop.wanted() {
            let not_run = found.files[index * batch..].iter().map(|file| file.path.to_string()).collect();
            return sink(Event::Interrupted { not_run });
        }
        let events: Vec<Event> = files.par_iter().map(|file| check_file(file, check)).collect();
        events.into_iter().for_each(&mut *sink);
    }
    sink(Event::LintFinished);
}

fn check_file(file: &Candidate, check: &dyn Check) -> Event {
    let source = match read::text(file.path.clone(), &file.on_disk) {
        Ok(source) => source,
        Err(problem) => return not_checked(problem),
    };
    // One file that trips over a bug of ours must not take the verdict on all others with it.
    let Ok(checked) = catch_unwind(AssertUnwindSafe(|| check.check(&source, file.kind()))) else {
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
