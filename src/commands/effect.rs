//! What one command line does to the world, by the tables.
//!
//! Words may hold [`HOLE`]s: parts whose value is not known. What is not known to read is taken to change.

use super::HOLE;
use super::tables::{Style, Tables, Tool, basename};

/// What a command line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It only reads.
    Read,
    /// It changes something, or may.
    Mutate,
    /// The program is not known.
    Unknown,
}

impl Tables {
    /// The effect of the command with these words, the program's name first.
    pub fn effect<S: AsRef<str>>(&self, argv: &[S]) -> Effect {
        let Some((program, words)) = argv.split_first() else { return Effect::Unknown };
        let Some(tool) = self.tool(basename(program.as_ref())) else { return Effect::Unknown };
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        if words.iter().any(|word| ["--help", "--version"].contains(word)) && tool.style != Style::Http {
            return Effect::Read;
        }
        if words.iter().any(|word| tool.simulate.iter().any(|option| glob(option, word))) {
            return Effect::Read;
        }
        match tool.style {
            Style::ReadOnly => Effect::Read,
            Style::Verb => tool.verb_effect(&words),
            Style::NounVerb => tool.noun_verb_effect(&words),
            Style::Http => tool.http_effect(&words),
            Style::Files | Style::LastFile => Effect::Mutate,
            Style::Operand => {
                let writes = words.iter().any(|word| {
                    word.starts_with(HOLE)
                        || tool.operands.iter().any(|prefix| word.starts_with(prefix.as_str()))
                });
                if writes { Effect::Mutate } else { Effect::Read }
            }
            Style::InPlace | Style::Search => {
                let writes = words.iter().any(|word| tool.in_place.iter().any(|option| glob(option, word)));
                if writes { Effect::Mutate } else { Effect::Read }
            }
        }
    }

    /// Whether no output is a valid answer of that command.
    pub fn empty_is_valid(&self, argv: &[String]) -> bool {
        let Some((program, words)) = argv.split_first() else { return false };
        let Some(tool) = self.tool(basename(program)) else { return false };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let positional = tool.positional(&words);
        match tool.style {
            Style::NounVerb => {
                tool.verb(&positional).is_some_and(|verb| tool.empty_ok.iter().any(|ok| glob(ok, verb)))
            }
            _ => tool.empty_ok.iter().any(|pattern| prefix_matches(pattern, &positional)),
        }
    }

    /// The words of a command that may name an object: what is neither program nor verb nor option.
    pub fn object_words<S: AsRef<str>>(&self, argv: &[S]) -> Vec<usize> {
        let words: Vec<&str> = argv.iter().map(AsRef::as_ref).collect();
        let tool = words.first().and_then(|program| self.tool(basename(program)));
        let mut first = 1;
        if let Some(tool) = tool.filter(|tool| tool.style == Style::NounVerb) {
            let verbs = || tool.read.iter().chain(&tool.mutate);
            let verb = words.iter().skip(1).position(|word| verbs().any(|verb| glob(verb, word)));
            first = verb.map_or(1, |at| at + 2);
        } else if let Some(tool) = tool.filter(|tool| tool.style == Style::Verb) {
            let verb = tool.operand_positions(&words[1..]).first().copied();
            first = verb.map_or(1, |at| at + 2);
        }
        let is_verb = |word: &str| {
            self.tools()
                .any(|tool| tool.style == Style::NounVerb && tool.mutate.iter().any(|verb| verb == word))
        };
        (first..words.len())
            .filter(|index| {
                let word = words[*index];
                (!word.starts_with('-') || word.contains('=')) && !is_verb(word)
            })
            .collect()
    }

