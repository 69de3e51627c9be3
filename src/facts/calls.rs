//! Simple commands: assignments, functions, and what a command line really runs.

use std::rc::Rc;

use crate::bash::syntax::{Command, CommandKind, Subscript, Word};
use crate::commands::matches_words;
use crate::source::Span;

use super::observe::Run;
use super::state::{Parameters, State, Switch};
use super::unwrap::{Inner, unwrap};
use super::value::{Content, Flow, Place, Source, Value};
use super::walk::{Frame, Out, Stdin, Walk};

/// A command line in hand: its words and what is known of where they came from.
#[derive(Clone)]
pub(super) struct Line {
    pub place: Place,
    pub words: Vec<Value>,
    pub spans: Vec<Span>,
    pub from_params: bool,
    /// Index of the first word of the outermost program that execs.
    pub exec: Option<usize>,
    /// Index of the word that is about to be run.
    pub at: usize,
}

impl Line {
    fn argv(&self) -> &[Value] {
        &self.words[self.at..]
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.words.get(self.at)?.constant()
    }

    pub(super) fn args(&self) -> &[Value] {
        self.words.get(self.at + 1..).unwrap_or_default()
    }
}

impl<'a> Walk<'a> {
    /// A simple command or a declaration on one path.
    pub(super) fn simple_command(&mut self, command: &'a Command, mut state: State) -> Out {
        let place = self.place(command.span);
        match &command.kind {
            CommandKind::Simple(simple) if simple.words.is_empty() => {
                self.redirections(command, &mut state);
                self.assign_all(&simple.assignments, state, place)
            }
            CommandKind::Simple(simple) => {
                for assignment in &simple.assignments {
                    self.assigned(assignment, &mut state);
                }
                let (words, spans, from_params) = self.command_fields(&simple.words, &mut state);
                let stdin = self.redirections(command, &mut state);
                let leaves = Self::output_leaves(command);
                let line = Line { place, words, spans, from_params, exec: None, at: 0 };
                self.stdins.push(stdin);
                if leaves {
                    self.outputs.push(super::walk::Output::default());
                }
                let out = self.run(line, state);
                if leaves {
                    self.outputs.pop();
                }
                self.stdins.pop();
                out
            }
            CommandKind::Declare(declare) => {
                self.redirections(command, &mut state);
                self.declare(declare, state, place)
            }
            _ => Out::success(state),
        }
    }

    /// The fields of a command's words, the span of the word behind each, and whether the first comes from `"$@"`.
    fn command_fields(&mut self, words: &'a [Word], state: &mut State) -> (Vec<Value>, Vec<Span>, bool) {
        let mut values = Vec::new();
        let mut spans = Vec::new();
        let mut from_params = false;
        for word in words {
            let fields = self.fields(word, state);
            if values.is_empty() && !fields.is_empty() && !self.frames.is_empty() {
                from_params = comes_from_parameters(word);
            }
            spans.extend(fields.iter().map(|_| word.span));
            values.extend(fields);
        }
        (values, spans, from_params)
    }

    /// Runs the word at `line.at` as a shell would: function, builtin, program.
    pub(super) fn run(&mut self, line: Line, state: State) -> Out {
        let Some(head) = line.words.get(line.at) else { return Out::success(state) };
        let Some(name) = head.constant().map(str::to_owned) else {
            self.observations.first(line.place, &state);
            let mut behind = line.clone();
            behind.at += 1;
            let may_vanish = self.may_vanish(head) && behind.at < behind.words.len();
            let mut out = self.program(line, state.clone());
            if may_vanish {
                out.extend(self.run(behind, state));
            }
            return out;
        };
        if line.exec.is_none() && !name.contains('/') {
            if let Some(index) = state.functions.get(name.as_str()).copied() {
                self.observations.first(line.place, &state);
                return self.call(index, &line, state);
            }
            if super::builtins::is_builtin(&name) {
                return self.builtin(&name, &line, state);
            }
        }
        self.observations.first(line.place, &state);
        self.program(line, state)
    }

    /// Whether an unquoted first word may be nothing or another command in front (`$SUDO systemctl ...`).
    fn may_vanish(&self, head: &Value) -> bool {
        let wraps = |text: &str| {
            text.split_whitespace().next().is_none_or(|word| !self.tables.wrappers(word).is_empty())
        };
        let named = |name: &Rc<str>| {
            let name = name.to_ascii_lowercase();
            ["sudo", "dry", "doas"].iter().any(|part| name.contains(part))
        };
        head.splits && (head.fallbacks.iter().any(|text| wraps(text)) || head.names.iter().any(named))
    }

