//! The hook as an agent meets it: JSON on stdin, a decision on stdout, an exit code that blocks by itself.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::folder::Folder;

fn hook(folder: &Folder) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::cargo_bin("gauntlet").expect("the binary is built");
    command.arg("guard").env("CLAUDE_PROJECT_DIR", folder.path("")).current_dir(folder.path(""));
    command
}

fn ask(folder: &Folder, input: &str) -> Output {
    hook(folder).write_stdin(input.as_bytes().to_vec()).output().expect("the hook runs")
}

fn bash(command: &str, mode: &str) -> String {
    json!({"session_id": "s", "cwd": "/tmp", "permission_mode": mode, "hook_event_name": "PreToolUse",
           "tool_name": "Bash", "tool_input": {"command": command}, "tool_use_id": "t"})
    .to_string()
}

/// The decision and the reason, by the contract: exactly one object of exactly that shape.
fn decision(output: &Output) -> (String, String) {
    let value: Value = serde_json::from_slice(&output.stdout).expect("stdout is one JSON object");
    let inner = value["hookSpecificOutput"].as_object().expect("the contract's object");
    assert_eq!(inner["hookEventName"], "PreToolUse");
    let text = |key: &str| inner[key].as_str().expect("a text").to_owned();
    (text("permissionDecision"), text("permissionDecisionReason"))
}

fn assert_blocked(output: &Output, what: &str) {
    assert_eq!(output.status.code(), Some(2), "{what}: {output:?}");
    assert_eq!(decision(output).0, "deny", "{what}");
    assert!(!output.stderr.is_empty(), "{what}: the agent reads the reason on stderr");
}

#[test]
fn what_only_reads_runs_and_what_changes_asks_and_what_is_denied_is_blocked() {
    let folder = Folder::new();
    let output = ask(&folder, &bash("juju status | grep error", "default"));
    assert_eq!((output.status.code(), decision(&output).0.as_str()), (Some(0), "allow"));
    let output = ask(&folder, &bash("openstack server delete web-1", "default"));
    assert_eq!((output.status.code(), decision(&output).0.as_str()), (Some(0), "ask"));
    let output = ask(&folder, &bash("sudo maas list", "default"));
    assert_blocked(&output, "maas list");
    assert!(decision(&output).1.contains("whoami"), "a denial says what to do instead");
}

#[test]
fn where_nobody_is_asked_an_ask_is_a_denial() {
    let folder = Folder::new();
    for mode in ["bypassPermissions", "auto", "dontAsk", "a-mode-of-the-future"] {
        assert_blocked(&ask(&folder, &bash("rm x", mode)), mode);
        assert_eq!(decision(&ask(&folder, &bash("ls", mode))).0, "allow", "{mode}");
    }
    for mode in ["default", "plan", "acceptEdits"] {
        assert_eq!(decision(&ask(&folder, &bash("rm x", mode))).0, "ask", "{mode}");
    }
    folder.write("gauntlet.toml", "version = 1\n[guard.unattended]\nauto = \"ask\"\ndefault = \"deny\"\n");
    assert_eq!(decision(&ask(&folder, &bash("rm x", "auto"))).0, "ask");
    assert_blocked(&ask(&folder, &bash("rm x", "default")), "the settings say deny");
}

