//! Which call puts back what an earlier one did, as data: `rules/commands/inverses.toml`.

use serde::Deserialize;

use super::effect::glob;
use super::tables::{Tables, basename};

/// The table, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InversesFile {
    either: Vec<String>,
    after: Vec<String>,
    made: Vec<String>,
    part: Vec<String>,
    half: Vec<String>,
    away: Vec<String>,
    forward: Vec<String>,
}

/// Pairs of what calls do and of what puts that back.
#[derive(Debug)]
pub struct Inverses {
    pairs: Vec<Pair>,
    /// Words of a call that takes something away.
    away: Vec<String>,
    /// Words of a call that brings something forward, to others.
    forward: Vec<String>,
}

/// When a pair holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// The first succeeded.
    Done,
    /// The first succeeded, and the second names among others what it has added.
    Part,
    /// The first succeeded, and the second names what it has made and nothing else.
    Made,
    /// The first failed.
    Half,
}

/// Words that stand side by side, each with its alternatives; none of these is any number of words.
type Words = Vec<Vec<String>>;

#[derive(Debug)]
struct Pair {
    first: Words,
    second: Words,
    holds: Holds,
}

impl Pair {
    fn parse(line: &str, holds: Holds) -> Option<Self> {
        let alternatives = |word: &str| match word {
            "**" => Vec::new(),
            _ => word.split('|').map(str::to_owned).collect(),
        };
        let side = |text: &str| -> Words { text.split_whitespace().map(alternatives).collect() };
        let (first, second) = line.split_once("=>")?;
        Some(Self { first: side(first), second: side(second), holds })
    }

    fn turned(&self) -> Self {
        Self { first: self.second.clone(), second: self.first.clone(), holds: self.holds }
    }
}

impl Inverses {
    pub(super) fn new(file: &InversesFile) -> Self {
        let pair =
            |line: &String, holds| Pair::parse(line, holds).expect("a pair of the table: a test reads it");
        let either: Vec<Pair> = file.either.iter().map(|line| pair(line, Holds::Done)).collect();
        let mut pairs: Vec<Pair> = either.iter().map(Pair::turned).collect();
        pairs.extend(either);
        for (lines, holds) in [
            (&file.after, Holds::Done),
            (&file.part, Holds::Part),
            (&file.made, Holds::Made),
            (&file.half, Holds::Half),
        ] {
            pairs.extend(lines.iter().map(|line| pair(line, holds)));
        }
        Self { pairs, away: file.away.clone(), forward: file.forward.clone() }
    }
}

/// A word of a call, as the table has it.
struct Said {
    text: String,
    /// Whether it is an option, or stands in the same word.
    option: bool,
}

/// A call that came before.
struct Earlier {
    words: Vec<Said>,
    ended_well: bool,
    /// What it has made, if it makes anything.
    made: Option<String>,
    /// The name of that, where it said no more (`id=$(docker create IMAGE)`).
    told: Option<String>,
    speaks_sql: bool,
}

impl Tables {
    /// Whether some call could be put back by one of these words.
    pub fn may_put_back(&self, later: &[String]) -> bool {
        let later = words_of(later);
        self.inverses().pairs.iter().any(|pair| place(&pair.second, &later).is_some())
    }

