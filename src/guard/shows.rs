//! What a command shows that is a secret: by the command, or by the file that it prints.

use crate::commands::{HOLE, Tables, beyond, matches_words};
use crate::facts::SecretNames;

/// Whether a file holds credentials, whatever is read of it.
pub(super) fn is_secret_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    named_secret(path) || name.rsplit('.').next() == Some("key") && name.contains('.')
}

fn named_secret(path: &str) -> bool {
    let keyring = path.ends_with(".keyring");
    keyring
        || beyond::SECRET_FILES
            .iter()
            .any(|known| path.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('/')))
}

/// Whether a line reads what vault tells of itself, which is no secret.
pub(super) fn reads_of_itself(words: &[String]) -> bool {
    let Some(rest) = words.get(2..) else { return false };
    let paths = rest.iter().filter(|word| !word.starts_with('-')).collect::<Vec<_>>();
    let of_itself = |path: &&String| {
        path.strip_prefix("sys/")
            .is_some_and(|path| beyond::VAULT_ITSELF.contains(&path.split('/').next().unwrap_or_default()))
    };
    super::strict::base(words) == "vault"
        && words[1] == "read"
        && !paths.is_empty()
        && paths.iter().all(of_itself)
}

/// Why what it prints is a secret, where it is one.
pub(super) fn prints_secret(words: &[String], names: &SecretNames) -> Option<String> {
    if reads_of_itself(words) {
        return None;
    }
    let program = super::strict::base(words);
    let mut shown: Vec<&str> = words.iter().map(String::as_str).collect();
    shown[0] = program;
    let printers = Tables::builtin()
        .secrets()
        .printers
        .iter()
        .map(String::as_str)
        .chain(beyond::PRINTERS.iter().copied());
    if printers.into_iter().any(|printer| matches_words(printer, &shown)) {
        return Some("it prints a secret".to_owned());
    }
    let args = &words[1..];
    if ["kubectl", "oc"].contains(&program)
        && args.iter().any(|word| {
            let kind = word.split(['/', ',']).next().unwrap_or_default();
            ["secret", "secrets"].contains(&kind)
                || word.split(',').any(|kind| ["secret", "secrets"].contains(&kind))
        })
        && args.iter().enumerate().any(|(index, word)| {
            let prints =
                word.starts_with("-o") || word.starts_with("--output") || word.starts_with("--template");
            let next = args.get(index + 1).map_or("", String::as_str);
            let names = ["-oname", "-owide", "-o=name", "-o=wide", "--output=name", "--output=wide"];
            let plain = names.contains(&word.as_str())
                || ["-o", "--output"].contains(&word.as_str()) && ["name", "wide"].contains(&next);
            prints && !plain
        })
    {
        return Some("it prints a secret".to_owned());
    }
    if program == "kubectl" && args.iter().any(|word| word.contains("/secrets")) {
        return Some("it prints secrets".to_owned());
    }
    if ["env", "printenv"].contains(&program) {
        let asked = args.iter().filter(|word| !word.starts_with('-'));
        let (count, secret) = asked.fold((0, false), |(count, secret), name| {
            (count + 1, secret || names.matches(name) || name.contains(HOLE))
        });
        if count == 0 || secret || program == "env" {
            return Some("it prints the environment, secrets too".to_owned());
        }
    }
    let file = |word: &&String| {
        let word = word.rsplit('=').next().unwrap_or(word);
        let name = word.rsplit('/').next().unwrap_or(word);
        let looks_like_a_file =
            word.contains('/') || word.starts_with('.') || beyond::SECRET_FILES.contains(&name);
        looks_like_a_file
            && !word.contains(char::is_whitespace)
            && !beyond::PLAIN_ENDS.iter().any(|end| name.ends_with(end))
            && (named_secret(word)
                || name.len() > 4 && name.rsplit('.').next() == Some("key")
                || names.path_matches(word))
    };
    if beyond::SHOWS_FILES.contains(&program)
        && let Some(file) = args.iter().find(file)
    {
        return Some(format!("`{file}` holds a secret by its name"));
    }
    None
}
