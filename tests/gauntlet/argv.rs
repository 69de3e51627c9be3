//! What exposes a secret on argv, and the safe form to suggest: one test a row of `fixtures/argv-secrets.toml`.
//!
//! The exposing line has one finding whose advice names the safe form; the safe line has none. Each entry of the
//! table that the advice comes from is pinned by a row.

use std::fs;
use std::path::Path;

use gauntlet::bash::InProcess;
use gauntlet::commands::Tables;
use gauntlet::event::FileKind;
use gauntlet::facts::NoLibrary;
use gauntlet::finding::Finding;
use gauntlet::lint::Linter;
use gauntlet::settings::Settings;
use gauntlet::source::{RepoPath, SourceText};
use libtest_mimic::{Failed, Trial};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    row: Vec<Row>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Row {
    /// A line that exposes.
    bad: String,
    /// The same without exposing.
    good: String,
    /// What the advice says.
    says: String,
}

/// One test a row, and one that the rows reach every entry of the table.
pub fn tests() -> Vec<Trial> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/argv-secrets.toml");
    let text = fs::read_to_string(path).expect("fixtures/argv-secrets.toml can be read");
    let rows: Rows = toml::from_str(&text).expect("fixtures/argv-secrets.toml is well formed");
    let mut tests: Vec<Trial> = Vec::new();
    for row in &rows.row {
        let row = row.clone();
        let name: String = row.bad.chars().map(|c| if c == '\n' { ' ' } else { c }).collect();
        tests.push(Trial::test(format!("argv/{name}"), move || hold(&row)));
    }
    tests.push(Trial::test("argv/every entry of the table has a row", move || reaches_all(&rows.row)));
    tests
}

fn found(line: &str) -> Result<Vec<Finding>, Failed> {
    let linter =
        Linter::new(Settings::default(), &["secret-on-argv".to_owned()], &[], false, "2026-01-01".to_owned())
            .map_err(|error| error.to_string())?;
    let source = SourceText::new(RepoPath::new("scripts/row.sh"), format!("{line}\n"));
    Ok(linter.check(&source, FileKind::Script, &NoLibrary, &InProcess::new()).findings)
}

fn hold(row: &Row) -> Result<(), Failed> {
    match found(&row.bad)?.as_slice() {
        [finding] if finding.advice.instead.contains(&row.says) => {}
        [finding] => {
            return Err(format!("`{}` is not in the advice: {}", row.says, finding.advice.instead).into());
        }
        other => return Err(format!("{} findings of the exposing line", other.len()).into()),
    }
    match found(&row.good)?.as_slice() {
        [] => Ok(()),
        [finding, ..] => Err(format!("the safe line has a finding: {}", finding.advice.message).into()),
    }
}

fn reaches_all(rows: &[Row]) -> Result<(), Failed> {
    let mut advice = Vec::new();
    for row in rows {
        advice.extend(found(&row.bad)?.into_iter().map(|finding| finding.advice.instead));
    }
    let safe = &Tables::builtin().secrets().safe;
    let unpinned: Vec<&str> =
        safe.iter().filter(|safe| !advice.contains(&safe.instead)).map(|safe| safe.call.as_str()).collect();
    if !safe.is_empty() && unpinned.is_empty() {
        Ok(())
    } else {
        Err(format!("no row reaches {unpinned:?}").into())
    }
}
