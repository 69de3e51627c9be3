//! Following a script takes steps in proportion to its length, whatever its shape. Steps are counted, not timed: a
//! machine that is busy changes nothing.

use std::fmt::Write as _;

use gauntlet::bash::{self, Dialect};
use gauntlet::commands::Tables;
use gauntlet::facts::{self, Context, Gates, NoLibrary, Observations, SecretNames};
use gauntlet::source::RepoPath;

/// Scripts of one shape: the text of the one with so many parts.
type Shape = fn(usize) -> String;

const SHAPES: [(&str, Shape); 12] = [
    ("one statement after another", flat),
    ("each function calls the next", chain),
    ("functions that call each other", mutual),
    ("functions that each set a variable and call all that came before", tangle),
    ("one large function called from many places", popular),
    ("ids that are checked by one of many functions", checks),
    ("a case with many arms", arms),
    ("loops in loops, one after another", loops),
    ("failures that are thrown away, of commands alike", thrown_away),
    ("failures that are thrown away, and questions", asked),
    ("a value that is handed on and on", handed_on),
    ("a value that a function hands to itself", handed_back),
];

fn text(parts: usize, mut part: impl FnMut(&mut String, usize)) -> String {
    let mut text = String::from("#!/usr/bin/env bash\nset -euo pipefail\n");
    (0..parts).for_each(|number| part(&mut text, number));
    text
}

/// Ends a text with a line, for shapes that define before they call.
fn and(mut text: String, line: &str) -> String {
    text.push_str(line);
    text
}

fn flat(parts: usize) -> String {
    text(parts, |text, n| {
        writeln!(text, "v{n}=$(openstack server show \"$1\" -f value -c id)\n[[ -n $v{n} ]] || exit 1")
            .expect("memory");
    })
}

fn chain(parts: usize) -> String {
    let called = text(parts, |text, n| {
        writeln!(text, "f{n}() {{\n  if [[ $1 == {n} ]]; then v{n}=$1; fi\n  f{} \"$1\"\n}}", n + 1)
            .expect("memory");
    });
    and(called, "f0 \"$1\"\n")
}

fn mutual(parts: usize) -> String {
    // What a few of them take is free.
    let parts = 4 * parts;
    let called = text(parts, |text, n| {
        let (a, b) = ((n * 7 + 1) % parts, (n * 13 + 5) % parts);
        writeln!(
            text,
            "f{n}() {{\n  local x=$1\n  if [[ $x == {n} ]]; then f{a} \"$x\"; else f{b} \"$x\"; fi\n  v{n}=$x\n  juju status m{n}\n}}"
        )
        .expect("memory");
    });
    and(called, "f0 \"$1\"\n")
}

fn tangle(parts: usize) -> String {
    // So is what a few of these take.
    let parts = 4 * parts;
    let called = text(parts, |text, n| {
        writeln!(text, "f{n}() {{\n  v{n}=$1").expect("memory");
        for other in n.saturating_sub(8)..n {
            writeln!(text, "  f{other} \"$v{n}\" || return 1").expect("memory");
        }
        writeln!(text, "}}").expect("memory");
    });
    and(called, &format!("f{} \"$1\"\n", parts - 1))
}

fn popular(parts: usize) -> String {
    let mut body = String::from("work() {\n");
    for n in 0..60 {
        writeln!(body, "  if [[ $1 == {n} ]]; then w{n}=$2; fi").expect("memory");
    }
    body.push_str("}\n");
    body + &text(parts, |text, n| writeln!(text, "work {n} \"$1\" || exit {}", n % 9 + 1).expect("memory"))
}

fn checks(parts: usize) -> String {
    let called = text(parts, |text, n| {
        writeln!(
            text,
            "is_id{n}() {{ [[ $1 =~ ^[0-9a-f]{{32}}$ ]]; }}\nif is_id{n} \"$tenant_id\"; then t{n}_id=$tenant_id; fi"
        )
        .expect("memory");
    });
    and(called, "openstack project delete \"$tenant_id\"\n")
}

fn arms(parts: usize) -> String {
    let text = text(1, |text, _| text.push_str("case $1 in\n"));
    let arms: String =
        (0..parts).map(|n| format!("a{n}) mode={n}; juju status m{n} ;;\n")).collect::<Vec<_>>().concat();
    format!("{text}{arms}esac\necho \"$mode\"\n")
}

fn loops(parts: usize) -> String {
    text(parts, |text, n| {
        writeln!(
            text,
            "for a in $(list{n}); do\n  for b in $(list \"$a\"); do\n    while read -r c; do\n      x{n}=$c; if [[ $c ]]; then y{n}=$b; fi\n    done <\"$b\"\n  done\ndone"
        )
        .expect("memory");
    })
}

