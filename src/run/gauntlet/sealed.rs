//! The worlds of the sandbox, as this job asks for them.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::event::Rung;
use crate::run::gauntlet::{Needs, World, Worlds};
use crate::sandbox::{self, Setup, Worker};
use crate::trial::world::{Plan, Record};

/// The sandbox of this machine. `executable` is the `gauntlet` binary, for programs that are not it.
pub fn worlds(executable: Option<PathBuf>) -> Arc<dyn Worlds> {
    Arc::new(Sealed { executable, weakest: OnceLock::new() })
}

struct Sealed {
    executable: Option<PathBuf>,
    /// The weakest rung that will do, once somebody has said so.
    weakest: OnceLock<Rung>,
}

impl Worlds for Sealed {
    fn rung(&self, minimum: Rung) -> Result<Rung, String> {
        let weakest = *self.weakest.get_or_init(|| minimum);
        sandbox::probe(self.executable.as_deref(), weakest).map_err(|error| error.to_string())
    }

    fn fingerprint(&self, needs: &Needs) -> Result<String, String> {
        sandbox::fingerprint(&self.setup(needs)).map_err(|error| error.to_string())
    }

    fn visit(&self, needs: &Needs, plan: &Plan) -> Result<(), String> {
        sandbox::visit(&self.setup(needs), plan).map(|_| ()).map_err(|error| error.to_string())
    }

    fn open(&self, needs: &Needs) -> Result<Box<dyn World>, String> {
        let worker = Worker::start(&self.setup(needs)).map_err(|error| error.to_string())?;
        Ok(Box::new(SealedWorld { worker }))
    }
}

impl Sealed {
    fn setup(&self, needs: &Needs) -> Setup {
        let Needs { files, real, journalled, stubs, tools, host, folders } = needs.clone();
        let executable = self.executable.clone();
        Setup {
            files,
            real,
            journalled,
            stubs,
            tools,
            host,
            folders,
            executable,
            weakest: self.weakest.get().copied(),
        }
    }
}

struct SealedWorld {
    worker: Worker,
}

impl World for SealedWorld {
    fn run(&mut self, plan: &Plan) -> Result<Record, String> {
        self.worker.run(plan).map_err(|error| error.to_string())
    }
}
