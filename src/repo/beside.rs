//! A script that may stand anywhere, and the files beside it that it names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::repo::{git, read};
use crate::settings::FILE_NAME;
use crate::source::{RepoPath, SourceText};
use crate::trial::pattern::glob;

/// Larger files are not taken along.
const LARGEST_BYTES: u64 = 2 * 1024 * 1024;

/// So many files that one pattern means, or that are in one folder, are taken along.
const MOST_MATCHING: usize = 64;
/// So far below a folder its files are looked for.
const DEEPEST: usize = 3;
/// And so much of them together.
const FOLDER_BYTES: u64 = 1024 * 1024;

/// Where a script stands.
#[derive(Debug, Clone)]
pub struct Place {
    /// The project that it belongs to, else its folder.
    pub root: PathBuf,
    /// The script, relative to that.
    pub script: RepoPath,
    /// Its folder.
    pub folder: PathBuf,
}

impl Place {
    /// Finds the script's place and reads it. The error says why it cannot be swept, and what to do.
    pub fn of(script: &Path) -> Result<(Self, SourceText), String> {
        let about = fs::metadata(script).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "is not there: give the path of a shell script".to_owned(),
            _ => format!("cannot be read: {error}"),
        })?;
        if about.is_dir() {
            return Err("is a folder: give the path of one shell script in it".to_owned());
        }
        if !about.is_file() {
            return Err("is no regular file: give the path of a shell script".to_owned());
        }
        let absolute = std::path::absolute(script).map_err(|error| format!("cannot be found: {error}"))?;
        let folder = absolute.parent().unwrap_or(Path::new("/"));
        let folder = folder.canonicalize().map_err(|error| format!("cannot be found: {error}"))?;
        let name = absolute.file_name().unwrap_or_default();
        let project = folder.ancestors().find(|parent| parent.join(FILE_NAME).is_file());
        let text = fs::read_to_string(&absolute).unwrap_or_default();
        let root = project
            .or_else(|| folder.ancestors().find(|parent| git::is_root(parent)))
            .or_else(|| folder.ancestors().nth(climbs(&text)).filter(|above| above.parent().is_some()))
            .unwrap_or(&folder);
        let inside = folder.strip_prefix(root).unwrap_or(Path::new("")).join(name);
        let Some(inside) = inside.to_str() else {
            return Err("has a name that is no UTF-8: rename it".to_owned());
        };
        let script = RepoPath::new(inside);
        let source = read::text(script.clone(), &folder.join(name)).map_err(|problem| problem.reason)?;
        let first = source.text().lines().next().unwrap_or_default();
        let shells = ["bash", "sh", "dash", "ksh", "env"];
        let word = first.strip_prefix("#!").map(|rest| {
            let words = rest.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
            words.filter(|word| !word.starts_with('-')).take(2).map(str::to_owned).collect::<Vec<_>>()
        });
        let named = word.as_deref().and_then(|words| words.iter().find(|word| *word != "env"));
        if let Some(named) = named.filter(|named| !shells.contains(&named.as_str())) {
            return Err(format!(
                "is a script for {named}, as its first line says: only bash and sh scripts can be swept"
            ));
        }
        if source.text().trim().is_empty() {
            return Err("is empty: there is nothing to run".to_owned());
        }
        Ok((Self { root: root.to_owned(), script, folder: folder.clone() }, source))
    }

    /// The files that these texts name, beside the script or below the project's root, and whether one of them is found
    /// from the script's folder only.
    pub fn named(&self, mentions: &BTreeSet<String>) -> (BTreeSet<RepoPath>, bool) {
        let mut found = BTreeSet::new();
        let mut only_here = false;
        for mention in mentions {
            let mention = mention.trim_start_matches('/');
            if mention.contains('*') {
                let from_here = self.matching(&self.folder, mention);
                let from_root = self.matching(&self.root, mention);
                only_here |= from_root.is_empty() && !from_here.is_empty();
                found.extend(if from_here.is_empty() { from_root } else { from_here });
                continue;
            }
            let from_root = self.file(&self.root.join(mention));
            let from_here = self.file(&self.folder.join(mention));
            let above = self.folder.parent().and_then(|parent| self.file(&parent.join(mention)));
            only_here |= from_root.is_none() && from_here.is_some();
            found.extend(from_here.or(from_root).or(above));
        }
        found.remove(&self.script);
        (found, only_here)
    }

    /// The files that `folder/*.json` means, seen from that folder, as many as are taken along.
    fn matching(&self, from: &Path, mention: &str) -> Vec<RepoPath> {
        let (folder, name) = mention.rsplit_once('/').unwrap_or(("", mention));
        if folder.contains('*')
            || folder.split('/').any(|part| part == "..")
            || folder.is_empty() && name.trim_matches('*').is_empty()
        {
            return Vec::new();
        }
        let entries = fs::read_dir(from.join(folder)).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries
            .filter(|entry| {
                entry.file_name().to_str().is_some_and(|own| !own.starts_with('.') && glob(name, own))
            })
            .map(|entry| entry.path())
            .collect();
        paths.sort();
        paths.iter().filter_map(|path| self.file(path)).take(MOST_MATCHING).collect()
    }

    /// The files of the folders that these texts name, beside the script or below the project's root, and the folders of
    /// which only some come along.
    pub fn folders(&self, mentions: &BTreeSet<String>) -> (BTreeSet<RepoPath>, Vec<String>) {
        let (mut found, mut cut) = (BTreeSet::new(), Vec::new());
        for mention in mentions {
            let mention = mention.trim_matches('/');
            let hidden = |part: &str| part.starts_with('.') || part.is_empty();
            if mention.contains('*') || mention.split('/').any(hidden) {
                continue;
            }
            let below = |from: &Path| {
                let path = from.join(mention).canonicalize().ok().filter(|path| path.is_dir())?;
                let is_below = path != self.root && path.starts_with(&self.root);
                (is_below && !self.folder.starts_with(&path)).then_some(path)
            };
            let Some(folder) = below(&self.folder).or_else(|| below(&self.root)) else { continue };
            let (files, whole) = files_in(&folder);
            if !whole {
                cut.push(mention.to_owned());
            }
            found.extend(files.iter().filter_map(|path| self.file(path)));
        }
        found.remove(&self.script);
        (found, cut)
    }

    fn file(&self, path: &Path) -> Option<RepoPath> {
        let about =
            fs::metadata(path).ok().filter(|about| about.is_file() && about.len() <= LARGEST_BYTES)?;
        let real = path.parent()?.canonicalize().ok()?.join(path.file_name()?);
        let inside = real.strip_prefix(&self.root).ok()?.to_str()?;
        (about.is_file() && !inside.starts_with(".git/") && read::bytes(&real).is_ok())
            .then(|| RepoPath::new(inside))
    }

    /// The text of a file beside the script, where it is a text.
    pub fn text(&self, path: &RepoPath) -> Option<SourceText> {
        read::text(path.clone(), &self.root.join(path.as_str())).ok()
    }
}

