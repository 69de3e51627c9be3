//! A tool of the tables: what its lines do, as typed values.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use serde::Deserialize;

use super::effect::glob;
use super::given::{Name, Spelling, Value};
use super::pattern::Pattern;

/// A tool whose verbs are known. The head of `cloud.toml` explains the keys.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Other names with the same grammar.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// How its options are spelt.
    #[serde(default)]
    pub spelling: Spelling,
    /// Options that take the next word as their value.
    #[serde(default)]
    pub options_with_value: Vec<OptionName>,
    /// Options that take the next two words: a name, and what it is to mean.
    #[serde(default)]
    pub options_with_two_values: Vec<OptionName>,
    /// Short options whose value can only be the rest of their word (`date -Iseconds`).
    #[serde(default)]
    pub options_attached: Vec<OptionName>,
    /// Lines on which some of these take no value all the same: the operands that stand in front, and the options.
    #[serde(default)]
    pub switches: Vec<Pattern>,
    /// Options that, in front of the first operand, say nothing of what its verb does.
    #[serde(default)]
    pub globals: Vec<OptionName>,
    /// Options that take no value and may stand in front of the verb. Where any other one stands there, its value may be what
    /// looks like the verb.
    #[serde(default)]
    pub flags: Vec<OptionName>,
    /// Options that take no value, wherever they stand. What follows one that nothing in a table names may be its value.
    #[serde(default)]
    pub without_value: Vec<OptionName>,
    /// The options, besides those with a value, under which what reads or simulates does nothing else; where some are
    /// listed, any other one may do anything.
    #[serde(default)]
    pub options: Vec<OptionName>,
    /// Whether what stands behind `--` is read like what stands in front of it: an expression, whose words are no options.
    #[serde(default)]
    pub expression: bool,
    /// Whether no option stands behind the first operand: what looks like one there is another operand.
    #[serde(default)]
    pub options_first: bool,
    /// The word that divides several commands on one line.
    pub divider: Option<String>,
    /// Lines behind which another program's words stand.
    #[serde(default)]
    pub command_after: Vec<Pattern>,
    /// What only reads.
    #[serde(default)]
    pub read: Vec<Pattern>,
    /// What changes something although `read` has it.
    #[serde(default)]
    pub write: Vec<Pattern>,
    /// What changes nothing but what the client remembers.
    #[serde(default)]
    pub session: Vec<Pattern>,
    /// What nobody can tell from the words.
    #[serde(default)]
    pub unknown: Vec<Pattern>,
    /// Whether a line that no pattern fits is one of which nobody can tell what it does, and not one that changes
    /// something: so it is with tools that run a project's own code.
    #[serde(default)]
    pub local: bool,
    /// Lines whose output gives nothing away of the files that they name: a count, a sum, a status.
    #[serde(default)]
    pub keeps: Vec<Pattern>,
    /// What gives it away although `keeps` has it.
    #[serde(default)]
    pub gives_away: Vec<Pattern>,
    /// Lines that show a secret, whatever they name.
    #[serde(default)]
    pub secret: Vec<Pattern>,
    /// Whether, and unless which options are given, the first operand is the text that it looks for or runs.
    pub searches: Option<Searches>,
    /// Lines under which nothing is changed.
    #[serde(default)]
    pub simulate: Vec<Pattern>,
    /// Options whose value is a file that is written.
    #[serde(default)]
    pub file_options: Vec<OptionName>,
    /// Operands that are files which are written: the first entry that fits holds.
    #[serde(default)]
    pub files: Vec<Files>,
    /// How many operands stand in front of the nouns.
    #[serde(default)]
    pub skip: usize,
    /// Nouns, of one or several words: behind the longest that fits stands the verb.
    #[serde(default)]
    pub nouns: FxHashSet<String>,
    /// Verbs behind nouns that only read.
    #[serde(default)]
    pub read_verbs: Vec<String>,
    /// Verbs behind nouns that change something (they tell the verb from nouns that are not known).
    #[serde(default)]
    pub change_verbs: Vec<String>,
    /// Requests by method and body.
    pub http: Option<Http>,
    /// The language of a program that its words hold.
    pub text: Option<ProgramText>,
    /// Operands that tell what kind of object the next one names (`pod`), and name none.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Whether what it is about lies below the folders that are its operands.
    #[serde(default)]
    pub objects_below: bool,
    /// Verbs for which no output is a valid answer.
    #[serde(default)]
    pub empty_ok: Vec<Pattern>,
    /// The usual failure.
    pub failure: Failure,
    /// Samples of ids that are of a form of the tool's own.
    #[serde(default)]
    pub own_ids: Vec<String>,
    /// The expression that lets these ids through, and nothing else.
    #[serde(default)]
    pub own_form: String,
    /// The form of ids, by noun.
    #[serde(default)]
    pub id_forms: BTreeMap<String, Vec<String>>,
    /// Options whose value is a size, a text, an address: it names no object.
    #[serde(default)]
    pub plain_options: Vec<OptionName>,
    /// Operands that are no ids, by line: a host, the name of what is yet to be made. The first entry that fits holds.
    #[serde(default)]
    pub plain_operands: Vec<Files>,
    /// What only reads, by the project's settings: it counts before everything above.
    #[serde(skip)]
    pub own_read: Vec<Pattern>,
    /// What changes something, by the project's settings: it counts before `own_read`.
    #[serde(skip)]
    pub own_write: Vec<Pattern>,
}

