//! What a look at a script's words tells before it is walked: its length, and whether any id can matter in it.
//!
//! Paths that differ only in which ids they have checked are kept apart, which is most of what a long script costs.
//! Where no word can name an object by its id, nobody ever asks for a check, and such paths are one.

use std::rc::Rc;

use crate::bash::syntax::{Parameter, Part, PartKind, Script, Statement};
use crate::bash::visit::{Visitor, walk_parameter, walk_part, walk_script, walk_statement};
use crate::commands::{HOLE, Tables};
use crate::source::Span;

use super::state::State;
use super::value::{Content, Place, Source, Sym, Value};
use super::walk::Walk;

/// What a script is like.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent {
    /// Its statements, those inside others too.
    pub statements: u32,
    /// Whether a command in it may name an object by its id.
    pub ids: bool,
}

/// Looks through a script.
pub(super) fn extent(script: &Script) -> Extent {
    let mut look = Look { extent: Extent::default(), bare_id: false, indirect: false };
    walk_script(&mut look, script);
    look.extent.ids |= look.bare_id && look.indirect;
    look.extent
}

struct Look {
    extent: Extent,
    /// Whether some word is `id`: the program, unless a variable is named by its value.
    bare_id: bool,
    indirect: bool,
}

impl Look {
    fn text(&mut self, text: &str) {
        if text == "id" {
            self.bare_id = true;
            return;
        }
        let tables = Tables::builtin();
        // Most words hold neither, and need not be cut up.
        let may_name_one = text.as_bytes().windows(2).any(|pair| pair.eq_ignore_ascii_case(b"id"));
        self.extent.ids |= text.contains('/') && text.split('/').any(|segment| tables.is_collection(segment))
            || may_name_one && text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(id_name)
            || tables.with_ids().any(|name| text.contains(name))
                && text
                    .split(|c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c)))
                    .any(|token| tables.with_ids().any(|name| name == token));
    }
}

impl<'s> Visitor<'s> for Look {
    fn statement(&mut self, statement: &'s Statement) {
        self.extent.statements = self.extent.statements.saturating_add(1);
        walk_statement(self, statement);
    }

    fn part(&mut self, part: &'s Part) {
        match &part.kind {
            PartKind::Literal(text) | PartKind::Quoted(text) if !self.extent.ids => self.text(text),
            _ => {}
        }
        walk_part(self, part);
    }

    fn parameter(&mut self, parameter: &'s Parameter, _span: Span) {
        self.extent.ids |= id_name(&parameter.name);
        self.indirect |= parameter.indirect;
        walk_parameter(self, parameter);
    }
}

/// What these tell one of from another (runs, requests, releases) is nothing that a command could change.
const OF_NO_OBJECT: [&str; 11] = [
    "version_id",
    "variant_id",
    "request_id",
    "req_id",
    "run_id",
    "trace_id",
    "correlation_id",
    "build_id",
    "ticket_id",
    "change_id",
    "log_id",
];

/// `id`, `x_id`, `uuid`, `x_uuid`, in any case.
pub(super) fn id_name(name: &str) -> bool {
    // As a whole, or behind a `_`: a `catalog_id` is no `log_id`.
    let ends = |segments: &str| {
        let (name, segments) = (name.as_bytes(), segments.as_bytes());
        name.len().checked_sub(segments.len()).is_some_and(|start| {
            name[start..].eq_ignore_ascii_case(segments) && (start == 0 || name[start - 1] == b'_')
        })
    };
    (ends("id") || ends("uuid")) && !OF_NO_OBJECT.iter().any(|segments| ends(segments))
}

impl Walk<'_> {
    /// `id="x$id"`, `other_id="$id-x"`: what was checked is no longer all of it.
    pub(super) fn no_longer_checked(
        &mut self,
        name: &str,
        value: Value,
        place: Place,
        state: &mut State,
    ) -> Value {
        if state.checked.is_empty() || value.syms.is_empty() || value.symbol().is_some() {
            return value;
        }
        let checked = |sym: &Sym| state.checked.contains(sym);
        let old = state.vars.get(name).map(Content::scalar).and_then(|old| old.symbol());
        let of_old = old.is_some_and(|old| checked(&old) && value.syms.contains(&old));
        let other = id_name(name) && is_glued(&value) && value.syms.iter().any(checked);
        if !of_old && !other {
            return value;
        }
        let sym = self.symbols.of(Source::Computed(place));
        state.renew(sym, &mut self.symbols);
        value.with(|value| {
            (value.text, value.syms) = (String::from(HOLE), vec![sym]);
            if !of_old {
                value.names.retain(|name| !id_name(name));
            }
        })
    }

    /// The words of `set --`: one that is made of a parameter and more is another value than the parameter.
    pub(super) fn made_of_parameters(
        &mut self,
        words: &[Value],
        place: Place,
        state: &mut State,
    ) -> Vec<Value> {
        let mut words = words.to_vec();
        let made =
            |word: &Value| word.from_args && !word.splits && !word.text.starts_with('-') && is_glued(word);
        if !self.ids || !words.iter().any(made) {
            return words;
        }
        let command = self.symbols.of(Source::Computed(place));
        for (at, word) in (0..).zip(words.iter_mut()).filter(|(_, word)| made(word)) {
            let sym = self.symbols.of(Source::Field(command, at));
            state.renew(sym, &mut self.symbols);
            *word = word.clone().with(|word| {
                (word.text, word.syms) = (String::from(HOLE), vec![sym]);
                word.names.push(Rc::from((at + 1).to_string()));
            });
        }
        words
    }

    /// The element of that number of a list of which nobody knows the elements.
    pub(super) fn numbered(&mut self, any: Value, number: Option<i64>, state: &State) -> Value {
        // Which of the script's words was typed matters too.
        let matters = self.ids || any.from_args;
        let (Some(sym), Some(number)) = (any.symbol(), number.filter(|_| matters)) else { return any };
        let told_by_symbol = [Sym::VOLATILE, Sym::FAILED].contains(&sym)
            || self.own_symbols.contains(&sym)
            || self.descriptors.contains(&sym);
        if told_by_symbol || !any.choices.is_empty() {
            return any;
        }
        let part = state.part(sym, &number.to_string(), &mut self.symbols);
        any.with(|any| any.syms = vec![part])
    }
}

/// Whether an unknown part of a text has more of a name around it: together they name something else.
fn is_glued(value: &Value) -> bool {
    let of_name = |c: char| c == HOLE || c.is_ascii_alphanumeric() || "-_.".contains(c);
    let around = |(at, hole): (usize, &str)| {
        value.text[..at].ends_with(of_name) || value.text[at + hole.len()..].starts_with(of_name)
    };
    value.text.match_indices(HOLE).any(around)
}
