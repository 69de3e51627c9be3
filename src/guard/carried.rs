//! Denied commands in what a program is given that may run it.

use super::programs::{Found, Programs};

impl Programs<'_> {
    /// A denied command in the text that `ansible` hands to a shell on other machines.
    pub(super) fn carried_elsewhere(&self, words: &[String]) -> Option<Found> {
        if words[0] != "ansible" {
            return None;
        }
        let texts =
            words.iter().skip(1).map(|word| word.trim_start_matches("--args=").trim_start_matches("-a"));
        texts
            .flat_map(|text| text.split([';', '|', '&', '(', ')', '\n']))
            .find_map(|part| self.denied_in_text(part))
    }

    /// A denied command among the words behind a program that may run them, or in the text of one of them.
    pub(super) fn denied_within(&self, words: &[String]) -> Option<Found> {
        let among = (1..words.len()).find_map(|start| self.denied(&words[start..]));
        let texts = || words.iter().skip(1).flat_map(|word| word.split([';', '|', '&', '(', ')', '\n']));
        among.or_else(|| texts().find_map(|part| self.denied_in_text(part)))
    }

    fn denied_in_text(&self, text: &str) -> Option<Found> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        (0..words.len()).find_map(|start| self.denied(&words[start..]))
    }
}
