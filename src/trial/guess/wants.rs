//! What answers a run would have needed, read from its trace (`set -x`) and its calls.
//!
//! Where a script holds a guess against a text that only the run knows (a variable, an argument, a document's field), the
//! trace shows both. Which call the guess came from is told by its text.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document;
use super::gates;
use super::values;
use crate::trial::world::{Answer, Call};

/// So many of the last comparisons are looked at.
const COMPARED: usize = 12;

/// So many calls may come out of order.
const BESIDE: usize = 3;

/// Another answer to one of the run's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The call's place among the run's calls.
    pub call: usize,
    /// What it should print.
    pub stdout: String,
}

/// What the run would have needed, the likeliest first. `arms` are the patterns of the scripts' `case` commands.
pub fn wants(trace: &str, calls: &[Call], arms: &[String]) -> Vec<Want> {
    let mut found: Vec<Want> = Vec::new();
    let mut add = |want: Want| {
        let same = calls[want.call].stdout.trim_end() == want.stdout.trim_end();
        if !same && !found.contains(&want) {
            found.push(want);
        }
    };
    // What jq cannot read is no document of the right form.
    let failed = |(_, call): &(usize, &Call)| call.exit != 0 && call.program() == "jq";
    if let Some((at, jq)) = calls.iter().enumerate().rev().take(BESIDE).find(failed) {
        filter(jq).and_then(|filter| document_of(calls, at, &filter, None)).into_iter().for_each(&mut add);
    }
    let compared = gates::comparisons(trace).into_iter().take(COMPARED);
    for (own, other) in compared.chain(reckoned(trace).into_iter().take(COMPARED)) {
        for (own, other) in [(&own, &other), (&other, &own)] {
            if own != other && !other.is_empty() {
                replaced(calls, own, other).into_iter().for_each(&mut add);
            }
        }
    }
    for own in chosen(trace).into_iter().take(COMPARED) {
        for arm in arms.iter().filter(|arm| **arm != own) {
            replaced(calls, &own, arm).into_iter().for_each(&mut add);
        }
    }
    for sample in looked_for(trace).into_iter().take(COMPARED) {
        let read = |(_, call): &(usize, &Call)| {
            matches!(call.answer, Answer::Guess | Answer::Stub(_)) && !call.stdout.is_empty()
        };
        for (at, call) in calls.iter().enumerate().rev().filter(read).take(3) {
            add(Want { call: at, stdout: format!("{}\n{sample}", call.stdout.trim_end()) });
            add(Want { call: at, stdout: sample.clone() });
        }
    }
    found
}

/// The calls that may have said `own`, saying `other` in its place: as all of their answer, as a line, as a word, as a field
/// of the document that jq read.
fn replaced(calls: &[Call], own: &str, other: &str) -> Vec<Want> {
    let mut found = Vec::new();
    if own.is_empty() {
        return found;
    }
    for (at, call) in calls.iter().enumerate().rev() {
        match call.answer {
            Answer::Real if call.stdout.trim() == own => {
                found.extend(filter(call).and_then(|filter| document_of(calls, at, &filter, Some(other))));
            }
            Answer::Guess | Answer::Stub(_) => {
                let text = call.stdout.trim();
                let exchanged: Option<String> = if text == own {
                    Some(other.to_owned())
                } else if text.lines().any(|line| line.split_whitespace().any(|word| word == own)) {
                    let line = |line: &str| {
                        let word = |word| if word == own { other } else { word };
                        line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
                    };
                    Some(text.lines().map(line).collect::<Vec<_>>().join("\n"))
                } else {
                    None
                };
                found.extend(exchanged.map(|stdout| Want { call: at, stdout }));
            }
            _ => {}
        }
    }
    found
}

