//! What a walk saw: one observation a place, over all paths that reach it.

mod gates;
mod record;
mod unchecked;

use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::commands::Effect;
use crate::source::{RepoPath, Span};

use super::calls::Line;
use super::slots::parameter_in_slot;
use super::state::{Options, State};
use super::value::{Flow, Place, StepKind, Sym, Value};
use super::walk::Walk;
use gates::{missing, named_in};

/// One step of a secret's way, where it can be shown in the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub span: Span,
    /// What kind of step it is.
    pub kind: StepKind,
    /// What it is about: the source in words, else the variable, function or program.
    pub subject: String,
    /// What happens.
    pub what: String,
}

/// A secret in an argv.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The word that carries it.
    pub span: Span,
    /// Which of the words that exec that is.
    pub word: usize,
    /// Its way there, first step first.
    pub way: Vec<Step>,
}

/// Which gates a path lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    /// Some path comes without `--apply`.
    pub apply: bool,
    /// Some path comes without the typed confirmation.
    pub phrase: bool,
}

impl Missing {
    pub(super) fn add(&mut self, other: Self) {
        self.apply |= other.apply;
        self.phrase |= other.phrase;
    }
}

/// An id that reaches a command without a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchecked {
    /// The word.
    pub span: Span,
    /// The variable as written, without `$`.
    pub name: String,
    /// Whether it tells where the command runs, and is none of its words.
    pub carries: bool,
}

/// Something that runs, or a file that is written.
#[derive(Debug, Clone)]
pub struct Observation {
    /// Where to report it in the script.
    pub at: Span,
    /// Whether it stands in another file that the script sources.
    pub elsewhere: bool,
    /// Where in that file, as far as somebody may have to know.
    pub(super) origin: Option<(RepoPath, Span)>,
    /// The words of what runs in the end, holes for what is not known.
    pub words: Vec<String>,
    /// The first word of the outermost program on whose argv everything stands; empty where nothing execs.
    pub exec_words: Vec<String>,
    /// What it does.
    pub effect: Effect,
    /// Whether it is a redirection to a file.
    pub writes_file: bool,
    /// Whether it runs on another machine.
    pub remote: bool,
    /// Secrets in the argv.
    pub exposed: Vec<Exposure>,
    /// The gates that some path to it lacks.
    pub missing: Missing,
    /// Where text is run that is not read and may set what some path without `--apply` tested on its way here.
    pub unsettled_by: Option<Span>,
    /// Ids without a check.
    pub unchecked: Vec<Unchecked>,
    /// Options in force on the first path seen.
    pub options: Options,
    /// Whether it is only seen in a function that nothing calls.
    pub dead: bool,
    /// Whether it stands at the script's top level (not in a function, a subshell or another text).
    pub top_level: bool,
}

/// A change of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switched {
    /// Where.
    pub at: Span,
    /// The option's letter or name.
    pub name: String,
    /// Whether it is switched on.
    pub on: bool,
    /// Whether it is one of `shopt`, and none of `set`.
    pub shopt: bool,
    /// Whether it is only a subshell's or another file's.
    pub contained: bool,
}

/// All observations of a walk, in the order in which they were first made.
#[derive(Debug, Default)]
pub struct Observations {
    /// The observations.
    pub list: Vec<Observation>,
    /// What was seen in each call that is being walked, innermost last.
    pub(super) in_calls: Vec<super::summary::Seen>,
    /// Gates that some path to something lacks which was not seen to mutate so far, by index.
    lacking: FxHashMap<usize, Missing>,
    /// What finally execs.
    pub invocations: super::invocations::Invocations,
    /// Shell text for this or another shell that could not be read.
    pub unread: Vec<super::invocations::UnreadText>,
    /// The script's first command that is more than a setting, and the options in force there on every path.
    pub first: Option<(Span, Options)>,
    /// Variables that text which is not read may set, though the script had set them before, by what then stands for them,
    /// and the last place where such text is run.
    pub(super) unsettled: FxHashMap<Sym, Span>,
    /// Credentials in the text, in order.
    pub literals: Vec<super::literals::Literal>,
    /// Secrets that come to light, in the order of the walk.
    pub leaks: Vec<super::leaks::Leak>,
    /// Files that redirections read, by name: noted only where every command is judged for sure.
    pub inputs: Vec<(Span, String)>,
    /// Files that redirections write, likewise: a hole where it may be any.
    pub outputs: Vec<(Span, String)>,
    /// Typed constants that were seen to name what a command changes.
    pub(super) naming: FxHashSet<String>,
    /// Changes of options, in the order of the walk.
    pub switches: Vec<Switched>,
    /// Whose status is used, thrown away, and whose stdin is stolen.
    pub statuses: super::status::Statuses,
    /// How many statements were walked, each as often as the walk came to it: what following the script cost.
    pub steps: u32,
    /// Every file that was asked for because something sources it, whether it was there or not.
    pub asked: BTreeSet<RepoPath>,
    index: FxHashMap<(Place, Span, bool), usize>,
}

