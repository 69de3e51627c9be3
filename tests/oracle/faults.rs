//! Where shfmt is wrong, and where `bash -n` accepts what bash then fails on: a list with bash's own view beside each
//! entry.

use std::collections::HashSet;

use crate::compare::{Difference, Kind};

/// Characters of a command's text that an entry holds.
const KEY_CHARS: usize = 40;

/// Known faults: kind and how the text starts.
pub struct Faults(HashSet<(Kind, String)>);

/// The list of the fixtures.
pub fn known() -> Faults {
    read(include_str!("../../fixtures/reading/shfmt-faults.tsv"))
        .unwrap_or_else(|line| panic!("shfmt-faults.tsv: no entry: {line}"))
}

/// Reads a list; the first line that is no entry is the error.
pub fn read(list: &str) -> Result<Faults, String> {
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entries = lines.map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [kind, text, view] = fields.as_slice() else { return Err(line.to_owned()) };
        let kind = Kind::ALL.into_iter().find(|known| known.name() == *kind);
        let kind = kind.filter(|_| !view.trim().is_empty());
        Ok((kind.ok_or_else(|| line.to_owned())?, key(text)))
    });
    Ok(Faults(entries.collect::<Result<_, _>>()?))
}

impl Faults {
    /// The differences that are shfmt's fault, and the others.
    pub fn divide(&self, differences: Vec<Difference>) -> (Vec<Difference>, Vec<Difference>) {
        let is_known = |difference: &Difference| self.0.contains(&(difference.kind, key(&difference.text)));
        differences.into_iter().partition(is_known)
    }
}

fn key(text: &str) -> String {
    text.chars().take(KEY_CHARS).collect::<String>().trim_end().to_owned()
}
