//! Programs that give nothing away of what they read: a count, a sum, a status. Of any other one it is not known.

use super::beyond;
use super::effect::any;
use super::given::{Given, Name};
use super::pattern::Spelt;
use super::tables::{Tables, basename};
use super::tool::{OptionName, Tool};

/// Whether what a command prints gives nothing away of the files that it is given, nor of its stdin.
pub fn tells_nothing<S: AsRef<str>>(words: &[S]) -> bool {
    let Some((program, args)) = words.split_first() else { return true };
    let program = basename(program.as_ref());
    let args: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
    let kept = beyond::KEEPS_FILES.contains(&program);
    Tables::builtin().tool(program).map_or(kept, |tool| tool.keeps_what_it_reads(&args, kept))
}

/// Whether it shows what is in the files that it is given: it is known to, or its table says that it reads on any line
/// and nothing says that it keeps what it reads.
pub fn shows_files<S: AsRef<str>>(words: &[S]) -> bool {
    let program = words.first().map_or("", |word| basename(word.as_ref()));
    let reads = || Tables::builtin().tool(program).is_some_and(Tool::reads_on_any_line);
    let shows = beyond::SHOWS_FILES.contains(&program) || reads();
    shows && !beyond::NETWORK.contains(&program) && !tells_nothing(words)
}

impl Tool {
    /// `grep -q`, `openssl dgst`, `git log` without a patch. `kept`: so it is on any line that nothing else is said of.
    fn keeps_what_it_reads(&self, args: &[&str], kept: bool) -> bool {
        if !kept && self.keeps.is_empty() || kept && self.gives_away.is_empty() {
            return kept;
        }
        let given = Given::read(self, args);
        // The value of an option that is abbreviated may look like another one.
        let hidden = || given.options.iter().any(|option| self.may_hide_value(option.name));
        (kept || any(&self.keeps, &given, Spelt::Exactly) && !hidden())
            && !any(&self.gives_away, &given, Spelt::Perhaps)
    }

    fn may_hide_value(&self, name: Name<'_>) -> bool {
        let listed = |known: &OptionName| known.is(name);
        let abbreviated = |known: &OptionName| known.may_be(name);
        let named = |test: &dyn Fn(&OptionName) -> bool| self.options_with_value.iter().any(test);
        matches!(name, Name::Word(_)) && !named(&listed) && named(&abbreviated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_or_compares_tells_nothing_and_what_prints_does() {
        let keeps = |line: &str| tells_nothing(&line.split(' ').collect::<Vec<_>>());
        for line in [
            "wc -c f",
            "grep -qi x f",
            "grep --count x f",
            "sha256sum f",
            "git log -- .env",
            "tar tf x",
            "diff -q a b",
            "cmp a b",
            "git -C repo log -- .env",
        ] {
            assert!(keeps(line), "{line}");
        }
        for line in [
            "cat f",
            "grep -e q f",
            "fold f",
            "git log -p -- .env",
            "git show HEAD:.env",
            "tar xOf x",
            "cmp -l a b",
            "cmp -bl a b",
            "diff -s a b",
            "grep -v -- -q f",
            "grep --incl -q x f",
            "rg -l --json x f",
            "wc --files0-from f",
            "tar -xOf x -C/etc f",
            "git -C status show HEAD:.env",
            "git log --patch-with-s -- .env",
            "git status -vv",
            "base64",
        ] {
            assert!(!keeps(line), "{line}");
        }
    }
}
