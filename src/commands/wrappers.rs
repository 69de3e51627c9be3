//! Programs that run another program given on their own command line, and the grammar of their words.
//!
//! A grammar is data (`rules/commands/wrappers.toml`, whose head explains the keys). Wrong data is an error that names
//! the wrapper and the option; a spelling is never guessed.

use serde::Deserialize;

/// An option of a wrapper: its spellings, whether it takes a value, and what it means for the command behind it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Opt {
    /// `-u`, `--user`
    pub names: Vec<String>,
    /// Whether a value belongs to it.
    pub takes: Takes,
    /// What it means.
    pub role: Role,
}

/// Whether a value belongs to an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// One, attached or the next word.
    Value,
    /// One only where it is attached.
    Attached,
}

/// What an option means for the command behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It changes nothing of what runs.
    Plain,
    /// With it the wrapper runs nothing of its words.
    Nothing,
    /// Its value is shell text that runs instead of the words.
    Text,
    /// Its value is shell text that runs besides the words.
    Besides,
    /// Its value is split into words that take its place.
    Split,
    /// The words are joined and handed to a shell as text.
    Join,
    /// The words are an argv although they are usually joined.
    Unjoin,
    /// Its value is the text in the command's words that is replaced by what is read.
    Replace,
    /// Its value is the program; the words are its arguments.
    Entry,
    /// The command runs on another machine.
    Elsewhere,
    /// Its value is the shell that reads the text.
    Shell,
    /// Its value is `Keyword=value`, one of the wrapper's `keywords` perhaps.
    Keyword,
}

/// How options are spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// Short ones bundle, long ones may be abbreviated (`getopt_long`).
    #[default]
    Gnu,
    /// Short ones bundle, long ones are exact; `-x=value`, `--flag=false` (Go's pflag, gnuflag).
    Go,
    /// A shell's own: `-eo pipefail -c TEXT`.
    Shell,
    /// An expression whose actions name commands (`find`).
    Find,
}

/// Where options may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Before the first operand.
    #[default]
    First,
    /// Before the command, between the operands in front of it too.
    Between,
    /// Anywhere before `--`, even among the command's own words.
    Anywhere,
}

/// How a wrapper is given the command that it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Payload {
    /// The words are its argv.
    #[default]
    Words,
    /// The words are joined by blanks and read as shell text.
    Joined,
    /// One word is shell text; several are an argv.
    OneText,
    /// The words are the arguments of a shell.
    Shell,
    /// Like `joined`, up to `:::`; what is read is put in or appended.
    Lines,
    /// Only options name what runs; further operands would not be understood.
    None,
}

/// What a wrapper does where no command is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Empty {
    /// It stands for itself: prints something, or fails.
    #[default]
    Itself,
    /// It starts a shell, which reads its commands from stdin.
    Shell,
    /// It runs what is set elsewhere.
    Unknown,
}

/// Where `NAME=value` words may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Assignments {
    /// Nowhere.
    #[default]
    None,
    /// Behind the options.
    Behind,
    /// Among the options.
    Among,
}

/// A keyword whose value is shell text (`ssh -o ProxyCommand=...`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keyword {
    /// The keyword, in small letters.
    pub name: String,
    /// Whether its text runs on the other machine.
    #[serde(default)]
    pub remote: bool,
    /// Whether its text runs instead of the words.
    #[serde(default)]
    pub instead: bool,
}

/// The words of an expression that names commands (`find`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expression {
    /// Words behind which a command stands, up to `;`, or up to a `+` behind `{}`.
    pub commands: Vec<String>,
    /// Words without an argument.
    pub alone: Vec<String>,
    /// Words with one argument.
    pub one: Vec<String>,
    /// Words with two.
    pub two: Vec<String>,
    /// Beginnings of words with one argument.
    pub one_from: Vec<String>,
}

