//! `gauntlet lint --fix` and `--diff`: what is repaired, what is left alone, and that nothing is lost.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use predicates::Predicate;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, is_empty};
use walkdir::WalkDir;

use crate::folder::{CLEAN, Folder, NO_REGIME};

/// The text of `name` after `--fix`, which must say how many findings went.
fn fixed(text: &str, findings: usize) -> String {
    let folder = Folder::new();
    let path = folder.write("a.sh", text);
    let said =
        if findings == 1 { "1 finding fixed".to_owned() } else { format!("{findings} findings fixed") };
    folder.gauntlet(["lint", "--fix"]).assert().stderr(contains(said));
    let once = fs::read_to_string(&path).expect("it is there");
    folder.gauntlet(["lint", "--fix"]).assert().stderr(contains("0 findings fixed"));
    assert_eq!(fs::read_to_string(&path).expect("it is there"), once, "a second time changes nothing");
    once
}

/// Asserts that nothing is repaired.
fn left_alone(text: &str) {
    assert_eq!(fixed(text, 0), text);
}

#[test]
fn the_regime_is_added_below_the_header() {
    assert_eq!(
        fixed("#!/usr/bin/env bash\n# Greets.\n\nprintf 'hello\\n'\n", 1),
        "#!/usr/bin/env bash\n# Greets.\n#\n# Error regime: set -uo pipefail, capture-then-test\nset -uo pipefail\n\nprintf 'hello\\n'\n"
    );
    assert_eq!(
        fixed("set -uo pipefail\nprintf 'hello\\n'\n", 1),
        "# Error regime: set -uo pipefail, capture-then-test\nset -uo pipefail\nprintf 'hello\\n'\n"
    );
}

#[test]
fn the_header_states_what_is_in_force() {
    assert_eq!(
        fixed("#!/bin/bash\nset -euo pipefail\nls\n", 1),
        "#!/bin/bash\n# Error regime: set -euo pipefail\nset -euo pipefail\nls\n"
    );
}

