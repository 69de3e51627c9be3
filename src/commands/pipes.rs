//! What programs do with their stdin: which can leave a pipe before its end, which swallow what is not theirs.
//!
//! The knowledge is data (`rules/commands/pipes.toml`, whose head explains the keys). Words may hold [`HOLE`]s: parts
//! whose value is not known.

use serde::Deserialize;

use super::HOLE;
use super::effect::matches_words;
use super::one_liners::{Language, stops_early};
use super::tables::{Tables, basename};
use super::wrappers::{Opt, Takes};

/// How a program reads a pipe on its stdin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It may leave before the end; how it was told to, as a short text.
    Early(String),
    /// It reads all of it, as far as is known.
    Whole,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Style {
    #[default]
    Gnu,
    Go,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Closer {
    #[serde(rename = "name")]
    _name: String,
    #[serde(default, rename = "aliases")]
    _aliases: Vec<String>,
    #[serde(default)]
    options: Vec<Opt>,
    #[serde(default)]
    always: bool,
    #[serde(default)]
    closes: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    negative_reads_all: Vec<String>,
    language: Option<Language>,
    #[serde(default)]
    script: Vec<String>,
    #[serde(default)]
    elsewhere: Vec<String>,
    operand: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reader {
    #[serde(rename = "name")]
    _name: String,
    #[serde(default, rename = "aliases")]
    _aliases: Vec<String>,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    globals: Vec<Opt>,
    #[serde(default)]
    middle: Vec<Opt>,
    #[serde(default)]
    options: Vec<Opt>,
    operands: Option<usize>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    except_values: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    alone: bool,
    at_most: Option<usize>,
    #[serde(default)]
    style: Style,
}

/// The lists of the table. Who closes and who reads stands on shelves, by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pipes {
    pure: Vec<String>,
    never_read: Vec<String>,
    read_all: Vec<String>,
    follow: Vec<String>,
    follow_bundled: Vec<String>,
    aside: Vec<String>,
    hands_on: Vec<String>,
    works: Vec<String>,
    certain: Vec<String>,
    filter: Vec<Filter>,
}

/// A program that prints lines of its stdin, whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    names: Vec<String>,
    #[serde(default)]
    options: Vec<Opt>,
    #[serde(default)]
    other: Vec<String>,
    #[serde(default)]
    text: Vec<String>,
}

impl Tables {
    /// Whether the program (with folders perhaps) is a tool whose failure inside a substitution does no harm.
    pub fn is_pure(&self, program: &str) -> bool {
        self.pipes().pure.iter().any(|name| name == basename(program))
    }

    /// Whether a command of the shell never reads its stdin.
    pub fn never_reads(&self, builtin: &str) -> bool {
        self.pipes().never_read.iter().any(|name| name == builtin)
    }

    /// Whether a program reads all of its stdin, whatever the command that it runs does.
    pub fn reads_all(&self, program: &str) -> bool {
        self.pipes().read_all.iter().any(|name| name == basename(program))
    }

    /// Whether a line that swallows stdin has no use for it, as far as its words tell, wrappers and what it hands on included.
    pub fn reads_aside(&self, words: &[String]) -> bool {
        let pipes = self.pipes();
        let mut tokens: Vec<&str> = Vec::new();
        for word in words {
            tokens.extend(
                word.split(|c: char| c.is_whitespace() || ";|&(){}'\"".contains(c)).filter(|t| !t.is_empty()),
            );
        }
        let is = |list: &[String], token: &str| list.iter().any(|known| known == token);
        let aside = |token: &str| is(&pipes.aside, basename(token));
        let Some(at) = tokens.iter().position(|token| aside(token)) else { return false };
        // `ssh -i` is a key.
        let key = ["ssh", "slogin", "autossh", "plink"].contains(&basename(tokens[at]));
        let needs_it = |token: &str| {
            let program = basename(token);
            !aside(token) && (is(&pipes.works, program) || !self.readers(program).is_empty())
        };
        !tokens[at + 1..].iter().any(|token| !key && is(&pipes.hands_on, token) || needs_it(token))
    }

    /// Whether the program with these words, its name first, goes on for ever as it shows what is yet to come (`tail -f`).
    pub fn follows(&self, argv: &[String]) -> bool {
        let pipes = self.pipes();
        let option = |word: &String| {
            let bundle = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')).unwrap_or_default();
            pipes.follow.iter().any(|known| match known.strip_prefix("--") {
                Some(_) => word.split('=').next() == Some(known),
                None => bundle.contains(&known[1..]),
            })
        };
        argv.first()
            .is_some_and(|program| pipes.follow_bundled.iter().any(|known| known == basename(program)))
            && argv.iter().any(option)
    }

