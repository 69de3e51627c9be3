//! What belongs to the guard: its settings, its policy and cases, the hook's entry, the binary. Reading them is free.

use crate::bash::syntax::{Part, PartKind, Word};
use crate::commands::{HOLE, Tables, glob};

/// What to do instead of changing them.
pub(super) const INSTEAD: &str =
    "leave the guard's own files to the user: say which change is needed and why";

/// Whether a path is one of the guard's files, or a folder that holds them.
pub(super) fn is_own(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let mut straight: Vec<&str> = Vec::new();
    for part in &parts {
        if *part == ".." {
            straight.pop();
        } else {
            straight.push(part);
        }
    }
    are_own(&parts) || straight.len() != parts.len() && are_own(&straight)
}

/// Whether a part of a path is that name, or a glob that may come to it: one that begins as the name does.
pub(super) fn is_part(part: &str, name: &str) -> bool {
    const LEAST: usize = 2;
    let start = part.find(['*', '?', '[', HOLE]).unwrap_or(part.len());
    part == name
        || start < part.len()
            && start >= LEAST
            && name.starts_with(&part[..start])
            && glob(&widened(part), name)
}

/// A glob with a `*` for each class of characters, and for what is not known.
pub(super) fn widened(pattern: &str) -> String {
    let mut wide = String::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        let class = c == '[' && rest.as_str().contains(']');
        if class {
            rest.by_ref().find(|c| *c == ']');
        }
        wide.push(if class || c == HOLE { '*' } else { c });
    }
    wide
}

/// Whether what is written there is no file: nothing, the terminal, a descriptor.
pub(super) fn is_stream(name: &str) -> bool {
    let number = name.strip_prefix("/dev/fd/").unwrap_or_default();
    ["/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"].contains(&name)
        || !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn are_own(parts: &[&str]) -> bool {
    let Some(last) = parts.last() else { return false };
    let unclear = |part: &str| part.contains(['*', '?', '[', '{', HOLE]);
    let below = |folder: &str| {
        parts
            .iter()
            .position(|part| is_part(part, folder))
            .map(|at| parts.get(at + 1).copied().unwrap_or_default())
    };
    let in_claude = below(".claude").is_some_and(|next| {
        next.is_empty() || unclear(next) || next.starts_with("settings") || next.starts_with("hooks")
    });
    let in_cases =
        parts.windows(2).any(|pair| pair[0] == "fixtures" && (pair[1] == "guard" || pair[1] == "guard*"));
    let binary = parts.len() > 1
        && *last == "gauntlet"
        && ["bin", "sbin", "release", "debug"].contains(&parts[parts.len() - 2]);
    in_claude
        || in_cases
        || binary
        || ["gauntlet.toml", "managed-settings.json", ".claude.json"].iter().any(|name| is_part(last, name))
        || parts.iter().any(|part| is_part(part, ".gauntlet"))
}

/// Whether a word names one of the guard's files, as itself or behind an option's `=` or a `path:`.
pub(super) fn names_own(word: &str) -> bool {
    if word.contains(char::is_whitespace) {
        return false;
    }
    is_own(word) || word.split(['=', ':', '@', ',']).skip(1).any(is_own) || word.split(':').any(is_own)
}

/// Whether a relative path leads to one of the guard's files from one of these folders.
pub(super) fn reached_from(folders: &[String], path: &str) -> bool {
    let relative = !path.starts_with(['/', '~', '-']) && !path.is_empty();
    relative && folders.iter().any(|folder| is_own(&format!("{folder}/{path}")))
}

/// Whether a program's own text (`python -c`, an `sh -c` that could not be read) mentions one of them.
pub(super) fn text_names_own(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || "'\"`()[]{}<>,;|&=".contains(c)).any(is_own)
}

/// Words by which an agent's own settings are bypassed, in the call of an agent.
const BYPASSES: [&str; 7] = [
    "--bare",
    "--settings",
    "--setting-sources",
    "--dangerously-skip-permissions",
    "--allow-dangerously-skip-permissions",
    "bypassPermissions",
    "disableAllHooks",
];

