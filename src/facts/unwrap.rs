//! What a wrapper runs: `sudo`, `env`, `timeout`, `ssh`, `bash -c` ... read by the grammars of their words.
//!
//! The grammars are data (`rules/commands/wrappers.toml`); this is their interpreter. What a grammar does not know, or
//! a word that is not known where it decides how the others are read, makes the command opaque, with the reason. It
//! is never read as another command.

mod find;
mod options;
mod shell;
mod split;

use crate::commands::{Empty, HOLE, Payload, Style, Wrapper};

use super::value::Value;
use options::Scan;

/// A word of an inner command.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// Its value.
    pub value: Value,
    /// Which of the wrapper's arguments it is written in; `None` where the wrapper adds it.
    pub from: Option<usize>,
    /// Whether it is that argument, whole.
    pub whole: bool,
}

/// Something that a wrapper runs.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// A command.
    Words { pieces: Vec<Piece>, remote: bool },
    /// Shell text, with `$0` and `$1`, `$2`, ..., and what the shell's options set, as words of `set`.
    Text { text: Value, zero: Option<Value>, params: Vec<Value>, set: Vec<String>, remote: bool },
    /// Shell text on stdin.
    Stdin { params: Vec<Value>, set: Vec<String>, remote: bool },
    /// A file that a shell reads: its path and its arguments.
    File(Vec<Piece>),
    /// Something that is not known.
    Unknown(String),
}

/// Why a command cannot be read.
#[derive(Debug, Clone)]
pub(super) struct Opaque {
    /// In words, to follow "because".
    pub reason: String,
    /// The argument that would have to be known.
    pub word: Option<usize>,
    /// What would run if that word were an option without a value, or an operand: never the answer, but it must not be
    /// overlooked.
    pub guesses: Vec<Inner>,
}

impl Opaque {
    fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), word: None, guesses: Vec::new() }
    }
}

/// What is inside a wrapper's words.
#[derive(Debug, Clone)]
pub(super) enum Inner {
    /// Nothing: the program stands for itself.
    Itself,
    /// It cannot be told.
    Opaque(Opaque),
    /// What it runs.
    Runs {
        /// The wrapper's name as the chain shows it (`juju ssh`).
        link: String,
        /// Its options, in each of their spellings; a lone `-` is one.
        options: Vec<String>,
        /// What it runs, in order.
        parts: Vec<Part>,
        /// Whether the wrapper does something of its own besides (`find -delete`).
        and_itself: bool,
        /// Why the reading may still be wrong.
        doubt: Option<String>,
    },
}

/// Reads the arguments of the wrapper `name` by the first of `wrappers` that fits. `added` is what a wrapper puts into the words.
pub(super) fn unwrap(name: &str, wrappers: &[Wrapper], args: &[Value], added: &Value) -> Inner {
    for wrapper in wrappers {
        if let Some(reason) = &wrapper.opaque {
            return Inner::Opaque(Opaque::because(format!("of `{name}` nothing can be told: {reason}")));
        }
        let pieces: Vec<Piece> = args
            .iter()
            .enumerate()
            .map(|(at, value)| Piece { value: value.clone(), from: Some(at), whole: true })
            .collect();
        let inner = match wrapper.style {
            Style::Shell => Some(shell::read(name, wrapper, &pieces)),
            Style::Find => Some(find::read(wrapper, &pieces, added)),
            Style::Gnu | Style::Go => by_options(name, wrapper, pieces, added),
        };
        if let Some(inner) = inner {
            return inner;
        }
    }
    Inner::Itself
}

/// Reads by a grammar of options; `None` where the grammar is for other verbs or options.
fn by_options(name: &str, wrapper: &Wrapper, pieces: Vec<Piece>, added: &Value) -> Option<Inner> {
    let mut link = name.to_owned();
    let mut start = 0;
    if !wrapper.verbs.is_empty() {
        match verb(wrapper, &pieces) {
            Verb::At(end, verb) => {
                start = end;
                link = format!("{name} {verb}");
            }
            Verb::Other => return None,
            Verb::Unclear(opaque) => return Some(Inner::Opaque(opaque)),
        }
    }
    let mut scan = Scan::new(wrapper, pieces.clone(), start);
    let stopped = scan.run();
    let needed = || wrapper.needs.iter().any(|need| scan.seen(need));
    if !wrapper.needs.is_empty() && !needed() {
        return None;
    }
    if let Some(mut opaque) = stopped {
        let mut stop = Some(opaque.clone());
        while let Some(unclear) = &stop
            && scan.skip_unclear(unclear)
        {
            stop = scan.run();
        }
        opaque.guesses.extend(stop.is_none().then(|| conclude(&scan, &link, added)));
        // A host that may be nothing (`ssh $host reboot`) is one all the same.
        let mut scan = Scan::new(wrapper, pieces, start).with_operands_maybe_empty();
        if scan.run().is_none() {
            opaque.guesses.push(conclude(&scan, &link, added));
        }
        return Some(Inner::Opaque(opaque));
    }
    Some(conclude(&scan, &link, added))
}

