//! What a script that ends with a failure may still do where nobody declared it: the rest of its work on other things, and
//! putting back what it had done.
//!
//! Which thing a call is about is told by the green run: the words in which the calls of one command differ (a loop's
//! rounds, a function's calls) name it.

use std::collections::BTreeSet;

use super::Trial;
use crate::commands::Tables;
use crate::trial::effect::{deeds, mutates};
use crate::trial::outline::Outline;
use crate::trial::world::{Answer, Call, Site};

/// Calls, and who carries them.
#[derive(Clone, Copy)]
struct Run<'a> {
    calls: &'a [Call],
    outline: &'a Outline,
}

impl<'a> Run<'a> {
    /// The names in the words of a call, and in those of the call that carries it: `ssh HOST 'a; b'` says to `a` for whom
    /// it is.
    fn names(self, at: usize) -> BTreeSet<&'a str> {
        let call = &self.calls[at];
        let mut carriers = self.calls[..at].iter().rev();
        let carrier = carriers.find(|other| self.outline.is_carried_by(&call.site, &other.site));
        let words = call.site.argv.iter().chain(carrier.into_iter().flat_map(|call| &call.site.argv));
        words.flat_map(|word| names(word)).collect()
    }

    /// The names of the calls of the command that made this one.
    fn rounds_of(self, call: &Call) -> Vec<BTreeSet<&'a str>> {
        let same = |at: &usize| is_of_one_command(call, &self.calls[*at]);
        (0..self.calls.len()).filter(same).map(|at| self.names(at)).collect()
    }
}

impl Trial<'_> {
    /// Whether the call is work on something else than what failed: it is one of several rounds, and names what another
    /// round of the failing command was about, and nothing of what only the failing one was about.
    pub(super) fn is_of_another_item(&self, at: usize) -> bool {
        let outline = self.bench.outline;
        let green = Run { calls: &self.bench.green.calls, outline };
        let run = Run { calls: &self.record.calls, outline };
        let rounds = green.rounds_of(&run.calls[at]);
        let own: BTreeSet<&str> = run
            .names(at)
            .into_iter()
            .filter(|name| rounds.iter().any(|round| !round.contains(name)))
            .collect();
        let failing = run.names(self.fired);
        let named = |names: &BTreeSet<&str>, but: &BTreeSet<&str>| {
            names.difference(but).any(|name| own.iter().any(|other| are_related(name, other)))
        };
        let exactly = |names: &BTreeSet<&str>, but: &BTreeSet<&str>| {
            names.difference(but).any(|name| own.contains(name))
        };
        // Who names the other thing itself does not name the one that is a part of that name (`web` in `web-2`).
        let elsewhere = |round: &BTreeSet<&str>| {
            let is_another = exactly(round, &failing) && !exactly(&failing, round);
            !failing.is_subset(round) && (is_another || named(round, &failing) && !named(&failing, round))
        };
        green.rounds_of(&run.calls[self.fired]).iter().any(elsewhere)
    }

    /// Whether the call is a later step of the work that the failing one is a step of: the rounds of their command do one thing
    /// after the other (`for step in stop wipe start`), or are numbered (`001_users.sql 002_roles.sql`). Those are no things
    /// that know nothing of each other.
    pub(super) fn is_a_later_step(&self, at: usize) -> bool {
        let green = Run { calls: &self.bench.green.calls, outline: self.bench.outline };
        let failing = &self.record.calls[self.fired];
        if !is_of_one_command(failing, &self.record.calls[at]) {
            return false;
        }
        let rounds = green.rounds_of(failing);
        let own: BTreeSet<&str> = { rounds.iter().flatten().copied() }
            .filter(|name| rounds.iter().any(|round| !round.contains(name)))
            .collect();
        let count = |is_so: &dyn Fn(&str) -> bool| own.iter().filter(|name| is_so(name)).count();
        let done = count(&|name| Tables::builtin().is_done(name));
        done > 1 || own.len() > 1 && count(&is_numbered) == own.len()
    }

    /// Whether the call brings the work forward, although what is called has failed: nothing of the kind came before it, so it
    /// is no way back to what was there.
    pub(super) fn goes_forward(&self, at: usize) -> bool {
        let call = &self.record.calls[at];
        let tables = Tables::builtin();
        tables.forward(&call.argv).is_some_and(|word| {
            let before = &self.record.calls[..at];
            !before
                .iter()
                .any(|other| other.program() == call.program() && tables.forward(&other.argv) == Some(word))
        })
    }

    /// Whether the call was begun beside the failing one. Where each round of a loop makes it, and the rounds run beside each
    /// other, it is that of another round where it stands before the failing one, or where one of them is missing.
    pub(super) fn runs_beside(&self, call: &Call) -> bool {
        let outline = self.bench.outline;
        let times = |calls: &[Call]| calls.iter().filter(|other| other.site == call.site).count();
        let in_green = times(&self.bench.green.calls);
        if in_green > 1 && outline.are_of_rounds_beside(&self.fault.site, &call.site) {
            // What a round does before the failing call the failing round has done.
            let first = |site: &Site| self.bench.green.calls.iter().position(|other| other.site == *site);
            return first(&call.site) <= first(&self.fault.site) || times(&self.record.calls) < in_green;
        }
        outline.run_beside(&self.fault.site, &call.site)
    }

    /// Whether the call undoes what the script did before it.
    pub(super) fn puts_back(&self, at: usize) -> bool {
        let calls = &self.record.calls;
        let tables = Tables::builtin();
        let later = &calls[at].site.argv;
        if !tables.may_put_back(later) {
            return false;
        }
        let changes = calls[..at].iter().filter(|other| mutates(self.bench.harness, other));
        let ended_well = |other: &Call| other.answer != Answer::Fault && other.exit == 0;
        let done: Vec<_> = changes
            .map(|other| (other.site.argv.as_slice(), other.stdout.as_str(), ended_well(other)))
            .collect();
        tables.puts_back(&done, later)
    }
}

