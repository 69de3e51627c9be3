//! Programs: what a wrapper's words come to, what a program is seen to do, and what it prints.

use crate::commands::matches_words;

use super::calls::Line;
use super::invocations::{Ending, Link, texts};
use super::observe::Run;
use super::state::{Confirmation, State, symbol_mark};
use super::unwrap::{Inner, Opaque, Part, Piece, unwrap};
use super::value::{Flow, Source, StepKind, Sym, Value};
use super::walk::{Out, Stdin, Walk};

impl Walk<'_> {
    /// Runs a program that is not the shell's own.
    pub(super) fn program(&mut self, mut line: Line, state: State) -> Out {
        self.note_program(&line);
        let name = line.name().map_or("", |name| name.rsplit('/').next().unwrap_or(name)).to_owned();
        let tables = self.tables;
        let wrappers = tables.wrappers(&name);
        if wrappers.is_empty() || wrappers.iter().any(|wrapper| wrapper.execs) {
            line.exec.get_or_insert(line.at);
        }
        if wrappers.is_empty() {
            return self.finish(&line, state);
        }
        let added = self.read_by_wrapper(&line, &state);
        match unwrap(&name, wrappers, line.args(), &added) {
            Inner::Itself => self.finish(&line, state),
            Inner::Opaque(opaque) => self.opaque(&line, opaque, &state),
            inner @ Inner::Runs { .. } => self.carried(&line, inner, state),
        }
    }

    /// What a wrapper reads and puts into the words of its command: nobody knows, but a secret remains one.
    fn read_by_wrapper(&mut self, line: &Line, state: &State) -> Value {
        self.asks();
        let mut value = Value::unknown(self.symbols.of(Source::Computed(line.place)));
        if let Some(Stdin::Other(piped)) = self.stdins.last()
            && let Some(sym) = piped.syms.first().copied().filter(|_| is_one_line(piped))
        {
            // Of a list it is an element; a value that was checked is one word.
            let whole = state.checked.contains(&sym) || piped.constant().is_some();
            let sym = if whole { sym } else { self.symbols.of(Source::Element(sym)) };
            // A loop over the same list found nothing in it.
            if state.outcomes.get(format!("some {}", symbol_mark(sym)).as_str()) == Some(&false) {
                return Value::default();
            }
            value = Value::unknown(sym).with(|value| {
                value.names.clone_from(&piped.names);
                value.own_file = piped.surely_own();
            });
        }
        if let Some(Stdin::Other(piped)) = self.stdins.last() {
            let step = |flow: &std::rc::Rc<Flow>| {
                flow.step(StepKind::Moved, line.place, "", "its words come from the pipe")
            };
            value.secret = piped.secret.as_ref().map(step);
        }
        value
    }

    /// Runs what a wrapper was found to run, one after the other.
    pub(super) fn carried(&mut self, line: &Line, inner: Inner, state: State) -> Out {
        let Inner::Runs { link: name, options, parts, and_itself, doubt } = inner else {
            return self.finish(line, state);
        };
        let mut out =
            if and_itself { self.finish(line, state) } else { Out { ok: vec![state], fail: Vec::new() } };
        for part in parts {
            let words = own_words(line, &part);
            let (name, options) = (name.clone(), options.clone());
            let by = Link { name, words, options, remote: is_remote(&part), doubt: doubt.clone() };
            let before = self.settle(out.both());
            out = Out::default();
            for state in before {
                out.extend(self.part(line, &part, by.clone(), state));
            }
        }
        out
    }

    fn part(&mut self, line: &Line, part: &Part, by: Link, state: State) -> Out {
        match part {
            Part::Words { pieces, remote } => {
                let inner = inner_line(line, pieces, by);
                if inner.at >= inner.words.len() {
                    return self.finish(line, state);
                }
                self.remote += u32::from(*remote);
                let out = self.choose_or_run(inner, state);
                self.remote -= u32::from(*remote);
                out
            }
            Part::Text { text, zero, params, remote, .. } => {
                let text = (text, zero.clone(), params.clone());
                self.shell_text(line, text, *remote, by, state)
            }
            Part::Stdin { params, remote, .. } => {
                self.asks();
                let Some(Stdin::Other(text)) = self.stdins.last().cloned() else {
                    self.finish_exposure(line, &state);
                    self.passed_on(line);
                    let reason =
                        "a shell reads its commands from the terminal, or from whoever starts the script";
                    self.by_way_of(line, None, Some(by), |walk| walk.invoked_unknown(&line.bare(), reason));
                    return Out::either(state);
                };
                // What its commands read on stdin is the rest of the text itself.
                self.stdins.push(Stdin::Other(Value::unknown(Sym::VOLATILE)));
                let out = self.shell_text(line, (&text, None, params.clone()), *remote, by, state);
                self.stdins.pop();
                out
            }
            Part::File(pieces) => self.script_file(line, pieces, by, state),
            Part::Unknown(reason) => {
                self.observe_line(line, line.argv(), &state);
                self.passed_on(line);
                let mut inner = line.clone();
                inner.links.push(by);
                self.invoked_unknown(&inner, reason.as_str());
                Out::either(state)
            }
        }
    }

    /// Runs shell text in another shell.
    fn shell_text(
        &mut self,
        line: &Line,
        (text, zero, params): (&Value, Option<Value>, Vec<Value>),
        remote: bool,
        by: Link,
        state: State,
    ) -> Out {
        let host = self.host(line, text);
        self.finish_exposure(&Line { place: host, ..line.clone() }, &state);
        self.remote += u32::from(remote);
        let traces = starts_tracing(line);
        let out = self.by_way_of(line, Some(text), Some(by), |walk| {
            walk.traces = traces;
            let out = walk.other_shell(text, host, zero, params, &state);
            if out.is_none() {
                walk.invoked_unknown(&line.bare(), "the text that a shell runs is not known");
            }
            out
        });
        self.remote -= u32::from(remote);
        if remote {
            self.unchecked_carrier_of_text(line, host, &state);
        }
        self.passed_on(line);
        out.unwrap_or_else(|| Out::either(state))
    }

    /// `bash FILE ARG...`: what is in the file is not read here, except where it is a known substitution.
    fn script_file(&mut self, line: &Line, pieces: &[Piece], by: Link, state: State) -> Out {
        let is_pipe = pieces.first().is_some_and(|file| file.value.constant() == Some("/dev/fd/63"));
        if let (true, Some(text)) = (is_pipe, self.piped_in.clone()) {
            let params = pieces.iter().skip(1).map(|piece| piece.value.clone()).collect();
            return self.shell_text(line, (&text, None, params), false, by, state);
        }
        let inner = inner_line(line, pieces, by);
        self.invoked(&inner, Ending::Script(texts(inner.argv())));
        if starts_tracing(line) {
            self.traced_by_child(line);
        }
        self.observe_line(line, line.argv(), &state);
        self.passed_on(line);
        Out::either(state)
    }

    /// A command that cannot be read: each value that the unclear word may have is tried; where they are not known,
    /// that is said. What might run behind an option of unknown shape is observed all the same: it may change something.
    pub(super) fn opaque(&mut self, line: &Line, opaque: Opaque, state: &State) -> Out {
        if let Some(word) = opaque.word {
            let index = line.at + 1 + word;
            let choices = line.words.get(index).map(|value| self.choices(value)).unwrap_or_default();
            if !choices.is_empty() {
                return self.each_choice(line, index, &choices, state, Self::program);
            }
        }
        self.invoked_unknown(line, opaque.reason);
        self.observe_line(line, line.argv(), state);
        self.passed_on(line);
        let mut out = Out::either(state.clone());
        for guess in opaque.guesses {
            if matches!(guess, Inner::Runs { .. }) {
                out.extend(self.guessing(|walk| walk.carried(line, guess, state.clone())));
            }
        }
        out
    }

    /// All the texts that a word may be, where they are known: both branches of an `if`.
    pub(super) fn choices(&self, value: &Value) -> Vec<String> {
        let [sym] = value.syms.as_slice() else { return Vec::new() };
        match self.symbols.source(*sym) {
            Source::Joined(name) if name.as_ref() != "@" => value.choices.clone(),
            Source::Computed(_) => value.choices.clone(),
            _ => Vec::new(),
        }
    }

    /// Runs a line with a program that is not known, and with each that it may be: its default (`${KUBECTL:-kubectl}`), one
    /// that was looked up (`$(command -v kubectl)`), what some path has put there.
    pub(super) fn unclear_program(
        &mut self,
        line: Line,
        state: State,
        run: fn(&mut Self, Line, State) -> Out,
    ) -> Out {
        let is_program = |text: &&String| !text.trim().is_empty() && !text.starts_with('-');
        let head = line.words.get(line.at).filter(|head| head.constant().is_none());
        let programs: Vec<String> =
            head.map_or(Vec::new(), |head| head.fallbacks.iter().filter(is_program).cloned().collect());
        if programs.is_empty() {
            return self.program(line, state);
        }
        let mut out = self.program(line.clone(), state.clone());
        out.extend(self.guessing(|walk| walk.each_choice(&line, line.at, &programs, &state, run)));
        out
    }

    /// Runs a line once for each text that one of its words may be.
    pub(super) fn each_choice(
        &mut self,
        line: &Line,
        index: usize,
        choices: &[String],
        state: &State,
        run: fn(&mut Self, Line, State) -> Out,
    ) -> Out {
        let mut out = Out::default();
        for choice in choices {
            let mut chosen = line.clone();
            let unclear = &line.words[index];
            let known = |text: &str| {
                unclear.clone().with(|value| {
                    text.clone_into(&mut value.text);
                    value.syms.clear();
                    value.splits = false;
                    value.choices.clear();
                    // A part of the text may be unknown itself: it has no other choices.
                    value.fallbacks.clear();
                })
            };
            let words: Vec<Value> = if unclear.splits {
                choice.split_whitespace().map(known).collect()
            } else {
                vec![known(choice)]
            };
            let spans = vec![line.spans.get(index).copied().unwrap_or(line.place.span); words.len()];
            chosen.words.splice(index..=index, words);
            chosen.spans.splice(index..=index, spans);
            out.extend(if chosen.at < chosen.words.len() {
                run(self, chosen, state.clone())
            } else {
                Out::success(state.clone())
            });
        }
        out
    }

    /// The innermost program: observe it, and note what it prints.
    fn finish(&mut self, line: &Line, state: State) -> Out {
        self.observe_line(line, line.argv(), &state);
        self.program_shows(line);
        if !self.copied(line) && !self.picks_options(line) {
            self.passed_on(line);
            self.prints_environment(line, &state);
        }
        let constant = line.name().map(str::to_owned);
        let is_pattern = |name: &str| name != "[" && name.contains(['*', '?', '[']);
        if constant.as_deref().is_none_or(is_pattern) {
            self.invoked_unknown(line, "which program runs is not known");
        } else {
            self.invoked(line, Ending::Program(texts(line.argv())));
        }
        if let Some(name @ ("true" | "false")) = constant.as_deref() {
            return if name == "true" {
                Out::success(state)
            } else {
                Out { ok: Vec::new(), fail: vec![state] }
            };
        }
        let confirms = self.confirms(line);
        let mut out = Out::either(state);
        if confirms {
            out.ok.iter_mut().for_each(|state| Self::confirm(state, Confirmation::Named));
        }
        out
    }

    /// Whether it is a command of the project that asks the operator to type the target's name.
    fn confirms(&self, line: &Line) -> bool {
        let commands = &self.context.gates.commands;
        if commands.is_empty() {
            return false;
        }
        let words = line.texts();
        commands.iter().any(|pattern| matches_words(pattern, &words))
    }

    /// `cat` without files prints what it reads: a heredoc on its way into a variable or another shell.
    fn copied(&mut self, line: &Line) -> bool {
        let copies = line.name().is_some_and(|name| name.rsplit('/').next() == Some("cat"))
            && line.args().iter().all(|value| value.constant() == Some("-"));
        let Some(Stdin::Other(text)) = self.stdins.last().filter(|_| copies) else { return false };
        let text = text.clone();
        if let Some(output) = self.outputs.last_mut() {
            output.values.push(text);
        }
        true
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
            given: &line.given,
            led: line.links.iter().any(|link| link.remote),
        };
        self.observe_run(&run, state);
    }

    /// Notes the programs that a line looks up: what it prints is the path of one of them.
    pub(super) fn looks_up(&mut self, line: &Line) {
        let first = line.args().first().map_or("", |value| value.text.as_str());
        let prints_path = match line.texts().first() {
            Some(&"which") => true,
            Some(&"command") => first == "-v",
            Some(&("type" | "whence")) => ["-P", "-p"].contains(&first),
            _ => false,
        };
        let Some(output) = self.outputs.last_mut().filter(|_| prints_path) else { return };
        output.opaque = true;
        for value in line.args().iter().filter(|value| !value.text.starts_with('-')) {
            output.found.extend(value.constant().map(str::to_owned));
            output.found.extend(value.fallbacks.iter().cloned());
        }
    }

    /// Whether a program copies what the operator types, and nothing else.
    fn copies_terminal(&mut self, words: &[&str]) -> bool {
        let Some((program, args)) = words.split_first() else { return false };
        let is_file = |word: &&str| !word.starts_with('-') && word.parse::<u32>().is_err();
        let copies = ["cat", "head"].contains(program) && !args.iter().any(is_file);
        if copies {
            self.asks();
        }
        copies && matches!(self.stdins.last(), Some(Stdin::Terminal))
    }

    /// What a program prints carries what it read: its words, its stdin; some programs print secrets.
    fn passed_on(&mut self, line: &Line) {
        let gives_away = self.gives_away(line);
        let from_pipe = self.piped_in.take().and_then(|value| value.secret.clone());
        if self.outputs.is_empty() {
            return;
        }
        let texts = line.texts();
        let status_only = tells_only_a_status(&texts);
        let from_words = line.argv().iter().skip(1).find_map(|value| value.secret.clone());
        let last_line = texts.first() == Some(&"tail") && matches!(texts[1..], ["-1" | "-n1"] | ["-n", "1"]);
        let from_stdin = match self.stdins.last() {
            Some(Stdin::Other(value)) if last_line && value.ends_in_status => None,
            Some(Stdin::Other(value)) => value.secret.clone(),
            _ => None,
        };
        let prints = self.tables.prints(&texts);
        let program = texts.first().copied().unwrap_or_default();
        let reads_file = ["cat", "head", "tail"].contains(texts.first().unwrap_or(&""))
            && texts
                .iter()
                .skip(1)
                .any(|word| !word.starts_with('-') && self.secret_names.path_matches(word));
        let place = line.place;
        let from_args = line.argv().iter().any(|value| value.from_args);
        let own_file = texts.first().is_some_and(|program| program.rsplit('/').next() == Some("mktemp"));
        let nameless = prints_no_name(&texts);
        self.looks_up(line);
        let below = self.searched(line);
        let typed = self.copies_terminal(&line.texts());
        let sets = self.tables.outputs().set_by_output(&texts);
        self.asked_about(line);
        let Some(output) = self.outputs.last_mut() else { return };
        output.below = below.filter(|_| !output.opaque && output.values.is_empty());
        output.nameless = nameless && !output.opaque && output.values.is_empty();
        output.random = output.nameless && prints_random_text(&texts);
        output.typed = typed && !output.opaque && output.values.is_empty();
        output.sets = sets.filter(|_| !output.opaque);
        output.opaque = true;
        output.from_args |= from_args;
        output.own_file |= own_file;
        output.ends_in_status = writes_http_code(&texts);
        if status_only || output.secret.is_some() {
            return;
        }
        let fresh = prints || reads_file;
        if fresh {
            output.secret_at.get_or_insert(place);
        }
        output.secret = if prints {
            Some(Flow::start(
                place,
                format!("the output of `{}`", short_words(&texts)),
                format!("`{}` prints a secret", short_words(&texts)),
            ))
        } else if reads_file {
            Some(Flow::start(place, "a secret file", "a secret is read from a file"))
        } else {
            let read = from_words.or(from_stdin).or(from_pipe);
            let copies = self.tables.secrets().copiers.iter().any(|copier| copier == program);
            let answered = |flow: std::rc::Rc<Flow>| {
                let kind = super::picked::kind(&texts, &flow, self.secret_names);
                let program = &program.replace(crate::commands::HOLE, "\u{2026}");
                flow.step(kind, place, program, format!("`{program}` reads it and answers"))
            };
            if copies || gives_away { read } else { read.map(answered) }
        };
    }
}

