//! What the judge goes by where nobody wrote a harness: nothing is declared, so the run itself must show that a script
//! noticed a fault.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::commands::Tables;
use crate::fault::FaultKind;
use crate::trial::calls::place;
use crate::trial::claim;
use crate::trial::judge::{Judgement, WENT_ON};
use crate::trial::world::{Answer, Call, End, Fault, Record};
use crate::verdict::Verdict;

/// Why exit 0 is right after the fault, where it is: the same call came again and succeeded, and that is no chance. A
/// script that calls the same once more in any case, and nothing that it does not call in the green run, did not notice.
pub(super) fn recovered(fault: &Fault, later: &[Call], all: &[Call], green: &[Call]) -> Option<String> {
    let again = later
        .iter()
        .find(|call| call.site.argv == fault.site.argv && call.answer != Answer::Fault && call.exit == 0)?;
    let times = |calls: &[Call], argv: &[String]| calls.iter().filter(|call| call.site.argv == argv).count();
    let more = |call: &Call| times(all, &call.site.argv) > times(green, &call.site.argv);
    if !later.iter().any(more) {
        return None;
    }
    let mut rest = "; the same call came again".to_owned();
    if again.site.at != fault.site.at {
        let _ = write!(rest, " at {}", place(&again.site));
    }
    rest.push_str(" and succeeded, exit 0");
    Some(rest)
}

/// Another failure of the same call (another page of the same server, where that is how it fails), where it must be known whether the script tells the fault from it: "it is not there" was
/// followed by exit 0.
pub fn probe(fault: &Fault, judgement: &Judgement) -> Option<Fault> {
    if fault.kind != FaultKind::Absent || judgement.verdict != Verdict::Swallowed {
        return None;
    }
    if fault.exit == 0 && !fault.stdout.trim().is_empty() {
        // It says so in the place of what it was asked for: another text must be told from that one.
        let stdout = fault.stdout.replace("404", "500").replace("Not Found", "Internal Server Error");
        return Some(Fault { kind: FaultKind::Exit, stdout, ..fault.clone() });
    }
    let other = |code: &u8| *code != fault.exit && !Tables::builtin().is_answer(&fault.site.argv, *code);
    let exit = (70..=80).find(other)?;
    let stderr = "internal error\n".to_owned();
    Some(Fault { kind: FaultKind::Exit, exit, stdout: String::new(), stderr, ..fault.clone() })
}

/// What the probe shows: a script that fails then has told "it is not there" from it, so it tests for that.
pub fn told_apart(judgement: &mut Judgement, probed: &Record) {
    if probed.end != End::Code(0) && probed.end != End::TimedOut {
        judgement.verdict = Verdict::Recovered;
        let said = judgement.explanation.split(WENT_ON).next().unwrap_or_default();
        judgement.explanation = format!("{said}; the script tells that from other failures, exit 0");
        judgement.aftermath.clear();
    }
}

/// Whether bash itself says that a command could not be run as it stands (`x.sh: line 7: /values.yaml: Permission denied`),
/// and did not in the green run.
pub(super) fn complains(stderr: &str, green: &str) -> bool {
    const NOT_RUN: [&str; 8] = [
        ": Permission denied",
        ": Read-only file system",
        ": No such file or directory",
        ": command not found",
        ": Is a directory",
        ": Not a directory",
        ": ambiguous redirect",
        ": File name too long",
    ];
    let of_bash = |line: &&str| {
        line.split_once(": line ")
            .and_then(|(_, rest)| rest.split_once(": "))
            .is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let not_run = |line: &&str| of_bash(line) && NOT_RUN.iter().any(|end| line.ends_with(end));
    stderr.lines().filter(not_run).any(|line| !green.lines().any(|own| own == line))
}

/// What claims success although the script ended with a failure.
///
/// Who says what failed may well say that other things are fine: only a claim that nothing takes back counts.
pub(super) fn claim(stdout: &str, stderr: &str) -> Option<String> {
    let found = claim::claim(None, stdout).or_else(|| claim::claim(None, stderr))?;
    let closing = |text: &str| {
        text.lines().rev().find(|line| !line.trim().is_empty()).is_some_and(|line| line.trim() == found)
    };
    let denied = claim::denies(stdout) || claim::denies(stderr);
    let whole = claim::claims_the_whole(found);
    (!denied || whole && closing(stdout)).then(|| found.to_owned())
}

/// Whether `call` has the words of `green`, but for the text of an answer that is gone from some of them.
pub(super) fn is_without(green: &[String], answer: &str, call: &[String]) -> bool {
    pieces(answer).iter().any(|piece| lacks(green, piece, call)) || lacks_a_part(green, answer, call)
}

/// Whether a text is another one in which some of an answer is missing.
pub(super) fn text_is_without(green: &str, answer: &str, text: &str) -> bool {
    let fewer = |piece: &String| text.matches(piece).count() < green.matches(piece).count();
    green != text && pieces(answer).iter().any(fewer)
}

/// What of an answer may stand in a word: all of it, its lines, their words, the texts of a document.
fn pieces(answer: &str) -> BTreeSet<String> {
    let mut pieces = BTreeSet::from([answer.trim().to_owned()]);
    pieces.extend(answer.lines().map(|line| line.trim().to_owned()));
    pieces.extend(answer.split_whitespace().map(str::to_owned));
    if let Ok(document) = serde_json::from_str::<Value>(answer) {
        let mut open = vec![&document];
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => drop(pieces.insert(text.clone())),
                Value::Array(items) => open.extend(items),
                Value::Object(fields) => open.extend(fields.values()),
                Value::Number(number) => drop(pieces.insert(number.to_string())),
                Value::Null | Value::Bool(_) => {}
            }
        }
    }
    pieces.remove("");
    pieces
}

