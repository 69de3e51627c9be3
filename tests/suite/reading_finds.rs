//! What the fuzzer and the generator found in the reading of bash, each in its smallest form.

use std::time::{Duration, Instant};

use gauntlet::bash::{self, Dialect, InProcess, Reading};

/// The words of every command, each command in one line; nothing may be unread.
fn commands(text: &str) -> Vec<String> {
    let reading = bash::read(text, Dialect::Bash, &InProcess::new());
    assert_eq!(reading.unread, [], "{text:?}");
    let commands = bash::command_words(&reading.script);
    let words = |words: &Vec<gauntlet::source::Span>| -> Vec<&str> {
        words.iter().map(|word| word.slice(text)).collect()
    };
    commands.iter().map(|command| words(command).join(" ")).collect()
}

#[test]
fn an_extended_pattern_on_the_left_of_a_test_is_no_negation() {
    assert_eq!(commands("shopt -s extglob\n[[ !(a) =~ ^a+$ ]] && b\n"), ["shopt -s extglob", "b"]);
    assert_eq!(commands("shopt -s extglob\n[[ !(a) ]] && b\n"), ["shopt -s extglob", "b"]);
}

#[test]
fn a_heredocs_body_may_stand_in_the_midst_of_a_statement_that_its_operator_is_no_part_of() {
    assert_eq!(commands("a <<E | { b |\nE\nc | d; }\n"), ["a", "b", "c", "d"]);
    assert_eq!(commands("a <<E | f() { (b\nE\n)\n}\n"), ["a", "b"]);
    assert_eq!(commands("a <<E | { for i in b\nE\n{ c; }; }\n"), ["a", "c"]);
}

#[test]
fn what_is_in_a_heredoc_says_nothing_about_the_pipeline_around_it() {
    assert_eq!(commands("a <<'E' b | \ntext\n\"\nE\nv=1 c\n"), ["a b", "c"]);
    assert_eq!(commands("v=${x#w$(a <<E b\nE\n)} c\n"), ["c", "a b"]);
}

#[test]
fn a_line_feed_in_the_target_of_a_redirection_ends_nothing() {
    assert_eq!(commands("a > b c|f() (d) >| 'e\nf' | g\n"), ["a c", "d", "g"]);
}

#[test]
fn loops_with_a_body_in_braces_are_read() {
    assert_eq!(commands("for i in a b; { c; }\n"), ["c"]);
    assert_eq!(commands("for i; { c; } | d\n"), ["c", "d"]);
    assert_eq!(commands("for i in\n# a comment\n{ # another\nc; }\n"), ["c"]);
}

/// Reads a text alone, in far less time than these took when they were found: hours, or the stack.
fn reads_quickly(name: &str, text: &str) -> Reading {
    let start = Instant::now();
    let reading = bash::parse(text);
    let spent = start.elapsed();
    assert!(spent < Duration::from_secs(10), "{name} takes {spent:?}");
    reading
}

#[test]
fn what_is_nested_is_not_read_twice_at_every_level() {
    let nested = |open: &str, inside: &str, close: &str| {
        let text = format!("{}{inside}{}\n", open.repeat(40), close.repeat(40));
        assert_eq!(reads_quickly(open, &text).unread, [], "{open}");
    };
    nested("let a=$(", "b", ")");
    nested("eval a=$(", "b", ")");
    nested("b $((1+", "1", "))");
    nested("b ${a:$((1+", "1", "))}");
    nested("b $((${a:-", "1", "}))");
}

#[test]
fn time_grows_with_the_text_and_no_faster() {
    for (name, text) in [
        ("faults", "echo ${b x}\n".repeat(20_000)),
        ("NUL bytes", "a\0\n".repeat(20_000)),
        ("braces", format!("echo {}\n", "{$x".repeat(50_000))),
        ("descriptors that are none", "{a[;".repeat(50_000)),
        ("backticks in backticks", format!("`{}`\n", "\\`a\\` ".repeat(20_000))),
    ] {
        reads_quickly(name, &text);
    }
}

#[test]
fn a_long_test_is_no_deep_one() {
    let text = format!("[[ {}a ]] && b\n", "a || a && ".repeat(100_000));
    let reading = reads_quickly("a long test", &text);
    assert_eq!(reading.unread, []);
    assert_eq!(bash::command_words(&reading.script).len(), 1);
}
