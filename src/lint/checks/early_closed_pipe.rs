//! L8: no pipe whose status lies.

use crate::bash::Dialect;
use crate::facts::{Pipe, Stage, Use, UseKind};
use crate::finding::Advice;
use crate::lint::mend;
use crate::lint::script::{Report, Script};

use super::by_line::{Found, add_by_line};

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    let found = script.seen.statuses.pipes.iter().filter_map(|pipe| {
        let advice = left_early(pipe, script.dialect).or_else(|| hidden(pipe, script.dialect))?;
        // A call cannot be mended in place of what it calls.
        let repair = if pipe.within.is_none() { mend::capture(script, pipe.at) } else { Vec::new() };
        Some(Found { at: pipe.at, note: "the status of this pipe lies too", advice, repair })
    });
    add_by_line(script, report, found.collect());
}

/// Under `pipefail`: a command that leaves the pipe before the end, where the status matters.
fn left_early(pipe: &Pipe, dialect: Dialect) -> Option<Advice> {
    if !pipe.regime.pipefail.on {
        return None;
    }
    let used = looked_at(pipe)?;
    let (index, how) = pipe
        .stages
        .iter()
        .enumerate()
        .find_map(|(index, stage)| stage.early.as_ref().map(|how| (index, how)))
        .filter(|(index, _)| pipe.stages[..*index].iter().any(|stage| stage.writes))?;
    let producer = name(&pipe.stages[index.saturating_sub(1)]);
    Some(Advice {
        message: format!(
            "{}{how}, and under `pipefail` what {producer} still writes makes the whole pipe fail with 141",
            pipe.within.as_ref().map(|name| format!("in `{name}`, of another file, ")).unwrap_or_default(),
        ),
        why: why(used),
        instead: instead(dialect),
    })
}

/// Without `pipefail`: a program whose failure the last command's status, or the captured output, hides.
fn hidden(pipe: &Pipe, dialect: Dialect) -> Option<Advice> {
    if !pipe.regime.pipefail.off || pipe.each_read {
        return None;
    }
    let used = looked_at(pipe);
    if used.is_none() && !pipe.captured {
        return None;
    }
    let (last, producers) = pipe.stages.split_last()?;
    let producer = producers.iter().find(|stage| stage.external)?;
    let why = match used {
        None => "the output that is captured looks complete where it is cut short or empty".to_owned(),
        Some(_) => format!("whoever looks at the status sees only that of {}", name(last)),
    };
    Some(Advice {
        message: format!("without `pipefail` nobody sees {} fail", name(producer)),
        why,
        instead: instead(dialect),
    })
}

fn name(stage: &Stage) -> String {
    stage.name.as_ref().map_or_else(|| "the command in front".to_owned(), |name| format!("`{name}`"))
}

fn looked_at(pipe: &Pipe) -> Option<Use> {
    let known = |used: &&Use| !matches!(used.kind, UseKind::Caller | UseKind::Discarded | UseKind::Each);
    let turned = |used: &&Use| used.negated || used.kind == UseKind::Or;
    let mut all = pipe.used.iter().filter(known);
    pipe.used.iter().filter(known).find(turned).or_else(|| all.next()).copied()
}

fn why(used: Use) -> String {
    let text = match used {
        Use { negated: true, .. } => {
            "what is there reads as absent, and what stands behind `!` may create or delete because of it"
        }
        Use { kind: UseKind::Or, .. } => {
            "what is there reads as absent, and what stands behind `||` runs because of it"
        }
        Use { kind: UseKind::Errexit, .. } => {
            "`set -e` ends the script there, and only when the output is long"
        }
        _ => "the test turns out wrong, and only when the output is long",
    };
    text.to_owned()
}

fn instead(dialect: Dialect) -> String {
    if dialect == Dialect::Posix {
        return "capture, then test: `out=$(producer) || die ...; printf '%s\\n' \"$out\" | grep -q x`"
            .to_owned();
    }
    "capture, then test: `out=$(producer) || die ...; grep -q x <<<\"$out\"`; `< <(producer)` and \
     `<<<\"$(producer)\"` hide the producer's failure and are no fix"
        .to_owned()
}
