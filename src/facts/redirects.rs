//! Redirections and substitutions: what a command reads and where its output goes.

use std::rc::Rc;

use crate::bash::syntax::{Command, CommandKind, Fd, Redirect, RedirectOp, Sequence, Target, Word};
use crate::commands::HOLE;
use crate::source::Span;

use super::outlets::is_bare_exec;
use super::state::{Descriptor, State, Stdin};
use super::value::{Content, Flow, MOST_CHOICES, Source, Sym, Value};
use super::walk::{Out, Output, Walk};

/// Stands among the names of a value that is random text.
pub(super) const RANDOM_TEXT: &str = "random text";

impl<'a> Walk<'a> {
    /// Reads a command's redirections; gives what it has on stdin. What a bare `exec` opens stays open, and what it leads to
    /// stdin is there for all that follows.
    pub(super) fn redirections(&mut self, command: &'a Command, state: &mut State) -> Stdin {
        let mut stdin = self.stdins.last().cloned().unwrap_or_default();
        let stays = is_bare_exec(command);
        let opens = stays || !matches!(command.kind, CommandKind::Simple(_) | CommandKind::Declare(_));
        for redirect in &command.redirects {
            // Of a compound command its end may be far from where it starts.
            let of = if opens { redirect.span } else { command.span };
            let reads = self.redirection(redirect, of, &stdin, state);
            match &redirect.fd {
                None | Some(Fd::Number(0)) if reads_in(redirect.op) => {
                    stdin = reads
                        .unwrap_or_else(|| Stdin::Other(self.file_content(&Value::default(), redirect.span)));
                }
                Some(Fd::Number(number)) if opens => state.open(Descriptor::Number(*number), reads),
                Some(Fd::Variable(name)) => {
                    let sym = self.symbols.of(Source::Computed(self.place(redirect.span)));
                    self.descriptors.insert(sym);
                    state.set(name, Content::Scalar(Value::unknown(sym)));
                    state.open(Descriptor::Named(sym), reads);
                }
                _ => {}
            }
        }
        if stays {
            self.have_stdin(stdin.clone());
        }
        stdin
    }

    /// What a compound command opened under a number is closed behind it: what was there before is there again.
    pub(super) fn close(command: &Command, before: &State, out: &mut Out) {
        for redirect in &command.redirects {
            let Some(Fd::Number(number @ 1..)) = redirect.fd else { continue };
            let descriptor = Descriptor::Number(number);
            for state in out.ok.iter_mut().chain(&mut out.fail) {
                if state.rare.inputs.get(&descriptor) != before.rare.inputs.get(&descriptor) {
                    state.open(descriptor, before.rare.inputs.get(&descriptor).cloned());
                }
            }
        }
    }

    /// One redirection, of what stands at `of`; gives what can be read there, `None` where nothing can.
    fn redirection(
        &mut self,
        redirect: &'a Redirect,
        of: Span,
        stdin: &Stdin,
        state: &mut State,
    ) -> Option<Stdin> {
        match (&redirect.target, redirect.op) {
            (Target::HereDocument(document), _) => {
                let mut value = Value::default();
                for part in document.body() {
                    value.append(&self.part_value(part, state));
                }
                value.written = Some(self.place(document.body_span()));
                Some(Stdin::Other(value))
            }
            (Target::Word(word), RedirectOp::HereString) => Some(Stdin::Other(self.value(word, state))),
            (Target::Word(word), op) if reads_in(op) => {
                self.piped_in = None;
                let value = self.value(word, state);
                if op == RedirectOp::Input {
                    self.input_read(&value, redirect.span);
                }
                if let Some(piped) = self.piped_in.take() {
                    return Some(Stdin::Other(piped));
                }
                let copied = match value.constant() {
                    Some("-") if op == RedirectOp::DuplicateInput => return None,
                    Some("/dev/tty") => Some(Stdin::Terminal),
                    Some("/dev/stdin" | "/proc/self/fd/0") => Some(stdin.clone()),
                    Some(path) if op != RedirectOp::DuplicateInput => path
                        .strip_prefix("/dev/fd/")
                        .and_then(|number| descriptor(&Value::known(number), stdin, state)),
                    _ if op == RedirectOp::DuplicateInput => descriptor(&value, stdin, state),
                    _ => None,
                };
                Some(copied.unwrap_or_else(|| Stdin::Other(self.file_content(&value, redirect.span))))
            }
            (Target::Word(word), op) => {
                let value = self.value(word, state);
                self.lead(redirect, word, &value);
                if op != RedirectOp::DuplicateOutput || !self.is_descriptor(&value) {
                    self.output_written(&value, redirect.span);
                    self.observe_write(&value, redirect.span, of, state);
                }
                None
            }
        }
    }