/// Whether the words are these, with `piece` gone from one of them at least.
fn lacks(green: &[String], piece: &str, call: &[String]) -> bool {
    let mut rest = call.iter().filter(|word| !word.is_empty()).peekable();
    let mut gone = false;
    for word in green.iter().filter(|word| !word.is_empty()) {
        if rest.next_if(|own| *own == word).is_some() {
            continue;
        }
        let without = word.replace(piece, "");
        if without == *word || !without.is_empty() && rest.next_if(|own| **own == without).is_none() {
            return false;
        }
        gone = true;
    }
    gone && rest.next().is_none()
}

/// The same where only a part of the answer stood in the words (`${pod#pod/}`).
fn lacks_a_part(green: &[String], answer: &str, call: &[String]) -> bool {
    let is_of_it =
        |part: &str| part.len() > 1 && part.contains(|c: char| c.is_alphanumeric()) && answer.contains(part);
    let mut rest = call.iter().filter(|word| !word.is_empty()).peekable();
    let mut gone = false;
    for word in green.iter().filter(|word| !word.is_empty()) {
        if rest.next_if(|own| *own == word).is_some() {
            continue;
        }
        let shorter = |own: &&String| lost(word, own).is_some_and(is_of_it);
        if !is_of_it(word) && rest.next_if(shorter).is_none() {
            return false;
        }
        gone = true;
    }
    gone && rest.next().is_none()
}

/// What stands in the one text where the other has nothing, where they are the same around it.
fn lost<'t>(whole: &'t str, own: &str) -> Option<&'t str> {
    let alike = |pair: &(char, char)| pair.0 == pair.1;
    let before: usize = whole.chars().zip(own.chars()).take_while(alike).map(|(c, _)| c.len_utf8()).sum();
    whole[before..].strip_suffix(&own[before..])
}

/// Whether the call tells somebody something, and changes nothing else.
pub(super) fn notifies(call: &Call) -> bool {
    let notices = Tables::builtin().notices();
    notices.notifies(call.program())
        || matches!(call.program(), "curl" | "wget") && call.argv.iter().any(|word| notices.is_hook(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_missed_in_the_words_that_held_it() {
        let words = |text: &str| shlex::split(text).expect("it splits");
        for (green, answer, call, missed) in [
            ("tool delete 42-a", "42-a\n", "tool delete ''", true),
            ("tool delete 42-a", "42-a\n", "tool delete", true),
            ("tool delete https://x/42-a --now", r#"{"id":"42-a"}"#, "tool delete https://x/ --now", true),
            ("tool delete b", "a b\nc d\n", "tool delete", true),
            ("tool delete 42-a", "42-a\n", "tool delete 42-a", false),
            ("tool delete 42-a", "42-a\n", "tool delete localhost", false),
            ("tool delete all", "42-a\n", "tool delete", false),
            ("tool delete 42-a", "vol/42-a\n", "tool delete ''", true),
            ("tool copy s3://b/42-a.sql x", "d 42-a.sql.gz\n", "tool copy s3://b/.sql x", true),
            ("tool build --dirty v1", "42-a\n", "tool build v1", false),
        ] {
            assert_eq!(is_without(&words(green), answer, &words(call)), missed, "{green} / {call}");
        }
    }
}
