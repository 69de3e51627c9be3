//! What a run is to do before anything runs: which harnesses, and a hash of all that their trials depend on.

use std::collections::BTreeMap;

use toml::Spanned;

use crate::repo::{Project, listing};
use crate::report::results::Stamp;
use crate::run::gauntlet::{Request, load};
use crate::settings::ToolSettings;
use crate::source::RepoPath;
use crate::trial::harness::HarnessFile;

/// A part of the harnesses: which, from 1, and of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// Which.
    pub part: usize,
    /// Of how many.
    pub of: usize,
}

impl Partition {
    /// All of them.
    pub const WHOLE: Self = Self { part: 1, of: 1 };

    /// Reads `2/3`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no partition: write PART/OF from 1, as in 1/3");
        let (part, of) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<usize>().map_err(|_| wrong());
        let (part, of) = (number(part)?, number(of)?);
        if part == 0 || part > of { Err(wrong()) } else { Ok(Self { part, of }) }
    }

    /// The harness files that fall into it, in order: every `of`th; where it is known how long they took, so that all
    /// parts take about as long.
    pub fn of(self, all: Vec<RepoPath>, timings: Option<&BTreeMap<String, u64>>) -> Vec<RepoPath> {
        let part_of = match timings {
            None => (0..all.len()).map(|index| index % self.of).collect(),
            Some(timings) => balanced(&all, self.of, timings),
        };
        all.into_iter().zip(part_of).filter(|(_, part)| *part == self.part - 1).map(|(one, _)| one).collect()
    }
}

/// The part of each harness file: the longest first, each to the part that has least to do. What is not known is taken to
/// be as long as the one in the middle.
fn balanced(all: &[RepoPath], parts: usize, timings: &BTreeMap<String, u64>) -> Vec<usize> {
    let known = |path: &RepoPath| timings.get(load::stem(path)).copied();
    let mut lengths: Vec<u64> = all.iter().filter_map(known).collect();
    lengths.sort_unstable();
    let middle = lengths.get(lengths.len() / 2).copied().unwrap_or(1);
    let mut order: Vec<(u64, usize)> =
        all.iter().enumerate().map(|(index, path)| (known(path).unwrap_or(middle), index)).collect();
    order.sort_by_key(|(length, index)| (std::cmp::Reverse(*length), *index));
    let mut loads = vec![0_u64; parts];
    let mut part_of = vec![0; all.len()];
    for (length, index) in order {
        let least = (0..parts).min_by_key(|part| (loads[*part], *part)).unwrap_or(0);
        loads[least] = loads[least].saturating_add(length.max(1));
        part_of[index] = least;
    }
    part_of
}

/// The plan of a request. The error is what could not be read, and why.
pub fn stamp(project: &Project, request: &Request) -> Result<Stamp, (String, String)> {
    let paths = load::harness_files(project, &request.names)?;
    let mut plan = digest(project, &paths)?;
    if let Some(timings) = &request.timings {
        // Parts that were cut by other times are no parts of the same whole.
        plan = blake3::hash(format!("{plan} {timings:?}").as_bytes()).to_hex().to_string();
    }
    let partition = request.partition.unwrap_or(Partition::WHOLE);
    let part = partition.of(paths, request.timings.as_ref());
    let harnesses = part.iter().map(|path| load::stem(path).to_owned()).collect();
    Ok(Stamp { plan, partition: (partition.part, partition.of), harnesses })
}

/// A hash of all that is of the project and that the trials of these harnesses depend on.
pub(super) fn digest(project: &Project, paths: &[RepoPath]) -> Result<String, (String, String)> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(format!("{:?}", project.settings().run).as_bytes());
    // What changes something is judged by them.
    let tools: Vec<&ToolSettings> = project.settings().tools.iter().map(Spanned::get_ref).collect();
    add(format!("{tools:?}").as_bytes());
    for path in paths {
        for file in files(project, path).map_err(|reason| (path.to_string(), reason))? {
            add(file.as_str().as_bytes());
            let on_disk = project.root().join(file.as_str());
            add(&crate::repo::read::digest(&on_disk).map_err(|reason| (file.to_string(), reason))?);
            add(&[u8::from(crate::repo::read::is_executable(&on_disk))]);
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// The harness file, its script and what comes along. What is no harness has no other files; the run says so.
fn files(project: &Project, path: &RepoPath) -> Result<Vec<RepoPath>, String> {
    let mut files = vec![path.clone()];
    let text = content(project, path)?;
    let globs = match HarnessFile::parse(path, &String::from_utf8_lossy(&text)) {
        Ok(HarnessFile::Script(harness)) => {
            files.push(harness.script.clone());
            harness.files
        }
        Ok(HarnessFile::Suite(suite)) => suite.files,
        Err(_) => Vec::new(),
    };
    for glob in &globs {
        files.extend(listing::matching(project.root(), glob)?);
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn content(project: &Project, path: &RepoPath) -> Result<Vec<u8>, String> {
    crate::repo::read::bytes(&project.root().join(path.as_str()))
}
