//! Repairs of single commands: the edits that make a command safe where it stands.
//!
//! Each is offered only where the script does the same as before as long as nothing fails, and where a failure that comes
//! to count by it was fatal by the script's own words: under errexit, of a command that fails only where something is wrong.
//! Else there are no edits. The place comes from a fact; the syntax says what stands around it.

mod certain;
mod site;

use crate::bash::Dialect;
use crate::bash::syntax::{
    CommandKind, Name, Operand, Part, PartKind, Redirect, RedirectOp, Simple, Value, Word,
};
use crate::commands::Tables;
use crate::facts::Switch;
use crate::finding::Edit;
use crate::source::Span;

use super::script::Script;
use site::{Site, site};

/// `local x=$(cmd)` becomes `local x` and `x=$(cmd)`, where its failure may end the script; `export` and `readonly` come after the assignment.
pub(super) fn split_declaration(script: &Script<'_>, at: Span) -> Vec<Edit> {
    let Some(site) = site(&script.syntax, at) else { return Vec::new() };
    let CommandKind::Declare(declare) = &site.command().kind else { return Vec::new() };
    let ([Operand::Assignment(assignment)], [], Some(indent)) =
        (declare.operands.as_slice(), declare.assignments.as_slice(), alone(script, &site))
    else {
        return Vec::new();
    };
    let (Value::Scalar(value), Name { name, subscript: None, .. }) = (&assignment.value, &assignment.target)
    else {
        return Vec::new();
    };
    // What runs would see the new variable, not the one around.
    if assignment.append
        || !site.command().redirects.is_empty()
        || script.text(value.span).contains(name.as_str())
        || !failures_are_fatal(script)
        || !certain::value(script, &assignment.value)
    {
        return Vec::new();
    }
    let keyword = script.text(declare.keyword.span);
    let assigned = script.text(assignment.span);
    let text = match keyword {
        "local" | "declare" | "typeset" => format!("{keyword} {name}\n{indent}{assigned}"),
        "export" | "readonly" => format!("{assigned}\n{indent}{keyword} {name}"),
        _ => return Vec::new(),
    };
    vec![Edit { span: at, text }]
}

/// `if cmd | grep -q x` becomes `output=$(cmd)` and `if grep -q x <<<"$output"`, in a shell that has no here-strings
/// `if printf '%s\\n' "$output" | grep -q x`.
pub(super) fn capture(script: &Script<'_>, at: Span) -> Vec<Edit> {
    let Some(site) = site(&script.syntax, at) else { return Vec::new() };
    let [producer, consumer] = site.pipeline.stages.as_slice() else { return Vec::new() };
    let Some(host) = site.host() else { return Vec::new() };
    let Some(indent) = indent(script, host) else { return Vec::new() };
    let CommandKind::Simple(grep) = &consumer.kind else { return Vec::new() };
    let command = script.text(producer.span);
    if !finds_text(grep)
        || !consumer.redirects.is_empty()
        || producer.redirects.iter().any(|redirect| redirect.op == RedirectOp::HereDocument)
        || command.contains('\n')
        || command.starts_with('(')
        || site.pipeline.timed
        // `|&` passes on more than a capture does, and a comment would be lost.
        || script.text(Span::new(producer.span.end, consumer.span.start)).trim() != "|"
        || !failures_are_fatal(script)
        || !certain::command(script, producer)
        // Not every other shell has local variables.
        || site.in_function && script.dialect != Dialect::Bash
    {
        return Vec::new();
    }
    let name = free_name(script);
    let local = if site.in_function { format!("local {name}\n{indent}") } else { String::new() };
    let before = format!("{local}{name}=$({command})\n{indent}");
    let producer = Span::new(producer.span.start, consumer.span.start);
    let mut edits = vec![Edit { span: Span::new(host.start, host.start), text: before }];
    if script.dialect == Dialect::Posix {
        edits.push(Edit { span: producer, text: format!("printf '%s\\n' \"${name}\" | ") });
    } else {
        let end = consumer.span.end;
        edits.push(Edit { span: producer, text: String::new() });
        edits.push(Edit { span: Span::new(end, end), text: format!(" <<<\"${name}\"") });
    }
    edits
}

/// `ssh host cmd` becomes `ssh host cmd </dev/null`, where it stands in the loop whose input it takes and has no use for it.
pub(super) fn without_stdin(script: &Script<'_>, at: Span, of: Span) -> Vec<Edit> {
    let Some(site) = site(&script.syntax, at).filter(|_| of.contains(at)) else { return Vec::new() };
    let CommandKind::Simple(simple) = &site.command().kind else { return Vec::new() };
    let words: Vec<String> = simple.words.iter().map(|word| script.text(word.span).to_owned()).collect();
    let reads = |redirect: &Redirect| {
        matches!(
            redirect.op,
            RedirectOp::Input | RedirectOp::ReadWrite | RedirectOp::HereString | RedirectOp::HereDocument
        )
    };
    if !Tables::builtin().reads_aside(&words) || site.command().redirects.iter().any(reads) {
        return Vec::new();
    }
    vec![Edit { span: Span::new(at.end, at.end), text: " </dev/null".to_owned() }]
}

