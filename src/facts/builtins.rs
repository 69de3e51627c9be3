//! The shell's own commands: nothing of theirs is an argv that other users could read.

use std::rc::Rc;

use crate::bash::{counts_bytes, is_name};
use crate::commands::HOLE;

use super::calls::Line;
use super::decide::{bracket, option_is_on};
use super::invocations::{Ending, texts};
use super::printed::{filled, with_escapes};
use super::state::{Parameters, State, Switch};
use super::value::{Content, Place, Source, Sym, Value, too_many};
use super::walk::{Out, Walk};

/// Whether bash runs the name itself.
pub(super) fn is_builtin(name: &str) -> bool {
    matches!(
        name,
        "." | ":"
            | "["
            | "alias"
            | "bg"
            | "bind"
            | "break"
            | "builtin"
            | "caller"
            | "cd"
            | "command"
            | "compgen"
            | "complete"
            | "compopt"
            | "continue"
            | "declare"
            | "dirs"
            | "disown"
            | "echo"
            | "enable"
            | "eval"
            | "exec"
            | "exit"
            | "export"
            | "false"
            | "fc"
            | "fg"
            | "getopts"
            | "hash"
            | "help"
            | "history"
            | "jobs"
            | "kill"
            | "let"
            | "local"
            | "logout"
            | "mapfile"
            | "popd"
            | "printf"
            | "pushd"
            | "pwd"
            | "read"
            | "readarray"
            | "readonly"
            | "return"
            | "set"
            | "shift"
            | "shopt"
            | "source"
            | "suspend"
            | "test"
            | "times"
            | "trap"
            | "true"
            | "type"
            | "typeset"
            | "ulimit"
            | "umask"
            | "unalias"
            | "unset"
            | "wait"
    )
}

