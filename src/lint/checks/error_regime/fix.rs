//! The repair of an error regime: the header's line, and the options that it promises.
//!
//! Options are added only where the script leans on nothing that they change.

use crate::bash::Dialect;
use crate::bash::syntax::{CommandKind, Word};
use crate::facts::{self, Options, Switch, Switched};
use crate::finding::Edit;
use crate::lint::script::Script;
use crate::source::Span;

/// What a script lacks.
pub(super) struct Lacking {
    /// The header states nothing.
    pub header: bool,
    /// Options are not in force.
    pub options: bool,
}

/// The edits that give `script` what it lacks; none where that could change what it does.
pub(super) fn edits(script: &Script<'_>, lacking: &Lacking, in_force: Options) -> Vec<Edit> {
    if script.dialect != Dialect::Bash || !script.unread.is_empty() {
        return Vec::new();
    }
    let errexit = in_force.errexit == Switch::On;
    let whole = script.source.text();
    // A line more is another number for each line below.
    if whole.contains("LINENO") || facts::reads_itself(&script.syntax) {
        return Vec::new();
    }
    if lacking.options {
        // What others source changes them, too.
        if !whole.starts_with("#!") || whole.contains("SHELLOPTS") {
            return Vec::new();
        }
        // Where it is switched on later, every pipeline behind it decides.
        let later = |switch: &Switched| switch.on && ["e", "errexit"].contains(&switch.name.as_str());
        let habits = facts::habits(&script.syntax, errexit || script.seen.switches.iter().any(later));
        let nounset = in_force.nounset == Switch::On || !habits.unset;
        let pipefail = in_force.pipefail == Switch::On || !habits.pipelines;
        if habits.aware || !nounset || !pipefail {
            return Vec::new();
        }
    }
    let block = header_block(script);
    let text = script.text(Span::new(0, block.end));
    let worded = script.header.iter().any(|comment| comment.start >= block.start && comment.end <= block.end);
    let mut insert = String::new();
    if !text.is_empty() && !text.ends_with('\n') {
        insert.push('\n');
    }
    if lacking.header {
        // Behind other words of the header it is a paragraph of its own.
        if worded {
            insert.push_str("#\n");
        }
        insert.push_str(if errexit {
            "# Error regime: set -euo pipefail\n"
        } else {
            "# Error regime: set -uo pipefail, capture-then-test\n"
        });
    }
    let mut edits = Vec::new();
    if lacking.options {
        match set_line(script) {
            Some((span, other)) => {
                let e = if errexit { "e" } else { "" };
                edits.push(Edit { span, text: format!("set -{e}u{other}o pipefail") });
            }
            None => insert.push_str(if errexit { "set -euo pipefail\n" } else { "set -uo pipefail\n" }),
        }
    }
    if !insert.is_empty() {
        edits.insert(0, Edit { span: Span::new(block.end, block.end), text: insert });
    }
    edits
}

/// The script's first statement where it is a plain `set`, and its letters besides those of the regime.
fn set_line(script: &Script<'_>) -> Option<(Span, String)> {
    let statement = script.syntax.body.statements.first()?;
    let [command] = statement.first.stages.as_slice() else { return None };
    let CommandKind::Simple(simple) = &command.kind else { return None };
    if !statement.rest.is_empty() || statement.background || command.span != statement.span {
        return None;
    }
    let words: Option<Vec<String>> = simple.words.iter().map(Word::plain).collect();
    let mut words = words?.into_iter();
    if words.next()? != "set" || !command.redirects.is_empty() || !simple.assignments.is_empty() {
        return None;
    }
    let mut other = String::new();
    while let Some(word) = words.next() {
        let letters = word.strip_prefix('-').filter(|rest| rest.chars().all(|c| c.is_ascii_alphabetic()))?;
        if letters.contains('o') && (letters.matches('o').count() > 1 || words.next()? != "pipefail") {
            return None;
        }
        other.extend(letters.chars().filter(|letter| !"euo".contains(*letter)));
    }
    Some((statement.span, other))
}

/// The comment lines at the top without a gap, from the end of the first line (the shebang's, where there is one).
fn header_block(script: &Script<'_>) -> Span {
    let text = script.source.text();
    let mut end = 0;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.starts_with('#') {
            break;
        }
        end += line.len();
        if line.starts_with("#!") && start == 0 {
            start = end;
        }
    }
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Span::new(number(start), number(end))
}
