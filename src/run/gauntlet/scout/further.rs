//! A run that ends well and leaves out what the script does: an empty list, a program that is not there. Of two green runs the
//! one that makes more calls is the better one.

use std::collections::BTreeSet;

use super::{Scout, ends_well, hint_of, lacks_a_file, missing, reach, set_choice};
use crate::run::gauntlet::load::Course;
use crate::trial::guess::{PROCESS, Survey, called_by_path, wants};
use crate::trial::reached::not_reached;
use crate::trial::world::{Answer, End, Output, Record, Site, There};

/// So many runs are tried.
const RUNS: usize = 16;
/// Who asks so often in a run that does not end waits for another answer.
const WAITS: u32 = 8;
/// The variable that tells the world's shells which process lives that is none.
const LIVES: &str = "GAUNTLET_LIVES";

/// Whether a run that ends well makes calls at all places at which another one does, and at more; or, where one place has
/// several of them (`tool get x && tool set x`), leaves out fewer.
pub(super) fn comes_further(course: &Course, record: &Record, best: &Record) -> bool {
    let places = |record: &Record| -> BTreeSet<_> {
        record.calls.iter().map(|call| (call.site.at.clone(), call.program().to_owned())).collect()
    };
    let (own, other) = (places(record), places(best));
    ends_well(record)
        && own.is_superset(&other)
        && (own.len() > other.len() || left_out(course, record) < left_out(course, best))
}

