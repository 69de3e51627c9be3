//! Variables that are set by a name which is not known: any flag may be one.

use std::rc::Rc;

use crate::commands::HOLE;

use super::branches::AMONG;
use super::state::{State, symbol_mark};
use super::value::{Content, Value};
use super::walk::Walk;

impl Walk<'_> {
    /// A variable is set whose name comes from outside (`declare "$1"`, `printf -v "$key"`): a flag may be any.
    pub(super) fn any_flag_set(&mut self, name: &Value, state: &mut State) {
        let Some(sym) = name.syms.first().copied().filter(|_| name.text.starts_with(HOLE)) else { return };
        if name.is_hole() && !name.choices.is_empty() {
            for variable in &name.choices {
                let sym = self.symbols.joined(variable);
                state.set_anew(variable, sym, Content::Scalar(Value::unknown(sym)), &mut self.symbols);
            }
            return;
        }
        let subject = symbol_mark(sym);
        let tells_little = |test: &str| {
            let rest = &test[subject.len()..];
            ![" is ", " =~ ", AMONG].iter().any(|kind| rest.starts_with(kind))
                && rest.strip_prefix(" matches ").is_none_or(|pattern| pattern.starts_with('*'))
        };
        if state.any_holds(sym, &subject, tells_little) {
            return;
        }
        let is_flag = |content: &Content| matches!(content, Content::Scalar(value) if is_switch(value));
        let end = name.text.split(['=', '+', '[']).next().and_then(|name| name.rsplit(HOLE).next());
        let fits = |name: &str| name.ends_with(end.unwrap_or_default());
        let flags = state.vars.iter().filter(|(name, held)| fits(name) && is_flag(held));
        let flags: Vec<Rc<str>> = flags.map(|(name, _)| Rc::clone(name)).collect();
        for flag in flags {
            let sym = self.symbols.joined(&flag);
            state.set_anew(&flag, sym, Content::Scalar(Value::unknown(sym)), &mut self.symbols);
        }
    }
}

/// The words of a text that set variables whose names begin with an unknown part (`eval "$1=1"`).
pub(super) fn assigned_in(text: &Value) -> Vec<Value> {
    let mut syms = text.syms.iter();
    let mut words = Vec::new();
    for command in text.text.split([';', '&', '|', '\n', '(', '{']) {
        let assigns = command.split_whitespace().next().unwrap_or_default();
        let mut here = syms.by_ref().take(command.matches(HOLE).count());
        let first = here.next();
        here.for_each(drop);
        if let (true, Some((name, _)), Some(sym)) =
            (assigns.starts_with(HOLE), assigns.split_once('='), first)
        {
            words.push(Value::unknown(*sym).with(|value| name.clone_into(&mut value.text)));
        }
    }
    words
}

/// Whether a value is what a flag holds.
fn is_switch(value: &Value) -> bool {
    value.constant().is_some_and(|text| {
        ["", "0", "1", "true", "false", "yes", "no", "on", "off"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
    })
}
