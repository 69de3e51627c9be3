//! Scripts that nobody would write: lines of the rules' cases, put together at random. Whatever comes of it is judged, and no rule
//! fails over it.
//!
//! The same scripts on every run; `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for more and for others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use gauntlet::bash::InProcess;
use gauntlet::event::FileKind;

use gauntlet::facts::NoLibrary;
use gauntlet::lint::Linter;
use gauntlet::settings::Settings;
use gauntlet::source::{RepoPath, SourceText};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use walkdir::WalkDir;

/// The lines of one case of a rule.
type Lines = Vec<String>;

fn cases() -> Vec<Lines> {
    let mut paths: Vec<PathBuf> = WalkDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rules"))
        .into_iter()
        .filter_map(Result::ok)
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|ending| ending == "sh"))
        .collect();
    paths.sort();
    let text = |path: PathBuf| std::fs::read_to_string(path).expect("a case can be read");
    paths.into_iter().map(|path| text(path).lines().map(str::to_owned).collect()).collect()
}

/// Some lines of one of them, where they go, and a word that takes another's place.
type Splice = (u16, u8, u8, u8, u8);

/// A case with such splices in it.
fn spliced(cases: &[Lines], first: u16, splices: &[Splice]) -> String {
    let case = |at: u16| &cases[usize::from(at) % cases.len()];
    let mut lines = case(first).clone();
    for (from, start, count, to, word) in splices {
        let from = case(*from);
        let start = usize::from(*start) % from.len().max(1);
        let taken: Vec<String> =
            from.iter().skip(start).take(1 + usize::from(*count % 12)).cloned().collect();
        let to = usize::from(*to) % (lines.len() + 1);
        if count % 3 == 0 && to < lines.len() {
            let donor: Vec<&str> = taken.iter().flat_map(|line| line.split(' ')).collect();
            let mut words: Vec<&str> = lines[to].split(' ').collect();
            let at = usize::from(*word) % words.len();
            words[at] = donor[usize::from(*word) % donor.len()];
            lines[to] = words.join(" ");
        } else {
            lines.splice(to..to, taken);
        }
    }
    lines.join("\n")
}

#[test]
fn no_rule_fails_over_a_script_that_makes_no_sense() {
    let mut config = Config { failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 4_000;
    }
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(1);
    }
    let cases = cases();
    let witness = InProcess::new();
    let linter =
        Linter::new(Settings::default(), &[], &[], true, "2026-01-01".to_owned()).expect("it names no rule");
    let splices = vec(any::<Splice>(), 1..8);
    let strategy = (any::<u16>(), splices).prop_map(|(first, splices)| spliced(&cases, first, &splices));
    let result = TestRunner::new(config).run(&strategy, |text| {
        let source = SourceText::new(RepoPath::new("scripts/x.sh"), text.clone());
        let check = || linter.check(&source, FileKind::Script, &NoLibrary, &witness);
        catch_unwind(AssertUnwindSafe(check)).map(drop).map_err(|_| TestCaseError::fail(text))
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(text, _)) => panic!("a rule fails over\n{text}"),
        Err(TestError::Abort(wrong)) => panic!("given up: {wrong}"),
    }
}
