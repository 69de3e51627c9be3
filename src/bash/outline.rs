//! What the witness says of a text: the commands and the places of their words, nothing else.
//!
//! tree-sitter's tree never leaves this module and `query.rs`. Non-ASCII bytes are masked before it sees a text: to
//! bash they are ordinary word characters, and to tree-sitter-bash some of them are a crash (upstream issue 337). The
//! mask keeps every offset.

use std::ops::ControlFlow;

use tree_sitter::{Language, Node, ParseOptions, ParseState, Parser, Tree};

use crate::source::Span;

/// What the witness says of a text, or what our own script says in the same terms.
///
/// The words of all commands stand in one list: an allocation for each command would cost more than the walk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// By place, once it is sorted.
    commands: Vec<Entry>,
    words: Vec<Span>,
    /// Places where it could not go on.
    pub(super) errors: Vec<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    first: u32,
    count: u32,
    start_only: bool,
}

/// One command of an outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outlined<'o> {
    /// Command name and arguments, at least one; where only the start counts, the first word alone.
    pub(super) words: &'o [Span],
    /// Whether only the start is known: a declaration, `[`, `let`.
    pub(super) start_only: bool,
}

impl Outline {
    /// Adds a command; one without words is none.
    pub(super) fn push(&mut self, start_only: bool, words: impl IntoIterator<Item = Span>) {
        let first = self.words.len();
        self.words.extend(words);
        let count = self.words.len() - first;
        if count > 0 {
            let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
            self.commands.push(Entry { first: number(first), count: number(count), start_only });
        }
    }

    /// Sorts the commands by place.
    pub(super) fn sort(&mut self) {
        let words = &self.words;
        let place = |entry: &Entry| words.get(entry.first as usize).copied().unwrap_or_default();
        if !self.commands.is_sorted_by_key(place) {
            self.commands.sort_by_key(place);
        }
    }

    /// How many commands there are.
    pub(super) fn len(&self) -> usize {
        self.commands.len()
    }

    /// How many words there are in all of them.
    pub(super) fn word_count(&self) -> usize {
        self.words.len()
    }

    /// The command at `index`.
    pub(super) fn command(&self, index: usize) -> Option<Outlined<'_>> {
        let entry = self.commands.get(index)?;
        let words = self.words.get(entry.first as usize..)?.get(..entry.count as usize)?;
        Some(Outlined { words, start_only: entry.start_only })
    }

    /// All of them.
    pub(super) fn commands(&self) -> impl Iterator<Item = Outlined<'_>> {
        (0..self.len()).filter_map(|index| self.command(index))
    }

    /// The commands that start in `place`; the outline is sorted.
    pub(super) fn within(&self, place: Span) -> impl Iterator<Item = Outlined<'_>> {
        let start = |entry: &Entry| self.words.get(entry.first as usize).map_or(0, |word| word.start);
        let from = self.commands.partition_point(|entry| start(entry) < place.start);
        let to = self.commands.partition_point(|entry| start(entry) < place.end);
        (from..to).filter_map(|index| self.command(index))
    }
}

/// A text as the witness may see it: same length, ASCII only.
pub(super) fn masked(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| if byte.is_ascii() && *byte != 0 { *byte } else { b'x' }).collect()
}

/// Calls of the parser's progress callback (one for every hundred steps) that one text may take, beside those that its
/// length allows. They are counted, not timed: a parser in a loop ends in the same way on every machine.
///
/// Real scripts and the densest text that can be written take less than a tenth of it. The count says nothing about what
/// a step costs, which in long pipelines grows with the text: that is left to whoever keeps the time.
const PROGRESS_BASE: usize = 2_000;

/// Bytes of the text that allow one more.
const BYTES_PER_PROGRESS: usize = 4;

/// tree-sitter-bash, made once and used for many texts.
pub(super) struct Grammar {
    parser: Parser,
    kinds: Kinds,
}

/// Numbers of the kinds and fields that an outline is made of: to compare names would cost more than the walk.
#[derive(Clone, Copy)]
struct Kinds {
    command: u16,
    unset: u16,
    declaration: u16,
    test: u16,
    bracket: u16,
    name: Option<u16>,
    argument: Option<u16>,
}

/// The kind of a node that stands for text that could not be parsed.
const ERROR_KIND: u16 = u16::MAX;

/// The language's one handle.
pub(super) fn language() -> Language {
    tree_sitter_bash::LANGUAGE.into()
}

impl Grammar {
    /// `None` where the grammar does not fit the library, which a build decides once and for all.
    pub(super) fn new() -> Option<Self> {
        let language = language();
        let mut parser = Parser::new();
        parser.set_language(&language).ok()?;
        let kind = |name: &str, named: bool| language.id_for_node_kind(name, named);
        let field = |name: &str| language.field_id_for_name(name).map(std::num::NonZero::get);
        let kinds = Kinds {
            command: kind("command", true),
            unset: kind("unset_command", true),
            declaration: kind("declaration_command", true),
            test: kind("test_command", true),
            bracket: kind("[", false),
            name: field("name"),
            argument: field("argument"),
        };
        Some(Self { parser, kinds })
    }

