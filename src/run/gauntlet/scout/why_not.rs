//! Why there is no green run, and what to type.

use crate::run::gauntlet::Sweep;
use crate::run::gauntlet::load::Course;
use crate::trial::calls::{place, shown, typed};
use crate::trial::guess::{Sentinel, Survey, escaped};
use crate::trial::judge::exit_code;
use crate::trial::story;
use crate::trial::world::{Answer, Output, Record};

/// So much of a line that the script said is told.
const SAID_CHARS: usize = 200;
/// So many of its last commands are told.
const LAST_COMMANDS: usize = 3;

/// Why there is no green run, and what to type.
pub(super) fn why_not(course: &Course, request: &Sweep, survey: &Survey, record: &Record) -> String {
    let ended = match exit_code(record.end) {
        Some(code) => format!("ended with exit {code}"),
        None => "did not end".to_owned(),
    };
    let mut lines =
        vec![format!("was not swept: there is no green run. Without any fault the script {ended}")];
    // What tells why is likelier on stderr, and nearer to the end.
    let said: Vec<&str> = last_lines(&record.stdout, 2).chain(last_lines(&record.stderr, 3)).collect();
    if !said.is_empty() {
        lines.push("it said:".to_owned());
        lines.extend(said.iter().map(|line| {
            let cut: String = line.chars().take(SAID_CHARS).collect();
            format!("  {cut}")
        }));
    }
    let hint = arguments_hint(request, survey);
    if !hint.is_empty() {
        lines.push(hint.trim_start_matches(": ").to_owned());
    }
    if let Some(unaided) = &course.unaided {
        lines.extend(story::unused(&unaided.told, &record.calls));
    }
    let guilty = record
        .calls
        .iter()
        .rev()
        .find(|call| call.output == Output::Pipe && call.answer != Answer::Real)
        .or_else(|| record.calls.last());
    if let Some(call) = guilty {
        let stdout = call.stdout.trim_end();
        let answered =
            if stdout.is_empty() { "nothing".to_owned() } else { format!("`{}`", shown(&[stdout])) };
        lines.push(format!(
            "the last answer that it took came from {}: `{}` answered {answered} (exit {}). If the tool answers otherwise, say so:",
            place(&call.site),
            shown(&call.argv),
            call.exit
        ));
        let words: Vec<String> = call.site.argv.iter().map(|word| escaped(word)).collect();
        let stub = format!("{} => ANSWER", typed(&words));
        lines.push(format!("  --stub {}", typed(&[stub])));
    }
    if request.stdin.is_none() && survey.asks && course.harness.cases[0].stdin.contains(&Sentinel(0).text()) {
        lines.push(
            "it reads what an operator types: if it waits for a phrase, give it with --stdin TEXT".to_owned(),
        );
    }
    lines.join("\n")
}

/// The last lines of a text that say anything.
fn last_lines(text: &str, most: usize) -> impl Iterator<Item = &str> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let skipped = lines.len().saturating_sub(most);
    lines.into_iter().skip(skipped)
}

/// The last commands that the trace of a run has.
pub(super) fn last_commands(trace: &str) -> String {
    let is_end = |line: &&str| {
        let words = line.trim_start_matches('+').trim_start();
        !["exit", "return", "echo", "printf", "cat"].contains(&words.split(' ').next().unwrap_or_default())
    };
    // What the world's shells read first is traced, too.
    let own =
        trace.rfind("GAUNTLET_").map_or(0, |at| trace[at..].find('\n').map_or(trace.len(), |end| at + end));
    let commands: Vec<&str> =
        trace[own..].lines().filter(|line| line.starts_with('+')).filter(is_end).collect();
    let last = &commands[commands.len().saturating_sub(LAST_COMMANDS)..];
    let cut = |line: &&str| line.chars().take(SAID_CHARS).collect::<String>();
    last.iter().map(cut).fold(
        if last.is_empty() { String::new() } else { "\nthe last commands that it ran:".to_owned() },
        |lines, command| lines + "\n  " + &command,
    )
}

pub(super) fn arguments_hint(request: &Sweep, survey: &Survey) -> String {
    if request.args.is_empty() && survey.positional > 0 {
        return ": it was given no arguments, and it looks at some: if it needs them, give them after `--`"
            .to_owned();
    }
    String::new()
}
