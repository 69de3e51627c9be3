//! How fast is lint, next to a bare tree-sitter parse of the same text?
//!
//! The text is the shell scripts of the fixtures, or of the folder that `GAUNTLET_BENCH_SCRIPTS` names. Every round
//! is cold: nothing that an earlier round read is kept.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads the scripts that it measures from the disk"
)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use gauntlet::bash::InProcess;
use gauntlet::event::FileKind;
use gauntlet::facts::{Library, Sourced};
use gauntlet::lint::{Linter, dialect};
use gauntlet::settings::Settings;
use gauntlet::source::{RepoPath, SourceText};
use gauntlet::{bash, lint::Checked};
use walkdir::WalkDir;

/// In this process: what containment costs on top is another question.
static WITNESS: LazyLock<InProcess> = LazyLock::new(InProcess::new);

static CORPUS: LazyLock<Vec<SourceText>> = LazyLock::new(corpus);

fn main() {
    divan::main();
}

/// The scripts, without those that are not UTF-8.
fn corpus() -> Vec<SourceText> {
    let fixtures = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"));
    let folder = std::env::var_os("GAUNTLET_BENCH_SCRIPTS").map_or_else(fixtures, PathBuf::from);
    let found = WalkDir::new(&folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let scripts: Vec<SourceText> = found
        .filter(|entry| entry.file_type().is_file())
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "sh" || ending == "bash"))
        .filter_map(|entry| {
            let text = std::fs::read_to_string(entry.path()).ok()?;
            let path = entry.path().strip_prefix(&folder).ok()?.to_str()?;
            Some(SourceText::new(RepoPath::new(path), text))
        })
        .collect();
    assert!(!scripts.is_empty(), "no script below {}", folder.display());
    scripts
}

/// One round over the whole corpus, timed on one core.
fn measure<T>(bencher: Bencher<'_, '_>, round: impl Fn(&[SourceText]) -> T + Sync) {
    let bytes: usize = CORPUS.iter().map(|source| source.text().len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| round(black_box(&CORPUS)));
}

/// All rules that look at one script at a time, with both parsers below them.
#[divan::bench(sample_count = 30)]
fn lint(bencher: Bencher<'_, '_>) {
    measure(bencher, |corpus| {
        let today = "2026-01-01".to_owned();
        let linter = Linter::new(Settings::default(), &[], &[], true, today).expect("it names no rule");
        let shelf = Shelf::default();
        let check = |source| linter.check(source, FileKind::Script, &shelf, &*WITNESS);
        corpus.iter().map(check).collect::<Vec<Checked>>()
    });
}

/// The reading alone: both parsers, and whether they agree.
#[divan::bench(sample_count = 30)]
fn both_parsers(bencher: Bencher<'_, '_>) {
    measure(bencher, |corpus| {
        let read = |source: &SourceText| {
            bash::read(source.text(), dialect(source.text(), source.path().as_str()), &*WITNESS)
        };
        corpus.iter().map(read).collect::<Vec<bash::Reading>>()
    });
}

/// The first parser with its lowering.
#[divan::bench(sample_count = 30)]
fn lowering(bencher: Bencher<'_, '_>) {
    measure(bencher, |corpus| {
        corpus.iter().map(|source| bash::parse(source.text())).collect::<Vec<bash::Reading>>()
    });
}

/// The yardstick: one parser for all texts, a tree for each, nobody looks at it.
#[divan::bench(sample_count = 30)]
fn bare_tree_sitter(bencher: Bencher<'_, '_>) {
    // Some characters beyond ASCII crash this grammar: to bash they are ordinary word characters.
    let masked: Vec<Vec<u8>> = CORPUS
        .iter()
        .map(|source| source.text().bytes().map(|byte| if byte.is_ascii() { byte } else { b'x' }).collect())
        .collect();
    measure(bencher, |_| {
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(&tree_sitter_bash::LANGUAGE.into()).expect("the grammar fits the library");
        masked.iter().map(|text| parser.parse(text, None)).collect::<Vec<Option<tree_sitter::Tree>>>()
    });
}

/// The corpus as the place where sourced scripts are found; each is read once in a round.
#[derive(Default)]
struct Shelf {
    read: RefCell<HashMap<RepoPath, Option<Arc<Sourced>>>>,
}

impl Library for Shelf {
    fn script(&self, path: &RepoPath) -> Option<Arc<Sourced>> {
        if let Some(known) = self.read.borrow().get(path) {
            return known.clone();
        }
        let source = CORPUS.iter().find(|source| source.path() == path);
        let script = source
            .map(|source| bash::read(source.text(), dialect(source.text(), path.as_str()), &*WITNESS).script);
        let script = script.map(|script| Arc::new(Sourced::new(script)));
        self.read.borrow_mut().insert(path.clone(), script.clone());
        script
    }
}
