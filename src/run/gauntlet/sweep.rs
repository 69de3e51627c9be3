//! The job `sweep`: a script that nobody wrote a harness for, its answers guessed, each call failing in turn.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::bash::syntax::Script;
use crate::bash::{self, Dialect, Witness};
use crate::commands::Tables;
use crate::event::{Event, Rung, TrialKind};
use crate::id::HarnessName;
use crate::repo::beside::{self, Place};
use crate::run::gauntlet::load::{self, Course, Unaided};
use crate::run::gauntlet::own::Own;
use crate::run::gauntlet::{Needs, Piece, Replay, Worlds, crew, pace, replay, scout};
use crate::run::{Sink, Stop};
use crate::source::{RepoPath, SourceText};
use crate::trial::calls::REPOSITORY;
use crate::trial::folders;
use crate::trial::guess::{Guesses, Scout, Survey, mentions, run, survey};
use crate::trial::harness::{Case, DeclaredStub, Expect, Harness};
use crate::trial::outline::{Outline, is_shell};
use crate::trial::reached::{Written, written};
use crate::trial::waits::Waits;
use crate::verdict::Verdict;

/// The name of the only case.
const CASE: &str = "sweep";

/// Where a trial's files may be, besides the repository.
const WRITABLE: [&str; 7] = ["/tmp", "/home", "/var", "/run", "/srv", "/opt", "/mnt"];
/// Tools that run for real, and that an answer which is only guessed may not suit: they are guessed then, too.
const PARTICULAR: [&str; 10] = [
    "openssl",
    "sha256sum",
    "sha512sum",
    "sha384sum",
    "sha224sum",
    "sha1sum",
    "md5sum",
    "b2sum",
    "cksum",
    "stat",
];

/// What to sweep.
#[derive(Debug, Clone, Default)]
pub struct Sweep {
    /// The script.
    pub script: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Answers: `PROGRAM ARG-PATTERN... => STDOUT`; the last that matches wins.
    pub stubs: Vec<String>,
    /// What the script reads on stdin; `None` for what its gate compares with.
    pub stdin: Option<String>,
    /// Calls that mutate although the tables do not say so, as argv patterns.
    pub mutates: Vec<String>,
    /// The weakest sandbox that will do.
    pub minimum_rung: Option<Rung>,
    /// How many trials at one time; `None` for one a core.
    pub jobs: Option<usize>,
    /// Whether a harness file shall say the same: a call that hands text to a shell elsewhere only answers for it, and the
    /// world stays without the files and folders that the script lacks. A harness has no word for either.
    pub for_a_file: bool,
    /// The words of this very command, for who wants to repeat a trial: up to the script's own arguments.
    pub command: Vec<String>,
}

/// Sweeps a script.
pub fn sweep(
    request: &Sweep,
    witness: &dyn Witness,
    worlds: &Arc<dyn Worlds>,
    stop: &Stop,
    sink: &mut Sink<'_>,
) {
    let what = request.script.display().to_string();
    let mut tried = 0;
    let mut leave = || {
        sink(Event::GreenSought { what: what.clone(), runs: tried });
        tried += 1;
        match (stop.wanted(), stop.hurries()) {
            (true, _) => Leave::Stop,
            (_, true) => Leave::Finish,
            _ => Leave::Seek,
        }
    };
    let (course, rung) = match prepare(request, witness, worlds, &mut leave) {
        Err(_) if stop.wanted() => {
            let left = format!("{what} ({tried} runs, of which none ended well so far)");
            return sink(Event::Interrupted { by: stop.by(), not_run: vec![left] });
        }
        Ok(Ready { course, rung, why_not: None, .. }) => (course, rung),
        Ok(Ready { why_not: Some(reason), .. }) | Err(reason) => {
            return sink(Event::NotChecked { what, reason });
        }
    };
    sink(Event::RunStarted { rung, harnesses: 1, part: None });
    let crew = crew::Crew::hire(request.jobs, worlds);
    let whole = Piece::whole(course.harness.script.clone());
    let mut not_green = None;
    let mut listen = |event: Event| {
        if let Event::TrialFinished(trial) = &event
            && trial.kind == TrialKind::Green
            && trial.verdict.is_red()
            && trial.verdict != Verdict::Skipped
        {
            not_green = Some(format!("was not swept: there is no green run. {}", trial.explanation));
        }
        sink(event);
    };
    let ran = pace::run(&Arc::new(course), &crew, stop, None, &whole, &mut listen);
    if let Some(reason) = not_green {
        return sink(Event::NotChecked { what, reason });
    }
    match ran {
        Ok(()) => {}
        Err(pace::Halt::Broken(reason)) => sink(Event::NotChecked { what, reason }),
        Err(pace::Halt::Stopped(left)) => {
            sink(Event::Interrupted { by: stop.by(), not_run: vec![left] });
        }
    }
}

