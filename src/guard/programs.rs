//! What each invocation comes to, and by which wrappers: read, asked for, or denied.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::commands::{Effect, HOLE, Judged, Plainly, Tables, Written, beyond};
use crate::facts::{Ending, Invocation, SecretNames};
use crate::source::Span;

use super::builtins;
use super::help;
use super::inputs::Inputs;
use super::listing::Listing;
use super::own;
use super::policy::Policy;
use super::secret_files;
use super::strict;
use super::verdict::{Decision, Reason};

/// Judges invocations.
pub(super) struct Programs<'p> {
    pub policy: &'p Policy,
    pub names: &'p SecretNames,
    /// Whether the text changes its folder.
    pub moves: bool,
    /// Folders that it may change to.
    pub folders: &'p [String],
    /// Commands with words that may come to others than they seem.
    pub spread: &'p FxHashSet<Span>,
    /// Commands in which all that is split are numbers.
    pub counted: &'p FxHashSet<Span>,
    /// Commands with words that are not known, by how many they may come to where none of them can be an option.
    pub tame: &'p FxHashMap<Span, Option<Plainly>>,
    /// Commands that are fed words which are no options, and how many at a time.
    pub fed: &'p FxHashMap<Span, Plainly>,
    /// Commands that `xargs` feeds with names of files, by what is known of these.
    pub listed: &'p FxHashMap<Span, Listing>,
    /// Commands that `xargs` feeds with names of the guard's files.
    pub handed: &'p FxHashSet<Span>,
    /// Commands of which a word is a program: whether all that is not written in their words is numbers.
    pub filled: &'p FxHashMap<Span, bool>,
    /// Commands that do sums: whether over nothing but numbers.
    pub sums: &'p FxHashMap<Span, bool>,
    /// What redirections and pipes give to read.
    pub inputs: &'p Inputs,
    /// Functions that the text defines.
    pub functions: &'p FxHashSet<String>,
    /// Variables that the text sets to what is known.
    pub environment: &'p BTreeMap<String, String>,
    pub reasons: &'p mut Vec<Reason>,
}

/// What was found of one invocation.
pub(super) struct Found {
    pub decision: Decision,
    rule: String,
    what: String,
    instead: String,
}

impl Found {
    pub(super) fn ask(rule: &str, what: impl Into<String>) -> Self {
        Self { decision: Decision::Ask, rule: rule.to_owned(), what: what.into(), instead: String::new() }
    }

    pub(super) fn deny(rule: &str, what: impl Into<String>, instead: &str) -> Self {
        Self {
            decision: Decision::Deny,
            rule: rule.to_owned(),
            what: what.into(),
            instead: instead.to_owned(),
        }
    }
}

