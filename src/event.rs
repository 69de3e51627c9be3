//! What happened, as one ordered stream of events; summary and exit code are folds of it.
//!
//! Executors produce events and never print; reports consume them and never run anything.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{FaultKind, FreeTrial, Persistence};
use crate::finding::{Finding, Severity, Suppressed};
use crate::id::{HarnessName, TrialId};
use crate::source::{RepoPath, SourceText};
use crate::verdict::Verdict;

/// How strong the sandbox of a run is; a lower number isolates more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Rung {
    /// Namespaces, as root.
    S1,
    /// Namespaces through an unprivileged user namespace.
    S2,
    /// Namespaces that the program `bwrap` makes.
    S3,
    /// No namespaces: Landlock and seccomp deny what lies outside of the world's folder.
    S4,
    /// The world's folder stands first in `PATH`, and nothing else is held off.
    S5,
}

impl Rung {
    /// Whether the script's `/` is the host's.
    pub fn is_hosted(self) -> bool {
        matches!(self, Self::S4 | Self::S5)
    }

    /// Reads a rung as it is printed.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::S1, Self::S2, Self::S3, Self::S4, Self::S5].into_iter().find(|rung| rung.to_string() == text)
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S1 => "S1",
            Self::S2 => "S2",
            Self::S3 => "S3",
            Self::S4 => "S4",
            Self::S5 => "S5",
        })
    }
}

/// What kind of file was linted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileKind {
    /// A shell script.
    Script,
    /// A Markdown file with shell fences.
    Runbook,
    /// A script that a change removes: only the record of the change is looked at.
    Removed,
    /// The settings or the baseline, where something in them is stale.
    Settings,
}

/// Why a file was left out on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SkipReason {
    /// A shell whose syntax is not read here, by the name in its shebang or file name (zsh, fish, csh ...).
    OtherShell(String),
}

/// A kind of trial, as reports print it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrialKind {
    /// The run without a fault.
    Green,
    /// One call fails.
    Fault(FaultKind, Persistence),
    /// A trial that every harness gets.
    Free(FreeTrial),
}

/// The outcome of one trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Its address.
    pub id: TrialId,
    /// Its harness.
    pub harness: HarnessName,
    /// Its case.
    pub case: String,
    /// What it did to the world.
    pub kind: TrialKind,
    /// The program that failed; `None` where no single call did.
    pub program: Option<String>,
    /// The failing call's words, the program's name first.
    pub argv: Vec<String>,
    /// The script that made the call.
    pub path: Option<RepoPath>,
    /// The line (from 1) of the call.
    pub line: Option<u32>,
    /// Which of the calls with the same words from the same line it was, from 1.
    pub occurrence: Option<u32>,
    /// What it showed.
    pub verdict: Verdict,
    /// One sentence: what happened.
    pub explanation: String,
    /// What the script did next, a line each; empty for a green trial.
    pub aftermath: Vec<String>,
    /// The command that repeats it.
    pub repeat: Option<String>,
}

/// A part of a harness's trials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Where it begins and ends on the way from 0 to `of`.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
    /// The length of the whole.
    pub of: u64,
    /// A hash of all trials that the whole has: parts of other trials are no parts of the same whole.
    pub trials: String,
    /// Red trials of the whole, unless another part has seen what this one has not.
    pub unless_seen: Vec<Trial>,
}

/// How a line of a sweep's green trial begins that tells what was put into the world; others tell an answer that was guessed.
pub const PLACED: &str = "placed: ";
/// How one begins that tells of a part of the script that was not there.
pub const LACKING: &str = "lacking: ";
/// How one begins that tells of an answer of the command line that answered nothing.
pub const UNUSED: &str = "unused: --stub ";

/// A call of a script that no run made: of what it does nothing was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotReached {
    /// The script.
    pub path: RepoPath,
    /// Its line (from 1).
    pub line: u32,
    /// How it is written there.
    pub call: String,
}

/// What stops a job before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoppedBy {
    /// A signal: the user wants no more of it.
    #[default]
    User,
    /// The time that it was given has passed.
    Budget,
}