/// Where a wrapping verb ends.
enum Verb {
    At(usize, String),
    Other,
    Unclear(Opaque),
}

/// Looks for a wrapping verb, the options before it skipped.
fn verb(wrapper: &Wrapper, pieces: &[Piece]) -> Verb {
    let mut best = Verb::Other;
    for verb in &wrapper.verbs {
        let words: Vec<&str> = verb.split(' ').collect();
        let mut scan = Scan::globals(wrapper, pieces.to_vec());
        let mut matched = 0;
        loop {
            if let Some(opaque) = scan.options() {
                let last = words[words.len() - 1];
                if pieces.iter().any(|piece| piece.value.constant() == Some(last)) {
                    best = Verb::Unclear(opaque);
                }
                break;
            }
            let Some(piece) = scan.rest().first() else { break };
            if piece.value.constant() != Some(words[matched]) {
                break;
            }
            scan.advance();
            matched += 1;
            if scan.found.nothing {
                break;
            }
            if matched == words.len() {
                return Verb::At(scan.position(), verb.clone());
            }
        }
    }
    best
}

/// What runs, once the options are read.
fn conclude(scan: &Scan<'_>, link: &str, added: &Value) -> Inner {
    let wrapper = scan.wrapper;
    let found = &scan.found;
    let remote = wrapper.remote || found.elsewhere;
    let mut parts = found.besides.clone();
    let runs = |parts: Vec<Part>, doubt: Option<String>| {
        let doubt = doubt.or_else(|| found.doubt.clone());
        let options = found.seen.clone();
        Inner::Runs { link: link.to_owned(), options, parts, and_itself: wrapper.itself, doubt }
    };
    if found.nothing {
        return if parts.is_empty() { Inner::Itself } else { runs(parts, None) };
    }
    if let Some(reason) = &found.unreadable {
        return Inner::Opaque(Opaque::because(reason.clone()));
    }
    if let Some(text) = &found.text {
        let mut rest = scan.rest().iter().map(|piece| piece.value.clone());
        let (zero, params) = match wrapper.payload {
            Payload::Shell => (rest.next(), rest.collect()),
            _ => (None, Vec::new()),
        };
        parts.push(Part::Text { text: text.clone(), zero, params, set: Vec::new(), remote });
        return runs(parts, None);
    }
    if scan.operands.len() < wrapper.operands
        && wrapper.payload != Payload::Shell
        && wrapper.payload != Payload::None
    {
        return if parts.is_empty() { Inner::Itself } else { runs(parts, None) };
    }
    if wrapper.numeric && !scan.operands.last().is_some_and(|piece| is_number(&piece.value)) {
        let reason = format!("the number that `{}` takes before the command is not there", wrapper.name);
        return Inner::Opaque(Opaque::because(reason));
    }
    let rest = scan.rest();
    if let [said, text] = rest
        && said.value.constant().is_some_and(|word| wrapper.late_text.iter().any(|late| late == word))
    {
        parts.push(Part::Text {
            text: text.value.clone(),
            zero: None,
            params: Vec::new(),
            set: Vec::new(),
            remote,
        });
        return runs(parts, None);
    }
    match behind(scan, rest, added, remote) {
        Ok(Some(part)) => parts.push(part),
        Ok(None) if parts.is_empty() => return Inner::Itself,
        Ok(None) => {}
        Err(opaque) => return Inner::Opaque(opaque),
    }
    let doubt = wrapper.doubt.clone().filter(|_| !found.entry_set);
    runs(parts, doubt)
}

