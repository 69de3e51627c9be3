//! What a test suite says of itself: TAP, or a line `N passed, N failed`.
//!
//! It believes nothing that it cannot add up: a report without a test, with another number of tests than its plan, or
//! with numbers out of order is no report.

use std::sync::LazyLock;

use regex::Regex;

/// So many lines of what a test says are kept.
const SAID: usize = 20;

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// Test by test.
    Tap(Vec<Test>),
    /// Numbers only.
    Tally {
        /// How many passed.
        passed: usize,
        /// How many failed.
        failed: usize,
        /// How many were skipped.
        skipped: usize,
    },
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Its number, from 1.
    pub number: usize,
    /// Its description.
    pub name: String,
    /// How it ended.
    pub end: TestEnd,
    /// What was said of it: the comment lines behind it.
    pub said: Vec<String>,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestEnd {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// It was not run, or it failed and is marked as not done yet; why.
    Skipped(String),
}

impl Report {
    /// How many tests there are, and how many of them failed.
    pub fn counts(&self) -> (usize, usize) {
        match self {
            Self::Tap(tests) => {
                (tests.len(), tests.iter().filter(|test| test.end == TestEnd::Failed).count())
            }
            Self::Tally { passed, failed, skipped } => (passed + failed + skipped, *failed),
        }
    }
}

static PLAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^1\.\.(\d+)\s*(#.*)?$").expect("the plan's pattern compiles: a test uses it")
});

static TEST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(not )?ok\b(?:\s+(\d+))?(?:\s+-)?(?:\s+(.*))?$")
        .expect("the test's pattern compiles: a test uses it")
});

static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:^|\s)#\s*(skip|todo)\S*\s*(.*)$")
        .expect("the directive's pattern compiles: a test uses it")
});

/// `3 passed, 1 failed`, also with what else is counted between and around.
static TALLY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(\d+)\s+(?:tests?\s+|assertions?\s+)?(passed|failed|skipped)\b")
        .expect("the tally's pattern compiles: a test uses it")
});

/// Reads all that a suite printed on stdout. The error says why it is no report.
pub fn read(stdout: &str) -> Result<Report, String> {
    let lines: Vec<String> = stdout.lines().map(|line| without_colour(line.trim_end_matches('\r'))).collect();
    let plans: Vec<usize> =
        lines.iter().filter_map(|line| PLAN.captures(line)?.get(1)?.as_str().parse().ok()).collect();
    match plans[..] {
        [plan] => tap(&lines, plan).map(Report::Tap),
        [] => tally(&lines),
        _ => Err(format!("prints {} TAP plans: one suite has one", plans.len())),
    }
}

fn tap(lines: &[String], plan: usize) -> Result<Vec<Test>, String> {
    let mut tests: Vec<Test> = Vec::new();
    for line in lines {
        if let Some(reason) = line.strip_prefix("Bail out!") {
            return Err(format!("bailed out:{reason}"));
        }
        let Some(found) = TEST.captures(line) else {
            if let (Some(test), true) = (tests.last_mut(), line.starts_with('#'))
                && test.said.len() < SAID
            {
                test.said.push(line.trim_start_matches('#').trim_start().to_owned());
            }
            continue;
        };
        let number = found.get(2).map_or(Some(tests.len() + 1), |number| number.as_str().parse().ok());
        if number != Some(tests.len() + 1) {
            return Err(format!("has the line `{line}` where test {} is due", tests.len() + 1));
        }
        let rest = found.get(3).map_or("", |rest| rest.as_str());
        let directive = DIRECTIVE.captures(rest);
        let name = directive.as_ref().and_then(|found| found.get(0)).map_or(rest, |all| &rest[..all.start()]);
        let passed = found.get(1).is_none();
        let end = match directive
            .as_ref()
            .and_then(|found| Some((found.get(1)?.as_str(), found.get(2)?.as_str())))
        {
            Some((word, why)) if word.eq_ignore_ascii_case("skip") => TestEnd::Skipped(why.trim().to_owned()),
            Some((_, why)) if !passed => TestEnd::Skipped(format!("TODO {}", why.trim())),
            _ if passed => TestEnd::Passed,
            _ => TestEnd::Failed,
        };
        tests.push(Test { number: tests.len() + 1, name: name.trim().to_owned(), end, said: Vec::new() });
    }
    if tests.len() != plan {
        return Err(format!("plans {plan} tests and reports {}", tests.len()));
    }
    if tests.is_empty() {
        return Err("ran no test".to_owned());
    }
    Ok(tests)
}

