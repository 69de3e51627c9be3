//! L6: a script is named by a changelog entry with id, what, why and revert. Over a whole project any entry will do;
//! a change needs one that was added with it.

use crate::changelog::Entry;
use crate::finding::Advice;
use crate::lint::script::Report;
use crate::lint::{Record, Touch};
use crate::source::{RepoPath, SourceText, Span};

pub(super) fn check(source: &SourceText, record: &Record, report: &mut Report<'_>) {
    let path = source.path();
    let (entries, names, touch) = match record {
        Record::Tree { entries, scripts } => (entries, scripts, None),
        Record::Diff(diff) => match diff.touches.get(path) {
            Some(touch) => (&diff.entries, &diff.known, Some(touch)),
            None => return,
        },
    };
    let mut naming: Vec<&Entry> = entries.iter().filter(|entry| entry.names(path, true)).collect();
    // Every name is looked at only where an entry gives no more than the file's.
    if naming.iter().any(|entry| !entry.names(path, false)) {
        let unique = !names.iter().any(|other| other != path && other.file_name() == path.file_name());
        naming.retain(|entry| entry.names(path, unique));
    }
    if naming.iter().any(|entry| entry.missing.is_empty()) {
        return;
    }
    let message = match (naming.first(), touch) {
        (None, None) => "no changelog entry names this script".to_owned(),
        (None, Some(touch)) => {
            format!(
                "this script {}, and no changelog entry that was added with the change names it",
                done(touch)
            )
        }
        (Some(entry), _) => format!(
            "{} in {}:{} names this script but has {}",
            entry.id,
            entry.path,
            entry.line,
            entry.missing.join(" and ")
        ),
    };
    let line = source.line_span(1);
    report.add(
        Span::new(line.start, line.end),
        "",
        Vec::new(),
        Advice {
            message,
            why: "nobody can tell what it is for, or how to take it back when it has done harm".to_owned(),
            instead: instead(path, touch),
        },
    );
}

fn done(touch: &Touch) -> String {
    match touch {
        Touch::Added => "is new".to_owned(),
        Touch::Edited => "was changed".to_owned(),
        Touch::Renamed(from) => format!("was renamed from {from}"),
        Touch::Mode => "got another mode".to_owned(),
        Touch::Removed => "was removed".to_owned(),
    }
}

fn instead(path: &RepoPath, touch: Option<&Touch>) -> String {
    let entry = format!("add an entry with a ledger id that names `{path}` and says What, Why and Revert");
    match touch {
        None => entry,
        Some(_) => format!(
            "{entry}, in the same change; where none is due, say so in the commit message: `No-Changelog: <reason>`"
        ),
    }
}
