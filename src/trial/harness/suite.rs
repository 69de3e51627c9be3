//! A harness that is a program: a test suite of any kind, run whole in the world, its report read.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;
use toml::Spanned;

use super::checks::{complain, environment, file_glob, from_toml, reason, regex, version};
use super::error::{Complaint, HarnessError};
use super::raw::{Checker, RawStub};
use super::{DeclaredStub, Harness};
use crate::id::HarnessName;
use crate::source::RepoPath;

/// How long a suite may run where it does not say.
const DEADLINE_S: u32 = 120;
/// Nobody waits longer.
const LONGEST_S: u32 = 3_600;

/// Where the world has its own: nothing of the host's can be there.
const TAKEN: [&str; 9] = ["/repo", "/home", "/tmp", "/var", "/run", "/dev", "/proc", "/sys", "/.gauntlet"];

/// A harness that is a program.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The stem of its file's name.
    pub name: HarnessName,
    /// The program and its words.
    pub command: Vec<String>,
    /// Globs over the repository: the files of the world.
    pub files: Vec<String>,
    /// Programs of the host that run for real, by name or absolute path.
    pub tools: Vec<String>,
    /// Files and folders of the host that are in the world, at the same paths.
    pub host: Vec<String>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
    /// What it reads on stdin.
    pub stdin: String,
    /// Answers to calls.
    pub stubs: Vec<DeclaredStub>,
    /// Tests that may be skipped.
    pub skips: Vec<Skip>,
    /// How long it may run.
    pub deadline_s: u32,
}

/// A test that may be skipped.
#[derive(Debug, Clone)]
pub struct Skip {
    /// What its description must match.
    pub test: Regex,
    /// Why that is right.
    pub reason: String,
    /// Its line in the harness file, from 1.
    pub line: u32,
}

/// What a harness file is.
#[derive(Debug, Clone)]
pub enum HarnessFile {
    /// It drives a script.
    Script(Box<Harness>),
    /// It is a program.
    Suite(Box<Suite>),
}