/// Why a command acts on the guard itself, where it does. `changes`: it is not known to only read.
pub(super) fn acts_on_guard(words: &[String], changes: bool) -> Option<String> {
    let program = words.first()?.rsplit('/').next()?;
    let has = |wanted: &str| words.iter().skip(1).any(|word| word.contains(wanted));
    let starts_agent = |word: &String| {
        word.rsplit('/').next().is_some_and(|name| name == "claude" || name.starts_with("claude-code"))
    };
    if (program == "claude" || changes && words.iter().skip(1).any(starts_agent))
        && let Some(bypass) = BYPASSES.iter().find(|bypass| has(bypass))
    {
        return Some(format!("`claude {bypass}` starts an agent without its guard"));
    }
    let fits = |word: &String| program == "pkill" && pattern_finds(word, "gauntlet guard");
    let ends = ["kill", "pkill", "killall", "skill", "xkill", "slay"].contains(&program);
    if ends && (has("gauntlet") || words.iter().skip(1).any(fits)) {
        return Some("it ends the guard".to_owned());
    }
    if program == "gauntlet" && words.get(1).is_some_and(|verb| verb == "guard") {
        let verb = words.get(2).map(String::as_str);
        if matches!(verb, Some("install" | "uninstall" | "new-case"))
            && !words.iter().any(|word| word == "--dry-run")
        {
            return Some("it changes the guard's installation".to_owned());
        }
    }
    let removes =
        words.iter().skip(1).any(|word| ["uninstall", "remove", "purge", "rm"].contains(&word.as_str()));
    let installs =
        ["cargo", "apt", "apt-get", "dpkg", "snap", "brew", "dnf", "yum", "apk", "pacman", "nix-env"];
    if removes && installs.contains(&program) && words.iter().skip(1).any(|word| word == "gauntlet") {
        return Some("it removes the guard's program".to_owned());
    }
    if !changes || only_records(program, words) {
        return None;
    }
    if let Some(word) = words.iter().skip(1).find(|word| names_own(word)) {
        return Some(format!("`{word}` belongs to the guard"));
    }
    let runs_text = [
        "python", "python3", "perl", "ruby", "node", "php", "lua", "sh", "bash", "ed", "ex", "vim", "vi",
        "awk",
    ];
    if runs_text.iter().any(|name| program.starts_with(name))
        && words.iter().skip(1).any(|word| text_names_own(word) || word.contains("disableAllHooks"))
    {
        return Some("its program names files of the guard".to_owned());
    }
    None
}

/// Whether a pattern of `pkill` finds a command line, as far as globs tell.
fn pattern_finds(pattern: &str, line: &str) -> bool {
    const LEAST: usize = 3;
    let known = pattern.chars().filter(|c| c.is_alphanumeric()).count();
    let text = pattern.trim_start_matches('^').trim_end_matches('$').replace(".*", "*");
    !pattern.starts_with('-') && known >= LEAST && glob(&format!("*{}*", widened(&text)), line)
}

/// Whether it puts files as they are into git's own store, or talks to a forge: the files stay as they are.
pub(super) fn only_records(program: &str, words: &[String]) -> bool {
    let verb = Tables::builtin().operands(words).first().copied().unwrap_or_default();
    program == "gh" || program == "git" && ["add", "stage", "commit", "tag", "push", "notes"].contains(&verb)
}

/// Whether a command changes the guard's program, which another one finds for it: `rm "$(command -v gauntlet)"`.
pub(super) fn changes_found(words: &[Word]) -> bool {
    let program = words.first().and_then(Word::plain).unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default();
    let changed = match program {
        "cp" | "ln" | "install" => &words[words.len() - 1..],
        _ if super::strict::always_writes(program) || ["tee", "dd"].contains(&program) => &words[1..],
        _ => return false,
    };
    changed.iter().any(is_found)
}

/// Whether a word is the guard's program, which another one finds for it.
pub(super) fn is_found(word: &Word) -> bool {
    word.parts.iter().any(finds_guard)
}

fn finds_guard(part: &Part) -> bool {
    match &part.kind {
        PartKind::DoubleQuoted(inner) => inner.iter().any(finds_guard),
        PartKind::Command(substitution) => substitution.body.statements.iter().any(|statement| {
            let words = super::starts::written(&statement.first.stages).unwrap_or_default();
            let finds = |words: &Vec<String>| {
                let finder = words.first().map_or("", String::as_str);
                ["which", "whereis", "command", "type", "hash"].contains(&finder)
                    && words.iter().any(|word| word == "gauntlet")
            };
            words.iter().any(finds)
        }),
        _ => false,
    }
}
