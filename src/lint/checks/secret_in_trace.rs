//! L11: no secret comes to light in a trace, on stdout or stderr, in a log, or stands in the text.

use crate::facts::{Given, Leak, Literal, Shown};
use crate::finding::Advice;
use crate::lint::script::{Report, Script};
use crate::source::Span;

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    let mut reported: Vec<Span> = Vec::new();
    // A command that is traced and prints: what it prints stays after the trace has been taken away.
    let (traced, printed): (Vec<&Leak>, Vec<&Leak>) =
        script.seen.leaks.iter().partition(|leak| leak.shown == Shown::Traced);
    for leak in printed.into_iter().chain(traced) {
        if leak.at.is_empty() || script.is_said(&reported, leak.at) {
            continue;
        }
        reported.push(leak.at);
        let secondary = leak
            .way
            .iter()
            .filter(|step| !step.span.is_empty())
            .map(|step| (step.span, step.what.clone()))
            .collect();
        report.add(leak.at, "", secondary, advice(script, leak));
    }
    let mut lines: Vec<u32> = Vec::new();
    for literal in &script.seen.literals {
        let at = line_of(script, literal);
        let line = script.line(at);
        if !lines.contains(&line) {
            lines.push(line);
            report.add(at, "", Vec::new(), literal_advice(&literal.given));
        }
    }
}

fn advice(script: &Script<'_>, leak: &Leak) -> Advice {
    let way = script.journey(&leak.way);
    let (message, why, instead) = match &leak.shown {
        Shown::Traced => (
            format!("{way} is expanded while `set -x` is on"),
            "the trace prints every expansion to stderr, and from there it goes into logs that others read",
            "switch the trace off around it: `{ set +x; } 2>/dev/null` before, `set -x` after; or trace nothing that touches secrets",
        ),
        Shown::Stdout => (
            format!("{way} is printed to stdout"),
            "what a script prints is kept: by terminals, by the scheduler that runs it, by whoever pipes it",
            "say that it is there (`${x:+set}`) or how long it is (`${#x}`); hand it on by a pipe to the command that reads it, or write it to a file that only the user can read",
        ),
        Shown::Stderr => (
            format!("{way} is printed to stderr"),
            "stderr is what schedulers and logs keep",
            "say what failed without the value: its name, its length (`${#x}`), the status of the command",
        ),
        Shown::Log(log) => (
            format!("{way} is printed into the log `{log}`"),
            "logs are copied, shipped and read by many, and live longer than the secret",
            "log what happened without the value: its name, its length (`${#x}`), the status of the command",
        ),
        Shown::Logger(program) => (
            format!("{way} is handed to `{program}`"),
            "what is logged or broadcast is read by many, and lives longer than the secret",
            "log what happened without the value: its name, its length (`${#x}`), the status of the command",
        ),
    };
    Advice { message, why: why.to_owned(), instead: instead.to_owned() }
}

fn literal_advice(given: &Given) -> Advice {
    let what = match given {
        Given::Name(name) => format!("`{name}` is given a literal credential"),
        Given::Option(option) => format!("`{option}` is given a literal credential"),
        Given::Operand(program) => format!("`{program}` is given a literal credential"),
        Given::Header(name) => format!("the header `{name}` holds a literal credential"),
        Given::Form => "a literal credential stands in the text".to_owned(),
        Given::PrivateKey => "a private key stands in the text".to_owned(),
    };
    Advice {
        message: what,
        why: "whoever can read the repository, any copy of it or its history can use it".to_owned(),
        instead: "read it when it is needed (`vault kv get`, a file that only the user can read, `read -rs`), and replace the one that stood here: it is known now".to_owned(),
    }
}

/// The line of a text on which a credential stands.
fn line_of(script: &Script<'_>, literal: &Literal) -> Span {
    if literal.line == 0 && literal.given != Given::PrivateKey {
        return literal.at;
    }
    let text = script.text(literal.at);
    let mut start = 0;
    for _ in 0..literal.line {
        start += text[start..].find('\n').map_or(0, |at| at + 1);
    }
    let line = text[start..].lines().next().unwrap_or_default();
    let blank = line.len() - line.trim_start().len();
    let offset = |at: usize| literal.at.start + u32::try_from(at).unwrap_or(0);
    Span::new(offset(start + blank), offset(start + line.len()))
}
