//! Guessed answers: what a tool would print, told from the call's words and from what the script does with the answer.
//!
//! A guess is good enough where the script goes its way as it does in earnest. Nothing is remembered between calls, so
//! the same call at the same place gets the same answer in every run. What is chosen among several candidates is the
//! sweep's business; this module only offers them, the likeliest first.

mod cells;
mod commands;
mod contents;
mod document;
pub mod flow;
mod forms;
mod gates;
mod inner;
mod lacks;
mod machine;
mod mentions;
mod payloads;
mod scout;
mod values;
mod wants;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::commands::{Effect, Tables, Trouble};
use crate::trial::pattern::argv_matches;

pub use commands::PACKERS;
pub use contents::contents;
pub use flow::escaped;
pub use gates::{Sentinel, typed_phrase};
pub use lacks::{asked_for, called_by_path, lacks, unread};
pub use machine::PROCESS;
pub use mentions::{mentions, run};
pub use payloads::Given;
pub use scout::{Scout, Survey, survey};
pub use wants::{Want, wants};

/// What is known for guessing the answers of one script.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Guesses {
    /// The commands of the script whose output or status is used.
    pub hints: Vec<Hint>,
    /// Which candidate answers for a hint, where it is not the first.
    pub choices: BTreeMap<usize, usize>,
    /// The script's arguments.
    pub args: Vec<String>,
    /// Whether the text that a call hands to a shell elsewhere is run, so that its commands are calls too.
    #[serde(default)]
    pub payloads: bool,
}

/// A command as it stands in the script, and what becomes of its answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hint {
    /// Its words as an argv pattern; what is not known globs.
    pub words: Vec<String>,
    /// The file, as the world names it.
    pub file: String,
    /// The first and the last line of the command.
    pub lines: (u32, u32),
    /// The texts of several lines that it is given: on which line each begins, and how many line feeds it has.
    #[serde(default)]
    pub texts: Vec<(u32, usize)>,
    /// What becomes of its answer.
    pub reader: Reader,
}

/// What a script does with an answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reader {
    /// Whether a variable, a pipe or a test takes the output.
    pub captured: bool,
    /// Whether it reads what a pipeline feeds it, to the end.
    pub fed: bool,
    /// The variable that takes it.
    pub variable: Option<String>,
    /// jq programs that read it.
    pub filters: Vec<String>,
    /// Regular expressions that are looked for in it.
    pub wanted: Vec<String>,
    /// Regular expressions that should not be found in it.
    pub unwanted: Vec<String>,
    /// Whether an `if`, a `while` or a list decides by its status what is done.
    pub tested: bool,
    /// Whether somebody looks whether it is empty.
    #[serde(default)]
    pub looked: bool,
    /// Texts that lead on when it is one of them, best first.
    pub good: Vec<String>,
    /// Texts that lead to a failure.
    pub bad: Vec<String>,
    /// Regular expressions that it is compared with as a whole.
    pub shapes: Vec<String>,
    /// How many columns are read of each line.
    pub columns: usize,
    /// Which column is taken.
    pub column: Option<usize>,
    /// What stands between columns, where it is no blank.
    pub separator: Option<char>,
    /// Columns that must hold a text.
    pub cells: Vec<(usize, String)>,
    /// A loop goes on as long as the command succeeds.
    pub loops: bool,
    /// The first line is read over.
    #[serde(default)]
    pub header: bool,
    /// The shell reads it as commands (`eval "$(ssh-agent -s)"`).
    #[serde(default)]
    pub evaluated: bool,
}

impl Reader {
    /// Whether the answer is held against something.
    pub fn holds_something(&self) -> bool {
        let texts = [&self.good, &self.bad, &self.shapes, &self.wanted, &self.filters];
        // What says that something is not there is looked for in what a failure said.
        let refused = self.unwanted.iter().any(|text| !flow::tells_of_absence(text));
        refused || texts.iter().any(|texts| !texts.is_empty()) || !self.cells.is_empty()
    }
}

/// One possible answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reply {
    /// What is printed.
    pub stdout: String,
    /// What is printed on stderr.
    pub stderr: String,
    /// The exit code.
    pub exit: u8,
    /// Files that are written.
    pub writes: BTreeMap<String, String>,
}

