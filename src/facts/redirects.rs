//! Redirections and substitutions: what a command reads and where its output goes.

use std::rc::Rc;

use crate::bash::syntax::{Command, CommandKind, RedirectOp, Sequence, Target, Word};
use crate::source::Span;

use super::outlets::is_bare_exec;
use super::state::State;
use super::value::{Content, Flow, MOST_CHOICES, Source, Sym, Value};
use super::walk::{Output, Stdin, Walk};

/// Stands among the names of a value that is random text.
pub(super) const RANDOM_TEXT: &str = "random text";

impl<'a> Walk<'a> {
    /// Reads a command's redirections; gives what it has on stdin.
    pub(super) fn redirections(&mut self, command: &'a Command, state: &mut State) -> Stdin {
        use crate::bash::syntax::Fd;
        let mut stdin = self.stdins.last().cloned().unwrap_or_default();
        self.reads_tty = false;
        for redirect in &command.redirects {
            let to_stdin = matches!(redirect.fd, None | Some(Fd::Number(0)));
            if let Some(Fd::Variable(name)) = &redirect.fd {
                let sym = self.symbols.of(Source::Computed(self.place(redirect.span)));
                self.descriptors.insert(sym);
                state.set(name, Content::Scalar(Value::unknown(sym)));
            }
            match (&redirect.target, redirect.op) {
                (Target::HereDocument(document), _) => {
                    let mut value = Value::default();
                    for part in document.body() {
                        value.append(&self.part_value(part, state));
                    }
                    value.written = Some(self.place(document.body_span()));
                    if to_stdin {
                        stdin = Stdin::Other(value);
                    }
                }
                (Target::Word(word), RedirectOp::HereString) => {
                    let value = self.value(word, state);
                    if to_stdin {
                        stdin = Stdin::Other(value);
                    }
                }
                (
                    Target::Word(word),
                    RedirectOp::Input | RedirectOp::ReadWrite | RedirectOp::DuplicateInput,
                ) => {
                    self.piped_in = None;
                    let value = self.value(word, state);
                    let piped = self.piped_in.take();
                    let tty = value.constant().is_some_and(|text| text == "/dev/tty" || text == "/dev/stdin");
                    let duplicates = redirect.op == RedirectOp::DuplicateInput;
                    let copied = if duplicates { self.descriptor(&value) } else { None };
                    if let (true, Some(copied)) = (to_stdin, copied) {
                        stdin = copied;
                    } else if to_stdin && !tty {
                        stdin =
                            Stdin::Other(piped.unwrap_or_else(|| self.file_content(&value, redirect.span)));
                    } else if to_stdin && tty {
                        stdin = Stdin::Operator;
                        self.reads_tty = true;
                    }
                }
                (Target::Word(word), op) => {
                    let value = self.value(word, state);
                    self.lead(redirect, word, &value);
                    if op != RedirectOp::DuplicateOutput || !self.is_descriptor(&value) {
                        self.observe_write(&value, redirect.span, state);
                    }
                }
            }
        }
        self.opened_inputs(command, state);
        stdin
    }

    /// Whether what `>&` is given is a descriptor, and no file.
    fn is_descriptor(&self, value: &Value) -> bool {
        let numbered = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        value.constant().is_some_and(numbered)
            || value.symbol().is_some_and(|sym| self.descriptors.contains(&sym))
    }

    /// What a descriptor reads that the script opened, or stdin; `None` where that is not known.
    pub(super) fn descriptor(&self, number: &Value) -> Option<Stdin> {
        if let Some(sym) = number.symbol() {
            return self.named_stdins.get(&sym).cloned();
        }
        match number.constant()?.trim_end_matches('-').parse().ok()? {
            0 => Some(self.stdins.last().cloned().unwrap_or_default()),
            number => self.kept_stdins.get(&number).cloned(),
        }
    }

