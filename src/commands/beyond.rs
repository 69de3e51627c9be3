//! What a guard must know beyond the tables of verbs: the lists of `guard.toml`, each a static of that name which the build
//! writes, and the options by which a program that reads does more.

use super::effect::glob;
use super::tables::{Tables, basename};

include!(concat!(env!("OUT_DIR"), "/guard.rs"));

/// Options by which programs that read run another one, or write a file. The head of the doors in `guard.toml` explains it.
#[derive(Debug)]
pub struct Door {
    programs: &'static [&'static str],
    starts: &'static [&'static str],
    words: &'static [&'static str],
    holds: &'static [&'static str],
    calls: &'static [&'static str],
    options: &'static [&'static str],
    values: &'static [&'static str],
    but_for: &'static [&'static str],
}

/// The word among a program's words by which it does more than read. The program is word 0.
pub fn door<S: AsRef<str>>(words: &[S]) -> Option<&str> {
    let program = words.first().map_or("", |word| basename(word.as_ref()));
    DOORS.iter().filter(|door| door.programs.contains(&program)).find_map(|door| door.opened(words))
}

impl Door {
    fn opened<'w, S: AsRef<str>>(&self, words: &'w [S]) -> Option<&'w str> {
        let by_itself = words.iter().skip(1).map(AsRef::as_ref).find(|word| self.is_opened_by(word));
        by_itself.or_else(|| {
            let values = Tables::builtin().values_of(words, self.options);
            values.into_iter().find(|value| self.is_opened_with(value))
        })
    }

    fn is_opened_by(&self, word: &str) -> bool {
        let whole = word.split('=').next().unwrap_or(word);
        self.starts.iter().any(|start| word.starts_with(start))
            || self.words.contains(&whole)
            || self.holds.iter().any(|text| word.contains(text))
            || self.calls.iter().any(|name| calls(word, name))
    }

    fn is_opened_with(&self, value: &str) -> bool {
        let is_one = |patterns: &[&str]| patterns.iter().any(|pattern| glob(pattern, value));
        (self.values.is_empty() || is_one(self.values)) && !is_one(self.but_for)
    }
}

/// Whether a text has a name that begins so, and that is no key, no variable and no string: neither a part of another one, nor
/// behind a dot, a dollar sign or a quote. A blank in it is any number of blanks, or a comment.
fn calls(text: &str, name: &str) -> bool {
    let other = |c: char| c.is_alphanumeric() || "_.$-/\"".contains(c);
    let (name, next) = name.split_once(' ').unwrap_or((name, ""));
    let goes_on = |rest: &str| {
        let rest = rest.trim_start();
        next.is_empty() || rest.starts_with(next) || rest.starts_with('#')
    };
    text.match_indices(name).any(|(at, _)| !text[..at].ends_with(other) && goes_on(&text[at + name.len()..]))
}

#[cfg(test)]
mod tests {
    use super::super::given::Name;
    use super::*;

    #[test]
    fn no_door_is_of_an_option_that_asks_because_its_table_does_not_list_it() {
        let mut dead = Vec::new();
        for door in DOORS {
            let options = door.options.iter().chain(door.starts).chain(door.words);
            for written in options.filter(|option| option.starts_with('-')) {
                let bare = written.trim_start_matches('-');
                let mut letters = bare.chars();
                let name = match (letters.next(), letters.next()) {
                    (Some(letter), None) if !written.starts_with("--") => Name::Letter(letter),
                    _ => Name::Word(bare),
                };
                let tools = door.programs.iter().filter_map(|program| Tables::builtin().tool(program));
                if tools.into_iter().all(|tool| tool.is_unlisted(name)) {
                    dead.push(format!("{:?}: {written}", door.programs));
                }
            }
        }
        assert!(dead.is_empty(), "{dead:#?}");
    }

    #[test]
    fn a_door_is_opened_by_a_start_a_whole_word_an_option_or_a_text() {
        let opens = |program: &str, word: &str| door(&[program, word]).is_some();
        for (program, word) in [
            ("helm", "--post-renderer=x"),
            ("rg", "--pre=x"),
            ("wget", "-qe"),
            ("curl", "%output{f}"),
            ("curl", "-sH@f"),
            ("yq", ".a = load(\"f\")"),
            ("jq", "import  \"a\" as $d; $d"),
            ("jq", "include\"a\"; f"),
            ("jq", "import # a comment\n\"a\" as $d; $d"),
        ] {
            assert!(opens(program, word), "{program} {word}");
        }
        for (program, word) in [
            ("sort", "-k1"),
            ("rg", "--pretty"),
            ("wget", "--header=e"),
            ("cat", "-o"),
            ("curl", "-HX: @f"),
            ("yq", ".payload, .load"),
            ("jq", "select(.verb==\"import\")"),
            ("jq", ".important, .import"),
        ] {
            assert!(!opens(program, word), "{program} {word}");
        }
    }
}
