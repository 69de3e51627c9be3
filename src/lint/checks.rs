//! One module a rule, named like its slug. A check reads what was seen and reports; it knows no other check.

mod by_line;
mod changelog_entry;
mod early_closed_pipe;
mod error_regime;
mod masked_status;
mod runbook_check;
mod secret_in_trace;
mod secret_on_argv;
mod shape;
mod stdin_theft;
mod unchecked_id;
mod ungated_mutation;
mod unparsed;

use super::Record;
use super::script::{Report, Script};
use crate::source::SourceText;

/// The rule that the trailer `No-Changelog:` excuses from.
pub(super) const TRAILER_EXCUSES: &str = "changelog-entry";

/// Runs the check of the report's rule on one script.
pub(super) fn run(script: &Script<'_>, report: &mut Report<'_>) {
    if let Some(shape) = &report.rule.shape {
        return shape::check(shape, script, report);
    }
    match report.rule.slug {
        "unparsed" => unparsed::check(script, report),
        "error-regime" => error_regime::check(script, report),
        "runbook-check" => runbook_check::check(script, report),
        "secret-in-trace" => secret_in_trace::check(script, report),
        "secret-on-argv" => secret_on_argv::check(script, report),
        "ungated-mutation" => ungated_mutation::check(script, report),
        "unchecked-id" => unchecked_id::check(script, report),
        // What is wrong with suppressions is known once all others have reported: `suppress` says it.
        super::suppress::RULE => {}
        "early-closed-pipe" => early_closed_pipe::check(script, report),
        "masked-status" => masked_status::check(script, report),
        "stdin-theft" => stdin_theft::check(script, report),
        slug => unreachable!("the rule `{slug}` of the catalogue has no check: a test runs them all"),
    }
}

/// Runs the check of the report's rule, which looks at the whole project, on one script of it.
pub(super) fn run_project(source: &SourceText, record: &Record, report: &mut Report<'_>) {
    match report.rule.slug {
        "changelog-entry" => changelog_entry::check(source, record, report),
        slug => unreachable!("the rule `{slug}` of the catalogue has no check: a test runs them all"),
    }
}
