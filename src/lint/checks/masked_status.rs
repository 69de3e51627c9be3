//! L9: no command whose failure the shell throws away.

use crate::facts::{Throw, Thrown};
use crate::finding::Advice;
use crate::lint::mend;
use crate::lint::script::{Report, Script};

use super::by_line::{Found, add_by_line};

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    let found = script.seen.statuses.thrown.iter().map(|thrown| Found {
        at: thrown.at,
        note: "a failure is thrown away here too",
        advice: advice(script, thrown),
        repair: match thrown.how {
            Throw::Declared(_) => mend::split_declaration(script, thrown.at),
            _ => Vec::new(),
        },
    });
    add_by_line(script, report, found.collect());
}

fn advice(script: &Script<'_>, thrown: &Thrown) -> Advice {
    let program = &thrown.program;
    // A program without a known name is described.
    let program = if program.contains(' ') { program.clone() } else { format!("`{program}`") };
    let (message, why, instead) = match &thrown.how {
        Throw::Declared(keyword) => (
            format!("`{keyword}` throws away the failure of {program}"),
            format!(
                "its own status, which is 0, is all that `set -e` and `||` see of it; the variable is empty where {program} failed"
            ),
            format!("in two steps: `{keyword} x`, then `x=$(cmd) || die ...`"),
        ),
        Throw::Argument(command) => {
            let who = if command.is_empty() { "the command".to_owned() } else { format!("`{command}`") };
            (
                format!("{who} goes on with whatever {program} printed, also where it failed"),
                "the status of a substitution among the words of a command is thrown away".to_owned(),
                "capture first: `x=$(cmd) || die ...`, then use `\"$x\"`".to_owned(),
            )
        }
        Throw::Test => (
            format!("the test takes a failure of {program} for an answer"),
            "an empty text is compared as if it were what was asked for".to_owned(),
            "capture first: `x=$(cmd) || die ...`, then test `$x`".to_owned(),
        ),
        Throw::Loop => (
            format!("where {program} fails, the loop has nothing to do and all looks well"),
            "the status of a substitution in the words of a loop is thrown away".to_owned(),
            "capture first: `list=$(cmd) || die ...`, then loop over it".to_owned(),
        ),
        Throw::Case => (
            format!("where {program} fails, `case` matches the empty text"),
            "the status of a substitution in the word of a `case` is thrown away".to_owned(),
            "capture first: `x=$(cmd) || die ...`, then `case $x in`".to_owned(),
        ),
        Throw::Process => (
            format!("nobody asks how {program} in the process substitution ended"),
            "the reader sees the end of the text, not the failure before it".to_owned(),
            "capture first: `out=$(cmd) || die ...`, then read `<<<\"$out\"`; or `wait $!` right behind it"
                .to_owned(),
        ),
        Throw::Background => (
            format!("no `wait` asks for the job of {program}: nobody sees it fail"),
            "a `wait` without a job ends with 0 whatever the jobs came to, and one for another job tells of that one only"
                .to_owned(),
            "keep the job's number: `cmd & pid=$!`, then `wait \"$pid\" || die ...`".to_owned(),
        ),
        Throw::OrTrue => (
            format!("the failure of {program} is thrown away, and nothing later looks at what it was to do"),
            "a real failure and the harmless one that was meant look the same".to_owned(),
            "test for the harmless case, or keep the status: `cmd || rc=$?`, then look at `$rc`".to_owned(),
        ),
        Throw::Assigned => (
            format!("nobody looks whether {program} failed"),
            "errexit is off here, so that the script goes on with an empty variable".to_owned(),
            "`x=$(cmd) || die ...`".to_owned(),
        ),
        Throw::NotLast => (
            format!(
                "only the last substitution of an assignment has a say: the failure of {program} is thrown away"
            ),
            "the script goes on with a text of which a part is missing".to_owned(),
            "one assignment a command: `a=$(one) || die ...; b=$(two) || die ...`".to_owned(),
        ),
        Throw::Key => (
            format!("a failure of {program} in a subscript is thrown away"),
            "the assignment ends with 0, and what was printed is the key, also where it is empty".to_owned(),
            "capture first: `key=$(cmd) || die ...`, then `x[$key]=...`".to_owned(),
        ),
        Throw::Tested(function, at) => {
            let place = at.map_or_else(
                || "in the file that defines it".to_owned(),
                |at| format!("line {}", script.line(at)),
            );
            let who = if function.is_empty() { "this group".to_owned() } else { format!("`{function}`") };
            (
                format!(
                    "errexit is off inside {who} where its status is tested: a failure of {program} ({place}) goes unseen"
                ),
                "`if`, `while`, `!`, `&&` and `||` switch `set -e` off for everything that runs inside"
                    .to_owned(),
                if function.is_empty() {
                    "join the commands inside with `&&`, or run the group on a line of its own".to_owned()
                } else {
                    format!("end each command inside {who} with `|| return 1`, or call it on a line of its own")
                },
            )
        }
    };
    Advice { message, why, instead }
}
