//! What a program picks out of a text that holds secrets: `jq -r .data.password <<<"$document"`.
//!
//! What such a program prints is a part of what it reads, and as secret as that, unless what is picked tells by its name
//! that it is none: a version, a user.

use crate::commands::Tables;

use super::literals::snake;
use super::secret_names::SecretNames;
use super::value::{Flow, StepKind};

/// What comes out where a program reads a secret.
pub(super) fn kind(words: &[&str], flow: &Flow, names: &SecretNames) -> StepKind {
    let Some((program, args)) = words.split_first() else { return StepKind::Answered };
    let secrets = Tables::builtin().secrets();
    if !secrets.pickers.iter().any(|picker| picker == program) {
        return StepKind::Answered;
    }
    let script =
        args.iter().find(|word| !word.starts_with('-') && !word.is_empty()).copied().unwrap_or_default();
    let field = match *program {
        "jq" | "yq" => match field(script) {
            Some(field) => snake(field),
            None => return StepKind::Answered,
        },
        _ if hands_on(program, script, args) => String::new(),
        _ => return StepKind::Answered,
    };
    if names.matches(&field) {
        StepKind::Picked { secret_name: true }
    } else if is_plain(&field) || !is_document(flow) {
        StepKind::Answered
    } else {
        StepKind::Picked { secret_name: false }
    }
}

/// Whether a variable or a field of that name holds nothing secret, wherever it was picked.
pub(super) fn is_plain(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit('_').next().unwrap_or_default();
    Tables::builtin().secrets().plain_fields.iter().any(|field| field == last)
}

/// Whether a secret is a text that holds more than it: what a program prints, a file. A variable that is called a secret is
/// all of one; a part of it may be a mask.
fn is_document(flow: &Flow) -> bool {
    flow.steps().iter().all(|step| match step.kind {
        StepKind::Source => !step.subject.starts_with('`'),
        StepKind::Stored { secret_name } => !secret_name,
        StepKind::Picked { .. } | StepKind::Passed | StepKind::Answered | StepKind::Moved => true,
    })
}

/// The field that a filter ends with; `None` where it gives what is no field's value: names of fields, a number, a test.
fn field(filter: &str) -> Option<&str> {
    const OTHER: [&str; 14] = [
        "keys",
        "length",
        "has",
        "type",
        "test",
        "contains",
        "startswith",
        "endswith",
        "any",
        "all",
        "to_entries",
        "keys_unsorted",
        "inside",
        "paths",
    ];
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut words = filter.split(|c: char| !is_word(c)).filter(|word| !word.is_empty());
    let tests = ["==", "!=", "<", ">", "@sha"].iter().any(|mark| filter.contains(mark));
    if filter.is_empty() || tests || words.any(|word| OTHER.contains(&word)) {
        return None;
    }
    let whole = filter.trim_end_matches([' ', ')', ']', '}', '"', '?', '[', '\'']);
    // What stands behind `//` is said where there is nothing.
    let whole = whole.split("//").next().unwrap_or(whole).trim_end();
    whole.rsplit(|c: char| !is_word(c)).next()
}

/// Whether `sed`, `awk` and the like print a part of what they read as it stands.
fn hands_on(program: &str, script: &str, args: &[&str]) -> bool {
    let has = |marks: &[&str]| args.iter().any(|word| marks.iter().any(|mark| word.contains(mark)));
    match program {
        "sed" => {
            let quiet = args.iter().any(|word| word.starts_with('-') && word.contains('n'));
            let kept = has(&["\\1", "\\2", "\\3", "&"]);
            kept || quiet && script.ends_with('p') && !script.contains("s/")
        }
        "awk" | "gawk" | "mawk" => has(&["$0", "$1", "$2", "$3", "$4", "$NF"]),
        _ => true,
    }
}
