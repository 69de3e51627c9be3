//! The harness file: how a script is driven in a world of stubs, and what is expected of it.
//!
//! This module turns the file's text into a typed value that is known to make sense, or into a [`HarnessError`] that
//! names line and column. It never reads the file, and it never resolves the globs over the repository.

mod checks;
mod error;
mod keys;
mod raw;
mod suite;

use std::collections::BTreeMap;

use regex::Regex;

use crate::fault::FaultKind;
use crate::id::HarnessName;
use crate::source::RepoPath;
use crate::trial::pattern::Pattern;
use crate::trial::world::Stub;

pub use error::HarnessError;
pub use keys::{KEYS, Key, SUITE_KEYS};
pub use suite::{HarnessFile, Skip, Suite};

/// The version of the format.
pub const VERSION: u32 = 1;

/// A harness: one script, its world, its cases.
#[derive(Debug, Clone)]
pub struct Harness {
    /// The stem of its file's name.
    pub name: HarnessName,
    /// The script, relative to the project root.
    pub script: RepoPath,
    /// Globs over the repository: the other files of the world.
    pub files: Vec<String>,
    /// Calls that mutate although the tables do not say so.
    pub mutates: Vec<Pattern>,
    /// What claims success, where the harness says so; else the defaults hold.
    pub success: Option<Vec<Regex>>,
    /// Files that a failed run must not leave, as globs over the world's paths.
    pub residue: Vec<String>,
    /// The script's environment.
    pub env: BTreeMap<String, String>,
    /// Environment too, but secret.
    pub canaries: BTreeMap<String, String>,
    /// Answers, in order of preference.
    pub stubs: Vec<DeclaredStub>,
    /// The ways in which the script is run.
    pub cases: Vec<Case>,
    /// Faults after which exit 0 is right.
    pub recoveries: Vec<Recovery>,
    /// Mutating calls that are right after a fault.
    pub cleanups: Vec<Cleanup>,
    /// Whether nobody wrote it: the answers are guessed, and the judge knows no recovery but a call that succeeds later.
    pub guessed: bool,
}

/// A stub as the harness declares it.
#[derive(Debug, Clone)]
pub struct DeclaredStub {
    /// Its argv pattern.
    pub pattern: Pattern,
    /// What it answers.
    pub answer: Stub,
    /// Whether it need not be called.
    pub optional: bool,
    /// Its line in the harness file, from 1.
    pub line: u32,
}

/// One way to run the script.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The script's arguments.
    pub args: Vec<String>,
    /// What the script reads on stdin.
    pub stdin: String,
    /// What is typed at its terminal, where it has one.
    pub tty: Option<String>,
    /// Environment besides the harness's.
    pub env: BTreeMap<String, String>,
    /// Stubs that are tried before the harness's.
    pub stubs: Vec<DeclaredStub>,
    /// What must come of it.
    pub expect: Expect,
    /// Whether its calls fail in turn.
    pub sweep: bool,
    /// Whether a second run after a success changes nothing.
    pub idempotent: bool,
}

/// What must come of a green run.
#[derive(Debug, Clone, Default)]
pub struct Expect {
    /// The exit code.
    pub exit: u8,
    /// Each must be found in stdout.
    pub stdout: Vec<Regex>,
    /// Each must be found in stderr.
    pub stderr: Vec<Regex>,
    /// None may be found in stdout or stderr.
    pub absent: Vec<Regex>,
    /// Calls that must come in this order; others may come between.
    pub calls: Vec<Pattern>,
    /// Exactly the mutating calls, in order.
    pub mutations: Option<Vec<Pattern>>,
    /// Files of the world (path) and what must be found in them.
    pub files: BTreeMap<String, Regex>,
}

/// A fault after which exit 0 is right.
#[derive(Debug, Clone)]
pub struct Recovery {
    /// The program's name.
    pub program: String,
    /// Which of its calls.
    pub pattern: Pattern,
    /// How they fail.
    pub kinds: Vec<FaultKind>,
    /// In which case; `None` for all.
    pub case: Option<String>,
    /// Why that is right.
    pub reason: String,
    /// Its line in the harness file, from 1.
    pub line: u32,
}

/// A mutating call that is right after a fault: it puts back, locks again, revokes.
#[derive(Debug, Clone)]
pub struct Cleanup {
    /// The call.
    pub pattern: Pattern,
    /// Why that is right.
    pub reason: String,
}

impl Harness {
    /// Reads the text of the harness file at `path`.
    pub fn parse(path: &RepoPath, text: &str) -> Result<Self, Box<HarnessError>> {
        raw::parse(path, text)
    }

    /// Every stub of a run of `case`, in order of preference.
    pub fn stubs_of<'a>(&'a self, case: &'a Case) -> impl Iterator<Item = &'a DeclaredStub> {
        case.stubs.iter().chain(&self.stubs)
    }

    /// The environment of a run of `case`.
    pub fn env_of(&self, case: &Case) -> BTreeMap<String, String> {
        let mut env = self.env.clone();
        env.extend(self.canaries.clone());
        env.extend(case.env.clone());
        env
    }

