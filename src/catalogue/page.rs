//! A rule's page as text in, a rule out: front matter between `+++` lines, a query where the rule is a shape, examples.
//!
//! A page of a repository is somebody's text: what is wrong with it is a value with its place, never a panic.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;

use super::{FIRST_OWN_CODE, Rule, Scope};
use crate::finding::Severity;
use crate::id::RuleCode;
use crate::markdown;

/// What makes a rule a shape: it needs no code of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The query (tree-sitter's language).
    pub query: String,
    /// Byte of the page at which the query starts.
    pub offset: usize,
    /// The capture that the finding stands on.
    pub at: String,
    /// What to say of other captures, by their names.
    pub labels: BTreeMap<String, String>,
    /// What is wrong; `{capture}` stands for the text of that capture.
    pub message: String,
    /// Why it matters.
    pub why: String,
    /// What to write instead; `{capture}` as in the message.
    pub instead: String,
}

/// What is wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFault {
    /// Bytes of the page.
    pub place: Range<usize>,
    /// What, and what to write instead.
    pub message: String,
}

/// The front matter of a built-in rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Builtin {
    code: String,
    summary: String,
    scope: Scope,
    fences: bool,
}

/// The front matter of a repository's rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    code: String,
    summary: String,
    message: String,
    why: String,
    instead: String,
    at: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default = "yes")]
    fences: bool,
    severity: Option<Severity>,
}

const OWN_KEYS: [&str; 9] =
    ["code", "summary", "message", "why", "instead", "at", "labels", "fences", "severity"];

fn yes() -> bool {
    true
}

/// A built-in rule. Its page is a part of this program, so that a mistake in it is found by the first test.
pub(super) fn builtin(slug: &'static str, page: &'static str) -> Rule {
    let (front, body) = split(page)
        .unwrap_or_else(|| panic!("rules/{slug}.md does not start with front matter between `+++` lines"));
    let front: Builtin = toml::from_str(&page[front])
        .unwrap_or_else(|error| panic!("the front matter of rules/{slug}.md: {error}"));
    let code = RuleCode::parse(&front.code)
        .unwrap_or_else(|| panic!("rules/{slug}.md: `{}` is no code", front.code));
    Rule {
        code,
        slug,
        summary: front.summary,
        severity: Severity::Fail,
        scope: front.scope,
        fences: front.fences,
        page: &page[body..],
        shape: None,
    }
}

