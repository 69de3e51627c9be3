//! What a command is about: the words by which it names its objects, behind wrappers, nouns and verbs.

use crate::bash::syntax::{Part, PartKind, Word};
use crate::commands::{Effect, HOLE, Tables};

use super::super::unwrap::{self, Inner, unwrap};
use super::super::value::Value;

/// A command line as it is written: each variable stands between two holes.
#[derive(Debug)]
pub(super) struct Line {
    words: Vec<String>,
    /// What it does to the world.
    pub effect: Effect,
    /// Whether it changes only what lies below the folders that it is given.
    below: bool,
    /// Whether it is known to write files, or its program is not known.
    may_write: bool,
    about: About,
}

/// What a line is about.
#[derive(Debug)]
struct About {
    words: Vec<String>,
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
        let words: Vec<String> = values.into_iter().map(|value| value.text.clone()).collect();
        let hole = HOLE.to_string();
        let texts: Vec<&str> =
            words.iter().map(|word| if word.contains(HOLE) { &hole } else { word.as_str() }).collect();
        let (effect, about) = (tables.effect(&texts), About::of(&words, tables));
        let below = tables.acts_below(program(&words));
        let may_write = !about.known || !tables.judge(&texts, None).files.is_empty();
        Self { words, effect, below, may_write, about }
    }

    /// Its words, behind wrappers.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The words that it is about.
    pub fn objects(&self) -> impl Iterator<Item = &str> {
        self.about.words.iter().map(String::as_str)
    }

    /// The words that may be files which it makes.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).filter(|_| !self.below).map(String::as_str)
    }

    /// Whether an answer must be about all that this line is about.
    pub fn wants_all(&self, taken: bool) -> bool {
        self.effect == Effect::Read || taken && self.effect != Effect::Mutate
    }

    /// Whether a file test of `word` may be one of what the line did.
    pub fn names_file(&self, word: &str) -> bool {
        self.files().any(|mine| if self.may_write { same_file(mine, word) } else { names_itself(mine, word) })
    }

    /// Whether an answer of `other` tells how this line ended: it is about the same. What only reads, or what is run
    /// for what it prints (`taken`), has brought about nothing else; whoever asks for the same once more looks at it.
    pub fn is_told_by(&self, other: &Self, taken: bool) -> bool {
        if self.words == other.words {
            return true;
        }
        let (mine, its) = (&self.about, &other.about);
        let alike = program(&self.words) == program(&other.words);
        if self.wants_all(taken) {
            let all = |of: &About, among: &About| of.words.iter().all(|word| among.names(word));
            return alike && !mine.words.is_empty() && all(mine, its) && all(its, mine);
        }
        let from = if alike { common(mine, its) } else { 0 };
        // Another program that is asked about a part of a name, or about a path that ends in it, is asked about
        // something else.
        let one = |word: &str, other: &str| match (alike, self.may_write) {
            (true, _) => same(word, other),
            (false, true) => same_name(word, other),
            (false, false) => word.trim_end_matches('/') == other.trim_end_matches('/'),
        };
        mine.words[from..].iter().any(|word| its.words[from..].iter().any(|other| one(word, other)))
    }
}

fn program(words: &[String]) -> &str {
    words.first().map_or("", |program| program.rsplit('/').next().unwrap_or(program))
}

impl About {
    fn of(words: &[String], tables: &Tables) -> Self {
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        let objects = tables.objects(&texts);
        let known = objects.is_some();
        // Of a program that is not known, a short word may be an option's value as well.
        let names = |word: &&str| word.len() > 2 || word.contains(HOLE);
        let words = objects.unwrap_or_else(|| {
            let operands: Vec<&str> =
                texts.into_iter().skip(1).filter(|word| !word.starts_with('-')).collect();
            // The first of several plain words says what is done, whatever else is called so.
            let verbs = usize::from(operands.len() > 1 && is_verb(operands[0]));
            operands.into_iter().skip(verbs).filter(names).collect()
        });
        Self { words: words.into_iter().map(str::to_owned).collect(), known }
    }

    fn names(&self, word: &str) -> bool {
        self.words.iter().any(|mine| same(mine, word))
    }
}

/// Whether a word may be a verb: small letters, and dashes between them.
fn is_verb(word: &str) -> bool {
    word.bytes().all(|c| c.is_ascii_lowercase() || c == b'-')
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
        Inner::Opaque(opaque) => inside(opaque.guesses.into_iter().next()?),
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

/// Whether two words name the same: as they are written, or as a path's last part.
fn same_name(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim_end_matches('/'), b.trim_end_matches('/'));
    !a.is_empty() && !b.is_empty() && (a == b || a == last(b) || last(a) == b)
}

/// Whether two words name the same: as they are written, as a path's last part, or by the same variables.
pub(super) fn same(a: &str, b: &str) -> bool {
    if same_name(a, b) {
        return true;
    }
    let (last_a, last_b) = (last(a.trim_end_matches('/')), last(b.trim_end_matches('/')));
    if last_a.is_empty() || last_b.is_empty() {
        return false;
    }
    if !(last_a.contains(HOLE) && (last_a.contains(last_b) || last_b.contains(last_a))) {
        return false;
    }
    let names = variables(last_a);
    !names.is_empty() && names == variables(last_b)
}

/// Whether a word of a command may name the file that is tested: of two whole paths, or of a path of several parts and its
/// end, no part is another.
fn same_file(mine: &str, tested: &str) -> bool {
    let (a, b) = (mine.trim_end_matches('/'), tested.trim_end_matches('/'));
    let whole = |word: &str| word.starts_with('/');
    if whole(a) && whole(b) {
        return a == b;
    }
    let (short, long) = if whole(a) { (b, a) } else { (a, b) };
    if whole(long) && short.contains('/') && !short.starts_with([HOLE, '.', '~']) {
        return is_end(short, long);
    }
    same(mine, tested)
}

/// Whether a word that names no file for its command is the tested path all the same, or what the kernel shows of it.
fn names_itself(mine: &str, tested: &str) -> bool {
    const SHOWN: [&str; 3] = ["/sys/", "/dev/", "/proc/"];
    let (mine, tested) = (mine.trim_end_matches('/'), tested.trim_end_matches('/'));
    if mine.is_empty() {
        return false;
    }
    let shown = SHOWN.iter().any(|folder| tested.starts_with(folder));
    mine == tested || ((shown || mine.contains('/')) && is_end(mine, tested))
}

/// Whether a path ends with these parts.
fn is_end(parts: &str, path: &str) -> bool {
    path.strip_suffix(parts).is_some_and(|before| before.ends_with('/'))
}

/// What all words have in common that are the [`same`]: the last part of a path, or the variables in that.
pub(super) fn alike(word: &str) -> Vec<&str> {
    let last = last(word.trim_end_matches('/'));
    let names = variables(last);
    if names.is_empty() { vec![last] } else { names }
}

fn last(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or_default()
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
