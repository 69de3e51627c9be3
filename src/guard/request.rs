//! The request: one JSON object on stdin, read strictly. What is not exactly a request is malformed, and blocked.

use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::calls;

/// The deepest nesting of values in a request.
const DEEPEST: u32 = 64;

/// How much the user is asked in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Asked as the rules say.
    Default,
    /// Planning only.
    Plan,
    /// Edits are accepted unseen.
    AcceptEdits,
    /// A classifier answers.
    Auto,
    /// What would ask is refused.
    DontAsk,
    /// Nobody is asked.
    BypassPermissions,
    /// A mode that is not known.
    Unknown,
}

impl Mode {
    const ALL: [Self; 6] =
        [Self::Default, Self::Plan, Self::AcceptEdits, Self::Auto, Self::DontAsk, Self::BypassPermissions];

    /// The word of the hook's contract.
    pub fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Plan => "plan",
            Self::AcceptEdits => "acceptEdits",
            Self::Auto => "auto",
            Self::DontAsk => "dontAsk",
            Self::BypassPermissions => "bypassPermissions",
            Self::Unknown => "unknown",
        }
    }

    /// The mode of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }

    /// All words, for messages.
    pub fn words() -> String {
        Self::ALL.map(Self::word).join(", ")
    }

    /// Whether a person is there to be asked.
    pub fn asks(self) -> bool {
        matches!(self, Self::Default | Self::Plan | Self::AcceptEdits)
    }
}

/// What a tool is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Run shell text.
    Shell(String),
    /// Run something by a tool that says more than a command.
    Call(Call),
    /// Write or change a file.
    File {
        /// The file.
        path: String,
        /// The new text, where the request has all of it.
        text: Option<String>,
        /// Texts that are put in for others.
        edits: Vec<(String, String)>,
    },
    /// Show files, or look through them: their paths and patterns.
    Look(Vec<String>),
    /// Something without a command and without a file.
    Other,
}

/// What a tool is told that runs something, where that is more than one command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// The texts that a shell may be given: all that is known to run is one of them.
    pub readings: Vec<String>,
    /// Texts in other fields that may run.
    pub beside: Vec<String>,
    /// Fields of which nobody knows what they change.
    pub unread: Vec<String>,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The tool.
    pub tool: String,
    /// What it is to do.
    pub work: Work,
    /// The mode of the session.
    pub mode: Mode,
    /// The folder in which the tool runs.
    pub folder: String,
    /// The call's id, where it has one.
    pub id: String,
    /// The session's id, where it has one.
    pub session: String,
}

/// Why a request is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the hook's input is malformed: {0}")]
pub struct Malformed(pub String);

/// Reads a request.
pub fn parse(bytes: &[u8]) -> Result<Request, Malformed> {
    let wrong = |what: &str| Malformed(what.to_owned());
    let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
    if text.trim().is_empty() {
        return Err(wrong("it is empty"));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict(DEEPEST).deserialize(&mut reader).map_err(|error| Malformed(error.to_string()))?;
    reader.end().map_err(|_| wrong("something follows the object"))?;
    let Value::Object(object) = value else { return Err(wrong("it is no object")) };
    if let Some(event) = optional(&object, "hook_event_name")?
        && event != "PreToolUse"
    {
        return Err(Malformed(format!("the event `{event}` is not PreToolUse")));
    }
    let tool = optional(&object, "tool_name")?.ok_or_else(|| wrong("`tool_name` is missing"))?;
    if tool.is_empty() {
        return Err(wrong("`tool_name` is empty"));
    }
    let Some(Value::Object(input)) = object.get("tool_input") else {
        return Err(wrong("`tool_input` is missing or no object"));
    };
    let mode = match optional(&object, "permission_mode")? {
        None => Mode::Default,
        Some(word) => Mode::from_word(&word).unwrap_or(Mode::Unknown),
    };
    let field = |name: &str| optional(&object, name).map(Option::unwrap_or_default);
    for name in ["prompt_id", "transcript_path", "agent_id", "agent_type"] {
        optional(&object, name)?;
    }
    Ok(Request {
        work: work(&tool, input)?,
        tool,
        mode,
        folder: field("cwd")?,
        id: field("tool_use_id")?,
        session: field("session_id")?,
    })
}

fn work(tool: &str, input: &Map<String, Value>) -> Result<Work, Malformed> {
    let shell = ["Bash", "Monitor"].contains(&tool);
    if shell || input.contains_key("command") {
        let Some(Value::String(command)) = input.get("command") else {
            return Err(Malformed(format!("`tool_input.command` of `{tool}` is missing or no text")));
        };
        if command.trim().is_empty() {
            return Err(Malformed("the command is empty".to_owned()));
        }
        if shell {
            told(input)?;
        }
        return Ok(
            calls::with_command(command, input).map_or_else(|| Work::Shell(command.clone()), Work::Call)
        );
    }
    if let Some(looker) = LOOKERS.iter().find(|looker| looker.tool == tool) {
        return looker.read(input).map(Work::Look);
    }
    let writes = ["Write", "Edit", "MultiEdit", "NotebookEdit"].contains(&tool);
    if !writes {
        return Ok(calls::without_command(tool, input).map_or(Work::Other, Work::Call));
    }
    let path = optional(input, "file_path")?.or(optional(input, "notebook_path")?);
    let path = path.filter(|path| !path.is_empty());
    let path = path.ok_or_else(|| Malformed(format!("`tool_input.file_path` of `{tool}` is missing")))?;
    let mut edits = Vec::new();
    let changes = match input.get("edits") {
        None => Vec::new(),
        Some(Value::Array(list)) => list.iter().collect(),
        Some(_) => return Err(Malformed("`tool_input.edits` is no list".to_owned())),
    };
    for change in changes {
        let Value::Object(change) = change else { return Err(Malformed("an edit is no object".to_owned())) };
        edits.push(edit(change)?);
    }
    if input.contains_key("old_string") {
        edits.push(edit(input)?);
    }
    let text = optional(input, "content")?;
    if tool == "Write" && text.is_none() {
        return Err(Malformed("`tool_input.content` of `Write` is missing".to_owned()));
    }
    if ["Edit", "MultiEdit"].contains(&tool) && edits.is_empty() {
        return Err(Malformed(format!("`{tool}` has no edit")));
    }
    Ok(Work::File { path, text, edits })
}

/// A tool that looks at files or for them, and its fields.
struct Looker {
    tool: &'static str,
    /// A text that must be there.
    needed: &'static str,
    /// Texts that say where it looks.
    places: &'static [&'static str],
}

