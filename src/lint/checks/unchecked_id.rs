//! L4: an id passes an anchored check before it reaches a mutating command.

use crate::commands::HOLE;
use crate::finding::Advice;
use crate::lint::script::{Report, Script};
use crate::source::Span;

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    if script.library {
        return;
    }
    let mut reported: Vec<Span> = Vec::new();
    for seen in &script.seen.list {
        if seen.unchecked.is_empty() || reported.contains(&seen.at) {
            continue;
        }
        reported.push(seen.at);
        let names: Vec<String> = seen.unchecked.iter().map(|id| format!("`${}`", id.name)).collect();
        let words: Vec<String> =
            seen.words.iter().take(3).map(|word| word.replace(HOLE, "\u{2026}")).collect();
        let secondary = seen
            .unchecked
            .iter()
            .filter(|id| id.span != seen.at)
            .map(|id| (id.span, "not checked on every path".to_owned()))
            .collect();
        let first = &seen.unchecked[0].name;
        report.add(seen.at, "", secondary, Advice {
            message: format!("{} reaches `{}` without an anchored check", names.join(", "), words.join(" ")),
            why: "an empty, cut or foreign value names another object, or every object".to_owned(),
            instead: format!("check this very value right before: `[[ ${first} =~ ^[0-9a-f]{{32}}$ ]] || exit 1` (a dashed UUID for servers, networks, volumes)"),
        });
    }
}
