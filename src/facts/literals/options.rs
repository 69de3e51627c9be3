//! Credentials that are values of options.

use std::borrow::Cow;

use crate::commands::{CredentialOptions, Tables};

use super::super::credentials::{Place, is_credential};
use super::words::snake;
use super::{Given, Search, names_credential};

impl Search<'_> {
    /// A credential that is the value of the option before it, or attached to its own.
    pub(super) fn after_option(
        &self,
        program: &str,
        options: &[&CredentialOptions],
        texts: &[Cow<'_, str>],
        index: usize,
    ) -> Option<Given> {
        let text = texts[index].as_ref();
        let before = index.checked_sub(1).map_or("", |before| texts[before].as_ref());
        let long = before.starts_with("--") && !before.contains('=') && !text.starts_with('-');
        if long && self.option_tells(before) && is_credential(text, Place::Certain) {
            return Some(Given::Option(before.to_owned()));
        }
        let tables = Tables::builtin();
        for known in options {
            for option in &known.options {
                let value = if before == option || tables.takes_next(program, before, option) {
                    Some(text)
                } else {
                    tables.attached_to(program, text, option)
                };
                if value.is_some_and(|value| holds_credential(known, value)) {
                    return Some(Given::Option(option.clone()));
                }
            }
        }
        None
    }

    /// Whether a long option's name tells that its value is a credential (`--password`, `--os-token`).
    fn option_tells(&self, option: &str) -> bool {
        const BARE: [&str; 2] = ["pass", "secret_key"];
        const NEVER: [&str; 6] = ["stdin", "prompt", "fd", "env", "policy", "secret"];
        let name = snake(option.trim_start_matches('-'));
        let last = name.rsplit('_').next().unwrap_or_default();
        (names_credential(self.names, &name).is_some() || BARE.contains(&name.as_str()))
            && (!NEVER.contains(&last) || name == "client_secret")
    }
}

/// Whether the value of such an option is a credential, or has one.
fn holds_credential(known: &CredentialOptions, value: &str) -> bool {
    let held = |value: &str| {
        let value = match known.until.as_deref() {
            Some(mark) => value.rsplit_once(mark).map(|(front, _)| front),
            None => Some(value),
        };
        let password = match known.after.as_deref() {
            Some(mark) => value.and_then(|value| value.split_once(mark)).map(|(_, password)| password),
            None => value,
        };
        let sure = known.after.is_some() && known.between.is_none();
        password
            .is_some_and(|password| is_credential(password, if sure { Place::Sure } else { Place::Certain }))
    };
    match known.between.as_deref() {
        Some(mark) => value.split(mark).any(held),
        None => held(value),
    }
}

/// The options of a command whose value is a credential.
pub(super) fn credential_options(program: &str, texts: &[Cow<'_, str>]) -> Vec<&'static CredentialOptions> {
    let fits = |known: &&CredentialOptions| {
        known.programs.iter().any(|name| name == program)
            && known.verb.as_ref().is_none_or(|verb| texts.iter().any(|text| text == verb))
    };
    Tables::builtin().secrets().credential_options.iter().filter(fits).collect()
}
