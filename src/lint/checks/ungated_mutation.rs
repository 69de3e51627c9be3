//! L3: every path to a mutation passes `--apply` and the typed confirmation.

use crate::commands::{Effect, HOLE, Tables};
use crate::facts::{Missing, Observation};
use crate::finding::Advice;
use crate::lint::script::{Report, Script};
use crate::source::Span;

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    let mut reported: Vec<Span> = Vec::new();
    for seen in &script.seen.list {
        if seen.missing == Missing::default() || reported.contains(&seen.at) {
            continue;
        }
        reported.push(seen.at);
        let gate = &script.gate;
        let missing = match seen.missing {
            Missing { apply: true, phrase: true } => {
                format!("without `{gate}` and without a typed confirmation")
            }
            Missing { apply: true, phrase: false } => format!("without `{gate}`"),
            Missing { apply: false, .. } => "without a typed confirmation".to_owned(),
        };
        let gated = gated(script, seen);
        let secondary = gated.iter().map(|(_, other)| (other.at, "this one is gated".to_owned())).collect();
        report.add(
            seen.at,
            "",
            secondary,
            Advice {
                message: format!("{} can be reached {missing}", what(seen)),
                why: why(script, seen, gated.first().map(|(line, _)| *line)),
                instead: instead(script, seen),
            },
        );
    }
}

/// Another change of this script that has the gates which this one lacks, and its line.
fn gated<'s>(script: &'s Script<'_>, seen: &Observation) -> Vec<(u32, &'s Observation)> {
    let has = |other: &&Observation| {
        other.effect == Effect::Mutate
            && !other.dead
            && !other.elsewhere
            && other.at != seen.at
            && !(seen.missing.apply && other.missing.apply)
            && !(seen.missing.phrase && other.missing.phrase)
    };
    let line = |other: &'s Observation| (script.source.line(other.at.start), other);
    script.seen.list.iter().find(has).map(line).into_iter().collect()
}

fn why(script: &Script<'_>, seen: &Observation, gated: Option<u32>) -> String {
    if let Some(line) = gated {
        return format!(
            "line {line} is gated, but some path comes here around its gates: a run that was meant to look only makes changes"
        );
    }
    let some = |has: fn(&Observation) -> bool| {
        script.seen.list.iter().any(|other| other.effect == Effect::Mutate && !other.dead && has(other))
    };
    let applies = some(|other| !other.missing.apply);
    let confirms = some(|other| !other.missing.phrase);
    let gate = &script.gate;
    match seen.missing {
        Missing { apply: true, phrase: true } if !applies && !confirms => {
            format!(
                "nothing in front of it needs `{gate}`, and nothing that the operator types is compared with the target: a run that was meant to look only makes changes"
            )
        }
        Missing { apply: true, .. } => {
            let unread = seen.unsettled_by.map(|at| script.source.line(at.start));
            let unread = unread.map_or_else(String::new, |line| {
                format!("; line {line} runs text that is not read here and may set the mode: set it behind that line")
            });
            format!(
                "some path comes here although `{gate}` was not given (an inherited variable or a default is no `{gate}`{unread}): a run that was meant to look only makes changes"
            )
        }
        Missing { .. } => {
            format!(
                "`{gate}` alone leads here: text that names the target was not typed, or its comparison stops nobody (an option's value, `yes`, a default, a status that nobody looks at)"
            )
        }
    }
}

fn instead(script: &Script<'_>, seen: &Observation) -> String {
    let gate = &script.gate;
    let command = what(seen);
    let target = target(seen);
    let apply = format!(
        "let only `{gate}` set the mode, and leave before {command} unless it did: `(( APPLY )) || exit 0`"
    );
    let phrase = format!(
        "let the operator type the target's name and compare it (in quotes, or it is a pattern) before {command}: `read -r typed; [[ $typed == \"{target}\" ]] || exit 1`"
    );
    match seen.missing {
        Missing { apply: true, phrase: true } => format!("{apply}; then {phrase}"),
        Missing { apply: true, phrase: false } => apply,
        Missing { apply: false, .. } => phrase,
    }
}

/// What the operator would type: the last word that names an object, where it is known and a name.
fn target(seen: &Observation) -> String {
    let objects = if seen.writes_file { Vec::new() } else { Tables::builtin().object_words(&seen.words) };
    let last = objects.last().and_then(|index| seen.words.get(*index)).filter(|word| {
        word.len() > 2
            && word.chars().any(|c| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
    });
    last.map_or_else(|| "$target".to_owned(), Clone::clone)
}

fn what(seen: &Observation) -> String {
    if seen.writes_file {
        return "this write to a file".to_owned();
    }
    let mut shown: Vec<String> = Vec::new();
    let mut previous = "";
    for word in seen.words.iter().take(4) {
        shown.push(without_credential(previous, word).replace(HOLE, "\u{2026}"));
        previous = word;
    }
    format!("`{}`", shown.join(" "))
}

/// A word as it may be shown: what stands behind an option that takes a credential is not.
fn without_credential<'w>(previous: &str, word: &'w str) -> &'w str {
    const TAKE_ONE: [&str; 9] =
        ["-u", "--user", "-p", "--password", "-a", "--pass", "--token", "-H", "--header"];
    if TAKE_ONE.contains(&previous) {
        return "\u{2026}";
    }
    match word.split_once('=') {
        Some((name, _)) if word.starts_with("--") || !name.contains('/') => name,
        _ => word,
    }
}
