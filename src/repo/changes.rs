//! What changed: the index against HEAD, or everything since the merge base with another revision.
//!
//! Renames are followed. What git lists and cannot be checked (a name that is no text, an unmerged file) is a
//! [`Problem`]; links, submodules and nested projects are no files of this project.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::lint::baseline;
use crate::repo::git::{Git, Objects, Said, failed, parts};
use crate::repo::{Problem, Project, RepoError};
use crate::settings::FILE_NAME;
use crate::source::RepoPath;

/// What is compared with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range {
    /// HEAD with the index.
    Staged,
    /// The merge base of HEAD and this revision with the worktree, files that git does not know yet included.
    Since(String),
}

/// Where the text of one side is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Blob {
    /// An object of this name.
    Object(String),
    /// The file in the worktree.
    Disk(PathBuf),
}

/// One side of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Its path then.
    pub path: RepoPath,
    /// Whether it could be run.
    pub executable: bool,
    blob: Blob,
}

/// One file that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Before; `None` for a new file.
    pub before: Option<Side>,
    /// After; `None` for one that went.
    pub after: Option<Side>,
}

impl Change {
    /// The path under which it is known now, or was last.
    pub fn path(&self) -> Option<&RepoPath> {
        self.after.as_ref().or(self.before.as_ref()).map(|side| &side.path)
    }
}

/// Everything that changed.
#[derive(Debug)]
pub struct Changes {
    /// In the order of their paths.
    pub files: Vec<Change>,
    /// What could not be looked at.
    pub problems: Vec<Problem>,
    /// Every path that there is after the change, for whoever asks whether a name is unique.
    pub known: Vec<RepoPath>,
    /// Why scripts need no changelog entry, by path: what a trailer in their commits says.
    pub excused: HashMap<RepoPath, String>,
    objects: Objects,
    /// The project's folder in its repository, with a `/` at its end.
    prefix: String,
    root: PathBuf,
    staged: bool,
}

impl Changes {
    /// Asks git. `message` is the message of the commit that is being made, where it is known.
    ///
    /// Where the index counts, its settings count too: the project gets them.
    pub fn of(project: &mut Project, range: &Range, message: Option<&[u8]>) -> Result<Self, RepoError> {
        let git = Git::of(project.root())?;
        let prefix = project.prefix();
        let prefix = if prefix.is_empty() { prefix } else { format!("{prefix}/") };
        let (asked, objects) = match range {
            Range::Staged => {
                let (asked, mut objects) = staged(&git)?;
                let settings = objects.read(format!(":0:{prefix}{FILE_NAME}").as_bytes());
                if let (Some(settings), false) = (settings, project.is_isolated()) {
                    project.set_settings(settings)?;
                }
                let baseline = objects.read(format!(":0:{prefix}{}", baseline::FILE_NAME).as_bytes());
                if let (Some(Ok(text)), false) = (baseline.map(String::from_utf8), project.is_isolated()) {
                    let path = PathBuf::from(format!("{} (as staged)", baseline::FILE_NAME));
                    project.set_baseline(path, text)?;
                }
                (asked, objects)
            }
            Range::Since(revision) => since(&git, revision)?,
        };
        let mut list = Listing::new(project);
        for entry in parts(&asked.unmerged) {
            // `MODE OBJECT STAGE`, a tab, the name.
            if let Some(tab) = entry.iter().position(|byte| *byte == b'\t') {
                list.unmerged(&entry[tab + 1..]);
            }
        }
        list.raw(&asked.raw);
        for name in parts(&asked.others) {
            let mode = mode_on_disk(project.root(), name);
            list.add(None, Some((name, mode, None)));
        }
        let mut changes = Self {
            files: list.files,
            problems: list.problems,
            known: [paths(&asked.known), paths(&asked.others)].concat(),
            excused: asked.excused,
            objects,
            prefix,
            root: project.root().to_owned(),
            staged: *range == Range::Staged,
        };
        changes.files.sort_by(|a, b| a.path().cmp(&b.path()));
        if let Some(reason) = message.map(|message| trailer(&git, message)).transpose()?.flatten() {
            let all = changes.files.iter().flat_map(|change| [&change.before, &change.after]).flatten();
            changes.excused.extend(all.map(|side| (side.path.clone(), reason.clone())));
        }
        Ok(changes)
    }

