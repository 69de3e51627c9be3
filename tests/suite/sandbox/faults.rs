//! One call fails, and only that one.

use gauntlet::fault::{FaultKind, Interruption, Persistence};
use gauntlet::trial::world::{Answer, End, Fault, Record, Site, Stub};

use super::{Case, stub};

/// A fault of `curl WORDS` at `line`.
fn fault(words: &str, line: u32, kind: FaultKind) -> Fault {
    Fault {
        site: Site {
            argv: words.split(' ').map(str::to_owned).collect(),
            at: Some(("/repo/x.sh".to_owned(), line)),
        },
        occurrence: 1,
        kind,
        persistence: Persistence::Once,
        exit: 22,
        stdout: String::new(),
        stderr: "curl: (22) it failed".to_owned(),
    }
}

fn faulted(record: &Record) -> Vec<usize> {
    let faulted = |(at, answer)| (answer == Answer::Fault).then_some(at);
    record.calls.iter().map(|call| call.answer).enumerate().filter_map(faulted).collect()
}

#[test]
fn each_kind_fails_in_its_own_way() {
    for (kind, stdout, stderr, exit) in [
        (FaultKind::Exit, "22:\n", "curl: (22) it failed\n", 22),
        (FaultKind::Signal, "137:\n", "", 137),
        (FaultKind::Missing, "127:\n", "/repo/x.sh: line 1: curl: command not found\n", 127),
        (FaultKind::Empty, "0:\n", "", 0),
    ] {
        let mut case = Case::new("x=$(curl a); echo \"$?:$x\"\ncurl a").stub("curl **", "fine\n");
        case.plan.fault = Some(fault("curl a", 1, kind));
        case.everywhere(|record| {
            assert_eq!(record.stdout, format!("{stdout}fine\n"), "{kind}");
            assert_eq!(record.stderr, stderr, "{kind}");
            assert_eq!(faulted(record), [0]);
            assert_eq!(record.calls[0].exit, exit);
        });
    }
}

#[test]
fn an_answer_is_cut_replaced_or_half_written_by_stubs_handlers_and_real_tools_alike() {
    for handler in [None, Some("printf 'fine or so\\n'; exit 0".to_owned())] {
        for (kind, stdout) in [
            (FaultKind::Truncated, "0:fine "),
            (FaultKind::Garbage, "0:<html>"),
            (FaultKind::DiskFull, "22:fine "),
            (FaultKind::Absent, "22:"),
        ] {
            let mut case = Case::new("curl a >/tmp/x; code=$?; read -r x </tmp/x; echo \"$code:$x\"");
            case.plan.stubs = vec![Stub { handler: handler.clone(), ..stub("curl a", "fine or so\n") }];
            case.plan.fault = Some(fault("curl a", 1, kind));
            case.everywhere(|record| {
                assert!(record.stdout.starts_with(stdout.trim_end()), "{kind}: {}", record.stdout);
                assert_eq!(faulted(record), [0]);
            });
        }
    }
    let mut case = Case::new("jq -n '\"abcdef\"' >/tmp/x; cat /tmp/x");
    case.plan.fault = Some(fault("jq -n \"abcdef\"", 1, FaultKind::Truncated));
    case.everywhere(|record| assert_eq!(record.stdout, "\"abc"));
}

#[test]
fn a_signal_reaches_the_script_while_it_waits_for_the_call() {
    for (how, end, stdout) in [
        (Interruption::Int, End::Signal(2), ""),
        (Interruption::Term, End::Signal(15), ""),
        (Interruption::Hup, End::Signal(1), ""),
    ] {
        let mut case = Case::new("curl a\necho on").stub("curl a", "");
        case.plan.fault = Some(fault("curl a", 1, FaultKind::Interrupt(how)));
        case.everywhere(|record| assert_eq!((record.end, record.stdout.as_str()), (end, stdout)));
        let mut case = Case::new(&format!("trap 'echo caught' {}\ncurl a; echo $?", how.signal()));
        case.plan.stubs = vec![stub("curl a", "")];
        case.plan.fault = Some(fault("curl a", 2, FaultKind::Interrupt(how)));
        let status = if how.reaches_the_call() { 128 + how.number() } else { 0 };
        case.everywhere(|record| assert_eq!(record.stdout, format!("caught\n{status}\n")));
    }
}

