//! Secrets that come to light: expanded under `set -x`, printed, logged.
//!
//! This module notes where; whether a value is a secret is told by its [`Flow`], where output goes by [`Outlet`].

use std::rc::Rc;

use crate::commands::{beyond, tells_nothing};
use crate::source::Span;

use super::calls::Line;
use super::observe::Step;
use super::outlets::{Outlet, names_log, tells_of_log};
use super::state::{State, Switch};
use super::value::{Flow, Place, StepKind, Value};
use super::walk::{Stdin, Walk};

/// How a secret comes to light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// `set -x` prints the command with its expansions.
    Traced,
    /// It is printed to stdout.
    Stdout,
    /// It is printed to stderr.
    Stderr,
    /// It is printed into a log; how the log is called.
    Log(String),
    /// A program hands it to the system's log or to every terminal.
    Logger(String),
}

/// A place where a secret comes to light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The command.
    pub at: Span,
    /// How.
    pub shown: Shown,
    /// The secret's way there, first step first.
    pub way: Vec<Step>,
}

impl Flow {
    /// Whether what it leads to is the secret itself. What a program prints that only read a secret is not: an answer,
    /// a count; unless it is kept under a secret's name.
    fn is_itself(&self) -> bool {
        let mut at = Some(self);
        while let Some(flow) = at {
            match flow.kind {
                StepKind::Stored { secret_name: true }
                | StepKind::Picked { secret_name: true }
                | StepKind::Source => return true,
                StepKind::Answered => return false,
                StepKind::Stored { secret_name: false }
                | StepKind::Picked { secret_name: false }
                | StepKind::Passed
                | StepKind::Moved => {}
            }
            at = flow.before.as_deref();
        }
        true
    }
}