/// The files in a folder, as many as are taken along, and whether that is all.
fn files_in(folder: &Path) -> (Vec<PathBuf>, bool) {
    let shown = |entry: &DirEntry| entry.file_name().to_str().is_some_and(|name| !name.starts_with('.'));
    let (mut files, mut bytes) = (Vec::new(), 0);
    let all = WalkDir::new(folder).min_depth(1).max_depth(DEEPEST).sort_by_file_name();
    for entry in all.into_iter().filter_entry(shown).flatten() {
        if !entry.file_type().is_file() {
            continue;
        }
        bytes += entry.metadata().map_or(0, |about| about.len());
        if files.len() == MOST_MATCHING || bytes > FOLDER_BYTES {
            return (files, false);
        }
        files.push(entry.into_path());
    }
    (files, true)
}

/// So far above its folder a script is taken to look for its own.
const MOST_CLIMBS: usize = 3;

/// How far above its own folder a script looks: `$(dirname "$0")/../..`, `$(dirname "$(dirname "$0")")`; also in steps, through
/// variables.
fn climbs(text: &str) -> usize {
    // A file is one step below its folder.
    let mut places: Vec<(String, isize)> =
        ["$0", "${0", "BASH_SOURCE"].map(|name| (name.to_owned(), -1)).into();
    let mut most = 0;
    for line in text.lines().map(str::trim_start).filter(|line| !line.starts_with('#')) {
        let known = |(name, _): &&(String, isize)| line.contains(name.as_str());
        let Some((_, from)) = places.iter().rev().find(known) else { continue };
        let up = line.split('/').filter(|part| part.starts_with("..")).count();
        let steps = up + line.matches("dirname").count() + line.matches("%/*").count();
        let place = from.saturating_add_unsigned(steps);
        most = most.max(place);
        let assigned = line.split_once('=').map(|(name, _)| name.rsplit(' ').next().unwrap_or(name));
        if let Some(name) = assigned.filter(|name| crate::bash::is_name(name)) {
            places.push((format!("${name}"), place));
            places.push((format!("${{{name}"), place));
        }
    }
    usize::try_from(most).unwrap_or_default().min(MOST_CLIMBS)
}

