//! L4: an id passes an anchored check before it reaches a mutating command.

use crate::commands::{HOLE, Tables};
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
        report.add(
            seen.at,
            "",
            secondary,
            Advice {
                message: format!(
                    "{} reaches `{}` without an anchored check",
                    names.join(", "),
                    words.join(" ")
                ),
                why: "some path comes here with a value that nobody compared with the whole form of an id: an empty, cut or foreign one names another object, or every object".to_owned(),
                instead: format!(
                    "check this very value right before: `[[ ${first} =~ {} ]] || exit 1`, without quotes around the expression",
                    form(&seen.words, first)
                ),
            },
        );
    }
}

/// The form of the id: that of the object which its variable names, else of the command's noun.
fn form(words: &[String], name: &str) -> &'static str {
    const HEX: &str = "^[0-9a-f]{32}$";
    const UUID: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
    let program = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let Some(forms) = Tables::builtin().tool(program).map(|tool| &tool.id_forms) else { return HEX };
    let of_hex = |noun: &str| forms.get("hex32").is_some_and(|nouns| nouns.iter().any(|known| known == noun));
    let name = name.to_ascii_lowercase();
    let named = name.split('_').find(|part| of_hex(part) || ["server", "network", "volume"].contains(part));
    let noun = named.or_else(|| words.get(1).map(String::as_str));
    if forms.is_empty() || noun.is_some_and(of_hex) { HEX } else { UUID }
}
