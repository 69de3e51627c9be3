//! Harnesses that are programs: what a suite says is believed only where it adds up, and it runs in the sealed world.

#![expect(clippy::disallowed_macros, reason = "a test that is skipped says why")]

use std::fmt::Write as _;
use std::path::Path;

use gauntlet::trial::harness::{HarnessFile, SUITE_KEYS};

use super::{BTreeSet, RepoPath, Scripts, key_paths};

/// One suite `tests.sh` with this text; `harness` is what stands after version, command and files.
fn suite(text: &str, harness: &str) -> super::Ran {
    let mut scripts = Scripts::new();
    scripts.folder.write("tests.sh", text);
    let head = "version = 1\ncommand = [\"bash\", \"tests.sh\"]\nfiles = [\"tests.sh\"]\n";
    scripts.folder.write("harnesses/x.toml", format!("{head}{harness}"));
    scripts.count += 1;
    scripts.run()
}

/// The verdicts of all trials, in order.
fn verdicts(text: &str, harness: &str) -> Vec<&'static str> {
    suite(text, harness).trials.iter().map(|trial| trial.verdict.word()).collect()
}

#[test]
fn a_suite_is_told_test_by_test() {
    let ran = suite("echo 1..2\necho 'ok 1 adds'\necho 'not ok 2 ships'\necho '# line 3'\nexit 1\n", "");
    assert_eq!(ran.verdict("x/command/green"), "passed");
    assert_eq!(ran.verdict("x/command/test#1"), "passed");
    let failed = ran.trial("x/command/test#2");
    assert_eq!((failed.verdict.word(), failed.aftermath.as_slice()), ("failed", &["line 3".to_owned()][..]));
    assert_eq!(verdicts("echo 3 passed, 0 failed\n", ""), ["passed", "passed"]);
    assert_eq!(verdicts("echo 3 passed, 1 failed\nexit 1\n", ""), ["passed", "failed"]);
}

#[test]
fn what_does_not_add_up_is_red() {
    for (text, part) in [
        ("echo 1..0\n", "ran no test"),
        ("echo all is well\n", "neither TAP"),
        ("echo 1..2\necho ok 1\n", "plans 2 tests and reports 1"),
        ("echo 1..1\necho not ok 1\n", "disagree"),
        ("echo 1..1\necho ok 1\nexit 1\n", "disagree"),
        ("echo 2 passed, 0 failed\nexit 3\n", "disagree"),
        ("echo 1..1\necho ok 1\nkill -9 $$\n", "killed by signal 9"),
        ("exec bats tests\n", "no stub answers `bats tests`"),
        ("echo 1..1\nterraform apply 2>/dev/null || echo ok 1\n", "no stub answers `terraform apply`"),
    ] {
        let ran = suite(text, "");
        let [only] = &ran.trials[..] else { panic!("{text}: {:?}", ran.reds()) };
        assert!(only.verdict.is_red() && only.explanation.contains(part), "{text}: {:?}", ran.reds());
    }
    // Of all that a script can see, only a temporary file's name is chance.
    let flaky =
        "echo 1..1\nif [[ $(mktemp -u XXXXXXXX) == [A-Za-e]* ]]; then echo ok 1 a; else echo ok 1 b; fi\n";
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        seen.extend(verdicts(flaky, ""));
        if seen.contains("nondeterministic") {
            return;
        }
    }
    panic!("20 pairs of runs and never two that differ: {seen:?}");
}

