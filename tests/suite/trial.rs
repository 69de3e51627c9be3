//! Small scripts through the real engine: each way to lose a failure is red, and the right way beside it is green.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gauntlet::bash::InProcess;
use gauntlet::event::{Event, Status, Trial};
use gauntlet::repo::Project;
use gauntlet::run::Stop;
use gauntlet::run::gauntlet::{Request, run, sealed};
use gauntlet::source::RepoPath;
use gauntlet::trial::harness::{Harness, KEYS};

use crate::folder::Folder;

mod kinds;
mod suites;
mod swallowing;

const GAUNTLET: &str = env!("CARGO_BIN_EXE_gauntlet");

/// Answers that most scripts here need: `fetch` prints a line, `openstack` deletes.
const STUBS: &str = r#"
[[stub]]
argv = "fetch **"
stdout = "one\n"
optional = true
[[stub]]
argv = "openstack server delete *"
optional = true
"#;

const CASE: &str = "[[case]]\nname = \"run\"\n";

/// Scripts with their harnesses, run at once.
struct Scripts {
    folder: Folder,
    count: usize,
}

struct Ran {
    trials: Vec<Trial>,
    not_checked: Vec<String>,
    status: Status,
}

impl Scripts {
    fn new() -> Self {
        Self { folder: Folder::new(), count: 0 }
    }

    /// Adds a script; `harness` is what stands after version and script.
    fn add(&mut self, name: &str, script: &str, harness: &str) {
        self.folder.write(format!("{name}.sh"), script);
        let text = format!("version = 1\nscript = \"{name}.sh\"\n{harness}");
        self.folder.write(format!("harnesses/{name}.toml"), text);
        self.count += 1;
    }

    fn run(&self) -> Ran {
        let root: &Path = &self.folder.path("");
        let project = Project::locate(&[root.to_path_buf()], false).expect("a project");
        let mut ran = Ran { trials: Vec::new(), not_checked: Vec::new(), status: Status::default() };
        let worlds = sealed::worlds(Some(PathBuf::from(GAUNTLET)));
        run(&project, &Request::default(), &InProcess::new(), &worlds, &Stop::default(), &mut |event| {
            ran.status.fold(&event);
            match event {
                Event::TrialFinished(trial) => ran.trials.push(*trial),
                Event::NotChecked { what, reason } => ran.not_checked.push(format!("{what}: {reason}")),
                _ => {}
            }
        });
        assert_eq!(ran.not_checked, [""; 0]);
        assert_eq!(ran.status.run.as_ref().map(|run| run.finished), Some(self.count));
        ran
    }
}

impl Ran {
    fn trial(&self, id: &str) -> &Trial {
        let found = self.trials.iter().find(|trial| trial.id.as_str() == id);
        found.unwrap_or_else(|| {
            let known: Vec<String> =
                self.trials.iter().map(|trial| format!("{} {}", trial.id, trial.verdict)).collect();
            panic!("no trial {id} among\n{}", known.join("\n"))
        })
    }

    fn verdict(&self, id: &str) -> &'static str {
        self.trial(id).verdict.word()
    }

    fn reds(&self) -> Vec<String> {
        let red = self.trials.iter().filter(|trial| trial.verdict.is_red());
        red.map(|trial| format!("{} {}: {}", trial.id, trial.verdict, trial.explanation)).collect()
    }
}

/// One script: the harness's stubs are [`STUBS`].
fn one(script: &str, harness: &str) -> Ran {
    let mut scripts = Scripts::new();
    scripts.add("x", script, &format!("{harness}{STUBS}"));
    scripts.run()
}

fn strict(body: &str) -> String {
    format!("#!/usr/bin/env bash\nset -euo pipefail\n{body}\n")
}

#[test]
fn a_delete_after_the_fault_is_mutated_after_and_a_clean_up_is_none() {
    let script =
        "#!/bin/bash\nfailed=0\nfetch one || failed=1\nopenstack server delete a\nexit \"$failed\"\n";
    let careless = one(script, CASE);
    let trial = careless.trial("x/run/fetch#1/exit/once");
    assert_eq!(trial.verdict.word(), "mutated-after");
    assert!(
        trial.explanation.contains("x.sh:3") && trial.explanation.contains("x.sh:4"),
        "{}",
        trial.explanation
    );
    assert_eq!(trial.line, Some(3));
    assert_eq!(careless.verdict("x/run/openstack#1/exit/once"), "swallowed");

    let declared = format!(
        "{CASE}[[cleanup]]\nargv = \"openstack server delete a\"\nreason = \"the probe's own server\"\n"
    );
    assert_eq!(one(script, &declared).verdict("x/run/fetch#1/exit/once"), "propagated");
}

