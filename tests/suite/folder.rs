//! A folder for one test, thrown away afterwards, and the program run in it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A hardened script that no rule complains about when nothing but its text is looked at.
pub const CLEAN: &str = "#!/usr/bin/env bash\n# Prints a greeting.\n# Error regime: set -euo pipefail\nset -euo pipefail\nprintf 'hello\\n'\n";

/// A script without an error regime: one finding of L1.
pub const NO_REGIME: &str = "#!/usr/bin/env bash\n# Prints a greeting.\nprintf 'hello\\n'\n";

/// A folder with files in it.
pub struct Folder {
    folder: TempDir,
    cache: TempDir,
}

impl Folder {
    /// An empty folder. Its `gauntlet.toml` leaves out the rule that needs a changelog, so that one script is enough.
    pub fn new() -> Self {
        let made = || tempfile::tempdir().expect("a temporary folder can be made");
        let folder = Self { folder: made(), cache: made() };
        folder.write("gauntlet.toml", "version = 1\n[lint]\nignore = [\"changelog-entry\"]\n");
        folder
    }

    /// Writes a file, its folders too.
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("it has a parent")).expect("folders can be made");
        fs::write(&path, content).expect("a file can be written");
        path
    }

    /// A path inside.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Where the program keeps what it may keep, when it is run inside.
    pub fn cache(&self) -> &Path {
        self.cache.path()
    }

    /// The program, to be run inside with `args`, its environment free of what the machine says about colours.
    pub fn gauntlet(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::cargo_bin("gauntlet").expect("cargo built it");
        command.current_dir(self.folder.path()).args(args);
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM"] {
            command.env_remove(name);
        }
        // What one test keeps must not answer another; and it lies outside of what is linted.
        command.env("XDG_CACHE_HOME", self.cache());
        command
    }

    /// What `gauntlet lint --output-format json` says, with its exit code and stderr.
    pub fn lint(&self, args: &[&str]) -> Linted {
        let mut all = vec!["lint", "--output-format", "json"];
        all.extend(args);
        let output = self.gauntlet(all).output().expect("it runs");
        let stderr = String::from_utf8(output.stderr).expect("stderr is UTF-8");
        let json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("no JSON: {error}: {stderr}"));
        Linted { json, stderr, code: output.status.code().expect("it exits") }
    }
}

/// The outcome of one lint.
pub struct Linted {
    /// Its JSON.
    pub json: Value,
    /// Its stderr.
    pub stderr: String,
    /// Its exit code.
    pub code: i32,
}

impl Linted {
    /// How many files were read.
    pub fn files(&self) -> u64 {
        self.json["summary"]["files"].as_u64().expect("a number of files")
    }

    /// The files that have findings, each once.
    pub fn paths(&self) -> Vec<String> {
        let mut paths: Vec<String> = self.json["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .map(|finding| finding["path"].as_str().expect("a path").to_owned())
            .collect();
        paths.dedup();
        paths
    }
}
