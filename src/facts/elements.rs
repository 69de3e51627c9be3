//! Elements of arrays: told apart by their keys, as far as those are known.

use std::rc::Rc;

use crate::bash::syntax::{Expression, Word};
use crate::source::Span;

use super::state::State;
use super::value::{Content, MOST_CHOICES, Place, Source, Sym, Value};
use super::walk::Walk;
use super::words::named;

/// An array of which all keys are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keyed {
    /// In order.
    keys: Vec<Rc<str>>,
    values: Vec<Value>,
}

impl Keyed {
    /// Keys that are told apart in one array.
    const MOST_KEYS: usize = 48;

    /// The elements, in the order of their keys.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The elements, to be changed.
    pub fn values_mut(&mut self) -> &mut [Value] {
        &mut self.values
    }

    /// The keys, in order.
    pub fn keys(&self) -> &[Rc<str>] {
        &self.keys
    }

    /// The element of that key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.at(key).ok().map(|at| &self.values[at])
    }

    /// Sets an element; `false` where there are too many to tell them apart.
    pub fn put(&mut self, key: &str, value: Value) -> bool {
        match self.at(key) {
            Ok(at) => self.values[at] = value,
            Err(_) if self.keys.len() >= Self::MOST_KEYS => return false,
            Err(at) => {
                self.keys.insert(at, Rc::from(key));
                self.values.insert(at, value);
            }
        }
        true
    }

    /// Removes an element.
    pub fn remove(&mut self, key: &str) {
        if let Ok(at) = self.at(key) {
            self.keys.remove(at);
            self.values.remove(at);
        }
    }

    /// The same array with each element as `change` makes it.
    #[must_use]
    pub fn map(self, change: impl FnMut(Value) -> Value) -> Self {
        Self { keys: self.keys, values: self.values.into_iter().map(change).collect() }
    }

    /// What an array is after two paths have met; an element that only one has may be empty. `None` where there are too many
    /// to tell them apart.
    pub fn join(&self, other: &Self, mut joined: impl FnMut(&str) -> Sym) -> Option<Self> {
        let nothing = Value::default();
        let mut both = Self::default();
        for key in self.keys.iter().chain(&other.keys) {
            if both.at(key).is_err() {
                let mine = self.get(key).unwrap_or(&nothing);
                let theirs = other.get(key).unwrap_or(&nothing);
                if !both.put(key, mine.join(theirs, joined(key))) {
                    return None;
                }
            }
        }
        Some(both)
    }

    fn at(&self, key: &str) -> Result<usize, usize> {
        self.keys.binary_search_by(|known| known.as_ref().cmp(key))
    }
}

impl<'a> Walk<'a> {
    /// `${name[word]}`, with nothing done to it.
    pub(super) fn element(&mut self, name: &str, word: &'a Word, place: Place, state: &mut State) -> Value {
        let key = self.value(word, state);
        self.note_read(name, state);
        let value = match state.vars.get(name).cloned() {
            Some(Content::Array(values)) => {
                let known = number_of(&key, state).and_then(|number| position(number, &values));
                match known.and_then(|at| values.get(at)) {
                    Some(value) => value.clone(),
                    None => self.any_element(&values, place),
                }
            }
            Some(Content::Keyed(keyed)) => match key.constant() {
                Some(key) if !key.starts_with('-') => match keyed.get(key) {
                    Some(value) => value.clone(),
                    None => Value::unknown(self.symbols.joined(&format!("{name}[{key}]"))),
                },
                _ => {
                    let secret = keyed.values().iter().find_map(|value| value.secret.clone());
                    let sym = self.symbols.of(Source::Computed(place));
                    let choices = any_text(keyed.values());
                    Value::unknown(sym).with(|value| (value.secret, value.choices) = (secret, choices))
                }
            },
            Some(Content::Many(_)) => {
                let number = number_of(&key, state);
                let any = self.variable(name, place, state);
                return self.numbered(any, number, state);
            }
            _ => return self.variable(name, place, state),
        };
        named(value, name)
    }

    /// `name[index]` in arithmetic: the key as its text, or as what it comes to.
    fn key_of(&mut self, name: &str, index: &'a Expression, state: &mut State) -> Option<String> {
        match index {
            Expression::Number(text) => Some(text.trim().to_owned()),
            Expression::Variable(key, None) if matches!(state.vars.get(name), Some(Content::Keyed(_))) => {
                Some(key.clone())
            }
            Expression::Word(word) => self.value(word, state).constant().map(str::to_owned),
            other => self.number(other, state).map(|number| number.to_string()),
        }
    }

    /// An element in arithmetic; `None` where nobody knows which it is.
    pub(super) fn number_element(
        &mut self,
        name: &str,
        index: &'a Expression,
        state: &mut State,
    ) -> Option<Value> {
        let key = self.key_of(name, index, state)?;
        self.note_read(name, state);
        match state.vars.get(name)? {
            Content::Keyed(keyed) => keyed.get(&key).cloned(),
            Content::Array(values) => {
                let at = position(key.parse().ok()?, values)?;
                values.get(at).cloned()
            }
            Content::Scalar(_) | Content::Many(_) => None,
        }
    }

    /// An element becomes a number: the one given, or any.
    pub(super) fn assign_number(
        &mut self,
        name: &str,
        index: &'a Expression,
        number: Option<i64>,
        state: &mut State,
    ) {
        let key = self.key_of(name, index, state);
        let sym = self.symbols.joined(&format!("{name}[{}]", key.as_deref().unwrap_or_default()));
        let value = if let Some(number) = number {
            Value::known(number.to_string())
        } else {
            state.renew(sym, &mut self.symbols);
            Value::unknown(sym)
        };
        let key = key.map_or_else(|| Value::unknown(Sym::VOLATILE), Value::known);
        let nowhere = Place { file: self.file, span: Span::default() };
        self.assign_element(name, &key, Content::Scalar(value), state, nowhere);
    }

