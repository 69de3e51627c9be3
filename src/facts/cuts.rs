//! What parameter operators make of known texts: parts of them, other letters, other parts.

use super::value::{MOST_BYTES, Value};

/// Which end of a text is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// `${x#...}`
    Front,
    /// `${x%...}`
    Back,
}

/// A known text without a known, plain start or end.
pub(super) fn without(value: &Value, cut: &Value, end: End) -> Option<String> {
    let (text, cut) = (value.constant()?, plain_pattern(cut)?);
    let rest = match end {
        End::Front => text.strip_prefix(cut),
        End::Back => text.strip_suffix(cut),
    };
    Some(rest.unwrap_or(text).to_owned())
}

/// A known text with a known, plain part replaced.
pub(super) fn replaced(value: &Value, part: &Value, by: &Value, all: bool) -> Option<String> {
    let (text, part, by) = (value.constant()?, plain_pattern(part)?, by.constant()?);
    // `#` and `%` tie it to an end; `&` stands for what was found.
    if part.is_empty() || part.starts_with(['#', '%', '/']) || by.contains(['&', '\\']) {
        return None;
    }
    let found = if all { text.matches(part).count() } else { 1 };
    if found.saturating_mul(by.len()).saturating_add(text.len()) > MOST_BYTES {
        return None;
    }
    Some(if all { text.replace(part, by) } else { text.replacen(part, by, 1) })
}

/// A pattern that fits nothing but itself.
fn plain_pattern(pattern: &Value) -> Option<&str> {
    pattern.constant().filter(|text| !text.contains(['*', '?', '[', '\\', '(', '~']))
}

pub(super) fn is_ascii(value: &Value) -> bool {
    value.constant().is_some_and(str::is_ascii)
}

/// `${x,,}`, `${x^}` and the like of a text in ASCII.
pub(super) fn in_case(op: &str, text: &str) -> String {
    let first = text.len().min(1);
    match op {
        ",," => text.to_ascii_lowercase(),
        "^^" => text.to_ascii_uppercase(),
        "," => text[..first].to_ascii_lowercase() + &text[first..],
        "^" => text[..first].to_ascii_uppercase() + &text[first..],
        _ => text.to_owned(),
    }
}

/// `${x:1:4}` of a known text in ASCII, where both numbers are known and not negative.
pub(super) fn cut(value: &Value, offset: &Value, length: Option<&Value>) -> Option<String> {
    let text = value.constant().filter(|text| text.is_ascii())?;
    let number = |value: &Value| value.constant()?.trim().parse::<usize>().ok();
    let start = number(offset)?.min(text.len());
    let length = match length {
        Some(length) => number(length)?,
        None => text.len(),
    };
    Some(text[start..].chars().take(length).collect())
}
