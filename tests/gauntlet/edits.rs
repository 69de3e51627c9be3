//! Edits that undo what hardened the reference scripts, each a test: the gauntlet must turn red where the edit bites.

use std::fs;
use std::path::Path;

use gauntlet::event::TrialKind;
use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::harnesses::ran;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SCRIPTS: &str = "fixtures/cloud-ops/scripts";

/// One edit of one script.
struct Edit {
    name: &'static str,
    harness: &'static str,
    /// The cases that are run: the one that the edit breaks is enough.
    cases: &'static [&'static str],
    script: &'static str,
    from: &'static str,
    to: &'static str,
    /// What the id of a red trial starts with.
    red: &'static str,
    verdict: &'static str,
}

const EDITS: &[Edit] = &[
    Edit {
        name: "a_delete_that_may_fail",
        harness: "tenant-offboard",
        cases: &["apply"],
        script: "tenant-offboard.sh",
        from: "|| die \"server $id was not deleted; stopped there\"",
        to: "|| true",
        red: "tenant-offboard/apply/openstack#",
        verdict: "mutated-after",
    },
    Edit {
        name: "no_typed_gate",
        harness: "tenant-offboard",
        cases: &["owns-nothing"],
        script: "tenant-offboard.sh",
        from: "[[ $typed == \"$phrase\" ]] || die \"that is not the phrase; nothing was changed\"",
        to: ":",
        red: "tenant-offboard/owns-nothing/wrong-phrase/other",
        verdict: "failed",
    },
    Edit {
        name: "no_audit_mode",
        harness: "tenant-offboard",
        cases: &["owns-nothing"],
        script: "tenant-offboard.sh",
        from: "if (( ! APPLY )); then",
        to: "if false; then",
        red: "tenant-offboard/owns-nothing/audit",
        verdict: "failed",
    },
    Edit {
        name: "apply_from_the_environment",
        harness: "tenant-offboard",
        cases: &["inherited-apply-is-audit"],
        script: "tenant-offboard.sh",
        from: "APPLY=0 #",
        to: "APPLY=${APPLY:-0} #",
        red: "tenant-offboard/inherited-apply-is-audit/green",
        verdict: "failed",
    },
    Edit {
        name: "no_id_check",
        harness: "tenant-offboard",
        cases: &["a-name-is-no-id"],
        script: "tenant-offboard.sh",
        from: "is_hex32 \"$project_id\" || die",
        to: "true || die",
        red: "tenant-offboard/a-name-is-no-id/green",
        verdict: "failed",
    },
    Edit {
        name: "a_listing_that_may_fail",
        harness: "tenant-offboard",
        cases: &["owns-nothing"],
        script: "tenant-offboard.sh",
        from: "ids=$(list_networks) || die \"the networks could not be listed\"\n  stock_add",
        to: "ids=$(list_networks) || ids=''\n  stock_add",
        red: "tenant-offboard/owns-nothing/openstack#",
        verdict: "swallowed",
    },
    Edit {
        name: "the_body_on_the_argv",
        harness: "vault-kv-inner-probe",
        cases: &["healthy"],
        script: "vault-kv-inner-probe.sh",
        from: "--data @- \\",
        to: "--data \"$login_body\" \\",
        red: "vault-kv-inner-probe/healthy/canary",
        verdict: "leaked",
    },
    Edit {
        name: "a_token_that_is_printed",
        harness: "vault-kv-inner-probe",
        cases: &["healthy"],
        script: "vault-kv-inner-probe.sh",
        from: "  client_token=$token\n",
        to: "  client_token=$token\n  printf 'token %s\\n' \"$token\" >&2\n",
        red: "vault-kv-inner-probe/healthy/canary",
        verdict: "leaked",
    },
    Edit {
        name: "a_secret_in_the_error_message",
        harness: "vault-kv-inner-probe",
        cases: &["healthy"],
        script: "vault-kv-inner-probe.sh",
        from: "fail \"the AppRole login was refused or not answered\"",
        to: "fail \"the AppRole login was refused: $login_body\"",
        red: "vault-kv-inner-probe/healthy/curl#1/exit/once",
        verdict: "leaked",
    },
    Edit {
        name: "bad_units_that_are_not_counted",
        harness: "vault-kv-health",
        cases: &["all-healthy"],
        script: "vault-kv-health.sh",
        from: "(( bad == 0 )) || die",
        to: "(( bad >= 0 )) || die",
        red: "vault-kv-health/all-healthy/juju#2/exit/once",
        verdict: "swallowed",
    },
    Edit {
        name: "the_status_of_tee",
        harness: "run-logged",
        cases: &["passes-output-and-status"],
        script: "run-logged.sh",
        from: "command_status=${pipe_status[0]}",
        to: "command_status=${pipe_status[1]}",
        red: "run-logged/passes-output-and-status/openstack#1/exit/once",
        verdict: "swallowed",
    },
    Edit {
        name: "not_known_taken_for_met",
        harness: "preflight",
        cases: &["all-met"],
        script: "preflight.sh",
        from: "if (( not_met > 0 || not_known > 0 )); then",
        to: "if (( not_met > 0 )); then",
        red: "preflight/all-met/juju#1/exit/once",
        verdict: "swallowed",
    },
    Edit {
        name: "success_said_on_the_way_out",
        harness: "preflight",
        cases: &["all-met"],
        script: "preflight.sh",
        from: "  (( not_known == 0 )) || exit 2\n",
        to: "  printf 'preflight: PASS\\n'\n  (( not_known == 0 )) || exit 2\n",
        red: "preflight/all-met/juju#1/signal/once",
        verdict: "claimed-success",
    },
];

