//! Ids that reach a change without a check.

use std::rc::Rc;

use crate::commands::HOLE;
use crate::source::Span;

use super::super::calls::Line;
use super::super::ids::id_name;
use super::super::state::State;
use super::super::value::{Place, Source, Sym, Value};
use super::super::walk::Walk;
use super::{Run, Unchecked};

impl Walk<'_> {
    /// The words of a mutating command that name an object by an unchecked id.
    pub(super) fn unchecked_ids(&self, run: &Run<'_>, at: Span, state: &State) -> Vec<Unchecked> {
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
        let mut unchecked = self.unchecked_carriers(run, at, state);
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
                    unchecked.push(Unchecked { span, name, carries: false });
                }
            }
        }
        unchecked
    }

    /// The unchecked ids that tell where a mutating command runs: `docker exec "$id" rm ...`.
    fn unchecked_carriers(&self, run: &Run<'_>, at: Span, state: &State) -> Vec<Unchecked> {
        let carrier = run.exec.len().saturating_sub(run.argv.len());
        let carriers = if run.led { &run.exec[..carrier] } else { &[] };
        let program = |word: &Value| word.text.rsplit('/').next().and_then(|name| self.tables.tool(name));
        let forms: Vec<String> =
            carriers.iter().filter_map(program).flat_map(|tool| tool.own_ids.clone()).collect();
        let mut unchecked: Vec<Unchecked> = Vec::new();
        for (index, value) in carriers.iter().enumerate() {
            for sym in &value.syms {
                let Some(name) = self.object_name(value, *sym, false, state) else { continue };
                if state.checked.contains(sym)
                    || self.symbols.each_checked(*sym, state)
                    || self.is_of_form(*sym, &forms, state)
                    || unchecked.iter().any(|known| known.name == name)
                {
                    continue;
                }
                let span = run.spans.get(index).copied().unwrap_or(run.place.span);
                let (span, _) = self.report_span(Place { file: run.place.file, span });
                let span = if at.contains(span) { span } else { at };
                unchecked.push(Unchecked { span, name, carries: true });
            }
        }
        unchecked
    }

    /// The same for the text that a shell elsewhere runs (`ssh "$server_id" "rm ..."`), once it was seen to change something.
    pub(in super::super) fn unchecked_carrier_of_text(&mut self, line: &Line, host: Place, state: &State) {
        let (at, _) = self.report_span(host);
        if self.dead || !self.ids {
            return;
        }
        // What is handed over has words of its own.
        let words = &line.words[line.at..];
        let own = words.iter().position(|word| word.text.contains(char::is_whitespace));
        let spans = &line.spans[line.at.min(line.spans.len())..];
        let run = Run {
            place: line.place,
            argv: &[],
            exec: &words[..own.unwrap_or(words.len())],
            spans,
            from_params: false,
            given: &[],
            led: true,
        };
        let unchecked = self.unchecked_carriers(&run, at, state);
        self.observations.also_unchecked(at, unchecked);
    }

    /// Whether a word of several words is no command: a message.
    pub(super) fn is_sentence(&self, value: &Value) -> bool {
        let text = value.text.trim_start();
        let first = text.split_whitespace().next().unwrap_or_default();
        text.contains(char::is_whitespace)
            && self.tables.tool(first).is_none()
            && self.tables.wrappers(first).is_empty()
    }

    /// The name under which a value is an object's id, where it is one. `whole`: it stands where an object is named.
    pub(super) fn object_name(&self, value: &Value, sym: Sym, whole: bool, state: &State) -> Option<String> {
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
            Source::Element(_)
            | Source::Field(..)
            | Source::Partial(_)
            | Source::Older(_)
            | Source::Earlier(_) => value.names.last()?.to_string(),
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
