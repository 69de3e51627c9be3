//! Words into values: quoting, parameters, substitutions, as bash does them, as far as they are known.

use std::rc::Rc;

use crate::bash::is_shells_own;
use crate::bash::syntax::{Parameter, ParameterOp, Part, PartKind, Subscript, Word};
use crate::commands::HOLE;
use crate::source::Span;

use super::braces;
use super::cuts::{End, cut, in_case, is_ascii, replaced, without};
use super::lists::{joins, only_lists};
use super::state::State;
use super::value::{CHILD, Content, Flow, Known, Place, Source, Sym, Value};
use super::walk::Walk;

impl<'a> Walk<'a> {
    /// The fields that a word expands to.
    pub(super) fn fields(&mut self, word: &'a Word, state: &mut State) -> Vec<Value> {
        if word.braces {
            return self.brace_fields(word, state);
        }
        if let [part @ Part { kind: PartKind::Literal(text) | PartKind::Quoted(text), .. }] =
            word.parts.as_slice()
        {
            return vec![self.literal(part, text, state)];
        }
        let mut fields = Vec::new();
        let mut current: Option<Value> = None;
        for part in &word.parts {
            self.part_fields(part, state, &mut fields, &mut current);
        }
        fields.extend(current);
        let written = self.place(word.span);
        for field in fields.iter_mut().filter(|field| field.written.is_none()) {
            field.written = Some(written);
        }
        fields
    }

    /// The single value of a word where no splitting happens (assignments, tests, redirections).
    pub(super) fn value(&mut self, word: &'a Word, state: &mut State) -> Value {
        if let [part @ Part { kind: PartKind::Literal(text) | PartKind::Quoted(text), .. }] =
            word.parts.as_slice()
        {
            return self.literal(part, text, state);
        }
        let mut value = Value::default();
        for part in &word.parts {
            value.append(&self.part_value(part, state));
        }
        if value.written.is_none() {
            value.written = Some(self.place(word.span));
        }
        value
    }

    fn part_fields(
        &mut self,
        part: &'a Part,
        state: &mut State,
        fields: &mut Vec<Value>,
        current: &mut Option<Value>,
    ) {
        match &part.kind {
            PartKind::DoubleQuoted(parts) => {
                current.get_or_insert_default();
                for inner in parts {
                    if let PartKind::Parameter(parameter) = &inner.kind
                        && !joins(parameter)
                        && let Some(list) = self.list_expansion(parameter, state)
                    {
                        self.traced_list(parameter, &list, state);
                        push_list(list, fields, current);
                    } else {
                        let value = self.part_value(inner, state);
                        current.get_or_insert_default().append(&value);
                    }
                }
                if current.as_ref().is_some_and(|value| *value == Value::default()) && only_lists(parts) {
                    *current = None;
                }
            }
            PartKind::Parameter(parameter) => {
                let list = self.list_expansion(parameter, state);
                if let Some(list) = &list {
                    self.traced_list(parameter, list, state);
                }
                let values = list.unwrap_or_else(|| vec![self.parameter(parameter, part.span, state)]);
                let mut split = Vec::new();
                for value in values {
                    split.extend(split_words(value));
                }
                push_list(split, fields, current);
            }
            PartKind::Command(_) | PartKind::Arithmetic(_) => {
                let value = self.part_value(part, state);
                push_list(split_words(value), fields, current);
            }
            PartKind::Literal(_) | PartKind::Quoted(_) | PartKind::Process(_) => {
                let value = self.part_value(part, state);
                current.get_or_insert_default().append(&value);
            }
        }
    }

    /// Literal text; what was made of it once is shared.
    fn literal(&mut self, part: &'a Part, text: &'a str, state: &State) -> Value {
        let key = std::ptr::from_ref(part).addr();
        if let Some(known) = self.literals.get(&key) {
            return known.clone();
        }
        let value = self.with_holes(text, state).with(|value| value.written = Some(self.place(part.span)));
        if value.text == text {
            self.literals.insert(key, value.clone());
        }
        value
    }

