//! Adopting the rules in a repository that is older than they: the baseline, and what the settings allow for whole files.

use std::fs;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, is_empty};

use crate::folder::{CLEAN, Folder, NO_REGIME};

const BASELINE: &str = "gauntlet-baseline.toml";
const HEAD: &str = "#!/bin/bash\n# Error regime: set -euo pipefail\nset -euo pipefail\n";
const LEAK: &str = "curl -u \"a:$password\" https://vault.example.org\n";

/// A folder with two scripts that have findings: one and two.
fn legacy() -> Folder {
    let folder = Folder::new();
    folder.write("scripts/one.sh", NO_REGIME);
    folder.write("scripts/two.sh", format!("{HEAD}{LEAK}printf x\n{LEAK}"));
    folder
}

fn adopted() -> Folder {
    let folder = legacy();
    folder
        .gauntlet(["lint", "--write-baseline"])
        .assert()
        .code(0)
        .stdout(contains("0 fail, 3 warn (legacy, documented)"));
    folder
}

fn baseline(folder: &Folder) -> String {
    fs::read_to_string(folder.path(BASELINE)).expect("a baseline was written")
}

/// Rule and file of each finding that fails.
fn failing(folder: &Folder, args: &[&str]) -> Vec<String> {
    let findings = folder.lint(args).json["findings"].as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .iter()
        .filter(|finding| finding["severity"] == "fail")
        .map(|finding| format!("{} {}", text(&finding["rule"]), text(&finding["path"])))
        .collect()
}

#[test]
fn what_is_in_the_baseline_warns_and_what_is_new_fails() {
    let folder = adopted();
    let linted = folder.lint(&[]);
    assert_eq!(
        (linted.code, &linted.json["summary"]["warn"], &linted.json["summary"]["legacy"]),
        (0, &3.into(), &3.into())
    );
    folder.gauntlet(["lint"]).assert().code(0).stdout(contains("legacy: the baseline documents it"));
    folder.write("scripts/new.sh", NO_REGIME);
    assert_eq!(failing(&folder, &[]), ["error-regime scripts/new.sh"]);
    // Another of the same statement is a new finding too.
    fs::remove_file(folder.path("scripts/new.sh")).expect("it is there");
    folder.write("scripts/two.sh", format!("{HEAD}{LEAK}printf x\n{LEAK}{LEAK}"));
    assert_eq!(failing(&folder, &[]), ["secret-on-argv scripts/two.sh"]);
    // Without it, all of them fail.
    assert_eq!(folder.lint(&["--isolated"]).json["summary"]["fail"], 4);
}

#[test]
fn an_entry_follows_its_statement_and_never_a_line() {
    let folder = adopted();
    let moved =
        format!("{HEAD}\n# moved\nprintf y\n{}printf x\n{LEAK}", LEAK.replace("curl -u", "curl    -u"));
    folder.write("scripts/two.sh", moved);
    assert_eq!(failing(&folder, &[]), [""; 0]);
    folder.write("scripts/two.sh", format!("{HEAD}{}printf x\n{LEAK}", LEAK.replace("vault", "other")));
    assert_eq!(
        failing(&folder, &[]),
        [format!("stale-suppression {BASELINE}"), "secret-on-argv scripts/two.sh".to_owned()]
    );
}