    /// Whether `later` puts back what some of these calls did: each with its words, what it printed, and whether it succeeded.
    pub fn puts_back(&self, earlier: &[(&[String], &str, bool)], later: &[String]) -> bool {
        let earlier: Vec<Earlier> =
            earlier.iter().map(|(argv, said, ended_well)| self.earlier(argv, said, *ended_well)).collect();
        let said = words_of(later);
        let objects = self.objects(&later.iter().map(String::as_str).collect::<Vec<_>>());
        let by = |pair: &Pair| {
            let Some(at) = place(&pair.second, &said) else { return false };
            let fits = |call: &&Earlier| {
                call.ended_well == (pair.holds != Holds::Half)
                    && !(pair.holds == Holds::Made && call.speaks_sql)
                    && place(&pair.first, &call.words).is_some()
            };
            let calls: Vec<&Earlier> = earlier.iter().filter(fits).collect();
            let known = || calls.iter().flat_map(|call| &call.words);
            let is_known = |name: &str| known().any(|word| word.text == name);
            let is_made = |name: &str| {
                let named = |made: &String| name == made || name.rsplit('/').next() == Some(made);
                calls.iter().flat_map(|call| call.made.iter().chain(&call.told)).any(named)
            };
            let names = || names(&said, &at).map(|word| word.text.as_str());
            let rest_is_known = || names().all(|name| is_known(name) || is_made(name));
            !calls.is_empty()
                && match pair.holds {
                    Holds::Done | Holds::Half => rest_is_known(),
                    Holds::Part => names().any(is_made) && rest_is_known(),
                    Holds::Made => match &objects {
                        Some(objects) if !objects.is_empty() => {
                            objects.iter().all(|object| is_made(&object.to_ascii_lowercase()))
                        }
                        _ => names().any(is_made) && rest_is_known(),
                    },
                }
        };
        self.inverses().pairs.iter().any(by)
    }

    /// Whether the call takes something away, so that it has nothing to do where that is not there.
    pub fn takes_away(&self, argv: &[String]) -> bool {
        let words = words_of(argv);
        let mut plain = words.iter().filter(|word| !word.option);
        plain.any(|word| self.inverses().away.iter().any(|away| glob(away, &word.text)))
    }

    /// The words by which the call brings something forward, where it does: `git push`, not `git push --delete`.
    pub fn forward(&self, argv: &[String]) -> Option<&str> {
        const NEAR: usize = 6;
        let is_away = |word: &String| {
            let plain = word.trim_start_matches('-').to_ascii_lowercase();
            self.inverses().away.contains(&plain)
        };
        if argv.iter().skip(1).any(is_away) {
            return None;
        }
        let words: Vec<&str> = argv.iter().skip(1).take(NEAR).map(String::as_str).collect();
        let stands = |line: &&String| {
            let parts: Vec<&str> = line.split(' ').collect();
            words.windows(parts.len()).any(|own| own == parts)
        };
        self.inverses().forward.iter().find(stands).map(String::as_str)
    }

    /// Whether a word is what is done to something: it puts back, is put back, or takes away.
    pub fn is_done(&self, word: &str) -> bool {
        let inverses = self.inverses();
        let alone =
            |words: &Words| matches!(words.as_slice(), [either] if either.iter().any(|own| own == word));
        inverses.away.iter().any(|away| away == word)
            || inverses.pairs.iter().any(|pair| alone(&pair.first) || alone(&pair.second))
    }

    fn earlier(&self, argv: &[String], said: &str, ended_well: bool) -> Earlier {
        let words = words_of(argv);
        let texts: Vec<&str> = argv.iter().map(String::as_str).collect();
        let named = words.windows(2).find(|pair| ["name", "n"].contains(&pair[0].text.as_str()));
        let object = || {
            self.objects(&texts).and_then(|objects| objects.last().map(|object| object.to_ascii_lowercase()))
        };
        let last = || words.iter().rev().find(|word| !word.option).map(|word| word.text.clone());
        let made = named.map(|pair| pair[1].text.clone()).or_else(object).or_else(last);
        let speaks_sql = argv.first().is_some_and(|program| self.speaks_sql(program));
        let said = said.trim();
        let is_name = !said.is_empty() && !said.contains(char::is_whitespace);
        let told = is_name.then(|| said.to_ascii_lowercase());
        Earlier { words, ended_well, made, told, speaks_sql }
    }
}

/// The words of a call, as the table has them: those of texts too, options without their dashes.
fn words_of(argv: &[String]) -> Vec<Said> {
    let mut words = Vec::new();
    for (index, word) in argv.iter().enumerate() {
        let word = if index == 0 { basename(word) } else { word };
        let mut attached = false;
        for part in word.split(|c: char| c.is_whitespace() || "=,;'\"".contains(c)) {
            let plain = part.trim_start_matches('-');
            let option = attached || plain.len() < part.len();
            attached = option && word.starts_with('-') && word.contains('=');
            let text = if plain.len() > 1 { plain.to_ascii_lowercase() } else { plain.to_owned() };
            if !text.is_empty() {
                words.push(Said { text, option });
            }
        }
    }
    words
}

