//! `read` and `mapfile`: what comes from the operator, from a list, from another command.

use super::calls::Line;
use super::state::State;
use super::value::{Content, Flow, Place, Source, Sym, Value};
use super::walk::{Out, Stdin, Walk};

impl Walk<'_> {
    pub(super) fn read(&mut self, line: &Line, mut state: State) -> Out {
        let mut names = Vec::new();
        let mut secret = false;
        let mut typed = true;
        let mut array = None;
        let mut descriptor: Option<Value> = None;
        let mut words = line.args().iter();
        while let Some(value) = words.next() {
            let text = value.text.as_str();
            if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
                let takes_value = letters.find(['p', 't', 'u', 'd', 'n', 'N', 'i', 'a']);
                let (flags, attached) = letters.split_at(takes_value.map_or(letters.len(), |at| at + 1));
                secret |= flags.contains('s');
                typed &= !flags.contains(['t', 'i']);
                if takes_value.is_some() {
                    let value = if attached.is_empty() { words.next() } else { Some(value) };
                    let argument = if attached.is_empty() {
                        value.map(|value| value.text.clone())
                    } else {
                        Some(attached.to_owned())
                    };
                    if flags.ends_with('a') {
                        array = argument;
                    } else if flags.ends_with('u') {
                        descriptor = match attached {
                            "" => value.cloned(),
                            attached => value.map(|value| behind(value, attached)),
                        };
                    } else if let Some(prompt) = value.filter(|_| flags.ends_with('p')) {
                        self.printed(prompt, line.place, 2);
                    }
                }
            } else {
                names.push(text.to_owned());
            }
        }
        let stdin = self.read_from(descriptor.as_ref(), &state);
        typed &= matches!(stdin, Some(Stdin::Operator | Stdin::Terminal));
        self.note_terminal(stdin.as_ref(), &names);
        let source = match stdin {
            Some(Stdin::Other(value)) => Some(value),
            _ => None,
        };
        let place = line.place;
        let list = source.as_ref().and_then(Value::symbol);
        let some = list
            .map(|sym| format!("some {}", super::state::symbol_mark(self.symbols.of(Source::Element(sym)))));
        let mut failed = state.clone();
        if names.is_empty() {
            names.extend(array.clone().is_none().then(|| "REPLY".to_owned()));
        }
        let line_read = match list {
            Some(list) => self.symbols.of(Source::Element(list)),
            None => self.symbols.of(Source::Computed(place)),
        };
        // A `read` that fails has still put what there was of a line into its variables.
        let part = self.symbols.of(Source::Partial(line_read));
        let fields = names.len() > 1;
        for (number, name) in names.iter().chain(&array).enumerate() {
            let (sym, partial) = if fields {
                (self.field(line_read, number), self.field(part, number))
            } else {
                (line_read, part)
            };
            if list.is_none() {
                state.renew(sym, &mut self.symbols);
            }
            failed.renew(partial, &mut self.symbols);
            let mut value = Value::unknown(sym);
            value.typed = typed;
            value.from_args = source.as_ref().is_some_and(|value| value.from_args);
            value.own_file = self.found_below(&value).is_some_and(|below| below.surely_own());
            value.secret = source.as_ref().and_then(|value| value.secret.clone());
            if secret {
                value.secret = Some(Flow::start(
                    place,
                    format!("`${name}`"),
                    format!("`read -s` reads a secret into `{name}`"),
                ));
            }
            let less = value.clone().with(|value| {
                value.syms = vec![partial];
                value.fallbacks.push(String::new());
            });
            for (state, value) in [(&mut state, value), (&mut failed, less)] {
                self.put_read(name, value, array.as_ref() == Some(name), place, state);
            }
        }
        let mut out = Out { ok: Vec::new(), fail: Vec::new() };
        if let Some(some) = some {
            if state.assume(&some, true) {
                out.ok.push(state);
            }
            if failed.outcomes.get(&some) == Some(&true) || failed.assume(&some, false) {
                out.fail.push(failed);
            }
        } else {
            out.ok.push(state);
            out.fail.push(failed);
        }
        out
    }

    /// A variable, or an element of a list (`a[1]`), gets what was read; `list`: each element of it does.
    fn put_read(&mut self, name: &str, value: Value, list: bool, place: Place, state: &mut State) {
        if let Some((array, key)) = name.split_once('[') {
            let key = element_key(key.trim_end_matches(']'));
            return self.assign_element(array, &key, Content::Scalar(value), state, place);
        }
        let content = self.stored(name, Content::Scalar(value), place, state);
        let content = if list { Content::Many(content.scalar()) } else { content };
        state.given(name, &content, false);
        state.set(name, content);
    }

    /// The field of that number of a line.
    fn field(&mut self, line: Sym, number: usize) -> Sym {
        self.symbols.of(Source::Field(line, u32::try_from(number).unwrap_or(u32::MAX)))
    }

    pub(super) fn mapfile(&mut self, line: &Line, mut state: State) -> Out {
        let mut name = "MAPFILE".to_owned();
        let mut descriptor = None;
        let mut words = line.args().iter();
        while let Some(value) = words.next() {
            let Some(letters) = value.text.strip_prefix('-') else {
                value.text.clone_into(&mut name);
                continue;
            };
            let Some(at) = letters.find(['d', 'n', 'O', 's', 'u', 'C', 'c']) else { continue };
            let (letter, attached) = letters[at..].split_at(1);
            let given =
                if attached.is_empty() { words.next().cloned() } else { Some(behind(value, attached)) };
            if letter == "u" {
                descriptor = given;
            }
        }
        let stdin = self.read_from(descriptor.as_ref(), &state);
        // Lines on stdin may be a list that was led into the script; on the terminal itself somebody types them.
        let typed = matches!(stdin, Some(Stdin::Terminal));
        self.note_terminal(stdin.as_ref(), std::slice::from_ref(&name));
        let source = match stdin {
            Some(Stdin::Other(value)) => Some(value),
            _ => None,
        };
        let sym = match source.as_ref().and_then(Value::symbol) {
            Some(list) => self.symbols.of(Source::Element(list)),
            None => self.symbols.of(Source::Computed(line.place)),
        };
        let mut value = Value::unknown(sym);
        value.typed = typed;
        value.secret = source.as_ref().and_then(|value| value.secret.clone());
        value.from_args = source.as_ref().is_some_and(|value| value.from_args);
        value.own_file = self.found_below(&value).is_some_and(|below| below.surely_own());
        let content = self.stored(&name, Content::Many(value), line.place, &mut state);
        state.set(&name, content);
        Out::either(state)
    }
}

/// What stands behind the letter of an option in its word: `-u3`, `-u"$fd"`.
fn behind(word: &Value, attached: &str) -> Value {
    word.clone().with(|value| attached.clone_into(&mut value.text))
}

/// The key of an element that a `read` fills; a name of a variable (`keys[i]`) is none that is known.
fn element_key(written: &str) -> Value {
    if written.parse::<u32>().is_ok() { Value::known(written) } else { Value::unknown(Sym::VOLATILE) }
}
