//! The command line as scripts, hooks and CI see it.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, is_empty};

use crate::folder::{CLEAN, Folder, NO_REGIME};

/// A folder with one clean script.
fn clean() -> Folder {
    let folder = Folder::new();
    folder.write("clean.sh", CLEAN);
    folder
}

/// A folder with one clean script and one that has a finding.
fn dirty() -> Folder {
    let folder = clean();
    folder.write("scripts/dirty.sh", NO_REGIME);
    folder
}

fn binary() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("gauntlet"));
    command.env("XDG_CACHE_HOME", "/dev/null");
    command
}

#[test]
fn exit_codes_are_0_clean_1_findings_2_could_not_check() {
    clean().gauntlet(["lint"]).assert().code(0);
    dirty().gauntlet(["lint"]).assert().code(1);
    dirty().gauntlet(["lint", "nowhere.sh"]).assert().code(2).stderr(contains("nowhere.sh does not exist"));
    dirty().gauntlet(["lint", ".", "nowhere.sh"]).assert().code(2);
    clean().gauntlet(["lint", "--no-such-option"]).assert().code(2);
    clean().gauntlet(["no-such-command"]).assert().code(2);
    clean().gauntlet([""; 0]).assert().code(2);
    clean().gauntlet(["--help"]).assert().code(0).stdout(contains("lint"));
    clean().gauntlet(["--version"]).assert().code(0).stdout(contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_warning_alone_is_clean() {
    let folder = dirty();
    folder.write(
        "gauntlet.toml",
        "version = 1\n[lint]\nignore = [\"L6\"]\nseverity = { error-regime = \"warn\" }\n",
    );
    folder.gauntlet(["lint"]).assert().code(0).stdout(contains("0 fail, 1 warn"));
}

#[test]
fn nothing_checked_is_never_clean() {
    let folder = Folder::new();
    folder.gauntlet(["lint"]).assert().code(2).stderr(contains("holds no shell script"));
    folder.write("data/x.txt", "x");
    folder.gauntlet(["lint", "data"]).assert().code(2);
    folder
        .gauntlet(["lint", "data/x.txt"])
        .assert()
        .code(2)
        .stderr(contains("neither a shell script nor Markdown"));
    folder.write("x.zsh", "print x\n");
    folder.gauntlet(["lint", "x.zsh"]).assert().code(2);
}

#[test]
fn the_format_never_changes_the_code() {
    for (folder, code) in [(clean(), 0), (dirty(), 1), (Folder::new(), 2)] {
        for format in ["text", "json"] {
            folder.gauntlet(["lint", "--output-format", format]).assert().code(code);
        }
    }
}

#[test]
fn json_is_version_1_of_the_contract() {
    let linted = dirty().lint(&[]);
    assert_eq!(linted.json["version"], 1);
    let finding = &linted.json["findings"][0];
    for (key, value) in
        [("code", "L1"), ("rule", "error-regime"), ("severity", "fail"), ("path", "scripts/dirty.sh")]
    {
        assert_eq!(finding[key], value, "{key}");
    }
    for key in ["line", "column", "end_line", "end_column"] {
        assert!(finding[key].as_u64().is_some_and(|number| number >= 1), "{key}: {finding}");
    }
    for key in ["message", "why", "instead", "fingerprint"] {
        assert!(finding[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {finding}");
    }
    let summary = &linted.json["summary"];
    for (key, number) in [("files", 2), ("fail", 1), ("warn", 0), ("suppressed", 0), ("unparsed", 0)] {
        assert_eq!(summary[key], number, "{key}");
    }
}

#[test]
fn text_shows_the_line_what_why_and_instead_on_stdout_and_nothing_on_stderr() {
    dirty()
        .gauntlet(["lint"])
        .assert()
        .code(1)
        .stdout(
            contains("scripts/dirty.sh:").and(contains("L1")).and(contains("why")).and(contains("instead")),
        )
        .stdout(contains("1 fail, 0 warn   2 scripts, 0 runbooks, 0 unparsed"))
        .stdout(contains("\u{1b}").not())
        .stderr(is_empty());
}

#[test]
fn colour_comes_when_asked_for_and_no_color_wins() {
    let folder = dirty();
    folder.gauntlet(["lint"]).env("CLICOLOR_FORCE", "1").assert().stdout(contains("\u{1b}["));
    folder
        .gauntlet(["lint"])
        .env("CLICOLOR_FORCE", "1")
        .env("NO_COLOR", "1")
        .assert()
        .stdout(contains("\u{1b}[").not());
}

#[test]
fn a_script_cannot_drive_the_readers_terminal() {
    let folder = Folder::new();
    folder.write("x\u{1b}[31m.sh", "#!/bin/bash\nprintf '\u{1b}]0;title\u{7}' \u{202e}\n");
    let output = folder.gauntlet(["lint"]).output().expect("it runs");
    let shown = [output.stdout, output.stderr].concat();
    assert!(!shown.contains(&0x1b) && !shown.contains(&7), "{}", String::from_utf8_lossy(&shown));
    assert!(!String::from_utf8_lossy(&shown).contains('\u{202e}'));
}

#[test]
fn select_and_ignore_take_slugs_and_codes_and_suggest_the_nearest() {
    let folder = dirty();
    folder.gauntlet(["lint", "--select", "secret-on-argv"]).assert().code(0);
    folder.gauntlet(["lint", "--select", "L1"]).assert().code(1);
    folder.gauntlet(["lint", "--ignore", "l1,L2"]).assert().code(0);
    folder
        .gauntlet(["lint", "--select", "eror-regime"])
        .assert()
        .code(2)
        .stderr(contains("eror-regime").and(contains("error-regime")));
    folder.gauntlet(["lint", "--ignore", "L99"]).assert().code(2).stderr(contains("L99"));
}

#[test]
fn an_unknown_setting_names_its_place_and_the_nearest_key() {
    let folder = clean();
    folder.write("gauntlet.toml", "version = 1\n\n[lint]\n  selct = []\n");
    folder
        .gauntlet(["lint"])
        .assert()
        .code(2)
        .stderr(contains("gauntlet.toml:4:3: unknown key `selct` in [lint]: did you mean `select`?"));
    folder.write("gauntlet.toml", "version = 1\n[lint]\nselect = [\"eror-regime\"]\n");
    folder.gauntlet(["lint"]).assert().code(2).stderr(contains("did you mean `error-regime`?"));
    folder.gauntlet(["lint", "--isolated", "--ignore", "L6"]).assert().code(0);
}

#[test]
fn settings_that_cannot_be_read_are_an_error() {
    let folder = clean();
    fs::remove_file(folder.path("gauntlet.toml")).expect("it is there");
    fs::create_dir(folder.path("gauntlet.toml")).expect("a folder");
    folder.gauntlet(["lint"]).assert().code(2).stderr(contains("failed to read"));
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_the_code_still_tells() {
    let folder = dirty();
    for index in 0..200 {
        folder.write(format!("many/{index}.sh"), NO_REGIME);
    }
    for format in ["text", "json"] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = binary()
            .args(["lint", "--output-format", format])
            .current_dir(folder.path("."))
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format}");
    }
}

#[test]
fn a_closed_stderr_is_no_panic() {
    let folder = dirty();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = binary();
    command
        .args(["lint", ".", "nowhere.sh"])
        .current_dir(folder.path("."))
        .stdout(Stdio::null())
        .stderr(writer);
    assert_eq!(command.status().expect("it runs").code(), Some(2));
}

#[test]
fn a_full_disk_is_said_and_is_2() {
    let full = File::options().write(true).open("/dev/full").expect("/dev/full is there");
    let folder = dirty();
    let mut command = binary();
    command.arg("lint").current_dir(folder.path(".")).stdout(full).stderr(Stdio::piped());
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("failed to write stdout"));
}

#[test]
fn a_current_folder_that_is_gone_is_a_clear_error() {
    let gone = tempfile::tempdir().expect("a folder");
    let script = format!("cd {0} && rmdir {0} && exec \"$1\" lint", gone.path().display());
    let output = Command::new("bash")
        .args(["-c", &script, "bash"])
        .arg(assert_cmd::cargo::cargo_bin!("gauntlet"))
        .output()
        .expect("bash runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("failed to find the current folder"));
}

#[test]
fn each_output_file_belongs_to_the_format_before_it() {
    let folder = dirty();
    folder
        .gauntlet(["lint", "--output-format", "json", "--output-file", "out.json", "--output-format", "text"])
        .assert()
        .code(1)
        .stdout(contains("1 fail"));
    let json = fs::read_to_string(folder.path("out.json")).expect("it was written");
    assert!(json.starts_with("{\"version\":1,\"findings\":[{"), "{json}");
    folder.gauntlet(["lint", "--output-file", "out.txt"]).assert().code(1).stdout(is_empty());
    assert!(fs::read_to_string(folder.path("out.txt")).expect("it was written").contains("1 fail"));
    folder.gauntlet(["lint", "--output-format", "json", "--output-format", "text"]).assert().code(2);
    folder
        .gauntlet(["lint", "--output-file", "no/such/folder/x"])
        .assert()
        .code(2)
        .stderr(contains("failed to write"));
}

#[test]
fn the_order_does_not_depend_on_the_number_of_threads() {
    let folder = dirty();
    for index in 0..100 {
        folder.write(format!("many/{index}.sh"), NO_REGIME);
    }
    let one = folder.gauntlet(["lint", "--jobs", "1"]).output().expect("it runs").stdout;
    let many = folder.gauntlet(["lint", "--jobs", "7"]).output().expect("it runs").stdout;
    assert!(one == many && !one.is_empty());
}

#[test]
fn no_report_is_written_over_another() {
    let folder = dirty();
    let twice = |one, other| {
        [
            "lint",
            "--output-format",
            "json",
            "--output-file",
            one,
            "--output-format",
            "text",
            "--output-file",
            other,
        ]
    };
    for other in ["out", "./out"] {
        folder.gauntlet(twice("out", other)).assert().code(2).stderr(contains("a file of its own"));
    }
    folder.gauntlet(twice("/dev/null", "/dev/null")).assert().code(1);
}

#[test]
fn no_more_threads_are_started_than_a_machine_can_use() {
    let folder = Folder::new();
    folder.write("a.sh", CLEAN);
    for jobs in ["0", "257", "100000", "many"] {
        for job in ["lint", "run", "sweep"] {
            let why = if ["0", "many"].contains(&jobs) { "from 1 to 256" } else { "at most 256" };
            folder.gauntlet([job, "--jobs", jobs, "a.sh"]).assert().code(2).stderr(contains(why));
        }
    }
}

#[test]
fn a_link_or_a_copy_that_is_called_repo_lint_is_repo_lint() {
    let folder = Folder::new();
    folder.write("a.sh", "ls\n");
    let link = folder.path("repo-lint");
    std::os::unix::fs::symlink(assert_cmd::cargo::cargo_bin!("gauntlet"), &link).expect("a link can be made");
    let mut command = assert_cmd::Command::new(link);
    command.current_dir(folder.path("")).args(["a.sh"]).assert().code(1).stdout(contains("a.sh:"));
}

#[test]
fn repo_lint_is_gauntlet_lint() {
    let folder = dirty();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("repo-lint"));
    let output = command
        .args(["--output-format", "json", "--no-cache"])
        .current_dir(folder.path("."))
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        output.stdout,
        folder.gauntlet(["lint", "--output-format", "json"]).output().expect("it runs").stdout
    );
}

#[test]
fn parse_prints_the_places_of_every_simple_commands_words() {
    let folder = Folder::new();
    folder.write("x.sh", "echo \"ä\" $(date +%s)\n");
    folder.gauntlet(["parse", "--output-format", "jsonl", "--", "x.sh"]).assert().code(0).stdout(
        "{\"path\":\"x.sh\",\"words\":[[0,4],[5,9],[10,21]]}\n{\"path\":\"x.sh\",\"words\":[[12,16],[17,20]]}\n",
    );
    folder.gauntlet(["parse", "--", "nowhere.sh"]).assert().code(2).stderr(contains("nowhere.sh"));
    folder.write("bad.sh", "if true; then\n");
    folder.gauntlet(["parse", "--", "bad.sh"]).assert().code(1).stderr(contains("bad.sh:1:1"));
}

/// Starts a lint whose reader does not read: it stands still, with work left, once the pipe is full.
fn stuck() -> (Folder, std::process::Child) {
    let folder = Folder::new();
    for index in 0..600 {
        folder.write(format!("many/{index}.sh"), NO_REGIME);
    }
    let child = binary()
        .args(["lint", "--jobs", "1"])
        .current_dir(folder.path("."))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    std::thread::sleep(std::time::Duration::from_secs(2));
    (folder, child)
}

fn interrupt(child: &std::process::Child) {
    let id = i32::try_from(child.id()).expect("an id of a process");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), nix::sys::signal::SIGINT)
        .expect("it is still there");
}