    /// The words of a file-writing command that name what it writes; `None` where the tool is none.
    pub fn written_operands<S: AsRef<str>>(&self, argv: &[S]) -> Option<Vec<usize>> {
        let (program, words) = argv.split_first()?;
        let tool = self.tool(basename(program.as_ref()))?;
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let operands = tool.operand_positions(&words);
        let skip_mode = ["chmod", "chown", "chgrp", "chattr"].contains(&basename(program.as_ref()));
        let picked: Vec<usize> = match tool.style {
            Style::Files => operands.into_iter().skip(usize::from(skip_mode)).collect(),
            Style::LastFile => operands.into_iter().next_back().into_iter().collect(),
            Style::InPlace => {
                let script_given =
                    words.iter().any(|word| tool.options_with_value.iter().any(|option| option == word));
                operands.into_iter().skip(usize::from(!script_given)).collect()
            }
            Style::Search => {
                (0..words.iter().position(|word| word.starts_with(['-', '(', '!'])).unwrap_or(words.len()))
                    .collect()
            }
            Style::Operand => words
                .iter()
                .enumerate()
                .filter(|(_, word)| tool.operands.iter().any(|prefix| word.starts_with(prefix.as_str())))
                .map(|(index, _)| index)
                .collect(),
            _ => return None,
        };
        Some(picked.into_iter().map(|index| index + 1).collect())
    }
}

impl Tool {
    /// Indexes of the words that are neither options nor their values.
    fn operand_positions(&self, words: &[&str]) -> Vec<usize> {
        let mut positions = Vec::new();
        let mut index = 0;
        let mut only_operands = false;
        while index < words.len() {
            let word = words[index];
            if only_operands || !word.starts_with('-') || word == "-" {
                positions.push(index);
            } else if word == "--" {
                only_operands = true;
            } else if self.options_with_value.iter().any(|option| option == word) {
                index += 1;
            }
            index += 1;
        }
        positions
    }

    fn positional<'w>(&self, words: &[&'w str]) -> Vec<&'w str> {
        self.operand_positions(words).into_iter().map(|index| words[index]).collect()
    }

    fn verb_effect(&self, words: &[&str]) -> Effect {
        let positional = self.positional(words);
        let with_options: Vec<&str> = words.to_vec();
        let reads = self.read.iter().any(|pattern| {
            if pattern.is_empty() {
                positional.is_empty()
            } else {
                prefix_matches(pattern, &positional)
                    || (pattern.contains('-') && options_match(pattern, &with_options, &positional))
            }
        });
        let reads = reads
            || self.read_whole.iter().any(|pattern| {
                pattern.split_whitespace().count() == positional.len() && prefix_matches(pattern, &positional)
            });
        if !reads {
            return Effect::Mutate;
        }
        let turned = self.mutate_when.iter().any(|when| {
            prefix_matches(&when.verb, &positional)
                && words.iter().any(|word| when.words.iter().any(|pattern| glob(pattern, word)))
        });
        if turned { Effect::Mutate } else { Effect::Read }
    }

    /// The first word that is a verb.
    fn verb<'w>(&self, positional: &[&'w str]) -> Option<&'w str> {
        positional
            .iter()
            .find(|word| self.read.iter().chain(&self.mutate).any(|verb| glob(verb, word)))
            .copied()
    }

    fn noun_verb_effect(&self, words: &[&str]) -> Effect {
        let positional = self.positional(words);
        match self.verb(&positional) {
            Some(verb) if self.read.iter().any(|read| glob(read, verb)) => Effect::Read,
            None if positional.is_empty() && words.iter().all(|word| word.starts_with('-')) => Effect::Read,
            Some(_) | None => Effect::Mutate,
        }
    }

    fn http_effect(&self, words: &[&str]) -> Effect {
        let mut method = None;
        let mut body = false;
        let mut get = false;
        let spread: Vec<String> = words.iter().flat_map(|word| self.spread(word)).collect();
        let words: Vec<&str> = spread.iter().map(String::as_str).collect();
        for (index, word) in words.iter().enumerate() {
            if self.method_options.iter().any(|option| option == word) {
                method = words.get(index + 1).copied();
            } else if let Some(attached) = attached_value(word, &self.method_options) {
                method = Some(attached);
            }
            body |= self.data_options.iter().any(|option| option == word)
                || attached_value(word, &self.data_options).is_some();
            get |= self.get_options.iter().any(|option| option == word);
        }
        let sends = match method.map(str::to_ascii_uppercase) {
            Some(method) => !["GET", "HEAD", "OPTIONS", "LIST", "PROPFIND"].contains(&method.as_str()),
            None => body && !get,
        };
        if !sends {
            return Effect::Read;
        }
        let deletes = method.is_some_and(|method| {
            !method.eq_ignore_ascii_case("POST") && !method.eq_ignore_ascii_case("PUT")
        });
        let reading_address = words.iter().any(|word| self.read_urls.iter().any(|url| path_glob(url, word)));
        if reading_address && !deletes { Effect::Read } else { Effect::Mutate }
    }
}

