//! Where a command's output goes: to whoever runs the script, into a log, or to nobody who looks.
//!
//! It is followed by command, pipeline, substitution and `exec`; which text goes there is no concern of this module.

use std::rc::Rc;

use crate::bash::syntax::{Command, CommandKind, Fd, Part, PartKind, Redirect, RedirectOp, Sequence, Word};

use super::value::{Place, Value};
use super::walk::Walk;

/// Where a descriptor leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outlet {
    /// The script's own stdout.
    Stdout,
    /// The script's own stderr.
    Stderr,
    /// A log, by its path or the name of the variable that holds it.
    Log(Rc<str>),
    /// A pipe, a capture, another file, nothing.
    Away,
}

/// Where the descriptors of a command lead.
#[derive(Debug, Clone)]
pub(super) struct Outlets {
    numbered: Vec<(i32, Outlet)>,
    named: Vec<(Rc<str>, Outlet)>,
}

impl Default for Outlets {
    fn default() -> Self {
        Self { numbered: vec![(1, Outlet::Stdout), (2, Outlet::Stderr)], named: Vec::new() }
    }
}

impl Outlets {
    /// Where a descriptor leads; one that nobody opened here leads away.
    pub fn of(&self, descriptor: i32) -> Outlet {
        let found = self.numbered.iter().find(|(number, _)| *number == descriptor);
        found.map_or(Outlet::Away, |(_, outlet)| outlet.clone())
    }

    fn named(&self, name: &str) -> Option<Outlet> {
        self.named.iter().find(|(known, _)| known.as_ref() == name).map(|(_, outlet)| outlet.clone())
    }

    fn lead(&mut self, descriptor: i32, outlet: Outlet) {
        match self.numbered.iter_mut().find(|(number, _)| *number == descriptor) {
            Some((_, known)) => *known = outlet,
            None => self.numbered.push((descriptor, outlet)),
        }
    }

    /// The same, with stdout into a pipe or a capture.
    pub fn without_stdout(&self) -> Self {
        let mut outlets = self.clone();
        outlets.lead(1, Outlet::Away);
        outlets
    }
}

/// What [`Walk::enter_command`] found, to be put back.
pub(super) struct Around {
    at: Place,
    piped_from: Option<Place>,
}

impl Walk<'_> {
    /// Where a descriptor of the command in hand leads.
    pub(super) fn outlet(&self, descriptor: i32) -> Outlet {
        self.outlets.last().map_or(Outlet::Away, |outlets| outlets.of(descriptor))
    }

    /// A command begins: its redirections are its own.
    pub(super) fn enter_command(&mut self, command: &Command) -> Around {
        if !command.redirects.is_empty() {
            let outlets = self.outlets.last().cloned().unwrap_or_default();
            self.outlets.push(outlets);
        }
        let place = self.place(command.span);
        let at = std::mem::replace(&mut self.at_command, place);
        let around = Around { at, piped_from: self.piped_from };
        let own_stdin = |redirect: &Redirect| {
            matches!(redirect.fd, None | Some(Fd::Number(0)))
                && matches!(
                    redirect.op,
                    RedirectOp::Input | RedirectOp::HereString | RedirectOp::HereDocument
                )
        };
        if command.redirects.iter().any(own_stdin) {
            self.piped_from = None;
        }
        around
    }

    /// The command ends; what a bare `exec` led elsewhere stays so.
    pub(super) fn leave_command(&mut self, command: &Command, around: &Around) {
        self.at_command = around.at;
        self.piped_from = around.piped_from;
        if command.redirects.is_empty() {
            return;
        }
        let own = self.outlets.pop();
        if is_bare_exec(command)
            && let (Some(own), Some(outer)) = (own, self.outlets.last_mut())
        {
            *outer = own;
        }
    }

    /// A redirection to what `word` names, which is `value`.
    pub(super) fn lead(&mut self, redirect: &Redirect, word: &Word, value: &Value) {
        let outlet = if redirect.op == RedirectOp::DuplicateOutput {
            self.duplicated(word, value)
        } else {
            Some(self.opened(word, value))
        };
        let both = match redirect.op {
            RedirectOp::OutputBoth | RedirectOp::AppendBoth => true,
            // `>& file` is `&> file`; `>&2` is not.
            RedirectOp::DuplicateOutput => outlet.is_none(),
            _ => false,
        };
        let outlet = match outlet {
            Some(outlet) => outlet,
            None => self.opened(word, value),
        };
        let Some(outlets) = self.outlets.last_mut() else { return };
        match &redirect.fd {
            Some(Fd::Variable(name)) => outlets.named.insert(0, (Rc::from(name.as_str()), outlet)),
            Some(Fd::Number(number)) => outlets.lead(*number, outlet),
            None => {
                if both {
                    outlets.lead(2, outlet.clone());
                }
                outlets.lead(1, outlet);
            }
        }
    }

    /// Where `>&word` leads; `None` where the word is a file's name.
    fn duplicated(&self, word: &Word, value: &Value) -> Option<Outlet> {
        let outlets = self.outlets.last()?;
        if let Some(text) = value.constant() {
            let digits = text.trim_end_matches('-');
            return match digits.parse() {
                Ok(number) => Some(outlets.of(number)),
                Err(_) => digits.is_empty().then_some(Outlet::Away),
            };
        }
        let names = names_in(&word.parts);
        let known = names.iter().find_map(|name| outlets.named(name));
        Some(known.unwrap_or_else(|| {
            let log = names.iter().find(|name| tells_of_log(name));
            log.map_or(Outlet::Away, |name| Outlet::Log(Rc::from(format!("${name}"))))
        }))
    }

    /// Where a file leads.
    fn opened(&self, word: &Word, value: &Value) -> Outlet {
        let here = |descriptor| self.outlet(descriptor);
        match value.text.as_str() {
            "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => return here(1),
            "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => return here(2),
            _ => {}
        }
        let process = word.parts.iter().find_map(|part| match &part.kind {
            PartKind::Process(process) if !process.input => Some(&process.body),
            _ => None,
        });
        if let Some(body) = process {
            return if shows(body) { here(1) } else { Outlet::Away };
        }
        match log_of(word, value) {
            Some(log) => Outlet::Log(log),
            None => Outlet::Away,
        }
    }
}

