//! What tree-sitter-bash 0.25 is known to misread, and nothing else: each entry names a construct of our syntax and
//! how to neutralise it, so that the rest of the statement can still be compared.
//!
//! Bytes of a neutralised construct become a plain word or blanks of the same length. What runs inside of it is
//! compared on its own. Upstream: tree-sitter/tree-sitter-bash.

use super::syntax::{
    Arithmetic, ArmEnd, Assignment, Command, CommandKind, Fd, For, ListOp, Operand, Parameter, ParameterOp,
    Part, PartKind, Pipeline, Redirect, RedirectOp, Sequence, Statement, Target, Word,
};
use super::visit::{self, Visitor};
use crate::source::Span;

/// A change of the text that the witness sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edit {
    /// Where.
    pub(super) span: Span,
    /// What every byte there becomes.
    pub(super) with: u8,
    /// Whether line feeds there stay.
    pub(super) keep_lines: bool,
}

impl Edit {
    /// A plain word in its place.
    pub(super) fn word(span: Span) -> Self {
        Self { span, with: b'x', keep_lines: false }
    }

    /// One byte.
    pub(super) fn sign(at: u32, with: u8) -> Self {
        Self { span: Span::new(at, at + 1), with, keep_lines: false }
    }

    /// Nothing in its place, line feeds away too.
    pub(super) fn nothing(span: Span) -> Self {
        Self { span, with: b' ', keep_lines: false }
    }

    /// Nothing in its place; line feeds stay.
    pub(super) fn blank(span: Span) -> Self {
        Self { span, with: b' ', keep_lines: true }
    }
}

