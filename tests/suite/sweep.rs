//! `gauntlet sweep` and `gauntlet new harness` from outside: what they take, what they say, how they end. What a sweep finds
//! in scripts is in the labelled scripts of `fixtures/sweep`.

use std::fs;

use serde_json::Value;

use crate::folder::Folder;

/// Exit code, stdout, stderr.
fn run(folder: &Folder, args: &[&str]) -> (i32, String, String) {
    let output = folder.gauntlet(args).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is UTF-8");
    (output.status.code().expect("it exits"), text(output.stdout), text(output.stderr))
}

/// The trials of a sweep, with its exit code.
fn trials(folder: &Folder, args: &[&str]) -> (i32, Vec<Value>) {
    let (code, stdout, stderr) = run(folder, &[&["sweep", "--output-format", "json"], args].concat());
    let json: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    (code, json["trials"].as_array().unwrap_or_else(|| panic!("no trials: {stderr}")).clone())
}

/// A folder that is no project: the script stands anywhere.
fn bare() -> Folder {
    let folder = Folder::new();
    fs::remove_file(folder.path("gauntlet.toml")).expect("it was there");
    folder
}

#[test]
fn what_cannot_be_swept_is_said_with_2() {
    let folder = bare();
    folder.write("binary", b"\x7fELF\0\0");
    folder.write("python", "#!/usr/bin/env python3\nprint(1)\n");
    folder.write(
        "usage.sh",
        "set -eu\n[ $# -gt 0 ] || { echo 'usage: usage.sh NAME' >&2; exit 64; }\nvault kv delete \"$1\"\n",
    );
    folder.write("silent.sh", "echo hello\n");
    folder.write("wrong.sh", "set -eu\nx=$(frob get it)\n[ \"$x\" = \"$x$x\" ] || exit 3\n");
    for (args, part) in [
        (&["nothing.sh"][..], "is not there"),
        (&["."], "is a folder"),
        (&["binary"], "no text"),
        (&["python"], "for python3"),
        (&["usage.sh"], "give them after `--`"),
        (&["silent.sh"], "calls nothing that could fail"),
        (&["wrong.sh", "--stub", "frob get it => a"], "--stub 'frob get it => ANSWER'"),
        (&["wrong.sh", "--stub", "frob get it"], "has no answer"),
        (&["wrong.sh", "--mutates", "'"], "not closed"),
    ] {
        let (code, stdout, stderr) = run(&folder, &[&["sweep"], args].concat());
        assert_eq!(code, 2, "{args:?}: {stdout}{stderr}");
        assert!(stderr.contains(part), "{args:?}: {stderr}");
        assert!(stdout.contains("NOT DONE"), "{args:?}: {stdout}");
    }
    let (_, stdout, _) = run(&folder, &["sweep", "usage.sh", "--output-format", "json"]);
    let json: Value = serde_json::from_str(&stdout).expect("it is JSON");
    assert_eq!(json["trials"], serde_json::json!([]));
    let reason = json["not_checked"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("there is no green run"), "{stdout}");
}

#[test]
fn a_script_anywhere_brings_what_it_sources() {
    let folder = bare();
    folder.write("tools/lib/log.sh", "say() { vault kv put ops/log text=\"$1\" || true; }\n");
    folder.write(
        "tools/retire",
        "set -eu\n. \"$(dirname \"$0\")/lib/log.sh\"\nopenstack volume delete \"$1\"\nsay gone\n",
    );
    let (code, trials) = trials(&folder, &["tools/retire", "--", "v1"]);
    assert_eq!(code, 1);
    let red: Vec<&Value> = trials.iter().filter(|trial| trial["red"] == true).collect();
    assert!(!red.is_empty());
    for trial in red {
        assert_eq!(
            (trial["path"].as_str(), trial["line"].as_u64()),
            (Some("lib/log.sh"), Some(1)),
            "{trial}"
        );
        assert_eq!(trial["verdict"], "swallowed");
    }
}