    /// The bytes of one side.
    pub fn bytes(&mut self, side: &Side) -> Result<Vec<u8>, String> {
        match &side.blob {
            Blob::Object(id) => self.objects.read(id.as_bytes()).ok_or_else(|| {
                "is in no object that git can read; run `git fsck`, and fetch what is missing".to_owned()
            }),
            Blob::Disk(path) => super::read::bytes(path),
        }
    }

    /// Whether the index counts, and not the worktree.
    pub fn is_staged(&self) -> bool {
        self.staged
    }

    /// What the index holds under a path; `None` where it holds nothing.
    pub fn in_index(&mut self, path: &RepoPath) -> Option<Vec<u8>> {
        self.objects.read(format!(":0:{}{}", self.prefix, self.through_link(path)).as_bytes())
    }

    /// A link's text in the index is its target's name: the target is meant.
    fn through_link(&self, path: &RepoPath) -> String {
        let on_disk = self.root.join(path.as_str());
        let target = if on_disk.is_symlink() { on_disk.canonicalize().ok() } else { None };
        let inside = target.as_deref().and_then(|target| target.strip_prefix(&self.root).ok());
        inside.and_then(Path::to_str).unwrap_or(path.as_str()).to_owned()
    }

    /// Whether git knows a commit of that name.
    pub fn knows_commit(&mut self, name: &str) -> bool {
        self.objects.read(format!("{name}^{{commit}}").as_bytes()).is_some()
    }
}

/// What git said.
struct Asked {
    /// `--raw -z`
    raw: Vec<u8>,
    /// Every path of the index.
    known: Vec<u8>,
    /// Files that git does not know yet.
    others: Vec<u8>,
    /// Files of the worktree that are unmerged, as `ls-files -u` lists them.
    unmerged: Vec<u8>,
    excused: HashMap<RepoPath, String>,
}

fn staged(git: &Git) -> Result<(Asked, Objects), RepoError> {
    // All at the same time: starting a process is most of what a small commit costs.
    let compare = |tree: &str| {
        // What is only meant to be added is in the index, and in no commit of it.
        let shape =
            ["diff-index", "--cached", "--ita-invisible-in-index", "--raw", "-z", "-M", "--no-abbrev"];
        git.start(&[&shape[..], &["--relative", tree, "--"]].concat())
    };
    let diff = compare("HEAD")?;
    let known = git.start(&["ls-files", "-z"])?;
    let objects = git.objects()?;
    let mut said = diff.end()?;
    if !said.ok && !has_commit(git)? {
        // Nothing is committed yet: everything in the index is new.
        let empty = git.answer(&["hash-object", "-t", "tree", "/dev/null"])?;
        said = compare(String::from_utf8_lossy(&empty).trim())?.end()?;
    }
    let raw = succeeded("diff-index", said)?;
    let known = succeeded("ls-files", known.end()?)?;
    Ok((Asked { raw, known, others: Vec::new(), unmerged: Vec::new(), excused: HashMap::new() }, objects))
}

fn since(git: &Git, revision: &str) -> Result<(Asked, Objects), RepoError> {
    if !has_commit(git)? {
        return Err(RepoError::NoCommit);
    }
    let base = merge_base(git, revision)?;
    let shape = ["diff", "--raw", "-z", "-M", "--no-abbrev", "--relative", "--no-ext-diff"];
    let diff = git.start(&[&shape[..], &["--ignore-submodules=all", &base, "--"]].concat())?;
    let others = git.start(&["ls-files", "-z", "--others", "--exclude-standard"])?;
    let known = git.start(&["ls-files", "-z"])?;
    let unmerged = git.start(&["ls-files", "-z", "-u"])?;
    let objects = git.objects()?;
    let raw = succeeded("diff", diff.end()?)?;
    let others = succeeded("ls-files", others.end()?)?;
    let known = succeeded("ls-files", known.end()?)?;
    let unmerged = succeeded("ls-files", unmerged.end()?)?;
    Ok((Asked { raw, known, others, unmerged, excused: excused(git, &base)? }, objects))
}

fn succeeded(what: &str, said: Said) -> Result<Vec<u8>, RepoError> {
    if said.ok { Ok(said.out) } else { Err(failed(what, &said.err)) }
}

