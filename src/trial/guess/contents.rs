//! What the files that were put into the world should have said, read from a run's trace (`set -x`).

use std::collections::BTreeMap;

use super::{gates, wants};
use crate::trial::world::There;

/// So many of the last comparisons are looked at.
const COMPARED: usize = 12;

/// Other contents of the files that were put there, the likeliest first: path, content. `arms` are the patterns of the scripts'
/// `case` commands.
pub fn contents(trace: &str, there: &BTreeMap<String, There>, arms: &[String]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut add = |path: &String, content: String| {
        if !found.iter().any(|(own, text)| own == path && *text == content) {
            found.push((path.clone(), content));
        }
    };
    let files = || {
        there.iter().filter_map(|(path, thing)| match thing {
            There::File(content) if !path.starts_with("/proc/") => Some((path, content)),
            _ => None,
        })
    };
    let held = gates::comparisons(trace).into_iter().take(COMPARED);
    let chosen = wants::chosen(trace).into_iter().take(COMPARED);
    let held = held.flat_map(|(left, right)| [(left.clone(), right.clone()), (right, left)]);
    let chosen = chosen.flat_map(|own| arms.iter().map(move |arm| (own.clone(), arm.clone())));
    for (own, other) in held.chain(chosen).filter(|(own, other)| own != other && !other.is_empty()) {
        for (path, content) in files() {
            if let Some(content) = replaced(content, &own, &other) {
                add(path, content);
            }
        }
    }
    for (words, sample) in wants::searches(trace).into_iter().take(COMPARED) {
        for (path, content) in files().filter(|(path, _)| words.contains(path)) {
            add(path, format!("{}\n{sample}\n", content.trim_end()));
        }
    }
    found
}

/// The content with `other` in the place of `own`, where that is a value of it: a line, a word, what stands behind a `=`.
fn replaced(content: &str, own: &str, other: &str) -> Option<String> {
    let is_value = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=' | ':');
    let at = content.match_indices(own).map(|(at, _)| at).find(|at| {
        let (before, after) = (&content[..*at], &content[at + own.len()..]);
        before.chars().next_back().is_none_or(is_value) && after.chars().next().is_none_or(is_value)
    });
    let at = at.filter(|_| !own.is_empty())?;
    Some(format!("{}{other}{}", &content[..at], &content[at + own.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_should_have_held_what_its_value_was_compared_with() {
        let file = |text: &str| There::File(text.to_owned());
        let there = BTreeMap::from([
            ("/etc/os-release".to_owned(), file("NAME=\"Debian\"\nID=debian\n")),
            ("/etc/role".to_owned(), file("web-1\n")),
            ("/srv/app".to_owned(), There::Folder),
        ]);
        let arms = ["primary".to_owned()];
        let first = |trace: &str| contents(trace, &there, &arms).into_iter().next();
        let wanted = |path: &str, text: &str| Some((path.to_owned(), text.to_owned()));
        for (trace, want) in [
            (
                "+ [[ debian == \\u\\b\\u\\n\\t\\u ]]",
                wanted("/etc/os-release", "NAME=\"Debian\"\nID=ubuntu\n"),
            ),
            ("+ '[' web-1 '!=' standby ']'", wanted("/etc/role", "standby\n")),
            ("+ role=web-1\n+ case \"$role\" in", wanted("/etc/role", "primary\n")),
            ("+ grep -q '^active$' /etc/role", wanted("/etc/role", "web-1\nactive\n")),
            ("+ [[ other == \\x ]]", None),
        ] {
            assert_eq!(first(trace), want, "{trace}");
        }
    }
}
