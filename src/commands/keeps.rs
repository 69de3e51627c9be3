//! Programs that give nothing away of what they read: a count, a sum, a status. Of any other one it is not known.

use super::beyond;
use super::tables::{Tables, basename};

/// Whether what a command prints gives nothing away of the files that it is given, nor of its stdin.
pub fn tells_nothing<S: AsRef<str>>(words: &[S]) -> bool {
    let Some((program, args)) = words.split_first() else { return true };
    let program = basename(program.as_ref());
    let args: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
    match program {
        "cmp" => !args.iter().any(|word| ["-l", "-b"].contains(word) || word.starts_with("--")),
        "git" => git_keeps(&args),
        _ => beyond::KEEPS_FILES.contains(&program) || keeps_with(program, &args),
    }
}

/// Whether it shows what is in the files that it is given: it is known to, or its table says that it reads on any line
/// and nothing says that it keeps what it reads.
pub fn shows_files<S: AsRef<str>>(words: &[S]) -> bool {
    let program = words.first().map_or("", |word| basename(word.as_ref()));
    let reads = || Tables::builtin().tool(program).is_some_and(super::Tool::reads_on_any_line);
    let shows = beyond::SHOWS_FILES.contains(&program) || program == "git" || reads();
    shows && !beyond::NETWORK.contains(&program) && !tells_nothing(words)
}

/// `grep -q`, `openssl dgst`.
fn keeps_with(program: &str, args: &[&str]) -> bool {
    let rows = beyond::KEEPS_WITH.iter().map(|row| row.split(' '));
    let of_it = rows.filter_map(|mut row| (row.next() == Some(program)).then_some(row));
    let given = |listed: &str| match listed.len() {
        1 => args.iter().any(|word| has_letter(program, word, listed) || is_long(word, listed)),
        _ => args.first() == Some(&listed),
    };
    of_it.flatten().any(given)
}

/// Whether a bundle has the letter, in front of any that takes the rest as its value.
fn has_letter(program: &str, word: &str, wanted: &str) -> bool {
    const WITH_VALUE: &str = "efmABCdDgtTjEMr";
    let bare = (program == "tar").then_some(word);
    let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
    let letters = letters.or(bare.filter(|word| !word.contains(['/', '.', '-'])));
    letters.is_some_and(|letters| {
        letters
            .chars()
            .take_while(|letter| program == "tar" || !WITH_VALUE.contains(*letter))
            .any(|letter| wanted.contains(letter))
    })
}

/// `--quiet`, `--count`, `--files-with-matches`, `--list`, `--brief`.
fn is_long(word: &str, letter: &str) -> bool {
    let names: &[&str] = match letter {
        "q" => &["--quiet", "--silent", "--brief"],
        "c" => &["--count"],
        "l" => &["--files-with-matches"],
        "L" => &["--files-without-match"],
        "t" => &["--list"],
        _ => &[],
    };
    names.contains(&word)
}

/// Verbs of `git` that name files and show nothing of them.
fn git_keeps(args: &[&str]) -> bool {
    let known = beyond::KEEPS_WITH.iter().filter_map(|known| known.strip_prefix("git "));
    let verb = args.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
    let patches = |word: &&str| {
        ["-p", "-u", "--patch", "-c", "--cc", "-L", "-S", "-G"].contains(word)
            || word.starts_with("-L")
            || word.starts_with("-U")
            || word.starts_with("--unified")
            || word.starts_with("--format=raw")
    };
    known.into_iter().any(|known| known == verb) && !args.iter().any(patches)
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
            "base64",
        ] {
            assert!(!keeps(line), "{line}");
        }
    }
}