fn has_commit(git: &Git) -> Result<bool, RepoError> {
    Ok(git.ask(&["rev-parse", "--quiet", "--verify", "HEAD^{commit}"])?.ok)
}

fn merge_base(git: &Git, revision: &str) -> Result<String, RepoError> {
    let shallow = git.start(&["rev-parse", "--is-shallow-repository"])?;
    let name = format!("{revision}^{{commit}}");
    let known = git.ask(&["rev-parse", "--quiet", "--verify", "--end-of-options", &name])?;
    // Where history is cut off, the nearest ancestor that is seen need not be the nearest there is.
    if shallow.end()?.out.starts_with(b"true") {
        return Err(RepoError::Shallow(revision.to_owned()));
    }
    if !known.ok {
        return Err(RepoError::NoBase(revision.to_owned()));
    }
    let commit = String::from_utf8_lossy(&known.out).trim().to_owned();
    let said = git.ask(&["merge-base", &commit, "HEAD"])?;
    if !said.ok {
        return Err(RepoError::NoCommonHistory(revision.to_owned()));
    }
    Ok(String::from_utf8_lossy(&said.out).trim().to_owned())
}

/// The scripts that only commits with the trailer touched since `base`, each with its reason.
fn excused(git: &Git, base: &str) -> Result<HashMap<RepoPath, String>, RepoError> {
    let range = format!("{base}..HEAD");
    let format = "--format=%H%x1f%(trailers:key=No-Changelog,valueonly,unfold,separator=%x1f)";
    let log = git.answer(&["log", "-z", format, &range])?;
    let mut with = Vec::new();
    let mut without = Vec::new();
    for commit in parts(&log) {
        let text = String::from_utf8_lossy(commit).into_owned();
        let mut fields = text.split('\u{1f}').map(str::trim);
        let id = fields.next().unwrap_or_default().to_owned();
        match fields.find(|reason| says_something(reason)) {
            Some(reason) => with.push((id, reason.to_owned())),
            None => without.push(id),
        }
    }
    let mut excused = HashMap::new();
    for (commit, reason) in with {
        let touched = touched(git, std::slice::from_ref(&commit))?;
        excused.extend(paths(&touched).into_iter().map(|path| (path, reason.clone())));
    }
    if !excused.is_empty() {
        let committed = touched(git, &without)?;
        let worktree =
            git.answer(&["diff", "-z", "--name-only", "--relative", "--no-renames", "HEAD", "--"])?;
        for path in paths(&committed).iter().chain(&paths(&worktree)) {
            excused.remove(path);
        }
    }
    Ok(excused)
}

/// The paths that commits changed; of a merge those that differ from all its parents.
fn touched(git: &Git, commits: &[String]) -> Result<Vec<u8>, RepoError> {
    let args =
        ["diff-tree", "--stdin", "-r", "-z", "-c", "--root", "--no-commit-id", "--name-only", "--relative"];
    git.answer_to(&args, format!("{}\n", commits.join("\n")).as_bytes())
}

/// The reason in a message's trailer `No-Changelog:`, where it says something.
fn trailer(git: &Git, message: &[u8]) -> Result<Option<String>, RepoError> {
    let said = git.answer_to(&["interpret-trailers", "--parse", "--unfold"], message)?;
    let text = String::from_utf8_lossy(&said).into_owned();
    let reasons = text.lines().filter_map(|line| {
        let (key, reason) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case("No-Changelog").then(|| reason.trim().to_owned())
    });
    Ok(reasons.into_iter().find(|reason| says_something(reason)))
}

fn says_something(reason: &str) -> bool {
    crate::changelog::says_something(reason)
}

/// Names that are text.
fn paths(bytes: &[u8]) -> Vec<RepoPath> {
    parts(bytes).filter_map(|name| std::str::from_utf8(name).ok()).map(RepoPath::new).collect()
}

/// The mode of a file that git does not know.
fn mode_on_disk(root: &Path, name: &[u8]) -> u32 {
    use std::os::unix::fs::MetadataExt;
    root.join(OsStr::from_bytes(name)).symlink_metadata().map_or(0, |metadata| metadata.mode())
}

/// Takes in what git lists.
struct Listing<'a> {
    project: &'a Project,
    root: &'a Path,
    files: Vec<Change>,
    problems: Vec<Problem>,
    /// Whether a folder is a nested project, or in one.
    nested: HashMap<PathBuf, bool>,
}

