//! Further texts that a script runs: payloads of other shells, sourced files.

use std::rc::Rc;

use crate::bash;
use crate::bash::syntax::Script;
use crate::commands::HOLE;
use crate::source::RepoPath;

use super::holes::{self, Piece};
use super::invocations::UnreadText;
use super::library::Sourced;
use super::state::State;
use super::value::{Place, Sym, Value};
use super::walk::{Text, Walk};

/// Folders in which what a script outside the project sources is looked for: its own, and two above.
const MOST_ABOVE: usize = 3;

/// A text that was read once.
pub(super) struct Known<'a> {
    pub key: (Option<Place>, String),
    pub file: u16,
    pub script: &'a Script,
    /// Why a part of it could not be read.
    pub unread: Option<Rc<str>>,
}

/// A payload: its text's number, its script, and the variables that stand for its holes.
type Payload<'a> = (u16, &'a Script, Vec<(String, Value)>);

impl<'a> Walk<'a> {
    /// Reads shell text that `host` carries. Unknown parts become variables of their own.
    pub(super) fn payload(&mut self, text: &Value, host: Place) -> Option<Payload<'a>> {
        const DEEPEST: usize = 8;
        let mut depth = 0;
        let mut at = Some(host);
        while let Some(place) = at {
            at = self.texts[usize::from(place.file)].host;
            depth += 1;
        }
        if text.text.chars().eq([HOLE]) {
            return None;
        }
        if depth > DEEPEST || self.too_deep() {
            self.unread_text(host, &format!("it is shell text in shell text, more than {DEEPEST} deep"));
            return None;
        }
        let source = holes::source(&text.text);
        let mut holes = Vec::new();
        let mut syms = text.syms.iter();
        let is_secret = |sym: &Sym| *sym == Sym::VOLATILE || self.secret_symbols.contains(sym);
        let told_apart = text.syms.iter().any(is_secret);
        for number in 0..text.text.matches(HOLE).count() {
            let mut value = match syms.next() {
                Some(sym) => Value::unknown(*sym),
                None => Value::known(""),
            };
            if !told_apart || value.symbol().as_ref().is_some_and(is_secret) {
                value.secret.clone_from(&text.secret);
            }
            value.names.clone_from(&text.names);
            if let Some(known) = value.symbol().and_then(|sym| self.defaults.get(&sym)) {
                value.fallbacks.clone_from(known);
            }
            value.own_file = value.symbol().is_some_and(|sym| self.own_symbols.contains(&sym));
            value.from_args = text.from_args;
            holes.push((holes::name(number), value));
        }
        let key = (Some(host), source);
        let known = self.known_texts.iter().find(|known| known.key == key);
        let (file, script, unread) = if let Some(known) = known {
            (known.file, known.script, known.unread.clone())
        } else {
            let reading = bash::parse(&key.1);
            if !reading.unread.is_empty() && holes::may_close_a_quote(&text.text) {
                return None;
            }
            let unread = reading.unread.first().map(|unread| Rc::from(unread.reason.as_str()));
            let text = Text { host: Some(host), path: None };
            let (file, script) = self.add_text(key, reading.script, unread.clone(), text)?;
            (file, script, unread)
        };
        if let Some(reason) = unread {
            self.unread_text(host, &reason);
        }
        Some((file, script, holes))
    }

    /// The texts that commands of the script, or of its texts, carry: each with its number.
    pub(super) fn carried_texts(&self) -> super::status::Texts<'a> {
        let mut texts = super::status::Texts::default();
        for known in &self.known_texts {
            if let Some(host) = known.key.0 {
                texts.entry(host).or_default().push((known.file, known.script));
            }
        }
        texts
    }

    /// Notes that text which a command of this script carries could not be read.
    fn unread_text(&mut self, host: Place, reason: &str) {
        self.invoked_unread(host, format!("a part of the text could not be read: {reason}"));
        let (at, elsewhere) = self.report_span(host);
        let reason = reason.to_owned();
        if !elsewhere && !self.observations.unread.iter().any(|known| known.at == at) {
            self.observations.unread.push(UnreadText { at, reason });
        }
    }

    /// Literal text of a payload: its unknown parts were put in before the text was read, whatever its quotes say.
    pub(super) fn with_holes(&self, text: &str, state: &State) -> Value {
        if self.file == 0 || !holes::stands_in(text) {
            return Value::known(text);
        }
        let mut value = Value::default();
        for piece in holes::pieces(text) {
            match piece {
                Piece::Text(text) => value.text.push_str(text),
                Piece::Hole(name) => {
                    if let Some(content) = state.vars.get(name.as_str()) {
                        value.append(&content.scalar());
                    }
                }
            }
        }
        value
    }

    /// The file that a `source` names, as far as its path is known.
    pub(super) fn sourced(&mut self, path: &Value) -> Option<(u16, RepoPath, &'a Sourced)> {
        let text = path.text.as_str();
        let suffix = text.rsplit(HOLE).next().unwrap_or(text).trim_start_matches('/');
        if suffix.is_empty() || (text.starts_with('/') && path.constant().is_some()) {
            return None;
        }
        let caller =
            self.texts[usize::from(self.file)].path.clone().or_else(|| self.texts[0].path.clone())?;
        let folder = caller.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        let absolute = folder.starts_with('/');
        // Outside the project only what belongs to the script is read, and nothing of the machine's own.
        if absolute && path.names.iter().any(|name| name.as_ref() == "HOME") {
            return None;
        }
        let most = if absolute { MOST_ABOVE } else { usize::MAX };
        let folders = std::iter::successors(Some(folder), |at| {
            let parent = at.rsplit_once('/').map_or("", |(parent, _)| parent);
            let goes_on = if absolute { parent.matches('/').count() > 1 } else { !at.is_empty() };
            goes_on.then_some(parent)
        });
        let folders: Vec<&str> = folders.take(most).collect();
        let places =
            |suffix: &str| -> Vec<RepoPath> { folders.iter().filter_map(|at| resolve(at, suffix)).collect() };
        // A way that leaves the project may come back to it: what is left of it is looked for.
        let leaves = places(suffix).is_empty();
        let ways = std::iter::successors(Some(suffix), |way| {
            way.split_once('/').map(|(_, rest)| rest).filter(|_| leaves)
        });
        // A script of the library's name is not what it sources itself.
        ways.flat_map(places).filter(|candidate| *candidate != caller).find_map(|candidate| {
            let (file, sourced) = self.library_text(&candidate)?;
            Some((file, candidate, sourced))
        })
    }

    /// A file that can be sourced, and its number among the texts of this walk.
    pub(super) fn library_text(&mut self, path: &RepoPath) -> Option<(u16, &'a Sourced)> {
        if let Some(known) = self.libraries.get(path) {
            return *known;
        }
        let found = self.library.script(path).and_then(|sourced| {
            let file = self.number_text(Text { host: None, path: Some(path.clone()) })?;
            let sourced: &'a Sourced = self.arenas.sourced.alloc(sourced);
            self.ids |= sourced.ids();
            Some((file, sourced))
        });
        self.libraries.insert(path.clone(), found);
        found
    }

    fn add_text(
        &mut self,
        key: (Option<Place>, String),
        script: Script,
        unread: Option<Rc<str>>,
        text: Text,
    ) -> Option<(u16, &'a Script)> {
        let file = self.number_text(text)?;
        self.ids |= !self.ids && super::ids::extent(&script).ids;
        let script: &'a Script = self.arenas.scripts.alloc(script);
        self.known_texts.push(Known { key, file, script, unread });
        Some((file, script))
    }

    fn number_text(&mut self, text: Text) -> Option<u16> {
        let file = u16::try_from(self.texts.len()).ok().filter(|file| *file < u16::MAX)?;
        self.texts.push(text);
        Some(file)
    }
}

/// `folder/suffix` with `.` and `..` taken out; `None` where it leaves the project, or the machine.
fn resolve(folder: &str, suffix: &str) -> Option<RepoPath> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in suffix.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    let root = if folder.starts_with('/') { "/" } else { "" };
    Some(RepoPath::new(format!("{root}{}", parts.join("/"))))
}

/// A name shared by every frame that follows the same text.
pub(super) fn frame_name(file: u16) -> Rc<str> {
    Rc::from(format!("{file}."))
}
