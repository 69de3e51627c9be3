//! Functions of sourced files past a script's budget: what they do is found out once, and never called clean.

use std::fmt::Write as _;
use std::sync::Arc;

use gauntlet::bash::{self, Dialect};
use gauntlet::commands::{Effect, Tables};
use gauntlet::facts::{self, Context, Gates, Library, Observations, SecretNames, Sourced};
use gauntlet::source::RepoPath;

/// One file that everything sources.
struct One(Arc<Sourced>);

impl Library for One {
    fn script(&self, path: &RepoPath) -> Option<Arc<Sourced>> {
        (path.as_str() == "lib.sh").then(|| Arc::clone(&self.0))
    }
}

const LIBRARY: &str = r#"
delete_server() { openstack server delete "$1"; }
careful_delete() {
  if [[ "$1" == --apply ]]; then openstack server delete web; fi
}
set_region() { REGION=RegionOne; }
stop() { exit 1; }
ask_vault() { vault kv get -field=password secret/db; }
server() {
  local verb="$1"
  case "$verb" in
    show) openstack server show web ;;
    list) openstack server list ;;
    delete) openstack server delete web ;;
  esac
}
release() {
  echo before
  before_release
  echo after
}
ship() {
LONG
  before_ship
}
act() {
  case "$-" in *e*) set +e; act "$@"; set -e ;; esac
  case "$1" in
    ship) ship ;;
    show) openstack server show web ;;
    drop) openstack server delete web ;;
  esac
}
manage() {
  case "$1" in
    "$FIRST") echo first ;;
    "$SECOND") echo second ;;
    *) delete_server "$2" ;;
  esac
}
"#;

pub(crate) fn follow(library: &dyn Library, script: &str) -> Observations {
    let names = SecretNames::new(Tables::builtin(), &[]);
    let context = Context {
        library,
        secret_names: &names,
        gates: Gates::usual(),
        own_files: &|_| false,
        traced: false,
        dialect: Dialect::Bash,
    };
    facts::observe(&RepoPath::new("x.sh"), &bash::parse(script).script, &context)
}

/// A script that spends its budget on its own functions before it does `last`.
fn spent(last: &str) -> String {
    let mut script = "source ./lib.sh\n".to_owned();
    for n in 0..60 {
        writeln!(script, "f{n}() {{ a={n}; b=$a; c=$b; g \"$c\"; }}").expect("memory");
    }
    script.push_str("g() { :; :; :; :; :; :; :; :; }\n");
    for n in 0..60 {
        writeln!(script, "for x in 1 2 3 4 5 6; do f{n}; done").expect("memory");
    }
    writeln!(script, "{last}").expect("memory");
    script
}

/// What such a script shows.
fn observe(last: &str) -> Observations {
    let library = LIBRARY.replace("LONG", &"  :\n".repeat(160));
    let library = One(Arc::new(Sourced::new(bash::parse(&library).script)));
    follow(&library, &spent(last))
}

fn ungated(seen: &Observations) -> Vec<&str> {
    let changes = seen.list.iter().filter(|seen| seen.effect == Effect::Mutate && seen.missing.apply);
    changes.filter_map(|seen| seen.words.first().map(String::as_str)).collect()
}

#[test]
fn the_budget_of_the_script_is_spent() {
    let seen = observe("delete_server web");
    let summed = seen.invocations.all().iter().any(|known| {
        matches!(&known.ending, facts::Ending::Opaque { words, reason }
            if words.first().is_some_and(|word| word == "delete_server") && reason.contains("summed up"))
    });
    assert!(summed, "the call was walked: this file tests nothing");
}

#[test]
fn what_a_function_changes_is_seen_at_its_call() {
    assert_eq!(ungated(&observe("delete_server web")), ["openstack"]);
    assert!(ungated(&observe("stop\ndelete_server web")).is_empty(), "nothing comes behind an exit");
}

#[test]
fn what_a_wrapper_is_given_is_noted_where_it_is_given() {
    let last = "run() { \"$@\"; }\nrun delete_server web";
    let text = spent(last);
    let seen = observe(last);
    let changes = seen.list.iter().filter(|seen| seen.effect == Effect::Mutate);
    assert_eq!(changes.map(|seen| seen.at.slice(&text)).collect::<Vec<_>>(), ["run delete_server web"]);
}