#[test]
fn a_suite_that_does_not_end_is_stopped_at_its_own_deadline() {
    let begun = std::time::Instant::now();
    let ran = suite("while :; do :; done\n", "deadline_s = 1\n");
    assert_eq!(ran.verdict("x/command/green"), "hung");
    // A deadline that nobody gave is forty seconds on a slow machine.
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

#[test]
fn a_skip_must_be_declared_and_must_happen() {
    let skips = "echo 1..2\necho ok 1 adds\necho 'ok 2 ships # skip no network'\n";
    assert_eq!(verdicts(skips, ""), ["passed", "passed", "skipped"]);
    let declared = "[[skip]]\ntest = \"^ships$\"\nreason = \"needs the network\"\n";
    assert_eq!(verdicts(skips, declared), ["passed", "passed", "passed"]);
    assert_eq!(verdicts("echo 1..1\necho ok 1 ships\n", declared), ["passed", "passed", "unmet"]);
    assert_eq!(verdicts("echo 1..1\necho 'not ok 1 ships # TODO later'\n", ""), ["passed", "skipped"]);
    assert_eq!(verdicts("echo 1 passed, 0 failed, 2 skipped\n", ""), ["passed", "skipped"]);
}

#[test]
fn a_suite_runs_in_the_sealed_world_with_its_stubs() {
    let text = "n=0\ncheck() { n=$((n + 1)); if eval \"$1\"; then echo \"ok $n $1\"; else echo \"not ok $n $1\"; fi; }\n\
        check '[[ $(curl -fsS https://192.0.2.1/) == pong ]]'\n\
        check '! (exec 3<>/dev/tcp/127.0.0.1/22) 2>/dev/null'\n\
        check '[[ ! -e /etc/shadow && ! -e /repo/harnesses ]]'\n\
        check '! echo x 2>/dev/null >/usr/bin/x'\n\
        check '[[ -z ${OUTSIDE-} && $INSIDE == 1 ]]'\n\
        check 'sleep 1.1; (( SECONDS > 0 ))'\n\
        echo 1..$n\n";
    let ran = suite(
        text,
        "tools = [\"sleep\"]\nenv = { INSIDE = \"1\" }\n[[stub]]\nargv = \"curl **\"\nstdout = \"pong\\n\"\n",
    );
    assert_eq!(ran.reds(), [""; 0]);
    assert_eq!(ran.trials.len(), 7);
    let unmet = suite("echo 1 passed, 0 failed\n", "[[stub]]\nargv = \"curl **\"\n");
    assert_eq!(unmet.trials[0].verdict.word(), "unmet");
}

#[test]
fn a_bats_suite_runs_with_the_tools_that_are_listed() {
    let folders = ["/usr/bin/bats", "/usr/lib/bats-core", "/usr/libexec/bats-core"];
    if let Some(missing) = folders.iter().find(|path| !Path::new(path).exists()) {
        println!("skipped: {missing} is not on this machine (Debian: bats)");
        return;
    }
    let run = |tests: &str| {
        let mut scripts = Scripts::new();
        scripts
            .folder
            .write("ship.sh", "#!/bin/bash\nset -e\nopenstack server delete \"$1\"\necho shipped\n");
        scripts.folder.write("tests/ship.bats", tests);
        scripts.folder.write(
            "harnesses/x.toml",
            "version = 1\ncommand = [\"bats\", \"tests\"]\nfiles = [\"ship.sh\", \"tests/**\"]\ntools = [\"bats\"]\n\
             host = [\"/usr/lib/bats-core\", \"/usr/libexec/bats-core\"]\n[[stub]]\nargv = \"openstack server delete *\"\n",
        );
        scripts.count += 1;
        scripts.run()
    };
    let good = "@test \"ships\" { run bash ship.sh a; [ \"$status\" -eq 0 ]; [ \"$output\" = shipped ]; }\n";
    assert_eq!(run(good).reds(), [""; 0]);
    let bad = run(&good.replace("= shipped", "= sunk"));
    let trial = bad.trial("x/command/test#1");
    assert_eq!(trial.verdict.word(), "failed");
    assert!(trial.aftermath.iter().any(|line| line.contains("ship.bats, line 1")), "{:?}", trial.aftermath);
}

#[test]
fn docs_harness_lists_the_keys_of_a_suite_and_its_example_uses_them_all() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/harness.md");
    let page = std::fs::read_to_string(path).expect("the page is there");
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    for key in SUITE_KEYS {
        let default = if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
        let _ = writeln!(table, "| `{}` | {default} | {} |", key.path, key.meaning);
    }
    assert!(page.contains(&table), "docs/harness.md must hold this table:\n\n{table}");
    let example =
        page.split("```toml\n").nth(2).and_then(|rest| rest.split("```").next()).expect("an example");
    let parsed = HarnessFile::parse(&RepoPath::new("harnesses/x.toml"), example);
    assert!(matches!(parsed, Ok(HarnessFile::Suite(_))), "{parsed:?}");
    let mut used = BTreeSet::new();
    key_paths("", &example.parse().expect("the example is TOML"), &mut used);
    used.retain(|path| !path.starts_with("stub."));
    let known: BTreeSet<String> = SUITE_KEYS.iter().map(|key| key.path.to_owned()).collect();
    assert_eq!(used, known);
}
