//! Files and folders of its machine that a run looked for and did not find, read from what it said.

use std::collections::{BTreeMap, BTreeSet};

use super::machine;
use crate::trial::world::There;

/// What tools say of a path that is not there.
const NOT_THERE: &str = "No such file or directory";

/// Words of a tool that was about to make something: it lacks the folder.
const MAKES: [&str; 7] = [
    "cannot create",
    "failed to create",
    "cannot touch",
    "cannot move",
    "cannot open for writing",
    "failed to open output",
    "couldn't open temporary file",
];

/// Tools that look into a folder, and builtins that go there.
const ENTERS: [&str; 5] = ["cd", "pushd", "find", "ls", "du"];

/// Shells, which say so of a script that is not there.
const SHELLS: [&str; 4] = ["bash", "sh", "dash", "ksh"];

/// Folders in which anything may be put.
const OPEN: [&str; 15] = [
    "/boot/",
    "/repo/",
    "/tmp/",
    "/home/",
    "/var/",
    "/run/",
    "/srv/",
    "/opt/",
    "/mnt/",
    "/etc/",
    "/root/",
    "/usr/share/",
    "/usr/lib/",
    "/usr/libexec/",
    "/usr/local/",
];

/// The paths that a run lacked, by what it said on stderr, and what should be there. `folder` is where it
/// started; `sourced` tells the lines on which a file is read as part of the script: its variables have values already.
pub fn lacks(stderr: &str, folder: &str, sourced: &dyn Fn(u32) -> bool) -> BTreeMap<String, There> {
    let mut found = BTreeMap::new();
    for line in stderr.lines().filter(|line| line.contains(NOT_THERE)) {
        let Some((path, before)) = path_in(line) else { continue };
        let is_folder = path.ends_with('/');
        let path = one_of(&from(folder, path));
        if !may_be(&path) {
            continue;
        }
        let makes = MAKES.iter().any(|words| line.contains(words));
        let enters = ENTERS.iter().any(|name| before.split([':', ' ']).any(|word| word == *name));
        // A script that a shell was to run, or that is read as a part of this one.
        let is_read = line_in(before).is_some_and(sourced) || SHELLS.contains(&basename(before));
        let (path, content) = match path.rsplit_once('/') {
            Some((parent, _)) if makes && !is_folder => (parent.to_owned(), There::Folder),
            _ if enters || is_folder => (path, There::Folder),
            _ => {
                let plain = if is_read { "" } else { "web-1\n" };
                let content = machine::content(&path).unwrap_or_else(|| plain.to_owned());
                (path, There::File(content))
            }
        };
        found.insert(path, content);
    }
    // Where one of them is there, the others say nothing, which is no complaint.
    if found.keys().any(|path| path.starts_with("/proc/")) {
        for (path, content) in machine::proc() {
            found.entry(path.to_owned()).or_insert_with(|| There::File(content.to_owned()));
        }
    }
    found
}

/// The files that were to be read as parts of the script, and were not there.
pub fn unread(stderr: &str, sourced: &dyn Fn(u32) -> bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in stderr.lines() {
        let missing = line
            .split_once(": .: ")
            .and_then(|(before, rest)| Some((rest.strip_suffix(": file not found")?, before)));
        let Some((path, before)) = missing.or_else(|| path_in(line)) else { continue };
        if line_in(before).is_some_and(sourced) && !found.iter().any(|known| known == path) {
            found.push(path.to_owned());
        }
    }
    found
}

/// The files and folders that a run asked for with `[ -f ... ]` and its like, or whose real place it asked for, by its trace,
/// the last first. `folder` is where it started.
pub fn asked_for(trace: &str, folder: &str) -> Vec<(String, There)> {
    let mut found: Vec<(String, There)> = Vec::new();
    let mut folder = folder.to_owned();
    for line in trace.lines().filter(|line| line.starts_with('+')) {
        let words = shlex::split(line.trim_start_matches('+').trim()).unwrap_or_default();
        let Some((first, rest)) = words.split_first() else { continue };
        if let Some(entered) = entered(first, rest, &folder) {
            folder = entered;
            continue;
        }
        let Some((path, thing)) = asked(first, rest, &folder) else { continue };
        // Whoever finds a lock goes no further.
        let is_lock = ["lock", ".pid"].iter().any(|word| path.contains(word));
        if may_be(&path) && !is_lock {
            found.retain(|(known, _)| *known != path);
            found.push((path, thing));
        }
    }
    found.reverse();
    found
}

