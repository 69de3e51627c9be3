//! What `find` finds, and what other commands name, of the guard's own files.

use crate::bash::syntax::{Command, CommandKind, Redirect, RedirectOp, Target};

use super::listing::prints_names;
use super::own::{is_own, names_own};
use super::plain::known_text;

/// Whether files of the guard are surely among what these words behind `find` look for: by the folder in which it looks, or
/// by a name that it looks for.
pub(super) fn finds_own(words: &[String]) -> bool {
    let begins = |word: &&String| word.starts_with(['-', '(', ')', '!', ',']);
    let folders = words.iter().take_while(|word| !begins(word));
    folders.clone().any(|folder| is_own(folder)) || names_own_file(&words[folders.count()..])
}

/// Whether one of the tests is for a file of the guard: one that is not turned round, and not for what is left out.
fn names_own_file(tests: &[String]) -> bool {
    let mut turned = vec![false];
    let mut turns = false;
    for (at, word) in tests.iter().enumerate() {
        let now = turned.last().copied().unwrap_or_default() != turns;
        match word.as_str() {
            "!" | "-not" => {
                turns = !turns;
                continue;
            }
            "(" => turned.push(now),
            ")" => drop(turned.pop()),
            "-name" | "-iname" | "-path" | "-ipath" | "-wholename" | "-iwholename" => {
                let wanted = tests.get(at + 1).map(|wanted| wanted.to_ascii_lowercase()).unwrap_or_default();
                // A pattern of names is for others, too.
                let whole = !["-name", "-iname"].contains(&word.as_str()) || !is_pattern(&wanted);
                if !now && whole && names(&wanted) && !is_left_out(&tests[at..]) {
                    return true;
                }
            }
            _ => {}
        }
        turns = false;
    }
    false
}

/// Whether a name is a pattern, but for a star in front.
fn is_pattern(name: &str) -> bool {
    name.trim_start_matches('*').contains(['*', '?', '['])
}

/// Whether what is found by a pattern is a file of the guard: one that it names, behind whatever stars.
fn names(pattern: &str) -> bool {
    let named = pattern.trim_start_matches(['*', '.', '/']);
    is_own(pattern) || is_own(named) || is_own(&format!(".{named}"))
}

/// Whether what these tests begin with is not looked into: `-path ./a -prune -o ...`, `( -path ./a -o -name b ) -prune -o ...`.
fn is_left_out(tests: &[String]) -> bool {
    let mut depth = 0_i32;
    for word in tests {
        match word.as_str() {
            "-prune" => return true,
            "(" => depth += 1,
            ")" => depth -= 1,
            // Behind what is closed the others of its kind are passed over.
            "-o" | "-or" | "," if depth < 0 => return false,
            "-o" | "-or" | "," if depth == 0 && !closes(tests) => return false,
            _ => {}
        }
    }
    false
}

/// Whether these tests begin within a parenthesis.
fn closes(tests: &[String]) -> bool {
    let depth = |depth: i32, word: &String| match word.as_str() {
        "(" => Some(depth + 1),
        ")" => (depth > 0).then_some(depth - 1),
        _ => Some(depth),
    };
    tests.iter().try_fold(0, depth).is_none()
}

/// Whether a redirection gives names of files of the guard to read.
pub(super) fn gives_own(redirect: &Redirect) -> bool {
    let text = match &redirect.target {
        Target::Word(word) if redirect.op == RedirectOp::HereString => known_text(&word.parts),
        Target::HereDocument(document) => known_text(document.body()),
        Target::Word(_) => return false,
    };
    text.split_whitespace().any(names_own)
}

/// Whether files of the guard are surely among the names that these commands print.
pub(super) fn lists_own(commands: &[Command]) -> bool {
    let words = |command: &Command| match &command.kind {
        CommandKind::Simple(simple) => {
            simple.words.iter().map(|word| known_text(&word.parts)).collect::<Vec<String>>()
        }
        _ => Vec::new(),
    };
    let stages: Vec<Vec<String>> = commands.iter().map(words).collect();
    let Some(([program, words @ ..], filters)) = stages.split_first().map(|(a, b)| (a.as_slice(), b)) else {
        return false;
    };
    let lists = ["echo", "printf"].contains(&program.as_str()) || prints_names(&stages[0]);
    let by_source =
        if program == "find" { finds_own(words) } else { words.iter().any(|word| names_own(word)) };
    let keeps = |filter: &Vec<String>| {
        let takes = filter.first().is_some_and(|name| name == "grep")
            && !filter.iter().any(|word| word.starts_with('-') && word.contains('v'));
        takes && filter.iter().skip(1).any(|word| names(word.trim_start_matches('^').trim_end_matches('$')))
    };
    lists && (by_source || filters.iter().any(keeps))
}