/// One test an edit, and one that shows that without any of them all is green.
pub fn tests() -> Vec<Trial> {
    let mut tests: Vec<Trial> =
        EDITS.iter().map(|edit| Trial::test(format!("edit::{}", edit.name), || edit.bites())).collect();
    tests.push(Trial::test("edit::none_of_them_is_green", none_is_green));
    tests
}

impl Edit {
    fn bites(&self) -> Result<(), Failed> {
        let folder = project(self.harness, self.cases)?;
        let script = folder.path().join(SCRIPTS).join(self.script);
        let text = fs::read_to_string(&script)?;
        if !text.contains(self.from) {
            return Err(format!("{} holds no {:?}: write the edit anew", self.script, self.from).into());
        }
        fs::write(&script, text.replacen(self.from, self.to, 1))?;
        let ran = ran(folder.path(), vec![self.harness.to_owned()])?;
        let reds: Vec<String> = reds(&ran.trials);
        let seen = format!(" {}", self.verdict);
        if reds.iter().any(|red| red.starts_with(self.red) && red.contains(&seen)) {
            return Ok(());
        }
        Err(format!("no red {} {}, but\n{}", self.red, self.verdict, reds.join("\n")).into())
    }
}

fn none_is_green() -> Result<(), Failed> {
    let folder = project("vault-kv-health", &["all-healthy"])?;
    let reds = reds(&ran(folder.path(), Vec::new())?.trials);
    if reds.is_empty() { Ok(()) } else { Err(reds.join("\n").into()) }
}

/// The red trials, without the stubs that only the left out cases call.
fn reds(trials: &[gauntlet::event::Trial]) -> Vec<String> {
    trials
        .iter()
        .filter(|trial| trial.verdict.is_red() && !(trial.kind == TrialKind::Green && trial.case.is_empty()))
        .map(|trial| format!("{} {}: {}", trial.id, trial.verdict, trial.explanation))
        .collect()
}

/// A copy of the reference repository without its harnesses.
pub fn reference() -> Result<TempDir, Failed> {
    let folder = tempfile::tempdir()?;
    let root = Path::new(ROOT);
    for entry in WalkDir::new(root.join("fixtures/cloud-ops")) {
        let entry = entry?;
        let copy = folder.path().join(entry.path().strip_prefix(root)?);
        if entry.file_type().is_dir() {
            fs::create_dir_all(copy)?;
        } else {
            fs::copy(entry.path(), copy)?;
        }
    }
    fs::write(folder.path().join("gauntlet.toml"), "version = 1\n")?;
    Ok(folder)
}

/// The same with one harness of some of its cases.
fn project(harness: &str, cases: &[&str]) -> Result<TempDir, Failed> {
    let folder = reference()?;
    let root = Path::new(ROOT);
    let mut text: toml::Table =
        toml::from_str(&fs::read_to_string(root.join(format!("harnesses/{harness}.toml")))?)?;
    if let Some(all) = text.get_mut("case").and_then(toml::Value::as_array_mut) {
        all.retain(|case| case["name"].as_str().is_some_and(|name| cases.contains(&name)));
    }
    fs::create_dir(folder.path().join("harnesses"))?;
    fs::write(folder.path().join(format!("harnesses/{harness}.toml")), toml::to_string(&text)?)?;
    Ok(folder)
}