#[test]
fn a_claim_after_the_fault_is_red_though_the_exit_is_not_0() {
    let script = "#!/bin/bash\necho 'starting, not done'\nfetch || { echo 'Migration complete'; exit 1; }\n";
    let ran = one(script, CASE);
    assert_eq!(ran.verdict("x/run/fetch#1/exit/once"), "claimed-success");
    let said_before = "#!/bin/bash\nset -e\necho 'step 1 done'\nfetch\n";
    assert_eq!(one(said_before, CASE).verdict("x/run/fetch#1/exit/once"), "propagated");
    let own = "success = [\"shipped\"]\n";
    let ran = one("#!/bin/bash\nfetch || { echo 'done: shipped'; exit 1; }\n", &format!("{own}{CASE}"));
    assert_eq!(ran.verdict("x/run/fetch#1/signal/once"), "claimed-success");
}

#[test]
fn a_retry_recovers_only_where_it_is_declared() {
    let script = "#!/bin/bash\nfor i in 1 2 3; do\n  if fetch; then exit 0; fi\n  sleep 10\ndone\nexit 1\n";
    let undeclared = one(script, CASE);
    assert_eq!(undeclared.verdict("x/run/fetch#1/exit/once"), "swallowed");
    assert_eq!(undeclared.verdict("x/run/fetch#1/exit/forever"), "propagated");
    let recovery = format!(
        "{CASE}[[recovery]]\nprogram = \"fetch\"\nargv = \"fetch\"\nkind = [\"exit\", \"signal\"]\nreason = \"the mirror is slow to wake\"\n"
    );
    let declared = one(script, &recovery);
    assert_eq!(declared.verdict("x/run/fetch#1/exit/once"), "recovered");
    assert_eq!(declared.verdict("x/run/fetch#1/exit/forever"), "propagated");
    assert_eq!(declared.verdict("x/run/fetch#1/missing/once"), "swallowed");
}

#[test]
fn a_script_that_waits_for_ever_is_hung() {
    let ran = one("#!/bin/bash\nuntil fetch; do sleep 60; done\n", CASE);
    assert_eq!(ran.verdict("x/run/fetch#1/exit/forever"), "hung");
}

#[test]
fn an_error_path_that_calls_what_no_stub_answers_is_escaped_with_the_stub_to_add() {
    let ran = one("#!/bin/bash\nfetch || { notify-team 'it failed' || exit 1; exit 1; }\n", CASE);
    let trial = ran.trial("x/run/fetch#1/exit/once");
    assert_eq!(trial.verdict.word(), "escaped");
    assert!(
        trial.aftermath.iter().any(|line| line == "argv = \"notify-team 'it failed'\""),
        "{:#?}",
        trial.aftermath
    );
}

#[test]
fn a_canary_that_shows_only_after_a_fault_is_leaked() {
    let script = "#!/bin/bash\nfetch || { echo \"no answer for $TOKEN\" >&2; exit 1; }\n";
    let canary = "[canaries]\nTOKEN = \"canary-77aa55\"\n";
    let ran = one(script, &format!("{canary}{CASE}"));
    assert_eq!(ran.verdict("x/run/canary"), "passed");
    assert_eq!(ran.verdict("x/run/fetch#1/exit/once"), "leaked");
    let argv = one("#!/bin/bash\nset -e\nfetch --token \"$TOKEN\"\n", &format!("{canary}{CASE}"));
    let trial = argv.trial("x/run/canary");
    assert_eq!((trial.verdict.word(), trial.program.as_deref()), ("leaked", Some("fetch")));
    // The one leak is told once: a failing call does not repeat it.
    assert_eq!(argv.verdict("x/run/fetch#1/exit/once"), "propagated");
}

#[test]
fn an_inverted_test_on_a_cut_pipe_is_caught() {
    let script = strict(
        "if ! fetch all | grep -q one; then\n  openstack server delete a\nfi\nopenstack server delete b",
    );
    let ran = one(&script, CASE);
    assert_eq!(ran.verdict("x/run/fetch#1/sigpipe/once"), "swallowed");
    let without = one(
        "#!/bin/bash\nset -eu\nif fetch all | grep -q one; then\n  openstack server delete b\nfi\n",
        CASE,
    );
    assert_eq!(without.verdict("x/run/fetch#1/sigpipe/once"), "recovered");
    let captured = one(&strict("out=$(fetch all)\n[[ -n $out ]]\ngrep -q one <<<\"$out\""), CASE);
    assert!(captured.trials.iter().all(|trial| !trial.id.as_str().contains("sigpipe")));
    assert_eq!(captured.reds(), [""; 0]);
}