/// The document that the jq call number `at` reads, so changed that the program's answer is `leaf`: it is what the last call
/// before it said that was asked for a document, or else the last one that said anything.
fn document_of(calls: &[Call], at: usize, filter: &str, leaf: Option<&str>) -> Option<Want> {
    let tools = || {
        let tool = |call: &Call| matches!(call.answer, Answer::Guess | Answer::Stub(_));
        // In a pipeline the reader may come first.
        let until = calls.len().min(at + BESIDE);
        calls[..until].iter().enumerate().rev().filter(move |(_, call)| tool(call) && !call.stdout.is_empty())
    };
    let read =
        |call: &Call| serde_json::from_str::<Value>(&call.stdout).ok().filter(|value| !value.is_number());
    let (call, old) = tools()
        .find_map(|(at, call)| Some((at, Some(read(call)?))))
        .or_else(|| tools().next().map(|(at, _)| (at, None)))?;
    Some(Want { call, stdout: document::with_answer(old, filter, leaf).to_string() })
}

/// The program of a jq call, with the texts of its arguments in it.
fn filter(call: &Call) -> Option<String> {
    if call.program() != "jq" {
        return None;
    }
    let mut words = call.argv.iter().skip(1);
    let mut filter: Option<String> = None;
    let mut arguments: Vec<(&String, &String)> = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--arg" | "--argjson" => arguments.extend(words.next().zip(words.next())),
            "--slurpfile" | "--rawfile" => drop((words.next(), words.next())),
            "--indent" | "-f" | "--from-file" | "-L" => drop(words.next()),
            option if option.starts_with('-') => {}
            program => drop(filter.get_or_insert_with(|| program.to_owned())),
        }
    }
    let mut filter = filter?;
    for (name, value) in arguments {
        filter = filter.replace(&format!("${name}"), &format!("\"{value}\""));
    }
    Some(filter)
}

/// The words that `case` commands chose by, the last first. The trace shows the word as it is written; what a variable held
/// then, its last assignment tells.
pub(super) fn chosen(trace: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for line in trace.lines().filter(|line| line.starts_with('+')) {
        let line = line.trim_start_matches('+').trim();
        if let Some(word) = line.strip_prefix("case ").and_then(|rest| rest.strip_suffix(" in")) {
            found.extend(values.get(name_in(word)).cloned());
        } else if let Some((name, value)) = assigned(line) {
            values.insert(name, value);
        }
    }
    found.reverse();
    found.dedup();
    found
}

/// What numbers were held against in `(( ))`, the last first, as [`gates::comparisons`] has it.
fn reckoned(trace: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for line in trace.lines().filter(|line| line.starts_with('+')) {
        let line = line.trim_start_matches('+').trim();
        if let Some(inside) = line.strip_prefix("((").and_then(|rest| rest.strip_suffix("))")) {
            let words: Vec<&str> = inside.split_whitespace().collect();
            if let [left, op, right] = words.as_slice()
                && ["==", "!=", "<", "<=", ">", ">="].contains(op)
                && let Some(own) = values.get(name_in(left))
                && let Ok(number) = right.parse::<u64>()
            {
                let near = [number, number + 1, number.saturating_sub(1)];
                found.extend(near.iter().rev().map(|near| (own.clone(), near.to_string())));
            }
        } else if let Some((name, value)) = assigned(line) {
            values.insert(name, value);
        }
    }
    found.reverse();
    found
}

/// `name=value`, also behind `local` and its like.
fn assigned(line: &str) -> Option<(String, String)> {
    let line = ["local ", "declare ", "export ", "readonly "]
        .iter()
        .find_map(|head| line.strip_prefix(head))
        .unwrap_or(line);
    let (name, _) = line.split_once('=').filter(|(name, _)| crate::bash::is_name(name))?;
    let words = shlex::split(line)?;
    let value = words.first()?.get(name.len() + 1..)?;
    (words.len() == 1).then(|| (name.to_owned(), value.to_owned()))
}

/// The variable of `$name`, `"${name}"`, `name`.
fn name_in(word: &str) -> &str {
    word.trim_matches(['"', '$', '{', '}'])
}

