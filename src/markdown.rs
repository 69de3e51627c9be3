//! Markdown: the fences of a runbook with their positions.
//!
//! This module never judges what is in a fence.

mod console;
mod excerpt;
mod info;

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

pub use excerpt::Excerpt;
use info::Language;

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The words after the opening backticks.
    pub info: String,
    /// The bytes between the fence lines.
    pub content: Range<usize>,
    /// What these lines say without the blanks and `>` that nest the fence.
    pub text: Excerpt,
}

/// Every fenced block, in order.
pub fn fences(text: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let start = text[range.start..].find('\n').map_or(range.end, |at| range.start + at + 1);
                open =
                    Some(Fence { info: info.to_string(), content: start..start, text: Excerpt::default() });
            }
            Event::Text(part) => {
                if let Some(fence) = &mut open {
                    fence.content.end = range.end.max(fence.content.end);
                    fence.text.add(&part, text, range);
                }
            }
            Event::End(TagEnd::CodeBlock) => fences.extend(open.take()),
            _ => {}
        }
    }
    fences
}

/// Where text stands that is shown or hidden as it is: code blocks and HTML blocks (comments).
pub fn literal_regions(text: &str) -> Vec<Range<usize>> {
    let events = Parser::new(text).into_offset_iter();
    events
        .filter(|(event, _)| matches!(event, Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock)))
        .map(|(_, range)| range)
        .collect()
}

/// Every HTML comment outside of code, from `<!--` to `-->`.
pub fn html_comments(text: &str) -> Vec<Range<usize>> {
    let mut blocks: Vec<Range<usize>> = Vec::new();
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => blocks.push(range),
            _ => {}
        }
    }
    let mut comments = Vec::new();
    for block in blocks {
        let mut at = block.start;
        while let Some(open) = text[at..block.end].find("<!--") {
            let start = at + open;
            let Some(close) = text[start..block.end].find("-->") else { break };
            at = start + close + "-->".len();
            comments.push(start..at);
        }
    }
    comments
}

/// The shell fences of a runbook, in order.
pub fn shell_fences(text: &str) -> Vec<ShellFence> {
    let fences = fences(text).into_iter();
    fences
        .filter_map(|fence| {
            let script = match info::language(&fence.info)? {
                Language::Console => console::commands(&fence.text, console::Hash::Prompt),
                Language::Script if console::is_session(fence.text.text()) => {
                    console::commands(&fence.text, console::Hash::Comment)
                }
                Language::Script => fence.text,
            };
            let fragment = is_fragment(script.text());
            Some(ShellFence { script, fragment })
        })
        .collect()
}

/// A shell fence of a runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellFence {
    /// What a shell would be given.
    pub script: Excerpt,
    /// Whether it has gaps to fill in (`<PLACEHOLDER>`, `...`): it need not parse.
    pub fragment: bool,
}

fn is_fragment(content: &str) -> bool {
    has_placeholder(content) || content.contains("...") || content.contains('\u{2026}')
}

/// Whether `<NAME>` stands in it. `<<EOF >file` and `<IN >OUT` are redirections.
fn has_placeholder(content: &str) -> bool {
    let named = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || "_- ".contains(c);
    content.match_indices('<').any(|(at, _)| {
        let rest = &content[at + 1..];
        let name = &rest[..rest.find(|c| !named(c)).unwrap_or(rest.len())];
        !content[..at].ends_with('<')
            && rest[name.len()..].starts_with('>')
            && !name.is_empty()
            && name.trim() == name
    })
}
