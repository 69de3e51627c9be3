//! What is misread of commands: redirections, prefixes, heads and ends of compound commands.

use super::words::{as_assignment, literal};
use super::{Edit, Site};
use crate::bash::syntax::{
    ArmEnd, Command, CommandKind, Fd, For, ListOp, Operand, Redirect, RedirectOp, Target,
};
use crate::source::Span;

/// Redirections that stand before the last word of a command, blanked.
pub(super) fn redirect_before_words(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Command(command) = site else { return Vec::new() };
    let last = match &command.kind {
        CommandKind::Simple(simple) => simple.words.last().map_or(0, |word| word.span.start),
        CommandKind::Declare(_) => u32::MAX,
        _ => return Vec::new(),
    };
    command.redirects.iter().filter(|it| it.span.start < last).map(|it| Edit::nothing(it.span)).collect()
}

pub(super) fn rare_redirect(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
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

pub(super) fn prefix(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Pipeline(pipeline) = site else { return Vec::new() };
    match pipeline.stages.first() {
        Some(first) if first.span.start > pipeline.span.start => {
            vec![Edit::blank(Span::new(pipeline.span.start, first.span.start))]
        }
        Some(_) => Vec::new(),
        None => vec![Edit::blank(pipeline.span)],
    }
}

pub(super) fn declared(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    let Site::Command(Command { kind: CommandKind::Declare(declare), .. }) = site else { return Vec::new() };
    let odd = |operand: &Operand| match operand {
        Operand::Dynamic(word) => Some(Edit::word(word.span)),
        Operand::Name(name) if name.subscript.is_some() => Some(Edit::word(name.span)),
        _ => None,
    };
    declare.operands.iter().filter_map(odd).collect()
}

pub(super) fn bracket(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(Command { kind: CommandKind::Simple(simple), .. })
            if simple.words.first().and_then(literal) == Some("[") =>
        {
            simple.words.iter().map(|word| Edit::word(word.span)).collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn double_bracket(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
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

pub(super) fn for_head(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
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
pub(super) fn end_of_word(text: &[u8], from: u32) -> u32 {
    let rest = text.get(from as usize..).unwrap_or_default();
    let at = rest.windows(2).position(|pair| pair == b"in").unwrap_or(0);
    from + u32::try_from(at).unwrap_or(0) + 2
}

/// The head of a loop whose body stands in braces, so that a group is left.
pub(super) fn loop_in_braces(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(Command { kind: CommandKind::For(it) | CommandKind::Select(it), span, .. }) => {
            let brace = brace_of_loop(it, text);
            brace.map(|brace| Edit::nothing(Span::new(span.start, brace))).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Where the brace is that opens the body of a loop.
pub(super) fn brace_of_loop(it: &For, text: &[u8]) -> Option<u32> {
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
pub(super) fn touched_esac(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(command) if touched(command, text) => {
            vec![Edit::word(command.span), Edit::sign(command.span.start + 1, b'=')]
        }
        _ => Vec::new(),
    }
}

/// Whether this is a `case` with an operator right behind it.
pub(super) fn touched(command: &Command, text: &[u8]) -> bool {
    matches!(command.kind, CommandKind::Case(_))
        && command.redirects.is_empty()
        && matches!(text.get(command.span.end as usize), Some(b'|' | b'&'))
}

pub(super) fn case_pattern(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
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
pub(super) fn arm_end(from: u32, text: &[u8]) -> Vec<Edit> {
    let rest = text.get(from as usize..).unwrap_or_default();
    let Some(at) = rest.windows(2).position(|pair| pair == b";&") else { return Vec::new() };
    let at = from + u32::try_from(at).unwrap_or(0);
    let double = text.get(at as usize - 1) == Some(&b';');
    if double { vec![Edit::blank(Span::new(at + 1, at + 2))] } else { vec![Edit::sign(at + 1, b';')] }
}

pub(super) fn function_header(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
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

pub(super) fn split_operator(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
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

pub(super) fn coproc(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
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

pub(super) fn unseparated(site: Site<'_>, text: &[u8]) -> Vec<Edit> {
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

pub(super) fn redirected_assignment(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(Command { kind: CommandKind::Simple(simple), redirects, .. })
            if simple.words.is_empty() && !simple.assignments.is_empty() =>
        {
            redirects.iter().map(|redirect| Edit::nothing(redirect.span)).collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn function_name(site: Site<'_>, _: &[u8]) -> Vec<Edit> {
    match site {
        Site::Command(Command { kind: CommandKind::Function(function), .. }) => {
            vec![Edit::word(function.name_span)]
        }
        _ => Vec::new(),
    }
}
