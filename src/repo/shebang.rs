//! The first line of a script: which shell it asks for.
//!
//! This module looks at bytes that somebody else has read.

/// What a file's first line says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shebang {
    /// A shell of the Bourne family, by name: its scripts are read.
    Shell(String),
    /// A shell with another syntax, by name.
    OtherShell(String),
    /// Another interpreter.
    Foreign,
    /// The file has none.
    Absent,
}

/// Shells whose scripts are read.
const READ: &[&str] =
    &["sh", "bash", "rbash", "dash", "ash", "ksh", "ksh93", "mksh", "lksh", "pdksh", "posh", "yash"];

/// Shells whose syntax is another.
const OTHER: &[&str] = &["zsh", "fish", "csh", "tcsh", "rc", "es", "nu", "elvish", "xonsh", "pwsh"];

/// Reads the first line of `start`, the first bytes of a file.
pub fn read(start: &[u8]) -> Shebang {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let Some(rest) = start.strip_prefix(b"#!") else { return Shebang::Absent };
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    match interpreter(&line) {
        Some(name) if READ.contains(&name) => Shebang::Shell(name.to_owned()),
        Some(name) if OTHER.contains(&name) => Shebang::OtherShell(name.to_owned()),
        _ => Shebang::Foreign,
    }
}

/// The shell that a file name's ending stands for, read or not; `None` where it says nothing about shells.
pub fn by_extension(extension: &str) -> Option<Shebang> {
    match extension {
        "sh" | "bash" | "dash" | "ksh" => Some(Shebang::Shell(extension.to_owned())),
        "zsh" | "fish" | "csh" | "tcsh" => Some(Shebang::OtherShell(extension.to_owned())),
        _ => None,
    }
}

/// The program that runs the script: looks through `env`, its options and assignments, and `busybox`.
fn interpreter(line: &str) -> Option<&str> {
    let base = |word: &'_ str| -> usize { word.rfind('/').map_or(0, |slash| slash + 1) };
    let mut words = line.split_ascii_whitespace().map(|word| &word[base(word)..]);
    let first = words.next()?;
    match first {
        "env" => words.find(|word| !word.starts_with('-') && !word.contains('=')),
        "busybox" => words.next(),
        _ => Some(first),
    }
}

#[cfg(test)]
mod tests {
    use super::{Shebang, read};

    #[test]
    fn the_shell_is_found_behind_env_options_and_folders() {
        for line in [
            "#!/bin/sh",
            "#! /usr/bin/env bash",
            "#!/usr/bin/env -S bash -eu",
            "#!/usr/bin/env -i X=1 bash",
            "#!/bin/busybox sh\n",
            "#!/bin/bash\r\n",
            "\u{feff}#!/usr/local/bin/ksh93 -x",
        ] {
            assert!(matches!(read(line.as_bytes()), Shebang::Shell(_)), "{line}");
        }
        assert_eq!(read(b"#!/usr/bin/env zsh\n"), Shebang::OtherShell("zsh".to_owned()));
        assert_eq!(read(b"#!/usr/bin/python3\n"), Shebang::Foreign);
        assert_eq!(read(b"#!"), Shebang::Foreign);
        assert_eq!(read(b"#!\xff\xfe\n"), Shebang::Foreign);
        assert_eq!(read(b"# bash\n"), Shebang::Absent);
        assert_eq!(read(b""), Shebang::Absent);
    }
}
