//! Patterns of command lines: which operands stand in front, which options are given.
//!
//! A pattern is written as words. A plain word globs one operand, the first words the first operands; `a|b` is either,
//! `a|b...` one or several operands of these, `**` any number of operands, a final `$` says that no operand follows. A
//! word with a dash is an option that is given somewhere (`-d|--delete`), `--to=a|b` one with such a value (an empty
//! alternative: or without one). An empty pattern is a line without operands.

use serde::Deserialize;

use super::HOLE;
use super::effect::glob;
use super::given::{Given, Name, Opt, Value};

/// A pattern.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern {
    operands: Vec<Part>,
    options: Vec<Wanted>,
    whole: bool,
}

#[derive(Debug, Clone)]
enum Part {
    /// One operand that one of these globs.
    One(Vec<String>),
    /// One or several operands, each of which one of these globs.
    Some(Vec<String>),
    /// Any number of operands.
    Any,
}

#[derive(Debug, Clone)]
struct Wanted {
    names: Vec<OptName>,
    /// Globs of its value; none where any will do.
    values: Vec<String>,
}

#[derive(Debug, Clone)]
enum OptName {
    Letter(char),
    Word(String),
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongPattern {
    /// `$` in front of something.
    #[error("the pattern `{0}` has a `$` that is not its end")]
    EndWithin(String),
    /// `-x|y`
    #[error("the pattern `{0}` mixes options and operands in one word")]
    Mixed(String),
    /// `a||b`, `-`
    #[error("the pattern `{0}` has an empty alternative")]
    EmptyAlternative(String),
}

/// How strictly an option must be spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelt {
    /// Just so, and not switched off: a reading may follow from it.
    Exactly,
    /// Abbreviated perhaps: it makes the command a changing one.
    Perhaps,
}

impl TryFrom<String> for Pattern {
    type Error = WrongPattern;

    fn try_from(written: String) -> Result<Self, WrongPattern> {
        let mut pattern = Self { operands: Vec::new(), options: Vec::new(), whole: false };
        for word in written.split_whitespace() {
            match word {
                _ if word.starts_with('-') => pattern.options.push(wanted(word, &written)?),
                _ if pattern.whole => return Err(WrongPattern::EndWithin(written.clone())),
                "$" => pattern.whole = true,
                "**" => pattern.operands.push(Part::Any),
                _ => {
                    let (word, several) = match word.strip_suffix("...") {
                        Some(word) => (word, true),
                        None => (word, false),
                    };
                    let either: Vec<String> = word.split('|').map(str::to_owned).collect();
                    if either.iter().any(String::is_empty) {
                        return Err(WrongPattern::EmptyAlternative(written.clone()));
                    }
                    if either.iter().any(|word| word.starts_with('-')) {
                        return Err(WrongPattern::Mixed(written.clone()));
                    }
                    pattern.operands.push(if several { Part::Some(either) } else { Part::One(either) });
                }
            }
        }
        pattern.whole |= written.trim().is_empty();
        Ok(pattern)
    }
}

fn wanted(word: &str, written: &str) -> Result<Wanted, WrongPattern> {
    let (names, values) = match word.split_once('=') {
        Some((names, values)) => (names, values.split('|').map(str::to_owned).collect()),
        None => (word, Vec::new()),
    };
    let name = |name: &str| {
        let bare = name.strip_prefix('-').ok_or_else(|| WrongPattern::Mixed(written.to_owned()))?;
        let mut letters = bare.chars();
        match (letters.next(), letters.next()) {
            (None, _) => Err(WrongPattern::EmptyAlternative(written.to_owned())),
            (Some(letter), None) if letter != '-' => Ok(OptName::Letter(letter)),
            _ => Ok(OptName::Word(bare.strip_prefix('-').unwrap_or(bare).to_owned())),
        }
    };
    Ok(Wanted { names: names.split('|').map(name).collect::<Result<_, _>>()?, values })
}

impl Pattern {
    /// Whether a command line is of this pattern.
    pub(super) fn matches(&self, given: &Given<'_>, spelt: Spelt) -> bool {
        self.options.iter().all(|wanted| wanted.is_given(given, spelt))
            && operands_match(&self.operands, &given.operands, self.whole)
    }

    /// Whether each operand and each option that it names is given, in whatever place.
    pub(super) fn has_names(&self, given: &Given<'_>) -> bool {
        let is_among = |words: &[String]| {
            given.operands.iter().any(|operand| words.iter().any(|word| glob(word, operand.text)))
        };
        self.named_parts().all(is_among)
            && self.options.iter().all(|wanted| wanted.is_given(given, Spelt::Perhaps))
    }

