//! What the guard costs: whole processes, spawn included, beside the least that a process can cost.
//!
//! `cargo bench --bench guard`. `GAUNTLET_BENCH_GUARDS` may name other guards, one a line: a name, a tab, a command
//! that reads the hook's JSON on stdin. `GAUNTLET_BENCH_ROUNDS` is the number of processes of each kind (500).

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a program of its own: it starts others, and prints what came of it"
)]

use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

const PIPELINE: &str = "git log --oneline -20 | grep -v merge | sort | uniq -c | head -5";

fn request(command: &str) -> String {
    serde_json::json!({
        "session_id": "s", "cwd": "/", "permission_mode": "default", "hook_event_name": "PreToolUse",
        "tool_name": "Bash", "tool_input": { "command": command }, "tool_use_id": "t",
    })
    .to_string()
}

fn cpu_us() -> i64 {
    getrusage(UsageWho::RUSAGE_CHILDREN)
        .map(|usage| usage.user_time().num_microseconds() + usage.system_time().num_microseconds())
        .unwrap_or_default()
}

fn measure(name: &str, program: &str, args: &[&str], input: &str, rounds: usize) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("request");
    File::create(&path).and_then(|mut file| file.write_all(input.as_bytes())).expect("it can be written");
    let (mut wall, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let stdin = File::open(&path).expect("it is there");
        let (before, start) = (cpu_us(), Instant::now());
        let status = Command::new(program)
            .args(args)
            .current_dir(folder.path())
            .env_remove("CLAUDE_PROJECT_DIR")
            .stdin(stdin)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        wall.push(i64::try_from(start.elapsed().as_micros()).unwrap_or(i64::MAX));
        cpu.push(cpu_us() - before);
        if status.is_err() {
            println!("{name:32} cannot be started");
            return;
        }
    }
    wall.sort_unstable();
    cpu.sort_unstable();
    let at = |list: &[i64], percent: usize| {
        let us = list[(list.len() * percent / 100).min(list.len() - 1)];
        format!("{}.{:02}", us / 1000, us % 1000 / 10)
    };
    println!(
        "{name:32} wall ms: min {} p50 {} p99 {}   cpu ms: min {} p50 {} p99 {}",
        at(&wall, 0),
        at(&wall, 50),
        at(&wall, 99),
        at(&cpu, 0),
        at(&cpu, 50),
        at(&cpu, 99)
    );
}

fn main() {
    let rounds =
        std::env::var("GAUNTLET_BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(500);
    // As it is installed: the kernel holds a file that was copied in larger pieces than one that a linker wrote, and starts
    // it sooner.
    let installed = tempfile::tempdir().expect("a folder can be made");
    let gauntlet = installed.path().join("gauntlet");
    std::fs::copy(env!("CARGO_BIN_EXE_gauntlet"), &gauntlet).expect("a program can be copied");
    let gauntlet = gauntlet.to_str().expect("the temporary folder has a plain name");
    let five = request(PIPELINE);
    let long = request(&format!("{}a", "a|".repeat(20_000)));
    measure("true", "/bin/true", &[], "", rounds);
    measure("gauntlet --version", gauntlet, &["--version"], "", rounds);
    measure("gauntlet guard, five stages", gauntlet, &["guard"], &five, rounds);
    measure("gauntlet guard, 40 KB of a|a", gauntlet, &["guard"], &long, rounds / 20 + 1);
    for line in std::env::var("GAUNTLET_BENCH_GUARDS").unwrap_or_default().lines() {
        let Some((name, command)) = line.split_once('\t') else { continue };
        let mut words = command.split_whitespace();
        let Some(program) = words.next() else { continue };
        let args: Vec<&str> = words.collect();
        measure(&format!("{name}, five stages"), program, &args, &five, rounds);
        measure(&format!("{name}, 40 KB of a|a"), program, &args, &long, rounds / 20 + 1);
    }
}
