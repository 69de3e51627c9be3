//! The job `run` over a world that is played by the test: what it tells, in which order, and what it does when a
//! world fails or the user stops it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gauntlet::bash::InProcess;
use gauntlet::event::{Event, Outcome, Rung, Status};
use gauntlet::repo::Project;
use gauntlet::run::Stop;
use gauntlet::run::gauntlet::{Needs, Request, World, Worlds, run};
use gauntlet::trial::pattern::argv_matches;
use gauntlet::trial::world::{Answer, Call, End, Output, Plan, Record, Site};
use tempfile::TempDir;

/// A script as the played world runs it: its calls, one a line; a line that starts with `!` goes on after a failure.
struct Played {
    calls: Vec<&'static str>,
    runs: Arc<AtomicUsize>,
    stop_after: Option<(usize, Stop)>,
    broken: bool,
}

struct PlayedWorld {
    calls: Vec<&'static str>,
    runs: Arc<AtomicUsize>,
    stop_after: Option<(usize, Stop)>,
}

impl Worlds for Played {
    fn fingerprint(&self, _needs: &Needs) -> Result<String, String> {
        Err("this machine is played".to_owned())
    }

    fn visit(&self, _needs: &Needs, _plan: &Plan) -> Result<(), String> {
        Err("nobody can go there".to_owned())
    }

    fn rung(&self, _minimum: Rung) -> Result<Rung, String> {
        Ok(Rung::S1)
    }

    fn open(&self, _needs: &Needs) -> Result<Box<dyn World>, String> {
        if self.broken {
            return Err("cannot mount".to_owned());
        }
        Ok(Box::new(PlayedWorld {
            calls: self.calls.clone(),
            runs: Arc::clone(&self.runs),
            stop_after: self.stop_after.clone(),
        }))
    }
}

impl World for PlayedWorld {
    fn run(&mut self, plan: &Plan) -> Result<Record, String> {
        let number = self.runs.fetch_add(1, Ordering::SeqCst);
        if let Some((after, stop)) = &self.stop_after
            && number >= *after
        {
            stop.flag().store(true, Ordering::SeqCst);
        }
        // Trials end in another order than they began.
        std::thread::sleep(std::time::Duration::from_millis(if number.is_multiple_of(3) { 6 } else { 1 }));
        Ok(play(&self.calls, plan))
    }
}

fn play(script: &[&str], plan: &Plan) -> Record {
    let mut calls: Vec<Call> = Vec::new();
    let mut end = End::Code(0);
    for (index, line) in script.iter().enumerate() {
        let words = line.trim_start_matches('!');
        let argv: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let line_number = u32::try_from(index + 1).expect("a small script");
        let site = Site { argv: argv.clone(), at: Some(("/repo/x.sh".to_owned(), line_number)) };
        let failed = plan.fault.as_ref().is_some_and(|fault| fault.site == site);
        let stub = plan.stubs.iter().position(|stub| argv_matches(&stub.argv, &argv));
        let answer = match stub {
            _ if failed => Answer::Fault,
            Some(stub) => Answer::Stub(stub),
            None => Answer::Unstubbed,
        };
        calls.push(Call {
            argv,
            site,
            occurrence: 1,
            answer,
            output: Output::Script,
            exit: i32::from(failed),
            ..Call::default()
        });
        if answer == Answer::Unstubbed || (failed && !line.starts_with('!')) {
            end = End::Code(1);
            break;
        }
    }
    let (stdout, stderr) = (String::new(), String::new());
    let (files, left) = (BTreeMap::new(), BTreeMap::new());
    Record { end, stdout, stderr, calls, files, found: Vec::new(), left }
}

const HARNESS: &str =
    "version = 1\nscript = \"x.sh\"\n[[stub]]\nargv = \"openstack **\"\n[[case]]\nname = \"apply\"\n";

fn project(harnesses: &[(&str, &str)]) -> (TempDir, Project) {
    let folder = TempDir::new().expect("a temporary folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it has a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write("gauntlet.toml", "version = 1\n");
    write("x.sh", "#!/bin/bash\nopenstack\n");
    for (name, text) in harnesses {
        write(&format!("harnesses/{name}.toml"), text);
    }
    let project = Project::locate(&[PathBuf::from(folder.path())], false).expect("a project");
    (folder, project)
}

fn played(calls: &[&'static str]) -> Played {
    Played { calls: calls.to_vec(), runs: Arc::default(), stop_after: None, broken: false }
}

fn events(project: &Project, worlds: Played, request: &Request, stop: &Stop) -> (Vec<Event>, Status) {
    let mut events = Vec::new();
    let mut status = Status::default();
    let worlds: Arc<dyn Worlds> = Arc::new(worlds);
    run(project, request, &InProcess::new(), &worlds, stop, &mut |event| {
        status.fold(&event);
        events.push(event);
    });
    (events, status)
}

fn verdicts(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::TrialFinished(trial) => Some(format!("{} {}", trial.id, trial.verdict)),
            _ => None,
        })
        .collect()
}

