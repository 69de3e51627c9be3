//! The tables as typed values, and their lookup.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use rustc_hash::FxHashSet;
use serde::Deserialize;

use super::answers::ToolAnswers;
use super::given::{Name, Spelling, Value};
use super::notices::Notices;
use super::outputs::Outputs;
use super::pattern::Pattern;
use super::pipes::{Closer, Pipes, Reader};
use super::safe::Safe;
use super::shelf::Shelf;
use super::wrappers::Wrapper;

/// The tables as the build wrote them.
mod embedded {
    use super::super::shelf::Entry;

    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}

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
    /// Short options whose value can only be the rest of their word (`date -Iseconds`).
    #[serde(default)]
    pub options_attached: Vec<OptionName>,
    /// Options that, in front of the first operand, say nothing of what its verb does.
    #[serde(default)]
    pub globals: Vec<OptionName>,
    /// The options, besides those with a value, under which what reads or simulates does nothing else; where some are
    /// listed, any other one may do anything.
    #[serde(default)]
    pub options: Vec<OptionName>,
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
    /// Verbs for which no output is a valid answer.
    #[serde(default)]
    pub empty_ok: Vec<Pattern>,
    /// The usual failure.
    pub failure: Failure,
    /// Samples of ids that are of a form of the tool's own.
    #[serde(default)]
    pub own_ids: Vec<String>,
    /// The form of ids, by noun.
    #[serde(default)]
    pub id_forms: BTreeMap<String, Vec<String>>,
    /// Options whose value is a size, a text, an address: it names no object.
    #[serde(default)]
    pub plain_options: Vec<OptionName>,
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
        const SHORTEST: usize = 1;
        let long = self.0.strip_prefix("--");
        self.is(name)
            || matches!((name, long), (Name::Word(word), Some(long)) if word.len() >= SHORTEST && long.starts_with(word))
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
        self.lists(Name::Word(word.trim_start_matches('-')))
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
            Name::Word(_) => (words || known.0.starts_with("--")) && known.is(name),
            // Several letters are one entry.
            Name::Letter(letter) => !words && !known.0.starts_with("--") && known.0.contains(letter),
        };
        let with_value =
            || self.options_with_value.iter().chain(self.file_options()).any(|known| known.is(name));
        !self.options.is_empty() && !self.options.iter().any(listed) && !with_value()
    }

    fn lists(&self, name: Name<'_>) -> bool {
        let http = self.http.iter().flat_map(|http| http.method.iter().chain(&http.body));
        let text = self.text.iter().flat_map(|text| text.options.iter().chain(&text.from_file));
        self.options_with_value.iter().chain(http).chain(text).any(|known| known.is(name))
            || self.file_options().any(|known| known.may_be(name))
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

/// What a tool answers when it fails.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Exit code.
    pub exit: u8,
    /// Line on stderr.
    pub stderr: String,
}

/// Options whose value is a credential.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialOptions {
    /// The programs that have them.
    pub programs: Vec<String>,
    /// The options, as written; the value follows as the next word, or attached.
    pub options: Vec<String>,
    /// What stands between a name and the credential (`user:password`).
    #[serde(default)]
    pub after: Option<String>,
    /// The verb under which they are these options.
    #[serde(default)]
    pub verb: Option<String>,
}

/// What is known of secrets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// Segments of variable names.
    pub names: Vec<String>,
    /// Last segments that make a name harmless.
    pub harmless_suffixes: Vec<String>,
    /// Commands that print secrets.
    pub printers: Vec<String>,
    /// Programs that hand what they are given to the system's log, or to every terminal.
    pub loggers: Vec<String>,
    /// Programs whose output is the text that they read, whole or in another spelling.
    pub copiers: Vec<String>,
    /// Those whose output can be read as it stands, and that read no file.
    pub filters: Vec<String>,
    /// Programs that print variables of their environment, each with the marks behind which a text names one.
    pub environment: BTreeMap<String, Vec<String>>,
    /// Names of variables, whole or as the last segment, that are given a credential though they are none of `names`.
    pub credential_names: Vec<String>,
    /// Options whose value is a credential, by program.
    pub credential_options: Vec<CredentialOptions>,
    /// Programs that are given credentials as `name=value` words.
    pub pair_programs: Vec<String>,
    /// Commands whose last word is a credential, as words that glob.
    pub credential_calls: Vec<String>,
    /// What to write instead.
    #[serde(skip, default = "safe_forms")]
    pub safe: LazyLock<Vec<Safe>>,
}

