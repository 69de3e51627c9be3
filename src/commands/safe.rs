//! What to write instead of a call that puts a secret on a command line.

use serde::Deserialize;

use super::matches_words;

/// What to write instead of an exposing call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Safe {
    /// The call, as words that glob.
    pub call: String,
    /// The options whose value carries the secret; empty for any.
    #[serde(default)]
    pub options: Vec<String>,
    /// How the operand looks that carries it; empty for any.
    #[serde(default)]
    pub operands: Vec<String>,
    /// The advice.
    pub instead: String,
}

impl Safe {
    /// Whether the word at `index` is the value of one of the options, or one of the operands.
    pub fn fits(&self, words: &[&str], index: usize) -> bool {
        if self.options.is_empty() && self.operands.is_empty() {
            return true;
        }
        let word = words.get(index).copied().unwrap_or_default();
        let before = index.checked_sub(1).and_then(|before| words.get(before)).copied().unwrap_or_default();
        if self
            .options
            .iter()
            .any(|option| before == option || carries(word, option) || ends_in(before, option))
        {
            return true;
        }
        let is_operand = !word.starts_with('-') && !before.starts_with('-');
        let is_address = word.contains("://");
        (is_operand || is_address) && self.operands.iter().any(|operand| matches_words(operand, &[word]))
    }
}

/// Whether a word is an option with its value: `--data=x`, `-dx`, `-sSdx`.
fn carries(word: &str, option: &str) -> bool {
    if option.starts_with("--") {
        return word.strip_prefix(option).is_some_and(|rest| rest.starts_with('='));
    }
    let letter = option.trim_start_matches('-');
    let bundle = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')).unwrap_or_default();
    bundle.find(letter).is_some_and(|at| bundle[..at].bytes().all(|byte| byte.is_ascii_alphabetic()))
}

/// Whether a bundle of short options ends in this one: `-sSd`.
fn ends_in(word: &str, option: &str) -> bool {
    let letter = option.trim_start_matches('-');
    let is_short = option.len() == 2 && word.starts_with('-') && !word.starts_with("--");
    is_short && word.ends_with(letter)
}