impl Reply {
    fn text(stdout: impl Into<String>) -> Self {
        let mut stdout = stdout.into();
        if !stdout.is_empty() && !stdout.ends_with('\n') {
            stdout.push('\n');
        }
        Self { stdout, ..Self::default() }
    }

    fn absent(argv: &[String]) -> Self {
        if let Some(said) = Tables::builtin().answer(argv, Trouble::Absent).filter(|said| said.exit != 0) {
            return Self { stderr: said.stderr + "\n", exit: said.exit, ..Self::default() };
        }
        let program = argv.first().map_or("", |name| basename(name));
        Self { stderr: format!("{program}: not found\n"), exit: 1, ..Self::default() }
    }
}

impl Guesses {
    /// The hint for a call from that place: the one of the same line, else one with the same words.
    pub fn hint(&self, argv: &[String], at: Option<&(String, u32)>) -> Option<usize> {
        let fits = |hint: &Hint| {
            argv_matches(&hint.words, argv)
                || hint.words.first().is_some_and(|word| word == "*")
                    && hint.words.len() > 1
                    && pattern_tail_matches(&hint.words, argv)
        };
        let here = |hint: &Hint| {
            at.is_some_and(|(file, line)| hint.file == *file && (hint.lines.0..=hint.lines.1).contains(line))
        };
        let position = |wanted: &dyn Fn(&Hint) -> bool| self.hints.iter().position(wanted);
        position(&|hint| here(hint) && fits(hint)).or_else(|| position(&|hint| fits(hint)))
    }

    /// Whether the script holds what the call says against something.
    pub fn is_compared(&self, argv: &[String], at: Option<&(String, u32)>) -> bool {
        self.hint(argv, at).is_some_and(|hint| self.hints[hint].reader.holds_something())
    }

    /// Whether the script looks whether the call said anything.
    pub fn may_be_nothing(&self, argv: &[String], at: Option<&(String, u32)>) -> bool {
        let nothing = |texts: &[String]| texts.iter().any(String::is_empty);
        self.hint(argv, at).is_some_and(|hint| {
            let reader = &self.hints[hint].reader;
            nothing(&reader.bad) || nothing(&reader.good)
        })
    }

    /// Whether the script asks somewhere whether the call said anything, whatever it does then.
    pub fn is_looked_at(&self, argv: &[String], at: Option<&(String, u32)>) -> bool {
        self.may_be_nothing(argv, at)
            || self.hint(argv, at).is_some_and(|hint| self.hints[hint].reader.looked)
    }

    /// Whether the script decides by how the call ends.
    pub fn is_tested(&self, argv: &[String], at: Option<&(String, u32)>) -> bool {
        self.hint(argv, at).is_some_and(|hint| self.hints[hint].reader.tested)
    }

    /// Whether the call reads to its end what a pipeline feeds it.
    pub fn is_fed(&self, argv: &[String], at: Option<&(String, u32)>) -> bool {
        self.hint(argv, at).is_some_and(|hint| self.hints[hint].reader.fed)
    }

    /// Whether the script uses what the call prints, so that it must notice when that is not whole. What only goes to a
    /// log or to a reader's eyes is not used, and no list is too short for `jq`.
    pub fn is_used(&self, argv: &[String], at: Option<&(String, u32)>) -> bool {
        match argv.first().map(|name| basename(name)) {
            // It names what it made, or packs what it was given, or it says that it could not.
            Some(name) if name == "mktemp" || PACKERS.contains(&name) => return false,
            Some("jq")
                if argv.iter().any(|word| {
                    word.contains("[]") || word.contains("select(") || word.contains("empty")
                }) =>
            {
                return false;
            }
            _ => {}
        }
        self.hint(argv, at).is_none_or(|hint| self.hints[hint].reader.captured)
    }

    /// The answer to a call from that place, which comes for the `occurrence`th time.
    pub fn answer(&self, argv: &[String], at: Option<&(String, u32)>, occurrence: u32) -> Reply {
        let hint = self.hint(argv, at);
        let none = Reader::default();
        let reader = hint.map_or(&none, |hint| &self.hints[hint].reader);
        let mut candidates = candidates(argv, reader, &self.args);
        let choice = hint.and_then(|hint| self.choices.get(&hint)).copied().unwrap_or_default();
        if choice == 0 && reader.loops && occurrence > 1 {
            return Reply::absent(argv);
        }
        let choice = choice.min(candidates.len() - 1);
        candidates.swap_remove(choice)
    }