/// The files among a script's arguments: each as it is on the disk, and where a script that starts in `folder` of a world
/// finds it. What is not there from here may be there from the script's own folder (`$here/$1`), which is `own` of the world.
pub fn arguments(
    args: &[String],
    folder: &str,
    (place, own): (&Place, &str),
    writable: &[&str],
) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for arg in args {
        let value = arg
            .split_once('=')
            .filter(|(name, _)| name.starts_with('-'))
            .map_or(arg.as_str(), |(_, value)| value);
        let path = Path::new(value);
        let fits = |path: &Path| {
            fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() <= LARGEST_BYTES)
        };
        if value.split('/').any(|part| part == "..") {
            continue;
        }
        if path.is_relative() && !value.is_empty() && path.is_dir() {
            let within = |file: &Path| Some(file.strip_prefix(path).ok()?.to_str()?.to_owned());
            let (inside, _) = files_in(path);
            let named = inside.into_iter().filter_map(|file| Some((within(&file)?, file)));
            let value = value.trim_start_matches("./").trim_end_matches('/');
            files.extend(named.map(|(name, file)| (file, format!("{folder}/{value}/{name}"))));
            continue;
        }
        if !fits(path) {
            let beside = place.folder.join(path);
            if path.is_relative() && !value.is_empty() && fits(&beside) {
                files.push((beside, format!("{own}/{}", value.trim_start_matches("./"))));
            }
            continue;
        }
        if path.is_absolute() {
            if writable.iter().any(|root| path.starts_with(root)) {
                files.push((path.to_owned(), value.to_owned()));
            }
        } else {
            files.push((path.to_owned(), format!("{folder}/{}", value.trim_start_matches("./"))));
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_says_how_far_above_it_its_own_folder_is() {
        for (line, far) in [
            ("TOP=$(cd $(dirname \"$0\")/.. && pwd)", 1),
            ("cd \"$(dirname \"${BASH_SOURCE[0]}\")/../..\"", 2),
            ("REPO=\"$(dirname \"$(dirname \"$0\")\")\"", 1),
            (". \"${0%/*}/../lib/log.sh\"", 1),
            ("cd \"$(dirname \"$0\")\"", 0),
            ("cp ../x .", 0),
            ("# $0 ../..", 0),
            ("HERE=$(cd \"$(dirname \"$0\")\" && pwd)\nTOP=$(cd $HERE/..; pwd)\n. $TOP/functions", 1),
            ("SELF=$(readlink -f \"$0\")\nHERE=$(dirname \"$SELF\")\nROOT=\"$(dirname \"${HERE}\")\"", 1),
        ] {
            assert_eq!(climbs(line), far, "{line}");
        }
    }
}
