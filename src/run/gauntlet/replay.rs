//! One trial of a course once more, beside its green run.

use std::sync::Arc;

use super::course::{Ended, Green, Leg, Tally, Task, tasks};
use super::{Course, Needs, World, Worlds};
use crate::event::Trial;
use crate::nearest::{nearest, suggestion};
use crate::trial::story::{self, TraceLine};
use crate::trial::world::{Plan, Record};

/// One trial again, with its green run.
#[derive(Debug)]
pub struct Replay {
    /// What it showed.
    pub trial: Trial,
    /// Its calls beside the green run's.
    pub calls: Vec<TraceLine>,
    /// The record of the green run.
    pub green: Record,
    /// The record of the trial.
    pub record: Record,
    /// What was run, and in which world: to be gone through by hand.
    pub scene: (Arc<Needs>, Plan),
}

/// Runs the trial with this id once more, beside its green run.
pub(super) fn repeat(course: &Course, id: &str, worlds: &Arc<dyn Worlds>) -> Result<Replay, String> {
    let mut world = worlds.open(&course.needs)?;
    let name = course.harness.name.as_str();
    let wanted = id.split('/').nth(1).unwrap_or_default();
    let cases = &course.harness.cases;
    if wanted.is_empty() {
        return Err(format!(
            "`{id}` is no trial id: take one from the report of a run, HARNESS/CASE/PROGRAM#K/KIND/once"
        ));
    }
    let case = cases.iter().position(|case| case.name == wanted).ok_or_else(|| {
        let known: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        format!("the harness {name} has no case `{wanted}`: {}", suggestion(wanted, known.iter().copied()))
    })?;
    let plan = course.plan(&cases[case], None);
    let (first, second) = (world.run(&plan)?, world.run(&plan)?);
    let green = Green::judge(course, case, first, &second);
    let tasks = tasks(course, &green, &mut Tally::default());
    let without_run =
        tasks.iter().flat_map(|task| task.without_run(course, &green).take(&mut Tally::default()));
    let mut told = std::iter::once(green.trial(course)).chain(without_run);
    if let Some(trial) = told.find(|trial| trial.id.as_str() == id) {
        return Ok(green.beside(trial, second, (Arc::clone(&course.needs), plan)));
    }
    let Some((task, lasting)) = tasks.iter().find_map(|task| Some((task, task.lasting(id)?))) else {
        return Err(no_such_trial(id, &green, &tasks));
    };
    let mut plan = task.plan(course, &green).ok_or_else(|| format!("{id} runs nothing"))?;
    if lasting && let Task::Fault(_, trial) = task {
        plan.fault = Some(trial.forever());
    }
    let record = world.run(&plan)?;
    match task.judge_alone(course, &green, &record, lasting, world.as_mut())? {
        Some(trial) => Ok(green.beside(trial, record, (Arc::clone(&course.needs), plan))),
        None => Err(format!(
            "{id} does not apply: the reader of its pipe read everything, or the script ignores the signal"
        )),
    }
}

fn no_such_trial(id: &str, green: &Green, tasks: &[Task]) -> String {
    if green.judgement.verdict.is_red() {
        return format!("{id} cannot be run: the green run of its case is {}", green.judgement.verdict);
    }
    let known = tasks.iter().filter_map(|task| match task {
        Task::Fault(_, trial) => Some(trial.id.as_str()),
        Task::Free(_, run) => Some(run.id.as_str()),
        Task::Canary(_) | Task::Skipped(_) => None,
    });
    match nearest(id, known) {
        Some(near) => format!("there is no trial {id}: did you mean `{near}`?"),
        None => format!("there is no trial {id}: take an id from the report of a run"),
    }
}

impl Green {
    fn beside(self, trial: Trial, record: Record, scene: (Arc<Needs>, Plan)) -> Replay {
        let calls = story::side_by_side(&self.record.calls, &record.calls);
        Replay { trial, calls, green: self.record, record, scene }
    }
}

impl Task {
    /// The address of its run, and whether that is the one in which the fault lasts for ever.
    fn lasting(&self, id: &str) -> Option<bool> {
        match self {
            Self::Fault(_, trial) if trial.forever_id.as_str() == id => Some(true),
            Self::Fault(_, trial) if trial.id.as_str() == id => Some(false),
            Self::Free(_, run) if run.id.as_str() == id => Some(false),
            _ => None,
        }
    }

    /// What one run of it shows by itself, with the probe that it may need.
    pub fn judge_alone(
        &self,
        course: &Course,
        green: &Green,
        record: &Record,
        lasting: bool,
        world: &mut dyn World,
    ) -> Result<Option<Trial>, String> {
        let mut ended = Ended::default();
        let leg = Leg { lasting, probe: false };
        if let Some((leg @ Leg { probe: true, .. }, plan)) =
            self.judge(course, green, record, leg, &mut ended)
        {
            self.judge(course, green, &world.run(&plan)?, leg, &mut ended);
        }
        Ok(ended.take(&mut Tally::default()).pop())
    }
}
