//! A trial's first process: makes the world fresh, starts the script, serves its stubs, writes the record.
//!
//! One loop over `poll` does it all, so that the order of events is one order and nothing needs a lock. When it ends,
//! the kernel kills whatever the script left behind.

pub(super) mod ground;
mod script;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::{set_dumpable, set_pdeathsig};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, setsid};

use script::{Footing, Script, bash_env, tell_time};

use super::brief::{self, Kind};
use super::desk::{Desk, Visitor};
use super::files::{self, Files};
use super::journal::Journal;
use super::lines::Lines;
use super::visit::{self, Relay};
use super::watchdog::{self, Watchdog};
use super::wire::{self, Order, Reply, Seed, Tell};
use super::{confine, kin, landlord, places, root, search};
use crate::event::Rung;
use crate::trial::world::{End, Plan, Record};

/// How long what the script left running may go on: `tee` behind a process substitution, jobs in the background.
const GRACE: Duration = Duration::from_millis(500);

/// Whoever prints so much between two looks may be waiting for room in its pipe.
const FLOOD: usize = 32 * 1024;

/// The role's `main`.
/// `folder`: the world's, where it is not the root.
pub(super) fn serve(rung: Option<&OsStr>, folder: Option<&OsStr>) -> ExitCode {
    let reply = match trial(rung.and_then(OsStr::to_str), folder.and_then(OsStr::to_str)) {
        Ok(record) => Reply::Ran(Box::new(record)),
        Err(reason) => Reply::Failed(reason),
    };
    match wire::send_value(&mut io::stdout().lock(), &reply) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn trial(word: Option<&str>, folder: Option<&str>) -> Result<Record, String> {
    let step = |what: &str, error: &dyn std::fmt::Display| format!("cannot {what}: {error}");
    let rung = word.and_then(Rung::parse).ok_or("this role is the sandbox's own")?;
    if rung.is_hosted() {
        // Nobody else would kill what it starts: it must outlive the keeper, and notices its end.
        root::set(folder.ok_or("this world has no folder")?);
        kin::adopt().map_err(|error| step("adopt orphans", &error))?;
    } else {
        set_pdeathsig(Signal::SIGKILL)
            .map_err(|error| step("ask for a signal when the keeper dies", &error))?;
    }
    let (seeds, plan) = orders().map_err(|error| step("read the plan", &error))?;
    // No terminal, no core files, no mask of the caller's.
    setsid().map_err(|error| step("leave the terminal", &error))?;
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    // Where that cannot be had, the watchdog is all there is.
    let _ = rung.is_hosted() || watchdog::few_processes();
    watchdog::bound().map_err(|error| step("bound the trial", &error))?;
    if rung == Rung::S3 || rung.is_hosted() {
        // The script is the same user in the same user namespace: it must not look into this process, nor change it.
        set_dumpable(false).map_err(|error| step("keep to itself", &error))?;
    }
    match rung {
        Rung::S1 | Rung::S2 => {
            ground::mounts(rung, &plan).map_err(|error| step("mount the trial's folders", &error))?;
        }
        // Everything is mounted before this process starts, and nothing can be afterwards.
        Rung::S3 => {}
        Rung::S4 | Rung::S5 => {
            ground::cleared().map_err(|error| step("clear the trial's folders", &error))?;
        }
    }
    if rung == Rung::S2 && !plan.as_root {
        landlord::enter_user_namespace(places::USER)?;
    }
    let owner = (rung == Rung::S1 && !plan.as_root).then_some(places::USER);
    let footing = Footing { owner, confined: rung == Rung::S4 };
    ground::plant(&seeds, owner).map_err(|error| step("write the trial's files", &error))?;
    ground::put(&plan.there, owner);
    if footing.confined {
        confine::confine(plan.tty.is_some() || plan.shell)?;
    }
    if plan.command.is_empty() {
        return Ok(nothing());
    }
    let mut journal = journal(&plan, &seeds);
    let before: BTreeSet<String> = search::left(&plan.residue, &BTreeSet::new()).into_keys().collect();
    let run = |mut journal: Journal, first: bool| {
        let desk = Desk::open().map_err(|error| step("open the stubs' socket", &error))?;
        let script =
            Script::start(&plan, &seeds, footing, false).map_err(|error| step("start the script", &error))?;
        if !first {
            journal.run_again();
        }
        let files = journal.guesses().then(Files::default);
        let watch = Watch { files, ..Watch::new(desk, journal, script) };
        Ok::<_, String>(watch.run(Duration::from_millis(plan.deadline_ms)))
    };
    if plan.again {
        journal = run(journal, true)?.1;
    }
    let (mut record, journal) = run(journal, !plan.again)?;
    record.left = search::left(&plan.residue, &before);
    if plan.shell {
        record.calls = receive_visitor(&plan, &seeds, footing, journal)?.into_calls();
        return Ok(record);
    }
    record.calls = journal.into_calls();
    record.files = search::collect(&plan.collect);
    record.found = search::find(&plan.search, &seeds);
    Ok(record)
}

/// A shell in the world as the trial left it, until somebody leaves it. Its calls are answered as in the green run.
fn receive_visitor(
    plan: &Plan,
    seeds: &[Seed],
    footing: Footing,
    mut journal: Journal,
) -> Result<Journal, String> {
    let step = |what: &str, error: &dyn std::fmt::Display| format!("cannot {what}: {error}");
    let mut env = plan.env.clone();
    env.entry("TERM".to_owned()).or_insert_with(|| "dumb".to_owned());
    let shell = Plan {
        command: ["bash", "-c", visit::SHELL].map(str::to_owned).to_vec(),
        stdin: String::new(),
        env,
        tty: None,
        untraced: true,
        ..plan.clone()
    };
    journal.mend();
    let desk = Desk::open().map_err(|error| step("open the stubs' socket", &error))?;
    let relay = Relay::open().map_err(|error| step("reach the terminal", &error))?;
    let script =
        Script::start(&shell, seeds, footing, true).map_err(|error| step("start the shell", &error))?;
    let watch = Watch { relay: Some(relay), ..Watch::new(desk, journal, script) };
    Ok(watch.run(Duration::from_millis(visit::LONGEST_MS)).1)
}

/// The files and the plan.
fn orders() -> io::Result<(Vec<Seed>, Plan)> {
    let mut from = io::stdin().lock();
    let ended = || io::Error::other("the keeper is gone");
    let packed = wire::receive(&mut from)?.ok_or_else(ended)?;
    let seeds = wire::unpack(&packed).ok_or_else(|| io::Error::other("the files are damaged"))?;
    let plan = wire::receive_value(&mut from)?.ok_or_else(ended)?;
    Ok((seeds, plan))
}

/// The record of a trial that only shows that the world stands.
fn nothing() -> Record {
    Record {
        end: End::Code(0),
        stdout: String::new(),
        stderr: String::new(),
        calls: Vec::new(),
        files: std::collections::BTreeMap::new(),
        found: Vec::new(),
        left: std::collections::BTreeMap::new(),
    }
}

fn journal(plan: &Plan, seeds: &[Seed]) -> Journal {
    let real: BTreeSet<String> = fs::read_dir(root::at(places::REAL))
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    Journal::new(plan.clone(), real, bash_env(plan, seeds))
}

/// A running trial.
struct Watch {
    desk: Desk,
    journal: Journal,
    script: Script,
    lines: Lines,
    /// What calls wrote for later calls; nobody asks where nothing is guessed.
    files: Option<Files>,
    watchdog: Watchdog,
    /// Whoever sits at the script's terminal.
    relay: Option<Relay>,
    ended: Option<End>,
    /// Nothing else runs in the world.
    alone: bool,
    /// The script has printed more at a time than its pipes hold: it may wait for room in them again.
    flooded: bool,
}

impl Watch {
    fn new(desk: Desk, journal: Journal, script: Script) -> Self {
        Self {
            desk,
            journal,
            script,
            lines: Lines::default(),
            files: None,
            watchdog: Watchdog::new(),
            relay: None,
            ended: None,
            alone: false,
            flooded: false,
        }
    }

    /// Runs the script to its end, and what it left behind to its end or to the end of the grace.
    fn run(mut self, deadline: Duration) -> (Record, Journal) {
        let mut until = Instant::now() + deadline;
        let mut objection = None;
        loop {
            let running = self.ended.is_none();
            self.reap();
            if running && self.ended.is_some() {
                until = until.min(Instant::now() + GRACE);
            }
            let looping = running && self.journal.looping();
            if self.alone || looping || Instant::now() >= until || kin::is_forsaken() {
                break;
            }
            objection = self.watchdog.objection();
            if objection.is_some() {
                break;
            }
            self.wait(until.min(self.watchdog.next()));
            let printed = self.script.printed();
            self.script.drain();
            self.flooded |= self.script.printed().saturating_sub(printed) >= FLOOD;
            self.script.stdin.push();
            if let Some(terminal) = &mut self.script.terminal {
                terminal.typed.push();
                if let Some(relay) = &mut self.relay {
                    relay.carry(terminal);
                }
            }
            if self.relay.as_ref().is_some_and(Relay::is_gone) {
                break;
            }
            self.serve();
        }
        let end = self.ended.filter(|_| objection.is_none()).unwrap_or(End::TimedOut);
        // What the stubs said before they died is still in the sockets.
        if root::root().is_empty() {
            // Only this process is spared.
            let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
            while waitpid(Pid::from_raw(-1), None).is_ok() {}
        } else {
            kin::kill_all();
        }
        while self.serve() {}
        self.desk.forsaken().for_each(|call| self.journal.lost(call));
        self.script.drain();
        let mut stderr = self.script.stderr.into_text();
        if let Some(terminal) = self.script.terminal {
            stderr.push_str(&terminal.shown.into_text());
        }
        if let Some(reason) = objection {
            stderr.extend(["gauntlet: stopped: ", &reason, "\n"]);
        }
        let record = Record {
            end,
            stdout: root::told(&self.script.stdout.into_text()),
            stderr: root::told(&stderr),
            ..nothing()
        };
        (record, self.journal)
    }

    /// Buries the dead: the script, and every orphan of this world.
    fn reap(&mut self) {
        while let Ok(Some(_)) = self.script.children.read_signal() {}
        loop {
            let status = match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => return,
                Ok(status) => status,
                Err(Errno::EINTR) => continue,
                Err(_) => {
                    self.alone = true;
                    return;
                }
            };
            if status.pid() == Some(self.script.pid) {
                self.ended = match status {
                    WaitStatus::Exited(_, code) => Some(End::Code(code)),
                    WaitStatus::Signaled(_, signal, _) => Some(End::Signal(signal as i32)),
                    _ => None,
                };
            }
        }
    }

    fn wait(&self, until: Instant) {
        let left = until.saturating_duration_since(Instant::now());
        let left = PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
        let mut waiting = vec![PollFd::new(self.script.children.as_fd(), PollFlags::POLLIN)];
        // To be woken for each line that a script prints costs more than the line: what it says is taken in whenever
        // something else happens, but for a flood, and for somebody who sits there and reads.
        if self.flooded || self.relay.is_some() {
            let outputs = self.script.stdout.waiting().into_iter().chain(self.script.stderr.waiting());
            waiting.extend(outputs.map(|output| PollFd::new(output, PollFlags::POLLIN)));
        }
        waiting.extend(self.script.stdin.waiting().map(|input| PollFd::new(input, PollFlags::POLLOUT)));
        if let Some(terminal) = &self.script.terminal {
            let typed = terminal.typed.waiting().map(|line| PollFd::new(line, PollFlags::POLLOUT));
            let shown = terminal.shown.waiting().map(|line| PollFd::new(line, PollFlags::POLLIN));
            waiting.extend(typed.into_iter().chain(shown));
        }
        let relayed = self.relay.as_ref().and_then(Relay::waiting);
        waiting.extend(relayed.map(|line| PollFd::new(line, PollFlags::POLLIN)));
        waiting.extend(self.desk.waiting().map(|(visitor, flags)| PollFd::new(visitor, flags)));
        // Whoever started this process and has gone.
        let keeper = io::stdin();
        if !root::root().is_empty() {
            waiting.push(PollFd::new(keeper.as_fd(), PollFlags::empty()));
        }
        // An interrupted wait is a short wait.
        let _ = poll(&mut waiting, left);
    }

    /// Answers whoever asks. Returns whether anybody did.
    fn serve(&mut self) -> bool {
        let Self { desk, journal, script, lines, files, .. } = self;
        // Both closures need the journal: who left without a word is noted, and written down after.
        let mut lost = Vec::new();
        let busy = desk.serve(
            |visitor, told| hear(journal, script, lines, files.as_mut(), visitor, told),
            |visitor| lost.extend(visitor.call),
        );
        for call in lost {
            journal.lost(call);
        }
        let expired = journal.expired();
        if !expired.is_empty() {
            desk.expire(&expired);
        }
        busy
    }
}

