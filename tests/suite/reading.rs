//! Reading bash: what a script says, word by word, and what is honestly unread.

use gauntlet::bash::{self, Dialect, InProcess, Reading};

fn read(text: &str) -> Reading {
    bash::read(text, Dialect::Bash, &InProcess::new())
}

/// The words of every command, as text.
fn words(text: &str) -> Vec<Vec<String>> {
    let reading = read(text);
    assert_eq!(reading.unread, [], "{text:?}");
    let spans = bash::command_words(&reading.script);
    spans.iter().map(|words| words.iter().map(|span| span.slice(text).to_owned()).collect()).collect()
}

/// The same, in one line a command.
fn commands(text: &str) -> Vec<String> {
    words(text).iter().map(|words| words.join(" ")).collect()
}

/// The unread parts, as text.
fn unread(text: &str) -> Vec<String> {
    read(text).unread.iter().map(|region| region.span.slice(text).trim().to_owned()).collect()
}

#[test]
fn a_line_after_a_pipeline_is_a_command_of_its_own() {
    assert_eq!(commands("a | b | c\ncurl -H \"$t\" || x\n"), ["a", "b", "c", "curl -H \"$t\"", "x"]);
}

#[test]
fn words_after_a_redirection_are_arguments() {
    assert_eq!(commands("curl -s > out -H \"X: $t\" url"), ["curl -s -H \"X: $t\" url"]);
}

#[test]
fn negation_and_time_are_no_commands() {
    assert_eq!(commands("! a | b"), ["a", "b"]);
    assert_eq!(commands("time a|b"), ["a", "b"]);
    assert_eq!(commands("a | time b"), ["a", "time b"]);
}

#[test]
fn a_pipeline_behind_a_heredoc_stays_a_pipeline() {
    let text = "cat <<EOF | grep -q x\n$(one)\nEOF\nnext\n";
    assert_eq!(commands(text), ["cat", "one", "grep -q x", "next"]);
}

#[test]
fn a_line_continuation_inside_a_word_does_not_split_it() {
    assert_eq!(words("foo\\\nbar baz"), [["foo\\\nbar", "baz"]]);
}

#[test]
fn several_heredocs_on_one_command_have_their_own_bodies() {
    let text = "a <<E b <<'F'; c\n$(x)\nE\n$(y)\nF\nd\n";
    assert_eq!(commands(text), ["a b", "x", "c", "d"]);
    let text = "if a; then\n\tb <<-E\n\t\t$(c)\n\tE\n\td\nfi\n";
    assert_eq!(commands(text), ["a", "b", "c", "d"]);
}

#[test]
fn commands_are_found_wherever_bash_runs_them() {
    assert_eq!(commands("echo \"${x:-\"$(a)\"}\" ${y/$(b)/$(c)} ${z[$(d)]} $(( $(e) + 1 ))").len(), 6);
    assert_eq!(commands("echo ${w:$(a):$(b)} <(c) >(d) `e` \"`f`\" $[ $(g) ]").len(), 8);
    assert_eq!(
        commands("x[$(a)]=$(b) y=([$(c)]=$(d)) declare z=$(e)"),
        ["declare z=$(e)", "a", "b", "c", "d", "e"]
    );
    assert_eq!(commands("[[ $(a) =~ $(b) && -n $(c) ]] || (( $(d) ))"), ["a", "b", "c", "d"]);
    assert_eq!(
        commands("for ((i = $(a); i; i++)); do b; done; for x in $(c); do d; done"),
        ["a", "b", "c", "d"]
    );
    assert_eq!(commands("case $(a) in $(b)) c ;; esac <<<$(d)"), ["a", "b", "c", "d"]);
    assert_eq!(commands("f() { a; } >$(b); function g { c; }; coproc C { d; }"), ["a", "b", "c", "d"]);
    assert_eq!(commands("\"${x:-'$(a)'}\""), ["\"${x:-'$(a)'}\"", "a"]);
    assert_eq!(commands("x=${y^^[$(a)]}"), ["a"]);
}

#[test]
fn a_length_may_be_typed_over_several_lines() {
    assert_eq!(commands("echo $\\\n{\\\n#\\\n3\\\n}\nx\n"), ["echo $\\\n{\\\n#\\\n3\\\n}", "x"]);
    assert_eq!(commands("echo ${#a\\\n} \"${\\\n!a}\"\nx\n").len(), 2);
}

#[test]
fn a_case_of_hundreds_of_patterns_is_no_deep_nesting() {
    let arms = (0..300).fold(String::new(), |arms, arm| format!("{arms}x{arm}) a{arm} ;;\n"));
    let found = commands(&format!("case $x in\n{arms}esac\nb\n"));
    assert_eq!((found.len(), found[299].as_str(), found[300].as_str()), (301, "a299", "b"));
}