impl fmt::Display for StoppedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "by the user",
            Self::Budget => "by its budget",
        })
    }
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The files to lint are known.
    LintStarted {
        /// How many.
        files: usize,
    },
    /// One file was linted.
    FileChecked {
        /// The file.
        path: RepoPath,
        /// What it is.
        kind: FileKind,
        /// Its text, kept only where there is something to show of it.
        source: Option<Arc<SourceText>>,
        /// What was found, sorted.
        findings: Vec<Finding>,
        /// What somebody allowed.
        suppressed: Vec<Suppressed>,
        /// The slugs of the rules that were asked.
        rules: Arc<[&'static str]>,
        /// How many regions could not be read (each is an L0 finding too).
        unparsed: usize,
    },
    /// A file was left out on purpose.
    FileSkipped {
        /// The file.
        path: RepoPath,
        /// Why.
        reason: SkipReason,
    },
    /// Something that should have been checked could not be: the exit code is 2.
    NotChecked {
        /// A path, a harness, a part.
        what: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Every file is linted.
    LintFinished,
    /// The guard's cases were tried.
    GuardTested {
        /// How many there are.
        cases: usize,
        /// Those that do not hold, or that a disguise leads past: each in a line.
        failures: Vec<String>,
    },
    /// The sandbox is known to work.
    RunStarted {
        /// How strong it is.
        rung: Rung,
        /// How many harnesses will run.
        harnesses: usize,
        /// Where this is a part of a run: which, from 1, and of how many.
        part: Option<(usize, usize)>,
    },
    /// A run of a script without a harness is begun, to see whether it ends well without a fault.
    GreenSought {
        /// The script.
        what: String,
        /// How many such runs were made before.
        runs: usize,
    },
    /// A harness begins.
    HarnessStarted {
        /// Which.
        name: HarnessName,
    },
    /// The trials of a harness are known (more may follow as `forever` faults come up).
    TrialsPlanned {
        /// Whose.
        name: HarnessName,
        /// How many more.
        count: usize,
    },
    /// A trial was judged.
    TrialFinished(Box<Trial>),
    /// A harness ended.
    HarnessFinished {
        /// Which.
        name: HarnessName,
        /// Call and kind pairs where the kind does not apply.
        inapplicable: usize,
        /// Faults that a recovery declares.
        declared: usize,
        /// Calls without a time limit: they cannot be made to hang.
        unbounded: usize,
        /// Whether nothing ran: what a run before told still holds.
        kept: bool,
        /// Where only a part of it ran: which.
        cut: Option<Box<Cut>>,
        /// Calls of a script without a harness that no run made.
        not_reached: Vec<NotReached>,
    },
    /// It was stopped before its end.
    Interrupted {
        /// By what.
        by: StoppedBy,
        /// What was not run.
        not_run: Vec<String>,
    },
}

/// The lint part of a status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LintStatus {
    /// Whether lint ran to its end.
    pub finished: bool,
    /// Scripts linted.
    pub scripts: usize,
    /// Runbooks linted.
    pub runbooks: usize,
    /// Scripts that the change removes.
    pub removed: usize,
    /// Files of other shells.
    pub skipped: usize,
    /// Findings that fail.
    pub fail: usize,
    /// Findings that warn.
    pub warn: usize,
    /// Those of them that the baseline documents.
    pub legacy: usize,
    /// Findings that a suppression silenced.
    pub suppressed: usize,
    /// Regions that could not be read.
    pub unparsed: usize,
}

/// The guard's part of a status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuardStatus {
    /// Cases tried.
    pub cases: usize,
    /// Those that do not hold.
    pub failed: usize,
}

/// The run part of a status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunStatus {
    /// The rung, once the sandbox is known to work.
    pub rung: Option<Rung>,
    /// Harnesses to run.
    pub harnesses: usize,
    /// Harnesses that ran to their end.
    pub finished: usize,
    /// Trials planned, of every kind.
    pub planned: usize,
    /// Trials executed and judged.
    pub executed: usize,
    /// Fault trials executed.
    pub faults: usize,
    /// Red trials.
    pub red: usize,
    /// Trials whose verdict is `swallowed`.
    pub swallowed: usize,
    /// Trials skipped because their green run is red.
    pub skipped: usize,
    /// Call and kind pairs where the kind does not apply.
    pub inapplicable: usize,
    /// Faults that a recovery declares.
    pub declared: usize,
    /// Calls without a time limit.
    pub unbounded: usize,
    /// Harnesses of which an earlier run told, because nothing that they depend on has changed.
    pub kept: usize,
    /// Where this is a part of a run: which, from 1, and of how many.
    pub part: Option<(usize, usize)>,
    /// Calls of a script without a harness that no run made.
    pub not_reached: usize,
}

/// Everything that the summary and the exit code need: a fold over the events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Lint, where it ran.
    pub lint: Option<LintStatus>,
    /// The guard's cases, where the project has some.
    pub guard: Option<GuardStatus>,
    /// The gauntlet, where it ran.
    pub run: Option<RunStatus>,
    /// How many things could not be checked.
    pub not_checked: usize,
    /// What stopped it before its end, where something did.
    pub interrupted: Option<StoppedBy>,
}

