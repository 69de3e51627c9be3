//! What a script did, told in lines: its calls beside the green run's, and what it printed.

use std::collections::{BTreeMap, BTreeSet};

use similar::{ChangeTag, TextDiff};

use crate::event::{LACKING, PLACED, UNUSED};
use crate::nearest::nearest;
use crate::trial::calls::{shown, trace_line};
use crate::trial::judge::exit_code;
use crate::trial::pattern::Pattern;
use crate::trial::world::{Answer, Call, Output, Record, There};

/// So many calls after a fault are told in a report; `repro` tells all.
const TOLD_CALLS: usize = 10;
/// So many lines of each output.
const TOLD_LINES: usize = 6;

/// One line of two traces side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceLine {
    /// `' '` in both, `'-'` in the green run only, `'+'` in this run only, `'!'` the call that failed.
    pub mark: char,
    /// Place, words.
    pub text: String,
}

/// Two traces side by side, all of them.
pub fn side_by_side(green: &[Call], run: &[Call]) -> Vec<TraceLine> {
    let old: Vec<String> = green.iter().map(trace_line).collect();
    let new: Vec<String> = run.iter().map(trace_line).collect();
    let old: Vec<&str> = old.iter().map(String::as_str).collect();
    let new: Vec<&str> = new.iter().map(String::as_str).collect();
    TextDiff::from_slices(&old, &new)
        .iter_all_changes()
        .map(|change| {
            let failed = change.new_index().is_some_and(|at| run[at].answer == Answer::Fault);
            let mark = match change.tag() {
                _ if failed => '!',
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            TraceLine { mark, text: change.value().to_string() }
        })
        .collect()
}

/// Where two traces differ, in a few lines.
pub fn difference(green: &[Call], run: &[Call]) -> Vec<String> {
    let lines = side_by_side(green, run);
    let first = lines.iter().position(|line| line.mark != ' ').unwrap_or_default();
    told(&lines[first.saturating_sub(1)..])
}

/// What came after the fault: the calls beside the green run's, the ends of both outputs, the exit.
pub fn aftermath(green: &Record, at: usize, record: &Record, fired: usize) -> Vec<String> {
    let later_green = green.calls.get(at + 1..).unwrap_or_default();
    let mut lines = told(&side_by_side(later_green, &record.calls[fired + 1..]));
    let call = &record.calls[fired];
    lines.extend(output_lines("stdout", tail_from(&record.stdout, call.stdout_before)));
    lines.extend(output_lines("stderr", tail_from(&record.stderr, call.stderr_before)));
    lines.push(ended(record));
    lines
}

/// The guessed answers that the script took, as `--stub` takes them.
pub fn assumed(calls: &[Call]) -> Vec<String> {
    let mut lines = Vec::new();
    let taken =
        |call: &&Call| call.answer == Answer::Guess && matches!(call.output, Output::Pipe | Output::File);
    for call in calls.iter().filter(taken) {
        let answer = Some(call.stdout.trim_end()).filter(|text| !text.is_empty()).unwrap_or("(nothing)");
        let line = format!("{} => {answer}", shown(&call.site.argv));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// What was put into the world because the script lacked it or asked for it, a line each.
pub fn placed(there: &BTreeMap<String, There>) -> Vec<String> {
    let what = |thing: &There| match thing {
        There::Folder => "a folder".to_owned(),
        There::Program => "a program".to_owned(),
        There::File(content) if content.is_empty() => "an empty file".to_owned(),
        There::File(content) => match content.trim_end().split_once('\n') {
            None => format!("a file that says `{}`", content.trim_end()),
            Some((first, _)) => format!("a file that begins with `{first}`"),
        },
    };
    let (kernel, others): (Vec<_>, Vec<_>) = there.iter().partition(|(path, _)| path.starts_with("/proc/"));
    let mut lines: Vec<String> =
        others.into_iter().map(|(path, thing)| format!("{PLACED}{path}: {}", what(thing))).collect();
    if !kernel.is_empty() {
        lines.push(format!("{PLACED}/proc: what the kernel tells of a machine"));
    }
    lines
}

/// The variables that were set for the script, a line each.
pub fn given<'e>(env: impl Iterator<Item = (&'e String, &'e String)>) -> Vec<String> {
    let said = |value: &str| match value {
        "" => "an empty variable".to_owned(),
        value => format!("a variable that says `{value}`"),
    };
    env.map(|(name, value)| format!("{PLACED}{name}: {}", said(value))).collect()
}

/// The files that were to be read as parts of the script and were not there, a line each.
pub fn lacking(files: &[String]) -> Vec<String> {
    files
        .iter()
        .map(|path| format!("{LACKING}{path}: read as a part of the script, and not there; its functions were taken for programs"))
        .collect()
}

/// The folders of which only some files came along, a line each.
pub fn cut(folders: &[String]) -> Vec<String> {
    folders.iter().map(|folder| format!("{PLACED}{folder}: only the first of its files")).collect()
}

/// The answers of these that nobody asked for, a line each, with the calls that they may have been meant for.
pub fn unused<'s>(stubs: impl IntoIterator<Item = &'s Pattern>, calls: &[Call]) -> Vec<String> {
    let made: BTreeSet<String> = calls.iter().map(|call| shown(&call.site.argv)).collect();
    let unused = stubs.into_iter().filter(|stub| !calls.iter().any(|call| stub.matches(&call.argv)));
    unused
        .map(|stub| {
            let text = stub.to_string();
            let of_it = |call: &&str| call.split(' ').next() == Some(stub.program());
            let own: Vec<&str> = made.iter().map(String::as_str).filter(of_it).collect();
            let near = nearest(&text, own.iter().copied())
                .or_else(|| nearest(&text, made.iter().map(String::as_str)))
                .or_else(|| own.first().copied());
            let near = near.map(|call| format!("; the nearest is `{call}`")).unwrap_or_default();
            format!("{UNUSED}`{text}` answered no call{near}")
        })
        .collect()
}

/// How the run ended, and what both of its outputs end with.
pub fn endings(record: &Record) -> Vec<String> {
    let mut lines = output_lines("stdout", &record.stdout);
    lines.extend(output_lines("stderr", &record.stderr));
    lines.push(ended(record));
    lines
}

fn ended(record: &Record) -> String {
    match exit_code(record.end) {
        Some(code) => format!("exit {code}"),
        None => "stopped at its deadline".to_owned(),
    }
}

fn told(lines: &[TraceLine]) -> Vec<String> {
    let mut told: Vec<String> =
        lines.iter().take(TOLD_CALLS).map(|line| format!("{} {}", line.mark, line.text)).collect();
    if lines.len() > TOLD_CALLS {
        told.push(format!("  ... {} more", lines.len() - TOLD_CALLS));
    }
    told
}

/// The last lines of an output, each with the output's name.
fn output_lines(name: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(TOLD_LINES);
    lines[from..].iter().map(|line| format!("{name}| {line}")).collect()
}

/// The text from byte `start` on; from the next whole character where that is inside one.
pub fn tail_from(text: &str, start: usize) -> &str {
    let start =
        (start.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    &text[start..]
}
