//! A harness file and everything that its trials need, from the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::bash::Witness;
use crate::commands::Tables;
use crate::event::NotReached;
use crate::fault::FaultKind;
use crate::nearest::suggestion;
use crate::repo::{Project, listing, read};
use crate::run::gauntlet::Needs;
use crate::source::{RepoPath, SourceText};
use crate::trial::calls::{REPOSITORY, typed};
use crate::trial::folders;
use crate::trial::guess::{Guesses, unread};
use crate::trial::harness::{Case, Harness, HarnessFile, Suite};
use crate::trial::leak;
use crate::trial::outline::{Outline, is_shell};
use crate::trial::pattern::Pattern;
use crate::trial::reached::{Written, not_reached};
use crate::trial::story;
use crate::trial::sweep::FaultTrial;
use crate::trial::waits::Waits;
use crate::trial::world::{Call, Fault, Plan, Record, Site, There};

/// How long a script may run: `sleep` takes no time in a trial's world, so nothing honest comes near.
const DEADLINE_MS: u64 = 10_000;

/// Variables that every machine has.
pub(super) const USUAL: [(&str, &str); 5] =
    [("USER", "op"), ("LOGNAME", "op"), ("SHELL", "/bin/bash"), ("TERM", "dumb"), ("LANG", "C.UTF-8")];
/// The variable that tells the world's bash that the script is one for `sh`.
pub(super) const POSIX: &str = "GAUNTLET_POSIX";

/// A harness that is ready to run.
#[derive(Debug, Clone)]
pub struct Course {
    /// What its file says.
    pub harness: Harness,
    /// What its world is built from.
    pub needs: Arc<Needs>,
    /// The shape of its scripts.
    pub outline: Outline,
    /// What the script is started with: the interpreter of its first line.
    pub(super) interpreter: String,
    /// What there is besides, where the harness is guessed.
    pub(super) unaided: Option<Unaided>,
}

/// What a sweep without a harness adds.
#[derive(Debug, Clone, Default)]
pub(super) struct Unaided {
    /// What answers.
    pub guesses: Guesses,
    /// Where the script starts, in the world; empty for the repository's folder.
    pub folder: String,
    /// Whether it runs as root of its world.
    pub as_root: bool,
    /// The words of the command that sweeps it, up to the script's own arguments, and these.
    pub command: (Vec<String>, Vec<String>),
    /// Options of the shell that the script's first line gives.
    pub flags: Vec<String>,
    /// What the script's machine has that a fresh world has not.
    pub there: BTreeMap<String, There>,
    /// Folders beside the script of which only some files came along.
    pub cut: Vec<String>,
    /// Whether the script names its terminal, which then says what its stdin says.
    pub terminal: bool,
    /// How long it may wait for something.
    pub waits: Waits,
    /// The calls as they are written.
    pub written: Vec<Written>,
    /// The lines on which a file is read as part of the script.
    pub sourced: BTreeSet<u32>,
    /// The calls that the command line answers for.
    pub told: Vec<Pattern>,
}

impl Unaided {
    /// The folder in which the script starts.
    pub(super) fn start(&self) -> &str {
        if self.folder.is_empty() { REPOSITORY } else { &self.folder }
    }

    /// What the green run took for given: guessed answers, what was put into its world, what it did without; and what of the
    /// command line's answers it had no use for.
    pub(super) fn assumptions(&self, green: &Record, env: &BTreeMap<String, String>) -> Vec<String> {
        let own =
            |name: &str| USUAL.iter().any(|(usual, _)| *usual == name) || ["BASHOPTS", POSIX].contains(&name);
        let given = env.iter().filter(|(name, _)| !own(name) && !name.starts_with("GAUNTLET_"));
        let placed = [story::given(given), story::placed(&self.there), story::cut(&self.cut)].concat();
        let lacking = story::lacking(&unread(&green.stderr, &|line| self.sourced.contains(&line)));
        [story::assumed(&green.calls), placed, lacking, story::unused(&self.told, &green.calls)].concat()
    }

