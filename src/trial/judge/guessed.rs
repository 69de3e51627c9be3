//! What counts where nobody wrote a harness: nothing is declared, so the run itself must show that the script noticed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Trial;
use super::rounds::{is_alike, is_of_one_command};
use crate::commands::{Effect, Tables};
use crate::fault::{FaultKind, Persistence};
use crate::trial::calls::{place, shown};
use crate::trial::effect::{commands, mutates};
use crate::trial::guess::{Guesses, PACKERS};
use crate::trial::unaided;
use crate::trial::world::{Answer, Call, End, Output, Site};

/// What became of an answer that said nothing.
enum Fate<'a> {
    /// Nobody took it for an answer.
    Nowhere,
    /// This call was given it, and would have failed where its answer is not guessed.
    Refused(&'a Call),
    /// This change was made with it.
    Taken(&'a Call),
}

impl Trial<'_> {
    /// Why exit 0 is right after the fault, where it is.
    pub(super) fn noticed(&self) -> Option<String> {
        let guesses = self.bench.guesses?;
        let call = self.bench.green.calls.get(self.at)?;
        let (argv, at) = (&call.argv, call.site.at.as_ref());
        let (record, green) = (&self.record.calls, &self.bench.green.calls);
        if let Some(rest) = unaided::recovered(self.fault, &record[self.fired + 1..], record, green) {
            return Some(rest);
        }
        match self.fault.kind {
            FaultKind::Interrupt(_) => None,
            _ if Tables::builtin().notices().dresses(call.program()) => {
                Some("; it only dresses what a terminal shows, exit 0".to_owned())
            }
            _ if Tables::builtin().notices().takes_down(call.program())
                && self.bench.outline.reads_output(&call.site) =>
            {
                Some("; it only takes down what the script says, and `>(...)` tells nobody how it ends, exit 0".to_owned())
            }
            FaultKind::Absent
                if guesses.is_tested(argv, at)
                    && !self.asked_in_vain()
                    && self.went_another_way()
                    && self.may_be_absent(call) =>
            {
                Some("; the script tests for that, and went another way with exit 0".to_owned())
            }
            FaultKind::Empty
                if !self.asked_in_vain()
                    && self.mutation_after().is_none()
                    && !self.loses_a_document(call, guesses)
                    && !self.changes_otherwise(call, guesses)
                    && !unaided::complains(&self.record.stderr, &self.bench.green.stderr)
                    && (!guesses.is_compared(argv, at)
                        || Tables::builtin().empty_is_valid(argv)
                        || self.went_another_way()) =>
            {
                Some(match self.fate_of_nothing() {
                    Fate::Refused(by) => format!(
                        "; `{}` at {} is given nothing, which it refuses as a guess does not",
                        shown(&by.argv),
                        place(&by.site)
                    ),
                    Fate::Nowhere | Fate::Taken(_) => {
                        "; no change took the empty answer for one, and all went on with exit 0".to_owned()
                    }
                })
            }
            _ => None,
        }
    }

    /// Whether the call only asks, always with a document for an answer, and the green run makes changes after it: with
    /// nothing in its place the script left them out, or made them without knowing. No list of a document is so empty.
    fn loses_a_document(&self, call: &Call, guesses: &Guesses) -> bool {
        let document = serde_json::from_str::<Value>(&call.stdout)
            .is_ok_and(|value| value.is_object() || value.is_array());
        let harness = self.bench.harness;
        document
            && !mutates(harness, call)
            && !Tables::builtin().empty_is_valid(&call.argv)
            && !guesses.may_be_nothing(&call.argv, call.site.at.as_ref())
            && self.green_later().iter().any(|other| mutates(harness, other) && !unaided::notifies(other))
    }

    /// Whether a tool that only asks, and always says something, said nothing, and the script made a change for it that the
    /// green run has not: it took that for another answer. Who looks whether there is one knows that it may be none.
    fn changes_otherwise(&self, call: &Call, guesses: &Guesses) -> bool {
        let harness = self.bench.harness;
        let green = &self.bench.green.calls;
        let is_new = |other: &&Call| {
            mutates(harness, other)
                && !green.iter().any(|own| own.site.at == other.site.at && own.program() == other.program())
                && !unaided::notifies(other)
                && !self.bench.outline.cleans_up(other)
        };
        !mutates(harness, call)
            && !Tables::builtin().empty_is_valid(&call.argv)
            && !guesses.is_looked_at(&call.argv, call.site.at.as_ref())
            && self.after().any(|other| is_new(&other))
    }

    /// Whether the script asked again and again, more often than in the green run, and went on in the end: it waited for
    /// something, and does not know that it has not come.
    fn asked_in_vain(&self) -> bool {
        let times = |calls: &[Call]| calls.iter().filter(|call| call.site == self.fault.site).count();
        self.fault.persistence == Persistence::Forever
            && times(&self.record.calls) > times(&self.bench.green.calls)
    }

    fn green_later(&self) -> &[Call] {
        self.bench.green.calls.get(self.at + 1..).unwrap_or_default()
    }

    /// Whether the script did something else after the fault than in the green run, but for the failing call itself; or
    /// changed nothing.
    fn went_another_way(&self) -> bool {
        fn sites<'c>(calls: impl Iterator<Item = &'c Call>, but: &Site) -> Vec<&'c Site> {
            let mut sites: Vec<&Site> =
                calls.map(|call| &call.site).filter(|site| site.argv != but.argv).collect();
            sites.sort_unstable();
            sites
        }
        let own = &self.fault.site;
        let changes = |call: &Call| call.site.argv != own.argv && mutates(self.bench.harness, call);
        let (all, green) = (self.record.calls.iter(), self.bench.green.calls.iter());
        !self.after().any(changes) || sites(all, own) != sites(green, own)
    }

    /// Whether the script may go on without what the call works on: it only asks for that, or takes it away; or the script
    /// did the work in another way, and all that comes after it too. A change that came to nothing is not undone by going
    /// no further, nor by putting back what came before it.
    fn may_be_absent(&self, call: &Call) -> bool {
        if !mutates(self.bench.harness, call) || Tables::builtin().takes_away(&call.argv) {
            return true;
        }
        let own = &self.fault.site;
        let changes = |calls: &[Call]| -> BTreeSet<Site> {
            let changes = calls.iter().filter(|call| call.site != *own && mutates(self.bench.harness, call));
            changes.map(|call| call.site.clone()).collect()
        };
        let (after, green) = (changes(&self.record.calls[self.fired + 1..]), changes(self.green_later()));
        let mut others = after.difference(&green);
        after.is_superset(&green) && others.any(|site| !Tables::builtin().takes_away(&site.argv))
    }

    /// Whether a tool answered nothing, with exit 0, where nobody said what it must answer. That is no failure by
    /// itself: what counts is what was done with it.
    pub(super) fn guessed_empty(&self) -> bool {
        self.bench.harness.guessed && self.fault.kind == FaultKind::Empty
    }

    /// The first change that was made with nothing in the place of the answer.
    pub(super) fn change_without_the_answer(&self) -> Option<&Call> {
        match self.fate_of_nothing() {
            Fate::Taken(by) => Some(by),
            Fate::Nowhere | Fate::Refused(_) => None,
        }
    }

    /// What became of an answer that said nothing: a change may be made with nothing in its place, in its words, on its stdin, in
    /// a file that it was given, or in what another tool made of it.
    fn fate_of_nothing(&self) -> Fate<'_> {
        let calls = &self.record.calls;
        let mut refused = None;
        let mut without: BTreeSet<usize> = BTreeSet::from([self.fired]);
        for (at, call) in calls.iter().enumerate().skip(self.fired + 1) {
            if call.answer == Answer::Fault {
                without.insert(at);
                continue;
            }
            let in_its_words = self.lacks_the_answer(call) && !self.is_refused_by_xargs(call);
            let took = in_its_words
                || call.given.iter().any(|from| without.contains(from))
                || without.iter().any(|from| *from != self.fired && feeds(&calls[*from], call))
                || self.reads_without_the_answer(call);
            // Who reads a stream and finds its end at once says so, but for those to whom nothing is a text like another.
            let stream = || call.stdin.as_ref().is_none_or(|stdin| stdin.trim().is_empty());
            let staged = || {
                self.bench.outline.are_stages(&self.fault.site, &call.site)
                    && stream()
                    && !takes_nothing(call)
            };
            if !took {
                continue;
            }
            if !in_its_words && self.changes(call) && staged() {
                refused = refused.or(Some(call));
                continue;
            }
            if says_so_of_nothing(call, &without) {
                return Fate::Refused(call);
            }
            let session = || Tables::builtin().effect(&call.argv) == Effect::Session;
            // A clean-up that finds no name for what it shall clean up leaves that: no matter where the script fails for it.
            let tidies = || {
                unaided::notifies(call)
                    || self.bench.outline.cleans_up(call)
                        && !(in_its_words && self.record.end == End::Code(0))
            };
            if (self.changes(call) || session()) && !tidies() {
                return Fate::Taken(call);
            }
            without.insert(at);
        }
        refused.map_or(Fate::Nowhere, Fate::Refused)
    }

    /// Whether the call changes something, or would if it had been given what it is given in the green run: a client that is
    /// told nothing does nothing, and says that all is well.
    fn changes(&self, call: &Call) -> bool {
        let harness = self.bench.harness;
        let told =
            |other: &Call| other.site == call.site && (mutates(harness, other) || !other.given.is_empty());
        mutates(harness, call) || takes_nothing(call) && self.bench.green.calls.iter().any(told)
    }

    /// Whether the call is one of the green run with the failing call's answer gone from its words.
    fn lacks_the_answer(&self, call: &Call) -> bool {
        let Some(answer) = self.missing_answer() else { return false };
        let green = &self.bench.green.calls;
        let like = |other: &&Call| other.site.at == call.site.at && other.program() == call.program();
        if green.iter().filter(like).any(|other| other.argv == call.argv) {
            return false;
        }
        green.iter().filter(like).any(|other| unaided::is_without(&other.argv, answer, &call.argv))
    }

    /// Whether `xargs` made the call of nothing, so that the words are gone that name what is to be changed: whoever needs
    /// some says so.
    fn is_refused_by_xargs(&self, call: &Call) -> bool {
        let whole = |other: &Call| {
            other.site.at == call.site.at
                && other.program() == call.program()
                && other.argv.starts_with(&call.argv)
                && other.argv.len() > call.argv.len()
        };
        self.bench.outline.are_stages(&self.fault.site, &call.site)
            && self.bench.green.calls.iter().any(whole)
    }

    /// The same of what it reads on its stdin.
    fn reads_without_the_answer(&self, call: &Call) -> bool {
        let Some(answer) = self.missing_answer() else { return false };
        let same = self.bench.green.calls.iter().filter(|other| other.site == call.site);
        same.filter_map(|other| other.stdin.as_deref().zip(call.stdin.as_deref()))
            .any(|(green, own)| unaided::text_is_without(green, answer, own))
    }

    fn missing_answer(&self) -> Option<&str> {
        self.bench.green.calls.get(self.at).map(|failing| failing.stdout.as_str())
    }

    /// Whether somebody makes the call who was begun before the fault, or whom the signal does not stop: it is for the
    /// script.
    pub(super) fn goes_on_by_itself(&self, call: &Call) -> bool {
        let before = call.begun.is_some_and(|begun| begun <= self.fired);
        if before || self.bench.outline.was_begun(&self.fault.site, &call.site) {
            return true;
        }
        let FaultKind::Interrupt(how) = self.fault.kind else { return false };
        self.bench.outline.goes_on(&self.fault.site, &call.site, how)
    }

    /// Where nobody declared what puts things back: a command that the green run never comes to, in a run that ends
    /// with a failure, is the script's answer to it. So is a message to somebody. And who does the same to several things may
    /// do it to the others.
    pub(super) fn answers_the_failure(&self, at: usize) -> bool {
        let (call, failing) = (&self.record.calls[at], &self.record.calls[self.fired]);
        if unaided::notifies(call) {
            return true;
        }
        // The other rounds of a loop that says at its end that one failed; `xargs` does no other.
        let another_round = || is_of_one_command(failing, call) && failing.site.argv != call.site.argv;
        let of_the_failure =
            || !self.bench.green.calls.iter().any(|other| is_alike(other, call)) && !self.goes_forward(at);
        self.record.end != End::Code(0)
            && ((another_round() || self.is_of_another_item(at)) && !self.is_a_later_step(at)
                || of_the_failure()
                || self.puts_back(at))
    }
}

