//! Values that can be read and can do nothing: each is refused, with what to write instead.

use super::keys::places;
use super::{Settings, SettingsError};
use crate::id::LedgerId;

/// The first of them.
pub(super) fn check(settings: &Settings, text: &str) -> Result<(), SettingsError> {
    let Some((key, value, message)) = wrong(settings) else { return Ok(()) };
    let start = places(text).get(&format!("{key}.{value}")).copied().unwrap_or(0);
    // The value with its quotes, where it is written without escapes.
    let end = if text[start..].get(1..).is_some_and(|rest| rest.starts_with(&value)) {
        start + value.len() + 2
    } else {
        start
    };
    Err(SettingsError { message, span: start..end.min(text.len()) })
}

/// Its key, the value, and what is wrong with it.
fn wrong(settings: &Settings) -> Option<(String, String, String)> {
    for name in &settings.lint.secret_names {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(fits) {
            let message = format!(
                "`{name}` is no name of a variable, nor a part of one: write letters, digits and underscores"
            );
            return Some(("lint.secret_names".to_owned(), name.clone(), message));
        }
    }
    for command in &settings.lint.gates.commands {
        if command.trim().is_empty() || command.contains(['\'', '"']) {
            let message = format!(
                "`{command}` fits no command: write the program and its words as they arrive, without quotes (`?` for a blank in a word)"
            );
            return Some(("lint.gates.commands".to_owned(), command.clone(), message));
        }
    }
    for prefix in &settings.ledger.prefixes {
        let id = LedgerId::parse(&format!("{prefix}-001"));
        if id.is_none_or(|id| id.prefix() != prefix) {
            let message = format!("no ledger id begins with `{prefix}`: write capitals, without the dash");
            return Some(("ledger.prefixes".to_owned(), prefix.clone(), message));
        }
    }
    let lists = [
        ("exclude", &settings.exclude),
        ("members", &settings.members),
        ("ledger.changelogs", &settings.ledger.changelogs),
    ];
    let tables = settings.lint.paths.iter().map(|table| &table.get_ref().files).enumerate();
    let tables = tables.map(|(index, globs)| (format!("lint.paths.{index}.files"), globs));
    let allow = settings.lint.allow.iter().map(|table| &table.get_ref().files).enumerate();
    let allow = allow.map(|(index, globs)| (format!("lint.allow.{index}.files"), globs));
    let lists = lists.into_iter().map(|(key, globs)| (key.to_owned(), globs));
    for (key, globs) in lists.chain(tables).chain(allow) {
        for glob in globs.patterns() {
            if let Some(why) = no_path(glob) {
                return Some((key, glob.clone(), format!("`{glob}` fits no path: {why}")));
            }
        }
    }
    None
}

/// Why a glob fits no path below the project's root.
fn no_path(glob: &str) -> Option<&'static str> {
    if glob.is_empty() {
        Some("write a file, a folder or a glob")
    } else if glob.starts_with('/') {
        Some("paths are relative to the project's root; leave the first slash out")
    } else if glob.starts_with('!') {
        Some("nothing can be taken out again; write globs that fit only what is meant")
    } else if glob.split('/').any(|part| part == "." || part == "..") {
        Some("paths are relative to the project's root, without `.` and `..`")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn values_that_can_do_nothing_are_refused_where_they_stand() {
        for (text, wrong, part) in [
            ("[lint]\nsecret_names = [\"a b\"]\n", "\"a b\"", "no name of a variable"),
            ("[lint.gates]\ncommands = [\"a 'b\"]\n", "\"a 'b\"", "without quotes"),
            ("[ledger]\nprefixes = [\"D\", \"d-\"]\n", "\"d-\"", "capitals"),
            ("exclude = [\"./sub\"]\n", "\"./sub\"", "without `.`"),
            ("exclude = [\"/sub\"]\n", "\"/sub\"", "the first slash"),
            ("exclude = [\"!sub\"]\n", "\"!sub\"", "taken out again"),
            ("members = [\"../x\"]\n", "\"../x\"", "without `.`"),
            ("[[lint.allow]]\nfiles = [\"./x\"]\n", "\"./x\"", "without `.`"),
        ] {
            let text = format!("version = 1\n{text}");
            let error = Settings::parse(&text).expect_err(&text);
            assert!(error.message.contains(part), "{text}: {}", error.message);
            assert_eq!(&text[error.span], wrong);
        }
    }
}