    /// The value that stands for any of these.
    fn any_element(&mut self, values: &[Value], place: Place) -> Value {
        let secret = values.iter().find(|value| value.secret.is_some());
        let any = secret.or(values.first()).cloned().unwrap_or_default();
        if values.len() < 2 {
            return any;
        }
        let sym = self.symbols.of(Source::Computed(place));
        Value::unknown(sym).with(|value| {
            value.secret.clone_from(&any.secret);
            value.choices = any_text(values);
        })
    }

    /// Sets one element of an array.
    pub(super) fn assign_element(
        &mut self,
        name: &str,
        key: &Value,
        content: Content,
        state: &mut State,
        place: Place,
    ) {
        let content = self.stored(name, content, place, state);
        let value = content.scalar();
        if key.secret.is_some() {
            state.set(&keys_of(name), Content::Many(key.clone()));
        }
        let changed = match state.vars.get(name).cloned() {
            Some(Content::Array(mut list)) => {
                let number = number_of(key, state).and_then(|number| usize::try_from(number).ok());
                let countable = |at: &usize| list.iter().take(*at).all(|value| !value.splits);
                match number.filter(countable) {
                    Some(at) if at < list.len() && !list[at].splits => {
                        list[at] = value;
                        Content::Array(list)
                    }
                    Some(at) if at == list.len() => {
                        list.push(value);
                        Content::Array(list)
                    }
                    _ => Content::Many(self.merge_elements(name, list.into_iter().chain([value]))),
                }
            }
            Some(Content::Keyed(mut keyed)) => match key.constant() {
                Some(key) if keyed.put(key, value.clone()) => Content::Keyed(keyed),
                _ => Content::Many(self.any_of_keyed(name, &keyed, [value])),
            },
            Some(Content::Many(old)) => Content::Many(self.merge_elements(name, [old, value].into_iter())),
            _ => Content::Many(value),
        };
        state.set(name, changed);
    }

    /// The value that stands for any element, once some key is not known: it may be none of them.
    pub(super) fn any_of_keyed(
        &mut self,
        name: &str,
        keyed: &Keyed,
        more: impl IntoIterator<Item = Value>,
    ) -> Value {
        let all = keyed.values().iter().cloned().chain(more).chain([Value::default()]);
        self.merge_elements(name, all)
    }

    /// `${!name[@]}` as a list, where the keys are known.
    pub(super) fn keys(name: &str, state: &State) -> Option<Vec<Value>> {
        match state.vars.get(name)? {
            Content::Keyed(keyed) => {
                Some(keyed.keys().iter().map(|key| Value::known(key.as_ref())).collect())
            }
            Content::Array(values) if values.iter().all(|value| !value.splits) => {
                Some((0..values.len()).map(|index| Value::known(index.to_string())).collect())
            }
            _ => None,
        }
    }

    /// Any of the keys of an array: a secret that was one of them remains one.
    pub(super) fn any_key(&mut self, name: &str, place: Place, state: &State) -> Value {
        let value = Value::unknown(self.symbols.of(Source::Computed(place)));
        let kept = state.vars.get(keys_of(name).as_str()).map(Content::scalar);
        value.with(|value| value.secret = kept.and_then(|key| key.secret.clone()))
    }

    /// `unset "name[key]"`: whether it was one.
    pub(super) fn unset_element(&mut self, target: &str, state: &mut State) -> bool {
        let Some((name, key)) = target.strip_suffix(']').and_then(|target| target.split_once('[')) else {
            return false;
        };
        match state.vars.get(name).cloned() {
            Some(Content::Keyed(mut keyed)) => {
                keyed.remove(key.trim_matches(['\'', '"']));
                state.set(name, Content::Keyed(keyed));
            }
            Some(Content::Array(mut list)) => {
                let number = number_of(&Value::known(key), state).and_then(|number| position(number, &list));
                match number {
                    Some(at) if at >= list.len() => {}
                    Some(at) if at + 1 == list.len() => {
                        list.pop();
                        state.set(name, Content::Array(list));
                    }
                    // The others keep their numbers.
                    _ => {
                        let any = Content::Many(self.merge_elements(name, list.into_iter()));
                        state.forget_traits(&any);
                        state.set(name, any);
                    }
                }
            }
            Some(content) => state.forget_traits(&content),
            None => {}
        }
        true
    }
}

/// Under that name a path keeps a key of the array that is a secret.
fn keys_of(name: &str) -> String {
    format!("!{name}")
}

/// The texts that any of these may be, or nothing where there is none of that key; none where they are not all known, or many.
fn any_text(values: &[Value]) -> Vec<String> {
    let texts: Option<Vec<String>> = values.iter().map(|value| value.constant().map(str::to_owned)).collect();
    let mut texts = texts.filter(|texts| texts.len() < MOST_CHOICES).unwrap_or_default();
    if !texts.is_empty() {
        texts.push(String::new());
    }
    texts
}

/// The number that a subscript comes to: written, or a variable's.
fn number_of(key: &Value, state: &State) -> Option<i64> {
    let text = key.constant()?.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    state.vars.get(text)?.scalar().constant()?.trim().parse().ok()
}

/// Where the element of that number is; none where elements of unknown number stand before it.
fn position(number: i64, values: &[Value]) -> Option<usize> {
    let at = if number < 0 {
        if values.iter().any(|value| value.splits) {
            return None;
        }
        values.len().checked_sub(usize::try_from(number.unsigned_abs()).ok()?)?
    } else {
        usize::try_from(number).ok()?
    };
    values.iter().take(at.saturating_add(1)).all(|value| !value.splits).then_some(at)
}