/// A call's words without the world's folder.
fn as_told(hello: &mut brief::Call) {
    if root::root().is_empty() {
        return;
    }
    for word in
        hello.argv.iter_mut().chain([&mut hello.folder]).chain(hello.at.as_mut().map(|(file, _)| file))
    {
        *word = root::told(word);
    }
    if hello.folder.is_empty() {
        hello.folder.push('/');
    }
}

fn hear(
    journal: &mut Journal,
    script: &mut Script,
    lines: &mut Lines,
    files: Option<&mut Files>,
    visitor: &mut Visitor,
    told: Tell,
) {
    let (hello, stdin) = match told {
        // The desk's own business.
        Tell::TakeOver(_) => return,
        Tell::Call(mut hello) => {
            as_told(&mut hello);
            visitor.whole = hello.whole;
            visitor.waits =
                hello.input.is_some_and(|input| input.2 == Kind::Pipe && !script.stdin.is(&input));
            if let Some((path, line)) = &mut hello.at {
                *line = lines.start(path, *line, &hello.program, &hello.argv);
            }
            visitor.begun = journal.answered();
            (*hello, None)
        }
        Tell::Stdin(read) => match visitor.pending.take() {
            Some(hello) => {
                let text = root::told(&String::from_utf8_lossy(&read));
                visitor.waits = false;
                visitor.read = Some(read);
                (hello, Some(text))
            }
            None => return,
        },
        Tell::Done(mut deed) => {
            deed.stdout = deed.stdout.as_deref().map(root::told);
            if let Some(call) = visitor.call.take() {
                journal.done(call, deed);
            }
            return;
        }
    };
    let moment = script.moment(hello.output.as_ref(), hello.input.as_ref());
    let before = journal.passed();
    let mut decision = journal.decide(&hello, stdin.as_deref(), moment);
    if let (Some(files), Some(call)) = (files, decision.call) {
        journal.note(call, visitor.begun, files.given(call, &hello));
        files::unmount(journal.calls(), &hello.folder);
    }
    if journal.passed() != before {
        // Before the caller goes on. A clock that cannot be written stands still.
        let _ = tell_time(journal.passed());
    }
    if let Some(how) = decision.interrupt {
        match script.interrupt(how) {
            Some(order) => {
                let then = std::mem::replace(&mut decision.order, Order::Die);
                decision.order = order(then);
            }
            None => decision.call.into_iter().for_each(|call| journal.ignored(call)),
        }
    }
    visitor.limit = decision.limit;
    visitor.order(&decision.order);
    visitor.call = decision.call;
    if decision.call.is_none() {
        visitor.pending = Some(hello);
    }
}
