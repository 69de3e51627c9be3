//! Text that a call hands to a shell elsewhere: `ssh HOST 'a; b'`, `sudo bash -c '...'`, `ssh HOST bash -s <<EOF`.
//!
//! It runs in the world, so that each of its commands is a call that may fail. A single command is not run: its carrier
//! answers for it.

use super::Guesses;
use crate::bash;
use crate::bash::syntax::{Command, CommandKind};
use crate::bash::visit::{Visitor, walk_command, walk_script};
use crate::facts::{Payload, handed_over, payload};
use crate::trial::calls::typed;

/// The other machine has the folders that its scripts go to.
const ELSEWHERE: &str = "cd() { builtin cd \"$@\" 2>/dev/null || :; }\n";

/// Text that a shell elsewhere is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The text.
    pub text: String,
    /// How many lines behind its own number each line stands in the script, where that can be told.
    pub behind: Option<i64>,
}

impl Guesses {
    /// Whether the call's stdin is text that a shell reads.
    pub fn reads_script(&self, argv: &[String], at: Option<&(String, u32)>) -> bool {
        self.payloads && self.is_fed(argv, at) && matches!(found(argv), Some(Payload::Stdin { .. }))
    }

    /// The text that a shell runs for the call, where it is more than one command.
    pub fn script(&self, argv: &[String], at: Option<&(String, u32)>, stdin: Option<&str>) -> Option<Given> {
        if !self.payloads {
            return None;
        }
        let (text, params, set) = match found(argv) {
            Some(Payload::Text { text, params, set }) if commands(&text) > 1 => (text, params, set),
            Some(Payload::Stdin { params, set }) if self.is_fed(argv, at) => (stdin?.to_owned(), params, set),
            _ => return self.command_in_its_place(argv),
        };
        if commands(&text) < 2 {
            return None;
        }
        let set = if set.is_empty() { String::new() } else { format!("set {}\n", typed(&set)) };
        let params = if params.is_empty() { String::new() } else { format!("set -- {}\n", typed(&params)) };
        let head = format!("{ELSEWHERE}{set}{params}");
        let first = self.first_line(argv, at, &text);
        let behind = first.and_then(|first| {
            let added = i64::try_from(head.matches('\n').count()).ok()?;
            Some(i64::from(first) - 1 - added)
        });
        Some(Given { text: head + &text, behind })
    }

    /// Whether the call hands over to a command that is called in its place.
    pub fn hands_over(&self, argv: &[String]) -> bool {
        self.command_in_its_place(argv).is_some()
    }

    fn command_in_its_place(&self, argv: &[String]) -> Option<Given> {
        let (set, words) = handed_over(argv).filter(|_| self.payloads)?;
        let set: String = set
            .iter()
            .filter_map(|word| word.split_once('='))
            .fold(String::new(), |text, (name, value)| text + name + "=" + &typed(&[value]) + " ");
        Some(Given { text: format!("{set}exec {}", typed(&words)), behind: None })
    }

    /// The line of the script on which a text of several lines begins that the call is given.
    fn first_line(&self, argv: &[String], at: Option<&(String, u32)>, text: &str) -> Option<u32> {
        let hint = &self.hints[self.hint(argv, at)?];
        let feeds = text.matches('\n').count();
        let mut fitting =
            hint.texts.iter().filter(|(_, own)| *own == feeds && at.is_some_and(|at| at.0 == hint.file));
        match (fitting.next(), fitting.next()) {
            (Some((line, _)), None) => Some(*line),
            _ => None,
        }
    }
}

/// What a shell reads in the end: `ssh HOST 'bash -s'` reads its stdin.
pub(super) fn found(argv: &[String]) -> Option<Payload> {
    let mut last = payload(argv)?;
    for _ in 0..4 {
        let Payload::Text { text, .. } = &last else { break };
        let Some(words) = shlex::split(text).filter(|_| commands(text) == 1) else { break };
        match payload(&words) {
            Some(inner) => last = inner,
            None => break,
        }
    }
    Some(last)
}

/// How many simple commands a text has.
pub(super) fn commands(text: &str) -> usize {
    struct Count(usize);
    impl<'s> Visitor<'s> for Count {
        fn command(&mut self, command: &'s Command) {
            self.0 +=
                usize::from(matches!(&command.kind, CommandKind::Simple(simple) if !simple.words.is_empty()));
            walk_command(self, command);
        }
    }
    let reading = bash::parse(text);
    let mut count = Count(0);
    walk_script(&mut count, &reading.script);
    count.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_more_than_one_command_is_run() {
        let guesses = Guesses { payloads: true, ..Guesses::default() };
        let script = |words: &str| {
            guesses
                .script(&shlex::split(words).expect("it splits"), None, None)
                .map(|given| given.text.replace(ELSEWHERE, ""))
        };
        assert_eq!(
            script("ssh web-1 'systemctl stop x; systemctl start x'").as_deref(),
            Some("systemctl stop x; systemctl start x")
        );
        assert_eq!(script("ssh web-1 \"bash -c 'a && b'\"").as_deref(), Some("a && b"));
        assert_eq!(
            script("sudo bash -c 'a \"$1\" | b' x 'y z'").as_deref(),
            Some("set -- 'y z'\na \"$1\" | b")
        );
        for (words, set) in [
            ("sudo sh -ec 'a; b'", "set -e"),
            ("sudo -u postgres bash -euo pipefail -c 'a; b'", "set -e -u -o pipefail"),
            ("ssh web-1 \"sudo sh -ec 'a; b'\"", "set -e"),
            ("lxc exec c1 -- bash -e -o pipefail -c 'a; b'", "set -e -o pipefail"),
            ("flock /run/lock/x sh +e -uc 'a; b'", "set +e -u"),
        ] {
            assert_eq!(script(words).as_deref(), Some(format!("{set}\na; b").as_str()), "{words}");
        }
        assert_eq!(script("ionice -c3 tar -cf 'a b' .").as_deref(), Some("exec tar -cf 'a b' ."));
        assert_eq!(script("env -i A='b c' tool x").as_deref(), Some("A='b c' exec tool x"));
        for words in ["ssh web-1 systemctl stop x", "sudo systemctl stop x", "ssh web-1"] {
            assert_eq!(script(words), None, "{words}");
        }
    }
}
