//! Simple commands: assignments, functions, and what a command line really runs.

use std::rc::Rc;

use crate::bash::Dialect;
use crate::bash::syntax::{Command, CommandKind, Simple, Subscript, Word};
use crate::source::Span;

use super::builtins::unknown_parameters;
use super::dispatch::may_call;
use super::invocations::Link;
use super::observe::Switched;
use super::state::{Parameters, State, Switch};
use super::summary::{Course, Ends};
use super::value::{Content, Place, Source, StepKind, Value, too_many};
use super::walk::{Ended, Frame, Out, Walk};

/// A command line in hand: its words and what is known of where they came from.
#[derive(Clone)]
pub(super) struct Line {
    pub place: Place,
    pub words: Vec<Value>,
    pub spans: Vec<Span>,
    pub from_params: bool,
    /// The words that are the list of what a function was given (`"$@"`).
    pub given: Rc<[Span]>,
    /// Index of the first word of the outermost program that execs.
    pub exec: Option<usize>,
    /// Index of the word that is about to be run.
    pub at: usize,
    /// The wrappers that led to that word.
    pub links: Vec<Link>,
}

impl Line {
    pub(super) fn argv(&self) -> &[Value] {
        &self.words[self.at..]
    }

    /// The line without the wrappers that led to it, for those who note them otherwise.
    pub(super) fn bare(&self) -> Self {
        Self { links: Vec::new(), ..self.clone() }
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.words.get(self.at)?.constant()
    }

    /// The texts of what runs, the program without its folders.
    pub(super) fn texts(&self) -> Vec<&str> {
        let mut texts: Vec<&str> = self.argv().iter().map(|value| value.text.as_str()).collect();
        if let Some(program) = texts.first_mut() {
            *program = program.rsplit('/').next().unwrap_or(program);
        }
        texts
    }

    pub(super) fn args(&self) -> &[Value] {
        self.words.get(self.at + 1..).unwrap_or_default()
    }
}

impl<'a> Walk<'a> {
    /// A simple command or a declaration on one path.
    pub(super) fn simple_command(&mut self, command: &'a Command, mut state: State) -> Out {
        let place = self.place(command.span);
        if let Some(reached) = &mut self.reached {
            reached.insert(place);
        }
        match &command.kind {
            CommandKind::Simple(simple) if simple.words.is_empty() => {
                self.redirections(command, &mut state);
                self.assign_all(&simple.assignments, state, place)
            }
            CommandKind::Simple(simple) => {
                let mut prefix = self.prefix(&simple.assignments, &mut state);
                let (words, spans, from_params) = self.command_fields(&simple.words, &mut state);
                let given = self.lists_given(&simple.words);
                let leaves = Self::output_leaves(command);
                let piped = !leaves && self.outputs.last().is_some_and(|output| output.piped);
                if let Some(call) = self.observations.in_calls.last_mut() {
                    if from_params {
                        call.runs_given();
                    } else if !given.is_empty() {
                        match words.first().and_then(Value::constant) {
                            // The walk of the function tells what becomes of them.
                            Some(name) if state.functions.contains_key(name) => call.passes_words(),
                            Some(name) if only_tells(name) && !piped => {}
                            _ => call.hands_list_on(),
                        }
                    } else if simple.words.iter().any(comes_from_parameters) {
                        call.passes_words();
                    }
                }
                let stdin = self.redirections(command, &mut state);
                let line =
                    Line { place, words, spans, from_params, given, exec: None, at: 0, links: Vec::new() };
                self.stdins.push(stdin);
                if leaves {
                    self.outputs.push(super::walk::Output::default());
                }
                if hands_on(simple) {
                    prefix.lend(&mut state);
                }
                let mut out = self.run(line, state);
                prefix.take_back(&mut out);
                if leaves {
                    self.outputs.pop();
                }
                self.leave_stdin(command);
                out
            }
            CommandKind::Declare(declare) => {
                self.redirections(command, &mut state);
                if !Self::output_leaves(command) {
                    self.prints_functions(declare, &state);
                }
                self.declare(declare, state, place)
            }
            _ => Out::success(state),
        }
    }