#[test]
fn every_malformed_request_is_blocked() {
    let folder = Folder::new();
    let good = bash("ls", "default");
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} in {good}");
        good.replacen(from, to, 1)
    };
    let inputs = [
        String::new(),
        " \n".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "\"ls\"".to_owned(),
        "{".to_owned(),
        "{}".to_owned(),
        good[..good.len() - 1].to_owned(),
        format!("{good}{good}"),
        format!("{good} x"),
        format!("\u{feff}{good}"),
        with("\"ls\"", "null"),
        with("\"ls\"", "3"),
        with("\"ls\"", "[\"ls\"]"),
        with("\"ls\"", "{}"),
        with("\"ls\"", "\"\""),
        with("\"ls\"", "\"  \""),
        with("\"ls\"", "\"ls\\u0000\""),
        with("\"ls\"", "\"ls\", \"command\": \"rm x\""),
        with("\"tool_name\"", "\"tool_name\": \"Read\", \"tool_name\""),
        with("\"command\"", "\"comand\""),
        with("\"command\"", "\"\\u0063ommand\": \"rm x\", \"command\""),
        with("\"tool_input\"", "\"tool_inputs\""),
        with("\"Bash\"", "null"),
        with("\"Bash\"", "\"Bash\\u0000\""),
        with("\"default\"", "\"default\\u0000\""),
        with("\"tool_name\"", "\"prompt_id\": 5, \"tool_name\""),
        with("\"tool_name\"", "\"transcript_path\": null, \"tool_name\""),
        with("\"Bash\"", "\"\""),
        with("\"PreToolUse\"", "\"PostToolUse\""),
        with("\"default\"", "7"),
        with("\"ls\"", "\"\\ud800\""),
        format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)),
        with("{\"command\":\"ls\"}", "[]"),
        with("{\"command\":\"ls\"}", "null"),
        json!({"tool_name": "Write", "tool_input": {"content": "x"}}).to_string(),
        json!({"tool_name": "mcp__x__run", "tool_input": {"command": null}}).to_string(),
    ];
    for input in &inputs {
        let shown: String = input.chars().take(120).collect();
        assert_blocked(&ask(&folder, input), &shown);
    }
    let mut bad = good.clone().into_bytes();
    let at = good.find("ls").expect("the command");
    bad[at] = 0xff;
    let output = hook(&folder).write_stdin(bad).output().expect("the hook runs");
    assert_blocked(&output, "bad UTF-8");
    let long = bash(&"x".repeat(5 << 20), "default");
    assert_blocked(&ask(&folder, &long), "a request of five megabytes");
}

#[test]
fn variables_of_the_sandbox_do_not_turn_the_guard_into_something_else() {
    let folder = Folder::new();
    for root in ["/", "/usr", env!("CARGO_MANIFEST_DIR")] {
        let mut hook = hook(&folder);
        hook.env("GAUNTLET_ROOT", root).env("GAUNTLET_TAKEN_OVER", "1:x");
        let output = hook.write_stdin(bash("maas list", "default")).output().expect("the hook runs");
        assert_blocked(&output, root);
    }
}

#[test]
fn every_tool_that_has_a_command_is_a_shell_and_the_guards_own_files_are_protected_from_all() {
    let folder = Folder::new();
    for tool in ["Monitor", "mcp__x__exec", "Shell"] {
        let input = json!({"tool_name": tool, "tool_input": {"command": "maas list"}}).to_string();
        assert_blocked(&ask(&folder, &input), tool);
    }
    for (tool, path) in [
        ("Write", ".claude/settings.json"),
        ("Edit", "/x/gauntlet.toml"),
        ("NotebookEdit", "fixtures/guard/a.jsonl"),
    ] {
        let key = if tool == "NotebookEdit" { "notebook_path" } else { "file_path" };
        let input = json!({"tool_name": tool, "tool_input": {key: path, "content": "x"}}).to_string();
        assert_blocked(&ask(&folder, &input), path);
    }
}

#[test]
fn a_script_that_lint_fails_is_asked_for_with_the_findings() {
    let folder = Folder::new();
    let input = |text: &str| {
        json!({"tool_name": "Write", "cwd": folder.path(""), "permission_mode": "acceptEdits",
               "tool_input": {"file_path": "x.sh", "content": text}})
        .to_string()
    };
    let output = ask(&folder, &input("#!/usr/bin/env bash\ncurl -H \"X: $API_TOKEN\" https://x\n"));
    let (decision_word, reason) = decision(&output);
    assert_eq!(decision_word, "ask");
    assert!(reason.contains("secret-on-argv"), "{reason}");
    let good =
        "#!/usr/bin/env bash\n# Error regime: set -uo pipefail, capture-then-test\nset -uo pipefail\nls\n";
    assert_eq!(decision(&ask(&folder, &input(good))).0, "allow");
}