fn thrown_away(parts: usize) -> String {
    text(parts, |text, n| {
        writeln!(text, "x{n}=$(mytool get word{n}) || true\nmytool set word{n} || true").expect("memory");
    })
}

fn asked(parts: usize) -> String {
    text(parts, |text, n| {
        writeln!(text, "x{n}=$(mytool get word{n}) || true\nif mytool get other{n} \"$y{n}\"; then :; fi")
            .expect("memory");
    })
}

fn handed_on(parts: usize) -> String {
    let calls = |name: &str| format!("{name} \"$1\"\n").repeat(parts / 5);
    let functions = format!("a() {{\n{}}}\nb() {{\n{}}}\nc() {{ echo \"$1\"; }}\n", calls("b"), calls("c"));
    let called = text(parts / 5, |text, n| {
        writeln!(text, "x{n}=$(mytool get word{n}) || true\na \"$x{n}\"").expect("memory");
    });
    functions + &called
}

fn handed_back(parts: usize) -> String {
    let called = text(parts / 2, |text, n| {
        writeln!(text, "x{n}=$(mytool get word{n}) || true\na \"$x{n}\"").expect("memory");
    });
    format!("a() {{\n{}}}\n{called}", "a \"$1\"\n".repeat(parts / 2))
}

/// The statements that were walked, and the commands that were looked at for a test of what a command did.
fn steps(script: &str) -> u32 {
    // Without optimisation, a few dozen calls in each other need more stack than a test's thread has.
    const STACK_BYTES: usize = 64 << 20;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let walk = thread
            .spawn_scoped(scope, || {
                let seen = walk(script);
                seen.steps + seen.statuses.looked
            })
            .expect("a thread");
        walk.join().expect("the walk ends")
    })
}

fn walk(script: &str) -> Observations {
    let names = SecretNames::new(Tables::builtin(), &[]);
    let context = Context {
        library: &NoLibrary,
        secret_names: &names,
        gates: Gates::usual(),
        own_files: &|_| false,
        traced: false,
        dialect: Dialect::Bash,
    };
    facts::observe(&RepoPath::new("x.sh"), &bash::parse(script).script, &context)
}

#[test]
fn a_script_four_times_as_long_takes_four_times_the_steps() {
    const PARTS: usize = 100;
    for (shape, script) in SHAPES {
        let (short, long) = (steps(&script(PARTS)), steps(&script(4 * PARTS)));
        assert!(short as usize >= PARTS, "{shape}: only {short} steps were seen");
        assert!(f64::from(long) <= 4.8 * f64::from(short), "{shape}: {short} steps, then {long}");
    }
}

#[test]
fn messages_that_functions_hand_to_each_other_are_followed_a_few_times_only() {
    const FUNCTIONS: usize = 120;
    let logs = "show() { printf '%s ' \"$@\"; printf '\\n'; }\n\
        log() { show \"$@\" >>\"$file\"; if [[ -n $verbose ]]; then show \"$@\" >&2; fi; }\n\
        debug() { if (( level > 1 )); then log \"$@\"; fi; if (( level > 2 )); then log debug \"$@\"; fi; }\n";
    let called = text(FUNCTIONS, |text, n| {
        writeln!(text, "f{n}() {{\n  debug \"begin {n}\" \"$1\"").expect("memory");
        for other in n.saturating_sub(3)..n {
            writeln!(text, "  f{other} \"$1\" || return 1").expect("memory");
        }
        writeln!(text, "  v{n}=$(mytool {n})\n  debug \"end {n}\" \"$v{n}\"\n}}").expect("memory");
    });
    let script = and(logs.to_owned() + &called, &format!("f{} \"$1\"\n", FUNCTIONS - 1));
    let (steps, lines) = (steps(&script), script.lines().count());
    assert!(steps as usize > lines, "only {steps} steps were seen");
    assert!((steps as usize) < 12 * lines, "{steps} steps for {lines} lines");
}

#[test]
fn functions_in_a_loop_that_breaks_are_looked_through_once_each() {
    const LAYERS: usize = 6;
    const FUNCTIONS: usize = 20;
    let mut script = String::new();
    for layer in 0..LAYERS {
        for n in 0..FUNCTIONS {
            let below = |n: usize| {
                if layer + 1 == LAYERS { "date;".to_owned() } else { format!("f{}_{n};", layer + 1) }
            };
            let body: String = (0..FUNCTIONS).map(below).collect();
            writeln!(script, "f{layer}_{n}() {{ {body} }}").expect("memory");
        }
    }
    script.push_str("ceph osd ls | while read -r x; do f0_0; break; done\n");
    // One way through them after the other, there are 64 million.
    let seen = walk(&script);
    let early = seen.statuses.pipes.first().and_then(|pipe| pipe.stages.last()?.early.clone());
    assert!(early.is_some_and(|how| how.contains("break")));
}
