//! The changelog: entries with an id, what, why and revert.
//!
//! An entry is a heading with a ledger id in it and what follows, up to the next heading of its level or above.
//! This module never decides whether an entry is good enough for a rule; it says what is in it.

use crate::bash;
use crate::id::LedgerId;
use crate::markdown;
use crate::source::RepoPath;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: LedgerId,
    /// The file that holds it.
    pub path: RepoPath,
    /// Its line, from 1.
    pub line: usize,
    /// Heading and body.
    pub text: String,
    /// The same without what stands behind `Revert:`.
    record: String,
    /// The commits that its revert names.
    pub commits: Vec<String>,
    /// What is missing of it, in words; empty for a complete entry.
    pub missing: Vec<String>,
}

/// Reads the entries of one file. `prefixes` are the ledgers' prefixes.
pub fn entries(path: &RepoPath, text: &str, prefixes: &[String]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut level = 0;
    let mut open = false;
    let literal = markdown::literal_regions(text);
    let mut columns = Vec::new();
    let mut rows = Vec::new();
    let mut offset = 0;
    for (index, whole_line) in text.split_inclusive('\n').enumerate() {
        let line = whole_line.trim_end_matches(['\n', '\r']);
        let fenced = literal.iter().any(|region| region.contains(&offset));
        offset += whole_line.len();
        if !fenced && let Some(text) = row(line, &mut columns, prefixes) {
            rows.extend(first_id(line, prefixes).map(|id| Entry {
                id,
                path: path.clone(),
                line: index + 1,
                text,
                record: String::new(),
                commits: Vec::new(),
                missing: Vec::new(),
            }));
        }
        let heading = line.len() - line.trim_start_matches('#').len();
        let is_heading = !fenced && (1..=6).contains(&heading) && line[heading..].starts_with(' ');
        if is_heading && let Some(id) = first_id(line, prefixes) {
            entries.push(Entry {
                id,
                path: path.clone(),
                line: index + 1,
                text: String::new(),
                record: String::new(),
                commits: Vec::new(),
                missing: Vec::new(),
            });
            level = heading;
            open = true;
        } else if is_heading && heading <= level {
            open = false;
        }
        if open && let Some(entry) = entries.last_mut() {
            entry.text.push_str(line);
            entry.text.push('\n');
        }
    }
    entries.extend(rows);
    for entry in &mut entries {
        entry.missing = missing(&entry.text);
        entry.record = without_revert(&entry.text);
        entry.commits = field(&entry.text, "Revert").map(|body| commits(&body)).unwrap_or_default();
    }
    entries
}

/// The text of an entry that is one row of a table with the columns What, Why and Revert; `columns` holds the table's
/// heads from row to row.
fn row(line: &str, columns: &mut Vec<String>, prefixes: &[String]) -> Option<String> {
    let Some(inner) = line.trim().strip_prefix('|') else {
        columns.clear();
        return None;
    };
    let cells: Vec<&str> = inner
        .strip_suffix('|')
        .unwrap_or(inner)
        .split('|')
        .map(|cell| cell.trim_matches([' ', '*', '_']))
        .collect();
    if columns.is_empty() {
        *columns = cells.iter().map(|cell| (*cell).to_owned()).collect();
        return None;
    }
    let has = |label: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(label));
    if !["What", "Why", "Revert"].iter().all(|label| has(label)) || first_id(line, prefixes).is_none() {
        return None;
    }
    // The columns whose heads are no labels come first, lest they be read as a part of the last one.
    let (parts, others): (Vec<_>, Vec<_>) =
        columns.iter().zip(cells).partition(|(column, _)| labelled(&format!("{column}:")).is_some());
    let mut lines: Vec<String> = others.into_iter().map(|(_, cell)| cell.to_owned()).collect();
    lines.extend(parts.into_iter().map(|(column, cell)| format!("{column}: {cell}")));
    Some(lines.join("\n"))
}

/// The first ledger id with one of the prefixes in a line.
fn first_id(line: &str, prefixes: &[String]) -> Option<LedgerId> {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter_map(LedgerId::parse)
        .find(|id| prefixes.iter().any(|prefix| prefix == id.prefix()))
}

/// The parts that are not there or say nothing.
fn missing(text: &str) -> Vec<String> {
    let mut missing = Vec::new();
    for label in ["What", "Why", "Revert"] {
        match field(text, label) {
            None => missing.push(format!("no `{label}:`")),
            Some(body) if says_nothing(&body) => missing.push(format!("an empty `{label}:`")),
            Some(body) if label == "Revert" => missing.extend(unreadable_command(&body)),
            Some(_) => {}
        }
    }
    missing
}

/// What stands behind `Label:` (also `- **Label:**`, `### Label`), up to the next label.
fn field(text: &str, label: &str) -> Option<String> {
    let mut body: Option<String> = None;
    for line in text.lines() {
        match labelled(line) {
            Some((name, rest)) if name.eq_ignore_ascii_case(label) => {
                body.get_or_insert_default().push_str(rest);
            }
            Some(_) if body.is_some() => break,
            _ => {
                if let Some(body) = &mut body {
                    body.push('\n');
                    body.push_str(line);
                }
            }
        }
    }
    body
}

