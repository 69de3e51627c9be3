//! The guard: what a coding agent wants to do, read as the shell would, and decided before it happens.
//!
//! Allowing is a proof: everything that the text runs is known and only reads. A denial follows from what can be seen;
//! everything else asks. This module reads no file and starts nothing: its callers hand it the request, the policy and
//! the second parser.

mod answer;
mod builtins;
mod calls;
mod carried;
mod cases;
mod constants;
mod decide;
mod environ;
mod environment;
mod exposed;
mod found;
mod help;
mod hooks;
mod inputs;
mod json;
mod keyed;
mod links;
mod listing;
mod log;
mod numbers;
mod own;
mod payload;
mod places;
mod plain;
mod plainly;
mod policy;
mod programs;
mod relied;
mod request;
mod secret_files;
mod sets;
mod shows;
mod sql;
mod starts;
mod strict;
mod sums;
mod syntax;
mod touched;
mod verdict;
mod words;

pub use answer::{Answer, answer, malformed};
pub use cases::{Case, Mutant, WrongCase, mutants, read as read_cases};
pub use decide::decide;
pub use hooks::{Form, Found, MATCHER, Said, WrongSettings, install, look, uninstall};
pub use log::{Logged, REDACTED};
pub use plainly::is_plain;
pub use policy::{Policy, RealPath, Rule, WrongPolicy};
pub use request::{Call, Malformed, Mode, Request, Work, parse};
pub use verdict::{Decision, Reason, Verdict};
