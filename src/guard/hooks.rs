//! The guard's entry in an agent's settings: putting it in among others' hooks, taking it out, finding it.

use super::json::Json;

/// The tools whose calls are looked at.
pub const MATCHER: &str = "Bash|Monitor|Write|Edit|MultiEdit|NotebookEdit";

/// Tools that the matcher must cover.
const COVERED: [&str; 6] = ["Bash", "Monitor", "Write", "Edit", "MultiEdit", "NotebookEdit"];

/// The hook's own timeout in seconds. The guard decides before.
const TIMEOUT_SECONDS: u64 = 20;

/// Permission rules that hold although no hook runs: what never runs, what is always asked for, what need not be.
const RULES: [(&str, &[&str]); 3] = [
    (
        "deny",
        &[
            "Bash(maas list)",
            "Bash(maas list:*)",
            "Edit(.claude/settings.json)",
            "Edit(.claude/settings.local.json)",
        ],
    ),
    ("ask", &["Bash(*--apply*)"]),
    (
        "allow",
        &["Bash(juju status)", "Bash(juju status:*)", "Bash(vault status)", "Bash(openstack server list:*)"],
    ),
];

/// How the entry is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// `command` and `args`, with `onFailure`: since Claude Code 2.1.295.
    Exec,
    /// One line for a shell, for older ones.
    Shell,
}

/// The guard's entry, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What is started.
    pub command: String,
    /// Its words, where it is started without a shell.
    pub args: Option<Vec<String>>,
    /// Whether a failure of the hook blocks.
    pub blocks: bool,
    /// Its timeout in seconds, where it has one.
    pub timeout: Option<u64>,
    /// Tools that the matcher leaves out.
    pub uncovered: Vec<&'static str>,
}

/// What a settings file says about hooks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// The guard's entries.
    pub guards: Vec<Found>,
    /// Other hooks before tools are used.
    pub others: Vec<String>,
    /// Whether all hooks are switched off.
    pub disabled: bool,
    /// Permission rules that are missing.
    pub missing_rules: Vec<String>,
}

/// Why a settings file cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WrongSettings(String);

/// The settings with the guard's entry and permission rules. `text` is empty where there is no file.
pub fn install(text: &str, program: &str, form: &Form) -> Result<String, WrongSettings> {
    let mut settings = read(text)?;
    let wrong = |key: &str| WrongSettings(format!("`{key}` is of another kind than Claude Code reads"));
    let hooks = settings.entry("hooks", Json::Object(Vec::new())).ok_or_else(|| wrong("hooks"))?;
    let groups = hooks.entry("PreToolUse", Json::List(Vec::new())).ok_or_else(|| wrong("hooks"))?;
    let Json::List(groups) = groups else { return Err(wrong("hooks.PreToolUse")) };
    let place = groups.iter().position(|group| group.list("hooks").iter().any(is_guard));
    let ours = |group: &Json| group.list("hooks").iter().all(is_guard);
    let group = group(program, form);
    match place {
        Some(place) if ours(&groups[place]) => groups[place] = group,
        Some(_) => {
            without_guard(groups);
            groups.push(group);
        }
        None => groups.push(group),
    }
    let permissions =
        settings.entry("permissions", Json::Object(Vec::new())).ok_or_else(|| wrong("permissions"))?;
    for (kind, rules) in RULES {
        let list = permissions.entry(kind, Json::List(Vec::new())).ok_or_else(|| wrong("permissions"))?;
        let Json::List(list) = list else { return Err(wrong(kind)) };
        for rule in rules {
            if !list.iter().any(|known| known.as_text() == Some(rule)) {
                list.push(Json::text(rule));
            }
        }
    }
    Ok(written(&settings))
}

/// The settings without the guard's entry and rules.
pub fn uninstall(text: &str) -> Result<String, WrongSettings> {
    let mut settings = read(text)?;
    if let Some(Json::Object(_)) = settings.get("hooks")
        && let Some(hooks) = settings.entry("hooks", Json::Object(Vec::new()))
    {
        if let Some(Json::List(groups)) = hooks.entry("PreToolUse", Json::List(Vec::new())) {
            without_guard(groups);
        }
        drop_empty(hooks, "PreToolUse");
        drop_empty(&mut settings, "hooks");
    }
    if let Some(Json::Object(_)) = settings.get("permissions")
        && let Some(permissions) = settings.entry("permissions", Json::Object(Vec::new()))
    {
        for (kind, rules) in RULES {
            if let Some(Json::List(list)) = permissions.entry(kind, Json::List(Vec::new())) {
                list.retain(|known| !known.as_text().is_some_and(|known| rules.contains(&known)));
            }
            drop_empty(permissions, kind);
        }
        drop_empty(&mut settings, "permissions");
    }
    Ok(written(&settings))
}

