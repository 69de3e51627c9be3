//! `gauntlet.toml` as a typed value. Every key has a default, so that a repository without the file can be linted.
//!
//! This module never reads the file: it is handed the text. Unknown keys are errors, because a misspelt setting
//! that is silently ignored is a check that silently does not happen.

use std::collections::BTreeMap;
use std::ops::Range;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::event::Rung;
use crate::finding::Severity;
use crate::nearest::suggestion;

/// The name of the settings file.
pub const FILE_NAME: &str = "gauntlet.toml";

/// What a project says about itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Version of this file's format.
    #[serde(deserialize_with = "version")]
    pub version: u32,
    /// Nested projects (folders with a `gauntlet.toml` of their own) that are entered all the same.
    pub members: Globs,
    /// Files and folders that are never searched.
    pub exclude: Globs,
    /// The linter.
    pub lint: LintSettings,
    /// The written record.
    pub ledger: LedgerSettings,
    /// The gauntlet.
    pub run: RunSettings,
    /// The guard.
    pub guard: GuardSettings,
}

/// `[lint]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LintSettings {
    /// Rules that run, by slug or code; empty for all.
    pub select: Vec<String>,
    /// Rules that do not run, by slug or code.
    pub ignore: Vec<String>,
    /// How much a rule's findings weigh, by slug or code.
    #[serde(deserialize_with = "severities")]
    pub severity: BTreeMap<String, Severity>,
    /// Names of variables that hold secrets, besides the usual ones.
    pub secret_names: Vec<String>,
    /// Files (log and lock files, by path as scripts write it) that a script may write in an audit run.
    pub own_files: Globs,
    /// Findings that may stand, for whole files.
    pub allow: Vec<Spanned<AllowSettings>>,
}

/// `[[lint.allow]]`: one rule's findings in some files are known and may stand.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AllowSettings {
    /// The rule, by slug.
    pub rule: String,
    /// The files.
    pub files: Globs,
    /// Why.
    pub reason: Option<String>,
    /// The last day on which it counts, as `YYYY-MM-DD`.
    pub until: Option<String>,
}

/// `[ledger]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LedgerSettings {
    /// Files that hold the changelog.
    pub changelogs: Globs,
    /// Prefixes of ledger ids.
    pub prefixes: Vec<String>,
}

/// `[run]`
#[derive(Debug, Clone, Deserialize)]
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
#[derive(Debug, Clone, Default, Deserialize)]
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
    pub unattended: BTreeMap<String, String>,
}

/// A rule of the guard: a command, or a table with more than that.
#[derive(Debug, Clone, Deserialize)]
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

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenRule {
    Command(String),
    Table(RuleTable),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    command: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    instead: String,
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

/// One key of the file: drives the check for unknown keys and the reference page.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Path from the top, dots between the parts.
    pub path: &'static str,
    /// Its default, as TOML.
    pub default: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// Every key there is.
pub const KEYS: &[Key] = &[
    Key { path: "version", default: "1", meaning: "Version of the file's format." },
    Key {
        path: "members",
        default: "[]",
        meaning: "Globs over folders: nested projects (with a `gauntlet.toml` of their own) that are searched all the same.",
    },
    Key { path: "exclude", default: "[]", meaning: "Globs over files and folders that are not searched." },
    Key { path: "lint.select", default: "[]", meaning: "Rules that run, by slug or code; empty for all." },
    Key { path: "lint.ignore", default: "[]", meaning: "Rules that do not run, by slug or code." },
    Key {
        path: "lint.severity",
        default: "{}",
        meaning: "`\"fail\"` or `\"warn\"` for each rule, by slug or code. `unparsed` always fails.",
    },
    Key {
        path: "lint.secret_names",
        default: "[]",
        meaning: "Names of variables that hold secrets, besides the usual ones.",
    },
    Key {
        path: "lint.own_files",
        default: "[]",
        meaning: "Globs over paths as scripts write them: log and lock files that an audit run may write.",
    },
    Key {
        path: "lint.allow",
        default: "[]",
        meaning: "Findings that may stand for whole files: a table each, below. One that matches nothing is a finding (`stale-suppression`).",
    },
    Key {
        path: "ledger.changelogs",
        default: r#"["**/changelog-*.md", "**/CHANGELOG.md"]"#,
        meaning: "Globs over the files that hold the changelog.",
    },
    Key {
        path: "ledger.prefixes",
        default: r#"["D", "DOCFIX", "BUNDLEFIX", "SEC"]"#,
        meaning: "Prefixes of ledger ids.",
    },
    Key { path: "run.harnesses", default: r#""harnesses""#, meaning: "The folder of the harness files." },
    Key {
        path: "run.minimum_rung",
        default: r#""S2""#,
        meaning: "The weakest sandbox that counts: `\"S1\"` (namespaces as root) or `\"S2\"` (a user namespace).",
    },
    Key {
        path: "run.mutating",
        default: "[]",
        meaning: "Programs whose every call mutates, besides the tables of known tools.",
    },
    Key {
        path: "guard.deny",
        default: "[]",
        meaning: "Commands that an agent never runs: `\"PROGRAM PATTERN\"`, or a table with `command`, `why`, `instead`, `target`.",
    },
    Key { path: "guard.ask", default: "[]", meaning: "Commands that are always asked for." },
    Key {
        path: "guard.allow",
        default: "[]",
        meaning: "Commands that run unasked although they may change something.",
    },
    Key {
        path: "guard.scripts",
        default: "{}",
        meaning: "Scripts that run unasked: the path, and the BLAKE3 hash of the content. With `--apply` they are asked for all the same.",
    },
    Key {
        path: "guard.writable",
        default: "[]",
        meaning: "Globs over files that may be written unasked: absolute, or relative to the project.",
    },
    Key {
        path: "guard.unattended",
        default: "{}",
        meaning: "`\"ask\"` or `\"deny\"` for a permission mode: what asking comes to there. Without it, `deny` in the modes in which nobody is asked.",
    },
];

/// The keys of each table of a list.
pub const LISTED: &[(&str, &[Key])] = &[(
    "lint.allow",
    &[
        Key { path: "rule", default: "", meaning: "The rule that is allowed, by slug; never `unparsed`." },
        Key { path: "files", default: "", meaning: "Globs over the files in which it is." },
        Key { path: "reason", default: "", meaning: "Why; without one it silences nothing." },
        Key {
            path: "until",
            default: "",
            meaning: "May be left out: the last day on which it counts, `YYYY-MM-DD`.",
        },
    ],
)];

/// Tables whose keys the user chooses.
const OPEN_TABLES: &[&str] = &["lint.severity", "guard.scripts", "guard.unattended"];

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
            lint: LintSettings::default(),
            ledger: LedgerSettings::default(),
            run: RunSettings::default(),
            guard: GuardSettings::default(),
        }
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
        check_keys(tree.get_ref(), "")?;
        if !has_version {
            return Err(SettingsError {
                message: "the key `version` is missing: start the file with `version = 1`".to_owned(),
                span: 0..0,
            });
        }
        toml::from_str(text).map_err(|error| from_toml(&error))
    }
}

