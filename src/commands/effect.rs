//! What one command line does to the world, by the tables.
//!
//! Words may hold [`HOLE`]s: parts whose value is not known. What is not known to read is taken to change.

use super::HOLE;
use super::given::{Given, Opt, Value};
use super::pattern::{Pattern, Spelt, looks_like};
use super::tables::{Tables, basename};
use super::tool::{FileWords, OptionName, Tool};

/// What a command line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It only reads.
    Read,
    /// It changes nothing but what the client itself remembers: a login, a cache.
    Session,
    /// The program is not known, or what it does stands elsewhere.
    Unknown,
    /// It changes something, or may.
    Mutate,
}

/// What a command line does besides writing the files that it names, and these files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What it does but for the files.
    pub effect: Effect,
    /// The files that it writes.
    pub files: Vec<Written>,
    /// Whether it would read, but for an option that may do anything.
    pub unlisted: bool,
}

/// A file that a command writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// A word names it, from that byte on.
    Word {
        /// Which word; the program is 0.
        index: usize,
        /// Where in it the name begins.
        from: usize,
    },
    /// Something in the working directory.
    Here,
}

impl Judged {
    /// What both of two commands do.
    fn and(mut self, other: Self) -> Self {
        self.effect = self.effect.max(other.effect);
        self.files.extend(other.files);
        self.unlisted |= other.unlisted;
        self
    }
}

impl Tables {
    /// The effect of the command with these words, the program's name first.
    pub fn effect<S: AsRef<str>>(&self, argv: &[S]) -> Effect {
        self.effect_given(argv, None)
    }

    /// The same of a command that reads this on its stdin, where that is known.
    pub fn effect_given<S: AsRef<str>>(&self, argv: &[S], stdin: Option<&str>) -> Effect {
        let judged = self.judge(argv, stdin);
        let harmless = |file: &Written| match file {
            Written::Word { index, from } => is_no_file(&argv[*index].as_ref()[*from..]),
            Written::Here => false,
        };
        if judged.files.iter().all(harmless) { judged.effect } else { Effect::Mutate }
    }

    /// What the command does, and which files it writes. `stdin` is what it is given to read, where that is known;
    /// its unknown parts are holes.
    pub fn judge<S: AsRef<str>>(&self, argv: &[S], stdin: Option<&str>) -> Judged {
        self.judge_as(argv, stdin, false)
    }

    /// The same, where nothing may be believed that may be otherwise: a `--help` is taken for any other option, and no option
    /// makes a line harmless that may be the value of the word in front of it.
    pub fn judge_strictly<S: AsRef<str>>(&self, argv: &[S]) -> Judged {
        self.judge_as(argv, None, true)
    }

    fn judge_as<S: AsRef<str>>(&self, argv: &[S], stdin: Option<&str>, strict: bool) -> Judged {
        let plain = |effect| Judged { effect, files: Vec::new(), unlisted: false };
        let Some((program, words)) = argv.split_first() else { return plain(Effect::Unknown) };
        let Some(tool) = self.tool(basename(program.as_ref())) else { return plain(Effect::Unknown) };
        let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let commands = words.split(|word| tool.divider.as_deref() == Some(word));
        let nothing = plain(Effect::Read);
        let mut judged = commands.fold(nothing, |all, words| all.and(tool.judge(words, stdin, strict)));
        // The places of files are those of one command: of several it is only known that they write some.
        let several = tool.divider.as_deref().is_some_and(|divider| words.contains(&divider));
        if several && !judged.files.is_empty() {
            judged.files = vec![Written::Here];
        }
        judged
    }

    /// Whether it is the words which `given` names that make a line change something: without them it does not, or does not
    /// say yet what it does. Files that a line writes are no part of that.
    pub fn is_told_by(&self, argv: &[&str], given: &dyn Fn(usize) -> bool) -> bool {
        if self.judge(argv, None).effect != Effect::Mutate {
            return false;
        }
        let kept: Vec<&str> =
            argv.iter().enumerate().filter(|(at, _)| !given(*at)).map(|(_, word)| *word).collect();
        let Some((program, words)) = kept.split_first() else { return false };
        let Some(tool) = self.tool(basename(program)) else { return false };
        self.judge(&kept, None).effect != Effect::Mutate || tool.is_open(words)
    }

