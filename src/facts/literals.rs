//! Credentials that stand in the text: given to a secret's name or to a credential option, in a header, an address, a
//! document, as a private key.
//!
//! What is only written about (usage text, comments) is left out. Whether a text is a credential is judged by
//! `credentials`; no value is followed here, and none is repeated.

mod documents;
mod options;
mod words;
mod wrappers;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::bash;
use crate::bash::syntax::{
    Assignment, Command, CommandKind, Declare, Operand, Parameter, ParameterOp, Part, Pipeline, Redirect,
    Script, Simple, Target, Value, Word,
};
use crate::bash::visit::{
    Visitor, walk_assignment, walk_command, walk_parameter, walk_pipeline, walk_script,
};
use crate::commands::{CredentialOptions, HOLE, Tables};
use crate::source::Span;

use options::credential_options;
use words::{default_of, is_shown, operand, program_of, text_of, text_of_parts};

pub(super) use words::snake;

use super::credentials::{Place, SHORTEST_FORM, is_credential, private_key, shows_itself};
use super::secret_names::SecretNames;

/// What gives a credential away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// It is assigned to a name.
    Name(String),
    /// It is the value of an option.
    Option(String),
    /// It is an operand where the program takes a credential.
    Operand(String),
    /// It is in a header.
    Header(String),
    /// Its own form tells: a known kind of token, an address with a password.
    Form,
    /// It is a private key.
    PrivateKey,
}

/// A credential in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// The command, the assignment or the text that holds it.
    pub at: Span,
    /// On which line of `at` it stands, where that is a text of several (from 0).
    pub line: usize,
    /// What gives it away.
    pub given: Given,
}

/// Every credential in a script's text, in order.
pub fn literals(script: &Script, names: &SecretNames) -> Vec<Literal> {
    let wrappers = wrappers::wrappers(script);
    let mut search =
        Search { names, wrappers, found: Vec::new(), at: None, piped: false, depth: 0, shown: false };
    walk_script(&mut search, script);
    search.found
}

struct Search<'n> {
    names: &'n SecretNames,
    /// The script's functions that hand on what they are given.
    wrappers: BTreeSet<String>,
    found: Vec<Literal>,
    /// Where everything is reported, while a command's own shell text is read.
    at: Option<Span>,
    /// Whether the command in hand writes into a pipe.
    piped: bool,
    depth: u32,
    /// Whether the words in hand are only shown: `echo`, a heredoc for `cat`.
    shown: bool,
}

impl<'s> Visitor<'s> for Search<'_> {
    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        if pipeline.stages.len() < 2 {
            return walk_pipeline(self, pipeline);
        }
        self.fed(pipeline);
        let outer = self.piped;
        for (index, stage) in pipeline.stages.iter().enumerate() {
            self.piped = index + 1 < pipeline.stages.len() || outer;
            self.command(stage);
        }
        self.piped = outer;
    }

    fn command(&mut self, command: &'s Command) {
        let before = self.found.len();
        match &command.kind {
            CommandKind::Simple(simple) if !simple.words.is_empty() => self.simple(command, simple),
            CommandKind::Declare(declare) => self.declared(declare),
            _ => {}
        }
        self.documents(command);
        let only_shown = self.shown || (is_shown(command) && !self.is_used(command));
        let outer = std::mem::replace(&mut self.shown, only_shown);
        walk_command(self, command);
        self.shown = outer;
        // One command is one finding, whatever of it tells.
        let own = |literal: &Literal| literal.at == command.span;
        if self.found[before..].iter().any(own) {
            let inside = |literal: &Literal| !own(literal) && command.span.contains(literal.at);
            let one_line = |literal: &Literal| literal.line == 0 && literal.given != Given::PrivateKey;
            let simple = matches!(command.kind, CommandKind::Simple(_));
            let mut index = 0;
            self.found.retain(|literal| {
                index += 1;
                !(simple && index > before && inside(literal) && one_line(literal))
            });
        }
    }

    fn assignment(&mut self, assignment: &'s Assignment) {
        match &assignment.value {
            Value::Scalar(word) => {
                let given = default_of(word).map_or_else(|| text_of(word), text_of);
                if self.named_credential(&assignment.target.name, &given) {
                    self.add(assignment.span, 0, Given::Name(assignment.target.name.clone()));
                }
            }
            Value::Array(elements) => {
                let texts: Vec<Cow<'_, str>> =
                    elements.iter().map(|element| text_of(&element.value)).collect();
                for (index, element) in elements.iter().enumerate() {
                    let key = element.key.as_ref().map(text_of);
                    let name = key.as_deref().map_or_else(|| assignment.target.name.clone(), snake);
                    let named = self.named_credential(&name, &texts[index])
                        || self.named_credential(&assignment.target.name, &texts[index]);
                    let given = if named {
                        Some(Given::Name(assignment.target.name.clone()))
                    } else {
                        self.in_words("", &[], &texts, index)
                    };
                    if let Some(given) = given {
                        self.add(element.value.span, 0, given);
                    }
                }
            }
        }
        walk_assignment(self, assignment);
    }

    fn word(&mut self, word: &'s Word) {
        self.own_form(&word.parts, word.span);
        crate::bash::visit::walk_parts(self, &word.parts);
    }

    fn parameter(&mut self, parameter: &'s Parameter, span: Span) {
        if let ParameterOp::Default { word, .. } | ParameterOp::Assign { word, .. } = &parameter.op
            && self.named_credential(&parameter.name, &text_of(word))
        {
            self.add(span, 0, Given::Name(parameter.name.clone()));
        }
        walk_parameter(self, parameter);
    }

    fn redirect(&mut self, redirect: &'s Redirect) {
        if let Target::HereDocument(document) = &redirect.target {
            self.own_form(document.body(), document.body_span());
        }
        crate::bash::visit::walk_redirect(self, redirect);
    }
}