#[test]
fn a_script_that_leans_on_what_the_options_change_is_left_alone() {
    for line in [
        // Unset on purpose, or perhaps.
        "printf '%s\\n' \"$COLOUR\"",
        "[ -z $1 ] && exit 0",
        "[[ $1 == -v ]] && exit 0",
        "case $1 in -v) ;; esac",
        "if ls; then x=1; fi; printf '%s\\n' \"$x\"",
        "(( n > 1 )) && exit 0",
        "f() { printf '%s\\n' \"$1\"; }; f; :",
        "f() { printf '%s\\n' \"$2\"; }; f x; :",
        "f() { g \"$@\"; }; g() { printf '%s\\n' \"$1\"; }; f; :",
        "f() { x=1; }; printf '%s\\n' \"$x\"",
        "f() { local x=1; :; }; f; printf '%s\\n' \"$x\"",
        "printf '%s\\n' \"$x\"; x=1",
        "declare -A m; m[a]=1; printf '%s\\n' \"${m[b]}\"",
        "a=(); a[2]=x; printf '%s\\n' \"${a[1]}\"",
        "a=(x); printf '%s\\n' \"${a[1]}\"",
        "getopts a o; printf '%s\\n' \"$OPTARG\"",
        "for i in; do :; done; printf '%s\\n' \"$i\"",
        "for i in $(printf ''); do :; done; printf '%s\\n' \"$i\"",
        "select x in a; do break; done </dev/null; printf '%s\\n' \"$x\"",
        "trap 'printf \"%s\\n\" \"$left\"' EXIT",
        "f() { printf '%s\\n' \"$left\"; }; trap f EXIT",
        "f() { printf '%s\\n' \"$1\"; }; \"$@\"",
        "set -- a; shift; printf '%s\\n' \"$1\"",
        "printf '%s\\n' \"$!\"",
        "unset x; x=1; unset x; printf '%s\\n' \"$x\"",
        "if [ $# -gt 1 ]; then printf '%s\\n' \"$3\"; fi",
        "eval \"$(printf 'x=1\\n')\"",
        // A pipeline's status decides.
        "if ls | sort; then printf 'x\\n'; fi",
        "! ls | sort",
        "ls | sort || exit 1",
        "x=$(ls | sort) || exit 1",
        "f() { ls | sort; }; f",
        "ls | sort; printf '%s\\n' \"$?\"",
        "ls | sort",
        "ls | sort; exit",
        "f() { ls | sort; return; }; f || exit 1; :",
        "if true; then ls | sort; fi",
        "{ ls | sort; }",
        "for x in a; do ls | sort; done",
        "ls | sort; case x in x) exit ;; esac",
        "trap 'exit 1' ERR; ls | sort; :",
        "$(false | true) && :",
        "printf '%d\\n' x | cat",
        "printf '%s\\n' \"$0\" | head -n 1",
        "if printf 'x\\n' | grep -q x; then :; fi",
        // What was to set it may not have run.
        "read -r pid <x 2>/dev/null || true; printf '%s\\n' \"$pid\"",
        "while read -r k v; do :; done <missing; printf '%s\\n' \"$k\"",
        "{ x=1; } <missing; printf '%s\\n' \"$x\"",
        "f() { local level=${1:-info} prefix=\"[$level]\"; printf '%s\\n' \"$prefix\"; }; f",
        "declare a=1 b=$a; printf '%s\\n' \"$b\"",
        "export a=1 b=$a; printf '%s\\n' \"$b\"",
        "a=1; printf '%s\\n' \"${a:-${b:=1}}\"; printf '%s\\n' \"$b\"",
        "a=1; printf '%s\\n' \"${a:-$((c=2))}\"; printf '%s\\n' \"$c\"",
        "a=1; : \"${a:=${b:=1}}\"; printf '%s\\n' \"$b\"",
        "read -t 0 x; printf '%s\\n' \"$x\"",
        "read -r -u 7 x; printf '%s\\n' \"$x\"",
        "readonly x; x=1; printf '%s\\n' \"$x\"",
        "printf -v x; printf '%s\\n' \"$x\"",
        "y=$((1/0)); printf '%s\\n' \"$y\"",
        "(( y = 1 / 0 )); printf '%s\\n' \"$y\"",
        // It looks at the options, at itself, or at who runs it.
        "printf '%s\\n' \"$-\"",
        "[[ -o pipefail ]] && :",
        "[ -o nounset ] && :",
        "shopt -qo nounset; :",
        "old=$(set +o); :",
        "printf '%s\\n' \"$SHELLOPTS\"",
        "export SHELLOPTS",
        "sed -n 2p \"$0\"",
        "tail -n 1 \"${BASH_SOURCE[0]}\"",
        "while read -r line; do :; done <\"$0\"; :",
        "printf '%s\\n' \"$LINENO\"",
        "trap 'printf \"%s\\n\" \"$LINENO\"' EXIT",
        "main() { :; }; if [[ ${BASH_SOURCE[0]} == \"$0\" ]]; then main; fi",
        "main() { :; }; [ \"$0\" = \"$BASH_SOURCE\" ] && main",
        "main() { :; }; (return 0 2>/dev/null) || main",
        "coproc cat; :",
        "f() { :; }; unset -f f; :",
        "f() { :; }; unset f; :",
        "unset HOME; printf '%s\\n' \"$HOME\"",
        "f() { local PATH; :; }; f",
        "ls | sort; set -e; ls | sort; :",
    ] {
        left_alone(&format!("#!/bin/bash\n{line}\n"));
    }
    // With errexit, every pipeline decides.
    left_alone("#!/bin/bash\nset -e\nls | sort\nprintf 'x\\n'\n");
}

