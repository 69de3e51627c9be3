//! Calls that are not followed where they stand, because too many others are around them or the function is running already:
//! they are followed when the script has ended, with what was known at them.

use std::rc::Rc;

use super::calls::Line;
use super::outlets::Outlets;
use super::state::{Reads, State};
use super::summary::{Call, Company};
use super::walk::{Ended, Frame, Stdin, Walk};

/// A call that waits.
pub(super) struct Waiting {
    line: Line,
    /// What is known there; the parameters are the function's own.
    from: State,
    outlets: Option<Outlets>,
    stdin: Option<Stdin>,
    /// The call in the script that led there.
    led: Option<Frame>,
    subshells: u32,
    remote: u32,
}

impl Waiting {
    fn company(&self) -> Company {
        Company::new(self.outlets.as_ref(), self.stdin.as_ref())
    }
}

impl Walk<'_> {
    /// Puts a call off.
    pub(super) fn put_off(&mut self, function: usize, line: &Line, from: State) {
        // What waits for one function beyond this is joined.
        const MOST_WAITING: usize = 4;
        // What a file's functions do is found out for each, and of what nothing calls only secrets matter.
        if self.alone || self.dead || matches!(self.look(function, &from), Call::Seen(_)) {
            return;
        }
        let company = self.company();
        let waiting = self.waiting.entry(function).or_default();
        let mut alike =
            waiting.iter_mut().filter(|waiting| waiting.company() == company && waiting.from.is_alike(&from));
        if let Some(last) = alike.nth(MOST_WAITING - 1) {
            last.from = last.from.widened(&from, &Reads::everything(), &mut self.symbols);
            return;
        }
        let led = self.frames.iter().rfind(|frame| frame.call.file == 0).cloned();
        waiting.push(Waiting {
            line: line.clone(),
            from,
            outlets: self.outlets.last().cloned(),
            stdin: self.stdins.last().cloned(),
            led,
            subshells: self.subshells,
            remote: self.remote,
        });
    }

    /// Follows the calls that wait, and those that are put off meanwhile: of each function no more than differ.
    pub(super) fn follow_put_off(&mut self) {
        let around = (std::mem::take(&mut self.outlets), std::mem::take(&mut self.stdins));
        while let Some((function, mut waiting)) = self.waiting.pop_first() {
            let Some(Waiting { line, from, outlets, stdin, led, subshells, remote }) = waiting.pop() else {
                continue;
            };
            self.waiting.insert(function, waiting);
            (self.outlets, self.stdins) = (outlets.into_iter().collect(), stdin.into_iter().collect());
            let (from, joined) = match self.look(function, &from) {
                Call::Seen(_) => continue,
                Call::Differs => (from, false),
                Call::Join(from) => (from, true),
            };
            let Some(body) = self.body_of(function) else { continue };
            let given = Rc::clone(&from.params);
            self.frames = led.into_iter().collect();
            (self.subshells, self.remote) = (subshells, remote);
            self.exits.push(Ended::default());
            self.follow(function, body, &line, &given, from, joined);
            self.exits.pop();
        }
        (self.outlets, self.stdins) = around;
        self.frames.clear();
        (self.subshells, self.remote) = (0, 0);
    }
}