    /// Whether the program with these words, its name first, fails only where something is wrong: never to say that something
    /// is not there.
    pub fn fails_only_where_wrong(&self, argv: &[String]) -> bool {
        let Some((program, words)) = argv.split_first() else { return false };
        let mut line = vec![basename(program)];
        line.extend(words.iter().map(String::as_str));
        self.pipes().certain.iter().any(|known| matches_words(known, &line))
    }

    /// How the program with these words, its name first, reads a pipe.
    pub fn reading<S: AsRef<str>>(&self, argv: &[S]) -> Reading {
        let Some((program, words)) = argv.split_first() else { return Reading::Whole };
        let program = basename(program.as_ref());
        let Some(closer) = self.closer(program) else { return Reading::Whole };
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        closer.reading(program, &words)
    }

    /// Whether the program with these words, its name first, prints nothing but whole lines of its stdin.
    pub fn keeps_lines<S: AsRef<str>>(&self, argv: &[S]) -> bool {
        let Some((program, words)) = argv.split_first() else { return false };
        let program = basename(program.as_ref());
        let has_name = |filter: &&Filter| filter.names.iter().any(|name| name == program);
        let Some(filter) = self.pipes().filter.iter().find(has_name) else { return false };
        let options = match (self.closer(program), self.readers(program)) {
            (Some(closer), _) => &closer.options,
            (None, [reader, ..]) => &reader.options,
            (None, []) => &filter.options,
        };
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let parsed = Parsed::scan(options, &words, None, Style::Gnu);
        let has = |name: &String| parsed.has(options, name);
        let patterns = usize::from(!filter.text.is_empty() && !filter.text.iter().any(has));
        let files = parsed.operands.iter().skip(patterns).filter(|file| **file != "-").count();
        files == 0 && !filter.other.iter().any(has)
    }

    /// Whether the program with these words, its name first, swallows what stands on its stdin.
    pub fn swallows_stdin<S: AsRef<str>>(&self, argv: &[S]) -> bool {
        let Some((program, words)) = argv.split_first() else { return false };
        let readers = self.readers(basename(program.as_ref()));
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        readers.iter().any(|reader| reader.swallows(&words))
    }
}

impl Closer {
    fn reading(&self, program: &str, words: &[&str]) -> Reading {
        if self.language == Some(Language::Perl) {
            return match perl_script(words) {
                Some(script) if stops_early(Language::Perl, &script) => {
                    Reading::Early(format!("`{program}` stops where its script says so"))
                }
                _ => Reading::Whole,
            };
        }
        if let Some(prefix) = &self.operand {
            let stops = words.iter().any(|word| word.starts_with(prefix.as_str()));
            return early_if(stops, || format!("`{program}` stops after its count"));
        }
        let parsed = Parsed::scan(&self.options, words, None, Style::Gnu);
        if self.unless.iter().any(|name| parsed.has(&self.options, name)) {
            return Reading::Whole;
        }
        if let Some(language) = self.language {
            let mut script: Vec<&str> =
                self.script.iter().flat_map(|name| parsed.values(&self.options, name)).collect();
            let given =
                !script.is_empty() || self.elsewhere.iter().any(|name| parsed.has(&self.options, name));
            if !given {
                script.extend(parsed.operands.first());
            }
            return early_if(stops_early(language, &script.join("\n")), || {
                format!("`{program}` stops where its script says so")
            });
        }
        if let Some(name) = self.closes.iter().find(|name| parsed.has(&self.options, name)) {
            return Reading::Early(format!("`{program} {name}` stops at the first match"));
        }
        let all_but = |name: &String| {
            parsed.values(&self.options, name).last().is_some_and(|value| value.starts_with('-'))
        };
        let always = self.always && !self.negative_reads_all.iter().any(all_but);
        early_if(always, || format!("`{program}` stops before the end"))
    }
}

fn early_if(early: bool, how: impl FnOnce() -> String) -> Reading {
    if early { Reading::Early(how()) } else { Reading::Whole }
}

/// The script of `perl -ne SCRIPT` and the like, which comes round for each line.
fn perl_script(words: &[&str]) -> Option<String> {
    let mut rounds = false;
    let mut script = String::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')) else { break };
        let flags = letters.split(['i', 'F', 'M', 'I', 'x', 'm']).next().unwrap_or_default();
        rounds |= flags.contains(['n', 'p']);
        if letters.ends_with(['e', 'E']) {
            script.push_str(words.next()?);
            script.push('\n');
        }
    }
    rounds.then_some(script)
}

