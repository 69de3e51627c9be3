//! The project on disk: where it starts, which files are to be checked, and their text.
//!
//! This module never judges a file and never prints. What it cannot read is a [`Problem`], never left out in silence.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a world module: it reads the disk and asks git"
)]

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use toml::Spanned;

use crate::commands::{OwnTool, Tables, Tool};
use crate::lint::baseline::{self, Baseline};
use crate::settings::{FILE_NAME, Settings, SettingsError, ToolSettings};
use crate::source::{Position, RepoPath, SourceText};

pub mod beside;
pub mod cache;
pub mod changes;
pub mod discover;
pub mod git;
pub mod guard;
pub mod listing;
pub mod read;
pub mod rules;
pub mod shebang;
pub mod store;
pub mod tree;
pub mod unused;
pub mod write;

/// Why there is no project to work on.
#[derive(Debug, Error)]
pub enum RepoError {
    /// The current folder is gone or closed to us.
    #[error("failed to find the current folder (it may be deleted): {0}; change to a folder that exists")]
    CurrentFolder(#[source] io::Error),
    /// A settings file that cannot be read.
    #[error("failed to read {}: {source}; make it a readable file, or remove it", .path.display())]
    SettingsUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A settings file that does not say what settings files say.
    #[error("failed to understand {}:{}:{}: {message}", .path.display(), .at.line, .at.column)]
    Settings {
        /// The file.
        path: PathBuf,
        /// The place in it.
        at: Position,
        /// What is wrong there, and what was probably meant.
        message: String,
    },
    /// Paths of two projects in one call.
    #[error(
        "failed to choose a project: the paths belong to {} and to {}, each with settings of its own; check them one by one",
        .0.display(), .1.display()
    )]
    TwoProjects(PathBuf, PathBuf),
    /// The program `git` cannot be started.
    #[error("failed to run git: {0}; install git, or lint without --staged and --base")]
    NoGitProgram(#[source] io::Error),
    /// No repository.
    #[error(
        "failed to find a git repository at {}: --staged and --base compare with what git recorded; run them inside of a repository, or lint without them",
        .0.display()
    )]
    NoGit(PathBuf),
    /// The environment names a repository that is none, or none of this project.
    #[error(
        "failed to use the repository that GIT_DIR and GIT_WORK_TREE name: {0}; unset them, or set them as git itself takes them"
    )]
    NamedGit(String),
    /// A repository without a worktree.
    #[error("failed to compare: {} is a bare repository, without index and worktree; run this in a clone of it", .0.display())]
    Bare(PathBuf),
    /// A repository in which nothing was committed.
    #[error("failed to find a merge base: nothing is committed yet; commit first, or use --staged")]
    NoCommit,
    /// History is cut off.
    #[error(
        "failed to find the merge base with {0}: this is a shallow clone, its history is cut off; fetch all of it (`git fetch --unshallow`; for a GitHub checkout `fetch-depth: 0`)"
    )]
    Shallow(String),
    /// A revision that is not known.
    #[error(
        "failed to find the base {0}: git knows no commit of that name here; fetch it (`git fetch origin`), or name another"
    )]
    NoBase(String),
    /// Two histories.
    #[error(
        "failed to find a merge base: HEAD and {0} have no common history; name the branch that this one came from"
    )]
    NoCommonHistory(String),
    /// A baseline that is none.
    #[error("failed to understand {}:{}:{}: {message}", .path.display(), .at.line, .at.column)]
    Baseline {
        /// The file.
        path: PathBuf,
        /// The place in it.
        at: Position,
        /// What is wrong there.
        message: String,
    },
    /// Git said no.
    #[error("failed to ask git ({what}): {said}")]
    Git {
        /// Its subcommand.
        what: String,
        /// What it said.
        said: String,
    },
}

/// Something that should have been checked and could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The path, printable.
    pub what: String,
    /// Why, and what to do.
    pub reason: String,
}

/// A project: its root and its settings.
#[derive(Debug)]
pub struct Project {
    root: PathBuf,
    cwd: PathBuf,
    settings: Settings,
    /// The settings as they are written, where there are any.
    settings_text: Option<SourceText>,
    /// The baseline, and as it is written, where there is one.
    baseline: Option<(Baseline, SourceText)>,
    isolated: bool,
    remembers: bool,
}