    /// Whether the fault says something: a short answer does only where the script uses the answer. What a signal meets
    /// while a call runs in the background is chance, and while one runs elsewhere its carrier runs too. What hands over to
    /// another command fails as that does.
    pub(super) fn applies(&self, trial: &FaultTrial, green: &[Call], outline: &Outline) -> bool {
        let call = &green[trial.call];
        if self.guesses.hands_over(&call.argv) {
            return false;
        }
        match trial.fault.kind {
            FaultKind::Empty => self.guesses.is_used(&call.argv, call.site.at.as_ref()),
            FaultKind::Interrupt(_) => {
                !outline.is_unwaited(&call.site) && !outline.is_carried(&call.site, green)
            }
            _ => true,
        }
    }
}

/// The stem of a harness file's name.
pub(super) fn stem(path: &RepoPath) -> &str {
    path.file_name().strip_suffix(".toml").unwrap_or(path.file_name())
}

/// The harness files of the project, all or those of these names, sorted. The error is what and why.
pub(super) fn harness_files(project: &Project, names: &[String]) -> Result<Vec<RepoPath>, (String, String)> {
    let folder = &project.settings().run.harnesses;
    let found =
        listing::in_folder(project.root(), folder, ".toml").map_err(|reason| (folder.clone(), reason))?;
    if found.is_empty() {
        let reason = format!(
            "holds no harness (NAME.toml): write one, or set run.harnesses in gauntlet.toml (looked in {})",
            project.root().join(folder).display()
        );
        return Err((folder.clone(), reason));
    }
    for name in names {
        if !found.iter().any(|path| stem(path) == name) {
            let known: Vec<&str> = found.iter().map(stem).collect();
            return Err((
                name.clone(),
                format!("is no harness of {folder}: {}", suggestion(name, known.iter().copied())),
            ));
        }
    }
    Ok(found
        .into_iter()
        .filter(|path| names.is_empty() || names.iter().any(|name| stem(path) == name))
        .collect())
}

/// What a harness file turned out to be.
pub(super) enum Loaded {
    /// It drives a script.
    Course(Box<Course>),
    /// It is a program.
    Suite(Box<SuiteCourse>),
}

/// A harness that is a program, ready to run.
#[derive(Debug)]
pub(super) struct SuiteCourse {
    /// Its file.
    pub path: RepoPath,
    /// What its file says.
    pub suite: Suite,
    /// What its world is built from.
    pub needs: Arc<Needs>,
}

/// Reads a harness file and all that it names.
pub(super) fn loaded(project: &Project, path: &RepoPath, witness: &dyn Witness) -> Result<Loaded, String> {
    let text =
        read::text(path.clone(), &project.root().join(path.as_str())).map_err(|problem| problem.reason)?;
    let file = HarnessFile::parse(path, text.text()).map_err(|error| format!("is no harness:\n{error}"))?;
    match file {
        HarnessFile::Script(harness) => Ok(Loaded::Course(Box::new(course(project, *harness, witness)?))),
        HarnessFile::Suite(suite) => Ok(Loaded::Suite(Box::new(suite_course(project, path, *suite)?))),
    }
}

