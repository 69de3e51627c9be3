//! Finds a green run for a script whose answers are guessed: tries other guesses until the script ends well.

mod further;
mod wanted;
mod why_not;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::why_not::{arguments_hint, last_commands, why_not};
use crate::run::gauntlet::load::Course;
use crate::run::gauntlet::sweep::Leave;
use crate::run::gauntlet::{Sweep, World, Worlds};
use crate::trial::calls::typed;
use crate::trial::guess::{Hint, Reader, Sentinel, Survey, asked_for, escaped, lacks, typed_phrase};
use crate::trial::harness::DeclaredStub;
use crate::trial::pattern::Pattern;
use crate::trial::world::{Answer, Call, End, Output, Plan, Record, Stub, There};

/// So many runs are tried.
const RUNS: usize = 60;
/// So many of them may be stopped because they do not end.
const ENDLESS_RUNS: usize = 3;
/// A run that ends well never takes so long.
const SHORT_DEADLINE_MS: u64 = 4_000;
/// And no honest one makes the same call so often while all answers are as they should be.
const SHORT_LOOP: u32 = 150;
/// So often all of it is tried.
const ROUNDS: usize = 2;
/// So many answers that a run would have needed are tried, so many times over.
const WANTED: usize = 16;
/// So often what a run lacked is put there.
const LACKED: usize = 8;
/// So many of the files that it tests for are tried.
const ASKED: usize = 4;
/// So many lines an operator types.
const TYPED_LINES: usize = 8;

/// Makes the course's run without a fault end well, or says why it does not. The error is a world that failed, or that it was
/// told to stop.
pub(super) fn green(
    mut course: Course,
    request: &Sweep,
    survey: &Survey,
    script_folder: &str,
    worlds: &Arc<dyn Worlds>,
    leave: &mut dyn FnMut() -> Leave,
) -> Result<(Course, Option<String>), String> {
    let world = worlds.open(&course.needs)?;
    let (answered, for_a_file) = (BTreeSet::new(), request.for_a_file);
    let mut scout = Scout { leave, world, runs: 0, endless: 0, late: false, answered, for_a_file };
    if request.stdin.is_none() && survey.asks {
        scout.type_lines(&mut course, survey)?;
    }
    let mut best = scout.run(&course)?;
    best = scout.end_the_wait(&mut course, best)?;
    best = scout.supply(&mut course, survey, best)?;
    if !ends_well(&best) {
        best = scout.elsewhere(&mut course, survey, script_folder, best)?;
    }
    for _ in 0..ROUNDS {
        if ends_well(&best) || scout.spent() {
            break;
        }
        best = scout.supply(&mut course, survey, best)?;
        let before = course.harness.stubs.clone();
        best = scout.wanted_answers(&mut course, survey, best)?;
        if !ends_well(&best) && request.stdin.is_none() && survey.asks {
            // The gate may only now have been reached.
            scout.type_lines(&mut course, survey)?;
            best = scout.run(&course)?;
        }
        if !ends_well(&best) {
            best = scout.other_answers(&mut course, survey, best)?;
        }
        let changed = || {
            course.harness.stubs.iter().map(|stub| &stub.answer).ne(before.iter().map(|stub| &stub.answer))
        };
        if !ends_well(&best) && changed() {
            // What the trace seemed to want was wrong perhaps.
            let mut without = course.clone();
            without.harness.stubs = before;
            let first = scout.run(&without)?;
            let found = scout.other_answers(&mut without, survey, first)?;
            if ends_well(&found) {
                (course, best) = (without, found);
            }
        }
    }
    if ends_well(&best) && request.stdin.is_none() && survey.asks && !typed_is_settled(&course) {
        // Nothing was compared with what was typed: the mark says nothing to anybody.
        course.harness.cases[0].stdin = course.harness.cases[0].stdin.replace(&Sentinel(0).text(), "yes");
    }
    if ends_well(&best) {
        best = scout.go_further(&mut course, survey, best)?;
    }
    if !ends_well(&best) {
        let mut why_not = why_not(&course, request, survey, &best);
        if let Ok(traced) = scout.traced(&course) {
            why_not.push_str(&last_commands(&traced.stderr));
        }
        if scout.late {
            why_not.push_str(
                "\nthe time for the search was up (a minute, or half of --budget): a larger --budget tries more",
            );
        }
        return Ok((course, Some(why_not)));
    }
    if best.calls.is_empty() {
        let why_not = format!(
            "was not swept: its run without a fault ends with exit 0 and calls nothing that could fail{}",
            arguments_hint(request, survey)
        );
        return Ok((course, Some(why_not)));
    }
    Ok((course, None))
}

