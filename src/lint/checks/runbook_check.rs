//! L10: a fence that says CHECK (read-only) only reads, and every fence parses.

use crate::commands::{Effect, HOLE};
use crate::facts::Observation;
use crate::finding::Advice;
use crate::lint::script::{Break, Form, Report, Script};
use crate::source::Span;

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    let Form::Fence { check, .. } = script.form else { return };
    for (at, what, reason) in script.breaks() {
        let message = match what {
            Break::Here | Break::Template => "this fence does not parse from here on",
            Break::Carried => "the shell text that this hands on does not parse",
        };
        let advice = Advice {
            message: format!("{message}: {reason}"),
            why: "whoever pastes it gets an error in the midst of the work, and no rule can vouch for what it does"
                .to_owned(),
            instead: "correct it (`bash -n` shows whether bash accepts it), or mark the gaps of a fragment as `<NAME>` or `...`"
                .to_owned(),
        };
        report.add(at, "", Vec::new(), advice);
    }
    if !check {
        return;
    }
    let mut reported: Vec<Span> = Vec::new();
    for seen in &script.seen.list {
        if seen.effect != Effect::Mutate || reported.contains(&seen.at) {
            continue;
        }
        reported.push(seen.at);
        let advice = Advice {
            message: format!("{} changes something in a fence that says CHECK (read-only)", what(seen)),
            why: "a check is pasted without a second look, because the words above promise that it changes nothing"
                .to_owned(),
            instead: "move it into a fence of its own under a label that says what it changes, or use the form that only reads"
                .to_owned(),
        };
        report.add(seen.at, "", Vec::new(), advice);
    }
}

fn what(seen: &Observation) -> String {
    if seen.writes_file {
        return "this write to a file".to_owned();
    }
    let words: Vec<String> = seen.words.iter().take(4).map(|word| word.replace(HOLE, "\u{2026}")).collect();
    format!("`{}`", words.join(" "))
}
