//! Texts that a command writes or hands on: heredocs, here-strings, what `echo` and `printf` write, what `sed` puts in,
//! what a database is told.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::bash::syntax::{Command, CommandKind, RedirectOp, Target, Word};
use crate::commands::Tables;
use crate::source::Span;

use super::super::credentials::{Place, is_credential};
use super::words::{is_shown, program_of, snake, text_of, text_of_parts};
use super::{Given, Search};

/// `password = ...`, `"token": "..."`, `export TOKEN=...`
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\s*(?:export\s+|set\s+|-\s+)?["']?([A-Za-z_][\w.-]*)["']?\s*[:=]\s*(.*?)\s*,?\s*$"#)
        .expect("the pattern is well formed")
});

/// A line of a netrc file, an answer for debconf.
static LOGIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\blogin\s+\S+\s+password|^\s*\S+\s+\S+/\S*pass\S*\s+password)\s+(\S+)\s*$")
        .expect("the pattern is well formed")
});

/// `alter role x password '...'`, `create user x identified by '...'`
static SQL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:password(?:\s+for\s+\S+)?|identified(?:\s+with\s+\S+)?\s+(?:by|as))\s*=?\s*(?:password\s*\(\s*)?'([^']*)'",
    )
    .expect("the pattern is well formed")
});

impl Search<'_> {
    /// Credentials in the texts of a command, line by line.
    pub(super) fn documents(&mut self, command: &Command) {
        let words: Vec<Cow<'_, str>> = match &command.kind {
            CommandKind::Simple(simple) => simple.words.iter().map(text_of).collect(),
            _ => Vec::new(),
        };
        let program = program_of(&words);
        let sql = Tables::builtin().speaks_sql(&program);
        let used = self.is_used(command);
        for redirect in command.redirects.iter().filter(|_| used) {
            match &redirect.target {
                Target::HereDocument(document) => {
                    self.document(document.body_span(), &text_of_parts(document.body()), sql);
                }
                Target::Word(word) if redirect.op == RedirectOp::HereString => {
                    self.document(word.span, &text_of(word), sql);
                }
                Target::Word(_) => {}
            }
        }
        let CommandKind::Simple(simple) = &command.kind else { return };
        let texts = simple.words.iter().zip(&words).skip(1);
        match program.as_str() {
            "echo" | "printf" if used => {
                texts.for_each(|(word, text)| self.on_one_line(word, &text.replace("\\n", "\n"), false));
            }
            "sed" => {
                texts.filter_map(|(word, text)| Some((word, put_in(text)?))).for_each(|(word, text)| {
                    self.on_one_line(word, text, false);
                });
            }
            _ if sql => texts.for_each(|(word, text)| self.on_one_line(word, text, true)),
            _ => {}
        }
    }

    /// A text with its lines where it stands.
    fn document(&mut self, at: Span, text: &str, sql: bool) {
        for (index, line) in text.lines().enumerate() {
            if let Some(given) = self.in_line(line, sql) {
                self.add(at, index, given);
            }
        }
    }

    /// A word, whatever lines it will be.
    fn on_one_line(&mut self, word: &Word, text: &str, sql: bool) {
        if let Some(given) = text.lines().find_map(|line| self.in_line(line, sql)) {
            self.add(word.span, 0, given);
        }
    }

    fn in_line(&self, line: &str, sql: bool) -> Option<Given> {
        if let Some(found) = LINE.captures(line) {
            let value = found[2].trim_end_matches([';']).trim_matches(['"', '\'']);
            if self.named_credential(&snake(&found[1]), value) {
                return Some(Given::Name(found[1].to_owned()));
            }
        }
        if !line.contains("pass") && !sql {
            return None;
        }
        let certain = |found: regex::Captures<'_>| is_credential(&found[1], Place::Certain);
        let told = LOGIN.captures(line).is_some_and(certain) || sql && SQL.captures_iter(line).any(certain);
        told.then(|| Given::Name("password".to_owned()))
    }

    /// Whether a text is more than to be shown: it goes into a file, a pipe, a program.
    pub(super) fn is_used(&self, command: &Command) -> bool {
        let leaves = command.redirects.iter().any(|redirect| {
            let to_a_file = matches!(
                redirect.op,
                RedirectOp::Output | RedirectOp::Append | RedirectOp::Clobber | RedirectOp::OutputBoth
            );
            to_a_file && matches!(&redirect.target, Target::Word(word) if !text_of(word).starts_with("/dev/"))
        });
        leaves || self.piped || !is_shown(command)
    }
}

/// What a `s/this/that/` puts in.
fn put_in(script: &str) -> Option<&str> {
    let address = |c: char| c.is_ascii_digit() || matches!(c, ',' | '$' | ' ');
    let script = script.trim_start_matches(address);
    // `/this/s/...`
    let script = match script.strip_prefix('/') {
        Some(rest) => rest.split_once('/')?.1.trim_start(),
        None => script,
    };
    let rest = script.strip_prefix('s')?;
    let mark = rest.chars().next().filter(char::is_ascii_punctuation)?;
    let mut parts = Vec::new();
    let mut from = mark.len_utf8();
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == mark && !escaped {
            parts.push(&rest[from..at]);
            from = at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    parts.get(1).copied()
}
