//! Finds the files to check: shell scripts by name or by their first line, and Markdown files.
//!
//! Hidden folders are searched (hooks and pipelines live there), `.git` is not. What `.gitignore` or the settings
//! exclude is not searched, unless a path names it. Links to folders are not followed: inside the project their
//! target is searched under its own name, and one that leads outside is reported.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::FileType;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Component, Path, PathBuf};

use ignore::gitignore::Gitignore;
use walkdir::{DirEntry, WalkDir};

use crate::event::{FileKind, SkipReason};
use crate::repo::shebang::{self, Shebang};
use crate::repo::{Problem, Project, git, read};
use crate::settings::FILE_NAME;
use crate::source::RepoPath;

/// Where the text of a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// On the disk.
    Disk(PathBuf),
    /// Somebody has read it already.
    Given(Vec<u8>),
}

/// A file to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its name in reports.
    pub path: RepoPath,
    /// Where its text is.
    pub content: Content,
    /// What it is.
    pub kind: FileKind,
    /// Whether the command line names it.
    pub named: bool,
}

/// What a file is that a change touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A shell script that is read.
    Script,
    /// Markdown.
    Runbook,
    /// A script of another shell, by the shell's name.
    OtherShell(String),
}

/// What a file is by its name and its first bytes, which are asked for only where the name does not tell; `None` for
/// what is neither script nor Markdown.
pub fn kind_of(path: &RepoPath, start: impl FnOnce() -> Vec<u8>) -> Option<Kind> {
    let path = Path::new(path.as_str());
    let sort = by_name_alone(path).unwrap_or_else(|| by_shebang(shebang::read(&start()), by_name(path)));
    match sort {
        Sort::Script => Some(Kind::Script),
        Sort::Runbook => Some(Kind::Runbook),
        Sort::OtherShell(shell) => Some(Kind::OtherShell(shell)),
        Sort::Neither | Sort::Unreadable(_) => None,
    }
}

/// What a search found, in the order of the paths.
#[derive(Debug, Default)]
pub struct Found {
    /// The files to check.
    pub files: Vec<Candidate>,
    /// Files of other shells.
    pub skipped: Vec<(RepoPath, SkipReason)>,
    /// What could not be looked at.
    pub problems: Vec<Problem>,
}

/// Searches the whole project, or, where paths are given, those files and folders.
pub fn discover(project: &Project, paths: &[PathBuf]) -> Found {
    let mut search = Search::new(project);
    let folders = paths.iter().filter_map(|path| project.cwd.join(path).canonicalize().ok());
    search.searched.extend(folders.filter(|path| path.is_dir()));
    if paths.is_empty() {
        search.walk(&project.root);
    }
    for path in paths {
        search.named(path);
    }
    search.finish()
}

/// One file whose text is handed over, under a name that need not exist.
pub fn given(project: &Project, name: &Path, text: Vec<u8>) -> Found {
    let mut search = Search::new(project);
    let path = plain(&project.cwd.join(name));
    match sort_given(&path, &text) {
        sort @ (Sort::Script | Sort::Runbook) => {
            if let Some(name) = search.name(&path) {
                let kind = if matches!(sort, Sort::Runbook) { FileKind::Runbook } else { FileKind::Script };
                search.keep(Candidate { path: name, content: Content::Given(text), kind, named: true });
            }
        }
        Sort::OtherShell(shell) => search.sorted(&path, Sort::OtherShell(shell)),
        Sort::Neither | Sort::Unreadable(_) => search.problem(&path, NEITHER.to_owned()),
    }
    search.finish()
}

/// What a file is whose text is at hand and that somebody named.
fn sort_given(path: &Path, text: &[u8]) -> Sort {
    let by_name = by_name(path);
    if let Some(Sort::Runbook | Sort::OtherShell(_)) = by_name {
        return by_name.unwrap_or(Sort::Neither);
    }
    match shebang::read(text) {
        Shebang::Shell(_) => Sort::Script,
        Shebang::OtherShell(shell) => Sort::OtherShell(shell),
        Shebang::Absent if path.extension().is_none() => Sort::Script,
        Shebang::Absent | Shebang::Foreign => by_name.unwrap_or(Sort::Neither),
    }
}

