//! Which files are found, and what becomes of those that cannot be checked.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use nix::sys::stat::Mode;

use crate::folder::{CLEAN, Folder, NO_REGIME};

#[test]
fn scripts_are_found_by_ending_and_by_first_line_hidden_folders_included() {
    let folder = Folder::new();
    for path in ["a.sh", "b.bash", "bin/tool", ".hooks/pre-commit", "folder.sh/inner.sh"] {
        folder.write(path, NO_REGIME);
    }
    folder.write(".git/hooks/pre-push", NO_REGIME);
    folder.write("notes.txt", NO_REGIME);
    folder.write("Makefile", "all:\n\ttrue\n");
    folder.write("tool.py", "#!/usr/bin/env python3\n");
    let linted = folder.lint(&[]);
    assert_eq!(linted.paths(), [".hooks/pre-commit", "a.sh", "b.bash", "bin/tool", "folder.sh/inner.sh"]);
    assert_eq!(linted.code, 1, "{}", linted.stderr);
}

#[test]
fn what_git_ignores_or_the_settings_exclude_is_not_searched_unless_it_is_named() {
    let folder = Folder::new();
    folder.write(
        "gauntlet.toml",
        "version = 1\nexclude = [\"vendor\"]\n[lint]\nignore = [\"changelog-entry\"]\n",
    );
    folder.write(".gitignore", "/target/\n*.tmp.sh\n!keep.tmp.sh\n");
    folder.write("sub/.gitignore", "own.sh\n");
    for path in
        ["target/x.sh", "x.tmp.sh", "keep.tmp.sh", "sub/own.sh", "vendor/deep/x.sh", "node_modules/x.sh"]
    {
        folder.write(path, NO_REGIME);
    }
    assert_eq!(folder.lint(&[]).paths(), ["keep.tmp.sh", "node_modules/x.sh"]);
    assert_eq!(folder.lint(&["vendor", "sub/own.sh"]).paths(), ["sub/own.sh", "vendor/deep/x.sh"]);
}

#[test]
fn a_nested_project_is_another_project_unless_it_is_a_member() {
    let folder = Folder::new();
    folder.write(
        "inner/gauntlet.toml",
        "version = 1\n[lint]\nignore = [\"changelog-entry\", \"error-regime\"]\n",
    );
    folder.write("inner/x.sh", NO_REGIME);
    folder.write("y.sh", NO_REGIME);
    assert_eq!(folder.lint(&[]).paths(), ["y.sh"]);
    let named = folder.lint(&["inner"]);
    assert_eq!((named.code, named.files()), (0, 1), "its own settings hold: {}", named.stderr);
    assert_eq!(folder.lint(&["--isolated", "--ignore", "changelog-entry"]).paths(), ["inner/x.sh", "y.sh"]);
    folder.write(
        "gauntlet.toml",
        "version = 1\nmembers = [\"inner\"]\n[lint]\nignore = [\"changelog-entry\"]\n",
    );
    assert_eq!(folder.lint(&[]).paths(), ["inner/x.sh", "y.sh"]);
    folder.gauntlet(["lint", "inner", "y.sh"]).assert().code(1);
}

#[test]
fn paths_of_two_projects_are_no_single_question() {
    let folder = Folder::new();
    folder.write("inner/gauntlet.toml", "version = 1\n");
    folder.write("inner/x.sh", CLEAN);
    folder.write("y.sh", CLEAN);
    let assert = folder.gauntlet(["lint", "inner/x.sh", "y.sh"]).assert().code(2);
    assert.stderr(predicates::str::contains("each with settings of its own"));
}

#[test]
fn other_shells_are_skipped_and_counted() {
    let folder = Folder::new();
    folder.write("a.sh", CLEAN);
    folder.write("b.zsh", "print -P x\n");
    folder.write("c", "#!/usr/bin/env fish\nset x 1\n");
    folder.write("d.sh", "#!/bin/csh\nset x = 1\n");
    folder
        .gauntlet(["lint"])
        .assert()
        .code(0)
        .stdout(predicates::str::contains("1 script,"))
        .stdout(predicates::str::contains("3 of other shells skipped"));
}

