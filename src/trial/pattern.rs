//! Patterns over a call's words: each word of the pattern globs one word of the call, `**` any number of them.
//!
//! Everything that names calls speaks this one language: stubs, expectations, recoveries, what counts as mutation.
//! A glob here knows no folders: `*` matches every text, slashes and line feeds too.

use std::fmt;

/// An argv pattern, parsed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    words: Vec<String>,
    source: String,
}

/// Why a text is no argv pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternError {
    /// There is no word in it.
    Empty,
    /// A quote is not closed, or a backslash ends it.
    Unbalanced,
    /// A bracket is not closed.
    Bracket,
    /// It starts with `**` or `*`, which names no program.
    NoProgram,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the argv pattern is empty",
            Self::Unbalanced => "a quote of the argv pattern is not closed",
            Self::Bracket => "a bracket of the argv pattern is not closed (write `?` for a bracket itself)",
            Self::NoProgram => "the argv pattern names no program",
        })
    }
}

impl Pattern {
    /// Splits `text` as a shell would; every word is a glob, quoted or not.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let words = shlex::split(text).ok_or(PatternError::Unbalanced)?;
        match words.first().map(String::as_str) {
            None => Err(PatternError::Empty),
            Some("" | "*" | "**") => Err(PatternError::NoProgram),
            Some(_) if words.iter().any(|word| word.len() > 1 && opens(word)) => Err(PatternError::Bracket),
            Some(_) => Ok(Self { words, source: text.to_owned() }),
        }
    }

    /// The pattern's words, the program's name first.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The program's name (itself a glob).
    pub fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// Whether every call of the program matches: nothing but `**` and `*` follows its name.
    pub fn matches_every_call(&self) -> bool {
        self.words.len() > 1
            && self.words[1..].iter().any(|word| word == "**")
            && self.words[1..].iter().all(|word| word == "**")
    }

    /// Whether `argv` matches. The folders of a program's name count only where the pattern has some.
    pub fn matches<S: AsRef<str>>(&self, argv: &[S]) -> bool {
        argv_matches(&self.words, argv)
    }
}

/// Whether a glob has a bracket that is not closed.
fn opens(word: &str) -> bool {
    word.rfind('[').is_some_and(|at| !word[at..].contains(']'))
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// Whether the words of a call match the words of a pattern.
pub fn argv_matches<P: AsRef<str>, S: AsRef<str>>(pattern: &[P], argv: &[S]) -> bool {
    let (Some(program), Some(called)) = (pattern.first(), argv.first()) else { return false };
    let (program, called) = (program.as_ref(), called.as_ref());
    let called = if program.contains('/') { called } else { called.rsplit('/').next().unwrap_or(called) };
    glob(program, called) && words_match(&pattern[1..], &argv[1..])
}

fn words_match<P: AsRef<str>, S: AsRef<str>>(pattern: &[P], words: &[S]) -> bool {
    // The classic two-pointer match: on a mismatch the last `**` swallows one word more.
    let (mut at_pattern, mut at_word) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at_word < words.len() {
        let expected = pattern.get(at_pattern).map(AsRef::as_ref);
        if expected == Some("**") {
            retry = Some((at_pattern, at_word));
            at_pattern += 1;
        } else if expected.is_some_and(|expected| glob(expected, words[at_word].as_ref())) {
            at_pattern += 1;
            at_word += 1;
        } else if let Some((star, from)) = retry {
            retry = Some((star, from + 1));
            at_pattern = star + 1;
            at_word = from + 1;
        } else {
            return false;
        }
    }
    pattern[at_pattern..].iter().all(|rest| rest.as_ref() == "**")
}

/// Whether the whole of `text` matches the glob `pattern`: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`, and a backslash
/// before a character that stands for itself. An unclosed `[` is a plain character.
pub fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at_pattern, mut at_text) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at_text < text.len() {
        if pattern.get(at_pattern) == Some(&'*') {
            retry = Some((at_pattern, at_text));
            at_pattern += 1;
        } else if let Some(next) = one_matches(&pattern, at_pattern, text[at_text]) {
            at_pattern = next;
            at_text += 1;
        } else if let Some((star, from)) = retry {
            retry = Some((star, from + 1));
            at_pattern = star + 1;
            at_text = from + 1;
        } else {
            return false;
        }
    }
    pattern[at_pattern..].iter().all(|rest| *rest == '*')
}