/// Texts that greps looked for, the last first.
fn looked_for(trace: &str) -> Vec<String> {
    let mut found: Vec<String> = searches(trace).into_iter().map(|(_, sample)| sample).collect();
    found.dedup();
    found
}

/// The greps of a run, the last first: their words, and a text that they would find.
pub(super) fn searches(trace: &str) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    for line in trace.lines().rev().filter(|line| line.starts_with('+')) {
        let words = shlex::split(line.trim_start_matches('+').trim()).unwrap_or_default();
        let Some((name, rest)) = words.split_first() else { continue };
        if !matches!(name.as_str(), "grep" | "egrep" | "fgrep") {
            continue;
        }
        let bundle = |letter: char| {
            rest.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
        };
        if bundle('v') {
            continue;
        }
        let mut operands = rest.iter();
        let mut pattern = None;
        while let Some(word) = operands.next() {
            match word.as_str() {
                "--" | "-e" | "--regexp" => {
                    pattern = operands.next();
                    break;
                }
                option if option.starts_with('-') && option.len() > 1 => {}
                _ => {
                    pattern = Some(word);
                    break;
                }
            }
        }
        let Some(pattern) = pattern.filter(|pattern| !pattern.is_empty()) else { continue };
        let fixed = name == "fgrep" || bundle('F');
        let sample = if fixed { Some(pattern.clone()) } else { values::sample(&extended(pattern)) };
        found.extend(sample.map(|sample| (rest.to_vec(), sample)));
    }
    found
}

/// A basic regular expression as an extended one.
fn extended(pattern: &str) -> String {
    pattern.replace("\\|", "|").replace("\\+", "+").replace("\\(", "(").replace("\\)", ")")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::world::Site;

    fn call(words: &str, answer: Answer, stdout: &str, exit: i32) -> Call {
        let argv = shlex::split(words).expect("it splits");
        let site = Site { argv: argv.clone(), at: None };
        Call { argv, site, answer, stdout: stdout.to_owned(), exit, ..Call::default() }
    }

    fn first(trace: &str, calls: &[Call]) -> Option<(usize, String)> {
        let arms = ["_COMPLETE".to_owned()];
        wants(trace, calls, &arms).into_iter().next().map(|want| (want.call, want.stdout))
    }

    #[test]
    fn what_was_held_against_a_text_should_have_been_that_text() {
        let tool = |stdout: &str| [call("tool show", Answer::Guess, stdout, 0)];
        for (trace, stdout, wanted) in [
            ("+ [[ web-1 == \\a\\c\\t\\i\\v\\e ]]", "web-1\n", "active"),
            ("+ [ 5 -ge 30 ]", "5\n", "30"),
            ("+ [[ web-1 == 0 ]]", "orders web-1\n", "orders 0"),
            ("++ st=ACTIVE\n+ case \"$st\" in", "ACTIVE\n", "_COMPLETE"),
            ("+ local lag=30\n+ (( lag < 30 ))", "30\n", "31"),
            ("++ grep -qxF -- ssd", "web\n", "web\nssd"),
        ] {
            assert_eq!(first(trace, &tool(stdout)), Some((0, wanted.to_owned())), "{trace}");
        }
        assert_eq!(first("+ [[ web-1 == web-1 ]]", &tool("web-1\n")), None);
    }

    #[test]
    fn a_document_should_have_held_what_jq_read() {
        let calls = |jq: &str, exit: i32| {
            vec![
                call("tool read -o json", Answer::Guess, "{\"name\":\"a\"}\n", 0),
                call("tool tag", Answer::Guess, "", 0),
                call("jq -r --arg u web/0 '.units[$u].state'", Answer::Real, jq, exit),
            ]
        };
        let document =
            |state: &str| Some((0, format!(r#"{{"name":"a","units":{{"web/0":{{"state":"{state}"}}}}}}"#)));
        assert_eq!(first("+ [[ null == \\u\\p ]]", &calls("null\n", 0)), document("up"));
        assert_eq!(first("", &calls("", 5)), document("ACTIVE"));
    }
}
