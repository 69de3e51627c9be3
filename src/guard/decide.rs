//! The decision on shell text: what it runs, on which ways, and whether all of that is known to only read.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::bash::syntax::{Command, CommandKind, Redirect, RedirectOp, Script, Target, Word};
use crate::bash::visit::{self, Visitor};
use crate::bash::{self, Dialect, Witness};
use crate::commands::{HOLE, Tables, beyond};
use crate::facts::{
    Close, Context, Ending, Gates, Given, Invocation, Link, NoLibrary, SecretNames, observe_closely,
};
use crate::source::{RepoPath, Span};

use super::constants::Constants;
use super::environ;
use super::exposed;
use super::inputs::Inputs;
use super::keyed::Keyed;
use super::numbers::Numbers;
use super::own;
use super::payload;
use super::plain::{self, Looks, Plain};
use super::policy::Policy;
use super::programs::Programs;
use super::relied::Relied;
use super::secret_files;
use super::sets::Sets;
use super::shows;
use super::starts::Starts;
use super::verdict::{Decision, Reason, Verdict};

/// Longer texts are not followed: they ask.
const MOST_BYTES: usize = 256 << 10;

/// Texts of more commands are not followed either.
const MOST_COMMANDS: usize = 400;

/// Texts of variables that a shell evaluates, one in another.
const DEEPEST: u32 = 4;

/// Decides on shell text.
pub fn decide(text: &str, policy: &Policy, witness: &dyn Witness) -> Verdict {
    if text.len() > MOST_BYTES {
        return Verdict::plain(Decision::Ask, "too-long", format!("the text has {} bytes", text.len()), "");
    }
    let reading = bash::read(text, Dialect::Bash, witness);
    let mut bench = Bench::new(policy, witness);
    for unread in &reading.unread {
        bench.ask("unread", unread.span, format!("a part of it could not be read: {}", unread.reason));
    }
    bench.script(&reading.script, DEEPEST);
    Verdict::of(bench.reasons)
}

mod unreached;

use unreached::Commands;

struct Bench<'p> {
    policy: &'p Policy,
    witness: &'p dyn Witness,
    names: SecretNames,
    reasons: Vec<Reason>,
}

impl<'p> Bench<'p> {
    fn new(policy: &'p Policy, witness: &'p dyn Witness) -> Self {
        let names = SecretNames::new(Tables::builtin(), &[]).with_variables(beyond::SECRET_VARIABLES);
        Self { policy, witness, names, reasons: Vec::new() }
    }

    fn ask(&mut self, rule: &str, at: Span, what: String) {
        self.say(Decision::Ask, rule, at, what, "");
    }

    fn say(&mut self, decision: Decision, rule: &str, at: Span, what: String, instead: &str) {
        let (rule, instead) = (rule.to_owned(), instead.to_owned());
        self.reasons.push(Reason { decision, rule, what, instead, at, invocation: String::new() });
    }

    /// Judges a text and whatever it carries.
    fn script(&mut self, script: &Script, depth: u32) {
        let mut commands = Commands::default();
        visit::walk_script(&mut commands, script);
        if commands.simple.len() > MOST_COMMANDS {
            self.ask(
                "too-long",
                script.body.span,
                format!("the text has {} commands", commands.simple.len()),
            );
            return self.by_sight(&commands.simple);
        }
        let close = self.walk(script);
        let mut pieces = vec![close];
        self.unreached(&commands, &mut pieces);
        let texts = || {
            let carried = pieces[0].carried.iter().map(|carried| (Some(carried.at), &carried.script));
            std::iter::once((None, script)).chain(carried)
        };
        let sets = Sets::of(
            texts(),
            pieces.iter().flat_map(|close| close.seen.invocations.all()).filter_map(run_by_shell),
        );
        let mut shape = Shape { environment: sets.values(), ..Shape::default() };
        for (_, text) in texts() {
            visit::walk_script(&mut shape, text);
        }
        let folders: Vec<String> = pieces.iter().flat_map(secret_files::folders).collect();
        let Looks {
            spread,
            counted,
            tame,
            fed,
            listed,
            functions,
            evaluated,
            inputs,
            sums,
            handed,
            filled,
            ..
        } = self.plain(&pieces[0], texts, &sets, shape.moves, &folders);
        self.read(&pieces, &inputs);
        self.ended(&pieces);
        self.told(&pieces, &shape, &folders, &inputs);
        let feeds = pieces.iter().flat_map(|close| close.seen.invocations.all()).any(payload::feeds);
        for close in &pieces {
            self.seen(close, feeds);
            let mut programs = Programs {
                policy: self.policy,
                names: &self.names,
                moves: shape.moves,
                folders: &folders,
                spread: &spread,
                counted: &counted,
                tame: &tame,
                fed: &fed,
                listed: &listed,
                sums: &sums,
                filled: &filled,
                handed: &handed,
                inputs: &inputs,
                functions: &functions,
                environment: &shape.environment,
                reasons: &mut self.reasons,
            };
            for invocation in close.seen.invocations.all() {
                programs.judge(invocation);
            }
        }
        let shells = pieces.iter().flat_map(|close| close.seen.invocations.all()).flat_map(remote_shells);
        for (at, code) in evaluated.into_iter().chain(shells) {
            self.evaluated(at, &code, depth);
        }
    }