fn typed_is_settled(course: &Course) -> bool {
    !course.harness.cases[0].stdin.contains(&Sentinel(0).text())
}

fn ends_well(record: &Record) -> bool {
    record.end == End::Code(0)
}

/// How far a run came: whoever makes more different calls came further.
fn reach(record: &Record) -> usize {
    record.calls.iter().map(|call| &call.site).collect::<BTreeSet<_>>().len()
}

/// Whether a run came further than another, or as far and says something else.
fn leads_further(record: &Record, best: &Record) -> bool {
    match reach(record).cmp(&reach(best)) {
        Ordering::Greater => true,
        Ordering::Equal => record.stderr != best.stderr,
        Ordering::Less => false,
    }
}

struct Scout<'g> {
    leave: &'g mut dyn FnMut() -> Leave,
    world: Box<dyn World>,
    runs: usize,
    endless: usize,
    /// Its time is up.
    late: bool,
    /// The calls that were given an answer of their own.
    answered: BTreeSet<Vec<String>>,
    /// Nothing is put into the world: a harness file has no word for it.
    for_a_file: bool,
}

impl Scout<'_> {
    fn spent(&self) -> bool {
        self.late || self.runs >= RUNS || self.endless >= ENDLESS_RUNS
    }

    fn run(&mut self, course: &Course) -> Result<Record, String> {
        self.run_plan(&course.plan(&course.harness.cases[0], None))
    }

    /// The run under `set -x`: its stderr is the trace.
    fn traced(&mut self, course: &Course) -> Result<Record, String> {
        let mut plan = course.plan(&course.harness.cases[0], None);
        plan.command.insert(1, "-x".to_owned());
        self.run_plan(&plan)
    }

    fn run_plan(&mut self, plan: &Plan) -> Result<Record, String> {
        match (self.leave)() {
            Leave::Seek => {}
            Leave::Finish => self.late = true,
            Leave::Stop => return Err("was stopped before a run without a fault ended well".to_owned()),
        }
        self.runs += 1;
        let record = self.world.run(&Plan {
            deadline_ms: SHORT_DEADLINE_MS,
            loop_limit: Some(SHORT_LOOP),
            ..plan.clone()
        })?;
        self.endless += usize::from(record.end == End::TimedOut);
        Ok(record)
    }

    /// Types what the script compares with, line by line: a mark is typed, and the trace tells what it is held against.
    fn type_lines(&mut self, course: &mut Course, survey: &Survey) -> Result<(), String> {
        let mut lines: Vec<String> = Vec::new();
        let mut fallbacks = survey.typed.iter();
        while lines.len() < TYPED_LINES && !self.spent() {
            let mark = Sentinel(lines.len() + 1);
            let rest = std::iter::repeat_n(mark.text(), TYPED_LINES - lines.len());
            let stdin: Vec<String> = lines.iter().cloned().chain(rest).collect();
            course.harness.cases[0].stdin = stdin.join("\n") + "\n";
            let record = self.traced(course)?;
            if let Some(phrase) = typed_phrase(&record.stderr, mark) {
                lines.push(phrase);
                continue;
            }
            if ends_well(&record) {
                break;
            }
            match fallbacks.find(|text| !lines.contains(text)) {
                Some(text) => lines.push(text.clone()),
                None => break,
            }
        }
        // What is typed and not looked at is no word that means something.
        lines.push(Sentinel(0).text());
        course.harness.cases[0].stdin = lines.join("\n") + "\n";
        Ok(())
    }

    /// Puts the files and folders there that the run says it lacks or that it asks for, as long as that leads further.
    fn supply(&mut self, course: &mut Course, survey: &Survey, first: Record) -> Result<Record, String> {
        let mut best = first;
        for _ in 0..LACKED {
            if self.for_a_file || self.spent() {
                break;
            }
            if let Some(record) = self.programs(course, survey, &best)? {
                best = record;
                continue;
            }
            if let Some(record) = self.alive(course, &best)? {
                best = record;
                continue;
            }
            let Some(unaided) = &course.unaided else { break };
            let lacked = lacks(&best.stderr, unaided.start(), &|line| survey.sourced.contains(&line));
            let further = match self.with(course, lacked, &best)? {
                Some(record) => Some(record),
                None if ends_well(&best) => None,
                None => self.asked_for(course, &best)?,
            };
            match further {
                Some(record) => best = record,
                None => break,
            }
        }
        Ok(best)
    }

    /// Puts a file or folder there that the script tests for, where that leads further.
    fn asked_for(&mut self, course: &mut Course, best: &Record) -> Result<Option<Record>, String> {
        let traced = self.traced(course)?;
        for (path, thing) in missing(course, &traced) {
            if let Some(record) = self.with(course, BTreeMap::from([(path, thing)]), best)? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The run with these files and folders, where it leads further: they stay there then.
    fn with(
        &mut self,
        course: &mut Course,
        mut there: BTreeMap<String, There>,
        best: &Record,
    ) -> Result<Option<Record>, String> {
        let Some(unaided) = &mut course.unaided else { return Ok(None) };
        there.retain(|path, thing| {
            unaided.there.get(path).is_none_or(|own| *thing == There::Program && own != thing)
        });
        if there.is_empty() || self.spent() {
            return Ok(None);
        }
        let before = unaided.there.clone();
        unaided.there.extend(there.clone());
        let mut record = self.run(course)?;
        if let Some(unaided) = course.unaided.as_mut().filter(|_| record.stderr.contains(IN_THE_WAY)) {
            unaided.there.clone_from(&before);
            unaided.there.extend(there.into_iter().map(|thing| not_in_the_way(thing, &record.stderr)));
            record = self.run(course)?;
        }
        let better = if ends_well(best) {
            further::comes_further(course, &record, best)
        } else {
            ends_well(&record) || leads_further(&record, best)
        };
        if better {
            return Ok(Some(record));
        }
        course.unaided.iter_mut().for_each(|unaided| unaided.there.clone_from(&before));
        Ok(None)
    }

    /// Tries the script's own folder, and root.
    fn elsewhere(
        &mut self,
        course: &mut Course,
        survey: &Survey,
        script_folder: &str,
        first: Record,
    ) -> Result<Record, String> {
        let mut best = first;
        let asks_for_root = survey.looks_at_user || best.stderr.to_lowercase().contains("root");
        let Some(unaided) = course.unaided.clone() else { return Ok(best) };
        let start = unaided.start();
        let folders = [unaided.folder.clone(), script_folder.to_owned()];
        for folder in folders.iter().take(if start == script_folder { 1 } else { 2 }) {
            for as_root in [false, true].into_iter().take(if asks_for_root { 2 } else { 1 }) {
                if *folder == unaided.folder && !as_root {
                    continue;
                }
                let before = course.unaided.clone();
                if let Some(unaided) = &mut course.unaided {
                    unaided.folder.clone_from(folder);
                    unaided.as_root = as_root;
                }
                let record = self.run(course)?;
                let further =
                    if as_root { leads_further(&record, &best) } else { reach(&record) > reach(&best) };
                if ends_well(&record) || further {
                    best = record;
                } else {
                    course.unaided = before;
                }
                if ends_well(&best) {
                    return Ok(best);
                }
            }
        }
        Ok(best)
    }

    /// Gives the call that answer, in the place of one that was tried before.
    fn answer(&mut self, course: &mut Course, call: &Call, text: &str) {
        let stub = answer(&call.argv, text);
        let stubs = &mut course.harness.stubs;
        if self.answered.insert(call.argv.clone()) {
            stubs.push(stub);
        } else if let Some(own) = stubs.iter_mut().rev().find(|own| own.answer.argv == stub.answer.argv) {
            *own = stub;
        } else {
            stubs.push(stub);
        }
    }

    /// Tries other answers, beginning with the last call: it is the likeliest to have led to the failure.
    fn other_answers(
        &mut self,
        course: &mut Course,
        survey: &Survey,
        first: Record,
    ) -> Result<Record, String> {
        let mut best = first;
        let mut tried: BTreeSet<(usize, usize, usize)> = BTreeSet::new();
        'again: loop {
            for call in best.calls.iter().rev().filter(|call| call.answer == Answer::Guess) {
                let hint = hint_of(course, call);
                let Some(unaided) = &course.unaided else { return Ok(best) };
                let count = unaided.guesses.alternatives(hint, &call.argv);
                let current = unaided.guesses.choices.get(&hint).copied().unwrap_or_default();
                for choice in (0..count).filter(|choice| *choice != current) {
                    if self.spent() || !tried.insert((hint, choice, reach(&best))) {
                        continue;
                    }
                    set_choice(course, hint, choice);
                    let there = course.unaided.as_ref().map(|unaided| unaided.there.clone());
                    let mut record = self.run(course)?;
                    if !ends_well(&record) && lacks_a_file(&record) && !lacks_a_file(&best) {
                        // It has come to something that the run before did not come to.
                        record = self.supply(course, survey, record)?;
                    }
                    if ends_well(&record) {
                        return Ok(record);
                    }
                    if reach(&record) > reach(&best) {
                        best = record;
                        continue 'again;
                    }
                    set_choice(course, hint, current);
                    if let (Some(unaided), Some(there)) = (&mut course.unaided, there) {
                        unaided.there = there;
                    }
                }
            }
            return Ok(best);
        }
    }
}

