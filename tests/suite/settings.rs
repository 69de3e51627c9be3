//! `gauntlet.toml`: its schema, what is in force and why, and what holds of some files alone.

use std::fs;
use std::path::Path;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, is_empty};
use serde_json::Value;

use crate::folder::{CLEAN, Folder, NO_REGIME};

fn repository(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

fn stdout(folder: &Folder, args: &[&str]) -> String {
    let output = folder.gauntlet(args).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

/// The schema, as an editor uses it.
struct Schema {
    schemas: boon::Schemas,
    index: boon::SchemaIndex,
    json: Value,
}

impl Schema {
    fn generated(folder: &Folder) -> Self {
        let json: Value =
            serde_json::from_str(&stdout(folder, &["generate", "schema"])).expect("the schema is JSON");
        let mut compiler = boon::Compiler::new();
        compiler.add_resource("settings.json", json.clone()).expect("the schema has a place");
        let mut schemas = boon::Schemas::new();
        let index = compiler.compile("settings.json", &mut schemas).expect("it is a schema");
        Self { schemas, index, json }
    }

    fn accepts(&self, toml: &str) -> Result<(), String> {
        let table: toml::Table = toml.parse().expect(toml);
        let value = serde_json::to_value(table).expect("TOML fits into JSON");
        self.schemas.validate(&value, self.index).map_err(|error| format!("{error:#}"))
    }
}

/// The blocks of `docs/settings.md` in TOML, each a file of its own.
fn examples() -> Vec<String> {
    let page = repository("docs/settings.md");
    let blocks: Vec<String> =
        page.split("```toml\n")
            .skip(1)
            .filter_map(|rest| rest.split("```").next())
            .map(|block| {
                if block.contains("version = 1") { block.to_owned() } else { format!("version = 1\n{block}") }
            })
            .collect();
    assert!(blocks.len() >= 3, "the examples were not found");
    blocks
}

#[test]
fn the_schema_takes_what_the_program_takes() {
    let folder = Folder::new();
    let schema = Schema::generated(&folder);
    let mut accepted = examples();
    accepted.push(repository("gauntlet.toml"));
    accepted.push(
        "version = 1\n[guard]\ndeny = [\"git push\", { command = \"rm *\", why = \"x\" }]\nunattended = { plan = \"deny\" }\n[lint]\nselect = [\"L2\", \"error-regime\"]\nseverity = { L2 = \"warn\" }\n[run]\nminimum_rung = \"S1\"\n"
            .to_owned(),
    );
    for text in accepted {
        assert_eq!(schema.accepts(&text), Ok(()), "{text}");
        folder.write("gauntlet.toml", &text);
        folder.gauntlet(["lint", "--show-settings"]).assert().code(0);
    }
}

#[test]
fn the_schema_refuses_what_the_program_refuses() {
    let folder = Folder::new();
    let schema = Schema::generated(&folder);
    for wrong in [
        "exclude = []\n",
        "version = 2\n",
        "version = 1\nexclud = []\n",
        "version = 1\n[lint]\nselct = []\n",
        "version = 1\n[lint]\nselect = [\"L99\"]\n",
        "version = 1\n[lint]\nignore = \"L2\"\n",
        "version = 1\n[lint.severity]\nL2 = \"info\"\n",
        "version = 1\n[lint.severity]\nno-such-rule = \"warn\"\n",
        "version = 1\n[[lint.allow]]\nfile = [\"x\"]\n",
        "version = 1\n[[lint.paths]]\nignore = [\"L2\"]\n",
        "version = 1\n[[lint.paths]]\nfiles = []\n",
        "version = 1\n[[lint.paths]]\nfiles = [\"x\"]\nignored = [\"L2\"]\n",
        "version = 1\n[[lint.paths]]\nfiles = [\"x\"]\nselect = [\"error-regim\"]\n",
        "version = 1\n[[lint.paths]]\nfiles = [\"x\"]\nseverity = { L2 = \"off\" }\n",
        "version = 1\n[run]\nminimum_rung = \"S9\"\n",
        "version = 1\n[guard]\ndeny = [{ why = \"x\" }]\n",
    ] {
        assert!(schema.accepts(wrong).is_err(), "the schema takes {wrong}");
        folder.write("gauntlet.toml", wrong);
        folder.gauntlet(["lint", "--show-settings"]).assert().code(2).stdout(is_empty());
    }
}

#[test]
fn the_schema_tells_an_editor_what_a_key_does_and_its_default() {
    let folder = Folder::new();
    folder.write(
        "rules/no-eval.md",
        "+++\ncode = \"L100\"\nsummary = \"evaluated text\"\nmessage = \"evaluates {all}\"\nwhy = \"it may hold anything\"\ninstead = \"call it\"\nat = \"all\"\n+++\n\n# Why\n\n```query\n(command name: (command_name) @name (#eq? @name \"eval\")) @all\n```\n\n```bash bad\neval \"$x\"\n```\n\n```bash good\nls\n```\n",
    );
    let json = Schema::generated(&folder).json;
    assert_eq!(json["$schema"], "http://json-schema.org/draft-07/schema#");
    let lint = &json["properties"]["lint"]["properties"];
    assert_eq!(lint["ignore"]["description"], "Rules that do not run, by slug or code.");
    assert_eq!(json["properties"]["run"]["properties"]["harnesses"]["default"], "harnesses");
    let names = lint["select"]["items"]["enum"].as_array().expect("the rules");
    for name in ["secret-on-argv", "L2", "no-eval", "L100"] {
        assert!(names.contains(&name.into()), "{name} is missing");
    }
}

/// The line of a rule, its blank space squeezed.
fn line_of<'a>(text: &'a str, rule: &str) -> Vec<&'a str> {
    let words = |line: &'a str| line.split_whitespace().collect::<Vec<_>>();
    text.lines()
        .map(words)
        .find(|words| words.get(1) == Some(&rule))
        .unwrap_or_else(|| panic!("{rule}: {text}"))
}

