//! L0: what was not understood may do anything.

use crate::finding::Advice;
use crate::lint::script::{Report, Script};
use crate::source::Span;

pub(super) fn check(script: &Script<'_>, report: &mut Report<'_>) {
    for unread in &script.unread {
        // A region starts where the last statement that was read ends: the break is behind the blank space.
        let text = script.text(unread.span);
        let blank = u32::try_from(text.len() - text.trim_start().len()).unwrap_or(0);
        let at = if blank < unread.span.len() { unread.span.start + blank } else { unread.span.start };
        report.add(
            Span::new(at, unread.span.end),
            "not understood",
            Vec::new(),
            Advice {
                message: format!("this could not be read: {}", unread.reason),
                why: "no rule can vouch for text that was not understood; it may do anything".to_owned(),
                instead: "rewrite the statement in a form that both readings agree on; `bash -n` shows whether bash itself accepts it".to_owned(),
            },
        );
    }
    let inside = |at: Span| script.unread.iter().any(|unread| unread.span.contains(at));
    for unread in script.seen.unread.iter().filter(|unread| !inside(unread.at)) {
        report.add(
            unread.at,
            "carries text that was not understood",
            Vec::new(),
            Advice {
                message: format!("the shell text that this hands on could not be read: {}", unread.reason),
                why: "whatever shell gets the text may do anything with it; no rule can vouch for that".to_owned(),
                instead: "correct the text, or put it into a script of its own that is read like any other; `bash -n` shows whether bash accepts it".to_owned(),
            },
        );
    }
}
