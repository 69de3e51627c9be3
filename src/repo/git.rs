//! What git knows about the project. Everything here is optional: a project need not be under git.

use std::path::Path;
use std::process::{Command, Stdio};

/// Whether `folder` is the root of a git worktree (`.git` is a folder, or a file in linked worktrees and submodules).
pub fn is_root(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok()
}

/// The short name of the commit that is checked out; `None` without git, without a commit, without the program.
pub fn head(root: &Path) -> Option<String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["rev-parse", "--short=7", "HEAD"]);
    // Run from a hook, these would point git at another repository.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("GIT_")) {
            git.env_remove(&name);
        }
    }
    let answer = git.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    let commit = text.trim();
    (answer.status.success() && !commit.is_empty()).then(|| commit.to_owned())
}
