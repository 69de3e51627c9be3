//! Assignments: what a variable holds afterwards, and the secret that came with it.

use std::rc::Rc;

use crate::bash::syntax::{Assignment, Declare, Element, Operand, Part, PartKind, Value as Written, Word};
use crate::bash::visit::{Visitor, walk_assignment, walk_part};
use crate::commands::HOLE;
use crate::source::Span;

use super::elements::Keyed;
use super::literals::is_literal_credential;
use super::naming::made_of_old;
use super::redirects::RANDOM_TEXT;
use super::state::{Shape, State};
use super::value::{Content, Flow, Place, Source, StepKind, Value, too_many};
use super::walk::{Out, Walk, index_word};

impl<'a> Walk<'a> {
    pub(super) fn assign_all(
        &mut self,
        assignments: &'a [Assignment],
        mut state: State,
        place: Place,
    ) -> Out {
        self.last_substitution = None;
        let mut ran = None;
        for assignment in assignments {
            self.assign(assignment, &mut state);
            if let Some(out) = self.last_substitution.take() {
                ran = Some(out);
            }
        }
        self.observations.first(place, &state);
        let Some(ran) = ran else { return Out::success(state) };
        let mut after = |learned: State| {
            let mut after = state.clone();
            after.learn(&learned, &mut self.symbols);
            after
        };
        Out {
            ok: ran.ok.into_iter().map(&mut after).collect(),
            fail: ran.fail.into_iter().map(after).collect(),
        }
    }

    /// Performs one assignment; gives whether its value is plain text.
    fn assign(&mut self, assignment: &'a Assignment, state: &mut State) -> bool {
        if runs_something(assignment) {
            self.observations.first(self.place(assignment.span), state);
        }
        let content = self.assigned(assignment, state);
        let name = assignment.target.name.as_str();
        let plain = match &content {
            Content::Scalar(value) => value.constant().is_some(),
            Content::Array(_) | Content::Keyed(_) => {
                content.values().iter().all(|value| value.constant().is_some())
            }
            Content::Many(_) => false,
        };
        let place = self.place(assignment.span);
        if let Some(word) = index_word(assignment.target.subscript.as_deref()) {
            let key = self.value(word, state);
            self.assign_element(name, &key, content, state, place);
        } else if assignment.append {
            self.append(name, content, state, place);
        } else {
            let content = self.stored(name, content, place, state);
            for value in content.values() {
                self.traced(value, state);
            }
            let emptied = matches!(&content, Content::Array(list) if list.is_empty());
            if emptied && matches!(state.vars.get(name), Some(Content::Keyed(_))) {
                state.set(name, Content::Keyed(Keyed::default()));
            } else {
                state.given(name, &content, made_of_old(assignment));
                // A part of a list goes by the symbol of all of it.
                if matches!(content, Content::Many(_)) {
                    state.forget_traits(&content);
                }
                state.set(name, content);
            }
        }
        plain
    }

    /// What a variable's attribute makes of it (`declare -i`): where that is another text, it is not known.
    fn shaped(&mut self, name: &str, value: Value, place: Place, state: &State) -> Value {
        let Some(shape) = state.rare.shaped.get(name) else { return value };
        if value.constant().is_none_or(|text| shape.keeps(text)) {
            return value;
        }
        let sym = self.symbols.of(Source::Computed(place));
        Value::unknown(sym).with(|new| new.secret.clone_from(&value.secret))
    }

    /// What an assignment's right side gives.
    pub(super) fn assigned(&mut self, assignment: &'a Assignment, state: &mut State) -> Content {
        match &assignment.value {
            Written::Scalar(word) => Content::Scalar(self.value(word, state)),
            Written::Array(elements) => {
                if let Some(keyed) = self.keyed(elements, state) {
                    return Content::Keyed(keyed);
                }
                let mut values = Vec::new();
                for element in elements {
                    values.extend(self.fields(&element.value, state));
                }
                if let Some(any) = too_many(&values) {
                    return Content::Many(any);
                }
                if values.iter().any(|value| value.splits)
                    && let [single] = values.as_slice()
                {
                    return Content::Many(single.clone().with(|value| value.splits = false));
                }
                Content::Array(values)
            }
        }
    }

