//! tree-sitter-bash as an independent witness: the commands of a text and the places of their words, nothing else.
//!
//! Its tree never leaves this module. Non-ASCII bytes are masked before it sees a text: to bash they are ordinary word
//! characters, and to tree-sitter-bash some of them are a crash (upstream issue 337). The mask keeps every offset.

use std::ops::ControlFlow;

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

use crate::source::Span;

/// A command as the witness sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outlined {
    /// Command name and arguments; where only the start counts, the first word alone.
    pub(super) words: Vec<Span>,
    /// Whether only the start is known: a declaration, `[`, `let`.
    pub(super) start_only: bool,
}

/// What the witness says of a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Outline {
    /// By place.
    pub(super) commands: Vec<Outlined>,
    /// Places where it could not go on.
    pub(super) errors: Vec<Span>,
}

/// Calls of the parser's progress callback that one text may take, beside those that its length allows.
const PROGRESS_BASE: usize = 20_000;

/// The same for every byte of the text.
const PROGRESS_PER_BYTE: usize = 20;

/// A text as the witness may see it: same length, ASCII only.
pub(super) fn masked(text: &str) -> Vec<u8> {
    text.bytes().map(|byte| if byte.is_ascii() && byte != 0 { byte } else { b'x' }).collect()
}

/// Outlines a masked text. `None` where the witness gives up.
pub(super) fn outline(text: &[u8]) -> Option<Outline> {
    let tree = tree(text)?;
    let mut found = Outline::default();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            found.errors.push(place(node));
        }
        if let Some(command) = command(node, text) {
            found.commands.push(command);
        }
        if cursor.goto_first_child() || cursor.goto_next_sibling() {
            continue;
        }
        loop {
            if !cursor.goto_parent() {
                found.commands.sort_by_key(|command| command.words[0]);
                return Some(found);
            }
            if cursor.goto_next_sibling() {
                break;
            }
        }
    }
}

fn tree(text: &[u8]) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
    let most = PROGRESS_BASE.saturating_add(text.len().saturating_mul(PROGRESS_PER_BYTE));
    let mut calls = 0_usize;
    let mut progress = |_: &ParseState| {
        calls += 1;
        if calls > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    parser.parse_with_options(&mut |at, _| text.get(at..).unwrap_or_default(), None, Some(options))
}

fn place(node: Node<'_>) -> Span {
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span::new(at(node.start_byte()), at(node.end_byte()))
}

fn command(node: Node<'_>, text: &[u8]) -> Option<Outlined> {
    match node.kind() {
        "command" => {
            let mut words = Vec::new();
            let mut cursor = node.walk();
            if cursor.goto_first_child() {
                loop {
                    if matches!(cursor.field_name(), Some("name" | "argument")) {
                        words.push(place(cursor.node()));
                    }
                    if !cursor.goto_next_sibling() {
                        break;
                    }
                }
            }
            let words = joined(words);
            let first = *words.first()?;
            let start_only = text.get(first.start as usize..first.end as usize) == Some(b"let");
            Some(Outlined { words: if start_only { vec![first] } else { words }, start_only })
        }
        "unset_command" => {
            let mut words = Vec::new();
            for index in 0..node.child_count() {
                words.push(place(node.child(index)?));
            }
            let words = joined(words);
            (!words.is_empty()).then_some(Outlined { words, start_only: false })
        }
        "declaration_command" => Some(Outlined { words: vec![place(node.child(0)?)], start_only: true }),
        "test_command" => {
            let open = node.child(0)?;
            (open.kind() == "[").then(|| Outlined { words: vec![place(open)], start_only: true })
        }
        _ => None,
    }
}

/// Words that touch are one: nothing stands between them.
fn joined(words: Vec<Span>) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::with_capacity(words.len());
    for word in words {
        match joined.last_mut() {
            Some(last) if last.end >= word.start => last.end = last.end.max(word.end),
            _ => joined.push(word),
        }
    }
    joined
}
