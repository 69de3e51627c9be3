//! The second parser in processes of its own: whatever becomes of them, the others' scripts are read, the one that is
//! to blame is unread with a reason, and no process is left.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gauntlet::bash::{self, Dialect, Question, Reading, Witness};
use gauntlet::event::{Event, Outcome, Status};
use gauntlet::lint::Linter;
use gauntlet::repo::Project;
use gauntlet::run::Stop;
use gauntlet::run::lint::{self, Extent};
use gauntlet::witness::{Contained, Limits, WithoutWorker};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::folder::{CLEAN, Folder, NO_REGIME};

/// A worker that hands questions on to a real one, except those that hold the word BOOM.
const PROXY: &str = r#"
ulimit -c 0
real=$1 boom=$2 place=$3/$BASHPID
mkdir -p "$place" && cd "$place" || exit 9
coproc REAL { exec -a gauntlet-witness "$real" 1610612736 "$place"; }
head -c 8 <&"${REAL[0]}"
while head -c 4 >head && [ -s head ]; do
  head -c "$(($(od -An -tu4 head)))" >question
  grep -q BOOM question && eval "$boom"
  cat head question >&"${REAL[1]}"
  head -c 4 <&"${REAL[0]}" >head
  cat head
  head -c "$(($(od -An -tu4 head)))" <&"${REAL[0]}"
done
"#;

/// Much less processor time than is usual, and much more patience: the machine may be busy with other tests.
const LIMITS: Limits = Limits {
    memory_bytes: 1536 << 20,
    base: Duration::from_millis(500),
    per_million: Duration::from_mins(1),
    patience: 40,
};

fn gauntlet() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("gauntlet").to_path_buf()
}

fn silent(limits: Limits) -> Contained {
    Contained::new(limits, WithoutWorker::Unread, |reason| panic!("no worker: {reason}"))
}

/// A witness whose workers do `boom` on the word BOOM.
fn proxy(folder: &Folder, boom: &str, limits: Limits) -> Contained {
    let script = folder.write("proxy", PROXY).display().to_string();
    let place = folder.path("workers").display().to_string();
    let real = gauntlet().display().to_string();
    silent(limits).with_program("/bin/bash", &[&script, &real, boom, &place])
}

/// A witness whose workers are real.
fn real(limits: Limits) -> Contained {
    silent(limits).with_program(gauntlet(), &[])
}

fn read(text: &str, witness: &dyn Witness) -> Reading {
    bash::read(text, Dialect::Bash, witness)
}

/// The unread parts, each with its reason.
fn unread(text: &str, reading: &Reading) -> Vec<(String, String)> {
    let region = |it: &bash::Unread| (it.span.slice(text).to_owned(), it.reason.clone());
    reading.unread.iter().map(region).collect()
}

/// What lint says of each script, by code, with the findings of code L0 in words.
fn linted(folder: &Folder, witness: &dyn Witness) -> (BTreeMap<String, Vec<String>>, Outcome) {
    let project = Project::locate(&[folder.path("")], false).expect("a project");
    let linter = Linter::new(project.settings().clone(), &[], &[], true, "2026-01-01".to_owned())
        .expect("it names no rule");
    let mut files = BTreeMap::new();
    let mut status = Status::default();
    lint::lint(&project, &Extent::project(), linter, witness, &Stop::default(), &mut |event| {
        status.fold(&event);
        if let Event::FileChecked { path, findings, .. } = event {
            let said =
                findings.iter().map(|it| format!("{} {} {:?}", it.code, it.primary.start.line, it.advice));
            files.insert(path.to_string(), said.collect());
        }
    });
    (files, status.outcome())
}

/// Processes of the machine whose command line holds `word`, or whose parent is `parent`.
fn processes(word: &str, parent: Option<u32>) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc is there").flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let read = |name: &str| fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        let stat = read("stat");
        let parent_id = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
        let ours = parent.is_none_or(|parent| parent_id == Some(parent));
        if ours && read("cmdline").contains(word) {
            found.push(id);
        }
    }
    found
}

