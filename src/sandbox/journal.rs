//! The one place that knows the plan during a trial: matches calls, counts them, decides each answer, writes them down.
//!
//! Pure: it reads no descriptor and writes none, so a call's fate depends on nothing but the calls before it.

use std::collections::{BTreeMap, BTreeSet};

use super::brief::Call as Hello;
use super::limits::Limits;
use super::wire::{Deed, Order, Shape};
use super::{clock, failing, places};
use crate::fault::{FaultKind, Interruption};
use crate::trial::guess::{Given, Reply};
use crate::trial::pattern;
use crate::trial::world::{Answer, Call, Fault, Output, Plan, Site, Stub, TIMED_OUT, half, normalise};

/// Nobody who looks at the clock waits so long, in milliseconds of the world's time.
const LONGEST_WAIT_MS: u64 = 24 * 60 * 60 * 1000;
/// After so many sleeps at one place each takes twice as long.
const PATIENCE: u32 = 64;

/// How much of a call's stdin and stdout is kept.
pub(super) const KEPT: usize = 64 * 1024;

/// The calls of one trial and what is left of its plan.
pub(super) struct Journal {
    plan: Plan,
    /// Tools that run for real.
    real: BTreeSet<String>,
    bash_env: String,
    used: Vec<u32>,
    seen: BTreeMap<Site, u32>,
    /// How often it was slept, by the place of that.
    slept: BTreeMap<Option<(String, u32)>, u32>,
    calls: Vec<Call>,
    /// The clock, and the time limits that run.
    limits: Limits,
}

/// What was printed when a call came, and where its own output leads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub stdout_before: usize,
    pub stderr_before: usize,
    pub output: Output,
    /// Whether its stdin is the script's own, which nobody drains.
    pub own_stdin: bool,
    /// The machine's time, in seconds since 1970.
    pub now: u64,
}

/// What to tell a stub.
#[derive(Debug)]
pub(super) struct Decision {
    pub order: Order,
    /// The call's place in the journal, where it has one.
    pub call: Option<usize>,
    /// The signal that the script gets while the call runs.
    pub interrupt: Option<Interruption>,
    /// The time limit that the caller keeps.
    pub limit: Option<usize>,
}

impl Decision {
    fn order(order: Order) -> Self {
        Self { order, call: None, interrupt: None, limit: None }
    }
}

/// Who would answer a call if nothing failed.
enum Responder {
    Stub(usize),
    Real,
    Special,
    Guess(Reply),
    /// A shell elsewhere, which reads this text, and whether its commands read the call's stdin.
    Shell(Given, bool),
    Nobody,
}

