//! Every key of `gauntlet.toml`, with its default and what it does: the check for unknown keys, the reference page and the
//! schema read from here.
//!
//! What a key's value may be is said by the types beside it, never here.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::SettingsError;
use crate::nearest::suggestion;

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
    Key {
        path: "tools",
        default: "[]",
        meaning: "Programs besides those that are known, and what else holds of those: a table each, below.",
    },
    Key { path: "lint.select", default: "[]", meaning: "Rules that run, by slug or code; empty for all." },
    Key { path: "lint.ignore", default: "[]", meaning: "Rules that do not run, by slug or code." },
    Key {
        path: "lint.severity",
        default: "{}",
        meaning: "`\"fail\"` or `\"warn\"` for each rule, by slug or code. `unparsed` always fails.",
    },
    Key {
        path: "lint.paths",
        default: "[]",
        meaning: "What holds of the rules in some files: a table each, below.",
    },
    Key {
        path: "lint.gates.options",
        default: r#"["--apply"]"#,
        meaning: "Options that let a script change something; the first is the one that advice names.",
    },
    Key {
        path: "lint.gates.commands",
        default: "[]",
        meaning: "Commands that end with 0 only where the operator confirmed the target (`\"PROGRAM PATTERN\"`, each word globs one word, `**` any number).",
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
        meaning: "The weakest sandbox that counts: `\"S1\"` (namespaces as root), `\"S2\"` (a user namespace), `\"S3\"` (bwrap), `\"S4\"` (Landlock and seccomp) or `\"S5\"` (`PATH` only).",
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
pub const LISTED: &[(&str, &[Key])] = &[
    (
        "tools",
        &[
            Key { path: "name", default: "", meaning: "The program, without folders." },
            Key {
                path: "like",
                default: "",
                meaning: "A known tool with the same command line; left out: what is known of `name`, if anything.",
            },
            Key {
                path: "read",
                default: "",
                meaning: "Lines that only read. Where nothing else is known of the program, all others change something.",
            },
            Key {
                path: "write",
                default: "",
                meaning: "Lines that change something, although `read` may have them.",
            },
            Key {
                path: "options_with_value",
                default: "",
                meaning: "Options whose value may be the next word.",
            },
        ],
    ),
    (
        "lint.paths",
        &[
            Key { path: "files", default: "", meaning: "Globs over the files it is about; at least one." },
            Key {
                path: "select",
                default: "",
                meaning: "The only rules that run in them, by slug or code; left out or empty: those that `[lint]` leaves.",
            },
            Key { path: "ignore", default: "", meaning: "Rules that do not run in them, by slug or code." },
            Key {
                path: "severity",
                default: "",
                meaning: "`\"fail\"` or `\"warn\"` for each rule in them, by slug or code.",
            },
        ],
    ),
    (
        "lint.allow",
        &[
            Key {
                path: "rule",
                default: "",
                meaning: "The rule that is allowed, by slug; never `unparsed`.",
            },
            Key { path: "files", default: "", meaning: "Globs over the files in which it is." },
            Key { path: "reason", default: "", meaning: "Why; without one it silences nothing." },
            Key {
                path: "until",
                default: "",
                meaning: "May be left out: the last day on which it counts, `YYYY-MM-DD`.",
            },
        ],
    ),
];

/// Tables whose keys the user chooses.
const OPEN_TABLES: &[&str] = &["lint.severity", "guard.scripts", "guard.unattended"];

/// The error for the first unknown key below `prefix`, in the order of the text.
pub(super) fn check(table: &DeTable<'_>, prefix: &str) -> Result<(), SettingsError> {
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
                check(inner, &path)?;
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

/// Where each key stands in the text, by its path; an element of a list by its text where it is one, else by its number.
pub fn places(text: &str) -> BTreeMap<String, usize> {
    let mut places = BTreeMap::new();
    if let Ok(tree) = DeTable::parse(text) {
        place_keys(tree.get_ref(), "", &mut places);
    }
    places
}

fn place_keys(table: &DeTable<'_>, prefix: &str, places: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let path = format!("{prefix}{}", key.get_ref());
        places.insert(path.clone(), key.span().start);
        place_values(value.get_ref(), &format!("{path}."), places);
    }
}

fn place_values(value: &DeValue<'_>, prefix: &str, places: &mut BTreeMap<String, usize>) {
    match value {
        DeValue::Table(table) => place_keys(table, prefix, places),
        DeValue::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                let name = match element.get_ref() {
                    DeValue::String(text) => text.to_string(),
                    _ => index.to_string(),
                };
                let path = format!("{prefix}{name}");
                places.entry(path.clone()).or_insert(element.span().start);
                place_values(element.get_ref(), &format!("{path}."), places);
            }
        }
        _ => {}
    }
}