/// The text without its `Revert:` and what stands behind that, up to the next label.
fn without_revert(text: &str) -> String {
    let mut revert = false;
    let mut rest = String::new();
    for line in text.lines() {
        if let Some((name, _)) = labelled(line) {
            revert = name.eq_ignore_ascii_case("Revert");
        }
        if !revert {
            rest.push_str(line);
            rest.push('\n');
        }
    }
    rest
}

/// Splits `- **What:** text` into its label and the text.
fn labelled(line: &str) -> Option<(&str, &str)> {
    let heading = line.starts_with('#');
    let cell = line.trim_start().starts_with('|');
    let line = line.trim_start_matches(['#', '-', '*', ' ', '\t', '|', '_']);
    let end = line.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let known = [
        "what", "why", "revert", "date", "script", "scripts", "decision", "id", "ref", "refs", "links",
        "owner", "risk", "files",
    ];
    if name.is_empty() || !known.contains(&name.to_ascii_lowercase().as_str()) {
        return None;
    }
    let rest = rest.trim_start_matches(['*', '_']);
    let rest = if cell { rest.trim_start() } else { rest };
    match rest.strip_prefix([':', '|']) {
        Some(rest) => Some((name, rest.trim_start_matches(['*', '_', ' ']))),
        None if heading && rest.trim().is_empty() => Some((name, "")),
        None => None,
    }
}

/// The commits that a revert names: hexadecimal words of a call of git, or behind the word `commit` or `revert`.
fn commits(body: &str) -> Vec<String> {
    let mut commits = Vec::new();
    for call in body.split(['`', ';', '&', '|', '\n']) {
        let words: Vec<&str> = call
            .split(|c: char| c.is_whitespace() || "(),=".contains(c))
            .map(|word| word.trim_end_matches(['.', ':']))
            .filter(|word| !word.is_empty())
            .collect();
        let git = words.contains(&"git");
        for (index, word) in words.iter().enumerate() {
            let before = index.checked_sub(1).map_or("", |before| words[before]);
            let named = git || ["commit", "revert"].contains(&before.to_ascii_lowercase().as_str());
            let hexadecimal = word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            let digits = word.bytes().any(|byte| byte.is_ascii_digit());
            if named && hexadecimal && digits && (7..=40).contains(&word.len()) {
                commits.push((*word).to_owned());
            }
        }
    }
    commits
}

/// Whether a text is more than a placeholder.
pub fn says_something(text: &str) -> bool {
    !says_nothing(text)
}

fn says_nothing(body: &str) -> bool {
    let plain: String = body.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
    ["", "tbd", "n/a", "na", "todo", "none", "fixme", "tba"].contains(&plain.to_ascii_lowercase().as_str())
}

/// A revert that is one command in backticks, or a fence of shell text, must be one that a shell can read.
fn unreadable_command(body: &str) -> Option<String> {
    let starts_with_fence = ["```", "~~~"].iter().any(|fence| body.trim().starts_with(fence));
    if starts_with_fence && let Some(fence) = markdown::fences(body).into_iter().next() {
        let text = &body[fence.content];
        let shell = ["", "bash", "sh", "shell"].contains(&fence.info.as_str());
        return (shell && !bash::parse(text).unread.is_empty())
            .then(|| format!("a `Revert:` that no shell can read: `{}`", text.trim()));
    }
    let command = body.trim().strip_prefix('`')?.split('`').next()?;
    let command = command.replace('\n', " ");
    (!bash::parse(&command).unread.is_empty())
        .then(|| format!("a `Revert:` that no shell can read: `{command}`"))
}

impl Entry {
    /// Whether the entry names the script: by its path from the project root, from its own ledger's tree, or by a
    /// file name that no other script has. A `Revert:` may name scripts that must go too, and records none.
    pub fn names(&self, script: &RepoPath, unique_name: bool) -> bool {
        let mut paths = vec![script.as_str()];
        let mut base = self.path.as_str();
        while let Some((folder, _)) = base.rsplit_once('/') {
            paths.extend(script.as_str().strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')));
            base = folder;
        }
        if unique_name {
            paths.push(script.file_name());
        }
        paths.iter().any(|path| mentions(&self.record, path))
    }
}

/// Whether `path` stands in `text` as a whole path.
fn mentions(text: &str, path: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || "._-/".contains(c);
    text.match_indices(path).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_none_or(|c| !part(c) || text[..at].ends_with("./"));
        let rest = &text[at + path.len()..];
        let after = rest
            .chars()
            .next()
            .is_none_or(|c| !part(c) || (c == '.' && rest.chars().nth(1).is_none_or(|next| !part(next))));
        before && after
    })
}