/// Makes one bad thing beside a clean script: the lint must end with 2, say the words, and still check the script.
#[track_caller]
fn survives(make: impl FnOnce(&Folder), words: &str) {
    let folder = Folder::new();
    folder.write("clean.sh", CLEAN);
    make(&folder);
    let linted = folder.lint(&[]);
    assert!(linted.stderr.contains(words), "not said: {words}: {}", linted.stderr);
    assert_eq!((linted.code, linted.files()), (2, 1), "{}", linted.stderr);
}

#[test]
fn what_cannot_be_checked_is_said_and_the_rest_is_checked() {
    survives(
        |folder| drop(folder.write("x.sh", b"#!/bin/bash\necho caf\xe9\n")),
        "x.sh is not UTF-8 at byte offset 20 (line 2)",
    );
    survives(|folder| drop(folder.write("x.sh", b"echo\n\0\n")), "x.sh has a NUL byte at offset 5 (line 2)");
    survives(
        |folder| drop(folder.write("x.sh", vec![b'#'; 10 * 1024 * 1024 + 1])),
        "x.sh is larger than 10 MiB",
    );
    survives(
        |folder| drop(folder.write(OsStr::from_bytes(b"caf\xe9.sh"), CLEAN)),
        "has a name that is not UTF-8",
    );
    survives(
        |folder| nix::unistd::mkfifo(&folder.path("x.sh"), Mode::S_IRWXU).expect("a FIFO can be made"),
        "x.sh is a FIFO, which is never opened",
    );
    survives(
        |folder| symlink("nowhere", folder.path("x.sh")).expect("a link"),
        "x.sh is a link that leads nowhere",
    );
    survives(
        |folder| symlink("x.sh", folder.path("x.sh")).expect("a link"),
        "x.sh is a link that leads nowhere",
    );
    survives(
        |folder| symlink("/dev/zero", folder.path("x.sh")).expect("a link"),
        "x.sh is a link to something that is no",
    );
    survives(
        |folder| symlink("/usr", folder.path("usr")).expect("a link"),
        "usr is a link to a folder outside of what is searched",
    );
}

#[test]
fn a_loop_of_folders_ends_and_a_linked_script_is_checked_once() {
    let folder = Folder::new();
    folder.write("ops/real.sh", NO_REGIME);
    folder.write("ops/text.txt", NO_REGIME);
    symlink("..", folder.path("ops/up")).expect("a link");
    symlink("ops/real.sh", folder.path("alias.sh")).expect("a link");
    symlink("ops/text.txt", folder.path("named.sh")).expect("a link");
    let linted = folder.lint(&[]);
    assert_eq!(linted.paths(), ["named.sh", "ops/real.sh"], "{}", linted.stderr);
    assert_eq!((linted.code, linted.files()), (1, 2), "{}", linted.stderr);
}

#[test]
fn a_script_outside_the_project_can_be_named() {
    let (folder, other) = (Folder::new(), tempfile::tempdir().expect("a folder"));
    let script = other.path().join("x.sh");
    std::fs::write(&script, NO_REGIME).expect("a file");
    let script = script.canonicalize().expect("it exists");
    assert_eq!(folder.lint(&[&script.display().to_string()]).paths(), [script.display().to_string()]);
}

#[test]
fn what_a_script_outside_the_project_sources_is_read() {
    let (folder, other) = (Folder::new(), tempfile::tempdir().expect("a folder"));
    let write = |name: &str, text: &str| {
        let path = other.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path.canonicalize().expect("it exists").display().to_string()
    };
    write("lib/drop.sh", "drop() { openstack server delete \"$1\"; }\n");
    let head = "#!/usr/bin/env bash\n# Error regime: set -euo pipefail\nset -euo pipefail\n";
    let named = write("bin/x.sh", &format!("{head}. \"$(dirname \"$0\")/../lib/drop.sh\"\ndrop web-1\n"));
    let above = write("bin/y.sh", &format!("{head}. \"$OPS_ROOT/lib/drop.sh\"\ndrop web-1\n"));
    for script in [named, above] {
        let linted = folder.lint(&[&script, "--select", "L3"]);
        assert_eq!((linted.code, linted.paths()), (1, vec![script]), "{}", linted.stderr);
    }
}

