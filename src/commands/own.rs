//! A project's own tools: what its settings add to the tables, or change in them.
//!
//! One process works on one project: its tools are added once, before anything is judged, and hold for lint, the gauntlet
//! and the guard alike.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::json;

use super::pattern::Pattern;
use super::tables::Tables;
use super::tool::{OptionName, Tool};
use crate::nearest::nearest;

static ADDED: OnceLock<BTreeMap<String, Tool>> = OnceLock::new();

/// What a project says of a tool. Patterns are those of the tables.
#[derive(Debug, Clone, Copy)]
pub struct OwnTool<'a> {
    /// The program, without folders.
    pub name: &'a str,
    /// A tool of the tables that has the same command line.
    pub like: Option<&'a str>,
    /// Lines that only read.
    pub read: &'a [String],
    /// Lines that change something, although `read` may have them.
    pub write: &'a [String],
    /// Options that take the next word.
    pub options_with_value: &'a [String],
}

impl OwnTool<'_> {
    /// The tool as it is judged by; what is wrong with it, as a sentence.
    pub fn read(&self) -> Result<Tool, String> {
        let Self { name, like, read, write, options_with_value } = *self;
        if name.is_empty() || name.contains(|c: char| c == '/' || c.is_whitespace()) {
            return Err(format!("`{name}` names no program: write its name without folders"));
        }
        if like.is_none() && read.is_empty() && write.is_empty() && options_with_value.is_empty() {
            return Err(format!(
                "nothing is said of `{name}`: write `like`, `read`, `write` or `options_with_value`"
            ));
        }
        let tables = Tables::builtin();
        let mut tool = match like {
            Some(like) => tables.embedded_tool(like).cloned().ok_or_else(|| {
                match nearest(like, tables.embedded_names()) {
                    Some(near) => format!("no tool is called `{like}`: did you mean `{near}`?"),
                    None => format!("no tool is called `{like}`: leave `like` out for a program of your own"),
                }
            })?,
            None => tables.embedded_tool(name).cloned().map_or_else(|| unknown(name), Ok)?,
        };
        let fresh = like.is_none() && tables.embedded_tool(name).is_none();
        tool.local |= fresh && read.is_empty();
        name.clone_into(&mut tool.name);
        tool.own_read = patterns(name, read)?;
        tool.own_write = patterns(name, write)?;
        for option in options_with_value {
            tool.options_with_value
                .push(OptionName::try_from(option.clone()).map_err(|error| error.to_string())?);
        }
        Ok(tool)
    }
}

/// A tool of which nothing is known: what no pattern of the project fits is a change only where some lines are said to read.
fn unknown(name: &str) -> Result<Tool, String> {
    let failure = json!({ "exit": 1, "stderr": format!("{name}: failed") });
    serde_json::from_value(json!({ "name": name, "failure": failure })).map_err(|error| error.to_string())
}

/// Patterns with the words behind the program; they may begin with its name.
fn patterns(name: &str, written: &[String]) -> Result<Vec<Pattern>, String> {
    let read = |text: &String| {
        let behind = text.strip_prefix(name).filter(|rest| rest.is_empty() || rest.starts_with(' '));
        Pattern::try_from(behind.unwrap_or(text).trim().to_owned()).map_err(|error| error.to_string())
    };
    written.iter().map(read).collect()
}

impl Tables {
    /// Adds a project's tools. A second project in one process keeps those of the first: there is none outside of tests.
    pub fn add(tools: Vec<Tool>) {
        if !tools.is_empty() {
            ADDED.get_or_init(|| tools.into_iter().map(|tool| (tool.name.clone(), tool)).collect());
        }
    }

    /// The names of all tools whose verbs are known.
    pub fn tool_names(&self) -> impl Iterator<Item = &'static str> {
        self.embedded_names().chain(ADDED.get().into_iter().flatten().map(|(name, _)| name.as_str()))
    }

    /// The tool of that name (without folders), where its verbs are known.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        ADDED.get().and_then(|added| added.get(name)).or_else(|| self.embedded_tool(name))
    }

    /// The names of all tools that take ids; no entry is read for them.
    pub fn with_ids(&self) -> impl Iterator<Item = &str> {
        let own = ADDED.get().into_iter().flatten();
        let own = own.filter(|(_, tool)| !tool.id_forms.is_empty()).map(|(name, _)| name.as_str());
        own.chain(Self::embedded_with_ids().iter().copied())
    }
}