    /// Runs a program that is not the shell's own.
    pub(super) fn program(&mut self, mut line: Line, state: State) -> Out {
        let name = line.name().map_or("", |name| name.rsplit('/').next().unwrap_or(name)).to_owned();
        let wrappers = self.tables.wrappers(&name);
        let inner = unwrap(wrappers, line.args());
        let execs = wrappers.is_empty() || wrappers.iter().any(|wrapper| wrapper.execs);
        if execs {
            line.exec.get_or_insert(line.at);
        }
        if wrappers.iter().any(|wrapper| wrapper.appends) {
            self.append_stdin(&mut line);
        }
        match inner {
            Inner::None => self.finish(&line, state),
            Inner::Lookup => Out::either(state),
            Inner::Words { skip, remote, shadow } => {
                let mut inner = line.clone();
                inner.at += 1 + skip;
                if inner.at >= inner.words.len() {
                    return self.finish(&line, state);
                }
                self.remote += u32::from(remote);
                let out = if shadow { self.run(inner, state) } else { self.program(inner, state) };
                self.remote -= u32::from(remote);
                out
            }
            Inner::Several(ranges) => self.several(&line, &ranges, state),
            Inner::Text { text, remote, params } => {
                self.finish_exposure(&line, &state);
                self.remote += u32::from(remote);
                let out = self.other_shell(&text, line.place, params, &state);
                self.remote -= u32::from(remote);
                self.passed_on(&line);
                match out {
                    Some(out) => out,
                    None => Out::either(state),
                }
            }
            Inner::Stdin { remote } => {
                self.finish_exposure(&line, &state);
                self.remote += u32::from(remote);
                let text = match self.stdins.last() {
                    Some(Stdin::Other(value)) => Some(value.clone()),
                    _ => None,
                };
                let out = text.and_then(|text| self.other_shell(&text, line.place, Vec::new(), &state));
                self.remote -= u32::from(remote);
                self.passed_on(&line);
                out.unwrap_or_else(|| Out::either(state))
            }
        }
    }

    /// `xargs`: what comes on stdin ends up in the words.
    fn append_stdin(&mut self, line: &mut Line) {
        let Some(Stdin::Other(piped)) = self.stdins.last() else { return };
        let Some(flow) = &piped.secret else { return };
        let mut word = Value::unknown(self.symbols.of(Source::Computed(line.place)));
        word.secret = Some(flow.step(line.place, "its words come from the pipe"));
        line.words.push(word);
        line.spans.push(line.place.span);
    }

    /// A program and the commands that its options name, `{}` in them what it found below its own operands.
    fn several(&mut self, line: &Line, ranges: &[(usize, usize)], state: State) -> Out {
        let own =
            line.args().iter().take_while(|value| !value.text.starts_with('-')).all(|value| value.own_file);
        let mut out = self.finish(line, state);
        for (start, end) in ranges {
            let first = line.at + 1;
            let mut inner = line.clone();
            inner.words.truncate(first + end);
            inner.spans.truncate(first + end);
            inner.at = first + start;
            for value in inner.words.iter_mut().skip(first + start).filter(|value| value.text == "{}") {
                value.own_file = own;
            }
            let before = self.settle(out.both());
            out = Out::default();
            for state in before {
                out.extend(self.program(inner.clone(), state));
            }
        }
        out
    }

    /// The innermost program: observe it, and note what it prints.
    fn finish(&mut self, line: &Line, state: State) -> Out {
        self.observe_line(line, line.argv(), &state);
        self.passed_on(line);
        let constant = line.name().map(str::to_owned);
        if let Some(name @ ("true" | "false")) = constant.as_deref() {
            return if name == "true" {
                Out::success(state)
            } else {
                Out { ok: Vec::new(), fail: vec![state] }
            };
        }
        Out::either(state)
    }

    /// Notes secrets on the argv of a program that runs shell text.
    fn finish_exposure(&mut self, line: &Line, state: &State) {
        self.observe_line(line, &[], state);
    }

    fn observe_line(&mut self, line: &Line, argv: &[Value], state: &State) {
        let exec = line.exec.unwrap_or(line.at);
        let run = Run {
            place: line.place,
            argv,
            exec: &line.words[exec..],
            spans: &line.spans[exec.min(line.spans.len())..],
            from_params: line.from_params,
        };
        self.observe_run(&run, state);
    }

