//! Many scripts, in parallel.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use gauntlet::bash::{self, InProcess};
use gauntlet::lint::dialect;
use rayon::prelude::*;

use crate::compare::{Difference, Kind, compare, difference, ours};
use crate::shfmt;

static WITNESS: LazyLock<InProcess> = LazyLock::new(InProcess::new);

/// Largest script that is compared: gauntlet reads none that is larger.
const SIZE_LIMIT_BYTES: usize = 10 << 20;

/// How many of what.
#[derive(Debug, Default, Clone, Copy)]
pub struct Numbers {
    pub scripts: usize,
    pub commands: usize,
    pub not_utf8: usize,
    pub rejected_by_bash: usize,
    pub rejected_by_shfmt: usize,
    pub unreadable: usize,
}

/// What a survey found.
#[derive(Debug, Default)]
pub struct Tally {
    pub numbers: Numbers,
    pub differences: Vec<Difference>,
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scripts, commands, not_utf8, rejected_by_bash, rejected_by_shfmt, unreadable } = self;
        write!(
            f,
            "{scripts} scripts, {commands} commands (left out: {not_utf8} not UTF-8, {rejected_by_bash} rejected by \
             bash, {rejected_by_shfmt} rejected by shfmt, {unreadable} unreadable)"
        )
    }
}

/// Compares every script.
pub fn survey(paths: &[PathBuf]) -> Tally {
    paths.par_iter().map(|path| one(path)).reduce(Tally::default, Tally::and)
}

impl Tally {
    fn and(mut self, other: Self) -> Self {
        self.numbers.scripts += other.numbers.scripts;
        self.numbers.commands += other.numbers.commands;
        self.numbers.not_utf8 += other.numbers.not_utf8;
        self.numbers.rejected_by_bash += other.numbers.rejected_by_bash;
        self.numbers.rejected_by_shfmt += other.numbers.rejected_by_shfmt;
        self.numbers.unreadable += other.numbers.unreadable;
        self.differences.extend(other.differences);
        self
    }

    fn left_out(count: impl Fn(&mut Numbers) -> &mut usize) -> Self {
        let mut tally = Self::default();
        *count(&mut tally.numbers) = 1;
        tally
    }
}

fn one(path: &Path) -> Tally {
    let Ok(bytes) = std::fs::read(path) else { return Tally::left_out(|numbers| &mut numbers.unreadable) };
    if bytes.len() > SIZE_LIMIT_BYTES || bytes.contains(&0) {
        return Tally::left_out(|numbers| &mut numbers.unreadable);
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return Tally::left_out(|numbers| &mut numbers.not_utf8);
    };
    if !bash_accepts(path) {
        return Tally::left_out(|numbers| &mut numbers.rejected_by_bash);
    }
    let Some(theirs) = shfmt::outline(&text) else {
        return Tally::left_out(|numbers| &mut numbers.rejected_by_shfmt);
    };
    let name = path.display().to_string();
    let reading = bash::read(&text, dialect(&text, &name), &*WITNESS);
    let mut differences = compare(&name, &text, &ours(&reading), &theirs);
    differences.extend(
        reading.unread.iter().map(|region| difference(Kind::Unread, &name, &text, region.span.start)),
    );
    let commands = theirs.calls.len() + theirs.declarations.len();
    Tally { numbers: Numbers { scripts: 1, commands, ..Numbers::default() }, differences }
}

/// Whether `bash -n` has nothing to say.
fn bash_accepts(path: &Path) -> bool {
    let output = Command::new("bash").arg("-n").arg("--").arg(path).stdin(Stdio::null()).output();
    output.is_ok_and(|output| output.status.success() && output.stderr.is_empty() && output.stdout.is_empty())
}
