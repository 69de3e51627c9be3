//! What other programs read about this one: manual pages, completions, the index of rules.

use std::fs;
use std::process::Command;

use predicates::str::contains;

use crate::folder::Folder;

#[test]
fn the_index_of_rules_is_the_one_in_docs() {
    let folder = Folder::new();
    let page =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md")).expect("docs/rules.md");
    assert!(page.contains("`secret-on-argv`"));
    folder.gauntlet(["generate", "docs"]).assert().code(0).stdout(page);
}

#[test]
fn a_rule_of_the_repository_is_in_the_index() {
    let folder = Folder::new();
    folder.gauntlet(["new", "rule", "no-curl-pipes"]).assert().code(0);
    folder.gauntlet(["generate", "docs"]).assert().code(0).stdout(contains("`no-curl-pipes`"));
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let folder = Folder::new();
    folder
        .gauntlet(["generate", "man", "man"])
        .assert()
        .code(2)
        .stderr(contains("name a folder that exists"));
    fs::create_dir(folder.path("man")).expect("a folder");
    folder.gauntlet(["generate", "man", "man"]).assert().code(0);
    for page in ["gauntlet", "repo-lint", "gauntlet-lint", "gauntlet-guard-explain", "gauntlet-sweep"] {
        let text = fs::read_to_string(folder.path(format!("man/{page}.1"))).expect(page);
        assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{page}");
    }
}

#[test]
fn bash_completes_subcommands_and_rules() {
    let folder = Folder::new();
    folder.gauntlet(["generate", "completions", "basch"]).assert().code(2);
    let output = folder.gauntlet(["generate", "completions", "bash"]).output().expect("it runs");
    folder.write("gauntlet.bash", output.stdout);
    let complete = |before: &str, word: &str| {
        let script = format!(
            "source ./gauntlet.bash; COMP_WORDS=(gauntlet {before} {word}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); _gauntlet gauntlet '{word}' '{before}'; echo \"${{COMPREPLY[*]}}\""
        );
        let output = Command::new("bash").args(["-c", &script]).current_dir(folder.path("")).output();
        String::from_utf8(output.expect("bash runs").stdout).expect("it is UTF-8")
    };
    let said = complete("explain", "secret");
    assert!(said.contains("secret-on-argv") && said.contains("secret-in-trace"), "{said}");
    assert_eq!(complete("explain", "nothing"), "\n");
}
