//! The trials of a harness: which there are, what each runs, what it is told as.

use std::collections::BTreeSet;

use crate::event::{Trial, TrialKind};
use crate::fault::FreeTrial;
use crate::id::TrialId;
use crate::run::gauntlet::Course;
use crate::trial::calls::{Agreement, agreement, repo_path, settled};
use crate::trial::free::{self, FreeRun};
use crate::trial::green;
use crate::trial::harness::Case;
use crate::trial::judge::{Bench, Judgement, Outcome, judge};
use crate::trial::sweep::{self, FaultTrial};
use crate::trial::unaided;
use crate::trial::world::{Call, Fault, Plan, Record, Site};
use crate::verdict::Verdict;

/// The green run of a case.
#[derive(Debug)]
pub(super) struct Green {
    case: usize,
    pub record: Record,
    pub judgement: Judgement,
}

/// A trial to run, or to tell without a run.
#[derive(Debug)]
pub(super) enum Task {
    /// A call fails.
    Fault(usize, Box<FaultTrial>),
    /// The script is run in another way.
    Free(usize, Box<FreeRun>),
    /// The green run is searched for canaries.
    Canary(usize),
    /// The green run is red, so that its faults are not run.
    Skipped(usize),
}

/// Which run of a task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Leg {
    /// The fault lasts for ever.
    pub lasting: bool,
    /// Another failure in the place of the fault: whether the script tells them apart.
    pub probe: bool,
}

impl Leg {
    /// How many legs a task may have.
    pub const COUNT: usize = 4;

    /// Its number.
    pub fn number(self) -> usize {
        usize::from(self.lasting) + 2 * usize::from(self.probe)
    }

    /// The leg with that number.
    pub fn of(number: usize) -> Self {
        Self { lasting: number % 2 == 1, probe: number / 2 % 2 == 1 }
    }
}

/// What came of a task so far.
#[derive(Debug, Default)]
pub(super) struct Ended {
    done: bool,
    trials: Vec<Trial>,
    /// What was judged and waits for its probe, and whether its fault may recur.
    waiting: Option<(Judgement, bool)>,
    inapplicable: usize,
    recovered: Option<usize>,
}

/// What a harness's sweep counts besides its trials.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Call and kind pairs where the kind does not apply.
    pub inapplicable: usize,
    /// Faults that a recovery declares.
    pub declared: usize,
    /// Calls without a time limit.
    pub unbounded: usize,
    /// Recoveries that happened, by index.
    recovered: BTreeSet<usize>,
}

impl Green {
    /// Judges the two recordings of the case with this index.
    pub fn judge(course: &Course, case: usize, mut first: Record, second: &Record) -> Self {
        first.calls = course.outline.in_order(&first.calls, &first.calls);
        let second =
            &Record { calls: course.outline.in_order(&second.calls, &first.calls), ..second.clone() };
        let judgement =
            green::judge(&course.harness, &course.harness.cases[case], &course.outline, &first, second);
        if agreement(&first.calls, &second.calls) == Agreement::Reordered {
            first.calls = settled(&first.calls, &second.calls);
        }
        Self { case, record: first, judgement }
    }

    /// What is told of it.
    pub fn trial(&self, course: &Course) -> Trial {
        let case = &course.harness.cases[self.case];
        let id = TrialId::from_parts(&[course.harness.name.as_str(), &case.name, "green"]);
        let mut judgement = self.judgement.clone();
        if let Some(unaided) = course.unaided.as_ref().filter(|_| !judgement.verdict.is_red()) {
            judgement.aftermath = unaided.assumptions(&self.record, &course.harness.env);
        }
        tell(course, &case.name, id, TrialKind::Green, judgement, None)
    }

    /// Whether a call of that program comes from that place without a fault, too.
    pub fn has_like(&self, call: &Call) -> bool {
        self.record.calls.iter().any(|own| own.site.at == call.site.at && own.program() == call.program())
    }

    fn bench<'a>(&'a self, course: &'a Course) -> Bench<'a> {
        Bench {
            harness: &course.harness,
            case: &course.harness.cases[self.case],
            green: &self.record,
            outline: &course.outline,
            guesses: course.unaided.as_ref().map(|unaided| &unaided.guesses),
        }
    }
}

