//! A harness that is a program, from start to end: run twice in its world, judged by its own report.

use std::sync::Arc;
use std::sync::mpsc;

use crate::event::{Event, Trial, TrialKind};
use crate::id::TrialId;
use crate::run::gauntlet::crew::{Crew, Errand};
use crate::run::gauntlet::load::SuiteCourse;
use crate::run::gauntlet::pace::{self, Halt};
use crate::run::gauntlet::replay::Replay;
use crate::run::gauntlet::{Piece, Worlds};
use crate::run::{Sink, Stop};
use crate::trial::calls::{REPOSITORY, typed};
use crate::trial::story;
use crate::trial::suite::{CASE, Told, judge};
use crate::trial::world::{End, Plan};

impl SuiteCourse {
    fn plan(&self) -> Plan {
        let mut command = self.suite.command.clone();
        if let Some(program) = command.first_mut()
            && program.contains('/')
            && !program.starts_with('/')
        {
            *program = format!("{REPOSITORY}/{}", program.trim_start_matches("./"));
        }
        Plan {
            command,
            stdin: self.suite.stdin.clone(),
            env: self.suite.env.clone(),
            stubs: self.suite.stubs.iter().map(|stub| stub.answer.clone()).collect(),
            deadline_ms: u64::from(self.suite.deadline_s) * 1000,
            untraced: true,
            ..Plan::default()
        }
    }

    fn trial(&self, (end, judgement): Told) -> Trial {
        let id = TrialId::from_parts(&[self.suite.name.as_str(), CASE, &end]);
        Trial {
            harness: self.suite.name.clone(),
            case: CASE.to_owned(),
            kind: TrialKind::Green,
            program: None,
            argv: self.suite.command.clone(),
            path: Some(self.path.clone()),
            line: None,
            occurrence: None,
            verdict: judgement.verdict,
            explanation: judgement.explanation,
            aftermath: judgement.aftermath,
            repeat: Some(format!("gauntlet repro {}", typed(&[id.as_str()]))),
            id,
        }
    }
}

/// Runs it.
///
/// A suite is not cut: the part in which it begins runs all of it.
pub(super) fn run(
    course: &SuiteCourse,
    crew: &Crew,
    stop: &Stop,
    piece: &Piece,
    sink: &mut Sink<'_>,
) -> Result<(), Halt> {
    let name = course.suite.name.clone();
    let finished = |name| {
        let cut = pace::cut(piece, String::new(), Vec::new());
        Event::HarnessFinished {
            name,
            inapplicable: 0,
            declared: 0,
            unbounded: 0,
            kept: false,
            cut,
            not_reached: Vec::new(),
        }
    };
    sink(Event::HarnessStarted { name: name.clone() });
    if !piece.is_first() {
        sink(finished(name));
        return Ok(());
    }
    let (reply, reports) = mpsc::channel();
    let errand = |number| Errand {
        needs: Arc::clone(&course.needs),
        plan: course.plan(),
        strict: true,
        number,
        reply: reply.clone(),
    };
    crew.send([errand(0), errand(1)]);
    let left = || format!("{name} (a suite, run as one)");
    let (number, one) = pace::next(&reports, crew, stop, left)?;
    // A run that did not end says all there is to say.
    let told = if one.end == End::TimedOut {
        judge(&course.suite, &one, &one)
    } else {
        let (_, other) = pace::next(&reports, crew, stop, left)?;
        let (first, second) = if number == 0 { (one, other) } else { (other, one) };
        judge(&course.suite, &first, &second)
    };
    sink(Event::TrialsPlanned { name: name.clone(), count: told.len() });
    for told in told {
        sink(Event::TrialFinished(Box::new(course.trial(told))));
    }
    sink(finished(name));
    Ok(())
}

/// Runs it once more, and shows all that it printed.
pub(super) fn repeat(course: &SuiteCourse, id: &str, worlds: &Arc<dyn Worlds>) -> Result<Replay, String> {
    let mut world = worlds.open(&course.needs)?;
    let plan = course.plan();
    let (green, record) = (world.run(&plan)?, world.run(&plan)?);
    let mut trials = judge(&course.suite, &green, &record).into_iter().map(|told| course.trial(told));
    let trial = trials
        .find(|trial| trial.id.as_str() == id)
        .ok_or_else(|| format!("there is no trial {id} now: take an id from the report of a run"))?;
    let calls = story::side_by_side(&green.calls, &record.calls);
    Ok(Replay { trial, calls, green, record, scene: (Arc::clone(&course.needs), plan) })
}
