//! What is answered, and what is written down.

use gauntlet::trial::world::{Answer, End, Output, Stub};

use super::{Case, rungs, stub};

#[test]
fn a_script_meets_stubs_however_it_calls() {
    let case = Case::new(
        "set -euo pipefail
curl a
/usr/bin/curl b
command -p curl c
env -i curl d
env -i /usr/bin/curl e
echo f | xargs curl
find /repo -name x.sh -exec curl g \\;
PATH=/usr/bin curl h
( PATH=/bin:/usr/bin; hash -r; curl i )
",
    )
    .stub("curl **", "ok\n");
    case.everywhere(|record| {
        assert_eq!(record.end, End::Code(0), "{}", record.stderr);
        let args: Vec<&str> = record.calls.iter().map(|call| call.argv[1].as_str()).collect();
        assert_eq!(args, ["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
        assert_eq!(record.stdout, "ok\n".repeat(9));
    });
}

#[test]
fn answers_are_tried_in_order_and_used_up() {
    let mut case = Case::new("curl x; curl x; curl y; curl x -z; curl; echo $?");
    case.plan.stubs = vec![
        Stub { times: Some(1), ..stub("curl x", "first\n") },
        stub("curl x", "then\n"),
        Stub { exit: 3, stderr: "no\n".to_owned(), ..stub("curl ** -z", "") },
        stub("curl y", "y\n"),
    ];
    case.everywhere(|record| {
        assert_eq!(record.stdout, "first\nthen\ny\n127\n");
        assert_eq!(record.stderr, "no\n/repo/x.sh: line 1: curl: command not found\n");
        let answers: Vec<Answer> = record.calls.iter().map(|call| call.answer).collect();
        assert_eq!(
            answers,
            [Answer::Stub(0), Answer::Stub(1), Answer::Stub(3), Answer::Stub(2), Answer::Unstubbed]
        );
        assert_eq!(record.calls.iter().map(|call| call.exit).collect::<Vec<_>>(), [0, 0, 0, 3, 127]);
        assert_eq!(record.calls.iter().map(|call| call.occurrence).collect::<Vec<_>>(), [1, 2, 1, 1, 1]);
    });
}

#[test]
fn a_command_that_nobody_knows_is_recorded_even_where_its_name_is_computed_or_its_message_thrown_away() {
    let case = Case::new("x=frobni; ${x}cate --now 2>/dev/null; echo $?; python3 -c 1 2>/dev/null; echo $?");
    case.everywhere(|record| {
        assert_eq!(record.stdout, "127\n127\n");
        assert_eq!(record.stderr, "");
        assert_eq!(record.calls[0].argv, ["frobnicate", "--now"]);
        assert_eq!(record.calls[0].site.at, Some(("/repo/x.sh".to_owned(), 1)));
        assert_eq!(record.calls[1].argv, ["python3", "-c", "1"]);
        assert!(record.calls.iter().all(|call| call.answer == Answer::Unstubbed && call.exit == 127));
    });
}

#[test]
fn the_callers_line_is_right_wherever_the_call_stands() {
    let mut case = Case::new(
        "#!/bin/bash
set -euo pipefail
source \"$(dirname \"${BASH_SOURCE[0]}\")/lib.sh\"
curl top
f() {
  curl function
}
f
x=$(curl substitution)
( curl subshell )
curl left | cat
true | curl right
curl background &
wait
if ! curl condition; then :; fi
for i in 1 2; do
  curl loop
done
curl \\
  --long \\
  words
lib
cd /tmp
lib
cat < <(curl process)
bash -c 'curl inner'
bash /repo/other.sh
env -i bash /repo/other.sh
trap 'curl trap' EXIT
",
    )
    .stub("curl **", "");
    case.file("lib.sh", "lib() {\n  curl library\n}\n");
    case.file("other.sh", "\ncurl other\n");
    for way in [["bash", "/repo/x.sh"], ["bash", "x.sh"], ["/repo/x.sh", ""], ["bash", "./x.sh"]] {
        case.plan.command =
            way.iter().filter(|word| !word.is_empty()).map(|word| (*word).to_owned()).collect();
        if way[0] == "/repo/x.sh" {
            case.executable("x.sh");
        }
        case.everywhere(|record| {
            assert_eq!(record.end, End::Code(0), "{}", record.stderr);
            let mut places: Vec<String> = record
                .calls
                .iter()
                .map(|call| {
                    let (path, line) = call.site.at.clone().expect("the place is known");
                    format!("{} {}:{line}", call.argv[1], path.trim_start_matches("/repo/"))
                })
                .collect();
            // The process substitution runs beside the script.
            places.sort();
            let mut expected = vec![
                "top x.sh:4",
                "function x.sh:6",
                "substitution x.sh:9",
                "subshell x.sh:10",
                "left x.sh:11",
                "right x.sh:12",
                "background x.sh:13",
                "condition x.sh:15",
                "loop x.sh:17",
                "loop x.sh:17",
                "--long x.sh:19",
                "library lib.sh:2",
                "library lib.sh:2",
                "process x.sh:25",
                "inner x.sh:26",
                "other other.sh:2",
                "other other.sh:2",
                "trap x.sh:29",
            ];
            expected.sort_unstable();
            assert_eq!(places, expected);
        });
    }
}

#[test]
fn the_trap_that_tells_the_line_is_not_noticed_by_the_script() {
    let script = r#"
set -uo pipefail
true a b; echo "[$_]"
false; echo $?
false | true | false; echo "${PIPESTATUS[*]}"
[[ abc =~ b(.) ]]; true; echo "${BASH_REMATCH[1]}"
f() { trap 'echo returned' RETURN; g; }
g() { curl g; }
f
g
h() { return 7; }
h; echo $?
set -x
curl x
set +x
i=0; while ! (( i++ > 2 )); do :; done; echo $i
trap 'echo failed at $LINENO' ERR
false
trap - ERR
false
echo "$BASH_COMMAND"
(exit 9); echo $?
"#;
    let case = Case::new(script).stub("curl **", "");
    case.everywhere(|record| {
        assert_eq!(
            record.stdout,
            "[b]\n1\n1 0 1\nc\nreturned\n7\n4\nfailed at 18\necho \"$BASH_COMMAND\"\n9\n"
        );
        assert_eq!(record.stderr, "+ curl x\n+ set +x\n");
    });
}

#[test]
fn a_shell_that_repeats_what_it_reads_says_nothing_of_the_trap() {
    let case = Case::new("set -v\ncurl a\nf() { curl b; }\nf\nset +v\ncurl c\n").stub("curl **", "");
    case.everywhere(|record| {
        assert_eq!(record.stderr, "curl a\nf() { curl b; }\nf\nset +v\n");
        assert_eq!(record.calls.len(), 3);
        assert_eq!(record.calls[2].stderr_before, record.stderr.len());
    });
}

#[test]
fn a_script_with_a_debug_trap_of_its_own_keeps_it_and_its_calls_have_no_line_rather_than_a_wrong_one() {
    let case = Case::new("curl a\ntrap 'n=$((${n:-0}+1))' DEBUG\ncurl b\necho $n\n").stub("curl **", "");
    case.everywhere(|record| {
        assert_eq!(record.stdout, "2\n");
        assert_eq!(record.calls[0].site.at, Some(("/repo/x.sh".to_owned(), 1)));
        assert_eq!(record.calls[1].site.at, None);
    });
}

#[test]
fn handlers_keep_state_and_see_the_calls_words_and_stdin_but_not_the_worlds_variables() {
    let mut case = Case::new(
        "openstack server delete 1 --wait; openstack server list; openstack server delete 2
openstack server list; printf 'in\\nput' | openstack image create; env - openstack fail; echo $?",
    );
    case.plan.stubs = vec![
        Stub {
            handler: Some("printf '%s\\n' \"$3\" >>\"$STATE/gone\"; env | grep -c ^GAUNTLET_ >&2".to_owned()),
            ..stub("openstack server delete **", "")
        },
        Stub { handler: Some("cat \"$STATE/gone\"".to_owned()), ..stub("openstack server list", "") },
        Stub {
            handler: Some("echo \"$0\"; cat".to_owned()),
            reads_stdin: true,
            ..stub("openstack image create", "")
        },
        Stub { handler: Some("echo out; echo err >&2; exit 5".to_owned()), ..stub("openstack fail", "") },
    ];
    case.everywhere(|record| {
        assert_eq!(record.stdout, "1\n1\n2\nopenstack\nin\nputout\n5\n");
        assert_eq!(record.stderr, "0\n0\nerr\n");
        assert_eq!(record.calls[1].stdout, "1\n");
        assert_eq!(record.calls[4].stdin.as_deref(), Some("in\nput"));
        assert_eq!(record.calls[5].exit, 5);
    });
}

#[test]
fn stdin_is_read_only_where_the_stub_says_so_and_a_glob_over_it_decides() {
    let mut case = Case::new(
        "while read -r line; do curl \"$line\"; done < <(printf '%s\\n' a b c)
printf secret_id=1 | curl login
printf nothing | curl login
read -r own; echo \"$own\"",
    );
    case.plan.stdin = "typed\n".to_owned();
    case.plan.stubs = vec![
        Stub { stdin: Some("*secret_id*".to_owned()), ..stub("curl login", "in\n") },
        stub("curl ?", ""),
    ];
    case.everywhere(|record| {
        assert_eq!(record.stdout, "in\ntyped\n");
        let stdin: Vec<Option<&str>> = record.calls.iter().map(|call| call.stdin.as_deref()).collect();
        assert_eq!(stdin, [None, None, None, Some("secret_id=1"), Some("nothing")]);
        assert_eq!(record.calls[4].answer, Answer::Unstubbed);
    });
}

#[test]
fn tools_that_run_for_real_are_written_down_with_what_they_printed() {
    let mut case = Case::new(
        "set -euo pipefail
f=$(mktemp); g=$(mktemp -d /tmp/x.XXXXXXXX); test -f \"$f\" -a -d \"$g\"; echo gone >\"$f\"; curl \"$f\"",
    )
    .stub("curl **", "");
    case.plan.search = vec!["gone".to_owned()];
    case.everywhere(|record| {
        assert_eq!(record.end, End::Code(0), "{}", record.stderr);
        assert_eq!(record.calls.len(), 3);
        assert!(record.calls[..2].iter().all(|call| call.answer == Answer::Real));
        let made = record.calls[0].stdout.trim_end();
        assert!(made.starts_with("/tmp/tmp."), "{made}");
        assert_eq!(record.calls[2].argv[1], made);
        assert_eq!(record.calls[2].site.argv[1], "/tmp/XXXXXX");
        assert_eq!(record.found, [("gone".to_owned(), made.to_owned())]);
    });
}

#[test]
fn where_output_leads_and_what_was_printed_before_are_known() {
    let case = Case::new(
        "echo one
curl a
echo two >&2; curl b >/dev/null
x=$(curl c)
curl d >/tmp/file
curl e | cat
curl f >&2
printf '%70000s' x
curl g",
    )
    .stub("curl **", ".");
    case.everywhere(|record| {
        let outputs: Vec<Output> = record.calls.iter().map(|call| call.output).collect();
        assert_eq!(
            outputs,
            [
                Output::Script,
                Output::Null,
                Output::Pipe,
                Output::File,
                Output::Pipe,
                Output::Script,
                Output::Script
            ]
        );
        let before: Vec<(usize, usize)> =
            record.calls.iter().map(|call| (call.stdout_before, call.stderr_before)).collect();
        assert_eq!(before, [(4, 0), (5, 4), (5, 4), (5, 4), (5, 4), (6, 4), (70006, 5)]);
    });
}

#[test]
fn many_calls_at_once_are_all_answered() {
    let case = Case::new(
        "seq 1 40 | xargs -P 8 -n 1 curl | sort -n | tail -n 1
for i in {1..20}; do curl $i & done; wait; echo done",
    );
    let mut case = case;
    case.plan.stubs = vec![Stub { handler: Some("echo $1".to_owned()), ..stub("curl *", "") }];
    case.everywhere(|record| {
        assert_eq!(record.calls.len(), 60);
        assert!(record.stdout.starts_with("40\n"), "{}", record.stdout);
        assert!(record.calls.iter().all(|call| call.exit == 0));
    });
}

#[test]
fn a_large_answer_passes_through_a_pipe_and_into_a_variable() {
    let large = "0123456789abcdef\n".repeat(64 * 1024);
    let case = Case::new("curl | sha256sum; x=$(curl); echo ${#x}; curl | head -n 1; echo ${PIPESTATUS[*]}")
        .stub("curl", &large);
    case.everywhere(|record| {
        let lines: Vec<&str> = record.stdout.lines().collect();
        assert_eq!(lines[1], (large.len() - 1).to_string());
        assert_eq!(lines[2..], ["0123456789abcdef", "141 0"]);
        assert_eq!(
            record.calls.iter().map(|call| (call.exit, call.broken_pipe)).collect::<Vec<_>>(),
            [(0, false), (0, false), (141, true)]
        );
        assert_eq!(record.calls[0].stdout.len(), 64 * 1024);
    });
}

#[test]
fn a_script_that_ignores_sigpipe_has_calls_that_do_too() {
    let large = "0123456789abcdef\n".repeat(16 * 1024);
    let case = Case::new("trap '' PIPE; curl | true; echo ${PIPESTATUS[0]}").stub("curl", &large);
    case.everywhere(|record| assert_eq!(record.stdout, "1\n"));
}

#[test]
fn sleep_takes_no_time_and_the_clock_is_the_worlds() {
    let case = Case::new(
        "date -u +%FT%TZ; sleep 1h 30m; date +%FT%TZ; date -d yesterday +%F; date -d '2 hours' +%T
date --date='2020-02-03' +%F; date -u -d @0 +%F; date -d 12:00 +%FT%T; /bin/date +%s; env -i date +%Y
echo ${EPOCHREALTIME%.*}; sleep x; echo $?",
    );
    case.everywhere(|record| {
        assert_eq!(
            record.stdout,
            "2026-01-02T03:04:05Z\n2026-01-02T04:34:05Z\n2026-01-01\n06:34:05\n2020-02-03\n1970-01-01\n\
             2026-01-02T12:00:00\n1767328445\n2026\n1767328445\n1\n"
        );
        assert!(record.calls.is_empty());
    });
}

#[test]
fn bash_s_own_clock_follows_the_world_s() {
    let case = Case::new(
        "set -eu
start=$SECONDS; sleep 90; echo $((SECONDS - start)) $SECONDS $EPOCHSECONDS
SECONDS=0; sleep 1m; echo $SECONDS; (sleep 5; echo $SECONDS); bash -c 'sleep 1; echo $SECONDS'
deadline=$((SECONDS + 300)); n=0; while (( SECONDS < deadline )); do sleep 30; n=$((n+1)); done; echo $n
false || echo $?",
    );
    case.everywhere(|record| {
        assert_eq!(record.stdout, "90 90 1767323135\n60\n65\n1\n10\n1\n", "{}", record.stderr);
    });
}

#[test]
fn a_script_that_asks_at_its_terminal_reads_what_is_typed_there() {
    let mut case = Case::new(
        "printf 'sure? ' >/dev/tty; read -r a </dev/tty; echo \"[$a]\"
exec 3<>/dev/tty; read -r b <&3; echo \"[$b]\"; [[ -t 3 ]] && echo terminal
read -r -s c </dev/tty && echo \"[$c]\"; read -r d </dev/tty || echo end
read -r own; echo \"$own\"",
    );
    case.plan.stdin = "piped\n".to_owned();
    case.plan.tty = Some("yes, delete it\nsecond\nthird\n".to_owned());
    case.everywhere(|record| {
        assert_eq!(
            record.stdout, "[yes, delete it]\n[second]\nterminal\n[third]\nend\npiped\n",
            "{}",
            record.stderr
        );
        assert_eq!(record.stderr, "sure? ");
    });
    let none = Case::new("(read -r a </dev/tty) 2>/dev/null || echo no terminal");
    none.everywhere(|record| assert_eq!(record.stdout, "no terminal\n"));
}

#[test]
fn stubs_write_files_and_files_are_handed_back() {
    let mut case = Case::new("curl -o /tmp/out; cat /tmp/out; curl bad; echo $?");
    case.plan.stubs = vec![
        Stub { writes: [("/tmp/out".to_owned(), "got\n".to_owned())].into(), ..stub("curl -o *", "") },
        Stub { writes: [("/usr/out".to_owned(), "got\n".to_owned())].into(), ..stub("curl bad", "") },
    ];
    case.plan.collect = vec!["/tmp/out".to_owned(), "/tmp/none".to_owned()];
    case.everywhere(|record| {
        assert_eq!(record.stdout, "got\n1\n");
        assert_eq!(record.files, [("/tmp/out".to_owned(), "got\n".to_owned())].into());
    });
}

#[test]
fn posix_shells_and_scripts_by_their_first_line_run_for_real() {
    let mut case =
        Case::new("sh /repo/p.sh; /repo/q.sh; /bin/sh -c 'curl c'; /repo/r.py").stub("curl **", "");
    case.file("p.sh", "curl a; echo posix\n");
    case.file("q.sh", "#!/usr/bin/env bash\ncurl b; echo ${BASH_VERSION:+bash}\n");
    case.file("r.py", "#!/usr/bin/env python3\n");
    case.executable("q.sh");
    case.executable("r.py");
    case.everywhere(|record| {
        assert_eq!(record.stdout, "posix\nbash\n");
        let calls: Vec<String> = record.calls.iter().map(|call| call.argv.join(" ")).collect();
        assert_eq!(calls, ["curl a", "curl b", "curl c", "python3 /repo/r.py"]);
        assert_eq!(record.calls[1].site.at, Some(("/repo/q.sh".to_owned(), 2)));
    });
}

#[test]
fn a_green_run_is_the_same_twice_and_on_every_rung() {
    let case = Case::new(
        "echo $$ $RANDOM $(mktemp -u /tmp/fixed) $(curl a) $BASHPID; id -u 2>/dev/null; echo $EUID $UID; pwd; hostname 2>/dev/null
env | grep -v ^GAUNTLET | sort",
    )
    .stub("curl **", "x");
    let mut first = None;
    for rung in rungs().into_iter().chain(rungs()) {
        let record = case.run(rung);
        assert_eq!(*first.get_or_insert(record.clone()), record);
        assert!(record.stdout.contains("\n1000 1000\n/repo\n"), "{}", record.stdout);
    }
}

#[test]
fn a_call_keeps_its_hands_off_descriptors_that_its_caller_has_closed() {
    let case = Case::new(
        "curl <&-; echo $?
curl >&- 2>/tmp/said; echo $? \"$(cat /tmp/said)\"
curl 2>&-; echo $?
curl <&- >&- 2>&-; echo $?
",
    )
    .stub("curl **", "ok\n");
    case.everywhere(|record| {
        assert_eq!(record.stdout, "ok\n0\n1 curl: write error\nok\n0\n1\n");
        assert_eq!(record.calls.len(), 4);
    });
}

#[test]
fn a_call_says_its_words_and_its_name_however_long_or_odd_they_are() {
    let case = Case::new(
        "long=$(printf '%*s' 120000 ''); curl \"$long\" | wc -c
curl $'\\xff' ''
(exec -a '' curl empty); (exec -a other curl named)
",
    )
    .stub("curl **", &"0123456789".repeat(20_000));
    case.everywhere(|record| {
        assert_eq!(record.end, End::Code(0), "{}", record.stderr);
        assert!(record.stdout.starts_with("200000\n"));
        assert_eq!(record.calls[0].argv[1].len(), 120_000);
        assert_eq!(record.calls[1].argv[1..], ["\u{fffd}", ""]);
        assert_eq!(record.calls.len(), 4);
    });
}