    /// Notes the file that a redirection writes, for whoever must know each.
    fn output_written(&mut self, file: &Value, span: Span) {
        if self.reached.is_none() {
            return;
        }
        let (at, _) = self.report_span(self.place(span));
        let written = (at, file.constant().map_or_else(|| HOLE.to_string(), str::to_owned));
        if !self.observations.outputs.contains(&written) {
            self.observations.outputs.push(written);
        }
    }

    /// Notes the file that a redirection reads, for whoever must know each.
    fn input_read(&mut self, file: &Value, span: Span) {
        if self.reached.is_none() || file.own_file {
            return;
        }
        let (at, _) = self.report_span(self.place(span));
        let choices = self.choices(file);
        let names = if choices.is_empty() { vec![file.text.clone()] } else { choices };
        for name in names {
            if !self.observations.inputs.contains(&(at, name.clone())) {
                self.observations.inputs.push((at, name));
            }
        }
    }

    /// Whether what `>&` is given is a descriptor, and no file.
    fn is_descriptor(&self, value: &Value) -> bool {
        let numbered = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        value.constant().is_some_and(numbered)
            || value.symbol().is_some_and(|sym| self.descriptors.contains(&sym))
            // Whoever calls it so means one.
            || value.symbol().is_some() && value.names.iter().any(|name| name.to_ascii_lowercase().ends_with("fd"))
    }

    /// What the command in hand reads from a descriptor: stdin where none is named, `None` where it is not known.
    pub(super) fn read_from(&mut self, number: Option<&Value>, state: &State) -> Option<Stdin> {
        self.asks();
        let stdin = self.stdins.last().cloned().unwrap_or_default();
        match number {
            Some(number) => descriptor(number, &stdin, state),
            None => Some(stdin),
        }
    }

    /// Notes that stdin is read by something that tells the operator from others.
    pub(super) fn asks(&mut self) {
        if let Some(call) = self.observations.in_calls.last_mut() {
            call.asks();
        }
    }

    /// From here on this is on stdin.
    fn have_stdin(&mut self, stdin: Stdin) {
        match self.stdins.last_mut() {
            Some(around) => *around = stdin,
            None if matches!(stdin, Stdin::Operator) => {}
            None => self.stdins.push(stdin),
        }
    }

    /// A command's own stdin ends with it. What a bare `exec` in it led elsewhere stays so where the command runs in this
    /// shell and had the stdin around it.
    pub(super) fn leave_stdin(&mut self, command: &Command) {
        let Some(after) = self.stdins.pop() else { return };
        let own =
            |redirect: &Redirect| reads_in(redirect.op) && matches!(redirect.fd, None | Some(Fd::Number(0)));
        if !command.redirects.iter().any(own) && !matches!(command.kind, CommandKind::Subshell(_)) {
            self.have_stdin(after);
        }
    }

    /// What reading a file gives: a secret where its path says so.
    pub(super) fn file_content(&mut self, path: &Value, span: Span) -> Value {
        let place = self.place(span);
        let mut value = Value::unknown(self.symbols.of(Source::Computed(place)));
        if self.secret_names.path_matches(&path.text) {
            value.secret = Some(Flow::start(place, "a secret file", "a secret is read from a file"));
        }
        value
    }