#[test]
fn nested_backticks_are_read() {
    assert_eq!(commands("x=`a \\`b | c\\``"), ["a `b | c\\`", "b", "c"]);
}

#[test]
fn double_parentheses_may_be_subshells() {
    assert_eq!(commands("((a) || (b))"), ["a", "b"]);
    assert_eq!(commands("x=$((a); b)"), ["a", "b"]);
    assert_eq!(commands("((a + 1))"), Vec::<String>::new());
}

#[test]
fn braces_never_swallow_what_follows() {
    assert_eq!(commands("echo {a,b}_{\nx\n"), ["echo {a,b}_{", "x"]);
    assert_eq!(commands("echo a} }_{b,c} {x}_{a,b} \\{}\ny"), ["echo a} }_{b,c} {x}_{a,b} \\{}", "y"]);
    assert_eq!(commands("echo {a,b}-$((i++))\ny"), ["echo {a,b}-$((i++))", "y"]);
}

#[test]
fn valid_bash_that_is_hard_to_read_is_read() {
    for text in [
        "f () { :; }\ng () { :; }\n",
        "cat <<A <<B\na\nA\nb\nB\n",
        "cat <<EOF;\nx\nEOF\n",
        "cat <<EOF 2>&1 | a\nx\nEOF\n",
        "<<EOF cat\nx\nEOF\n",
        ">f <<<\"$x\" cat\n",
        "echo ${a:+$a;} ${t%]*}\n",
        "exec 3<>f\n",
        "<&- && 0<&-\n",
        "echo $((10#$y)) $((0x1f))\n",
        "shopt -s extglob\nls !(a|b)\n",
        "[[ $a == @(b|c) ]]\n",
        "[ a ] && [ b \\< c ]\n",
        "[ \\( a \\) ]\n",
        "if ! A=b; then c; fi\n",
        "x=`a # b\n`\n",
        "while case $x in a) ;; esac do b; done\n",
        "for arg do f \"$arg\"; done\n",
        "unsetenv() { :; }\n",
        "case $2 in (*\\]) ;; esac\n",
        "(( mask<<=8 ))\n",
        "while read -r x <&3; do a; done 3<<EOF\nx\nEOF\n",
        "read -u 3 3<<EOF\nx\nEOF\n",
        "coproc a { b; }\n",
        "a &>>f {fd}>&- |& b\n",
        "echo 'é' \"\u{f0000}\" {\u{f0000}\n",
    ] {
        assert_eq!(unread(text), Vec::<String>::new(), "{text:?}");
    }
}

#[test]
fn text_that_crashes_a_parser_is_read() {
    assert_eq!(commands("echo {\u{f0000}"), ["echo {\u{f0000}"]);
    let _ = read("{\u{f0000}");
}

#[test]
fn what_bash_rejects_is_unread_where_it_breaks() {
    for (text, broken) in [
        ("a\nfi\nc\n", "fi"),
        ("a\nif b\nfi\nc\n", "if b\nfi"),
        ("a\nif b; then\nfi\nc\n", "then\nfi"),
        ("a\necho $(b\n", "echo $(b"),
        ("a\nx=$(b | | c)\nd\n", "x=$(b | | c)"),
        ("a\necho $({ b; } ;;\n)\n", "echo $({ b; } ;;\n)"),
        ("a\nbuiltin typeset x=(1)\n", "builtin typeset x=(1)"),
        ("a\nls !(b)\n", "ls !(b)"),
        ("a\ncat <<E\nx\n", "cat <<E"),
        ("a\nx[1\n", "x[1"),
        ("a\n;\nb\n", ";"),
        ("a >\nb\n", ">"),
        ("case x in\n) a;;\nesac\n", "case x in"),
        ("a\nfor i { b; }\nc\n", "for i {"),
        ("a \"b\nc\n", "a \"b"),
    ] {
        let unread = unread(text);
        assert!(unread.iter().any(|region| region.contains(broken)), "{text:?} leaves {unread:?} unread");
    }
}

#[test]
fn what_breaks_behind_a_heredoc_is_not_its_body() {
    for (body, delimiter) in [("x\n", "E"), ("$x\n", "'E'"), ("", "E")] {
        for broken in ["fi", "while a; do\n  b", "echo $(b", "echo 'b"] {
            assert_eq!(unread(&format!("cat <<{delimiter} >y\n{body}E\n{broken}\n")), [broken]);
            assert_eq!(unread(&format!("cat <<{delimiter} >y\n{body}E\n\n# z\n{broken}\n")), [broken]);
        }
    }
}

#[test]
fn carriage_returns_and_nul_bytes_are_unread() {
    assert!(!unread("if a; then\r\n  b\r\nfi\r\n").is_empty());
    assert!(!unread("a \0b\n").is_empty());
}

#[test]
fn a_fault_in_one_statement_leaves_the_others_read() {
    let text = "f() {\n  a\n  echo ${bad substitution}\n  b\n}\nc\n";
    assert_eq!(unread(text), ["echo ${bad substitution}"]);
    let reading = read(text);
    assert_eq!(bash::command_words(&reading.script).len(), 4);
}

