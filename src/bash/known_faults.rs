//! What tree-sitter-bash 0.25 is known to misread, and nothing else: each entry names a construct of our syntax and
//! how to neutralise it, so that the rest of the statement can still be compared.
//!
//! Bytes of a neutralised construct become a plain word or blanks of the same length. What runs inside of it is
//! compared on its own. Upstream: tree-sitter/tree-sitter-bash.

use super::syntax::{
    Arithmetic, Assignment, Command, CommandKind, Fd, Parameter, ParameterOp, Part, PartKind, Pipeline,
    Redirect, RedirectOp, Sequence, Statement, Target, Value, Word,
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

    /// Nothing in its place; line feeds stay.
    pub(super) fn blank(span: Span) -> Self {
        Self { span, with: b' ', keep_lines: true }
    }
}

/// A place in the lowered script.
#[derive(Clone, Copy)]
pub(super) enum Site<'s> {
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
        name: "descriptors in braces, closed descriptors, `<>`, here-strings",
        issue: None,
        example: "exec {fd}>/dev/null 3<>f 4>&-",
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
        name: "`for` without `in`",
        issue: None,
        example: "for arg do f; done",
        edits: for_without_in,
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
    command.redirects.iter().filter(|it| it.span.start < last).map(|it| Edit::blank(it.span)).collect()
}

fn rare_redirect(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Command(command) = site else { return Vec::new() };
    let rare = |redirect: &&Redirect| {
        matches!(redirect.fd, Some(Fd::Variable(_)))
            || matches!(redirect.op, RedirectOp::ReadWrite | RedirectOp::Clobber | RedirectOp::HereString)
            || matches!(&redirect.target, Target::Word(word) if literal(word) == Some("-"))
    };
    command.redirects.iter().filter(rare).map(|redirect| Edit::blank(redirect.span)).collect()
}

fn prefix(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Pipeline(pipeline) = site else { return Vec::new() };
    match pipeline.stages.first() {
        Some(first) if pipeline.negated || pipeline.timed => {
            vec![Edit::blank(Span::new(pipeline.span.start, first.span.start))]
        }
        _ => Vec::new(),
    }
}

fn backslashed_backticks(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    match site {
        Site::Part(part) if super::witness::backslashed(part, text) => vec![Edit::word(part.span)],
        _ => Vec::new(),
    }
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

fn for_without_in(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(Command { kind: CommandKind::For(it) | CommandKind::Select(it), .. })
            if it.words.is_none() =>
        {
            let at = it.variable.span.end;
            match text.get(at as usize) {
                Some(b' ' | b'\t') => {
                    vec![Edit { span: Span::new(at, at + 1), with: b';', keep_lines: false }]
                }
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn case_pattern(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(Command { kind: CommandKind::Case(case), .. }) => {
            case.arms.iter().flat_map(|arm| &arm.patterns).map(|pattern| Edit::word(pattern.span)).collect()
        }
        _ => Vec::new(),
    }
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
            redirects.iter().map(|redirect| Edit::blank(redirect.span)).collect()
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

fn assignment(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    let Site::Assignment(assignment) = site else { return Vec::new() };
    let mut edits = Vec::new();
    let name = assignment.target.span;
    let name_len = u32::try_from(assignment.target.name.len()).unwrap_or(0);
    if name.len() > name_len + 2 {
        edits.push(Edit::word(Span::new(name.start + name_len + 1, name.end.saturating_sub(1))));
    }
    match &assignment.value {
        Value::Scalar(word) => edits.push(Edit::word(word.span)),
        Value::Array(elements) if !elements.is_empty() => {
            let whole = text.get(name.end as usize..assignment.span.end as usize).unwrap_or_default();
            if let Some(open) = whole.iter().position(|byte| *byte == b'(') {
                let open = name.end + u32::try_from(open).unwrap_or(0);
                edits.push(Edit::word(Span::new(open + 1, assignment.span.end.saturating_sub(1))));
            }
        }
        Value::Array(_) => {}
    }
    edits
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
        PartKind::Literal(_) if bytes.iter().any(|byte| b"$~[]=".contains(byte)) => {
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
    finder.found.extend(inside.map(|comment| Edit::blank(*comment)));
    // What is blanked stays blank, whatever was to become a word in it.
    finder.found.sort_by_key(|edit| edit.with == b' ');
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
