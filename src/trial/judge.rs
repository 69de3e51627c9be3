//! The judge: what one trial with a fault showed, from its record beside the green run's.
//!
//! The first of these that holds is the verdict; the order is part of the contract:
//!
//! 1. `not-fired`: the planned call never came, so nothing is known.
//! 2. `diverged`: the calls before the fault are not the green run's, so it is not the planned trial.
//! 3. `leaked`: a canary is where the green run had none.
//! 4. `escaped`: a call after the fault that no stub answers.
//! 5. `hung`: the script outlived its deadline.
//! 6. `recovered`: exit 0, and the harness declares that this is right.
//! 7. `swallowed`: exit 0 all the same. Whatever else it did then (mutate, claim success) belongs to that.
//! 8. `mutated-after`: it failed, but mutated first.
//! 9. `claimed-success`: it failed, but said that all is well.
//! 10. `residue`: a file is left that the harness says must not be. A declared recovery is held to it too.
//! 11. `propagated`.
//!
//! A producer that its reader cut off (`sigpipe`) is judged alike, but exit 0 with exactly the green run's mutations
//! is `recovered`: the reader had what it needed. Where the reader read on to the end the fault does not apply.

mod guessed;
mod rounds;

use std::fmt::Write as _;

use crate::fault::{FaultKind, Persistence};
use crate::trial::calls::{self, mutations, place, shown};
use crate::trial::claim::claim;
use crate::trial::effect::mutates;
use crate::trial::green;
use crate::trial::guess::Guesses;
use crate::trial::harness::{Case, Harness};
use crate::trial::leak;
use crate::trial::outline::Outline;
use crate::trial::story;
use crate::trial::unaided;
use crate::trial::world::{Answer, Call, End, Fault, Record, normalise};
use crate::verdict::Verdict;

/// Stands in an explanation between what happened and what the script did then.
pub(super) const WENT_ON: &str = ", and the script went on";

/// What every trial of a case is judged against.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// The harness.
    pub harness: &'a Harness,
    /// The case.
    pub case: &'a Case,
    /// Its green run.
    pub green: &'a Record,
    /// The shape of the scripts.
    pub outline: &'a Outline,
    /// What answers, where nobody wrote a harness.
    pub guesses: Option<&'a Guesses>,
}

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// One sentence.
    pub explanation: String,
    /// What the script did next, a line each.
    pub aftermath: Vec<String>,
}

impl Judgement {
    /// A verdict whose sentence says everything.
    pub fn plain(verdict: Verdict, explanation: impl Into<String>) -> Self {
        Self { verdict, explanation: explanation.into(), aftermath: Vec::new() }
    }
}

/// What came of a planned fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was judged.
    Judged(Judgement),
    /// There is no such fault here: the reader of the pipe read everything, the script ignores the signal.
    Inapplicable,
}

/// The exit code as a shell reports it; `None` where the script was stopped at its deadline.
pub fn exit_code(end: End) -> Option<i32> {
    match end {
        End::Code(code) => Some(code),
        End::Signal(signal) => Some(128 + signal),
        End::TimedOut => None,
    }
}

/// Judges the trial of `fault`, which fails the green run's call number `at`.
pub fn judge(bench: Bench<'_>, at: usize, fault: &Fault, record: &Record) -> Outcome {
    let calls = bench.outline.in_order(&record.calls, &bench.green.calls);
    let record = &Record { calls, ..record.clone() };
    let Some(fired) = record.calls.iter().position(|call| call.answer == Answer::Fault) else {
        return Outcome::Judged(not_fired(bench, fault, record));
    };
    let mut failed = record.calls.iter().filter(|call| call.answer == Answer::Fault);
    let applies = match fault.kind {
        FaultKind::Sigpipe => failed.any(|call| call.broken_pipe),
        FaultKind::Interrupt(_) => !failed.any(|call| call.ignored),
        _ => true,
    };
    if !applies {
        return Outcome::Inapplicable;
    }
    let trial = Trial { bench, at, fault, record, fired };
    let (verdict, rest) = trial.verdict();
    let mut aftermath = story::aftermath(bench.green, at, record, fired);
    if let Some(call) = trial.escape().filter(|_| verdict == Verdict::Escaped) {
        aftermath.extend(green::stub_to_add(&call.argv));
    }
    let explanation = format!("{} {}{rest}", trial.subject(), trial.what_happened());
    Outcome::Judged(Judgement { verdict, explanation, aftermath })
}

fn not_fired(bench: Bench<'_>, fault: &Fault, record: &Record) -> Judgement {
    let mut explanation = format!(
        "`{}` never came for the {} time, so its failure was not tried",
        shown(&fault.site.argv),
        ordinal(fault.occurrence)
    );
    if let Some(stranger) = record.calls.iter().zip(&bench.green.calls).find(|(a, b)| a.site != b.site) {
        let _ = write!(explanation, "; the run first differs at {}", calls::trace_line(stranger.0));
    }
    Judgement {
        verdict: Verdict::NotFired,
        explanation,
        aftermath: story::difference(&bench.green.calls, &record.calls),
    }
}

