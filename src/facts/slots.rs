//! Places in a command's words that only a secret fits in: whatever a function that nothing calls here is given for one is
//! a secret of its callers'.

use crate::commands::HOLE;

use super::literals::snake;
use super::secret_names::SecretNames;
use super::value::{Flow, Place, Source, Symbols, Value};

/// The secret that a parameter puts into a word, by what stands around it.
pub(super) fn parameter_in_slot(
    value: &Value,
    before: Option<&Value>,
    place: Place,
    names: &SecretNames,
    symbols: &Symbols,
) -> Option<std::rc::Rc<Flow>> {
    let ([sym], Some((front, ""))) = (value.syms.as_slice(), value.text.split_once(HOLE)) else {
        return None;
    };
    let Source::Argument(_) = symbols.source(*sym) else { return None };
    let slot = named_before(front, names).or_else(|| {
        let option = before?.constant().filter(|_| front.is_empty())?;
        let name = option.strip_prefix("--")?;
        names.matches(&snake(name)).then(|| option.to_owned())
    })?;
    Some(Flow::start(place, format!("what `{slot}` is given"), format!("what `{slot}` takes is a secret")))
}

/// The name that a text ends with, where it tells of a secret: `X-Auth-Token: `, `password=`.
fn named_before(front: &str, names: &SecretNames) -> Option<String> {
    if let Some((header, scheme)) = front.rsplit_once(": ") {
        let bearer = scheme.is_empty() || ["Bearer ", "Token ", "Basic "].contains(&scheme);
        let tells = header.eq_ignore_ascii_case("authorization") && !scheme.is_empty()
            || scheme.is_empty() && names.matches(&snake(header));
        return (bearer && tells).then(|| header.to_owned());
    }
    let name = front.strip_suffix('=')?;
    let name = name.rsplit(['?', '&', ';', ',', ' ', '\n']).next().unwrap_or(name);
    names.matches(&snake(name.trim_start_matches('-'))).then(|| name.to_owned())
}