    /// How many operands it names.
    pub(super) fn plain_parts(&self) -> usize {
        self.named_parts().count()
    }

    fn named_parts(&self) -> impl Iterator<Item = &[String]> {
        self.operands.iter().filter_map(|part| match part {
            Part::One(words) | Part::Some(words) if words.iter().any(|word| word != "*") => {
                Some(words.as_slice())
            }
            _ => None,
        })
    }

    /// How many of these operands it takes to say what is done: those up to the last that it names.
    pub(super) fn acts(&self, operands: &[Value<'_>]) -> usize {
        let named = |part: &Part| match part {
            Part::One(words) | Part::Some(words) => words.iter().any(|word| word != "*"),
            Part::Any => false,
        };
        let Some(last) = self.operands.iter().rposition(named) else { return 0 };
        if self.operands[..last].iter().all(|part| matches!(part, Part::One(_))) {
            return last + 1;
        }
        let fits = |operand: &Value<'_>| match &self.operands[last] {
            Part::One(words) | Part::Some(words) => words.iter().any(|word| glob(word, operand.text)),
            Part::Any => false,
        };
        operands.iter().rposition(fits).map_or(0, |at| at + 1)
    }

    /// Whether these operands begin as it says.
    pub(super) fn begins(&self, operands: &[Value<'_>]) -> bool {
        operands_match(&self.operands, operands, false)
    }

    /// Whether it names all of these operands first, and one more.
    pub(super) fn goes_on_from(&self, operands: &[Value<'_>]) -> bool {
        let named = |part: &Part, operand: &Value<'_>| match part {
            Part::One(words) | Part::Some(words) => words.iter().any(|word| glob(word, operand.text)),
            Part::Any => false,
        };
        let says = |part: &Part| matches!(part, Part::One(words) | Part::Some(words) if words.iter().any(|word| word != "*"));
        self.operands.len() > operands.len()
            && self.operands.iter().zip(operands).all(|(part, operand)| named(part, operand))
            && self.operands.get(operands.len()).is_some_and(says)
    }

    /// The words that it names without globs.
    pub(super) fn plain_words(&self) -> impl Iterator<Item = &str> {
        self.operands
            .iter()
            .flat_map(|part| match part {
                Part::One(words) | Part::Some(words) => words.as_slice(),
                Part::Any => &[],
            })
            .map(String::as_str)
            .filter(|word| !word.contains(['*', '?']))
    }

    /// The options that it names.
    pub(super) fn option_names(&self) -> impl Iterator<Item = Name<'_>> {
        self.options.iter().flat_map(|wanted| &wanted.names).map(|name| match name {
            OptName::Letter(letter) => Name::Letter(*letter),
            OptName::Word(word) => Name::Word(word),
        })
    }

    /// Whether it says by its name which word comes first.
    pub(super) fn names_first_word(&self) -> bool {
        let named = |words: &Vec<String>| words.iter().any(|word| !word.contains(['*', '?']));
        matches!(self.operands.first(), Some(Part::One(words)) if named(words))
    }

    /// Whether it names what is done: by its first words, or by what an option is given (`-m ping`); and not only an option, or
    /// a word that stands anywhere behind.
    pub(super) fn names_the_act(&self) -> bool {
        let is_named = |wanted: &Wanted| wanted.values.iter().any(|value| !value.contains(['*', '?']));
        let anywhere = self.operands.len() > 1 && matches!(self.operands.first(), Some(Part::Any));
        self.options.iter().all(is_named) && (!anywhere || !self.options.is_empty())
    }

    /// Whether it is of every line: the tool has no verbs.
    pub(super) fn is_any_line(&self) -> bool {
        self.options.is_empty() && matches!(self.operands.as_slice(), [Part::Any])
    }

