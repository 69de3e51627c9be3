//! Lists of globs: `*` stays within a folder, `**` crosses folders, and a folder stands for all that is in it.
//!
//! This module never looks at a disk: it is asked about paths.

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Deserializer};

/// A list of globs, as written and compiled.
#[derive(Debug, Clone, Default)]
pub struct Globs {
    patterns: Vec<String>,
    set: GlobSet,
}

impl Globs {
    /// Compiles globs in which `*` stays within a folder and `**` crosses folders.
    pub fn new(patterns: Vec<String>) -> Result<Self, globset::Error> {
        let mut set = GlobSetBuilder::new();
        for pattern in &patterns {
            let pattern = pattern.trim_end_matches('/');
            set.add(glob(pattern)?);
            // A folder stands for everything below it.
            set.add(glob(&format!("{pattern}/**"))?);
        }
        Ok(Self { patterns, set: set.build()? })
    }

    pub(super) fn built_in(patterns: &[&str]) -> Self {
        let patterns = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Self::new(patterns).expect("the built-in globs compile: a test compiles them")
    }

    /// Whether one of them matches `path`.
    pub fn matches(&self, path: &str) -> bool {
        self.set.is_match(path)
    }

    /// The globs as written.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }
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
