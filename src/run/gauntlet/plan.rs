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

/// More parts than any run has trials.
const MOST_PARTS: usize = 65_536;

impl Partition {
    /// All of them.
    pub const WHOLE: Self = Self { part: 1, of: 1 };

    /// Reads `2/3`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no partition: write PART/OF from 1, as in 1/3");
        let (part, of) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<usize>().map_err(|_| wrong());
        let (part, of) = (number(part)?, number(of)?);
        if of > MOST_PARTS {
            return Err(format!("{text:?} is no partition: there are at most {MOST_PARTS} of them"));
        }
        if part == 0 || part > of { Err(wrong()) } else { Ok(Self { part, of }) }
    }

    /// The pieces of harness files that fall into it, in order: all of them lie on one line, each as long as it took where
    /// that is known, and the line is cut into parts of one length.
    pub fn of(self, all: Vec<RepoPath>, timings: Option<&BTreeMap<String, u64>>) -> Vec<Piece> {
        let lengths = lengths(&all, timings);
        let (part, of) = (self.part as u64, self.of as u64);
        let whole: u64 = lengths.iter().sum();
        let (from, to) = (whole * (part - 1), whole * part);
        let mut begin = 0;
        let mut pieces = Vec::new();
        for (path, length) in all.into_iter().zip(lengths) {
            let end = begin + length * of;
            let (first, last) = (from.max(begin), to.min(end));
            if first < last {
                pieces.push(Piece { path, from: first - begin, to: last - begin, of: end - begin });
            }
            begin = end;
        }
        pieces
    }
}

/// A harness file, or a part of its trials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The file.
    pub path: RepoPath,
    /// Where it begins on the way from 0 to `of`.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
    /// The length of the whole.
    pub of: u64,
}

impl Piece {
    /// All of a harness.
    pub fn whole(path: RepoPath) -> Self {
        Self { path, from: 0, to: 1, of: 1 }
    }

    /// Whether it is all of the harness.
    pub fn is_whole(&self) -> bool {
        self.to - self.from == self.of
    }

    /// Whether it is the one that tells what the harness has once.
    pub fn is_first(&self) -> bool {
        self.from == 0
    }

    /// Whether the trial of this index, of so many, is in it.
    pub fn holds(&self, index: usize, count: usize) -> bool {
        let at = index as u128 * u128::from(self.of) / count.max(1) as u128;
        (u128::from(self.from)..u128::from(self.to)).contains(&at)
    }
}

/// How long each harness file takes. What is not known is taken to be as long as the one in the middle.
fn lengths(all: &[RepoPath], timings: Option<&BTreeMap<String, u64>>) -> Vec<u64> {
    let known = |path: &RepoPath| timings.and_then(|timings| timings.get(load::stem(path)).copied());
    let mut sorted: Vec<u64> = all.iter().filter_map(known).collect();
    sorted.sort_unstable();
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(1);
    // A hundred years are long enough, and can be multiplied.
    let length = |path: &RepoPath| known(path).unwrap_or(middle).clamp(1, 1 << 42);
    all.iter().map(length).collect()
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
    let harnesses = part.iter().map(|piece| load::stem(&piece.path).to_owned()).collect();
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
