//! Requests: what curl, wget and their like ask of a server, by method, body and address.

use super::effect::{Effect, glob, values};
use super::given::{Given, Name, Opt};
use super::tool::{Http, OptionName};

/// Methods that change nothing.
const READING: [&str; 7] = ["GET", "HEAD", "OPTIONS", "TRACE", "LIST", "PROPFIND", "REPORT"];

impl Http {
    /// What the line's requests do.
    pub(super) fn effect(&self, given: &Given<'_>) -> Effect {
        let divides = |option: &Opt<'_>| self.divider.iter().any(|name| name.is(option.name));
        let requests = given.options.split(divides);
        requests.fold(Effect::Read, |most, options| most.max(self.effect_of_one(given, options)))
    }

    /// What one request does: the one with these options.
    fn effect_of_one(&self, given: &Given<'_>, options: &[Opt<'_>]) -> Effect {
        let has =
            |names: &[OptionName]| options.iter().any(|option| names.iter().any(|name| name.is(option.name)));
        if has(&self.upload) {
            return Effect::Mutate;
        }
        let mut method = values(options, &self.method).last().map(|value| value.text);
        let mut body = has(&self.body) && !has(&self.get);
        if self.operands {
            let first = given.operands.first().map(|first| first.text);
            // Whatever its case; of a lone word it is the address.
            let is_method = |first: &&str| first.chars().all(|c| c.is_ascii_alphabetic());
            method = method.or(first.filter(|first| given.operands.len() > 1 && is_method(first)));
            body |= given.operands.iter().skip(1).any(|operand| sends(operand.text));
        }
        let changes = match method {
            Some(method) => !READING.iter().any(|reading| method.eq_ignore_ascii_case(reading)),
            None => body,
        };
        if !changes {
            return Effect::Read;
        }
        let deletes = method.is_some_and(|method| {
            !method.eq_ignore_ascii_case("POST") && !method.eq_ignore_ascii_case("PUT")
        });
        let addresses = given.operands.iter().map(|operand| operand.text);
        let named = given.options.iter().filter(|option| option.name == Name::Word("url"));
        let urls = named.filter_map(|option| option.value).map(|value| value.text);
        let mut all = addresses.chain(urls);
        let reads = all.any(|word| self.read_urls.iter().any(|url| glob(url, word)));
        if reads && !deletes { Effect::Session } else { Effect::Mutate }
    }
}

/// Whether a request item becomes part of a body: `name=value`, `name:=1`, `name@file` (not `name==value`, a
/// query, or `Name:value`, a header).
fn sends(item: &str) -> bool {
    let Some(at) = item.find([':', '=', '@']) else { return false };
    let rest = &item[at..];
    rest.starts_with(":=") || rest.starts_with('@') || rest.starts_with('=') && !rest.starts_with("==")
}