#[test]
fn what_is_surely_set_is_no_hindrance() {
    for line in [
        "f() { printf '%s\\n' \"$1\"; }; f x",
        "f() { g \"$@\" x; }; g() { printf '%s\\n' \"$1\"; }; f",
        "f() { local x; x=1; printf '%s\\n' \"$x\"; }; f",
        "[ $# -eq 2 ] || exit 2; printf '%s\\n' \"$1\" \"$2\"",
        "if [[ $# -lt 1 ]]; then exit 2; fi; printf '%s\\n' \"$1\"",
        "(( $# > 0 )) || exit 2; printf '%s\\n' \"$1\"",
        "usage() { exit 2; }; [ -z \"${1:-}\" ] && usage; printf '%s\\n' \"$1\"",
        "while [ $# -gt 0 ]; do printf '%s\\n' \"$1\"; shift; done",
        "if true; then x=1; else x=2; fi; printf '%s\\n' \"$x\"",
        "case a in a) x=1 ;; *) exit 1 ;; esac; printf '%s\\n' \"$x\"",
        "while true; do x=1; break; done; printf '%s\\n' \"$x\"",
        "while read -r line; do printf '%s\\n' \"$line\"; done <<<x",
        "for i in a b; do :; done; printf '%s\\n' \"$i\"",
        "a=(x y); printf '%s\\n' \"${a[1]}\" \"${a[@]}\" \"${#a[@]}\"",
        "declare -A m=([k]=v); for k in \"${!m[@]}\"; do printf '%s\\n' \"${m[$k]}\"; done",
        "while getopts ab: o; do case $o in b) printf '%s\\n' \"$OPTARG\" ;; *) exit 2 ;; esac; done",
        "tmp=$(mktemp); trap 'rm -f \"$tmp\"' EXIT; :",
        "n=0; (( n++ )); (( n += 2 )); printf '%s\\n' \"$n\"",
        "[ -n \"${COLOUR:-}\" ] && printf '%s\\n' \"$COLOUR\"; :",
        "x=$(ls | sort); printf '%s\\n' \"$x\"",
        "ls | sort; ls; exit",
        "ls | sort; :",
        "ls; printf '%s\\n' \"$?\"",
        "if read -r pid <x 2>/dev/null; then printf '%s\\n' \"$pid\"; fi",
        "x=1 2>/dev/null; printf '%s\\n' \"$x\"",
        "f() { local a=1; local b=$a; printf '%s\\n' \"$b\"; }; f",
        "n=7; half=$((n / 2)); printf '%s\\n' \"$half\"",
        "read -r -t 5 x <<<y; printf '%s\\n' \"$x\"",
        "cd \"$(dirname \"$0\")\" || exit 1; :",
        "printf 'x\\n' | cat; :",
    ] {
        let text = fixed(&format!("#!/bin/bash\n{line}\n"), 1);
        assert!(text.contains("set -uo pipefail\n"), "{line}");
    }
}

#[test]
fn a_file_that_is_sourced_gets_no_options() {
    left_alone("printf 'x\\n'\n");
    let folder = Folder::new();
    let text = "#!/bin/bash\nprintf 'x\\n'\n";
    let path = folder.write("part.sh", text);
    folder.write("a.sh", "#!/bin/bash\n# Error regime: set -euo pipefail\nset -euo pipefail\n. ./part.sh\n");
    folder.gauntlet(["lint", "--fix"]).assert().stderr(contains("0 findings fixed"));
    assert_eq!(fs::read_to_string(path).expect("it is there"), text);
}

#[test]
fn a_repair_is_judged_by_the_rules_that_are_not_asked_for_too() {
    let folder = Folder::new();
    let text = "#!/bin/bash\nbig=$(seq 100000)\nif echo \"$big\" | grep -q 1; then\n  printf 'x\\n'\nfi\n";
    let path = folder.write("a.sh", text);
    folder
        .gauntlet(["lint", "--select", "error-regime", "--fix"])
        .assert()
        .stderr(contains("0 findings fixed"));
    assert_eq!(fs::read_to_string(path).expect("it is there"), text);
}

