//! Which requests are so short and so plain that nothing can go wrong with them but what a panic tells.

use super::request::{Request, Work};

/// The longest plain command.
const MOST_BYTES: usize = 2000;

/// Signs and words that open another level, of which a plain command has at most as many.
const MOST_LEVELS: usize = 40;

/// Words behind which a command stands in a command.
const OPENERS: [&str; 14] = [
    "if", "then", "elif", "else", "while", "until", "do", "for", "case", "select", "function", "time",
    "coproc", "in",
];

/// Whether a request may be decided on without a process of its own: no parser can be led deep by it, or be kept long.
///
/// Heredocs are left out: their delimiters are the one thing that the second parser keeps in a buffer of fixed size.
pub fn is_plain(request: &Request) -> bool {
    match &request.work {
        Work::Shell(command) => is_plain_command(command),
        Work::Look(_) | Work::Other => true,
        Work::Call(_) | Work::File { .. } => false,
    }
}

fn is_plain_command(command: &str) -> bool {
    let opens = |byte: &u8| b"({[`!".contains(byte);
    let quotes = |byte: &u8| b"\"'\\".contains(byte);
    let words = || command.split_whitespace();
    command.len() <= MOST_BYTES
        && command.is_ascii()
        && !command.contains("<<")
        && command.bytes().filter(|byte| opens(byte)).count() <= MOST_LEVELS
        && command.bytes().filter(|byte| quotes(byte)).count() <= MOST_LEVELS * 4
        && words().filter(|word| OPENERS.contains(word)).count() <= MOST_LEVELS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bash::InProcess;
    use crate::guard::{Policy, decide};
    use crate::settings::Settings;

    /// Half of what a decision in the hook's own process has, in a build whose frames are several times as large.
    const STACK_BYTES: usize = 8 << 20;

    /// The longest plain commands that go as deep as they can.
    fn deepest() -> Vec<String> {
        let filled = |unit: &str, end: &str| {
            let mut text = String::new();
            while is_plain_command(&format!("{text}{unit}{end}")) {
                text.push_str(unit);
            }
            text + end
        };
        let nested = |open: &str, inner: &str, close: &str| {
            let mut depth = 1;
            let text = |depth: usize| format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
            while is_plain_command(&text(depth + 1)) {
                depth += 1;
            }
            text(depth)
        };
        vec![
            nested("(", "ls", ")"),
            nested("$(", "ls", ")"),
            nested("{ ", "ls", "; }"),
            nested("echo \"$(", "ls", ")\""),
            nested("$((", "1", "))"),
            nested("${a:-", "b", "}"),
            nested("if ", "ls", "; then ls; fi"),
            nested("while ", "ls", "; do ls; done"),
            nested("f() { ", "ls", "; }"),
            nested("[[ ( ", "-n x", " ) ]]"),
            filled("a|", "a"),
            filled("a;", "a"),
            filled("a&&", "a"),
            filled("nice ", "ls"),
            filled("sudo ", "ls"),
            filled("eval ", "ls"),
            filled("xargs ", "ls"),
            filled("env ", "ls"),
            filled("a=b ", "ls"),
            filled("x=$a$b;", "ls"),
            filled("$((1+", "1))"),
            filled("echo 1+", "1"),
            filled("! ", "ls"),
            filled("time ", "ls"),
            filled("bash -c ", "ls"),
            filled("trap ", "ls"),
            filled("-", ""),
            filled("$", ""),
            filled(">", ""),
            filled("&", ""),
            filled("#", ""),
        ]
    }

    #[test]
    fn the_deepest_plain_commands_need_no_large_stack() {
        let decided = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(|| {
            let policy = Policy::new(&Settings::default().guard, |_, _| false).expect("it is sound");
            let policy = policy.at("/x", "/x");
            let texts = deepest();
            for text in &texts {
                assert!(is_plain_command(text), "{text}");
                decide(text, &policy, &InProcess::new());
            }
            texts.len()
        });
        let count = decided.expect("it starts").join().expect("no text brings it down");
        assert!(count > 20, "too few texts were tried: {count}");
    }

    #[test]
    fn what_is_long_or_deep_or_has_heredocs_is_not_plain() {
        for text in ["cat <<E\nx\nE", &"(".repeat(41), &"a".repeat(2001), "ls \u{e9}", &"if ".repeat(41)] {
            assert!(!is_plain_command(text), "{text}");
        }
        assert!(is_plain_command("git log --oneline -20 | grep -v merge | sort | uniq -c | head -5"));
    }
}
