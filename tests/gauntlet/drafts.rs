//! `gauntlet new harness` on the reference scripts: what it writes passes after few edits, which are counted.

use std::fs;
use std::path::{Path, PathBuf};

use gauntlet::bash::InProcess;
use gauntlet::repo::listing;
use gauntlet::run::gauntlet::{Sweep, new_harness, sealed};
use libtest_mimic::{Failed, Trial};
use similar::{ChangeTag, TextDiff};

use crate::edits::reference;
use crate::harnesses::ran;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SCRIPTS: &str = "fixtures/cloud-ops/scripts";

/// So many lines of a first version may have to be put right.
const MOST_EDITS: usize = 10;

/// What Charmhub has of each charm.
const CHANNELS: &str =
    r#"{"channels":{"2024.1":{"stable":[{}]},"8.0":{"stable":[{}]},"1.8":{"stable":[{}]}}}"#;

/// A script, and what a person who knows its tools puts right.
struct Drafted {
    script: &'static str,
    args: &'static [&'static str],
    /// What a call really says: its pattern in the file, and the answer, or a line with a handler.
    answers: &'static [(&'static str, &'static str)],
    /// Other lines: as they are, and as they are to be; nothing for a line that goes.
    lines: &'static [(&'static str, &'static str)],
}

const DRAFTED: &[Drafted] = &[
    Drafted {
        script: "preflight",
        args: &[],
        answers: &[
            // One answer for all charms, or one for each: that hangs on how far the guesses came.
            ("juju info * --format json", CHANNELS),
            ("juju info glance --format json", CHANNELS),
            ("juju info keystone --format json", CHANNELS),
            ("juju info octavia --format json", CHANNELS),
            ("juju info mysql-router --format json", CHANNELS),
            ("juju info vault --format json", CHANNELS),
            ("juju machines --model * --format json", r#"{"machines":{}}"#),
            ("juju show-model * --format json", r#"{"m":{"status":{"current":"available"}}}"#),
        ],
        lines: &[("expect.exit = 2", "")],
    },
    Drafted {
        script: "run-logged",
        args: &["deploy", "--", "openstack", "server", "list"],
        answers: &[],
        // The folder of its logs must be there: no run came to the command.
        lines: &[(
            "expect.exit = 1",
            "env = { SESSION_LOG_DIR = \"/tmp\" }\n\n[[stub]]\nargv = \"openstack server list\"\nstdout = \"web-1\\n\"",
        )],
    },
    Drafted {
        script: "tenant-offboard",
        args: &["--project", "0123456789abcdef0123456789abcdef"],
        // Only the right name leads back to an id.
        answers: &[
            (
                "openstack domain show -f value -c id -- *",
                "handler = '[[ ${!#} == web-1 ]] && echo 3f2a9c4e7b1d4c58a6e0d9b2c7f41a35'",
            ),
            (
                "openstack project show --domain * -f value -c id -- *",
                "handler = '[[ ${!#} == web-1 ]] && echo 0123456789abcdef0123456789abcdef'",
            ),
        ],
        lines: &[],
    },
    Drafted { script: "vault-kv-health", args: &[], answers: &[], lines: &[] },
    Drafted { script: "vault-kv-inner-probe", args: &[], answers: &[], lines: &[] },
];

/// One test a script, and one that no script was left out.
pub fn tests() -> Vec<Trial> {
    let mut tests: Vec<Trial> = DRAFTED
        .iter()
        .map(|drafted| Trial::test(format!("draft::{}", drafted.script), || drafted.passes()))
        .collect();
    tests.push(Trial::test("draft::every_reference_script_has_one", || {
        let count = listing::in_folder(Path::new(ROOT), SCRIPTS, ".sh")?.len();
        if count == DRAFTED.len() { Ok(()) } else { Err(format!("{count} scripts").into()) }
    }));
    tests
}

impl Drafted {
    fn passes(&self) -> Result<(), Failed> {
        let folder = reference()?;
        let request = Sweep {
            script: folder.path().join(SCRIPTS).join(format!("{}.sh", self.script)),
            args: self.args.iter().map(|arg| (*arg).to_owned()).collect(),
            ..Sweep::default()
        };
        let worlds = sealed::worlds(Some(PathBuf::from(env!("CARGO_BIN_EXE_gauntlet"))));
        new_harness(&request, &InProcess::new(), &worlds)?;
        let path = folder.path().join(format!("harnesses/{}.toml", self.script));
        let first = fs::read_to_string(&path)?;
        let edited = self.edit(&first);
        let edits = edits(&first, &edited);
        if edits > MOST_EDITS {
            return Err(format!("{edits} lines of it had to be edited:\n{first}").into());
        }
        fs::write(&path, &edited)?;
        let ran = ran(folder.path(), Vec::new())?;
        let reds: Vec<String> = ran
            .trials
            .iter()
            .filter(|trial| trial.verdict.is_red())
            .map(|trial| format!("{} {}: {}", trial.id, trial.verdict, trial.explanation))
            .collect();
        if !reds.is_empty() {
            return Err(format!("{}\n{edited}", reds.join("\n")).into());
        }
        // A file that expects what went wrong would pass too.
        let ends_well = edited.split("[[case]]").skip(1).any(|case| !case.contains("expect.exit"));
        if ends_well { Ok(()) } else { Err(format!("no case of it ends with exit 0:\n{edited}").into()) }
    }

    fn edit(&self, text: &str) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut lines: Vec<String> = Vec::new();
        let mut answer: Option<String> = None;
        for line in text.lines() {
            if let Some((_, said)) =
                self.answers.iter().find(|(call, _)| line == format!("argv = {}", quoted(call)))
            {
                let stdout = || format!("stdout = {}", quoted(&format!("{said}\n")));
                answer = Some(if said.starts_with("handler = ") { (*said).to_owned() } else { stdout() });
            } else if line.starts_with("stdout = ")
                && let Some(answer) = answer.take()
            {
                lines.push(answer);
                continue;
            } else if line.is_empty() {
                lines.extend(answer.take());
            }
            match self.lines.iter().find(|(from, _)| line == *from) {
                None => lines.push(line.to_owned()),
                Some((_, "")) => {}
                Some((_, to)) => lines.push((*to).to_owned()),
            }
        }
        lines.join("\n") + "\n"
    }
}

/// How many lines somebody edited: one that is replaced counts once.
fn edits(from: &str, to: &str) -> usize {
    let diff = TextDiff::from_lines(from, to);
    let count = |tag: ChangeTag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
    count(ChangeTag::Delete).max(count(ChangeTag::Insert))
}