    fn walk(&self, script: &Script) -> Close {
        let context = Context {
            library: &NoLibrary,
            secret_names: &self.names,
            gates: Gates::usual(),
            own_files: &|_| false,
            traced: false,
            dialect: Dialect::Bash,
        };
        observe_closely(&RepoPath::new("command"), script, &context)
    }

    /// What the texts do without commands: commands with words that spread, functions, values that are evaluated.
    fn plain<'s, T: Iterator<Item = (Option<Span>, &'s Script)> + Clone>(
        &mut self,
        close: &Close,
        texts: impl Fn() -> T,
        sets: &Sets<'_>,
        moves: bool,
        folders: &[String],
    ) -> Looks {
        let mut looks = Looks::default();
        let (mut numbers, starts, constants) = (Numbers::of(sets), Starts::of(sets), Constants::of(sets));
        let arrays = sets.arrays();
        let relied_on = Relied::of(texts().map(|(_, text)| text));
        looks.inputs.know(sets);
        let mut written: FxHashMap<Span, Vec<&str>> = FxHashMap::default();
        for (at, file) in &close.seen.outputs {
            written.entry(*at).or_default().push(file);
        }
        for (index, (host, text)) in texts().enumerate() {
            numbers.enter(Keyed::of(text, index, sets));
            let mut plain = Plain {
                host,
                numbers: &numbers,
                constants: &constants,
                starts: &starts,
                arrays: &arrays,
                policy: self.policy,
                moves,
                folders,
                names: &self.names,
                written: &written,
                relied_on: &relied_on,
                reasons: &mut self.reasons,
                looks: &mut looks,
            };
            visit::walk_script(&mut plain, text);
            looks.inputs.look(text, host, &starts);
        }
        looks
    }

    /// What is read by redirections and pipes.
    fn read(&mut self, pieces: &[Close], inputs: &Inputs) {
        for (at, program) in &inputs.sending {
            self.ask("network", *at, format!("`{program}` sends what it reads"));
        }
        let read = || pieces.iter().flat_map(|close| &close.seen.inputs);
        let told = self.reasons.iter().any(|reason| reason.rule == "prints-secret");
        let secret = read().find(|(_, file)| secret_files::holds_secret(file, &self.names));
        if let Some((at, file)) = secret.filter(|_| !told) {
            let file = file.replace(HOLE, "\u{2026}");
            self.ask("prints-secret", *at, format!("it reads `{file}`, which holds a secret by its name"));
        }
        for (at, file) in read().filter(|(at, file)| inputs.may_connect(*at, file)) {
            let what = if file.starts_with(HOLE) {
                "it reads a file whose name is not known, and may be a connection".to_owned()
            } else {
                "a connection is opened".to_owned()
            };
            self.ask("network", *at, what);
        }
    }

    /// The guard that is looked for and something that is ended: together they end the guard.
    fn ended(&mut self, pieces: &[Close]) {
        let all = || pieces.iter().flat_map(|close| close.seen.invocations.all());
        let named = |names: &[&str], invocation: &Invocation| {
            words_of(invocation).first().is_some_and(|word| names.contains(&word.as_str()))
        };
        let looked_for = all().any(|invocation| {
            named(
                &["pgrep", "pidof", "ps", "grep", "rg", "awk", "gawk", "mawk", "sed", "lsof", "fuser"],
                invocation,
            ) && argv(invocation).is_some_and(|words| words.iter().any(|word| word.contains("gauntlet")))
        });
        if looked_for && let Some(kill) = all().find(|invocation| named(&["kill"], invocation)) {
            let what = "it ends the guard".to_owned();
            self.say(Decision::Deny, "own-files", kill.at, what, own::INSTEAD);
        }
    }

    /// Files of secrets that one command names for another to show, and files that are written by names which variables hold.
    fn told(&mut self, pieces: &[Close], shape: &Shape, folders: &[String], inputs: &Inputs) {
        let all: Vec<&Invocation> = pieces.iter().flat_map(|close| close.seen.invocations.all()).collect();
        if let Some(invocation) = secret_files::passed_on(&all, &shape.texts, &self.names) {
            self.ask("prints-secret", invocation.at, "it may show a file of secrets".to_owned());
        }
        let fills = |invocation: &&&Invocation| argv(invocation).is_some_and(environ::puts_all);
        let words = |invocation: &&Invocation| words_of(invocation).to_vec();
        if let Some(invocation) = all.iter().find(fills) {
            let texts = shape.texts.iter().cloned().chain(all.iter().flat_map(words));
            let unknown = inputs.unknown.contains(&invocation.at);
            if unknown || texts.into_iter().any(|text| environ::names_secret(&text, &self.names)) {
                self.ask(
                    "prints-secret",
                    invocation.at,
                    "it may show a variable of a secret's name".to_owned(),
                );
            }
        }
        let written = pieces.iter().flat_map(|close| &close.seen.list).filter(|seen| seen.writes_file);
        for (at, target) in written.filter_map(|seen| Some((seen.at, seen.words.get(1)?))) {
            let reached = self.policy.reaches_own(folders, target);
            if reached || self.policy.is_own(target, shape.moves) {
                let what = format!("`{}` belongs to the guard", target.replace(HOLE, "\u{2026}"));
                self.say(Decision::Deny, "own-files", at, what, own::INSTEAD);
            }
        }
    }

    /// What a walk saw besides invocations.
    fn seen(&mut self, close: &Close, feeds: bool) {
        for unread in &close.seen.unread {
            self.ask(
                "unread",
                unread.at,
                format!("text that it carries could not be read: {}", unread.reason),
            );
        }
        for carried in &close.carried {
            if carried.partly_unknown {
                let what =
                    "a part of the text that a shell reads is not known, and may hold commands".to_owned();
                self.ask("partly-unknown", carried.at, what);
                continue;
            }
            // It was read by one parser: the other must agree here too.
            let reading = bash::read(&carried.text, Dialect::Bash, self.witness);
            if let Some(unread) = reading.unread.first() {
                let what = format!("text that it carries could not be read: {}", unread.reason);
                self.ask("unread", carried.at, what);
            }
        }
        for observation in close.seen.list.iter().filter(|observation| !observation.exposed.is_empty()) {
            self.exposed(observation.at, &observation.exec_words);
        }
        for literal in &close.seen.literals {
            let command = close.seen.invocations.all().iter().find(|invocation| invocation.at == literal.at);
            let words = command.and_then(argv);
            match (&literal.given, words) {
                (Given::Name(_) | Given::PrivateKey, _) | (_, None) => {}
                (_, Some(words)) => self.exposed(literal.at, words),
            }
        }
        for invocation in close.seen.invocations.all() {
            let lines = invocation.chain.iter().map(line_of).chain(argv(invocation).map(<[String]>::to_vec));
            for words in lines {
                if exposed::has_credential(&words, &self.names) {
                    self.exposed(invocation.at, &words);
                }
            }
        }
        for leak in &close.seen.leaks {
            let command = close.seen.invocations.all().iter().find(|invocation| invocation.at == leak.at);
            if command.and_then(argv).is_some_and(shows::reads_of_itself) {
                continue;
            }
            self.ask("prints-secret", leak.at, "it shows a secret".to_owned());
        }
        if feeds {
            for invocation in close.seen.invocations.all().iter().filter(|known| payload::runs_unknown(known))
            {
                let what = "text that is downloaded or decoded would be run unseen".to_owned();
                self.say(Decision::Deny, "unseen-payload", invocation.at, what, payload::INSTEAD);
            }
        }
    }

    fn exposed(&mut self, at: Span, words: &[String]) {
        let instead = exposed::instead(words, &self.names);
        let program = words.first().map_or("a program", String::as_str);
        let what = format!(
            "a secret stands on the command line of `{program}`, where every user of the machine can read it"
        );
        self.say(Decision::Deny, "secret-on-argv", at, what, instead);
    }

    /// A value that a shell evaluates as text: at least asked for, denied for what it runs.
    fn evaluated(&mut self, at: Span, code: &str, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let reading = bash::parse(code);
        let mut inner = Bench::new(self.policy, self.witness);
        for unread in &reading.unread {
            inner.ask("unread", at, format!("a part of it could not be read: {}", unread.reason));
        }
        inner.script(&reading.script, depth);
        for mut reason in inner.reasons {
            reason.at = at;
            self.reasons.push(reason);
        }
    }

    /// Too many commands to follow: what is denied by the words that are written is still denied.
    fn by_sight(&mut self, commands: &[&Command]) {
        let nothing = |_: &str| None;
        for command in commands {
            let CommandKind::Simple(simple) = &command.kind else { continue };
            let words: Vec<String> =
                simple.words.iter().map(|word| word.plain().unwrap_or_else(|| HOLE.to_string())).collect();
            let denied = (0..words.len()).find_map(|start| self.policy.denies(&words[start..], &nothing));
            if let Some(rule) = denied {
                let what = format!("`{}` is denied, because {}", rule.written, rule.why);
                let (name, instead) = (rule.name(), rule.instead.clone());
                self.say(Decision::Deny, &name, command.span, what, &instead);
            }
        }
    }
}