    /// Whether no output is a valid answer of that command.
    pub fn empty_is_valid(&self, argv: &[String]) -> bool {
        let Some((program, words)) = argv.split_first() else { return false };
        let Some(tool) = self.tool(basename(program)) else { return false };
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        any(&tool.empty_ok, &Given::read(tool, &words), Spelt::Exactly)
    }

    /// The words of a command that may name an object: what is neither program nor verb nor option.
    pub fn object_words<S: AsRef<str>>(&self, argv: &[S]) -> Vec<usize> {
        let words: Vec<&str> = argv.iter().map(AsRef::as_ref).collect();
        let Some((program, rest)) = words.split_first() else { return Vec::new() };
        let mut first = 1;
        if let Some(tool) =
            self.tool(basename(program)).filter(|tool| !tool.read.iter().any(Pattern::is_any_line))
        {
            let given = Given::read(tool, rest);
            let verb = match (tool.read_verbs.is_empty(), tool.has_verbs()) {
                (false, _) => tool.verb_at(&given.operands),
                (true, true) => Some(tool.skip),
                (true, false) => None,
            };
            first = verb.and_then(|at| given.operands.get(at)).map_or(1, |verb| verb.index + 1);
        }
        let openstack = self.tool("openstack");
        let is_verb =
            |word: &str| openstack.is_some_and(|tool| tool.change_verbs.iter().any(|verb| verb == word));
        (first..words.len())
            .filter(|index| {
                let word = words[*index];
                (!word.starts_with('-') || word.contains('=')) && !is_verb(word)
            })
            .collect()
    }
}

/// Whether a name stands for a stream or for nothing.
pub fn is_no_file(name: &str) -> bool {
    const STREAMS: [&str; 9] = [
        "/dev/null",
        "/dev/stdout",
        "/dev/stderr",
        "/dev/stdin",
        "/dev/tty",
        "/dev/console",
        "/dev/kmsg",
        "/dev/log",
        "/dev/full",
    ];
    const BELOW: [&str; 4] = ["/dev/fd/", "/dev/tcp/", "/dev/udp/", "/proc/self/fd/"];
    name == "-" || STREAMS.contains(&name) || BELOW.iter().any(|folder| name.starts_with(folder))
}

/// Whether one of the patterns is of that line.
pub(super) fn any(patterns: &[Pattern], given: &Given<'_>, spelt: Spelt) -> bool {
    patterns.iter().any(|pattern| pattern.matches(given, spelt))
}

impl Tool {
    /// What one command of a line does: the words behind the program's name.
    fn judge(&self, words: &[&str], stdin: Option<&str>, strict: bool) -> Judged {
        let mut given = if strict { Given::read_strictly(self, words) } else { Given::read(self, words) };
        given.help &= !strict;
        let mut judged = self.judge_given(&given, stdin);
        let reads = judged.effect == Effect::Read && !given.help;
        let strange = || self.has_verbs() && given.has_strange_front(self, self.acts(&given));
        if reads && (given.options.iter().any(|option| self.is_unlisted(option.name)) || strange()) {
            judged.effect = Effect::Unknown;
            judged.unlisted = true;
        }
        judged
    }

    fn judge_given(&self, given: &Given<'_>, stdin: Option<&str>) -> Judged {
        let simulates = any(&self.simulate, given, Spelt::Exactly);
        if given.help || simulates {
            let unknown = !given.help && any(&self.unknown, given, Spelt::Perhaps);
            let effect = if unknown { Effect::Unknown } else { Effect::Read };
            // A log, a report: written all the same.
            let files = if given.help { Vec::new() } else { self.files_of_options(given) };
            return Judged { effect, files, unlisted: false };
        }
        let mut effect = self.effect(given);
        if let Some(http) = &self.http {
            effect = effect.max(http.effect(given));
        }
        if let Some(text) = &self.text {
            effect = effect.max(text.effect(given, stdin));
        }
        let files = if effect == Effect::Mutate { Vec::new() } else { self.written(given) };
        Judged { effect, files, unlisted: false }
    }