#[test]
fn repairs_that_do_not_go_together_are_all_made_in_one_run() {
    // The first group has no repair that goes: what it stands in has an input of its own.
    let stuck = "  eval \"ssh $h uptime\"\n  ssh \"$h\" uptime | cat\n";
    let plain = "  ssh \"$h\" uptime\n";
    let body = [stuck, &plain.repeat(14)].concat();
    let header = "#!/bin/bash\n# Error regime: set -euo pipefail\nset -euo pipefail\n";
    let text =
        format!("{header}while read -r h; do\n{body}  x=`ssh $h uptime`\n  printf '%s\\n' \"$x\"\ndone\n");
    let folder = Folder::new();
    let path = folder.write("a.sh", text);
    folder.gauntlet(["lint", "--fix"]).output().expect("it runs");
    let once = fs::read_to_string(&path).expect("it is there");
    folder.gauntlet(["lint", "--fix"]).assert().stderr(contains("0 findings fixed"));
    assert_eq!(fs::read_to_string(&path).expect("it is there"), once, "a second time changes nothing");
}

#[test]
fn texts_with_carriage_returns_or_a_mark_and_files_with_two_names_are_left_alone() {
    for text in ["\u{feff}#!/bin/bash\nls\n", "#!/bin/bash\r\nls\r\n"] {
        let folder = Folder::new();
        let path = folder.write("a.sh", text);
        folder.gauntlet(["lint", "--fix"]).assert().stderr(contains("0 findings fixed"));
        assert_eq!(fs::read_to_string(path).expect("it is there"), text);
    }
    let folder = Folder::new();
    let path = folder.write("a.sh", NO_REGIME);
    fs::hard_link(&path, folder.path("other")).expect("a link can be made");
    folder.gauntlet(["lint", "--fix"]).assert().code(2).stderr(contains("a.sh has another name"));
    assert_eq!(fs::read_to_string(path).expect("it is there"), NO_REGIME);
}

#[test]
fn a_diff_shows_what_would_be_written_and_applies() {
    let folder = Folder::new();
    let path = folder.write("scripts/a.sh", NO_REGIME);
    folder.write("scripts/clean.sh", CLEAN);
    let shown = folder
        .gauntlet(["lint", "--diff"])
        .assert()
        .code(1)
        .stderr(contains("1 finding could be fixed in 1 file"));
    assert_eq!(fs::read_to_string(&path).expect("it is there"), NO_REGIME, "nothing is written");
    let diff = folder.path("diff");
    fs::write(&diff, &shown.get_output().stdout).expect("it can be written");
    let applied = Command::new("git").args(["apply", "diff"]).current_dir(folder.path("")).status();
    assert!(applied.expect("git runs").success(), "git takes the diff");
    folder.gauntlet(["lint", "--diff"]).assert().code(0).stdout(is_empty());
}

#[test]
fn the_mode_and_the_link_stay() {
    let folder = Folder::new();
    let path = folder.write("real/a.sh", NO_REGIME);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).expect("its mode can be set");
    let link = folder.path("a.sh");
    symlink("real/a.sh", &link).expect("a link can be made");
    folder.gauntlet(["lint", "--fix", "a.sh"]).assert().code(0);
    assert!(link.is_symlink(), "the link is a link still");
    assert_eq!(path.metadata().expect("it is there").permissions().mode() & 0o777, 0o750);
    assert!(fs::read_to_string(&path).expect("it is there").contains("set -uo pipefail"));
}

#[test]
fn what_cannot_be_read_is_said_and_the_others_are_repaired() {
    let folder = Folder::new();
    folder.write("binary.sh", b"#!/bin/bash\n\xff\n");
    let path = folder.write("a.sh", NO_REGIME);
    folder.gauntlet(["lint", "--fix"]).assert().code(2).stderr(contains("binary.sh is not UTF-8"));
    assert!(fs::read_to_string(&path).expect("it is there").contains("Error regime"));
}

#[test]
fn suppressed_findings_and_runbooks_are_left_alone() {
    let folder = Folder::new();
    let text =
        "#!/bin/bash\n# gauntlet: allow(error-regime) reason=\"a test of the terminal\"\nprintf 'x\\n'\n";
    let path = folder.write("a.sh", text);
    folder.write("b.md", "```bash\nlocal x=$(ls)\n```\n");
    folder
        .gauntlet(["lint", "--fix"])
        .assert()
        .stderr(contains("0 findings fixed").and(contains("not fixed").not()));
    assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
}

