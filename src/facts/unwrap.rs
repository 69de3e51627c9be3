//! What a wrapper runs: `sudo`, `env`, `timeout`, `ssh`, `bash -c` ... read by their option grammars.
//!
//! An option that the grammar does not know makes the wrapper opaque, never wrongly read.

use crate::commands::{HOLE, Payload, Wrapper};

use super::value::Value;

/// What is inside a wrapper's words.
#[derive(Debug, Clone)]
pub(super) enum Inner {
    /// Nothing that could be told: the program stands for itself.
    None,
    /// It only looks something up.
    Lookup,
    /// The words from `skip` on.
    Words {
        /// How many of the wrapper's arguments stand before.
        skip: usize,
        /// Whether they run elsewhere.
        remote: bool,
        /// Whether the shell's functions and builtins may answer (`command`, `exec` run programs only).
        shadow: bool,
    },
    /// Commands among the words, each from one index up to another.
    Several(Vec<(usize, usize)>),
    /// Shell text.
    Text {
        /// The text.
        text: Value,
        /// Whether it runs elsewhere.
        remote: bool,
        /// `$1`, `$2`, ... of the text.
        params: Vec<Value>,
    },
    /// Shell text on stdin.
    Stdin {
        /// Whether it runs elsewhere.
        remote: bool,
    },
}

/// Reads a wrapper's arguments by the first of `wrappers` that fits.
pub(super) fn unwrap(wrappers: &[Wrapper], args: &[Value]) -> Inner {
    for wrapper in wrappers {
        let mut start = 0;
        if !wrapper.verbs.is_empty() {
            match verb_at(wrapper, args) {
                Some(at) => start = at + 1,
                None => continue,
            }
        }
        if wrapper.shell {
            return shell(args);
        }
        if !wrapper.exec_options.is_empty() {
            return several(wrapper, args);
        }
        return read(wrapper, args, start);
    }
    Inner::None
}

/// The commands behind a wrapper's options, each up to `;` or `+`.
fn several(wrapper: &Wrapper, args: &[Value]) -> Inner {
    let mut ranges = Vec::new();
    let mut index = 0;
    while index < args.len() {
        if wrapper.exec_options.iter().any(|option| args[index].text == *option) {
            let start = index + 1;
            let length = args[start..].iter().position(|value| [";", "+"].contains(&value.text.as_str()));
            index = length.map_or(args.len(), |length| start + length);
            if index > start {
                ranges.push((start, index));
            }
        }
        index += 1;
    }
    if ranges.is_empty() { Inner::None } else { Inner::Several(ranges) }
}

/// The index of the wrapping verb, global options before it skipped.
fn verb_at(wrapper: &Wrapper, args: &[Value]) -> Option<usize> {
    let mut index = 0;
    while index < args.len() {
        let word = args[index].constant()?;
        if wrapper.verbs.iter().any(|verb| verb == word) {
            return Some(index);
        }
        if !word.starts_with('-') {
            return None;
        }
        index += if wrapper.values.iter().any(|option| option == word) { 2 } else { 1 };
    }
    None
}

fn read(wrapper: &Wrapper, args: &[Value], start: usize) -> Inner {
    let mut index = start;
    let mut skipped = 0;
    while index < args.len() {
        let value = &args[index];
        let text = value.text.as_str();
        if skipped >= wrapper.skip && !text.starts_with('-') && !(wrapper.assignments && is_assignment(text))
        {
            break;
        }
        if text == "--" {
            index += 1;
            let rest = wrapper.skip.saturating_sub(skipped);
            index += rest;
            break;
        }
        if wrapper.payload_option.as_deref() == Some(text) {
            return args.get(index + 1).map_or(Inner::None, |text| Inner::Text {
                text: text.clone(),
                remote: wrapper.remote,
                params: Vec::new(),
            });
        }
        if wrapper.lookups.iter().any(|option| option == text) {
            return Inner::Lookup;
        }
        if wrapper.split.iter().any(|option| option == text) {
            return args.get(index + 1).map_or(Inner::None, |text| Inner::Text {
                text: text.clone(),
                remote: wrapper.remote,
                params: Vec::new(),
            });
        }
        if wrapper.flags.iter().any(|option| option == text) {
            index += 1;
        } else if wrapper.values.iter().any(|option| option == text) {
            index += 2;
        } else if wrapper.assignments && is_assignment(text) || attached(wrapper, text) {
            index += 1;
        } else if text.starts_with('-') && !starts_unknown(text) {
            return Inner::None;
        } else if skipped < wrapper.skip {
            skipped += 1;
            index += 1;
        } else {
            break;
        }
    }
    if let Some(option) = &wrapper.payload_option
        && let Some(at) = args.iter().position(|value| value.text == *option)
        && (wrapper.operands.is_some() || at == index)
    {
        return args.get(at + 1).map_or(Inner::None, |text| Inner::Text {
            text: text.clone(),
            remote: wrapper.remote,
            params: Vec::new(),
        });
    }
    if wrapper.operands.is_some() {
        return Inner::None;
    }
    if index >= args.len() {
        return if wrapper.remote { Inner::Stdin { remote: true } } else { Inner::None };
    }
    match wrapper.payload {
        Payload::Words => {
            let shadow = wrapper.name == "builtin";
            Inner::Words { skip: index, remote: wrapper.remote, shadow }
        }
        Payload::Joined => {
            Inner::Text { text: joined(&args[index..]), remote: wrapper.remote, params: Vec::new() }
        }
    }
}

/// `-Wx`, `--option=x`
fn attached(wrapper: &Wrapper, text: &str) -> bool {
    wrapper.prefixes.iter().any(|prefix| text.len() > prefix.len() && text.starts_with(prefix.as_str()))
}

fn starts_unknown(text: &str) -> bool {
    text.starts_with(HOLE)
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

/// The words with blanks between them.
fn joined(words: &[Value]) -> Value {
    let mut text = Value::default();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.text.push(' ');
        }
        text.append(word);
    }
    text.written = words.first().and_then(|word| word.written);
    text
}

/// `bash -c TEXT`, `bash -s`, `bash FILE`.
fn shell(args: &[Value]) -> Inner {
    let mut index = 0;
    while let Some(value) = args.get(index) {
        let Some(word) = value.constant() else { return Inner::None };
        if word == "--" {
            index += 1;
            break;
        }
        if word == "-" {
            return Inner::Stdin { remote: false };
        }
        if !word.starts_with(['-', '+']) {
            break;
        }
        if word.starts_with("--") {
            index += if word == "--rcfile" || word == "--init-file" { 2 } else { 1 };
            continue;
        }
        let letters = &word[1..];
        if letters.contains('c') {
            let takes_option = letters.matches('o').count();
            let at = index + 1 + takes_option;
            let params = args.get(at + 2..).unwrap_or_default().to_vec();
            return args.get(at).map_or(Inner::None, |text| Inner::Text {
                text: text.clone(),
                remote: false,
                params,
            });
        }
        if letters.contains('s') {
            return Inner::Stdin { remote: false };
        }
        index += 1 + letters.matches(['o', 'O']).count();
    }
    if index >= args.len() { Inner::Stdin { remote: false } } else { Inner::None }
}