    fn effect(&self, given: &Given<'_>) -> Effect {
        if any(&self.own_write, given, Spelt::Perhaps) {
            Effect::Mutate
        } else if any(&self.own_read, given, Spelt::Exactly) {
            Effect::Read
        } else if any(&self.write, given, Spelt::Perhaps) {
            Effect::Mutate
        } else {
            let untold = || self.unknown.iter().filter(|pattern| pattern.matches(given, Spelt::Perhaps));
            let otherwise = || self.effect_by_verb(given);
            if untold().any(Pattern::names_the_act) {
                Effect::Unknown
            } else if untold().next().is_some() {
                otherwise().max(Effect::Unknown)
            } else {
                otherwise()
            }
        }
    }

    /// What the rows of verbs say, and what holds where none of them fits.
    fn effect_by_verb(&self, given: &Given<'_>) -> Effect {
        if any(&self.read, given, Spelt::Exactly) {
            Effect::Read
        } else if any(&self.session, given, Spelt::Exactly) {
            Effect::Session
        } else if self.local {
            Effect::Unknown
        } else if self.read_verbs.is_empty() {
            Effect::Mutate
        } else {
            self.effect_by_noun(given)
        }
    }

    /// The verb stands behind the longest noun that is known, or is the first word that is known as a verb.
    fn effect_by_noun(&self, given: &Given<'_>) -> Effect {
        if given.operands.is_empty() {
            return Effect::Unknown;
        }
        let verb = self.verb_at(&given.operands).and_then(|at| given.operands.get(at));
        match verb {
            Some(verb) if self.read_verbs.iter().any(|read| glob(read, verb.text)) => Effect::Read,
            _ => Effect::Mutate,
        }
    }

    /// The patterns that say what a line does.
    pub(super) fn effects(&self) -> impl Iterator<Item = &Pattern> {
        let lists = [
            &self.own_read,
            &self.own_write,
            &self.read,
            &self.write,
            &self.session,
            &self.unknown,
            &self.simulate,
        ];
        lists.into_iter().flatten()
    }

    /// Whether the first operand of some line tells what is done.
    pub(super) fn has_verbs(&self) -> bool {
        let files = self.files.iter().filter_map(|files| files.when.as_ref());
        self.effects().chain(files).any(Pattern::names_first_word)
    }

    /// Whether these words do not say yet what is done: with more of them behind, the line may read.
    fn is_open(&self, words: &[&str]) -> bool {
        let given = Given::read(self, words);
        let goes_on = |pattern: &Pattern| pattern.goes_on_from(&given.operands);
        let by_pattern = self.own_read.iter().chain(&self.read).chain(&self.session).any(goes_on);
        let by_noun = || {
            !self.read_verbs.is_empty()
                && self.verb_at(&given.operands).is_none_or(|at| at >= given.operands.len())
        };
        by_pattern || by_noun()
    }

    /// How many operands it takes to say what a line does that reads.
    fn acts(&self, given: &Given<'_>) -> usize {
        let reading = self.own_read.iter().chain(&self.read).chain(&self.simulate);
        let fitting = reading.filter(|pattern| pattern.matches(given, Spelt::Exactly));
        let by_pattern = fitting.map(|pattern| pattern.acts(&given.operands)).max();
        let by_noun = || self.verb_at(&given.operands).map_or(0, |at| at + 1);
        by_pattern.unwrap_or_else(by_noun)
    }

