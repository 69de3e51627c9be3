//! `gauntlet lint --fix` and `--diff`: repairs are written, or shown as a diff that `git apply` takes.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};

use crate::bash::Witness;
use crate::cli::output::say;
use crate::cli::{COULD_NOT_CHECK, Failure};
use crate::lint::Linter;
use crate::repo::{Problem, Project};
use crate::report::plain;
use crate::run::Stop;
use crate::run::fix::{self, Repaired, Repairs};

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// Shows what would be written. Exit code 1 where that is anything.
pub fn diff(
    project: &Project,
    paths: &[PathBuf],
    linter: &Linter,
    witness: &dyn Witness,
    stop: &Stop,
) -> Result<ExitCode, Failure> {
    let repairs = fix::plan(project, paths, linter, witness, stop);
    let mut out = anstream::AutoStream::auto(io::stdout());
    for file in &repairs.files {
        match show(file, &mut out) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => return Err(format!("failed to write stdout: {error}; the diff is cut off").into()),
            Ok(()) => {}
        }
    }
    tell(&repairs, "could be fixed");
    Ok(match (trouble(&repairs), repairs.files.is_empty()) {
        (true, _) => ExitCode::from(COULD_NOT_CHECK),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::FAILURE,
    })
}

/// Writes the repairs. `Some` where that failed, and nothing is to be said of the files after it.
pub fn write(
    project: &Project,
    paths: &[PathBuf],
    linter: &Linter,
    witness: &dyn Witness,
    stop: &Stop,
) -> Option<ExitCode> {
    let mut repairs = fix::plan(project, paths, linter, witness, stop);
    if !repairs.stopped {
        fix::write_all(&mut repairs);
        tell(&repairs, "fixed");
    }
    trouble(&repairs).then(|| ExitCode::from(COULD_NOT_CHECK))
}

/// Tells what went wrong; answers whether anything did.
fn trouble(repairs: &Repairs) -> bool {
    for Problem { what, reason } in &repairs.problems {
        say(&format!("not fixed: {} {}", plain::line(what), plain::block(reason)));
    }
    if repairs.stopped {
        say("stopped: nothing was written after that");
    }
    repairs.stopped || !repairs.problems.is_empty()
}

fn tell(repairs: &Repairs, done: &str) {
    let plural = |number: usize, one: &str| {
        if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
    };
    say(&format!(
        "{} {done} in {}",
        plural(repairs.findings(), "finding"),
        plural(repairs.files.len(), "file")
    ));
}

fn show(file: &Repaired, out: &mut dyn Write) -> io::Result<()> {
    let diff = TextDiff::from_lines(&file.before, &file.after);
    let path = plain::line(file.path.as_str());
    writeln!(out, "--- a/{path}\n+++ b/{path}")?;
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        writeln!(out, "{}", hunk.header())?;
        for change in hunk.iter_changes() {
            let style = match change.tag() {
                ChangeTag::Delete => Style::new().fg_color(Some(AnsiColor::Red.into())),
                ChangeTag::Insert => Style::new().fg_color(Some(AnsiColor::Green.into())),
                ChangeTag::Equal => Style::new(),
            };
            let line = change.value();
            let text = line.strip_suffix('\n').unwrap_or(line);
            writeln!(out, "{style}{}{text}{style:#}", change.tag())?;
            if text.len() == line.len() {
                writeln!(out, "\\ No newline at end of file")?;
            }
        }
    }
    Ok(())
}