    /// What a program prints carries what it read: its words, its stdin; some programs print secrets.
    fn passed_on(&mut self, line: &Line) {
        let from_pipe = self.piped_in.take().and_then(|value| value.secret.clone());
        if self.outputs.is_empty() {
            return;
        }
        let mut texts: Vec<&str> = line.argv().iter().map(|value| value.text.as_str()).collect();
        if let Some(program) = texts.first_mut() {
            *program = program.rsplit('/').next().unwrap_or(program);
        }
        let status_only = tells_only_a_status(&texts);
        let from_words = line.argv().iter().skip(1).find_map(|value| value.secret.clone());
        let last_line = texts.first() == Some(&"tail") && matches!(texts[1..], ["-1" | "-n1"] | ["-n", "1"]);
        let from_stdin = match self.stdins.last() {
            Some(Stdin::Other(value)) if last_line && value.ends_in_status => None,
            Some(Stdin::Other(value)) => value.secret.clone(),
            _ => None,
        };
        let program = texts.first().copied().unwrap_or_default();
        let may_print = |printer: &&String| {
            let first = printer.split_whitespace().next().unwrap_or_default();
            first == program || first.contains(['*', '?'])
        };
        let printers = &self.tables.secrets().printers;
        let prints = printers.iter().filter(may_print).any(|printer| matches_words(printer, &texts));
        let reads_file = ["cat", "head", "tail"].contains(texts.first().unwrap_or(&""))
            && texts
                .iter()
                .skip(1)
                .any(|word| !word.starts_with('-') && self.secret_names.path_matches(word));
        let place = line.place;
        let from_args = line.argv().iter().any(|value| value.from_args);
        let own_file = texts.first().is_some_and(|program| program.rsplit('/').next() == Some("mktemp"));
        let Some(output) = self.outputs.last_mut() else { return };
        output.opaque = true;
        output.from_args |= from_args;
        output.own_file |= own_file;
        output.ends_in_status = writes_http_code(&texts);
        if status_only || output.secret.is_some() {
            return;
        }
        output.secret = if prints {
            Some(Flow::start(place, format!("`{}` prints a secret", short_words(&texts))))
        } else if reads_file {
            Some(Flow::start(place, "a secret is read from a file"))
        } else {
            from_words.or(from_stdin).or(from_pipe)
        };
    }

    /// Follows a call of a function.
    fn call(&mut self, index: usize, line: &Line, state: State) -> Out {
        const DEEPEST: usize = 24;
        let definition = self.definitions[index];
        let recursive = self.recurs(index);
        self.called.insert(index);
        if recursive || self.frames.len() >= DEEPEST {
            return Out::either(state);
        }
        let Some((body, file)) = self.body_of(index) else { return Out::either(state) };
        if let Some(out) = self.summarised(index, &state) {
            if self.budget == 0 {
                self.not_followed(index, line, &state);
            }
            return out;
        }
        let mut list = Vec::new();
        let mut rest = None;
        for (offset, value) in line.args().iter().enumerate() {
            let mut value = value.clone();
            if let Some(flow) = &value.secret {
                let place = Place {
                    file: line.place.file,
                    span: line.spans.get(line.at + 1 + offset).copied().unwrap_or(line.place.span),
                };
                value.secret = Some(flow.step(place, format!("it is passed to `{}`", definition.name)));
            }
            if value.splits && rest.is_none() {
                rest = Some(value);
            } else if rest.is_none() {
                list.push(value);
            }
        }
        let shifted =
            if rest.as_ref().is_some_and(|value| value.from_args) { state.params.shifted } else { 0 };
        let params = Rc::new(Parameters { list, rest, shifted });
        self.frames.push(Frame { call: line.place, function: Some(index), name: Rc::from(definition.name) });
        let start = self.start_of_call(&state);
        let out = self.in_function(body, file, params, state);
        self.summarise(index, &start, &out);
        self.frames.pop();
        out
    }

    /// Whether the function is running already. One call on a path may come round once: functions that call each
    /// other would make more paths than anybody could follow.
    fn recurs(&self, index: usize) -> bool {
        let running = || self.frames.iter().filter_map(|frame| frame.function);
        let again =
            running().enumerate().find(|(at, known)| running().take(*at).any(|other| other == *known));
        again.is_some_and(|(at, _)| running().take(at).any(|known| known == index))
    }

