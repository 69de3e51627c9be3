//! What git knows about the project, by asking the program `git`. A project need not be under git: only what compares
//! with what git recorded fails without it, and says what to do.
//!
//! Names travel with `-z`: they may hold blanks and line feeds, and need not be UTF-8. Nothing is ever written.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use crate::repo::RepoError;

/// Variables that point git at a repository, or change what it answers. Of those that name a repository, what git makes of
/// them is given to it anew ([`Named`]).
const POINTERS: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
    "GIT_TRACE",
];

/// Whether `folder` is the root of a git worktree (`.git` is a folder, or a file in linked worktrees and submodules; or the
/// environment says so).
pub fn is_root(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok() || named().is_ok_and(|named| named.top == folder)
}

/// The root of the worktree that holds `folder`.
pub fn top(folder: &Path) -> Option<&Path> {
    if let Named::Here(named) = named_for(folder) {
        return folder.ancestors().find(|above| *above == named.top);
    }
    folder.ancestors().find(|folder| is_root(folder))
}

/// The repository that the environment names, as hooks of a repository apart from its worktree have it.
#[derive(Debug)]
struct Elsewhere {
    /// Its folder.
    dir: PathBuf,
    /// The root of its worktree.
    top: PathBuf,
}

/// What the environment says of the repository of a folder.
enum Named {
    /// Nothing, or the one that is found anyway.
    Not,
    /// This one.
    Here(&'static Elsewhere),
    /// One that is none, or none of this folder.
    Wrong(RepoError),
}

/// `GIT_DIR` and `GIT_WORK_TREE`, as git takes them: asked once. `Err` with what git said where there is no such repository,
/// and with nothing where the environment names none but the one around the current folder.
fn named() -> Result<&'static Elsewhere, Option<&'static str>> {
    static NAMED: OnceLock<Result<Elsewhere, Option<String>>> = OnceLock::new();
    NAMED.get_or_init(ask_environment).as_ref().map_err(Option::as_deref)
}

fn ask_environment() -> Result<Elsewhere, Option<String>> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let (dir, tree) = (set("GIT_DIR"), set("GIT_WORK_TREE"));
    let cwd = std::env::current_dir().map_err(|_| None)?;
    let around = cwd.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok());
    match (&dir, &tree, around) {
        (None, None, _) => return Err(None),
        // What git tells the hooks of an ordinary repository.
        (Some(dir), None, Some(top)) => {
            let git = Git { root: cwd.clone(), index: None, elsewhere: None };
            if is_git_dir(&git, top, cwd.join(dir).as_os_str()) {
                return Err(None);
            }
        }
        _ => {}
    }
    let mut git = Command::new("git");
    git.args(["rev-parse", "--show-toplevel", "--absolute-git-dir"]).env("LC_ALL", "C").stdin(Stdio::null());
    let said = git.output().map_err(|error| Some(error.to_string()))?;
    let mut lines = said.stdout.split(|byte| *byte == b'\n');
    let mut path = || lines.next().map(|line| PathBuf::from(OsString::from_vec(line.to_vec())));
    match (path(), path()) {
        (Some(top), Some(dir)) if said.status.success() => Ok(Elsewhere { dir, top }),
        _ => {
            let said = String::from_utf8_lossy(&said.stderr);
            let said = said.trim();
            Err(Some(said.strip_prefix("fatal: ").unwrap_or(said).to_owned()))
        }
    }
}

fn named_for(root: &Path) -> Named {
    match named() {
        Err(None) => Named::Not,
        Err(Some(said)) => Named::Wrong(RepoError::NamedGit(said.to_owned())),
        Ok(named) if root.starts_with(&named.top) => Named::Here(named),
        Ok(named) => Named::Wrong(RepoError::NamedGit(format!(
            "its worktree is {}, which does not hold {}",
            named.top.display(),
            root.display()
        ))),
    }
}

/// The short name of the commit that is checked out; `None` without git, without a commit, without the program.
pub fn head(root: &Path) -> Option<String> {
    let elsewhere = if let Named::Here(named) = named_for(root) { Some(named) } else { None };
    let git = Git { root: root.to_owned(), index: None, elsewhere };
    let answer = git.command(&["rev-parse", "--short=7", "HEAD"]).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    let commit = text.trim();
    (answer.status.success() && !commit.is_empty()).then(|| commit.to_owned())
}

/// The repository of a project.
#[derive(Debug, Clone)]
pub struct Git {
    /// The project's root, which may be a folder in the worktree.
    root: PathBuf,
    /// The index that a running `git commit` made, instead of the repository's own.
    index: Option<PathBuf>,
    /// The repository that the environment names.
    elsewhere: Option<&'static Elsewhere>,
}

/// What one call said.
#[derive(Debug)]
pub(super) struct Said {
    pub ok: bool,
    pub out: Vec<u8>,
    pub err: String,
}

impl Git {
    /// The repository that holds `root`; an error where there is none, or none with a worktree.
    pub fn of(root: &Path) -> Result<Self, RepoError> {
        let git = Self { root: root.to_owned(), index: None, elsewhere: None };
        match named_for(root) {
            Named::Here(named) => {
                let index = std::env::var_os("GIT_INDEX_FILE").filter(|name| !name.is_empty());
                let index = index.map(|index| named.top.join(index));
                return Ok(Self { index, elsewhere: Some(named), ..git });
            }
            Named::Wrong(error) => return Err(error),
            Named::Not => {}
        }
        let Some(top) = root.ancestors().find(|folder| is_root(folder)) else {
            let said = git.ask(&["rev-parse", "--is-bare-repository"])?;
            let bare = said.ok && said.out.starts_with(b"true");
            return Err(if bare {
                RepoError::Bare(root.to_owned())
            } else {
                RepoError::NoGit(root.to_owned())
            });
        };
        Ok(Self { index: foreign_index(&git, top), ..git })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut git = Command::new("git");
        for name in POINTERS {
            git.env_remove(name);
        }
        if let Some(Elsewhere { dir, top }) = self.elsewhere {
            git.env("GIT_DIR", dir).env("GIT_WORK_TREE", top);
        }
        if let Some(index) = &self.index {
            git.env("GIT_INDEX_FILE", index);
        }
        // A look changes nothing (not even the index's times), asks nobody, and speaks the language that is matched here.
        git.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        git.arg("-C").arg(&self.root).args(args).stdin(Stdio::null());
        git
    }