    /// Whether these operands are all that the pattern names.
    pub(super) fn is_complete(&self, operands: &[Value<'_>]) -> bool {
        self.operands.len() == operands.len() && operands_match(&self.operands, operands, true)
    }
}

impl Wanted {
    fn is_given(&self, given: &Given<'_>, spelt: Spelt) -> bool {
        let shortest = given.shortest;
        let named = |spelt| {
            let is_one = move |option: &&Opt<'_>| {
                self.names.iter().any(|name| name.matches(option.name, spelt, shortest))
            };
            given.options.iter().filter(is_one)
        };
        // What is given twice holds only where both say the same, whichever of them counts.
        if spelt == Spelt::Exactly {
            named(spelt).any(|option| option.sure)
                && named(Spelt::Perhaps).all(|option| self.fits(option, spelt))
                && !given.options.iter().any(|option| self.is_taken_back_by(option))
        } else {
            // What is taken for the value of the option in front of it may be one that takes none under another verb.
            let behind = |option: &Opt<'_>| {
                looks_like(option)
                    .is_some_and(|behind| self.names.iter().any(|name| name.matches(behind, spelt, shortest)))
            };
            named(spelt).any(|option| self.fits(option, spelt))
                || given.options.iter().any(behind)
                || self.may_be_hidden(given)
        }
    }

    fn may_be_hidden(&self, given: &Given<'_>) -> bool {
        let letters = || {
            self.names
                .iter()
                .filter_map(|name| if let OptName::Letter(letter) = name { Some(*letter) } else { None })
        };
        given.hidden.iter().any(|text| letters().any(|letter| text.contains(letter)))
    }

    fn fits(&self, option: &Opt<'_>, spelt: Spelt) -> bool {
        let value = option.value.map_or("", |value| value.text);
        match (self.values.is_empty(), spelt) {
            (true, Spelt::Exactly) => !OFF.iter().any(|off| off.eq_ignore_ascii_case(value)),
            (true, Spelt::Perhaps) => true,
            // What is not known may be any value.
            (false, Spelt::Perhaps) if value.contains(HOLE) => true,
            (false, _) => self.values.iter().any(|pattern| glob(pattern, value)),
        }
    }

    /// An option by itself, or as what the option in front of it takes for its value under another verb (`git add -n`).
    fn is_taken_back_by(&self, option: &Opt<'_>) -> bool {
        self.is_taken_back(option.name) || looks_like(option).is_some_and(|name| self.is_taken_back(name))
    }

    /// `--no-dry-run`, abbreviated perhaps.
    fn is_taken_back(&self, name: Name<'_>) -> bool {
        let Name::Word(word) = name else { return false };
        let is_one = self.names.iter().any(|known| known.matches(name, Spelt::Exactly, 1));
        let bare = word.strip_prefix("no-").filter(|rest| !rest.is_empty() && !is_one);
        bare.is_some_and(|rest| {
            self.names.iter().any(|name| matches!(name, OptName::Word(wanted) if wanted.starts_with(rest)))
        })
    }
}

/// The option that the next word is by its looks, where it is taken for the value of this one.
pub(super) fn looks_like<'w>(option: &Opt<'w>) -> Option<Name<'w>> {
    let text = option.value.filter(|value| value.from == 0)?.text;
    if let Some(long) = text.strip_prefix("--") {
        let word = long.split('=').next().unwrap_or(long);
        return word.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(Name::Word(word));
    }
    let mut letters = text.strip_prefix('-')?.chars();
    let letter = letters.next().filter(char::is_ascii_alphabetic)?;
    letters.next().is_none().then_some(Name::Letter(letter))
}

/// Values with which an option is switched off.
const OFF: [&str; 9] = ["false", "f", "0", "no", "n", "off", "none", "disable", "without"];

impl OptName {
    fn matches(&self, name: Name<'_>, spelt: Spelt, shortest: usize) -> bool {
        match (self, name) {
            (Self::Letter(wanted), Name::Letter(letter)) => *wanted == letter,
            (Self::Word(wanted), Name::Word(word)) => {
                glob(wanted, word)
                    || spelt == Spelt::Perhaps && word.len() >= shortest && wanted.starts_with(word)
            }
            (Self::Letter(wanted), Name::Word(word)) => {
                let mut letters = word.chars();
                letters.next() == Some(*wanted) && letters.next().is_none()
            }
            (Self::Word(_), Name::Letter(_)) => false,
        }
    }
}

fn operands_match(parts: &[Part], operands: &[Value<'_>], whole: bool) -> bool {
    match parts.split_first() {
        None => !whole || operands.is_empty(),
        Some((Part::Any, rest)) => {
            (0..=operands.len()).any(|skip| operands_match(rest, &operands[skip..], whole))
        }
        Some((Part::One(either), rest)) => operands.split_first().is_some_and(|(operand, tail)| {
            either.iter().any(|pattern| glob(pattern, operand.text)) && operands_match(rest, tail, whole)
        }),
        Some((Part::Some(either), rest)) => operands.split_first().is_some_and(|(operand, tail)| {
            either.iter().any(|pattern| glob(pattern, operand.text))
                && (operands_match(rest, tail, whole) || operands_match(parts, tail, whole))
        }),
    }
}
