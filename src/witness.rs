//! The second parser in processes of its own: it is C code, and C code can crash, hang or take all memory.
//!
//! A worker is the same binary, started again ([`dispatch`]). It is asked over a pipe, has a memory limit, and is ended
//! when it takes too long; what it could not read is a [`Silence`], and the next text gets a fresh worker. There are
//! never more workers than threads that ask. This module does not know what a question says.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is the world: processes, pipes and clocks are its subject"
)]

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::bash::{InProcess, Pending, Question, Silence, Testimony, Witness};

mod frame;
mod serve;
mod worker;

use worker::{Lost, Worker};

/// The name that a worker is started under, instead of the binary's own.
const NAME: &str = "gauntlet-witness";

/// What one question may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Address space of a worker.
    pub memory_bytes: u64,
    /// Processor time for any question.
    pub base: Duration,
    /// Processor time on top for every million bytes.
    pub per_million: Duration,
    /// How many times the processor time may pass on the clock before a worker that does not even work is given up.
    pub patience: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 1536 << 20,
            base: Duration::from_secs(2),
            per_million: Duration::from_secs(1),
            patience: 10,
        }
    }
}

impl Limits {
    /// Processor time for a question of that size.
    fn processor_time(&self, bytes: usize) -> Duration {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.base + self.per_million * (bytes / 1_000) / 1_000
    }
}

/// What happens to questions where no worker can be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutWorker {
    /// The parser runs in this process: for whoever ends with a failure when it crashes.
    ReadHere,
    /// They stay without an answer: for whoever must not end by a signal.
    Unread,
}

/// The witness in processes of its own. They end with this value, and with the process that holds it.
pub struct Contained {
    program: Option<(PathBuf, Vec<OsString>)>,
    limits: Limits,
    without: WithoutWorker,
    warn: Box<dyn Fn(&str) + Send + Sync>,
    warned: AtomicBool,
    /// Whether none could be started, or what was started was none: it is not tried again, which costs more than to
    /// parse a small script.
    refused: AtomicBool,
    idle: Mutex<Vec<Worker>>,
    here: InProcess,
}

impl Contained {
    /// Starts nothing yet. `warn` is told once why there is no worker.
    pub fn new(limits: Limits, without: WithoutWorker, warn: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            program: None,
            limits,
            without,
            warn: Box::new(warn),
            warned: AtomicBool::new(false),
            refused: AtomicBool::new(false),
            idle: Mutex::default(),
            here: InProcess::new(),
        }
    }

    /// Starts `program` instead of the running binary, for programs that are not `gauntlet`.
    #[must_use]
    pub fn with_program(mut self, program: impl Into<PathBuf>, args: &[&str]) -> Self {
        self.program = Some((program.into(), args.iter().map(OsString::from).collect()));
        self
    }

    /// A worker that is free, or a new one.
    fn worker(&self) -> Result<Worker, String> {
        loop {
            let Some(mut worker) = self.idle().pop() else { break };
            // One that was killed while it had nothing to do says nothing about the next text.
            if worker.is_alive() {
                return Ok(worker);
            }
        }
        if self.refused.load(Ordering::Relaxed) {
            return Err("no worker could be started before".to_owned());
        }
        let program = self.program.as_ref().map(|(program, args)| (program.as_path(), args.as_slice()));
        Worker::start(program, &self.limits).map_err(|error| {
            self.refused.store(true, Ordering::Relaxed);
            error.to_string()
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Worker>> {
        // A thread that panicked left the list whole: it is only pushed to and popped from.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is said to a question where there is no worker.
    fn without(&self, question: &Question, reason: String) -> Result<Testimony, Silence> {
        if !self.warned.swap(true, Ordering::Relaxed) {
            (self.warn)(&reason);
        }
        match self.without {
            WithoutWorker::ReadHere => Ok(self.here.answer(question)),
            WithoutWorker::Unread => Err(Silence::Unavailable(reason)),
        }
    }
}

impl Witness for Contained {
    fn ask(&self, question: Question) -> Box<dyn Pending + '_> {
        let worker = self.worker().map(|mut worker| {
            let sent = worker.send(&question.encode(), self.limits.processor_time(question.size()));
            (worker, sent)
        });
        Box::new(Asked { witness: self, question, worker })
    }
}

/// A question that a worker has. Dropped without an answer it takes the worker with it, which would else answer the
/// next one with this.
struct Asked<'w> {
    witness: &'w Contained,
    question: Question,
    /// The worker, and whether it took the question; where there is none, why.
    worker: Result<(Worker, Result<(), Lost>), String>,
}

impl Pending for Asked<'_> {
    fn wait(self: Box<Self>) -> Result<Testimony, Silence> {
        let Self { witness, question, worker } = *self;
        let (mut worker, sent) = match worker {
            Ok(asked) => asked,
            Err(reason) => return witness.without(&question, reason),
        };
        let time = witness.limits.processor_time(question.size());
        let answer = sent
            .and_then(|()| worker.receive(question.answer_limit(), time, witness.limits.patience))
            .and_then(|answer| Testimony::decode(&answer, &question).ok_or(Lost::Garbled));
        match answer {
            Ok(testimony) => {
                witness.idle().push(worker);
                Ok(testimony)
            }
            Err(lost) => {
                let greeted = worker.greeted();
                let silence = worker.bury(lost);
                // One that was killed from outside may have been a worker, had it lived.
                let killed = matches!(&silence, Silence::Crashed(how) if how == "SIGKILL");
                if greeted || killed {
                    return Err(silence);
                }
                // It never was a worker: that is no text's fault.
                witness.refused.store(true, Ordering::Relaxed);
                let reason = format!("what was started is no worker: {}", worker::told(&silence));
                witness.without(&question, reason)
            }
        }
    }
}

/// Serves as a worker where this process was started as one; `None` where it was not.
///
/// Goes before the command line, in every binary that reads scripts.
pub fn dispatch() -> Option<ExitCode> {
    let mut words = std::env::args_os();
    (words.next()? == NAME).then(|| serve::serve(words.next().as_deref()))
}
