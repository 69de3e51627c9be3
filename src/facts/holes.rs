//! How the unknown parts of a text that a shell is to read (`eval "x=\$$name"`) stand in it while it is parsed.

use crate::bash;
use crate::commands::HOLE;

/// How the variables that stand for unknown parts begin.
const PART: &str = "gauntlet_hole_";

/// What stands where an unknown part is a name, or the part of one.
const NAMED: &str = "_gauntlet_named_";

/// A piece of a text with unknown parts.
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// The variable that holds the unknown part.
    Hole(String),
}

/// The variable that stands for an unknown part, counted from 0.
pub(super) fn name(number: usize) -> String {
    format!("{PART}{number}")
}

/// Whether a text, or a variable's name, was made here.
pub(super) fn stands_in(text: &str) -> bool {
    text.contains(PART) || text.contains(NAMED)
}

/// The text to parse: `echo "${gauntlet_hole_0}"` for `echo "?"`. Where the part belongs to a variable's name, as in
/// `eval "x=\${${1}_DIR:-y}"` or `eval "$1=(a b)"`, there is no expansion within it: a name stands there, of a variable
/// that nobody set.
pub(super) fn source(text: &str) -> String {
    let mut source = String::new();
    let mut rest = text;
    let mut number = 0;
    while let Some((before, after)) = rest.split_once(HOLE) {
        source.push_str(before);
        let part = if is_in_name(&source) || names_an_array(&source, after) {
            format!("{NAMED}{number}_")
        } else {
            format!("${{{}}}", name(number))
        };
        source.push_str(&part);
        rest = after;
        number += 1;
    }
    source.push_str(rest);
    source
}

/// Whether a text that does not parse would, if its last unknown part ended a quote: `eval "set -- $quoted"`, where the script
/// put the quotes on itself.
pub(super) fn may_close_a_quote(text: &str) -> bool {
    let Some((before, after)) = text.rsplit_once(HOLE) else { return false };
    ["'", "\""].iter().any(|quote| bash::parse(&source(&format!("{before}{quote}{after}"))).unread.is_empty())
}

/// The pieces of what [`source`] made of a text that the shell takes as it is written.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = [rest.find(PART), rest.find(NAMED)].into_iter().flatten().min() {
        let (before, found) = rest.split_at(at);
        let (mark, closing) = if found.starts_with(PART) { (PART, '}') } else { (NAMED, '_') };
        let (number, after) = found[mark.len()..].split_once(closing).unwrap_or((&found[mark.len()..], ""));
        pieces.push(Piece::Text(before.strip_suffix("${").unwrap_or(before)));
        pieces.push(Piece::Hole(format!("{PART}{number}")));
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Whether what comes next belongs to the name of an expansion: behind `$`, `$x`, `${`, `${#x`, `${!x`.
fn is_in_name(before: &str) -> bool {
    let name = before.rfind(|c: char| !is_name_char(c)).map_or(0, |at| at + 1);
    let is_expansion = |before: &str| {
        before.strip_suffix('$').is_some_and(|rest| {
            (rest.len() - rest.trim_end_matches('\\').len()).is_multiple_of(2) && !rest.ends_with('$')
        })
    };
    let braced = before[..name].strip_suffix(['#', '!']).unwrap_or(&before[..name]);
    braced.strip_suffix('{').is_some_and(is_expansion)
        || !before[name..].starts_with(|c: char| c.is_ascii_digit()) && is_expansion(&before[..name])
}

/// Whether the word is the name of an array that is assigned: `?=(`, `a_?+=(`.
fn names_an_array(before: &str, after: &str) -> bool {
    let front = before.trim_end_matches(is_name_char);
    let starts = front.is_empty() || front.ends_with(|c: char| c.is_whitespace() || ";&|({".contains(c));
    let behind = after.trim_start_matches(|c| is_name_char(c) || c == HOLE);
    starts && behind.strip_prefix('+').unwrap_or(behind).starts_with("=(")
}

fn is_name_char(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}