/// Whether one call reads on its stdin what another printed.
fn feeds(from: &Call, to: &Call) -> bool {
    let said = from.stdout.trim();
    from.output == Output::Pipe
        && !said.is_empty()
        && to.stdin.as_ref().is_some_and(|stdin| stdin.trim() == said)
}

/// Whether nothing on its stdin is to a call, or to a command that it carries, a text like another.
fn takes_nothing(call: &Call) -> bool {
    let tables = Tables::builtin();
    tables.takes_nothing(&call.argv) || commands(call).iter().any(|argv| tables.takes_nothing(argv))
}

/// Whether a tool whose answer is guessed would have failed: what it is given is empty.
fn says_so_of_nothing(call: &Call, without: &BTreeSet<usize>) -> bool {
    let tables = Tables::builtin();
    let file = call.given.iter().any(|from| without.contains(from));
    let nothing = file || call.stdin.as_ref().is_some_and(|stdin| stdin.trim().is_empty());
    let looks = || {
        // A text tool works on nothing as on any other text.
        !tables.real_tools().iter().any(|name| name == call.program())
            && (tables.effect(&call.argv) < Effect::Session && !PACKERS.contains(&call.program())
                || tables.effect(&call.argv) == Effect::Unknown && file)
    };
    nothing
        && call.answer == Answer::Guess
        && !takes_nothing(call)
        && (tables.refuses_nothing(&call.argv) || looks())
}