/// `curl -d "$body" url` becomes `printf '%s' "$body" | curl --data-binary @- url`.
pub(super) fn data_on_stdin(script: &Script<'_>, at: Span) -> Vec<Edit> {
    const DATA: [&str; 3] = ["-d", "--data", "--data-raw"];
    let Some(site) = site(&script.syntax, at) else { return Vec::new() };
    let command = site.command();
    let CommandKind::Simple(simple) = &command.kind else { return Vec::new() };
    let first = site.pipeline.stages.first().is_some_and(|stage| stage.span == command.span);
    let stdin = |redirect: &Redirect| {
        !matches!(redirect.op, RedirectOp::Output | RedirectOp::Append | RedirectOp::DuplicateOutput)
    };
    if simple.words.first().and_then(Word::plain).as_deref() != Some("curl")
        || !first
        || command.redirects.iter().any(stdin)
    {
        return Vec::new();
    }
    let mut given = simple
        .words
        .windows(2)
        .filter(|pair| pair[0].plain().is_some_and(|word| DATA.contains(&word.as_str())));
    let (Some([option, value]), None) = (given.next(), given.next()) else { return Vec::new() };
    // Other data, or another reader of stdin, would have its own idea of what `@-` is.
    let busy = |word: &Word| {
        let text = script.text(word.span);
        text.contains("@-")
            || text == "-K"
            || text == "-T"
            || text.starts_with("--data") && word.span != option.span
            || text == "-F"
    };
    let quoted = matches!(
        value.parts.as_slice(),
        [Part { kind: PartKind::DoubleQuoted(_) | PartKind::Quoted(_), .. }]
    );
    if simple.words.iter().any(busy)
        || !quoted
        || script.text(value.span).trim_start_matches(['"', '\'']).starts_with('@')
    {
        return Vec::new();
    }
    vec![
        Edit {
            span: Span::new(command.span.start, command.span.start),
            text: format!("printf '%s' {} | ", script.text(value.span)),
        },
        Edit { span: Span::new(option.span.start, value.span.end), text: "--data-binary @-".to_owned() },
    ]
}

/// The blanks before a statement that has its lines for itself.
fn alone<'t>(script: &Script<'t>, site: &Site<'_>) -> Option<&'t str> {
    let whole = site.statement.rest.is_empty()
        && !site.statement.background
        && site.pipeline.stages.len() == 1
        && !site.pipeline.negated
        && !site.pipeline.timed;
    let text = script.source.text();
    let after = text[site.statement.span.end as usize..].lines().next().unwrap_or_default().trim_start();
    let ends = after.is_empty() || after.starts_with('#') || after == ";";
    if whole && ends { indent(script, site.statement.span) } else { None }
}

/// The blanks before a place that is the first on its line.
fn indent<'t>(script: &Script<'t>, at: Span) -> Option<&'t str> {
    let before = &script.source.text()[..at.start as usize];
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    line.chars().all(|c| c == ' ' || c == '\t').then_some(line)
}

/// Whether the script says that a failure ends it.
fn failures_are_fatal(script: &Script<'_>) -> bool {
    script.seen.first.is_some_and(|(_, options)| options.errexit == Switch::On)
}

/// Whether a `grep -q` looks for text that no empty line holds: a here-string of nothing is one empty line.
fn finds_text(grep: &Simple) -> bool {
    let words: Option<Vec<String>> = grep.words.iter().map(Word::plain).collect();
    let words: Vec<&str> = words.iter().flatten().map(String::as_str).collect();
    let Some(("grep", words)) = words.split_first().map(|(name, words)| (*name, words)) else { return false };
    let (options, operands): (Vec<&str>, Vec<&str>) =
        words.iter().copied().partition(|word| word.starts_with('-'));
    let known = |option: &str| {
        option.len() > 1 && option[1..].chars().all(|c| "qFEiwx".contains(c)) || option == "--"
    };
    let solid = |pattern: &str| {
        pattern.chars().any(char::is_alphanumeric) && !pattern.contains(['*', '?', '|', '{', '\\'])
    };
    grep.assignments.is_empty()
        && options.iter().all(|option| known(option))
        && matches!(operands.as_slice(), [pattern] if solid(pattern))
}

/// A name that the script does not use yet.
fn free_name(script: &Script<'_>) -> String {
    let text = script.source.text();
    let mut name = "output".to_owned();
    while text.contains(&name) {
        name.push('_');
    }
    name
}