#[test]
fn what_a_script_puts_in_the_place_of_a_function_may_run_there() {
    assert!(ungated(&observe("release")).is_empty());
    let last = "before_release() { openstack server delete web; }\nrelease";
    assert_eq!(ungated(&observe(last)), ["openstack"]);
    let known = "ask_vault() { openstack server delete web; }\nbefore_release() { ask_vault; }\nrelease";
    assert_eq!(ungated(&observe(known)), ["openstack"]);
}

#[test]
fn what_a_long_function_looks_up_its_callers_look_up() {
    assert!(ungated(&observe("act ship")).is_empty());
    let hooked = "before_ship() { openstack server delete web; }\nact ship";
    assert_eq!(ungated(&observe(hooked)), ["openstack"]);
}

#[test]
fn a_function_that_calls_itself_under_other_options_does_what_its_word_says() {
    assert!(ungated(&observe("act show")).is_empty());
    assert_eq!(ungated(&observe("act drop")), ["openstack"]);
}

#[test]
fn what_a_function_changes_is_seen_where_another_one_calls_it() {
    assert_eq!(ungated(&observe("manage other web")), ["openstack"]);
}

#[test]
fn a_gate_in_the_function_or_around_its_call_counts() {
    assert!(ungated(&observe("careful_delete \"$1\"")).is_empty());
    let gated = "if [[ \"$1\" == --apply ]]; then delete_server web; fi";
    assert!(ungated(&observe(gated)).is_empty());
}

#[test]
fn a_function_that_does_what_a_word_says_is_judged_by_the_word() {
    assert!(ungated(&observe("server list")).is_empty());
    assert_eq!(ungated(&observe("server delete")), ["openstack"]);
    assert_eq!(ungated(&observe("server \"$1\"")), ["openstack"]);
}

#[test]
fn what_it_sets_is_known_and_what_it_prints_stays_a_secret() {
    let exposed = |seen: &Observations| seen.list.iter().any(|seen| !seen.exposed.is_empty());
    let seen = observe("set_region\nopenstack --os-region-name \"$REGION\" server list");
    assert!(seen.list.iter().any(|seen| seen.words.iter().any(|word| word == "RegionOne")));
    assert!(exposed(&observe("x=$(ask_vault)\nmysql -p\"$x\"")));
    assert!(!exposed(&observe("x=$(server list)\nmysql -h \"$x\"")));
}

/// What a script shows that sources a file of 160 statements and these.
fn with_large_file(file: &str, script: &str) -> Observations {
    let file = format!("{}{file}\n", "x=$(date)\n".repeat(160));
    let library = One(Arc::new(Sourced::new(bash::parse(&file).script)));
    follow(&library, &format!("source ./lib.sh\n{script}\n"))
}

fn unchecked(seen: &Observations) -> usize {
    seen.list.iter().map(|seen| seen.unchecked.len()).sum()
}

const CHECK: &str = "[[ \"$volume_id\" =~ ^[0-9a-f]{32}$ ]] || exit 1";

#[test]
fn a_large_file_that_checks_what_is_its_own_is_summed_up() {
    let local = format!("f() {{ local volume_id; volume_id=$(cat id); {CHECK}; }}; f");
    assert!(with_large_file(&local, ":").steps < 20);
    let global = format!("volume_id=$(cat id); {CHECK}");
    assert!(with_large_file(&global, ":").steps < 20);
}

#[test]
fn a_check_in_a_large_file_holds_behind_it() {
    let delete = "openstack volume delete \"$volume_id\"";
    let own = format!("volume_id=$(cat id); {CHECK}");
    assert_eq!(unchecked(&with_large_file(&own, delete)), 0);
    assert_eq!(unchecked(&with_large_file("volume_id=$(cat id)", delete)), 1);
    let either = format!("if [[ -n \"$C\" ]]; then volume_id=$(cat id); {CHECK}; fi");
    assert_eq!(unchecked(&with_large_file(&either, delete)), 1);
    // What its caller has is checked only where the file is walked.
    assert_eq!(unchecked(&with_large_file(CHECK, delete)), 0);
}

