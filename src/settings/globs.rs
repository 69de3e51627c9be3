//! Lists of globs: `*` stays within a folder, `**` crosses folders, and a folder stands for all that is in it.
//!
//! This module never looks at a disk: it is asked about paths.

use std::sync::OnceLock;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Deserializer};

/// Lists up to this length surely compile.
const MOST_BYTES: usize = 8 << 10;

/// A list of globs, as written and compiled.
#[derive(Debug, Clone, Default)]
pub struct Globs {
    patterns: Vec<String>,
    compiled: Vec<Glob>,
    /// Built when the first path is asked about: a guard asks about none.
    set: OnceLock<GlobSet>,
}

impl Globs {
    /// Compiles globs in which `*` stays within a folder and `**` crosses folders.
    pub fn new(patterns: Vec<String>) -> Result<Self, globset::Error> {
        let mut globs = Vec::with_capacity(2 * patterns.len());
        for pattern in &patterns {
            let pattern = pattern.trim_end_matches('/');
            globs.push(glob(pattern)?);
            // A folder stands for everything below it.
            globs.push(glob(&format!("{pattern}/**"))?);
        }
        // What is too large to be compiled is refused here, not when the first path comes.
        if patterns.iter().map(String::len).sum::<usize>() > MOST_BYTES {
            build(&globs)?;
        }
        Ok(Self { patterns, compiled: globs, set: OnceLock::new() })
    }

    pub(super) fn built_in(patterns: &[&str]) -> Self {
        let patterns = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Self::new(patterns).expect("the built-in globs compile: a test compiles them")
    }

    /// Whether one of them matches `path`.
    pub fn matches(&self, path: &str) -> bool {
        let set = self.set.get_or_init(|| build(&self.compiled).expect("globs of this length compile"));
        set.is_match(path)
    }

    /// The globs as written.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }
}

fn build(globs: &[Glob]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(glob.clone());
    }
    set.build()
}

fn glob(pattern: &str) -> Result<Glob, globset::Error> {
    globset::GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build()
}

impl<'de> Deserialize<'de> for Globs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let patterns = Vec::<String>::deserialize(deserializer)?;
        Self::new(patterns).map_err(|error| serde::de::Error::custom(format!("bad glob: {error}")))
    }
}