impl Search<'_> {
    fn add(&mut self, at: Span, line: usize, given: Given) {
        let (at, line) = self.at.map_or((at, line), |at| (at, 0));
        if !self.found.iter().any(|known| known.at == at && known.line == line) {
            self.found.push(Literal { at, line, given });
        }
    }

    /// `echo 'user:...' | chpasswd`: what a program reads that takes a credential on stdin.
    fn fed(&mut self, pipeline: &Pipeline) {
        fn texts(command: &Command) -> Vec<Cow<'_, str>> {
            match &command.kind {
                CommandKind::Simple(simple) => simple.words.iter().map(text_of).collect(),
                _ => Vec::new(),
            }
        }
        let [first, readers @ ..] = pipeline.stages.as_slice() else { return };
        let after_colon = |words: &[Cow<'_, str>]| words.iter().any(|word| word.ends_with("chpasswd"));
        let takes = |words: &[Cow<'_, str>]| {
            words
                .iter()
                .any(|word| ["--password-stdin", "--passphrase-fd", "chpasswd"].contains(&word.as_ref()))
                || words.iter().any(|word| word == "passwd") && words.iter().any(|word| word == "--stdin")
        };
        let Some(reader) = readers.iter().map(texts).find(|words| takes(words)) else { return };
        let words = texts(first);
        if !["echo", "printf"].contains(&program_of(&words).as_str()) {
            return;
        }
        let given = words.iter().skip(1).any(|word| {
            let word = word.trim_end_matches("\\n");
            let value =
                if after_colon(&reader) { word.split_once(':').map(|(_, value)| value) } else { Some(word) };
            value.is_some_and(|value| is_credential(value, Place::Certain))
        });
        if given {
            let program = reader.iter().find(|word| *word != "sudo").cloned().unwrap_or_default();
            self.add(first.span, 0, Given::Operand(program.into_owned()));
        }
    }

    fn simple(&mut self, command: &Command, simple: &Simple) {
        let mut texts: Vec<Cow<'_, str>> = simple.words.iter().map(text_of).collect();
        let mut program = program_of(&texts);
        if self.wrappers.contains(&program)
            && let Some(first) = texts.iter().skip(1).position(|text| wrappers::is_program(text))
        {
            texts.drain(..=first);
            program = program_of(&texts);
        }
        let shows = ["echo", "printf", "log", "usage", "die", "read"].contains(&program.as_str());
        if !shows {
            let options = credential_options(&program, &texts);
            let given = (1..texts.len()).find_map(|index| self.in_words(&program, &options, &texts, index));
            let given = given.or_else(|| operand(&texts));
            if let Some(given) = given {
                self.add(command.span, 0, given);
            }
        }
        self.shell_texts(command, &program, &texts);
    }

    fn declared(&mut self, declare: &Declare) {
        for operand in &declare.operands {
            if let Operand::Dynamic(word) = operand
                && let Some((name, value)) = text_of(word).split_once('=')
                && self.named_credential(name, value)
            {
                self.add(word.span, 0, Given::Name(name.to_owned()));
            }
        }
    }

    /// Shell text among a command's words: `ssh host '...'`, `bash -c '...'`.
    fn shell_texts(&mut self, command: &Command, program: &str, texts: &[Cow<'_, str>]) {
        const CARRIERS: [&str; 16] = [
            "ssh", "bash", "sh", "dash", "ksh", "su", "eval", "lxc", "juju", "docker", "kubectl", "podman",
            "xargs", "timeout", "watch", "trap",
        ];
        const DEEPEST: u32 = 3;
        if self.depth >= DEEPEST || !CARRIERS.contains(&program) {
            return;
        }
        for text in texts.iter().skip(1).filter(|text| text.contains(char::is_whitespace)) {
            let text = text.replace(HOLE, "x");
            let script = bash::parse(&text).script;
            let outer = self.at.replace(self.at.unwrap_or(command.span));
            self.depth += 1;
            walk_script(self, &script);
            self.depth -= 1;
            self.at = outer;
        }
    }

    /// What gives the word at `index` away.
    fn in_words(
        &self,
        program: &str,
        options: &[&CredentialOptions],
        texts: &[Cow<'_, str>],
        index: usize,
    ) -> Option<Given> {
        let text = texts[index].as_ref();
        if text.contains(HOLE) && text.trim_matches(HOLE).is_empty() {
            return None;
        }
        if let Some(given) = self.after_option(program, options, texts, index) {
            return Some(given);
        }
        if program == "openssl"
            && let Some(value) = text.strip_prefix("pass:")
            && is_credential(value, Place::Certain)
        {
            return Some(Given::Operand(program.to_owned()));
        }
        if let Some(given) = self.in_pair(text) {
            return Some(given);
        }
        self.in_header(text).or_else(|| self.in_document(text))
    }

    /// `password=...`, `--password=...`, `--from-literal=password=...`
    fn in_pair(&self, text: &str) -> Option<Given> {
        let mut rest = text;
        while let Some((name, value)) = rest.split_once('=') {
            let bare = name.trim_start_matches('-');
            let is_name = !bare.is_empty()
                && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-[]/".contains(&byte));
            if !is_name {
                return None;
            }
            if self.named_credential(&snake(bare), value) {
                let option = name.starts_with('-');
                return Some(if option {
                    Given::Option(name.to_owned())
                } else {
                    Given::Name(bare.to_owned())
                });
            }
            // What an option carries may be a pair itself.
            if !name.starts_with("--") {
                return None;
            }
            rest = value;
        }
        None
    }

    /// `X-Vault-Token: ...`, `Authorization: Bearer ...`
    fn in_header(&self, text: &str) -> Option<Given> {
        let (name, value) = text.split_once(':')?;
        let is_name = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        let lower = snake(name);
        let tells = ["authorization", "proxy_authorization", "cookie", "x_auth_key"]
            .contains(&lower.as_str())
            || self.names.matches(&lower);
        (is_name && tells && value.starts_with(' ') && is_credential(value, Place::Certain))
            .then(|| Given::Header(name.to_owned()))
    }

    /// `{"password": "..."}`, `user=x&password=...`
    fn in_document(&self, text: &str) -> Option<Given> {
        static JSON: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r#""([A-Za-z_][\w.-]*)"\s*:\s*"([^"]*)""#).expect("the pattern is well formed")
        });
        static FORM: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"(?:^|[?&])([A-Za-z_][\w.-]*)=([^&\s]*)").expect("the pattern is well formed")
        });
        let named = |name: &str, value: &str| {
            self.named_credential(&snake(name), value).then(|| Given::Name(name.to_owned()))
        };
        if text.contains('"')
            && let Some(given) = JSON.captures_iter(text).find_map(|found| named(&found[1], &found[2]))
        {
            return Some(given);
        }
        let is_form = text.contains('&') || text.contains('?');
        is_form.then(|| FORM.captures_iter(text).find_map(|found| named(&found[1], &found[2]))).flatten()
    }

    /// Whether the text is a credential where it is given to a variable, a key or an option of that name.
    fn named_credential(&self, name: &str, text: &str) -> bool {
        names_credential(self.names, name).is_some_and(|place| is_credential(text, place))
    }

    /// Tokens known by their form, addresses with a password, private keys.
    fn own_form(&mut self, parts: &[Part], span: Span) {
        // Most words are too short for any of it.
        if span.len() < SHORTEST_FORM {
            return;
        }
        let text = text_of_parts(parts);
        let line = |at: usize| text[..at].matches('\n').count();
        if let Some(at) = private_key(&text) {
            self.add(span, line(at), Given::PrivateKey);
            return;
        }
        if !text.contains(['_', '-', '.', ':', 'A']) {
            return;
        }
        let mut at = 0;
        for part in text.split_inclusive('\n') {
            if shows_itself(part, self.shown) {
                self.add(span, line(at), Given::Form);
            }
            at += part.len();
        }
    }
}