/// What a command asks for, and what should be there.
fn asked(first: &str, rest: &[String], folder: &str) -> Option<(String, There)> {
    let file = |path: &str| There::File(machine::content(path).unwrap_or_else(|| "# web-1\n".to_owned()));
    match first {
        "[" | "[[" | "test" => {
            let rest = if rest.first().is_some_and(|word| word == "!") { &rest[1..] } else { rest };
            let [op, path, ..] = rest else { return None };
            let path = one_of(&from(folder, path));
            let thing = match op.as_str() {
                "-d" => There::Folder,
                "-e" | "-f" | "-r" | "-s" => file(&path),
                "-x" => There::Program,
                _ => return None,
            };
            Some((path, thing))
        }
        // Neither says anything of a folder that is not there.
        "readlink" | "realpath" => {
            let path = from(folder, rest.iter().rfind(|word| !word.starts_with('-'))?);
            let is_file = basename(&path).trim_start_matches('.').contains('.');
            let thing = if is_file { file(&path) } else { There::Folder };
            Some((path, thing))
        }
        _ => None,
    }
}

/// The folder that a command goes into, where it does.
fn entered(first: &str, rest: &[String], folder: &str) -> Option<String> {
    let target = rest.iter().find(|word| !word.starts_with('-'))?;
    matches!(first, "cd" | "pushd").then(|| from(folder, target))
}

/// Builtins and tools that execute what they are given, where they run for real.
const STARTERS: [&str; 11] =
    ["exec", "command", "env", "nohup", "nice", "timeout", "setsid", "stdbuf", "xargs", "time", "ionice"];

/// The paths of what a run called by a path, by its trace. `folder` is where it started.
pub fn called_by_path(trace: &str, folder: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folder = folder.to_owned();
    for line in trace.lines().filter(|line| line.starts_with('+')) {
        let words = shlex::split(line.trim_start_matches('+').trim()).unwrap_or_default();
        let Some((first, rest)) = words.split_first() else { continue };
        if let Some(entered) = entered(first, rest, &folder) {
            folder = entered;
            continue;
        }
        let program = if STARTERS.contains(&first.as_str()) {
            rest.iter().find(|word| word.contains('/') && !word.starts_with('-') && !word.contains('='))
        } else {
            Some(first).filter(|word| word.contains('/') && !word.contains('='))
        };
        found.extend(program.map(|word| from(&folder, word)).filter(|path| may_be(path)));
    }
    found
}

/// A path as it is from that folder, without `.` and `x/..`.
fn from(folder: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    format!("/{}", parts.join("/"))
}

/// A file that a pattern means, where one may be put there.
pub(super) fn meant(pattern: &str) -> Option<String> {
    let path = one_of(pattern);
    (may_be(&path) && !path.contains(['[', '{'])).then_some(path)
}

/// A path that the pattern means which found none: `/etc/ssl/*.pem`.
fn one_of(path: &str) -> String {
    path.replace('*', "web-1").replace('?', "1")
}

/// Whether something may be put there.
fn may_be(path: &str) -> bool {
    let open = OPEN.iter().any(|open| path.starts_with(open) && path.len() > open.len());
    (open || machine::is_of_the_kernel(path)) && !path.contains("/../")
}

