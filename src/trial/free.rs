//! Free trials: what every harness proves without its author writing it.
//!
//! They are planned only where they mean something: for a case that mutates in its green run.

use crate::fault::FreeTrial;
use crate::id::TrialId;
use crate::trial::calls::{mutations, place, shown};
use crate::trial::harness::{Case, Harness};
use crate::trial::judge::{Judgement, exit_code};
use crate::trial::leak;
use crate::trial::story;
use crate::trial::world::{Call, Record, Site};
use crate::verdict::Verdict;

/// The option without which a script only looks.
const APPLY: &str = "--apply";

/// What is typed instead of the phrase: another one, and what impatient people type.
const OTHER_PHRASES: [(&str, &str); 3] =
    [("other", "some other phrase, typed by mistake\n"), ("y", "y\n"), ("yes", "yes\n")];

/// A trial that runs the script in another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeRun {
    /// Its address.
    pub id: TrialId,
    /// What it tries.
    pub kind: FreeTrial,
    /// The script's arguments.
    pub args: Vec<String>,
    /// What it reads on stdin.
    pub stdin: String,
    /// What is typed at its terminal, where it has one.
    pub tty: Option<String>,
    /// What is tried, in words.
    pub attempt: String,
}

/// The free trials of a case whose green run is `green`.
pub fn plan(harness: &Harness, case: &Case, green: &Record) -> Vec<FreeRun> {
    if mutations(harness, green).is_empty() {
        return Vec::new();
    }
    let mut runs = Vec::new();
    let id = |parts: &[&str]| TrialId::from_parts(&[&[harness.name.as_str(), &case.name], parts].concat());
    if case.args.iter().any(|arg| arg == APPLY) {
        runs.push(FreeRun {
            id: id(&[FreeTrial::Audit.word()]),
            kind: FreeTrial::Audit,
            args: case.args.iter().filter(|arg| *arg != APPLY).cloned().collect(),
            stdin: case.stdin.clone(),
            tty: case.tty.clone(),
            attempt: format!("run without {APPLY}"),
        });
    }
    // A gate with a terminal reads it there.
    let typed = case.tty.is_some();
    let right = case.tty.as_ref().unwrap_or(&case.stdin).trim();
    if !right.is_empty() {
        for (name, phrase) in OTHER_PHRASES.into_iter().filter(|(_, phrase)| phrase.trim() != right) {
            runs.push(FreeRun {
                id: id(&[FreeTrial::WrongPhrase.word(), name]),
                kind: FreeTrial::WrongPhrase,
                args: case.args.clone(),
                stdin: if typed { case.stdin.clone() } else { phrase.to_owned() },
                tty: case.tty.as_ref().map(|_| phrase.to_owned()),
                attempt: format!("given {:?} instead of the phrase", phrase.trim()),
            });
        }
    }
    for (index, (before, good)) in
        case.args.iter().enumerate().filter_map(|(index, arg)| Some((index, id_of(arg)?)))
    {
        for (name, bad) in malformed(good) {
            let mut args = case.args.clone();
            args[index] = format!("{before}{bad}");
            let slot = format!("{}#{}", FreeTrial::MalformedId.word(), index + 1);
            runs.push(FreeRun {
                id: id(&[&slot, name]),
                kind: FreeTrial::MalformedId,
                args,
                // Whoever has the malformed id types it in the phrase too.
                stdin: retyped(&case.stdin, good, &bad),
                tty: case.tty.as_ref().map(|text| retyped(text, good, &bad)),
                attempt: format!("given the malformed id {bad:?}"),
            });
        }
    }
    if case.idempotent {
        runs.push(FreeRun {
            id: id(&[FreeTrial::Idempotent.word()]),
            kind: FreeTrial::Idempotent,
            args: case.args.clone(),
            stdin: case.stdin.clone(),
            tty: case.tty.clone(),
            attempt: "run a second time".to_owned(),
        });
    }
    runs
}