#[test]
fn a_policy_that_cannot_be_used_denies_everything_and_says_how_to_repair_it() {
    let folder = Folder::new();
    folder.write("gauntlet.toml", "version = 1\n[guard]\nalow = []\n");
    let output = ask(&folder, &bash("ls", "default"));
    assert_blocked(&output, "an unknown key");
    assert!(decision(&output).1.contains("did you mean `allow`"), "{output:?}");
    folder.write("gauntlet.toml", "version = 1\n");
    folder.write("fixtures/guard/a.jsonl", "{\"command\":\"ls\",\"decision\":\"deny\"}\n");
    let output = ask(&folder, &bash("ls", "default"));
    assert_blocked(&output, "a case that does not hold");
    assert!(decision(&output).1.contains("a.jsonl:1"), "{output:?}");
    folder.write("fixtures/guard/a.jsonl", "{\"command\":\"ls\",\"decision\":\"allow\"}\n");
    assert_eq!(decision(&ask(&folder, &bash("ls", "default"))).0, "allow");
    folder.write("fixtures/guard/b.jsonl", "{\"command\":\"rm x\",\"decision\":\"allow\"}\n");
    assert_blocked(&ask(&folder, &bash("ls", "default")), "the stamp is of other cases");
}

#[test]
fn rules_of_a_project_deny_ask_and_allow_and_know_the_target() {
    let folder = Folder::new();
    let hash = blake3::hash(b"echo hi\n").to_hex().to_string();
    folder.write("check.sh", "echo hi\n");
    folder.write(
        "gauntlet.toml",
        format!(
            "version = 1\n[guard]\ndeny = [{{ command = \"kubectl delete\", why = \"pods are cattle\", instead = \"scale it\" }}]\n\
             ask = [\"juju debug-log\"]\nallow = [\"cargo test|build\", {{ command = \"openstack server start *\", target = {{ OS_CLOUD = \"dev*\" }} }}]\n\
             writable = [\"/tmp/scratch/**\", \"out/*\"]\n[guard.scripts]\n\"check.sh\" = \"{hash}\"\n"
        ),
    );
    let decided = |command: &str| {
        let input = json!({"tool_name": "Bash", "cwd": folder.path(""), "tool_input": {"command": command}})
            .to_string();
        decision(&ask(&folder, &input)).0
    };
    for (command, wanted) in [
        ("kubectl -n x delete pod y", "deny"),
        ("kubectl get pods", "allow"),
        ("juju debug-log", "ask"),
        ("cargo test --all", "allow"),
        ("cargo test $x", "ask"),
        ("cargo publish", "ask"),
        ("OS_CLOUD=dev1 openstack server start a", "allow"),
        ("OS_CLOUD=prod openstack server start a", "ask"),
        ("openstack server start a", "ask"),
        ("ls > /tmp/scratch/a", "allow"),
        ("ls > /tmp/scratch/../a", "ask"),
        ("ls > out/a", "allow"),
        ("cd x; ls > out/a", "ask"),
        ("bash check.sh", "allow"),
        ("./check.sh", "allow"),
        ("./check.sh --apply", "ask"),
        ("./check.sh --app", "ask"),
        ("x=--apply; ./check.sh $x", "ask"),
        ("./check.sh \"$x\"", "ask"),
        ("cd /tmp; ./check.sh", "ask"),
        ("maas list", "deny"),
    ] {
        assert_eq!(decided(command), wanted, "{command}");
    }
    folder.write("check.sh", "rm -rf x\n");
    assert_eq!(decided("bash check.sh"), "ask", "the content is another");
}

