//! L4: an id passes an anchored check before it reaches a mutating command.

use crate::commands::{HOLE, Tables};
use crate::finding::Advice;
use crate::lint::script::{Report, Script};
use crate::source::Span;

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    let mut reported: Vec<Span> = Vec::new();
    for seen in &script.seen.list {
        if seen.unchecked.is_empty() || reported.contains(&seen.at) {
            continue;
        }
        reported.push(seen.at);
        let names: Vec<String> = seen.unchecked.iter().map(|id| format!("`${}`", id.name)).collect();
        // What an id leads to is the command that it is a word of.
        let of = if seen.unchecked[0].carries { &seen.exec_words } else { &seen.words };
        let words: Vec<String> = of.iter().take(3).map(|word| word.replace(HOLE, "\u{2026}")).collect();
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
                instead: instead(of, first),
            },
        );
    }
}

/// The check to write: with the form of the tool's own ids, else with that of the object which the variable names.
fn instead(words: &[String], name: &str) -> String {
    let Some(form) = form(words, name) else {
        return format!(
            "check this very value right before, with the whole form of such an id between `^` and `$` and without quotes around the expression: `[[ ${name} =~ {UUID} ]] || exit 1` where it is a dashed UUID, `{HEX}` where it is 32 hexadecimal digits"
        );
    };
    format!(
        "check this very value right before: `[[ ${name} =~ {form} ]] || exit 1`, without quotes around the expression"
    )
}

const HEX: &str = "^[0-9a-f]{32}$";
const UUID: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

/// The form of the id, where it is known.
fn form<'t>(words: &[String], name: &str) -> Option<&'t str> {
    let program = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let tool = Tables::builtin().tool(program);
    let name = name.to_ascii_lowercase();
    if name.ends_with("uuid") {
        return Some(UUID);
    }
    if let Some(own) = tool.map(|tool| tool.own_form.as_str()).filter(|form| !form.is_empty()) {
        return Some(own);
    }
    let forms = tool.map(|tool| &tool.id_forms).filter(|forms| !forms.is_empty())?;
    let of_hex = |noun: &str| forms.get("hex32").is_some_and(|nouns| nouns.iter().any(|known| known == noun));
    let named = name.split('_').find(|part| of_hex(part) || ["server", "network", "volume"].contains(part));
    let noun = named.or_else(|| words.get(1).map(String::as_str));
    Some(if noun.is_some_and(of_hex) { HEX } else { UUID })
}
