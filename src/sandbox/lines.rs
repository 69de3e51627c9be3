//! Puts right what bash says about a call's line.
//!
//! Bash notes the line of a simple command after it has looked one word ahead: where a backslash ends the line after
//! the command's first word, it names the next line. What stands in the text of a trap for EXIT it places on line 1.

use std::collections::BTreeMap;
use std::fs;

/// The scripts that called so far, by path.
#[derive(Default)]
pub(super) struct Lines {
    files: BTreeMap<String, Vec<String>>,
}

impl Lines {
    /// The line on which the call of `program` starts, given what bash said.
    pub fn start(&mut self, path: &str, said: u32, program: &str) -> u32 {
        let lines = self.files.entry(path.to_owned()).or_insert_with(|| {
            let text = fs::read(path).unwrap_or_default();
            String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
        });
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
