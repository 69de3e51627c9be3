//! Readers that may close their pipe before the end.

use crate::bash::syntax::{Command, CommandKind, Sequence, Simple, Word};
use crate::bash::visit::{Visitor, walk_command};

/// Whether a stage of a pipeline may end before it has read everything.
pub(super) fn closes_early(stage: &Command) -> bool {
    match &stage.kind {
        CommandKind::Simple(simple) => simple_closes_early(simple),
        // A group reads what its commands read: one that stops is enough.
        CommandKind::Group(body) | CommandKind::Subshell(body) => any_command(
            body,
            &mut |command| matches!(&command.kind, CommandKind::Simple(simple) if simple_closes_early(simple)),
        ),
        CommandKind::While(whilst) => leaves(&whilst.body) || leaves(&whilst.condition),
        CommandKind::For(each) | CommandKind::Select(each) => leaves(&each.body),
        CommandKind::ArithmeticFor(_) => true,
        _ => false,
    }
}

fn leaves(body: &Sequence) -> bool {
    any_command(body, &mut |command| {
        matches!(&command.kind, CommandKind::Simple(simple)
            if simple.words.first().and_then(Word::plain).is_some_and(|name| ["break", "exit", "return"].contains(&name.as_str())))
    })
}

fn any_command(body: &Sequence, matches: &mut dyn FnMut(&Command) -> bool) -> bool {
    struct Any<'m> {
        matches: &'m mut dyn FnMut(&Command) -> bool,
        found: bool,
    }
    impl<'s> Visitor<'s> for Any<'_> {
        fn command(&mut self, command: &'s Command) {
            self.found |= (self.matches)(command);
            walk_command(self, command);
        }
    }
    let mut any = Any { matches, found: false };
    for statement in &body.statements {
        any.statement(statement);
    }
    any.found
}

fn simple_closes_early(simple: &Simple) -> bool {
    let words: Vec<Option<String>> = simple.words.iter().map(Word::plain).collect();
    let Some(Some(program)) = words.first() else { return false };
    let program = program.rsplit('/').next().unwrap_or(program);
    let arguments = &words[1..];
    match program {
        "grep" | "egrep" | "fgrep" | "zgrep" | "rg" => grep_closes_early(arguments),
        "head" | "read" | "true" | "false" | ":" => true,
        "cmp" | "diff" => arguments.iter().flatten().any(|word| {
            word == "--quiet" || word == "--silent" || word == "--brief" || short(word, &['s', 'q'])
        }),
        "sed" | "gsed" => arguments.iter().flatten().any(|word| sed_quits(word)),
        "awk" | "gawk" | "mawk" => arguments.iter().flatten().any(|word| names_exit(word)),
        "timeout" | "env" | "command" | "sudo" | "stdbuf" | "nice" => {
            let rest = simple.words.iter().skip(1).position(|word| {
                word.plain().is_some_and(|name| {
                    ["grep", "head", "sed", "awk", "cmp", "read"].contains(&name.as_str())
                })
            });
            rest.is_some_and(|at| {
                simple_closes_early(&Simple {
                    assignments: Vec::new(),
                    words: simple.words[at + 1..].to_vec(),
                })
            })
        }
        _ => false,
    }
}

/// `-q`, `-m`, `-l`, `-L` in any bundle, and their long forms; what follows `-e`, `-f` and the like is no option.
fn grep_closes_early(arguments: &[Option<String>]) -> bool {
    const WITH_VALUE: [char; 8] = ['e', 'f', 'A', 'B', 'C', 'd', 'D', 'X'];
    let mut skip = false;
    for word in arguments {
        let Some(word) = word else {
            skip = false;
            continue;
        };
        if std::mem::take(&mut skip) {
            continue;
        }
        if word == "--" {
            return false;
        }
        if let Some(long) = word.strip_prefix("--") {
            let name = long.split('=').next().unwrap_or(long);
            if ["quiet", "silent", "max-count", "files-with-matches", "files-without-match"].contains(&name) {
                return true;
            }
            skip = !long.contains('=')
                && ["regexp", "file", "after-context", "before-context", "context"].contains(&name);
        } else if let Some(bundle) = word.strip_prefix('-').filter(|bundle| !bundle.is_empty()) {
            for (index, flag) in bundle.char_indices() {
                if ['q', 'm', 'l', 'L'].contains(&flag) {
                    return true;
                }
                if WITH_VALUE.contains(&flag) {
                    skip = index + flag.len_utf8() == bundle.len();
                    break;
                }
            }
        }
    }
    false
}

fn short(word: &str, flags: &[char]) -> bool {
    word.strip_prefix('-').is_some_and(|bundle| !bundle.starts_with('-') && bundle.contains(flags))
}

/// Whether a sed script has the command `q` or `Q`: alone after an address, a `;`, a `{` or a blank.
fn sed_quits(word: &str) -> bool {
    if word.starts_with("--") || (word.starts_with('-') && word.len() > 1) {
        return false;
    }
    let bytes = word.as_bytes();
    (0..bytes.len()).any(|at| {
        matches!(bytes[at], b'q' | b'Q')
            && (at == 0 || matches!(bytes[at - 1], b'0'..=b'9' | b'$' | b'/' | b';' | b'{' | b' ' | b'!'))
            && bytes.get(at + 1).is_none_or(|next| matches!(next, b'0'..=b'9' | b';' | b'}' | b' ' | b'\n'))
    }) && !is_substitution(word)
}

/// `s/q/x/`: the slash before `q` opens a pattern.
fn is_substitution(word: &str) -> bool {
    word.starts_with("s/") && !word.contains(';')
}

fn names_exit(program: &str) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let bytes = program.as_bytes();
    program.match_indices("exit").any(|(at, _)| {
        !is_word(at.checked_sub(1).and_then(|before| bytes.get(before))) && !is_word(bytes.get(at + 4))
    })
}