/// The trials that follow from a green run, in their order.
pub(super) fn tasks(course: &Course, green: &Green, tally: &mut Tally) -> Vec<Task> {
    let harness = &course.harness;
    let case = &harness.cases[green.case];
    let mut tasks = Vec::new();
    if green.judgement.verdict.is_red() {
        tasks.push(Task::Skipped(green.case));
    } else {
        if case.sweep {
            let mut sweep = sweep::plan(harness, case, &green.record, &course.outline);
            if let Some(unaided) = &course.unaided {
                let before = sweep.trials.len();
                sweep.trials.retain(|trial| unaided.applies(trial, &green.record.calls, &course.outline));
                sweep.inapplicable += before - sweep.trials.len();
                sweep.most_telling_first(&green.record);
            }
            tally.inapplicable += sweep.inapplicable;
            tally.unbounded += sweep.unbounded;
            let declared = |trial: &&FaultTrial| {
                harness.recovery(&case.name, &trial.fault.site.argv, trial.fault.kind).is_some()
            };
            tally.declared += sweep.trials.iter().filter(declared).count();
            tasks.extend(sweep.trials.into_iter().map(|trial| Task::Fault(green.case, Box::new(trial))));
        }
        let runs = if harness.guessed { Vec::new() } else { free::plan(harness, case, &green.record) };
        tasks.extend(runs.into_iter().map(|run| Task::Free(green.case, Box::new(run))));
    }
    if !harness.canaries.is_empty() {
        tasks.push(Task::Canary(green.case));
    }
    tasks
}

impl Task {
    /// How many trials it is sure to become: whether some faults apply shows only in the trial.
    pub fn promised(&self) -> usize {
        match self {
            Self::Fault(_, trial) if trial.fault.kind.may_not_apply() => 0,
            Self::Fault(_, trial) => 1 + usize::from(trial.recurs),
            Self::Free(..) | Self::Canary(_) | Self::Skipped(_) => 1,
        }
    }

    /// What tells it from the other tasks of its harness.
    pub fn name(&self) -> String {
        match self {
            Self::Fault(_, trial) => trial.id.to_string(),
            Self::Free(_, run) => run.id.to_string(),
            Self::Canary(case) => format!("{case} canary"),
            Self::Skipped(case) => format!("{case} skipped"),
        }
    }

    /// The index of its case.
    pub fn case(&self) -> usize {
        match self {
            Self::Fault(case, _) | Self::Free(case, _) | Self::Canary(case) | Self::Skipped(case) => *case,
        }
    }

    /// The run to make, where one is needed.
    pub fn plan(&self, course: &Course, green: &Green) -> Option<Plan> {
        let case = &course.harness.cases[green.case];
        match self {
            Self::Fault(_, trial) => Some(course.plan(case, Some(trial.fault.clone()))),
            Self::Free(_, run) => {
                let plan = course.plan(&changed(case, run), None);
                Some(Plan { again: run.kind == FreeTrial::Idempotent, ..plan })
            }
            Self::Canary(_) | Self::Skipped(_) => None,
        }
    }

    /// What is known of it without a run.
    pub fn without_run(&self, course: &Course, green: &Green) -> Ended {
        let case = &course.harness.cases[green.case];
        let told = match self {
            Self::Fault(..) | Self::Free(..) => return Ended::default(),
            Self::Skipped(_) => {
                let case = &case.name;
                let id = TrialId::from_parts(&[course.harness.name.as_str(), case, "faults"]);
                let reason =
                    format!("its faults were not run, because its green run is {}", green.judgement.verdict);
                tell(course, case, id, TrialKind::Green, Judgement::plain(Verdict::Skipped, reason), None)
            }
            Self::Canary(_) => {
                let Some((id, judgement, site)) = free::canary(&course.harness, case, &green.record) else {
                    return Ended { done: true, ..Ended::default() };
                };
                tell(course, &case.name, id, TrialKind::Free(FreeTrial::Canary), judgement, site.as_ref())
            }
        };
        Ended { done: true, trials: vec![told], ..Ended::default() }
    }

    /// Judges a run of it; the next run to make, where there is one.
    pub fn judge(
        &self,
        course: &Course,
        green: &Green,
        record: &Record,
        leg: Leg,
        ended: &mut Ended,
    ) -> Option<(Leg, Plan)> {
        match self {
            Self::Fault(_, trial) => {
                if let Some(next) = judge_fault(course, green, trial, record, leg, ended) {
                    return Some(next);
                }
            }
            Self::Free(_, run) => {
                let judgement = free::judge(&course.harness, &green.record, run, record);
                let case = &course.harness.cases[green.case].name;
                ended.trials.push(tell(
                    course,
                    case,
                    run.id.clone(),
                    TrialKind::Free(run.kind),
                    judgement,
                    None,
                ));
            }
            Self::Canary(_) | Self::Skipped(_) => {}
        }
        ended.done = true;
        None
    }
}

