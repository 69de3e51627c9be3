//! Shell fences of runbooks: which are read, what of them, and where it stands in the Markdown file.

use gauntlet::bash::{self, Dialect, InProcess};
use gauntlet::event::FileKind;
use gauntlet::facts::NoLibrary;
use gauntlet::lint::{Checked, Linter};
use gauntlet::markdown::{ShellFence, shell_fences};
use gauntlet::settings::Settings;
use gauntlet::source::{RepoPath, SourceText, Span};

use crate::folder::Folder;

/// The scripts of the shell fences.
fn scripts(text: &str) -> Vec<String> {
    shell_fences(text).iter().map(|fence| fence.script.text().to_owned()).collect()
}

#[track_caller]
fn is_read(markdown: &str, wanted: &[&str]) {
    assert_eq!(scripts(markdown), wanted, "{markdown:?}");
    for fence in shell_fences(markdown) {
        stands(&fence, markdown);
    }
}

/// Every character of the script stands in the Markdown where the map says.
#[track_caller]
fn stands(fence: &ShellFence, markdown: &str) {
    let script = fence.script.text();
    let mut last = None;
    for (at, character) in script.char_indices().filter(|(_, character)| !character.is_whitespace()) {
        let place = fence.script.offset(u32::try_from(at).expect("short")) as usize;
        let found = markdown.get(place..).and_then(|rest| rest.chars().next());
        assert_eq!(found, Some(character), "byte {at} of {script:?} in {markdown:?}");
        assert!(last < Some(place), "the places of {script:?} grow");
        last = Some(place);
    }
}

/// The only shell fence, and the file.
#[track_caller]
fn only(markdown: &str) -> (ShellFence, SourceText) {
    let mut fences = shell_fences(markdown);
    assert_eq!(fences.len(), 1, "{markdown:?}");
    (fences.remove(0), SourceText::new(RepoPath::new("run.md"), markdown.to_owned()))
}

/// Line and column of the first and behind the last character of `part`, which the script has once.
#[track_caller]
fn places(markdown: &str, part: &str) -> [(u32, u32); 2] {
    let (fence, source) = only(markdown);
    let start = fence.script.text().find(part).expect("the script has it");
    let span = |start: usize, end: usize| {
        Span::new(u32::try_from(start).expect("short"), u32::try_from(end).expect("short"))
    };
    let place = fence.script.span(span(start, start + part.len()));
    [place.start, place.end].map(|at| source.position(at)).map(|at| (at.line, at.column))
}

#[test]
fn info_strings_name_the_language_in_many_ways() {
    for info in [
        "bash",
        "sh",
        "shell",
        "BASH",
        "Shell",
        " bash ",
        "bash title=\"x\"",
        "bash,ignore",
        "bash {1,3}",
        "bash{1,3}",
        "bash:setup.sh",
        "sh\tx",
        "{.bash .numberLines}",
        "{.numberLines .bash}",
        "{#setup .sh}",
        "{ .bash }",
        "{bash, echo=FALSE}",
        "{bash}",
    ] {
        is_read(&format!("```{info}\nls\n```\n"), &["ls\n"]);
    }
    for info in ["console", "shell-session", "sh-session", "ShellSession", "{.console}", "bash-session"] {
        is_read(&format!("```{info}\n$ ls\nx\n```\n"), &["ls\n"]);
    }
    for info in
        ["", "text", "python", "bashful", "powershell", "markdown", "{.python .x}", "x bash", "{}", "{"]
    {
        is_read(&format!("```{info}\nls\n```\n"), &[]);
    }
}

#[test]
fn fences_are_found_in_every_form_of_commonmark() {
    for (markdown, wanted) in [
        ("~~~bash\nls\n~~~\n", &["ls\n"][..]),
        ("~~~~ bash\nls\n~~~\n~~~~\n", &["ls\n~~~\n"]),
        ("~~~bash `x`\nls\n~~~\n", &["ls\n"]),
        ("````bash\n```\nls\n````\n", &["```\nls\n"]),
        ("```bash\nls\n`````\nx\n", &["ls\n"]),
        ("```bash\nls\n~~~\n", &["ls\n~~~\n"]),
        // Markdown that is shown runs nothing.
        ("````markdown\n```bash\nls\n```\n````\n", &[]),
        ("~~~\n```bash\nls\n```\n~~~\n", &[]),
        // Without an end.
        ("```bash\nls\n", &["ls\n"]),
        ("```bash\nls", &["ls"]),
        ("```bash\n", &[""]),
        ("```bash", &[""]),
        ("```bash\n```\n", &[""]),
        ("> ```bash\n> ls\n\n    x\n", &["ls\n"]),
        // Indented: up to three blanks are none.
        ("   ```bash\n   ls\n     x\n  y\nz\n   ```\n", &["ls\n  x\ny\nz\n"]),
        ("    ```bash\n    ls\n    ```\n", &[]),
        ("    ls\n\n\tls\n", &[]),
        ("text\n```bash\nls\n```\ntext\n", &["ls\n"]),
        // HTML.
        ("<!--\n```bash\nls\n```\n-->\n", &[]),
        ("<div>\n```bash\nls\n```\n</div>\n", &[]),
        ("<details>\n\n```bash\nls\n```\n\n</details>\n", &["ls\n"]),
        ("`bash` and ```bash ls``` inline\n", &[]),
        // Several.
        ("```sh\na\n```\n```text\nb\n```\n~~~bash\nc\n~~~\n", &["a\n", "c\n"]),
    ] {
        is_read(markdown, wanted);
    }
}

