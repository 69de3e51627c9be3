//! The harness file as TOML spells it, and the checks that make a [`Harness`] of it.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::checks::{
    canary, complain, environment, file_glob, from_toml, inside, pattern, reason, regex, regexes, residue,
    version,
};
use super::error::{Complaint, HarnessError};
use super::{Case, Cleanup, DeclaredStub, Expect, Harness, Recovery};
use crate::fault::FaultKind;
use crate::id::HarnessName;
use crate::nearest::suggestion;
use crate::source::RepoPath;
use crate::trial::pattern::Pattern;
use crate::trial::world::Stub;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHarness {
    version: Spanned<u32>,
    script: Spanned<String>,
    #[serde(default)]
    files: Vec<Spanned<String>>,
    #[serde(default)]
    mutates: Vec<Spanned<String>>,
    success: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    residue: Vec<Spanned<String>>,
    #[serde(default, deserialize_with = "environment")]
    env: BTreeMap<String, String>,
    #[serde(default)]
    canaries: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    stub: Vec<Spanned<RawStub>>,
    #[serde(default)]
    case: Vec<RawCase>,
    #[serde(default)]
    recovery: Vec<Spanned<RawRecovery>>,
    #[serde(default)]
    cleanup: Vec<RawCleanup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStub {
    argv: Spanned<String>,
    stdout: Option<String>,
    stderr: Option<String>,
    exit: Option<u8>,
    times: Option<Spanned<u32>>,
    #[serde(default)]
    optional: bool,
    handler: Option<Spanned<String>>,
    #[serde(default)]
    reads_stdin: bool,
    stdin: Option<String>,
    #[serde(default)]
    writes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    name: Spanned<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    stdin: String,
    tty: Option<String>,
    #[serde(default, deserialize_with = "environment")]
    env: BTreeMap<String, String>,
    #[serde(default)]
    stubs: Vec<Spanned<RawStub>>,
    #[serde(default)]
    expect: RawExpect,
    sweep: Option<bool>,
    idempotent: Option<Spanned<bool>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawExpect {
    #[serde(default)]
    exit: u8,
    #[serde(default)]
    stdout: Vec<Spanned<String>>,
    #[serde(default)]
    stderr: Vec<Spanned<String>>,
    #[serde(default)]
    absent: Vec<Spanned<String>>,
    #[serde(default)]
    calls: Vec<Spanned<String>>,
    mutations: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    files: BTreeMap<String, Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecovery {
    program: Spanned<String>,
    argv: Spanned<String>,
    kind: Spanned<Kinds>,
    case: Option<Spanned<String>>,
    reason: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Kinds {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCleanup {
    argv: Spanned<String>,
    reason: Spanned<String>,
}

pub(super) fn parse(path: &RepoPath, text: &str) -> Result<Harness, Box<HarnessError>> {
    let checked = toml::from_str::<RawHarness>(text)
        .map_err(|error| from_toml(&error))
        .and_then(|raw| Checker { text }.harness(path, raw));
    checked.map_err(|complaint| Box::new(HarnessError::new(path, text, complaint)))
}

/// The harness's name: the stem of its file's.
pub(super) fn name(path: &RepoPath) -> Result<HarnessName, Complaint> {
    path.file_name().strip_suffix(".toml").and_then(HarnessName::parse).ok_or_else(|| {
        complain(
            0..0,
            "the file's name gives no harness name",
            "trial ids start with it",
            "name it NAME.toml, without blanks",
        )
    })
}

/// Checks against the text that the spans belong to.
pub(super) struct Checker<'a> {
    pub text: &'a str,
}

impl Checker<'_> {
    pub fn line(&self, at: usize) -> u32 {
        let before = self.text.get(..at).unwrap_or_default();
        u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX)
    }

    fn harness(&self, path: &RepoPath, raw: RawHarness) -> Result<Harness, Complaint> {
        version(&raw.version)?;
        let name = name(path)?;
        let stubs = self.stubs(raw.stub)?;
        let cases = self.cases(raw.case, &stubs)?;
        let recoveries = raw
            .recovery
            .into_iter()
            .map(|recovery| self.recovery(recovery, &cases))
            .collect::<Result<Vec<_>, _>>()?;
        for (key, value) in &raw.canaries {
            canary(key, value)?;
        }
        Ok(Harness {
            name,
            script: inside(&raw.script)?,
            files: raw.files.iter().map(file_glob).collect::<Result<_, _>>()?,
            mutates: raw.mutates.iter().map(pattern).collect::<Result<_, _>>()?,
            success: raw.success.as_deref().map(regexes).transpose()?,
            residue: raw.residue.iter().map(residue).collect::<Result<_, _>>()?,
            env: raw.env,
            canaries: raw.canaries.into_iter().map(|(key, value)| (key, value.into_inner())).collect(),
            stubs,
            cases,
            recoveries,
            cleanups: raw.cleanup.iter().map(cleanup).collect::<Result<_, _>>()?,
            guessed: false,
        })
    }

    pub fn stubs(&self, raw: Vec<Spanned<RawStub>>) -> Result<Vec<DeclaredStub>, Complaint> {
        raw.into_iter()
            .map(|stub| {
                let line = self.line(stub.span().start);
                declared_stub(stub.into_inner(), line)
            })
            .collect()
    }

    fn cases(&self, raw: Vec<RawCase>, stubs: &[DeclaredStub]) -> Result<Vec<Case>, Complaint> {
        if raw.is_empty() {
            return Err(complain(
                0..0,
                "the harness has no case",
                "a harness that runs nothing proves nothing",
                "add [[case]] with a name and the script's args",
            ));
        }
        let mut cases: Vec<Case> = Vec::new();
        for case in raw {
            let name = case.name.get_ref().clone();
            let span = case.name.span();
            if name.is_empty() || name.contains(|c: char| c == '/' || c.is_whitespace()) {
                return Err(complain(
                    span,
                    format!("the case name {name:?} cannot stand in a trial's id"),
                    "ids are HARNESS/CASE/..., one word",
                    "write a name without blanks and slashes",
                ));
            }
            if cases.iter().any(|other| other.name == name) {
                return Err(complain(
                    span,
                    format!("two cases are named `{name}`"),
                    "their trials would share their ids",
                    "rename one of them",
                ));
            }
            let own = self.stubs(case.stubs)?;
            let idempotent = case.idempotent.as_ref().is_some_and(|told| *told.get_ref());
            if idempotent && case.expect.exit != 0 {
                return Err(complain(
                    case.idempotent.map_or(0..0, |told| told.span()),
                    "this case is to fail, and to be idempotent",
                    "a second run is tried after a success only",
                    "drop `idempotent`, or expect exit 0",
                ));
            }
            let expect = expectations(&case.expect, &|pattern| answerable(pattern, own.iter().chain(stubs)))?;
            cases.push(Case {
                sweep: case.sweep.unwrap_or(expect.exit == 0),
                idempotent,
                name,
                args: case.args,
                stdin: case.stdin,
                tty: case.tty,
                env: case.env,
                stubs: own,
                expect,
            });
        }
        Ok(cases)
    }

    fn recovery(&self, raw: Spanned<RawRecovery>, cases: &[Case]) -> Result<Recovery, Complaint> {
        let line = self.line(raw.span().start);
        let raw = raw.into_inner();
        let pattern = pattern(&raw.argv)?;
        let program = raw.program.get_ref().clone();
        if pattern.matches_every_call() || raw.argv.get_ref().trim() == "**" {
            return Err(complain(
                raw.argv.span(),
                format!("this recovery matches every call of {program}"),
                "a declaration for every call switches the sweep off",
                "name the call: its verb and what it acts on",
            ));
        }
        if pattern.program().rsplit('/').next() != Some(program.as_str()) {
            return Err(complain(
                raw.argv.span(),
                format!("the argv pattern names another program than `{program}`"),
                "it would never match",
                format!("start the pattern with {program}"),
            ));
        }
        if let Some(case) = &raw.case
            && !cases.iter().any(|known| known.name == *case.get_ref())
        {
            return Err(complain(
                case.span(),
                format!("there is no case `{}`", case.get_ref()),
                "the recovery would never match",
                suggestion(case.get_ref(), cases.iter().map(|known| known.name.as_str())),
            ));
        }
        Ok(Recovery {
            kinds: kinds(&raw.kind)?,
            reason: reason(&raw.reason)?,
            case: raw.case.map(Spanned::into_inner),
            program,
            pattern,
            line,
        })
    }
}

fn cleanup(raw: &RawCleanup) -> Result<Cleanup, Complaint> {
    let pattern = pattern(&raw.argv)?;
    if pattern.matches_every_call() {
        return Err(complain(
            raw.argv.span(),
            format!("this clean-up matches every call of {}", pattern.program()),
            "no mutation after a fault would ever be seen",
            "name the call: its verb and what it acts on",
        ));
    }
    Ok(Cleanup { pattern, reason: reason(&raw.reason)? })
}

fn kinds(raw: &Spanned<Kinds>) -> Result<Vec<FaultKind>, Complaint> {
    let words = match raw.get_ref() {
        Kinds::One(word) => std::slice::from_ref(word),
        Kinds::Several(words) => words.as_slice(),
    };
    let kind = |word: &String| {
        let named = |kind: &FaultKind| kind.word() == word || kind.slug() == word;
        let kinds: Vec<FaultKind> = FaultKind::ALL.into_iter().filter(named).collect();
        if kinds.is_empty() {
            return Err(complain(
                raw.span(),
                format!("unknown kind of fault `{word}`"),
                "the recovery would never match",
                suggestion(word, FaultKind::ALL.map(FaultKind::word)),
            ));
        }
        Ok(kinds)
    };
    if words.is_empty() {
        return Err(complain(
            raw.span(),
            "no kind of fault",
            "the recovery would never match",
            "name at least one",
        ));
    }
    let kinds = words.iter().map(kind).collect::<Result<Vec<_>, _>>()?;
    Ok(kinds.into_iter().flatten().collect())
}

fn declared_stub(raw: RawStub, line: u32) -> Result<DeclaredStub, Complaint> {
    let pattern = pattern(&raw.argv)?;
    if let Some(handler) = &raw.handler
        && (raw.stdout.is_some() || raw.stderr.is_some() || raw.exit.is_some())
    {
        return Err(complain(
            handler.span(),
            "this stub has a `handler` and a fixed answer too",
            "only one of them can answer",
            "drop `stdout`, `stderr` and `exit`, or the handler",
        ));
    }
    if let Some(times) = &raw.times
        && *times.get_ref() == 0
    {
        return Err(complain(
            times.span(),
            "this stub never answers",
            "times = 0 answers no call",
            "drop the stub",
        ));
    }
    let answer = Stub {
        argv: pattern.words().to_vec(),
        stdout: raw.stdout.unwrap_or_default(),
        stderr: raw.stderr.unwrap_or_default(),
        exit: raw.exit.unwrap_or_default(),
        times: raw.times.map(Spanned::into_inner),
        handler: raw.handler.map(Spanned::into_inner),
        reads_stdin: raw.reads_stdin || raw.stdin.is_some(),
        stdin: raw.stdin,
        writes: raw.writes,
    };
    Ok(DeclaredStub { pattern, answer, optional: raw.optional, line })
}

fn expectations(raw: &RawExpect, answerable: &dyn Fn(&Pattern) -> bool) -> Result<Expect, Complaint> {
    let files = raw.files.iter().map(|(path, text)| Ok((path.clone(), regex(text)?)));
    let calls = raw.calls.iter().map(|text| expected_call(text, answerable)).collect::<Result<_, _>>()?;
    let mutations = raw
        .mutations
        .as_ref()
        .map(|texts| texts.iter().map(|text| expected_call(text, answerable)).collect::<Result<_, _>>())
        .transpose()?;
    Ok(Expect {
        exit: raw.exit,
        stdout: regexes(&raw.stdout)?,
        stderr: regexes(&raw.stderr)?,
        absent: regexes(&raw.absent)?,
        calls,
        mutations,
        files: files.collect::<Result<_, Complaint>>()?,
    })
}

fn expected_call(
    text: &Spanned<String>,
    answerable: &dyn Fn(&Pattern) -> bool,
) -> Result<Pattern, Complaint> {
    let expected = pattern(text)?;
    if answerable(&expected) {
        return Ok(expected);
    }
    Err(complain(
        text.span(),
        format!("no stub answers a call of {}", expected.program()),
        "the expectation can never be met",
        "add the stub, or correct the program's name",
    ))
}

/// Whether a stub answers the program that an expectation names, or the program runs for real but recorded.
fn answerable<'a>(expected: &Pattern, mut stubs: impl Iterator<Item = &'a DeclaredStub>) -> bool {
    let journalled = crate::commands::Tables::builtin().journalled_tools();
    journalled.iter().any(|tool| tool == expected.program())
        || stubs.any(|stub| {
            let known = stub.pattern.program();
            known == expected.program()
                || known.contains(['*', '?', '['])
                || expected.program().contains(['*', '?', '['])
        })
}
