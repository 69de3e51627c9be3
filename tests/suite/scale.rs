//! The examples of `docs/ci.md` for many machines do what they say: each is taken from the page and run as its engine would.

#![expect(clippy::disallowed_macros, reason = "a test that is skipped says why")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::folder::Folder;

const GAUNTLET: &str = env!("CARGO_BIN_EXE_gauntlet");

/// Four harnesses, so that each of four parts holds one; the scripts are green.
fn project() -> Folder {
    let folder = Folder::new();
    for name in ["a", "b", "c", "d"] {
        folder
            .write(format!("{name}.sh"), "#!/usr/bin/env bash\nset -euo pipefail\nopenstack server show a\n");
        folder.write(
            format!("harnesses/{name}.toml"),
            format!("version = 1\nscript = \"{name}.sh\"\n[[stub]]\nargv = \"openstack server show a\"\n[[case]]\nname = \"run\"\n"),
        );
    }
    fs::create_dir(folder.path("results")).expect("the folder is ours");
    folder
}

/// What stands in the fence behind this name.
fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci.md");
    let page = fs::read_to_string(path).expect("the page is there");
    let (_, rest) = page.split_once(&format!("\n**{name}**")).expect(name);
    let (_, rest) = rest.split_once("\n```").expect("a fence");
    let (_, rest) = rest.split_once('\n').expect("its first line");
    rest.split_once("\n```").expect("its end").0.to_owned()
}

/// Runs shell text in the project, `gauntlet` being the one under test.
fn shell(folder: &Folder, text: &str, env: &[(&str, &str)]) -> Output {
    let bin = Path::new(GAUNTLET).parent().expect("it is in a folder").display().to_string();
    let mut command = Command::new("bash");
    command.arg("-c").arg(text).current_dir(folder.path("")).envs(env.iter().copied());
    command.env("PATH", format!("{bin}:/usr/bin:/bin")).env("XDG_CACHE_HOME", folder.cache());
    command.output().expect("bash runs")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// All parts merge to green; without one of them they do not.
fn merges(folder: &Folder) {
    let whole = shell(folder, "gauntlet merge results/*.jsonl", &[]);
    assert_eq!(code(&whole), Some(0), "{}", text(&whole));
    assert!(text(&whole).contains("ALL GREEN (4 harnesses"), "{}", text(&whole));
    fs::remove_file(folder.path("results/3.jsonl")).expect("it is there");
    let less = shell(folder, "gauntlet merge results/*.jsonl", &[]);
    assert_eq!(code(&less), Some(2), "{}", text(&less));
    assert!(text(&less).contains("3/4 is missing"), "{}", text(&less));
}

#[test]
fn the_example_for_slurm_runs_one_part_a_task() {
    let folder = project();
    for task in ["1", "2", "3", "4"] {
        let env = [("SLURM_ARRAY_TASK_ID", task), ("SLURM_ARRAY_TASK_COUNT", "4")];
        let ran = shell(&folder, &example("Slurm"), &env);
        assert_eq!(code(&ran), Some(0), "{}", text(&ran));
    }
    merges(&folder);
}

#[test]
fn the_example_for_jenkins_runs_one_part_a_cell() {
    let folder = project();
    let stage = example("Jenkins");
    let (_, rest) = stage.split_once("script: '").expect("a shell step");
    let (script, _) = rest.split_once('\'').expect("its end");
    for part in ["1", "2", "3", "4"] {
        let ran = shell(&folder, script, &[("PART", part)]);
        assert_eq!(code(&ran), Some(0), "{}", text(&ran));
    }
    let (_, rest) = stage.split_once("\nsh '").expect("the step behind the matrix");
    let ran = shell(&folder, rest.trim_end_matches('\''), &[]);
    assert_eq!(code(&ran), Some(0), "{}", text(&ran));
    let xml = fs::read_to_string(folder.path("run.xml")).expect("it was written");
    assert_eq!(xml.matches("<testsuite ").count(), 4, "{xml}");
    merges(&folder);
}

#[test]
fn the_example_for_gnu_parallel_runs_the_parts() {
    if !Path::new("/usr/bin/parallel").exists() {
        println!("skipped: parallel is not on this machine (Debian: parallel)");
        return;
    }
    let folder = project();
    // `:` is this machine without ssh; nothing is carried there and back.
    folder.write("hosts", "2/:\n");
    let ran = shell(
        &folder,
        &example("GNU parallel"),
        &[("PARALLEL_HOME", "/nonexistent"), ("HOME", "/nonexistent")],
    );
    assert_eq!(code(&ran), Some(0), "{}", text(&ran));
    merges(&folder);
}

#[test]
fn the_example_for_bazel_runs_one_shard_and_writes_its_xml() {
    let folder = project();
    let script = example("Bazel");
    let mut cases = 0;
    for index in ["0", "1"] {
        let (xml, status) = (folder.path(format!("{index}.xml")), folder.path(format!("{index}.status")));
        let (xml, status) = (xml.display().to_string(), status.display().to_string());
        let env = [
            ("TEST_TOTAL_SHARDS", "2"),
            ("TEST_SHARD_INDEX", index),
            ("TEST_SHARD_STATUS_FILE", status.as_str()),
            ("XML_OUTPUT_FILE", xml.as_str()),
        ];
        let ran = shell(&folder, &script, &env);
        assert_eq!(code(&ran), Some(0), "{}", text(&ran));
        assert!(Path::new(&status).exists(), "Bazel must learn that the shards are known");
        cases += fs::read_to_string(&xml).expect("it was written").matches("<testsuite ").count();
    }
    assert_eq!(cases, 4);
    // Without shards it is all of them, and a red one is a failed test.
    folder.write("a.sh", "#!/usr/bin/env bash\nopenstack server show a || true\n");
    let ran = shell(&folder, &script, &[("XML_OUTPUT_FILE", "all.xml")]);
    assert_eq!(code(&ran), Some(1), "{}", text(&ran));
    assert!(fs::read_to_string(folder.path("all.xml")).expect("it was written").contains("<failure"));
}
