//! What the plan and the judge need to know of the scripts' shape.

use crate::source::SourceText;
use crate::trial::world::Site;

/// The shape of the scripts of a harness.
#[derive(Debug, Clone, Default)]
pub struct Outline {}

impl Outline {
    /// Reads the shape of the scripts of a world.
    pub fn of(_scripts: &[SourceText]) -> Self {
        Self::default()
    }

    /// Whether the call on that line may write into a pipe whose reader may close early.
    pub fn feeds_early_closer(&self, _path: &str, _line: u32) -> bool {
        false
    }

    /// Whether calls may run beside each other: background commands, pipelines.
    pub fn has_parallel_calls(&self) -> bool {
        false
    }

    /// Whether `call` was begun without waiting for `fault`.
    pub fn run_beside(&self, _fault: &Site, _call: &Site) -> bool {
        false
    }
}