/// Matches one character against the pattern's element at `at`; the place after the element where it matches.
fn one_matches(pattern: &[char], at: usize, c: char) -> Option<usize> {
    match pattern.get(at)? {
        '?' => Some(at + 1),
        '[' => match class(pattern, at) {
            Some((end, negated, members)) => (class_holds(members, c) != negated).then_some(end),
            None => (c == '[').then_some(at + 1),
        },
        '\\' if at + 1 < pattern.len() => (pattern[at + 1] == c).then_some(at + 2),
        plain => (*plain == c).then_some(at + 1),
    }
}

/// The class that opens at `open`: the place after it, whether it is negated, its members.
fn class(pattern: &[char], open: usize) -> Option<(usize, bool, &[char])> {
    let negated = matches!(pattern.get(open + 1), Some('!' | '^'));
    let first = open + 1 + usize::from(negated);
    // A `]` right after the opening is a member.
    let close = (first + 1..pattern.len()).find(|at| pattern[*at] == ']')?;
    Some((close + 1, negated, &pattern[first..close]))
}

fn class_holds(members: &[char], c: char) -> bool {
    let mut at = 0;
    while at < members.len() {
        if members.get(at + 1) == Some(&'-') && at + 2 < members.len() {
            if (members[at]..=members[at + 2]).contains(&c) {
                return true;
            }
            at += 3;
        } else if members[at] == c {
            return true;
        } else {
            at += 1;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, argv: &[&str]) -> bool {
        Pattern::parse(pattern).is_ok_and(|pattern| pattern.matches(argv))
    }

    #[test]
    fn a_double_star_stands_for_any_number_of_words_wherever_it_stands() {
        assert!(matches("openstack server list **", &["openstack", "server", "list"]));
        assert!(matches("openstack ** -c id", &["openstack", "show", "x", "-f", "value", "-c", "id"]));
        assert!(matches("curl ** https://x/*", &["/usr/bin/curl", "-s", "https://x/v1?list=true"]));
        assert!(!matches("openstack ** -c id", &["openstack", "show", "-c", "name"]));
        assert!(!matches("openstack server list", &["openstack", "server", "list", "--all"]));
    }

    #[test]
    fn a_star_stays_within_its_word() {
        assert!(matches("openstack server delete *", &["openstack", "server", "delete", "a b\nc/d"]));
        assert!(!matches("openstack server delete *", &["openstack", "server", "delete"]));
        assert!(!matches("openstack server delete *", &["openstack", "server", "delete", "a", "b"]));
        assert!(matches("x ''", &["x", ""]));
    }

    #[test]
    fn globs_know_classes_escapes_and_lone_brackets() {
        assert!(glob("[0-9a-f]*[!x]", "7 a"));
        assert!(!glob("[0-9]", "a"));
        assert!(glob(r"a\*b", "a*b") && !glob(r"a\*b", "axb"));
        assert!(glob("*[x", "ab[x"));
        assert!(glob("[]]", "]"));
        assert!(glob("", "") && !glob("", "a") && glob("***", ""));
    }

    #[test]
    fn a_pattern_without_a_program_is_refused() {
        assert_eq!(Pattern::parse("").err(), Some(PatternError::Empty));
        assert_eq!(Pattern::parse("** x").err(), Some(PatternError::NoProgram));
        assert_eq!(Pattern::parse("x 'y").err(), Some(PatternError::Unbalanced));
    }
}
