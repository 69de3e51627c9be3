//! A harness file and everything that its trials need, from the disk.

use crate::bash::Witness;
use crate::commands::Tables;
use crate::nearest::suggestion;
use crate::repo::{Project, listing, read};
use crate::run::gauntlet::Needs;
use crate::source::RepoPath;
use crate::trial::calls::REPOSITORY;
use crate::trial::harness::{Case, Harness};
use crate::trial::leak;
use crate::trial::outline::Outline;
use crate::trial::pattern::Pattern;
use crate::trial::world::{Fault, Plan};

/// How long a script may run: `sleep` takes no time in a trial's world, so nothing honest comes near.
const DEADLINE_MS: u64 = 10_000;

/// A harness that is ready to run.
#[derive(Debug)]
pub struct Course {
    /// What its file says.
    pub harness: Harness,
    /// What its world is built from.
    pub needs: Needs,
    /// The shape of its scripts.
    pub outline: Outline,
    /// What the script is started with: the interpreter of its first line.
    interpreter: String,
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

/// Reads a harness file and the scripts that it names.
pub(super) fn course(project: &Project, path: &RepoPath, witness: &dyn Witness) -> Result<Course, String> {
    let text =
        read::text(path.clone(), &project.root().join(path.as_str())).map_err(|problem| problem.reason)?;
    let mut harness =
        Harness::parse(path, text.text()).map_err(|error| format!("is no harness:\n{error}"))?;
    let mutating = project.settings().run.mutating.iter().map(|program| format!("{program} **"));
    harness.mutates.extend(mutating.filter_map(|pattern| Pattern::parse(&pattern).ok()));
    let mut files = vec![harness.script.clone()];
    for glob in &harness.files {
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
    let needs = needs(project, &harness, &files);
    Ok(Course { harness, needs, outline, interpreter })
}

/// The shell that the first line names; bash where it names none.
fn shell_of(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let words: Vec<&str> = first.strip_prefix("#!").unwrap_or_default().split_whitespace().collect();
    let named = words.iter().map(|word| word.rsplit('/').next().unwrap_or(word)).find(|word| *word != "env");
    match named {
        Some("sh" | "dash") => "sh".to_owned(),
        _ => "bash".to_owned(),
    }
}

fn needs(project: &Project, harness: &Harness, files: &[RepoPath]) -> Needs {
    let tables = Tables::builtin();
    let stubs = harness.stubbed_programs();
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
    }
}

impl Course {
    /// The plan of a run of `case`, with a fault or without.
    pub(super) fn plan(&self, case: &Case, fault: Option<Fault>) -> Plan {
        let script = format!("{REPOSITORY}/{}", self.harness.script);
        let mut command = vec![self.interpreter.clone(), script];
        command.extend(case.args.iter().cloned());
        Plan {
            command,
            stdin: case.stdin.clone(),
            env: self.harness.env_of(case),
            stubs: self.harness.stubs_of(case).map(|stub| stub.answer.clone()).collect(),
            fault,
            deadline_ms: DEADLINE_MS,
            collect: case.expect.files.keys().cloned().collect(),
            search: leak::searched(&self.harness),
            as_root: false,
        }
    }
}
