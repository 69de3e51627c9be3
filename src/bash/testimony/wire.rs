//! Questions and answers as bytes: little-endian numbers of four bytes, every list after its length.
//!
//! An answer comes from a process that may have been overwritten by what it parsed: what does not fit the question is
//! no answer.

use std::sync::Arc;

use super::super::outline::Outline;
use super::super::query::run::{Fault, Found, QueryAnswer};
use super::{Question, Testimony};
use crate::source::Span;

impl Question {
    /// The question as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Writer(Vec::with_capacity(self.size() + 64));
        to.count(self.queries.len());
        for query in &self.queries {
            to.bytes(query.as_bytes());
        }
        to.count(self.texts.len());
        for text in &self.texts {
            to.bytes(text);
        }
        to.0
    }

    /// The question that these bytes are.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let mut question = Self::default();
        for _ in 0..from.count()? {
            question.queries.push(Arc::from(std::str::from_utf8(from.bytes()?).ok()?));
        }
        for _ in 0..from.count()? {
            question.texts.push(from.bytes()?.to_vec());
        }
        from.0.is_empty().then_some(question)
    }
}

impl Testimony {
    /// The answer as bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let words: usize = self.outlines.iter().flatten().map(Outline::word_count).sum();
        let mut to = Writer(Vec::with_capacity(16 * words + 64));
        for outline in &self.outlines {
            let Some(outline) = outline else {
                to.number(0);
                continue;
            };
            to.number(1);
            to.count(outline.len());
            for command in outline.commands() {
                to.count(command.words.len() << 1 | usize::from(command.start_only));
                command.words.iter().for_each(|word| to.span(*word));
            }
            to.count(outline.errors.len());
            outline.errors.iter().for_each(|error| to.span(*error));
        }
        self.queries.iter().for_each(|answer| query(&mut to, answer));
        to.0
    }

    /// The answer to `question` that these bytes are, as far as they can be one.
    pub fn decode(bytes: &[u8], question: &Question) -> Option<Self> {
        let mut from = Reader(bytes);
        let mut testimony = Self::default();
        for text in &question.texts {
            let end = u32::try_from(text.len()).ok()?;
            let outline = match from.number()? {
                0 => None,
                1 => Some(outline(&mut from, end)?),
                _ => return None,
            };
            testimony.outlines.push(outline);
        }
        let end = question.texts.first().map_or(Some(0), |text| u32::try_from(text.len()).ok())?;
        for _ in &question.queries {
            testimony.queries.push(answer(&mut from, end)?);
        }
        from.0.is_empty().then_some(testimony)
    }
}

fn outline(from: &mut Reader<'_>, end: u32) -> Option<Outline> {
    let mut outline = Outline::default();
    let mut words = Vec::new();
    for _ in 0..from.count()? {
        let head = from.number()?;
        words.clear();
        for _ in 0..head >> 1 {
            words.push(from.span(end)?);
        }
        outline.push(head & 1 == 1, words.iter().copied());
    }
    for _ in 0..from.count()? {
        let error = from.span(end)?;
        outline.errors.push(error);
    }
    outline.sort();
    Some(outline)
}

fn query(to: &mut Writer, answer: &QueryAnswer) {
    match answer {
        QueryAnswer::Faulty(fault) => {
            to.number(0);
            to.number(fault.offset);
            to.bytes(fault.message.as_bytes());
        }
        QueryAnswer::Ran { names, found, cut } => {
            to.number(1);
            to.count(names.len());
            for name in names {
                to.bytes(name.as_bytes());
            }
            to.number(u32::from(*cut));
            to.count(found.len());
            for found in found {
                to.number(found.pattern);
                to.count(found.captures.len());
                for (name, span) in &found.captures {
                    to.number(*name);
                    to.span(*span);
                }
            }
        }
    }
}

fn answer(from: &mut Reader<'_>, end: u32) -> Option<QueryAnswer> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    if from.number()? == 0 {
        let offset = from.number()?;
        return Some(QueryAnswer::Faulty(Fault { offset, message: text(from.bytes()?)? }));
    }
    let mut names = Vec::new();
    for _ in 0..from.count()? {
        names.push(text(from.bytes()?)?);
    }
    let cut = from.number()? != 0;
    let mut found = Vec::new();
    for _ in 0..from.count()? {
        let pattern = from.number()?;
        let mut captures = Vec::new();
        for _ in 0..from.count()? {
            let name = from.number()?;
            if name as usize >= names.len() {
                return None;
            }
            captures.push((name, from.span(end)?));
        }
        found.push(Found { pattern, captures });
    }
    Some(QueryAnswer::Ran { names, found, cut })
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// Texts over 4 GiB are refused before they get here, so that no list is longer.
    fn count(&mut self, count: usize) {
        self.number(u32::try_from(count).unwrap_or(u32::MAX));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn span(&mut self, span: Span) {
        self.number(span.start);
        self.number(span.end);
    }
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*number))
    }

    /// The length of a list whose items take at least four bytes each: a length that lies ends here and not in memory.
    fn count(&mut self) -> Option<u32> {
        self.number().filter(|count| (*count as usize) <= self.0.len() / 4 + 1)
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = self.number()? as usize;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A place in a text that ends at `end`.
    fn span(&mut self, end: u32) -> Option<Span> {
        let span = Span::new(self.number()?, self.number()?);
        (span.start <= span.end && span.end <= end).then_some(span)
    }
}

#[cfg(test)]
mod tests {
    use super::super::SecondParser;
    use super::*;

    fn question() -> Question {
        let texts = ["a $(b c) 'd'; let x=1\nif e; then [ f ]; fi\n", "g )\n", ""];
        let queries = ["(command) @it", "(nonsense) @it"];
        Question {
            texts: texts.map(|text| text.as_bytes().to_vec()).to_vec(),
            queries: queries.map(Arc::from).to_vec(),
        }
    }

    #[test]
    fn what_is_sent_is_what_arrives() {
        let question = question();
        assert_eq!(Question::decode(&question.encode()), Some(question.clone()));
        let testimony = SecondParser::default().testify(&question);
        assert!(testimony.outlines[0].as_ref().is_some_and(|outline| outline.len() == 5));
        assert!(testimony.outlines[1].as_ref().is_some_and(|outline| !outline.errors.is_empty()));
        assert!(matches!(&testimony.queries[0], QueryAnswer::Ran { found, .. } if found.len() == 4));
        assert!(matches!(&testimony.queries[1], QueryAnswer::Faulty(_)));
        assert_eq!(Testimony::decode(&testimony.encode(), &question), Some(testimony));
    }

    #[test]
    fn damaged_bytes_are_no_answer_and_no_crash() {
        let question = question();
        let bytes = SecondParser::default().testify(&question).encode();
        for length in 0..bytes.len() {
            assert_eq!(Testimony::decode(&bytes[..length], &question), None);
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] = 0xff;
            let _ = Testimony::decode(&damaged, &question);
        }
        assert_eq!(Testimony::decode(&[0xff; 64], &question), None);
        assert_eq!(Question::decode(&[0xff; 64]), None);
    }
}
