//! Reports, summary and exit code as folds of one stream of events: they cannot disagree.

use gauntlet::event::{Event, Rung, Status, StoppedBy, Trial, TrialKind};
use gauntlet::fault::{FaultKind, FreeTrial, Persistence};
use gauntlet::id::{HarnessName, TrialId};
use gauntlet::report::Report;
use gauntlet::report::json::Json;
use gauntlet::report::text::{Ending, Text};
use gauntlet::source::RepoPath;
use gauntlet::verdict::Verdict;
use serde_json::Value;

fn name() -> HarnessName {
    HarnessName::parse("offboard").expect("a name")
}

fn trial(verdict: Verdict) -> Event {
    let parts = ["offboard", "apply", "openstack#1", "exit", "once"];
    Event::TrialFinished(Box::new(Trial {
        id: TrialId::from_parts(&parts),
        harness: name(),
        case: "apply".to_owned(),
        kind: TrialKind::Fault(FaultKind::Exit, Persistence::Once),
        program: Some("openstack".to_owned()),
        argv: ["openstack", "server", "delete", "x\u{1b}[2J"].map(str::to_owned).to_vec(),
        path: Some(RepoPath::new("scripts/offboard.sh")),
        line: Some(31),
        occurrence: Some(1),
        verdict,
        explanation: "the script ended with 0 as if nothing had happened".to_owned(),
        aftermath: vec!["openstack project delete x".to_owned(), "exit 0".to_owned()],
        repeat: Some("gauntlet repro offboard/apply/openstack#1/exit/once".to_owned()),
    }))
}

/// A run of one harness: `planned` trials announced, `verdicts` judged.
fn run(planned: usize, verdicts: &[Verdict]) -> Vec<Event> {
    let mut events = vec![
        Event::RunStarted { rung: Rung::S2, harnesses: 1, part: None },
        Event::HarnessStarted { name: name() },
        Event::TrialsPlanned { name: name(), count: planned },
    ];
    events.extend(verdicts.iter().map(|verdict| trial(*verdict)));
    events.push(Event::HarnessFinished {
        name: name(),
        inapplicable: 2,
        declared: 0,
        unbounded: 1,
        kept: false,
        cut: None,
        not_reached: Vec::new(),
    });
    events
}

fn fold(events: &[Event], mut report: impl Report) -> (String, u8) {
    let (mut out, mut status) = (Vec::new(), Status::default());
    for event in events {
        status.fold(event);
        report.event(event, &mut out).expect("a vector takes everything");
    }
    report.finish(&status, &mut out).expect("a vector takes everything");
    (String::from_utf8(out).expect("a report is UTF-8"), status.outcome().exit_code())
}

fn text(events: &[Event]) -> (String, u8) {
    fold(events, Text::new(Ending::Block { head: Some("abc144a".to_owned()) }, false))
}

#[track_caller]
fn block(events: &[Event], expected: &str, code: u8) {
    assert_eq!(text(events), (expected.to_owned(), code));
}

#[test]
fn all_green_is_printed_only_where_everything_planned_was_judged_and_nothing_is_red() {
    block(
        &run(2, &[Verdict::Propagated, Verdict::Recovered]),
        "gauntlet 0.1.0  HEAD abc144a  rung S2\nharness   ALL GREEN (1 harness, 2 faults, 0 swallowed)\n",
        0,
    );
}