#[test]
fn the_last_stub_that_matches_wins_and_may_be_empty() {
    let folder = bare();
    folder.write(
        "x.sh",
        "set -eu\nstate=$(openstack server show web -f value -c status)\nif [ -z \"$state\" ]; then echo none; fi\nopenstack server delete \"web-$state\"\n",
    );
    let words = |stubs: &[&str]| {
        let options: Vec<&str> = stubs.iter().flat_map(|stub| ["--stub", stub]).collect();
        let (_, trials) = trials(&folder, &[&["x.sh"], options.as_slice()].concat());
        let delete = trials.iter().find(|trial| trial["line"] == 4).expect("a trial of line 4");
        delete["argv"][3].as_str().expect("a word").to_owned()
    };
    assert_eq!(words(&[]), "web-ACTIVE");
    assert_eq!(words(&["openstack server show ** => SHUTOFF", "openstack ** => PAUSED"]), "web-PAUSED");
    assert_eq!(words(&["openstack ** => PAUSED", "openstack server show web ** => SHUTOFF"]), "web-SHUTOFF");
    assert_eq!(words(&["openstack server show ** =>"]), "web-");
}

#[test]
fn stubs_leave_the_script_s_stdin_alone() {
    let folder = bare();
    folder.write("x.sh", "set -eu\nwhile read -r host; do\n  ssh \"$host\" uptime\ndone\n");
    let (_, trials) = trials(&folder, &["x.sh", "--stdin", "a\nb\nc"]);
    let hosts: Vec<&str> = trials
        .iter()
        .filter(|trial| trial["kind"] == "exit" && trial["persistence"] == "once")
        .filter_map(|trial| trial["argv"][1].as_str())
        .collect();
    assert_eq!(hosts, ["a", "b", "c"]);
}

#[test]
fn the_repeat_command_stands_on_its_own() {
    let folder = bare();
    folder.write(
        "x.sh",
        "set -eu\nread -r word\n[ \"$word\" = \"drop $1\" ] || exit 1\nkubectl delete ns \"$1\" || true\n",
    );
    let (code, stdout, _) = run(&folder, &["sweep", "x.sh", "--stub", "kubectl ** => gone now", "--", "web"]);
    assert_eq!(code, 1, "{stdout}");
    let repeat = stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("repeat  gauntlet "))
        .expect("a repeat command");
    let words = shlex::split(repeat).expect("a shell reads it");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (code, stdout, _) = run(&folder, &words);
    assert_eq!(code, 1, "{stdout}");
    assert!(stdout.contains("! x.sh:4  kubectl delete ns web"), "{stdout}");
    assert!(stdout.contains("swallowed"), "{stdout}");
}

#[test]
fn a_sweep_s_text_and_its_programs_forms_agree() {
    let folder = bare();
    folder.write(
        "x.sh",
        "set -eu\nhelm upgrade api ./chart || echo trouble\nkubectl rollout status deploy/api\n",
    );
    let (code, stdout, _) = run(&folder, &["sweep", "x.sh"]);
    assert_eq!(code, 1);
    assert!(stdout.contains("red[swallowed]: x.sh:2: `helm upgrade api ./chart`"), "{stdout}");
    assert!(stdout.contains("it ran `kubectl rollout status deploy/api` at x.sh:3"), "{stdout}");
    assert!(stdout.contains("RED: 1 of 2 calls of x.sh"), "{stdout}");
    let (code, junit, _) = run(&folder, &["sweep", "x.sh", "--output-format", "junit"]);
    assert_eq!(code, 1);
    assert!(junit.contains("<testsuite name=\"x\""), "{junit}");
}

#[test]
fn calls_that_no_run_makes_are_told() {
    let folder = bare();
    folder.write(
        "x.sh",
        "set -eu\nquit() {\n  logger \"$1\"\n  exit 1\n}\ncase $1 in\n  start) nomad job run web.nomad || quit 'not run' ;;\n  stop) nomad job stop web ;;\nesac\n",
    );
    let (code, stdout, _) = run(&folder, &["sweep", "x.sh", "--", "start"]);
    assert_eq!(code, 0, "{stdout}");
    let told: Vec<&str> = stdout.lines().filter(|line| line.starts_with("not reached: ")).collect();
    assert_eq!(told, ["not reached: x.sh:8 nomad job stop web"], "{stdout}");
    assert!(stdout.contains("ALL GREEN but for 1 call that was not reached (1 call, "), "{stdout}");
    let (_, stdout, _) = run(&folder, &["sweep", "x.sh", "--output-format", "json", "--", "start"]);
    let json: Value = serde_json::from_str(&stdout).expect("it is JSON");
    let wanted = serde_json::json!([{ "path": "x.sh", "line": 8, "call": "nomad job stop web" }]);
    assert_eq!(json["not_reached"], wanted);
    assert_eq!(json["summary"]["not_reached"], 1);
    folder.write("y.sh", "set -eu\nnomad job run web.nomad\n");
    let (code, stdout, _) = run(&folder, &["sweep", "y.sh"]);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains("ALL GREEN (1 call, "), "{stdout}");
}