impl Project {
    /// Finds the project that `paths` (or, without any, the current folder) belong to, and reads its settings.
    ///
    /// The root is the nearest folder upward that holds a `gauntlet.toml`, else the root of the git worktree, else
    /// the current folder. `isolated` leaves every `gauntlet.toml` out of it.
    pub fn locate(paths: &[PathBuf], isolated: bool) -> Result<Self, RepoError> {
        let cwd = std::env::current_dir().map_err(RepoError::CurrentFolder)?;
        let here = home_of(&cwd, isolated);
        let mut chosen: Option<PathBuf> = None;
        for path in paths {
            let root = owner(&cwd.join(path), isolated).unwrap_or_else(|| here.clone());
            match &chosen {
                Some(other) if *other != root => return Err(RepoError::TwoProjects(other.clone(), root)),
                _ => chosen = Some(root),
            }
        }
        let root = chosen.unwrap_or(here);
        let mut project = Self {
            root,
            cwd,
            settings: Settings::default(),
            settings_text: None,
            baseline: None,
            isolated,
            remembers: false,
        };
        if !isolated {
            project.settings_text = read_settings_text(&project.root)?;
            if let Some(text) = &project.settings_text {
                project.settings = parse_settings(project.root.join(FILE_NAME), text)?;
            }
            project.read_baseline()?;
        }
        Ok(project)
    }

    /// The project's root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The project's folder in its repository; empty where it is the repository's root, or under no git.
    pub fn prefix(&self) -> String {
        let top = git::top(&self.root).unwrap_or(&self.root);
        self.root.strip_prefix(top).map(|inside| inside.display().to_string()).unwrap_or_default()
    }

    /// What the project says about itself.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Takes these settings instead of those on the disk: what is committed is judged by what is committed.
    fn set_settings(&mut self, bytes: Vec<u8>) -> Result<(), RepoError> {
        let path = PathBuf::from(format!("{FILE_NAME} (as staged)"));
        let text = String::from_utf8(bytes).map_err(|error| RepoError::SettingsUnreadable {
            path: path.clone(),
            source: io::Error::other(error),
        })?;
        let text = SourceText::new(RepoPath::new(FILE_NAME), text);
        self.settings = parse_settings(path, &text)?;
        self.settings_text = Some(text);
        Ok(())
    }

    /// The settings as they are written.
    pub fn settings_text(&self) -> Option<&SourceText> {
        self.settings_text.as_ref()
    }

    /// The baseline, and as it is written.
    pub fn baseline(&self) -> Option<&(Baseline, SourceText)> {
        self.baseline.as_ref()
    }

    /// Reads the baseline from the disk.
    fn read_baseline(&mut self) -> Result<(), RepoError> {
        let path = self.root.join(baseline::FILE_NAME);
        let Some(text) = read_if_there(&path)? else { return Ok(()) };
        self.set_baseline(path, text)
    }

    fn set_baseline(&mut self, path: PathBuf, text: String) -> Result<(), RepoError> {
        let source = SourceText::new(RepoPath::new(baseline::FILE_NAME), text);
        let parsed = Baseline::parse(source.text()).map_err(|error| {
            let at = source.position(u32::try_from(error.span.start).unwrap_or(u32::MAX));
            RepoError::Baseline { path, at, message: error.message }
        })?;
        self.baseline = Some((parsed, source));
        Ok(())
    }

    /// Puts a new baseline in the place of the old one; an empty text takes it away.
    pub fn write_baseline(&mut self, text: &str) -> Result<(), Problem> {
        let path = self.root.join(baseline::FILE_NAME);
        let name = RepoPath::new(baseline::FILE_NAME);
        let old = self.baseline.take();
        match (old, text) {
            (None, "") => return Ok(()),
            (Some(_), "") => write::remove(&name, &path)?,
            (Some((_, old)), _) => write::replace(&name, &path, old.text(), text)?,
            (None, _) => write::create(&name, &path, text)?,
        }
        self.read_baseline().map_err(|error| Problem { what: name.to_string(), reason: error.to_string() })
    }

    /// The paths of the command line, as they are named in the repository.
    pub fn repo_paths(&self, paths: &[PathBuf]) -> Vec<RepoPath> {
        let named = |path: &PathBuf| {
            let path = discover::plain(&self.cwd.join(path));
            self.repo_path(&discover::resolve(&path).unwrap_or(path))
        };
        paths.iter().filter_map(named).collect()
    }