/// One trial in which the fault happened.
struct Trial<'a> {
    bench: Bench<'a>,
    at: usize,
    fault: &'a Fault,
    record: &'a Record,
    fired: usize,
}

impl Trial<'_> {
    fn verdict(&self) -> (Verdict, String) {
        if let Some(rest) = self.diverged() {
            return (Verdict::Diverged, rest);
        }
        if let Some(found) = leak::new_leak(self.bench.harness, self.bench.green, self.record) {
            return (Verdict::Leaked, format!(", and {found}"));
        }
        if let Some(call) = self.escape() {
            let rest = format!(
                ", and the script called `{}` at {}, which no stub answers",
                shown(&call.argv),
                place(&call.site)
            );
            return (Verdict::Escaped, rest);
        }
        match exit_code(self.record.end) {
            None => (Verdict::Hung, ", and the script did not end before its deadline".to_owned()),
            Some(0) => self.exit_0(),
            Some(code) => self.failed(code),
        }
    }

    fn exit_0(&self) -> (Verdict, String) {
        let Bench { harness, case, green, .. } = self.bench;
        if let Some(declared) = harness.recovery(&case.name, &self.fault.site.argv, self.fault.kind) {
            if let Some(rest) = self.residue() {
                return (Verdict::Residue, rest);
            }
            let reason = &harness.recoveries[declared].reason;
            return (Verdict::Recovered, format!("; exit 0, as declared: {reason}"));
        }
        if let Some(rest) = self.noticed() {
            return (Verdict::Recovered, rest);
        }
        if self.fault.kind == FaultKind::Sigpipe {
            let words = |record| mutations(harness, record).into_iter().map(|call| call.site.argv.clone());
            if words(green).eq(words(self.record)) {
                return (
                    Verdict::Recovered,
                    "; the reader had what it needed, and all went on as in the green run".to_owned(),
                );
            }
        }
        let mut rest = format!("{WENT_ON} as if nothing had happened: ");
        if let Some(call) = self.mutation_after() {
            let _ = write!(rest, "it ran `{}` at {}, ", shown(&call.argv), place(&call.site));
        } else if let Some(call) = self.after().next() {
            let _ = write!(rest, "it ran `{}` at {}, ", shown(&call.argv), place(&call.site));
        }
        if let Some(line) = self.claim() {
            let _ = write!(rest, "said \"{line}\", ");
        }
        rest.push_str("exit 0");
        (Verdict::Swallowed, rest)
    }

    fn failed(&self, code: i32) -> (Verdict, String) {
        if let Some(call) = self.mutation_after() {
            let rest = format!(
                ", and the script still ran `{}` at {} before it ended with exit {code}",
                shown(&call.argv),
                place(&call.site)
            );
            return (Verdict::MutatedAfter, rest);
        }
        if let Some(line) = self.claim() {
            return (
                Verdict::ClaimedSuccess,
                format!(", and the script said \"{line}\" before it ended with exit {code}"),
            );
        }
        if let Some(rest) = self.residue() {
            return (Verdict::Residue, rest);
        }
        (Verdict::Propagated, format!("; the script ended with exit {code}"))
    }

    /// What is left that must not be: the green run leaves it not at all, or with other content.
    fn residue(&self) -> Option<String> {
        let Bench { green, .. } = self.bench;
        // Between `mktemp` and the script that learns the name nobody can clean up.
        let own = match self.fault.kind {
            FaultKind::Interrupt(_) => self.record.calls[self.fired].stdout.trim(),
            _ => "",
        };
        // A random name is another one each time.
        let in_green = |path: &String, content: &String| {
            let same = |(other, text): (&String, &String)| {
                text == content && (other == path || normalise(other) == normalise(path))
            };
            green.left.iter().any(same)
        };
        let is_new = |path: &String, content: &String| *path != own && !in_green(path, content);
        let (path, _) = self.record.left.iter().find(|(path, content)| is_new(path, content))?;
        let how = match green.left.get(path) {
            Some(_) => "with other content than the green run's",
            None => "which the green run does not leave",
        };
        Some(format!(", and the script left {path}, {how}"))
    }

    /// Why the trace before the fault is not the green run's.
    fn diverged(&self) -> Option<String> {
        let green = &self.bench.green.calls[..self.at.min(self.bench.green.calls.len())];
        let before = &self.record.calls[..self.fired];
        let same = before.len() == green.len() && before.iter().zip(green).all(|(a, b)| a.site == b.site);
        let reordered =
            self.bench.outline.has_parallel_calls() && calls::within(before, &self.bench.green.calls);
        if same || reordered {
            return None;
        }
        let stranger = before.iter().zip(green).find(|(a, b)| a.site != b.site).map(|(a, _)| a);
        Some(match stranger.or_else(|| before.get(green.len())) {
            Some(call) => format!(
                ", but before that the script had called {}, unlike the green run",
                calls::trace_line(call)
            ),
            None => ", but fewer calls came before it than in the green run".to_owned(),
        })
    }

    /// The calls after the fault that the script began after it: neither the failing call again, nor one that ran
    /// beside it.
    fn after(&self) -> impl Iterator<Item = &Call> {
        self.record.calls[self.fired + 1..].iter().filter(|call| call.answer != Answer::Fault)
    }

    fn escape(&self) -> Option<&Call> {
        self.after().find(|call| call.answer == Answer::Unstubbed)
    }

    fn mutation_after(&self) -> Option<&Call> {
        if self.guessed_empty() {
            return self.change_without_the_answer();
        }
        let calls = self.record.calls.iter().enumerate().skip(self.fired + 1);
        let after = calls.filter(|(_, call)| call.answer != Answer::Fault);
        { after }
            .find(|(at, call)| mutates(self.bench.harness, call) && self.counts(*at))
            .map(|(_, call)| call)
    }

    /// Whether the change with this number, after the fault, must not have been.
    fn counts(&self, at: usize) -> bool {
        let harness = self.bench.harness;
        let call = &self.record.calls[at];
        !harness.cleanups.iter().any(|cleanup| cleanup.pattern.matches(&call.argv))
            && !(harness.guessed
                && (self.bench.outline.cleans_up(call) && !self.goes_forward(at)
                    || self.answers_the_failure(at)
                    || self.goes_on_by_itself(call)))
            && !self.runs_beside(call)
            // Whoever writes a harness says what a stage may do behind another that failed.
            && !(harness.guessed && self.bench.outline.are_stages(&self.fault.site, &call.site))
    }

    /// What claims success in the output after the fault.
    fn claim(&self) -> Option<String> {
        let patterns = self.bench.harness.success.as_deref();
        let call = &self.record.calls[self.fired];
        let stdout = story::tail_from(&self.record.stdout, call.stdout_before);
        let stderr =
            story::tail_from(&self.record.stderr, call.stderr_before).replacen(&self.fault.stderr, "", 1);
        let mut stdout = self.without_answers(stdout);
        let mut stderr = stderr;
        if patterns.is_none() {
            // `deploy-ok.sh: snapshot` says how the script is called.
            let name = self.bench.harness.script.file_name();
            (stdout, stderr) = (stdout.replace(name, ""), stderr.replace(name, ""));
        }
        if self.bench.harness.guessed && self.record.end != End::Code(0) {
            return unaided::claim(&self.without_quotes(&stdout), &self.without_quotes(&stderr));
        }
        claim(patterns, &stdout).or_else(|| claim(patterns, &stderr)).map(str::to_owned)
    }

    /// Without the guessed answers that the script repeats: they are the tools' words (`install ok installed`).
    fn without_quotes(&self, text: &str) -> String {
        let guessed = self.record.calls.iter().filter(|call| call.answer == Answer::Guess);
        let answers = guessed.map(|call| call.stdout.trim()).filter(|answer| answer.contains(' '));
        answers.fold(text.to_owned(), |text, answer| text.replace(answer, ""))
    }

    /// What a tool printed straight to the script's stdout is the tool's word, not the script's.
    fn without_answers(&self, stdout: &str) -> String {
        let mut own = stdout.to_owned();
        let tools = std::iter::once(&self.record.calls[self.fired]).chain(self.after());
        for call in tools.filter(|call| call.output == crate::trial::world::Output::Script) {
            if !call.stdout.trim().is_empty() {
                own = own.replacen(&call.stdout, "", 1);
            }
        }
        own
    }

    fn subject(&self) -> String {
        let call = &self.record.calls[self.fired];
        format!("{}: `{}`", place(&call.site), shown(&call.argv))
    }

    fn what_happened(&self) -> String {
        let Fault { kind, persistence, exit, .. } = self.fault;
        let mut text = match kind {
            FaultKind::Exit => format!("failed with exit {exit}"),
            FaultKind::Signal => "was killed (SIGKILL)".to_owned(),
            FaultKind::Missing => "was not there (127)".to_owned(),
            FaultKind::Absent => format!("said that it is not there (exit {exit})"),
            FaultKind::Unreachable => format!("could not reach whom it asks (exit {exit})"),
            FaultKind::Empty => "answered nothing, with exit 0".to_owned(),
            FaultKind::Truncated => "broke off in the middle of its answer, with exit 0".to_owned(),
            FaultKind::Garbage => "answered with a proxy's error page, with exit 0".to_owned(),
            FaultKind::DiskFull => format!("found the disk full (exit {exit})"),
            FaultKind::Interrupt(how) => format!("was running when the script got {}", how.signal()),
            FaultKind::Hang => format!("gave no answer before its time limit (exit {exit})"),
            FaultKind::Sigpipe => "was cut off by its reader (SIGPIPE)".to_owned(),
        };
        if *persistence == Persistence::Forever {
            text.push_str(", every time");
        } else if self.fault.occurrence > 1 {
            let _ = write!(text, ", the {} time", ordinal(self.fault.occurrence));
        }
        text
    }
}

/// `2nd`, `3rd`, `11th`.
fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