    /// The elements of `([key]=value ...)`, where every key is known.
    fn keyed(&mut self, elements: &'a [Element], state: &mut State) -> Option<Keyed> {
        let mut keyed = Keyed::default();
        let mut all = !elements.is_empty();
        for element in elements {
            let key = element.key.as_ref().map(|key| self.value(key, state));
            let key = key.as_ref().and_then(|key| key.constant());
            all &= key.is_some();
            if let Some(key) = key.filter(|_| all) {
                let value = self.value(&element.value, state);
                all &= keyed.put(key, value);
            }
        }
        all.then_some(keyed)
    }

    /// A value on its way into a variable: the secret's step, a secret by name.
    pub(super) fn stored(
        &mut self,
        name: &str,
        content: Content,
        place: Place,
        state: &mut State,
    ) -> Content {
        match content {
            Content::Scalar(value) => Content::Scalar(self.stored_value(name, value, place, state)),
            Content::Many(value) => Content::Many(self.stored_value(name, value, place, state)),
            Content::Keyed(keyed) => {
                Content::Keyed(keyed.map(|value| self.stored_value(name, value, place, state)))
            }
            // An element that may be any number of words stays one: what stands behind it has no known place.
            Content::Array(values) => Content::Array(
                values
                    .into_iter()
                    .map(|value| {
                        let splits = value.splits;
                        let stored = self.stored_value(name, value, place, state);
                        stored.with(|value| value.splits = splits)
                    })
                    .collect(),
            ),
        }
    }

    fn stored_value(&mut self, name: &str, value: Value, place: Place, state: &mut State) -> Value {
        // By another name for it, the variable is what it is.
        let target = state.rare.references.get(name).cloned();
        let name = target.as_deref().unwrap_or(name);
        let value = self.shaped(name, value, place, state);
        let mut value = self.no_longer_checked(name, value, place, state);
        if let Some(mut flow) = value.secret.clone() {
            // Kept under such a name, what was picked from a secret text is none.
            if let (StepKind::Picked { secret_name: false }, Some(before), true) =
                (flow.kind, &flow.before, super::picked::is_plain(name))
            {
                flow = before.step(StepKind::Answered, flow.place, &flow.subject, flow.what.clone());
            }
            let kind = StepKind::Stored { secret_name: self.tells_of_secret(name) };
            value.secret = Some(flow.step(kind, place, name, format!("it is put into `{name}`")));
        } else if value.constant().is_none()
            && self.choices(&value).is_empty()
            && self.tells_of_secret(name)
            && !value.own_file
            && !self.is_status(&value)
        {
            value.secret = Some(Flow::start(
                place,
                format!("`${name}`"),
                format!("`{name}` holds a secret by its name"),
            ));
        }
        // A credential in the text is one wherever it goes; any other known text is clean, whatever its variable is called.
        let mut texts = self.choices(&value);
        texts.extend(value.constant().map(str::to_owned));
        let is_credential = |text: &String| is_literal_credential(self.secret_names, name, text);
        if value.secret.is_none() && texts.iter().any(is_credential) {
            value.secret = Some(Flow::start(
                place,
                format!("`${name}`"),
                format!("`{name}` is given a literal credential"),
            ));
        }
        value.splits = false;
        value
    }

    /// Whether the value is a number that tells how a command ended.
    fn is_status(&self, value: &Value) -> bool {
        let is_text = |name: &Rc<str>| [RANDOM_TEXT, "BASH_REMATCH"].contains(&name.as_ref());
        let text = value.from_args || value.names.iter().any(is_text);
        !text
            && value
                .symbol()
                .is_some_and(|sym| matches!(self.symbols.source(sym), Source::Volatile | Source::Failed))
    }

