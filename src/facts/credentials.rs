//! Whether a text is a credential, or only stands where one would: a placeholder, a word, a path, a sentence.
//!
//! It is judged by its looks alone. This module knows no script.

use std::sync::LazyLock;

use regex::Regex;

use crate::commands::HOLE;

/// How sure the place makes us that a credential stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing else can stand there, one word included: `curl -u user:...`.
    Sure,
    /// A credential, or a word that stands for one: `password=...`, `--password ...`.
    Certain,
    /// Something of that name, but maybe not it itself: `secret_engine=...`.
    Near,
}

/// How tokens of well-known services begin, and what follows.
const TOKENS: [(&[&str], &str); 11] = [
    (&["AKIA", "ASIA"], "[0-9A-Z]{16}"),
    (&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], "[A-Za-z0-9]{30,}"),
    (&["github_pat_"], "[A-Za-z0-9_]{30,}"),
    (&["glpat-"], "[A-Za-z0-9_-]{20,}"),
    (&["xox"], "[abeoprs]-[A-Za-z0-9-]{10,}"),
    (&["hvs.", "hvb.", "hvr."], "[A-Za-z0-9_-]{20,}"),
    (&["sk_live_"], "[A-Za-z0-9]{16,}"),
    (&["npm_"], "[A-Za-z0-9]{30,}"),
    (&["bot"], "[0-9]{8,10}:[A-Za-z0-9_-]{30,}"),
    (&["AIza"], "[A-Za-z0-9_-]{30,}"),
    (&["eyJ"], r"[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
];

/// Bytes of the shortest of them.
const SHORTEST_TOKEN: usize = 15;

/// Bytes of the shortest text that shows itself: `a://:abc@h`.
pub(super) const SHORTEST_FORM: u32 = 10;

/// A token of a well-known service.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    let token = |(beginnings, rest): &(&[&str], &str)| {
        let beginnings: Vec<String> = beginnings.iter().map(|beginning| regex::escape(beginning)).collect();
        format!("(?:{}){rest}", beginnings.join("|"))
    };
    let tokens: Vec<String> = TOKENS.iter().map(token).collect();
    Regex::new(&format!("(?:^|[^A-Za-z0-9])(?:{})", tokens.join("|"))).expect("the pattern is well formed")
});

/// `scheme://user:password@host`.
static USERINFO: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/@:]*:([^\s/@]+)@[^\s]").expect("the pattern is well formed")
});

/// The first line of a private key and what follows it.
static PRIVATE_KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\n|[ \t#~A-Z0-9]*\n|\s)+(?:[A-Za-z-]+: [^\n]*\n|\s)*[A-Za-z0-9+/=]{16,}",
    )
    .expect("the pattern is well formed")
});

/// What a text says of being none: words of templates, and texts that a machine replaces.
const PLACEHOLDERS: [&str; 22] = [
    "changeme",
    "change_me",
    "change-me",
    "replace",
    "placeholder",
    "redacted",
    "example",
    "your",
    "dummy",
    "fake",
    "sample",
    "todo",
    "fixme",
    "xxx",
    "insert",
    "not-a-",
    "not_a_",
    "not-real",
    "...",
    "***",
    "\u{2026}",
    "goes-here",
];

/// Words that make a text of words a sentence or a name, not a passphrase.
const PROSE: [&str; 60] = [
    "a",
    "an",
    "and",
    "api",
    "app",
    "are",
    "as",
    "at",
    "be",
    "by",
    "can",
    "default",
    "dev",
    "enter",
    "env",
    "error",
    "failed",
    "file",
    "for",
    "from",
    "give",
    "given",
    "has",
    "here",
    "id",
    "in",
    "invalid",
    "is",
    "it",
    "key",
    "missing",
    "must",
    "my",
    "name",
    "new",
    "no",
    "none",
    "not",
    "of",
    "on",
    "or",
    "passphrase",
    "passwd",
    "password",
    "path",
    "please",
    "prod",
    "read",
    "required",
    "secret",
    "set",
    "test",
    "the",
    "this",
    "to",
    "token",
    "usage",
    "user",
    "value",
    "with",
];

/// Words that stand for a credential in an example.
const GENERIC: [&str; 8] = ["pass", "password", "passwd", "secret", "token", "pw", "pwd", "key"];