#[track_caller]
fn nothing_is_left(word: &str) {
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(10) {
        if processes(word, None).is_empty() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("processes are left: {:?}", processes(word, None));
}

/// Each way to fail, and what is said of it.
const FAULTS: &[(&str, &str)] = &[
    ("kill -SEGV $$", "crashed on this statement (SIGSEGV)"),
    ("kill -ABRT $$", "crashed on this statement (SIGABRT)"),
    ("kill -KILL $$", "crashed on this statement (SIGKILL)"),
    ("exit 3", "crashed on this statement (exit code 3)"),
    ("exit 0", "crashed on this statement (exit code 0)"),
    ("echo tree-sitter failed to allocate 9 bytes >&2; kill -ABRT $$", "too much memory"),
    ("while :; do :; done", "did not finish this statement in time"),
    ("printf '\\4\\0\\0\\0\\7\\7\\7\\7'; continue", "broken answer"),
    ("printf '\\377\\377\\377\\377'; continue", "broken answer"),
    ("printf '\\4\\0\\0\\0\\0\\0\\0\\0too much'; continue", "broken answer"),
    ("exec yes", "broken answer"),
    ("printf '\\4\\0\\0\\0\\0'; exit 1", "exit code 1"),
];

#[test]
fn a_crash_of_the_second_parser_costs_one_statement_and_nothing_else() {
    let folder = Folder::new();
    folder.write("a.sh", CLEAN);
    folder.write("b.sh", format!("{CLEAN}f() {{\n  echo a\n  if true; then\n    echo BOOM\n  fi\n}}\nf\n"));
    folder.write("c.sh", NO_REGIME);
    for (boom, reason) in FAULTS {
        let witness = proxy(&folder, boom, LIMITS);
        let (files, outcome) = linted(&folder, &witness);
        assert_eq!(outcome, Outcome::Findings, "{boom}");
        assert_eq!(files["a.sh"], [""; 0], "{boom}");
        assert!(files["c.sh"].len() == 1 && files["c.sh"][0].starts_with("L1 "), "{boom}: {files:?}");
        let [finding] = files["b.sh"].as_slice() else { panic!("{boom}: {files:?}") };
        assert!(finding.starts_with("L0 9 ") && finding.contains(reason), "{boom}: {finding}");
        drop(witness);
        nothing_is_left(&folder.path("workers").display().to_string());
    }
}

#[test]
fn a_worker_that_does_not_even_work_is_given_up() {
    for boom in ["exec -a \"$place\" sleep 1000", "kill -STOP $$"] {
        let folder = Folder::new();
        let witness = proxy(&folder, boom, Limits { base: Duration::from_millis(100), ..LIMITS });
        let text = "echo BOOM\n";
        let reading = read(text, &witness);
        assert!(reading.unread[0].reason.contains("in time"), "{boom}: {:?}", reading.unread);
        assert_eq!(read("echo a\n", &witness).unread, [], "{boom}");
        drop(witness);
        nothing_is_left(&folder.path("workers").display().to_string());
    }
}

#[test]
fn a_script_full_of_crashes_ends_and_nothing_in_it_is_called_clean() {
    let folder = Folder::new();
    let text = "echo BOOM\n".repeat(40);
    let reading = read(&text, &proxy(&folder, "kill -SEGV $$", LIMITS));
    assert_eq!(reading.unread.len(), 40);
    let text = "# BOOM\n";
    assert_eq!(read(text, &proxy(&folder, "kill -SEGV $$", LIMITS)).unread.len(), 1);
}

/// A witness whose workers are real, and known by a word.
fn marked(word: &str) -> Contained {
    let start = "exec -a gauntlet-witness \"$0\" 1610612736 \"$1\"";
    let real = gauntlet().display().to_string();
    silent(Limits::default()).with_program("/bin/bash", &["-c", start, &real, word])
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).expect("a process id"))
}

