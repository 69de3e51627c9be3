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
    let tables = Tables::builtin();
    let mut words = argv.to_vec();
    for _ in 0..DEPTH {
        let (program, rest) = words.split_first()?;
        let name = program.rsplit('/').next().unwrap_or(program);
        let given: Vec<Value> = rest.iter().map(|word| Value::known(word.as_str())).collect();
        let Inner::Runs { parts, and_itself: false, .. } =
            unwrap(name, tables.wrappers(name), &given, &Value::default())
        else {
            return None;
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_behind_wrappers_reads_its_words_or_its_stdin() {
        for (words, wanted) in [
            ("ssh -n web-1 'a; b'", Some("a; b")),
            ("sudo bash -c 'a; b'", Some("a; b")),
            ("kubectl exec deploy/db -- sh -c 'a | b'", Some("a | b")),
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