#[test]
fn a_folder_named_lib_makes_no_library_of_a_script() {
    let folder = Folder::new();
    let functions = "drop() { rm -rf \"/srv/$1\"; }\n";
    folder.write("lib/functions.sh", functions);
    folder.write("lib/constants.sh", format!("root=/srv\n{functions}"));
    folder.write("lib/run.sh", "#!/usr/bin/env bash\nrm -rf /srv/cache\n");
    folder.write("lib/calls.sh", format!("#!/usr/bin/env bash\n{functions}drop cache\n"));
    let linted = folder.lint(&["--select", "L1,L3"]);
    assert_eq!(linted.paths(), ["lib/calls.sh", "lib/run.sh"], "{}", linted.stderr);
    // A folder of the machine is none of the repository.
    folder.write("var/lib/dpkg/info/a.sh", "printf 'x\\n'\n");
    assert_eq!(folder.lint(&["--select", "L1", "var"]).paths(), ["var/lib/dpkg/info/a.sh"]);
}

#[test]
fn a_library_is_found_by_way_of_the_folder_that_the_script_went_to() {
    let head = "#!/usr/bin/env bash\n# Error regime: set -euo pipefail\nset -euo pipefail\n";
    let ways = [
        "LIB=$(cd \"$(dirname \"$0\")/../lib\" && pwd)\nsource \"$LIB/drop.sh\"\n",
        "SELF=$(readlink -f \"$0\") || exit 1\nLIB=$(cd \"${SELF%/*}/../lib\" || exit; pwd -P)\n. \"$LIB/drop.sh\"\n",
        "cd \"$(dirname \"$0\")\"\ncd ../lib\nsource ./drop.sh\n",
        "LIB=$(cd \"$(dirname \"$0\")/../../ops/lib\" && pwd)\nsource \"$LIB/drop.sh\"\n",
        "pushd \"$(dirname \"$0\")/../lib\" >/dev/null\nsource drop.sh\npopd >/dev/null\n",
    ];
    for way in ways {
        let folder = Folder::new();
        folder.write("lib/drop.sh", "drop() { openstack server delete \"$1\"; }\n");
        // Neither a script of the library's name nor another folder's file is taken for it.
        folder.write("bin/drop.sh", format!("{head}{way}drop web-1\n"));
        let linted = folder.lint(&["bin/drop.sh", "--select", "L3"]);
        assert_eq!((linted.code, linted.paths()), (1, vec!["bin/drop.sh".to_owned()]), "{way}");
        let last = 4 + way.matches('\n').count();
        assert_eq!(linted.json["findings"][0]["line"], last, "{way}");
    }
}

#[test]
fn what_excludes_everything_excludes_everything() {
    for glob in ["**", "*", "**/*"] {
        let folder = Folder::new();
        folder.write("gauntlet.toml", format!("version = 1\nexclude = [\"{glob}\"]\n"));
        folder.write("a.sh", "ls\n");
        folder.write("sub/b.sh", "ls\n");
        let linted = folder.lint(&[]);
        assert_eq!((linted.code, linted.files()), (2, 0), "{glob}");
        assert_eq!(folder.lint(&["sub/b.sh"]).files(), 1, "{glob}: a named path wins");
    }
}

#[test]
fn patterns_of_the_settings_that_fit_nothing_are_told() {
    let folder = Folder::new();
    folder.write("a.sh", CLEAN);
    folder.write("third/party/x.sh", NO_REGIME);
    let exclude = "\"third\", \"thrid\", \"**/party/*.sh\", \"**/partly/*.sh\", \"a.bash\"";
    folder.write("gauntlet.toml", format!("version = 1\nexclude = [{exclude}]\nmembers = [\"apps/*\"]\n"));
    let linted = folder.lint(&["--select", "error-regime"]);
    assert_eq!(linted.code, 0, "{}", linted.stderr);
    let told: Vec<&str> =
        linted.stderr.lines().filter_map(|line| line.strip_prefix("warning: `")?.split('`').next()).collect();
    assert_eq!(told, ["thrid", "**/partly/*.sh", "a.bash", "apps/*"], "{}", linted.stderr);
    let named = folder.lint(&["--select", "error-regime", "a.sh"]);
    assert!(!named.stderr.contains("warning"), "{}", named.stderr);
}
