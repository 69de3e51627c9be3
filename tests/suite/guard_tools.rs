//! What users need around the guard: putting it in and taking it out, trying what is installed, the log, recorded sessions.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use crate::folder::Folder;

const OTHERS: &str = r#"{"model":"opus","hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[{"type":"command","command":"other"}]}],"Stop":[]},"permissions":{"allow":["Bash(ls)"]},"z":1.5}"#;

fn guard(folder: &Folder, args: &[&str], input: &str) -> Output {
    assert_cmd::Command::cargo_bin("gauntlet")
        .expect("the binary is built")
        .arg("guard")
        .args(args)
        .env("CLAUDE_PROJECT_DIR", folder.path(""))
        .env("HOME", folder.path("home"))
        .current_dir(folder.path(""))
        .write_stdin(input)
        .output()
        .expect("it runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn project() -> Folder {
    let folder = Folder::new();
    folder.write("gauntlet.toml", "version = 1\n");
    folder
}

fn settings(folder: &Folder) -> Value {
    let text = fs::read_to_string(folder.path(".claude/settings.json")).expect("it is written");
    serde_json::from_str(&text).expect("it is JSON")
}

fn request(command: &str) -> String {
    json!({"session_id": "s", "cwd": "/tmp", "permission_mode": "default", "hook_event_name": "PreToolUse",
           "tool_name": "Bash", "tool_input": {"command": command}, "tool_use_id": "t"})
    .to_string()
}

#[test]
fn install_keeps_what_others_wrote_and_uninstall_gives_it_back() {
    let folder = project();
    folder.write(".claude/settings.json", OTHERS);
    let shown = guard(&folder, &["install", "--dry-run"], "");
    assert!(said(&shown).contains("+            \"onFailure\": \"block\""), "{}", said(&shown));
    assert_eq!(fs::read_to_string(folder.path(".claude/settings.json")).expect("it is there"), OTHERS);
    assert_eq!(guard(&folder, &["install"], "").status.code(), Some(0));
    let installed = settings(&folder);
    let groups = installed["hooks"]["PreToolUse"].as_array().expect("a list");
    assert_eq!(groups.len(), 2);
    assert_eq!(groups[0]["hooks"][0]["command"], "other", "others' hooks keep their place");
    assert_eq!(groups[1]["hooks"][0]["args"], json!(["guard"]));
    for kind in ["deny", "ask", "allow"] {
        assert!(installed["permissions"][kind].as_array().is_some_and(|rules| !rules.is_empty()), "{kind}");
    }
    let text = fs::read_to_string(folder.path(".claude/settings.json")).expect("it is there");
    let order: Vec<Option<usize>> =
        ["\"model\"", "\"hooks\"", "\"permissions\"", "\"z\""].map(|key| text.find(key)).into();
    assert!(order.is_sorted(), "keys keep their order: {text}");
    let kept = fs::read_to_string(folder.path(".claude/settings.json.before-gauntlet")).expect("a backup");
    assert_eq!(kept, OTHERS);
    assert!(
        said(&guard(&folder, &["install"], "")).contains("is as it should be"),
        "a second time changes nothing"
    );
    assert_eq!(guard(&folder, &["uninstall"], "").status.code(), Some(0));
    assert_eq!(settings(&folder), serde_json::from_str::<Value>(OTHERS).expect("it is JSON"));
}

#[test]
fn settings_that_are_no_json_are_left_alone() {
    let folder = project();
    folder.write(".claude/settings.json", "{ // mine\n}");
    assert_eq!(guard(&folder, &["install"], "").status.code(), Some(2));
    assert_eq!(
        fs::read_to_string(folder.path(".claude/settings.json")).expect("it is there"),
        "{ // mine\n}"
    );
}

#[test]
fn check_tries_the_entry_and_sees_each_way_in_which_it_would_let_a_tool_run() {
    let folder = project();
    for form in [&["install"][..], &["install", "--older"][..]] {
        assert_eq!(guard(&folder, form, "").status.code(), Some(0));
        let good = guard(&folder, &["check", "--quick"], "");
        assert_eq!(good.status.code(), Some(0), "{}", said(&good));
        assert!(said(&good).contains("blocks where the program is missing"), "{}", said(&good));
    }
    let installed = fs::read_to_string(folder.path(".claude/settings.json")).expect("it is there");
    let seeded = [
        (" || exit 2", "", "lets the tool run"),
        ("Bash|Monitor|", "Bash|", "leaves out Monitor"),
        ("\"timeout\": 20", "\"timeout\": 3", "timeout"),
        ("guard || exit 2", "guard --no-such-option || exit 2", "should be one that lets a command run"),
        ("\"hooks\": {", "\"disableAllHooks\": true, \"hooks\": {", "switches the guard off"),
    ];
    for (from, to, what) in seeded {
        assert!(installed.contains(from), "{from}");
        folder.write(".claude/settings.json", installed.replacen(from, to, 1));
        let bad = guard(&folder, &["check", "--quick"], "");
        assert_eq!(bad.status.code(), Some(1), "{what}");
        assert!(said(&bad).contains(what), "{what}: {}", said(&bad));
    }
    folder.write(".claude/settings.json", "{}");
    assert_eq!(guard(&folder, &["check", "--quick"], "").status.code(), Some(1));
}

#[test]
fn an_installed_entry_blocks_whatever_becomes_of_the_guard() {
    // The line for older versions, with a program that is missing, crashes, is killed, or says what is no decision.
    for program in ["/nonexistent/gauntlet", "kill -SEGV $$;", "kill -KILL $$;", "exit 101;", "exit 1;"] {
        let line = format!("sh -c '{program} guard' || exit 2");
        let output = assert_cmd::Command::new("sh").args(["-c", &line]).output().expect("sh runs");
        assert_eq!(output.status.code(), Some(2), "{program}");
    }
}

#[test]
fn the_log_holds_decisions_and_no_secrets_and_makes_cases() {
    let folder = project();
    let secret = "ghp_0123456789abcdef0123456789abcdef0123";
    guard(&folder, &[], &request("rm x"));
    guard(&folder, &[], &request(&format!("curl -H 'Authorization: Bearer {secret}' https://x")));
    guard(&folder, &[], &request(&format!("mytool --token {secret} --password hunter22 go")));
    let log = fs::read_to_string(folder.path(".gauntlet/guard.jsonl")).expect("there is a log");
    assert_eq!(log.lines().count(), 3);
    assert!(!log.contains(secret) && !log.contains("hunter22"), "{log}");
    let entry: Value = serde_json::from_str(log.lines().next().expect("a line")).expect("it is JSON");
    let id = entry["id"].as_str().expect("an id");
    let why = guard(&folder, &["why", id], "");
    assert!(said(&why).contains("rm x") && said(&why).contains("written-file"), "{}", said(&why));
    assert_eq!(guard(&folder, &["why", "nothing"], "").status.code(), Some(2));
    assert_eq!(guard(&folder, &["new-case", id], "").status.code(), Some(0));
    let tested = guard(&folder, &["test"], "");
    assert!(said(&tested).contains("guard 1/1 cases"), "{}", said(&tested));
    let redacted = guard(&folder, &["new-case", "last"], "");
    assert_eq!(redacted.status.code(), Some(2), "a case of half a command is none");
}

#[test]
fn replay_counts_decisions_and_shows_what_another_policy_changes() {
    let folder = project();
    let call = |command: &str| json!({"type": "tool_use", "name": "Bash", "input": {"command": command}});
    let line = json!({"type": "assistant", "cwd": "/tmp", "message": {"content": [
        call("ls"), call("kubectl delete pod x"), call("maas list"),
        {"type": "tool_use", "name": "Read", "input": {"file_path": "/x"}},
    ]}});
    folder.write("t.jsonl", format!("{line}\nno JSON\n"));
    folder.write("other.toml", "version = 1\n[guard]\nallow = [\"kubectl delete\"]\n");
    let output = guard(&folder, &["replay", "t.jsonl", "--against", "other.toml"], "");
    let said = said(&output);
    for part in [
        "3 calls: 1 allow, 1 ask, 1 deny; 33.3 % ask",
        "1 calls of tools",
        "1 lines are no JSON",
        "mutating: kubectl",
        "ask -> allow  kubectl delete pod x",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    folder.write("empty.jsonl", "");
    assert_eq!(guard(&folder, &["replay", "empty.jsonl"], "").status.code(), Some(2));
}