/// What the settings say.
pub fn look(text: &str) -> Result<Said, WrongSettings> {
    let settings = read(text)?;
    let mut said = Said {
        disabled: matches!(settings.get("disableAllHooks"), Some(Json::Plain(serde_json::Value::Bool(true)))),
        ..Said::default()
    };
    let groups = settings.get("hooks").map(|hooks| hooks.list("PreToolUse")).unwrap_or_default();
    for group in groups {
        for hook in group.list("hooks") {
            if is_guard(hook) {
                said.guards.push(found(group, hook));
            } else {
                let command =
                    hook.get("command").and_then(Json::as_text).unwrap_or("a hook without a command");
                said.others.push(command.to_owned());
            }
        }
    }
    for (kind, rules) in RULES {
        let list = settings.get("permissions").map(|permissions| permissions.list(kind)).unwrap_or_default();
        let missing = rules.iter().filter(|rule| !list.iter().any(|known| known.as_text() == Some(rule)));
        said.missing_rules.extend(missing.map(|rule| format!("{kind}: {rule}")));
    }
    Ok(said)
}

fn read(text: &str) -> Result<Json, WrongSettings> {
    if text.trim().is_empty() {
        return Ok(Json::Object(Vec::new()));
    }
    match serde_json::from_str(text) {
        Ok(settings @ Json::Object(_)) => Ok(settings),
        Ok(_) => Err(WrongSettings("it is no JSON object".to_owned())),
        Err(error) => Err(WrongSettings(format!("it is no JSON ({error})"))),
    }
}

fn written(settings: &Json) -> String {
    serde_json::to_string_pretty(settings).map(|text| text + "\n").unwrap_or_default()
}

fn group(program: &str, form: &Form) -> Json {
    let mut hook = vec![("type".to_owned(), Json::text("command"))];
    let mut add = |key: &str, value: Json| hook.push((key.to_owned(), value));
    match form {
        Form::Exec => {
            add("command", Json::text(program));
            add("args", Json::List(vec![Json::text("guard")]));
            add("timeout", Json::Plain(TIMEOUT_SECONDS.into()));
            add("onFailure", Json::text("block"));
        }
        Form::Shell => {
            add("command", Json::text(&format!("{program} guard || exit 2")));
            add("timeout", Json::Plain(TIMEOUT_SECONDS.into()));
        }
    }
    Json::Object(vec![
        ("matcher".to_owned(), Json::text(MATCHER)),
        ("hooks".to_owned(), Json::List(vec![Json::Object(hook)])),
    ])
}

/// Whether a hook starts the guard.
fn is_guard(hook: &Json) -> bool {
    let Some(command) = hook.get("command").and_then(Json::as_text) else { return false };
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or_default().trim_matches(['"', '\'']);
    let named = program.rsplit('/').next() == Some("gauntlet");
    let first = hook.list("args").first().and_then(Json::as_text).or_else(|| words.next());
    named && first == Some("guard")
}

fn found(group: &Json, hook: &Json) -> Found {
    let command = hook.get("command").and_then(Json::as_text).unwrap_or_default().to_owned();
    let args = match hook.get("args") {
        Some(Json::List(list)) => {
            Some(list.iter().filter_map(Json::as_text).map(str::to_owned).collect::<Vec<_>>())
        }
        _ => None,
    };
    let timeout = match hook.get("timeout") {
        Some(Json::Plain(value)) => value.as_u64(),
        _ => None,
    };
    let declared = hook.get("onFailure").and_then(Json::as_text) == Some("block");
    let blocks = declared || args.is_none() && command.trim_end().ends_with("|| exit 2");
    let matcher = group.get("matcher").and_then(Json::as_text).unwrap_or_default();
    let all = ["", "*", ".*"].contains(&matcher);
    let covers = |tool: &&str| all || matcher.split('|').any(|known| known == *tool);
    let uncovered = COVERED.into_iter().filter(|tool| !covers(tool)).collect();
    Found { command, args, blocks, timeout, uncovered }
}

fn without_guard(groups: &mut Vec<Json>) {
    for group in groups.iter_mut() {
        if let Some(Json::List(hooks)) = group.entry("hooks", Json::List(Vec::new())) {
            hooks.retain(|hook| !is_guard(hook));
        }
    }
    groups.retain(|group| !group.list("hooks").is_empty());
}

fn drop_empty(object: &mut Json, key: &str) {
    if object.get(key).is_some_and(Json::is_empty) {
        object.remove(key);
    }
}
