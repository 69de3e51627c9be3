//! The wrappers on the way to what runs: those that do nothing else than run it, and by which of their words they do more.

use crate::bash::is_name;
use crate::commands::{HOLE, beyond};
use crate::facts::Link;

use super::environment::{Class, class, inert_value};
use super::programs::{Found, Programs, is_trusted};

impl Programs<'_> {
    /// What speaks against a wrapper.
    pub(super) fn link(&self, link: &Link) -> Option<Found> {
        if link.remote {
            return Some(Found::ask(
                "remote",
                format!("`{}` runs it on another machine or in a container", link.name),
            ));
        }
        let name = link.name.rsplit('/').next().unwrap_or(&link.name);
        if self.functions.contains(name) || name == "trap" || name == "source" {
            return None;
        }
        if !beyond::INERT_WRAPPERS.contains(&name) {
            return Some(Found::ask("wrapper", format!("`{name}` does more than run its command")));
        }
        if link.name.contains('/') && !is_trusted(&link.name) {
            return Some(Found::ask("unknown-program", format!("`{}` is not known", link.name)));
        }
        match name {
            "env" | "sudo" | "doas" => assignments(&link.words).or_else(|| {
                // A password from elsewhere, or a program that asks for it.
                let authenticates = |word: &String| {
                    ["--stdin", "--askpass"]
                        .iter()
                        .any(|long| word.len() > 3 && long.starts_with(word.as_str()))
                        || word.starts_with('-') && !word.starts_with("--") && word.contains(['S', 'A'])
                };
                if name == "sudo" && link.words.iter().any(|word| gives_root(word)) {
                    return Some(Found::ask(
                        "wrapper",
                        "`sudo --chroot` runs the programs of another folder",
                    ));
                }
                let keeps_hijack = |word: &String| {
                    let names = word.strip_prefix("--p").and_then(|rest| rest.split_once('='));
                    names.is_some_and(|(_, names)| names.split(',').any(|name| class(name) == Class::Hijack))
                };
                if name == "sudo" && link.words.iter().any(keeps_hijack) {
                    return Some(Found::ask("wrapper", "`sudo` keeps variables that decide which code runs"));
                }
                if name == "sudo" && link.words.iter().any(authenticates) {
                    return Some(Found::ask("wrapper", "`sudo` is given a password"));
                }
                let splits = |word: &String| {
                    word.starts_with("--s")
                        || word.starts_with('-') && !word.starts_with("--") && word.contains('S')
                };
                let takes_path = link.words.windows(2).any(|pair| pair[0] == "-u" && pair[1] == "PATH")
                    || link.words.iter().any(|word| word.starts_with("--un") || word == "-uPATH");
                (name == "env" && (takes_path || link.words.iter().any(splits)))
                    .then(|| Found::ask("wrapper", "`env` is told to do more than set variables"))
            }),
            "find" => {
                let acts = |word: &&String| {
                    ["-delete", "-fprint", "-fls", "-ok"].iter().any(|act| word.starts_with(act))
                };
                let found = link.words.iter().find(acts);
                found.map(|word| Found::ask("written-file", format!("`find {word}` changes files")))
            }
            // What it repeats it also shows, and nothing else; `--shotsdir` writes.
            "watch" => link
                .words
                .iter()
                .take_while(|word| word.starts_with('-') || word.parse::<f64>().is_ok())
                .any(|word| word.starts_with("-s") || word.starts_with("--s"))
                .then(|| Found::ask("written-file", "`watch --shotsdir` writes files")),
            "time" => link
                .words
                .iter()
                .any(|word| word.starts_with("-o") || word.starts_with("--o") || word.starts_with("-a"))
                .then(|| Found::ask("written-file", "`time -o` writes a file")),
            "xargs" => link
                .words
                .iter()
                .any(|word| word.starts_with("--pr"))
                .then(|| Found::ask("wrapper", "`xargs --process-slot-var` sets a variable")),
            "bash" | "sh" | "dash" => {
                let mut options = link
                    .words
                    .iter()
                    .enumerate()
                    .filter(|(_, word)| word.starts_with(['-', '+']) && !word.contains(' '));
                let known = |index: usize| {
                    link.words.get(index + 1).is_some_and(|name| SHELL_OPTIONS.contains(&name.as_str()))
                };
                let loads = |(index, word): (usize, &String)| {
                    ["--rc", "--in", "--debu"].iter().any(|start| word.starts_with(start))
                        || !word.starts_with("--") && word.contains('i')
                        || ["-O", "+O"].iter().any(|start| word.starts_with(start))
                            && !(word.len() == 2 && known(index))
                };
                options
                    .any(loads)
                    .then(|| Found::ask("wrapper", format!("`{name}` loads files of its own first")))
            }
            _ => None,
        }
    }
}

/// Options of a shell (`-O`) that only change which names a pattern finds.
const SHELL_OPTIONS: [&str; 7] =
    ["nullglob", "failglob", "dotglob", "extglob", "globstar", "nocaseglob", "nocasematch"];

/// Whether a word of `sudo`'s makes another folder the root: the option itself, or a letter of a bundle in front of one
/// that takes the rest as its value.
fn gives_root(word: &str) -> bool {
    const WITH_VALUE: &str = "CDghprtTuU";
    let long = word.len() > "--ch".len() && "--chroot".starts_with(word.split('=').next().unwrap_or(word));
    let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or_default();
    long || letters.chars().take_while(|letter| !WITH_VALUE.contains(*letter)).any(|letter| letter == 'R')
}

/// Assignments among a wrapper's own words.
fn assignments(words: &[String]) -> Option<Found> {
    for word in words {
        if word.starts_with(HOLE) {
            return Some(Found::ask("unknown-environment", "a word that is not known may set a variable"));
        }
        if word.starts_with('-') {
            continue;
        }
        let Some((name, value)) = word.split_once('=') else { continue };
        if !is_name(name) && class(name) != Class::Hijack {
            let what = format!("`{name}` is no variable that programs are known to look at");
            return Some(Found::ask("unknown-environment", what));
        }
        match class(name) {
            Class::Hijack => {
                let what = format!("`{name}` decides which programs or code run");
                let instead = "leave it as it is, and call the program by its full path";
                return Some(Found::deny("hijacked-environment", what, instead));
            }
            Class::Harmless => {}
            Class::Steers if inert_value(name, value) => {}
            Class::Steers | Class::Own => {
                return Some(Found::ask(
                    "unknown-environment",
                    format!("`{name}` may change what programs do"),
                ));
            }
        }
    }
    None
}
