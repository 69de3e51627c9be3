//! Patterns of the settings that no path of the project fits: whoever wrote one meant a file that is not there, or is called
//! otherwise.

use walkdir::WalkDir;

use super::Project;
use crate::settings::Globs;

/// Entries that are looked at; where there are more, what fitted none of them counts as fitting.
const MOST_ENTRIES: usize = 50_000;

/// The patterns of `exclude` and `members` that fit nothing, each with its key, in the order of the settings.
pub fn patterns(project: &Project) -> Vec<(&'static str, String)> {
    if project.is_isolated() {
        return Vec::new();
    }
    let (root, settings) = (project.root(), project.settings());
    let lists = [("exclude", &settings.exclude), ("members", &settings.members)];
    let each =
        lists.into_iter().flat_map(|(key, globs)| globs.patterns().iter().map(move |glob| (key, glob)));
    // A path is looked up; what a glob fits is found in one walk for all.
    let mut unused: Vec<(&str, &String, Option<Globs>)> = each
        .filter_map(|(key, glob)| {
            if glob.contains(['*', '?', '[', '{', '\\']) {
                Some((key, glob, Some(Globs::new(vec![glob.clone()]).ok()?)))
            } else {
                root.join(glob).symlink_metadata().is_err().then_some((key, glob, None))
            }
        })
        .collect();
    let entries =
        WalkDir::new(root).follow_links(false).into_iter().filter_entry(|entry| entry.file_name() != ".git");
    for (seen, entry) in entries.flatten().enumerate() {
        if unused.iter().all(|(_, _, globs)| globs.is_none()) {
            break;
        }
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_string_lossy();
        let fits = |globs: &Globs| seen >= MOST_ENTRIES || globs.matches(&path);
        unused.retain(|(_, _, globs)| !globs.as_ref().is_some_and(fits));
    }
    unused.into_iter().map(|(key, glob, _)| (key, glob.clone())).collect()
}