/// The words of a call that are those of a pattern; `None` where it does not have them.
fn place(pattern: &Words, words: &[Said]) -> Option<Vec<usize>> {
    fn from(pattern: &[Vec<String>], words: &[Said], at: usize) -> Option<Vec<usize>> {
        let Some((first, rest)) = pattern.split_first() else { return Some(Vec::new()) };
        if first.is_empty() {
            return (at..words.len()).find_map(|at| from(rest, words, at));
        }
        let fits = |word: &Said| first.iter().any(|either| glob(either, &word.text));
        words.get(at).filter(|word| fits(word))?;
        let mut places = from(rest, words, at + 1)?;
        places.push(at);
        Some(places)
    }
    (0..words.len()).find_map(|at| from(pattern, words, at))
}

/// What a call names besides these of its words.
fn names<'w>(words: &'w [Said], but: &[usize]) -> impl Iterator<Item = &'w Said> {
    words.iter().enumerate().filter(|(at, word)| !word.option && !but.contains(at)).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::super::Tables;

    #[test]
    fn a_call_puts_back_what_was_done_to_the_same_thing() {
        let argv = |line: &str| shlex::split(line).expect("it splits");
        let back = |earlier: &str, ended_well: bool, later: &str| {
            let earlier: Vec<Vec<String>> = earlier.split(" && ").map(argv).collect();
            let calls: Vec<_> =
                earlier.iter().map(|words| (words.as_slice(), "3f2a\n", ended_well)).collect();
            Tables::builtin().puts_back(&calls, &argv(later))
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
            ("kubectl cordon n1", "kubectl uncordon n1 --request-timeout=30s"),
            ("iptables -t nat -A PREROUTING -p tcp -j DNAT", "iptables -t nat -D PREROUTING -p tcp -j DNAT"),
            ("vgchange -a n vg0", "vgchange -a y vg0"),
            ("modprobe nbd", "modprobe -r nbd"),
            ("aws ec2 stop-instances --instance-ids i-1", "aws ec2 start-instances --instance-ids i-1"),
            ("aws elbv2 deregister-targets --targets Id=i-1", "aws elbv2 register-targets --targets Id=i-1"),
            ("cryptsetup luksOpen /dev/sdb x", "cryptsetup luksClose x"),
            ("virsh shutdown vm1", "virsh start vm1"),
            ("zpool offline tank sdb", "zpool online tank sdb"),
            ("openstack volume create --source v1 v2", "openstack volume delete v2"),
            ("openstack server create tmp --image i", "openstack server delete --wait tmp"),
            ("docker run -d --name tmp busybox", "docker rm -f tmp"),
            ("docker create app:ci", "docker rm 3f2a"),
            ("lvcreate -s -n snap vg0/data", "lvremove -f vg0/snap"),
            ("ip link add link eth0 name eth0.5 type vlan id 5", "ip link delete eth0.5"),
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
            // What a copy was made of is not the copy.
            ("openstack volume create --source v1 v2", "openstack volume delete v1"),
            ("openstack volume create --source v1 v2", "openstack volume delete v2 v1"),
            ("lvcreate -s -n snap vg0/data", "lvremove -f vg0/data"),
            ("docker create app:ci", "docker rm 77aa"),
            ("docker run --rm --volumes-from web busybox tar -cf /b.tar /data", "docker rm -f web"),
            ("psql -c 'CREATE TABLE archive AS SELECT * FROM events'", "psql -c 'DELETE FROM events'"),
            ("ip link add link eth0 name eth0.5 type vlan id 5", "ip link delete eth0"),
        ] {
            assert!(!back(earlier, true, later), "{earlier} / {later}");
        }
        assert!(back("kubectl drain n1 --force", false, "kubectl uncordon n1"));
        assert!(!back("openstack server create s", false, "openstack server delete s"));
        assert!(!back("systemctl stop app", false, "systemctl start app"));
        // Whoever did not get a lock must not take it from the one who has it.
        assert!(!back("dbctl lock orders", false, "dbctl unlock orders"));
    }
}
