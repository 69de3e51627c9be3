//! Commands whose output is no option of whoever is given it.

use serde::Deserialize;

use super::effect::{glob, matches_words};

/// The patterns of `outputs.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outputs {
    path: Vec<String>,
    one: Vec<String>,
    many: Vec<String>,
    first: Vec<String>,
    slashed: Vec<String>,
    lines: Vec<String>,
    picked: Vec<Picked>,
    sets: Vec<Sets>,
}

/// Texts of which jq takes words that are no options.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Picked {
    /// Commands that print such a text.
    of: Vec<String>,
    /// Programs of jq, without blanks.
    by: Vec<String>,
}

/// What sets variables of its own only.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sets {
    /// Paths of files that are sourced, with `*`.
    #[serde(default)]
    files: Vec<String>,
    /// Commands whose output is evaluated.
    #[serde(default)]
    outputs: Vec<String>,
    /// The variables, with `*`.
    names: Vec<String>,
}

/// How many words an output has that is known to hold no option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plainly {
    /// At most one.
    One,
    /// Any number.
    Many,
    /// A path, which may hold blanks: one word where nothing splits it.
    Path,
}

impl Outputs {
    /// The variables that sourcing the file sets; `None` where they may be any.
    pub fn set_by_file(&self, path: &str) -> Option<&[String]> {
        let fits = |sets: &&Sets| sets.files.iter().any(|file| glob(file, path));
        self.sets.iter().find(fits).map(|sets| sets.names.as_slice())
    }

    /// The variables that evaluating the command's output sets; `None` where they may be any.
    pub fn set_by_output(&self, words: &[&str]) -> Option<&[String]> {
        let fits = |sets: &&Sets| sets.outputs.iter().any(|command| matches_words(command, words));
        self.sets.iter().find(fits).map(|sets| sets.names.as_slice())
    }

    /// What a pipeline of these commands prints; `None` where nothing is known of it.
    pub fn of(&self, stages: &[Vec<String>]) -> Option<Plainly> {
        let (first, filters) = stages.split_first()?;
        let known = |patterns: &[String], words: &[String]| {
            patterns.iter().any(|pattern| {
                let pattern: Vec<&str> = pattern.split(' ').collect();
                fits(&pattern, words)
            })
        };
        let picked = |filter: &Vec<String>| {
            self.picked.iter().any(|picked| known(&picked.of, first) && picked.is_by(filter))
        };
        let mut filters = filters.iter();
        // Columns of a list are told one by one: of two only the first one is known.
        let columns = repeats(first, &[]);
        let two = first.iter().filter(|word| *word == "-c").count() == 2
            && !first.iter().any(|word| word.starts_with("--c"));
        if repeats(first, &["-c"]) || columns && !(two && known(&self.first, first)) {
            return None;
        }
        let mut found = if columns {
            Plainly::Many
        } else if known(&self.one, first) {
            Plainly::One
        } else if known(&self.path, first) {
            Plainly::Path
        } else if known(&self.many, first) || known(&self.first, first) || filters.next().is_some_and(picked)
        {
            Plainly::Many
        } else {
            return None;
        };
        let mut whole = !known(&self.first, first);
        let mut slashed = known(&self.slashed, first);
        for filter in filters {
            if !whole && takes_first(filter) {
                whole = true;
                continue;
            }
            if slashed && takes_second(filter) {
                slashed = false;
                continue;
            }
            if !known(&self.lines, filter) {
                return None;
            }
            let words: Vec<&str> = filter.iter().map(String::as_str).collect();
            if matches!(words.as_slice(), ["head" | "tail", "-1" | "-n1"] | ["head" | "tail", "-n", "1"]) {
                found = if found == Plainly::Path { found } else { Plainly::One };
            }
        }
        whole.then_some(found)
    }
}

impl Outputs {
    /// What the first words of the lines are that a pipeline of these commands prints.
    pub fn of_first(&self, stages: &[Vec<String>]) -> Option<Plainly> {
        let first = ["awk", "{print $1}"].map(str::to_owned).to_vec();
        self.of(stages).or_else(|| self.of(&[stages, &[first]].concat()))
    }
}