/// Whether a value is one unknown and nothing else but the end of its line.
fn is_one_line(value: &Value) -> bool {
    value.syms.len() == 1 && value.text.trim_end_matches(['\n', '\0']).chars().eq([crate::commands::HOLE])
}

/// The line of the command in a wrapper's words: the wrapper's other words stay in front of it.
pub(super) fn inner_line(line: &Line, pieces: &[Piece], by: Link) -> Line {
    let first = line.at + 1;
    let span_of = |from: Option<usize>| {
        from.and_then(|from| line.spans.get(first + from)).copied().unwrap_or(line.place.span)
    };
    let moved: Vec<usize> =
        pieces.iter().filter(|piece| piece.whole).filter_map(|piece| piece.from).collect();
    let mut inner = line.clone();
    inner.words.truncate(first);
    inner.spans.truncate(first);
    for (index, value) in line.args().iter().enumerate() {
        if !moved.contains(&index) {
            inner.words.push(value.clone());
            inner.spans.push(span_of(Some(index)));
        }
    }
    inner.at = inner.words.len();
    inner.words.extend(pieces.iter().map(|piece| piece.value.clone()));
    inner.spans.extend(pieces.iter().map(|piece| span_of(piece.from)));
    inner.links.push(by);
    inner
}

/// A wrapper's words behind its name, without those that are the command which it runs.
fn own_words(line: &Line, part: &Part) -> Vec<String> {
    let pieces = match part {
        Part::Words { pieces, .. } | Part::File(pieces) => pieces.as_slice(),
        Part::Text { .. } | Part::Stdin { .. } | Part::Unknown(_) => &[],
    };
    let moved = |at: usize| pieces.iter().any(|piece| piece.whole && piece.from == Some(at));
    let own = line.args().iter().enumerate().filter(|(at, _)| !moved(*at));
    own.map(|(_, value)| value.text.clone()).collect()
}