/// How tokens of well-known services begin.
const BEGINNINGS: [&str; 20] = [
    "hvs.",
    "hvb.",
    "hvr.",
    "s.",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xox",
    "sk-",
    "sk_",
    "rk_",
    "AKIA",
    "ASIA",
    "eyJ",
    "ya29.",
    "npm_",
    "dop_v1_",
    "SG.",
];

/// Whether the text holds a token that is known by its form, or an address with a password in it. In a text that is only
/// shown a password is no word.
pub(super) fn shows_itself(text: &str, only_shown: bool) -> bool {
    // Most texts hold no such beginning, and need not wait for the pattern.
    let mut beginnings = TOKENS.iter().flat_map(|(beginnings, _)| *beginnings);
    let may_be_token = text.len() >= SHORTEST_TOKEN && beginnings.any(|beginning| text.contains(beginning));
    let token = may_be_token && TOKEN.find(text).is_some_and(|found| !is_placeholder(found.as_str()));
    if !text.contains("://") || !text.contains('@') {
        return token;
    }
    let place = if only_shown { Place::Certain } else { Place::Sure };
    let generic = |password: &str| GENERIC.contains(&last_word(password).to_ascii_lowercase().as_str());
    token || USERINFO.captures_iter(text).any(|found| !generic(&found[1]) && is_credential(&found[1], place))
}

/// The last word of a text whose words are told by their capitals (`remotePassword`), else all of it.
fn last_word(text: &str) -> &str {
    let bytes = text.as_bytes();
    let starts = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
    let at = bytes.windows(2).rposition(starts).map_or(0, |at| at + 1);
    if bytes.iter().all(u8::is_ascii_alphabetic) { &text[at..] } else { text }
}

/// Where a private key starts in a text.
pub(super) fn private_key(text: &str) -> Option<usize> {
    if !text.contains("PRIVATE KEY") {
        return None;
    }
    PRIVATE_KEY.find(text).map(|found| found.start())
}

/// Whether a text that stands where a credential belongs is one.
pub(super) fn is_credential(text: &str, place: Place) -> bool {
    const LONG: usize = 8;
    let shortest = if place == Place::Sure { 3 } else { 5 };
    let text = bare(text.trim());
    if text.len() < shortest
        || is_placeholder(text)
        || is_reference(text)
        || is_path(text)
        || is_setting(text)
    {
        return false;
    }
    if text.contains(char::is_whitespace) {
        return is_passphrase(text);
    }
    let parts: Vec<&str> = text.split(['-', '_', '.', ':', '|', ',', '/', '+']).collect();
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    if text.len() >= LONG && BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)) {
        return true;
    }
    if place == Place::Sure && text.bytes().any(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return true;
    }
    if is_example(&parts) {
        return false;
    }
    if parts.iter().all(|part| letters(part)) {
        return match parts.as_slice() {
            [word] => is_scrambled(word),
            _ => is_passphrase(&parts.join(" ")) && place != Place::Near,
        };
    }
    match place {
        Place::Sure | Place::Certain => true,
        // `kv-v2`, `team-1`, `db01.prod`: names of things.
        Place::Near => {
            const LONGER: usize = 12;
            text.len() >= LONGER && parts.iter().any(|part| part.len() >= LONGER / 2 && is_mixed(part))
        }
    }
}

/// Without the scheme of an `Authorization` header.
fn bare(text: &str) -> &str {
    let schemes = ["Bearer ", "bearer ", "Basic ", "Token ", "token "];
    schemes.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text).trim()
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let same = text.chars().next().is_some_and(|first| text.chars().all(|c| c == first));
    let aside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let said = aside.is_some_and(|text| text.chars().all(|c| c.is_alphabetic() || " -_".contains(c)));
    same || said || PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// Whether it names where the credential is: a variable, a template's slot, a file, an entry of a store.
