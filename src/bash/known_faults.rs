//! What tree-sitter-bash 0.25 is known to misread, and nothing else: each entry names a construct of our syntax and
//! how to neutralise it, so that the rest of the statement can still be compared.
//!
//! Bytes of a neutralised construct become a plain word or blanks of the same length. What runs inside of it is
//! compared on its own. Upstream: tree-sitter/tree-sitter-bash.

mod commands;
mod words;

use super::syntax::{Arithmetic, Assignment, Command, Parameter, Part, Pipeline, Sequence, Statement, Word};
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
        edits: commands::redirect_before_words,
    },
    KnownFault {
        name: "descriptors in braces, descriptor 0, closed descriptors, `<>`, here-strings, redirections that touch a word",
        issue: None,
        example: "exec {fd}>/dev/null 3<>f 4>&- 0<&5",
        edits: commands::rare_redirect,
    },
    KnownFault {
        name: "`!` and `time` before pipelines and compound commands",
        issue: None,
        example: "time a | b",
        edits: commands::prefix,
    },
    KnownFault {
        name: "backticks with backslashes that they take away",
        issue: None,
        example: "x=`a \\`b | c\\``",
        edits: words::backslashed_backticks,
    },
    KnownFault {
        name: "backticks that are empty, touch quotes, or stand beside other backticks",
        issue: None,
        example: "case \" \"`a`\" \" in x) ;; esac",
        edits: words::touching_backticks,
    },
    KnownFault {
        name: "`$()` with nothing in it, `${ list; }`, a line continuation behind the dollar sign",
        issue: None,
        example: "echo a$( )b ${ c; }",
        edits: words::odd_substitution,
    },
    KnownFault {
        name: "bodies of functions that are loops, `case` or `if`",
        issue: None,
        example: "f() for i in 1 2; do g; done",
        edits: commands::function_header,
    },
    KnownFault {
        name: "operators on two lines",
        issue: None,
        example: "a &\\\n& b",
        edits: commands::split_operator,
    },
    KnownFault {
        name: "operands of declarations that are no plain names",
        issue: None,
        example: "declare -f sub:\"$1\"",
        edits: commands::declared,
    },
    KnownFault {
        name: "a command's name that starts with a reserved word and goes on with an expansion",
        issue: None,
        example: "case$i || b",
        edits: words::reserved_start,
    },
    KnownFault {
        name: "operators of `${...}`",
        issue: None,
        example: "echo ${a:+$a;} ${t%]*}",
        edits: words::parameter_operator,
    },
    KnownFault {
        name: "arithmetic: bases, empty expressions, quotes, names made by expansions",
        issue: None,
        example: "echo $((10#$y)) $(( ${p}_x = 0x ))",
        edits: words::arithmetic,
    },
    KnownFault {
        name: "operands of `[`",
        issue: None,
        example: "[ a ] && [ b \\< c ]",
        edits: commands::bracket,
    },
    KnownFault {
        name: "the inside of `[[`: extended patterns, `~`, regular expressions",
        issue: None,
        example: "[[ $a != *'\"x\":'*([[:space:]])true* ]]",
        edits: commands::double_bracket,
    },
    KnownFault {
        name: "`for` and `select` without `in`, with no words, with `in` on another line, over odd names",
        issue: None,
        example: "for arg do f; done",
        edits: commands::for_head,
    },
    KnownFault {
        name: "loops over words with a body in braces",
        issue: None,
        example: "for i in; { a; }",
        edits: commands::loop_in_braces,
    },
    KnownFault {
        name: "`esac` that touches an operator",
        issue: None,
        example: "case a in b) c ;; esac|d",
        edits: commands::touched_esac,
    },
    KnownFault {
        name: "patterns of `case`",
        issue: None,
        example: "case $2 in (*\\]) ;; (*) return 1; esac",
        edits: commands::case_pattern,
    },
    KnownFault {
        name: "a line continuation inside a word splits it",
        issue: None,
        example: "foo\\\nbar baz",
        edits: words::continued_word,
    },
    KnownFault { name: "`coproc`", issue: None, example: "coproc a { b; }", edits: commands::coproc },
    KnownFault {
        name: "extended patterns in words",
        issue: None,
        example: "shopt -s extglob; ls !(a|b)",
        edits: words::extended_pattern,
    },
    KnownFault {
        name: "a reserved word right after a compound command",
        issue: None,
        example: "if { a; } then { while b; do c; done } fi",
        edits: commands::unseparated,
    },
    KnownFault {
        name: "a redirection on an assignment",
        issue: None,
        example: "n=$(($1 + 0)) 2>/dev/null && f",
        edits: commands::redirected_assignment,
    },
    KnownFault {
        name: "names of functions that look like keywords or hold expansions",
        issue: None,
        example: "unsetenv() { f; }",
        edits: commands::function_name,
    },
    KnownFault {
        name: "values of assignments",
        issue: None,
        example: "TEST_PATH=$DIR/v0.10.5/bin:/usr/bin:$DIR/$1",
        edits: words::assignment,
    },
    KnownFault { name: "braces in words", issue: None, example: "{a,b}{} x{", edits: words::braces },
    KnownFault {
        name: "a command's name that starts with `[`, and operators of tests as arguments",
        issue: None,
        example: "[1 == =~",
        edits: words::operators_as_words,
    },
    KnownFault {
        name: "an escaped character in a word, a `$` that expands nothing",
        issue: None,
        example: "tr -d \\  | sed s/.$//",
        edits: words::odd_characters,
    },
];

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