/// Repeats one trial of a sweep beside its green run.
pub fn repeat_sweep(
    request: &Sweep,
    id: &str,
    witness: &dyn Witness,
    worlds: &Arc<dyn Worlds>,
) -> Result<Replay, String> {
    let Ready { course, why_not, .. } = prepare(request, witness, worlds, &mut || Leave::Seek)?;
    if let Some(reason) = why_not {
        return Err(reason);
    }
    replay::repeat(&course, id, worlds)
}

/// A course, and whether its run without a fault ends well.
pub(super) struct Ready {
    pub course: Course,
    pub rung: Rung,
    pub survey: Survey,
    /// The script and the files that come along.
    pub files: BTreeSet<RepoPath>,
    /// Why there is no green run, where there is none.
    pub why_not: Option<String>,
}

/// Whether the search for a green run may go on; it asks before each run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// It may.
    Seek,
    /// With this run and few others: its time is up.
    Finish,
    /// It may not.
    Stop,
}

/// Looks for the green run, as long as it has leave. The error says why there is none.
pub(super) fn prepare(
    request: &Sweep,
    witness: &dyn Witness,
    worlds: &Arc<dyn Worlds>,
    leave: &mut dyn FnMut() -> Leave,
) -> Result<Ready, String> {
    let own = Own::of(request)?;
    let (place, source) = Place::of(&request.script)?;
    let rung = worlds
        .rung(request.minimum_rung.unwrap_or(Rung::S3))
        .map_err(|reason| format!("cannot be swept, because this machine has no sandbox: {reason}"))?;
    if let Some(minimum) = request.minimum_rung.filter(|minimum| rung > *minimum) {
        return Err(format!(
            "was not swept: the sandbox of this machine is {rung}, and --minimum-rung demands {minimum}: run it where {minimum} can be had"
        ));
    }
    let beside = Beside::of(&place, source, !request.for_a_file, witness);
    let read = || beside.sources.iter().zip(&beside.scripts);
    let scouts: Vec<Scout<'_>> = read()
        .map(|(source, script)| Scout { source, script, file: format!("{REPOSITORY}/{}", source.path()) })
        .collect();
    let mut survey = survey(&scouts, &request.args);
    let outline = Outline::of_scripts(read());
    let course = course_of(request, &place, &survey, outline, &beside, own);
    let folder = world_folder(&place);
    let others = others(&course, &survey);
    let (mut course, mut why_not) = scout::green(course, request, &survey, &folder, worlds, leave)?;
    for other in others {
        if why_not.is_none() {
            break;
        }
        let (found, why_not_this) = scout::green(other, request, &survey, &folder, worlds, leave)?;
        if why_not_this.is_none() {
            (course, why_not) = (found, None);
        }
    }
    let given = &course.harness.env;
    survey.env.extend(
        std::mem::take(&mut survey.optional).into_iter().filter(|(name, _)| given.contains_key(name)),
    );
    Ok(Ready { course, rung, survey, files: beside.files, why_not })
}

/// Where there is no green run, other courses: one in which all variables are set; some in which less is real: what shells
/// elsewhere read is not run; particular tools are guessed.
fn others(course: &Course, survey: &Survey) -> Vec<Course> {
    let tables = Tables::builtin();
    let mut others = Vec::new();
    if !survey.optional.is_empty() {
        let mut given = course.clone();
        given.harness.env.extend(survey.optional.clone());
        others.push(given);
    }
    let mut plain = course.clone();
    if survey.programs.iter().any(|name| !tables.wrappers(name).is_empty())
        && let Some(unaided) = &mut plain.unaided
    {
        unaided.guesses.payloads = false;
        others.push(plain.clone());
    }
    let particular = |name: &String| PARTICULAR.contains(&name.as_str());
    let mut needs = Needs::clone(&course.needs);
    let called = |name: &&String| particular(name) && survey.programs.contains(*name);
    let called: Vec<String> = needs.journalled.iter().chain(&needs.real).filter(called).cloned().collect();
    if !called.is_empty() {
        needs.journalled.retain(|name| !called.contains(name));
        needs.real.retain(|name| !called.contains(name));
        needs.stubs.extend(called);
        others.push(Course { needs: Arc::new(needs), ..plain });
    }
    others
}

/// The folder of the script in the world.
fn world_folder(place: &Place) -> String {
    match place.script.as_str().rsplit_once('/') {
        Some((folder, _)) => format!("{REPOSITORY}/{folder}"),
        None => REPOSITORY.to_owned(),
    }
}