#[test]
fn a_guard_that_fails_or_hangs_blocks() {
    let folder = Folder::new();
    let binary = assert_cmd::cargo::cargo_bin("gauntlet");
    // Too little memory for the child's stack: it cannot even begin.
    let script = format!("ulimit -v 230000; exec '{}' guard", binary.display());
    let output = assert_cmd::Command::new("bash")
        .args(["-c", &script])
        .env("CLAUDE_PROJECT_DIR", folder.path(""))
        .write_stdin(bash("ls", "default"))
        .output()
        .expect("bash runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    // Nobody ends the input: the watchdog decides.
    let begun = Instant::now();
    let mut child = Command::new(&binary)
        .arg("guard")
        .env("CLAUDE_PROJECT_DIR", folder.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the hook starts");
    let stdin = child.stdin.take();
    let status = child.wait().expect("the hook ends by itself");
    drop(stdin);
    assert_eq!(status.code(), Some(2));
    assert!(begun.elapsed() < Duration::from_mins(1), "before the hook's own timeout");
}

#[test]
fn a_place_that_the_policy_names_may_be_written_by_what_writes_nothing_else() {
    let folder = Folder::new();
    folder.write("gauntlet.toml", "version = 1\n[guard]\nwritable = [\"w/**\"]\n");
    folder.write("w/a", "");
    let decided = |command: &str| {
        let input = json!({"tool_name": "Bash", "cwd": folder.path(""), "tool_input": {"command": command}});
        decision(&ask(&folder, &input.to_string())).0
    };
    for command in [
        "sort -o w/x a",
        "sort --output=w/x a",
        "iconv -o w/x a",
        "tree -o w/x",
        "journalctl --cursor-file=w/x",
        "named-checkzone -o w/x example.org a",
        "psql -o w/x -c 'select 1'",
        "sed -i s/a/b/ w/a",
        "sed -ni.bak p w/a",
    ] {
        assert_eq!(decided(command), "allow", "{command}");
        let elsewhere = command.replace("w/", "v/");
        assert_eq!(decided(&elsewhere), "ask", "{elsewhere}");
    }
    for command in [
        "sed '-i/etc/cron.d/*' s/a/b/ w/a",
        "sed --in-place='../v/*' s/a/b/ w/a",
        "sort --compress-program=w/a -o w/x a",
        "sort -o w/x .env",
    ] {
        assert_eq!(decided(command), "ask", "{command}");
    }
}

#[test]
fn a_link_to_the_guards_own_files_is_followed() {
    let folder = Folder::new();
    folder.write(".claude/settings.json", "{}");
    folder.write("gauntlet.toml", "version = 1\n[guard]\nwritable = [\"w/**\"]\n");
    folder.write("w/a", "");
    std::os::unix::fs::symlink(folder.path(".claude"), folder.path("link")).expect("a link can be made");
    std::os::unix::fs::symlink("../.claude/settings.json", folder.path("w/l")).expect("a link can be made");
    let asked = |tool: &str, input: Value| {
        let request = json!({"session_id": "s", "cwd": folder.path(""), "permission_mode": "default",
            "hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": input, "tool_use_id": "t"});
        ask(&folder, &request.to_string())
    };
    let file = folder.path("link/settings.json").display().to_string();
    assert_blocked(&asked("Write", json!({"file_path": file, "content": "{}"})), "Write");
    for command in [
        "echo '{}' > link/settings.json",
        "f=link/settings.json; echo '{}' > $f",
        "sed -i s/a/b/ link/settings.json",
        "cp x link",
        "dd if=a of=w/l",
        "dd if=a of=link/settings.json",
        "curl -sow/l https://example.com/",
        "curl -so w/l https://example.com/",
        "curl --output=w/l https://example.com/",
        "wget -q -Ow/l https://example.com/",
        "wget -qO w/l https://example.com/",
        "sort -ow/l a",
        "date > w/l",
    ] {
        assert_blocked(&asked("Bash", json!({"command": command})), command);
    }
    for (command, wanted) in [
        ("cat link/settings.json", "allow"),
        ("ip link set eno1 down", "ask"),
        ("cp x y", "ask"),
        ("dd if=a of=w/b", "allow"),
        ("curl -sow/b https://example.com/", "allow"),
        ("wget -q -Ow/b https://example.com/", "allow"),
    ] {
        assert_eq!(decision(&asked("Bash", json!({"command": command}))).0, wanted, "{command}");
    }
}

/// The processes that decide for a hook in this folder.
fn deciding(folder: &Folder) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").expect("there are processes").flatten();
    let decides = |process: &std::path::PathBuf| {
        std::fs::read(process.join("cmdline")).is_ok_and(|line| line == b"gauntlet-guard\0")
            && std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == folder.path(""))
    };
    let found = processes.map(|process| process.path()).filter(decides);
    found.map(|process| process.display().to_string()).collect()
}

