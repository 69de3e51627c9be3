//! What a lint keeps for the next one: never seen in a verdict, and never in the way.

use std::fs;
use std::path::PathBuf;
use std::thread;

use crate::folder::{CLEAN, Folder, NO_REGIME};

/// Bytes before what the checksum is of: the format's name and the checksum.
const HEAD: usize = 16 + 32;

/// What the finding of [`NO_REGIME`] says, and what a test writes in its place where something is kept.
const SAID: &[u8] = b"error regime";
const FORGED: &[u8] = b"forged words";

/// A project with a finding, one that is allowed, a label, a repair and a runbook.
fn project() -> Folder {
    let folder = Folder::new();
    folder.write("bin/clean.sh", CLEAN);
    folder.write("bin/dirty.sh", NO_REGIME);
    folder.write("bin/pipe.sh", CLEAN.replace("printf", "ls | head -n 1\nlocal x=$(ls)\nprintf"));
    folder.write(
        "bin/secret.sh",
        CLEAN.replace(
            "printf",
            "token=$(vault print token)\nt2=$token\n# gauntlet: allow(secret-on-argv) reason=\"a test\"\ncurl -H \"$t2\" h\ncurl -H \"$token\" h\nprintf",
        ),
    );
    folder.write("bin/broken.sh", "#!/bin/bash\nif then (\n");
    folder.write("run.md", "# x\n\n```bash\nset -e\ncurl -H \"Authorization: $TOKEN\" h\n```\n");
    folder
}

fn output(folder: &Folder, args: &[&str]) -> (Option<i32>, String) {
    let output = folder.gauntlet(args).output().expect("it runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code(), String::from_utf8(output.stdout).expect("it is UTF-8"))
}

/// What is kept, one file for each way of linting.
fn kept(folder: &Folder) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder.cache().join("gauntlet")) else { return Vec::new() };
    entries.map(|entry| entry.expect("it can be listed").path()).collect()
}

/// Changes what is kept; with the checksum that it would have, or with the old one.
fn forge(folder: &Folder, honest: bool) {
    for file in kept(folder) {
        let mut bytes = fs::read(&file).expect("it can be read");
        let places: Vec<usize> = (HEAD..bytes.len() - SAID.len())
            .filter(|at| bytes[*at..].starts_with(SAID) || bytes[*at..].starts_with(FORGED))
            .collect();
        assert!(!places.is_empty(), "nothing is kept");
        for at in places {
            bytes[at..at + SAID.len()].copy_from_slice(FORGED);
        }
        if honest {
            let sum = *blake3::hash(&bytes[HEAD..]).as_bytes();
            bytes[16..HEAD].copy_from_slice(&sum);
        }
        fs::write(&file, bytes).expect("it can be written");
    }
}

#[test]
fn what_is_kept_says_the_same_in_every_form() {
    let folder = project();
    for form in ["text", "json", "jsonl", "sarif", "junit", "checkstyle", "github"] {
        for more in [&[][..], &["--isolated"], &["--ignore", "L1"], &["bin"]] {
            let mut args = vec!["lint", "--output-format", form];
            args.extend(more);
            let mut without = args.clone();
            without.push("--no-cache");
            let anew = output(&folder, &without);
            assert_eq!(anew.0, Some(1));
            for round in ["cold", "warm"] {
                assert_eq!(output(&folder, &args), anew, "{round}: {args:?}");
            }
        }
    }
    assert!((1..=4).contains(&kept(&folder).len()), "{:?}", kept(&folder));
}

#[test]
fn only_what_is_whole_is_believed() {
    let folder = project();
    let anew = output(&folder, &["lint", "--no-cache"]);
    assert!(kept(&folder).is_empty(), "--no-cache keeps nothing");
    output(&folder, &["lint"]);
    // So it is read at all.
    forge(&folder, true);
    assert!(output(&folder, &["lint"]).1.contains("forged words"));
    assert_eq!(output(&folder, &["lint", "--no-cache"]), anew);
    forge(&folder, false);
    let before: Vec<Vec<u8>> =
        kept(&folder).iter().map(|file| fs::read(file).expect("it is there")).collect();
    // Forged again, with the sum that was right for it: it is as it was.
    assert!(output(&folder, &["lint"]).1.contains("forged words"));
    for broken in [&b""[..], b"gauntlet-kept-1\n", &before[0][..before[0].len() - 1], &before[0][1..]] {
        for file in kept(&folder) {
            fs::write(&file, broken).expect("it can be written");
        }
        assert_eq!(output(&folder, &["lint"]), anew);
        assert_eq!(output(&folder, &["lint"]), anew);
    }
    forge(&folder, false);
    assert_eq!(output(&folder, &["lint"]), anew, "the checksum is of other bytes");
}