/// The words that stand on a program's command line.
pub(super) fn argv(invocation: &Invocation) -> Option<&[String]> {
    match &invocation.ending {
        Ending::Program(words) | Ending::Script(words) | Ending::Opaque { words, .. } => Some(words),
        Ending::Builtin(_) => None,
    }
}

/// The words of a program or a builtin.
fn words_of(invocation: &Invocation) -> &[String] {
    match &invocation.ending {
        Ending::Builtin(words) => words,
        _ => argv(invocation).unwrap_or_default(),
    }
}

/// The commands by which a program reaches another machine, where the line says so (`rsync -e`).
fn remote_shells(invocation: &Invocation) -> Vec<(Span, String)> {
    let words = argv(invocation).filter(|words| super::strict::base(words) == "rsync").unwrap_or_default();
    let shells = Tables::builtin().values_of(words, &["-e", "--rsh"]);
    shells.into_iter().map(|shell| (invocation.at, shell.to_owned())).collect()
}

/// The words of a wrapper, its own name first.
fn line_of(link: &Link) -> Vec<String> {
    std::iter::once(link.name.clone()).chain(link.words.iter().cloned()).collect()
}

/// The words of one of the shell's own commands.
fn run_by_shell(invocation: &Invocation) -> Option<(Span, &[String])> {
    match &invocation.ending {
        Ending::Builtin(words) => Some((invocation.at, words)),
        _ => None,
    }
}

/// What the texts say of the place in which commands run.
#[derive(Default)]
struct Shape {
    /// Whether the folder changes.
    moves: bool,
    /// Texts that commands are given to read.
    texts: Vec<String>,
    environment: BTreeMap<String, String>,
}

impl<'s> Visitor<'s> for Shape {
    fn command(&mut self, command: &'s Command) {
        if let CommandKind::Simple(simple) = &command.kind {
            let mut words = simple.words.iter().filter_map(Word::plain);
            self.moves |=
                words.any(|word| ["cd", "pushd", "popd", "env", "sudo", "chroot"].contains(&word.as_str()));
        }
        visit::walk_command(self, command);
    }

    fn redirect(&mut self, redirect: &'s Redirect) {
        match &redirect.target {
            Target::Word(word) if redirect.op == RedirectOp::HereString => {
                self.texts.push(plain::known_text(&word.parts));
            }
            Target::HereDocument(document) => self.texts.push(plain::known_text(document.body())),
            Target::Word(_) => {}
        }
        visit::walk_redirect(self, redirect);
    }
}