/// Whether a text is the page of a rule that needs no code, or is meant to be: front matter, and a query or what only such a
/// rule's front matter says.
pub fn is_shape(page: &str) -> bool {
    let says = |front: &str, key: &str| {
        front
            .lines()
            .any(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')))
    };
    split(page).is_some_and(|(front, _)| {
        query(page).is_some() || ["message", "at"].iter().all(|key| says(&page[front.clone()], key))
    })
}

/// A rule of a repository. The page lives as long as the program: there are a few of them, read once.
pub fn own(slug: &str, page: &str) -> Result<Rule, PageFault> {
    let Some((front, body)) = split(page) else {
        return Err(fault(0..0, "the page does not start with front matter between `+++` lines".to_owned()));
    };
    let start = front.start;
    let own: Own = toml::from_str(&page[front.clone()]).map_err(|error| {
        let place = error.span().unwrap_or(0..0);
        fault(start + place.start..start + place.end, explained(error.message()))
    })?;
    let key = |name: &str| {
        let line = page[front.clone()].lines().find(|line| {
            line.trim_start().strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='))
        });
        line.map_or(front.clone(), |line| {
            let at = line.as_ptr() as usize - page.as_ptr() as usize;
            at..at + line.len()
        })
    };
    if slug.is_empty() || !slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(fault(
            0..0,
            format!("`{slug}` is no name of a rule: name the file in small letters, digits and dashes"),
        ));
    }
    if super::rules().iter().any(|rule| rule.slug == slug) {
        return Err(fault(0..0, format!("`{slug}` is a built-in rule: name the file otherwise")));
    }
    let code = RuleCode::parse(&own.code).filter(|code| *code >= FIRST_OWN_CODE).ok_or_else(|| {
        fault(
            key("code"),
            format!("`{}` is no code of a repository's rule: use {FIRST_OWN_CODE} or higher", own.code),
        )
    })?;
    let Some((text, offset)) = query(page) else {
        return Err(fault(0..0, "the page has no ```query fence: a rule without code needs one".to_owned()));
    };
    for (name, value) in [("message", &own.message), ("why", &own.why), ("instead", &own.instead)] {
        if value.trim().is_empty() {
            return Err(fault(
                key(name),
                format!("`{name}` is empty: a finding says what, why and what to write instead"),
            ));
        }
    }
    let captured = captures(&text);
    let mut named = vec![("at", own.at.as_str())];
    named.extend(own.labels.keys().map(|name| ("labels", name.as_str())));
    for (name, text) in [("message", &own.message), ("instead", &own.instead)] {
        named.extend(placeholders(text).map(|capture| (name, capture)));
    }
    for (name, capture) in named {
        if !captured.iter().any(|known| known == capture) {
            let known = captured.iter().map(String::as_str);
            let near = crate::nearest::suggestion(capture, known.clone());
            return Err(fault(key(name), format!("the query captures no `@{capture}`: {near}")));
        }
    }
    let shape = Shape {
        query: text,
        offset,
        at: own.at,
        labels: own.labels,
        message: own.message,
        why: own.why,
        instead: own.instead,
    };
    let page: &'static str = Box::leak(page.to_owned().into_boxed_str());
    Ok(Rule {
        code,
        slug: Box::leak(slug.to_owned().into_boxed_str()),
        summary: own.summary,
        severity: own.severity.unwrap_or(Severity::Fail),
        scope: Scope::Script,
        fences: own.fences,
        page: &page[body..],
        shape: Some(shape),
    })
}

/// `text` with each `{capture}` replaced.
pub fn filled<'t>(text: &str, capture: impl Fn(&str) -> Option<&'t str>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        if let Some((value, after)) =
            after.split_once('}').and_then(|(name, rest)| Some((capture(name)?, rest)))
        {
            out.push_str(value);
            rest = after;
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// The names in braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).filter(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
    })
}

/// The front matter, and where the body starts.
fn split(page: &str) -> Option<(Range<usize>, usize)> {
    let mut lines = page.split_inclusive('\n');
    let is_mark = |line: &&str| line.trim_end_matches(['\r', '\n']) == "+++" && line.ends_with('\n');
    let first = lines.next().filter(is_mark)?;
    let mut end = first.len();
    let last = loop {
        let line = lines.next()?;
        if is_mark(&line) {
            break line;
        }
        end += line.len();
    };
    let after = &page[end + last.len()..];
    Some((first.len()..end, page.len() - after.trim_start_matches(['\r', '\n']).len()))
}

/// The first query fence: its text and where it starts.
fn query(page: &str) -> Option<(String, usize)> {
    let fence = markdown::fences(page).into_iter().find(|fence| fence.info.trim() == "query")?;
    Some((fence.text.text().to_owned(), fence.content.start))
}

/// The names of a query's captures: `@name` outside of strings and comments.
fn captures(query: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut chars = query.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            ';' => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
            '"' => {
                while let Some((_, c)) = chars.next() {
                    match c {
                        '\\' => drop(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '@' => {
                let name = &query[at + 1..];
                let end =
                    name.find(|c: char| !c.is_alphanumeric() && !"_-.".contains(c)).unwrap_or(name.len());
                if !names.iter().any(|known| known == &name[..end]) {
                    names.push(name[..end].to_owned());
                }
            }
            _ => {}
        }
    }
    names
}

/// The message of the TOML reader, with the nearest key where one is unknown.
fn explained(message: &str) -> String {
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    match unknown {
        Some((name, _)) => format!("unknown key `{name}`: {}", crate::nearest::suggestion(name, OWN_KEYS)),
        None => message.to_owned(),
    }
}

fn fault(place: Range<usize>, message: String) -> PageFault {
    PageFault { place, message }
}