#[test]
fn a_green_run_that_is_not_as_expected_is_red_and_its_faults_are_skipped() {
    let mut scripts = Scripts::new();
    let expecting = |what: &str| format!("{CASE}{what}\n{STUBS}");
    scripts.add("code", "#!/bin/bash\nfetch; exit 3\n", &expecting(""));
    scripts.add("output", "#!/bin/bash\nfetch\n", &expecting("expect.stdout = [\"two\"]"));
    scripts.add("absent", "#!/bin/bash\nfetch\n", &expecting("expect.absent = [\"one\"]"));
    scripts.add(
        "order",
        "#!/bin/bash\nfetch b; fetch a\n",
        &expecting("expect.calls = [\"fetch a\", \"fetch b\"]"),
    );
    scripts.add("mutation", "#!/bin/bash\nopenstack server delete a\n", &expecting("expect.mutations = []"));
    scripts.add(
        "file",
        "#!/bin/bash\nfetch >/tmp/out\n",
        &expecting("expect.files = { \"/tmp/out\" = \"two\" }"),
    );
    scripts.add("stub", "#!/bin/bash\nsurprise 'a*b' 2>/dev/null || true\n", &expecting(""));
    scripts.add("random", "#!/bin/bash\nfetch \"$(shuf -i 1-1000000000 -n 1)\"\n", &expecting(""));
    scripts.add(
        "unused",
        "#!/bin/bash\nfetch\n",
        &format!("{CASE}{STUBS}[[stub]]\nargv = \"juju status\"\n"),
    );
    let ran = scripts.run();
    for (name, verdict) in [
        ("code", "failed"),
        ("output", "failed"),
        ("absent", "failed"),
        ("order", "unmet"),
        ("mutation", "failed"),
        ("file", "failed"),
        ("stub", "unstubbed"),
        ("random", "nondeterministic"),
    ] {
        assert_eq!(ran.verdict(&format!("{name}/run/green")), verdict, "{name}");
        assert_eq!(ran.verdict(&format!("{name}/run/faults")), "skipped", "{name}");
    }
    assert_eq!(ran.verdict("unused/stub#3"), "unmet");
    let unstubbed = ran.trial("stub/run/green");
    assert!(
        unstubbed.aftermath.iter().any(|line| line == r"argv = 'surprise '\''a\*b'\'''"
            || line.starts_with("argv = ") && line.contains(r"a\*b")
            || line.contains(r"a\\*b")),
        "{:#?}",
        unstubbed.aftermath
    );
}

#[test]
fn free_trials_find_what_the_gates_let_through() {
    let id = "0123456789abcdef0123456789abcdef";
    let case =
        format!("[[case]]\nname = \"apply\"\nargs = [\"--apply\", \"{id}\"]\nstdin = \"delete it\\n\"\n");
    let gated = r#"apply=0; [[ $1 == --apply ]] && { apply=1; shift; }
id=$1
[[ $id =~ ^[0-9a-f]{32}$ ]] || exit 1
(( apply )) || exit 0
read -r typed; [[ $typed == "delete it" ]] || exit 1
openstack server delete "$id" || exit 1"#
        .to_owned();
    let edits = [
        ("good", gated.clone(), None),
        ("no-audit", gated.replace("(( apply )) || exit 0\n", ""), Some("no-audit/apply/audit")),
        (
            "any-phrase",
            gated.replace("[[ $typed == \"delete it\" ]]", "[[ -n $typed ]]"),
            Some("any-phrase/apply/wrong-phrase/other"),
        ),
        (
            "yes",
            gated.replace("[[ $typed == \"delete it\" ]]", "[[ $typed == \"delete it\" || $typed == y ]]"),
            Some("yes/apply/wrong-phrase/y"),
        ),
        (
            "unanchored",
            gated.replace("{32}$ ]]", "{32} ]]"),
            Some("unanchored/apply/malformed-id#2/33-digits"),
        ),
        (
            "any-case",
            gated.replace("^[0-9a-f]", "^[0-9a-fA-F]"),
            Some("any-case/apply/malformed-id#2/upper-case"),
        ),
        (
            "lines",
            gated.replace("[[ $id =~ ^[0-9a-f]{32}$ ]]", "grep -Eq '^[0-9a-f]{32}$' <<<\"$id\""),
            Some("lines/apply/malformed-id#2/newline"),
        ),
    ];
    let mut scripts = Scripts::new();
    for (name, body, _) in &edits {
        let script = format!("#!/bin/bash\nset -uo pipefail\n{body}\n");
        scripts.add(name, &script, &format!("{case}{STUBS}"));
    }
    let ran = scripts.run();
    for (name, _, red) in &edits {
        let mut reds: Vec<String> = ran.reds();
        reds.retain(|line| line.starts_with(&format!("{name}/")));
        match red {
            None => assert_eq!(reds, [""; 0]),
            Some(id) => assert!(
                reds.iter().any(|line| line.starts_with(&format!("{id} failed"))),
                "{name}: {reds:#?}"
            ),
        }
    }
}

