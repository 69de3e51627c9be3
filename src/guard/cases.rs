//! A policy's cases: commands with the decisions that they must get, and what is made of the denied ones to see whether
//! a disguise helps them.

use serde::Deserialize;

use super::verdict::Decision;

/// A command with the decision that it must get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The line in its file, from 1.
    pub line: usize,
    /// The command.
    pub command: String,
    /// The decision.
    pub decision: Decision,
    /// Why, for whoever reads the file.
    pub why: String,
}

/// A line that is no case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct WrongCase {
    /// The line, from 1.
    pub line: usize,
    /// Why.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    command: String,
    decision: String,
    #[serde(default)]
    why: String,
}

/// Reads a file of cases: one JSON object a line.
pub fn read(text: &str) -> Result<Vec<Case>, WrongCase> {
    let mut cases = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |reason: String| WrongCase { line: index + 1, reason };
        let written: Written = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        let decision = Decision::from_word(&written.decision).ok_or_else(|| {
            wrong(format!("the decision `{}` is none: write allow, ask or deny", written.decision))
        })?;
        let Written { command, why, .. } = written;
        cases.push(Case { line: index + 1, command, decision, why });
    }
    Ok(cases)
}

/// A denied command in a disguise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// How it is disguised.
    pub how: &'static str,
    /// The text.
    pub text: String,
}

/// Structures and wrappers around a command; `@` is the command, `@q` the command in single quotes.
const AROUND: [(&str, &str); 40] = [
    ("list", "ls; @"),
    ("and", "true && @"),
    ("or", "false || @"),
    ("pipe into", "@ | cat"),
    ("pipe from", "ls | @"),
    ("background", "@ &"),
    ("subshell", "(@)"),
    ("group", "{ @; }"),
    ("negated", "! @"),
    ("timed", "time @"),
    ("if", "if @; then :; fi"),
    ("then", "if ls; then @; fi"),
    ("else", "if false; then :; else @; fi"),
    ("while", "while @; do break; done"),
    ("until", "until false; do @; done"),
    ("for", "for i in 1 2; do @; done"),
    ("case", "case x in x) @;; esac"),
    ("function", "f() { @; }; f"),
    ("function never called", "f() { @; }"),
    ("substitution", "echo \"$(@)\""),
    ("backticks", "echo `@`"),
    ("nested substitution", "echo $(echo $(@))"),
    ("assignment", "x=$(@)"),
    ("process substitution", "cat <(@)"),
    ("here-string", "cat <<< \"$(@)\""),
    ("heredoc", "cat <<E\n$(@)\nE"),
    ("arithmetic", "echo $(( $(@) + 1 ))"),
    ("default", "echo ${x:-$(@)}"),
    ("test", "[[ -n $(@) ]]"),
    ("redirection", "ls > /dev/null 2> >(@)"),
    ("eval", "eval @q"),
    ("bash -c", "bash -c @q"),
    ("sh -c", "sh -c @q"),
    ("bash -lc", "bash -lc @q"),
    ("pipe into a shell", "printf '%s\\n' @q | bash"),
    ("here-string into a shell", "bash <<< @q"),
    ("heredoc into a shell", "bash <<'E'\n@\nE"),
    ("trap", "trap @q EXIT"),
    ("two deep", "bash -c \"bash -c @Q\""),
    ("comment before", "# note\n@"),
];

/// Wrappers in front of a simple command.
const IN_FRONT: [&str; 22] = [
    "command",
    "exec",
    "env",
    "env -i",
    "env -u X",
    "nohup",
    "nice",
    "nice -n 5",
    "ionice -c 3",
    "timeout 5",
    "timeout -s KILL 5",
    "setsid",
    "stdbuf -oL",
    "chrt -b 0",
    "taskset 1",
    "time -p",
    "sudo",
    "sudo -u root",
    "xargs",
    "busybox",
    "flock /tmp/l",
    "watch",
];

/// What is made of a denied command.
pub fn mutants(command: &str) -> Vec<Mutant> {
    let mut made = Vec::new();
    let single = format!("'{}'", command.replace('\'', r"'\''"));
    let double =
        format!("\\\"{}\\\"", command.replace('\\', r"\\\\").replace('"', r#"\\\""#).replace('$', r"\\\$"));
    for (how, around) in AROUND {
        if how == "two deep" && command.contains(['\\', '"', '$', '`', '\'']) {
            continue;
        }
        if how == "backticks" && command.contains(['`', '\\']) {
            continue;
        }
        let text = around.replace("@Q", &double).replace("@q", &single).replace('@', command);
        made.push(Mutant { how, text });
    }
    let plain = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte))
    };
    let words: Vec<&str> = command.split(' ').collect();
    if !words.iter().all(|word| plain(word)) || words[0].contains(['/', ':', '.']) {
        return made;
    }
    made.extend(
        IN_FRONT.iter().map(|wrapper| Mutant { how: "wrapper", text: format!("{wrapper} {command}") }),
    );
    let (name, rest) = (words[0], &command[words[0].len()..]);
    let (head, tail) = name.split_at(1);
    let hex = spelt(name, |byte| format!("\\x{byte:02x}"));
    let octal = spelt(name, |byte| format!("\\{byte:03o}"));
    let spellings = [
        format!("'{name}'{rest}"),
        format!("\"{name}\"{rest}"),
        format!("{head}''{tail}{rest}"),
        format!("{head}\"\"{tail}{rest}"),
        format!("\\{name}{rest}"),
        format!("$'{hex}'{rest}"),
        format!("$'{octal}'{rest}"),
        format!("{head}\\\n{tail}{rest}"),
        format!("/usr/bin/{name}{rest}"),
        format!("$\"{name}\"{rest}"),
        format!("c={name}; $c{rest}"),
        format!("c={name}; \"$c\"{rest}"),
        format!("c={name}; ${{c}}{rest}"),
        format!("c=x{name}; ${{c:1}}{rest}"),
        format!("c='{command}'; $c"),
        format!("c=({}); \"${{c[@]}}\"", words.join(" ")),
        format!("set -- {command}; \"$@\""),
        format!("f() {{ \"$@\"; }}; f {command}"),
        format!("f() {{ {name} \"$@\"; }}; f{rest}"),
        format!("{{{}}}", words.join(",")),
        format!("c={}; ${{c,,}}{rest}", name.to_ascii_uppercase()),
        format!("${{c:-{name}}}{rest}"),
        format!("$(echo {name}){rest}"),
        format!("$(printf %s {name}){rest}"),
        format!("X=1 {command}"),
        format!(">/dev/null {command}"),
        format!("{command} 2>&1"),
        format!("\t{command}"),
        format!("{command} # note"),
        format!("bash -c '\"$0\" \"$@\"' {command}"),
        format!("find . -maxdepth 0 -exec {command} \\;"),
        format!("echo{rest} | xargs {name}"),
    ];
    made.extend(spellings.into_iter().map(|text| Mutant { how: "spelling", text }));
    made
}

fn spelt(name: &str, each: impl Fn(u8) -> String) -> String {
    name.bytes().map(each).collect::<Vec<_>>().concat()
}
