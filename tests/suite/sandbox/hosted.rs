//! Rungs without namespaces: what is the same on them, what S4 denies, and what is let through.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gauntlet::event::Rung;
use gauntlet::sandbox::{Worker, rung_works};
use gauntlet::trial::guess::Guesses;
use gauntlet::trial::world::{Answer, End, Stub};

use super::{Case, GAUNTLET, rungs, stub};

/// The rungs without namespaces. `S5` can be had wherever there is a bash; `S4` wherever Linux is new enough.
fn hosted() -> Vec<Rung> {
    let works = |rung: &Rung| rung_works(*rung, Some(Path::new(GAUNTLET)));
    works(&Rung::S5).expect("nothing is asked of the machine");
    if let Err(error) = works(&Rung::S4) {
        println!("S4 cannot be tried here: {error}");
        return vec![Rung::S5];
    }
    vec![Rung::S4, Rung::S5]
}

fn has_s4() -> bool {
    hosted().contains(&Rung::S4)
}

#[test]
fn a_script_that_calls_by_bare_names_and_relative_paths_runs_as_on_the_strongest_rung() {
    let mut case = Case::new(
        "set -uo pipefail
. ./lib.sh
work=$(mktemp -d); cd \"$work\" || exit 1
curl a >out; cat out
curl b | tr a-z A-Z
{ curl c; } & wait $!
bash -c 'curl d'; sh \"$HOME/../../repo/sub.sh\"
env -i PATH=\"$PATH\" curl e
command -p true; frobnicate --now 2>/dev/null; echo $?
openstack f <<<\"$PWD\"
sleep 1h; date +%T
curl bad || echo \"failed $?\"
printf '%s\\n' \"$TMPDIR\" \"$HOME\"",
    )
    .stub("curl ?", "answer\n");
    case.file("lib.sh", "curl l\n");
    case.file("sub.sh", "curl s\n");
    case.plan.stubs.extend([
        Stub {
            stdin: Some("*".to_owned()),
            handler: Some("cat >\"$STATE/seen\"; curl h; cat \"$STATE/seen\"".to_owned()),
            ..stub("openstack f", "")
        },
        Stub { exit: 7, ..stub("curl bad", "") },
    ]);
    let strongest = case.run(rungs()[0]);
    assert_eq!(strongest.end, End::Code(0), "{}", strongest.stderr);
    assert_eq!(strongest.calls.len(), 12);
    let same = |text: &str| text.replace(&strongest.calls[1].stdout.trim().to_owned(), "WORK");
    case.on(&hosted(), |record| {
        let work = record.calls[1].stdout.trim();
        assert!(work.starts_with("/tmp/tmp."), "{work}");
        assert_eq!(record.stdout.replace(work, "WORK"), same(&strongest.stdout));
        assert_eq!((record.end, &record.stderr), (strongest.end, &strongest.stderr));
        for (call, there) in record.calls.iter().zip(&strongest.calls) {
            assert_eq!((&call.site, call.answer, call.exit), (&there.site, there.answer, there.exit));
        }
        assert_eq!(record.calls.len(), strongest.calls.len());
    });
}

#[test]
fn what_lies_outside_is_denied_at_s4() {
    if !has_s4() {
        return;
    }
    let outside = tempfile::tempdir().expect("a temporary folder can be made");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    std::fs::write(outside.path().join("secret"), "host\n").expect("it can be written");
    let case = Case::new(&format!(
        "cd {folder}
/usr/bin/curl x; echo $?
cat secret; echo $?
echo x >written; echo $?
rm secret; echo $?
: </dev/tcp/127.0.0.1/{port}; echo $?
kill -0 {host}; echo $?
cat /etc/passwd; echo $?
/usr/bin/unshare -r true; echo $?",
        folder = outside.path().display(),
        host = std::process::id(),
    ))
    .stub("curl **", "");
    case.on(&[Rung::S4], |record| {
        assert_eq!(record.stdout, "126\n1\n1\n1\n1\n1\n1\n126\n");
        assert!(record.calls.is_empty());
    });
    assert_eq!(std::fs::read_to_string(outside.path().join("secret")).expect("it is there"), "host\n");
    assert!(!outside.path().join("written").exists());
    listener.set_nonblocking(true).expect("it is ours");
    assert!(listener.accept().is_err(), "nobody came");
}

