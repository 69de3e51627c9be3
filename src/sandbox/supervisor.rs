//! A trial's first process: makes the world fresh, starts the script, serves its stubs, writes the record.
//!
//! One loop over `poll` does it all, so that the order of events is one order and nothing needs a lock. When it ends,
//! the kernel kills whatever the script left behind.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::{set_dumpable, set_pdeathsig};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, setsid};
use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::flag;

use super::brief::{Kind, Leads};
use super::capture::{Capture, Feed};
use super::desk::{Desk, Visitor};
use super::files::Files;
use super::journal::{Journal, Moment};
use super::lines::Lines;
use super::terminal::Terminal;
use super::visit::{self, Relay};
use super::watchdog::{self, Watchdog};
use super::wire::{self, Order, Reply, Seed, Tell};
use super::{landlord, places, search, shells, there};
use crate::event::Rung;
use crate::fault::Interruption;
use crate::trial::world::{End, Output, Plan, Record};

/// How long what the script left running may go on: `tee` behind a process substitution, jobs in the background.
const GRACE: Duration = Duration::from_millis(500);

/// Whoever prints so much between two looks may be waiting for room in its pipe.
const FLOOD: usize = 32 * 1024;

/// The role's `main`.
pub(super) fn serve(rung: Option<&OsStr>) -> ExitCode {
    let reply = match trial(rung.and_then(OsStr::to_str)) {
        Ok(record) => Reply::Ran(Box::new(record)),
        Err(reason) => Reply::Failed(reason),
    };
    match wire::send_value(&mut io::stdout().lock(), &reply) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn trial(word: Option<&str>) -> Result<Record, String> {
    let step = |what: &str, error: &dyn std::fmt::Display| format!("cannot {what}: {error}");
    let rung = word.and_then(Rung::parse).ok_or("this role is the sandbox's own")?;
    set_pdeathsig(Signal::SIGKILL).map_err(|error| step("ask for a signal when the keeper dies", &error))?;
    let (seeds, plan) = orders().map_err(|error| step("read the plan", &error))?;
    // No terminal, no core files, no mask of the caller's.
    setsid().map_err(|error| step("leave the terminal", &error))?;
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    // Where that cannot be had, the watchdog is all there is.
    let _ = watchdog::few_processes();
    watchdog::bound().map_err(|error| step("bound the trial", &error))?;
    // At S3 everything is mounted before this process starts, and nothing can be afterwards.
    if rung == Rung::S3 {
        // The script is the same user in the same user namespace: it must not look into this process, nor change it.
        set_dumpable(false).map_err(|error| step("keep to itself", &error))?;
    } else {
        mounts(rung, &plan).map_err(|error| step("mount the trial's folders", &error))?;
    }
    if rung == Rung::S2 && !plan.as_root {
        landlord::enter_user_namespace(places::USER)?;
    }
    let owner = (rung == Rung::S1 && !plan.as_root).then_some(places::USER);
    let planted = plant(&seeds, owner).and_then(|()| there::put(&plan.there, owner));
    planted.map_err(|error| step("write the trial's files", &error))?;
    if plan.command.is_empty() {
        return Ok(nothing());
    }
    let mut journal = journal(&plan, &seeds);
    let before: BTreeSet<String> = search::left(&plan.residue, &BTreeSet::new()).into_keys().collect();
    let run = |mut journal: Journal, first: bool| {
        let desk = Desk::open().map_err(|error| step("open the stubs' socket", &error))?;
        let script =
            Script::start(&plan, &seeds, owner, false).map_err(|error| step("start the script", &error))?;
        if !first {
            journal.run_again();
        }
        let lines = Lines::default();
        let watchdog = Watchdog::new();
        let files = journal.guesses().then(Files::default);
        let watch = Watch {
            desk,
            journal,
            script,
            lines,
            files,
            watchdog,
            relay: None,
            ended: None,
            alone: false,
            flooded: false,
        };
        Ok::<_, String>(watch.run(Duration::from_millis(plan.deadline_ms)))
    };
    if plan.again {
        journal = run(journal, true)?.1;
    }
    let (mut record, journal) = run(journal, !plan.again)?;
    record.left = search::left(&plan.residue, &before);
    if plan.shell {
        record.calls = receive_visitor(&plan, &seeds, owner, journal)?.into_calls();
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
    owner: Option<u32>,
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
        Script::start(&shell, seeds, owner, true).map_err(|error| step("start the shell", &error))?;
    let (lines, watchdog) = (Lines::default(), Watchdog::new());
    let watch = Watch {
        desk,
        journal,
        script,
        lines,
        files: None,
        watchdog,
        relay: Some(relay),
        ended: None,
        alone: false,
        flooded: false,
    };
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

/// Fresh folders and a `/proc` that shows the trial's processes and nothing else of the machine.
fn mounts(rung: Rung, plan: &Plan) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let closed = flags | MsFlags::MS_NOEXEC;
    match mount(Some("proc"), "/proc", Some("proc"), closed, Some("subset=pid")) {
        // Before Linux 5.8: all of it, but nothing can be written.
        Err(Errno::EINVAL) => {
            mount(Some("proc"), "/proc", Some("proc"), closed | MsFlags::MS_RDONLY, None::<&str>)?;
        }
        mounted => mounted?,
    }
    let owner = if rung == Rung::S1 { format!(",uid={0},gid={0}", places::USER) } else { String::new() };
    for folder in places::WRITABLE.iter().chain(&[places::STATE]) {
        let mode = if matches!(*folder, "/tmp" | "/dev/shm") { "1777" } else { "0755" };
        let options = format!("size=64m,nr_inodes=16384,mode={mode}{owner}");
        mount(Some("scratch"), *folder, Some("tmpfs"), flags, Some(options.as_str()))?;
    }
    fresh_settings(flags, &owner)?;
    if plan.tty.is_some() || plan.shell {
        let options = Some("newinstance,ptmxmode=0666,mode=0620");
        let closed = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
        mount(Some("terminals"), "/dev/pts", Some("devpts"), closed, options)?;
    }
    Ok(())
}

/// `/etc` with the world's files in it, to be written to. Where the world has more of it than files it stays as it is.
fn fresh_settings(flags: MsFlags, owner: &str) -> nix::Result<()> {
    let Ok(files) = search::plain_files(places::ETC) else { return Ok(()) };
    let options = format!("size=16m,nr_inodes=4096,mode=0755{owner}");
    mount(Some("scratch"), places::ETC, Some("tmpfs"), flags, Some(options.as_str()))?;
    for (path, content) in files {
        fs::write(path, content)
            .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default()))?;
    }
    Ok(())
}