/// The command behind the options and operands; `None` where there is none and the wrapper stands for itself.
fn behind(scan: &Scan<'_>, rest: &[Piece], added: &Value, remote: bool) -> Result<Option<Part>, Opaque> {
    let wrapper = scan.wrapper;
    let found = &scan.found;
    if wrapper.payload == Payload::Shell {
        return Ok(Some(shell::arguments(rest, remote)));
    }
    if rest.is_empty() && found.entry.is_none() {
        if found.join && !wrapper.remote {
            return Ok(Some(Part::Stdin { params: Vec::new(), set: Vec::new(), remote }));
        }
        if !wrapper.default.is_empty() {
            let words = wrapper.default.iter().map(|word| added_piece(Value::known(word.as_str())));
            return Ok(Some(Part::Words { pieces: with_added(scan, words.collect(), added), remote }));
        }
        return Ok(match wrapper.empty {
            Empty::Itself => None,
            Empty::Shell => Some(Part::Stdin { params: Vec::new(), set: Vec::new(), remote }),
            Empty::Unknown => Some(Part::Unknown(format!("`{}` is not told what to run", wrapper.name))),
        });
    }
    let joins = found.join || (wrapper.payload == Payload::Joined && !found.unjoin);
    let text = |text: Value| Part::Text { text, zero: None, params: Vec::new(), set: Vec::new(), remote };
    match wrapper.payload {
        Payload::None => {
            Err(Opaque::because(format!("`{}` takes no further words, as far as is known", wrapper.name)))
        }
        Payload::Lines => Ok(Some(text(lines(scan, rest, added)))),
        Payload::OneText => {
            if let [single] = rest {
                return Ok(Some(text(single.value.clone())));
            }
            Ok(Some(Part::Words { pieces: rest.to_vec(), remote }))
        }
        _ if joins && wrapper.escapes => Ok(Some(text(joined(rest, escaped)))),
        _ if joins => Ok(Some(text(joined(rest, Value::clone)))),
        _ => {
            let mut pieces: Vec<Piece> = found.entry.iter().cloned().collect();
            pieces.extend(rest.iter().cloned());
            Ok(Some(Part::Words { pieces: with_added(scan, pieces, added), remote }))
        }
    }
}

/// The words with what the wrapper reads put in or appended.
fn with_added(scan: &Scan<'_>, mut pieces: Vec<Piece>, added: &Value) -> Vec<Piece> {
    if !scan.wrapper.appends {
        return pieces;
    }
    match &scan.found.replace {
        Some(mark) => {
            for piece in pieces.iter_mut().skip(1) {
                if piece.value.text.contains(mark.as_str()) {
                    piece.value = substituted(&piece.value, mark, added);
                    piece.whole = false;
                }
            }
        }
        None => {
            pieces.push(added_piece(added.clone().with(|value| value.splits = true)));
        }
    }
    pieces
}

fn added_piece(value: Value) -> Piece {
    Piece { value, from: None, whole: false }
}

/// `parallel`'s text: up to `:::`, what is read put in for `{}`, `{.}`, `{1}`, ... or behind.
fn lines(scan: &Scan<'_>, rest: &[Piece], added: &Value) -> Value {
    let is_source = |piece: &&Piece| piece.value.text.starts_with(":::");
    let words: Vec<Piece> = rest.iter().take_while(|piece| !is_source(piece)).cloned().collect();
    let mut text = joined(&words, Value::clone);
    let mut marks: Vec<String> = scan.found.replace.iter().cloned().collect();
    let mut open = 0;
    while let Some(at) = text.text[open..].find('{').map(|at| at + open) {
        let Some(end) = text.text[at..].find('}').map(|end| at + end) else { break };
        let inside = &text.text[at + 1..end];
        if inside.chars().all(|c| c.is_ascii_digit() || "./%#+-".contains(c)) {
            marks.push(text.text[at..=end].to_owned());
        }
        open = at + 1;
    }
    if marks.is_empty() {
        text.text.push(' ');
        text.append(added);
    }
    for mark in marks {
        text = substituted(&text, &mark, added);
    }
    text
}

/// The value with `mark` in it replaced.
fn substituted(value: &Value, mark: &str, added: &Value) -> Value {
    let mut out = value.clone().with(|out| {
        out.text.clear();
        out.syms.clear();
    });
    let mut syms = value.syms.iter().copied();
    let mut rest = value.text.as_str();
    loop {
        let (before, after) = rest.split_once(mark).map_or((rest, None), |(a, b)| (a, Some(b)));
        out.text.push_str(before);
        out.syms.extend(syms.by_ref().take(before.matches(HOLE).count()));
        let Some(after) = after else { break };
        out.append(added);
        out.own_file = added.own_file && out.text.starts_with(HOLE);
        rest = after;
    }
    out
}

/// The words with blanks between them.
fn joined(words: &[Piece], each: impl Fn(&Value) -> Value) -> Value {
    let mut text = Value::default();
    for (index, piece) in words.iter().enumerate() {
        if index > 0 {
            text.text.push(' ');
        }
        text.append(&each(&piece.value));
    }
    text.written = words.first().and_then(|piece| piece.value.written);
    text
}

/// A word as `sudo -s` hands it to the shell: what is special has a backslash.
fn escaped(value: &Value) -> Value {
    let mut text = String::new();
    for c in value.text.chars() {
        if !(c.is_ascii_alphanumeric() || "_-$".contains(c) || c == HOLE) {
            text.push('\\');
        }
        text.push(c);
    }
    value.clone().with(|value| value.text = text)
}

fn is_number(value: &Value) -> bool {
    let text = value.text.as_str();
    value.constant().is_none() || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A word as a reason shows it: `…` for what is not known.
pub(super) fn shown(value: &Value) -> String {
    value.text.replace(HOLE, "…")
}