#[test]
fn what_nests_a_fence_is_stripped_from_each_line() {
    for (markdown, wanted) in [
        ("- x\n  ```bash\n  ls\n    y\n  ```\n", "ls\n  y\n"),
        ("1. x\n\n   ~~~bash\n   cat <<EOF\n   a\n   EOF\n   ~~~\n", "cat <<EOF\na\nEOF\n"),
        ("10. - x\n      ```bash\n      ls\n\n      y\n      ```\n", "ls\n\ny\n"),
        ("> ```bash\n> ls\n>\n> y\n> ```\n", "ls\n\ny\n"),
        (">```bash\n>ls\n>  y\n>```\n", "ls\n y\n"),
        ("> > ```bash\n> > ls\n>> y\n> > ```\n", "ls\ny\n"),
        ("> - x\n>\n>   ```bash\n>   ls\n>   > y\n>   ```\n", "ls\n> y\n"),
        ("- > ```bash\n  > ls\n  > ```\n", "ls\n"),
        ("- ```bash\n  ls\n  ```\n", "ls\n"),
        ("> [!NOTE]\n> ```bash\n> ls\n> ```\n", "ls\n"),
        ("-\tx\n\n\t```bash\n\tls\n\t\ty\n\t```\n", "ls\n\ty\n"),
        ("> ```bash\n> \tls\n> ```\n", "\tls\n"),
    ] {
        is_read(markdown, &[wanted]);
    }
}

#[test]
fn a_tab_that_is_partly_indentation_becomes_blanks() {
    // The tab reaches to column 4, of which the quote takes one and the script two.
    is_read(">\t```bash\n>\tls\n>\t```\n", &["ls\n"]);
    is_read("- x\n\n  ```bash\n\tls\n  ```\n", &["  ls\n"]);
}

#[test]
fn lines_may_end_as_on_windows() {
    is_read("# x\r\n\r\n```bash\r\nls \\\r\n  -l\r\ny\r\n```\r\n", &["ls \\\n  -l\ny\n"]);
    is_read("> ```console\r\n> $ ls\r\n> x\r\n> ```\r\n", &["ls\n"]);
    assert_eq!(places("x\r\n```bash\r\nls\r\ny z\r\n```\r\n", "z"), [(4, 3), (4, 4)]);
}

#[test]
fn places_are_counted_in_lines_and_characters_of_the_markdown() {
    assert_eq!(places("\u{fc}\u{1f600} \u{4e16}\n\n```bash\nls \u{fc} x\n```\n", "x"), [(4, 6), (4, 7)]);
    assert_eq!(
        places("> \u{fc}\n> - \u{fc}\n>\n>   ```bash\n>   a\n>   b c\n>   ```\n", "c"),
        [(6, 7), (6, 8)]
    );
    assert_eq!(places("- \u{fc}\n  > ```sh\n  > a \u{1f600} b\n  > ```\n", "b"), [(3, 9), (3, 10)]);
    assert_eq!(places("```console\nuser@host:~$ a b\n```\n", "b"), [(2, 16), (2, 17)]);
    assert_eq!(places("\t\u{fc}\n\n~~~bash\n\ta\n~~~\n", "a"), [(4, 2), (4, 3)]);
}

#[test]
fn a_span_that_crosses_lines_ends_on_its_last_line_not_on_the_next_one() {
    let markdown = "1. x\n\n   > ```bash\n   > a \\\n   >   b\n   > c\n   > ```\n";
    assert_eq!(places(markdown, "a \\\n  b"), [(4, 6), (5, 9)]);
    assert_eq!(places(markdown, "a \\\n  b\nc"), [(4, 6), (6, 7)]);
    let console = "```console\n$ a \\\n> b\nout\nout\n$ c\n```\n";
    assert_eq!(places(console, "a \\\nb"), [(2, 3), (3, 4)]);
    assert_eq!(places(console, "b\nc"), [(3, 3), (6, 4)]);
}