const LOOKERS: [Looker; 5] = [
    Looker { tool: "Read", needed: "file_path", places: &["file_path"] },
    Looker { tool: "NotebookRead", needed: "notebook_path", places: &["notebook_path"] },
    Looker { tool: "Grep", needed: "pattern", places: &["path", "glob"] },
    Looker { tool: "Glob", needed: "pattern", places: &["path"] },
    Looker { tool: "LS", needed: "path", places: &["path"] },
];

impl Looker {
    /// The places, where all that is told is of its kind.
    fn read(&self, input: &Map<String, Value>) -> Result<Vec<String>, Malformed> {
        const NUMBERS: [&str; 6] = ["offset", "limit", "head_limit", "-A", "-B", "-C"];
        const CHOICES: [&str; 3] = ["multiline", "-n", "-i"];
        let wrong =
            |name: &str| Malformed(format!("`tool_input.{name}` of `{}` is of no known kind", self.tool));
        if optional(input, self.needed)?.is_none_or(|text| text.is_empty()) {
            return Err(Malformed(format!("`tool_input.{}` of `{}` is missing", self.needed, self.tool)));
        }
        for name in ["output_mode", "type", "pages"] {
            optional(input, name)?;
        }
        let is_number = |value: &Value| {
            value.is_number() || value.as_str().is_some_and(|text| text.parse::<f64>().is_ok())
        };
        let is_choice = |value: &Value| {
            value.is_boolean() || value.as_str().is_some_and(|text| ["true", "false"].contains(&text))
        };
        let strange = |names: &[&'static str], is_kind: &dyn Fn(&Value) -> bool| {
            names.iter().copied().find(|name| input.get(*name).is_some_and(|value| !is_kind(value)))
        };
        let odd = strange(&NUMBERS, &is_number).or_else(|| strange(&CHOICES, &is_choice));
        if let Some(name) = odd {
            return Err(wrong(name));
        }
        self.places.iter().filter_map(|name| optional(input, name).transpose()).collect()
    }
}

/// Whether what a shell's call says besides its command is of the kind that it must be.
fn told(input: &Map<String, Value>) -> Result<(), Malformed> {
    let wrong = |name: &str, kind: &str| Malformed(format!("`tool_input.{name}` is no {kind}"));
    optional(input, "description")?;
    for name in ["run_in_background", "dangerouslyDisableSandbox", "persistent"] {
        if input.get(name).is_some_and(|value| !value.is_boolean()) {
            return Err(wrong(name, "truth value"));
        }
    }
    for name in ["timeout", "timeout_ms"] {
        if input.get(name).is_some_and(|value| !value.is_number()) {
            return Err(wrong(name, "number"));
        }
    }
    Ok(())
}

fn edit(change: &Map<String, Value>) -> Result<(String, String), Malformed> {
    let field = |name: &str| {
        optional(change, name)?.ok_or_else(|| Malformed(format!("`{name}` of an edit is missing")))
    };
    Ok((field("old_string")?, field("new_string")?))
}

/// A field that is a text where it is there at all.
fn optional(object: &Map<String, Value>, name: &str) -> Result<Option<String>, Malformed> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Malformed(format!("`{name}` is no text"))),
    }
}

/// No program can be given a text with a NUL in it: whoever reads on behind it and whoever stops there see two requests.
fn no_nul<E: de::Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') { Err(E::custom("there is a NUL in a text")) } else { Ok(()) }
}

/// Reads any value, and refuses an object that has a key twice: two readers of it could see two requests.
#[derive(Clone, Copy)]
struct Strict(u32);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.0 == 0 {
            return Err(de::Error::custom("it is nested too deeply"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        no_nul(value)?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Self(self.0 - 1))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            no_nul(&key)?;
            if object.contains_key(&key) {
                return Err(de::Error::custom(format!("the key `{key}` is there twice")));
            }
            object.insert(key, map.next_value_seed(Self(self.0 - 1))?);
        }
        Ok(Value::Object(object))
    }
}
