//! Subscripts and array literals.

use super::arithmetic::End;
use super::parts::Parts;
use super::{Parser, Read};
use crate::bash::syntax::{Element, Subscript, Word};

impl Parser<'_> {
    /// `[...]` behind a name. `None`, nothing taken back, where it ends in a blank that it must not hold.
    pub(super) fn subscript(&mut self, blanks: bool) -> Read<Option<Subscript>> {
        let open = self.at;
        self.at += 1;
        let start = self.at;
        for (sign, subscript) in [(b"@]", Subscript::All), (b"*]", Subscript::Star)] {
            if self.take(sign) {
                return Ok(Some(subscript));
            }
        }
        let end = if blanks { End::Bracket } else { End::BracketInWord };
        let mut parts = Parts::default();
        self.arithmetic_parts(end, &mut parts)?;
        let word = Word { parts: parts.finish(), braces: false, span: self.span(start, self.at) };
        if self.take(b"]") {
            return Ok(Some(Subscript::Index(word)));
        }
        if blanks {
            let reason = "the subscript that starts here never ends: close it with `]`, or quote the bracket";
            return Err(super::Fault { at: open, end: self.at, reason: reason.into() });
        }
        Ok(None)
    }

    /// `( ... )` behind `name=`.
    pub(super) fn array(&mut self) -> Read<Vec<Element>> {
        let open = self.at;
        self.at += 1;
        let mut elements = Vec::new();
        loop {
            self.lines()?;
            if self.take(b")") {
                return Ok(elements);
            }
            let element = self.element()?;
            if element.value.span.is_empty() && element.key.is_none() {
                let found = self.token_name();
                let reason = format!("{found} cannot stand in an array: quote it, or close the array before");
                return Err(super::Fault {
                    at: open.max(self.at),
                    end: self.token_end(),
                    reason: reason.into(),
                });
            }
            elements.push(element);
        }
    }

    /// One element: a word, or `[key]=word`.
    fn element(&mut self) -> Read<Element> {
        if self.peek() == Some(b'[') {
            let mark = self.mark();
            let start = self.at + 1;
            if let Some(subscript) = self.subscript(false)? {
                let close = self.at - 1;
                if self.take(b"+=") || self.take(b"=") {
                    let key = match subscript {
                        Subscript::Index(word) => word,
                        Subscript::All | Subscript::Star => self.plain_word(start, close),
                    };
                    return Ok(Element { key: Some(key), value: self.word()? });
                }
            }
            self.back_to(mark)?;
        }
        Ok(Element { key: None, value: self.word()? })
    }

    /// A word of plain text.
    fn plain_word(&self, start: usize, end: usize) -> Word {
        let mut parts = Parts::default();
        parts.plain(self.slice(start, end), self.span(start, end));
        Word { parts: parts.finish(), braces: false, span: self.span(start, end) }
    }
}
