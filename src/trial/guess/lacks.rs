//! Files and folders of its machine that a run looked for and did not find, read from what it said.

use std::collections::BTreeMap;

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

/// Folders in which anything may be put.
const OPEN: [&str; 9] = ["/repo/", "/tmp/", "/home/", "/var/", "/run/", "/srv/", "/opt/", "/mnt/", "/etc/"];

/// The paths that a run lacked, by what it said on stderr: a file's content, or none for a folder. `folder` is where it
/// started; `sourced` tells the lines on which a file is read as part of the script: its variables have values already.
pub fn lacks(stderr: &str, folder: &str, sourced: &dyn Fn(u32) -> bool) -> BTreeMap<String, Option<String>> {
    let mut found = BTreeMap::new();
    for line in stderr.lines().filter(|line| line.contains(NOT_THERE)) {
        let Some((path, before)) = path_in(line) else { continue };
        let path = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
        if !may_be(&path) {
            continue;
        }
        let makes = MAKES.iter().any(|words| line.contains(words));
        let enters = ENTERS.iter().any(|name| before.split([':', ' ']).any(|word| word == *name));
        let reads = line_in(before).is_some_and(sourced);
        let (path, content) = match path.rsplit_once('/') {
            Some((parent, _)) if makes => (parent.to_owned(), None),
            _ if enters => (path, None),
            _ if reads => (path, Some(String::new())),
            _ => (path, Some("web-1\n".to_owned())),
        };
        found.insert(path, content);
    }
    found
}

/// The files and folders that a run asked for with `[ -f ... ]` and its like, by its trace, the last first.
pub fn asked_for(trace: &str) -> Vec<(String, Option<String>)> {
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    for line in trace.lines().rev().filter(|line| line.starts_with('+')) {
        let words = shlex::split(line.trim_start_matches('+').trim()).unwrap_or_default();
        let test = match words.split_first() {
            Some((first, rest)) if matches!(first.as_str(), "[" | "[[" | "test") => rest,
            _ => continue,
        };
        let test = if test.first().is_some_and(|word| word == "!") { &test[1..] } else { test };
        let [op, path, ..] = test else { continue };
        let content = match op.as_str() {
            "-d" => None,
            "-e" | "-f" | "-r" | "-s" => Some("# web-1\n".to_owned()),
            _ => continue,
        };
        // Whoever finds a lock goes no further.
        let is_lock = ["lock", ".pid"].iter().any(|word| path.contains(word));
        if may_be(path) && !is_lock && !found.iter().any(|(known, _)| known == path) {
            found.push((path.clone(), content));
        }
    }
    found
}

/// Whether something may be put there.
fn may_be(path: &str) -> bool {
    OPEN.iter().any(|open| path.starts_with(open) && path.len() > open.len()) && !path.contains("/../")
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
    (!path.is_empty() && !path.contains(' ')).then_some((path, before))
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
        let file = |path: &str| (path.to_owned(), Some("web-1\n".to_owned()));
        let folder = |path: &str| (path.to_owned(), None);
        for (said, wanted) in [
            ("/repo/x.sh: line 4: cd: /opt/app: No such file or directory", folder("/opt/app")),
            ("/repo/x.sh: line 9: conf/hosts: No such file or directory", file("/repo/conf/hosts")),
            ("sed: can't read /etc/ssh/sshd_config: No such file or directory", file("/etc/ssh/sshd_config")),
            ("cp: cannot stat '/srv/a b': No such file or directory", file("/srv/a b")),
            (
                "ln: failed to create symbolic link '/opt/app/now': No such file or directory",
                folder("/opt/app"),
            ),
            ("find: \u{2018}/var/dumps\u{2019}: No such file or directory", folder("/var/dumps")),
            (
                "/repo/x.sh: line 2: /etc/default/x: No such file or directory",
                ("/etc/default/x".to_owned(), Some(String::new())),
            ),
        ] {
            let found = lacks(said, "/repo", &|line| line == 2);
            assert_eq!(found.into_iter().collect::<Vec<_>>(), [wanted], "{said}");
        }
        let trace = "+ [[ -r /etc/a.conf ]]\n+ '[' '!' -d /srv/b ']'\n+ [ -z x ]\n+ [ -f /usr/c ]\n";
        let wanted = [folder("/srv/b"), ("/etc/a.conf".to_owned(), Some("# web-1\n".to_owned()))];
        assert_eq!(asked_for(trace), wanted);
        for said in [
            "bash: /usr/bin/x: No such file or directory",
            "cat: /proc/9/x: No such file or directory",
            "fine",
        ] {
            assert!(lacks(said, "/repo", &|_| false).is_empty(), "{said}");
        }
    }
}
