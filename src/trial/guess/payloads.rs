//! Text that a call hands to a shell elsewhere: `ssh HOST 'a; b'`, `sudo bash -c '...'`, `ssh HOST bash -s <<EOF`.
//!
//! It runs in the world, so that each of its commands is a call that may fail. A single command is not run: its carrier
//! answers for it.

use super::Guesses;
use crate::bash;
use crate::bash::syntax::{Command, CommandKind};
use crate::bash::visit::{Visitor, walk_command, walk_script};
use crate::facts::{Payload, payload};
use crate::trial::calls::typed;

/// The other machine has the folders that its scripts go to.
const ELSEWHERE: &str = "cd() { builtin cd \"$@\" 2>/dev/null || :; }\n";

impl Guesses {
    /// Whether the call's stdin is text that a shell reads.
    pub fn reads_script(&self, argv: &[String], at: Option<&(String, u32)>) -> bool {
        self.payloads && self.is_fed(argv, at) && matches!(found(argv), Some(Payload::Stdin { .. }))
    }

    /// The text that a shell runs for the call, where it is more than one command.
    pub fn script(&self, argv: &[String], at: Option<&(String, u32)>, stdin: Option<&str>) -> Option<String> {
        if !self.payloads {
            return None;
        }
        let (text, params) = match found(argv)? {
            Payload::Text { text, params } => (text, params),
            Payload::Stdin { params } if self.is_fed(argv, at) => (stdin?.to_owned(), params),
            Payload::Stdin { .. } => return None,
        };
        if commands(&text) < 2 {
            return None;
        }
        let params = if params.is_empty() { String::new() } else { format!("set -- {}\n", typed(&params)) };
        Some(format!("{ELSEWHERE}{params}{text}"))
    }
}

/// What a shell reads in the end: `ssh HOST 'bash -s'` reads its stdin.
fn found(argv: &[String]) -> Option<Payload> {
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
fn commands(text: &str) -> usize {
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
                .map(|text| text.replace(ELSEWHERE, ""))
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
        for words in ["ssh web-1 systemctl stop x", "sudo systemctl stop x", "ssh web-1"] {
            assert_eq!(script(words), None, "{words}");
        }
    }
}
