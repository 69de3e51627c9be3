//! The job `lint --fix`: repairs what findings offer, file by file, until nothing is left to repair.
//!
//! A repair counts only where the file is better for it: the finding is gone, and no other has come. What does not hold
//! is taken back, so that repairing twice changes nothing. This job never writes a file that changed in the meantime.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::bash::Witness;
use crate::event::FileKind;
use crate::finding::Finding;
use crate::lint::{Checked, Linter, repair};
use crate::repo::discover::{Candidate, Content, discover};
use crate::repo::{Problem, Project, read, write};
use crate::run::Stop;
use crate::run::lint::Shelf;
use crate::source::{RepoPath, SourceText};

/// A file that was repaired.
#[derive(Debug)]
pub struct Repaired {
    /// The file.
    pub path: RepoPath,
    /// Where it is on the disk.
    on_disk: PathBuf,
    /// Its text as it was.
    pub before: String,
    /// Its text as it is to be.
    pub after: String,
    /// How many findings were repaired.
    pub findings: usize,
}

/// What the job did.
#[derive(Debug, Default)]
pub struct Repairs {
    /// The files with something to repair, in the order of their paths.
    pub files: Vec<Repaired>,
    /// Files that could not be read or written.
    pub problems: Vec<Problem>,
    /// Whether it was stopped before the end.
    pub stopped: bool,
}

impl Repairs {
    /// How many findings were repaired in all.
    pub fn findings(&self) -> usize {
        self.files.iter().map(|file| file.findings).sum()
    }
}

/// Works out the repairs of `paths` (or of the whole project) and writes nothing.
pub fn plan(
    project: &Project,
    paths: &[PathBuf],
    linter: &Linter,
    witness: &dyn Witness,
    stop: &Stop,
) -> Repairs {
    let found = discover(project, paths);
    let shelf = Shelf::new(project, witness);
    let every = linter.of_every_rule();
    let scripts: Vec<&Candidate> = found.files.iter().filter(|file| file.kind == FileKind::Script).collect();
    let sourced = sourced(&scripts, linter, &shelf, stop);
    let job = Job { linter, every: every.as_ref(), shelf: &shelf, sourced: &sourced };
    let done: Vec<Result<Option<Repaired>, Problem>> =
        scripts.par_iter().map(|file| if stop.wanted() { Ok(None) } else { one(file, &job, stop) }).collect();
    let mut repairs = Repairs { problems: found.problems, stopped: stop.wanted(), ..Repairs::default() };
    for result in done {
        match result {
            Ok(file) => repairs.files.extend(file),
            Err(problem) => repairs.problems.push(problem),
        }
    }
    repairs
}

/// Writes what was planned; what could not be written becomes a problem, and its file is as it was.
pub fn write_all(repairs: &mut Repairs) {
    let mut written = Vec::new();
    for file in std::mem::take(&mut repairs.files) {
        match write::replace(&file.path, &file.on_disk, &file.before, &file.after) {
            Ok(()) => written.push(file),
            Err(problem) => repairs.problems.push(problem),
        }
    }
    repairs.files = written;
}

/// What a repair is judged by.
struct Job<'j> {
    linter: &'j Linter,
    /// All rules, where `linter` has not all.
    every: Option<&'j Linter>,
    shelf: &'j Shelf<'j>,
    /// What other scripts source.
    sourced: &'j BTreeSet<RepoPath>,
}

/// Every file that one of `scripts` sources. One that cannot be read says so later.
fn sourced(scripts: &[&Candidate], linter: &Linter, shelf: &Shelf<'_>, stop: &Stop) -> BTreeSet<RepoPath> {
    let asked = |file: &&Candidate| {
        let Content::Disk(on_disk) = &file.content else { return BTreeSet::new() };
        match read::text(file.path.clone(), on_disk) {
            Ok(source) if !stop.wanted() => linter.check(&source, file.kind, shelf, shelf.witness).asked,
            _ => BTreeSet::new(),
        }
    };
    scripts.par_iter().flat_map_iter(asked).collect()
}