/// A path without `.` and `..`, as its text says: the file need not exist.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// An absolute path without links, except for the last part: a link keeps its own name.
pub fn resolve(path: &Path) -> io::Result<PathBuf> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if path.is_symlink() => Ok(parent.canonicalize()?.join(name)),
        _ => path.canonicalize(),
    }
}

/// What a file is, as far as its name and first line tell.
enum Sort {
    Script,
    Runbook,
    OtherShell(String),
    Neither,
    Unreadable(String),
}

const NEITHER: &str =
    "is neither a shell script nor Markdown; name it *.sh or give it a shell's first line (#!/bin/bash)";

struct Search<'a> {
    project: &'a Project,
    ignores: HashMap<PathBuf, Gitignore>,
    ignore_top: PathBuf,
    files: BTreeMap<RepoPath, Candidate>,
    links: BTreeMap<PathBuf, Candidate>,
    skipped: BTreeMap<RepoPath, SkipReason>,
    problems: BTreeMap<String, String>,
    /// Whether the file at hand was named on the command line.
    naming: bool,
    /// The project, and the folders that were named.
    searched: Vec<PathBuf>,
}

impl<'a> Search<'a> {
    fn new(project: &'a Project) -> Self {
        let root = project.root.as_path();
        let top = root.ancestors().find(|folder| git::is_root(folder)).unwrap_or(root).to_owned();
        Self {
            project,
            ignores: HashMap::new(),
            ignore_top: top,
            files: BTreeMap::new(),
            links: BTreeMap::new(),
            skipped: BTreeMap::new(),
            problems: BTreeMap::new(),
            naming: false,
            searched: vec![root.to_owned()],
        }
    }

    /// A path of the command line: searched whatever the settings and `.gitignore` say.
    fn named(&mut self, path: &Path) {
        let absolute = self.project.cwd.join(path);
        let metadata = match absolute.metadata() {
            Ok(metadata) => metadata,
            Err(error) if absolute.is_symlink() => {
                return self
                    .problem(path, format!("is a link that leads nowhere ({error}); repair or remove it"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.problem(path, "does not exist; give a file or folder that does".to_owned());
            }
            Err(error) => return self.problem(path, format!("cannot be looked at: {error}")),
        };
        let resolved = match resolve(&absolute) {
            Ok(resolved) => resolved,
            Err(error) => return self.problem(path, format!("cannot be looked at: {error}")),
        };
        if metadata.is_dir() {
            return self.walk(&resolved.canonicalize().unwrap_or(resolved));
        }
        if !metadata.is_file() {
            return self.problem(path, not_a_file(metadata.file_type()));
        }
        self.naming = true;
        match sort(&resolved) {
            Sort::Neither => match shebang_of(&resolved) {
                Shebang::Shell(_) => self.add(&resolved, FileKind::Script),
                Shebang::OtherShell(shell) => self.sorted(&resolved, Sort::OtherShell(shell)),
                Shebang::Absent if resolved.extension().is_none() => self.add(&resolved, FileKind::Script),
                Shebang::Absent | Shebang::Foreign => self.problem(path, NEITHER.to_owned()),
            },
            sort => self.sorted(&resolved, sort),
        }
        self.naming = false;
    }

    /// Searches a folder. One that is left out itself was named on purpose: then all of it is searched.
    fn walk(&mut self, folder: &Path) {
        let relative =
            folder.strip_prefix(&self.project.root).unwrap_or(folder).to_string_lossy().into_owned();
        let above: Vec<PathBuf> = folder
            .ancestors()
            .take_while(|above| **above != self.project.root && above.starts_with(&self.project.root))
            .map(Path::to_owned)
            .collect();
        // The project itself is not one of its files.
        let named = !relative.is_empty() && self.project.settings.exclude.matches(&relative)
            || above.iter().any(|folder| self.is_ignored(folder, true));
        let mut walk = WalkDir::new(folder).follow_links(false).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            match entry {
                Ok(entry) if entry.depth() > 0 && self.is_left_out(&entry, named) => {
                    if entry.file_type().is_dir() {
                        walk.skip_current_dir();
                    }
                }
                Ok(entry) => self.entry(&entry),
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    let reason = error.io_error().map_or_else(|| error.to_string(), io::Error::to_string);
                    self.problem(
                        &path,
                        format!("cannot be searched: {reason}; make it readable, or exclude it"),
                    );
                }
            }
        }
    }