const SETTINGS: &str = "version = 1\nexclude = [\"attic\"]\n\n[lint]\nignore = [\n  \"changelog-entry\",\n  \"L12\",\n]\n\n[lint.severity]\nL2 = \"warn\"\n\n[[lint.paths]]\nfiles = [\"vendor\"]\nignore = [\"error-regime\"]\nseverity = { secret-on-argv = \"fail\" }\n";

#[test]
fn what_is_in_force_is_shown_with_its_place() {
    let folder = Folder::new();
    folder.write("gauntlet.toml", SETTINGS);
    folder.write("a.sh", CLEAN);
    folder.write("vendor/b.sh", NO_REGIME);
    folder.write("vendor/c.sh", CLEAN);
    folder.write("attic/d.sh", CLEAN);
    let all = stdout(&folder, &["lint", "--show-settings"]);
    assert!(all.contains("\nsettings gauntlet.toml\n"), "{all}");
    assert_eq!(all, stdout(&folder, &["lint", "--show-settings"]), "twice the same");
    assert_eq!(line_of(&all, "unparsed"), ["L0", "unparsed", "fail", "default"]);
    assert_eq!(
        line_of(&all, "secret-on-argv"),
        ["L2", "secret-on-argv", "warn", "gauntlet.toml:11", "(lint.severity.L2)"]
    );
    assert_eq!(
        line_of(&all, "changelog-entry"),
        ["L6", "changelog-entry", "off", "gauntlet.toml:6", "(lint.ignore.changelog-entry)"]
    );
    assert_eq!(
        line_of(&all, "stdin-theft"),
        ["L12", "stdin-theft", "off", "gauntlet.toml:7", "(lint.ignore.L12)"]
    );
    let key = |key: &str| {
        let line = all.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{key}: {all}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(key("exclude"), "exclude [\"attic\"] gauntlet.toml:2");
    assert_eq!(key("run.harnesses"), "run.harnesses \"harnesses\" default");
    assert!(key("lint.ignore").ends_with("gauntlet.toml:5"), "the line of the key, not of its end: {all}");
    assert!(key("lint.paths").ends_with("gauntlet.toml:13"), "{all}");

    let files = stdout(&folder, &["lint", "--show-settings", "vendor", "a.sh", "attic/d.sh"]);
    let ordinary =
        files.find("\na.sh\nattic/d.sh (checked only where it is named: gauntlet.toml:2)\n").expect(&files);
    let vendor = files.find("\nvendor/b.sh\nvendor/c.sh\n").expect(&files);
    assert_eq!(line_of(&files[ordinary..vendor], "error-regime"), ["L1", "error-regime", "fail", "default"]);
    assert_eq!(
        line_of(&files[vendor..], "error-regime"),
        ["L1", "error-regime", "off", "gauntlet.toml:15", "(lint.paths.0.ignore.error-regime)"]
    );
    assert_eq!(
        line_of(&files[vendor..], "secret-on-argv")[2..],
        ["fail", "gauntlet.toml:16", "(lint.paths.0.severity.secret-on-argv)"]
    );
}

#[test]
fn the_command_line_has_the_last_word_and_is_named() {
    let folder = Folder::new();
    folder.write("gauntlet.toml", SETTINGS);
    folder.write("vendor/b.sh", NO_REGIME);
    let shown =
        stdout(&folder, &["lint", "--show-settings", "--select", "L1,L2", "--ignore", "L2", "vendor/b.sh"]);
    assert_eq!(
        line_of(&shown, "error-regime"),
        ["L1", "error-regime", "fail", "command", "line", "(--select)"]
    );
    assert_eq!(line_of(&shown, "secret-on-argv")[2..], ["off", "command", "line", "(--ignore)"]);
    assert_eq!(line_of(&shown, "masked-status")[2..], ["off", "command", "line", "(--select)"]);
    let ignored = stdout(&folder, &["lint", "--show-settings", "--select", "L12"]);
    assert_eq!(line_of(&ignored, "stdin-theft")[2..], ["fail", "command", "line", "(--select)"]);
    folder.gauntlet(["lint", "--select", "L1", "vendor/b.sh"]).assert().code(1);
    let isolated = stdout(&folder, &["lint", "--show-settings", "--isolated", "vendor/b.sh"]);
    assert!(isolated.contains("left out (--isolated)"), "{isolated}");
    assert_eq!(line_of(&isolated, "error-regime")[2..], ["fail", "default"]);
}

#[test]
fn settings_of_what_is_not_there_cannot_be_shown() {
    let folder = Folder::new();
    folder.write("notes.txt", "x\n");
    for path in ["nowhere.sh", "notes.txt", "."] {
        folder
            .gauntlet(["lint", "--show-settings", path])
            .assert()
            .code(2)
            .stdout(is_empty())
            .stderr(contains("failed to"));
    }
    folder.gauntlet(["lint", "--show-settings", "--fix"]).assert().code(2);
    folder.gauntlet(["lint", "--show-settings", "--output-format", "json"]).assert().code(2);
    // A script of another shell and a runbook have settings too.
    folder.write("x.zsh", "print x\n");
    folder.write("run.md", "```bash\nls\n```\n");
    let shown = stdout(&folder, &["lint", "--show-settings", "."]);
    assert!(shown.contains("x.zsh (not checked: a script of zsh)"), "{shown}");
    let runbook = &shown[shown.find("run.md (its shell fences)").expect(&shown)..];
    assert!(runbook.contains("runbook-check") && !runbook.contains("error-regime"), "{shown}");
}

#[test]
fn rules_may_hold_in_some_files_only() {
    let folder = Folder::new();
    let write = |paths: &str| {
        folder.write("gauntlet.toml", format!("version = 1\n[lint]\nignore = [\"L6\"]\n{paths}"));
    };
    folder.write("a.sh", NO_REGIME);
    folder.write("vendor/b.sh", NO_REGIME);
    folder.write("vendor/ours/c.sh", NO_REGIME);
    let failing = || {
        let linted = folder.lint(&[]);
        let findings = linted.json["findings"].as_array().expect("findings").iter();
        let failing =
            findings.filter(|finding| finding["severity"] == "fail" && finding["rule"] == "error-regime");
        (
            linted.code,
            failing.map(|finding| finding["path"].as_str().expect("a path").to_owned()).collect::<Vec<_>>(),
        )
    };
    write("");
    assert_eq!(failing(), (1, vec!["a.sh".into(), "vendor/b.sh".into(), "vendor/ours/c.sh".into()]));
    write("[[lint.paths]]\nfiles = [\"vendor\"]\nignore = [\"L1\"]\n");
    assert_eq!(failing(), (1, vec!["a.sh".into()]));
    // The last table has the last word.
    write(
        "[[lint.paths]]\nfiles = [\"vendor\"]\nignore = [\"L1\"]\n[[lint.paths]]\nfiles = [\"vendor/ours\"]\nselect = [\"error-regime\"]\n",
    );
    assert_eq!(failing(), (1, vec!["a.sh".into(), "vendor/ours/c.sh".into()]));
    write("[[lint.paths]]\nfiles = [\"**/*.sh\"]\nseverity = { L1 = \"warn\" }\n");
    assert_eq!(failing(), (0, vec![]));
    assert_eq!(folder.lint(&[]).json["summary"]["warn"], 3);
    // A rule that is off elsewhere.
    write(
        "severity = { L1 = \"warn\" }\n[[lint.paths]]\nfiles = [\"a.sh\"]\nselect = [\"changelog-entry\"]\n",
    );
    let linted = folder.lint(&[]);
    let rules: Vec<_> = linted.json["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|f| (&f["path"], &f["rule"]))
        .collect();
    assert!(rules.contains(&(&"a.sh".into(), &"changelog-entry".into())), "{rules:?}");
    assert!(!rules.contains(&(&"a.sh".into(), &"error-regime".into())), "{rules:?}");
    assert!(rules.contains(&(&"vendor/b.sh".into(), &"error-regime".into())), "{rules:?}");
}

#[test]
fn what_is_wrong_in_a_table_of_paths_is_told_with_its_place() {
    let folder = Folder::new();
    folder.write("a.sh", CLEAN);
    for (table, said) in [
        (
            "files = [\"x\"]\nignores = []\n",
            "gauntlet.toml:4:1: unknown key `ignores` in [[lint.paths]]: did you mean `ignore`?",
        ),
        ("files = []\n", "gauntlet.toml:3:9: `files` names no file"),
        ("ignore = [\"L1\"]\n", "missing field `files`"),
        ("files = [\"{\"]\n", "bad glob"),
        ("files = [\"x\"]\nignore = [\"error-regim\"]\n", "did you mean `error-regime`?"),
        ("files = [\"x\"]\nseverity = { L1 = \"off\" }\n", "severity `off` of `L1` is not known"),
    ] {
        folder.write("gauntlet.toml", format!("version = 1\n[[lint.paths]]\n{table}"));
        folder
            .gauntlet(["lint"])
            .assert()
            .code(2)
            .stdout(is_empty())
            .stderr(contains("error: ").and(contains(said)));
    }
}

const OWN: &str = r#"version = 1

[[tools]]
name = "fleetctl"
read = ["list", "fleetctl show *"]

[[tools]]
name = "oc-prod"
like = "openstack"

[lint.gates]
options = ["--really"]
commands = ["type-the-name **"]
"#;

#[test]
fn tools_of_the_project_are_judged_by_what_it_says_of_them() {
    let folder = Folder::new();
    folder.write("gauntlet.toml", OWN);
    let changes = "fleetctl list\nfleetctl show web\noc-prod server show web\nfleetctl destroy web\noc-prod server delete web\n";
    folder.write("a.sh", format!("#!/usr/bin/env bash\nset -euo pipefail\n{changes}"));
    folder
        .gauntlet(["lint", "--select", "ungated-mutation"])
        .assert()
        .code(1)
        .stdout(contains("a.sh:6:1").and(contains("a.sh:7:1")).and(contains("2 fail")))
        .stdout(contains("can be reached without `--really`"));
    // It takes ids, as what it is like does.
    folder.write("b.sh", "#!/usr/bin/env bash\nset -euo pipefail\noc-prod user delete \"$1\"\n");
    folder
        .gauntlet(["lint", "--select", "unchecked-id", "b.sh"])
        .assert()
        .code(1)
        .stdout(contains("b.sh:3:1"));
    let checked = "ok=0\nif [[ $1 =~ ^[0-9a-f]{32}$ ]]; then ok=1; fi\n(( ok )) || exit 1\noc-prod user delete \"$1\"\n";
    folder.write("b.sh", format!("#!/usr/bin/env bash\nset -euo pipefail\n{checked}"));
    folder.gauntlet(["lint", "--select", "unchecked-id", "b.sh"]).assert().code(0);
    for (command, decision) in [("fleetctl list", "allow"), ("fleetctl destroy web", "ask")] {
        folder.gauntlet(["guard", "explain", "--", command]).assert().stdout(contains(decision));
    }
}

#[test]
fn gates_of_the_project_are_gates() {
    let folder = Folder::new();
    folder.write("gauntlet.toml", OWN);
    let script = |confirm: &str| {
        format!(
            "#!/usr/bin/env bash\nset -euo pipefail\n[[ \"${{1:-}}\" == --really ]] || exit 0\n{confirm}\nfleetctl destroy web\n"
        )
    };
    folder.write("a.sh", script("type-the-name web"));
    folder.gauntlet(["lint", "--select", "ungated-mutation"]).assert().code(0);
    folder.write("a.sh", script("type-the-name web || true"));
    folder
        .gauntlet(["lint", "--select", "ungated-mutation"])
        .assert()
        .code(1)
        .stdout(contains("without a typed confirmation"));
    folder.write("gauntlet.toml", OWN.replace("--really", "--sure"));
    folder.gauntlet(["lint", "--select", "ungated-mutation"]).assert().code(1);
}

#[test]
fn a_wrong_tool_or_gate_is_refused_with_its_place() {
    let folder = Folder::new();
    for (from, to, said) in [
        (
            "openstack",
            "openstak",
            "gauntlet.toml:7:1: no tool is called `openstak`: did you mean `openstack`?",
        ),
        ("\"list\"", "\"a||b\"", "gauntlet.toml:3:1: the pattern `a||b` has an empty alternative"),
        ("fleetctl\"", "bin/fleetctl\"", "write its name without folders"),
        ("[\"--really\"]", "[\"really\"]", "`really` is no option"),
        ("[\"--really\"]", "[]", "`options` names no gate"),
    ] {
        folder.write("gauntlet.toml", OWN.replace(from, to));
        folder.gauntlet(["lint"]).assert().code(2).stderr(contains(said));
    }
}

#[test]
fn a_table_of_paths_that_matches_nothing_is_stale() {
    let folder = Folder::new();
    folder.write("a.sh", CLEAN);
    let table =
        "version = 1\n[lint]\nignore = [\"L6\"]\n[[lint.paths]]\nfiles = [\"vendor\"]\nignore = [\"L1\"]\n";
    folder.write("gauntlet.toml", table);
    folder
        .gauntlet(["lint"])
        .assert()
        .code(1)
        .stdout(contains("gauntlet.toml:4:1").and(contains("no file that is checked is one of these")));
    folder.gauntlet(["lint", "a.sh"]).assert().code(0);
    folder.write("vendor/b.sh", CLEAN);
    folder.gauntlet(["lint"]).assert().code(0);
}
