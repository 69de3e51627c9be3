//! The tables as typed values, and their lookup.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;

use super::answers::ToolAnswers;
use super::inverses::Inverses;
use super::notices::Notices;
use super::outputs::Outputs;
use super::pipes::{Closer, Pipes, Reader};
use super::safe::Safe;
use super::shelf::Shelf;
use super::tool::Tool;
use super::wrappers::Wrapper;

/// The tables as the build wrote them.
mod embedded {
    use super::super::shelf::Entry;

    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
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
    /// What stands behind the credential, and without which there is none (`user:password@host`).
    #[serde(default)]
    pub until: Option<String>,
    /// What divides several of them, of which each may be a credential or anything else (`theme=dark; session=...`).
    #[serde(default)]
    pub between: Option<String>,
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
    /// Ends of the names of files that tell of secrets and hold none.
    pub documents: Vec<String>,
    /// Commands that print secrets.
    pub printers: Vec<String>,
    /// Printers that print columns.
    pub printer_columns: Vec<PrinterColumns>,
    /// Programs that hand what they are given to the system's log, or to every terminal.
    pub loggers: Vec<String>,
    /// Programs whose output is the text that they read, whole or in another spelling.
    pub copiers: Vec<String>,
    /// Those whose output can be read as it stands, and that read no file.
    pub filters: Vec<String>,
    /// Programs that print a part of what they read.
    pub pickers: Vec<String>,
    /// Last segments of names under which nothing secret is kept, wherever it was picked.
    pub plain_fields: Vec<String>,
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
    /// Those of them where nothing but a credential can stand there, whatever it looks like.
    pub sure_calls: Vec<String>,
    /// What to write instead.
    #[serde(skip, default = "safe_forms")]
    pub safe: LazyLock<Vec<Safe>>,
}

/// A command that prints columns, some of which are secrets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrinterColumns {
    /// The command, as words that glob.
    pub call: String,
    /// Options that name a column each.
    pub options: Vec<String>,
    /// Columns that hold a secret.
    pub secret: Vec<String>,
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
    hands_over: Vec<String>,
    out_of_reach: Vec<String>,
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
    inverses: OnceLock<Inverses>,
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
            inverses: OnceLock::new(),
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

    /// Which words of a wrapper's line are values of options that change nothing of what it runs. The wrapper is word 0.
    pub fn wrapper_values(&self, words: &[String]) -> Vec<usize> {
        let name = words.first().map_or("", |word| basename(word));
        self.wrappers(name).iter().flat_map(|wrapper| wrapper.plain_values(words)).collect()
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

    /// Whether the call hands over to the command in its words, on this machine.
    pub fn hands_over<S: AsRef<str>>(&self, argv: &[S]) -> bool {
        self.real().hands_over.iter().any(|line| is_called(line, argv))
    }

    /// The signals that do not reach what the call runs, where they are for the script and all that it runs.
    pub fn out_of_reach<S: AsRef<str>>(&self, argv: &[S]) -> impl Iterator<Item = &str> {
        let lines = self.real().out_of_reach.iter().filter_map(|line| line.split_once("=>"));
        let found = lines.into_iter().find(|(call, _)| is_called(call, argv));
        found.into_iter().flat_map(|(_, signals)| signals.split_whitespace())
    }

    fn real(&self) -> &RealFile {
        self.real.get_or_init(|| whole("real.toml", embedded::REAL))
    }

    /// What is said on the way.
    pub fn notices(&self) -> &Notices {
        self.notices.get_or_init(|| Notices::new(whole("notices.toml", embedded::NOTICES)))
    }

    /// What puts back what.
    pub fn inverses(&self) -> &Inverses {
        self.inverses.get_or_init(|| Inverses::new(&whole("inverses.toml", embedded::INVERSES)))
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

/// Whether the call is of that program, with one of the options that the line names.
fn is_called<S: AsRef<str>>(line: &str, argv: &[S]) -> bool {
    let mut words = line.split_whitespace();
    let program = argv.first().is_some_and(|name| words.next() == Some(basename(name.as_ref())));
    let given =
        |options: &str| argv[1..].iter().any(|word| options.split('|').any(|option| option == word.as_ref()));
    program && words.all(given)
}

/// The last part of a path.
pub(super) fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A table that is read whole.
fn whole<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"))
}
