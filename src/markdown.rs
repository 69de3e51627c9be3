//! Markdown: the fences of a runbook with their positions.
//!
//! This module never judges what is in a fence.

mod console;
mod excerpt;
mod info;
mod labels;
mod placeholders;

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
    /// All of it, the fence lines included.
    whole: Range<usize>,
}

/// Every fenced block, in order.
pub fn fences(text: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let start = text[range.start..].find('\n').map_or(range.end, |at| range.start + at + 1);
                let info = info.to_string();
                open = Some(Fence { info, content: start..start, text: Excerpt::default(), whole: range });
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
    let fences = fences(text);
    let ranges: Vec<Range<usize>> = fences.iter().map(|fence| fence.whole.clone()).collect();
    let labels = labels::labelled(text, &ranges);
    fences
        .into_iter()
        .zip(labels)
        .filter_map(|(fence, check)| {
            let script = match info::language(&fence.info)? {
                Language::Console => console::commands(&fence.text, console::Hash::Prompt),
                Language::Script if console::is_session(fence.text.text()) => {
                    console::commands(&fence.text, console::Hash::Comment)
                }
                Language::Script => fence.text,
            };
            let filled = placeholders::filled(script.text());
            let fragment =
                filled.is_some() || script.text().contains("...") || script.text().contains('\u{2026}');
            Some(ShellFence { script, fragment, filled, check })
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
    /// The script with a word in each placeholder's place, byte for byte, where it has some.
    pub filled: Option<String>,
    /// Whether the lines above say `CHECK (read-only)`.
    pub check: bool,
}