/// So many files are taken along.
const MOST_FILES: usize = 200;

/// The script and the files that it names.
struct Beside {
    /// The script first, then the other scripts.
    sources: Vec<SourceText>,
    /// What was read of them.
    scripts: Vec<Script>,
    /// All files, scripts or not.
    files: BTreeSet<RepoPath>,
    /// Those of them of which nothing says that they are run.
    only_named: BTreeSet<RepoPath>,
    /// Whether the script names files that only its own folder has.
    starts_here: bool,
    /// Folders of which only some files come along.
    cut: Vec<String>,
}

impl Beside {
    /// `folders`: whether those that it names come along, too; a harness file names each file.
    fn of(place: &Place, source: SourceText, folders: bool, witness: &dyn Witness) -> Self {
        let files = BTreeSet::from([place.script.clone()]);
        let (scripts, only_named, starts_here, cut) = (Vec::new(), BTreeSet::new(), false, Vec::new());
        let mut beside = Self { sources: vec![source], scripts, files, only_named, starts_here, cut };
        let (mut all, mut exactly) = (BTreeSet::new(), BTreeSet::new());
        while let Some(source) = beside.sources.get(beside.scripts.len()) {
            let script = bash::read(source.text(), Dialect::Bash, witness).script;
            let mentions = mentions(&script);
            let (found, only_here) = place.named(&mentions);
            exactly.extend(place.named(&run(&script)).0);
            all.extend(mentions);
            beside.starts_here |= only_here && beside.scripts.is_empty() && place.root != place.folder;
            beside.scripts.push(script);
            for path in found {
                if beside.files.len() < MOST_FILES
                    && beside.files.insert(path.clone())
                    && let Some(text) = place.text(&path).filter(is_shell)
                {
                    beside.sources.push(text);
                }
            }
        }
        beside.only_named = &beside.files - &exactly;
        beside.only_named.remove(&place.script);
        let (found, cut) = if folders { place.folders(&all) } else { (BTreeSet::new(), Vec::new()) };
        beside.cut = cut;
        let room = MOST_FILES.saturating_sub(beside.files.len());
        beside.files.extend(found.into_iter().take(room));
        beside
    }
}

/// The course that the survey suggests, with the guesses as they come first.
fn course_of(
    request: &Sweep,
    place: &Place,
    survey: &Survey,
    outline: Outline,
    beside: &Beside,
    own: Own,
) -> Course {
    let source = &beside.sources[0];
    let folder = if beside.starts_here { world_folder(place) } else { String::new() };
    let mut needs = needs(request, place, survey, &own.stubs, &beside.files, &folder);
    if beside.sources.iter().any(|source| starts_afresh(source.text()))
        && needs.real.iter().any(|name| name == "env")
    {
        needs.real.retain(|name| name != "env");
        needs.stubs.push("env".to_owned());
    }
    needs.folders = folders::named(beside.sources.iter().map(SourceText::text));
    // What is called there, and not elsewhere (`docker run IMAGE /app/test`), is put there when it is missed.
    let answered = |name: &str| own.stubs.iter().any(|stub| stub.pattern.program() == name);
    let open: Vec<String> =
        needs.folders.iter().map(String::as_str).chain(["etc"]).map(|folder| format!("/{folder}/")).collect();
    needs.stubs.retain(|name| answered(name) || !open.iter().any(|folder| name.starts_with(folder)));
    let mut env = survey.env.clone();
    for (name, value) in load::USUAL {
        env.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    if load::shell_of(source.text()) == "sh" {
        // Only bash tells who calls: it reads the script as sh would where they differ in what a failure does.
        env.insert("BASHOPTS".to_owned(), "inherit_errexit:xpg_echo".to_owned());
        env.insert(load::POSIX.to_owned(), "1".to_owned());
    }
    let case = Case {
        name: CASE.to_owned(),
        args: request.args.clone(),
        stdin: request.stdin.clone().unwrap_or_default(),
        tty: None,
        env: BTreeMap::new(),
        stubs: Vec::new(),
        expect: Expect::default(),
        sweep: true,
        idempotent: false,
    };
    let told = own.stubs.iter().rev().map(|stub| stub.pattern.clone()).collect();
    let harness = Harness {
        name: name_of(place),
        script: place.script.clone(),
        files: Vec::new(),
        mutates: own.mutates,
        success: None,
        residue: Vec::new(),
        env,
        canaries: BTreeMap::new(),
        stubs: own.stubs,
        cases: vec![case],
        recoveries: Vec::new(),
        cleanups: Vec::new(),
        guessed: true,
    };
    let guesses = Guesses {
        hints: survey.hints.clone(),
        args: request.args.clone(),
        payloads: !request.for_a_file,
        ..Guesses::default()
    };
    let unaided = Unaided {
        guesses,
        folder,
        as_root: false,
        command: (request.command.clone(), request.args.clone()),
        flags: flags(source.text()),
        there: BTreeMap::new(),
        cut: beside.cut.clone(),
        terminal: beside.sources.iter().any(|source| source.text().contains("/dev/tty")),
        waits: Waits::of(beside.sources.iter().map(SourceText::text)),
        written: written_calls(beside, &needs, &survey.functions),
        sourced: survey.sourced.clone(),
        told,
    };
    Course {
        harness,
        needs: Arc::new(needs),
        outline,
        interpreter: "bash".to_owned(),
        unaided: Some(unaided),
    }
}

/// The calls of all its scripts that may fail.
fn written_calls(beside: &Beside, needs: &Needs, functions: &BTreeSet<String>) -> Vec<Written> {
    let real = |name: &str| {
        functions.contains(name)
            || needs.real.iter().any(|real| real == name)
            || ["sleep", "date", "timeout", "bash", "sh", "dash"].contains(&name)
    };
    let all = beside.sources.iter().zip(&beside.scripts);
    let calls = all.flat_map(|(source, script)| {
        let beside = beside.only_named.contains(source.path());
        let own = written(source, script, &real).into_iter();
        own.map(move |call| if beside { call.beside() } else { call })
    });
    calls.collect()
}

/// Whether a script starts something without its environment (`env -i`, also `env -u X -i`): what says who calls would be lost
/// with it.
fn starts_afresh(text: &str) -> bool {
    let is_env = |word: &str| word.rsplit(['/', '(', '`']).next() == Some("env");
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if !is_env(word) {
            continue;
        }
        let mut rest = words.clone();
        while let Some(option) = rest.next().filter(|word| word.starts_with('-') || word.contains('=')) {
            match option {
                "-" | "-i" | "--ignore-environment" => return true,
                "-u" | "--unset" | "-C" | "--chdir" => drop(rest.next()),
                _ => {}
            }
        }
    }
    false
}

