//! Plausible values: by the name of a field, of a column, of a variable, and by a regular expression.

use regex::Regex;

/// An id as keystone gives it.
pub(super) const HEX32: &str = "3f2a9c4e7b1d4c58a6e0d9b2c7f41a35";
/// An id with dashes.
pub(super) const UUID: &str = "6f1d2c3b-4a59-4e68-8b7a-9c0d1e2f3a4b";
/// A commit.
pub(super) const SHA: &str = "9fceb02d0ae598e95dc970b74767f19372d61af8";

/// Texts by what a name ends in; the first that fits holds.
const BY_NAME: &[(&[&str], &str)] = &[
    (&["uuid", "guid"], UUID),
    (&["id", "ids", "accessor", "checksum", "hash", "digest"], HEX32),
    (&["http_code", "httpcode", "code", "rc", "http_status", "httpstatus", "response_code"], "200"),
    (&["status", "state", "provisioning_status", "operating_status"], "ACTIVE"),
    (&["phase"], "Running"),
    (&["power_state"], "on"),
    (
        &[
            "sealed",
            "standby",
            "disabled",
            "deleted",
            "paused",
            "locked",
            "protected",
            "unschedulable",
            "recovery_seal",
        ],
        "false",
    ),
    (
        &[
            "initialized",
            "enabled",
            "healthy",
            "ready",
            "leader",
            "is_leader",
            "active",
            "available",
            "ok",
            "renewable",
            "bootable",
        ],
        "true",
    ),
    (
        &[
            "count",
            "num",
            "number",
            "total",
            "replicas",
            "readyreplicas",
            "size",
            "length",
            "units",
            "nodes",
            "quorum",
            "t",
            "n",
            "threshold",
            "shares",
            "index",
            "peers",
            "members",
            "used",
            "free",
            "n_servers",
        ],
        "3",
    ),
    (&["ip", "addr", "address", "host_ip", "ips", "vip"], "192.0.2.10"),
    (&["port"], "8443"),
    (&["url", "endpoint", "api_addr", "uri", "href", "link"], "https://192.0.2.10:8443"),
    (&["version", "revision", "release", "tag"], "1.2.3"),
    (&["token", "secret", "password", "passwd", "key", "passphrase", "pass"], "guessed-credential-value"),
    (
        &[
            "time",
            "date",
            "created",
            "updated",
            "expires",
            "expiry",
            "expire_time",
            "timestamp",
            "at",
            "notafter",
        ],
        "2026-01-02T03:04:05Z",
    ),
    (&["ttl", "seconds", "age", "duration", "uptime"], "3600"),
    (&["user", "username", "owner"], "op"),
    (&["host", "hostname", "node", "fqdn", "server"], "host-1"),
    (&["pid", "pids"], "4711"),
    (&["dir", "path", "folder"], "/tmp"),
    (&["file"], "/tmp/file"),
    (&["percent", "pct", "usage", "load"], "12"),
    (&["name", "names"], "web-1"),
    (&["health"], "HEALTH_OK"),
    (&["branch"], "main"),
    (&["type", "kind"], "default"),
    (&["cidr", "subnet"], "192.0.2.0/24"),
    (&["mac"], "02:00:5e:10:00:01"),
    (&["email", "mail"], "op@example.org"),
];

/// A value for something of that name.
pub(super) fn by_name(name: &str) -> String {
    known(name).map_or_else(|| plain_word(name), str::to_owned)
}

/// A value for something of that name, where the name tells.
pub(super) fn known(name: &str) -> Option<&'static str> {
    let name = snake(name);
    let fits = |ending: &str| {
        name == ending
            || name.strip_suffix(ending).is_some_and(|rest| rest.ends_with(['_', '-', '.', ':', ' ']))
    };
    BY_NAME.iter().find(|(endings, _)| endings.iter().any(|ending| fits(ending))).map(|(_, value)| *value)
}

/// `readyReplicas` and `HTTP_CODE` in one spelling.
fn snake(name: &str) -> String {
    let mut text = String::new();
    let mut lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && lower {
            text.push('_');
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        text.push(c.to_ascii_lowercase());
    }
    text
}

fn plain_word(name: &str) -> String {
    let word: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    if word.is_empty() { "value-1".to_owned() } else { format!("{}-1", word.to_ascii_lowercase()) }
}

/// Whether the text is an id of 32 digits or a UUID.
pub(super) fn is_id(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_hexdigit).count();
    digits == 32 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// A text that a regular expression matches as a whole; `None` where none is found.