    /// Runs one call to its end.
    pub(super) fn ask(&self, args: &[&str]) -> Result<Said, RepoError> {
        self.start(args)?.end()
    }

    /// Starts a call, to be waited for later.
    pub(super) fn start(&self, args: &[&str]) -> Result<Started, RepoError> {
        let mut command = self.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let what = args.first().copied().unwrap_or_default().to_owned();
        Ok(Started { child: command.spawn().map_err(RepoError::NoGitProgram)?, what })
    }

    /// What one call prints, which must succeed.
    pub(super) fn answer(&self, args: &[&str]) -> Result<Vec<u8>, RepoError> {
        let said = self.ask(args)?;
        if said.ok { Ok(said.out) } else { Err(failed(args.first().copied().unwrap_or_default(), &said.err)) }
    }

    /// What one call prints that reads `input`; it must succeed.
    pub(super) fn answer_to(&self, args: &[&str], input: &[u8]) -> Result<Vec<u8>, RepoError> {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(RepoError::NoGitProgram)?;
        let stdin = child.stdin.take();
        let said = std::thread::scope(|scope| {
            // From a thread of its own: a large input and a large answer must not wait for each other.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
            Started { child, what: args.first().copied().unwrap_or_default().to_owned() }.end()
        })?;
        if said.ok { Ok(said.out) } else { Err(failed(args.first().copied().unwrap_or_default(), &said.err)) }
    }

    /// The repository's objects.
    pub fn objects(&self) -> Result<Objects, RepoError> {
        let mut command = self.command(&["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(RepoError::NoGitProgram)?;
        let missing = || failed("cat-file", "it has no pipes");
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = BufReader::new(child.stdout.take().ok_or_else(missing)?);
        Ok(Objects { child, stdin: Some(stdin), stdout })
    }
}

/// The index of the environment, where it belongs to the project's repository: `git commit -a` and `git commit PATH`
/// commit one of their own, and tell hooks its name.
fn foreign_index(git: &Git, top: &Path) -> Option<PathBuf> {
    let index = PathBuf::from(std::env::var_os("GIT_INDEX_FILE").filter(|name| !name.is_empty())?);
    let own = std::env::var_os("GIT_DIR").is_none_or(|named| is_git_dir(git, top, &named));
    // Git names it relative to the root of the worktree, where hooks run.
    own.then(|| if index.is_absolute() { index } else { top.join(index) })
}

fn is_git_dir(git: &Git, top: &Path, named: &OsStr) -> bool {
    let own = top.join(".git");
    let named = top.join(named).canonicalize().ok();
    if own.is_dir() {
        return named == own.canonicalize().ok();
    }
    // A linked worktree or a submodule: `.git` is a file that names the folder.
    let said = git.ask(&["rev-parse", "--absolute-git-dir"]);
    let dir = said.ok().filter(|said| said.ok).map(|said| said.out);
    dir.is_some_and(|dir| {
        Path::new(&OsString::from_vec(dir.trim_ascii_end().to_vec())).canonicalize().ok() == named
    })
}

/// The error of a call that failed.
pub(super) fn failed(what: &str, said: &str) -> RepoError {
    let said = said.trim();
    let said = said.strip_prefix("fatal: ").unwrap_or(said);
    RepoError::Git {
        what: what.to_owned(),
        said: if said.is_empty() { "it failed".to_owned() } else { said.to_owned() },
    }
}

/// A call that runs.
#[derive(Debug)]
pub(super) struct Started {
    child: Child,
    what: String,
}

impl Started {
    /// Waits for its end.
    pub(super) fn end(self) -> Result<Said, RepoError> {
        let output = self.child.wait_with_output().map_err(|error| failed(&self.what, &error.to_string()))?;
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(Said { ok: output.status.success(), out: output.stdout, err })
    }
}

/// Reads objects by name, all from one process.
#[derive(Debug)]
pub struct Objects {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Objects {
    /// The bytes of what `name` names: an object's id, `:0:path` for the index. `None` where there is no such thing.
    pub fn read(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        // A line is a question; what holds one cannot be asked.
        if name.contains(&b'\n') {
            return None;
        }
        self.exchange(name).ok().flatten()
    }

    fn exchange(&mut self, name: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let stdin = self.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        stdin.write_all(&[name, b"\n"].concat())?;
        stdin.flush()?;
        let mut header = Vec::new();
        self.stdout.read_until(b'\n', &mut header)?;
        let header = String::from_utf8_lossy(&header).into_owned();
        let mut words = header.trim_end().rsplit(' ');
        let Some(Ok(size)) = words.next().map(str::parse::<usize>) else { return Ok(None) };
        let mut bytes = vec![0; size + 1];
        self.stdout.read_exact(&mut bytes)?;
        bytes.pop();
        Ok(Some(bytes))
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // The end of its input is the end of the process.
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

/// Splits what was printed with `-z`.
pub(super) fn parts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == 0).filter(|part| !part.is_empty())
}
