//! Markdown: the fences of a runbook with their positions.
//!
//! This module never judges what is in a fence.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The words after the opening backticks.
    pub info: String,
    /// The bytes between the fence lines.
    pub content: Range<usize>,
}

/// Every fenced block, in order.
pub fn fences(text: &str) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let start = text[range.start..].find('\n').map_or(range.end, |at| range.start + at + 1);
                open = Some(Fence { info: info.to_string(), content: start..start });
            }
            Event::Text(_) => {
                if let Some(fence) = &mut open {
                    fence.content.end = range.end.max(fence.content.end);
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

/// The shell text of a runbook: everything but the shell fences is blanked, so that every byte keeps its place.
/// One text a fence.
pub fn shell_fences(text: &str) -> Vec<ShellFence> {
    fences(text)
        .into_iter()
        .filter_map(|fence| {
            let language = fence.info.split([' ', ',', '{']).next().unwrap_or_default().to_ascii_lowercase();
            let console = match language.as_str() {
                "bash" | "sh" | "shell" => false,
                "console" | "shell-session" | "sh-session" => true,
                _ => return None,
            };
            let content = &text[fence.content.clone()];
            let blanked = blank(&text[..fence.content.start])
                + &if console { prompts(content) } else { content.to_owned() };
            Some(ShellFence { text: blanked, fragment: is_fragment(content) })
        })
        .collect()
}

/// A shell fence of a runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellFence {
    /// The fence at its place in a text that is otherwise blank.
    pub text: String,
    /// Whether it has gaps to fill in (`<PLACEHOLDER>`, `...`): it need not parse.
    pub fragment: bool,
}

fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// Keeps the commands of a console session: prompts and output are blanked.
fn prompts(content: &str) -> String {
    let mut kept = String::with_capacity(content.len());
    let mut continued = false;
    for line in content.split_inclusive('\n') {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        let prompt = body.starts_with("$ ") || body.starts_with("# ");
        if prompt || (continued && body.starts_with("> ")) {
            kept.push_str(&blank(&line[..indent + 2]));
            kept.push_str(&line[indent + 2..]);
            continued = line.trim_end().ends_with('\\') || prompt && line.contains("<<");
        } else {
            kept.push_str(&blank(line));
            continued = false;
        }
    }
    kept
}

fn is_fragment(content: &str) -> bool {
    let placeholder = content.split('<').skip(1).any(|rest| {
        rest.split_once('>').is_some_and(|(name, _)| {
            !name.is_empty()
                && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "_- ".contains(c))
        })
    });
    placeholder || content.contains("...") || content.contains('\u{2026}')
}
