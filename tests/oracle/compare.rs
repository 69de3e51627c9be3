//! Two readings of one text, held against each other.

use std::collections::BTreeMap;
use std::fmt;

use gauntlet::bash::{self, Reading};

use crate::shfmt::{Outline, Words};

/// How a reading differs from the oracle's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The oracle sees a command that we do not.
    Missed,
    /// A command has other words.
    Misread,
    /// We see a command that the oracle does not.
    Invented,
    /// We say that we could not read what bash accepts.
    Unread,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Missed, Self::Misread, Self::Invented, Self::Unread];

    pub fn name(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Misread => "misread",
            Self::Invented => "invented",
            Self::Unread => "unread",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub kind: Kind,
    pub path: String,
    pub line: usize,
    /// How the command's text starts, in one line.
    pub text: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}:{}\t{}", self.kind.name(), self.path, self.line, self.text)
    }
}

/// The words of our commands, by where the first starts.
pub fn ours(reading: &Reading) -> BTreeMap<u32, Words> {
    let commands = bash::command_words(&reading.script).into_iter();
    let words = commands.map(|words| words.iter().map(|span| (span.start, span.end)).collect::<Words>());
    words.filter_map(|words| Some((words.first()?.0, words))).collect()
}

/// What `ours` says otherwise than `theirs`, in the order of the text.
pub fn compare(path: &str, text: &str, ours: &BTreeMap<u32, Words>, theirs: &Outline) -> Vec<Difference> {
    let mut found: Vec<(u32, Kind)> = Vec::new();
    for (start, words) in &theirs.calls {
        match ours.get(start) {
            None => found.push((*start, Kind::Missed)),
            Some(read) if read != words => found.push((*start, Kind::Misread)),
            Some(_) => {}
        }
    }
    let missed = theirs.declarations.iter().filter(|start| !ours.contains_key(start));
    found.extend(missed.map(|start| (*start, Kind::Missed)));
    let known = |start: &u32| theirs.calls.contains_key(start) || theirs.declarations.contains(start);
    let invented = ours.keys().filter(|start| !known(start));
    found.extend(invented.map(|start| (*start, Kind::Invented)));
    found.sort_unstable();
    found.into_iter().map(|(start, kind)| difference(kind, path, text, start)).collect()
}

/// A difference at the byte `start`.
pub fn difference(kind: Kind, path: &str, text: &str, start: u32) -> Difference {
    let (before, after) = text.split_at_checked(start as usize).unwrap_or((text, ""));
    let shown = after.chars().take(60).flat_map(|character| {
        if character.is_control() { character.escape_default().collect() } else { vec![character] }
    });
    Difference { kind, path: path.to_owned(), line: before.matches('\n').count() + 1, text: shown.collect() }
}

/// How many there are of each kind, in words.
pub fn by_kind(differences: &[Difference]) -> String {
    let count = |kind: Kind| differences.iter().filter(|difference| difference.kind == kind).count();
    Kind::ALL.map(|kind| format!("{} {}", count(kind), kind.name())).join(", ")
}
