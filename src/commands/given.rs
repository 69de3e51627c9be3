//! A command line's words, read by its tool's spelling of options: operands, options and their values.
//!
//! It knows nothing of what the words mean, and never refuses a line: an option that the tool does not list takes no
//! value.

use serde::Deserialize;

use super::tool::Tool;

/// How a tool's options are spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
    /// Short ones bundle (`-xzf FILE`), long ones begin with two dashes.
    #[default]
    Bundles,
    /// A word with one dash is one option, as with two (`-namespace=x`).
    Words,
    /// Like `bundles`, and the first operand is a bundle without its dash (`tar xzf FILE`).
    Bare,
}

/// What a switch is told that is followed by a dash (`-s-`).
const OFF: &str = "off";

/// The name of an option, without its dashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name<'w> {
    Letter(char),
    Word(&'w str),
}

impl Name<'_> {
    /// Whether it is the option that is written so, abbreviated perhaps.
    pub fn may_be(self, written: &str) -> bool {
        match (self, written.strip_prefix("--")) {
            (Self::Word(word), Some(long)) => !word.is_empty() && long.starts_with(word),
            (Self::Word(word), None) => written.strip_prefix('-') == Some(word),
            (Self::Letter(letter), None) => written
                .strip_prefix('-')
                .and_then(|bare| bare.strip_prefix(letter))
                .is_some_and(str::is_empty),
            (Self::Letter(_), Some(_)) => false,
        }
    }
}

/// An option as it was given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opt<'w> {
    pub name: Name<'w>,
    pub value: Option<Value<'w>>,
    /// The word that it stands in, the program being word 0.
    pub at: usize,
    /// Whether it is an option for sure, and not the value of one of which nobody knows whether it takes one.
    pub sure: bool,
}

/// A part of a word: which, and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value<'w> {
    pub index: usize,
    pub from: usize,
    pub text: &'w str,
}

/// What was given.
#[derive(Debug, Default)]
pub(super) struct Given<'w> {
    pub operands: Vec<Value<'w>>,
    pub options: Vec<Opt<'w>>,
    /// Those in front of the first operand that say nothing of what its verb does.
    pub globals: Vec<Opt<'w>>,
    /// Words in front of the first option or parenthesis.
    pub leading: usize,
    /// Whether help or the version is asked for.
    pub help: bool,
    /// How many letters of a long option name it at least, where they are the only ones that fit.
    pub shortest: usize,
    /// Letters that are a short option's value under some verbs, and options of their own under others (`-nO`).
    pub hidden: Vec<&'w str>,
    /// Whether the next word may be the value of an option that the tool does not list.
    may_be_value: bool,
}