impl Walk<'_> {
    pub(super) fn builtin(&mut self, name: &str, line: &Line, mut state: State) -> Out {
        let sets_options = |value: &Value| value.text.starts_with('-') && value.text.contains('o');
        let exempt = matches!(name, "set" | "readonly" | "builtin" | "command")
            || name == "shopt" && line.args().iter().any(sets_options);
        if !exempt {
            self.observations.first(line.place, &state);
        }
        if !matches!(name, "eval" | "source" | "." | "trap" | "command" | "builtin" | "exec" | "jobs") {
            self.invoked(line, Ending::Builtin(texts(line.argv())));
        }
        match name {
            "false" => Out { ok: Vec::new(), fail: vec![state] },
            "echo" | "printf" | "print" => self.print(name, line, state),
            "[" | "test" => {
                let args = line.args();
                let words = if name == "[" { args.split_last().map_or(args, |(_, rest)| rest) } else { args };
                let words = self.each_told_apart(words);
                let (ok, fail) = bracket(&words, state, self.context.gates);
                self.note_decided(ok.is_empty() || fail.is_empty());
                Out { ok, fail }
            }
            "set" => self.set(line, state),
            "shopt" => self.shopt(line, state),
            "exit" | "logout" | "return" | "break" | "continue" | "shift" => self.control(name, line, state),
            "unset" => {
                let functions = line.args().first().is_some_and(|value| value.text == "-f");
                for value in line.args() {
                    // `unset "queue[$at]"`: any of them.
                    if value.constant().is_none() && value.text.contains('[') {
                        self.unset_element(&value.text, &mut state);
                    }
                    if let Some(name) = value.constant().filter(|name| !name.starts_with('-')) {
                        if functions {
                            state.functions.remove(name);
                        } else if !self.unset_element(name, &mut state) {
                            state.unset(name);
                        }
                    }
                }
                Out::success(state)
            }
            "read" => self.read(line, state),
            "mapfile" | "readarray" => self.mapfile(line, state),
            "eval" => self.eval(line, state),
            "source" | "." => self.source(line, state),
            "trap" => self.trap(line, state),
            "command" | "builtin" | "exec" => self.rerun(name, line, state),
            "jobs" => self.jobs(line, state),
            "getopts" => self.getopts(line, state),
            "export" | "readonly" | "local" | "declare" | "typeset" => {
                for value in line.args() {
                    if let Some((name, _)) = value.text.split_once('=') {
                        let name = name.to_owned();
                        let sym = self.symbols.joined(&name);
                        let content = Value::unknown(sym).with(|new| new.secret.clone_from(&value.secret));
                        state.set(&name, Content::Scalar(content));
                    }
                }
                Out::success(state)
            }
            "kill" => self.kill(line, state),
            "cd" | "pushd" | "popd" => Self::entered(line, state),
            "pwd" => self.print_folder(state),
            "type" | "whence" => {
                self.looks_up(line);
                Out::either(state)
            }
            "let" => {
                for value in line.args() {
                    self.let_set(value, &mut state);
                }
                Out::either(state)
            }
            "wait" | "hash" => Out::either(state),
            _ => Out::success(state),
        }
    }

    /// What ends a path or moves it elsewhere.
    fn control(&mut self, name: &str, line: &Line, mut state: State) -> Out {
        match name {
            "exit" | "logout" => {
                let zero = status(line.args(), &state);
                self.leave(vec![state], zero);
                Out::default()
            }
            "return" => {
                let zero = status(line.args(), &state);
                if self.returns.is_empty() {
                    self.leave(vec![state], zero);
                } else if let Some(returns) = self.returns.last_mut() {
                    if zero != Some(false) {
                        returns.ok.push(state.clone());
                    }
                    if zero != Some(true) {
                        returns.fail.push(state);
                    }
                }
                Out::default()
            }
            "break" | "continue" => {
                let levels = line
                    .args()
                    .first()
                    .and_then(|value| value.constant()?.parse::<usize>().ok())
                    .unwrap_or(1);
                let index = self.loops.len().saturating_sub(levels.max(1));
                match self.loops.get_mut(index) {
                    Some(jumps) if name == "break" => jumps.breaks.push(state),
                    Some(jumps) => jumps.continues.push(state),
                    None => return Out::success(state),
                }
                Out::default()
            }
            _ => {
                let count = line
                    .args()
                    .first()
                    .and_then(|value| value.constant()?.parse::<usize>().ok())
                    .unwrap_or(1);
                shift(&mut state, count);
                let count = self.symbols.environment("#");
                state.renew(count, &mut self.symbols);
                if state.params.shifted == MOST_SHIFTED {
                    // From here on `$1` keeps its symbol: what was known of the parameter before is not true of the next.
                    for number in 1..=MOST_SHIFTED + 9 {
                        let argument = self.symbols.of(Source::Argument(number));
                        state.renew(argument, &mut self.symbols);
                    }
                    self.words_checked(&mut state);
                }
                Out::either(state)
            }
        }
    }

    fn print(&mut self, name: &str, line: &Line, mut state: State) -> Out {
        let args = line.args();
        let (variable, args) = if name == "printf" { given_to_printf(args) } else { (None, args) };
        if name == "printf" {
            self.count_written(args, &mut state);
        }
        if let Some(name) = variable {
            if name.constant().is_none() {
                self.any_flag_set(&name, &mut state);
            }
            if let Some(variable) = name.constant().map(str::to_owned) {
                let value = self.formatted(args, line.place, &mut state);
                let content = Content::Scalar(value);
                if let Some((array, key)) = variable.split_once('[') {
                    let key = Value::known(key.trim_end_matches(']'));
                    self.assign_element(array, &key, content, &mut state, line.place);
                } else {
                    let content = self.stored(&variable, content, line.place, &mut state);
                    state.set(&variable, content);
                }
            }
            return Out::success(state);
        }
        let value = if name == "printf" {
            self.formatted(args, line.place, &mut state)
        } else {
            let mut text = Value::default();
            let is_option = |value: &&Value| match name {
                "print" => value.text.starts_with('-'),
                _ => value.text.strip_prefix('-').is_some_and(|letters| {
                    !letters.is_empty() && letters.chars().all(|letter| "neE".contains(letter))
                }),
            };
            let options = args.iter().take_while(is_option).count();
            for (index, word) in args[options..].iter().enumerate() {
                if index > 0 {
                    text.text.push(' ');
                }
                text.append(word);
            }
            // Another shell than bash may read escapes without being told to.
            let given = |letter: char| args[..options].iter().any(|option| option.text.contains(letter));
            let decodes = given('e') || self.file != 0;
            let sure = self.file == 0 && !given('E');
            if self.reached.is_some() && decodes && text.text.contains('\\') {
                text = match text.constant().and_then(with_escapes) {
                    Some(whole) if sure => text.clone().with(|text| text.text = whole),
                    _ => self.of_same_history(args, line.place, &mut state),
                };
            }
            text
        };
        let to_stderr = name == "print" && args.first().is_some_and(|value| value.text.starts_with("-u2"));
        self.printed(&value, line.place, if to_stderr { 2 } else { 1 });
        if let Some(output) = self.outputs.last_mut() {
            if value.secret.is_some() {
                output.secret_at.get_or_insert(line.place);
            }
            output.values.push(value);
        }
        Out::success(state)
    }

    /// `printf '%n' NAME`: how much was written is put into the variable.
    fn count_written(&mut self, args: &[Value], state: &mut State) {
        let Some((format, names)) = args.split_first() else { return };
        if !format.text.contains(HOLE) && !counts_bytes(&format.text) {
            return;
        }
        for name in names {
            let Some(variable) = name.constant().filter(|name| is_name(name)).map(str::to_owned) else {
                if counts_bytes(&format.text) {
                    self.any_flag_set(name, state);
                }
                continue;
            };
            let sym = self.symbols.joined(&variable);
            state.set_anew(&variable, sym, Content::Scalar(Value::unknown(sym)), &mut self.symbols);
        }
    }

    /// What `printf FORMAT ARG...` gives: exact for `%s` alone, else unknown with the same history.
    fn formatted(&mut self, args: &[Value], place: Place, state: &mut State) -> Value {
        let Some((format, values)) = args.split_first() else { return Value::default() };
        let format_text = format.constant().unwrap_or_default();
        if let ([value], "%s" | "%s\\n" | "%s\\0") = (values, format_text) {
            return value.clone();
        }
        if let Some(text) =
            format.constant().and_then(|format| filled(format, values, self.reached.is_some()))
        {
            return text;
        }
        self.of_same_history(args, place, state)
    }

    /// A text that is not known, of which it is known what went into it.
    fn of_same_history(&mut self, args: &[Value], place: Place, state: &mut State) -> Value {
        let sym = self.symbols.of(Source::Computed(place));
        state.renew(sym, &mut self.symbols);
        let mut value = Value::unknown(sym);
        value.secret = args.iter().find_map(|arg| arg.secret.clone());
        value.from_args = args.iter().any(|arg| arg.from_args);
        value
    }

    fn set(&mut self, line: &Line, mut state: State) -> Out {
        let args = line.args().to_vec();
        if let [only] = args.as_slice()
            && only.constant() == Some("+o")
        {
            self.prints_options(&[], &state);
            return Out::success(state);
        }
        let mut index = 0;
        while let Some(value) = args.get(index) {
            let span = line.spans.get(line.at + 1 + index).copied().unwrap_or(line.place.span);
            let Some(text) = value.constant().map(str::to_owned) else {
                // Unknown words may be options or parameters: neither is known any more.
                state.params = Rc::new(unknown_parameters(value));
                break;
            };
            let on = match text.as_bytes().first() {
                Some(b'-') => true,
                Some(b'+') => false,
                _ => {
                    let words = self.made_of_parameters(&args[index..], line.place, &mut state);
                    positional(&mut state, &words);
                    break;
                }
            };
            if text == "--" {
                let words = self.made_of_parameters(&args[index + 1..], line.place, &mut state);
                positional(&mut state, &words);
                break;
            }
            if text == "-" {
                break;
            }
            let mut takes_name = false;
            for letter in text[1..].chars() {
                if letter == 'o' {
                    takes_name = true;
                } else {
                    self.set_option(&letter.to_string(), on, span, &mut state);
                }
            }
            if takes_name {
                index += 1;
                if let Some(name) = args.get(index).and_then(Value::constant).map(str::to_owned) {
                    self.set_option(&name, on, span, &mut state);
                }
            }
            index += 1;
        }
        Out::success(state)
    }

    fn shopt(&mut self, line: &Line, mut state: State) -> Out {
        let texts: Vec<String> = line.args().iter().map(|value| value.text.clone()).collect();
        let flags: String =
            texts.iter().filter(|text| text.starts_with('-')).map(|text| text[1..].to_owned()).collect();
        let names: Vec<String> = texts.iter().filter(|text| !text.starts_with('-')).cloned().collect();
        let sets = flags.contains(['s', 'u']);
        if flags.contains('o') && flags.contains('p') {
            self.prints_options(&names, &state);
        }
        if flags.contains('o')
            && !sets
            && let [name] = names.as_slice()
        {
            let (ok, fail) = option_is_on(name, state);
            return Out { ok, fail };
        }
        if flags.contains('o') && sets {
            for name in &names {
                self.set_option(name, flags.contains('s'), line.place.span, &mut state);
            }
        }
        let top_level = self.frames.is_empty() && !self.dead;
        if top_level && sets && !flags.contains(['o', 'q', 'p']) {
            for name in &names {
                self.switched(name, flags.contains('s'), true, line.place.span, &state);
            }
        }
        if sets && names.iter().any(|name| name == "nocasematch") {
            state.options.nocasematch = if flags.contains('s') { Switch::On } else { Switch::Off };
        }
        Out::success(state)
    }
}

