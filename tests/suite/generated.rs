//! Bash from a grammar: whatever is generated is valid, and read as it was meant.
//!
//! The same scripts on every run; `PROPTEST_CASES` and `PROPTEST_RNG_SEED` ask for more and for others.

use std::io::Write as _;
use std::process::{Command, Stdio};

use gauntlet::bash::{self, Dialect, InProcess, Reading};
use gauntlet::source::Span;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use crate::spans;

mod commands;
mod words;
pub mod writer;

use writer::Script;

/// Runs a property over generated scripts.
fn holds(cases: u32, property: impl Fn(&Script) -> Result<(), String>) {
    let mut config = Config { failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(1);
    }
    let result = TestRunner::new(config).run(&vec(any::<u8>(), 0..400), |tape| {
        let script = writer::write(&tape);
        property(&script).map_err(|wrong| TestCaseError::fail(format!("{wrong}\n{}", script.text)))
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(wrong, _)) => panic!("{wrong}"),
        Err(TestError::Abort(wrong)) => panic!("given up: {wrong}"),
    }
}

/// What is wrong with the commands of a reading.
pub fn misread(reading: &Reading, script: &Script) -> Result<(), String> {
    if let Some(region) = reading.unread.first() {
        return Err(format!("unread, because {}: {}", region.reason, region.span.slice(&script.text)));
    }
    let mut found = bash::command_words(&reading.script);
    found.sort_by_key(|words| words.first().map(|word| word.start));
    if found == script.commands {
        return Ok(());
    }
    let at = found.iter().zip(&script.commands).take_while(|(found, meant)| found == meant).count();
    let show = |words: Option<&Vec<Span>>| {
        words.map(|words| words.iter().map(|word| word.slice(&script.text)).collect::<Vec<_>>())
    };
    Err(format!("read {:?} where {:?} is meant", show(found.get(at)), show(script.commands.get(at))))
}

#[test]
fn our_parser_reads_what_was_meant() {
    holds(1_500, |script| {
        let reading = bash::parse(&script.text);
        misread(&reading, script)?;
        match spans::complaints(&reading, &script.text).first() {
            Some(wrong) => Err(wrong.clone()),
            None => Ok(()),
        }
    });
}

#[test]
fn both_parsers_agree_on_what_was_meant() {
    let witness = InProcess::new();
    holds(300, |script| misread(&bash::read(&script.text, Dialect::Bash, &witness), script));
}

#[test]
fn bash_accepts_what_is_generated() {
    holds(300, |script| {
        let mut bash = Command::new("bash")
            .args(["-O", "extglob", "-n"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        if let Some(mut stdin) = bash.stdin.take() {
            stdin.write_all(script.text.as_bytes()).map_err(|error| error.to_string())?;
        }
        let output = bash.wait_with_output().map_err(|error| error.to_string())?;
        if output.status.success() && output.stderr.is_empty() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    });
}
