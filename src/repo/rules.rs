//! The pages of a repository's own rules on disk: `rules/<slug>.md` below the root.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

use super::{Problem, Project, read};
use crate::catalogue;
use crate::source::{RepoPath, SourceText};

/// The folder of the pages.
pub const FOLDER: &str = "rules";

/// The pages with a query, in the order of their names, and what could not be read.
pub fn pages(project: &Project) -> (Vec<SourceText>, Vec<Problem>) {
    let (mut pages, mut problems) = (Vec::new(), Vec::new());
    if project.is_isolated() {
        return (pages, problems);
    }
    let folder = project.root().join(FOLDER);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return (pages, problems);
        }
        Err(error) => {
            let reason = format!("cannot be read: {error}; make it readable, or remove it");
            return (pages, vec![Problem { what: FOLDER.to_owned(), reason }]);
        }
    };
    for entry in entries {
        let path = match entry {
            Ok(entry) => entry.path(),
            Err(error) => {
                let reason = format!("cannot be read: {error}");
                problems.push(Problem { what: FOLDER.to_owned(), reason });
                continue;
            }
        };
        if path.extension().is_none_or(|end| end != "md") || !path.is_file() {
            continue;
        }
        let Some(name) = project.repo_path(&path) else { continue };
        match read::text(name, &path) {
            Ok(page) if catalogue::is_shape(page.text()) => pages.push(page),
            Ok(_) => {}
            Err(problem) => problems.push(problem),
        }
    }
    pages.sort_by(|a, b| a.path().cmp(b.path()));
    (pages, problems)
}

/// Whether a file is the page of a rule and no runbook: its examples are wrong on purpose.
pub fn is_page(source: &SourceText) -> bool {
    let path = source.path().as_str();
    path.strip_prefix(FOLDER).and_then(|rest| rest.strip_prefix('/')).is_some_and(|name| !name.contains('/'))
        && catalogue::is_shape(source.text())
}

/// The slug that a page's name gives.
pub fn slug(path: &RepoPath) -> &str {
    let name = path.as_str().rsplit('/').next().unwrap_or_default();
    name.strip_suffix(".md").unwrap_or(name)
}

/// Writes a new page; one that is there already is left alone.
pub fn create(project: &Project, slug: &str, page: &str) -> Result<RepoPath, Problem> {
    let name = format!("{FOLDER}/{slug}.md");
    let written = || -> io::Result<()> {
        let folder = project.root().join(FOLDER);
        fs::create_dir_all(&folder)?;
        let mut file = NamedTempFile::new_in(&folder)?;
        io::Write::write_all(&mut file, page.as_bytes())?;
        file.persist_noclobber(folder.join(Path::new(slug).with_extension("md")))
            .map_err(|error| error.error)?;
        Ok(())
    };
    written().map(|()| RepoPath::new(name.clone())).map_err(|error| Problem {
        what: name,
        reason: if error.kind() == io::ErrorKind::AlreadyExists {
            "is there already; it was left alone: choose another name".to_owned()
        } else {
            format!("could not be written: {error}")
        },
    })
}
