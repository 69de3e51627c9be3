//! What can be said of a tool or a line for sure, for whoever must not be wrong in one direction.

use std::sync::LazyLock;

use super::HOLE;
use super::effect::{any, glob, matches_words};
use super::given::{Given, Name, Opt, Spelling};
use super::pattern::{Pattern, Spelt};
use super::tables::{Tables, basename};
use super::tool::Tool;

/// How a program that no table knows is read: options without values.
static PLAIN: LazyLock<Option<Tool>> =
    LazyLock::new(|| serde_json::from_str(r#"{"name":"plain","failure":{"exit":1,"stderr":""}}"#).ok());

impl Tool {
    /// Whether it has no verbs: it reads on any line but those that something else is said of.
    pub(super) fn reads_on_any_line(&self) -> bool {
        self.read.iter().any(Pattern::is_any_line)
    }

    /// Whether it only reads, whatever its words are.
    pub fn only_reads(&self) -> bool {
        self.reads_on_any_line()
            && self.write.is_empty()
            && self.unknown.is_empty()
            && self.session.is_empty()
            && self.file_options.is_empty()
            && self.files.is_empty()
            && self.http.is_none()
            && self.text.is_none()
            && self.options.is_empty()
            && self.divider.is_none()
    }

    /// The words that hold the text which the program looks for or runs: they are no files.
    fn texts(&self, given: &Given<'_>) -> Vec<usize> {
        let holds = |option: &&Opt<'_>| self.text_options().any(|known| known.may_be(option.name));
        let is_told = |option: &Opt<'_>| self.text_files().any(|known| known.may_be(option.name));
        let held = given.options.iter().filter(holds);
        let mut texts: Vec<usize> = held.clone().filter_map(|option| Some(option.value?.index)).collect();
        let elsewhere = held.count() > 0 || given.options.iter().any(is_told);
        let lone_file = self.searches.as_ref().is_some_and(|searches| searches.lone_file);
        if !(elsewhere || lone_file && given.operands.len() == 1) {
            let operand = self.searches.as_ref().map_or_else(|| self.text.as_ref()?.operand, |_| Some(1));
            let text = operand.and_then(|operand| given.operands.get(operand - 1));
            texts.extend(text.map(|text| text.index));
        }
        texts
    }

    /// Whether it looks through the working directory, because no file is named.
    fn looks_here(&self, given: &Given<'_>, texts: &[usize]) -> bool {
        let named = given.operands.iter().any(|operand| !texts.contains(&operand.index));
        let here = self.searches.as_ref().is_some_and(|searches| any(&searches.here, given, Spelt::Perhaps));
        here && !named
    }
}

/// What an option is given: of one that is abbreviated it may be the next word.
fn value_of<'w>(option: &Opt<'w>, words: &[&'w str]) -> &'w str {
    option.value.map_or_else(|| words.get(option.at).copied().unwrap_or_default(), |value| value.text)
}

impl Tables {
    /// Whether the words behind a program's name are of a pattern, or may be: an unknown word may be any, an option
    /// may be abbreviated.
    pub fn may_fit<S: AsRef<str>>(&self, pattern: &Pattern, words: &[S]) -> bool {
        let Some(tool) = self.grammar(words) else { return true };
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        let known: Vec<&str> = texts.iter().copied().filter(|text| !text.contains(HOLE)).collect();
        if pattern.matches(&Given::read(tool, &texts), Spelt::Perhaps) {
            return true;
        }
        if known.len() == texts.len() {
            return false;
        }
        // Each unknown word in turn may be any word that the pattern asks for.
        pattern.plain_words().any(|wanted| {
            let tried: Vec<&str> =
                texts.iter().map(|text| if text.contains(HOLE) { wanted } else { *text }).collect();
            pattern.matches(&Given::read(tool, &tried), Spelt::Perhaps)
        })
    }

    /// Whether a line that may be of a pattern says so by what is written: the words that the pattern names stand in their places
    /// or, where unknown words may come to nothing, anywhere; or nothing is written that the pattern does not name.
    pub fn names_all<S: AsRef<str>>(&self, pattern: &Pattern, words: &[S]) -> bool {
        let Some(tool) = self.grammar(words) else { return true };
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        let written: Vec<&str> = texts.iter().copied().filter(|text| !text.contains(HOLE)).collect();
        let given = Given::read(tool, &written);
        pattern.matches(&Given::read(tool, &texts), Spelt::Perhaps)
            || pattern.has_names(&given)
            || given.operands.len() < pattern.plain_parts()
    }

    /// Whether the words behind a program's name are of a pattern, whatever their unknown parts are.
    pub fn surely_fits<S: AsRef<str>>(&self, pattern: &Pattern, words: &[S]) -> bool {
        let Some(tool) = self.grammar(words) else { return false };
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        pattern.matches(&Given::read(tool, &texts), Spelt::Exactly)
    }

    /// Which words are values of options, each of them a word of its own. The program is word 0.
    pub fn option_values<S: AsRef<str>>(&self, words: &[S]) -> Vec<usize> {
        let Some(tool) = words.first().and_then(|word| self.tool(basename(word.as_ref()))) else {
            return Vec::new();
        };
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        let given = Given::read(tool, &texts);
        let options = given.globals.iter().chain(&given.options);
        let whole = options.filter_map(|option| option.value).filter(|value| value.from == 0);
        whole.map(|value| value.index).collect()
    }

    /// The long options of a tool with verbs that its table does not know, by their names. The program is word 0.
    pub fn unknown_options<'w, S: AsRef<str>>(&self, words: &'w [S]) -> Vec<&'w str> {
        let Some(tool) = words.first().and_then(|word| self.tool(basename(word.as_ref()))) else {
            return Vec::new();
        };
        if tool.reads_on_any_line() {
            return Vec::new();
        }
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        let given = Given::read(tool, &texts);
        let long = given.options.iter().filter(|option| !tool.knows(option.name));
        long.filter_map(|option| if let Name::Word(name) = option.name { Some(name) } else { None }).collect()
    }

    /// The short options of a tool with verbs that its table does not know. The program is word 0.
    pub fn unknown_letters<S: AsRef<str>>(&self, words: &[S]) -> Vec<char> {
        let Some(tool) = words.first().and_then(|word| self.tool(basename(word.as_ref()))) else {
            return Vec::new();
        };
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        let given = Given::read(tool, &texts);
        let short = given.options.iter().filter(|option| !tool.knows(option.name));
        short
            .filter_map(|option| if let Name::Letter(letter) = option.name { Some(letter) } else { None })
            .collect()
    }

    /// Which word is the first operand. The program is word 0.
    pub fn first_operand<S: AsRef<str>>(&self, words: &[S]) -> Option<usize> {
        let tool = words.first().and_then(|word| self.tool(basename(word.as_ref())))?;
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        Given::read(tool, &texts).operands.first().map(|operand| operand.index)
    }

    /// The words that may name files, and what is attached to options: all but the text that the program looks for or
    /// runs, but for the files that such a text names; and `.` where it looks through the working directory. The program is word 0.
    pub fn may_be_files<'w, S: AsRef<str>>(&self, words: &'w [S]) -> Vec<&'w str> {
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        let Some(tool) = self.grammar(words) else { return texts };
        let given = Given::read(tool, &texts);
        let held = tool.texts(&given);
        let apart = texts.iter().enumerate().filter(|(index, _)| !held.contains(&(index + 1)));
        let values = given.options.iter().filter_map(|option| option.value);
        let attached = values.filter(|value| value.from > 0 && !held.contains(&value.index));
        let here = tool.looks_here(&given, &held).then_some(".");
        let by_itself = tool.text.iter().flat_map(|text| text.files(&given));
        apart
            .map(|(_, word)| *word)
            .chain(attached.map(|value| value.text))
            .chain(here)
            .chain(by_itself)
            .collect()
    }

    /// The files that the program's text writes by itself (`sed 'w FILE'`), as far as they are known. The program is word 0.
    pub fn written_by_text<'w, S: AsRef<str>>(&self, words: &'w [S]) -> Vec<&'w str> {
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        let Some(tool) = self.grammar(words) else { return Vec::new() };
        tool.text.iter().flat_map(|text| text.written(&Given::read(tool, &texts))).collect()
    }

    /// The words of a request that hold what is sent (`curl --data @FILE`). The program is word 0.
    pub fn sent<S: AsRef<str>>(&self, words: &[S]) -> Vec<usize> {
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        let Some(tool) = self.grammar(words) else { return Vec::new() };
        let Some(http) = &tool.http else { return Vec::new() };
        let given = Given::read(tool, &texts);
        let holds =
            |option: &&Opt<'_>| http.body.iter().chain(&http.upload).any(|known| known.is(option.name));
        given.options.iter().filter(holds).filter_map(|option| Some(option.value?.index)).collect()
    }

    /// What the options of these names, abbreviated perhaps, are given. The program is word 0.
    pub fn values_of<'w, S: AsRef<str>>(&self, words: &'w [S], names: &[&str]) -> Vec<&'w str> {
        let Some(tool) = self.grammar(words) else { return Vec::new() };
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        let given = Given::read(tool, &texts);
        let is_one = |option: &&Opt<'_>| names.iter().any(|name| option.name.may_be(name));
        given.options.iter().filter(is_one).map(|option| value_of(option, &texts)).collect()
    }

    /// Whether a word ends in that option, bundled or abbreviated perhaps, so that the next word is its value.
    pub fn takes_next(&self, program: &str, word: &str, option: &str) -> bool {
        if word == option {
            return true;
        }
        match word.strip_prefix("--") {
            Some(_) => self.abbreviates(program, word, option),
            None => self.bundled(program, word, option) == Some(""),
        }
    }

    /// What an option is given in its own word, bundled or abbreviated perhaps.
    pub fn attached_to<'w>(&self, program: &str, word: &'w str, option: &str) -> Option<&'w str> {
        if option.len() > "-x".len() {
            let (name, value) = word.split_once('=')?;
            return (name == option || self.abbreviates(program, name, option)).then_some(value);
        }
        let attached = word.strip_prefix(option).or_else(|| self.bundled(program, word, option));
        attached.filter(|value| !value.is_empty())
    }

    /// Whether a word is a long option, cut short, and no other one by its own name.
    fn abbreviates(&self, program: &str, word: &str, option: &str) -> bool {
        const SHORTEST: usize = "--x".len();
        let Some(tool) = self.tool(program).filter(|_| word.len() >= SHORTEST) else { return false };
        option.starts_with("--") && option.starts_with(word) && !tool.knows(Name::Word(&word[2..]))
    }

    /// What stands behind a short option in a bundle of several, the others taking no value.
    fn bundled<'w>(&self, program: &str, word: &'w str, option: &str) -> Option<&'w str> {
        let tool = self.grammar(&[program]).filter(|tool| tool.spelling != Spelling::Words)?;
        let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
        let wanted = option.strip_prefix('-').filter(|name| name.len() == 1)?.chars().next()?;
        let (front, value) = letters.split_once(wanted)?;
        let is_flag = |letter: char| {
            letter.is_ascii_alphanumeric()
                && !tool.letter_takes_value(letter)
                && !tool.letter_takes_rest(letter)
        };
        (!front.is_empty() && front.chars().all(is_flag)).then_some(value)
    }

    /// The operands. The program is word 0.
    pub fn operands<'w, S: AsRef<str>>(&self, words: &'w [S]) -> Vec<&'w str> {
        let Some(tool) = self.grammar(words) else { return Vec::new() };
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        Given::read(tool, &texts).operands.iter().map(|operand| operand.text).collect()
    }

    /// Whether a line is of one of these patterns of words, each of which globs one (`**` any number), as it stands or without
    /// its options. The program is word 0.
    pub fn is_of<'p, S: AsRef<str>>(&self, words: &[S], patterns: impl IntoIterator<Item = &'p str>) -> bool {
        let Some(program) = words.first().map(|word| basename(word.as_ref())) else { return false };
        let whole: Vec<&str> = std::iter::once(program).chain(words[1..].iter().map(AsRef::as_ref)).collect();
        let mut bare = None;
        patterns.into_iter().any(|pattern| {
            let first = pattern.split_ascii_whitespace().next().unwrap_or_default();
            glob(first, program)
                && (matches_words(pattern, &whole) || {
                    let operands =
                        || std::iter::once(program).chain(self.operands(words)).collect::<Vec<_>>();
                    matches_words(pattern, bare.get_or_insert_with(operands))
                })
        })
    }

    /// Whether a command is one of those that print a secret, and does not print other columns only.
    pub fn prints<S: AsRef<str>>(&self, words: &[S]) -> bool {
        let others = |columns: &&super::tables::PrinterColumns| {
            let names: Vec<&str> = columns.options.iter().map(String::as_str).collect();
            let given = self.values_of(words, &names);
            let may_be_secret = |column: &&str| {
                column.contains(HOLE)
                    || columns.secret.iter().any(|secret| secret.eq_ignore_ascii_case(column))
            };
            !given.is_empty()
                && !given.iter().any(may_be_secret)
                && self.is_of(words, std::iter::once(columns.call.as_str()))
        };
        let secrets = self.secrets();
        self.is_of(words, secrets.printers.iter().map(String::as_str))
            && secrets.printer_columns.iter().find(others).is_none()
    }

    /// Whether a line shows a secret whatever it names, by the program's table. The program is word 0.
    pub fn prints_secret<S: AsRef<str>>(&self, words: &[S]) -> bool {
        let Some(tool) = self.grammar(words).filter(|tool| !tool.secret.is_empty()) else { return false };
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        any(&tool.secret, &Given::read(tool, &texts), Spelt::Perhaps)
    }

    fn grammar<S: AsRef<str>>(&self, words: &[S]) -> Option<&Tool> {
        let program = words.first().map_or("", |word| basename(word.as_ref()));
        self.tool(program).or_else(|| PLAIN.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_under_which_a_tool_reads_are_among_those_that_it_lists() {
        let tables = Tables::builtin();
        let mut missing = Vec::new();
        for tool in tables.embedded_names().filter_map(|name| tables.embedded_tool(name)) {
            let patterns = tool.read.iter().chain(&tool.simulate);
            let names = patterns.flat_map(Pattern::option_names).filter(|name| tool.is_unlisted(*name));
            missing.extend(names.map(|name| format!("{}: {name:?}", tool.name)));
        }
        // What it evaluates may hold commands.
        missing.retain(|row| !["rpm: Letter('E')", "rpm: Word(\"eval\")"].contains(&row.as_str()));
        missing.sort();
        missing.dedup();
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn no_row_of_what_is_not_known_is_of_an_option_that_asks_because_it_is_not_listed() {
        let tables = Tables::builtin();
        let mut dead = Vec::new();
        for tool in tables.embedded_names().filter_map(|name| tables.embedded_tool(name)) {
            let names = tool.unknown.iter().flat_map(Pattern::option_names);
            let unlisted = names.filter(|name| tool.is_unlisted(*name));
            dead.extend(unlisted.map(|name| format!("{}: {name:?}", tool.name)));
        }
        assert!(dead.is_empty(), "{dead:#?}");
    }

    #[test]
    fn a_text_is_no_file_wherever_the_options_put_it() {
        for (line, files) in [
            ("grep .env a", vec!["a"]),
            ("grep -e .env a", vec!["-e", "a"]),
            ("grep -ie. .env", vec![".env"]),
            ("grep --rege . .env", vec!["--rege", ".env"]),
            ("grep -f.env a", vec!["-f.env", "a", ".env"]),
            ("sed -n p a", vec!["-n", "a"]),
            ("yq a", vec!["a"]),
            ("yq .b a", vec!["a"]),
            ("rg .env", vec!["."]),
            ("grep -r .env", vec!["-r", "."]),
            ("cat a b", vec!["a", "b"]),
            ("sed r.env a", vec!["a", ".env"]),
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(Tables::builtin().may_be_files(&words), files, "{line}");
        }
    }
}
