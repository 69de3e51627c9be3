//! The tables as typed values, and their lookup.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::pipes::Pipes;
use super::wrappers::{Wrapper, read_wrappers};

/// A tool whose verbs are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Other names with the same grammar.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// How its effect is found.
    pub style: Style,
    /// Options that take the next word as their value.
    #[serde(default)]
    pub options_with_value: Vec<String>,
    /// What only reads.
    #[serde(default)]
    pub read: Vec<String>,
    /// What only reads where no other operand follows (`git branch`).
    #[serde(default)]
    pub read_whole: Vec<String>,
    /// Verbs that change something (only where they tell the verb from the nouns).
    #[serde(default)]
    pub mutate: Vec<String>,
    /// Words that make a reading verb a changing one.
    #[serde(default)]
    pub mutate_when: Vec<MutateWhen>,
    /// Options under which nothing is changed.
    #[serde(default)]
    pub simulate: Vec<String>,
    /// Verbs for which no output is a valid answer.
    #[serde(default)]
    pub empty_ok: Vec<String>,
    /// The usual failure.
    pub failure: Failure,
    /// The form of ids, by noun.
    #[serde(default)]
    pub id_forms: BTreeMap<String, Vec<String>>,
    /// `http`: options that name the method.
    #[serde(default)]
    pub method_options: Vec<String>,
    /// `http`: options that send a body.
    #[serde(default)]
    pub data_options: Vec<String>,
    /// `http`: options that make it a GET or HEAD all the same.
    #[serde(default)]
    pub get_options: Vec<String>,
    /// `http`: addresses that read although a body is sent (logins, searches).
    #[serde(default)]
    pub read_urls: Vec<String>,
    /// `operand`: prefixes of the operands that name what is written.
    #[serde(default)]
    pub operands: Vec<String>,
    /// `in-place` and `search`: the options that write.
    #[serde(default)]
    pub in_place: Vec<String>,
}

/// How a tool's effect is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// The first words after the global options are the verb.
    Verb,
    /// The first word that is a known verb.
    NounVerb,
    /// By method and body.
    Http,
    /// Writes every operand.
    Files,
    /// Writes its last operand.
    LastFile,
    /// Writes the operand with a prefix.
    Operand,
    /// Writes only with an option.
    InPlace,
    /// Looks through the folders in front of its first option, and writes there only with an option.
    Search,
    /// Never writes.
    ReadOnly,
}

/// A verb that reads unless one of some words is there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MutateWhen {
    /// The verb.
    pub verb: String,
    /// The words, as globs.
    pub words: Vec<String>,
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

/// What to write instead of an exposing call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Safe {
    /// The call, as words that glob.
    pub call: String,
    /// The options whose value carries the secret; empty for any.
    #[serde(default)]
    pub options: Vec<String>,
    /// How the operand looks that carries it; empty for any.
    #[serde(default)]
    pub operands: Vec<String>,
    /// The advice.
    pub instead: String,
}

impl Safe {
    /// Whether the word at `index` is the value of one of the options, or one of the operands.
    pub fn fits(&self, words: &[&str], index: usize) -> bool {
        if self.options.is_empty() && self.operands.is_empty() {
            return true;
        }
        let word = words.get(index).copied().unwrap_or_default();
        let before = index.checked_sub(1).map_or("", |before| words[before]);
        if self
            .options
            .iter()
            .any(|option| before == option || carries(word, option) || ends_in(before, option))
        {
            return true;
        }
        let is_operand = !word.starts_with('-') && !before.starts_with('-');
        let is_address = word.contains("://");
        (is_operand || is_address)
            && self.operands.iter().any(|operand| super::matches_words(operand, &[word]))
    }
}

/// Whether a word is an option with its value: `--data=x`, `-dx`, `-sSdx`.
fn carries(word: &str, option: &str) -> bool {
    if option.starts_with("--") {
        return word.strip_prefix(option).is_some_and(|rest| rest.starts_with('='));
    }
    let letter = option.trim_start_matches('-');
    let bundle = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')).unwrap_or_default();
    bundle.find(letter).is_some_and(|at| bundle[..at].bytes().all(|byte| byte.is_ascii_alphabetic()))
}

