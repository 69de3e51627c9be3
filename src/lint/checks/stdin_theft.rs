//! L12: nothing in a loop swallows what the loop still has to read.

use crate::finding::Advice;
use crate::lint::mend;
use crate::lint::script::{Report, Script};

use super::by_line::{Found, add_by_line};

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    let found = script.seen.statuses.thefts.iter().map(|theft| {
        let program = &theft.program;
        let line = script.line(theft.of);
        let within = theft.within.as_ref().map(|name| format!(" in `{name}`, of another file,"));
        let within = within.unwrap_or_default();
        Found {
            at: theft.at,
            note: "this one reads it too",
            advice: Advice {
                message: format!(
                    "`{program}`{within} swallows what the loop at line {line} still has to read"
                ),
                why: "the loop ends after its first round, and what was left out is missed by nobody"
                    .to_owned(),
                instead: instead(program),
            },
            repair: mend::without_stdin(script, theft.at, theft.of),
        }
    });
    add_by_line(script, report, found.collect());
}

fn instead(program: &str) -> String {
    match program {
        "ssh" => "`ssh -n ...` or `ssh ... </dev/null`; or read the list from another descriptor: `read -r x <&3`, `done 3<list`".to_owned(),
        "ffmpeg" => "`ffmpeg -nostdin ...` or `</dev/null`".to_owned(),
        _ => format!("`{program} ... </dev/null`; or read the list from another descriptor: `read -r x <&3`, `done 3<list`"),
    }
}
