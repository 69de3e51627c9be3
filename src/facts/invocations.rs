//! Invocations: what finally execs behind every command line, and through which wrappers it got there.
//!
//! One command line can give several: the commands of a payload, each value that its first word may have, each
//! `-exec`. What could not be read is an invocation too, with the reason, so that nobody takes silence for safety.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::mem;
use std::rc::Rc;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::bash::Dialect;
use crate::bash::syntax::Script;
use crate::commands::{HOLE, Tables};
use crate::source::{RepoPath, Span};

use super::calls::Line;
use super::value::{Place, Value};
use super::walk::{NoLibrary, Walk};
use super::{Context, Gates, SecretNames, observe};

/// A wrapper on the way to what execs. Two are the same whatever their own words are.
#[derive(Debug, Clone, Eq)]
pub struct Link {
    /// The wrapper: a program (`sudo`, `juju ssh`), a builtin (`eval`), a function of the script.
    pub name: String,
    /// Its own words behind its name, on whatever path: without the command that it runs. Unknown parts are [`HOLE`]s.
    pub words: Vec<String>,
    /// Its options, in each of their spellings.
    pub(super) options: Vec<String>,
    /// Whether what it runs runs on another machine or in a container.
    pub remote: bool,
    /// Why it may have been read wrongly.
    pub doubt: Option<String>,
}

impl PartialEq for Link {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.remote == other.remote && self.doubt == other.doubt
    }
}

impl Hash for Link {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.name, self.remote, &self.doubt).hash(state);
    }
}

impl Link {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), words: Vec::new(), options: Vec::new(), remote: false, doubt: None }
    }
}

/// What an invocation comes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ending {
    /// A program with these words.
    Program(Vec<String>),
    /// A command of the shell itself with these words.
    Builtin(Vec<String>),
    /// A file that a shell reads as a script, and its arguments.
    Script(Vec<String>),
    /// What runs cannot be told: the words as far as they are known, and why.
    Opaque {
        /// The words of the command that could not be read.
        words: Vec<String>,
        /// Why.
        reason: String,
    },
}

/// Something that a script runs. Unknown parts of words are [`HOLE`]s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The command in the script that runs it or carries it.
    pub at: Span,
    /// Whether it stands in another file that the script sources.
    pub elsewhere: bool,
    /// The wrappers, outermost first.
    pub chain: Vec<Link>,
    /// What it comes to.
    pub ending: Ending,
    /// Whether it is only seen in a function that nothing calls.
    pub dead: bool,
    /// Whether one of its words may in truth be none, or several.
    pub loose: bool,
}

impl Invocation {
    /// Whether it runs on another machine or in a container.
    pub fn remote(&self) -> bool {
        self.chain.iter().any(|link| link.remote)
    }

    /// Why the reading may be wrong, where it may.
    pub fn doubt(&self) -> Option<&str> {
        self.chain.iter().find_map(|link| link.doubt.as_deref())
    }
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for link in &self.chain {
            write!(f, "{} {} ", link.name, if link.remote { "=>" } else { ">" })?;
        }
        match &self.ending {
            Ending::Program(words) => write_words(f, words),
            Ending::Builtin(words) => {
                f.write_str("builtin ")?;
                write_words(f, words)
            }
            Ending::Script(words) => {
                f.write_str("script ")?;
                write_words(f, words)
            }
            Ending::Opaque { words, reason } => {
                write_words(f, words)?;
                write!(f, " opaque, because {reason}")
            }
        }
    }
}

fn write_words(f: &mut fmt::Formatter<'_>, words: &[String]) -> fmt::Result {
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            f.write_str(" ")?;
        }
        let word = word.replace(HOLE, "…");
        if word.is_empty() || word.contains(|c: char| c.is_whitespace() || c == '\'') {
            write!(f, "'{word}'")?;
        } else {
            f.write_str(&word)?;
        }
    }
    Ok(())
}

/// Shell text that a command carries and that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadText {
    /// The command that carries it.
    pub at: Span,
    /// Why.
    pub reason: String,
}

/// All invocations of a walk, each once, in the order in which they were first seen.
#[derive(Debug, Default)]
pub struct Invocations {
    list: Vec<Invocation>,
    /// Indexes by a hash of all but `dead`: thousands can stand at one `source`.
    index: FxHashMap<u64, Vec<usize>>,
}

impl Invocations {
    /// The invocations.
    pub fn all(&self) -> &[Invocation] {
        &self.list
    }

    /// Says of all that they stand at one place.
    pub fn place_all(&mut self, at: Span) {
        self.index.clear();
        for invocation in &mut self.list {
            invocation.at = at;
        }
    }

    /// The invocations; none are left.
    pub(super) fn take(&mut self) -> Vec<Invocation> {
        self.index.clear();
        mem::take(&mut self.list)
    }

    fn record(&mut self, invocation: Invocation) {
        let key = (invocation.at, invocation.elsewhere, &invocation.chain, &invocation.ending);
        let here = self.index.entry(FxBuildHasher.hash_one(key)).or_default();
        let known = here.iter().copied().find(|index| {
            let known = &self.list[*index];
            known.at == invocation.at
                && known.ending == invocation.ending
                && known.chain == invocation.chain
                && known.elsewhere == invocation.elsewhere
        });
        if let Some(index) = known {
            self.list[index].dead &= invocation.dead;
            self.list[index].loose |= invocation.loose;
            for (known, link) in self.list[index].chain.iter_mut().zip(invocation.chain) {
                for word in link.words {
                    if !known.words.contains(&word) {
                        known.words.push(word);
                    }
                }
            }
        } else {
            here.push(self.list.len());
            self.list.push(invocation);
        }
    }
}