/// The last line that says how many passed and how many failed; an earlier one must not know of more failures.
fn tally(lines: &[String]) -> Result<Report, String> {
    let counted = |line: &String| {
        let number = |word: &str| {
            TALLY
                .captures_iter(line)
                .find(|found| found[2].eq_ignore_ascii_case(word))
                .and_then(|found| found[1].parse().ok())
        };
        let passed: usize = number("passed")?;
        Some((passed, number("failed")?, number("skipped").unwrap_or(0)))
    };
    let counts: Vec<(usize, usize, usize)> = lines.iter().filter_map(counted).collect();
    let Some(&(passed, failed, skipped)) = counts.last() else {
        return Err("prints neither TAP (`1..N`, `ok 1 ...`) nor a line `N passed, N failed`".to_owned());
    };
    let known: usize = counts.iter().map(|(_, failed, _)| *failed).max().unwrap_or(0);
    if known > failed {
        return Err(format!("says that {failed} failed at its end, and {known} before"));
    }
    if passed + failed + skipped == 0 {
        return Err("ran no test".to_owned());
    }
    Ok(Report::Tally { passed, failed, skipped })
}

/// A line without the escapes that colour it.
fn without_colour(line: &str) -> String {
    static ESCAPE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("\u{1b}\\[[0-9;]*[A-Za-z]").expect("the escape's pattern compiles: a test uses it")
    });
    ESCAPE.replace_all(line, "").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tap_is_read_test_by_test() {
        let text = "TAP version 13\n1..4\nok 1 adds\nnot ok 2 - takes away\n# (in test file x.bats, line 3)\n#   `false' failed\nok 3 divides # skip no numbers\nok 4\n";
        let Ok(Report::Tap(tests)) = read(text) else { panic!("{:?}", read(text)) };
        let ends: Vec<&TestEnd> = tests.iter().map(|test| &test.end).collect();
        assert_eq!(
            ends,
            [
                &TestEnd::Passed,
                &TestEnd::Failed,
                &TestEnd::Skipped("no numbers".to_owned()),
                &TestEnd::Passed
            ]
        );
        assert_eq!((tests[1].name.as_str(), tests[1].said.len()), ("takes away", 2));
        assert_eq!(tests[2].name, "divides");
        assert_eq!(
            read("ok 1 - a\n\u{1b}[32mok 2 - b\u{1b}[0m\n1..2\n").map(|report| report.counts()),
            Ok((2, 0))
        );
        assert_eq!(read("1..1\nnot ok 1 later # TODO soon\n").map(|report| report.counts()), Ok((1, 0)));
    }

    #[test]
    fn a_line_of_numbers_is_read() {
        let counts = |text| read(text).map(|report| report.counts());
        assert_eq!(counts("ok: it adds\n3 passed, 1 failed\n"), Ok((4, 1)));
        assert_eq!(counts("Tests: 5 passed, 0 failed, 2 skipped, 7 total\n"), Ok((7, 0)));
        assert_eq!(counts("1 passed, 0 failed\n2 passed, 0 failed\n"), Ok((2, 0)));
    }

    #[test]
    fn what_does_not_add_up_is_no_report() {
        for (text, part) in [
            ("", "neither TAP"),
            ("all good\n", "neither TAP"),
            ("3 passed\n", "neither TAP"),
            ("ok 1 a\n", "neither TAP"),
            ("1..0\n", "no test"),
            ("1..0 # skip nothing here\n", "no test"),
            ("0 passed, 0 failed\n", "no test"),
            ("1..3\nok 1 a\nok 2 b\n", "plans 3 tests and reports 2"),
            ("1..1\nok 1 a\nok 2 b\n", "plans 1 tests and reports 2"),
            ("1..2\nok 1 a\nok 1 a\n", "where test 2 is due"),
            ("1..2\nok 2 a\nok 1 a\n", "where test 1 is due"),
            ("1..1\nok 1 a\n1..1\nok 1 a\n", "2 TAP plans"),
            ("1..2\nok 1 a\nBail out! no database\n", "no database"),
            ("2 passed, 1 failed\n5 passed, 0 failed\n", "and 1 before"),
        ] {
            let said = read(text).expect_err(text);
            assert!(said.contains(part), "{text}: {said}");
        }
    }
}
