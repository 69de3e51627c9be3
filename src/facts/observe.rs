//! What a walk saw: one observation a place, over all paths that reach it.

mod record;

use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::commands::{Effect, HOLE};
use crate::source::{RepoPath, Span};

use super::calls::Line;
use super::ids::id_name;
use super::naming::tells;
use super::slots::parameter_in_slot;
use super::state::{Confirmation, Options, State};
use super::value::{Flow, Place, Source, StepKind, Sym, Value};
use super::walk::{Stdin, Walk};

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
        let run = Run { place: line.place, argv: words, exec: words, spans, from_params: false, given: &[] };
        let (at, elsewhere) = self.report_span(line.place);
        let exposed = if execs { self.exposures(&run, at) } else { Vec::new() };
        let unchecked = if changes && !self.dead { self.unchecked_ids(&run, at, state) } else { Vec::new() };
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

    /// Writes down a redirection to a file.
    pub(super) fn observe_write(&mut self, target: &Value, span: Span, state: &State) {
        let harmless = self.writes_own(target, 0, state);
        let place = self.place(span);
        let (at, elsewhere) = self.report_span(place);
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

    /// The gates that the path to a mutating command lacks.
    fn missing_gates(&mut self, state: &State, run: &Run<'_>, words: &[&str]) -> Missing {
        let tables = self.tables;
        let folders: Vec<String> = run
            .argv
            .iter()
            .filter_map(|value| self.found_below(value).map(|folder| format!("{}/", folder.text)))
            .collect();
        let naming = &mut self.observations.naming;
        // What leads there names the machine on which it changes something.
        let led = &run.exec[..run.exec.len().saturating_sub(run.argv.len())];
        let machines = self.way.machines().chain(led.iter().map(|value| value.text.as_str()));
        let program = words.first().map_or("", |program| program.rsplit('/').next().unwrap_or(program));
        let is_text = tables.tool(program).is_some_and(|tool| tool.text.is_some());
        let says = if is_text { named_in_text } else { named_in };
        let read = match self.stdins.last() {
            Some(Stdin::Other(value)) if is_text => Some(value.text.as_str()),
            _ => None,
        };
        let said = run.exec.iter().chain(run.argv);
        let by_name = !state.names_another(&said) && !state.names_other_word(&said, &self.symbols);
        let held = state.names_held(&said);
        missing(state, (by_name, held), |phrase| {
            // The value of an option may name the object too: a namespace, a project.
            let behind_option = (2..words.len()).filter(|index| words[index - 1].starts_with('-'));
            let objects: Vec<usize> = tables.object_words(words).into_iter().chain(behind_option).collect();
            let names = tells(phrase, &mut |said| {
                objects.iter().any(|index| words.get(*index).is_some_and(|word| says(word, said)))
                    || read.is_some_and(|text| says(text, said))
                    || folders.iter().any(|folder| named_in(folder, said))
                    || run.exec.iter().any(|word| word.about.iter().any(|text| text.as_ref() == said))
                    || machines.clone().any(|word| named_in(word, said))
            });
            if names && !naming.contains(phrase) {
                naming.insert(phrase.to_owned());
            }
            names
        })
    }

    /// Where text ran last that is not read and may have set a variable which the path tested.
    fn unsettled_by(&self, missing: Missing, state: &State) -> Option<Span> {
        if !missing.apply {
            return None;
        }
        let unsettled = self.observations.unsettled.iter();
        unsettled.filter(|(sym, _)| state.was_tested(**sym)).map(|(_, at)| *at).max()
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

    /// The words of a mutating command that name an object by an unchecked id.
    fn unchecked_ids(&self, run: &Run<'_>, at: Span, state: &State) -> Vec<Unchecked> {
        let Some(program) =
            run.argv.first().map(|value| value.text.rsplit('/').next().unwrap_or_default().to_owned())
        else {
            return Vec::new();
        };
        let tool = self.tables.tool(&program);
        let takes_ids = tool.is_some_and(|tool| !tool.id_forms.is_empty());
        let forms = tool.map_or(&[][..], |tool| tool.own_ids.as_slice());
        let collections =
            tool.and_then(|tool| tool.http.as_ref()).map_or(&[][..], |http| http.collections.as_slice());
        let words: Vec<&str> = run.argv.iter().map(|value| value.text.as_str()).collect();
        let plain = tool.map_or_else(Vec::new, |tool| tool.plain_words(&words));
        let mut unchecked: Vec<Unchecked> = Vec::new();
        for (index, value) in run.argv.iter().enumerate().skip(1) {
            let before = run.argv[index - 1].text.as_str();
            let takes_id =
                takes_ids && tool.is_some_and(|tool| tool.may_take_id(before)) && !plain.contains(&index);
            for (hole, sym) in value.syms.iter().enumerate() {
                let whole =
                    takes_id && value.text.chars().eq([HOLE]) || names_member(value, hole, collections);
                let Some(name) = self.object_name(value, *sym, whole, state) else { continue };
                if state.checked.contains(sym)
                    || self.symbols.each_checked(*sym, state)
                    || self.is_of_form(*sym, forms, state)
                {
                    continue;
                }
                let offset = run.exec.len().saturating_sub(run.argv.len());
                let span = run.spans.get(index + offset).copied().unwrap_or(run.place.span);
                let (span, _) = self.report_span(Place { file: run.place.file, span });
                let span = if at.contains(span) { span } else { at };
                if !unchecked.iter().any(|known| known.name == name) {
                    unchecked.push(Unchecked { span, name });
                }
            }
        }
        unchecked
    }

    /// The name under which a value is an object's id, where it is one. `whole`: it stands where an object is named.
    fn object_name(&self, value: &Value, sym: Sym, whole: bool, state: &State) -> Option<String> {
        // A variable that holds another part of the text is not what this part is called by.
        let holds = |name: &Rc<str>, of: &dyn Fn(Sym) -> bool| {
            let content = state.vars.get(name);
            content
                .is_some_and(|held| held.values().iter().any(|value| value.syms.iter().any(|sym| of(*sym))))
        };
        let others = |name: &Rc<str>| {
            value.syms.len() > 1
                && holds(name, &|held| held != sym && value.syms.contains(&held))
                && !holds(name, &|held| held == sym)
        };
        let is_id = |name: &&Rc<str>| id_name(name) && !self.secret_names.matches(name) && !others(name);
        let by_name = value.names.iter().find(is_id);
        if let Some(name) = by_name {
            return Some(name.to_string());
        }
        if !whole {
            return None;
        }
        if value.names.iter().any(|name| not_an_object(name) || self.secret_names.matches(name)) {
            return None;
        }
        let mut source = self.symbols.source(sym);
        while let Source::At(of, _) = source {
            source = self.symbols.source(*of);
        }
        let origin = match source {
            Source::Argument(number) => number.to_string(),
            Source::Element(_) | Source::Field(..) | Source::Older(_) | Source::Earlier(_) => {
                value.names.last()?.to_string()
            }
            Source::Environment(_)
            | Source::Computed(_)
            | Source::Joined(_)
            | Source::At(..)
            | Source::Volatile
            | Source::Failed => {
                return None;
            }
        };
        Some(value.names.last().map_or(origin, ToString::to_string))
    }
}

/// Whether the value of that number is a whole segment of a path, behind the name of a collection (`.../users/$1`).
fn names_member(value: &Value, hole: usize, collections: &[String]) -> bool {
    if collections.is_empty() || value.syms.len() != value.text.matches(HOLE).count() {
        return false;
    }
    let Some((at, _)) = value.text.match_indices(HOLE).nth(hole) else { return false };
    let behind = &value.text[at + HOLE.len_utf8()..];
    let mut before = value.text[..at].rsplit('/');
    before.next().is_some_and(str::is_empty)
        && before.next().is_some_and(|segment| collections.iter().any(|known| known == segment))
        && (behind.is_empty() || behind.starts_with(['/', '?']))
}

/// Names of values that are options, counts, texts or an object's name: not its id.
fn not_an_object(name: &str) -> bool {
    const WORDS: [&str; 20] = [
        "opt",
        "option",
        "options",
        "flag",
        "flags",
        "args",
        "arg",
        "count",
        "size",
        "description",
        "format",
        "mode",
        "action",
        "verb",
        "name",
        "names",
        "hostname",
        "label",
        "reason",
        "comment",
    ];
    let name = name.to_ascii_lowercase();
    name.rsplit('_').next().is_some_and(|last| WORDS.contains(&last))
}

/// `by_name`: what the operator typed is what the variables name that are handed over; `held`: one of them is what was
/// typed; `named` says whether a phrase names what is changed.
fn missing(state: &State, (by_name, held): (bool, bool), mut named: impl FnMut(&str) -> bool) -> Missing {
    let phrase = state.rare.confirmed.iter().any(|confirmation| match confirmation {
        Confirmation::Named => by_name,
        Confirmation::Again => held,
        Confirmation::Constant(text) => named(text),
    });
    Missing { apply: !state.apply, phrase: !phrase }
}

/// Whether a phrase holds the word, or a part of it (of an address, a path, `option=value`).
fn named_in(word: &str, phrase: &str) -> bool {
    const SHORTEST: usize = 3;
    let says = |part: &str| phrase.split_whitespace().any(|said| said == part);
    let below = |folder: &str| {
        folder.len() >= SHORTEST
            && folder.contains('/')
            && word.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    if phrase.split_whitespace().any(below) {
        return true;
    }
    let known = |part: &str, shortest: usize| part.len() >= shortest && !part.contains(HOLE) && says(part);
    let mut values = word.match_indices('=').map(|(at, _)| &word[at + 1..]);
    let mut parts = word.split(['/', ':', '@', '=', ',', '?', '&', '.']);
    // A name may have a dot in it.
    let mut segments = word.split(['/', ':', '@', '=', ',', '?', '&']);
    known(word, SHORTEST - 1)
        || values.any(|value| known(value, SHORTEST))
        || segments.any(|part| known(part, SHORTEST) && !ENDINGS.contains(&part))
        || parts.any(|part| known(part, SHORTEST) && !ENDINGS.contains(&part))
}

/// Ends of names that name nothing: kinds of units and files, domains of all the world.
const ENDINGS: [&str; 25] = [
    "service", "socket", "timer", "target", "mount", "path", "conf", "cfg", "ini", "yaml", "yml", "json",
    "toml", "txt", "log", "img", "qcow2", "raw", "tar", "gz", "com", "net", "org", "local", "internal",
];

/// Whether a phrase holds a word of a program's text (`drop database x`).
fn named_in_text(text: &str, phrase: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || "'\"`;()".contains(c)).any(|word| named_in(word, phrase))
}