/// The folders that a machine has, and the files of the setup.
fn plant(seeds: &[Seed], owner: Option<u32>) -> io::Result<()> {
    for (path, mode) in [
        ("/home/op", 0o755),
        ("/var/tmp", 0o1777),
        ("/var/log", 0o755),
        ("/var/lib", 0o755),
        ("/var/cache", 0o755),
        ("/var/backups", 0o755),
        ("/var/spool", 0o755),
        ("/run/lock", 0o1777),
    ] {
        there::folders(Path::new(path), owner)?;
        fs::set_permissions(path, Permissions::from_mode(mode))?;
    }
    for entry in fs::read_dir("/")?.flatten() {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        if Path::new("/").join(&target).starts_with(places::ELSEWHERE) {
            there::folders(&Path::new("/").join(target), owner)?;
        }
    }
    std::os::unix::fs::symlink("../run", "/var/run")?;
    std::os::unix::fs::symlink("../run/lock", "/var/lock")?;
    for seed in seeds {
        let path = Path::new(&seed.path);
        there::folders(path.parent().unwrap_or(path), owner)?;
        if seed.link {
            std::os::unix::fs::symlink(OsStr::from_bytes(&seed.content), path)?;
            continue;
        }
        fs::write(path, &seed.content)?;
        fs::set_permissions(path, Permissions::from_mode(if seed.executable { 0o755 } else { 0o644 }))?;
        chown(path, owner, owner)?;
    }
    Ok(())
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

fn bash_env(plan: &Plan, seeds: &[Seed]) -> &'static str {
    if plan.untraced {
        return places::BASH_ENV_PLAIN;
    }
    shells::Form::needed(seeds, &plan.command).path()
}

/// Writes down what has passed of the world's time: shells whose scripts look at it read this.
fn tell_time(milliseconds: u64) -> io::Result<()> {
    fs::write(places::CLOCK, format!("{}\n", milliseconds / 1000))
}

