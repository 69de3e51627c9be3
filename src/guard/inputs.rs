//! What commands read by redirections and pipes: files that may be connections, and programs that send on what they are given.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bash::syntax::{
    Command, CommandKind, Fd, ParameterOp, Part, PartKind, Pipeline, Redirect, RedirectOp, Script, Target,
    Word,
};
use crate::bash::visit::{self, Visitor};
use crate::commands::{HOLE, Tables, beyond};
use crate::source::Span;

use super::listing::{Listing, listed};
use super::plain::known_text;
use super::sets::{Given, Set, Sets};
use super::starts::{Starts, every_part, multiplies};

/// Folders of names under which bash opens a connection.
const CONNECTIONS: [&str; 2] = ["/dev/tcp/", "/dev/udp/"];

/// What was seen in the texts.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// By redirection: whether the name is known to be that of a file, or the variable that holds it.
    files: FxHashMap<Span, (bool, Option<String>)>,
    /// Variables that are given names of files by a loop, what is known of these where it reads them whole, and how often each
    /// variable is set.
    listed: FxHashMap<String, Option<Listing>>,
    set: FxHashMap<String, u32>,
    /// Commands that are given something to read.
    fed: FxHashSet<Span>,
    /// ... that is not written in the command.
    pub unknown: FxHashSet<Span>,
    /// Commands that send it on.
    pub sending: Vec<(Span, String)>,
    /// Whether some text among the words names a connection.
    named: bool,
    /// Commands by which a shell looks at scripts and runs none.
    checks: FxHashMap<Span, Checks>,
}

/// The scripts that a shell looks at.
#[derive(Debug, Default)]
struct Checks {
    /// How many.
    count: usize,
    /// Variables that hold such a name, and nothing else.
    variables: Vec<String>,
    /// Whether the shell splits a word, or puts names in the place of one.
    splits: bool,
}

/// What a command has on stdin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stdin {
    Nothing,
    /// Text that is written in the command.
    Written,
    Unknown,
}

struct Look<'l> {
    host: Option<Span>,
    starts: &'l Starts,
    stdin: Stdin,
    inputs: &'l mut Inputs,
}

impl Inputs {
    /// Looks at a text; `host` is the command that carries it.
    pub(super) fn look(&mut self, script: &Script, host: Option<Span>, starts: &Starts) {
        let fed = host.is_some_and(|host| self.fed.contains(&host));
        let stdin = if fed { Stdin::Unknown } else { Stdin::Nothing };
        visit::walk_script(&mut Look { host, starts, stdin, inputs: self }, script);
    }

    /// Whether no script that the shell at `at` looks at (`bash -n "$file"`) can be an option that lets it run something: its name
    /// is known well enough, or it is the only one, and there is nothing on stdin that could be run.
    pub(super) fn checks_only(&self, at: Span) -> bool {
        let Some(checks) = self.checks.get(&at) else { return false };
        let is_plain = |name: &String| {
            let listing = self.listed.get(name).copied().flatten();
            matches!(listing, Some(Listing::Ending | Listing::Placed)) && self.set.get(name) == Some(&1)
        };
        !checks.splits
            && (checks.variables.iter().all(is_plain) || checks.count == 1 && !self.fed.contains(&at))
    }

    /// Whether the names of these scripts may be split.
    pub(super) fn splits_scripts(&self, at: Span) -> bool {
        self.checks.get(&at).is_none_or(|checks| checks.splits)
    }

    /// Notes which variables hold names of files.
    pub(super) fn know(&mut self, sets: &Sets<'_>) {
        for Set { name, given, .. } in sets.iter() {
            let listing = match given {
                Given::Nothing | Given::Array => continue,
                Given::Line { source, nul, several: false } => listed(source, *nul).map(Some),
                Given::Each(words) => words.iter().all(names).then_some(None),
                _ => None,
            };
            *self.set.entry(name.clone().into_owned()).or_insert(0) += 1;
            if let Some(listing) = listing {
                self.listed.insert(name.clone().into_owned(), listing);
            }
        }
    }