impl Programs<'_> {
    /// Judges one.
    pub(super) fn judge(&mut self, invocation: &Invocation) {
        let mut found = self.ending(invocation);
        if found.decision == Decision::Allow
            && let Some(may_be) = self.may_be_denied(invocation)
        {
            found = may_be;
        }
        if let Some(worse) = self.chain(invocation)
            && worse.decision >= found.decision
            && found.decision != Decision::Deny
        {
            found = worse;
        }
        self.reasons.push(Reason {
            decision: found.decision,
            rule: found.rule,
            what: found.what.replace(HOLE, "\u{2026}"),
            instead: found.instead,
            at: invocation.at,
            invocation: invocation.to_string(),
        });
    }

    fn target(&self) -> impl Fn(&str) -> Option<String> + '_ {
        |name: &str| self.environment.get(name).cloned()
    }

    /// What the way to it says.
    fn chain(&self, invocation: &Invocation) -> Option<Found> {
        let strange = invocation.chain.iter().find(|link| is_strange(&link.name));
        if let Some(link) = strange {
            return Some(strange_word(&link.name));
        }
        let mut asks = None;
        for link in &invocation.chain {
            let found = self.link(link);
            if found.as_ref().is_some_and(|found| found.decision == Decision::Deny) {
                return found;
            }
            asks = asks.or(found);
        }
        if let Some(doubt) = invocation.doubt() {
            asks = asks.or_else(|| Some(Found::ask("doubt", doubt)));
        }
        if invocation.elsewhere {
            asks = asks.or_else(|| Some(Found::ask("elsewhere", "it stands in another file")));
        }
        asks
    }

    /// What it comes to.
    fn ending(&self, invocation: &Invocation) -> Found {
        match &invocation.ending {
            Ending::Program(words) => self.program(words, invocation),
            Ending::Builtin(words) => self.builtin(words, invocation),
            Ending::Script(words) => self.script(words, invocation.loose),
            Ending::Opaque { words, reason } => self.opaque(words, reason),
        }
    }

    fn builtin(&self, words: &[String], invocation: &Invocation) -> Found {
        if let Some(why) = own::acts_on_guard(words, false) {
            return Found::deny("own-files", why, own::INSTEAD);
        }
        if let Some(denied) = self.denied(words) {
            return denied;
        }
        if let Some(name) = builtins::hijacked(words) {
            let what = format!("`{name}` decides which programs or code run");
            return Found::deny("hijacked-environment", what, "leave it as it is");
        }
        if words[0] == "let" && self.sums.get(&invocation.at) == Some(&true) {
            return allowed("builtin");
        }
        let loose = invocation.loose && !self.counted.contains(&invocation.at);
        // Its own functions: who calls one behind that is asked what it does.
        if let ["unset", "-f", names @ ..] = words.iter().map(String::as_str).collect::<Vec<_>>().as_slice()
            && !loose
            && names.iter().all(|name| self.functions.contains(*name))
        {
            return allowed("builtin");
        }
        match builtins::why_not_inert(words, loose) {
            Some(why) => Found::ask("builtin", why),
            None => allowed("builtin"),
        }
    }

    pub(super) fn denied(&self, words: &[String]) -> Option<Found> {
        let rule = self.policy.denies(words, &self.target())?;
        let shown = words.join(" ").replace(HOLE, "…");
        let why = if rule.why.is_empty() { "the policy denies it" } else { &rule.why };
        let instead = if rule.instead.is_empty() { "ask the user to run it" } else { &rule.instead };
        Some(Found::deny(&rule.name(), format!("`{shown}` is denied, because {why}"), instead))
    }

    /// What an unknown word may make of it.
    fn may_be_denied(&self, invocation: &Invocation) -> Option<Found> {
        let words = match &invocation.ending {
            Ending::Program(words) | Ending::Builtin(words) => words,
            Ending::Script(_) | Ending::Opaque { .. } => return None,
        };
        let rule = self.policy.may_deny(words, &self.target())?;
        let what = format!("a word that is not known may make it `{}`, which is denied", rule.written);
        Some(Found::ask(&rule.name(), what))
    }

    fn opaque(&self, words: &[String], reason: &str) -> Found {
        if let Some(word) = words.first().filter(|word| is_strange(word)) {
            return strange_word(word);
        }
        // Whatever it runs: a word that names a denied command may be the one, unless a known option has it.
        let values = Tables::builtin().wrapper_values(words);
        for start in (0..words.len()).filter(|start| !values.contains(start)) {
            if let Some(denied) = self.denied(&words[start..]) {
                return denied;
            }
        }
        if let Some(why) = own::acts_on_guard(words, true) {
            return Found::deny("own-files", why, own::INSTEAD);
        }
        Found::ask("opaque", format!("what runs cannot be told, because {reason}"))
    }

    fn script(&self, words: &[String], loose: bool) -> Found {
        let Some(file) = words.first() else { return Found::ask("opaque", "a script without a name runs") };
        if is_strange(file) && !file.contains(HOLE) && file.chars().any(char::is_control) {
            return strange_word(file);
        }
        if let Some(denied) = self.denied(words) {
            return denied;
        }
        if let Some(trusted) = self.policy.script(file, self.moves) {
            if !trusted.genuine {
                let what = format!("`{}` has changed since the policy named its hash", trusted.path);
                return Found::ask("script-changed", what);
            }
            let args = &words[1..];
            if loose || args.iter().any(|word| word.contains(HOLE)) {
                return Found::ask("opaque", format!("the words of `{}` are not all known", trusted.path));
            }
            if args.iter().any(|word| is_apply(word)) {
                return Found::ask("apply", format!("`{}` runs with `--apply`", trusted.path));
            }
            return allowed("trusted-script");
        }
        Found::ask("unknown-script", format!("the script `{file}` is not named by the policy"))
    }

    fn program(&self, words: &[String], invocation: &Invocation) -> Found {
        let Some(program) = words.first() else { return allowed("nothing") };
        if is_strange(program) {
            return strange_word(program);
        }
        if let Some(denied) = self.denied(words) {
            return denied;
        }
        let name = program.rsplit('/').next().unwrap_or(program);
        if program.contains('/') && !is_trusted(program) {
            if let Some(why) = own::acts_on_guard(words, true) {
                return Found::deny("own-files", why, own::INSTEAD);
            }
            return self.script(words, invocation.loose);
        }
        let mut plain = words.to_vec();
        name.clone_into(&mut plain[0]);
        // Whatever numbers these are, they change nothing of what the program does.
        if !invocation.loose && self.filled.get(&invocation.at) == Some(&true) {
            for word in plain.iter_mut().skip(1) {
                let numbers_only =
                    |c: char| c.is_ascii_digit() || c == HOLE || ",;$p=qdn{}~+ !\n".contains(c);
                if name != "sed" || word.chars().all(numbers_only) {
                    *word = word.replace(HOLE, "1");
                }
            }
        }
        if help::asks_help(&plain, self.names) && !invocation.loose {
            return allowed("help");
        }
        if self.only_checks(&plain, invocation) {
            return allowed("syntax-check");
        }
        let tables = Tables::builtin();
        let tool = tables.tool(name);
        let judged = tables.judge_strictly(&plain);
        if let Some(what) = self.touches_own(&plain, &judged, invocation) {
            return Found::deny("own-files", what, own::INSTEAD);
        }
        let target = self.target();
        if let Some(rule) = self.policy.asks(&plain, &target) {
            let why = if rule.why.is_empty() { "the policy asks for it" } else { &rule.why };
            return Found::ask(&rule.name(), format!("`{}`: {why}", shown(&plain)));
        }
        if !invocation.loose
            && let Some(rule) = self.policy.allows(&plain, &target)
        {
            return allowed(&rule.name());
        }
        if let Some(denied) = self.carried_elsewhere(&plain) {
            return denied;
        }
        let Some(tool) = tool else {
            return Found::ask("unknown-program", format!("what `{name}` does is not known"));
        };
        if !strict::reads_graphql(&plain)
            && let Some(found) = self.effect(&plain, &judged)
        {
            return found;
        }
        if !tool.only_reads() {
            if let Some(found) = applies(&plain) {
                return found;
            }
            if self.has_unclear_words(&plain, invocation) {
                let what = format!("`{}` has a word that is not known and may be an option", shown(&plain));
                return Found::ask("unknown-word", what);
            }
        }
        if secret_files::handed(invocation, self.names) {
            return Found::ask("strict", format!("`{name}` is given files of secrets"));
        }
        if let Some(folder) = secret_files::shown_in(self.folders, invocation, &plain, self.names) {
            return Found::ask("strict", format!("`{name}` shows files of `{folder}`"));
        }
        if let Some(why) = strict::why_not(&plain, !judged.files.is_empty(), self.names) {
            return Found::ask("strict", format!("`{}`: {why}", shown(&plain)));
        }
        allowed("read-only")
    }

    /// What the tables say against it.
    fn effect(&self, words: &[String], judged: &Judged) -> Option<Found> {
        let shown = shown(words);
        match judged.effect {
            Effect::Read => {}
            Effect::Session if judged.files.is_empty() => {
                return Some(Found::ask("session", format!("`{shown}` changes what the client remembers")));
            }
            Effect::Unknown => {
                if judged.unlisted
                    && let Some(denied) = self.denied_within(words)
                {
                    return Some(denied);
                }
                return Some(Found::ask(
                    "unknown-effect",
                    format!("what `{shown}` does cannot be told from its words"),
                ));
            }
            Effect::Session | Effect::Mutate => {
                return Some(Found::ask("mutating", format!("`{shown}` may change something")));
            }
        }
        for file in &judged.files {
            let Some(name) = named(words, file) else {
                return Some(Found::ask("written-file", format!("`{shown}` writes files")));
            };
            let nothing = name == "-" || own::is_stream(name);
            if !nothing && !self.policy.may_write(name, self.moves) {
                return Some(Found::ask("written-file", format!("`{shown}` writes the file `{name}`")));
            }
        }
        None
    }
}