/// A program that runs another one given on its command line.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub struct Wrapper {
    /// Its name.
    pub name: String,
    /// Other names with the same grammar.
    pub aliases: Vec<String>,
    /// The verbs under which it wraps, each a few words; none for any.
    pub verbs: Vec<String>,
    /// Options before the verb.
    pub globals: Vec<Opt>,
    /// Options behind the verb, or all of them.
    pub options: Vec<Opt>,
    /// How they are spelt.
    pub style: Style,
    /// Where they may stand.
    pub order: Order,
    /// The grammar holds only where one of these options is given.
    pub needs: Vec<String>,
    /// How many operands stand before the command.
    pub operands: usize,
    /// Whether the last of these operands must be a number.
    pub numeric: bool,
    /// Whether a lone `-` is an option.
    pub dash: bool,
    /// Whether `-10` is an option.
    pub numbers: bool,
    /// Where `NAME=value` words may stand.
    pub assignments: Assignments,
    /// How the command is given.
    pub payload: Payload,
    /// Words behind the operands that say that one word of shell text follows (`flock FILE -c TEXT`).
    pub late_text: Vec<String>,
    /// Keywords whose values are shell text.
    pub keywords: Vec<Keyword>,
    /// The words of its expression.
    pub expression: Expression,
    /// Whether its shell sees every word with its special characters escaped (`sudo -s`).
    pub escapes: bool,
    /// What it does without a command.
    pub empty: Empty,
    /// What it runs without a command.
    pub default: Vec<String>,
    /// Whether it adds words of its own to the command.
    pub appends: bool,
    /// Whether the command runs on another machine or in another container.
    pub remote: bool,
    /// Whether it is a program of its own (its words are an argv), not a builtin.
    pub execs: bool,
    /// Whether it does something of its own besides (`docker run` makes a container).
    pub itself: bool,
    /// Why nothing can be said of what it runs.
    pub opaque: Option<String>,
    /// What remains doubtful of a command that was read.
    pub doubt: Option<String>,
}

/// A wrapper as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Written {
    name: String,
    aliases: Vec<String>,
    verbs: Vec<String>,
    globals: Vec<Opt>,
    globals_behind: bool,
    options: Vec<Opt>,
    style: Style,
    order: Order,
    needs: Vec<String>,
    nothing: Vec<String>,
    text: Vec<String>,
    besides: Vec<String>,
    split: Vec<String>,
    join: Vec<String>,
    unjoin: Vec<String>,
    replace: Vec<String>,
    entry: Vec<String>,
    elsewhere: Vec<String>,
    keyword_options: Vec<String>,
    keywords: Vec<Keyword>,
    expression: Expression,
    escapes: bool,
    shell_option: Vec<String>,
    operands: usize,
    numeric: bool,
    dash: bool,
    numbers: bool,
    assignments: Assignments,
    payload: Payload,
    late_text: Vec<String>,
    empty: Empty,
    default: Vec<String>,
    appends: bool,
    remote: bool,
    execs: bool,
    itself: bool,
    opaque: Option<String>,
    doubt: Option<String>,
}

/// Why a table of wrappers cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongWrapper {
    /// A wrapper without a name.
    #[error("a wrapper has no name")]
    Nameless,
    /// An option as nobody could write it on a command line.
    #[error(
        "`{0}` is no option: write its spellings, the last with `=VALUE` or `[=VALUE]` where it takes one"
    )]
    NoOption(String),
    /// A spelling that stands twice.
    #[error("wrapper `{wrapper}`: the option `{option}` is written twice")]
    Twice {
        /// The wrapper.
        wrapper: String,
        /// The spelling.
        option: String,
    },
    /// A key names an option that the wrapper does not have.
    #[error("wrapper `{wrapper}`: `{key}` names `{option}`, which is not among its options")]
    Unknown {
        /// The wrapper.
        wrapper: String,
        /// The key.
        key: &'static str,
        /// The spelling.
        option: String,
    },
    /// A key names an option that does not fit it.
    #[error("wrapper `{wrapper}`: `{key}` names `{option}`, which must {must} a value")]
    Arity {
        /// The wrapper.
        wrapper: String,
        /// The key.
        key: &'static str,
        /// The spelling.
        option: String,
        /// `take` or `not take`
        must: &'static str,
    },
}