fn from_toml(error: &toml::de::Error) -> SettingsError {
    SettingsError { message: error.message().to_owned(), span: error.span().unwrap_or(0..0) }
}

/// The error for the first unknown key below `prefix`, in the order of the text.
fn check_keys(table: &DeTable<'_>, prefix: &str) -> Result<(), SettingsError> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        let name = key.get_ref().as_ref();
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        let below = format!("{path}.");
        if let Some((_, keys)) = LISTED.iter().find(|(listed, _)| *listed == path) {
            check_listed(value.get_ref(), &path, keys)?;
        }
        if KEYS.iter().any(|known| known.path == path) || OPEN_TABLES.contains(&path.as_str()) {
            continue;
        }
        match value.get_ref() {
            DeValue::Table(inner) if KEYS.iter().any(|known| known.path.starts_with(&below)) => {
                check_keys(inner, &path)?;
            }
            _ => return Err(unknown_key(name, prefix, key.span())),
        }
    }
    Ok(())
}

/// The error for the first unknown key of the tables of a list.
fn check_listed(value: &DeValue<'_>, path: &str, keys: &[Key]) -> Result<(), SettingsError> {
    let DeValue::Array(tables) = value else { return Ok(()) };
    let tables = tables.iter().filter_map(|table| match table.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    });
    let known = |name: &str| keys.iter().any(|key| key.path == name);
    for (key, _) in tables.flat_map(|table| table.iter()) {
        let name = key.get_ref().as_ref();
        if !known(name) {
            let meant = suggestion(name, keys.iter().map(|key| key.path));
            let message = format!("unknown key `{name}` in [[{path}]]: {meant}");
            return Err(SettingsError { message, span: key.span() });
        }
    }
    Ok(())
}

fn unknown_key(name: &str, prefix: &str, span: Range<usize>) -> SettingsError {
    let mut siblings: Vec<&str> = KEYS
        .iter()
        .filter_map(|key| match prefix {
            "" => Some(key.path),
            _ => key.path.strip_prefix(prefix)?.strip_prefix('.'),
        })
        .filter_map(|rest| rest.split('.').next())
        .collect();
    siblings.dedup();
    let place = if prefix.is_empty() { String::new() } else { format!(" in [{prefix}]") };
    SettingsError { message: format!("unknown key `{name}`{place}: {}", suggestion(name, siblings)), span }
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        1 => Ok(1),
        other => Err(serde::de::Error::custom(format!(
            "version {other} is not known: this gauntlet reads version 1"
        ))),
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

/// A list of globs, as written and compiled.
#[derive(Debug, Clone, Default)]
pub struct Globs {
    patterns: Vec<String>,
    set: GlobSet,
}

impl Globs {
    /// Compiles globs in which `*` stays within a folder and `**` crosses folders.
    pub fn new(patterns: Vec<String>) -> Result<Self, globset::Error> {
        let mut set = GlobSetBuilder::new();
        for pattern in &patterns {
            let pattern = pattern.trim_end_matches('/');
            set.add(glob(pattern)?);
            // A folder stands for everything below it.
            set.add(glob(&format!("{pattern}/**"))?);
        }
        Ok(Self { patterns, set: set.build()? })
    }

    fn built_in(patterns: &[&str]) -> Self {
        let patterns = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Self::new(patterns).expect("the built-in globs compile: a test compiles them")
    }

    /// Whether one of them matches `path`.
    pub fn matches(&self, path: &str) -> bool {
        self.set.is_match(path)
    }

    /// The globs as written.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }
}

fn glob(pattern: &str) -> Result<Glob, globset::Error> {
    globset::GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build()
}

impl<'de> Deserialize<'de> for Globs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let patterns = Vec::<String>::deserialize(deserializer)?;
        Self::new(patterns).map_err(|error| serde::de::Error::custom(format!("bad glob: {error}")))
    }
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