/// Judges a run in which a call fails; the next run to make, where there is one.
fn judge_fault(
    course: &Course,
    green: &Green,
    trial: &FaultTrial,
    record: &Record,
    leg: Leg,
    ended: &mut Ended,
) -> Option<(Leg, Plan)> {
    let case = &course.harness.cases[green.case];
    let (fault, id) =
        if leg.lasting { (trial.forever(), &trial.forever_id) } else { (trial.fault.clone(), &trial.id) };
    let (mut judgement, recurs) = match ended.waiting.take() {
        Some(waiting) => waiting,
        None => match judge(green.bench(course), trial.call, &fault, record) {
            Outcome::Inapplicable => {
                ended.inapplicable += 1;
                return None;
            }
            Outcome::Judged(judgement) => (judgement, trial.recurs || trial.recurred(record)),
        },
    };
    if leg.probe {
        unaided::told_apart(&mut judgement, record);
    } else if course.unaided.is_some()
        && let Some(other) = unaided::probe(&fault, &judgement)
    {
        ended.waiting = Some((judgement, recurs));
        return Some((Leg { probe: true, ..leg }, course.plan(case, Some(other))));
    }
    if judgement.verdict == Verdict::Recovered {
        ended.recovered = course.harness.recovery(&case.name, &fault.site.argv, fault.kind);
    }
    ended.trials.push(tell_fault(course, case, id.clone(), &fault, &green.record, trial.call, judgement));
    let lasts = !leg.lasting && recurs;
    lasts.then(|| (Leg { lasting: true, probe: false }, course.plan(case, Some(trial.forever()))))
}

impl Ended {
    /// Whether all of it is known.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Its trials; what it counts goes to the tally.
    pub fn take(&mut self, tally: &mut Tally) -> Vec<Trial> {
        tally.inapplicable += self.inapplicable;
        tally.recovered.extend(self.recovered);
        std::mem::take(&mut self.trials)
    }
}

/// Stubs that no case calls.
pub(super) fn unmet_stubs(course: &Course, greens: &[Green]) -> Vec<Trial> {
    let harness = &course.harness;
    if greens.iter().any(|green| green.judgement.verdict.is_red()) {
        return Vec::new();
    }
    let called = |stub: usize| {
        greens.iter().any(|green| {
            let offset = harness.cases[green.case].stubs.len();
            green::called(&green.record, offset + stub)
        })
    };
    let unmet = harness.stubs.iter().enumerate().filter(|(index, stub)| !stub.optional && !called(*index));
    unmet
        .map(|(index, stub)| unmet_trial(course, &format!("stub#{}", index + 1), green::unmet_stub(stub)))
        .collect()
}

/// Recoveries that never happened.
pub(super) fn idle_recoveries(course: &Course, greens: &[Green], tally: &Tally) -> Vec<Trial> {
    if greens.iter().any(|green| green.judgement.verdict.is_red()) {
        return Vec::new();
    }
    let all = course.harness.recoveries.iter().enumerate();
    let idle = all.filter(|(index, _)| !tally.recovered.contains(index));
    idle.map(|(index, recovery)| {
        let reason = format!(
            "the declared recovery of `{}` (line {} of the harness) never happened: no such fault ended with exit 0; drop it",
            recovery.pattern, recovery.line
        );
        unmet_trial(course, &format!("recovery#{}", index + 1), reason)
    })
    .collect()
}

fn unmet_trial(course: &Course, what: &str, reason: String) -> Trial {
    let id = TrialId::from_parts(&[course.harness.name.as_str(), what]);
    tell(course, "", id, TrialKind::Green, Judgement::plain(Verdict::Unmet, reason), None)
}

fn changed(case: &Case, run: &FreeRun) -> Case {
    Case { args: run.args.clone(), stdin: run.stdin.clone(), tty: run.tty.clone(), ..case.clone() }
}

fn tell(
    course: &Course,
    case: &str,
    id: TrialId,
    kind: TrialKind,
    judgement: Judgement,
    site: Option<&Site>,
) -> Trial {
    let place = site.and_then(|site| site.at.as_ref());
    Trial {
        harness: course.harness.name.clone(),
        case: case.to_owned(),
        kind,
        program: site.and_then(|site| site.argv.first().cloned()),
        argv: site.map(|site| site.argv.clone()).unwrap_or_default(),
        path: place.and_then(|(path, _)| repo_path(path)).or_else(|| Some(course.harness.script.clone())),
        line: place.map(|(_, line)| *line),
        occurrence: None,
        verdict: judgement.verdict,
        explanation: judgement.explanation,
        aftermath: judgement.aftermath,
        repeat: Some(course.repeat(id.as_str())),
        id,
    }
}

fn tell_fault(
    course: &Course,
    case: &Case,
    id: TrialId,
    fault: &Fault,
    green: &Record,
    call: usize,
    judgement: Judgement,
) -> Trial {
    let kind = TrialKind::Fault(fault.kind, fault.persistence);
    let mut trial = tell(course, &case.name, id, kind, judgement, Some(&fault.site));
    trial.occurrence = Some(fault.occurrence);
    if let Some(call) = green.calls.get(call) {
        trial.argv.clone_from(&call.argv);
    }
    trial
}
