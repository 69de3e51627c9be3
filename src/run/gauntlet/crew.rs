//! The threads that run trials: each keeps the world of the harness that it works on and builds another for the next.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::run::gauntlet::{Needs, World, Worlds};
use crate::trial::world::{Answer, End, Plan, Record};

/// Whoever makes the same call so often before the deadline is in a loop, not slow.
const LOOPING_CALLS: u32 = 100;
/// The time that a slow machine gets.
const PATIENT_DEADLINE_MS: u64 = 40_000;

/// A run to make, and who waits for it.
pub(super) struct Errand {
    pub needs: Arc<Needs>,
    pub plan: Plan,
    /// Whether its deadline is one that an author gave: a slow machine gets no more time then.
    pub strict: bool,
    /// Returned with the record.
    pub number: usize,
    pub reply: Sender<Report>,
}

/// What came of an errand.
pub(super) struct Report {
    pub number: usize,
    pub record: Result<Record, String>,
}

#[derive(Default)]
struct Queue {
    errands: VecDeque<Errand>,
    closed: bool,
}

#[derive(Default)]
struct Board {
    queue: Mutex<Queue>,
    news: Condvar,
}

impl Board {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // A thread that panicked left the queue whole: it is only pushed to and popped from.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Errand> {
        let mut queue = self.queue();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(errand) = queue.errands.pop_front() {
                return Some(errand);
            }
            queue = self.news.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Threads that run what they are given. Dropped, they take nothing new; who is in a trial ends with the process.
pub(super) struct Crew {
    board: Arc<Board>,
}

impl Crew {
    /// One thread a core, or as many as are asked for.
    pub fn hire(jobs: Option<usize>, worlds: &Arc<dyn Worlds>) -> Self {
        let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let board = Arc::new(Board::default());
        for _ in 0..jobs.unwrap_or_else(cores).max(1) {
            let (board, worlds) = (Arc::clone(&board), Arc::clone(worlds));
            thread::spawn(move || work(&board, worlds.as_ref()));
        }
        Self { board }
    }

    /// Takes errands; they are begun in this order.
    pub fn send(&self, errands: impl IntoIterator<Item = Errand>) {
        self.board.queue().errands.extend(errands);
        self.board.news.notify_all();
    }

    /// Takes an errand that goes before all others.
    pub fn send_first(&self, errand: Errand) {
        self.board.queue().errands.push_front(errand);
        self.board.news.notify_one();
    }

    /// Forgets every errand that is not begun.
    pub fn forget(&self) {
        self.board.queue().errands.clear();
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.board.queue().closed = true;
        self.board.news.notify_all();
    }
}

/// So often a run is made again in which the planned fault never came.
const SECOND_LOOKS: usize = 2;

/// Runs a plan. Where what runs beside each other ended in another order than in the green run the planned call may not
/// come: that is chance, unless it happens again. Where a harness says what must come, a fault that did not come is red at
/// once.
fn surely(world: &mut dyn World, plan: &Plan, strict: bool) -> Result<Record, String> {
    let looks = if plan.fault.is_some() && plan.guesses.is_some() { SECOND_LOOKS } else { 0 };
    if strict {
        return world.run(plan);
    }
    let mut record = patiently(world, plan.clone())?;
    for _ in 0..looks {
        if record.calls.iter().any(|call| call.answer == Answer::Fault) {
            break;
        }
        record = patiently(world, plan.clone())?;
    }
    Ok(record)
}

/// Runs a plan. A script that was stopped at its deadline although it was in no loop may only have been slow, on a
/// machine that has much else to do: it gets more time, once.
fn patiently(world: &mut dyn World, plan: Plan) -> Result<Record, String> {
    let record = world.run(&plan)?;
    let most = plan.loop_limit.unwrap_or(LOOPING_CALLS);
    let loops = record.calls.iter().any(|call| call.occurrence >= most);
    if record.end != End::TimedOut || loops || plan.deadline_ms >= PATIENT_DEADLINE_MS {
        return Ok(record);
    }
    world.run(&Plan { deadline_ms: PATIENT_DEADLINE_MS, ..plan })
}

fn work(board: &Board, worlds: &dyn Worlds) {
    let mut held: Option<(Arc<Needs>, Box<dyn World>)> = None;
    while let Some(errand) = board.next() {
        let Errand { needs, plan, strict, number, reply } = errand;
        if held.as_ref().is_none_or(|(of, _)| !Arc::ptr_eq(of, &needs)) {
            // The old world goes before the new one comes.
            drop(held.take());
            held = match worlds.open(&needs) {
                Ok(world) => Some((Arc::clone(&needs), world)),
                Err(reason) => {
                    let _ = reply.send(Report { number, record: Err(reason) });
                    continue;
                }
            };
        }
        let Some((_, world)) = held.as_mut() else { continue };
        // Whoever waits must hear of a slip in here too, or the job would wait for ever.
        let record = panic::catch_unwind(AssertUnwindSafe(|| surely(world.as_mut(), &plan, strict)))
            .unwrap_or_else(|_| Err("a trial ended in a panic: please report this".to_owned()));
        if record.is_err() {
            // Nothing is known of a world that failed.
            held = None;
        }
        // Nobody waits any more where the job was stopped.
        let _ = reply.send(Report { number, record });
    }
}