/// Whether a variable, a key or an option of that name is given a credential, and how sure that is.
pub(super) fn names_credential(names: &SecretNames, name: &str) -> Option<Place> {
    // What may follow the word that tells without making the name another's.
    const BEHIND: [&str; 16] = [
        "value", "b", "b64", "base64", "prod", "dev", "test", "staging", "old", "new", "default", "current",
        "hash", "access", "key", "id",
    ];
    let name = name.to_ascii_lowercase();
    let more = &Tables::builtin().secrets().credential_names;
    let segments: Vec<&str> = name.split('_').filter(|segment| !segment.is_empty()).collect();
    if more.iter().any(|known| {
        *known == name || segments.last().is_some_and(|last| last == known && segments.len() > 1)
    }) {
        return Some(Place::Certain);
    }
    if !names.matches(&name) {
        return None;
    }
    // The shortest ending without which the name no longer tells.
    let mut end = segments.len();
    while end > 0 && names.matches(&segments[..end - 1].join("_")) {
        end -= 1;
    }
    let behind = &segments[end..];
    let plain =
        |segment: &&str| BEHIND.contains(segment) || segment.bytes().all(|byte| byte.is_ascii_digit());
    Some(if behind.iter().all(plain) { Place::Certain } else { Place::Near })
}

/// Whether a variable of a secret's name is given a credential.
pub(super) fn is_literal_credential(names: &SecretNames, name: &str, text: &str) -> bool {
    const SHORTEST: usize = 5;
    text.len() >= SHORTEST && names_credential(names, name).is_some_and(|place| is_credential(text, place))
}