/// Whether two calls come from the same place, and do the same to what they name: a helper function (`run() { "$@"; }`) makes
/// all its calls at one place.
pub(super) fn is_of_one_command(one: &Call, other: &Call) -> bool {
    one.site.at.is_some() && is_alike(one, other)
}

/// The same, where the place of both may not be known.
pub(super) fn is_alike(one: &Call, other: &Call) -> bool {
    let same = one.site.at == other.site.at && one.program() == other.program();
    same && (one.site.argv == other.site.argv || deeds(one) == deeds(other))
}

/// Whether a name begins with its place in an order: `001_users.sql`, `20-network`, `step2`; not `10.0.0.7` or `2026-01-02`.
fn is_numbered(name: &str) -> bool {
    const ORDERS: [&str; 4] = ["step", "phase", "stage", "part"];
    let rest = name.trim_start_matches(|c: char| c.is_ascii_digit());
    let counted = rest.len() < name.len()
        && rest
            .strip_prefix(['-', '_', '.'])
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic()));
    let said = ORDERS
        .iter()
        .find_map(|order| name.strip_prefix(order))
        .is_some_and(|rest| rest.trim_start_matches(['-', '_']).starts_with(|c: char| c.is_ascii_digit()));
    counted || said
}

/// The names in a word: `root@web-1:/etc/app` has four.
fn names(word: &str) -> impl Iterator<Item = &str> {
    word.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)))
        .map(|name| name.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|name| !name.is_empty())
}

/// Whether one name stands in the other, by itself: `db1` in `db1-all.sql`, not in `db10`.
fn are_related(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    long.match_indices(short)
        .any(|(at, _)| ends(long[..at].chars().next_back()) && ends(long[at + short.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_another_by_itself() {
        for (one, other, related) in [
            ("db1", "db1", true),
            ("db1", "db1-all.sql", true),
            ("10.0.0.1", "10.0.0.10", false),
            ("a", "ab", false),
            ("web-1", "web-2", false),
        ] {
            assert_eq!(are_related(one, other), related, "{one} {other}");
            assert_eq!(are_related(other, one), related, "{other} {one}");
        }
        for numbered in ["001_users.sql", "20-network", "001.sql", "step2", "phase-1", "20260102_roles.sql"] {
            assert!(is_numbered(numbered), "{numbered}");
        }
        for plain in ["10.0.0.7", "2026-01-02", "web-1", "v1.2", "7", "stage", "9a"] {
            assert!(!is_numbered(plain), "{plain}");
        }
        assert_eq!(names("root@web-1:/etc/app/").collect::<Vec<_>>(), ["root", "web-1", "etc", "app"]);
    }
}
