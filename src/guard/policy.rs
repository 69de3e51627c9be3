//! The policy: what a project denies, asks and allows on top of what the tables say, and what asking means where nobody
//! is there to be asked.

use std::collections::BTreeMap;

use crate::commands::{HOLE, Pattern, Tables, glob};
use crate::settings::{Globs, GuardRule, GuardSettings};

use super::own;
use super::request::Mode;
use super::verdict::Decision;

/// The place of a rule that the settings do not hold.
const BUILT_IN: &str = "built in";

/// The file of the settings.
const SETTINGS: &str = crate::settings::FILE_NAME;

/// A rule of the policy.
#[derive(Debug, Clone)]
pub struct Rule {
    /// As it is written.
    pub written: String,
    /// Where: `built in`, or the settings and the line in them.
    pub place: String,
    /// Why, for whoever is refused or asked.
    pub why: String,
    /// What to do instead.
    pub instead: String,
    program: String,
    pattern: Pattern,
    target: BTreeMap<String, String>,
}

/// A script that the policy trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// Its path, relative to the project's root.
    pub path: String,
    /// Whether the file has the content that the policy names.
    pub genuine: bool,
}

/// Why a policy cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the guard's rule `{rule}` cannot be used: {reason}")]
pub struct WrongPolicy {
    /// The rule as it is written.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// The policy.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    deny: Vec<Rule>,
    ask: Vec<Rule>,
    allow: Vec<Rule>,
    scripts: Vec<Trusted>,
    writable: Globs,
    unattended: BTreeMap<String, Decision>,
    /// The project's root and the folder of the call, for paths.
    root: String,
    folder: String,
    real: Option<RealPath>,
    /// The paths of the running guard.
    programs: Vec<String>,
}

/// Where an absolute path leads when its links are followed, where that is known.
pub type RealPath = fn(&str) -> Option<String>;

impl Policy {
    /// The policy that these settings make; `genuine` tells whether a script has the content that they name.
    pub fn new(settings: &GuardSettings, genuine: impl Fn(&str, &str) -> bool) -> Result<Self, WrongPolicy> {
        let rules = |rules: &[GuardRule]| rules.iter().map(Rule::new).collect::<Result<Vec<_>, _>>();
        let mut deny = rules(&settings.deny)?;
        deny.extend(built_in(&settings.deny)?);
        let mut unattended = BTreeMap::new();
        for (mode, word) in &settings.unattended {
            let wrong = |reason: &str| WrongPolicy {
                rule: format!("unattended.{mode} = {word:?}"),
                reason: reason.to_owned(),
            };
            if Mode::from_word(mode).is_none() {
                return Err(wrong(&format!("there is no such permission mode: {}", Mode::words())));
            }
            let decision = Decision::from_word(word).filter(|decision| *decision != Decision::Allow);
            let decision = decision.ok_or_else(|| wrong("write \"ask\" or \"deny\""))?;
            unattended.insert(mode.clone(), decision);
        }
        let scripts = settings
            .scripts
            .iter()
            .map(|(path, hash)| Trusted { path: path.clone(), genuine: genuine(path, hash) });
        Ok(Self {
            deny,
            ask: rules(&settings.ask)?,
            allow: rules(&settings.allow)?,
            scripts: scripts.collect(),
            writable: settings.writable.clone(),
            unattended,
            root: String::new(),
            folder: String::new(),
            real: None,
            programs: Vec::new(),
        })
    }

    /// The policy in this place: the project's root and the folder in which commands run.
    #[must_use]
    pub fn at(mut self, root: &str, folder: &str) -> Self {
        root.clone_into(&mut self.root);
        folder.clone_into(&mut self.folder);
        self
    }

    /// The policy that looks where links lead.
    #[must_use]
    pub fn following(mut self, real: RealPath) -> Self {
        self.real = Some(real);
        self
    }

    /// The policy of a guard whose program has these absolute paths.
    #[must_use]
    pub fn of_programs(mut self, programs: Vec<String>) -> Self {
        self.programs = programs;
        self
    }

    /// Where a path leads from the folder of the call, where that is known.
    pub(super) fn real_path(&self, path: &str) -> Option<String> {
        let real = self.real?;
        if path.starts_with('/') { real(path) } else { real(&format!("{}/{path}", self.folder)) }
    }

