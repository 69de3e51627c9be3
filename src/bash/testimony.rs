//! How the second parser is asked, whatever process it runs in.
//!
//! It is C code: it can crash, hang or take all memory, and nothing in this process could stop that. So the reading
//! asks through [`Witness`], and whoever calls decides where the answer is made: [`InProcess`] here and now, or in a
//! process of its own (`crate::witness` is no floor that this one may know). No answer is a value too: [`Silence`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::limits;
use super::outline::{self, Grammar, Outline};
use super::query::run::{self, Compiled, QueryAnswer};

mod wire;

/// Whom the reading asks for a second opinion.
pub trait Witness: Sync {
    /// Hands over a question. The answer may be worked out while the caller does something else.
    fn ask(&self, question: Question) -> Box<dyn Pending + '_>;
}

/// An answer to come. One that is dropped is not wanted any more.
pub trait Pending: Send {
    /// Waits for it.
    fn wait(self: Box<Self>) -> Result<Testimony, Silence>;
}

/// Texts to outline, and queries to run on the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    pub(super) texts: Vec<Vec<u8>>,
    pub(super) queries: Vec<Arc<str>>,
}

impl Question {
    /// Bytes of all the texts: what an answer may cost follows from that.
    pub fn size(&self) -> usize {
        self.texts.iter().map(Vec::len).sum::<usize>()
            + self.queries.iter().map(|query| query.len()).sum::<usize>()
    }

    /// The most bytes that an honest answer has.
    pub fn answer_limit(&self) -> usize {
        // A word of an outline is at least a byte and a blank, and takes eight bytes; its command at most eight more.
        let queries = self.queries.len().saturating_mul(run::ANSWER_BYTES);
        self.size().saturating_mul(16).saturating_add(queries).saturating_add(1 << 16)
    }
}

/// What the second parser says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Testimony {
    /// For every text; `None` where it gave up.
    pub(super) outlines: Vec<Option<Outline>>,
    /// For every query.
    pub(super) queries: Vec<QueryAnswer>,
}

/// Why the second parser said nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// It gave up by its own count of steps.
    #[error("the second parser gave up on this statement: split it into smaller ones")]
    GaveUp,
    /// It crashed, in these words.
    #[error(
        "the second parser crashed on this statement ({0}): write it more plainly or split it, and report it as a \
         fault of gauntlet"
    )]
    Crashed(String),
    /// It took longer than any text of that size may.
    #[error(
        "the second parser did not finish this statement in time: split it into smaller ones, and report it as a fault \
         of gauntlet"
    )]
    TooSlow,
    /// It asked for more memory than it may have.
    #[error(
        "the second parser needs too much memory for this statement: split it into smaller ones, or move data out of \
         the script"
    )]
    OutOfMemory,
    /// It answered what makes no sense.
    #[error(
        "the second parser gave a broken answer on this statement: write it more plainly or split it, and report it as \
         a fault of gauntlet"
    )]
    Garbled,
    /// It cannot be asked at all.
    #[error(
        "the second parser cannot be asked on this machine ({0}): repair that, nothing is vouched for without it"
    )]
    Unavailable(String),
}

/// The second parser itself: whoever calls it has C code in the own process.
#[derive(Default)]
pub struct SecondParser {
    grammar: Option<Grammar>,
    /// By their text: a rule's query is run on every script.
    queries: HashMap<Arc<str>, Compiled>,
}

/// Compiled queries that are kept; a project has fewer rules.
const QUERIES_KEPT: usize = 256;

impl SecondParser {
    /// Answers a question.
    pub(super) fn testify(&mut self, question: &Question) -> Testimony {
        if self.grammar.is_none() {
            self.grammar = Grammar::new();
        }
        if self.queries.len() > QUERIES_KEPT {
            self.queries.clear();
        }
        let mut testimony = Testimony::default();
        for query in &question.queries {
            let compiled = self.queries.entry(Arc::clone(query)).or_insert_with(|| run::compile(query));
            testimony.queries.push(run::start(compiled));
        }
        for (index, text) in question.texts.iter().enumerate() {
            // Masked here, last: nothing else may ever reach the C code.
            let masked = outline::masked(text);
            let allowed = limits::allows(&masked);
            let tree = self.grammar.as_mut().filter(|_| allowed).and_then(|grammar| grammar.tree(&masked));
            let outline = self.grammar.as_ref().zip(tree.as_ref());
            testimony.outlines.push(outline.map(|(grammar, tree)| grammar.outline(tree, &masked)));
            if let (0, Some(tree)) = (index, &tree) {
                for (query, answer) in question.queries.iter().zip(&mut testimony.queries) {
                    if let Some(compiled) = self.queries.get(query) {
                        run::run(compiled, tree, text, answer);
                    }
                }
            }
        }
        testimony
    }

    /// Answers a question that came over a pipe. `None` where it is none.
    pub fn answer(&mut self, question: &[u8]) -> Option<Vec<u8>> {
        Some(self.testify(&Question::decode(question)?).encode())
    }
}

/// The second parser in this process: for tests and benches, and for whoever can do no better. A crash takes the
/// process with it.
#[derive(Default)]
pub struct InProcess {
    /// One for each thread that asks at the same time.
    idle: Mutex<Vec<SecondParser>>,
}

impl InProcess {
    /// Nothing is made before it is asked.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers at once.
    pub fn answer(&self, question: &Question) -> Testimony {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let mut parser = kept.unwrap_or_default();
        let testimony = parser.testify(question);
        idle().push(parser);
        testimony
    }
}

impl Witness for InProcess {
    fn ask(&self, question: Question) -> Box<dyn Pending + '_> {
        Box::new(Here { witness: self, question })
    }
}

struct Here<'w> {
    witness: &'w InProcess,
    question: Question,
}

impl Pending for Here<'_> {
    fn wait(self: Box<Self>) -> Result<Testimony, Silence> {
        Ok(self.witness.answer(&self.question))
    }
}
