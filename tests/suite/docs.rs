//! Documents that restate what the code says are compared with it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use gauntlet::settings::{KEYS, LISTED};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// The first-column names in backticks of every table row.
fn first_column(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(" | ").next())
        .flat_map(|cell| cell.split(", ").map(|name| name.trim_matches('`').to_owned()))
        .collect()
}

#[test]
fn docs_settings_lists_every_key() {
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    for key in KEYS {
        let _ = writeln!(table, "| `{}` | `{}` | {} |", key.path, key.default, key.meaning);
    }
    let page = read("docs/settings.md");
    assert!(page.contains(&table), "docs/settings.md must hold this table:\n\n{table}");
    for (_, keys) in LISTED {
        let mut table = String::from("| key | meaning |\n|---|---|\n");
        for key in *keys {
            let _ = writeln!(table, "| `{}` | {} |", key.path, key.meaning);
        }
        assert!(page.contains(&table), "docs/settings.md must hold this table:\n\n{table}");
    }
}

#[test]
fn docs_dependencies_lists_every_crate_and_no_other() {
    let manifest: toml::Table = read("Cargo.toml").parse().expect("Cargo.toml is TOML");
    let crates: BTreeSet<String> = ["dependencies", "dev-dependencies"]
        .iter()
        .flat_map(|table| manifest[*table].as_table().into_iter().flatten())
        .map(|(name, _)| name.clone())
        .collect();
    assert!(crates.len() > 10, "the crates were not found");
    assert_eq!(first_column(&read("docs/dependencies.md")), crates);
}

#[test]
fn the_architecture_names_every_module_and_only_tests_that_exist() {
    let page = read("docs/architecture.md");
    for line in read("src/lib.rs").lines() {
        if let Some(module) = line.strip_prefix("pub mod ") {
            let module = module.trim_end_matches(';');
            assert!(page.contains(&format!("`{module}`")), "docs/architecture.md does not name `{module}`");
        }
    }
    let tests: String = ["architecture", "cache", "cli", "discovery", "report", "witness"]
        .map(|file| read(&format!("tests/suite/{file}.rs")))
        .concat();
    let names: Vec<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.contains('_') && !name.contains(['/', '.']))
        .collect();
    assert!(names.len() >= 8, "the names of tests were not found: {names:?}");
    for name in names {
        assert!(
            tests.contains(&format!("fn {name}()")),
            "docs/architecture.md names a test that is not there: {name}"
        );
    }
}

/// Every block of the README that is marked as text.
fn pictures(page: &str) -> Vec<&str> {
    page.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// What the program prints on stdout, run in a folder of this repository.
fn printed(folder: &str, args: &[&str]) -> String {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("gauntlet"));
    let output = command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .args(args)
        .env("XDG_CACHE_HOME", "/dev/null")
        .output()
        .expect("the program runs");
    String::from_utf8(output.stdout).expect("a report is UTF-8")
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let page = read("README.md");
    let [finding, trial, status] = pictures(&page)[..] else { panic!("the README has three pictures") };
    let before = "fixtures/cloud-ops-before";
    let lint = printed(before, &["lint", "--select", "L2"]);
    assert!(lint.contains(finding), "{lint}");
    let run = printed(before, &["run", "tenant-offboard"]);
    assert!(run.contains(trial), "{run}");
    // The faults of all harnesses are counted elsewhere, slowly; here it is the row of the linter that must be exact.
    let row = |text: &str| text.lines().find(|line| line.starts_with("lint ")).map(str::to_owned);
    assert_eq!(row(status), row(&printed(".", &["lint"])));
    let cases: usize = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/guard"))
        .expect("there are cases")
        .map(|entry| fs::read_to_string(entry.expect("an entry").path()).expect("text").lines().count())
        .sum();
    assert!(status.contains(&format!("\nguard     {cases}/{cases} cases\n")), "{status}: {cases} cases");
    assert!(status.contains("\nharness   ALL GREEN ("), "{status}");
}