    pub(super) fn verb_at(&self, operands: &[Value<'_>]) -> Option<usize> {
        const LONGEST: usize = 6;
        let operands = operands.get(self.skip..)?;
        let mut noun = String::new();
        let mut longest = None;
        for (at, operand) in operands.iter().take(LONGEST).enumerate() {
            if at > 0 {
                noun.push(' ');
            }
            noun.push_str(operand.text);
            if self.nouns.contains(&noun) {
                longest = Some(at + 1);
            }
        }
        let is_verb =
            |word: &str| self.read_verbs.iter().chain(&self.change_verbs).any(|verb| glob(verb, word));
        let at = longest.or_else(|| operands.iter().position(|operand| is_verb(operand.text)))?;
        Some(self.skip + at)
    }

    /// The files that options name, abbreviated perhaps: but not where that is another option's name (`--cursor`).
    fn files_of_options(&self, given: &Given<'_>) -> Vec<Written> {
        let is = |names: &[OptionName], option: &Opt<'_>| names.iter().any(|name| name.is(option.name));
        let fits = |option: &&Opt<'_>| {
            is(&self.file_options, option)
                || !is(&self.options_with_value, option)
                    && self.file_options.iter().any(|name| name.may_be(option.name))
        };
        let named = given.options.iter().filter(fits).filter_map(|option| option.value).map(word);
        named.chain(hides(given, &self.file_options).then_some(Written::Here)).collect()
    }

    /// The words of a line, the program being word 0, that are no ids: a host, the name of what is yet to be made.
    pub fn plain_words(&self, argv: &[&str]) -> Vec<usize> {
        let Some((_, words)) = argv.split_first().filter(|_| !self.plain_operands.is_empty()) else {
            return Vec::new();
        };
        let given = Given::read(self, words);
        let fits = |operands: &&super::tool::Files| {
            operands.when.as_ref().is_none_or(|when| when.matches(&given, Spelt::Exactly))
        };
        let operands = self.plain_operands.iter().find(fits).into_iter().flat_map(|operands| &operands.of);
        let named = operands.map(|which| which.among(&given)).find(|named| !named.is_empty());
        let index = |file: Written| match file {
            Written::Word { index, .. } => Some(index),
            Written::Here => None,
        };
        named.into_iter().flatten().filter_map(index).collect()
    }

    /// The files that the line names and writes.
    fn written(&self, given: &Given<'_>) -> Vec<Written> {
        let mut written = self.files_of_options(given);
        let fits = |files: &&super::tool::Files| {
            // Where it says that nothing is written, it must hold for sure.
            let nothing = files.of == [FileWords::None];
            let spelt = if nothing { Spelt::Exactly } else { Spelt::Perhaps };
            files.when.as_ref().is_none_or(|when| when.matches(given, spelt))
        };
        if let Some(files) = self.files.iter().find(fits) {
            let named = files.of.iter().map(|which| which.among(given)).find(|named| !named.is_empty());
            written.extend(named.unwrap_or_default());
        }
        written
    }
}

impl FileWords {
    fn among(&self, given: &Given<'_>) -> Vec<Written> {
        let operands = || given.operands.iter().copied();
        match self {
            Self::From(number) => operands().skip(number - 1).map(word).collect(),
            Self::Only(number) => operands().skip(number - 1).take(1).map(word).collect(),
            Self::Last => operands().next_back().map(word).into_iter().collect(),
            Self::Leading => (1..=given.leading).map(|index| Written::Word { index, from: 0 }).collect(),
            Self::Prefix(prefix) => operands()
                .filter(|operand| operand.text.starts_with(prefix.as_str()) || operand.text.starts_with(HOLE))
                .map(|operand| {
                    let from = if operand.text.starts_with(HOLE) { 0 } else { prefix.len() };
                    Written::Word { index: operand.index, from: operand.from + from }
                })
                .collect(),
            Self::Option(names) => {
                let values = values(&given.globals, names).chain(values(&given.options, names));
                let files: Vec<Written> = values.map(word).collect();
                if files.is_empty() && hides(given, names) { vec![Written::Here] } else { files }
            }
            Self::Here => vec![Written::Here],
            Self::None => Vec::new(),
        }
    }
}

/// Whether what is taken for the value of some option may be one of these, where that option takes none.
fn hides(given: &Given<'_>, names: &[OptionName]) -> bool {
    let is_one = |option: &Opt<'_>| {
        looks_like(option).is_some_and(|behind| names.iter().any(|known| known.is(behind)))
    };
    given.options.iter().any(is_one)
}