#[test]
fn a_new_harness_runs_as_it_is_written() {
    let folder = Folder::new();
    folder.write(
        "scripts/retire.sh",
        "#!/usr/bin/env bash\nset -euo pipefail\napply=no\nwhile (( $# )); do\n  case $1 in\n    --apply) apply=yes; shift ;;\n    *) name=$1; shift ;;\n  esac\ndone\nid=$(openstack project show \"$name\" -f value -c id)\n[[ $id =~ ^[0-9a-f]{32}$ ]] || exit 1\n: \"${VAULT_TOKEN:?}\"\n[[ $apply == yes ]] || exit 0\nread -r phrase\n[[ $phrase == \"retire $name\" ]] || exit 1\nopenstack project delete \"$id\"\n",
    );
    let (code, _, stderr) = run(&folder, &["new", "harness", "scripts/retire.sh", "--", "demo"]);
    assert_eq!(code, 0, "{stderr}");
    let text = fs::read_to_string(folder.path("harnesses/retire.toml")).expect("it was written");
    assert!(text.contains("name = \"apply\""), "{text}");
    assert!(text.contains("[canaries]\nVAULT_TOKEN"), "{text}");
    let (code, stdout, stderr) = run(&folder, &["run", "retire"]);
    assert_eq!(code, 0, "{text}\n{stdout}{stderr}");
    let (code, _, stderr) = run(&folder, &["new", "harness", "scripts/retire.sh", "--", "demo"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("harnesses/retire.toml"), "{stderr}");
}

#[test]
fn what_is_not_there_is_no_excuse_for_a_change_that_came_to_nothing() {
    let folder = bare();
    folder.write(
        "x.sh",
        "set -eu\nopenstack server add floating ip web 203.0.113.7 || openstack port delete p\nif openstack volume delete old; then echo gone; fi\n",
    );
    folder.write(
        "y.sh",
        "set -eu\ndocker start web || docker run -d --name web web:1\nsystemctl restart nginx\nif nomad job stop old; then consul kv put state=stopped x; fi\n",
    );
    let absent = |name: &str| -> Vec<(u64, String)> {
        let (_, trials) = trials(&folder, &[name]);
        let absent = trials.iter().filter(|trial| trial["kind"] == "absent");
        absent
            .map(|trial| {
                (
                    trial["line"].as_u64().unwrap_or_default(),
                    trial["verdict"].as_str().unwrap_or_default().to_owned(),
                )
            })
            .collect()
    };
    let wanted = |wanted: &[(u64, &str)]| -> Vec<(u64, String)> {
        wanted.iter().map(|(line, verdict)| (*line, (*verdict).to_owned())).collect()
    };
    assert_eq!(absent("x.sh"), wanted(&[(2, "swallowed"), (3, "recovered")]));
    assert_eq!(absent("y.sh"), wanted(&[(2, "recovered"), (3, "propagated"), (4, "recovered")]));
}

#[test]
fn a_script_that_looks_above_its_folder_brings_what_it_finds_there() {
    let folder = bare();
    folder.write("functions", "stop() { openstack server stop \"$1\" || true; }\n");
    folder.write(
        "tools/unstack.sh",
        "set -eu\nHERE=$(cd \"$(dirname \"$0\")\" && pwd)\nTOP=$(cd \"$HERE/..\"; pwd)\nsource \"$TOP/functions\"\nstop web\n",
    );
    let (code, trials) = trials(&folder, &["tools/unstack.sh"]);
    assert_eq!(code, 1);
    let red: Vec<&Value> = trials.iter().filter(|trial| trial["red"] == true).collect();
    assert!(!red.is_empty() && red.iter().all(|trial| trial["path"] == "functions"), "{red:?}");
}

#[test]
fn what_was_put_there_and_what_was_not_used_is_told() {
    let folder = bare();
    folder.write(
        "x.sh",
        "set -eu\nname=$(cat /etc/app/name)\nopenstack volume show \"$name\" -f value -c status\n. ./seed.sh\nbash ./plant.sh\ncd /opt/app\n[ \"$name\" = web-1 ] || openstack volume delete \"$name\"\n",
    );
    let stub = ["--stub", "openstack volume shaw * -f value -c status => error"];
    let (code, stdout, stderr) = run(&folder, &[&["sweep", "x.sh"][..], &stub].concat());
    assert_eq!(code, 0, "{stdout}{stderr}");
    for part in [
        "placed    /etc/app/name: a file that says `web-1`",
        "/opt/app: a folder",
        "/repo/seed.sh: an empty file",
        "/repo/plant.sh: an empty file",
        "unused    --stub `openstack volume shaw * -f value -c status` answered no call; the nearest is `openstack volume show web-1 -f value -c status`",
        "not reached: x.sh:7 openstack volume delete",
    ] {
        assert!(stdout.contains(part), "{part}: {stdout}");
    }
    for (form, parts) in [
        ("junit", ["<skipped type=\"not-reached\"", "placed: /opt/app: a folder"]),
        ("html", ["Calls that were not reached", "placed: /opt/app: a folder"]),
    ] {
        let (_, stdout, _) = run(&folder, &["sweep", "x.sh", "--output-format", form]);
        for part in parts {
            assert!(stdout.contains(part), "{form}: {part}: {stdout}");
        }
    }
}

#[test]
fn one_trial_has_no_other_form() {
    let folder = bare();
    folder.write("x.sh", "set -eu\nkubectl delete ns web\n");
    let only = ["sweep", "x.sh", "--only", "x/sweep/kubectl#1/exit/once", "--output-format", "json"];
    let (code, stdout, stderr) = run(&folder, &only);
    assert_eq!(code, 2, "{stdout}");
    assert!(stderr.contains("--only"), "{stderr}");
}

#[test]
fn of_the_turns_of_a_loop_the_first_and_the_last_fail() {
    let folder = bare();
    folder.write(
        "x.sh",
        "set -eu\nfor turn in 1 2 3 4 5; do\n  nomad job status web >/dev/null\n  sleep 5\ndone\nnomad job stop web\n",
    );
    let (code, trials) = trials(&folder, &["x.sh"]);
    assert_eq!(code, 0);
    let failing = |trial: &&Value| trial["kind"] == "exit" && trial["persistence"] == "once";
    let mut turns: Vec<&str> =
        trials.iter().filter(failing).filter_map(|trial| trial["id"].as_str()).collect();
    turns.sort_unstable();
    let wanted = [1, 5, 6].map(|number| format!("x/sweep/nomad#{number}/exit/once"));
    assert_eq!(turns, wanted);
}

#[test]
fn who_waits_in_vain_has_not_tested_for_what_is_not_there() {
    let folder = bare();
    folder.write(
        "x.sh",
        "set -uo pipefail\nfor i in 1 2 3; do\n  curl -fsSo /dev/null http://127.0.0.1/ && break\n  sleep 5\ndone\necho up\n",
    );
    let (_, trials) = trials(&folder, &["x.sh"]);
    let verdict = |id: &str| {
        let trial = trials.iter().find(|trial| trial["id"] == format!("x/sweep/curl#1/{id}"));
        trial.map(|trial| trial["verdict"].clone()).unwrap_or_default()
    };
    assert_eq!(verdict("absent/forever"), "swallowed");
    assert_eq!(verdict("absent/once"), "recovered");
}

#[test]
fn calls_on_another_way_that_ends_well_were_not_tried() {
    let folder = bare();
    folder.write(
        "x.sh",
        "set -e\nrole=$(drbdadm role r0 2>/dev/null || echo Unknown)\ncase $role in\n  Primary*) exit 0 ;;\nesac\ndrbdadm primary r0\nmount /dev/drbd0 /mnt\n",
    );
    let stub = ["--stub", "drbdadm role r0 => Primary/Secondary"];
    let (code, stdout, _) = run(&folder, &[&["sweep", "x.sh"], stub.as_slice()].concat());
    assert_eq!(code, 1, "{stdout}");
    let told: Vec<&str> = stdout.lines().filter(|line| line.starts_with("not reached: ")).collect();
    let wanted = ["not reached: x.sh:6 drbdadm primary r0", "not reached: x.sh:7 mount /dev/drbd0 /mnt"];
    assert_eq!(told, wanted, "{stdout}");
}

#[test]
fn of_a_folder_beside_the_script_the_first_files_come_along() {
    let folder = bare();
    for number in 100..170 {
        folder.write(format!("parts/{number}.conf"), "x=1\n");
    }
    folder.write("x.sh", "set -eu\ncd \"$(dirname \"$0\")\"\nfor part in parts/../parts/*.conf; do :; done\nhelm upgrade api parts\n");
    let (code, stdout, stderr) = run(&folder, &["sweep", "x.sh"]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("placed    parts: only the first of its files"), "{stdout}");
}

#[test]
fn what_a_script_only_speaks_of_does_not_come_along() {
    let folder = bare();
    folder.write("other.sh", "set -eu\nkubectl delete namespace \"$1\"\n");
    folder.write(
        "x.sh",
        "set -eu\necho '*****************'\necho \"then run ./other.sh\"\ntar -cf - a | ssh \"$1\" 'tar -xf -'\n",
    );
    let (code, stdout, stderr) = run(&folder, &["sweep", "x.sh", "--output-format", "json", "--", "web-1"]);
    let json: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    assert_eq!((code, &json["not_reached"]), (1, &Value::Null), "{stdout}");
}

#[test]
fn a_sweep_is_stopped_while_it_looks_for_a_green_run() {
    let folder = bare();
    folder.write("x.sh", "frob get it\ntail -f /dev/null\nexit 1\n");
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("gauntlet"))
        .args(["sweep", "x.sh", "--stub", "frob get it => a"])
        .current_dir(folder.path("."))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    std::thread::sleep(std::time::Duration::from_secs(2));
    let id = i32::try_from(child.id()).expect("an id of a process");
    // `timeout` sends its signal twice: that is one wish.
    for _ in 0..2 {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), nix::sys::signal::SIGTERM);
    }
    let ended = child.wait().expect("it ends");
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().expect("a pipe"), &mut stderr).expect("a text");
    assert_eq!(ended.code(), Some(2), "{stderr}");
    assert!(stderr.contains("stopped by the user; not run: x.sh ("), "{stderr}");
}