/// What the process says by its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0: clean; warnings alone too.
    Clean,
    /// 1: at least one fail, red trial or failed case.
    Findings,
    /// 2: could not check.
    CouldNotCheck,
}

impl Outcome {
    /// The exit code of the contract.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::CouldNotCheck => 2,
        }
    }
}

impl Status {
    /// Takes in one more event.
    pub fn fold(&mut self, event: &Event) {
        match event {
            Event::LintStarted { .. } => self.lint = Some(LintStatus::default()),
            Event::FileChecked { kind, findings, suppressed, unparsed, .. } => {
                let lint = self.lint.get_or_insert_default();
                match kind {
                    FileKind::Script => lint.scripts += 1,
                    FileKind::Runbook => lint.runbooks += 1,
                    FileKind::Removed => lint.removed += 1,
                    FileKind::Settings => {}
                }
                let fails = findings.iter().filter(|finding| finding.severity == Severity::Fail).count();
                lint.fail += fails;
                lint.warn += findings.len() - fails;
                lint.legacy += findings.iter().filter(|finding| finding.legacy).count();
                lint.suppressed += suppressed.len();
                lint.unparsed += unparsed;
            }
            Event::FileSkipped { .. } => self.lint.get_or_insert_default().skipped += 1,
            Event::NotChecked { .. } => self.not_checked += 1,
            Event::LintFinished => self.lint.get_or_insert_default().finished = true,
            Event::GuardTested { cases, failures } => {
                self.guard = Some(GuardStatus { cases: *cases, failed: failures.len() });
            }
            Event::RunStarted { rung, harnesses, part } => {
                let run = self.run.get_or_insert_default();
                run.rung = Some(*rung);
                run.harnesses = *harnesses;
                run.part = *part;
            }
            Event::HarnessStarted { .. } | Event::GreenSought { .. } => {}
            Event::TrialsPlanned { count, .. } => self.run.get_or_insert_default().planned += count,
            Event::TrialFinished(trial) => self.run.get_or_insert_default().fold(trial),
            Event::HarnessFinished { inapplicable, declared, unbounded, kept, not_reached, .. } => {
                self.run.get_or_insert_default().not_reached += not_reached.len();
                let run = self.run.get_or_insert_default();
                run.finished += 1;
                run.inapplicable += inapplicable;
                run.declared += declared;
                run.unbounded += unbounded;
                run.kept += usize::from(*kept);
            }
            Event::Interrupted { by, .. } => self.interrupted = Some(*by),
        }
    }

    /// What the exit code must say. An error beats findings.
    pub fn outcome(&self) -> Outcome {
        let lint_incomplete = self.lint.as_ref().is_some_and(|lint| !lint.finished);
        let run_incomplete = self.run.as_ref().is_some_and(|run| run.incomplete().is_some());
        let nothing = self.lint.is_none() && self.run.is_none();
        if self.not_checked > 0 || self.interrupted.is_some() || lint_incomplete || run_incomplete || nothing
        {
            return Outcome::CouldNotCheck;
        }
        let findings = self.lint.as_ref().is_some_and(|lint| lint.fail > 0);
        let red = self.run.as_ref().is_some_and(|run| run.red > 0);
        let cases = self.guard.as_ref().is_some_and(|guard| guard.failed > 0);
        if findings || red || cases { Outcome::Findings } else { Outcome::Clean }
    }
}

impl RunStatus {
    fn fold(&mut self, trial: &Trial) {
        if trial.verdict == Verdict::Skipped {
            self.skipped += 1;
        } else {
            self.executed += 1;
            if matches!(trial.kind, TrialKind::Fault(..)) {
                self.faults += 1;
            }
        }
        if trial.verdict.is_red() {
            self.red += 1;
        }
        if trial.verdict == Verdict::Swallowed {
            self.swallowed += 1;
        }
    }

    /// Why the run says less than it planned to, where it does. Skipped trials are red, not incomplete.
    pub fn incomplete(&self) -> Option<String> {
        if self.rung.is_none() {
            return Some("no sandbox".to_owned());
        }
        if self.harnesses == 0 {
            return Some("no harness ran".to_owned());
        }
        if self.finished != self.harnesses {
            return Some(format!("{} of {} harnesses ended", self.finished, self.harnesses));
        }
        if self.planned == 0 {
            return Some("no trial was planned".to_owned());
        }
        if self.executed + self.skipped != self.planned {
            return Some(format!("{} of {} trials judged", self.executed + self.skipped, self.planned));
        }
        None
    }
}