#[test]
fn nothing_is_needed_to_keep_it_in() {
    let folder = project();
    let anew = output(&folder, &["lint", "--no-cache"]);
    for place in ["/dev/null", "relative", "/proc/1/none"] {
        let run = folder.gauntlet(["lint"]).env("XDG_CACHE_HOME", place).env_remove("HOME").output();
        let run = run.expect("it runs");
        assert_eq!((run.status.code(), String::from_utf8_lossy(&run.stdout).as_ref()), (anew.0, &*anew.1));
        assert!(run.stderr.is_empty());
    }
    assert!(!folder.path("relative").exists());
    let home = folder.path("home");
    folder.gauntlet(["lint"]).env_remove("XDG_CACHE_HOME").env("HOME", &home).assert().code(1);
    assert!(home.join(".cache/gauntlet").is_dir());
}

/// The number of findings, with what is kept and without.
#[track_caller]
fn findings(folder: &Folder) -> usize {
    let warm = folder.lint(&["--jobs", "1"]);
    let anew = folder.lint(&["--jobs", "1", "--no-cache"]);
    assert_eq!((warm.code, &warm.json), (anew.code, &anew.json));
    warm.json["findings"].as_array().expect("a list").len()
}

#[test]
fn a_change_of_the_text_the_settings_or_a_page_is_seen() {
    let folder = Folder::new();
    folder.write("a.sh", CLEAN);
    assert_eq!(findings(&folder), 0);
    folder.write("a.sh", NO_REGIME);
    assert_eq!(findings(&folder), 1);
    folder.write("gauntlet.toml", "version = 1\n[lint]\nignore = [\"L6\", \"L1\"]\n");
    assert_eq!(findings(&folder), 0);
    folder.write("gauntlet.toml", "version = 1\n[lint]\nselect = [\"L2\"]\n");
    folder.write("a.sh", CLEAN.replace("printf", "curl -H \"$handle\" h\nprintf"));
    assert_eq!(findings(&folder), 0);
    folder.write("gauntlet.toml", "version = 1\n[lint]\nselect = [\"L2\"]\nsecret_names = [\"handle\"]\n");
    assert_eq!(findings(&folder), 1);
    let here = "version = 1\n[lint]\nselect = [\"L2\"]\nsecret_names = [\"handle\"]\n[[lint.paths]]\nfiles = [\"a.sh\"]\n";
    folder.write("gauntlet.toml", format!("{here}ignore = [\"L2\"]\n"));
    assert_eq!(findings(&folder), 0);
    folder.write("gauntlet.toml", format!("{here}severity = {{ L2 = \"warn\" }}\n"));
    assert_eq!((findings(&folder), folder.lint(&[]).code), (1, 0));
    let page = |query: &str| {
        format!(
            "+++\ncode = \"L100\"\nsummary = \"s\"\nmessage = \"m\"\nwhy = \"w\"\ninstead = \"i\"\nat = \"all\"\n+++\n\n```query\n{query}\n```\n"
        )
    };
    folder.write("gauntlet.toml", "version = 1\n[lint]\nignore = [\"L6\"]\n");
    folder.write("rules/own.md", page("((command_name) @all (#eq? @all \"eval\"))"));
    assert_eq!(findings(&folder), 0);
    folder.write("rules/own.md", page("((command_name) @all (#eq? @all \"printf\"))"));
    assert_eq!(findings(&folder), 1);
    // The same text, where its name says something else about it.
    fs::rename(folder.path("a.sh"), folder.path("b.sh")).expect("it can be renamed");
    assert_eq!(findings(&folder), 1);
    assert_eq!(folder.lint(&[]).paths(), ["b.sh"]);
}

#[test]
fn a_changelog_entry_is_seen() {
    let folder = Folder::new();
    folder.write("gauntlet.toml", "version = 1\n");
    folder.write("a.sh", CLEAN);
    folder.write("b.sh", CLEAN);
    assert_eq!(findings(&folder), 2);
    folder.write("CHANGELOG.md", "## DOCFIX-001 a.sh\n\nWhat: greets\nWhy: nobody did\nRevert: remove it\n");
    assert_eq!(findings(&folder), 1);
    assert_eq!(folder.lint(&[]).paths(), ["b.sh"]);
}

