//! Words of a command line that are not known: whether one of them may be an option, or shift the others.

use crate::commands::{HOLE, Plainly, Tables, beyond};
use crate::facts::{Invocation, Link};

use super::programs::Programs;

impl Programs<'_> {
    /// Whether a word that is not known may be an option of the program, or be several words.
    pub(super) fn has_unclear_words(&self, words: &[String], invocation: &Invocation) -> bool {
        let tables = Tables::builtin();
        let name = words[0].as_str();
        let values = tables.option_values(words);
        // Where options end with the first operand, what follows is none.
        let first =
            ["awk", "gawk", "mawk", "nawk"].contains(&name).then(|| tables.first_operand(words)).flatten();
        // Behind a `--` of git's there are files, and so they are where a name more changes nothing.
        let ends = name == "git" || takes_many(words);
        let dashes = ends.then(|| words.iter().position(|word| word == "--")).flatten();
        let dashes = dashes.filter(|index| !values.contains(index));
        let ends = first.or(dashes);
        let free = |index: usize| !values.contains(&index) && ends.is_none_or(|end| index <= end);
        let unclear = |(index, word): (usize, &String)| {
            free(index) && !names_itself(word) && (word.starts_with(HOLE) || may_be_option(word))
        };
        let spread =
            self.spread.contains(&invocation.at) || !self.functions.is_empty() && !self.spread.is_empty();
        let glob = |(index, word): (usize, &String)| free(index) && word.starts_with(['*', '?', '[']);
        // A name that a variable holds is one of a pattern's (`for f in *`); what is written in quotes is no pattern.
        let named = !self.tame.get(&invocation.at).is_some_and(Option::is_some);
        let globs = (spread || named) && words.iter().enumerate().skip(1).any(glob);
        // What comes in behind the `--` cannot shift what stands in front of it.
        let settled = dashes.is_some_and(|end| !words[..end].iter().any(|word| word.contains(HOLE)));
        let doubtful = invocation.loose && !settled || words.iter().enumerate().skip(1).any(unclear);
        globs || doubtful && !self.is_tame(words, &values, invocation)
    }

    /// Whether none of the words that are not known can be an option, or shift the others.
    fn is_tame(&self, words: &[String], values: &[usize], invocation: &Invocation) -> bool {
        // A word that is none after all lets an option take the one behind it.
        let shifts = invocation.loose && values.iter().any(|index| words[*index].starts_with('-'));
        let attached = words.iter().any(|word| may_be_option(word) && !names_itself(word));
        if shifts || attached {
            return false;
        }
        let own = self.tame.get(&invocation.at).copied().flatten();
        let put_in = invocation.chain.iter().map(|link| self.puts_in(link, invocation));
        let all = put_in.fold(own, |all, plainly| all.zip(plainly).map(|(a, b)| a.max(b)));
        match all {
            Some(Plainly::One) => true,
            Some(Plainly::Many) => takes_many(words),
            // Whatever else it may be, it is no option where nothing splits it.
            Some(Plainly::Path) => {
                invocation.chain.iter().any(|link| is(link, &["find", "xargs"])) && takes_many(words)
            }
            None => false,
        }
    }

    /// What a wrapper puts among the words of its command: it comes from elsewhere. What a function is given comes from
    /// its call.
    fn puts_in(&self, link: &Link, invocation: &Invocation) -> Option<Plainly> {
        if is(link, &["timeout", "nice", "sudo", "time", "command", "env"]) {
            return Some(Plainly::One);
        }
        if is(link, &["xargs"]) {
            let fed = self.fed.get(&invocation.at).copied()?;
            let single = |word: &String| ["-n1", "-L1"].contains(&word.as_str()) || word.starts_with("-I");
            let pair = |pair: &[String]| {
                ["-n", "-L", "-I"].contains(&pair[0].as_str()) && (pair[1] == "1" || pair[0] == "-I")
            };
            let one =
                fed != Plainly::Path && (link.words.iter().any(single) || link.words.windows(2).any(pair));
            return Some(if one { Plainly::One } else { fed });
        }
        if is(link, &["find"]) {
            return Self::begins_plainly(link).then_some(Plainly::Path);
        }
        None
    }

    /// Whether what `find` finds begins with no dash: it begins as the folders do in which it looks.
    pub(super) fn begins_plainly(link: &Link) -> bool {
        let mut folders = link.words.iter().take_while(|word| !word.starts_with(['-', '(', '!', ',']));
        folders.all(|word| word.starts_with(|c: char| c.is_ascii_alphanumeric() || "./_~".contains(c)))
    }
}

fn is(link: &Link, names: &[&str]) -> bool {
    names.contains(&link.name.rsplit('/').next().unwrap_or(&link.name))
}

fn names_itself(word: &str) -> bool {
    word.starts_with("--") && word.split_once('=').is_some_and(|(name, _)| !name.contains(HOLE))
}

/// Whether a part of an option is not known.
fn may_be_option(word: &str) -> bool {
    word.starts_with('-') && word.contains(HOLE)
}

/// Whether a name more changes nothing of what a line does.
fn takes_many(words: &[String]) -> bool {
    beyond::MANY.iter().any(|known| {
        let mut words = words.iter();
        known.split(' ').all(|part| words.next().is_some_and(|word| word == part))
    })
}