impl<'w> Given<'w> {
    /// Reads the words behind the program's name, which is word 0, and takes every option for one.
    pub fn read(tool: &Tool, words: &[&'w str]) -> Self {
        let mut given = Self::read_strictly(tool, words);
        given.globals.iter_mut().chain(&mut given.options).for_each(|option| option.sure = true);
        given
    }

    /// The same, where an option behind one of which nobody knows whether it takes a value is not sure.
    pub fn read_strictly(tool: &Tool, words: &[&'w str]) -> Self {
        // Programs that spell options with one dash know no abbreviations.
        let shortest = if tool.spelling == Spelling::Words { 2 } else { 1 };
        let mut given = Self { shortest, ..Self::default() };
        let is_leading = |word: &&&str| !word.starts_with(['-', '(', '!']);
        given.leading = words.iter().take_while(is_leading).count();
        let mut at = 0;
        let mut only_operands = false;
        while at < words.len() {
            let word = words[at];
            at += 1;
            let bare = tool.spelling == Spelling::Bare && given.operands.is_empty() && at == 1;
            if bare && !word.starts_with('-') {
                at = given.bare_bundle(tool, words, at);
            } else if only_operands || word.len() < 2 || !word.starts_with('-') {
                given.operands.push(Value { index: at, from: 0, text: word });
                only_operands |=
                    tool.options_first || given.operands.len() > 1 && tool.hands_over(&given.operands);
                given.may_be_value = false;
            } else if word == "--" {
                only_operands = !tool.expression;
                given.may_be_value = false;
            } else {
                let before = at.checked_sub(2).map_or("", |before| words[before]);
                given.help |= ["--help", "--version"].contains(&word)
                    && !before.starts_with('-')
                    && !tool.takes_value(word);
                at = given.option(tool, words, at);
            }
        }
        given
    }

    /// Whether an option in front of the words that say what is done (so many operands) is none that the tool lists: what
    /// looks like one of these words may be its value.
    pub fn has_strange_front(&self, tool: &Tool, acts: usize) -> bool {
        let before = |number: usize| self.operands.get(number).map_or(usize::MAX, |operand| operand.index);
        let given_value = |option: &&Opt<'_>| {
            option.at < before(0) && matches!(option.name, Name::Word(_)) && option.value.is_some()
        };
        let hides = |option: &&Opt<'_>| acts > 0 && !self.operands.is_empty() && option.at < before(acts - 1);
        let front = self.options.iter().filter(|option| given_value(option) || hides(option));
        front.into_iter().any(|option| !tool.knows(option.name))
    }

    /// Reads the option in the word before `at`; gives where the next word is.
    fn option(&mut self, tool: &Tool, words: &[&'w str], at: usize) -> usize {
        let word = words[at - 1];
        let mut sure = !std::mem::take(&mut self.may_be_value);
        let long = word.strip_prefix("--").map(|name| (name, 2));
        let one = || (tool.spelling == Spelling::Words).then(|| (&word[1..], 1));
        if let Some((name, dashes)) = long.or_else(one) {
            if let Some((name, text)) = name.split_once('=') {
                let value = Value { index: at, from: dashes + name.len() + 1, text };
                self.add(tool, Opt { name: Name::Word(name), value: Some(value), at, sure });
                return at;
            }
            let takes = tool.takes_value(word) && !tool.is_switch(Name::Word(name), &self.operands);
            let value = next(words, at).filter(|_| takes);
            self.add(tool, Opt { name: Name::Word(name), value, at, sure });
            self.may_be_value = value.is_none() && !tool.has_option(Name::Word(name));
            let two = value.is_some() && at + 1 < words.len() && tool.takes_two_values(word);
            return at + usize::from(value.is_some()) + usize::from(two);
        }
        let letters = &word[1..];
        for (offset, letter) in letters.char_indices() {
            let name = Name::Letter(letter);
            let behind = offset + letter.len_utf8();
            if tool.letter_takes_rest(letter) {
                let value = Value { index: at, from: 1 + behind, text: &letters[behind..] };
                let value = Some(value).filter(|value| !value.text.is_empty());
                self.add(tool, Opt { name, value, at, sure });
                return at;
            }
            if !tool.letter_takes_value(letter) || tool.is_switch(name, &self.operands) {
                let rest = &letters[behind..];
                // `-s=no`, `-s-`: a switch that is told which way.
                let way = rest.strip_prefix('=').or((rest == "-").then_some(OFF));
                let value = way.map(|text| Value { index: at, from: 2 + behind, text });
                self.add(tool, Opt { name, value, at, sure });
                if way.is_some() {
                    return at;
                }
                let known = tool.has_option(name);
                sure &= known;
                self.may_be_value = !known && rest.is_empty();
                continue;
            }
            let (value, next_at) = if behind < letters.len() {
                let is_global = self.operands.is_empty() && tool.globals.iter().any(|known| known.is(name));
                if !is_global && tool.has_verbs() {
                    self.hidden.push(&letters[behind..]);
                }
                let from = 1 + behind + usize::from(letters[behind..].starts_with('='));
                (Some(Value { index: at, from, text: &word[from..] }), at)
            } else {
                (next(words, at), (at + 1).min(words.len()))
            };
            self.add(tool, Opt { name, value, at, sure });
            return next_at;
        }
        at
    }

    fn add(&mut self, tool: &Tool, option: Opt<'w>) {
        let global = self.operands.is_empty() && tool.globals.iter().any(|known| known.is(option.name));
        if global { self.globals.push(option) } else { self.options.push(option) }
    }

    /// `tar xzf FILE`: the letters' values follow in their order.
    fn bare_bundle(&mut self, tool: &Tool, words: &[&'w str], mut at: usize) -> usize {
        let bundle = at;
        for letter in words[at - 1].chars() {
            let value = next(words, at).filter(|_| tool.letter_takes_value(letter));
            at += usize::from(value.is_some());
            self.options.push(Opt { name: Name::Letter(letter), value, at: bundle, sure: true });
        }
        at
    }
}

fn next<'w>(words: &[&'w str], at: usize) -> Option<Value<'w>> {
    words.get(at).map(|text| Value { index: at + 1, from: 0, text })
}