fn is_reference(text: &str) -> bool {
    static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x) (?:^|[^A-Za-z0-9]) \$ [A-Za-z_@*\#] | \$ [A-Z_][A-Z0-9_]* (?:[^A-Za-z0-9_]|$)
                | \$[{(] [A-Za-z_@*\#] | \{\{ | \}\} | <[^>]*> | ` | %[sdq] | ^%[A-Za-z_][A-Za-z0-9_.-]*%$",
        )
        .expect("the pattern is well formed")
    });
    const PREFIXES: [&str; 13] = [
        "@",
        "env:",
        "file:",
        "fd:",
        "stdin",
        "vault:",
        "arn:",
        "op://",
        "ref+",
        "keyring:",
        "secret://",
        "ENC[",
        "{",
    ];
    // Inside a word of letters only, `$` is more likely a variable's than a password's.
    let inside =
        text.contains('$') && !(is_mixed(text) && text.bytes().any(|byte| byte.is_ascii_uppercase()));
    let inside = inside
        && text
            .split('$')
            .skip(1)
            .any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
    text.contains(HOLE)
        || inside
        || VARIABLE.is_match(text)
        || PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

fn is_path(text: &str) -> bool {
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-*".contains(&byte));
    text.starts_with(['/', '~'])
        || text.starts_with("./")
        || text.starts_with("../")
        || (text.contains("://") && !USERINFO.is_match(text))
        || (text.contains('/')
            && text.split('/').all(|part| plain(part) && !is_random(part) && !is_wild(part)))
        || [".txt", ".pem", ".key", ".json", ".yaml", ".yml", ".env", ".conf", ".crt", ".sh", ".gpg"]
            .iter()
            .any(|end| text.ends_with(end))
}

/// A number with a unit, a version, a day, an algorithm, a pattern.
fn is_setting(text: &str) -> bool {
    static SETTING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?xi)^(?:
                \d{1,5}(?:\.\d+)*[a-z]{0,3}
              | v?\d+(?:\.\d+)+
              | \d{4}-\d{2}-\d{2}
              | (?:sha|aes|rsa|hs|es|ps|rs|ed|md|utf|base|kv|ecdsa|ec|pbkdf|bcrypt|scrypt|argon)-?[0-9]+[a-z0-9-]*
            )$ | \[[^\]]*\] | ^\^ | \\[dwsbS] | \.\* | \(\?",
        )
        .expect("the pattern is well formed")
    });
    SETTING.is_match(text)
}

/// Four words or more that make no sentence.
fn is_passphrase(text: &str) -> bool {
    const FEWEST: usize = 4;
    let words: Vec<&str> = text.split_whitespace().collect();
    let odd = |word: &&str| word.len() >= 10 && is_mixed(word) || is_random(word);
    if words.iter().any(odd) {
        return true;
    }
    words.len() >= FEWEST
        && words.iter().all(|word| {
            word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()) && !PROSE.contains(word)
        })
}

/// One word of letters that nobody would read as a word: long, with capitals inside.
fn is_scrambled(word: &str) -> bool {
    const LONG: usize = 16;
    // No word is as long as that.
    const ENDLESS: usize = 22;
    let humps = word.bytes().skip(1).filter(u8::is_ascii_uppercase).count();
    word.len() >= ENDLESS || (word.len() >= LONG && humps * 4 >= word.len() && humps + 3 < word.len())
}

/// Several parts, all of them words of an example or short numbers: `test-token-1`, `my_app_secret_2`; or one digit over
/// and over.
fn is_example(parts: &[&str]) -> bool {
    const SHORT: usize = 4;
    let number = |part: &str| part.len() <= SHORT && part.bytes().all(|byte| byte.is_ascii_digit());
    let word = |part: &&str| {
        let lower = part.to_ascii_lowercase();
        number(part) || PROSE.contains(&lower.as_str()) || ["foo", "bar", "baz"].contains(part)
    };
    let all: String = parts.concat();
    let same = all.chars().next().is_some_and(|first| all.chars().all(|c| c == first));
    same || (parts.len() > 1 && parts.iter().all(word) && parts.iter().any(|part| !number(part)))
}

/// Letters and digits in one word.
fn is_mixed(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_alphabetic()) && word.bytes().any(|byte| byte.is_ascii_digit())
}

/// Capitals all over a word of letters and digits.
fn is_wild(word: &str) -> bool {
    let small = word.bytes().filter(u8::is_ascii_lowercase).count();
    let humps = word.bytes().skip(1).filter(u8::is_ascii_uppercase).count();
    word.len() >= 10 && humps >= 3 && small >= 3
}

/// Small and capital letters and digits in one long word.
fn is_random(word: &str) -> bool {
    word.len() >= 10
        && is_mixed(word)
        && word.bytes().any(|byte| byte.is_ascii_uppercase())
        && word.bytes().any(|byte| byte.is_ascii_lowercase())
}