/// How the log is called, where a word names one.
fn log_of(word: &Word, value: &Value) -> Option<Rc<str>> {
    if let Some(name) = names_in(&word.parts).into_iter().find(|name| tells_of_log(name)) {
        return Some(Rc::from(format!("${name}")));
    }
    is_log_path(&value.text).then(|| Rc::from(value.text.replace(crate::commands::HOLE, "\u{2026}")))
}

/// Whether a value that names a file names a log.
pub(super) fn names_log(value: &Value) -> bool {
    is_log_path(&value.text) || value.names.iter().any(|name| tells_of_log(name))
}

/// Whether a path leads to a log: a part of it says so (`/var/log/x`, `deploy.log`, `logs/x`, `x-log.txt`).
fn is_log_path(path: &str) -> bool {
    path.split(|c: char| !c.is_ascii_alphanumeric()).any(is_log_word)
}

/// Whether a name holds `log` as a whole segment.
pub(super) fn tells_of_log(name: &str) -> bool {
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(is_log_word)
}

fn is_log_word(word: &str) -> bool {
    ["log", "logs", "logfile", "logpath", "logdir", "syslog"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// The variables that a word expands.
fn names_in(parts: &[Part]) -> Vec<&str> {
    let mut names = Vec::new();
    for part in parts {
        match &part.kind {
            PartKind::Parameter(parameter) => names.push(parameter.name.as_str()),
            PartKind::DoubleQuoted(parts) => names.extend(names_in(parts)),
            _ => {}
        }
    }
    names
}

/// Whether what a process substitution reads is seen by somebody: it copies, or logs.
fn shows(body: &Sequence) -> bool {
    let last = body.statements.last().map(|statement| &statement.first);
    let Some(stage) = last.and_then(|pipeline| pipeline.stages.last()) else { return false };
    let CommandKind::Simple(simple) = &stage.kind else { return true };
    let name = simple.words.first().and_then(Word::plain).unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    stage.redirects.is_empty() && ["tee", "cat", "logger", "ts", "sed", "awk", "systemd-cat"].contains(&name)
}

/// `exec` without a command.
pub(super) fn is_bare_exec(command: &Command) -> bool {
    let CommandKind::Simple(simple) = &command.kind else { return false };
    let [word] = simple.words.as_slice() else { return false };
    word.plain().is_some_and(|text| text == "exec")
}