    /// Whether a path is one of the guard's files, by its spelling or by where its links lead. `moves`: the folder in which
    /// the command runs is not known.
    pub(super) fn is_own(&self, path: &str, moves: bool) -> bool {
        own::is_own(path) || self.leads_to_own(path, moves)
    }

    /// Whether a relative path leads to one of the guard's files from one of these folders, or from the one in which the command
    /// runs.
    pub(super) fn reaches_own(&self, folders: &[String], path: &str) -> bool {
        let is_program = |folder: &String| self.programs.contains(&format!("{folder}/{path}"));
        own::reached_from(folders, path)
            || own::reached_from(std::slice::from_ref(&self.folder), path)
            || folders.iter().any(is_program)
    }

    /// Whether the links of a path lead to one of the guard's files.
    pub(super) fn leads_to_own(&self, path: &str, moves: bool) -> bool {
        let Some(real) = self.real else { return false };
        let is_program = |path: &str| self.programs.iter().any(|program| program == path);
        let whole = match path {
            _ if path.is_empty() || path.contains(HOLE) => return false,
            _ if path.starts_with('/') => path.to_owned(),
            _ if moves || self.folder.is_empty() => return false,
            _ => format!("{}/{path}", self.folder),
        };
        is_program(&whole) || real(&whole).is_some_and(|real| own::is_own(&real) || is_program(&real))
    }

    /// The policy whose rules are told with their lines in this text of the settings.
    #[must_use]
    pub fn written_in(mut self, settings: &str) -> Self {
        for (key, rules) in [("deny", &mut self.deny), ("ask", &mut self.ask), ("allow", &mut self.allow)] {
            for rule in rules.iter_mut().filter(|rule| rule.place != BUILT_IN) {
                if let Some(line) = line_of(settings, key, &rule.written) {
                    rule.place = format!("{SETTINGS}:{line}");
                }
            }
        }
        self
    }

    /// What asking comes to in this mode.
    pub fn when_asking(&self, mode: Mode) -> Decision {
        if let Some(decision) = self.unattended.get(mode.word()) {
            return *decision;
        }
        if mode.asks() { Decision::Ask } else { Decision::Deny }
    }

    /// The rule that denies a command by what is written of it.
    pub(super) fn denies(&self, words: &[String], target: &Target<'_>) -> Option<&Rule> {
        self.deny.iter().find(|rule| rule.may_fit(words, target) && rule.is_visible(words))
    }

    /// The rule that may deny a command: unknown words may be any.
    pub(super) fn may_deny(&self, words: &[String], target: &Target<'_>) -> Option<&Rule> {
        self.deny.iter().find(|rule| rule.may_fit(words, target))
    }

    /// The rule that asks for a command.
    pub(super) fn asks(&self, words: &[String], target: &Target<'_>) -> Option<&Rule> {
        self.ask.iter().find(|rule| rule.may_fit(words, target))
    }

    /// The rule that allows a command, where one does for sure.
    pub(super) fn allows(&self, words: &[String], target: &Target<'_>) -> Option<&Rule> {
        self.allow.iter().find(|rule| rule.surely_fits(words, target))
    }

    /// Whether a file may be written without asking. `moves`: the folder in which the command runs is not known.
    pub(super) fn may_write(&self, path: &str, moves: bool) -> bool {
        let Some(path) = self.resolved(path, moves) else { return false };
        let relative = path.strip_prefix(&self.root).map(|rest| rest.trim_start_matches('/'));
        self.writable.matches(&path)
            || !self.root.is_empty() && relative.is_some_and(|path| self.writable.matches(path))
    }

    /// The trusted script of that path, where it is one.
    pub(super) fn script(&self, path: &str, moves: bool) -> Option<&Trusted> {
        let path = self.resolved(path, moves)?;
        let relative = path.strip_prefix(&self.root)?.trim_start_matches('/');
        self.scripts.iter().find(|script| script.path == relative)
    }

    /// The absolute path, by its spelling; `None` where it is not known.
    fn resolved(&self, path: &str, moves: bool) -> Option<String> {
        if path.contains([HOLE, '*', '?', '[', '~', '\\']) || path.is_empty() {
            return None;
        }
        let whole = if path.starts_with('/') {
            path.to_owned()
        } else if moves || self.folder.is_empty() {
            return None;
        } else {
            format!("{}/{path}", self.folder)
        };
        let mut parts: Vec<&str> = Vec::new();
        for part in whole.split('/') {
            match part {
                "" | "." => {}
                // A link may lead anywhere: what is above it is not known.
                ".." => return None,
                part => parts.push(part),
            }
        }
        Some(format!("/{}", parts.join("/")))
    }
}

