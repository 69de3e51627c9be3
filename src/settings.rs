//! `gauntlet.toml` as a typed value. Every key has a default, so that a repository without the file can be linted.
//!
//! This module never reads the file: it is handed the text. Unknown keys are errors, because a misspelt setting
//! that is silently ignored is a check that silently does not happen.

mod globs;
mod keys;
mod schema;
mod sense;

use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::de::DeTable;

use crate::event::Rung;
use crate::finding::Severity;

pub use globs::Globs;
pub use keys::{KEYS, Key, LISTED, places};
pub use schema::schema;

/// The name of the settings file.
pub const FILE_NAME: &str = "gauntlet.toml";

/// What a project says about itself.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Version of this file's format.
    #[serde(deserialize_with = "version")]
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// Nested projects (folders with a `gauntlet.toml` of their own) that are entered all the same.
    pub members: Globs,
    /// Files and folders that are never searched.
    pub exclude: Globs,
    /// Tools besides those of the tables, and what else holds of those.
    #[schemars(with = "Vec<ToolSettings>")]
    pub tools: Vec<Spanned<ToolSettings>>,
    /// The linter.
    pub lint: LintSettings,
    /// The written record.
    pub ledger: LedgerSettings,
    /// The gauntlet.
    pub run: RunSettings,
    /// The guard.
    pub guard: GuardSettings,
}

/// `[[tools]]`: what the lines of a program do.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolSettings {
    /// The program, without folders.
    pub name: String,
    /// A known tool with the same command line.
    #[serde(default)]
    pub like: Option<String>,
    /// Patterns of lines that only read.
    #[serde(default)]
    pub read: Vec<String>,
    /// Patterns of lines that change something.
    #[serde(default)]
    pub write: Vec<String>,
    /// Options whose value may be the next word.
    #[serde(default)]
    pub options_with_value: Vec<String>,
}

/// `[lint.gates]`: what keeps a run that is meant to look only from changing anything.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GateSettings {
    /// Options that let a script change something.
    #[serde(deserialize_with = "options")]
    pub options: Vec<String>,
    /// Commands that end with 0 only where the operator confirmed: the program, and words that glob.
    pub commands: Vec<String>,
}

/// `[lint]`
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LintSettings {
    /// Rules that run, by slug or code; empty for all.
    pub select: Vec<String>,
    /// Rules that do not run, by slug or code.
    pub ignore: Vec<String>,
    /// How much a rule's findings weigh, by slug or code.
    #[serde(deserialize_with = "severities")]
    pub severity: BTreeMap<String, Severity>,
    /// What else holds in some files.
    #[schemars(with = "Vec<PathSettings>")]
    pub paths: Vec<Spanned<PathSettings>>,
    /// What counts as a gate.
    pub gates: GateSettings,
    /// Names of variables that hold secrets, besides the usual ones.
    pub secret_names: Vec<String>,
    /// Files (log and lock files, by path as scripts write it) that a script may write in an audit run.
    pub own_files: Globs,
    /// Findings that may stand, for whole files.
    #[schemars(with = "Vec<AllowSettings>")]
    pub allow: Vec<Spanned<AllowSettings>>,
}

/// `[[lint.paths]]`: what holds of the rules in some files, besides `[lint]`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathSettings {
    /// The files.
    #[serde(deserialize_with = "some_globs")]
    #[schemars(length(min = 1))]
    pub files: Globs,
    /// The only rules that run in them, by slug or code; empty for those that `[lint]` leaves.
    #[serde(default)]
    pub select: Vec<String>,
    /// Rules that do not run in them, by slug or code.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// How much a rule's findings weigh in them, by slug or code.
    #[serde(default, deserialize_with = "severities")]
    pub severity: BTreeMap<String, Severity>,
}