#[test]
fn every_known_false_green_names_its_reason_and_is_not_0() {
    let green = [Verdict::Propagated];
    let without_end = || {
        let mut events = run(1, &green);
        events.pop();
        events
    };
    let with = |event: Event| {
        let mut events = run(1, &green);
        events.push(event);
        events
    };
    for (events, words, code) in [
        (run(2, &green), "NOT COMPLETE: 1 of 2 trials judged", 2),
        (run(0, &[]), "NOT COMPLETE: no trial was planned", 2),
        (
            vec![Event::RunStarted { rung: Rung::S2, harnesses: 0, part: None }],
            "NOT COMPLETE: no harness ran",
            2,
        ),
        (without_end(), "NOT COMPLETE: 0 of 1 harnesses ended", 2),
        (
            with(Event::Interrupted { by: StoppedBy::User, not_run: vec!["x".to_owned()] }),
            "NOT COMPLETE: stopped by the user",
            2,
        ),
        (
            with(Event::NotChecked { what: "x".to_owned(), reason: "is gone".to_owned() }),
            "NOT COMPLETE: 1 thing could not be checked",
            2,
        ),
        (run(1, &[Verdict::Swallowed]), "RED: 1 trial (1 harness, 1 fault, 1 swallowed)", 1),
        (run(2, &[Verdict::Failed, Verdict::Skipped]), "RED: 2 trials, 1 skipped behind a red green run", 1),
        (run(1, &[Verdict::NotFired]), "RED: 1 trial", 1),
    ] {
        let (shown, got) = text(&events);
        assert!(shown.contains(words) && !shown.contains("ALL GREEN"), "not said: {words}: {shown}");
        assert_eq!(got, code, "{shown}");
    }
}

#[test]
fn nothing_at_all_is_not_clean() {
    assert_eq!(text(&[]).1, 2);
    assert_eq!(text(&[Event::LintStarted { files: 1 }]).1, 2);
}

#[test]
fn a_red_trial_tells_where_what_what_next_and_how_to_repeat_it() {
    let (shown, _) = text(&run(1, &[Verdict::Swallowed]));
    let expected = "\
red[swallowed]: the script ended with 0 as if nothing had happened
  at      scripts/offboard.sh:31 (case apply)
  call    openstack server delete x\\u{1b}[2J
  fault   exit, once
  then    openstack project delete x
          exit 0
  repeat  gauntlet repro offboard/apply/openstack#1/exit/once
";
    assert!(shown.starts_with(expected), "{shown}");
}

#[test]
fn json_of_a_run_is_version_1_of_the_contract() {
    let (shown, code) = fold(&run(1, &[Verdict::Swallowed]), Json::default());
    let json: Value = serde_json::from_str(&shown).expect("it is JSON");
    assert_eq!(code, 1);
    assert_eq!(
        json["trials"][0],
        serde_json::json!({
            "id": "offboard/apply/openstack#1/exit/once", "harness": "offboard", "case": "apply",
            "program": "openstack", "argv": ["openstack", "server", "delete", "x\u{1b}[2J"],
            "path": "scripts/offboard.sh", "line": 31, "occurrence": 1, "kind": "exit", "persistence": "once",
            "verdict": "swallowed", "red": true,
            "explanation": "the script ended with 0 as if nothing had happened",
        })
    );
    for (key, value) in [("harnesses", 1), ("planned", 1), ("executed", 1), ("red", 1)] {
        assert_eq!(json["summary"][key], value, "{key}");
    }
    assert_eq!((&json["version"], &json["summary"]["rung"]), (&Value::from(1), &Value::from("S2")));
}

#[test]
fn fields_that_do_not_apply_to_a_trial_are_null() {
    let Event::TrialFinished(mut free) = trial(Verdict::Passed) else { unreachable!("it is a trial") };
    free.kind = TrialKind::Free(FreeTrial::Audit);
    (free.program, free.line, free.occurrence, free.path) = (None, None, None, None);
    free.argv.clear();
    let mut events = run(1, &[]);
    events.insert(3, Event::TrialFinished(free));
    let json: Value = serde_json::from_str(&fold(&events, Json::default()).0).expect("it is JSON");
    let trial = &json["trials"][0];
    for key in ["program", "argv", "path", "line", "occurrence", "persistence"] {
        assert!(
            trial.as_object().is_some_and(|object| object.contains_key(key)) && trial[key].is_null(),
            "{key}"
        );
    }
    assert_eq!(trial["kind"], "audit");
}