    /// The value of what a substitution printed.
    pub(super) fn output_value(&mut self, output: Output, span: Span) -> Value {
        let place = self.place(span);
        if !output.opaque
            && let Some((first, rest)) = output.values.split_first()
            && rest.iter().all(|value| value.text == first.text && value.syms == first.syms)
        {
            let mut value = first.clone();
            let trimmed = value.text.trim_end_matches('\n').len();
            value.text.truncate(trimmed);
            value.typed = first.typed;
            return value;
        }
        let sym = if output.nameless { Sym::VOLATILE } else { self.symbols.of(Source::Computed(place)) };
        let mut value = Value::unknown(sym);
        value.typed = output.typed && output.values.is_empty();
        value.sets = output.sets.filter(|_| output.values.is_empty());
        if output.random {
            value.names.push(Rc::from(RANDOM_TEXT));
        }
        value.secret = output.secret.or_else(|| output.values.iter().find_map(|value| value.secret.clone()));
        value.from_args = output.from_args || output.values.iter().any(|value| value.from_args);
        value.fallbacks = output.found;
        value.fallbacks.extend(output.values.iter().filter_map(Value::constant).map(str::to_owned));
        value.fallbacks.truncate(MOST_CHOICES);
        value.own_file = output.own_file || output.below.as_ref().is_some_and(|below| below.surely_own());
        if let (Some(below), Some(sym)) = (output.below, value.symbol().filter(|sym| *sym != Sym::VOLATILE)) {
            self.found_below.insert(sym, below);
        }
        value.ends_in_status = output.ends_in_status;
        value.about = output.about;
        if let (true, Some(sym)) = (value.own_file, value.symbol()) {
            self.own_symbols.insert(sym);
        }
        value
    }

    /// Runs a substitution and gives what it prints.
    pub(super) fn substitution(&mut self, body: &'a Sequence, span: Span, state: &mut State) -> Value {
        let fresh = self.symbols.of(Source::Computed(self.place(span)));
        state.renew(fresh, &mut self.symbols);
        self.outputs.push(Output::default());
        let outlets = self.outlets.last().map(super::outlets::Outlets::without_stdout);
        self.outlets.extend(outlets);
        let out = self.subshell(state, &mut |walk, inner| walk.sequence(body, vec![inner], false));
        self.outlets.pop();
        let output = self.outputs.pop().unwrap_or_default();
        // What was set anew in there may be what is printed: here the symbol is the new value's from now on.
        let ends = || out.ok.iter().chain(&out.fail);
        let anew = |sym: &&Sym| ends().any(|end| !end.checked.contains(sym));
        let anew: Vec<Sym> = state.checked.iter().filter(anew).copied().collect();
        for sym in anew {
            state.renew(sym, &mut self.symbols);
        }
        self.last_substitution = Some(out);
        if let Some(path) = read_file_idiom(body) {
            self.piped_in = None;
            let value = self.value(path, state);
            if let Some(piped) = self.piped_in.take() {
                return piped;
            }
            return self.file_content(&value, span);
        }
        let mut value = self.output_value(output, span);
        value.splits = false;
        value
    }
}

/// Whether a redirection opens something to read.
fn reads_in(op: RedirectOp) -> bool {
    matches!(
        op,
        RedirectOp::Input
            | RedirectOp::ReadWrite
            | RedirectOp::DuplicateInput
            | RedirectOp::HereString
            | RedirectOp::HereDocument
    )
}

/// What a descriptor reads that the script opened, or stdin; `None` where that is not known.
fn descriptor(number: &Value, stdin: &Stdin, state: &State) -> Option<Stdin> {
    let opened = match number.symbol() {
        Some(sym) => Descriptor::Named(sym),
        None => match number.constant()?.trim_end_matches('-').parse().ok()? {
            0 => return Some(stdin.clone()),
            number => Descriptor::Number(number),
        },
    };
    state.rare.inputs.get(&opened).cloned()
}

/// The file of `$(< file)`.
fn read_file_idiom(body: &Sequence) -> Option<&Word> {
    let [statement] = body.statements.as_slice() else { return None };
    let [command] = statement.first.stages.as_slice() else { return None };
    let CommandKind::Simple(simple) = &command.kind else { return None };
    let [redirect] = command.redirects.as_slice() else { return None };
    match &redirect.target {
        Target::Word(word) if simple.words.is_empty() && redirect.op == RedirectOp::Input => Some(word),
        _ => None,
    }
}