/// The variable that `printf` sets (`-v NAME`, `-vNAME`: the last one counts), and the words behind its options.
fn given_to_printf(args: &[Value]) -> (Option<Value>, &[Value]) {
    let mut variable = None;
    let mut rest = args;
    while let Some((first, behind)) = rest.split_first() {
        match first.text.strip_prefix("-v") {
            Some("") => {
                variable = behind.first().cloned();
                rest = behind.get(1..).unwrap_or_default();
            }
            Some(name) => {
                let name = name.to_owned();
                variable = Some(first.clone().with(|value| value.text = name));
                rest = behind;
            }
            None if first.text == "--" => return (variable, behind),
            None => break,
        }
    }
    (variable, rest)
}

/// `exit 0` is `true`, `exit 1` is `false`, a bare `exit` gives the last command's, `exit "$rc"` may not be known.
fn status(args: &[Value], state: &State) -> Option<bool> {
    let Some(value) = args.first() else { return state.last };
    if value.symbol() == Some(Sym::FAILED) {
        return Some(false);
    }
    let text = value.constant()?;
    text.parse::<i64>().ok().map(|code| code == 0)
}

/// Parameters that were shifted away are counted up to here: a loop over them would never settle.
const MOST_SHIFTED: u32 = 3;

fn shift(state: &mut State, count: usize) {
    let mut params = (*state.params).clone();
    let known = count.min(params.list.len());
    params.list.drain(..known);
    if known < count && params.rest.is_some() {
        let more = u32::try_from(count - known).unwrap_or(u32::MAX);
        params.shifted = params.shifted.saturating_add(more).min(MOST_SHIFTED);
    }
    state.params = Rc::new(params);
}

fn positional(state: &mut State, args: &[Value]) {
    if let Some(any) = too_many(args) {
        state.params = Rc::new(unknown_parameters(&any));
        return;
    }
    let mut params = Parameters::default();
    for value in args {
        if value.splits {
            params.rest = Some(value.clone());
            break;
        }
        params.list.push(value.clone());
    }
    params.shifted = state.params.shifted;
    state.params = Rc::new(params);
    state.words_given();
}

pub(super) fn unknown_parameters(like: &Value) -> Parameters {
    let mut rest = like.clone();
    if let Some(sym) = like.syms.first() {
        rest = Value::unknown(*sym).with(|value| {
            value.from_args = like.from_args;
            value.secret.clone_from(&like.secret);
        });
    }
    Parameters { list: Vec::new(), rest: Some(rest), shifted: 0 }
}
