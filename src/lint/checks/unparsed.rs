//! L0: what was not understood may do anything.

use crate::finding::Advice;
use crate::lint::script::{Break, Report, Script};

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    for (at, what, reason) in script.breaks() {
        let (label, message, why, instead) = match what {
            Break::Here => (
                "not understood",
                "this could not be read",
                "no rule can vouch for text that was not understood; it may do anything",
                "rewrite the statement in a form that both readings agree on; `bash -n` shows whether bash itself accepts it",
            ),
            Break::Carried => (
                "carries text that was not understood",
                "the shell text that this hands on could not be read",
                "whatever shell gets the text may do anything with it; no rule can vouch for that",
                "correct the text, or put it into a script of its own that is read like any other; `bash -n` shows whether bash accepts it",
            ),
            Break::Template => (
                "no bash yet",
                "this could not be read",
                "no rule can vouch for a script that does not exist yet: a branch may go, a value may be code",
                "render it and check what comes out; leave the template out with `exclude` in `gauntlet.toml`",
            ),
        };
        let advice = Advice {
            message: format!("{message}: {reason}"),
            why: why.to_owned(),
            instead: instead.to_owned(),
        };
        report.add(at, label, Vec::new(), advice);
    }
}
