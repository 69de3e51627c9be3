//! The one place that knows the plan during a trial: matches calls, counts them, decides each answer, writes them down.
//!
//! Pure: it reads no descriptor and writes none, so a call's fate depends on nothing but the calls before it.

use std::collections::{BTreeMap, BTreeSet};

use super::wire::{Deed, Hello, Order, Words};
use super::{clock, places};
use crate::fault::{FaultKind, Persistence};
use crate::trial::guess::Reply;
use crate::trial::pattern;
use crate::trial::world::{Answer, Call, Fault, Output, Plan, Site, normalise};

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
    calls: Vec<Call>,
    /// What `sleep` added to the clock, in seconds.
    slept: u64,
}

/// What was printed when a call came, and where its own output leads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub stdout_before: usize,
    pub stderr_before: usize,
    pub output: Output,
}

/// What to tell a stub.
#[derive(Debug)]
pub(super) struct Decision {
    pub order: Order,
    /// The call's place in the journal, where it has one.
    pub call: Option<usize>,
}

/// Who would answer a call if nothing failed.
enum Responder {
    Stub(usize),
    Real,
    Special,
    Guess(Reply),
    Nobody,
}

impl Journal {
    pub fn new(plan: Plan, real: BTreeSet<String>, bash_env: String) -> Self {
        let used = vec![0; plan.stubs.len()];
        Self { plan, real, bash_env, used, seen: BTreeMap::new(), calls: Vec::new(), slept: 0 }
    }

    /// The calls, in the order in which they were answered.
    pub fn into_calls(self) -> Vec<Call> {
        self.calls
    }

    /// Decides what becomes of a call. `stdin` is what it read, where it was asked to; the answer may be to ask.
    pub fn decide(&mut self, hello: &Hello, stdin: Option<&str>, moment: Moment) -> Decision {
        let argv = words(hello);
        let responder = match self.responder(&argv, hello, stdin) {
            Ok(responder) => responder,
            Err(NeedsStdin) => return Decision { order: Order::ReadStdin, call: None },
        };
        if matches!(responder, Responder::Special) {
            return Decision { order: self.special(&hello.program, &argv), call: None };
        }
        let reads_stdin = matches!(&responder, Responder::Stub(index) if self.reads_stdin(*index));
        if reads_stdin && stdin.is_none() {
            // Even a call that is going to fail reads first: whoever feeds it must not find it gone.
            return Decision { order: Order::ReadStdin, call: None };
        }
        let site = site(hello, &argv);
        let occurrence = *self.seen.entry(site.clone()).and_modify(|count| *count += 1).or_insert(1);
        let fault = self.plan.fault.as_ref().filter(|fault| hits(fault, &site, occurrence)).cloned();
        let (order, answer) = self.answer(&responder, fault.as_ref(), hello);
        if let (Responder::Stub(index), true) = (&responder, consumes(&answer, fault.as_ref())) {
            self.used[*index] += 1;
        }
        self.calls.push(Call {
            argv,
            site,
            occurrence,
            answer,
            output: moment.output,
            stdout: match &order {
                Order::Reply(words) => head(&words.stdout),
                _ => String::new(),
            },
            exit: match &order {
                Order::Reply(words) => words.exit.into(),
                Order::Die => 137,
                _ => 0,
            },
            broken_pipe: false,
            stdin: stdin.map(head),
            stdout_before: moment.stdout_before,
            stderr_before: moment.stderr_before,
        });
        Decision { order, call: Some(self.calls.len() - 1) }
    }

    /// Whether the script makes the same call over and over.
    pub fn looping(&self) -> bool {
        self.plan.loop_limit.is_some_and(|limit| self.seen.values().any(|count| *count > limit))
    }

    /// Writes down what a stub did.
    pub fn done(&mut self, call: usize, deed: Deed) {
        let call = &mut self.calls[call];
        call.exit = deed.exit;
        call.broken_pipe = deed.broken_pipe;
        if let Some(stdout) = deed.stdout {
            call.stdout = stdout;
        }
        if deed.absent && call.answer == Answer::Real {
            call.answer = Answer::Unstubbed;
        }
    }

    /// A stub went away without a word: somebody killed it.
    pub fn lost(&mut self, call: usize) {
        self.calls[call].exit = 137;
    }

