//! The job `new harness`: runs a script as a sweep would, in every way that its options suggest, and writes down what
//! was seen as the first version of a harness file.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::bash::Witness;
use crate::event::{Trial, TrialKind};
use crate::fault::FaultKind;
use crate::repo::beside::Place;
use crate::repo::{Problem, Project, write};
use crate::run::gauntlet::course::{Green, Tally, tasks};
use crate::run::gauntlet::sweep::{Leave, Ready, prepare};
use crate::run::gauntlet::{Course, Sweep, Worlds};
use crate::source::RepoPath;
use crate::trial::calls::{Agreement, agreement};
use crate::trial::draft::{Draft, MadeUpFor, Run};
use crate::trial::effect::mutates;
use crate::trial::harness::{Case, Harness};
use crate::trial::judge::exit_code;
use crate::trial::world::{Answer, Call, Record};
use crate::verdict::Verdict;

/// What was written.
#[derive(Debug)]
pub struct Drafted {
    /// The file.
    pub path: RepoPath,
    /// The names of its cases.
    pub cases: Vec<String>,
    /// Why the script did not end well, where it did not: the file holds what was seen then.
    pub why_not: Option<String>,
}

/// Writes the harness of the script. The error says why there is none, and what to do.
pub fn new_harness(
    request: &Sweep,
    witness: &dyn Witness,
    worlds: &Arc<dyn Worlds>,
) -> Result<Drafted, String> {
    let (place, _) = Place::of(&request.script)?;
    let project =
        Project::locate(std::slice::from_ref(&request.script), false).map_err(|error| error.to_string())?;
    let script = project
        .repo_path(&place.root.join(place.script.as_str()))
        .ok_or("is in no project: make one with a gauntlet.toml or with git")?;
    if project.root() != place.root {
        return Err("is in no project: make one with a gauntlet.toml or with git".to_owned());
    }
    // A stub of a harness answers for what its call carries.
    let request = &Sweep { for_a_file: true, ..request.clone() };
    let ready = prepare(request, witness, worlds, &mut || Leave::Seek)?;
    let course = &ready.course;
    let name = course.harness.name.as_str();
    let path = RepoPath::new(format!("{}/{name}.toml", project.settings().run.harnesses));
    let on_disk = project.root().join(path.as_str());
    let base = &course.harness.cases[0];
    let options = ready.survey.options.iter().filter(|option| !base.args.contains(option));
    let more = options.map(|option| {
        let args = [std::slice::from_ref(option), base.args.as_slice()].concat();
        (option.trim_start_matches('-').to_owned(), args)
    });
    let mut runs = Vec::from_iter(run_once(course, "run".to_owned(), worlds)?);
    let mut watched = Watched::default();
    if ready.why_not.is_none() {
        watched.watch(course, worlds)?;
    }
    for (name, args) in more {
        // An option may lead to a gate, and to calls of its own: it is looked at as if it were another script.
        let request = Sweep { args: args.clone(), ..request.clone() };
        match prepare(&request, witness, worlds, &mut || Leave::Seek) {
            Ok(Ready { course, why_not: None, .. }) => {
                runs.extend(run_once(&course, name, worlds)?);
                watched.watch(&course, worlds)?;
            }
            Ok(_) | Err(_) => runs.extend(run_with(course, name, args, worlds)?),
        }
    }
    let runs_fail = runs.first().is_some_and(|run| run.exit != 0);
    let guesses = course.unaided.as_ref().map(|unaided| unaided.guesses.clone()).unwrap_or_default();
    let draft = Draft {
        script: &script,
        files: &ready.files,
        env: &ready.survey.env,
        guesses: &guesses,
        runs: &runs,
        recoveries: &watched.recoveries,
        answers: &watched.answers,
    };
    let text = draft.text();
    Harness::parse(&path, &text)
        .map_err(|error| format!("leads to a harness that is none (please report this):\n{error}"))?;
    write::create(&path, &on_disk, &text)
        .map_err(|Problem { what, reason }| format!("has no harness now: {what} {reason}"))?;
    Ok(Drafted {
        path,
        cases: runs.into_iter().map(|run| run.name).collect(),
        why_not: ready.why_not.filter(|_| runs_fail),
    })
}

