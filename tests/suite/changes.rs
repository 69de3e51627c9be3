//! `lint --staged` and `lint --base`: what git says changed, and the record that a change needs.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::folder::{CLEAN, Folder, NO_REGIME};

/// Every rule but L6, which has tests of its own here.
const WITHOUT_L6: &str = "version = 1\n[lint]\nignore = [\"changelog-entry\"]\n";
/// L6 and nothing else.
const ONLY_L6: &str = "version = 1\n[lint]\nselect = [\"changelog-entry\"]\n";

fn git_in(folder: &Path, args: &[&str]) -> Output {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"]);
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@example.org"),
        ("GIT_COMMITTER_NAME", "a"),
        ("GIT_COMMITTER_EMAIL", "a@example.org"),
    ] {
        git.env(name, value);
    }
    git.env("XDG_CACHE_HOME", "/dev/null");
    git.env("GAUNTLET", assert_cmd::cargo::cargo_bin!("gauntlet"));
    git.args(args).output().expect("git runs")
}

#[track_caller]
fn git(folder: &Folder, args: &[&str]) -> String {
    let output = git_in(&folder.path("."), args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "git {args:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// A repository with nothing committed.
fn empty(settings: &str) -> Folder {
    let folder = Folder::new();
    folder.write("gauntlet.toml", settings);
    git(&folder, &["init", "-q"]);
    folder
}

/// A repository with a clean script and a changelog committed on `main`.
fn repository(settings: &str) -> Folder {
    let folder = empty(settings);
    folder.write("scripts/hello.sh", CLEAN);
    folder.write("CHANGELOG.md", entry("DOCFIX-001", "scripts/hello.sh"));
    commit(&folder, "begin");
    folder
}

fn commit(folder: &Folder, message: &str) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", message]);
}

fn entry(id: &str, script: &str) -> String {
    format!("## {id} x\n\n- What: `{script}` greets.\n- Why: nobody did.\n- Revert: remove it\n\n")
}

/// The paths with findings under `--staged`, whatever is staged.
fn staged(folder: &Folder) -> Vec<String> {
    git(folder, &["add", "-A"]);
    let linted = folder.lint(&["--staged"]);
    assert!(linted.code < 2, "{}", linted.stderr);
    linted.paths()
}

#[test]
fn staged_reads_the_index_and_not_the_worktree() {
    let folder = repository(WITHOUT_L6);
    folder.write("scripts/hello.sh", NO_REGIME);
    git(&folder, &["add", "-A"]);
    folder.write("scripts/hello.sh", CLEAN);
    assert_eq!(folder.lint(&["--staged"]).paths(), ["scripts/hello.sh"]);
    git(&folder, &["add", "-A"]);
    folder.write("scripts/hello.sh", NO_REGIME);
    let linted = folder.lint(&["--staged"]);
    assert_eq!((linted.paths(), linted.code), (vec![], 0));
    // What is not staged is not looked at.
    folder.write("scripts/other.sh", NO_REGIME);
    assert_eq!(folder.lint(&["--staged"]).files(), 0);
}

#[test]
fn only_what_changed_is_looked_at_and_nothing_of_it_is_clean() {
    let folder = repository(WITHOUT_L6);
    folder.write("scripts/old.sh", NO_REGIME);
    commit(&folder, "old");
    folder.write("notes.txt", "x");
    git(&folder, &["add", "-A"]);
    let linted = folder.lint(&["--staged"]);
    assert_eq!((linted.files(), linted.code), (0, 0), "{}", linted.stderr);
    folder.write("scripts/hello.sh", format!("{CLEAN}printf x\n"));
    git(&folder, &["add", "-A"]);
    assert_eq!(folder.lint(&["--staged"]).files(), 1);
    folder.gauntlet(["lint", "--staged", "notes.txt"]).assert().code(0).stdout(contains("0 scripts"));
    folder.gauntlet(["lint", "--staged", "scripts"]).assert().code(0).stdout(contains("1 script,"));
}

#[test]
fn a_hook_sees_what_commit_a_and_commit_path_are_about_to_commit() {
    let folder = repository(WITHOUT_L6);
    let hook = folder.write(".git/hooks/pre-commit", "#!/bin/sh\nexec \"$GAUNTLET\" lint --staged\n");
    fs::set_permissions(hook, fs::Permissions::from_mode(0o755)).expect("it can be made executable");
    let try_commit = |args: &[&str]| {
        let output = git_in(&folder.path("."), &[&["commit", "-q", "-m", "x"], args].concat());
        (
            output.status.success(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    folder.write("scripts/other.sh", CLEAN);
    git(&folder, &["add", "-A"]);
    folder.write("scripts/hello.sh", NO_REGIME);
    // The index holds only what is clean; `-a` and a path take the worktree's.
    for args in [&["-a"][..], &["scripts/hello.sh"]] {
        let (committed, said) = try_commit(args);
        assert!(!committed && said.contains("scripts/hello.sh:"), "{args:?}: {said}");
    }
    // A path leaves out what else is staged.
    folder.write("scripts/hello.sh", format!("{CLEAN}printf x\n"));
    folder.write("scripts/other.sh", NO_REGIME);
    git(&folder, &["add", "scripts/other.sh"]);
    let (committed, said) = try_commit(&["scripts/hello.sh"]);
    assert!(committed, "{said}");
    let (committed, said) = try_commit(&[]);
    assert!(!committed && said.contains("scripts/other.sh:"), "{said}");
}

#[test]
fn the_repository_that_the_environment_names_counts_as_git_takes_it() {
    // A repository apart from its worktree, inside of another one: dotfiles.
    let outer = repository(WITHOUT_L6);
    let apart = Folder::new();
    git_in(apart.path("").as_path(), &["init", "-q", "--bare", "."]);
    git_in(apart.path("").as_path(), &["config", "core.bare", "false"]);
    outer.write("home/x.sh", NO_REGIME);
    let (dir, tree) = (apart.path(""), outer.path("home"));
    let named = |command: &mut Command| {
        command.current_dir(&tree).env("GIT_DIR", &dir).env("GIT_WORK_TREE", &tree);
    };
    let mut add = Command::new("git");
    named(&mut add);
    assert!(add.args(["add", "x.sh"]).status().expect("git runs").success());
    let lint = |dir: &Path, tree: Option<&Path>| {
        let mut lint = outer.gauntlet(["lint", "--staged", "--ignore", "L6"]);
        lint.current_dir(outer.path("home")).env("GIT_DIR", dir);
        if let Some(tree) = tree {
            lint.env("GIT_WORK_TREE", tree);
        }
        lint.assert()
    };
    lint(&dir, Some(&tree)).code(1).stdout(contains("x.sh:"));
    // Without a worktree of its own, it is the current folder.
    lint(&dir, None).code(1).stdout(contains("x.sh:"));
    lint(Path::new("/nonexist"), None).code(2).stderr(contains("GIT_DIR"));
    // The repository around, said by name: an index of it.
    lint(&outer.path(".git"), Some(&outer.path(""))).code(0);
}

#[test]
fn a_path_that_is_nowhere_is_2() {
    let folder = repository(WITHOUT_L6);
    folder.write("scripts/hello.sh", CLEAN);
    folder.write("scripts/gone.sh", CLEAN);
    commit(&folder, "x");
    git(&folder, &["rm", "-q", "scripts/gone.sh"]);
    for range in [&["--staged"][..], &["--base", "HEAD"]] {
        let lint = |path: &str| folder.gauntlet([&["lint"], range, &[path]].concat()).assert();
        lint("nope.sh").code(2).stderr(contains("nope.sh is neither on the disk"));
        lint("scripts/hello.sh").code(0);
        lint("scripts/gone.sh").code(0);
        lint("scripts").code(0);
    }
}

#[test]
fn everything_with_a_base_asks_for_the_record_of_the_branch() {
    let folder = repository(ONLY_L6);
    folder.write("scripts/old.sh", CLEAN);
    commit(&folder, "without an entry");
    let all = |args: &[&str]| {
        let output = folder.gauntlet(args).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).contains("changelog-entry")
    };
    assert!(all(&["--all"]), "a script without an entry");
    assert!(!all(&["--all", "--base", "HEAD"]), "nothing changed since");
    folder.write("scripts/old.sh", NO_REGIME);
    assert!(all(&["--all", "--base", "HEAD"]), "it changed");
    folder.gauntlet(["--all", "--base", "nope"]).assert().code(2).stderr(contains("nope"));
}

#[test]
fn what_is_only_meant_to_be_added_is_not_staged() {
    let folder = repository(WITHOUT_L6);
    folder.write("scripts/hello.sh", NO_REGIME);
    git(&folder, &["add", "-N", "scripts/hello.sh"]);
    let linted = folder.lint(&["--staged"]);
    assert_eq!((linted.code, linted.files()), (0, 0));
}

#[test]
fn settings_and_libraries_are_those_of_the_index() {
    let folder = repository(WITHOUT_L6);
    folder.write("scripts/hello.sh", NO_REGIME);
    git(&folder, &["add", "-A"]);
    folder.write("gauntlet.toml", "version = 1\n[lint]\nignore = [\"L1\", \"L6\"]\n");
    assert_eq!(folder.lint(&["--staged"]).code, 1, "an ignore that is not staged counts");
    git(&folder, &["add", "-A"]);
    assert_eq!(folder.lint(&["--staged"]).code, 0);

    let folder = repository(WITHOUT_L6);
    let library = "take() { curl -u \"a:$1\" x; }\n";
    folder.write("scripts/lib.sh", library);
    folder.write(
        "scripts/new.sh",
        "#!/bin/bash\n# Error regime: set -euo pipefail\nset -euo pipefail\n. \"${BASH_SOURCE[0]%/*}/lib.sh\"\ntake \"$password\"\n",
    );
    git(&folder, &["add", "-A"]);
    folder.write("scripts/lib.sh", "take() { :; }\n");
    assert!(!folder.lint(&["--staged"]).paths().is_empty(), "the library of the worktree was read");
    assert!(folder.lint(&[]).paths().is_empty(), "the library of the index was read");
}

#[test]
fn base_is_what_changed_since_the_branches_parted_the_worktree_included() {
    let folder = repository(WITHOUT_L6);
    git(&folder, &["checkout", "-q", "-b", "work"]);
    folder.write("scripts/committed.sh", NO_REGIME);
    commit(&folder, "work");
    git(&folder, &["checkout", "-q", "main"]);
    folder.write("scripts/theirs.sh", NO_REGIME);
    commit(&folder, "meanwhile");
    git(&folder, &["checkout", "-q", "work"]);
    folder.write("scripts/staged.sh", NO_REGIME);
    git(&folder, &["add", "-A"]);
    folder.write("scripts/hello.sh", NO_REGIME);
    folder.write("scripts/new.sh", NO_REGIME);
    folder.write(".gitignore", "ignored.sh\n");
    folder.write("ignored.sh", NO_REGIME);
    assert_eq!(
        folder.lint(&["--base", "main"]).paths(),
        ["scripts/committed.sh", "scripts/hello.sh", "scripts/new.sh", "scripts/staged.sh"]
    );
}

#[test]
fn what_git_cannot_tell_is_2_and_says_what_to_do() {
    let says = |folder: &Folder, args: &[&str], words: &str| {
        let mut all = vec!["lint"];
        all.extend(args);
        folder.gauntlet(all).assert().code(2).stderr(contains(words));
    };
    let plain = Folder::new();
    plain.write("x.sh", CLEAN);
    says(&plain, &["--staged"], "failed to find a git repository");
    says(&plain, &["--base", "main"], "failed to find a git repository");
    let none = empty(WITHOUT_L6);
    none.write("x.sh", CLEAN);
    says(&none, &["--base", "main"], "nothing is committed yet");
    let folder = repository(WITHOUT_L6);
    says(&folder, &["--base", "origin/main"], "failed to find the base origin/main");
    says(&folder, &["--base=--all"], "failed to find the base --all");
    says(&folder, &["--base", "main", "--staged"], "cannot be used with");
    says(&folder, &["--staged", "--commit-message", "nowhere"], "failed to read nowhere");
    git(&folder, &["checkout", "-q", "--orphan", "other"]);
    commit(&folder, "another history");
    says(&folder, &["--base", "main"], "no common history");
    folder.write("scripts/hello.sh", format!("{CLEAN}printf x\n"));
    git(&folder, &["add", "-A"]);
    folder
        .gauntlet(["lint", "--staged"])
        .env("PATH", "/nonexistent")
        .assert()
        .code(2)
        .stderr(contains("failed to run git").and(contains("install git")));

    let clones = tempfile::tempdir().expect("a folder");
    let from = format!("file://{}", repository(WITHOUT_L6).path(".").display());
    let origin = repository(WITHOUT_L6);
    let from_origin = format!("file://{}", origin.path(".").display());
    origin.write("scripts/two.sh", CLEAN);
    commit(&origin, "two");
    drop(from);
    for (name, option) in [("bare", "--bare"), ("shallow", "--depth=1")] {
        let output = git_in(clones.path(), &["clone", "-q", option, &from_origin, name]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let run = |folder: &str, args: &[&str]| {
        let mut command = origin.gauntlet(args);
        command.current_dir(clones.path().join(folder)).assert()
    };
    run("bare", &["lint", "--staged"]).code(2).stderr(contains("is a bare repository"));
    run("shallow", &["lint", "--base", "HEAD"])
        .code(2)
        .stderr(contains("shallow clone").and(contains("--unshallow")));
    run("shallow", &["lint", "--staged"]).code(0);
}

#[test]
fn before_the_first_commit_everything_that_is_staged_is_new() {
    let folder = empty(WITHOUT_L6);
    folder.write("x.sh", NO_REGIME);
    assert_eq!(staged(&folder), ["x.sh"]);
}

#[test]
fn an_unmerged_file_is_said_and_is_2() {
    let folder = repository(WITHOUT_L6);
    git(&folder, &["checkout", "-q", "-b", "other"]);
    folder.write("scripts/hello.sh", format!("{CLEAN}printf a\n"));
    commit(&folder, "a");
    git(&folder, &["checkout", "-q", "main"]);
    folder.write("scripts/hello.sh", format!("{CLEAN}printf b\n"));
    commit(&folder, "b");
    assert!(!git_in(&folder.path("."), &["merge", "other"]).status.success(), "it must conflict");
    for args in [&["--staged"][..], &["--base", "main"]] {
        let linted = folder.lint(args);
        assert_eq!(linted.code, 2, "{args:?}");
        assert!(linted.stderr.contains("not checked: scripts/hello.sh is unmerged"), "{}", linted.stderr);
        assert_eq!(linted.stderr.matches("scripts/hello.sh").count(), 1, "{}", linted.stderr);
    }
}

#[test]
fn odd_names_links_submodules_and_nested_projects() {
    let folder = repository(WITHOUT_L6);
    folder.write("a b\n\u{e9}\".sh", NO_REGIME);
    symlink("scripts/hello.sh", folder.path("link.sh")).expect("a link");
    folder.write("nested/gauntlet.toml", "version = 1\n");
    folder.write("nested/deep/x.sh", NO_REGIME);
    let module = repository(WITHOUT_L6);
    let from = format!("file://{}", module.path(".").display());
    git(&folder, &["submodule", "--quiet", "add", &from, "module"]);
    assert_eq!(staged(&folder), ["a b\n\u{e9}\".sh"]);
    commit(&folder, "odd");
    // In a submodule `.git` is a file.
    let inside = folder.path("module");
    fs::write(inside.join("scripts/hello.sh"), NO_REGIME).expect("it is there");
    assert!(git_in(&inside, &["add", "-A"]).status.success());
    let mut command = folder.gauntlet(["lint", "--staged"]);
    command.current_dir(&inside).assert().code(1).stdout(contains("scripts/hello.sh:"));
    // The project around it says nothing of it.
    assert_eq!(staged(&folder), [""; 0]);

    folder.write(OsStr::from_bytes(b"\xff.sh"), CLEAN);
    git(&folder, &["add", "-A"]);
    let linted = folder.lint(&["--staged"]);
    assert_eq!(linted.code, 2);
    assert!(linted.stderr.contains("not UTF-8"), "{}", linted.stderr);
}

#[test]
fn a_project_inside_of_a_repository_is_asked_about_alone() {
    let folder = repository(WITHOUT_L6);
    folder.write("team/gauntlet.toml", WITHOUT_L6);
    folder.write("team/lib.sh", "take() { curl -u \"a:$1\" x; }\n");
    folder.write(
        "team/x.sh",
        "#!/bin/bash\n# Error regime: set -euo pipefail\nset -euo pipefail\n. \"${BASH_SOURCE[0]%/*}/lib.sh\"\ntake \"$password\"\n",
    );
    folder.write("outside.sh", NO_REGIME);
    git(&folder, &["add", "-A"]);
    fs::remove_file(folder.path("team/lib.sh")).expect("it is there");
    let mut command = folder.gauntlet(["lint", "--staged"]);
    command
        .current_dir(folder.path("team"))
        .assert()
        .code(1)
        .stdout(contains("secret-on-argv").and(contains("outside.sh").not()));
}

#[test]
fn a_changed_script_needs_an_entry_that_is_added_with_it() {
    let changed = format!("{CLEAN}printf x\n");
    let change = |files: &[(&str, &str)]| {
        let folder = repository(ONLY_L6);
        for (path, text) in files {
            folder.write(path, text);
        }
        staged(&folder)
    };
    let log = |more: &str| format!("{}{more}", entry("DOCFIX-001", "scripts/hello.sh"));
    let hello = ("scripts/hello.sh", changed.as_str());
    assert_eq!(change(&[hello]), ["scripts/hello.sh"], "an old entry counted");
    assert_eq!(change(&[hello, ("CHANGELOG.md", &log(&entry("DOCFIX-002", "scripts/hello.sh")))]), [""; 0]);
    assert_eq!(change(&[hello, ("CHANGELOG.md", &log(&entry("DOCFIX-002", "hello.sh")))]), [""; 0]);
    assert_eq!(change(&[hello, ("docs/changelog-x.md", &entry("DOCFIX-002", "scripts/hello.sh"))]), [""; 0]);
    for (what, more) in [
        ("another script", entry("DOCFIX-002", "scripts/other.sh")),
        ("no id", entry("DOCFIX", "scripts/hello.sh")),
        ("an empty part", entry("DOCFIX-002", "scripts/hello.sh").replace("nobody did.", "TBD")),
        (
            "a revert that no shell can read",
            entry("DOCFIX-002", "scripts/hello.sh").replace("remove it", "`git rm (`"),
        ),
        (
            "a commit that is none",
            entry("DOCFIX-002", "scripts/hello.sh").replace("remove it", "`git revert 1234567`"),
        ),
    ] {
        assert_eq!(change(&[hello, ("CHANGELOG.md", &log(&more))]), ["scripts/hello.sh"], "{what}");
    }
    let edited = log("").replace("nobody did", "nobody did it before");
    assert_eq!(change(&[hello, ("CHANGELOG.md", &edited)]), ["scripts/hello.sh"], "an edited entry counted");
    let moved = [hello, ("CHANGELOG.md", "# Changelog\n"), ("docs/changelog-x.md", &log(""))];
    assert_eq!(change(&moved), ["scripts/hello.sh"], "a moved entry counted");
}

#[test]
fn a_revert_may_name_a_commit_that_git_knows() {
    let folder = repository(ONLY_L6);
    let head = git(&folder, &["rev-parse", "--short=12", "HEAD"]);
    folder.write("scripts/hello.sh", format!("{CLEAN}printf x\n"));
    let entry = entry("DOCFIX-002", "scripts/hello.sh")
        .replace("remove it", &format!("`git revert --no-edit {}`", head.trim()));
    folder.write("docs/changelog-x.md", entry);
    assert_eq!(staged(&folder), [""; 0]);
}

#[test]
fn comments_and_blank_space_need_no_entry_and_everything_else_does() {
    let body = "#!/bin/bash\n# Says hello.\nset -eu\nif true; then\n  printf '%s\\n' 'a  b' # c\nfi\ncat <<E\n  x\nE\n";
    let after = |text: &str| {
        let folder = empty(ONLY_L6);
        folder.write("hello.sh", body);
        folder.write("CHANGELOG.md", "# Changelog\n");
        commit(&folder, "begin");
        folder.write("hello.sh", text);
        staged(&folder).len()
    };
    for (from, to) in [
        ("# Says hello.\n", "# Greets.\n\n\n"),
        (" # c\n", "\n"),
        ("  printf '%s\\n' 'a  b'", "    printf   '%s\\n' \\\n      'a  b'"),
        ("if true; then\n", "if true\nthen\n"),
    ] {
        assert!(body.contains(from), "{from}");
        assert_eq!(after(&body.replace(from, to)), 0, "{from:?} to {to:?}");
    }
    for (from, to) in [
        ("'a  b'", "'a b'"),
        ("  x\nE", "x\nE"),
        ("set -eu", "set -e"),
        ("# Says hello.\nset -eu", "# Says hello. set -eu"),
        ("#!/bin/bash", "#!/bin/sh"),
        ("true", "! true"),
        ("<<E", "<<'E'"),
        ("then\n", "then (\n"),
    ] {
        assert!(body.contains(from), "{from}");
        assert_eq!(after(&body.replace(from, to)), 1, "{from:?} to {to:?}");
    }
}

#[test]
fn renames_removals_and_modes_are_changes() {
    let messages = |folder: &Folder| {
        git(folder, &["add", "-A"]);
        let findings = folder.lint(&["--staged"]).json["findings"].as_array().cloned().unwrap_or_default();
        findings
            .iter()
            .map(|finding| {
                format!(
                    "{}: {}",
                    finding["path"].as_str().unwrap_or(""),
                    finding["message"].as_str().unwrap_or("")
                )
            })
            .collect::<Vec<String>>()
    };
    let folder = repository(ONLY_L6);
    fs::rename(folder.path("scripts/hello.sh"), folder.path("scripts/greet.sh")).expect("it is there");
    let said = messages(&folder);
    assert!(
        said.len() == 1
            && said[0].starts_with("scripts/greet.sh: this script was renamed from scripts/hello.sh"),
        "{said:?}"
    );
    folder.write("docs/changelog-x.md", entry("DOCFIX-002", "scripts/greet.sh"));
    assert_eq!(messages(&folder), [""; 0]);

    let folder = repository(ONLY_L6);
    fs::remove_file(folder.path("scripts/hello.sh")).expect("it is there");
    let said = messages(&folder);
    assert!(said.len() == 1 && said[0].starts_with("scripts/hello.sh: this script was removed"), "{said:?}");
    folder
        .gauntlet(["lint", "--staged"])
        .assert()
        .code(1)
        .stdout(contains("0 scripts, 0 runbooks, 0 unparsed, 1 removed"));
    folder.write("docs/changelog-x.md", entry("DOCFIX-002", "hello.sh"));
    assert_eq!(messages(&folder), [""; 0]);

    let folder = repository(ONLY_L6);
    fs::set_permissions(folder.path("scripts/hello.sh"), fs::Permissions::from_mode(0o755))
        .expect("it is there");
    let said = messages(&folder);
    assert!(said.len() == 1 && said[0].contains("got another mode"), "{said:?}");
}

#[test]
fn a_trailer_excuses_and_is_counted() {
    let folder = repository(ONLY_L6);
    folder.write("scripts/hello.sh", format!("{CLEAN}printf x\n"));
    git(&folder, &["add", "-A"]);
    let with = |message: &str| {
        folder.write("message", message);
        folder.gauntlet(["lint", "--staged", "--commit-message", "message"]).assert()
    };
    with("x\n\nNo-Changelog: a test of the hook\n").code(0).stdout(contains("1 suppressed"));
    with("x\n\nNo-changelog: a test of the hook\nSigned-off-by: a <a@example.org>\n# comment\n").code(0);
    with("x\n\nNo-Changelog: TBD\n").code(1);
    with("x\n\nNo-Changelog:\n").code(1);
    with("x\n\nNo-Changelog: in the midst\n\nof the text\n").code(1);
    fs::remove_file(folder.path("message")).expect("it is there");

    git(&folder, &["checkout", "-q", "-b", "work"]);
    git(&folder, &["commit", "-q", "-m", "x\n\nNo-Changelog: a test"]);
    folder.gauntlet(["lint", "--base", "main"]).assert().code(0).stdout(contains("1 suppressed"));
    // What another commit or the worktree adds to it is not excused.
    folder.write("scripts/hello.sh", format!("{CLEAN}printf y\n"));
    folder.gauntlet(["lint", "--base", "main"]).assert().code(1);
    commit(&folder, "without");
    folder.gauntlet(["lint", "--base", "main"]).assert().code(1);
}