impl Journal {
    pub fn new(plan: Plan, real: BTreeSet<String>, bash_env: String) -> Self {
        let used = vec![0; plan.stubs.len()];
        Self {
            plan,
            real,
            bash_env,
            used,
            seen: BTreeMap::new(),
            slept: BTreeMap::new(),
            calls: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// Begins another run in the same world: the calls so far are forgotten, answers that are used up stay so.
    pub fn run_again(&mut self) {
        self.calls.clear();
        self.seen.clear();
        self.slept.clear();
    }

    /// Nothing fails any more.
    pub fn mend(&mut self) {
        self.plan.fault = None;
        self.plan.loop_limit = None;
    }

    /// What has passed of the world's time, in milliseconds.
    pub fn passed(&self) -> u64 {
        self.limits.passed()
    }

    /// The time limits that have passed since somebody asked.
    pub fn expired(&mut self) -> Vec<usize> {
        self.limits.expired()
    }

    /// The script ignores the signal that was to interrupt this call.
    pub fn ignored(&mut self, call: usize) {
        self.calls[call].ignored = true;
    }

    /// How many calls had been answered when this one began, and whose files it is given.
    pub fn note(&mut self, call: usize, begun: usize, given: Vec<usize>) {
        self.calls[call].begun = Some(begun);
        self.calls[call].given = given;
    }

    /// How many calls were answered.
    pub fn answered(&self) -> usize {
        self.calls.len()
    }

    /// Whether answers are guessed.
    pub fn guesses(&self) -> bool {
        self.plan.guesses.is_some()
    }

    /// The calls so far.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The calls, in the order in which they were answered.
    pub fn into_calls(self) -> Vec<Call> {
        self.calls
    }

    /// Decides what becomes of a call. `stdin` is what it read, where it was asked to; the answer may be to ask.
    pub fn decide(&mut self, hello: &Hello, stdin: Option<&str>, moment: Moment) -> Decision {
        let argv = words(hello);
        let site = site(hello, &argv, moment.now);
        let responder = match self.responder(&argv, &site, hello, stdin) {
            Ok(responder) => responder,
            Err(NeedsStdin) => return Decision::order(Order::ReadStdin),
        };
        if matches!(responder, Responder::Special) {
            return self.special(hello, &argv);
        }
        let reads_stdin = match &responder {
            Responder::Stub(index) => self.reads_stdin(*index),
            Responder::Guess(_) | Responder::Shell(..) => {
                !moment.own_stdin
                    && self
                        .plan
                        .guesses
                        .as_ref()
                        .is_some_and(|guesses| guesses.is_fed(&argv, hello.at.as_ref()))
            }
            _ => false,
        };
        if reads_stdin && stdin.is_none() {
            // Even a call that is going to fail reads first: whoever feeds it must not find it gone.
            return Decision::order(Order::ReadStdin);
        }
        let occurrence = *self.seen.entry(site.clone()).and_modify(|count| *count += 1).or_insert(1);
        let fault = self.plan.fault.as_ref().filter(|fault| failing::hits(fault, &site, occurrence)).cloned();
        let (order, answer) = self.answer(&responder, fault.as_ref(), hello);
        if let (Responder::Stub(index), true) = (&responder, failing::consumes(answer, fault.as_ref())) {
            self.used[*index] += 1;
        }
        if order == Order::Hang {
            self.limits.exhaust(hello.limit);
        }
        let fixed = match &order {
            Order::Reply(words) => Some(words),
            _ => None,
        };
        self.calls.push(Call {
            argv,
            site,
            occurrence,
            answer,
            output: moment.output,
            stdout: fixed.map_or_else(String::new, |words| head(&words.stdout)),
            stderr: fixed.map(|words| head(&words.stderr)),
            exit: match &order {
                Order::Reply(words) => words.exit.into(),
                Order::Die => 137,
                Order::Hang => TIMED_OUT.into(),
                _ => 0,
            },
            limited: hello.limit.is_some(),
            stdin: stdin.map(head),
            stdout_before: moment.stdout_before,
            stderr_before: moment.stderr_before,
            ..Call::default()
        });
        let interrupt = fault.filter(|_| answer == Answer::Fault).and_then(|fault| match fault.kind {
            FaultKind::Interrupt(how) => Some(how),
            _ => None,
        });
        Decision { order, call: Some(self.calls.len() - 1), interrupt, limit: None }
    }

    /// Whether the script makes the same call over and over.
    pub fn looping(&self) -> bool {
        let endless = self.plan.hurries && self.limits.passed() > LONGEST_WAIT_MS;
        endless || self.plan.loop_limit.is_some_and(|limit| self.seen.values().any(|count| *count > limit))
    }

    /// How long a sleep at that place takes: longer and longer where the script looks at the clock.
    fn slept(&mut self, hello: &Hello, milliseconds: u64) -> u64 {
        let count = self.slept.entry(hello.at.clone()).or_default();
        *count += 1;
        if self.plan.hurries {
            milliseconds.saturating_mul(1 << (*count / PATIENCE).min(6))
        } else {
            milliseconds
        }
    }

    /// Writes down what a stub did.
    pub fn done(&mut self, call: usize, deed: Deed) {
        let call = &mut self.calls[call];
        call.exit = deed.exit;
        call.broken_pipe = deed.broken_pipe;
        if let Some(stdout) = deed.stdout {
            call.stdout = stdout;
        }
    }

    /// A stub went away without a word: somebody killed it.
    pub fn lost(&mut self, call: usize) {
        let call = &mut self.calls[call];
        let how = self.plan.fault.as_ref().filter(|_| call.answer == Answer::Fault).map(|fault| fault.kind);
        call.exit = match how {
            Some(FaultKind::Interrupt(how)) => 128 + how.number(),
            Some(FaultKind::Hang) => TIMED_OUT.into(),
            _ => 137,
        };
    }

    fn responder(
        &self,
        argv: &[String],
        site: &Site,
        hello: &Hello,
        stdin: Option<&str>,
    ) -> Result<Responder, NeedsStdin> {
        for (index, stub) in self.plan.stubs.iter().enumerate() {
            let spent = stub.times.is_some_and(|times| self.used[index] >= times);
            if spent || !pattern::argv_matches(&stub.argv, argv) {
                continue;
            }
            match (&stub.stdin, stdin) {
                (None, _) => return Ok(Responder::Stub(index)),
                (Some(_), None) => return Err(NeedsStdin),
                (Some(glob), Some(text)) if pattern::glob(glob, text) => return Ok(Responder::Stub(index)),
                (Some(_), Some(_)) => {}
            }
        }
        let program = hello.program.as_str();
        Ok(if places::SHELLS.contains(&program) || clock::OWN.contains(&program) {
            Responder::Special
        } else if self.real.contains(program) && !self.is_chance(argv) {
            Responder::Real
        } else {
            match &self.plan.guesses {
                Some(guesses) => {
                    let at = hello.at.as_ref();
                    let script_on_stdin = guesses.reads_script(argv, at);
                    if script_on_stdin && stdin.is_none() {
                        return Err(NeedsStdin);
                    }
                    if let Some(given) = guesses.script(argv, at, stdin) {
                        return Ok(Responder::Shell(given, guesses.is_fed(argv, at) && !script_on_stdin));
                    }
                    let occurrence = self.seen.get(site).map_or(1, |count| count + 1);
                    Responder::Guess(guesses.answer(argv, hello.at.as_ref(), occurrence))
                }
                None => Responder::Nobody,
            }
        })
    }

    /// Whether the tool would say something else in every run, where nobody says what it must say.
    fn is_chance(&self, argv: &[String]) -> bool {
        self.plan.guesses.is_some()
            && argv.first().is_some_and(|name| name.ends_with("openssl"))
            && argv.get(1).is_some_and(|verb| verb == "rand")
    }

    /// What the world does itself; nothing of it is written down.
    fn special(&mut self, hello: &Hello, argv: &[String]) -> Decision {
        if hello.program == "sleep" {
            let length = self.slept(hello, clock::milliseconds(&argv[1..]));
            if !self.limits.sleep(length, hello.limit) {
                return Decision::order(Order::Hang);
            }
        }
        if hello.program == "timeout"
            && let Some(told) = clock::limited(&argv[1..])
        {
            let limit = self.limits.begin(told.limit, hello.limit);
            return Decision { limit: Some(limit), ..Decision::order(Order::Limit(limit)) };
        }
        Decision::order(match hello.program.as_str() {
            "sleep" if clock::valid(&argv[1..]) => Order::Exit { exit: 0, stderr: String::new() },
            "sleep" => Order::Exit { exit: 1, stderr: "sleep: invalid time interval\n".to_owned() },
            "date" | "timeout" => {
                Order::Special { now: clock::NOW.saturating_add(self.limits.passed() / 1000) }
            }
            _ => Order::Shell { bash_env: self.bash_env.clone() },
        })
    }

    fn answer(&self, responder: &Responder, fault: Option<&Fault>, hello: &Hello) -> (Order, Answer) {
        let reshapes = matches!(responder, Responder::Stub(_) | Responder::Guess(_));
        let shape = fault.map(|fault| failing::shape(fault, reshapes)).unwrap_or_default();
        let (order, answer) = match responder {
            Responder::Stub(index) => {
                (self.reply(*index, shape, self.made(*index, hello)), Answer::Stub(*index))
            }
            Responder::Real | Responder::Special => {
                let before = self.calls.iter().filter(|call| call.program() == hello.program).count();
                (Order::Real { shape, before }, Answer::Real)
            }
            Responder::Guess(reply) => {
                let (stdout, stderr) = (reply.stdout.clone(), reply.stderr.clone());
                let stub = Stub { stdout, stderr, exit: reply.exit, ..Stub::default() };
                (
                    failing::said(&stub, reply.writes.clone().into_iter().collect(), &shape, true),
                    Answer::Guess,
                )
            }
            Responder::Shell(given, feed) => {
                let (text, feed) = (given.text.clone(), *feed);
                let (placed, behind) = (true, given.behind.map(|lines| (lines, self.bash_env.clone())));
                (Order::Handler { text, feed, writes: Vec::new(), shape, placed, behind }, Answer::Guess)
            }
            Responder::Nobody => (Order::Reply(failing::missing(hello)), Answer::Unstubbed),
        };
        let Some(fault) = fault.filter(|_| answer != Answer::Unstubbed) else { return (order, answer) };
        (failing::order(fault, order, hello), Answer::Fault)
    }

    /// The files that a guessed answer to the call would leave, with what the stub says: `--stub` knows of no files.
    fn made(&self, index: usize, hello: &Hello) -> Vec<(String, String)> {
        let stub = &self.plan.stubs[index];
        let Some(guesses) = self.plan.guesses.as_ref().filter(|_| stub.writes.is_empty() && stub.exit == 0)
        else {
            return Vec::new();
        };
        let files = guesses.answer(&words(hello), hello.at.as_ref(), 1).writes;
        files.into_keys().map(|path| (path, stub.stdout.clone())).collect()
    }

    /// What the stub of the plan says; `made`: files that it leaves besides its own.
    fn reply(&self, index: usize, shape: Shape, made: Vec<(String, String)>) -> Order {
        let stub = &self.plan.stubs[index];
        let full = matches!(shape, Shape::Full { .. });
        let cut = |text: &String| if full { half(text).to_owned() } else { text.clone() };
        let own = stub.writes.iter().map(|(path, text)| (path.clone(), text.clone()));
        let writes = own.chain(made).map(|(path, text)| (path, cut(&text))).collect();
        if let Some(text) = &stub.handler {
            let feed = self.reads_stdin(index);
            let (text, placed, behind) = (text.clone(), false, None);
            return Order::Handler { text, feed, writes, shape, placed, behind };
        }
        failing::said(stub, writes, &shape, self.plan.guesses.is_some())
    }

    fn reads_stdin(&self, index: usize) -> bool {
        let stub = &self.plan.stubs[index];
        stub.reads_stdin || stub.stdin.is_some()
    }
}

/// The stub must read its stdin before anything can be decided.
struct NeedsStdin;

/// The call's words; where `exec -a` gave it another name, its own.
fn words(hello: &Hello) -> Vec<String> {
    let mut argv = hello.argv.clone();
    match argv.first_mut() {
        Some(called) if called.rsplit('/').next() == Some(hello.program.as_str()) => {}
        Some(called) => called.clone_from(&hello.program),
        None => argv.push(hello.program.clone()),
    }
    argv
}

fn site(hello: &Hello, argv: &[String], now: u64) -> Site {
    let rest = argv[1..].iter().map(|word| clock::without_the_machines(&normalise(word), now));
    Site { argv: std::iter::once(hello.program.clone()).chain(rest).collect(), at: hello.at.clone() }
}

/// What fits the journal.
pub(super) fn head(text: &str) -> String {
    text[..text.floor_char_boundary(KEPT)].to_owned()
}