    fn entry(&mut self, entry: &DirEntry) {
        let (path, file_type) = (entry.path(), entry.file_type());
        if file_type.is_symlink() {
            self.link(path);
        } else if file_type.is_file() {
            self.sorted(path, sort(path));
        } else if !file_type.is_dir() && by_name(path).is_some() {
            self.problem(path, not_a_file(file_type));
        }
    }

    /// A link to a file is checked under its own name only where its target is not found under its own.
    fn link(&mut self, path: &Path) {
        let target = match path.canonicalize() {
            Ok(target) => target,
            Err(_) if by_name(path).is_none() && path.extension().is_some() => return,
            Err(error) => {
                return self
                    .problem(path, format!("is a link that leads nowhere ({error}); repair or remove it"));
            }
        };
        if target.is_dir() {
            if !self.searched.iter().any(|folder| target.starts_with(folder)) {
                self.problem(
                    path,
                    "is a link to a folder outside of what is searched; name that folder, or exclude the link"
                        .to_owned(),
                );
            }
            return;
        }
        if !target.is_file() {
            if by_name(path).is_some() {
                self.problem(path, "is a link to something that is no regular file; exclude it".to_owned());
            }
            return;
        }
        let kind = match sort(path) {
            Sort::Script => FileKind::Script,
            Sort::Runbook => FileKind::Runbook,
            other => return self.sorted(path, other),
        };
        if let Some(name) = self.name(path) {
            let content = Content::Disk(path.to_owned());
            let candidate = Candidate { path: name, content, kind, named: self.naming };
            self.links.entry(target).or_insert(candidate);
        }
    }

    fn sorted(&mut self, path: &Path, sort: Sort) {
        match sort {
            Sort::Script => self.add(path, FileKind::Script),
            Sort::Runbook => self.add(path, FileKind::Runbook),
            Sort::OtherShell(shell) => {
                if let Some(name) = self.name(path) {
                    self.skipped.insert(name, SkipReason::OtherShell(shell));
                }
            }
            Sort::Neither => {}
            Sort::Unreadable(reason) => self.problem(path, reason),
        }
    }

    fn add(&mut self, path: &Path, kind: FileKind) {
        if let Some(name) = self.name(path) {
            let content = Content::Disk(path.to_owned());
            self.keep(Candidate { path: name, content, kind, named: self.naming });
        }
    }

    /// A file that two paths of the command line hold is one file, and it is named where one of them names it.
    fn keep(&mut self, candidate: Candidate) {
        let named = candidate.named;
        self.files.entry(candidate.path.clone()).or_insert(candidate).named |= named;
    }

    /// The path's name in reports; a name that is not UTF-8 is a problem.
    fn name(&mut self, path: &Path) -> Option<RepoPath> {
        let name = self.project.repo_path(path);
        if name.is_none() {
            self.problem(path, "has a name that is not UTF-8; rename it, or exclude its folder".to_owned());
        }
        name
    }

    fn problem(&mut self, path: &Path, reason: String) {
        let shown = path.strip_prefix(&self.project.root).unwrap_or(path);
        self.problems.insert(shown.display().to_string(), reason);
    }