#[test]
fn ctrl_c_says_what_was_not_run_and_is_2() {
    let (_folder, child) = stuck();
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("stopped by the user; not run: many/"));
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("stopped   by the user before the end\n"));
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let (_folder, mut child) = stuck();
    interrupt(&child);
    std::thread::sleep(std::time::Duration::from_secs(2));
    interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn explain_takes_slugs_and_codes_and_suggests_the_nearest() {
    let folder = Folder::new();
    for name in ["L2", "l2", "secret-on-argv"] {
        folder.gauntlet(["explain", name]).assert().code(0).stdout(contains("L2 secret-on-argv"));
    }
    folder
        .gauntlet(["explain", "secret-in-argv"])
        .assert()
        .code(2)
        .stderr(contains("did you mean `secret-on-argv`?"));
}

/// Calls in calls, each deep in `if`s: the walk recurses through all of them, on the stack of a thread of the pool.
#[test]
fn functions_that_call_each_other_from_deep_within_are_no_stack_overflow() {
    let folder = Folder::new();
    for file in 0..4 {
        let functions: Vec<String> = (0..30)
            .map(|function| {
                let (open, close) = ("if [[ $1 ]]; then\n".repeat(45), "fi\n".repeat(45));
                let called = function + 1;
                format!("f{function}() {{\n{open}x=$(y=$(f{called} \"$1\"))\n{close}}}\n")
            })
            .collect();
        let script = format!("{CLEAN}{}f0 \"$1\"\n", functions.concat());
        folder.write(format!("deep{file}.sh"), &script);
    }
    folder
        .gauntlet(["lint", "--statistics"])
        .assert()
        .stdout(contains("4 scripts"))
        .code(predicates::ord::le(1));
}
