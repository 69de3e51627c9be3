//! The green run: whether a script without any fault does what its harness expects, twice the same.

use std::fmt::Write as _;

use crate::trial::calls::{self, Agreement, mutations, place, shown, typed};
use crate::trial::harness::{Case, DeclaredStub, Harness};
use crate::trial::judge::{Judgement, exit_code};
use crate::trial::outline::Outline;
use crate::trial::pattern::Pattern;
use crate::trial::story;
use crate::trial::world::{Answer, Call, End, Record};
use crate::verdict::Verdict;

/// Judges the two recordings of a case without a fault.
pub fn judge(
    harness: &Harness,
    case: &Case,
    outline: &Outline,
    first: &Record,
    second: &Record,
) -> Judgement {
    let red =
        |verdict, explanation: String| Judgement { verdict, explanation, aftermath: story::endings(first) };
    if let Some(call) = first.calls.iter().find(|call| call.answer == Answer::Unstubbed) {
        return unstubbed(call, first);
    }
    if first.end == End::TimedOut {
        return red(Verdict::Hung, "the script did not end before its deadline".to_owned());
    }
    if let Some(reason) = failed(harness, case, first) {
        return red(Verdict::Failed, reason);
    }
    if let Some(expected) = missing_call(&case.expect.calls, &first.calls) {
        let reason = format!("the expected call `{expected}` did not come, or not in its place");
        let mut judgement = red(Verdict::Unmet, reason);
        judgement.aftermath = first.calls.iter().map(calls::trace_line).chain(judgement.aftermath).collect();
        return judgement;
    }
    let mut own = case.stubs.iter().enumerate();
    if let Some((_, stub)) = own.find(|(index, stub)| !stub.optional && !called(first, *index)) {
        return red(Verdict::Unmet, unmet_stub(stub));
    }
    nondeterministic(outline, first, second)
        .unwrap_or_else(|| Judgement::plain(Verdict::Passed, "the run without a fault is as expected"))
}

fn unstubbed(call: &Call, record: &Record) -> Judgement {
    let mut aftermath = stub_to_add(&call.argv);
    aftermath.extend(story::endings(record));
    Judgement {
        verdict: Verdict::Unstubbed,
        explanation: format!("{}: no stub answers `{}`", place(&call.site), shown(&call.argv)),
        aftermath,
    }
}

/// The lines of a stub that answers the call, ready to paste.
pub fn stub_to_add(argv: &[String]) -> Vec<String> {
    let mut words: Vec<String> = argv.to_vec();
    if let Some(program) = words.first_mut() {
        *program = program.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let escaped: Vec<String> = words.iter().map(|word| escape_glob(word)).collect();
    let pattern = toml::Value::String(typed(&escaped)).to_string();
    vec![
        "add to the harness, with the answer that the tool gives:".to_owned(),
        "[[stub]]".to_owned(),
        format!("argv = {pattern}"),
        "stdout = \"\"".to_owned(),
    ]
}

fn escape_glob(word: &str) -> String {
    word.chars().fold(String::new(), |mut text, c| {
        if "*?[\\".contains(c) {
            text.push('\\');
        }
        text.push(c);
        text
    })
}

/// The first expectation about exit, output, files and mutations that is not met.
fn failed(harness: &Harness, case: &Case, record: &Record) -> Option<String> {
    let expect = &case.expect;
    let code = exit_code(record.end);
    if code != Some(i32::from(expect.exit)) {
        let code = code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        return Some(format!("the exit code is {code}, expected {}", expect.exit));
    }
    for (name, patterns, text) in
        [("stdout", &expect.stdout, &record.stdout), ("stderr", &expect.stderr, &record.stderr)]
    {
        if let Some(pattern) = patterns.iter().find(|pattern| !pattern.is_match(text)) {
            return Some(format!("/{pattern}/ is not in {name}"));
        }
    }
    for (name, text) in [("stdout", &record.stdout), ("stderr", &record.stderr)] {
        if let Some(pattern) = expect.absent.iter().find(|pattern| pattern.is_match(text)) {
            return Some(format!("/{pattern}/ must be absent, and is in {name}"));
        }
    }
    for (path, pattern) in &expect.files {
        match record.files.get(path) {
            None => return Some(format!("the script left no file {path}")),
            Some(text) if !pattern.is_match(text) => {
                return Some(format!("/{pattern}/ is not in the file {path}"));
            }
            Some(_) => {}
        }
    }
    if let Some(path) = record.left.keys().find(|path| !expect.files.contains_key(*path)) {
        return Some(format!(
            "the script left {path}, which `residue` forbids: remove it in the script, or name it in expect.files"
        ));
    }
    let expected = expect.mutations.as_deref()?;
    wrong_mutations(expected, &mutations(harness, record))
}

fn wrong_mutations(expected: &[Pattern], came: &[&Call]) -> Option<String> {
    for (index, call) in came.iter().enumerate() {
        match expected.get(index) {
            Some(pattern) if pattern.matches(&call.argv) => {}
            Some(pattern) => {
                return Some(format!(
                    "mutating call {} is `{}` ({}), expected `{pattern}`",
                    index + 1,
                    shown(&call.argv),
                    place(&call.site)
                ));
            }
            None => {
                return Some(format!(
                    "one mutating call too many: `{}` ({})",
                    shown(&call.argv),
                    place(&call.site)
                ));
            }
        }
    }
    expected.get(came.len()).map(|pattern| format!("the mutating call `{pattern}` did not come"))
}

/// The first of the expected calls that does not come in its order.
fn missing_call<'p>(expected: &'p [Pattern], came: &[Call]) -> Option<&'p Pattern> {
    let mut rest = came.iter();
    expected.iter().find(|pattern| !rest.any(|call| pattern.matches(&call.argv)))
}

/// Whether the stub with this index in the plan answered a call.
pub fn called(record: &Record, stub: usize) -> bool {
    record.calls.iter().any(|call| call.answer == Answer::Stub(stub))
}

/// Why a stub that nobody called is red.
pub fn unmet_stub(stub: &DeclaredStub) -> String {
    format!(
        "the stub `{}` (line {} of the harness) was never called: correct it, drop it, or mark it `optional = true`",
        stub.pattern, stub.line
    )
}

fn nondeterministic(outline: &Outline, first: &Record, second: &Record) -> Option<Judgement> {
    let mut explanation = "two runs without a fault made different calls".to_owned();
    match calls::agreement(&first.calls, &second.calls) {
        Agreement::Different => {
            if let Some((a, b)) = first.calls.iter().zip(&second.calls).find(|(a, b)| a.site != b.site) {
                let _ = write!(explanation, ": {} against {}", calls::trace_line(a), calls::trace_line(b));
            }
        }
        Agreement::Reordered if !outline.has_parallel_calls() => explanation.push_str(", in another order"),
        _ if first.end != second.end => {
            "two runs without a fault ended differently".clone_into(&mut explanation);
        }
        _ => return None,
    }
    Some(Judgement {
        verdict: Verdict::Nondeterministic,
        explanation,
        aftermath: story::difference(&first.calls, &second.calls),
    })
}