    fn is_left_out(&mut self, entry: &DirEntry, named: bool) -> bool {
        let is_dir = entry.file_type().is_dir();
        if entry.file_name() == ".git" {
            return true;
        }
        let path = entry.path();
        let relative = path.strip_prefix(&self.project.root).unwrap_or(path).to_string_lossy().into_owned();
        let settings = &self.project.settings;
        if !named && settings.exclude.matches(&relative) {
            return true;
        }
        if is_dir && !self.project.isolated && path.join(FILE_NAME).symlink_metadata().is_ok() {
            // Another project, with settings of its own.
            if !settings.members.matches(&relative) {
                return true;
            }
        }
        !named && self.is_ignored(path, is_dir)
    }

    /// Asks the `.gitignore` files from the entry's folder up to the top; the nearest that says anything decides.
    fn is_ignored(&mut self, path: &Path, is_dir: bool) -> bool {
        let top = self.ignore_top.clone();
        for folder in path.ancestors().skip(1) {
            let ignore = self
                .ignores
                .entry(folder.to_owned())
                .or_insert_with(|| Gitignore::new(folder.join(".gitignore")).0);
            let verdict = ignore.matched(path, is_dir);
            if !verdict.is_none() {
                return verdict.is_ignore();
            }
            if folder == top {
                break;
            }
        }
        false
    }

    fn finish(mut self) -> Found {
        let links = std::mem::take(&mut self.links);
        // Asked of the disk only where there is a link at all: most projects have none.
        let files = self.files.values().filter(|_| !links.is_empty());
        let known: BTreeSet<PathBuf> = files
            .filter_map(|file| match &file.content {
                Content::Disk(path) => path.canonicalize().ok(),
                Content::Given(_) => None,
            })
            .collect();
        for (_, link) in links.into_iter().filter(|(target, _)| !known.contains(target)) {
            self.keep(link);
        }
        Found {
            files: self.files.into_values().collect(),
            skipped: self.skipped.into_iter().collect(),
            problems: self.problems.into_iter().map(|(what, reason)| Problem { what, reason }).collect(),
        }
    }
}

/// What the ending of a file's name says.
fn by_name(path: &Path) -> Option<Sort> {
    let extension = path.extension()?.to_str()?;
    if extension == "md" {
        return Some(Sort::Runbook);
    }
    match shebang::by_extension(extension)? {
        Shebang::OtherShell(shell) => Some(Sort::OtherShell(shell)),
        _ => Some(Sort::Script),
    }
}

fn sort(path: &Path) -> Sort {
    by_name_alone(path).unwrap_or_else(|| match read::start(path).map(|start| shebang::read(&start)) {
        Ok(shebang) => by_shebang(shebang, by_name(path)),
        Err(error) => Sort::Unreadable(format!("cannot be opened: {error}; make it readable, or exclude it")),
    })
}

/// What the name alone decides; `None` where the first line counts.
fn by_name_alone(path: &Path) -> Option<Sort> {
    match by_name(path) {
        Some(sort @ (Sort::Runbook | Sort::OtherShell(_))) => Some(sort),
        None if path.extension().is_some() => Some(Sort::Neither),
        _ => None,
    }
}

fn by_shebang(shebang: Shebang, by_name: Option<Sort>) -> Sort {
    match shebang {
        Shebang::Shell(_) => Sort::Script,
        Shebang::OtherShell(shell) => Sort::OtherShell(shell),
        Shebang::Foreign | Shebang::Absent => by_name.unwrap_or(Sort::Neither),
    }
}

fn shebang_of(path: &Path) -> Shebang {
    read::start(path).map_or(Shebang::Foreign, |start| shebang::read(&start))
}

fn not_a_file(file_type: FileType) -> String {
    let what = if file_type.is_fifo() {
        "is a FIFO"
    } else if file_type.is_socket() {
        "is a socket"
    } else {
        "is a device"
    };
    format!("{what}, which is never opened; save its content as a file, or exclude it")
}