    /// The tree of a masked text. `None` where the witness gives up.
    pub(super) fn tree(&mut self, text: &[u8]) -> Option<Tree> {
        let most = PROGRESS_BASE.saturating_add(text.len() / BYTES_PER_PROGRESS);
        let mut calls = 0_usize;
        let mut progress = |_: &ParseState| {
            calls += 1;
            if calls > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = ParseOptions::new().progress_callback(&mut progress);
        let tree = self.parser.parse_with_options(
            &mut |at, _| text.get(at..).unwrap_or_default(),
            None,
            Some(options),
        );
        if tree.is_none() {
            // Else the next text would be taken for the rest of this one.
            self.parser.reset();
        }
        tree
    }

    /// The outline of a tree of `text`.
    pub(super) fn outline(&self, tree: &Tree, text: &[u8]) -> Outline {
        let mut walk =
            Walk { kinds: self.kinds, words: Vec::new(), commands: Vec::new(), parents: Vec::new() };
        let errors = walk.tree(tree);
        walk.outline(errors, text)
    }
}

/// What stands above a node.
#[derive(Clone, Copy)]
enum Parent {
    /// A command whose name and arguments are words.
    Command(u32),
    /// A command all of whose parts are words.
    Whole(u32),
    /// A command of which only the first part counts, and only where it is of this kind.
    Start(Option<u16>),
    /// Anything else.
    Other,
}

struct Walk {
    kinds: Kinds,
    /// Every word with the number of its command: words of a command in a word stand between those of the outer one.
    words: Vec<(u32, Span)>,
    /// Whether only the start of the command of that number counts.
    commands: Vec<bool>,
    /// From the root to the node.
    parents: Vec<Parent>,
}

impl Walk {
    /// Gathers the words; gives the places of errors.
    fn tree(&mut self, tree: &Tree) -> Vec<Span> {
        let mut errors = Vec::new();
        let faulty = tree.root_node().has_error();
        let mut cursor = tree.walk();
        loop {
            let node = cursor.node();
            let kind = node.kind_id();
            if faulty && (kind == ERROR_KIND || node.is_missing()) {
                errors.push(place(node));
            }
            match self.parents.last().copied() {
                Some(Parent::Command(command)) => {
                    let field = cursor.field_id().map(std::num::NonZero::get);
                    if field.is_some() && (field == self.kinds.name || field == self.kinds.argument) {
                        self.words.push((command, place(node)));
                    }
                }
                Some(Parent::Whole(command)) => self.words.push((command, place(node))),
                Some(Parent::Start(only)) => {
                    if only.is_none_or(|only| only == kind) {
                        let command = self.command(true);
                        self.words.push((command, place(node)));
                    }
                    if let Some(parent) = self.parents.last_mut() {
                        *parent = Parent::Other;
                    }
                }
                Some(Parent::Other) | None => {}
            }
            if cursor.goto_first_child() {
                let parent = self.parent(kind);
                self.parents.push(parent);
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return errors;
                }
                self.parents.pop();
            }
        }
    }

    fn parent(&mut self, kind: u16) -> Parent {
        match kind {
            _ if kind == self.kinds.command => Parent::Command(self.command(false)),
            _ if kind == self.kinds.unset => Parent::Whole(self.command(false)),
            _ if kind == self.kinds.declaration => Parent::Start(None),
            _ if kind == self.kinds.test => Parent::Start(Some(self.kinds.bracket)),
            _ => Parent::Other,
        }
    }

    fn command(&mut self, start_only: bool) -> u32 {
        let number = u32::try_from(self.commands.len()).unwrap_or(u32::MAX);
        self.commands.push(start_only);
        number
    }

    /// Puts the words of each command together. Words that touch are one: nothing stands between them.
    fn outline(mut self, errors: Vec<Span>, text: &[u8]) -> Outline {
        if !self.words.is_sorted_by_key(|(command, _)| *command) {
            self.words.sort_by_key(|(command, _)| *command);
        }
        let mut outline = Outline {
            commands: Vec::with_capacity(self.commands.len()),
            words: Vec::with_capacity(self.words.len()),
            errors,
        };
        for words in self.words.chunk_by(|one, other| one.0 == other.0) {
            let (command, first) = words[0];
            let joined = Joined { words: words.iter().map(|(_, word)| *word).peekable() };
            let lets = || {
                let name = joined.clone().next().unwrap_or(first);
                text.get(name.start as usize..name.end as usize) == Some(b"let")
            };
            if self.commands.get(command as usize).copied().unwrap_or_default() || lets() {
                outline.push(true, joined.take(1));
            } else {
                outline.push(false, joined);
            }
        }
        outline.sort();
        outline
    }
}

#[derive(Clone)]
struct Joined<I: Iterator<Item = Span>> {
    words: std::iter::Peekable<I>,
}

impl<I: Iterator<Item = Span>> Iterator for Joined<I> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let mut word = self.words.next()?;
        while let Some(next) = self.words.next_if(|next| word.end >= next.start) {
            word.end = word.end.max(next.end);
        }
        Some(word)
    }
}

/// Where a node stands.
pub(super) fn place(node: Node<'_>) -> Span {
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span::new(at(node.start_byte()), at(node.end_byte()))
}
