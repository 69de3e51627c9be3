//! The gauntlet's judgement: what a harness file says, which trials follow from a green run, what each one showed.
//!
//! Pure: it never runs anything; `sandbox` does, and hands back a [`world::Record`].

pub mod harness;
pub mod pattern;
pub mod world;