impl Reader {
    fn swallows(&self, words: &[&str]) -> bool {
        if self.words.iter().any(|quiet| words.contains(&quiet.as_str())) {
            return false;
        }
        let Some(words) = self.behind_verb(words) else { return false };
        let parsed = Parsed::scan(&self.options, words, self.operands, self.style);
        let has = |name: &String| parsed.has(&self.options, name);
        if self.except.iter().any(has) {
            return false;
        }
        if !self.needs.is_empty() && !self.needs.iter().any(has) {
            return false;
        }
        let quiet_value = |value: &str| {
            let value = value.to_ascii_lowercase();
            self.except_values.contains(&value)
        };
        if parsed.found.iter().any(|(_, value)| value.is_some_and(quiet_value)) {
            return false;
        }
        let operands = parsed.operands.iter().filter(|word| **word != "-").count();
        !(self.alone && operands > 0) && self.at_most.is_none_or(|most| operands <= most)
    }

    /// The words behind the verb; `None` where it is another one.
    fn behind_verb<'w>(&self, words: &'w [&'w str]) -> Option<&'w [&'w str]> {
        if self.verbs.is_empty() {
            return Some(words);
        }
        self.verbs.iter().find_map(|verb| {
            let mut rest = words;
            for (index, part) in verb.split_whitespace().enumerate() {
                let options = if index == 0 { &self.globals } else { &self.middle };
                rest = &rest[Parsed::scan(options, rest, Some(0), self.style).end..];
                let (first, behind) = rest.split_first()?;
                if *first != part {
                    return None;
                }
                rest = behind;
            }
            Some(rest)
        })
    }
}

/// Options and operands of a command line.
struct Parsed<'w> {
    /// Index of the option, and its value where it takes one.
    found: Vec<(usize, Option<&'w str>)>,
    operands: Vec<&'w str>,
    /// Index of the first word that was not looked at.
    end: usize,
}

impl<'w> Parsed<'w> {
    /// Reads options; behind `most` operands the words are somebody else's.
    fn scan(options: &[Opt], words: &[&'w str], most: Option<usize>, style: Style) -> Self {
        let mut parsed = Self { found: Vec::new(), operands: Vec::new(), end: 0 };
        while let Some(word) = words.get(parsed.end).copied() {
            if word == "--" {
                parsed.end += 1;
                if most.is_none() {
                    parsed.operands.extend(&words[parsed.end..]);
                }
                break;
            }
            if word.len() > 1 && word.starts_with("--") {
                parsed.end += 1;
                parsed.long(options, word, words, style);
            } else if word.len() > 1 && word.starts_with('-') {
                parsed.end += 1;
                parsed.short(options, word, words, style);
            } else if most.is_some_and(|most| parsed.operands.len() >= most) {
                break;
            } else {
                parsed.end += 1;
                parsed.operands.push(word);
            }
        }
        parsed
    }

    fn long(&mut self, options: &[Opt], word: &'w str, words: &[&'w str], style: Style) {
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let exact = |option: &Opt| option.names.iter().any(|known| known == name);
        let begins =
            |option: &Opt| style == Style::Gnu && option.names.iter().any(|known| known.starts_with(name));
        let Some(index) = options.iter().position(exact).or_else(|| options.iter().position(begins)) else {
            return;
        };
        if style == Style::Go && attached == Some("false") {
            return;
        }
        let value = match options[index].takes {
            Takes::Value if attached.is_none() => self.next(words),
            _ => attached,
        };
        self.found.push((index, value));
    }

    fn short(&mut self, options: &[Opt], word: &'w str, words: &[&'w str], style: Style) {
        let mut rest = &word[1..];
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            if letter == HOLE {
                return;
            }
            let known = |name: &String| name.len() == 1 + letter.len_utf8() && name.ends_with(letter);
            let Some(index) = options.iter().position(|option| option.names.iter().any(known)) else {
                continue;
            };
            let value = match options[index].takes {
                Takes::Nothing => {
                    if style == Style::Go && rest.starts_with('=') {
                        if rest != "=false" {
                            self.found.push((index, None));
                        }
                        return;
                    }
                    None
                }
                Takes::Value if rest.is_empty() => self.next(words),
                Takes::Value | Takes::Attached => {
                    Some(std::mem::take(&mut rest)).filter(|value| !value.is_empty())
                }
            };
            self.found.push((index, value));
        }
    }

    fn next(&mut self, words: &[&'w str]) -> Option<&'w str> {
        let value = words.get(self.end).copied();
        self.end += usize::from(value.is_some());
        value
    }

    fn has(&self, options: &[Opt], name: &str) -> bool {
        self.found.iter().any(|(index, _)| options[*index].names.iter().any(|known| known == name))
    }

    fn values<'p>(&'p self, options: &'p [Opt], name: &'p str) -> impl Iterator<Item = &'w str> + 'p {
        self.found
            .iter()
            .filter(move |(index, _)| options[*index].names.iter().any(|known| known == name))
            .filter_map(|(_, value)| *value)
    }
}