    pub(super) fn part_value(&mut self, part: &'a Part, state: &mut State) -> Value {
        match &part.kind {
            PartKind::Literal(text) | PartKind::Quoted(text) => self.literal(part, text, state),
            PartKind::DoubleQuoted(parts) => {
                let mut value = Value::default();
                for inner in parts {
                    value.append(&self.part_value(inner, state));
                }
                value
            }
            PartKind::Parameter(parameter) => match self.list_expansion(parameter, state) {
                Some(list) => {
                    self.traced_list(parameter, &list, state);
                    self.join_list(&list, part.span, state)
                }
                None => self.parameter(parameter, part.span, state),
            },
            PartKind::Command(substitution) => {
                let value = self.substitution(&substitution.body, part.span, state);
                self.note_part(&value);
                self.traced(&value, state);
                value
            }
            PartKind::Arithmetic(arithmetic) => self.arithmetic_value(arithmetic, part.span, state),
            PartKind::Process(process) => {
                let inner = self.substitution(&process.body, part.span, state);
                // The word is a descriptor's path: the secret is in the pipe, not in the word.
                self.last_substitution = None;
                // Of several, one with a secret is the one that matters.
                let closely = self.reached.is_some();
                let before = self.piped_in.take().filter(|value| closely && value.secret.is_some());
                self.piped_in = before.or_else(|| process.input.then_some(inner));
                Value::known("/dev/fd/63")
            }
        }
    }

    /// The value of `$name` with nothing done to it.
    pub(super) fn variable(&mut self, name: &str, place: Place, state: &State) -> Value {
        if let Ok(number) = name.parse::<usize>() {
            return self.positional(number, state);
        }
        self.note_read(name, state);
        match name {
            "#" if state.params.rest.is_none() => return Value::known(state.params.list.len().to_string()),
            "?" if state.last.is_some() => {
                return match state.last {
                    Some(true) => Value::known("0"),
                    _ => Value::unknown(Sym::FAILED),
                };
            }
            "?" => return Value::unknown(Sym::VOLATILE),
            "!" => {
                return Value::unknown(Sym::VOLATILE).with(|value| value.about = vec![Rc::from(CHILD)]);
            }
            name if is_shells_own(name) => return Value::unknown(Sym::VOLATILE),
            "BASH_REMATCH" if !state.vars.contains_key(name) => {
                return named(Value::unknown(Sym::VOLATILE), name);
            }
            "OPTARG" if !state.vars.contains_key(name) => {
                return named(Value::unknown(Sym::VOLATILE).with(|value| value.from_args = true), name);
            }
            _ => {}
        }
        if name == "OPTARG"
            && let Some(value) = Self::option_argument(state)
        {
            return value;
        }
        let value = match state.vars.get(name) {
            Some(content) => {
                let value = content.scalar();
                let own = |known: &Rc<str>| known.as_ref() == name;
                if value.secret.is_some()
                    || value.constant().is_some()
                    || !value.names.iter().any(own)
                    || !self.tells_of_secret(name)
                {
                    return named(value, name);
                }
                // On some path it still holds what the script was started with.
                let flow =
                    Flow::start(place, format!("`${name}`"), format!("`${name}` holds a secret by its name"));
                value.with(|value| value.secret = Some(flow))
            }
            None if state.rare.unset.contains(name) => Value::default(),
            None if self.tells_of_secret(name) => {
                let flow =
                    Flow::start(place, format!("`${name}`"), format!("`${name}` holds a secret by its name"));
                self.symbols.inherited(name).with(|value| value.secret = Some(flow))
            }
            None => return self.symbols.expanded(name),
        };
        named(value, name)
    }

    /// Whether a variable of that name holds a secret, unless its value shows otherwise.
    pub(super) fn tells_of_secret(&mut self, name: &str) -> bool {
        if let Some(known) = self.secret_by_name.get(name) {
            return *known;
        }
        let tells = self.secret_names.matches(name);
        self.secret_by_name.insert(Rc::from(name), tells);
        tells
    }

