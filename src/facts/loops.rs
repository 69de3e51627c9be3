//! Loops: rounds until nothing new is learned.

use std::rc::Rc;

use crate::bash::syntax::{For, While};

use super::state::{State, symbol_mark};
use super::value::{Content, MOST_CHOICES, Place, Source, Value};
use super::walk::{Jumps, Out, Walk};

/// A loop's head: splits the paths into those that end the loop and those that go on.
type Head<'h, 'a> = &'h mut dyn FnMut(&mut Walk<'a>, Vec<State>) -> (Vec<State>, Vec<State>);

/// A loop's body.
type Body<'h, 'a> = &'h mut dyn FnMut(&mut Walk<'a>, Vec<State>) -> Vec<State>;

impl<'a> Walk<'a> {
    pub(super) fn while_loop(&mut self, repeat: &'a While, mut state: State) -> Out {
        Self::nothing_typed(repeat, &mut state);
        let condition = &repeat.condition;
        let body = &repeat.body;
        let until = repeat.until;
        let items = Self::read_by(condition);
        let before = state.named_so_far();
        let mut again = false;
        let mut turns = super::turns::Read::new(&items, &state);
        self.repeat(
            vec![state],
            &mut |walk, mut states| {
                walk.begin_read(&mut turns, &mut states);
                let mut tested = walk.sequence(condition, states, true);
                if std::mem::replace(&mut again, true) {
                    for state in &mut tested.ok {
                        for name in &items {
                            state.next_item(name, &before);
                        }
                    }
                }
                let (mut ends, mut goes) =
                    if until { (tested.ok, tested.fail) } else { (tested.fail, tested.ok) };
                walk.end_read(&mut turns, &mut ends, &mut goes);
                (ends, goes)
            },
            &mut |walk, states| walk.sequence(body, states, false).both(),
        )
    }

    /// Runs a loop until nothing new is learned. `head` splits the paths into those that end and those that go on.
    ///
    /// The paths that enter for the first time are kept apart from those that come round again, so that "the list
    /// was empty" and "every item was seen" stay two different pasts.
    pub(super) fn repeat(&mut self, states: Vec<State>, head: Head<'_, 'a>, body: Body<'_, 'a>) -> Out {
        const MOST_ROUNDS: usize = 4;
        // Past the budget, what is nested deeper than this comes round once only.
        const DEEP: usize = 2;
        let states = self.settle(states);
        let (mut done, mut heads) = self.round(states, head, body);
        let mut ends = Vec::new();
        for round in 1..=MOST_ROUNDS {
            if heads.is_empty() {
                break;
            }
            if self.budget == 0 && self.loops.len() >= DEEP {
                ends.clone_from(&heads);
                break;
            }
            let (round_ends, next) = self.round(heads.clone(), head, body);
            ends = round_ends;
            let mut all = heads.clone();
            all.extend(next);
            let all = self.settle(all);
            if all == heads {
                break;
            }
            heads = all;
            // What the last round has learned is there when the loop ends, too.
            if round == MOST_ROUNDS || self.budget == 0 {
                self.loops.push(Jumps::default());
                ends.extend(head(self, heads).0);
                let mut jumps = self.loops.pop().unwrap_or_default();
                self.leave_turns(&jumps.items, &mut jumps.breaks);
                ends.extend(jumps.breaks);
                break;
            }
        }
        done.extend(ends);
        Out { ok: self.settle(done), fail: Vec::new() }
    }

    /// One round of a loop: the paths that end it, and those that come round again.
    fn round(
        &mut self,
        heads: Vec<State>,
        head: Head<'_, 'a>,
        body: Body<'_, 'a>,
    ) -> (Vec<State>, Vec<State>) {
        self.loops.push(Jumps::default());
        let returned = self.returned_so_far();
        let (mut ends, goes) = head(self, heads);
        let goes = self.settle(goes);
        let mut next = if goes.is_empty() { Vec::new() } else { body(self, goes) };
        let mut jumps = self.loops.pop().unwrap_or_default();
        next.extend(jumps.continues);
        for item in &jumps.items {
            for state in &mut next {
                state.end_turn(*item, &mut self.symbols);
            }
        }
        self.leave_turns(&jumps.items, &mut jumps.breaks);
        self.returned_within(&jumps.items, returned);
        ends.extend(jumps.breaks);
        (ends, self.settle(next))
    }

    /// `select`: what is chosen is one of the words or, for any other answer, empty; and nobody typed it.
    pub(super) fn select(&mut self, each: &'a For, mut state: State) -> Out {
        let place = self.place(each.variable.span);
        let typed = Value::unknown(self.symbols.of(Source::Computed(place)));
        state.set("REPLY", Content::Scalar(typed));
        let mut items = self.items(each, &mut state);
        items.push(Value::default());
        self.any_rounds(each, &items, state)
    }

    pub(super) fn for_loop(&mut self, each: &'a For, mut state: State) -> Out {
        let items = self.items(each, &mut state);
        let known = items.iter().all(|item| !item.splits);
        if known && items.len() <= 6 && self.budget > 0 {
            return self.unrolled(each, &items, state);
        }
        self.any_rounds(each, &items, state)
    }

