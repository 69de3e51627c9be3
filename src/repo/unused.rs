//! Patterns of the settings that no path of the project fits: whoever wrote one meant a file that is not there, or is called
//! otherwise.

use std::path::Path;

use walkdir::WalkDir;

use super::Project;
use crate::settings::Globs;

/// Entries that are looked at for one pattern; where there are more, it counts as fitting.
const MOST_ENTRIES: usize = 50_000;

/// The patterns of `exclude` and `members` that fit nothing, each with its key.
pub fn patterns(project: &Project) -> Vec<(&'static str, String)> {
    if project.is_isolated() {
        return Vec::new();
    }
    let settings = project.settings();
    let lists = [("exclude", &settings.exclude), ("members", &settings.members)];
    let each =
        lists.into_iter().flat_map(|(key, globs)| globs.patterns().iter().map(move |glob| (key, glob)));
    each.filter(|(_, glob)| !fits_any(project.root(), glob)).map(|(key, glob)| (key, glob.clone())).collect()
}

/// Whether some file or folder below `root` fits the glob.
fn fits_any(root: &Path, glob: &str) -> bool {
    let literal: Vec<&str> = glob
        .trim_end_matches('/')
        .split('/')
        .take_while(|part| !part.contains(['*', '?', '[', '{', '\\']))
        .collect();
    let start = literal.iter().fold(root.to_owned(), |path, part| path.join(part));
    if literal.join("/").len() == glob.trim_end_matches('/').len() {
        return start.symlink_metadata().is_ok();
    }
    let Ok(globs) = Globs::new(vec![glob.to_owned()]) else { return true };
    let entries = WalkDir::new(&start)
        .follow_links(false)
        .into_iter()
        .filter_entry(|entry| entry.file_name() != ".git");
    let mut seen = 0;
    for entry in entries.flatten() {
        seen += 1;
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
        if seen > MOST_ENTRIES || globs.matches(&path.to_string_lossy()) {
            return true;
        }
    }
    false
}