fn journal(plan: &Plan, seeds: &[Seed]) -> Journal {
    let real: BTreeSet<String> = fs::read_dir(places::REAL)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    Journal::new(plan.clone(), real, bash_env(plan, seeds).to_owned())
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

/// The script's process.
struct Script {
    pid: Pid,
    stdin: Feed<ChildStdin>,
    stdout: Capture<ChildStdout>,
    stderr: Capture<ChildStderr>,
    terminal: Option<Terminal>,
    children: SignalFd,
}

impl Script {
    /// `attended`: somebody sits at its terminal.
    fn start(plan: &Plan, seeds: &[Seed], owner: Option<u32>, attended: bool) -> io::Result<Self> {
        let name = plan.command[0].as_str();
        // The stub would execute the real shell: this saves a start.
        let shell = places::SHELLS.contains(&name).then(|| format!("{}/{name}", places::PRIVATE));
        let mut command = Command::new(shell.as_deref().unwrap_or(name));
        command
            .arg0(name)
            .args(&plan.command[1..])
            .env_clear()
            .env("PATH", places::PATH)
            .env("HOME", "/home/op")
            .env("TMPDIR", "/tmp")
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("BASH_ENV", bash_env(plan, seeds))
            .envs(&plan.env)
            .current_dir(if plan.folder.is_empty() { "/repo" } else { plan.folder.as_str() })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        if let Some(owner) = owner {
            command.uid(owner).gid(owner);
        }
        tell_time(0)?;
        default_signals()?;
        let terminal = match &plan.tty {
            _ if attended => Some(Terminal::attended()?),
            Some(text) => Some(Terminal::open(text)?),
            None => None,
        };
        let mut child = command.spawn()?;
        // Only now: a child inherits the mask. Whatever died before is found by the first look.
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGCHLD);
        mask.thread_block()?;
        let children = SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        let stdin = Feed::new(child.stdin.take().expect("it was piped"), plan.stdin.clone())?;
        let stdout = Capture::new(child.stdout.take().expect("it was piped"))?;
        let stderr = Capture::new(child.stderr.take().expect("it was piped"))?;
        let pid = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
        if let Some(terminal) = &terminal {
            // A script that has ended already needs none.
            let _ = terminal.give_to(pid);
        }
        Ok(Self { pid, stdin, stdout, stderr, terminal, children })
    }

    /// Interrupts the script. What the call is told then; `None` where the script ignores the signal.
    fn interrupt(&self, how: Interruption) -> Option<impl FnOnce(Order) -> Order + use<>> {
        let signal = Signal::try_from(how.number()).ok()?;
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let ignored = status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))
            .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .is_some_and(|mask| mask & (1 << (signal as u64 - 1)) != 0);
        if ignored {
            return None;
        }
        // Before the call is answered: the script must know of the signal when the call that it waits for ends. And
        // once: a second signal would hit its clean-up.
        let group = self.pid.as_raw();
        let reaches = how.reaches_the_call();
        let _ = kill(if reaches { Pid::from_raw(-group) } else { self.pid }, signal);
        Some(move |then| Order::Interrupted {
            signal: reaches.then_some(how.number()),
            group,
            then: Box::new(then),
        })
    }

    fn drain(&mut self) {
        self.stdout.drain();
        self.stderr.drain();
        if let Some(terminal) = &mut self.terminal {
            terminal.shown.drain();
        }
    }

    /// How much it has printed so far.
    fn printed(&self) -> usize {
        self.stdout.total() + self.stderr.total()
    }

    /// What was printed so far, and what `target` is to the script.
    fn moment(&mut self, target: Option<&Leads>) -> Moment {
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
        Moment { stdout_before: self.stdout.total(), stderr_before: self.stderr.total(), output }
    }
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
    /// The script prints more than its pipes hold.
    flooded: bool,
}

impl Watch {
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
            if self.alone || looping || Instant::now() >= until {
                break;
            }
            objection = self.watchdog.objection();
            if objection.is_some() {
                break;
            }
            self.wait(until.min(self.watchdog.next()));
            let printed = self.script.printed();
            self.script.drain();
            self.flooded = self.script.printed() - printed >= FLOOD;
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
        // Only this process is spared. What the stubs said before they died is still in the sockets.
        let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
        while waitpid(Pid::from_raw(-1), None).is_ok() {}
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
        let record = Record { end, stdout: self.script.stdout.into_text(), stderr, ..nothing() };
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
        let mut waiting =
            vec![PollFd::new(std::os::fd::AsFd::as_fd(&self.script.children), PollFlags::POLLIN)];
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
            visitor.whole = hello.whole;
            visitor.waits =
                hello.input.is_some_and(|input| input.2 == Kind::Pipe && !script.stdin.is(&input));
            if let Some((path, line)) = &mut hello.at {
                *line = lines.start(path, *line, &hello.program);
            }
            visitor.begun = journal.answered();
            (*hello, None)
        }
        Tell::Stdin(read) => match visitor.pending.take() {
            Some(hello) => {
                let text = String::from_utf8_lossy(&read).into_owned();
                visitor.waits = false;
                visitor.read = Some(read);
                (hello, Some(text))
            }
            None => return,
        },
        Tell::Done(deed) => {
            if let Some(call) = visitor.call.take() {
                journal.done(call, deed);
            }
            return;
        }
    };
    let moment = script.moment(hello.output.as_ref());
    let before = journal.passed();
    let mut decision = journal.decide(&hello, stdin.as_deref(), moment);
    if let (Some(files), Some(call)) = (files, decision.call) {
        journal.note(call, visitor.begun, files.given(call, &hello));
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
