//! Names of variables: which of them decide what runs, which only steer, which do neither.

use crate::commands::beyond;

/// What setting a variable may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// It decides which code runs: `PATH`, `LD_PRELOAD`.
    Hijack,
    /// It changes what programs do, or may.
    Steers,
    /// It is known to programs, and none of them does anything else for it but read and print otherwise.
    Harmless,
    /// No program that is known looks at it.
    Own,
}

/// What setting that name may do.
pub(super) fn class(name: &str) -> Class {
    let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    if beyond::HIJACKS.contains(&name) || starts(&["LD_", "BASH_FUNC_", "DYLD_"]) {
        Class::Hijack
    } else if beyond::HARMLESS_VARIABLES.contains(&name) || name.starts_with("LC_") {
        Class::Harmless
    } else if beyond::STEERING_VARIABLES.contains(&name)
        || starts(beyond::STEERING_STARTS)
        || name.ends_with("PAGER")
        || name.to_ascii_lowercase().ends_with("_proxy")
    {
        Class::Steers
    } else {
        Class::Own
    }
}

/// Whether a variable that steers is set to what is known to do no harm.
pub(super) fn inert_value(name: &str, value: &str) -> bool {
    match name {
        _ if name.ends_with("PAGER") => ["", "cat"].contains(&value),
        "GIT_TERMINAL_PROMPT"
        | "PYTHONUNBUFFERED"
        | "PYTHONDONTWRITEBYTECODE"
        | "SYSTEMD_COLORS"
        | "CARGO_TERM_COLOR"
        | "GIT_OPTIONAL_LOCKS" => value.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "VAULT_ADDR" => is_near(value),
        _ => false,
    }
}

/// Whether an address is one of this machine, or one of a network of its owner that nobody on the way can read:
/// a client sends its token there.
fn is_near(address: &str) -> bool {
    let (encrypted, rest) = match (address.strip_prefix("https://"), address.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return false,
    };
    let authority = rest.trim_end_matches('/');
    let (host, port) = authority.split_once(':').unwrap_or((authority, "0"));
    let sound = !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        && port.bytes().all(|byte| byte.is_ascii_digit());
    let numbers: Option<Vec<u8>> = host.split('.').map(|part| part.parse().ok()).collect();
    let own = match numbers.as_deref() {
        Some([127, _, _, _]) => true,
        Some([10, _, _, _] | [192, 168, _, _]) => encrypted,
        Some([172, second, _, _]) => encrypted && (16..32).contains(second),
        _ => host == "localhost" || encrypted && is_local_name(host),
    };
    sound && own
}

/// Whether a host's name is one that only its owner's name servers know.
fn is_local_name(host: &str) -> bool {
    [".local", ".internal", ".lan", ".svc", ".maas", ".consul"].iter().any(|end| host.ends_with(end))
        || !host.contains('.') && host.bytes().any(|byte| byte.is_ascii_alphabetic())
}
