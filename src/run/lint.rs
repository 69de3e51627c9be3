//! The job `lint`: every script and runbook, in parallel, as events in the order of their paths.
//!
//! Memory is bounded by the files that are worked on at one time (and the libraries that they source), never by the
//! project.

mod changed;
mod memory;
mod shelf;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::bash::Witness;
use crate::event::{Event, FileKind};
use crate::finding::{Finding, Severity};
use crate::lint::baseline::{Baseline, Grows};
use crate::lint::standing::{Coverage, Standing};
use crate::lint::{Linter, Record};
use crate::repo::changes::Changes;
use crate::repo::discover::{Candidate, Found, discover, given};
use crate::repo::{Problem, Project, read, rules};
use crate::run::{Sink, Stop};
use crate::source::SourceText;
use crate::{changelog, markdown};

use memory::Memory;
pub(super) use shelf::Shelf;

/// How many files a thread gets before their events are handed on.
const FILES_A_THREAD: usize = 16;

/// What to lint.
#[derive(Debug)]
pub enum Extent {
    /// These files and folders; without any, the whole project.
    Paths(Vec<PathBuf>),
    /// One text, as if it were the file of that name.
    Text {
        /// The name.
        name: PathBuf,
        /// The text.
        text: Vec<u8>,
    },
    /// What changed, or what of it these paths hold.
    Changes {
        /// The change; asked for texts by whoever needs one.
        changes: Box<Mutex<Changes>>,
        /// Files and folders; none for all.
        paths: Vec<PathBuf>,
    },
    /// The whole project, and the record of what changed.
    Branch {
        /// The change.
        changes: Box<Mutex<Changes>>,
    },
}

impl Extent {
    /// The whole project.
    pub fn project() -> Self {
        Self::Paths(Vec::new())
    }

    fn coverage(&self) -> Coverage {
        match self {
            Self::Paths(paths) if paths.is_empty() => Coverage::Whole,
            Self::Branch { .. } => Coverage::Whole,
            Self::Paths(_) => Coverage::Files,
            Self::Text { .. } => Coverage::Text,
            Self::Changes { .. } => Coverage::Change,
        }
    }

    /// The files to check, and what the rules of the whole project need, where they are asked.
    fn open(&self, project: &Project, linter: &Linter, witness: &dyn Witness) -> (Found, Option<Record>) {
        let whole = |paths: &[PathBuf]| {
            linter.wants_record()
                && !project.is_isolated()
                && paths.iter().all(|path| project.is_own_folder(path))
        };
        match self {
            Self::Paths(paths) => {
                let found = discover(project, paths);
                let record = whole(paths).then(|| match paths.as_slice() {
                    [] => record(project, &found.files),
                    _ => record(project, &discover(project, &[]).files),
                });
                (found, record)
            }
            Self::Branch { changes } => {
                let mut changes = changes.lock().unwrap_or_else(PoisonError::into_inner);
                let (differs, record) = changed::changed(project, &mut changes, witness);
                let mut found = discover(project, &[]);
                // What went is not found any more, and needs its entry too.
                let removed = differs.files.into_iter().filter(|file| file.kind == FileKind::Removed);
                found.files.extend(removed);
                found.files.sort_by(|one, other| one.path.cmp(&other.path));
                found.problems.extend(differs.problems);
                (found, whole(&[]).then_some(record))
            }
            Self::Text { name, text } => (given(project, name, text.clone()), None),
            Self::Changes { changes, paths } => {
                let mut changes = changes.lock().unwrap_or_else(PoisonError::into_inner);
                let missing = changed::missing(project, &changes, paths);
                let (mut found, record) = changed::changed(project, &mut changes, witness);
                found.problems.extend(missing);
                let named = project.repo_paths(paths);
                if !paths.is_empty() {
                    found.files.retain(|file| named.iter().any(|named| file.path.is_in(named)));
                }
                (found, whole(paths).then_some(record))
            }
        }
    }
}

