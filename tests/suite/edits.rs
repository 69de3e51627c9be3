//! Breaking a hardened script by hand turns the program red, as whoever runs it sees it: exit code, rule or verdict,
//! script and line. Each edit is made in a copy of the reference project of its own.
//!
//! An edit whose text is no longer in its file fails its test, so that no edit can rot into one that changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use toml::{Table, Value as Toml};
use walkdir::WalkDir;

use crate::folder::Folder;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

const OFFBOARD: &str = "fixtures/cloud-ops/scripts/tenant-offboard.sh";
const PROBE: &str = "fixtures/cloud-ops/scripts/vault-kv-inner-probe.sh";
const HEALTH: &str = "fixtures/cloud-ops/scripts/vault-kv-health.sh";
const PREFLIGHT: &str = "fixtures/cloud-ops/scripts/preflight.sh";
const LOGGED: &str = "fixtures/cloud-ops/scripts/run-logged.sh";
const COMMON: &str = "fixtures/cloud-ops/scripts/lib/common.sh";
const CHANGELOG: &str = "fixtures/cloud-ops/docs/changelog-20260312-process-hardening.md";

const SERVER_DELETE: &str = "openstack server delete --wait";
const PROJECT_DELETE: &str = "openstack project delete";
const GATE: &str = "[[ $typed == \"$phrase\" ]] || die \"that is not the phrase; nothing was changed\"";

/// One edit of one file.
struct Edit {
    name: &'static str,
    file: &'static str,
    /// Text of the file; where it ends in `…`, from there up to the next heading.
    from: &'static str,
    to: &'static str,
}

impl Edit {
    fn make(&self, folder: &Folder) {
        let path = folder.path(self.file);
        let text = fs::read_to_string(&path).expect(self.file);
        let from = match self.from.strip_suffix('…') {
            None => self.from,
            Some(start) => {
                let at = text.find(start).unwrap_or_else(|| self.rotten());
                let end = text[at + 2..].find("\n## ").map_or(text.len(), |end| at + 2 + end + 1);
                &text[at..end]
            }
        };
        if !text.contains(from) || from == self.to {
            self.rotten()
        }
        fs::write(path, text.replacen(from, self.to, 1)).expect(self.file);
    }

    fn rotten(&self) -> ! {
        panic!("{}: {} holds no {:?} to change: write the edit anew", self.name, self.file, self.from)
    }
}

/// The line (from 1) of `file` that holds `text`; a line break that `text` starts with belongs to the line before.
fn line_of(folder: &Folder, file: &str, text: &str) -> usize {
    let content = fs::read_to_string(folder.path(file)).expect(file);
    let at = content.find(text).unwrap_or_else(|| panic!("{file} holds no {text:?}"));
    1 + content[..at].matches('\n').count() + usize::from(text.starts_with('\n'))
}

/// A copy of the reference project with the settings of this repository, without harnesses.
fn reference() -> Folder {
    let folder = Folder::new();
    let root = Path::new(ROOT);
    for entry in WalkDir::new(root.join("fixtures/cloud-ops")) {
        let entry = entry.expect("the fixtures can be read");
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(root).expect("it is inside");
            folder.write(path, fs::read(entry.path()).expect("the fixtures can be read"));
        }
    }
    folder.write("gauntlet.toml", fs::read(root.join("gauntlet.toml")).expect("gauntlet.toml"));
    folder
}

/// Runs the program; its JSON and exit code.
fn seen(folder: &Folder, args: &[&str]) -> (Value, i32) {
    let output = folder.gauntlet(args).args(["--output-format", "json"]).output().expect("it runs");
    let json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("no JSON: {error}: {}", String::from_utf8_lossy(&output.stderr)));
    (json, output.status.code().expect("it exits"))
}

/// An edit that lint finds.
struct Linted {
    edit: Edit,
    code: &'static str,
    /// The script that the finding is in, and text of the line that it starts on.
    at: (&'static str, &'static str),
}

impl Linted {
    /// What is wrong with what lint says of it; nothing, where it is found as it should be.
    fn complaint(&self) -> Option<String> {
        let folder = reference();
        self.edit.make(&folder);
        let (script, text) = self.at;
        // A rule of the whole project needs the whole project; the others are asked about their script.
        let mut args = vec!["lint"];
        args.extend((self.code != "L6").then_some(script));
        let (json, code) = seen(&folder, &args);
        let line = line_of(&folder, script, text);
        let findings = json["findings"].as_array().expect("findings");
        let found = findings.iter().any(|finding| {
            finding["code"] == self.code && finding["path"] == script && finding["line"] == line
        });
        (code != 1 || !found).then(|| {
            let expected = format!("{} at {script}:{line}", self.code);
            format!("{}: expected exit 1 and {expected}, saw exit {code} and {findings:?}", self.edit.name)
        })
    }
}

