//! L6 over the whole project: every script is named by a changelog entry with id, what, why and revert.

use crate::finding::Advice;
use crate::lint::Record;
use crate::lint::script::{Report, Script};
use crate::source::Span;

pub(super) fn check(script: &Script<'_>, record: &Record, report: &mut Report<'_>) {
    let path = script.source.path();
    let unique = record.scripts.iter().filter(|other| other.file_name() == path.file_name()).count() == 1;
    let naming: Vec<_> = record.entries.iter().filter(|entry| entry.names(path, unique)).collect();
    if naming.iter().any(|entry| entry.missing.is_empty()) {
        return;
    }
    let message = match naming.first() {
        None => "no changelog entry names this script".to_owned(),
        Some(entry) => {
            format!(
                "{} in {}:{} names this script but has {}",
                entry.id,
                entry.path,
                entry.line,
                entry.missing.join(" and ")
            )
        }
    };
    let line = script.source.line_span(1);
    report.add(
        Span::new(line.start, line.end),
        "",
        Vec::new(),
        Advice {
            message,
            why: "nobody can tell what it is for, or how to take it back when it has done harm".to_owned(),
            instead: format!(
                "add an entry with a ledger id that names `{path}` and says What, Why and Revert"
            ),
        },
    );
}