    /// Whether bash may open a connection for the redirection at `at` from that file.
    pub(super) fn may_connect(&self, at: Span, file: &str) -> bool {
        let known = file.split(HOLE).next().unwrap_or_default();
        if known.is_empty() && file.contains(HOLE) {
            let is_listed = |name: &String| self.listed.contains_key(name) && self.set.get(name) == Some(&1);
            let is_file =
                |(known, name): &(bool, Option<String>)| *known || name.as_ref().is_some_and(is_listed);
            return self.named || !self.files.get(&at).is_some_and(is_file);
        }
        let whole = known.len() == file.len();
        CONNECTIONS.iter().any(|folder| known.starts_with(folder) || !whole && folder.starts_with(known))
    }
}

impl Look<'_> {
    fn at(&self, span: Span) -> Span {
        self.host.unwrap_or(span)
    }

    /// What the command's own redirections give it.
    fn given(&self, command: &Command) -> Stdin {
        let own =
            command.redirects.iter().filter(|redirect| matches!(redirect.fd, None | Some(Fd::Number(0))));
        own.fold(self.stdin, |stdin, redirect| match (redirect.op, &redirect.target) {
            (RedirectOp::Input | RedirectOp::DuplicateInput, Target::Word(word)) => {
                match word.plain().as_deref() {
                    Some("/dev/null" | "-") => Stdin::Nothing,
                    _ => Stdin::Unknown,
                }
            }
            (RedirectOp::HereString, Target::Word(word)) if word.plain().is_some() => Stdin::Written,
            (RedirectOp::HereString | RedirectOp::HereDocument | RedirectOp::ReadWrite, _) => Stdin::Unknown,
            _ => stdin,
        })
    }

    /// Whether the words are those of a program that sends on what it reads.
    fn sends(&self, words: &[Word]) -> Option<String> {
        let words: Vec<String> = words.iter().map(|word| known_text(&word.parts)).collect();
        let base = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
        let first = base(words.first()?);
        let most = if Tables::builtin().wrappers(&first).is_empty() { 1 } else { words.len() };
        let is = |at: usize, line: &str| {
            let mut names = line.split(' ');
            names.next() == Some(base(&words[at]).as_str())
                && names.eq(words[at + 1..].iter().take(line.split(' ').count() - 1))
        };
        let found = |lines: &[&str]| (0..most).find(|at| lines.iter().any(|line| is(*at, line)));
        let ignores = words.iter().any(|word| ["-I", "--ignore-stdin"].contains(&word.as_str()));
        let sends = found(beyond::SEND_STDIN).filter(|_| self.stdin != Stdin::Nothing && !ignores);
        let sends =
            sends.or_else(|| found(beyond::SEND_UNKNOWN_STDIN).filter(|_| self.stdin == Stdin::Unknown));
        sends.map(|at| base(&words[at]))
    }
}

impl<'s> Visitor<'s> for Look<'_> {
    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        let outer = self.stdin;
        for (index, stage) in pipeline.stages.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| &pipeline.stages[before]);
            self.stdin = match before {
                None => outer,
                Some(before) if only_says(before) => Stdin::Written,
                Some(_) => Stdin::Unknown,
            };
            self.command(stage);
        }
        self.stdin = outer;
    }

    fn command(&mut self, command: &'s Command) {
        let outer = self.stdin;
        self.stdin = match &command.kind {
            CommandKind::Function(_) => Stdin::Unknown,
            _ => self.given(command),
        };
        if let CommandKind::Simple(simple) = &command.kind {
            let at = self.at(command.span);
            if self.stdin != Stdin::Nothing {
                self.inputs.fed.insert(at);
            }
            if self.stdin == Stdin::Unknown {
                self.inputs.unknown.insert(at);
            }
            if let Some(checks) = checks(&simple.words) {
                let all = self.inputs.checks.entry(at).or_default();
                all.count += checks.count;
                all.variables.extend(checks.variables);
                all.splits |= checks.splits;
            }
            if let Some(program) = self.sends(&simple.words) {
                self.inputs.sending.push((at, program));
            }
        }
        visit::walk_command(self, command);
        self.stdin = outer;
    }

    fn redirect(&mut self, redirect: &'s Redirect) {
        if let (RedirectOp::Input, Target::Word(word)) = (redirect.op, &redirect.target) {
            let is_file =
                begins_at_home(&word.parts) || self.starts.of_words(std::slice::from_ref(word)).is_some();
            let at = self.at(redirect.span);
            let (known, name) = self.inputs.files.entry(at).or_insert_with(|| (true, variable(&word.parts)));
            *known &= is_file;
            if name.as_deref() != variable(&word.parts).as_deref() {
                *name = None;
            }
        }
        visit::walk_redirect(self, redirect);
    }

    fn word(&mut self, word: &'s Word) {
        let text = known_text(&word.parts);
        self.inputs.named |= text.contains("dev/tcp") || text.contains("dev/udp");
        visit::walk_parts(self, &word.parts);
    }
}