/// `[[lint.allow]]`: one rule's findings in some files are known and may stand.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AllowSettings {
    /// The rule, by slug.
    pub rule: String,
    /// The files.
    pub files: Globs,
    /// Why.
    #[schemars(with = "String")]
    pub reason: Option<String>,
    /// The last day on which it counts, as `YYYY-MM-DD`.
    #[schemars(with = "String", extend("format" = "date"))]
    pub until: Option<String>,
}

/// `[ledger]`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LedgerSettings {
    /// Files that hold the changelog.
    pub changelogs: Globs,
    /// Prefixes of ledger ids.
    pub prefixes: Vec<String>,
}

/// `[run]`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RunSettings {
    /// The folder of the harness files, relative to the project root.
    pub harnesses: String,
    /// The weakest sandbox that counts.
    pub minimum_rung: Rung,
    /// Programs whose every call mutates, besides the tables.
    pub mutating: Vec<String>,
}

/// `[guard]`
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GuardSettings {
    /// Commands that never run.
    pub deny: Vec<GuardRule>,
    /// Commands that are asked for, whatever they do.
    pub ask: Vec<GuardRule>,
    /// Commands that run unasked, whatever they do.
    pub allow: Vec<GuardRule>,
    /// Scripts that run unasked, by path: the BLAKE3 hash of their content.
    pub scripts: BTreeMap<String, String>,
    /// Files that may be written unasked.
    pub writable: Globs,
    /// What asking comes to, by permission mode.
    #[schemars(extend("additionalProperties" = { "type": "string", "enum": ["ask", "deny"] }))]
    pub unattended: BTreeMap<String, String>,
}

/// A rule of the guard: a command, or a table with more than that.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(from = "WrittenRule")]
pub struct GuardRule {
    /// The program, and a pattern of the words behind it.
    pub command: String,
    /// Why, to follow "because".
    pub why: String,
    /// What to do instead.
    pub instead: String,
    /// Variables that must have such values.
    pub target: BTreeMap<String, String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum WrittenRule {
    /// The program, and a pattern of the words behind it.
    Command(String),
    /// The same, with more than that.
    Table(RuleTable),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    /// The program, and a pattern of the words behind it.
    command: String,
    /// Why, to follow "because".
    #[serde(default)]
    why: String,
    /// What to do instead.
    #[serde(default)]
    instead: String,
    /// Variables that must have such values.
    #[serde(default)]
    target: BTreeMap<String, String>,
}

impl From<WrittenRule> for GuardRule {
    fn from(written: WrittenRule) -> Self {
        match written {
            WrittenRule::Command(command) => {
                Self { command, why: String::new(), instead: String::new(), target: BTreeMap::new() }
            }
            WrittenRule::Table(RuleTable { command, why, instead, target }) => {
                Self { command, why, instead, target }
            }
        }
    }
}

/// What is wrong with the text of a settings file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// What is wrong, without the place.
    pub message: String,
    /// The bytes it is about.
    pub span: Range<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: 1,
            members: Globs::default(),
            exclude: Globs::default(),
            tools: Vec::new(),
            lint: LintSettings::default(),
            ledger: LedgerSettings::default(),
            run: RunSettings::default(),
            guard: GuardSettings::default(),
        }
    }
}

impl Default for GateSettings {
    fn default() -> Self {
        Self { options: vec!["--apply".to_owned()], commands: Vec::new() }
    }
}

impl Default for LedgerSettings {
    fn default() -> Self {
        Self {
            changelogs: Globs::built_in(&["**/changelog-*.md", "**/CHANGELOG.md"]),
            prefixes: ["D", "DOCFIX", "BUNDLEFIX", "SEC"].map(str::to_owned).to_vec(),
        }
    }
}

impl Default for RunSettings {
    fn default() -> Self {
        Self { harnesses: "harnesses".to_owned(), minimum_rung: Rung::S2, mutating: Vec::new() }
    }
}