/// The environment in which a command runs, as far as the text sets it.
pub(super) type Target<'t> = dyn Fn(&str) -> Option<String> + 't;

/// What every policy denies, unless it has a rule of its own for it.
fn built_in(own: &[GuardRule]) -> Result<Vec<Rule>, WrongPolicy> {
    let rule = GuardRule {
        command: "maas list".to_owned(),
        why: "it prints the API key of every profile".to_owned(),
        instead: "use `maas PROFILE users whoami` to see whether a profile works".to_owned(),
        target: BTreeMap::new(),
    };
    if own.iter().any(|own| own.command == rule.command) {
        return Ok(Vec::new());
    }
    let mut rule = Rule::new(&rule)?;
    BUILT_IN.clone_into(&mut rule.place);
    Ok(vec![rule])
}

/// The line (from 1) on which the rule stands under that key of `[guard]`.
fn line_of(settings: &str, key: &str, rule: &str) -> Option<usize> {
    let quoted =
        [format!("\"{rule}\""), format!("'{rule}'"), toml::Value::String(rule.to_owned()).to_string()];
    let (mut section, mut list) = (String::new(), String::new());
    for (index, line) in settings.lines().enumerate() {
        let text = line.trim_start();
        let heads = text.trim_end().ends_with(']') && text.starts_with('[') && !text.contains(['"', '\'']);
        if heads && !text.contains('{') {
            text.trim_matches(['[', ']', ' ']).clone_into(&mut section);
            list.clear();
        } else if let Some((name, _)) =
            text.split_once('=').filter(|(name, _)| !name.contains(['"', '{', '\'']))
        {
            name.trim().clone_into(&mut list);
        }
        let own = section == "guard" && list == key
            || section == format!("guard.{key}")
            || section.is_empty() && list == format!("guard.{key}");
        if own && quoted.iter().any(|quoted| text.contains(quoted.as_str())) {
            return Some(index + 1);
        }
    }
    None
}

impl Rule {
    fn new(rule: &GuardRule) -> Result<Self, WrongPolicy> {
        let wrong = |reason: String| WrongPolicy { rule: rule.command.clone(), reason };
        let mut words = rule.command.split_whitespace();
        let program = words.next().ok_or_else(|| wrong("it names no program".to_owned()))?;
        if program.starts_with('-') || program.contains('/') {
            return Err(wrong("its first word must be a program's name without folders".to_owned()));
        }
        let rest: Vec<&str> = words.collect();
        let pattern = if rest.is_empty() { "**".to_owned() } else { rest.join(" ") };
        let pattern = Pattern::try_from(pattern).map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            written: rule.command.clone(),
            place: SETTINGS.to_owned(),
            why: rule.why.clone(),
            instead: rule.instead.clone(),
            program: program.to_owned(),
            pattern,
            target: rule.target.clone(),
        })
    }

    fn is_of(&self, words: &[String]) -> bool {
        words.first().is_some_and(|word| glob(&self.program, word.rsplit('/').next().unwrap_or(word)))
    }

    fn may_fit(&self, words: &[String], target: &Target<'_>) -> bool {
        self.is_of(words)
            && Tables::builtin().may_fit(&self.pattern, words)
            && self.target.iter().all(|(name, wanted)| target(name).is_none_or(|value| glob(wanted, &value)))
    }

    /// Whether what is written of a command says that it is this one, and not only what is not known.
    fn is_visible(&self, words: &[String]) -> bool {
        Tables::builtin().names_all(&self.pattern, words)
    }

    fn surely_fits(&self, words: &[String], target: &Target<'_>) -> bool {
        self.is_of(words)
            && !words.iter().any(|word| word.contains(HOLE))
            && Tables::builtin().surely_fits(&self.pattern, words)
            && self.target.iter().all(|(name, wanted)| target(name).is_some_and(|value| glob(wanted, &value)))
    }

    /// The rule and its place, for explanations.
    pub(super) fn name(&self) -> String {
        format!("{} ({})", self.written, self.place)
    }
}
