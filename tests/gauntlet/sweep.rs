//! Labelled scripts: what swallows a failure must be red on the marked line, with the marked verdict and nowhere else; what
//! is honest must have no red trial.
//!
//! A script says in its head how it is swept (`# args:`, `# stub:`, `# stdin:`, `# mutates:`); `# RED VERDICT` ends a line
//! on which a call may fail unnoticed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gauntlet::bash::InProcess;
use gauntlet::event::Event;
use gauntlet::repo::listing;
use gauntlet::run::Stop;
use gauntlet::run::gauntlet::{Sweep, sealed, sweep};
use libtest_mimic::{Failed, Trial};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const GAUNTLET: &str = env!("CARGO_BIN_EXE_gauntlet");

/// One test a script, one that there are enough, one that shows that a wrong label is noticed.
pub fn tests() -> Vec<Trial> {
    let mut tests = Vec::new();
    let mut counts = Vec::new();
    for folder in ["swallows", "honest"] {
        let found = listing::in_folder(Path::new(ROOT), &format!("fixtures/sweep/{folder}"), ".sh")
            .unwrap_or_default();
        counts.push(found.len());
        for path in found {
            let name = path.file_name().trim_end_matches(".sh").to_owned();
            tests
                .push(Trial::test(format!("sweep::{folder}::{name}"), move || is_as_labelled(path.as_str())));
        }
    }
    tests.push(Trial::test("sweep::there_are_scripts_of_both_kinds", move || {
        if counts.iter().all(|count| *count >= 25) { Ok(()) } else { Err(format!("{counts:?}").into()) }
    }));
    tests.push(Trial::test("sweep::a_wrong_label_is_noticed", || {
        let path = "fixtures/sweep/swallows/or-true.sh";
        let told = told(path)?;
        match differences(&told, &[]) {
            None => Err("a red trial without a label passed".into()),
            Some(_) => Ok(()),
        }
    }));
    tests
}

/// Line, verdict.
type Red = (u32, String);

fn is_as_labelled(path: &str) -> Result<(), Failed> {
    let told = told(path)?;
    match differences(&told, &labels(path)?) {
        None => Ok(()),
        Some(text) => Err(text.into()),
    }
}

fn labels(path: &str) -> Result<Vec<Red>, Failed> {
    let text = std::fs::read_to_string(Path::new(ROOT).join(path))?;
    let mut labels = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some((_, words)) = line.split_once("# RED ") {
            labels.extend(words.split_whitespace().map(|word| (number, word.to_owned())));
        }
    }
    Ok(labels)
}

fn differences(told: &[(Red, String)], labels: &[Red]) -> Option<String> {
    let mut lines = Vec::new();
    for (red, explanation) in told.iter().filter(|(red, _)| !labels.contains(red)) {
        lines.push(format!("not labelled: line {} {}: {explanation}", red.0, red.1));
    }
    for label in labels.iter().filter(|label| !told.iter().any(|(red, _)| red == *label)) {
        lines.push(format!("not found: line {} {}", label.0, label.1));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The red trials of a sweep.
fn told(path: &str) -> Result<Vec<(Red, String)>, Failed> {
    let on_disk = Path::new(ROOT).join(path);
    let text = std::fs::read_to_string(&on_disk)?;
    let all = |key: &str| -> Vec<String> {
        let head = format!("# {key}:");
        text.lines().filter_map(|line| line.strip_prefix(&head)).map(|rest| rest.trim().to_owned()).collect()
    };
    let request = Sweep {
        script: on_disk,
        args: all("args").first().and_then(|line| shlex::split(line)).unwrap_or_default(),
        stubs: all("stub"),
        stdin: all("stdin").first().map(|line| format!("{line}\n")),
        mutates: all("mutates"),
        jobs: Some(2),
        ..Sweep::default()
    };
    let worlds = sealed::worlds(Some(PathBuf::from(GAUNTLET)));
    let mut red = BTreeSet::new();
    let mut not_checked = Vec::new();
    sweep(&request, &InProcess::new(), &worlds, &Stop::default(), &mut |event| match event {
        Event::TrialFinished(trial) if trial.verdict.is_red() => {
            red.insert((
                (trial.line.unwrap_or_default(), trial.verdict.word().to_owned()),
                trial.explanation,
            ));
        }
        Event::NotChecked { reason, .. } => not_checked.push(reason),
        _ => {}
    });
    if not_checked.is_empty() { Ok(red.into_iter().collect()) } else { Err(not_checked.join("\n").into()) }
}