fn every_one_is_found(edits: &[Linted]) {
    let complaints: Vec<String> = edits.iter().filter_map(Linted::complaint).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

const fn swap(name: &'static str, file: &'static str, from: &'static str, to: &'static str) -> Edit {
    Edit { name, file, from, to }
}

#[test]
fn the_copy_without_an_edit_is_clean() {
    let (json, code) = seen(&reference(), &["lint"]);
    assert_eq!((code, json["findings"].as_array().map(Vec::len)), (0, Some(0)), "{json}");
    assert!(json["summary"]["files"].as_u64() >= Some(7), "{json}");
}

#[test]
fn lint_finds_a_weakened_regime_and_a_lost_record() {
    every_one_is_found(&[
        Linted {
            edit: swap("no pipefail", OFFBOARD, "\nset -uo pipefail\n", "\nset -u\n"),
            code: "L1",
            at: (OFFBOARD, "\nset -u\n"),
        },
        Linted {
            edit: swap(
                "a header without its regime",
                PREFLIGHT,
                "# Error regime: set -uo pipefail, c",
                "# C",
            ),
            code: "L1",
            at: (PREFLIGHT, "\nset -uo pipefail\n"),
        },
        Linted {
            edit: swap("no changelog entry", CHANGELOG, "## DOCFIX-003…", ""),
            code: "L6",
            at: (OFFBOARD, "#!"),
        },
        // The script is still named by the revert of another entry, which is no record of it.
        Linted {
            edit: swap("an entry that only another's revert stands in for", CHANGELOG, "## DOCFIX-005…", ""),
            code: "L6",
            at: (HEALTH, "#!"),
        },
        Linted {
            edit: swap(
                "an entry that cannot be reverted",
                CHANGELOG,
                "- Revert: `git log -1 --format=%H -S'DOCFIX-001'",
                "- See also: `git log -1 --format=%H -S'DOCFIX-001'",
            ),
            code: "L6",
            at: (LOGGED, "#!"),
        },
    ]);
}

#[test]
fn lint_finds_a_secret_on_the_argv() {
    every_one_is_found(&[
        Linted {
            edit: swap("the login body on the argv", PROBE, "--data @- \\", "--data \"$login_body\" \\"),
            code: "L2",
            at: (PROBE, "answer=$(curl --silent --show-error --fail --max-time 10 --data"),
        },
        Linted {
            edit: swap(
                "the token in a header on the argv",
                PROBE,
                "--config - \\\n    \"$VAULT_ADDR/v1/$kv_path\"",
                "--header \"X-Vault-Token: $client_token\" \\\n    \"$VAULT_ADDR/v1/$kv_path\"",
            ),
            code: "L2",
            at: (PROBE, "answer=$(curl --silent --show-error --fail --max-time 10 --header"),
        },
        Linted {
            edit: swap(
                "the secret id in the command for the unit",
                HEALTH,
                "'bash -s' <<<\"$payload\"",
                "\"VAULT_SECRET_ID=$VAULT_SECRET_ID bash -s\" <<<\"$payload\"",
            ),
            code: "L2",
            at: (HEALTH, "answer=$(juju ssh"),
        },
    ]);
}

#[test]
fn lint_finds_an_open_gate() {
    let ungated = |edit| Linted { edit, code: "L3", at: (OFFBOARD, SERVER_DELETE) };
    every_one_is_found(&[
        ungated(swap("no typed gate", OFFBOARD, GATE, ":")),
        ungated(swap("a constant yes", OFFBOARD, "[[ $typed == \"$phrase\" ]]", "[[ $typed == yes ]]")),
        ungated(swap("a pattern", OFFBOARD, "[[ $typed == \"$phrase\" ]]", "[[ $typed == $phrase ]]")),
        ungated(swap(
            "a phrase that names no target",
            OFFBOARD,
            "phrase=\"offboard $project_name $project_id\"",
            "phrase=offboard",
        )),
        ungated(swap(
            "nobody types",
            OFFBOARD,
            "IFS= read -r typed || die \"no confirmation on stdin; nothing was changed\"",
            "typed=$phrase",
        )),
        ungated(swap(
            "a wrong phrase that is only warned about",
            OFFBOARD,
            "|| die \"that is not the phrase",
            "|| warn \"that is not the phrase",
        )),
        ungated(swap("apply is the default", OFFBOARD, "\nAPPLY=0 #", "\nAPPLY=1 #")),
        ungated(swap("apply is inherited", OFFBOARD, "\nAPPLY=0 #", "\nAPPLY=${APPLY:-0} #")),
        ungated(swap("the audit goes on", OFFBOARD, "all of the above\"\n  exit 0", "all of the above\"")),
        ungated(swap("die that does not end the script", COMMON, ">&2\n  exit 1", ">&2\n  return 1")),
    ]);
}

#[test]
fn lint_finds_an_unchecked_id() {
    let unchecked = |edit, delete| Linted { edit, code: "L4", at: (OFFBOARD, delete) };
    let is_uuid = "[[ $1 =~ ^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$ ]]";
    every_one_is_found(&[
        unchecked(
            swap("is_uuid without its first anchor", COMMON, "=~ ^[0-9a-f]{8}", "=~ [0-9a-f]{8}"),
            SERVER_DELETE,
        ),
        unchecked(swap("is_uuid without its last anchor", COMMON, "{12}$ ]]", "{12} ]]"), SERVER_DELETE),
        unchecked(swap("is_uuid that takes any text", COMMON, is_uuid, "[[ -n $1 ]]"), SERVER_DELETE),
        unchecked(swap("is_hex32 without its last anchor", COMMON, "{32}$ ]]", "{32} ]]"), PROJECT_DELETE),
        unchecked(
            swap("no is_hex32", OFFBOARD, "is_hex32 \"$project_id\" || die", "true || die"),
            PROJECT_DELETE,
        ),
        unchecked(
            swap(
                "is_hex32 that only warns",
                OFFBOARD,
                "is_hex32 \"$project_id\" || die",
                "is_hex32 \"$project_id\" || warn",
            ),
            PROJECT_DELETE,
        ),
        unchecked(
            swap(
                "no is_uuid before a delete",
                OFFBOARD,
                "    is_uuid \"$id\" || die \"not the id of a server: ${id@Q}\"\n",
                "",
            ),
            SERVER_DELETE,
        ),
    ]);
}

/// An edit that only shows when the script runs.
struct Run {
    edit: Edit,
    harness: &'static str,
    case: &'static str,
    verdict: &'static str,
    /// Text of the line whose call the red trial is about; `None` where it is about the run as a whole.
    at: Option<(&'static str, &'static str)>,
}

const RUNS: &[Run] = &[
    Run {
        edit: swap(
            "a delete that may fail",
            OFFBOARD,
            "|| die \"server $id was not deleted; stopped there\"",
            "|| true",
        ),
        harness: "tenant-offboard",
        case: "server-that-stays",
        verdict: "failed",
        at: None,
    },
    Run {
        edit: swap(
            "a listing that is not tested",
            OFFBOARD,
            "ids=$(list_networks) || die \"the networks could not be listed\"\n  require",
            "ids=$(list_networks)\n  require",
        ),
        harness: "tenant-offboard",
        case: "owns-nothing",
        verdict: "swallowed",
        at: Some((OFFBOARD, "openstack network list --project")),
    },
    Run {
        edit: swap(
            "a status that is not read from PIPESTATUS",
            LOGGED,
            "pipe_status=(\"${PIPESTATUS[@]}\")",
            "pipe_status=(0 0)",
        ),
        harness: "run-logged",
        case: "passes-output-and-status",
        verdict: "swallowed",
        at: Some((LOGGED, "\"$@\" 2>&1 | tee")),
    },
    Run {
        edit: swap("a status that is not handed on", LOGGED, "exit \"$command_status\"", "exit 0"),
        harness: "run-logged",
        case: "passes-output-and-status",
        verdict: "swallowed",
        at: Some((LOGGED, "\"$@\" 2>&1 | tee")),
    },
    Run {
        edit: swap(
            "a unit that could not be asked counts as healthy",
            HEALTH,
            "the probe failed or could not be run\"\n    return 1",
            "the probe failed or could not be run\"\n    return 0",
        ),
        harness: "vault-kv-health",
        case: "all-healthy",
        verdict: "swallowed",
        at: Some((HEALTH, "answer=$(juju ssh")),
    },
    Run {
        edit: swap(
            "a charm that Charmhub did not answer for counts as there",
            PREFLIGHT,
            "channels=$(charmhub_channels \"$1\") || return 2",
            "channels=$(charmhub_channels \"$1\") || return 0",
        ),
        harness: "preflight",
        case: "all-met",
        verdict: "swallowed",
        at: Some(("fixtures/cloud-ops/scripts/lib/charmhub.sh", "info=$(juju info")),
    },
    Run {
        edit: swap(
            "a login that is not tested",
            PROBE,
            "|| fail \"the AppRole login was refused or not answered\"\n  [[ -n $answer ]] || fail \"the AppRole login was answered with nothing\"\n",
            "\n",
        ),
        harness: "vault-kv-inner-probe",
        case: "login-refused",
        verdict: "failed",
        at: None,
    },
    Run {
        edit: swap(
            "a revocation that may fail",
            PROBE,
            "  revoke_token || fail \"the token was not revoked\"\n",
            "  revoke_token || client_token=''\n",
        ),
        harness: "vault-kv-inner-probe",
        case: "healthy",
        verdict: "swallowed",
        at: Some((PROBE, "curl --silent --show-error --fail --max-time 10 --request POST")),
    },
    Run {
        edit: swap(
            "a token that is printed",
            PROBE,
            "  client_token=$token\n",
            "  client_token=$token\n  printf 'token %s\\n' \"$token\"\n",
        ),
        harness: "vault-kv-inner-probe",
        case: "healthy",
        verdict: "leaked",
        at: None,
    },
    Run {
        edit: swap("a trace that shows everything", PROBE, "set -uo pipefail\n", "set -uxo pipefail\n"),
        harness: "vault-kv-inner-probe",
        case: "healthy",
        verdict: "leaked",
        at: None,
    },
];

/// Writes the harness with some of its cases, and without the duty to use stubs that only the others need.
fn take_harness(folder: &Folder, harness: &str, cases: &[&str]) {
    let path = format!("harnesses/{harness}.toml");
    let text = fs::read_to_string(Path::new(ROOT).join(&path)).expect(&path);
    let mut table: Table = text.parse().expect(&path);
    let all = table.get_mut("case").and_then(Toml::as_array_mut).expect("it has cases");
    all.retain(|case| case["name"].as_str().is_some_and(|name| cases.contains(&name)));
    assert_eq!(all.len(), cases.len(), "{path} has not all of {cases:?}");
    for stub in table.get_mut("stub").and_then(Toml::as_array_mut).expect("it has stubs") {
        stub.as_table_mut().expect("a stub is a table").insert("optional".to_owned(), Toml::Boolean(true));
    }
    folder.write(path, toml::to_string(&table).expect("it was TOML"));
}

#[test]
fn the_runs_without_an_edit_are_green() {
    let folder = reference();
    let mut cases: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for run in RUNS {
        let of = cases.entry(run.harness).or_default();
        if !of.contains(&run.case) {
            of.push(run.case);
        }
    }
    for (harness, cases) in &cases {
        take_harness(&folder, harness, cases);
    }
    let (json, code) = seen(&folder, &["run"]);
    assert_eq!((code, &json["summary"]["red"]), (0, &Value::from(0)), "{json}");
    assert_eq!(json["summary"]["harnesses"], cases.len());
}

/// Runs every edit of one harness.
fn every_one_turns_red(harness: &str) {
    let complaints: Vec<String> =
        RUNS.iter().filter(|run| run.harness == harness).filter_map(Run::complaint).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

impl Run {
    fn complaint(&self) -> Option<String> {
        let folder = reference();
        self.edit.make(&folder);
        take_harness(&folder, self.harness, &[self.case]);
        let (json, code) = seen(&folder, &["run", self.harness]);
        let trials = json["trials"].as_array().expect("trials");
        let reds: Vec<&Value> = trials.iter().filter(|trial| trial["red"] == true).collect();
        let at = self.at.map(|(script, text)| (script, line_of(&folder, script, text)));
        let found = reds.iter().any(|trial| {
            trial["verdict"] == self.verdict
                && trial["case"] == self.case
                && at.is_none_or(|(script, line)| trial["path"] == script && trial["line"] == line)
        });
        (code != 1 || !found).then(|| {
            let expected = format!("{} in {}, {at:?}", self.verdict, self.case);
            format!("{}: expected exit 1 and {expected}, saw exit {code} and {reds:?}", self.edit.name)
        })
    }
}

#[test]
fn run_finds_what_tenant_offboard_swallows() {
    every_one_turns_red("tenant-offboard");
}

#[test]
fn run_finds_what_run_logged_swallows() {
    every_one_turns_red("run-logged");
}

#[test]
fn run_finds_what_vault_kv_health_swallows() {
    every_one_turns_red("vault-kv-health");
}

#[test]
fn run_finds_what_preflight_swallows() {
    every_one_turns_red("preflight");
}

#[test]
fn run_finds_what_the_inner_probe_swallows_and_leaks() {
    every_one_turns_red("vault-kv-inner-probe");
}