impl Tool {
    /// A bundle of short options (`-sSXPOST`) as single options, the value of the last one behind it.
    fn spread(&self, word: &str) -> Vec<String> {
        let Some(letters) = word.strip_prefix('-').filter(|rest| rest.len() > 1 && !rest.starts_with('-'))
        else {
            return vec![word.to_owned()];
        };
        let mut options = Vec::new();
        for (at, letter) in letters.char_indices() {
            let option = format!("-{letter}");
            let takes_value = [&self.method_options, &self.data_options, &self.options_with_value]
                .iter()
                .any(|list| list.contains(&option));
            options.push(option);
            let rest = &letters[at + letter.len_utf8()..];
            if takes_value {
                if !rest.is_empty() {
                    options.push(rest.to_owned());
                }
                break;
            }
        }
        options
    }
}

/// The value in `-XPOST` or `--request=POST`.
fn attached_value<'w>(word: &'w str, options: &[String]) -> Option<&'w str> {
    options.iter().find_map(|option| {
        let rest = word.strip_prefix(option.as_str())?;
        if option.starts_with("--") { rest.strip_prefix('=') } else { (!rest.is_empty()).then_some(rest) }
    })
}

/// Whether the words of `pattern` glob the first words.
fn prefix_matches(pattern: &str, words: &[&str]) -> bool {
    let mut count = 0;
    for part in pattern.split_whitespace() {
        match words.get(count) {
            Some(word) if glob(part, word) => count += 1,
            _ => return false,
        }
    }
    count > 0
}

/// Like [`prefix_matches`], with the pattern's options anywhere among the words (`branch --list`, `-l`).
fn options_match(pattern: &str, words: &[&str], positional: &[&str]) -> bool {
    let (options, verbs): (Vec<&str>, Vec<&str>) =
        pattern.split_whitespace().partition(|part| part.starts_with('-'));
    !options.is_empty()
        && options.iter().all(|option| words.contains(option))
        && verbs.iter().zip(positional).all(|(verb, word)| glob(verb, word))
        && verbs.len() <= positional.len()
}

/// Whether `words` match `pattern`: each word of the pattern globs one word, `**` any number of them.
pub fn matches_words<S: AsRef<str>>(pattern: &str, words: &[S]) -> bool {
    let parts: Vec<&str> = pattern.split_whitespace().collect();
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    parts_match(&parts, &words)
}

fn parts_match(parts: &[&str], words: &[&str]) -> bool {
    match parts.split_first() {
        None => words.is_empty(),
        Some((&"**", rest)) => (0..=words.len()).any(|skip| parts_match(rest, &words[skip..])),
        Some((part, rest)) => {
            words.split_first().is_some_and(|(word, tail)| glob(part, word) && parts_match(rest, tail))
        }
    }
}

/// Shell-like match of a whole word: `*` any text, `?` one character. A hole matches only `*`.
pub fn glob(pattern: &str, word: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return pattern == word;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let word: Vec<char> = word.chars().collect();
    let (mut p, mut w) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while w < word.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, w));
                p += 1;
            }
            Some(c) if (*c == '?' && word[w] != HOLE) || *c == word[w] => {
                p += 1;
                w += 1;
            }
            _ => match retry {
                Some((star, at)) => {
                    p = star + 1;
                    w = at + 1;
                    retry = Some((star, at + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Like [`glob`], for addresses: `**` is any text too, a trailing query counts.
fn path_glob(pattern: &str, word: &str) -> bool {
    glob(&pattern.replace("**", "*"), word)
}