impl Settings {
    /// Reads the text of a settings file.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let tree = DeTable::parse(text).map_err(|error| from_toml(&error))?;
        let has_version = tree.get_ref().keys().any(|key| key.get_ref().as_ref() == "version");
        keys::check(tree.get_ref(), "")?;
        if !has_version {
            return Err(SettingsError {
                message: "the key `version` is missing: start the file with `version = 1`".to_owned(),
                span: 0..0,
            });
        }
        let settings: Self = toml::from_str(text).map_err(|error| from_toml(&error))?;
        sense::check(&settings, text)?;
        Ok(settings)
    }
}

fn from_toml(error: &toml::de::Error) -> SettingsError {
    SettingsError { message: error.message().to_owned(), span: error.span().unwrap_or(0..0) }
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        1 => Ok(1),
        other => Err(serde::de::Error::custom(format!(
            "version {other} is not known: this gauntlet reads version 1"
        ))),
    }
}

fn some_globs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Globs, D::Error> {
    let globs = Globs::deserialize(deserializer)?;
    if globs.patterns().is_empty() {
        return Err(serde::de::Error::custom("`files` names no file: write globs, such as [\"vendor/**\"]"));
    }
    Ok(globs)
}

fn options<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let options = Vec::<String>::deserialize(deserializer)?;
    match options.iter().find(|option| !option.starts_with('-') || option.contains(['=', ' '])) {
        Some(wrong) => Err(serde::de::Error::custom(format!(
            "`{wrong}` is no option: write it with its dashes and without a value, such as \"--apply\""
        ))),
        None if options.is_empty() => {
            Err(serde::de::Error::custom("`options` names no gate: leave the key out for `--apply`"))
        }
        None => Ok(options),
    }
}

fn severities<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Severity>, D::Error> {
    let words = BTreeMap::<String, String>::deserialize(deserializer)?;
    let read = |(rule, word): (String, String)| match word.as_str() {
        "fail" => Ok((rule, Severity::Fail)),
        "warn" => Ok((rule, Severity::Warn)),
        _ => Err(serde::de::Error::custom(format!(
            "severity `{word}` of `{rule}` is not known: write \"fail\" or \"warn\""
        ))),
    };
    words.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::{KEYS, Settings};

    /// Every key of the table with its default, as one file.
    fn defaults() -> String {
        use std::fmt::Write as _;
        KEYS.iter().fold(String::new(), |mut text, key| {
            let _ = writeln!(text, "{} = {}", key.path, key.default);
            text
        })
    }

    #[test]
    fn the_table_of_keys_is_what_the_types_read_and_states_their_defaults() {
        let written = Settings::parse(&defaults()).expect("the defaults are valid settings");
        let built_in = Settings::default();
        assert_eq!(written.ledger.changelogs.patterns(), built_in.ledger.changelogs.patterns());
        assert_eq!(written.ledger.prefixes, built_in.ledger.prefixes);
        assert_eq!(written.run.harnesses, built_in.run.harnesses);
        assert_eq!(written.run.minimum_rung, built_in.run.minimum_rung);
        assert!(written.exclude.patterns().is_empty() && written.members.patterns().is_empty());
    }

    #[test]
    fn a_misspelt_key_names_its_place_and_the_nearest_key() {
        let text = "version = 1\n[lint]\nselct = []\n";
        let error = Settings::parse(text).expect_err("the key is unknown");
        assert_eq!(error.message, "unknown key `selct` in [lint]: did you mean `select`?");
        assert_eq!(&text[error.span], "selct");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, part) in [
            ("version = 2\n", "version 2 is not known"),
            ("exclude = []\n", "`version` is missing"),
            ("version = 1\n[lint.severity]\nunparsed = \"info\"\n", "severity `info`"),
            ("version = 1\nexclude = [\"{\"]\n", "bad glob"),
            ("version = 1\nexclude = \"x\"\n", "invalid type"),
            ("version = 1\nlint = 3\n", "unknown key `lint`"),
            ("version = \n", "string values must be quoted"),
        ] {
            let error = Settings::parse(text).expect_err(text);
            assert!(error.message.contains(part), "{text}: {}", error.message);
        }
    }
}
