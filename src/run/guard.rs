//! The job of the guard: the project's policy, what lint says of a text that is to be written, the cases.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::bash::Witness;
use crate::event::{Event, FileKind};
use crate::facts::NoLibrary;
use crate::finding::Severity;
use crate::guard::{self, Answer, Case, Decision, Policy, Request, Work};
use crate::lint::Linter;
use crate::repo::{Project, guard as files};
use crate::run::Sink;
use crate::settings::GuardSettings;
use crate::source::{RepoPath, SourceText};

pub mod log;
pub mod replay;

/// The folder of the cases, below the project's root.
pub const CASES: &str = "fixtures/guard";

/// A file of cases.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// Its path, relative to the project's root.
    pub path: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// A project's guard.
#[derive(Debug)]
pub struct Guarded {
    project: Project,
    policy: Policy,
}

/// A case that does not get its decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its file and line.
    pub place: String,
    /// The command.
    pub command: String,
    /// The decision that it must get.
    pub wanted: Decision,
    /// The one that it gets, and why.
    pub got: Decision,
    /// Why.
    pub reason: String,
}

/// What came of the cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tested {
    /// How many were tried.
    pub cases: usize,
    /// Those that do not hold.
    pub failures: Vec<Failure>,
    /// How many disguises of denied commands were tried.
    pub mutants: usize,
    /// Those that would run.
    pub escaped: Vec<String>,
}

impl Guarded {
    /// The guard of the project that `folder` belongs to.
    pub fn load(folder: &Path) -> Result<Self, String> {
        let project = Project::locate(&[folder.to_owned()], false).map_err(|error| error.to_string())?;
        let text = project.settings_text().map_or("", SourceText::text);
        let policy = policy_of(project.root(), &project.settings().guard, text)?;
        Ok(Self { project, policy })
    }

    /// The project's root.
    pub fn root(&self) -> &Path {
        self.project.root()
    }

    /// The policy, for commands that run in that folder.
    pub fn policy(&self, folder: &str) -> Policy {
        self.policy.clone().at(&self.project.root().to_string_lossy(), folder)
    }

    /// The same project under the policy of another settings file.
    pub fn under(mut self, path: &Path) -> Result<Self, String> {
        let text = files::text(path).ok_or_else(|| format!("{} cannot be read", path.display()))?;
        let settings = crate::settings::Settings::parse(&text)
            .map_err(|error| format!("{}: {}", path.display(), error.message))?;
        self.policy = policy_of(self.project.root(), &settings.guard, &text)?;
        Ok(self)
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request, witness: &dyn Witness) -> Answer {
        let findings = self.findings(request, witness);
        guard::answer(request, &self.policy(&request.folder), witness, &findings)
    }

    /// What lint says against the text that a file would have; nothing for what is no script.
    fn findings(&self, request: &Request, witness: &dyn Witness) -> Vec<String> {
        let Work::File { path, text, edits } = &request.work else { return Vec::new() };
        let whole = PathBuf::from(&request.folder).join(path);
        let Some(text) = text.clone().or_else(|| edited(&whole, edits)) else { return Vec::new() };
        let script = text.starts_with("#!") && text.lines().next().is_some_and(|line| line.contains("sh"))
            || [".sh", ".bash"].iter().any(|end| path.ends_with(end));
        if !script {
            return Vec::new();
        }
        let settings = self.project.settings().clone();
        let Ok(linter) = Linter::new(settings, &[], &[], false, "2026-01-01".to_owned()) else {
            return Vec::new();
        };
        let shown = whole.strip_prefix(self.project.root()).unwrap_or(&whole).to_string_lossy().into_owned();
        let source = SourceText::new(RepoPath::new(shown), text);
        let found = linter.check(&source, FileKind::Script, &NoLibrary, witness).findings;
        found
            .iter()
            .filter(|finding| finding.severity == Severity::Fail)
            .map(|finding| {
                let line = finding.primary.start.line;
                format!("line {line}: {} {}: {}", finding.code, finding.rule, finding.advice.message)
            })
            .collect()
    }

    /// The project's cases, file by file. None where it has none.
    pub fn cases(&self) -> Result<Vec<CaseFile>, String> {
        cases_of(&self.project)
    }

    /// The bytes that a policy's cases and settings come from: what a stamp binds.
    pub fn stamp(&self) -> Result<String, String> {
        let root = self.project.root();
        let mut texts = vec![(
            crate::settings::FILE_NAME.to_owned(),
            files::text(&root.join(crate::settings::FILE_NAME)),
        )];
        for (name, text) in files::texts(&root.join(CASES), "jsonl")? {
            texts.push((name, Some(text)));
        }
        Ok(files::stamp(env!("CARGO_PKG_VERSION"), &texts))
    }

    /// Whether the stamp says that the cases hold, or there are none.
    ///
    /// Its first line is a hash over their bytes; its second one over what the file system says of them, which is enough as
    /// long as nothing there has changed.
    pub fn is_vouched(&self) -> bool {
        if !files::is_folder(&self.project.root().join(CASES)) {
            return true;
        }
        let Some(known) = files::text(&self.stamp_file()) else { return false };
        let (stamp, listed) = known.split_once('\n').unwrap_or((&known, ""));
        if !listed.is_empty() && self.listing().is_some_and(|listing| listing == listed.trim()) {
            return true;
        }
        let holds = self.stamp().is_ok_and(|now| now == stamp.trim());
        if holds {
            self.write_stamp(stamp.trim());
        }
        holds
    }

