//! The formats of `gauntlet lint`, as the programs that read them see them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;

use crate::folder::{CLEAN, Folder, NO_REGIME};

const FORMATS: &[&str] = &["text", "json", "jsonl", "sarif", "junit", "github", "checkstyle"];

/// A script with a suppressed finding, a script with one that counts, a clean one, one of another shell.
fn mixed() -> Folder {
    let folder = Folder::new();
    folder.write("scripts/clean.sh", CLEAN);
    folder.write("scripts/dirty & <odd> näme.sh", NO_REGIME);
    folder.write(
        "scripts/allowed.sh",
        "#!/bin/bash\n# gauntlet: allow(error-regime) reason=\"older than the \\\"rule\\\"\"\nprintf 'hello\\n'\n",
    );
    folder.write("other.zsh", "print x\n");
    folder
}

fn stdout(folder: &Folder, args: &[&str]) -> String {
    let output = folder.gauntlet(args).output().expect("it runs");
    String::from_utf8(output.stdout).expect("a report is UTF-8")
}

fn lint(folder: &Folder, format: &str) -> String {
    stdout(folder, &["lint", "--output-format", format])
}

/// Holds a log against the schema that is published for SARIF 2.1.0.
fn against_schema(log: &Value) -> Result<(), String> {
    let schema = include_str!("../schemas/sarif-schema-2.1.0.json");
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("sarif.json", schema).expect("the schema has a place");
    let mut schemas = boon::Schemas::new();
    let index = compiler.compile("sarif.json", &mut schemas).expect("the schema is one");
    schemas.validate(log, index).map_err(|error| format!("{error:#}"))
}

fn sarif(folder: &Folder) -> Value {
    let log: Value = serde_json::from_str(&lint(folder, "sarif")).expect("SARIF is JSON");
    let broken = || {
        let mut broken = log.clone();
        broken["runs"][0]["results"][0]["level"] = "loud".into();
        broken
    };
    assert_eq!(against_schema(&log), Ok(()));
    assert!(against_schema(&broken()).is_err(), "the schema lets everything pass");
    log
}

#[test]
fn the_code_is_the_same_in_every_format() {
    let clean = Folder::new();
    clean.write("clean.sh", CLEAN);
    for format in FORMATS {
        for (folder, code) in [(&clean, 0), (&mixed(), 1), (&Folder::new(), 2)] {
            folder.gauntlet(["lint", "--output-format", format]).assert().code(code);
        }
    }
}

#[test]
fn several_formats_come_out_of_one_run() {
    let folder = mixed();
    let mut args = vec!["lint".to_owned()];
    for format in FORMATS {
        args.extend(["--output-format".to_owned(), (*format).to_owned()]);
        args.extend(["--output-file".to_owned(), format!("out.{format}")]);
    }
    folder.gauntlet(&args).assert().code(1);
    for format in FORMATS {
        let written = fs::read_to_string(folder.path(format!("out.{format}"))).expect(format);
        assert_eq!(written, lint(&folder, format), "{format}");
    }
}