/// What a script runs, by itself: without a library, with the built-in tables. What its reading left unread may run
/// anything else.
pub fn invocations(script: &Script) -> Vec<Invocation> {
    let names = SecretNames::new(Tables::builtin(), &[]);
    let context = Context {
        library: &NoLibrary,
        secret_names: &names,
        gates: Gates::usual(),
        own_files: &|_| false,
        traced: false,
        dialect: Dialect::Bash,
    };
    observe(&RepoPath::new("text"), script, &context).invocations.list
}

/// The way that led into the text that is being walked.
#[derive(Debug, Default)]
pub(super) struct Way {
    links: Vec<Link>,
    /// How many of the calls that are being followed are in `links` already.
    frames: usize,
    /// Functions that other shells on this machine have too.
    pub exported: BTreeSet<Rc<str>>,
    /// Above 0 while a mere guess is walked: nothing of it is an invocation.
    guesses: u32,
}

impl Way {
    /// The wrappers that led there, outermost first.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Whether a mere guess is walked.
    pub fn guessed(&self) -> bool {
        self.guesses > 0
    }

    /// The words of what led to other machines, their names among them.
    pub fn machines(&self) -> impl Iterator<Item = &str> + Clone {
        let remote = self.links.iter().filter(|link| link.remote);
        remote.flat_map(|link| &link.words).map(String::as_str)
    }
}

impl<'a> Walk<'a> {
    /// Notes what a command line comes to.
    pub(super) fn invoked(&mut self, line: &Line, ending: Ending) {
        if self.way.guesses > 0 {
            return;
        }
        let head = line.words.get(line.at);
        let place = if line.from_params { self.carrier(line.place, head) } else { line.place };
        let (at, elsewhere) = self.report_span(place);
        let mut chain = self.way.links.clone();
        chain.extend(self.functions(head));
        chain.extend(line.links.iter().cloned());
        let dead = self.dead;
        let loose = line.argv().iter().any(|word| word.splits);
        self.observations.invocations.record(Invocation { at, elsewhere, chain, ending, dead, loose });
    }

    /// Notes what a file that was summed up runs when it is sourced at `at`.
    pub(super) fn invoked_again(&mut self, known: &Invocation, at: Span) {
        if self.way.guesses > 0 {
            return;
        }
        let chain = self.way.links.iter().chain(&known.chain).cloned().collect();
        let dead = known.dead || self.dead;
        let ending = known.ending.clone();
        let loose = known.loose;
        self.observations.invocations.record(Invocation { at, elsewhere: true, chain, ending, dead, loose });
    }

    /// Notes that a command line cannot be read.
    pub(super) fn invoked_unknown(&mut self, line: &Line, reason: impl Into<String>) {
        let words = texts(line.words.get(line.at..).unwrap_or_default());
        self.invoked(line, Ending::Opaque { words, reason: reason.into() });
    }

    /// Notes that text which the way so far has led to cannot be read; `host` carries it.
    pub(super) fn invoked_unread(&mut self, host: Place, reason: String) {
        let nothing = Line {
            place: host,
            words: Vec::new(),
            spans: Vec::new(),
            from_params: false,
            given: std::rc::Rc::default(),
            exec: None,
            at: 0,
            links: Vec::new(),
        };
        self.invoked_unknown(&nothing, reason);
    }

    /// The script's functions that hand a command to the line that runs it (`run "$@"`), outermost first.
    fn functions(&self, head: Option<&Value>) -> Vec<Link> {
        let Some(written) = head.and_then(|head| head.written) else { return Vec::new() };
        let frames = self.frames.get(self.way.frames..).unwrap_or_default();
        let carries = |call: Place| call.file == written.file && call.span.contains(written.span);
        let first = frames.iter().position(|frame| frame.function.is_some() && carries(frame.call));
        let Some(first) = first else { return Vec::new() };
        frames[first..]
            .iter()
            .filter(|frame| frame.function.is_some())
            .map(|frame| Link::new(frame.name.as_ref()))
            .collect()
    }

    /// Runs something that a line carries: its invocations come by way of the line. `text` is what is carried.
    pub(super) fn by_way_of<T>(
        &mut self,
        line: &Line,
        text: Option<&Value>,
        by: Option<Link>,
        run: impl FnOnce(&mut Walk<'a>) -> T,
    ) -> T {
        let known = self.way.links.len();
        let functions = self.functions(text.or(line.words.get(line.at)));
        self.way.links.extend(functions);
        self.way.links.extend(line.links.iter().cloned());
        self.way.links.extend(by);
        let frames = mem::replace(&mut self.way.frames, self.frames.len());
        let out = run(self);
        self.way.frames = frames;
        self.way.links.truncate(known);
        out
    }

    /// Walks what may run but is no reading of the line: it is observed, and is no invocation.
    pub(super) fn guessing<T>(&mut self, run: impl FnOnce(&mut Walk<'a>) -> T) -> T {
        self.way.guesses += 1;
        let out = run(self);
        self.way.guesses -= 1;
        out
    }
}

/// The words' texts.
pub(super) fn texts(values: &[Value]) -> Vec<String> {
    values.iter().map(|value| value.text.clone()).collect()
}