    /// The fields of a command's words, the span of the word behind each, and whether the first comes from `"$@"`.
    fn command_fields(&mut self, words: &'a [Word], state: &mut State) -> (Vec<Value>, Vec<Span>, bool) {
        let mut values = Vec::with_capacity(words.len());
        let mut spans = Vec::with_capacity(words.len());
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

    /// The words that are the list of what the function in hand was given.
    fn lists_given(&self, words: &[Word]) -> Rc<[Span]> {
        if self.frames.is_empty() {
            return Rc::default();
        }
        words.iter().filter(|word| word.is_given_list()).map(|word| word.span).collect()
    }

    /// Runs the word at `line.at` as a shell would: function, builtin, program.
    pub(super) fn run(&mut self, line: Line, state: State) -> Out {
        let Some(head) = line.words.get(line.at) else { return Out::success(state) };
        let Some(name) = head.constant().map(str::to_owned) else {
            self.observations.first(line.place, &state);
            let choices = self.choices(head);
            if !choices.is_empty() {
                return self.each_choice(&line, line.at, &choices, &state, Self::run);
            }
            let functions = may_call(head, &state);
            if !functions.is_empty() {
                let mut out = self.each_choice(&line, line.at, &functions, &state, Self::run);
                out.extend(self.program(line, state));
                return out;
            }
            let given = parameters(line.args().to_vec(), &state);
            self.may_call_any(&head.clone(), given, &line, &state);
            let mut behind = line.clone();
            behind.at += 1;
            let may_vanish = self.may_vanish(head) && behind.at < behind.words.len();
            let mut out = self.unclear_program(line, state.clone(), Self::run);
            if may_vanish {
                out.extend(self.run(behind, state));
            }
            return out;
        };
        if line.exec.is_none() && !name.contains('/') {
            if let Some(state) = self.defined_again(&name, &state) {
                return Out::success(state);
            }
            self.note_looked_up(&name);
            if let Some(index) = state.functions.get(name.as_str()).copied() {
                self.observations.first(line.place, &state);
                return self.call(index, &line, state);
            }
            if super::builtins::is_builtin(&name)
                || self.context.dialect == Dialect::Ksh && ["print", "whence"].contains(&name.as_str())
            {
                return self.builtin(&name, &line, state);
            }
            if self.in_traps > 0 && self.tables.tool(&name).is_none() {
                self.missed.insert(Rc::from(name.as_str()));
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

    /// Follows a call of a function.
    fn call(&mut self, index: usize, line: &Line, state: State) -> Out {
        const DEEPEST: usize = 24;
        let definition = self.definitions[index];
        let recursive = self.recurs(index);
        self.called.insert(index);
        let given = Rc::new(parameters(line.args().to_vec(), &state));
        let cut = if recursive || self.frames.len() >= DEEPEST {
            Some(format!("`{}` calls itself", definition.name))
        } else if self.too_deep() {
            Some(format!("`{}` is called too deep in other commands", definition.name))
        } else {
            None
        };
        if let Some(why) = cut {
            self.hands_on_unseen(index, line);
            self.invoked_unknown(line, why);
            let mut from = state.clone();
            from.params = given;
            self.put_off(index, line, from);
            return Out::either(state);
        }
        if self.comes_back(index, &given, &state) {
            self.hands_on_unseen(index, line);
            self.invoked_unknown(line, format!("`{}` calls itself", definition.name));
            let mut state = state;
            state.forget_variables();
            return Out::either(state);
        }
        let Some((body, file)) = self.body_of(index) else { return Out::either(state) };
        match self.course(index, line, &given, &state) {
            Course::Sum(ends) => return self.sum(index, line, ends, state),
            Course::Join(mut from) => {
                // The function's own walk is one more that came before.
                let own = std::mem::replace(&mut from.params, Rc::clone(&state.params));
                let ends = self.follow(index, (body, file), line, &own, from, true).1;
                return self.sum(index, line, Some(ends), state);
            }
            Course::Walk => {}
            Course::New => {
                if let Some(out) = self.shared_call(index, file, line, &state) {
                    self.hands_on_unseen(index, line);
                    self.invoked_unknown(
                        line,
                        format!("this call of `{}` is only summed up", definition.name),
                    );
                    return out;
                }
            }
        }
        self.follow(index, (body, file), line, &given, state, false).0
    }

    /// A function that is not walked may run what it is given, where no walk of it has shown otherwise.
    fn hands_on_unseen(&mut self, index: usize, line: &Line) {
        if self.may_hand_words_on(index)
            && !line.given.is_empty()
            && let Some(call) = self.observations.in_calls.last_mut()
        {
            call.hands_list_on();
        }
    }

    /// A call that is not walked.
    fn sum(&mut self, index: usize, line: &Line, ends: Option<Ends>, state: State) -> Out {
        let out = self.summed_up(index, line, ends, &state);
        let hands_on = self.hands_words_on(index);
        // What a function of this script does with such words, a walk has shown where it does it.
        let shown = ends.is_some() && !hands_on && self.definitions[index].file == 0;
        if self.budget == 0 && !shown {
            self.not_followed(index, line, &state);
        }
        if hands_on {
            self.may_run(line, &state);
        }
        self.prints(index, line);
        let name = self.definitions[index].name;
        self.invoked_unknown(line, format!("this call of `{name}` is only summed up"));
        out.unwrap_or_else(|| Out::either(state))
    }

    /// What stands behind the name of a function that runs its words, and is not walked, may run.
    fn may_run(&mut self, line: &Line, state: &State) {
        let runs = |word: &Value| {
            word.constant().is_some_and(|name| {
                state.functions.get(name).is_some()
                    || self.tables.tool(name).is_some()
                    || !self.tables.wrappers(name).is_empty()
            })
        };
        let Some(first) = line.args().iter().position(runs) else { return };
        let behind = Line { at: line.at + 1 + first, exec: None, links: Vec::new(), ..line.clone() };
        self.exits.push(Ended::default());
        self.run(behind, state.clone());
        self.exits.pop();
    }

    /// Walks a function with these words.
    pub(super) fn follow(
        &mut self,
        index: usize,
        (body, file): (&'a Command, u16),
        line: &Line,
        given: &Rc<Parameters>,
        mut state: State,
        joined: bool,
    ) -> (Out, Ends) {
        let name = self.definitions[index].name;
        let mut params = Parameters::clone(given);
        if self.frames.iter().any(|frame| frame.function == Some(index)) {
            self.widen(&mut params.list, line.place, &mut state);
        }
        for (offset, value) in params.list.iter_mut().chain(&mut params.rest).enumerate() {
            if let Some(flow) = &value.secret {
                let place = Place {
                    file: line.place.file,
                    span: line.spans.get(line.at + 1 + offset).copied().unwrap_or(line.place.span),
                };
                let what = format!("it is passed to `{name}`");
                value.secret = Some(flow.step(StepKind::Passed, place, name, what));
            }
        }
        self.frames.push(Frame { call: line.place, function: Some(index), name: Rc::from(name) });
        let mut start = self.start_of_call(line.args(), given, &state);
        start.joined = joined;
        let printed = self.printed_so_far();
        let out = self.in_function(body, file, Rc::new(params), state);
        let ends = self.summarise(index, &start, &out);
        self.note_printed(index, printed);
        self.frames.pop();
        (out, ends)
    }

    /// A function calls itself with other numbers than it got: round by round they may be any.
    fn widen(&mut self, values: &mut [Value], place: Place, state: &mut State) {
        let call = self.symbols.of(Source::Computed(place));
        for (offset, value) in (0..).zip(values.iter_mut()) {
            let counts = value.constant().is_some_and(|text| text.parse::<i64>().is_ok());
            let same = state.params.list.get(offset as usize).is_some_and(|known| known.text == value.text);
            if counts && !same {
                let sym = self.symbols.of(Source::Field(call, offset));
                state.renew(sym, &mut self.symbols);
                *value = Value::unknown(sym);
            }
        }
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
    pub(super) fn other_shell(
        &mut self,
        text: &Value,
        host: Place,
        zero: Option<Value>,
        params: Vec<Value>,
        state: &State,
    ) -> Option<Out> {
        let (file, script, holes) = self.payload(text, host)?;
        let mut inner = state.afresh(parameters(params, state));
        inner.learn(state, &mut self.symbols);
        if std::mem::take(&mut self.traces) {
            inner.options.xtrace = Switch::On;
        }
        if self.remote == 0 && !self.way.exported.is_empty() {
            for name in &self.way.exported {
                if let Some(index) = state.functions.get(name) {
                    inner.functions.insert(name, *index);
                }
            }
        }
        self.inherit(state, &mut inner);
        if let Some(zero) = zero {
            inner.set("0", Content::Scalar(zero));
        }
        for (name, value) in holes {
            inner.set(&name, Content::Scalar(value));
        }
        let caller = std::mem::replace(&mut self.file, file);
        let out = self.subshell(&inner, &mut |walk, inner| walk.sequence(&script.body, vec![inner], false));
        self.file = caller;
        let mut adopt = |inner: State| {
            let mut outer = state.clone();
            outer.learn(&inner, &mut self.symbols);
            outer
        };
        Some(Out {
            ok: out.ok.into_iter().map(&mut adopt).collect(),
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
        if let Some(option) = state.options.named(name) {
            *option = if on { Switch::On } else { Switch::Off };
        }
        self.switched(name, on, false, span, state);
    }

    /// Notes that an option changes, one of `shopt` or of `set`.
    pub(super) fn switched(&mut self, name: &str, on: bool, shopt: bool, span: Span, state: &State) {
        let (at, elsewhere) = self.report_span(self.place(span));
        let contained = self.subshells > 0 || self.remote > 0 || elsewhere || state.options_are_local();
        self.observations.switched(Switched { at, name: name.to_owned(), on, shopt, contained });
    }
}

/// Whether a builtin does no more with its words than to print or compare them.
fn only_tells(name: &str) -> bool {
    ["echo", "printf", ":", "true", "false", "test", "["].contains(&name)
}

/// Whether a command may run others: the shell's own commands do what they do whatever stands in front of them.
fn hands_on(simple: &Simple) -> bool {
    let name = simple.words.first().and_then(Word::plain).unwrap_or_default();
    !super::builtins::is_builtin(&name)
        || ["eval", "source", ".", "command", "builtin", "exec"].contains(&name.as_str())
}

/// The positional parameters that these words make.
fn parameters(values: Vec<Value>, state: &State) -> Parameters {
    if let Some(any) = too_many(&values) {
        return unknown_parameters(&any);
    }
    let mut list = Vec::new();
    let mut rest: Option<Value> = None;
    for value in values {
        if rest.is_some() {
            break;
        }
        if value.splits {
            // Any one of the parameters is only a part of the text.
            rest = Some(value.with(|value| value.choices.clear()));
        } else {
            list.push(value);
        }
    }
    let shifted = if rest.as_ref().is_some_and(|value| value.from_args) { state.params.shifted } else { 0 };
    Parameters { list, rest, shifted }
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