/// Lints what `extent` holds.
pub fn lint(
    project: &Project,
    extent: &Extent,
    linter: Linter,
    witness: &dyn Witness,
    stop: &Stop,
    sink: &mut Sink<'_>,
) {
    let baseline = project.baseline().map(|(baseline, _)| baseline);
    let mut standing = linter.standing(baseline, extent.coverage());
    let severity = linter.stale_severity();
    let finished = walk(project, extent, linter, witness, stop, standing.as_mut(), sink);
    if !finished {
        return;
    }
    if let (Some(standing), Some(severity)) = (&standing, severity) {
        let settings = project.settings_text();
        let baseline = project.baseline().map(|(_, text)| text);
        let said = [
            (baseline, baseline.map(|text| standing.stale_baseline(text, severity))),
            (settings, settings.map(|text| standing.stale_settings(text, severity))),
        ];
        for (source, findings) in said {
            let (Some(source), Some(findings)) = (source, findings) else { continue };
            if !findings.is_empty() {
                sink(stale(source, findings));
            }
        }
    }
    sink(Event::LintFinished);
}

fn stale(source: &SourceText, findings: Vec<Finding>) -> Event {
    Event::FileChecked {
        path: source.path().clone(),
        kind: FileKind::Settings,
        rules: findings.iter().map(|finding| finding.rule).take(1).collect(),
        findings,
        source: Some(Arc::new(source.clone())),
        suppressed: Vec::new(),
        unparsed: 0,
    }
}

/// Lints file by file; answers whether it came to the end.
fn walk(
    project: &Project,
    extent: &Extent,
    linter: Linter,
    witness: &dyn Witness,
    stop: &Stop,
    mut standing: Option<&mut Standing>,
    sink: &mut Sink<'_>,
) -> bool {
    let (found, record) = extent.open(project, &linter, witness);
    sink(Event::LintStarted { files: found.files.len() });
    for (path, reason) in found.skipped {
        sink(Event::FileSkipped { path, reason });
    }
    for problem in found.problems {
        sink(not_checked(problem));
    }
    let linter = match record {
        Some(record) => linter.with_record(record),
        None => linter,
    };
    let shelf = match extent {
        Extent::Changes { changes, .. } => Shelf::of_changes(project, witness, changes),
        Extent::Paths(_) | Extent::Text { .. } | Extent::Branch { .. } => Shelf::new(project, witness),
    };
    let memory = match extent {
        Extent::Paths(_) if project.remembers() => Memory::open(project, &linter),
        Extent::Paths(_) | Extent::Text { .. } | Extent::Changes { .. } | Extent::Branch { .. } => None,
    };
    let mut any = false;
    let batch = FILES_A_THREAD * rayon::current_num_threads();
    for (index, files) in found.files.chunks(batch).enumerate() {
        if stop.wanted() {
            let not_run = found.files[index * batch..].iter().map(|file| file.path.to_string()).collect();
            sink(Event::Interrupted { by: stop.by(), not_run });
            if let Some(memory) = memory {
                memory.save(None);
            }
            return false;
        }
        let events: Vec<Option<Event>> =
            files.par_iter().map(|file| check_file(file, &linter, &shelf, memory.as_ref())).collect();
        for mut event in events.into_iter().flatten() {
            any = true;
            if let (Some(standing), Event::FileChecked { path, findings, suppressed, rules, .. }) =
                (&mut standing, &mut event)
            {
                standing.apply(path, rules, findings, suppressed);
            }
            sink(event);
        }
    }
    if let Some(memory) = memory {
        let names = found.files.iter().map(|file| file.path.as_str()).collect();
        memory.save((extent.coverage() == Coverage::Whole).then_some(&names));
    }
    if !any {
        nothing(project, extent).into_iter().for_each(&mut *sink);
    }
    true
}

/// Why no baseline could be made.
#[derive(Debug)]
pub enum NoBaseline {
    /// Not everything could be checked.
    NotChecked(Problem),
    /// It was stopped.
    Stopped,
    /// It would grow.
    Grows(Grows),
}