#[test]
fn sessions_lose_their_prompts_and_their_output() {
    for (session, wanted) in [
        ("$ a\nout\n$ b\nout\nout\n", "a\nb\n"),
        ("# a\nout\n# b\n", "a\nb\n"),
        ("$ a\n\n\n$ b\n", "a\nb\n"),
        ("out\n  $ a\n", "a\n"),
        ("$\n$ a\n$\n", "\na\n\n"),
        ("user@host:~$ a\nout\nroot@host:/# b\nubuntu@juju-1:~/x y$ c\n", "a\nb\nc\n"),
        ("[root@host ~]# a\n[me@h dir]$ b\n(venv) $ c\n(venv) me@h:~$ d\n", "a\nb\nc\nd\n"),
        ("bash-5.2$ a\nsh-4.4# b\n~$ c\n/etc# d\nhost:/tmp$ e\n", "a\nb\nc\nd\ne\n"),
        // No prompts.
        ("% a\nmysql> b\n>>> c\n$HOME\n#tag\n$(x)\nPS1$ d\n5 # e\n> f\n", ""),
        // Continued by a backslash, an operator, a quote: with prompts or without.
        ("$ a \\\n> b \\\n> c\nout\n", "a \\\nb \\\nc\n"),
        ("$ a \\\n    b \\\n    c\nout\n", "a \\\n    b \\\n    c\n"),
        ("$ a |\n  b &&\n  c ||\n  d\nout\n", "a |\n  b &&\n  c ||\n  d\n"),
        ("$ a 'x\n> y' b\nout\n", "a 'x\ny' b\n"),
        ("$ a \"x\ny\" b\nout\n", "a \"x\ny\" b\n"),
        ("$ a \\\\\nout\n", "a \\\\\n"),
        ("$ a # 'x\nout\n", "a # 'x\n"),
        ("$ for x in a; do\n>   b\n> done\nout\n> out\n", "for x in a; do\n  b\ndone\n"),
        ("$ a \\\n> b\n> c\n$ d\n", "a \\\nb\nc\nd\n"),
        ("$ a\n\n> out\n", "a\n"),
        ("$ echo don't\nout\n$ b\n", "echo don't\nout\nb\n"),
        ("$ a \\\n  b\n> out\n", "a \\\n  b\n"),
        // Heredocs.
        ("$ cat <<EOF\n> a\n>\n> b\n> EOF\nout\n", "cat <<EOF\na\n\nb\nEOF\n"),
        ("$ cat <<'E F' >x\nout\n", "cat <<'E F' >x\nout\n"),
        ("$ cat > x <<-\"EOF\"\n\ta $\n$ b\n\tEOF\nout\n$ c\n", "cat > x <<-\"EOF\"\n\ta $\n$ b\n\tEOF\nc\n"),
        ("$ a <<A <<B\nx\nA\ny\nB\nout\n", "a <<A <<B\nx\nA\ny\nB\n"),
        ("$ a <<<x\nout\n$ b $((1<<2))\nout\n", "a <<<x\nb $((1<<2))\n"),
        ("$ a <<EOF\nb\n$ c\n", "a <<EOF\nb\nc\n"),
        // What root types is a command; what nobody could type is a comment.
        ("$ sudo -i\n# a\n# don't\n$ b\n", "sudo -i\na\nb\n"),
    ] {
        is_read(&format!("```console\n{session}```\n"), &[wanted]);
        let quoted = session.lines().fold(String::new(), |quoted, line| quoted + "> " + line + "\n");
        is_read(&format!("> ```console\n{quoted}> ```\n"), &[wanted]);
    }
}

#[test]
fn a_script_fence_with_prompts_is_a_session_whose_hashes_are_comments() {
    is_read("```bash\n# Look:\n$ a\nout\n# Then:\n$ b\n```\n", &["a\nb\n"]);
    is_read("```sh\n\nme@host:~$ a\nout\n```\n", &["a\n"]);
    is_read("```bash\n# a\nb\n$ c\n```\n", &["# a\nb\n$ c\n"]);
}