/// Whether a word of a loop is names of files.
fn names(word: &Word) -> bool {
    let [Part { kind: PartKind::Command(substitution), .. }] = word.parts.as_slice() else {
        return word.plain().is_some();
    };
    match substitution.body.statements.as_slice() {
        [statement] => statement.rest.is_empty() && listed(&statement.first.stages, false).is_some(),
        _ => false,
    }
}

/// Whether a command does nothing but write words of its own.
fn only_says(command: &Command) -> bool {
    let CommandKind::Simple(simple) = &command.kind else { return false };
    let words: Option<Vec<String>> = simple.words.iter().map(Word::plain).collect();
    let says = |words: Vec<String>| {
        words.first().is_some_and(|first| ["echo", "printf", "true", ":"].contains(&first.as_str()))
    };
    words.is_some_and(says) && command.redirects.is_empty()
}

/// The scripts that a command has a shell look at.
fn checks(words: &[Word]) -> Option<Checks> {
    let at = words
        .iter()
        .position(|word| word.plain().is_some_and(|text| super::syntax::SHELLS.contains(&text.as_str())))?;
    let [_, option, scripts @ ..] = &words[at..] else { return None };
    let mut checks = Checks { count: scripts.len(), ..Checks::default() };
    for word in scripts {
        match word.parts.as_slice() {
            _ if is_unclear(word) || every_part(&word.parts).any(multiplies) => checks.splits = true,
            _ if word.plain().is_some() => {}
            // With such a character in it, it is no option.
            [Part { kind: PartKind::DoubleQuoted(inner), .. }] if !known_text(inner).contains(['.', '/']) => {
                checks.variables.push(variable(inner).unwrap_or_default());
            }
            [Part { kind: PartKind::DoubleQuoted(_), .. }] => {}
            _ => checks.splits = true,
        }
    }
    (option.plain().as_deref() == Some("-n")).then_some(checks)
}

/// Whether a word is a pattern of names that may be options of a shell.
fn is_unclear(word: &Word) -> bool {
    let globs = |part: &Part| matches!(&part.kind, PartKind::Literal(text) if text.contains(['*', '?', '[']));
    word.parts.iter().any(globs) && !known_text(&word.parts).contains(['.', '/'])
}

/// The variable that a word is, and nothing else.
fn variable(parts: &[Part]) -> Option<String> {
    match parts {
        [Part { kind: PartKind::DoubleQuoted(inner), .. }] => variable(inner),
        [Part { kind: PartKind::Parameter(parameter), .. }] => {
            let plain = matches!(parameter.op, ParameterOp::Plain)
                && !parameter.indirect
                && parameter.subscript.is_none();
            plain.then(|| parameter.name.clone())
        }
        _ => None,
    }
}

/// Whether a name begins with the user's home or the folder at hand.
fn begins_at_home(parts: &[Part]) -> bool {
    match parts.first().map(|part| &part.kind) {
        Some(PartKind::DoubleQuoted(inner)) => begins_at_home(inner),
        Some(PartKind::Parameter(parameter)) => {
            ["HOME", "PWD"].contains(&parameter.name.as_str())
                && matches!(parameter.op, ParameterOp::Plain)
                && !parameter.indirect
        }
        _ => false,
    }
}
