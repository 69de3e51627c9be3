//! The gates that the path to a change lacks.

use crate::commands::HOLE;
use crate::source::Span;

use super::super::naming::tells;
use super::super::state::{Confirmation, State};
use super::super::walk::{Stdin, Walk};
use super::{Missing, Run};

impl Walk<'_> {
    /// The gates that the path to a mutating command lacks.
    pub(super) fn missing_gates(&mut self, state: &State, run: &Run<'_>, words: &[&str]) -> Missing {
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
    pub(super) fn unsettled_by(&self, missing: Missing, state: &State) -> Option<Span> {
        if !missing.apply {
            return None;
        }
        let unsettled = self.observations.unsettled.iter();
        unsettled.filter(|(sym, _)| state.was_tested(**sym)).map(|(_, at)| *at).max()
    }
}

/// `by_name`: what the operator typed is what the variables name that are handed over; `held`: one of them is what was
/// typed; `named` says whether a phrase names what is changed.
pub(super) fn missing(
    state: &State,
    (by_name, held): (bool, bool),
    mut named: impl FnMut(&str) -> bool,
) -> Missing {
    let phrase = state.rare.confirmed.iter().any(|confirmation| match confirmation {
        Confirmation::Named => by_name,
        Confirmation::Again => held,
        Confirmation::Constant(text) => named(text),
    });
    Missing { apply: !state.apply, phrase: !phrase }
}

/// Whether a phrase holds the word, or a part of it (of an address, a path, `option=value`).
pub(super) fn named_in(word: &str, phrase: &str) -> bool {
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
