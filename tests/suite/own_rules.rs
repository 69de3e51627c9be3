//! Rules that a repository writes itself: pages with a query in rules/, tested by their own examples.

use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, is_empty};

use crate::folder::{CLEAN, Folder};

/// A page with that query, between a front matter and two examples.
fn page(front: &str, query: &str) -> String {
    format!(
        "+++\n{front}\n+++\n\n# Why\n\n```query\n{query}\n```\n\n```bash bad\neval \"$x\"\n```\n\n```bash good\nls\n```\n"
    )
}

const FRONT: &str = "code = \"L100\"\nsummary = \"evaluated text\"\nmessage = \"`{name}` evaluates {all}\"\nwhy = \"it may hold anything\"\ninstead = \"call it\"\nat = \"all\"\nlabels = { name = \"here\" }";

const QUERY: &str = "(command name: (command_name) @name (#eq? @name \"eval\")) @all";

/// A project with the rule `no-eval`.
fn with_rule() -> Folder {
    let folder = Folder::new();
    folder.write("rules/no-eval.md", page(FRONT, QUERY));
    folder
}

#[test]
fn a_page_with_a_query_is_a_rule_that_lint_holds() {
    let folder = with_rule();
    let script = CLEAN.replace("printf", "eval \"$1\"\nprintf");
    folder.write("a.sh", &script);
    folder.write("b.md", "```bash\nls\neval x\n```\n");
    let linted = folder.lint(&[]);
    assert_eq!(linted.code, 1);
    let found: Vec<_> = linted.json["findings"].as_array().expect("a list").iter().collect();
    assert_eq!(found.len(), 2, "the page's own examples are no runbook: {found:#?}");
    assert_eq!(found[0]["code"], "L100");
    assert_eq!(found[0]["rule"], "no-eval");
    assert_eq!(found[0]["message"], "`eval` evaluates eval \"$1\"");
    assert_eq!((&found[1]["path"], &found[1]["line"]), (&"b.md".into(), &3.into()));
    let sarif = folder.gauntlet(["lint", "--output-format", "sarif"]).output().expect("it runs").stdout;
    let sarif: serde_json::Value = serde_json::from_slice(&sarif).expect("SARIF is JSON");
    let run = &sarif["runs"][0];
    let index = run["results"][0]["ruleIndex"].as_u64().expect("the rule is listed");
    let rule = &run["tool"]["driver"]["rules"][usize::try_from(index).expect("an index")];
    assert_eq!(rule["id"], "L100");
    // It is a rule like any other.
    folder.gauntlet(["lint", "--ignore", "no-eval"]).assert().code(0);
    folder.gauntlet(["lint", "--select", "L100"]).assert().code(1).stdout(contains("it may hold anything"));
    folder.gauntlet(["lint", "--isolated", "--select", "L100"]).assert().code(2);
    folder.gauntlet(["explain", "no-eval"]).assert().code(0).stdout(contains("L100 no-eval: evaluated text"));
    let allowed = script.replace("eval", "# gauntlet: allow(no-eval) reason=\"a test of it\"\neval");
    folder.write("a.sh", allowed);
    folder.gauntlet(["lint", "a.sh"]).assert().code(0).stdout(contains("1 suppressed"));
    folder.write(
        "gauntlet.toml",
        "version = 1\n[lint]\nignore = [\"L6\"]\nseverity = { no-eval = \"warn\" }\n",
    );
    folder.gauntlet(["lint", "b.md"]).assert().code(0).stdout(contains("1 warn"));
}

#[test]
fn a_repair_is_judged_by_the_rules_of_the_repository_too() {
    let folder = Folder::new();
    let no_set = page(FRONT, QUERY).replace("\"eval\"", "\"set\"").replace("eval \"$x\"", "set -e");
    folder.write("rules/no-set.md", no_set);
    let text = "#!/bin/bash\nprintf 'x\\n'\n";
    let path = folder.write("a.sh", text);
    let lint = ["lint", "--select", "error-regime", "--fix", "a.sh"];
    folder.gauntlet(lint).assert().stderr(contains("0 findings fixed"));
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), text);
    std::fs::remove_file(folder.path("rules/no-set.md")).expect("it is ours");
    folder.gauntlet(lint).assert().stderr(contains("1 finding fixed"));
}

#[test]
fn a_page_that_is_meant_for_a_rule_is_none_of_the_others() {
    let folder = Folder::new();
    folder.write("rules/no-eval.md", page(FRONT, QUERY).replace('\n', "\r\n"));
    folder.write("a.sh", CLEAN.replace("printf", "eval \"$1\"\nprintf"));
    folder.gauntlet(["lint"]).assert().code(1).stdout(contains("L100"));
    folder.write("rules/no-eval.md", page(FRONT, QUERY).replace("```query", "```qeury"));
    folder.gauntlet(["lint"]).assert().code(2).stderr(contains("query"));
}