/// Whether a bundle of short options ends in this one: `-sSd`.
fn ends_in(word: &str, option: &str) -> bool {
    let letter = option.trim_start_matches('-');
    let is_short = option.len() == 2 && word.starts_with('-') && !word.starts_with("--");
    is_short && word.ends_with(letter)
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
}

/// What is known of secrets.
#[derive(Debug, Clone, Deserialize)]
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
    /// Names of variables, whole or as the last segment, that are given a credential though they are none of `names`.
    pub credential_names: Vec<String>,
    /// Options whose value is a credential, by program.
    pub credential_options: Vec<CredentialOptions>,
    /// Commands whose last word is a credential, as words that glob.
    pub credential_calls: Vec<String>,
    /// What to write instead.
    pub safe: Vec<Safe>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolFile {
    tool: Vec<Tool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RealFile {
    text: Vec<String>,
    journalled: Vec<String>,
}

/// All tables.
#[derive(Debug)]
pub struct Tables {
    tools: FxHashMap<String, Tool>,
    wrappers: FxHashMap<String, Vec<Wrapper>>,
    secrets: Secrets,
    pipes: Pipes,
    real: Vec<String>,
    journalled: Vec<String>,
}

static BUILTIN: LazyLock<Tables> = LazyLock::new(Tables::read_builtin);

impl Tables {
    /// The tables that are built in.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    fn read_builtin() -> Self {
        const TOOLS: [&str; 3] = [
            include_str!("../../rules/commands/openstack.toml"),
            include_str!("../../rules/commands/cloud.toml"),
            include_str!("../../rules/commands/system.toml"),
        ];
        let mut tools = FxHashMap::default();
        for text in TOOLS {
            let file: ToolFile = embedded(text);
            for tool in file.tool {
                for alias in &tool.aliases {
                    tools.insert(alias.clone(), tool.clone());
                }
                tools.insert(tool.name.clone(), tool);
            }
        }
        let mut wrappers: FxHashMap<String, Vec<Wrapper>> = FxHashMap::default();
        let written = read_wrappers(include_str!("../../rules/commands/wrappers.toml"));
        for wrapper in written.unwrap_or_else(|error| panic!("wrappers.toml: {}", error.message())) {
            for alias in &wrapper.aliases {
                wrappers.entry(alias.clone()).or_default().push(wrapper.clone());
            }
            wrappers.entry(wrapper.name.clone()).or_default().push(wrapper);
        }
        let real: RealFile = embedded(include_str!("../../rules/commands/real.toml"));
        let secrets = embedded(include_str!("../../rules/commands/secrets.toml"));
        let pipes = Pipes::read(include_str!("../../rules/commands/pipes.toml"))
            .unwrap_or_else(|error| panic!("pipes.toml: {}", error.message()));
        Self { tools, wrappers, secrets, pipes, real: real.text, journalled: real.journalled }
    }

    /// The tool of that name (without folders), where its verbs are known.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.get(name)
    }

    /// All tools whose verbs are known.
    pub(super) fn tools(&self) -> impl Iterator<Item = &Tool> {
        self.tools.values()
    }

    /// The wrappers of that name (without folders).
    pub fn wrappers(&self, name: &str) -> &[Wrapper] {
        self.wrappers.get(name).map_or(&[], Vec::as_slice)
    }

    /// What is known of secrets.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// What is known of pipes.
    pub(super) fn pipes(&self) -> &Pipes {
        &self.pipes
    }

    /// Text tools that run for real in a trial and are never faulted.
    pub fn real_tools(&self) -> &[String] {
        &self.real
    }

    /// Tools that run for real in a trial but are recorded and faulted.
    pub fn journalled_tools(&self) -> &[String] {
        &self.journalled
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

/// The last part of a path.
pub(super) fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn embedded<T: serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|error| panic!("an embedded table does not parse: {error}"))
}
