//! One harness from start to end: green runs first, then every trial that follows from them, told in their planned
//! order whatever order they end in.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use crate::event::{Cut, Event, Trial};
use crate::run::gauntlet::course::{Ended, Green, Leg, Tally, Task, idle_recoveries, tasks, unmet_stubs};
use crate::run::gauntlet::crew::{Crew, Errand, Report};
use crate::run::gauntlet::{Course, Piece};
use crate::run::{Sink, Stop};
use crate::trial::world::{End, Plan, Record, Site};

/// How often a waiting job looks whether it shall stop.
const LOOK: Duration = Duration::from_millis(20);

/// Why a harness did not run to its end.
pub(super) enum Halt {
    /// A world failed.
    Broken(String),
    /// The user wants to stop; what is left, in words.
    Stopped(String),
}

/// The errands of one harness.
struct Desk<'a> {
    course: &'a Arc<Course>,
    crew: &'a Crew,
    stop: &'a Stop,
    seed: Option<u64>,
    reply: Sender<Report>,
    reports: Receiver<Report>,
}

impl Desk<'_> {
    fn errand(&self, number: usize, plan: Plan) -> Errand {
        let (needs, reply) = (Arc::clone(&self.course.needs), self.reply.clone());
        Errand { needs, plan, strict: false, number, reply }
    }

    /// The next record. `left` says how much would not be run if the user stops now.
    fn next(&self, left: impl Fn() -> String) -> Result<(usize, Record), Halt> {
        next(&self.reports, self.crew, self.stop, left)
    }
}