#[test]
fn a_script_at_s4_changes_nothing_of_the_world_that_the_next_one_runs_in() {
    if !has_s4() {
        return;
    }
    let case = Case::new(
        "world=${TMPDIR%/tmp}
for place in .gauntlet/supervisor .gauntlet/whole usr/bin/curl etc/passwd; do
  { echo x >\"$world/$place\"; } 2>/dev/null && echo \"wrote $place\"
  mv \"$world/$place\" \"$TMPDIR/x\" 2>/dev/null && echo \"moved $place\"
done
mv \"$world/dev\" \"$world/dev2\" 2>/dev/null && echo moved dev
ln -s srv/.root/../../x \"$world/link\" 2>/dev/null && echo linked
{ : >/proc/$PPID/fd/1; } 2>/dev/null && echo opened the record
kill -STOP $PPID 2>/dev/null && echo stopped
kill -KILL $PPID 2>/dev/null && echo killed
curl \"$world\"
echo done",
    )
    .stub("curl **", "");
    let mut worker = Worker::start_at(&case.setup, Rung::S4).expect("the world can be built");
    for _ in 0..2 {
        let record = worker.run(&case.plan).expect("it runs");
        assert_eq!(record.stdout, "done\n");
        assert_eq!(record.calls[0].argv, ["curl", "/"]);
    }
}

#[test]
fn folders_that_a_script_has_locked_and_links_that_it_has_left_are_removed_and_not_followed() {
    let outside = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(outside.path().join("kept"), "").expect("it can be written");
    let case = Case::new(&format!(
        "mkdir -p \"$TMPDIR/ro/in\"; : >\"$TMPDIR/ro/in/x\"; chmod 500 \"$TMPDIR/ro/in\" \"$TMPDIR/ro\"
ln -s {0} \"$TMPDIR/link\"; ls -A \"$TMPDIR\" | wc -l",
        outside.path().display()
    ));
    for rung in hosted() {
        let mut worker = Worker::start_at(&case.setup, rung).expect("the world can be built");
        for _ in 0..2 {
            assert_eq!(worker.run(&case.plan).expect("it runs").stdout, "2\n");
        }
    }
    assert!(outside.path().join("kept").exists());
}

#[test]
fn what_is_called_by_its_path_is_not_replaced_at_s5() {
    let outside = tempfile::tempdir().expect("a temporary folder can be made");
    let case = Case::new(&format!(
        "/bin/true; echo $?; env -i true; echo x >{0}/written; cat {0}/written",
        outside.path().display()
    ));
    case.on(&[Rung::S5], |record| {
        assert_eq!(record.stdout, "0\nx\n");
        assert!(record.calls.is_empty());
    });
}

#[test]
fn each_trial_finds_its_folders_fresh_and_the_world_s_folder_goes_with_the_runner() {
    let mut case = Case::new("ls -A \"$TMPDIR\" | wc -l; echo left >\"$TMPDIR/x\"; curl \"$TMPDIR\"")
        .stub("curl **", "");
    case.plan.residue = vec!["/tmp/*".to_owned()];
    for rung in hosted() {
        let mut worker = Worker::start_at(&case.setup, rung).expect("the world can be built");
        let first = worker.run(&case.plan).expect("it runs");
        let second = worker.run(&case.plan).expect("it runs");
        assert_eq!(first, second);
        assert_eq!(first.stdout, "0\n");
        assert_eq!(first.left.keys().collect::<Vec<_>>(), ["/tmp/x"]);
        assert_eq!((first.calls[0].answer, first.calls[0].argv[1].as_str()), (Answer::Stub(0), "/tmp"));
    }
}

#[test]
fn what_a_script_leaves_running_or_runs_too_long_is_dead_after_the_trial() {
    let marked = |mark: &str| {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        lines.filter(|line| line.windows(mark.len()).any(|part| part == mark.as_bytes())).count()
    };
    for rung in hosted() {
        let mark = format!("mark-{rung}-{}", std::process::id());
        let mut case = Case::new(&format!(
            "setsid bash -c 'while :; do :; done' {mark} & (bash -c 'trap \"\" TERM; while :; do :; done' {mark} & ) ; [[ ${{1-}} ]] && while :; do :; done; :"
        ));
        assert_eq!(case.run(rung).end, End::Code(0));
        assert_eq!(marked(&mark), 0);
        case.plan.command.push("long".to_owned());
        case.plan.deadline_ms = 300;
        assert_eq!(case.run(rung).end, End::TimedOut);
        assert_eq!(marked(&mark), 0);
    }
}

/// Runs it where there are no namespaces: in a user namespace that may make no other, without any capability.
fn without_namespaces() -> Option<Command> {
    let poor = || {
        let mut command = Command::new("unshare");
        let text = "echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all \"$@\"";
        command.args(["-r", "bash", "-c", text, "-"]);
        command
    };
    let works = poor().arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    works.then(poor)
}

#[test]
fn a_machine_without_namespaces_is_swept_where_less_is_asked_for() {
    let Some(mut refused) = without_namespaces() else {
        return println!("not tried: unshare or setpriv does not work here");
    };
    let folder = crate::folder::Folder::new();
    folder.write("x.sh", "#!/usr/bin/env bash\nset -e\nfetch a || true\nfetch b\necho done\n");
    let told =
        refused.args([GAUNTLET, "sweep", "x.sh"]).current_dir(folder.path("")).output().expect("it runs");
    let why = String::from_utf8_lossy(&told.stderr);
    assert_eq!(told.status.code(), Some(2), "{why}");
    assert!(why.contains("gives no namespaces") && why.contains("--minimum-rung S4"), "{why}");
    let mut swept = without_namespaces().expect("it did just now");
    let swept = swept
        .args([GAUNTLET, "sweep", "--minimum-rung", "S5", "x.sh"])
        .current_dir(folder.path(""))
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&swept.stdout);
    assert_eq!(swept.status.code(), Some(1), "{said}");
    assert!(said.contains("red[swallowed]: x.sh:3: `fetch a`"), "{said}");
    assert!(!said.contains("x.sh:4: `fetch b`"), "{said}");
    assert!(said.contains("rung S4") || said.contains("rung S5"), "{said}");
    assert!(said.contains("gauntlet sweep x.sh --minimum-rung S5 --only"), "{said}");
}