    fn positional(&mut self, number: usize, state: &State) -> Value {
        if number == 0 {
            if let Some(content) = state.vars.get("0") {
                return content.scalar();
            }
            return Value::unknown(self.symbols.environment("0"));
        }
        if let Some(value) = state.params.list.get(number - 1) {
            return value.clone();
        }
        match &state.params.rest {
            Some(rest) => {
                let beyond = u32::try_from(number - state.params.list.len()).unwrap_or(u32::MAX);
                let argument = state.params.shifted.saturating_add(beyond);
                let mut value = rest.clone();
                if !value.choices.is_empty() {
                    value.choices.clear();
                }
                if rest.symbol().is_some() && rest.from_args {
                    value.syms = vec![self.symbols.of(Source::Argument(argument))];
                }
                value
            }
            None => Value::default(),
        }
    }

    fn parameter(&mut self, parameter: &'a Parameter, span: Span, state: &mut State) -> Value {
        let place = self.place(span);
        if parameter.indirect {
            return self.indirect(parameter, place, state);
        }
        if let Some(count) = Self::count(parameter, state) {
            self.note_read(&parameter.name, state);
            return Value::known(count.to_string());
        }
        if Self::counts_some(parameter, state) {
            self.note_read(&parameter.name, state);
            return Value::unknown(Sym::FAILED);
        }
        let plain = match (&parameter.subscript, state.vars.get(parameter.name.as_str())) {
            (Some(Subscript::Index(word)), _) => self.element(&parameter.name, word, place, state),
            (Some(Subscript::All), None) => {
                self.variable(&parameter.name, place, state).with(|value| value.splits = true)
            }
            _ => self.variable(&parameter.name, place, state),
        };
        let value = self.operate(&parameter.op, plain, &parameter.name, place, state);
        self.note_part(&value);
        self.traced(&value, state);
        value
    }

    /// `"${a[@]}"` is an expansion of each element; of `"$@"` the call has said it already.
    fn traced_list(&mut self, parameter: &Parameter, list: &[Value], state: &State) {
        for value in list {
            self.note_part(value);
        }
        if !["@", "*"].contains(&parameter.name.as_str()) {
            for value in list {
                self.traced(value, state);
            }
        }
    }

    /// Notes of an unknown value that it is a secret, and what it is by default: in a text its symbol is all that is left.
    fn note_part(&mut self, value: &Value) {
        let Some(sym) = value.symbol().filter(|sym| ![Sym::VOLATILE, Sym::FAILED].contains(sym)) else {
            return;
        };
        if value.secret.is_some() {
            self.secret_symbols.insert(sym);
        }
        if !value.fallbacks.is_empty() {
            self.defaults.insert(sym, value.fallbacks.clone());
        }
    }

    fn indirect(&mut self, parameter: &'a Parameter, place: Place, state: &mut State) -> Value {
        let target = match &parameter.subscript {
            Some(Subscript::Index(word)) => self.element(&parameter.name, word, place, state),
            _ => self.variable(&parameter.name, place, state),
        };
        let plain = if let Some(name) = target.constant().map(str::to_owned) {
            self.variable(&name, place, state)
        } else {
            self.any_named(&target, place, state)
        };
        let value = self.operate(&parameter.op, plain, &parameter.name, place, state);
        self.traced(&value, state);
        value
    }

    /// The variable that a value names which is not known: one of a few, or one whose name ends in a known way.
    fn any_named(&mut self, target: &Value, place: Place, state: &State) -> Value {
        let mut value = Value::unknown(self.symbols.of(Source::Computed(place)));
        value.secret.clone_from(&target.secret);
        for name in self.choices(target) {
            let secret = self.variable(&name, place, state).secret.clone();
            value.secret = value.secret.clone().or(secret);
        }
        let name = target.text.replace(HOLE, "x");
        if value.secret.is_none() && name != "x" && self.tells_of_secret(&name) {
            let shown = target.text.replace(HOLE, "\u{2026}");
            let what = format!("a variable named `{shown}` holds a secret by its name");
            value.secret = Some(Flow::start(place, format!("`${shown}`"), what));
        }
        value
    }