/// The name of a file that is written, where a word holds it.
pub(super) fn named<'w>(words: &'w [String], file: &Written) -> Option<&'w str> {
    let Written::Word { index, from } = file else { return None };
    words.get(*index).and_then(|word| word.get(*from..))
}

/// `--apply` among the options of a program that otherwise reads.
fn applies(words: &[String]) -> Option<Found> {
    const SHORTEST: usize = "--appl".len();
    let values = Tables::builtin().option_values(words);
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let mut options = words.iter().enumerate().take(end).filter(|(index, _)| !values.contains(index));
    let given = options.any(|(_, word)| {
        let option = word.split('=').next().unwrap_or(word);
        option.len() >= SHORTEST && "--apply".starts_with(option)
    });
    given.then(|| Found::ask("apply", format!("`{}` is told to apply what it does", shown(words))))
}

fn allowed(rule: &str) -> Found {
    Found { decision: Decision::Allow, rule: rule.to_owned(), what: String::new(), instead: String::new() }
}

pub(super) fn is_trusted(program: &str) -> bool {
    beyond::TRUSTED_FOLDERS.iter().any(|folder| {
        program
            .strip_prefix(folder)
            .is_some_and(|name| !name.contains('/') && !name.is_empty() && name != "..")
    })
}

/// Whether a word is `--apply`, abbreviated perhaps.
fn is_apply(word: &str) -> bool {
    let option = word.split('=').next().unwrap_or(word);
    option.len() > 2 && "--apply".starts_with(option)
}

/// Whether a command word has characters that look like others, or like none.
fn is_strange(word: &str) -> bool {
    word.chars().any(|c| c != HOLE && (!c.is_ascii() || c.is_ascii_control()))
}

fn strange_word(word: &str) -> Found {
    let shown: String = word.escape_default().collect();
    let what = format!("the command word `{shown}` has characters that are not what they look like");
    Found::deny("strange-word", what, "write the command's name in plain ASCII")
}

/// The words as a reason shows them, a few of them.
fn shown(words: &[String]) -> String {
    const MOST: usize = 6;
    let mut text =
        words.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(" ").replace(HOLE, "…");
    if words.len() > MOST {
        text.push_str(" ...");
    }
    if text.len() > 200 {
        let end = (0..=200).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push_str("...");
    }
    text
}
