//! Gives a run what it would have needed, as its trace tells: other answers, other contents of the files that were put there.

use std::collections::BTreeSet;

use super::{Scout, WANTED, ends_well, lacks_a_file, leads_further};
use crate::run::gauntlet::load::Course;
use crate::trial::guess::{Survey, contents, wants};
use crate::trial::world::{Record, There};

impl Scout<'_> {
    /// Tries what the last run would have needed, the likeliest first, as long as that leads further.
    pub(super) fn wanted_answers(
        &mut self,
        course: &mut Course,
        survey: &Survey,
        first: Record,
    ) -> Result<Record, String> {
        let mut best = first;
        let mut tried: BTreeSet<(Vec<String>, String)> = BTreeSet::new();
        'again: for _ in 0..WANTED {
            if self.spent() {
                break;
            }
            // What it has come to now may lack something.
            if lacks_a_file(&best) {
                best = self.supply(course, survey, best)?;
                if ends_well(&best) {
                    return Ok(best);
                }
            }
            let traced = self.traced(course)?;
            for want in wants(&traced.stderr, &traced.calls, &survey.arms).into_iter().take(WANTED) {
                let call = &traced.calls[want.call];
                if self.spent() || !tried.insert((call.argv.clone(), want.stdout.clone())) {
                    continue;
                }
                let before = course.harness.stubs.clone();
                self.answer(course, call, &want.stdout);
                let record = self.run(course)?;
                if ends_well(&record) {
                    return Ok(record);
                }
                if leads_further(&record, &best) {
                    best = record;
                    continue 'again;
                }
                course.harness.stubs = before;
            }
            let there = course.unaided.as_ref().map(|unaided| unaided.there.clone()).unwrap_or_default();
            for (path, text) in contents(&traced.stderr, &there, &survey.arms).into_iter().take(WANTED) {
                if self.spent() || !tried.insert((vec![path.clone()], text.clone())) {
                    continue;
                }
                let Some(unaided) = &mut course.unaided else { break };
                unaided.there.insert(path, There::File(text));
                let record = self.run(course)?;
                if ends_well(&record) {
                    return Ok(record);
                }
                if leads_further(&record, &best) {
                    best = record;
                    continue 'again;
                }
                course.unaided.iter_mut().for_each(|unaided| unaided.there.clone_from(&there));
            }
            break;
        }
        Ok(best)
    }
}