impl TryFrom<String> for Opt {
    type Error = WrongWrapper;

    fn try_from(written: String) -> Result<Self, WrongWrapper> {
        let wrong = || WrongWrapper::NoOption(written.clone());
        let mut takes = Takes::Nothing;
        let mut names = Vec::new();
        let mut parts = written.split_whitespace().peekable();
        while let Some(part) = parts.next() {
            let (name, value) = match part.split_once("[=") {
                Some((name, rest)) => (name, rest.strip_suffix(']').map(|rest| (Takes::Attached, rest))),
                None => match part.split_once('=') {
                    Some((name, rest)) => (name, Some((Takes::Value, rest))),
                    None => (part, None),
                },
            };
            let has_value = part.contains('=');
            let sound = match name.strip_prefix("--") {
                Some(long) => !long.is_empty() && !long.starts_with('-'),
                None => name.starts_with('-') && name.chars().count() == 2,
            };
            match value {
                Some((kind, rest)) if !rest.is_empty() && parts.peek().is_none() => takes = kind,
                Some(_) => return Err(wrong()),
                None if has_value => return Err(wrong()),
                None => {}
            }
            if !sound {
                return Err(wrong());
            }
            names.push(name.to_owned());
        }
        if names.is_empty() { Err(wrong()) } else { Ok(Self { names, takes, role: Role::Plain }) }
    }
}

impl TryFrom<Written> for Wrapper {
    type Error = WrongWrapper;

    fn try_from(mut written: Written) -> Result<Self, WrongWrapper> {
        if written.name.is_empty() {
            return Err(WrongWrapper::Nameless);
        }
        if written.globals_behind {
            written.options.extend(written.globals.iter().cloned());
        }
        for options in [&written.globals, &written.options] {
            no_twin(&written.name, options)?;
        }
        let (takes, takes_none) = (Some(true), Some(false));
        give(&mut written, "nothing", Role::Nothing, None, |written| &written.nothing)?;
        give(&mut written, "text", Role::Text, takes, |written| &written.text)?;
        give(&mut written, "besides", Role::Besides, takes, |written| &written.besides)?;
        give(&mut written, "split", Role::Split, takes, |written| &written.split)?;
        give(&mut written, "join", Role::Join, takes_none, |written| &written.join)?;
        give(&mut written, "unjoin", Role::Unjoin, takes_none, |written| &written.unjoin)?;
        give(&mut written, "replace", Role::Replace, takes, |written| &written.replace)?;
        give(&mut written, "entry", Role::Entry, takes, |written| &written.entry)?;
        give(&mut written, "elsewhere", Role::Elsewhere, None, |written| &written.elsewhere)?;
        give(&mut written, "shell_option", Role::Shell, takes, |written| &written.shell_option)?;
        give(&mut written, "keyword_options", Role::Keyword, takes, |written| &written.keyword_options)?;
        let known = |option: &String| written.options.iter().any(|known| known.names.contains(option));
        if let Some(option) = written.needs.iter().find(|option| !known(option)) {
            return Err(WrongWrapper::Unknown {
                wrapper: written.name.clone(),
                key: "needs",
                option: option.clone(),
            });
        }
        Ok(Self {
            name: written.name,
            aliases: written.aliases,
            verbs: written.verbs,
            globals: written.globals,
            options: written.options,
            style: written.style,
            order: written.order,
            needs: written.needs,
            operands: written.operands,
            numeric: written.numeric,
            dash: written.dash,
            numbers: written.numbers,
            assignments: written.assignments,
            payload: written.payload,
            late_text: written.late_text,
            keywords: written.keywords,
            expression: written.expression,
            escapes: written.escapes,
            empty: written.empty,
            default: written.default,
            appends: written.appends,
            remote: written.remote,
            execs: written.execs,
            itself: written.itself,
            opaque: written.opaque,
            doubt: written.doubt,
        })
    }
}