/// Name, mode, object; without an object it is the file on disk.
type Listed<'l> = (&'l [u8], u32, Option<&'l str>);

impl<'a> Listing<'a> {
    fn new(project: &'a Project) -> Self {
        Self {
            project,
            root: project.root(),
            files: Vec::new(),
            problems: Vec::new(),
            nested: HashMap::new(),
        }
    }

    /// Reads the output of `--raw -z`: `:MODE MODE OBJECT OBJECT STATUS`, then one name, or two for a rename or copy.
    fn raw(&mut self, bytes: &[u8]) {
        let mut fields = parts(bytes);
        while let (Some(head), Some(name)) = (fields.next(), fields.next()) {
            let head = String::from_utf8_lossy(head).into_owned();
            let words: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
            let [old_mode, new_mode, old, new, status] = words.as_slice() else { continue };
            let mode = |text: &str| u32::from_str_radix(text, 8).unwrap_or(0);
            let renamed = status.starts_with(['R', 'C']);
            let after = if renamed { fields.next().unwrap_or(name) } else { name };
            // An object that is not written yet is named by zeros.
            let object = |id: &'_ str| id.bytes().any(|byte| byte != b'0');
            match status.chars().next() {
                Some('U') => self.unmerged(name),
                Some('C') => self.add(None, Some((after, mode(new_mode), object(new).then_some(*new)))),
                _ => {
                    let before = (mode(old_mode) != 0).then(|| (name, mode(old_mode), Some(*old)));
                    let after =
                        (mode(new_mode) != 0).then(|| (after, mode(new_mode), object(new).then_some(*new)));
                    self.add(before, after);
                }
            }
        }
    }

    fn unmerged(&mut self, name: &[u8]) {
        let what = String::from_utf8_lossy(name).into_owned();
        if !self.problems.iter().any(|problem| problem.what == what) {
            let reason = "is unmerged; resolve the conflict and `git add` it".to_owned();
            self.problems.push(Problem { what, reason });
        }
        // Git lists an unmerged file of the worktree a second time, as a change.
        self.files.retain(|change| change.path().is_none_or(|path| path.as_str().as_bytes() != name));
    }

    fn add(&mut self, before: Option<Listed<'_>>, after: Option<Listed<'_>>) {
        let before = before.and_then(|listed| self.side(listed));
        let after = after.and_then(|listed| self.side(listed));
        let unmerged = |side: &Side| self.problems.iter().any(|problem| problem.what == side.path.as_str());
        if (before.is_some() || after.is_some()) && !after.as_ref().is_some_and(unmerged) {
            self.files.push(Change { before, after });
        }
    }

    /// `None` for what is no file of this project.
    fn side(&mut self, (name, mode, object): Listed<'_>) -> Option<Side> {
        const REGULAR: u32 = 0o100_000;
        if mode & 0o170_000 != REGULAR {
            return None;
        }
        let Ok(text) = std::str::from_utf8(name) else {
            let what = String::from_utf8_lossy(name).into_owned();
            let reason = "has a name that is not UTF-8; rename it, or exclude its folder".to_owned();
            if !self.problems.iter().any(|problem| problem.what == what) {
                self.problems.push(Problem { what, reason });
            }
            return None;
        };
        let on_disk = self.root.join(text);
        if self.project.settings().exclude.matches(text) || self.in_nested(on_disk.parent()?) {
            return None;
        }
        let blob = object.map_or(Blob::Disk(on_disk), |id| Blob::Object(id.to_owned()));
        Some(Side { path: RepoPath::new(text), executable: mode & 0o111 != 0, blob })
    }

    fn in_nested(&mut self, folder: &Path) -> bool {
        if folder == self.root || !folder.starts_with(self.root) {
            return false;
        }
        if let Some(known) = self.nested.get(folder) {
            return *known;
        }
        let inside = folder.strip_prefix(self.root).unwrap_or(folder).to_string_lossy().into_owned();
        let own = !self.project.is_isolated()
            && folder.join(FILE_NAME).symlink_metadata().is_ok()
            && !self.project.settings().members.matches(&inside);
        let nested = own || folder.parent().is_some_and(|parent| self.in_nested(parent));
        self.nested.insert(folder.to_owned(), nested);
        nested
    }
}