/// How requests are told apart.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Options that name the method.
    pub method: Vec<OptionName>,
    /// Options that send a body.
    pub body: Vec<OptionName>,
    /// Options that make it a GET or HEAD all the same.
    pub get: Vec<OptionName>,
    /// Options that send a file or a form, whatever the method is.
    #[serde(default)]
    pub upload: Vec<OptionName>,
    /// Options behind which another request stands, with a method and a body of its own.
    #[serde(default)]
    pub divider: Vec<OptionName>,
    /// Whether the first operand may be the method, and `name=value` operands send a body.
    #[serde(default)]
    pub operands: bool,
    /// Addresses that read although a body is sent (logins, searches).
    #[serde(default)]
    pub read_urls: Vec<String>,
    /// Segments of a path behind which stands an object's id.
    #[serde(default)]
    pub collections: Vec<String>,
}

/// Operands that are files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// The lines on which they are written; all where it is not said.
    pub when: Option<Pattern>,
    /// Which they are: the first that names any.
    pub of: Vec<FileWords>,
}

/// Which words are files.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum FileWords {
    /// `from 1`: that operand and all behind it.
    From(usize),
    /// `only 2`
    Only(usize),
    /// `last`
    Last,
    /// `leading`: the words in front of the first option.
    Leading,
    /// `prefix of=`: the rest of the operands that begin so.
    Prefix(String),
    /// `option -C|--directory`: its value.
    Option(Vec<OptionName>),
    /// `here`: files in the working directory.
    Here,
    /// `none`: the line writes no file.
    None,
}

/// A program's text among the words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramText {
    /// Its language.
    pub language: Language,
    /// Options whose value it is.
    #[serde(default)]
    pub options: Vec<OptionName>,
    /// The operand that it is where no such option is given, counted from 1.
    pub operand: Option<usize>,
    /// Whether the operands behind it are more of it, whatever the options hold.
    #[serde(default)]
    pub rest: bool,
    /// Options that name a file which holds it.
    #[serde(default)]
    pub from_file: Vec<OptionName>,
    /// Whether it is read from stdin where the words have none.
    #[serde(default)]
    pub stdin: bool,
}

/// A text among the words that is no file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Searches {
    /// Options that hold it: where one is given, all operands are files.
    #[serde(default)]
    pub options: Vec<OptionName>,
    /// Options that name a file which holds it: so it is there.
    #[serde(default)]
    pub from_file: Vec<OptionName>,
    /// Whether a single operand is a file all the same.
    #[serde(default)]
    pub lone_file: bool,
    /// Lines that look through the working directory where they name no file.
    #[serde(default)]
    pub here: Vec<Pattern>,
}