    /// `${x:+word}`
    fn alternate(
        &mut self,
        plain: &Value,
        colon: bool,
        word: &'a Word,
        place: Place,
        state: &mut State,
    ) -> Value {
        let other = self.value(word, state);
        match plain.constant() {
            Some("") if colon => return Value::default(),
            Some(text) if !text.is_empty() && other.constant().is_some() => return other,
            _ => {}
        }
        let mut value = Value::unknown(self.symbols.of(Source::Computed(place)));
        if let Some(text) = other.constant() {
            value.fallbacks.push(text.to_owned());
            value.choices = vec![String::new(), text.to_owned()];
            value.splits = true;
        } else if other.symbol().is_none() {
            // `${KEY:+-i "$KEY"}`: what it starts with tells options from operands.
            value.fallbacks.push(other.text.clone());
            value.splits = true;
        }
        value.secret.clone_from(&other.secret);
        value
    }

    fn operate(
        &mut self,
        op: &'a ParameterOp,
        plain: Value,
        name: &str,
        place: Place,
        state: &mut State,
    ) -> Value {
        match op {
            ParameterOp::Plain => plain,
            // A count names nothing.
            ParameterOp::Length => Value::unknown(Sym::VOLATILE),
            ParameterOp::Keys => self.any_key(name, place, state),
            ParameterOp::Names => Value::unknown(self.symbols.of(Source::Computed(place))),
            ParameterOp::Default { word, .. } | ParameterOp::Assign { word, .. } => {
                let other = self.value(word, state);
                let mut value = plain;
                let nothing = value.constant().is_some_and(str::is_empty);
                if nothing && other.constant() != Some("") {
                    value = named(other.with(|other| other.names.clone_from(&value.names)), name);
                } else if value.constant().is_none() {
                    value.choices = defaulted(&value.choices, &other);
                    if let Some(text) = other.constant() {
                        value.fallbacks.push(text.to_owned());
                    }
                    value.own_file &= other.surely_own() || other.constant() == Some("");
                    value.from_args &= other.from_args || other.constant().is_some();
                    value.typed &= other.typed || other.constant() == Some("");
                    value.secret = value.secret.clone().or_else(|| other.secret.clone());
                }
                if matches!(op, ParameterOp::Assign { .. }) {
                    state.set(name, Content::Scalar(value.clone()));
                }
                value
            }
            ParameterOp::Alternate { word, colon } => self.alternate(&plain, *colon, word, place, state),
            ParameterOp::Error { word, colon } => {
                self.value(word, state);
                let goes_on = |text: &String| !*colon || !text.is_empty();
                if plain.fallbacks.iter().all(goes_on) {
                    return plain;
                }
                plain.with(|value| value.fallbacks.retain(goes_on))
            }
            ParameterOp::TrimPrefix { pattern } => {
                let pattern = self.value(pattern, state);
                if let Some(text) = without(&plain, &pattern, End::Front) {
                    return plain.with(|value| {
                        value.text = text;
                        value.own_file = false;
                    });
                }
                let mut value = self.changed(plain.clone(), place).with(|value| value.own_file = false);
                value.typed = plain.typed;
                if plain.ends_in_status && pattern.constant() == Some("*\n") {
                    value.secret = None;
                }
                value
            }
            ParameterOp::TrimSuffix { pattern } => {
                let cut = self.value(pattern, state);
                if let Some(text) = without(&plain, &cut, End::Back) {
                    return plain.with(|value| value.text = text);
                }
                let typed = plain.typed;
                let mut value = self.changed(plain, place);
                value.typed = typed;
                value.own_file &= cut.constant().is_some_and(|text| !text.contains(['*', '?', '[']));
                value
            }
            ParameterOp::Replace { all, pattern, replacement } => {
                let pattern = self.value(pattern, state);
                let other = self.value(replacement, state);
                if let Some(text) = replaced(&plain, &pattern, &other, *all) {
                    return plain.with(|value| value.text = text);
                }
                let typed = plain.typed && other.constant().is_some();
                let mut value = self.changed(plain, place);
                value.typed = typed;
                value.secret = value.secret.clone().or_else(|| other.secret.clone());
                value
            }
            ParameterOp::Case { op, pattern } if pattern.parts.is_empty() && is_ascii(&plain) => {
                let text = in_case(op, &plain.text);
                plain.with(|value| value.text = text)
            }
            // In other letters it is still what the operator typed.
            ParameterOp::Case { .. } => {
                let typed = plain.typed;
                self.changed(plain, place).with(|value| value.typed = typed)
            }
            ParameterOp::Transform(_) => self.changed(plain, place),
            ParameterOp::Slice { offset, length } => {
                let offset = self.arithmetic_value(offset, offset.span, state);
                let length = length.as_ref().map(|length| self.arithmetic_value(length, length.span, state));
                if let Some(text) = cut(&plain, &offset, length.as_ref()) {
                    return plain.with(|value| value.text = text);
                }
                let mut value = self.changed(plain.clone(), place);
                if plain.ends_in_status && offset.constant() == Some("-3") {
                    value.secret = None;
                }
                value
            }
        }
    }