    fn append(&mut self, name: &str, content: Content, state: &mut State, place: Place) {
        let content = self.stored(name, content, place, state);
        let old = state.vars.get(name).cloned();
        let some = state.has_elements(&content) || old.as_ref().is_some_and(|old| state.has_elements(old));
        let new = match (old, content) {
            // It is added.
            (Some(Content::Scalar(_)) | None, Content::Scalar(more))
                if state.rare.shaped.get(name) == Some(&Shape::Number) =>
            {
                let sym = self.symbols.of(Source::Computed(place));
                state.renew(sym, &mut self.symbols);
                Content::Scalar(Value::unknown(sym).with(|new| new.secret.clone_from(&more.secret)))
            }
            (None | Some(Content::Scalar(_)), Content::Array(values)) => Content::Array(values),
            (Some(Content::Array(mut list)), Content::Array(values)) => {
                const MOST_ELEMENTS: usize = 24;
                if list.len() + values.len() > MOST_ELEMENTS {
                    Content::Many(self.merge_elements(name, list.into_iter().chain(values)))
                } else {
                    list.extend(values);
                    Content::Array(list)
                }
            }
            (Some(Content::Keyed(mut keyed)), Content::Keyed(more)) => {
                let mut pairs = more.keys().iter().zip(more.values());
                if pairs.all(|(key, value)| keyed.put(key, value.clone())) {
                    Content::Keyed(keyed)
                } else {
                    let more = more.values().to_vec();
                    Content::Many(self.any_of_keyed(name, &keyed, more))
                }
            }
            (Some(Content::Keyed(keyed)), new) => {
                let more = new.values().to_vec();
                Content::Many(self.any_of_keyed(name, &keyed, more))
            }
            (Some(Content::Many(value)), Content::Array(values)) => {
                Content::Many(self.merge_elements(name, std::iter::once(value).chain(values)))
            }
            (Some(Content::Scalar(mut value)), Content::Scalar(more)) => {
                let checked = value.symbol().is_some_and(|sym| state.checked.contains(&sym));
                if checked && !more.text.is_empty() {
                    // What was checked is no longer all of it.
                    let sym = self.symbols.of(Source::Computed(place));
                    value = value.with(|value| (value.text, value.syms) = (String::from(HOLE), vec![sym]));
                }
                value.append(&more);
                Content::Scalar(value)
            }
            (None, content) => match content {
                Content::Scalar(more) => {
                    let mut value = self.variable(name, place, state);
                    value.append(&more);
                    Content::Scalar(value)
                }
                other => other,
            },
            (Some(old), new) => {
                let values = old.values().iter().chain(new.values()).cloned();
                Content::Many(self.merge_elements(name, values))
            }
        };
        if some {
            let joined = self.symbols.joined(name);
            state.set_has_elements(&new, joined);
        } else {
            state.forget_traits(&new);
        }
        state.set(name, new);
    }

    pub(super) fn merge_elements(&mut self, name: &str, values: impl Iterator<Item = Value>) -> Value {
        let sym = self.symbols.joined(name);
        values.reduce(|so_far, value| so_far.join(&value, sym)).unwrap_or_default()
    }

    pub(super) fn declare(&mut self, declare: &'a Declare, mut state: State, place: Place) -> Out {
        let keyword = declare.keyword.plain().unwrap_or_default();
        let flagged = |letters: &[char]| {
            let has = |word: &Word| {
                word.plain().is_some_and(|text| text.starts_with('-') && text.contains(letters))
            };
            declare.operands.iter().any(|operand| matches!(operand, Operand::Flag(word) if has(word)))
        };
        let prints = flagged(&['p']);
        let local = keyword == "local"
            || (state.in_function()
                && (keyword == "declare" || keyword == "typeset")
                && !flagged(&['g'])
                && !prints);
        let mut plain = keyword == "readonly" || flagged(&['r']);
        let empty = match (flagged(&['A']), flagged(&['a'])) {
            (true, _) => Some(Content::Keyed(Keyed::default())),
            (false, true) => Some(Content::Array(Vec::new())),
            (false, false) => None,
        };
        let array = empty.is_some();
        let empty = empty.unwrap_or_else(|| Content::Scalar(Value::default()));
        let nameref = flagged(&['n']) && keyword != "export";
        // `declare -x NAME` and the like say something of what it already holds.
        let keeps = flagged(&['x', 'r', 'p', 'g']);
        self.note_exported(&keyword, declare);
        let exports = keyword == "export" || flagged(&['x']);
        let shape = [(Shape::Number, 'i'), (Shape::Lower, 'l'), (Shape::Upper, 'u'), (Shape::Upper, 'c')];
        let shape = shape.into_iter().find(|(_, letter)| keyword != "export" && flagged(&[*letter]));
        for name in declare.operands.iter().filter_map(assigned_name) {
            match shape {
                Some((shape, _)) => drop(state.rare_mut().shaped.insert(Rc::from(name), shape)),
                None if local && state.rare.shaped.contains_key(name) => {
                    state.rare_mut().shaped.remove(name);
                }
                None => {}
            }
        }
        for name in declare.operands.iter().filter_map(assigned_name).filter(|_| exports) {
            if flagged(&['n']) {
                state.rare_mut().exported.remove(name);
            } else {
                state.rare_mut().exported.insert(Rc::from(name));
            }
        }
        for operand in &declare.operands {
            match operand {
                Operand::Flag(word) | Operand::Dynamic(word)
                    if local && word.plain().is_some_and(|text| text == "-") =>
                {
                    state.localise_options();
                }
                Operand::Flag(_) => {}
                Operand::Name(name) => {
                    if prints {
                        let value = self.variable(&name.name, place, &state);
                        self.printed(&value, place, 1);
                    }
                    if local {
                        state.localise(&name.name);
                        state.set(&name.name, empty.clone());
                    } else if (array || keyword == "declare" && !keeps)
                        && !state.vars.contains_key(name.name.as_str())
                    {
                        state.set(&name.name, empty.clone());
                    }
                }
                Operand::Assignment(assignment) => {
                    if local {
                        state.localise(&assignment.target.name);
                    }
                    if nameref {
                        let target = self.assigned(assignment, &mut state).scalar();
                        self.bind_nameref(&assignment.target.name, &target, &mut state);
                    } else {
                        plain &= self.assign(assignment, &mut state);
                    }
                    let name = assignment.target.name.as_str();
                    let made_empty =
                        matches!(state.vars.get(name), Some(Content::Array(list)) if list.is_empty());
                    if made_empty && flagged(&['A']) {
                        state.set(name, Content::Keyed(Keyed::default()));
                    }
                }
                Operand::Dynamic(word) => {
                    for value in self.fields(word, &mut state) {
                        self.assign_word(value, word.span, local, &mut state);
                    }
                }
            }
        }
        if !plain {
            self.observations.first(place, &state);
        }
        // The builtin's own status hides that of a substitution in it.
        self.last_substitution = None;
        Out::success(state)
    }