#[test]
fn placeholders_and_gaps_make_a_fragment() {
    let fragment = |content: &str| only(&format!("```bash\n{content}\n```\n")).0.fragment;
    for content in ["ssh <HOST>", "a <THE_ID> b", "a <THE ID>", "a ...", "a \u{2026}", "x=\"<A-1>\""] {
        assert!(fragment(content), "{content:?}");
    }
    for content in ["cat <<EOF >x\nEOF", "a <IN >OUT", "a <in>", "a <B", "a < B > c", "a <>B", "a >B <C"] {
        assert!(!fragment(content), "{content:?}");
    }
    let session = |content: &str| only(&format!("```console\n{content}\n```\n")).0.fragment;
    assert!(session("$ ssh <HOST>\nout"));
    assert!(!session("$ ls\nReading <HOST> ..."), "output is no part of it");
}

#[test]
fn what_does_not_parse_is_unread_at_the_statement_that_breaks() {
    for (markdown, line, column) in [
        ("x\n\n```bash\nls\necho )\n```\n", 5, 1),
        ("> - \u{fc}\n>\n>   ```bash\n>   ls\n>   echo \u{fc} )\n>   ```\n", 5, 5),
        ("```console\n$ ls\nout (\nroot@h:~# echo )\nout )\n```\n", 4, 11),
    ] {
        let (fence, source) = only(markdown);
        assert!(!fence.fragment);
        let reading = bash::read(fence.script.text(), Dialect::Bash, &InProcess::new());
        let [region] = reading.unread.as_slice() else { panic!("{markdown:?}: {:?}", reading.unread) };
        let text = region.span.slice(fence.script.text());
        let blank = u32::try_from(text.len() - text.trim_start().len()).expect("short");
        let place = fence.script.span(Span::new(region.span.start + blank, region.span.end));
        let at = source.position(place.start);
        assert_eq!((at.line, at.column), (line, column), "{markdown:?}");
        assert_eq!(checked(markdown).unparsed, 1, "{markdown:?}");
    }
    assert_eq!(checked("```bash\nssh <HOST>\n```\n").unparsed, 0, "a fragment need not parse");
}

fn checked(markdown: &str) -> Checked {
    let linter =
        Linter::new(Settings::default(), &[], &[], true, "2026-01-01".to_owned()).expect("no rule is named");
    let source = SourceText::new(RepoPath::new("run.md"), markdown.to_owned());
    linter.check(&source, FileKind::Runbook, &NoLibrary, &InProcess::new())
}

#[test]
fn content_rules_hold_in_fences_and_header_rules_do_not() {
    let secret = "curl -H \"X-Vault-Token: $VAULT_TOKEN\" https://vault";
    for (markdown, wanted) in [
        (format!("```bash\n{secret}\n```\n"), 1),
        (format!("````markdown\n```bash\n{secret}\n```\n````\n"), 0),
        (format!("```console\n$ ls\n{secret}\n```\n"), 0),
        (format!("```bash\nssh <HOST>\n```\n\n```bash\n{secret}\n```\n"), 1),
        // A gap elsewhere in the fence does not hide what could be read.
        (format!("```bash\n{secret}\nssh <HOST>\n```\n"), 1),
        (format!("```bash\n# gauntlet: allow(secret-on-argv) reason=\"shown\"\n{secret}\n```\n"), 0),
    ] {
        let found: Vec<_> = checked(&markdown).findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(found, vec!["secret-on-argv"; wanted], "{markdown:?}");
    }
}

/// Line and column, start and end, of the findings of the binary.
fn found_by_the_binary(markdown: &str) -> Vec<[u64; 4]> {
    let folder = Folder::new();
    folder.write("run.md", markdown);
    let linted = folder.lint(&["run.md"]);
    let number = |value: &serde_json::Value| value.as_u64().expect("a number");
    let findings = linted.json["findings"].as_array().expect("findings");
    findings
        .iter()
        .map(|finding| ["line", "column", "end_line", "end_column"].map(|key| number(&finding[key])))
        .collect()
}

#[test]
fn the_binary_points_into_the_markdown() {
    let quoted = "# \u{dc}\n\n> 1. \u{fc}\n>\n>    ```bash\n>    ls\n>    x=\u{fc}; curl -H \"X-Vault-Token: $VAULT_TOKEN\" \\\n>      https://vault\n>    ls\n>    ```\n";
    assert_eq!(found_by_the_binary(quoted), [[7, 11, 8, 21]]);
    let console = "- x\n\n  ~~~console\r\n  root@h:/# ls\r\n  out\r\n  root@h:/# curl -H \"X: $VAULT_TOKEN\" y\r\n  ~~~\r\n";
    assert_eq!(found_by_the_binary(console), [[6, 13, 6, 40]]);
}