#[test]
fn every_call_fails_in_turn_and_what_goes_on_is_red() {
    let (_folder, project) = project(&[("x", HARNESS)]);
    let script = ["!openstack server show a", "openstack server delete a"];
    let (events, status) = events(&project, played(&script), &Request::default(), &Stop::default());
    let kinds = [
        "exit",
        "signal",
        "missing",
        "absent",
        "unreachable",
        "interrupt-int",
        "interrupt-term",
        "interrupt-hup",
    ];
    let mut expected = vec!["x/apply/green passed".to_owned()];
    for (call, verdict) in [("openstack#1", "swallowed"), ("openstack#2", "propagated")] {
        expected.extend(kinds.map(|kind| format!("x/apply/{call}/{kind}/once {verdict}")));
    }
    assert_eq!(verdicts(&events), expected);
    let run = status.run.as_ref().expect("it ran");
    assert_eq!((run.planned, run.executed, run.faults, run.swallowed), (17, 17, 16, 8));
    assert_eq!((run.inapplicable, run.unbounded), (10, 2));
    assert_eq!(status.outcome(), Outcome::Findings);
}

#[test]
fn the_order_of_the_events_does_not_depend_on_the_number_of_threads() {
    let harnesses = [("b", HARNESS), ("a", HARNESS), ("c", HARNESS)];
    let (_folder, project) = project(&harnesses);
    let script = ["openstack server show a", "!openstack port list", "openstack server delete a"];
    let told = |jobs| {
        let request = Request { jobs: Some(jobs), ..Request::default() };
        verdicts(&events(&project, played(&script), &request, &Stop::default()).0)
    };
    let alone = told(1);
    assert!(alone[0].starts_with("a/") && alone.last().is_some_and(|last| last.starts_with("c/")));
    assert_eq!(alone, told(5));
}

#[test]
fn a_red_green_run_skips_its_faults_and_says_so() {
    let (_folder, project) = project(&[("x", HARNESS)]);
    let (events, status) = events(&project, played(&["juju status"]), &Request::default(), &Stop::default());
    assert_eq!(verdicts(&events), ["x/apply/green unstubbed", "x/apply/faults skipped"]);
    let Some(Event::TrialFinished(green)) =
        events.iter().find(|event| matches!(event, Event::TrialFinished(_)))
    else {
        panic!("no trial")
    };
    assert!(green.aftermath.join("\n").contains("[[stub]]\nargv = \"juju status\"\nstdout = \"\""));
    assert_eq!(status.outcome(), Outcome::Findings);
}

#[test]
fn a_recovery_that_never_happens_and_a_stub_that_nobody_calls_are_red() {
    let text = format!(
        "{HARNESS}[[stub]]\nargv = \"juju status\"\n[[recovery]]\nprogram = \"openstack\"\nargv = \"openstack server show **\"\nkind = \"exit\"\nreason = \"read again later\"\n"
    );
    let (_folder, project) = project(&[("x", &text)]);
    let (strict, _) =
        events(&project, played(&["openstack server show a"]), &Request::default(), &Stop::default());
    assert_eq!(verdicts(&strict)[9..], ["x/stub#2 unmet", "x/recovery#1 unmet"]);
    let (careless, _) =
        events(&project, played(&["!openstack server show a"]), &Request::default(), &Stop::default());
    assert_eq!(verdicts(&careless)[1], "x/apply/openstack#1/exit/once recovered");
    assert_eq!(verdicts(&careless)[9..], ["x/stub#2 unmet"]);
}

#[test]
fn a_world_that_fails_is_no_verdict() {
    let (_folder, project) = project(&[("x", HARNESS)]);
    let broken = Played { broken: true, ..played(&["openstack server show a"]) };
    let (events, status) = events(&project, broken, &Request::default(), &Stop::default());
    assert!(verdicts(&events).is_empty());
    assert_eq!(status.outcome(), Outcome::CouldNotCheck);
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::NotChecked { reason, .. } if reason == "cannot mount"))
    );
}

#[test]
fn nothing_to_run_is_never_green() {
    let (_folder, empty) = project(&[]);
    let (_, status) = events(&empty, played(&[]), &Request::default(), &Stop::default());
    assert_eq!(status.outcome(), Outcome::CouldNotCheck);
    let (_folder, one) = project(&[("tenant", HARNESS)]);
    let request = Request { names: vec!["tennant".to_owned()], ..Request::default() };
    let (events, status) = events(&one, played(&[]), &request, &Stop::default());
    assert_eq!(status.outcome(), Outcome::CouldNotCheck);
    assert!(events.iter().any(
        |event| matches!(event, Event::NotChecked { reason, .. } if reason.contains("did you mean `tenant`?"))
    ));
}

#[test]
fn the_users_wish_to_stop_names_what_was_not_run() {
    let (_folder, project) = project(&[("a", HARNESS), ("b", HARNESS)]);
    let stop = Stop::default();
    let stopped = Played { stop_after: Some((3, stop.clone())), ..played(&["openstack server show a"]) };
    let (events, status) = events(&project, stopped, &Request { jobs: Some(1), ..Request::default() }, &stop);
    let Some(Event::Interrupted { not_run, .. }) = events.last() else { panic!("{events:?}") };
    assert_eq!(not_run.len(), 2);
    assert!(not_run[0].starts_with("a (") && not_run[1] == "b", "{not_run:?}");
    assert_eq!(status.outcome(), Outcome::CouldNotCheck);
}
