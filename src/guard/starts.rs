//! Words that are not known, but are known to be no option: ids, absolute paths, names that may not begin with a dash.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::syntax::{
    Assignment, Command, CommandKind, Fd, For, Parameter, ParameterOp, Part, PartKind, Pipeline, Redirect,
    RedirectOp, Script, Sequence, Subscript, Target, Value, Word,
};
use crate::bash::visit::{self, Visitor};
use crate::bash::{is_name, is_shells_own};
use crate::commands::{HOLE, Plainly, Tables};
use crate::source::Span;

use super::builtins::{SETTING, named};
use super::listing::{Listing, Reader, listed, readers, substituted};

/// What is known of how the texts' variables begin.
#[derive(Debug, Default)]
pub(super) struct Starts {
    /// By name: `None` where some value of it is not known.
    variables: FxHashMap<String, Option<Plainly>>,
    /// Commands whose variables are told otherwise: they read what a pipe is known to give.
    read: FxHashSet<Span>,
}

impl Starts {
    /// Reads all assignments of these texts.
    pub(super) fn of<'s>(scripts: impl Iterator<Item = &'s Script>) -> Self {
        let scripts: Vec<&Script> = scripts.collect();
        let mut starts = Self::default();
        // A variable that another one is set to may be set to something else further down: until nothing is lost any more.
        loop {
            let before = starts.variables.clone();
            for script in &scripts {
                visit::walk_script(&mut starts, script);
            }
            if starts.variables == before {
                return starts;
            }
        }
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

    fn assigned(&mut self, name: &str, value: Option<Plainly>) {
        let known = self.variables.entry(name.to_owned()).or_insert(value);
        *known = known.zip(value).map(|(a, b)| a.max(b));
    }

    fn loop_over(&mut self, each: &For) {
        let words = each.words.as_deref();
        let all = words.and_then(|words| {
            words.iter().try_fold((), |(), word| {
                self.value(word).filter(|plainly| *plainly != Plainly::Path).map(|_| ())
            })
        });
        // One word at a time.
        self.assigned(&each.variable.name, all.map(|()| Plainly::One));
    }
}

impl<'s> Visitor<'s> for Starts {
    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        for Reader { read, name, others, nul, source } in readers(pipeline) {
            let given = if !others.is_empty() {
                let words = written_or(source, &stands_for);
                words
                    .and_then(|words| Tables::builtin().outputs().of_first(&words))
                    .filter(|given| *given != Plainly::Path)
            } else if nul {
                (listed(source, true) == Some(Listing::Placed)).then_some(Plainly::Path)
            } else {
                piped(source).filter(|given| *given != Plainly::Path)
            };
            if given.is_some() {
                self.read.insert(read);
                // A line is split where it is used, and not before.
                self.assigned(&name, given);
                for other in &others {
                    self.assigned(other, None);
                }
            }
        }
        visit::walk_pipeline(self, pipeline);
    }

    fn command(&mut self, command: &'s Command) {
        match &command.kind {
            CommandKind::For(each) => self.loop_over(each),
            CommandKind::Select(each) => {
                self.assigned(&each.variable.name, None);
                self.assigned("REPLY", None);
            }
            CommandKind::Simple(_) if mapped(command).is_some() => {
                if let Some((name, given)) = mapped(command) {
                    self.assigned(&name, given);
                }
            }
            CommandKind::Simple(simple) if !self.read.contains(&command.span) => {
                if simple.words.first().and_then(Word::plain).as_deref() == Some("let") {
                    let texts = simple.words.iter().skip(1).filter_map(Word::plain);
                    for text in texts {
                        for name in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
                            self.assigned(name, None);
                        }
                    }
                }
                // Whatever names a variable may set it.
                for word in simple.words.iter().skip(1).filter_map(Word::plain) {
                    let name = named(&word);
                    let may_set =
                        || simple.words[0].plain().is_none_or(|first| SETTING.contains(&first.as_str()));
                    if is_name(name) && may_set() {
                        self.assigned(name, None);
                    }
                }
            }
            _ => {}
        }
        visit::walk_command(self, command);
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        let value = match &assignment.value {
            Value::Scalar(word) if assignment.target.subscript.is_none() => self.value(word),
            _ => None,
        };
        self.assigned(&assignment.target.name, value);
        visit::walk_assignment(self, assignment);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
        if let ParameterOp::Assign { .. } = &parameter.op {
            self.assigned(&parameter.name, None);
        }
        visit::walk_parameter(self, parameter);
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

/// The array that `mapfile -t NAME < <(commands)` fills, and what its elements are.
fn mapped(command: &Command) -> Option<(String, Option<Plainly>)> {
    let CommandKind::Simple(simple) = &command.kind else { return None };
    let words: Vec<String> = simple.words.iter().map(Word::plain).collect::<Option<_>>()?;
    let [program, option, name] = words.as_slice() else { return None };
    let fills = ["mapfile", "readarray"].contains(&program.as_str()) && option == "-t" && is_name(name);
    let source = substituted(command).filter(|_| fills && simple.assignments.is_empty())?;
    Some((name.clone(), piped(source).filter(|given| *given != Plainly::Path)))
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
