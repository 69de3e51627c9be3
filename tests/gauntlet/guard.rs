//! The guard's cases: each file's commands get their decisions, and no disguise of a denied one would run.

use std::fs;
use std::path::Path;

use gauntlet::bash::InProcess;
use gauntlet::guard::Decision;
use gauntlet::run::guard::{CASES, Guarded, read_cases};
use libtest_mimic::{Failed, Trial};

/// One test a file for the cases, one for the disguises.
pub fn tests() -> Vec<Trial> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join(CASES);
    let mut names: Vec<String> = fs::read_dir(&folder)
        .map(|entries| {
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        })
        .unwrap_or_default();
    names.sort();
    let found = names.len();
    let mut tests = vec![Trial::test("guard/there are cases", move || {
        if found > 5 { Ok(()) } else { Err("fixtures/guard has no cases".into()) }
    })];
    for name in names {
        let of = name.clone();
        tests.push(Trial::test(format!("guard/{name}/cases"), move || hold(&of, false)));
        let of = name.clone();
        tests.push(Trial::test(format!("guard/{name}/disguises"), move || hold(&of, true)));
    }
    tests
}

fn hold(name: &str, disguised: bool) -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join(CASES).join(name)).map_err(|error| error.to_string())?;
    let mut file = read_cases(name, &text)?;
    if disguised {
        file.cases.retain(|case| case.decision == Decision::Deny);
    }
    let guarded = Guarded::load(root)?;
    let tested = guarded.test(&[file], disguised, &InProcess::new());
    let mut wrong: Vec<String> = tested
        .failures
        .iter()
        .map(|failure| {
            format!(
                "{}: wanted {}, got {}: {:?}: {}",
                failure.place, failure.wanted, failure.got, failure.command, failure.reason
            )
        })
        .collect();
    wrong.extend(tested.escaped.iter().map(|escaped| format!("would run: {escaped}")));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
