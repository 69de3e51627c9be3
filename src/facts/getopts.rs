//! `getopts` over words that are known: each option's argument is told by its letter.

use super::calls::Line;
use super::elements::Keyed;
use super::state::{State, symbol_mark};
use super::value::{Content, Source, Sym, Value};
use super::walk::{Out, Walk};
use super::words::named;

/// Under that name a path keeps the option that `getopts` found.
const FOUND: &str = "!getopts";

impl Walk<'_> {
    pub(super) fn getopts(&mut self, line: &Line, mut state: State) -> Out {
        let args = line.args();
        let Some(variable) = args.get(1).and_then(Value::constant).map(str::to_owned) else {
            return Out::either(state);
        };
        let sym = self.symbols.of(Source::Computed(line.place));
        state.renew(sym, &mut self.symbols);
        let words = if args.len() > 2 { args[2..].to_vec() } else { state.params.list.clone() };
        let letters = args[0].constant().map(str::to_owned).unwrap_or_default();
        let arguments = arguments(&letters, &words);
        let known = !words.is_empty();
        let value = Value::unknown(sym)
            .with(|value| value.from_args = !known || words.iter().any(|word| word.from_args));
        if known {
            state.set(FOUND, Content::Scalar(value.clone()));
            state.set("OPTARG", Content::Keyed(arguments));
        } else if state.vars.contains_key("OPTARG") {
            state.vars.remove("OPTARG");
        }
        state.set(&variable, Content::Scalar(value));
        Out::either(state)
    }

    /// `$OPTARG`, where the words are known that `getopts` reads: the argument of the option that the path is for.
    pub(super) fn option_argument(state: &State) -> Option<Value> {
        let Content::Keyed(arguments) = state.vars.get("OPTARG")? else { return None };
        let found = state.vars.get(FOUND)?.scalar().symbol()?;
        let is_found = |letter: &str| {
            state.outcomes.get(format!("{} is {letter}", symbol_mark(found)).as_str()) == Some(&true)
        };
        let of_letter = arguments.keys().iter().zip(arguments.values()).find(|(letter, _)| is_found(letter));
        let value = match of_letter {
            Some((_, value)) => value.clone(),
            None => Value::unknown(Sym::VOLATILE).with(|any| {
                any.secret = arguments.values().iter().find_map(|value| value.secret.clone());
                any.from_args = arguments.values().iter().any(|value| value.from_args);
            }),
        };
        Some(named(value, "OPTARG"))
    }
}

/// The arguments of the options among the words, by letter; `letters` as `getopts` takes them.
fn arguments(letters: &str, words: &[Value]) -> Keyed {
    let mut found = Keyed::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(given) = word.text.strip_prefix('-').filter(|given| !given.is_empty() && *given != "-")
        else {
            break;
        };
        for (at, letter) in given.char_indices() {
            let takes_value =
                letters.find(letter).is_some_and(|at| letters[at + letter.len_utf8()..].starts_with(':'));
            if !takes_value {
                continue;
            }
            let attached = &given[at + letter.len_utf8()..];
            let value = if attached.is_empty() {
                words.next().cloned().unwrap_or_default()
            } else {
                word.clone().with(|value| attached.clone_into(&mut value.text))
            };
            // The loop runs with each.
            let key = letter.to_string();
            let value = match found.get(&key) {
                Some(first) => first.join(&value, Sym::VOLATILE),
                None => value,
            };
            found.put(&key, value);
            break;
        }
    }
    found
}
