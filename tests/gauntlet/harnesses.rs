//! Every harness of this repository, green and with every fault; and the project as it was, with its known faults.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gauntlet::bash::InProcess;
use gauntlet::event::{Event, Outcome, Status, Trial as Told, TrialKind};
use gauntlet::repo::{Project, listing};
use gauntlet::run::Stop;
use gauntlet::run::gauntlet::{Request, run, sealed};
use libtest_mimic::{Failed, Trial};
use serde::Deserialize;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const GAUNTLET: &str = env!("CARGO_BIN_EXE_gauntlet");
const BEFORE: &str = "fixtures/cloud-ops-before";

/// One test a harness, one for the project as it was, one that there are harnesses at all.
pub fn tests() -> Vec<Trial> {
    let found = listing::in_folder(Path::new(ROOT), "harnesses", ".toml").unwrap_or_default();
    let names: Vec<String> =
        found.iter().map(|path| path.file_name().trim_end_matches(".toml").to_owned()).collect();
    let count = names.len();
    let mut tests: Vec<Trial> = names
        .into_iter()
        .map(|name| Trial::test(format!("harness::{name}"), move || harness_is_green(&name)))
        .collect();
    tests.push(Trial::test("harness::there_are_harnesses", move || {
        if count > 0 { Ok(()) } else { Err("harnesses/ holds none".into()) }
    }));
    tests.push(Trial::test("before::exactly_the_known_faults_are_found", known_faults));
    tests
}

/// What a run told.
pub struct Ran {
    pub trials: Vec<Told>,
    status: Status,
    not_checked: Vec<String>,
}

/// Runs harnesses of the project at `root`; the error is what could not be run.
pub fn ran(root: &Path, names: Vec<String>) -> Result<Ran, Failed> {
    let project = Project::locate(&[root.to_path_buf()], false)?;
    let mut ran = Ran { trials: Vec::new(), status: Status::default(), not_checked: Vec::new() };
    let worlds = sealed::worlds(Some(PathBuf::from(GAUNTLET)));
    run(
        &project,
        &Request { names, jobs: Some(2), ..Request::default() },
        &InProcess::new(),
        &worlds,
        &Stop::default(),
        &mut |event| {
            ran.status.fold(&event);
            match event {
                Event::TrialFinished(trial) => ran.trials.push(*trial),
                Event::NotChecked { what, reason } => ran.not_checked.push(format!("{what}: {reason}")),
                _ => {}
            }
        },
    );
    if ran.not_checked.is_empty() { Ok(ran) } else { Err(ran.not_checked.join("\n").into()) }
}

fn harness_is_green(name: &str) -> Result<(), Failed> {
    let ran = ran(Path::new(ROOT), vec![name.to_owned()])?;
    let red: Vec<String> = ran
        .trials
        .iter()
        .filter(|trial| trial.verdict.is_red())
        .map(|trial| format!("{}: {}: {}", trial.id, trial.verdict, trial.explanation))
        .collect();
    if !red.is_empty() {
        return Err(red.join("\n").into());
    }
    match ran.status.outcome() {
        Outcome::Clean => Ok(()),
        outcome => Err(format!("{outcome:?}: {:?}", ran.status.run).into()),
    }
}

/// A line of `known-faults.jsonl` that the gauntlet must find.
#[derive(Debug, Deserialize)]
struct Known {
    harness: String,
    program: String,
    argv_contains: String,
    kind: String,
    verdict: String,
}

impl Known {
    fn is(&self, trial: &Told) -> bool {
        let kind = match trial.kind {
            TrialKind::Green => return false,
            TrialKind::Fault(kind, _) => kind.word(),
            TrialKind::Free(kind) => kind.word(),
        };
        self.harness == trial.harness.as_str()
            && trial.program.as_deref() == Some(self.program.as_str())
            && trial.argv.join(" ").contains(&self.argv_contains)
            && self.kind == kind
            && self.verdict == trial.verdict.word()
    }
}

fn known_faults() -> Result<(), Failed> {
    let root = Path::new(ROOT).join(BEFORE);
    let text = std::fs::read_to_string(root.join("known-faults.jsonl"))?;
    let mut known: Vec<Known> = Vec::new();
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line)?;
        if value["part"] == "run" {
            known.push(serde_json::from_value(value)?);
        }
    }
    if known.is_empty() {
        return Err("known-faults.jsonl names no fault of a run".into());
    }
    let ran = ran(&root, Vec::new())?;
    let mut wrong: Vec<String> = Vec::new();
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    for trial in ran.trials.iter().filter(|trial| trial.verdict.is_red()) {
        let expected: Vec<usize> = (0..known.len()).filter(|index| known[*index].is(trial)).collect();
        if expected.is_empty() {
            wrong.push(format!("not known: {} {}: {}", trial.id, trial.verdict, trial.explanation));
        }
        seen.extend(expected);
    }
    wrong.extend(
        (0..known.len())
            .filter(|index| !seen.contains(index))
            .map(|index| format!("not found: {:?}", known[index])),
    );
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
