//! What finally execs behind a command line, row by row: `fixtures/invocations/README.md` says how the rows are written.

use std::fs;
use std::path::Path;

use gauntlet::bash::{Dialect, InProcess};
use gauntlet::commands::read_wrappers;
use gauntlet::facts::{Ending, Invocation, invocations};

/// A command line and what execs behind it.
struct Row {
    place: String,
    command: String,
    expected: Vec<String>,
}

fn rows() -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/invocations");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder of the rows")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    files.iter().flat_map(|path| rows_of(path)).collect()
}

fn rows_of(path: &Path) -> Vec<Row> {
    let text = fs::read_to_string(path).expect("rows");
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut rows: Vec<Row> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(command) = line.strip_prefix("$ ") {
            let place = format!("{name}:{}", number + 1);
            rows.push(Row { place, command: command.to_owned(), expected: Vec::new() });
        } else if let Some(row) = rows.last_mut().filter(|_| !line.is_empty() && !line.starts_with('#')) {
            match line.strip_prefix("+ ") {
                Some(more) => {
                    row.command.push('\n');
                    row.command.push_str(more);
                }
                None => row.expected.push(line.to_owned()),
            }
        }
    }
    rows
}

/// An invocation as a row shows it: without the reasons.
fn shown(invocation: &Invocation) -> String {
    let text = invocation.to_string();
    let mut shown = match &invocation.ending {
        Ending::Opaque { .. } => {
            text.split("opaque, because").next().unwrap_or_default().trim_end().to_owned() + " opaque"
        }
        _ => text,
    };
    if invocation.doubt().is_some() {
        shown.push_str(" ?");
    }
    shown
}

/// What a text runs; it must be read whole.
fn read(text: &str) -> Vec<Invocation> {
    let reading = gauntlet::bash::read(text, Dialect::Bash, &InProcess::new());
    assert_eq!(reading.unread, [], "{text}");
    invocations(&reading.script)
}

#[test]
fn every_row_comes_to_what_its_tools_documentation_says() {
    let rows = rows();
    assert!(rows.len() >= 200, "only {} rows were found", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let seen: Vec<String> = read(&row.command).iter().map(shown).collect();
        assert!(!row.expected.is_empty(), "{}: nothing is expected", row.place);
        if seen != row.expected {
            wrong.push(format!(
                "{}: {}\n  expected {:#?}\n  seen {:#?}",
                row.place, row.command, row.expected, seen
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn a_table_of_wrappers_that_makes_no_sense_is_refused_with_the_place_to_mend() {
    let wrong = [
        ("", "a wrapper has no name"),
        ("name = 'a'\noptions = ['u=X']", "`u=X` is no option"),
        ("name = 'a'\noptions = ['-uX']", "`-uX` is no option"),
        ("name = 'a'\noptions = ['']", "`` is no option"),
        ("name = 'a'\noptions = ['-u=X --user']", "`-u=X --user` is no option"),
        ("name = 'a'\noptions = ['--user=']", "`--user=` is no option"),
        ("name = 'a'\noptions = ['--user[=X']", "`--user[=X` is no option"),
        ("name = 'a'\noptions = ['-u', '-u=X']", "wrapper `a`: the option `-u` is written twice"),
        ("name = 'a'\nnothing = ['-V']", "wrapper `a`: `nothing` names `-V`, which is not among its options"),
        ("name = 'a'\nneeds = ['-V']", "wrapper `a`: `needs` names `-V`, which is not among its options"),
        (
            "name = 'a'\noptions = ['-c']\ntext = ['-c']",
            "wrapper `a`: `text` names `-c`, which must take a value",
        ),
        (
            "name = 'a'\noptions = ['-s=X']\njoin = ['-s']",
            "wrapper `a`: `join` names `-s`, which must not take a value",
        ),
        ("name = 'a'\nflags = ['-V']", "unknown field `flags`"),
        ("name = 'a'\norder = 'random'", "unknown variant `random`"),
    ];
    for (table, message) in wrong {
        let error = read_wrappers(&format!("[[wrapper]]\n{table}\n")).expect_err(table);
        assert!(error.message().contains(message), "{table}: {}", error.message());
    }
    let sound = "[[wrapper]]\nname = 'a'\noptions = ['-u --user=X', '-p[=X]', '--v']\nnothing = ['--v']\n";
    assert_eq!(read_wrappers(sound).expect("it is sound").len(), 1);
}

#[test]
fn an_invocation_tells_where_it_stands_and_why_it_cannot_be_read() {
    let text = "true\nsudo --weird rm x\nf() { ssh h 'rm y'; }\n";
    let seen = read(text);
    let lines: Vec<usize> = seen
        .iter()
        .map(|invocation| 1 + text[..invocation.at.start as usize].matches('\n').count())
        .collect();
    assert_eq!(lines, [1, 2, 3]);
    assert_eq!(
        seen[1].to_string(),
        "sudo --weird rm x opaque, because `--weird` is no option of `sudo` that is known here"
    );
    assert!(seen[2].dead && seen[2].remote() && !seen[1].remote());
    assert_eq!(seen[2].ending, Ending::Program(vec!["rm".to_owned(), "y".to_owned()]));
}
