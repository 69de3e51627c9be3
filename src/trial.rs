//! The gauntlet's judgement: what a harness file says, which trials follow from a green run, what each one showed.
//!
//! Pure: it never runs anything; `sandbox` does, and hands back a [`world::Record`].

pub mod calls;
pub mod claim;
pub mod draft;
pub mod effect;
pub mod folders;
pub mod free;
pub mod green;
pub mod guess;
pub mod harness;
pub mod judge;
pub mod leak;
pub mod outline;
pub mod pattern;
pub mod reached;
pub mod story;
pub mod suite;
pub mod sweep;
pub mod tap;
pub mod unaided;
pub mod waits;
pub mod world;
