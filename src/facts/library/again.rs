//! A function that is found out about for everybody and calls itself, as dispatchers do under other options
//! (`set +e; tool "$@"`): nothing was known where its walk began, so what it does then, it does anyway.

use std::rc::Rc;

use super::super::state::{Parameters, State};
use super::super::summary::Company;
use super::super::walk::Walk;

/// Where the walk of such a function began.
#[derive(Debug)]
pub(in super::super) struct Began {
    function: usize,
    from: State,
    company: Company,
    /// How much around it captures output.
    outputs: usize,
    /// The functions around its commands, with itself. What calls it from another function would be found out about by halves.
    frames: usize,
}

impl Walk<'_> {
    /// Notes that the walk of a function begins, of whose caller nothing is known but the words.
    pub(super) fn begins(&mut self, function: usize, words: &Rc<Parameters>, start: &State) {
        let mut from = start.clone();
        from.params = Rc::clone(words);
        self.began = Some(Began {
            function,
            from,
            company: self.company(),
            outputs: self.outputs.len(),
            frames: self.frames.len(),
        });
    }

    /// Whether a call comes back to where the walk began, with nothing that was not taken into account there.
    pub(in super::super) fn comes_back(
        &mut self,
        index: usize,
        given: &Rc<Parameters>,
        state: &State,
    ) -> bool {
        let company = self.company();
        let Some(began) = &self.began else { return false };
        began.function == index
            && began.frames == self.frames.len()
            && began.outputs == self.outputs.len()
            && began.company == company
            && !given.list.iter().chain(&given.rest).any(|value| value.secret.is_some())
            && began.from.functions.same(&state.functions)
            && began.from.reads_the_same_input(state)
            && stands_for(&began.from.params, given)
    }
}

/// Whether any words of which the first are these may be those.
fn stands_for(any: &Parameters, given: &Parameters) -> bool {
    any.list.len() <= given.list.len()
        && any.list.iter().zip(&given.list).all(|(any, given)| any.text == given.text)
}