/// The options that a first line such as `#!/bin/bash -eu` gives the shell.
fn flags(text: &str) -> Vec<String> {
    let first = text.lines().next().unwrap_or_default();
    let words = first.strip_prefix("#!").unwrap_or_default().split_whitespace();
    let mut behind = words.skip_while(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        !matches!(name, "bash" | "sh" | "dash" | "ksh")
    });
    behind.next();
    let mut flags = Vec::new();
    while let Some(word) =
        behind.next().filter(|word| word.starts_with('-') && word.len() > 1 && !word.starts_with("--"))
    {
        flags.push(word.to_owned());
        if word.ends_with('o') {
            flags.extend(behind.next().map(str::to_owned));
        }
    }
    flags
}

/// The script's name without its ending, as it stands in the trials' ids.
fn name_of(place: &Place) -> HarnessName {
    let file = place.script.file_name();
    let name: String = file.chars().map(|c| if c.is_whitespace() { '-' } else { c }).collect();
    let stem = name.strip_suffix(".sh").or_else(|| name.strip_suffix(".bash")).unwrap_or(&name);
    HarnessName::parse(stem).or_else(|| HarnessName::parse("script")).expect("`script` is a name")
}

/// What the script's world is built from.
fn needs(
    request: &Sweep,
    place: &Place,
    survey: &Survey,
    stubs: &[DeclaredStub],
    files: &BTreeSet<RepoPath>,
    folder: &str,
) -> Needs {
    let tables = Tables::builtin();
    let stubbed: BTreeSet<String> = stubs.iter().map(|stub| stub.pattern.program().to_owned()).collect();
    let unless_stubbed = |names: &[String]| -> Vec<String> {
        names.iter().filter(|name| !stubbed.contains(*name)).cloned().collect()
    };
    let real = unless_stubbed(tables.real_tools());
    let journalled = unless_stubbed(tables.journalled_tools());
    let mut programs: BTreeSet<String> = survey.programs.union(&stubbed).cloned().collect();
    programs.retain(|name| !real.contains(name) && !journalled.contains(name) && !name.contains(['*', '?']));
    let start = if folder.is_empty() { REPOSITORY } else { folder };
    let mut files: Vec<(PathBuf, String)> = files
        .iter()
        .map(|path| (place.root.join(path.as_str()), format!("{REPOSITORY}/{path}")))
        .chain(beside::arguments(&request.args, start, (place, &world_folder(place)), &WRITABLE))
        .collect();
    files.sort();
    files.dedup_by(|a, b| a.1 == b.1);
    Needs { files, real, journalled, stubs: programs.into_iter().collect(), ..Needs::default() }
}
