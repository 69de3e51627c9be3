//! Ways out of the world that scripts take, by accident or not: each is denied, or caught by a stub and written down.

use gauntlet::sandbox::Worker;
use gauntlet::trial::world::{Answer, Plan};

use super::{Case, rungs, stub};

/// What must come of an attempt. An attempt that gets out prints `OUT`.
enum Fate {
    /// The kernel says no.
    Denied,
    /// A stub answers, and the call of this program is in the journal.
    Caught(&'static str),
    /// Nothing answers; the call of this program is in the journal.
    Refused(&'static str),
}

use Fate::{Caught, Denied, Refused};

const ATTEMPTS: &[(&str, &str, Fate)] = &[
    // Names.
    ("absolute path", "/usr/bin/curl x", Caught("curl")),
    ("bin instead of usr/bin", "/bin/curl x", Caught("curl")),
    ("command -p", "command -p curl x", Caught("curl")),
    ("env -i", "env -i curl x", Caught("curl")),
    ("env -i with a path", "env -i PATH=/bin:/usr/bin /usr/bin/env curl x", Caught("curl")),
    ("exec", "exec curl x", Caught("curl")),
    ("exec -a", "(exec -a harmless curl x)", Caught("curl")),
    ("xargs", "echo x | xargs curl", Caught("curl")),
    ("find -exec", "find /repo -maxdepth 0 -exec curl x \\;", Caught("curl")),
    ("PATH reset", "PATH=/sbin:/usr/sbin:/usr/local/bin curl x", Caught("curl")),
    ("hash -p", "hash -p /usr/bin/curl harmless; harmless x", Caught("curl")),
    ("nohup nice", "nohup nice curl x", Caught("curl")),
    ("timeout", "timeout 5 curl x", Caught("curl")),
    ("awk system", "awk 'BEGIN { system(\"curl x\") }'", Caught("curl")),
    ("sed e", "echo curl x | sed 's/$//e'", Caught("curl")),
    ("bash -c", "bash -c 'curl x'", Caught("curl")),
    ("bash --norc -p", "bash --norc -p -c 'curl x'", Caught("curl")),
    ("sh", "sh -c 'curl x'", Caught("curl")),
    (
        "a script of its own",
        "printf '#!/bin/bash\\ncurl x\\n' >/tmp/s; chmod +x /tmp/s; /tmp/s",
        Caught("curl"),
    ),
    ("a link to a stub", "ln -s /usr/bin/curl /tmp/tool && /tmp/tool x", Caught("curl")),
    ("the shell's own place", "/.gauntlet/bash -c 'curl x'", Caught("curl")),
    ("unset BASH_ENV", "unset BASH_ENV; bash -c 'curl x'", Caught("curl")),
    ("eval of a computed name", "c=cu; eval \"${c}rl x\"", Caught("curl")),
    ("trap", "trap 'curl x' EXIT", Caught("curl")),
    ("coproc", "coproc curl x; wait", Caught("curl")),
    ("another interpreter", "python3 -c 'print(\"OUT\")'", Refused("python3")),
    ("perl", "perl -e 'print \"OUT\"'", Refused("perl")),
    ("sudo", "sudo -n echo OUT", Refused("sudo")),
    ("ssh to itself", "ssh localhost echo OUT", Refused("ssh")),
    ("unshare", "unshare -r echo OUT", Refused("unshare")),
    ("nsenter", "nsenter -t 1 -a echo OUT", Refused("nsenter")),
    ("a copied stub", "cp /usr/bin/curl /tmp/python3; /tmp/python3 x && echo OUT", Refused("python3")),
    // Files.
    ("host's passwords", "cat /etc/shadow && echo OUT", Denied),
    ("host's home", "ls /root/.* /home/*/.ssh 2>/dev/null | grep -q id_ && echo OUT", Denied),
    ("root by proc", "ls /proc/1/root/ && echo OUT", Denied),
    ("cwd by proc", "cat /proc/1/cwd/etc/hostname | grep -qv world && echo OUT", Denied),
    ("write to usr", "echo x >/usr/x && echo OUT", Denied),
    ("write to usr", "echo x >/usr/bin/curl && echo OUT", Denied),
    ("write to the world's own", "echo x >/.gauntlet/env && echo OUT", Denied),
    ("remove a stub", "rm -f /usr/bin/curl && echo OUT", Denied),
    ("rename a stub", "mv /usr/bin/curl /usr/bin/other && echo OUT", Denied),
    ("chmod a stub", "chmod 000 /usr/bin/curl && echo OUT", Denied),
    ("above the root", "cat ../../../../../../etc/hostname | grep -qv world && echo OUT", Denied),
    ("link out", "ln -s /proc/1/root/etc /tmp/e; ls /tmp/e/ && echo OUT", Denied),
    ("a device", "head -c 1 /dev/sda /dev/vda /dev/mem && echo OUT", Denied),
    ("kernel settings", "echo 1 >/proc/sys/kernel/sysrq && echo OUT", Denied),
    ("kernel's messages", "cat /dev/kmsg /proc/kmsg && echo OUT", Denied),
    ("sysfs", "ls /sys/class && echo OUT", Denied),
    ("the machine's memory", "grep -q MemTotal /proc/meminfo && echo OUT", Denied),
    ("the machine's processors", "grep -q processor /proc/cpuinfo && echo OUT", Denied),
    ("the machine's settings", "cat /proc/sys/vm/swappiness | grep -q . && echo OUT", Denied),
    // Network.
    ("tcp", "(: >/dev/tcp/192.0.2.1/80) && echo OUT", Denied),
    ("loopback", "(: >/dev/tcp/127.0.0.1/22) && echo OUT", Denied),
    ("udp", "(echo x >/dev/udp/192.0.2.1/53) && echo OUT", Denied),
    ("name lookup", "(: >/dev/tcp/example.com/80) && echo OUT", Denied),
    ("a socket of the host", "ls /run/docker.sock /var/run/docker.sock /run/systemd && echo OUT", Denied),
    // Processes.
    ("signal to the supervisor", "kill -9 1; kill -0 1 2>/dev/null && [[ $EUID == 0 ]] && echo OUT", Denied),
    ("processes of the host", "set -- /proc/[0-9]*; echo $# | grep -qE '^.{3,}$' && echo OUT", Denied),
    ("a priority", "renice -n -5 $$ && echo OUT", Refused("renice")),
    // What is inherited.
    (
        "descriptors",
        "for fd in /proc/$$/fd/*; do case ${fd##*/} in 0|1|2|255) ;; *) [[ -e $fd ]] && echo OUT;; esac; done",
        Denied,
    ),
    ("variables", "env | grep -E '^(CARGO|USER|LOGNAME|SSH_|AWS_|GIT_|XDG_)' && echo OUT", Denied),
    ("a raised limit", "ulimit -n 1000000 && echo OUT", Denied),
    ("a terminal", "(: </dev/tty) && echo OUT", Denied),
];

#[test]
fn no_way_out_is_left_open() {
    assert!(ATTEMPTS.len() >= 40);
    let case = Case::new("");
    for rung in rungs() {
        let mut worker = Worker::start_at(&case.setup, rung).expect("the world can be built");
        let mut wrong = Vec::new();
        for (name, script, fate) in ATTEMPTS {
            let plan = Plan {
                command: ["bash", "-c", script].map(str::to_owned).to_vec(),
                stubs: vec![stub("curl **", "")],
                ..case.plan.clone()
            };
            let record = worker.run(&plan).expect("the trial can be run");
            let recorded = |program: &str, answer: fn(Answer) -> bool| {
                record.calls.iter().any(|call| call.program() == program && answer(call.answer))
            };
            let held = match fate {
                Denied => record.calls.iter().all(|call| call.answer != Answer::Unstubbed),
                Caught(program) => recorded(program, |answer| matches!(answer, Answer::Stub(_))),
                Refused(program) => recorded(program, |answer| answer == Answer::Unstubbed),
            };
            if !held || record.stdout.contains("OUT") {
                wrong.push(format!("{rung} {name}: {record:#?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn a_daemon_is_dead_when_its_trial_is_over() {
    let case = Case::new("");
    for rung in rungs() {
        let mut worker = Worker::start_at(&case.setup, rung).expect("the world can be built");
        let run = |worker: &mut Worker, script: &str| {
            let command = ["bash", "-c", script].map(str::to_owned).to_vec();
            worker.run(&Plan { command, ..case.plan.clone() }).expect("the trial can be run").stdout
        };
        let daemon = "(trap '' HUP TERM INT; cd /; while :; do echo alive >/tmp/daemon; done) </dev/null >/dev/null 2>&1 & disown; echo left";
        assert_eq!(run(&mut worker, daemon), "left\n");
        // Two seconds of the world's time are none: what is written now is written by the next trial.
        assert_eq!(
            run(&mut worker, "ls /tmp; set -- /proc/[0-9]*; echo $#"),
            "5\n".replace('5', &count(&mut worker, &case))
        );
    }
}

/// Processes that a trial sees when nothing else runs.
fn count(worker: &mut Worker, case: &Case) -> String {
    let command = ["bash", "-c", "ls /tmp; set -- /proc/[0-9]*; echo $#"].map(str::to_owned).to_vec();
    let record = worker.run(&Plan { command, ..case.plan.clone() }).expect("the trial can be run");
    record.stdout.trim().to_owned()
}

#[test]
fn a_trial_is_bounded_in_processes_and_memory() {
    let mut case = Case::new("");
    case.plan.deadline_ms = 60_000;
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("Linux");
    let mut parts = release.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    // An older kernel gives root no bound that a bomb cannot outrun: it would hit the machine that runs the tests.
    let bounded = (parts.next(), parts.next()) >= (Some(6), Some(14));
    for rung in rungs() {
        let mut worker = Worker::start_at(&case.setup, rung).expect("the world can be built");
        // Numbered first: where that is not stopped, nothing worse is tried.
        for (script, bound) in [
            (
                "for i in {1..4000}; do (while :; do sleep 9; read -r -t 1 </dev/zero; done) & done; wait",
                "processes",
            ),
            ("bomb() { bomb | bomb & }; bomb; while :; do :; done", "processes"),
            (
                "for i in 1 2 3 4; do (x=$(head -c 400M /dev/zero | tr '\\0' x); while :; do :; done) & done; wait",
                "memory",
            ),
        ] {
            if script.starts_with("bomb") && !bounded {
                continue;
            }
            let begun = std::time::Instant::now();
            let command = ["bash", "-c", script].map(str::to_owned).to_vec();
            let record = worker.run(&Plan { command, ..case.plan.clone() }).expect("the trial can be run");
            assert!(record.stderr.contains(bound), "{rung}: {:?} {}", record.end, record.stderr);
            assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
        }
        // More children one after another than the world has numbers.
        let children = "for i in {1..2100}; do (:) & ((most < $!)) && most=$!; wait; done; echo $most";
        let command = ["bash", "-c", children].map(str::to_owned).to_vec();
        let record = worker.run(&Plan { command, ..case.plan.clone() }).expect("the world still stands");
        let most: u32 = record.stdout.trim().parse().expect("a number");
        assert!(!bounded || most < 2048, "{rung}: numbers up to {most}");
    }
}