    /// What a bare `exec` opens under a number of its own, or under a name; of two, the one that is no terminal.
    fn opened_inputs(&mut self, command: &Command, state: &mut State) {
        use crate::bash::syntax::Fd;
        if !is_bare_exec(command) {
            return;
        }
        for redirect in &command.redirects {
            let Target::Word(word) = &redirect.target else { continue };
            if !matches!(redirect.op, RedirectOp::Input | RedirectOp::ReadWrite) {
                continue;
            }
            let tty = word.plain().is_some_and(|text| text == "/dev/tty");
            let reads = if tty {
                Stdin::Operator
            } else {
                Stdin::Other(Value::unknown(self.symbols.of(Source::Computed(self.place(redirect.span)))))
            };
            match &redirect.fd {
                Some(Fd::Number(number)) if *number != 0 => {
                    let known = self.kept_stdins.entry(*number).or_insert_with(|| reads.clone());
                    if !tty {
                        *known = reads;
                    }
                }
                Some(Fd::Variable(name)) => {
                    if let Some(sym) = state.vars.get(name).and_then(|content| content.scalar().symbol()) {
                        self.named_stdins.insert(sym, reads);
                    }
                }
                _ => {}
            }
        }
    }

    /// A bare `exec` leads stdin elsewhere for all that follows.
    pub(super) fn replace_stdin(&mut self, command: &Command, stdin: &Stdin) {
        use crate::bash::syntax::Fd;
        if !is_bare_exec(command) {
            return;
        }
        let mut now = None;
        for redirect in &command.redirects {
            let Target::Word(word) = &redirect.target else { continue };
            let copied = (redirect.op == RedirectOp::DuplicateInput)
                .then(|| word.plain().and_then(|text| text.trim_end_matches('-').parse::<i32>().ok()))
                .flatten();
            let reads = matches!(
                redirect.op,
                RedirectOp::Input
                    | RedirectOp::ReadWrite
                    | RedirectOp::HereString
                    | RedirectOp::DuplicateInput
            );
            match (&redirect.fd, copied) {
                (None | Some(Fd::Number(0)), Some(from)) if self.kept_stdins.contains_key(&from) => {
                    now = self.kept_stdins.get(&from).cloned();
                }
                (None | Some(Fd::Number(0)), _) if reads => now = Some(stdin.clone()),
                (Some(Fd::Number(to)), Some(0)) => {
                    let before = self.stdins.last().cloned().unwrap_or_default();
                    self.kept_stdins.insert(*to, before);
                }
                _ => {}
            }
        }
        let Some(now) = now else { return };
        match self.stdins.last_mut() {
            Some(around) => *around = now,
            None => self.stdins.push(now),
        }
    }

    /// A command's own stdin ends with it. What a bare `exec` in it led elsewhere stays so where the command runs in this
    /// shell and had the stdin around it.
    pub(super) fn leave_stdin(&mut self, command: &Command) {
        let Some(after) = self.stdins.pop() else { return };
        if !command.redirects.is_empty() || matches!(command.kind, CommandKind::Subshell(_)) {
            return;
        }
        match self.stdins.last_mut() {
            Some(around) => *around = after,
            None if matches!(after, Stdin::Other(_)) => self.stdins.push(after),
            None => {}
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
        if let Some(printer) = output.printer.filter(|_| output.values.is_empty()) {
            self.printers.insert(sym, printer);
        } else {
            self.printers.remove(&sym);
        }
        if output.random {
            value.names.push(Rc::from(RANDOM_TEXT));
        }
        value.secret = output.secret.or_else(|| output.values.iter().find_map(|value| value.secret.clone()));
        value.from_args = output.from_args || output.values.iter().any(|value| value.from_args);
        value.fallbacks = output.found;
        value.fallbacks.extend(output.values.iter().filter_map(Value::constant).map(str::to_owned));
        value.fallbacks.truncate(MOST_CHOICES);
        value.own_file = output.own_file || output.below.as_ref().is_some_and(|below| below.own_file);
        if let (Some(below), Some(sym)) = (output.below, value.symbol().filter(|sym| *sym != Sym::VOLATILE)) {
            self.found_below.insert(sym, below);
        }
        value.ends_in_status = output.ends_in_status;
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
