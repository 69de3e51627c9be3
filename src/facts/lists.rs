//! Lists in words: `"$@"`, `"${a[@]}"`, slices of them, and what joins them into one word.

use crate::bash::syntax::{Arithmetic, Expression, Parameter, ParameterOp, Part, PartKind, Subscript};
use crate::source::Span;

use super::state::State;
use super::value::{Content, Sym, Value};
use super::walk::Walk;
use super::words::named;

impl<'a> Walk<'a> {
    /// `"$@"`, `"${a[@]}"` and their unquoted forms as a list; `None` for anything else.
    pub(super) fn list_expansion(
        &mut self,
        parameter: &'a Parameter,
        state: &mut State,
    ) -> Option<Vec<Value>> {
        if parameter.indirect {
            return None;
        }
        self.note_read(&parameter.name, state);
        let all = matches!(parameter.subscript, Some(Subscript::All | Subscript::Star));
        if parameter.name == "@" || (parameter.name == "*" && parameter.subscript.is_none()) {
            let plain = matches!(
                parameter.op,
                ParameterOp::Plain | ParameterOp::Default { .. } | ParameterOp::Alternate { .. }
            );
            if !plain && !matches!(parameter.op, ParameterOp::Slice { .. }) {
                return None;
            }
            let mut list = state.params.list.clone();
            if let Some(rest) = &state.params.rest {
                let mut rest = rest.clone();
                rest.splits = true;
                list.push(rest);
            }
            if let ParameterOp::Slice { offset, length } = &parameter.op {
                return Some(match offset_number(offset) {
                    Some(0) => {
                        let mut all = vec![state.vars.get("0").map_or_else(Value::default, Content::scalar)];
                        if all[0] == Value::default() {
                            all[0] = Value::unknown(Sym::VOLATILE);
                        }
                        all.append(&mut list);
                        slice(all, 0, length.as_ref())
                    }
                    Some(from) => slice(list, from - 1, length.as_ref()),
                    None => any_of(list),
                });
            }
            return Some(list);
        }
        if matches!(parameter.op, ParameterOp::Keys) {
            return Self::keys(&parameter.name, state);
        }
        if !all || matches!(parameter.op, ParameterOp::Length) {
            return None;
        }
        let list: Vec<Value> = match state.vars.get(parameter.name.as_str())? {
            content @ (Content::Array(_) | Content::Keyed(_)) => {
                content.values().iter().map(|value| named(value.clone(), &parameter.name)).collect()
            }
            Content::Many(value) | Content::Scalar(value) => {
                let value = named(value.clone(), &parameter.name);
                vec![value.with(|value| {
                    value.splits = true;
                    value.choices.clear();
                })]
            }
        };
        match &parameter.op {
            ParameterOp::Plain
            | ParameterOp::Default { .. }
            | ParameterOp::Alternate { .. }
            | ParameterOp::Assign { .. }
            | ParameterOp::Error { .. } => Some(list),
            ParameterOp::Slice { offset, length } => Some(match offset_number(offset) {
                Some(from) => slice(list, from, length.as_ref()),
                None => any_of(list),
            }),
            // Every element is another one: what they carry goes on.
            _ => Some(any_of(list)),
        }
    }

    /// `${#name[@]}`, where it is known how many elements there are. What is written as a pattern may be any number of them.
    pub(super) fn count(parameter: &Parameter, state: &State) -> Option<usize> {
        let all = matches!(parameter.subscript, Some(Subscript::All | Subscript::Star));
        if !all || parameter.indirect || !matches!(parameter.op, ParameterOp::Length) {
            return None;
        }
        let counted = |value: &Value| !value.splits && !value.text.contains(['*', '?', '[', '(']);
        match state.vars.get(parameter.name.as_str())? {
            Content::Array(values) if values.iter().all(counted) => Some(values.len()),
            _ => None,
        }
    }

    /// Whether it is `${#name[@]}` of a list that has elements, however many.
    pub(super) fn counts_some(parameter: &Parameter, state: &State) -> bool {
        let all = matches!(parameter.subscript, Some(Subscript::All | Subscript::Star));
        let counts = all && !parameter.indirect && matches!(parameter.op, ParameterOp::Length);
        counts && state.vars.get(parameter.name.as_str()).is_some_and(|content| state.has_elements(content))
    }

    /// The elements in one word, with what `IFS` starts with between them.
    pub(super) fn join_list(&mut self, list: &[Value], span: Span, state: &State) -> Value {
        let between = match state.vars.get("IFS").map(Content::scalar) {
            None => Some(" ".to_owned()),
            Some(set) => set.constant().map(|set| set.chars().take(1).collect()),
        };
        let mut value = Value::default();
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                value.text.push_str(between.as_deref().unwrap_or_default());
            }
            value.append(item);
        }
        value.splits = false;
        if between.is_none() && list.len() > 1 { self.changed(value, self.place(span)) } else { value }
    }
}

/// Whether the parts are lists and nothing else: without elements they make no word.
pub(super) fn only_lists(parts: &[Part]) -> bool {
    parts.iter().all(|part| {
        matches!(&part.kind, PartKind::Parameter(parameter)
            if parameter.name == "@" || matches!(parameter.subscript, Some(Subscript::All)))
    }) && !parts.is_empty()
}

/// Whether a quoted list is one word: `"$*"`, `"${a[*]}"`.
pub(super) fn joins(parameter: &Parameter) -> bool {
    matches!(parameter.subscript, Some(Subscript::Star))
        || (parameter.name == "*" && parameter.subscript.is_none())
}

fn offset_number(offset: &Arithmetic) -> Option<usize> {
    match offset.expression.as_deref() {
        Some(Expression::Number(text)) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The elements from one on, as far as their number is known.
fn slice(list: Vec<Value>, from: usize, length: Option<&Arithmetic>) -> Vec<Value> {
    let most = match length.map(offset_number) {
        None => usize::MAX,
        Some(Some(most)) => most,
        Some(None) => return any_of(list.into_iter().skip(from).collect()),
    };
    let open = list.iter().position(|value| value.splits).unwrap_or(list.len());
    if open == list.len() {
        return list.into_iter().skip(from).take(most).collect();
    }
    // Behind an element that stands for any number nobody can count.
    let mut kept: Vec<Value> = list[..open].iter().skip(from).take(most).cloned().collect();
    if kept.len() < most {
        kept.extend(any_of(list[open..].to_vec()));
    }
    kept
}

/// Any number of words like these, none known.
fn any_of(list: Vec<Value>) -> Vec<Value> {
    let secret = list.iter().find_map(|value| value.secret.clone());
    let from_args = list.iter().any(|value| value.from_args);
    if let [single] = list.as_slice()
        && single.splits
    {
        return list;
    }
    let Some(first) = list.into_iter().next() else { return Vec::new() };
    let names = first.names.clone();
    vec![Value::unknown(Sym::VOLATILE).with(|value| {
        value.secret = secret;
        value.from_args = from_args;
        value.names = names;
        value.splits = true;
    })]
}