#[test]
fn a_worker_that_is_killed_while_it_has_nothing_to_do_costs_nothing() {
    let word = "killed-while-idle";
    let witness = marked(word);
    let text = "f() { a | b; }\nc\n";
    for _ in 0..5 {
        assert_eq!(read(text, &witness).unread, []);
        let workers = processes(word, None);
        assert_eq!(workers.len(), 1, "one worker is used again and again");
        kill(pid(workers[0]), Signal::SIGKILL).expect("it runs");
    }
    drop(witness);
    nothing_is_left(word);
}

#[test]
fn a_worker_that_is_killed_in_the_midst_of_a_question_costs_a_second_question() {
    let word = "killed-in-the-midst";
    let witness = marked(word);
    let text = "f() { a | b; }\nc\n".repeat(20_000);
    let reading = thread::scope(|scope| {
        let reading = scope.spawn(|| read(&text, &witness));
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(10) {
            if let [worker] = processes(word, None).as_slice() {
                // Let it begin.
                thread::sleep(Duration::from_millis(50));
                let _ = kill(pid(*worker), Signal::SIGKILL);
                break;
            }
        }
        reading.join().expect("it does not panic")
    });
    assert_eq!(reading.unread, []);
    assert_eq!(bash::command_words(&reading.script).len(), 60_000);
    drop(witness);
    nothing_is_left(word);
}

#[test]
fn a_dropped_question_does_not_answer_the_next_one() {
    let word = "dropped-question";
    let witness = marked(word);
    drop(witness.ask(Question::default()));
    assert_eq!(read("a | b\n", &witness).unread, []);
    drop(witness.ask(Question::default()));
    nothing_is_left(word);
}

#[test]
fn a_text_that_needs_too_much_memory_is_unread_and_its_parts_are_not() {
    let limits = Limits { memory_bytes: 200 << 20, ..LIMITS };
    let witness = real(limits);
    let large = format!("a\necho{}\nb\n", " x".repeat(800_000));
    let reading = read(&large, &witness);
    let unread = unread(&large, &reading);
    assert!(
        matches!(&unread[..], [(text, reason)] if text.starts_with("echo x") && reason.contains("too much memory"))
    );
    let many = "echo x x x x x x x x x x x x x\n".repeat(50_000);
    assert_eq!(read(&many, &witness).unread, []);
    assert_eq!(read("a\n", &witness).unread, []);
}

#[test]
fn texts_that_cost_the_second_parser_more_than_their_size_end_at_the_limits() {
    // What fuzzing found: memory that grows with the square of a pipeline's length, time that grows with that of others.
    let limits = Limits { memory_bytes: 256 << 20, base: Duration::from_millis(200), ..LIMITS };
    let witness = real(Limits { per_million: Duration::from_secs(1), ..limits });
    let pipeline = |stages: usize| format!("{}a\n", "a|".repeat(stages));
    for text in
        [pipeline(90), pipeline(10_000), ")".repeat(40_000), "<<<".repeat(20_000), "a b|&".repeat(10_000)]
    {
        let since = Instant::now();
        let reading = read(&text, &witness);
        assert_eq!(reading.unread.is_empty(), text.len() < 1_000, "{}", &text[..10]);
        assert!(since.elapsed() < Duration::from_mins(1), "{}", &text[..10]);
        assert_eq!(read("a | b\n", &witness).unread, [], "{}", &text[..10]);
    }
}

#[test]
fn no_worker_at_all_is_said_once_and_the_caller_decides() {
    let folder = Folder::new();
    folder.write("a.sh", CLEAN);
    folder.write("b.sh", NO_REGIME);
    let none: &[(&str, &[&str])] = &[
        ("/nowhere/gauntlet", &[]),
        ("/dev/null", &[]),
        ("/bin/false", &["x"]),
        ("/bin/cat", &["-"]),
        ("/bin/echo", &["something else entirely"]),
    ];
    for (program, args) in none {
        let warnings = Arc::new(AtomicUsize::new(0));
        let contained = |without| {
            let warnings = Arc::clone(&warnings);
            let warn = move |reason: &str| {
                assert!(!reason.is_empty());
                warnings.fetch_add(1, Ordering::SeqCst);
            };
            Contained::new(LIMITS, without, warn).with_program(program, args)
        };
        let (files, outcome) = linted(&folder, &contained(WithoutWorker::ReadHere));
        assert_eq!(outcome, Outcome::Findings);
        assert_eq!((files["a.sh"].len(), files["b.sh"].len()), (0, 1), "{program}");
        assert!(files["b.sh"][0].starts_with("L1 "), "{program}");
        assert_eq!(warnings.load(Ordering::SeqCst), 1, "{program}");

        let reading = read("a\n", &contained(WithoutWorker::Unread));
        assert!(reading.unread[0].reason.contains("cannot be asked"), "{program}: {:?}", reading.unread);
    }
}