/// What the shell says of a file that the script makes itself and that is there already (`noclobber`).
const IN_THE_WAY: &str = "cannot overwrite existing file";

/// A thing to be put there; only its folder where the script makes the file.
fn not_in_the_way((path, thing): (String, There), stderr: &str) -> (String, There) {
    match path.rsplit_once('/') {
        Some((folder, name))
            if stderr.lines().any(|line| line.contains(IN_THE_WAY) && line.contains(name)) =>
        {
            (folder.to_owned(), There::Folder)
        }
        _ => (path, thing),
    }
}

/// Whether something said in the run that a file is not there.
fn lacks_a_file(record: &Record) -> bool {
    record.stderr.contains("No such file")
}

/// The files and folders that a traced run asked for and that did not come along, the last first.
fn missing(course: &Course, traced: &Record) -> Vec<(String, There)> {
    let Some(unaided) = &course.unaided else { return Vec::new() };
    let mut asked = asked_for(&traced.stderr, unaided.start());
    asked.retain(|(path, _)| !course.needs.files.iter().any(|(_, own)| own == path));
    asked.truncate(ASKED);
    asked
}

/// An answer to exactly this call.
fn answer(argv: &[String], text: &str) -> DeclaredStub {
    let words: Vec<String> = argv.iter().map(|word| escaped(word)).collect();
    let pattern =
        Pattern::parse(&typed(&words)).unwrap_or_else(|_| Pattern::parse("x").expect("it names a program"));
    let stub = Stub { argv: words, stdout: format!("{text}\n"), ..Stub::default() };
    DeclaredStub { pattern, answer: stub, optional: true, line: 0 }
}

/// The hint of a call; one is made for words that the script puts together while it runs.
fn hint_of(course: &mut Course, call: &Call) -> usize {
    let Some(unaided) = &mut course.unaided else { return 0 };
    if let Some(hint) = unaided.guesses.hint(&call.argv, call.site.at.as_ref()) {
        return hint;
    }
    let (file, line) = call.site.at.clone().unwrap_or_default();
    let captured = matches!(call.output, Output::Pipe | Output::File);
    unaided.guesses.hints.push(Hint {
        words: call.site.argv.iter().map(|word| escaped(word)).collect(),
        file,
        lines: (line, line),
        texts: Vec::new(),
        reader: Reader { captured, ..Reader::default() },
    });
    unaided.guesses.hints.len() - 1
}

fn set_choice(course: &mut Course, hint: usize, choice: usize) {
    if let Some(unaided) = &mut course.unaided {
        unaided.guesses.choices.insert(hint, choice);
    }
}
