//! The commands that shfmt reads in a text.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

/// The words of a command: start and end of each, in bytes.
pub type Words = Vec<(u32, u32)>;

/// What shfmt sees in one text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The words of each call, by where the first starts.
    pub calls: BTreeMap<u32, Words>,
    /// Where the declaration builtins start; their words are assignments to shfmt and are not compared.
    pub declarations: BTreeSet<u32>,
}

/// Asks shfmt; `None` where it rejects the text.
pub fn outline(text: &str) -> Option<Outline> {
    let mut shfmt = Command::new("shfmt")
        .args(["-ln", "bash", "--to-json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdin = shfmt.stdin.take()?;
    let bytes = text.as_bytes().to_vec();
    // It reads to the end before it writes; a text that it gives up early on is no error of ours.
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = shfmt.wait_with_output().ok()?;
    let _ = writer.join();
    if !output.status.success() {
        return None;
    }
    Some(commands(std::str::from_utf8(&output.stdout).ok()?))
}

/// An object or an array that is still open.
#[derive(Default)]
struct Open<'j> {
    /// Its key in the object around it; empty in an array.
    key: &'j str,
    array: bool,
    kind: &'j str,
    offset: u32,
    start: u32,
    end: u32,
    words: Words,
}

/// Collects the commands of shfmt's tree. It nests far deeper than a recursive reader may, so that this one has a
/// stack of its own; shfmt's JSON is well formed.
fn commands(json: &str) -> Outline {
    let mut outline = Outline::default();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut key: Option<&str> = None;
    let mut rest = json;
    while let Some(first) = rest.bytes().next() {
        let mut used = 1;
        match first {
            b'{' | b'[' => {
                let key = key.take().unwrap_or_default();
                open.push(Open { key, array: first == b'[', ..Open::default() });
            }
            b'}' | b']' => {
                if let Some(closed) = open.pop() {
                    close(closed, &mut open, &mut outline);
                }
            }
            b'"' => {
                let text = string(&rest[1..]);
                used = text.len() + 2;
                match (open.last_mut(), key.take()) {
                    (Some(top), None) if !top.array => key = Some(text),
                    (Some(top), Some("Type")) => top.kind = text,
                    _ => {}
                }
            }
            b'0'..=b'9' => {
                used = rest.bytes().take_while(u8::is_ascii_digit).count();
                if let (Some(top), Some("Offset")) = (open.last_mut(), key) {
                    top.offset = rest[..used].parse().unwrap_or(u32::MAX);
                }
                key = None;
            }
            b't' | b'f' | b'n' => {
                used = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
                key = None;
            }
            _ => {}
        }
        rest = &rest[used..];
    }
    outline
}

/// The inside of a string, escapes and all, up to its closing quote.
fn string(text: &str) -> &str {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    &text[..end.unwrap_or(text.len() - 1)]
}

fn close(closed: Open<'_>, open: &mut [Open<'_>], outline: &mut Outline) {
    match (closed.kind, closed.words.first()) {
        ("CallExpr", Some((start, _))) => {
            outline.calls.insert(*start, closed.words);
        }
        ("DeclClause", _) => {
            outline.declarations.insert(closed.start);
        }
        _ => {}
    }
    let Some((top, above)) = open.split_last_mut() else { return };
    match closed.key {
        "Pos" => top.start = closed.offset,
        "End" => top.end = closed.offset,
        _ if top.array && top.key == "Args" => {
            if let Some(command) = above.last_mut() {
                command.words.push((closed.start, closed.end));
            }
        }
        _ => {}
    }
}