/// Whether it is the name of a shell whose language is read.
pub(super) fn is_shell(name: &str) -> bool {
    ["bash", "sh", "dash", "ksh", "ash", "mksh"].contains(&name)
}

/// Whether a line starts a shell that traces: `bash -x`, `sh -exc`, `bash -o xtrace`.
fn starts_tracing(line: &Line) -> bool {
    let name = line.name().map_or("", |name| name.rsplit('/').next().unwrap_or(name));
    let mut options = line.args().iter().map(|value| value.text.as_str()).take_while(|text| {
        text.starts_with(['-', '+']) || ["xtrace", "pipefail", "errexit", "nounset"].contains(text)
    });
    is_shell(name)
        && options.any(|text| {
            text == "xtrace" || (text.starts_with('-') && !text.starts_with("--") && text.contains('x'))
        })
}

fn is_remote(part: &Part) -> bool {
    match part {
        Part::Words { remote, .. } | Part::Text { remote, .. } | Part::Stdin { remote, .. } => *remote,
        Part::File(_) | Part::Unknown(_) => false,
    }
}

/// Whether a program prints counts, times or random text: nothing that could name what is changed.
fn prints_no_name(words: &[&str]) -> bool {
    match words {
        ["wc" | "date" | "shuf" | "uuidgen" | "nproc", ..] | ["openssl", "rand", ..] => true,
        ["grep" | "egrep", rest @ ..] => rest.iter().any(|word| ["-c", "--count"].contains(word)),
        _ => false,
    }
}

/// Whether a command prints random text: under a secret's name it is one.
fn prints_random_text(words: &[&str]) -> bool {
    matches!(words, ["uuidgen" | "shuf", ..] | ["openssl", "rand", ..])
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
