//! The info string of a fence: which language it names, in the spellings that Markdown tools know.

/// What a shell fence holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// The lines of a script.
    Script,
    /// A session: prompts, commands and output.
    Console,
}

/// The language of a shell fence; `None` where it is of another language, or says none.
pub(super) fn language(info: &str) -> Option<Language> {
    let info = info.trim();
    // Pandoc: {.bash .numberLines}, {#id .bash}; R Markdown: {bash, echo=FALSE}.
    if let Some(attributes) = info.strip_prefix('{') {
        let inside = attributes.split('}').next().unwrap_or_default();
        let mut words = inside.split([' ', '\t', ',']).filter(|word| !word.is_empty());
        let bare = words.clone().next().and_then(named);
        return bare.or_else(|| words.find_map(|word| word.strip_prefix('.').and_then(named)));
    }
    // Others: bash title="x", bash,ignore, bash{1,3}, bash:setup.sh, bash=1.
    named(info.split([' ', '\t', ',', ';', ':', '=', '{']).next().unwrap_or_default())
}

fn named(word: &str) -> Option<Language> {
    match word.to_ascii_lowercase().as_str() {
        "bash" | "sh" | "shell" => Some(Language::Script),
        "console" | "shell-session" | "shellsession" | "sh-session" | "bash-session" => {
            Some(Language::Console)
        }
        _ => None,
    }
}