impl Scout<'_> {
    /// A run that asks the same over and over waits for another answer: most often for none.
    pub(super) fn end_the_wait(&mut self, course: &mut Course, first: Record) -> Result<Record, String> {
        let guessed = first.calls.iter().filter(|call| call.answer == Answer::Guess);
        let asked = guessed.max_by_key(|call| call.occurrence);
        let Some(call) = asked.filter(|call| first.end == End::TimedOut && call.occurrence >= WAITS) else {
            return Ok(first);
        };
        let hint = hint_of(course, call);
        let Some(unaided) = &course.unaided else { return Ok(first) };
        let current = unaided.guesses.choices.get(&hint).copied().unwrap_or_default();
        let Some(silent) = unaided.guesses.silent(hint, &call.argv) else { return Ok(first) };
        set_choice(course, hint, silent);
        let record = self.run(course)?;
        if record.end != End::TimedOut {
            return Ok(record);
        }
        set_choice(course, hint, current);
        Ok(first)
    }

    /// Gives other answers to the calls that said nothing, or yes, puts there what the run tested for or a loop goes through,
    /// and gives the answers that its comparisons would have taken, as long as it makes calls at more places, and at all those
    /// at which it did before.
    pub(super) fn go_further(
        &mut self,
        course: &mut Course,
        survey: &Survey,
        first: Record,
    ) -> Result<Record, String> {
        let until = self.runs + RUNS;
        let mut best = first;
        let mut tried: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut told: BTreeSet<(Vec<String>, String)> = BTreeSet::new();
        'again: while !self.for_a_file && left_out(course, &best) > 0 {
            let silent = |call: &&_| says_nothing(call);
            for call in best.calls.iter().filter(silent) {
                let hint = hint_of(course, call);
                let Some(unaided) = &course.unaided else { return Ok(best) };
                let speaking = unaided.guesses.speaking(hint, &call.argv);
                let current = unaided.guesses.choices.get(&hint).copied().unwrap_or_default();
                for choice in speaking.into_iter().filter(|choice| *choice != current) {
                    if self.came_to(until) || !tried.insert((hint, choice)) {
                        continue;
                    }
                    set_choice(course, hint, choice);
                    let record = self.run(course)?;
                    if comes_further(course, &record, &best) {
                        best = record;
                        continue 'again;
                    }
                    set_choice(course, hint, current);
                }
            }
            if let Some(record) = self.gone_through(course, survey, &best)? {
                best = record;
                continue 'again;
            }
            for call in best.calls.iter().filter(|call| call.answer == Answer::Guess && call.exit == 0) {
                let hint = hint_of(course, call);
                let Some(unaided) = &course.unaided else { return Ok(best) };
                let refusing = unaided.guesses.refusing(hint, &call.argv);
                let current = unaided.guesses.choices.get(&hint).copied().unwrap_or_default();
                for choice in refusing {
                    if self.came_to(until) || !tried.insert((hint, choice)) {
                        continue;
                    }
                    set_choice(course, hint, choice);
                    if let Some(record) = self.supplied(course, survey, &best)? {
                        best = record;
                        continue 'again;
                    }
                    set_choice(course, hint, current);
                }
            }
            if self.came_to(until) {
                break;
            }
            let traced = self.traced(course)?;
            for (path, thing) in missing(course, &traced) {
                if !self.came_to(until)
                    && let Some(record) = self.with(course, [(path, thing)].into(), &best)?
                {
                    best = record;
                    continue 'again;
                }
            }
            for want in wants(&traced.stderr, &traced.calls, &survey.arms) {
                let call = &traced.calls[want.call];
                if self.came_to(until) || !told.insert((call.argv.clone(), want.stdout.clone())) {
                    continue;
                }
                let before = course.harness.stubs.clone();
                self.answer(course, call, &want.stdout);
                if let Some(record) = self.supplied(course, survey, &best)? {
                    best = record;
                    continue 'again;
                }
                course.harness.stubs = before;
            }
            break;
        }
        Ok(best)
    }

    /// Whether so many runs were made, or the time for them is up.
    fn came_to(&self, runs: usize) -> bool {
        self.late || self.runs >= runs
    }

    /// The run with a file for each pattern that a loop goes through, where that comes further.
    fn gone_through(
        &mut self,
        course: &mut Course,
        survey: &Survey,
        best: &Record,
    ) -> Result<Option<Record>, String> {
        let Some(unaided) = &mut course.unaided else { return Ok(None) };
        let before = unaided.there.clone();
        for path in &survey.globs {
            unaided.there.entry(path.clone()).or_insert_with(|| There::File("web-1\n".to_owned()));
        }
        if unaided.there == before {
            return Ok(None);
        }
        let record = self.supplied(course, survey, best)?;
        if let (None, Some(unaided)) = (&record, &mut course.unaided) {
            unaided.there = before;
        }
        Ok(record)
    }

    /// The run, with what it lacks, where that comes further.
    fn supplied(
        &mut self,
        course: &mut Course,
        survey: &Survey,
        best: &Record,
    ) -> Result<Option<Record>, String> {
        let before = course.unaided.as_ref().map(|unaided| unaided.there.clone());
        let mut record = self.run(course)?;
        if !ends_well(&record) && lacks_a_file(&record) {
            record = self.supply(course, survey, record)?;
        }
        if comes_further(course, &record, best) {
            return Ok(Some(record));
        }
        if let (Some(unaided), Some(before)) = (&mut course.unaided, before) {
            unaided.there = before;
        }
        Ok(None)
    }

    /// Lets the process live that a file or an answer names, where the script signals it and that leads further.
    pub(super) fn alive(&mut self, course: &mut Course, best: &Record) -> Result<Option<Record>, String> {
        let misses = best.stderr.contains(&format!("kill: ({PROCESS}) - No such process"));
        if !misses || course.harness.env.contains_key(LIVES) {
            return Ok(None);
        }
        course.harness.env.insert(LIVES.to_owned(), PROCESS.to_owned());
        let record = self.run(course)?;
        if ends_well(&record) || reach(&record) > reach(best) {
            return Ok(Some(record));
        }
        course.harness.env.remove(LIVES);
        Ok(None)
    }

    /// Puts the programs there that the run called by a path, and that are not there, as long as that leads further. One that
    /// the script makes itself replaces them.
    pub(super) fn programs(
        &mut self,
        course: &mut Course,
        survey: &Survey,
        best: &Record,
    ) -> Result<Option<Record>, String> {
        // A program whose path is in a variable is seen in what the shell says of it.
        if !survey.by_path && !best.stderr.lines().any(is_about_a_path) {
            return Ok(None);
        }
        let traced = self.traced(course)?;
        let Some(unaided) = &course.unaided else { return Ok(None) };
        let mut called = called_by_path(&traced.stderr, unaided.start());
        called.retain(|path| !course.needs.files.iter().any(|(_, own)| own == path));
        self.with(course, called.into_iter().map(|path| (path, There::Program)).collect(), best)
    }
}

/// Whether the shell says of a path that it is not there, or cannot be run.
fn is_about_a_path(line: &str) -> bool {
    let said = [": No such file or directory", ": Permission denied"];
    let head = said.iter().find_map(|end| line.strip_suffix(end)).unwrap_or_default();
    head.split_once(": line ")
        .and_then(|(_, rest)| rest.split_once(": "))
        .is_some_and(|(_, path)| path.contains('/'))
}

/// How many calls of the script the run did not make.
fn left_out(course: &Course, record: &Record) -> usize {
    let sites: Vec<&Site> = record.calls.iter().map(|call| &call.site).collect();
    course.unaided.as_ref().map_or(0, |unaided| not_reached(&unaided.written, &sites).len())
}

/// Whether somebody reads what the call says, and it said nothing.
fn says_nothing(call: &crate::trial::world::Call) -> bool {
    let is_read = matches!(call.output, Output::Pipe | Output::File);
    is_read && call.answer == Answer::Guess && call.stdout.trim().is_empty() && call.exit == 0
}
