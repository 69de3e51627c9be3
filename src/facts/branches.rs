//! `if` and `case`: which paths enter which branch.

use crate::bash::syntax::{ArmEnd, Case, If, Word};

use super::state::{State, Switch, symbol_mark};
use super::walk::{Out, Walk};

/// Stands between a value and the words one of which it is.
pub(super) const AMONG: &str = " among ";

/// The words of a `case` arm that lets through nothing but one of several.
fn words_of(patterns: &[Word]) -> Option<String> {
    let words: Option<Vec<String>> =
        patterns.iter().map(|word| word.plain().filter(|text| !text.contains(['*', '?', '[']))).collect();
    words.filter(|words| words.len() > 1).map(|words| words.join("|"))
}

impl<'a> Walk<'a> {
    pub(super) fn conditional(&mut self, conditional: &'a If, state: State) -> Out {
        let mut waiting = vec![state];
        let mut out = Out::default();
        for (condition, body) in &conditional.branches {
            if waiting.is_empty() {
                break;
            }
            let tested = self.sequence(condition, waiting, true);
            if !tested.ok.is_empty() {
                out.extend(self.sequence(body, tested.ok, false));
            }
            waiting = tested.fail;
        }
        match &conditional.otherwise {
            Some(body) if !waiting.is_empty() => out.extend(self.sequence(body, waiting, false)),
            _ => out.ok.extend(waiting),
        }
        out
    }

    pub(super) fn case(&mut self, case: &'a Case, mut state: State) -> Out {
        let subject = self.value(&case.word, &mut state);
        self.note_decided(subject.constant().is_some());
        let mut waiting = vec![state];
        let mut out = Out::default();
        let mut falling: Vec<State> = Vec::new();
        for arm in &case.arms {
            let mut matched = Vec::new();
            for pattern in &arm.patterns {
                let mut rest = Vec::new();
                for state in std::mem::take(&mut waiting) {
                    let (yes, no) = self.matches(&subject, pattern, state);
                    matched.extend(yes);
                    rest.extend(no);
                }
                waiting = self.settle(rest);
            }
            let mut matched = self.settle(matched);
            if let (Some(sym), Some(words)) = (subject.symbol(), words_of(&arm.patterns)) {
                let test = format!("{}{AMONG}{words}", symbol_mark(sym));
                let exactly = |state: &State| state.options.nocasematch == Switch::Off;
                matched.retain_mut(|state| !exactly(state) || state.assume(&test, true));
            }
            // Who falls in from the arm above is none of its words.
            matched.append(&mut falling);
            let entering = self.settle(matched);
            if entering.is_empty() {
                continue;
            }
            let done = self.sequence(&arm.body, entering, false);
            match arm.end {
                ArmEnd::Break => out.extend(done),
                ArmEnd::FallThrough => falling = done.both(),
                ArmEnd::Continue => {
                    let done = done.both();
                    waiting.extend(done.iter().cloned());
                    out.ok.extend(done);
                }
            }
        }
        out.ok.extend(waiting);
        out.ok.extend(falling);
        out
    }
}