impl Walk<'_> {
    /// Notes an expansion where the shell traces.
    pub(super) fn traced(&mut self, value: &Value, state: &State) {
        if state.options.xtrace == Switch::Off || value.constant().is_some() {
            return;
        }
        let Some(flow) = value.secret.clone().filter(|flow| flow.is_itself()) else { return };
        self.leak(self.at_command, Shown::Traced, &flow);
    }

    /// Notes secrets among the words of a script that is started with `-x`: it expands its parameters in the open.
    pub(super) fn traced_by_child(&mut self, line: &Line) {
        if let Some(flow) =
            line.args().iter().find(|value| is_secret(value)).and_then(|value| value.secret.clone())
        {
            self.leak(line.place, Shown::Traced, &flow);
        }
    }

    /// Notes that text goes to where a descriptor of the command leads.
    pub(super) fn printed(&mut self, value: &Value, place: Place, descriptor: i32) {
        let Some(flow) = value.secret.clone().filter(|flow| flow.is_itself()) else { return };
        if let Some(shown) = self.shown_by(descriptor) {
            let place = self.blamed(&flow, place);
            self.leak(place, shown, &flow);
        }
    }

    /// How what is written to a descriptor comes to light, where it does.
    fn shown_by(&mut self, descriptor: i32) -> Option<Shown> {
        if let Some(call) = self.observations.in_calls.last_mut() {
            call.tells();
        }
        match self.outlet(descriptor) {
            // Whoever calls a function that nothing calls here may well capture what it prints.
            Outlet::Stdout if self.dead => None,
            Outlet::Stdout => Some(Shown::Stdout),
            Outlet::Stderr => Some(Shown::Stderr),
            Outlet::Log(log) => Some(Shown::Log(log.to_string())),
            Outlet::Away => None,
        }
    }

    /// The command that is to blame for what is printed at `place`: a function that prints what it is given is blamed
    /// on its caller, unless it calls the value a secret itself.
    fn blamed(&self, flow: &Flow, place: Place) -> Place {
        let mut blamed = place;
        let mut at = Some(flow);
        while let Some(step) = at {
            match step.kind {
                StepKind::Stored { secret_name: true } | StepKind::Source => break,
                StepKind::Passed => {
                    let within =
                        |call: Place| call.file == step.place.file && call.span.contains(step.place.span);
                    match self.frames.iter().find(|frame| within(frame.call)) {
                        Some(frame) => blamed = frame.call,
                        None => break,
                    }
                }
                StepKind::Stored { secret_name: false }
                | StepKind::Answered
                | StepKind::Picked { .. }
                | StepKind::Moved => {}
            }
            at = step.before.as_deref();
        }
        blamed
    }

    fn leak(&mut self, place: Place, shown: Shown, flow: &Rc<Flow>) {
        let (at, _) = self.report_span(place);
        if self.observations.leaks.iter().any(|known| known.at == at && known.shown == shown) {
            return;
        }
        let way = self.way_of(flow);
        self.observations.leaks.push(Leak { at, shown, way });
    }

    /// Notes what a program shows of the secrets in its words and on its stdin.
    pub(super) fn program_shows(&mut self, line: &Line) {
        if self.gives_away(line) {
            return self.given_away(line);
        }
        let name = line.name().map_or("", |name| name.rsplit('/').next().unwrap_or(name));
        let secrets = self.tables.secrets();
        let is_one_of = |list: &[String]| list.iter().any(|known| known == name);
        if is_one_of(&secrets.loggers) || tells_of_log(name) {
            let name = name.to_owned();
            self.logged(line, &name);
        } else if name == "tee" {
            self.teed(line);
        } else if ["echo", "printf"].contains(&name) {
            let word = line.args().iter().find(|value| is_secret(value)).cloned();
            if let Some(word) = word {
                self.printed(&word, line.place, 1);
            }
        } else if name == "cat" && line.args().iter().all(|value| value.text.starts_with('-'))
            || is_one_of(&secrets.filters)
            || name == "sed" && prints_what_it_reads(line)
        {
            if let Some((value, place)) = self.on_stdin(line) {
                self.printed(&value, place, 1);
            }
        } else if name == "printenv" {
            self.shown_by_name(line);
        } else if let Some(flow) = self.prints_secret(line)
            && let Some(shown) = self.shown_by(1)
        {
            self.leak(line.place, shown, &flow);
        }
    }

    /// Whether what the program prints may hold what it reads. Only whoever must prove something of every command takes any
    /// program for one that does, unless it is known to tell nothing; to others it gives an answer.
    pub(super) fn gives_away(&self, line: &Line) -> bool {
        let texts = line.texts();
        let program = texts.first().map_or("", |name| name.rsplit('/').next().unwrap_or(name));
        let reads = matches!(self.stdins.last(), Some(Stdin::Other(value)) if value.secret.is_some())
            || self.piped_in.as_ref().is_some_and(|value| value.secret.is_some());
        self.reached.is_some()
            && reads
            && !self.tables.secrets().loggers.iter().any(|logger| logger == program)
            && !beyond::NETWORK.contains(&program)
            && !tells_nothing(&texts)
    }

    fn given_away(&mut self, line: &Line) {
        let stdin = self.on_stdin(line);
        let piped = self.piped_in.clone().filter(is_secret).map(|value| (value, line.place));
        if let Some((value, place)) = stdin.or(piped) {
            self.printed(&value, place, 1);
        }
    }

    /// `printenv NAME` prints what a variable of a secret's name holds.
    fn shown_by_name(&mut self, line: &Line) {
        let names = line.args().iter().filter_map(Value::constant);
        let secret = names.filter(|name| !name.starts_with('-')).find(|name| self.secret_names.matches(name));
        if let Some(name) = secret
            && let Some(shown) = self.shown_by(1)
        {
            let what = format!("`${name}` holds a secret by its name");
            let flow = Flow::start(line.place, format!("`${name}`"), what);
            self.leak(line.place, shown, &flow);
        }
    }

    /// The secret that a command is known to print: `vault print token`, `cat /run/secrets/token`.
    fn prints_secret(&self, line: &Line) -> Option<Rc<Flow>> {
        let texts = line.texts();
        let program = *texts.first()?;
        if self.tables.prints(&texts) {
            return Some(Flow::start(
                line.place,
                format!("the output of `{program}`"),
                format!("`{program}` prints a secret"),
            ));
        }
        let file = texts[1..].iter().find(|word| !word.starts_with('-'))?;
        let reads = ["cat", "head", "tail"].contains(&program) && self.secret_names.path_matches(file);
        reads.then(|| Flow::start(line.place, "a secret file", "a secret is read from a file"))
    }

    /// A secret on the program's stdin, and the command that put it there.
    fn on_stdin(&self, line: &Line) -> Option<(Value, Place)> {
        match self.stdins.last() {
            Some(Stdin::Other(value)) if is_secret(value) => {
                Some((value.clone(), self.piped_from.unwrap_or(line.place)))
            }
            _ => None,
        }
    }

    /// `logger`, `wall`, a function of another file whose name says that it logs.
    fn logged(&mut self, line: &Line, name: &str) {
        let word = line.args().iter().find(|value| is_secret(value)).cloned();
        let reads_stdin = line.args().iter().all(|value| value.text.starts_with('-'))
            || line.args().iter().rev().nth(1).is_some_and(|value| value.text.starts_with('-'));
        let found = match word {
            Some(value) => Some((value, line.place)),
            None if reads_stdin => self.on_stdin(line),
            None => None,
        };
        if let Some((value, place)) = found
            && let Some(flow) = &value.secret
        {
            let place = self.blamed(flow, place);
            self.leak(place, Shown::Logger(name.to_owned()), flow);
        }
    }

    /// `tee` shows what it reads where its own output is shown, and where one of its files is a log.
    fn teed(&mut self, line: &Line) {
        let Some((value, place)) = self.on_stdin(line) else { return };
        self.printed(&value, place, 1);
        let files = || line.args().iter().filter(|value| !value.text.starts_with('-'));
        let shown = files().find_map(|file| match file.text.as_str() {
            "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => self.shown_by(2),
            _ => names_log(file).then(|| Shown::Log(file.text.replace(crate::commands::HOLE, "\u{2026}"))),
        });
        if let (Some(shown), Some(flow)) = (shown, &value.secret) {
            let place = self.blamed(flow, place);
            self.leak(place, shown, flow);
        }
    }
}

/// Whether it is a `sed` that prints its stdin, edited or not: neither `-n` nor a file to be changed in place.
fn prints_what_it_reads(line: &Line) -> bool {
    let quiet = |text: &str| {
        text == "--quiet"
            || text == "--silent"
            || text.starts_with('-') && !text.starts_with("--") && text.contains(['n', 'i'])
    };
    !line.args().iter().any(|value| quiet(&value.text))
}

fn is_secret(value: &Value) -> bool {
    value.secret.as_ref().is_some_and(|flow| flow.is_itself())
}