#[test]
fn background_calls_are_not_after_a_fault_beside_them() {
    let script = "#!/bin/bash\nset -u\nfailed=0\npids=()\nfor s in a b c; do\n  openstack server delete \"$s\" &\n  pids+=(\"$!\")\ndone\nfor pid in \"${pids[@]}\"; do wait \"$pid\" || failed=1; done\nexit \"$failed\"\n";
    let ran = one(script, CASE);
    assert_eq!(ran.reds(), [""; 0]);
    let lost = one(&script.replace("|| failed=1", "|| true"), CASE);
    assert_eq!(lost.verdict("x/run/openstack#2/exit/once"), "swallowed");
}

/// The reference page's example: every key in it.
fn page_and_example() -> (String, String) {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/harness.md"))
        .expect("the page is there");
    let (_, rest) = page.split_once("```toml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    let example = example.to_owned();
    (page, example)
}

fn key_paths(prefix: &str, table: &toml::Table, found: &mut BTreeSet<String>) {
    for (name, value) in table {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) if path == "case.expect" => key_paths(&path, inner, found),
            toml::Value::Array(items)
                if ["stub", "case", "recovery", "cleanup", "skip"].contains(&path.as_str()) =>
            {
                found.insert(path.clone());
                items.iter().filter_map(toml::Value::as_table).for_each(|item| key_paths(&path, item, found));
            }
            _ => {
                found.insert(path);
            }
        }
    }
}

#[test]
fn docs_harness_lists_every_key_and_its_example_uses_them_all() {
    let (page, example) = page_and_example();
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    for key in KEYS {
        let default = if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
        let _ = writeln!(table, "| `{}` | {default} | {} |", key.path, key.meaning);
    }
    assert!(page.contains(&table), "docs/harness.md must hold this table:\n\n{table}");
    Harness::parse(&RepoPath::new("harnesses/x.toml"), &example).expect("the example is a harness");
    let mut used = BTreeSet::new();
    key_paths("", &example.parse().expect("the example is TOML"), &mut used);
    let known: BTreeSet<String> = KEYS.iter().map(|key| key.path.to_owned()).collect();
    assert_eq!(used, known);
}

#[test]
fn the_table_of_keys_is_what_a_harness_may_hold() {
    let base = "version = 1\nscript = \"x\"\n[[case]]\nname = \"a\"\n";
    for (place, text) in [
        ("", format!("zzzzzzzzzz = 1\n{base}")),
        ("stub.", format!("{base}[[stub]]\nargv = \"x\"\nzzzzzzzzzz = 1\n")),
        ("case.", format!("{base}zzzzzzzzzz = 1\n")),
        ("case.expect.", format!("{base}expect.zzzzzzzzzz = 1\n")),
        ("recovery.", format!("{base}[[recovery]]\nzzzzzzzzzz = 1\n")),
        ("cleanup.", format!("{base}[[cleanup]]\nzzzzzzzzzz = 1\n")),
    ] {
        let refusal = Harness::parse(&RepoPath::new("harnesses/x.toml"), &text).expect_err(place).instead;
        let accepted: BTreeSet<&str> = refusal.trim_start_matches("known are: ").split(", ").collect();
        let documented: BTreeSet<&str> = KEYS
            .iter()
            .filter_map(|key| key.path.strip_prefix(place))
            .map(|rest| rest.split('.').next().unwrap_or(rest))
            .collect();
        assert_eq!(accepted, documented, "{place}");
    }
}
