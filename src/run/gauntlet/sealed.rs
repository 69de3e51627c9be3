//! The worlds of the sandbox, as this job asks for them.

use std::sync::Arc;

use crate::event::Rung;
use crate::run::gauntlet::{Needs, World, Worlds};

/// The sandbox of this machine.
pub fn worlds() -> Arc<dyn Worlds> {
    Arc::new(Sealed)
}

struct Sealed;

impl Worlds for Sealed {
    fn rung(&self) -> Result<Rung, String> {
        Err("is not built in".to_owned())
    }

    fn open(&self, _needs: &Needs) -> Result<Box<dyn World>, String> {
        Err("is not built in".to_owned())
    }
}
