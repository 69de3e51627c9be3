//! What is found on the disk, each a test of its own: the rules' examples, the hard cases, the harnesses, the known
//! faults of the project as it was. Listing and filtering cost nothing: a test's work starts when it runs.

#![expect(clippy::disallowed_methods, reason = "tests read fixtures and write projects of their own")]

use std::process::ExitCode;

use libtest_mimic::{Arguments, run};

#[path = "gauntlet/argv.rs"]
mod argv;
#[path = "gauntlet/corpus.rs"]
mod corpus;
#[path = "gauntlet/drafts.rs"]
mod drafts;
#[path = "gauntlet/edits.rs"]
mod edits;
#[path = "gauntlet/guard.rs"]
mod guard;
#[path = "gauntlet/harnesses.rs"]
mod harnesses;
#[path = "gauntlet/rules.rs"]
mod rules;
#[path = "gauntlet/sweep.rs"]
mod sweep;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut tests = rules::tests();
    tests.extend(argv::tests());
    tests.extend(corpus::tests());
    tests.extend(harnesses::tests());
    tests.extend(drafts::tests());
    tests.extend(edits::tests());
    tests.extend(guard::tests());
    tests.extend(sweep::tests());
    run(&arguments, tests).exit_code()
}