/// Every hard case: bash accepts what comes out, and a second time changes nothing.
#[test]
fn hard_cases_stay_bash_and_settle() {
    let folder = Folder::new();
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rules");
    let mut copied = 0;
    for entry in WalkDir::new(cases).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|end| end == "sh") {
            let name = entry.path().strip_prefix(cases).expect("it lies below");
            fs::create_dir_all(folder.path(name).parent().expect("it has one")).expect("folders can be made");
            fs::copy(entry.path(), folder.path(name)).expect("it can be copied");
            copied += 1;
        }
    }
    assert!(copied > 300, "only {copied} hard cases were found");
    let rejected = || {
        let mut broken = Vec::new();
        for entry in WalkDir::new(folder.path("")).into_iter().filter_map(Result::ok) {
            if entry.path().extension().is_some_and(|end| end == "sh") {
                let checked = Command::new("bash").arg("-n").arg(entry.path()).output().expect("bash runs");
                if !checked.status.success() {
                    broken
                        .push(entry.path().strip_prefix(folder.path("")).expect("it lies below").to_owned());
                }
            }
        }
        broken
    };
    let before = rejected();
    folder.gauntlet(["lint", "--fix"]).assert().stderr(contains("findings fixed").and(nothing().not()));
    assert_eq!(rejected(), before);
    folder.gauntlet(["lint", "--fix"]).assert().stderr(nothing());
}

fn nothing() -> impl Predicate<str> {
    predicates::str::is_match("(?m)^0 findings fixed").expect("it is a regex")
}

/// A script under that regime, with `body` on its last lines.
fn under(options: &str, body: &str) -> String {
    let claim = if options.starts_with("-e") { "" } else { ", capture-then-test" };
    format!("#!/usr/bin/env bash\n# Looks.\n# Error regime: set {options}{claim}\nset {options}\n{body}")
}

/// Asserts that `body` becomes `wanted`, and that both do the same where every program succeeds.
fn becomes(options: &str, body: &str, wanted: &str) {
    let (before, after) = (under(options, body), fixed(&under(options, body), 1));
    assert_eq!(after, under(options, wanted));
    assert_eq!(outcome(&after), outcome(&before), "{after}");
}

/// What a script prints and how it ends, in a world where each program says `up` in one write: whoever leaves the pipe
/// early does no harm.
fn outcome(script: &str) -> (Vec<u8>, Option<i32>) {
    let folder = Folder::new();
    for program in ["juju", "hostname"] {
        let path = folder.write(format!("bin/{program}"), "#!/bin/bash\nprintf 'up\\n'\n");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode can be set");
    }
    folder.write("list", "one\ntwo\n");
    let path = format!("{}:/usr/bin:/bin", folder.path("bin").display());
    let output = Command::new("bash")
        .args(["-c", script, "script", "up"])
        .current_dir(folder.path(""))
        .env("PATH", path)
        .output()
        .expect("bash runs");
    (output.stdout, output.status.code())
}

