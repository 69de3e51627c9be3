//! Folders at the root that a script names: `/backup`, `/root`. A machine has them; a world has them too, empty.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

/// Folders that every machine has, or that no script should write to.
const KNOWN: &[&str] = &[
    "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "mnt", "opt", "proc", "repo",
    "run", "sbin", "snap", "srv", "tmp", "usr", "var",
];

/// So many are looked at.
const MOST: usize = 12;

/// A path at the start of a word, and its first folder.
static PATH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)(?:^|[\s"'=<>(:,])/([a-z][a-z0-9_-]{1,30})/"#).expect("it compiles: a test uses it")
});

/// The names of the folders at the root that these scripts name.
pub fn at_the_root<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for text in texts {
        let names = PATH.captures_iter(text).map(|found| found[1].to_owned());
        found.extend(names.filter(|name| !KNOWN.contains(&name.as_str())));
    }
    found.into_iter().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_told_from_urls_and_from_what_every_machine_has() {
        let text = "cp x /backup/y; touch /root/.done; curl https://host/api/v1 -o \"/data/z\"; cat /etc/hosts; sed 's/x/y/'\n/export/a";
        assert_eq!(at_the_root([text]), ["backup", "data", "export", "root"]);
    }
}
