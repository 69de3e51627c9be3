//! Requests for other things than a command: files that are edited, tools that nobody knows, fields of the wrong kind.

use serde_json::{Value, json};

use crate::folder::Folder;

/// The decision on a call of a tool in a mode, in a project's folder.
fn decided(folder: &Folder, tool: &str, input: &Value, mode: &str) -> String {
    let request =
        json!({"tool_name": tool, "tool_input": input, "permission_mode": mode, "cwd": folder.path("")});
    let output = assert_cmd::Command::cargo_bin("gauntlet")
        .expect("the binary is built")
        .arg("guard")
        .env("CLAUDE_PROJECT_DIR", folder.path(""))
        .current_dir(folder.path(""))
        .write_stdin(request.to_string())
        .output()
        .expect("the hook runs");
    let said: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    said["hookSpecificOutput"]["permissionDecision"].as_str().expect("a text").to_owned()
}

#[test]
fn an_edit_is_let_through_only_where_edits_are_accepted_and_only_in_the_folder_at_hand() {
    let folder = Folder::new();
    folder.write("src/a.rs", "");
    std::os::unix::fs::symlink("/etc", folder.path("away")).expect("a link");
    let write =
        |path: &str, mode: &str| decided(&folder, "Write", &json!({"file_path": path, "content": "x"}), mode);
    let inside = folder.path("src/new.rs").to_string_lossy().into_owned();
    for path in ["src/a.rs", "notes.md", "new/b.rs", inside.as_str()] {
        assert_eq!(write(path, "acceptEdits"), "allow", "{path}");
        for mode in ["default", "plan", "auto", "bypassPermissions", "dontAsk"] {
            assert_eq!(write(path, mode), "ask", "{path} in {mode}: no opinion");
        }
    }
    for path in [
        "/etc/passwd",
        "/tmp/a.md",
        "../a.md",
        "src/../../a.md",
        "away/a.conf",
        "~/.bashrc",
        "/root/.ssh/authorized_keys",
        ".git/config",
        ".git/hooks/pre-commit",
        ".envrc",
        ".mcp.json",
        "sub/.mcp.json",
        ".cargo/config.toml",
        ".vscode/tasks.json",
        ".husky/pre-push",
        "a.pth",
        "/etc/ld.so.preload",
        "/etc/sudoers",
        "/dev/sda",
    ] {
        for mode in ["default", "plan", "acceptEdits"] {
            assert_eq!(write(path, mode), "ask", "{path} in {mode}");
        }
        for mode in ["auto", "bypassPermissions", "dontAsk"] {
            assert_eq!(write(path, mode), "deny", "{path} in {mode}: an ask is no gate there");
        }
    }
    folder.write("gauntlet.toml", "version = 1\n[guard]\nwritable = [\"/tmp/scratch/**\"]\n");
    assert_eq!(write("/tmp/scratch/a.md", "acceptEdits"), "allow", "the policy names the place");
    assert_eq!(write("/tmp/scratch/.envrc", "acceptEdits"), "ask");
}

#[test]
fn the_running_program_is_protected_whatever_its_name_is() {
    let folder = Folder::new();
    let program = assert_cmd::cargo::cargo_bin("gauntlet").canonicalize().expect("it is built");
    let other = folder.path("judge");
    std::fs::copy(&program, &other).expect("a copy");
    let asked = |tool: &str, input: &Value| {
        let request = json!({"tool_name": tool, "tool_input": input, "cwd": folder.path("")}).to_string();
        let output = assert_cmd::Command::new(&other)
            .arg("guard")
            .env("CLAUDE_PROJECT_DIR", folder.path(""))
            .current_dir(folder.path(""))
            .write_stdin(request)
            .output()
            .expect("the hook runs");
        let said: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        said["hookSpecificOutput"]["permissionDecision"].as_str().expect("a text").to_owned()
    };
    let path = other.to_string_lossy().into_owned();
    assert_eq!(asked("Write", &json!({"file_path": path, "content": "x"})), "deny");
    let (parent, name) = path.rsplit_once('/').expect("a folder");
    for command in [
        format!("rm {path}"),
        format!("chmod -x {path}"),
        format!("cp a {path}"),
        format!(": > {path}"),
        "rm judge".to_owned(),
        format!("cd {parent}; rm {name}"),
    ] {
        assert_eq!(asked("Bash", &json!({"command": command})), "deny", "{command}");
    }
    for command in [format!("sha256sum {path}"), format!("ls -l {path}")] {
        assert_eq!(asked("Bash", &json!({"command": command})), "allow", "{command}");
    }
}

#[test]
fn every_field_of_a_tool_that_runs_something_is_read_or_asked_for() {
    let folder = Folder::new();
    for (wanted, input) in [
        ("allow", json!({"command": "ls", "description": "maas list", "timeout": 5})),
        ("allow", json!({"command": "juju", "args": ["status"]})),
        ("allow", json!({"command": "ls", "args": ["-l", "a b"]})),
        ("deny", json!({"command": "maas", "args": ["list"]})),
        ("deny", json!({"command": "ls", "script": "maas list"})),
        ("ask", json!({"command": "ls", "args": ["; touch a"]})),
        ("ask", json!({"command": "find", "args": [".", "-delete"]})),
        ("ask", json!({"command": "ls", "env": {"A": "b"}})),
        ("ask", json!({"command": "ls", "cwd": "/srv"})),
        ("ask", json!({"command": "ls", "shell": "python"})),
        ("ask", json!({"command": "ls", "args": [1]})),
        ("ask", json!({"command": "ls", "args": {"a": 1}})),
        ("deny", json!({"cmd": "maas list"})),
        ("deny", json!({"args": ["maas", "list"]})),
        ("ask", json!({"script": "ls"})),
    ] {
        assert_eq!(decided(&folder, "mcp__x__spawn", &input, "default"), wanted, "{input}");
        if wanted == "ask" {
            assert_eq!(decided(&folder, "mcp__x__spawn", &input, "auto"), "deny", "{input}");
        }
    }
    for (tool, input) in
        [("Skill", json!({"skill": "a", "args": "maas list"})), ("Agent", json!({"prompt": "maas list"}))]
    {
        assert_eq!(decided(&folder, tool, &input, "auto"), "ask", "{tool}: no opinion");
    }
    assert_eq!(decided(&folder, "mcp__x__update_settings", &json!({}), "auto"), "deny");
}

#[test]
fn a_tool_that_looks_must_say_at_what() {
    let folder = Folder::new();
    for (tool, good, bad) in [
        ("Read", json!({"file_path": "a", "offset": 1, "limit": 5}), json!({})),
        ("Read", json!({"file_path": "a", "offset": "3"}), json!({"file_path": "a", "offset": [3]})),
        ("Read", json!({"file_path": "a"}), json!({"file_path": ""})),
        ("Grep", json!({"pattern": "a", "-n": true, "-A": 3, "head_limit": 5}), json!({"path": "a"})),
        ("Grep", json!({"pattern": "a", "path": "src"}), json!({"pattern": "a", "path": null})),
        ("Glob", json!({"pattern": "*"}), json!({"pattern": ["*"]})),
        ("LS", json!({"path": "/srv", "ignore": ["a"]}), json!({"path": 1})),
        ("NotebookRead", json!({"notebook_path": "a"}), json!({"file_path": "a"})),
    ] {
        assert_eq!(decided(&folder, tool, &good, "default"), "allow", "{tool} {good}");
        assert_eq!(decided(&folder, tool, &bad, "default"), "deny", "{tool} {bad}");
    }
}