/// The course's own case.
fn run_once(course: &Course, name: String, worlds: &Arc<dyn Worlds>) -> Result<Option<Run>, String> {
    run_with(course, name, course.harness.cases[0].args.clone(), worlds)
}

/// A run with these arguments; `None` for one that does not end.
fn run_with(
    course: &Course,
    name: String,
    args: Vec<String>,
    worlds: &Arc<dyn Worlds>,
) -> Result<Option<Run>, String> {
    let mut case = course.harness.cases[0].clone();
    case.args.clone_from(&args);
    let mut world = worlds.open(&course.needs)?;
    let mut record = world.run(&course.plan(&case, None))?;
    if !case.stdin.is_empty() {
        // What changes nothing was not asked for.
        let silent = Case { stdin: String::new(), ..case.clone() };
        let other = world.run(&course.plan(&silent, None))?;
        if other.end == record.end && agreement(&other.calls, &record.calls) == Agreement::Same {
            (case, record) = (silent, other);
        }
    }
    let exit = exit_code(record.end).filter(|exit| (0..256).contains(exit));
    Ok(exit.map(|exit| Run { name, args, stdin: used(&case.stdin), record, exit }))
}

/// So many trials of a case are watched.
const MOST_WATCHED: usize = 500;

/// What the script does about failures.
#[derive(Default)]
struct Watched {
    /// Calls whose failure it makes up for.
    recoveries: Vec<MadeUpFor>,
    /// Calls that come only after a failure, and whether they change something.
    answers: Vec<(Call, bool)>,
}

impl Watched {
    /// Lets every call of the course's case fail, as a sweep does.
    fn watch(&mut self, course: &Course, worlds: &Arc<dyn Worlds>) -> Result<(), String> {
        let mut world = worlds.open(&course.needs)?;
        let plan = course.plan(&course.harness.cases[0], None);
        let (first, second) = (world.run(&plan)?, world.run(&plan)?);
        let green = Green::judge(course, 0, first, &second);
        for task in tasks(course, &green, &mut Tally::default()).iter().take(MOST_WATCHED) {
            let Some(plan) = task.plan(course, &green) else { continue };
            let record = world.run(&plan)?;
            if let Some(trial) = task.judge_alone(course, &green, &record, false, world.as_mut())? {
                self.note(course, &green, &trial, &record);
            }
        }
        Ok(())
    }

    fn note(&mut self, course: &Course, green: &Green, trial: &Trial, record: &Record) {
        let TrialKind::Fault(kind, _) = trial.kind else { return };
        let made_up_for = trial.verdict == Verdict::Recovered;
        // Whether an empty answer will do, only a person knows.
        if made_up_for && !matches!(kind, FaultKind::Empty | FaultKind::Sigpipe) {
            let how = trial.explanation.rsplit("; ").find(|part| *part != "exit 0").unwrap_or_default();
            match self.recoveries.iter_mut().find(|known| known.argv == trial.argv) {
                Some(known) => drop(known.kinds.insert(kind.slug())),
                None => self.recoveries.push(MadeUpFor {
                    argv: trial.argv.clone(),
                    kinds: BTreeSet::from([kind.slug()]),
                    how: how.trim_end_matches(", exit 0").to_owned(),
                }),
            }
        }
        let fired = record.calls.iter().position(|call| call.answer == Answer::Fault);
        let later = fired.map_or(&[][..], |at| &record.calls[at + 1..]);
        for call in later.iter().filter(|call| call.answer == Answer::Guess && !green.has_like(call)) {
            if !self.answers.iter().any(|(known, _)| known.site == call.site) {
                self.answers.push((call.clone(), mutates(&course.harness, call)));
            }
        }
    }
}

/// The lines that say something: the mark at the end is the sweep's own.
fn used(stdin: &str) -> String {
    let lines: Vec<&str> = stdin.lines().filter(|line| !line.starts_with("typedline")).collect();
    if lines.is_empty() { String::new() } else { lines.join("\n") + "\n" }
}
