//! L3: every path to a mutation passes `--apply` and the typed confirmation.

use crate::commands::HOLE;
use crate::facts::{Missing, Observation};
use crate::finding::Advice;
use crate::lint::script::{Report, Script};
use crate::source::Span;

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    if script.library {
        return;
    }
    let mut reported: Vec<Span> = Vec::new();
    for seen in &script.seen.list {
        if seen.missing == Missing::default() || reported.contains(&seen.at) {
            continue;
        }
        reported.push(seen.at);
        let (missing, instead) = match seen.missing {
            Missing { apply: true, phrase: true } => (
                "without `--apply` and without a typed confirmation",
                "make audit the default, and reach this only where `--apply` was given and the operator typed the target's name: `[[ $typed == \"$target\" ]] || exit 1`",
            ),
            Missing { apply: true, phrase: false } => (
                "without `--apply`",
                "set the mode to audit at the start, let only `--apply` change it, and leave before this line unless it did: `(( APPLY )) || exit 0`",
            ),
            Missing { apply: false, .. } => (
                "without a typed confirmation",
                "read a line from the operator and compare it with a text that holds the target's own name or id (in quotes, or it is a pattern): `[[ $typed == \"delete $name\" ]] || exit 1`",
            ),
        };
        report.add(
            seen.at,
            "",
            Vec::new(),
            Advice {
                message: format!("{} can be reached {missing}", what(seen)),
                why: "a run that was meant to look only would change the cloud".to_owned(),
                instead: instead.to_owned(),
            },
        );
    }
}

fn what(seen: &Observation) -> String {
    if seen.writes_file {
        return "this write to a file".to_owned();
    }
    let words: Vec<String> = seen.words.iter().take(4).map(|word| word.replace(HOLE, "\u{2026}")).collect();
    format!("`{}`", words.join(" "))
}