/// A language of which enough is known to tell what only reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// SQL, with psql's and sqlite's own commands.
    Sql,
    /// Sed scripts.
    Sed,
    /// Awk programs.
    Awk,
}

/// The name of an option as it is written: `-o`, `--output`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct OptionName(pub String);

/// Why a table of tools cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongTool {
    /// An option without a dash, or with a value.
    #[error("`{0}` is no option: write its name with its dashes and without a value")]
    NoOption(String),
    /// Words that name no operands.
    #[error(
        "`{0}` names no words: write `from N`, `only N`, `last`, `leading`, `prefix TEXT`, `option -x|--long`, `here` or `none`"
    )]
    NoFiles(String),
}

impl TryFrom<String> for OptionName {
    type Error = WrongTool;

    fn try_from(written: String) -> Result<Self, WrongTool> {
        let name = written.trim_start_matches('-');
        let sound = written.starts_with('-') && !name.is_empty() && !written.contains(['=', ' ', '|']);
        if sound { Ok(Self(written)) } else { Err(WrongTool::NoOption(written)) }
    }
}

impl TryFrom<String> for FileWords {
    type Error = WrongTool;

    fn try_from(written: String) -> Result<Self, WrongTool> {
        let wrong = || WrongTool::NoFiles(written.clone());
        let (kind, rest) = written.split_once(' ').unwrap_or((&written, ""));
        let number = || rest.parse().ok().filter(|number| *number > 0).ok_or_else(wrong);
        match kind {
            "from" => Ok(Self::From(number()?)),
            "only" => Ok(Self::Only(number()?)),
            "last" if rest.is_empty() => Ok(Self::Last),
            "leading" if rest.is_empty() => Ok(Self::Leading),
            "here" if rest.is_empty() => Ok(Self::Here),
            "none" if rest.is_empty() => Ok(Self::None),
            "prefix" if !rest.is_empty() => Ok(Self::Prefix(rest.to_owned())),
            "option" => {
                let names = rest.split('|').map(|name| OptionName::try_from(name.to_owned()));
                Ok(Self::Option(names.collect::<Result<_, _>>()?))
            }
            _ => Err(wrong()),
        }
    }
}

impl OptionName {
    /// Whether an option that was given is this one, abbreviated perhaps.
    pub(super) fn may_be(&self, name: Name<'_>) -> bool {
        name.may_be(&self.0)
    }

    /// Whether the name of a long option is this one, or of those that a `*` stands for.
    fn globs(&self, word: &str) -> bool {
        glob(self.0.trim_start_matches('-'), word)
    }

    /// Whether an option that was given is this one.
    pub(super) fn is(&self, name: Name<'_>) -> bool {
        let bare = self.0.trim_start_matches('-');
        match name {
            Name::Word(word) => bare == word,
            Name::Letter(letter) => {
                !self.0.starts_with("--") && bare.strip_prefix(letter).is_some_and(str::is_empty)
            }
        }
    }
}

impl Tool {
    /// Whether an option, written as a word, takes the next word.
    pub(super) fn takes_value(&self, word: &str) -> bool {
        let name = Name::Word(word.trim_start_matches('-'));
        // What holds a program, or names a file that does, is found abbreviated, too.
        let is_text = || self.text_options().chain(self.text_files()).any(|known| known.may_be(name));
        self.lists(name) || word.starts_with("--") && is_text()
    }