impl Picked {
    /// Whether a filter is jq with one of the programs.
    fn is_by(&self, words: &[String]) -> bool {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (["jq", "-r" | "--raw-output", program] | ["jq", program, "-r"] | ["jq", program]) =
            words.as_slice()
        else {
            return false;
        };
        let Some(bare) = without_selection(program) else { return false };
        let name = |text: &str| {
            text.chars().all(|c| c.is_ascii_alphanumeric() || ['-', '_', '"', '[', ']'].contains(&c))
        };
        self.by.iter().any(|known| match known.split_once('*') {
            None => *known == bare,
            Some((front, back)) => {
                bare.strip_prefix(front).and_then(|rest| rest.strip_suffix(back)).is_some_and(name)
            }
        })
    }
}

/// A program of jq without blanks, and without what only chooses: `.[]|select(...)|.ID` takes what `.[].ID` takes.
fn without_selection(program: &str) -> Option<String> {
    let bare: String = program.chars().filter(|c| !c.is_whitespace()).collect();
    let mut rest = match bare.split_once("|select(") {
        Some((".[]", rest)) => rest,
        Some(_) => return None,
        None => return Some(bare.replace(".[]|.", ".[].")),
    };
    loop {
        let behind = rest[closing(rest)? + 1..].strip_prefix('|')?;
        match behind.strip_prefix("select(") {
            Some(next) => rest = next,
            None => return Some(format!(".[]{behind}")),
        }
    }
}

/// Where the parenthesis closes that is open.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    let mut quoted = false;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '#' => return None,
            '\\' => drop(chars.next()),
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Whether a filter leaves what stands behind the slash of each line.
fn takes_second(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["cut", "-d/", "-f2"] | ["cut", "-d", "/", "-f2"] | ["cut", "-d", "/", "-f", "2"] => true,
        ["sed", program] => ["s|.*/||", "s,.*/,,", "s#.*/##"].contains(program),
        _ => false,
    }
}

/// Whether a filter leaves the first word of each line, and nothing else.
fn takes_first(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["awk", program] => {
            let Some(condition) = program.trim_end().strip_suffix("{print $1}") else { return false };
            // It compares, and sets nothing.
            let compares = condition.replace("==", "").replace("!=", "").replace(">=", "").replace("<=", "");
            let plain = |c: char| c.is_ascii_alphanumeric() || " \"$_.~/!<>&|".contains(c);
            compares.chars().all(plain) && !condition.contains("getline")
        }
        ["cut", "-d ", "-f1"] | ["cut", "-d", " ", "-f1"] | ["cut", "-f1", "-d "] => true,
        _ => false,
    }
}

/// Whether an option is given twice, other than one of these: the last one would hold.
fn repeats(words: &[String], but_for: &[&str]) -> bool {
    let name = |word: &str| match word.strip_prefix("--") {
        Some(long) => long.split('=').next().unwrap_or(long).to_owned(),
        None => word.chars().take(2).collect(),
    };
    let names: Vec<String> = words
        .iter()
        .filter(|word| word.starts_with('-') && !but_for.contains(&word.as_str()))
        .map(|word| name(word))
        .collect();
    names.iter().enumerate().any(|(index, name)| names[..index].contains(name))
        || names.iter().any(|name| name == "o" || name == "-o")
            && words.iter().any(|word| word.starts_with("--output"))
        || words.iter().any(|word| word.starts_with("--template") || word.starts_with("--print"))
}

fn fits(pattern: &[&str], words: &[String]) -> bool {
    match (pattern.split_first(), words.split_first()) {
        (None, None) => true,
        (Some((&"...", rest)), _) => (0..=words.len()).any(|skipped| fits(rest, &words[skipped..])),
        (Some((one, rest)), Some((word, others))) => is(one, word) && fits(rest, others),
        _ => false,
    }
}

fn is(pattern: &str, word: &str) -> bool {
    pattern.split('|').any(|one| {
        if one.starts_with('-') {
            // `-*` is a number of lines.
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            return match one.strip_suffix('*') {
                Some("-") => word.strip_prefix('-').is_some_and(digits),
                Some(start) => word.starts_with(start),
                None => one == word,
            };
        }
        !word.starts_with('-') && !word.is_empty() && (one == word || !one.contains("[*]") && glob(one, word))
    })
}
