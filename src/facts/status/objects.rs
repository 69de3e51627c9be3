//! What a command is about: the words by which it names its objects, behind wrappers, nouns and verbs.

use crate::bash::syntax::{Part, PartKind, Word};
use crate::commands::{Effect, HOLE, Tables};

use super::super::unwrap::{self, Inner, unwrap};
use super::super::value::Value;

/// A command line as it is written: each variable stands between two holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    words: Vec<String>,
}

/// What a line is about.
struct About<'l> {
    words: Vec<&'l str>,
    /// Whether the tables know its program, and so which words are options and verbs.
    known: bool,
}

impl Line {
    /// The command that finally runs with these words.
    pub fn of(words: &[&Word], tables: &Tables) -> Self {
        /// Wrappers in each other.
        const DEEPEST: usize = 6;
        let value = |word: &&Word| {
            let splits = word.parts.iter().any(|part| matches!(part.kind, PartKind::Parameter(_)));
            Value::known(as_written(word)).with(|value| value.splits = splits)
        };
        let mut values: Vec<Value> = words.iter().map(value).collect();
        for _ in 0..DEEPEST {
            let Some((program, args)) = values.split_first() else { break };
            let name = program.text.rsplit('/').next().unwrap_or_default();
            let Some(inner) = inside(unwrap(name, tables.wrappers(name), args, &Value::default())) else {
                break;
            };
            values = inner;
        }
        Self { words: values.iter().map(|value| value.text.clone()).collect() }
    }

    fn program(&self) -> &str {
        self.words.first().map_or("", |program| program.rsplit('/').next().unwrap_or(program))
    }

    /// What the line does to the world.
    pub fn effect(&self, tables: &Tables) -> Effect {
        let hole = HOLE.to_string();
        let texts: Vec<&str> =
            self.words.iter().map(|word| if word.contains(HOLE) { &hole } else { word.as_str() }).collect();
        tables.effect(&texts)
    }

    /// Whether a file test of `word` may be one of what the line did.
    pub fn names_file(&self, word: &str, tables: &Tables) -> bool {
        !tables.acts_below(self.program()) && self.words.iter().skip(1).any(|mine| same(mine, word))
    }

    /// Whether an answer of `other` tells how this line ended: it is about the same. What only reads, or what is run
    /// for what it prints (`taken`), has brought about nothing else; whoever asks for the same once more looks at it.
    pub fn is_told_by(&self, other: &Self, taken: bool, tables: &Tables) -> bool {
        if self == other {
            return true;
        }
        let (mine, its) = (self.about(tables), other.about(tables));
        let effect = self.effect(tables);
        if effect == Effect::Read || taken && effect != Effect::Mutate {
            let all = |of: &About, among: &About| of.words.iter().all(|word| among.names(word));
            return self.program() == other.program()
                && !mine.words.is_empty()
                && all(&mine, &its)
                && all(&its, &mine);
        }
        let from = if self.program() == other.program() { common(&mine, &its) } else { 0 };
        mine.words[from..].iter().any(|word| its.words[from..].iter().any(|other| same(word, other)))
    }

    fn about(&self, tables: &Tables) -> About<'_> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        if let Some(objects) = tables.objects(&words) {
            return About { words: objects, known: true };
        }
        // Of a program that is not known, a short word may be an option's value as well.
        let names = |word: &&str| !word.starts_with('-') && (word.len() > 2 || word.contains(HOLE));
        About { words: words.into_iter().skip(1).filter(names).collect(), known: false }
    }
}

impl About<'_> {
    fn names(&self, word: &str) -> bool {
        self.words.iter().any(|mine| same(mine, word))
    }
}

/// Words that both lines of a program begin with, which is not known: verbs, as long as both go on.
fn common(a: &About, b: &About) -> usize {
    if a.known || b.known {
        return 0;
    }
    let most = a.words.len().min(b.words.len()).saturating_sub(1);
    let verb = |at: &usize| a.words[*at] == b.words[*at] && !a.words[*at].contains(HOLE);
    (0..most).take_while(verb).count()
}

/// The words of what a wrapper runs; `None` where it runs nothing that its words tell.
fn inside(inner: Inner) -> Option<Vec<Value>> {
    match inner {
        Inner::Itself => None,
        Inner::Opaque(opaque) => inside(*opaque.guess?),
        Inner::Runs { parts, .. } => match parts.into_iter().next()? {
            unwrap::Part::Words { pieces, .. } => Some(pieces.into_iter().map(|piece| piece.value).collect())
                .filter(|words: &Vec<_>| !words.is_empty()),
            unwrap::Part::Text { text, .. } => {
                let words = text.text.split_ascii_whitespace();
                Some(words.map(|word| Value::known(word.trim_matches(['"', '\'']))).collect())
                    .filter(|words: &Vec<_>| !words.is_empty())
            }
            _ => None,
        },
    }
}

/// Whether two words name the same: as they are written, as a path's last part, or by the same variables.
pub(super) fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim_end_matches('/'), b.trim_end_matches('/'));
    let last = |word: &'_ str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let (last_a, last_b) = (last(a), last(b));
    if a.is_empty() || b.is_empty() {
        return false;
    }
    if a == b || a == last_b || last_a == b {
        return true;
    }
    let (names_a, names_b) = (variables(&last_a), variables(&last_b));
    !names_a.is_empty() && names_a == names_b && (last_a.contains(&last_b) || last_b.contains(&last_a))
}

/// The variables between the holes of a text.
fn variables(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = text.split(HOLE).skip(1).step_by(2).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A word's text, with the names of its variables.
pub(super) fn as_written(word: &Word) -> String {
    fn add(parts: &[Part], text: &mut String) {
        for part in parts {
            match &part.kind {
                PartKind::Literal(literal) | PartKind::Quoted(literal) => text.push_str(literal),
                PartKind::DoubleQuoted(parts) => add(parts, text),
                PartKind::Parameter(parameter) => {
                    text.push(HOLE);
                    text.push_str(&parameter.name);
                    text.push(HOLE);
                }
                // What is computed is the same as nothing else.
                _ => text.extend([HOLE.into(), format!("@{}", part.span.start), HOLE.into()]),
            }
        }
    }
    let mut text = String::new();
    add(&word.parts, &mut text);
    text
}