#[test]
fn nothing_of_the_host_goes_with_what_is_unmounted() {
    let outside = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(outside.path().join("secret"), "host\n").expect("it can be written");
    let mut case = Case::new(&format!(
        "ln -s {} \"$TMPDIR/volume\"\nmount /dev/vdb \"$TMPDIR/volume\" && umount \"$TMPDIR/volume\" && echo unmounted",
        outside.path().display()
    ));
    case.setup.stubs = vec!["mount".to_owned(), "umount".to_owned()];
    case.plan.guesses = Some(Guesses::default());
    case.on(&hosted(), |record| assert_eq!(record.stdout, "unmounted\n"));
    assert!(outside.path().join("secret").exists());
}

#[test]
fn a_killed_runner_leaves_no_process_behind_on_these_rungs_either() {
    let Some(mut poor) = without_namespaces() else {
        return println!("not tried: unshare or setpriv does not work here");
    };
    let folder = crate::folder::Folder::new();
    let mark = format!("forsaken-{}", std::process::id());
    folder
        .write("x.sh", format!("#!/usr/bin/env bash\nset -e\nfetch\nbash -c 'while :; do :; done' {mark}\n"));
    let mut runner = poor
        .args([GAUNTLET, "sweep", "--minimum-rung", "S5", "x.sh"])
        .current_dir(folder.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let count = || {
        let found = Command::new("pgrep")
            .args(["-fc", &format!("^bash -c while .* {mark}")])
            .output()
            .expect("pgrep is there");
        String::from_utf8_lossy(&found.stdout).trim().parse::<usize>().unwrap_or(0)
    };
    let wait = |is_so: &dyn Fn() -> bool| {
        let until = Instant::now() + Duration::from_secs(20);
        while !is_so() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        is_so()
    };
    assert!(wait(&|| count() > 0), "the script came to its loop");
    runner.kill().expect("it is ours");
    runner.wait().expect("it is ours");
    assert!(wait(&|| count() == 0), "its process is gone");
}
