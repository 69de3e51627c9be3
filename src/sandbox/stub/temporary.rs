//! The names that `mktemp` makes: what it chose by chance is settled, or a script that makes other names from them would be
//! another one in each run.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::trial::world::CHOSEN;

/// So many names are tried.
const TRIED: usize = 1000;
/// What it goes by where it is told nothing.
const USUAL: &str = "tmp.XXXXXXXXXX";

/// What it printed, with the chosen part settled; what it made bears that name then. `before` calls of it were made.
pub(super) fn settled<W: AsRef<std::ffi::OsStr>>(said: &str, words: &[W], before: usize) -> String {
    let words: Vec<String> = words.iter().map(|word| word.as_ref().to_string_lossy().into_owned()).collect();
    let path = said.trim_end_matches('\n');
    let Some((start, length)) = chosen(path, &words) else { return said.to_owned() };
    let names = (before..before + TRIED).filter_map(|number| {
        let digits = length.checked_sub(CHOSEN.len()).filter(|room| *room > 0)?;
        let number = format!("{number:0digits$}");
        (number.len() == digits)
            .then(|| format!("{}{CHOSEN}{number}{}", &path[..start], &path[start + length..]))
    });
    for name in names {
        match renamed(Path::new(path), Path::new(&name)) {
            Ok(()) => return format!("{name}\n"),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(_) => break,
        }
    }
    said.to_owned()
}

/// Where the chosen part stands in the path, and how long it is.
fn chosen(path: &str, words: &[String]) -> Option<(usize, usize)> {
    const LEAST: &str = "XXX";
    let own = words.iter().rev().find(|word| !word.starts_with('-') && word.contains(LEAST));
    let template = own.map_or(USUAL, |word| word.rsplit('/').next().unwrap_or(word));
    let end = template.rfind(LEAST)? + LEAST.len();
    let prefix = template[..end].trim_end_matches('X');
    let name = path.rfind('/').map_or(0, |at| at + 1);
    let (start, length) = (name + prefix.len(), end - prefix.len());
    let is_so = path[name..].starts_with(prefix)
        && path
            .get(start..start + length)
            .is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    is_so.then_some((start, length))
}

/// Gives the file or folder another name, which nothing else has. Where it made nothing (`-u`), the name is free.
fn renamed(from: &Path, to: &Path) -> io::Result<()> {
    let Ok(about) = fs::symlink_metadata(from) else {
        return if to.exists() { Err(io::ErrorKind::AlreadyExists.into()) } else { Ok(()) };
    };
    // Whoever makes it first has the name.
    if about.is_dir() {
        fs::create_dir(to)?;
    } else {
        File::create_new(to)?;
    }
    fs::rename(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_known_from_the_words() {
        for (words, path, part) in [
            ("", "/tmp/tmp.aB3dE6gH9j", "aB3dE6gH9j"),
            ("-d", "/tmp/tmp.aB3dE6gH9j", "aB3dE6gH9j"),
            ("--suffix=.json", "/tmp/tmp.aB3dE6gH9j.json", "aB3dE6gH9j"),
            ("/tmp/rep.XXXXXX.csv", "/tmp/rep.aB3dE6.csv", "aB3dE6"),
            ("-t app-XXXX", "/tmp/app-aB3d", "aB3d"),
            ("-p /var/tmp fooXXXXX", "/var/tmp/fooaB3dE", "aB3dE"),
        ] {
            let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
            let (start, length) = chosen(path, &words).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(&path[start..start + length], part);
        }
        assert_eq!(chosen("/tmp/other", &["/tmp/rep.XXXXXX".to_owned()]), None);
    }
}