/// Waits until it is so, for a while.
fn eventually(what: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(5) {
        if what() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn what_decides_ends_with_the_hook() {
    let folder = Folder::new();
    // The child tries these first, for longer than the test takes.
    let cases =
        "{\"command\":\"ls; git status; cat a b | sort | uniq -c\",\"decision\":\"allow\"}\n".repeat(60_000);
    folder.write("fixtures/guard/a.jsonl", &cases);
    folder.write("gauntlet.toml", "version = 1\n");
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("gauntlet"))
        .arg("guard")
        .env("CLAUDE_PROJECT_DIR", folder.path(""))
        .current_dir(folder.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the hook starts");
    let mut stdin = child.stdin.take().expect("it has a stdin");
    std::io::Write::write_all(&mut stdin, bash("ls", "default").as_bytes()).expect("it reads");
    drop(stdin);
    assert!(eventually(|| deciding(&folder).len() == 1), "a child decides");
    child.kill().expect("the hook is there");
    child.wait().expect("the hook ends");
    assert!(eventually(|| deciding(&folder).is_empty()), "{:?} are left", deciding(&folder));
}

#[test]
fn explain_shows_what_runs_by_which_way_and_the_rule() {
    let folder = Folder::new();
    let run = |args: &[&str]| {
        let output = hook(&folder).args(args).output().expect("explain runs");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let text = run(&["explain", "--", "ls; sudo timeout 5 maas list"]);
    assert!(text.starts_with("deny: "), "{text}");
    assert!(text.contains("sudo > timeout > maas list  [maas list (built in)]"), "{text}");
    assert!(text.contains("ls  [read-only]"), "{text}");
    let value: Value = serde_json::from_str(&run(&["explain", "--json", "--", "juju status"])).expect("JSON");
    assert_eq!(value["decision"], "allow");
    assert_eq!(value["reasons"][0]["invocation"], "juju status");
}

#[test]
fn a_rule_of_the_policy_is_told_with_its_line() {
    let folder = Folder::new();
    folder.write(
        "gauntlet.toml",
        "version = 1\n\n[lint]\n\n[guard]\n# kubectl delete\nask = [\"kubectl delete\"]\ndeny = [\n    \"juju ssh\",\n    { command = 'kubectl delete', why = \"pods are cattle\" },\n]\n",
    );
    for (command, wanted) in [
        ("kubectl delete pod x", "[kubectl delete (gauntlet.toml:10)]"),
        ("juju ssh x/0", "[juju ssh (gauntlet.toml:9)]"),
        ("maas list", "[maas list (built in)]"),
    ] {
        let output = hook(&folder).args(["explain", "--", command]).output().expect("explain runs");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(text.contains(wanted), "{command}: {text}");
    }
}

#[test]
fn guard_test_fails_for_a_case_that_does_not_hold_and_counts_the_disguises() {
    let folder = Folder::new();
    let run = |text: &str| {
        folder.write("cases.jsonl", text);
        let output = hook(&folder).args(["test", "cases.jsonl"]).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, text) = run(
        "{\"command\":\"maas list\",\"decision\":\"deny\"}\n{\"command\":\"ls\",\"decision\":\"allow\"}\n",
    );
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("guard 2/2 cases") && text.contains("tried, 0 would run"), "{text}");
    let (code, text) = run("{\"command\":\"ls\",\"decision\":\"deny\"}\n");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("guard 0/1 cases") && text.contains("a disguised command would run"), "{text}");
    let (code, _) = run("");
    assert_eq!(code, Some(2), "no case is no success");
}

#[test]
fn long_texts_are_never_let_through() {
    let folder = Folder::new();
    let pipes = "a|".repeat(20_000) + "a";
    assert_eq!(decision(&ask(&folder, &bash(&pipes, "default"))).0, "ask");
    let many = "ls; ".repeat(600) + "maas list";
    assert_blocked(&ask(&folder, &bash(&many, "default")), "behind many commands");
    let deep = "(".repeat(5_000) + "ls" + &")".repeat(5_000);
    assert_eq!(decision(&ask(&folder, &bash(&deep, "default"))).0, "ask");
    let nested = "$(".repeat(300) + "ls" + &")".repeat(300);
    assert_ne!(decision(&ask(&folder, &bash(&format!("echo {nested}"), "default"))).0, "allow");
    let wide = format!("ls {}", "x ".repeat(20_000));
    assert_ne!(decision(&ask(&folder, &bash(&wide, "default"))).0, "deny");
}

#[test]
fn the_status_block_counts_the_cases_and_one_that_does_not_hold_is_not_green() {
    let folder = Folder::new();
    folder.write("a.sh", crate::folder::CLEAN);
    let run = |cases: &str| {
        folder.write("fixtures/guard/a.jsonl", cases);
        let output = folder.gauntlet(["--all"]).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (text, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (text, _) = run(
        "{\"command\":\"ls\",\"decision\":\"allow\"}\n{\"command\":\"maas list\",\"decision\":\"deny\"}\n",
    );
    assert!(text.contains("\nguard     2/2 cases\n"), "{text}");
    let (text, said) = run("{\"command\":\"ls\",\"decision\":\"deny\"}\n");
    assert!(text.contains("\nguard     0/1 cases\n"), "{text}");
    assert!(said.contains("a.jsonl:1: wanted deny, got allow: ls"), "{said}");
}

#[test]
fn a_failing_case_makes_the_outcome_one_of_findings() {
    use gauntlet::event::{Event, Outcome, Status};
    let outcome = |failures: Vec<String>| {
        let mut status = Status::default();
        for event in
            [Event::LintStarted { files: 1 }, Event::GuardTested { cases: 2, failures }, Event::LintFinished]
        {
            status.fold(&event);
        }
        status.outcome()
    };
    assert_eq!(outcome(Vec::new()), Outcome::Clean);
    assert_eq!(outcome(vec!["a case".to_owned()]), Outcome::Findings);
}

#[test]
fn the_folder_in_which_it_runs_and_the_files_that_are_read_count() {
    let folder = Folder::new();
    let shell = |cwd: &str, command: &str| {
        let input = json!({"tool_name": "Bash", "cwd": cwd, "tool_input": {"command": command}});
        ask(&folder, &input.to_string())
    };
    assert_blocked(&shell("/srv/app/.claude", "rm settings.json"), "from the guard's own folder");
    assert_eq!(decision(&shell("/srv/app", "rm settings.yaml")).0, "ask");
    let read = |tool: &str, key: &str, path: &str| {
        let input =
            json!({"tool_name": tool, "cwd": "/srv", "tool_input": {"pattern": "x", key: path}}).to_string();
        decision(&ask(&folder, &input)).0
    };
    for (tool, key, path, wanted) in [
        ("Read", "file_path", "/root/.ssh/id_rsa", "ask"),
        ("Grep", "path", "/srv/app/.env", "ask"),
        ("Read", "file_path", "/srv/app/src/token.rs", "allow"),
        ("Read", "file_path", "/srv/app/README.md", "allow"),
    ] {
        assert_eq!(read(tool, key, path), wanted, "{tool} {path}");
    }
    let broken = r#"{"tool_name": "Read", "tool_input": {"file_path": 7}}"#;
    assert_blocked(&ask(&folder, broken), broken);
}