/// The text of the baseline that documents every finding of the project that there is now.
pub fn baseline(
    project: &Project,
    linter: Linter,
    witness: &dyn Witness,
    stop: &Stop,
    growth: bool,
) -> Result<String, NoBaseline> {
    let mut standing = linter.standing(None, Coverage::Whole);
    let (mut failing, mut problem) = (Vec::new(), None);
    let extent = Extent::project();
    let finished =
        walk(project, &extent, linter, witness, stop, standing.as_mut(), &mut |event| match event {
            Event::FileChecked { findings, .. } => {
                failing.extend(findings.into_iter().filter(|finding| finding.severity == Severity::Fail));
            }
            Event::NotChecked { what, reason } if problem.is_none() => {
                problem = Some(Problem { what, reason });
            }
            _ => {}
        });
    if let Some(problem) = problem {
        return Err(NoBaseline::NotChecked(problem));
    }
    let Some(standing) = standing.filter(|_| finished) else { return Err(NoBaseline::Stopped) };
    let old = project.baseline().map(|(baseline, _)| baseline);
    Baseline::renewed(old, &failing, standing.asked(), growth).map_err(NoBaseline::Grows)
}

/// What the rules of the whole project need to know of its files.
fn record(project: &Project, files: &[Candidate]) -> Record {
    let ledger = &project.settings().ledger;
    let (mut scripts, mut entries) = (Vec::new(), Vec::new());
    for file in files {
        if file.kind == FileKind::Script {
            scripts.push(file.path.clone());
        } else if ledger.changelogs.matches(file.path.as_str())
            // One that cannot be read is reported where it is linted.
            && let Ok(source) = read::candidate(file)
        {
            entries.extend(changelog::entries(source.path(), source.text(), &ledger.prefixes));
        }
    }
    Record::Tree { entries, scripts }
}

/// `None` where there is nothing to check in it: Markdown without a shell fence is no runbook, unless it was named.
fn check_file(
    file: &Candidate,
    linter: &Linter,
    shelf: &Shelf<'_>,
    memory: Option<&Memory>,
) -> Option<Event> {
    let source = match read::candidate(file) {
        Ok(source) => source,
        Err(problem) => return Some(not_checked(problem)),
    };
    let kind = file.kind;
    // Examples of rules are wrong on purpose.
    if kind == FileKind::Runbook && !file.named && rules::is_page(&source) {
        return None;
    }
    if kind == FileKind::Runbook && !file.named && markdown::shell_fences(source.text()).is_empty() {
        return None;
    }
    // One file that trips over a bug of ours must not take the verdict on all others with it.
    let check = || match memory {
        Some(memory) => memory.check(&source, kind, linter, shelf),
        None => linter.check(&source, kind, shelf, shelf.witness),
    };
    let Ok(checked) = catch_unwind(AssertUnwindSafe(check)) else {
        let reason =
            "made the linter fail, which is a bug in gauntlet; report it, and exclude the file until then";
        return Some(Event::NotChecked { what: file.path.to_string(), reason: reason.to_owned() });
    };
    Some(Event::FileChecked {
        path: file.path.clone(),
        kind,
        source: (!checked.findings.is_empty()).then(|| Arc::new(source)),
        rules: checked.rules,
        findings: checked.findings,
        suppressed: checked.suppressed,
        unparsed: checked.unparsed,
    })
}

fn not_checked(problem: Problem) -> Event {
    Event::NotChecked { what: problem.what, reason: problem.reason }
}

/// Nothing to check is never clean; but a change without scripts was looked at, and has none.
fn nothing(project: &Project, extent: &Extent) -> Option<Event> {
    let places: Vec<String> = match extent {
        Extent::Paths(paths) => paths.iter().map(|path| path.display().to_string()).collect(),
        Extent::Text { name, .. } => vec![name.display().to_string()],
        Extent::Changes { .. } => return None,
        Extent::Branch { .. } => Vec::new(),
    };
    let what = if places.is_empty() { project.root().display().to_string() } else { places.join(", ") };
    let reason = "holds no shell script and no runbook to check; name other files or folders".to_owned();
    Some(Event::NotChecked { what, reason })
}