    fn listing(&self) -> Option<String> {
        let root = self.project.root();
        let settings = files::text(&root.join(crate::settings::FILE_NAME));
        files::listing(env!("CARGO_PKG_VERSION"), settings.as_deref(), &root.join(CASES), "jsonl")
    }

    /// Where it cannot be written, the cases are tried or read again next time.
    fn write_stamp(&self, stamp: &str) {
        let listing = self.listing().unwrap_or_default();
        files::write_stamp(&self.stamp_file(), &format!("{stamp}\n{listing}\n"));
    }

    fn stamp_file(&self) -> PathBuf {
        self.project.root().join(".gauntlet").join("guard.stamp")
    }

    /// Whether the cases hold, by the stamp or by trying them; what is wrong where they do not.
    pub fn vouched(&self, witness: &dyn Witness) -> Result<(), String> {
        if self.is_vouched() {
            return Ok(());
        }
        let stamp = self.stamp()?;
        let tested = self.test(&self.cases()?, false, witness);
        if let Some(failure) = tested.failures.first() {
            return Err(format!(
                "{} of {} cases of the policy do not hold, the first is {}: `{}` must {} and would {}; run `gauntlet guard test`",
                tested.failures.len(),
                tested.cases,
                failure.place,
                failure.command,
                failure.wanted,
                failure.got
            ));
        }
        self.write_stamp(&stamp);
        Ok(())
    }

    /// Tries cases, and disguises of the denied ones.
    pub fn test(&self, files: &[CaseFile], disguised: bool, witness: &dyn Witness) -> Tested {
        let root = self.project.root().to_string_lossy().into_owned();
        try_cases(&self.policy(&root), files, disguised, witness)
    }
}

/// The job: a project's cases, as one event; none where it has no cases.
pub fn guard(project: &Project, witness: &dyn Witness, sink: &mut Sink<'_>) {
    let text = project.settings_text().map_or("", SourceText::text);
    let policy = || policy_of(project.root(), &project.settings().guard, text);
    let found = cases_of(project).and_then(|files| Ok((files, policy()?)));
    let (files, policy) = match found {
        Ok(found) => found,
        Err(reason) => return sink(Event::NotChecked { what: "guard".to_owned(), reason }),
    };
    if files.is_empty() {
        return;
    }
    let root = project.root().to_string_lossy().into_owned();
    let tested = try_cases(&policy.at(&root, &root), &files, false, witness);
    let failures = tested.failures.iter().map(ToString::to_string).collect();
    sink(Event::GuardTested { cases: tested.cases, failures });
}

/// The policy that these settings, of which that is the text, make for a project.
fn policy_of(root: &Path, settings: &GuardSettings, text: &str) -> Result<Policy, String> {
    let genuine = |path: &str, hash: &str| files::has_hash(&root.join(path), hash);
    let policy = Policy::new(settings, genuine).map_err(|error| error.to_string())?;
    Ok(policy.written_in(text).following(files::real_path).of_programs(files::own_programs()))
}

fn cases_of(project: &Project) -> Result<Vec<CaseFile>, String> {
    let folder = project.root().join(CASES);
    let read = |(name, text): (String, String)| read_cases(&format!("{CASES}/{name}"), &text);
    files::texts(&folder, "jsonl")?.into_iter().map(read).collect()
}

fn try_cases(policy: &Policy, files: &[CaseFile], disguised: bool, witness: &dyn Witness) -> Tested {
    let mut tested = Tested::default();
    for file in files {
        for case in &file.cases {
            tested.cases += 1;
            let verdict = guard::decide(&case.command, policy, witness);
            if verdict.decision != case.decision {
                tested.failures.push(Failure {
                    place: format!("{}:{}", file.path, case.line),
                    command: case.command.clone(),
                    wanted: case.decision,
                    got: verdict.decision,
                    reason: verdict.text(),
                });
            }
            if !disguised || case.decision != Decision::Deny {
                continue;
            }
            for mutant in guard::mutants(&case.command) {
                tested.mutants += 1;
                if guard::decide(&mutant.text, policy, witness).decision == Decision::Allow {
                    tested
                        .escaped
                        .push(format!("{}:{}: {}: {}", file.path, case.line, mutant.how, mutant.text));
                }
            }
        }
    }
    tested
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: wanted {}, got {}: {}", self.place, self.wanted, self.got, self.command)
    }
}

/// Reads a file of cases; `path` is how it is shown.
pub fn read_cases(path: &str, text: &str) -> Result<CaseFile, String> {
    let cases = guard::read_cases(text).map_err(|error| format!("{path}: {error}"))?;
    Ok(CaseFile { path: path.to_owned(), cases })
}

/// A file's text after edits; `None` where there is none, or an edit does not fit.
fn edited(path: &Path, edits: &[(String, String)]) -> Option<String> {
    let mut text = files::text(path)?;
    for (old, new) in edits {
        if old.is_empty() || !text.contains(old.as_str()) {
            return None;
        }
        text = text.replacen(old.as_str(), new, 1);
    }
    Some(text)
}
