//! Which call puts back what an earlier one did, as data: `rules/commands/inverses.toml`.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::effect::glob;
use super::tables::basename;

/// The table, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InversesFile {
    either: Vec<String>,
    after: Vec<String>,
    half: Vec<String>,
}

/// Pairs of what calls do and of what puts that back.
#[derive(Debug)]
pub struct Inverses {
    /// Of calls that succeeded.
    done: Vec<Pair>,
    /// Of calls that failed.
    half: Vec<Pair>,
}

/// Words that stand side by side; each holds its alternatives.
type Words = Vec<Vec<String>>;

#[derive(Debug)]
struct Pair {
    first: Words,
    second: Words,
}

impl Pair {
    fn parse(line: &str) -> Option<Self> {
        let side = |text: &str| -> Words {
            text.split_whitespace().map(|word| word.split('|').map(str::to_owned).collect()).collect()
        };
        let (first, second) = line.split_once("=>")?;
        Some(Self { first: side(first), second: side(second) })
    }

    fn turned(&self) -> Self {
        Self { first: self.second.clone(), second: self.first.clone() }
    }
}

impl Inverses {
    pub(super) fn new(file: &InversesFile) -> Self {
        let pairs = |lines: &[String]| -> Vec<Pair> {
            lines
                .iter()
                .map(|line| Pair::parse(line).expect("a pair of the table: a test reads it"))
                .collect()
        };
        let mut done = pairs(&file.either);
        let turned: Vec<Pair> = done.iter().map(Pair::turned).collect();
        done.extend(turned);
        done.extend(pairs(&file.after));
        Self { done, half: pairs(&file.half) }
    }

    /// Whether `later` puts back what some of these calls did: each with its words, and whether it succeeded.
    pub fn puts_back(&self, earlier: &[(&[String], bool)], later: &[String]) -> bool {
        let later = words_of(later);
        let by = |pairs: &[Pair], succeeded: bool| {
            pairs.iter().any(|pair| {
                let Some(names) = without(&pair.second, &later) else { return false };
                let mut found = false;
                let mut known = BTreeSet::new();
                for (words, _) in earlier.iter().filter(|(_, ended_well)| *ended_well == succeeded) {
                    if let Some(names) = without(&pair.first, &words_of(words)) {
                        found = true;
                        known.extend(names);
                    }
                }
                found && names.is_subset(&known)
            })
        };
        by(&self.done, true) || by(&self.half, false)
    }
}

/// The words of a call, as the table has them: those of texts too, options without their dashes.
fn words_of(argv: &[String]) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    for (index, word) in argv.iter().enumerate() {
        let word = if index == 0 { basename(word) } else { word };
        for part in word.split(|c: char| c.is_whitespace() || "=,;'\"".contains(c)) {
            let plain = part.trim_start_matches('-');
            let option = plain.len() < part.len();
            let plain = if plain.len() > 1 { plain.to_ascii_lowercase() } else { plain.to_owned() };
            if !plain.is_empty() {
                words.push((plain, option));
            }
        }
    }
    words
}

/// What a call names besides these words; `None` where it does not have them.
fn without(pattern: &Words, words: &[(String, bool)]) -> Option<BTreeSet<String>> {
    let fits = |window: &[(String, bool)]| {
        pattern
            .iter()
            .zip(window)
            .all(|(alternatives, (word, _))| alternatives.iter().any(|either| glob(either, word)))
    };
    let at = words.windows(pattern.len()).position(fits)?;
    let rest = words[..at].iter().chain(&words[at + pattern.len()..]);
    Some(rest.filter(|(_, option)| !option).map(|(word, _)| word.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::super::Tables;

    #[test]
    fn a_call_puts_back_what_was_done_to_the_same_thing() {
        let argv = |line: &str| shlex::split(line).expect("it splits");
        let back = |earlier: &str, ended_well: bool, later: &str| {
            let earlier: Vec<Vec<String>> = earlier.split(" && ").map(argv).collect();
            let calls: Vec<_> = earlier.iter().map(|words| (words.as_slice(), ended_well)).collect();
            Tables::builtin().inverses().puts_back(&calls, &argv(later))
        };
        for (earlier, later) in [
            ("systemctl stop app", "systemctl start app"),
            ("systemctl stop app db", "systemctl restart db"),
            ("systemctl stop app && systemctl stop db", "systemctl start app db"),
            ("/usr/bin/systemctl stop app", "systemctl start --no-block app"),
            ("ssh root@h 'systemctl stop app'", "ssh root@h systemctl start app"),
            ("ceph osd set noout", "ceph osd unset noout"),
            ("kubectl cordon n1", "kubectl uncordon n1"),
            ("kubectl drain n1 --ignore-daemonsets --timeout=5m", "kubectl uncordon n1"),
            ("kubectl scale deploy/web --replicas=0", "kubectl scale deploy/web --replicas=3"),
            ("openstack server remove volume s v", "openstack server add volume s v"),
            (
                "openstack compute service set --disable h nova-compute",
                "openstack compute service set --enable h nova-compute",
            ),
            ("mount /dev/sdb1 /mnt", "umount /mnt"),
            ("swapoff -a", "swapon -a"),
            ("mysql -e 'STOP SLAVE'", "mysql -e 'START SLAVE'"),
            ("mysql -e 'SET GLOBAL read_only=ON'", "mysql -e 'SET GLOBAL read_only=OFF'"),
            ("openstack server create --image i tmp", "openstack server delete tmp"),
            ("fsfreeze -f /srv", "fsfreeze -u /srv"),
            ("xfs_freeze -f /srv", "xfs_freeze -u /srv"),
        ] {
            assert!(back(earlier, true, later), "{earlier} / {later}");
        }
        for (earlier, later) in [
            ("systemctl stop app", "systemctl start db"),
            ("systemctl stop app", "systemctl stop app"),
            ("systemctl stop app", "service app start-all"),
            ("ssh a systemctl stop app", "ssh b systemctl start app"),
            ("openstack server delete s", "openstack server create s"),
            ("ceph osd set noout", "ceph osd set nodown"),
            ("kubectl scale deploy/web --replicas=3", "kubectl scale deploy/web --replicas=0"),
            ("fsfreeze -u /srv", "umount /srv"),
            ("ceph osd out 0", "ceph osd out 1"),
        ] {
            assert!(!back(earlier, true, later), "{earlier} / {later}");
        }
        assert!(back("kubectl drain n1 --force", false, "kubectl uncordon n1"));
        assert!(!back("openstack server create s", false, "openstack server delete s"));
        assert!(!back("systemctl stop app", false, "systemctl start app"));
    }
}