#[test]
fn sarif_is_what_the_published_schema_says_and_counts_from_the_repositorys_root() {
    let log = sarif(&mixed());
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 2);
    let (allowed, dirty) = (&results[0], &results[1]);
    assert_eq!(allowed["suppressions"][0]["kind"], "inSource");
    assert!(dirty["suppressions"].is_null());
    let location = &dirty["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "scripts/dirty%20%26%20%3Codd%3E%20n%C3%A4me.sh");
    assert_eq!(location["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    assert_eq!((&dirty["ruleId"], &dirty["level"]), (&"L1".into(), &"error".into()));
    let index = usize::try_from(dirty["ruleIndex"].as_u64().expect("an index")).expect("it is small");
    assert_eq!(run["tool"]["driver"]["rules"][index]["name"], "error-regime");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn sarif_of_a_project_inside_of_a_repository_names_files_from_the_repository() {
    let folder = mixed();
    fs::create_dir(folder.path(".git")).expect("a folder");
    folder.write("team/gauntlet.toml", "version = 1\n");
    folder.write("team/x.sh", NO_REGIME);
    let mut command = folder.gauntlet(["lint", "--output-format", "sarif"]);
    let output = command.current_dir(folder.path("team")).output().expect("it runs");
    let log: Value = serde_json::from_slice(&output.stdout).expect("SARIF is JSON");
    let uri = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "team/x.sh");
    let mut command = folder.gauntlet(["lint", "--output-format", "github"]);
    command.current_dir(folder.path("team")).assert().stdout(contains("::error file=team/x.sh,line="));
}

#[test]
fn sarif_fingerprints_hold_when_lines_move_and_part_equal_statements() {
    let fingerprints = |text: &str| -> Vec<String> {
        let folder = Folder::new();
        folder.write("x.sh", text);
        let log = sarif(&folder);
        let results = log["runs"][0]["results"].as_array().expect("results").clone();
        let print = |result: &Value| result["partialFingerprints"].as_object()?.values().next().cloned();
        results.iter().map(|result| print(result).expect("a fingerprint").to_string()).collect()
    };
    let text =
        "#!/bin/bash\n# Error regime: set -euo pipefail\nset -euo pipefail\ncurl -u \"a:$password\" x\n";
    let doubled = format!("{text}curl -u \"a:$password\" x\n");
    let moved = doubled.replace("set -euo pipefail\ncurl", "set -euo pipefail\n\n# moved\ncurl");
    assert_eq!(fingerprints(&doubled), fingerprints(&moved));
    let prints = fingerprints(&doubled);
    assert_eq!(prints.iter().collect::<BTreeSet<_>>().len(), prints.len(), "{prints:?}");
    assert!(prints.len() >= 2 && prints[..1] == fingerprints(text)[..1]);
}

#[test]
fn sarif_says_what_could_not_be_checked() {
    let folder = mixed();
    folder.write("broken.sh", b"#!/bin/bash\n\xff\n");
    let log = sarif(&folder);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let text = invocation["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap_or_default();
    assert!(text.contains("broken.sh is not UTF-8"), "{text}");
}

/// A name, attributes that it must have, attributes that it may have, elements that it may hold.
type Element = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// What the schema of Jenkins' xunit plugin (junit-10.xsd) knows of.
const JENKINS: &[Element] = &[
    ("testsuites", &[], &["name", "time", "tests", "failures", "errors"], &["testsuite"]),
    (
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
        &["testsuite", "properties", "testcase", "system-out", "system-err"],
    ),
    (
        "testcase",
        &["name"],
        &["time", "classname", "group"],
        &["skipped", "error", "failure", "system-out", "system-err"],
    ),
    ("failure", &[], &["type", "message"], &[]),
    ("error", &[], &["type", "message"], &[]),
    ("skipped", &[], &["type", "message"], &[]),
    ("system-out", &[], &[], &[]),
    ("system-err", &[], &[], &[]),
];

/// What Jenkins would not take of a report.
fn complaints(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut open: Vec<String> = Vec::new();
    let mut wrong = Vec::new();
    let mut look = |element: &BytesStart<'_>, open: &[String]| {
        let name = element.name().as_ref().to_owned();
        let parent = open.last().map(String::as_str);
        let known = |name: &str| JENKINS.iter().find(|(known, ..)| *known == name);
        match parent.and_then(known) {
            Some((.., inside)) if !inside.contains(&name.as_str()) => {
                wrong.push(format!("{name} in {parent:?}"));
            }
            None if name != "testsuites" => wrong.push(format!("{name} at the top")),
            _ => {}
        }
        let Some((_, must, may, _)) = known(&name) else { return wrong.push(format!("unknown {name}")) };
        let given: Vec<String> = element
            .attributes()
            .map(|attribute| {
                let attribute = attribute.expect("an attribute");
                attribute.key.as_ref().to_owned()
            })
            .collect();
        wrong.extend(
            must.iter().filter(|key| !given.iter().any(|g| g == *key)).map(|k| format!("{name}: no {k}")),
        );
        wrong.extend(
            given
                .iter()
                .filter(|key| !must.contains(&key.as_str()) && !may.contains(&key.as_str()))
                .map(|key| format!("{name}: {key}")),
        );
    };
    loop {
        match reader.read_event().expect("the report is XML") {
            Event::Start(element) => {
                look(&element, &open);
                open.push(element.name().as_ref().to_owned());
            }
            Event::Empty(element) => look(&element, &open),
            Event::End(_) => {
                open.pop();
            }
            Event::Eof => return wrong,
            _ => {}
        }
    }
}

#[test]
fn junit_holds_only_what_jenkins_takes() {
    let folder = mixed();
    folder.write("broken.sh", b"#!/bin/bash\n\xff\n");
    folder.write("control\u{1}\u{ffff}.sh", "#!/bin/bash\nprintf '\u{1b}\u{ffff} ]]>'\n");
    assert_eq!(complaints(&lint(&folder, "junit")), [""; 0]);
    assert_eq!(complaints("<testsuites><testsuite name=\"x\"/></testsuites>").len(), 3);
    assert_eq!(
        complaints("<testsuites><case/></testsuites>"),
        ["case in Some(\"testsuites\")", "unknown case"]
    );
}

#[test]
fn junit_has_a_case_for_each_rule_and_file_and_passing_ones_too() {
    let xml = lint(&mixed(), "junit");
    let suite = |name: &str| -> String {
        let start =
            xml.find(&format!("<testsuite name=\"{name}\"")).unwrap_or_else(|| panic!("{name}: {xml}"));
        xml[start..].split("</testsuite>").next().unwrap_or_default().to_owned()
    };
    let clean = suite("scripts/clean.sh");
    assert!(
        clean.contains("failures=\"0\"") && clean.contains("<testcase name=\"error-regime\" "),
        "{clean}"
    );
    assert!(clean.matches("<testcase ").count() > 3 && !clean.contains("changelog-entry"), "{clean}");
    let dirty = suite("scripts/dirty &amp; &lt;odd&gt; näme.sh");
    assert!(dirty.contains("failures=\"1\"") && dirty.contains("<failure type=\"L1\""), "{dirty}");
    let allowed = suite("scripts/allowed.sh");
    assert!(allowed.contains("<skipped type=\"suppressed\" message=\"allowed: "), "{allowed}");
    assert!(suite("other.zsh").contains("<skipped type=\"zsh\""));
}

#[test]
fn github_shows_ten_of_a_kind_and_sums_up_the_rest() {
    let folder = Folder::new();
    for index in 0..13 {
        folder.write(format!("{index:02},x.sh"), NO_REGIME);
    }
    let shown = lint(&folder, "github");
    assert_eq!(shown.matches("::error file=").count(), 10, "{shown}");
    assert!(shown.contains("::error file=00%2Cx.sh,line=") && shown.contains("%0Awhy: "), "{shown}");
    assert_eq!(shown.lines().filter(|line| line.starts_with("error ")).count(), 3, "{shown}");
    assert!(shown.contains("::notice title=gauntlet::3 more"), "{shown}");
    assert!(shown.contains("gauntlet lint: 13 fail, 0 warn, 13 files"), "{shown}");
}

#[test]
fn checkstyle_is_xml_with_a_place_for_each_finding() {
    let folder = mixed();
    let xml = lint(&folder, "checkstyle");
    let mut reader = Reader::from_str(&xml);
    let mut seen = Vec::new();
    loop {
        match reader.read_event().expect("it is XML") {
            Event::Start(element) | Event::Empty(element) => {
                let attributes: BTreeMap<String, String> = element
                    .attributes()
                    .map(|attribute| {
                        let attribute = attribute.expect("an attribute");
                        (attribute.key.as_ref().to_owned(), attribute.value.into_owned())
                    })
                    .collect();
                seen.push((element.name().as_ref().to_owned(), attributes));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    let names: Vec<&str> = seen.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["checkstyle", "file", "error"], "{xml}");
    assert_eq!(seen[2].1["source"], "gauntlet.L1.error-regime");
    assert_eq!(seen[2].1["severity"], "error");
    assert!(seen[2].1.contains_key("line") && seen[2].1.contains_key("column"));
}

#[test]
fn jsonl_is_an_object_a_line_and_ends_with_the_summary() {
    let folder = mixed();
    folder.write("broken.sh", b"#!/bin/bash\n\xff\n");
    let shown = lint(&folder, "jsonl");
    let lines: Vec<Value> =
        shown.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    assert!(lines.iter().all(|line| line["version"] == 1));
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
    assert_eq!(of("finding")[0]["rule"], "error-regime");
    assert_eq!(of("not_checked")[0]["what"], "broken.sh");
    assert_eq!(of("skipped")[0]["shell"], "zsh");
    let summary = lines.last().expect("a last line");
    assert_eq!((&summary["type"], &summary["fail"]), (&"summary".into(), &1.into()));
    let json: Value = serde_json::from_str(&lint(&folder, "json")).expect("JSON");
    for (key, value) in json["findings"][0].as_object().expect("a finding") {
        assert_eq!(&of("finding")[0][key], value, "{key}");
    }
}

#[test]
fn statistics_count_each_rule_instead_of_showing_each_finding() {
    let folder = mixed();
    let mut text = folder.gauntlet(["lint", "--statistics"]);
    text.assert()
        .code(1)
        .stdout(contains("     1      0           1  L1 error-regime\n").and(contains("instead").not()))
        .stdout(contains("lint      1 fail, 0 warn"));
    let json = stdout(&folder, &["lint", "--statistics", "--output-format", "json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        json["statistics"],
        serde_json::json!([{ "code": "L1", "rule": "error-regime", "fail": 1, "warn": 0, "suppressed": 1 }])
    );
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_text_on_stdin_is_checked_as_the_file_of_that_name() {
    let folder = Folder::new();
    folder.write("gauntlet.toml", "version = 1\n");
    let run = |name: &str, text: &[u8]| {
        let mut command = folder.gauntlet(["lint", "--output-format", "json", "--stdin-filename", name]);
        let output = command.write_stdin(text).output().expect("it runs");
        let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (json, String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code())
    };
    let (json, _, code) = run("scripts/./new.sh", NO_REGIME.as_bytes());
    assert_eq!((&json["findings"][0]["path"], code), (&"scripts/new.sh".into(), Some(1)), "{json}");
    // The rules of the whole project, such as the changelog's, are not asked.
    assert_eq!(run("scripts/new.sh", CLEAN.as_bytes()).2, Some(0));
    let fence = "```bash\ncurl -u \"a:$password\" x\n```\n";
    let (json, _, code) = run("docs/runbook.md", fence.as_bytes());
    assert_eq!((&json["findings"][0]["line"], code), (&2.into(), Some(1)), "{json}");
    assert_eq!(run("hook", CLEAN.as_bytes()).2, Some(0));
    for (name, text, said) in [
        ("x.sh", &b"#!/bin/bash\n\xff\n"[..], "not UTF-8"),
        ("x.sh", b"#!/bin/bash\n\0\n", "NUL byte"),
        ("x.zsh", b"print\n", "no shell script"),
        ("x.txt", b"hello\n", "neither a shell script nor Markdown"),
    ] {
        let (_, stderr, code) = run(name, text);
        assert_eq!(code, Some(2), "{name}: {stderr}");
        assert!(stderr.contains(said), "{name}: {stderr}");
    }
    folder.gauntlet(["lint", "--stdin-filename", "x.sh", "y.sh"]).assert().code(2);
}

#[test]
fn what_a_text_on_stdin_sources_is_found_beside_its_name() {
    let folder = Folder::new();
    folder.write("scripts/lib.sh", "take() { curl -u \"a:$1\" x; }\n");
    let text = "#!/bin/bash\n# Error regime: set -euo pipefail\nset -euo pipefail\n. \"${BASH_SOURCE[0]%/*}/lib.sh\"\ntake \"$password\"\n";
    let mut command = folder.gauntlet(["lint", "--stdin-filename", "scripts/new.sh"]);
    command.write_stdin(text).assert().code(1).stdout(contains("secret-on-argv"));
}

#[test]
fn a_closed_stdin_is_no_script() {
    let folder = Folder::new();
    let gauntlet = assert_cmd::cargo::cargo_bin!("gauntlet");
    for stdin in ["<&-", "</dev/null"] {
        let script = format!("exec {} lint --stdin-filename a.sh {stdin}", gauntlet.display());
        let mut command = assert_cmd::Command::new("sh");
        command.current_dir(folder.path("")).args(["-c", &script]);
        command.assert().code(2).stderr(contains("stdin"));
    }
}