#[test]
fn a_stale_entry_fails_until_it_is_taken_out() {
    let folder = adopted();
    folder.write("scripts/one.sh", CLEAN);
    let stale = [format!("stale-suppression {BASELINE}")];
    assert_eq!(failing(&folder, &[]), stale);
    folder
        .gauntlet(["lint"])
        .assert()
        .code(1)
        .stdout(contains(format!("--> {BASELINE}:")).and(contains("--write-baseline")));
    // Of files that are not looked at nothing is known.
    assert_eq!(failing(&folder, &["scripts/two.sh"]), [""; 0]);
    assert_eq!(failing(&folder, &["scripts/one.sh"]), stale);
    assert_eq!(failing(&folder, &["--ignore", "error-regime"]), [""; 0]);
    fs::remove_file(folder.path("scripts/one.sh")).expect("it is there");
    assert_eq!(failing(&folder, &[]), stale, "the entry of a file that is gone");
    folder.gauntlet(["lint", "--write-baseline"]).assert().code(0);
    assert!(!baseline(&folder).contains("one.sh"));
    assert_eq!(failing(&folder, &[]), [""; 0]);
    fs::remove_file(folder.path("scripts/two.sh")).expect("it is there");
    folder.write("scripts/clean.sh", CLEAN);
    folder.gauntlet(["lint", "--write-baseline"]).assert().code(0);
    assert!(!folder.path(BASELINE).exists(), "a baseline of nothing is none");
}

#[test]
fn it_grows_only_when_it_is_told_to() {
    let folder = adopted();
    let before = baseline(&folder);
    folder.write("scripts/new.sh", NO_REGIME);
    folder.gauntlet(["lint", "--write-baseline"]).assert().code(2).stdout(is_empty()).stderr(
        contains("it would grow by 1")
            .and(contains("scripts/new.sh:"))
            .and(contains("--allow-baseline-growth")),
    );
    assert_eq!(baseline(&folder), before);
    folder.gauntlet(["lint", "--write-baseline", "--allow-baseline-growth"]).assert().code(0);
    assert!(baseline(&folder).contains("scripts/new.sh"));
    folder.gauntlet(["lint", "--allow-baseline-growth"]).assert().code(2);
    for more in [&["scripts"][..], &["--staged"], &["--isolated"]] {
        folder.gauntlet(["lint", "--write-baseline"]).args(more).assert().code(2);
    }
}

#[test]
fn what_people_wrote_into_it_is_kept_and_writing_it_again_changes_nothing() {
    let folder = adopted();
    let reasoned = baseline(&folder).replacen("\nmessage", "\nreason = \"nobody dares\"\nmessage", 1);
    folder.write(BASELINE, &reasoned);
    folder.write("scripts/one.sh", format!("# moved\n{NO_REGIME}"));
    folder.gauntlet(["lint", "--write-baseline", "--allow-baseline-growth"]).assert().code(0);
    let first = baseline(&folder);
    assert!(first.contains("reason = \"nobody dares\""));
    folder.gauntlet(["lint", "--write-baseline"]).assert().code(0);
    assert_eq!(baseline(&folder), first);
    // Rules that are not asked keep their entries.
    folder.gauntlet(["lint", "--write-baseline", "--select", "L1"]).assert().code(0);
    assert_eq!(baseline(&folder), first);
}

#[test]
fn what_was_not_understood_is_beyond_it() {
    let folder = legacy();
    folder.write("scripts/broken.sh", format!("{HEAD}if true; then\n"));
    folder.gauntlet(["lint", "--write-baseline"]).assert().code(1);
    assert!(!baseline(&folder).contains("unparsed"));
    assert_eq!(failing(&folder, &[]), ["unparsed scripts/broken.sh"]);
    let forged = baseline(&folder).replacen("rule = 'error-regime'", "rule = \"unparsed\"", 1);
    let forged = forged.replacen("rule = \"error-regime\"", "rule = \"unparsed\"", 1);
    folder.write(BASELINE, forged);
    folder.gauntlet(["lint"]).assert().code(2).stderr(contains("beyond every baseline"));
    folder.write(BASELINE, "version = 1\n[[legacy]]\nrule = 3\n");
    folder.gauntlet(["lint"]).assert().code(2).stderr(contains(format!("{BASELINE}:3:8: invalid type")));
    folder.write(BASELINE, "version = 2\n");
    folder.gauntlet(["lint"]).assert().code(2).stderr(contains("version 2 is not known"));
}

