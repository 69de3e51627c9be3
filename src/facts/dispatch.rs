//! Functions that a word calls which is not in the text: `"cmd_$1"`, `"$@"`, `"$cmd"`, `eval "$1"`.

use std::rc::Rc;

use crate::commands::HOLE;

use super::branches::AMONG;
use super::calls::Line;
use super::state::{Parameters, State, symbol_mark};
use super::value::{Sym, Value};
use super::walk::Walk;

/// The functions that a name with an unknown part may be: `"cmd_$1"`, `"$1"` behind a `case` that lets few words through.
pub(super) fn may_call(head: &Value, state: &State) -> Vec<String> {
    const SHORTEST: usize = 2;
    let ([sym], Some((before, behind))) = (head.syms.as_slice(), head.text.split_once(HOLE)) else {
        return Vec::new();
    };
    let is_function = |name: &String| state.functions.get(name.as_str()).is_some();
    if let Some(words) = one_of(*sym, state) {
        return words.split('|').map(|word| format!("{before}{word}{behind}")).filter(is_function).collect();
    }
    // A letter or two stand in front of many names. Those that the operator may mean are all meant.
    let part = before.len() + behind.len();
    if part == 0 || part < SHORTEST && !head.from_args {
        return Vec::new();
    }
    let fits = |name: &str| {
        name.strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(behind))
            .is_some_and(|part| !part.is_empty())
    };
    let names = state.functions.iter().map(|(name, _)| name.as_ref());
    let mut names: Vec<String> = names.filter(|name| fits(name)).map(str::to_owned).collect();
    names.sort();
    names
}

/// The words one of which the value is, with `|` between them, where a path knows them.
fn one_of(sym: Sym, state: &State) -> Option<String> {
    let known = |kind: &str| state.known_behind(sym, &format!("{}{kind}", symbol_mark(sym)));
    known(" is ").or_else(|| known(AMONG))
}

impl Walk<'_> {
    /// Notes that whoever starts the script names what runs here: it may be each function that the script has. They are followed
    /// when the script has ended, with what is known here.
    ///
    /// In a function that nothing calls, and in a file that is summed up, nothing is known of who gives the word.
    pub(super) fn may_call_any(&mut self, named: &Value, given: Parameters, line: &Line, state: &State) {
        let [sym] = named.syms.as_slice() else { return };
        let open = line.exec.is_none() && named.is_hole() && named.from_args && one_of(*sym, state).is_none();
        if self.dead || self.alone || !open {
            return;
        }
        let is = |name: &str| state.outcomes.get(&format!("{} is {name}", symbol_mark(*sym))).copied();
        let own = |index: &usize| self.definitions[*index].file == 0;
        let mut functions: Vec<usize> = state
            .functions
            .iter()
            // Those that something calls are walked from there, and each other one once: a script of a thousand functions has many
            // such words.
            .filter(|(name, index)| own(index) && is(name) != Some(false) && !self.called.contains(*index))
            .map(|(_, index)| *index)
            .collect();
        functions.sort_unstable();
        let mut from = state.clone();
        from.params = Rc::new(given);
        for function in functions {
            self.called.insert(function);
            self.put_off(function, line, from.clone());
        }
    }
}