#[test]
fn deep_and_long_texts_end_quickly_with_a_reason() {
    let deep = |open: &str, close: &str| format!("{}a{}\n", open.repeat(100_000), close.repeat(100_000));
    for text in [
        deep("echo $(", ")"),
        deep("{ ", "; }"),
        deep("if a; then ", "; fi"),
        deep("echo \"${a:-", "}\""),
        deep("coproc ", ""),
        deep("x=(", ")"),
        deep("f() ", ""),
        deep("[[ ! ( ", " ) ]]"),
        deep("echo <(", ")"),
    ] {
        let reading = read(&text);
        assert!(!reading.unread.is_empty(), "{}", &text[..20]);
        assert!(reading.unread.iter().all(|region| !region.reason.is_empty()));
    }
    for text in [
        deep("time ", ""),
        deep("a[", "]=b"),
        deep("(", ")"),
        deep("((", "))"),
        deep("$((", "))"),
        deep("! ", ""),
        format!("echo $(({}1))\n", "1+".repeat(100_000)),
        format!("{}a\n", "a|".repeat(25_000)),
        format!("{}a\n", "a&&".repeat(25_000)),
        format!("{}\n", "cat <<E;".repeat(5_000)),
    ] {
        let reading = read(&text);
        assert!(reading.unread.iter().all(|region| !region.reason.is_empty()), "{}", &text[..20]);
    }
    assert_eq!(words(&format!("echo {}\n", "x".repeat(1_000_000))).len(), 1);
    assert_eq!(unread(&"\n".repeat(100_000)), Vec::<String>::new());
}

#[test]
fn comments_are_known_and_hide_nothing() {
    let text = "a # $(b)\n# c\nd '#' \"# e\" f#g # h\n";
    let reading = read(text);
    let comments: Vec<&str> = reading.script.comments.iter().map(|span| span.slice(text)).collect();
    assert_eq!(comments, ["# $(b)", "# c", "# h"]);
    assert_eq!(commands(text), ["a", "d '#' \"# e\" f#g"]);
}

#[test]
fn text_for_another_shell_is_parsed_alone() {
    let reading = bash::parse("rm -rf \"$x\"; ls");
    assert_eq!(bash::command_words(&reading.script).len(), 2);
}

#[test]
fn what_bash_looks_into_only_when_it_runs_is_unread() {
    for text in
        ["echo ${x bad}\n", "x=(${(f)y})\n", "x=`a 'b`\n", "cat <<E\n$(a 'b)\nE\n", "cat <<E\nx\n", "a \0b\n"]
    {
        assert!(!unread(text).is_empty(), "{text:?}");
    }
}

#[test]
fn the_grammar_of_bash_is_read_where_its_manual_is_silent() {
    assert_eq!(commands("a >f if x; b\n"), ["a if x", "b"]);
    assert_eq!(commands("x=1 if; b\n"), ["if", "b"]);
    assert_eq!(commands("coproc @ { a; }; coproc b c\n"), ["a", "b c"]);
    assert_eq!(commands("a[b c]=d e\n"), ["e"]);
    assert_eq!(commands("a\\\nb=c d\n"), ["d"]);
    assert_eq!(commands("if a; then { while b; do c; done } fi; d\n"), ["a", "b", "c", "d"]);
    assert_eq!(commands("x=$(cat <<E\n$(a)\nE)\nb\n"), ["cat", "a", "b"]);
    assert_eq!(commands("cat <<E\na\\\nE\n$(b)\nE\nc\n"), ["cat", "b", "c"]);
    assert_eq!(
        commands("echo ${x:-<(a)} \"${y:-'$(b)'}\"\n"),
        ["echo ${x:-<(a)} \"${y:-'$(b)'}\"", "a", "b"]
    );
    assert_eq!(commands("a ${ b; c;}d ${| e; }\n").len(), 4);
    assert_eq!(commands("a \\\n  # b \\\n  c\n"), ["a", "c"]);
    assert_eq!(commands("f() for x; do a; done; function g [[ b ]]\n"), ["a"]);
    assert_eq!(commands("a ;\\\n b &\\\n& c\n"), ["a", "b", "c"]);
    assert_eq!(commands("case x in (a|b) c ;;& (d) e ;& esac\n"), ["c", "e"]);
    assert_eq!(commands("[[ a =~ (b c)|d && ! -n $(e) ]]\n"), ["e"]);
    assert_eq!(commands("echo $((a ? b : $(c))) ${d:e ? f : 1:2} ${g: -1}\n").len(), 2);
    assert_eq!(commands("echo ${!a[@]:1} ${!b*} ${!c@} ${#d[@]} ${e@Q} ${f/#g/h} ${i////-}\n").len(), 1);
}