#[test]
fn a_budget_ends_a_sweep_and_each_call_has_failed_by_then() {
    let folder = bare();
    let calls: Vec<String> = (1..=120).map(|number| format!("nomad job stop web-{number}")).collect();
    folder.write("x.sh", format!("set -u\n{}\nsleep 100\n", calls.join("\n")));
    let (code, stdout, stderr) = run(&folder, &["sweep", "x.sh", "--budget", "10s"]);
    assert_eq!(code, 2, "{stdout}{stderr}");
    assert!(stdout.contains("red[swallowed]: x.sh:2: `nomad job stop web-1`"), "{stdout}");
    let (_, told) = stdout.split_once("NOT COMPLETE: stopped by its budget, ").expect("it says so");
    let words: Vec<&str> = told.split(' ').collect();
    let number = |at: usize| words[at].parse::<usize>().expect("a number");
    assert!(number(0) < number(2), "{told}");
    assert!(stderr.contains("stopped by its budget; not run: x ("), "{stderr}");
    assert!(stderr.contains("all of it takes about "), "{stderr}");
    let (code, stdout, stderr) = run(&folder, &["sweep", "x.sh", "--budget", "soon"]);
    assert_eq!(code, 2, "{stdout}");
    assert!(stderr.contains("write 90s, 5m or 1h"), "{stderr}");
}

#[test]
fn each_call_fails_once_before_one_fails_in_a_second_way() {
    let folder = bare();
    folder.write(
        "x.sh",
        "set -eu\nstate=$(openstack server show web -f value -c status)\nfor disk in a b; do\n  openstack volume delete \"$disk\"\ndone\nnomad job stop \"$state\"\n",
    );
    let (_, trials) = trials(&folder, &["x.sh"]);
    let told: Vec<String> = trials
        .iter()
        .filter(|trial| trial["kind"] != "green")
        .filter_map(|trial| {
            let (argv, kind) = (trial["argv"].as_array()?, trial["kind"].as_str()?);
            Some(format!("{} {kind}", argv[1..].iter().filter_map(Value::as_str).nth(2).unwrap_or_default()))
        })
        .take(5)
        .collect();
    assert_eq!(told, ["web exit", "a exit", "ACTIVE exit", "b exit", "web empty"]);
}
