//! What is to be done about a call: whether walks have shown what it does.

use std::rc::Rc;

use super::super::calls::Line;
use super::super::state::{Parameters, State};
use super::super::value::{Flow, StepKind};
use super::super::walk::Walk;
use super::{Call, Company, Ends};

/// What is to be done about a call.
pub(in super::super) enum Course {
    /// Nothing is known of the function, or its caller matters.
    New,
    /// It comes with something that no walk came with: it is walked.
    Walk,
    /// So does it, as did many before it: what stands for all of them is walked, from there.
    Join(State),
    /// It is summed up; how the walks came out that came with the same.
    Sum(Option<Ends>),
}

impl Walk<'_> {
    /// What is to be done about a call.
    pub(in super::super) fn course(
        &mut self,
        index: usize,
        line: &Line,
        params: &Rc<Parameters>,
        state: &State,
    ) -> Course {
        const ENOUGH_WALKS: u32 = 12;
        const LARGE: u32 = 40;
        const SMALL: u32 = 16;
        const MIDDLING: u32 = 32;
        const MOST_HANDED_ON: usize = 3;
        let Some(summary) = self.summaries.get(&index) else { return Course::New };
        let known = summary.walks >= ENOUGH_WALKS && summary.cost >= LARGE;
        if !known && self.budget > 0 {
            return Course::New;
        }
        // Past the budget the small ones that tell of their arguments are walked all the same: they check, or get a secret.
        let secret = || line.args().iter().any(|value| value.secret.is_some());
        if summary.cost <= SMALL && (summary.guards || secret()) {
            return Course::New;
        }
        // What runs the words that it is given does something else at each call. What it runs is no part of its length.
        if summary.hands_on && summary.own_cost <= MIDDLING && self.handed_on() < MOST_HANDED_ON {
            return Course::New;
        }
        // Only secrets are looked for in what nothing calls.
        if self.dead && !secret() {
            return Course::Sum(None);
        }
        let mut from = state.clone();
        from.params = Rc::clone(params);
        match self.look(index, &from) {
            Call::Seen(ends) => Course::Sum(Some(ends)),
            Call::Differs => Course::Walk,
            Call::Join(from) => Course::Join(from),
        }
    }

    /// What walks have shown of a call that starts from there.
    pub(in super::super) fn look(&mut self, index: usize, from: &State) -> Call {
        // Where each function is walked with any words anyway, what stands for all tells as much as each.
        let few = if self.alone { 0 } else { 2 };
        let company = self.company();
        let summary = self.summaries.get(&index);
        summary.map_or(Call::Differs, |summary| summary.starts.look(from, company, few, &mut self.symbols))
    }

    /// What the command in hand finds around it.
    pub(in super::super) fn company(&self) -> Company {
        Company::new(self.outlets.last(), self.stdins.last())
    }

    /// How many functions around run the words that they were given.
    fn handed_on(&self) -> usize {
        let functions = self.frames.iter().filter_map(|frame| self.summaries.get(&frame.function?));
        functions.filter(|summary| summary.hands_on).count()
    }

    /// Whether a function that is summed up runs the words that it is given.
    pub(in super::super) fn hands_words_on(&self, index: usize) -> bool {
        self.summaries.get(&index).is_some_and(|summary| summary.hands_on)
    }

    /// Whether it may, where no walk has shown otherwise.
    pub(in super::super) fn may_hand_words_on(&self, index: usize) -> bool {
        self.summaries.get(&index).is_none_or(|summary| summary.hands_on)
    }

    /// How much was printed before a function is walked: whether a secret was, and how many values.
    pub(in super::super) fn printed_so_far(&self) -> (bool, usize) {
        self.outputs.last().map_or((false, 0), |output| (output.secret.is_some(), output.values.len()))
    }

    /// Notes the secret that a function has printed since.
    pub(in super::super) fn note_printed(&mut self, index: usize, (secret, values): (bool, usize)) {
        let Some(output) = self.outputs.last() else { return };
        let since = output.values.get(values..).unwrap_or_default();
        let own = output.secret.clone().filter(|_| !secret);
        let Some(flow) = since.iter().find_map(|value| value.secret.clone()).or(own) else { return };
        let name = self.definitions[index].name;
        let given =
            flow.steps().iter().any(|step| step.kind == StepKind::Passed && step.subject.as_ref() == name);
        let Some(summary) = self.summaries.get_mut(&index) else { return };
        if given {
            summary.prints_given = true;
        } else {
            summary.prints.get_or_insert(flow);
        }
    }

    /// What a call that is not walked prints.
    pub(in super::super) fn prints(&mut self, index: usize, line: &Line) {
        let Some(output) = self.outputs.last_mut() else { return };
        output.opaque = true;
        let Some(summary) = self.summaries.get(&index) else { return };
        let given = || line.args().iter().find_map(|value| value.secret.clone());
        if output.secret.is_none() {
            let printed: Option<Rc<Flow>> = summary.prints.clone();
            output.secret = printed.or_else(|| given().filter(|_| summary.prints_given));
        }
    }
}