#[test]
fn a_declaration_with_a_substitution_is_split() {
    becomes(
        "-euo pipefail",
        "f() {\n  local x=$(hostname -f)\n  printf '%s\\n' \"$x\"\n}\nf\n",
        "f() {\n  local x\n  x=$(hostname -f)\n  printf '%s\\n' \"$x\"\n}\nf\n",
    );
    becomes(
        "-euo pipefail",
        "f() {\n\tlocal x=\"$(hostname -f)\" # of this machine\n\tprintf '%s\\n' \"$x\"\n}\nf\n",
        "f() {\n\tlocal x\n\tx=\"$(hostname -f)\" # of this machine\n\tprintf '%s\\n' \"$x\"\n}\nf\n",
    );
    // Nothing says that the failure is fatal.
    left_alone(&under("-uo pipefail", "f() {\n  local x=$(hostname)\n  printf '%s\\n' \"$x\"\n}\nf\n"));
    // A failure may be the answer, or the author counts on it.
    for command in [
        "which vim",
        "grep -c '^' list",
        "readlink -f up",
        "juju status | grep up",
        "juju status nova",
        "find . -name '*.crt'",
        "dpkg-statoverride --list /usr/bin/up",
        "no-such-program",
        "hostname 2>/dev/null",
        "printf '%s\\n' \"$HOME\" | grep -c '^'",
        "juju status && hostname",
        "look",
    ] {
        let body =
            format!("look() {{ false; }}\nf() {{\n  local x=$({command})\n  printf '%s\\n' \"$x\"\n}}\nf\n");
        left_alone(&under("-euo pipefail", &body));
    }
    // A function stands in front of the program.
    left_alone(&under(
        "-euo pipefail",
        "hostname() { false; }\nf() {\n  local x=$(juju status; hostname)\n  printf '%s\\n' \"$x\"\n}\nf\n",
    ));
    becomes(
        "-euo pipefail",
        "export HOST=$(hostname -f)\nprintf '%s\\n' \"$HOST\"\n",
        "HOST=$(hostname -f)\nexport HOST\nprintf '%s\\n' \"$HOST\"\n",
    );
    for body in [
        // What runs would see another variable.
        "x=1\nf() {\n  local x=$(hostname \"$x\")\n  printf '%s\\n' \"$x\"\n}\nf\n",
        "declare -i x=$(hostname)\n",
        "true && export x=$(hostname)\n",
    ] {
        left_alone(&under("-euo pipefail", body));
    }
}

#[test]
fn what_is_searched_is_captured_first() {
    becomes(
        "-euo pipefail",
        "if juju status | grep -q up; then\n  printf 'up\\n'\nfi\n",
        "output=$(juju status)\nif grep -q up <<<\"$output\"; then\n  printf 'up\\n'\nfi\n",
    );
    becomes(
        "-euo pipefail",
        "f() {\n  if ! juju status | grep -qx 'up'; then\n    printf 'down\\n'\n  fi\n}\nf\n",
        "f() {\n  local output\n  output=$(juju status)\n  if ! grep -qx 'up' <<<\"$output\"; then\n    printf 'down\\n'\n  fi\n}\nf\n",
    );
    becomes(
        "-euo pipefail",
        "output=1\njuju status | grep -q up || exit 3\nprintf '%s\\n' \"$output\"\n",
        "output=1\noutput_=$(juju status)\ngrep -q up <<<\"$output_\" || exit 3\nprintf '%s\\n' \"$output\"\n",
    );
    for body in [
        // Nothing is one empty line in a here-string.
        "if juju status | grep -qv up; then printf 'x\\n'; fi\n",
        "if juju status | grep -q '^$'; then printf 'x\\n'; fi\n",
        "if juju status | grep -q 'u*'; then printf 'x\\n'; fi\n",
        // It says by its status that something is not there.
        "if grep '^Permit' conf | grep -q no; then printf 'x\\n'; fi\n",
        "if crontab -l | grep -q backup; then printf 'x\\n'; fi\n",
        "if systemctl is-active nova | grep -q active; then printf 'x\\n'; fi\n",
        "if readlink -f conf | grep -q no; then printf 'x\\n'; fi\n",
        "if ldd /bin/true | grep -q libc; then printf 'x\\n'; fi\n",
        "if sv status nginx | grep -q run; then printf 'x\\n'; fi\n",
        "if ps -p 1 | grep -q init; then printf 'x\\n'; fi\n",
        "if sh -c 'exit 3' | grep -q up; then printf 'x\\n'; fi\n",
        "if juju status 2>/dev/null | grep -q up; then printf 'x\\n'; fi\n",
        "juju() { false; }\nif juju status | grep -q up; then printf 'x\\n'; fi\n",
        // It has no end.
        "if tail -f log | grep -q up; then printf 'x\\n'; fi\n",
        "if journalctl -fu nova | grep -q up; then printf 'x\\n'; fi\n",
        "if kubectl logs --follow web | grep -q up; then printf 'x\\n'; fi\n",
        // What it says on stderr is searched too; a comment would be lost.
        "if juju status |& grep -q up; then printf 'x\\n'; fi\n",
        "if juju status | # now\n  grep -q up; then printf 'x\\n'; fi\n",
        // It is asked more than once, or not at all.
        "while ! juju status | grep -q up; do sleep 1; done\n",
        "true && juju status | grep -q up && printf 'x\\n'\n",
    ] {
        left_alone(&under("-euo pipefail", body));
    }
    // Nothing says that the failure is fatal.
    left_alone(&under("-uo pipefail", "if juju status | grep -q up; then printf 'x\\n'; fi\n"));
}

