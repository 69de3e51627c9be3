//! Words that are not known, but are known to be no option: ids, absolute paths, names that may not begin with a dash.

use rustc_hash::FxHashMap;

use crate::bash::is_shells_own;
use crate::bash::syntax::{
    Command, CommandKind, Fd, Parameter, ParameterOp, Part, PartKind, Redirect, RedirectOp, Sequence,
    Subscript, Target, Word,
};
use crate::commands::{HOLE, Plainly, Tables};

use super::listing::{Listing, listed};
use super::sets::{Given, Set, Sets};

/// What arithmetic comes to. With a sign in front it is an option that counts something, of whatever program.
const NUMBER: Plainly = Plainly::One;

/// What is known of how the texts' variables begin.
#[derive(Debug, Default)]
pub(super) struct Starts {
    /// By name: `None` where some value of it is not known.
    variables: FxHashMap<String, Option<Plainly>>,
}

impl Starts {
    /// From all that the texts set.
    pub(super) fn of(sets: &Sets<'_>) -> Self {
        let mut starts = Self::default();
        // A variable that another one is set to may be set to something else further down: until nothing is lost any more.
        loop {
            let before = starts.variables.clone();
            for Set { name, given, .. } in sets.iter() {
                if !matches!(given, Given::Counted { up: true } | Given::Nothing | Given::Array) {
                    let value = starts.given(given);
                    let known = starts.variables.entry(name.clone().into_owned()).or_insert(value);
                    *known = known.zip(value).map(|(a, b)| a.max(b));
                }
            }
            if starts.variables == before {
                return starts;
            }
        }
    }

    /// What a variable is that is given that.
    fn given(&self, given: &Given<'_>) -> Option<Plainly> {
        let split = |plainly: &Plainly| *plainly != Plainly::Path;
        match given {
            Given::Word(word) | Given::Piece(word) | Given::Element(word) => self.value(word),
            Given::Elements(elements) => self.each(elements.iter().map(|element| &element.value)),
            // One word at a time.
            Given::Each(words) => self.each(words.iter()).map(|_| Plainly::One),
            // A line is split where it is used, and not before.
            Given::Line { source, several: true, .. } => {
                let words = written_or(source, &stands_for);
                words.and_then(|words| Tables::builtin().outputs().of_first(&words)).filter(split)
            }
            Given::Line { source, nul: true, .. } => {
                (listed(source, true) == Some(Listing::Placed)).then_some(Plainly::Path)
            }
            Given::Line { source, .. } | Given::Lines(source) => piped(source).filter(split),
            Given::Number | Given::Counted { .. } => Some(NUMBER),
            Given::Anything | Given::Default(_) | Given::Nothing | Given::Array => None,
        }
    }

    /// What words may come to that are divided where they stand.
    fn each<'w>(&self, mut words: impl Iterator<Item = &'w Word>) -> Option<Plainly> {
        words.try_fold(Plainly::One, |most, word| {
            let plainly = self.value(word).filter(|plainly| *plainly != Plainly::Path)?;
            Some(most.max(plainly))
        })
    }

    /// How many words a command's words may come to that are not written in it, where none of them is an option; `None`
    /// where one may be.
    pub(super) fn of_words(&self, words: &[Word]) -> Option<Plainly> {
        words.iter().try_fold(Plainly::One, |most, word| self.word(word).map(|plainly| most.max(plainly)))
    }

    fn word(&self, word: &Word) -> Option<Plainly> {
        let mut most = Plainly::One;
        // Each element but the first one begins a word, whatever stands in front.
        for part in every_part(&word.parts).filter(|part| multiplies(part)) {
            most = most.max(self.expansion(part).map(|_| Plainly::Many)?);
        }
        let mut begun = false;
        for part in &word.parts {
            match &part.kind {
                PartKind::Literal(text) | PartKind::Quoted(text) => {
                    // What stands before it may be nothing.
                    if begun && text.starts_with('-') {
                        return None;
                    }
                    if !begun && !text.is_empty() {
                        return self.behind(&word.parts, part, most);
                    }
                }
                PartKind::DoubleQuoted(inner) => match inner.first() {
                    None => {}
                    Some(Part { kind: PartKind::Literal(text) | PartKind::Quoted(text), .. }) => {
                        if begun && text.starts_with('-') {
                            return None;
                        }
                        return self.behind(&word.parts, part, most);
                    }
                    Some(first) => {
                        // Nothing splits it here.
                        self.expansion(first)?;
                        let dash = |part: &Part| matches!(&part.kind, PartKind::Literal(text) | PartKind::Quoted(text) if text.starts_with('-'));
                        if inner.get(1).is_some_and(dash) {
                            return None;
                        }
                        begun = true;
                    }
                },
                _ => {
                    most = most.max(self.bare(part)?);
                    begun = true;
                }
            }
        }
        Some(most)
    }

    /// Behind text that is written only what is split can make an option.
    fn behind(&self, parts: &[Part], from: &Part, most: Plainly) -> Option<Plainly> {
        let rest = parts.iter().skip_while(|part| part.span != from.span).skip(1);
        let bare = rest.filter(|part| {
            !matches!(part.kind, PartKind::Literal(_) | PartKind::Quoted(_) | PartKind::DoubleQuoted(_))
        });
        bare.map(|part| self.bare(part))
            .try_fold(most, |most, plainly| plainly.map(|plainly| most.max(plainly)))
    }

    /// An expansion that is split.
    fn bare(&self, part: &Part) -> Option<Plainly> {
        self.expansion(part).filter(|plainly| *plainly != Plainly::Path)
    }

    fn expansion(&self, part: &Part) -> Option<Plainly> {
        match &part.kind {
            PartKind::Parameter(parameter) => self.parameter(parameter),
            PartKind::Command(substitution) => printed(&substitution.body),
            PartKind::Arithmetic(_) => Some(NUMBER),
            _ => None,
        }
    }

    fn parameter(&self, parameter: &Parameter) -> Option<Plainly> {
        if parameter.indirect || is_shells_own(&parameter.name) {
            return None;
        }
        if parameter.subscript.is_some() {
            let all =
                matches!((&parameter.subscript, &parameter.op), (Some(Subscript::All), ParameterOp::Plain));
            let known = self.variables.get(&parameter.name).copied().flatten().filter(|_| all);
            return known.filter(|plainly| *plainly != Plainly::Path).map(|_| Plainly::Many);
        }
        match &parameter.op {
            ParameterOp::Length => Some(Plainly::One),
            ParameterOp::Plain => match self.variables.get(&parameter.name) {
                Some(known) => *known,
                // The shell keeps absolute paths in them, and so does a login.
                None => ["PWD", "OLDPWD", "HOME"].contains(&parameter.name.as_str()).then_some(Plainly::Path),
            },
            _ => None,
        }
    }

    /// What a value may come to.
    fn value(&self, word: &Word) -> Option<Plainly> {
        let plain = |part: &Part| matches!(&part.kind, PartKind::Literal(text) | PartKind::Quoted(text) if !text.contains(char::is_whitespace));
        match word.parts.as_slice() {
            [part] if plain(part) => {
                let text = word.plain()?;
                (!word.braces && !text.starts_with(['-', '*', '?', '[', '~']) && !text.is_empty())
                    .then_some(Plainly::One)
            }
            [Part { kind: PartKind::DoubleQuoted(inner), .. }] => match inner.as_slice() {
                [part] if plain(part) => {
                    word.plain().filter(|text| !text.starts_with('-')).map(|_| Plainly::One)
                }
                [part] => self.expansion(part),
                _ => None,
            },
            [part] => self.expansion(part),
            _ => None,
        }
    }
}