/// A place in the lowered script.
#[derive(Clone, Copy)]
pub(super) enum Site<'s> {
    Statement(&'s Statement),
    Sequence(&'s Sequence),
    Pipeline(&'s Pipeline),
    Command(&'s Command),
    Assignment(&'s Assignment),
    Word(&'s Word),
    Part(&'s Part),
    Parameter(&'s Parameter, Span),
    Arithmetic(&'s Arithmetic),
}

/// One known fault.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the name, the issue and the example are for readers and the test")
)]
pub(super) struct KnownFault {
    /// A short name.
    pub(super) name: &'static str,
    /// The upstream issue, where there is one.
    pub(super) issue: Option<u32>,
    /// A statement that bash accepts and the witness misreads.
    pub(super) example: &'static str,
    /// The construct at this place, neutralised.
    edits: fn(Site<'_>, &[u8]) -> Vec<Edit>,
}

/// The list.
pub(super) const KNOWN: &[KnownFault] = &[
    KnownFault {
        name: "words after a redirection become its targets",
        issue: Some(233),
        example: "curl -s > out -H \"X: $t\" url",
        edits: redirect_before_words,
    },
    KnownFault {
        name: "descriptors in braces, descriptor 0, closed descriptors, `<>`, here-strings, redirections that touch a word",
        issue: None,
        example: "exec {fd}>/dev/null 3<>f 4>&- 0<&5",
        edits: rare_redirect,
    },
    KnownFault {
        name: "`!` and `time` before pipelines and compound commands",
        issue: None,
        example: "time a | b",
        edits: prefix,
    },
    KnownFault {
        name: "backticks with backslashes that they take away",
        issue: None,
        example: "x=`a \\`b | c\\``",
        edits: backslashed_backticks,
    },
    KnownFault {
        name: "backticks that are empty, touch quotes, or stand beside other backticks",
        issue: None,
        example: "case \" \"`a`\" \" in x) ;; esac",
        edits: touching_backticks,
    },
    KnownFault {
        name: "`$()` with nothing in it, `${ list; }`, a line continuation behind the dollar sign",
        issue: None,
        example: "echo a$( )b ${ c; }",
        edits: odd_substitution,
    },
    KnownFault {
        name: "bodies of functions that are loops, `case` or `if`",
        issue: None,
        example: "f() for i in 1 2; do g; done",
        edits: function_header,
    },
    KnownFault { name: "operators on two lines", issue: None, example: "a &\\\n& b", edits: split_operator },
    KnownFault {
        name: "operands of declarations that are no plain names",
        issue: None,
        example: "declare -f sub:\"$1\"",
        edits: declared,
    },
    KnownFault {
        name: "operators of `${...}`",
        issue: None,
        example: "echo ${a:+$a;} ${t%]*}",
        edits: parameter_operator,
    },
    KnownFault {
        name: "arithmetic: bases, empty expressions, quotes, names made by expansions",
        issue: None,
        example: "echo $((10#$y)) $(( ${p}_x = 0x ))",
        edits: arithmetic,
    },
    KnownFault { name: "operands of `[`", issue: None, example: "[ a ] && [ b \\< c ]", edits: bracket },
    KnownFault {
        name: "the inside of `[[`: extended patterns, `~`, regular expressions",
        issue: None,
        example: "[[ $a != *'\"x\":'*([[:space:]])true* ]]",
        edits: double_bracket,
    },
    KnownFault {
        name: "`for` and `select` without `in`, with no words, with `in` on another line, over odd names",
        issue: None,
        example: "for arg do f; done",
        edits: for_head,
    },
    KnownFault {
        name: "loops over words with a body in braces",
        issue: None,
        example: "for i in; { a; }",
        edits: loop_in_braces,
    },
    KnownFault {
        name: "`esac` that touches an operator",
        issue: None,
        example: "case a in b) c ;; esac|d",
        edits: touched_esac,
    },
    KnownFault {
        name: "patterns of `case`",
        issue: None,
        example: "case $2 in (*\\]) ;; (*) return 1; esac",
        edits: case_pattern,
    },
    KnownFault {
        name: "a line continuation inside a word splits it",
        issue: None,
        example: "foo\\\nbar baz",
        edits: continued_word,
    },
    KnownFault { name: "`coproc`", issue: None, example: "coproc a { b; }", edits: coproc },
    KnownFault {
        name: "extended patterns in words",
        issue: None,
        example: "shopt -s extglob; ls !(a|b)",
        edits: extended_pattern,
    },
    KnownFault {
        name: "a reserved word right after a compound command",
        issue: None,
        example: "if { a; } then { while b; do c; done } fi",
        edits: unseparated,
    },
    KnownFault {
        name: "a redirection on an assignment",
        issue: None,
        example: "n=$(($1 + 0)) 2>/dev/null && f",
        edits: redirected_assignment,
    },
    KnownFault {
        name: "names of functions that look like keywords or hold expansions",
        issue: None,
        example: "unsetenv() { f; }",
        edits: function_name,
    },
    KnownFault {
        name: "values of assignments",
        issue: None,
        example: "TEST_PATH=$DIR/v0.10.5/bin:/usr/bin:$DIR/$1",
        edits: assignment,
    },
    KnownFault { name: "braces in words", issue: None, example: "{a,b}{} x{", edits: braces },
    KnownFault {
        name: "a command's name that starts with `[`, and operators of tests as arguments",
        issue: None,
        example: "[1 == =~",
        edits: operators_as_words,
    },
    KnownFault {
        name: "an escaped character in a word, a `$` that expands nothing",
        issue: None,
        example: "tr -d \\  | sed s/.$//",
        edits: odd_characters,
    },
];

/// Redirections that stand before the last word of a command, blanked.
fn redirect_before_words(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Command(command) = site else { return Vec::new() };
    let last = match &command.kind {
        CommandKind::Simple(simple) => simple.words.last().map_or(0, |word| word.span.start),
        CommandKind::Declare(_) => u32::MAX,
        _ => return Vec::new(),
    };
    command.redirects.iter().filter(|it| it.span.start < last).map(|it| Edit::nothing(it.span)).collect()
}

fn rare_redirect(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let Site::Command(command) = site else { return Vec::new() };
    let touches = |redirect: &&Redirect| {
        let before = redirect.span.start.checked_sub(1).and_then(|at| text.get(at as usize));
        before.is_some_and(|byte| !byte.is_ascii_whitespace()) && redirect.span.start > command.span.start
    };
    let rare = |redirect: &&Redirect| {
        matches!(redirect.fd, Some(Fd::Variable(_) | Fd::Number(0)))
            || touches(redirect)
            || matches!(redirect.op, RedirectOp::ReadWrite | RedirectOp::Clobber | RedirectOp::HereString)
            || matches!(&redirect.target, Target::Word(word) if literal(word) == Some("-"))
    };
    // A command that is nothing else must leave something that is no command, or its operator stands alone.
    let alone = matches!(&command.kind, CommandKind::Simple(simple) if simple.words.is_empty() && simple.assignments.is_empty());
    let edits = |redirect: &Redirect| {
        if alone { as_assignment(redirect.span) } else { vec![Edit::nothing(redirect.span)] }
    };
    command.redirects.iter().filter(rare).flat_map(edits).collect()
}

fn prefix(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Pipeline(pipeline) = site else { return Vec::new() };
    match pipeline.stages.first() {
        Some(first) if first.span.start > pipeline.span.start => {
            vec![Edit::blank(Span::new(pipeline.span.start, first.span.start))]
        }
        Some(_) => Vec::new(),
        None => vec![Edit::blank(pipeline.span)],
    }
}

fn backslashed_backticks(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    match site {
        Site::Part(part) if super::witness::backslashed(part, text) => vec![Edit::word(part.span)],
        _ => Vec::new(),
    }
}

fn odd_substitution(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    match site {
        Site::Part(Part { kind: PartKind::Command(substitution), span }) if !substitution.backticks => {
            let sign = text.get(span.start as usize + 1);
            let empty = substitution.body.statements.is_empty();
            if empty || sign != Some(&b'(') { vec![Edit::word(*span)] } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

fn touching_backticks(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    match site {
        Site::Part(part @ Part { kind: PartKind::Command(substitution), span }) if substitution.backticks => {
            let before = text.get(..span.start as usize).unwrap_or_default();
            let after = text.get(span.end as usize..).unwrap_or_default();
            let quote = |byte: Option<&u8>| matches!(byte, Some(b'`' | b'"' | b'\''));
            let blank = |byte: &&u8| !matches!(byte, b' ' | b'\t');
            let backtick = |byte: Option<&u8>| byte == Some(&b'`');
            let empty = substitution.body.statements.is_empty();
            if empty
                || quote(before.last())
                || quote(after.first())
                || backtick(before.iter().rev().find(blank))
                || backtick(after.iter().find(blank))
            {
                vec![Edit::word(part.span)]
            } else {
                Vec::new()
            }
        }
        _ => Vec::new(),
    }
}

fn declared(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Command(Command { kind: CommandKind::Declare(declare), .. }) = site else { return Vec::new() };
    let odd = |operand: &Operand| match operand {
        Operand::Dynamic(word) => Some(Edit::word(word.span)),
        Operand::Name(name) if name.subscript.is_some() => Some(Edit::word(name.span)),
        _ => None,
    };
    declare.operands.iter().filter_map(odd).collect()
}

fn parameter_operator(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let Site::Parameter(parameter, span) = site else { return Vec::new() };
    let plain =
        matches!(parameter.op, ParameterOp::Plain) && parameter.subscript.is_none() && !parameter.indirect;
    let braced = text.get(span.start as usize + 1) == Some(&b'{');
    if plain || !braced { Vec::new() } else { vec![Edit::word(span)] }
}

fn arithmetic(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Arithmetic(arithmetic) => vec![Edit::word(arithmetic.span)],
        // An assignment, which is no command either, in the place of `(())`.
        Site::Command(Command { kind: CommandKind::Arithmetic(arithmetic), span, .. })
            if arithmetic.span.is_empty() =>
        {
            vec![Edit::word(*span), Edit::sign(span.start + 1, b'=')]
        }
        Site::Part(Part { kind: PartKind::Arithmetic(arithmetic), span }) if arithmetic.span.is_empty() => {
            vec![Edit::word(*span)]
        }
        _ => Vec::new(),
    }
}

fn bracket(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(Command { kind: CommandKind::Simple(simple), .. })
            if simple.words.first().and_then(literal) == Some("[") =>
        {
            simple.words.iter().map(|word| Edit::word(word.span)).collect()
        }
        _ => Vec::new(),
    }
}

fn double_bracket(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let Site::Command(command) = site else { return Vec::new() };
    if !matches!(command.kind, CommandKind::Test(_)) {
        return Vec::new();
    }
    let end = command.redirects.first().map_or(command.span.end, |redirect| redirect.span.start);
    let inside = text.get(command.span.start as usize..end as usize).unwrap_or_default();
    let Some(close) = inside.windows(2).rposition(|pair| pair == b"]]") else { return Vec::new() };
    let close = command.span.start + u32::try_from(close).unwrap_or(0);
    vec![Edit::word(Span::new(command.span.start + 3, close.saturating_sub(1)))]
}

fn for_head(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let Site::Command(Command { kind: CommandKind::For(it) | CommandKind::Select(it), .. }) = site else {
        return Vec::new();
    };
    if brace_of_loop(it, text).is_some() {
        return Vec::new();
    }
    let at = it.variable.span.end;
    let mut edits = vec![Edit::word(it.variable.span)];
    match it.words.as_deref() {
        None if matches!(text.get(at as usize), Some(b' ' | b'\t')) => edits.push(Edit::sign(at, b';')),
        None => {}
        Some(words) => {
            let end = words.first().map_or_else(|| end_of_word(text, at), |word| word.span.start);
            edits.push(Edit::nothing(Span::new(at, end)));
            if words.is_empty() {
                let rest = text.get(end as usize..).unwrap_or_default();
                if rest
                    .iter()
                    .find(|byte| !matches!(byte, b' ' | b'\t'))
                    .is_some_and(|byte| *byte != b';' && *byte != b'\n')
                {
                    edits.push(Edit::sign(at, b';'));
                }
            } else if end > at + 3 {
                edits.push(Edit::sign(at + 1, b'i'));
                edits.push(Edit::sign(at + 2, b'n'));
            }
        }
    }
    edits
}

/// Where the word `in` behind the variable of a loop ends.
fn end_of_word(text: &[u8], from: u32) -> u32 {
    let rest = text.get(from as usize..).unwrap_or_default();
    let at = rest.windows(2).position(|pair| pair == b"in").unwrap_or(0);
    from + u32::try_from(at).unwrap_or(0) + 2
}

/// The head of a loop whose body stands in braces, so that a group is left.
fn loop_in_braces(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(Command { kind: CommandKind::For(it) | CommandKind::Select(it), span, .. }) => {
            let brace = brace_of_loop(it, text);
            brace.map(|brace| Edit::nothing(Span::new(span.start, brace))).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Where the brace is that opens the body of a loop.
fn brace_of_loop(it: &For, text: &[u8]) -> Option<u32> {
    // Most often right before the body; only comments may stand between, and a heredoc's body before.
    let before = text.get(..it.body.span.start as usize)?.trim_ascii_end();
    if before.last() == Some(&b'{') {
        return u32::try_from(before.len() - 1).ok();
    }
    let words = it.words.as_deref().unwrap_or_default();
    let mut at = words.last().map_or(it.variable.span, |word| word.span).end as usize;
    loop {
        let rest = text.get(at..)?;
        at += match rest.first()? {
            b' ' | b'\t' | b'\n' | b';' | b'\\' => 1,
            b'i' if words.is_empty() && rest.starts_with(b"in") => 2,
            b'#' => rest.iter().position(|byte| *byte == b'\n')?,
            b'{' => return u32::try_from(at).ok(),
            _ => return None,
        };
    }
}

/// A `case` that must be followed by a blank and is not: an assignment, which is no command either, in its place.
fn touched_esac(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(command) if touched(command, text) => {
            vec![Edit::word(command.span), Edit::sign(command.span.start + 1, b'=')]
        }
        _ => Vec::new(),
    }
}

/// Whether this is a `case` with an operator right behind it.
fn touched(command: &Command, text: &[u8]) -> bool {
    matches!(command.kind, CommandKind::Case(_))
        && command.redirects.is_empty()
        && matches!(text.get(command.span.end as usize), Some(b'|' | b'&'))
}

fn case_pattern(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let Site::Command(command @ Command { kind: CommandKind::Case(case), .. }) = site else {
        return Vec::new();
    };
    if touched(command, text) {
        return Vec::new();
    }
    let mut edits = vec![Edit::word(case.word.span)];
    for arm in &case.arms {
        edits.extend(arm.patterns.iter().map(|pattern| Edit::word(pattern.span)));
        let first = arm.patterns.first().map_or(0, |pattern| pattern.span.start);
        let before = text.get(..first as usize).unwrap_or_default();
        let blanks = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let open = before.len() - blanks;
        if open > 0 && before.get(open - 1) == Some(&b'(') {
            edits.push(Edit::blank(Span::new(first - u32::try_from(blanks + 1).unwrap_or(0), first)));
        }
        if arm.end != ArmEnd::Break {
            edits.extend(arm_end(arm.body.span.end, text));
        }
    }
    edits
}

/// `;;` in the place of `;&` and `;;&`.
fn arm_end(from: u32, text: &[u8]) -> Vec<Edit> {
    let rest = text.get(from as usize..).unwrap_or_default();
    let Some(at) = rest.windows(2).position(|pair| pair == b";&") else { return Vec::new() };
    let at = from + u32::try_from(at).unwrap_or(0);
    let double = text.get(at as usize - 1) == Some(&b';');
    if double { vec![Edit::blank(Span::new(at + 1, at + 2))] } else { vec![Edit::sign(at + 1, b';')] }
}

fn function_header(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(Command { kind: CommandKind::Function(function), span, .. })
            if !matches!(function.body.kind, CommandKind::Group(_) | CommandKind::Subshell(_)) =>
        {
            let header = Span::new(span.start, function.body.span.start);
            vec![Edit::nothing(header)]
        }
        _ => Vec::new(),
    }
}

fn split_operator(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let mut gaps = Vec::new();
    match site {
        Site::Statement(statement) => {
            let mut end = statement.first.span.end;
            for (op, pipeline) in &statement.rest {
                let sign = if *op == ListOp::And { b'&' } else { b'|' };
                gaps.push((Span::new(end, pipeline.span.start), sign, 2));
                end = pipeline.span.end;
            }
        }
        Site::Command(command @ Command { kind: CommandKind::Case(case), span, .. })
            if !touched(command, text) =>
        {
            let starts = case.arms.iter().skip(1).filter_map(|arm| arm.patterns.first());
            let starts = starts.map(|pattern| pattern.span.start).chain([span.end]);
            for (arm, start) in case.arms.iter().zip(starts) {
                gaps.push((Span::new(arm.body.span.end, start), b';', 2));
            }
        }
        _ => {}
    }
    let mut edits = Vec::new();
    for (gap, sign, count) in gaps {
        let inside = text.get(gap.start as usize..gap.end as usize).unwrap_or_default();
        let split = [sign, b'\\', b'\n', sign];
        if let Some(at) = inside.windows(4).position(|four| four == split) {
            let at = gap.start + u32::try_from(at).unwrap_or(0);
            edits.push(Edit::nothing(Span::new(at, at + 4)));
            edits.push(Edit { span: Span::new(at, at + count), with: sign, keep_lines: false });
        }
    }
    edits
}

fn continued_word(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let Site::Word(word) = site else { return Vec::new() };
    let start = word.span.start;
    let inside = text.get(start as usize..word.span.end as usize).unwrap_or_default();
    let places = inside.windows(2).enumerate().filter(|(_, pair)| pair == b"\\\n").map(|(at, _)| at);
    places
        .filter_map(|at| u32::try_from(at).ok())
        .filter(|at| start + at + 2 < word.span.end)
        .map(|at| Edit::word(Span::new(start + at, start + at + 2)))
        .collect()
}

fn coproc(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(command) => match &command.kind {
            CommandKind::Coproc(coproc) => {
                vec![Edit::blank(Span::new(command.span.start, coproc.body.span.start))]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn extended_pattern(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Part(Part { kind: PartKind::Literal(text), span }) if text.contains(['(', ')', '|']) => {
            vec![Edit::word(*span)]
        }
        _ => Vec::new(),
    }
}

fn unseparated(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let Site::Sequence(sequence) = site else { return Vec::new() };
    let end = sequence.span.end;
    let after = text.get(end as usize..).unwrap_or_default();
    let blanks = after.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let word = after.get(blanks..).unwrap_or_default();
    let reserved = ["}", "then", "do", "done", "fi", "else", "elif", "esac"];
    if blanks > 0 && reserved.iter().any(|reserved| word.starts_with(reserved.as_bytes())) {
        return vec![Edit { span: Span::new(end, end + 1), with: b';', keep_lines: false }];
    }
    Vec::new()
}

fn redirected_assignment(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(Command { kind: CommandKind::Simple(simple), redirects, .. })
            if simple.words.is_empty() && !simple.assignments.is_empty() =>
        {
            redirects.iter().map(|redirect| Edit::nothing(redirect.span)).collect()
        }
        _ => Vec::new(),
    }
}

fn function_name(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(Command { kind: CommandKind::Function(function), .. }) => {
            vec![Edit::word(function.name_span)]
        }
        _ => Vec::new(),
    }
}

fn assignment(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Assignment(assignment) = site else { return Vec::new() };
    as_assignment(assignment.span)
}

fn as_assignment(span: Span) -> Vec<Edit> {
    if span.len() < 2 {
        return Vec::new();
    }
    vec![Edit::word(span), Edit::sign(span.start + 1, b'=')]
}

fn braces(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Part(Part { kind: PartKind::Literal(text), span }) if text.contains(['{', '}']) => {
            vec![Edit::word(*span)]
        }
        _ => Vec::new(),
    }
}

fn operators_as_words(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Command(Command { kind: CommandKind::Simple(simple), .. }) = site else { return Vec::new() };
    let start = |word: &Word| match word.parts.first().map(|part| &part.kind) {
        Some(PartKind::Literal(text)) => text.bytes().next(),
        _ => None,
    };
    let bracket = simple.words.first().is_some_and(|word| start(word) == Some(b'['));
    let odd = |word: &&Word| bracket || start(word) == Some(b'=');
    simple.words.iter().filter(odd).map(|word| Edit::word(word.span)).collect()
}

fn odd_characters(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let Site::Part(part) = site else { return Vec::new() };
    let bytes = text.get(part.span.start as usize..part.span.end as usize).unwrap_or_default();
    match &part.kind {
        PartKind::Literal(text) if text == "-" => vec![Edit::word(part.span)],
        PartKind::Quoted(_) if bytes.first() == Some(&b'\\') => vec![Edit::word(part.span)],
        PartKind::Literal(_) if bytes.iter().any(|byte| b"$~[]=:@#?%".contains(byte) || *byte < b' ') => {
            vec![Edit::word(part.span)]
        }
        _ => Vec::new(),
    }
}

/// A word of one plain literal.
fn literal(word: &Word) -> Option<&str> {
    match word.parts.as_slice() {
        [Part { kind: PartKind::Literal(text), .. }] => Some(text),
        _ => None,
    }
}

/// The edits that the list asks for in a statement, the lists inside of it left out.
pub(super) fn edits(statement: &Statement, comments: &[Span], text: &[u8]) -> Vec<Edit> {
    let mut finder = Finder { text, found: Vec::new() };
    finder.statement(statement);
    // Comments are misread in backticks, in `case` and after `{`.
    let first = comments.partition_point(|comment| comment.start < statement.span.start);
    let inside = comments.iter().skip(first).take_while(|comment| comment.end <= statement.span.end);
    let words: Vec<Span> =
        finder.found.iter().filter(|edit| edit.with == b'x').map(|edit| edit.span).collect();
    let outside = inside.filter(|comment| !words.iter().any(|word| word.contains(**comment)));
    finder.found.extend(outside.map(|comment| Edit::blank(*comment)));
    // What is blanked stays blank, whatever was to become a word in it; signs stand where blanks were made for them.
    finder.found.sort_by_key(|edit| match edit.with {
        b' ' => 1,
        b'x' | b'=' => 0,
        _ => 2,
    });
    finder.found
}

struct Finder<'t> {
    text: &'t [u8],
    found: Vec<Edit>,
}

impl Finder<'_> {
    fn look(&mut self, site: Site<'_>) {
        for fault in KNOWN {
            self.found.extend((fault.edits)(site, self.text));
        }
    }
}

impl<'s> Visitor<'s> for Finder<'_> {
    fn sequence(&mut self, sequence: &'s Sequence) {
        self.look(Site::Sequence(sequence));
    }
    fn statement(&mut self, statement: &'s Statement) {
        self.look(Site::Statement(statement));
        visit::walk_statement(self, statement);
    }
    fn pipeline(&mut self, pipeline: &'s Pipeline) {
        self.look(Site::Pipeline(pipeline));
        visit::walk_pipeline(self, pipeline);
    }
    fn command(&mut self, command: &'s Command) {
        self.look(Site::Command(command));
        visit::walk_command(self, command);
    }
    fn assignment(&mut self, assignment: &'s Assignment) {
        self.look(Site::Assignment(assignment));
        visit::walk_assignment(self, assignment);
    }
    fn word(&mut self, word: &'s Word) {
        self.look(Site::Word(word));
        visit::walk_parts(self, &word.parts);
    }
    fn part(&mut self, part: &'s Part) {
        self.look(Site::Part(part));
        visit::walk_part(self, part);
    }
    fn parameter(&mut self, parameter: &'s Parameter, span: Span) {
        self.look(Site::Parameter(parameter, span));
        visit::walk_parameter(self, parameter);
    }
    fn arithmetic(&mut self, arithmetic: &'s Arithmetic) {
        self.look(Site::Arithmetic(arithmetic));
        visit::walk_parts(self, &arithmetic.parts);
    }
}

#[cfg(test)]
mod tests;
