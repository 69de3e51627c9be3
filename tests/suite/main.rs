//! Everything that a user or a contributor would notice, in one binary: linking many is what makes test suites slow.

mod architecture;
mod cli;
mod discovery;
mod docs;
mod folder;
mod job;
mod report;
mod sandbox;
mod trial;