/// Gives the options that a key names their role.
fn give(
    written: &mut Written,
    key: &'static str,
    role: Role,
    takes: Option<bool>,
    named: fn(&Written) -> &Vec<String>,
) -> Result<(), WrongWrapper> {
    for option in named(written).clone() {
        let wrapper = written.name.clone();
        let mut found = false;
        for known in written.options.iter_mut().chain(&mut written.globals) {
            if !known.names.contains(&option) {
                continue;
            }
            found = true;
            match (takes, known.takes) {
                (Some(true), Takes::Nothing) => {
                    return Err(WrongWrapper::Arity { wrapper, key, option, must: "take" });
                }
                (Some(false), Takes::Value) => {
                    return Err(WrongWrapper::Arity { wrapper, key, option, must: "not take" });
                }
                _ => known.role = role,
            }
        }
        if !found {
            return Err(WrongWrapper::Unknown { wrapper, key, option });
        }
    }
    Ok(())
}

fn no_twin(wrapper: &str, options: &[Opt]) -> Result<(), WrongWrapper> {
    let mut seen: Vec<&String> = Vec::new();
    for name in options.iter().flat_map(|option| &option.names) {
        if seen.contains(&name) {
            return Err(WrongWrapper::Twice { wrapper: wrapper.to_owned(), option: name.clone() });
        }
        seen.push(name);
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    wrapper: Vec<Wrapper>,
}

/// Reads a table of wrappers.
pub fn read_wrappers(text: &str) -> Result<Vec<Wrapper>, toml::de::Error> {
    toml::from_str::<File>(text).map(|file| file.wrapper)
}

impl Wrapper {
    /// Which of a line's words are values of options that change nothing of what runs, each a word of its own; word 0 is the
    /// wrapper's name. None where the line is not its own, or has an option in front that it does not know.
    pub(super) fn plain_values(&self, words: &[String]) -> Vec<usize> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let is_own = |verb: &String| words[1..].starts_with(&verb.split(' ').collect::<Vec<_>>());
        let verb = self.verbs.iter().find(|verb| is_own(verb));
        if verb.is_none() && !self.verbs.is_empty() {
            return Vec::new();
        }
        let mut values = Vec::new();
        let mut at = 1 + verb.map_or(0, |verb| verb.split(' ').count());
        while let Some(word) = words.get(at).filter(|word| word.starts_with('-') && word.len() > 1) {
            let name = word.split('=').next().unwrap_or(word);
            let Ok(option) = self.option(&self.options, name) else { return Vec::new() };
            at += 1;
            if option.takes == Takes::Value && !word.contains('=') {
                values.extend((option.role == Role::Plain).then_some(at));
                at += 1;
            }
        }
        values
    }

    /// The option of that spelling among `options`, abbreviated perhaps; `Err` with the candidates where it could be
    /// several or none.
    pub fn option<'w>(&self, options: &'w [Opt], spelling: &str) -> Result<&'w Opt, Vec<String>> {
        let exact = options.iter().find(|option| option.names.iter().any(|name| name == spelling));
        if let Some(option) = exact {
            return Ok(option);
        }
        if self.style != Style::Gnu || !spelling.starts_with("--") {
            return Err(Vec::new());
        }
        let mut candidates =
            options.iter().filter(|option| option.names.iter().any(|name| name.starts_with(spelling)));
        match (candidates.next(), candidates.next()) {
            (Some(option), None) => Ok(option),
            (None, _) => Err(Vec::new()),
            (Some(_), Some(_)) => Err(options
                .iter()
                .flat_map(|option| &option.names)
                .filter(|name| name.starts_with(spelling))
                .cloned()
                .collect()),
        }
    }
}