fn safe_forms() -> LazyLock<Vec<Safe>> {
    LazyLock::new(|| whole("secrets.toml", embedded::SAFE))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolFile {
    tool: Vec<Tool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RealFile {
    text: Vec<String>,
    journalled: Vec<String>,
}

/// All tables.
#[derive(Debug)]
pub struct Tables {
    tools: Shelf<Tool>,
    wrappers: Shelf<Wrapper>,
    secrets: Secrets,
    answers: Shelf<ToolAnswers>,
    closers: Shelf<Closer>,
    readers: Shelf<Reader>,
    pipes: OnceLock<Pipes>,
    outputs: OnceLock<Outputs>,
    real: OnceLock<RealFile>,
    notices: OnceLock<Notices>,
}

static BUILTIN: LazyLock<Tables> = LazyLock::new(Tables::read_builtin);

impl Tables {
    /// The tables that are built in.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    fn read_builtin() -> Self {
        Self {
            tools: Shelf::new(embedded::TOOLS, |text| serde_json::from_str(text)),
            wrappers: Shelf::new(embedded::WRAPPERS, |text| serde_json::from_str(text)),
            answers: Shelf::new(embedded::ANSWERS, |text| serde_json::from_str(text)),
            closers: Shelf::new(embedded::CLOSERS, |text| serde_json::from_str(text)),
            readers: Shelf::new(embedded::READERS, |text| serde_json::from_str(text)),
            secrets: whole("secrets.toml", embedded::SECRETS),
            pipes: OnceLock::new(),
            outputs: OnceLock::new(),
            real: OnceLock::new(),
            notices: OnceLock::new(),
        }
    }

    /// The tool of that name in the embedded tables.
    pub(super) fn embedded_tool(&self, name: &str) -> Option<&Tool> {
        self.tools.last(name)
    }

    /// The names of the tools of the embedded tables that take ids.
    pub(super) fn embedded_with_ids() -> &'static [&'static str] {
        embedded::WITH_IDS
    }

    /// The names of the tools of the embedded tables.
    pub(super) fn embedded_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.tools.names()
    }

    /// The wrappers of that name (without folders).
    pub fn wrappers(&self, name: &str) -> &[Wrapper] {
        self.wrappers.all(name)
    }

    /// What is known of secrets.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// What a tool answers when something is wrong.
    pub(super) fn answers(&self, name: &str) -> Option<&ToolAnswers> {
        self.answers.last(name)
    }

    /// Whether behind that segment of an address stands an id, by the table of some tool.
    pub fn is_collection(&self, segment: &str) -> bool {
        embedded::COLLECTIONS.binary_search(&segment).is_ok()
    }

    /// Commands whose output holds no option.
    pub fn outputs(&self) -> &Outputs {
        self.outputs.get_or_init(|| whole("outputs.toml", embedded::OUTPUTS))
    }

    /// What is known of pipes.
    pub(super) fn pipes(&self) -> &Pipes {
        self.pipes.get_or_init(|| whole("pipes.toml", embedded::PIPES))
    }

    /// How a program can leave a pipe before its end.
    pub(super) fn closer(&self, name: &str) -> Option<&Closer> {
        self.closers.last(name)
    }

    /// How a program reads its stdin, by its verbs.
    pub(super) fn readers(&self, name: &str) -> &[Reader] {
        self.readers.all(name)
    }

    /// Text tools that run for real in a trial and are never faulted.
    pub fn real_tools(&self) -> &[String] {
        &self.real().text
    }

    /// Tools that run for real in a trial but are recorded and faulted.
    pub fn journalled_tools(&self) -> &[String] {
        &self.real().journalled
    }

    fn real(&self) -> &RealFile {
        self.real.get_or_init(|| whole("real.toml", embedded::REAL))
    }

    /// What is said on the way.
    pub fn notices(&self) -> &Notices {
        self.notices.get_or_init(|| Notices::new(whole("notices.toml", embedded::NOTICES)))
    }

    /// Exit code and stderr of a call's usual failure.
    pub fn failure(&self, argv: &[String]) -> (u8, String) {
        let program = argv.first().map_or("", |name| basename(name));
        match self.tool(program) {
            Some(tool) => (tool.failure.exit, tool.failure.stderr.clone()),
            None => (1, format!("{program}: operation failed")),
        }
    }
}

/// Reads a table of tools.
pub fn read_tools(text: &str) -> Result<Vec<Tool>, toml::de::Error> {
    toml::from_str::<ToolFile>(text).map(|file| file.tool)
}

/// The last part of a path.
pub(super) fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A table that is read whole.
fn whole<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"))
}