    /// The words that a loop goes through.
    fn items(&mut self, each: &'a For, state: &mut State) -> Vec<Value> {
        let mut items = Vec::new();
        if let Some(words) = &each.words {
            for word in words {
                items.extend(self.fields(word, state));
            }
        } else {
            items.extend(state.params.list.iter().cloned());
            items.extend(state.params.rest.clone().map(|rest| rest.with(|rest| rest.splits = true)));
        }
        items
    }

    /// A loop of which each round has any of the words.
    fn any_rounds(&mut self, each: &'a For, items: &[Value], state: State) -> Out {
        let variable: Rc<str> = Rc::from(each.variable.name.as_str());
        let place = self.place(each.variable.span);
        let body = &each.body;
        let known = items.iter().all(|item| !item.splits);
        let (element, same_list) = self.any_item(items, place);
        let in_turns = element.symbol().filter(|sym| same_list && self.ids && !state.checked.contains(sym));
        let before = state.named_so_far();
        let mut again = false;
        let some = format!("some {}", element.syms.first().map_or_else(String::new, |sym| symbol_mark(*sym)));
        self.repeat(
            vec![state],
            &mut |walk, states| {
                let mut ends = Vec::new();
                let mut goes = Vec::new();
                walk.in_hand(in_turns);
                let comes_round = std::mem::replace(&mut again, true);
                for mut state in states {
                    let mut entering = state.clone();
                    if known || entering.assume(&some, true) {
                        // The next item is another one: tests of the last say nothing of it.
                        element.syms.iter().for_each(|sym| entering.forget_outcomes(*sym));
                        entering.assume(&some, true);
                        if !same_list {
                            element.syms.iter().for_each(|sym| entering.renew(*sym, &mut walk.symbols));
                            entering.assume(&some, true);
                        }
                        if let Some(item) = in_turns {
                            entering.begin_turn(item, &variable, !comes_round, &mut walk.symbols);
                        }
                        if let (true, Some(sym)) = (list_checked(items, &entering), element.symbol()) {
                            entering.check(sym);
                        }
                        let content = Content::Scalar(element.clone());
                        let content = walk.stored(&variable, content, place, &mut entering);
                        entering.given(&variable, &content, false);
                        entering.set(&variable, content);
                        if comes_round {
                            entering.next_item(&variable, &before);
                        }
                        goes.push(entering);
                    }
                    if comes_round || (!known && state.assume(&some, false)) {
                        if let Some(item) = in_turns.filter(|_| !comes_round) {
                            // Of no items, each has passed.
                            state.check(item);
                        }
                        walk.words_checked(&mut state);
                        ends.push(state);
                    }
                }
                (ends, goes)
            },
            &mut |walk, states| walk.sequence(body, states, false).both(),
        )
    }

    /// A loop over a few known words, one round each.
    fn unrolled(&mut self, each: &'a For, items: &[Value], state: State) -> Out {
        let variable: Rc<str> = Rc::from(each.variable.name.as_str());
        let place = self.place(each.variable.span);
        let mut states = vec![state];
        let mut done = Vec::new();
        for item in items {
            for state in &mut states {
                let content = self.stored(&variable, Content::Scalar(item.clone()), place, state);
                state.given(&variable, &content, false);
                state.set(&variable, content);
            }
            self.loops.push(Jumps::default());
            let next = self.sequence(&each.body, states, false).both();
            let jumps = self.loops.pop().unwrap_or_default();
            done.extend(jumps.breaks);
            states = next;
            states.extend(jumps.continues);
            states = self.settle(states);
            if states.is_empty() {
                break;
            }
        }
        states.extend(done);
        Out { ok: self.settle(states), fail: Vec::new() }
    }

    /// The value that stands for every item of a list, and whether a second loop over the same list would see the
    /// same items.
    fn any_item(&mut self, items: &[Value], place: Place) -> (Value, bool) {
        if let [single] = items
            && let Some(sym) = single.symbol()
        {
            let element = self.symbols.of(Source::Element(sym));
            let element = single.clone().with(|value| {
                value.syms = vec![element];
                value.splits = false;
            });
            return (element, true);
        }
        let sym = self.symbols.of(Source::Computed(place));
        // Joined with one that is as no other, so that the value is not known even where all items are the same.
        let unlike = Value::known("\u{0}");
        let joined = items.iter().fold(unlike, |so_far, item| so_far.join(item, sym));
        let mut value = if items.is_empty() { Value::unknown(sym) } else { joined };
        value.fallbacks.clear();
        value.choices = match items.iter().map(|item| item.constant().map(str::to_owned)).collect() {
            Some(texts) if items.len() <= MOST_CHOICES => texts,
            _ => Vec::new(),
        };
        value.splits = false;
        value.typed = false;
        value.own_file = items.iter().all(|item| item.surely_own());
        (value, false)
    }
}

/// Whether every item is known or has passed an id check.
fn list_checked(items: &[Value], state: &State) -> bool {
    items.iter().all(|item| {
        item.constant().is_some() || item.symbol().is_some_and(|sym| state.checked.contains(&sym))
    })
}
