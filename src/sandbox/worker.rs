//! The runner's side of a world: starts its processes, hands them plans, takes records.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use super::blueprint::{self, Blueprint};
use super::wire::{self, Reply};
use super::{SandboxError, Setup, places, probe};
use crate::event::Rung;
use crate::trial::world::{Plan, Record};

/// A world, built once; each trial finds it fresh. It ends with this value, and with the process that holds it.
#[derive(Debug)]
pub struct Worker {
    landlord: Option<Child>,
    id: u32,
    to: Option<ChildStdin>,
    from: ChildStdout,
    rung: Rung,
}

impl Worker {
    /// Builds a world on the strongest rung that this machine gives.
    pub fn start(setup: &Setup) -> Result<Self, SandboxError> {
        Self::start_with(setup, None)
    }

    /// The same; what its processes say on stderr goes there, else it is read here.
    pub(super) fn start_with(setup: &Setup, stderr: Option<Stdio>) -> Result<Self, SandboxError> {
        let rung = strongest(setup)?;
        Self::build(setup, rung, stderr.unwrap_or_else(Stdio::piped))
    }

    /// Builds a world on `rung`.
    pub fn start_at(setup: &Setup, rung: Rung) -> Result<Self, SandboxError> {
        Self::build(setup, rung, Stdio::piped())
    }

    fn build(setup: &Setup, rung: Rung, stderr: Stdio) -> Result<Self, SandboxError> {
        let blueprint = Blueprint::of(setup)?;
        let seeds = blueprint::seeds(setup)?;
        let executable = match &setup.executable {
            Some(path) => path.clone(),
            None => std::env::current_exe()?,
        };
        let mut landlord = Command::new(executable)
            .arg0(places::LANDLORD)
            .arg(rung.to_string())
            .arg(super::bwrap::folder())
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            // A Ctrl-C on the terminal is the runner's to handle; the world ends when the runner does.
            .process_group(0)
            .spawn()?;
        let to = landlord.stdin.take().expect("it was spawned with a pipe");
        let from = landlord.stdout.take().expect("it was spawned with a pipe");
        let id = landlord.id();
        let mut worker = Self { landlord: Some(landlord), id, to: Some(to), from, rung };
        let sent = worker.send(|to| wire::send_value(to, &blueprint));
        match worker.reply(sent).map_err(SandboxError::Build)? {
            Reply::Ready => {}
            Reply::Failed(reason) => return Err(SandboxError::Build(reason)),
            Reply::Ran(_) => return Err(SandboxError::Build("it answers before it is asked".to_owned())),
        }
        worker.send(|to| {
            wire::send(to, &[])?;
            wire::send(to, &wire::pack(&seeds))
        })?;
        Ok(worker)
    }

    /// How strong this world is.
    pub fn rung(&self) -> Rung {
        self.rung
    }

    /// The id of the world's first process.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Runs one script in a fresh state of the world.
    pub fn run(&mut self, plan: &Plan) -> Result<Record, SandboxError> {
        let sent = self.send(|to| wire::send_value(to, plan));
        match self.reply(sent).map_err(SandboxError::Trial)? {
            Reply::Ran(record) => Ok(*record),
            Reply::Failed(reason) => Err(SandboxError::Trial(reason)),
            Reply::Ready => Err(SandboxError::Trial("it is not listening".to_owned())),
        }
    }

    fn send(&mut self, what: impl FnOnce(&mut ChildStdin) -> io::Result<()>) -> io::Result<()> {
        what(self.to.as_mut().expect("it is closed by `drop` only"))
    }

    /// The next reply. Where there is none, what the processes said before they died. A reply beats a failed send:
    /// it says why nobody listened.
    fn reply(&mut self, sent: io::Result<()>) -> Result<Reply, String> {
        let received = wire::receive_value(&mut self.from);
        if let Ok(Some(reply)) = received {
            return Ok(reply);
        }
        let mut said = String::new();
        if let Some(landlord) = self.landlord.as_mut() {
            let _ = landlord.kill();
            if let Some(from) = landlord.stderr.as_mut() {
                let _ = from.take(4096).read_to_string(&mut said);
            }
        }
        let error = match (sent, received) {
            (Err(error), _) | (_, Err(error)) => error.to_string(),
            _ => "it ended unexpectedly".to_owned(),
        };
        Err(if said.is_empty() { error } else { format!("{error}: {}", said.trim()) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The keeper ends when its stdin does, everything in the world with it, and then the landlord. The kernel takes
        // its time over a network namespace: nobody waits for that but who must bury the landlord.
        self.to = None;
        if let Some(mut landlord) = self.landlord.take() {
            thread::spawn(move || landlord.wait());
        }
    }
}

/// The machine does not change while a process runs: it is probed once.
fn strongest(setup: &Setup) -> Result<Rung, SandboxError> {
    static RUNG: OnceLock<Rung> = OnceLock::new();
    if let Some(rung) = RUNG.get() {
        return Ok(*rung);
    }
    let rung = probe(setup.executable.as_deref(), setup.weakest.unwrap_or(Rung::S3))?;
    Ok(*RUNG.get_or_init(|| rung))
}