    pub(super) fn in_function(
        &mut self,
        body: &'a Command,
        file: u16,
        params: Rc<Parameters>,
        mut state: State,
    ) -> Out {
        let outer = std::mem::replace(&mut state.params, params);
        state.enter_scope();
        self.returns.push(Out::default());
        let loops = std::mem::take(&mut self.loops);
        let caller = std::mem::replace(&mut self.file, file);
        let mut out = self.command(body, state);
        self.file = caller;
        self.loops = loops;
        out.extend(self.returns.pop().unwrap_or_default());
        for state in out.ok.iter_mut().chain(&mut out.fail) {
            state.leave_scope();
            state.params = Rc::clone(&outer);
        }
        out.ok = self.settle(out.ok);
        out.fail = self.settle(out.fail);
        out
    }

    /// Runs shell text in another shell: nothing of this shell's variables is known there, nothing it sets comes back.
    fn other_shell(&mut self, text: &Value, host: Place, params: Vec<Value>, state: &State) -> Option<Out> {
        let (file, script, holes) = self.payload(text, host)?;
        let mut inner = state.afresh(Parameters { list: params, rest: None, shifted: 0 });
        inner.learn(state);
        for (name, value) in holes {
            inner.set(&name, Content::Scalar(value));
        }
        let caller = std::mem::replace(&mut self.file, file);
        let out = self.subshell(&inner, &mut |walk, inner| walk.sequence(&script.body, vec![inner], false));
        self.file = caller;
        let adopt = |inner: State| {
            let mut outer = state.clone();
            outer.learn(&inner);
            outer
        };
        Some(Out {
            ok: out.ok.into_iter().map(adopt).collect(),
            fail: out.fail.into_iter().map(adopt).collect(),
        })
    }

    /// Runs shell text in this shell (`eval`, traps).
    pub(super) fn here(&mut self, text: &Value, host: Place, mut state: State, tested: bool) -> Option<Out> {
        let (file, script, holes) = self.payload(text, host)?;
        for (name, value) in holes {
            state.set(&name, Content::Scalar(value));
        }
        let caller = std::mem::replace(&mut self.file, file);
        let out = self.sequence(&script.body, vec![state], tested);
        self.file = caller;
        Some(out)
    }

    /// Notes that options changed.
    pub(super) fn set_option(&mut self, name: &str, on: bool, span: Span, state: &mut State) {
        let switch = if on { Switch::On } else { Switch::Off };
        match name {
            "errexit" | "e" => state.options.errexit = switch,
            "nounset" | "u" => state.options.nounset = switch,
            "pipefail" => state.options.pipefail = switch,
            "xtrace" | "x" => state.options.xtrace = switch,
            _ => {}
        }
        let (at, elsewhere) = self.report_span(self.place(span));
        self.observations.switched(at, name, on, self.subshells > 0 || self.remote > 0 || elsewhere);
    }
}

/// Whether the last that a command writes is an HTTP code.
fn writes_http_code(words: &[&str]) -> bool {
    words.first().is_some_and(|program| program.rsplit('/').next() == Some("curl"))
        && words.iter().any(|word| word.contains("http_code}") || word.contains("response_code}"))
}

/// Whether a command's output is a number that says nothing of what it read.
fn tells_only_a_status(words: &[&str]) -> bool {
    match words.first().map(|program| program.rsplit('/').next().unwrap_or(program)) {
        Some("curl") => {
            writes_http_code(words)
                && words.windows(2).any(|pair| {
                    (pair[0] == "-o" || pair[0].ends_with('o') && pair[0].starts_with("-s"))
                        || pair[0] == "--output"
                })
        }
        Some("wc" | "test" | "[" | "cmp") => true,
        Some("grep") => words.iter().any(|word| {
            ["-c", "-q", "-qs", "-qF", "-qx", "-qxF", "-Fq", "-Fxq", "--count", "--quiet"].contains(word)
        }),
        _ => false,
    }
}

fn short_words(words: &[&str]) -> String {
    let clean: Vec<&str> =
        words.iter().take(3).filter(|word| !word.contains(crate::commands::HOLE)).copied().collect();
    clean.join(" ")
}

/// Whether a word is `"$@"`, `$1` and the like.
fn comes_from_parameters(word: &Word) -> bool {
    use crate::bash::syntax::{Part, PartKind};
    fn positional(part: &Part) -> bool {
        match &part.kind {
            PartKind::Parameter(parameter) => {
                parameter.name == "@"
                    || parameter.name == "*"
                    || parameter.name.bytes().all(|byte| byte.is_ascii_digit())
                    || matches!(parameter.subscript, Some(Subscript::All | Subscript::Star))
            }
            PartKind::DoubleQuoted(parts) => parts.iter().any(positional),
            _ => false,
        }
    }
    word.parts.iter().any(positional)
}