fn word(value: Value<'_>) -> Written {
    Written::Word { index: value.index, from: value.from }
}

/// The values of the options of these names.
pub(super) fn values<'g, 'w>(
    options: &'g [Opt<'w>],
    names: &'g [OptionName],
) -> impl Iterator<Item = Value<'w>> + use<'g, 'w> {
    options
        .iter()
        .filter(|option| names.iter().any(|name| name.may_be(option.name)))
        .filter_map(|option| option.value)
}

/// Whether `words` match `pattern`: each word of the pattern globs one word, `**` any number of them.
pub fn matches_words<S: AsRef<str>>(pattern: &str, words: &[S]) -> bool {
    // Most patterns fail at their first word: nothing is cut up beforehand.
    let pattern = pattern.trim_ascii_start();
    let end = pattern.bytes().position(|byte| byte.is_ascii_whitespace()).unwrap_or(pattern.len());
    let (part, rest) = pattern.split_at(end);
    match part {
        "" => words.is_empty(),
        "**" => (0..=words.len()).any(|skip| matches_words(rest, &words[skip..])),
        part => words
            .split_first()
            .is_some_and(|(word, tail)| glob(part, word.as_ref()) && matches_words(rest, tail)),
    }
}

/// Shell-like match of a whole word: `*` any text, `?` one character. A hole matches only `*`.
pub fn glob(pattern: &str, word: &str) -> bool {
    // Nearly all patterns are told by how they begin, or have no such character.
    let is_wild = |byte: &u8| matches!(byte, b'*' | b'?');
    match (pattern.as_bytes().first(), word.as_bytes().first()) {
        (Some(wanted), first) if !is_wild(wanted) && first != Some(wanted) => return false,
        _ if !pattern.as_bytes().iter().any(is_wild) => return pattern == word,
        _ => {}
    }
    let (mut pattern, mut word) = (pattern, word);
    let mut retry: Option<(&str, &str)> = None;
    loop {
        let mut rest = pattern.chars();
        let mut tail = word.chars();
        match (rest.next(), tail.next()) {
            (Some('*'), _) => {
                pattern = rest.as_str();
                retry = Some((pattern, word));
                continue;
            }
            (None, None) => return true,
            (Some('?'), Some(c)) if c != HOLE => {
                (pattern, word) = (rest.as_str(), tail.as_str());
                continue;
            }
            (Some(wanted), Some(c)) if wanted == c => {
                (pattern, word) = (rest.as_str(), tail.as_str());
                continue;
            }
            _ => {}
        }
        let Some((star, from)) = retry else { return false };
        let mut further = from.chars();
        if further.next().is_none() {
            return false;
        }
        (pattern, word) = (star, further.as_str());
        retry = Some((star, word));
    }
}

#[cfg(test)]
mod tests {
    use super::super::given::Name;
    use super::*;

    #[test]
    fn no_option_makes_a_change_less_of_one() {
        let rows = include_str!("../../fixtures/commands/effects.txt");
        let mut less = Vec::new();
        for line in rows.lines().filter_map(|row| row.strip_prefix("change ")) {
            // Words in quotes come apart here, but not the verb.
            let words: Vec<&str> = line.split_whitespace().collect();
            let tables = Tables::builtin();
            let Some(tool) = tables.tool(words[0]).filter(|_| !line.contains(['\'', '"'])) else { continue };
            let rows = tool.unknown.iter().filter(|row| !row.names_the_act());
            let reading: Vec<Name<'_>> =
                tool.read.iter().chain(&tool.simulate).flat_map(Pattern::option_names).collect();
            for name in rows.flat_map(Pattern::option_names).filter(|name| !reading.contains(name)) {
                let option = match name {
                    Name::Letter(letter) => format!("-{letter}"),
                    Name::Word(word) => format!("--{word}"),
                };
                let longer = [words.as_slice(), &[option.as_str(), "x"]].concat();
                if tables.effect(&words) == Effect::Mutate && tables.effect(&longer) != Effect::Mutate {
                    less.push(longer.join(" "));
                }
            }
        }
        assert!(less.is_empty(), "{less:#?}");
    }
}