#[test]
fn both_programs_are_their_own_workers_and_say_nothing_about_it() {
    let folder = Folder::new();
    folder.write("a.sh", CLEAN);
    for (program, args) in [("gauntlet", &["lint", "--no-cache"][..]), ("repo-lint", &["--no-cache"])] {
        let program = gauntlet().with_file_name(program);
        let output =
            Command::new(&program).args(args).current_dir(folder.path("")).output().expect("it runs");
        assert_eq!(
            (output.status.code(), output.stderr.as_slice()),
            (Some(0), &b""[..]),
            "{}",
            program.display()
        );
        let mut worker = Command::new(&program);
        let worker = worker.arg0("gauntlet-witness").arg("1610612736").stdin(Stdio::null());
        let output = worker.output().expect("it runs");
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"gauntl\x01\n"[..]));
    }
}

/// Starts lint on a folder, without its output.
fn start_lint(folder: &Folder) -> Child {
    let mut command = Command::new(gauntlet());
    command
        .args(["lint", "--no-cache"])
        .current_dir(folder.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().expect("it starts")
}

#[test]
fn no_worker_outlives_its_parent() {
    let folder = Folder::new();
    for number in 0..40 {
        folder.write(format!("small{number}.sh"), CLEAN);
    }
    // In the midst of such a text a worker does not look at its pipes.
    folder.write("large.sh", format!("{CLEAN}{}", "f() { a | b \"$(c)\" || d; }\n".repeat(30_000)));
    let (mut seen, mut round) = (0, 0);
    // On a busy machine a parent is often killed before it has started a worker: then there are more rounds.
    while round < 50 || (seen < 25 && round < 300) {
        let mut parent = start_lint(&folder);
        thread::sleep(Duration::from_millis(5 + round * 3));
        round += 1;
        // Stopped first: between a look at its children and its end it would start another.
        kill(pid(parent.id()), Signal::SIGSTOP).expect("it runs");
        thread::sleep(Duration::from_millis(2));
        let workers = processes("gauntlet-witness", Some(parent.id()));
        seen += workers.len();
        kill(pid(parent.id()), Signal::SIGKILL).expect("it is there");
        parent.wait().expect("it ends");
        for worker in workers {
            let since = Instant::now();
            // Its number is not given to another process so soon.
            while fs::read(format!("/proc/{worker}/cmdline")).is_ok_and(|line| !line.is_empty()) {
                assert!(since.elapsed() < Duration::from_secs(10), "worker {worker} outlives its parent");
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
    assert!(seen >= 25, "too few workers were seen for this to say anything: {seen}");
}

#[test]
fn the_user_can_stop_lint_and_no_worker_is_left() {
    let folder = Folder::new();
    folder.write("large.sh", format!("{CLEAN}{}", "f() { a | b \"$(c)\" || d; }\n".repeat(3_000)));
    for number in 0..400 {
        folder.write(format!("z{number}.sh"), CLEAN);
    }
    let mut parent = start_lint(&folder);
    let since = Instant::now();
    let mut workers = Vec::new();
    while workers.is_empty() && since.elapsed() < Duration::from_secs(10) {
        workers = processes("gauntlet-witness", Some(parent.id()));
    }
    kill(pid(parent.id()), Signal::SIGINT).expect("it runs");
    let ended = parent.wait().expect("it ends");
    assert_eq!(ended.code(), Some(2));
    assert!(!workers.is_empty());
    for worker in workers {
        assert!(!PathBuf::from(format!("/proc/{worker}")).exists(), "worker {worker} is left");
    }
}
