//! `case`.

use super::lists::Until;
use super::{Parser, Read};
use crate::bash::syntax::{Arm, ArmEnd, Case, Word};

impl Parser<'_> {
    /// `case` behind its word.
    pub(super) fn case_command(&mut self) -> Read<Case> {
        self.blanks();
        let word = self.word()?;
        if word.span.is_empty() {
            return Err(self.broken_at(self.token_end(), "`case` needs a word to match"));
        }
        self.lines()?;
        self.expect("in", "`case`")?;
        let mut arms = Vec::new();
        loop {
            self.lines()?;
            if self.take_word("esac") {
                return Ok(Case { word, arms });
            }
            let arm = self.arm()?;
            let last = arm.1;
            arms.push(arm.0);
            if last {
                self.lines()?;
                self.expect("esac", "`case`")?;
                return Ok(Case { word, arms });
            }
        }
    }

    /// An arm, and whether nothing ends it, so that it must be the last.
    fn arm(&mut self) -> Read<(Arm, bool)> {
        self.take(b"(");
        let mut patterns = Vec::new();
        loop {
            self.blanks();
            patterns.push(self.case_pattern()?);
            self.blanks();
            if self.take(b"|") {
                continue;
            }
            if self.take(b")") {
                break;
            }
            let found = self.token_name();
            let reason = format!("{found} cannot follow this pattern of `case`: `)` is missing");
            return Err(self.fault(reason));
        }
        let body = self.list(Until::ARM);
        self.blanks();
        let (end, last) = if self.operator(b";;&") {
            (ArmEnd::Continue, false)
        } else if self.operator(b";;") {
            (ArmEnd::Break, false)
        } else if self.operator(b";&") {
            (ArmEnd::FallThrough, false)
        } else {
            (ArmEnd::Break, true)
        };
        Ok((Arm { patterns, body, end }, last))
    }

    fn case_pattern(&mut self) -> Read<Word> {
        let word = self.word()?;
        if word.span.is_empty() {
            let found = self.token_name();
            let reason = format!("this arm of the `case` has no pattern before {found}: write one");
            return Err(self.fault(reason));
        }
        Ok(word)
    }
}
