//! Puts right what bash says about a call's line.
//!
//! Bash notes the line of a simple command after it has looked one word ahead: where a backslash ends the line after
//! the command's first word, it names the next line. What stands in the text of a trap for EXIT it places on line 1. In a
//! substitution it counts from where the command that holds it stands, and that may be noted at the end of its word.

mod substituted;

use std::collections::BTreeMap;
use std::fs;

use substituted::Substituted;

/// The scripts that called so far, by path.
#[derive(Default)]
pub(super) struct Lines {
    files: BTreeMap<String, File>,
}

#[derive(Default)]
struct File {
    lines: Vec<String>,
    substituted: Substituted,
}

impl File {
    fn read(path: &str) -> Self {
        let text = fs::read(path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        Self { lines: text.lines().map(str::to_owned).collect(), substituted: Substituted::of(&text) }
    }
}

impl Lines {
    /// The line on which the call with these words starts, given what bash said.
    pub fn start(&mut self, path: &str, said: u32, program: &str, argv: &[String]) -> u32 {
        let File { lines, substituted } =
            self.files.entry(path.to_owned()).or_insert_with(|| File::read(path));
        if let Some(line) = substituted.line(said, argv) {
            return line;
        }
        let line = |number: u32| {
            let index = usize::try_from(number).ok()?.checked_sub(1)?;
            lines.get(index).map(String::as_str)
        };
        let names = |text: &str| {
            text.split(|c: char| !(c.is_alphanumeric() || "._-".contains(c))).any(|word| word == program)
        };
        match (said.checked_sub(1).and_then(line), line(said)) {
            (Some(before), Some(here)) if before.ends_with('\\') && names(before) && !names(here) => said - 1,
            // A command in the text of a trap for EXIT has line 1.
            (_, here) if said == 1 && !here.is_some_and(names) => (2..)
                .map_while(|number| Some((number, line(number)?)))
                .find(|(_, text)| text.trim_start().starts_with("trap ") && names(text))
                .map_or(said, |(number, _)| number),
            // A substitution in a heredoc has the line of the command that reads it.
            (_, Some(here)) if !names(here) => match here.split_once("<<").map(|(_, rest)| delimiter(rest)) {
                Some(end) if !end.is_empty() => (said + 1..)
                    .map_while(|number| Some((number, line(number)?)))
                    .take_while(|(_, text)| text.trim() != end)
                    .find(|(_, text)| (text.contains("$(") || text.contains('`')) && names(text))
                    .map_or(said, |(number, _)| number),
                _ => said,
            },
            _ => said,
        }
    }
}

/// The word that ends a heredoc, from what stands behind `<<`.
fn delimiter(rest: &str) -> String {
    let rest = rest.trim_start_matches(['-', ' ', '\'', '"']);
    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
