//! The judge of a harness that is a program: whether its report adds up, agrees with its exit code, and says the same
//! twice; and what it says of each test.

use crate::trial::calls::{place, shown};
use crate::trial::green::{called, stub_to_add, unmet_stub};
use crate::trial::harness::Suite;
use crate::trial::judge::{Judgement, exit_code};
use crate::trial::story;
use crate::trial::tap::{self, Report, Test, TestEnd};
use crate::trial::world::{Answer, End, Record};
use crate::verdict::Verdict;

/// What stands for the case in the ids of a suite's trials.
pub const CASE: &str = "command";

/// One trial of a suite: the end of its id, and what is told.
pub type Told = (String, Judgement);

/// Judges a suite from two runs of it: the run as a whole first, then each test.
pub fn judge(suite: &Suite, first: &Record, second: &Record) -> Vec<Told> {
    let report = match whole(suite, first, second) {
        Ok(report) => report,
        Err(judgement) => return vec![("green".to_owned(), *judgement)],
    };
    let (count, failed) = report.counts();
    let exit = exit_code(first.end).unwrap_or_default();
    let sentence = format!("the report adds up: {count} tests, {failed} failed, exit {exit}");
    let mut told = vec![("green".to_owned(), Judgement::plain(Verdict::Passed, sentence))];
    match &report {
        Report::Tap(tests) => {
            told.extend(tests.iter().map(|test| (format!("test#{}", test.number), one(suite, test))));
            told.extend(unused(suite, tests));
        }
        Report::Tally { passed, failed, skipped } => {
            told.push(("tests".to_owned(), numbers(*passed, *failed, *skipped, first)));
        }
    }
    told
}

/// The report, where it can be believed.
fn whole(suite: &Suite, first: &Record, second: &Record) -> Result<Report, Box<Judgement>> {
    let red = |verdict, explanation: String| {
        Box::new(Judgement { verdict, explanation, aftermath: story::endings(first) })
    };
    if let Some(call) = first.calls.iter().find(|call| call.answer == Answer::Unstubbed) {
        let mut judgement = red(
            Verdict::Unstubbed,
            format!(
                "{}: no stub answers `{}`, and the harness does not list it among its tools",
                place(&call.site),
                shown(&call.argv)
            ),
        );
        judgement.aftermath.splice(0..0, stub_to_add(&call.argv));
        return Err(judgement);
    }
    let code = match first.end {
        End::TimedOut => {
            let reason = format!("the command did not end within {} seconds (deadline_s)", suite.deadline_s);
            return Err(red(Verdict::Hung, reason));
        }
        End::Signal(signal) => {
            return Err(red(Verdict::Failed, format!("the command was killed by signal {signal}")));
        }
        End::Code(code) => code,
    };
    let report = tap::read(&first.stdout)
        .map_err(|reason| red(Verdict::Failed, format!("the command {reason}; exit {code}")))?;
    let (count, failed) = report.counts();
    if (failed > 0) != (code != 0) {
        let reason =
            format!("the report and the exit code disagree: {count} tests, {failed} failed, but exit {code}");
        return Err(red(Verdict::Failed, reason));
    }
    if let Some((_, stub)) =
        suite.stubs.iter().enumerate().find(|(index, stub)| !stub.optional && !called(first, *index))
    {
        return Err(red(Verdict::Unmet, unmet_stub(stub)));
    }
    if tap::read(&second.stdout).map(|other| ends(&other)) != Ok(ends(&report)) || first.end != second.end {
        let reason = "two runs of the command reported different ends of its tests".to_owned();
        return Err(red(Verdict::Nondeterministic, reason));
    }
    Ok(report)
}

/// How the tests ended, without what they said.
fn ends(report: &Report) -> Vec<(String, u8)> {
    match report {
        Report::Tap(tests) => tests
            .iter()
            .map(|test| {
                let end = match test.end {
                    TestEnd::Passed => 0,
                    TestEnd::Failed => 1,
                    TestEnd::Skipped(_) => 2,
                };
                (test.name.clone(), end)
            })
            .collect(),
        Report::Tally { passed, failed, skipped } => vec![(format!("{passed} {failed} {skipped}"), 0)],
    }
}

fn one(suite: &Suite, test: &Test) -> Judgement {
    let name =
        if test.name.is_empty() { format!("test {}", test.number) } else { format!("`{}`", test.name) };
    match &test.end {
        TestEnd::Passed => Judgement::plain(Verdict::Passed, format!("{name} passed")),
        TestEnd::Failed => Judgement {
            verdict: Verdict::Failed,
            explanation: format!("{name} failed"),
            aftermath: test.said.clone(),
        },
        TestEnd::Skipped(why) => match suite.skips.iter().find(|skip| skip.test.is_match(&test.name)) {
            Some(skip) => {
                Judgement::plain(Verdict::Passed, format!("{name} was skipped, as declared: {}", skip.reason))
            }
            None => Judgement::plain(
                Verdict::Skipped,
                format!(
                    "{name} was skipped ({why}): a test that does not run proves nothing; run it, or declare it with [[skip]] and a reason"
                ),
            ),
        },
    }
}

/// Declared skips that did not happen.
fn unused(suite: &Suite, tests: &[Test]) -> Vec<Told> {
    let happened = |regex: &regex::Regex| {
        tests.iter().any(|test| matches!(test.end, TestEnd::Skipped(_)) && regex.is_match(&test.name))
    };
    let unmet = suite.skips.iter().enumerate().filter(|(_, skip)| !happened(&skip.test));
    unmet
        .map(|(index, skip)| {
            let reason = format!(
                "no skipped test matches /{}/ (line {} of the harness): drop it",
                skip.test, skip.line
            );
            (format!("skip#{}", index + 1), Judgement::plain(Verdict::Unmet, reason))
        })
        .collect()
}

fn numbers(passed: usize, failed: usize, skipped: usize, record: &Record) -> Judgement {
    let sentence = format!("{passed} passed, {failed} failed");
    match (failed, skipped) {
        (0, 0) => Judgement::plain(Verdict::Passed, sentence),
        (0, _) => Judgement::plain(
            Verdict::Skipped,
            format!(
                "{sentence}, {skipped} skipped: numbers alone do not say which tests did not run; print TAP, and declare them with [[skip]]"
            ),
        ),
        _ => Judgement { verdict: Verdict::Failed, explanation: sentence, aftermath: story::endings(record) },
    }
}