#[test]
fn a_shell_without_here_strings_gets_none() {
    let script = |body: &str| format!("#!/bin/sh\n# Looks.\n# Error regime: set -eu\nset -eu\n{body}");
    assert_eq!(
        fixed(&script("if juju status | grep -q up; then\n  printf 'up\\n'\nfi\n"), 1),
        script(
            "output=$(juju status)\nif printf '%s\\n' \"$output\" | grep -q up; then\n  printf 'up\\n'\nfi\n"
        )
    );
    // Nor a local variable, which not all of them have.
    left_alone(&script("f() {\n  if juju status | grep -q up; then\n    printf 'up\\n'\n  fi\n}\nf\n"));
}

#[test]
fn a_set_line_that_is_there_is_completed() {
    assert_eq!(
        fixed("#!/bin/bash\n# Greets.\nset -e\n\nprintf 'hello\\n'\n", 1),
        "#!/bin/bash\n# Greets.\n#\n# Error regime: set -euo pipefail\nset -euo pipefail\n\nprintf 'hello\\n'\n"
    );
    assert_eq!(
        fixed("#!/bin/bash\nset -x -o pipefail\nprintf 'hello\\n'\n", 1),
        "#!/bin/bash\n# Error regime: set -uo pipefail, capture-then-test\nset -uxo pipefail\nprintf 'hello\\n'\n"
    );
}

#[test]
fn what_takes_the_loops_input_gets_none() {
    let loops =
        |end: &str| format!("while read -r host; do\n  ssh \"$host\" uptime{end} || exit\ndone <list\n");
    assert_eq!(fixed(&under("-euo pipefail", &loops("")), 1), under("-euo pipefail", &loops(" </dev/null")));
    // What works on its stdin, here or there, would have nothing to work on.
    for body in [
        "cat >\"$host.conf\"",
        "rest=$(cat)",
        "sudo tee /etc/hosts >/dev/null",
        "docker exec -i \"$host\" sh -c 'cat >/etc/app.conf'",
        "ssh \"$host\" 'cat >/etc/app.conf'",
        "ssh \"$host\" sudo tar -x -C /srv",
        "kubectl exec -i \"$host\" -- psql",
    ] {
        left_alone(&under("-euo pipefail", &format!("while read -r host; do\n  {body}\ndone <list\n")));
    }
    // Others may call the function with input for it.
    left_alone(&under(
        "-euo pipefail",
        "check() { ssh \"$1\" uptime; }\nwhile read -r host; do\n  check \"$host\" || exit\ndone <list\n",
    ));
}

#[test]
fn a_secret_body_goes_through_stdin() {
    assert_eq!(
        fixed(&under("-euo pipefail", "curl -sf -d \"$API_TOKEN\" https://api.example/ >/dev/null\n"), 1),
        under(
            "-euo pipefail",
            "printf '%s' \"$API_TOKEN\" | curl -sf --data-binary @- https://api.example/ >/dev/null\n"
        )
    );
    for line in [
        "curl -d \"$API_TOKEN\" -d x=1 https://api.example/",
        "curl -d \"$API_TOKEN\" -H @- https://api.example/ <headers",
        "sudo curl -d \"$API_TOKEN\" https://api.example/",
        "curl -d \"@$API_TOKEN\" https://api.example/",
        "curl -H \"X: $API_TOKEN\" https://api.example/",
    ] {
        left_alone(&under("-euo pipefail", &format!("{line}\n")));
    }
}