/// The path in a complaint, and what stands before it: `x.sh: line 4: /etc/x: No such ...`, `cp: cannot stat '/x': No such ...`.
fn path_in(line: &str) -> Option<(&str, &str)> {
    let head = line[..line.find(NOT_THERE)?].trim_end().trim_end_matches(':');
    let closing = ['\'', '\u{2019}'];
    if let Some(inside) = head.strip_suffix(closing) {
        let at = inside.rfind(['\'', '\u{2018}'])?;
        let open = inside[at..].chars().next()?.len_utf8();
        return Some((&inside[at + open..], &inside[..at]));
    }
    let (before, path) = head.rsplit_once(": ")?;
    let path = path.strip_prefix("can't read ").unwrap_or(path);
    // `awk: cannot open /proc/meminfo (No such file or directory)`
    let path = path.strip_prefix("cannot open ").map_or(path, |path| path.trim_end_matches([' ', '(']));
    (!path.is_empty() && !path.contains(' ')).then_some((path, before))
}

fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The number in `x.sh: line 4`.
fn line_in(before: &str) -> Option<u32> {
    before.rsplit_once("line ")?.1.split(':').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_tells_what_was_not_there() {
        let file = |path: &str| (path.to_owned(), There::File("web-1\n".to_owned()));
        let folder = |path: &str| (path.to_owned(), There::Folder);
        for (said, wanted) in [
            ("/repo/x.sh: line 4: cd: /opt/app: No such file or directory", folder("/opt/app")),
            ("/repo/x.sh: line 9: conf/hosts: No such file or directory", file("/repo/conf/hosts")),
            ("sed: can't read /etc/ssh/sshd_config: No such file or directory", file("/etc/ssh/sshd_config")),
            ("cp: cannot stat '/srv/a b': No such file or directory", file("/srv/a b")),
            (
                "ln: failed to create symbolic link '/opt/app/now': No such file or directory",
                folder("/opt/app"),
            ),
            (
                "/bin/bash: ./seed.sh: No such file or directory",
                ("/repo/seed.sh".to_owned(), There::File(String::new())),
            ),
            ("mv: cannot move '/srv/out/a' to '/srv/sent/': No such file or directory", folder("/srv/sent")),
            (
                "awk: cannot open /var/run/x.pid (No such file or directory)",
                ("/var/run/x.pid".to_owned(), There::File("4711\n".to_owned())),
            ),
            ("find: \u{2018}/var/dumps\u{2019}: No such file or directory", folder("/var/dumps")),
            (
                "/repo/x.sh: line 2: /etc/default/x: No such file or directory",
                ("/etc/default/x".to_owned(), There::File(String::new())),
            ),
        ] {
            let found = lacks(said, "/repo", &|line| line == 2);
            assert_eq!(found.into_iter().collect::<Vec<_>>(), [wanted], "{said}");
        }
        let trace = "+ [[ -r /etc/a.conf ]]\n+ '[' '!' -d /srv/b ']'\n+ [ -z x ]\n+ [ -f /usr/c ]\n";
        let wanted = [folder("/srv/b"), ("/etc/a.conf".to_owned(), There::File("# web-1\n".to_owned()))];
        assert_eq!(asked_for(trace, "/repo"), wanted);
        let trace =
            "+ cd /opt/app\n+ '[' -f conf/app.env ']'\n++ readlink -f ./templates\n+ [[ -s conf/app.env ]]\n";
        let wanted = [
            ("/opt/app/conf/app.env".to_owned(), There::File("# web-1\n".to_owned())),
            folder("/opt/app/templates"),
        ];
        assert_eq!(asked_for(trace, "/repo"), wanted);
        let trace =
            "+ ./seed.sh a\n+ cd /opt/app\n++ bin/x -q y/z\n+ timeout 9 ./slow\n+ cat ./none\n+ A=/opt/b\n";
        let called = ["/opt/app/bin/x", "/opt/app/slow", "/repo/seed.sh"].map(str::to_owned);
        assert_eq!(called_by_path(trace, "/repo"), BTreeSet::from(called));
        for said in [
            "bash: /usr/bin/x: No such file or directory",
            "cat: /proc/9/x: No such file or directory",
            "fine",
        ] {
            assert!(lacks(said, "/repo", &|_| false).is_empty(), "{said}");
        }
    }
}
