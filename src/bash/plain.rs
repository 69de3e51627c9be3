//! Plain text among the words: words in which nothing is expanded, and what may name a variable.

use super::syntax::{Part, PartKind, Word};

impl Word {
    /// The text of a word in which nothing is expanded, without its quotes; else `None`.
    pub fn plain(&self) -> Option<String> {
        fn add(parts: &[Part], text: &mut String) -> bool {
            parts.iter().all(|part| match &part.kind {
                PartKind::Literal(plain) | PartKind::Quoted(plain) => {
                    text.push_str(plain);
                    true
                }
                PartKind::DoubleQuoted(inner) => add(inner, text),
                _ => false,
            })
        }
        let mut text = String::new();
        add(&self.parts, &mut text).then_some(text)
    }

    /// Whether the word is the list of what its function or script was given, or a part of it, and nothing else (`"$@"`,
    /// `$*`, `"${@:2}"`).
    pub fn is_given_list(&self) -> bool {
        let parts = match self.parts.as_slice() {
            [Part { kind: PartKind::DoubleQuoted(inner), .. }] => inner,
            parts => parts,
        };
        matches!(parts, [Part { kind: PartKind::Parameter(list), .. }] if matches!(list.name.as_str(), "@" | "*"))
    }
}

/// Whether bash itself says what the variable holds, whatever it was set to.
pub fn is_shells_own(name: &str) -> bool {
    const NAMES: [&str; 19] = [
        "_",
        "RANDOM",
        "SRANDOM",
        "SECONDS",
        "EPOCHSECONDS",
        "EPOCHREALTIME",
        "LINENO",
        "BASHPID",
        "PIPESTATUS",
        "BASH_COMMAND",
        "BASH_SUBSHELL",
        "BASH_LINENO",
        "BASH_ARGC",
        "BASH_ARGV",
        "BASH_ARGV0",
        "FUNCNAME",
        "GROUPS",
        "DIRSTACK",
        "HISTCMD",
    ];
    NAMES.contains(&name)
}

/// Whether a format of `printf` has a `%n`: it sets the variable that its argument names.
pub fn counts_bytes(format: &str) -> bool {
    let mut rest = format;
    while let Some((_, behind)) = rest.split_once('%') {
        let conversion = behind.trim_start_matches(|c: char| "-+ #0123456789.*'hlLjzt".contains(c));
        if conversion.starts_with('n') {
            return true;
        }
        // `%%`: the second one begins nothing.
        rest = conversion.strip_prefix('%').unwrap_or(conversion);
    }
    false
}

/// Whether a text is the name of a variable, and nothing more.
pub fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