impl HarnessFile {
    /// Reads the text of the harness file at `path`.
    pub fn parse(path: &RepoPath, text: &str) -> Result<Self, Box<HarnessError>> {
        // What cannot be read at all is refused by either reader, with its place.
        let is_suite = text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("command"));
        if is_suite {
            Suite::parse(path, text).map(|suite| Self::Suite(Box::new(suite)))
        } else {
            Harness::parse(path, text).map(|harness| Self::Script(Box::new(harness)))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSuite {
    version: Spanned<u32>,
    command: Spanned<Vec<String>>,
    #[serde(default)]
    files: Vec<Spanned<String>>,
    #[serde(default)]
    tools: Vec<Spanned<String>>,
    #[serde(default)]
    host: Vec<Spanned<String>>,
    #[serde(default, deserialize_with = "environment")]
    env: BTreeMap<String, String>,
    #[serde(default)]
    stdin: String,
    #[serde(default)]
    stub: Vec<Spanned<RawStub>>,
    #[serde(default)]
    skip: Vec<Spanned<RawSkip>>,
    deadline_s: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSkip {
    test: Spanned<String>,
    reason: Spanned<String>,
}

impl Suite {
    /// Reads the text of the harness file at `path`.
    pub fn parse(path: &RepoPath, text: &str) -> Result<Self, Box<HarnessError>> {
        let checked = toml::from_str::<RawSuite>(text)
            .map_err(|error| both(text, from_toml(&error)))
            .and_then(|raw| suite(path, text, raw));
        checked.map_err(|complaint| Box::new(HarnessError::new(path, text, complaint)))
    }

    /// The programs that the stubs name.
    pub fn stubbed_programs(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.stubs.iter().map(|stub| stub.pattern.program().to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// A file with the keys of both kinds is told so, rather than that its `script` is unknown.
fn both(text: &str, complaint: Complaint) -> Complaint {
    let names = |key: &str| complaint.what == format!("unknown key `{key}`");
    if !text.contains("command") || !["script", "case", "recovery", "cleanup"].iter().any(|key| names(key)) {
        return complaint;
    }
    Complaint {
        why: "a harness drives a script (`script`, `case` ...), or it is a program (`command`)".to_owned(),
        instead: "write two harness files".to_owned(),
        ..complaint
    }
}

fn suite(path: &RepoPath, text: &str, raw: RawSuite) -> Result<Suite, Complaint> {
    version(&raw.version)?;
    let name = super::raw::name(path)?;
    let checker = Checker { text };
    let deadline_s = raw.deadline_s.as_ref().map_or(DEADLINE_S, |told| *told.get_ref());
    if deadline_s == 0 || deadline_s > LONGEST_S {
        return Err(complain(
            raw.deadline_s.map_or(0..0, |told| told.span()),
            format!("a deadline of {deadline_s} seconds"),
            "a suite that may not run proves nothing, and one without an end is never judged",
            format!("write 1 to {LONGEST_S}"),
        ));
    }
    let skip = |raw: Spanned<RawSkip>| {
        let line = checker.line(raw.span().start);
        let raw = raw.into_inner();
        let names = regex(&raw.test)?;
        if names.is_match("") {
            return Err(complain(
                raw.test.span(),
                "this matches every test",
                "a suite whose every test may be skipped proves nothing",
                "name the test",
            ));
        }
        Ok(Skip { test: names, reason: reason(&raw.reason)?, line })
    };
    Ok(Suite {
        name,
        command: command(&raw.command)?,
        files: raw.files.iter().map(file_glob).collect::<Result<_, _>>()?,
        tools: raw.tools.iter().map(tool).collect::<Result<_, _>>()?,
        host: raw.host.iter().map(of_the_host).collect::<Result<_, _>>()?,
        env: raw.env,
        stdin: raw.stdin,
        stubs: checker.stubs(raw.stub)?,
        skips: raw.skip.into_iter().map(skip).collect::<Result<_, _>>()?,
        deadline_s,
    })
}

fn command(raw: &Spanned<Vec<String>>) -> Result<Vec<String>, Complaint> {
    match raw.get_ref().first() {
        Some(program) if !program.is_empty() => Ok(raw.get_ref().clone()),
        _ => Err(complain(
            raw.span(),
            "the command has no program",
            "a harness that runs nothing proves nothing",
            "write `command = [\"bats\", \"tests\"]`",
        )),
    }
}

/// The name of a program, or where it is.
fn tool(raw: &Spanned<String>) -> Result<String, Complaint> {
    let text = raw.get_ref();
    if text.starts_with('/') {
        return of_the_host(raw);
    }
    if text.is_empty() || text.contains(['/', '*', '?', '[']) {
        return Err(complain(
            raw.span(),
            format!("{text:?} is no program of the host"),
            "each program that runs for real is named",
            "write its name (`git`) or its absolute path",
        ));
    }
    Ok(text.clone())
}

/// An absolute path outside of what the world makes itself.
fn of_the_host(raw: &Spanned<String>) -> Result<String, Complaint> {
    let text = raw.get_ref().trim_end_matches('/');
    let below = |folder: &&str| {
        text.strip_prefix(*folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let plain =
        text.starts_with('/') && !text.contains(['*', '?', '[']) && !text.split('/').any(|part| part == "..");
    // `/usr` as a whole would put every program of the host at its place.
    let deep = text.split('/').count() > 2;
    if plain && deep && !TAKEN.iter().any(below) {
        return Ok(text.to_owned());
    }
    Err(complain(
        raw.span(),
        format!("{:?} cannot be taken from the host", raw.get_ref()),
        "the world makes its own /repo, /home, /tmp, /var, /run, /dev and /proc, and a whole top folder is no list of tools",
        "write an absolute path such as `/usr/lib/bats-core`; files of the project belong in `files`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(addition: &str) -> String {
        let text = format!("version = 1\ncommand = [\"bats\", \"tests\"]\n{addition}");
        match HarnessFile::parse(&RepoPath::new("harnesses/x.toml"), &text) {
            Ok(_) => panic!("accepted: {addition}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_a_reason() {
        for (addition, part) in [
            ("script = \"x.sh\"\n", "write two harness files"),
            ("tolls = []\n", "did you mean `tools`?"),
            ("host = [\"/usr\"]\n", "cannot be taken"),
            ("host = [\"/tmp/x\"]\n", "cannot be taken"),
            ("host = [\"lib\"]\n", "cannot be taken"),
            ("tools = [\"a/b\"]\n", "is no program"),
            ("deadline_s = 0\n", "0 seconds"),
            ("[[skip]]\ntest = \".*\"\nreason = \"x\"\n", "matches every test"),
            ("[[skip]]\ntest = \"x\"\nreason = \"\"\n", "reason is empty"),
        ] {
            let text = refusal(addition);
            assert!(text.contains(part), "{addition}\n{text}");
        }
        let text = "version = 1\ncommand = []\n";
        assert!(HarnessFile::parse(&RepoPath::new("harnesses/x.toml"), text).is_err());
    }
}