/// The next record that comes from the crew. `left` says how much would not be run if the user stops now.
pub(super) fn next(
    reports: &Receiver<Report>,
    crew: &Crew,
    stop: &Stop,
    left: impl Fn() -> String,
) -> Result<(usize, Record), Halt> {
    loop {
        if stop.wanted() {
            crew.forget();
            return Err(Halt::Stopped(left()));
        }
        match reports.recv_timeout(LOOK) {
            Ok(Report { number, record: Ok(record) }) => return Ok((number, record)),
            Ok(Report { record: Err(reason), .. }) => {
                crew.forget();
                return Err(Halt::Broken(reason));
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }
}

/// Runs the harness of `course`, or that piece of it.
///
/// `seed` shuffles the order in which its trials are begun.
pub(super) fn run(
    course: &Arc<Course>,
    crew: &Crew,
    stop: &Stop,
    seed: Option<u64>,
    piece: &Piece,
    sink: &mut Sink<'_>,
) -> Result<(), Halt> {
    let (reply, reports) = mpsc::channel();
    let desk = Desk { course, crew, stop, seed, reply, reports };
    let name = course.harness.name.clone();
    sink(Event::HarnessStarted { name: name.clone() });
    let greens = green_runs(&desk, piece, sink)?;
    let mut tally = Tally::default();
    let mut planned = Vec::new();
    for green in &greens {
        planned.extend(tasks(course, green, &mut tally));
    }
    let names = trials_of(course, &greens, &planned);
    if !piece.is_first() {
        // What is known beforehand the first part tells.
        tally = Tally::default();
    }
    let count = planned.len();
    let mut index = 0..;
    planned.retain(|_| index.next().is_some_and(|index| piece.holds(index, count)));
    sink(Event::TrialsPlanned { name: name.clone(), count: planned.iter().map(Task::promised).sum() });
    let mut sites: BTreeSet<Site> =
        greens.iter().flat_map(|green| &green.record.calls).map(|call| call.site.clone()).collect();
    trials(&desk, &greens, &planned, (&mut tally, &mut sites), sink)?;
    let mut last = unmet_stubs(course, &greens);
    last.extend(idle_recoveries(course, &greens, &tally));
    // What the whole harness shows a part cannot tell.
    let unless_seen = if piece.is_whole() { Vec::new() } else { std::mem::take(&mut last) };
    if !last.is_empty() {
        sink(Event::TrialsPlanned { name: name.clone(), count: last.len() });
        for trial in last {
            sink(Event::TrialFinished(Box::new(trial)));
        }
    }
    let Tally { inapplicable, declared, unbounded, .. } = tally;
    let cut = cut(piece, names, unless_seen);
    let not_reached = course.not_reached(&sites);
    sink(Event::HarnessFinished { name, inapplicable, declared, unbounded, kept: false, cut, not_reached });
    Ok(())
}

/// What a part tells of itself; `None` for the whole.
pub(super) fn cut(piece: &Piece, trials: String, unless_seen: Vec<Trial>) -> Option<Box<Cut>> {
    let Piece { from, to, of, .. } = *piece;
    (!piece.is_whole()).then(|| Box::new(Cut { from, to, of, trials, unless_seen }))
}

/// A hash of all that the harness is going to try.
fn trials_of(course: &Course, greens: &[Green], planned: &[Task]) -> String {
    let greens = greens.iter().map(|green| {
        let trial = green.trial(course);
        format!("{} {}", trial.id, trial.verdict)
    });
    let mut hasher = blake3::Hasher::new();
    for line in greens.chain(planned.iter().map(Task::name)) {
        hasher.update(line.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex().to_string()
}

/// Runs every case twice without a fault, and judges it.
///
/// Each part of a harness makes these runs. The first tells of them; the others only where one is red.
fn green_runs(desk: &Desk<'_>, piece: &Piece, sink: &mut Sink<'_>) -> Result<Vec<Green>, Halt> {
    let cases = &desk.course.harness.cases;
    let name = desk.course.harness.name.clone();
    if piece.is_first() {
        sink(Event::TrialsPlanned { name: name.clone(), count: cases.len() });
    }
    let runs = cases.iter().enumerate().flat_map(|(index, case)| {
        let plan = desk.course.plan(case, None);
        [desk.errand(2 * index, plan.clone()), desk.errand(2 * index + 1, plan)]
    });
    desk.crew.send(runs);
    let mut records: Vec<Option<Record>> = vec![None; 2 * cases.len()];
    let mut greens: Vec<Green> = Vec::new();
    while greens.len() < cases.len() {
        let (number, record) =
            desk.next(|| format!("{name} ({} of {} cases ran)", greens.len(), cases.len()))?;
        records[number] = Some(record);
        while let Some([first @ Some(_), second @ Some(_)]) =
            records.get_mut(2 * greens.len()..2 * greens.len() + 2)
        {
            let (Some(first), Some(second)) = (first.take(), second.take()) else { break };
            let green = Green::judge(desk.course, greens.len(), first, &second);
            let trial = green.trial(desk.course);
            if !piece.is_first() && trial.verdict.is_red() {
                sink(Event::TrialsPlanned { name: name.clone(), count: 1 });
            }
            if piece.is_first() || trial.verdict.is_red() {
                sink(Event::TrialFinished(Box::new(trial)));
            }
            greens.push(green);
        }
    }
    Ok(greens)
}

/// Runs the tasks; each is told once all before it are. `sites` are those of the calls that count as tried, where answers are
/// guessed.
fn trials(
    desk: &Desk<'_>,
    greens: &[Green],
    tasks: &[Task],
    (tally, sites): (&mut Tally, &mut BTreeSet<Site>),
    sink: &mut Sink<'_>,
) -> Result<(), Halt> {
    let name = &desk.course.harness.name;
    let mut errands: Vec<Errand> = tasks
        .iter()
        .enumerate()
        .filter_map(|(index, task)| {
            Some(desk.errand(Leg::COUNT * index, task.plan(desk.course, &greens[task.case()])?))
        })
        .collect();
    if let Some(seed) = desk.seed {
        errands.sort_by_cached_key(|errand| {
            *blake3::hash(format!("{seed} {}", errand.number).as_bytes()).as_bytes()
        });
    }
    desk.crew.send(errands);
    let mut ended: Vec<Ended> =
        tasks.iter().map(|task| task.without_run(desk.course, &greens[task.case()])).collect();
    let mut told = 0;
    loop {
        while let Some(task) = ended.get_mut(told).filter(|task| task.is_done()) {
            let promised = tasks[told].promised();
            let trials = task.take(tally);
            if trials.len() > promised {
                sink(Event::TrialsPlanned { name: name.clone(), count: trials.len() - promised });
            }
            for trial in trials {
                sink(Event::TrialFinished(Box::new(trial)));
            }
            told += 1;
        }
        if told == tasks.len() {
            return Ok(());
        }
        let next = desk.next(|| format!("{name} ({} of {} trials ran)", done(&ended, told), tasks.len()));
        let (number, record) = match next {
            Ok(next) => next,
            Err(halt) => {
                // What is known is told, though others come before it that are not.
                let known = ended.iter_mut().skip(told).filter(|task| task.is_done());
                for trial in known.flat_map(|task| task.take(tally)) {
                    sink(Event::TrialFinished(Box::new(trial)));
                }
                // Whether these apply nobody will know: they count as planned.
                let open = |(task, ended): &(&Task, &Ended)| !ended.is_done() && task.promised() == 0;
                let count = tasks.iter().zip(&ended).filter(open).count();
                sink(Event::TrialsPlanned { name: name.clone(), count });
                return Err(halt);
            }
        };
        // A call on another way through the script, which ended well, has not failed in turn. What a script does that ends with a
        // failure is its answer to that.
        if desk.course.unaided.is_some() && record.end != End::Code(0) {
            sites.extend(record.calls.iter().map(|call| call.site.clone()));
        }
        let index = number / Leg::COUNT;
        let task = &tasks[index];
        let green = &greens[task.case()];
        if let Some((leg, plan)) =
            task.judge(desk.course, green, &record, Leg::of(number % Leg::COUNT), &mut ended[index])
        {
            desk.crew.send_first(desk.errand(Leg::COUNT * index + leg.number(), plan));
        }
    }
}

/// How many tasks have ended.
fn done(ended: &[Ended], told: usize) -> usize {
    told + ended.iter().skip(told).filter(|task| task.is_done()).count()
}