#[test]
fn a_large_file_and_its_functions_leave_the_case_of_letters_as_it_was_or_as_they_set_it() {
    let tests = "[[ abc == ABC ]] && docker rm folded\n[[ abc == ABC ]] || docker rm exact";
    let changed = |file: &str, before: &str| {
        let seen = with_large_file(file, &format!("{before}\n{tests}"));
        let words = seen.list.iter().filter(|seen| seen.effect == Effect::Mutate);
        words.filter_map(|seen| seen.words.last().cloned()).collect::<Vec<_>>()
    };
    assert_eq!(changed(":", ":"), ["exact"]);
    assert_eq!(changed(":", "shopt -s nocasematch; source ./lib.sh"), ["folded"]);
    assert_eq!(changed("shopt -s nocasematch", ":"), ["folded"]);
    let fold = "fold() { shopt -s nocasematch; }";
    assert_eq!(changed(fold, ":"), ["exact"]);
    assert_eq!(changed(fold, "fold"), ["folded"]);
    assert_eq!(changed(fold, "(fold)"), ["exact"]);
}

#[test]
fn how_a_call_returned_for_one_word_says_nothing_of_another() {
    let script = "known() { if [[ \"$1\" == a ]]; then return 0; else return 1; fi; }\nknown b";
    let seen = observe(&format!("{script}\nif known a; then delete_server web; fi"));
    assert_eq!(ungated(&seen), ["openstack"]);
    let seen = observe("stops() { exit 1; }\nstops b\nstops a && delete_server web");
    assert!(ungated(&seen).is_empty());
}

/// Files that all source each other, and how often somebody asked for one.
struct Round {
    files: Vec<Arc<Sourced>>,
    asked: std::cell::Cell<usize>,
}

impl Library for Round {
    fn script(&self, path: &RepoPath) -> Option<Arc<Sourced>> {
        self.asked.set(self.asked.get() + 1);
        let number: usize = path.as_str().strip_prefix("lib")?.strip_suffix(".sh")?.parse().ok()?;
        self.files.get(number).map(Arc::clone)
    }
}

#[test]
fn functions_that_source_each_others_files_wait_for_nobody() {
    let file = |other: usize| {
        let mut text = "x=$(date)\n".repeat(160);
        for n in 0..20 {
            writeln!(text, "f{n}() {{ source ./lib{other}.sh; f{}; g{n}; date; }}", n + 1).expect("memory");
            writeln!(text, "g{n}() {{ source ./lib{other}.sh; f{n} a; }}").expect("memory");
        }
        Arc::new(Sourced::new(bash::parse(&text).script))
    };
    let round = Round { files: vec![file(1), file(0)], asked: std::cell::Cell::new(0) };
    let mut script = "source ./lib0.sh\n".to_owned();
    (0..20).for_each(|n| writeln!(script, "f{n}; g{n}; f{n} x; g{n} y").expect("memory"));
    script.push_str(&script.clone().repeat(20));
    // It would wait for itself for ever.
    let seen = follow(&round, &script);
    assert!(seen.steps > 100);
}

#[test]
fn files_that_all_source_each_other_are_summed_up_once_each() {
    const FILES: usize = 7;
    let mut text = "x=$(date)\n".repeat(200);
    for n in 0..FILES {
        writeln!(text, "source ./lib{n}.sh").expect("memory");
    }
    let round = Round {
        files: (0..FILES).map(|_| Arc::new(Sourced::new(bash::parse(&text).script))).collect(),
        asked: std::cell::Cell::new(0),
    };
    follow(&round, &text);
    // Each file begins a round, in which each is walked, and each walk asks for each.
    let most = FILES * FILES * FILES + FILES;
    assert!(round.asked.get() <= most, "asked {} times", round.asked.get());
}

#[test]
fn files_that_gate_and_all_source_each_other_are_not_walked_in_each_other_without_end() {
    const FILES: usize = 12;
    let mut text = format!("{CHECK}\n{}", "x=$(date)\n".repeat(200));
    for n in 0..FILES {
        writeln!(text, "source ./lib{n}.sh").expect("memory");
    }
    let round = Round {
        files: (0..FILES).map(|_| Arc::new(Sourced::new(bash::parse(&text).script))).collect(),
        asked: std::cell::Cell::new(0),
    };
    let seen = follow(&round, &text);
    // Each is walked in each, and not in each of those once more.
    assert!(seen.steps < 3 * 12 * 12 * 250, "{} statements", seen.steps);
}