pub(super) fn sample(pattern: &str) -> Option<String> {
    let expression = Regex::new(&bare(pattern)).ok()?;
    let pool = [
        HEX32,
        UUID,
        "3",
        "0",
        "200",
        "1.2.3",
        "192.0.2.10",
        "yes",
        "y",
        "true",
        "ACTIVE",
        "active",
        "web-1",
        SHA,
        "2026-01-02",
        "2026-01-02T03:04:05Z",
        "op@example.org",
        "https://192.0.2.10:8443",
    ];
    let whole = |text: &str| {
        expression.find(text).is_some_and(|found| found.start() == 0 && found.end() == text.len())
    };
    let written = written(pattern);
    pool.iter()
        .map(|text| (*text).to_owned())
        .find(|text| whole(text))
        .or_else(|| written.filter(|text| !text.is_empty() && expression.is_match(text)))
}

/// POSIX classes and shell habits as the `regex` crate reads them.
fn bare(pattern: &str) -> String {
    pattern.replace("\\<", "\\b").replace("\\>", "\\b")
}

/// One text that the expression matches, read from left to right: the first alternative, one of each class.
pub(super) fn written(pattern: &str) -> Option<String> {
    let mut reader = Reader { rest: pattern.chars().collect(), at: 0 };
    let text = reader.alternatives()?;
    Some(text)
}

struct Reader {
    rest: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// The first alternative's text; the others are read over.
    fn alternatives(&mut self) -> Option<String> {
        let first = self.branch()?;
        while self.peek() == Some('|') {
            self.at += 1;
            self.branch()?;
        }
        Some(first)
    }

    fn branch(&mut self) -> Option<String> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            self.at += 1;
            let atom = match c {
                '^' | '$' => continue,
                '(' => {
                    while matches!(self.peek(), Some('?' | ':')) {
                        self.at += 1;
                    }
                    let inner = self.alternatives()?;
                    (self.next()? == ')').then_some(inner)?
                }
                '[' => self.class()?.to_string(),
                '.' => "x".to_owned(),
                '\\' => match self.next()? {
                    'd' => "1".to_owned(),
                    'w' => "a".to_owned(),
                    's' => " ".to_owned(),
                    'b' | '<' | '>' => continue,
                    other => other.to_string(),
                },
                other => other.to_string(),
            };
            let times = self.times()?;
            text.push_str(&atom.repeat(times));
        }
        Some(text)
    }

    fn class(&mut self) -> Option<char> {
        let negated = self.peek() == Some('^');
        if negated {
            self.at += 1;
        }
        let mut members = String::new();
        while let Some(c) = self.next() {
            if c == ']' && !members.is_empty() {
                break;
            }
            if c == '[' && self.peek() == Some(':') {
                let name: String = self.rest[self.at + 1..].iter().take_while(|c| **c != ':').collect();
                self.at += name.len() + 3;
                members.push_str(match name.as_str() {
                    "digit" | "xdigit" => "1",
                    "space" | "blank" => " ",
                    "upper" => "A",
                    _ => "a",
                });
                continue;
            }
            members.push(c);
        }
        if negated {
            return ['a', '1', '-', '_'].into_iter().find(|c| !members.contains(*c));
        }
        members.chars().next()
    }

    fn times(&mut self) -> Option<usize> {
        let times = match self.peek() {
            Some('*' | '?') => {
                self.at += 1;
                0
            }
            Some('+') => {
                self.at += 1;
                1
            }
            Some('{') => {
                self.at += 1;
                let inside: String = self.rest[self.at..].iter().take_while(|c| **c != '}').collect();
                self.at += inside.chars().count() + 1;
                inside.split(',').next()?.parse().ok().filter(|times| *times <= 200)?
            }
            _ => return Some(1),
        };
        Some(times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_from_names_and_expressions() {
        assert_eq!(by_name("project_id"), HEX32);
        assert_eq!(by_name("readyReplicas"), "3");
        assert_eq!(by_name("HTTP_CODE"), "200");
        assert_eq!(by_name("zone"), "zone-1");
        for (pattern, text) in [
            ("^[0-9a-f]{32}$", HEX32),
            ("^[0-9]+$", "3"),
            ("^(ok|fine)$", "ok"),
            ("^node-[0-9]+$", "node-0"),
            ("^[Yy]([Ee][Ss])?$", "yes"),
            ("^v[0-9]+\\.[0-9]+$", "v0.0"),
        ] {
            assert_eq!(sample(pattern).as_deref(), Some(text), "{pattern}");
        }
    }
}