    /// The programs that the stubs name.
    pub fn stubbed_programs(&self) -> Vec<String> {
        let in_cases = self.cases.iter().flat_map(|case| &case.stubs);
        let names = self.stubs.iter().chain(in_cases).map(|stub| stub.pattern.program().to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names.dedup();
        names
    }

    /// The recovery that declares exit 0 right after this fault: its index.
    pub fn recovery(&self, case: &str, argv: &[String], kind: FaultKind) -> Option<usize> {
        self.recoveries.iter().position(|recovery| {
            recovery.kinds.contains(&kind)
                && recovery.case.as_deref().is_none_or(|only| only == case)
                && argv.first().is_some_and(|name| name.rsplit('/').next() == Some(recovery.program.as_str()))
                && recovery.pattern.matches(argv)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
version = 1
script = "scripts/x.sh"
[[stub]]
argv = "openstack project show * -f value -c id"
stdout = "1\n"
[[case]]
name = "apply"
args = ["--apply"]
expect.calls = ["openstack project show **"]
"#;

    fn parse(text: &str) -> Result<Harness, Box<HarnessError>> {
        Harness::parse(&RepoPath::new("harnesses/x.toml"), text)
    }

    fn refusal(addition: &str) -> String {
        parse(&format!("{GOOD}{addition}")).expect_err(addition).to_string()
    }

    #[test]
    fn a_harness_file_becomes_a_typed_value() {
        let harness = parse(GOOD).expect("it is valid");
        assert_eq!(harness.name.as_str(), "x");
        assert_eq!(harness.stubs[0].pattern.words()[2], "show");
        assert_eq!(harness.stubs[0].line, 4);
        assert!(harness.cases[0].sweep);
        assert_eq!(harness.cases[0].expect.exit, 0);
    }

    #[test]
    fn an_unknown_key_names_its_place_and_the_nearest_key() {
        let text = refusal("[[stub]]\nargv = \"x\"\nstdot = \"\"\n");
        assert!(text.contains("harnesses/x.toml:13:1"), "{text}");
        assert!(text.contains("did you mean `stdout`?"), "{text}");
        assert!(text.contains("stdot = \"\"\n   | ^^^^^"), "{text}");
        let nested = refusal("[[case]]\nname = \"b\"\nexpect.exti = 1\n");
        assert!(nested.contains("did you mean `exit`?"), "{nested}");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_a_reason() {
        for (addition, part) in [
            ("[[case]]\nname = \"apply\"\n", "two cases are named `apply`"),
            ("[[case]]\nname = \"a/b\"\n", "cannot stand in a trial's id"),
            ("[[case]]\nname = \"b\"\nexpect.stdout = [\"(\"]\n", "no regular expression"),
            ("[[case]]\nname = \"b\"\nexpect.calls = [\"juju status\"]\n", "no stub answers"),
            ("[[case]]\nname = \"b\"\nexpect.exit = 300\n", "300"),
            ("[[stub]]\nargv = \"'x\"\n", "not closed"),
            ("[[stub]]\nargv = \"openstack server [list **\"\n", "a bracket"),
            ("[env]\n\"A=B\" = \"x\"\n", "no name of a variable"),
            ("[[stub]]\nargv = \"x\"\nhandler = \"true\"\nstdout = \"y\"\n", "`handler`"),
            ("[[stub]]\nargv = \"x\"\ntimes = 0\n", "never answers"),
            ("[canaries]\nTOKEN = \"abc\"\n", "too short"),
            (
                "[[recovery]]\nprogram = \"openstack\"\nargv = \"openstack **\"\nkind = \"exit\"\nreason = \"x y\"\n",
                "every call",
            ),
            (
                "[[recovery]]\nprogram = \"openstack\"\nargv = \"openstack project show **\"\nkind = \"exit\"\nreason = \" \"\n",
                "reason is empty",
            ),
            (
                "[[recovery]]\nprogram = \"juju\"\nargv = \"openstack project show **\"\nkind = \"exit\"\nreason = \"r\"\n",
                "names another program",
            ),
            (
                "[[recovery]]\nprogram = \"openstack\"\nargv = \"openstack project show **\"\nkind = \"exti\"\nreason = \"r\"\n",
                "did you mean `exit`?",
            ),
            (
                "[[recovery]]\nprogram = \"openstack\"\nargv = \"openstack project show **\"\nkind = \"exit\"\ncase = \"appl\"\nreason = \"r\"\n",
                "did you mean `apply`?",
            ),
        ] {
            let text = refusal(addition);
            assert!(text.contains(part), "{addition}\n{text}");
        }
        let version = parse("version = 2\nscript = \"x\"\n").expect_err("unknown version").to_string();
        assert!(version.contains("version 2 is not known"), "{version}");
        let none = parse("version = 1\nscript = \"x\"\n").expect_err("no case").to_string();
        assert!(none.contains("no case"), "{none}");
        let outside =
            parse("version = 1\nscript = \"../x\"\n[[case]]\nname=\"a\"\n").expect_err("outside").to_string();
        assert!(outside.contains("outside"), "{outside}");
    }
}
