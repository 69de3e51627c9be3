//! What tools answer when something is wrong that is no accident of theirs: not found, not reachable, waited too long.
//!
//! The knowledge is `rules/commands/answers.toml`; its head explains the keys. This module fills it in for one call.

use serde::Deserialize;

use super::effect::glob;
use super::tables::{Tables, basename};

/// A tool's answers by what is wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolAnswers {
    #[expect(dead_code, reason = "the shelf finds entries by it")]
    name: String,
    #[serde(default)]
    #[expect(dead_code, reason = "the shelf finds entries by them")]
    aliases: Vec<String>,
    #[serde(default)]
    absent: Vec<Row>,
    #[serde(default)]
    unreachable: Vec<Row>,
    #[serde(default)]
    timeout: Vec<Row>,
    #[serde(default)]
    full: Vec<Row>,
    #[serde(default)]
    codes: Vec<Answering>,
    #[serde(default)]
    refuses_nothing: Vec<String>,
    #[serde(default)]
    takes_nothing: Vec<String>,
    #[serde(default)]
    speaks: Vec<String>,
    #[serde(default)]
    local: bool,
    #[serde(default)]
    valued: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default)]
    when: Vec<String>,
    #[serde(default = "one")]
    exit: u8,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    stdout: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answering {
    #[serde(default)]
    when: Vec<String>,
    codes: Vec<u8>,
    /// The code of a failure on these lines, where the tool's usual one is an answer.
    #[serde(default)]
    fails: Option<u8>,
}

fn one() -> u8 {
    1
}

/// What is wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// What it asks for is not there.
    Absent,
    /// Whom it asks cannot be reached, or does not let it in.
    Unreachable,
    /// Its own time limit passed.
    Timeout,
    /// The disk is full.
    Full,
}

/// What a tool says, and how it ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Exit code.
    pub exit: u8,
    /// On stdout.
    pub stdout: String,
    /// On stderr.
    pub stderr: String,
}

impl Tables {
    /// The tool's own answer to that trouble; `None` where the call cannot have it, or nothing is known of it.
    pub fn answer(&self, argv: &[String], trouble: Trouble) -> Option<Said> {
        let (program, words) = argv.split_first()?;
        let answers = self.answers(basename(program))?;
        let rows = match trouble {
            Trouble::Absent => &answers.absent,
            Trouble::Unreachable => &answers.unreachable,
            Trouble::Timeout => &answers.timeout,
            Trouble::Full => &answers.full,
        };
        let row = rows.iter().find(|row| answers.fits(&row.when, words))?;
        let filled = |text: &str| self.filled(text, argv);
        Some(Said { exit: row.exit, stdout: filled(&row.stdout), stderr: filled(&row.stderr) })
    }

    /// Exit code and stderr of the call's usual failure; `None` where the tool has no code for that which is no answer.
    pub fn plain_failure(&self, argv: &[String]) -> Option<(u8, String)> {
        let (exit, stderr) = self.failure(argv);
        if !self.is_answer(argv, exit) {
            return Some((exit, stderr));
        }
        let (program, words) = argv.split_first()?;
        let answers = self.answers(basename(program))?;
        let fails =
            answers.codes.iter().filter(|row| answers.fits(&row.when, words)).find_map(|row| row.fails)?;
        Some((fails, stderr))
    }

    /// Whether that exit code is an answer of the call and no failure: `grep` 1, `systemctl is-active` 3.
    pub fn is_answer(&self, argv: &[String], exit: u8) -> bool {
        let Some((program, words)) = argv.split_first() else { return false };
        self.answers(basename(program)).is_some_and(|answers| {
            answers.codes.iter().any(|row| row.codes.contains(&exit) && answers.fits(&row.when, words))
        })
    }

    /// The exit codes that are answers of the call and no failures.
    pub fn answer_codes(&self, argv: &[String]) -> Vec<u8> {
        let Some((program, words)) = argv.split_first() else { return Vec::new() };
        let rows = self.answers(basename(program)).map(|answers| (answers, &answers.codes));
        let fitting = rows.into_iter().flat_map(|(answers, rows)| {
            rows.iter().filter(|row| answers.fits(&row.when, words)).flat_map(|row| row.codes.clone())
        });
        fitting.collect()
    }

    /// Whether the call fails where the file or the stdin that it is given is empty.
    pub fn refuses_nothing(&self, argv: &[String]) -> bool {
        self.has_line(argv, |answers| &answers.refuses_nothing)
    }