fn one(file: &Candidate, job: &Job<'_>, stop: &Stop) -> Result<Option<Repaired>, Problem> {
    let Content::Disk(on_disk) = &file.content else { return Ok(None) };
    let source = read::text(file.path.clone(), on_disk)?;
    let before = source.text().to_owned();
    let look = |linter: &Linter, source: &SourceText| {
        let mut checked = linter.check(source, file.kind, job.shelf, job.shelf.witness);
        // Options that it sets are those of whoever sources it.
        if job.sourced.contains(&file.path) {
            let regime = checked.findings.iter_mut().filter(|finding| finding.rule == "error-regime");
            regime.for_each(|finding| finding.fix = None);
        }
        checked
    };
    let check = |source: &SourceText| (look(job.linter, source), job.every.map(|every| look(every, source)));
    let mut source = source;
    let mut checked = check(&source);
    let mut findings = 0;
    // What was tried in vain is tried again once nothing else goes: what was repaired since may let it.
    let mut vain: BTreeSet<String> = BTreeSet::new();
    // It ends: each round leaves fewer findings.
    while !stop.wanted() {
        let tried_in_vain = !vain.is_empty();
        let Some((text, seen, number)) = better(&source, &checked, &check, &mut vain) else {
            if !tried_in_vain {
                break;
            }
            vain.clear();
            continue;
        };
        source = SourceText::new(file.path.clone(), text);
        checked = seen;
        findings += number;
    }
    let changed = source.text() != before;
    Ok(changed.then(|| Repaired {
        path: file.path.clone(),
        on_disk: on_disk.clone(),
        after: source.text().to_owned(),
        before,
        findings,
    }))
}

/// The text after as many repairs as make it better: all of them, else half of them, and so on down to a single one. What
/// does not go by itself is added to `vain`, and what is in `vain` is not tried.
fn better(
    source: &SourceText,
    checked: &Seen,
    check: &dyn Fn(&SourceText) -> Seen,
    vain: &mut BTreeSet<String>,
) -> Option<Better> {
    let untried = |finding: &&Finding| finding.fix.is_some() && !vain.contains(&finding.fingerprint);
    let fixable: Vec<Finding> = checked.0.findings.iter().filter(untried).cloned().collect();
    let attempt = |findings: &[Finding]| {
        let (text, number) = repair(source.text(), findings)?;
        let seen = check(&SourceText::new(source.path().clone(), text.clone()));
        improves(checked, &seen).then_some((text, seen, number))
    };
    some_of(&fixable, &attempt, vain)
}

/// What the rules that are asked for found, and all rules, where those are more.
type Seen = (Checked, Option<Checked>);

/// A text, what was found in it, and how many repairs made it.
type Better = (String, Seen, usize);

fn some_of(
    findings: &[Finding],
    attempt: &dyn Fn(&[Finding]) -> Option<Better>,
    vain: &mut BTreeSet<String>,
) -> Option<Better> {
    if findings.is_empty() {
        return None;
    }
    if let Some(better) = attempt(findings) {
        return Some(better);
    }
    if let [finding] = findings {
        vain.insert(finding.fingerprint.clone());
        return None;
    }
    let (first, second) = findings.split_at(findings.len() / 2);
    some_of(first, attempt, vain).or_else(|| some_of(second, attempt, vain))
}

/// Whether there are fewer findings, of no rule more (asked for or not), and nothing more that cannot be read.
fn improves(before: &Seen, after: &Seen) -> bool {
    let all = match (&before.1, &after.1) {
        (Some(was), Some(is)) => no_more(was, is),
        _ => true,
    };
    let (before, after) = (&before.0, &after.0);
    all && no_more(before, after)
        && after.findings.len() < before.findings.len()
        && after.unparsed <= before.unparsed
}

fn no_more(before: &Checked, after: &Checked) -> bool {
    let (was, is) = (by_rule(before), by_rule(after));
    is.iter().all(|(rule, number)| was.get(rule).is_some_and(|was| number <= was))
}

fn by_rule(checked: &Checked) -> BTreeMap<&'static str, usize> {
    let mut numbers = BTreeMap::new();
    for finding in &checked.findings {
        *numbers.entry(finding.rule).or_default() += 1;
    }
    numbers
}
