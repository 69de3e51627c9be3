//! What a harness file may say, value by value: each check gives what it read, or a complaint with its place.

use std::collections::BTreeMap;
use std::ops::Range;

use regex::Regex;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::VERSION;
use super::error::Complaint;
use crate::nearest::suggestion;
use crate::source::RepoPath;
use crate::trial::pattern::Pattern;

/// Shorter texts turn up by chance.
const CANARY_LENGTH: usize = 8;

/// What the TOML reader refuses: bad syntax, wrong types, unknown and missing keys.
pub(super) fn from_toml(error: &toml::de::Error) -> Complaint {
    let message = error.message();
    let span = error.span().unwrap_or(0..0);
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (what, why, instead) = if message.starts_with("unknown field") {
        let key = quoted.next().unwrap_or_default();
        let known: Vec<&str> = quoted.collect();
        (
            format!("unknown key `{key}`"),
            "a misspelt key that is ignored is a check that does not happen",
            suggestion(key, known.iter().copied()),
        )
    } else if message.starts_with("missing field") {
        let key = quoted.next().unwrap_or_default();
        (format!("the key `{key}` is missing"), "nothing can stand for it", format!("add `{key} = ...` here"))
    } else {
        (
            message.to_owned(),
            "the file cannot be read as a harness",
            "write what the format asks for here".to_owned(),
        )
    };
    Complaint { span, what, why: why.to_owned(), instead }
}

/// An environment, whose names must be some.
pub(super) fn environment<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let env = BTreeMap::<String, String>::deserialize(deserializer)?;
    match env
        .keys()
        .find(|name| name.is_empty() || name.contains(|c: char| "=\0".contains(c) || c.is_whitespace()))
    {
        Some(name) => Err(serde::de::Error::custom(format!(
            "{name:?} is no name of a variable: write NAME = \"value\""
        ))),
        None => Ok(env),
    }
}

pub(super) fn complain(
    span: Range<usize>,
    what: impl Into<String>,
    why: &str,
    instead: impl Into<String>,
) -> Complaint {
    Complaint { span, what: what.into(), why: why.to_owned(), instead: instead.into() }
}

pub(super) fn version(version: &Spanned<u32>) -> Result<(), Complaint> {
    if *version.get_ref() == VERSION {
        return Ok(());
    }
    Err(complain(
        version.span(),
        format!("version {} is not known", version.get_ref()),
        "another version may mean something else by the same keys",
        format!("this gauntlet reads version {VERSION}"),
    ))
}

/// A path that stays inside the project.
pub(super) fn inside(path: &Spanned<String>) -> Result<RepoPath, Complaint> {
    let text = path.get_ref();
    if text.is_empty() || text.starts_with('/') || text.split('/').any(|part| part == "..") {
        return Err(complain(
            path.span(),
            format!("{text:?} lies outside the project"),
            "the world holds files of the project only",
            "write the path relative to the project root",
        ));
    }
    Ok(RepoPath::new(text.clone()))
}

/// A glob over the paths of the world.
pub(super) fn residue(glob: &Spanned<String>) -> Result<String, Complaint> {
    let text = glob.get_ref();
    let fixed = text.trim_matches(|c: char| "*?/".contains(c));
    if text.starts_with('/') && !fixed.is_empty() {
        return Ok(text.clone());
    }
    Err(complain(
        glob.span(),
        format!("{text:?} names no place in the world"),
        "what must not be left is looked for by its path in the world",
        "write an absolute path such as `/run/lock/x.lock` or `/tmp/*`",
    ))
}

pub(super) fn file_glob(glob: &Spanned<String>) -> Result<String, Complaint> {
    inside(glob)?;
    match globset::Glob::new(glob.get_ref()) {
        Ok(_) => Ok(glob.get_ref().clone()),
        Err(error) => {
            Err(complain(glob.span(), format!("bad glob: {error}"), "it matches no file", "correct the glob"))
        }
    }
}

pub(super) fn pattern(text: &Spanned<String>) -> Result<Pattern, Complaint> {
    Pattern::parse(text.get_ref()).map_err(|error| {
        complain(
            text.span(),
            error.to_string(),
            "calls are matched word by word, the program's name first",
            "write it as you would type the call, with `*` for any one word and `**` for any number of words",
        )
    })
}

pub(super) fn regex(text: &Spanned<String>) -> Result<Regex, Complaint> {
    Regex::new(text.get_ref()).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        complain(
            text.span(),
            format!("this is no regular expression: {reason}"),
            "an expectation that cannot be read cannot be checked",
            "escape what stands for itself with `\\\\` (in TOML's '...' with one `\\`)",
        )
    })
}

pub(super) fn regexes(texts: &[Spanned<String>]) -> Result<Vec<Regex>, Complaint> {
    texts.iter().map(regex).collect()
}

pub(super) fn reason(text: &Spanned<String>) -> Result<String, Complaint> {
    if text.get_ref().trim().is_empty() {
        return Err(complain(
            text.span(),
            "the reason is empty",
            "who reads the harness must be able to judge it",
            "say why this is right after the fault",
        ));
    }
    Ok(text.get_ref().clone())
}

pub(super) fn canary(key: &str, value: &Spanned<String>) -> Result<(), Complaint> {
    if value.get_ref().chars().count() >= CANARY_LENGTH {
        return Ok(());
    }
    Err(complain(
        value.span(),
        format!("the canary {key} is too short"),
        "its text would turn up in output by chance",
        format!("write at least {CANARY_LENGTH} characters that occur nowhere else"),
    ))
}
