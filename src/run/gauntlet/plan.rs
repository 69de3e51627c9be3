//! What a run is to do before anything runs: which harnesses, and a hash of all that their trials depend on.

use crate::repo::{Project, listing};
use crate::report::results::Stamp;
use crate::run::gauntlet::{Request, load};
use crate::source::RepoPath;
use crate::trial::harness::Harness;

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

    /// What falls into it, in order: every `of`th.
    pub fn of<T>(self, all: Vec<T>) -> Vec<T> {
        let falls = |(index, _): &(usize, T)| index % self.of == self.part - 1;
        all.into_iter().enumerate().filter(falls).map(|(_, one)| one).collect()
    }
}

/// The plan of a request. The error is what could not be read, and why.
pub fn stamp(project: &Project, request: &Request) -> Result<Stamp, (String, String)> {
    let paths = load::harness_files(project, &request.names)?;
    let mut hasher = blake3::Hasher::new();
    let mut add = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    add(env!("CARGO_PKG_VERSION").as_bytes());
    add(format!("{:?}", project.settings().run).as_bytes());
    for path in &paths {
        for file in files(project, path).map_err(|reason| (path.to_string(), reason))? {
            add(file.as_str().as_bytes());
            add(&content(project, &file).map_err(|reason| (file.to_string(), reason))?);
        }
    }
    let plan = hasher.finalize().to_hex().to_string();
    let partition = request.partition.unwrap_or(Partition::WHOLE);
    let harnesses = partition.of(paths).iter().map(|path| load::stem(path).to_owned()).collect();
    Ok(Stamp { plan, partition: (partition.part, partition.of), harnesses })
}

/// The harness file, its script and what comes along. What is no harness has no other files; the run says so.
fn files(project: &Project, path: &RepoPath) -> Result<Vec<RepoPath>, String> {
    let mut files = vec![path.clone()];
    let text = content(project, path)?;
    if let Ok(harness) = Harness::parse(path, &String::from_utf8_lossy(&text)) {
        files.push(harness.script.clone());
        for glob in &harness.files {
            files.extend(listing::matching(project.root(), glob)?);
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn content(project: &Project, path: &RepoPath) -> Result<Vec<u8>, String> {
    crate::repo::read::bytes(&project.root().join(path.as_str()))
}
