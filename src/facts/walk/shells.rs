//! Shells: what runs in a copy of one, and the paths on which one ends.

use crate::bash::syntax::Command;

use super::super::outlets::Outlets;
use super::super::state::{State, Switch, settle_further};
use super::super::value::{Place, Value};
use super::{Out, Output, Stdin, Walk};

/// The paths that have ended a shell.
#[derive(Debug, Default)]
pub(in crate::facts) struct Ended {
    /// Each with the status: zero, not zero, or not known.
    pub paths: Vec<(State, Option<bool>)>,
    /// How many were left when they were settled last: paths that differ are compared again only when there are twice as
    /// many.
    settled: usize,
}

impl<'a> Walk<'a> {
    /// Ends the shell on these paths, with a status that is zero, not zero, or not known.
    pub(in crate::facts) fn leave(&mut self, states: Vec<State>, zero: Option<bool>) {
        const MOST_EXITS: usize = 32;
        // Where no shell and no trap is left to see what a path knew, one path of each status tells as much as all.
        let outermost = if self.dead { 2 } else { 1 };
        let shells = self.exits.len();
        if !states.is_empty()
            && let Some(call) = self.observations.in_calls.last_mut()
        {
            call.exits(shells, zero);
        }
        let unseen = self.exits.len() == outermost;
        let Some(exits) = self.exits.last_mut() else { return };
        let states: Vec<State> = states
            .into_iter()
            .filter(|state| {
                !unseen
                    || state.rare.traps.contains_key("EXIT")
                    || !exits.paths.iter().any(|(_, known)| *known == zero)
            })
            .collect();
        exits.paths.extend(states.into_iter().map(|mut state| {
            state.last = zero;
            (state, zero)
        }));
        if exits.paths.len() <= MOST_EXITS.max(2 * exits.settled) {
            return;
        }
        let settled = exits.settled;
        let mut before = std::mem::take(&mut exits.paths);
        let since = before.split_off(settled.min(before.len()));
        let mut joined = Vec::new();
        for status in [Some(true), Some(false), None] {
            let of = |paths: &[(State, Option<bool>)]| -> Vec<State> {
                paths.iter().filter(|(_, zero)| *zero == status).map(|(state, _)| state.clone()).collect()
            };
            let mut same = of(&before);
            same.extend(self.settle_neighbours(of(&since)));
            let mut same = self.settle(same);
            if same.len() > MOST_EXITS / 4 {
                same = settle_further(same, &mut self.symbols);
            }
            joined.extend(same.into_iter().map(|state| (state, status)));
        }
        if let Some(exits) = self.exits.last_mut() {
            *exits = Ended { settled: joined.len(), paths: joined };
        }
    }

    /// Joins paths that agree, neighbours first: those differ in little, so it takes less than to join each into all before it.
    fn settle_neighbours(&mut self, mut states: Vec<State>) -> Vec<State> {
        loop {
            let count = states.len();
            let pairs = states.chunks(2).flat_map(|pair| self.settle(pair.to_vec()));
            states = pairs.collect();
            if states.len() < 2 || states.len() == count {
                return states;
            }
        }
    }

    /// The commands of a pipeline, each in a shell of its own.
    pub(super) fn stages(&mut self, stages: &'a [Command], state: State) -> Out {
        if let Some(first) = stages.first() {
            self.observations.first(self.place(first.span), &state);
        }
        let mut piped: Option<Value> = None;
        let mut last = Out::default();
        let mut may_fail = false;
        let piped_from = self.piped_from;
        for (index, stage) in stages.iter().enumerate() {
            let is_last = index + 1 == stages.len();
            if let Some(value) = piped.take() {
                self.stdins.push(Stdin::Other(value));
            } else {
                self.stdins.push(self.stdins.last().cloned().unwrap_or_default());
            }
            if !is_last {
                self.outputs.push(Output { piped: true, ..Output::default() });
                let outlets = self.outlets.last().map(Outlets::without_stdout);
                self.outlets.extend(outlets);
            }
            last = self.subshell(&state, &mut |walk, inner| walk.command(stage, inner));
            self.stdins.pop();
            if !is_last {
                self.outlets.pop();
                may_fail |= !last.fail.is_empty() && state.options.pipefail != Switch::Off;
                let output = self.outputs.pop().unwrap_or_default();
                let within = |place: &Place| place.file == self.file && stage.span.contains(place.span);
                let printed = output.secret_at.filter(within);
                if index == 0 || printed.is_some() {
                    self.piped_from = Some(printed.unwrap_or_else(|| self.place(stage.span)));
                }
                piped = Some(self.output_value(output, stage.span));
            }
        }
        self.piped_from = piped_from;
        if may_fail {
            last.fail.push(state);
        }
        last
    }

    /// Runs something in a copy of the shell: what it learned remains, what it set does not.
    pub(in crate::facts) fn subshell(
        &mut self,
        state: &State,
        run: &mut dyn FnMut(&mut Self, State) -> Out,
    ) -> Out {
        self.exits.push(Ended::default());
        let loops = std::mem::take(&mut self.loops);
        self.subshells += 1;
        let outlets = self.outlets.last().cloned();
        self.outlets.extend(outlets);
        let stdins = (self.stdins.len(), self.stdins.last().cloned());
        let inner = run(self, state.clone());
        self.stdins.truncate(stdins.0);
        if let (Some(around), Some(stdin)) = (self.stdins.last_mut(), stdins.1) {
            *around = stdin;
        }
        self.outlets.pop();
        self.subshells -= 1;
        self.loops = loops;
        let exited = self.exits.pop().unwrap_or_default().paths;
        let mut adopt = |inner: State| {
            let mut outer = state.clone();
            outer.learn(&inner, &mut self.symbols);
            outer
        };
        let mut out = Out {
            ok: inner.ok.into_iter().map(&mut adopt).collect(),
            fail: inner.fail.into_iter().map(&mut adopt).collect(),
        };
        for (inner, zero) in exited {
            let outer = adopt(inner);
            if zero != Some(false) {
                out.ok.push(outer.clone());
            }
            if zero != Some(true) {
                out.fail.push(outer);
            }
        }
        out.ok = self.settle(out.ok);
        out.fail = self.settle(out.fail);
        out
    }
}
