//! bash's ways to lose a failure under `set -euo pipefail`: each is red, and the right way beside it is green.

use super::{CASE, STUBS, Scripts, strict};

#[test]
fn every_way_to_lose_a_failure_is_swallowed() {
    let bodies = [
        ("local", "f() { local x=$(fetch); echo \"$x\"; }; f"),
        ("export", "export Y=$(fetch); echo \"$Y\""),
        ("readonly", "readonly z=$(fetch)"),
        ("declare", "declare -r z=$(fetch)"),
        ("argument", "echo \"$(fetch)\""),
        ("cat", "cat < <(fetch)"),
        ("mapfile", "mapfile -t lines < <(fetch); echo \"${#lines[@]}\""),
        ("read-loop", "while read -r line; do echo \"$line\"; done < <(fetch)"),
        ("for", "for i in $(fetch); do echo \"$i\"; done"),
        ("test", "if [[ $(fetch) == \"\" ]]; then echo none; fi"),
        ("wait", "fetch & wait"),
        ("and-true", "f() { fetch; echo body; }; f && true"),
        ("if-function", "f() { fetch; echo body; }; if f; then echo went; fi"),
        ("while-function", "f() { fetch; [[ -z ${n-} ]]; }; while f; do n=1; done"),
        ("or-true", "fetch || true"),
        ("or-colon", "fetch || :"),
        ("negated", "! fetch || echo seen"),
        ("here-string", "read -r x <<<\"$(fetch)\"; echo \"$x\""),
        ("here-document", "cat <<END\n$(fetch)\nEND"),
        ("last-of-list", "{ fetch; echo; } | cat || true"),
        ("no-pipefail", "set +o pipefail; fetch | sort"),
        ("no-errexit", "set +e; fetch; echo on"),
        ("trap-exit-0", "trap 'exit 0' EXIT; fetch"),
        ("trap-err-0", "trap 'exit 0' ERR; fetch"),
        ("subshell-or", "(fetch) || echo never mind"),
        ("in-a-trap", "trap 'fetch || true' EXIT; echo on"),
        ("array", "a=(\"$(fetch)\" x) || true; echo \"${a[0]}\""),
        ("arithmetic", "echo $(( $(fetch | wc -l || true) + 1 ))"),
        ("output-process", "echo x > >(fetch)"),
        ("xargs-or", "printf 'a\\n' | xargs fetch || true"),
        ("find-exec", "find /repo -maxdepth 0 -exec fetch {} \\;"),
        ("bash-c", "bash -c 'fetch; echo on'"),
        ("env-i", "env -i PATH=/usr/bin:/bin fetch || true"),
    ];
    let mut scripts = Scripts::new();
    for (name, body) in bodies {
        scripts.add(name, &strict(body), &format!("{CASE}{STUBS}"));
    }
    let ran = scripts.run();
    let wrong: Vec<String> = bodies
        .iter()
        .flat_map(|(name, _)| {
            ["exit", "signal", "missing"].map(|kind| format!("{name}/run/fetch#1/{kind}/once"))
        })
        .filter(|id| ran.verdict(id) != "swallowed")
        .map(|id| format!("{id} {}: {}", ran.verdict(&id), ran.trial(&id).explanation))
        .collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn the_right_way_beside_each_is_green() {
    let bodies = [
        ("local", "f() { local x; x=$(fetch); [[ $x == one ]]; echo \"$x\"; }; f"),
        ("export", "Y=$(fetch); [[ $Y == one ]]; export Y; echo \"$Y\""),
        ("readonly", "z=$(fetch); [[ $z == one ]]; readonly z"),
        ("captured", "out=$(fetch) || { echo 'cannot fetch' >&2; exit 1; }; [[ $out == one ]]"),
        ("argument", "out=$(fetch); [[ $out == one ]]; echo \"$out\""),
        ("cat", "out=$(fetch); [[ $out == one ]]; cat <<<\"$out\""),
        (
            "read-loop",
            "out=$(fetch); [[ $out == one ]]; while read -r line; do echo \"$line\"; done <<<\"$out\"",
        ),
        ("mapfile", "out=$(fetch); [[ $out == one ]]; mapfile -t lines <<<\"$out\""),
        ("for", "out=$(fetch); [[ $out == one ]]; for i in $out; do echo \"$i\"; done"),
        ("test", "out=$(fetch); if [[ $out != one ]]; then exit 1; fi"),
        ("wait-pid", "fetch & pid=$!; wait \"$pid\""),
        (
            "wait-each",
            "pids=(); fetch a & pids+=(\"$!\"); fetch b & pids+=(\"$!\"); for p in \"${pids[@]}\"; do wait \"$p\"; done",
        ),
        ("call", "f() { fetch; echo body; }; f"),
        ("if-function", "f() { fetch || return; echo body; }; if f; then echo went; else exit 1; fi"),
        ("if-not", "if ! fetch; then echo 'ERROR: no answer' >&2; exit 1; fi"),
        ("pipefail", "fetch | sort | grep -x one"),
        ("status", "set +e; fetch; status=$?; (( status == 0 )) || exit \"$status\"; echo on"),
        (
            "clean-up",
            "t=$(mktemp); trap 'rm -f \"$t\"' EXIT; [[ -n $t ]]; fetch >\"$t\"; grep -qx one \"$t\"",
        ),
        ("subshell", "(fetch; echo in); echo out"),
        ("here-document", "out=$(fetch); [[ $out == one ]]; cat <<END\n$out\nEND"),
        ("trap-err", "trap 'echo failed >&2' ERR; fetch"),
        ("xargs", "printf 'a\\n' | xargs fetch"),
        ("find-exec", "find /repo -maxdepth 0 -exec fetch {} +"),
        ("bash-c", "bash -ec 'fetch; echo on'"),
        ("env-i", "env -i PATH=/usr/bin:/bin fetch"),
    ];
    let mut scripts = Scripts::new();
    for (name, body) in bodies {
        scripts.add(name, &strict(body), &format!("{CASE}{STUBS}"));
    }
    let ran = scripts.run();
    assert_eq!(ran.reds(), [""; 0]);
    assert!(ran.trials.len() > 6 * bodies.len());
}

#[test]
fn a_fault_has_the_same_address_wherever_its_call_stands() {
    let script = strict(
        "( fetch sub )
fetch left | cat
echo \"$(fetch inner)\" >/dev/null
fetch behind & p=$!
wait $p
trap 'fetch trap' EXIT
printf '%s\\n' a b | xargs -n 1 fetch
ssh host 'fetch remote'
f() { fetch function; }
f; f",
    );
    let handler = "[[stub]]\nargv = \"ssh host *\"\nhandler = 'bash -c \"$2\"'\n";
    let mut scripts = Scripts::new();
    scripts.add("x", &script, &format!("{CASE}{STUBS}{handler}"));
    let address = || {
        let ran = scripts.run();
        let faults = ran.trials.iter().filter(|trial| trial.id.as_str().ends_with("/exit/once"));
        faults
            .map(|trial| format!("{} {}:{}", trial.id, trial.argv.join(" "), trial.line.unwrap_or(0)))
            .collect::<Vec<_>>()
    };
    let first = address();
    // A handler is no place of the script; what a trap calls stands where the trap does.
    assert_eq!(
        first,
        [
            "x/run/fetch#1/exit/once fetch sub:3",
            "x/run/fetch#2/exit/once fetch left:4",
            "x/run/fetch#3/exit/once fetch inner:5",
            "x/run/fetch#4/exit/once fetch behind:6",
            "x/run/fetch#5/exit/once fetch a:9",
            "x/run/fetch#6/exit/once fetch b:9",
            "x/run/ssh#1/exit/once ssh host fetch remote:10",
            "x/run/fetch#7/exit/once fetch remote:0",
            "x/run/fetch#8/exit/once fetch function:11",
            "x/run/fetch#9/exit/once fetch function:11",
            "x/run/fetch#10/exit/once fetch trap:8",
        ]
    );
    assert_eq!(first, address());
}