    /// Which candidates of a hint say no, where that is an answer of a tool that only asks: it has a code or words for it. Any
    /// other no is a failure, and no way of a run without one.
    pub fn refusing(&self, hint: usize, argv: &[String]) -> Vec<usize> {
        let Some(hint) = self.hints.get(hint) else { return Vec::new() };
        let tables = Tables::builtin();
        if tables.effect(argv) == Effect::Mutate {
            return Vec::new();
        }
        let codes = tables.answer_codes(argv);
        let absent =
            tables.answer(argv, Trouble::Absent).map(|said| said.exit).filter(|_| hint.reader.tested);
        let is_answer = |exit: u8| exit != 0 && (codes.contains(&exit) || absent == Some(exit));
        let all = candidates(argv, &hint.reader, &self.args).into_iter().enumerate();
        all.filter(|(_, reply)| is_answer(reply.exit)).map(|(at, _)| at).collect()
    }

    /// Which candidates of a hint say something, and are no failure.
    pub fn speaking(&self, hint: usize, argv: &[String]) -> Vec<usize> {
        let Some(hint) = self.hints.get(hint) else { return Vec::new() };
        let all = candidates(argv, &hint.reader, &self.args).into_iter().enumerate();
        all.filter(|(_, reply)| reply.exit == 0 && !reply.stdout.trim().is_empty())
            .map(|(at, _)| at)
            .collect()
    }

    /// Which candidate of a hint says nothing, and is no failure.
    pub fn silent(&self, hint: usize, argv: &[String]) -> Option<usize> {
        let all = candidates(argv, &self.hints.get(hint)?.reader, &self.args);
        all.iter().position(|reply| reply.exit == 0 && reply.stdout.trim().is_empty())
    }

    /// How many candidates a hint has for this call.
    pub fn alternatives(&self, hint: usize, argv: &[String]) -> usize {
        self.hints.get(hint).map_or(1, |hint| candidates(argv, &hint.reader, &self.args).len())
    }
}

/// Whether the words behind an unknown program match.
fn pattern_tail_matches(words: &[String], argv: &[String]) -> bool {
    let Some(name) = argv.first() else { return false };
    let mut pattern = words.to_vec();
    pattern[0].clone_from(name);
    argv_matches(&pattern, argv)
}

/// What a tool prints for a shell to read: it sets something.
const EVALUATED: &str = "GUESSED=1; export GUESSED";

/// The possible answers to a call, the likeliest first; never empty.
pub fn candidates(words: &[String], reader: &Reader, args: &[String]) -> Vec<Reply> {
    let mut replies: Vec<Reply> = Vec::new();
    let mut offer = |reply: Reply| {
        if !replies.contains(&reply) {
            replies.push(reply);
        }
    };
    if reader.evaluated {
        offer(Reply::text(EVALUATED));
    }
    let plain = commands::answer(words, reader, args, None);
    let refused = |reply: &Reply| reader.bad.iter().any(|bad| bad == reply.stdout.trim());
    let settled = reader.good.iter().any(|good| good == plain.stdout.trim());
    let silent_change = plain.stdout.is_empty() && Tables::builtin().effect(words) == Effect::Mutate;
    if settled || silent_change {
        offer(plain.clone());
    }
    for good in &reader.good {
        offer(commands::answer(words, reader, args, Some(good)));
    }
    for shape in &reader.shapes {
        if let Some(sample) = values::sample(shape) {
            offer(commands::answer(words, reader, args, Some(&sample)));
        }
    }
    if refused(&plain) {
        offer(Reply::default());
    }
    offer(plain);
    // What is looked for may be what should not be there.
    let finds_nothing = Reader {
        cells: Vec::new(),
        wanted: Vec::new(),
        good: Vec::new(),
        unwanted: [reader.unwanted.clone(), reader.wanted.clone()].concat(),
        ..reader.clone()
    };
    if !reader.wanted.is_empty() || !reader.cells.is_empty() {
        offer(commands::answer(words, &finds_nothing, args, None));
    }
    if reader.captured {
        offer(Reply::default());
        for bad in &reader.bad {
            offer(commands::answer(words, reader, args, Some(bad)));
        }
    }
    offer(Reply::absent(words));
    for exit in Tables::builtin().answer_codes(words) {
        offer(Reply { exit, ..Reply::default() });
    }
    replies
}

fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