/// What is typed with a malformed id in the place of the good one.
fn retyped(text: &str, good: &str, bad: &str) -> String {
    if bad.is_empty() { text.to_owned() } else { text.replace(good, bad) }
}

/// Judges a free run.
pub fn judge(harness: &Harness, green: &Record, run: &FreeRun, record: &Record) -> Judgement {
    let red = |verdict, explanation| Judgement { verdict, explanation, aftermath: aftermath(record) };
    let attempt = &run.attempt;
    if let Some(found) = leak::new_leak(harness, green, record) {
        return red(Verdict::Leaked, format!("{attempt}, the script leaked: {found}"));
    }
    // A second run may take its lock and give it back.
    let harmless = |call: &Call| {
        run.kind == FreeTrial::Idempotent
            && harness.cleanups.iter().any(|cleanup| cleanup.pattern.matches(&call.argv))
    };
    if let Some(call) = mutations(harness, record).into_iter().find(|call| !harmless(call)) {
        let explanation =
            format!("{attempt}, the script still ran `{}` at {}", shown(&call.argv), place(&call.site));
        return red(Verdict::Failed, explanation);
    }
    match exit_code(record.end) {
        None => red(Verdict::Hung, format!("{attempt}, the script did not end before its deadline")),
        Some(code) if run.kind == FreeTrial::Idempotent && code != 0 => {
            red(Verdict::Failed, format!("{attempt}, the script ended with exit {code}"))
        }
        Some(0) if run.kind == FreeTrial::MalformedId => {
            red(Verdict::Failed, format!("{attempt}, the script ended with exit 0"))
        }
        Some(code) => {
            Judgement::plain(Verdict::Passed, format!("{attempt}, it mutated nothing; exit {code}"))
        }
    }
}

/// The canary trial of a case, its green run searched: address, judgement, the call that leaks where one does.
pub fn canary(harness: &Harness, case: &Case, green: &Record) -> Option<(TrialId, Judgement, Option<Site>)> {
    if harness.canaries.is_empty() {
        return None;
    }
    let id = TrialId::from_parts(&[harness.name.as_str(), &case.name, FreeTrial::Canary.word()]);
    let mut leaks = leak::leaks(harness, green);
    if leaks.is_empty() {
        return Some((id, Judgement::plain(Verdict::Passed, "no canary in any argv, output or file"), None));
    }
    let first = leaks.remove(0);
    let judgement = Judgement {
        verdict: Verdict::Leaked,
        explanation: first.sentence,
        aftermath: leaks.into_iter().map(|leak| leak.sentence).collect(),
    };
    Some((id, judgement, first.site))
}

fn aftermath(record: &Record) -> Vec<String> {
    let calls = record.calls.iter().map(crate::trial::calls::trace_line).map(|line| format!("  {line}"));
    calls.chain(story::endings(record)).collect()
}

/// The id in an argument: the argument itself, or the value of `--option=ID`. What stands before it, then the id.
fn id_of(arg: &str) -> Option<(&str, &str)> {
    let (before, value) = match arg.split_once('=') {
        Some((option, value)) if option.starts_with('-') => (&arg[..=option.len()], value),
        _ => ("", arg),
    };
    (is_hex32(value) || is_uuid(value)).then_some((before, value))
}

fn is_hex32(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The malformed forms of an id, each with its name; never the id itself.
fn malformed(good: &str) -> Vec<(&'static str, String)> {
    let digits: String = good.chars().filter(|c| *c != '-').collect();
    let shorter = good[..good.len() - 1].to_owned();
    let dashes = if is_uuid(good) {
        digits
    } else {
        [&good[..8], &good[8..12], &good[12..16], &good[16..20], &good[20..]].join("-")
    };
    let mut forms = vec![
        ("31-digits", shorter),
        ("33-digits", format!("{good}0")),
        ("upper-case", good.to_ascii_uppercase()),
        ("dashes", dashes),
        ("newline", format!("{good}\n{good}")),
        ("dash", format!("-{good}")),
        ("empty", String::new()),
    ];
    forms.retain(|(_, form)| form != good);
    forms
}
