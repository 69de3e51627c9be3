//! What a recorded call hands to a shell: `ssh HOST 'a; b'`, `sudo bash -c '...'`, `kubectl exec POD -- sh -s`.

use super::unwrap::{Inner, Part, unwrap};
use super::value::Value;
use crate::commands::Tables;

/// So many wrappers may stand around each other.
const DEPTH: usize = 8;

/// The text that a shell behind a call reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// It stands in the call's words.
    Text {
        /// The text.
        text: String,
        /// `$1`, `$2`, ... of it.
        params: Vec<String>,
        /// What the shell's options set (`sh -ec`), as words of `set`.
        set: Vec<String>,
    },
    /// It comes on stdin.
    Stdin {
        /// `$1`, `$2`, ... of it.
        params: Vec<String>,
        /// What the shell's options set (`sh -es`), as words of `set`.
        set: Vec<String>,
    },
}

/// The payload of the call with these words, where it has one.
pub fn payload(argv: &[String]) -> Option<Payload> {
    let mut words = argv.to_vec();
    for _ in 0..DEPTH {
        let Inner::Runs { parts, options, .. } = unwrapped(&words)? else { return None };
        // A container that is left to itself (`docker run -d`): the call says which it is, and is not what runs in it.
        if options.iter().any(|option| option == "--detach") {
            return None;
        }
        let texts = |values: &[Value]| values.iter().map(|value| value.text.clone()).collect::<Vec<_>>();
        match parts.as_slice() {
            [Part::Words { pieces, .. }] => {
                words = pieces.iter().map(|piece| piece.value.text.clone()).collect();
            }
            [Part::Text { text, params, set, .. }] => {
                let (params, set) = (texts(params), set.clone());
                return Some(Payload::Text { text: text.text.clone(), params, set });
            }
            [Part::Stdin { params, set, .. }] => {
                return Some(Payload::Stdin { params: texts(params), set: set.clone() });
            }
            _ => return None,
        }
    }
    None
}

/// What is inside the words of a call.
fn unwrapped(argv: &[String]) -> Option<Inner> {
    let (program, rest) = argv.split_first()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    let given: Vec<Value> = rest.iter().map(|word| Value::known(word.as_str())).collect();
    Some(unwrap(name, Tables::builtin().wrappers(name), &given, &Value::default()))
}

/// The command that the call hands over to, and the assignments in front of it: `ionice -c3 tar ...`.
pub fn handed_over(argv: &[String]) -> Option<(Vec<String>, Vec<String>)> {
    if !Tables::builtin().hands_over(argv) {
        return None;
    }
    let Inner::Runs { link, parts, .. } = unwrapped(argv)? else { return None };
    let [Part::Words { pieces, remote: false }] = parts.as_slice() else { return None };
    let words: Vec<String> = pieces.iter().map(|piece| piece.value.text.clone()).collect();
    let before = argv.get(1..argv.len().checked_sub(words.len())?)?;
    let is_assignment =
        |word: &&String| word.split_once('=').is_some_and(|(variable, _)| crate::bash::is_name(variable));
    let set = if link == "env" { before.iter().filter(is_assignment).cloned().collect() } else { Vec::new() };
    Some((set, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_hands_over_is_told_from_what_does_more() {
        for (words, wanted) in [
            ("/usr/bin/ionice -c3 /usr/bin/tar -cf x .", Some("/usr/bin/tar -cf x .")),
            ("taskset -c 1 rsync a b", Some("rsync a b")),
            ("doas -u op systemctl restart x", Some("systemctl restart x")),
            ("systemd-run --wait -q borg create r::a /etc", Some("borg create r::a /etc")),
            ("env -i A=b PATH=/bin tool x=y", Some("A=b PATH=/bin | tool x=y")),
            ("systemd-run --on-calendar=daily borg create r::a /etc", None),
            ("ionice -c3 -p 4711", None),
            ("sudo systemctl restart x", None),
        ] {
            let argv = shlex::split(words).expect("it splits");
            let found = handed_over(&argv).map(|(set, words)| {
                let set = if set.is_empty() { String::new() } else { set.join(" ") + " | " };
                set + &words.join(" ")
            });
            assert_eq!(found.as_deref(), wanted, "{words}");
        }
    }

    #[test]
    fn a_shell_behind_wrappers_reads_its_words_or_its_stdin() {
        for (words, wanted) in [
            ("ssh -n web-1 'a; b'", Some("a; b")),
            ("sudo bash -c 'a; b'", Some("a; b")),
            ("kubectl exec deploy/db -- sh -c 'a | b'", Some("a | b")),
            ("docker run --rm image sh -c 'a && b'", Some("a && b")),
            ("docker run -d image sh -c 'a && b'", None),
            ("docker run --detach=true image sh -c 'a && b'", None),
            ("docker exec -d db sh -c 'a && b'", None),
            ("docker exec db sh -c 'a && b' -d", Some("a && b")),
            ("ssh web-1 sudo systemctl stop x", Some("sudo systemctl stop x")),
            ("ssh web-1", Some("-")),
            ("sudo bash -s -- x", Some("- x")),
            ("sudo systemctl stop x", None),
            ("openstack server list", None),
        ] {
            let argv = shlex::split(words).expect("it splits");
            let found = payload(&argv).map(|payload| match payload {
                Payload::Text { text, .. } => text,
                Payload::Stdin { params, .. } => {
                    std::iter::once("-".to_owned()).chain(params).collect::<Vec<_>>().join(" ")
                }
            });
            assert_eq!(found.as_deref(), wanted, "{words}");
        }
    }
}
