//! Hard cases: whole small scripts under `fixtures/rules/<slug>/`, one test a file.
//!
//! A line that ends with `# ~ CODE` (in Markdown also `<!-- ~ CODE -->`) starts exactly one finding of that rule; every
//! other line starts none. What cannot be read is a finding too (`# ~ L0`), so a script is never clean because nobody
//! understood it. A file `*.md` is a runbook.

use std::fs;
use std::path::{Path, PathBuf};

use gauntlet::bash::InProcess;
use gauntlet::catalogue;
use gauntlet::event::FileKind;
use gauntlet::facts::NoLibrary;
use gauntlet::lint::Linter;
use gauntlet::settings::Settings;
use gauntlet::source::{RepoPath, SourceText};
use libtest_mimic::{Failed, Trial};
use walkdir::WalkDir;

/// One test a script, and one that there are scripts.
pub fn tests() -> Vec<Trial> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules");
    let scripts = scripts(&root);
    let count = scripts.len();
    let mut tests = vec![Trial::test("corpus/there are scripts", move || {
        if count > 0 { Ok(()) } else { Err("no script was found in fixtures/rules".into()) }
    })];
    for path in scripts {
        let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
        tests.push(Trial::test(format!("corpus/{name}"), move || hold(&path, &name)));
    }
    tests
}

fn scripts(root: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = WalkDir::new(root)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    found.sort();
    found
}

fn hold(path: &Path, name: &str) -> Result<(), Failed> {
    let (slug, place) = name.split_once('/').ok_or("a script stands in the folder of its rule")?;
    if catalogue::find(slug).is_none() {
        return Err(format!("`{slug}` is no rule").into());
    }
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    // What is wrong with a suppression is seen beside what the others find.
    let suppressions = slug == "stale-suppression";
    let select = if suppressions { Vec::new() } else { vec![slug.to_owned(), "unparsed".to_owned()] };
    let linter = Linter::new(Settings::default(), &select, &[], suppressions, "2026-01-01".to_owned())
        .map_err(|error| error.to_string())?;
    let kind = match path.extension() {
        Some(extension) if extension == "md" => FileKind::Runbook,
        _ => FileKind::Script,
    };
    let source = SourceText::new(RepoPath::new(format!("scripts/{place}")), text.clone());
    let mut findings = linter.check(&source, kind, &NoLibrary, &InProcess::new()).findings;
    findings.retain(|finding| !suppressions || [slug, "unparsed"].contains(&finding.rule));

    let mut wanted = marks(&text);
    let mut wrong = Vec::new();
    for finding in &findings {
        let key = (finding.primary.start.line as usize, finding.code.to_string());
        if let Some(index) = wanted.iter().position(|mark| *mark == key) {
            wanted.remove(index);
        } else {
            wrong.push(format!("  line {}: unwanted {}: {}", key.0, key.1, finding.advice.message));
        }
    }
    wrong.extend(wanted.iter().map(|(line, code)| format!("  line {line}: {code} is missing")));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// The lines that are marked, counted from 1, and with what.
fn marks(text: &str) -> Vec<(usize, String)> {
    let mut marks = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let in_html = || line.trim_end().strip_suffix("-->")?.rsplit_once("<!-- ~ ");
        if let Some((_, code)) = line.rsplit_once("# ~ ").or_else(in_html) {
            marks.push((index + 1, code.trim().to_owned()));
        }
    }
    marks
}
