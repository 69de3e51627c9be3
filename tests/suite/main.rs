//! Everything that a user or a contributor would notice, in one binary: linking many is what makes test suites slow.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests run programs, read fixtures and write projects of their own"
)]

mod adoption;
mod architecture;
mod cache;
mod changelog;
mod changes;
mod cli;
mod discovery;
mod docs;
mod edits;
mod effects;
mod fences;
mod fix;
mod folder;
mod following;
mod formats;
mod generate;
mod generated;
mod growth;
mod guard;
mod guard_requests;
mod guard_tools;
mod invocations;
mod job;
mod own_rules;
mod query;
mod reading;
mod reading_finds;
mod report;
mod results;
mod sandbox;
mod scale;
mod settings;
mod shared_functions;
mod signals;
mod sourced_statuses;
mod spans;
mod spliced;
mod status;
mod suppress;
mod sweep;
mod trial;
mod witness;
