//! Folders that a script names, and that a world has not by itself: at the root (`/backup`, `/root`), and where programs have
//! their parts (`/usr/share/debconf`). A machine has them; a world has them too, empty.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

/// Folders that every machine has, or that no script should write to.
const KNOWN: &[&str] = &[
    "bin", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "mnt", "opt", "proc", "repo", "run",
    "sbin", "snap", "srv", "tmp", "usr", "var",
];

/// So many are looked at.
const MOST: usize = 12;

/// A path at the start of a word, and its first folder.
static PATH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?m)(?:^|[\s"'=<>(:,])/(?:([a-z][a-z0-9_-]{1,30})/|(boot|root|backups?|data)\b)"#)
        .expect("it compiles: a test uses it")
});

/// A folder of a program's parts, and what `/usr/local` has besides programs.
static PARTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)(?:^|[\s"'=<>(:,])/(?:(usr/(?:share|lib|libexec)/[A-Za-z0-9][A-Za-z0-9_+.-]{0,40})/|(usr/local/(?:share|lib|libexec|etc|src|include|man))\b)"#,
    )
    .expect("it compiles: a test uses it")
});

/// The names of the folders that these scripts name, without the slash before them.
pub fn named<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for text in texts {
        let names = |path: &'static LazyLock<Regex>| {
            path.captures_iter(text)
                .filter_map(|found| Some(found.get(1).or(found.get(2))?.as_str().to_owned()))
        };
        found.extend(names(&PATH).filter(|name| !KNOWN.contains(&name.as_str())));
        found.extend(names(&PARTS));
    }
    found.into_iter().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_told_from_urls_and_from_what_every_machine_has() {
        let text = ". /usr/share/debconf/confmodule; mkdir /usr/local/share; dir=/boot; /usr/share/x.sh; /usr/local/bin/y; cp x /backup/y; touch /root/.done; curl https://host/api/v1 -o \"/data/z\"; cat /etc/hosts; sed 's/x/y/'\n/export/a";
        let wanted = ["backup", "boot", "data", "export", "root", "usr/local/share", "usr/share/debconf"];
        assert_eq!(named([text]), wanted);
    }
}
