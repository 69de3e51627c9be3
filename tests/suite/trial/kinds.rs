//! Each kind of fault through the real engine: the script that misreads it is red, the one that reads it right is green.

use super::{CASE, Scripts, one, strict};

/// Runs one script with its own stubs.
fn with(script: &str, harness: &str) -> super::Ran {
    let mut scripts = Scripts::new();
    scripts.add("x", script, &format!("{harness}{CASE}"));
    scripts.run()
}

#[test]
fn unreachable_that_is_read_as_absent_is_swallowed() {
    let stubs = "[[stub]]\nargv = \"openstack project show lab\"\nexit = 1\nstderr = \"No project with a name or ID of 'lab' exists.\\n\"\n[[stub]]\nargv = \"openstack project create lab\"\n";
    let careless = strict("if ! openstack project show lab; then openstack project create lab; fi");
    let ran = with(&careless, stubs);
    assert_eq!(ran.verdict("x/run/openstack#1/unreachable/once"), "swallowed");
    assert_eq!(ran.verdict("x/run/openstack#1/exit/once"), "swallowed");
    // The green answer is the tool's not-found itself: nothing to try.
    assert!(ran.trials.iter().all(|trial| trial.id.as_str() != "x/run/openstack#1/absent/once"));
    let careful = strict(
        "if ! said=$(openstack project show lab 2>&1); then
  [[ $said == 'No project with a name or ID of '* ]] || { echo \"$said\" >&2; exit 1; }
  openstack project create lab
fi",
    );
    let ran = with(&careful, stubs);
    assert_eq!(ran.reds(), [""; 0]);
    assert_eq!(ran.verdict("x/run/openstack#1/unreachable/once"), "propagated");
    assert_eq!(ran.verdict("x/run/openstack#2/unreachable/once"), "propagated");
}

#[test]
fn a_not_found_that_is_read_as_done_is_swallowed_unless_it_is_declared() {
    let script = strict("openstack server delete a || echo 'already gone'");
    let stubs = "[[stub]]\nargv = \"openstack server delete a\"\n";
    assert_eq!(with(&script, stubs).verdict("x/run/openstack#1/absent/once"), "swallowed");
    let careful = strict(
        "said=$(openstack server delete a 2>&1) || [[ $said == 'No server with a name or ID of '* ]] || exit 1",
    );
    let declared = format!(
        "{stubs}[[recovery]]\nprogram = \"openstack\"\nargv = \"openstack server delete a\"\nkind = \"absent\"\nreason = \"what is gone need not be deleted\"\n"
    );
    let ran = with(&careful, &declared);
    assert_eq!(ran.verdict("x/run/openstack#1/absent/once"), "recovered");
    assert_eq!(ran.verdict("x/run/openstack#1/unreachable/once"), "propagated");
    assert_eq!(ran.status.run.as_ref().map(|run| run.declared), Some(1));
}

#[test]
fn an_answer_that_breaks_off_or_is_another_s_is_found_by_its_form_only() {
    let id = "0123456789abcdef0123456789abcdef";
    let stubs = format!(
        "[[stub]]\nargv = \"openstack project show lab -f value -c id\"\nstdout = \"{id}\\n\"\n[[stub]]\nargv = \"openstack server list **\"\nstdout = \"{id}\\n\"\n[[stub]]\nargv = \"openstack project delete *\"\n"
    );
    let body = "id=$(openstack project show lab -f value -c id)
[[ -n $id ]]
openstack project delete \"$id\"
openstack server list -f value | sort >/dev/null";
    let ran = with(&strict(body), &stubs);
    for kind in ["truncated", "garbage"] {
        assert_eq!(ran.verdict(&format!("x/run/openstack#1/{kind}/once")), "swallowed");
        // A list may be empty: of what is in it nothing follows.
        let list = format!("x/run/openstack#3/{kind}/once");
        assert!(ran.trials.iter().all(|trial| trial.id.as_str() != list));
    }
    let checked = body.replace("[[ -n $id ]]", "[[ $id =~ ^[0-9a-f]{32}$ ]]");
    let ran = with(&strict(&checked), &stubs);
    for kind in ["truncated", "garbage", "empty"] {
        assert_eq!(ran.verdict(&format!("x/run/openstack#1/{kind}/once")), "propagated");
    }
}

#[test]
fn a_full_disk_leaves_half_a_file_and_a_failure() {
    let stubs = "[[stub]]\nargv = \"curl -o /tmp/image *\"\nwrites = { \"/tmp/image\" = \"0123456789\" }\n[[stub]]\nargv = \"pg-export\"\nstdout = \"0123456789\"\n";
    let careless = strict(
        "curl -o /tmp/image https://192.0.2.1/ || true
pg-export >/tmp/dump || true
echo \"$(wc -c </tmp/image) $(wc -c </tmp/dump)\"",
    );
    let ran = with(&careless, stubs);
    for (call, shown) in [("curl#1", "5 10"), ("pg-export#1", "10 5")] {
        let trial = ran.trial(&format!("x/run/{call}/disk-full/once"));
        assert_eq!(trial.verdict.word(), "swallowed");
        assert!(
            trial.aftermath.iter().any(|line| line == &format!("stdout| {shown}")),
            "{:?}",
            trial.aftermath
        );
    }
    let careful = with(&careless.replace(" || true", ""), stubs);
    for call in ["curl#1", "pg-export#1"] {
        assert_eq!(careful.verdict(&format!("x/run/{call}/disk-full/once")), "propagated");
    }
}

#[test]
fn a_trap_that_does_not_end_the_script_swallows_the_signal() {
    let body = |trap: &str| strict(&format!("{trap}\nfetch\nopenstack server delete a"));
    let careless = one(&body("trap 'echo cleaning' INT TERM HUP"), CASE);
    assert_eq!(careless.verdict("x/run/fetch#1/interrupt-term/once"), "swallowed");
    for trap in
        ["", "trap 'exit 143' TERM", "trap 'echo cleaning; exit 1' INT TERM HUP", "trap 'echo end' EXIT"]
    {
        let ran = one(&body(trap), CASE);
        assert_eq!(ran.reds(), [""; 0], "{trap}");
        for how in ["int", "term", "hup"] {
            assert_eq!(ran.verdict(&format!("x/run/fetch#1/interrupt-{how}/once")), "propagated", "{trap}");
        }
    }
    let zero = one(&body("trap 'exit 0' TERM"), CASE);
    assert_eq!(zero.verdict("x/run/fetch#1/interrupt-term/once"), "swallowed");
    // Who ignores a signal is not interrupted by it.
    let deaf = one(&body("trap '' HUP"), CASE);
    assert!(deaf.trials.iter().all(|trial| !trial.id.as_str().contains("interrupt-hup")));
    assert_eq!(deaf.verdict("x/run/fetch#1/interrupt-term/once"), "propagated");
    let orphan = "out=$(fetch; openstack server delete a)\necho \"$out\"";
    assert_eq!(one(&strict(orphan), CASE).verdict("x/run/fetch#1/interrupt-term/once"), "mutated-after");
}

#[test]
fn only_a_call_with_a_time_limit_hangs() {
    let stubs = "[[stub]]\nargv = \"fetch *\"\n[[stub]]\nargv = \"curl **\"\n";
    let body = "timeout 30 fetch a || true
curl --max-time 5 https://192.0.2.1/ || true
curl https://192.0.2.1/
timeout -s KILL 1h bash -c 'fetch b; echo on'";
    let ran = with(&strict(body), stubs);
    for (id, verdict) in [("fetch#1", "swallowed"), ("curl#1", "swallowed"), ("fetch#2", "propagated")] {
        let trial = ran.trial(&format!("x/run/{id}/hang/once"));
        assert_eq!(trial.verdict.word(), verdict, "{}", trial.explanation);
    }
    assert!(ran.trials.iter().all(|trial| !trial.id.as_str().starts_with("x/run/curl#2/hang")));
    assert_eq!(ran.status.run.as_ref().map(|run| run.unbounded), Some(1));
}

#[test]
fn a_code_that_is_an_answer_is_no_failure() {
    let stubs = "[[stub]]\nargv = \"systemctl is-enabled nginx\"\nstdout = \"enabled\\n\"\n[[stub]]\nargv = \"pgrep nginx\"\n";
    let ran = with(&strict("systemctl is-enabled nginx\npgrep nginx"), stubs);
    assert_eq!(ran.reds(), [""; 0]);
    for id in ["systemctl#1", "pgrep#1"] {
        let id = format!("x/run/{id}/exit/once");
        assert!(ran.trials.iter().all(|trial| trial.id.as_str() != id), "{id}");
    }
    assert_eq!(ran.verdict("x/run/systemctl#1/unreachable/once"), "propagated");
}

#[test]
fn what_must_not_be_left_is_residue() {
    let harness = "residue = [\"/run/lock/*\", \"/repo/report\", \"/tmp/*\"]\n";
    let expect = "expect.files = { \"/repo/report\" = \"one\" }\n";
    let script = |body: &str| strict(&format!("mkdir /run/lock/x\n{body}\nrmdir /run/lock/x"));
    let run = |body: &str| one(body, &format!("{harness}{CASE}{expect}"));
    let lock = run(&script("fetch a\necho one >/repo/report"));
    let trial = lock.trial("x/run/fetch#1/exit/once");
    assert_eq!(trial.verdict.word(), "residue");
    assert!(trial.explanation.contains("/run/lock/x"), "{}", trial.explanation);

    let half = strict("fetch a >/repo/report\ngrep -qx one /repo/report");
    let trial = run(&half);
    assert_eq!(trial.verdict("x/run/fetch#1/disk-full/once"), "residue");
    let whole = strict(
        "t=$(mktemp)
[[ -n $t ]]
trap 'rm -f \"$t\"; rmdir /run/lock/x' EXIT
mkdir /run/lock/x
fetch a >\"$t\"
grep -qx one \"$t\"
mv \"$t\" /repo/report",
    );
    assert_eq!(run(&whole).reds(), [""; 0]);
    let forgotten = run(&strict("echo one >/repo/report; touch /tmp/forgotten"));
    let green = forgotten.trial("x/run/green");
    assert_eq!(green.verdict.word(), "failed");
    assert!(green.explanation.contains("/tmp/forgotten"), "{}", green.explanation);
}

#[test]
fn a_second_run_is_a_no_op_where_the_harness_says_so() {
    let stubs = "[[stub]]\nargv = \"openstack server list\"\nhandler = '[[ -e $STATE/gone ]] || echo a'\n[[stub]]\nargv = \"openstack server delete a\"\nhandler = ': >\"$STATE/gone\"'\n";
    let run = |body: &str| {
        let mut scripts = Scripts::new();
        scripts.add("x", &strict(body), &format!("{stubs}{CASE}idempotent = true\n"));
        scripts.run()
    };
    let looks = "list=$(openstack server list)\nif [[ $list == a ]]; then openstack server delete a; else [[ -z $list ]]; fi";
    let ran = run(looks);
    assert_eq!(ran.verdict("x/run/idempotent"), "passed");
    let blind = run("openstack server list\nopenstack server delete a");
    let trial = blind.trial("x/run/idempotent");
    assert_eq!(trial.verdict.word(), "failed");
    assert!(trial.explanation.contains("openstack server delete a"), "{}", trial.explanation);
    let fails = run(&format!("{looks}\n[[ -e /tmp/done ]] && exit 3\ntouch /tmp/done"));
    assert_eq!(fails.verdict("x/run/idempotent"), "failed");
}

#[test]
fn the_summary_counts_what_does_not_apply() {
    let ran = with(&strict("fetch a"), "[[stub]]\nargv = \"fetch a\"\n");
    let run = ran.status.run.as_ref().expect("it ran");
    // exit, signal, missing, three interrupts; the other seven do not apply, and hang is unbounded.
    assert_eq!((run.faults, run.inapplicable, run.declared, run.unbounded), (6, 7, 0, 1));
}
