//! The job `run`: every harness, green and with every fault, as events whose order does not depend on the number of
//! threads: harnesses by name, within one the green runs, then each case's trials in their planned order.

mod course;
mod crew;
mod draft;
mod load;
mod own;
mod pace;
mod plan;
mod recall;
mod replay;
mod scout;
pub mod sealed;
mod suite;
mod sweep;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::bash::Witness;
use crate::event::{Event, Rung};
use crate::repo::Project;
use crate::run::{Sink, Stop};
use crate::trial::world::{Plan, Record};

pub use draft::{Drafted, new_harness};
pub use load::Course;
pub use plan::{Partition, Piece, stamp};
pub use replay::Replay;
pub use sweep::{Sweep, repeat_sweep, sweep};

/// What a harness's world is built from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Path on the host, path in the world.
    pub files: Vec<(std::path::PathBuf, String)>,
    /// Text tools that run for real.
    pub real: Vec<String>,
    /// Tools that run for real but recorded.
    pub journalled: Vec<String>,
    /// Names that are stubs.
    pub stubs: Vec<String>,
    /// Programs of the host that run for real and unrecorded.
    pub tools: Vec<String>,
    /// Files and folders of the host that are in the world at the same paths.
    pub host: Vec<std::path::PathBuf>,
    /// Names of folders at the root that a script may write to, besides those that every world has.
    pub folders: Vec<String>,
}

/// Where trials run.
pub trait World: Send {
    /// Runs one script in a fresh state of this world. An error means that nothing is known of the trial.
    fn run(&mut self, plan: &Plan) -> Result<Record, String>;
}

/// What makes worlds.
pub trait Worlds: Send + Sync {
    /// How strong they are; an error where there can be none on this machine. `minimum`: the weakest that will do; what is
    /// opened afterwards may be as weak.
    fn rung(&self, minimum: Rung) -> Result<Rung, String>;
    /// A hash of everything of this machine that such a world is made of.
    fn fingerprint(&self, needs: &Needs) -> Result<String, String>;
    /// Runs a plan in a world of its own, then opens a shell in it at this process's terminal.
    fn visit(&self, needs: &Needs, plan: &Plan) -> Result<(), String>;
    /// Builds one.
    fn open(&self, needs: &Needs) -> Result<Box<dyn World>, String>;
}

/// What to run.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Harnesses by name; none for all.
    pub names: Vec<String>,
    /// How many trials at one time; `None` for one a core.
    pub jobs: Option<usize>,
    /// The part of the trials to run; `None` for all.
    pub partition: Option<Partition>,
    /// The weakest sandbox that will do; `None` for what the settings say.
    pub minimum_rung: Option<Rung>,
    /// Whether harnesses on which nothing has changed are told from before.
    pub changed: bool,
    /// Shuffles the order in which trials are begun, never the one in which they are told.
    pub seed: Option<u64>,
    /// How long harnesses took, in milliseconds: parts are cut by it.
    pub timings: Option<BTreeMap<String, u64>>,
}

/// Runs harnesses.
pub fn run(
    project: &Project,
    request: &Request,
    witness: &dyn Witness,
    worlds: &Arc<dyn Worlds>,
    stop: &Stop,
    sink: &mut Sink<'_>,
) {
    let paths = match load::harness_files(project, &request.names) {
        Ok(paths) => paths,
        Err((what, reason)) => return sink(Event::NotChecked { what, reason }),
    };
    let partition = request.partition.unwrap_or(Partition::WHOLE);
    let pieces = partition.of(paths, request.timings.as_ref());
    let minimum = request.minimum_rung.unwrap_or(project.settings().run.minimum_rung);
    let rung = match worlds.rung(minimum) {
        Ok(rung) => rung,
        Err(reason) => return sink(Event::NotChecked { what: "sandbox".to_owned(), reason }),
    };
    if rung > minimum {
        let reason = format!(
            "the sandbox of this machine is {rung}, and at least {minimum} is demanded: run it where {minimum} can be had, or lower run.minimum_rung or --minimum-rung"
        );
        return sink(Event::NotChecked { what: "sandbox".to_owned(), reason });
    }
    let part = request.partition.map(|partition| (partition.part, partition.of));
    sink(Event::RunStarted { rung, harnesses: pieces.len(), part });
    let crew = crew::Crew::hire(request.jobs, worlds);
    let memory = recall::Memory::open(project, rung);
    for (index, piece) in pieces.iter().enumerate() {
        let path = &piece.path;
        let loaded = match load::loaded(project, path, witness) {
            Ok(loaded) => loaded,
            Err(reason) => {
                sink(Event::NotChecked { what: path.to_string(), reason });
                continue;
            }
        };
        let needs = match &loaded {
            load::Loaded::Course(course) => &course.needs,
            load::Loaded::Suite(suite) => &suite.needs,
        };
        let key = memory.key(piece, needs, worlds.as_ref());
        if request.changed
            && let Some(events) = key.as_ref().and_then(|key| memory.recall(key))
        {
            events.into_iter().for_each(&mut *sink);
            continue;
        }
        let mut told = recall::Told::default();
        let mut listen = |event: Event| {
            told.add(&event);
            sink(event);
        };
        let ran = match loaded {
            load::Loaded::Course(course) => {
                pace::run(&Arc::new(*course), &crew, stop, request.seed, piece, &mut listen)
            }
            load::Loaded::Suite(suite) => suite::run(&suite, &crew, stop, piece, &mut listen),
        };
        match ran {
            Ok(()) => {
                if let Some(key) = key {
                    memory.keep(&key, told);
                }
            }
            Err(pace::Halt::Broken(reason)) => sink(Event::NotChecked { what: path.to_string(), reason }),
            Err(pace::Halt::Stopped(left)) => {
                let mut not_run = vec![left];
                not_run.extend(pieces[index + 1..].iter().map(|piece| load::stem(&piece.path).to_owned()));
                return sink(Event::Interrupted { by: stop.by(), not_run });
            }
        }
    }
}

/// Repeats one trial beside its green run.
///
/// `minimum`: the weakest sandbox that will do, where that is not what the settings say.
pub fn repeat(
    project: &Project,
    id: &str,
    minimum: Option<Rung>,
    witness: &dyn Witness,
    worlds: &Arc<dyn Worlds>,
) -> Result<Replay, String> {
    let name = id.split('/').next().unwrap_or_default().to_owned();
    let paths = load::harness_files(project, std::slice::from_ref(&name))
        .map_err(|(what, reason)| format!("{what}: {reason}"))?;
    let path = paths.first().ok_or_else(|| format!("there is no harness {name}"))?;
    let minimum = minimum.unwrap_or(project.settings().run.minimum_rung);
    let rung = worlds.rung(minimum)?;
    if rung > minimum {
        return Err(format!("the sandbox of this machine is {rung}, and at least {minimum} is demanded"));
    }
    match load::loaded(project, path, witness)? {
        load::Loaded::Course(course) => replay::repeat(&course, id, worlds),
        load::Loaded::Suite(suite) => suite::repeat(&suite, id, worlds),
    }
}