    /// Whether `path`, as the command line gives it, is there, be it a link that leads nowhere.
    pub fn is_on_disk(&self, path: &Path) -> bool {
        self.cwd.join(path).symlink_metadata().is_ok()
    }

    /// Whether settings and suppressions are left out of it.
    pub fn is_isolated(&self) -> bool {
        self.isolated
    }

    /// Lets a lint use what the one before found, and keep what it finds.
    pub fn remember(&mut self) {
        self.remembers = true;
    }

    /// Whether it may.
    pub fn remembers(&self) -> bool {
        self.remembers
    }

    /// Whether `path`, as the command line gives it, is a folder of this project.
    pub fn is_own_folder(&self, path: &Path) -> bool {
        let resolved = self.cwd.join(path).canonicalize();
        resolved.is_ok_and(|path| path.is_dir() && path.starts_with(&self.root))
    }

    /// `path` as reports show it: relative to the root where it lies inside, else whole. `None` where it is not UTF-8.
    pub fn repo_path(&self, path: &Path) -> Option<RepoPath> {
        let shown = path.strip_prefix(&self.root).unwrap_or(path);
        Some(RepoPath::new(shown.to_str()?))
    }
}

/// The nearest folder upward from `path` (itself included) that holds settings, up to the root of its git worktree;
/// where an outer one names it as a member, the outer one.
fn owner(path: &Path, isolated: bool) -> Option<PathBuf> {
    if isolated {
        return None;
    }
    let path = discover::resolve(path).unwrap_or_else(|_| path.to_owned());
    let mut nearest: Option<PathBuf> = None;
    for folder in path.ancestors().filter(|folder| folder.is_dir()) {
        if folder.join(FILE_NAME).symlink_metadata().is_ok() {
            match &nearest {
                None => nearest = Some(folder.to_owned()),
                Some(inner) if has_member(folder, inner) => nearest = Some(folder.to_owned()),
                Some(_) => {}
            }
        }
        if git::is_root(folder) {
            break;
        }
    }
    nearest
}

/// Whether the settings in `outer` name the project in `inner` as a member: then it is a part of theirs.
fn has_member(outer: &Path, inner: &Path) -> bool {
    let Ok(relative) = inner.strip_prefix(outer) else { return false };
    // Settings that cannot be read are reported where they are used.
    read_settings(outer).is_ok_and(|settings| settings.members.matches(&relative.to_string_lossy()))
}

fn home_of(cwd: &Path, isolated: bool) -> PathBuf {
    owner(cwd, isolated)
        .or_else(|| cwd.ancestors().find(|folder| git::is_root(folder)).map(Path::to_owned))
        .unwrap_or_else(|| cwd.to_owned())
}

fn read_settings(root: &Path) -> Result<Settings, RepoError> {
    match read_settings_text(root)? {
        Some(text) => parse_settings(root.join(FILE_NAME), &text),
        None => Ok(Settings::default()),
    }
}

fn read_settings_text(root: &Path) -> Result<Option<SourceText>, RepoError> {
    let text = read_if_there(&root.join(FILE_NAME))?;
    Ok(text.map(|text| SourceText::new(RepoPath::new(FILE_NAME), text)))
}

/// The text of a file of ours; `None` where there is no such file.
fn read_if_there(path: &Path) -> Result<Option<String>, RepoError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() => Ok(None),
        Err(source) => Err(RepoError::SettingsUnreadable { path: path.to_owned(), source }),
    }
}

fn parse_settings(path: PathBuf, source: &SourceText) -> Result<Settings, RepoError> {
    let wrong = |error: SettingsError| {
        let at = source.position(u32::try_from(error.span.start).unwrap_or(u32::MAX));
        RepoError::Settings { path, at, message: error.message }
    };
    let read = Settings::parse(source.text()).and_then(|settings| Ok((own_tools(&settings)?, settings)));
    let (tools, settings) = read.map_err(wrong)?;
    Tables::add(tools);
    Ok(settings)
}

/// The tools of `[[tools]]`.
fn own_tools(settings: &Settings) -> Result<Vec<Tool>, SettingsError> {
    let read = |written: &Spanned<ToolSettings>| {
        let ToolSettings { name, like, read, write, options_with_value } = written.get_ref();
        let own = OwnTool { name, like: like.as_deref(), read, write, options_with_value };
        own.read().map_err(|message| SettingsError { message, span: written.span() })
    };
    settings.tools.iter().map(read).collect()
}