    fn responder(
        &self,
        argv: &[String],
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
        } else if self.real.contains(program) {
            Responder::Real
        } else {
            match &self.plan.guesses {
                Some(guesses) => {
                    let site = site(hello, argv);
                    let occurrence = self.seen.get(&site).map_or(1, |count| count + 1);
                    Responder::Guess(guesses.answer(argv, hello.at.as_ref(), occurrence))
                }
                None => Responder::Nobody,
            }
        })
    }

    fn special(&mut self, program: &str, argv: &[String]) -> Order {
        if program == "sleep" {
            self.slept = self.slept.saturating_add(clock::seconds(&argv[1..]));
        }
        Order::Special { now: clock::NOW.saturating_add(self.slept), bash_env: self.bash_env.clone() }
    }

    fn answer(&self, responder: &Responder, fault: Option<&Fault>, hello: &Hello) -> (Order, Answer) {
        let pad = fault.is_some_and(|fault| fault.kind == FaultKind::Sigpipe);
        let (order, answer) = match responder {
            Responder::Stub(index) => (self.reply(*index, pad), Answer::Stub(*index)),
            Responder::Real | Responder::Special => (Order::Real { pad }, Answer::Real),
            Responder::Guess(reply) => (
                Order::Reply(Words {
                    stdout: if pad { padded(&reply.stdout) } else { reply.stdout.clone() },
                    stderr: reply.stderr.clone(),
                    exit: reply.exit,
                    writes: reply.writes.clone().into_iter().collect(),
                }),
                Answer::Guess,
            ),
            Responder::Nobody => (Order::Reply(missing(hello)), Answer::Unstubbed),
        };
        let Some(fault) = fault.filter(|_| answer != Answer::Unstubbed) else { return (order, answer) };
        let order = match fault.kind {
            FaultKind::Exit => {
                Order::Reply(Words { stderr: lines(&fault.stderr), exit: fault.exit, ..Words::default() })
            }
            FaultKind::Signal => Order::Die,
            FaultKind::Missing => Order::Reply(missing(hello)),
            FaultKind::Empty => Order::Reply(Words::default()),
            FaultKind::Sigpipe => order,
        };
        (order, Answer::Fault)
    }

    /// What the stub of the plan says.
    fn reply(&self, index: usize, pad: bool) -> Order {
        let stub = &self.plan.stubs[index];
        let writes = stub.writes.iter().map(|(path, text)| (path.clone(), text.clone())).collect();
        match &stub.handler {
            Some(text) => Order::Handler { text: text.clone(), feed: self.reads_stdin(index), writes, pad },
            None => Order::Reply(Words {
                stdout: if pad { padded(&stub.stdout) } else { stub.stdout.clone() },
                stderr: stub.stderr.clone(),
                exit: stub.exit,
                writes,
            }),
        }
    }

    fn reads_stdin(&self, index: usize) -> bool {
        let stub = &self.plan.stubs[index];
        stub.reads_stdin || stub.stdin.is_some()
    }
}

/// The stub must read its stdin before anything can be decided.
struct NeedsStdin;

fn consumes(answer: &Answer, fault: Option<&Fault>) -> bool {
    *answer != Answer::Fault || fault.is_some_and(|fault| fault.kind == FaultKind::Sigpipe)
}

fn hits(fault: &Fault, site: &Site, occurrence: u32) -> bool {
    fault.site == *site
        && (occurrence == fault.occurrence
            || fault.persistence == Persistence::Forever && occurrence > fault.occurrence)
}

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

fn site(hello: &Hello, argv: &[String]) -> Site {
    let rest = argv[1..].iter().map(|word| normalise(word));
    Site { argv: std::iter::once(hello.program.clone()).chain(rest).collect(), at: hello.at.clone() }
}

/// As bash says it.
fn missing(hello: &Hello) -> Words {
    let program = &hello.program;
    let stderr = match &hello.at {
        Some((path, line)) => format!("{path}: line {line}: {program}: command not found\n"),
        None => format!("{program}: command not found\n"),
    };
    Words { stderr, exit: 127, ..Words::default() }
}

fn lines(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// What fits the journal.
pub(super) fn head(text: &str) -> String {
    text[..text.floor_char_boundary(KEPT)].to_owned()
}

/// `text` with its last line repeated until no pipe and no consumer that closes early takes it all: a pipe's 64 KiB,
/// as much again that flows in while the consumer makes up its mind, and twice that to be sure.
pub(super) fn padded(text: &str) -> String {
    const PAST_A_PIPE: usize = 256 * 1024;
    let last = text.strip_suffix('\n').unwrap_or(text).rsplit('\n').next().unwrap_or_default();
    if text.is_empty() {
        return String::new();
    }
    let mut padded = lines(text);
    while padded.len() <= text.len() + PAST_A_PIPE {
        padded.push_str(last);
        padded.push('\n');
    }
    padded
}
