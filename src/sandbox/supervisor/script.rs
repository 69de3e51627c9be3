//! The script's process: how it is started, what it prints, how it is interrupted.

use std::fs;
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::OwnedFd;
use std::os::unix::fs::fchown;
use std::os::unix::process::CommandExt;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;
use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::flag;

use super::super::brief::{Kind, Leads};
use super::super::capture::{Capture, Feed};
use super::super::journal::Moment;
use super::super::terminal::Terminal;
use super::super::wire::{Order, Seed};
use super::super::{call, places, root, shells};
use crate::fault::Interruption;
use crate::trial::world::{Output, Plan};

/// The file that the script's bash reads first.
pub(super) fn bash_env(plan: &Plan, seeds: &[Seed]) -> String {
    if plan.untraced {
        return root::text(places::BASH_ENV_PLAIN);
    }
    root::text(&shells::Form::needed(seeds, &plan.command).path())
}

/// What its bash says of that file where it repeats what it reads.
fn repeated(plan: &Plan, seeds: &[Seed]) -> Vec<String> {
    let texts = if plan.untraced {
        vec![shells::UNTRACED.to_owned()]
    } else {
        shells::Form::needed(seeds, &plan.command).repeated().to_vec()
    };
    texts.iter().map(|text| shells::seen(text, root::root())).collect()
}

/// Writes down what has passed of the world's time: shells whose scripts look at it read this.
pub(super) fn tell_time(milliseconds: u64) -> io::Result<()> {
    fs::write(root::at(places::CLOCK), format!("{}\n", milliseconds / 1000))
}

/// Lets the script meet the usual signals as it would at an operator's shell, also where whoever started the runner has them
/// ignored (`nohup`, a job in the background): bash keeps what it finds ignored. A caught signal is no longer so once
/// another program is executed; nothing looks at what is caught here.
fn default_signals() -> io::Result<()> {
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM] {
        flag::register(signal, Arc::default())?;
    }
    Ok(())
}

/// A pipe that is the script's own: `/dev/stderr` and its like are opened anew, by the script's user.
fn pipe(footing: Footing) -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    if footing.owner.is_some() {
        fchown(&writer, footing.owner, footing.owner)?;
    }
    Ok((reader, writer))
}

/// As whom a script runs.
#[derive(Clone, Copy)]
pub(super) struct Footing {
    /// The user, where that is another than this process's.
    pub owner: Option<u32>,
    /// Whether it is kept below this process, which is confined itself.
    pub confined: bool,
}

/// The script's process.
pub(super) struct Script {
    pub pid: Pid,
    pub stdin: Feed<ChildStdin>,
    pub stdout: Capture<ChildStdout>,
    pub stderr: Capture<ChildStderr>,
    pub terminal: Option<Terminal>,
    pub children: SignalFd,
}

impl Script {
    /// `attended`: somebody sits at its terminal.
    pub fn start(plan: &Plan, seeds: &[Seed], footing: Footing, attended: bool) -> io::Result<Self> {
        let name = plan.command[0].as_str();
        // The stub would execute the real shell: this saves a start.
        let shell =
            places::SHELLS.contains(&name).then(|| root::text(&format!("{}/{name}", places::PRIVATE)));
        let program = shell.unwrap_or_else(|| root::word(name));
        let mut command = if footing.confined {
            // The world's copy, which a confined process may execute and cannot change.
            let mut below = Command::new(root::at(places::WHOLE));
            below.arg0(places::BELOW).args([program, root::word(name)]);
            below
        } else {
            let mut command = Command::new(program);
            command.arg0(root::word(name));
            command
        };
        command
            .args(plan.command[1..].iter().map(|word| root::word(word)))
            .env_clear()
            .env("PATH", root::path())
            .env("HOME", root::at("/home/op"))
            .env("TMPDIR", root::at("/tmp"))
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("BASH_ENV", bash_env(plan, seeds))
            .envs(plan.env.iter().map(|(name, value)| (name, root::word(value))))
            .current_dir(root::at(if plan.folder.is_empty() { "/repo" } else { plan.folder.as_str() }))
            .process_group(0);
        let ((input, stdin), (stdout, output), (stderr, errors)) =
            (pipe(footing)?, pipe(footing)?, pipe(footing)?);
        command.stdin(input).stdout(output).stderr(errors);
        if let Some(owner) = footing.owner {
            command.uid(owner).gid(owner);
        }
        tell_time(0)?;
        let _ = fs::remove_file(root::at(places::SIGNAL));
        default_signals()?;
        let terminal = match &plan.tty {
            _ if attended => Some(Terminal::attended()?),
            Some(text) => Some(Terminal::open(text)?),
            None => None,
        };
        let child = command.spawn()?;
        // Its ends of the pipes.
        drop(command);
        // Only now: a child inherits the mask. Whatever died before is found by the first look.
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGCHLD);
        mask.thread_block()?;
        let children = SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        let stdin = Feed::new(ChildStdin::from(OwnedFd::from(stdin)), plan.stdin.clone())?;
        let stdout = Capture::new(ChildStdout::from(OwnedFd::from(stdout)))?;
        let mut stderr = Capture::new(ChildStderr::from(OwnedFd::from(stderr)))?;
        stderr.leave_out(repeated(plan, seeds));
        let pid = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
        if let Some(terminal) = &terminal {
            // A script that has ended already needs none.
            let _ = terminal.give_to(pid);
        }
        Ok(Self { pid, stdin, stdout, stderr, terminal, children })
    }

    /// Interrupts the script. What the call is told then; `None` where the script ignores the signal.
    pub fn interrupt(&self, how: Interruption) -> Option<impl FnOnce(Order) -> Order + use<>> {
        let signal = Signal::try_from(how.number()).ok()?;
        if call::ignores(self.pid.as_raw().unsigned_abs(), how.number().unsigned_abs()) {
            return None;
        }
        // Before the call is answered: the script must know of the signal when the call that it waits for ends. And
        // once: a second signal would hit its clean-up.
        let group = self.pid.as_raw();
        let _ = fs::write(root::at(places::SIGNAL), format!("{}\n", how.signal()));
        let reaches = how.reaches_the_call();
        let _ = kill(if reaches { Pid::from_raw(-group) } else { self.pid }, signal);
        Some(move |then| Order::Interrupted {
            signal: reaches.then_some(how.number()),
            group,
            then: Box::new(then),
        })
    }

    pub fn drain(&mut self) {
        self.stdout.drain();
        self.stderr.drain();
        if let Some(terminal) = &mut self.terminal {
            terminal.shown.drain();
        }
    }

    /// How much it has printed so far.
    pub fn printed(&self) -> usize {
        self.stdout.total() + self.stderr.total()
    }

    /// What was printed so far, and what `target` is to the script.
    pub fn moment(&mut self, target: Option<&Leads>, input: Option<&Leads>) -> Moment {
        self.drain();
        let output = match target {
            None => Output::Null,
            Some(target) if self.stdout.is(target) || self.stderr.is(target) => Output::Script,
            Some((.., kind)) => match kind {
                Kind::Pipe => Output::Pipe,
                Kind::Null => Output::Null,
                Kind::File => Output::File,
            },
        };
        let own_stdin = input.is_some_and(|input| self.stdin.is(input));
        let (stdout_before, stderr_before) = (self.stdout.total(), self.stderr.total());
        let now = UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
        Moment { stdout_before, stderr_before, output, own_stdin, now }
    }
}