/// The parts of a word, those in quotes too.
pub(super) fn every_part(parts: &[Part]) -> impl Iterator<Item = &Part> {
    parts.iter().flat_map(|part| match &part.kind {
        PartKind::DoubleQuoted(inner) => inner.as_slice(),
        _ => std::slice::from_ref(part),
    })
}

/// Whether an expansion is several words in quotes, too: `"$@"`, `"${names[@]}"`.
pub(super) fn multiplies(part: &Part) -> bool {
    let PartKind::Parameter(parameter) = &part.kind else { return false };
    let all = parameter.name == "@" || matches!(parameter.subscript, Some(Subscript::All));
    (all || parameter.indirect) && !matches!(parameter.op, ParameterOp::Length)
}

/// What a substitution prints.
fn printed(body: &Sequence) -> Option<Plainly> {
    let [statement] = body.statements.as_slice() else { return None };
    if !statement.rest.is_empty() || statement.background {
        return None;
    }
    piped(&statement.first.stages)
}

/// What a pipeline of these commands prints.
pub(super) fn piped(commands: &[Command]) -> Option<Plainly> {
    Tables::builtin().outputs().of(&written_or(commands, &stands_for)?)
}

/// What may stand for a word that is a substitution, and one word in any case: `readlink -f "$(which ls)"`.
fn stands_for(word: &Word) -> Option<String> {
    let [Part { kind: PartKind::DoubleQuoted(inner), .. }] = word.parts.as_slice() else { return None };
    let [Part { kind: PartKind::Command(substitution), .. }] = inner.as_slice() else { return None };
    printed(&substitution.body).map(|_| HOLE.to_string())
}

/// What `xargs` takes from a pipeline of these commands. `nul`: each word ends with a NUL.
pub(super) fn fed(commands: &[Command], nul: bool) -> Option<Plainly> {
    if !nul {
        return piped(commands).filter(|given| *given != Plainly::Path);
    }
    (listed(commands, true) == Some(Listing::Placed)).then_some(Plainly::Path)
}

/// The words of these commands, where all of them are written and nothing else happens.
pub(super) fn written(commands: &[Command]) -> Option<Vec<Vec<String>>> {
    written_or(commands, &|_| None)
}

/// The same, with what `other` puts in the place of a word that is not written.
fn written_or(commands: &[Command], other: &dyn Fn(&Word) -> Option<String>) -> Option<Vec<Vec<String>>> {
    let quiet = |redirect: &Redirect| {
        redirect.op == RedirectOp::Output
            && matches!(redirect.fd, Some(Fd::Number(2)))
            && matches!(&redirect.target, Target::Word(word) if word.plain().as_deref() == Some("/dev/null"))
    };
    // A quoted pattern is no pattern of the shell's.
    let globs = |part: &Part| matches!(&part.kind, PartKind::Literal(text) if text.contains(['*', '?', '[']));
    let text = |word: &Word| match word.plain() {
        Some(text) => Some(text).filter(|_| !word.braces && !word.parts.iter().any(globs)),
        None => other(word),
    };
    let mut stages = Vec::new();
    for command in commands {
        let CommandKind::Simple(simple) = &command.kind else { return None };
        if !simple.assignments.is_empty() || !command.redirects.iter().all(quiet) {
            return None;
        }
        stages.push(simple.words.iter().map(text).collect::<Option<Vec<String>>>()?);
    }
    Some(stages)
}