#[test]
fn time_limits_are_kept_on_the_world_s_clock() {
    let case = Case::new(
        "timeout 5 sleep 10; echo $?; date +%T
timeout 5 sleep 3; echo $?; date +%T
timeout 10 bash -c 'sleep 8; sleep 8; echo late'; echo $?; date +%T
timeout 60 timeout 5 sleep 0.5m; echo $?; date +%T
timeout 5 timeout 60 sleep 1h; echo $?; date +%T
timeout -k 1 -s INT 5 bash -c \"trap '' INT; sleep 9; echo deaf\"; echo $?
timeout --preserve-status 5 sleep 9; echo $?
timeout 5 curl; echo $?; timeout 5 nothing-of-that-name 2>/dev/null; echo $?
timeout x true 2>/dev/null; echo $?; timeout 0 sleep 1h; echo $?
printf 'in\\n' | timeout 5 cat",
    )
    .stub("curl", "answer\n");
    case.everywhere(|record| {
        assert_eq!(
            record.stdout,
            "124\n03:04:10\n0\n03:04:13\n124\n03:04:23\n124\n03:04:28\n124\n03:04:33\n124\n143\nanswer\n0\n127\n125\n0\nin\n",
            "{}",
            record.stderr
        );
    });
    let mut case = Case::new("timeout 5 curl a; echo $?; date +%T; curl a").stub("curl a", "x\n");
    case.plan.fault = Some(Fault { exit: 124, ..fault("curl a", 1, FaultKind::Hang) });
    case.everywhere(|record| {
        assert_eq!(record.stdout, "124\n03:04:10\nx\n");
        assert_eq!(
            record.calls.iter().map(|call| (call.exit, call.limited)).collect::<Vec<_>>(),
            [(124, true), (0, false)]
        );
    });
}

#[test]
fn the_kth_call_of_one_line_fails_once_or_for_ever() {
    let mut case = Case::new("for i in 1 2 3 4; do\n  curl a || echo failed $i\ndone\ncurl a || echo no\n")
        .stub("curl **", "");
    let once = Fault { occurrence: 2, ..fault("curl a", 2, FaultKind::Exit) };
    case.plan.fault = Some(once.clone());
    case.everywhere(|record| assert_eq!(record.stdout, "failed 2\n"));
    case.plan.fault = Some(Fault { persistence: Persistence::Forever, ..once });
    case.everywhere(|record| assert_eq!(record.stdout, "failed 2\nfailed 3\nfailed 4\n"));
}

#[test]
fn a_failed_call_uses_no_answer_up_and_runs_no_handler() {
    let mut case = Case::new("curl a\ncurl a; cat /tmp/ran 2>/dev/null");
    case.plan.stubs =
        vec![Stub { times: Some(1), handler: Some("echo first".to_owned()), ..stub("curl a", "") }];
    case.plan.fault = Some(fault("curl a", 1, FaultKind::Exit));
    case.everywhere(|record| assert_eq!(record.stdout, "first\n"));
}

#[test]
fn a_consumer_that_closes_early_kills_the_padded_producer() {
    let mut case = Case::new(
        "set -o pipefail
curl a | grep -q needle; echo ${PIPESTATUS[*]}
curl a | cat >/dev/null; echo ${PIPESTATUS[*]}
",
    );
    for handler in [None, Some("printf 'needle\\nhay\\n'".to_owned())] {
        case.plan.stubs = vec![Stub { handler, ..stub("curl a", "needle\nhay\n") }];
        case.plan.fault = Some(fault("curl a", 2, FaultKind::Sigpipe));
        case.everywhere(|record| {
            assert_eq!(record.stdout, "141 0\n0 0\n");
            assert_eq!(faulted(record), [0]);
            assert_eq!((record.calls[0].exit, record.calls[0].broken_pipe), (141, true));
        });
        case.plan.fault = Some(fault("curl a", 3, FaultKind::Sigpipe));
        case.everywhere(|record| {
            assert_eq!(record.stdout, "0 0\n0 0\n", "a consumer that reads all is unharmed");
            assert_eq!(faulted(record), [1]);
        });
    }
}

#[test]
fn a_tool_that_runs_for_real_fails_too() {
    let mut case = Case::new("f=$(mktemp /tmp/x.XXXXXXXX)\necho \"$? [$f]\"");
    case.plan.fault = Some(fault("mktemp /tmp/XXXXXX", 1, FaultKind::Exit));
    case.everywhere(|record| assert_eq!(record.stdout, "22 []\n"));
}

#[test]
fn a_call_that_fails_still_reads_what_its_stub_would_have_read() {
    let mut case =
        Case::new("set -o pipefail\nprintf '%100000s' x | curl a\necho ${PIPESTATUS[*]}").stub("curl **", "");
    case.plan.stubs[0].reads_stdin = true;
    for kind in [FaultKind::Exit, FaultKind::Missing] {
        case.plan.fault = Some(fault("curl a", 2, kind));
        let exit = if kind == FaultKind::Exit { "22" } else { "127" };
        case.everywhere(|record| assert_eq!(record.stdout, format!("0 {exit}\n")));
    }
}