#[test]
fn a_change_of_what_is_sourced_is_seen_however_far_away() {
    let folder = Folder::new();
    let leak = "curl -H \"$handle\" h\n";
    let script = CLEAN.replace("printf", "source ./lib/large.sh\ncurl -H \"$handle\" h\nprintf");
    for name in ["a.sh", "b.sh", "c.sh"] {
        folder.write(name, &script);
    }
    // So large that it is summed up, by whoever comes first.
    let large = |more: &str| format!("# Values.\n{}{more}", "x=1\n".repeat(400));
    folder.write("lib/large.sh", large("source ./lib/small.sh\n"));
    let here = |folder: &Folder| {
        findings(folder);
        let linted = folder.lint(&["--select", "secret-on-argv", "--jobs", "1"]);
        assert_eq!(linted.json, folder.lint(&["--select", "secret-on-argv", "--no-cache"]).json);
        linted.paths()
    };
    assert!(leak.contains("handle"));
    assert_eq!(here(&folder), [""; 0], "what is not there tells nothing");
    folder.write("lib/small.sh", "# Values.\nhandle=$(vault print token)\n");
    assert_eq!(here(&folder), ["a.sh", "b.sh", "c.sh"], "it is there now");
    // One is judged anew, with what was summed up for nobody else.
    folder.write("b.sh", format!("{script}# more\n"));
    assert_eq!(here(&folder), ["a.sh", "b.sh", "c.sh"]);
    folder.write("lib/small.sh", "# Values.\nhandle=1\n");
    assert_eq!(here(&folder), [""; 0]);
    folder.write("lib/small.sh", "# Values.\nhandle=$(vault print token)\n");
    assert_eq!(here(&folder), ["a.sh", "b.sh", "c.sh"]);
    fs::remove_file(folder.path("lib/small.sh")).expect("it is there");
    assert_eq!(here(&folder), [""; 0]);
}

#[test]
fn a_change_of_what_a_function_of_a_sourced_file_sources_is_seen() {
    let folder = Folder::new();
    folder
        .write("a.sh", CLEAN.replace("printf", "source ./lib/large.sh\nload\ncurl -H \"$handle\" h\nprintf"));
    // A large function of a large file: it is found out about once, and walked by nobody who calls it.
    let body = "x=1\n".repeat(60);
    let large = format!("# Values.\n{}load() {{\n{body}source ./lib/small.sh\n}}\n", "y=1\n".repeat(400));
    folder.write("lib/large.sh", large);
    let here = |folder: &Folder| folder.lint(&["--select", "secret-on-argv"]).paths();
    folder.write("lib/small.sh", "# Values.\nhandle=1\n");
    assert_eq!(here(&folder), [""; 0]);
    folder.write("lib/small.sh", "# Values.\nhandle=$(vault print token)\n");
    assert_eq!(here(&folder), ["a.sh"]);
}

#[test]
fn a_suppression_ends_on_its_day_all_the_same() {
    let folder = Folder::new();
    let until = |day: &str| {
        let comment = format!("# gauntlet: allow(error-regime) reason=\"a test\" until={day}\n");
        NO_REGIME.replace("# Prints", &format!("{comment}# Prints"))
    };
    folder.write("a.sh", until("2020-01-01"));
    assert_eq!(findings(&folder), 2);
    folder.write("a.sh", until("9999-01-01"));
    findings(&folder);
}

#[test]
fn many_runs_at_the_same_time_disturb_nobody() {
    let folder = project();
    let anew = output(&folder, &["lint", "--output-format", "json", "--no-cache"]);
    for _ in 0..3 {
        thread::scope(|scope| {
            let runs: Vec<_> = (0..6)
                .map(|_| scope.spawn(|| output(&folder, &["lint", "--output-format", "json"])))
                .collect();
            for run in runs {
                assert_eq!(run.join().expect("it ends"), anew);
            }
        });
        assert_eq!(kept(&folder).len(), 1, "nothing is left lying about: {:?}", kept(&folder));
        folder.write("bin/more.sh", CLEAN);
        folder.write("gauntlet.toml", "version = 1\n[lint]\nignore = [\"changelog-entry\"]\n");
        fs::remove_file(folder.path("bin/more.sh")).expect("it is there");
    }
}

#[test]
fn what_is_gone_is_forgotten_and_what_was_not_asked_for_is_not() {
    let folder = project();
    output(&folder, &["lint"]);
    let size = || fs::metadata(&kept(&folder)[0]).expect("it is there").len();
    let whole = size();
    output(&folder, &["lint", "bin/clean.sh"]);
    assert_eq!(size(), whole);
    fs::remove_file(folder.path("bin/secret.sh")).expect("it is there");
    output(&folder, &["lint"]);
    assert!(size() < whole);
}