    /// Whether that option takes no value behind these operands, though it does behind others.
    pub(super) fn is_switch(&self, name: Name<'_>, operands: &[Value<'_>]) -> bool {
        let is_one =
            |pattern: &Pattern| pattern.option_names().any(|known| known == name) && pattern.begins(operands);
        self.switches.iter().any(is_one)
    }

    /// Whether an option, written as a word, takes the next two words.
    pub(super) fn takes_two_values(&self, word: &str) -> bool {
        self.options_with_two_values.iter().any(|known| known.0 == word)
    }

    /// Whether a short option takes the rest of its word.
    pub(super) fn letter_takes_rest(&self, letter: char) -> bool {
        self.options_attached.iter().any(|known| known.is(Name::Letter(letter)))
    }

    /// Whether a word that follows an option may name an object by its id.
    pub fn may_take_id(&self, option: &str) -> bool {
        !self.plain_options.iter().any(|known| known.0 == option)
    }

    /// Whether a short option takes a value.
    pub(super) fn letter_takes_value(&self, letter: char) -> bool {
        self.lists(Name::Letter(letter))
    }

    /// Whether an option is none of those under which it is known to only read.
    pub(super) fn is_unlisted(&self, name: Name<'_>) -> bool {
        let words = self.spelling == Spelling::Words;
        let listed = |known: &OptionName| match name {
            Name::Word(word) => (words || known.0.starts_with("--")) && known.globs(word),
            // Several letters are one entry.
            Name::Letter(letter) => !words && !known.0.starts_with("--") && known.0.contains(letter),
        };
        let gets = || self.http.iter().flat_map(|http| &http.get).any(|known| known.is(name));
        !self.options.is_empty() && !self.options.iter().any(listed) && !self.lists(name) && !gets()
    }

    /// Whether it has an option of this name, by its table.
    pub(super) fn knows(&self, name: Name<'_>) -> bool {
        let patterns = || self.read.iter().chain(&self.simulate).chain(&self.write).chain(&self.unknown);
        let is_global = || self.globals.iter().any(|known| known.is(name));
        let is_listed = || !self.options.is_empty() && !self.is_unlisted(name);
        self.lists(name)
            || is_global()
            || is_listed()
            || self.flags.iter().any(is_flag(name))
            || patterns().flat_map(Pattern::option_names).any(|known| known == name)
    }

    /// Whether the table names it anywhere, so that it is known whether it takes a value.
    pub(super) fn has_option(&self, name: Name<'_>) -> bool {
        let files = self.files.iter().filter_map(|files| files.when.as_ref());
        let patterns =
            self.effects().chain(files).chain(&self.keeps).chain(&self.gives_away).chain(&self.secret);
        self.knows(name)
            || self.without_value.iter().any(is_flag(name))
            || patterns.flat_map(Pattern::option_names).any(|known| known == name)
    }

    fn lists(&self, name: Name<'_>) -> bool {
        let http = self.http.iter().flat_map(|http| http.method.iter().chain(&http.body).chain(&http.upload));
        self.options_with_value
            .iter()
            .chain(&self.options_with_two_values)
            .chain(http)
            .chain(self.text_options())
            .chain(self.text_files())
            .any(|known| known.is(name))
            || self.file_options().any(|known| known.may_be(name))
    }

    /// The options that hold the text which it looks for or runs.
    pub(super) fn text_options(&self) -> impl Iterator<Item = &OptionName> {
        let run = self.text.iter().flat_map(|text| &text.options);
        self.searches.iter().flat_map(|searches| &searches.options).chain(run)
    }

    /// The options that name a file which holds it.
    pub(super) fn text_files(&self) -> impl Iterator<Item = &OptionName> {
        let run = self.text.iter().flat_map(|text| &text.from_file);
        self.searches.iter().flat_map(|searches| &searches.from_file).chain(run)
    }

    /// The options whose value is a file that is written, on some lines at least.
    fn file_options(&self) -> impl Iterator<Item = &OptionName> {
        let named = self.files.iter().flat_map(|files| &files.of).flat_map(|words| match words {
            FileWords::Option(names) => names.as_slice(),
            _ => &[],
        });
        self.file_options.iter().chain(named)
    }

    /// Whether another program's words follow these operands.
    pub(super) fn hands_over(&self, operands: &[Value<'_>]) -> bool {
        self.command_after.iter().any(|pattern| pattern.is_complete(operands))
    }
}

/// Whether an entry of a list is that option, or has that letter among its own: several letters are one entry.
fn is_flag(name: Name<'_>) -> impl Fn(&OptionName) -> bool {
    move |known| match name {
        Name::Letter(letter) if !known.0.starts_with("--") => known.0.contains(letter),
        _ => known.is(name),
    }
}

/// What a tool answers when it fails.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Exit code.
    pub exit: u8,
    /// Line on stderr.
    pub stderr: String,
}