/// A command as it is about to run.
pub(super) struct Run<'v> {
    pub place: Place,
    /// The words of what runs in the end.
    pub argv: &'v [Value],
    /// The words of the outermost program that execs.
    pub exec: &'v [Value],
    /// The words' places, like `exec`.
    pub spans: &'v [Span],
    pub from_params: bool,
    /// The words that are the list of what a function was given.
    pub given: &'v [Span],
    /// Whether the words in front of `argv` lead to another machine or into a container.
    pub led: bool,
}

impl Walk<'_> {
    /// Where in the script something is to be reported: itself, what carries it, or the call that leads there.
    pub(super) fn report_span(&self, place: Place) -> (Span, bool) {
        let mut place = place;
        loop {
            if place.file == 0 {
                return (place.span, false);
            }
            match self.texts[place.file as usize].host {
                Some(host) => place = host,
                None => break,
            }
        }
        for frame in self.frames.iter().rev() {
            if frame.call.file == 0 {
                return (frame.call.span, true);
            }
        }
        (Span::default(), true)
    }

    /// The same for whoever reads the sourced file in which it stands.
    fn sourced_place(&self, mut place: Place) -> Option<(RepoPath, Span)> {
        while let Some(host) = self.texts.get(usize::from(place.file))?.host {
            place = host;
        }
        Some((self.texts[usize::from(place.file)].path.clone()?, place.span))
    }

    /// The call that hands a command to the function which runs it.
    pub(super) fn carrier(&self, place: Place, head: Option<&Value>) -> Place {
        let written = head.and_then(|head| head.written);
        for frame in self.frames.iter().rev() {
            match written {
                Some(written)
                    if written.file == frame.call.file && frame.call.span.contains(written.span) =>
                {
                    return frame.call;
                }
                _ => {}
            }
        }
        self.frames.last().map_or(place, |frame| frame.call)
    }

    /// Whether a wrapper runs what a function was given (`timeout 60 "$@"`): the program's word stands in a call.
    fn is_handed(&self, run: &Run<'_>) -> bool {
        let Some(written) = run.argv.first().and_then(|head| head.written) else { return false };
        let in_call = |call: Place| call.file == written.file && call.span.contains(written.span);
        let here = written.file == run.place.file && run.place.span.contains(written.span);
        !here && self.frames.iter().any(|frame| in_call(frame.call))
    }

    /// The command that carries shell text: the call, where a function runs what it was given (`q() { "$@"; }`,
    /// `q() { eval "$1"; }`).
    pub(super) fn host(&self, line: &Line, text: &Value) -> Place {
        if let Some(written) = text.written {
            let in_call = |call: Place| call.file == written.file && call.span.contains(written.span);
            if let Some(frame) = self.frames.iter().rev().find(|frame| in_call(frame.call)) {
                return frame.call;
            }
        }
        if line.from_params {
            return self.carrier(line.place, line.words.get(line.at));
        }
        let first = line.spans.iter().position(|span| line.given.contains(span));
        match first.filter(|at| *at > line.at) {
            // `remote() { ssh "$host" "$@"; }`
            Some(at) => self.carrier(line.place, line.words.get(at)),
            None => line.place,
        }
    }

    /// Writes down a command on one path.
    pub(super) fn observe_run(&mut self, run: &Run<'_>, state: &State) {
        let handed = run.from_params || self.is_handed(run);
        let place = if handed { self.carrier(run.place, run.argv.first()) } else { run.place };
        let (at, elsewhere) = self.report_span(place);
        let words: Vec<&str> = run.argv.iter().map(|value| value.text.as_str()).collect();
        let effect = self.effect(run.argv, &words, state);
        let exposed = self.exposures(run, at);
        let origin = if elsewhere && !exposed.is_empty() { self.sourced_place(place) } else { None };
        if exposed.is_empty()
            && effect != Effect::Mutate
            && self.observations.knows(run.place, at, effect, self.dead)
        {
            return;
        }
        let (missing, unchecked) = if effect == Effect::Mutate && !self.dead {
            (self.missing_gates(state, run, &words), self.unchecked_ids(run, at, state))
        } else {
            (Missing::default(), Vec::new())
        };
        let mut observation = Observation {
            at,
            elsewhere,
            origin,
            exec_words: run.exec.iter().map(|value| value.text.clone()).collect(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            effect,
            writes_file: false,
            remote: self.remote > 0,
            exposed,
            missing,
            unsettled_by: self.unsettled_by(missing, state),
            unchecked,
            options: state.options,
            dead: self.dead,
            top_level: self.frames.is_empty() && self.subshells == 0 && self.file == 0,
        };
        if effect == Effect::Mutate
            && !handed
            && let Some(word) = self.told_by_call(run, &words)
        {
            // What is changed stands in the call; a secret among the words does not.
            let (at, elsewhere) = self.report_span(self.carrier(run.place, Some(word)));
            if !observation.exposed.is_empty() {
                let exposed = std::mem::take(&mut observation.exposed);
                let only = Observation { exposed, effect: Effect::Unknown, ..observation.clone() };
                let only = Observation { missing: Missing::default(), unchecked: Vec::new(), ..only };
                self.observations.record(run.place, only);
            }
            for id in &mut observation.unchecked {
                id.span = at;
            }
            observation = Observation { at, elsewhere, ..observation };
        }
        self.observations.record(run.place, observation);
    }

    /// The word of a function's call that tells the program in it what to change (`k() { kubectl -n x "$@"; }`), where it is
    /// the words of the call that tell.
    fn told_by_call<'v>(&self, run: &Run<'v>, words: &[&str]) -> Option<&'v Value> {
        if run.given.is_empty() || run.argv.is_empty() {
            return None;
        }
        let offset = run.exec.len().saturating_sub(run.argv.len());
        let is_given =
            |at: usize| at > 0 && run.spans.get(at + offset).is_some_and(|span| run.given.contains(span));
        let first = (0..run.argv.len()).find(|at| is_given(*at))?;
        self.tables.is_told_by(words, &is_given).then(|| &run.argv[first])
    }

    /// Writes down a call that is not followed, for the secrets and the ids that are handed to it.
    pub(super) fn observe_unfollowed(&mut self, line: &Line, execs: bool, changes: bool, state: &State) {
        let words = &line.words[line.at..];
        let spans = &line.spans[line.at.min(line.spans.len())..];
        let place = line.place;
        let run = Run { place, argv: words, exec: words, spans, from_params: false, given: &[], led: false };
        let (at, elsewhere) = self.report_span(line.place);
        let exposed = if execs { self.exposures(&run, at) } else { Vec::new() };
        let unchecked = if changes && !self.dead {
            // An id in a sentence is told to somebody, and names nothing.
            let said = |word: &Value| if self.is_sentence(word) { Value::default() } else { word.clone() };
            let argv: Vec<Value> = words.iter().map(said).collect();
            self.unchecked_ids(&Run { argv: &argv, ..run }, at, state)
        } else {
            Vec::new()
        };
        if exposed.is_empty() && unchecked.is_empty() {
            return;
        }
        let texts: Vec<String> = words.iter().map(|value| value.text.clone()).collect();
        let observation = Observation {
            at,
            elsewhere,
            origin: None,
            exec_words: texts.clone(),
            words: texts,
            effect: Effect::Unknown,
            writes_file: false,
            remote: self.remote > 0,
            exposed,
            missing: Missing::default(),
            unsettled_by: None,
            unchecked,
            options: state.options,
            dead: self.dead,
            top_level: self.frames.is_empty() && self.subshells == 0 && self.file == 0,
        };
        self.observations.record(line.place, observation);
    }

    /// Writes down a redirection to a file, at `span`, on behalf of what stands at `of`.
    pub(super) fn observe_write(&mut self, target: &Value, span: Span, of: Span, state: &State) {
        let harmless = self.writes_own(target, 0, state);
        let place = self.place(span);
        let (at, elsewhere) = self.report_span(self.place(of));
        let effect = if harmless { Effect::Read } else { Effect::Mutate };
        let missing = if harmless || self.dead {
            Missing::default()
        } else {
            // What is noted of a change that was confirmed is part of it.
            let naming = &self.observations.naming;
            let said = std::iter::once(target);
            let by_name = !state.names_another(&said) && !state.names_other_word(&said, &self.symbols);
            missing(state, (by_name, state.names_held(&said)), |phrase| {
                named_in(&target.text, phrase) || naming.contains(phrase)
            })
        };
        let observation = Observation {
            at,
            elsewhere,
            origin: None,
            words: vec![">".to_owned(), target.text.clone()],
            exec_words: Vec::new(),
            effect,
            writes_file: true,
            remote: self.remote > 0,
            exposed: Vec::new(),
            missing,
            unsettled_by: self.unsettled_by(missing, state),
            unchecked: Vec::new(),
            options: state.options,
            dead: self.dead,
            top_level: self.frames.is_empty() && self.subshells == 0 && self.file == 0,
        };
        self.observations.record(place, observation);
    }

    fn exposures(&self, run: &Run<'_>, at: Span) -> Vec<Exposure> {
        let mut exposed = Vec::new();
        for (index, value) in run.exec.iter().enumerate() {
            let span = run.spans.get(index).copied().unwrap_or(run.place.span);
            let slot = || {
                let before = index.checked_sub(1).and_then(|before| run.exec.get(before));
                let place = Place { file: run.place.file, span };
                parameter_in_slot(value, before, place, self.secret_names, &self.symbols)
            };
            let by_slot = if self.dead && value.secret.is_none() { slot() } else { None };
            let Some(flow) = value.secret.as_ref().or(by_slot.as_ref()) else { continue };
            let (span, _) = self.report_span(Place { file: run.place.file, span });
            let span = if at.contains(span) { span } else { at };
            let exposure = Exposure { span, word: index, way: self.way_of(flow) };
            if !exposed.contains(&exposure) {
                exposed.push(exposure);
            }
        }
        exposed
    }

    pub(super) fn way_of(&self, flow: &Rc<Flow>) -> Vec<Step> {
        flow.steps()
            .into_iter()
            .map(|flow| Step {
                span: self.report_span(flow.place).0,
                kind: flow.kind,
                subject: flow.subject.to_string(),
                what: flow.what.clone(),
            })
            .collect()
    }
}