    /// Whether the call writes an empty stdin where it would write any other: an empty object, an empty value.
    pub fn takes_nothing(&self, argv: &[String]) -> bool {
        self.has_line(argv, |answers| &answers.takes_nothing)
    }

    /// Whether the call says something wherever it ends with 0.
    pub fn always_speaks(&self, argv: &[String]) -> bool {
        self.has_line(argv, |answers| &answers.speaks)
    }

    fn has_line(&self, argv: &[String], lines: impl Fn(&ToolAnswers) -> &Vec<String>) -> bool {
        let Some((program, words)) = argv.split_first() else { return false };
        self.answers(basename(program)).is_some_and(|answers| {
            let lines = lines(answers);
            !lines.is_empty() && answers.fits(lines, words)
        })
    }

    /// Whether the tool asks nobody, so that its output neither breaks off nor is another's.
    pub fn is_local(&self, argv: &[String]) -> bool {
        argv.first().and_then(|program| self.answers(basename(program))).is_some_and(|answers| answers.local)
    }

    /// The text with the call's own words in the places that are left for them.
    fn filled(&self, text: &str, argv: &[String]) -> String {
        if !text.contains('{') {
            return text.to_owned();
        }
        let objects = self.object_words(argv);
        let plain: Vec<usize> =
            objects.iter().copied().filter(|index| !argv[*index].starts_with('-')).collect();
        let word = |index: Option<&usize>| index.and_then(|at| argv.get(*at)).map_or("", String::as_str);
        let object = word(plain.first());
        let noun: Vec<&str> = argv
            .iter()
            .skip(1)
            .take(plain.first().map_or(0, |first| first.saturating_sub(2)))
            .map(String::as_str)
            .filter(|word| !word.starts_with('-'))
            .collect();
        let noun = noun.join(" ");
        let mut capital = noun.clone();
        if let Some(first) = capital.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        // `kubectl get pod web`, `kubectl get pod/web`.
        let (kind, name) = object.split_once('/').unwrap_or((object, word(plain.get(1))));
        text.replace("{object}", object)
            .replace("{last}", word(plain.last()))
            .replace("{noun}", &noun)
            .replace("{Noun}", &capital)
            .replace("{kind}", kind)
            .replace("{name}", name)
    }
}

impl ToolAnswers {
    /// Whether one of the lines is of these words; no line is of all.
    fn fits(&self, lines: &[String], words: &[String]) -> bool {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        lines.is_empty()
            || lines.iter().any(|line| {
                let parts: Vec<&str> = line.split_whitespace().collect();
                self.line_fits(&parts, &words)
            })
    }

    fn line_fits(&self, parts: &[&str], words: &[&str]) -> bool {
        match parts.split_first() {
            None => words.is_empty(),
            Some((&"**", rest)) => (0..=words.len()).any(|skip| self.line_fits(rest, &words[skip..])),
            Some((part, rest)) => words.split_first().is_some_and(|(word, tail)| {
                part.split('|').any(|either| self.word_fits(either, word)) && self.line_fits(rest, tail)
            }),
        }
    }

    /// `-&f` is the flag `-f`, by itself or among others in one word, before one that has a value.
    fn word_fits(&self, pattern: &str, word: &str) -> bool {
        let Some(flag) = pattern.strip_prefix("-&") else { return glob(pattern, word) };
        let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.starts_with('-')) else {
            return false;
        };
        let own = flags.find(|c| self.valued.contains(c)).map_or(flags, |at| &flags[..=at]);
        own.contains(flag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str, trouble: Trouble) -> Option<Said> {
        let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Tables::builtin().answer(&argv, trouble)
    }