/// The files that globs name, sorted.
fn matched(project: &Project, globs: &[String]) -> Result<Vec<RepoPath>, String> {
    let mut files = Vec::new();
    for glob in globs {
        let matched = listing::matching(project.root(), glob)?;
        if matched.is_empty() {
            return Err(format!(
                "names files that are not there: {glob} matches nothing; correct the glob, or drop it"
            ));
        }
        files.extend(matched);
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn suite_course(project: &Project, path: &RepoPath, suite: Suite) -> Result<SuiteCourse, String> {
    let files = matched(project, &suite.files)?;
    let mut needs = needs(project, suite.stubbed_programs(), &files);
    // Nothing of it fails in turn: what is real is not recorded.
    needs.real.append(&mut needs.journalled);
    needs.tools.clone_from(&suite.tools);
    needs.host = suite.host.iter().map(PathBuf::from).collect();
    Ok(SuiteCourse { path: path.clone(), suite, needs: Arc::new(needs) })
}

fn course(project: &Project, mut harness: Harness, witness: &dyn Witness) -> Result<Course, String> {
    let mutating = project.settings().run.mutating.iter().map(|program| format!("{program} **"));
    harness.mutates.extend(mutating.filter_map(|pattern| Pattern::parse(&pattern).ok()));
    let mut files = vec![harness.script.clone()];
    files.extend(matched(project, &harness.files)?);
    files.sort();
    files.dedup();
    let mut scripts = Vec::new();
    let mut interpreter = String::new();
    for file in &files {
        let on_disk = project.root().join(file.as_str());
        let is_script = *file == harness.script;
        match read::text(file.clone(), &on_disk) {
            Ok(source) => {
                if is_script {
                    interpreter = shell_of(source.text());
                }
                scripts.push(source);
            }
            // Other files need not be text.
            Err(problem) if is_script => return Err(format!("its script {file} {}", problem.reason)),
            Err(_) => {}
        }
    }
    let outline = Outline::of(&scripts, witness);
    let folders = folders::named(scripts.iter().filter(|source| is_shell(source)).map(SourceText::text));
    let needs = Arc::new(Needs { folders, ..needs(project, harness.stubbed_programs(), &files) });
    Ok(Course { harness, needs, outline, interpreter, unaided: None })
}

/// The shell that the first line names; bash where it names none.
pub(super) fn shell_of(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let words: Vec<&str> = first.strip_prefix("#!").unwrap_or_default().split_whitespace().collect();
    let named = words.iter().map(|word| word.rsplit('/').next().unwrap_or(word)).find(|word| *word != "env");
    match named {
        Some("sh" | "dash") => "sh".to_owned(),
        _ => "bash".to_owned(),
    }
}

fn needs(project: &Project, stubs: Vec<String>, files: &[RepoPath]) -> Needs {
    let tables = Tables::builtin();
    let unless_stubbed = |names: &[String]| -> Vec<String> {
        names.iter().filter(|name| !stubs.contains(name)).cloned().collect()
    };
    Needs {
        files: files
            .iter()
            .map(|file| (project.root().join(file.as_str()), format!("{REPOSITORY}/{file}")))
            .collect(),
        real: unless_stubbed(tables.real_tools()),
        journalled: unless_stubbed(tables.journalled_tools()),
        stubs,
        ..Needs::default()
    }
}

impl Course {
    /// The calls that the script has and no run made, where no harness says which there are.
    pub(super) fn not_reached(&self, sites: &BTreeSet<Site>) -> Vec<NotReached> {
        let Some(unaided) = &self.unaided else { return Vec::new() };
        let sites: Vec<&Site> = sites.iter().collect();
        not_reached(&unaided.written, &sites).into_iter().map(Written::told).collect()
    }

    /// The command that repeats the trial with this id.
    pub(super) fn repeat(&self, id: &str) -> String {
        match &self.unaided {
            None => format!("gauntlet repro {}", typed(&[id])),
            Some(Unaided { command: (words, args), .. }) => {
                let only = ["--only".to_owned(), id.to_owned()];
                let rest =
                    if args.is_empty() { Vec::new() } else { [vec!["--".to_owned()], args.clone()].concat() };
                typed(&[words.clone(), only.to_vec(), rest].concat())
            }
        }
    }

    /// The plan of a run of `case`, with a fault or without.
    pub(super) fn plan(&self, case: &Case, fault: Option<Fault>) -> Plan {
        let script = format!("{REPOSITORY}/{}", self.harness.script);
        let unaided = self.unaided.as_ref();
        let mut command = vec![self.interpreter.clone()];
        command.extend(unaided.map(|unaided| unaided.flags.clone()).unwrap_or_default());
        command.push(script);
        command.extend(case.args.iter().cloned());
        Plan {
            command,
            stdin: case.stdin.clone(),
            env: self.harness.env_of(case),
            stubs: self.harness.stubs_of(case).map(|stub| stub.answer.clone()).collect(),
            fault,
            deadline_ms: DEADLINE_MS,
            folder: unaided.map(|unaided| unaided.folder.clone()).unwrap_or_default(),
            there: unaided.map(|unaided| unaided.there.clone()).unwrap_or_default(),
            guesses: unaided.map(|unaided| unaided.guesses.clone()),
            loop_limit: unaided.map(|unaided| unaided.waits.turns),
            hurries: unaided.is_some_and(|unaided| unaided.waits.by_the_clock),
            collect: case.expect.files.keys().cloned().collect(),
            search: leak::searched(&self.harness),
            residue: self.harness.residue.clone(),
            tty: case
                .tty
                .clone()
                .or_else(|| unaided.filter(|unaided| unaided.terminal).map(|_| case.stdin.clone())),
            again: false,
            untraced: false,
            shell: false,
            as_root: unaided.is_some_and(|unaided| unaided.as_root),
        }
    }
}
