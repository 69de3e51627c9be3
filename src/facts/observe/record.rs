//! How observations are noted: one a place, with what all paths to it have in common.

use crate::commands::Effect;
use crate::source::Span;

use super::super::state::State;
use super::super::value::Place;
use super::{Missing, Observation, Observations, Switched, Unchecked};

impl Observations {
    /// Notes that a command runs: the first one shows which options are in force in time.
    pub(in crate::facts) fn first(&mut self, place: Place, state: &State) {
        match &mut self.first {
            None => self.first = Some((place.span, state.options)),
            Some((span, options)) if *span == place.span && place.file == 0 => {
                *options = options.common(state.options);
            }
            Some(_) => {}
        }
    }

    /// Notes that an option changes.
    pub(in crate::facts) fn switched(&mut self, switched: Switched) {
        if !self.switches.contains(&switched) {
            self.switches.push(switched);
        }
    }

    /// Whether another look at a command that changes nothing would add nothing; it counts as seen again.
    pub(super) fn knows(&mut self, place: Place, at: Span, effect: Effect, dead: bool) -> bool {
        let Some(index) = self.index.get(&(place, at, false)).copied() else { return false };
        let known = self.list.get(index).is_some_and(|known| known.effect == effect && (dead || !known.dead));
        if known && let Some(call) = self.in_calls.last_mut() {
            call.note(index, &self.list[index]);
        }
        known
    }

    pub(in crate::facts) fn record(&mut self, place: Place, observation: Observation) {
        let key = (place, observation.at, observation.writes_file);
        let index = *self.index.entry(key).or_insert(self.list.len());
        if let Some(call) = self.in_calls.last_mut() {
            call.note(index, &observation);
        }
        match self.list.get_mut(index) {
            Some(known) => known.merge(observation),
            None => self.list.push(observation),
        }
        if !self.lacking.is_empty()
            && self.list[index].effect == Effect::Mutate
            && let Some(lacking) = self.lacking.remove(&index)
        {
            self.list[index].missing.add(lacking);
        }
    }

    /// Notes ids that lead to a change which was seen at that place.
    pub(super) fn also_unchecked(&mut self, at: Span, unchecked: Vec<Unchecked>) {
        let changes = |seen: &&mut Observation| seen.at == at && seen.effect == Effect::Mutate && !seen.dead;
        let Some(seen) = self.list.iter_mut().find(changes) else { return };
        for id in unchecked {
            if !seen.unchecked.iter().any(|known| known.name == id.name) {
                seen.unchecked.push(id);
            }
        }
    }

    /// Notes that some path reaches what was seen without one of its gates.
    pub(in crate::facts) fn reached_without(&mut self, index: usize, lacking: Missing) {
        let Some(seen) = self.list.get_mut(index) else { return };
        let noted = match seen.effect {
            Effect::Mutate => &mut seen.missing,
            Effect::Read | Effect::Unknown | Effect::Session => self.lacking.entry(index).or_default(),
        };
        noted.add(lacking);
    }
}

impl Observation {
    fn merge(&mut self, other: Self) {
        if self.dead && !other.dead {
            *self = other;
            return;
        }
        self.effect = self.effect.max(other.effect);
        if other.effect == Effect::Mutate && self.missing == Missing::default() {
            self.words = other.words;
        }
        self.missing.add(other.missing);
        self.unsettled_by = self.unsettled_by.max(other.unsettled_by);
        // Which word it is counts on the words of that path.
        if self.exposed.is_empty() && !other.exposed.is_empty() {
            self.exec_words = other.exec_words;
            self.origin = other.origin;
        }
        for exposure in other.exposed {
            if !self.exposed.iter().any(|known| known.span == exposure.span) {
                self.exposed.push(exposure);
            }
        }
        for id in other.unchecked {
            if !self.unchecked.contains(&id) {
                self.unchecked.push(id);
            }
        }
    }
}
