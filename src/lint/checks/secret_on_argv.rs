//! L2: no secret-bearing value in the argv of anything that execs.

use crate::commands::{HOLE, Tables, matches_words};
use crate::facts::Observation;
use crate::finding::Advice;
use crate::lint::mend;
use crate::lint::script::{Report, Script};
use crate::source::Span;

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    let mut reported: Vec<Span> = Vec::new();
    for seen in &script.seen.list {
        let Some(exposure) = seen.exposed.first() else { continue };
        if seen.exec_words.is_empty() || script.is_said(&reported, seen.at) {
            continue;
        }
        reported.push(seen.at);
        let mut secondary: Vec<(Span, String)> = Vec::new();
        for step in &exposure.way {
            secondary.push((step.span, step.what.clone()));
        }
        if exposure.span != seen.at {
            secondary.push((exposure.span, "the secret stands in this word".to_owned()));
        }
        report.add(seen.at, "", secondary, advice(script, seen));
        report.fix(mend::data_on_stdin(script, seen.at));
    }
}

fn advice(script: &Script<'_>, seen: &Observation) -> Advice {
    const MOST: usize = 3;
    let program = seen.exec_words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let program = if program.contains(HOLE) { "the command" } else { program };
    let mut ways: Vec<String> = Vec::new();
    for exposure in &seen.exposed {
        let way = script.journey(&exposure.way);
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways.truncate(MOST);
    let verb = if ways.len() > 1 { "reach" } else { "reaches" };
    Advice {
        message: format!(
            "{} {verb} the argv of `{program}` at line {}",
            ways.join(" and "),
            script.line(seen.at)
        ),
        why: "every user of the machine can read a process's argv, and it lands in audit logs (CWE-214)"
            .to_owned(),
        instead: instead(seen),
    }
}

/// What to write instead, for the very option or operand that carries the secret.
fn instead(seen: &Observation) -> String {
    let mut words: Vec<&str> = seen.exec_words.iter().map(String::as_str).collect();
    if let Some(first) = words.first_mut() {
        *first = first.rsplit('/').next().unwrap_or(first);
    }
    let carries = seen.exposed.first().map_or(0, |exposure| exposure.word);
    let safe = &Tables::builtin().secrets().safe;
    safe.iter()
        .find(|safe| safe.fits(&words, carries) && matches_words(&safe.call, &words))
        .map_or_else(String::new, |safe| safe.instead.clone())
}