#[test]
fn what_the_second_parser_misreads_is_said_and_never_passed() {
    let folder = with_rule();
    // tree-sitter-bash takes the redirection's target and the argument behind it for one thing.
    folder.write("a.sh", CLEAN.replace("printf 'hello\\n'", "printf >out 'hello\\n'"));
    folder
        .gauntlet(["lint", "a.sh", "--select", "no-eval"])
        .assert()
        .code(1)
        .stdout(contains("`no-eval` could not look at this").and(contains("allow(no-eval)")));
}

#[test]
fn examples_are_tests() {
    let folder = with_rule();
    folder.gauntlet(["rule", "test"]).assert().code(0).stdout("L100 no-eval holds: 1 bad, 1 good\n");
    folder.gauntlet(["rule", "test", "rules/no-eval.md"]).assert().code(0);
    let text = page(FRONT, QUERY);
    folder.write("rules/no-eval.md", text.replace("eval \"$x\"", "ls"));
    let line = text.lines().position(|line| line == "eval \"$x\"").expect("it is there") + 1;
    folder.gauntlet(["rule", "test"]).assert().code(1).stdout(
        contains(format!("rules/no-eval.md:{line}: this bad example has 0 findings; wanted is exactly 1"))
            .and(contains("does not hold")),
    );
    folder.write("rules/no-eval.md", text.replace("\nls\n", "\neval y; eval z\n"));
    folder.gauntlet(["rule", "test"]).assert().code(1).stdout(contains("this good example has 2 findings"));
    folder.write("rules/no-eval.md", text.replace("bash good", "bash"));
    folder.gauntlet(["rule", "test"]).assert().code(1).stdout(contains("there is no ```bash good fence"));
    folder.write("rules/no-eval.md", text.replace("\nls\n", "\nif\n"));
    folder.gauntlet(["rule", "test"]).assert().code(1).stdout(contains("cannot be read"));
}

#[test]
fn a_wrong_page_is_told_with_its_line_and_a_caret() {
    for (front, query, line, column, message) in [
        (FRONT, "(command) @all\n  (comand) @name", 15, 4, "no node `comand`"),
        (FRONT, "(command) @all", 8, 1, "captures no `@name`"),
        (&FRONT.replace("why", "wy"), QUERY, 5, 1, "did you mean `why`?"),
        (&FRONT.replace("L100", "L2"), QUERY, 2, 1, "use L100 or higher"),
        (&FRONT.replace("at = \"all\"", "at = \"al\""), QUERY, 7, 1, "did you mean `all`?"),
        (&FRONT.replace("it may hold anything", ""), QUERY, 5, 1, "`why` is empty"),
        (&FRONT.replace("\"L100\"", "100"), QUERY, 2, 8, "string"),
    ] {
        let folder = Folder::new();
        folder.write("a.sh", CLEAN);
        folder.write("rules/no-eval.md", page(front, query));
        for command in [&["lint"][..], &["rule", "test"], &["--all"]] {
            folder.gauntlet(command).assert().code(2).stdout(is_empty()).stderr(
                contains(message)
                    .and(contains(format!("rules/no-eval.md:{line}:{column}")))
                    .and(contains("^"))
                    .and(contains("repair what is said above")),
            );
        }
        // The built-in rules can be read about all the same.
        folder.gauntlet(["explain", "L2"]).assert().code(0);
    }
}

#[test]
fn names_and_codes_belong_to_one_rule_each() {
    let folder = with_rule();
    folder.write("rules/secret-on-argv.md", page(FRONT, QUERY));
    folder.gauntlet(["lint"]).assert().code(2).stderr(contains("`secret-on-argv` is a built-in rule"));
    let folder = with_rule();
    folder.write("rules/other.md", page(FRONT, QUERY));
    folder
        .gauntlet(["rule", "test"])
        .assert()
        .code(2)
        .stderr(contains("the code L100 belongs to another rule"));
}

#[test]
fn other_pages_in_the_folder_are_runbooks_like_everywhere() {
    let folder = Folder::new();
    folder.write("rules/howto.md", "```bash\nls | grep x\n```\n");
    folder.gauntlet(["lint"]).assert().code(0).stdout(contains("1 runbook"));
    folder.gauntlet(["rule", "test"]).assert().code(2).stderr(contains("gauntlet new rule"));
    folder.gauntlet(["rule", "test", "no-such"]).assert().code(2).stderr(contains("failed to find the rule"));
}

#[test]
fn a_new_rule_works_as_it_is_written() {
    let folder = Folder::new();
    folder
        .gauntlet(["new", "rule", "no-eval"])
        .assert()
        .code(0)
        .stdout(contains("rules/no-eval.md is written"));
    folder.gauntlet(["new", "rule", "no-other"]).assert().code(0);
    folder
        .gauntlet(["rule", "test"])
        .assert()
        .code(0)
        .stdout("L100 no-eval holds: 1 bad, 1 good\nL101 no-other holds: 1 bad, 1 good\n");
    folder.gauntlet(["new", "rule", "no-eval"]).assert().code(2).stderr(contains("is there already"));
    folder.gauntlet(["new", "rule", "../x"]).assert().code(2).stderr(contains("is no name of a rule"));
    folder.gauntlet(["new", "rule", "unparsed"]).assert().code(2).stderr(contains("built-in"));
}
