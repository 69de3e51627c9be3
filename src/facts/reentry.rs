//! Builtins that run other commands: `eval`, `source`, `trap`, `command`, `builtin`, `exec`.

use std::rc::Rc;

use crate::commands::glob;

use super::builtins::{is_builtin, unknown_parameters};
use super::calls::Line;
use super::effects::from_here;
use super::flags::assigned_in;
use super::holes;
use super::invocations::{Ending, Link, texts};
use super::programs::inner_line;
use super::state::State;
use super::texts::frame_name;
use super::unwrap::{Inner, Part, unwrap};
use super::value::{Content, Place, Value};
use super::walk::{Ended, Frame, Out, Stdin, Walk};

impl Walk<'_> {
    pub(super) fn eval(&mut self, line: &Line, state: State) -> Out {
        let mut text = Value::default();
        let args = line.args();
        let args = if args.first().is_some_and(|value| value.text == "--") { &args[1..] } else { args };
        for (index, word) in args.iter().enumerate() {
            if index > 0 {
                text.text.push(' ');
            }
            text.append(word);
        }
        if text.text.starts_with("set -- ") && text.from_args {
            self.invoked(line, Ending::Builtin(texts(line.argv())));
            let mut state = state;
            state.params = Rc::new(unknown_parameters(&text));
            return Out::success(state);
        }
        let mut state = state;
        for name in assigned_in(&text) {
            self.any_flag_set(&name, &mut state);
        }
        self.text_here(line, &text, "eval", state)
    }

    /// Shell text that this shell reads.
    fn text_here(&mut self, line: &Line, text: &Value, by: &str, state: State) -> Out {
        let caller = state.clone();
        let out = self.by_way_of(line, Some(text), Some(Link::new(by)), |walk| {
            let out = walk.here(text, walk.host(line, text), state, false);
            if out.is_none() {
                walk.invoked_unknown(&line.bare(), "the text that the shell reads is not known");
            }
            out
        });
        out.unwrap_or_else(|| {
            let mut state = caller;
            self.may_call_any(text, unknown_parameters(text), line, &state);
            let sets = text.symbol().and(text.sets);
            self.may_set(sets, line.place, &mut state);
            Out::either(state)
        })
    }

    /// Something that is not read sets these variables, or any.
    pub(super) fn may_set(&mut self, names: Option<&[String]>, place: Place, state: &mut State) {
        const SHELLS_OWN: [&str; 8] =
            ["0", "BASH_REMATCH", "BASH_SOURCE", "IFS", "OPTARG", "OPTIND", "PS4", "REPLY"];
        self.unsettled |= names.is_none();
        let may = |name: &str| match names {
            Some(names) => names.iter().any(|known| glob(known, name)),
            None => !SHELLS_OWN.contains(&name),
        };
        let (at, _) = self.report_span(place);
        let names = state.unsettle(&may, &mut self.symbols);
        for name in names {
            let last = self.observations.unsettled.entry(self.symbols.joined(&name)).or_insert(at);
            *last = at.max(*last);
        }
    }

    pub(super) fn source(&mut self, line: &Line, state: State) -> Out {
        let args = line.args();
        let args = if args.first().is_some_and(|value| value.text == "--") { &args[1..] } else { args };
        let Some(path) = args.first() else { return Out::either(state) };
        let piped = self.piped_in.take();
        let text = match (path.constant(), self.stdins.last()) {
            (Some("/dev/fd/63"), _) => piped,
            (Some("/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0"), Some(Stdin::Other(text))) => {
                Some(text.clone())
            }
            _ => None,
        };
        if let Some(text) = text {
            return self.text_here(line, &text, "source", state);
        }
        // Where the script went to another folder whose whole path nobody knows, it is the way there that counts.
        let from_here = from_here(path, &state).filter(|whole| whole.constant().is_none());
        let Some((file, path, sourced)) = self.sourced(from_here.as_ref().unwrap_or(path)) else {
            self.invoked_unknown(line, "the file that is sourced is not read here");
            let mut state = state;
            self.may_fill_secrets(&mut state);
            let sets = self.tables.outputs().set_by_file(&path.text);
            self.may_set(sets, line.place, &mut state);
            return Out::either(state);
        };
        if self.too_deep() {
            self.invoked_unknown(line, "the file is sourced too deep in other commands");
            return Out::either(state);
        }
        let name = frame_name(file);
        if self.frames.iter().any(|frame| frame.name == name) || self.frames.len() > 16 {
            return Out::success(state);
        }
        self.frames.push(Frame { call: line.place, function: None, name });
        if let Some(summary) = self.summary_of(&path, sourced) {
            let out = self.apply_summary(summary, file, line, state);
            self.frames.pop();
            return out;
        }
        self.returns.push(Out::default());
        let caller = std::mem::replace(&mut self.file, file);
        let mut state = state;
        sourced.not_read_yet(&mut state);
        let mut out = self.sequence(&sourced.script().body, vec![state], false);
        self.file = caller;
        out.extend(self.returns.pop().unwrap_or_default());
        self.frames.pop();
        out
    }

    /// A file that is not read here may fill what a secret's name was emptied for (`token=; . ./env`).
    fn may_fill_secrets(&mut self, state: &mut State) {
        let empty =
            |content: &Content| matches!(content, Content::Scalar(value) if value.constant() == Some(""));
        let emptied: Vec<Rc<str>> =
            state.vars.iter().filter(|(_, held)| empty(held)).map(|(name, _)| Rc::clone(name)).collect();
        for name in emptied {
            if self.tells_of_secret(&name) {
                let value = self.symbols.expanded(&name);
                state.set(&name, Content::Scalar(value));
            }
        }
    }

    pub(super) fn trap(&mut self, line: &Line, mut state: State) -> Out {
        let args = line.args();
        let args = if args.first().is_some_and(|value| value.text == "--") { &args[1..] } else { args };
        let only_set = |text: &Value| text.text.is_empty() || text.text.starts_with('-');
        if args.len() < 2 || only_set(&args[0]) {
            self.invoked(line, Ending::Builtin(texts(line.argv())));
        }
        let Some((text, signals)) = args.split_first() else { return Out::success(state) };
        if text.text == "-" {
            for signal in signals {
                state.rare_mut().traps.remove(&signal_name(signal));
            }
            return Out::success(state);
        }
        if text.text.starts_with('-') || signals.is_empty() {
            return Out::success(state);
        }
        for signal in signals {
            if !names_exit(signal) {
                let before = std::mem::take(&mut self.missed);
                if !text.text.is_empty() {
                    self.handled(text, line.place, &state);
                }
                let asked_in_vain = !self.missed.is_empty();
                self.missed.extend(before);
                if asked_in_vain {
                    state.rare_mut().traps.insert(signal_name(signal), (text.clone(), line.place));
                }
                continue;
            }
            state.rare_mut().traps.insert("EXIT".to_owned(), (text.clone(), line.place));
            // Whoever must prove something of every command sees the text at once, whatever becomes of this shell.
            if !text.text.is_empty() && self.reached.is_some() {
                self.exits.push(Ended::default());
                self.trapped(text, line.place, state.clone());
                self.exits.pop();
            }
        }
        Out::success(state)
    }

    /// What a trap that was set at `place` runs, and the paths on which the shell goes on behind it.
    pub(super) fn trapped(&mut self, text: &Value, place: Place, state: State) -> Vec<State> {
        let words = vec![Value::known("trap"), text.clone()];
        let spans = vec![place.span; words.len()];
        let line = Line {
            place,
            words,
            spans,
            from_params: false,
            given: Rc::default(),
            exec: None,
            at: 0,
            links: Vec::new(),
        };
        self.in_traps += 1;
        self.returns.push(Out::default());
        let out = self.by_way_of(&line, Some(text), Some(Link::new("trap")), |walk| {
            let out = walk.here(text, place, state, true);
            if out.is_none() {
                walk.invoked_unknown(&line.bare(), "the text that the trap runs is not known");
            }
            out
        });
        self.in_traps -= 1;
        let mut out = out.unwrap_or_default();
        out.extend(self.returns.pop().unwrap_or_default());
        out.both()
    }

    /// `command x`, `builtin x`, `exec x`: what they run, without the functions that might shadow it.
    pub(super) fn rerun(&mut self, name: &str, line: &Line, state: State) -> Out {
        let tables = self.tables;
        let (by, pieces, doubt) = match unwrap(name, tables.wrappers(name), line.args(), &Value::default()) {
            Inner::Itself => {
                // `command -v x` looks something up, `exec >file` moves descriptors.
                self.invoked(line, Ending::Builtin(texts(line.argv())));
                if line.args().is_empty() || name == "exec" {
                    return Out::success(state);
                }
                self.looks_up(line);
                self.observations.first(line.place, &state);
                return Out::either(state);
            }
            Inner::Opaque(opaque) => {
                self.observations.first(line.place, &state);
                return self.opaque(line, opaque, &state);
            }
            Inner::Runs { link: by, mut parts, doubt, .. } => match parts.pop() {
                Some(Part::Words { pieces, .. }) => (by, pieces, doubt),
                _ => return Out::either(state),
            },
        };
        let inner = inner_line(line, &pieces, Link { doubt, ..Link::new(by) });
        let target = inner.name().unwrap_or_default().to_owned();
        let goes_on = (name == "exec" && self.may_be_redirection(&inner)).then(|| state.clone());
        // The rules count `command -p` among what execs, builtins too.
        let by_path = |value: &Value| value.text.starts_with('-') && value.text.contains('p');
        let standard = name == "command" && line.args().first().is_some_and(by_path);
        let out = if name != "exec" && !standard && is_builtin(&target) {
            self.builtin(&target, &inner, state)
        } else if name == "builtin" {
            self.observations.first(line.place, &state);
            self.invoked_unknown(&inner, "`builtin` runs nothing but the shell's own commands");
            Out::either(state)
        } else {
            self.observations.first(line.place, &state);
            self.choose_or_run(inner, state)
        };
        if name == "exec" {
            let states = out.both();
            self.leave(states, None);
            return goes_on.map_or_else(Out::default, Out::success);
        }
        out
    }

    /// Whether what `exec` is given may be no program: a part of the text that was put in before the text was read may be
    /// a descriptor in front of `>` (`eval "exec $fd>&-"`), a redirection, or nothing.
    fn may_be_redirection(&self, line: &Line) -> bool {
        let put_in = |name: &Rc<str>| holes::stands_in(name);
        let unclear = |head: &Value| head.splits && head.is_hole() && head.names.iter().any(put_in);
        self.file != 0 && line.argv().first().is_some_and(unclear)
    }

    /// `jobs -x x`: what it runs, functions and builtins too.
    pub(super) fn jobs(&mut self, line: &Line, state: State) -> Out {
        match unwrap("jobs", self.tables.wrappers("jobs"), line.args(), &Value::default()) {
            Inner::Opaque(opaque) => self.opaque(line, opaque, &state),
            Inner::Runs { link, mut parts, .. } => match parts.pop() {
                Some(Part::Words { pieces, .. }) => {
                    self.run(inner_line(line, &pieces, Link::new(link)), state)
                }
                _ => Out::either(state),
            },
            Inner::Itself => {
                self.invoked(line, Ending::Builtin(texts(line.argv())));
                Out::either(state)
            }
        }
    }

    /// A program whose name may be one of a few.
    pub(super) fn choose_or_run(&mut self, line: Line, state: State) -> Out {
        let choices = line.words.get(line.at).map(|head| self.choices(head)).unwrap_or_default();
        if choices.is_empty() {
            return self.unclear_program(line, state, Self::program);
        }
        self.each_choice(&line, line.at, &choices, &state, Self::program)
    }
}

/// A signal's name as the shell knows it.
fn signal_name(signal: &Value) -> String {
    let name = signal.text.to_ascii_uppercase();
    match name.strip_prefix("SIG").unwrap_or(&name) {
        "0" => "EXIT".to_owned(),
        name => name.to_owned(),
    }
}

/// Whether a signal is the shell's own end.
fn names_exit(signal: &Value) -> bool {
    signal_name(signal) == "EXIT"
}