    /// Another text that still carries what the old one carried.
    pub(super) fn changed(&mut self, old: Value, place: Place) -> Value {
        if old.constant().is_some_and(str::is_empty) {
            return old;
        }
        let mut value = Value::unknown(self.symbols.of(Source::Computed(place)));
        value.secret.clone_from(&old.secret);
        value.from_args = old.from_args;
        value.own_file = old.surely_own();
        value.names.clone_from(&old.names);
        value.about.clone_from(&old.about);
        value
    }

    fn brace_fields(&mut self, word: &'a Word, state: &mut State) -> Vec<Value> {
        let whole = self.value(word, state);
        let known = whole.constant().and_then(braces::expanded);
        if let Some(texts) = known {
            texts
                .into_iter()
                .map(|text| Value::known(text).with(|value| value.written = whole.written))
                .collect()
        } else {
            let mut value = Value::unknown(self.symbols.of(Source::Computed(self.place(word.span))));
            value.secret.clone_from(&whole.secret);
            value.from_args = whole.from_args;
            value.splits = true;
            vec![value]
        }
    }
}

/// All the texts of `${x:-w}`, where all of both are known.
fn defaulted(choices: &[String], other: &Value) -> Vec<String> {
    let Some(text) = other.constant().filter(|_| !choices.is_empty()) else { return Vec::new() };
    let mut all: Vec<String> = choices.iter().filter(|choice| !choice.is_empty()).cloned().collect();
    all.push(text.to_owned());
    all
}

/// Adds the variable's name to the value's history.
pub(super) fn named(mut value: Value, name: &str) -> Value {
    if value.constant().is_none() && !value.names.iter().any(|known| known.as_ref() == name) {
        value.names.push(Rc::from(name));
    }
    value
}

fn push_list(list: Vec<Value>, fields: &mut Vec<Value>, current: &mut Option<Value>) {
    let count = list.len();
    for (index, value) in list.into_iter().enumerate() {
        match current {
            Some(open) => open.append(&value),
            None => *current = Some(value),
        }
        if index + 1 < count {
            fields.extend(current.take());
        }
    }
}

/// Splits an unquoted expansion at blanks, as far as its text is known.
fn split_words(mut value: Value) -> Vec<Value> {
    if value.constant().is_some() {
        let words: Vec<Value> = value
            .text
            .split_whitespace()
            .map(|text| value.clone().with(|value| text.clone_into(&mut value.text)))
            .collect();
        return words;
    }
    if !value.text.contains(char::is_whitespace) {
        value.splits = true;
        return vec![value];
    }
    let mut syms = value.syms.clone().into_iter();
    let texts: Vec<String> = value.text.split_whitespace().map(str::to_owned).collect();
    texts
        .into_iter()
        .map(|text| {
            let holes = text.matches(HOLE).count();
            let syms: Vec<_> = syms.by_ref().take(holes).collect();
            let secret = if syms.is_empty() { None } else { value.secret.clone() };
            let whole = Known::clone(&value);
            Known { text, syms, secret, splits: holes > 0, choices: Vec::new(), ..whole }.into()
        })
        .collect()
}