    #[test]
    fn a_tool_says_in_its_own_words_that_something_is_not_there() {
        let cases = [
            (
                "openstack project show 4b1d -f value -c id",
                1,
                "No project with a name or ID of '4b1d' exists.",
            ),
            ("openstack security group delete g", 1, "No security group with a name or ID of 'g' exists."),
            ("openstack network show net1", 1, "No Network found for net1"),
            ("juju show-unit vault/0", 1, "ERROR unit \"vault/0\" not found"),
            ("vault kv get -field=password secret/app", 2, "No value found at secret/app"),
            ("kubectl get pod web", 1, "Error from server (NotFound): pod \"web\" not found"),
            ("systemctl start nginx", 5, "Failed to start nginx.service: Unit nginx.service not found."),
            ("curl -fsSLO https://192.0.2.1/x", 22, "curl: (22) The requested URL returned error: 404"),
            ("curl -sSfLo x https://192.0.2.1/x", 22, "curl: (22) The requested URL returned error: 404"),
            ("curl -fsS https://192.0.2.1/x", 22, "curl: (22) The requested URL returned error: 404"),
            ("id backup", 1, "id: 'backup': no such user"),
        ];
        for (line, exit, stderr) in cases {
            let said = said(line, Trouble::Absent).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((said.exit, said.stderr.as_str()), (exit, stderr), "{line}");
        }
        for line in [
            "openstack server list",
            "vault kv put secret/a b=c",
            "juju status",
            "frob show x",
            "kubectl apply -f x",
        ] {
            assert_eq!(said(line, Trouble::Absent), None, "{line}");
        }
        // What stands behind a flag that has a value is the value.
        assert_eq!(said("curl -sof https://192.0.2.1/", Trouble::Absent).map(|said| said.exit), Some(0));
        let curl = said("curl -s -o /dev/null -w %{http_code} https://192.0.2.1/", Trouble::Absent);
        assert_eq!(curl.map(|said| (said.exit, said.stdout)), Some((0, "404".to_owned())));
    }

    #[test]
    fn only_calls_with_a_time_limit_time_out() {
        assert_eq!(said("curl --max-time 5 https://x/", Trouble::Timeout).map(|said| said.exit), Some(28));
        assert_eq!(said("curl -m5 https://x/", Trouble::Timeout).map(|said| said.exit), Some(28));
        assert_eq!(
            said("ssh -o ConnectTimeout=5 host true", Trouble::Timeout).map(|said| said.exit),
            Some(255)
        );
        assert_eq!(said("curl https://x/", Trouble::Timeout), None);
        assert_eq!(said("ssh host true", Trouble::Timeout), None);
    }

    #[test]
    fn codes_that_are_answers_are_known() {
        let answer = |line: &str, exit| {
            let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
            Tables::builtin().is_answer(&argv, exit)
        };
        assert!(answer("systemctl is-active nginx", 3) && !answer("systemctl is-active nginx", 1));
        assert!(answer("git diff --quiet HEAD", 1) && !answer("git diff HEAD", 1));
        assert!(answer("/usr/bin/grep -q x y", 1) && !answer("grep -q x y", 2));
        assert!(answer("vault status", 2) && !answer("vault read x", 2));
        assert!(answer("borg create /r::a /etc", 1) && answer("cryptsetup isLuks /dev/sdb", 1));
        assert!(answer("rpm -V openssl", 1) && answer("ssh-add -l", 1) && !answer("ssh-add key", 1));
    }

    #[test]
    fn a_usual_failure_is_no_answer() {
        let failure = |line: &str| {
            let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
            Tables::builtin().plain_failure(&argv).map(|(exit, _)| exit)
        };
        for (line, exit) in [
            ("rbd info pool/a", Some(5)),
            ("borg create /r::a /etc", Some(2)),
            ("e2fsck -p /dev/sdb1", Some(8)),
            ("cryptsetup isLuks /dev/sdb", Some(4)),
            ("cryptsetup open /dev/sdb x", Some(1)),
            ("pidof chronyd", None),
            ("firewall-cmd --state", Some(1)),
        ] {
            assert_eq!(failure(line), exit, "{line}");
        }
    }

    #[test]
    fn the_tools_of_daily_work_have_both_answers() {
        for line in [
            "openstack server show a",
            "juju show-application a",
            "maas admin machine read a",
            "vault kv get a",
            "kubectl get pod a",
            "ceph osd pool get a size",
            "lxc info a",
            "docker inspect a",
            "git clone a",
            "curl https://a",
            "systemctl status a",
            "helm status a",
            "terraform state show a",
            "aws ec2 describe-instances",
            "gcloud compute instances describe a",
            "dig a",
            "host a",
            "psql -c x",
            "mysql a",
            "rsync a:b c",
            "scp a:b c",
        ] {
            for trouble in [Trouble::Absent, Trouble::Unreachable] {
                assert!(said(line, trouble).is_some(), "{line}: {trouble:?}");
            }
        }
        assert!(said("ssh a true", Trouble::Unreachable).is_some());
    }
}
