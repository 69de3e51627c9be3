//! The job `parse`: the simple commands of a file, as the places of their words.

use std::path::Path;

use crate::bash::{self, Witness};
use crate::lint::dialect;
use crate::repo::{Problem, read};
use crate::source::{Position, RepoPath, Span};

/// What a file says.
#[derive(Debug)]
pub struct Parsed {
    /// The words of every simple command, in the order of the text.
    pub commands: Vec<Vec<Span>>,
    /// What was not understood: where, and why.
    pub unread: Vec<(Position, String)>,
}

/// Reads and parses one file.
pub fn parse(path: &Path, witness: &dyn Witness) -> Result<Parsed, Problem> {
    let source = read::text(RepoPath::new(path.display().to_string()), path)?;
    let dialect = dialect(source.text(), source.path().as_str());
    let reading = bash::read(source.text(), dialect, witness);
    let unread = reading
        .unread
        .iter()
        .map(|unread| (source.position(unread.span.start), unread.reason.clone()))
        .collect();
    Ok(Parsed { commands: bash::command_words(&reading.script), unread })
}
