//! Shells that only look at scripts: `bash -n FILE`.
//!
//! What decides is that no name of a script can be an option: `+n` takes the first one back.

use crate::commands::HOLE;
use crate::facts::{Invocation, Link};

use super::listing::Listing;
use super::programs::Programs;

/// Shells that know `-n`, and know no option with a dot or a slash in it.
pub(super) const SHELLS: [&str; 3] = ["bash", "sh", "dash"];

impl Programs<'_> {
    /// Whether a shell is told to look at scripts, and to run nothing of them.
    pub(super) fn only_checks(&self, words: &[String], invocation: &Invocation) -> bool {
        let [shell, option, scripts @ ..] = words else { return false };
        if !SHELLS.contains(&shell.as_str()) || option != "-n" || scripts.is_empty() {
            return false;
        }
        if scripts[0] == "--" {
            return true;
        }
        let fed = invocation.chain.iter().find(|link| is(link, "find") || is(link, "xargs"));
        let named = match fed {
            Some(link) => scripts.len() == 1 && self.hands_scripts(link, invocation),
            None => self.inputs.checks_only(invocation.at),
        };
        let splits = fed.is_none() && self.inputs.splits_scripts(invocation.at);
        let plain = |word: &String| {
            let pattern = word.starts_with(['*', '?', '[']);
            // What is split may be an option behind the first blank.
            let several = splits && word.contains(HOLE);
            !word.starts_with(['-', '+', HOLE])
                && !several
                && !(pattern && (splits || !word.contains(['.', '/'])))
        };
        let may_name = |word: &String| word.starts_with([HOLE, '*', '?', '[']);
        scripts.iter().all(|word| plain(word) || named && may_name(word))
    }

    /// Whether what a wrapper puts behind the `-n` is the name of a script, or a single word where there is nothing to run.
    fn hands_scripts(&self, link: &Link, invocation: &Invocation) -> bool {
        if is(link, "find") {
            return Self::begins_plainly(link);
        }
        let words: Vec<&str> = link.words.iter().map(String::as_str).collect();
        let known = |word: &&str| {
            let text = word.strip_prefix('-').unwrap_or_default();
            ["-0", "-r", "-t", "-n1", "-n", "1", "-I", "{}", "-I{}", "-P", "--"].contains(word)
                || text.starts_with('P') && text[1..].bytes().all(|byte| byte.is_ascii_digit())
                || word.bytes().all(|byte| byte.is_ascii_digit())
        };
        let one = words.contains(&"-n1")
            || words.contains(&"-I{}")
            || words.windows(2).any(|pair| pair == ["-n", "1"] || pair == ["-I", "{}"]);
        let listed = self.listed.get(&invocation.at);
        // What `xargs` starts has nothing on stdin.
        words.iter().all(known)
            && (one || words.contains(&"-0") && matches!(listed, Some(Listing::Ending | Listing::Placed)))
    }
}

fn is(link: &Link, name: &str) -> bool {
    link.name.rsplit('/').next() == Some(name)
}