    /// `declare "name=$value"`
    fn assign_word(&mut self, value: Value, span: Span, local: bool, state: &mut State) {
        self.any_flag_set(&value, state);
        let Some((name, _)) = value.text.split_once('=') else { return };
        let name = name.to_owned();
        let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
        if !name.starts_with(starts) || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return;
        }
        let place = self.place(span);
        let value = value.with(|value| {
            value.text.replace_range(..=name.len(), "");
            value.choices.clear();
            value.fallbacks.clear();
        });
        if local {
            state.localise(&name);
        }
        let content = self.stored(&name, Content::Scalar(value), place, state);
        state.set(&name, content);
    }

    /// `export -f f`: other shells have that function too.
    fn note_exported(&mut self, keyword: &str, declare: &'a Declare) {
        let flags: String = declare
            .operands
            .iter()
            .filter_map(|operand| match operand {
                Operand::Flag(word) => word.plain(),
                _ => None,
            })
            .filter(|text| text.starts_with('-'))
            .collect();
        if !flags.contains('f') || !(keyword == "export" || flags.contains('x')) {
            return;
        }
        for operand in &declare.operands {
            if let Operand::Name(name) = operand {
                self.way.exported.insert(Rc::from(name.name.as_str()));
            }
        }
    }

    /// What a nameref reads is what its target holds when it is made; what it is given its target gets too.
    fn bind_nameref(&mut self, name: &str, target: &Value, state: &mut State) {
        let content = target.constant().and_then(|target| state.vars.get(target).cloned());
        let content = content.unwrap_or_else(|| {
            let mut value = Value::unknown(self.symbols.joined(name));
            if let Some(target) = target.constant().filter(|target| self.secret_names.matches(target)) {
                value.secret = Some(Flow::start(
                    Place { file: 0, span: Span::default() },
                    format!("`${target}`"),
                    format!("`{target}` holds a secret by its name"),
                ));
            }
            Content::Scalar(value)
        });
        state.set(name, content);
        if let Some(target) = target.constant() {
            state.refer(name, target);
        }
    }
}

/// The variable that an operand of a declaration names.
fn assigned_name(operand: &Operand) -> Option<&str> {
    match operand {
        Operand::Name(name) => Some(&name.name),
        Operand::Assignment(assignment) => Some(&assignment.target.name),
        Operand::Flag(_) | Operand::Dynamic(_) => None,
    }
}

/// Whether the right side of an assignment runs a command.
fn runs_something(assignment: &Assignment) -> bool {
    struct Search(bool);
    impl<'s> Visitor<'s> for Search {
        fn part(&mut self, part: &'s Part) {
            self.0 |= matches!(part.kind, PartKind::Command(_) | PartKind::Process(_));
            walk_part(self, part);
        }
    }
    let mut search = Search(false);
    walk_assignment(&mut search, assignment);
    search.0
}