#[test]
fn nothing_is_written_where_not_everything_could_be_checked() {
    let folder = legacy();
    folder.write("scripts/bytes.sh", b"#!/bin/bash\n\xff\n");
    folder
        .gauntlet(["lint", "--write-baseline"])
        .assert()
        .code(2)
        .stderr(contains("not everything could be checked"));
    assert!(!folder.path(BASELINE).exists());
}

/// Settings with one file-wide suppression of L1, made of these lines.
fn allowing(lines: &str) -> Folder {
    let folder = Folder::new();
    folder.write("gauntlet.toml", format!("version = 1\n[lint]\nignore = [\"L6\"]\n[[lint.allow]]\n{lines}"));
    folder.write("old/one.sh", NO_REGIME);
    folder.write("old/deep/two.sh", NO_REGIME);
    folder.write("new/three.sh", CLEAN);
    folder
}

#[test]
fn settings_allow_a_rule_for_whole_files() {
    let lines = "rule = \"error-regime\"\nfiles = [\"old\"]\nreason = \"nobody runs them\"\n";
    let folder = allowing(lines);
    let linted = folder.lint(&[]);
    assert_eq!((linted.code, &linted.json["summary"]["suppressed"]), (0, &2.into()), "{}", linted.json);
    let sarif = folder.gauntlet(["lint", "--output-format", "sarif"]).output().expect("it runs").stdout;
    let sarif: serde_json::Value = serde_json::from_slice(&sarif).expect("JSON");
    let suppression = &sarif["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(
        (&suppression["kind"], &suppression["justification"]),
        (&"external".into(), &"nobody runs them".into())
    );
    folder.write("new/three.sh", NO_REGIME);
    assert_eq!(failing(&folder, &[]), ["error-regime new/three.sh"]);
    assert_eq!(failing(&folder, &["--isolated", "--select", "L1"]).len(), 3);
    assert_eq!(failing(&allowing(&format!("{lines}until = \"2999-12-31\"\n")), &[]), [""; 0]);
}

#[test]
fn a_file_wide_suppression_that_is_stale_fails() {
    let stale = "stale-suppression gauntlet.toml";
    let (one, two) = ("error-regime old/one.sh", "error-regime old/deep/two.sh");
    let said = |lines: &str, expected: &[&str], words: &str| {
        let folder = allowing(lines);
        let mut all = failing(&folder, &[]);
        all.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(all, expected, "{lines}");
        folder.gauntlet(["lint"]).assert().code(1).stdout(contains(words));
    };
    let rule = "rule = \"error-regime\"\nfiles = [\"old\"]\n";
    said(rule, &[stale, one, two], "gives no reason");
    said(&format!("{rule}reason = \" \"\n"), &[stale, one, two], "gives no reason");
    said(
        &format!("{rule}reason = \"x\"\nuntil = \"2020-01-01\"\n"),
        &[stale, one, two],
        "expired on 2020-01-01",
    );
    said(&format!("{rule}reason = \"x\"\nuntil = \"soon\"\n"), &[stale, one, two], "is no day");
    let elsewhere = "rule = \"error-regime\"\nfiles = [\"new\"]\nreason = \"x\"\n";
    said(elsewhere, &[stale, one, two], "finds nothing here to suppress");
    let misspelt = "rule = \"eror-regime\"\nfiles = [\"old\"]\nreason = \"x\"\n";
    said(misspelt, &[stale, one, two], "did you mean `error-regime`?");
    let beyond = "rule = \"unparsed\"\nfiles = [\"old\"]\nreason = \"x\"\n";
    said(beyond, &[stale, one, two], "cannot be suppressed");
    // Files that were named say nothing of the others.
    assert_eq!(failing(&allowing(elsewhere), &["new"]), [""; 0]);
}

#[test]
fn a_misspelt_key_of_it_names_the_nearest() {
    allowing("rule = \"error-regime\"\nfiels = [\"old\"]\n")
        .gauntlet(["lint"])
        .assert()
        .code(2)
        .stderr(contains("gauntlet.toml:6:1: unknown key `fiels` in [[lint.allow]]: did you mean `files`?"));
}
