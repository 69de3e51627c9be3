//! The log of decisions: `.gauntlet/guard.jsonl` below the project's root.

use std::path::{Path, PathBuf};

use crate::guard::{Answer, Logged, Request};
use crate::repo::guard as files;

use super::{CASES, Guarded};

/// The file of cases that are made of what was logged.
const CASE_FILE: &str = "from_log.jsonl";

/// How many digits name an entry.
const ID_DIGITS: usize = 10;

impl Guarded {
    fn log(&self) -> PathBuf {
        self.root().join(".gauntlet").join("guard.jsonl")
    }

    /// Keeps a decision. Only a project with settings has a log; a log that cannot be written stops nothing.
    pub fn remember(&self, request: &Request, answer: &Answer, now: (u64, u32)) {
        if self.project.settings_text().is_none() {
            return;
        }
        let seed = format!("{}:{}:{}:{:?}", now.0, now.1, request.id, request.work);
        let id = blake3::hash(seed.as_bytes()).to_hex()[..ID_DIGITS].to_owned();
        let entry = Logged::new(id, now.0, request, answer);
        let _ = files::append(&self.log(), &entry.line());
    }

    /// What was logged, the oldest first.
    pub fn logged(&self) -> Vec<Logged> {
        let text = files::text(&self.log()).unwrap_or_default();
        text.lines().filter_map(Logged::read).collect()
    }

    /// The entry whose id begins so, or the last one.
    pub fn entry(&self, id: &str) -> Result<Logged, String> {
        let logged = self.logged();
        if id == "last" {
            return logged.into_iter().next_back().ok_or_else(|| "nothing was logged yet".to_owned());
        }
        let mut found = logged.into_iter().filter(|entry| !id.is_empty() && entry.id.starts_with(id));
        let first = found
            .next()
            .ok_or_else(|| format!("no decision in the log has an id that begins with `{id}`"))?;
        match found.next() {
            None => Ok(first),
            Some(_) => Err(format!("several decisions have an id that begins with `{id}`: write more of it")),
        }
    }

    /// Makes a case of an entry; gives the file that it stands in now.
    pub fn new_case(&self, entry: &Logged, decision: &str, file: Option<&Path>) -> Result<PathBuf, String> {
        if entry.is_redacted() {
            return Err("the log does not hold all of that command, because a part may be a secret: write the case by hand, with an invented one".to_owned());
        }
        if !["Bash", "Monitor"].contains(&entry.tool.as_str()) {
            return Err(format!("a case is a command, and `{}` ran none", entry.tool));
        }
        let path = file.map_or_else(|| self.root().join(CASES).join(CASE_FILE), Path::to_owned);
        let why = format!("decided {} on a call of {}", entry.decision, entry.tool);
        let case = serde_json::json!({ "command": entry.subject, "decision": decision, "why": why });
        files::append_case(&path, &format!("{case}\n"))
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        Ok(path)
    }
}
