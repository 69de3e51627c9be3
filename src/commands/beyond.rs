//! What a guard must know beyond the tables of verbs: the lists of `guard.toml`, each a static of that name which the build
//! writes, and the options by which a program that reads does more.

include!(concat!(env!("OUT_DIR"), "/guard.rs"));

/// Options by which programs that read run another one, or write a file. The head of the doors in `guard.toml` explains it.
#[derive(Debug)]
pub struct Door {
    programs: &'static [&'static str],
    starts: &'static [&'static str],
    words: &'static [&'static str],
    holds: &'static [&'static str],
    letters: &'static str,
}

/// The word among a program's words by which it does more than read.
pub fn door<'w>(program: &str, args: &'w [String]) -> Option<&'w String> {
    let door = DOORS.iter().find(|door| door.programs.contains(&program))?;
    args.iter().find(|word| door.is_opened_by(word))
}

impl Door {
    fn is_opened_by(&self, word: &str) -> bool {
        let whole = word.split('=').next().unwrap_or(word);
        let bundle = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')).unwrap_or_default();
        self.starts.iter().any(|start| word.starts_with(start))
            || self.words.contains(&whole)
            || self.holds.iter().any(|text| word.contains(text))
            || bundle.chars().any(|letter| self.letters.contains(letter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_is_opened_by_a_start_a_whole_word_a_letter_of_a_bundle_or_a_text() {
        let opens = |program: &str, word: &str| door(program, &[word.to_owned()]).is_some();
        for (program, word) in
            [("sort", "--compress-program=x"), ("rg", "--pre=x"), ("wget", "-qe"), ("curl", "%output{f}")]
        {
            assert!(opens(program, word), "{program} {word}");
        }
        for (program, word) in [("sort", "-k1"), ("rg", "--pretty"), ("wget", "--header=e"), ("cat", "-o")] {
            assert!(!opens(program, word), "{program} {word}");
        }
    }
}
